package realtime

import (
	"math"
	"time"

	"liandong/dispatch"
	"liandong/geo"
	"liandong/geo/index"
)

// fleet is where the teams of one realm were last shown. A team is known by a
// small number, its handle, and is held in few bytes: a hundred thousand of them
// are no burden.
type fleet struct {
	teams  names
	movers pages[mover] // by handle
	grid   index.Grid   // where each is, by handle
	recent []uint32     // handles that moved within the last ticks, see due
	doubts map[uint32]*doubt
	tick   uint32 // counts the ticks, from slowest on
}

// mover is one team. Times are microseconds since 1970.
type mover struct {
	fixed, received int64
	device          uint32 // number in tally.devices
	accuracy        uint32 // decimetres
	speed, heading  uint16 // cm/s, hundredths of a degree
	source          uint8  // number in tally.sources
	stored          bool   // what is shown is safe in the store
	recent          bool   // it is in fleet.recent
	moved           bool   // since the last tick
	was             cell   // where it was at the last tick, when it has moved
	last            uint32 // tick in which it moved last
}

// doubt is a fix that cannot be, unless more come that agree with it.
type doubt struct {
	position dispatch.Position
	fixes    int
}

// The values of what a source did not tell.
const (
	noShort = math.MaxUint16
	noLong  = math.MaxUint32
)

// short is v in hundredths.
func short(v float64) uint16 {
	if v < 0 {
		return noShort
	}
	return uint16(min(math.Round(v*100), noShort-1))
}

func long(v float64) uint32 {
	if v < 0 {
		return noLong
	}
	return uint32(min(math.Round(v*10), noLong-1))
}

func unshort(v uint16) float64 {
	if v == noShort {
		return -1
	}
	return float64(v) / 100
}

func unlong(v uint32) float64 {
	if v == noLong {
		return -1
	}
	return float64(v) / 10
}

func newFleet() *fleet { return &fleet{tick: slowest, doubts: map[uint32]*doubt{}} }

// mover returns the team's, nil where it was never shown.
func (f *fleet) mover(team string) (*mover, uint32) {
	h, ok := f.teams.find(team)
	if !ok {
		return nil, 0
	}
	return f.movers.at(h), h
}

// at is where the mover was shown last.
func (f *fleet) at(h uint32) geo.Point {
	p, _ := f.grid.At(h) // whoever has a handle was shown
	return p
}

// show makes the position of the device and source the team's newest. The lane
// is locked.
func (f *fleet) show(p *dispatch.Position, device uint32, source uint8) (h uint32) {
	h = f.teams.number(p.Team)
	fresh := int(h) == f.movers.len()
	if fresh {
		f.movers.add(mover{was: cellOf(p.Point)})
	}
	m := f.movers.at(h)
	if !m.moved {
		m.moved = true
		if !fresh {
			m.was = cellOf(f.at(h))
		}
		if !m.recent {
			m.recent = true
			f.recent = append(f.recent, h)
		}
	}
	m.fixed, m.received = p.Fixed.UnixMicro(), p.Received.UnixMicro()
	m.speed, m.heading, m.accuracy = short(p.Speed), short(p.Heading), long(p.Accuracy)
	m.device, m.source = device, source
	m.stored = false
	delete(f.doubts, h)
	_ = f.grid.Move(h, p.Point) // the point was checked
	return h
}

// position is what is shown of the team. The lane is locked.
func (l *Lane) position(realm dispatch.Realm, f *fleet, h uint32) dispatch.Position {
	m := f.movers.at(h)
	return dispatch.Position{Realm: realm, Team: f.teams.id(h), Device: l.tally.devices.id(m.device), Point: f.at(h),
		Speed: unshort(m.speed), Heading: unshort(m.heading), Accuracy: unlong(m.accuracy),
		Fixed: time.UnixMicro(m.fixed).UTC(), Received: time.UnixMicro(m.received).UTC(), Source: l.tally.sources.id(uint32(m.source))}
}

// shows tells whether the position is what is shown of the team.
func (f *fleet) shows(m *mover, h uint32, p *dispatch.Position) bool {
	return m.fixed == p.Fixed.UnixMicro() && f.at(h) == p.Point
}
