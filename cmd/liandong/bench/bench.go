package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"liandong/cmd/liandong/remote"
	"liandong/dispatch"
	"liandong/geo"
	"liandong/realtime/client"
)

// Options say how long and how much. Zero values take the defaults in brackets.
type Options struct {
	// Parts names what to measure; none: all. Parts() lists them.
	Parts []string
	// Program is the liandong binary; it is also the server under test.
	Program string
	// Prepare makes an empty database for a whole server and returns how to
	// start it and the first administrator's password, which must be changed.
	Prepare func(context.Context) (remote.Launch, string, error)
	Login   string        // the first administrator's
	Span    time.Duration // of each measurement [5 s]
	Rounds  int           // of the parts that compare with a floor; medians are told [3]
	Writers []int         // [1, 8, 32]
	Teams   int           // that move at 1 Hz [2,000; 10,000 in the night, 1,000 in the soak]
	Most    int           // consoles at most [320]
	Idle    int           // consoles for the figure of memory, of the whole server [200]
	// Consoles and Minutes are of the night [1,000, 5] and of the soak [100, 30].
	Consoles int
	Minutes  float64
	Profile  string // folder for CPU and heap profiles of the hub; empty: none
	Tell     func(string)
}

// Figures are what was measured.
type Figures struct {
	Machine  Machine   `json:"machine"`
	Feed     []Row     `json:"feed,omitempty" doc:"the hub alone, beside a floor"`
	Commands []Rate    `json:"commands,omitempty"`
	Latency  Latency   `json:"latency,omitzero"`
	Position Position  `json:"positions,omitzero"`
	Tiles    *Tiles    `json:"tiles,omitempty"`
	Moving   []Moving  `json:"moving,omitempty"`
	Served   int       `json:"served,omitempty" doc:"most consoles that all learned where each team is at 0.9 Hz or more"`
	Memory   Memory    `json:"memory,omitzero"`
	Night    *Night    `json:"night,omitempty"`
	Soak     *Soak     `json:"soak,omitempty"`
	Replay   *Replay   `json:"replay,omitempty"`
	At       time.Time `json:"at"`
	Took     float64   `json:"took_seconds"`

	parts []part
}

// Rate is how many commands were carried out and kept, per second.
type Rate struct {
	Writers   int     `json:"writers"`
	Commands  int64   `json:"commands"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"per_second"`
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
}

// Latency is from when the server began to carry a command out to when a
// console had applied it, over all commands and consoles.
type Latency struct {
	Consoles  int     `json:"consoles"`
	Samples   int     `json:"samples"`
	PerSecond float64 `json:"commands_per_second"`
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
}

// Memory is what an idle console costs the server.
type Memory struct {
	Consoles   int     `json:"consoles"`
	Before     int64   `json:"before_bytes"`
	After      int64   `json:"after_bytes"`
	PerConsole float64 `json:"per_console_bytes"`
}

type bench struct {
	opt     Options
	process *remote.Process // the whole server with its database; started when a part first needs it
	admin   *remote.Person
	people  []*remote.Person
	long    bool // a part is, in which not everybody is a dispatcher
	turn    int  // whose console is next: a person may have but a few
	teams   []string
	tokens  []string
}

// Run measures the parts that were asked for, one after the other, on servers
// that it starts and ends.
func Run(ctx context.Context, opt Options) (f *Figures, err error) {
	opt.orDefault()
	chosen, err := choose(opt.Parts)
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	b := &bench{opt: opt, long: slices.ContainsFunc(chosen, func(p part) bool { return p.long })}
	defer func() {
		if b.process != nil {
			err = errors.Join(err, b.process.Stop())
		}
	}()
	f = &Figures{Machine: describe(), At: begun.UTC(), parts: chosen}
	for _, p := range chosen {
		if p.city && b.process == nil {
			opt.Tell("people …")
			if err := b.found(ctx); err != nil {
				return nil, fmt.Errorf("people: %w", err)
			}
		}
		opt.Tell(p.name + " …")
		if err := p.run(b, ctx, f); err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
	}
	f.Took = time.Since(begun).Seconds()
	return f, nil
}

func (o *Options) orDefault() {
	if o.Span == 0 {
		o.Span = 5 * time.Second
	}
	if o.Writers == nil {
		o.Writers = []int{1, 8, 32}
	}
	if o.Most == 0 {
		o.Most = 320
	}
	if o.Idle == 0 {
		o.Idle = 200
	}
	if o.Rounds == 0 {
		o.Rounds = 3
	}
	if o.Tell == nil {
		o.Tell = func(string) {}
	}
}

// found starts the whole server and makes the people whose consoles and
// commands these are. Then it starts the server anew: what it needed to check
// their passwords would hide what a console costs.
func (b *bench) found(ctx context.Context) (err error) {
	launch, password, err := b.opt.Prepare(ctx)
	if err != nil {
		return err
	}
	if b.process, err = launch.Start(ctx); err != nil {
		return err
	}
	if b.admin, err = b.process.FirstSignIn(ctx, b.opt.Login, password, dispatch.RoleAdmin); err != nil {
		return err
	}
	b.people = make([]*remote.Person, slices.Max(append([]int{1 + max(b.opt.Most, b.opt.Idle+8, b.crowded())/perPerson}, b.opt.Writers...)))
	if err := b.hireAll(ctx); err != nil {
		return err
	}
	launch.Addr = b.process.Addr() // where everybody has signed in
	if err := b.process.Stop(); err != nil {
		return err
	}
	b.process, err = launch.Start(ctx)
	return err
}

// perPerson is how many consoles one sign-in may have open at once.
const perPerson = 8

func (b *bench) hireAll(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for i := range b.people {
		group.Go(func() (err error) {
			b.people[i], err = b.admin.Hire(ctx, dispatch.PersonSave{Agency: b.admin.Agency, Name: fmt.Sprintf("Dispatcher %d", i),
				Login: fmt.Sprintf("bench%d.%s", i, remote.Random(3)), Roles: []dispatch.Role{b.role(i)}})
			return err
		})
	}
	return group.Wait()
}

// seats is how many consoles a long part has.
func (b *bench) seats(byDefault int) int {
	if b.opt.Consoles == 0 {
		return byDefault
	}
	return b.opt.Consoles
}

// crowded is how many consoles people are hired for, for a long part.
func (b *bench) crowded() int {
	if !b.long {
		return 0
	}
	return b.seats(nightConsoles) + soakStay
}

// role is the i-th person's. In the night not everybody is a dispatcher: each role is an audience of
// its own.
func (b *bench) role(i int) dispatch.Role {
	if roles := []dispatch.Role{dispatch.RoleDispatcher, dispatch.RoleObserver, dispatch.RoleChief, dispatch.RolePlanner}; b.long && i >= nightDesks {
		return roles[i%len(roles)]
	}
	return dispatch.RoleDispatcher
}

// consoles opens n consoles and waits until each has its picture.
func (b *bench) consoles(ctx context.Context, group *errgroup.Group, n int, cfg func(i int) client.Config) ([]*client.Console, error) {
	out := make([]*client.Console, n)
	for i := range out {
		out[i] = b.people[b.turn%len(b.people)].Console(cfg(i))
		b.turn++
		group.Go(func() error { return out[i].Run(ctx) })
	}
	within, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	for _, c := range out {
		if err := c.Wait(within, 1); err != nil {
			return nil, fmt.Errorf("of %d consoles not all got their picture: %w", n, err)
		}
	}
	return out, nil
}

func (b *bench) memory(ctx context.Context, f *Figures) error {
	within, stop := context.WithCancel(ctx)
	defer stop()
	group, within := errgroup.WithContext(within)
	// The first ones pay for what all share.
	if _, err := b.consoles(within, group, 8, func(int) client.Config { return client.Config{} }); err != nil {
		return err
	}
	before, err := rss(b.process.PID())
	if err != nil {
		return err
	}
	if _, err := b.consoles(within, group, b.opt.Idle, func(int) client.Config { return client.Config{} }); err != nil {
		return err
	}
	after, err := rss(b.process.PID())
	if err != nil {
		return err
	}
	f.Memory = Memory{b.opt.Idle, before, after, float64(after-before) / float64(b.opt.Idle)}
	stop()
	return group.Wait()
}

// commands lets each writer tell whole stories of its own.
func (b *bench) commands(ctx context.Context, f *Figures) error {
	for _, writers := range b.opt.Writers {
		b.opt.Tell(fmt.Sprintf("  %d writers", writers))
		took := make([][]time.Duration, writers)
		until, stop := context.WithTimeout(ctx, b.opt.Span)
		begun := time.Now()
		group, _ := errgroup.WithContext(ctx)
		for w := range writers {
			group.Go(func() (err error) {
				took[w], err = b.stories(ctx, until, b.people[w])
				return err
			})
		}
		err := group.Wait()
		stop()
		if err != nil {
			return err
		}
		all := slices.Concat(took...)
		seconds := time.Since(begun).Seconds()
		f.Commands = append(f.Commands, Rate{writers, int64(len(all)), seconds, float64(len(all)) / seconds, millis(all, 0.5), millis(all, 0.99)})
	}
	return nil
}

// stories opens incidents, sends a team, moves its task on to the end and
// closes, again and again until the time is over. It returns how long each
// command took.
func (b *bench) stories(ctx, until context.Context, p *remote.Person) (took []time.Duration, err error) {
	team, err := b.team(ctx, p)
	if err != nil {
		return nil, err
	}
	do := func(name string, in any) (done remote.Done) {
		if err != nil {
			return
		}
		begun := time.Now()
		done, err = p.Do(ctx, remote.Random(8), name, in)
		took = append(took, time.Since(begun))
		return done
	}
	for until.Err() == nil && err == nil {
		done := do("incident.open", dispatch.IncidentOpen{Type: "12G03", Title: "measurement"})
		if err != nil {
			break
		}
		incident, bad := remote.First[dispatch.Incident](done, dispatch.KindIncident)
		if bad != nil {
			return took, bad
		}
		done = do("task.assign", dispatch.TaskAssign{Incident: incident.ID, Team: team})
		if err != nil {
			break
		}
		task, bad := remote.First[dispatch.Task](done, dispatch.KindTask)
		if bad != nil {
			return took, bad
		}
		from := dispatch.TaskAssigned
		for _, to := range []dispatch.TaskState{dispatch.TaskAcknowledged, dispatch.TaskEnRoute, dispatch.TaskOnScene, dispatch.TaskDone} {
			do("task.advance", dispatch.TaskAdvance{Task: task.ID, From: from, To: to, Radio: true})
			from = to
		}
		do("incident.close", dispatch.IncidentMove{Incident: incident.ID, Outcome: "measured"})
	}
	return took, err
}

func (b *bench) team(ctx context.Context, p *remote.Person) (string, error) {
	at := geo.At(0.5, 0.5)
	done, err := p.Do(ctx, remote.Random(8), "team.save", dispatch.TeamSave{Name: "Measurement", CallSign: "M" + remote.Random(4), Type: dispatch.TeamFire,
		SeatsMin: 1, SeatsFull: 1, Base: dispatch.Place{Point: &at}})
	if err != nil {
		return "", err
	}
	team, err := remote.First[dispatch.Team](done, dispatch.KindTeam)
	if err != nil {
		return "", err
	}
	crew := 1
	_, err = p.Do(ctx, remote.Random(8), "team.duty", dispatch.TeamDuty{Team: team.ID, Duty: dispatch.DutyAvailable, Crew: &crew, Radio: true})
	return team.ID, err
}

// latency has 50 consoles listen while two writers work at an even pace.
func (b *bench) latency(ctx context.Context, f *Figures) error {
	const listeners = 50
	within, stop := context.WithCancel(ctx)
	defer stop()
	group, in := errgroup.WithContext(within)
	samples := make([][]time.Duration, listeners)
	var measuring atomic.Bool
	if _, err := b.consoles(in, group, listeners, func(i int) client.Config {
		return client.Config{Changed: func(_ int64, _ string, at time.Time) {
			if measuring.Load() {
				samples[i] = append(samples[i], time.Since(at)) // one goroutine a console
			}
		}}
	}); err != nil {
		return err
	}
	measuring.Store(true)
	until, over := context.WithTimeout(ctx, b.opt.Span)
	defer over()
	var given int
	team, err := b.team(ctx, b.people[0])
	if err != nil {
		return err
	}
	begun := time.Now()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for crew := 1; until.Err() == nil; given++ {
		if _, err := b.people[0].Do(ctx, remote.Random(8), "team.duty", dispatch.TeamDuty{Team: team, Duty: dispatch.DutyAvailable, Crew: &crew, Radio: true}); err != nil {
			return err
		}
		<-tick.C
	}
	seconds := time.Since(begun).Seconds()
	measuring.Store(false)
	stop()
	if err := group.Wait(); err != nil {
		return err
	}
	all := slices.Concat(samples...)
	f.Latency = Latency{listeners, len(all), float64(given) / seconds, millis(all, 0.5), millis(all, 0.99)}
	return nil
}

// millis is a percentile of spans, in milliseconds.
func millis(spans []time.Duration, p float64) float64 {
	if len(spans) == 0 {
		return 0
	}
	slices.Sort(spans)
	return float64(spans[int(p*float64(len(spans)-1)+0.5)].Microseconds()) / 1000
}
