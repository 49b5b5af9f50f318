package realtime

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"liandong/dispatch"
)

// brittle is a journal that can be taken away.
type brittle struct {
	Journal
	away atomic.Bool
}

func (b *brittle) Changes(ctx context.Context, realm dispatch.Realm, after int64, limit int) ([]*dispatch.Change, error) {
	if b.away.Load() {
		return nil, errors.New("the database is away")
	}
	return b.Journal.Changes(ctx, realm, after, limit)
}

// A journal that is not read any more is told with the next tick, not with the next beat, and so is
// its return.
func TestLateJournalIsToldAtOnce(t *testing.T) {
	var ahead atomic.Int64
	j := &brittle{Journal: newBook()}
	w := found(t, j.Journal.(*book), func(c *Config) {
		c.Journal, c.Limits.Beat = j, 100_000*time.Hour
		c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	r := w.raw("p1", "")
	r.next("hello")
	j.away.Store(true)
	ahead.Store(int64(10 * time.Second))
	ended := make(chan struct{})
	ticked := make(chan struct{})
	go func() { // a read that was under way when the journal went may still have ended after it
		defer close(ticked)
		for {
			select {
			case w.ticks <- time.Time{}:
			case <-ended:
				return
			}
		}
	}()
	if h := r.next("beat"); h.At.Sub(h.JournalAt) <= late {
		t.Errorf("at %v the journal was read at %v: not told that it is late", h.At, h.JournalAt)
	}
	j.away.Store(false)
	if h := r.next("beat"); h.At.Sub(h.JournalAt) > 2500*time.Millisecond {
		t.Errorf("at %v the journal was read at %v: not told that it is read again", h.At, h.JournalAt)
	}
	close(ended)
	<-ticked
}
