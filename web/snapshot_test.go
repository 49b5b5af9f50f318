package web

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"liandong/dispatch"
)

// busyStore has a journal that moves with every question, and snapshots that wait to be let go on.
type busyStore struct {
	Journal
	head    atomic.Int64
	reading atomic.Int64 // at once
	most    atomic.Int64
	made    atomic.Int64
	open    chan struct{}
}

func (b *busyStore) Head(context.Context, dispatch.Realm) (int64, error) { return b.head.Add(1), nil }
func (b *busyStore) Epoch(context.Context) (string, error)               { return "e", nil }

func (b *busyStore) Snapshot(_ context.Context, _ dispatch.Onlooker, head func(dispatch.SnapshotHead) error, _ func(dispatch.Record) error) (time.Time, error) {
	now := b.reading.Add(1)
	defer b.reading.Add(-1)
	for most := b.most.Load(); now > most && !b.most.CompareAndSwap(most, now); most = b.most.Load() {
	}
	b.made.Add(1)
	at := b.head.Load()
	<-b.open
	return time.Time{}, head(dispatch.SnapshotHead{Epoch: "e", Seq: at})
}

// Consoles that come all at once while decisions fall share few snapshots, made one after the other,
// and none gets one that is older than the journal was when it asked.
func TestCrowdSharesSnapshots(t *testing.T) {
	t.Parallel()
	b := &busyStore{open: make(chan struct{})}
	c := newSnapshots(b, func(dispatch.Realm) time.Time { return time.Now() })
	const all = 500
	var crowd, begun sync.WaitGroup
	var old atomic.Int64
	begun.Add(all)
	for range all {
		crowd.Go(func() {
			seq := b.head.Load() // what it must not be older than
			begun.Done()
			if _, err := c.get(t.Context(), dispatch.Audience{Realm: dispatch.Live}); err != nil {
				t.Error(err)
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			if p := c.kept[dispatch.Audience{Realm: dispatch.Live}]; p == nil || p.seq < seq {
				old.Add(1)
			}
		})
	}
	begun.Wait()
	close(b.open)
	crowd.Wait()
	if b.most.Load() != 1 || old.Load() != 0 {
		t.Errorf("%d were made at once, %d readers got one that was too old", b.most.Load(), old.Load())
	}
	if n := b.made.Load(); n > all/10 {
		t.Errorf("%d snapshots were made for %d readers", n, all)
	}
}

// What nobody asks for any more is let go when another is made; what is asked for stays.
func TestForsakenSnapshotsAreLetGo(t *testing.T) {
	t.Parallel()
	b := &busyStore{open: make(chan struct{})}
	close(b.open)
	now := time.Now()
	c := newSnapshots(b, func(dispatch.Realm) time.Time { return now })
	get := func(realm dispatch.Realm) {
		t.Helper()
		if _, err := c.get(t.Context(), dispatch.Audience{Realm: realm}); err != nil {
			t.Fatal(err)
		}
	}
	get("drill:over")
	for range 3 {
		get(dispatch.Live)
		now = now.Add(keepFor / 2)
	}
	get("drill:new")
	var bytes int
	for _, p := range c.kept {
		bytes += len(p.packed)
	}
	if len(c.kept) != 2 || c.kept[dispatch.Audience{Realm: "drill:over"}] != nil || c.size != bytes || bytes == 0 {
		t.Errorf("%d are kept of %d bytes, counted as %d", len(c.kept), bytes, c.size)
	}
}
