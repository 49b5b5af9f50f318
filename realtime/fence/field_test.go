package fence

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"liandong/geo"
)

// A team at the line of a ring of 500 m: distances from the middle, one fix each
// so many seconds.
func TestWhichSideIsBelieved(t *testing.T) {
	for name, test := range map[string]struct {
		every    int // seconds
		accuracy float64
		metres   []float64
		want     string
	}{
		"straight through":        {1, 5, []float64{600, 450, 300, 450, 600}, "2 in, 5 out"},
		"from the first fix":      {1, 5, []float64{100}, "1 in"},
		"scatter at the line":     {1, 5, []float64{600, 505, 495, 504, 496, 503, 497, 505, 495}, ""},
		"scatter inside":          {1, 5, []float64{400, 495, 505, 495, 505, 495, 505}, "1 in"},
		"stays just inside":       {10, 5, []float64{600, 495, 495, 495, 495, 495}, "5 in"},
		"stays with a break":      {10, 5, []float64{600, 495, 495, 495, 505, 495, 495, 495}, ""},
		"seldom, just inside":     {60, 5, []float64{600, 495, 495}, "3 in"},
		"inaccurate":              {1, 40, []float64{600, 470, 465, 455}, "4 in"},
		"says it is worse yet":    {1, 5000, []float64{600, 455, 449}, "3 in"},
		"says it is exact":        {1, 0, []float64{600, 495, 489}, "3 in"},
		"tells no accuracy":       {1, -1, []float64{600, 485, 479}, "3 in"},
		"on the line, 30 s":       {15, 5, []float64{600, 499.9, 499.9, 499.9}, "4 in"},
		"out and in near the end": {10, 5, []float64{400, 505, 505, 505, 505}, "1 in, 5 out"},
	} {
		t.Run(name, func(t *testing.T) {
			var f Field
			f.Put("r", geo.Around(middle, 500))
			got := ""
			for n, m := range test.metres {
				f.Move("t", Fix{geo.Toward(middle, 40, m), test.accuracy, int64(n*test.every) * 1e6}, func(id string, inside bool) {
					if got != "" {
						got += ", "
					}
					got += fmt.Sprint(n+1, map[bool]string{true: " in", false: " out"}[inside])
				})
			}
			if got != test.want {
				t.Errorf("crossings %q, want %q", got, test.want)
			}
		})
	}
}

func TestLinesMoveAndGo(t *testing.T) {
	var f Field
	var got []string
	move := func(metres float64) {
		f.Move("t", Fix{geo.Toward(middle, 90, metres), 5, 0}, func(id string, inside bool) { got = append(got, fmt.Sprint(id, inside)) })
	}
	move(0) // nothing is drawn
	f.Put("a", geo.Around(middle, 500))
	f.Put("b", geo.Prepare(geo.Circle(middle, 1000, 64)))
	move(100)
	f.Put("a", geo.Around(geo.Toward(middle, 90, 5000), 500)) // away from the team
	move(100)
	f.Put("a", geo.Around(middle, 500))
	f.Drop("b")
	f.Drop("never drawn")
	move(100)
	move(2000)
	if want := []string{"atrue", "btrue", "afalse", "atrue", "afalse"}; !slices.Equal(sorted(got[:2], got[2:]), want) {
		t.Errorf("crossings %v, want %v", got, want)
	}
	if f.Len() != 1 || len(f.near) != 0 {
		t.Errorf("%d lines, near %v: what is over must leave nothing", f.Len(), f.near)
	}
	f.Set("a", "u", true)
	f.Set("gone", "u", true)
	if !f.Inside("a", "u") || f.Inside("gone", "u") {
		t.Error("what was set is not known")
	}
	f.Forget("u", func(id string) bool { return id != "a" })
	if f.Inside("a", "u") || len(f.near) != 0 {
		t.Error("what was forgotten is known")
	}
	f.Set("a", "u", true)
	f.Set("a", "u", false)
	if len(f.near) != 0 {
		t.Errorf("near %v", f.near)
	}
}

func sorted(first, rest []string) []string {
	first = slices.Clone(first)
	slices.Sort(first)
	return append(first, rest...)
}

// What a position costs with 500 lines over a city: most of them are small.
func BenchmarkMove(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, lines := range []int{0, 500} {
		b.Run(fmt.Sprint(lines, " lines"), func(b *testing.B) {
			var f Field
			somewhere := func() geo.Point { return geo.At(113.3+rng.Float64(), 33.7+0.6*rng.Float64()) }
			for n := range lines {
				f.Put(fmt.Sprint(n), geo.Prepare(geo.Circle(somewhere(), 200+2000*rng.Float64(), 40)))
			}
			const teams = 10_000
			at := make([]geo.Point, teams)
			names := make([]string, teams)
			for n := range at {
				at[n], names[n] = somewhere(), fmt.Sprint("team", n)
			}
			crossings := 0
			for n := 0; b.Loop(); n++ {
				k := n % teams
				at[k] = geo.At(at[k][0]+0.0002*(rng.Float64()-0.5), at[k][1]+0.0002*(rng.Float64()-0.5))
				f.Move(names[k], Fix{at[k], 5, int64(n) * 100}, func(string, bool) { crossings++ })
			}
			b.ReportMetric(float64(crossings)/float64(b.N), "crossings/op")
		})
	}
}
