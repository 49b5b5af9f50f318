package dispatch_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/geo"
)

var (
	base  = geo.At(113.80, 34.00) // of all teams of the town
	drawn = time.Date(2027, 3, 1, 1, 0, 0, 0, time.UTC)
)

// driven is a stage whose simulated teams answer after ten seconds, turn out after
// thirty more and work for twenty minutes, always.
func (c *town) driven() (*stage, string) {
	c.t.Helper()
	s, i := c.simulated(5, drawn)
	always := func(n int) dispatch.Spread { return dispatch.Spread{Median: n, P90: n} }
	s.do(s.director, "sim.save", dispatch.SimSave{Mode: dispatch.SimAuto, Traits: &dispatch.SimTraits{Acknowledge: always(10), Turnout: always(30),
		Travel: always(300), Report: always(60), Work: always(1200), Rest: always(600), Speed: 100}})
	return s, i
}

// run lets so much of the drill's time pass, and looks once.
func (s *stage) run(d time.Duration) {
	s.t.Helper()
	s.pass(d / 60)
	s.look()
}

// fence draws one in the drill, by the coordinating desk.
func (s *stage) fence(in dispatch.FenceDraw) *dispatch.Fence {
	s.t.Helper()
	if in.Type == "" {
		in.Type = dispatch.FenceRing
	}
	in.Warn = append(in.Warn, dispatch.WarnEnter, dispatch.WarnExit)
	return put[*dispatch.Fence](s.town, s.do(s.player, "fence.draw", in))
}

// stays are those of the team in the fence, the first first.
func (s *stage) stays(f *dispatch.Fence, call string) (out []*dispatch.Stay) {
	s.t.Helper()
	for _, r := range s.found(dispatch.KindStay) {
		if x := r.(*dispatch.Stay); x.Fence == f.ID && x.Team == s.teams[call] {
			out = append(out, x)
		}
	}
	slices.SortFunc(out, func(a, b *dispatch.Stay) int { return a.Entered.When().Compare(b.Entered.When()) })
	return out
}

// one is the team's only stay in the fence, which is in the state.
func (s *stage) one(f *dispatch.Fence, call string, state dispatch.StayState) *dispatch.Stay {
	s.t.Helper()
	got := s.stays(f, call)
	if len(got) != 1 || got[0].State != state {
		s.t.Fatalf("%d stays of %s in %s: %+v", len(got), call, f.Name, got)
	}
	return got[0]
}

// alarms are the texts of all alarms of fences that were raised in the drill.
func (s *stage) alarms() (out []string) {
	s.t.Helper()
	for _, r := range s.found(dispatch.KindAlarm) {
		if a := r.(*dispatch.Alarm); a.Type == dispatch.AlarmFence {
			out = append(out, a.Text)
		}
	}
	slices.Sort(out)
	return out
}

func (s *stage) sim(call string) *dispatch.Sim {
	s.t.Helper()
	return in[*dispatch.Sim](s, dispatch.KindSim, s.teams[call])
}

func (s *stage) send(incident, call string) *dispatch.Task {
	s.t.Helper()
	return put[*dispatch.Task](s.town, s.do(s.player, "task.assign", dispatch.TaskAssign{Incident: incident, Team: s.teams[call]}))
}

// turns are the seconds of the leg at which the team is on another side than in the
// second before, found by looking at each.
func turns(leg *dispatch.Leg, covers func(geo.Point) bool) (out []time.Time) {
	m := dispatch.Sim{Leg: leg}
	p, _, _ := m.Where(leg.Departed)
	was := covers(p)
	for at := leg.Departed; !at.After(leg.Arrives); at = at.Add(time.Second) {
		if p, _, _ = m.Where(at); covers(p) != was {
			out, was = append(out, at), !was
		}
	}
	return out
}

// A simulated team drives into a hot zone, stays too long and drives home: each is
// booked at its own second of the drill's clock, once.
func TestSimulatedTeamCrossesAFence(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	s, i := c.driven()
	f := s.fence(dispatch.FenceDraw{Purpose: dispatch.FenceHot, Incident: i, Radius: 500, Warn: []dispatch.FenceWarn{dispatch.WarnDwell}, Dwell: 600})
	beyond := geo.Toward(scene, geo.Bearing(base, scene), 1000)
	end := s.fence(dispatch.FenceDraw{Center: &beyond, Radius: 1002, Name: "近旁"}) // two metres before it arrives
	task := s.send(i, "xf1")
	s.run(time.Minute)
	out := s.sim("xf1").Leg
	if out == nil || s.sim("xf1").Cross == nil {
		t.Fatalf("it is on no way: %+v", s.sim("xf1"))
	}
	s.run(out.Arrives.Sub(out.Departed) + 15*time.Minute)
	stay := s.one(f, "xf1", dispatch.StayInside)
	within := func(p geo.Point) bool { return geo.Distance(p, scene) <= 500 }
	if want := turns(out, within); len(want) != 1 || !stay.Entered.At.Equal(want[0]) || !stay.Entered.When().Equal(want[0]) || stay.Found || stay.Entered.By != "" {
		t.Errorf("entered %+v, want at %v", stay.Entered, want)
	}
	// What would be at the moment of a step comes after it.
	if got := s.one(end, "xf1", dispatch.StayInside).Entered.At; !got.Equal(out.Arrives.Add(time.Microsecond)) || !in[*dispatch.Task](s, dispatch.KindTask, task.ID).Stamps[dispatch.TaskOnScene].At.Equal(out.Arrives) {
		t.Errorf("on scene at %s, across the line at %s", out.Arrives, got)
	}
	s.do(s.player, "fence.end", dispatch.FenceEnd{Fence: end.ID, Reason: "撤除"})
	if d := geo.Distance(stay.Point, scene); d > 500 || d < 470 {
		t.Errorf("it was first seen inside %.0f m from the middle", d)
	}
	if stay.Dwelt == nil || !stay.Dwelt.At.Equal(stay.Entered.At.Add(10*time.Minute)) {
		t.Errorf("it stayed too long at %+v", stay.Dwelt)
	}
	s.run(8 * time.Minute)
	home := s.sim("xf1").Leg
	if got := in[*dispatch.Task](s, dispatch.KindTask, task.ID).State; got != dispatch.TaskReturning || home == nil || home.To != base {
		t.Fatalf("it is %s on the way %+v", got, home)
	}
	s.run(time.Hour)
	if want, left := turns(home, within), s.one(f, "xf1", dispatch.StayLeft).Left; len(want) != 1 || !left.At.Equal(want[0]) {
		t.Errorf("left %+v, want at %v", left, want)
	}
	if got, want := s.alarms(), []string{"队xf1 在 热区 厂区 停留超过 10 分钟", "队xf1 离开 热区 厂区", "队xf1 进入 热区 厂区", "队xf1 进入 近旁"}; !slices.Equal(got, want) {
		t.Errorf("alarms %q, want %q", got, want)
	}
	booked := 0
	for _, line := range s.journal() {
		if strings.Contains(line, " fence.cross system ") {
			booked++
		}
	}
	if m := s.sim("xf1"); booked != 3 || m.Cross != nil || m.Reason != "" {
		t.Errorf("%d crossings; at the end it is %+v", booked, m)
	}
}

// Who is inside when a line is drawn or moved is found there; a line that moves away
// or ends leaves nobody inside, and of none of this anybody is warned.
func TestSimulatedTeamIsFoundInside(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	s, i := c.driven()
	s.move("drill.pause", "画线")
	f := put[*dispatch.Fence](c, s.do(s.director, "fence.draw", dispatch.FenceDraw{Type: dispatch.FenceRing, Center: &base, Radius: 300, Name: "驻地",
		Warn: []dispatch.FenceWarn{dispatch.WarnEnter, dispatch.WarnExit}}))
	s.look()
	if got := len(s.found(dispatch.KindStay)); got != 0 {
		t.Errorf("while the clock stands %d are found", got)
	}
	s.move("drill.resume", "")
	s.run(time.Second)
	for _, call := range []string{"xf1", "xf2", "jj1"} {
		if stay := s.one(f, call, dispatch.StayInside); !stay.Found || !stay.Entered.When().Equal(f.Drawn) {
			t.Errorf("%s: %+v was not found when it was drawn", call, stay)
		}
	}
	s.run(time.Minute)
	away := geo.Toward(base, 90, 5000)
	moved := put[*dispatch.Fence](c, s.do(s.player, "fence.edit", dispatch.FenceEdit{Fence: f.ID, Center: &away}))
	s.run(time.Second)
	if stay := s.one(f, "xf1", dispatch.StayLeft); stay.Reason != "围栏移动" || !stay.Left.When().Equal(moved.Drawn) {
		t.Errorf("stay %+v went on without its fence", stay)
	}
	s.run(time.Minute)
	s.do(s.player, "fence.edit", dispatch.FenceEdit{Fence: f.ID, Center: &base})
	s.run(time.Minute)
	radius := 400
	s.do(s.player, "fence.edit", dispatch.FenceEdit{Fence: f.ID, Radius: &radius})
	s.run(time.Minute)
	if stays := s.stays(f, "xf1"); len(stays) != 2 || !stays[1].Found || stays[1].State != dispatch.StayInside {
		t.Errorf("after it was moved back: %+v", stays)
	}
	s.do(s.player, "fence.end", dispatch.FenceEnd{Fence: f.ID, Reason: "撤除"})
	s.run(time.Minute)
	if stays := s.stays(f, "xf2"); len(stays) != 2 || stays[1].State != dispatch.StayLeft || stays[1].Reason != "撤除" {
		t.Errorf("after it ended: %+v", stays)
	}
	if m := s.sim("xf1"); m.Cross != nil {
		t.Errorf("without a fence it crosses one at %s", m.Cross)
	}
	// On its way, too.
	s.send(i, "xf1")
	s.run(3 * time.Minute)
	at, _, _ := s.sim("xf1").Where(s.svc.Now(s.realm))
	here := s.fence(dispatch.FenceDraw{Center: &at, Radius: 200, Name: "途中"})
	leg := s.sim("xf1").Leg
	s.run(time.Hour)
	stays := s.stays(here, "xf1") // and once on the way home
	want := turns(leg, func(p geo.Point) bool { return geo.Distance(p, at) <= 200 })
	if len(stays) != 2 || !stays[0].Found || stays[1].Found || len(want) != 2 || !stays[0].Left.At.Equal(want[1]) {
		t.Errorf("drawn around it: %+v, want out at %v", stays, want)
	}
	if got, want := s.alarms(), []string{"队xf1 离开 途中", "队xf1 离开 途中", "队xf1 进入 途中"}; !slices.Equal(got, want) {
		t.Errorf("alarms %q, want %q", got, want)
	}
}

// Drawn while the drill is planned, a fence finds the teams when the clock begins to
// run; one that has its time ends by it, and one of an incident with the incident.
func TestFencesOfADrillEnd(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	s := rest(c)
	s.do(s.director, "sim.save", dispatch.SimSave{Mode: dispatch.SimAuto})
	until := drawn.Add(10 * time.Minute)
	f := put[*dispatch.Fence](c, s.do(s.director, "fence.draw", dispatch.FenceDraw{Type: dispatch.FenceRing, Center: &base, Radius: 300, Until: &until}))
	c.pass(time.Hour)
	s.look()
	s.begin()
	s.do(s.director, "drill.rate", dispatch.DrillRate{Drill: s.drill, Rate: 60})
	i := put[*dispatch.Incident](c, s.do(s.player, "incident.open", dispatch.IncidentOpen{Type: "12G03", Title: "泄漏", Verified: true, Area: "411002", Place: dispatch.Place{Point: &base}}))
	hot := s.fence(dispatch.FenceDraw{Incident: i.ID, Radius: 100})
	s.run(5 * time.Minute)
	if stay := s.one(f, "xf1", dispatch.StayInside); !stay.Found {
		t.Errorf("stay %+v", stay)
	}
	s.one(hot, "xf1", dispatch.StayInside)
	s.do(s.player, "incident.close", dispatch.IncidentMove{Incident: i.ID, Outcome: "处置完毕"})
	if stay := s.one(hot, "xf1", dispatch.StayLeft); stay.Reason != "事件结束" {
		t.Errorf("stay %+v", stay)
	}
	s.run(10 * time.Minute)
	if stay := s.one(f, "xf1", dispatch.StayLeft); stay.Reason != "到期" || !stay.Left.At.Equal(until) {
		t.Errorf("stay %+v", stay)
	}
	if got := s.alarms(); len(got) > 0 {
		t.Errorf("alarms %q", got)
	}
}

// What stops a team or sends it elsewhere decides what it crosses.
func TestSimulatedTeamStopsAndTurns(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	s, i := c.driven()
	half := geo.Between(base, scene, 0.5)
	f := s.fence(dispatch.FenceDraw{Center: &half, Radius: 1000, Name: "途中"})
	hot := s.fence(dispatch.FenceDraw{Incident: i, Radius: 500, Name: "热区"})
	// Released before it comes there, it turns round.
	task := s.send(i, "xf1")
	s.run(2 * time.Minute)
	s.do(s.player, "task.release", dispatch.TaskEnd{Task: task.ID, Reason: "误派"})
	s.run(time.Hour)
	if got := s.found(dispatch.KindStay); len(got) > 0 {
		t.Fatalf("it went somewhere: %+v", got)
	}
	// Stopped inside by hand it stays there until it goes on, by hand.
	act := func(call string, a dispatch.SimDeed) {
		t.Helper()
		s.do(s.director, "sim.act", dispatch.SimAct{Sim: c.teams[call], Act: a})
	}
	s.send(i, "xf1")
	s.run(time.Minute)
	leg := s.sim("xf1").Leg
	s.run(leg.Arrives.Sub(leg.Departed) / 2)
	s.do(s.director, "sim.take", dispatch.SimMove{Sim: c.teams["xf1"]})
	act("xf1", dispatch.SimDoStop)
	s.run(time.Hour)
	s.one(f, "xf1", dispatch.StayInside)
	act("xf1", dispatch.SimDoGo)
	if m := s.sim("xf1"); m.Mode != dispatch.SimHand || m.Due != nil || m.Cross == nil {
		t.Fatalf("by hand it is %+v", m)
	}
	leg = s.sim("xf1").Leg
	s.run(time.Hour)
	out := turns(leg, func(p geo.Point) bool { return geo.Distance(p, half) <= 1000 })
	if stay := s.one(f, "xf1", dispatch.StayLeft); len(out) != 1 || !stay.Left.At.Equal(out[0]) {
		t.Errorf("stay %+v, want out at %v", stay, out)
	}
	s.one(hot, "xf1", dispatch.StayInside)
	// One that a controller puts at the scene is inside at once.
	s.do(s.director, "sim.take", dispatch.SimMove{Sim: c.teams["xf2"]})
	s.send(i, "xf2")
	for range 3 { // it answers, turns out, arrives
		act("xf2", dispatch.SimDoAdvance)
	}
	s.run(time.Second)
	if stay := s.one(hot, "xf2", dispatch.StayInside); stay.Found {
		t.Errorf("it was brought there: %+v", stay)
	}
	if got := s.stays(f, "xf2"); len(got) > 0 {
		t.Errorf("it never drove there: %+v", got)
	}
	// Broken down inside, it stays.
	s.send(i, "jj1")
	s.run(time.Minute)
	leg = s.sim("jj1").Leg
	s.run(leg.Arrives.Sub(leg.Departed) / 2)
	s.do(s.director, "sim.take", dispatch.SimMove{Sim: c.teams["jj1"]})
	act("jj1", dispatch.SimDoBreak)
	s.run(5 * time.Hour)
	s.one(f, "jj1", dispatch.StayInside)
}

// A drill that goes on from a moment of another goes on with who is inside and who will
// be.
func TestCrossingsOfAForkedDrill(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	s, i := c.driven()
	camp := s.fence(dispatch.FenceDraw{Center: &base, Radius: 300, Name: "驻地"})
	hot := s.fence(dispatch.FenceDraw{Incident: i, Radius: 500, Name: "热区"})
	s.send(i, "xf1")
	s.run(4 * time.Minute)
	s.one(camp, "xf1", dispatch.StayLeft)
	r := c.do(s.director, "drill.open", dispatch.DrillOpen{Name: "另一场", Content: dispatch.DrillSingle, Form: dispatch.DrillTabletop, Purpose: dispatch.DrillResearch, Picture: dispatch.PictureWhole})
	fork := &stage{town: c, realm: r.Change.Realm, drill: r.Change.Realm.Drill(), director: s.director, player: s.player}
	fork.director.Realm, fork.player.Realm = fork.realm, fork.realm
	fork.begin()
	s.run(time.Hour)
	c.pass(time.Hour)
	fork.look()
	one, two := s.stays(hot, "xf1"), fork.stays(hot, "xf1")
	if len(one) != 1 || len(two) != 1 || !one[0].Entered.At.Equal(two[0].Entered.At) || !one[0].Left.At.Equal(two[0].Left.At) {
		t.Errorf("stays %+v, in the fork %+v", one, two)
	}
	fork.one(camp, "xf2", dispatch.StayInside)
}

// A fence sees the teams that its agency sees, from when it sees them; two fences at
// once, and one along a division, each for itself.
func TestWhomAFenceOfADrillSees(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	sys := dispatch.System(dispatch.Live)
	box := geo.Bound{113.82, 33.9, 113.9, 34.1}
	county := &dispatch.Area{Head: dispatch.Head{ID: "411003"}, Code: "411003", Level: dispatch.LevelCounty, Name: "建安区"}
	if bad, err := c.svc.Import(t.Context(), sys, dispatch.KindArea, "areas-0001", []dispatch.Imported{{Row: 2, Record: county, Shape: box.Box()}}, false); err != nil || len(bad) > 0 {
		t.Fatalf("import: %v, %v", bad, err)
	}
	s, i := c.driven()
	fire := c.fireDesk
	fire.Realm = s.realm
	own := put[*dispatch.Fence](c, s.do(fire, "fence.draw", dispatch.FenceDraw{Type: dispatch.FenceRing, Center: &base, Radius: 300, Name: "消防"}))
	if s.sim("xf1").Cross == nil || s.sim("jj1").Cross != nil {
		t.Errorf("the fire service's team is looked at at %v, the ambulance at %v", s.sim("xf1").Cross, s.sim("jj1").Cross)
	}
	first, second := s.fence(dispatch.FenceDraw{Incident: i, Radius: 700, Name: "甲"}), s.fence(dispatch.FenceDraw{Center: &scene, Radius: 700, Name: "乙"})
	along := s.fence(dispatch.FenceDraw{Type: dispatch.FenceDivision, Division: "411003"})
	s.run(time.Minute)
	s.one(own, "xf1", dispatch.StayInside)
	if got := s.stays(own, "jj1"); len(got) > 0 {
		t.Fatalf("the fire service learns of the ambulance: %+v", got)
	}
	// It comes to help the fire service, which sees it from then on; it was not found.
	other := put[*dispatch.Incident](c, s.do(fire, "incident.open", dispatch.IncidentOpen{Type: "12G03", Title: "伤员", Verified: true, Area: "411002", Place: dispatch.Place{Point: &base}}))
	s.do(s.director, "task.assign", dispatch.TaskAssign{Incident: other.ID, Team: c.teams["jj1"]})
	s.run(5 * time.Second)
	if stay := s.one(own, "jj1", dispatch.StayInside); stay.Found {
		t.Errorf("stay %+v", stay)
	}
	s.send(i, "xf1")
	s.run(time.Minute)
	leg := s.sim("xf1").Leg
	s.run(leg.Arrives.Sub(leg.Departed))
	entered := s.one(first, "xf1", dispatch.StayInside).Entered
	if got := s.one(second, "xf1", dispatch.StayInside).Entered; !got.At.Equal(entered.At) {
		t.Errorf("of two fences with one line it entered one at %v and one at %v", entered, got)
	}
	if stay, want := s.one(along, "xf1", dispatch.StayInside), turns(leg, box.Contains); len(want) != 1 || !stay.Entered.At.Equal(want[0]) {
		t.Errorf("the division: %+v, want %v", stay.Entered, want)
	}
	changes, err := c.store.Changes(t.Context(), s.realm, 1, 1000)
	if err != nil {
		t.Fatal(err)
	}
	both := 0
	for _, ch := range changes {
		if ch.Kind == "fence.cross" && ch.At.Equal(entered.At) {
			both++
		}
	}
	if both != 1 {
		t.Errorf("%d changes book what was one moment", both)
	}
	// An agency that is to coordinate sees more teams from then on.
	clinic := c.clinicDesk
	clinic.Realm = s.realm
	theirs := put[*dispatch.Fence](c, s.do(clinic, "fence.draw", dispatch.FenceDraw{Type: dispatch.FenceRing, Center: &base, Radius: 300, Name: "急救"}))
	s.run(time.Minute)
	if got := s.stays(theirs, "xf2"); len(got) > 0 {
		t.Fatalf("the clinic learns of a fire engine: %+v", got)
	}
	s.do(s.director, "agency.save", dispatch.AgencySave{ID: c.clinic, Name: "急救中心", Area: "411003", Type: dispatch.AgencyGovernment, Jurisdiction: "4110"})
	s.run(time.Second)
	s.one(theirs, "xf2", dispatch.StayInside)
	// Nobody simulates it any more: where it is, its leader's phone tells.
	s.do(s.director, "sim.save", dispatch.SimSave{Mode: dispatch.SimOff, Teams: []string{c.teams["xf1"]}})
	s.run(time.Hour)
	s.one(first, "xf1", dispatch.StayInside)
	if m := s.sim("xf1"); m.Cross != nil {
		t.Errorf("it is %+v", m)
	}
}
