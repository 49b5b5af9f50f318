package web_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"liandong/dispatch"
	"liandong/realtime/client"
	"liandong/web"
)

// join takes the guest into the drill, or with "" back.
func (g *guest) join(drill string) (answer, web.SessionBody) {
	g.t.Helper()
	body, err := json.Marshal(map[string]string{"drill": drill})
	if err != nil {
		g.t.Fatal(err)
	}
	a := g.send(http.MethodPut, "/api/v1/session/realm", bytes.NewReader(body), "Content-Type", "application/json")
	var s web.SessionBody
	if a.StatusCode == http.StatusOK {
		if err := json.Unmarshal(a.body, &s); err != nil {
			g.t.Fatal(err)
		}
	}
	return a, s
}

func (g *guest) drills() web.DrillList {
	g.t.Helper()
	var l web.DrillList
	if a := g.get("/api/v1/drills"); a.StatusCode != http.StatusOK || json.Unmarshal(a.body, &l) != nil {
		g.t.Fatalf("drills: %d %s", a.StatusCode, a.body)
	}
	return l
}

// openDrill opens one as the planner, who is in it as its director.
func (h *house) openDrill(in dispatch.DrillOpen) (*guest, string) {
	h.t.Helper()
	g := h.as("planner")
	in.Name, in.Content, in.Form, in.Purpose = "跨区演练", dispatch.DrillComprehensive, dispatch.DrillField, dispatch.DrillTest
	if in.Picture == "" {
		in.Picture = dispatch.PictureWhole
	}
	id := g.done("drill.open", in)
	if a, s := g.join(id); a.StatusCode != http.StatusOK || s.Role != dispatch.RoleDirector {
		h.t.Fatalf("the director joins: %d %s", a.StatusCode, a.body)
	}
	return g, id
}

func (g *guest) begin(id string) {
	g.t.Helper()
	for _, name := range []string{"drill.approve", "drill.check", "drill.ready", "drill.start"} {
		g.done(name, dispatch.DrillMove{Drill: id, Reason: "试演"})
	}
}

// Who is in a drill works in it by the same screens and commands, and is told of real alarms and of
// nothing else that is real. Leaving takes one request.
func TestDrillSessions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	desk := h.as("desk")
	incident := desk.incident()
	director, id := h.openDrill(dispatch.DrillOpen{})
	director.done("part.save", dispatch.PartSave{Person: h.people["firedesk"], Role: dispatch.RoleDispatcher})
	director.done("part.save", dispatch.PartSave{Person: h.people["leader"], Role: dispatch.RoleLeader, Team: h.teams["xf2"]})

	player := h.as("firedesk")
	if l := player.drills(); len(l.Drills) != 0 {
		t.Errorf("a player knows of a drill that is not approved: %+v", l)
	}
	wantProblem(t, first(player.join(id)), http.StatusNotFound, "not_found", "")
	director.begin(id)
	if l := player.drills(); len(l.Drills) != 1 || l.Drills[0].Role != dispatch.RoleDispatcher || l.Drills[0].Drill.Seed != 0 {
		t.Errorf("the player's drills: %+v", l)
	}
	if l := h.as("clinicdesk").drills(); len(l.Drills) != 0 {
		t.Errorf("somebody without a part knows of it: %+v", l)
	}
	wantProblem(t, first(h.as("clinicdesk").join(id)), http.StatusNotFound, "not_found", "")

	_, s := player.join(id)
	if s.Realm != dispatch.DrillRealm(id) || s.Role != dispatch.RoleDispatcher || s.Part == nil {
		t.Fatalf("joined as %+v", s)
	}
	wantProblem(t, player.command("person.save", dispatch.PersonSave{}), http.StatusForbidden, "forbidden", "")
	opened := player.done("incident.open", dispatch.IncidentOpen{Type: "12G03", Title: "演练中的火情", Area: "411002"})
	if got := desk.snapshot(); len(got.of(dispatch.KindIncident)) != 1 || strings.Contains(got["incident/"+incident], "演练") {
		t.Errorf("the real desk sees %v", got.of(dispatch.KindIncident))
	}
	leader := h.as("leader")
	if _, s := leader.join(id); s.Role != dispatch.RoleLeader || s.Part.Team != h.teams["xf2"] {
		t.Errorf("the leader joined as %+v", s)
	}

	// A real alarm reaches the player; the real incident does not.
	watch := client.New(client.Config{Base: h.url, HTTP: player.http, Watch: "alarms", Header: http.Header{"X-CSRF": {player.csrf}}})
	go func() { _ = watch.Run(t.Context()) }() // it ends with the test
	if err := watch.Wait(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	real := h.as("leader")
	real.done("team.distress", dispatch.TeamDistress{Team: h.teams["xf1"], Text: "有人被困"})
	head, err := h.store.Head(t.Context(), dispatch.Live)
	if err != nil {
		t.Fatal(err)
	}
	if err := watch.Wait(t.Context(), head); err != nil {
		t.Fatal(err)
	}
	fresh, err := watch.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range watch.Picture().Diff(fresh) {
		t.Error(d)
	}
	kinds := map[dispatch.Kind]int{}
	for ref := range fresh.Records {
		kinds[ref.Kind]++
	}
	if len(kinds) != 1 || kinds[dispatch.KindAlarm] != 1 {
		t.Errorf("the look at what is real shows %v", kinds)
	}
	if answer, err := watch.Command(t.Context(), h.key(), "note.add", dispatch.NoteAdd{Incident: incident, Text: "x"}); err != nil || answer.Problem == nil {
		t.Errorf("a command over the look: %+v, %v", answer, err)
	}
	if a := player.get("/api/v1/snapshot?watch=everything"); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("another look: %d %s", a.StatusCode, a.body)
	}
	wantProblem(t, desk.get("/api/v1/snapshot?watch=alarms"), http.StatusConflict, "illegal_move", "")

	if _, s := player.join(""); s.Realm != dispatch.Live || s.Role != dispatch.RoleDispatcher || s.Part != nil {
		t.Errorf("left as %+v", s)
	}
	wantProblem(t, player.get("/api/v1/snapshot?watch=alarms"), http.StatusConflict, "illegal_move", "")
	if _, ok := player.snapshot()["incident/"+opened]; ok {
		t.Error("what was practised is seen outside the drill")
	}
}

func first(a answer, _ web.SessionBody) answer { return a }

// A part that is taken away ends what the person can do, at once.
func TestDrillPartTakenAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	director, id := h.openDrill(dispatch.DrillOpen{})
	director.done("part.save", dispatch.PartSave{Person: h.people["firedesk"], Role: dispatch.RoleDispatcher})
	director.begin(id)
	player := h.as("firedesk")
	player.join(id)
	_, ended := player.console(t.Context())
	director.done("part.remove", dispatch.PartMove{Part: h.people["firedesk"]})
	if err := <-ended; err == nil {
		t.Error("the socket goes on")
	}
	if a := player.get("/api/v1/snapshot"); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("the snapshot: %d", a.StatusCode)
	}
}
