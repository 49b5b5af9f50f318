// Package route answers how long a team needs from here to there. Straight is
// the answer where there is no road network: an honest estimate, marked as one.
// A router on a road network satisfies the same interface.
package route

import (
	"fmt"
	"time"

	"liandong/geo"
)

// Mode is how a team moves. Speeds differ by mode.
type Mode string

// The modes.
const (
	Urgent Mode = "urgent" // a vehicle with blue light and siren
	Heavy  Mode = "heavy"  // heavy plant, low loaders, pumps in tow
	Drive  Mode = "drive"  // a vehicle without right of way
	Foot   Mode = "foot"   // on foot across country
)

// Method says how an estimate came about, so that a screen can say it too.
type Method string

// MethodStraight is distance × detour factor ÷ speed.
const MethodStraight Method = "straight_line"

// Estimate is the answer: an estimate, never a promise.
type Estimate struct {
	Metres   float64       `json:"metres" doc:"length of the way"`
	Duration time.Duration `json:"duration" doc:"nanoseconds of travel, turnout not included"`
	Method   Method        `json:"method" doc:"how it was computed"`
}

// Router estimates travel between two places. It must be safe for concurrent
// use, and it must not fail: where it knows no way it falls back to an estimate
// and names that as its method.
type Router interface {
	Travel(from, to geo.Point, mode Mode) Estimate
}

// Straight estimates by the straight line: distance × detour factor ÷ speed.
// Its figures are data, so that an operator can set them from their own records.
type Straight struct {
	// Detour is the length of the way by road over the length of the straight
	// line: at least 1.
	Detour float64 `json:"detour"`
	// KmPerHour is the mean speed over the whole way, by mode.
	KmPerHour map[Mode]float64 `json:"km_per_hour"`
}

// Default returns the figures used until an operator sets their own.
//
// Detour 1.35: judgement, within the range that was measured for the regions of
// South Korea, 1.22 to 1.44 with a mean of 1.26 (Kim, Shin, Lee, Suh, Journal of
// the Korean Society of Agricultural Engineers 57/4, 2015); towards the upper end
// because a way that turns out shorter does less harm than one that turns out
// longer. Speeds: judgement, for a city with its countryside; replace them by
// the figures of one's own runs.
func Default() Straight {
	return Straight{
		Detour:    1.35,
		KmPerHour: map[Mode]float64{Urgent: 48, Heavy: 30, Drive: 36, Foot: 4},
	}
}

// Check returns an error that names the figure that makes no sense.
func (s Straight) Check() error {
	if !(s.Detour >= 1 && s.Detour <= 5) {
		return fmt.Errorf("detour %v: want 1 to 5 (way by road over straight line)", s.Detour)
	}
	for _, mode := range []Mode{Urgent, Heavy, Drive, Foot} {
		if v := s.KmPerHour[mode]; !(v >= 1 && v <= 200) {
			return fmt.Errorf("km_per_hour.%s %v: want 1 to 200", mode, v)
		}
	}
	return nil
}

// Travel estimates the way. A mode that it does not know counts as Drive.
func (s Straight) Travel(from, to geo.Point, mode Mode) Estimate {
	speed, ok := s.KmPerHour[mode]
	if !ok {
		speed = s.KmPerHour[Drive]
	}
	metres := geo.Distance(from, to) * s.Detour
	return Estimate{
		Metres:   metres,
		Duration: time.Duration(metres / (speed / 3.6) * float64(time.Second)).Round(time.Second),
		Method:   MethodStraight,
	}
}
