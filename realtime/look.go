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
	v[0] = append(v[0], quote(p.Team)...)
	v[1] = strconv.AppendFloat(v[1], round(p.Point.Lon(), 1e6), 'f', -1, 64)
	v[2] = strconv.AppendFloat(v[2], round(p.Point.Lat(), 1e6), 'f', -1, 64)
	v[3] = appendKnown(v[3], p.Speed, 10)
	v[4] = appendKnown(v[4], p.Heading, 1)
	v[5] = appendKnown(v[5], p.Accuracy, 1)
	v[6] = strconv.AppendInt(v[6], p.Fixed.UnixMilli(), 10)
	v[7] = strconv.AppendInt(v[7], int64(stale/time.Second), 10)
	v[8] = append(v[8], quote(p.Source)...)
}

// join appends another part.
func (c *columns) join(o *columns) {
	if o.n == 0 {
		return
	}
	for i := range c.value {
		if c.n > 0 {
			c.value[i] = append(c.value[i], ',')
		}
		c.value[i] = append(c.value[i], o.value[i]...)
	}
	c.n += o.n
}

// frame is the positions frame of the columns.
func (c *columns) frame(at time.Time, full bool) *frame {
	b := append([]byte(`{"t":"positions","at":`), mustJSON(at.UTC())...)
	b = append(b, `,"full":`...)
	b = strconv.AppendBool(b, full)
	for i, name := range columnNames {
		b = append(append(append(b, `,"`...), name...), `":[`...)
		b = append(append(b, c.value[i]...), ']')
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

// moves is what one audience may see of what moved in one tick, by cell.
type moves struct {
	in map[cell]*columns
	// left holds those that moved out of a cell: who looks at it, but not at
	// where they went, is told once more.
	left []motion
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
	for _, g := range s.groups {
		mv := s.movesFor(g, ms)
		shared := map[cells]*frame{}
		for c := range g.conns {
			r, ok := c.lookingAt()
			if !ok {
				continue
			}
			f, ok := shared[r]
			if !ok {
				f = s.frameOf(mv, r, at)
				shared[r] = f
			}
			if f != nil {
				c.offer(f)
			}
		}
	}
}

func (s *stream) movesFor(g *group, ms []motion) moves {
	mv := moves{in: map[cell]*columns{}}
	for _, m := range ms {
		if !s.seesTeam(g, m.Team) {
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
func (s *stream) frameOf(mv moves, r cells, at time.Time) *frame {
	var all columns
	if r.count() < len(mv.in) {
		for x := r.from.x; x <= r.to.x; x++ {
			for y := r.from.y; y <= r.to.y; y++ {
				if part := mv.in[cell{x, y}]; part != nil {
					all.join(part)
				}
			}
		}
	} else {
		for at, part := range mv.in {
			if r.has(at) {
				all.join(part)
			}
		}
	}
	for _, m := range mv.left {
		if r.has(m.was) && !r.has(cellOf(m.Point)) {
			all.add(m.Position, s.lane.Stale(m.Source))
		}
	}
	if all.n == 0 {
		return nil
	}
	return all.frame(at, false)
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
	return all.frame(s.now(), true)
}

func (c *conn) lookingAt() (cells, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.looks == nil {
		return cells{}, false
	}
	return *c.looks, true
}
