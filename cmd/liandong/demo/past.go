package demo

import (
	"context"
	"sync"
	"time"

	"liandong/dispatch"
)

// Past is a demo city that has been alive for a while already when somebody
// first looks at it: the time until now is lived through as fast as the machine
// can, on a clock of its own, by the same commands.
type Past struct {
	// Service decides on Clock's time.
	Service Worker
	Journal Journal
	Clock   *Clock
	// Save keeps positions, as the lane does.
	Save func(ctx context.Context, batch []dispatch.Position) error
	Seed uint64
}

// Worker is what it asks of the service beside Board: to do what falls due.
type Worker interface {
	Board
	FireDue(ctx context.Context, realm dispatch.Realm) (int, error)
}

// Clock is a clock that is moved by hand.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock starts at the moment.
func NewClock(at time.Time) *Clock { return &Clock{now: at} }

// Now is its time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Pass moves it on.
func (c *Clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Figures of the way through the past.
const (
	stride   = 4 * time.Second
	saveEach = 5000 // positions
)

// Run lives until the time comes; tell is told each hour that is through.
func (p Past) Run(ctx context.Context, until time.Time, tell func(done time.Time)) error {
	lane := &pastLane{clock: p.Clock, latest: map[string]dispatch.Position{}}
	live := NewLive(LiveConfig{Service: p.Service, Journal: p.Journal, Lane: lane, Seed: p.Seed, Now: p.Clock.Now})
	for hour := p.Clock.Now().Add(time.Hour); p.Clock.Now().Before(until); p.Clock.Pass(stride) {
		if err := live.Step(ctx); err != nil {
			return err
		}
		if _, err := p.Service.FireDue(ctx, dispatch.Live); err != nil {
			return err
		}
		if len(lane.waiting) >= saveEach {
			if err := lane.save(ctx, p.Save); err != nil {
				return err
			}
		}
		if now := p.Clock.Now(); !now.Before(hour) {
			tell(now)
			hour = now.Add(time.Hour)
		}
	}
	return lane.save(ctx, p.Save)
}

// pastLane takes every position as it is.
type pastLane struct {
	clock   *Clock
	latest  map[string]dispatch.Position
	waiting []dispatch.Position
}

func (l *pastLane) Submit(_ context.Context, p dispatch.Position) error {
	p.Received = l.clock.Now()
	l.latest[p.Team] = p
	l.waiting = append(l.waiting, p)
	return nil
}

func (l *pastLane) Latest(_ dispatch.Realm, team string) (dispatch.Position, bool) {
	p, ok := l.latest[team]
	return p, ok
}

func (l *pastLane) save(ctx context.Context, to func(context.Context, []dispatch.Position) error) error {
	batch := l.waiting
	l.waiting = nil
	if len(batch) == 0 {
		return nil
	}
	return to(ctx, batch)
}
