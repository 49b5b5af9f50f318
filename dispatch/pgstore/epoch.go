package pgstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"liandong/dispatch"
)

// Witness is where the journals stood, kept outside the data folder. A restored data folder is older
// than its witness, which is how a restore that nobody told of is noticed.
type Witness struct {
	Epoch string                         `json:"epoch"`
	Heads map[dispatch.Realm]JournalHead `json:"heads"`
}

// JournalHead is the newest row of a journal.
type JournalHead struct {
	Seq  int64  `json:"seq"`
	Hash []byte `json:"hash"`
}

// serverSQL says which server this is and on which timeline. The name of the WAL file that is being
// written begins with the timeline; the control file says it only from the next checkpoint on.
// A standby writes none: 0, and every command there is refused as unavailable.
const serverSQL = `select system_identifier::text, case when pg_is_in_recovery() then 0
	else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int::bigint end from pg_control_system()`

// connected forgets the epoch when a new connection leads to another server or timeline: an address
// may name several servers, and another one may have become the primary.
func (s *Store) connected(ctx context.Context, conn *pgx.Conn) error {
	var system string
	var timeline int64
	if err := conn.QueryRow(ctx, serverSQL).Scan(&system, &timeline); err != nil {
		return err
	}
	if e := s.epoch.Load(); e != nil && !strings.HasPrefix(*e, fmt.Sprintf("%s-%d-", system, timeline)) {
		s.epoch.CompareAndSwap(e, nil)
	}
	return nil
}

// Epoch names the life of the journals: seqs are unique within it. It is another one after a restore
// or the promotion of a standby.
func (s *Store) Epoch(ctx context.Context) (string, error) {
	if e := s.epoch.Load(); e != nil {
		return *e, nil
	}
	return s.CheckEpoch(ctx, nil)
}

// Witness reads what to keep outside; write it down from time to time.
func (s *Store) Witness(ctx context.Context) (Witness, error) {
	epoch, err := s.Epoch(ctx)
	if err != nil {
		return Witness{}, err
	}
	w := Witness{epoch, map[dispatch.Realm]JournalHead{}}
	realms, err := s.Realms(ctx)
	if err != nil {
		return w, err
	}
	for _, realm := range realms {
		var h JournalHead
		err := s.pool.QueryRow(ctx, "select seq, hash from journal where realm = $1 order by seq desc limit 1", realm).Scan(&h.Seq, &h.Hash)
		if err != nil {
			return w, fault(err)
		}
		w.Heads[realm] = h
	}
	return w, nil
}

// CheckEpoch compares the running database with what it says of itself and, where one is given, with
// the witness; on a mismatch it starts a new epoch. Call it with the witness before anybody is served.
func (s *Store) CheckEpoch(ctx context.Context, witness *Witness) (string, error) {
	return s.setEpoch(ctx, func(ctx context.Context, t pgx.Tx, epoch string) (string, error) {
		if witness == nil {
			return "", nil
		}
		if witness.Epoch != epoch {
			return fmt.Sprintf("the witness knows the epoch %s", witness.Epoch), nil
		}
		for realm, h := range witness.Heads {
			var hash []byte
			err := t.QueryRow(ctx, "select hash from journal where realm = $1 and seq = $2", realm, h.Seq).Scan(&hash)
			if err != nil && !errors.Is(err, pgx.ErrNoRows) {
				return "", err
			}
			if !bytes.Equal(hash, h.Hash) {
				return fmt.Sprintf("the journal of %s does not hold the row %d that the witness knows", realm, h.Seq), nil
			}
		}
		return "", nil
	})
}

// NewEpoch starts a new epoch for a reason: after a restore.
func (s *Store) NewEpoch(ctx context.Context, reason string) (string, error) {
	return s.setEpoch(ctx, func(context.Context, pgx.Tx, string) (string, error) { return reason, nil })
}

// setEpoch reads the epoch under a lock and starts a new one when the server is another than before,
// or when why gives a reason.
func (s *Store) setEpoch(ctx context.Context, why func(ctx context.Context, t pgx.Tx, epoch string) (string, error)) (string, error) {
	var epoch string
	err := pgx.BeginFunc(ctx, s.pool, func(t pgx.Tx) error {
		if _, err := t.Exec(ctx, "select pg_advisory_xact_lock(hashtextextended('epoch', 0))"); err != nil {
			return err
		}
		var system, had string
		var timeline, hadTimeline, n int64
		if err := t.QueryRow(ctx, serverSQL).Scan(&system, &timeline); err != nil {
			return err
		}
		err := t.QueryRow(ctx, "select system, timeline, n from epoch").Scan(&had, &hadTimeline, &n)
		reason := ""
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			reason = "first start"
		case err != nil:
			return err
		case had != system || hadTimeline != timeline:
			reason = "another server or timeline"
		default:
			if reason, err = why(ctx, t, epochName(system, timeline, n)); err != nil {
				return err
			}
		}
		if reason != "" {
			n++
			if _, err := t.Exec(ctx, `insert into epoch (system, timeline, n, reason) values ($1, $2, $3, $4)
				on conflict (lone) do update set system = $1, timeline = $2, n = $3, since = now(), reason = $4`,
				system, timeline, n, reason); err != nil {
				return err
			}
		}
		epoch = epochName(system, timeline, n)
		return nil
	})
	if err != nil {
		return "", fault(err)
	}
	s.epoch.Store(&epoch)
	return epoch, nil
}

func epochName(system string, timeline, n int64) string {
	return fmt.Sprintf("%s-%d-%d", system, timeline, n)
}
