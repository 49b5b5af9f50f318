package pgstore

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"liandong/dispatch"
	"liandong/geo"
	"liandong/migrations/pgtest"
)

// fixture is a store on a database of its own.
type fixture struct {
	*Store
	t    testing.TB
	dsn  string
	keys atomic.Int64
}

func open(t testing.TB, opts Options) *fixture {
	t.Helper()
	f := &fixture{t: t, dsn: pgtest.New(t)}
	s, err := Open(t.Context(), f.dsn, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	f.Store = s
	return f
}

// owner connects as the owner of the schema, who may what the application may not.
func (f *fixture) owner() *pgx.Conn {
	f.t.Helper()
	conn, err := pgx.Connect(f.t.Context(), pgtest.Admin(f.t, f.dsn))
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// alter changes what the application could not, as the owner, and wants it to have hit one row.
func (f *fixture) alter(sql string, args ...any) {
	f.t.Helper()
	tag, err := f.owner().Exec(f.t.Context(), sql, args...)
	if err != nil || tag.RowsAffected() != 1 {
		f.t.Fatalf("%s: %v, %d rows", sql, err, tag.RowsAffected())
	}
}

var moment = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

func testKey(realm dispatch.Realm, id string) dispatch.Key {
	return dispatch.Key{Realm: realm, ID: id, Actor: "p1", Hash: sha256.Sum256([]byte(id))}
}

// change is an empty change by the test's actor.
func change(realm dispatch.Realm, key string) *dispatch.Change {
	return &dispatch.Change{At: moment, Wall: moment, Realm: realm, Kind: "test.change", Command: key,
		Actor: dispatch.ActorRef{ID: "p1", Name: "张三", Role: dispatch.RoleDispatcher, Agency: "a1"}}
}

// command runs one command with a key of its own.
func (f *fixture) command(ctx context.Context, realm dispatch.Realm, do func(ctx context.Context, tx dispatch.Tx, c *dispatch.Change) error) (*dispatch.Change, error) {
	key := fmt.Sprintf("key-%06d", f.keys.Add(1))
	c, _, err := f.Command(ctx, testKey(realm, key), func(ctx context.Context, tx dispatch.Tx) (*dispatch.Change, error) {
		c := change(realm, key)
		return c, do(ctx, tx, c)
	})
	return c, err
}

// put writes new records in one change.
func (f *fixture) put(realm dispatch.Realm, records ...dispatch.Record) *dispatch.Change {
	f.t.Helper()
	c, err := f.command(f.t.Context(), realm, func(_ context.Context, _ dispatch.Tx, c *dispatch.Change) error {
		for _, r := range records {
			c.Puts = append(c.Puts, dispatch.Put{Record: r, After: dispatch.HeadOf(r).Scope})
		}
		return nil
	})
	if err != nil {
		f.t.Fatalf("put: %v", err)
	}
	return c
}

// edit puts a record again, under lock.
func (f *fixture) edit(realm dispatch.Realm, ref dispatch.Ref, change func(dispatch.Record)) error {
	_, err := f.command(f.t.Context(), realm, func(ctx context.Context, tx dispatch.Tx, c *dispatch.Change) error {
		recs, err := tx.Lock(ctx, realm, ref)
		if err != nil {
			return err
		}
		before := dispatch.HeadOf(recs[0]).Scope
		change(recs[0])
		dispatch.HeadOf(recs[0]).Version++
		c.Puts = append(c.Puts, dispatch.Put{Record: recs[0], Before: &before, After: dispatch.HeadOf(recs[0]).Scope})
		return nil
	})
	return err
}

func newHead(k dispatch.Kind, id string, scope dispatch.Scope) dispatch.Head {
	return dispatch.Head{Kind: k, ID: id, Version: 1, Scope: scope, Created: moment, Updated: moment}
}

func testAgency(id string) *dispatch.Agency {
	return &dispatch.Agency{Head: newHead(dispatch.KindAgency, id, dispatch.Scope{Agency: id, Area: "4110", Open: true}),
		Name: "单位" + id, Type: dispatch.AgencyGovernment}
}

func testTeam(id string) *dispatch.Team {
	p := geo.At(113.85, 34.03)
	return &dispatch.Team{Head: newHead(dispatch.KindTeam, id, dispatch.Scope{Agency: "a1", Area: "411002", Open: true}), Name: "队伍" + id,
		CallSign: "call " + id, Type: dispatch.TeamFire, SeatsMin: 4, SeatsFull: 6, Crew: 5, Duty: "available", Status: "available",
		Base: dispatch.Place{Point: &p}}
}

func testIncident(id string) *dispatch.Incident {
	p := geo.At(113.85, 34.03)
	return &dispatch.Incident{Head: newHead(dispatch.KindIncident, id, dispatch.Scope{Agency: "a1", Area: "411002"}), Number: "20261123-" + id,
		State: dispatch.IncidentVerified, Type: "12G01", Priority: 2, AlarmLevel: 1, Title: "火灾" + id, Place: dispatch.Place{Point: &p}}
}

func testTask(id, incident, team string) *dispatch.Task {
	return &dispatch.Task{Head: newHead(dispatch.KindTask, id, dispatch.Scope{Agency: "a1", Area: "411002"}), Incident: incident, Team: team,
		Type: dispatch.TaskRescue, State: dispatch.TaskAssigned, Stamps: map[dispatch.TaskState]dispatch.Stamp{dispatch.TaskAssigned: {At: moment}}}
}

func asJSON(t rapid.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func wantCode(t testing.TB, err error, code dispatch.Code, field string) {
	t.Helper()
	if dispatch.CodeOf(err) != code {
		t.Fatalf("error is %v, want the code %s", err, code)
	}
	if got := refusalOf(err).Field; got != field {
		t.Errorf("the refusal %v names the field %q, want %q", err, got, field)
	}
}

// dropping takes records off the board.
func dropping(records ...dispatch.Record) func(context.Context, dispatch.Tx, *dispatch.Change) error {
	return func(ctx context.Context, tx dispatch.Tx, c *dispatch.Change) error {
		for _, r := range records {
			if _, err := tx.Lock(ctx, c.Realm, dispatch.RefOf(r)); err != nil {
				return err
			}
			c.Drops = append(c.Drops, dispatch.Drop{Ref: dispatch.RefOf(r), Before: dispatch.HeadOf(r).Scope})
		}
		return nil
	}
}
