package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"liandong/dispatch"
	"liandong/geo"
)

// Config says where the server is and who connects.
type Config struct {
	// Base is the server's address: https://host:8443.
	Base string
	// HTTP does the requests; its Jar holds the session's cookie and its
	// Transport, where it is an *http.Transport, the trusted authorities.
	HTTP *http.Client
	// Header goes with each request: X-CSRF, or what a test signs in with.
	Header http.Header
	// Retry is how long to wait before the first try to reconnect; it doubles up
	// to 10 s, with jitter. 0 means 500 ms.
	Retry time.Duration
	// Positions, where set, is given each positions frame.
	Positions func(Positions)
	// Changed, where set, is given the seq, kind and time of each change.
	Changed func(seq int64, kind string, at time.Time)
	// Beat, where set, is given with each beat how long ago the server last read
	// its journal.
	Beat func(behind time.Duration)
	// Nodes, where set, is given with each beat whether other nodes cannot be heard.
	Nodes func(cut bool)
	// Moves, where set, is given each positions frame as it came: for who counts many and reads few.
	Moves func(Moves)
	// Start, where set, is what the console begins with, instead of a snapshot of its own. It must
	// have been taken by the same audience, and is not changed.
	Start *Picture
	// Light has the console keep no records: it still checks that no change is missing or doubled.
	Light bool
	// Watch is what to look at from within a drill: "alarms" of what is real.
	Watch string
	// Frames, where set, decodes for many consoles.
	Frames *Frames
}

// Stats counts what happened to a console.
type Stats struct {
	Changes   int         // changes applied
	Frames    int         // frames read
	Bytes     int         // bytes of frames read
	Snapshots int         // snapshots taken
	Connects  int         // times the socket opened
	Cuts      int         // times it ended without a close code
	Closes    map[int]int // times it ended with one
	Gaps      int         // frames that did not begin at the cursor: must be 0
	Doubles   int         // changes seen twice or out of order: must be 0
	Faults    []string    // the first ten breaches of the contract, in words
}

// Console is one console. Run keeps it up to date.
type Console struct {
	cfg Config

	mu      sync.Mutex
	picture *Picture
	stats   Stats
	ws      *websocket.Conn
	link    *link
	look    map[string]any // the last look frame
	open    string
	moved   chan struct{} // closed and replaced when the cursor moves or the link changes
}

// link is one socket, for writing: gorilla allows one writer at a time.
type link struct {
	mu      sync.Mutex
	ws      *websocket.Conn
	answers map[string]chan Answer // guarded by Console.mu
}

// New returns a console that Run brings to life.
func New(cfg Config) *Console {
	if cfg.HTTP == nil {
		cfg.HTTP = http.DefaultClient
	}
	if cfg.Retry == 0 {
		cfg.Retry = 500 * time.Millisecond
	}
	c := &Console{cfg: cfg, stats: Stats{Closes: map[int]int{}}, moved: make(chan struct{})}
	if cfg.Start != nil {
		c.picture = c.own(cfg.Start)
	}
	return c
}

// own is a picture that this console may change.
func (c *Console) own(p *Picture) *Picture {
	if c.cfg.Light {
		return &Picture{Epoch: p.Epoch, Realm: p.Realm, Seq: p.Seq}
	}
	return p.clone()
}

// ErrSignIn tells that the server no longer accepts the session.
var ErrSignIn = errors.New("the session has ended: sign in again")

// Run keeps the picture up to date until ctx ends, which returns nil, or the
// session does, which returns ErrSignIn. It reconnects by itself.
func (c *Console) Run(ctx context.Context) error {
	wait := c.cfg.Retry
	for ctx.Err() == nil {
		begun := time.Now()
		err := c.once(ctx)
		if errors.Is(err, ErrSignIn) {
			return err
		}
		if time.Since(begun) > 10*time.Second {
			wait = c.cfg.Retry
		}
		pause := time.NewTimer(wait/2 + rand.N(wait))
		select {
		case <-ctx.Done():
		case <-pause.C:
		}
		pause.Stop()
		wait = min(2*wait, 10*time.Second)
	}
	return nil
}

// once takes a snapshot where there is none and listens until the socket ends.
func (c *Console) once(ctx context.Context) error {
	c.mu.Lock()
	p := c.picture
	c.mu.Unlock()
	if p == nil {
		fresh, err := c.Snapshot(ctx)
		if err != nil {
			return err
		}
		if c.cfg.Light {
			fresh = c.own(fresh)
		}
		c.mu.Lock()
		c.picture, p = fresh, fresh
		c.stats.Snapshots++
		c.signal()
		c.mu.Unlock()
	}
	ws, err := c.dial(ctx, p)
	if err != nil {
		return err
	}
	l := &link{ws: ws, answers: map[string]chan Answer{}}
	stop := context.AfterFunc(ctx, func() { _ = ws.Close() })
	defer stop()
	c.mu.Lock()
	c.ws, c.link = ws, l
	c.stats.Connects++
	look, open := c.look, c.open
	c.signal()
	c.mu.Unlock()
	if look != nil {
		_ = l.write(look)
	}
	if open != "" {
		_ = l.write(map[string]any{"t": "open", "incident": open})
	}
	err = c.listen(ws)
	_ = ws.Close()
	c.mu.Lock()
	c.ws, c.link = nil, nil
	for _, ch := range l.answers {
		close(ch)
	}
	c.signal()
	c.mu.Unlock()
	return c.ended(err)
}

// ended counts how the socket ended and decides what comes next.
func (c *Console) ended(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var closed *websocket.CloseError
	if !errors.As(err, &closed) || closed.Code == websocket.CloseAbnormalClosure {
		c.stats.Cuts++
		return err
	}
	c.stats.Closes[closed.Code]++
	switch closed.Code {
	case 4002, 4004, 4005: // epoch, scope, too-old
		c.picture = nil
	case 4003:
		return ErrSignIn
	}
	return err
}

func (c *Console) dial(ctx context.Context, p *Picture) (*websocket.Conn, error) {
	q := url.Values{"since": {fmt.Sprint(p.Seq)}, "epoch": {p.Epoch}}
	if c.cfg.Watch != "" {
		q.Set("watch", c.cfg.Watch)
	}
	address := "ws" + strings.TrimPrefix(c.cfg.Base, "http") + "/api/v1/socket?" + q.Encode()
	d := websocket.Dialer{Jar: secure{c.cfg.HTTP.Jar}, HandshakeTimeout: 10 * time.Second, ReadBufferSize: 4 << 10, WriteBufferSize: 1 << 10}
	if t, ok := c.cfg.HTTP.Transport.(*http.Transport); ok {
		d.TLSClientConfig, d.NetDialContext = t.TLSClientConfig, t.DialContext
	}
	ws, resp, err := d.DialContext(ctx, address, c.cfg.Header)
	if err == nil {
		return ws, nil
	}
	if resp != nil {
		defer resp.Body.Close()
		if resp.StatusCode == http.StatusUnauthorized {
			return nil, ErrSignIn
		}
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 300))
		return nil, fmt.Errorf("socket: %s: %s", resp.Status, text)
	}
	return nil, err
}

// secure looks cookies up under https: a jar keeps Secure cookies from wss.
type secure struct{ http.CookieJar }

func (s secure) Cookies(u *url.URL) []*http.Cookie {
	if s.CookieJar == nil {
		return nil
	}
	v := *u
	if rest, ok := strings.CutPrefix(u.Scheme, "ws"); ok { // gorilla may have done it already
		v.Scheme = "http" + rest
	}
	return s.CookieJar.Cookies(&v)
}

func (s secure) SetCookies(*url.URL, []*http.Cookie) {}

// Snapshot takes a fresh snapshot and leaves the picture alone.
func (c *Console) Snapshot(ctx context.Context) (*Picture, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.cfg.Base+"/api/v1/snapshot?"+url.Values{"watch": {c.cfg.Watch}}.Encode(), nil)
	if err != nil {
		return nil, err
	}
	for k, v := range c.cfg.Header {
		req.Header[k] = v
	}
	resp, err := c.cfg.HTTP.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		return ReadPicture(resp.Body)
	case http.StatusUnauthorized:
		return nil, ErrSignIn
	}
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 300))
	return nil, fmt.Errorf("snapshot: %s: %s", resp.Status, text)
}

// Picture is a copy of what the console holds now; nil before the first
// snapshot.
func (c *Console) Picture() *Picture {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.picture == nil {
		return nil
	}
	return c.picture.clone()
}

// Stats is a copy of the counts.
func (c *Console) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stats
	s.Closes = map[int]int{}
	for k, v := range c.stats.Closes {
		s.Closes[k] = v
	}
	return s
}

// Cut drops the socket without a word, as a bad network does.
func (c *Console) Cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ws != nil {
		_ = c.ws.NetConn().Close()
	}
}

// Wait returns once the cursor has reached seq and the socket is open.
func (c *Console) Wait(ctx context.Context, seq int64) error {
	return c.Until(ctx, func(p *Picture) bool { return p.Seq >= seq })
}

// Until returns once the socket is open and the picture is as asked; ok must
// not keep it.
func (c *Console) Until(ctx context.Context, ok func(*Picture) bool) error {
	for {
		c.mu.Lock()
		done, moved := c.picture != nil && c.link != nil && ok(c.picture), c.moved
		c.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// signal wakes who waits. The console is locked.
func (c *Console) signal() {
	close(c.moved)
	c.moved = make(chan struct{})
}

// Look tells what the map shows, now and after each reconnection. It is told
// every move, as at the largest scale.
func (c *Console) Look(b geo.Bound) error { return c.LookAt(b, 16) }

// LookAt is Look with the zoom of the map: what moves less than a pixel is told
// more seldom.
func (c *Console) LookAt(b geo.Bound, zoom float64) error {
	look := map[string]any{"t": "look", "bound": b, "zoom": zoom}
	return c.say(func() { c.look = look }, look)
}

// Open tells which incident is on the screen, "" for none.
func (c *Console) Open(incident string) error {
	return c.say(func() { c.open = incident }, map[string]any{"t": "open", "incident": incident})
}

func (c *Console) say(keep func(), frame any) error {
	c.mu.Lock()
	keep()
	l := c.link
	c.mu.Unlock()
	if l == nil {
		return nil // told when the socket opens
	}
	return l.write(frame)
}

func (l *link) write(v any) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ws.WriteJSON(v)
}

// Answer is what became of a command.
type Answer struct {
	Seq      int64             `json:"seq"`
	Replayed bool              `json:"replayed"`
	Put      []json.RawMessage `json:"put"`
	Drop     []dispatch.Ref    `json:"drop"`
	Secret   string            `json:"secret"`
	// Problem is the problem document when the command was refused.
	Problem json.RawMessage `json:"problem"`
}

// ErrCut tells that the socket ended before the answer came: the command may
// have been carried out or not; the same key asks again.
var ErrCut = errors.New("the connection ended before the answer came")

// Command sends a command and waits for its answer. key is its idempotency key.
func (c *Console) Command(ctx context.Context, key, name string, body any) (Answer, error) {
	ch := make(chan Answer, 1)
	c.mu.Lock()
	l := c.link
	if l == nil {
		c.mu.Unlock()
		return Answer{}, ErrCut
	}
	l.answers[key] = ch
	c.mu.Unlock()
	if err := l.write(map[string]any{"t": "command", "id": key, "name": name, "body": body}); err != nil {
		return Answer{}, ErrCut
	}
	select {
	case a, ok := <-ch:
		if !ok {
			return Answer{}, ErrCut
		}
		return a, nil
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	}
}
