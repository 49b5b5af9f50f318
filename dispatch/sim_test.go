package dispatch_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/geo"
	"liandong/geo/route"
)

// simulated is a stage whose teams are all simulated, begun, with an incident at
// the scene.
func (c *town) simulated(seed int64, begins time.Time) (*stage, string) {
	c.t.Helper()
	s := c.stage(dispatch.DrillOpen{Picture: dispatch.PictureResources, Seed: seed, Begins: &begins})
	s.do(s.director, "sim.save", dispatch.SimSave{Mode: dispatch.SimAuto})
	s.begin()
	s.do(s.director, "drill.rate", dispatch.DrillRate{Drill: s.drill, Rate: 60})
	i := put[*dispatch.Incident](c, s.give("decision-1", "incident.open", dispatch.IncidentOpen{Type: "12G03", Title: "火情", Area: "411002",
		Place: dispatch.Place{Point: &scene, Text: "厂区"}}))
	return s, i.ID
}

// give gives a player's command with a key of its own.
func (s *stage) give(key, name string, in any) dispatch.Result {
	s.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := s.svc.Do(s.t.Context(), s.player, name, key, body)
	if err != nil {
		s.t.Fatalf("%s: %v", name, err)
	}
	return r
}

// journal is the drill's journal from its second change on, without what is the
// wall's.
func (s *stage) journal() []string {
	s.t.Helper()
	all, err := s.store.Changes(s.t.Context(), s.realm, 1, 5000)
	if err != nil {
		s.t.Fatal(err)
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
			s.t.Fatal(err)
		}
		out = append(out, ch.At.String()+" "+ch.Kind+" "+ch.Actor.ID+" "+ch.Command+" "+string(body))
	}
	return out
}

func same(t *testing.T, one, two []string) {
	t.Helper()
	for k := range min(len(one), len(two)) {
		if one[k] != two[k] {
			t.Fatalf("change %d differs:\n%s\n%s", k+2, one[k], two[k])
		}
	}
	if len(one) != len(two) {
		t.Errorf("%d and %d changes", len(one), len(two))
	}
}

// A simulated team does what its leader would: it answers, drives as long as the
// estimate says, reports, answers the check-ins and comes home.
func TestSimulatedTeamDoesItsWork(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	s, i := c.simulated(5, time.Date(2027, 3, 1, 1, 0, 0, 0, time.UTC))
	traits := dispatch.DefaultTraits()
	traits.Work, traits.Tire = dispatch.Spread{Median: 9000, P90: 9000}, 7200
	s.do(s.director, "sim.save", dispatch.SimSave{Mode: dispatch.SimAuto, Traits: &traits})
	task := put[*dispatch.Task](c, s.give("decision-2", "task.assign", dispatch.TaskAssign{Incident: i, Team: c.teams["xf1"]}))
	for range 600 { // ten hours of the drill
		c.pass(time.Second)
		s.look()
	}
	got := in[*dispatch.Task](s, dispatch.KindTask, task.ID)
	if got.State != dispatch.TaskDone {
		t.Fatalf("the task is %s: %+v", got.State, in[*dispatch.Sim](s, dispatch.KindSim, c.teams["xf1"]))
	}
	way := route.Default().Travel(geo.At(113.80, 34.00), scene, route.Urgent).Duration
	if took := got.Stamps[dispatch.TaskOnScene].At.Sub(got.Stamps[dispatch.TaskEnRoute].At); took != way {
		t.Errorf("it was on its way for %s, the estimate is %s", took, way)
	}
	if by := got.Stamps[dispatch.TaskOnScene]; by.By != "xf1（模拟）" || by.Via != "" {
		t.Errorf("on scene by %+v", by)
	}
	sim := in[*dispatch.Sim](s, dispatch.KindSim, c.teams["xf1"])
	if sim.Task != "" || sim.Due != nil || sim.Worked != 0 || sim.Reason != "" {
		t.Errorf("at the end it is %+v", sim)
	}
	if p, _, ok := sim.Where(s.svc.Now(s.realm)); !ok || p != geo.At(113.80, 34.00) {
		t.Errorf("it stands at %v", p)
	}
	alarms, err := c.store.Find(t.Context(), dispatch.Query{Realm: s.realm, Kind: dispatch.KindAlarm, Archived: true, Limit: -1})
	if err != nil || len(alarms) > 0 {
		t.Errorf("%d alarms, %v", len(alarms), err)
	}
	count := map[string]int{}
	for _, line := range s.journal() {
		count[strings.Fields(line)[4]]++
	}
	// Its first word and its wish to be relieved; a check-in each twenty minutes; a rest.
	if count["task.advance"] != 5 || count["note.add"] != 2 || count["task.checkin"] != 7 || count["team.duty"] != 2 || count["deadline.fire"] > 0 {
		t.Errorf("commands: %v", count)
	}
	// Where it was half way is between the ends.
	leg := dispatch.Sim{Leg: &dispatch.Leg{From: geo.At(113, 34), To: geo.At(114, 35), Departed: c.clock(), Arrives: c.clock().Add(time.Hour)}}
	if p, v, _ := leg.Where(c.clock().Add(30 * time.Minute)); p != geo.At(113.5, 34.5) || v < 30 || v > 50 {
		t.Errorf("half way it is at %v with %.1f m/s", p, v)
	}
}

// The same seed and the same decisions make the same journal, however often and
// from how many servers somebody looks; another seed makes another one.
func TestSimulationIsOne(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	for k := range 6 {
		c.team(fmt.Sprint("m", k), c.fire, "411002", "fire")
	}
	begins := time.Date(2027, 3, 1, 1, 0, 0, 0, time.UTC)
	traits := dispatch.DefaultTraits()
	traits.Refuse, traits.Break, traits.Tire = 20, 20, 1800
	other := dispatch.NewService(c.store, dispatch.Config{Now: c.clock, NewID: func() string { return "never" }, Router: route.Default(), Settings: dispatch.DefaultSettings()})
	play := func(seed int64, looks int, both bool) []string {
		s, i := c.simulated(seed, begins)
		s.do(s.director, "sim.save", dispatch.SimSave{Mode: dispatch.SimAuto, Traits: &traits})
		s.give("decision-2", "fence.draw", dispatch.FenceDraw{Type: dispatch.FenceRing, Incident: i, Radius: 500, Warn: []dispatch.FenceWarn{dispatch.WarnEnter}})
		for k := range 6 {
			c.pass(7 * time.Second)
			s.give(fmt.Sprint("decision-x", k), "task.assign", dispatch.TaskAssign{Incident: i, Team: c.teams[fmt.Sprint("m", k)]})
		}
		for range looks {
			c.pass(4 * time.Minute / time.Duration(looks)) // four hours
			var wg sync.WaitGroup
			if both {
				wg.Go(func() { _, _ = other.FireDue(t.Context(), s.realm) })
			}
			s.look()
			wg.Wait()
		}
		s.give("decision-3", "note.add", dispatch.NoteAdd{Incident: i, Text: "记"})
		return s.journal()
	}
	one := play(99, 1, false)
	same(t, keyless(one), keyless(play(99, 120, true)))
	if len(one) < 40 || !strings.Contains(strings.Join(one, ""), " fence.cross ") {
		t.Errorf("only %d changes", len(one))
	}
	if two := play(98, 1, false); strings.Join(keyless(one), "\n") == strings.Join(keyless(two), "\n") {
		t.Error("another seed made the same journal")
	}
}

// keyless leaves out the director's keys, which the test makes up.
func keyless(journal []string) []string {
	out := make([]string, len(journal))
	for i, line := range journal {
		f := strings.Fields(line)
		if strings.HasPrefix(f[6], "key-") {
			line = strings.Replace(line, " "+f[6]+" ", " ", 1)
		}
		out[i] = line
	}
	return out
}

// Many runs of one scenario do not mix: each is as it would be alone.
func TestParallelRunsDoNotMix(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	begins := time.Date(2027, 3, 1, 1, 0, 0, 0, time.UTC)
	plan := c.stage(dispatch.DrillOpen{Picture: dispatch.PictureResources, Seed: 3, Begins: &begins})
	plan.do(plan.director, "sim.save", dispatch.SimSave{Mode: dispatch.SimAuto})
	var runs []*stage
	for n := range 5 {
		r := c.do(plan.director, "drill.open", dispatch.DrillOpen{Name: fmt.Sprint("第", n, "场"), Content: dispatch.DrillSingle, Form: dispatch.DrillTabletop,
			Purpose: dispatch.DrillResearch, Picture: dispatch.PicturePlan, Seed: 11})
		s := &stage{town: c, realm: r.Change.Realm, drill: r.Change.Realm.Drill(), director: plan.director, player: plan.player}
		s.director.Realm, s.player.Realm = s.realm, s.realm
		runs = append(runs, s)
	}
	for _, s := range runs { // each begins a second after the other
		c.pass(time.Second)
		s.begin()
		s.do(s.director, "drill.rate", dispatch.DrillRate{Drill: s.drill, Rate: 60})
	}
	open := map[dispatch.Realm]string{}
	for n, s := range runs {
		i := put[*dispatch.Incident](c, s.give("decision-1", "incident.open", dispatch.IncidentOpen{Type: "12G03", Title: fmt.Sprint("事件", n), Area: "411002", Place: dispatch.Place{Point: &scene}}))
		s.give("decision-2", "task.assign", dispatch.TaskAssign{Incident: i.ID, Team: c.teams["xf1"]})
		open[s.realm] = i.ID
	}
	var wg sync.WaitGroup
	for range 30 {
		c.pass(10 * time.Second)
		for _, s := range runs {
			wg.Go(s.look)
		}
		wg.Wait()
	}
	for n, s := range runs {
		i := in[*dispatch.Incident](s, dispatch.KindIncident, open[s.realm])
		if i.Title != fmt.Sprint("事件", n) {
			t.Errorf("run %d has %s", n, i.Title)
		}
		for m, other := range runs {
			for _, line := range other.journal() {
				if m != n && strings.Contains(line, fmt.Sprint("事件", n)) {
					t.Fatalf("run %d holds what is of run %d: %s", m, n, line)
				}
			}
		}
		tasks, err := c.store.Find(t.Context(), dispatch.Query{Realm: s.realm, Kind: dispatch.KindTask, Archived: true, Limit: -1})
		if err != nil || len(tasks) != 1 || tasks[0].(*dispatch.Task).State != dispatch.TaskDone {
			t.Errorf("run %d has %d tasks, %v", n, len(tasks), err)
		}
	}
}

// A controller takes a team by hand and gives it back; while the clock stands
// nothing moves.
func TestSimulatedTeamByHand(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	s, i := c.simulated(5, time.Date(2027, 3, 1, 1, 0, 0, 0, time.UTC))
	xf1 := c.teams["xf1"]
	sim := func() *dispatch.Sim { t.Helper(); return in[*dispatch.Sim](s, dispatch.KindSim, xf1) }
	act := func(a dispatch.SimDeed, text string) {
		t.Helper()
		s.do(s.director, "sim.act", dispatch.SimAct{Sim: xf1, Act: a, Text: text})
	}
	s.refused(s.player, dispatch.Forbidden, "sim.take", dispatch.SimMove{Sim: xf1})
	s.refused(s.director, dispatch.IllegalMove, "sim.act", dispatch.SimAct{Sim: xf1, Act: dispatch.SimDoAdvance})
	s.refused(s.director, dispatch.Invalid, "sim.save", dispatch.SimSave{Mode: "sometimes"})
	s.refused(s.director, dispatch.Invalid, "sim.save", dispatch.SimSave{Mode: dispatch.SimAuto, Teams: []string{"nobody"}})
	bad := dispatch.DefaultTraits()
	bad.Work.P90 = 3
	if e := s.refused(s.director, dispatch.Invalid, "sim.save", dispatch.SimSave{Mode: dispatch.SimAuto, Traits: &bad}); e.Field != "traits.work.p90" {
		t.Errorf("refused by %q", e.Field)
	}
	if _, err := c.svc.Get(t.Context(), s.player, dispatch.Ref{Kind: dispatch.KindSim, ID: xf1}); dispatch.CodeOf(err) != dispatch.NotFound {
		t.Errorf("a player sees how a team is simulated: %v", err)
	}
	s.do(s.director, "sim.take", dispatch.SimMove{Sim: xf1})
	task := put[*dispatch.Task](c, s.give("decision-2", "task.assign", dispatch.TaskAssign{Incident: i, Team: xf1}))
	c.pass(time.Minute)
	s.look()
	state := func() dispatch.TaskState { t.Helper(); return in[*dispatch.Task](s, dispatch.KindTask, task.ID).State }
	if got := state(); got != dispatch.TaskAssigned {
		t.Fatalf("by hand it went to %s by itself", got)
	}
	s.refused(s.director, dispatch.IllegalMove, "sim.take", dispatch.SimMove{Sim: xf1})
	act(dispatch.SimDoAdvance, "")
	act(dispatch.SimDoAdvance, "")
	if got := state(); got != dispatch.TaskEnRoute {
		t.Fatalf("it is %s", got)
	}
	c.pass(5 * time.Second) // five minutes on the way
	act(dispatch.SimDoStop, "")
	stands, _, _ := sim().Where(s.svc.Now(s.realm))
	if d := geo.Distance(stands, geo.At(113.80, 34.00)); d < 500 {
		t.Errorf("it stopped %.0f m from its base", d)
	}
	act(dispatch.SimDoReport, "道路中断，绕行")
	act(dispatch.SimDoDistress, "车辆陷入沟渠")
	if d := in[*dispatch.Team](s, dispatch.KindTeam, xf1).Distress; d == nil || d.Place == nil || *d.Place.Point != stands || d.By != "xf1（模拟）" {
		t.Errorf("distress: %+v", d)
	}
	s.do(s.player, "team.relieve", dispatch.TeamRelieve{Team: xf1, Reason: "已脱困"})
	s.move("drill.pause", "休息")
	s.refused(s.director, dispatch.IllegalMove, "sim.act", dispatch.SimAct{Sim: xf1, Act: dispatch.SimDoAdvance})
	s.do(s.director, "sim.give", dispatch.SimMove{Sim: xf1})
	c.pass(time.Hour)
	s.look()
	if p, _, _ := sim().Where(s.svc.Now(s.realm)); p != stands || state() != dispatch.TaskEnRoute {
		t.Errorf("while the clock stands it went to %v, %s", p, state())
	}
	s.move("drill.resume", "")
	for range 60 {
		c.pass(10 * time.Second)
		s.look()
	}
	if got := state(); got != dispatch.TaskDone {
		t.Errorf("given back it is %s: %+v", got, sim())
	}
}

// Whom a person leads is not simulated, and a team without a desk of its agency
// agrees by itself to where it is proposed.
func TestSimulatedAgency(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	person := c.id(c.do(dispatch.System(dispatch.Live), "person.save", dispatch.PersonSave{Agency: c.fire, Name: "li", Login: "li", Roles: []dispatch.Role{dispatch.RoleLeader}}))
	s, i := c.simulated(8, time.Date(2027, 3, 1, 1, 0, 0, 0, time.UTC))
	s.do(s.director, "part.save", dispatch.PartSave{Person: person, Role: dispatch.RoleLeader, Team: c.teams["xf1"]})
	if m := in[*dispatch.Sim](s, dispatch.KindSim, c.teams["xf1"]).Mode; m != dispatch.SimOff {
		t.Errorf("a led team is %s", m)
	}
	s.refused(s.director, dispatch.Invalid, "sim.save", dispatch.SimSave{Mode: dispatch.SimAuto, Teams: []string{c.teams["xf1"]}})
	player := s.player
	player.Jurisdiction, player.Agency = "", c.bureau // runs the incident, and no more
	r := s.do(player, "task.assign", dispatch.TaskAssign{Incident: i, Team: c.teams["xf2"]})
	task := put[*dispatch.Task](c, r)
	if task.State != dispatch.TaskProposed {
		t.Fatalf("the task is %s", task.State)
	}
	c.pass(30 * time.Second)
	s.look()
	if got := in[*dispatch.Task](s, dispatch.KindTask, task.ID); got.State == dispatch.TaskProposed || got.Stamps[dispatch.TaskAssigned].By != "模拟席" {
		t.Errorf("the task is %s by %q", got.State, got.Stamps[dispatch.TaskAssigned].By)
	}
}

// A jump over an inject, while the clock stands, has its action done at its moment.
func TestJumpGoesOverAnAction(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	s := rest(c)
	input, err := json.Marshal(dispatch.ReportTake{Channel: "hotline", Text: "闻到异味"})
	if err != nil {
		t.Fatal(err)
	}
	s.save(dispatch.InjectSave{Number: "001", Type: dispatch.InjectActing, Method: dispatch.InjectSystem, Text: "来电",
		Trigger: dispatch.Trigger{Type: dispatch.TriggerTimed, Offset: 600}, Action: &dispatch.InjectAction{Command: "report.take", Agency: c.fire, Input: input}})
	s.begin()
	s.move("drill.pause", "")
	s.do(s.director, "drill.jump", dispatch.DrillJump{Drill: s.drill, To: s.svc.Now(s.realm).Add(time.Hour)})
	reports, err := c.store.Find(t.Context(), dispatch.Query{Realm: s.realm, Kind: dispatch.KindReport, Limit: -1})
	if err != nil || len(reports) != 1 || !dispatch.HeadOf(reports[0]).Created.Equal(in[*dispatch.Drill](s, dispatch.KindDrill, s.drill).Begins.Add(10*time.Minute)) {
		t.Errorf("%d reports, %v: %+v", len(reports), err, reports)
	}
}
