package jt808

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"liandong/dispatch"
	"liandong/realtime"
)

// Source names positions that came this way.
const Source = dispatch.ProtocolJT808

// Devices knows the terminals; NotFound for none.
type Devices interface {
	DeviceByIdentifier(ctx context.Context, protocol, identifier string) (*dispatch.Device, error)
	DeviceByToken(ctx context.Context, sha256 [32]byte) (*dispatch.Device, dispatch.Realm, error)
}

// Commands carries out decisions and reads single records, as dispatch.Service
// does.
type Commands interface {
	Do(ctx context.Context, actor dispatch.Actor, name, key string, body []byte) (dispatch.Result, error)
	Get(ctx context.Context, actor dispatch.Actor, ref dispatch.Ref) (dispatch.Record, error)
}

// Lane is where positions go.
type Lane interface {
	// Report returns when the position is safe in the store.
	Report(ctx context.Context, p dispatch.Position) (realtime.Outcome, error)
	// Refuse counts what was no position of a known device.
	Refuse(reason string)
}

// Config is what a server needs from outside.
type Config struct {
	Devices  Devices
	Commands Commands
	Lane     Lane
	Real     dispatch.Real
	Log      zerolog.Logger
	Now      func() time.Time // nil: time.Now
	Limits   Limits
}

// Limits bounds what connections may cost. A zero field takes its default.
type Limits struct {
	Connections int           // in all; 20,000
	Unknown     int           // of one address that have not shown a code; 64. All cars of a carrier may come from one.
	First       time.Duration // until the first frame; 30 s
	Identify    time.Duration // until the code; 60 s
	Idle        time.Duration // between two frames; 3 min, three times the usual heartbeat
	Write       time.Duration // for one write; 10 s
	Unreadable  int           // frames in a row; 32
	Guesses     int           // wrong codes or terminals of one number in ten minutes; 10
	Look        time.Duration // between two looks at the journal; 1 s
}

func (l Limits) orDefault() Limits {
	set(&l.Connections, 20_000)
	set(&l.Unknown, 64)
	set(&l.First, 30*time.Second)
	set(&l.Identify, time.Minute)
	set(&l.Idle, 3*time.Minute)
	set(&l.Write, 10*time.Second)
	set(&l.Unreadable, 32)
	set(&l.Guesses, 10)
	set(&l.Look, time.Second)
	return l
}

func set[T comparable](v *T, byDefault T) {
	var zero T
	if *v == zero {
		*v = byDefault
	}
}

// Server serves vehicle terminals.
type Server struct {
	cfg    Config
	limits Limits
	tally  tally

	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu      sync.Mutex
	doors   []net.Listener
	all     map[*conn]struct{}
	unknown map[netip.Addr]int
	known   map[string]*conn // by device
	guesses map[string]guess // by phone
	sos     map[string]bool  // by device: its switch is thrown and the desk knows
	stopped bool
}

// New starts a server without a door. Close ends it.
func New(cfg Config) *Server {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{cfg: cfg, limits: cfg.Limits.orDefault(), ctx: ctx, cancel: cancel, tally: newTally(cfg.Now),
		all: map[*conn]struct{}{}, unknown: map[netip.Addr]int{}, known: map[string]*conn{}, guesses: map[string]guess{}, sos: map[string]bool{}}
	s.work.Go(s.follow)
	return s
}

// Serve takes connections until the listener or the server is closed, which
// returns nil.
func (s *Server) Serve(l net.Listener) error {
	s.mu.Lock()
	if s.stopped {
		s.mu.Unlock()
		return l.Close()
	}
	s.doors = append(s.doors, l)
	s.mu.Unlock()
	for {
		nc, err := l.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			if !s.pause(100 * time.Millisecond) { // out of file handles: others will leave
				return nil
			}
			continue
		}
		s.take(nc)
	}
}

// take starts a connection, or refuses it without a word.
func (s *Server) take(nc net.Conn) {
	c := &conn{s: s, nc: nc, address: peer(nc)}
	s.mu.Lock()
	reason := ""
	switch {
	case s.stopped:
		reason = "stopping"
	case len(s.all) >= s.limits.Connections:
		reason = "too_many"
	case s.unknown[c.address] >= s.limits.Unknown:
		reason = "too_many_of_address"
	default:
		s.all[c] = struct{}{}
		s.unknown[c.address]++
		s.work.Go(c.serve)
	}
	s.mu.Unlock()
	if reason != "" {
		s.tally.refuse(reason)
		_ = nc.Close()
	}
}

func peer(nc net.Conn) netip.Addr {
	a, err := netip.ParseAddrPort(nc.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return a.Addr().Unmap()
}

// admitted makes the connection its device's one. An older one ends: a
// terminal that comes back has left it behind.
func (s *Server) admitted(c *conn) {
	s.mu.Lock()
	old := s.known[c.device.ID]
	s.known[c.device.ID] = c
	s.forgetAddress(c)
	delete(s.guesses, c.phone)
	s.mu.Unlock()
	if old != nil && old != c {
		s.tally.refuse("replaced")
		_ = old.nc.Close()
	}
}

// forgetAddress no longer counts the connection as unknown. s is locked.
func (s *Server) forgetAddress(c *conn) {
	if c.counted {
		return
	}
	c.counted = true
	if s.unknown[c.address]--; s.unknown[c.address] == 0 {
		delete(s.unknown, c.address)
	}
}

func (s *Server) left(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forgetAddress(c)
	delete(s.all, c)
	if c.device != nil && s.known[c.device.ID] == c {
		delete(s.known, c.device.ID)
	}
}

// of is the team's terminals that are connected.
func (s *Server) of(team string) []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	var cs []*conn
	for _, c := range s.known {
		if c.device.Team == team {
			cs = append(cs, c)
		}
	}
	return cs
}

// Close ends all doors and connections and waits for them.
func (s *Server) Close() {
	s.mu.Lock()
	s.stopped = true
	for _, l := range s.doors {
		_ = l.Close()
	}
	for c := range s.all {
		_ = c.nc.Close()
	}
	s.mu.Unlock()
	s.cancel()
	s.work.Wait()
}

// guess counts wrong codes and wrong terminals of one number.
type guess struct {
	n     int
	since time.Time
}

// Bounds of guessing: the window, and how many numbers are remembered.
const (
	guessWindow = 10 * time.Minute
	maxGuesses  = 10_000
)

// guessed counts a wrong try.
func (s *Server) guessed(phone string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.guesses) >= maxGuesses {
		clear(s.guesses)
	}
	g := s.guesses[phone]
	if s.cfg.Now().Sub(g.since) > guessWindow {
		g = guess{since: s.cfg.Now()}
	}
	g.n++
	s.guesses[phone] = g
}

// guessing tells that the number has had its tries.
func (s *Server) guessing(phone string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.guesses[phone]
	return g.n >= s.limits.Guesses && s.cfg.Now().Sub(g.since) <= guessWindow
}

// do carries out a command that is not to be repeated.
func (s *Server) do(ctx context.Context, actor dispatch.Actor, name string, in any) (dispatch.Result, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return dispatch.Result{}, err
	}
	var key [16]byte
	rand.Read(key[:]) // never fails; it ends the program instead
	return s.cfg.Commands.Do(ctx, actor, name, hex.EncodeToString(key[:]), body)
}

// pause waits; false when the server ended first.
func (s *Server) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}
