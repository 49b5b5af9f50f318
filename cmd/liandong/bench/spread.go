package bench

import (
	"sync/atomic"
	"time"
)

// spread counts spans of time in steps of a tenth of a millisecond, so that hundreds of millions of
// them take no room. Spans beyond the last step count as that one.
type spread struct {
	count [steps + 1]atomic.Int64
}

const (
	step  = 100 * time.Microsecond
	steps = 150_000 // 15 s
)

func (s *spread) add(d time.Duration) { s.count[min(max(d/step, 0), steps)].Add(1) }

// total is how many were counted.
func (s *spread) total() (n int64) {
	for i := range s.count {
		n += s.count[i].Load()
	}
	return n
}

// millis is a percentile, in milliseconds.
func (s *spread) millis(p float64) float64 {
	rest := int64(p * float64(s.total()))
	for i := range s.count {
		if rest -= s.count[i].Load(); rest < 0 {
			return float64(i) * step.Seconds() * 1000
		}
	}
	return 0
}
