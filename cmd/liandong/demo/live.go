package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"liandong/dispatch"
)

// Live keeps the demo city alive. It gives the same commands as people do, as
// dispatchers and team leaders of its own: calls come in, teams are sent,
// answer, drive, arrive, report and go home.
//
// It leaves alone what people work on. The desk's part of an incident ends for
// it when a person gives a command on it, and it never runs one that a person
// opened. As a leader it answers for every team of the demo city, also when a
// person sent it, until a person moves that task; a team whose phone tells
// positions of its own is not moved.
//
// All its memory is the board itself, so it can be stopped and started at any
// time. It is not safe for use by several goroutines.
type Live struct {
	cfg     LiveConfig
	rng     *rand.Rand
	stories []row
	head    int64                      // seq up to which the journal was looked through
	touched map[dispatch.Ref]time.Time // when a person last had a hand in it
	due     map[string]time.Time       // what was planned for when; by a name of the plan
	ways    map[string]*way            // by team
	last    time.Time                  // of the step before
	board   board
	next    time.Time // when the next call may come
	alarm   time.Time // when the next team falls in distress
	keys    int
	run     string
}

// LiveConfig is what the demo mode works with.
type LiveConfig struct {
	Service Board
	Journal Journal
	Lane    Lane
	// Seed decides calls, places and spans; 1 is the one that tests know.
	Seed uint64
	// Now is the clock; nil means the wall's.
	Now func() time.Time
}

// Board is what it asks of the service.
type Board interface {
	Do(ctx context.Context, actor dispatch.Actor, name, key string, body []byte) (dispatch.Result, error)
	Find(ctx context.Context, actor dispatch.Actor, q dispatch.Query) ([]dispatch.Record, error)
	Candidates(ctx context.Context, actor dispatch.Actor, incident string, fixes map[string]dispatch.Fix) (dispatch.Ranking, error)
}

// Journal is how it learns what people do.
type Journal interface {
	Changes(ctx context.Context, realm dispatch.Realm, after int64, limit int) ([]*dispatch.Change, error)
	Head(ctx context.Context, realm dispatch.Realm) (int64, error)
}

// Lane is where positions go.
type Lane interface {
	Submit(ctx context.Context, p dispatch.Position) error
	Latest(realm dispatch.Realm, team string) (dispatch.Position, bool)
}

// Figures of the demo city's life; judgement, made for somebody who looks on.
const (
	source      = "demo" // of positions
	fewest      = 4      // open incidents, so that there is always something to see
	most        = 12
	memory      = 5000 // changes looked back through after a start
	archiveWhen = 20 * time.Minute
	distressMin = 20 * time.Minute
	distressFor = time.Minute
	leaveTeam   = 30 * time.Minute // a team that a person had to do with
)

// robot marks the actors of the demo mode; no account has such an id.
const robot = "demo:"

const deskName = "演示调度"

// board is what it sees in one step.
type board struct {
	incidents map[string]*dispatch.Incident
	tasks     []*dispatch.Task // open ones
	teams     map[string]*dispatch.Team
}

// NewLive prepares the demo mode; Run or Step brings it to life.
func NewLive(cfg LiveConfig) *Live {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Live{cfg: cfg, rng: rand.New(rand.NewPCG(cfg.Seed, 0)), stories: table("stories"), head: -1, touched: map[dispatch.Ref]time.Time{},
		due: map[string]time.Time{}, ways: map[string]*way{}, run: fmt.Sprintf("%x", cfg.Now().UnixNano())}
}

// Run steps each second until ctx ends. A step that fails is told and tried
// again with the next one: the demo must not fall over because the database is
// away.
func (l *Live) Run(ctx context.Context, tell func(error)) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	failing := false
	for {
		err := l.Step(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil && !failing {
			tell(err)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Step does what is due now.
func (l *Live) Step(ctx context.Context) error {
	now := l.cfg.Now()
	if l.last.IsZero() {
		l.last, l.alarm = now, now.Add(distressMin+l.span(0, 300))
	}
	if err := l.watch(ctx); err != nil {
		return err
	}
	if err := l.look(ctx); err != nil {
		return err
	}
	elapsed := min(now.Sub(l.last), 10*time.Second)
	l.last = now
	if err := l.runCrews(ctx, now); err != nil {
		return err
	}
	if err := l.move(ctx, now, elapsed); err != nil {
		return err
	}
	if err := l.runDesk(ctx, now); err != nil {
		return err
	}
	return l.runDistress(ctx, now)
}

// watch looks through the journal for what people did.
func (l *Live) watch(ctx context.Context) error {
	if l.head < 0 {
		head, err := l.cfg.Journal.Head(ctx, dispatch.Live)
		if err != nil {
			return err
		}
		l.head = max(0, head-memory)
	}
	for {
		changes, err := l.cfg.Journal.Changes(ctx, dispatch.Live, l.head, 1000)
		if err != nil {
			return err
		}
		for _, c := range changes {
			l.head = c.Seq
			l.notice(c)
		}
		if len(changes) < 1000 {
			return nil
		}
	}
}

// notice remembers what a person has a hand in.
func (l *Live) notice(c *dispatch.Change) {
	if c.Actor.Role == dispatch.RoleSystem || strings.HasPrefix(c.Actor.ID, robot) {
		return
	}
	for _, p := range c.Puts {
		switch r := p.Record.(type) {
		case *dispatch.Incident, *dispatch.Team:
			// A team that is merely sent is put too: being sent is what the
			// demo answers to.
			if c.Kind != "task.assign" || dispatch.RefOf(r).Kind == dispatch.KindIncident {
				l.touched[dispatch.RefOf(r)] = c.At
			}
		case *dispatch.Task:
			l.touched[dispatch.Ref{Kind: dispatch.KindIncident, ID: r.Incident}] = c.At
			if c.Kind == "task.advance" || c.Kind == "task.timer" || c.Kind == "task.refuse" {
				l.touched[dispatch.RefOf(r)] = c.At
			}
		case *dispatch.Note:
			l.touched[dispatch.Ref{Kind: dispatch.KindIncident, ID: r.Incident}] = c.At
		case *dispatch.Alarm:
			if r.Incident != "" {
				l.touched[dispatch.Ref{Kind: dispatch.KindIncident, ID: r.Incident}] = c.At
			}
		}
	}
}

// look reads the board.
func (l *Live) look(ctx context.Context) error {
	b := board{incidents: map[string]*dispatch.Incident{}, teams: map[string]*dispatch.Team{}}
	for _, q := range []dispatch.Query{{Kind: dispatch.KindIncident, Limit: 1000}, {Kind: dispatch.KindTask, States: openTask, Limit: 1000}, {Kind: dispatch.KindTeam, Limit: 1000}} {
		recs, err := l.cfg.Service.Find(ctx, dispatch.System(dispatch.Live), q)
		if err != nil {
			return err
		}
		for _, rec := range recs {
			switch r := rec.(type) {
			case *dispatch.Incident:
				b.incidents[r.ID] = r
			case *dispatch.Task:
				b.tasks = append(b.tasks, r)
			case *dispatch.Team:
				if r.Invented && !r.Retired {
					b.teams[r.ID] = r
				}
			}
		}
	}
	l.board = b
	l.forget()
	return nil
}

var openTask = func() []string {
	var out []string
	for _, s := range dispatch.TaskStates {
		if !s.Ended() {
			out = append(out, string(s))
		}
	}
	return out
}()

// mine tells whether the desk of the demo runs the incident.
func (l *Live) mine(i *dispatch.Incident) bool {
	return i.Stamps[dispatch.IncidentReported].By == deskName && !l.held(i)
}

// held tells whether a person has a hand in the record: in an incident or a task
// to its end, in a team for half an hour.
func (l *Live) held(r dispatch.Record) bool {
	ref := dispatch.RefOf(r)
	at, ok := l.touched[ref]
	return ok && (ref.Kind != dispatch.KindTeam || l.last.Sub(at) < leaveTeam)
}

// forget drops what was remembered of records that have left the board.
func (l *Live) forget() {
	here := map[string]bool{}
	for _, t := range l.board.tasks {
		here[t.ID] = true
	}
	for id := range l.board.incidents {
		here[id] = true
	}
	for id := range l.board.teams {
		here[id] = true
	}
	for ref := range l.touched {
		if !here[ref.ID] {
			delete(l.touched, ref)
		}
	}
	for plan := range l.due {
		if _, id, _ := strings.Cut(plan, " "); !here[id] {
			delete(l.due, plan)
		}
	}
}

// sooner tells whether the plan "what id" has fallen due; the first time it is
// asked for, a moment between least and most seconds from now is drawn.
func (l *Live) sooner(name string, now time.Time, least, most int) bool {
	at, ok := l.due[name]
	if !ok {
		at = now.Add(l.span(least, most))
		l.due[name] = at
	}
	return !now.Before(at)
}

func (l *Live) span(least, most int) time.Duration {
	return time.Duration(least+l.rng.IntN(most-least+1)) * time.Second
}

// do gives a command. A refusal is no failure: a person was faster, and the
// next look shows what there is to do.
func (l *Live) do(ctx context.Context, actor dispatch.Actor, name string, in any) (dispatch.Result, bool, error) {
	l.keys++
	body, err := json.Marshal(in)
	if err != nil {
		return dispatch.Result{}, false, err
	}
	res, err := l.cfg.Service.Do(ctx, actor, name, fmt.Sprintf("%s%s-%d", robot, l.run, l.keys), body)
	switch dispatch.CodeOf(err) {
	case dispatch.IllegalMove, dispatch.Conflict, dispatch.Stale, dispatch.Blocked, dispatch.NotFound, dispatch.Forbidden:
		return res, false, nil
	}
	return res, err == nil, err
}
