package geo

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/project"
	"github.com/paulmach/orb/simplify"
)

func TestSimplifyLine(t *testing.T) {
	t.Parallel()
	// At zoom 0 a pixel is 360/512 degrees of longitude: 0.703.
	for name, c := range map[string]struct {
		line []Point
		zoom float64
		want []int
	}{
		"nothing":               {nil, 10, nil},
		"one point":             {[]Point{{113, 34}}, 10, []int{0}},
		"standing still":        {[]Point{{113, 34}, {113, 34}, {113, 34}}, 20, []int{0, 2}},
		"straight":              {[]Point{{0, 0}, {1, 0}, {2, 0}, {3, 0}}, 18, []int{0, 3}},
		"less than a pixel":     {[]Point{{0, 0}, {10, 0.69}, {20, 0}}, 0, []int{0, 2}},
		"more than a pixel":     {[]Point{{0, 0}, {10, 0.72}, {20, 0}}, 0, []int{0, 1, 2}},
		"the same, looked at":   {[]Point{{0, 0}, {10, 0.69}, {20, 0}}, 1, []int{0, 1, 2}},
		"out and back":          {[]Point{{0, 0}, {5, 0}, {10, 0}, {5, 0}, {0, 0}}, 4, []int{0, 2, 4}},
		"beyond the last":       {[]Point{{0, 0}, {30, 0}, {20, 0}}, 2, []int{0, 1, 2}},
		"at the pole, harmless": {[]Point{{0, 90}, {1, -90}, {2, 90}}, 3, []int{0, 1, 2}},
	} {
		if got := SimplifyLine(c.line, c.zoom); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// A library that does the same on the plane picks the same points.
func TestSimplifyLineLikeOrb(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		line, p := []Point{}, Point{113.8, 34}
		for range 2 + r.IntN(300) {
			p = Point{p[0] + (r.Float64()-0.4)*0.01, p[1] + (r.Float64()-0.5)*0.01}
			line = append(line, p)
		}
		zoom := 6 + r.Float64()*10
		plane := make(orb.LineString, len(line))
		for i, p := range line {
			plane[i] = orb.Point(p)
		}
		width := 2 * math.Pi * orb.EarthRadius / (512 * math.Exp2(zoom))
		want := simplify.DouglasPeucker(width).LineString(project.LineString(plane, project.WGS84.ToMercator))
		got := SimplifyLine(line, zoom)
		if len(got) != len(want) {
			t.Fatalf("%d points stay, want %d", len(got), len(want))
		}
		for i, n := range got {
			if m := project.Point(orb.Point(line[n]), project.WGS84.ToMercator); math.Hypot(m[0]-want[i][0], m[1]-want[i][1]) > 1e-6 {
				t.Fatalf("point %d is %v, want %v", i, m, want[i])
			}
		}
	}
}
