package dispatch

import (
	"encoding/json"
	"errors"
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
	// Met is when its condition came to hold.
	Met *time.Time `json:"met,omitempty"`
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
	// the offset Within: "request.raise" not within 1800 s. Of a line that is written
	// during the drill it counts from then on.
	Command string `json:"command,omitempty" doc:"name of a command: request.raise"`
	Agency  string `json:"agency,omitempty" doc:"by a player of this agency"`
	Not     bool   `json:"not,omitempty"`
	Within  int    `json:"within,omitempty" doc:"seconds from the start"`
	// Given is when the command was first given, on the drill's clock.
	Given *time.Time `json:"given,omitempty"`
}

// InjectAction is a command with its input.
type InjectAction struct {
	Command string          `json:"command" doc:"report.take, team.distress …"`
	Agency  string          `json:"agency" doc:"in whose name"`
	Input   json.RawMessage `json:"input"`
	// Done is when it was given; what it was refused with stands in the inject's
	// reason.
	Done *Stamp `json:"done,omitempty"`
}

// Expected is something that the players should do after an inject.
type Expected struct {
	Text   string `json:"text"`
	Within int    `json:"within" doc:"seconds from the release; 0 without a target"`
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

// injectMoves is every legal move of an inject. One that waits is missed when the
// time runs out in which its condition could have held.
var injectMoves = map[InjectState][]InjectState{
	InjectWaiting:  {InjectDue, InjectHeld, InjectReleased, InjectSkipped, InjectMissed},
	InjectDue:      {InjectHeld, InjectReleased, InjectSkipped},
	InjectHeld:     {InjectReleased, InjectSkipped},
	InjectReleased: {InjectActed, InjectMissed},
	InjectSkipped:  {}, InjectActed: {}, InjectMissed: {},
}

// reach moves the inject to the state.
func (i *Inject) reach(to InjectState, s Stamp) error {
	if !oneOf(to, injectMoves[i.State]) {
		e := illegal(KindInject, string(i.State), string(to), words(injectMoves[i.State]))
		e.Current = i
		return e
	}
	i.State = to
	if i.Stamps == nil {
		i.Stamps = map[InjectState]Stamp{}
	}
	i.Stamps[to] = s
	return nil
}

func (i *Inject) redacted() Record { return nil } // those who see it see it whole

// The number is not unique in the index: one that was removed gives it free.
func (i *Inject) index() Index {
	return Index{State: string(i.State), Text: join(i.Number, i.Text), Due: i.Due}
}

// Bounds of the times of a script, in seconds.
const (
	mostOffset = 30 * 24 * 3600
	mostWithin = 24 * 3600
)

func (i *Inject) check() error {
	switch {
	case !oneOf(i.Type, InjectTypes):
		return invalid("type", i.Type, "未知的注入类型", "unknown type of inject", words(InjectTypes)...)
	case !oneOf(i.Method, InjectMethods):
		return invalid("method", i.Method, "未知的注入方式", "unknown method of an inject", words(InjectMethods)...)
	case len(i.Parts) > 50:
		return invalid("parts", len(i.Parts), "最多指定 50 人", "at most 50 players are named")
	case len(i.Expected) > 8:
		return invalid("expected", len(i.Expected), "期望行动最多 8 项", "at most 8 actions are expected")
	}
	for k, e := range i.Expected {
		name := field("expected", k)
		if err := firstError(checkText(name+".text", e.Text, 1, 500), checkRange(name+".within", e.Within, 0, mostWithin), checkRange(name+".weight", e.Weight, 1, 10),
			checkPlayed(name+".command", e.Command)); err != nil {
			return err
		}
	}
	if i.Action != nil {
		if err := i.Action.check(); err != nil {
			return err
		}
	}
	return firstError(
		checkText("number", i.Number, 1, 12),
		checkText("from", i.From, 0, 120),
		checkText("to", i.To, 0, 120),
		checkText("text", i.Text, 1, 4000),
		checkText("note", i.Note, 0, 2000),
		checkText("reason", i.Reason, 0, 300),
		checkRange("move", i.Move, 0, 20),
		i.Trigger.check())
}

// InjectTypes and InjectMethods list the types and methods.
var (
	InjectTypes   = []InjectType{InjectInformation, InjectFacilitation, InjectActing}
	InjectMethods = []InjectMethod{InjectSystem, InjectPhone, InjectRadio, InjectEmail, InjectActor}
	// TriggerTypes lists how an inject can be set off.
	TriggerTypes = []TriggerType{TriggerTimed, TriggerManual, TriggerCondition}
)

func (t *Trigger) check() error {
	if !oneOf(t.Type, TriggerTypes) {
		return invalid("trigger.type", t.Type, "未知的触发方式", "unknown trigger", words(TriggerTypes)...)
	}
	if t.Offset < 0 {
		return invalid("trigger.offset", t.Offset, "不能早于演练开始", "is not before the start", "0 or more")
	}
	if t.Type != TriggerCondition {
		if t.When != nil || t.Until != 0 || t.Delay != 0 {
			return invalid("trigger.when", "", "只有条件触发才有条件、截止和延迟", "only an inject with a condition has one", string(TriggerCondition))
		}
		if t.Type == TriggerManual && t.Offset != 0 {
			return invalid("trigger.offset", t.Offset, "手动触发没有时刻", "an inject given by hand has no moment", "0")
		}
		return checkRange("trigger.offset", t.Offset, 0, mostOffset)
	}
	if t.When == nil || len(t.When.Clauses) == 0 || len(t.When.Clauses) > 8 {
		return invalid("trigger.when", "", "条件应有 1 至 8 项", "a condition has 1 to 8 clauses")
	}
	for k, c := range t.When.Clauses {
		if err := c.check(field("trigger.when.clauses", k)); err != nil {
			return err
		}
	}
	if t.Until != 0 && t.Until <= t.Offset {
		return invalid("trigger.until", t.Until, "截止应晚于开始观察的时刻", "is later than the offset from which it is looked at")
	}
	return firstError(checkRange("trigger.offset", t.Offset, 0, mostOffset), checkRange("trigger.until", t.Until, 0, mostOffset), checkRange("trigger.delay", t.Delay, 0, mostWithin))
}

func (c *Clause) check(name string) error {
	switch {
	case (c.Inject == "") == (c.Command == ""):
		return invalid(name, "", "每项条件应指定一条注入或一个命令", "a clause names an inject or a command", "inject", "command")
	case c.Inject != "" && !oneOf(c.State, []InjectState{InjectReleased, InjectSkipped, InjectActed, InjectMissed}):
		return invalid(name+".state", c.State, "应为已发、跳过、已响应或未响应", "is a state that an inject comes to", string(InjectReleased), string(InjectSkipped), string(InjectActed), string(InjectMissed))
	case c.Inject != "" && (c.Agency != "" || c.Not || c.Within != 0), c.Command != "" && c.State != "":
		return invalid(name, "", "该项条件含有另一类的内容", "has what belongs to the other type of clause")
	case c.Not && c.Within < 1, !c.Not && c.Within != 0:
		return invalid(name+".within", c.Within, "“未执行”须给出时限，其他条件没有时限", "goes with not, and only with it", "1 or more")
	case c.Command == "":
		return nil
	}
	return firstError(checkRange(name+".within", c.Within, 0, mostOffset), checkPlayed(name+".command", c.Command))
}

// checkPlayed refuses what is no command of a player; none is let pass.
func checkPlayed(name, command string) error {
	if command == "" {
		return nil
	}
	if c, ok := CommandByName(command); !ok || !c.played() {
		return invalid(name, command, "没有可由参演人员执行的这个命令", "there is no such command that a player can give", "request.raise")
	}
	return nil
}

// mostInput bounds an action's input, in bytes: it has room in a cell of a sheet.
const mostInput = 4000

func (a *InjectAction) check() error {
	if a.Command == "" {
		return invalid("action.command", "", "缺少命令", "the command is missing", "report.take")
	}
	if err := checkPlayed("action.command", a.Command); err != nil {
		return err
	}
	if len(a.Input) > mostInput {
		return invalid("action.input", len(a.Input), "内容过长", "is too long")
	}
	c, _ := CommandByName(a.Command)
	if _, err := c.decode(a.Input); err != nil {
		var e *Error
		if errors.As(err, &e) {
			name := "action.input"
			if e.Field != "" && e.Field != "body" {
				name += "." + e.Field
			}
			return invalid(name, e.Value, e.MessageZH, e.Message, e.Legal...)
		}
		return err
	}
	return nil
}
