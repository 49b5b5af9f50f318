package geo

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestTessellate(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 3))
	for _, area := range []MultiPolygon{ell, Circle(Point{113.8, 34}, 20_000, 50)} {
		b := area.Bound()
		var seeds []Point
		for range 30 {
			seeds = append(seeds, Point{b[0] + rnd.Float64()*(b[2]-b[0]), b[1] + rnd.Float64()*(b[3]-b[1])})
		}
		parts, err := Tessellate(area, seeds)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, part := range parts {
			sum += part.Area()
		}
		if whole := area.Area(); math.Abs(sum-whole) > whole*1e-5 {
			t.Errorf("the parts are %.0f m² together, the area is %.0f", sum, whole)
		}
		for range 500 {
			p := Point{b[0] + rnd.Float64()*(b[2]-b[0]), b[1] + rnd.Float64()*(b[3]-b[1])}
			if !area.Contains(p) {
				continue
			}
			checkNearestSeed(t, parts, seeds, p, math.Cos(b.Center().Lat()*math.Pi/180))
		}
	}
	if _, err := Tessellate(ell, []Point{{113, 34}, {113, 34}}); err == nil {
		t.Error("two seeds at one point were taken")
	}
}

func checkNearestSeed(t *testing.T, parts []MultiPolygon, seeds []Point, p Point, squeeze float64) {
	t.Helper()
	nearest, least := -1, math.Inf(1)
	for i, s := range seeds {
		dx, dy := (p[0]-s[0])*squeeze, p[1]-s[1]
		if d := dx*dx + dy*dy; d < least {
			nearest, least = i, d
		}
	}
	if !parts[nearest].Contains(p) {
		t.Errorf("%v is nearest to seed %d, but does not lie in its part", p, nearest)
	}
}
