package imports

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"liandong/dispatch"
)

// The script of a drill as a sheet, with the columns of an HSEEP MSEL. One inject
// takes one row; where it has more than one expected action or clause of its
// condition, the rows below without a number go on with them.

// scriptColumns are the columns in their order: names in Chinese and English.
var scriptColumns = []column{
	{"number", []string{"编号", "no", "注入编号", "序号"}, true, "001"},
	{"offset", []string{"时间", "time", "计划时间", "scheduled time"}, false, ""},
	{"move", []string{"阶段", "move"}, false, ""},
	{"from", []string{"来源", "from", "发出方"}, false, ""},
	{"to", []string{"对象", "to", "接收方"}, false, ""},
	{"method", []string{"方式", "method", "传递方式", "delivery method"}, true, ""},
	{"text", []string{"内容", "content", "注入内容", "inject"}, true, ""},
	{"type", []string{"类型", "kind", "type"}, false, ""},
	{"objective", []string{"目标", "objective", "演练目标", "capability"}, false, ""},
	{"expected", []string{"期望行动", "expected action"}, false, ""},
	{"expected_within", []string{"期望时限", "expected within"}, false, ""},
	{"expected_weight", []string{"权重", "weight"}, false, ""},
	{"expected_command", []string{"期望命令", "expected command"}, false, ""},
	{"expected_agency", []string{"期望单位", "expected of"}, false, ""},
	{"controller", []string{"导调员", "controller"}, false, ""},
	{"evaluator", []string{"评估员", "evaluator"}, false, ""},
	{"parts", []string{"推送至", "players"}, false, ""},
	{"trigger", []string{"触发", "trigger"}, false, ""},
	{"until", []string{"截止", "until"}, false, ""},
	{"delay", []string{"延迟", "delay"}, false, ""},
	{"any", []string{"条件关系", "conditions"}, false, ""},
	{"when_inject", []string{"条件注入", "condition inject"}, false, ""},
	{"when_state", []string{"条件状态", "condition state"}, false, ""},
	{"when_command", []string{"条件命令", "condition command"}, false, ""},
	{"when_agency", []string{"条件单位", "condition agency"}, false, ""},
	{"when_not", []string{"未执行", "not done"}, false, ""},
	{"when_within", []string{"条件时限", "condition within"}, false, ""},
	{"action_command", []string{"行动命令", "action command"}, false, ""},
	{"action_agency", []string{"行动单位", "action agency"}, false, ""},
	{"action_input", []string{"行动参数", "action input"}, false, ""},
	{"note", []string{"备注", "notes"}, false, ""},
	{"status", []string{"状态", "status"}, false, ""},
	{"actual", []string{"实际时间", "actual time"}, false, ""},
}

// more are the columns that a row without a number goes on with.
var more = []string{"expected", "expected_within", "expected_weight", "expected_command", "expected_agency",
	"when_inject", "when_state", "when_command", "when_agency", "when_not", "when_within"}

// spans are the columns that hold a time, kept as Excel keeps it: a part of a day.
var spans = []string{"offset", "expected_within", "until", "delay", "when_within", "actual"}

// words of the closed sets; the first of each code is written in Chinese, the code
// itself in English.
var (
	injectTypes = []pair[dispatch.InjectType]{{"情况通报", dispatch.InjectInformation}, {"引导", dispatch.InjectFacilitation}, {"行动", dispatch.InjectActing},
		{"信息", dispatch.InjectInformation}, {"contextual", dispatch.InjectInformation}, {"contingency", dispatch.InjectFacilitation}}
	injectMethods = []pair[dispatch.InjectMethod]{{"系统推送", dispatch.InjectSystem}, {"电话", dispatch.InjectPhone}, {"电台", dispatch.InjectRadio},
		{"邮件", dispatch.InjectEmail}, {"现场扮演", dispatch.InjectActor}, {"系统", dispatch.InjectSystem}}
	triggerTypes = []pair[dispatch.TriggerType]{{"定时", dispatch.TriggerTimed}, {"手动", dispatch.TriggerManual}, {"条件", dispatch.TriggerCondition}}
	anyWords     = []pair[string]{{"全部", "all"}, {"任一", "any"}}
	yesWords     = []pair[string]{{"是", "yes"}, {"否", "no"}}
	reached      = []pair[dispatch.InjectState]{{"已发", dispatch.InjectReleased}, {"跳过", dispatch.InjectSkipped}, {"已响应", dispatch.InjectActed}, {"未响应", dispatch.InjectMissed}}
)

type pair[T ~string] struct {
	zh   string
	code T
}

func said[T ~string](words []pair[T], code T, lang string) string {
	for _, w := range words {
		if w.code == code && lang == "zh" {
			return w.zh
		}
	}
	return string(code)
}

func read[T ~string](f *fields, name string, words []pair[T], fallback T) T {
	known := map[string]T{}
	for _, w := range words {
		known[folded(w.zh)] = w.code
	}
	return word(f, name, known, fallback)
}

// separators stand between the players of one cell.
const separators = "\n;；、，"

// names finds ids by what people call them; a name that two share is nobody's.
type names struct {
	byName map[string]string
	label  map[string]string
}

func newNames() *names { return &names{map[string]string{}, map[string]string{}} }

func (n *names) add(id, name string) {
	key := folded(name)
	if _, twice := n.byName[key]; twice || key == "" {
		n.byName[key] = ""
	} else {
		n.byName[key] = id
	}
	n.label[id] = name
}

// say is the name where it tells which, else the id.
func (n *names) say(id string) string {
	if name := n.label[id]; n.byName[folded(name)] == id && id != "" {
		return name
	}
	return id
}

func (n *names) find(f *fields, column, zh, en string) string {
	v := f.values[column]
	id, ok := n.one(v)
	if !ok {
		f.fault(column, zh, en)
	}
	return id
}

func (n *names) one(v string) (string, bool) {
	if v == "" {
		return "", true
	}
	if id := n.byName[folded(v)]; id != "" {
		return id, true
	}
	_, ok := n.label[v]
	return v, ok
}

// around is what the rows of a script refer to.
type around struct {
	drill      *dispatch.Drill
	agencies   *names
	parts      *names
	objectives map[int]*dispatch.Objective
	byID       map[string]*dispatch.Objective
	injects    []*dispatch.Inject
}

func lookAround(ctx context.Context, svc Service, actor dispatch.Actor) (*around, error) {
	a := &around{agencies: newNames(), parts: newNames(), objectives: map[int]*dispatch.Objective{}, byID: map[string]*dispatch.Objective{}}
	for _, k := range []dispatch.Kind{dispatch.KindDrill, dispatch.KindAgency, dispatch.KindPart, dispatch.KindObjective, dispatch.KindInject} {
		err := all(ctx, svc, actor, k, func(r dispatch.Record) {
			switch r := r.(type) {
			case *dispatch.Drill:
				a.drill = r
			case *dispatch.Agency:
				a.agencies.add(r.ID, r.Name)
			case *dispatch.Part:
				a.parts.add(r.ID, r.Name)
			case *dispatch.Objective:
				a.objectives[r.Number], a.byID[r.ID] = r, r
			case *dispatch.Inject:
				a.injects = append(a.injects, r)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	if a.drill == nil {
		return nil, &dispatch.Error{Code: dispatch.Forbidden, Message: "join the drill first", MessageZH: "请先进入演练"}
	}
	slices.SortFunc(a.injects, dispatch.ByNumber)
	return a, nil
}

// row is one row of the sheet, by column; times in seconds.
type row map[string]any

// Script writes the script of the actor's drill as a workbook, in Chinese or English.
func Script(ctx context.Context, svc Service, actor dispatch.Actor, lang string) ([]byte, error) {
	a, err := lookAround(ctx, svc, actor)
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, i := range a.injects {
		rows = append(rows, a.rows(i, lang)...)
	}
	return sheet(a.drill, rows, lang)
}

func (a *around) rows(i *dispatch.Inject, lang string) []row {
	numbers := map[string]string{}
	for _, o := range a.injects {
		numbers[dispatch.RefOf(o).ID] = o.Number
	}
	t := i.Trigger
	first := row{"number": i.Number, "from": i.From, "to": i.To, "text": i.Text, "note": i.Note,
		"method": said(injectMethods, i.Method, lang), "type": said(injectTypes, i.Type, lang), "trigger": said(triggerTypes, t.Type, lang),
		"controller": a.parts.say(i.Controller), "evaluator": a.parts.say(i.Evaluator), "status": string(i.State)}
	if lang == "zh" {
		first["status"] = dispatch.StateNameZH(dispatch.KindInject, string(i.State))
	}
	if i.Move > 0 {
		first["move"] = i.Move
	}
	if t.Type == dispatch.TriggerTimed || t.Offset > 0 {
		first["offset"] = t.Offset
	}
	if o := a.byID[i.Objective]; o != nil {
		first["objective"] = fmt.Sprintf("%d %s", o.Number, o.Name)
	}
	if at := i.Stamps[dispatch.InjectReleased].At; !at.IsZero() {
		first["actual"] = int(at.Sub(a.drill.Begins).Seconds())
	}
	var players []string
	for _, id := range i.Parts {
		name := a.parts.say(id)
		if strings.ContainsAny(name, separators) {
			name = id
		}
		players = append(players, name)
	}
	first["parts"] = strings.Join(players, "\n")
	if i.Action != nil {
		first["action_command"], first["action_agency"] = i.Action.Command, a.agencies.say(i.Action.Agency)
		var packed bytes.Buffer
		if err := json.Compact(&packed, i.Action.Input); err == nil {
			first["action_input"] = packed.String()
		}
	}
	for name, seconds := range map[string]int{"until": t.Until, "delay": t.Delay} {
		if seconds > 0 {
			first[name] = seconds
		}
	}
	out := []row{first}
	at := func(k int) row {
		for len(out) <= k {
			out = append(out, row{})
		}
		return out[k]
	}
	for k, e := range i.Expected {
		r := at(k)
		r["expected"], r["expected_weight"], r["expected_command"], r["expected_agency"] = e.Text, e.Weight, e.Command, a.agencies.say(e.Agency)
		if e.Within > 0 {
			r["expected_within"] = e.Within
		}
	}
	if t.When == nil {
		return out
	}
	first["any"] = said(anyWords, map[bool]string{false: "all", true: "any"}[t.When.Any], lang)
	for k, c := range t.When.Clauses {
		r := at(k)
		r["when_command"], r["when_agency"] = c.Command, a.agencies.say(c.Agency)
		if c.Inject != "" {
			r["when_inject"], r["when_state"] = numbers[c.Inject], said(reached, c.State, lang)
		}
		if c.Not {
			r["when_not"], r["when_within"] = said(yesWords, "yes", lang), c.Within
		}
	}
	return out
}

// sheet writes rows under their headings. Above them stands which drill it is.
func sheet(d *dispatch.Drill, rows []row, lang string) ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	const name = "MSEL"
	title, language := "【演练】"+d.Name, 0
	if lang == "en" {
		title, language = "DRILL: "+d.Name, 1
	}
	duration := "[h]:mm:ss"
	times, err := f.NewStyle(&excelize.Style{CustomNumFmt: &duration, Alignment: &excelize.Alignment{Vertical: "top"}})
	if err != nil {
		return nil, err
	}
	text, err := f.NewStyle(&excelize.Style{NumFmt: 49, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	if err != nil {
		return nil, err
	}
	heavy, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"},
		Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"EAF1F8"}}})
	if err != nil {
		return nil, err
	}
	do := func(e error) {
		if err == nil {
			err = e
		}
	}
	do(f.SetSheetName("Sheet1", name))
	wide := map[string]float64{"text": 48, "expected": 36, "note": 30, "action_input": 30, "parts": 14, "from": 14, "to": 14, "objective": 18}
	for n, c := range scriptColumns {
		letter, e := excelize.ColumnNumberToName(n + 1)
		do(e)
		style, width := text, wide[c.field]
		if slices.Contains(spans, c.field) {
			style = times
		}
		if width == 0 {
			width = 11
		}
		do(f.SetColStyle(name, letter, style))
		do(f.SetColWidth(name, letter, letter, width))
		do(f.SetCellStr(name, letter+"2", headingIn(c, language)))
		do(f.SetCellStyle(name, letter+"2", letter+"2", heavy))
		for k, r := range rows {
			cell := fmt.Sprintf("%s%d", letter, k+3)
			switch v := r[c.field].(type) {
			case nil:
			case int:
				if slices.Contains(spans, c.field) {
					do(f.SetCellFloat(name, cell, float64(v)/86400, -1, 64))
				} else {
					do(f.SetCellInt(name, cell, int64(v)))
				}
			case string:
				if v != "" {
					do(f.SetCellStr(name, cell, escape(v)))
				}
			}
		}
	}
	do(f.SetCellStr(name, "A1", title))
	do(f.SetPanes(name, &excelize.Panes{Freeze: true, XSplit: 2, YSplit: 2, TopLeftCell: "C3", ActivePane: "bottomRight"}))
	if err != nil {
		return nil, err
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

var escaped = regexp.MustCompile(`_(x[0-9A-Fa-f]{4}_)`)

// escape keeps what looks like an escaped character from being read as one
// (ECMA-376 part 1, 22.9.2.19).
func escape(s string) string { return escaped.ReplaceAllString(s, "_x005F_$1") }

// headingIn is a column's heading in one language.
func headingIn(c column, language int) string {
	h := c.names[language]
	if language == 1 {
		h = strings.ToUpper(h[:1]) + h[1:]
	}
	return h
}
