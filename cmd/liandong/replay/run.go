package replay

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"liandong/cmd/liandong/remote"
	"liandong/dispatch"
)

// Options say what to play and how.
type Options struct {
	Server *remote.Server
	// Admin is an administrator of an agency that coordinates.
	Admin *remote.Person
	// Speed is how many seconds of the log pass in one; 0 as fast as the server
	// takes it.
	Speed   float64
	Workers int // steps under way at once; 0 means 24
	// Tell, where set, is given a line of progress now and then.
	Tell func(string)
	// Started, where set, is called before the first call with everybody who is
	// signed in: dispatchers first, then the leaders of the units.
	Started func([]*remote.Person) error
	// Progress, where set, is called after each command, from many goroutines.
	Progress func(done, of int64)
}

// Result is what became of a log.
type Result struct {
	Calls, Rows             int // in the file
	LoadedCalls, LoadedRows int
	Refused                 []Refusal
	Teams                   int
	Commands, Fixes         int64
	FixesRefused            int64
	Setup, Elapsed          time.Duration
	// Server is the server's own report; Straight the same computed from the
	// loaded rows of the file. They must be equal.
	Server, Straight dispatch.ResponseReport
	// Wrong lists final states that are not as the table says.
	Wrong []string
}

// Whole tells whether every call and row is accounted for, every final state
// is as the table says, and both reports agree.
func (r *Result) Whole() bool {
	rows, calls := 0, 0
	for _, x := range r.Refused {
		if x.What == "row" {
			rows++
		} else {
			calls++
		}
	}
	return r.LoadedRows+rows == r.Rows && r.LoadedCalls+calls == r.Calls && len(r.Wrong) == 0 && r.Server == r.Straight
}

// run is one replay under way.
type run struct {
	opt      Options
	plan     *plan
	crew     *crew
	total    int64 // commands to give, when nothing is refused
	commands atomic.Int64
	fixes    atomic.Int64
	unfixed  atomic.Int64

	calls map[*Row]*Call

	mu      sync.Mutex
	reports map[*Call]string
	opened  map[*Call]string // incident ids
	tasks   map[*Row]string
	lost    map[*Row]string  // why the server refused a row
	failed  map[*Call]string // why the server refused a call
}

// Play plays the log and asks the server what it made of it.
func Play(ctx context.Context, l *Log, opt Options) (*Result, error) {
	if opt.Workers <= 0 {
		opt.Workers = 24
	}
	if opt.Tell == nil {
		opt.Tell = func(string) {}
	}
	r := &run{opt: opt, plan: newPlan(l), reports: map[*Call]string{}, opened: map[*Call]string{},
		tasks: map[*Row]string{}, lost: map[*Row]string{}, failed: map[*Call]string{}}
	for _, s := range r.plan.steps {
		if s.do != locate {
			r.total++
		}
	}
	begun := time.Now()
	var err error
	if r.crew, err = newCrew(ctx, opt.Admin, r.plan.units, desks, true); err != nil {
		return nil, err
	}
	res := &Result{Calls: len(l.Calls), Rows: l.Rows, Teams: len(r.plan.units), Setup: time.Since(begun)}
	opt.Tell(fmt.Sprintf("%d units and %d dispatchers signed in after %.0f s", res.Teams, len(r.crew.desk), res.Setup.Seconds()))
	if opt.Started != nil {
		if err := opt.Started(r.crew.people()); err != nil {
			return nil, err
		}
	}
	begun = time.Now()
	watched := r.watch(ctx)
	err = schedule(ctx, r.plan.steps, opt.Workers, opt.Speed, r.do)
	watched()
	if err != nil {
		return nil, err
	}
	res.Elapsed = time.Since(begun)
	res.Commands, res.Fixes, res.FixesRefused = r.commands.Load(), r.fixes.Load(), r.unfixed.Load()
	r.account(res)
	return res, r.check(ctx, res)
}

// watch tells every ten seconds how far it is; the function returned ends it.
func (r *run) watch(ctx context.Context) func() {
	ctx, stop := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(10 * time.Second)
		defer tick.Stop()
		last := int64(0)
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				n := r.commands.Load()
				r.opt.Tell(fmt.Sprintf("%d commands, %d/s, %d positions", n, (n-last)/10, r.fixes.Load()))
				last = n
			}
		}
	})
	return func() { stop(); done.Wait() }
}

func (r *run) do(ctx context.Context, s *step) error {
	if s.do == locate {
		return r.locate(ctx, s)
	}
	r.mu.Lock()
	skip := r.failed[s.call] != "" || s.row != nil && r.lost[s.row] != ""
	r.mu.Unlock()
	if skip {
		return nil
	}
	err := r.command(ctx, s)
	var refusal *remote.Refusal
	if err == nil || !errors.As(err, &refusal) || remote.Passing(err) || refusal.Code == "auth" || refusal.Code == "csrf" {
		return err
	}
	// The server's no is part of the result: the row is reported, not bent.
	r.mu.Lock()
	if s.row == nil {
		r.failed[s.call] = err.Error()
	} else {
		r.lost[s.row] = fmt.Sprintf("refused at %s: %s", s.to, err)
	}
	r.mu.Unlock()
	if err := r.giveUp(ctx, s); err != nil {
		return fmt.Errorf("row %s: %w, after %w", s.row.ID, err, refusal)
	}
	return nil
}

// giveUp releases a task that was begun and cannot go on, so that its unit and
// its call can.
func (r *run) giveUp(ctx context.Context, s *step) error {
	r.mu.Lock()
	task := r.tasks[s.row]
	r.mu.Unlock()
	if s.row == nil || task == "" {
		return nil
	}
	_, err := r.dispatcher(s.call).Insist(ctx, r.key(s, "release"), "task.release",
		dispatch.TaskEnd{Task: task, Reason: "the row of the log cannot be played to its end"})
	return err
}

// dispatcher is who runs the call: always the same one.
func (r *run) dispatcher(c *Call) *remote.Person {
	h := fnv.New32a()
	io.WriteString(h, c.Number)
	return r.crew.desk[int(h.Sum32())%len(r.crew.desk)]
}

// key is the step's idempotency key: the same each time it is tried.
func (r *run) key(s *step, what string) string {
	id := s.call.Number
	if s.row != nil {
		id = s.row.ID
	}
	return r.crew.mark + "-" + id + "-" + what
}

func (r *run) command(ctx context.Context, s *step) error {
	desk := r.dispatcher(s.call)
	at := s.at
	r.mu.Lock()
	report, incident, task := r.reports[s.call], r.opened[s.call], r.tasks[s.row]
	r.mu.Unlock()
	switch s.do {
	case take:
		return r.give(ctx, desk, s, "report.take", dispatch.ReportTake{Channel: "hotline", Type: eventType(s.call.Type),
			Text: s.call.Type, Place: s.call.place(), EventTime: &at})
	case open:
		return r.give(ctx, desk, s, "incident.open", dispatch.IncidentOpen{Report: report, Type: eventType(s.call.Type), Number: s.call.Number,
			Title: shorten(s.call.Type + ", " + s.call.Address), Priority: priority(s.call.Priority), Place: s.call.place(), EventTime: &at})
	case assign:
		return r.give(ctx, desk, s, "task.assign", dispatch.TaskAssign{Incident: incident, Team: r.crew.teams[s.row.Unit].team,
			Choice: "as in the log", EventTime: &at})
	case move, end:
		if s.to == dispatch.TaskCancelled || s.to == dispatch.TaskReleased {
			name := map[dispatch.TaskState]string{dispatch.TaskCancelled: "task.cancel", dispatch.TaskReleased: "task.release"}[s.to]
			return r.give(ctx, desk, s, name, dispatch.TaskEnd{Task: task, Reason: "never reached the scene; " + s.call.Disposition, EventTime: &at})
		}
		in := dispatch.TaskAdvance{Task: task, From: s.row.before(s.to), To: s.to, EventTime: &at}
		if s.to == dispatch.TaskToDestination {
			in.Destination = &dispatch.Place{Text: "hospital, not named in the log", Source: "imported"}
		}
		return r.give(ctx, r.crew.teams[s.row.Unit].leader, s, "task.advance", in)
	case finish:
		if end := s.call.Ending(); end.State == dispatch.IncidentFalseAlarm {
			return r.give(ctx, desk, s, "incident.dismiss", dispatch.IncidentMove{Incident: incident, Reason: s.call.Disposition, EventTime: &at})
		} else if r.unsent(s.call) {
			// A call to which nobody could be sent is still unverified.
			if err := r.give(ctx, desk, s, "incident.verify", dispatch.IncidentMove{Incident: incident, EventTime: &at}); err != nil {
				return err
			}
		}
		return r.give(ctx, desk, s, "incident.close", dispatch.IncidentMove{Incident: incident, Outcome: s.call.Ending().Outcome, EventTime: &at})
	}
	return fmt.Errorf("no such step: %d", s.do)
}

// unsent tells whether no task of the call was ever assigned.
func (r *run) unsent(c *Call) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !slices.ContainsFunc(c.Rows, func(row *Row) bool { return r.tasks[row] != "" })
}

// give gives the command and keeps the ids that later steps need.
func (r *run) give(ctx context.Context, p *remote.Person, s *step, name string, in any) error {
	done, err := p.Insist(ctx, r.key(s, strings.TrimPrefix(name, "task.")+string(s.to)), name, in)
	if err != nil {
		return err
	}
	if n := r.commands.Add(1); r.opt.Progress != nil {
		r.opt.Progress(n, r.total)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch s.do {
	case take:
		made, err := remote.First[dispatch.Report](done, dispatch.KindReport)
		if err != nil {
			return err
		}
		r.reports[s.call] = made.ID
	case open:
		made, err := remote.First[dispatch.Incident](done, dispatch.KindIncident)
		if err != nil {
			return err
		}
		r.opened[s.call] = made.ID
	case assign:
		// The change also carries the tasks of other units, whose audience grew.
		team := r.crew.teams[s.row.Unit].team
		made, err := remote.Find(done, dispatch.KindTask, func(t *dispatch.Task) bool { return t.Team == team && t.Open() })
		if err != nil {
			return err
		}
		r.tasks[s.row] = made.ID
	}
	return nil
}

// locate tells a position as the unit's device would. What the server does not
// want is counted; a position is no decision, and the next one comes.
func (r *run) locate(ctx context.Context, s *step) error {
	err := r.opt.Server.Locate(ctx, r.crew.teams[s.row.Unit].token, remote.Fix{Point: s.point, At: s.at, Speed: -1})
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		r.unfixed.Add(1)
		return nil
	}
	r.fixes.Add(1)
	return nil
}

func (c *Call) place() dispatch.Place {
	return dispatch.Place{Text: shorten(c.Address), Point: c.Point, Source: "imported, block level"}
}

// before is the state from which the row's task goes to the state.
func (r *Row) before(to dispatch.TaskState) dispatch.TaskState {
	marks := r.milestones(true)
	for i, m := range marks[1:] {
		if m.state == to {
			return marks[i].state
		}
	}
	return ""
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 100 {
		return string(r[:100])
	}
	return s
}
