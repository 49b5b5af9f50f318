package fence

import "liandong/geo"

// Shape is what a line bounds: *geo.Prepared, geo.Disc.
type Shape interface {
	// Bound is the smallest box around it.
	Bound() geo.Bound
	// Covers reports whether the point lies in it or on its edge.
	Covers(p geo.Point) bool
	// EdgeWithin reports whether its edge comes as near to the point as the
	// distance in metres, or nearer.
	EdgeWithin(p geo.Point, metres float64) bool
}
