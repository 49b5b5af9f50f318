package cot

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"liandong/dispatch"
)

// conn is one client's connection: a goroutine that reads and one that writes.
type conn struct {
	s       *Server
	nc      net.Conn // as it was accepted; closing it ends all
	stream  net.Conn // the same, or TLS over it
	address netip.Addr
	in      *reader

	// Set before the connection is admitted, and not changed after.
	device *dispatch.Device
	token  [32]byte
	actor  dispatch.Actor
	until  time.Time // the end of the certificate

	own    string // uid of the client itself; the reader's own
	tokens float64
	filled time.Time

	doubt atomic.Bool // the device is to be asked for again

	mu    sync.Mutex
	out   []answer
	size  int
	due   bool // the picture is to be looked at
	wake  chan struct{}
	done  chan struct{}
	ended bool

	proto bool             // the writer's own
	sent  map[string]shown // ditto: what the client has, by uid
}

// answer is an event for this client alone; after upgrade the stream is
// protobuf.
type answer struct {
	event   *Event
	upgrade bool
}

// maxFaults is how many events may be wrong before the client is cut.
const maxFaults = 20

// Close ends the connection; safe to call again.
func (c *conn) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.ended = true
		close(c.done)
		_ = c.nc.Close()
	}
}

// serve is the connection's life.
func (c *conn) serve(config *tls.Config) {
	_ = c.nc.SetDeadline(time.Now().Add(c.s.limits.Identify))
	if err := c.identify(config); err != nil {
		if refusal(err) {
			c.s.tally.refuse(err.Error())
		} else {
			c.s.tally.refuse("unidentified")
		}
		c.s.cfg.Log.Debug().Err(err).Stringer("address", c.address).Msg("a TAK client was not let in")
		return
	}
	_ = c.nc.SetDeadline(time.Time{})
	c.actor = dispatch.Actor{ID: c.device.ID, Name: c.device.Name, Realm: dispatch.Live, Role: dispatch.RoleLeader,
		Agency: c.device.Scope.Agency, Team: c.device.Team}
	c.post(c.offer(), false)
	c.s.gate.Known(c, c.device.ID)
	// What happened between the question and here is not missed.
	c.doubt.Store(true)
	var writer sync.WaitGroup
	writer.Go(c.write)
	c.read()
	c.Close()
	writer.Wait()
}

// identify finds the device, by the certificate or by the first words.
func (c *conn) identify(config *tls.Config) error {
	ctx, cancel := context.WithTimeout(c.s.ctx, c.s.limits.Identify)
	defer cancel()
	if config != nil {
		t := tls.Server(c.nc, config)
		if err := t.HandshakeContext(ctx); err != nil {
			return err
		}
		cert := t.ConnectionState().PeerCertificates[0]
		token, ok := identity(cert)
		if !ok {
			return errUnknown
		}
		c.stream, c.token, c.until = t, token, cert.NotAfter
		c.in = newReader(t)
	} else {
		c.stream, c.in = c.nc, newReader(c.nc)
		password, err := c.password()
		if err != nil {
			return err
		}
		c.token = sha256.Sum256([]byte(password))
	}
	var err error
	c.device, err = c.s.admit(ctx, c.token)
	return err
}

// password reads <auth><cot username= password= uid=/></auth>.
func (c *conn) password() (string, error) {
	raw, err := c.in.chunk()
	if err != nil {
		return "", err
	}
	if !bytes.HasSuffix(raw, endAuth) {
		return "", errUnknown
	}
	es, err := parse(raw)
	if err != nil {
		return "", err
	}
	word := find(es, "auth").child("cot").attr("password")
	if word == "" {
		return "", errUnknown
	}
	return word, nil
}

// read takes events until the stream ends.
func (c *conn) read() {
	deadline := func(d time.Duration) { _ = c.stream.SetReadDeadline(time.Now().Add(d)) }
	c.in.begun = func() { deadline(c.s.limits.Event) }
	faults := 0
	for {
		deadline(c.s.limits.Idle)
		e, err := c.in.next()
		var bad errUnreadable
		switch {
		case errors.As(err, &bad):
			c.s.tally.refuse("unreadable")
			if faults++; faults >= maxFaults {
				c.s.tally.refuse("too_many_faults")
				return
			}
			continue
		case err != nil:
			c.s.tally.refuseStream(err)
			return
		case e == nil:
			continue
		}
		faults = 0
		if !c.pace() {
			return
		}
		c.s.tally.frame(c.hear(e))
	}
}

// refuseStream counts why a stream ended, where it did not just end.
func (t *tally) refuseStream(err error) {
	var timeout net.Error
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
	case errors.Is(err, errOversize):
		t.refuse("oversize")
	case errors.Is(err, errFraming):
		t.refuse("framing")
	case errors.As(err, &timeout) && timeout.Timeout():
		t.refuse("silent")
	default:
		t.refuse("cut")
	}
}

// pace slows a client that sends more than it may: it is read later, and TCP
// holds it back. Nothing is dropped, for it could be a call for help.
func (c *conn) pace() bool {
	l, now := c.s.limits, time.Now()
	if c.filled.IsZero() {
		c.tokens = l.Burst
	} else {
		c.tokens = min(l.Burst, c.tokens+now.Sub(c.filled).Seconds()*l.Rate)
	}
	c.filled = now
	c.tokens--
	if c.tokens >= 0 {
		return true
	}
	return c.s.gate.Pause(time.Duration(-c.tokens / l.Rate * float64(time.Second)))
}

// post queues an answer. A client that takes none is cut.
func (c *conn) post(e *Event, upgrade bool) {
	c.mu.Lock()
	c.size += len(e.Encode(nil))
	over := c.size > c.s.limits.Queue
	c.out = append(c.out, answer{e, upgrade})
	c.mu.Unlock()
	if over {
		c.s.tally.refuse("slow")
		c.Close()
		return
	}
	c.stir()
}

// tick looks whether the device may still be served, and asks for the picture.
func (c *conn) tick(ctx context.Context) {
	select {
	case <-c.done: // sent away, and on its way out
		return
	default:
	}
	now := c.s.cfg.Now()
	if !c.until.IsZero() && now.After(c.until) || c.device.Expires != nil && !c.device.Expires.After(now) {
		c.s.tally.refuse("expired")
		c.Close()
		return
	}
	if c.doubt.Swap(false) {
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		d, err := c.s.admit(ctx, c.token)
		cancel()
		switch {
		case refusal(err):
			c.s.tally.refuse(err.Error())
			c.Close()
			return
		case err != nil:
			c.doubt.Store(true)
		case d.Team != c.device.Team || d.Scope.Agency != c.device.Scope.Agency || d.Name != c.device.Name:
			c.Close() // it comes back as what it is now
			return
		}
	}
	c.mu.Lock()
	c.due = true
	c.mu.Unlock()
	c.stir()
}

func (c *conn) stir() {
	select {
	case c.wake <- struct{}{}:
	default: // it is awake
	}
}

// chunk bounds one write, in bytes.
const chunk = 32 << 10

// write sends answers, and after each tick what has changed in the picture. It
// looks at the picture when it is about to write: a slow client gets the
// newest, never a backlog.
func (c *conn) write() {
	defer c.Close()
	var b []byte
	flush := func(least int) bool {
		if len(b) < least || len(b) == 0 {
			return true
		}
		_ = c.stream.SetWriteDeadline(time.Now().Add(c.s.limits.Write))
		_, err := c.stream.Write(b)
		b = b[:0]
		if err != nil && !errors.Is(err, net.ErrClosed) {
			c.s.tally.refuse("slow")
		}
		return err == nil
	}
	for {
		select {
		case <-c.wake:
		case <-c.done:
			return
		}
		c.mu.Lock()
		out, due := c.out, c.due
		c.out, c.size, c.due = nil, 0, false
		c.mu.Unlock()
		for _, a := range out {
			b = appendFrame(b, a.event, c.proto)
			c.proto = c.proto || a.upgrade
		}
		if due {
			for _, e := range c.picture(c.s.cfg.Now()) {
				if b = appendFrame(b, e, c.proto); !flush(chunk) {
					return
				}
			}
		}
		if !flush(0) {
			return
		}
	}
}
