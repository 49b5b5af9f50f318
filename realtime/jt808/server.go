package jt808

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"liandong/dispatch"
	"liandong/realtime"
	"liandong/realtime/gate"
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
	l.Connections = cmp.Or(l.Connections, 20_000)
	l.Unknown = cmp.Or(l.Unknown, 64)
	l.First = cmp.Or(l.First, 30*time.Second)
	l.Identify = cmp.Or(l.Identify, time.Minute)
	l.Idle = cmp.Or(l.Idle, 3*time.Minute)
	l.Write = cmp.Or(l.Write, 10*time.Second)
	l.Unreadable = cmp.Or(l.Unreadable, 32)
	l.Guesses = cmp.Or(l.Guesses, 10)
	l.Look = cmp.Or(l.Look, time.Second)
	return l
}

// Server serves vehicle terminals.
type Server struct {
	cfg    Config
	limits Limits
	tally  tally

	gate *gate.Gate[*conn]
	ctx  context.Context // ends with it

	mu      sync.Mutex
	guesses map[string]guess // by phone
	sos     map[string]bool  // by device: its switch is thrown and the desk knows
}

// New starts a server without a door. Close ends it.
func New(cfg Config) *Server {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Server{cfg: cfg, limits: cfg.Limits.orDefault(), tally: newTally(cfg.Now), guesses: map[string]guess{}, sos: map[string]bool{}}
	s.gate = gate.New[*conn](gate.Limits{Connections: s.limits.Connections, Unknown: s.limits.Unknown}, s.tally.refuse)
	s.ctx = s.gate.Context()
	s.gate.Go(s.follow)
	return s
}

// Serve takes connections until the listener or the server is closed, which
// returns nil.
func (s *Server) Serve(l net.Listener) error {
	return s.gate.Serve(l, func(nc net.Conn, _ netip.Addr) (*conn, func(), string) {
		c := &conn{s: s, nc: nc}
		return c, c.serve, ""
	})
}

// Close ends all doors and connections and waits for them.
func (s *Server) Close() { s.gate.Close() }

// admitted lets the terminal in, whose tries are forgotten.
func (s *Server) admitted(c *conn) {
	s.mu.Lock()
	delete(s.guesses, c.phone)
	s.mu.Unlock()
	s.gate.Known(c, c.device.ID)
}

// of is the team's terminals that are connected.
func (s *Server) of(team string) []*conn {
	var cs []*conn
	for _, c := range s.gate.Guests() {
		if c.device.Team == team {
			cs = append(cs, c)
		}
	}
	return cs
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
