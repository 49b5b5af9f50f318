package pgstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"liandong/dispatch"
)

// attempts bounds how often a command is done again after a deadlock or because a record moved.
const attempts = 12

// finishing is the time that the last round trip of a command has. It does not end with the caller: a
// caller that hangs up must not leave open whether its command was carried out.
const finishing = 15 * time.Second

// Command carries out one command; see dispatch.Store.
func (s *Store) Command(ctx context.Context, key dispatch.Key, do func(context.Context, dispatch.Tx) (*dispatch.Change, error)) (*dispatch.Change, bool, error) {
	began, unsure := time.Now(), false
	for n := 0; ; n++ {
		c, replayed, err := s.attempt(ctx, key, do)
		if err == nil {
			// A change that is found after an unclear commit is the one this call made.
			return c, replayed && !unsure, nil
		}
		var lost *lostCommit
		unsure = unsure || errors.As(err, &lost)
		switch {
		case ctx.Err() != nil && !unsure:
			return nil, false, fault(ctx.Err())
		case again(err) && n < attempts:
		case away(err) && time.Since(began) < s.opts.Patience:
		case unsure && away(err):
			return nil, false, &unavailable{dispatch.Error{Code: dispatch.Unavailable,
				Message:   "the database went away while the command was being written: send it again with the same key to learn whether it was",
				MessageZH: "写入命令时数据库中断，尚不确定是否已执行，请用同一幂等键重新发送"}, err}
		case again(err):
			return nil, false, &unavailable{dispatch.Error{Code: dispatch.Unavailable,
				Message:   "too many commands want the same records at this moment; try again",
				MessageZH: "当前有过多命令争用同一记录，请重试"}, err}
		default:
			return nil, false, fault(err)
		}
		wait := time.Duration(1+rand.IntN(4<<min(n, 6))) * time.Millisecond
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			if !unsure {
				return nil, false, fault(ctx.Err())
			}
			ctx = context.WithoutCancel(ctx) // the question still has an answer, and Patience bounds it
		}
	}
}

// lostCommit says that the connection ended between the sending of COMMIT and its answer.
type lostCommit struct{ cause error }

func (l *lostCommit) Error() string { return "commit without an answer: " + l.cause.Error() }
func (l *lostCommit) Unwrap() error { return l.cause }

func (s *Store) attempt(ctx context.Context, key dispatch.Key, do func(context.Context, dispatch.Tx) (*dispatch.Change, error)) (*dispatch.Change, bool, error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, false, err
	}
	defer conn.Release()
	fresh, err := begin(ctx, conn, key)
	if err != nil {
		rollback(ctx, conn)
		return nil, false, err
	}
	if !fresh {
		c, err := replay(ctx, conn, key)
		rollback(ctx, conn)
		return c, true, err
	}
	t := newTx(conn, key)
	c, err := do(ctx, t)
	if err == nil {
		err = t.verify(ctx, c)
	}
	if err == nil && c.Realm != key.Realm {
		err = fmt.Errorf("a command of realm %q made a change in realm %q", key.Realm, c.Realm)
	}
	if err != nil {
		rollback(ctx, conn)
		return nil, false, err
	}
	c.Bulk = t.bulk
	return c, false, s.finish(ctx, conn, t, c)
}

// begin opens the transaction and writes the idempotency key; false when the key is there already. A
// twin that is under way is waited for.
func begin(ctx context.Context, conn *pgxpool.Conn, key dispatch.Key) (fresh bool, err error) {
	b := &pgx.Batch{}
	b.Queue("begin")
	b.Queue("insert into command (realm, actor, id, hash) values ($1, $2, $3, $4) on conflict do nothing",
		key.Realm, key.Actor, key.ID, key.Hash[:])
	br := conn.SendBatch(ctx, b)
	if _, err := br.Exec(); err != nil {
		_ = br.Close()
		return false, err
	}
	tag, err := br.Exec()
	if closed := br.Close(); err == nil {
		err = closed
	}
	return tag.RowsAffected() == 1, err
}

// replay answers a command from its key.
func replay(ctx context.Context, conn *pgxpool.Conn, key dispatch.Key) (*dispatch.Change, error) {
	var hash []byte
	var seq int64
	err := conn.QueryRow(ctx, "select hash, seq from command where realm = $1 and actor = $2 and id = $3",
		key.Realm, key.Actor, key.ID).Scan(&hash, &seq)
	if err != nil {
		return nil, err
	}
	if string(hash) != string(key.Hash[:]) {
		return nil, &dispatch.Error{Code: dispatch.Reused, Field: "Idempotency-Key", Value: key.ID,
			Message:   "this idempotency key was used for another command; take a new one",
			MessageZH: "该幂等键已用于其他命令，请更换"}
	}
	cs, err := changes(ctx, conn, key.Realm, seq-1, 1)
	if err != nil {
		return nil, err
	}
	if len(cs) != 1 || cs[0].Seq != seq {
		return nil, fmt.Errorf("command %s of %s names the change %d, which is not in the journal", key.ID, key.Actor, seq)
	}
	return cs[0], nil
}

// rollback gives the connection back clean; one that does not obey is closed by the pool.
func rollback(ctx context.Context, conn *pgxpool.Conn) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer stop()
	if conn.Conn().IsClosed() || conn.Conn().PgConn().TxStatus() == 'I' {
		return
	}
	if _, err := conn.Exec(ctx, "rollback"); err != nil {
		_ = conn.Conn().Close(ctx)
	}
}

// step is one statement of the last round trip, with what it is about, for refusals.
type step struct {
	ref    dispatch.Ref
	unique string
}

// finish writes rows, ledger, journal and commits, in one round trip.
func (s *Store) finish(ctx context.Context, conn *pgxpool.Conn, t *tx, c *dispatch.Change) error {
	b, steps, err := writes(t.key, c)
	if err != nil {
		rollback(ctx, conn)
		return err
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), finishing)
	defer stop()
	br := conn.SendBatch(ctx, b)
	err = finishResults(br, steps, c)
	if closed := br.Close(); err == nil && closed != nil {
		err = &lostCommit{closed}
	}
	if err == nil {
		return nil
	}
	rollback(ctx, conn)
	var taken *takenError
	if errors.As(err, &taken) {
		return winner(ctx, conn, c, taken)
	}
	return err
}

// finishResults reads the answers; an error that leaves the commit unclear is a lostCommit.
func finishResults(br pgx.BatchResults, steps []step, c *dispatch.Change) error {
	for _, at := range steps {
		if _, err := br.Exec(); err != nil {
			return stepError(err, at)
		}
	}
	var seq int64
	if err := br.QueryRow().Scan(&seq); err != nil {
		return stepError(err, step{})
	}
	tag, err := br.Exec()
	if err != nil {
		return stepError(err, step{})
	}
	if tag.String() != "COMMIT" {
		return fmt.Errorf("commit was answered %q", tag)
	}
	c.Seq = seq
	return nil
}

func stepError(err error, at step) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Severity == "FATAL" {
		return &lostCommit{err}
	}
	if pg.Code == exclusionViolation && pg.ConstraintName == "use_exclusive" {
		return &takenError{at.ref, err}
	}
	if refusal := violation(err, at); refusal != nil {
		return refusal
	}
	return fmt.Errorf("write %s %s: %w", at.ref.Kind, at.ref.ID, err)
}

// writes is the last round trip of a command. The journal is last but for COMMIT: nothing is waited
// for while its lock is held.
func writes(key dispatch.Key, c *dispatch.Change) (*pgx.Batch, []step, error) {
	b := &pgx.Batch{}
	var steps []step
	queue := func(at step, sql string, args ...any) {
		b.Queue(sql, args...)
		steps = append(steps, at)
	}
	for _, p := range c.Puts {
		args, err := row(c.Realm, p.Record)
		if err != nil {
			return nil, nil, err
		}
		ref := dispatch.RefOf(p.Record)
		sql := rowStatements[ref.Kind].update
		if p.Before == nil {
			sql = rowStatements[ref.Kind].insert
		}
		queue(step{ref, dispatch.Indexed(p.Record).Unique}, sql, args...)
	}
	for _, d := range c.Drops {
		name, err := table(d.Ref.Kind)
		if err != nil {
			return nil, nil, err
		}
		queue(step{ref: d.Ref}, "update "+name+" set archived = true where realm = $1 and id = $2", c.Realm, d.Ref.ID)
	}
	ledger(c, queue)
	actor, err := json.Marshal(c.Actor)
	if err != nil {
		return nil, nil, err
	}
	payload, err := c.Payload()
	if err != nil {
		return nil, nil, err
	}
	args := []any{c.Realm, c.At, c.Wall, string(actor), key.Actor, c.Kind, key.ID, payload}
	if ids := touched(c); len(ids) > 0 {
		b.Queue(appendTouching, append(args, ids)...)
	} else {
		b.Queue(appendSQL, args...)
	}
	b.Queue("commit")
	return b, steps, nil
}

const (
	appendSQL = "select append_journal($1, $2, $3, $4, $5, $6, $7, $8)"
	// appendTouching also notes which incidents the change touches, under its number.
	appendTouching = `with appended as (` + appendSQL + ` as seq),
		noted as (insert into journal_incident (realm, incident, seq) select $1, i, seq from appended, unnest($9::text[]) i)
		select seq from appended`
)

// touched are the incidents whose record the change belongs in: those of the records put, and those
// that leave the board (migrations/0006_journal_incident.sql).
func touched(c *dispatch.Change) []string {
	ids := []string{}
	for _, p := range c.Puts {
		if id := dispatch.Indexed(p.Record).Incident; id != "" {
			ids = append(ids, id)
		}
	}
	for _, d := range c.Drops {
		if d.Ref.Kind == dispatch.KindIncident {
			ids = append(ids, d.Ref.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
