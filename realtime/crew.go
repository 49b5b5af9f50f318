package realtime

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// crew is the hub's writers: as many as there are processors, each with the
// connections that have something to be told now. Nobody waits in it: a
// connection that cannot be written to at once is given a goroutine of its own
// until it can. So an idle connection costs nothing here, and the stacks that
// write stay warm.
type crew struct {
	writers []*writer
	next    atomic.Uint32
}

type writer struct {
	index int // in the crew
	bell  chan struct{}
	buf   []byte   // frames that go out in one write
	now   []*conn  // this round's
	tell  [][]byte // one connection's frames

	mu    sync.Mutex
	ready []*conn
	ended bool
}

func newCrew() *crew {
	c := &crew{writers: make([]*writer, runtime.GOMAXPROCS(0))}
	for i := range c.writers {
		c.writers[i] = &writer{index: i, bell: make(chan struct{}, 1)}
	}
	return c
}

// assign gives a new connection its writer.
func (c *crew) assign() *writer {
	return c.writers[int(c.next.Add(1)%uint32(len(c.writers)))]
}

// turns collects connections that need a turn, to be added all at once.
type turns struct {
	crew  *crew
	lists [][]*conn // by writer
}

func (t *turns) take(c *conn) {
	if t.lists == nil {
		t.lists = make([][]*conn, len(t.crew.writers))
	}
	t.lists[c.writer.index] = append(t.lists[c.writer.index], c)
}

// give hands them to their writers.
func (t *turns) give() {
	for i, cs := range t.lists {
		t.crew.writers[i].add(cs...)
		t.lists[i] = cs[:0]
	}
}

// add has the connections written to soon. A writer that has ended closes them.
func (w *writer) add(cs ...*conn) {
	w.mu.Lock()
	ended, first := w.ended, len(w.ready) == 0
	if !ended {
		w.ready = append(w.ready, cs...)
	}
	w.mu.Unlock()
	if ended {
		for _, c := range cs { // the caller may hold their locks, so this is no cut
			_ = c.out.Close()
		}
		return
	}
	if first && len(cs) > 0 {
		select {
		case w.bell <- struct{}{}:
		default: // it rings already
		}
	}
}

// run writes until ctx ends. Each connection gets one turn a round, so that a
// long backlog of one does not keep the others waiting.
func (w *writer) run(ctx context.Context) {
	for {
		w.mu.Lock()
		w.now, w.ready = w.ready, w.now[:0]
		w.mu.Unlock()
		for i, c := range w.now {
			w.now[i] = nil
			switch c.turn(w, false) {
			case again:
				w.add(c)
			case alone:
				go c.patiently()
			}
		}
		if len(w.now) > 0 {
			continue
		}
		select {
		case <-w.bell:
		case <-ctx.Done():
			w.end()
			return
		}
	}
}

// end cuts whoever still waits for a turn.
func (w *writer) end() {
	w.mu.Lock()
	left := w.ready
	w.ready, w.ended = nil, true
	w.mu.Unlock()
	for _, c := range left {
		c.cut()
	}
}
