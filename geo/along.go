package geo

import (
	"math"
	"slices"
)

// Span is a part of a straight way: the fractions of the way at which it begins and
// ends, 0 to 1. Both ends belong to it, and they may be the same.
type Span struct{ From, To float64 }

const (
	// nearby is how near two points on a way may be, as a fraction of it, to be taken
	// for one: a millimetre in a thousand kilometres, and far above what rounding does.
	nearby = 1e-9
	// beside is how far from a way, in degrees, the ends of an edge may lie along
	// which it runs, a tenth of a millimetre. Rounding alone would decide on which
	// side of such an edge a point of the way is.
	beside = 1e-9
)

// Along is where the straight way from a to b on the map lies in the area or on its
// edge: spans in order, with something of the outside between any two. A corner that
// is only touched is a span without length, and an edge along which the way runs is
// inside. The first begins at 0 exactly where the area covers a, the last ends at 1
// exactly where it covers b. A way of no length is all inside, or not at all.
func (p *Prepared) Along(a, b Point) []Span {
	if !p.bound.Intersects(BoundOf(a, b)) {
		return nil
	}
	begins, ends := p.Covers(a), p.Covers(b)
	if a == b {
		return whole(begins)
	}
	cuts, runs := p.cuts(a, b)
	last := len(cuts) - 1
	var out []Span
	add := func(from, to float64) {
		if n := len(out); n > 0 && out[n-1].To >= from {
			out[n-1].To = to
			return
		}
		out = append(out, Span{from, to})
	}
	for i, u := range cuts {
		if i == 0 && begins || i > 0 && i < last || i == last && ends {
			add(u, u) // between its ends the way is on the edge there
		}
		if i == last {
			return out
		}
		to := cuts[i+1]
		middle := (u + to) / 2
		if !slices.ContainsFunc(runs, func(r Span) bool { return r.From <= middle && middle <= r.To }) && !p.Covers(Between(a, b, middle)) {
			continue
		}
		// An end that lies outside by rounding is outside.
		if i == 0 && !begins {
			u = nearby
		}
		if to == 1 && !ends {
			to = 1 - nearby
		}
		add(u, max(u, to))
	}
	return out
}

// whole is all of a way, or nothing of it.
func whole(inside bool) []Span {
	if inside {
		return []Span{{0, 1}}
	}
	return nil
}

// cuts are where the way meets edges of the area, in order, with 0 before and 1 after
// them, and the spans on which it runs along an edge.
func (p *Prepared) cuts(a, b Point) (cuts []float64, runs []Span) {
	cross := func(p, q Point) float64 { return p[0]*q[1] - p[1]*q[0] }
	minus := func(p, q Point) Point { return Point{p[0] - q[0], p[1] - q[1]} }
	way := minus(b, a)
	length := math.Hypot(way[0], way[1])
	// foot is the point of the way that is nearest to one so far from its beginning.
	foot := func(q Point) float64 {
		return min(max((q[0]*way[0]+q[1]*way[1])/(length*length), 0), 1)
	}
	box := BoundOf(a, b)
	box = Bound{box[0] - beside, box[1] - beside, box[2] + beside, box[3] + beside}
	cuts = []float64{0, 1}
	for _, e := range p.edges {
		if !box.Intersects(BoundOf(e.a, e.b)) {
			continue
		}
		first, second, edge := minus(e.a, a), minus(e.b, a), minus(e.b, e.a)
		if max(abs(cross(way, first)), abs(cross(way, second))) <= beside*length {
			run := Span{min(foot(first), foot(second)), max(foot(first), foot(second))}
			runs, cuts = append(runs, run), append(cuts, run.From, run.To)
			continue
		}
		slant := cross(way, edge)
		if slant == 0 {
			continue
		}
		u, v := cross(first, edge)/slant, cross(first, way)/slant
		if spare := beside / math.Hypot(edge[0], edge[1]); u > 0 && u < 1 && v >= -spare && v <= 1+spare {
			cuts = append(cuts, u)
		}
	}
	slices.Sort(cuts)
	cuts = slices.CompactFunc(cuts, func(u, v float64) bool { return abs(u-v) <= nearby })
	cuts[len(cuts)-1] = 1
	return cuts, runs
}
