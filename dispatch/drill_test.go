package dispatch_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"liandong/dispatch"
)

// stage is a town with a drill in it.
type stage struct {
	*town
	realm    dispatch.Realm
	drill    string
	director dispatch.Actor
	player   dispatch.Actor
}

func (c *town) planner() dispatch.Actor {
	return dispatch.Actor{ID: "策划", Name: "策划", Realm: dispatch.Live, Role: dispatch.RolePlanner, Agency: c.bureau, Jurisdiction: "4110", Home: "411000"}
}

func (c *town) stage(in dispatch.DrillOpen) *stage {
	c.t.Helper()
	if in.Picture == "" {
		in.Picture = dispatch.PictureWhole
	}
	in.Name, in.Content, in.Form, in.Purpose = "液氯泄漏演练", dispatch.DrillComprehensive, dispatch.DrillField, dispatch.DrillTest
	r := c.do(c.planner(), "drill.open", in)
	s := &stage{town: c, realm: r.Change.Realm, drill: r.Change.Realm.Drill()}
	s.director = c.planner()
	s.director.Realm, s.director.Role = s.realm, dispatch.RoleDirector
	s.player = c.desk
	s.player.Realm = s.realm
	return s
}

func (s *stage) move(name, reason string) dispatch.Result {
	s.t.Helper()
	return s.do(s.director, name, dispatch.DrillMove{Drill: s.drill, Reason: reason})
}

// begin takes the drill from its planning to the start.
func (s *stage) begin() {
	s.t.Helper()
	for _, name := range []string{"drill.approve", "drill.check", "drill.ready", "drill.start"} {
		s.move(name, "单人策划")
	}
}

func in[R dispatch.Record](s *stage, k dispatch.Kind, id string) R {
	s.t.Helper()
	rec, err := s.store.Get(s.t.Context(), s.realm, dispatch.Ref{Kind: k, ID: id}, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return rec.(R)
}

// A drill starts from what is real, with the same ids, and from then on nothing of
// either is seen or changed from the other side.
func TestDrillStartsFromWhatIsReal(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	i := c.open("槽车泄漏")
	task := c.assign(c.desk, i.ID, "xf1")
	c.do(c.desk, "note.add", dispatch.NoteAdd{Incident: i.ID, Text: "真实记录"})
	before, err := c.store.Head(t.Context(), dispatch.Live)
	if err != nil {
		t.Fatal(err)
	}
	s := c.stage(dispatch.DrillOpen{Seed: 7})
	d := in[*dispatch.Drill](s, dispatch.KindDrill, s.drill)
	if d.State != dispatch.DrillPlanned || d.Clock.Running || d.Start.Seq != before || d.Start.Realm != dispatch.Live || !d.Begins.Equal(d.Start.At) {
		t.Fatalf("opened %+v", d)
	}
	if got := in[*dispatch.Task](s, dispatch.KindTask, task.ID); got.State != task.State || got.Incident != i.ID || got.Version != task.Version {
		t.Errorf("the task in the drill is %+v", got)
	}

	e := s.refused(s.player, dispatch.IllegalMove, "note.add", dispatch.NoteAdd{Incident: i.ID, Text: "早了"})
	if e.Current == nil {
		t.Error("the refusal does not show the drill")
	}
	s.refused(s.player, dispatch.Forbidden, "drill.start", dispatch.DrillMove{Drill: s.drill})
	s.begin()
	s.do(s.player, "note.add", dispatch.NoteAdd{Incident: i.ID, Text: "演练记录"})
	s.refused(s.player, dispatch.Conflict, "task.assign", dispatch.TaskAssign{Incident: i.ID, Team: c.teams["xf1"]})
	s.do(s.player, "task.release", dispatch.TaskEnd{Task: task.ID, Reason: "演练中解除"})
	s.do(s.player, "task.assign", dispatch.TaskAssign{Incident: i.ID, Team: c.teams["xf1"]})
	if got := get[*dispatch.Task](c, dispatch.KindTask, task.ID); got.State != task.State {
		t.Errorf("the real task became %s", got.State)
	}
	c.advance("xf1", task.ID, "acknowledged")

	after, err := c.store.Changes(t.Context(), dispatch.Live, before, 100)
	if err != nil {
		t.Fatal(err)
	}
	if len(after) != 1 || after[0].Kind != "task.advance" {
		t.Errorf("%d changes in the realm live since the drill was opened", len(after))
	}
	for _, name := range []string{"device.save", "person.save", "link.save"} {
		s.refused(s.director, dispatch.Forbidden, name, struct{}{})
	}
	c.refused(c.planner(), dispatch.Forbidden, "drill.start", dispatch.DrillMove{Drill: s.drill})
	// The live realm has no such drill, whatever the role.
	sys := dispatch.System(dispatch.Live)
	c.refused(sys, dispatch.Forbidden, "drill.pause", dispatch.DrillMove{Drill: s.drill})
}

// Resources at rest: no incident, nobody under way.
func TestDrillFromResourcesAtRest(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	i := c.open("火情")
	c.assign(c.desk, i.ID, "xf1")
	begins := time.Date(2027, 3, 1, 1, 0, 0, 0, time.UTC)
	s := c.stage(dispatch.DrillOpen{Picture: dispatch.PictureResources, Begins: &begins})
	if got := in[*dispatch.Team](s, dispatch.KindTeam, c.teams["xf1"]); got.Status != dispatch.StatusAvailable || got.Task != "" || len(got.Scope.Teams) != 0 {
		t.Errorf("the team is %s on %q", got.Status, got.Task)
	}
	if _, err := c.store.Get(t.Context(), s.realm, dispatch.Ref{Kind: dispatch.KindIncident, ID: i.ID}, nil); dispatch.CodeOf(err) != dispatch.NotFound {
		t.Errorf("the incident is there: %v", err)
	}
	s.begin()
	if at := c.svc.Now(s.realm); !at.Equal(begins) {
		t.Errorf("it begins at %s", at)
	}
	s.refused(s.director, dispatch.Invalid, "drill.rate", dispatch.DrillRate{Drill: s.drill, Rate: 0})
	s.refused(s.director, dispatch.Invalid, "drill.rate", dispatch.DrillRate{Drill: s.drill, Rate: 61})
	s.do(s.director, "drill.rate", dispatch.DrillRate{Drill: s.drill, Rate: 30})
	c.pass(10 * time.Second)
	if at := c.svc.Now(s.realm); !at.Equal(begins.Add(5 * time.Minute)) {
		t.Errorf("after ten seconds at 30 the clock shows %s", at)
	}
	r := s.move("drill.pause", "休息")
	if !r.Change.At.Equal(begins.Add(5*time.Minute)) || !r.Change.Wall.Equal(c.clock()) {
		t.Errorf("paused at %s, on the wall %s", r.Change.At, r.Change.Wall)
	}
	c.pass(time.Hour)
	if at := c.svc.Now(s.realm); !at.Equal(begins.Add(5 * time.Minute)) {
		t.Errorf("a clock that stands shows %s", at)
	}
	s.refused(s.player, dispatch.IllegalMove, "incident.open", dispatch.IncidentOpen{Type: "12G03", Title: "x", Area: "411002"})
	s.refused(s.director, dispatch.Invalid, "drill.jump", dispatch.DrillJump{Drill: s.drill, To: begins})
	s.do(s.director, "drill.jump", dispatch.DrillJump{Drill: s.drill, To: begins.Add(time.Hour)})
	s.move("drill.resume", "")
	c.pass(-2 * time.Hour) // the wall's clock is set back: the drill's is not
	if at := c.svc.Now(s.realm); at.Before(begins.Add(time.Hour)) {
		t.Errorf("the clock went back to %s", at)
	}
	s.move("drill.end", "")
	s.refused(s.director, dispatch.IllegalMove, "drill.resume", dispatch.DrillMove{Drill: s.drill})
	s.refused(s.director, dispatch.IllegalMove, "incident.open", dispatch.IncidentOpen{Type: "12G03", Title: "x", Area: "411002"})
}

// What falls due does so at its moment on the drill's clock, in order, however late
// somebody looks and whatever a player does meanwhile.
func TestDrillDeadlinesFireAtTheirMoment(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	s := c.stage(dispatch.DrillOpen{Picture: dispatch.PictureResources})
	s.begin()
	i := put[*dispatch.Incident](c, s.do(s.player, "incident.open", dispatch.IncidentOpen{Type: "12G03", Title: "火情", Area: "411002"}))
	task := put[*dispatch.Task](c, s.do(s.player, "task.assign", dispatch.TaskAssign{Incident: i.ID, Team: c.teams["xf1"]}))
	ack := *task.AckDue
	s.do(s.director, "drill.rate", dispatch.DrillRate{Drill: s.drill, Rate: 60})
	c.pass(10 * time.Second) // ten minutes: the warning, and its escalation, are long due
	s.do(s.player, "note.add", dispatch.NoteAdd{Incident: i.ID, Text: "还没人应答"})
	all, err := c.store.Changes(t.Context(), s.realm, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var fired []*dispatch.Change
	for k, ch := range all {
		if k > 0 && ch.At.Before(all[k-1].At) {
			t.Errorf("change %d is at %s, before %s", ch.Seq, ch.At, all[k-1].At)
		}
		if ch.Kind == "deadline.fire" {
			fired = append(fired, ch)
		}
	}
	if len(fired) != 2 || !fired[0].At.Equal(ack) || !fired[1].At.Equal(ack.Add(2*time.Minute)) || all[len(all)-1].Kind != "note.add" {
		t.Errorf("fired %d: %v", len(fired), fired)
	}
	if n, err := c.svc.FireDue(t.Context(), s.realm); n != 0 || err != nil {
		t.Errorf("fired %d again, %v", n, err)
	}
	// While the clock stands nothing falls due; what a jump goes over happens, each at
	// its moment.
	other := put[*dispatch.Incident](c, s.do(s.player, "incident.open", dispatch.IncidentOpen{Type: "12G03", Title: "另一起", Area: "411002"}))
	second := put[*dispatch.Task](c, s.do(s.player, "task.assign", dispatch.TaskAssign{Incident: other.ID, Team: c.teams["xf2"]}))
	s.move("drill.pause", "")
	c.pass(time.Hour)
	if n, err := c.svc.FireDue(t.Context(), s.realm); n != 0 || err != nil {
		t.Errorf("fired %d while the clock stands, %v", n, err)
	}
	before := all[len(all)-1].Seq + 2
	s.do(s.director, "drill.jump", dispatch.DrillJump{Drill: s.drill, To: second.AckDue.Add(24 * time.Hour)})
	if all, err = c.store.Changes(t.Context(), s.realm, before, 100); err != nil {
		t.Fatal(err)
	}
	if n := len(all); n != 4 || all[2].Kind != "deadline.fire" || !all[2].At.Equal(*second.AckDue) || !all[3].At.Equal(second.AckDue.Add(2*time.Minute)) {
		t.Errorf("%d changes: %v", n, all)
	}
}

// The same seed and the same decisions make the same journal.
func TestDrillsWithOneSeedAreEqual(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	begins := time.Date(2027, 3, 1, 1, 0, 0, 0, time.UTC)
	play := func(n int) []string {
		s := c.stage(dispatch.DrillOpen{Picture: dispatch.PictureResources, Seed: 99, Begins: &begins})
		s.begin()
		give := func(key, name string, in any) dispatch.Result {
			body, err := json.Marshal(in)
			if err != nil {
				t.Fatal(err)
			}
			r, err := c.svc.Do(t.Context(), s.player, name, key, body)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		i := put[*dispatch.Incident](c, give("decision-1", "incident.open", dispatch.IncidentOpen{Type: "12G03", Title: "火情", Area: "411002"}))
		c.pass(7 * time.Second)
		give("decision-2", "task.assign", dispatch.TaskAssign{Incident: i.ID, Team: c.teams["xf1"]})
		for range n { // looked at more or less often
			c.pass(10 * time.Minute / time.Duration(n))
			if _, err := c.svc.FireDue(t.Context(), s.realm); err != nil {
				t.Fatal(err)
			}
		}
		give("decision-3", "note.add", dispatch.NoteAdd{Incident: i.ID, Text: "记"})
		all, err := c.store.Changes(t.Context(), s.realm, 1, 1000)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, ch := range all {
			for _, p := range ch.Puts {
				if d, ok := p.Record.(*dispatch.Drill); ok {
					d.Clock.Wall, d.Start.At, d.ID = time.Time{}, time.Time{}, ""
				}
			}
			body, err := ch.Payload()
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, ch.At.String()+" "+ch.Kind+" "+string(body))
		}
		return out
	}
	one, two := play(1), play(60)
	for k := range min(len(one), len(two)) {
		if one[k] != two[k] {
			t.Fatalf("change %d differs:\n%s\n%s", k+2, one[k], two[k])
		}
	}
	if len(one) != len(two) || len(one) < 8 {
		t.Errorf("%d and %d changes", len(one), len(two))
	}
}

// Another drill is forked from any moment of one, and its plan taken over as it was
// when it began.
func TestDrillIsForked(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	i := c.open("火情")
	s := c.stage(dispatch.DrillOpen{})
	s.begin()
	c.pass(time.Minute)
	s.do(s.player, "task.assign", dispatch.TaskAssign{Incident: i.ID, Team: c.teams["xf1"]})
	c.pass(time.Minute)
	then, err := c.store.Head(t.Context(), s.realm)
	if err != nil {
		t.Fatal(err)
	}
	moment := c.svc.Now(s.realm)
	c.pass(time.Minute)
	s.do(s.player, "task.assign", dispatch.TaskAssign{Incident: i.ID, Team: c.teams["xf2"]})

	open := func(by dispatch.Actor, in dispatch.DrillOpen) *stage {
		in.Name, in.Content, in.Form, in.Purpose = "另一场", dispatch.DrillSingle, dispatch.DrillTabletop, dispatch.DrillResearch
		r := c.do(by, "drill.open", in)
		f := &stage{town: c, realm: r.Change.Realm, drill: r.Change.Realm.Drill(), director: by, player: s.player}
		f.director.Realm, f.player.Realm = f.realm, f.realm
		return f
	}
	f := open(s.director, dispatch.DrillOpen{Picture: dispatch.PictureWhole, At: &moment})
	d := in[*dispatch.Drill](f, dispatch.KindDrill, f.drill)
	if d.Start.Seq != then || d.Start.Realm != s.realm || d.State != dispatch.DrillPlanned {
		t.Errorf("forked at %+v, want change %d", d.Start, then)
	}
	if !d.Begins.Equal(moment) { // and not at the change before it
		t.Errorf("the fork begins at %s, want %s", d.Begins, moment)
	}
	if team := in[*dispatch.Team](f, dispatch.KindTeam, c.teams["xf2"]); team.Task != "" {
		t.Error("the fork has what was decided after it")
	}
	f.begin()
	f.refused(f.player, dispatch.Conflict, "task.assign", dispatch.TaskAssign{Incident: i.ID, Team: c.teams["xf1"]})
	f.do(f.player, "task.assign", dispatch.TaskAssign{Incident: i.ID, Team: c.teams["xf2"]})

	p := open(s.director, dispatch.DrillOpen{Picture: dispatch.PicturePlan})
	if team := in[*dispatch.Team](p, dispatch.KindTeam, c.teams["xf1"]); team.Task != "" {
		t.Error("the plan has what was played")
	}
	if begins := in[*dispatch.Drill](p, dispatch.KindDrill, p.drill).Begins; !begins.Equal(in[*dispatch.Drill](s, dispatch.KindDrill, s.drill).Begins) {
		t.Errorf("the plan begins at %s", begins)
	}
	// From what was real at a moment.
	past := c.clock().Add(-150 * time.Second)
	l := open(c.planner(), dispatch.DrillOpen{Picture: dispatch.PictureWhole, At: &past})
	if got := in[*dispatch.Incident](l, dispatch.KindIncident, i.ID); got.Title != "火情" {
		t.Errorf("the incident is %+v", got)
	}
	early := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	in := dispatch.DrillOpen{Name: "x", Content: dispatch.DrillSingle, Form: dispatch.DrillField, Purpose: dispatch.DrillTest, Picture: dispatch.PictureWhole, At: &early}
	c.refused(c.planner(), dispatch.Invalid, "drill.open", in)
	late := c.clock().Add(time.Minute)
	in.At = &late
	c.refused(c.planner(), dispatch.Invalid, "drill.open", in)
	in.At, in.Picture = nil, dispatch.PicturePlan
	c.refused(c.planner(), dispatch.Invalid, "drill.open", in)
	in.Picture, in.Seq = dispatch.PictureWhole, 1<<40
	c.refused(c.planner(), dispatch.Invalid, "drill.open", in)
	chief := s.player
	chief.Role = dispatch.RoleChief
	c.refused(chief, dispatch.Forbidden, "drill.open", in)
}

// At sixty times the rate a moment on the wall is a while: what falls due between the
// last look and a command is done before it.
func TestDrillCommandsWaitForWhatFellDue(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	s := c.stage(dispatch.DrillOpen{Picture: dispatch.PictureResources})
	s.begin()
	s.do(s.director, "drill.rate", dispatch.DrillRate{Drill: s.drill, Rate: 60})
	c.runs(time.Millisecond) // whoever asks what time it is finds it later
	for n := range 40 {
		i := put[*dispatch.Incident](c, s.do(s.player, "incident.open", dispatch.IncidentOpen{Type: "12G03", Title: fmt.Sprint("火情", n), Area: "411002"}))
		task := put[*dispatch.Task](c, s.do(s.player, "task.assign", dispatch.TaskAssign{Incident: i.ID, Team: c.teams["xf1"]}))
		c.pass(2*time.Second - time.Duration(n)*time.Millisecond)
		s.do(s.player, "note.add", dispatch.NoteAdd{Incident: i.ID, Text: "记"})
		s.do(s.player, "task.release", dispatch.TaskEnd{Task: task.ID, Reason: "下一个"})
	}
	raised := map[string]time.Time{}
	for _, r := range s.found(dispatch.KindAlarm) {
		if a := r.(*dispatch.Alarm); a.Tier == 2 {
			raised[a.Task] = a.Raised.At
		}
	}
	overdue := 0
	for _, r := range s.found(dispatch.KindTask) {
		task := r.(*dispatch.Task)
		due := task.Stamps[dispatch.TaskAssigned].At.Add(2 * time.Minute)
		if task.Stamps[dispatch.TaskReleased].At.Before(due) {
			continue
		}
		if overdue++; !raised[task.ID].Equal(due) {
			t.Errorf("released at %s, due at %s, raised at %s", task.Stamps[dispatch.TaskReleased].At, due, raised[task.ID])
		}
	}
	if overdue < 3 || overdue == 40 {
		t.Errorf("%d of 40 fell due", overdue)
	}
}

func (s *stage) found(k dispatch.Kind) []dispatch.Record {
	s.t.Helper()
	recs, err := s.store.Find(s.t.Context(), dispatch.Query{Realm: s.realm, Kind: k, Archived: true, Limit: -1})
	if err != nil {
		s.t.Fatal(err)
	}
	return recs
}

func TestDrillParts(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	sys := dispatch.System(dispatch.Live)
	hire := func(name, agency string) string {
		return c.id(c.do(sys, "person.save", dispatch.PersonSave{Agency: agency, Name: name, Login: name, Roles: []dispatch.Role{dispatch.RoleDispatcher}}))
	}
	a, b := hire("zhang", c.bureau), hire("li", c.fire)
	s := c.stage(dispatch.DrillOpen{Picture: dispatch.PictureResources})
	s.do(s.director, "part.save", dispatch.PartSave{Person: a, Role: dispatch.RoleDispatcher})
	s.refused(s.director, dispatch.Invalid, "part.save", dispatch.PartSave{Person: b, Role: dispatch.RoleLeader})
	s.do(s.director, "part.save", dispatch.PartSave{Person: b, Role: dispatch.RoleLeader, Team: c.teams["xf1"]})
	s.refused(s.director, dispatch.Invalid, "part.save", dispatch.PartSave{Person: a, Role: dispatch.RoleLeader, Team: c.teams["xf1"]})
	controller := s.director
	controller.ID, controller.Role = a, dispatch.RoleController
	e := s.refused(controller, dispatch.Invalid, "part.save", dispatch.PartSave{Person: a, Role: dispatch.RoleDirector})
	if e.Field != "role" {
		t.Errorf("the second director is refused by %q", e.Field)
	}
	s.move("drill.approve", "")
	blocked := s.refused(s.director, dispatch.Blocked, "drill.check", dispatch.DrillMove{Drill: s.drill})
	if len(blocked.Blockers) != 3 {
		t.Errorf("%d have not answered", len(blocked.Blockers))
	}
	for _, id := range []string{a, b, s.director.ID} {
		who := dispatch.Actor{ID: id, Name: id, Realm: s.realm, Role: dispatch.RoleDispatcher, Agency: c.bureau}
		s.do(who, "part.confirm", dispatch.PartMove{Part: id})
	}
	s.refused(s.player, dispatch.Forbidden, "part.confirm", dispatch.PartMove{Part: a})
	s.move("drill.check", "")
	s.do(s.director, "part.remove", dispatch.PartMove{Part: b})
	s.do(s.director, "part.save", dispatch.PartSave{Person: b, Role: dispatch.RoleEvaluator})
	s.refused(s.director, dispatch.Blocked, "part.remove", dispatch.PartMove{Part: s.director.ID})
	list, err := c.store.Drills(t.Context(), b)
	if err != nil || len(list) != 1 || list[0].Part == nil || list[0].Part.Role != dispatch.RoleEvaluator {
		t.Errorf("the evaluator's drills: %+v, %v", list, err)
	}
}
