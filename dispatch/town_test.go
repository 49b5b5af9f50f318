package dispatch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/dispatch/pgstore"
	"liandong/geo"
	"liandong/geo/route"
	"liandong/migrations/pgtest"
)

// town is a small made-up city on a real database, for stories.
type town struct {
	t     testing.TB
	svc   *dispatch.Service
	store *pgstore.Store
	mu    sync.Mutex
	now   time.Time
	step  time.Duration // by which the clock goes on each time it is asked
	keys  atomic.Int64

	bureau, fire, clinic                    string // agencies
	desk, chief, fireDesk, clinicDesk, wall dispatch.Actor
	admin                                   dispatch.Actor
	teams                                   map[string]string // by call sign
}

var scene = geo.At(113.85, 34.03)

func newTown(t testing.TB) *town {
	t.Helper()
	store, err := pgstore.Open(t.Context(), pgtest.New(t), pgstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	c := &town{t: t, store: store, now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), teams: map[string]string{}}
	var ids atomic.Int64
	settings := dispatch.DefaultSettings()
	c.svc = dispatch.NewService(store, dispatch.Config{
		Now: c.clock, NewID: func() string { return fmt.Sprintf("id%06d", ids.Add(1)) },
		Hash:   func(string) (string, error) { return "hash", nil },
		Router: route.Default(), Settings: settings,
	})
	sys := dispatch.System(dispatch.Live)
	agency := func(name, area, jurisdiction string) string {
		return c.id(c.do(sys, "agency.save", dispatch.AgencySave{Name: name, Area: area, Type: dispatch.AgencyGovernment, Jurisdiction: jurisdiction}))
	}
	c.bureau = agency("应急管理局", "411000", "4110")
	c.fire = agency("消防支队", "411002", "")
	c.clinic = agency("急救中心", "411003", "")
	actor := func(name, agency, jurisdiction string, role dispatch.Role) dispatch.Actor {
		return dispatch.Actor{ID: name, Name: name, Realm: dispatch.Live, Role: role, Agency: agency, Jurisdiction: jurisdiction}
	}
	c.desk = actor("张三", c.bureau, "4110", dispatch.RoleDispatcher)
	c.chief = actor("王五", c.bureau, "4110", dispatch.RoleChief)
	c.wall = actor("大屏", c.bureau, "4110", dispatch.RoleObserver)
	c.admin = actor("管理员", c.bureau, "4110", dispatch.RoleAdmin)
	c.fireDesk = actor("李四", c.fire, "", dispatch.RoleDispatcher)
	c.clinicDesk = actor("赵六", c.clinic, "", dispatch.RoleDispatcher)
	for _, call := range []string{"xf1", "xf2"} {
		c.team(call, c.fire, "411002", "fire")
	}
	c.team("jj1", c.clinic, "411003", "medical.ambulance")
	return c
}

func (c *town) team(call, agency, area, capability string) string {
	c.t.Helper()
	p := geo.At(113.80, 34.00)
	sys := dispatch.System(dispatch.Live)
	id := c.id(c.do(sys, "team.save", dispatch.TeamSave{Agency: agency, Area: area, Name: "队" + call, CallSign: call, Type: dispatch.TeamFire,
		Capabilities: []dispatch.Capability{{Code: capability}}, Base: dispatch.Place{Point: &p}, SeatsMin: 4, SeatsFull: 6, Phone: "13800000000"}))
	crew := 6
	c.do(sys, "team.duty", dispatch.TeamDuty{Team: id, Duty: dispatch.DutyAvailable, Crew: &crew})
	c.teams[call] = id
	return id
}

func (c *town) clock() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(c.step)
	return c.now
}

// runs lets the clock go on by itself, each time it is asked.
func (c *town) runs(step time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.step = step
}

func (c *town) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// try gives a command with a fresh key.
func (c *town) try(a dispatch.Actor, name string, in any) (dispatch.Result, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return dispatch.Result{}, err
	}
	return c.svc.Do(context.Background(), a, name, fmt.Sprintf("key-%08d", c.keys.Add(1)), body)
}

// do gives a command that must be accepted.
func (c *town) do(a dispatch.Actor, name string, in any) dispatch.Result {
	c.t.Helper()
	r, err := c.try(a, name, in)
	if err != nil {
		c.t.Fatalf("%s by %s: %v", name, a.Name, err)
	}
	return r
}

// refused gives a command that must be refused with the code.
func (c *town) refused(a dispatch.Actor, code dispatch.Code, name string, in any) *dispatch.Error {
	c.t.Helper()
	_, err := c.try(a, name, in)
	var e *dispatch.Error
	if !errors.As(err, &e) || e.Code != code {
		c.t.Fatalf("%s by %s: got %v, want %s", name, a.Name, err, code)
	}
	return e
}

// id is the id of the first record a command put.
func (c *town) id(r dispatch.Result) string {
	c.t.Helper()
	if len(r.Change.Puts) == 0 {
		c.t.Fatal("the change has no puts")
	}
	return dispatch.RefOf(r.Change.Puts[0].Record).ID
}

func put[R dispatch.Record](c *town, r dispatch.Result) R {
	c.t.Helper()
	for _, p := range r.Change.Puts {
		if rec, ok := p.Record.(R); ok {
			return rec
		}
	}
	var none R
	c.t.Fatalf("%s put no %T", r.Change.Kind, none)
	return none
}

func get[R dispatch.Record](c *town, k dispatch.Kind, id string) R {
	c.t.Helper()
	r, err := c.store.Get(context.Background(), dispatch.Live, dispatch.Ref{Kind: k, ID: id}, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return r.(R)
}

func (c *town) open(title string) *dispatch.Incident {
	c.t.Helper()
	return put[*dispatch.Incident](c, c.do(c.desk, "incident.open", dispatch.IncidentOpen{Type: "12G03", Title: title, Verified: true,
		Area: "411002003", Place: dispatch.Place{Text: "文峰路 1 号", Point: &scene}, Caller: "热心市民", Phone: "13900000000"}))
}

func (c *town) assign(a dispatch.Actor, incident, call string) *dispatch.Task {
	c.t.Helper()
	return put[*dispatch.Task](c, c.do(a, "task.assign", dispatch.TaskAssign{Incident: incident, Team: c.teams[call]}))
}

func (c *town) leader(call string) dispatch.Actor {
	team := get[*dispatch.Team](c, dispatch.KindTeam, c.teams[call])
	return dispatch.Actor{ID: "leader-" + call, Name: "队长" + call, Realm: dispatch.Live, Role: dispatch.RoleLeader,
		Agency: team.Scope.Agency, Team: team.ID}
}

// advance walks a task through states, by its own leader.
func (c *town) advance(call, task string, states ...dispatch.TaskState) {
	c.t.Helper()
	for _, to := range states {
		from := get[*dispatch.Task](c, dispatch.KindTask, task).State
		c.do(c.leader(call), "task.advance", dispatch.TaskAdvance{Task: task, From: from, To: to})
		c.pass(time.Minute)
	}
}

// sees tells how an actor sees a record now.
func (c *town) sees(a dispatch.Actor, k dispatch.Kind, id string) bool {
	c.t.Helper()
	_, err := c.svc.Get(context.Background(), a, dispatch.Ref{Kind: k, ID: id})
	if err != nil && dispatch.CodeOf(err) != dispatch.NotFound {
		c.t.Fatal(err)
	}
	return err == nil
}
