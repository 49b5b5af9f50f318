package realtime

import (
	"context"
	"fmt"

	"liandong/dispatch"
)

// idleTicks is for how many ticks nobody may listen to a drill that is over until
// its feed is let go: whoever loads the page anew, or judges by phone between two
// dead spots, finds it running.
const idleTicks = 60

// readOver reads whether the stream's drill is over.
func (s *stream) readOver(ctx context.Context) error {
	if s.realm.Drill() == "" {
		return nil
	}
	rs, err := s.records.Find(ctx, dispatch.Query{Realm: s.realm, Kind: dispatch.KindDrill, Archived: true, Limit: -1})
	if err != nil {
		return fmt.Errorf("drill of %s: %w", s.realm, err)
	}
	for _, r := range rs {
		s.noteOver(r)
	}
	return nil
}

// noteOver follows the state of the stream's drill: once over it stays so.
func (s *stream) noteOver(r dispatch.Record) {
	if d, ok := r.(*dispatch.Drill); ok && d.ID == s.realm.Drill() {
		s.over = d.State.Over()
	}
}

// desert tells whether the stream is to be let go with this tick, and lets nobody
// join it from then on. The drill is over: nothing is to be watched in it, and
// whoever wants to know of it later is told from the store.
func (s *stream) desert() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over || len(s.groups) > 0 {
		return false
	}
	s.idle++
	s.gone = s.idle >= idleTicks
	return s.gone
}

// letGo ends the feed of a drill that is over and that nobody listens to, and what
// is remembered for it. Whoever comes later starts it anew.
func (h *Hub) letGo(s *stream) {
	if !h.loading.TryLock() { // one is being loaded, perhaps this one: the next tick will do
		return
	}
	defer h.loading.Unlock()
	if !s.desert() {
		return
	}
	h.mu.Lock()
	if t := h.streams[s.realm]; t != nil && t.stream == s {
		t.stop()
		delete(h.streams, s.realm)
	}
	h.mu.Unlock()
	if s.lane != nil {
		s.lane.forget(s.realm)
	}
	if s.fences != nil {
		s.fences.forget(s.realm)
	}
}

// forget lets go of where the realm's teams are. They are read again when somebody asks.
func (l *Lane) forget(realm dispatch.Realm) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.fleets, realm)
}

// forget watches the realm no more.
func (f *Fences) forget(realm dispatch.Realm) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.yards, realm)
}
