package replay

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"liandong/dispatch"
	"liandong/geo"
)

// verb is what a step does.
type verb int

const (
	take   verb = iota // the call is taken down
	open               // the incident is opened from it
	assign             // a unit is sent
	move               // the unit's task moves on
	end                // the unit's task ends
	finish             // the incident ends
	locate             // the unit tells where it is: no command
)

// step is one thing that somebody did at one moment of the log.
type step struct {
	at    time.Time
	call  *Call
	row   *Row // nil for the call's own steps
	do    verb
	to    dispatch.TaskState // move, end: the state it leads to
	point geo.Point          // locate

	waits int     // steps that must be done first
	next  []*step // steps that wait for this one
	done  bool
}

func (s *step) then(n *step) {
	s.next = append(s.next, n)
	n.waits++
}

// plan is a judged log: every step that can be done, in time order, and every
// row and call that no legal path leads through.
type plan struct {
	log     *Log
	calls   []*Call
	rows    []*Row
	steps   []*step
	units   []*crewed
	refused []Refusal
}

// crewed is a unit of the log.
type crewed struct {
	id      string
	kind    string
	private bool
	off     bool // not on duty
	base    *geo.Point
}

// newPlan judges the log and lays out the steps. Order is kept where it
// matters: within a unit everything in the order of time, a call's tasks after
// its opening, its end after the end of all its tasks.
func newPlan(l *Log) *plan {
	p := &plan{log: l, refused: slices.Clone(l.Refused)}
	byUnit := map[string][]*step{}
	for _, c := range l.Calls {
		p.call(c, byUnit)
	}
	names := make([]string, 0, len(byUnit))
	for name := range byUnit {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		p.unit(name, byUnit[name])
	}
	slices.SortStableFunc(p.steps, func(a, b *step) int { return a.at.Compare(b.at) })
	return p
}

func (p *plan) call(c *Call, byUnit map[string][]*step) {
	if reason := c.fault(); reason != "" {
		p.refused = append(p.refused, Refusal{"call", c.Number, reason})
		for _, r := range c.Rows {
			p.refused = append(p.refused, Refusal{"row", r.ID, "its call cannot be loaded: " + reason})
		}
		return
	}
	var rows []*Row
	reached := false
	last := c.Entry
	for _, r := range c.Rows {
		if reason := r.fault(c); reason != "" {
			p.refused = append(p.refused, Refusal{"row", r.ID, reason})
			continue
		}
		rows = append(rows, r)
		reached = reached || !r.OnScene.IsZero()
		if r.Available.After(last) {
			last = r.Available
		}
	}
	first := p.add(&step{at: c.Received, call: c, do: take})
	opened := p.add(&step{at: c.Entry, call: c, do: open})
	closed := p.add(&step{at: last, call: c, do: finish})
	first.then(opened)
	opened.then(closed)
	for _, r := range rows {
		steps := r.steps(c, reached)
		opened.then(steps[0])
		steps[len(steps)-1].then(closed)
		for _, s := range steps {
			p.add(s)
		}
		byUnit[r.Unit] = append(byUnit[r.Unit], steps...)
	}
	p.calls, p.rows = append(p.calls, c), append(p.rows, rows...)
}

func (p *plan) add(s *step) *step {
	p.steps = append(p.steps, s)
	return s
}

// fault says why the call cannot be loaded at all; "" when it can.
func (c *Call) fault() string {
	switch {
	case c.Received.IsZero() || c.Entry.IsZero():
		return "it has no time of receipt or of entry"
	case c.Entry.Before(c.Received):
		return "falling times: entered before it was received"
	}
	return ""
}

// milestones lists the states of the row's task with their times, the end last.
func (r *Row) milestones(reached bool) []milestone {
	all := []milestone{{dispatch.TaskAssigned, r.Dispatch, "dispatched"}, {dispatch.TaskEnRoute, r.Response, "en route"},
		{dispatch.TaskOnScene, r.OnScene, "on scene"}, {dispatch.TaskToDestination, r.Transport, "transporting"},
		{dispatch.TaskAtDestination, r.Hospital, "at hospital"}, {r.Ending(reached), r.Available, "available"}}
	return slices.DeleteFunc(all, func(m milestone) bool { return m.at.IsZero() })
}

type milestone struct {
	state dispatch.TaskState
	at    time.Time
	name  string
}

// fault says why no legal path leads through the row; "" when one does. The
// moves are asked of the domain's own table.
func (r *Row) fault(c *Call) string {
	switch {
	case r.Dispatch.IsZero():
		return "no start: it has no time of dispatch"
	case r.Available.IsZero():
		return "no end: it has no time of becoming available"
	case r.Dispatch.Before(c.Entry):
		return "falling times: dispatched before the call was entered"
	}
	steps := r.milestones(false)
	for i, m := range steps[1:] {
		if m.at.Before(steps[i].at) {
			return fmt.Sprintf("falling times: %s %s before %s", m.name, steps[i].at.Sub(m.at), steps[i].name)
		}
	}
	t := &dispatch.Task{Type: dispatch.TaskRescue, State: dispatch.TaskAssigned}
	for _, m := range steps[1:] {
		if m.state == dispatch.TaskToDestination {
			t.Destination = &dispatch.Place{} // told with the move
		}
		if !slices.Contains(dispatch.TaskMoves(t), m.state) {
			return fmt.Sprintf("no legal path: from %s to %s", t.State, m.state)
		}
		t.State = m.state
	}
	return ""
}

// steps of a row that has no fault.
func (r *Row) steps(c *Call, reached bool) []*step {
	marks := r.milestones(reached)
	out := make([]*step, len(marks))
	for i, m := range marks {
		out[i] = &step{at: m.at, call: c, row: r, do: move, to: m.state}
	}
	out[0].do, out[len(out)-1].do = assign, end
	return out
}

// unit chains the steps of a unit in the order of time: what ends at the same
// second as something else begins, ends first. A unit that the log has in two
// places keeps both claims in order, and the server's ledger refuses the second.
func (p *plan) unit(name string, steps []*step) {
	slices.SortStableFunc(steps, func(a, b *step) int {
		return cmp.Or(a.at.Compare(b.at), a.row.Dispatch.Compare(b.row.Dispatch), a.row.Available.Compare(b.row.Available), cmp.Compare(a.row.ID, b.row.ID))
	})
	u := &crewed{id: name, kind: steps[0].row.UnitType, private: steps[0].row.Private, base: p.base(name, steps)}
	p.units = append(p.units, u)
	for i, s := range steps[1:] {
		steps[i].then(s)
	}
	p.positions(u, steps)
}

var trailing = regexp.MustCompile(`^[A-Z]+0*(\d+)$`)

// base estimates where a unit is stationed: the log does not tell. A unit with
// a station's number stands amid the calls of that station's area, any other
// amid its own.
func (p *plan) base(name string, steps []*step) *geo.Point {
	area := ""
	if m := trailing.FindStringSubmatch(name); m != nil {
		area = m[1]
	}
	if c := center(p.log.Calls, func(c *Call) bool {
		n, err := strconv.Atoi(c.StationArea)
		return err == nil && strconv.Itoa(n) == area
	}); c != nil {
		return c
	}
	own := map[*Call]bool{}
	for _, s := range steps {
		own[s.call] = true
	}
	return center(p.log.Calls, func(c *Call) bool { return own[c] })
}

func center(calls []*Call, in func(*Call) bool) *geo.Point {
	var lon, lat, n float64
	for _, c := range calls {
		if c.Point != nil && in(c) {
			lon, lat, n = lon+c.Point.Lon(), lat+c.Point.Lat(), n+1
		}
	}
	if n == 0 {
		return nil
	}
	at := geo.At(lon/n, lat/n)
	return &at
}

// homeAfter is how long after its last call a unit counts as back at its base;
// judgement, half the median time at a scene and the way home.
const homeAfter = 20 * time.Minute

// positions lays out where the unit was: setting out from its base, or from
// its last scene when that is not long ago, and at the scene. The log knows no
// more.
func (p *plan) positions(u *crewed, steps []*step) {
	at := u.base
	var left time.Time
	var before *step
	tell := func(s *step, where *geo.Point) {
		if where == nil {
			return
		}
		n := p.add(&step{at: s.at, call: s.call, row: s.row, do: locate, point: *where})
		if before != nil {
			before.then(n)
		}
		before = n
	}
	for _, s := range steps {
		switch {
		case s.do == end:
			left = s.at
		case s.to == dispatch.TaskEnRoute:
			if s.at.Sub(left) > homeAfter {
				at = u.base
			}
			tell(s, at)
		case s.to == dispatch.TaskOnScene:
			at = s.call.Point
			tell(s, at)
		}
	}
}
