package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"liandong/geo"
)

// Tiles is vector tiles of areas, none of which was kept: each is drawn by the
// database when it is asked for.
type Tiles struct {
	Counties  int        `json:"counties"`
	Townships int        `json:"townships"`
	Vertices  int        `json:"vertices"`
	Rates     []TileRate `json:"rates"`
}

// TileRate is tiles over HTTPS at one zoom, a signed-in reader on each
// connection.
type TileRate struct {
	Zoom        int     `json:"zoom"`
	Connections int     `json:"connections"`
	Tiles       int     `json:"tiles"`
	PerSecond   float64 `json:"per_second"`
	P50         float64 `json:"p50_ms"`
	P99         float64 `json:"p99_ms"`
	Bytes       float64 `json:"bytes_per_tile"`
	Server      float64 `json:"server_us" doc:"CPU of the server a tile"`
	Database    float64 `json:"database_us" doc:"CPU of the database a tile"`
}

func printTiles(f *Figures, say func(string, ...any)) {
	t := f.Tiles
	if t == nil {
		return
	}
	say("vector tiles of %d counties and %d townships (%d vertices), over HTTPS, each drawn anew", t.Counties, t.Townships, t.Vertices)
	for _, r := range t.Rates {
		say("  zoom %2d, %d connections  %6.0f tiles/s   p50 %5.1f ms   p99 %5.1f ms   %5.1f kB   CPU each: server %.0f µs, database %.0f µs",
			r.Zoom, r.Connections, r.PerSecond, r.P50, r.P99, r.Bytes/1e3, r.Server, r.Database)
	}
	say("  quoted, other run, other data (100,000 points, zoom 12, uncached, 1 / 4 connections): pg_tileserv 459 / 847 tiles/s; ST_AsMVT asked directly 1,035 / 1,968")
}

// The ground of the tiles: squares of counties, each of townships, with borders
// that bend as rivers do and are shared by the neighbours.
const (
	groundWest, groundSouth = 113.0, 33.0
	groundSide              = 9    // counties a side
	countySide              = 4    // townships a side of a county
	townshipWide            = 0.05 // degrees
	borderPoints            = 32   // of a township's side
)

// side is a township's border from the corner (i, j) on, east or north, without
// its end.
func side(i, j int, north bool) []geo.Point {
	h := fnv.New64a()
	fmt.Fprint(h, i, j, north)
	turn := float64(h.Sum64()%1000) / 1000 * 2 * math.Pi
	out := make([]geo.Point, borderPoints)
	for n := range out {
		along := float64(n) / borderPoints
		bend := 0.1 * math.Sin(math.Pi*along) * math.Sin(7*math.Pi*along+turn)
		x, y := float64(i)+along, float64(j)+bend
		if north {
			x, y = float64(i)+bend, float64(j)+along
		}
		out[n] = geo.At(groundWest+townshipWide*x, groundSouth+townshipWide*y)
	}
	return out
}

// square is the ring around n × n townships from the corner (i, j) on.
func square(i, j, n int) geo.Ring {
	var ring geo.Ring
	back := func(points []geo.Point, end geo.Point) {
		ring = append(ring, end)
		for k := len(points) - 1; k > 0; k-- {
			ring = append(ring, points[k])
		}
	}
	for k := range n {
		ring = append(ring, side(i+k, j, false)...)
	}
	for k := range n {
		ring = append(ring, side(i+n, j+k, true)...)
	}
	for k := n - 1; k >= 0; k-- {
		back(side(i+k, j+n, false), side(i+k+1, j+n, false)[0])
	}
	for k := n - 1; k >= 0; k-- {
		back(side(i, j+k, true), side(i, j+k+1, true)[0])
	}
	return append(ring, ring[0])
}

// ground is the areas as a file to import.
func ground(t *Tiles) ([]byte, error) {
	type feature struct {
		Type       string            `json:"type"`
		Properties map[string]string `json:"properties"`
		Geometry   any               `json:"geometry"`
	}
	var all []feature
	add := func(code, name string, ring geo.Ring) {
		t.Vertices += len(ring)
		all = append(all, feature{"Feature", map[string]string{"code": code, "name": name}, map[string]any{"type": "Polygon", "coordinates": []geo.Ring{ring}}})
	}
	for c := range groundSide * groundSide {
		// In the division of the first administrator, who imports them.
		i, j, code := c%groundSide*countySide, c/groundSide*countySide, fmt.Sprintf("9900%02d", c+1)
		add(code, "County "+code, square(i, j, countySide))
		t.Counties++
		for k := range countySide * countySide {
			town := fmt.Sprintf("%s%03d", code, k+1)
			add(town, "Township "+town, square(i+k%countySide, j+k/countySide, 1))
			t.Townships++
		}
	}
	return json.Marshal(map[string]any{"type": "FeatureCollection", "features": all})
}

// tiles measures area tiles at the zooms at which a county, a city and a
// province fill the screen.
func (b *bench) tiles(ctx context.Context, f *Figures) error {
	f.Tiles = &Tiles{}
	file, err := ground(f.Tiles)
	if err != nil {
		return err
	}
	if err := b.admin.Import(ctx, "area", "wgs84", file); err != nil {
		return err
	}
	for _, zoom := range []int{12, 10, 8} {
		for _, connections := range []int{1, 4} {
			b.opt.Tell(fmt.Sprintf("  zoom %d, %d connections", zoom, connections))
			r, err := b.draw(ctx, zoom, connections)
			if err != nil {
				return err
			}
			f.Tiles.Rates = append(f.Tiles.Rates, r)
		}
	}
	return nil
}

// tileAt is the address of a tile in the middle of which the point lies, about.
func tileAt(zoom int, p geo.Point) string {
	n := math.Exp2(float64(zoom))
	lat := p.Lat() * math.Pi / 180
	return fmt.Sprintf("/api/v1/tiles/areas/%d/%d/%d.mvt", zoom, int((p.Lon()+180)/360*n), int((1-math.Asinh(math.Tan(lat))/math.Pi)/2*n))
}

func (b *bench) draw(ctx context.Context, zoom, connections int) (TileRate, error) {
	server0, err0 := cpu(b.process.PID())
	database0, err1 := cpuBelow(b.process.PID())
	if err := errors.Join(err0, err1); err != nil {
		return TileRate{}, err
	}
	until, stop := context.WithTimeout(ctx, b.opt.Span)
	defer stop()
	group := errgroup.Group{}
	var mu sync.Mutex
	var all []time.Duration
	var bytes int
	begun := time.Now()
	for c := range connections {
		group.Go(func() error {
			rnd := rand.New(rand.NewPCG(uint64(zoom), uint64(c)))
			const wide = groundSide * countySide * townshipWide
			for until.Err() == nil {
				path := tileAt(zoom, geo.At(groundWest+wide*rnd.Float64(), groundSouth+wide*rnd.Float64()))
				at := time.Now()
				tile, err := b.people[c%len(b.people)].Read(ctx, path)
				if err != nil {
					return err
				}
				mu.Lock()
				all, bytes = append(all, time.Since(at)), bytes+len(tile)
				mu.Unlock()
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return TileRate{}, err
	}
	seconds, n := time.Since(begun).Seconds(), int64(len(all))
	if n == 0 || bytes == 0 {
		return TileRate{}, errors.New("no tile had anything in it")
	}
	server1, err0 := cpu(b.process.PID())
	database1, err1 := cpuBelow(b.process.PID())
	return TileRate{zoom, connections, len(all), float64(n) / seconds, millis(all, 0.5), millis(all, 0.99), float64(bytes) / float64(n),
		micros(server1-server0, n), micros(database1-database0, n)}, errors.Join(err0, err1)
}
