// Package osmand reads positions as OsmAnd and Traccar Client send them over
// HTTP: as query or form parameters, or, from newer clients, as JSON. It knows
// the form alone: who may report for which team is for others to say.
//
// The form is that of Traccar's OsmAnd protocol
// (https://www.traccar.org/osmand/): id or deviceid; lat and lon, or
// location=lat,lon; timestamp in seconds, milliseconds or ISO 8601; speed in
// knots; bearing or heading in degrees; accuracy and altitude in metres; batt
// in per cent. What it does not name is ignored.
package osmand

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"liandong/dispatch"
	"liandong/geo"
)

// Source names positions that came this way.
const Source = "osmand"

// knot is one knot in metres per second (ISO 80000-3).
const knot = 1852.0 / 3600

// MaxBody bounds a JSON body, in bytes.
const MaxBody = 64 << 10

// Report is one request of a device.
type Report struct {
	// Device is what the device calls itself: here its token.
	Device string
	// Placed tells that Position holds a place. A report without one (cell
	// towers only, no fix yet) is in order and moves nothing.
	Placed bool
	// Position has Point, Speed, Heading, Accuracy, Fixed and Source; a zero
	// Fixed means that the device did not tell the time.
	Position dispatch.Position
	// Battery is 0 to 1, negative when not told.
	Battery float64
	// Alarm is what the device raises: "sos" …
	Alarm string
}

// Form reads the parameters of a query or of a form body. Errors are
// *dispatch.Error of code Invalid and name the parameter.
func Form(v url.Values) (Report, error) {
	r := Report{Device: first(v, "id", "deviceid"), Alarm: v.Get("alarm"), Battery: -1}
	r.Position = dispatch.Position{Source: Source, Speed: -1, Heading: -1, Accuracy: -1}
	if r.Device == "" {
		return r, bad("id", "", "id is missing", "缺少设备标识 id")
	}
	p := &r.Position
	lat, lon := v.Get("lat"), v.Get("lon")
	if at := v.Get("location"); at != "" && lat == "" && lon == "" {
		var ok bool
		if lat, lon, ok = strings.Cut(at, ","); !ok {
			return r, bad("location", at, "must be lat,lon", "应为 纬度,经度")
		}
	}
	if lat != "" || lon != "" {
		point, err := place(lat, lon)
		if err != nil {
			return r, err
		}
		p.Point, r.Placed = point, !falsy(v.Get("valid"))
	}
	if text := v.Get("timestamp"); text != "" {
		at, err := moment(text)
		if err != nil {
			return r, err
		}
		p.Fixed = at
	}
	for _, f := range []struct {
		name  string
		to    *float64
		scale float64
	}{{"speed", &p.Speed, knot}, {"bearing", &p.Heading, 1}, {"heading", &p.Heading, 1}, {"accuracy", &p.Accuracy, 1}, {"batt", &r.Battery, 0.01}} {
		text := v.Get(f.name)
		if text == "" {
			continue
		}
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return r, bad(f.name, text, "is no number", "不是数字")
		}
		*f.to = told(n * f.scale)
	}
	return r, nil
}

// body is the JSON form of newer clients.
type body struct {
	Device   string `json:"device_id"`
	Location *struct {
		Timestamp string `json:"timestamp"`
		Coords    *struct {
			Latitude  *float64 `json:"latitude"`
			Longitude *float64 `json:"longitude"`
			Accuracy  *float64 `json:"accuracy"`
			Speed     *float64 `json:"speed"`   // m/s, -1 unknown
			Heading   *float64 `json:"heading"` // degrees, -1 unknown
		} `json:"coords"`
		Battery *struct {
			Level *float64 `json:"level"` // 0 to 1, -1 unknown
		} `json:"battery"`
		Alarm string `json:"alarm"`
	} `json:"location"`
}

// JSON reads the JSON body of newer clients. Errors are as Form's.
func JSON(b []byte) (Report, error) {
	r := Report{Battery: -1}
	r.Position = dispatch.Position{Source: Source, Speed: -1, Heading: -1, Accuracy: -1}
	if len(b) > MaxBody {
		return r, &dispatch.Error{Code: dispatch.TooLarge, Field: "body", Value: len(b), Message: fmt.Sprintf("a report has at most %d bytes", MaxBody), MessageZH: fmt.Sprintf("上报内容最多 %d 字节", MaxBody)}
	}
	var in body
	if err := json.Unmarshal(b, &in); err != nil {
		return r, bad("body", "", "cannot be read: "+err.Error(), "无法读取："+err.Error())
	}
	if r.Device = in.Device; r.Device == "" {
		return r, bad("device_id", "", "device_id is missing", "缺少设备标识 device_id")
	}
	l := in.Location
	if l == nil {
		return r, bad("location", "", "location is missing", "缺少 location")
	}
	r.Alarm = l.Alarm
	if l.Battery != nil {
		r.Battery = known(l.Battery.Level)
	}
	if l.Timestamp != "" {
		at, err := moment(l.Timestamp)
		if err != nil {
			return r, err
		}
		r.Position.Fixed = at
	}
	if c := l.Coords; c != nil {
		if c.Latitude == nil || c.Longitude == nil {
			return r, bad("location.coords", "", "latitude and longitude are needed", "需要 latitude 与 longitude")
		}
		p := geo.At(*c.Longitude, *c.Latitude)
		if err := p.Check(); err != nil {
			return r, bad("location.coords", fmt.Sprint([2]float64(p)), err.Error(), "经纬度超出范围")
		}
		r.Placed = true
		r.Position.Point, r.Position.Speed, r.Position.Heading, r.Position.Accuracy = p, known(c.Speed), known(c.Heading), known(c.Accuracy)
	}
	return r, nil
}

func place(lat, lon string) (geo.Point, error) {
	y, err := strconv.ParseFloat(strings.TrimSpace(lat), 64)
	if err != nil {
		return geo.Point{}, bad("lat", lat, "is no number of degrees", "纬度应为度数")
	}
	x, err := strconv.ParseFloat(strings.TrimSpace(lon), 64)
	if err != nil {
		return geo.Point{}, bad("lon", lon, "is no number of degrees", "经度应为度数")
	}
	p := geo.At(x, y)
	if err := p.Check(); err != nil {
		return geo.Point{}, bad("lat", lat+","+lon, err.Error(), "经纬度超出范围")
	}
	return p, nil
}

// moment reads a time: seconds below 2^31, else milliseconds, or a date in UTC
// where it names no zone.
func moment(text string) (time.Time, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n > 0 {
		if n < math.MaxInt32 {
			return time.Unix(n, 0).UTC(), nil
		}
		if n < 253402300800_000 { // the year 10000, where RFC 3339 ends
			return time.UnixMilli(n).UTC(), nil
		}
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		if at, err := time.Parse(layout, text); err == nil && at.Year() >= 1970 {
			return at.UTC(), nil
		}
	}
	return time.Time{}, bad("timestamp", text, "is no time", "无法识别的时间", "1377177267", "1377177267000", "2016-01-27T18:55:47Z", "2016-01-27 18:55:47")
}

func first(v url.Values, names ...string) string {
	for _, n := range names {
		if s := v.Get(n); s != "" {
			return s
		}
	}
	return ""
}

func falsy(s string) bool { return s == "false" || s == "0" }

// told is n, or -1 where it is no measurement.
func told(n float64) float64 {
	if !(n >= 0) || math.IsInf(n, 0) {
		return -1
	}
	return n
}

func known(n *float64) float64 {
	if n == nil {
		return -1
	}
	return told(*n)
}

func bad(field, value, en, zh string, legal ...string) error {
	return &dispatch.Error{Code: dispatch.Invalid, Field: field, Value: cut(value), Message: en, MessageZH: zh, Legal: legal}
}

func cut(s string) string { return s[:min(len(s), 60)] }
