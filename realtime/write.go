package realtime

import (
	"errors"
	"time"
)

// outcome is what comes after a turn.
type outcome int

const (
	idle  outcome = iota // nothing is left to be said
	again                // something is
	alone                // the next turn may wait, and so needs a goroutine of its own
)

// joined bounds what several frames are copied together to go out in one write.
const joined = 64 << 10

// turn writes what waits, once. Only a patient turn may wait, for the socket or
// for the journal. One connection has one turn at a time. After a close frame
// or an error writing stays true, so that nothing is ever written again.
func (c *conn) turn(w *writer, patient bool) outcome {
	c.mu.Lock()
	switch {
	case c.closed, c.said:
		c.mu.Unlock()
		return idle
	case c.closing != 0 && (c.closing.atOnce() || c.pending.empty()):
		c.said = true
		c.mu.Unlock()
		return c.farewell(patient)
	case c.left:
		c.mu.Unlock()
		c.cut()
		return idle
	case c.pending.empty():
		defer c.mu.Unlock()
		c.writing, c.patient, c.waiting = false, false, 0
		return idle
	case !patient && (c.place || c.door == nil):
		defer c.mu.Unlock()
		return c.await()
	}
	p := c.pending
	c.pending = pending{}
	c.mu.Unlock()
	c.compose(w, &p, patient)
	if err := c.send(w); err != nil {
		c.cut()
		return idle
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen >= c.stream.top.Load() {
		c.waiting = 0
	}
	switch {
	case c.old && !patient || c.stuck():
		return c.await()
	case !c.pending.empty() || c.closing != 0 || c.left:
		return again
	}
	c.writing, c.patient, c.waiting = false, false, 0
	return idle
}

// await asks for a goroutine of the connection's own, unless it has one or its
// reader has ended. c is locked.
func (c *conn) await() outcome {
	if c.left || c.patient {
		return again
	}
	c.patient = true
	c.hub.live.Add(1) // the reader, which counts too, is still there
	return alone
}

// stuck tells that the socket has not taken all.
func (c *conn) stuck() bool { return c.door != nil && c.door.waits() }

// patiently takes the connection's turns until it is caught up and its socket
// takes everything at once.
func (c *conn) patiently() {
	defer c.hub.live.Done()
	var w writer
	for {
		if c.door != nil {
			if err := c.door.flush(c.hub.limits.Write); err != nil {
				c.cut()
				return
			}
		}
		c.mu.Lock()
		back := c.door != nil && !c.place && !c.old && !c.pending.empty()
		if back {
			c.patient = false
		}
		c.mu.Unlock()
		if back {
			c.writer.add(c)
			return
		}
		if c.turn(&w, true) == idle {
			return
		}
	}
}

// farewell sends the close frame and gives the peer a moment to answer it.
func (c *conn) farewell(patient bool) outcome {
	w := writer{tell: [][]byte{c.last.wire}}
	if err := c.send(&w); err != nil {
		c.cut()
		return idle
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left { // leave has left the rest to this turn
		c.closed = true
		_ = c.out.Close()
		return idle
	}
	moment, next := 2*time.Second, idle
	if c.stuck() {
		moment += c.hub.limits.Write
		if !patient {
			next = c.await()
		} else {
			next = again
		}
	}
	_ = c.ws.SetReadDeadline(time.Now().Add(moment)) // a socket takes any deadline
	return next
}

// compose collects what is pending: answers first, then changes, then what may
// be late.
func (c *conn) compose(w *writer, p *pending, patient bool) {
	w.tell = w.tell[:0]
	for _, f := range p.post {
		w.tell = append(w.tell, f.wire)
	}
	if p.changes || p.beat {
		c.advance(w, p.beat, patient)
	}
	if p.presence != nil {
		w.tell = append(w.tell, p.presence.wire)
	}
	if p.gone != nil {
		w.tell = append(w.tell, prepare(goneFrame(p.gone)).wire)
	}
	if p.place {
		p.moved = c.stream.placed(c)
	}
	if p.moved != nil {
		if f := c.names(); f != nil {
			w.tell = append(w.tell, f.wire)
		}
		w.tell = append(w.tell, p.moved.wire)
	}
	if p.ping {
		w.tell = append(w.tell, pingFrame)
	}
}

// advance adds the next frame of changes; with beat also how far that is.
func (c *conn) advance(w *writer, beat, patient bool) {
	st, err := c.stream.next(c.group, c.cursor, c.seen)
	if c.old = errors.Is(err, errBehind); c.old {
		if !patient {
			c.mu.Lock()
			c.changes, c.beat = true, c.beat || beat
			c.mu.Unlock()
			return
		}
		st, err = c.hub.older(c)
	}
	if err != nil {
		c.hub.log.Error().Err(err).Str("realm", string(c.stream.realm)).Int64("cursor", c.cursor).Msg("a console cannot be told a change")
		c.close(CloseInternal, "")
		return
	}
	c.seen = st.to
	c.told.Store(st.to)
	if st.frame != nil {
		w.tell = append(w.tell, st.frame.wire)
		c.cursor = st.to
	}
	if st.more {
		c.mu.Lock()
		c.changes, c.beat = true, c.beat || beat
		c.mu.Unlock()
		return
	}
	if beat {
		w.tell = append(w.tell, c.stream.beat(c.cursor, c.seen).wire)
		c.cursor = c.seen
	}
}

// send writes the frames, several small ones in one write.
func (c *conn) send(w *writer) error {
	if c.door == nil {
		_ = c.out.SetWriteDeadline(time.Now().Add(c.hub.limits.Write)) // a socket takes any deadline
	}
	tell := w.tell
	if len(tell) > 1 {
		n := 0
		for _, b := range tell {
			n += len(b)
		}
		if n <= joined {
			w.buf = w.buf[:0]
			for _, b := range tell {
				w.buf = append(w.buf, b...)
			}
			_, err := c.out.Write(w.buf)
			return err
		}
	}
	for _, b := range tell {
		if _, err := c.out.Write(b); err != nil {
			return err
		}
	}
	return nil
}
