package dispatch

import "time"

// DrillOpen opens a drill in a realm of its own. What it starts from is of the
// realm in which the actor is: what is real now or was at a moment, or another
// drill. The actor becomes its director.
type DrillOpen struct {
	Name      string       `json:"name"`
	Content   DrillContent `json:"content"`
	Form      DrillForm    `json:"form"`
	Purpose   DrillPurpose `json:"purpose"`
	NoNotice  bool         `json:"no_notice,omitempty"`
	Situation string       `json:"situation,omitempty"`
	Planned   *time.Time   `json:"planned,omitempty" doc:"when it is to begin, on the wall"`
	Picture   PictureType  `json:"picture"`
	// Seq or At is the moment in the actor's realm; neither is now.
	Seq int64      `json:"seq,omitempty" doc:"right after this change"`
	At  *time.Time `json:"at,omitempty" doc:"right after the last change at or before this moment on that realm's clock"`
	// Begins sets the drill's clock where it starts from resources at rest; else it
	// goes on from the moment.
	Begins *time.Time `json:"begins,omitempty"`
	Seed   int64      `json:"seed,omitempty" doc:"0: made up"`

	start picture // read before the command is carried out
}

// DrillEdit changes what is told of a drill.
type DrillEdit struct {
	Expect
	Drill     string       `json:"drill"`
	Name      string       `json:"name"`
	Content   DrillContent `json:"content"`
	Form      DrillForm    `json:"form"`
	Purpose   DrillPurpose `json:"purpose"`
	NoNotice  bool         `json:"no_notice,omitempty"`
	Situation string       `json:"situation,omitempty"`
	Planned   *time.Time   `json:"planned,omitempty"`
	Length    int          `json:"length,omitempty" doc:"seconds from the start to the planned end; 0 not set"`
	Seed      int64        `json:"seed"`
}

// DrillMove names the drill, and where it matters the reason.
type DrillMove struct {
	Expect
	Drill  string `json:"drill"`
	Reason string `json:"reason,omitempty"`
}

// DrillGo lets the clock run, to a moment or for as long as nobody stops it.
type DrillGo struct {
	Expect
	Drill  string     `json:"drill"`
	Reason string     `json:"reason,omitempty"`
	Until  *time.Time `json:"until,omitempty" doc:"where it stands again by itself"`
}

// DrillRate sets how fast the clock runs.
type DrillRate struct {
	Expect
	Drill string `json:"drill"`
	Rate  int    `json:"rate"`
}

// DrillJump sets the clock on, also one that stands. What falls due until then
// happens, each at its moment, before anything else.
type DrillJump struct {
	Expect
	Drill string    `json:"drill"`
	To    time.Time `json:"to"`
}

// PartSave says who takes part and as what.
type PartSave struct {
	Expect
	Person string `json:"person"`
	Role   Role   `json:"role"`
	Agency string `json:"agency,omitempty"`
	Team   string `json:"team,omitempty"`
	Text   string `json:"text,omitempty"`
}

// PartMove names a part.
type PartMove struct {
	Expect
	Part string `json:"part"`
}

// ObjectiveSave keeps an objective; without its id it is a new one.
type ObjectiveSave struct {
	Expect
	Objective string `json:"objective,omitempty"`
	Number    int    `json:"number,omitempty" doc:"0: the next"`
	Name      string `json:"name"`
	Text      string `json:"text,omitempty"`
	Aspect    Aspect `json:"aspect"`
	Weight    int    `json:"weight"`
}

// ObjectiveMove names an objective.
type ObjectiveMove struct {
	Expect
	Objective string `json:"objective"`
}

// InjectSave keeps a line of the script; without its id it is a new one. What has
// happened to it stays.
type InjectSave struct {
	Expect
	Inject     string        `json:"inject,omitempty"`
	Number     string        `json:"number,omitempty" doc:"empty: the next"`
	Move       int           `json:"move,omitempty"`
	Type       InjectType    `json:"type"`
	Method     InjectMethod  `json:"method"`
	From       string        `json:"from,omitempty"`
	To         string        `json:"to,omitempty"`
	Parts      []string      `json:"parts,omitempty"`
	Text       string        `json:"text"`
	Trigger    Trigger       `json:"trigger"`
	Action     *InjectAction `json:"action,omitempty"`
	Objective  string        `json:"objective,omitempty"`
	Expected   []Expected    `json:"expected,omitempty"`
	Controller string        `json:"controller,omitempty"`
	Evaluator  string        `json:"evaluator,omitempty"`
	Note       string        `json:"note,omitempty"`
}

// InjectMove names an inject, and where it matters the reason.
type InjectMove struct {
	Expect
	Inject string `json:"inject"`
	Reason string `json:"reason,omitempty"`
}
