package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"liandong/dispatch"
)

// What the director and the controllers write for themselves no player ever reads: not by the
// snapshot, the feed, any address, the replay or a file, before the evaluation or after it. Those who
// run the drill do; the report has it for the director alone.
func TestRemarksNeverReachPlayers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	began := h.clock()
	director, id := h.openDrill(dispatch.DrillOpen{Picture: dispatch.PictureResources})
	realm := dispatch.DrillRealm(id)
	for login, role := range map[string]dispatch.Role{"chief": dispatch.RoleChief, "firedesk": dispatch.RoleDispatcher, "wall": dispatch.RoleObserver, "clinicdesk": dispatch.RoleEvaluator, "desk": dispatch.RoleController} {
		director.done("part.save", dispatch.PartSave{Person: h.people[login], Role: role})
	}
	director.done("part.save", dispatch.PartSave{Person: h.people["leader"], Role: dispatch.RoleLeader, Team: h.teams["xf1"]})
	inject := director.done("inject.save", dispatch.InjectSave{Type: dispatch.InjectInformation, Method: dispatch.InjectSystem, Text: "下风向有学校", Trigger: dispatch.Trigger{Type: dispatch.TriggerManual}})
	director.begin(id)
	in := func(login string) *guest {
		g := h.as(login)
		if a, _ := g.join(id); a.StatusCode != http.StatusOK {
			t.Fatalf("%s joins: %d %s", login, a.StatusCode, a.body)
		}
		return g
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	players := map[string]*guest{}
	watched := map[string]func() []byte{}
	for _, login := range []string{"chief", "firedesk", "wall", "leader"} {
		g := in(login)
		console, _ := g.console(ctx)
		players[login] = g
		watched[login] = func() []byte {
			head, err := h.store.Head(t.Context(), realm)
			if err != nil {
				t.Fatal(err)
			}
			if err := console.Wait(ctx, head); err != nil {
				t.Fatal(err)
			}
			var all []byte
			for _, raw := range console.Picture().Records {
				all = append(all, raw...)
			}
			return all
		}
	}
	controller := in("desk")

	const mark = "记〓"
	h.pass(time.Minute)
	director.done("inject.release", dispatch.InjectMove{Inject: inject})
	director.done("observation.add", dispatch.ObservationAdd{Type: dispatch.ObservationRemark, Text: mark + "一"})
	second := controller.done("observation.add", dispatch.ObservationAdd{Type: dispatch.ObservationRemark, Inject: inject, Text: mark + "二"})
	controller.done("observation.edit", dispatch.ObservationEdit{Observation: second, Text: mark + "三"})
	third := controller.done("observation.add", dispatch.ObservationAdd{Type: dispatch.ObservationRemark, Text: mark + "四"})
	director.done("observation.remove", dispatch.ObservationRemove{Observation: third, Reason: mark + "不要"})
	h.pass(time.Minute)

	ids := map[dispatch.Kind][]string{dispatch.KindObservation: {second, third}, dispatch.KindInject: {inject}}
	var addresses []string
	for _, path := range ways(t, h, ids, began.Add(-time.Hour), began.Add(time.Hour)) {
		addresses = append(addresses, path)
		if strings.HasPrefix(path, "/api/v1/search") {
			addresses = append(addresses, "/api/v1/search?limit=50&text=%E8%AE%B0")
		}
	}
	moment := h.svc.Now(realm).Format(time.RFC3339Nano)
	addresses = append(addresses, "/api/v1/replay/picture?at="+moment, "/api/v1/replay/picture?at="+moment+"&as="+url.QueryEscape(h.bureau+":planner"), "/api/v1/replay/changes?after=0&limit=1000")
	look := func(when string) {
		t.Helper()
		for login, g := range players {
			if body := watched[login](); holds(body, mark) {
				t.Errorf("%s: the feed of %s holds a remark", when, login)
			}
			answered := 0
			for _, path := range addresses {
				a := g.get(path)
				if holds(a.body, mark) {
					t.Errorf("%s: %s reads a remark at %s", when, login, path)
				}
				if a.StatusCode == http.StatusOK {
					answered++
				}
			}
			if answered < 20 {
				t.Errorf("%s: %s was answered %d times", when, login, answered)
			}
		}
	}
	look("while it runs")
	evaluator := in("clinicdesk")
	for who, g := range map[string]*guest{"director": director, "controller": controller, "evaluator": evaluator} {
		if got := len(g.snapshot().of(dispatch.KindObservation)); got != 2 {
			t.Errorf("the %s sees %d remarks", who, got)
		}
		if a := g.get("/api/v1/replay/picture?at=" + moment); a.StatusCode != http.StatusOK || !holds(a.body, mark) {
			t.Errorf("the %s does not replay them: %d", who, a.StatusCode)
		}
	}
	director.done("drill.end", dispatch.DrillMove{Drill: id})
	director.done("drill.evaluate", dispatch.DrillMove{Drill: id})
	look("when all were told")
	files := []string{"/api/v1/drills/report", "/api/v1/drills/report.html?lang=zh", "/api/v1/drills/report.html?lang=en", "/api/v1/drills/report.xlsx?lang=zh", "/api/v1/drills/report.xlsx?lang=en"}
	for _, path := range files {
		for who, g := range map[string]*guest{"director": director, "controller": controller, "evaluator": evaluator} {
			a := g.get(path)
			if a.StatusCode != http.StatusOK || holds(a.body, mark) != (who == "director") {
				t.Errorf("%s for the %s: %d, holds the remarks: %v", path, who, a.StatusCode, holds(a.body, mark))
			}
		}
	}
	// What is printed of the plan holds none for anybody.
	for _, paper := range []string{"plan", "script", "evaluation", "safety", "observers"} {
		if a := director.get("/api/v1/drills/papers/" + paper); a.StatusCode != http.StatusOK || holds(a.body, mark) {
			t.Errorf("the paper %s: %d, holds a remark: %v", paper, a.StatusCode, holds(a.body, mark))
		}
	}
	// Nor does the past as a player saw it.
	for _, as := range []string{h.fire + ":dispatcher", h.bureau + ":chief", h.bureau + ":observer", h.fire + ":leader:" + h.teams["xf1"]} {
		if a := director.get("/api/v1/replay/picture?at=" + moment + "&as=" + url.QueryEscape(as)); a.StatusCode != http.StatusOK || holds(a.body, mark) {
			t.Errorf("the past as %s saw it: %d, holds a remark: %v", as, a.StatusCode, holds(a.body, mark))
		}
	}
}
