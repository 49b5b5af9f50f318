package main

import (
	"net"
	"net/netip"
	"sync"
)

// crowded is how many connections one address may hold open, whatever they send or do not send. It is
// more than the sockets that one address may open, because browsers hold some beside them.
const crowded = 4096

// crowd is a listener that bounds the connections of one address. Those beyond are closed at once: a
// flood from one machine must cost no more than its own share of the server's files. The operator's
// proxies are not bounded here: everybody comes through them.
type crowd struct {
	net.Listener
	most  int
	apart []netip.Prefix

	mu   sync.Mutex
	open map[netip.Addr]int
}

func newCrowd(l net.Listener, most int, apart []netip.Prefix) *crowd {
	return &crowd{Listener: l, most: most, apart: apart, open: map[netip.Addr]int{}}
}

// Accept returns the next connection that is not one too many.
func (c *crowd) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from, ok := c.from(conn)
		if !ok {
			return conn, nil
		}
		if c.enter(from) {
			return &member{Conn: conn, leave: sync.OnceFunc(func() { c.leave(from) })}, nil
		}
		_ = conn.Close() // whatever it says: it is one too many
	}
}

// from is the address that is counted; false for one that is not.
func (c *crowd) from(conn net.Conn) (netip.Addr, bool) {
	a, ok := conn.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.Addr{}, false
	}
	from := a.AddrPort().Addr().Unmap()
	for _, p := range c.apart {
		if p.Contains(from) {
			return from, false
		}
	}
	return from, true
}

func (c *crowd) enter(from netip.Addr) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[from] >= c.most {
		return false
	}
	c.open[from]++
	return true
}

func (c *crowd) leave(from netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[from]--; c.open[from] == 0 {
		delete(c.open, from)
	}
}

// member is one of the crowd.
type member struct {
	net.Conn
	leave func()
}

// NetConn is the connection below, for the hub, which looks for its door (realtime.Doors).
func (m *member) NetConn() net.Conn { return m.Conn }

// Close makes room for another.
func (m *member) Close() error {
	defer m.leave()
	return m.Conn.Close()
}
