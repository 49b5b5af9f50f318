package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"liandong/cmd/liandong/remote"
	"liandong/dispatch"
	"liandong/geo"
	"liandong/migrations/cluster"
	"liandong/realtime/client"
)

// vigil is teams that tell where they are, a desk that decides, and consoles that watch, all the while
// something breaks. A team sends a position again until it is told that it is stored, as trackers do;
// only then it goes on to the next. So what was accepted of a team are its first so many positions.
type vigil struct {
	*yard
	database string
	servers  []*remote.Server // a team that is refused by one asks the next
	text     string           // of what is decided
	start    time.Time        // of each team's first position; the next are a second later each
	teams    []string
	eyes     []*eye

	calm func() // ends what goes on
	busy sync.WaitGroup

	mu       sync.Mutex
	moved    chan struct{} // closed and replaced when a count changes
	accepted []int         // positions by team
	total    int
	decided  int64 // seq of the last decision
	decides  int   // how many there were
	refused  map[string]int
}

// eye is a console and what it shows.
type eye struct {
	*client.Console
	mu   sync.Mutex
	held map[string]time.Time
}

const vigilTeams = 12

func newVigil(y *yard, database string, servers ...*remote.Server) *vigil {
	return &vigil{yard: y, database: database, servers: servers, text: "somebody calls", start: time.Now().Add(-time.Hour).Truncate(time.Second),
		moved: make(chan struct{}), accepted: make([]int, vigilTeams), refused: map[string]int{}}
}

// look opens a console of the person that looks at all teams.
func (v *vigil) look(p *remote.Person, cfg client.Config) *eye {
	v.t.Helper()
	e := &eye{held: map[string]time.Time{}}
	cfg.Positions = e.see
	e.Console = v.watch(p, cfg)
	if err := e.Look(geo.Bound{113, 33, 115, 35}); err != nil {
		v.t.Fatal(err)
	}
	v.eyes = append(v.eyes, e)
	return e
}

func (e *eye) see(p client.Positions) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if p.Full {
		clear(e.held)
	}
	for i, team := range p.Team {
		if p.Fixed[i].After(e.held[team]) {
			e.held[team] = p.Fixed[i]
		}
	}
}

// begin sets everything going, with the decisions of so many desks at the last server.
func (v *vigil) begin(desks int) {
	v.t.Helper()
	ctx, calm := context.WithCancel(v.t.Context())
	v.calm = sync.OnceFunc(func() { calm(); v.busy.Wait() })
	v.t.Cleanup(v.calm)
	for i := range v.accepted {
		team, token := v.device(fmt.Sprint("V", i))
		v.teams = append(v.teams, team)
		v.busy.Go(func() { v.drive(ctx, i, token) })
	}
	for n := range desks {
		p := v.yard.desk(v.servers[len(v.servers)-1], fmt.Sprint("vigil", n))
		v.busy.Go(func() { v.decide(ctx, p) })
	}
	v.more(3 * vigilTeams)
}

func (v *vigil) drive(ctx context.Context, team int, token string) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n, try := 0, team; ; try++ {
		err := v.servers[try%len(v.servers)].Locate(ctx, token, remote.Fix{Point: geo.At(113.5+0.00005*float64(n), 33.5+0.1*float64(team)), At: v.start.Add(time.Duration(n) * time.Second), Speed: 5})
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			n++
		}
		v.count(func() {
			if err == nil {
				v.accepted[team], v.total = n, v.total+1
				return
			}
			var r *remote.Refusal
			code := "cut"
			if errors.As(err, &r) {
				code = fmt.Sprint(r.Status, " ", r.Code)
			}
			v.refused[code]++
		})
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (v *vigil) decide(ctx context.Context, p *remote.Person) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		// What was begun is ended, so that it is known what was decided.
		within, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		done, err := p.Insist(within, remote.Random(8), "report.take", dispatch.ReportTake{Channel: "hotline", Text: v.text})
		stop()
		if err != nil {
			v.t.Errorf("a decision was refused: %v", err)
			return
		}
		v.count(func() { v.decided, v.decides = max(v.decided, done.Seq), v.decides+1 })
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (v *vigil) count(change func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	change()
	close(v.moved)
	v.moved = make(chan struct{})
}

// until waits for the counts to be as asked.
func (v *vigil) until(what string, ok func() bool) {
	v.t.Helper()
	end := time.After(2 * time.Minute)
	for {
		v.mu.Lock()
		is, moved := ok(), v.moved
		v.mu.Unlock()
		if is {
			return
		}
		select {
		case <-moved:
		case <-end:
			v.mu.Lock()
			defer v.mu.Unlock()
			v.t.Fatalf("%s: it never came; accepted %v, %d decisions, refused %v", what, v.accepted, v.decides, v.refused)
		}
	}
}

// more waits until so many positions more were accepted; with PROVE until twenty times as many.
func (v *vigil) more(n int) {
	v.t.Helper()
	if os.Getenv("PROVE") != "" {
		n *= 20
	}
	v.mu.Lock()
	want := v.total + n
	v.mu.Unlock()
	v.until(fmt.Sprint(n, " positions more"), func() bool { return v.total >= want })
}

// end calms everything and checks that nothing was lost: each accepted position is in the store, each
// console is byte-equal to a fresh snapshot and shows each team where it was last.
func (v *vigil) end() {
	v.t.Helper()
	v.calm()
	v.stored()
	for i, e := range v.eyes {
		v.equal(e.Console, v.decided)
		e.mu.Lock()
		held := len(e.held)
		e.mu.Unlock()
		if held == 0 {
			v.t.Errorf("console %d shows no team", i)
		}
		v.newest(i, e)
	}
	v.t.Logf("%d positions accepted and stored, %d decisions, refused meanwhile %v", v.total, v.decides, v.refused)
}

// newest waits until the console shows what each team told last.
func (v *vigil) newest(n int, e *eye) {
	v.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	end := time.After(30 * time.Second)
	for i, team := range v.teams {
		last := v.start.Add(time.Duration(v.accepted[i]-1) * time.Second)
		for {
			e.mu.Lock()
			held := e.held[team]
			e.mu.Unlock()
			if !held.Before(last) {
				break
			}
			select {
			case <-tick.C:
			case <-end:
				v.t.Fatalf("console %d shows team %d as of %s, it was last at %s", n, i, held.Format(time.TimeOnly), last.Format(time.TimeOnly))
			}
		}
	}
}

// stored looks for every accepted position in the track.
func (v *vigil) stored() {
	v.t.Helper()
	ctx := v.t.Context()
	db, err := pgx.Connect(ctx, v.database)
	if err != nil {
		v.t.Fatal(err)
	}
	defer db.Close(context.WithoutCancel(ctx))
	for i, team := range v.teams {
		rows, err := db.Query(ctx, "select distinct fixed from track where team = $1", team)
		if err != nil {
			v.t.Fatal(err)
		}
		found, err := pgx.CollectRows(rows, pgx.RowTo[time.Time])
		if err != nil {
			v.t.Fatal(err)
		}
		there := map[int64]bool{}
		for _, at := range found {
			there[at.Unix()] = true
		}
		if v.accepted[i] == 0 {
			v.t.Errorf("no position of team %d was accepted", i)
		}
		for n := range v.accepted[i] {
			if !there[v.start.Unix()+int64(n)] {
				v.t.Errorf("position %d of %d of team %d was accepted and is not stored", n, v.accepted[i], i)
			}
		}
	}
}

// lone is a server in a process of its own with a database of its own, which can be broken.
type lone struct {
	yard
	dir    string
	pg     *cluster.Cluster
	server *remote.Process
}

func startLone(t *testing.T) *lone {
	t.Helper()
	ctx := t.Context()
	dir, err := os.MkdirTemp("", "fault") // not t.TempDir: the database's own account must be able to enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	l := &lone{yard: yard{t: t}, dir: dir}
	l.begin()
	t.Cleanup(l.end)
	var log messages
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%.8000s", log.text.String())
		}
	})
	launch, password, err := privateServer(ctx, &log, databaseFlags{Dir: filepath.Join(dir, "var"), DatabaseURL: l.pg.URL(), AdminURL: l.pg.AdminURL()}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if l.server, err = launch.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.server.Stop(); err != nil {
			t.Error(err)
		}
	})
	if l.admin, err = l.server.FirstSignIn(ctx, firstLogin, password, dispatch.RoleAdmin); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *lone) begin() {
	l.t.Helper()
	var err error
	if l.pg, err = cluster.Start(l.t.Context(), cluster.Config{Dir: filepath.Join(l.dir, "pg")}); err != nil {
		l.t.Fatal(err)
	}
}

func (l *lone) end() {
	ctx, stop := context.WithTimeout(context.Background(), 30*time.Second)
	defer stop()
	if err := l.pg.Stop(ctx); err != nil {
		l.t.Error(err)
	}
}

// super is the address of the program's database for the superuser.
func (l *lone) super() string { return strings.Replace(l.pg.SuperURL(), "/postgres?", "/liandong?", 1) }
