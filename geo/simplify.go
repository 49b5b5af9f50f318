package geo

import "math"

// pixel is the size of a pixel of a map at the zoom, for tiles of 512 pixels, in
// radians of longitude: the world is 512·2^zoom pixels wide.
func pixel(zoom float64) float64 { return 2 * math.Pi / (512 * math.Exp2(zoom)) }

// SimplifyLine picks those points of a line, by index and in order, that a map at the
// zoom (of tiles of 512 pixels) needs: none that is left out lies farther than a
// pixel from the line through those that stay. First and last always stay.
//
// The method is that of Douglas and Peucker, "Algorithms for the reduction of the
// number of points required to represent a digitized line or its caricature",
// Cartographica 10(2), 1973, on the plane of the map (Web Mercator, EPSG:3857).
func SimplifyLine(line []Point, zoom float64) []int {
	if len(line) == 0 {
		return nil
	}
	type place struct{ x, y float64 }
	flat := make([]place, len(line))
	for i, p := range line {
		// Where the map ends; beyond it the projection has no number.
		lat := max(-85, min(85, p.Lat())) * math.Pi / 180
		flat[i] = place{p.Lon() * math.Pi / 180, math.Asinh(math.Tan(lat))}
	}
	// away is the square of the distance from c to the piece between a and b.
	away := func(c, a, b place) float64 {
		dx, dy := b.x-a.x, b.y-a.y
		if square := dx*dx + dy*dy; square > 0 {
			f := max(0, min(1, ((c.x-a.x)*dx+(c.y-a.y)*dy)/square))
			a = place{a.x + f*dx, a.y + f*dy}
		}
		return (c.x-a.x)*(c.x-a.x) + (c.y-a.y)*(c.y-a.y)
	}
	least := pixel(zoom) * pixel(zoom)
	stays := make([]bool, len(line))
	stays[0], stays[len(line)-1] = true, true
	// A list of what is left to look at instead of recursion: a line may be long.
	for todo := [][2]int{{0, len(line) - 1}}; len(todo) > 0; {
		from, to := todo[len(todo)-1][0], todo[len(todo)-1][1]
		todo = todo[:len(todo)-1]
		far, at := least, 0
		for i := from + 1; i < to; i++ {
			if d := away(flat[i], flat[from], flat[to]); d > far {
				far, at = d, i
			}
		}
		if at > 0 {
			stays[at] = true
			todo = append(todo, [2]int{from, at}, [2]int{at, to})
		}
	}
	var out []int
	for i, yes := range stays {
		if yes {
			out = append(out, i)
		}
	}
	return out
}
