//go:build unix

// Package pgtest gives every test a PostGIS database of its own, migrated and empty, in some 40 ms.
//
//	func TestTeam(t *testing.T) {
//		t.Parallel()
//		dsn := pgtest.New(t) // address for the application's role
//
// All test processes of one user on one machine share one PostgreSQL (package cluster) in memory
// where /dev/shm has room, without the care for a power cut that real data needs. The first process
// starts it. It stops by itself half a minute after the last one has gone, whether they ended well
// or were killed: each holds a shared lock on a file, and a small watchdog waits for all of them to
// be released. Databases of processes that died are dropped by the next one.
//
// A template database is migrated once per state of the migrations and cloned for each test. The
// clone is dropped with its test; that of a failed test is kept for a day under a name in the log.
//
// A machine without PostGIS fails the test with the sentence that says what to install: a skipped
// test would look like a passed one.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"liandong/migrations"
	"liandong/migrations/cluster"
)

// keep is how many databases of failed tests are kept: they lie in memory.
const keep = 10

// New returns the address, for the application's role, of a fresh migrated database that is gone
// after the test. Close every pool in the test or its cleanups. The role may what the migrations
// let it; Admin gives the owner's address.
func New(tb testing.TB) (dsn string) {
	tb.Helper()
	return fresh(tb, func(ctx context.Context, s *server) (string, error) {
		return s.template(ctx, "migrated_"+migrations.Fingerprint(), func(name string) error {
			base, err := s.base(ctx)
			if err != nil {
				return err
			}
			if err := s.exec(ctx, clone(name, base)); err != nil {
				return err
			}
			return migrations.Up(ctx, s.address("liandong_owner", name))
		})
	})
}

// Empty is New without the migrations: roles, extensions and nothing else, for tests of the
// migrations, of an upgrade and of a restore.
func Empty(tb testing.TB) (dsn string) {
	tb.Helper()
	return fresh(tb, func(ctx context.Context, s *server) (string, error) { return s.base(ctx) })
}

// Admin returns the address of the same database for the owner of the schema.
func Admin(tb testing.TB, dsn string) string {
	tb.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		tb.Fatalf("pgtest.Admin: %v", err)
	}
	u.User = url.User("liandong_owner")
	return u.String()
}

// Server returns the shared PostgreSQL, for tests that need its programs (pg_dump) or superuser.
func Server(tb testing.TB) *cluster.Cluster {
	tb.Helper()
	return shared(tb).cluster
}

var counter atomic.Int64

func fresh(tb testing.TB, source func(context.Context, *server) (string, error)) string {
	tb.Helper()
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Minute)
	defer stop()
	s := shared(tb)
	from, err := source(ctx, s)
	if err != nil {
		tb.Fatalf("pgtest: template: %v", err)
	}
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), counter.Add(1))
	if err := s.exec(ctx, clone(name, from)); err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	tb.Cleanup(func() { s.finish(tb, name) })
	return s.address("liandong", name)
}

func clone(name, from string) string {
	return fmt.Sprintf("create database %s template %s owner liandong_owner strategy file_copy", name, from)
}

type server struct{ cluster *cluster.Cluster }

var start = sync.OnceValues(func() (*server, error) {
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Minute)
	defer stop()
	return open(ctx, folder(), 30*time.Second)
})

func shared(tb testing.TB) *server {
	tb.Helper()
	s, err := start()
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	return s
}

// folder is in memory where that has room (containers often get 64 MB).
func folder() string {
	root := os.TempDir()
	var fs syscall.Statfs_t
	if err := syscall.Statfs("/dev/shm", &fs); err == nil && uint64(fs.Bavail)*uint64(fs.Bsize) > 1<<30 {
		root = "/dev/shm"
	}
	return filepath.Join(root, fmt.Sprintf("liandong-test-%d", os.Getuid()))
}

// users keeps the shared lock for the life of the process; the kernel releases it at any kind of end.
var users []*os.File

// open joins or starts the server in dir.
func open(ctx context.Context, dir string, linger time.Duration) (*server, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	// Before the server is looked for: the watchdog stops it only while it has this file alone.
	f, err := os.OpenFile(filepath.Join(dir, "users"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH); err != syscall.EINTR {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	users = append(users, f)
	cfg := cluster.Config{Dir: dir, Settings: map[string]string{
		"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off",
		"max_connections": "500", "max_wal_size": "'256MB'", "min_wal_size": "'32MB'", "wal_level": "minimal", "max_wal_senders": "0",
	}}
	c, err := cluster.Launch(ctx, cfg)
	if err != nil && !errors.Is(err, cluster.ErrMissing) && ctx.Err() == nil {
		// Without fsync a power cut may have spoilt the data, and nothing in it is worth a repair.
		if gone := os.RemoveAll(filepath.Join(dir, "postgres")); gone == nil {
			c, err = cluster.Launch(ctx, cfg)
		}
	}
	if err != nil {
		return nil, err
	}
	s := &server{c}
	if err := watch(dir, linger); err != nil {
		return nil, err
	}
	return s, s.sweep(ctx)
}

// address is that of a database for a role.
func (s *server) address(role, database string) string {
	u, err := url.Parse(s.cluster.SuperURL())
	if err != nil {
		panic(err) // made by package cluster
	}
	u.User, u.Path = url.User(role), "/"+database
	return u.String()
}

func (s *server) exec(ctx context.Context, statements ...string) error {
	conn, err := pgx.Connect(ctx, s.cluster.SuperURL())
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

// base is the template with extensions and rights but no tables.
func (s *server) base(ctx context.Context) (string, error) {
	h := fnv.New64a()
	h.Write([]byte(cluster.Roles + cluster.Bootstrap))
	return s.template(ctx, fmt.Sprintf("base_%016x", h.Sum64()), func(name string) error {
		if err := s.exec(ctx, "create database "+name+" owner liandong_owner"); err != nil {
			return err
		}
		conn, err := pgx.Connect(ctx, s.address("postgres", name))
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		_, err = conn.Exec(ctx, cluster.Bootstrap)
		return err
	})
}

// template returns name after building it where needed; one process builds, the others wait. The
// mark of a finished one is is_template, so that one whose builder was killed is built anew.
func (s *server) template(ctx context.Context, name string, build func(name string) error) (string, error) {
	conn, err := pgx.Connect(ctx, s.cluster.SuperURL())
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	const done = "select exists (select from pg_database where datname = $1 and datistemplate)"
	var there bool
	if err := conn.QueryRow(ctx, done, name).Scan(&there); err != nil || there {
		return name, err
	}
	// Ends with the connection.
	if _, err := conn.Exec(ctx, "select pg_advisory_lock(hashtext($1))", name); err != nil {
		return "", err
	}
	if err := conn.QueryRow(ctx, done, name).Scan(&there); err != nil || there {
		return name, err
	}
	if _, err := conn.Exec(ctx, "drop database if exists "+name+" with (force)"); err != nil {
		return "", err
	}
	if err := build(name); err != nil {
		return "", err
	}
	_, err = conn.Exec(ctx, "alter database "+name+" is_template true allow_connections false")
	return name, err
}

// sweep drops what processes that died left behind, and what was kept for more than a day.
func (s *server) sweep(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.cluster.SuperURL())
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, `
		select datname, coalesce(made.modification < now() - interval '1 day', false)
		from pg_database, pg_stat_file('base/' || oid || '/PG_VERSION', true) made
		where datname ~ '^(test|failed|base|migrated)_'`)
	if err != nil {
		return err
	}
	type found struct {
		Name string
		Old  bool
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[found])
	if err != nil {
		return err
	}
	for _, db := range all {
		var pid, n int
		_, scan := fmt.Sscanf(db.Name, "test_%d_%d", &pid, &n)
		orphan := scan == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
		aged := db.Old && !strings.HasPrefix(db.Name, "test_")
		if !orphan && !aged {
			continue
		}
		_, err := conn.Exec(ctx, "alter database "+db.Name+" is_template false")
		if err == nil {
			_, err = conn.Exec(ctx, "drop database if exists "+db.Name+" with (force)")
		}
		// Another process may sweep at the same moment, or clone an old template just now.
		var busy *pgconn.PgError
		if err != nil && !errors.As(err, &busy) {
			return err
		}
	}
	return nil
}

// finish drops the database of a test, or keeps that of a failed one.
func (s *server) finish(tb testing.TB, name string) {
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	conn, err := pgx.Connect(ctx, s.cluster.SuperURL())
	if err != nil {
		tb.Errorf("pgtest: %v", err)
		return
	}
	defer conn.Close(ctx)
	if tb.Failed() {
		as := "failed_" + time.Now().UTC().Format("20060102t150405") + strings.TrimPrefix(name, "test")
		_, err = conn.Exec(ctx, "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name)
		if err == nil {
			_, err = conn.Exec(ctx, "alter database "+name+" rename to "+as)
		}
		if err == nil {
			tb.Logf("pgtest: the database of this test is kept for a day: %s (its server is stopped when no test runs)", s.address("liandong_owner", as))
			forget(ctx, conn)
			return
		}
		tb.Logf("pgtest: the database could not be kept: %v", err)
	}
	if _, err := conn.Exec(ctx, "drop database "+name+" with (force)"); err != nil {
		tb.Errorf("pgtest: %v", err)
	}
}

// forget drops the oldest kept databases when there are too many; one that is
// looked at stays, and another process may be as fast.
func forget(ctx context.Context, conn *pgx.Conn) {
	rows, err := conn.Query(ctx, "select datname from pg_database where datname like 'failed\\_%' order by datname desc offset $1", keep)
	if err != nil {
		return
	}
	old, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return
	}
	for _, name := range old {
		_, _ = conn.Exec(ctx, "drop database if exists "+name)
	}
}
