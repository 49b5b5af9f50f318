package geo

import (
	"math"

	"github.com/paulmach/orb"
	orbgeo "github.com/paulmach/orb/geo"
)

// metresPerDegree is the length of a degree of latitude on the sphere that
// Distance uses (radius 6,371,008.8 m, the mean radius of WGS-84's ellipsoid).
const metresPerDegree = EarthRadius * math.Pi / 180

// EarthRadius is the mean radius of the earth in metres (IUGG R1), the sphere on
// which distances and areas are measured. Against the ellipsoid a distance is
// wrong by at most 0.56 %.
const EarthRadius = 6371008.8

// Distance is the great-circle distance between two points in metres.
func Distance(a, b Point) float64 {
	// orb measures on the equatorial radius; bring it to the mean radius, which
	// is right on average instead of only at the equator.
	return orbgeo.DistanceHaversine(orb.Point(a), orb.Point(b)) * (EarthRadius / orb.EarthRadius)
}

// Bearing is the direction of the great circle at a towards b: degrees from
// north, clockwise, in [0, 360). It is 0 when the points are the same.
func Bearing(a, b Point) float64 {
	d := math.Mod(orbgeo.Bearing(orb.Point(a), orb.Point(b))+360, 360)
	return d
}

// Toward is the point that lies the distance in metres from p in the direction
// of the bearing (degrees from north, clockwise).
func Toward(p Point, bearing, metres float64) Point {
	q := orbgeo.PointAtBearingAndDistance(orb.Point(p), bearing, metres*(orb.EarthRadius/EarthRadius))
	return Point{wrapLon(q[0]), q[1]}
}

// Between is the point at the fraction f of the straight way from a to b on the
// map: 0 is a, 1 is b. Good for the short steps of a moving marker.
func Between(a, b Point, f float64) Point {
	return Point{a[0] + (b[0]-a[0])*f, a[1] + (b[1]-a[1])*f}
}

func wrapLon(lon float64) float64 {
	if lon > 180 {
		return lon - 360
	}
	if lon < -180 {
		return lon + 360
	}
	return lon
}

func abs(x float64) float64    { return math.Abs(x) }
func cosDeg(x float64) float64 { return math.Cos(x * math.Pi / 180) }
