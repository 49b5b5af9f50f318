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
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"liandong/dispatch/pgstore"
	"liandong/migrations"
	"liandong/migrations/cluster"
)

// A backup is one tar file:
//
//	manifest.json       when, of which epoch, where the journals stood, the schema's version
//	database.dump       pg_dump in its custom format: everything, photos included, as of one moment
//	certs/…             the server's own certificate authority, so that phones need not install another
//
// It holds personal data, password hashes and the authority's private key: the file is made for its
// owner alone (0600).
type manifest struct {
	Format  int             `json:"format"`
	Made    time.Time       `json:"made"`
	Program string          `json:"program"`
	Schema  int64           `json:"schema"`
	Witness pgstore.Witness `json:"witness"`
}

const (
	manifestName = "manifest.json"
	dumpName     = "database.dump"
	certsFolder  = "certs/"
)

type backupCmd struct {
	databaseFlags `embed:""`
	File          string `arg:"" help:"File to write." type:"path"`
}

// Run writes the backup beside its final name and renames it when it is whole.
func (b *backupCmd) Run(ctx context.Context, c console) error {
	return b.with(ctx, c, func(db *database, store *pgstore.Store) error {
		part := b.File + ".part"
		dump := b.File + ".dump"
		defer os.Remove(part)
		defer os.Remove(dump)
		// Before the dump: what the journals hold now is in it.
		m := manifest{Format: 1, Made: time.Now().UTC(), Program: buildVersion()}
		var err error
		if m.Witness, err = store.Witness(ctx); err != nil {
			return err
		}
		if m.Schema, err = migrations.Version(ctx, db.AdminURL); err != nil {
			return err
		}
		if err := db.dump(ctx, dump); err != nil {
			return err
		}
		if err := writeBackup(part, m, dump, db.certificates()); err != nil {
			return err
		}
		if err := os.Rename(part, b.File); err != nil {
			return err
		}
		info, err := os.Stat(b.File)
		if err != nil {
			return err
		}
		// The status page tells when the last backup was made by the time of this file.
		if err := os.WriteFile(filepath.Join(db.dir, lastBackup), []byte(m.Made.Format(time.RFC3339)+"\n"), 0o644); err != nil {
			return err
		}
		c.say("%s: %.1f MB, schema %d, epoch %s", b.File, float64(info.Size())/1e6, m.Schema, m.Witness.Epoch)
		for realm, h := range m.Witness.Heads {
			c.say("  %s up to seq %d", realm, h.Seq)
		}
		return nil
	})
}

// programs is the folder of PostgreSQL's programs, "" for those on the path.
func (d *database) programs() string {
	if d.cluster != nil {
		return d.cluster.Bin()
	}
	if dir, _, err := cluster.FindBin(0); err == nil {
		return dir
	}
	return ""
}

// tool runs one of PostgreSQL's programs. The address goes by the environment, because a password in
// it must not stand in the list of processes.
func (d *database) tool(ctx context.Context, url, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(d.programs(), name), args...)
	// The tables of accounts are fenced by row-level security, which the house opens (0004_account.sql).
	cmd.Env = append(os.Environ(), "PGOPTIONS=-c liandong.house=on -c statement_timeout=0")
	env, err := libpq(url)
	if err != nil {
		return err
	}
	cmd.Env = append(cmd.Env, env...)
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(said.String()))
	}
	return nil
}

// dump writes the database as of one moment, while it is in use.
func (d *database) dump(ctx context.Context, file string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return d.tool(ctx, d.AdminURL, "pg_dump", "--format=custom", "--no-owner", "--no-comments", "--enable-row-security", "--schema=public", "--file="+file)
}

func writeBackup(file string, m manifest, dump, certs string) (err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	t := tar.NewWriter(f)
	head, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := t.WriteHeader(&tar.Header{Name: manifestName, Mode: 0o600, Size: int64(len(head)), ModTime: m.Made}); err != nil {
		return err
	}
	if _, err := t.Write(head); err != nil {
		return err
	}
	if err := addFile(t, dumpName, dump); err != nil {
		return err
	}
	found, err := filepath.Glob(filepath.Join(certs, "*.pem"))
	if err != nil {
		return err
	}
	for _, one := range found {
		if err := addFile(t, certsFolder+filepath.Base(one), one); err != nil {
			return err
		}
	}
	if err := t.Close(); err != nil {
		return err
	}
	return f.Sync()
}

func addFile(t *tar.Writer, name, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := t.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: info.Size(), ModTime: info.ModTime()}); err != nil {
		return err
	}
	_, err = io.Copy(t, f)
	return err
}

// libpq is the address as the environment of PostgreSQL's own programs.
func libpq(address string) ([]string, error) {
	cfg, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, err
	}
	env := []string{"PGHOST=" + cfg.Host, fmt.Sprintf("PGPORT=%d", cfg.Port), "PGUSER=" + cfg.User, "PGPASSWORD=" + cfg.Password, "PGDATABASE=" + cfg.Database}
	if u, err := url.Parse(address); err == nil {
		for _, name := range []string{"sslmode", "sslrootcert", "sslcert", "sslkey"} {
			if v := u.Query().Get(name); v != "" {
				env = append(env, "PG"+strings.ToUpper(name)+"="+v)
			}
		}
	}
	return env, nil
}
