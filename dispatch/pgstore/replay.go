package pgstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"liandong/dispatch"
)

// ReplaySpan tells from which change to which the realm's pictures can be shown; Now is left to the
// caller. Both are the zero Moment where nothing was ever decided.
func (s *Store) ReplaySpan(ctx context.Context, realm dispatch.Realm) (dispatch.ReplaySpan, error) {
	span := dispatch.ReplaySpan{Realm: realm}
	epoch, err := s.Epoch(ctx)
	if err != nil {
		return span, err
	}
	span.Epoch = epoch
	top, err := s.Head(ctx, realm)
	if err != nil || top == 0 {
		return span, err
	}
	first, err := s.firstTold(ctx, realm, top)
	if err != nil {
		return span, err
	}
	for _, m := range []struct {
		to  *dispatch.Moment
		seq int64
	}{{&span.First, first}, {&span.Last, top}} {
		if *m.to, err = s.Moment(ctx, realm, m.seq); err != nil {
			return span, err
		}
	}
	return span, nil
}

// Moment reads when the change was, by the realm's clock; NotFound, field seq, when there is none.
func (s *Store) Moment(ctx context.Context, realm dispatch.Realm, seq int64) (dispatch.Moment, error) {
	m := dispatch.Moment{Seq: seq}
	err := s.pool.QueryRow(ctx, "select at from journal where realm = $1 and seq = $2", realm, seq).Scan(&m.At)
	if errors.Is(err, pgx.ErrNoRows) {
		return m, &dispatch.Error{Code: dispatch.NotFound, Field: "seq", Value: seq,
			Message: fmt.Sprintf("there is no change %d", seq), MessageZH: fmt.Sprintf("没有第 %d 条变更", seq)}
	}
	m.At = m.At.UTC()
	return m, fault(err)
}

// firstTold is the first change whose picture can be told: 1 where the journal was whole from its
// beginning to the first keyframe, else that keyframe. What it found stays so and is kept.
func (s *Store) firstTold(ctx context.Context, realm dispatch.Realm, top int64) (int64, error) {
	var frame int64
	err := s.pool.QueryRow(ctx, "select coalesce(min(seq), 0) from keyframe where realm = $1", realm).Scan(&frame)
	if err != nil {
		return 0, fault(err)
	}
	type key struct {
		realm dispatch.Realm
		frame int64
	}
	if known, ok := s.told.Load(key{realm, frame}); ok && frame > 0 {
		return known.(int64), nil
	}
	to := frame
	if frame == 0 {
		to = top
	}
	untold := to > MaxFold
	if !untold {
		err = s.pool.QueryRow(ctx, `select exists (select from journal where realm = $1 and seq <= $2 and (payload is null
			or position(convert_to('"reset":[', 'UTF8') in payload) > 0 and position(convert_to('"bulk":[', 'UTF8') in payload) = 0))`, realm, to).Scan(&untold)
		if err != nil {
			return 0, fault(err)
		}
	}
	first := int64(1)
	if untold {
		first = to
	}
	s.told.Store(key{realm, frame}, first)
	return first, nil
}

// ChangesOf is Changes for those made by one of the commands, up to the change until.
func (s *Store) ChangesOf(ctx context.Context, realm dispatch.Realm, after, until int64, commands []string, limit int) ([]*dispatch.Change, error) {
	return readChanges(ctx, s.pool, realm, after, `select seq, at, wall, actor, kind, command, payload from journal
		where realm = $1 and seq > $2 and seq <= $4 and kind = any($5) order by seq limit $3`, min(max(limit, 1), MaxChanges), until, commands)
}

// Scopes reads the scopes of records as they are now, archived or not; those that are not there are
// missing.
func (s *Store) Scopes(ctx context.Context, realm dispatch.Realm, refs []dispatch.Ref) (map[dispatch.Ref]dispatch.Scope, error) {
	ids := map[dispatch.Kind][]string{}
	for _, ref := range refs {
		ids[ref.Kind] = append(ids[ref.Kind], ref.ID)
	}
	out := make(map[dispatch.Ref]dispatch.Scope, len(refs))
	b := &pgx.Batch{}
	var kinds []dispatch.Kind
	for _, k := range dispatch.Kinds {
		if ids[k] != nil {
			kinds = append(kinds, k)
			b.Queue(fmt.Sprintf("select id, doc -> 'scope' from %s where realm = $1 and id = any($2)", k), realm, ids[k])
		}
	}
	br := s.pool.SendBatch(ctx, b)
	defer br.Close()
	for _, k := range kinds {
		rows, err := br.Query()
		if err != nil {
			return nil, fault(err)
		}
		ref := dispatch.Ref{Kind: k}
		var scope dispatch.Scope
		for rows.Next() {
			scope = dispatch.Scope{}
			if err := rows.Scan(&ref.ID, &scope); err != nil {
				rows.Close()
				return nil, fault(err)
			}
			out[ref] = scope
		}
		if err := rows.Err(); err != nil {
			return nil, fault(err)
		}
	}
	return out, fault(br.Close())
}

// Bounds of the search for where a team was last heard of: most report often, and a look at a short
// time finds them all; the others are looked for one by one.
const (
	heardLately = 30 * time.Minute
	heardEver   = 7 * 24 * time.Hour
	// A part of the track has its index an hour after it is over, at the latest.
	indexedAfter = trackPart + time.Hour
	// A position comes in not much later than it was made; what comes much later is stored, but not
	// shown.
	comesWithin = 10 * time.Minute
)

// Tracks reads where teams were; see dispatch.TracksQuery. They come by team and time, the last before
// From as the first of its team.
func (s *Store) Tracks(ctx context.Context, q dispatch.TracksQuery) ([]dispatch.Position, error) {
	if len(q.Teams) == 0 {
		return nil, nil
	}
	from, next, err := s.received(ctx, q.Realm, q.From)
	if err != nil {
		return nil, err
	}
	_, to, err := s.received(ctx, q.Realm, q.To)
	if err != nil {
		return nil, err
	}
	before, err := s.lastBefore(ctx, q, from, next)
	if err != nil {
		return nil, err
	}
	found, err := s.pool.Query(ctx, `select distinct on (team, floor(extract(epoch from fixed - $3::timestamptz) / $7::float8)) `+positionColumns+`, flag from track
		where realm = $1 and team = any($2) and flag = '' and fixed >= $3 and fixed < $4 and received >= $5 and received < $6
		order by team, floor(extract(epoch from fixed - $3::timestamptz) / $7::float8), fixed desc, received desc limit $8`,
		q.Realm, q.Teams, q.From, q.To, from.Add(-2*time.Minute), to.Add(comesWithin), q.Step.Seconds(), q.Limit)
	if err != nil {
		return nil, fault(err)
	}
	out, err := pgx.CollectRows(found, scanPosition)
	out = append(before, out...)
	slices.SortStableFunc(out, func(a, b dispatch.Position) int {
		return cmp.Or(cmp.Compare(a.Team, b.Team), a.Fixed.Compare(b.Fixed))
	})
	return out, fault(err)
}

// received is between which times, by the server's clock, it was the moment by the realm's: those of the
// changes around it. In live work the clocks are one.
func (s *Store) received(ctx context.Context, realm dispatch.Realm, at time.Time) (earliest, latest time.Time, err error) {
	if realm == dispatch.Live {
		return at, at, nil
	}
	seq, err := s.SeqAt(ctx, realm, at)
	if err != nil {
		return earliest, latest, err
	}
	err = s.pool.QueryRow(ctx, `select coalesce((select wall from journal where realm = $1 and seq = greatest($2, 1)), now()),
		coalesce((select wall from journal where realm = $1 and seq = $2 + 1), now())`, realm, seq).Scan(&earliest, &latest)
	return earliest, latest, fault(err)
}

// lastBefore is the last position of each team that was made before From, which was between the two times
// by the server's clock.
func (s *Store) lastBefore(ctx context.Context, q dispatch.TracksQuery, earliest, latest time.Time) ([]dispatch.Position, error) {
	const scan = "select distinct on (team) " + positionColumns + `, flag from track where realm = $1 and team = any($2) and flag = '' and fixed < $3
		and received >= $4 and received < $5 order by team, fixed desc, received desc`
	// One team at a time, by the index of the parts that are over.
	const each = `select p.* from unnest($2::text[]) t(id) cross join lateral (select ` + positionColumns + `, flag from track
		where realm = $1 and team = t.id and flag = '' and fixed < $3 and received >= $4 and received < $5 order by fixed desc limit 1) p`
	indexed := time.Now().Add(-indexedAfter)
	lately, ever := earliest.Add(-heardLately), earliest.Add(-heardEver)
	var out []dispatch.Position
	missing := q.Teams
	look := func(sql string, from, to time.Time) error {
		if len(missing) == 0 || !from.Before(to) {
			return nil
		}
		rows, err := s.pool.Query(ctx, sql, q.Realm, missing, q.From, from, to)
		if err != nil {
			return fault(err)
		}
		found, err := pgx.CollectRows(rows, scanPosition)
		if err != nil {
			return fault(err)
		}
		has := map[string]bool{}
		for _, p := range found {
			has[p.Team] = true
		}
		out = append(out, found...)
		missing = slices.DeleteFunc(slices.Clone(missing), func(id string) bool { return has[id] })
		return nil
	}
	if err := look(scan, lately, latest.Add(comesWithin)); err != nil {
		return nil, err
	}
	if err := look(scan, later(indexed, ever), lately); err != nil {
		return nil, err
	}
	return out, look(each, ever, earlier(indexed, lately))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
