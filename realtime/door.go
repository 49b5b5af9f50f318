package realtime

import (
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"syscall"
	"time"
)

// Doors makes a listener's connections writable without waiting, also below
// TLS: a few goroutines then write to thousands of consoles, and one that reads
// slowly holds up nobody. A server whose hub is behind TLS listens through it;
// without it each write there takes a goroutine of its own.
func Doors(l net.Listener) net.Listener { return doors{l} }

type doors struct{ net.Listener }

func (l doors) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if d := newDoor(c, c); d != nil {
		return d, nil
	}
	return c, nil
}

// door is a socket that, once opened, takes every write at once: what the
// kernel does not take is kept, in order, for flush.
type door struct {
	net.Conn
	raw syscall.RawConn

	mu       sync.Mutex
	opened   bool
	flushing bool
	rest     []byte // what the kernel has not taken
	err      error

	// One attempt to write; kept here so that an attempt allocates nothing.
	out     []byte
	wrote   int
	failed  error
	attempt func(fd uintptr) bool
}

// newDoor returns a door to c, whose bytes go to socket as they are; nil where
// the socket has no descriptor.
func newDoor(c, socket net.Conn) *door {
	s, ok := socket.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return nil
	}
	d := &door{Conn: c, raw: raw}
	d.attempt = d.write
	return d
}

// doorOf finds the door below a connection, or makes one where nothing but
// plain wrappers are above the socket; nil where neither can be.
func doorOf(c net.Conn) *door {
	plain := true
	for under := c; ; {
		switch u := under.(type) {
		case *door:
			return u
		case *net.TCPConn, *net.UnixConn:
			if plain {
				return newDoor(c, under)
			}
			return nil
		case *tls.Conn:
			plain, under = false, u.NetConn()
		case interface{ NetConn() net.Conn }:
			under = u.NetConn()
		default:
			return nil
		}
	}
}

// open makes writes wait no more.
func (d *door) open() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.opened = true
	d.shorten()
}

// Write writes as the socket does until the door is opened. From then on it
// keeps what the kernel does not take.
func (d *door) Write(b []byte) (int, error) {
	d.mu.Lock()
	if !d.opened {
		d.mu.Unlock()
		return d.Conn.Write(b)
	}
	defer d.mu.Unlock()
	if d.err != nil {
		return 0, d.err
	}
	if d.flushing || len(d.rest) > 0 {
		d.rest = append(d.rest, b...)
		return len(b), nil
	}
	d.out, d.wrote, d.failed = b, 0, nil
	err := d.raw.Write(d.attempt)
	d.out = nil
	if err == nil {
		err = d.failed
	}
	if err != nil {
		d.err = err
		return d.wrote, err
	}
	if d.wrote < len(b) {
		d.rest = append(d.rest, b[d.wrote:]...)
	}
	return len(b), nil
}

// write is one attempt. It always returns true: it has been enough.
func (d *door) write(fd uintptr) bool {
	for d.wrote < len(d.out) {
		n, err := syscall.Write(int(fd), d.out[d.wrote:])
		switch {
		case n > 0:
			d.wrote += n
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EAGAIN):
			return true
		default:
			if d.failed = err; err == nil {
				d.failed = errors.New("the socket takes nothing")
			}
			return true
		}
	}
	return true
}

// waits tells that the kernel has not taken everything.
func (d *door) waits() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.rest) > 0
}

// flushed is a part that flush writes: a peer on a line of 2 KB/s takes it in time, and is no dead one.
const flushed = 16 << 10

// flush writes what was kept, waiting for the peer at most within for each part.
func (d *door) flush(within time.Duration) error {
	for {
		d.mu.Lock()
		b := d.rest
		d.rest, d.flushing = nil, len(b) > 0
		err := d.err
		d.mu.Unlock()
		if len(b) == 0 || err != nil {
			return err
		}
		for len(b) > 0 && err == nil {
			part := b[:min(flushed, len(b))]
			_ = d.Conn.SetWriteDeadline(time.Now().Add(within)) // a socket takes any deadline
			_, err = d.Conn.Write(part)
			b = b[len(part):]
		}
		_ = d.Conn.SetWriteDeadline(time.Time{})
		if err != nil {
			d.mu.Lock()
			d.err, d.flushing = err, false
			d.mu.Unlock()
			return err
		}
	}
}

// CloseWrite ends the stream to the peer, as HTTP does at the end of an answer.
func (d *door) CloseWrite() error {
	if c, ok := d.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}
