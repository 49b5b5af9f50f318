package realtime

import (
	"context"
	"fmt"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/geo"
)

// simTable are simulated teams in memory.
type simTable struct {
	head  int64
	reads int
	sims  map[dispatch.Realm][]dispatch.Record
}

func (s *simTable) Head(context.Context, dispatch.Realm) (int64, error) { return s.head, nil }

func (s *simTable) Find(_ context.Context, q dispatch.Query) ([]dispatch.Record, error) {
	s.reads++
	return s.sims[q.Realm], nil
}

func simOf(team string, leg *dispatch.Leg, at *geo.Point) *dispatch.Sim {
	s := &dispatch.Sim{Mode: dispatch.SimAuto, Leg: leg, At: at}
	dispatch.HeadOf(s).ID = team
	return s
}

// Simulated teams are where their legs and the drill's clock say, at any rate; no
// position is stale while the clock runs or stands, and none goes to another realm.
func TestSimsAreWhereTheClockSays(t *testing.T) {
	t.Parallel()
	const realm = dispatch.Realm("drill:a")
	stored := &tracks{}
	l := NewLane(LaneConfig{Store: stored, Now: func() time.Time { return noon }, Fences: NewFences(FencesConfig{})})
	t.Cleanup(l.Close)
	at := time.Date(2031, 5, 1, 8, 0, 0, 0, time.UTC) // far from the wall's
	base := geo.At(113.8, 34)
	table := &simTable{sims: map[dispatch.Realm][]dispatch.Record{realm: {
		simOf("goes", &dispatch.Leg{From: base, To: geo.At(114.8, 34), Departed: at, Arrives: at.Add(time.Hour)}, nil),
		simOf("stands", nil, &base), simOf("unknown", nil, nil)}}}
	s := &Sims{Records: table, Lane: l, Clock: func(dispatch.Realm) time.Time { return at }}
	look := func() {
		t.Helper()
		if err := s.Step(t.Context(), []dispatch.Realm{dispatch.Live, realm}); err != nil {
			t.Fatal(err)
		}
	}
	look()
	for n := range 90 { // at sixty times as fast
		at = at.Add(time.Minute)
		look()
		p, ok := l.Latest(realm, "goes")
		if want := min(113.8+float64(n+1)/60, 114.8); !ok || p.Point.Lon() < want-1e-6 || p.Point.Lon() > want+1e-6 {
			t.Fatalf("after %d minutes it is at %v, want %.4f", n+1, p.Point, want)
		}
		for _, team := range []string{"goes", "stands"} {
			if p, _ := l.Latest(realm, team); at.Sub(p.Fixed) > l.Stale(p.Source)/2 {
				t.Fatalf("%s was told %s ago", team, at.Sub(p.Fixed))
			}
		}
	}
	if _, ok := l.Latest(dispatch.Live, "goes"); ok {
		t.Error("it is in the realm live")
	}
	if _, ok := l.Latest(realm, "unknown"); ok {
		t.Error("a team is somewhere, and nobody knows where")
	}
	if table.reads != 1 {
		t.Errorf("the teams were read %d times", table.reads)
	}
	// The clock stands: nothing is told. A team is put far away by hand: it is told.
	count := func() int {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.tally.shown
	}
	before := count()
	look()
	look()
	if n := count(); n != before {
		t.Errorf("while the clock stands %d are told", n-before)
	}
	far := geo.At(115.9, 36)
	table.head, table.sims[realm][0] = 1, simOf("goes", nil, &far)
	look()
	if p, _ := l.Latest(realm, "goes"); p.Point != far {
		t.Errorf("it is at %v", p.Point)
	}
	// A new runner, on another node, tells nothing twice.
	before = count()
	s = &Sims{Records: table, Lane: l, Clock: s.Clock}
	look()
	if n := count(); n != before || len(l.tally.refused) > 0 {
		t.Errorf("a second runner told %d, refused %v", n-before, l.tally.refused)
	}
}

// Hundreds of simulated teams are told each second, and none is throttled.
func TestManySims(t *testing.T) {
	t.Parallel()
	const realm = dispatch.Realm("drill:b")
	l := lane(t, &tracks{})
	at := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	table := &simTable{sims: map[dispatch.Realm][]dispatch.Record{}}
	for n := range 500 {
		table.sims[realm] = append(table.sims[realm], simOf(fmt.Sprint("t", n), &dispatch.Leg{From: geo.At(113.8, 34), To: geo.At(114.8, 34), Departed: at, Arrives: at.Add(10 * time.Hour)}, nil))
	}
	s := &Sims{Records: table, Lane: l, Clock: func(dispatch.Realm) time.Time { return at }}
	for range 30 {
		at = at.Add(time.Second)
		if err := s.Step(t.Context(), []dispatch.Realm{realm}); err != nil {
			t.Fatal(err)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tally.shown != 500*30 || len(l.tally.refused) > 0 {
		t.Errorf("shown %d, refused %v", l.tally.shown, l.tally.refused)
	}
}
