package pgstore

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/geo"
)

func fixAt(team string, seconds int, flag dispatch.PositionFlag) dispatch.Position {
	at := moment.Add(time.Duration(seconds) * time.Second)
	return dispatch.Position{Realm: dispatch.Live, Team: team, Device: "d1", Point: geo.At(113.8512345, -34.0298765), Speed: float64(seconds), Heading: -1,
		Accuracy: 5, Fixed: at, Received: at.Add(time.Second), Source: "osmand", Flag: flag}
}

// fresh is a position that comes in now, fixed so many seconds ago.
func fresh(team string, ago int, flag dispatch.PositionFlag) dispatch.Position {
	p := fixAt(team, 0, flag)
	p.Received = time.Now().UTC().Truncate(time.Microsecond)
	p.Fixed = p.Received.Add(-time.Duration(ago) * time.Second)
	return p
}

func (f *fixture) save(ps ...dispatch.Position) {
	f.t.Helper()
	if err := f.SavePositions(f.t.Context(), ps); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) track(team string, from, to time.Time) []dispatch.Position {
	f.t.Helper()
	ps, err := f.Track(f.t.Context(), dispatch.TrackQuery{Realm: dispatch.Live, Team: team, From: from, To: to})
	if err != nil {
		f.t.Fatal(err)
	}
	return ps
}

func (f *fixture) latestAre(want ...dispatch.Position) {
	f.t.Helper()
	got, err := f.LatestPositions(f.t.Context(), dispatch.Live)
	if want == nil {
		want = []dispatch.Position{}
	}
	if err != nil || asJSON(f.t, got) != asJSON(f.t, want) {
		f.t.Errorf("last known\n%s, want\n%s, %v", asJSON(f.t, got), asJSON(f.t, want), err)
	}
}

func TestPositions(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	// The hour of these fixes has no partition yet: it is made.
	f.save(fixAt("t1", 0, ""), fixAt("t1", 20, ""), fixAt("t1", 10, ""), fixAt("t2", 5, ""), fixAt("t1", 30, dispatch.PositionJump))
	f.save(fixAt("t1", 15, "")) // late: older than the one known
	f.latestAre(fixAt("t1", 20, ""), fixAt("t2", 5, ""))
	got := f.track("t1", moment.Add(10*time.Second), moment.Add(31*time.Second))
	want := []dispatch.Position{fixAt("t1", 10, ""), fixAt("t1", 15, ""), fixAt("t1", 20, ""), fixAt("t1", 30, dispatch.PositionJump)}
	if asJSON(t, got) != asJSON(t, want) {
		t.Errorf("track\n%s, want\n%s", asJSON(t, got), asJSON(t, want))
	}
	for _, empty := range [][]dispatch.Position{f.track("t1", moment, moment), f.track("t3", moment, moment.Add(time.Hour))} {
		if len(empty) != 0 {
			t.Errorf("a track out of nothing: %v", empty)
		}
	}
}

// What was shown last is known again after a death at any moment, whether the last known positions
// were brought up before or not.
func TestLatestSurvivesWithoutACheckpoint(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	keep := func() {
		t.Helper()
		if err := f.KeepLatest(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	f.latestAre()
	old, a, b := fresh("t1", 40, ""), fresh("t1", 20, ""), fresh("t2", 10, "")
	f.save(a, b, old, fresh("t2", 5, dispatch.PositionJump))
	f.latestAre(a, b)
	keep()
	f.latestAre(a, b)
	c := fresh("t1", 1, "")
	f.save(c)
	f.latestAre(c, b)
	keep()
	keep()
	f.latestAre(c, b)
	// What waited while the database was away, longer than the track is looked back through.
	late := fresh("t3", 0, "")
	late.Received = late.Received.Add(-time.Hour)
	late.Fixed = late.Received
	f.save(late)
	f.latestAre(c, b, late)
	// The track may go: what was kept stays.
	keep()
	if _, err := f.owner().Exec(t.Context(), "truncate track"); err != nil {
		t.Fatal(err)
	}
	f.latestAre(c, b, late)
}

func TestTrackComesInPages(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	var all []dispatch.Position
	for i := range 10 {
		p := fixAt("t1", i/2, "") // two of each second
		p.Received = p.Received.Add(time.Duration(i) * time.Millisecond)
		all = append(all, p)
	}
	f.save(all...)
	q := dispatch.TrackQuery{Realm: dispatch.Live, Team: "t1", From: moment, To: moment.Add(time.Hour), Limit: 3}
	var got []dispatch.Position
	for pages := 0; ; pages++ {
		page, err := f.Track(t.Context(), q)
		if err != nil || pages > 4 {
			t.Fatal(pages, err)
		}
		if len(page) == 0 {
			break
		}
		got = append(got, page...)
		last := page[len(page)-1]
		q.After = dispatch.TrackCursor{Fixed: last.Fixed, Received: last.Received}
	}
	if asJSON(t, got) != asJSON(t, all) {
		t.Errorf("the pages joined are\n%s, want\n%s", asJSON(t, got), asJSON(t, all))
	}
}

func TestTrackIsKeptForItsTime(t *testing.T) {
	t.Parallel()
	f := open(t, Options{KeepTrack: 10 * 24 * time.Hour})
	ctx := t.Context()
	f.save(fixAt("t1", 0, ""))
	kept := func(day int) int {
		t.Helper()
		if _, err := f.KeepTrack(ctx, moment.Add(time.Duration(day)*24*time.Hour)); err != nil {
			t.Fatal(err)
		}
		return len(f.track("t1", moment, moment.Add(time.Minute)))
	}
	for day, want := range map[int]int{0: 1, 1: 1, 9: 1, 10: 1} {
		if got := kept(day); got != want {
			t.Errorf("after %d days %d are kept, want %d", day, got, want)
		}
	}
	if got := kept(11); got != 0 {
		t.Errorf("after 11 days %d are kept", got)
	}
}

// A partition of a whole day, as an earlier version made them, keeps what it has and takes more.
func TestTrackOfWholeDays(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	ctx := t.Context()
	const before = -20 * 24 * 3600 // seconds: a day for which nothing was made at the start
	day := moment.Add(before * time.Second)
	if _, err := f.owner().Exec(ctx, "create table track_20261103 partition of track for values from ('2026-11-03 00:00:00+00') to ('2026-11-04 00:00:00+00')"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.KeepTrack(ctx, day); err != nil {
		t.Fatal(err)
	}
	f.save(fixAt("t1", before, ""))
	if err := f.IndexTrack(ctx, day.Add(48*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got := f.track("t1", day, day.Add(time.Minute)); len(got) != 1 {
		t.Errorf("%d are in the track", len(got))
	}
}

// The track of one team is read through the index of the parts that are over, and parts that cannot
// hold it are not touched.
func TestTrackUsesItsIndexes(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	ctx := t.Context()
	var ps []dispatch.Position
	for i := range 4000 {
		p := fixAt(fmt.Sprint("t", i%200), i, "")
		ps = append(ps, p)
	}
	f.save(ps...)
	for _, day := range []int{-20, 1} {
		if _, err := f.KeepTrack(ctx, moment.Add(time.Duration(day)*24*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.IndexTrack(ctx, moment.Add(24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.owner().Exec(ctx, "analyze track"); err != nil {
		t.Fatal(err)
	}
	rows, err := f.pool.Query(ctx, `explain select * from track where realm = 'live' and team = 't7' and fixed >= $1 and fixed < $2 and received >= $3 and received < $4`,
		moment, moment.Add(time.Hour), moment.Add(-2*time.Minute), moment.Add(longestDelay))
	if err != nil {
		t.Fatal(err)
	}
	var plan strings.Builder
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(line + "\n")
	}
	if rows.Err() != nil || !strings.Contains(plan.String(), "track_20261123_08_team") || strings.Contains(plan.String(), "track_202611030") {
		t.Errorf("%v\n%s", rows.Err(), plan.String())
	}
}

// BenchmarkSavePositions is the program's own share of storing; the database's comes on top.
func BenchmarkSavePositions(b *testing.B) {
	for _, n := range []int{100, 1000} {
		b.Run(fmt.Sprint("batch=", n), func(b *testing.B) {
			f := open(b, Options{})
			batch := make([]dispatch.Position, n)
			b.ReportAllocs()
			for b.Loop() {
				for i := range batch {
					batch[i] = fresh(fmt.Sprintf("%032d", i), 0, "")
				}
				if err := f.SavePositions(context.Background(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/position")
		})
	}
}
