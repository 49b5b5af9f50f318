package web_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"liandong/dispatch"

	"liandong/realtime/client"
	"liandong/web"
)

// One address may hold so many sockets and no more; one that is closed makes room again.
func TestSocketsOfOneAddress(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *web.Config) { c.SocketsPerAddress = 2 })
	desk := h.as("desk")
	ctx, leave := context.WithCancel(t.Context())
	_, ended := desk.console(ctx)
	h.as("chief").console(t.Context())
	upgrade := func() answer {
		return desk.get("/api/v1/socket", "Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
	}
	p := wantProblem(t, upgrade(), http.StatusTooManyRequests, "throttled", "")
	if !strings.Contains(p.Detail, "address") {
		t.Errorf("%q does not say what there are too many of", p.Detail)
	}
	leave()
	<-ended
	// The server learns of it when it reads the end of the connection.
	again := client.New(client.Config{Base: h.url, HTTP: desk.http, Header: http.Header{"X-CSRF": {desk.csrf}}})
	over := make(chan error, 1)
	run, stop := context.WithCancel(t.Context())
	go func() { over <- again.Run(run) }()
	if err := again.Wait(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	stop()
	<-over
	if !strings.Contains(metrics(t, h), `liandong_refused_total{reason="sockets_of_address"}`) {
		t.Error("the refused socket was not counted")
	}
}

// A session that ends by itself ends the sockets opened under it.
func TestExpiredSessionEndsItsSocket(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	now := h.clock()
	token := "a token that nobody guesses"
	err := h.store.StartSession(t.Context(), dispatch.Session{Token: sha256.Sum256([]byte(token)), ID: "short", Person: h.people["desk"], Role: dispatch.RoleDispatcher, Realm: dispatch.Live,
		CSRF: "word", Created: now, Seen: now, Idle: time.Hour, Expires: now.Add(50 * time.Millisecond)})
	if err != nil {
		t.Fatal(err)
	}
	g := h.guest()
	at, err := url.Parse(h.url)
	if err != nil {
		t.Fatal(err)
	}
	g.http.Jar.SetCookies(at, []*http.Cookie{{Name: "liandong_session", Value: token, Secure: true, Path: "/"}})
	_, ended := g.console(t.Context())
	h.pass(time.Minute)
	if err := <-ended; !errors.Is(err, client.ErrSignIn) {
		t.Errorf("the socket ended with %v, want the code auth", err)
	}
}

// Whoever guesses at sessions and tokens is slowed down; whoever was let in lately and sits behind the
// same address is not.
func TestStrangersAreSlowed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	desk := h.as("desk")
	if a := desk.get("/api/v1/session"); a.StatusCode != 200 {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	stranger := h.guest()
	statuses := map[int]int{}
	for i := range 250 {
		statuses[stranger.get("/api/v1/session", "Cookie", fmt.Sprintf("liandong_session=guess%d", i)).StatusCode]++
	}
	if statuses[401] != 200 || statuses[429] != 50 {
		t.Errorf("%v, want 200 wrong guesses and 50 that were not looked at", statuses)
	}
	wantProblem(t, stranger.get("/devices/osmand?id=guess&lat=34&lon=113.8"), 429, "throttled", "")
	if a := desk.get("/api/v1/session"); a.StatusCode != 200 {
		t.Errorf("a neighbour of the stranger is shut out: %d %s", a.StatusCode, a.body)
	}
	h.pass(time.Minute)
	if a := stranger.get("/api/v1/session", "Cookie", "liandong_session=guess"); a.StatusCode != 401 {
		t.Errorf("after a minute: %d", a.StatusCode)
	}
}

// A compressed body is refused before a byte of it is unpacked.
func TestNoCompressedBodies(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	if _, err := z.Write(make([]byte, 64<<20)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/api/v1/commands/report.take", "/api/v1/session", "/api/v1/photos", "/devices/osmand"} {
		a := h.as("desk").send(http.MethodPost, path, bytes.NewReader(bomb.Bytes()), "Content-Encoding", "gzip", "Content-Type", "application/json")
		wantProblem(t, a, http.StatusUnsupportedMediaType, "invalid", "Content-Encoding")
	}
}

// Only the operator's own proxies are believed when they say where a request comes from.
func TestForwardedAddress(t *testing.T) {
	t.Parallel()
	ask := func(t *testing.T, forwarded string, proxies ...netip.Prefix) string {
		h := newHouse(t, func(c *web.Config) { c.Proxies = proxies })
		h.guest().get("/healthz", "X-Forwarded-For", forwarded)
		_, log, _ := strings.Cut(h.log.String(), `"path":"/healthz","from":"`)
		from, _, _ := strings.Cut(log, `"`)
		return from
	}
	loopback := netip.MustParsePrefix("127.0.0.0/8")
	for _, c := range []struct {
		name, forwarded, want string
		proxies               []netip.Prefix
	}{
		{"nobody is believed", "203.0.113.7", "127.0.0.1", nil},
		{"the proxy is", "203.0.113.7", "203.0.113.7", []netip.Prefix{loopback}},
		{"what stands before it is not", "198.51.100.1, 203.0.113.7", "203.0.113.7", []netip.Prefix{loopback}},
		{"a chain of proxies", "198.51.100.1, 203.0.113.7, 10.0.0.2", "203.0.113.7", []netip.Prefix{loopback, netip.MustParsePrefix("10.0.0.0/8")}},
		{"no address", "nonsense", "127.0.0.1", []netip.Prefix{loopback}},
		{"version 6", "2001:db8::1", "2001:db8::1", []netip.Prefix{loopback}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := ask(t, c.forwarded, c.proxies...); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
