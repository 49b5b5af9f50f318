package realtime

import (
	"context"
	"runtime"
	"testing"
	"time"

	"liandong/dispatch"
)

// practiceBook is a book whose one journal is that of the drill.
type practiceBook struct{ *book }

func (b practiceBook) Changes(ctx context.Context, realm dispatch.Realm, after int64, limit int) ([]*dispatch.Change, error) {
	if realm != practice {
		return nil, nil
	}
	return b.book.Changes(ctx, dispatch.Live, after, limit)
}

// A drill's feed ends once the drill is over and nobody has listened for a while, and not
// before; whoever comes then gets one that runs, from where they stood.
func TestFeedOfAnEndedDrillIsLetGo(t *testing.T) {
	store := &tracks{}
	lane := NewLane(LaneConfig{Store: store})
	defer lane.Close()
	b := newBook()
	w := found(t, b, func(c *Config) { c.Journal, c.Lane = practiceBook{b}, lane })
	w.cast()
	drill := func(state dispatch.DrillState) int64 {
		seq := b.put(&dispatch.Drill{Head: dispatch.Head{Kind: dispatch.KindDrill, ID: "d1", Scope: dispatch.Scope{Open: true}}, State: state})
		w.hub.Poke(practice, seq)
		return seq
	}
	tick := func(n int) {
		for range n {
			w.ticks <- time.Time{}
		}
	}
	left := func(r *raw) {
		t.Helper()
		s := w.hub.running(practice)
		_ = r.ws.Close()
		listened := func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return len(s.groups) > 0
		}
		for late := time.Now().Add(20 * time.Second); listened(); runtime.Gosched() {
			if time.Now().After(late) {
				t.Fatal("the connection is still a listener")
			}
		}
	}

	drill(dispatch.DrillRunning)
	director := w.raw("d1", "")
	director.next("hello")
	left(director)
	tick(2 * idleTicks)
	if w.hub.running(practice) == nil {
		t.Fatal("the feed of a drill that runs was let go")
	}

	director = w.raw("d1", "")
	director.next("hello")
	drill(dispatch.DrillEnded)
	director.next("changes")
	tick(2 * idleTicks)
	if w.hub.running(practice) == nil {
		t.Fatal("the feed was let go under a listener")
	}
	left(director)
	tick(idleTicks / 2)
	again := w.raw("d1", "") // who comes between begins the time anew
	again.next("hello")
	left(again)
	tick(idleTicks / 2)
	old := w.hub.running(practice)
	if old == nil {
		t.Fatal("the feed was let go too early")
	}
	tick(idleTicks + 1) // the tick after is done with the one before
	if w.hub.running(practice) != nil {
		t.Fatal("the feed of a drill that is over, with nobody listening, was kept")
	}
	if old.join(&conn{stream: old}) {
		t.Error("a feed that was let go was joined")
	}
	lane.mu.Lock()
	kept := lane.fleets[practice] != nil
	lane.mu.Unlock()
	if kept {
		t.Error("where the drill's teams were was kept")
	}

	// Judged weeks later: the same journal, from where the evaluator stood.
	judge := w.raw("e1", "since=1&epoch=e1")
	judge.next("hello")
	if h := judge.next("changes"); h.From != 1 || h.To != 2 {
		t.Errorf("resumed with %+v", h)
	}
	seq := drill(dispatch.DrillEvaluated)
	if h := judge.next("changes"); h.To != seq {
		t.Errorf("after it: %+v, want change %d", h, seq)
	}
	// One that was over before it was loaded is let go as well.
	left(judge)
	tick(idleTicks + 1)
	if w.hub.running(practice) != nil {
		t.Error("loaded after its end, it was kept")
	}
}

// A position that waits for the store while its realm is let go does no harm.
func TestStoredAfterTheRealmWasLetGo(t *testing.T) {
	l := NewLane(LaneConfig{Store: &tracks{}})
	defer l.Close()
	p := dispatch.Position{Realm: practice, Team: "t1", Device: "x", Fixed: noon}
	l.saved(&batch{ps: []dispatch.Position{p}, notes: []note{{handle: 7}}})
	if err := l.load(context.Background(), practice); err != nil {
		t.Fatal(err)
	}
	l.saved(&batch{ps: []dispatch.Position{p}, notes: []note{{handle: 7}}})
}
