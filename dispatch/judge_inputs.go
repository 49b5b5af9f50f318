package dispatch

import "time"

// ObservationAdd writes down what an evaluator saw, or a remark.
type ObservationAdd struct {
	Type      ObservationType `json:"type"`
	Objective string          `json:"objective,omitempty" doc:"the inject's own when empty"`
	Aspect    Aspect          `json:"aspect,omitempty"`
	Inject    string          `json:"inject,omitempty"`
	Expected  *int            `json:"expected,omitempty"`
	Seen      *bool           `json:"seen,omitempty"`
	Agency    string          `json:"agency,omitempty" doc:"that of the expected action when empty"`
	Text      string          `json:"text,omitempty" maxLength:"2000"`
	Score     *Score          `json:"score,omitempty"`
	EventTime *time.Time      `json:"event_time,omitempty" doc:"when it was seen, on the drill's clock"`
}

// ObservationEdit changes one's own observation: what it says, not when it was.
type ObservationEdit struct {
	Expect
	Observation string `json:"observation"`
	Seen        *bool  `json:"seen,omitempty"`
	Text        string `json:"text,omitempty" maxLength:"2000"`
	Score       *Score `json:"score,omitempty"`
	Agency      string `json:"agency,omitempty"`
}

// ObservationRemove takes one's own observation back; the director may take any,
// with the reason.
type ObservationRemove struct {
	Expect
	Observation string `json:"observation"`
	Reason      string `json:"reason,omitempty"`
}

// ImprovementSave adds an improvement (empty ID) or edits one.
type ImprovementSave struct {
	Expect
	ID           string     `json:"id,omitempty"`
	Text         string     `json:"text" maxLength:"1000"`
	Aspect       Aspect     `json:"aspect,omitempty" doc:"the objective's when empty"`
	Objective    string     `json:"objective,omitempty"`
	Observations []string   `json:"observations,omitempty"`
	Owner        string     `json:"owner"`
	Person       string     `json:"person,omitempty"`
	Due          *time.Time `json:"due,omitempty"`
	Measures     string     `json:"measures,omitempty" maxLength:"2000"`
	Resources    string     `json:"resources,omitempty" maxLength:"500"`
}

// ImprovementMove names an improvement, and what was done or why.
type ImprovementMove struct {
	Expect
	Improvement string `json:"improvement"`
	Reason      string `json:"reason,omitempty" maxLength:"300"`

	owner bool // told by the agency that owns it, from outside the drill
}

// DrillTarget sets what the measures of a drill are held against.
type DrillTarget struct {
	Expect
	Drill   string              `json:"drill"`
	Targets map[MeasureType]int `json:"targets" doc:"seconds; a measure that is not named has the house's target"`
}
