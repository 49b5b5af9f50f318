package fence

import (
	"slices"
	"time"

	"github.com/tidwall/rtree"

	"liandong/geo"
)

// What a fix must show to prove a side; see the package's doc.
const (
	leastMargin   = 10.0 // metres
	mostMargin    = 50.0
	unknownMargin = 20.0
	settle        = 30 * time.Second
)

// Fix is where a team was seen.
type Fix struct {
	Point    geo.Point // WGS-84, longitude first
	Accuracy float64   // metres; negative: unknown
	Micros   int64     // when, microseconds since 1970
}

func (f Fix) margin() float64 {
	if f.Accuracy < 0 {
		return unknownMargin
	}
	return min(max(f.Accuracy, leastMargin), mostMargin)
}

// Field is the lines of one realm and which teams are inside of them. The zero
// Field is ready for use. It is not safe for concurrent use: whoever owns it
// holds the lock.
type Field struct {
	lines map[string]*line
	tree  rtree.RTreeG[*line]
	// near holds, by team, the lines that it is inside of or about to cross. Most
	// teams are near none and have no entry.
	near map[string][]side
}

type line struct {
	id    string
	shape Shape
}

// side is where a team is as to one line.
type side struct {
	line   *line
	inside bool
	since  int64 // its fixes lie on the other side since then, near the line; 0: they do not
}

// Put draws the line of that id, or moves it. Teams keep the side on which they
// are known to be until their next fix.
func (f *Field) Put(id string, s Shape) {
	if f.lines == nil {
		f.lines, f.near = map[string]*line{}, map[string][]side{}
	}
	l := f.lines[id]
	if l == nil {
		l = &line{id: id}
		f.lines[id] = l
	} else {
		f.remove(l)
	}
	l.shape = s
	b := s.Bound()
	f.tree.Insert([2]float64{b[0], b[1]}, [2]float64{b[2], b[3]}, l)
}

func (f *Field) remove(l *line) {
	b := l.shape.Bound()
	f.tree.Delete([2]float64{b[0], b[1]}, [2]float64{b[2], b[3]}, l)
}

// Drop takes the line away, and with it who is inside.
func (f *Field) Drop(id string) {
	l := f.lines[id]
	if l == nil {
		return
	}
	f.remove(l)
	delete(f.lines, id)
	for team, sides := range f.near {
		f.keep(team, slices.DeleteFunc(sides, func(s side) bool { return s.line == l }))
	}
}

// Bound is the box around the line; false where there is no such line.
func (f *Field) Bound(id string) (geo.Bound, bool) {
	if l := f.lines[id]; l != nil {
		return l.shape.Bound(), true
	}
	return geo.Empty, false
}

// Len is the number of lines.
func (f *Field) Len() int { return len(f.lines) }

// Set says on which side of the line the team is known to be.
func (f *Field) Set(id, team string, inside bool) {
	l := f.lines[id]
	if l == nil {
		return
	}
	sides := f.near[team]
	i := slices.IndexFunc(sides, func(s side) bool { return s.line == l })
	switch {
	case i >= 0 && inside:
		sides[i] = side{line: l, inside: true}
	case i >= 0:
		f.keep(team, slices.Delete(sides, i, i+1))
	case inside:
		f.near[team] = append(sides, side{line: l, inside: true})
	}
}

// Inside tells on which side of the line the team is known to be.
func (f *Field) Inside(id, team string) bool {
	for _, s := range f.near[team] {
		if s.line.id == id {
			return s.inside
		}
	}
	return false
}

// Forget makes the team unknown to all lines but those that keep accepts.
func (f *Field) Forget(team string, keep func(id string) bool) {
	f.keep(team, slices.DeleteFunc(f.near[team], func(s side) bool { return !keep(s.line.id) }))
}

func (f *Field) keep(team string, sides []side) {
	if len(sides) == 0 {
		delete(f.near, team)
		return
	}
	f.near[team] = sides
}

// Move takes a fix of the team and calls cross with every line that it is on
// the other side of now.
func (f *Field) Move(team string, fix Fix, cross func(id string, inside bool)) {
	if len(f.lines) == 0 {
		return
	}
	sides, known := f.near[team]
	n := 0
	for _, s := range sides {
		if s.move(fix) {
			cross(s.line.id, s.inside)
		}
		if s.inside || s.since != 0 {
			sides[n] = s
			n++
		}
	}
	was := len(sides)
	sides = sides[:n]
	p := [2]float64{fix.Point[0], fix.Point[1]}
	f.tree.Search(p, p, func(_, _ [2]float64, l *line) bool {
		if n > 0 && slices.ContainsFunc(sides[:n], func(s side) bool { return s.line == l }) {
			return true // it was looked at above
		}
		s := side{line: l}
		if s.move(fix) {
			cross(l.id, true)
		}
		if s.inside || s.since != 0 {
			sides = append(sides, s)
		}
		return true
	})
	if len(sides) > 0 || known && was > 0 {
		f.keep(team, sides)
	}
}

// move takes the fix and tells whether the team is on the other side now.
func (s *side) move(fix Fix) bool {
	if s.line.shape.Covers(fix.Point) == s.inside {
		s.since = 0
		return false
	}
	if s.since == 0 {
		s.since = max(fix.Micros, 1)
	}
	if time.Duration(fix.Micros-s.since)*time.Microsecond < settle && s.line.shape.EdgeWithin(fix.Point, fix.margin()) {
		return false
	}
	s.inside, s.since = !s.inside, 0
	return true
}
