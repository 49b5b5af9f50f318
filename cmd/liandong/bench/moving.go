package bench

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"liandong/cmd/liandong/remote"
	"liandong/dispatch"
	"liandong/geo"
	"liandong/realtime/client"
)

// Moving is how well a number of consoles was served while all teams moved.
type Moving struct {
	Consoles int     `json:"consoles"`
	Reports  float64 `json:"reports_per_second" doc:"positions that the server took"`
	Hz       float64 `json:"hz" doc:"how often a second the worst console learned where each team is, in the mean over the teams"`
	Bytes    float64 `json:"bytes_per_second" doc:"to all consoles, positions alone"`
}

// fleet makes n teams that move, with a device each.
func (b *bench) fleet(ctx context.Context, n int) error {
	b.teams, b.tokens = make([]string, n), make([]string, n)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(16)
	for i := range b.teams {
		group.Go(func() (err error) {
			if b.teams[i], err = b.team(ctx, b.people[i%min(len(b.people), nightDesks)]); err != nil {
				return err
			}
			done, err := b.admin.Do(ctx, remote.Random(8), "device.save", dispatch.DeviceSave{Name: "device", Protocol: "osmand", Team: b.teams[i]})
			b.tokens[i] = done.Secret
			return err
		})
	}
	return group.Wait()
}

// fewTeams is how many move in the parts that are short.
func (b *bench) fewTeams() int {
	if b.opt.Teams == 0 {
		return 2000
	}
	return b.opt.Teams
}

// moving doubles the consoles until the worst one learns less than every other
// move, or the most are reached. Every console looks at all teams.
func (b *bench) moving(ctx context.Context, f *Figures) error {
	if err := b.fleet(ctx, b.fewTeams()); err != nil {
		return err
	}
	within, stop := context.WithCancel(ctx)
	defer stop()
	group, in := errgroup.WithContext(within)
	var taken atomic.Int64
	const senders = 32
	for s := range senders {
		group.Go(func() error { return b.drive(in, s, senders, &taken) })
	}
	var all []*client.Console
	var counts []*atomic.Int64
	var bytes func() int
	for n := 10; n <= b.opt.Most; n *= 2 {
		more, err := b.consoles(in, group, n-len(all), func(int) client.Config {
			count := &atomic.Int64{}
			counts = append(counts, count)
			return client.Config{Positions: func(p client.Positions) { count.Add(int64(len(p.Team))) }}
		})
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			b.opt.Tell(fmt.Sprintf("  %d consoles: %v", n, err))
			break
		}
		if err != nil {
			return err
		}
		for _, c := range more {
			if err := c.Look(geo.Bound{0, 0, 1, 1}); err != nil {
				return err
			}
		}
		all = append(all, more...)
		bytes = func() (sum int) {
			for _, c := range all {
				sum += c.Stats().Bytes
			}
			return sum
		}
		if err := pause(ctx, 2*time.Second); err != nil { // the first, full frames
			return err
		}
		for _, c := range counts {
			c.Store(0)
		}
		taken.Store(0)
		begun, before := time.Now(), bytes()
		if err := pause(ctx, b.opt.Span); err != nil {
			return err
		}
		seconds := time.Since(begun).Seconds()
		worst := counts[0].Load()
		for _, c := range counts {
			worst = min(worst, c.Load())
		}
		m := Moving{n, float64(taken.Load()) / seconds, float64(worst) / float64(len(b.teams)) / seconds, float64(bytes()-before) / seconds}
		f.Moving = append(f.Moving, m)
		b.opt.Tell(fmt.Sprintf("  %d consoles: %.2f Hz, %.0f reports/s, %.1f MB/s", n, m.Hz, m.Reports, m.Bytes/1e6))
		if m.Hz < 0.9 {
			break
		}
		f.Served = n
	}
	stop()
	return group.Wait()
}

// drive moves every senders-th team once a second, evenly over the second: in one burst the moves
// of two seconds could fall into one tick. Who is late drops moves: the queue does not grow.
func (b *bench) drive(ctx context.Context, first, senders int, taken *atomic.Int64) error {
	mine := (len(b.tokens) - first + senders - 1) / senders
	if mine <= 0 {
		return nil
	}
	tick := time.NewTicker(time.Second / time.Duration(mine))
	defer tick.Stop()
	for n := 0; ; n++ {
		i, round := first+n%mine*senders, n/mine
		at := geo.At(0.1+0.8*float64(i%50)/50+0.0001*float64(round%100), 0.1+0.8*float64(i/50)/50)
		err := b.process.Locate(ctx, b.tokens[i], remote.Fix{Point: at, At: time.Now(), Speed: 11})
		if ctx.Err() != nil {
			return nil
		}
		if err == nil {
			taken.Add(1)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
