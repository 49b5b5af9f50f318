package fence

import (
	"math"

	"liandong/geo"
)

// Shape is what a line bounds. *geo.Prepared is one.
type Shape interface {
	// Bound is the smallest box around it.
	Bound() geo.Bound
	// Covers reports whether the point lies in it or on its edge.
	Covers(p geo.Point) bool
	// EdgeWithin reports whether its edge comes as near to the point as the
	// distance in metres, or nearer.
	EdgeWithin(p geo.Point, metres float64) bool
}

// Ring is the shape within the radius in metres around the point, along great
// circles on the sphere of geo.EarthRadius.
func Ring(center geo.Point, metres float64) Shape {
	// A little wider than the radius: the box must hold what Covers does.
	return ring{center, metres, geo.BoundOf(center).Pad(metres*1.001 + 1)}
}

type ring struct {
	center geo.Point
	metres float64
	bound  geo.Bound
}

func (r ring) Bound() geo.Bound { return r.bound }

func (r ring) Covers(p geo.Point) bool {
	return r.bound.Contains(p) && geo.Distance(r.center, p) <= r.metres
}

func (r ring) EdgeWithin(p geo.Point, metres float64) bool {
	return math.Abs(geo.Distance(r.center, p)-r.metres) <= metres
}
