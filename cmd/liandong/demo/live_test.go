package demo_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"liandong/cmd/liandong/demo"
	"liandong/dispatch"
	"liandong/dispatch/pgstore"
	"liandong/geo"
	"liandong/geo/route"
	"liandong/migrations/pgtest"
)

// lane remembers positions, as the real one does.
type lane struct {
	latest map[string]dispatch.Position
	first  map[string]geo.Point
	fast   []string // positions that no vehicle could have reached
}

func (l *lane) Submit(_ context.Context, p dispatch.Position) error {
	if before, ok := l.latest[p.Team]; ok {
		metres, seconds := geo.Distance(before.Point, p.Point), p.Fixed.Sub(before.Fixed).Seconds()
		if metres > 40*max(seconds, 1) {
			l.fast = append(l.fast, fmt.Sprintf("%s %.0f m in %.0f s", p.Team, metres, seconds))
		}
	} else {
		l.first[p.Team] = p.Point
	}
	l.latest[p.Team] = p
	return nil
}

func (l *lane) Latest(_ dispatch.Realm, team string) (dispatch.Position, bool) {
	p, ok := l.latest[team]
	return p, ok
}

func (l *lane) moved() int {
	n := 0
	for team, p := range l.latest {
		if p.Point != l.first[team] {
			n++
		}
	}
	return n
}

// stage is a demo city with a clock of its own.
type stage struct {
	t     *testing.T
	store *pgstore.Store
	svc   *dispatch.Service
	lane  *lane
	live  *demo.Live
	mu    sync.Mutex
	now   time.Time
	ids   int
}

func newStage(t *testing.T) *stage {
	t.Helper()
	store, err := pgstore.Open(t.Context(), pgtest.New(t), pgstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	s := &stage{t: t, store: store, now: time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC),
		lane: &lane{latest: map[string]dispatch.Position{}, first: map[string]geo.Point{}}}
	s.svc = dispatch.NewService(store, dispatch.Config{Now: s.clock, NewID: s.id, Hash: func(string) (string, error) { return "hash", nil },
		Router: route.Default(), Settings: dispatch.DefaultSettings()})
	if err := demo.Load(t.Context(), s.svc, nil, func(string) {}); err != nil {
		t.Fatal(err)
	}
	s.live = demo.NewLive(demo.LiveConfig{Service: s.svc, Journal: store, Lane: s.lane, Seed: 1, Now: s.clock})
	return s
}

func (s *stage) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *stage) id() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids++
	return fmt.Sprintf("id%06d", s.ids)
}

// play lets the demo live for a while, a second at a time, until done says so.
func (s *stage) play(d time.Duration, done func() bool) bool {
	s.t.Helper()
	for end := s.clock().Add(d); s.clock().Before(end); {
		if err := s.live.Step(s.t.Context()); err != nil {
			s.t.Fatal(err)
		}
		s.mu.Lock()
		s.now = s.now.Add(time.Second)
		s.mu.Unlock()
		if done() {
			return true
		}
	}
	return false
}

func never() bool { return false }

func records[R dispatch.Record](s *stage, kind dispatch.Kind) []R {
	s.t.Helper()
	recs, err := s.store.Find(s.t.Context(), dispatch.Query{Realm: dispatch.Live, Kind: kind, Limit: -1, Archived: true})
	if err != nil {
		s.t.Fatal(err)
	}
	var out []R
	for _, r := range recs {
		out = append(out, r.(R))
	}
	return out
}

// person is somebody who signed in.
var person = dispatch.Actor{ID: "newcomer", Name: "新手", Realm: dispatch.Live, Role: dispatch.RoleDispatcher, Agency: "em-4110", Jurisdiction: "4110"}

func (s *stage) do(actor dispatch.Actor, name string, in any) dispatch.Result {
	s.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		s.t.Fatal(err)
	}
	res, err := s.svc.Do(s.t.Context(), actor, name, "person-"+s.id(), body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res
}

// From seed 1, whoever looks on sees something happen within a minute.
func TestLiveWithinAMinute(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.play(time.Minute, never)
	incidents := records[*dispatch.Incident](s, dispatch.KindIncident)
	acknowledged := 0
	for _, task := range records[*dispatch.Task](s, dispatch.KindTask) {
		if _, ok := task.Stamps[dispatch.TaskAcknowledged]; ok {
			acknowledged++
		}
	}
	if len(incidents) < 1 || acknowledged < 1 || s.lane.moved() < 3 {
		t.Errorf("after a minute: %d incidents, %d acknowledged, %d teams moved; want 1, 1, 3 or more", len(incidents), acknowledged, s.lane.moved())
	}
}

// The city always has something to do, and what begins also ends: for twelve
// minutes, with PROVE set for an hour.
func TestLiveGoesOn(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.play(2*time.Minute, never)
	rounds := 5
	if os.Getenv("PROVE") != "" {
		rounds = 30
	}
	for range rounds {
		s.play(2*time.Minute, never)
		open := 0
		for _, i := range records[*dispatch.Incident](s, dispatch.KindIncident) {
			if !i.State.Ended() {
				open++
			}
		}
		if open < 3 || open > 12 {
			t.Errorf("%d incidents are open at %s, want 4 to 12", open, s.clock().Format(time.TimeOnly))
		}
	}
	ended := map[dispatch.IncidentState]int{}
	for _, i := range records[*dispatch.Incident](s, dispatch.KindIncident) {
		ended[i.State]++
		last := i.Updated
		for _, x := range records[*dispatch.Task](s, dispatch.KindTask) {
			if x.Incident == i.ID && x.Updated.After(last) {
				last = x.Updated
			}
		}
		if !i.State.Ended() && s.clock().Sub(last) > 20*time.Minute {
			t.Errorf("incident %s %q hangs in %s: nothing happened for %s", i.Number, i.Title, i.State, s.clock().Sub(last))
		}
	}
	if ended[dispatch.IncidentClosed]+ended[dispatch.IncidentArchived] < 1 {
		t.Errorf("states in the end: %v; want some closed", ended)
	}
	if len(s.lane.fast) > 0 {
		t.Errorf("impossible moves: %s", strings.Join(s.lane.fast[:1], "; "))
	}
	distress := 0
	for _, a := range records[*dispatch.Alarm](s, dispatch.KindAlarm) {
		if a.Type == dispatch.AlarmDistress {
			distress++
		}
	}
	if distress > 3 {
		t.Errorf("%d teams in distress; it is to be rare", distress)
	}
	for _, team := range records[*dispatch.Team](s, dispatch.KindTeam) {
		if team.Distress != nil && s.clock().Sub(team.Distress.Since) > 3*time.Minute {
			t.Errorf("%s is left in distress", team.Name)
		}
	}
}

// Whoever opens an incident and sends a team sees it answer, drive and arrive;
// the incident itself stays theirs.
func TestLiveAnswersAPerson(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.play(5*time.Second, never)
	var team *dispatch.Team
	for _, x := range records[*dispatch.Team](s, dispatch.KindTeam) {
		if x.Status == dispatch.StatusAvailable && x.Type == dispatch.TeamFire && x.Base.Point != nil && !x.MultiAssign {
			team = x
			break
		}
	}
	at := geo.Toward(*team.Base.Point, 45, 1500)
	opened := s.do(person, "incident.open", dispatch.IncidentOpen{Type: "12G03", Title: "新手的第一个事件", Place: dispatch.Place{Text: "某处", Point: &at}})
	incident := dispatch.RefOf(opened.Change.Puts[0].Record).ID
	s.play(20*time.Second, never)
	for _, task := range records[*dispatch.Task](s, dispatch.KindTask) {
		if task.Incident == incident {
			t.Fatal("the demo sent a team to a person's incident")
		}
	}
	s.do(person, "task.assign", dispatch.TaskAssign{Incident: incident, Team: team.ID})
	var task *dispatch.Task
	state := func(want dispatch.TaskState) func() bool {
		return func() bool {
			for _, x := range records[*dispatch.Task](s, dispatch.KindTask) {
				if x.Incident == incident {
					task = x
				}
			}
			_, ok := task.Stamps[want]
			return ok
		}
	}
	for _, x := range []struct {
		to     dispatch.TaskState
		within time.Duration
	}{{dispatch.TaskAcknowledged, 15 * time.Second}, {dispatch.TaskEnRoute, 20 * time.Second}, {dispatch.TaskOnScene, 6 * time.Minute}} {
		if !s.play(x.within, state(x.to)) {
			t.Fatalf("the team is %s and did not become %s within %s", task.State, x.to, x.within)
		}
	}
	if far := geo.Distance(s.lane.latest[team.ID].Point, at); far > 200 {
		t.Errorf("the team says it is on scene and its marker is %.0f m away", far)
	}
	if !s.play(20*time.Minute, state(dispatch.TaskDone)) {
		t.Fatalf("the team never came home: %s", task.State)
	}
	s.play(2*time.Minute, never)
	for _, i := range records[*dispatch.Incident](s, dispatch.KindIncident) {
		if i.ID == incident && i.State != dispatch.IncidentActive {
			t.Errorf("the demo moved a person's incident to %s", i.State)
		}
	}
}

// A person who takes a hand in a demo incident has it from then on.
func TestLiveLeavesToAPerson(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.play(10*time.Second, never)
	i := records[*dispatch.Incident](s, dispatch.KindIncident)[0]
	s.do(person, "note.add", dispatch.NoteAdd{Incident: i.ID, Text: "我来处理"})
	tasks := func() (n int) {
		for _, x := range records[*dispatch.Task](s, dispatch.KindTask) {
			if x.Incident == i.ID {
				n++
			}
		}
		return n
	}
	before := tasks()
	s.play(4*time.Minute, never)
	if after := tasks(); after != before {
		t.Errorf("the demo sent %d more teams", after-before)
	}
	for _, x := range records[*dispatch.Incident](s, dispatch.KindIncident) {
		if x.ID == i.ID && x.State != i.State && x.State != dispatch.IncidentActive {
			t.Errorf("the demo moved it to %s", x.State)
		}
	}
	// Stopped and started anew, it still knows.
	s.live = demo.NewLive(demo.LiveConfig{Service: s.svc, Journal: s.store, Lane: s.lane, Seed: 2, Now: s.clock})
	s.play(time.Minute, never)
	if after := tasks(); after != before {
		t.Errorf("after a new start the demo sent %d more teams", after-before)
	}
}

// A past is lived through on its own clock, from its beginning to the moment it leads up to: what was
// decided, what fell due, and where everybody was.
func TestPast(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	begin := s.clock()
	until := begin.Add(6 * time.Minute)
	clock := demo.NewClock(begin)
	svc := dispatch.NewService(s.store, dispatch.Config{Now: clock.Now, NewID: s.id, Hash: func(string) (string, error) { return "hash", nil },
		Router: route.Default(), Settings: dispatch.DefaultSettings()})
	hours := 0
	past := demo.Past{Service: svc, Journal: s.store, Clock: clock, Save: s.store.SavePositions, Seed: 1}
	if err := past.Run(t.Context(), until, func(time.Time) { hours++ }); err != nil {
		t.Fatal(err)
	}
	changes, err := s.store.Changes(t.Context(), dispatch.Live, 0, 5000)
	if err != nil {
		t.Fatal(err)
	}
	later, last := 0, begin
	for _, c := range changes {
		if c.At.Before(last) || c.At.After(until) {
			t.Fatalf("change %d was at %s, after one at %s", c.Seq, c.At, last)
		}
		if last = c.At; last.After(begin) {
			later++
		}
	}
	if later < 20 || hours != 0 {
		t.Errorf("%d changes in six minutes, %d hours told", later, hours)
	}
	teams := []string{}
	for _, x := range records[*dispatch.Team](s, dispatch.KindTeam) {
		teams = append(teams, x.ID)
	}
	fixes, err := s.store.Tracks(t.Context(), dispatch.TracksQuery{Realm: dispatch.Live, From: begin, To: until, Step: time.Second, Teams: teams, Limit: 100_000})
	if err != nil || len(fixes) < 500 {
		t.Errorf("%d positions, %v", len(fixes), err)
	}
}
