package cot

import (
	"maps"
	"regexp"
	"sync"
	"time"
)

// Stats is what an administrator sees of this door, since the server started.
type Stats struct {
	Connections int              `json:"connections"`
	Frames      map[string]int64 `json:"frames"`  // events read, by what they say
	Refused     map[string]int64 `json:"refused"` // connections and events, by reason
	Ignored     map[string]int64 `json:"ignored"` // events that are nothing to this house, by type
	Last        time.Time        `json:"last"`    // when the last event came
}

// Stats counts.
func (s *Server) Stats() Stats {
	n := s.gate.Len()
	t := &s.tally
	t.mu.Lock()
	defer t.mu.Unlock()
	return Stats{n, maps.Clone(t.frames), maps.Clone(t.refused), maps.Clone(t.ignored), t.last}
}

type tally struct {
	now func() time.Time

	mu                       sync.Mutex
	frames, refused, ignored map[string]int64
	last                     time.Time
}

// frame counts; kinds are our own words.
func (t *tally) frame(kind string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.frames == nil {
		t.frames = map[string]int64{}
	}
	t.frames[kind]++
	t.last = t.now().UTC()
}

// refuse counts; reasons are our own words.
func (t *tally) refuse(reason string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.refused == nil {
		t.refused = map[string]int64{}
	}
	t.refused[reason]++
}

// maxTypes bounds how many types are told apart: a client may invent them.
const maxTypes = 100

var typeName = regexp.MustCompile(`^[A-Za-z0-9-]{1,40}$`)

// ignore counts an event by its type.
func (t *tally) ignore(kind string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ignored == nil {
		t.ignored = map[string]int64{}
	}
	if _, known := t.ignored[kind]; !known && (len(t.ignored) >= maxTypes || !typeName.MatchString(kind)) {
		kind = "other"
	}
	t.ignored[kind]++
}
