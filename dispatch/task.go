package dispatch

import "time"

// Task (任务) is the work of one team for one incident. Status belongs to the
// pair; a team's availability is derived from its tasks.
type Task struct {
	Head
	Incident string `json:"incident"`
	Team     string `json:"team"`
	// Agency is the team's; Scope.Agency is the incident's.
	Agency string    `json:"agency"`
	Type   TaskType  `json:"type" enum:"rescue,standby,relocation,transport,return"`
	State  TaskState `json:"state" enum:"proposed,assigned,acknowledged,en_route,staging,on_scene,to_destination,at_destination,returning,done,cancelled,refused,released,diverted"`
	// Next is the one legal step the field page offers large, "" when the task
	// has ended.
	Next TaskState `json:"next,omitempty"`
	// Stamps holds when each state was first reached. Write-once.
	Stamps map[TaskState]Stamp `json:"stamps"`
	// Choice says why this team: the rank it had among the candidates, or the
	// dispatcher's own choice.
	Choice string `json:"choice,omitempty"`
	Reason string `json:"reason,omitempty" doc:"why it was refused, cancelled, released or diverted"`
	// Estimate is the travel time at assignment, in seconds; always an
	// estimate.
	Estimate      int    `json:"estimate,omitempty"`
	Destination   *Place `json:"destination,omitempty"`
	DivertedTo    string `json:"diverted_to,omitempty" doc:"the task that took over"`
	Interruptible bool   `json:"interruptible,omitempty" doc:"may be interrupted by a more urgent one: standby and return"`
	// CheckEvery is the interval of the safety check-in in seconds, 0 for
	// none; CheckDue is when the next one is due.
	CheckEvery int        `json:"check_every,omitempty"`
	CheckDue   *time.Time `json:"check_due,omitempty"`
	// Arrival is when the team's position first was at the incident. It is a
	// suggestion: that the team is on scene, a person says.
	Arrival *Stamp `json:"arrival,omitempty"`
	// AckDue is when an unanswered assignment becomes an alarm.
	AckDue *time.Time `json:"ack_due,omitempty"`
	// Flagged asks for a replacement: the team broke down or left service.
	Flagged bool `json:"flagged,omitempty"`
}

// TaskType says what the task is for; it limits the states.
type TaskType string

// The types of task.
const (
	TaskRescue     TaskType = "rescue"     // 救援
	TaskStandby    TaskType = "standby"    // 待命
	TaskRelocation TaskType = "relocation" // 调防
	TaskTransport  TaskType = "transport"  // 转运
	TaskReturn     TaskType = "return"     // 返程
)

func (t *Task) check() error {
	if t.Destination != nil {
		if err := t.Destination.check("destination"); err != nil {
			return err
		}
	}
	return firstError(
		checkText("choice", t.Choice, 0, 200),
		checkText("reason", t.Reason, 0, 300),
		checkRange("check_every", t.CheckEvery, 0, 86400))
}

func (t *Task) redacted() Record {
	r := *t
	r.Choice, r.Reason, r.Scope = "", "", t.Scope.public()
	r.Stamps, r.Arrival = unsigned(t.Stamps), t.Arrival.unsigned()
	return &r
}

// Open tells whether the task still binds its team.
func (t *Task) Open() bool { return !t.State.Ended() }
