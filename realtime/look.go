package realtime

import (
	"math"
	"strconv"
	"time"

	"liandong/dispatch"
)

// columns is positions in the columnar form of the wire: per column the values
// joined by commas, so that parts are put together without encoding anew.
type columns struct {
	n     int
	value [len(columnNames)][]byte
}

var columnNames = [...]string{"team", "lon", "lat", "speed", "heading", "accuracy", "fixed", "stale", "source"}

// add appends one position.
func (c *columns) add(p dispatch.Position, stale time.Duration) {
	if c.n++; c.n > 1 {
		for i := range c.value {
			c.value[i] = append(c.value[i], ',')
		}
	}
	v := &c.value
	v[0] = appendString(v[0], p.Team)
	v[1] = strconv.AppendFloat(v[1], round(p.Point.Lon(), 1e6), 'f', -1, 64)
	v[2] = strconv.AppendFloat(v[2], round(p.Point.Lat(), 1e6), 'f', -1, 64)
	v[3] = appendKnown(v[3], p.Speed, 10)
	v[4] = appendKnown(v[4], p.Heading, 1)
	v[5] = appendKnown(v[5], p.Accuracy, 1)
	v[6] = strconv.AppendInt(v[6], p.Fixed.UnixMilli(), 10)
	v[7] = strconv.AppendInt(v[7], int64(stale/time.Second), 10)
	v[8] = appendString(v[8], p.Source)
}

// positionsFrame joins parts into one positions frame; nil when they hold
// nothing and the frame would only merge.
func positionsFrame(at time.Time, full bool, parts ...*columns) *frame {
	n, size := 0, 160
	for _, p := range parts {
		n += p.n
		for i := range p.value {
			size += len(p.value[i]) + 1
		}
	}
	if n == 0 && !full {
		return nil
	}
	b := append(make([]byte, 0, size), `{"t":"positions","at":`...)
	b = append(b, mustJSON(at.UTC())...)
	b = append(b, `,"full":`...)
	b = strconv.AppendBool(b, full)
	for i, name := range columnNames {
		b = append(append(append(b, `,"`...), name...), `":[`...)
		first := true
		for _, p := range parts {
			if p.n == 0 {
				continue
			}
			if !first {
				b = append(b, ',')
			}
			first = false
			b = append(b, p.value[i]...)
		}
		b = append(b, ']')
	}
	return prepare(append(b, '}'))
}

func round(v, steps float64) float64 { return math.Round(v*steps) / steps }

func appendKnown(b []byte, v, steps float64) []byte {
	if v < 0 {
		return append(b, "null"...)
	}
	return strconv.AppendFloat(b, round(v, steps), 'f', -1, 64)
}

// appendString appends a JSON string; ids are plain and need no escaping.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return append(b, quote(s)...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// moves is what moved in one tick, as far as one set of teams goes, by cell.
// Audiences that see the same of it share it.
type moves struct {
	in map[cell]*columns
	// left holds those that moved out of a cell: who looks at it, but not at
	// where they went, is told once more.
	left   []motion
	shared map[cells]*frame // by what is looked at
}

// sendMoved tells every console what moved, since the last tick, of the teams
// it may see, in the cells it looks at.
func (s *stream) sendMoved() {
	if s.lane == nil {
		return
	}
	ms := s.lane.collect(s.realm)
	if len(ms) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.now()
	bySight := map[string]*moves{}
	sight := make([]byte, (len(ms)+7)/8)
	for _, g := range s.groups {
		clear(sight)
		for i, m := range ms {
			if s.seesTeam(g, m.Team) {
				sight[i/8] |= 1 << (i % 8)
			}
		}
		mv := bySight[string(sight)]
		if mv == nil {
			mv = s.movesOf(ms, sight)
			bySight[string(sight)] = mv
		}
		for c := range g.conns {
			if r, ok := c.lookingAt(); ok {
				if f := s.frameOf(mv, r, at); f != nil {
					c.offer(f)
				}
			}
		}
	}
}

// movesOf encodes those that the bits of sight pick.
func (s *stream) movesOf(ms []motion, sight []byte) *moves {
	mv := &moves{in: map[cell]*columns{}, shared: map[cells]*frame{}}
	for i, m := range ms {
		if sight[i/8]&(1<<(i%8)) == 0 {
			continue
		}
		at := cellOf(m.Point)
		part := mv.in[at]
		if part == nil {
			part = &columns{}
			mv.in[at] = part
		}
		part.add(m.Position, s.lane.Stale(m.Source))
		if at != m.was {
			mv.left = append(mv.left, m)
		}
	}
	return mv
}

// frameOf is what moved within the rectangle; nil when nothing did.
func (s *stream) frameOf(mv *moves, r cells, at time.Time) *frame {
	if f, ok := mv.shared[r]; ok {
		return f
	}
	var parts []*columns
	if r.count() < len(mv.in) {
		for x := r.from.x; x <= r.to.x; x++ {
			for y := r.from.y; y <= r.to.y; y++ {
				if part := mv.in[cell{x, y}]; part != nil {
					parts = append(parts, part)
				}
			}
		}
	} else {
		for at, part := range mv.in {
			if r.has(at) {
				parts = append(parts, part)
			}
		}
	}
	left := &columns{}
	for _, m := range mv.left {
		if r.has(m.was) && !r.has(cellOf(m.Point)) {
			left.add(m.Position, s.lane.Stale(m.Source))
		}
	}
	f := positionsFrame(at, false, append(parts, left)...)
	mv.shared[r] = f
	return f
}

// placed is the frame with everything in the connection's view as it is now.
func (s *stream) placed(c *conn) *frame {
	r, ok := c.lookingAt()
	if !ok || s.lane == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var all columns
	for _, p := range s.lane.Inside(s.realm, r.bound(), func(team string) bool { return s.seesTeam(c.group, team) }) {
		if r.has(cellOf(p.Point)) { // not the far edge, which belongs to the next cell
			all.add(p, s.lane.Stale(p.Source))
		}
	}
	return positionsFrame(s.now(), true, &all)
}

func (c *conn) lookingAt() (cells, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.looks == nil {
		return cells{}, false
	}
	return *c.looks, true
}
