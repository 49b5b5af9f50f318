package pgstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/geo"
)

// tracked stores positions of three teams of the realm over two days until now, some flagged, one team
// silent for most of it; made is the realm's clock of a moment of the server's. It returns what was
// shown.
func (f *fixture) tracked(realm dispatch.Realm, rng *rand.Rand, begin time.Time, made func(time.Time) time.Time) []dispatch.Position {
	f.t.Helper()
	var all []dispatch.Position
	add := func(team string, received time.Time) {
		p := dispatch.Position{Realm: realm, Team: team, Device: "d", Source: "demo", Point: geo.At(113+rng.Float64(), 34), Speed: 5, Heading: 90, Accuracy: -1,
			Fixed: made(received).Add(-time.Duration(rng.IntN(3000)) * time.Millisecond).Truncate(time.Microsecond), Received: received.Truncate(time.Microsecond)}
		if rng.IntN(10) == 0 {
			p.Flag = dispatch.PositionJump
		}
		all = append(all, p)
	}
	for at := begin; at.Before(begin.Add(48 * time.Hour)); at = at.Add(time.Duration(rng.IntN(600)) * time.Second) {
		add("t1", at)
		if rng.IntN(3) == 0 {
			add("t2", at.Add(time.Second))
		}
		if at.Sub(begin) < time.Hour {
			add("t3", at.Add(2*time.Second))
		}
	}
	if err := f.SavePositions(f.t.Context(), all); err != nil {
		f.t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(p dispatch.Position) bool { return p.Flag != "" })
}

// wantTracks says plainly what Tracks is to find.
func wantTracks(all []dispatch.Position, q dispatch.TracksQuery) []string {
	out := []string{}
	for _, team := range q.Teams {
		var before *dispatch.Position
		steps := map[int]dispatch.Position{}
		for _, p := range all {
			switch {
			case p.Team != team || !p.Fixed.Before(q.To):
			case p.Fixed.Before(q.From):
				if before == nil || p.Fixed.After(before.Fixed) {
					before = &p
				}
			default:
				n := int(p.Fixed.Sub(q.From) / q.Step)
				if had, ok := steps[n]; !ok || p.Fixed.After(had.Fixed) {
					steps[n] = p
				}
			}
		}
		var mine []dispatch.Position
		if before != nil {
			mine = append(mine, *before)
		}
		for _, p := range steps {
			mine = append(mine, p)
		}
		slices.SortFunc(mine, func(a, b dispatch.Position) int { return a.Fixed.Compare(b.Fixed) })
		for _, p := range mine {
			out = append(out, team+" "+p.Fixed.UTC().Format(time.RFC3339Nano))
		}
	}
	return out
}

func toldTracks(all []dispatch.Position) []string {
	out := []string{}
	for _, p := range all {
		out = append(out, p.Team+" "+p.Fixed.Format(time.RFC3339Nano))
	}
	return out
}

// TestTracks: the last position before, and one in each step, whatever part of the track it lies in,
// with an index or without, in live work and in a drill whose clock is another and runs faster.
func TestTracks(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	ctx, rng := t.Context(), rand.New(rand.NewPCG(3, 16))
	begin := time.Now().Add(-48 * time.Hour).UTC().Truncate(time.Second)
	clocks := map[dispatch.Realm]func(time.Time) time.Time{
		dispatch.Live: func(at time.Time) time.Time { return at },
		"drill:d":     func(at time.Time) time.Time { return moment.Add(4 * at.Sub(begin)) },
	}
	for realm, clock := range clocks {
		all := f.tracked(realm, rng, begin, clock)
		// Something is decided now and then: it tells how the clocks stand to each other.
		for at := begin; at.Before(begin.Add(48 * time.Hour)); at = at.Add(time.Hour) {
			if _, err := f.command(ctx, realm, func(_ context.Context, _ dispatch.Tx, c *dispatch.Change) error {
				c.At, c.Wall = clock(at), at
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		for _, indexed := range []bool{false, true} {
			if indexed {
				if err := f.IndexTrack(ctx, time.Now()); err != nil {
					t.Fatal(err)
				}
			}
			for range 40 {
				from := clock(begin.Add(time.Duration(rng.IntN(48*3600)) * time.Second))
				q := dispatch.TracksQuery{Realm: realm, From: from, To: from.Add(time.Duration(1+rng.IntN(7200)) * time.Second),
					Step: time.Duration(1+rng.IntN(300)) * time.Second, Teams: []string{"t1", "t2", "t3"}, Limit: 1000}
				found, err := f.Tracks(ctx, q)
				if err != nil {
					t.Fatal(err)
				}
				if have, want := toldTracks(found), wantTracks(all, q); !slices.Equal(have, want) {
					t.Errorf("%s from %s to %s each %s:\n%v\nwant\n%v", realm, q.From, q.To, q.Step, have, want)
				}
			}
		}
		if found, err := f.Tracks(ctx, dispatch.TracksQuery{Realm: realm, From: begin, To: begin.Add(time.Hour), Step: time.Second, Limit: 10}); err != nil || len(found) != 0 {
			t.Errorf("of no team: %v, %v", found, err)
		}
	}
}

func TestReplaySpan(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	ctx := t.Context()
	want := func(first, last int64) {
		t.Helper()
		span, err := f.ReplaySpan(ctx, dispatch.Live)
		if err != nil || span.First.Seq != first || span.Last.Seq != last || span.Epoch == "" || first > 0 && span.First.At.IsZero() {
			t.Errorf("%+v, %v; want %d to %d", span, err, first, last)
		}
	}
	if span, err := f.ReplaySpan(ctx, dispatch.Live); err != nil || span.First.Seq != 0 || span.Last.Seq != 0 {
		t.Errorf("of nothing: %+v, %v", span, err)
	}
	f.put(dispatch.Live, testTeam("t1"))
	if err := f.bulk([]dispatch.Record{testTeam("t2")}); err != nil {
		t.Fatal(err)
	}
	f.put(dispatch.Live, testTeam("t3"))
	want(1, 3)
	// As if the import were from before imports were kept.
	f.alter("update journal set payload = convert_to('{\"reset\":[\"team\"]}', 'UTF8') where seq = 2")
	want(3, 3)
	f.put(dispatch.Live, testTeam("t4"))
	want(4, 4) // until there is a keyframe
	if _, err := f.WriteKeyframe(ctx, dispatch.Live); err != nil {
		t.Fatal(err)
	}
	f.put(dispatch.Live, testTeam("t5"))
	want(4, 5)
	want(4, 5) // what was found is kept
	for seq, there := range map[int64]bool{1: true, 5: true, 0: false, 6: false} {
		if m, err := f.Moment(ctx, dispatch.Live, seq); (err == nil) != there || there && !m.At.Equal(moment) {
			t.Errorf("moment %d: %+v, %v", seq, m, err)
		}
	}
	cs, err := f.ChangesOf(ctx, dispatch.Live, 1, 4, []string{"test.change"}, 2)
	if err != nil || len(cs) != 2 || cs[0].Seq != 2 || cs[1].Seq != 3 {
		t.Errorf("%v, %v", cs, err)
	}
	if cs, err := f.ChangesOf(ctx, dispatch.Live, 0, 5, []string{"task.assign"}, 2); err != nil || len(cs) != 0 {
		t.Errorf("%v, %v", cs, err)
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	ctx := t.Context()
	shared := testIncident("i1")
	shared.Scope.Shares = []dispatch.Share{{Agency: "a2", Tier: dispatch.TierView, Source: dispatch.ShareManual}}
	f.put(dispatch.Live, testTeam("t1"), shared, testIncident("i2"))
	f.put("drill:x", testTeam("t2"))
	if _, err := f.command(ctx, dispatch.Live, dropping(testIncident("i2"))); err != nil {
		t.Fatal(err)
	}
	ref := func(k dispatch.Kind, id string) dispatch.Ref { return dispatch.Ref{Kind: k, ID: id} }
	got, err := f.Scopes(ctx, dispatch.Live, []dispatch.Ref{ref("team", "t1"), ref("team", "t2"), ref("incident", "i1"), ref("incident", "i2"), ref("nonsense", "x")})
	if err != nil || len(got) != 3 || !got[ref("incident", "i1")].Equal(shared.Scope) || !got[ref("team", "t1")].Open || got[ref("incident", "i2")].Agency != "a1" {
		t.Errorf("%v, %v", fmt.Sprint(got), err)
	}
	if got, err := f.Scopes(ctx, dispatch.Live, nil); err != nil || len(got) != 0 {
		t.Errorf("of nothing: %v, %v", got, err)
	}
}
