package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
)

// SnapshotEnd is the last line of a snapshot; without it the snapshot was cut off.
type SnapshotEnd struct {
	End   bool `json:"end"`
	Count int  `json:"count" doc:"records sent"`
}

func (s *Server) snapshotRoutes() {
	ndjson := map[string]*huma.MediaType{"application/x-ndjson": {Schema: &huma.Schema{OneOf: []*huma.Schema{
		s.schema(reflect.TypeFor[dispatch.SnapshotHead]()), s.schema(reflect.TypeFor[Record]()), s.schema(reflect.TypeFor[SnapshotEnd]())}}}}
	s.document(&huma.Operation{OperationID: "snapshot", Method: http.MethodGet, Path: "/api/v1/snapshot", Tags: []string{"reads"},
		Summary: "everything on the board that you may see, one JSON object a line: the head, the records, the end"}, ndjson)
	s.mux.HandleFunc("GET /api/v1/snapshot", s.signed(s.snapshot))
}

func (s *Server) snapshot(w http.ResponseWriter, r *http.Request, me *signedIn) error {
	actor, err := me.watching(r)
	if err != nil {
		return err
	}
	packed, err := s.snapshots.get(r.Context(), actor.Audience())
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/x-ndjson")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		h.Set("Content-Length", fmt.Sprint(len(packed)))
		_, _ = w.Write(packed) // the reader may have left
		return nil
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	_, _ = io.Copy(w, z)
	return nil
}

// snapshots keeps the newest packed snapshot of each audience. It is given out only while nothing
// has happened since and no share has ended, so a reader never gets an older picture than the journal's when it asked.
// Consoles that come back all at once share the one that is being made, or the one after it: of an
// audience one is made at a time, however many ask and however much is decided meanwhile.
type snapshots struct {
	store snapshotStore
	now   func(dispatch.Realm) time.Time // the realm's clock
	mu    sync.Mutex
	kept  map[dispatch.Audience]*packing
	size  int
}

// snapshotStore is what they are made of.
type snapshotStore interface {
	Snapshots
	Journal
}

// keepBytes bounds what is kept for all audiences together.
const keepBytes = 64 << 20

// keepFor is for how long one is kept that nobody asks for: the audiences of drills come and go.
const keepFor = 10 * time.Minute

type packing struct {
	done   chan struct{}
	head   dispatch.SnapshotHead
	packed []byte
	err    error
	ends   time.Time // when a share ends by which something in it is seen
	seq    int64     // where the journal stood when it was begun
	epoch  string    // ditto
	// Like seq and epoch these are guarded by the lock of all.
	made  bool
	sized bool      // counted in size
	asked time.Time // when somebody last wanted it, on the wall
}

func newSnapshots(store snapshotStore, now func(dispatch.Realm) time.Time) *snapshots {
	return &snapshots{store: store, now: now, kept: map[dispatch.Audience]*packing{}}
}

func (c *snapshots) get(ctx context.Context, au dispatch.Audience) ([]byte, error) {
	seq, err := c.store.Head(ctx, au.Realm)
	if err != nil {
		return nil, err
	}
	epoch, err := c.store.Epoch(ctx)
	if err != nil {
		return nil, err
	}
	for {
		p, enough := c.current(ctx, au, seq, epoch)
		select {
		case <-p.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if enough || p.err != nil {
			return p.packed, p.err
		}
	}
}

// current is the audience's snapshot, made or in the making; false when it may be too old and is to be
// waited for before the next is made.
func (c *snapshots) current(ctx context.Context, au dispatch.Audience, seq int64, epoch string) (*packing, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	wall := c.now(dispatch.Live)
	p := c.kept[au]
	if p != nil {
		p.asked = wall
	}
	if p != nil && p.seq >= seq && p.epoch == epoch && !(p.made && p.over(c.now(au.Realm))) {
		return p, true
	}
	if p != nil && !p.made {
		return p, false
	}
	p = &packing{done: make(chan struct{}), seq: seq, epoch: epoch, asked: wall}
	c.drop(au)
	for other, q := range c.kept {
		if wall.Sub(q.asked) > keepFor {
			c.drop(other)
		}
	}
	c.kept[au] = p
	// It outlives a reader who leaves: others may wait for it.
	go c.make(context.WithoutCancel(ctx), au, p)
	return p, true
}

// over tells whether something in it is no longer to be seen.
func (p *packing) over(now time.Time) bool { return !p.ends.IsZero() && !now.Before(p.ends) }

func (c *snapshots) make(ctx context.Context, au dispatch.Audience, p *packing) {
	packed, head, ends, err := pack(ctx, c.store, au.At(c.now(au.Realm)))
	c.mu.Lock()
	defer c.mu.Unlock()
	p.packed, p.head, p.ends, p.err = packed, head, ends, err
	defer close(p.done) // who waited finds it as it is then
	p.made = true
	if c.kept[au] != p {
		return
	}
	if p.err != nil || len(p.packed) > keepBytes/2 {
		delete(c.kept, au)
		return
	}
	// The journal may have moved between the question and the transaction: it is the head that counts.
	p.seq, p.epoch = p.head.Seq, p.head.Epoch
	c.size, p.sized = c.size+len(p.packed), true
	for other := range c.kept {
		if c.size <= keepBytes {
			break
		}
		if other != au {
			c.drop(other)
		}
	}
}

// drop forgets one; the caller holds the lock.
func (c *snapshots) drop(au dispatch.Audience) {
	if p := c.kept[au]; p != nil && p.sized {
		c.size -= len(p.packed)
	}
	delete(c.kept, au)
}

// pack reads and compresses an audience's snapshot.
func pack(ctx context.Context, from Snapshots, by dispatch.Onlooker) (packed []byte, head dispatch.SnapshotHead, ends time.Time, err error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		return nil, head, ends, err
	}
	lines := json.NewEncoder(z)
	lines.SetEscapeHTML(true) // as json.Marshal does: the same bytes as in the feed
	count := 0
	ends, err = from.Snapshot(ctx, by,
		func(h dispatch.SnapshotHead) error { head = h; return lines.Encode(h) },
		func(r dispatch.Record) error { count++; return lines.Encode(r) })
	if err != nil {
		return nil, head, ends, err
	}
	if err := lines.Encode(SnapshotEnd{true, count}); err != nil {
		return nil, head, ends, err
	}
	if err := z.Close(); err != nil {
		return nil, head, ends, err
	}
	return out.Bytes(), head, ends, nil
}
