package bench

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"liandong/cmd/liandong/feedcheck"
	"liandong/cmd/liandong/remote"
	"liandong/dispatch"
	"liandong/geo"
	"liandong/realtime/client"
)

// hall is where many consoles sit, and what they heard.
type hall struct {
	frames  *client.Frames
	starts  map[dispatch.Role]*client.Picture
	seats   []*seat
	hearing atomic.Bool // while the figures are taken

	changed spread // from the decision to a console that may see it
	shown   spread // from a fix to a console that looks at it
	ticked  spread // from a tick to a console
	ticks   sync.Map
}

// seat is one console with a window on the map.
type seat struct {
	*feedcheck.Watcher
	rng    *rand.Rand
	window geo.Bound

	mu   sync.Mutex
	held map[string]int64 // of a full one: when each team's position was measured, Unix milliseconds
	full bool
}

func newHall() *hall {
	return &hall{frames: client.NewFrames(), starts: map[dispatch.Role]*client.Picture{}}
}

// seat opens a console, which begins with the picture that others of its role took.
func (h *hall) seat(ctx context.Context, p *remote.Person, n int, full bool) (*seat, error) {
	start := h.starts[p.Role]
	if start == nil {
		var err error
		if start, err = p.Console(client.Config{}).Snapshot(ctx); err != nil {
			return nil, err
		}
		h.starts[p.Role] = start
	}
	s := &seat{full: full, rng: rand.New(rand.NewPCG(uint64(n), 3)), held: map[string]int64{}}
	cfg := client.Config{Start: start, Light: !full, Frames: h.frames, Moves: func(m client.Moves) { h.moves(m) },
		Changed: func(_ int64, _ string, at time.Time) {
			if h.hearing.Load() {
				h.changed.add(time.Since(at))
			}
		}}
	if full {
		cfg.Positions = s.see
	}
	s.Watcher = feedcheck.Watch(fmt.Sprintf("%s %d", p.Role, n+1), p, cfg)
	h.seats = append(h.seats, s)
	return s, s.look()
}

// open brings all consoles to life at once and waits until each has its socket.
func (h *hall) open(ctx, within context.Context, group *errgroup.Group) error {
	for _, s := range h.seats {
		group.Go(func() error { return s.Console.Run(ctx) })
	}
	for _, s := range h.seats {
		if err := s.Console.Wait(within, 0); err != nil {
			return fmt.Errorf("of %d consoles not all were connected: %w", len(h.seats), err)
		}
	}
	return nil
}

// moves measures what one frame tells. Full frames answer a look and are of no tick.
func (h *hall) moves(m client.Moves) {
	if m.Full || !h.hearing.Load() {
		return
	}
	now := time.Now()
	h.ticked.add(now.Sub(m.At))
	h.ticks.LoadOrStore(m.At.UnixNano(), struct{}{})
	for i := rand.N(8); i < m.Len(); i += 8 { // enough to know the rest
		h.shown.add(now.Sub(m.Fixed(i)))
	}
}

// see remembers what the console shows.
func (s *seat) see(p client.Positions) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.Full {
		clear(s.held)
	}
	for i, team := range p.Team {
		s.held[team] = max(s.held[team], p.Fixed[i].UnixMilli())
	}
}

// look shows another part of the city, from a few streets to all of it, as a map of 1,440 by 810
// pixels does.
func (s *seat) look() error {
	c := inCity(s.rng)
	width := 0.05 * math.Pow((nightCity[2]-nightCity[0])/0.05, s.rng.Float64())
	height := width * 9 / 16
	s.mu.Lock()
	s.window = geo.Bound{c.Lon() - width/2, c.Lat() - height/2, c.Lon() + width/2, c.Lat() + height/2}
	s.mu.Unlock()
	_ = s.Console.LookAt(s.window, math.Log2(360*1440/(512*width))) // where the socket is cut it is told again
	return nil
}

// pan has one console after another look elsewhere, each about every so often, until ctx ends.
func (h *hall) pan(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every / time.Duration(len(h.seats)))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			_ = h.seats[rand.N(len(h.seats))].look()
		}
	}
}

// newest tells in how many places the console shows another position than the one its team told last.
func (s *seat) newest(teams []string, v *convoy) (wrong int, example string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, team := range teams {
		at, fixed := v.at[i].Load(), v.fixed[i].Load()
		if at == nil || !s.window.Contains(*at) {
			continue
		}
		if held := s.held[team]; fixed-held >= 10 { // a frame tells hundredths of a second
			wrong++
			example = fmt.Sprintf("team %s told %d and is shown as of %d", team, fixed, held)
		}
	}
	return wrong, example
}

// sums are the frames and bytes of all consoles.
func (h *hall) sums() (frames, bytes int) {
	for _, s := range h.seats {
		st := s.Console.Stats()
		frames, bytes = frames+st.Frames, bytes+st.Bytes
	}
	return frames, bytes
}

// reconnects is how often consoles had to come back.
func (h *hall) reconnects() (n int) {
	for _, s := range h.seats {
		n += max(s.Console.Stats().Connects-1, 0)
	}
	return n
}

func (h *hall) tickCount() (n int) {
	h.ticks.Range(func(any, any) bool { n++; return true })
	return n
}

func inCity(rng *rand.Rand) geo.Point {
	return geo.At(nightCity[0]+rng.Float64()*(nightCity[2]-nightCity[0]), nightCity[1]+rng.Float64()*(nightCity[3]-nightCity[1]))
}
