package index_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"liandong/geo"
	"liandong/geo/index"
)

func Example() {
	//  34.1  .  .  2
	//  34.0  1  ×  .
	//       .8  .9  114
	var teams index.Grid
	_ = teams.Move(1, geo.At(113.8, 34))
	_ = teams.Move(2, geo.At(114, 34.1))
	for _, hit := range teams.Nearest(geo.At(113.9, 34), 2, nil) {
		fmt.Printf("%d %.1f km\n", hit.ID, hit.Metres/1000)
	}
	// Output:
	// 1 9.2 km
	// 2 14.4 km
}

// Random moves and removals; after them the index must answer as a plain search
// over all points does, near the date line and the poles too, crowded or alone.
func TestAgainstPlainSearch(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	for _, region := range []geo.Bound{{113, 33.5, 114.5, 34.5}, {113, 34, 113.01, 34.01}, {-180, -90, 180, 90}, {100, 80, 140, 90}, {-180, 88, 180, 90}, {-180, -90, 180, -89.9}, {-180, -5, 180, 5}} {
		var x index.Grid
		plain := map[uint32]geo.Point{}
		random := func() geo.Point {
			return geo.At(region[0]+rnd.Float64()*(region[2]-region[0]), region[1]+rnd.Float64()*(region[3]-region[1]))
		}
		for range 4000 {
			id := rnd.Uint32N(600)
			if rnd.IntN(5) == 0 {
				_, had := plain[id]
				if x.Remove(id) != had {
					t.Fatalf("remove %d: the index and the plain map differ", id)
				}
				delete(plain, id)
				continue
			}
			p := random()
			if rnd.IntN(20) == 0 {
				p = geo.At(region[2], region[3]) // the very corner: a pole, the antimeridian
			}
			plain[id] = index.Round(p)
			if err := x.Move(id, p); err != nil {
				t.Fatal(err)
			}
		}
		if x.Len() != len(plain) {
			t.Fatalf("holds %d, want %d", x.Len(), len(plain))
		}
		for range 60 {
			checkNearest(t, &x, plain, random())
			checkBox(t, &x, plain, geo.BoundOf(random(), random()))
		}
		for _, at := range []geo.Point{{180, 0}, {-180, 0}, {0, 90}, {-180, 90}, {77, -90}, {-66.2, -34}, {179.9999, 89.9}} {
			checkNearest(t, &x, plain, at)
		}
	}
}

func checkNearest(t *testing.T, x *index.Grid, plain map[uint32]geo.Point, at geo.Point) {
	t.Helper()
	odd := func(id uint32) bool { return id%2 == 1 }
	var want []float64
	for id, p := range plain {
		if odd(id) {
			want = append(want, geo.Distance(at, p))
		}
	}
	slices.Sort(want)
	got := x.Nearest(at, 10, odd)
	if len(got) != 10 {
		t.Fatalf("got %d hits", len(got))
	}
	for i, hit := range got {
		if hit.Metres != want[i] || hit.At != plain[hit.ID] {
			t.Fatalf("near %v, hit %d: %.3f m, want %.3f", at, i, hit.Metres, want[i])
		}
	}
}

func checkBox(t *testing.T, x *index.Grid, plain map[uint32]geo.Point, box geo.Bound) {
	t.Helper()
	var got, want []uint32
	x.In(box, func(id uint32, at geo.Point) bool {
		if at != plain[id] {
			t.Fatalf("%d is at %v, want %v", id, at, plain[id])
		}
		got = append(got, id)
		return true
	})
	for id, p := range plain {
		if box.Contains(p) {
			want = append(want, id)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("box %v: %v, want %v", box, got, want)
	}
}

func TestRefusesWhatIsNotOnTheEarth(t *testing.T) {
	var x index.Grid
	if err := x.Move(3, geo.At(113, 34)); err != nil {
		t.Fatal(err)
	}
	if err := x.Move(3, geo.At(113, 91)); err == nil {
		t.Error("latitude 91 was taken")
	}
	if p, _ := x.At(3); p != geo.At(113, 34) {
		t.Errorf("a refused move left the thing at %v", p)
	}
	if _, ok := x.At(2); ok || x.Remove(2) || x.Remove(99) || x.Nearest(geo.At(0, 99), 1, nil) != nil || len(x.Nearest(geo.At(0, 0), 5, nil)) != 1 {
		t.Error("what is not there was found")
	}
}

// city holds n things in the city, or all around the world.
func city(n int, world bool) (*index.Grid, []geo.Point, *rand.Rand) {
	rnd := rand.New(rand.NewPCG(1, 1))
	x, ps := &index.Grid{}, make([]geo.Point, n)
	for i := range ps {
		ps[i] = geo.At(113+rnd.Float64()*1.6, 33.5+rnd.Float64()*0.9)
		if world {
			ps[i] = geo.At(rnd.Float64()*360-180, rnd.Float64()*180-90)
		}
		_ = x.Move(uint32(i), ps[i])
	}
	return x, ps, rnd
}

// BenchmarkMove is a vehicle's next second: 14 m on.
func BenchmarkMove(b *testing.B) {
	x, ps, _ := city(100_000, false)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i = (i + 7919) % len(ps)
		p := &ps[i]
		p[0] += 0.00015
		_ = x.Move(uint32(i), *p)
	}
}

// BenchmarkNearest finds 10 of 100,000.
func BenchmarkNearest(b *testing.B) {
	for _, world := range []bool{false, true} {
		b.Run(map[bool]string{false: "city", true: "world"}[world], func(b *testing.B) {
			x, ps, rnd := city(100_000, world)
			b.ReportAllocs()
			for b.Loop() {
				if hits := x.Nearest(ps[rnd.IntN(len(ps))], 10, nil); len(hits) != 10 {
					b.Fatal(hits)
				}
			}
		})
	}
}

// BenchmarkMemory prints what a thing costs.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		x, _, _ := city(100_000, false)
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/100_000, "B/thing")
		runtime.KeepAlive(x)
	}
}
