// Package index finds moving things on the map: what is in this box, what are
// the nearest to this place. It holds a point per key in memory.
package index

import (
	"math"

	"github.com/tidwall/rtree"

	"liandong/geo"
)

// Index holds the latest point of each key. The zero Index is ready for use. It
// is not safe for concurrent use: whoever owns it holds the lock.
type Index[K comparable] struct {
	tree rtree.RTreeG[K]
	at   map[K]geo.Point
}

// Hit is a key found, where it is, and how far from the place asked about.
type Hit[K comparable] struct {
	Key    K
	At     geo.Point
	Metres float64
}

// Len is the number of keys held.
func (x *Index[K]) Len() int { return len(x.at) }

// At tells where the key is.
func (x *Index[K]) At(key K) (geo.Point, bool) {
	p, ok := x.at[key]
	return p, ok
}

// Move puts the key at the point, wherever it was before. A point that is not
// on the earth is refused, and the key stays where it was.
func (x *Index[K]) Move(key K, to geo.Point) error {
	if err := to.Check(); err != nil {
		return err
	}
	if x.at == nil {
		x.at = map[K]geo.Point{}
	}
	if old, ok := x.at[key]; ok {
		if old == to {
			return nil
		}
		x.tree.Delete(old, old, key)
	}
	x.tree.Insert(to, to, key)
	x.at[key] = to
	return nil
}

// Remove forgets the key and reports whether it was there.
func (x *Index[K]) Remove(key K) bool {
	old, ok := x.at[key]
	if ok {
		x.tree.Delete(old, old, key)
		delete(x.at, key)
	}
	return ok
}

// In calls yield with each key in the box, in no order, until yield returns
// false. The index must not be changed meanwhile.
func (x *Index[K]) In(box geo.Bound, yield func(key K, at geo.Point) bool) {
	if box.IsEmpty() {
		return
	}
	x.tree.Search([2]float64{box[0], box[1]}, [2]float64{box[2], box[3]}, func(p, _ [2]float64, key K) bool {
		return yield(key, p)
	})
}

// Nearest returns the n keys nearest to the place by great-circle distance,
// nearest first, of those that keep accepts (nil accepts all).
func (x *Index[K]) Nearest(to geo.Point, n int, keep func(K) bool) []Hit[K] {
	var hits []Hit[K]
	if n <= 0 || to.Check() != nil {
		return nil
	}
	x.tree.Nearby(
		func(lo, hi [2]float64, _ K, item bool) float64 {
			if item {
				return geo.Distance(to, lo)
			}
			return distanceToBox(to, lo, hi)
		},
		func(p, _ [2]float64, key K, metres float64) bool {
			if keep == nil || keep(key) {
				hits = append(hits, Hit[K]{key, p, metres})
			}
			return len(hits) < n
		})
	return hits
}

// distanceToBox is the great-circle distance from the point to the nearest
// place of the box. It must never be more than the distance to anything within,
// or the search would leave out hits; clamping the coordinates is not enough,
// because a meridian east of the point comes nearest to it north of its latitude.
func distanceToBox(p geo.Point, lo, hi [2]float64) float64 {
	if p[0] >= lo[0] && p[0] <= hi[0] {
		return geo.Distance(p, geo.Point{p[0], min(max(p[1], lo[1]), hi[1])})
	}
	return min(distanceToMeridian(p, lo[0], lo[1], hi[1]), distanceToMeridian(p, hi[0], lo[1], hi[1]))
}

// distanceToMeridian is the distance to the piece of a meridian between two
// latitudes.
func distanceToMeridian(p geo.Point, lon, south, north float64) float64 {
	d := min(geo.Distance(p, geo.Point{lon, south}), geo.Distance(p, geo.Point{lon, north}))
	cos := math.Cos((lon - p[0]) * math.Pi / 180)
	if cos > 0 {
		foot := math.Atan2(math.Tan(p[1]*math.Pi/180), cos) * 180 / math.Pi
		if foot >= south && foot <= north {
			d = min(d, geo.Distance(p, geo.Point{lon, foot}))
		}
	}
	// The foot is exact but for the last digits; stay below.
	return d * (1 - 1e-9)
}
