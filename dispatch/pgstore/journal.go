package pgstore

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"liandong/dispatch"
)

// Head is the newest seq of the realm's journal, 0 when there is none.
func (s *Store) Head(ctx context.Context, realm dispatch.Realm) (int64, error) {
	return head(ctx, s.pool, realm)
}

func head(ctx context.Context, q querier, realm dispatch.Realm) (int64, error) {
	var seq int64
	err := q.QueryRow(ctx, "select coalesce(max(seq), 0) from journal where realm = $1", realm).Scan(&seq)
	return seq, fault(err)
}

// MaxChanges bounds one read of the journal.
const MaxChanges = 5000

// Changes returns the changes with seq > after, in order and without gaps, at most limit of them.
func (s *Store) Changes(ctx context.Context, realm dispatch.Realm, after int64, limit int) ([]*dispatch.Change, error) {
	return changes(ctx, s.pool, realm, after, limit)
}

// IncidentChanges is Changes for those that touch the incident.
func (s *Store) IncidentChanges(ctx context.Context, realm dispatch.Realm, incident string, after int64, limit int) ([]*dispatch.Change, error) {
	return readChanges(ctx, s.pool, realm, after, `select j.seq, j.at, j.wall, j.actor, j.kind, j.command, j.payload
		from journal_incident i join journal j on j.realm = i.realm and j.seq = i.seq
		where i.realm = $1 and i.seq > $2 and i.incident = $4 order by i.seq limit $3`, min(max(limit, 1), MaxChanges), incident)
}

func changes(ctx context.Context, q querier, realm dispatch.Realm, after int64, limit int) ([]*dispatch.Change, error) {
	return readChanges(ctx, q, realm, after, `select seq, at, wall, actor, kind, command, payload from journal
		where realm = $1 and seq > $2 order by seq limit $3`, min(max(limit, 1), MaxChanges))
}

// readChanges reads what sql finds for the realm ($1), after ($2) and more.
func readChanges(ctx context.Context, q querier, realm dispatch.Realm, after int64, sql string, more ...any) ([]*dispatch.Change, error) {
	rows, err := q.Query(ctx, sql, append([]any{realm, after}, more...)...)
	if err != nil {
		return nil, fault(err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (*dispatch.Change, error) {
		c := &dispatch.Change{Realm: realm}
		var actor string
		var payload []byte
		if err := r.Scan(&c.Seq, &c.At, &c.Wall, &actor, &c.Kind, &c.Command, &payload); err != nil {
			return nil, err
		}
		c.At, c.Wall = c.At.UTC(), c.Wall.UTC()
		if err := json.Unmarshal([]byte(actor), &c.Actor); err != nil {
			return nil, fmt.Errorf("journal %s/%d: actor: %w", realm, c.Seq, err)
		}
		if payload == nil {
			return nil, &dispatch.Error{Code: dispatch.NotFound, Field: "after", Value: after,
				Message:   fmt.Sprintf("the content of change %d is no longer kept; take a new snapshot", c.Seq),
				MessageZH: fmt.Sprintf("第 %d 条变更的内容已不再保留，请重新获取快照", c.Seq)}
		}
		return c, c.ReadPayload(payload)
	})
	return out, fault(err)
}

// Snapshot reads where the journal stands and then every record on the board that the audience sees,
// redacted, kind by kind in the order of dispatch.Kinds and by id: all as of one moment. An error of
// head or each ends it and comes back. each must not keep the transaction waiting for minutes. It
// returns when the first share ends by which something is seen: from then on the picture is another;
// the zero time is never.
func (s *Store) Snapshot(ctx context.Context, au dispatch.Onlooker, head func(dispatch.SnapshotHead) error, each func(dispatch.Record) error) (ends time.Time, err error) {
	epoch, err := s.Epoch(ctx)
	if err != nil {
		return ends, err
	}
	t, err := s.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return ends, fault(err)
	}
	defer func() { _ = t.Rollback(context.WithoutCancel(ctx)) }()
	h := dispatch.SnapshotHead{Epoch: epoch, Realm: au.Realm}
	err = t.QueryRow(ctx, `select coalesce(max(seq), 0), now() from journal
		where realm = $1 and set_config('statement_timeout', '120s', true) is not null`, au.Realm).Scan(&h.Seq, &h.At)
	if err != nil {
		return ends, fault(err)
	}
	h.At = h.At.UTC().Truncate(time.Millisecond)
	if err := head(h); err != nil {
		return ends, err
	}
	for _, k := range dispatch.Kinds {
		sql, args, err := findSQL(dispatch.Query{Realm: au.Realm, Kind: k, Audience: &au, Limit: -1})
		if err != nil {
			return ends, err
		}
		rows, err := t.Query(ctx, sql, args...)
		if err != nil {
			return ends, fault(err)
		}
		err = eachRow(rows, k, nil, func(r dispatch.Record, _ string) error {
			// Were the condition in SQL and the rule ever to differ, the rule holds.
			seen := dispatch.SeeRecord(au, r)
			if seen == nil {
				return nil
			}
			if t := dispatch.HeadOf(r).Scope.Ends(au.At); !t.IsZero() && (ends.IsZero() || t.Before(ends)) {
				ends = t
			}
			return each(seen)
		})
		if err != nil {
			return ends, err
		}
	}
	return ends, nil
}

// Due lists records on the board whose time has come, earliest first.
func (s *Store) Due(ctx context.Context, realm dispatch.Realm, at time.Time, limit int) ([]dispatch.Due, error) {
	rows, err := s.pool.Query(ctx, dueSQL, realm, at, limit)
	if err != nil {
		return nil, fault(err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (dispatch.Due, error) {
		var d dispatch.Due
		err := r.Scan(&d.Ref.Kind, &d.Ref.ID, &d.At)
		d.At = d.At.UTC()
		return d, err
	})
	return out, fault(err)
}

var dueSQL = func() string {
	sql := ""
	for i, k := range dispatch.Kinds {
		if i > 0 {
			sql += " union all "
		}
		sql += fmt.Sprintf("(select '%s', id, due from %s where realm = $1 and due <= $2 and not archived order by due limit $3)", k, k)
	}
	return sql + " order by 3, 1, 2 limit $3"
}()

// Realms lists the realms that have a journal.
func (s *Store) Realms(ctx context.Context) ([]dispatch.Realm, error) {
	// A walk along the index: the journal is long and the realms are few.
	rows, err := s.pool.Query(ctx, `with recursive r as (
			(select realm from journal order by realm limit 1)
			union all
			select (select j.realm from journal j where j.realm > r.realm order by j.realm limit 1) from r where r.realm is not null)
		select realm from r where realm is not null`)
	if err != nil {
		return nil, fault(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[dispatch.Realm])
	return out, fault(err)
}

// Sweep forgets answers to commands older than thirty days, photos that no note took within a day,
// keyframes that lead nowhere, and sessions that are over. It returns how many rows went.
func (s *Store) Sweep(ctx context.Context, now time.Time) (int64, error) {
	tag, err := s.pool.Exec(ctx, "delete from command where at < $1", now.Add(-30*24*time.Hour))
	if err != nil {
		return 0, fault(err)
	}
	photos, err := s.pool.Exec(ctx, `delete from photo p where created < $1
		and not exists (select from note n where n.realm = p.realm and n.doc ->> 'photo' = p.id)`, now.Add(-24*time.Hour))
	if err != nil {
		return tag.RowsAffected(), fault(err)
	}
	frames, err := s.dropKeyframes(ctx)
	if err != nil {
		return tag.RowsAffected() + photos.RowsAffected(), err
	}
	sessions, err := s.fenced(ctx, house, "delete from session where expires < $1 or seen + idle * interval '1 second' < $1", now)
	return tag.RowsAffected() + photos.RowsAffected() + frames + sessions, err
}
