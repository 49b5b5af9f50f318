package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"liandong/cmd/liandong/remote"
	"liandong/realtime/client"
)

// Each of these breaks something while teams move and desks decide, and ends with nothing lost: see
// vigil.end. With PROVE they go on for twenty times as long.

func TestFaultDatabaseRestarted(t *testing.T) {
	t.Parallel()
	l := startLone(t)
	v := newVigil(&l.yard, l.pg.URL(), l.server.Server)
	for i := range 3 {
		v.look(l.desk(l.server.Server, fmt.Sprint("desk", i)), client.Config{})
	}
	v.begin(2)
	for range 2 {
		v.mu.Lock()
		before := v.refused["503 unavailable"]
		v.mu.Unlock()
		l.end()
		v.until("a refusal", func() bool { return v.refused["503 unavailable"] >= before+vigilTeams })
		l.begin()
		v.more(100)
	}
	v.end()
}

func TestFaultNodeKilled(t *testing.T) {
	t.Parallel()
	n := startTwo(t, embedded(t))
	v := newVigil(&n.yard, n.dsn, n.a.Server, n.b.Server)
	behind := n.desk(n.front, "desk.front")
	for range 6 { // the balancer spreads them
		v.look(behind, client.Config{})
	}
	v.begin(2)
	n.a.Kill()
	v.more(200)
	a, err := n.launchA.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n.a = a
	t.Cleanup(func() {
		if err := a.Stop(); err != nil {
			t.Error(err)
		}
	})
	v.more(100)
	v.end()
	for i, e := range v.eyes {
		if st := e.Stats(); st.Connects > 2 || st.Snapshots != 1 {
			t.Errorf("console %d: %d connections, %d snapshots; want one reconnect at most, without a new snapshot", i, st.Connects, st.Snapshots)
		}
	}
}

func TestFaultNodesCut(t *testing.T) {
	t.Parallel()
	addresses, between := []string{freePort(t), freePort(t)}, freePort(t)
	gate := newHush(t, "tcp", between, addresses[0])
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(remote.Random(32)), 0o600); err != nil {
		t.Fatal(err)
	}
	n := startTwo(t, func(i int) []string {
		args := []string{"--node-listen", addresses[i], "--node-secret-file", secret}
		if i == 1 {
			args = append(args, "--node-peers", between) // the only way, in both directions
		}
		return args
	})
	v := newVigil(&n.yard, n.dsn, n.a.Server, n.b.Server)
	told := make(chan bool, 10_000)
	for i, server := range []*remote.Server{n.a.Server, n.b.Server} {
		v.look(n.desk(server, fmt.Sprint("desk", i)), client.Config{Nodes: func(cut bool) { told <- cut }})
	}
	v.begin(2)
	for _, cut := range []bool{true, false} {
		gate.set(cut)
		for is := !cut; is != cut; {
			is = <-told
		}
		v.more(100)
	}
	v.end()
}

// The disk that holds the track is full: positions are refused so that their sources send them again,
// decisions and consoles go on, and once there is room everything accepted is there.
func TestFaultDiskFull(t *testing.T) {
	t.Parallel()
	l := startLone(t)
	disk := l.smallDisk()
	v := newVigil(&l.yard, l.pg.URL(), l.server.Server)
	e := v.look(l.desk(l.server.Server, "desk"), client.Config{})
	v.begin(1)
	balloon := filepath.Join(disk, "balloon")
	if err := fill(balloon); err != nil {
		t.Fatal(err)
	}
	v.until("a refusal", func() bool { return v.refused["503 unavailable"] >= 2*vigilTeams })
	var ready struct {
		Ready  bool              `json:"ready"`
		Checks map[string]string `json:"checks"`
	}
	for ready.Checks["positions"] != "failing" { // it is looked at once a second
		if err := l.admin.Get(t.Context(), "/readyz", &ready); err != nil {
			t.Fatalf("a server that still decides calls itself unready: %v", err)
		}
	}
	v.mu.Lock()
	decided := v.decides
	v.mu.Unlock()
	v.until("decisions while the disk is full", func() bool { return v.decides >= decided+20 })
	v.mu.Lock()
	seq := v.decided
	v.mu.Unlock()
	if err := e.Wait(t.Context(), seq); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(balloon); err != nil {
		t.Fatal(err)
	}
	v.more(200)
	v.end()
	for code := range v.refused {
		if code != "503 unavailable" {
			t.Errorf("sources were told %v", v.refused)
		}
	}
}

// smallDisk has the track of today on a file system of four megabytes, and returns its folder.
func (l *lone) smallDisk() string {
	l.t.Helper()
	disk := filepath.Join(l.dir, "small")
	if err := os.Mkdir(disk, 0o755); err != nil {
		l.t.Fatal(err)
	}
	if err := mountSmall(disk, l.pg.Dir()); err != nil {
		l.t.Skipf("no small file system can be mounted here, so the full disk is not tried: %v", err)
	}
	l.t.Cleanup(func() {
		if err := unmount(disk); err != nil {
			l.t.Error(err)
		}
	})
	ctx := l.t.Context()
	db, err := pgx.Connect(ctx, l.super())
	if err != nil {
		l.t.Fatal(err)
	}
	defer db.Close(ctx)
	if _, err := db.Exec(ctx, "create tablespace small location '"+disk+"'"); err != nil {
		l.t.Fatal(err)
	}
	rows, err := db.Query(ctx, `select c.oid::regclass::text from pg_class c where c.relkind = 'r' and c.oid in (select inhrelid from pg_inherits where inhparent = 'track'::regclass)`)
	if err != nil {
		l.t.Fatal(err)
	}
	parts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(parts) == 0 {
		l.t.Fatalf("%d parts of the track: %v", len(parts), err)
	}
	for _, part := range parts {
		if _, err := db.Exec(ctx, "alter table "+part+" set tablespace small"); err != nil {
			l.t.Fatal(err)
		}
	}
	return disk
}

// fill writes until nothing more goes in.
func fill(file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	part := make([]byte, 4096)
	for n := 0; ; n++ {
		if _, err := f.Write(part); err != nil {
			return nil
		}
		if n > 1<<12 {
			return fmt.Errorf("%s takes more than 16 MB: it is not on the small disk", file)
		}
	}
}

// rough is a bad network in front of a server: of the parts that come from it three in ten are held
// back for a while, and everything behind them with them. It can stand still altogether.
type rough struct {
	net.Listener
	to string

	mu    sync.Mutex
	calm  bool
	still chan struct{} // closed: it moves
}

func newRough(t *testing.T, to string) *rough {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &rough{Listener: l, to: to, still: make(chan struct{})}
	close(r.still)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go r.join(in) // ends with the consoles, which end before the test
		}
	}()
	return r
}

func (r *rough) join(in net.Conn) {
	defer in.Close()
	out, err := net.Dial("tcp", r.to)
	if err != nil {
		return
	}
	defer out.Close()
	_ = out.(*net.TCPConn).SetReadBuffer(128 << 10) // so that the server notices early
	go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
	part := make([]byte, 16<<10)
	for {
		n, err := out.Read(part)
		if err != nil {
			return
		}
		r.mu.Lock()
		calm, still := r.calm, r.still
		r.mu.Unlock()
		if !calm && rand.IntN(10) < 3 {
			held := time.NewTimer(time.Duration(10+rand.IntN(190)) * time.Millisecond)
			<-held.C
		}
		<-still
		if _, err := in.Write(part[:n]); err != nil {
			return
		}
	}
}

// stop has nothing pass until the function it returns is called.
func (r *rough) stop() (release func()) {
	still := make(chan struct{})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.still = still
	return sync.OnceFunc(func() { close(still) })
}

func (r *rough) heal() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calm = true
}

// Half of the consoles have a network that stalls, and one of them one that stands still: the server
// lets that one go, nobody else waits for it, and in the end everybody has everything.
func TestFaultStalls(t *testing.T) {
	t.Parallel()
	l := startLone(t)
	authority, err := os.ReadFile(filepath.Join(l.server.Dir, "certs", "authority.pem"))
	if err != nil {
		t.Fatal(err)
	}
	through := func() (*rough, *remote.Server) {
		r := newRough(t, l.server.Addr())
		s, err := remote.Dial("https://"+r.Addr().String(), authority)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		return r, s
	}
	bad, badly := through()
	worst, worstly := through()
	v := newVigil(&l.yard, l.pg.URL(), l.server.Server)
	v.text = strings.Repeat("又有人报告浓烟", 250)
	for i, server := range []*remote.Server{l.server.Server, badly, l.server.Server, badly, l.server.Server, worstly} {
		v.look(l.desk(l.server.Server, fmt.Sprint("desk", i)).At(server), client.Config{})
	}
	v.begin(4)
	release := worst.stop()
	defer release()
	v.until("the slow one is let go", func() bool {
		var status struct {
			Sockets struct {
				Closed map[string]int64 `json:"closed"`
			} `json:"sockets"`
		}
		if err := l.admin.Get(t.Context(), "/api/v1/admin/status", &status); err != nil {
			t.Errorf("status: %v", err)
			return true
		}
		return status.Sockets.Closed["slow"] > 0
	})
	v.mu.Lock()
	seq := v.decided
	v.mu.Unlock()
	for i, e := range v.eyes {
		if i%2 == 0 { // its own network is good
			if err := e.Wait(t.Context(), seq); err != nil {
				t.Fatal(err)
			}
		}
	}
	release()
	v.more(200)
	bad.heal()
	worst.heal()
	v.end()
	for i, e := range v.eyes {
		st := e.Stats()
		if st.Snapshots != 1 || i%2 == 0 && st.Connects != 1 || i == 5 && st.Connects < 2 {
			t.Errorf("console %d: %d connections, %d snapshots", i, st.Connects, st.Snapshots)
		}
	}
}
