package main

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"liandong/cmd/liandong/certs"
	"liandong/migrations/pgtest"
)

// testDoor listens as the server does, with short limits, before a handler that reads the whole body.
func testDoor(t *testing.T, most limits) net.Addr {
	t.Helper()
	config, _, err := certs.Load(t.TempDir(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	l, err := listen("127.0.0.1:0", "off", config, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			http.Error(w, "the body did not come", http.StatusRequestTimeout)
		}
	}), most, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.close() }) // connections that a test left open are no fault of it
	return l.addr
}

func dialTLS(t *testing.T, at net.Addr) net.Conn {
	t.Helper()
	c, err := tls.Dial("tcp", at.String(), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// Whoever sends a header or a body drop by drop is cut, and so is who says nothing at all.
func TestSlowSendersAreCut(t *testing.T) {
	t.Parallel()
	at := testDoor(t, limits{header: 100 * time.Millisecond, body: 200 * time.Millisecond, crowd: 10})
	silent, err := net.Dial("tcp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	half := dialTLS(t, at)
	if _, err := io.WriteString(half, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]net.Conn{"silent": silent, "half a header": half} {
		// It ends when the server closes; without the limits it would wait as long as the test may run.
		if said, err := io.ReadAll(c); err == nil && strings.Contains(string(said), "200 OK") {
			t.Errorf("%s: answered %q", name, said)
		}
	}
	body := dialTLS(t, at)
	if _, err := io.WriteString(body, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx"); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(body), nil)
	if err == nil {
		defer res.Body.Close()
		if res.StatusCode != http.StatusRequestTimeout {
			t.Errorf("half a body was answered %d", res.StatusCode)
		}
	}
}

// One address may hold so many connections; those beyond are closed, and one that ends makes room.
func TestCrowd(t *testing.T) {
	t.Parallel()
	dial := func(l net.Listener) net.Conn {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := newCrowd(inner, 2, nil)
	defer l.Close()
	var held []net.Conn
	for range 2 {
		dial(l)
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		held = append(held, c)
	}
	accepted := make(chan net.Conn, 1)
	go func() {
		if c, err := l.Accept(); err == nil {
			accepted <- c
		}
	}()
	if _, err := dial(l).Read(make([]byte, 1)); err == nil {
		t.Error("the third connection was spoken to")
	}
	for range 2 { // a connection is closed once, whoever else closes it again
		_ = held[0].Close()
	}
	dial(l)
	third := <-accepted
	defer third.Close()
	if _, err := dial(newCrowdAccepting(t, l)).Read(make([]byte, 1)); err == nil {
		t.Error("closing one twice made room for two")
	}
}

// Ten thousand connections of one address: it holds its share of them and no more, others are served
// all the while, and once it lets go it is served again.
func TestFlood(t *testing.T) {
	t.Parallel()
	const most, all = 200, 10_000
	at := testDoor(t, limits{header: time.Minute, body: time.Minute, crowd: most})
	ask := func(from string) error {
		d := tls.Dialer{NetDialer: &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}, Config: &tls.Config{InsecureSkipVerify: true}}
		c, err := d.DialContext(t.Context(), "tcp", at.String())
		if err != nil {
			return err
		}
		defer c.Close()
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
			return err
		}
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return errors.New(res.Status)
		}
		return nil
	}
	if err := ask("127.0.0.2"); err != nil {
		t.Skipf("this machine has no second address of its own: %v", err)
	}
	var held []net.Conn
	for n := range all {
		c, err := net.Dial("tcp", at.String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		if n < most {
			held = append(held, c)
			continue
		}
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Fatal("one too many was spoken to")
		}
		_ = c.Close()
		if n%1000 == 0 {
			if err := ask("127.0.0.2"); err != nil {
				t.Errorf("another address is not served during the flood: %v", err)
			}
		}
	}
	if err := ask("127.0.0.1"); err == nil {
		t.Error("the address was served beyond its share")
	}
	for _, c := range held {
		_ = c.Close()
	}
	var err error
	for range 1000 { // the server has yet to notice
		if err = ask("127.0.0.1"); err == nil {
			return
		}
	}
	t.Errorf("the address is not served again: %v", err)
}

// newCrowdAccepting keeps accepting in the background, so that those refused are closed.
func newCrowdAccepting(t *testing.T, l net.Listener) net.Listener {
	t.Helper()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Error("one too many was accepted")
			_ = c.Close()
		}
	}()
	return l
}

// The operator's own proxies bring everybody and are not counted.
func TestProxiesAreNoCrowd(t *testing.T) {
	t.Parallel()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := newCrowd(inner, 1, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})
	defer l.Close()
	for range 3 {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		in, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
	}
}

// Metrics without sign-in are for the machine itself alone.
func TestMetricsDoor(t *testing.T) {
	t.Parallel()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("0123456789abcdef0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	short := filepath.Join(t.TempDir(), "short")
	if err := os.WriteFile(short, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		flags watchFlags
		want  string // in the refusal; "" for none
	}{
		{watchFlags{SocketsPerAddress: 1}, ""},
		{watchFlags{SocketsPerAddress: 1, Metrics: "127.0.0.1:9464"}, ""},
		{watchFlags{SocketsPerAddress: 1, Metrics: "[::1]:9464"}, ""},
		{watchFlags{SocketsPerAddress: 1, Metrics: ":9464"}, "loopback"},
		{watchFlags{SocketsPerAddress: 1, Metrics: "192.0.2.1:9464"}, "loopback"},
		{watchFlags{SocketsPerAddress: 1, Metrics: "127.0.0.1"}, "loopback"},
		{watchFlags{SocketsPerAddress: 1, MetricsTokenFile: token}, ""},
		{watchFlags{SocketsPerAddress: 1, MetricsTokenFile: short}, "16 characters"},
		{watchFlags{SocketsPerAddress: 1, MetricsTokenFile: token + "x"}, "no such file"},
		{watchFlags{}, "--sockets-per-address"},
	} {
		_, err := c.flags.check()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: %v, want %q", c.flags, err, c.want)
		}
	}
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "figures") })
	at, end, err := watchFlags{Metrics: "127.0.0.1:0"}.open(page, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	for path, status := range map[string]int{"/metrics": 200, "/": 404, "/api/v1/settings": 404} {
		res, err := http.Get("http://" + at.String() + path)
		if err != nil {
			t.Fatal(err)
		}
		if res.Body.Close(); res.StatusCode != status {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	if err := end(); err != nil {
		t.Error(err)
	}
}

// The served program watches its own disk, schema and feed.
func TestServedIsReady(t *testing.T) {
	t.Parallel()
	app := pgtest.New(t)
	s := start(t, t.TempDir(), app, pgtest.Admin(t, app))
	if status, body := s.call(http.MethodGet, "/readyz", ""); status != 200 || body != `{"ready":true,"checks":{"cluster":"ok","database":"ok","journal":"ok","positions":"ok","schema":"ok"}}` {
		t.Errorf("readyz %d %s", status, body)
	}
	if d := disk(s.dir); d == nil || d.Size <= 0 || d.Free <= 0 || d.Free > d.Size || d.Low != (d.Free < d.Size/10) {
		t.Errorf("disk %+v", d)
	}
}
