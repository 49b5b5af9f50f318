package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"liandong/cmd/liandong/remote"
	"liandong/dispatch"
	"liandong/dispatch/pgstore"
	"liandong/geo"
	"liandong/migrations"
	"liandong/migrations/pgtest"
	"liandong/realtime/client"
)

// balancer passes TCP connections on to whichever server behind it takes them, in turn.
type balancer struct {
	net.Listener
	mu      sync.Mutex
	servers []string
	turn    int
	open    sync.WaitGroup
}

func balance(t *testing.T, servers ...string) *balancer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &balancer{Listener: l, servers: servers}
	b.open.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go b.join(in) // ends with the consoles and servers, which end before the test
		}
	})
	t.Cleanup(func() { _ = l.Close(); b.open.Wait() })
	return b
}

func (b *balancer) join(in net.Conn) {
	defer in.Close()
	for range b.servers {
		b.mu.Lock()
		to := b.servers[b.turn%len(b.servers)]
		b.turn++
		b.mu.Unlock()
		out, err := net.Dial("tcp", to)
		if err != nil {
			continue
		}
		defer out.Close()
		ended := make(chan struct{}, 2)
		for _, pair := range [][2]net.Conn{{in, out}, {out, in}} {
			go func() { _, _ = io.Copy(pair[0], pair[1]); ended <- struct{}{} }()
		}
		<-ended
		return
	}
}

// twoNodes are two servers in processes of their own on one database, with one certificate authority.
type twoNodes struct {
	yard
	dsn     string
	a, b    *remote.Process
	launchA remote.Launch
	front   *remote.Server // through the balancer
}

// freePort is an address that nobody listens at now.
func freePort(t *testing.T) string {
	t.Helper()
	at, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// freshHouse is a database with a first agency and its administrator, and what the superuser calls it.
func freshHouse(t *testing.T, agency, area string) (dsn, owner, password string) {
	t.Helper()
	ctx := t.Context()
	dsn = pgtest.New(t)
	owner = pgtest.Admin(t, dsn)
	if err := migrations.Up(ctx, owner); err != nil {
		t.Fatal(err)
	}
	store, err := pgstore.Open(ctx, dsn, pgstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	h, err := build(store, thresholds{Zone: "UTC"}, nil, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	maker := adminCmd{Login: firstLogin, Name: "Administrator", Agency: agency, Area: area}
	password, err = maker.make(ctx, h.service)
	if err := errors.Join(err, h.close()); err != nil {
		t.Fatal(err)
	}
	return dsn, owner, password
}

func startTwo(t *testing.T, args func(n int) []string) *twoNodes {
	t.Helper()
	ctx := t.Context()
	dsn, owner, password := freshHouse(t, "Department of Emergency Management", "990000")
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	n := &twoNodes{yard: yard{t: t}, dsn: dsn}
	var log messages
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(log.text.String())
		}
	})
	launch := func(i int) remote.Launch {
		dir := t.TempDir()
		return remote.Launch{Program: program, Dir: dir, Addr: freePort(t), Log: &log, Args: append(append([]string{"--log", "info"}, quiet...), args(i)...),
			Env: []string{"DATABASE_URL=" + dsn, "DATABASE_ADMIN_URL=" + owner}}
	}
	n.launchA = launch(0)
	launchB := launch(1)
	if n.a, err = n.launchA.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.a.Stop() }) // it may have been killed
	// The one authority is copied, as an operator does who has no certificate of their own.
	if err := os.CopyFS(filepath.Join(launchB.Dir, "certs"), os.DirFS(filepath.Join(n.launchA.Dir, "certs"))); err != nil {
		t.Fatal(err)
	}
	if n.b, err = launchB.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.b.Stop(); err != nil {
			t.Error(err)
		}
	})
	authority, err := os.ReadFile(filepath.Join(n.launchA.Dir, "certs", "authority.pem"))
	if err != nil {
		t.Fatal(err)
	}
	if n.front, err = remote.Dial("https://"+balance(t, n.a.Addr(), n.b.Addr()).Addr().String(), authority); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.front.Close)
	if n.admin, err = n.a.FirstSignIn(ctx, firstLogin, password, dispatch.RoleAdmin); err != nil {
		t.Fatal(err)
	}
	return n
}

// embedded joins the two without anything else.
func embedded(t *testing.T) func(int) []string {
	t.Helper()
	addresses := []string{freePort(t), freePort(t)}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(remote.Random(32)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(i int) []string {
		return []string{"--node-listen", addresses[i], "--node-peers", addresses[1-i], "--node-secret-file", secret}
	}
}

// TestTwoNodes: consoles behind a balancer see what is decided on either node; positions told to one
// are seen on the other; one that is killed costs its consoles one reconnect and nothing else; a
// sign-out on one ends the sockets on the other.
func TestTwoNodes(t *testing.T) {
	t.Parallel()
	n := startTwo(t, embedded(t))
	ctx := t.Context()
	first, second := n.desk(n.a.Server, "desk.a"), n.desk(n.b.Server, "desk.b")
	behind := n.desk(n.front, "desk.front")
	var consoles []*client.Console
	for range 6 { // the balancer spreads them
		consoles = append(consoles, n.watch(behind, client.Config{}))
	}
	for i := range 10 {
		n.take(first, fmt.Sprint("at a ", i))
		n.take(second, fmt.Sprint("at b ", i))
	}
	last := n.take(first, "before the kill")
	before := 0
	for _, c := range consoles {
		before += n.equal(c, last).Connects
	}
	if before != len(consoles) {
		t.Errorf("%d connections of %d consoles before anything happened", before, len(consoles))
	}
	positionsCross(n)

	n.a.Kill()
	last = n.take(second, "after the kill")
	moved := 0
	for i, c := range consoles {
		st := n.equal(c, last)
		if moved += st.Connects - 1; st.Connects > 2 || st.Snapshots != 1 {
			t.Errorf("console %d: %d connections, %d snapshots; want one reconnect at most, without a new snapshot", i, st.Connects, st.Snapshots)
		}
	}
	if moved == 0 || moved == len(consoles) {
		t.Errorf("%d of %d consoles reconnected: they were not spread over both nodes", moved, len(consoles))
	}

	a, err := n.launchA.Start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Stop(); err != nil {
			t.Error(err)
		}
	})
	n.a = a
	n.admin = n.admin.At(a.Server)
	signOutCrosses(n, a)
}

// positionsCross tells a position to one node and sees it on the other.
func positionsCross(n *twoNodes) {
	n.t.Helper()
	ctx := n.t.Context()
	team, token := n.device("X1")
	seen := make(chan client.Positions, 1000)
	c := n.watch(n.desk(n.b.Server, "desk.map"), client.Config{Positions: func(p client.Positions) { seen <- p }})
	if err := c.Look(geo.Bound{113, 33, 115, 35}); err != nil {
		n.t.Fatal(err)
	}
	at := time.Now().Truncate(time.Second)
	for i, server := range []*remote.Server{n.a.Server, n.b.Server, n.a.Server} {
		p := geo.At(113.8+0.0001*float64(i), 34)
		if err := server.Locate(ctx, token, remote.Fix{Point: p, At: at.Add(time.Duration(i) * time.Second), Speed: 9}); err != nil {
			n.t.Fatal(err)
		}
		for found := false; !found; {
			select {
			case ps := <-seen:
				for k := range ps.Team {
					found = found || ps.Team[k] == team && ps.Lon[k] > p.Lon()-1e-6
				}
			case <-ctx.Done():
				n.t.Fatal("the position was not seen on the other node")
			}
		}
	}
}

// signOutCrosses signs out on one node and waits for the end of a socket on the other.
func signOutCrosses(n *twoNodes, a *remote.Process) {
	n.t.Helper()
	desk := n.desk(n.b.Server, "desk.leaves")
	c := desk.Console(client.Config{Retry: 50 * time.Millisecond})
	ended := make(chan error, 1)
	go func() { ended <- c.Run(n.t.Context()) }()
	if err := c.Wait(n.t.Context(), 0); err != nil {
		n.t.Fatal(err)
	}
	if err := desk.At(a.Server).SignOut(n.t.Context()); err != nil {
		n.t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, client.ErrSignIn) {
		n.t.Errorf("the console ended with %v, want that the session is over", err)
	}
	if st := c.Stats(); st.Closes[4003] != 1 {
		n.t.Errorf("closed %v, want once with 4003", st.Closes)
	}
}

// TestNodesOutage lets the way between two nodes fall silent, as a network does that breaks between two
// machines. Decisions go on and reach the consoles of both through the database; every console is told
// that positions of the other node are missing; once the way is back, so are they.
func TestNodesOutage(t *testing.T) {
	t.Parallel()
	addresses := []string{freePort(t), freePort(t)}
	between := freePort(t)
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
	told := make([]chan bool, 2)
	seen := make([]chan client.Positions, 2)
	people := make([]*remote.Person, 2)
	consoles := make([]*client.Console, 2)
	for i, server := range []*remote.Server{n.a.Server, n.b.Server} {
		told[i], seen[i] = make(chan bool, 10_000), make(chan client.Positions, 10_000)
		people[i] = n.desk(server, fmt.Sprint("desk", i))
		consoles[i] = n.watch(people[i], client.Config{Nodes: func(cut bool) { told[i] <- cut }, Positions: func(p client.Positions) { seen[i] <- p }})
		if err := consoles[i].Look(geo.Bound{113, 33, 115, 35}); err != nil {
			t.Fatal(err)
		}
	}
	both := func(cut bool) time.Duration {
		t.Helper()
		begun := time.Now()
		for i := range told {
			for is := !cut; is != cut; {
				select {
				case is = <-told[i]:
				case <-t.Context().Done():
					t.Fatalf("node %d never told cut %v", i, cut)
				}
			}
		}
		return time.Since(begun)
	}
	team, token := n.device("X1")
	locate := func(lon float64) {
		t.Helper()
		if err := n.a.Locate(t.Context(), token, remote.Fix{Point: geo.At(lon, 34), At: time.Now(), Speed: 9}); err != nil {
			t.Fatal(err)
		}
	}
	shown := func(lon float64) {
		t.Helper()
		for {
			select {
			case ps := <-seen[1]:
				for k := range ps.Team {
					if ps.Team[k] == team && ps.Lon[k] > lon-1e-6 {
						return
					}
				}
			case <-t.Context().Done():
				t.Fatal("the position was not seen on the other node")
			}
		}
	}
	both(false)
	locate(113.8)
	shown(113.8)

	gate.set(true)
	shownCut := both(true)
	locate(113.8001) // stored, and missing on the other node
	slowest := time.Duration(0)
	for i := range 6 {
		asked := time.Now()
		seq := n.take(people[i%2], fmt.Sprint("during the outage ", i))
		for _, c := range consoles {
			if err := c.Wait(t.Context(), seq); err != nil {
				t.Fatal(err)
			}
		}
		slowest = max(slowest, time.Since(asked))
	}
	gate.set(false)
	shownBack := both(false)
	shown(113.8001) // read from the store: it was told to nobody
	last := n.take(people[0], "after the outage")
	for _, c := range consoles {
		if st := n.equal(c, last); st.Connects != 1 {
			t.Errorf("%d connections: an outage between nodes cost a reconnect", st.Connects)
		}
	}
	t.Logf("consoles of both nodes told after %.1f s, slowest decision on the consoles of both %.2f s, told of the return after %.1f s",
		shownCut.Seconds(), slowest.Seconds(), shownBack.Seconds())
}

// TestNodeFlags: what cannot work is told before anything starts.
func TestNodeFlags(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]nodeFlags{
		"private database":       {NodeListen: "127.0.0.1:1", NodeSecretFile: "x"},
		"belong to --nats":       {NATSCredentials: "x"},
		"keep one way":           {NATS: "nats://h", NodeListen: "127.0.0.1:1"},
		"need --node-listen":     {NodePeers: []string{"127.0.0.1:1"}},
		"and --node-secret-file": {NodeListen: "127.0.0.1:1"},
	} {
		url := "postgres://x"
		if strings.HasPrefix(want, "private") {
			url = ""
		}
		if err := f.check(url); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want one that says %q", f, err, want)
		}
	}
	for _, f := range []nodeFlags{{}, {NATS: "nats://h", NATSCredentials: "x"}, {NodeListen: "127.0.0.1:1", NodeSecretFile: "x"}} {
		if err := f.check("postgres://x"); err != nil {
			t.Errorf("%+v: %v", f, err)
		}
	}
	dir := t.TempDir()
	one, err := nodeID(dir)
	two, again := nodeID(dir)
	if err != nil || again != nil || one != two || len(one) != 32 {
		t.Errorf("%q then %q: %v, %v", one, two, err, again)
	}
}
