// Package gate takes in the connections of devices that speak a protocol of
// their own over a stream: vehicle terminals (JT/T 808), TAK clients. It bounds
// how many there are in all, and of one address as long as it is not known who
// they are, keeps one of each device, and ends all of them together. What is
// said on a connection is its protocol's.
package gate

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Guest is one connection as its protocol has it. Close ends it; it may be called
// from any goroutine, and again.
type Guest interface {
	comparable
	Close()
}

// Limits bounds what is taken in.
type Limits struct {
	Connections int // in all
	Unknown     int // of one address that are not yet known
}

// Gate is open from New to Close.
type Gate[G Guest] struct {
	limits  Limits
	refused func(reason string)

	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu      sync.Mutex
	doors   []net.Listener
	all     map[G]*place
	unknown map[netip.Addr]int
	known   map[string]G // by device
	stopped bool
}

// place is what a guest takes up.
type place struct {
	address netip.Addr
	device  string // "" until it is known
}

// New makes a gate without a door. refused is told why a connection was not taken
// in, or was ended: stopping, too_many, too_many_of_address, replaced.
func New[G Guest](limits Limits, refused func(reason string)) *Gate[G] {
	ctx, cancel := context.WithCancel(context.Background())
	return &Gate[G]{limits: limits, refused: refused, ctx: ctx, cancel: cancel, all: map[G]*place{}, unknown: map[netip.Addr]int{}, known: map[string]G{}}
}

// Serve takes connections until the listener or the gate is closed, which returns
// nil. enter makes a guest of one, and what its life is; or it refuses it, with
// the reason.
func (g *Gate[G]) Serve(l net.Listener, enter func(nc net.Conn, from netip.Addr) (guest G, life func(), refuse string)) error {
	g.mu.Lock()
	if g.stopped {
		g.mu.Unlock()
		return l.Close()
	}
	g.doors = append(g.doors, l)
	g.mu.Unlock()
	for {
		nc, err := l.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			if !g.Pause(100 * time.Millisecond) { // out of file handles: others will leave
				return nil
			}
			continue
		}
		from := peer(nc)
		guest, life, refuse := enter(nc, from)
		if refuse == "" {
			refuse = g.take(guest, from, life)
		}
		if refuse != "" {
			g.refused(refuse)
			_ = nc.Close() // without a word
		}
	}
}

// take starts the guest's life, or tells why not.
func (g *Gate[G]) take(guest G, from netip.Addr, life func()) (refuse string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.stopped:
		return "stopping"
	case len(g.all) >= g.limits.Connections:
		return "too_many"
	case g.unknown[from] >= g.limits.Unknown:
		return "too_many_of_address"
	}
	g.all[guest] = &place{address: from}
	g.unknown[from]++
	g.work.Go(func() {
		defer g.left(guest)
		defer guest.Close()
		life()
	})
	return ""
}

func peer(nc net.Conn) netip.Addr {
	a, err := netip.ParseAddrPort(nc.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return a.Addr().Unmap()
}

// Known makes the guest its device's one. An older one ends: a device that comes
// back has left it behind.
func (g *Gate[G]) Known(guest G, device string) {
	g.mu.Lock()
	old, was := g.known[device]
	if p := g.all[guest]; p != nil {
		if p.device == "" {
			g.forget(p.address)
		}
		p.device = device
		g.known[device] = guest
	}
	g.mu.Unlock()
	if was && old != guest {
		g.refused("replaced")
		old.Close()
	}
}

// forget counts one less unknown of the address. g is locked.
func (g *Gate[G]) forget(address netip.Addr) {
	if g.unknown[address]--; g.unknown[address] == 0 {
		delete(g.unknown, address)
	}
}

func (g *Gate[G]) left(guest G) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.all[guest]
	delete(g.all, guest)
	if p.device == "" {
		g.forget(p.address)
	} else if g.known[p.device] == guest {
		delete(g.known, p.device)
	}
}

// Of is the guest that the device is.
func (g *Gate[G]) Of(device string) (guest G, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	guest, ok = g.known[device]
	return guest, ok
}

// Guests are those whose device is known, in no order.
func (g *Gate[G]) Guests() []G {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := make([]G, 0, len(g.known))
	for _, guest := range g.known {
		out = append(out, guest)
	}
	return out
}

// Len is how many those are.
func (g *Gate[G]) Len() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.known)
}

// Go does work that Close waits for. It ends with Context.
func (g *Gate[G]) Go(work func()) { g.work.Go(work) }

// Context ends with Close.
func (g *Gate[G]) Context() context.Context { return g.ctx }

// Pause waits; false when the gate was closed first.
func (g *Gate[G]) Pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-g.ctx.Done():
		return false
	}
}

// Close ends all doors, guests and work, and waits for them.
func (g *Gate[G]) Close() {
	g.mu.Lock()
	g.stopped = true
	for _, l := range g.doors {
		_ = l.Close()
	}
	for guest := range g.all {
		guest.Close()
	}
	g.mu.Unlock()
	g.cancel()
	g.work.Wait()
}
