package realtime

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"liandong/dispatch"
)

// until is a share with the water service that ends after the time.
func until(d time.Duration) dispatch.Share {
	t := noon.Add(d)
	return dispatch.Share{Agency: "water", Tier: dispatch.TierView, Source: dispatch.ShareAgreement, Until: &t}
}

// With the journal silent a share that has ended shows no team on a map, and nobody at an incident.
func TestEndedShareLeavesTheMap(t *testing.T) {
	var ahead atomic.Int64
	b, s := newBook(), &tracks{}
	b.put(team("t1", "fire", until(time.Minute)), incident("i1", "fire", until(time.Minute)))
	l := lane(t, s)
	w := found(t, b, func(c *Config) {
		c.Lane = l
		c.Now = func() time.Time { return noon.Add(time.Duration(ahead.Load())) }
		c.Limits.Silence = 1000 * time.Hour
	})
	report := func(p dispatch.Position) {
		t.Helper()
		if _, err := l.Report(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	at := noon.Add(-time.Hour)
	report(fix("t1", 113.80, 34.0, at))
	fire := w.raw("p1", "")
	fire.say(`{"t":"open","incident":"i1"}`)
	water := w.raw("p2", "")
	water.say(`{"t":"look","bound":[113.7,33.9,113.9,34.1],"zoom":11}`)
	if h := water.next("positions").Moved; !slices.Equal(h.Team, []string{"t1"}) {
		t.Fatalf("the first look: %+v", h)
	}
	for open := 0; open == 0; {
		w.ticks <- time.Time{}
		open = len(water.next("presence").Open)
	}
	ahead.Store(int64(59 * time.Second))
	report(fix("t1", 113.801, 34.0, at.Add(time.Minute)))
	w.ticks <- time.Time{}
	if h := water.next("positions").Moved; !slices.Equal(h.Team, []string{"t1"}) {
		t.Fatalf("before the end: %+v", h)
	}
	ahead.Store(int64(time.Minute))
	w.ticks <- time.Time{}
	for left := []string{"positions_gone", "presence"}; len(left) > 0; { // in either order
		h := water.any()
		if h.T == "positions_gone" && !slices.Equal(h.Gone, []string{"t1"}) || h.T == "presence" && len(h.Open) != 0 {
			t.Errorf("at the end: %+v", h)
		}
		left = slices.DeleteFunc(left, func(x string) bool { return x == h.T })
	}
	report(fix("t1", 113.802, 34.0, at.Add(2*time.Minute)))
	w.ticks <- time.Time{}
	water.say(`{"t":"look","bound":[113.7,33.9,113.9,34.1],"zoom":11}`)
	if h := water.next("positions").Moved; !h.Full || len(h.Team) != 0 {
		t.Errorf("looking again after the end: %+v", h)
	}
	if got, _ := w.Head(t.Context(), dispatch.Live); got != 1 {
		t.Errorf("the journal grew to %d", got)
	}
}

// Who comes back after the end of a share is told nothing of what was shown by it, whatever stands in
// the window or was encoded for others before; what such a console still holds it is told to drop.
func TestEndedShareIsNotToldAnew(t *testing.T) {
	var ahead atomic.Int64
	w := found(t, newBook(), func(c *Config) {
		c.Now = func() time.Time { return noon.Add(time.Duration(ahead.Load())) }
		c.Limits.Silence = 1000 * time.Hour
	})
	first := w.raw("p2", "")
	first.next("hello")
	w.say(incident("i1", "fire", until(time.Minute)))
	if h := first.next("changes"); len(h.Changes[0].Put) != 1 {
		t.Fatalf("while it lasts: %+v", h)
	}
	again := w.raw("p2", "since=0&epoch=e1")
	if h := again.next("changes"); len(h.Changes[0].Put) != 1 {
		t.Fatalf("resumed while it lasts: %+v", h)
	}
	ahead.Store(int64(time.Minute))
	w.say(incident("i2", "water"))
	late := w.raw("p2", "since=0&epoch=e1")
	if h := late.next("changes"); len(h.Changes) != 1 || h.Changes[0].Put[0].ID != "i2" {
		t.Errorf("resumed after the end: %+v", h)
	}
	if h := first.next("changes"); len(h.Changes) != 1 || h.Changes[0].Put[0].ID != "i2" {
		t.Errorf("at the end: %+v", h)
	}
	// The share still stands in the record: nothing has taken it away.
	w.say(incident("i1", "fire", until(time.Minute)))
	for _, r := range []*raw{first, late} {
		if h := r.next("changes"); len(h.Changes[0].Put) != 0 || len(h.Changes[0].Drop) != 1 || h.Changes[0].Drop[0].ID != "i1" {
			t.Errorf("a change after the end: %+v", h)
		}
	}
}
