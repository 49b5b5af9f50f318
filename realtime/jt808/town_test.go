package jt808_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"liandong/dispatch"
	"liandong/dispatch/pgstore"
	"liandong/geo/route"
	"liandong/migrations/pgtest"
	"liandong/realtime"
	"liandong/realtime/jt808"
)

// town is a fire station with one team in a real database, a real lane, and a
// listener for its vehicle.
type town struct {
	t       testing.TB
	store   *pgstore.Store
	service *dispatch.Service
	lane    *realtime.Lane
	server  *jt808.Server
	address string
	ids     atomic.Int64
	cut     atomic.Bool  // the store is away, for positions and for commands
	ahead   atomic.Int64 // nanoseconds by which the server's clock is ahead of ours

	agency, team, device string
	admin, desk          dispatch.Actor
}

const card = "13800000001"

// build builds a town; the card of its team's vehicle is registered.
func build(t testing.TB, limits jt808.Limits) *town {
	t.Helper()
	store, err := pgstore.Open(t.Context(), pgtest.New(t), pgstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	w := &town{t: t, store: store}
	w.service = dispatch.NewService(store, dispatch.Config{Now: time.Now, NewID: func() string { return fmt.Sprintf("id%06d", w.ids.Add(1)) },
		Hash: func(string) (string, error) { return "hash", nil }, Router: route.Default(), Settings: dispatch.DefaultSettings()})
	system := dispatch.System(dispatch.Live)
	w.agency = w.id(w.do(system, "agency.save", dispatch.AgencySave{Name: "消防支队", Area: "411002", Type: dispatch.AgencyGovernment}))
	w.team = w.newTeam("一号车")
	actor := func(name string, role dispatch.Role) dispatch.Actor {
		return dispatch.Actor{ID: name, Name: name, Realm: dispatch.Live, Role: role, Agency: w.agency}
	}
	w.admin, w.desk = actor("管理员", dispatch.RoleAdmin), actor("张三", dispatch.RoleDispatcher)
	w.device = w.id(w.do(w.admin, "device.save", dispatch.DeviceSave{Name: "一号车终端", Protocol: jt808.Source, Team: w.team, Identifier: card}))

	w.lane = realtime.NewLane(realtime.LaneConfig{Store: away{store, &w.cut}, Log: zerolog.Nop()})
	t.Cleanup(w.lane.Close)
	limits.Look = 5 * time.Millisecond
	w.server = jt808.New(jt808.Config{Devices: store, Commands: refusing{w.service, &w.cut}, Lane: w.lane, Real: dispatch.RealOf(store, nil), Log: zerolog.Nop(), Limits: limits,
		Now: func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.address = l.Addr().String()
	var serving sync.WaitGroup
	serving.Go(func() { _ = w.server.Serve(l) })
	t.Cleanup(func() { w.server.Close(); serving.Wait() })
	return w
}

func (w *town) newTeam(call string) string {
	return w.id(w.do(dispatch.System(dispatch.Live), "team.save", dispatch.TeamSave{Agency: w.agency, Area: "411002", Name: call, CallSign: call,
		Type: dispatch.TeamFire, SeatsMin: 4, SeatsFull: 6}))
}

// away is a store of positions that can be cut off.
type away struct {
	*pgstore.Store
	cut *atomic.Bool
}

func (s away) SavePositions(ctx context.Context, ps []dispatch.Position) error {
	if s.cut.Load() {
		return &dispatch.Error{Code: dispatch.Unavailable, Message: "cut"}
	}
	return s.Store.SavePositions(ctx, ps)
}

// refusing is a service that can be cut off.
type refusing struct {
	*dispatch.Service
	cut *atomic.Bool
}

func (s refusing) Do(ctx context.Context, a dispatch.Actor, name, key string, body []byte) (dispatch.Result, error) {
	if s.cut.Load() {
		return dispatch.Result{}, &dispatch.Error{Code: dispatch.Unavailable, Message: "cut"}
	}
	return s.Service.Do(ctx, a, name, key, body)
}

func (w *town) do(a dispatch.Actor, name string, in any) dispatch.Result {
	w.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		w.t.Fatal(err)
	}
	r, err := w.service.Do(w.t.Context(), a, name, fmt.Sprintf("key-%08d", w.ids.Add(1)), body)
	if err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
	return r
}

func (w *town) id(r dispatch.Result) string { return dispatch.RefOf(r.Change.Puts[0].Record).ID }

// teamNow is the team's record.
func (w *town) teamNow() *dispatch.Team {
	w.t.Helper()
	r, err := w.store.Get(w.t.Context(), dispatch.Live, dispatch.Ref{Kind: dispatch.KindTeam, ID: w.team}, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return r.(*dispatch.Team)
}

// alarms are the team's distress alarms, oldest first.
func (w *town) alarms() []*dispatch.Alarm {
	w.t.Helper()
	rs, err := w.store.Find(w.t.Context(), dispatch.Query{Realm: dispatch.Live, Kind: dispatch.KindAlarm, Team: w.team, Archived: true, Limit: -1})
	if err != nil {
		w.t.Fatal(err)
	}
	var out []*dispatch.Alarm
	for _, r := range rs {
		out = append(out, r.(*dispatch.Alarm))
	}
	return out
}

// track is what lies in the store for the team.
func (w *town) track() []dispatch.Position {
	w.t.Helper()
	ps, err := w.store.Track(w.t.Context(), dispatch.TrackQuery{Realm: dispatch.Live, Team: w.team, From: time.Now().Add(-48 * time.Hour), To: time.Now().Add(48 * time.Hour)})
	if err != nil {
		w.t.Fatal(err)
	}
	return ps
}

// aboard is a terminal that has registered and shown its code.
func (w *town) aboard(t *testing.T, year int) (*terminal, string) {
	t.Helper()
	m := dial(t, w.address, year, card)
	outcome, code := m.register("0000042")
	if outcome != "00" || len(code) != 16 {
		t.Fatalf("registration: %s, code of %d letters", outcome, len(code))
	}
	m.show(code, 0)
	return m, code
}

// refused wants the counter of the reason.
func (w *town) refused(reason string, want int64) {
	w.t.Helper()
	if got := w.server.Stats().Refused[reason]; got != want {
		w.t.Errorf("%s was counted %d times, want %d; all: %v", reason, got, want, w.server.Stats().Refused)
	}
}
