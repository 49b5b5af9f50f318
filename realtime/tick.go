package realtime

import (
	"encoding/binary"
	"math"
	"time"

	"liandong/dispatch"
	"liandong/geo"
)

// A map that shows a whole county gains nothing from a vehicle's every second:
// it would move by less than a pixel. Consoles are told by zoom class: those of
// class k hear of a team at most every 2^k ticks.
const (
	classes = 4
	slowest = 1 << (classes - 1) // ticks between two words of a team in the last class
)

// classOf is the zoom class of a map at the zoom (tiles of 512 pixels). A
// vehicle at 50 km/h, here at 34 degrees north, moves half a pixel to a pixel in
// the time of its class.
func classOf(zoom float64) uint8 {
	switch {
	case zoom >= 12: // 16 m to a pixel, and fewer
		return 0
	case zoom >= 11:
		return 1
	case zoom >= 10:
		return 2
	}
	return 3
}

// A record is one team in a positions frame: numbers as little-endian bytes.
//
//	0  uint32  the team's number
//	4  int32   longitude, degrees times 1e7
//	8  int32   latitude
//	12 int32   when the source measured it, in 10 ms after the frame's base
//	16 uint16  speed, cm/s; 65535 unknown
//	18 uint16  heading, hundredths of a degree; 65535 unknown
//	20 uint16  accuracy, metres; 65535 unknown
//	22 uint8   the source's number
//	23         nothing
const recordSize = 24

// centis is a time in the steps of records.
func centis(micros int64) int64 {
	const step = 10_000
	q := micros / step
	if micros < 0 && micros%step != 0 {
		q--
	}
	return q
}

// record appends the team's; base is in steps of records.
func (f *fleet) record(b []byte, h uint32, base int64) []byte {
	m := f.movers.at(h)
	lon, lat := f.grid.E7(h)
	accuracy := uint16(noShort)
	if m.accuracy != noLong {
		accuracy = uint16(min((m.accuracy+5)/10, noShort-1))
	}
	b = binary.LittleEndian.AppendUint32(b, h)
	b = binary.LittleEndian.AppendUint32(b, uint32(lon))
	b = binary.LittleEndian.AppendUint32(b, uint32(lat))
	b = binary.LittleEndian.AppendUint32(b, uint32(min(max(centis(m.fixed)-base, math.MinInt32), math.MaxInt32)))
	b = binary.LittleEndian.AppendUint16(b, m.speed)
	b = binary.LittleEndian.AppendUint16(b, m.heading)
	b = binary.LittleEndian.AppendUint16(b, accuracy)
	return append(b, m.source, 0)
}

// motion is a team that some console is to hear of in this tick.
type motion struct {
	handle  uint32
	due     uint8 // bit k: consoles of zoom class k
	team    string
	at, was cell // where it is, and was at the last tick
	record  [recordSize]byte
}

// words are what a frame's head says of its records.
type words struct {
	at      time.Time
	base    int64 // of the times in records, in their steps
	sources []string
	stale   []time.Duration
}

func (l *Lane) words(at time.Time) words {
	return words{at, centis(at.UnixMicro()), l.tally.sourceNames(), l.tally.stale} // which only grows
}

// collect begins the realm's next tick and appends to ms who is to be heard of
// in it.
func (l *Lane) collect(realm dispatch.Realm, at time.Time, ms []motion) ([]motion, words) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.words(at)
	f := l.fleets[realm]
	if f == nil {
		return ms, w
	}
	f.tick++
	keep := f.recent[:0]
	for _, h := range f.recent {
		m := f.movers.at(h)
		c := cellOf(f.at(h))
		if due := f.due(m, h, c, l.tally.stale[m.source]); due != 0 {
			v := motion{handle: h, due: due, team: f.teams.id(h), at: c, was: c}
			if m.moved {
				v.was = m.was
			}
			f.record(v.record[:0], h, w.base)
			ms = append(ms, v)
		}
		if m.moved {
			m.moved, m.last = false, f.tick
		}
		if m.recent = f.tick-m.last < slowest; m.recent {
			keep = append(keep, h)
		}
	}
	f.recent = keep
	return ms, w
}

// due tells which zoom classes hear of the team in this tick. A class of n ticks
// has a turn for each team every n ticks, and in between hears of it only when
// it was quiet before, so that who reports seldom is never late, or when it has
// come to another cell, so that who no longer looks at it learns that it left.
// The turn after its last move tells where it stopped. A source that is stale
// soon is told more often: its age on the screen grows by no more than half of
// what makes it stale.
func (f *fleet) due(m *mover, h uint32, at cell, stale time.Duration) (due uint8) {
	for k := range classes {
		n := uint32(1) << k
		for n > 1 && time.Duration(4*n)*time.Second > stale {
			n /= 2
		}
		turn := (h+f.tick)%n == 0
		switch {
		case m.moved && (turn || at != m.was || f.tick-m.last >= n),
			!m.moved && turn && f.tick-m.last < n:
			due |= 1 << k
		}
	}
	return due
}

// touch has the team sent again with the next tick: somebody sees it now who
// did not before.
func (l *Lane) touch(realm dispatch.Realm, team string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.fleets[realm]
	if f == nil {
		return
	}
	m, h := f.mover(team)
	if m == nil {
		return
	}
	if !m.moved {
		m.moved, m.was = true, cellOf(f.at(h))
	}
	m.last = f.tick - slowest // as if it had been quiet: all classes hear of it
	if !m.recent {
		m.recent = true
		f.recent = append(f.recent, h)
	}
}

// handle is the team's number, if it has a position.
func (l *Lane) handle(realm dispatch.Realm, team string) (uint32, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f := l.fleets[realm]; f != nil {
		return f.teams.find(team)
	}
	return 0, false
}

// records appends those of all teams in the cells that see accepts, as they are
// now.
func (l *Lane) records(realm dispatch.Realm, in cells, at time.Time, b []byte, see func(h uint32, team string) bool) ([]byte, words) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.words(at)
	f := l.fleets[realm]
	if f == nil {
		return b, w
	}
	f.grid.In(in.bound(), func(h uint32, p geo.Point) bool {
		if in.has(cellOf(p)) && see(h, f.teams.id(h)) { // not the far edge, which belongs to the next cell
			b = f.record(b, h, w.base)
		}
		return true
	})
	return b, w
}
