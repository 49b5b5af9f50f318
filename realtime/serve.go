package realtime

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"liandong/dispatch"
)

// Client is who connects, and where it stands.
type Client struct {
	Actor dispatch.Actor // Session names the sign-in
	// Since is the seq the client has seen; nil starts at the head.
	Since *int64
	// Epoch is the journal that Since is of; empty is not compared.
	Epoch string
}

// Handlers is what a connection needs of whoever serves it.
type Handlers struct {
	// Command carries out one command and returns either the answer, a JSON
	// object {seq, at, replayed, put, drop, secret}, or the problem document.
	// One connection's commands come one after another.
	Command func(ctx context.Context, actor dispatch.Actor, id, name string, body []byte) (answer, problem json.RawMessage)
	// Valid, where set, is asked once the connection can be found by
	// Hub.Close: a sign-out between authentication and here is not missed.
	Valid func(ctx context.Context) bool
	// Ended, where set, is called once the connection is over, or did not come
	// about though Serve returned nil.
	Ended func()
}

var upgrader = websocket.Upgrader{
	// A small buffer of its own instead of the HTTP server's 4 KiB: a console
	// says little. A write buffer is never needed: see ear.
	ReadBufferSize:  1 << 10,
	WriteBufferPool: &sync.Pool{},
	// CheckOrigin nil: a browser's Origin must be the host asked.
}

// Serve upgrades the request and serves the connection, which lives on after
// Serve has returned. The caller has authenticated the actor. An error is a
// *dispatch.Error and means that nothing was written yet; once the connection
// is upgraded, or gorilla has answered a bad handshake itself, it is nil.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, client Client, handlers Handlers) error {
	s, err := h.stream(r.Context(), client.Actor.Realm)
	if err != nil {
		return err
	}
	c := &conn{hub: h, stream: s, writer: h.crew.assign(), actor: client.Actor, au: client.Actor.Audience(), handlers: handlers}
	c.handlers.Valid = nil // it may hold the whole request; it is asked once, here
	if err := h.reserve(c); err != nil {
		return err
	}
	e := &ear{}
	ws, err := upgrader.Upgrade(hijacker{w, e}, r, nil)
	if err != nil {
		h.release(c)
		if handlers.Ended != nil {
			handlers.Ended()
		}
		return nil
	}
	c.ws, c.out, c.door = ws, e.Conn, doorOf(e.Conn)
	if c.door != nil {
		c.door.open()
		if c.door.Conn == e.Conn {
			c.out = c.door // made just now, over everything
		}
	}
	e.conn = c
	c.hear()
	code := h.place(r.Context(), c, client)
	h.add(c)
	if handlers.Valid != nil && code == 0 && !handlers.Valid(r.Context()) {
		code = CloseAuth
	}
	if code == 0 && !s.join(c) {
		code = CloseEpoch // it begins anew, with the next stream of the realm
	}
	if code != 0 {
		c.close(code, "")
	}
	go c.read()
	return nil
}

// place sets the cursor of a resuming connection, or tells why it cannot resume.
func (h *Hub) place(ctx context.Context, c *conn, client Client) CloseCode {
	if client.Epoch != "" && client.Epoch != c.stream.epoch {
		return CloseEpoch
	}
	if client.Since == nil {
		return 0
	}
	c.resumes, c.cursor = true, *client.Since
	c.stream.mu.Lock()
	head := c.stream.head
	c.stream.mu.Unlock()
	if c.cursor > head {
		// A snapshot may be newer than this server's last look; a cursor beyond
		// the journal itself is of another one.
		newest, err := h.cfg.Journal.Head(ctx, c.stream.realm)
		if err != nil {
			return CloseInternal
		}
		if c.cursor > newest {
			return CloseEpoch
		}
		c.stream.poke()
	}
	if c.cursor < 0 || head-c.cursor > h.limits.TooOld {
		return CloseTooOld
	}
	return 0
}

// reserve counts the connection against the limits.
func (h *Hub) reserve(c *conn) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.stopping:
		return stopped()
	case h.taken >= h.limits.Connections:
		return &dispatch.Error{Code: dispatch.Throttled, Message: "the server has as many connections as it may", MessageZH: "服务器连接数已达上限"}
	case h.sessions[c.actor.Session] >= h.limits.PerSession:
		return &dispatch.Error{Code: dispatch.Throttled, Message: "this sign-in has too many screens open; close one", MessageZH: "该登录打开的页面过多，请先关闭一个"}
	}
	h.taken++
	h.sessions[c.actor.Session]++
	h.live.Add(1)
	return nil
}

// release takes back what was reserved for a connection that did not come about.
func (h *Hub) release(c *conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.uncount(c)
	h.live.Done()
}

// uncount frees the connection's place. h is locked.
func (h *Hub) uncount(c *conn) {
	h.taken--
	if h.sessions[c.actor.Session]--; h.sessions[c.actor.Session] == 0 {
		delete(h.sessions, c.actor.Session)
	}
}

// add makes the connection one that Close finds. What happened since it was
// reserved is caught up with here.
func (h *Hub) add(c *conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.conns[c] = struct{}{}
	if t := h.streams[c.stream.realm]; t == nil || t.stream != c.stream {
		c.close(CloseEpoch, "")
	}
	if h.stopping {
		c.close(CloseGoingAway, "")
	}
}

// remove forgets the connection once its reader has ended.
func (h *Hub) remove(c *conn) {
	c.leave()
	if c.handlers.Ended != nil {
		c.handlers.Ended()
	}
	if c.group != nil {
		c.stream.leave(c)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.conns, c)
	h.uncount(c)
}

// hijacker finds the connection behind a wrapped ResponseWriter, and puts the
// ear between it and gorilla.
type hijacker struct {
	http.ResponseWriter
	ear *ear
}

func (w hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, b, err := http.NewResponseController(w.ResponseWriter).Hijack()
	w.ear.Conn = c
	return w.ear, b, err
}

// ear is the connection as gorilla has it: gorilla reads, and what it writes by
// itself - pongs, the answer to a close, the close of a frame too big - takes
// its turn among our frames instead of falling between two halves of one.
type ear struct {
	net.Conn
	conn *conn // nil during the handshake
}

func (e *ear) Write(b []byte) (int, error) {
	if e.conn == nil {
		return e.Conn.Write(b)
	}
	f := &frame{bytes.Clone(b)} // always one whole control frame
	if b[0] == closeOp {
		e.conn.echo(f)
	} else {
		e.conn.enqueue(f)
	}
	return len(b), nil
}

// SetWriteDeadline is ours to set.
func (e *ear) SetWriteDeadline(t time.Time) error {
	if e.conn == nil {
		return e.Conn.SetWriteDeadline(t)
	}
	return nil
}

// Stats is what an administrator sees of the hub.
type Stats struct {
	Epoch       string                         `json:"epoch"`
	Connections int                            `json:"connections"`
	Sessions    int                            `json:"sessions"`
	Streams     map[dispatch.Realm]StreamStats `json:"streams"`
	Ticks       Spans                          `json:"ticks"`  // with the time each took
	Ticked      time.Time                      `json:"ticked"` // the last one
	Closed      map[string]int64               `json:"closed"` // connections closed from here, by close code
}

// Stats counts what is there now.
func (h *Hub) Stats() Stats {
	h.mu.Lock()
	st := Stats{Epoch: h.epoch, Connections: len(h.conns), Sessions: len(h.sessions), Streams: map[dispatch.Realm]StreamStats{}}
	st.Ticks, st.Ticked, st.Closed = h.gauge.read()
	streams := make([]*stream, 0, len(h.streams))
	for _, t := range h.streams {
		streams = append(streams, t.stream)
	}
	h.mu.Unlock()
	for _, s := range streams {
		st.Streams[s.realm] = s.stats()
	}
	return st
}
