package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// figures of other products, measured in another run on a machine of two
// processors: CPU and memory of the server alone, one channel, 300 bytes of
// JSON, medians. They are here to be read; what is claimed is claimed against
// the floor of the same run.
func quoted(centrifugo, gorilla float64) []Quoted {
	return []Quoted{{"Centrifugo v6", centrifugo}, {"plain gorilla broadcast", gorilla}}
}

// kinds are the servers that each row compares.
var kinds = []string{"hub", "floor"}

const listeners = 1000

// compare runs a measurement on a fresh server of each kind, round after round,
// and puts the medians beside each other. measure returns one value a row.
func (b *bench) compare(ctx context.Context, f *Figures, rows []Row, measure func(context.Context, *stage) ([]float64, error)) error {
	values := map[string][][]float64{}
	for round := range b.opt.Rounds {
		for _, kind := range kinds {
			s, err := b.raise(kind)
			if err != nil {
				return err
			}
			v, err := measure(ctx, s)
			if err := errors.Join(err, s.end()); err != nil {
				return fmt.Errorf("%s: %w", kind, err)
			}
			b.opt.Tell(fmt.Sprintf("  round %d, %s: %.4g", round+1, kind, v))
			values[kind] = append(values[kind], v)
		}
	}
	for i, r := range rows {
		r.Ours, r.Floor = median(values["hub"], i), median(values["floor"], i)
		f.Feed = append(f.Feed, r)
	}
	return nil
}

func median(rounds [][]float64, i int) float64 {
	var v []float64
	for _, r := range rounds {
		v = append(v, r[i])
	}
	slices.Sort(v)
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

// idle measures what consoles cost that hear nothing but heartbeats.
func (b *bench) idle(ctx context.Context, f *Figures) error {
	for i, n := range []int{1000, 5000} {
		q := [][]Quoted{quoted(51, 26), quoted(46, 24)}[i]
		rows := []Row{{Name: fmt.Sprintf("memory per idle connection, %d connections", n), Unit: "KiB", Quoted: q},
			{Name: fmt.Sprintf("CPU of %d idle connections with their heartbeats", n), Unit: "ms a second"}}
		err := b.compare(ctx, f, rows, func(ctx context.Context, s *stage) ([]float64, error) { return b.idleOne(ctx, s, n) })
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) idleOne(ctx context.Context, s *stage, n int) ([]float64, error) {
	first, err := newCrowd(s.addr).connect(8, false) // pay for what all share
	if err != nil {
		return nil, err
	}
	defer first.cut()
	if err := pause(ctx, time.Second); err != nil {
		return nil, err
	}
	before, err := rss(s.pid())
	if err != nil {
		return nil, err
	}
	to, err := s.assemble(ctx, n)
	if err != nil {
		return nil, err
	}
	defer to.cut()
	if err := pause(ctx, time.Second); err != nil {
		return nil, err
	}
	began, at := time.Now(), time.Duration(0)
	if at, err = s.cpu(); err != nil {
		return nil, err
	}
	if err := pause(ctx, 8*time.Second); err != nil { // two beats
		return nil, err
	}
	used, err := s.cpu()
	if err != nil {
		return nil, err
	}
	spent := float64((used - at).Microseconds()) / 1000 / time.Since(began).Seconds()
	after, err := rss(s.pid())
	if err != nil {
		return nil, err
	}
	return []float64{float64(after-before) / 1024 / float64(n), spent}, b.profile(s, "heap", fmt.Sprintf("idle%d", n))
}

// hub measures changes on their way to a thousand consoles.
func (b *bench) hub(ctx context.Context, f *Figures) error {
	rows := []Row{
		{Name: "CPU per delivery, 50 changes/s to 1,000", Unit: "µs", Quoted: quoted(10.0, 7.7)},
		{Name: "publish to receive at 50/s, p50", Unit: "ms", Quoted: quoted(6.5, 5.9)},
		{Name: "publish to receive at 50/s, p99", Unit: "ms", Quoted: quoted(11.0, 10.1)},
	}
	for i, n := range inFlight {
		rows = append(rows, Row{Name: fmt.Sprintf("CPU per delivery, saturated, %d in flight", n), Unit: "µs", Quoted: [][]Quoted{quoted(6.4, 4.7), quoted(2.8, 3.2), quoted(2.7, 3.0)}[i]},
			Row{Name: fmt.Sprintf("deliveries, saturated, %d in flight", n), Unit: "thousand a second", Quoted: [][]Quoted{quoted(160, 195), quoted(474, 414), quoted(505, 448)}[i]})
	}
	rows = append(rows, Row{Name: "1,000 cut, 100 changes missed each: all caught up after", Unit: "ms", Quoted: quoted(162, 158)},
		Row{Name: "the same: CPU for each", Unit: "µs", Quoted: quoted(250, 190)})
	return b.compare(ctx, f, rows, b.hubOne)
}

var inFlight = []int64{1, 16, 128}

func (b *bench) hubOne(ctx context.Context, s *stage) (out []float64, err error) {
	to, err := s.assemble(ctx, listeners)
	if err != nil {
		return nil, err
	}
	defer func() { to.cut() }()
	if err := b.profile(s, "cpu", "hub"); err != nil {
		return nil, err
	}
	v, err := b.paced(ctx, s)
	if err != nil {
		return nil, err
	}
	out = append(out, v...)
	for _, n := range inFlight {
		v, err := b.saturated(ctx, s, n)
		if err != nil {
			return nil, err
		}
		out = append(out, v...)
	}
	v, to, err = s.missed(ctx, to)
	return append(out, v...), err
}

// paced commits 50 changes a second.
func (b *bench) paced(ctx context.Context, s *stage) ([]float64, error) {
	before, err := s.cpu()
	if err != nil {
		return nil, err
	}
	s.lags = s.lags[:0]
	count := s.count.Load()
	s.measure.Store(true)
	tick := time.NewTicker(time.Second / 50)
	defer tick.Stop()
	for range int(b.opt.Span.Seconds() * 50) {
		if err := s.say(1); err != nil {
			return nil, err
		}
		<-tick.C
	}
	if err := s.await(ctx, s.given); err != nil {
		return nil, err
	}
	s.measure.Store(false)
	after, err := s.cpu()
	if err != nil {
		return nil, err
	}
	lags := s.lags
	return []float64{micros(after-before, s.count.Load()-count), millis(lags, 0.5), millis(lags, 0.99)}, nil
}

// saturated commits as many as it can while at most n changes have not reached
// everybody.
func (b *bench) saturated(ctx context.Context, s *stage, n int64) ([]float64, error) {
	before, err := s.cpu()
	if err != nil {
		return nil, err
	}
	count, began := s.count.Load(), time.Now()
	for time.Since(began) < b.opt.Span {
		if room := s.heads.Load() + n - s.given; room > 0 {
			if err := s.say(room); err != nil {
				return nil, err
			}
		}
		if err := s.await(ctx, min(s.heads.Load()+1, s.given)); err != nil {
			return nil, err
		}
	}
	if err := s.await(ctx, s.given); err != nil {
		return nil, err
	}
	seconds, delivered := time.Since(began).Seconds(), s.count.Load()-count
	after, err := s.cpu()
	if err != nil {
		return nil, err
	}
	return []float64{micros(after-before, delivered), float64(delivered) / seconds / 1000}, nil
}

// missed cuts everybody, commits a hundred changes, and has all come back at
// once.
func (s *stage) missed(ctx context.Context, was *sockets) ([]float64, *sockets, error) {
	was.cut()
	if err := pause(ctx, 300*time.Millisecond); err != nil { // the server sees that they are gone
		return nil, nil, err
	}
	if err := s.say(100); err != nil {
		return nil, nil, err
	}
	if err := pause(ctx, 200*time.Millisecond); err != nil {
		return nil, nil, err
	}
	before, err := s.cpu()
	if err != nil {
		return nil, nil, err
	}
	began := time.Now()
	to, err := s.connect(listeners, true)
	if err != nil {
		return nil, nil, err
	}
	if err := s.await(ctx, s.given); err != nil {
		return nil, to, err
	}
	took := time.Since(began)
	after, err := s.cpu()
	if err != nil {
		return nil, to, err
	}
	return []float64{float64(took.Microseconds()) / 1000, micros(after-before, listeners)}, to, nil
}

func micros(d time.Duration, n int64) float64 { return float64(d.Nanoseconds()) / 1000 / float64(n) }
