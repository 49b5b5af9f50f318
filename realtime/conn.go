package realtime

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"liandong/dispatch"
)

// conn is one console's connection.
type conn struct {
	hub      *Hub
	stream   *stream
	group    *group // set by stream.join
	ws       *websocket.Conn
	actor    dispatch.Actor
	au       dispatch.Audience
	handlers Handlers
	resumes  bool
	open     string       // incident on the screen; guarded by stream.mu
	heard    atomic.Int64 // when the peer was last heard of, Unix seconds
	budget   bucket       // inbound frames; the reader's own

	// cursor is where the client stands; up to seen the journal has been looked
	// through for it. The writer's own once begun.
	cursor, seen int64
	told         atomic.Int64 // seen, for whoever asks

	mu      sync.Mutex
	writing bool // a writer goroutine is there, or the connection is past writing
	working bool // a command is being carried out
	closed  bool // the socket is gone
	closing CloseCode
	reason  string
	todo    []inbound // commands that wait
	pending
	waiting int // bytes of changes that arrived while a write was under way
	looks   *cells
}

// pending is what the writer has to send: flags and single slots rather than a
// queue, so that what waits has a bound. Only out grows, by answers, and it has
// one, too.
type pending struct {
	out      []*frame
	outSize  int
	changes  bool
	beat     bool
	ping     bool
	presence *frame
	moved    *frame // what moved since the last tick
	place    bool   // everything in view is to be sent anew
	gone     []string
}

func (p *pending) empty() bool {
	return len(p.out) == 0 && !p.changes && !p.beat && !p.ping && p.presence == nil && p.moved == nil && !p.place && p.gone == nil
}

// begin lets the connection speak: hello, then whatever it missed.
func (c *conn) begin(hello, presence *frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out = append(c.out, hello)
	c.changes, c.presence = true, presence
	c.wake()
}

// wake starts the writer unless one is there. c is locked.
func (c *conn) wake() {
	if c.writing || c.closed {
		return
	}
	c.writing = true
	c.hub.live.Add(1)
	go c.write()
}

// arrived tells that changes of n bytes are there which it may see. A reader
// that falls too far behind while it is written to is closed: it resumes with
// its cursor and loses nothing.
func (c *conn) arrived(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.writing {
		if c.waiting += n; c.waiting > c.hub.limits.Queue {
			c.shut(CloseSlow, "")
			return
		}
	}
	c.changes = true
	c.wake()
}

// post queues one frame of size bytes that is for this connection alone.
func (c *conn) post(b []byte) {
	f := prepare(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.outSize += len(b); c.outSize > c.hub.limits.Queue {
		c.shut(CloseSlow, "")
		return
	}
	c.out = append(c.out, f)
	c.wake()
}

func (c *conn) pulse(ping bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.beat, c.ping = true, c.ping || ping
	c.wake()
}

func (c *conn) present(f *frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.presence = f
	c.wake()
}

// offer hands over what moved. A reader that has not taken the last one yet
// gets the newest of everything in view instead, never a backlog.
func (c *conn) offer(f *frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.moved != nil {
		c.moved, c.place = nil, true
	}
	if !c.place {
		c.moved = f
	}
	c.wake()
}

// unseen tells that a team left the view; what was prepared before may still
// show it and is made anew. Where very many leave, that alone tells it.
func (c *conn) unseen(team string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.looks == nil {
		return // it holds no positions
	}
	if c.gone = append(c.gone, team); len(c.gone) > 1000 {
		c.gone = nil
	}
	c.moved, c.place = nil, true
	c.wake()
}

// close ends the connection with the code.
func (c *conn) close(code CloseCode, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shut(code, reason)
}

// shut is close with c locked. The first code stands, but for one that forbids
// to send more.
func (c *conn) shut(code CloseCode, reason string) {
	if c.closing != 0 && (c.closing.atOnce() || !code.atOnce()) {
		return
	}
	if reason == "" {
		reason = code.String()
	}
	if c.closing == 0 {
		c.hub.gauge.left(code)
	}
	c.closing, c.reason = code, reason
	if code.atOnce() {
		c.pending = pending{}
		c.todo = nil
	}
	c.wake()
}

// cut drops the socket without a word: the peer is gone.
func (c *conn) cut() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	_ = c.ws.Close()
}

func (c *conn) over() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing != 0 || c.closed
}

// write sends until nothing is left, and then ends: an idle connection has no
// writer. After a close frame or an error writing stays true, so that nothing
// is ever written again.
func (c *conn) write() {
	defer c.hub.live.Done()
	for {
		c.mu.Lock()
		p, code, reason := c.pending, c.closing, c.reason
		if c.closed {
			c.mu.Unlock()
			return
		}
		if code == 0 && p.empty() {
			c.writing, c.waiting = false, 0
			c.mu.Unlock()
			return
		}
		c.pending = pending{}
		c.mu.Unlock()
		if code != 0 && (code.atOnce() || p.empty()) {
			c.farewell(code, reason)
			return
		}
		if err := c.send(p); err != nil {
			c.cut()
			return
		}
	}
}

// farewell sends the close frame and gives the peer a moment to answer it.
func (c *conn) farewell(code CloseCode, reason string) {
	msg := websocket.FormatCloseMessage(int(code), reason[:min(len(reason), 120)])
	if err := c.ws.WriteControl(websocket.CloseMessage, msg, time.Now().Add(c.hub.limits.Write)); err != nil {
		c.cut()
		return
	}
	_ = c.ws.SetReadDeadline(time.Now().Add(2 * time.Second))
}

// send writes one round of what is pending: answers first, then changes, then
// what may be late.
func (c *conn) send(p pending) error {
	for _, f := range p.out {
		if err := c.put(f); err != nil {
			return err
		}
	}
	if p.changes || p.beat {
		if err := c.advance(p.beat); err != nil {
			return err
		}
	}
	if p.presence != nil {
		if err := c.put(p.presence); err != nil {
			return err
		}
	}
	if p.gone != nil {
		if err := c.put(prepare(goneFrame(p.gone))); err != nil {
			return err
		}
	}
	if p.place {
		p.moved = c.stream.placed(c)
	}
	if p.moved != nil {
		if err := c.put(p.moved); err != nil {
			return err
		}
	}
	if p.ping {
		return c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(c.hub.limits.Write))
	}
	return nil
}

func (c *conn) put(f *frame) error {
	_ = c.ws.SetWriteDeadline(time.Now().Add(c.hub.limits.Write)) // never fails
	return c.ws.WritePreparedMessage(f)
}

// advance sends the next frame of changes; with beat also how far that is.
func (c *conn) advance(beat bool) error {
	st, err := c.stream.next(c.group, c.cursor, c.seen)
	if errors.Is(err, errBehind) {
		st, err = c.hub.older(c)
	}
	if err != nil {
		c.hub.log.Error().Err(err).Str("realm", string(c.stream.realm)).Int64("cursor", c.cursor).Msg("a console cannot be told a change")
		c.close(CloseInternal, "")
		return nil
	}
	c.seen = st.to
	c.told.Store(st.to)
	if st.frame != nil {
		if err := c.put(st.frame); err != nil {
			return err
		}
		c.cursor = st.to
	}
	c.mu.Lock()
	if st.more {
		c.changes = true
		c.beat = c.beat || beat
	} else {
		c.waiting = 0
	}
	c.mu.Unlock()
	if beat && !st.more {
		if err := c.put(c.stream.beat(c.cursor, c.seen)); err != nil {
			return err
		}
		c.cursor = c.seen
	}
	return nil
}
