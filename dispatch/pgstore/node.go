package pgstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/jackc/pgx/v5"

	"liandong/dispatch"
)

// nodeName begins the name that a server gives its connections, where others on the same database
// see it: a server that ends, or is cut off, is gone with them.
const nodeName = "liandong node "

// NodeName is what Options.Name is for the server (node) with the id.
func NodeName(id string) string { return nodeName + id }

// Nodes lists the other servers that work on this database now.
func (s *Store) Nodes(ctx context.Context) ([]string, error) {
	rows, err := s.pool.Query(ctx, `select distinct substr(application_name, $2) from pg_stat_activity
		where datname = current_database() and starts_with(application_name, $1) and application_name <> $3 order by 1`,
		nodeName, len(nodeName)+1, s.opts.Name)
	if err != nil {
		return nil, fault(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return out, fault(err)
}

// House names the database itself, alike for all who work on it and through its whole life.
func (s *Store) House(ctx context.Context) (string, error) {
	var name string
	err := s.pool.QueryRow(ctx, "select system_identifier::text || ' ' || current_database() from pg_control_system()").Scan(&name)
	if err != nil {
		return "", fault(err)
	}
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:8]), nil
}

// SessionRoles reads in which roles the sessions act, by session; those that have ended are missing.
func (s *Store) SessionRoles(ctx context.Context, ids []string) (map[string]dispatch.Role, error) {
	type row struct {
		ID   string
		Role dispatch.Role
	}
	all, err := fencedRows(ctx, s, house, pgx.RowToStructByPos[row], "select id, role from session where id = any($1)", ids)
	if err != nil {
		return nil, err
	}
	out := make(map[string]dispatch.Role, len(all))
	for _, r := range all {
		out[r.ID] = r.Role
	}
	return out, nil
}

// holds is how often whoever is alone makes sure of it, and others try.
const holds = 2 * time.Second

// Alone runs do on one server at a time of all on the database: it waits until no other runs the work
// of that name, and ends the context given to do when the database can no longer be asked. It returns
// whether do ran; not when ctx ended first.
func (s *Store) Alone(ctx context.Context, name string, do func(ctx context.Context)) bool {
	for {
		if s.alone(ctx, name, do) {
			return true
		}
		again := time.NewTimer(holds)
		select {
		case <-ctx.Done():
			again.Stop()
			return false
		case <-again.C:
		}
	}
}

// alone is one try. The lock is the connection's: it is let go with it, whatever happens to this
// program.
func (s *Store) alone(ctx context.Context, name string, do func(ctx context.Context)) bool {
	pooled, err := s.pool.Acquire(ctx)
	if err != nil {
		return false
	}
	conn := pooled.Hijack() // never back into the pool, where the lock would live on
	defer func() {
		end, stop := context.WithTimeout(context.WithoutCancel(ctx), answerIn)
		defer stop()
		_ = conn.Close(end) // the server notices in any case
	}()
	var mine bool
	if err := conn.QueryRow(ctx, "select pg_try_advisory_lock(hashtextextended('liandong alone ' || $1, 0))", name).Scan(&mine); err != nil || !mine {
		return false
	}
	work, lost := context.WithCancel(ctx)
	defer lost()
	done := make(chan struct{})
	go func() {
		defer close(done)
		do(work)
	}()
	look := time.NewTicker(holds)
	defer look.Stop()
	for {
		select {
		case <-done:
			return true
		case <-look.C:
		}
		ask, stop := context.WithTimeout(ctx, answerIn)
		err := conn.Ping(ask)
		stop()
		if err != nil {
			lost()
			<-done
			return ctx.Err() != nil // else another may have it; try again
		}
	}
}
