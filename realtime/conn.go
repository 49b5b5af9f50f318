package realtime

import (
	"net"
	"sync"
	"sync/atomic"

	"github.com/gorilla/websocket"

	"liandong/dispatch"
)

// conn is one console's connection.
type conn struct {
	hub      *Hub
	stream   *stream
	group    *group          // set by stream.join
	ws       *websocket.Conn // reads; what it writes by itself takes its turn, see ear
	out      net.Conn        // what frames are written to
	door     *door           // below out; nil where a write may wait
	writer   *writer
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
	old          bool         // what comes next has left the window: ditto
	told         atomic.Int64 // seen, for whoever asks
	named        int          // how many of the group's roll it was told: the writer's own

	mu      sync.Mutex
	writing bool // it has a turn, or waits for one, or is past writing
	patient bool // the turns are in a goroutine of its own, which may wait
	left    bool // its reader has ended: once nothing more can be said it is cut
	working bool // a command is being carried out
	said    bool // the close frame went out
	closed  bool // the socket is gone
	closing CloseCode
	last    *frame    // the close frame, where closing is set
	todo    []inbound // commands that wait
	pending
	waiting int // bytes of changes that arrived while the socket took nothing
	looks   *look
}

// pending is what the writer has to send: flags and single slots rather than a
// queue, so that what waits has a bound. Only post grows, by answers, and it
// has one, too.
type pending struct {
	post     []*frame
	postSize int
	changes  bool
	beat     bool
	ping     bool
	presence *frame
	moved    *frame   // what moved since the last tick
	place    bool     // everything in view is to be sent anew
	gone     []string // teams that left the view
}

func (p *pending) empty() bool {
	return len(p.post) == 0 && !p.changes && !p.beat && !p.ping && p.presence == nil && p.moved == nil && !p.place && p.gone == nil
}

// begin lets the connection speak: hello, then whatever it missed.
func (c *conn) begin(hello, presence *frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.post = append(c.post, hello)
	c.changes, c.presence = true, presence
	c.wake()
}

// wake asks for a turn to write, unless one is coming. c is locked.
func (c *conn) wake() {
	if c.ask() {
		c.writer.add(c)
	}
}

// ask is wake for who adds the connection to its writer together with others.
func (c *conn) ask() bool {
	if c.writing || c.closed {
		return false
	}
	c.writing = true
	return true
}

// arrived tells that changes of n bytes are there which it may see, and whether
// it now needs a turn. A reader that falls too far behind while its socket takes
// nothing is closed: it resumes with its cursor and loses nothing.
func (c *conn) arrived(n int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.patient {
		if c.waiting += n; c.waiting > c.hub.limits.Queue {
			c.shut(CloseSlow, "")
			return false
		}
	}
	c.changes = true
	return c.ask()
}

// tell queues one frame that is for this connection alone.
func (c *conn) tell(b []byte) { c.enqueue(prepare(b)) }

func (c *conn) enqueue(f *frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing.atOnce() {
		return
	}
	if c.postSize += len(f.wire); c.postSize > c.hub.limits.Queue {
		c.shut(CloseSlow, "")
		return
	}
	c.post = append(c.post, f)
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
	c.closing, c.last = code, closeFrame(code, reason)
	if code.atOnce() {
		c.pending = pending{}
		c.todo = nil
	}
	c.wake()
}

// echo has gorilla's close frame sent, unless one of ours is on its way; nothing
// follows it.
func (c *conn) echo(f *frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing != 0 {
		return
	}
	c.closing, c.last = websocket.CloseNormalClosure, f
	c.pending, c.todo = pending{}, nil
	c.wake()
}

// cut drops the socket without a word: the peer is gone.
func (c *conn) cut() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	_ = c.out.Close()
}

// leave is the end of the reader: once a close frame that waits has gone out
// the socket is dropped.
func (c *conn) leave() {
	c.mu.Lock()
	c.left = true
	busy := c.writing && !c.said
	c.mu.Unlock()
	if !busy {
		c.cut()
	}
}

func (c *conn) over() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing != 0 || c.closed
}
