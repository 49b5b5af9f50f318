package geo

import (
	"math"
	"math/rand/v2"
	"testing"
)

// star is a bent ring of n corners around a centre; every coordinate is a
// multiple of 1/4096 degree, so that sides are computed without rounding.
func star(rnd *rand.Rand, c Point, radius float64, n int) Ring {
	snap := func(v float64) float64 { return math.Round(v*4096) / 4096 }
	var r Ring
	for i := range n {
		a := 2 * math.Pi * float64(i) / float64(n)
		d := radius * (0.4 + 0.6*rnd.Float64())
		q := Point{snap(c[0] + d*math.Cos(a)), snap(c[1] + d*math.Sin(a))}
		if len(r) == 0 || r[len(r)-1] != q {
			r = append(r, q)
		}
	}
	return append(r, r[0])
}

// Prepared answers as the plain walk over all edges does, on random areas with
// a hole, for points anywhere, on corners and on edges.
func TestPreparedAnswersAsTheWholeWalk(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	c := Point{113.75, 34.0}
	inside, outside := 0, 0
	for range 60 {
		m := MultiPolygon{{star(rnd, c, 0.5, 3+rnd.IntN(400)), star(rnd, c, 0.12, 3+rnd.IntN(30))}}
		if m.Check() != nil {
			continue
		}
		p := Prepare(m)
		for range 400 {
			q := Point{c[0] + rnd.Float64()*1.1 - 0.55, c[1] + rnd.Float64()*1.1 - 0.55}
			switch ring := m[0][rnd.IntN(2)]; rnd.IntN(4) {
			case 0: // on a corner
				q = ring[rnd.IntN(len(ring))]
			case 1: // at a corner's latitude
				q[1] = ring[rnd.IntN(len(ring))][1]
			case 2: // in the middle of an edge
				i := 1 + rnd.IntN(len(ring)-1)
				q = Point{(ring[i-1][0] + ring[i][0]) / 2, (ring[i-1][1] + ring[i][1]) / 2}
			}
			want := covers(m, q)
			if got := p.Covers(q); got != want {
				t.Fatalf("%v in %v: %v, want %v", q, m, got, want)
			}
			if want {
				inside++
			} else {
				outside++
			}
			near := nearest(m, q)
			if near > 0.01 && (!p.EdgeWithin(q, near*1.0001) || p.EdgeWithin(q, near*0.9999)) {
				t.Fatalf("the edge is %.3f m from %v; within a little more %v, within a little less %v", near, q,
					p.EdgeWithin(q, near*1.0001), p.EdgeWithin(q, near*0.9999))
			}
		}
	}
	if inside < 1000 || outside < 1000 {
		t.Errorf("%d points inside and %d outside show too little", inside, outside)
	}
}

func covers(m MultiPolygon, q Point) bool {
	in := false
	for _, polygon := range m {
		for _, r := range polygon {
			for i := 1; i < len(r); i++ {
				a, b := r[i-1], r[i]
				if onSegment(q, a, b) {
					return true
				}
				if (a[1] > q[1]) != (b[1] > q[1]) && q[0] < (b[0]-a[0])*(q[1]-a[1])/(b[1]-a[1])+a[0] {
					in = !in
				}
			}
		}
	}
	return in
}

func nearest(m MultiPolygon, q Point) float64 {
	d := math.Inf(1)
	flat := func(p Point) Point {
		return Point{(p[0] - q[0]) * cosDeg(q[1]) * metresPerDegree, (p[1] - q[1]) * metresPerDegree}
	}
	for _, r := range m[0] {
		for i := 1; i < len(r); i++ {
			d = math.Min(d, math.Sqrt(squaredTo(flat(r[i-1]), flat(r[i]))))
		}
	}
	return d
}

// The plane on which edges are measured is close to the sphere.
func TestEdgeDistanceIsTheSpheres(t *testing.T) {
	t.Parallel()
	p := Prepare(Circle(Point{113.85, 34.03}, 1000, 256))
	for bearing := 0.0; bearing < 360; bearing += 7 {
		q := Toward(Point{113.85, 34.03}, bearing, 1500)
		if !p.EdgeWithin(q, 503) || p.EdgeWithin(q, 497) {
			t.Errorf("bearing %.0f: the edge is 500 m away; within 503 %v, within 497 %v", bearing, p.EdgeWithin(q, 503), p.EdgeWithin(q, 497))
		}
	}
}

// An area without any extent, and one of tall edges only, are no special case.
func TestPreparedOddAreas(t *testing.T) {
	t.Parallel()
	if Prepare(nil).Covers(Point{}) || Prepare(nil).EdgeWithin(Point{}, 1e6) {
		t.Error("nothing covers a point")
	}
	var comb Ring
	for i := range 2000 {
		comb = append(comb, Point{113 + float64(i)/4096, 34 + float64(i%2)})
	}
	comb = append(comb, Point{114, 33.5}, comb[0])
	p := Prepare(MultiPolygon{{comb}})
	if len(p.at) > entriesPerEdge*len(p.edges) {
		t.Errorf("%d entries for %d edges", len(p.at), len(p.edges))
	}
}

func BenchmarkCovers(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{100, 1000, 10000} {
		b.Run(map[int]string{100: "100", 1000: "1k", 10000: "10k"}[n], func(b *testing.B) {
			var ring Ring
			for i := range n {
				a := 2 * math.Pi * float64(i) / float64(n)
				d := 0.4 + 0.05*math.Sin(7*a) + 0.002*rnd.Float64() // bays, and a rough coast
				ring = append(ring, Point{113.75 + d*math.Cos(a), 34 + d*math.Sin(a)})
			}
			p := Prepare(MultiPolygon{{append(ring, ring[0])}})
			q := make([]Point, 1024)
			for i := range q {
				q[i] = Point{113.25 + rnd.Float64(), 33.5 + rnd.Float64()}
			}
			for i := 0; b.Loop(); i++ {
				p.Covers(q[i%1024])
			}
		})
	}
}
