package pgstore

import (
	"context"
	"maps"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"liandong/dispatch"
)

// second opens another server on the fixture's database.
func (f *fixture) second(name string) *Store {
	f.t.Helper()
	s, err := Open(f.t.Context(), f.dsn, Options{Name: name})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(s.Close)
	return s
}

func TestNodes(t *testing.T) {
	t.Parallel()
	f := open(t, Options{Name: NodeName("a")})
	b := f.second(NodeName("b"))
	f.second("liandong") // a tool
	if got, err := f.Nodes(t.Context()); err != nil || !slices.Equal(got, []string{"b"}) {
		t.Errorf("others: %v, %v", got, err)
	}
	b.Close()
	for deadline := time.Now().Add(20 * time.Second); ; {
		got, err := f.Nodes(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("still there: %v", got)
		}
	}
	one, err := f.House(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	same, err := f.second("c").House(t.Context())
	if err != nil || one != same || len(one) != 16 {
		t.Errorf("the house is %q and %q, %v", one, same, err)
	}
	other, err := open(t, Options{}).House(t.Context())
	if err != nil || other == one {
		t.Errorf("another database is the same house %q, %v", other, err)
	}
}

// TestAlone: one at a time, the next when the first ends; and the first is told when its hold on the
// database is gone.
func TestAlone(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	other := f.second("other")
	var running atomic.Int32
	begun, ended := make(chan string, 2), make(chan error, 2)
	work := func(who string, s *Store) {
		ran := s.Alone(t.Context(), "work", func(ctx context.Context) {
			if running.Add(1) > 1 {
				t.Error("two at once")
			}
			begun <- who
			select {
			case <-ctx.Done():
			case <-t.Context().Done():
			}
			running.Add(-1)
			ended <- ctx.Err()
		})
		if ran && t.Context().Err() == nil {
			t.Error("returned as done")
		}
	}
	go work("first", f.Store)
	if who := <-begun; who != "first" {
		t.Fatal(who)
	}
	if ok := func() bool {
		ctx, stop := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer stop()
		return other.Alone(ctx, "work", func(context.Context) { t.Error("ran beside the first") })
	}(); ok {
		t.Error("told as run")
	}
	if !other.Alone(t.Context(), "other work", func(context.Context) {}) {
		t.Error("work of another name did not run")
	}
	tag, err := other.pool.Exec(t.Context(), `select pg_terminate_backend(l.pid) from pg_locks l
		where l.locktype = 'advisory' and l.granted and l.database = (select oid from pg_database where datname = current_database())
			and (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended('liandong alone work', 0)`)
	if err != nil || tag.RowsAffected() != 1 {
		t.Fatalf("the holder's connection is not ended: %v, %d locks", err, tag.RowsAffected())
	}
	if err := <-ended; err == nil {
		t.Error("the work was not told that its hold is gone")
	}
	if who := <-begun; who != "first" {
		t.Error(who)
	}
}

func TestSessionRoles(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	ctx := t.Context()
	f.put(dispatch.Live, testAgency("a1"))
	if err := f.account("p1", "zhang.san"); err != nil {
		t.Fatal(err)
	}
	one, two := session("p1", "one"), session("p1", "two")
	for _, s := range []dispatch.Session{one, two} {
		if err := f.StartSession(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.SetSessionRole(ctx, two.Token, dispatch.RolePlanner); err != nil {
		t.Fatal(err)
	}
	want := map[string]dispatch.Role{one.ID: dispatch.RoleChief, two.ID: dispatch.RolePlanner}
	got, err := f.SessionRoles(ctx, []string{one.ID, two.ID, "never was"})
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	if err := f.EndSession(ctx, one.Token); err != nil {
		t.Fatal(err)
	}
	delete(want, one.ID)
	if got, err = f.SessionRoles(ctx, []string{one.ID, two.ID}); err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
}
