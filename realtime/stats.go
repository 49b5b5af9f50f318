package realtime

import (
	"maps"
	"time"

	"liandong/dispatch"
)

// StreamStats is what an administrator sees of one realm's feed.
type StreamStats struct {
	Head      int64     `json:"head"`
	ReadAt    time.Time `json:"read_at"` // when the journal was last read
	Window    int       `json:"window"`  // changes in memory
	Audiences int       `json:"audiences"`
	Consoles  int       `json:"consoles"`
	Behind    int64     `json:"behind"` // changes that the slowest console has not been sent yet
	Queued    int       `json:"queued"` // bytes that wait for consoles
}

func (s *stream) stats() StreamStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := StreamStats{Head: s.head, ReadAt: s.readAt.UTC(), Window: len(s.window.entries), Audiences: len(s.groups)}
	for _, g := range s.groups {
		st.Consoles += len(g.conns)
		for c := range g.conns {
			seen, queued := c.standing()
			st.Queued += queued
			st.Behind = max(st.Behind, s.head-seen)
		}
	}
	return st
}

// ReadAt is when the realm's journal was last read; zero where its feed does not run.
func (h *Hub) ReadAt(realm dispatch.Realm) time.Time {
	s := h.running(realm)
	if s == nil {
		return time.Time{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.readAt
}

// Storage tells how the storing of positions goes.
func (l *Lane) Storage() StorageStats { return l.gauge.stores() }

// standing is up to where the connection has been looked after, and how many bytes
// wait for it.
func (c *conn) standing() (seen int64, queued int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.told.Load(), c.waiting + c.postSize
}

// LaneStats is what an administrator sees of the lane.
type LaneStats struct {
	Teams   int                    `json:"teams"`   // with a position
	Waiting int                    `json:"waiting"` // positions not stored yet
	Shown   int                    `json:"shown"`
	Held    map[string]int         `json:"held"` // not shown, by reason
	Devices map[string]DeviceStats `json:"devices"`
	Sources map[string]SourceStats `json:"sources"` // by protocol
	Storage StorageStats           `json:"storage"`
	Fences  FenceStats             `json:"fences"`
}

// Stats counts since the server started.
func (l *Lane) Stats() LaneStats {
	l.mu.Lock()
	defer l.mu.Unlock()
	st := LaneStats{Waiting: l.batch.wait(), Shown: l.tally.shown, Held: maps.Clone(l.tally.refused), Devices: l.tally.byDevice(),
		Sources: l.tally.bySource(), Storage: l.gauge.stores()}
	for _, f := range l.fleets {
		st.Teams += f.movers.len()
	}
	if l.cfg.Fences != nil {
		st.Fences = l.cfg.Fences.Stats()
	}
	return st
}

// Refuse counts a report that came to nothing before it reached the lane: an
// unknown device, a revoked one, a body that cannot be read.
func (l *Lane) Refuse(reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tally.refused[reason]++
}
