package geo

// Disc is what lies within a distance of a point, along great circles on the sphere of
// EarthRadius.
type Disc struct {
	Center Point
	Metres float64
	bound  Bound
}

// Around is the disc of the radius in metres around the point.
func Around(center Point, metres float64) Disc {
	// A little wider than the radius: the box must hold what Covers does.
	return Disc{center, metres, BoundOf(center).Pad(metres*1.001 + 1)}
}

// Bound is a box that holds the disc, and little more.
func (d Disc) Bound() Bound { return d.bound }

// Covers reports whether the point lies in the disc or on its edge.
func (d Disc) Covers(p Point) bool {
	return d.bound.Contains(p) && Distance(d.Center, p) <= d.Metres
}

// EdgeWithin reports whether the disc's edge comes as near to the point as the
// distance in metres, or nearer.
func (d Disc) EdgeWithin(p Point, metres float64) bool {
	return abs(Distance(d.Center, p)-d.Metres) <= metres
}

// halvings is how often a way is halved until a point on it is found: to the last bit
// but a few of its fraction.
const halvings = 50

// Along is where the straight way from a to b on the map lies in the disc or on its
// edge: one span, or none. It begins at 0 exactly where the disc covers a, and ends at
// 1 exactly where it covers b. Discs of up to some hundreds of kilometres are meant:
// the distance from the middle falls and then rises on the way, as far as it passes
// through the box around them.
func (d Disc) Along(a, b Point) []Span {
	if a == b {
		return whole(d.Covers(a))
	}
	begin, end, ok := d.bound.clip(a, b)
	if !ok {
		return nil
	}
	away := func(u float64) float64 {
		if u == 1 { // to the last bit
			return Distance(d.Center, b)
		}
		return Distance(d.Center, Between(a, b, u))
	}
	low, high := begin, end
	for range 2 * halvings { // each step leaves two thirds
		third := (high - low) / 3
		if away(low+third) <= away(high-third) {
			high -= third
		} else {
			low += third
		}
	}
	nearest := (low + high) / 2
	// The ends themselves, where the whole disc lies before or behind the way.
	for _, u := range []float64{begin, end} {
		if away(u) < away(nearest) {
			nearest = u
		}
	}
	if away(nearest) > d.Metres {
		return nil
	}
	// edge is the last point inside on the way from the nearest point to that one.
	edge := func(to float64) float64 {
		if away(to) <= d.Metres {
			return to
		}
		in, out := nearest, to
		for range halvings {
			if middle := (in + out) / 2; away(middle) <= d.Metres {
				in = middle
			} else {
				out = middle
			}
		}
		return in
	}
	return []Span{{edge(begin), edge(end)}}
}

// clip is the span of the way from a to b that lies in the bound; false where none
// does (Liang and Barsky).
func (b Bound) clip(from, to Point) (begin, end float64, ok bool) {
	begin, end = 0, 1
	for axis := range 2 {
		low, high, at, way := b[axis], b[axis+2], from[axis], to[axis]-from[axis]
		if way == 0 {
			if at < low || at > high {
				return 0, 0, false
			}
			continue
		}
		enter, leave := (low-at)/way, (high-at)/way
		if enter > leave {
			enter, leave = leave, enter
		}
		begin, end = max(begin, enter), min(end, leave)
	}
	return begin, end, begin <= end
}
