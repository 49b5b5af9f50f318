package pgstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"liandong/dispatch"
	"liandong/geo"
)

// tx is one command's transaction. It remembers what the rule read and locked, so that a row can only
// be written over in the state in which it was read.
type tx struct {
	reader
	conn   *pgxpool.Conn
	key    dispatch.Key
	seen   map[dispatch.Ref]string // read whole: the transaction that wrote the row (xmin)
	locked map[dispatch.Ref]bool
	bulk   []string // what PutBulk wrote; see dispatch.Change.Bulk
}

func newTx(conn *pgxpool.Conn, key dispatch.Key) *tx {
	t := &tx{conn: conn, key: key, seen: map[dispatch.Ref]string{}, locked: map[dispatch.Ref]bool{}}
	t.reader = reader{q: conn, read: func(ref dispatch.Ref, writer string) {
		if _, again := t.seen[ref]; !again {
			t.seen[ref] = writer
		}
	}}
	return t
}

// lockOrder is the order in which all transactions lock.
func lockOrder(a, b dispatch.Ref) int {
	return cmp.Or(cmp.Compare(slices.Index(dispatch.Kinds, a.Kind), slices.Index(dispatch.Kinds, b.Kind)), cmp.Compare(a.ID, b.ID))
}

// Lock loads records for update; see dispatch.Tx.
func (t *tx) Lock(ctx context.Context, realm dispatch.Realm, refs ...dispatch.Ref) ([]dispatch.Record, error) {
	if realm != t.key.Realm {
		return nil, fmt.Errorf("a command of realm %q locks in realm %q", t.key.Realm, realm)
	}
	rows, err := t.lock(ctx, refs)
	if err != nil {
		return nil, err
	}
	out := make([]dispatch.Record, len(refs))
	for i, ref := range refs {
		r, ok := rows[ref]
		if !ok {
			return nil, dispatch.NotFoundError(ref)
		}
		// Each place gets a copy of its own only if asked for twice: the same record, decoded once.
		out[i] = r.record
		t.locked[ref] = true
	}
	return out, nil
}

type lockedRow struct {
	record dispatch.Record
	writer string
}

// lock locks what is there of the records, kind by kind in lock order, in one round trip.
func (t *tx) lock(ctx context.Context, refs []dispatch.Ref) (map[dispatch.Ref]lockedRow, error) {
	sorted := slices.Compact(slices.SortedFunc(slices.Values(refs), lockOrder))
	b := &pgx.Batch{}
	var kinds []dispatch.Kind
	for len(sorted) > 0 {
		k := sorted[0].Kind
		name, err := table(k)
		if err != nil {
			return nil, dispatch.NotFoundError(sorted[0])
		}
		var ids []string
		for len(sorted) > 0 && sorted[0].Kind == k {
			ids, sorted = append(ids, sorted[0].ID), sorted[1:]
		}
		b.Queue("select doc, xmin::text from "+name+" where realm = $1 and id = any($2) order by id for update", t.key.Realm, ids)
		kinds = append(kinds, k)
	}
	out := map[dispatch.Ref]lockedRow{}
	br := t.conn.SendBatch(ctx, b)
	for _, k := range kinds {
		rows, err := br.Query()
		if err == nil {
			err = eachRow(rows, k, nil, func(r dispatch.Record, writer string) error {
				out[dispatch.RefOf(r)] = lockedRow{r, writer}
				return nil
			})
		}
		if err != nil {
			_ = br.Close()
			return nil, err
		}
	}
	return out, br.Close()
}

// verify makes sure that the change writes over nothing that the rule has not seen: what was read
// without a lock is locked now, and must be as it was read.
func (t *tx) verify(ctx context.Context, c *dispatch.Change) error {
	var open []dispatch.Ref
	for _, p := range c.Puts {
		if ref := dispatch.RefOf(p.Record); p.Before != nil && !t.locked[ref] {
			open = append(open, ref)
		}
	}
	for _, d := range c.Drops {
		if !t.locked[d.Ref] {
			open = append(open, d.Ref)
		}
	}
	if len(open) == 0 {
		return nil
	}
	rows, err := t.lock(ctx, open)
	if err != nil {
		return err
	}
	for _, ref := range open {
		was, read := t.seen[ref]
		if !read {
			return fmt.Errorf("%s writes %s %s without having read it", c.Kind, ref.Kind, ref.ID)
		}
		if now, there := rows[ref]; !there || now.writer != was {
			return fmt.Errorf("%s %s: %w", ref.Kind, ref.ID, errMoved)
		}
	}
	return nil
}

// Trail reads the changes of an incident that hold one of the texts.
func (t *tx) Trail(ctx context.Context, realm dispatch.Realm, incident string, texts []string, limit int) ([]*dispatch.Change, error) {
	return readChanges(ctx, t.q, realm, 0, `select j.seq, j.at, j.wall, j.actor, j.kind, j.command, j.payload
		from journal_incident i join journal j on j.realm = i.realm and j.seq = i.seq
		where i.realm = $1 and i.seq > $2 and i.incident = $4
			and exists (select from unnest($5::text[]) n where position(convert_to(n, 'UTF8') in j.payload) > 0)
		order by i.seq limit $3`, min(max(limit, 1), MaxChanges), incident, texts)
}

// NextNumber counts incidents; a rollback gives the number back.
func (t *tx) NextNumber(ctx context.Context, realm dispatch.Realm, day string) (int, error) {
	var n int
	err := t.q.QueryRow(ctx, `insert into incident_counter (realm, day, n) values ($1, $2, 1)
		on conflict (realm, day) do update set n = incident_counter.n + 1 returning n`, realm, day).Scan(&n)
	return n, fault(err)
}

// PutBulk writes many records at once, over those of the same id, and keeps their lines for replay.
func (t *tx) PutBulk(ctx context.Context, records []dispatch.Record) error {
	var lines packer
	for part := range slices.Chunk(records, 500) {
		b := &pgx.Batch{}
		for _, r := range part {
			args, err := row(t.key.Realm, r)
			if err != nil {
				return err
			}
			b.Queue(rowStatements[dispatch.RefOf(r).Kind].upsert, args...)
			lines.add([]byte(args[len(args)-1].(string)))
		}
		br := t.conn.SendBatch(ctx, b)
		for _, r := range part {
			if _, err := br.Exec(); err != nil {
				_ = br.Close()
				return inTx(err, step{dispatch.RefOf(r), dispatch.Indexed(r).Unique})
			}
		}
		if err := br.Close(); err != nil {
			return fault(err)
		}
	}
	if err := t.keepBulk(ctx, &lines); err != nil {
		return err
	}
	if slices.ContainsFunc(records, func(r dispatch.Record) bool { return dispatch.RefOf(r).Kind == dispatch.KindArea }) {
		return t.redraw(ctx)
	}
	return nil
}

// SetShape stores an area's polygon.
func (t *tx) SetShape(ctx context.Context, realm dispatch.Realm, area string, shape geo.MultiPolygon) error {
	_, err := t.q.Exec(ctx, `insert into area_shape (realm, area, shape) values ($1, $2, st_geomfromwkb($3, 4326))
		on conflict (realm, area) do update set shape = excluded.shape`, realm, area, wkb(shape))
	if err != nil {
		return inTx(err, step{ref: dispatch.Ref{Kind: dispatch.KindArea, ID: area}})
	}
	return t.redraw(ctx)
}

// CopyBeside copies the polygons of the areas that are on the board here, how far numbers are counted,
// and where teams were last. A team that told nothing in the hour before is known by its last position
// alone; where that is later than the moment, its place is not known.
func (t *tx) CopyBeside(ctx context.Context, from dispatch.Realm, at time.Time, teams []string) error {
	_, err := t.q.Exec(ctx, `with counted as (insert into incident_counter (realm, day, n)
			select $1, day, n from incident_counter where realm = $2 on conflict do nothing),
		placed as (insert into position (realm, team, device, lon, lat, speed, heading, accuracy, fixed, received, source)
			select distinct on (team) $1, team, '', lon, lat, speed, heading, accuracy, fixed, received, source from (
				select team, lon, lat, speed, heading, accuracy, fixed, received, source from position
					where realm = $2 and team = any($4) and fixed <= $3
				union all
				select team, lon, lat, speed, heading, accuracy, fixed, received, source from track
					where realm = $2 and team = any($4) and fixed <= $3 and flag = '' and received > $3 - interval '1 hour') told
			order by team, fixed desc, received desc on conflict do nothing)
		insert into area_shape (realm, area, shape) select $1, s.area, s.shape from area_shape s
		join area a on a.realm = $1 and a.id = s.area where s.realm = $2 on conflict do nothing`, t.key.Realm, from, at, teams)
	return fault(err)
}

// Stood is where the team was last kept to have been.
func (t *tx) Stood(ctx context.Context, realm dispatch.Realm, team string) (*geo.Point, error) {
	var lon, lat int32
	err := t.q.QueryRow(ctx, "select lon, lat from position where realm = $1 and team = $2", realm, team).Scan(&lon, &lat)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	} else if err != nil {
		return nil, fault(err)
	}
	p := geo.At(float64(lon)/1e7, float64(lat)/1e7)
	return &p, nil
}

// Due tells whether anything of the realm falls due between the moments, the later one included.
func (t *tx) Due(ctx context.Context, after, until time.Time) (found bool, err error) {
	err = t.q.QueryRow(ctx, betweenSQL, t.key.Realm, after, until).Scan(&found)
	return found, fault(err)
}

var betweenSQL = func() string {
	sql := ""
	for i, k := range dispatch.Kinds {
		if i > 0 {
			sql += " or "
		}
		sql += fmt.Sprintf("exists (select from %s where realm = $1 and due > $2 and due <= $3 and not archived)", k)
	}
	return "select " + sql
}()

// Last is the realm's last change and its moment on the realm's clock.
func (t *tx) Last(ctx context.Context, realm dispatch.Realm) (seq int64, at time.Time, err error) {
	err = t.q.QueryRow(ctx, "select seq, at from journal where realm = $1 order by seq desc limit 1", realm).Scan(&seq, &at)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, at, nil
	}
	return seq, at.UTC(), fault(err)
}

// redraw gives the tiles of the areas a new address.
func (t *tx) redraw(ctx context.Context) error {
	_, err := t.q.Exec(ctx, `update setting set value = to_jsonb((value #>> '{}')::bigint + 1), updated = now() where key = 'areas_version'`)
	return fault(err)
}

// inTx turns an error of a statement that a rule sent into a refusal where it is one.
func inTx(err error, at step) error {
	if refusal := violation(err, at); refusal != nil {
		return refusal
	}
	return fault(err)
}
