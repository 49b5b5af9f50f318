package geo

import "fmt"

// Point is a place on the earth: WGS-84 degrees, longitude first. Its JSON form
// is the GeoJSON position [lon, lat].
type Point [2]float64

// At returns the point at the longitude and latitude, in degrees.
func At(lon, lat float64) Point { return Point{lon, lat} }

// Lon is the longitude in degrees, east positive.
func (p Point) Lon() float64 { return p[0] }

// Lat is the latitude in degrees, north positive.
func (p Point) Lat() float64 { return p[1] }

// String prints the point as a person reads it back over the radio: latitude
// and longitude with hemisphere, five decimals (about one metre).
func (p Point) String() string {
	ns, lat := 'N', p[1]
	if lat < 0 {
		ns, lat = 'S', -lat
	}
	ew, lon := 'E', p[0]
	if lon < 0 {
		ew, lon = 'W', -lon
	}
	return fmt.Sprintf("%.5f°%c %.5f°%c", lat, ns, lon, ew)
}

// Check returns an error that names the axis when the point is not on the
// earth. Not-a-number and infinities are refused.
func (p Point) Check() error {
	if !(p[0] >= -180 && p[0] <= 180) {
		return fmt.Errorf("longitude %v is outside -180..180", p[0])
	}
	if !(p[1] >= -90 && p[1] <= 90) {
		hint := ""
		if p[1] >= -180 && p[1] <= 180 && p[0] >= -90 && p[0] <= 90 {
			hint = "; longitude comes first, are the two swapped?"
		}
		return fmt.Errorf("latitude %v is outside -90..90%s", p[1], hint)
	}
	return nil
}
