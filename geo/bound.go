package geo

import (
	"fmt"
	"strconv"
	"strings"
)

// Bound is a box on the map: west, south, east, north, WGS-84 degrees. Its JSON
// form is the GeoJSON bbox [west, south, east, north]. A box never crosses the
// 180th meridian.
type Bound [4]float64

// Empty is the bound of nothing: it holds no point, and extending it by a point
// gives the bound of that point.
var Empty = Bound{180, 90, -180, -90}

// BoundOf returns the smallest bound around the points.
func BoundOf(points ...Point) Bound {
	b := Empty
	for _, p := range points {
		b = b.Extend(p)
	}
	return b
}

// ParseBound reads "west,south,east,north" in degrees.
func ParseBound(text string) (Bound, error) {
	parts := strings.Split(text, ",")
	if len(parts) != 4 {
		return Bound{}, fmt.Errorf("box %.60q: want four numbers west,south,east,north", text)
	}
	var b Bound
	for i, part := range parts {
		v, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil {
			return Bound{}, fmt.Errorf("box %.60q: %.20q is no number", text, part)
		}
		b[i] = v
	}
	return b, b.Check()
}

// Check returns an error unless the bound is a box on the earth that holds at
// least one point.
func (b Bound) Check() error {
	if err := (Point{b[0], b[1]}).Check(); err != nil {
		return fmt.Errorf("box, south-west corner: %w", err)
	}
	if err := (Point{b[2], b[3]}).Check(); err != nil {
		return fmt.Errorf("box, north-east corner: %w", err)
	}
	if b[0] > b[2] {
		return fmt.Errorf("box: west %v is east of east %v (want west,south,east,north)", b[0], b[2])
	}
	if b[1] > b[3] {
		return fmt.Errorf("box: south %v is north of north %v (want west,south,east,north)", b[1], b[3])
	}
	return nil
}

// Contains reports whether the point lies in the bound or on its edge.
func (b Bound) Contains(p Point) bool {
	return p[0] >= b[0] && p[0] <= b[2] && p[1] >= b[1] && p[1] <= b[3]
}

// Intersects reports whether the two bounds share at least one point.
func (b Bound) Intersects(o Bound) bool {
	return b[0] <= o[2] && o[0] <= b[2] && b[1] <= o[3] && o[1] <= b[3]
}

// Extend returns the smallest bound around b and the point.
func (b Bound) Extend(p Point) Bound {
	return Bound{min(b[0], p[0]), min(b[1], p[1]), max(b[2], p[0]), max(b[3], p[1])}
}

// Union returns the smallest bound around both.
func (b Bound) Union(o Bound) Bound {
	return Bound{min(b[0], o[0]), min(b[1], o[1]), max(b[2], o[2]), max(b[3], o[3])}
}

// Pad returns the bound grown by the distance in metres on each side, cut at
// the poles and at the 180th meridian.
func (b Bound) Pad(metres float64) Bound {
	lat := metres / metresPerDegree
	lon := lat / max(cosDeg(max(abs(b[1]), abs(b[3]))), 0.01)
	return Bound{max(b[0]-lon, -180), max(b[1]-lat, -90), min(b[2]+lon, 180), min(b[3]+lat, 90)}
}

// IsEmpty reports whether the bound holds no point.
func (b Bound) IsEmpty() bool { return b[0] > b[2] || b[1] > b[3] }

// Center is the middle of the box.
func (b Bound) Center() Point { return Point{(b[0] + b[2]) / 2, (b[1] + b[3]) / 2} }
