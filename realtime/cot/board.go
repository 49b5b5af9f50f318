package cot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"liandong/dispatch"
)

// boardKinds are what a client can be shown.
var boardKinds = []dispatch.Kind{dispatch.KindIncident, dispatch.KindFence, dispatch.KindTeam}

// page is how many changes are read at a time.
const page = 500

// board is one unredacted copy of what clients can be shown, kept by the
// journal. What a client gets of it is decided by dispatch.See alone.
type board struct {
	real dispatch.Real
	now  func() time.Time

	// follow's own.
	epoch string
	head  int64

	mu     sync.Mutex
	read   time.Time // when the journal was last read to its end
	held   map[dispatch.Ref]dispatch.Record
	sights map[dispatch.Audience]*sight // until the board changes, or a share ends
}

// sight is what one audience is shown.
type sight struct {
	read      time.Time
	incidents []*dispatch.Incident
	fences    []*dispatch.Fence
	teams     []*dispatch.Team // every one that is seen at all
	placed    map[string]bool  // those of them whose position is seen
	ends      time.Time        // when a share ends by which something of it may be seen; zero: never
}

func newBoard(r dispatch.Real, now func() time.Time) *board {
	return &board{real: r, now: now}
}

// touched is the devices that changed; all when it is not known which.
type touched struct {
	all bool
	ids map[string]bool
}

// follow reads the journal to its end. After an error it starts over.
func (b *board) follow(ctx context.Context) (touched, error) {
	out := touched{ids: map[string]bool{}}
	epoch, err := b.real.Epoch(ctx)
	if err != nil {
		return out, err
	}
	if epoch != b.epoch {
		if err := b.load(ctx); err != nil {
			return out, err
		}
		b.epoch, out.all = epoch, true
	}
	for {
		cs, err := b.real.Changes(ctx, b.head, page)
		if err == nil {
			err = b.apply(ctx, cs, &out)
		}
		if err != nil {
			if ctx.Err() == nil {
				b.epoch = "" // what is held cannot be trusted to be whole
			}
			return out, err
		}
		if len(cs) < page {
			break
		}
	}
	b.mu.Lock()
	b.read = b.now()
	b.mu.Unlock()
	return out, nil
}

// load reads the board anew. The head is read first: what changes meanwhile
// comes again and is put twice.
func (b *board) load(ctx context.Context) error {
	head, err := b.real.Head(ctx)
	if err != nil {
		return err
	}
	held := map[dispatch.Ref]dispatch.Record{}
	for _, kind := range boardKinds {
		rs, err := b.real.Find(ctx, dispatch.Query{Kind: kind, Limit: -1})
		if err != nil {
			return err
		}
		for _, r := range rs {
			held[dispatch.RefOf(r)] = r
		}
	}
	b.head = head
	b.mu.Lock()
	b.held, b.sights = held, nil
	b.mu.Unlock()
	return nil
}

func (b *board) apply(ctx context.Context, cs []*dispatch.Change, out *touched) error {
	reset := false
	for _, c := range cs {
		if c.Seq != b.head+1 {
			return fmt.Errorf("journal: seq %d comes where %d must", c.Seq, b.head+1)
		}
		b.put(c, out)
		b.head = c.Seq
		for _, kind := range c.Reset {
			reset = reset || slices.Contains(boardKinds, kind)
			out.all = out.all || kind == dispatch.KindDevice
		}
	}
	if reset {
		return b.load(ctx)
	}
	return nil
}

func (b *board) put(c *dispatch.Change, out *touched) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range c.Puts {
		ref := dispatch.RefOf(p.Record)
		switch {
		case ref.Kind == dispatch.KindDevice:
			out.ids[ref.ID] = true
		case slices.Contains(boardKinds, ref.Kind):
			b.held[ref], b.sights = p.Record, nil
		}
	}
	for _, d := range c.Drops {
		switch {
		case d.Ref.Kind == dispatch.KindDevice:
			out.ids[d.Ref.ID] = true
		case slices.Contains(boardKinds, d.Ref.Kind):
			delete(b.held, d.Ref)
			b.sights = nil
		}
	}
}

// sight is what the audience is shown now; nil before the first look. What it
// holds must not be changed.
func (b *board) sight(au dispatch.Audience) *sight {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.read.IsZero() {
		return nil
	}
	s, at := b.sights[au], b.now()
	if s == nil || !s.ends.IsZero() && !at.Before(s.ends) {
		s = &sight{placed: map[string]bool{}}
		for _, r := range b.held {
			if t := dispatch.HeadOf(r).Scope.Ends(at); !t.IsZero() && (s.ends.IsZero() || t.Before(s.ends)) {
				s.ends = t
			}
			switch r := dispatch.SeeRecord(au.At(at), r).(type) {
			case *dispatch.Incident:
				s.incidents = append(s.incidents, r)
			case *dispatch.Fence:
				s.fences = append(s.fences, r)
			case *dispatch.Team:
				s.teams = append(s.teams, r)
			}
		}
		for _, t := range s.teams {
			whole := b.held[dispatch.RefOf(t)]
			s.placed[t.ID] = dispatch.SeePosition(au.At(at), t.ID, dispatch.HeadOf(whole).Scope)
		}
		slices.SortFunc(s.incidents, func(a, b *dispatch.Incident) int { return strings.Compare(a.ID, b.ID) })
		slices.SortFunc(s.fences, func(a, b *dispatch.Fence) int { return strings.Compare(a.ID, b.ID) })
		slices.SortFunc(s.teams, func(a, b *dispatch.Team) int { return strings.Compare(a.ID, b.ID) })
		if b.sights == nil {
			b.sights = map[dispatch.Audience]*sight{}
		}
		b.sights[au] = s
	}
	now := *s
	now.read = b.read
	return &now
}
