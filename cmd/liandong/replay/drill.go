package replay

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"liandong/cmd/liandong/remote"
	"liandong/dispatch"
)

// DrillOptions say which hours of a log are drilled, and how.
type DrillOptions struct {
	// Admin is an administrator of an agency that coordinates.
	Admin *remote.Person
	// From and To bound the calls that are received; a zero From means the busiest
	// hours of the log that are as long as Length.
	From   time.Time
	Length time.Duration
	Speed  int // rate of the drills' clocks, 1 to 60
	Seed   int64
	// Rule is how the dispatcher decides, Instead how it decides in each fork from the
	// moment on at which most units are under way.
	Rule    Rule
	Instead []Rule
	Zone    *time.Location    // for names and lines that people read
	Tell    func(line string) // progress; may be nil
}

// DrillResult is what came of a log that was drilled and forked.
type DrillResult struct {
	From, To    time.Time
	Speed       int
	Seed        int64
	Calls, Rows int       // of the hours, as far as they can be played
	Refused     []Refusal // rows that cannot
	Teams, Duty int       // all units of the log; those of them on duty
	Parted      time.Time // where it was forked
	Away        int       // units under way then
	Setup       time.Duration
	Base        DrillRun
	Forks       []DrillRun
}

// DrillRun is one drill that was played to its end.
type DrillRun struct {
	Drill, Name string
	Rule        Rule
	// Took is how long it was played, on the wall; the clock stood at Stops moments, at which the
	// dispatcher decided.
	Took  time.Duration
	Stops int
	// Sent units were sent: AsLogged of them that of the log, the others another one. Skipped are
	// those that the rule does without; Waiting those for which nobody was free until the end.
	Sent, AsLogged, Skipped, Waiting int
	Refused                          []Refusal // decisions that the server refused
	// Measures are those of the drill; Beside, of a fork, those of the drill that it left. Of a fork
	// both begin where they parted.
	Measures, Beside []dispatch.Measure
}

// Good tells whether every call was opened and every unit accounted for, and nothing that was decided
// was refused.
func (r *DrillResult) Good() bool {
	for _, d := range append([]DrillRun{r.Base}, r.Forks...) {
		if len(d.Refused) > 0 || len(d.Measures) == 0 {
			return false
		}
	}
	return r.Base.Sent+r.Base.Skipped+r.Base.Waiting == r.Rows
}

// Drill plays hours of the log as a drill, forks it at its busiest moment once for each other rule, and
// compares. All of it stays on the server.
func Drill(ctx context.Context, l *Log, opt DrillOptions) (*DrillResult, error) {
	if opt.Tell == nil {
		opt.Tell = func(string) {}
	}
	s, err := newScript(l, opt)
	if err != nil {
		return nil, err
	}
	res := &DrillResult{From: s.from, To: s.to, Speed: opt.Speed, Seed: opt.Seed, Calls: len(s.calls), Rows: s.rows, Refused: s.refused, Teams: len(s.units)}
	for _, u := range s.units {
		if !u.off {
			res.Duty++
		}
	}
	begun := time.Now()
	st, err := newStage(ctx, s, opt)
	if err != nil {
		return nil, err
	}
	base, err := st.base(ctx)
	if err != nil {
		return nil, err
	}
	res.Setup = time.Since(begun)
	opt.Tell(fmt.Sprintf("%d teams, %d of them on duty, and %d injects after %.0f s", res.Teams, res.Duty, res.Calls, res.Setup.Seconds()))
	if err := base.play(ctx); err != nil {
		return nil, err
	}
	if res.Parted, res.Away, err = base.busiest(ctx); err != nil {
		return nil, err
	}
	opt.Tell(fmt.Sprintf("%d units under way at %s: the drill is forked there", res.Away, res.Parted.In(opt.Zone).Format(time.TimeOnly)))
	forks := make([]*playing, len(opt.Instead))
	for n, rule := range opt.Instead {
		if forks[n], err = base.fork(ctx, res.Parted, rule); err != nil {
			return nil, err
		}
	}
	group, in := errgroup.WithContext(ctx)
	for _, f := range forks {
		group.Go(func() error { return f.play(in) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if res.Base, err = base.result(ctx, ""); err != nil {
		return nil, err
	}
	for _, f := range forks {
		r, err := f.result(ctx, base.drill)
		if err != nil {
			return nil, err
		}
		res.Forks = append(res.Forks, r)
	}
	return res, nil
}

// stage is where drills are played: a server with the log's units, a director and a dispatcher.
type stage struct {
	script   *script
	opt      DrillOptions
	crew     *crew
	director *remote.Person
	tell     sync.Mutex
}

// newStage makes the teams, at their bases, and the two people who play.
func newStage(ctx context.Context, s *script, opt DrillOptions) (*stage, error) {
	c, err := newCrew(ctx, opt.Admin, s.units, 1, false)
	if err != nil {
		return nil, err
	}
	director, err := opt.Admin.Hire(ctx, dispatch.PersonSave{Agency: opt.Admin.Agency, Name: "Director", Login: "director." + c.mark, Roles: []dispatch.Role{dispatch.RolePlanner}})
	return &stage{script: s, opt: opt, crew: c, director: director}, err
}

// playing is one drill under way, with a session of its own for the director and the dispatcher.
type playing struct {
	*stage
	desk        *desk
	director    *remote.Person
	drill, name string
	now         time.Time // on the drill's clock, which stands
	started     bool
	run         DrillRun
}

// give gives a command of the director's.
func (p *playing) give(ctx context.Context, name string, in any) (remote.Done, error) {
	return p.director.Insist(ctx, remote.Random(8), name, in)
}

// open opens a drill from where the director is, and takes the director into it, in a session of its own.
func (s *stage) open(ctx context.Context, director *remote.Person, rule Rule, in dispatch.DrillOpen) (*playing, error) {
	in.Content, in.Form, in.Purpose, in.Seed = dispatch.DrillSingle, dispatch.DrillTabletop, dispatch.DrillResearch, s.opt.Seed
	done, err := director.Insist(ctx, remote.Random(8), "drill.open", in)
	if err != nil {
		return nil, err
	}
	d, err := remote.First[dispatch.Drill](done, dispatch.KindDrill)
	if err != nil {
		return nil, err
	}
	p := &playing{stage: s, drill: d.ID, name: in.Name, now: d.Begins, run: DrillRun{Drill: d.ID, Name: in.Name, Rule: rule}}
	if p.director, err = s.director.Again(ctx); err != nil {
		return nil, err
	}
	return p, p.director.Join(ctx, p.drill)
}

// base opens the drill from resources at rest and writes its script.
func (s *stage) base(ctx context.Context) (*playing, error) {
	name := fmt.Sprintf("San Francisco, %s, %s", s.script.from.In(s.opt.Zone).Format("2006-01-02 15:04"), s.opt.Rule.words())
	p, err := s.open(ctx, s.director, s.opt.Rule, dispatch.DrillOpen{Name: name, Situation: s.situation(), Picture: dispatch.PictureResources, Begins: &s.script.from})
	if err != nil {
		return nil, err
	}
	desk := s.crew.desk[0]
	if _, err := p.give(ctx, "part.save", dispatch.PartSave{Person: desk.ID, Role: dispatch.RoleDispatcher}); err != nil {
		return nil, err
	}
	for _, kind := range s.script.kinds() {
		var teams []string
		for _, u := range s.script.units {
			if u.kind == kind {
				teams = append(teams, s.crew.teams[u.id].team)
			}
		}
		traits := s.script.traits(kind)
		if _, err := p.give(ctx, "sim.save", dispatch.SimSave{Teams: teams, Mode: dispatch.SimAuto, Traits: &traits}); err != nil {
			return nil, err
		}
	}
	for n, c := range s.script.calls {
		line, err := s.script.inject(n, c, p.director.Agency)
		if err != nil {
			return nil, err
		}
		if _, err := p.give(ctx, "inject.save", line); err != nil {
			return nil, fmt.Errorf("call %s: %w", c.Number, err)
		}
	}
	return p, p.ready(ctx, newDesk(s, s.opt.Rule))
}

func (s *stage) situation() string {
	return fmt.Sprintf("%d calls of the San Francisco Fire Department, as they came from %s to %s; teams simulated.", len(s.script.calls),
		s.script.from.In(s.opt.Zone).Format("2006-01-02 15:04"), s.script.to.In(s.opt.Zone).Format("15:04"))
}

// fork opens another drill from a moment of this one: with the same seed, and with all that was decided
// until then.
func (p *playing) fork(ctx context.Context, at time.Time, rule Rule) (*playing, error) {
	name := fmt.Sprintf("San Francisco, %s, from %s %s", p.script.from.In(p.opt.Zone).Format("2006-01-02 15:04"), at.In(p.opt.Zone).Format("15:04:05"), rule.words())
	f, err := p.open(ctx, p.director, rule, dispatch.DrillOpen{Name: name, Situation: p.situation(), Picture: dispatch.PictureWhole, At: &at})
	if err != nil {
		return nil, err
	}
	if !f.now.Equal(at) {
		return nil, fmt.Errorf("the fork begins at %s, not at %s", f.now, at)
	}
	return f, f.ready(ctx, p.desk.fork(at, rule))
}

// ready takes the drill from its planning to where it can be started, with the dispatcher in it.
func (p *playing) ready(ctx context.Context, d *desk) (err error) {
	p.desk = d
	if d.person, err = p.crew.desk[0].Again(ctx); err != nil {
		return err
	}
	move := dispatch.DrillMove{Drill: p.drill}
	if _, err := p.give(ctx, "drill.approve", move); err != nil {
		return err
	}
	if err := d.person.Join(ctx, p.drill); err != nil {
		return err
	}
	for _, who := range []*remote.Person{p.director, d.person} {
		if _, err := who.Insist(ctx, remote.Random(8), "part.confirm", dispatch.PartMove{Part: who.ID}); err != nil {
			return err
		}
	}
	for _, name := range []string{"drill.check", "drill.ready"} {
		if _, err := p.give(ctx, name, move); err != nil {
			return err
		}
	}
	_, err = p.give(ctx, "drill.rate", dispatch.DrillRate{Drill: p.drill, Rate: p.opt.Speed})
	return err
}

// play plays the drill to its end. The clock runs at its rate from one decision to the next and
// stands for each: the dispatcher's doubts, and the way of a command, take none of the drill's time, so
// that the same decisions fall at the same moments.
func (p *playing) play(ctx context.Context) error {
	told, begun := p.now, time.Now()
	for {
		at := p.desk.next(p.now)
		if err := p.until(ctx, at); err != nil {
			return err
		}
		if !at.Before(p.script.to) {
			break
		}
		if err := p.desk.decide(ctx, at); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		p.run.Stops++
		if at.Sub(told) >= 10*time.Minute {
			told = at
			p.tell.Lock()
			p.opt.Tell(fmt.Sprintf("%s: %s, %d units sent", p.name, at.In(p.opt.Zone).Format(time.TimeOnly), p.desk.sent))
			p.tell.Unlock()
		}
	}
	p.run.Took = time.Since(begun)
	_, err := p.give(ctx, "drill.end", dispatch.DrillMove{Drill: p.drill})
	return err
}

// until lets the clock run to the moment, where it stands by itself.
func (p *playing) until(ctx context.Context, at time.Time) error {
	for p.now.Before(at) {
		name := "drill.resume"
		if !p.started {
			name, p.started = "drill.start", true
		}
		done, err := p.give(ctx, name, dispatch.DrillGo{Drill: p.drill, Until: &at})
		if err != nil {
			return err
		}
		d, err := remote.First[dispatch.Drill](done, dispatch.KindDrill)
		if err != nil {
			return err
		}
		timer := time.NewTimer(at.Sub(d.Clock.At) / time.Duration(d.Clock.Rate))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		// The clock stands there, but the drill runs on: it takes the players' commands. All that is due
		// by then is carried out before any command, so also before this one.
		if done, err = p.give(ctx, "drill.rate", dispatch.DrillRate{Drill: p.drill, Rate: p.opt.Speed}); err != nil {
			return err
		}
		if d, err = remote.First[dispatch.Drill](done, dispatch.KindDrill); err != nil {
			return err
		}
		if !d.Clock.At.After(p.now) {
			return errors.New("the drill's clock does not run")
		}
		p.now = d.Clock.At
	}
	if p.now.After(at) {
		return fmt.Errorf("somebody else moved the drill's clock: it shows %s", p.now)
	}
	return nil
}

// busiest is the decision in the middle half of the drill at which most units were under way, the
// first of such, and how many they were: from being sent to leaving the scene.
func (p *playing) busiest(ctx context.Context) (at time.Time, away int, err error) {
	tasks, err := all[dispatch.Task](ctx, p.director, dispatch.KindTask, url.Values{"archived": {"1"}})
	if err != nil {
		return at, 0, err
	}
	quarter := p.script.to.Sub(p.script.from) / 4
	for _, m := range p.desk.moments {
		if m.Before(p.script.from.Add(quarter)) || m.After(p.script.to.Add(-quarter)) {
			continue
		}
		n := 0
		for _, t := range tasks {
			if sent, left := underWay(t); !sent.IsZero() && !sent.After(m) && (left.IsZero() || left.After(m)) {
				n++
			}
		}
		if n > away {
			at, away = m, n
		}
	}
	if away == 0 {
		err = errors.New("no unit was under way in the middle half of the drill: choose other hours")
	}
	return at, away, err
}

// underWay is when the team was sent and when it left or was called off; zero where it never did.
func underWay(t *dispatch.Task) (sent, left time.Time) {
	sent = t.Stamps[dispatch.TaskAssigned].At
	for state, s := range t.Stamps {
		if (state == dispatch.TaskReturning || state.Ended()) && (left.IsZero() || s.At.Before(left)) {
			left = s.At
		}
	}
	return sent, left
}

// result reads the report of the drill, beside the other where one is named.
func (p *playing) result(ctx context.Context, with string) (DrillRun, error) {
	r, d := p.run, p.desk
	r.Sent, r.AsLogged, r.Skipped, r.Refused = d.sent, d.asLogged, d.skipped, slices.Clone(d.refused)
	r.Waiting = len(d.due(p.script.to))
	var rep dispatch.DrillReport
	if err := p.director.Get(ctx, "/api/v1/drills/report?"+url.Values{"with": {with}}.Encode(), &rep); err != nil {
		return r, fmt.Errorf("report of %s: %w", p.name, err)
	}
	r.Measures = rep.Measures.All.Measures
	if with != "" {
		r.Beside = rep.Compared.Measures
	}
	return r, nil
}
