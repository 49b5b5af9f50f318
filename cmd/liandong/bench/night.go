package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"liandong/cmd/liandong/feedcheck"
	"liandong/dispatch"
)

// Night is the worst night: everybody is connected, everything moves, and decisions fall all the
// while. CPU is in per cent of one processor.
type Night struct {
	Consoles  int     `json:"consoles"`
	Teams     int     `json:"teams"`
	Minutes   float64 `json:"minutes"`
	Gathering float64 `json:"gathering_seconds" doc:"until all consoles, started at once, had their sockets"`

	Server   float64 `json:"server_cpu_percent"`
	Database float64 `json:"database_cpu_percent"`
	Load     float64 `json:"load_cpu_percent" doc:"of the consoles, teams and desks, on the same machine"`
	Resident float64 `json:"server_rss_mb" doc:"most that was seen"`

	Positions float64 `json:"positions_per_second" doc:"told and answered after their commit"`
	Dropped   int64   `json:"positions_dropped" doc:"by the load, which was late"`
	Refused   int64   `json:"positions_refused"`
	Decisions float64 `json:"decisions_per_second"`
	Ticks     float64 `json:"ticks_per_second"`
	Fences    int     `json:"fences"`
	Crossings float64 `json:"crossings_per_second" doc:"booked, besides the decisions"`
	Inside    int     `json:"inside" doc:"stays at the end, each as its team told last"`

	Tick       Delay    `json:"tick_to_console"`
	Fix        Delay    `json:"fix_to_console" doc:"with the wait for the tick"`
	Decided    Delay    `json:"decision_to_console"`
	Frames     float64  `json:"frames_per_console_second"`
	Bytes      float64  `json:"bytes_per_console_second"`
	Reconnects int      `json:"reconnects"`
	Compared   int      `json:"pictures_compared" doc:"byte for byte with fresh snapshots, positions with what teams told last"`
	Changes    int      `json:"changes_per_console" doc:"that the journal holds for each, all received"`
	Faults     []string `json:"faults,omitempty"`
}

// Delay is how late consoles learn.
type Delay struct {
	Samples int64   `json:"samples"`
	P50     float64 `json:"p50_ms"`
	P99     float64 `json:"p99_ms"`
}

func (s *spread) delay() Delay { return Delay{s.total(), s.millis(0.5), s.millis(0.99)} }

const (
	nightConsoles  = 1000
	nightDecisions = 20  // a second
	nightTrackers  = 128 // connections
	nightSample    = 50  // consoles with whole pictures
	nightDesks     = 12
)

// night measures it.
func (b *bench) night(ctx context.Context, f *Figures) error {
	n := Night{Consoles: b.seats(nightConsoles), Minutes: b.opt.Minutes}
	if n.Minutes == 0 {
		n.Minutes = 5
	}
	if n.Teams = b.opt.Teams; n.Teams == 0 {
		n.Teams = 10_000
	}
	b.opt.Tell(fmt.Sprintf("  %d teams", n.Teams))
	if err := b.fleet(ctx, n.Teams); err != nil {
		return err
	}
	fences, err := b.drawFences(ctx, manyFences)
	if err != nil {
		return err
	}
	n.Fences = len(fences)
	h, v := newHall(), newConvoy(b.tokens)
	for i := range n.Consoles {
		if _, err := h.seat(ctx, b.people[i%len(b.people)], i, i < nightSample); err != nil {
			return err
		}
	}
	listening, hangUp := context.WithCancel(ctx)
	defer hangUp()
	group, listening := errgroup.WithContext(listening)
	begun := time.Now()
	within, stop := context.WithTimeout(ctx, 2*time.Minute)
	err = h.open(listening, within, group)
	stop()
	if err != nil {
		hangUp()
		return errors.Join(err, group.Wait())
	}
	n.Gathering = time.Since(begun).Seconds()
	b.opt.Tell(fmt.Sprintf("  %d consoles connected after %.1f s", n.Consoles, n.Gathering))
	if err := b.storm(ctx, &n, h, v); err != nil {
		hangUp()
		return errors.Join(err, group.Wait())
	}
	err = errors.Join(b.dawn(ctx, &n, h, v), b.guarded(ctx, &n, fences, v))
	hangUp()
	f.Night = &n
	return errors.Join(err, group.Wait())
}

// storm lets everything happen and takes the figures.
func (b *bench) storm(ctx context.Context, n *Night, h *hall, v *convoy) error {
	during, calm := context.WithCancel(ctx)
	defer calm()
	group, in := errgroup.WithContext(during)
	d := &desks{}
	group.Go(func() error { return v.run(in, b, nightTrackers) })
	group.Go(func() error { return d.run(in, b.people[:nightDesks], b.teams, nightDecisions) })
	group.Go(func() error { h.pan(in, 20*time.Second); return nil })
	if err := pause(in, 2*b.opt.Span); err != nil { // all positions are told once
		return errors.Join(err, group.Wait())
	}
	from, err := b.reading(h)
	if err != nil {
		return err
	}
	taken, given := v.taken.Load(), d.given.Load()
	booked, err := b.booked(ctx)
	if err != nil {
		return err
	}
	h.hearing.Store(true)
	for end := from.at.Add(time.Duration(n.Minutes * float64(time.Minute))); time.Now().Before(end) && in.Err() == nil; {
		_ = pause(in, min(5*time.Second, time.Until(end)))
		now, err := rss(b.process.PID())
		if err != nil {
			return err
		}
		n.Resident = max(n.Resident, float64(now)/1e6)
		b.opt.Tell(fmt.Sprintf("  %3.0f s: %.0f MB, %d positions, %d decisions", time.Since(from.at).Seconds(), float64(now)/1e6, v.taken.Load(), d.given.Load()))
	}
	h.hearing.Store(false)
	to, err := b.reading(h)
	if err != nil {
		return err
	}
	s := to.at.Sub(from.at).Seconds()
	share := func(a, b time.Duration) float64 { return 100 * (b - a).Seconds() / s }
	n.Server, n.Database, n.Load = share(from.server, to.server), share(from.database, to.database), share(from.load, to.load)
	n.Positions, n.Decisions = float64(v.taken.Load()-taken)/s, float64(d.given.Load()-given)/s
	n.Ticks = float64(h.tickCount()) / s
	now, err := b.booked(ctx)
	if err != nil {
		return err
	}
	n.Crossings = (now - booked) / s
	n.Frames, n.Bytes = float64(to.frames-from.frames)/s/float64(n.Consoles), float64(to.bytes-from.bytes)/s/float64(n.Consoles)
	calm()
	err = group.Wait()
	if n.Refused, n.Dropped = v.failed.Load(), v.missed.Load(); n.Refused > 0 {
		n.Faults = append(n.Faults, fmt.Sprintf("%d positions were not taken, the last because: %s", n.Refused, *v.reason.Load()))
	}
	n.Tick, n.Fix, n.Decided = h.ticked.delay(), h.shown.delay(), h.changed.delay()
	return err
}

// reading is what the counters stand at.
type reading struct {
	at                     time.Time
	server, database, load time.Duration
	frames, bytes          int
}

func (b *bench) reading(h *hall) (r reading, err error) {
	var err1, err2, err3 error
	r.at = time.Now()
	r.server, err1 = cpu(b.process.PID())
	r.database, err2 = cpuBelow(b.process.PID())
	r.load, err3 = ownCPU()
	r.frames, r.bytes = h.sums()
	return r, errors.Join(err1, err2, err3)
}

// dawn judges: whether each console received every change it may see, and whether those with whole
// pictures hold what is true.
func (b *bench) dawn(ctx context.Context, n *Night, h *hall, v *convoy) error {
	b.opt.Tell("  judging")
	n.Reconnects = h.reconnects()
	journals := map[dispatch.Role][]int64{}
	for _, s := range h.seats {
		role := s.Person.Role
		if journals[role] == nil {
			var err error
			if journals[role], err = feedcheck.Journal(ctx, s.Person, h.starts[role].Seq); err != nil {
				return err
			}
		}
		out, err := s.Judge(ctx, journals[role])
		if err != nil {
			return fmt.Errorf("%s: %w", s.Who, err)
		}
		n.Changes = max(n.Changes, out.Expected)
		for _, fault := range out.Faults {
			n.Faults = append(n.Faults, s.Who+": "+fault)
		}
		if s.full {
			n.Compared++
			if err := b.settled(ctx, n, s, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// settled waits until the console shows where each team in its window was last: a map of small scale
// is told every eight seconds.
func (b *bench) settled(ctx context.Context, n *Night, s *seat, v *convoy) error {
	for end := time.Now().Add(15 * time.Second); ; {
		wrong, example := s.newest(b.teams, v)
		if wrong == 0 {
			return nil
		}
		if time.Now().After(end) {
			n.Faults = append(n.Faults, fmt.Sprintf("%s: %d stale positions: %s", s.Who, wrong, example))
			return nil
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

func printNight(f *Figures, say func(string, ...any)) {
	n := f.Night
	say("the worst night: %d consoles, each with a window on the map that it moves every 20 s, %d teams at 1 Hz, %d fences, %.1f minutes, one node", n.Consoles, n.Teams, n.Fences, n.Minutes)
	say("  all consoles, started at once, were connected after  %6.1f s", n.Gathering)
	say("  CPU, of one processor: server %.0f %%, database %.0f %%; the load beside them %.0f %%", n.Server, n.Database, n.Load)
	say("  memory of the server at most %.0f MB", n.Resident)
	say("  in:  %.0f positions/s, each answered after its commit (%d dropped by the load, %d refused); %.1f decisions/s; %.1f crossings of fences/s", n.Positions, n.Dropped, n.Refused, n.Decisions, n.Crossings)
	say("  out: %.2f ticks/s; %.2f frames/s and %.1f kB/s to each console", n.Ticks, n.Frames, n.Bytes/1e3)
	for _, d := range []struct {
		name string
		Delay
	}{{"tick to console", n.Tick}, {"fix to console, with the wait for its tick", n.Fix}, {"decision to console", n.Decided}} {
		say("  %-44s p50 %7.1f ms   p99 %7.1f ms   (%d samples)", d.name, d.P50, d.P99, d.Samples)
	}
	say("  reconnects: %d", n.Reconnects)
	if len(n.Faults) == 0 {
		say("  VERDICT: good. No missing change: %d consoles received each of up to %d changes they may see, none twice; %d pictures are byte-equal to fresh snapshots and show each team where it told last; %d stays in fences are where their teams told last, and no team is missing.", n.Consoles, n.Changes, n.Compared, n.Inside)
		return
	}
	say("  VERDICT: BAD. %d faults:", len(n.Faults))
	for _, fault := range n.Faults[:min(10, len(n.Faults))] {
		say("    %s", fault)
	}
}
