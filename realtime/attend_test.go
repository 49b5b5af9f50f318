package realtime

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"liandong/dispatch"
)

const practice = dispatch.Realm("drill:d1")

// cast puts people of a drill into the town: a director, an evaluator, a player.
func (w *town) cast() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, role := range map[string]dispatch.Role{"d1": dispatch.RoleDirector, "e1": dispatch.RoleEvaluator, "p1d": dispatch.RoleDispatcher, "p4d": dispatch.RoleLeader} {
		w.actors[id] = dispatch.Actor{ID: id, Name: id, Realm: practice, Role: role, Agency: "fire", Team: "t1", Session: "s-" + id}
	}
}

// attending is what a presence frame says of who is in the drill: "d1 p4d -p1d" where p1d has left.
func attending(h heard) string {
	var out []string
	for _, a := range h.Here {
		if a.Left != nil {
			out = append(out, "-"+a.Person)
		} else {
			out = append(out, a.Person)
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// Those who run a drill are told who is in it, and since when no longer; players are not, and nobody
// is told who is at work outside it.
func TestAttendance(t *testing.T) {
	var ahead atomic.Int64
	w := found(t, newBook(), func(c *Config) {
		c.Now = func() time.Time { return noon.Add(time.Duration(ahead.Load())) }
		c.Limits.Silence = 1000 * time.Hour
	})
	w.cast()
	director, evaluator, player := w.raw("d1", ""), w.raw("e1", ""), w.raw("p1d", "")
	outside := w.raw("p2", "")
	for _, r := range []*raw{director, evaluator, player, outside} {
		r.next("hello")
	}
	eventually(t, w, func() bool { return attending(director.next("presence")) == "d1 e1 p1d" })
	eventually(t, w, func() bool { return attending(evaluator.next("presence")) == "d1 e1 p1d" })
	again := w.raw("p1d", "") // a second window: the person leaves with the last
	again.next("hello")
	_ = player.ws.Close()
	ahead.Store(int64(time.Minute))
	phone := w.raw("p4d", "")
	phone.next("hello")
	eventually(t, w, func() bool { return attending(director.next("presence")) == "d1 e1 p1d p4d" })
	_ = again.ws.Close()
	eventually(t, w, func() bool {
		h := director.next("presence")
		if attending(h) != "-p1d d1 e1 p4d" {
			return false
		}
		at := h.Here[slices.IndexFunc(h.Here, func(a attendant) bool { return a.Person == "p1d" })].Left
		if !at.Equal(noon.Add(time.Minute)) {
			t.Errorf("left at %v", at)
		}
		return true
	})
	back := w.raw("p1d", "")
	back.next("hello")
	eventually(t, w, func() bool { return attending(director.next("presence")) == "d1 e1 p1d p4d" })
	// What a player and somebody outside were sent meanwhile: beats, and no word of it.
	for _, r := range []*raw{phone, outside} {
		r.say(`{"t":"look"}`)
		for {
			h := r.any()
			if h.T == "presence" {
				t.Errorf("told %+v", h)
			}
			if h.T == "refused" {
				break
			}
		}
	}
}

// The same over two nodes; who was on a node that falls silent left when it was heard last.
func TestAttendanceBetweenNodes(t *testing.T) {
	p := couple(t, nil)
	p.a.cast()
	p.b.cast()
	director, phone := p.a.raw("d1", ""), p.b.raw("p4d", "")
	director.next("hello")
	phone.next("hello")
	want := func(who string) {
		t.Helper()
		defer p.ticking()()
		for attending(director.next("presence")) != who {
		}
	}
	want("d1 p4d")
	_ = phone.ws.Close()
	want("-p4d d1")
	back := p.b.raw("p4d", "")
	back.next("hello")
	want("d1 p4d")
}

func TestSilentNodeIsLeft(t *testing.T) {
	now := noon
	clock := func() time.Time { return now }
	s := &stream{realm: practice, now: clock, clock: clock}
	early := noon.Add(-time.Hour)
	s.setElsewhere("b", opened{attendance: attendance{Here: []string{"p1", "p2"}, Left: map[string]time.Time{"p3": early}}})
	s.setElsewhere("b", opened{attendance: attendance{Here: []string{"p1"}}}) // begun anew: it forgot who had left
	want := func(p string, at time.Time) {
		t.Helper()
		all := s.attendants(attendance{Left: s.left})
		i := slices.IndexFunc(all, func(a attendant) bool { return a.Person == p })
		switch {
		case i < 0:
			t.Errorf("%s is not told", p)
		case at.IsZero() != (all[i].Left == nil), !at.IsZero() && !all[i].Left.Equal(at):
			t.Errorf("%s left at %v, want %v", p, all[i].Left, at)
		}
	}
	want("p1", time.Time{})
	want("p2", noon)
	want("p3", early)
	now = now.Add(forgotten + time.Second)
	s.forgetSilent()
	want("p1", noon)
	want("p2", noon)
}
