// Package bus carries short messages between the servers (nodes) that work on
// one database: that a journal has grown, that a sign-in has ended, who has
// what open, where teams are. They travel over core NATS, either over servers
// embedded in the nodes themselves, which know each other by a shared secret,
// or over an external one. A message may be lost, and nothing is kept: whatever
// must not be lost is in the database.
package bus

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"
)

// Config says how the nodes reach each other: either Listen, Peers and Secret,
// or URL with what belongs to it.
type Config struct {
	House string // names the database; nodes hear those of the same house alone
	Node  string // names this node; ids of both are letters, digits, - and _

	Listen string   // address for the other nodes, host:port
	Peers  []string // addresses at which they listen
	Secret string   // known to all nodes and to nobody else; 32 characters or more

	URL         string // of an external NATS, or several with commas: nats://host:4222, tls://host:4222
	Credentials string // file with what NATS knows this program by; empty: none
	Authority   string // file (PEM) with the authority that NATS is trusted by; empty: the machine's own

	Log zerolog.Logger
}

// Limits of what waits and travels.
const (
	maxMessage = 512 << 10 // bytes; NATS itself takes 1 MiB
	maxWaiting = 4096      // messages that wait to be sent; more are lost
)

// Bus is this node's end. It is safe for use by many at once.
type Bus struct {
	cfg    Config
	server *server.Server // nil with an external one
	conn   *nats.Conn
	out    chan *nats.Msg
	ends   chan struct{}
	done   sync.WaitGroup
	once   sync.Once
}

// Open starts the embedded server, or connects to the external one, which need
// not be there yet: it is tried until it comes. Close ends it.
func Open(cfg Config) (*Bus, error) {
	for what, name := range map[string]string{"house": cfg.House, "node": cfg.Node} {
		if name == "" || strings.Trim(name, letters) != "" {
			return nil, fmt.Errorf("the %s %q of the bus must be made of letters, digits, - and _", what, name)
		}
	}
	b := &Bus{cfg: cfg, out: make(chan *nats.Msg, maxWaiting), ends: make(chan struct{})}
	options := []nats.Option{nats.Name("liandong " + cfg.Node), nats.NoEcho(), nats.MaxReconnects(-1), nats.ReconnectWait(500 * time.Millisecond),
		nats.ReconnectJitter(200*time.Millisecond, 200*time.Millisecond), nats.PingInterval(time.Second), nats.MaxPingsOutstanding(2), nats.Timeout(2 * time.Second),
		nats.RetryOnFailedConnect(true), nats.ReconnectBufSize(-1), // what is told during an outage is stale after it
		nats.DisconnectErrHandler(func(*nats.Conn, error) {
			select {
			case <-b.ends: // it is we who leave
				return
			default:
			}
			cfg.Log.Warn().Msg("the other nodes cannot be reached: their positions go stale, decisions go on")
		}),
		nats.ReconnectHandler(func(*nats.Conn) { cfg.Log.Info().Msg("the other nodes can be reached again") }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			cfg.Log.Warn().Err(err).Msg("messages between nodes")
		})}
	address := cfg.URL
	switch {
	case cfg.URL == "":
		var own []nats.Option
		var err error
		if b.server, own, err = embed(cfg); err != nil {
			return nil, err
		}
		options = append(options, own...)
	default:
		if cfg.Credentials != "" {
			options = append(options, nats.UserCredentials(cfg.Credentials))
		}
		if cfg.Authority != "" {
			options = append(options, nats.RootCAs(cfg.Authority))
		}
	}
	conn, err := nats.Connect(address, options...)
	if err != nil {
		if b.server != nil {
			b.server.Shutdown()
		}
		return nil, fmt.Errorf("messages between nodes: %w", err)
	}
	b.conn = conn
	b.done.Go(b.send)
	return b, nil
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

// Tell sends the other nodes a message on the topic. It never waits: where too
// many wait to be sent, or nobody can be reached, the message is lost.
func (b *Bus) Tell(topic string, body []byte) {
	if len(body) > maxMessage {
		b.cfg.Log.Error().Str("topic", topic).Int("bytes", len(body)).Msg("a message between nodes is too long and was not sent")
		return
	}
	select {
	case b.out <- &nats.Msg{Subject: b.subject(topic, b.cfg.Node), Data: body}:
	default:
	}
}

// send is the one that talks to NATS, so that whoever tells never waits for it.
func (b *Bus) send() {
	for {
		select {
		case <-b.ends:
			return
		case m := <-b.out:
			_ = b.conn.PublishMsg(m) // lost while nobody can be reached
		}
	}
}

// Hear has take called with every message that another node tells on the topic,
// one after another, until stop is called.
func (b *Bus) Hear(topic string, take func(node string, body []byte)) (stop func(), err error) {
	sub, err := b.conn.Subscribe(b.subject(topic, "*"), func(m *nats.Msg) {
		take(m.Subject[strings.LastIndexByte(m.Subject, '.')+1:], m.Data)
	})
	if err != nil {
		return nil, fmt.Errorf("messages between nodes on %s: %w", topic, err)
	}
	return func() { _ = sub.Unsubscribe() }, nil // fails only when all is closed already
}

func (b *Bus) subject(topic, node string) string {
	return "liandong." + b.cfg.House + "." + topic + "." + node
}

// Cut tells whether this node's own way to the others is interrupted. That one
// of the others is away is not told here.
func (b *Bus) Cut() bool { return b.conn.Status() != nats.CONNECTED }

// Addr is where the embedded server listens for other nodes, host:port; empty
// with an external one.
func (b *Bus) Addr() string {
	if b.server == nil {
		return ""
	}
	return b.server.ClusterAddr().String()
}

// Close leaves the other nodes.
func (b *Bus) Close() {
	b.once.Do(func() {
		close(b.ends)
		b.done.Wait()
		b.conn.Close()
		if b.server != nil {
			b.server.Shutdown()
			b.server.WaitForShutdown()
		}
	})
}

var errSecret = errors.New("the secret of the nodes has 32 characters or more; openssl rand -hex 32 makes one")
