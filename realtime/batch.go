package realtime

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"liandong/dispatch"
)

// batcher stores positions in bulk by group commit: while one batch is being
// stored the next gathers, so that a lone position waits for nobody and a flood
// travels in few large batches.
type batcher struct {
	cfg   LaneConfig
	log   zerolog.Logger
	saved func(*batch)
	gauge *gauge
	bell  chan struct{}
	ends  chan struct{} // closed by close
	done  chan struct{} // closed when run has ended

	mu      sync.Mutex
	gather  []*batch // not begun yet, oldest first; all but the last are full
	waiting int      // positions in them
	spare   []*batch // to be used again
	closed  bool
}

// batch is what is stored together.
type batch struct {
	ps    []dispatch.Position
	notes []note        // of each
	limit time.Time     // when its sources are told to send again
	done  chan struct{} // closed once it is stored, or given up: see err
	err   error
}

// note is what the lane has to know of a position besides.
type note struct {
	handle uint32 // its team's, where it was shown
	quiet  bool   // nobody waits to hear whether it was stored
}

// spares is how many batches that were stored are kept for the next.
const spares = 2

func newBatcher(cfg LaneConfig, saved func(*batch), g *gauge) *batcher {
	b := &batcher{cfg: cfg, log: cfg.Log, saved: saved, gauge: g, bell: make(chan struct{}, 1), ends: make(chan struct{}), done: make(chan struct{})}
	go b.run()
	return b
}

// add puts the position into the batch that gathers, which it returns, or
// refuses when too many wait or the lane is closed. One that is quiet is kept
// until it is stored: nobody would send it again.
func (b *batcher) add(p *dispatch.Position, n note) (*batch, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, unstored()
	}
	if b.waiting >= b.cfg.Queue {
		return nil, &dispatch.Error{Code: dispatch.Throttled, Message: "too many positions wait to be stored; send it again later", MessageZH: "等待保存的定位过多，请稍后重新发送"}
	}
	last := b.put(p, n)
	if b.waiting == 1 {
		b.ring()
	}
	return last, nil
}

// put is add with b locked and no questions.
func (b *batcher) put(p *dispatch.Position, n note) *batch {
	if k := len(b.gather); k == 0 || len(b.gather[k-1].ps) >= b.cfg.Batch {
		fresh := &batch{limit: time.Now().Add(b.cfg.Within), done: make(chan struct{})}
		if k := len(b.spare); k > 0 {
			old := b.spare[k-1]
			fresh.ps, fresh.notes, b.spare = old.ps[:0], old.notes[:0], b.spare[:k-1]
		}
		b.gather = append(b.gather, fresh)
	}
	last := b.gather[len(b.gather)-1]
	last.ps, last.notes = append(last.ps, *p), append(last.notes, n)
	b.waiting++
	return last
}

// ring wakes run.
func (b *batcher) ring() {
	select {
	case b.bell <- struct{}{}:
	default: // it rings already
	}
}

// next takes the oldest batch; nil where none gathers.
func (b *batcher) next() (first *batch, closed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.gather) == 0 {
		return nil, b.closed
	}
	first = b.gather[0]
	b.gather = slices.Delete(b.gather, 0, 1)
	b.waiting -= len(first.ps)
	return first, false
}

// wait is how many positions are not stored yet.
func (b *batcher) wait() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.waiting
}

// close stores what was accepted, and ends.
func (b *batcher) close() {
	b.mu.Lock()
	if !b.closed {
		b.closed = true
		close(b.ends)
	}
	b.mu.Unlock()
	<-b.done
}

func (b *batcher) run() {
	defer close(b.done)
	for {
		next, closed := b.next()
		switch {
		case closed:
			return
		case next == nil:
			select {
			case <-b.bell:
			case <-b.ends:
			}
		default:
			if !b.store(next) {
				b.rest()
			}
		}
	}
}

// rest waits a moment, so that a store that refuses at once is not asked all
// the time.
func (b *batcher) rest() {
	t := time.NewTimer(b.cfg.Within / 20)
	defer t.Stop()
	select {
	case <-t.C:
	case <-b.ends:
	}
}

// store stores the batch by its time limit and tells whether it did. Else the
// sources that wait are told to send again, and what nobody would send again
// gathers anew.
func (b *batcher) store(it *batch) bool {
	ctx, cancel := context.WithDeadline(context.Background(), it.limit)
	began := time.Now()
	err := b.cfg.Store.SavePositions(ctx, it.ps)
	cancel()
	b.gauge.stored(len(it.ps), b.cfg.Now(), time.Since(began), err)
	if err != nil {
		b.log.Error().Err(err).Int("positions", len(it.ps)).Int("kept", b.keep(it)).Msg("positions could not be stored")
	} else {
		b.saved(it)
	}
	it.err = err
	close(it.done)
	clear(it.ps) // let go of what they hold
	b.mu.Lock()
	if len(b.spare) < spares {
		b.spare = append(b.spare, &batch{ps: it.ps, notes: it.notes})
	}
	b.mu.Unlock()
	return err == nil
}

// keep has what is quiet in the batch stored later, as far as there is room, and
// returns how many those are. Once the lane is closed there is no later.
func (b *batcher) keep(it *batch) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range it.ps {
		if it.notes[i].quiet && !b.closed && b.waiting < b.cfg.Queue {
			b.put(&it.ps[i], it.notes[i])
			n++
		}
	}
	return n
}
