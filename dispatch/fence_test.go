package dispatch_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/geo"
)

// ring draws a ring around the incident, as the coordinating desk.
func (c *town) ring(incident string, warn ...dispatch.FenceWarn) *dispatch.Fence {
	c.t.Helper()
	in := dispatch.FenceDraw{Type: dispatch.FenceRing, Purpose: dispatch.FenceHot, Incident: incident, Radius: 500, Warn: warn}
	if slices.Contains(warn, dispatch.WarnDwell) {
		in.Dwell = 600
	}
	return put[*dispatch.Fence](c, c.do(c.desk, "fence.draw", in))
}

func (c *town) crossing(f *dispatch.Fence, call string, inside bool, at time.Time) dispatch.Crossing {
	return dispatch.Crossing{Fence: f.ID, Team: c.teams[call], Inside: inside, Point: scene, Fixed: at}
}

// cross tells crossings as the server does, and wants one of them booked, or none.
func (c *town) cross(news bool, cs ...dispatch.Crossing) {
	c.t.Helper()
	got, err := c.svc.Cross(context.Background(), dispatch.Live, cs)
	if err != nil || got > 0 != news {
		c.t.Fatalf("cross: %d booked, %v; want some: %v", got, err, news)
	}
}

// stay is the newest stay of the team in the fence, on the board or not.
func (c *town) stay(f *dispatch.Fence, call string) *dispatch.Stay {
	c.t.Helper()
	var found *dispatch.Stay
	for _, r := range c.all(dispatch.KindStay) {
		if s := r.(*dispatch.Stay); s.Fence == f.ID && s.Team == c.teams[call] {
			found = s
		}
	}
	if found == nil {
		c.t.Fatal("the team never was in the fence")
	}
	return found
}

func (c *town) alarms(k dispatch.AlarmType) (open []*dispatch.Alarm) {
	c.t.Helper()
	for _, r := range c.onBoard(dispatch.KindAlarm) {
		if a := r.(*dispatch.Alarm); a.Type == k {
			open = append(open, a)
		}
	}
	return open
}

func (c *town) onBoard(k dispatch.Kind) []dispatch.Record {
	c.t.Helper()
	recs, err := c.store.Find(context.Background(), dispatch.Query{Realm: dispatch.Live, Kind: k, Limit: -1})
	if err != nil {
		c.t.Fatal(err)
	}
	return recs
}

// A team goes into a hot zone, stays too long, leaves; each is told once.
func TestStayInAFence(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	i := c.open("液氯泄漏")
	f := c.ring(i.ID, dispatch.WarnEnter, dispatch.WarnExit, dispatch.WarnDwell)
	if *f.Center != scene || !f.Follows || f.Name != "热区 文峰路 1 号" || !f.Scope.Equal(i.Scope) {
		t.Fatalf("drawn %+v", f)
	}
	c.pass(time.Minute)
	in := c.clock()
	c.cross(true, c.crossing(f, "xf1", true, in))
	c.cross(false, c.crossing(f, "xf1", true, in))
	c.cross(false, c.crossing(f, "xf1", true, in.Add(time.Second)))
	s := c.stay(f, "xf1")
	if s.State != dispatch.StayInside || s.Found || !s.Entered.When().Equal(in) || s.Incident != i.ID || s.Point != scene {
		t.Fatalf("stay %+v", s)
	}
	if a := c.alarms(dispatch.AlarmFence); len(a) != 1 || a[0].Text != "队xf1 进入 热区 文峰路 1 号" || a[0].Stay != s.ID || a[0].Incident != "" {
		t.Fatalf("alarms %+v", a)
	}
	c.pass(9 * time.Minute)
	if n, err := c.svc.FireDue(context.Background(), dispatch.Live); n != 0 || err != nil {
		t.Fatalf("fired %d before the time, %v", n, err)
	}
	c.pass(2 * time.Minute)
	for want := 1; want >= 0; want-- { // the second time there is nothing
		if n, err := c.svc.FireDue(context.Background(), dispatch.Live); n != want || err != nil {
			t.Fatalf("fired %d, %v; want %d", n, err, want)
		}
	}
	if a := c.alarms(dispatch.AlarmFence); len(a) != 2 || c.stay(f, "xf1").Dwelt == nil {
		t.Fatalf("%d alarms after the time, stay %+v", len(a), c.stay(f, "xf1"))
	}
	out := c.clock()
	c.cross(true, c.crossing(f, "xf1", false, out))
	c.cross(false, c.crossing(f, "xf1", false, out))
	s = c.stay(f, "xf1")
	if s.State != dispatch.StayLeft || !s.Left.When().Equal(out) || len(c.onBoard(dispatch.KindStay)) != 0 {
		t.Fatalf("stay %+v", s)
	}
	// All three alarms are over and leave when they are acknowledged.
	for _, a := range c.alarms(dispatch.AlarmFence) {
		if a.Ended == nil {
			t.Errorf("the alarm %q goes on after the team left", a.Text)
		}
		c.do(c.desk, "alarm.acknowledge", dispatch.AlarmAck{Alarm: a.ID})
	}
	if left := c.alarms(dispatch.AlarmFence); len(left) != 0 {
		t.Errorf("%d alarms stay on the board", len(left))
	}
	// A fix from before the entry that comes late ends nothing.
	c.pass(time.Minute)
	again := c.clock()
	c.cross(true, c.crossing(f, "xf1", true, again))
	c.cross(false, c.crossing(f, "xf1", false, again.Add(-time.Second)))
	c.cross(true, c.crossing(f, "xf1", false, again.Add(time.Second)))
	// Nor does one begin a stay that was measured before the team left.
	c.cross(false, c.crossing(f, "xf1", true, again.Add(time.Second/2)))
	again = again.Add(2 * time.Second)
	c.cross(true, c.crossing(f, "xf1", true, again))
	// Who was inside when the line was moved was found there, and nobody is warned.
	c.pass(time.Minute)
	radius := 800
	c.do(c.desk, "fence.edit", dispatch.FenceEdit{Fence: f.ID, Radius: &radius})
	c.cross(true, c.crossing(f, "xf2", true, again))
	if s := c.stay(f, "xf2"); !s.Found {
		t.Errorf("stay %+v was not found there", s)
	}
	before := len(c.alarms(dispatch.AlarmFence))
	if before != 3 {
		t.Errorf("%d alarms, want those of xf1 alone", before)
	}
	// The incident ends, and with it the fence and all stays.
	c.do(c.desk, "incident.close", dispatch.IncidentMove{Incident: i.ID, Outcome: "处置完毕"})
	if f = get[*dispatch.Fence](c, dispatch.KindFence, f.ID); f.State != dispatch.FenceEnded || f.Reason != "事件结束" {
		t.Errorf("fence %+v", f)
	}
	if stays, fences := len(c.onBoard(dispatch.KindStay)), len(c.onBoard(dispatch.KindFence)); stays != 0 || fences != 1 {
		t.Errorf("%d stays and %d fences on the board; the fence goes with the incident's record", stays, fences)
	}
	c.cross(false, c.crossing(f, "xf1", true, c.clock()))
	c.refused(c.desk, dispatch.IllegalMove, "fence.end", dispatch.FenceEnd{Fence: f.ID})
}

// Many nodes tell of the same crossings at once: each is booked once.
func TestCrossingsAreBookedOnce(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	i := c.open("并发")
	f := c.ring(i.ID)
	start := c.clock()
	const rounds = 12
	c.pass(rounds * time.Minute)
	var wg sync.WaitGroup
	booked := make([]int, 4)
	for node := range booked {
		wg.Go(func() {
			for n := range rounds {
				for _, call := range []string{"xf1", "xf2"} {
					// Each node with a millisecond of its own: other keys, the same crossing.
					at := start.Add(time.Duration(n)*time.Minute + time.Duration(node)*time.Millisecond)
					n, err := c.svc.Cross(context.Background(), dispatch.Live, []dispatch.Crossing{c.crossing(f, call, n%2 == 0, at)})
					if err != nil {
						t.Error(err)
					}
					booked[node] += n
				}
			}
		})
	}
	wg.Wait()
	inside := map[string]int{}
	total := 0
	for _, r := range c.all(dispatch.KindStay) {
		s := r.(*dispatch.Stay)
		total++
		if s.State == dispatch.StayInside {
			inside[s.Team]++
		} else {
			total++
			if s.Left.When().Before(s.Entered.When()) {
				t.Errorf("stay %+v ends before it begins", s)
			}
		}
	}
	for team, n := range inside {
		if n > 1 {
			t.Errorf("%s is inside %d times", team, n)
		}
	}
	sum := 0
	for _, n := range booked {
		sum += n
	}
	if sum != total || total < 2 {
		t.Errorf("%d changes for %d crossings", sum, total)
	}
}

// A fence tells its agency of teams whose position that agency sees, and tells
// nobody else.
func TestWhoSeesAStay(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	i := c.open("共享")
	f := c.ring(i.ID)
	own := put[*dispatch.Fence](c, c.do(c.fireDesk, "fence.draw", dispatch.FenceDraw{Type: dispatch.FenceRing, Center: &scene, Radius: 300, Name: "消防关注"}))
	c.pass(time.Minute)
	at := c.clock()
	c.cross(true, c.crossing(f, "jj1", true, at), c.crossing(own, "jj1", true, at), c.crossing(own, "xf1", true, at))
	if n := len(c.all(dispatch.KindStay)); n != 2 {
		t.Fatalf("%d stays: the fire service must not learn of the ambulance", n)
	}
	stay := c.stay(f, "jj1").ID
	c.do(c.desk, "incident.share", dispatch.IncidentShare{Incident: i.ID, Agency: c.fire, Tier: dispatch.TierAssist})
	for _, want := range []struct {
		who         dispatch.Actor
		fence, stay bool
	}{{c.desk, true, true}, {c.wall, true, true}, {c.fireDesk, true, false}, {c.clinicDesk, false, true}, {c.leader("jj1"), false, true}, {c.leader("xf1"), false, false}} {
		if got := c.sees(want.who, dispatch.KindFence, f.ID); got != want.fence {
			t.Errorf("%s sees the fence: %v", want.who.Name, got)
		}
		if got := c.sees(want.who, dispatch.KindStay, stay); got != want.stay {
			t.Errorf("%s sees the stay: %v", want.who.Name, got)
		}
	}
	c.refused(c.clinicDesk, dispatch.NotFound, "fence.end", dispatch.FenceEnd{Fence: f.ID})
	c.refused(c.fireDesk, dispatch.Forbidden, "fence.end", dispatch.FenceEnd{Fence: f.ID})
	c.refused(c.leader("xf1"), dispatch.Forbidden, "fence.draw", dispatch.FenceDraw{Type: dispatch.FenceRing, Center: &scene, Radius: 300})
	c.refused(c.fireDesk, dispatch.Forbidden, "fence.draw", dispatch.FenceDraw{Type: dispatch.FenceRing, Incident: i.ID, Radius: 300})

	// Who takes the incident over owns the fence and learns who is inside.
	c.do(c.chief, "incident.transfer", dispatch.IncidentTransfer{Incident: i.ID, Agency: c.fire, Reason: "移交"})
	fireChief := c.fireDesk
	fireChief.Role = dispatch.RoleChief
	c.do(fireChief, "incident.accept", dispatch.IncidentMove{Incident: i.ID})
	if !c.sees(c.fireDesk, dispatch.KindStay, stay) || !c.sees(c.clinicDesk, dispatch.KindStay, stay) {
		t.Error("the stay did not go over with its fence")
	}
}

func TestFenceMovesWithItsIncident(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	i, other := c.open("地点有误"), c.open("正确")
	ring := c.ring(i.ID)
	fixed := put[*dispatch.Fence](c, c.do(c.desk, "fence.draw", dispatch.FenceDraw{Type: dispatch.FenceRing, Incident: i.ID, Center: &scene, Radius: 100}))
	c.pass(time.Minute)
	c.cross(true, c.crossing(ring, "xf1", true, c.clock()))
	to := geo.At(113.90, 34.05)
	c.do(c.desk, "incident.place", dispatch.IncidentPlace{Incident: i.ID, Place: dispatch.Place{Text: "东环路", Point: &to}, Area: "411003", Reason: "报错"})
	if got := get[*dispatch.Fence](c, dispatch.KindFence, ring.ID); *got.Center != to || !got.Drawn.Equal(c.clock()) || got.Scope.Area != "411003" {
		t.Errorf("ring %+v did not follow", got)
	}
	if got := get[*dispatch.Fence](c, dispatch.KindFence, fixed.ID); *got.Center != scene {
		t.Errorf("ring %+v moved without being around the incident", got)
	}
	if s := c.stay(ring, "xf1"); s.Scope.Area != "411003" {
		t.Errorf("stay %+v lies elsewhere than its fence", s)
	}
	c.do(c.desk, "incident.merge", dispatch.IncidentMerge{Incident: i.ID, Into: other.ID})
	if got := get[*dispatch.Fence](c, dispatch.KindFence, ring.ID); got.Incident != other.ID || got.State != dispatch.FenceActive {
		t.Errorf("fence %+v was not kept for the incident that stays", got)
	}
	if s := c.stay(ring, "xf1"); s.Incident != other.ID || s.Scope.Area != "411002003" {
		t.Errorf("stay %+v was not kept", s)
	}
	until := c.clock().Add(time.Hour)
	c.do(c.desk, "fence.edit", dispatch.FenceEdit{Fence: ring.ID, Until: &until})
	c.pass(61 * time.Minute)
	if _, err := c.svc.FireDue(context.Background(), dispatch.Live); err != nil {
		t.Fatal(err)
	}
	if got := get[*dispatch.Fence](c, dispatch.KindFence, ring.ID); got.State != dispatch.FenceEnded || got.Reason != "到期" || c.stay(ring, "xf1").State != dispatch.StayLeft {
		t.Errorf("fence %+v did not end by itself", got)
	}

	hazardAt := geo.At(113.7, 34.1)
	hazard := dispatch.HazardSave{Name: "氯碱厂", Operator: "氯碱公司", Level: 1, Place: dispatch.Place{Point: &hazardAt}, Area: "411002"}
	hazard.ID = c.id(c.do(c.desk, "hazard.save", hazard))
	around := put[*dispatch.Fence](c, c.do(c.desk, "fence.draw", dispatch.FenceDraw{Type: dispatch.FenceRing, Hazard: hazard.ID, Radius: 1000}))
	if *around.Center != hazardAt || around.Name != "关注区 氯碱厂" {
		t.Fatalf("drawn %+v", around)
	}
	hazard.Place.Point = &to
	c.do(c.desk, "hazard.save", hazard)
	if got := get[*dispatch.Fence](c, dispatch.KindFence, around.ID); *got.Center != to {
		t.Errorf("ring %+v did not follow the hazard source", got)
	}
}

func TestSeemsToHaveArrived(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	i := c.open("到场")
	task := c.assign(c.desk, i.ID, "xf1")
	seen := c.clock()
	for want := range 2 {
		n, err := c.svc.Arrive(context.Background(), dispatch.Live, dispatch.TaskArrive{Task: task.ID, Fixed: seen.Add(time.Duration(want) * time.Second)})
		if err != nil || n != 1-want {
			t.Fatalf("%d booked, %v", n, err)
		}
	}
	got := get[*dispatch.Task](c, dispatch.KindTask, task.ID)
	if got.Arrival == nil || !got.Arrival.When().Equal(seen) || got.State != dispatch.TaskAssigned || got.Version != task.Version {
		t.Errorf("task %+v: a suggestion moves neither state nor version", got)
	}
	c.advance("xf1", task.ID, "en_route", "on_scene", "done")
	task = c.assign(c.desk, c.open("另一").ID, "xf2")
	c.advance("xf2", task.ID, "en_route", "on_scene")
	if n, err := c.svc.Arrive(context.Background(), dispatch.Live, dispatch.TaskArrive{Task: task.ID, Fixed: c.clock()}); n != 0 || err != nil {
		t.Errorf("%d booked, %v of a team that said so itself", n, err)
	}
}

func TestBadFences(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	i := c.open("坏输入")
	past := c.clock().Add(-time.Minute)
	square := geo.Polygon{{geo.At(113, 34), geo.At(114, 34), geo.At(114, 35), geo.At(113, 35), geo.At(113, 34)}}
	bow := geo.Polygon{{geo.At(113, 34), geo.At(114, 35), geo.At(114, 34), geo.At(113, 35), geo.At(113, 34)}}
	open := geo.Polygon{{geo.At(113, 34), geo.At(114, 34), geo.At(114, 35), geo.At(113, 35)}}
	far := geo.At(200, 34)
	long := geo.Polygon{{}}
	for n := range 400 {
		long[0] = append(long[0], geo.Toward(scene, float64(n)*360/400, 1000))
	}
	long[0] = append(long[0], long[0][0])
	for field, in := range map[string]dispatch.FenceDraw{
		"type":       {Type: "blob", Center: &scene, Radius: 100},
		"purpose":    {Type: dispatch.FenceRing, Purpose: "lukewarm", Center: &scene, Radius: 100},
		"radius":     {Type: dispatch.FenceRing, Center: &scene, Radius: 5},
		"radius ":    {Type: dispatch.FenceRing, Center: &scene, Radius: -5},
		"radius  ":   {Type: dispatch.FenceRing, Center: &scene, Radius: 300_000},
		"radius   ":  {Type: dispatch.FencePerimeter, Shape: square, Radius: 100},
		"center":     {Type: dispatch.FenceRing, Radius: 100},
		"center ":    {Type: dispatch.FenceRing, Center: &far, Radius: 100},
		"shape":      {Type: dispatch.FencePerimeter},
		"shape ":     {Type: dispatch.FencePerimeter, Shape: bow},
		"shape  ":    {Type: dispatch.FencePerimeter, Shape: open},
		"shape   ":   {Type: dispatch.FencePerimeter, Shape: long},
		"shape    ":  {Type: dispatch.FenceRing, Center: &scene, Radius: 100, Shape: square},
		"division":   {Type: dispatch.FenceDivision, Division: "999999"},
		"division ":  {Type: dispatch.FenceDivision},
		"division  ": {Type: dispatch.FenceRing, Center: &scene, Radius: 100, Division: "411002"},
		"hazard":     {Type: dispatch.FenceRing, Incident: i.ID, Hazard: "x", Radius: 100},
		"dwell":      {Type: dispatch.FenceRing, Center: &scene, Radius: 100, Warn: []dispatch.FenceWarn{dispatch.WarnDwell}},
		"dwell ":     {Type: dispatch.FenceRing, Center: &scene, Radius: 100, Dwell: 600},
		"warn[0]":    {Type: dispatch.FenceRing, Center: &scene, Radius: 100, Warn: []dispatch.FenceWarn{"sneeze"}},
		"until":      {Type: dispatch.FenceRing, Center: &scene, Radius: 100, Until: &past},
	} {
		want := field
		for len(want) > 0 && want[len(want)-1] == ' ' {
			want = want[:len(want)-1]
		}
		if e := c.refused(c.desk, dispatch.Invalid, "fence.draw", in); e.Field != want {
			t.Errorf("%q: field %q, %v", field, e.Field, e)
		}
	}
	many := make([]dispatch.Crossing, 101)
	for n := range many {
		many[n] = dispatch.Crossing{Fence: fmt.Sprint(n)}
	}
	if _, err := c.svc.Cross(context.Background(), dispatch.Live, many); dispatch.CodeOf(err) != dispatch.Invalid {
		t.Errorf("101 crossings: %v", err)
	}
	if n := len(c.all(dispatch.KindFence)); n != 0 {
		t.Errorf("%d fences were left behind", n)
	}
}
