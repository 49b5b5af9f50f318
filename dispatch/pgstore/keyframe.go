package pgstore

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"liandong/dispatch"
)

// KeyframeEvery is after how many changes the next keyframe is due.
const KeyframeEvery = 10_000

// MaxFold bounds how many changes one picture is folded from.
const MaxFold = 5 * KeyframeEvery

// Keyframe says of which change a keyframe is the picture.
type Keyframe struct {
	Seq     int64
	At      time.Time // the realm's clock
	Records int
}

// WriteKeyframe keeps the picture of the realm as it is now, all as of one moment. It holds no lock that
// a command waits for. The zero Keyframe comes back for a realm in which nothing was ever decided.
func (s *Store) WriteKeyframe(ctx context.Context, realm dispatch.Realm) (Keyframe, error) {
	k, wall, body, err := s.board(ctx, realm)
	if err != nil || k.Seq == 0 {
		return Keyframe{}, fault(err)
	}
	// Another server may have written the same one.
	return k, s.exec(ctx, "insert into keyframe (realm, seq, at, wall, records, body) values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
		realm, k.Seq, k.At, wall, k.Records, body)
}

// board packs all that is on the realm's board now.
func (s *Store) board(ctx context.Context, realm dispatch.Realm) (k Keyframe, wall time.Time, body []byte, err error) {
	t, err := s.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return k, wall, nil, err
	}
	defer func() { _ = t.Rollback(context.WithoutCancel(ctx)) }()
	err = t.QueryRow(ctx, `select seq, at, wall from journal
		where realm = $1 and set_config('statement_timeout', '120s', true) is not null order by seq desc limit 1`, realm).Scan(&k.Seq, &k.At, &wall)
	if errors.Is(err, pgx.ErrNoRows) {
		return k, wall, nil, nil
	}
	if err != nil {
		return k, wall, nil, err
	}
	k.At = k.At.UTC()
	var lines packer
	for _, kind := range dispatch.Kinds {
		rows, err := t.Query(ctx, fmt.Sprintf("select doc from %s where realm = $1 and not archived order by id", kind), realm)
		if err != nil {
			return k, wall, nil, err
		}
		var doc []byte
		if _, err := pgx.ForEachRow(rows, []any{&doc}, func() error { lines.add(doc); return nil }); err != nil {
			return k, wall, nil, err
		}
	}
	body, err = lines.close()
	k.Records = lines.n
	return k, wall, body, err
}

// KeepKeyframes writes the keyframe that is due in the realm: the first, and one after every so many
// changes. It tells which; the zero Keyframe where none was.
func (s *Store) KeepKeyframes(ctx context.Context, realm dispatch.Realm, every int64) (Keyframe, error) {
	var due bool
	err := s.pool.QueryRow(ctx, `select coalesce((select max(seq) from journal where realm = $1), 0)
		>= coalesce((select max(seq) + $2 from keyframe where realm = $1), 1)`, realm, every).Scan(&due)
	if err != nil || !due {
		return Keyframe{}, fault(err)
	}
	return s.WriteKeyframe(ctx, realm)
}

// dropKeyframes lets go of those that lead nowhere: the change after them has lost its content.
func (s *Store) dropKeyframes(ctx context.Context) (int64, error) {
	tag, err := s.pool.Exec(ctx, `delete from keyframe k using journal j
		where j.realm = k.realm and j.seq = k.seq + 1 and j.payload is null`)
	return tag.RowsAffected(), fault(err)
}

// PictureAt reads what was on the realm's board right after the change seq: every record whole, in the
// order of a snapshot; nothing at 0. It returns Invalid, field seq, for a change that is not there yet,
// and NotFound, field seq, where the journal no longer tells the moment.
func (s *Store) PictureAt(ctx context.Context, realm dispatch.Realm, seq int64) ([]dispatch.Record, error) {
	picture, err := s.Picture(ctx, realm, seq)
	return picture.Records(), err
}

// Picture is PictureAt as a picture, to fold later changes in with Fold.
func (s *Store) Picture(ctx context.Context, realm dispatch.Realm, seq int64) (dispatch.Picture, error) {
	top, err := s.Head(ctx, realm)
	if err != nil {
		return nil, err
	}
	if seq < 0 || seq > top {
		return nil, &dispatch.Error{Code: dispatch.Invalid, Field: "seq", Value: seq, Legal: []string{fmt.Sprintf("0–%d", top)},
			Message: fmt.Sprintf("the journal goes from 0 to %d", top), MessageZH: fmt.Sprintf("日志序号范围为 0 至 %d", top)}
	}
	picture, from, err := s.keyframe(ctx, realm, seq)
	if err != nil {
		return nil, err
	}
	if seq-from > MaxFold {
		return nil, s.untold(ctx, realm, seq, fmt.Sprintf("it is %d changes after the keyframe before it", seq-from), fmt.Sprintf("距上一关键帧有 %d 条变更", seq-from))
	}
	return picture, s.Fold(ctx, realm, picture, from, seq)
}

// Fold brings a picture that is of the change from up to the change seq, which is there.
func (s *Store) Fold(ctx context.Context, realm dispatch.Realm, picture dispatch.Picture, from, seq int64) error {
	for from < seq {
		cs, err := s.Changes(ctx, realm, from, int(min(seq-from, 1000)))
		if dispatch.CodeOf(err) == dispatch.NotFound {
			return s.untold(ctx, realm, seq, "the content of changes before it is no longer kept", "此前变更的内容已不再保留")
		}
		if err != nil {
			return err
		}
		if len(cs) == 0 {
			return fmt.Errorf("journal %s: nothing after %d, and %d was there", realm, from, seq)
		}
		for _, c := range cs {
			bulk, err := s.bulkOf(ctx, c)
			if errors.Is(err, errNoBulk) {
				return s.untold(ctx, realm, seq,
					fmt.Sprintf("change %d wrote many records at once and they were not kept", c.Seq), fmt.Sprintf("第 %d 条变更批量写入的记录未留存", c.Seq))
			}
			if err != nil {
				return err
			}
			picture.Apply(c, bulk)
			from = c.Seq
		}
	}
	return nil
}

// keyframe reads the newest keyframe at or before seq, and of which change it is; the empty picture of
// change 0 where there is none.
func (s *Store) keyframe(ctx context.Context, realm dispatch.Realm, seq int64) (dispatch.Picture, int64, error) {
	var at int64
	var body []byte
	err := s.pool.QueryRow(ctx, "select seq, body from keyframe where realm = $1 and seq <= $2 order by seq desc limit 1", realm, seq).Scan(&at, &body)
	if errors.Is(err, pgx.ErrNoRows) {
		return dispatch.Picture{}, 0, nil
	}
	if err != nil {
		return nil, 0, fault(err)
	}
	records, _, err := unpack(body)
	if err != nil {
		return nil, 0, fmt.Errorf("keyframe %s/%d: %w", realm, at, err)
	}
	picture := make(dispatch.Picture, len(records))
	picture.Put(records...)
	return picture, at, nil
}

// untold is the refusal of a moment that cannot be told, with the next that can.
func (s *Store) untold(ctx context.Context, realm dispatch.Realm, seq int64, en, zh string) error {
	var next int64
	err := s.pool.QueryRow(ctx, "select coalesce(min(seq), 0) from keyframe where realm = $1 and seq > $2", realm, seq).Scan(&next)
	if err != nil {
		return fault(err)
	}
	e := &dispatch.Error{Code: dispatch.NotFound, Field: "seq", Value: seq,
		Message: fmt.Sprintf("the picture after change %d cannot be shown: %s", seq, en), MessageZH: fmt.Sprintf("无法还原第 %d 条变更后的态势：%s", seq, zh)}
	if next > 0 {
		e.Legal = []string{fmt.Sprint(next)}
	}
	return e
}

// backward is how far the realm's clock may have gone back from one change to a later one: servers'
// clocks differ, and commands that run at once are numbered in another order than they began.
const backward = time.Hour

// SeqAt is the last change at or before a moment of the realm's clock, 0 where there is none.
func (r reader) SeqAt(ctx context.Context, realm dispatch.Realm, at time.Time) (int64, error) {
	var seq int64
	err := r.q.QueryRow(ctx, `select coalesce(max(seq), 0) from journal where realm = $1 and at <= $2
		and at >= (select max(at) from journal where realm = $1 and at <= $2) - $3::interval`, realm, at, backward).Scan(&seq)
	return seq, fault(err)
}

// keepBulk keeps the lines under their digest, for the change that is being made.
func (t *tx) keepBulk(ctx context.Context, lines *packer) error {
	body, err := lines.close()
	if err != nil {
		return err
	}
	digest := lines.digest()
	t.bulk = append(t.bulk, hex.EncodeToString(digest))
	_, err = t.q.Exec(ctx, "insert into bulk (realm, digest, records, body) values ($1, $2, $3, $4) on conflict do nothing",
		t.key.Realm, digest, lines.n, body)
	return fault(err)
}

// errNoBulk says that a change wrote records at once that were not kept: older programs did not.
var errNoBulk = errors.New("what was written at once was not kept")

// bulkOf reads what the change wrote at once.
func (s *Store) bulkOf(ctx context.Context, c *dispatch.Change) ([]dispatch.Record, error) {
	if len(c.Reset) > 0 && len(c.Bulk) == 0 {
		return nil, errNoBulk
	}
	var out []dispatch.Record
	for _, name := range c.Bulk {
		digest, err := hex.DecodeString(name)
		if err != nil {
			return nil, fmt.Errorf("journal %s/%d: bulk: %w", c.Realm, c.Seq, err)
		}
		var body []byte
		err = s.pool.QueryRow(ctx, "select body from bulk where realm = $1 and digest = $2", c.Realm, digest).Scan(&body)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil, errNoBulk
		}
		if err != nil {
			return nil, fault(err)
		}
		records, sum, err := unpack(body)
		if err == nil && string(sum) != string(digest) {
			err = errors.New("its content was changed")
		}
		if err != nil {
			return nil, fmt.Errorf("journal %s/%d: bulk %s: %w", c.Realm, c.Seq, name, err)
		}
		out = append(out, records...)
	}
	return out, nil
}
