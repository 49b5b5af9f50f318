package replay

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/dispatch/vocabulary"
)

func california(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func readFile(t testing.TB, path string) *Log {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	l, err := Read(f, california(t))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestReadKeepsTheClock(t *testing.T) {
	t.Parallel()
	l := readFile(t, "testdata/invented.csv")
	c := l.Calls[0]
	if want := time.Date(2020, 4, 7, 15, 0, 0, 0, time.UTC); !c.Received.Equal(want) || len(l.Calls) != 20 || l.Rows != 35 {
		t.Errorf("received %s, want %s; %d calls, %d rows", c.Received, want, len(l.Calls), l.Rows)
	}
	if c.Point == nil || c.Point.Lat() < 37 || c.Point.Lon() > -122 {
		t.Errorf("point %v: longitude comes first here, latitude in the file", c.Point)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile("testdata/invented.csv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(whole), "\n")
	head, first := lines[0], lines[1]
	for _, tt := range []struct{ name, file, err, reason string }{
		{"empty", "", "no header", ""},
		{"another file", "a,b\n1,2\n", `column "Call Number" is missing`, ""},
		{"no rows", head, "no rows", ""},
		{"no RowID", head + strings.Replace(first, "990000001-E07", "", 1), "", "has no RowID"},
		{"twice", head + first + first, "", "the same RowID came before"},
		{"no time", head + strings.Replace(first, "04/07/2020 08:01:40 AM", "yesterday", 1), "", `Dispatch DtTm "yesterday" is no time`},
		{"no place", head + strings.Replace(first, "(37.751", "(91.5", 1), "", "is no place"},
		{"another story", head + first + strings.Replace(lines[2], "Code 2 Transport", "Fire", 1), "", "another story"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l, err := Read(strings.NewReader(tt.file), california(t))
			switch {
			case tt.err != "":
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want %q", err, tt.err)
				}
			case err != nil:
				t.Fatal(err)
			case len(l.Refused) != 1 || !strings.Contains(l.Refused[0].Reason, tt.reason):
				t.Errorf("refused %v, want %q", l.Refused, tt.reason)
			}
		})
	}
}

// Every event code and every type of team in the tables is known to the server.
func TestTablesAreKnown(t *testing.T) {
	t.Parallel()
	for name, code := range types {
		if !slices.ContainsFunc(vocabulary.Events(), func(e vocabulary.Event) bool { return e.Code == code }) {
			t.Errorf("%s: no event has the code %s", name, code)
		}
	}
	for name, u := range units {
		known := slices.ContainsFunc(vocabulary.Capabilities, func(c vocabulary.Capability) bool { return c.Code == u.capability })
		if !slices.Contains(dispatch.TeamTypes, u.team) || !known || u.crew < 1 {
			t.Errorf("%s: %+v", name, u)
		}
	}
}

func TestEndings(t *testing.T) {
	t.Parallel()
	for disposition, want := range map[string]Ending{
		"No Merit": {State: dispatch.IncidentFalseAlarm}, "Fire": {dispatch.IncidentClosed, "Fire"},
		"Cancelled": {dispatch.IncidentClosed, "Cancelled"}, "": {dispatch.IncidentClosed, "not told"},
	} {
		if got := (&Call{Disposition: disposition}).Ending(); got != want {
			t.Errorf("%q: %v, want %v", disposition, got, want)
		}
	}
	at := time.Unix(0, 0)
	for _, tt := range []struct {
		row     Row
		reached bool
		want    dispatch.TaskState
	}{{Row{OnScene: at}, true, dispatch.TaskDone}, {Row{}, true, dispatch.TaskReleased}, {Row{}, false, dispatch.TaskCancelled}} {
		if got := tt.row.Ending(tt.reached); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.row, got, tt.want)
		}
	}
}

// percentile_cont of PostgreSQL answers the same.
func TestPercentile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		values []float64
		p      float64
		want   float64
	}{{nil, 0.5, 0}, {[]float64{7}, 0.9, 7}, {[]float64{1, 2}, 0.5, 1.5}, {[]float64{1, 2, 3, 4}, 0.9, 3.7}, {[]float64{10, 20, 30}, 0.5, 20}} {
		if got := percentile(tt.values, tt.p); got < tt.want-1e-9 || got > tt.want+1e-9 {
			t.Errorf("percentile(%v, %v) = %v, want %v", tt.values, tt.p, got, tt.want)
		}
	}
}

// Whatever the workers do, each step comes after those it waits for.
func TestScheduleKeepsOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		p := newPlan(Invent(seed, 60, 12))
		rng := rand.New(rand.NewPCG(seed, 9))
		before := map[*step][]*step{}
		for _, s := range p.steps {
			for _, n := range s.next {
				before[n] = append(before[n], s)
			}
		}
		var mu sync.Mutex
		done := map[*step]bool{}
		err := schedule(t.Context(), p.steps, 1+rng.IntN(16), 0, func(_ context.Context, s *step) error {
			mu.Lock()
			defer mu.Unlock()
			for _, b := range before[s] {
				if !done[b] {
					t.Errorf("seed %d: %s %s ran before %s %s", seed, s.call.Number, s.to, b.call.Number, b.to)
				}
			}
			if done[s] {
				t.Errorf("seed %d: a step ran twice", seed)
			}
			done[s] = true
			return nil
		})
		if err != nil || len(done) != len(p.steps) {
			t.Fatalf("seed %d: %d of %d steps: %v", seed, len(done), len(p.steps), err)
		}
	}
}

func TestScheduleEndsWithTheFirstError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	p := newPlan(Invent(1, 30, 5))
	if err := schedule(t.Context(), p.steps, 4, 0, func(context.Context, *step) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	circle := []*step{{}, {}}
	circle[0].then(circle[1])
	circle[1].then(circle[0])
	if err := schedule(t.Context(), circle, 2, 0, func(context.Context, *step) error { return nil }); err == nil {
		t.Error("a circle of steps is no error")
	}
}

// A unit that is free at the second at which it is sent again is no unit in two
// places: what ends, ends first.
func TestSameSecondEndsFirst(t *testing.T) {
	t.Parallel()
	p := newPlan(readFile(t, "testdata/invented.csv"))
	seen := map[string]bool{}
	err := schedule(t.Context(), p.steps, 1, 0, func(_ context.Context, s *step) error {
		if s.row != nil && s.row.Unit == "E09" && s.do != locate {
			if s.do == assign && s.row.ID == "990000006-E09" && !seen["990000005-E09"] {
				t.Error("E09 is sent to call 6 before it is free of call 5")
			}
			if s.do == end {
				seen[s.row.ID] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The real log, as far as it can be judged without a server.
func TestPlanOfTheRealLog(t *testing.T) {
	t.Parallel()
	data := os.Getenv("LIANDONG_DATA")
	if data == "" {
		t.Skip("LIANDONG_DATA does not name the folder with dispatch_logs/")
	}
	l := readFile(t, filepath.Join(data, "dispatch_logs", "sf_fire_calls_2020-04.csv"))
	p := newPlan(l)
	if len(l.Calls) != 5292 || l.Rows != 10410 || len(p.units) != 199 || len(p.calls) != 5292 {
		t.Errorf("%d calls, %d rows, %d units", len(l.Calls), l.Rows, len(p.units))
	}
	reasons := map[string]int{}
	for _, x := range p.refused {
		reason, _, _ := strings.Cut(x.Reason, ":")
		reasons[reason]++
	}
	// Counted by hand in the file: 17 rows fall, 2 have no end, 3 transport
	// without having been on scene.
	want := map[string]int{"falling times": 17, "no end": 2, "no legal path": 3}
	for reason, n := range want {
		if reasons[reason] != n {
			t.Errorf("%s: %d rows, want %d; all: %v", reason, reasons[reason], n, reasons)
		}
	}
}
