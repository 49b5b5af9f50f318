package geo

import (
	"fmt"
	"math"
	"strings"
)

// System is a coordinate system in which Chinese data comes. Inside the house
// everything is WGS-84; the others are converted where data comes in or goes out.
type System string

// The systems.
const (
	WGS84    System = "wgs84"    // GPS, EPSG:4326
	CGCS2000 System = "cgcs2000" // the national system, EPSG:4490: WGS-84 within centimetres
	GCJ02    System = "gcj02"    // AMap, Tencent, DataV: WGS-84 shifted by some hundred metres
	BD09     System = "bd09"     // Baidu: GCJ-02 shifted once more
)

// Systems lists the systems in the order in which they are offered.
var Systems = []System{WGS84, CGCS2000, GCJ02, BD09}

// ParseSystem reads the name of a coordinate system as people and files write
// it: "GCJ-02", "EPSG:4490", "urn:ogc:def:crs:OGC:1.3:CRS84", "火星坐标", "百度".
func ParseSystem(name string) (System, error) {
	s := strings.ToLower(strings.TrimSpace(name))
	s = strings.NewReplacer(" ", "", "-", "", "_", "").Replace(s)
	if i := strings.LastIndexAny(s, ":/"); i >= 0 {
		s = s[i+1:]
	}
	switch s {
	case "wgs84", "4326", "crs84", "epsg4326", "gps":
		return WGS84, nil
	case "cgcs2000", "4490", "epsg4490", "2000", "国家2000", "天地图":
		return CGCS2000, nil
	case "gcj02", "gcj", "火星坐标", "火星", "高德", "腾讯", "amap":
		return GCJ02, nil
	case "bd09", "bd09ll", "百度", "baidu":
		return BD09, nil
	}
	return "", fmt.Errorf("coordinate system %.40q is unknown: want one of wgs84, cgcs2000, gcj02, bd09", name)
}

// ToWGS84 converts a point given in the system to WGS-84, to better than a
// centimetre of the forward conversion.
func (s System) ToWGS84(p Point) Point {
	switch s {
	case GCJ02:
		return gcjToWGS(p)
	case BD09:
		return gcjToWGS(bdToGCJ(p))
	}
	return p
}

// FromWGS84 converts a WGS-84 point to the system.
func (s System) FromWGS84(p Point) Point {
	switch s {
	case GCJ02:
		return wgsToGCJ(p)
	case BD09:
		return gcjToBD(wgsToGCJ(p))
	}
	return p
}

// AreaToWGS84 converts every point of the area; the argument is not changed.
func (s System) AreaToWGS84(m MultiPolygon) MultiPolygon {
	out := make(MultiPolygon, len(m))
	for i, polygon := range m {
		out[i] = make(Polygon, len(polygon))
		for j, ring := range polygon {
			out[i][j] = make(Ring, len(ring))
			for k, p := range ring {
				out[i][j][k] = s.ToWGS84(p)
			}
		}
	}
	return out
}

// GCJ-02 moves points of China by a smooth wave. The constants are those of the
// widely published algorithm: the Krasovsky 1940 ellipsoid.
const (
	krasovskyA  = 6378245.0
	krasovskyE2 = 0.00669342162296594323
)

// shifted reports whether GCJ-02 moves a point at all. The box is the usual one;
// it also takes in neighbours of China, as every implementation does.
func shifted(p Point) bool {
	return p[0] >= 72.004 && p[0] <= 137.8347 && p[1] >= 0.8293 && p[1] <= 55.8271
}

func wgsToGCJ(p Point) Point {
	if !shifted(p) {
		return p
	}
	d := gcjShift(p)
	return Point{p[0] + d[0], p[1] + d[1]}
}

// gcjToWGS looks for the point whose forward conversion is p. Each step cuts
// the error by about a thousand; three to five reach the limit of the numbers.
func gcjToWGS(p Point) Point {
	if !shifted(p) {
		return p
	}
	w := p
	for range 10 {
		g := wgsToGCJ(w)
		dx, dy := p[0]-g[0], p[1]-g[1]
		w = Point{w[0] + dx, w[1] + dy}
		if math.Abs(dx) < 1e-11 && math.Abs(dy) < 1e-11 {
			break
		}
	}
	return w
}

// gcjShift is the shift in degrees at a WGS-84 point.
func gcjShift(p Point) Point {
	x, y := p[0]-105, p[1]-35
	root := math.Sqrt(math.Abs(x))
	common := (20*math.Sin(6*x*math.Pi) + 20*math.Sin(2*x*math.Pi)) * 2 / 3
	dLat := -100 + 2*x + 3*y + 0.2*y*y + 0.1*x*y + 0.2*root + common +
		(20*math.Sin(y*math.Pi)+40*math.Sin(y/3*math.Pi))*2/3 +
		(160*math.Sin(y/12*math.Pi)+320*math.Sin(y*math.Pi/30))*2/3
	dLon := 300 + x + 2*y + 0.1*x*x + 0.1*x*y + 0.1*root + common +
		(20*math.Sin(x*math.Pi)+40*math.Sin(x/3*math.Pi))*2/3 +
		(150*math.Sin(x/12*math.Pi)+300*math.Sin(x/30*math.Pi))*2/3

	lat := p[1] * math.Pi / 180
	magic := 1 - krasovskyE2*math.Sin(lat)*math.Sin(lat)
	root = math.Sqrt(magic)
	dLat = dLat * 180 / (krasovskyA * (1 - krasovskyE2) / (magic * root) * math.Pi)
	dLon = dLon * 180 / (krasovskyA / root * math.Cos(lat) * math.Pi)
	return Point{dLon, dLat}
}

const bdPi = math.Pi * 3000 / 180

func gcjToBD(p Point) Point {
	x, y := p[0], p[1]
	z := math.Hypot(x, y) + 0.00002*math.Sin(y*bdPi)
	theta := math.Atan2(y, x) + 0.000003*math.Cos(x*bdPi)
	return Point{z*math.Cos(theta) + 0.0065, z*math.Sin(theta) + 0.006}
}

func bdToGCJ(p Point) Point {
	g := Point{p[0] - 0.0065, p[1] - 0.006}
	for range 10 {
		b := gcjToBD(g)
		dx, dy := p[0]-b[0], p[1]-b[1]
		g = Point{g[0] + dx, g[1] + dy}
		if math.Abs(dx) < 1e-11 && math.Abs(dy) < 1e-11 {
			break
		}
	}
	return g
}
