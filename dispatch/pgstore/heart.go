package pgstore

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// How soon a database that says nothing is given up. A statement may well take longer than this: what
// counts is that on no connection at all a byte came, and that a fresh connection is not answered.
// Together they stay under two seconds, within which a refused command must be answered.
const (
	silentFor  = 500 * time.Millisecond // then a fresh connection is tried
	answerIn   = time.Second            // that has this long
	listenEach = 100 * time.Millisecond
)

var errSilent = errors.New("the database does not answer")

// heart listens whether the database lives. A server that stops says so, or its machine does; one
// whose machine or network is gone says nothing, and whoever asked would wait for minutes. Then heart
// ends all connections, which ends every question under way with an error, and lets none be made until
// a fresh one is answered.
type heart struct {
	dial  pgconn.DialFunc
	probe func(ctx context.Context) error // over a fresh connection, through Dial
	heard atomic.Int64                    // when the last byte came, Unix nanoseconds

	mu    sync.Mutex
	conns map[*beat]struct{}
	away  bool

	stop context.CancelFunc
	done chan struct{}
}

// beat is one connection.
type beat struct {
	net.Conn
	heart *heart
	asked atomic.Int64 // since when an answer is waited for, Unix nanoseconds; 0: none is
	lost  atomic.Bool  // ended by heart
}

func newHeart(dial pgconn.DialFunc, probe func(ctx context.Context) error) *heart {
	ctx, stop := context.WithCancel(context.Background())
	h := &heart{dial: dial, probe: probe, conns: map[*beat]struct{}{}, stop: stop, done: make(chan struct{})}
	go h.listen(ctx)
	return h
}

type probing struct{}

// Dial makes a connection that is listened to.
func (h *heart) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	b := &beat{heart: h}
	b.asked.Store(time.Now().UnixNano())
	h.mu.Lock()
	if h.away && ctx.Value(probing{}) == nil {
		h.mu.Unlock()
		return nil, &net.OpError{Op: "dial", Net: network, Err: errSilent}
	}
	h.conns[b] = struct{}{} // a connection under way counts as a question
	h.mu.Unlock()
	conn, err := h.dial(ctx, network, addr)
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil {
		delete(h.conns, b)
		return nil, err
	}
	b.Conn = conn
	return b, nil
}

// Read notes that the database said something.
func (b *beat) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p)
	if n > 0 {
		b.asked.Store(0)
		b.heart.heard.Store(time.Now().UnixNano())
	}
	return n, b.why("read", err)
}

// why names the cause where the connection was ended here.
func (b *beat) why(op string, err error) error {
	if err != nil && b.lost.Load() {
		return &net.OpError{Op: op, Net: "database", Err: errSilent}
	}
	return err
}

// Write notes that something was asked.
func (b *beat) Write(p []byte) (int, error) {
	b.asked.CompareAndSwap(0, time.Now().UnixNano())
	n, err := b.Conn.Write(p)
	return n, b.why("write", err)
}

// Close forgets the connection.
func (b *beat) Close() error {
	b.heart.mu.Lock()
	delete(b.heart.conns, b)
	b.heart.mu.Unlock()
	return b.Conn.Close()
}

func (h *heart) listen(ctx context.Context) {
	defer close(h.done)
	tick := time.NewTicker(listenEach)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !h.worrying() {
			continue
		}
		err := h.try(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			h.back()
		case h.quiet(answerIn):
			h.lose()
		}
	}
}

func (h *heart) try(ctx context.Context) error {
	ctx, stop := context.WithTimeout(context.WithValue(ctx, probing{}, true), answerIn)
	defer stop()
	return h.probe(ctx)
}

// quiet tells whether nothing was heard for so long.
func (h *heart) quiet(span time.Duration) bool {
	return time.Now().UnixNano()-h.heard.Load() >= int64(span)
}

// worrying tells whether somebody waits for an answer while nothing is heard, or the database was away
// when last looked at.
func (h *heart) worrying() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.away {
		return true
	}
	if !h.quiet(silentFor) {
		return false
	}
	since := time.Now().Add(-silentFor).UnixNano()
	for b := range h.conns {
		if asked := b.asked.Load(); asked != 0 && asked <= since {
			return true
		}
	}
	return false
}

// lose ends all connections.
func (h *heart) lose() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.away = true
	for b := range h.conns {
		if b.Conn != nil {
			b.lost.Store(true)
			_ = b.Conn.Close() // its owner hears of it and closes it, too
		}
	}
}

func (h *heart) back() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.away = false
}

// end stops listening.
func (h *heart) end() {
	h.stop()
	<-h.done
}
