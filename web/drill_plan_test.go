package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"liandong/dispatch"
	"liandong/web"
)

// The plan of a drill is read by those who run it: who may take part, what is in
// the way, the documents, each of which bears the word.
func TestDrillPlanIsRead(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	director, id := h.openDrill(dispatch.DrillOpen{Picture: dispatch.PictureResources})
	director.done("part.save", dispatch.PartSave{Person: h.people["firedesk"], Role: dispatch.RoleDispatcher, Text: "频道 3"})
	objective := director.done("objective.save", dispatch.ObjectiveSave{Name: "报告<及时>", Aspect: dispatch.AspectWarning, Weight: 40})
	first := director.done("inject.save", dispatch.InjectSave{Type: dispatch.InjectInformation, Method: dispatch.InjectPhone, Text: "来电：<b>泄漏</b>", Objective: objective, Move: 1,
		Trigger: dispatch.Trigger{Type: dispatch.TriggerTimed, Offset: 3900}, Expected: []dispatch.Expected{{Text: "派出侦检", Within: 300, Weight: 2, Command: "task.assign"}}})
	director.done("inject.save", dispatch.InjectSave{Type: dispatch.InjectInformation, Method: dispatch.InjectSystem, Text: "风向转变",
		Trigger: dispatch.Trigger{Type: dispatch.TriggerCondition, When: &dispatch.When{Clauses: []dispatch.Clause{{Inject: first, State: dispatch.InjectSkipped}, {Command: "request.raise", Not: true, Within: 1800}}}}})
	director.done("drill.edit", dispatch.DrillEdit{Drill: id, Name: "跨区演练", Content: dispatch.DrillSingle, Form: dispatch.DrillField, Purpose: dispatch.DrillTest, Situation: "储罐泄漏", Seed: 9, Length: 3600})

	var persons struct {
		Persons []web.DrillPerson `json:"persons"`
	}
	if a := director.get("/api/v1/drills/persons"); a.StatusCode != http.StatusOK || json.Unmarshal(a.body, &persons) != nil || len(persons.Persons) < 3 {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	if a := director.get("/api/v1/drills/persons"); strings.Contains(string(a.body), "phone") || strings.Contains(string(a.body), "login") {
		t.Errorf("more than who they are is told: %s", a.body)
	}
	var checks struct {
		Faults []dispatch.PlanFault `json:"faults"`
	}
	if a := director.get("/api/v1/drills/checks"); a.StatusCode != http.StatusOK || json.Unmarshal(a.body, &checks) != nil || len(checks.Faults) != 1 || checks.Faults[0].Ref.ID != first {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	for name, want := range map[string][]string{
		"plan": {"工作方案", "储罐泄漏", "报告&lt;及时&gt;", "频道 3", "方案未含此项内容"}, "script": {"&lt;b&gt;泄漏", "+1:05:00", "跳过", "发起支援请求 在 +0:30:00 前未执行"},
		"evaluation": {"派出侦检", "预警与信息报告", "0:05:00"}, "safety": {"中止条件", "方案未含此项内容"}, "observers": {"储罐泄漏", "+1:05:00"},
	} {
		a := director.get("/api/v1/drills/papers/" + name)
		if a.StatusCode != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") || strings.Count(string(a.body), "演练") < 3 {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.body)
		}
		for _, text := range want {
			if !strings.Contains(strings.ReplaceAll(string(a.body), "&#43;", "+"), text) {
				t.Errorf("%s lacks %q", name, text)
			}
		}
		if name == "observers" && strings.Contains(string(a.body), "泄漏&lt;/b&gt;") {
			t.Error("the observers' booklet tells the script")
		}
		if a := director.get("/api/v1/drills/papers/" + name + "?lang=en"); a.StatusCode != http.StatusOK || !strings.Contains(string(a.body), "DRILL 演练") || strings.Contains(string(a.body), "<h2>1. </h2>") {
			t.Errorf("%s in English: %d", name, a.StatusCode)
		}
	}
	if a := director.get("/api/v1/drills/papers/menu"); a.StatusCode == http.StatusOK {
		t.Error("an unknown paper is printed")
	}
	// Nobody else reads any of it, in the drill or out of it.
	player := h.as("firedesk")
	outside := h.as("desk")
	director.done("drill.edit", dispatch.DrillEdit{Drill: id, Name: "跨区演练", Content: dispatch.DrillSingle, Form: dispatch.DrillField, Purpose: dispatch.DrillTest, Seed: 9})
	director.begin(id)
	if a, _ := player.join(id); a.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	for _, path := range []string{"persons", "checks", "papers/plan"} {
		wantProblem(t, player.get("/api/v1/drills/"+path), http.StatusForbidden, "forbidden", "")
		wantProblem(t, outside.get("/api/v1/drills/"+path), http.StatusForbidden, "forbidden", "")
	}
	wantProblem(t, player.get("/api/v1/drills/duties"), http.StatusForbidden, "forbidden", "")
}

// The duty to drill is met by a drill that was held, for all who took part.
func TestDutyToDrillIsComputed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	duties := func(g *guest) map[string]dispatch.DrillDuty {
		t.Helper()
		var out struct {
			Duties []dispatch.DrillDuty `json:"duties"`
		}
		if a := g.get("/api/v1/drills/duties"); a.StatusCode != http.StatusOK || json.Unmarshal(a.body, &out) != nil {
			t.Fatalf("%d %s", a.StatusCode, a.body)
		}
		by := map[string]dispatch.DrillDuty{}
		for _, d := range out.Duties {
			by[d.Agency+" "+d.Rule.Code] = d
		}
		return by
	}
	director, id := h.openDrill(dispatch.DrillOpen{Picture: dispatch.PictureResources})
	before := duties(director)
	if len(before) == 0 {
		t.Fatal("no duty at all")
	}
	for name, d := range before {
		if d.State != dispatch.DutyNever || d.Last != nil {
			t.Errorf("%s: %+v before any drill", name, d)
		}
	}
	director.begin(id)
	director.done("drill.end", dispatch.DrillMove{Drill: id})
	met := 0
	for name, d := range duties(director) {
		if d.State == dispatch.DutyMet && d.Last != nil && d.Last.Drill == id && d.Due != nil {
			met++
		} else if d.State != dispatch.DutyNever {
			t.Errorf("%s: %+v", name, d)
		}
	}
	if met == 0 {
		t.Error("the drill that was held counts for nobody")
	}
}
