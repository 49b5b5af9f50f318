package edxl

import (
	"strings"
	"time"

	"liandong/geo"
)

// The texts of the envelope that hold several values.

// Reference names an earlier envelope. XML writes it as
// "distributionID,senderID,dateTimeSent".
type Reference struct {
	ID, Sender string
	Sent       time.Time
}

// UnmarshalText takes a reference.
func (r *Reference) UnmarshalText(b []byte) error {
	parts := strings.Split(string(b), ",")
	refused := fault{wrong(string(b), "引用的格式为：distributionID,senderID,dateTimeSent", "a reference is distributionID,senderID,dateTimeSent")}
	if len(parts) != 3 || strings.TrimSpace(parts[0]) == "" || strings.TrimSpace(parts[1]) == "" {
		return refused
	}
	at, bad := parseTime(parts[2])
	if bad != nil {
		return refused
	}
	*r = Reference{parts[0], parts[1], at}
	return nil
}

// MarshalText gives a reference.
func (r Reference) MarshalText() ([]byte, error) {
	text := r.ID + "," + r.Sender + "," + r.Sent.Format("2006-01-02T15:04:05.999999999-07:00")
	return []byte(text), new(Reference).UnmarshalText([]byte(text))
}

// Circle is a circle of the envelope. XML writes it as "latitude,longitude
// radius".
type Circle struct {
	Center   geo.Point
	RadiusKM float64
}

// UnmarshalText takes a circle.
func (c *Circle) UnmarshalText(b []byte) error {
	center, radius, _ := strings.Cut(strings.TrimSpace(string(b)), " ")
	lat, lon, _ := strings.Cut(center, ",")
	at, bad := pointOf(lat, lon)
	km, worse := parseNumber(radius)
	// Half the equator: no circle on the earth is larger.
	if bad != nil || worse != nil || km < 0 || km > 20_038 {
		return fault{wrong(string(b), "圆的格式为：纬度,经度 半径（公里）", "a circle is latitude,longitude and the radius in kilometres, such as 34.115,113.82 5")}
	}
	*c = Circle{at, km}
	return nil
}

// MarshalText gives a circle.
func (c Circle) MarshalText() ([]byte, error) {
	text := numberText(c.Center.Lat()) + "," + numberText(c.Center.Lon()) + " " + numberText(c.RadiusKM)
	return []byte(text), new(Circle).UnmarshalText([]byte(text))
}

// Loop is a closed line of the envelope: four points at least, the last is the
// first again. XML writes it as "latitude,longitude latitude,longitude …".
type Loop []geo.Point

// UnmarshalText takes a loop.
func (l *Loop) UnmarshalText(b []byte) error {
	refused := fault{wrong(string(b), "多边形的格式为：纬度,经度 纬度,经度 …，至少四个点且首尾相同", "a polygon is latitude,longitude pairs, four at least, and ends where it begins")}
	out := Loop{}
	for _, pair := range strings.Fields(string(b)) {
		lat, lon, _ := strings.Cut(pair, ",")
		at, bad := pointOf(lat, lon)
		if bad != nil {
			return refused
		}
		out = append(out, at)
	}
	if n := len(out); n < 4 || out[0] != out[n-1] {
		return refused
	}
	*l = out
	return nil
}

// MarshalText gives a loop.
func (l Loop) MarshalText() ([]byte, error) {
	pairs := make([]string, len(l))
	for i, at := range l {
		pairs[i] = numberText(at.Lat()) + "," + numberText(at.Lon())
	}
	text := strings.Join(pairs, " ")
	return []byte(text), new(Loop).UnmarshalText([]byte(text))
}
