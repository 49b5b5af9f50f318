package imports

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"liandong/dispatch"
)

// mostScript bounds the rows of a script's sheet.
const mostScript = 5000

// RunScript reads a sheet as the script of the actor's drill: all or nothing, with
// each fault by row and column. Lines that say what is there already stay as they
// are, and lines that the sheet does not name stay in the drill.
func RunScript(ctx context.Context, svc Service, actor dispatch.Actor, req Request) (Report, error) {
	// Who may not write the script is told before the file is read.
	if _, err := svc.ImportScript(ctx, actor, req.Key, nil, true); err != nil {
		return Report{}, err
	}
	a, err := lookAround(ctx, svc, actor)
	if err != nil {
		return Report{}, err
	}
	lines, err := readTable(req.Data)
	if err != nil {
		return Report{}, err
	}
	head, body, err := findHeader(lines, scriptColumns)
	if err != nil {
		return Report{}, err
	}
	switch {
	case len(body) == 0:
		return Report{}, refuse("表头下面没有数据", "there is no row below the header")
	case len(body) > mostScript:
		return Report{}, tooLarge(fmt.Sprintf("超过 %d 行", mostScript), fmt.Sprintf("more than %d rows", mostScript))
	}
	s := &scriptReader{around: a, labels: map[string]string{}, first: map[string]int{}}
	for _, c := range scriptColumns {
		s.labels[c.field] = c.label()
	}
	for field, i := range head.at {
		s.labels[field] = heading(lines, body, i, s.labels[field])
	}
	for _, ln := range body {
		f := &fields{row: ln.number, values: map[string]string{}, labels: s.labels}
		for field, at := range head.at {
			if at < len(ln.cells) {
				f.values[field] = ln.cells[at]
			}
		}
		s.row(f)
	}
	rep := Report{Dry: req.Dry, Rows: len(s.lines), Ignored: head.ignored, Errors: s.faults}
	var script []dispatch.ScriptLine
	for _, l := range s.lines {
		if !l.bad {
			script = append(script, dispatch.ScriptLine{Row: l.rows[0], Line: l.in})
		}
	}
	done, err := svc.ImportScript(ctx, actor, req.Key, script, req.Dry || len(rep.Errors) > 0)
	if err != nil {
		return Report{}, err
	}
	known := map[string]bool{} // numbers that the sheet has, on a row with a fault
	for _, l := range s.lines {
		known[l.in.Number] = known[l.in.Number] || l.bad
	}
	for _, b := range done.Refused {
		if v, ok := b.Err.Value.(string); ok && strings.HasSuffix(b.Err.Field, ".inject") && known[v] {
			continue // it is there, and has a fault of its own
		}
		rep.Errors = append(rep.Errors, s.refused(b))
	}
	rep.Created, rep.Updated = done.Created, done.Changed
	if rep.OK = len(rep.Errors) == 0; rep.OK && !req.Dry {
		rep.Imported = done.Created + done.Changed
	}
	slices.SortStableFunc(rep.Errors, func(a, b Fault) int { return a.Row - b.Row })
	if n := len(rep.Errors); n > maxFaults {
		rep.Errors, rep.More = rep.Errors[:maxFaults], n-maxFaults
	}
	if rep.Errors == nil {
		rep.Errors = []Fault{}
	}
	return rep, nil
}

type scriptReader struct {
	*around
	labels map[string]string
	first  map[string]int // number: row
	lines  []*scriptLine
	faults []Fault
}

// scriptLine is an inject with the rows that its parts came from.
type scriptLine struct {
	in       dispatch.InjectSave
	rows     []int // of the line
	expected []int // row of each expected action
	clauses  []int
	bad      bool
}

// row reads one row: a line of its own, or more of the one above.
func (s *scriptReader) row(f *fields) {
	defer func() {
		s.faults = append(s.faults, f.faults...)
		if len(f.faults) > 0 && len(s.lines) > 0 {
			s.lines[len(s.lines)-1].bad = true
		}
	}()
	if f.values["number"] == "" {
		for _, c := range scriptColumns {
			if f.values[c.field] != "" && !slices.Contains(more, c.field) {
				f.fault("number", "不能为空；没有编号的行只能补充上一条的期望行动和条件", "must not be empty: a row without a number only goes on with the expected actions and conditions of the one above")
				return
			}
		}
		if len(s.lines) == 0 {
			f.fault("number", "不能为空", "must not be empty")
			return
		}
		s.more(f, s.lines[len(s.lines)-1])
		return
	}
	l := &scriptLine{rows: []int{f.row}}
	s.lines = append(s.lines, l)
	number := f.values["number"]
	if earlier, twice := s.first[number]; twice {
		f.fault("number", fmt.Sprintf("与第 %d 行重复", earlier), fmt.Sprintf("the same as row %d", earlier))
	}
	s.first[number] = f.row
	for _, name := range []string{"method", "text"} {
		if f.values[name] == "" {
			f.fault(name, "不能为空", "must not be empty")
		}
	}
	l.in = dispatch.InjectSave{Number: number, Move: f.whole("move", 0), From: f.text("from"), To: f.text("to"), Text: f.text("text"), Note: f.text("note"),
		Type: read(f, "type", injectTypes, dispatch.InjectInformation), Method: read(f, "method", injectMethods, "")}
	l.in.Controller = s.parts.find(f, "controller", "没有这个导调员（姓名不唯一时请填编号）", "nobody of that name has a part in the drill")
	l.in.Evaluator = s.parts.find(f, "evaluator", "没有这个评估员（姓名不唯一时请填编号）", "nobody of that name has a part in the drill")
	for _, who := range strings.FieldsFunc(f.values["parts"], func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		id, ok := s.parts.one(strings.TrimSpace(who))
		if !ok {
			f.fault("parts", "没有名为“"+who+"”的参演人员", "nobody called "+who+" has a part in the drill")
		}
		if id != "" {
			l.in.Parts = append(l.in.Parts, id)
		}
	}
	s.objective(f, l)
	s.trigger(f, l)
	if f.values["action_command"] != "" || f.values["action_agency"] != "" || f.values["action_input"] != "" {
		l.in.Action = &dispatch.InjectAction{Command: f.values["action_command"], Input: []byte(f.values["action_input"]),
			Agency: s.agencies.find(f, "action_agency", "没有这个单位", "there is no such agency in the drill")}
		if input := l.in.Action.Input; len(input) > 0 && !json.Valid(input) {
			f.fault("action_input", "不是有效的 JSON", "is no valid JSON")
		}
	}
	s.more(f, l)
}

var leadingNumber = regexp.MustCompile(`^\d{1,3}`)

func (s *scriptReader) objective(f *fields, l *scriptLine) {
	v := f.values["objective"]
	if v == "" {
		return
	}
	n, err := strconv.Atoi(leadingNumber.FindString(v))
	if o := s.objectives[n]; err == nil && o != nil {
		l.in.Objective = dispatch.RefOf(o).ID
		return
	}
	f.fault("objective", "没有这个编号的演练目标", "there is no objective with this number")
}

func (s *scriptReader) trigger(f *fields, l *scriptLine) {
	fallback := dispatch.TriggerManual
	if f.values["offset"] != "" {
		fallback = dispatch.TriggerTimed
	}
	if f.values["when_inject"] != "" || f.values["when_command"] != "" {
		fallback = dispatch.TriggerCondition
	}
	t := dispatch.Trigger{Type: read(f, "trigger", triggerTypes, fallback), Offset: f.span("offset"), Until: f.span("until"), Delay: f.span("delay")}
	if t.Type == dispatch.TriggerTimed && f.values["offset"] == "" {
		f.fault("offset", "定时注入须填时间", "a timed inject has a time")
	}
	if rule := read(f, "any", anyWords, ""); rule != "" || t.Type == dispatch.TriggerCondition {
		t.When = &dispatch.When{Any: rule == "any"}
	}
	l.in.Trigger = t
}

// more reads the expected action and the clause that stand on a row.
func (s *scriptReader) more(f *fields, l *scriptLine) {
	if filled(f, "expected", "expected_within", "expected_weight", "expected_command", "expected_agency") {
		l.expected = append(l.expected, f.row)
		if f.values["expected"] == "" {
			f.fault("expected", "不能为空", "must not be empty")
		}
		l.in.Expected = append(l.in.Expected, dispatch.Expected{Text: f.text("expected"), Within: f.span("expected_within"), Weight: f.whole("expected_weight", 1),
			Command: f.text("expected_command"), Agency: s.agencies.find(f, "expected_agency", "没有这个单位", "there is no such agency in the drill")})
	}
	if !filled(f, "when_inject", "when_state", "when_command", "when_agency", "when_not", "when_within") {
		return
	}
	l.clauses = append(l.clauses, f.row)
	if l.in.Trigger.When == nil {
		l.in.Trigger.When = &dispatch.When{}
	}
	c := dispatch.Clause{Inject: strings.TrimPrefix(f.text("when_inject"), "#"), State: read(f, "when_state", reached, ""), Command: f.text("when_command"),
		Agency: s.agencies.find(f, "when_agency", "没有这个单位", "there is no such agency in the drill"), Not: read(f, "when_not", yesWords, "no") == "yes", Within: f.span("when_within")}
	if c.Inject != "" && c.State == "" && f.values["when_state"] == "" {
		c.State = dispatch.InjectReleased
	}
	l.in.Trigger.When.Clauses = append(l.in.Trigger.When.Clauses, c)
}

func filled(f *fields, names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return f.values[n] != "" })
}

var clockTime = regexp.MustCompile(`^\+?(\d{1,4})[:：]([0-5]?\d)(?:[:：]([0-5]?\d))?$`)

// span reads a time in seconds: h:mm, h:mm:ss, or as Excel keeps it, a part of a day.
func (f *fields) span(name string) int {
	v := f.values[name]
	if v == "" {
		return 0
	}
	if m := clockTime.FindStringSubmatch(v); m != nil {
		h, _ := strconv.Atoi(m[1])
		minutes, _ := strconv.Atoi(m[2])
		s, _ := strconv.Atoi(m[3])
		return h*3600 + minutes*60 + s
	}
	days, err := strconv.ParseFloat(v, 64)
	if err != nil || math.IsNaN(days) || math.Abs(days) > 1000 {
		f.fault(name, "应为时长，如 0:15 或 1:05:30", "want a time such as 0:15 or 1:05:30")
		return 0
	}
	return int(math.Round(days * 86400))
}

// fieldColumns are the columns of dispatch's fields where they differ.
var fieldColumns = map[string]string{"trigger.offset": "offset", "trigger.until": "until", "trigger.delay": "delay", "trigger.type": "trigger", "trigger.when": "when_inject",
	"action.command": "action_command", "action.agency": "action_agency"}

var indexed = regexp.MustCompile(`^(expected|trigger\.when\.clauses)\[(\d+)\](?:\.(\w+))?`)

// refused puts a refusal of the domain on the row and under the column it is about.
func (s *scriptReader) refused(b dispatch.RowError) Fault {
	name := b.Err.Field
	if c := fieldColumns[name]; c != "" {
		name = c
	}
	if strings.HasPrefix(name, "action.input") {
		name = "action_input"
	}
	if strings.HasPrefix(name, "parts[") {
		name = "parts"
	}
	row := b.Row
	if m := indexed.FindStringSubmatch(b.Err.Field); m != nil {
		i := slices.IndexFunc(s.lines, func(l *scriptLine) bool { return l.rows[0] == b.Row })
		k, _ := strconv.Atoi(m[2])
		at := s.lines[i].expected
		name = strings.TrimSuffix("expected_"+m[3], "_text")
		if m[1] != "expected" {
			at, name = s.lines[i].clauses, "when_"+m[3]
			if m[3] == "" {
				name = "when_inject"
			}
		}
		if k < len(at) {
			row = at[k]
		}
	}
	e := *b.Err
	e.Field = name
	return refusedRow(dispatch.RowError{Row: row, Err: &e}, s.labels)
}
