package dispatch

import (
	"context"
	"sync"
	"time"
)

// Clock is a drill's clock: what it shows at a moment on the wall. It stands
// while it does not run, and is never set back.
type Clock struct {
	At      time.Time `json:"at" doc:"what it showed at wall"`
	Wall    time.Time `json:"wall"`
	Rate    int       `json:"rate" doc:"seconds that it runs in one second, 1 to 60"`
	Running bool      `json:"running"`
	// Until is where it stands by itself until it is let go on: what is decided then is
	// decided at that very moment, however late somebody comes.
	Until *time.Time `json:"until,omitempty"`
}

// MaxRate is how fast a drill's clock runs at most.
const MaxRate = 60

// Time is what the clock shows at the moment on the wall. A wall clock that was
// set back does not set it back.
func (c Clock) Time(wall time.Time) time.Time {
	if !c.Running || wall.Before(c.Wall) {
		return c.At
	}
	at := c.At.Add(wall.Sub(c.Wall) * time.Duration(c.Rate)).Truncate(time.Microsecond)
	if c.Until != nil && at.After(*c.Until) {
		return *c.Until
	}
	return at
}

// stands tells whether the clock runs and has come to where it stands.
func (c Clock) stands(at time.Time) bool { return c.Running && c.Until != nil && !at.Before(*c.Until) }

// set is the clock that shows the same at the moment, and goes on from there.
func (c Clock) set(at, wall time.Time, rate int, running bool) Clock {
	return Clock{At: at, Wall: wall, Rate: rate, Running: running}
}

// clocks remembers the clocks of drills for those who only look: a second, at
// most, after another server set one.
type clocks struct {
	mu   sync.Mutex
	held map[Realm]heldClock
}

type heldClock struct {
	clock Clock
	read  time.Time // on the wall
}

const clockFresh = time.Second

// Now is what the realm's clock shows: the wall's in the realm live, its own in a
// drill. Where a drill's clock cannot be read it shows what it did.
func (s *Service) Now(realm Realm) time.Time { return s.At(realm, s.cfg.Now()) }

// At is what the realm's clock shows at that moment of the wall's, which is now or a
// little before.
func (s *Service) At(realm Realm, wall time.Time) time.Time {
	if realm.Drill() == "" {
		return wall
	}
	return s.clockOf(realm).Time(wall)
}

func (s *Service) clockOf(realm Realm) Clock {
	now := s.cfg.Now()
	s.clocks.mu.Lock()
	held, ok := s.clocks.held[realm]
	s.clocks.mu.Unlock()
	if age := now.Sub(held.read); ok && age >= 0 && age < clockFresh {
		return held.clock
	}
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Second)
	defer stop()
	rec, err := s.store.Get(ctx, realm, Ref{KindDrill, realm.Drill()}, nil)
	if err == nil {
		held.clock = rec.(*Drill).Clock
	} else if !ok {
		return held.clock
	}
	s.clocks.keep(realm, held.clock, now) // where it failed: asked again in a second, not by each who looks
	return held.clock
}

// keep remembers a clock.
func (c *clocks) keep(realm Realm, clock Clock, wall time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		c.held = map[Realm]heldClock{}
	}
	c.held[realm] = heldClock{clock, wall}
}
