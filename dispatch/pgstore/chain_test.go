package pgstore

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"liandong/dispatch"
	"liandong/migrations"
	"liandong/migrations/pgtest"
)

// TestChainFindsEveryTamper changes one thing of one row at a time and wants the row to be named.
func TestChainFindsEveryTamper(t *testing.T) {
	t.Parallel()
	const setPayload = "payload = set_byte(payload, 3, get_byte(payload, 3) # 1)"
	for name, c := range map[string]struct {
		sql    string
		bad    int64
		reason string
	}{
		"one bit of the content":        {"update journal set " + setPayload + " where seq = 3", 3, "its content was changed"},
		"content and digest":            {"update journal set " + setPayload + ", digest = sha256(" + setPayload[len("payload = "):] + ") where seq = 3", 3, "its time, actor, kind or key was changed"},
		"the time":                      {"update journal set at = at + interval '1 microsecond' where seq = 3", 3, "its time, actor, kind or key was changed"},
		"the actor":                     {"update journal set actor = replace(actor, '张三', '李四') where seq = 3", 3, "its time, actor, kind or key was changed"},
		"text moved between two fields": {"update journal set kind = kind || left(command, 1), command = substr(command, 2) where seq = 3", 3, "its time, actor, kind or key was changed"},
		"a row taken out":               {"delete from journal where seq = 3", 3, "seq 3 is missing"},
		"a row with a hash of its own":  {"update journal set kind = 'x', hash = journal_hash(prev, seq, at, wall, realm, actor, 'x', command, digest) where seq = 3", 4, "it does not follow on the row before it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t, Options{})
			for n := range 5 {
				f.put(dispatch.Live, testTeam(fmt.Sprint("t", n)))
			}
			good, err := f.VerifyJournal(t.Context(), dispatch.Live, nil)
			if err != nil || !good.OK() || good.Rows != 5 || good.Head != 5 {
				t.Fatalf("before: %+v, %v", good, err)
			}
			f.alter(c.sql)
			r, err := f.VerifyJournal(t.Context(), dispatch.Live, nil)
			if err != nil || r.OK() || r.Bad != c.bad || r.Reason != c.reason {
				t.Errorf("after: %+v, %v", r, err)
			}
		})
	}
}

// TestPayloadsMayGo empties the content of old rows: the chain holds, and a reader is told.
func TestPayloadsMayGo(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	f.put(dispatch.Live, testTeam("t1"))
	f.put(dispatch.Live, testTeam("t2"))
	f.alter("update journal set payload = null where seq = 1")
	r, err := f.VerifyJournal(t.Context(), dispatch.Live, nil)
	if err != nil || !r.OK() || r.Rows != 2 || r.Emptied != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	_, err = f.Changes(t.Context(), dispatch.Live, 0, 10)
	wantCode(t, err, dispatch.NotFound, "after")
	if cs, err := f.Changes(t.Context(), dispatch.Live, 1, 10); err != nil || len(cs) != 1 {
		t.Errorf("%d changes, %v", len(cs), err)
	}
}

// TestTablesThatLieAreFound changes a record behind the journal's back.
func TestTablesThatLieAreFound(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	f.put(dispatch.Live, testTeam("t1"), testTeam("t2"), testTeam("t3"))
	f.alter(`update team set doc = replace(doc::text, '"crew":5', '"crew":6')::json where id = 't2'`)
	f.alter("update team set archived = true where id = 't3'")
	f.alter("delete from team where id = 't1'")
	r, err := f.VerifyTables(t.Context(), dispatch.Live, nil)
	if err != nil || r.OK() || len(r.Differ) != 3 || r.Bad != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestApplicationCannotRewriteHistory: the role of the application adds to journal and audit, no more.
func TestApplicationCannotRewriteHistory(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	f.put(dispatch.Live, testTeam("t1"))
	for _, sql := range []string{
		"update journal set kind = 'x'", "delete from journal", "truncate journal",
		"insert into journal select realm, 2, at, wall, actor, kind, command, payload, digest, prev, hash from journal",
		"update audit set detail = 'x'", "delete from audit", "drop table track", "alter table account disable row level security",
	} {
		if _, err := f.pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("the application may: %s", sql)
		}
	}
}

// TestEpoch: it stays as long as nothing happened, and changes when the journal is not the one that the
// witness saw.
func TestEpoch(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	ctx := t.Context()
	f.put(dispatch.Live, testTeam("t1"))
	f.put("drill:1", testTeam("t1"))
	old, err := f.Witness(ctx)
	if err != nil || len(old.Heads) != 2 || old.Heads[dispatch.Live].Seq != 1 {
		t.Fatalf("witness %+v, %v", old, err)
	}
	f.put(dispatch.Live, testTeam("t2"))
	if e, err := f.CheckEpoch(ctx, &old); err != nil || e != old.Epoch {
		t.Fatalf("the epoch became %s from %s without a reason: %v", e, old.Epoch, err)
	}
	now, err := f.Witness(ctx)
	if err != nil {
		t.Fatal(err)
	}
	// The newest row is lost and its number given out again with other content, as after a restore.
	f.alter("delete from journal where realm = 'live' and seq = 2")
	f.put(dispatch.Live, testTeam("t3"))
	second, err := f.CheckEpoch(ctx, &now)
	if err != nil || second == old.Epoch {
		t.Errorf("another journal has the epoch %s: %v", second, err)
	}
	third, err := f.NewEpoch(ctx, "restored")
	if again, e := f.Epoch(ctx); err != nil || e != nil || third == second || again != third {
		t.Errorf("new epoch %s, then %s: %v, %v", third, again, err, e)
	}
	f.alter("update epoch set system = 'another server'")
	if e, err := f.CheckEpoch(ctx, nil); err != nil || e == third {
		t.Errorf("on another server the epoch is still %s: %v", e, err)
	}
}

// TestUpgrade takes a database of the migration before the newest, with data in it, to the newest.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dsn := pgtest.Empty(t)
	latest, err := migrations.Latest()
	if err != nil {
		t.Fatal(err)
	}
	if err := migrations.UpTo(ctx, pgtest.Admin(t, dsn), latest-1); err != nil {
		t.Fatal(err)
	}
	fill(t, dsn)
	if err := migrations.Up(ctx, pgtest.Admin(t, dsn)); err != nil {
		t.Fatal(err)
	}
	s, err := Open(ctx, dsn, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	f := &fixture{Store: s, t: t, dsn: dsn}
	f.keys.Store(1000)
	f.put(dispatch.Live, testTeam("t9"))
	r, err := s.VerifyTables(ctx, dispatch.Live, nil)
	if err != nil || !r.OK() || r.Rows != 3 || r.Records != 3 {
		t.Errorf("after the upgrade: %+v, %v", r, err)
	}
}

// fill writes two commands as the program did, with a store that does not start: what starting needs
// may be what the newest migration brings.
func fill(t *testing.T, dsn string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for n := range 2 {
		key := testKey(dispatch.Live, fmt.Sprint("old-key-", n))
		c := change(dispatch.Live, key.ID)
		team := testTeam(fmt.Sprint("t", n))
		c.Puts = []dispatch.Put{{Record: team, After: team.Scope}}
		payload, err := c.Payload()
		if err != nil {
			t.Fatal(err)
		}
		actor, err := json.Marshal(c.Actor)
		if err != nil {
			t.Fatal(err)
		}
		sql, args := insertPast(t, conn, team)
		if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), appendSQL, c.Realm, c.At, c.Wall, string(actor), key.Actor, c.Kind, key.ID, payload); err != nil {
			t.Fatal(err)
		}
	}
}

// insertPast is the statement that writes the team into the columns that its table has by now: the
// newest migration may add some.
func insertPast(t *testing.T, conn *pgx.Conn, team dispatch.Record) (string, []any) {
	t.Helper()
	rows, err := conn.Query(t.Context(), "select attname from pg_attribute where attrelid = 'team'::regclass and attnum > 0 and not attisdropped")
	if err != nil {
		t.Fatal(err)
	}
	have, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	all, err := row(dispatch.Live, team)
	if err != nil {
		t.Fatal(err)
	}
	var names, values []string
	var args []any
	for _, name := range strings.Split(columns, ", ") {
		if name == "point" { // two arguments make one column
			all = all[2:]
			continue
		}
		if slices.Contains(have, name) {
			args = append(args, all[0])
			names, values = append(names, name), append(values, fmt.Sprintf("$%d", len(args)))
		}
		all = all[1:]
	}
	return fmt.Sprintf("insert into team (%s) values (%s)", strings.Join(names, ", "), strings.Join(values, ", ")), args
}

func TestSweep(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	f.put(dispatch.Live, testTeam("t1"))
	if n, err := f.Sweep(t.Context(), time.Now().Add(29*24*time.Hour)); err != nil || n != 0 {
		t.Errorf("after 29 days %d went, %v", n, err)
	}
	if n, err := f.Sweep(t.Context(), time.Now().Add(31*24*time.Hour)); err != nil || n != 1 {
		t.Errorf("after 31 days %d went, %v", n, err)
	}
}
