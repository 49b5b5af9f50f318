package jt808

import (
	"maps"
	"math/bits"
	"sync"
	"time"
)

// Stats is what an administrator sees of this door, since the server started.
type Stats struct {
	Connections int              `json:"connections"` // of terminals that showed their code
	Frames      int64            `json:"frames"`      // that could be read
	Positions   int64            `json:"positions"`   // answered as stored
	Refused     map[string]int64 `json:"refused"`     // connections, frames and messages, by reason
	Alarms      map[string]int64 `json:"alarms"`      // that were set, by name
	Last        time.Time        `json:"last"`        // when the last frame came
}

// Stats counts.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	n := len(s.known)
	s.mu.Unlock()
	t := &s.tally
	t.mu.Lock()
	defer t.mu.Unlock()
	return Stats{n, t.frames, t.positions, maps.Clone(t.refused), maps.Clone(t.alarms), t.last}
}

type tally struct {
	now func() time.Time

	mu                sync.Mutex
	frames, positions int64
	refused, alarms   map[string]int64
	last              time.Time
}

func newTally(now func() time.Time) tally {
	return tally{now: now, refused: map[string]int64{}, alarms: map[string]int64{}}
}

func (t *tally) frame() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.frames++
	t.last = t.now().UTC()
}

func (t *tally) position() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.positions++
}

// refuse counts; reasons are our own words.
func (t *tally) refuse(reason string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refused[reason]++
}

// alarm counts the bits of an alarm that were not set before.
func (t *tally) alarm(set uint32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for ; set != 0; set &= set - 1 {
		name, ok := alarmNames[bits.TrailingZeros32(set)]
		if !ok {
			name = "other"
		}
		t.alarms[name]++
	}
}
