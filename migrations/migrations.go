// Package migrations holds the numbered SQL files that build the database, and runs them.
//
// The files are named 0001_words.sql, 0002_words.sql and so on and go forward only: there is no
// way down, a mistake is mended by the next number. Each file is one transaction unless it says
// "-- +goose NO TRANSACTION"; a statement with semicolons inside (a function, a DO block) stands
// between "-- +goose StatementBegin" and "-- +goose StatementEnd". A number that has been in a
// release never changes its content.
//
// Several servers may start at once: a session lock in the database lets one of them migrate
// while the others wait for it. The files run as the owner of the schema (role liandong_owner in
// the private cluster), never as the role the application works with.
package migrations

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	_ "github.com/jackc/pgx/v5/stdlib" // registers "pgx" for database/sql, which goose wants
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed *.sql
var files embed.FS

// ErrNewer says that the database was migrated by a newer program than this one.
var ErrNewer = errors.New("the database is newer than this program")

// Up brings the database behind dsn, a PostgreSQL address of the schema's owner, to the newest
// version. It returns ErrNewer (wrapped, with both numbers) when a newer program was there before.
func Up(ctx context.Context, dsn string) error {
	return with(ctx, dsn, func(p *goose.Provider) error {
		current, target, err := p.GetVersions(ctx)
		if err != nil {
			return err
		}
		if current > target {
			return fmt.Errorf("%w: it is at version %d and this program knows %d; start the newer program", ErrNewer, current, target)
		}
		_, err = p.Up(ctx)
		return err
	})
}

// UpTo migrates forward to the version v and no further. It exists for tests of an upgrade: build
// an old schema, fill it, then call Up.
func UpTo(ctx context.Context, dsn string, v int64) error {
	return with(ctx, dsn, func(p *goose.Provider) error {
		_, err := p.UpTo(ctx, v)
		return err
	})
}

// Version returns the version the database is at, 0 when nothing was migrated yet.
func Version(ctx context.Context, dsn string) (int64, error) {
	var v int64
	err := with(ctx, dsn, func(p *goose.Provider) (err error) {
		v, err = p.GetDBVersion(ctx)
		return err
	})
	return v, err
}

// Latest returns the version Up leads to: the number of the last file.
func Latest() (int64, error) {
	sources, err := goose.NewProvider(goose.DialectPostgres, new(sql.DB), files)
	if errors.Is(err, goose.ErrNoMigrations) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("migrations: %w", err)
	}
	list := sources.ListSources()
	return list[len(list)-1].Version, nil
}

// Fingerprint names the content of all files; it changes when any of them does.
func Fingerprint() string {
	h := sha256.New()
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for _, name := range names {
		body, err := files.ReadFile(name)
		if err != nil {
			panic(err) // embedded: the list and the file cannot disagree
		}
		fmt.Fprintf(h, "%s %d\n%s", name, len(body), body)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

func with(ctx context.Context, dsn string, do func(*goose.Provider) error) error {
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	defer db.Close()
	// The others ask once a second, for an hour: a long index build must not make them give up.
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 3600))
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker))
	if errors.Is(err, goose.ErrNoMigrations) {
		return db.PingContext(ctx)
	}
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	if err := do(p); err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	return nil
}
