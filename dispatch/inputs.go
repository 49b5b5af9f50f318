package dispatch

import (
	"time"
)

// The inputs of the commands. Field names are the JSON contract.

// ReportTake takes down a report that came in.
type ReportTake struct {
	Channel   string     `json:"channel" enum:"hotline,app,sensor,upward,neighbour"`
	Type      string     `json:"type,omitempty"`
	Text      string     `json:"text" maxLength:"2000"`
	Place     Place      `json:"place"`
	Area      string     `json:"area,omitempty" doc:"division code; the actor's own when empty"`
	Caller    string     `json:"caller,omitempty"`
	Phone     string     `json:"phone,omitempty"`
	EventTime *time.Time `json:"event_time,omitempty"`
}

// ReportRef names a report.
type ReportRef struct {
	Expect
	Report string `json:"report"`
	Reason string `json:"reason,omitempty"`
}

// ReportLink links a report to an incident that is there already.
type ReportLink struct {
	Expect
	Report   string `json:"report"`
	Incident string `json:"incident"`
}

// IncidentOpen opens an incident, from a call or from a report.
type IncidentOpen struct {
	Report      string     `json:"report,omitempty" doc:"the intake report it comes from; its fields fill what is empty here"`
	Type        string     `json:"type" doc:"event code: 12G01"`
	Grade       Grade      `json:"grade,omitempty" doc:"1 worst … 4, 0 not yet graded"`
	Priority    int        `json:"priority,omitempty" doc:"1 … 3; 2 when left out"`
	Title       string     `json:"title,omitempty" doc:"made from type and place when left out"`
	Description string     `json:"description,omitempty"`
	Place       Place      `json:"place"`
	Area        string     `json:"area,omitempty" doc:"division code; the actor's own when empty"`
	Caller      string     `json:"caller,omitempty"`
	Phone       string     `json:"phone,omitempty"`
	Needs       []Need     `json:"needs,omitempty"`
	Verified    bool       `json:"verified,omitempty" doc:"open it as verified"`
	Number      string     `json:"number,omitempty" doc:"number in an imported log"`
	EventTime   *time.Time `json:"event_time,omitempty"`
}

// IncidentEdit changes the fields that are given; null and absent leave a
// field as it is.
type IncidentEdit struct {
	Expect
	Incident    string  `json:"incident"`
	Type        *string `json:"type,omitempty"`
	Title       *string `json:"title,omitempty"`
	Description *string `json:"description,omitempty"`
	Priority    *int    `json:"priority,omitempty"`
	Grade       *Grade  `json:"grade,omitempty"`
	AlarmLevel  *int    `json:"alarm_level,omitempty"`
	Casualties  *Count  `json:"casualties,omitempty"`
	Needs       *[]Need `json:"needs,omitempty"`
	Commander   *string `json:"commander,omitempty"`
	Caller      *string `json:"caller,omitempty"`
	Phone       *string `json:"phone,omitempty"`
	Parent      *string `json:"parent,omitempty"`
	Reason      string  `json:"reason,omitempty"`
}

// IncidentPlace corrects where an incident is.
type IncidentPlace struct {
	Expect
	Incident string `json:"incident"`
	Place    Place  `json:"place"`
	Area     string `json:"area,omitempty"`
	Reason   string `json:"reason" doc:"why it was wrong"`
}

// IncidentMove moves an incident on in its life.
type IncidentMove struct {
	Expect
	Incident  string     `json:"incident"`
	Reason    string     `json:"reason,omitempty"`
	Outcome   string     `json:"outcome,omitempty" doc:"disposition; needed to close"`
	EventTime *time.Time `json:"event_time,omitempty"`
}

// IncidentMerge merges a duplicate into the incident that stays.
type IncidentMerge struct {
	Expect
	Incident string `json:"incident" doc:"the duplicate"`
	Into     string `json:"into" doc:"the one that stays"`
	Reason   string `json:"reason,omitempty"`
}

// IncidentSplit opens a second incident out of one and moves tasks there.
type IncidentSplit struct {
	Expect
	Incident string   `json:"incident"`
	Title    string   `json:"title"`
	Type     string   `json:"type,omitempty"`
	Place    Place    `json:"place"`
	Area     string   `json:"area,omitempty"`
	Tasks    []string `json:"tasks,omitempty" doc:"open tasks that go along; at most 50"`
	Reason   string   `json:"reason,omitempty"`
}

// IncidentShare shares an incident with an agency, or ends that.
type IncidentShare struct {
	Expect
	Incident string `json:"incident"`
	Agency   string `json:"agency"`
	Tier     Tier   `json:"tier,omitempty" enum:"view,assist"`
	Redacted bool   `json:"redacted,omitempty"`
	Reason   string `json:"reason,omitempty"`
	// Until ends the share by itself.
	Until *time.Time `json:"until,omitempty" doc:"when the share ends; without it, when it is stopped"`
}

// IncidentTransfer asks another agency to take the incident over.
type IncidentTransfer struct {
	Expect
	Incident string `json:"incident"`
	Agency   string `json:"agency"`
	Reason   string `json:"reason"`
}

// TaskAssign sends a team to an incident. A team of another agency outside the
// actor's jurisdiction is proposed to its owner, who accepts or refuses.
type TaskAssign struct {
	Expect
	Incident     string     `json:"incident"`
	Team         string     `json:"team"`
	Type         TaskType   `json:"type,omitempty" enum:"rescue,standby,relocation,transport,return"`
	Destination  *Place     `json:"destination,omitempty"`
	Choice       string     `json:"choice,omitempty" doc:"why this team: its rank, or own choice"`
	Understaffed string     `json:"understaffed,omitempty" doc:"reason to send a team with too few aboard"`
	EventTime    *time.Time `json:"event_time,omitempty"`
}

// TaskAdvance moves a task on. Three taps made offline stay legal: it carries
// the state it came from and no version.
type TaskAdvance struct {
	Task      string     `json:"task"`
	From      TaskState  `json:"from"`
	To        TaskState  `json:"to"`
	EventTime *time.Time `json:"event_time,omitempty"`
	Radio     bool       `json:"radio,omitempty" doc:"the desk enters it on behalf of a team on the radio"`
	// Destination is told by a crew that learns at the scene where it goes on
	// to; it makes that move legal for a rescue, too.
	Destination *Place `json:"destination,omitempty" doc:"where the team goes on to; with to = to_destination only"`
}

// TaskEnd ends a task before it is done: refuse, cancel, release.
type TaskEnd struct {
	Expect
	Task      string     `json:"task"`
	Reason    string     `json:"reason"`
	EventTime *time.Time `json:"event_time,omitempty"`
}

// TaskDivert ends a task and sends its team to a more urgent incident.
type TaskDivert struct {
	Expect
	Task     string `json:"task"`
	Incident string `json:"incident" doc:"where the team goes instead"`
	Reason   string `json:"reason"`
}

// TaskAccept agrees to a proposed task.
type TaskAccept struct {
	Task         string     `json:"task"`
	Understaffed string     `json:"understaffed,omitempty" doc:"reason to send a team with too few aboard"`
	EventTime    *time.Time `json:"event_time,omitempty"`
}

// TaskRef names a task.
type TaskRef struct {
	Task      string     `json:"task"`
	EventTime *time.Time `json:"event_time,omitempty"`
}

// TaskTimer sets the safety check-in of a task.
type TaskTimer struct {
	Task    string `json:"task"`
	Seconds int    `json:"seconds" doc:"0 turns it off; else 60 to 86400"`
}

// TaskCorrect corrects a milestone by a new entry; the milestone itself is
// never rewritten.
type TaskCorrect struct {
	Task   string    `json:"task"`
	State  TaskState `json:"state"`
	Time   time.Time `json:"time" doc:"when it really was"`
	Reason string    `json:"reason"`
}

// NoteAdd adds an entry to an incident's record.
type NoteAdd struct {
	Incident  string     `json:"incident"`
	Task      string     `json:"task,omitempty"`
	Type      NoteType   `json:"type,omitempty" enum:"remark,photo,initial,continued,final"`
	Text      string     `json:"text,omitempty" maxLength:"2000"`
	Photo     string     `json:"photo,omitempty"`
	Internal  bool       `json:"internal,omitempty"`
	To        string     `json:"to,omitempty"`
	EventTime *time.Time `json:"event_time,omitempty"`
}

// NoteAdvance moves a report upward on: checked, signed, sent, received.
type NoteAdvance struct {
	Expect
	Note        string    `json:"note"`
	To          NoteState `json:"to"`
	Text        *string   `json:"text,omitempty" doc:"the corrected text, when it goes back to drafted"`
	Instruction string    `json:"instruction,omitempty"`
}

// AlarmAck acknowledges an alarm by name.
type AlarmAck struct {
	Alarm string `json:"alarm"`
}

// TeamSave creates a team (empty ID) or edits one.
type TeamSave struct {
	Expect
	ID           string       `json:"id,omitempty"`
	Agency       string       `json:"agency,omitempty" doc:"the actor's own when empty"`
	Area         string       `json:"area,omitempty"`
	Name         string       `json:"name"`
	CallSign     string       `json:"call_sign"`
	Type         TeamType     `json:"type"`
	Capabilities []Capability `json:"capabilities,omitempty"`
	Base         Place        `json:"base"`
	Depot        string       `json:"depot,omitempty"`
	SeatsMin     int          `json:"seats_min"`
	SeatsFull    int          `json:"seats_full"`
	Leader       string       `json:"leader,omitempty"`
	Phone        string       `json:"phone,omitempty"`
	Speed        int          `json:"speed,omitempty"`
	MultiAssign  bool         `json:"multi_assign,omitempty"`
	Retired      bool         `json:"retired,omitempty"`
}

// TeamDuty sets a team's duty and crew.
type TeamDuty struct {
	Team   string `json:"team"`
	Duty   Duty   `json:"duty" enum:"off_duty,available,on_break,out_of_service"`
	Crew   *int   `json:"crew,omitempty" doc:"aboard now"`
	Reason string `json:"reason,omitempty" doc:"needed for out_of_service, and to report for duty understaffed"`
	Radio  bool   `json:"radio,omitempty"`
}

// TeamDistress calls for help for the team itself.
type TeamDistress struct {
	Team      string     `json:"team"`
	Place     *Place     `json:"place,omitempty"`
	Text      string     `json:"text,omitempty"`
	EventTime *time.Time `json:"event_time,omitempty"`
}

// TeamRelieve clears a distress; the desk confirms how it ended.
type TeamRelieve struct {
	Team   string `json:"team"`
	Reason string `json:"reason"`
}

// DepotSave creates or edits a depot.
type DepotSave struct {
	Expect
	ID     string `json:"id,omitempty"`
	Agency string `json:"agency,omitempty"`
	Area   string `json:"area,omitempty"`
	Name   string `json:"name"`
	Type   string `json:"type" enum:"station,warehouse,hospital,post"`
	Place  Place  `json:"place"`
	Keeper string `json:"keeper,omitempty"`
	Phone  string `json:"phone,omitempty"`
}

// EquipmentSave creates or edits an item.
type EquipmentSave struct {
	Expect
	ID           string       `json:"id,omitempty"`
	Agency       string       `json:"agency,omitempty"`
	Area         string       `json:"area,omitempty"`
	Name         string       `json:"name"`
	Type         string       `json:"type"`
	Serial       string       `json:"serial,omitempty"`
	Capabilities []Capability `json:"capabilities,omitempty"`
	Condition    Condition    `json:"condition"`
	Depot        string       `json:"depot,omitempty"`
	Place        Place        `json:"place"`
}

// EquipmentCommit promises an item to an incident, with the team that takes it.
type EquipmentCommit struct {
	Expect
	Equipment string `json:"equipment"`
	Incident  string `json:"incident"`
	Team      string `json:"team,omitempty"`
}

// EquipmentReturn takes an item back.
type EquipmentReturn struct {
	Expect
	Equipment string    `json:"equipment"`
	Condition Condition `json:"condition,omitempty"`
	Reason    string    `json:"reason,omitempty"`
}

// StockSave creates or edits a stock; the quantity moves by stock.receive and
// stock.issue only.
type StockSave struct {
	Expect
	ID      string     `json:"id,omitempty"`
	Agency  string     `json:"agency,omitempty"`
	Area    string     `json:"area,omitempty"`
	Name    string     `json:"name"`
	Type    string     `json:"type"`
	Unit    string     `json:"unit"`
	Least   int        `json:"least,omitempty"`
	Depot   string     `json:"depot,omitempty"`
	Place   Place      `json:"place"`
	Expires *time.Time `json:"expires,omitempty"`
}

// StockMove adds to a stock or takes from it.
type StockMove struct {
	Stock    string `json:"stock"`
	Quantity int    `json:"quantity" doc:"more than 0"`
	Incident string `json:"incident,omitempty" doc:"for what it is issued"`
	Reason   string `json:"reason,omitempty"`
}

// HazardSave registers or edits a major hazard source.
type HazardSave struct {
	Expect
	ID         string      `json:"id,omitempty"`
	Agency     string      `json:"agency,omitempty"`
	Area       string      `json:"area,omitempty"`
	Name       string      `json:"name"`
	Level      int         `json:"level"`
	Operator   string      `json:"operator"`
	Substances []Substance `json:"substances,omitempty"`
	Population int         `json:"population,omitempty"`
	Place      Place       `json:"place"`
	Duty       []DutyLine  `json:"duty,omitempty"`
	External   string      `json:"external,omitempty"`
}

// AreaDuty sets the persons on duty of a grid area.
type AreaDuty struct {
	Expect
	Area string     `json:"area"`
	Duty []DutyLine `json:"duty"`
}

// AgencySave creates or edits an agency.
type AgencySave struct {
	Expect
	ID           string     `json:"id,omitempty"`
	Area         string     `json:"area,omitempty" doc:"division code of its home area"`
	Name         string     `json:"name"`
	Short        string     `json:"short,omitempty"`
	Type         AgencyType `json:"type"`
	Jurisdiction string     `json:"jurisdiction,omitempty"`
	Place        Place      `json:"place"`
	Phone        string     `json:"phone,omitempty"`
}

// PersonSave creates or edits a person.
type PersonSave struct {
	Expect
	ID     string `json:"id,omitempty"`
	Agency string `json:"agency,omitempty"`
	Name   string `json:"name"`
	Login  string `json:"login,omitempty"`
	Roles  []Role `json:"roles"`
	Team   string `json:"team,omitempty"`
	Phone  string `json:"phone,omitempty"`
	Post   string `json:"post,omitempty"`
	Locked bool   `json:"locked,omitempty"`
}

// PersonPassword sets a password; when empty one is made and answered once.
type PersonPassword struct {
	Person   string `json:"person"`
	Password string `json:"password,omitempty" doc:"10 to 200 characters; made by the server when empty"`
}

// DeviceSave registers or edits a device; a new one answers its token once.
type DeviceSave struct {
	Expect
	ID       string     `json:"id,omitempty"`
	Name     string     `json:"name"`
	Protocol string     `json:"protocol" enum:"osmand,owntracks,phone,cot,jt808"`
	Team     string     `json:"team"`
	Expires  *time.Time `json:"expires,omitempty"`
	// Leading zeros of a phone number are dropped.
	Identifier string `json:"identifier,omitempty" doc:"jt808: phone number of the terminal's card"`
}

// DeviceRef names a device.
type DeviceRef struct {
	Device string `json:"device"`
	Reason string `json:"reason,omitempty"`
}
