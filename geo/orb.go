package geo

import "github.com/paulmach/orb"

// The conversions to orb's types copy: a shape handed out never shares memory
// with one that a library may reorder.

func orbRing(r Ring) orb.Ring {
	out := make(orb.Ring, len(r))
	for i, p := range r {
		out[i] = orb.Point(p)
	}
	return out
}

func orbPolygon(p Polygon) orb.Polygon {
	out := make(orb.Polygon, len(p))
	for i, r := range p {
		out[i] = orbRing(r)
	}
	return out
}

func orbMulti(m MultiPolygon) orb.MultiPolygon {
	out := make(orb.MultiPolygon, len(m))
	for i, p := range m {
		out[i] = orbPolygon(p)
	}
	return out
}

func ringOf(r orb.Ring) Ring {
	out := make(Ring, len(r))
	for i, p := range r {
		out[i] = Point(p)
	}
	return out
}
