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
func (l *Lane) Storage() StorageStats {
	st, _ := l.gauge.lane()
	return st
}

// standing is up to where the connection has been looked after, and how many bytes
// wait for it.
func (c *conn) standing() (seen int64, queued int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.told.Load(), c.waiting + c.outSize
}

// DeviceStats counts what one source sent since the server started.
type DeviceStats struct {
	Received time.Time      `json:"received"`       // its last report
	Fixed    time.Time      `json:"fixed"`          // its last fix, by its own clock
	Shown    int            `json:"shown"`          // reports that were shown
	Held     map[string]int `json:"held,omitempty"` // reports that were not, by reason
}

// maxDevices bounds the tally. Who reports was authenticated before, so it is
// never reached but by a city of that size.
const maxDevices = 100_000

// tally counts reports by device and by reason.
type tally struct {
	devices map[string]*DeviceStats
	refused map[string]int
	shown   int
}

func (t *tally) device(id string, at time.Time) *DeviceStats {
	d := t.devices[id]
	if d == nil {
		d = &DeviceStats{}
		if len(t.devices) < maxDevices {
			t.devices[id] = d
		}
	}
	d.Received = at
	return d
}

// note counts a report that was shown (reason empty) or held.
func (t *tally) note(p dispatch.Position, reason string) {
	d := t.device(p.Device, p.Received)
	if reason == "" {
		d.Shown++
		t.shown++
		d.Fixed = p.Fixed
		return
	}
	t.hold(d, reason)
}

// refuse counts a report that was no position.
func (t *tally) refuse(device, reason string, at time.Time) { t.hold(t.device(device, at), reason) }

func (t *tally) hold(d *DeviceStats, reason string) {
	if d.Held == nil {
		d.Held = map[string]int{}
	}
	d.Held[reason]++
	t.refused[reason]++
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
}

// Stats counts since the server started.
func (l *Lane) Stats() LaneStats {
	l.mu.Lock()
	defer l.mu.Unlock()
	st := LaneStats{Waiting: len(l.batch.in), Shown: l.tally.shown, Held: maps.Clone(l.tally.refused), Devices: map[string]DeviceStats{}}
	st.Storage, st.Sources = l.gauge.lane()
	for _, f := range l.fleets {
		st.Teams += len(f.teams)
	}
	for id, d := range l.tally.devices {
		c := *d
		c.Held = maps.Clone(d.Held)
		st.Devices[id] = c
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
