package realtime_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"liandong/dispatch"
	"liandong/dispatch/pgstore"
	"liandong/geo"
	"liandong/geo/route"
	"liandong/migrations/pgtest"
	"liandong/realtime"
	"liandong/realtime/fence"
)

// guard is a fire service with teams in a real database, and one node or more
// that watch its fences.
type guard struct {
	t      testing.TB
	store  *pgstore.Store
	nodes  []*node
	ids    atomic.Int64
	now    atomic.Int64 // microseconds
	agency string
	teams  []string
	desk   dispatch.Actor
	queue  int // of the nodes' fences
}

// node is a server: a lane, a hub and fences of its own.
type node struct {
	hub     *realtime.Hub
	lane    *realtime.Lane
	fences  *realtime.Fences
	service *dispatch.Service
	away    atomic.Bool // the store is away, for what the fences book
	stopped bool
}

var scene = geo.At(113.85, 34.03)

func newGuard(t testing.TB, teams, nodes int) *guard {
	t.Helper()
	store, err := pgstore.Open(t.Context(), pgtest.New(t), pgstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	g := &guard{t: t, store: store}
	g.now.Store(time.Now().Add(-3 * time.Hour).UnixMicro()) // the track has parts for hours before and after now
	for range max(nodes, 1) {
		g.start()
	}
	system := dispatch.System(dispatch.Live)
	g.agency = g.id(g.do(system, "agency.save", dispatch.AgencySave{Name: "消防支队", Area: "411002", Type: dispatch.AgencyGovernment}))
	g.desk = dispatch.Actor{ID: "desk", Name: "张三", Realm: dispatch.Live, Role: dispatch.RoleDispatcher, Agency: g.agency}
	for n := range teams {
		g.teams = append(g.teams, g.id(g.do(system, "team.save", dispatch.TeamSave{Agency: g.agency, Area: "411002", Name: fmt.Sprint("队", n),
			CallSign: fmt.Sprint("xf", n), Type: dispatch.TeamFire, SeatsMin: 4, SeatsFull: 6})))
	}
	return g
}

func (g *guard) clock() time.Time { return time.UnixMicro(g.now.Load()).UTC() }

// start starts a node.
func (g *guard) start() *node {
	n := &node{}
	n.fences = realtime.NewFences(realtime.FencesConfig{Records: g.store, Shapes: g.store, Log: zerolog.Nop(), Arrive: 150, Queue: g.queue})
	n.lane = realtime.NewLane(realtime.LaneConfig{Store: g.store, Fences: n.fences, Now: g.clock, Log: zerolog.Nop()})
	n.hub = realtime.New(realtime.Config{Journal: g.store, Records: g.store, Lane: n.lane, Fences: n.fences, Log: zerolog.Nop()})
	n.service = dispatch.NewService(g.store, dispatch.Config{Now: g.clock, NewID: func() string { return fmt.Sprintf("id%06d", g.ids.Add(1)) },
		Hash: func(string) (string, error) { return "hash", nil }, Router: route.Default(), Settings: dispatch.DefaultSettings(),
		Committed: func(realm dispatch.Realm, seq int64) {
			for _, n := range g.nodes {
				n.hub.Poke(realm, seq)
			}
		}})
	n.fences.Start(booker{n}, n.hub.Scope)
	if err := n.hub.Open(g.t.Context(), dispatch.Live); err != nil {
		g.t.Fatal(err)
	}
	g.nodes = append(g.nodes, n)
	g.t.Cleanup(n.stop)
	return n
}

func (n *node) stop() {
	if n.stopped {
		return
	}
	n.stopped = true
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
	defer stop()
	_ = n.hub.Shutdown(ctx)
	n.lane.Close()
	n.fences.Close(ctx)
}

// kill ends the node without booking what waits.
func (n *node) kill() {
	n.away.Store(true)
	n.stop()
}

// booker is a service that can be cut off.
type booker struct{ n *node }

var errAway = &dispatch.Error{Code: dispatch.Unavailable, Message: "away"}

func (b booker) Cross(ctx context.Context, realm dispatch.Realm, cs []dispatch.Crossing) (int, error) {
	if b.n.away.Load() {
		return 0, errAway
	}
	return b.n.service.Cross(ctx, realm, cs)
}

func (b booker) Arrive(ctx context.Context, realm dispatch.Realm, in dispatch.TaskArrive) (int, error) {
	if b.n.away.Load() {
		return 0, errAway
	}
	return b.n.service.Arrive(ctx, realm, in)
}

func (g *guard) do(a dispatch.Actor, name string, in any) dispatch.Result {
	g.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		g.t.Fatal(err)
	}
	r, err := g.nodes[len(g.nodes)-1].service.Do(g.t.Context(), a, name, fmt.Sprintf("key-%08d", g.ids.Add(1)), body)
	if err != nil {
		g.t.Fatalf("%s: %v", name, err)
	}
	return r
}

func (g *guard) id(r dispatch.Result) string { return dispatch.RefOf(r.Change.Puts[0].Record).ID }

func (g *guard) draw(in dispatch.FenceDraw) *dispatch.Fence {
	g.t.Helper()
	return g.do(g.desk, "fence.draw", in).Change.Puts[0].Record.(*dispatch.Fence)
}

// report tells the node that the team is so many metres east of the scene.
func (g *guard) report(n *node, team string, metres float64) {
	g.t.Helper()
	g.now.Add(20e6)
	g.place(n, team, geo.Toward(scene, 90, metres))
}

func (g *guard) place(n *node, team string, at geo.Point) {
	g.t.Helper()
	p := dispatch.Position{Realm: dispatch.Live, Team: team, Device: "d" + team, Point: at, Speed: -1, Heading: -1, Accuracy: 5, Fixed: g.clock(), Source: "osmand"}
	if out, err := n.lane.Report(g.t.Context(), p); err != nil || !out.Shown {
		g.t.Fatalf("report: %+v, %v", out, err)
	}
}

// until waits for what the nodes do by themselves.
func (g *guard) until(what string, holds func() bool) {
	g.t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for !holds() {
		select {
		case <-deadline.C:
			g.t.Fatalf("%s: never; stays %s, %+v", what, g.told(), g.nodes[0].fences.Stats())
		case <-look.C:
		}
	}
}

func (g *guard) stays() (out []*dispatch.Stay) {
	g.t.Helper()
	recs, err := g.store.Find(g.t.Context(), dispatch.Query{Realm: dispatch.Live, Kind: dispatch.KindStay, Archived: true, Limit: -1})
	if err != nil {
		g.t.Fatal(err)
	}
	for _, r := range recs {
		out = append(out, r.(*dispatch.Stay))
	}
	slices.SortFunc(out, func(a, b *dispatch.Stay) int { return a.Entered.When().Compare(b.Entered.When()) })
	return out
}

// told says how the stays stand: "left,inside".
func (g *guard) told() string {
	s := ""
	for _, x := range g.stays() {
		if s != "" {
			s += ","
		}
		s += string(x.State)
	}
	return s
}

func (g *guard) wants(told string) {
	g.t.Helper()
	g.until("stays are "+told, func() bool { return g.told() == told })
}

// idle waits until all nodes know what is booked and nothing waits.
func (g *guard) idle() {
	g.t.Helper()
	g.until("nothing waits", func() bool {
		for _, n := range g.nodes {
			if !n.stopped && n.fences.Stats().Waiting > 0 {
				return false
			}
		}
		return true
	})
}

func TestFencesSeeWhoCrosses(t *testing.T) {
	g := newGuard(t, 2, 1)
	n, team := g.nodes[0], g.teams[0]
	g.report(n, team, 100) // before anything is drawn
	g.report(n, g.teams[1], 5000)
	g.now.Add(1e6)
	ring := g.draw(dispatch.FenceDraw{Type: dispatch.FenceRing, Center: &scene, Radius: 500})
	g.wants("inside")
	if s := g.stays()[0]; !s.Found || s.Team != team {
		t.Fatalf("stay %+v: the team was found inside", s)
	}
	g.report(n, team, 900)
	g.wants("left")
	// The line moves over the team, which stands still, and away from it.
	radius := 2000
	g.now.Add(1e6)
	g.do(g.desk, "fence.edit", dispatch.FenceEdit{Fence: ring.ID, Radius: &radius})
	g.wants("left,inside")
	radius = 300
	g.now.Add(1e6)
	g.do(g.desk, "fence.edit", dispatch.FenceEdit{Fence: ring.ID, Radius: &radius})
	g.wants("left,left")
	if s := g.stays()[1]; s.Reason == "" {
		t.Errorf("stay %+v: the team did not leave, the line did", s)
	}
	square := geo.BoundOf(scene).Pad(1000).Box()[0]
	g.now.Add(1e6)
	perimeter := g.draw(dispatch.FenceDraw{Type: dispatch.FencePerimeter, Shape: square, Purpose: dispatch.FenceHot})
	g.wants("left,left,inside")
	g.do(g.desk, "fence.end", dispatch.FenceEnd{Fence: perimeter.ID})
	g.wants("left,left,left")
	g.until("the node forgets the fence", func() bool { return n.fences.Stats().Fences == 1 })
	if st := n.fences.Stats(); st.Lost != 0 || st.Inside != 0 {
		t.Errorf("stats %+v", st)
	}
}

// A team of another agency is not seen; once it is, because it was sent to an
// incident of the fence's agency, it is told where it stands.
func TestFencesSeeWhatTheirAgencySees(t *testing.T) {
	g := newGuard(t, 1, 1)
	n := g.nodes[0]
	system := dispatch.System(dispatch.Live)
	clinic := g.id(g.do(system, "agency.save", dispatch.AgencySave{Name: "急救中心", Area: "411003", Type: dispatch.AgencyGovernment}))
	theirs := g.id(g.do(system, "team.save", dispatch.TeamSave{Agency: clinic, Area: "411003", Name: "救护车", CallSign: "jj1", Type: dispatch.TeamMedical, SeatsMin: 1, SeatsFull: 3}))
	crew := 3
	g.do(system, "team.duty", dispatch.TeamDuty{Team: theirs, Duty: dispatch.DutyAvailable, Crew: &crew})
	g.draw(dispatch.FenceDraw{Type: dispatch.FenceRing, Center: &scene, Radius: 500})
	g.until("the fence is known", func() bool { return n.fences.Stats().Fences == 1 })
	g.report(n, theirs, 50)
	g.report(n, g.teams[0], 60) // comes after it, so that it has been looked at
	g.wants("inside")
	if s := g.stays(); s[0].Team != g.teams[0] {
		t.Fatalf("stay of %s, whom the fence's agency does not see", s[0].Team)
	}
	i := g.do(g.desk, "incident.open", dispatch.IncidentOpen{Type: "12G03", Title: "火灾", Place: dispatch.Place{Point: &scene}, Area: "411002", Verified: true})
	incident := g.id(i)
	g.do(g.desk, "task.assign", dispatch.TaskAssign{Incident: incident, Team: theirs})
	ask := g.desk
	ask.Agency, ask.ID = clinic, "clinic"
	tasks, err := g.store.Find(t.Context(), dispatch.Query{Realm: dispatch.Live, Kind: dispatch.KindTask, Team: theirs})
	if err != nil || len(tasks) != 1 {
		t.Fatal(tasks, err)
	}
	task := dispatch.RefOf(tasks[0]).ID
	g.do(ask, "task.accept", dispatch.TaskAccept{Task: task})
	g.wants("inside,inside")
	// It stands at the incident already.
	g.until("the team seems to have arrived", func() bool {
		r, err := g.store.Get(t.Context(), dispatch.Live, dispatch.Ref{Kind: dispatch.KindTask, ID: task}, nil)
		return err == nil && r.(*dispatch.Task).Arrival != nil && r.(*dispatch.Task).State == dispatch.TaskAssigned
	})
}

// The store goes away while teams go in and out: all of it is booked, in order,
// once it is back.
func TestFencesWaitForTheStore(t *testing.T) {
	g := newGuard(t, 1, 1)
	n, team := g.nodes[0], g.teams[0]
	g.draw(dispatch.FenceDraw{Type: dispatch.FenceRing, Center: &scene, Radius: 500})
	g.until("the fence is known", func() bool { return n.fences.Stats().Fences == 1 })
	n.away.Store(true)
	var in []time.Time
	for range 5 {
		g.report(n, team, 100)
		in = append(in, g.clock())
		g.report(n, team, 900)
	}
	if got := g.told(); got != "" || n.fences.Stats().Waiting != 10 {
		t.Fatalf("stays %s, stats %+v", got, n.fences.Stats())
	}
	n.away.Store(false)
	g.wants("left,left,left,left,left")
	for k, s := range g.stays() {
		if !s.Entered.When().Equal(in[k]) || !s.Left.When().Equal(in[k].Add(20*time.Second)) {
			t.Errorf("stay %d %+v: want in at %s", k, s, in[k])
		}
	}
}

// More is seen in an outage than may wait: it is made good from where the teams
// are.
func TestFencesWithoutRoom(t *testing.T) {
	g := newGuard(t, 8, 1)
	g.nodes[0].stop()
	g.queue = 3
	n := g.start()
	g.draw(dispatch.FenceDraw{Type: dispatch.FenceRing, Center: &scene, Radius: 500})
	g.until("the fence is known", func() bool { return n.fences.Stats().Fences == 1 })
	n.away.Store(true)
	for k, team := range g.teams {
		g.report(n, team, 100)
		if k%2 == 0 {
			g.report(n, team, 900)
		}
	}
	if st := n.fences.Stats(); st.Waiting != 3 || st.Lost != 9 {
		t.Fatalf("stats %+v", st)
	}
	n.away.Store(false)
	g.until("those inside are booked", func() bool {
		inside := map[string]bool{}
		for _, s := range g.stays() {
			if s.State == dispatch.StayInside {
				inside[s.Team] = true
			}
		}
		for k, team := range g.teams {
			if inside[team] != (k%2 == 1) {
				return false
			}
		}
		return true
	})
}

// A node is killed with crossings unbooked; the one that starts anew compares
// what is booked with where the teams are.
func TestFencesAfterAKill(t *testing.T) {
	g := newGuard(t, 2, 1)
	n := g.nodes[0]
	g.draw(dispatch.FenceDraw{Type: dispatch.FenceRing, Center: &scene, Radius: 500})
	g.until("the fence is known", func() bool { return n.fences.Stats().Fences == 1 })
	g.report(n, g.teams[0], 100)
	g.wants("inside")
	g.idle()
	n.away.Store(true)
	g.report(n, g.teams[0], 900)
	left := g.clock()
	g.report(n, g.teams[1], 50)
	entered := g.clock()
	n.kill()
	if got := g.told(); got != "inside" {
		t.Fatalf("stays %s after the kill", got)
	}
	if err := g.store.KeepLatest(t.Context(), g.clock()); err != nil {
		t.Fatal(err)
	}
	g.start()
	g.wants("left,inside")
	s := g.stays()
	if !s[0].Left.When().Equal(left) || s[1].Team != g.teams[1] || !s[1].Entered.When().Equal(entered) || s[1].Found {
		t.Errorf("stays %+v %+v", s[0], s[1])
	}
}

// Two nodes, teams that change between them at random, fences drawn meanwhile:
// what is booked is what one field sees on the same fixes, each crossing once.
func TestFencesOnTwoNodesBookWhatOneSees(t *testing.T) {
	g := newGuard(t, 6, 2)
	rings := map[string]int{}
	var truth fence.Field
	for _, radius := range []int{300, 600, 1200} {
		f := g.draw(dispatch.FenceDraw{Type: dispatch.FenceRing, Center: &scene, Radius: radius})
		rings[f.ID] = radius
		truth.Put(f.ID, geo.Around(scene, float64(radius)))
	}
	for _, n := range g.nodes {
		g.until("the fences are known", func() bool { return n.fences.Stats().Fences == 3 })
	}
	rng := rand.New(rand.NewPCG(7, 7))
	type crossing struct {
		fence, team string
		in          bool
		at          time.Time
	}
	var want []crossing
	for range 60 {
		for _, team := range g.teams {
			at := geo.Toward(scene, rng.Float64()*360, 1500*rng.Float64())
			g.now.Add(60e6)
			g.place(g.nodes[rng.IntN(2)], team, at)
			truth.Move(team, fence.Fix{Point: at, Accuracy: 5, Micros: g.now.Load()}, func(id string, in bool) {
				want = append(want, crossing{id, team, in, g.clock()})
			})
			// A device changes its node when the other is gone, not in the same instant.
			g.idle()
			g.agreed()
		}
	}
	var got []crossing
	for _, s := range g.stays() {
		got = append(got, crossing{s.Fence, s.Team, true, s.Entered.When()})
		if s.Left != nil {
			got = append(got, crossing{s.Fence, s.Team, false, s.Left.When()})
		}
	}
	order := func(a, b crossing) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.team, b.team), cmp.Compare(a.fence, b.fence))
	}
	slices.SortFunc(got, order)
	slices.SortFunc(want, order)
	if !slices.Equal(got, want) || len(want) < 100 {
		t.Errorf("%d crossings booked, %d seen", len(got), len(want))
		for k := range min(len(got), len(want)) {
			if got[k] != want[k] {
				t.Fatalf("crossing %d is %+v, want %+v", k, got[k], want[k])
			}
		}
	}
}

// agreed waits until all nodes know of the same stays.
func (g *guard) agreed() {
	g.t.Helper()
	g.until("the nodes agree", func() bool {
		open := 0
		for _, s := range g.stays() {
			if s.State == dispatch.StayInside {
				open++
			}
		}
		for _, n := range g.nodes {
			if n.fences.Stats().Inside != open {
				return false
			}
		}
		return true
	})
}
