package realtime

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"liandong/dispatch"
	"liandong/geo"
)

// tracks is a position store in memory.
type tracks struct {
	mu      sync.Mutex
	saved   []dispatch.Position
	batches int
	broken  error
	gate    chan struct{} // where set, a batch waits for it
	begun   chan int
}

func (s *tracks) SavePositions(ctx context.Context, ps []dispatch.Position) error {
	if s.begun != nil {
		s.begun <- len(ps)
	}
	if s.gate != nil {
		select {
		case <-s.gate:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		return s.broken
	}
	s.saved = append(s.saved, ps...)
	s.batches++
	return nil
}

func (s *tracks) LatestPositions(context.Context, dispatch.Realm) ([]dispatch.Position, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	latest := map[string]dispatch.Position{}
	for _, p := range s.saved {
		if p.Flag == "" && !p.Fixed.Before(latest[p.Team].Fixed) {
			latest[p.Team] = p
		}
	}
	var out []dispatch.Position
	for _, p := range latest {
		out = append(out, p)
	}
	return out, s.broken
}

func fix(team string, lon, lat float64, at time.Time) dispatch.Position {
	return dispatch.Position{Realm: dispatch.Live, Team: team, Device: "d-" + team, Point: geo.At(lon, lat), Speed: -1, Heading: -1, Accuracy: -1, Fixed: at, Source: "osmand"}
}

// lane starts a lane whose clock stands at noon.
func lane(t *testing.T, s PositionStore) *Lane {
	l := NewLane(LaneConfig{Store: s, Now: func() time.Time { return noon }, Stale: stale})
	t.Cleanup(l.Close)
	return l
}

func TestPlausibility(t *testing.T) {
	sec := func(n float64) time.Time { return noon.Add(time.Duration(n * float64(time.Second))) }
	accurate := func(p dispatch.Position, m float64) dispatch.Position { p.Accuracy = m; return p }
	for name, test := range map[string]struct {
		reports []dispatch.Position
		want    []dispatch.PositionFlag
	}{
		"moving":                {[]dispatch.Position{fix("t", 113.80, 34, sec(-60)), fix("t", 113.81, 34, sec(0))}, []dispatch.PositionFlag{"", ""}},
		"a minute ahead":        {[]dispatch.Position{fix("t", 113.80, 34, sec(60)), fix("t", 113.80, 34, sec(60.1))}, []dispatch.PositionFlag{"", "future"}},
		"older":                 {[]dispatch.Position{fix("t", 113.80, 34, sec(0)), fix("t", 113.80, 34, sec(-1))}, []dispatch.PositionFlag{"", "late"}},
		"69 m/s":                {[]dispatch.Position{fix("t", 113.80, 34, sec(-10)), fix("t", 113.80, 34.0062, sec(0))}, []dispatch.PositionFlag{"", ""}},
		"71 m/s":                {[]dispatch.Position{fix("t", 113.80, 34, sec(-10)), fix("t", 113.80, 34.0064, sec(0))}, []dispatch.PositionFlag{"", "jump"}},
		"inaccurate":            {[]dispatch.Position{fix("t", 113.80, 34, sec(-10)), accurate(fix("t", 113.80, 34.0064, sec(0)), 30)}, []dispatch.PositionFlag{"", ""}},
		"absurdly inaccurate":   {[]dispatch.Position{fix("t", 113.80, 34, sec(-10)), accurate(fix("t", 114.80, 34, sec(0)), 1e6)}, []dispatch.PositionFlag{"", "jump"}},
		"jump and back":         {[]dispatch.Position{fix("t", 113.80, 34, sec(-9)), fix("t", 115, 34, sec(-8)), fix("t", 113.80, 34, sec(-7)), fix("t", 115, 34, sec(-6)), fix("t", 115, 34, sec(-5))}, []dispatch.PositionFlag{"", "jump", "", "jump", "jump"}},
		"first one was wrong":   {[]dispatch.Position{fix("t", 100, 30, sec(-9)), fix("t", 113.8, 34, sec(-8)), fix("t", 113.8, 34, sec(-7)), fix("t", 113.8, 34, sec(-6)), fix("t", 113.8, 34, sec(-5))}, []dispatch.PositionFlag{"", "jump", "jump", "", ""}},
		"jumps that disagree":   {[]dispatch.Position{fix("t", 113.8, 34, sec(-9)), fix("t", 100, 34, sec(-8)), fix("t", 105, 34, sec(-7)), fix("t", 100, 34, sec(-6)), fix("t", 105, 34, sec(-5))}, []dispatch.PositionFlag{"", "jump", "jump", "jump", "jump"}},
		"clock a day ahead":     {[]dispatch.Position{fix("t", 113.80, 34, sec(86400)), fix("t", 113.81, 34, sec(0)), fix("t", 113.81, 34, sec(86401))}, []dispatch.PositionFlag{"future", "", "future"}},
		"clock a day behind":    {[]dispatch.Position{fix("t", 113.80, 34, sec(-86400)), fix("t", 113.81, 34, sec(0)), fix("t", 113.82, 34, sec(-86399))}, []dispatch.PositionFlag{"", "", "late"}},
		"a long way, long time": {[]dispatch.Position{fix("t", 100, 34, sec(-86400)), fix("t", 113.8, 34, sec(0))}, []dispatch.PositionFlag{"", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			s := &tracks{}
			l := lane(t, s)
			for i, p := range test.reports {
				out, err := l.Report(t.Context(), p)
				if err != nil || out.Flag != test.want[i] || out.Shown != (out.Flag == "") {
					t.Errorf("report %d: %+v, %v; want flag %q", i, out, err, test.want[i])
				}
			}
			if len(s.saved) != len(test.reports) {
				t.Errorf("%d stored of %d: what is not shown is stored, too", len(s.saved), len(test.reports))
			}
			shown := test.reports[0]
			for i, f := range test.want {
				if f == "" {
					shown = test.reports[i]
				}
			}
			if p, ok := l.Latest(dispatch.Live, "t"); !ok || p.Point != shown.Point || !p.Fixed.Equal(shown.Fixed) {
				t.Errorf("shown is %+v, want %+v", p, shown)
			}
		})
	}
}

func TestRefusedPositions(t *testing.T) {
	s := &tracks{}
	l := lane(t, s)
	for _, p := range []dispatch.Position{fix("t", 0, 0, noon), fix("t", 34, 113.8, noon), fix("t", math.NaN(), 34, noon), fix("", 113.8, 34, noon)} {
		if _, err := l.Report(t.Context(), p); dispatch.CodeOf(err) != dispatch.Invalid {
			t.Errorf("%+v: got %v", p, err)
		}
	}
	l.Refuse("unknown device")
	st := l.Stats()
	if len(s.saved) != 0 || st.Held["zero"] != 1 || st.Held["point"] != 2 || st.Held["team"] != 1 || st.Held["unknown device"] != 1 || st.Devices["d-t"].Held["zero"] != 1 {
		t.Errorf("stored %v, counted %+v", s.saved, st)
	}
}

func TestUntoldIsUnknown(t *testing.T) {
	s := &tracks{}
	l := lane(t, s)
	p := fix("t", 113.8, 34, time.Time{})
	p.Speed, p.Heading, p.Accuracy = math.NaN(), 360, math.Inf(1)
	if _, err := l.Report(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if got := s.saved[0]; got.Speed != -1 || got.Heading != 0 || got.Accuracy != -1 || !got.Fixed.Equal(noon) || !got.Received.Equal(noon) {
		t.Errorf("got %+v", got)
	}
}

func TestRepeatIsStoredOnce(t *testing.T) {
	s := &tracks{broken: nil}
	l := lane(t, s)
	if _, err := l.Report(t.Context(), fix("t", 113.8, 34, noon)); err != nil {
		t.Fatal(err)
	}
	if out, err := l.Report(t.Context(), fix("t", 113.8, 34, noon)); err != nil || !out.Repeat || len(s.saved) != 1 {
		t.Errorf("got %+v, %v; %d stored", out, err, len(s.saved))
	}
	s.mu.Lock()
	s.broken = errors.New("disk full")
	s.mu.Unlock()
	if _, err := l.Report(t.Context(), fix("t", 113.8, 34, noon.Add(time.Second))); dispatch.CodeOf(err) != dispatch.Unavailable {
		t.Errorf("a position that was not stored was answered with %v", err)
	}
	s.mu.Lock()
	s.broken = nil
	s.mu.Unlock()
	// The device sends it again, as it was told: it must reach the store now.
	if out, err := l.Report(t.Context(), fix("t", 113.8, 34, noon.Add(time.Second))); err != nil || out.Repeat || out.Flag != "" || len(s.saved) != 2 {
		t.Errorf("got %+v, %v; %d stored", out, err, len(s.saved))
	}
}

func TestGroupCommit(t *testing.T) {
	s := &tracks{gate: make(chan struct{}), begun: make(chan int, 10)}
	l := NewLane(LaneConfig{Store: s, Batch: 8, Within: time.Minute})
	var reporting sync.WaitGroup
	report := func(team string) {
		reporting.Go(func() {
			if _, err := l.Report(context.Background(), fix(team, 113.8, 34, noon)); err != nil {
				t.Error(err)
			}
		})
	}
	report("first")
	if n := <-s.begun; n != 1 {
		t.Fatalf("a lone position waited for %d", n)
	}
	for i := range 11 {
		if err := l.Submit(context.Background(), fix(fmt.Sprint("t", i), 113.8, 34, noon)); err != nil {
			t.Fatal(err)
		}
	}
	close(s.gate)
	if a, b := <-s.begun, <-s.begun; a != 8 || b != 3 {
		t.Errorf("what gathered went in batches of %d and %d, want 8 and 3", a, b)
	}
	reporting.Wait()
	l.Close()
	if len(s.saved) != 12 {
		t.Errorf("%d stored, want 12", len(s.saved))
	}
	if _, err := l.Report(context.Background(), fix("t", 113.8, 34, noon.Add(time.Hour))); dispatch.CodeOf(err) != dispatch.Unavailable {
		t.Errorf("a closed lane answered %v", err)
	}
}

func TestStoreThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &tracks{gate: make(chan struct{})}
		l := NewLane(LaneConfig{Store: s, Queue: 2})
		begun := time.Now()
		_, err := l.Report(t.Context(), fix("t", 113.8, 34, begun))
		if took := time.Since(begun); dispatch.CodeOf(err) != dispatch.Unavailable || took != 2*time.Second {
			t.Errorf("answered %v after %v, want unavailable after 2 s", err, took)
		}
		synctest.Wait()
		var last error
		for i := range 4 {
			last = l.Submit(t.Context(), fix(fmt.Sprint(i), 113.8, 34, time.Now()))
			synctest.Wait() // the first goes to the store, which hangs; the next fill the queue
		}
		if dispatch.CodeOf(last) != dispatch.Throttled {
			t.Errorf("a full queue answered %v", last)
		}
		close(s.gate)
		l.Close()
	})
}

func TestRestartKnowsWhereTeamsWere(t *testing.T) {
	s := &tracks{}
	l := NewLane(LaneConfig{Store: s, Now: func() time.Time { return noon }})
	if _, err := l.Report(t.Context(), fix("t", 113.8, 34, noon)); err != nil {
		t.Fatal(err)
	}
	l.Close()
	l = lane(t, s)
	if out, err := l.Report(t.Context(), fix("t", 100, 34, noon.Add(time.Second))); err != nil || out.Flag != dispatch.PositionJump {
		t.Errorf("after a restart a jump is %+v, %v", out, err)
	}
}

func TestPositionsOnTheMap(t *testing.T) {
	b, s := newBook(), &tracks{}
	b.put(team("t1", "fire"), team("t2", "water"), team("t3", "fire"))
	l := lane(t, s)
	w := found(t, b, func(c *Config) { c.Lane = l })
	report := func(p dispatch.Position) {
		t.Helper()
		if _, err := l.Report(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	at := noon.Add(-time.Hour)
	report(fix("t1", 113.80, 34.0, at))
	report(fix("t2", 113.81, 34.0, at)) // of another agency: in the pool, but where it is, is its own
	report(fix("t3", 120.00, 34.0, at)) // far away
	r := w.raw("p1", "")
	r.say(`{"t":"look","bound":[113.7,33.9,113.9,34.1],"zoom":11}`)
	h := r.next("positions")
	if h := h.Moved; !h.Full || !slices.Equal(h.Team, []string{"t1"}) || h.Speed[0] != -1 || h.Stale[0] != 90 || h.Source[0] != "osmand" || !h.Fixed[0].Equal(at) {
		t.Fatalf("the first look: %+v", h)
	}
	report(fix("t1", 113.801, 34.0, at.Add(time.Minute)))
	report(fix("t2", 113.811, 34.0, at.Add(time.Minute)))
	report(fix("t3", 120.001, 34.0, at.Add(time.Minute)))
	w.ticks <- time.Time{}
	if h := r.next("positions").Moved; h.Full || !slices.Equal(h.Team, []string{"t1"}) || h.Lon[0] != 113.801 {
		t.Errorf("what moved: %+v", h)
	}
	// It leaves what the console looks at: told once more, then no longer.
	report(fix("t1", 115, 34.0, at.Add(time.Hour)))
	w.ticks <- time.Time{}
	if h := r.next("positions").Moved; h.Full || !slices.Equal(h.Team, []string{"t1"}) || h.Lon[0] != 115 {
		t.Errorf("leaving the view: %+v", h)
	}
	// A share shows a team, its end takes it off the map at once.
	w.say(team("t2", "water", dispatch.Share{Agency: "fire", Tier: dispatch.TierView}))
	r.next("changes")
	w.ticks <- time.Time{}
	if h := r.next("positions").Moved; !slices.Equal(h.Team, []string{"t2"}) {
		t.Errorf("a share: %+v", h)
	}
	w.say(team("t2", "water"))
	if h := r.next("positions_gone"); !slices.Equal(h.Gone, []string{"t2"}) {
		t.Errorf("the end of a share: %+v", h)
	}
	if h := r.next("positions").Moved; !h.Full || len(h.Team) != 0 {
		t.Errorf("after the end of a share: %+v", h)
	}
}

func TestLeadersPhone(t *testing.T) {
	b, s := newBook(), &tracks{}
	b.put(team("t1", "fire"))
	l := lane(t, s)
	w := found(t, b, func(c *Config) { c.Lane = l })
	r := w.raw("p4", "")
	r.say(`{"t":"look","bound":[113,33,115,35],"zoom":9}`)
	r.next("positions")
	r.say(`{"t":"position","lon":113.8,"lat":34,"accuracy":8,"speed":null,"heading":90,"at":"2026-05-12T03:59:00Z"}`)
	r.say(`{"t":"position","lon":0,"lat":0}`)
	if h := r.next("refused"); h.ID != "" || h.Problem.Field != "zero" {
		t.Errorf("0,0: %+v", h)
	}
	r.say(`{"t":"position","id":"fix-1","lon":0,"lat":0}`)
	if h := r.next("refused"); h.ID != "fix-1" || h.Problem.Field != "zero" {
		t.Errorf("0,0 with an id: %+v", h)
	}
	w.ticks <- time.Time{}
	if h := r.next("positions").Moved; !slices.Equal(h.Team, []string{"t1"}) || h.Source[0] != "phone" || h.Stale[0] != 60 {
		t.Errorf("got %+v", h)
	}
	r.say(`{"t":"position","id":"fix-2","lon":113.8001,"lat":34,"at":"2026-05-12T03:59:30Z"}`)
	if h := r.next("placed"); h.ID != "fix-2" || !h.Shown {
		t.Errorf("a fix that asks for an answer: %+v", h)
	}
	if got, _ := s.LatestPositions(t.Context(), dispatch.Live); len(got) != 1 || got[0].Point.Lon() != 113.8001 {
		t.Errorf("answered before it was stored: the store holds %+v", got)
	}
}

// TestSlowReaderGetsTheNewest works on the slots: what is offered while
// nothing is taken becomes one frame with the newest.
func TestSlowReaderGetsTheNewest(t *testing.T) {
	h := &Hub{limits: Limits{}.orDefault()}
	c := &conn{hub: h, looks: &look{}}
	c.writing = true // a write is under way
	f := prepare([]byte(`{}`))
	c.offer(f)
	if c.moved != f || c.place {
		t.Fatalf("one tick waits as it is; %+v", c.pending)
	}
	for range 5 {
		c.offer(f)
	}
	if c.moved != nil || !c.place {
		t.Errorf("more than one tick become one look at everything; %+v", c.pending)
	}
}

func TestCells(t *testing.T) {
	r := cellsOf(geo.Bound{-0.01, -0.01, 0.07, 0.01})
	if r.from != (cell{-1, -1}) || r.to != (cell{1, 0}) || r.count() != 6 {
		t.Errorf("got %+v", r)
	}
	if b := r.bound(); b != (geo.Bound{-0.0625, -0.0625, 0.125, 0.0625}) {
		t.Errorf("got %v", b)
	}
	if !r.has(cell{0, -1}) || r.has(cell{2, 0}) || r.has(cell{0, 1}) {
		t.Error("has is wrong at the edges")
	}
}

// stale is how old a position of a source may be, as a city would set it.
var stale = map[string]time.Duration{"osmand": 90 * time.Second, "owntracks": 300 * time.Second, "phone": 60 * time.Second}
