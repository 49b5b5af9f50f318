package imports_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"liandong/dispatch"
	"liandong/web/imports"
)

// exercise is a drill with people in it.
type exercise struct {
	*house
	director           dispatch.Actor
	player, other      string // parts
	controller, umpire string
}

func (h *house) give(a dispatch.Actor, name string, in any) dispatch.Result {
	h.Helper()
	h.n++
	body, err := json.Marshal(in)
	if err != nil {
		h.Fatal(err)
	}
	r, err := h.svc.Do(h.Context(), a, name, fmt.Sprintf("command-%05d", h.n), body)
	if err != nil {
		h.Fatalf("%s: %v", name, err)
	}
	return r
}

func (h *house) exercise() *exercise {
	h.Helper()
	planner := h.desk
	planner.ID, planner.Name, planner.Role = "planner", "策划", dispatch.RolePlanner
	begins := time.Date(2027, 3, 1, 1, 0, 0, 0, time.UTC)
	r := h.give(planner, "drill.open", dispatch.DrillOpen{Name: "液氯泄漏", Content: dispatch.DrillComprehensive, Form: dispatch.DrillField, Purpose: dispatch.DrillTest,
		Picture: dispatch.PictureResources, Begins: &begins, Seed: 3})
	x := &exercise{house: h, director: planner}
	x.director.Realm, x.director.Role = r.Change.Realm, dispatch.RoleDirector
	for name, p := range map[*string]dispatch.PartSave{&x.player: {Person: "甲", Role: dispatch.RoleDispatcher}, &x.other: {Person: "乙", Role: dispatch.RoleChief},
		&x.controller: {Person: "丙", Role: dispatch.RoleController}, &x.umpire: {Person: "丁", Role: dispatch.RoleEvaluator}} {
		login := map[string]string{"甲": "jia", "乙": "yi", "丙": "bing", "丁": "ding"}[p.Person]
		people, err := h.store.Find(h.Context(), dispatch.Query{Realm: dispatch.Live, Kind: dispatch.KindPerson, Limit: -1})
		if err != nil {
			h.Fatal(err)
		}
		for _, r := range people {
			if r.(*dispatch.Person).Name == p.Person {
				*name = dispatch.RefOf(r).ID
			}
		}
		if *name == "" {
			*name = dispatch.RefOf(h.give(dispatch.System(dispatch.Live), "person.save", dispatch.PersonSave{Agency: "bureau", Name: p.Person, Login: login, Roles: []dispatch.Role{dispatch.RoleDispatcher}}).Change.Puts[0].Record).ID
		}
		p.Person = *name
		h.give(x.director, "part.save", p)
	}
	for _, name := range []string{"报告及时", "指挥有序"} {
		h.give(x.director, "objective.save", dispatch.ObjectiveSave{Name: name, Aspect: dispatch.AspectCommand, Weight: 50})
	}
	return x
}

func (x *exercise) all(k dispatch.Kind) []dispatch.Record {
	x.Helper()
	recs, err := x.store.Find(x.Context(), dispatch.Query{Realm: x.director.Realm, Kind: k, Limit: -1})
	if err != nil {
		x.Fatal(err)
	}
	return recs
}

// said is the script with numbers in the place of ids.
func (x *exercise) said() map[string]dispatch.Inject {
	numbers, out := map[string]string{}, map[string]dispatch.Inject{}
	for _, r := range x.all(dispatch.KindObjective) {
		numbers[dispatch.RefOf(r).ID] = fmt.Sprint(r.(*dispatch.Objective).Number)
	}
	for _, r := range x.all(dispatch.KindInject) {
		numbers[dispatch.RefOf(r).ID] = r.(*dispatch.Inject).Number
	}
	for _, r := range x.all(dispatch.KindInject) {
		i := *r.(*dispatch.Inject)
		i.Head, i.Objective, i.Due = dispatch.Head{}, numbers[i.Objective], nil
		if i.Trigger.When != nil {
			for k, c := range i.Trigger.When.Clauses {
				i.Trigger.When.Clauses[k].Inject = numbers[c.Inject]
			}
		}
		out[i.Number] = i
	}
	return out
}

// script writes n injects that use every field in every way.
func (x *exercise) script(n int) {
	x.Helper()
	objectives := x.all(dispatch.KindObjective)
	var ids []string
	for k := range n {
		in := dispatch.InjectSave{Number: fmt.Sprintf("%03d", k+1), Move: k % 5, Type: dispatch.InjectTypes[k%3], Method: dispatch.InjectMethods[k%5],
			From: "市民", To: "指挥中心", Text: fmt.Sprintf("第 %d 条：“=1+1”, 'a' <b> & _x000D_\n第二行\t末", k), Note: "=SUM(A1)"}
		if k%7 == 0 {
			in.Number += "a"
		}
		if k%2 == 0 {
			in.Objective = dispatch.RefOf(objectives[k/2%2]).ID
			in.Controller, in.Evaluator = x.controller, x.umpire
		}
		if k%3 == 0 {
			in.Parts = []string{x.player, x.other}[:1+k%2]
		}
		switch k % 4 {
		case 0:
			in.Trigger = dispatch.Trigger{Type: dispatch.TriggerTimed, Offset: k * 37}
		case 1:
			in.Trigger = dispatch.Trigger{Type: dispatch.TriggerManual}
		case 2:
			in.Trigger = dispatch.Trigger{Type: dispatch.TriggerCondition, Offset: k % 3 * 61, Delay: k % 5 * 7, When: &dispatch.When{Any: k%8 == 2, Clauses: []dispatch.Clause{
				{Inject: ids[k-2], State: []dispatch.InjectState{dispatch.InjectReleased, dispatch.InjectSkipped, dispatch.InjectActed, dispatch.InjectMissed}[k/4%4]},
				{Command: "request.raise", Agency: "mine", Not: true, Within: 1799},
				{Command: "task.assign"}}[:1+k%3]}}
		case 3:
			in.Trigger = dispatch.Trigger{Type: dispatch.TriggerCondition, Until: 36001, When: &dispatch.When{Clauses: []dispatch.Clause{{Command: "note.add", Agency: "bureau"}}}}
		}
		if k%5 == 0 {
			in.Action = &dispatch.InjectAction{Command: "report.take", Agency: "mine", Input: json.RawMessage(`{"text": "井口\n冒烟", "channel":"hotline","place":{"text":"x","point":[113.85,34.03]}}`)}
		}
		for e := range k % 4 {
			in.Expected = append(in.Expected, dispatch.Expected{Text: fmt.Sprintf("行动 %d\n其二", e), Within: e * 601, Weight: 1 + e, Command: []string{"", "task.assign", "request.raise"}[e], Agency: []string{"mine", "", "bureau"}[e]})
		}
		ids = append(ids, dispatch.RefOf(x.give(x.director, "inject.save", in).Change.Puts[0].Record).ID)
	}
}

func (x *exercise) sheet(lang string) []byte {
	x.Helper()
	data, err := imports.Script(x.Context(), x.svc, x.director, lang)
	if err != nil {
		x.Fatal(err)
	}
	return data
}

func (x *exercise) back(data []byte, dry bool) imports.Report {
	x.Helper()
	x.n++
	rep, err := imports.RunScript(x.Context(), x.svc, x.director, imports.Request{Data: data, Dry: dry, Key: fmt.Sprintf("script-%05d", x.n)})
	if err != nil {
		x.Fatal(err)
	}
	return rep
}

// A script of 200 injects that use every field loses nothing on its way through a
// sheet, in either language, into the same drill and into another.
func TestScriptRoundTrip(t *testing.T) {
	h := open(t)
	x := h.exercise()
	x.script(200)
	want := x.said()
	head, err := h.store.Head(t.Context(), x.director.Realm)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"zh", "en"} {
		data := x.sheet(lang)
		if rep := x.back(data, false); !rep.OK || rep.Rows != 200 || rep.Created+rep.Updated+rep.Imported != 0 || len(rep.Ignored) > 0 {
			t.Fatalf("%s: into the same drill: %+v", lang, rep)
		}
		y := h.exercise()
		if rep := y.back(data, true); !rep.OK || rep.Created != 200 || rep.Imported != 0 || len(y.said()) != 0 {
			t.Fatalf("%s: tried in another: %+v", lang, rep)
		}
		if rep := y.back(data, false); !rep.OK || rep.Imported != 200 {
			t.Fatalf("%s: into another: %+v", lang, rep)
		}
		got := y.said()
		for number, i := range want {
			if !reflect.DeepEqual(got[number], i) {
				a, _ := json.Marshal(i)
				b, _ := json.Marshal(got[number])
				t.Fatalf("%s: #%s was\n%s\nand is\n%s", lang, number, a, b)
			}
		}
		if len(got) != 200 {
			t.Errorf("%s: %d injects", lang, len(got))
		}
	}
	if after, err := h.store.Head(t.Context(), x.director.Realm); err != nil || after != head {
		t.Errorf("reading a sheet that says nothing new made %d changes, %v", after-head, err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(x.sheet("zh")))
	if err != nil {
		t.Fatal(err)
	}
	if title, err := f.GetCellValue("MSEL", "A1"); err != nil || !strings.Contains(title, "演练") {
		t.Errorf("the sheet is titled %q, %v", title, err)
	}
}

// A broken sheet is refused row by row under the heading of the column, and nothing
// of it is taken.
func TestBrokenScriptIsRefused(t *testing.T) {
	h := open(t)
	x := h.exercise()
	x.script(12)
	before := x.said()
	f, err := excelize.OpenReader(bytes.NewReader(x.sheet("zh")))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := f.GetRows("MSEL")
	if err != nil {
		t.Fatal(err)
	}
	column := func(name string) string {
		letter, err := excelize.ColumnNumberToName(slices.Index(rows[1], name) + 1)
		if err != nil {
			t.Fatal(name, err)
		}
		return letter
	}
	rowOf := map[string]int{}
	for n, r := range rows {
		if len(r) > 0 && r[0] != "" {
			rowOf[r[0]] = n + 1
		}
	}
	want := map[string]bool{}
	spoil := func(number, name string, value any, extra int) {
		row := rowOf[number] + extra
		if err := f.SetCellValue("MSEL", fmt.Sprintf("%s%d", column(name), row), value); err != nil {
			t.Fatal(err)
		}
		want[fmt.Sprintf("%d %s", row, name)] = true
	}
	spoil("001a", "方式", "飞鸽", 0)
	spoil("002", "内容", "", 0)
	spoil("003", "条件注入", "999", 0)
	spoil("004", "条件命令", "task.fly", 0)
	spoil("005", "时间", -0.01, 0)
	spoil("006", "行动参数", "{", 0)
	spoil("008a", "期望命令", "drill.end", 1)
	spoil("009", "目标", "77", 0)
	spoil("010", "评估员", "甲", 0)
	spoil("011", "导调员", "戊", 0)
	spoil("012", "期望时限", "很快", 1)
	spoil("007", "推送至", "无名氏", 0)
	var broken bytes.Buffer
	if err := f.Write(&broken); err != nil {
		t.Fatal(err)
	}
	rep := x.back(broken.Bytes(), false)
	got := map[string]bool{}
	for _, e := range rep.Errors {
		got[fmt.Sprintf("%d %s", e.Row, e.Column)] = true
		if e.ZH == "" || e.EN == "" {
			t.Errorf("%+v is told in one language", e)
		}
	}
	for where := range want {
		if !got[where] {
			t.Errorf("%s is not refused", where)
		}
	}
	if rep.OK || rep.Imported != 0 || len(rep.Errors) > len(want)+1 {
		t.Errorf("%+v", rep)
	}
	if after := x.said(); !reflect.DeepEqual(after, before) {
		t.Error("something of a refused sheet was taken")
	}
	for name, data := range map[string][]byte{"no table": []byte("\x00\x01"), "no header": []byte("a,b\n1,2\n"), "no rows": []byte("编号,方式,内容\n")} {
		if _, err := imports.RunScript(t.Context(), x.svc, x.director, imports.Request{Data: data, Key: "script-bad"}); dispatch.CodeOf(err) != dispatch.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Circles, twins and rows that go on with nothing.
	rep = x.back([]byte("编号,方式,内容,触发,条件注入,条件状态\n100,电话,甲,条件,101,已发\n101,电话,乙,条件,100,已发\n101,电话,丙,,,\n"), true)
	if !slices.ContainsFunc(rep.Errors, func(f imports.Fault) bool { return f.Row == 4 && f.Column == "编号" }) {
		t.Errorf("twins: %+v", rep.Errors)
	}
	rep = x.back([]byte("编号,方式,内容,触发,条件注入,条件状态\n100,电话,甲,条件,101,已发\n101,电话,乙,条件,100,已发\n"), true)
	if len(rep.Errors) != 2 || !strings.Contains(rep.Errors[0].ZH, "成环") {
		t.Errorf("a circle: %+v", rep.Errors)
	}
	player := x.director
	player.Role = dispatch.RoleDispatcher
	if _, err := imports.RunScript(t.Context(), x.svc, player, imports.Request{Data: broken.Bytes(), Key: "script-bad"}); dispatch.CodeOf(err) != dispatch.Forbidden {
		t.Errorf("a player writes the script: %v", err)
	}
	// What people write by hand: clock times, a line without a trigger.
	rep = x.back([]byte("No.,Time,Method,Content\n200,0:15,phone,by hand\n201,,radio,when asked\n"), false)
	if !rep.OK || rep.Imported != 2 {
		t.Fatalf("%+v", rep)
	}
	if got := x.said()["200"].Trigger; got.Type != dispatch.TriggerTimed || got.Offset != 900 {
		t.Errorf("0:15 is %+v", got)
	}
}
