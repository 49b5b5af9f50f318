package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"liandong/dispatch/pgstore"
	"liandong/migrations"
	"liandong/migrations/cluster"
)

// databaseFlags say which database a command works on; every command that needs one embeds them.
type databaseFlags struct {
	Dir         string `help:"Folder for the private database, certificates and state." default:"var" env:"LIANDONG_DIR" type:"path"`
	DatabaseURL string `help:"PostgreSQL with PostGIS to use instead of a private one: the application's role." env:"DATABASE_URL" placeholder:"postgres://…"`
	AdminURL    string `name:"database-admin-url" help:"The same database for the owner of the schema, who migrates; DATABASE_URL when left out." env:"DATABASE_ADMIN_URL" placeholder:"postgres://…"`
}

// env names the same database to another process.
func (f databaseFlags) env() []string {
	if f.DatabaseURL == "" {
		return nil
	}
	return []string{"DATABASE_URL=" + f.DatabaseURL, "DATABASE_ADMIN_URL=" + f.AdminURL}
}

// database is a running, reachable database.
type database struct {
	URL, AdminURL string
	cluster       *cluster.Cluster // nil with DATABASE_URL
	dir           string
}

// start finds or starts the database.
func (f *databaseFlags) start(ctx context.Context, tell func(string)) (*database, error) {
	if err := os.MkdirAll(f.Dir, 0o755); err != nil {
		return nil, err
	}
	if f.DatabaseURL != "" {
		admin := f.AdminURL
		if admin == "" {
			admin = f.DatabaseURL
		}
		return &database{URL: f.DatabaseURL, AdminURL: admin, dir: f.Dir}, nil
	}
	c, err := cluster.Start(ctx, cluster.Config{Dir: f.Dir, Log: tell})
	if err != nil {
		return nil, err
	}
	return &database{URL: c.URL(), AdminURL: c.AdminURL(), cluster: c, dir: f.Dir}, nil
}

// stop ends the private database if this process runs it.
func (d *database) stop() error {
	if d.cluster == nil {
		return nil
	}
	ctx, stop := context.WithTimeout(context.Background(), 30*time.Second)
	defer stop()
	return d.cluster.Stop(ctx)
}

// open migrates and opens the store; name is shown to others on the database, "" the usual one.
func (d *database) open(ctx context.Context, name string) (*pgstore.Store, error) {
	if err := migrations.Up(ctx, d.AdminURL); err != nil {
		return nil, err
	}
	return pgstore.Open(ctx, d.URL, pgstore.Options{Name: name})
}

// with runs a command on the opened store.
func (f *databaseFlags) with(ctx context.Context, c console, do func(*database, *pgstore.Store) error) (err error) {
	db, err := f.start(ctx, func(msg string) { fmt.Fprintln(c.err, msg) })
	if err != nil {
		return err
	}
	defer func() {
		if stopped := db.stop(); err == nil {
			err = stopped
		}
	}()
	store, err := db.open(ctx, "")
	if err != nil {
		return err
	}
	defer store.Close()
	return do(db, store)
}

// certificates is the folder of the server's own authority.
func (d *database) certificates() string { return filepath.Join(d.dir, "certs") }

type migrateCmd struct {
	databaseFlags `embed:""`
}

// Run migrates and tells the version.
func (m *migrateCmd) Run(ctx context.Context, c console) error {
	db, err := m.start(ctx, func(msg string) { fmt.Fprintln(c.err, msg) })
	if err != nil {
		return err
	}
	if err := migrations.Up(ctx, db.AdminURL); err != nil {
		return fmt.Errorf("%w (stopping: %v)", err, db.stop())
	}
	version, err := migrations.Version(ctx, db.AdminURL)
	if err != nil {
		return fmt.Errorf("%w (stopping: %v)", err, db.stop())
	}
	c.say("the database is at version %d", version)
	return db.stop()
}

type versionCmd struct{}

// Run prints what was built from which commit.
func (versionCmd) Run(c console) error {
	c.say("liandong %s", buildVersion())
	return nil
}

func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	revision, modified := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = " " + s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = "+"
		}
	}
	return info.Main.Version + revision + modified + " " + info.GoVersion
}
