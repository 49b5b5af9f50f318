package bench

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"liandong/dispatch"
	"liandong/geo"
	"liandong/realtime"
)

// Position is what positions cost.
type Position struct {
	Lane     LaneCost    `json:"lane,omitzero"`
	Reported []Reporting `json:"reported,omitempty"`
}

// LaneCost is the lane alone, in the bench's own process.
type LaneCost struct {
	Objects   int     `json:"objects"`
	Moving    int     `json:"moving"`
	PerObject float64 `json:"per_object_bytes" doc:"heap, with a device each"`
	Take      float64 `json:"take_us" doc:"CPU for a position of the moving to come in, be judged, shown, indexed and queued"`
	Fenced    float64 `json:"fenced_us" doc:"the same with 500 fences"`
	Nearest   float64 `json:"nearest_us" doc:"CPU to find the 10 nearest"`
}

// Reporting is positions over HTTPS, one a request in the form of OsmAnd and
// Traccar, each answered after its commit.
type Reporting struct {
	Connections int     `json:"connections"`
	Positions   int     `json:"positions"`
	Refused     int     `json:"refused"`
	PerSecond   float64 `json:"per_second"`
	P50         float64 `json:"p50_ms"`
	P99         float64 `json:"p99_ms"`
	Server      float64 `json:"server_us" doc:"CPU of the server a position"`
	Database    float64 `json:"database_us" doc:"CPU of the database a position"`
}

func printLane(f *Figures, say func(string, ...any)) {
	l := f.Position.Lane
	say("positions, the lane alone: CPU %.2f µs a position of %d, %.2f with %d fences; of %d %.0f bytes each, CPU %.1f µs for the 10 nearest",
		l.Take, l.Moving, l.Fenced, manyFences, l.Objects, l.PerObject, l.Nearest)
}

func printReported(f *Figures, say func(string, ...any)) {
	say("positions over HTTPS, one a request, each answered after its commit")
	for _, r := range f.Position.Reported {
		say("  %3d connections  %6.0f positions/s   p50 %5.1f ms   p99 %5.1f ms   CPU each: server %.1f µs, database %.1f µs   refused %d",
			r.Connections, r.PerSecond, r.P50, r.P99, r.Server, r.Database, r.Refused)
	}
}

// nowhere stores nothing.
type nowhere struct{}

func (nowhere) SavePositions(context.Context, []dispatch.Position) error { return nil }
func (nowhere) LatestPositions(context.Context, dispatch.Realm) ([]dispatch.Position, error) {
	return nil, nil
}

// lane measures the lane by itself: what a position costs with ten thousand
// objects, memory and the nearest with a hundred thousand.
func (b *bench) lane(ctx context.Context, f *Figures) error {
	cost := LaneCost{Objects: 100_000, Moving: 10_000}
	var err error
	if cost.Take, err = taking(ctx, cost.Moving, nil); err != nil {
		return err
	}
	fences := fencesFor(laneCity)
	if cost.Fenced, err = taking(ctx, cost.Moving, fences); err != nil {
		return err
	}
	fences.Close(ctx)
	l := newLaneLoad(cost.Objects, nil)
	defer l.Close()
	if err := l.round(ctx); err != nil {
		return err
	}
	cost.PerObject = float64(heap()-l.before) / float64(cost.Objects)
	begun, err := ownCPU()
	if err != nil {
		return err
	}
	const asked = 20_000
	for i := range asked {
		if n := len(l.Nearest(dispatch.Live, l.at[i], 10, nil)); n != 10 {
			return fmt.Errorf("%d are nearest", n)
		}
	}
	took, err := ownCPU()
	if err != nil {
		return err
	}
	cost.Nearest = micros(took-begun, asked)
	f.Position.Lane = cost
	return nil
}

// taking is the CPU, in microseconds, of one position of so many that move.
func taking(ctx context.Context, moving int, fences *realtime.Fences) (float64, error) {
	l := newLaneLoad(moving, fences)
	defer l.Close()
	if err := l.round(ctx); err != nil {
		return 0, err
	}
	if fences != nil {
		if err := fences.Watch(ctx, dispatch.Live); err != nil {
			return 0, err
		}
	}
	const rounds = 100
	begun, err := ownCPU()
	if err != nil {
		return 0, err
	}
	for range rounds {
		if err := l.round(ctx); err != nil {
			return 0, err
		}
	}
	took, err := ownCPU()
	return micros(took-begun, int64(rounds*moving)), err
}

// laneCity is where the lane's teams are.
var laneCity = geo.Bound{113, 33.6, 114.6, 34.5}

// laneLoad is a lane whose store takes nothing, and who reports to it.
type laneLoad struct {
	*realtime.Lane
	teams, devices []string
	at             []geo.Point
	now            time.Time
	reported       int64
	before         int64 // heap without the lane
}

func newLaneLoad(objects int, fences *realtime.Fences) *laneLoad {
	rnd := rand.New(rand.NewPCG(1, 1))
	id := func() string { return fmt.Sprintf("%016x%016x", rnd.Uint64(), rnd.Uint64()) }
	l := &laneLoad{now: time.Now()}
	for range objects {
		l.teams, l.devices = append(l.teams, id()), append(l.devices, id())
		l.at = append(l.at, geo.At(laneCity[0]+(laneCity[2]-laneCity[0])*rnd.Float64(), laneCity[1]+(laneCity[3]-laneCity[1])*rnd.Float64()))
	}
	l.before = heap()
	l.Lane = realtime.NewLane(realtime.LaneConfig{Store: nowhere{}, Fences: fences, Log: zerolog.Nop(), Queue: 10 * objects, Now: func() time.Time { return l.now }})
	return l
}

// round has everyone go on by about 14 m in a second.
func (l *laneLoad) round(ctx context.Context) error {
	l.now = l.now.Add(time.Second)
	for i := range l.teams {
		l.at[i][0] += 0.00015
		if err := l.Submit(ctx, dispatch.Position{Realm: dispatch.Live, Team: l.teams[i], Device: l.devices[i], Point: l.at[i], Speed: 14, Heading: 90, Accuracy: 5, Fixed: l.now, Source: "osmand"}); err != nil {
			return err
		}
	}
	for l.reported += int64(len(l.teams)); l.Storage().Positions < l.reported; {
		time.Sleep(time.Millisecond) // the figures are of CPU
	}
	return nil
}

func ownCPU() (time.Duration, error) { return cpu(os.Getpid()) }

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// reported sends positions over 256 connections as fast as they are answered.
func (b *bench) reported(ctx context.Context, f *Figures) error {
	if len(b.teams) == 0 {
		if err := b.fleet(ctx, b.fewTeams()); err != nil {
			return err
		}
	}
	for _, connections := range []int{1, 32, 256} {
		r, err := b.report(ctx, connections)
		if err != nil {
			return err
		}
		f.Position.Reported = append(f.Position.Reported, r)
	}
	return nil
}

func (b *bench) report(ctx context.Context, connections int) (Reporting, error) {
	conns := make([]*device, connections)
	for i := range conns {
		d, err := b.dial()
		if err != nil {
			return Reporting{}, err
		}
		defer d.Close()
		conns[i] = d
	}
	server0, err0 := cpu(b.process.PID())
	database0, err1 := cpuBelow(b.process.PID())
	if err := errors.Join(err0, err1); err != nil {
		return Reporting{}, err
	}
	until, stop := context.WithTimeout(ctx, b.opt.Span)
	defer stop()
	group := errgroup.Group{}
	var mu sync.Mutex
	var all []time.Duration
	var refused int
	begun := time.Now()
	for i, d := range conns {
		group.Go(func() error {
			took, bad, err := d.report(until, b.tokens, i, connections)
			mu.Lock()
			defer mu.Unlock()
			all, refused = append(all, took...), refused+bad
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return Reporting{}, err
	}
	seconds, n := time.Since(begun).Seconds(), int64(len(all))
	server1, err0 := cpu(b.process.PID())
	database1, err1 := cpuBelow(b.process.PID())
	return Reporting{connections, len(all), refused, float64(n) / seconds, millis(all, 0.5), millis(all, 0.99), micros(server1-server0, n), micros(database1-database0, n)}, errors.Join(err0, err1)
}

// device is one connection of a tracker, with as little as possible around it.
type device struct {
	*tls.Conn
	in  *bufio.Reader
	out []byte
}

func (b *bench) dial() (*device, error) {
	authority, err := os.ReadFile(filepath.Join(b.process.Dir, "certs", "authority.pem"))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	c, err := tls.Dial("tcp", b.process.Addr(), &tls.Config{RootCAs: roots, NextProtos: []string{"http/1.1"}})
	if err != nil {
		return nil, err
	}
	return &device{Conn: c, in: bufio.NewReader(c)}, nil
}

// report sends as every step-th device, from the first on, and measures each
// answer.
func (d *device) report(until context.Context, tokens []string, first, step int) (took []time.Duration, refused int, err error) {
	for i, n := first, 0; until.Err() == nil; i, n = i+step, n+1 {
		k := i % len(tokens)
		at := time.Now()
		d.out = fmt.Appendf(d.out[:0], "POST /devices/osmand?id=%s&lat=%.6f&lon=%.6f&timestamp=%d&speed=20&bearing=90&accuracy=5 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
			tokens[k], 0.1+0.8*float64(k/50)/50+1e-6*float64(n%1000), 0.1+0.8*float64(k%50)/50, at.UnixMilli())
		if _, err := d.Write(d.out); err != nil {
			return took, refused, err
		}
		ok, err := d.answer()
		if err != nil {
			return took, refused, err
		}
		if !ok {
			refused++
			continue
		}
		took = append(took, time.Since(at))
	}
	return took, refused, nil
}

// answer reads one answer and tells whether it was 200.
func (d *device) answer() (ok bool, err error) {
	length := 0
	for first := true; ; first = false {
		line, err := d.in.ReadSlice('\n')
		if err != nil {
			return false, err
		}
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case first:
			ok = bytes.HasPrefix(line, []byte("HTTP/1.1 200"))
		case len(line) == 0:
			_, err := io.CopyN(io.Discard, d.in, int64(length))
			return ok, err
		default:
			if v, found := bytes.CutPrefix(line, []byte("Content-Length: ")); found {
				if length, err = strconv.Atoi(string(v)); err != nil {
					return false, err
				}
			}
		}
	}
}

// cpuBelow is what the processes below the one of the id have used: of a server
// with a private database that is PostgreSQL, which has one for each connection
// and some of its own.
func cpuBelow(pid int) (sum time.Duration, err error) {
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	below := map[int][]int{}
	for _, path := range all {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(text), ") ") // the name may hold anything
		fields := strings.Fields(rest)
		child, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil || len(fields) < 2 {
			continue
		}
		if parent, err := strconv.Atoi(fields[1]); err == nil {
			below[parent] = append(below[parent], child)
		}
	}
	todo := below[pid]
	if len(todo) == 0 {
		return 0, fmt.Errorf("process %d has no database of its own", pid)
	}
	for len(todo) > 0 {
		if d, err := cpu(todo[0]); err == nil {
			sum += d
		}
		todo = append(todo[1:], below[todo[0]]...)
	}
	return sum, nil
}
