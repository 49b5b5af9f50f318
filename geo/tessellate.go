package geo

import (
	"errors"
	"fmt"
)

// Tessellate divides the area among the seeds: each gets the part that is
// nearer to it than to any other (a Voronoi diagram, cut to the area). Together
// the parts are the area, and no two overlap. A part may be empty when another
// seed lies between its seed and the area.
func Tessellate(area MultiPolygon, seeds []Point) ([]MultiPolygon, error) {
	bound := area.Bound()
	if bound.IsEmpty() {
		return nil, errors.New("tessellate: the area is empty")
	}
	// Work on a plane where a degree of longitude is as long as one of latitude.
	squeeze := cosDeg(bound.Center().Lat())
	flat := func(p Point) Point { return Point{p[0] * squeeze, p[1]} }
	out := make([]MultiPolygon, len(seeds))
	for i, seed := range seeds {
		var cell Ring
		for _, p := range bound.Pad(1000).Box()[0][0] {
			cell = append(cell, flat(p))
		}
		for j, other := range seeds {
			if other == seed && j != i {
				return nil, fmt.Errorf("tessellate: seeds %d and %d are the same point", i+1, j+1)
			}
			if j != i && len(cell) > 0 {
				cell = nearerHalf(cell, flat(seed), flat(other))
			}
		}
		if len(cell) < 4 {
			continue
		}
		for k := range cell {
			cell[k][0] /= squeeze
		}
		part, err := Intersection(area, MultiPolygon{{cell}})
		if err != nil {
			return nil, fmt.Errorf("tessellate: seed %d: %w", i+1, err)
		}
		out[i] = part
	}
	return out, nil
}

// nearerHalf cuts a convex ring to the side of the line midway between the two
// points on which a lies.
func nearerHalf(ring Ring, a, b Point) Ring {
	mid := Point{(a[0] + b[0]) / 2, (a[1] + b[1]) / 2}
	toB := Point{b[0] - a[0], b[1] - a[1]}
	past := func(p Point) float64 { return (p[0]-mid[0])*toB[0] + (p[1]-mid[1])*toB[1] }
	var out Ring
	for i := 0; i+1 < len(ring); i++ {
		p, q := ring[i], ring[i+1]
		dp, dq := past(p), past(q)
		if dp <= 0 {
			out = append(out, p)
		}
		if dp < 0 && dq > 0 || dp > 0 && dq < 0 {
			t := dp / (dp - dq)
			out = append(out, Point{p[0] + (q[0]-p[0])*t, p[1] + (q[1]-p[1])*t})
		}
	}
	if len(out) == 0 {
		return nil
	}
	return append(out, out[0])
}
