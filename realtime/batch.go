package realtime

import (
	"context"
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
	saved func([]dispatch.Position)
	gauge *gauge
	in    chan item
	done  chan struct{}

	mu     sync.RWMutex // guards closing in against sending on it
	closed bool
}

// item is one position and where to tell its end; done nil: nobody asks.
type item struct {
	dispatch.Position
	done chan<- error
}

func newBatcher(cfg LaneConfig, saved func([]dispatch.Position), g *gauge) *batcher {
	b := &batcher{cfg: cfg, log: cfg.Log, saved: saved, gauge: g, in: make(chan item, cfg.Queue), done: make(chan struct{})}
	go b.run()
	return b
}

// add queues the position, or refuses when too many wait or the lane is closed.
func (b *batcher) add(it item) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.closed {
		return unstored()
	}
	select {
	case b.in <- it:
		return nil
	default:
		return &dispatch.Error{Code: dispatch.Throttled, Message: "too many positions wait to be stored; send it again later", MessageZH: "等待保存的定位过多，请稍后重新发送"}
	}
}

// close stores what was accepted, and ends.
func (b *batcher) close() {
	b.mu.Lock()
	if !b.closed {
		b.closed = true
		close(b.in)
	}
	b.mu.Unlock()
	<-b.done
}

func (b *batcher) run() {
	defer close(b.done)
	items := make([]item, 0, b.cfg.Batch)
	for first := range b.in {
		items = append(items[:0], first)
	gather:
		for len(items) < b.cfg.Batch {
			select {
			case it, ok := <-b.in:
				if !ok {
					break gather
				}
				items = append(items, it)
			default:
				break gather
			}
		}
		b.store(items)
		clear(items)
	}
}

func (b *batcher) store(items []item) {
	ps := make([]dispatch.Position, len(items))
	for i, it := range items {
		ps[i] = it.Position
	}
	ctx, cancel := context.WithTimeout(context.Background(), b.cfg.Within)
	began := time.Now()
	err := b.cfg.Store.SavePositions(ctx, ps)
	b.gauge.stored(len(ps), b.cfg.Now(), time.Since(began), err)
	cancel()
	if err != nil {
		b.log.Error().Err(err).Int("positions", len(ps)).Msg("positions could not be stored")
	} else {
		b.saved(ps)
	}
	for _, it := range items {
		if it.done != nil {
			it.done <- err
		}
	}
}
