package pgstore

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"liandong/dispatch"
	"liandong/geo"
)

var trackColumns = []string{"realm", "team", "device", "lon", "lat", "speed", "heading", "accuracy", "fixed", "received", "source", "flag"}

// SavePositions stores a batch: all of it in the track, and of those that were shown the newest of
// each team as its last known position.
func (s *Store) SavePositions(ctx context.Context, batch []dispatch.Position) error {
	if len(batch) == 0 {
		return nil
	}
	err := s.savePositions(ctx, batch)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == checkViolation && pg.TableName == "track" {
		// The day has no partition yet: the server ran over midnight three times without KeepTrack.
		days := map[time.Time]bool{}
		for _, p := range batch {
			days[p.Received.UTC().Truncate(24*time.Hour)] = true
		}
		for day := range days {
			if _, err := s.KeepTrack(ctx, day); err != nil {
				return err
			}
		}
		err = s.savePositions(ctx, batch)
	}
	return fault(err)
}

func (s *Store) savePositions(ctx context.Context, batch []dispatch.Position) error {
	return pgx.BeginFunc(ctx, s.pool, func(t pgx.Tx) error {
		_, err := t.CopyFrom(ctx, pgx.Identifier{"track"}, trackColumns, pgx.CopyFromSlice(len(batch), func(i int) ([]any, error) {
			p := batch[i]
			return []any{string(p.Realm), p.Team, p.Device, e7(p.Point.Lon()), e7(p.Point.Lat()), told(p.Speed), told(p.Heading), told(p.Accuracy),
				p.Fixed, p.Received, p.Source, string(p.Flag)}, nil
		}))
		if err != nil {
			return err
		}
		return latest(ctx, t, batch)
	})
}

// latest keeps the last known positions. Teams are written in order, so that two nodes cannot wait for
// each other; an older fix never replaces a newer one.
func latest(ctx context.Context, t pgx.Tx, batch []dispatch.Position) error {
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
	if len(team) == 0 {
		return nil
	}
	_, err := t.Exec(ctx, `insert into position (realm, team, device, lon, lat, speed, heading, accuracy, fixed, received, source)
		select distinct on (realm, team) realm, team, device, lon, lat, speed, heading, accuracy, fixed, received, source
		from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::int[], $6::real[], $7::real[], $8::real[],
			$9::timestamptz[], $10::timestamptz[], $11::text[])
			as u(realm, team, device, lon, lat, speed, heading, accuracy, fixed, received, source)
		order by realm, team, fixed desc
		on conflict (realm, team) do update set device = excluded.device, lon = excluded.lon, lat = excluded.lat, speed = excluded.speed,
			heading = excluded.heading, accuracy = excluded.accuracy, fixed = excluded.fixed, received = excluded.received, source = excluded.source
		where excluded.fixed >= position.fixed`,
		realm, team, device, lon, lat, speed, heading, accuracy, fixed, received, source)
	return err
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

// LatestPositions reads the last known position of every team of the realm.
func (s *Store) LatestPositions(ctx context.Context, realm dispatch.Realm) ([]dispatch.Position, error) {
	rows, err := s.pool.Query(ctx, "select "+positionColumns+", '' from position where realm = $1 order by team", realm)
	if err != nil {
		return nil, fault(err)
	}
	out, err := pgx.CollectRows(rows, scanPosition)
	return out, fault(err)
}

// MaxTrack bounds one reading of a track.
const MaxTrack = 50_000

// Track reads where a team was, by the source's clock, from the first moment to before the second. What
// was stored but not shown comes flagged. At most MaxTrack positions come.
func (s *Store) Track(ctx context.Context, realm dispatch.Realm, team string, from, to time.Time) ([]dispatch.Position, error) {
	// Except where the clock of the source was wrong (future), nothing is received before it was made, so
	// earlier partitions need no look.
	rows, err := s.pool.Query(ctx, "select "+positionColumns+`, flag from track
		where realm = $1 and team = $2 and fixed >= $3 and fixed < $4 and received >= $5
		order by fixed, received limit $6`, realm, team, from, to, from.Add(-2*time.Minute), MaxTrack)
	if err != nil {
		return nil, fault(err)
	}
	out, err := pgx.CollectRows(rows, scanPosition)
	return out, fault(err)
}

// KeepTrack makes room for the track of the coming days and lets go of days older than
// Options.KeepTrack, which it returns. Call it every day.
func (s *Store) KeepTrack(ctx context.Context, now time.Time) ([]time.Time, error) {
	var gone []time.Time
	err := s.pool.QueryRow(ctx, "select keep_track($1, $2)", now, s.opts.KeepTrack).Scan(&gone)
	return gone, fault(err)
}
