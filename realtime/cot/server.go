package cot

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"liandong/dispatch"
	"liandong/realtime/gate"
)

// Source names positions that came this way.
const Source = "cot"

// Devices knows the devices by the SHA-256 of their tokens; NotFound for none.
type Devices interface {
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
	Submit(ctx context.Context, p dispatch.Position) error
	Stale(source string) time.Duration
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

	ticks <-chan time.Time // tests tick by hand
}

// Limits bounds what connections may cost. A zero field takes its default.
type Limits struct {
	Connections int           // in all; 1,000
	Unknown     int           // of one address that have not said who they are; 32
	Queue       int           // bytes of answers that may wait for one connection; 64 KiB
	Rate, Burst float64       // events a second of one connection, and at once; 20, 100
	Identify    time.Duration // until a client is known; 30 s
	Event       time.Duration // for one event from its first byte on; 30 s
	Idle        time.Duration // between two events; 5 min
	Write       time.Duration // for one write; 10 s
}

func (l Limits) orDefault() Limits {
	l.Connections = cmp.Or(l.Connections, 1000)
	l.Unknown = cmp.Or(l.Unknown, 32)
	l.Queue = cmp.Or(l.Queue, 64<<10)
	l.Rate = cmp.Or(l.Rate, 20)
	l.Burst = cmp.Or(l.Burst, 100)
	l.Identify = cmp.Or(l.Identify, 30*time.Second)
	l.Event = cmp.Or(l.Event, 30*time.Second)
	l.Idle = cmp.Or(l.Idle, 5*time.Minute)
	l.Write = cmp.Or(l.Write, 10*time.Second)
	return l
}

// Server serves TAK clients.
type Server struct {
	cfg    Config
	limits Limits
	board  *board
	tally  tally
	raised raised

	gate *gate.Gate[*conn]
	ctx  context.Context // ends with it
}

// New starts a server without a door. Close ends it.
func New(cfg Config) *Server {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Server{cfg: cfg, limits: cfg.Limits.orDefault(), board: newBoard(cfg.Real, cfg.Now)}
	s.tally.now = cfg.Now
	s.gate = gate.New[*conn](gate.Limits{Connections: s.limits.Connections, Unknown: s.limits.Unknown}, s.tally.refuse)
	s.ctx = s.gate.Context()
	s.gate.Go(s.run)
	return s
}

// Serve takes connections until the listener or the server is closed, which
// returns nil. With a configuration it speaks TLS and asks for a certificate
// of ClientCAs; without one it takes loopback and private addresses only.
func (s *Server) Serve(l net.Listener, config *tls.Config) error {
	if config != nil {
		config = config.Clone()
		config.ClientAuth, config.NextProtos = tls.RequireAndVerifyClientCert, nil
	}
	return s.gate.Serve(l, func(nc net.Conn, from netip.Addr) (*conn, func(), string) {
		if config == nil && !from.IsLoopback() && !from.IsPrivate() && !from.IsLinkLocalUnicast() {
			return nil, nil, "public_address"
		}
		c := &conn{s: s, nc: nc, address: from, wake: make(chan struct{}, 1), done: make(chan struct{}), sent: map[string]shown{}}
		return c, func() { c.serve(config) }, ""
	})
}

// Close ends all doors and connections and waits for them.
func (s *Server) Close() { s.gate.Close() }

// run is the server's one clock: each second it reads the journal, ends
// connections whose device has changed, and wakes the others.
func (s *Server) run() {
	ticks := s.cfg.ticks
	if ticks == nil {
		t := time.NewTicker(time.Second)
		defer t.Stop()
		ticks = t.C
	}
	failing := false
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-ticks:
		}
		ctx, cancel := context.WithTimeout(s.ctx, 5*time.Second)
		devices, err := s.board.follow(ctx)
		cancel()
		if err != nil && !failing && s.ctx.Err() == nil {
			s.cfg.Log.Error().Err(err).Msg("TAK clients get no news: the journal cannot be read; it is tried again each second")
		}
		failing = err != nil
		for _, c := range s.gate.Guests() {
			if devices.all || devices.ids[c.device.ID] {
				c.doubt.Store(true)
			}
			c.tick(s.ctx)
		}
	}
}

// Why a device is not served.
var (
	errUnknown = errors.New("unknown_device")
	errRevoked = errors.New("revoked")
	errExpired = errors.New("expired")
	errRealm   = errors.New("drill")
	errForm    = errors.New("other_protocol")
)

// admit finds the device that holds the token. Refusals are one of the errors
// above; any other error means that it could not be asked.
func (s *Server) admit(ctx context.Context, token [32]byte) (*dispatch.Device, error) {
	d, realm, err := s.cfg.Devices.DeviceByToken(ctx, token)
	switch {
	case dispatch.CodeOf(err) == dispatch.NotFound:
		return nil, errUnknown
	case err != nil:
		return nil, err
	case realm != dispatch.Live:
		return nil, errRealm
	case d.Protocol != Source:
		return nil, errForm
	case d.Revoked:
		return nil, errRevoked
	case d.Expires != nil && !d.Expires.After(s.cfg.Now()):
		return nil, errExpired
	}
	return d, nil
}

func refusal(err error) bool {
	return errors.Is(err, errUnknown) || errors.Is(err, errRevoked) || errors.Is(err, errExpired) || errors.Is(err, errRealm) || errors.Is(err, errForm)
}

// urn begins the name by which a certificate says whose it is.
const urn = "liandong:device-token:"

// Identity is the name (URI) that a client's certificate holds: the SHA-256 of
// the device's token. It is no secret; that the authority signed it counts.
func Identity(token string) *url.URL {
	sum := sha256.Sum256([]byte(token))
	return &url.URL{Scheme: "urn", Opaque: urn + hex.EncodeToString(sum[:])}
}

// identity reads it from a certificate that was verified.
func identity(cert *x509.Certificate) (sum [32]byte, ok bool) {
	for _, u := range cert.URIs {
		text, found := strings.CutPrefix(u.Opaque, urn)
		if n, err := hex.Decode(sum[:], []byte(text)); u.Scheme == "urn" && found && len(text) == 64 && err == nil && n == 32 {
			return sum, true
		}
	}
	return sum, false
}
