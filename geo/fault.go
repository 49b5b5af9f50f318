package geo

import (
	"fmt"
	"math"

	"github.com/tidwall/rtree"
)

// FaultKind says what is wrong with the shape of an area.
type FaultKind string

// What can be wrong with a shape.
const (
	FaultEmpty    FaultKind = "empty"    // no ring, or a ring of less than three corners
	FaultOpen     FaultKind = "open"     // the last point of a ring is not its first
	FaultPosition FaultKind = "position" // a point is not on the earth
	FaultCrossing FaultKind = "crossing" // the outline crosses or touches itself
	FaultNesting  FaultKind = "nesting"  // a hole lies outside of its polygon
	FaultOverlap  FaultKind = "overlap"  // two polygons of the area overlap or share a border
)

// Fault is one thing that makes a shape no area, and where it is.
type Fault struct {
	Kind    FaultKind
	At      Point // where to look
	Polygon int   // index of the polygon
	Ring    int   // index of the ring in it, 0 for the outline
	detail  string
}

func (f *Fault) Error() string {
	ring := "outline"
	if f.Ring > 0 {
		ring = fmt.Sprintf("hole %d", f.Ring)
	}
	return fmt.Sprintf("polygon %d, %s: %s at longitude %.6f, latitude %.6f", f.Polygon+1, ring, f.detail, f.At[0], f.At[1])
}

// Repairable reports whether Repair can mend the fault.
func (f *Fault) Repairable() bool {
	return f.Kind == FaultCrossing || f.Kind == FaultOpen || f.Kind == FaultOverlap
}

// Check returns a *Fault that names the first thing wrong with the area, or nil
// when it is valid as PostGIS means it (OGC simple features).
func (m MultiPolygon) Check() error {
	if len(m) == 0 {
		return &Fault{Kind: FaultEmpty, detail: "the area has no polygon"}
	}
	for i, polygon := range m {
		if len(polygon) == 0 {
			return &Fault{Kind: FaultEmpty, Polygon: i, detail: "the polygon has no ring"}
		}
		for j, ring := range polygon {
			if f := ring.check(); f != nil {
				f.Polygon, f.Ring = i, j
				return f
			}
		}
		if f := polygon.checkCrossing(); f != nil {
			f.Polygon = i
			return f
		}
		for j, hole := range polygon[1:] {
			if !(MultiPolygon{{polygon[0]}}).Contains(hole[0]) {
				return &Fault{Kind: FaultNesting, At: hole[0], Polygon: i, Ring: j + 1, detail: "the hole lies outside of the outline"}
			}
		}
	}
	if f := m.checkOverlap(); f != nil {
		return f
	}
	return nil
}

// checkOverlap finds two polygons that share more than single points.
func (m MultiPolygon) checkOverlap() *Fault {
	var seen rtree.RTreeG[int]
	for i, p := range m {
		b := BoundOf(p[0]...)
		lo, hi := [2]float64{b[0], b[1]}, [2]float64{b[2], b[3]}
		other := -1
		seen.Search(lo, hi, func(_, _ [2]float64, j int) bool {
			if sharesMoreThanPoints(p, m[j]) {
				other = j
			}
			return other < 0
		})
		if other >= 0 {
			return &Fault{Kind: FaultOverlap, At: p[0][0], Polygon: i, detail: fmt.Sprintf("the polygon overlaps polygon %d or shares a border with it", other+1)}
		}
		seen.Insert(lo, hi, i)
	}
	return nil
}

func (r Ring) check() *Fault {
	for _, p := range r {
		if err := p.Check(); err != nil {
			return &Fault{Kind: FaultPosition, At: p, detail: err.Error()}
		}
	}
	if len(r) < 3 {
		return &Fault{Kind: FaultEmpty, detail: fmt.Sprintf("the ring has %d points, at least 4 are needed (the first comes again as the last)", len(r))}
	}
	if r[0] != r[len(r)-1] {
		return &Fault{Kind: FaultOpen, At: r[len(r)-1], detail: "the ring is not closed: its last point is not its first"}
	}
	if len(r) < 4 {
		return &Fault{Kind: FaultEmpty, At: r[0], detail: fmt.Sprintf("the ring has %d points, at least 4 are needed (the first comes again as the last)", len(r))}
	}
	return nil
}

// edge is one straight piece of a polygon's rings.
type edge struct {
	ring, i int // from ring[i] to ring[i+1]
	a, b    Point
}

func edgeBox(a, b Point) (lo, hi [2]float64) {
	return [2]float64{math.Min(a[0], b[0]), math.Min(a[1], b[1])}, [2]float64{math.Max(a[0], b[0]), math.Max(a[1], b[1])}
}

// checkCrossing finds the first place where two edges meet that do not follow
// one another. An index over the edges keeps it fast for long outlines.
func (p Polygon) checkCrossing() *Fault {
	var seen rtree.RTreeG[edge]
	for r, ring := range p {
		ring = dropRepeats(ring)
		last := len(ring) - 2
		for i := 0; i <= last; i++ {
			e := edge{r, i, ring[i], ring[i+1]}
			var fault *Fault
			lo, hi := edgeBox(e.a, e.b)
			seen.Search(lo, hi, func(_, _ [2]float64, o edge) bool {
				at, meets := meet(o.a, o.b, e.a, e.b)
				if !meets {
					return true
				}
				if o.ring == e.ring && (o.i+1 == e.i || o.i == 0 && e.i == last) {
					// Neighbours share one point; more means that the line turns back on itself.
					shared := e.a
					other := e.b
					if o.i == 0 && e.i == last && last != 1 {
						shared, other = e.b, e.a
					}
					back := onSegment(other, o.a, o.b) || onSegment(o.a, e.a, e.b) && o.a != shared || onSegment(o.b, e.a, e.b) && o.b != shared
					if !back {
						return true
					}
					at = shared
				}
				word := "the outline crosses or touches itself"
				if o.ring != e.ring {
					// Two rings may touch at one point, where a corner of one lies on the other.
					if at == e.a || at == e.b || at == o.a || at == o.b {
						return true
					}
					word = "two rings cross"
				}
				fault = &Fault{Kind: FaultCrossing, At: at, Ring: r, detail: word}
				return false
			})
			if fault != nil {
				return fault
			}
			seen.Insert(lo, hi, e)
		}
	}
	return nil
}

func dropRepeats(r Ring) Ring {
	out := make(Ring, 0, len(r))
	for _, p := range r {
		if len(out) == 0 || out[len(out)-1] != p {
			out = append(out, p)
		}
	}
	return out
}

// meet returns a point that the segments a–b and c–d have in common.
func meet(a, b, c, d Point) (Point, bool) {
	ac, ad := side(a, b, c), side(a, b, d)
	ca, cb := side(c, d, a), side(c, d, b)
	if ac*ad < 0 && ca*cb < 0 {
		t := ca / (ca - cb)
		return Point{a[0] + (b[0]-a[0])*t, a[1] + (b[1]-a[1])*t}, true
	}
	for _, try := range [4]struct{ p, a, b Point }{{c, a, b}, {d, a, b}, {a, c, d}, {b, c, d}} {
		if onSegment(try.p, try.a, try.b) {
			return try.p, true
		}
	}
	return Point{}, false
}

// side is positive when p lies left of the line from a to b, zero when on it.
func side(a, b, p Point) float64 {
	return (b[0]-a[0])*(p[1]-a[1]) - (b[1]-a[1])*(p[0]-a[0])
}

func onSegment(p, a, b Point) bool {
	return side(a, b, p) == 0 &&
		p[0] >= math.Min(a[0], b[0]) && p[0] <= math.Max(a[0], b[0]) &&
		p[1] >= math.Min(a[1], b[1]) && p[1] <= math.Max(a[1], b[1])
}
