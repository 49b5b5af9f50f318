package realtime

import (
	"fmt"
	"math"
	"time"

	"liandong/dispatch"
	"liandong/geo"
	"liandong/geo/index"
)

// Limits of plausibility.
const (
	maxAhead = 60 * time.Second // a source's clock may be ahead by this much
	maxSpeed = 70.0             // m/s between two fixes; about 250 km/h, faster than any vehicle or helicopter of a rescue
	// trusted is how much of a source's own inaccuracy is granted, in metres; a
	// device that claims to be kilometres wrong must not switch the check off.
	trusted = 500.0
	// insist is how many fixes in a row must agree among themselves before the
	// lane believes them against the one shown, which then was the wrong one.
	insist = 3
)

// check refuses what is no place on the earth.
func check(p dispatch.Position) *dispatch.Error {
	bad := func(field string, value any, en, zh string) *dispatch.Error {
		return &dispatch.Error{Code: dispatch.Invalid, Field: field, Value: value, Message: en, MessageZH: zh}
	}
	if err := p.Point.Check(); err != nil {
		return bad("point", fmt.Sprint(p.Point), err.Error(), "坐标应为 WGS-84 经度、纬度（度），经度在前")
	}
	if p.Point == (geo.Point{}) {
		return bad("zero", "0,0", "0,0 is what a receiver without a fix tells", "坐标 0,0 表示设备尚未定位")
	}
	if p.Realm == "" || p.Team == "" {
		return bad("team", p.Team, "the position belongs to no team", "该定位不属于任何队伍")
	}
	if year := p.Fixed.Year(); year < 1970 || year > 9999 {
		return bad("fixed", p.Fixed.String(), "the time of the fix is not between the years 1970 and 9999", "定位时间应在公元 1970 至 9999 年之间")
	}
	return nil
}

// tidy makes unknown what cannot be: not-a-number, negative, beyond all sense.
// The place is rounded to a centimetre, as it is stored.
func tidy(p *dispatch.Position) {
	p.Speed, p.Heading, p.Accuracy = sound(p.Speed, 600), sound(p.Heading, 360), sound(p.Accuracy, 1e6)
	if p.Heading == 360 {
		p.Heading = 0
	}
	p.Point = index.Round(p.Point)
}

func sound(v, most float64) float64 {
	if !(v >= 0 && v <= most) {
		return -1
	}
	return v
}

// judge says why the position is not to be shown, or nothing. The lane is
// locked.
func (f *fleet) judge(m *mover, h uint32, p *dispatch.Position) dispatch.PositionFlag {
	// In a drill the clock is the drill's.
	if p.Realm == dispatch.Live && p.Fixed.Sub(p.Received) > maxAhead {
		return dispatch.PositionFuture
	}
	if m == nil {
		return ""
	}
	fixed, at := p.Fixed.UnixMicro(), f.at(h)
	switch {
	case fixed < m.fixed, fixed == m.fixed && at == p.Point && m.stored:
		return dispatch.PositionLate
	case p.Source == dispatch.SourceSim && p.Realm != dispatch.Live: // computed, not measured
	case !reachable(at, p.Point, unlong(m.accuracy), p.Accuracy, fixed-m.fixed):
		d := f.doubts[h]
		if d == nil {
			d = &doubt{}
			f.doubts[h] = d
		}
		was := d.position
		if d.fixes > 0 && !p.Fixed.Before(was.Fixed) && reachable(was.Point, p.Point, was.Accuracy, p.Accuracy, p.Fixed.Sub(was.Fixed).Microseconds()) {
			d.fixes++
		} else {
			d.fixes = 1
		}
		d.position = *p
		if d.fixes < insist {
			return dispatch.PositionJump
		}
	}
	return ""
}

// reachable tells whether a team can have come from a to b within so many
// microseconds; a second is granted, the resolution of most devices' clocks.
func reachable(a, b geo.Point, accuracyA, accuracyB float64, micros int64) bool {
	most := maxSpeed*max(float64(micros)/1e6, 1) + min(max(accuracyA, 0), trusted) + min(max(accuracyB, 0), trusted)
	// Along a parallel and then along a meridian is never shorter, and nearly
	// every move is far below the limit that way too.
	const metres = geo.EarthRadius * math.Pi / 180
	if metres*(math.Abs(a.Lon()-b.Lon())+math.Abs(a.Lat()-b.Lat())) <= most {
		return true
	}
	return geo.Distance(a, b) <= most
}
