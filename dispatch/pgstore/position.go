package pgstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"liandong/dispatch"
	"liandong/geo"
)

// copyTrack writes the track alone: one statement, and so one commit, for the whole batch.
const copyTrack = "copy track (realm, team, device, lon, lat, speed, heading, accuracy, fixed, received, source, flag) from stdin (format binary)"

// settled is how long after its receipt a position is in the track at the latest, but for those that
// waited while the database was away; it also covers nodes whose clocks differ.
const settled = time.Minute

// SavePositions stores a batch in the track, all or nothing. What is shown is made from it: the last
// known positions are brought up by KeepLatest every few minutes, and LatestPositions looks at what
// came since. Only what waited for longer than the track is looked back through goes there at once.
func (s *Store) SavePositions(ctx context.Context, batch []dispatch.Position) error {
	if len(batch) == 0 {
		return nil
	}
	err := s.copyPositions(ctx, batch)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == checkViolation && pg.TableName == "track" {
		// The hour has no partition yet: KeepTrack was not called for long.
		parts := map[time.Time]bool{}
		for i := range batch {
			parts[batch[i].Received.Truncate(trackPart)] = true
		}
		for part := range parts {
			if _, err := s.KeepTrack(ctx, part); err != nil {
				return err
			}
		}
		err = s.copyPositions(ctx, batch)
	}
	if err != nil {
		return fault(err)
	}
	var late []dispatch.Position
	for i := range batch {
		if time.Since(batch[i].Received) > settled/2 {
			late = append(late, batch[i])
		}
	}
	if len(late) > 0 {
		return fault(s.latest(ctx, late))
	}
	return nil
}

func (s *Store) copyPositions(ctx context.Context, batch []dispatch.Position) error {
	buf := rowBuffers.Get().(*bytes.Buffer)
	buf.Reset()
	b := append(buf.AvailableBuffer(), "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	for i := range batch {
		b = appendTrack(b, &batch[i])
	}
	buf.Write(append(b, 0xff, 0xff))
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err = conn.Conn().PgConn().CopyFrom(ctx, buf, copyTrack); err != nil {
		return err // the buffer is let go: where the connection broke, pgconn may still be reading it
	}
	rowBuffers.Put(buf)
	return nil
}

// rowBuffers are buffers for what is copied.
var rowBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// appendTrack appends a row in the binary form of COPY (PostgreSQL's manual, COPY, "Binary Format"):
// per column its length and its bytes.
func appendTrack(b []byte, p *dispatch.Position) []byte {
	b = append(b, 0, 12) // columns
	b = appendText(appendText(appendText(b, string(p.Realm)), p.Team), p.Device)
	b = appendInt(appendInt(b, e7(p.Point.Lon())), e7(p.Point.Lat()))
	b = appendReal(appendReal(appendReal(b, p.Speed), p.Heading), p.Accuracy)
	b = appendTime(appendTime(b, p.Fixed), p.Received)
	return appendText(appendText(b, p.Source), string(p.Flag))
}

func appendText(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

func appendInt(b []byte, v int32) []byte {
	return binary.BigEndian.AppendUint32(append(b, 0, 0, 0, 4), uint32(v))
}

// appendReal appends null for what the source did not tell.
func appendReal(b []byte, v float64) []byte {
	if !(v >= 0) {
		return append(b, 0xff, 0xff, 0xff, 0xff)
	}
	return binary.BigEndian.AppendUint32(append(b, 0, 0, 0, 4), math.Float32bits(float32(v)))
}

// appendTime appends a timestamptz: microseconds since 2000-01-01 UTC.
func appendTime(b []byte, t time.Time) []byte {
	const since1970 = 946_684_800_000_000
	return binary.BigEndian.AppendUint64(append(b, 0, 0, 0, 8), uint64(t.UnixMicro()-since1970))
}

// latest keeps last known positions. Teams are written in order, so that two nodes cannot wait for
// each other; an older fix never replaces a newer one.
func (s *Store) latest(ctx context.Context, batch []dispatch.Position) error {
	var realm, team, device, source []string
	var lon, lat []int32
	var speed, heading, accuracy []*float32
	var fixed, received []time.Time
	for _, p := range batch {
		if p.Flag != "" {
			continue
		}
		realm, team, device, source = append(realm, string(p.Realm)), append(team, p.Team), append(device, p.Device), append(source, p.Source)
		lon, lat = append(lon, e7(p.Point.Lon())), append(lat, e7(p.Point.Lat()))
		speed, heading, accuracy = append(speed, told(p.Speed)), append(heading, told(p.Heading)), append(accuracy, told(p.Accuracy))
		fixed, received = append(fixed, p.Fixed), append(received, p.Received)
	}
	_, err := s.pool.Exec(ctx, putLatest(`unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::int[], $6::real[], $7::real[], $8::real[],
			$9::timestamptz[], $10::timestamptz[], $11::text[])
			as u(realm, team, device, lon, lat, speed, heading, accuracy, fixed, received, source)`),
		realm, team, device, lon, lat, speed, heading, accuracy, fixed, received, source)
	return err
}

// putLatest makes the newest of each team in the rows its last known position.
func putLatest(from string) string {
	return `insert into position (realm, team, device, lon, lat, speed, heading, accuracy, fixed, received, source)
		select distinct on (realm, team) realm, team, device, lon, lat, speed, heading, accuracy, fixed, received, source
		from ` + from + `
		order by realm, team, fixed desc, received desc
		on conflict (realm, team) do update set device = excluded.device, lon = excluded.lon, lat = excluded.lat, speed = excluded.speed,
			heading = excluded.heading, accuracy = excluded.accuracy, fixed = excluded.fixed, received = excluded.received, source = excluded.source
		where (excluded.fixed, excluded.received) > (position.fixed, position.received)`
}

// KeepLatest brings the last known positions up to those of the track. Call it every few minutes: an
// upsert for each position would cost more than all the rest of storing it.
func (s *Store) KeepLatest(ctx context.Context, now time.Time) error {
	err := pgx.BeginFunc(ctx, s.pool, func(t pgx.Tx) error {
		var mark time.Time // up to then all is there; one node at a time
		if err := t.QueryRow(ctx, "select at from position_mark for update").Scan(&mark); err != nil {
			return err
		}
		if _, err := t.Exec(ctx, putLatest("track where received >= $1 and flag = ''"), mark.Add(-settled)); err != nil {
			return err
		}
		_, err := t.Exec(ctx, "update position_mark set at = greatest(at, $1)", now)
		return err
	})
	return fault(err)
}

// e7 is a degree times ten million.
func e7(degrees float64) int32 { return int32(math.Round(degrees * 1e7)) }

// told is nil for what the source did not tell.
func told(v float64) *float32 {
	if !(v >= 0) {
		return nil
	}
	f := float32(v)
	return &f
}

const positionColumns = "realm, team, device, lon, lat, coalesce(speed, -1), coalesce(heading, -1), coalesce(accuracy, -1), fixed, received, source"

func scanPosition(r pgx.CollectableRow) (dispatch.Position, error) {
	var p dispatch.Position
	var lon, lat int32
	var speed, heading, accuracy float32
	err := r.Scan(&p.Realm, &p.Team, &p.Device, &lon, &lat, &speed, &heading, &accuracy, &p.Fixed, &p.Received, &p.Source, &p.Flag)
	p.Point = geo.At(float64(lon)/1e7, float64(lat)/1e7)
	p.Speed, p.Heading, p.Accuracy = float64(speed), float64(heading), float64(accuracy)
	p.Fixed, p.Received = p.Fixed.UTC(), p.Received.UTC()
	return p, err
}

// LatestPositions reads where every team of the realm was last shown.
func (s *Store) LatestPositions(ctx context.Context, realm dispatch.Realm) ([]dispatch.Position, error) {
	found, err := s.pool.Query(ctx, "select distinct on (team) "+positionColumns+`, '' from (
		select realm, team, device, lon, lat, speed, heading, accuracy, fixed, received, source from position where realm = $1
		union all
		select realm, team, device, lon, lat, speed, heading, accuracy, fixed, received, source from track
			where realm = $1 and flag = '' and received >= (select at from position_mark) - $2::interval) both_of_them
		order by team, fixed desc, received desc`, realm, settled)
	if err != nil {
		return nil, fault(err)
	}
	out, err := pgx.CollectRows(found, scanPosition)
	return out, fault(err)
}

// MaxTrack bounds one reading of a track.
const MaxTrack = 50_000

// longestDelay is how long after its fix a position may come in and still be found in the track: a
// phone that was out of reach sends later what it kept.
const longestDelay = 7 * 24 * time.Hour

// Track reads where a team was, by the source's clock. What was stored but not shown comes flagged. At
// most MaxTrack positions come.
func (s *Store) Track(ctx context.Context, q dispatch.TrackQuery) ([]dispatch.Position, error) {
	if q.Limit <= 0 || q.Limit > MaxTrack {
		q.Limit = MaxTrack
	}
	// A position is received after it was made, but for a clock that is wrong (future), and not many
	// days after: other partitions need no look.
	found, err := s.pool.Query(ctx, "select "+positionColumns+`, flag from track
		where realm = $1 and team = $2 and fixed >= $3 and fixed < $4 and received >= $5 and received < $6 and (fixed, received) > ($7, $8)
		order by fixed, received limit $9`,
		q.Realm, q.Team, q.From, q.To, q.From.Add(-2*time.Minute), q.To.Add(longestDelay), q.After.Fixed, q.After.Received, q.Limit)
	if err != nil {
		return nil, fault(err)
	}
	out, err := pgx.CollectRows(found, scanPosition)
	return out, fault(err)
}

// trackPart is what one partition of the track holds.
const trackPart = 4 * time.Hour

// KeepTrack makes room for the track of the coming hours and lets go of what is older than
// Options.KeepTrack, of which it returns the days. Call it every hour.
func (s *Store) KeepTrack(ctx context.Context, now time.Time) ([]time.Time, error) {
	var gone []time.Time
	err := s.pool.QueryRow(ctx, "select keep_track($1, $2)", now, s.opts.KeepTrack).Scan(&gone)
	return gone, fault(err)
}

// IndexTrack gives parts of the track that are over the index that reading one team's track wants. It
// takes its time. Call it every hour.
func (s *Store) IndexTrack(ctx context.Context, now time.Time) error {
	for {
		var part *string
		err := pgx.BeginFunc(ctx, s.pool, func(t pgx.Tx) error {
			if _, err := t.Exec(ctx, "set local statement_timeout = 0"); err != nil {
				return err
			}
			return t.QueryRow(ctx, "select index_track($1)", now).Scan(&part)
		})
		if err != nil || part == nil {
			return fault(err)
		}
	}
}
