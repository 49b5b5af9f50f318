package web

import (
	"context"
	"maps"
	"slices"
	"sync"

	"liandong/dispatch"
)

// pastPictures keeps the past pictures that were asked for last: who looks at one moment looks at the
// next a second later, and then only the changes between are read. The pictures are shared; nobody
// changes one.
type pastPictures struct {
	store Pictures
	busy  chan struct{} // bounds how many are made at a time
	mu    sync.Mutex
	kept  []pastPicture // the last one asked for is the last
}

type pastPicture struct {
	epoch   string
	realm   dispatch.Realm
	seq     int64
	picture dispatch.Picture
}

// Bounds of what is kept, and of the way from one that is kept to the one that is asked for: beyond it
// there is a keyframe that is nearer.
const (
	keepPictures = 24
	keepRecords  = 300_000
	nearPicture  = 4000
)

func newPastPictures(store Pictures) *pastPictures {
	return &pastPictures{store: store, busy: make(chan struct{}, 2)}
}

// get is the picture after the change. It is not to be changed, nor are its records.
func (c *pastPictures) get(ctx context.Context, epoch string, realm dispatch.Realm, seq int64) (dispatch.Picture, error) {
	if p, from := c.near(epoch, realm, seq); from == seq {
		return p, nil
	}
	select {
	case c.busy <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-c.busy }()
	p, from := c.near(epoch, realm, seq) // another may have made it meanwhile
	switch {
	case from == seq:
		return p, nil
	case p != nil:
		p = maps.Clone(p)
		if err := c.store.Fold(ctx, realm, p, from, seq); err != nil {
			return nil, err
		}
	default:
		var err error
		if p, err = c.store.Picture(ctx, realm, seq); err != nil {
			return nil, err
		}
	}
	c.keep(pastPicture{epoch, realm, seq, p})
	return p, nil
}

// near is the kept picture that is nearest before the change, and of which change it is; nil where none
// is near, and then the change is -1.
func (c *pastPictures) near(epoch string, realm dispatch.Realm, seq int64) (dispatch.Picture, int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	best := -1
	for i, k := range c.kept {
		if k.epoch == epoch && k.realm == realm && k.seq <= seq && seq-k.seq <= nearPicture && (best < 0 || k.seq > c.kept[best].seq) {
			best = i
		}
	}
	if best < 0 {
		return nil, -1
	}
	k := c.kept[best]
	c.kept = append(slices.Delete(c.kept, best, best+1), k)
	return k.picture, k.seq
}

func (c *pastPictures) keep(k pastPicture) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept = append(c.kept, k)
	records := 0
	for _, k := range c.kept {
		records += len(k.picture)
	}
	for len(c.kept) > 1 && (len(c.kept) > keepPictures || records > keepRecords) {
		records -= len(c.kept[0].picture)
		c.kept = slices.Delete(c.kept, 0, 1)
	}
}
