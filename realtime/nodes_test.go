package realtime

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/realtime/bus"
	"liandong/realtime/client"
)

// pair is two towns on one book, one store of positions and a real bus.
type pair struct {
	*book
	*tracks
	a, b       *town
	wayA, wayB *bus.Bus
}

// ticking lets both nodes tick until the answer is called.
func (p *pair) ticking() (end func()) {
	done, stop := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case p.a.ticks <- time.Time{}:
			case p.b.ticks <- time.Time{}:
			case <-stop:
				return
			}
		}
	}()
	return func() {
		close(stop)
		<-done
	}
}

func couple(t *testing.T, adjust func(*Config)) *pair {
	t.Helper()
	p := &pair{book: newBook(), tracks: &tracks{}}
	open := func(node string, peers ...string) *bus.Bus {
		b, err := bus.Open(bus.Config{House: "h", Node: node, Listen: "127.0.0.1:0", Peers: peers, Secret: "the secret of the nodes of these tests"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(b.Close)
		return b
	}
	p.wayA = open("a")
	p.wayB = open("b", p.wayA.Addr())
	found2 := func(way *bus.Bus) *town {
		l := NewLane(LaneConfig{Store: p.tracks, Now: func() time.Time { return noon.Add(time.Hour) }, Stale: stale, Nodes: way})
		t.Cleanup(l.Close)
		return found(t, p.book, func(c *Config) {
			c.Lane, c.Nodes, c.look = l, way, time.Hour // nothing but the bell
			if adjust != nil {
				adjust(c)
			}
		})
	}
	p.a, p.b = found2(p.wayA), found2(p.wayB)
	// What hubs and lanes listen to travels ahead of what the test does.
	meet(t, p.wayA, p.wayB)
	meet(t, p.wayB, p.wayA)
	return p
}

// meet returns once what from tells is heard at to.
func meet(t *testing.T, from, to *bus.Bus) {
	t.Helper()
	heard := make(chan struct{}, 1000)
	stop, err := to.Hear("test", func(string, []byte) { heard <- struct{}{} })
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		select {
		case <-heard:
			return
		case <-again.C:
			from.Tell("test", nil)
		case <-t.Context().Done():
			t.Fatal("the nodes do not meet")
		}
	}
}

// tickUntil ticks the town until ok; each try takes one tick.
func (w *town) tickUntil(what string, ok func() bool) {
	w.t.Helper()
	most := time.After(30 * time.Second)
	for !ok() {
		select {
		case w.ticks <- time.Time{}:
		case <-most:
			w.t.Fatal(what, "did not come about")
		}
	}
}

// TestBellBetweenNodes: what is committed on one node is told on the other by
// the bell alone, for its own look at the journal comes in an hour.
func TestBellBetweenNodes(t *testing.T) {
	p := couple(t, nil)
	c := p.b.console("p1")
	for i := range 20 {
		seq := p.put(incident(fmt.Sprint("i", i), "fire"))
		p.a.hub.Committed(dispatch.Live, seq)
		p.b.wait(c, seq)
	}
	p.b.agree(c)
}

// TestSignOutOnAnotherNode closes the sockets of a sign-in wherever they are,
// and no others.
func TestSignOutOnAnotherNode(t *testing.T) {
	p := couple(t, nil)
	p.b.mu.Lock()
	second := p.b.actors["p1"]
	second.Session = "s1b"
	p.b.actors["p1b"] = second
	p.b.mu.Unlock()
	first, kept, other := p.b.raw("p1", ""), p.b.raw("p1b", ""), p.b.raw("p2", "")
	for _, r := range []*raw{first, kept, other} {
		r.next("hello")
	}
	if got := p.b.hub.SignedIn(); len(got) != 3 || got["s1b"] != dispatch.RoleDispatcher {
		t.Errorf("signed in: %v", got)
	}
	p.a.hub.End(SignIns{Person: "p1", Except: "s1b"}, CloseAuth)
	if code, _ := first.closed(); code != int(CloseAuth) {
		t.Errorf("closed with %d", code)
	}
	p.a.hub.End(SignIns{Session: "s2"}, CloseScope)
	if code, _ := other.closed(); code != int(CloseScope) {
		t.Errorf("closed with %d", code)
	}
	seq := p.put(incident("i1", "fire"))
	p.a.hub.Committed(dispatch.Live, seq)
	if h := kept.next("changes"); h.To != seq {
		t.Errorf("who stays signed in got %+v", h)
	}
}

func TestPresenceBetweenNodes(t *testing.T) {
	p := couple(t, nil)
	p.put(incident("i1", "fire"))
	p.a.hub.Committed(dispatch.Live, 1)
	here, there := p.a.console("p3"), p.b.console("p1")
	p.a.wait(here, 1)
	p.b.wait(there, 1)
	watch := p.b.raw("p1", "")
	watch.next("hello")
	if err := here.Open("i1"); err != nil {
		t.Fatal(err)
	}
	want := func(people int) {
		t.Helper()
		defer p.ticking()()
		for {
			h := watch.next("presence")
			if people == 0 && len(h.Open) == 0 || len(h.Open) == 1 && len(h.Open[0].People) == people && h.Open[0].Incident == "i1" {
				break
			}
		}
	}
	want(1)
	if err := there.Open("i1"); err != nil {
		t.Fatal(err)
	}
	want(2)
	if err := here.Open(""); err != nil {
		t.Fatal(err)
	}
	want(1)
	if err := there.Open(""); err != nil {
		t.Fatal(err)
	}
	want(0)
}

// TestSilentNodeLeavesNobody: who was at a screen of a node that fell silent is
// not shown for ever.
func TestSilentNodeLeavesNobody(t *testing.T) {
	now := noon
	clock := func() time.Time { return now }
	s := &stream{realm: dispatch.Live, now: clock, clock: clock}
	s.setElsewhere("b", opened{People: map[string][]person{"i1": {{Name: "张三"}}}})
	if s.presence = false; len(s.elsewhere) != 1 {
		t.Fatal("nobody is elsewhere")
	}
	now = now.Add(forgotten)
	s.forgetSilent()
	if s.presence || len(s.elsewhere) != 1 {
		t.Error("forgotten too early")
	}
	now = now.Add(time.Second)
	s.forgetSilent()
	if !s.presence || len(s.elsewhere) != 0 {
		t.Error("shown for ever")
	}
}

// TestPositionsBetweenNodes: a look is answered with what another node was told
// before, moves follow, and a device that changes between the nodes neither
// jumps nor goes back.
func TestPositionsBetweenNodes(t *testing.T) {
	p := couple(t, nil)
	p.put(team("t1", "fire"))
	p.a.hub.Committed(dispatch.Live, 1)
	for _, w := range []*town{p.a, p.b} {
		if err := w.hub.Open(t.Context(), dispatch.Live); err != nil {
			t.Fatal(err)
		}
	}
	r := p.b.raw("p1", "")
	r.next("hello")
	report := func(w *town, lon float64, at time.Time) Outcome {
		t.Helper()
		out, err := w.lane.Report(t.Context(), fix("t1", lon, 34, at))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	shownAt := func(w *town, lon float64) {
		t.Helper()
		w.tickUntil("the position of another node", func() bool {
			got, ok := w.lane.Latest(dispatch.Live, "t1")
			return ok && math.Abs(got.Point.Lon()-lon) < 1e-6
		})
	}
	report(p.a, 113.8, noon)
	shownAt(p.b, 113.8)
	r.say(`{"t":"look","bound":[113,33,115,35],"zoom":14}`)
	if h := r.next("positions"); !h.Moved.Full || len(h.Moved.Lon) != 1 || h.Moved.Lon[0] != 113.8 {
		t.Fatalf("the look was answered with %+v", h.Moved)
	}
	at, lon := noon, 113.8
	for i := range 20 {
		from, to := p.a, p.b
		if i%2 == 0 {
			from, to = p.b, p.a
		}
		at, lon = at.Add(time.Second), 113.8+float64(i+1)*0.0005 // 46 m a second
		if out := report(from, lon, at); !out.Shown {
			t.Fatalf("fix %d was not shown: %+v", i, out)
		}
		shownAt(to, lon)
		if out := report(to, lon-0.0005, at.Add(-time.Second/2)); out.Flag != dispatch.PositionLate {
			t.Fatalf("an older fix on the other node: %+v, want late", out)
		}
		if out := report(to, lon+1, at.Add(time.Second/2)); out.Flag != dispatch.PositionJump {
			t.Fatalf("90 km in half a second on the other node: %+v, want jump", out)
		}
		if got, _ := to.lane.Latest(dispatch.Live, "t1"); math.Abs(got.Point.Lon()-lon) > 1e-6 {
			t.Fatalf("shown at %v, want %v", got.Point, lon)
		}
	}
}

// TestRepeatIsStored: a fix that another node has shown but may not have stored
// is not answered as a repeat; it is stored here.
func TestRepeatIsStored(t *testing.T) {
	s := &tracks{}
	l := lane(t, s)
	if err := l.load(t.Context(), dispatch.Live); err != nil {
		t.Fatal(err)
	}
	p := fix("t1", 113.8, 34, noon)
	l.adopt([]dispatch.Position{p})
	out, err := l.Report(t.Context(), p)
	if err != nil || out.Repeat || !out.Shown || len(s.saved) != 1 {
		t.Errorf("%+v, %v; %d stored", out, err, len(s.saved))
	}
}

// TestCutNodes: a node that works, as the database has it, and is not heard is
// told in a beat at once; so is the end of it, and then what was missed is
// read from the store.
func TestCutNodes(t *testing.T) {
	p := couple(t, nil)
	p.put(team("t1", "fire"))
	p.a.hub.Committed(dispatch.Live, 1)
	r := p.b.raw("p1", "")
	if h := r.next("hello"); h.Nodes != "" {
		t.Errorf("hello of one alone says %q", h.Nodes)
	}
	p.b.hub.Peers([]string{"z"})
	p.b.hub.peers.mu.Lock()
	p.b.hub.peers.heard["z"] = time.Now().Add(-2 * silent)
	p.b.hub.peers.mu.Unlock()
	p.b.ticks <- time.Time{}
	if h := r.next("beat"); h.Nodes != "cut" {
		t.Errorf("beat says %q, want cut", h.Nodes)
	}
	late := p.b.raw("p1", "")
	if h := late.next("hello"); h.Nodes != "cut" {
		t.Errorf("hello during it says %q, want cut", h.Nodes)
	}
	missed := fix("t1", 113.9, 34, noon)
	missed.Received = noon
	if err := p.SavePositions(t.Context(), []dispatch.Position{missed}); err != nil {
		t.Fatal(err)
	}
	p.b.hub.Peers(nil)
	p.b.ticks <- time.Time{}
	if h := r.next("beat"); h.Nodes != "" {
		t.Errorf("beat after it says %q", h.Nodes)
	}
	p.b.tickUntil("the position that was missed", func() bool {
		got, ok := p.b.lane.Latest(dispatch.Live, "t1")
		return ok && got.Point.Lon() == 113.9
	})
}

// TestRandomNodes commits on either node while consoles of both are cut at
// random: all end with the same picture, none having missed a change.
func TestRandomNodes(t *testing.T) {
	p := couple(t, func(c *Config) { c.Limits.Window = 40 })
	rng := rand.New(rand.NewPCG(1, 2))
	towns := []*town{p.a, p.b}
	var consoles []*client.Console
	for i, who := range []string{"p1", "p2", "p3", "p4", "p5", "p1", "p2", "p5"} {
		consoles = append(consoles, towns[i%2].console(who))
	}
	for range 600 {
		id := fmt.Sprint("i", rng.IntN(40))
		shares := []dispatch.Share{{Agency: "water", Tier: dispatch.TierView, Redacted: rng.IntN(2) == 0}}
		seq := p.put(incident(id, []string{"fire", "water", "city"}[rng.IntN(3)], shares[:rng.IntN(2)]...))
		towns[rng.IntN(2)].hub.Committed(dispatch.Live, seq)
		if rng.IntN(12) == 0 {
			consoles[rng.IntN(len(consoles))].Cut()
		}
	}
	head, _ := p.Head(context.Background(), dispatch.Live)
	for _, w := range towns {
		w.hub.Committed(dispatch.Live, head)
	}
	for i, c := range consoles {
		towns[i%2].agree(c)
	}
}

func TestMovedThereAndBack(t *testing.T) {
	ps := []dispatch.Position{fix("t1", 113.8, 34, noon), fix("", -180, -90, time.UnixMicro(-5))}
	ps[0].Speed, ps[0].Received = 12.5, noon.Add(time.Second)
	ps[1].Received = noon
	b := writeMoved(ps)
	got, err := readMoved(b)
	if err != nil || len(got) != 2 {
		t.Fatal(got, err)
	}
	for i := range got {
		if got[i].Fixed = got[i].Fixed.UTC(); !got[i].Fixed.Equal(ps[i].Fixed) {
			t.Errorf("fixed %v, want %v", got[i].Fixed, ps[i].Fixed)
		}
		got[i].Fixed, got[i].Received = ps[i].Fixed, ps[i].Received
	}
	if !slices.Equal(got, ps) {
		t.Errorf("%+v, want %+v", got, ps)
	}
	whole := map[int]bool{1: true, len(writeMoved(ps[:1])): true}
	for n := range b {
		if _, err := readMoved(b[:n]); (err == nil) != whole[n] {
			t.Errorf("%d of %d bytes: %v", n, len(b), err)
		}
	}
}

func FuzzReadMoved(f *testing.F) {
	f.Add(writeMoved([]dispatch.Position{fix("t1", 113.8, 34, noon)}))
	f.Fuzz(func(t *testing.T, b []byte) {
		ps, err := readMoved(b)
		if err != nil {
			return
		}
		again, err := readMoved(writeMoved(ps))
		if err != nil || len(again) != len(ps) {
			t.Errorf("%d positions became %d: %v", len(ps), len(again), err)
		}
	})
}
