package realtime

import (
	"encoding/binary"
	"strconv"
	"time"

	"github.com/gorilla/websocket"
)

// look is what a console looks at.
type look struct {
	cells
	class uint8 // see classOf
}

// positionsFrame joins records into one binary frame: the length of the head,
// the head, which is JSON, spaces up to a multiple of four bytes, the records.
func positionsFrame(w words, full bool, size int, parts ...[]byte) *frame {
	b := append(room(size+320), 0, 0, 0, 0)
	b = append(b, `{"t":"positions","at":`...)
	b = append(b, mustJSON(w.at.UTC())...)
	b = append(b, `,"full":`...)
	b = strconv.AppendBool(b, full)
	b = append(b, `,"base":`...)
	b = strconv.AppendInt(b, w.base*10, 10)
	b = append(b, `,"source":[`...)
	for i, s := range w.sources {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, s)
	}
	b = append(b, `],"stale":[`...)
	for i, d := range w.stale {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(d/time.Second), 10)
	}
	b = append(b, ']', '}')
	for (len(b)-headerMost)%4 != 0 {
		b = append(b, ' ')
	}
	binary.LittleEndian.PutUint32(b[headerMost:], uint32(len(b)-headerMost-4))
	for _, p := range parts {
		b = append(b, p...)
	}
	b = seal(b)
	b[0] = 0x80 | websocket.BinaryMessage
	return &frame{b}
}

// moves is what moved in one tick, as far as one set of teams and one zoom class
// go, by cell. Audiences that see the same of it share it.
type moves struct {
	words
	in map[cell][]byte
	// left holds those that moved out of a cell: who looks at it, but not at
	// where they went, is told once more.
	left   []*motion
	shared map[cells]*frame // by what is looked at
}

// sendMoved tells every console what moved, since the last tick, of the teams
// it may see, in the cells it looks at.
func (s *stream) sendMoved() {
	if s.lane == nil {
		return
	}
	var w words
	s.motions, w = s.lane.collect(s.realm, s.clock(), s.motions[:0]) // the ticker's own
	ms := s.motions
	if len(ms) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	bySight := map[string]*[classes]*moves{}
	seen := make([]byte, (len(ms)+7)/8)
	for _, g := range s.groups {
		clear(seen)
		for i := range ms {
			if s.seesTeam(g, ms[i].handle, ms[i].team) {
				seen[i/8] |= 1 << (i % 8)
			}
		}
		same := bySight[string(seen)]
		if same == nil {
			same = &[classes]*moves{}
			bySight[string(seen)] = same
		}
		for c := range g.conns {
			at, ok := c.lookingAt()
			if !ok {
				continue
			}
			if same[at.class] == nil {
				same[at.class] = movesOf(ms, w, seen, at.class)
			}
			if f := same[at.class].frame(at.cells); f != nil {
				c.offer(f)
			}
		}
	}
}

// movesOf sorts those that the bits of seen pick and the class hears of by cell.
func movesOf(ms []motion, w words, seen []byte, class uint8) *moves {
	mv := &moves{words: w, in: map[cell][]byte{}, shared: map[cells]*frame{}}
	for i := range ms {
		m := &ms[i]
		if seen[i/8]&(1<<(i%8)) == 0 || m.due&(1<<class) == 0 {
			continue
		}
		mv.in[m.at] = append(mv.in[m.at], m.record[:]...)
		if m.at != m.was {
			mv.left = append(mv.left, m)
		}
	}
	return mv
}

// frame is what moved within the rectangle; nil when nothing did.
func (mv *moves) frame(r cells) *frame {
	if f, ok := mv.shared[r]; ok {
		return f
	}
	var parts [][]byte
	size := 0
	take := func(part []byte) {
		if len(part) > 0 {
			parts = append(parts, part)
			size += len(part)
		}
	}
	if r.count() < len(mv.in) {
		for x := r.from.x; x <= r.to.x; x++ {
			for y := r.from.y; y <= r.to.y; y++ {
				take(mv.in[cell{x, y}])
			}
		}
	} else {
		for at, part := range mv.in {
			if r.has(at) {
				take(part)
			}
		}
	}
	for _, m := range mv.left {
		if r.has(m.was) && !r.has(m.at) {
			take(m.record[:])
		}
	}
	var f *frame
	if size > 0 {
		f = positionsFrame(mv.words, false, size, parts...)
	}
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
	b, w := s.lane.records(s.realm, r.cells, s.clock(), nil, func(h uint32, team string) bool { return s.seesTeam(c.group, h, team) })
	return positionsFrame(w, true, len(b), b)
}

func (c *conn) lookingAt() (look, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.looks == nil {
		return look{}, false
	}
	return *c.looks, true
}

// names returns the frame that tells the numbers of teams that the connection
// has not been told; nil where it knows all. It is the writer's own.
func (c *conn) names() (f *frame) {
	f, c.named = c.group.sees.roll.after(c.named)
	return f
}
