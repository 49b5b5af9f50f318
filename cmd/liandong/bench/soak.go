package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"liandong/cmd/liandong/feedcheck"
	"liandong/cmd/liandong/remote"
	"liandong/dispatch"
	"liandong/realtime/client"
)

// Soak is a long ordinary day in short: consoles come and go, teams move, incidents are opened, worked
// on, closed and put away, and one drill follows the other.
type Soak struct {
	Consoles  int      `json:"consoles"`
	Teams     int      `json:"teams"`
	Minutes   float64  `json:"minutes"`
	Visits    int64    `json:"visits" doc:"consoles that came and went"`
	Decisions int64    `json:"decisions"`
	Fences    int      `json:"fences" doc:"that stand"`
	Drills    int      `json:"drills" doc:"one after the other, each with two consoles and 200 simulated teams"`
	Feeds     int      `json:"feeds_most" doc:"that ran at once: the house's, and those of drills"`
	Positions int64    `json:"positions"`
	Refused   int64    `json:"positions_refused"`
	Stands    []Stand  `json:"stands" doc:"every five minutes"`
	Middle    float64  `json:"rss_middle_mb" doc:"mean of the middle third"`
	Last      float64  `json:"rss_last_mb" doc:"mean of the last third"`
	Before    int      `json:"goroutines_before" doc:"without consoles"`
	After     int      `json:"goroutines_after" doc:"once all have left"`
	Stayed    int      `json:"consoles_that_stayed" doc:"from the beginning to the end"`
	Changes   int      `json:"changes_per_console" doc:"that the journal holds for those that stayed, all received"`
	Faults    []string `json:"faults,omitempty"`

	mu sync.Mutex
}

// Stand is what the server held at a moment.
type Stand struct {
	Minute     float64 `json:"minute"`
	RSS        float64 `json:"rss_mb"`
	Heap       float64 `json:"heap_mb" doc:"in use by objects, with what is not yet collected"`
	Goroutines int     `json:"goroutines"`
	Open       int     `json:"open_sockets"`
	Feeds      int     `json:"feeds"`
}

const (
	soakDecisions = 5  // a second
	soakStay      = 10 // consoles that never leave
	soakDesks     = 4
)

// fault notes what was wrong.
func (s *Soak) fault(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Faults = append(s.Faults, fmt.Sprintf(format, args...))
}

// soak measures it.
func (b *bench) soak(ctx context.Context, f *Figures) error {
	s := &Soak{Consoles: b.seats(100), Minutes: b.opt.Minutes, Stayed: soakStay}
	if s.Minutes == 0 {
		s.Minutes = 30
	}
	if s.Teams = b.opt.Teams; s.Teams == 0 {
		s.Teams = 1000
	}
	if err := b.fleet(ctx, s.Teams); err != nil {
		return err
	}
	fences, err := b.drawFences(ctx, min(manyFences, s.Teams/2))
	if err != nil {
		return err
	}
	s.Fences = len(fences)
	b.admin.Rest()
	begun, err := b.stand(ctx, time.Now())
	if err != nil {
		return err
	}
	s.Before = begun.Goroutines
	if err := b.day(ctx, s); err != nil {
		return err
	}
	// Connections that ended a moment ago may not have been noticed yet.
	for end := time.Now().Add(time.Minute); ; {
		b.admin.Rest()
		now, err := b.stand(ctx, time.Now())
		if err != nil {
			return err
		}
		if s.After = now.Goroutines; s.After <= s.Before || time.Now().After(end) {
			break
		}
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
	}
	if s.After > s.Before {
		s.fault("%d goroutines are left of those who went", s.After-s.Before)
	}
	if s.Feeds > drillFeeds {
		s.fault("%d feeds ran at once: those of drills that are over are kept", s.Feeds)
	}
	if s.Minutes >= 10 && s.Last > 1.1*s.Middle {
		s.fault("memory grew from %.0f MB in the middle third to %.0f MB in the last", s.Middle, s.Last)
	}
	f.Soak = s
	return nil
}

// day lets it all happen and judges those who stayed.
func (b *bench) day(ctx context.Context, s *Soak) error {
	h, v, d := newHall(), newConvoy(b.tokens), &desks{}
	for i := range s.Stayed {
		if _, err := h.seat(ctx, b.people[i%len(b.people)], i, true); err != nil {
			return err
		}
	}
	listening, hangUp := context.WithCancel(ctx)
	defer hangUp()
	staying, listening := errgroup.WithContext(listening)
	if err := h.open(listening, ctx, staying); err != nil {
		return err
	}
	during, calm := context.WithTimeout(ctx, time.Duration(s.Minutes*float64(time.Minute)))
	defer calm()
	group, in := errgroup.WithContext(during)
	group.Go(func() error { return v.run(in, b, 32) })
	group.Go(func() error { return d.run(in, b.chiefs(soakDesks), b.teams, soakDecisions) })
	group.Go(func() error { h.pan(in, 20*time.Second); return nil })
	var visits atomic.Int64
	for i := range s.Consoles {
		group.Go(func() error {
			for rng := rand.New(rand.NewPCG(uint64(i), 5)); in.Err() == nil; visits.Add(1) {
				if err := b.visit(in, s, b.people[i%len(b.people)], rng); err != nil {
					return err
				}
			}
			return nil
		})
	}
	group.Go(func() error { return b.drills(in, s) })
	group.Go(func() error { return b.watch(in, s) })
	err := group.Wait()
	s.Visits, s.Decisions, s.Positions, s.Refused = visits.Load(), d.given.Load(), v.taken.Load(), v.failed.Load()
	if s.Refused > 0 {
		s.fault("%d positions were not taken, the last because: %s", s.Refused, *v.reason.Load())
	}
	if err != nil || ctx.Err() != nil {
		hangUp()
		return errors.Join(err, ctx.Err(), staying.Wait())
	}
	n := Night{}
	err = b.dawn(ctx, &n, h, v)
	s.Changes, s.Faults = n.Changes, append(s.Faults, n.Faults...)
	hangUp()
	return errors.Join(err, staying.Wait())
}

// visit is a console that comes with nothing, looks around for a while and leaves without a word.
func (b *bench) visit(ctx context.Context, s *Soak, p *remote.Person, rng *rand.Rand) error {
	within, leave := context.WithTimeout(ctx, time.Duration(5+rng.ExpFloat64()*20)*time.Second)
	defer leave()
	v := &seat{rng: rng, held: map[string]int64{}, Watcher: feedcheck.Watch("visitor", p, client.Config{})}
	if err := v.look(); err != nil {
		return err
	}
	if err := v.Console.Run(within); err != nil {
		return err
	}
	st := v.Console.Stats()
	if st.Gaps > 0 || st.Doubles > 0 || len(st.Faults) > 0 {
		s.fault("a visitor: %d gaps, %d doubles, %v", st.Gaps, st.Doubles, st.Faults)
	}
	return nil
}

// watch reads what the server holds.
func (b *bench) watch(ctx context.Context, s *Soak) error {
	begun := time.Now()
	every := min(5*time.Minute, time.Duration(s.Minutes*float64(time.Minute))/6)
	tick := time.NewTicker(every / 15)
	defer tick.Stop()
	var all []float64
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			third := len(all) / 3
			s.Middle, s.Last = mean(all[third:len(all)-third]), mean(all[len(all)-third:])
			return nil
		case <-tick.C:
		}
		at, err := b.stand(ctx, begun)
		if ctx.Err() != nil {
			continue
		}
		if err != nil {
			return err
		}
		all = append(all, at.RSS)
		s.Feeds = max(s.Feeds, at.Feeds)
		if n%15 == 0 {
			s.Stands = append(s.Stands, at)
			b.opt.Tell("  " + at.String())
		}
	}
}

func mean(v []float64) (sum float64) {
	for _, x := range v {
		sum += x / float64(len(v))
	}
	return sum
}

func (s Stand) String() string {
	return fmt.Sprintf("minute %5.1f: %4.0f MB, of which heap %4.0f MB; %4d goroutines, %3d sockets, %d feeds", s.Minute, s.RSS, s.Heap, s.Goroutines, s.Open, s.Feeds)
}

func (b *bench) stand(ctx context.Context, begun time.Time) (Stand, error) {
	m, err1 := b.admin.Metrics(ctx)
	held, err2 := rss(b.process.PID())
	return Stand{time.Since(begun).Minutes(), float64(held) / 1e6, m["go_memstats_heap_alloc_bytes"] / 1e6, int(m["go_goroutines"]), int(m["liandong_connections"]), int(m["liandong_feeds"])}, errors.Join(err1, err2)
}

// chiefs are so many of the people who may put incidents away.
func (b *bench) chiefs(n int) (out []*remote.Person) {
	for _, p := range b.people {
		if p.Role == dispatch.RoleChief && len(out) < n {
			out = append(out, p)
		}
	}
	return out
}

func printSoak(f *Figures, say func(string, ...any)) {
	s := f.Soak
	say("soak: %d consoles that come and go, %d that stay, %d teams at 1 Hz, %d fences, %d decisions/s, %.0f minutes", s.Consoles, s.Stayed, s.Teams, s.Fences, soakDecisions, s.Minutes)
	for _, at := range s.Stands {
		say("  %s", at)
	}
	say("  memory: %.0f MB in the mean of the middle third, %.0f MB of the last", s.Middle, s.Last)
	say("  goroutines: %d before anybody came, %d after all had left", s.Before, s.After)
	say("  %d visits, %d decisions, %d positions (%d refused); %d drills one after the other, %d feeds at once at most", s.Visits, s.Decisions, s.Positions, s.Refused, s.Drills, s.Feeds)
	if len(s.Faults) == 0 {
		say("  VERDICT: good. Memory is flat, no goroutine is left, and those who stayed received each of %d changes and hold what a fresh snapshot shows.", s.Changes)
		return
	}
	say("  VERDICT: BAD. %d faults:", len(s.Faults))
	for _, fault := range s.Faults[:min(10, len(s.Faults))] {
		say("    %s", fault)
	}
}
