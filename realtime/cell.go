package realtime

import (
	"math"

	"liandong/geo"
)

// perDegree is how many cells of the map there are to a degree, each way: a
// cell is about 6 to 7 km wide here.
const perDegree = 16

// cell is one square of the map, counted from longitude and latitude 0.
type cell struct{ x, y int32 }

func cellOf(p geo.Point) cell {
	return cell{int32(math.Floor(p.Lon() * perDegree)), int32(math.Floor(p.Lat() * perDegree))}
}

// cells is a rectangle of cells, its corners included.
type cells struct{ from, to cell }

// cellsOf is the least rectangle of cells that covers the bound.
func cellsOf(b geo.Bound) cells {
	return cells{cellOf(geo.At(b[0], b[1])), cellOf(geo.At(b[2], b[3]))}
}

func (r cells) has(c cell) bool {
	return c.x >= r.from.x && c.x <= r.to.x && c.y >= r.from.y && c.y <= r.to.y
}

func (r cells) count() int {
	return int(r.to.x-r.from.x+1) * int(r.to.y-r.from.y+1)
}

// bound is the box that the cells cover.
func (r cells) bound() geo.Bound {
	return geo.Bound{float64(r.from.x) / perDegree, float64(r.from.y) / perDegree,
		float64(r.to.x+1) / perDegree, float64(r.to.y+1) / perDegree}
}
