package geo

import (
	"math"

	"github.com/paulmach/orb"
	orbgeo "github.com/paulmach/orb/geo"
	"github.com/paulmach/orb/planar"
	"github.com/paulmach/orb/simplify"
)

// Ring is a closed line: the first point comes again as the last.
type Ring []Point

// Polygon is an outer ring followed by the rings of its holes.
type Polygon []Ring

// MultiPolygon is the shape of an area: one or more polygons, each with its
// holes. Its JSON form is the coordinates member of a GeoJSON MultiPolygon. An
// area of one piece is a MultiPolygon too, so that there is one kind of area.
type MultiPolygon []Polygon

// Box is the rectangle around a bound as an area.
func (b Bound) Box() MultiPolygon {
	return MultiPolygon{{{{b[0], b[1]}, {b[2], b[1]}, {b[2], b[3]}, {b[0], b[3]}, {b[0], b[1]}}}}
}

// Circle is the area within the radius in metres around the point, as a polygon
// of n corners (at least 8) that lie on the circle.
func Circle(center Point, metres float64, n int) MultiPolygon {
	n = max(n, 8)
	ring := make(Ring, 0, n+1)
	for i := range n {
		// Counter-clockwise, as RFC 7946 wants outer rings.
		ring = append(ring, Toward(center, 360-360*float64(i)/float64(n), metres))
	}
	return MultiPolygon{{append(ring, ring[0])}}
}

// Bound returns the smallest bound around the area.
func (m MultiPolygon) Bound() Bound {
	b := Empty
	for _, polygon := range m {
		if len(polygon) > 0 {
			b = b.Union(BoundOf(polygon[0]...))
		}
	}
	return b
}

// Vertices counts the points of all rings.
func (m MultiPolygon) Vertices() int {
	n := 0
	for _, polygon := range m {
		for _, ring := range polygon {
			n += len(ring)
		}
	}
	return n
}

// Contains reports whether the point lies in the area or on its edge. It looks
// at every vertex: for many tests against the same large area use an index or
// the database.
func (m MultiPolygon) Contains(p Point) bool {
	for _, polygon := range m {
		if len(polygon) > 0 && BoundOf(polygon[0]...).Contains(p) && planar.PolygonContains(orbPolygon(polygon), orb.Point(p)) {
			return true
		}
	}
	return false
}

// Area is the size of the area in square metres, on the sphere of EarthRadius.
// Holes are taken off.
func (m MultiPolygon) Area() float64 {
	scale := (EarthRadius / orb.EarthRadius) * (EarthRadius / orb.EarthRadius)
	return orbgeo.Area(orbMulti(m)) * scale
}

// Centroid is the middle of the area's mass. It may lie outside of a bent area:
// for a label use LabelPoint.
func (m MultiPolygon) Centroid() Point {
	c, _ := planar.CentroidArea(orbMulti(m))
	return Point(c)
}

// Simplify returns the area with fewer vertices: none moves the edge by more
// than the distance in metres (Douglas–Peucker). A ring that would fall below a
// triangle is kept whole if it is an outer ring and left out if it is a hole.
// Two neighbours that are simplified apart may no longer share their border
// exactly: use it for drawing, not for deciding.
func (m MultiPolygon) Simplify(metres float64) MultiPolygon {
	dp := simplify.DouglasPeucker(metres / metresPerDegree)
	out := make(MultiPolygon, 0, len(m))
	for _, polygon := range m {
		var slim Polygon
		for i, ring := range polygon {
			simple := dp.Ring(orbRing(ring).Clone())
			if len(simple) >= 4 {
				slim = append(slim, ringOf(simple))
			} else if i == 0 {
				slim = append(slim, ring)
			}
		}
		out = append(out, slim)
	}
	return out
}

// LabelPoint is the point of the area that lies farthest from its edge, to
// within about 1 % of the area's width: the place for a label or a marker. It
// always lies inside. (The pole of inaccessibility, after Mapbox polylabel.)
func (m MultiPolygon) LabelPoint() Point {
	var best Point
	bestSize := -1.0
	for _, polygon := range m {
		if len(polygon) == 0 || len(polygon[0]) < 4 {
			continue
		}
		if size := orbgeo.Area(orbPolygon(polygon)); size > bestSize {
			best, bestSize = polygon.labelPoint(), size
		}
	}
	return best
}

func (p Polygon) labelPoint() Point {
	b := BoundOf(p[0]...)
	// Work on a plane where a degree of longitude is as long as one of latitude.
	squeeze := cosDeg(b.Center().Lat())
	rings := make([][]Point, len(p))
	for i, ring := range p {
		for _, q := range ring {
			rings[i] = append(rings[i], Point{q[0] * squeeze, q[1]})
		}
	}
	width, height := (b[2]-b[0])*squeeze, b[3]-b[1]
	size := math.Min(width, height)
	if size == 0 {
		return b.Center()
	}
	queue := []labelCell{}
	best := cellAt(Point{b.Center()[0] * squeeze, b.Center()[1]}, 0, rings)
	for x := b[0] * squeeze; x < b[2]*squeeze; x += size {
		for y := b[1]; y < b[3]; y += size {
			queue = append(queue, cellAt(Point{x + size/2, y + size/2}, size/2, rings))
		}
	}
	precision := size / 100
	for len(queue) > 0 {
		cell := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if cell.depth > best.depth {
			best = cell
		}
		if cell.most-best.depth <= precision {
			continue
		}
		h := cell.half / 2
		for _, d := range [4]Point{{-h, -h}, {h, -h}, {-h, h}, {h, h}} {
			queue = append(queue, cellAt(Point{cell.at[0] + d[0], cell.at[1] + d[1]}, h, rings))
		}
	}
	return Point{best.at[0] / squeeze, best.at[1]}
}

// labelCell is a square of the search: its middle, half its side, the depth of
// the middle inside the polygon, and the most depth a point of it can have.
type labelCell struct {
	at                Point
	half, depth, most float64
}

func cellAt(at Point, half float64, rings [][]Point) labelCell {
	d := depth(at, rings)
	return labelCell{at, half, d, d + half*math.Sqrt2}
}

// depth is the distance to the nearest edge, negative outside.
func depth(p Point, rings [][]Point) float64 {
	inside, nearest := false, math.Inf(1)
	for _, ring := range rings {
		for i := 1; i < len(ring); i++ {
			a, b := ring[i-1], ring[i]
			if (a[1] > p[1]) != (b[1] > p[1]) && p[0] < (b[0]-a[0])*(p[1]-a[1])/(b[1]-a[1])+a[0] {
				inside = !inside
			}
			nearest = math.Min(nearest, planar.DistanceFromSegmentSquared(orb.Point(a), orb.Point(b), orb.Point(p)))
		}
	}
	if inside {
		return math.Sqrt(nearest)
	}
	return -math.Sqrt(nearest)
}
