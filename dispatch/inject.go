package dispatch

import (
	"encoding/json"
	"time"
)

// Inject (情景注入) is one line of a drill's script (MSEL): what the players are
// told or what happens, when, and what they are expected to do about it.
type Inject struct {
	Head
	Number string `json:"number" doc:"unique in the drill: 001, 14a"`
	Move   int    `json:"move,omitempty" doc:"阶段: 1 to 20, 0 none"`
	// Type is after HSEEP: contextual information, facilitation that brings the
	// players back to the script, or an action that happens in the drill.
	Type   InjectType   `json:"type" enum:"information,facilitation,action"`
	Method InjectMethod `json:"method" enum:"system,phone,radio,email,actor"`
	From   string       `json:"from,omitempty" doc:"who it seems to come from"`
	To     string       `json:"to,omitempty" doc:"whom it is for, in words"`
	// Parts are the players on whose screens a system inject appears; none: all.
	Parts []string `json:"parts,omitempty" doc:"parts; at most 50"`
	Text  string   `json:"text"`
	// Trigger says when it falls due.
	Trigger Trigger `json:"trigger"`
	// Action is a command that is given when it is released, by the simulated
	// agency or caller in its name.
	Action    *InjectAction `json:"action,omitempty"`
	Objective string        `json:"objective,omitempty"`
	Expected  []Expected    `json:"expected,omitempty" doc:"what the players should do; at most 8"`
	// Controller gives it where a person has to; Evaluator watches what comes of it.
	Controller string `json:"controller,omitempty" doc:"part"`
	Evaluator  string `json:"evaluator,omitempty" doc:"part"`
	Note       string `json:"note,omitempty" doc:"for those who run the drill"`

	State InjectState `json:"state" enum:"waiting,due,held,released,skipped,acted,missed"`
	// Due is when it falls due, or when its expected actions are to be there; on
	// the drill's clock.
	Due    *time.Time            `json:"due,omitempty"`
	Stamps map[InjectState]Stamp `json:"stamps,omitempty"`
	Reason string                `json:"reason,omitempty" doc:"why it was held or skipped, or what its action was refused with"`
}

// InjectType says what an inject is for.
type InjectType string

// InjectMethod is how an inject reaches the players.
type InjectMethod string

// The types and methods.
const (
	InjectInformation  InjectType   = "information"  // 情况通报
	InjectFacilitation InjectType   = "facilitation" // 引导
	InjectActing       InjectType   = "action"       // 行动
	InjectSystem       InjectMethod = "system"       // 系统推送
	InjectPhone        InjectMethod = "phone"        // 电话
	InjectRadio        InjectMethod = "radio"        // 电台
	InjectEmail        InjectMethod = "email"        // 邮件
	InjectActor        InjectMethod = "actor"        // 现场扮演
)

// Trigger says when an inject falls due: at an offset from the start, by hand
// only, or when a condition holds.
type Trigger struct {
	Type   TriggerType `json:"type" enum:"timed,manual,condition"`
	Offset int         `json:"offset,omitempty" doc:"seconds from the start; of a condition, from when on it is looked at"`
	// Until, of a condition, is the offset at which it is missed; 0 never.
	Until int   `json:"until,omitempty" doc:"seconds from the start"`
	Delay int   `json:"delay,omitempty" doc:"seconds between the condition and the inject"`
	When  *When `json:"when,omitempty"`
}

// TriggerType is how an inject is set off.
type TriggerType string

// How an inject is set off.
const (
	TriggerTimed     TriggerType = "timed"     // 定时
	TriggerManual    TriggerType = "manual"    // 手动
	TriggerCondition TriggerType = "condition" // 条件
)

// When (条件) holds when all, or any, of its clauses do.
type When struct {
	Any     bool     `json:"any,omitempty" doc:"one clause is enough"`
	Clauses []Clause `json:"clauses" doc:"1 to 8"`
}

// Clause is about another inject, or about what the players did or failed to do.
type Clause struct {
	// Inject and State: another inject has reached the state.
	Inject string      `json:"inject,omitempty"`
	State  InjectState `json:"state,omitempty" enum:"released,skipped,acted,missed"`
	// Command was given by a player since the start, or, with Not, was not given by
	// the offset Within: "request.raise" not within 1800 s.
	Command string `json:"command,omitempty" doc:"name of a command: request.raise"`
	Agency  string `json:"agency,omitempty" doc:"by a player of this agency"`
	Not     bool   `json:"not,omitempty"`
	Within  int    `json:"within,omitempty" doc:"seconds from the start"`
}

// InjectAction is a command with its input.
type InjectAction struct {
	Command string          `json:"command" doc:"report.take, team.distress …"`
	Agency  string          `json:"agency" doc:"in whose name"`
	Input   json.RawMessage `json:"input"`
}

// Expected is something that the players should do after an inject.
type Expected struct {
	Text   string `json:"text"`
	Within int    `json:"within" doc:"seconds from the release"`
	Weight int    `json:"weight" doc:"1 to 10"`
	// Command tells that it was done where a command of the players shows it; else
	// the evaluator sees it.
	Command string `json:"command,omitempty"`
	Agency  string `json:"agency,omitempty" doc:"who should"`
	// Done is when the command was given, on the drill's clock.
	Done *Stamp `json:"done,omitempty"`
	// Missed is when the evaluator saw that it was not done.
	Missed *Stamp `json:"missed,omitempty"`
}

// InjectState is where an inject is.
type InjectState string

// The states of an inject.
const (
	InjectWaiting  InjectState = "waiting"  // 待触发
	InjectDue      InjectState = "due"      // 到点：a controller has to give it
	InjectHeld     InjectState = "held"     // 暂缓
	InjectReleased InjectState = "released" // 已发
	InjectSkipped  InjectState = "skipped"  // 跳过
	InjectActed    InjectState = "acted"    // 已响应
	InjectMissed   InjectState = "missed"   // 未响应
)

// InjectStates lists the states.
var InjectStates = []InjectState{InjectWaiting, InjectDue, InjectHeld, InjectReleased, InjectSkipped, InjectActed, InjectMissed}

func (i *Inject) redacted() Record { return nil } // those who see it see it whole

func (i *Inject) index() Index {
	return Index{State: string(i.State), Text: join(i.Number, i.Text), Due: i.Due, Unique: i.Number}
}

func (i *Inject) check() error {
	return firstError(
		checkText("number", i.Number, 1, 12),
		checkText("from", i.From, 0, 120),
		checkText("to", i.To, 0, 120),
		checkText("text", i.Text, 1, 4000),
		checkText("note", i.Note, 0, 2000),
		checkText("reason", i.Reason, 0, 300),
		checkRange("move", i.Move, 0, 20))
}
