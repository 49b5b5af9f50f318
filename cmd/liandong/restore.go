package main

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"liandong/migrations"
	"liandong/migrations/cluster"
)

type restoreCmd struct {
	databaseFlags `embed:""`
	File          string `arg:"" help:"Backup to read." type:"existingfile"`
	Force         bool   `help:"Throw away what the database holds now."`
}

// Run fills the database from the backup, starts a new epoch and checks the journal. A database that
// holds anything is left alone without --force, and one in use is left alone in any case.
func (r *restoreCmd) Run(ctx context.Context, c console) (err error) {
	db, err := r.start(ctx, func(msg string) { fmt.Fprintln(c.err, msg) })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.stop()) }()
	if err := db.unused(ctx); err != nil {
		return err
	}
	empty, err := db.empty(ctx)
	if err != nil {
		return err
	}
	if !empty && !r.Force {
		return errors.New("the database is not empty; --force throws away what it holds")
	}
	dir, err := os.MkdirTemp(r.Dir, "restore-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	m, err := unpack(r.File, dir)
	if err != nil {
		return err
	}
	if latest, err := migrations.Latest(); err != nil || m.Schema > latest {
		return errors.Join(err, fmt.Errorf("the backup has schema %d and this program knows %d: use the newer program", m.Schema, latest))
	}
	if err := db.clear(ctx); err != nil {
		return err
	}
	if err := db.refill(ctx, dir); err != nil {
		return err
	}
	if err := keepCertificates(filepath.Join(dir, "certs"), db.certificates(), r.Force); err != nil {
		return err
	}
	return db.restored(ctx, c, m)
}

// unpack checks the tar and writes its parts into dir.
func unpack(file, dir string) (manifest, error) {
	var m manifest
	f, err := os.Open(file)
	if err != nil {
		return m, err
	}
	defer f.Close()
	if err := os.Mkdir(filepath.Join(dir, "certs"), 0o700); err != nil {
		return m, err
	}
	seen := map[string]bool{}
	for t := tar.NewReader(f); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return m, fmt.Errorf("%s is no backup, or was cut off: %w", file, err)
		}
		seen[h.Name] = true
		switch {
		case h.Name == manifestName:
			if err := json.NewDecoder(t).Decode(&m); err != nil {
				return m, fmt.Errorf("%s: %s: %w", file, manifestName, err)
			}
		case h.Name == dumpName:
			err = writeFile(filepath.Join(dir, dumpName), t)
		case strings.HasPrefix(h.Name, certsFolder) && path.Base(h.Name) == strings.TrimPrefix(h.Name, certsFolder) && path.Ext(h.Name) == ".pem":
			err = writeFile(filepath.Join(dir, "certs", path.Base(h.Name)), t)
		default:
			err = fmt.Errorf("%s holds %q, which is not part of a backup", file, h.Name)
		}
		if err != nil {
			return m, err
		}
	}
	if m.Format != 1 || !seen[dumpName] {
		return m, fmt.Errorf("%s is no backup of format 1 with manifest and database", file)
	}
	return m, nil
}

func writeFile(name string, from io.Reader) (err error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = io.Copy(f, from)
	return err
}

// lingers is how long the sessions of a server that has just stopped are waited for: PostgreSQL ends
// them a moment after their sockets.
const lingers = 3 * time.Second

// unused refuses a database in which a server is at work.
func (d *database) unused(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, d.URL)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for begun := time.Now(); ; {
		var others int
		if err := conn.QueryRow(ctx, `select count(*) from pg_stat_activity
			where datname = current_database() and usename = current_user and pid <> pg_backend_pid()`).Scan(&others); err != nil {
			return err
		}
		switch {
		case others == 0:
			return nil
		case time.Since(begun) > lingers:
			return fmt.Errorf("the database is in use by %d connections: stop the server first", others)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// empty tells whether nothing was ever decided in the database.
func (d *database) empty(ctx context.Context) (bool, error) {
	conn, err := pgx.Connect(ctx, d.AdminURL)
	if err != nil {
		return false, err
	}
	defer conn.Close(ctx)
	var there, filled bool
	if err := conn.QueryRow(ctx, "select to_regclass('public.journal') is not null").Scan(&there); err != nil || !there {
		return true, err
	}
	err = conn.QueryRow(ctx, "select exists (select from journal)").Scan(&filled)
	return !filled, err
}

// clearSQL drops whatever the migrations built; extensions stay.
const clearSQL = `do $$
declare r record;
begin
	for r in select c.oid::regclass as name, case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' else 'table' end as what
			from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S') and not c.relispartition
			and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('e', 'a', 'i')) loop
		execute format('drop %s if exists %s cascade', r.what, r.name);
	end loop;
	for r in select p.oid::regprocedure as name from pg_proc p where p.pronamespace = 'public'::regnamespace
			and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e') loop
		execute format('drop routine if exists %s cascade', r.name);
	end loop;
end $$`

// clear makes the schema empty: a private database is made anew, in one of the operator's own only our
// tables and functions go.
func (d *database) clear(ctx context.Context) error {
	if d.cluster == nil {
		return execute(ctx, d.AdminURL, clearSQL)
	}
	name := pgx.Identifier{d.name()}.Sanitize()
	if err := execute(ctx, d.cluster.SuperURL(), "drop database if exists "+name+" with (force)", "create database "+name+" owner liandong_owner"); err != nil {
		return err
	}
	inside, err := url.Parse(d.cluster.SuperURL())
	if err != nil {
		return err
	}
	inside.Path = "/" + d.name()
	return execute(ctx, inside.String(), "set client_min_messages = warning", cluster.Bootstrap)
}

func execute(ctx context.Context, address string, statements ...string) error {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// name is the database's.
func (d *database) name() string {
	cfg, err := pgx.ParseConfig(d.AdminURL)
	if err != nil {
		return ""
	}
	return cfg.Database
}

// standing are lines of a dump's list about what is there already: the schema, and the table of
// coordinate systems, which belongs to PostGIS and so to the superuser.
var standing = []string{" SCHEMA - public ", " ACL - SCHEMA public ", " spatial_ref_sys "}

// refill loads the dump.
func (d *database) refill(ctx context.Context, dir string) error {
	dump, list := filepath.Join(dir, dumpName), filepath.Join(dir, "list")
	if err := d.tool(ctx, d.AdminURL, "pg_restore", "--list", "--file="+list, dump); err != nil {
		return err
	}
	lines, err := os.ReadFile(list)
	if err != nil {
		return err
	}
	var kept []string
	for _, line := range strings.Split(string(lines), "\n") {
		if !slices.ContainsFunc(standing, func(s string) bool { return strings.Contains(line, s) }) {
			kept = append(kept, line)
		}
	}
	if err := os.WriteFile(list, []byte(strings.Join(kept, "\n")), 0o600); err != nil {
		return err
	}
	// No row-level security stands in the way: it is switched on after the rows are in.
	return d.tool(ctx, d.AdminURL, "pg_restore", "--exit-on-error", "--no-owner", "--no-comments", "--use-list="+list, "--dbname="+d.name(), dump)
}

// keepCertificates puts the authority back, so that phones need not install another. Files that are
// there already win unless force is set: this machine's phones may trust those.
func keepCertificates(from, to string, force bool) error {
	found, err := filepath.Glob(filepath.Join(from, "*.pem"))
	if err != nil || len(found) == 0 {
		return err
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	for _, file := range found {
		target := filepath.Join(to, filepath.Base(file))
		if _, err := os.Stat(target); err == nil && !force {
			continue
		}
		if err := os.Rename(file, target); err != nil {
			return err
		}
	}
	return nil
}

// restored brings an older schema to today's, ends the sessions that came along (somebody may have
// signed out since), starts a new epoch so that no reader takes the old seqs for these, and checks.
func (d *database) restored(ctx context.Context, c console, m manifest) error {
	store, err := d.open(ctx, "")
	if err != nil {
		return err
	}
	defer store.Close()
	if err := execute(ctx, d.AdminURL, "set liandong.house = 'on'", "delete from session"); err != nil {
		return err
	}
	epoch, err := store.NewEpoch(ctx, "restored from the backup of "+m.Made.Format("2006-01-02T15:04:05Z"))
	if err != nil {
		return err
	}
	if err := (witness{store: store, path: filepath.Join(d.dir, "witness.json")}).note(ctx); err != nil {
		return err
	}
	good := true
	for realm, head := range m.Witness.Heads {
		report, err := verify(ctx, c, store, realm, true)
		if err != nil {
			return err
		}
		if report.Head < head.Seq {
			c.say("BAD   %s: ends at %d, the backup says %d", realm, report.Head, head.Seq)
			good = false
		}
		good = good && report.OK()
	}
	c.say("restored the backup of %s; new epoch %s", m.Made.Format("2006-01-02 15:04:05 UTC"), epoch)
	if !good {
		return failedVerdict{}
	}
	return nil
}
