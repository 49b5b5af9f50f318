package web_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"liandong/dispatch"
	"liandong/web"
)

// plant writes records of a plan into a drill.
func (h *house) plant(drill string, records ...dispatch.Record) {
	h.t.Helper()
	realm, key := dispatch.DrillRealm(drill), h.key()
	_, _, err := h.store.Command(h.t.Context(), dispatch.Key{Realm: realm, ID: key, Actor: "planner", Hash: sha256.Sum256([]byte(key))},
		func(context.Context, dispatch.Tx) (*dispatch.Change, error) {
			at := h.svc.Now(realm)
			c := &dispatch.Change{At: at, Wall: h.clock(), Realm: realm, Kind: "deadline.fire", Command: key}
			for _, r := range records {
				head := dispatch.HeadOf(r)
				head.Version, head.Created, head.Updated, head.Scope = 1, at, at, dispatch.Scope{Agency: h.bureau, Area: "411000"}
				c.Puts = append(c.Puts, dispatch.Put{Record: r, After: head.Scope})
			}
			return c, nil
		})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (g *guest) report(with string) dispatch.DrillReport {
	g.t.Helper()
	a := g.get("/api/v1/drills/report?with=" + url.QueryEscape(with))
	var r dispatch.DrillReport
	if a.StatusCode != http.StatusOK || json.Unmarshal(a.body, &r) != nil {
		g.t.Fatalf("report: %d %s", a.StatusCode, a.body)
	}
	return r
}

// The report of a drill as data, as a page and as a workbook; to players when it is evaluated.
func TestDrillReport(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	director, id := h.openDrill(dispatch.DrillOpen{Picture: dispatch.PictureResources})
	director.done("part.save", dispatch.PartSave{Person: h.people["firedesk"], Role: dispatch.RoleDispatcher})
	head := func(k dispatch.Kind, id string) dispatch.Head { return dispatch.Head{Kind: k, ID: id} }
	h.plant(id, &dispatch.Objective{Head: head(dispatch.KindObjective, "o1"), Number: 1, Name: "及时<出动>", Aspect: dispatch.AspectResponse, Weight: 60},
		&dispatch.Objective{Head: head(dispatch.KindObjective, "o2"), Number: 2, Name: "疏散群众", Aspect: dispatch.AspectProtection, Weight: 40})
	director.begin(id)
	realm := dispatch.DrillRealm(id)
	released := map[dispatch.InjectState]dispatch.Stamp{dispatch.InjectReleased: {At: h.svc.Now(realm)}}
	h.plant(id,
		&dispatch.Inject{Head: head(dispatch.KindInject, "j1"), Number: "001", Type: dispatch.InjectInformation, Method: dispatch.InjectPhone, Trigger: dispatch.Trigger{Type: dispatch.TriggerManual}, Text: "氯气泄漏，下风向有学校", Objective: "o2", State: dispatch.InjectReleased, Stamps: released,
			Expected: []dispatch.Expected{{Text: "通知下风向群众", Within: 300, Weight: 3, Agency: h.fire}, {Text: "设警戒线", Within: 600, Weight: 1, Agency: h.fire}}},
		&dispatch.Inject{Head: head(dispatch.KindInject, "j2"), Number: "002", Type: dispatch.InjectInformation, Method: dispatch.InjectPhone, Trigger: dispatch.Trigger{Type: dispatch.TriggerManual}, Text: "记者到场询问", Objective: "o1", State: dispatch.InjectReleased, Stamps: released,
			Expected: []dispatch.Expected{{Text: "指定发言人", Within: 900, Weight: 2, Agency: h.bureau}}})
	player := h.as("firedesk")
	player.join(id)
	h.pass(20 * time.Second)
	incident := player.done("incident.open", dispatch.IncidentOpen{Type: "12G03", Title: "泄漏", Area: "411002"})
	h.pass(45 * time.Second)
	player.done("task.assign", dispatch.TaskAssign{Incident: incident, Team: h.teams["xf1"]})
	h.pass(3 * time.Minute)
	zero, one, yes, no := 0, 1, true, false
	director.done("observation.add", dispatch.ObservationAdd{Type: dispatch.ObservationAction, Inject: "j1", Expected: &zero, Seen: &yes})
	seen := director.done("observation.add", dispatch.ObservationAdd{Type: dispatch.ObservationAction, Inject: "j1", Expected: &one, Seen: &no})
	director.done("observation.edit", dispatch.ObservationEdit{Observation: seen, Seen: &no, Text: "线太近，后来才移"})
	director.done("observation.add", dispatch.ObservationAdd{Type: dispatch.ObservationScore, Objective: "o1", Agency: h.fire, Score: &dispatch.Score{Scale: dispatch.ScaleGrade, Value: 5}})
	director.done("observation.add", dispatch.ObservationAdd{Type: dispatch.ObservationStrength, Objective: "o1", Agency: h.fire, Text: "出动<b>很快</b>"})
	director.done("observation.add", dispatch.ObservationAdd{Type: dispatch.ObservationWeakness, Objective: "o2", Text: "警戒线没有设"})
	h.pass(13 * time.Minute)
	director.done("observation.add", dispatch.ObservationAdd{Type: dispatch.ObservationAction, Inject: "j2", Expected: &zero, Seen: &yes})
	director.done("drill.end", dispatch.DrillMove{Drill: id})

	wantProblem(t, player.get("/api/v1/drills/report"), http.StatusForbidden, "forbidden", "")
	wantProblem(t, player.get("/api/v1/drills/report.xlsx"), http.StatusForbidden, "forbidden", "")
	wantProblem(t, h.as("desk").get("/api/v1/drills/report"), http.StatusConflict, "illegal_move", "")
	director.done("drill.evaluate", dispatch.DrillMove{Drill: id})
	due := h.clock().AddDate(0, 1, 0)
	item := director.done("improvement.save", dispatch.ImprovementSave{Text: "按风向设警戒线", Objective: "o2", Observations: []string{seen}, Owner: h.fire, Due: &due, Measures: "补训"})

	// o1: (2 × ½ late of 2 → 50, one 5 → 100) → 75; o2: 3 of 4 → 75.
	r := player.report("")
	if r.Score.Score != 75 || r.Score.Grade != dispatch.GradeGood || len(r.Injects) != 2 || len(r.Improvements) != 1 || r.Compared != nil {
		t.Errorf("the player's report: %+v", r.Score)
	}
	desk := h.as("desk")
	live := desk.incident()
	h.pass(30 * time.Second)
	desk.done("task.assign", dispatch.TaskAssign{Incident: live, Team: h.teams["xf2"]})
	period := "live:" + h.clock().Add(-time.Hour).Format(time.RFC3339) + "/" + h.clock().Add(time.Hour).Format(time.RFC3339)
	r = director.report(period)
	found := false
	for _, m := range r.Compared.Measures {
		found = found || m.Type == dispatch.MeasureFirstAssignment && m.Median == 30
	}
	if !found {
		t.Errorf("beside it: %+v", r.Compared)
	}
	if r := director.report(id); r.Compared.Score != 75 || r.Compared.Drill != id {
		t.Errorf("beside itself: %+v", r.Compared)
	}
	wantProblem(t, director.get("/api/v1/drills/report?with=live:yesterday"), http.StatusUnprocessableEntity, "invalid", "with")
	wantProblem(t, director.get("/api/v1/drills/report?with=nosuch"), http.StatusNotFound, "not_found", "")

	// What an observation said before is still told, to those who run the drill.
	var said web.ObservationVersions
	versions := "/api/v1/drills/observations/" + seen + "/versions"
	if a := director.get(versions); json.Unmarshal(a.body, &said) != nil || len(said.Versions) != 2 || said.Versions[0].Text != "" || *said.Versions[0].Seen || said.Versions[1].Text != "线太近，后来才移" || said.Versions[1].Edited == nil {
		t.Errorf("versions: %d %s", a.StatusCode, a.body)
	}
	wantProblem(t, player.get(versions), http.StatusNotFound, "not_found", "")
	wantProblem(t, director.get("/api/v1/drills/observations/nosuch/versions"), http.StatusNotFound, "not_found", "")

	moment := said.Versions[0].Moment.When().UTC().Format("2006-01-02T15:04:05.000Z")
	page := player.get("/api/v1/drills/report.html?lang=zh&with=" + url.QueryEscape(id))
	if page.StatusCode != http.StatusOK {
		t.Fatalf("page: %d %s", page.StatusCode, page.body)
	}
	text := string(page.body)
	for _, want := range []string{"演练 · 本报告所述均为演练", "演练评估报告", "及时&lt;出动&gt;", "出动&lt;b&gt;很快&lt;/b&gt;", "<svg", "良", "按风向设警戒线", "首次派遣", "依据: <a href=\"/?replay=" + moment + "\">", "</a> 线太近，后来才移"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if strings.Contains(text, "<b>很快") || strings.Contains(text, "ZgotmplZ") {
		t.Error("text of a person came through as it was")
	}
	if dir := os.Getenv("REPORT_SAMPLE"); dir != "" {
		for _, lang := range []string{"zh", "en"} {
			b := player.get("/api/v1/drills/report.html?lang=" + lang + "&with=" + url.QueryEscape(period)).body
			if err := os.WriteFile(dir+"/report."+lang+".html", b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	book, err := excelize.OpenReader(bytes.NewReader(player.get("/api/v1/drills/report.xlsx?lang=en").body), excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if len(book.GetSheetList()) != 5 {
		t.Errorf("sheets %v", book.GetSheetList())
	}
	for _, sheet := range book.GetSheetList() {
		rows, err := book.GetRows(sheet)
		if err != nil || len(rows) < 4 || !strings.Contains(rows[0][0], "演练") {
			t.Errorf("sheet %s: %v, %v", sheet, rows, err)
		}
	}

	// The owner finds it outside the drill, and says from there that it is done.
	var mine web.ImprovementList
	owner := h.as("firedesk")
	if a := owner.get("/api/v1/drills/improvements"); json.Unmarshal(a.body, &mine) != nil || len(mine.Improvements) != 1 || mine.Improvements[0].Improvement.ID != item {
		t.Errorf("the owner finds %s", a.body)
	}
	say := func(g *guest, drill string, step ...string) answer {
		return g.send(http.MethodPost, "/api/v1/drills/"+drill+"/improvements/"+item+"/"+append(step, "done")[0], strings.NewReader(`{"reason":"已补训"}`), "Content-Type", "application/json", "Idempotency-Key", h.key())
	}
	wantProblem(t, say(h.as("clinicdesk"), id), http.StatusNotFound, "not_found", "")
	wantProblem(t, say(owner, "nosuch"), http.StatusNotFound, "not_found", "")
	wantProblem(t, say(owner, id, "verify"), http.StatusUnprocessableEntity, "invalid", "step")
	if a := say(owner, id, "progress"); a.StatusCode != http.StatusOK || json.Unmarshal(a.body, &mine) != nil || mine.Improvements[0].Improvement.Progress != "已补训" || mine.Improvements[0].Improvement.State != dispatch.ImprovementOpen {
		t.Errorf("progress: %d %s", a.StatusCode, a.body)
	}
	// Who directs the drill follows it from outside.
	var followed web.ImprovementList
	director.join("")
	if a := director.get("/api/v1/drills/improvements"); json.Unmarshal(a.body, &followed) != nil || len(followed.Improvements) != 1 || !followed.Improvements[0].Follows || followed.Improvements[0].Owes {
		t.Errorf("the director follows %s", a.body)
	}
	if a := say(owner, id); a.StatusCode != http.StatusOK || json.Unmarshal(a.body, &mine) != nil || mine.Improvements[0].Improvement.State != dispatch.ImprovementDone {
		t.Errorf("done: %d %s", a.StatusCode, a.body)
	}
	wantProblem(t, say(owner, id), http.StatusConflict, "illegal_move", "")
}
