package bus

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "a secret of the nodes of this test, long enough"

func node(t *testing.T, cfg Config) *Bus {
	t.Helper()
	if cfg.House == "" {
		cfg.House = "h1"
	}
	if cfg.URL == "" && cfg.Secret == "" {
		cfg.Secret = secret
	}
	if cfg.URL == "" && cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	b, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// ears is what a node hears, one line a message.
func ears(t *testing.T, b *Bus, topic string) <-chan string {
	t.Helper()
	heard := make(chan string, 10_000)
	stop, err := b.Hear(topic, func(node string, body []byte) { heard <- node + " " + string(body) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return heard
}

// until tells again and again, for before the way is there messages are lost,
// until the text arrives.
func until(t *testing.T, tell func(), heard <-chan string, want string) {
	t.Helper()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	most := time.After(30 * time.Second)
	for {
		select {
		case got := <-heard:
			if got == want {
				return
			}
		case <-again.C:
			tell()
		case <-most:
			t.Fatalf("%q was not heard", want)
		}
	}
}

func TestEmbedded(t *testing.T) {
	a := node(t, Config{Node: "a"})
	b := node(t, Config{Node: "b", Peers: []string{a.Addr()}})
	atA, atB := ears(t, a, "bell"), ears(t, b, "bell")
	until(t, func() { a.Tell("bell", []byte("from a")) }, atB, "a from a")
	until(t, func() { b.Tell("bell", []byte("from b")) }, atA, "b from b")
	for n := range 1000 {
		a.Tell("bell", fmt.Append(nil, n))
	}
	for n := 0; n < 1000; {
		got := <-atB
		if got == "a from a" {
			continue
		}
		if want := fmt.Sprint("a ", n); got != want {
			t.Fatalf("heard %q, want %q", got, want)
		}
		n++
	}
	select {
	case got := <-atA:
		if strings.HasPrefix(got, "a ") {
			t.Errorf("a heard itself: %q", got)
		}
	default:
	}
	if a.Cut() || b.Cut() {
		t.Error("cut while all is well")
	}
}

func TestOtherHousesAreNotHeard(t *testing.T) {
	a := node(t, Config{Node: "a"})
	b := node(t, Config{Node: "b", House: "h2", Peers: []string{a.Addr()}})
	c := node(t, Config{Node: "c", Peers: []string{a.Addr()}})
	atA, atC := ears(t, a, "x"), ears(t, c, "x")
	until(t, func() { b.Tell("x", []byte("other house")); a.Tell("x", []byte("ours")) }, atC, "a ours")
	until(t, func() { c.Tell("x", []byte("ours too")) }, atA, "c ours too")
	for {
		select {
		case got := <-atA:
			if !strings.HasPrefix(got, "c ") {
				t.Fatalf("heard %q", got)
			}
		case got := <-atC:
			if !strings.HasPrefix(got, "a ") {
				t.Fatalf("heard %q", got)
			}
		default:
			return
		}
	}
}

// TestWrongSecret: who does not know the secret is not let in, while one who
// does is heard over the same listener.
func TestWrongSecret(t *testing.T) {
	a := node(t, Config{Node: "a"})
	stranger := node(t, Config{Node: "stranger", Secret: strings.Repeat("another secret ", 4), Peers: []string{a.Addr()}})
	friend := node(t, Config{Node: "friend", Peers: []string{a.Addr()}})
	atA := ears(t, a, "x")
	for range 20 {
		until(t, func() { stranger.Tell("x", []byte("let me in")); friend.Tell("x", []byte("hello")) }, atA, "friend hello")
	}
	for {
		select {
		case got := <-atA:
			if got != "friend hello" {
				t.Fatalf("heard %q", got)
			}
		default:
			if n := stranger.server.NumRoutes(); n != 0 {
				t.Errorf("the stranger has %d routes", n)
			}
			return
		}
	}
}

// TestExternal has nodes meet at a NATS server of its own, which goes away and
// comes back.
func TestExternal(t *testing.T) {
	begin := func(port int) *server.Server {
		s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, NoSigs: true, NoLog: true})
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		if !s.ReadyForConnections(10 * time.Second) {
			t.Fatal("the NATS of the test does not start")
		}
		return s
	}
	end := func(s *server.Server) { s.Shutdown(); s.WaitForShutdown() }
	s := begin(-1)
	port := s.Addr().(*net.TCPAddr).Port
	url := fmt.Sprint("nats://127.0.0.1:", port)
	a, b := node(t, Config{Node: "a", URL: url}), node(t, Config{Node: "b", URL: url})
	atB := ears(t, b, "bell")
	until(t, func() { a.Tell("bell", []byte("before")) }, atB, "a before")
	end(s)
	await(t, "a cut", a.Cut)
	await(t, "b cut", b.Cut)
	a.Tell("bell", []byte("lost")) // and nobody waits
	s = begin(port)
	defer end(s)
	until(t, func() { a.Tell("bell", []byte("after")) }, atB, "a after")
	await(t, "a back", func() bool { return !a.Cut() })
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	most := time.After(30 * time.Second)
	for !ok() {
		select {
		case <-look.C:
		case <-most:
			t.Fatal(what, "did not come about")
		}
	}
}

func TestBadConfig(t *testing.T) {
	good := Config{House: "h", Node: "n", Listen: "127.0.0.1:0", Secret: secret}
	for want, spoil := range map[string]func(*Config){
		"letters, digits":     func(c *Config) { c.Node = "a.b" },
		"32 characters":       func(c *Config) { c.Secret = "short" },
		"host:port, such as":  func(c *Config) { c.Listen = "7443" },
		"number up to 65535":  func(c *Config) { c.Listen = "127.0.0.1:70000" },
		"as that node listen": func(c *Config) { c.Peers = []string{"127.0.0.1"} },
		"messages between":    func(c *Config) { c.URL = "nats://:99999:x" },
	} {
		cfg := good
		spoil(&cfg)
		b, err := Open(cfg)
		if err == nil {
			b.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want one that says %q", err, want)
		}
	}
}
