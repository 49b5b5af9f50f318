package dispatch

import "time"

// Report (接报) is one report that came in, before anybody knows whether it is
// an incident of its own.
type Report struct {
	Head
	Channel  string      `json:"channel" enum:"hotline,app,sensor,upward,neighbour"`
	State    ReportState `json:"state" enum:"waiting,claimed,linked,dismissed"`
	Type     string      `json:"type,omitempty" doc:"event code, where known"`
	Text     string      `json:"text"`
	Place    Place       `json:"place"`
	Caller   string      `json:"caller,omitempty" doc:"personal data"`
	Phone    string      `json:"phone,omitempty" doc:"personal data"`
	Claimed  string      `json:"claimed,omitempty" doc:"name of the person at it"`
	ClaimBy  string      `json:"claim_by,omitempty" doc:"id of the person at it"`
	Until    *time.Time  `json:"until,omitempty" doc:"when the claim runs out"`
	Incident string      `json:"incident,omitempty"`
	Reason   string      `json:"reason,omitempty" doc:"why it was dismissed"`
	Received Stamp       `json:"received"`
}

// Channels lists how a report can come in.
var Channels = []string{"hotline", "app", "sensor", "upward", "neighbour"}

func (r *Report) check() error {
	if !oneOf(r.Channel, Channels) {
		return invalid("channel", r.Channel, "未知的接报渠道", "unknown channel", Channels...)
	}
	return firstError(checkText("text", r.Text, 1, 2000), checkText("caller", r.Caller, 0, 60),
		checkText("phone", r.Phone, 0, 40), checkText("reason", r.Reason, 0, 200), r.Place.check("place"))
}

func (r *Report) redacted() Record {
	c := *r
	c.Caller, c.Phone, c.Scope = "", "", r.Scope.public()
	c.Claimed, c.ClaimBy, c.Received.By = "", "", ""
	return &c
}

// Note (记录) is an entry in an incident's record: a remark, a photo, a
// correction, or a report upward with its signatures.
type Note struct {
	Head
	Incident string   `json:"incident"`
	Task     string   `json:"task,omitempty"`
	Type     NoteType `json:"type" enum:"remark,photo,correction,initial,continued,final"`
	Text     string   `json:"text"`
	Photo    string   `json:"photo,omitempty" doc:"id of an uploaded photo"`
	Internal bool     `json:"internal,omitempty" doc:"hidden in redacted views"`
	Author   string   `json:"author"`
	Stamp    Stamp    `json:"stamp"`
	// Reports upward go drafted → checked → signed → sent → received.
	State       NoteState `json:"state,omitempty" enum:"drafted,checked,signed,sent,received"`
	To          string    `json:"to,omitempty" doc:"to whom the report goes"`
	Instruction string    `json:"instruction,omitempty" doc:"instruction received (批示)"`
	Signed      []Stamp   `json:"signed,omitempty" doc:"one per step"`
}

// NoteType says what a note is.
type NoteType string

// The types of note.
const (
	NoteRemark     NoteType = "remark"     // 记录
	NotePhoto      NoteType = "photo"      // 照片
	NoteCorrection NoteType = "correction" // 更正
	NoteInitial    NoteType = "initial"    // 初报
	NoteContinued  NoteType = "continued"  // 续报
	NoteFinal      NoteType = "final"      // 终报
)

// NoteTypes lists the types of note.
var NoteTypes = []NoteType{NoteRemark, NotePhoto, NoteCorrection, NoteInitial, NoteContinued, NoteFinal}

// Upward tells whether the note is a report to the level above.
func (t NoteType) Upward() bool {
	return t == NoteInitial || t == NoteContinued || t == NoteFinal
}

func (n *Note) check() error {
	if !oneOf(n.Type, NoteTypes) {
		return invalid("type", n.Type, "未知的记录类型", "unknown type of note", words(NoteTypes)...)
	}
	least := 1
	if n.Type == NotePhoto {
		least = 0
		if n.Photo == "" {
			return invalid("photo", n.Photo, "缺少照片", "the photo is missing", "the id an upload answered")
		}
	}
	return firstError(checkText("text", n.Text, least, 2000), checkText("to", n.To, 0, 100), checkText("instruction", n.Instruction, 0, 1000))
}

func (n *Note) redacted() Record {
	r := *n
	r.Scope = n.Scope.public()
	if n.Internal {
		r.Text, r.Photo, r.Instruction = "", "", ""
	}
	r.Author, r.Stamp.By = "", ""
	r.Signed = nil
	return &r
}

// Alarm (告警) is what a person must acknowledge by name.
type Alarm struct {
	Head
	Type     AlarmType `json:"type" enum:"distress,checkin,no_answer,incident,fence,link,inject"`
	Tier     int       `json:"tier" doc:"1 siren until acknowledged, 2 once, 3 silent"`
	Text     string    `json:"text"`
	From     string    `json:"from,omitempty" doc:"of an inject: who it seems to come from"`
	Incident string    `json:"incident,omitempty"`
	Task     string    `json:"task,omitempty"`
	Team     string    `json:"team,omitempty"`
	Stay     string    `json:"stay,omitempty" doc:"the stay in a fence that it is about"`
	Raised   Stamp     `json:"raised"`
	Acked    *Stamp    `json:"acked,omitempty"`
	Ended    *Stamp    `json:"ended,omitempty" doc:"the cause is over"`
}

// AlarmType says what an alarm is about.
type AlarmType string

// The types of alarm.
const (
	AlarmDistress AlarmType = "distress"  // 遇险
	AlarmCheckin  AlarmType = "checkin"   // 清点超时
	AlarmNoAnswer AlarmType = "no_answer" // 未应答
	AlarmIncident AlarmType = "incident"  // 重大事件
	AlarmFence    AlarmType = "fence"     // 围栏
	AlarmLink     AlarmType = "link"      // 联网
	AlarmInject   AlarmType = "inject"    // 情景注入：what a drill tells its players
)

func (a *Alarm) check() error {
	if a.Type == AlarmInject {
		return firstError(checkText("text", a.Text, 1, 4000), checkText("from", a.From, 0, 120))
	}
	return checkText("text", a.Text, 1, 300)
}

func (a *Alarm) redacted() Record {
	r := *a
	r.Raised.By, r.Scope = "", a.Scope.public()
	r.Acked, r.Ended = a.Acked.unsigned(), a.Ended.unsigned()
	return &r
}
