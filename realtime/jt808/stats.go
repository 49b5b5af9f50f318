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
	Frames      map[string]int64 `json:"frames"`      // that could be read, by what they say
	Positions   int64            `json:"positions"`   // answered as stored
	Refused     map[string]int64 `json:"refused"`     // connections, frames and messages, by reason
	Alarms      map[string]int64 `json:"alarms"`      // that were set, by name
	Last        time.Time        `json:"last"`        // when the last frame came
}

// Stats counts.
func (s *Server) Stats() Stats {
	n := s.gate.Len()
	t := &s.tally
	t.mu.Lock()
	defer t.mu.Unlock()
	return Stats{n, maps.Clone(t.frames), t.positions, maps.Clone(t.refused), maps.Clone(t.alarms), t.last}
}

type tally struct {
	now func() time.Time

	mu                      sync.Mutex
	positions               int64
	frames, refused, alarms map[string]int64
	last                    time.Time
}

// frameNames are the kinds of frames that are told apart; a terminal may send any other.
var frameNames = map[ID]string{TerminalAnswer: "answer", Heartbeat: "heartbeat", Logout: "logout", Register: "register", Authenticate: "authenticate", Report: "report", Batch: "batch"}

func newTally(now func() time.Time) tally {
	return tally{now: now, frames: map[string]int64{}, refused: map[string]int64{}, alarms: map[string]int64{}}
}

func (t *tally) frame(id ID) {
	name, ok := frameNames[id]
	if !ok {
		name = "other"
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.frames[name]++
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
