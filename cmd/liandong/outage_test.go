package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"liandong/migrations/cluster"
	"liandong/realtime/client"
)

// hush stands between the server and its database, or another node, and can fall silent: nothing is answered, nothing is
// refused, as when a machine loses its network.
type hush struct {
	network, to string

	mu     sync.Mutex
	silent bool
	moved  *sync.Cond
}

func newHush(t *testing.T, network, at, to string) *hush {
	t.Helper()
	h := &hush{network: network, to: to}
	h.moved = sync.NewCond(&h.mu)
	l, err := net.Listen(network, at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close(); h.set(false) })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go h.join(in)
		}
	}()
	return h
}

func (h *hush) join(in net.Conn) {
	defer in.Close()
	h.wait()
	out, err := net.Dial(h.network, h.to)
	if err != nil {
		return
	}
	defer out.Close()
	ended := make(chan struct{}, 2)
	for _, pair := range [][2]net.Conn{{in, out}, {out, in}} {
		go func() {
			defer func() { ended <- struct{}{} }()
			part := make([]byte, 32<<10)
			for {
				n, err := pair[0].Read(part)
				h.wait()
				if _, bad := pair[1].Write(part[:n]); err != nil || bad != nil {
					return
				}
			}
		}()
	}
	<-ended
}

func (h *hush) wait() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.silent {
		h.moved.Wait()
	}
}

func (h *hush) set(silent bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.silent = silent
	h.moved.Broadcast()
}

// TestDatabaseOutage takes the database away in two ways, both real: the server is stopped, and its
// network falls silent. Commands are refused as unavailable, the consoles are told, readiness says so;
// on its return commands are accepted again, and the console has missed nothing.
func TestDatabaseOutage(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "outage") // not t.TempDir: the database's own account must be able to enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	begin := func() *cluster.Cluster {
		c, err := cluster.Start(t.Context(), cluster.Config{Dir: filepath.Join(dir, "pg")})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	end := func(c *cluster.Cluster) {
		ctx, stop := context.WithTimeout(context.Background(), 30*time.Second)
		defer stop()
		if err := c.Stop(ctx); err != nil {
			t.Error(err)
		}
	}
	pg := begin()
	defer func() { end(pg) }()
	sockets := filepath.Join(dir, "hush")
	if err := os.Mkdir(sockets, 0o755); err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(pg.URL())
	if err != nil {
		t.Fatal(err)
	}
	theirs := at.Query().Get("host")
	at.RawQuery = url.Values{"host": {sockets}, "port": {"5432"}}.Encode()
	quiet := newHush(t, "unix", filepath.Join(sockets, ".s.PGSQL.5432"), filepath.Join(theirs, ".s.PGSQL.5432"))
	s := start(t, filepath.Join(dir, "var"), at.String(), pg.AdminURL(), "--demo", "--no-live")
	s.signIn("dispatcher")

	behind := make(chan time.Duration, 1000)
	c := client.New(client.Config{Base: s.base, HTTP: s.http, Header: http.Header{"X-CSRF": {s.csrf}}, Beat: func(d time.Duration) { behind <- d }})
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	over := make(chan error, 1)
	go func() { over <- c.Run(ctx) }()
	if err := c.Wait(ctx, 0); err != nil {
		t.Fatal(err)
	}
	told := func(bad bool) {
		for d := range behind {
			if (d > 2500*time.Millisecond) == bad {
				return
			}
		}
	}
	sent := 0
	write := func() (int, string) {
		sent++
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.base+"/api/v1/commands/report.take", strings.NewReader(`{"channel":"hotline","text":"停电测试"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-CSRF", s.csrf)
		req.Header.Set("Idempotency-Key", fmt.Sprintf("outage-%d", sent))
		res, err := s.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}
	accepted := func() {
		for ctx.Err() == nil {
			if status, _ := write(); status == http.StatusOK {
				return
			}
		}
	}
	accepted()
	for name, out := range map[string]struct{ away, back func() }{
		"stopped": {func() { end(pg) }, func() { pg = begin() }},
		"silent":  {func() { quiet.set(true) }, func() { quiet.set(false) }},
	} {
		out.away()
		gone := time.Now()
		slowest := time.Duration(0)
		for range 5 {
			asked := time.Now()
			status, body := write()
			slowest = max(slowest, time.Since(asked))
			if status != http.StatusServiceUnavailable || !strings.Contains(body, `"code":"unavailable"`) {
				t.Errorf("%s: a command was answered %d %s", name, status, body)
			}
		}
		told(true)
		shown := time.Since(gone)
		if status, body := s.call(http.MethodGet, "/readyz", ""); status != http.StatusServiceUnavailable || !strings.Contains(body, `"database":"failing"`) {
			t.Errorf("%s: readyz %d %s", name, status, body)
		}
		out.back()
		returned := time.Now()
		accepted()
		first := time.Since(returned)
		told(false)
		t.Logf("%s: slowest refusal %.2f s, consoles told after %.1f s, first command %.2f s after the return, consoles told of it after %.1f s",
			name, slowest.Seconds(), shown.Seconds(), first.Seconds(), time.Since(returned).Seconds())
	}
	fresh, err := c.Snapshot(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(ctx, fresh.Seq); err != nil {
		t.Fatal(err)
	}
	for _, d := range c.Picture().Diff(fresh) {
		t.Error(d)
	}
	if st := c.Stats(); st.Gaps != 0 || st.Doubles != 0 {
		t.Errorf("%+v", st)
	}
	leave()
	if err := <-over; err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}
