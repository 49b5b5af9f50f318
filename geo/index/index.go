// Package index finds moving things on the map: what is in this box, what are
// the nearest to this place. It holds a point per thing in memory and is made
// for points that move all the time: a move within a square of the map is a
// write of two numbers.
package index

import (
	"cmp"
	"math"
	"slices"

	"github.com/tidwall/rtree"

	"liandong/geo"
)

// perDegree is how many squares there are to a degree, each way: a square is
// about 1.8 to 2.2 km wide here.
const perDegree = 50

// square is one square of the map, counted from longitude and latitude 0.
type square struct{ x, y int32 }

// Grid holds the newest point of each thing, which is known by a small number:
// memory goes by the greatest in use. Points are kept to 1e-7 degree, about a
// centimetre. The zero Grid is ready for use. It is not safe for concurrent
// use: whoever owns it holds the lock.
//
// The things lie in squares; an R-tree holds the squares that are not empty.
// So a search costs little however the things are spread, and a move touches
// the tree only where a square fills or empties.
type Grid struct {
	where   []where // by id
	squares []content
	spare   []uint32 // squares that are empty
	number  map[square]uint32
	tree    rtree.RTreeG[uint32] // numbers of squares
	n       int
}

// where a thing is: the number of its square, from 1 on (0: it is nowhere), and
// its place in there.
type where struct{ square, slot uint32 }

// content is what a square holds, side by side, as a search reads it.
type content struct {
	square
	in []place
}

// place is a thing at its point, in degrees times ten million.
type place struct {
	id       uint32
	lon, lat int32
}

// Hit is a thing found, where it is, and how far from the place asked about.
type Hit struct {
	ID     uint32
	At     geo.Point
	Metres float64
}

// Round is the point as a Grid keeps it.
func Round(p geo.Point) geo.Point { return geo.At(degrees(e7(p.Lon())), degrees(e7(p.Lat()))) }

func e7(d float64) int32       { return int32(math.Round(d * 1e7)) }
func degrees(e7 int32) float64 { return float64(e7) / 1e7 }

func (p place) point() geo.Point { return geo.At(degrees(p.lon), degrees(p.lat)) }

func (p place) square() square {
	const step = 10_000_000 / perDegree // exact
	return square{floor(p.lon, step), floor(p.lat, step)}
}

func floor(v, step int32) int32 {
	q := v / step
	if v < 0 && v%step != 0 {
		q--
	}
	return q
}

// box is what the square covers, in degrees.
func (s square) box() (lo, hi [2]float64) {
	return [2]float64{float64(s.x) / perDegree, float64(s.y) / perDegree},
		[2]float64{float64(s.x+1) / perDegree, float64(s.y+1) / perDegree}
}

// Len is the number of things held.
func (g *Grid) Len() int { return g.n }

// find returns where the thing is; nil where it is nowhere.
func (g *Grid) find(id uint32) *place {
	if int(id) >= len(g.where) || g.where[id].square == 0 {
		return nil
	}
	w := g.where[id]
	return &g.squares[w.square-1].in[w.slot]
}

// At tells where the thing is.
func (g *Grid) At(id uint32) (geo.Point, bool) {
	p := g.find(id)
	if p == nil {
		return geo.Point{}, false
	}
	return p.point(), true
}

// E7 is where the thing is in degrees times ten million; 0, 0 where it is
// nowhere.
func (g *Grid) E7(id uint32) (lon, lat int32) {
	p := g.find(id)
	if p == nil {
		return 0, 0
	}
	return p.lon, p.lat
}

// Move puts the thing at the point, wherever it was before. A point that is not
// on the earth is refused, and the thing stays where it was.
func (g *Grid) Move(id uint32, to geo.Point) error {
	if err := to.Check(); err != nil {
		return err
	}
	for int(id) >= len(g.where) {
		g.where = append(g.where, where{})
	}
	next := place{id, e7(to.Lon()), e7(to.Lat())}
	square := next.square()
	if w := g.where[id]; w.square != 0 {
		if c := &g.squares[w.square-1]; c.square == square {
			c.in[w.slot] = next
			return nil
		}
		g.leave(id)
	}
	g.enter(square, next)
	return nil
}

// Remove forgets the thing and reports whether it was there.
func (g *Grid) Remove(id uint32) bool {
	if g.find(id) == nil {
		return false
	}
	g.leave(id)
	g.where[id] = where{}
	return true
}

func (g *Grid) enter(s square, p place) {
	k, ok := g.number[s]
	if !ok {
		k = g.open(s)
	}
	c := &g.squares[k]
	g.where[p.id] = where{k + 1, uint32(len(c.in))}
	c.in = append(c.in, p)
	g.n++
}

// open gives the square a number.
func (g *Grid) open(s square) (k uint32) {
	if n := len(g.spare); n > 0 {
		k, g.spare = g.spare[n-1], g.spare[:n-1]
	} else {
		k = uint32(len(g.squares))
		g.squares = append(g.squares, content{})
	}
	g.squares[k].square = s
	if g.number == nil {
		g.number = map[square]uint32{}
	}
	g.number[s] = k
	lo, hi := s.box()
	g.tree.Insert(lo, hi, k)
	return k
}

func (g *Grid) leave(id uint32) {
	w := g.where[id]
	c := &g.squares[w.square-1]
	last := c.in[len(c.in)-1]
	c.in[w.slot] = last
	g.where[last.id].slot = w.slot
	g.n--
	if c.in = c.in[:len(c.in)-1]; len(c.in) > 0 {
		return
	}
	c.in = nil
	delete(g.number, c.square)
	lo, hi := c.box()
	g.tree.Delete(lo, hi, w.square-1)
	g.spare = append(g.spare, w.square-1)
}

// In calls yield with each thing in the box, edges included, in no order, until
// yield returns false. The Grid must not be changed meanwhile.
func (g *Grid) In(box geo.Bound, yield func(id uint32, at geo.Point) bool) {
	if box.IsEmpty() {
		return
	}
	g.tree.Search([2]float64{box[0], box[1]}, [2]float64{box[2], box[3]}, func(_, _ [2]float64, k uint32) bool {
		for _, v := range g.squares[k].in {
			if p := v.point(); box.Contains(p) && !yield(v.id, p) {
				return false
			}
		}
		return true
	})
}

// Nearest returns the n things nearest to the place by great-circle distance,
// nearest first, of those that keep accepts (nil accepts all). It is made for a
// small n.
func (g *Grid) Nearest(to geo.Point, n int, keep func(id uint32) bool) []Hit {
	if n <= 0 || to.Check() != nil {
		return nil
	}
	hits := make([]Hit, 0, min(n, g.n))
	worst, most := math.Inf(1), math.Inf(1) // of the hits: in metres, as haversine
	south, north := int64(math.MinInt64), int64(math.MaxInt64)
	near := from(to)
	g.tree.Nearby(
		func(lo, hi [2]float64, _ uint32, _ bool) float64 { return near.least(lo, hi) },
		func(_, _ [2]float64, k uint32, least float64) bool {
			if least > most {
				return false
			}
			for _, v := range g.squares[k].in {
				if lat := int64(v.lat); lat < south || lat > north {
					continue
				}
				p := v.point()
				if near.least(p, p) > most || keep != nil && !keep(v.id) {
					continue
				}
				hit := Hit{v.id, p, geo.Distance(to, p)}
				if hit.Metres >= worst {
					continue
				}
				at, _ := slices.BinarySearchFunc(hits, hit.Metres, func(h Hit, m float64) int { return cmp.Compare(h.Metres, m) })
				if len(hits) == n {
					hits = hits[:n-1]
				}
				if hits = slices.Insert(hits, at, hit); len(hits) == n {
					worst = hits[n-1].Metres
					most = haversine(worst)
					reach := int64(worst/(geo.EarthRadius*radian)*1e7) + 2
					south, north = int64(e7(to.Lat()))-reach, int64(e7(to.Lat()))+reach
				}
			}
			return true
		})
	return hits
}

// origin is a place that distances are estimated from, in radians.
type origin struct{ lon, lat, cos float64 }

func from(p geo.Point) origin {
	return origin{p.Lon() * radian, p.Lat() * radian, math.Cos(p.Lat() * radian)}
}

const radian = math.Pi / 180

// least is a lower bound for anything in the box, as haversine: the square of
// the sine of half the angle at the earth's centre, which grows with the
// distance. It must never be more than the truth, or a search would leave out
// hits: sines are bounded by their series from below, and of the box it takes
// the nearest parallel, the nearest meridian (across the antimeridian too) and
// the least cosine. No call of a trigonometric function is in it.
func (o origin) least(lo, hi [2]float64) float64 {
	south, north := lo[1]*radian-o.lat, hi[1]*radian-o.lat
	h := squared(half(max(south, -north, 0)))
	west, east := lo[0]*radian-o.lon, hi[0]*radian-o.lon
	if west > 0 || east < 0 {
		turn := min(apart(west), apart(east))
		h += o.cos * max(0, o.cos-max(math.Abs(south), math.Abs(north))) * squared(half(turn))
	}
	return h * (1 - 1e-9) // the last digits are not exact; stay below
}

// haversine is least for a distance in metres, from above.
func haversine(metres float64) float64 {
	return squared(math.Sin(metres/(2*geo.EarthRadius))) * (1 + 1e-9)
}

// half is at most the sine of half the angle, which is 0 to pi.
func half(angle float64) float64 {
	x := angle / 2
	return x * (1 - x*x/6)
}

func squared(x float64) float64 { return x * x }

// apart makes an angle between two longitudes 0 to pi.
func apart(d float64) float64 {
	d = math.Abs(d)
	return min(d, 2*math.Pi-d)
}
