package fence

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"liandong/geo"
	"liandong/migrations/pgtest"
)

// told is one crossing, in the order of a track.
type told struct {
	line   string
	team   string
	k      int // number of the fix
	inside bool
}

// PostGIS is asked, for every fix and line, whether the line covers the fix and
// how far it is from its edge, and walks the tracks by itself, in SQL. The
// crossings are the same, in the same order, and none comes twice.
func TestCrossingsAreWhatPostGISSays(t *testing.T) {
	seeds := 2
	if os.Getenv("PROVE") != "" {
		seeds = 40
	}
	conn, err := pgx.Connect(t.Context(), pgtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	crossings := 0
	for seed := range seeds {
		w := newWorld(uint64(seed))
		w.load(t, conn)
		want, doubtful := w.ask(t, conn)
		got := w.walk(doubtful)
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: %s", seed, firstDifference(got, want))
		}
		last := map[string]bool{}
		for _, c := range got {
			if key := c.line + " " + c.team; last[key] == c.inside {
				t.Fatalf("seed %d: %+v comes twice", seed, c)
			} else {
				last[key] = c.inside
			}
		}
		crossings += len(got)
	}
	if crossings < 100*seeds {
		t.Errorf("only %d crossings: the run proves little", crossings)
	}
	t.Logf("%d crossings in %d worlds, each as PostGIS says", crossings, seeds)
}

func firstDifference(got, want []told) string {
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			return fmt.Sprintf("PostGIS also has %+v", want[i])
		case i >= len(want):
			return fmt.Sprintf("PostGIS does not have %+v", got[i])
		case got[i] != want[i]:
			return fmt.Sprintf("crossing %d is %+v, of PostGIS %+v", i, got[i], want[i])
		}
	}
	return ""
}

// world is lines and tracks around one place.
type world struct {
	rings  map[string]geo.Disc
	areas  map[string]geo.MultiPolygon
	tracks map[string][]Fix
}

var middle = geo.At(113.85, 34.03)

func newWorld(seed uint64) *world {
	rng := rand.New(rand.NewPCG(seed, 808))
	w := &world{map[string]geo.Disc{}, map[string]geo.MultiPolygon{}, map[string][]Fix{}}
	somewhere := func() geo.Point { return geo.Toward(middle, rng.Float64()*360, 2500*math.Sqrt(rng.Float64())) }
	for n := range 9 {
		// From hardly larger than the noise to all of the place.
		w.rings[fmt.Sprintf("ring%d", n)] = geo.Around(somewhere(), 20*math.Pow(100, rng.Float64()))
	}
	for n := range 11 {
		w.areas[fmt.Sprintf("area%d", n)] = star(rng, somewhere(), 40*math.Pow(40, rng.Float64()))
	}
	for n := range 20 {
		if n%2 == 0 {
			w.tracks[fmt.Sprintf("team%02d", n)] = track(rng, somewhere(), 0, 0, 1.5, 8, 25)
			continue
		}
		// Loiters at a line, where the rule has most to decide.
		r := w.rings[fmt.Sprintf("ring%d", n%9)]
		w.tracks[fmt.Sprintf("team%02d", n)] = track(rng, geo.Toward(r.Center, rng.Float64()*360, r.Metres), 0, 0.2, 1)
	}
	return w
}

// star is a polygon around the point, some with a hole, some with a second part.
func star(rng *rand.Rand, at geo.Point, size float64) geo.MultiPolygon {
	loop := func(center geo.Point, least, most float64) geo.Ring {
		corners := 3 + rng.IntN(30)
		var r geo.Ring
		for c := range corners {
			r = append(r, geo.Toward(center, 360-360*(float64(c)+0.3*rng.Float64())/float64(corners), least+rng.Float64()*(most-least)))
		}
		return append(r, r[0])
	}
	p := geo.Polygon{loop(at, size*0.5, size)}
	if rng.IntN(3) == 0 {
		hole := loop(at, size*0.05, size*0.2)
		slices.Reverse(hole)
		p = append(p, hole)
	}
	m := geo.MultiPolygon{p}
	if rng.IntN(3) == 0 {
		m = append(m, geo.Polygon{loop(geo.Toward(at, 90, 3*size), size*0.3, size*0.6)})
	}
	return m
}

// track walks, drives, stands and scatters as receivers do.
func track(rng *rand.Rand, at geo.Point, speeds ...float64) []Fix {
	var out []Fix
	micros := int64(1_700_000_000_000_000)
	bearing, speed := rng.Float64()*360, 0.0
	for range 160 {
		if rng.IntN(12) == 0 {
			speed = speeds[rng.IntN(len(speeds))]
		}
		seconds := []float64{1, 1, 1, 5, 9, 14, 27, 31}[rng.IntN(8)]
		micros += int64(seconds*1e6) + rng.Int64N(1000)
		bearing += rng.NormFloat64() * 20
		if geo.Distance(at, middle) > 3000 {
			bearing = geo.Bearing(at, middle)
		}
		at = geo.Toward(at, math.Mod(bearing+720, 360), speed*seconds)
		accuracy := []float64{-1, 3, 8, 15, 40, 200}[rng.IntN(6)]
		scattered := geo.Toward(at, rng.Float64()*360, math.Abs(rng.NormFloat64())*max(accuracy, 5)/2)
		out = append(out, Fix{scattered, accuracy, micros})
	}
	return out
}

// walk feeds the tracks, all teams in turn, and leaves out the doubtful fixes.
func (w *world) walk(doubtful map[string]bool) []told {
	var f Field
	for id, r := range w.rings {
		f.Put(id, r)
	}
	for id, a := range w.areas {
		f.Put(id, geo.Prepare(a))
	}
	var out []told
	for team, fixes := range w.tracks {
		for k, fix := range fixes {
			if !doubtful[fmt.Sprint(team, " ", k)] {
				f.Move(team, fix, func(id string, inside bool) { out = append(out, told{id, team, k, inside}) })
			}
		}
	}
	slices.SortFunc(out, order)
	return out
}

func order(a, b told) int {
	for _, c := range []int{cmpString(a.team, b.team), cmpString(a.line, b.line), a.k - b.k} {
		if c != 0 {
			return c
		}
	}
	return 0
}

func cmpString(a, b string) int {
	if a < b {
		return -1
	} else if a > b {
		return 1
	}
	return 0
}

func (w *world) load(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`drop table if exists pg_temp.line, pg_temp.fix`)
	exec(`create temporary table line (id text collate "C", center geometry, radius float8, shape geometry)`)
	exec(`create temporary table fix (team text collate "C", k int, at geometry, margin float8, micros int8)`)
	for id, r := range w.rings {
		exec(`insert into line values ($1, st_setsrid(st_makepoint($2, $3), 4326), $4, null)`, id, r.Center.Lon(), r.Center.Lat(), r.Metres)
	}
	for id, a := range w.areas {
		exec(`insert into line values ($1, null, null, st_setsrid(st_geomfromtext($2), 4326))`, id, wkt(a))
	}
	var rows [][]any
	for team, fixes := range w.tracks {
		for k, f := range fixes {
			rows = append(rows, []any{team, k, fmt.Sprintf("SRID=4326;POINT(%.17g %.17g)", f.Point.Lon(), f.Point.Lat()), f.margin(), f.Micros})
		}
	}
	b := &pgx.Batch{}
	for _, r := range rows {
		b.Queue(`insert into fix values ($1, $2, $3::text::geometry, $4, $5)`, r...)
	}
	if err := conn.SendBatch(t.Context(), b).Close(); err != nil {
		t.Fatal(err)
	}
}

func wkt(m geo.MultiPolygon) string {
	s := "MULTIPOLYGON("
	for i, p := range m {
		if i > 0 {
			s += ","
		}
		s += "("
		for j, r := range p {
			if j > 0 {
				s += ","
			}
			s += "("
			for k, q := range r {
				if k > 0 {
					s += ","
				}
				s += fmt.Sprintf("%.17g %.17g", q.Lon(), q.Lat())
			}
			s += ")"
		}
		s += ")"
	}
	return s + ")"
}

// ask has PostGIS walk the tracks. Fixes that are so near to a margin, or to a
// ring, that the small difference between two ways to measure metres decides
// are doubtful and left out on both sides.
func (w *world) ask(t *testing.T, conn *pgx.Conn) (crossings []told, doubtful map[string]bool) {
	t.Helper()
	const measured = `
		create temporary table seen on commit drop as
		select l.id as line, f.team, f.k, f.micros, f.margin, m.covers, m.away, l.radius is not null and abs(m.away) < 0.001 as at_ring
		from line l cross join fix f cross join lateral (
			select case when l.radius is null then st_covers(l.shape, f.at) else st_distancesphere(l.center, f.at) <= l.radius end as covers,
				case when l.radius is null then st_distance(st_boundary(l.shape)::geography, f.at::geography, false)
					else abs(st_distancesphere(l.center, f.at) - l.radius) end as away) m`
	const clear = `delete from seen s using doubt d where d.team = s.team and d.k = s.k`
	const walked = `
		with recursive track as (
			select *, row_number() over (partition by line, team order by k) as n from seen
		), run as (
			select distinct line, team, 0::bigint as n, -1 as k, false as inside, null::bigint as since, false as crossed from track
			union all
			select t.line, t.team, t.n, t.k, r.inside <> c.crossed, case when c.crossed then null else o.since end, c.crossed
			from run r join track t on t.line = r.line and t.team = r.team and t.n = r.n + 1
			cross join lateral (select case when t.covers <> r.inside then coalesce(r.since, t.micros) end as since) o
			cross join lateral (select t.covers <> r.inside and (t.away > t.margin or t.micros - o.since >= 30000000) as crossed) c
		)
		select line, team, k, inside from run where crossed order by team, line, k`
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	for _, sql := range []string{measured,
		`create temporary table doubt on commit drop as select distinct team, k from seen where at_ring or abs(away - margin) < 0.02 * margin`, clear,
		`create index on seen (line, team, k)`, `analyze seen`} {
		if _, err := tx.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := tx.Query(t.Context(), `select team || ' ' || k from doubt`)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	doubtful = map[string]bool{}
	for _, k := range keys {
		doubtful[k] = true
	}
	if rows, err = tx.Query(t.Context(), walked); err != nil {
		t.Fatal(err)
	}
	crossings, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (c told, err error) {
		return c, row.Scan(&c.line, &c.team, &c.k, &c.inside)
	})
	if err != nil {
		t.Fatal(err)
	}
	return crossings, doubtful
}
