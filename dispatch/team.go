package dispatch

import (
	"strings"
	"time"
)

// Team (救援队伍) is the unit that is sent: a crew with a vehicle, a squad, a
// brigade's watch.
type Team struct {
	Head
	Name         string       `json:"name"`
	CallSign     string       `json:"call_sign" doc:"as spoken on the radio; unique within the realm"`
	Initials     string       `json:"initials,omitempty" doc:"pinyin initials and digits for search: xf21"`
	Type         TeamType     `json:"type" enum:"fire,medical,hazmat,mine,water,traffic,power,social,command,other"`
	Capabilities []Capability `json:"capabilities,omitempty" doc:"at most 20"`
	Base         Place        `json:"base"`
	Depot        string       `json:"depot,omitempty"`
	SeatsMin     int          `json:"seats_min" doc:"crew needed to be sent"`
	SeatsFull    int          `json:"seats_full"`
	Crew         int          `json:"crew" doc:"aboard now"`
	Leader       string       `json:"leader,omitempty" doc:"personal data"`
	Phone        string       `json:"phone,omitempty" doc:"personal data"`
	// Speed is the team's usual travel speed in km/h, for estimates.
	Speed int `json:"speed,omitempty"`
	// Duty is what a person set; Status is derived from Duty, Distress and the
	// open tasks, and never typed.
	Duty       Duty       `json:"duty" enum:"off_duty,available,on_break,out_of_service"`
	DutyReason string     `json:"duty_reason,omitempty"`
	Status     TeamStatus `json:"status" enum:"available,delayed,committed,unavailable,distress"`
	// Task is the open task that binds the team, where there is one.
	Task     string    `json:"task,omitempty"`
	Distress *Distress `json:"distress,omitempty"`
	// Message is the last text sent to the team's vehicle terminal; earlier
	// ones are in the journal.
	Message *Message `json:"message,omitempty"`
	// Holder is the agency that has the team on loan, "" where its owner has it;
	// Loan is the loan. Its holder sends it, and nobody else.
	Holder string `json:"holder,omitempty"`
	Loan   string `json:"loan,omitempty"`
	// Requisition is the requisition by which the holder has it, in place of a loan.
	Requisition string `json:"requisition,omitempty"`
	// MultiAssign lets the team hold several tasks at once (command teams).
	MultiAssign bool `json:"multi_assign,omitempty"`
	Invented    bool `json:"invented,omitempty" doc:"made up for the demo city"`
	Retired     bool `json:"retired,omitempty"`
}

// TeamType is what a team is for; it is the shape of its symbol.
type TeamType string

// The types of team.
const (
	TeamFire    TeamType = "fire"
	TeamMedical TeamType = "medical"
	TeamHazmat  TeamType = "hazmat"
	TeamMine    TeamType = "mine"
	TeamWater   TeamType = "water"
	TeamTraffic TeamType = "traffic"
	TeamPower   TeamType = "power"
	TeamSocial  TeamType = "social"
	TeamCommand TeamType = "command"
	TeamOther   TeamType = "other"
)

// TeamTypes lists the types of team.
var TeamTypes = []TeamType{TeamFire, TeamMedical, TeamHazmat, TeamMine, TeamWater, TeamTraffic, TeamPower, TeamSocial, TeamCommand, TeamOther}

// Capability is what a team or an item can do.
type Capability struct {
	Code    string     `json:"code" doc:"capability code: fire, hazmat, rescue.vehicle …"`
	Level   int        `json:"level,omitempty" doc:"1 most capable … 4; 0 not graded"`
	Expires *time.Time `json:"expires,omitempty" doc:"when the certificate runs out"`
}

// Distress (遇险) is a call for help of the team itself. Only the desk clears it.
type Distress struct {
	Since time.Time `json:"since"`
	By    string    `json:"by"`
	Place *Place    `json:"place,omitempty"`
	Text  string    `json:"text,omitempty"`
}

func (t *Team) check() error {
	switch {
	case !oneOf(t.Type, TeamTypes):
		return invalid("type", t.Type, "未知的队伍类型", "unknown type of team", words(TeamTypes)...)
	case t.SeatsMin < 1 || t.SeatsMin > 500:
		return invalid("seats_min", t.SeatsMin, "最低编制应为 1 至 500", "the least crew is 1 to 500")
	case t.SeatsFull < t.SeatsMin || t.SeatsFull > 500:
		return invalid("seats_full", t.SeatsFull, "满编人数应不小于最低编制，且不超过 500", "the full crew is at least seats_min and at most 500")
	case t.Crew < 0 || t.Crew > 500:
		return invalid("crew", t.Crew, "在队人数应为 0 至 500", "the crew is 0 to 500")
	case t.Speed < 0 || t.Speed > 1000:
		return invalid("speed", t.Speed, "速度应为 0 至 1000 公里/小时", "the speed is 0 to 1000 km/h")
	}
	return firstError(
		checkText("name", t.Name, 1, 80),
		checkText("call_sign", t.CallSign, 1, 40),
		checkText("leader", t.Leader, 0, 60),
		checkText("phone", t.Phone, 0, 40),
		checkText("duty_reason", t.DutyReason, 0, 200),
		t.Base.check("base"),
		checkCapabilities("capabilities", t.Capabilities))
}

// called is what an alarm calls the team: as it is spoken of on the radio and on
// the map, then by its name.
func (t *Team) called() string {
	if strings.Contains(t.Name, t.CallSign) {
		return t.Name
	}
	return t.CallSign + " " + t.Name
}

func (t *Team) redacted() Record {
	r := *t
	r.Leader, r.Phone, r.DutyReason, r.Task, r.Loan, r.Requisition, r.Message, r.Scope = "", "", "", "", "", "", nil, t.Scope.public()
	if t.Distress != nil {
		d := *t.Distress
		d.By, d.Text = "", ""
		r.Distress = &d
	}
	return &r
}

// Has tells whether the team can do what the code names at the moment: the
// same code or one below it ("rescue" is met by "rescue.vehicle"), with a
// certificate that has not run out.
func (t *Team) Has(code string, at time.Time) bool { return hasCapability(t.Capabilities, code, at) }
