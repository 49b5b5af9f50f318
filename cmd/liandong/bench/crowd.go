package bench

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"
)

// crowd is many consoles in one place: it reads what a server sends as cheaply
// as it can, checks that no change is missing, and knows when which change had
// reached how many. It decodes no JSON but each frame's first members.
type crowd struct {
	addr    string
	members []*member
	begun   time.Time
	said    [ring]atomic.Int64 // when a change was given in, by seq, ns since begun
	reached [ring]int32        // how many have it; the reader's own
	count   atomic.Int64       // changes delivered
	heads   atomic.Int64       // greatest seq that all have
	head    chan int64         // told when heads moves
	lags    []time.Duration    // publish to receive, while measuring
	measure atomic.Bool
	broken  chan error // the first breach of the contract, or of the connection
}

const ring = 1 << 16

// member is one console of a crowd.
type member struct {
	crowd  *crowd
	open   bool   // the handshake is over
	cursor int64  // seq of the last change
	to     int64  // cursor once the frame under way is whole; 0: it has no changes
	skip   int    // bytes of the frame under way that are still to come
	carry  []byte // the beginning of a frame, or of the handshake's answer
	pong   func([]byte)
}

const longestStart = 10 + 80 // a frame's header and the members that are looked at

// hear takes bytes as they came. They are read by one goroutine for the whole
// crowd.
func (m *member) hear(b []byte) error {
	for len(b) > 0 {
		if m.skip > 0 {
			n := min(m.skip, len(b))
			m.skip, b = m.skip-n, b[n:]
			if m.skip == 0 {
				m.whole()
			}
			continue
		}
		if len(m.carry) > 0 {
			b = append(m.carry, b...)
			m.carry = nil
		}
		n, err := m.begin(b)
		if err != nil {
			return err
		}
		if n == 0 {
			m.carry = bytes.Clone(b)
			return nil
		}
		b = b[n:]
	}
	return nil
}

// begin reads the beginning of a frame and returns how many bytes it took; 0
// when there are too few.
func (m *member) begin(b []byte) (int, error) {
	if !m.open {
		i := bytes.Index(b, []byte("\r\n\r\n"))
		if i < 0 {
			return 0, nil
		}
		if !bytes.HasPrefix(b, []byte("HTTP/1.1 101")) {
			return 0, fmt.Errorf("the server answers %.80q", b)
		}
		m.open = true
		return i + 4, nil
	}
	head, size, ok := frameSize(b)
	if !ok || len(b) < head+min(size, longestStart-10) {
		return 0, nil
	}
	body := b[head : head+min(size, longestStart-10)]
	switch b[0] {
	case 0x81:
		if err := m.text(body); err != nil {
			return 0, err
		}
	case 0x89:
		m.pong([]byte{0x8a, 0x80, 0, 0, 0, 0})
	case 0x88:
		return 0, fmt.Errorf("the server closes with %q", body)
	default:
		return 0, fmt.Errorf("frame of kind %x", b[0])
	}
	m.skip = size - len(body)
	if m.skip == 0 {
		m.whole()
	}
	return head + len(body), nil
}

func frameSize(b []byte) (head, size int, ok bool) {
	if len(b) < 2 {
		return 0, 0, false
	}
	switch n := b[1]; {
	case n < 126:
		return 2, int(n), true
	case n == 126 && len(b) >= 4:
		return 4, int(binary.BigEndian.Uint16(b[2:])), true
	case n == 127 && len(b) >= 10:
		return 10, int(binary.BigEndian.Uint64(b[2:])), true
	}
	return 0, 0, false
}

// text looks at {"t":"changes","from":1,"to":2,… and {"t":"beat",….
func (m *member) text(b []byte) error {
	rest, ok := bytes.CutPrefix(b, []byte(`{"t":"changes","from":`))
	if !ok {
		if rest, ok = bytes.CutPrefix(b, []byte(`{"t":"beat","from":`)); !ok {
			return nil
		}
	}
	from, rest, ok1 := bytes.Cut(rest, []byte(`,"to":`))
	to, _, ok2 := bytes.Cut(rest, []byte(`,`))
	f, err1 := strconv.ParseInt(string(from), 10, 64)
	t, err2 := strconv.ParseInt(string(to), 10, 64)
	if err := errors.Join(err1, err2); !ok1 || !ok2 || err != nil {
		return fmt.Errorf("frame %.80q", b)
	}
	if f != m.cursor {
		return fmt.Errorf("a frame goes from %d to %d, the cursor is %d: changes are missing", f, t, m.cursor)
	}
	m.to = t
	return nil
}

// whole notes that the frame under way has arrived.
func (m *member) whole() {
	if m.to <= m.cursor {
		return
	}
	c := m.crowd
	now := time.Since(c.begun)
	if c.measure.Load() {
		for s := m.cursor + 1; s <= m.to; s++ {
			c.lags = append(c.lags, now-time.Duration(c.said[s%ring].Load()))
		}
	}
	c.count.Add(m.to - m.cursor)
	for s := m.cursor + 1; s <= m.to; s++ {
		i := s % ring
		if c.reached[i]++; int(c.reached[i]) == len(c.members) {
			c.reached[i] = 0
			c.heads.Store(s)
			select {
			case c.head <- s:
			default: // it looks at heads itself
			}
		}
	}
	m.cursor, m.to = m.to, 0
}

func (c *crowd) request(since int64) []byte {
	query := ""
	if since >= 0 {
		query = fmt.Sprintf("?epoch=e1&since=%d", since)
	}
	return fmt.Appendf(nil, "GET /api/v1/socket%s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nUser-Agent: bench\r\n\r\n", query, c.addr)
}

func newCrowd(addr string) *crowd {
	return &crowd{addr: addr, begun: time.Now(), head: make(chan int64, 1), broken: make(chan error, 1)}
}

func (c *crowd) fault(err error) {
	select {
	case c.broken <- err:
	default: // the first one tells
	}
}

// await returns once all have the change.
func (c *crowd) await(ctx context.Context, seq int64) error {
	within, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	for c.heads.Load() < seq {
		select {
		case <-c.head:
		case err := <-c.broken:
			return err
		case <-within.Done():
			return fmt.Errorf("all have the changes up to %d, not %d: %w", c.heads.Load(), seq, within.Err())
		}
	}
	return nil
}
