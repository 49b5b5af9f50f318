package realtime

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"liandong/dispatch"
)

// Journal is what the feed reads. Seqs are gap-free and in commit order within
// a realm.
type Journal interface {
	// Changes returns the changes with seq > after, in order, at most limit.
	Changes(ctx context.Context, realm dispatch.Realm, after int64, limit int) ([]*dispatch.Change, error)
	// Head is the newest seq, 0 when there is none.
	Head(ctx context.Context, realm dispatch.Realm) (int64, error)
	// Epoch names the journal itself: another after a restore or a promotion.
	Epoch(ctx context.Context) (string, error)
}

// Records reads the records that the hub has to know the scopes of.
type Records interface {
	Find(ctx context.Context, q dispatch.Query) ([]dispatch.Record, error)
}

// entry is one change in the window, with its encoding for each audience that
// asked so far.
type entry struct {
	change *dispatch.Change
	views  map[dispatch.Audience][]byte // nil: nothing of it is to be seen
	ends   time.Time                    // when a share ends by which some view tells what it does; zero: never
}

// view is the change as the audience sees it at the moment, encoded; nil when it
// sees nothing.
func (e *entry) view(au dispatch.Audience, at time.Time) ([]byte, error) {
	if over(e.ends, at) {
		e.views = nil
	}
	if b, ok := e.views[au]; ok {
		return b, nil
	}
	b, err := encode(e.change, au.At(at))
	if err != nil {
		return nil, err
	}
	if e.views == nil {
		e.views, e.ends = map[dispatch.Audience][]byte{}, e.change.Ends(at)
	}
	e.views[au] = b
	return b, nil
}

// over tells whether the time is there and has come.
func over(ends, at time.Time) bool { return !ends.IsZero() && !at.Before(ends) }

// encode reduces the change to the onlooker's view.
func encode(c *dispatch.Change, by dispatch.Onlooker) ([]byte, error) {
	seen, ok := c.See(by)
	if !ok {
		return nil, nil
	}
	b, err := json.Marshal(seen)
	if err != nil {
		return nil, fmt.Errorf("encode change %s/%d: %w", c.Realm, c.Seq, err)
	}
	return b, nil
}

// window holds the newest changes of a realm in memory, so that whoever was cut
// off for a moment resumes without the database.
type window struct {
	most    int // entries kept
	entries []*entry
	first   int64 // seq of entries[0]
}

// push appends entries that follow on.
func (w *window) push(es ...*entry) {
	for _, e := range es {
		if len(w.entries) == 0 {
			w.first = e.change.Seq
		}
		w.entries = append(w.entries, e)
	}
	if over := len(w.entries) - w.most; over > 0 {
		clear(w.entries[:over]) // let go of them; append reallocates now and then
		w.entries = w.entries[over:]
		w.first += int64(over)
	}
}

// after returns the entries with seq > from; false when some of them have left
// the window already, or when it is empty.
func (w *window) after(from int64) ([]*entry, bool) {
	if len(w.entries) == 0 || from < w.first-1 {
		return nil, false
	}
	return w.entries[min(from-w.first+1, int64(len(w.entries))):], true
}

// follow checks that the changes continue the seq without a gap.
func follow(head int64, cs []*dispatch.Change) error {
	for i, c := range cs {
		if want := head + int64(i) + 1; c.Seq != want {
			return fmt.Errorf("journal of %s: seq %d comes where %d must", c.Realm, c.Seq, want)
		}
	}
	return nil
}
