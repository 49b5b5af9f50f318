package migrations_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"liandong/migrations"
	"liandong/migrations/pgtest"
)

// TestFiles: numbered without a gap, named in words, forward only.
func TestFiles(t *testing.T) {
	names, err := filepath.Glob("*.sql")
	if err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`^\d{4}(_[a-z0-9]+)+\.sql$`)
	for i, name := range names {
		if !form.MatchString(name) || !strings.HasPrefix(name, fmt.Sprintf("%04d_", i+1)) {
			t.Errorf("%s: want the form %04d_words.sql, small letters, no number left out", name, i+1)
		}
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(body), "-- +goose Up") || strings.Contains(string(body), "-- +goose Down") {
			t.Errorf("%s: want a part '-- +goose Up' and none '-- +goose Down': there is no way back", name)
		}
	}
	if latest, err := migrations.Latest(); err != nil || latest != int64(len(names)) {
		t.Errorf("Latest() = %d, %v; want %d", latest, err, len(names))
	}
}

// TestManyMigrators: several servers start at once on an empty database.
func TestManyMigrators(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	owner := pgtest.Admin(t, pgtest.Empty(t))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := migrations.Up(ctx, owner); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	latest, err := migrations.Latest()
	if err != nil {
		t.Fatal(err)
	}
	if v, err := migrations.Version(ctx, owner); err != nil || v != latest {
		t.Errorf("Version = %d, %v; want %d", v, err, latest)
	}
	if err := migrations.Up(ctx, owner); err != nil {
		t.Errorf("a second start: %v", err)
	}
}

// TestStepByStep: each version can be reached from the one before it, as an upgrade does.
func TestStepByStep(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	owner := pgtest.Admin(t, pgtest.Empty(t))
	latest, err := migrations.Latest()
	if err != nil {
		t.Fatal(err)
	}
	for v := int64(1); v <= latest; v++ {
		if err := migrations.UpTo(ctx, owner, v); err != nil {
			t.Fatal(err)
		}
		if got, err := migrations.Version(ctx, owner); err != nil || got != v {
			t.Fatalf("after UpTo(%d): version %d, %v", v, got, err)
		}
	}
}

// TestNewer: an old program must not work on a database whose rules it does not know.
func TestNewer(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	owner := pgtest.Admin(t, pgtest.New(t))
	conn, err := pgx.Connect(ctx, owner)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "insert into goose_db_version (version_id, is_applied) values (9000, true)"); err != nil {
		t.Fatal(err)
	}
	if err := migrations.Up(ctx, owner); !errors.Is(err, migrations.ErrNewer) {
		t.Errorf("Up on a newer database: %v, want ErrNewer", err)
	}
}
