package pgstore

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"liandong/dispatch"
)

// screen is what a reader of the feed holds: the last put of each record, as encoded.
type screen map[dispatch.Ref]string

func (s screen) apply(t rapid.TB, seen dispatch.Seen) {
	for _, r := range seen.Put {
		s[dispatch.RefOf(r)] = asJSON(t, r)
	}
	for _, ref := range seen.Drop {
		delete(s, ref)
	}
}

// snapshot reads a screen and where the journal stood, and checks the order.
func (f *fixture) snapshot(t rapid.TB, au dispatch.Onlooker) (screen, int64) {
	t.Helper()
	s, seq, last := screen{}, int64(-1), dispatch.Ref{}
	_, err := f.Snapshot(f.t.Context(), au, func(h dispatch.SnapshotHead) error {
		seq = h.Seq
		if h.Epoch == "" || h.Realm != au.Realm {
			t.Errorf("the head is %+v", h)
		}
		return nil
	}, func(r dispatch.Record) error {
		ref := dispatch.RefOf(r)
		if last.ID != "" && lockOrder(last, ref) >= 0 {
			t.Errorf("%v comes after %v", ref, last)
		}
		last, s[ref] = ref, asJSON(t, r)
		return nil
	})
	if err != nil || seq < 0 {
		t.Fatalf("snapshot at %d: %v", seq, err)
	}
	return s, seq
}

// TestSnapshotAndChanges: a snapshot and the changes after it give the same picture as a later
// snapshot, byte by byte, for any audience; and a replay of the journal gives the tables.
func TestSnapshotAndChanges(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	var n atomic.Int64
	rapid.Check(t, func(rt *rapid.T) {
		realm := dispatch.Realm(fmt.Sprintf("drill:%d", n.Add(1)))
		readers := make([]dispatch.Onlooker, 3)
		screens, cursors := make([]screen, 3), make([]int64, 3)
		for i := range readers {
			readers[i] = drawOnlooker(rt, realm)
			screens[i], cursors[i] = f.snapshot(rt, readers[i])
		}
		board := map[dispatch.Ref]bool{} // every record, and whether it is on the board
		for range rapid.IntRange(1, 8).Draw(rt, "changes") {
			if err := f.randomChange(rt, realm, board); err != nil {
				rt.Fatal(err)
			}
			// One of them starts anew in the middle.
			if i := rapid.IntRange(0, 5).Draw(rt, "anew"); i < len(readers) {
				screens[i], cursors[i] = f.snapshot(rt, readers[i])
			}
		}
		for i, au := range readers {
			cs, err := f.Changes(f.t.Context(), realm, cursors[i], 1000)
			if err != nil {
				rt.Fatal(err)
			}
			for _, c := range cs {
				if seen, ok := c.See(au); ok {
					screens[i].apply(rt, seen)
				}
			}
			want, _ := f.snapshot(rt, au)
			if have, want := asSorted(rt, screens[i]), asSorted(rt, want); !slices.Equal(have, want) {
				rt.Fatalf("%+v: from the feed\n%v\nfrom a snapshot\n%v", au, have, want)
			}
		}
		report, err := f.VerifyTables(f.t.Context(), realm, nil)
		if err != nil || !report.OK() || report.Skipped != 0 || report.Records != int64(len(board)) {
			rt.Fatalf("verify: %+v of %d records, %v", report, len(board), err)
		}
	})
}

func asSorted(t rapid.TB, s screen) []string {
	var out []string
	for ref, doc := range s {
		if !json.Valid([]byte(doc)) {
			t.Fatalf("%v holds %q", ref, doc)
		}
		out = append(out, string(ref.Kind)+"/"+ref.ID+" "+doc)
	}
	slices.Sort(out)
	return out
}

// randomChange puts new records, puts known ones with another scope, and drops some, in one change.
func (f *fixture) randomChange(rt *rapid.T, realm dispatch.Realm, board map[dispatch.Ref]bool) error {
	kinds := []dispatch.Kind{dispatch.KindIncident, dispatch.KindTeam, dispatch.KindNote, dispatch.KindPerson}
	_, err := f.command(f.t.Context(), realm, func(ctx context.Context, tx dispatch.Tx, c *dispatch.Change) error {
		touched := map[dispatch.Ref]bool{}
		for range rapid.IntRange(1, 4).Draw(rt, "puts") {
			ref := dispatch.Ref{Kind: rapid.SampledFrom(kinds).Draw(rt, "kind"), ID: fmt.Sprintf("t%d", rapid.IntRange(1, 4).Draw(rt, "id"))}
			if touched[ref] {
				continue
			}
			touched[ref] = true
			scope := drawScope(rt)
			if _, known := board[ref]; !known {
				r, _ := dispatch.New(ref.Kind)
				*dispatch.HeadOf(r) = newHead(ref.Kind, ref.ID, scope)
				c.Puts = append(c.Puts, dispatch.Put{Record: r, After: scope})
				board[ref] = true
				continue
			}
			var r dispatch.Record
			if rapid.Bool().Draw(rt, "lock") {
				recs, err := tx.Lock(ctx, realm, ref)
				if err != nil {
					return err
				}
				r = recs[0]
			} else if got, err := tx.Get(ctx, realm, ref, nil); err == nil {
				r = got
			} else {
				return err
			}
			h := dispatch.HeadOf(r)
			before := h.Scope
			if rapid.IntRange(0, 3).Draw(rt, "leave") == 0 {
				board[ref] = false
				if rapid.Bool().Draw(rt, "only dropped") {
					c.Drops = append(c.Drops, dispatch.Drop{Ref: ref, Before: before})
					continue
				}
				// Put and dropped: whoever sees the put must get the drop.
				c.Drops = append(c.Drops, dispatch.Drop{Ref: ref, Before: scope})
			} else {
				board[ref] = true
			}
			h.Scope = scope
			h.Version++
			c.Puts = append(c.Puts, dispatch.Put{Record: r, Before: &before, After: scope})
		}
		return nil
	})
	return err
}
