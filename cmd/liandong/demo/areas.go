package demo

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"slices"

	"liandong/dispatch"
	"liandong/geo"
)

// The city and the counties of the division tables.
const (
	CityCode = "4110"
	CityName = "许昌市"
)

var countyNames = map[string]string{
	"411002": "魏都区", "411003": "建安区", "411024": "鄢陵县", "411025": "襄城县",
	"411071": "许昌经济技术开发区", "411081": "禹州市", "411082": "长葛市",
}

// land is the ground of the city: a shape for each division, and where the
// middle of each is.
type land struct {
	areas  []dispatch.Imported
	shapes map[string]geo.MultiPolygon
	middle map[string]geo.Point
}

// survey makes all grid areas. counties is the file that the console's build
// writes, or nil.
func survey(counties io.Reader) (*land, error) {
	townships := table("townships")
	borders, invented, err := countyBorders(counties, townships)
	if err != nil {
		return nil, err
	}
	l := &land{shapes: map[string]geo.MultiPolygon{}, middle: map[string]geo.Point{}}
	var all []geo.MultiPolygon
	for _, code := range sortedKeys(borders) {
		all = append(all, borders[code])
	}
	city, err := geo.Union(all...)
	if err != nil {
		return nil, fmt.Errorf("city: %w", err)
	}
	l.add(dispatch.LevelCity, CityCode, "41", CityName, city, nil, invented)
	cells, err := townshipCells(borders, townships)
	if err != nil {
		return nil, err
	}
	for _, code := range sortedKeys(countyNames) {
		shape, own := borders[code], invented
		if shape == nil {
			// The development zone has a code of its own but no border: its ground is
			// that of its townships, which the counties around it keep on the map.
			l.add(dispatch.LevelCounty, code, CityCode, countyNames[code], nil, first(cells, townships, code), true)
			continue
		}
		l.add(dispatch.LevelCounty, code, CityCode, countyNames[code], shape, nil, own)
	}
	for i, t := range townships {
		l.add(dispatch.LevelTownship, t["code"], t["county"], t["name"], cells[i], nil, true)
	}
	for _, v := range table("villages") {
		town := v["code"][:9]
		at := somewhere(l.shapes[town], v["code"])
		l.add(dispatch.LevelVillage, v["code"], town, v["name"], nil, &at, true)
	}
	return l, nil
}

func (l *land) add(level dispatch.AreaLevel, code, parent, name string, shape geo.MultiPolygon, at *geo.Point, invented bool) {
	a := &dispatch.Area{Code: code, Level: level, Parent: parent, Name: name, Center: at, Invented: invented, Duty: areaDuty(level, code)}
	a.ID, a.Scope.Area = code, code
	if shape != nil {
		p, b := shape.LabelPoint(), shape.Bound()
		a.Center, a.Bound, a.Shape = &p, &b, 1
	}
	l.shapes[code], l.middle[code] = shape, *a.Center
	l.areas = append(l.areas, dispatch.Imported{Row: len(l.areas) + 2, Record: a, Shape: shape})
}

// countyBorders reads the real borders, or makes some around the townships.
func countyBorders(counties io.Reader, townships []row) (map[string]geo.MultiPolygon, bool, error) {
	out := map[string]geo.MultiPolygon{}
	if counties == nil {
		return inventCounties(townships)
	}
	features, _, err := geo.ReadFeatures(counties, "", geo.DefaultLimits)
	if err != nil {
		return nil, false, fmt.Errorf("county borders: %w", err)
	}
	for _, f := range features {
		code := f.Text("code")
		if _, known := countyNames[code]; !known {
			return nil, false, fmt.Errorf("county borders: unknown code %q", code)
		}
		if err := f.Area.Check(); err != nil {
			// Smoothing the coarse source brings pieces of a county together.
			if f.Area, err = geo.Repair(f.Area); err != nil {
				return nil, false, fmt.Errorf("county borders: %s: %w", code, err)
			}
		}
		out[code] = f.Area
	}
	for code := range groups(townships) {
		if out[code] == nil {
			return nil, false, fmt.Errorf("county borders: %s %s is missing", code, countyNames[code])
		}
	}
	return out, false, nil
}

// groups lists the seeds of the townships by the county whose ground they are on.
func groups(townships []row) map[string][]geo.Point {
	out := map[string][]geo.Point{}
	for _, t := range townships {
		out[t["borders"]] = append(out[t["borders"]], geo.At(t.float("lon"), t.float("lat")))
	}
	return out
}

// inventCounties gives each county the ground that is nearest to its middle
// within a circle around all townships.
func inventCounties(townships []row) (map[string]geo.MultiPolygon, bool, error) {
	by := groups(townships)
	codes := sortedKeys(by)
	var seeds, everything []geo.Point
	for _, code := range codes {
		seeds = append(seeds, geo.BoundOf(by[code]...).Center())
		everything = append(everything, by[code]...)
	}
	bound := geo.BoundOf(everything...)
	around := geo.Circle(bound.Center(), geo.Distance(bound.Center(), geo.At(bound[0], bound[1]))+5000, 64)
	parts, err := geo.Tessellate(around, seeds)
	if err != nil {
		return nil, false, err
	}
	out := map[string]geo.MultiPolygon{}
	for i, code := range codes {
		out[code] = parts[i]
	}
	return out, true, nil
}

// townshipCells divides each county among its townships. A seed that was placed
// outside of its county moves towards the county's middle until it is inside.
func townshipCells(borders map[string]geo.MultiPolygon, townships []row) ([]geo.MultiPolygon, error) {
	cells := make([]geo.MultiPolygon, len(townships))
	for _, code := range sortedKeys(borders) {
		var seeds []geo.Point
		var index []int
		heart := borders[code].LabelPoint()
		for i, t := range townships {
			if t["borders"] != code {
				continue
			}
			seed := geo.At(t.float("lon"), t.float("lat"))
			for step := 0; step < 40 && !borders[code].Contains(seed); step++ {
				seed = geo.Between(seed, heart, 0.1)
			}
			seeds, index = append(seeds, seed), append(index, i)
		}
		parts, err := geo.Tessellate(borders[code], seeds)
		if err != nil {
			return nil, fmt.Errorf("townships of %s: %w", code, err)
		}
		for k, part := range parts {
			if len(part) == 0 {
				return nil, fmt.Errorf("township %s gets no ground", townships[index[k]]["code"])
			}
			cells[index[k]] = part
		}
	}
	return cells, nil
}

// first is the label point of the county's first township.
func first(cells []geo.MultiPolygon, townships []row, county string) *geo.Point {
	for i, t := range townships {
		if t["county"] == county {
			p := cells[i].LabelPoint()
			return &p
		}
	}
	return nil
}

// dice returns a generator that depends on the key alone.
func dice(key string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(key))
	return rand.New(rand.NewPCG(1, h.Sum64()))
}

// somewhere is a point of the area that depends on the key alone.
func somewhere(area geo.MultiPolygon, key string) geo.Point {
	b, rnd := area.Bound(), dice(key)
	for range 200 {
		p := geo.At(b[0]+rnd.Float64()*(b[2]-b[0]), b[1]+rnd.Float64()*(b[3]-b[1]))
		if area.Contains(p) {
			return round(p)
		}
	}
	return area.LabelPoint()
}

// round keeps what a demo can know: a metre or so.
func round(p geo.Point) geo.Point {
	r := func(v float64) float64 { return float64(int64(v*1e5+0.5)) / 1e5 }
	return geo.At(r(p[0]), r(p[1]))
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
