//go:build unix

package pgtest

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
)

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// TestDatabasesAreApart makes many databases at once and writes the same table into each.
func TestDatabasesAreApart(t *testing.T) {
	for i := range 8 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			dsn := Empty(t)
			owner := connect(t, Admin(t, dsn))
			if _, err := owner.Exec(ctx, "create table note (n int, p geometry)"); err != nil {
				t.Fatal(err)
			}
			app := connect(t, dsn)
			if _, err := app.Exec(ctx, "insert into note values ($1, st_point(113.8, 34.0))", i); err != nil {
				t.Fatalf("the application's role must be able to write: %v", err)
			}
			var sum, count int
			if err := app.QueryRow(ctx, "select sum(n), count(*) from note").Scan(&sum, &count); err != nil {
				t.Fatal(err)
			}
			if sum != i || count != 1 {
				t.Errorf("got sum %d of %d rows, want %d of 1: databases are shared", sum, count, i)
			}
		})
	}
}

// TestRights: the application is neither owner nor superuser.
func TestRights(t *testing.T) {
	t.Parallel()
	app := connect(t, New(t))
	for _, sql := range []string{"create table mine (n int)", "create extension hstore", "create role other", "drop schema public cascade"} {
		if _, err := app.Exec(context.Background(), sql); err == nil {
			t.Errorf("%s was allowed to the application's role", sql)
		}
	}
}

// TestDroppedAfterTest looks for the databases that earlier tests of this process had.
func TestDroppedAfterTest(t *testing.T) {
	t.Run("one", func(t *testing.T) { connect(t, New(t)) })
	super := connect(t, Server(t).SuperURL())
	var left int
	err := super.QueryRow(context.Background(), "select count(*) from pg_database where datname like $1",
		fmt.Sprintf(`test\_%d\_%%`, os.Getpid())).Scan(&left)
	if err != nil {
		t.Fatal(err)
	}
	if left != 0 {
		t.Errorf("%d databases were left, want 0", left)
	}
}
