// Package owntracks reads what the OwnTracks apps post over HTTP in JSON. It
// knows the form alone: who may report for which team is for others to say.
//
// The form is that of the OwnTracks booklet
// (https://owntracks.org/booklet/tech/json/): one object with _type. Only
// "location" moves anything; every other type is in order and is ignored. tst
// is in seconds since 1970, vel in km/h, acc in metres, cog in degrees from
// north, batt in per cent. The answer is a JSON array, which may be empty.
package owntracks

import (
	"encoding/json"
	"fmt"
	"time"

	"liandong/dispatch"
	"liandong/geo"
)

// Source names positions that came this way.
const Source = "owntracks"

// MaxBody bounds a body, in bytes.
const MaxBody = 64 << 10

// Report is one message of an app.
type Report struct {
	Type string // _type
	// Topic is "owntracks/user/device", where the app tells it; Initials the
	// two letters on its marker (tid).
	Topic, Initials string
	// Placed tells that Position holds a place.
	Placed bool
	// Position has Point, Speed, Heading, Accuracy, Fixed and Source.
	Position dispatch.Position
	// Battery is 0 to 1, negative when not told.
	Battery float64
}

type body struct {
	Type    string   `json:"_type"`
	Topic   string   `json:"topic"`
	TID     string   `json:"tid"`
	Lat     *float64 `json:"lat"`
	Lon     *float64 `json:"lon"`
	Time    *float64 `json:"tst"`
	Acc     *float64 `json:"acc"`
	Vel     *float64 `json:"vel"`
	Course  *float64 `json:"cog"`
	Battery *float64 `json:"batt"`
}

// Read reads one message. Errors are *dispatch.Error of code Invalid, or
// TooLarge, and name the member.
func Read(b []byte) (Report, error) {
	r := Report{Battery: -1}
	if len(b) > MaxBody {
		return r, &dispatch.Error{Code: dispatch.TooLarge, Field: "body", Value: len(b), Message: fmt.Sprintf("a message has at most %d bytes", MaxBody), MessageZH: fmt.Sprintf("消息最多 %d 字节", MaxBody)}
	}
	var in body
	if err := json.Unmarshal(b, &in); err != nil {
		return r, bad("body", "cannot be read: "+err.Error(), "无法读取："+err.Error())
	}
	if in.Type == "" {
		return r, bad("_type", "_type is missing", "缺少 _type")
	}
	r.Type, r.Topic, r.Initials = in.Type, in.Topic, in.TID
	if in.Type != "location" {
		return r, nil
	}
	if in.Lat == nil || in.Lon == nil {
		return r, bad("lat", "a location has lat and lon, in degrees", "位置消息需要 lat 与 lon（度）")
	}
	if in.Time == nil || !(*in.Time > 0 && *in.Time < 253402300800) {
		return r, bad("tst", "a location has tst, its time in seconds since 1970", "位置消息需要 tst（1970 年以来的秒数）")
	}
	p := geo.At(*in.Lon, *in.Lat)
	if err := p.Check(); err != nil {
		return r, bad("lat", err.Error(), "经纬度超出范围")
	}
	r.Placed = true
	r.Position = dispatch.Position{Source: Source, Point: p, Speed: known(in.Vel, 1/3.6), Heading: known(in.Course, 1),
		Accuracy: known(in.Acc, 1), Fixed: time.UnixMilli(int64(*in.Time * 1000)).UTC()}
	r.Battery = known(in.Battery, 0.01)
	return r, nil
}

// known is the measurement times scale, or -1 where there is none.
func known(n *float64, scale float64) float64 {
	if n == nil || *n < 0 {
		return -1
	}
	return *n * scale
}

func bad(field, en, zh string) error {
	return &dispatch.Error{Code: dispatch.Invalid, Field: field, Message: en, MessageZH: zh}
}
