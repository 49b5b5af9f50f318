package geo

import "math"

// Prepared is an area made ready for many questions about points: is it
// inside, and how near is it to the edge. It cuts the area into horizontal
// slabs and keeps for each the edges that pass through, so that a question
// looks at a few edges and not at all of them. It is never changed and is safe
// for concurrent use.
//
// Covers gives the same answer as ST_Covers of PostGIS on the same numbers: an
// edge is one of its points, and which side of an edge a point lies on is the
// sign of the same expression. Distances are metres on a plane that touches the
// earth at the point asked about, on the sphere of EarthRadius; within 50 km
// they differ from PostGIS's geography by less than 1 %.
type Prepared struct {
	bound Bound
	edges []segment
	// slab i holds the edges at[first[i]:first[i+1]].
	first  []int32
	at     []int32
	height float64 // of a slab, degrees
}

type segment struct{ a, b Point }

// entriesPerEdge bounds the size of the slabs: tall edges pass through many.
const entriesPerEdge = 8

// Prepare makes the area ready. A shape that Check refuses gives answers that
// mean nothing.
func Prepare(m MultiPolygon) *Prepared {
	p := &Prepared{bound: m.Bound()}
	for _, polygon := range m {
		for _, ring := range polygon {
			for i := 1; i < len(ring); i++ {
				p.edges = append(p.edges, segment{ring[i-1], ring[i]})
			}
		}
	}
	for n := min(max(len(p.edges), 1), 8192); ; n /= 2 {
		if p.cut(n) || n <= 1 {
			return p
		}
	}
}

// cut makes n slabs; false when that takes too many entries.
func (p *Prepared) cut(n int) bool {
	p.height = (p.bound[3] - p.bound[1]) / float64(n)
	p.first = make([]int32, n+1)
	total := 0
	for _, e := range p.edges {
		lo, hi := p.slabs(e.a[1], e.b[1], n)
		total += hi - lo + 1
		for i := lo; i <= hi; i++ {
			p.first[i+1]++
		}
	}
	if total > entriesPerEdge*len(p.edges) && n > 1 {
		return false
	}
	for i := range n {
		p.first[i+1] += p.first[i]
	}
	p.at = make([]int32, total)
	next := append([]int32{}, p.first...)
	for k, e := range p.edges {
		lo, hi := p.slabs(e.a[1], e.b[1], n)
		for i := lo; i <= hi; i++ {
			p.at[next[i]] = int32(k)
			next[i]++
		}
	}
	return true
}

// slabs is the first and the last of n slabs between two latitudes. The same
// rounding for edges and points: whatever crosses a point's latitude is in its
// slab.
func (p *Prepared) slabs(a, b float64, n int) (lo, hi int) {
	if a > b {
		a, b = b, a
	}
	return p.slab(a, n), p.slab(b, n)
}

func (p *Prepared) slab(lat float64, n int) int {
	if !(p.height > 0) {
		return 0
	}
	return min(max(int((lat-p.bound[1])/p.height), 0), n-1)
}

// Bound is the smallest box around the area.
func (p *Prepared) Bound() Bound { return p.bound }

// Covers reports whether the point lies in the area or on its edge.
func (p *Prepared) Covers(q Point) bool {
	if !p.bound.Contains(q) {
		return false
	}
	i := p.slab(q[1], len(p.first)-1)
	inside := false
	for _, k := range p.at[p.first[i]:p.first[i+1]] {
		a, b := p.edges[k].a, p.edges[k].b
		turn := (b[0]-a[0])*(q[1]-a[1]) - (q[0]-a[0])*(b[1]-a[1])
		if turn == 0 && onSegment(q, a, b) {
			return true
		}
		// The lower end of an edge belongs to it and the upper does not, so
		// that a corner is counted once.
		if (a[1] > q[1]) != (b[1] > q[1]) && (turn > 0) == (b[1] < a[1]) {
			inside = !inside
		}
	}
	return inside
}

// EdgeWithin reports whether the area's edge comes as near to the point as the
// distance in metres, or nearer.
func (p *Prepared) EdgeWithin(q Point, metres float64) bool {
	span := metres / metresPerDegree
	squeeze := cosDeg(q[1])
	if q[1] < p.bound[1]-span || q[1] > p.bound[3]+span ||
		(p.bound[0]-q[0])*squeeze > span || (q[0]-p.bound[2])*squeeze > span {
		return false
	}
	lo, hi := p.slabs(q[1]-span, q[1]+span, len(p.first)-1)
	limit := metres * metres
	for _, k := range p.at[p.first[lo]:p.first[hi+1]] {
		e := p.edges[k]
		if squaredTo(Point{(e.a[0] - q[0]) * squeeze * metresPerDegree, (e.a[1] - q[1]) * metresPerDegree},
			Point{(e.b[0] - q[0]) * squeeze * metresPerDegree, (e.b[1] - q[1]) * metresPerDegree}) <= limit {
			return true
		}
	}
	return false
}

// squaredTo is the square of the distance of the origin from a segment.
func squaredTo(a, b Point) float64 {
	dx, dy := b[0]-a[0], b[1]-a[1]
	t := 0.0
	if l := dx*dx + dy*dy; l > 0 {
		t = math.Min(math.Max(-(a[0]*dx+a[1]*dy)/l, 0), 1)
	}
	x, y := a[0]+t*dx, a[1]+t*dy
	return x*x + y*y
}
