package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"liandong/dispatch"
	"liandong/realtime/client"
)

func TestEveryConsoleGetsItsChanges(t *testing.T) {
	w := found(t, newBook(), nil)
	w.put(incident("i0", "fire"))
	consoles := map[string]*client.Console{}
	for _, who := range []string{"p1", "p2", "p3", "p4", "p5"} {
		consoles[who] = w.console(who)
	}
	w.say(incident("i1", "fire"), team("t1", "fire"))
	w.say(incident("i2", "water"))
	w.say(incident("i1", "fire", dispatch.Share{Agency: "water", Tier: dispatch.TierView, Redacted: true}))
	w.say(incident("i1", "fire"))
	w.commit(nil, []dispatch.Ref{{Kind: dispatch.KindIncident, ID: "i0"}})
	w.hub.Poke(dispatch.Live, 5)
	for _, c := range consoles {
		w.agree(c)
	}
	if s := consoles["p1"].Stats(); s.Snapshots != 1 || s.Connects != 1 {
		t.Errorf("connected more than once: %+v", s)
	}
}

func TestViewOfAnAudience(t *testing.T) {
	w := found(t, newBook(), nil)
	water := w.raw("p2", "")
	if h := water.next("hello"); h.Epoch != "e1" || h.Seq != 0 || h.Beat != 4 {
		t.Errorf("hello %+v", h)
	}
	w.say(incident("i1", "fire")) // not to be seen
	w.say(incident("i1", "fire", dispatch.Share{Agency: "water", Tier: dispatch.TierView, Redacted: true}))
	h := water.next("changes")
	if h.From != 0 || h.To != 2 || len(h.Changes) != 1 || h.Changes[0].Put[0].ID != "i1" || h.Changes[0].Put[0].Phone != "" || h.Changes[0].Note != "" {
		t.Errorf("entering the view, redacted: got %+v", h)
	}
	w.say(incident("i1", "fire"))
	h = water.next("changes")
	if h.From != 2 || h.To != 3 || len(h.Changes) != 1 || len(h.Changes[0].Put) != 0 || h.Changes[0].Drop[0].ID != "i1" {
		t.Errorf("leaving the view: got %+v", h)
	}
}

func TestResumeAfterACut(t *testing.T) {
	w := found(t, newBook(), func(c *Config) { c.Limits.Window = 5 })
	c := w.console("p1")
	for i := range 200 {
		w.say(incident(fmt.Sprint("i", i), "fire"))
		if i%20 == 10 {
			c.Cut()
		}
	}
	w.agree(c)
	if s := c.Stats(); s.Snapshots != 1 || s.Changes != 200 || s.Connects < 2 {
		t.Errorf("want one snapshot, 200 changes, more than one connection; got %+v", s)
	}
}

func TestResumeFromTheJournal(t *testing.T) {
	b := newBook()
	for i := range 1700 { // far more than the window holds and than a page
		if i%3 == 0 {
			b.put(incident(fmt.Sprint("i", i), "fire"))
		} else {
			b.put(incident(fmt.Sprint("i", i), "water"))
		}
	}
	w := found(t, b, func(c *Config) { c.Limits.Window = 10 })
	r := w.raw("p1", "since=2&epoch=e1")
	seen, cursor := 0, int64(2)
	for cursor < 1699 { // the last that fire sees is 1699
		h := r.next("changes")
		if h.From != cursor {
			t.Fatalf("frame from %d, cursor %d", h.From, cursor)
		}
		cursor = h.To
		seen += len(h.Changes)
	}
	if seen != 566 { // 4, 7, … 1699
		t.Errorf("saw %d changes, want 566", seen)
	}
	w.ticks <- time.Time{}
	for range 3 {
		w.ticks <- time.Time{}
	}
	if h := r.next("beat"); h.From != cursor || h.To != 1700 {
		t.Errorf("beat %+v, want from %d to 1700", h, cursor)
	}
}

func TestLostBell(t *testing.T) {
	w := found(t, newBook(), nil)
	c := w.console("p1")
	w.wait(c, w.put(incident("i1", "fire"))) // nobody rings
}

func TestSnapshotNewerThanTheFeed(t *testing.T) {
	w := found(t, newBook(), nil)
	if err := w.hub.Open(context.Background(), dispatch.Live); err != nil {
		t.Fatal(err)
	}
	w.put(incident("i1", "fire")) // the hub does not know of it yet
	r := w.raw("p1", "since=1&epoch=e1")
	r.next("hello")
	w.say(incident("i2", "fire"))
	if h := r.next("changes"); h.From != 1 || h.To != 2 || len(h.Changes) != 1 || h.Changes[0].Seq != 2 {
		t.Errorf("got %+v", h)
	}
}

func TestBeat(t *testing.T) {
	w := found(t, newBook(), nil)
	r := w.raw("p2", "")
	r.next("hello")
	other := w.raw("p1", "")
	other.next("hello")
	w.say(incident("i1", "fire"))
	other.next("changes") // so the hub has delivered it
	for range 4 {
		w.ticks <- time.Time{}
	}
	if h := r.next("beat"); h.From != 0 || h.To != 1 || h.JournalAt.IsZero() {
		t.Errorf("a change not to be seen must advance to with the beat: %+v", h)
	}
}

func TestSlowReaderIsClosedAndLosesNothing(t *testing.T) {
	w := found(t, newBook(), func(c *Config) { c.Limits.Queue = 64 << 10 })
	slow, quick := w.raw("p1", "since=0&epoch=e1"), w.console("p1")
	long := strings.Repeat("长", 2000)
	var head int64
	for i := range 300 { // 1.8 MB; the kernel and the queue hold far less
		in := incident(fmt.Sprint("i", i), "fire")
		in.Description = long
		head = w.say(in)
		w.wait(quick, head) // one slow reader holds up nobody
	}
	cursor, seen := int64(0), 0
	drain := func(r *raw) error {
		for {
			_ = r.ws.SetReadDeadline(time.Now().Add(20 * time.Second))
			_, b, err := r.ws.ReadMessage()
			if err != nil {
				return err
			}
			var h heard
			if err := json.Unmarshal(b, &h); err != nil {
				return err
			}
			if h.T != "changes" {
				continue
			}
			if h.From != cursor {
				t.Fatalf("frame from %d, cursor %d", h.From, cursor)
			}
			cursor = h.To
			seen += len(h.Changes)
			if cursor == head {
				return nil
			}
		}
	}
	if err := drain(slow); !websocket.IsCloseError(err, int(CloseSlow)) {
		t.Fatalf("the slow reader ended with %v at %d, want the code slow", err, cursor)
	}
	if err := drain(w.raw("p1", fmt.Sprintf("since=%d&epoch=e1", cursor))); err != nil {
		t.Fatal(err)
	}
	if seen != 300 {
		t.Errorf("saw %d changes, want 300", seen)
	}
}

func TestWhereAConnectionCannotResume(t *testing.T) {
	b := newBook()
	for range 30 {
		b.put(incident("i", "fire"))
	}
	w := found(t, b, func(c *Config) { c.Limits.TooOld = 20 })
	for query, want := range map[string]CloseCode{
		"since=9&epoch=e1":  CloseTooOld,
		"since=-1&epoch=e1": CloseTooOld,
		"since=30&epoch=e0": CloseEpoch,
		"since=31&epoch=e1": CloseEpoch, // beyond the journal: it is of another one
	} {
		if code, reason := w.raw("p1", query).closed(); code != int(want) || reason != want.String() {
			t.Errorf("%s: closed with %d %s, want %d %s", query, code, reason, want, want)
		}
	}
	w.raw("p1", "since=10&epoch=e1").next("changes")
}

func TestEpochMoves(t *testing.T) {
	w := found(t, newBook(), nil)
	w.put(incident("i1", "fire"))
	r := w.raw("p1", "")
	r.next("hello")
	c := w.console("p1")
	w.book.mu.Lock()
	w.epoch, w.changes = "e2", nil // restored from before the change
	delete(w.records, dispatch.Ref{Kind: dispatch.KindIncident, ID: "i1"})
	w.book.mu.Unlock()
	if code, _ := r.closed(); code != int(CloseEpoch) {
		t.Errorf("closed with %d, want epoch", code)
	}
	w.say(incident("i2", "fire"))
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := c.Until(ctx, func(p *client.Picture) bool { return p.Epoch == "e2" }); err != nil {
		t.Fatal(err)
	}
	w.agree(c)
}

func TestRightsThatMoved(t *testing.T) {
	person := func(agency string, locked bool, roles ...dispatch.Role) *dispatch.Person {
		return &dispatch.Person{Head: dispatch.Head{Kind: dispatch.KindPerson, ID: "p1", Scope: dispatch.Scope{Agency: agency, Admin: true}}, Roles: roles, Locked: locked}
	}
	agency := &dispatch.Agency{Head: dispatch.Head{Kind: dispatch.KindAgency, ID: "fire"}, Jurisdiction: "4110"}
	for name, test := range map[string]struct {
		record dispatch.Record
		want   CloseCode
	}{
		"role taken":         {person("fire", false, dispatch.RoleObserver), CloseScope},
		"agency changed":     {person("water", false, dispatch.RoleDispatcher), CloseScope},
		"locked":             {person("fire", true, dispatch.RoleDispatcher), CloseAuth},
		"jurisdiction given": {agency, CloseScope},
	} {
		t.Run(name, func(t *testing.T) {
			w := found(t, newBook(), nil)
			r, other := w.raw("p1", ""), w.raw("p2", "")
			r.next("hello")
			other.next("hello")
			w.say(person("fire", false, dispatch.RoleDispatcher)) // nothing moved
			r.next("changes")
			w.say(test.record)
			if code, _ := r.closed(); code != int(test.want) {
				t.Errorf("closed with %d, want %d", code, test.want)
			}
			w.say(incident("i", "water"))
			other.next("changes") // the others stay
		})
	}
}

func TestCloseBySession(t *testing.T) {
	w := found(t, newBook(), nil)
	r, other := w.raw("p1", ""), w.raw("p2", "")
	r.next("hello")
	other.next("hello")
	if n := w.hub.Close(func(a dispatch.Actor) bool { return a.Session == "s1" }, CloseAuth); n != 1 {
		t.Errorf("closed %d, want 1", n)
	}
	if code, _ := r.closed(); code != int(CloseAuth) {
		t.Errorf("closed with %d, want auth", code)
	}
	w.say(incident("i", "water"))
	other.next("changes")
	w.mu.Lock()
	w.valid = false // signed out between authentication and here
	w.mu.Unlock()
	if code, _ := w.raw("p1", "").closed(); code != int(CloseAuth) {
		t.Errorf("closed with %d, want auth", code)
	}
}

func TestGapInTheJournalIsNeverSkipped(t *testing.T) {
	w := found(t, newBook(), nil)
	r := w.raw("p1", "")
	r.next("hello")
	w.book.mu.Lock()
	w.changes = append(w.changes, &dispatch.Change{Seq: 2, Realm: dispatch.Live})
	w.book.mu.Unlock()
	if err := w.hub.running(dispatch.Live).follow(context.Background(), false); err == nil {
		t.Error("a gap was accepted")
	}
	w.book.mu.Lock()
	w.changes = nil
	w.book.mu.Unlock()
	w.say(incident("i", "fire"))
	if h := r.next("changes"); h.From != 0 || h.To != 1 {
		t.Errorf("got %+v", h)
	}
}

func TestJournalAway(t *testing.T) {
	w := found(t, newBook(), nil)
	r := w.raw("p1", "")
	r.next("hello")
	w.book.mu.Lock()
	w.broken = errors.New("connection refused")
	w.book.mu.Unlock()
	if err := w.hub.Serve(nil, (&http.Request{}).WithContext(context.Background()), Client{Actor: dispatch.Actor{Realm: "drill:1"}}, Handlers{}); dispatch.CodeOf(err) != dispatch.Unavailable {
		t.Errorf("a realm that cannot be read: got %v", err)
	}
	seq := w.put(incident("i", "fire"))
	w.book.mu.Lock()
	w.broken = nil
	w.book.mu.Unlock()
	w.hub.Poke(dispatch.Live, seq)
	if h := r.next("changes"); h.To != seq {
		t.Errorf("got %+v", h)
	}
}

// TestRandomCuts is the whole contract: consoles of all audiences are cut at
// random while records enter and leave their views, and at the end each picture
// is byte-equal to a fresh snapshot.
func TestRandomCuts(t *testing.T) {
	const consoles, writers, each = 30, 4, 150
	w := found(t, newBook(), func(c *Config) { c.Limits.Window, c.Limits.Queue = 40, 32<<10 })
	who := []string{"p1", "p2", "p3", "p4", "p5"}
	var all []*client.Console
	for i := range consoles {
		all = append(all, w.console(who[i%len(who)]))
	}
	var writing sync.WaitGroup
	for n := range writers {
		writing.Go(func() {
			rnd := rand.New(rand.NewPCG(1, uint64(n)))
			for range each {
				id := fmt.Sprint("i", rnd.IntN(20))
				in := incident(id, []string{"fire", "water"}[rnd.IntN(2)])
				if rnd.IntN(2) == 0 {
					in.Scope.Shares = []dispatch.Share{{Agency: "water", Tier: dispatch.TierView, Redacted: rnd.IntN(2) == 0}}
				}
				if rnd.IntN(3) == 0 {
					in.Scope.Teams = []string{"t1"}
				}
				if rnd.IntN(3) == 0 {
					in.Scope.Area = "410100"
				}
				seq := w.put(in)
				if rnd.IntN(2) == 0 {
					w.hub.Poke(dispatch.Live, seq)
				}
				if rnd.IntN(4) == 0 {
					all[rnd.IntN(len(all))].Cut()
				}
				w.wait(all[rnd.IntN(len(all))], 0)
			}
		})
	}
	writing.Wait()
	cuts := 0
	for _, c := range all {
		w.agree(c)
		cuts += c.Stats().Connects - 1
	}
	if cuts == 0 {
		t.Error("no console was cut; the test shows nothing")
	}
}

func TestEncodingIsThatOfSeen(t *testing.T) {
	b := newBook()
	b.put(incident("i", "fire"), team("t1", "fire"))
	for _, a := range []dispatch.Actor{{Role: dispatch.RoleDispatcher, Agency: "fire"}, {Role: dispatch.RoleObserver, Agency: "fire"}, {Role: dispatch.RoleLeader, Team: "t1"}} {
		got, err := encode(b.changes[0], a.Audience().At(time.Now()))
		seen, ok := b.changes[0].See(a.Audience().At(time.Now()))
		want, _ := json.Marshal(seen)
		if err != nil || !ok || string(got) != string(want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
