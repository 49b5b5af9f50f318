package main

import (
	"testing"

	"liandong/cmd/liandong/bench"
)

// The worst night, made small: the figures mean nothing here, the verdict does.
func TestSmallNight(t *testing.T) {
	t.Parallel()
	f := report[bench.Figures](t, "bench", "--parts", "night", "--consoles", "60", "--teams", "80", "--minutes", "0.1", "--span", "1s", "--most", "8", "--json")
	n := f.Night
	if n == nil {
		t.Fatal("no night was measured")
	}
	for _, fault := range n.Faults {
		t.Error(fault)
	}
	if n.Consoles != 60 || n.Compared != 50 || n.Changes == 0 || n.Decided.Samples == 0 || n.Fix.Samples == 0 || n.Positions == 0 || n.Fences != 500 || n.Inside == 0 {
		t.Errorf("%+v", *n)
	}
}

// The soak, made short: no goroutine is left of the consoles that went.
func TestShortSoak(t *testing.T) {
	t.Parallel()
	f := report[bench.Figures](t, "bench", "--parts", "soak", "--consoles", "20", "--teams", "20", "--minutes", "0.2", "--most", "8", "--json")
	s := f.Soak
	if s == nil {
		t.Fatal("nothing was measured")
	}
	for _, fault := range s.Faults {
		t.Error(fault)
	}
	if s.Visits == 0 || s.Decisions == 0 || s.Positions == 0 || s.Changes == 0 || s.Fences == 0 || s.Drills == 0 || len(s.Stands) == 0 {
		t.Errorf("%+v", s.Stands)
	}
}

// Tiles, for a moment: the made-up areas can be imported, and every zoom has something to draw.
func TestFewTiles(t *testing.T) {
	t.Parallel()
	f := report[bench.Figures](t, "bench", "--parts", "tiles", "--span", "200ms", "--most", "8", "--json")
	if f.Tiles == nil || f.Tiles.Counties != 81 || f.Tiles.Townships != 1296 || len(f.Tiles.Rates) != 6 {
		t.Fatalf("%+v", f.Tiles)
	}
	for _, r := range f.Tiles.Rates {
		if r.Tiles == 0 || r.Bytes == 0 || r.PerSecond == 0 {
			t.Errorf("%+v", r)
		}
	}
}
