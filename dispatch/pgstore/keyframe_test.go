package pgstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"liandong/dispatch"
)

// linesOf are the records as encoded, one a line.
func linesOf(t rapid.TB, records []dispatch.Record) []string {
	t.Helper()
	out := make([]string, len(records))
	for i, r := range records {
		out[i] = asJSON(t, r)
	}
	return out
}

// TestPictureAtEveryChange: random puts, drops and returns to the board, in two realms with the same
// identifiers at once; after each the whole picture is recorded, and told again afterwards, with
// keyframes at random places or none at all.
func TestPictureAtEveryChange(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		realms := []dispatch.Realm{dispatch.Realm(fmt.Sprintf("drill:%da", n)), dispatch.Realm(fmt.Sprintf("drill:%db", n))}
		boards := []map[dispatch.Ref]bool{{}, {}}
		truth := [][][]string{{{}}, {{}}}
		for range rapid.IntRange(1, 12).Draw(rt, "changes") {
			i := rapid.IntRange(0, 1).Draw(rt, "realm")
			if err := f.randomChange(rt, realms[i], boards[i]); err != nil {
				rt.Fatal(err)
			}
			truth[i] = append(truth[i], f.onBoard(rt, realms[i], int64(len(truth[i]))))
			if rapid.IntRange(0, 3).Draw(rt, "keyframe") == 0 {
				if k, err := f.WriteKeyframe(t.Context(), realms[i]); err != nil || k.Seq != int64(len(truth[i])-1) || k.Records != len(truth[i][k.Seq]) {
					rt.Fatalf("keyframe %+v, %v", k, err)
				}
			}
		}
		for i, realm := range realms {
			for seq, want := range truth[i] {
				told, err := f.PictureAt(t.Context(), realm, int64(seq))
				if err != nil {
					rt.Fatal(err)
				}
				if have := linesOf(rt, told); !slices.Equal(have, want) {
					rt.Fatalf("%s after %d:\n%v\nrecorded:\n%v", realm, seq, have, want)
				}
			}
		}
	})
}

// onBoard reads all that is on the board and wants it to be of the change.
func (f *fixture) onBoard(t rapid.TB, realm dispatch.Realm, seq int64) []string {
	t.Helper()
	lines := []string{}
	_, err := f.Snapshot(f.t.Context(), dispatch.System(realm).Audience().At(moment), func(h dispatch.SnapshotHead) error {
		if h.Seq != seq {
			t.Fatalf("the snapshot is of %d, want %d", h.Seq, seq)
		}
		return nil
	}, func(r dispatch.Record) error { lines = append(lines, asJSON(t, r)); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// bulk writes records at once, and then puts and drops in the same change.
func (f *fixture) bulk(records []dispatch.Record, puts ...dispatch.Record) error {
	_, err := f.command(f.t.Context(), dispatch.Live, func(ctx context.Context, tx dispatch.Tx, c *dispatch.Change) error {
		c.Reset = []dispatch.Kind{dispatch.KindTeam}
		for _, r := range puts {
			c.Puts = append(c.Puts, dispatch.Put{Record: r, After: dispatch.HeadOf(r).Scope})
		}
		return tx.PutBulk(ctx, records)
	})
	return err
}

// TestPictureUnderImports: what was written at once is part of every picture after it, brings back what
// had left the board, and is told by the journal's chain; nothing kept of an import, or something else
// kept in its place, is told and not guessed.
func TestPictureUnderImports(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	ctx := t.Context()
	truth := [][]string{{}}
	record := func() { t.Helper(); truth = append(truth, f.onBoard(t, dispatch.Live, int64(len(truth)))) }
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		record()
	}
	check := func(from int64) {
		t.Helper()
		for seq := from; seq < int64(len(truth)); seq++ {
			told, err := f.PictureAt(ctx, dispatch.Live, seq)
			if have := linesOf(t, told); err != nil || !slices.Equal(have, truth[seq]) {
				t.Errorf("after %d: %v\n%v\nrecorded\n%v", seq, err, have, truth[seq])
			}
		}
	}
	team := func(id, name string) dispatch.Record { x := testTeam(id); x.Name = name; return x }
	f.put(dispatch.Live, testTeam("t1"), testIncident("i1"))
	record()
	_, err := f.command(ctx, dispatch.Live, dropping(testTeam("t1")))
	do(err)
	do(f.bulk([]dispatch.Record{team("t1", "又"), team("t2", "新")}, testIncident("i2")))
	do(f.edit(dispatch.Live, dispatch.Ref{Kind: dispatch.KindTeam, ID: "t2"}, func(r dispatch.Record) { r.(*dispatch.Team).Crew = 1 }))
	do(f.bulk(nil)) // an import of no rows
	do(f.bulk([]dispatch.Record{team("t2", "再")}))
	if len(truth[2]) != 1 || len(truth[3]) != 4 || len(truth[6]) != 4 {
		t.Fatalf("the board was %v, %v and %v", truth[2], truth[3], truth[6])
	}
	check(0)
	if r, err := f.VerifyTables(ctx, dispatch.Live, nil); err != nil || !r.OK() || r.Skipped != 0 || r.Records != 4 {
		t.Errorf("verify: %+v, %v", r, err)
	}

	// Somebody changes what was kept of an import.
	f.alter("update bulk set body = (select body from bulk where records = 0) where records = 2")
	if _, err := f.PictureAt(ctx, dispatch.Live, 4); err == nil || !strings.Contains(err.Error(), "changed") {
		t.Errorf("an import whose kept content was changed: %v", err)
	}
	// As after an upgrade: nothing was kept of what was imported before. The pictures go on with the
	// next keyframe, and the refusal names it.
	f.alter("delete from bulk where records = 2")
	_, err = f.PictureAt(ctx, dispatch.Live, 4)
	wantCode(t, err, dispatch.NotFound, "seq")
	if legal := refusalOf(err).Legal; legal != nil {
		t.Errorf("there is no keyframe, and %v is named", legal)
	}
	if k, err := f.KeepKeyframes(ctx, dispatch.Live, KeyframeEvery); err != nil || k.Seq != 6 {
		t.Fatalf("the first keyframe is %+v, %v", k, err)
	}
	do(f.edit(dispatch.Live, dispatch.Ref{Kind: dispatch.KindTeam, ID: "t1"}, func(r dispatch.Record) { r.(*dispatch.Team).Crew = 2 }))
	check(6)
	_, err = f.PictureAt(ctx, dispatch.Live, 5)
	wantCode(t, err, dispatch.NotFound, "seq")
	if legal := refusalOf(err).Legal; !slices.Equal(legal, []string{"6"}) {
		t.Errorf("the refusal names %v, want the keyframe 6", legal)
	}
	if r, err := f.VerifyTables(ctx, dispatch.Live, nil); err != nil || !r.OK() || r.Skipped != 0 || r.Records != 4 {
		t.Errorf("verify with an import that was not kept: %+v, %v", r, err)
	}
}

func TestPictureRefused(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	ctx := t.Context()
	if k, err := f.KeepKeyframes(ctx, dispatch.Live, 2); err != nil || k != (Keyframe{}) {
		t.Errorf("a keyframe of nothing: %+v, %v", k, err)
	}
	if k, err := f.WriteKeyframe(ctx, dispatch.Live); err != nil || k != (Keyframe{}) {
		t.Errorf("a keyframe of nothing: %+v, %v", k, err)
	}
	for n := range 6 {
		f.put(dispatch.Live, testTeam(fmt.Sprint("t", n)))
	}
	for _, seq := range []int64{-1, 7} {
		_, err := f.PictureAt(ctx, dispatch.Live, seq)
		wantCode(t, err, dispatch.Invalid, "seq")
	}
	_, err := f.PictureAt(ctx, "drill:none", 1)
	wantCode(t, err, dispatch.Invalid, "seq")
	if told, err := f.PictureAt(ctx, "drill:none", 0); err != nil || len(told) != 0 {
		t.Errorf("before all: %v, %v", told, err)
	}
	// Retention took the content of 1 to 3; only what a keyframe leads to is told, and one that leads
	// nowhere goes.
	if k, err := f.KeepKeyframes(ctx, dispatch.Live, 1); err != nil || k.Seq != 6 {
		t.Fatalf("keyframe %+v, %v", k, err)
	}
	if k, err := f.KeepKeyframes(ctx, dispatch.Live, 1); err != nil || k != (Keyframe{}) {
		t.Errorf("nothing was decided since: %+v, %v", k, err)
	}
	f.put(dispatch.Live, testTeam("t6"))
	if k, err := f.KeepKeyframes(ctx, dispatch.Live, 2); err != nil || k != (Keyframe{}) {
		t.Errorf("one change since, and every second is due: %+v, %v", k, err)
	}
	for seq := 1; seq <= 3; seq++ {
		f.alter("update journal set payload = null where seq = $1", seq)
	}
	_, err = f.PictureAt(ctx, dispatch.Live, 5)
	wantCode(t, err, dispatch.NotFound, "seq")
	if told, err := f.PictureAt(ctx, dispatch.Live, 7); err != nil || len(told) != 7 {
		t.Errorf("%d records, %v", len(told), err)
	}
	if n, err := f.dropKeyframes(ctx); err != nil || n != 0 {
		t.Errorf("%d keyframes went, %v", n, err)
	}
	f.alter("update journal set payload = null where seq = 7")
	if n, err := f.dropKeyframes(ctx); err != nil || n != 1 {
		t.Errorf("%d keyframes went, %v", n, err)
	}
	if r, err := f.VerifyJournal(ctx, dispatch.Live, nil); err != nil || !r.OK() || r.Emptied != 4 {
		t.Errorf("verify: %+v, %v", r, err)
	}
	// The application may neither change a keyframe nor what was imported.
	for _, sql := range []string{"update keyframe set records = 1", "update bulk set records = 1", "delete from bulk"} {
		if _, err := f.pool.Exec(ctx, sql); err == nil {
			t.Errorf("%s was allowed to the application's role", sql)
		}
	}
}

// TestSeqAt: the last change at or before a moment, where the clocks of several servers differ and
// commands that ran at once were numbered in another order.
func TestSeqAt(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	rng := rand.New(rand.NewPCG(7, 7))
	clock := moment
	var at []time.Time
	for n := range 120 {
		clock = clock.Add(time.Duration(rng.IntN(600)) * time.Second)
		// Some are up to 50 minutes late: their server's clock is.
		late := time.Duration(rng.IntN(3000)) * time.Second * time.Duration(rng.IntN(2))
		at = append(at, clock.Add(-late))
		_, err := f.command(t.Context(), dispatch.Live, func(_ context.Context, _ dispatch.Tx, c *dispatch.Change) error {
			c.At = at[n]
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	last := int64(0)
	for m := moment.Add(-time.Hour); m.Before(clock.Add(time.Hour)); m = m.Add(97 * time.Second) {
		want := int64(0)
		for i, a := range at {
			if !a.After(m) {
				want = int64(i + 1)
			}
		}
		have, err := f.SeqAt(t.Context(), dispatch.Live, m)
		if err != nil || have != want || have < last {
			t.Fatalf("at %s: %d, %v; want %d", m, have, err, want)
		}
		last = have
	}
	if last != int64(len(at)) {
		t.Errorf("at the end: %d", last)
	}
	if n, err := f.SeqAt(t.Context(), "drill:x", clock); err != nil || n != 0 {
		t.Errorf("in a realm with nothing: %d, %v", n, err)
	}
}
