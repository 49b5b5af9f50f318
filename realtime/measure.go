package realtime

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// SpanBounds are the upper ends of the classes that Spans counts in, in seconds.
var SpanBounds = [...]float64{0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5}

// Spans counts how long something took, by class.
type Spans struct {
	Count   int64                  `json:"count"`
	Seconds float64                `json:"seconds"` // in all
	Classes [len(SpanBounds)]int64 `json:"-"`       // of each bound alone; what is longer than the last counts only in Count
}

func (s *Spans) add(d time.Duration) {
	sec := d.Seconds()
	s.Count++
	s.Seconds += sec
	if i, _ := slices.BinarySearch(SpanBounds[:], sec); i < len(SpanBounds) {
		s.Classes[i]++
	}
}

// SourceStats counts what came over one protocol since the server started.
type SourceStats struct {
	Received time.Time      `json:"received"`       // its last report; zero: none yet
	Fixed    time.Time      `json:"fixed"`          // its newest fix that was shown, by the source's own clock
	Shown    int64          `json:"shown"`          // reports that were shown
	Held     map[string]int `json:"held,omitempty"` // reports that were stored only or refused, by reason
}

// StorageStats is how the storing of positions goes.
type StorageStats struct {
	Batches   Spans     `json:"batches"`   // with the time of each
	Positions int64     `json:"positions"` // stored
	Lost      int64     `json:"lost"`      // not stored, and their sources told so
	Stored    time.Time `json:"stored"`    // when the last batch was; zero: none yet
	Failed    time.Time `json:"failed"`    // when one last could not be; zero: never
}

// Failing tells whether the last batch, not longer ago than within, could not be
// stored.
func (s StorageStats) Failing(now time.Time, within time.Duration) bool {
	return s.Failed.After(s.Stored) && now.Sub(s.Failed) < within
}

// gauge holds what hub and lane count on their way; it has a lock of its own and
// takes no other.
type gauge struct {
	mu      sync.Mutex
	ticks   Spans
	ticked  time.Time
	storage StorageStats
	closed  map[string]int64
}

func (g *gauge) tick(at time.Time, took time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ticked = at
	g.ticks.add(took)
}

// stored counts a batch of n positions.
func (g *gauge) stored(n int, at time.Time, took time.Duration, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.storage.Batches.add(took)
	if err != nil {
		g.storage.Lost += int64(n)
		g.storage.Failed = at
		return
	}
	g.storage.Positions += int64(n)
	g.storage.Stored = at
}

// left counts a connection that was closed with the code.
func (g *gauge) left(code CloseCode) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed == nil {
		g.closed = map[string]int64{}
	}
	g.closed[code.String()]++
}

func (g *gauge) read() (ticks Spans, ticked time.Time, closed map[string]int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.ticks, g.ticked, maps.Clone(g.closed)
}

func (g *gauge) stores() StorageStats {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.storage
}
