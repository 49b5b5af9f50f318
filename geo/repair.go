package geo

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/tidwall/rtree"
)

// Repair returns the area that a faulty outline most likely meant: open rings
// are closed, an outline that crosses itself is cut at each crossing into simple
// loops, and all the loops together are the area (a bow tie becomes its two
// wings, a place that is wound around twice counts once). Holes are taken off at
// the end. Repair changes what was drawn: call it only where a person agreed,
// and tell them what became of it (Area before and after).
func Repair(m MultiPolygon) (MultiPolygon, error) {
	var parts []MultiPolygon
	for i, polygon := range m {
		if len(polygon) == 0 {
			continue
		}
		outer, err := loops(polygon[0])
		if err != nil {
			return nil, fmt.Errorf("polygon %d: %w", i+1, err)
		}
		area, err := Union(outer...)
		if err != nil {
			return nil, err
		}
		for j, ring := range polygon[1:] {
			hole, err := loops(ring)
			if err != nil {
				return nil, fmt.Errorf("polygon %d, hole %d: %w", i+1, j+1, err)
			}
			cut, err := Union(hole...)
			if err != nil {
				return nil, err
			}
			if area, err = Difference(area, cut); err != nil {
				return nil, err
			}
		}
		parts = append(parts, area)
	}
	whole, err := Union(parts...)
	if err != nil {
		return nil, err
	}
	if len(whole) == 0 {
		return nil, errors.New("nothing is left of the area after the repair: its outline encloses no ground")
	}
	if err := whole.Check(); err != nil {
		return nil, fmt.Errorf("the area cannot be repaired: %w", err)
	}
	return whole, nil
}

// loops cuts a ring at all places where it meets itself into simple rings.
func loops(r Ring) ([]MultiPolygon, error) {
	for _, p := range r {
		if err := p.Check(); err != nil {
			return nil, err
		}
	}
	if len(r) > 0 && r[0] != r[len(r)-1] {
		r = append(slices.Clone(r), r[0])
	}
	if r = dropRepeats(r); len(r) < 4 {
		return nil, nil
	}
	r = node(r)
	// Walk along; each time a point comes again, the way since its first visit
	// is a loop: cut it out and go on.
	var out []MultiPolygon
	var way []Point
	at := map[Point]int{}
	for _, p := range r {
		if i, again := at[p]; again {
			loop := append(Ring(slices.Clone(way[i:])), p)
			for _, q := range way[i+1:] {
				delete(at, q)
			}
			way = way[:i+1]
			if len(loop) >= 4 && planarSize(loop) > 0 {
				out = append(out, MultiPolygon{{loop}})
			}
			continue
		}
		at[p] = len(way)
		way = append(way, p)
	}
	return out, nil
}

// node inserts into the ring, on both edges, each point where two edges meet.
func node(r Ring) Ring {
	var tree rtree.RTreeG[int]
	cuts := make([][]Point, len(r))
	for i := range len(r) - 1 {
		lo, hi := edgeBox(r[i], r[i+1])
		tree.Search(lo, hi, func(_, _ [2]float64, j int) bool {
			for _, p := range common(r[i], r[i+1], r[j], r[j+1]) {
				cuts[i] = append(cuts[i], p)
				cuts[j] = append(cuts[j], p)
			}
			return true
		})
		tree.Insert(lo, hi, i)
	}
	out := make(Ring, 0, len(r))
	for i := range len(r) - 1 {
		a := r[i]
		out = append(out, a)
		slices.SortFunc(cuts[i], func(p, q Point) int {
			if planarSquared(a, p) < planarSquared(a, q) {
				return -1
			}
			return 1
		})
		out = append(out, cuts[i]...)
	}
	return dropRepeats(append(out, r[len(r)-1]))
}

// common lists the points that end a piece that two segments share: one for a
// crossing, two where they lie on each other.
func common(a, b, c, d Point) []Point {
	var out []Point
	for _, try := range [4]struct{ p, a, b Point }{{c, a, b}, {d, a, b}, {a, c, d}, {b, c, d}} {
		if onSegment(try.p, try.a, try.b) && !slices.Contains(out, try.p) {
			out = append(out, try.p)
		}
	}
	if len(out) == 0 {
		if p, ok := meet(a, b, c, d); ok {
			out = append(out, p)
		}
	}
	return out
}

func planarSquared(a, b Point) float64 {
	return (a[0]-b[0])*(a[0]-b[0]) + (a[1]-b[1])*(a[1]-b[1])
}

func planarSize(r Ring) float64 {
	sum := 0.0
	for i := 1; i < len(r); i++ {
		sum += (r[i-1][0]-r[0][0])*(r[i][1]-r[0][1]) - (r[i][0]-r[0][0])*(r[i-1][1]-r[0][1])
	}
	return math.Abs(sum) / 2
}
