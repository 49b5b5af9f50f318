package realtime

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"liandong/dispatch"
)

// page is how many changes are read from the journal at a time.
const page = 500

// maxFrame bounds a changes frame, in bytes, as long as it holds more than one
// change; what is left follows in the next.
const maxFrame = 256 << 10

// errBehind tells that the window no longer reaches back to the cursor.
var errBehind = errors.New("the cursor is behind the window")

// stream is one realm's feed: it tails the journal and wakes the connections
// whose audience has something to see.
type stream struct {
	realm   dispatch.Realm
	epoch   string
	crew    *crew
	journal Journal
	records Records
	lane    *Lane
	nodes   Nodes
	fences  *Fences
	cut     func() bool // other nodes cannot be heard
	look    time.Duration
	limits  Limits
	log     zerolog.Logger
	now     func() time.Time // on the wall
	clock   func() time.Time // the realm's
	bell    chan struct{}
	// delivered is told every change after it is out, for the hub to look at
	// rights that changed.
	delivered func([]*dispatch.Change)
	// lost is told that the journal is another one.
	lost func()

	mu       sync.Mutex
	head     int64
	top      atomic.Int64 // head, for who holds no lock
	readAt   time.Time    // when the journal was last read, this server's clock
	window   window
	groups   map[dispatch.Audience]*group
	scopes   scopes
	seenAt   time.Time       // the moment as of which scopes were looked at last
	ends     time.Time       // when the next share of one of them ends; zero: never
	reload   []dispatch.Kind // scopes to be read anew
	beaten   *frame
	beatFrom int64
	beatTo   int64
	late     bool                 // the consoles were told that the journal is not read
	apart    bool                 // the consoles were told that other nodes are not heard
	presence bool                 // somebody opened or closed an incident, or came to a drill or went, since the last tick
	left     map[string]time.Time // see attendance

	elsewhere   map[string]elsewhere // by node
	opened      []byte               // what other nodes are told of presence here
	openedFresh bool                 // they were not yet
	age         int                  // ticks, up to when it is whole: the ticker's own
	wasApart    bool                 // at the last tick: ditto

	over bool // the drill is
	idle int  // ticks since it is, and nobody listens
	gone bool // it is let go: nobody may join

	motions []motion // the ticker's own, to be used again
}

// group is the open connections of one audience.
type group struct {
	au     dispatch.Audience
	conns  map[*conn]struct{}
	memo   atomic.Pointer[memo]
	open   []byte // the presence frame sent last
	openTo *frame
	sees   sight
}

// memo is the newest changes frame of an audience, which all who are caught up
// share without asking the stream.
type memo struct {
	from, to int64
	frame    *frame
	ends     time.Time // see entry
}

// load reads what a stream has to know before it serves: the head, the newest
// changes, the scopes.
func (s *stream) load(ctx context.Context) error {
	head, err := s.journal.Head(ctx, s.realm)
	if err != nil {
		return fmt.Errorf("head of %s: %w", s.realm, err)
	}
	from := max(0, head-int64(s.limits.Window))
	for from < head {
		cs, err := s.journal.Changes(ctx, s.realm, from, page)
		if err != nil {
			return fmt.Errorf("changes of %s: %w", s.realm, err)
		}
		if len(cs) == 0 {
			return fmt.Errorf("journal of %s ends at %d, its head is %d", s.realm, from, head)
		}
		if err := follow(from, cs); err != nil {
			return err
		}
		for _, c := range cs {
			s.window.push(&entry{change: c})
		}
		from = cs[len(cs)-1].Seq
	}
	// The scopes are read after the head: whatever changes meanwhile comes
	// again with the feed and is put twice.
	s.head, s.readAt, s.seenAt = from, s.now(), s.clock()
	s.top.Store(from)
	for _, kind := range scopeKinds {
		if err := s.readScopes(ctx, kind); err != nil {
			return err
		}
	}
	if err := s.readOver(ctx); err != nil {
		return err
	}
	if s.lane != nil {
		if err := s.lane.load(ctx, s.realm); err != nil {
			return err
		}
	}
	if s.fences != nil {
		return s.fences.Watch(ctx, s.realm)
	}
	return nil
}

// tail follows the journal until ctx ends: on the bell, and each second in case
// a bell was lost.
func (s *stream) tail(ctx context.Context) {
	look := time.NewTicker(s.look)
	defer look.Stop()
	suspect := false
	for {
		onBell := false
		select {
		case <-ctx.Done():
			return
		case <-s.bell:
			onBell = true
		case <-look.C:
		}
		err := s.follow(ctx, suspect || !onBell)
		if err != nil && ctx.Err() == nil {
			s.log.Error().Err(err).Str("realm", string(s.realm)).Msg("the journal cannot be read")
		}
		suspect = err != nil
	}
}

// follow reads the journal to its end. With checkEpoch it first makes sure that
// it still is the same journal.
func (s *stream) follow(ctx context.Context, checkEpoch bool) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if checkEpoch {
		epoch, err := s.journal.Epoch(ctx)
		if err != nil {
			return err
		}
		if epoch != s.epoch {
			s.lost()
			return nil
		}
	}
	for {
		cs, err := s.journal.Changes(ctx, s.realm, s.head, page) // head is written by this goroutine alone
		if err != nil {
			return err
		}
		if err := follow(s.head, cs); err != nil {
			return err
		}
		if err := s.deliver(cs); err != nil {
			return err
		}
		if err := s.reloadScopes(ctx); err != nil {
			return err
		}
		if len(cs) < page {
			return nil
		}
	}
}

// deliver makes the changes part of the window and wakes who sees one of them.
// They are encoded before the lock is taken.
func (s *stream) deliver(cs []*dispatch.Change) error {
	entries, now := make([]*entry, len(cs)), s.clock()
	aus := s.audiences()
	for i, c := range cs {
		entries[i] = &entry{change: c}
		for _, au := range aus {
			if _, err := entries[i].view(au, now); err != nil {
				return err
			}
		}
	}
	s.mu.Lock()
	s.readAt = s.now()
	if len(cs) == 0 {
		s.mu.Unlock()
		return nil
	}
	s.window.push(entries...)
	s.head = cs[len(cs)-1].Seq
	s.top.Store(s.head)
	for _, c := range cs {
		s.applyScopes(c)
	}
	give := turns{crew: s.crew}
	for au, g := range s.groups {
		n := 0
		for _, e := range entries {
			if b, err := e.view(au, now); b != nil || err != nil {
				n += len(b) + 1 // an error is met again, and told, by the connection's writer
			}
		}
		if n > 0 {
			for c := range g.conns {
				if c.arrived(n) {
					give.take(c)
				}
			}
		}
	}
	s.mu.Unlock()
	give.give()
	s.delivered(cs)
	return nil
}

func (s *stream) audiences() []dispatch.Audience {
	s.mu.Lock()
	defer s.mu.Unlock()
	aus := make([]dispatch.Audience, 0, len(s.groups))
	for au := range s.groups {
		aus = append(aus, au)
	}
	return aus
}

// poke rings the bell: seq was committed.
func (s *stream) poke() {
	select {
	case s.bell <- struct{}{}:
	default: // it rings already
	}
}

// step is what takes a reader on: a frame, or none where nothing up to to is to
// be seen; more when the journal goes on after to.
type step struct {
	frame *frame
	to    int64
	more  bool
}

// next takes a reader of the group on from its cursor. Up to seen it has been
// looked through already and nothing was to be seen. errBehind: the window does
// not reach back that far.
func (s *stream) next(g *group, cursor, seen int64) (step, error) {
	top := s.top.Load()
	if seen >= top { // also a snapshot newer than this server's last look
		return step{to: seen}, nil
	}
	now := s.clock()
	if m := g.memo.Load(); m != nil && m.from == cursor && m.to == top && !over(m.ends, now) {
		return step{frame: m.frame, to: m.to}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	es, ok := s.window.after(seen)
	if !ok {
		return step{}, errBehind
	}
	st, err := gather(es, g.au.At(now), cursor)
	if err == nil && st.frame != nil && !st.more {
		var ends time.Time
		for _, e := range es {
			ends = sooner(ends, e.ends)
		}
		g.memo.Store(&memo{cursor, st.to, st.frame, ends})
	}
	return st, err
}

// sooner is the first of two times of which either may not be there.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// gather joins what the onlooker sees of the entries, up to a frame's bound.
// There is at least one entry.
func gather(es []*entry, by dispatch.Onlooker, cursor int64) (step, error) {
	var pieces [][]byte
	st := step{to: es[len(es)-1].change.Seq}
	size := 0
	for i, e := range es {
		b, err := e.view(by.Audience, by.At)
		if err != nil {
			return step{}, err
		}
		if b == nil {
			continue
		}
		if size += len(b); size > maxFrame && len(pieces) > 0 {
			st.to, st.more = es[i-1].change.Seq, true
			break
		}
		pieces = append(pieces, b)
	}
	if len(pieces) > 0 {
		st.frame = changesFrame(cursor, st.to, pieces)
	}
	return st, nil
}

// older is next for a reader that is behind the window: it asks the journal.
func (s *stream) older(ctx context.Context, au dispatch.Audience, cursor, seen int64) (step, error) {
	cs, err := s.journal.Changes(ctx, s.realm, seen, page)
	if err != nil {
		return step{}, err
	}
	if err := follow(seen, cs); err != nil {
		return step{}, err
	}
	if len(cs) == 0 {
		return step{to: seen}, nil
	}
	es := make([]*entry, len(cs))
	for i, c := range cs {
		es[i] = &entry{change: c}
	}
	st, err := gather(es, au.At(s.clock()), cursor)
	st.more = true
	return st, err
}

// beat tells a reader how far it is and how fresh the journal is. All who stand
// at the same place share the frame until the next tick.
func (s *stream) beat(from, to int64) *frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.beaten == nil || s.beatFrom != from || s.beatTo != to {
		s.beaten = prepare(mustJSON(beat{"beat", from, to, s.now().UTC(), s.readAt.UTC(), nodesWord(s.apart)}))
		s.beatFrom, s.beatTo = from, to
	}
	return s.beaten
}

// late is when a journal that is not read is told to the consoles without waiting
// for the next beat: each second is a look, so this is three in a row that failed.
const late = 3 * time.Second

// turned tells whether the journal has become late since the last call, or other
// nodes have fallen silent, or the end of either: then a beat goes out at once,
// so that every console shows it within five seconds.
func (s *stream) turned() bool {
	cut := s.cut()
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.now().Sub(s.readAt) > late
	turned := old != s.late || cut != s.apart
	s.late, s.apart = old, cut
	return turned
}

// nodesWord is the member nodes of frames.
func nodesWord(apart bool) string {
	if apart {
		return "cut"
	}
	return ""
}

// pulse asks every connection for a beat, and for a ping where ping is set, and
// cuts those that were not heard of since the limit.
func (s *stream) pulse(ping bool, limit time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.beaten = nil
	for _, g := range s.groups {
		for c := range g.conns {
			if c.heard.Load() < limit.Unix() {
				c.cut()
				continue
			}
			c.pulse(ping)
		}
	}
}

// join makes the connection a member of its audience's group; false where the
// stream has been let go meanwhile.
func (s *stream) join(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return false
	}
	s.idle = 0
	g := s.groups[c.au]
	if g == nil {
		g = &group{au: c.au, conns: map[*conn]struct{}{}}
		s.groups[c.au] = g
		s.presence = true
	}
	c.group = g
	g.conns[c] = struct{}{}
	s.came(c.actor.ID)
	if !c.resumes {
		c.cursor = s.head
	}
	c.seen = c.cursor
	c.told.Store(c.seen)
	h := prepare(mustJSON(hello{"hello", s.epoch, s.realm, max(s.head, c.cursor), s.now().UTC(), int(s.limits.Beat / time.Second), nodesWord(s.apart)}))
	c.begin(h, g.openTo)
	return true
}

// leave takes the connection out of its group.
func (s *stream) leave(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(c.group.conns, c)
	if c.open != "" {
		c.open, s.presence = "", true
	}
	if len(c.group.conns) == 0 {
		delete(s.groups, c.group.au)
	}
	s.went(c.actor.ID)
}
