package geo

import (
	"fmt"

	"github.com/peterstace/simplefeatures/geom"
)

// Overlay (union, intersection, difference) and repair work on the plane of
// longitude and latitude, which is exact enough for areas of a province's size.

// Union returns the area that at least one of the areas covers.
func Union(areas ...MultiPolygon) (MultiPolygon, error) {
	gs := make([]geom.Geometry, len(areas))
	for i, a := range areas {
		gs[i] = toGeom(a)
	}
	g, err := geom.UnionMany(gs)
	if err != nil {
		return nil, fmt.Errorf("union: %w", err)
	}
	return fromGeom(g), nil
}

// Intersection returns the area that both cover; empty when they only touch.
func Intersection(a, b MultiPolygon) (MultiPolygon, error) {
	g, err := geom.Intersection(toGeom(a), toGeom(b))
	if err != nil {
		return nil, fmt.Errorf("intersection: %w", err)
	}
	return fromGeom(g), nil
}

// Difference returns the part of a that b does not cover.
func Difference(a, b MultiPolygon) (MultiPolygon, error) {
	g, err := geom.Difference(toGeom(a), toGeom(b))
	if err != nil {
		return nil, fmt.Errorf("difference: %w", err)
	}
	return fromGeom(g), nil
}

// sharesMoreThanPoints reports whether two sound polygons have ground or a piece
// of border in common, by their DE-9IM matrix.
func sharesMoreThanPoints(a, b Polygon) bool {
	matrix, err := geom.Relate(toGeom(MultiPolygon{a}), toGeom(MultiPolygon{b}))
	if err != nil {
		return true // shapes that cannot be compared are not sound
	}
	const interiors, borders = 0, 4
	return matrix[interiors] != 'F' || matrix[borders] == '1'
}

func toGeom(m MultiPolygon) geom.Geometry {
	polygons := make([]geom.Polygon, 0, len(m))
	for _, p := range m {
		rings := make([]geom.LineString, 0, len(p))
		for _, r := range p {
			flat := make([]float64, 0, 2*len(r))
			for _, q := range r {
				flat = append(flat, q[0], q[1])
			}
			rings = append(rings, geom.NewLineString(geom.NewSequence(flat, geom.DimXY)))
		}
		polygons = append(polygons, geom.NewPolygon(rings))
	}
	return geom.NewMultiPolygon(polygons).AsGeometry()
}

// fromGeom keeps what has an area: an overlay also returns the points and lines
// where two areas only touch.
func fromGeom(g geom.Geometry) MultiPolygon {
	g = g.ForceCCW()
	var out MultiPolygon
	for _, part := range g.Dump() {
		p, ok := part.AsPolygon()
		if !ok || p.IsEmpty() {
			continue
		}
		polygon := Polygon{ringFrom(p.ExteriorRing())}
		for i := range p.NumInteriorRings() {
			polygon = append(polygon, ringFrom(p.InteriorRingN(i)))
		}
		out = append(out, polygon)
	}
	return out
}

func ringFrom(l geom.LineString) Ring {
	s := l.Coordinates()
	out := make(Ring, s.Length())
	for i := range out {
		xy := s.GetXY(i)
		out[i] = Point{xy.X, xy.Y}
	}
	return out
}
