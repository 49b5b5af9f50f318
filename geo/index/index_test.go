package index_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"liandong/geo"
	"liandong/geo/index"
)

func Example() {
	//  34.1  .  .  F2
	//  34.0  F1 ×  .
	//       .8  .9  114
	var teams index.Index[string]
	_ = teams.Move("F1", geo.At(113.8, 34))
	_ = teams.Move("F2", geo.At(114, 34.1))
	for _, hit := range teams.Nearest(geo.At(113.9, 34), 2, nil) {
		fmt.Printf("%s %.1f km\n", hit.Key, hit.Metres/1000)
	}
	// Output:
	// F1 9.2 km
	// F2 14.4 km
}

// Random moves and removals; after them the index must answer as a plain search
// over all points does, near the date line and the pole too.
func TestAgainstPlainSearch(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	for _, region := range []geo.Bound{{113, 33.5, 114.5, 34.5}, {-180, -90, 180, 90}, {100, 80, 140, 90}} {
		var x index.Index[int]
		plain := map[int]geo.Point{}
		random := func() geo.Point {
			return geo.At(region[0]+rnd.Float64()*(region[2]-region[0]), region[1]+rnd.Float64()*(region[3]-region[1]))
		}
		for range 4000 {
			key := rnd.IntN(600)
			if rnd.IntN(5) == 0 {
				_, had := plain[key]
				if x.Remove(key) != had {
					t.Fatalf("remove %d: the index and the plain map differ", key)
				}
				delete(plain, key)
				continue
			}
			plain[key] = random()
			if err := x.Move(key, plain[key]); err != nil {
				t.Fatal(err)
			}
		}
		if x.Len() != len(plain) {
			t.Fatalf("holds %d, want %d", x.Len(), len(plain))
		}
		for range 60 {
			checkNearest(t, &x, plain, random())
			a, b := random(), random()
			checkBox(t, &x, plain, geo.BoundOf(a, b))
		}
	}
}

func checkNearest(t *testing.T, x *index.Index[int], plain map[int]geo.Point, at geo.Point) {
	t.Helper()
	odd := func(k int) bool { return k%2 == 1 }
	var want []float64
	for k, p := range plain {
		if odd(k) {
			want = append(want, geo.Distance(at, p))
		}
	}
	slices.Sort(want)
	got := x.Nearest(at, 10, odd)
	if len(got) != 10 {
		t.Fatalf("got %d hits", len(got))
	}
	for i, hit := range got {
		if hit.Metres != want[i] || hit.At != plain[hit.Key] {
			t.Fatalf("near %v, hit %d: %.3f m, want %.3f", at, i, hit.Metres, want[i])
		}
	}
}

func checkBox(t *testing.T, x *index.Index[int], plain map[int]geo.Point, box geo.Bound) {
	t.Helper()
	var got, want []int
	x.In(box, func(k int, _ geo.Point) bool { got = append(got, k); return true })
	for k, p := range plain {
		if box.Contains(p) {
			want = append(want, k)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("box %v: %v, want %v", box, got, want)
	}
}

func TestRefusesWhatIsNotOnTheEarth(t *testing.T) {
	var x index.Index[string]
	if err := x.Move("a", geo.At(113, 34)); err != nil {
		t.Fatal(err)
	}
	if err := x.Move("a", geo.At(113, 91)); err == nil {
		t.Error("latitude 91 was taken")
	}
	if p, _ := x.At("a"); p != geo.At(113, 34) {
		t.Errorf("a refused move left the key at %v", p)
	}
}

func BenchmarkMove(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 1))
	var x index.Index[int]
	for i := 0; b.Loop(); i++ {
		_ = x.Move(i%10_000, geo.At(113+rnd.Float64(), 34+rnd.Float64()))
	}
}
