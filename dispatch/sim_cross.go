package dispatch

import (
	"context"
	"math"
	"slices"
	"time"

	"liandong/geo"
)

// A simulated team has no receiver. When it crosses the line of a fence follows from
// its leg and from the line, and falls due on the drill's clock like its other steps:
// who looks at the drill, and how often, decides nothing.

// line is what a fence's line bounds.
type line interface {
	Covers(p geo.Point) bool
	Along(a, b geo.Point) []geo.Span
}

// spell is a part of a leg inside of a line: its first and its last whole second
// since the departure.
type spell struct{ first, last int }

// inside are the parts of the leg on which the team is inside of the line. Its side
// is told by whole seconds: one that only grazes a line between two of them does
// not cross it.
func (l *Leg) inside(of line) []spell {
	span := l.Arrives.Sub(l.Departed).Seconds()
	var out []spell
	for _, s := range of.Along(l.From, l.To) {
		first, last := int(math.Ceil(s.From*span)), int(math.Floor(s.To*span))
		switch n := len(out); {
		case first > last:
		case n > 0 && first <= out[n-1].last+1:
			out[n-1].last = last
		default:
			out = append(out, spell{first, last})
		}
	}
	return out
}

// side tells whether the team, whose place is known, is inside of the line at the
// moment, and when after it its leg takes it to the other side; nil: it does not.
func (s *Sim) side(of line, at time.Time) (inside bool, next *time.Time) {
	l := s.Leg
	if l == nil {
		return of.Covers(*s.At), nil
	}
	end := int(l.Arrives.Sub(l.Departed) / time.Second)
	now := min(max(int(at.Sub(l.Departed)/time.Second), 0), end)
	when := func(second int) *time.Time {
		t := l.Departed.Add(seconds(second))
		return &t
	}
	for _, p := range l.inside(of) {
		switch {
		case now < p.first:
			return false, when(p.first)
		case now <= p.last && p.last < end:
			return true, when(p.last + 1)
		case now <= p.last:
			return true, nil
		}
	}
	return false, nil
}

// instant is the least by which two moments differ.
const instant = time.Microsecond

// planCrossings plans when the simulated teams next cross a line. One that is on the
// other side already, because the line was moved or the team was, is looked at an
// instant later. What comes at or after the team's next step is left to that step,
// with which it is planned anew.
func (w *work) planCrossings(ctx context.Context, sims []*Sim) error {
	soon := w.at.Add(instant)
	if w.change.Kind == "fence.cross" {
		soon = w.at.Add(time.Second) // what was not booked is not asked at every instant
	}
	g, err := w.grounds(ctx, sims)
	if err != nil {
		return err
	}
	for _, s := range sims {
		sides, err := w.simSides(ctx, g, s)
		if err != nil {
			return err
		}
		var next *time.Time
		for _, at := range sides {
			if at.inside != at.booked {
				at.turns = &soon
			}
			next = earliest(next, at.turns)
		}
		if next != nil && s.Due != nil && !next.Before(*s.Due) {
			next = nil
		}
		if (next == nil) == (s.Cross == nil) && (next == nil || next.Equal(*s.Cross)) {
			continue
		}
		s.Cross = next
		w.derive(s)
	}
	return nil
}

// crossSim books the crossings of a simulated team that are due. Who is looked at
// because the line was drawn was there when it was, and did not cross it.
func (w *work) crossSim(ctx context.Context, s *Sim) error {
	due := *s.Cross
	s.Cross = nil
	w.derive(s)
	g, err := w.grounds(ctx, []*Sim{s})
	if err != nil {
		return err
	}
	sides, err := w.simSides(ctx, g, s)
	if err != nil {
		return err
	}
	var in FenceCross
	p, _, _ := s.Where(w.at)
	for _, at := range sides {
		if at.inside == at.booked {
			continue
		}
		c := Crossing{Fence: at.fence.ID, Team: s.ID, Inside: at.inside, Point: p, Fixed: w.at}
		if !due.After(at.fence.Drawn.Add(instant)) {
			c.Fixed = at.fence.Drawn
		}
		in.Crossings = append(in.Crossings, c)
	}
	if len(in.Crossings) == 0 {
		return nil // the fence does not watch it any more
	}
	in.Crossings = in.Crossings[:min(len(in.Crossings), mostCrossings)]
	return as(ctx, w, System(w.actor.Realm), "fence.cross", &in)
}

// side is where a simulated team is as to a fence.
type side struct {
	fence  *Fence
	inside bool
	booked bool       // it is known to be inside
	turns  *time.Time // when it goes to the other side; nil: not on this leg
}

// simSides are where the team is as to the fences that watch it, and to those in which it
// is known to be.
func (w *work) simSides(ctx context.Context, g *grounds, s *Sim) ([]side, error) {
	team := g.teams[s.ID]
	if s.Mode == SimOff || s.Leg == nil && s.At == nil || team == nil {
		return nil, nil
	}
	var out []side
	for _, f := range g.fences {
		booked := g.stays[stayOf{f.ID, s.ID}]
		if !booked && !f.Watches(g.jurisdictions[f.Scope.Agency], w.at, team.ID, team.Scope) {
			continue
		}
		of, ok := g.lines[f.ID]
		if !ok {
			var err error
			if of, err = w.line(ctx, f); err != nil {
				return nil, err
			}
			g.lines[f.ID] = of
		}
		if of != nil {
			inside, turns := s.side(of, w.at)
			out = append(out, side{f, inside, booked, turns})
		}
	}
	return out, nil
}

// line is what the fence's line bounds; nil where its division has no border any more.
func (w *work) line(ctx context.Context, f *Fence) (line, error) {
	switch f.Type {
	case FenceRing:
		return geo.Around(*f.Center, float64(f.Radius)), nil
	case FencePerimeter:
		return geo.Prepare(geo.MultiPolygon{f.Shape}), nil
	}
	shape, err := w.tx.Shape(ctx, w.actor.Realm, f.Division)
	if CodeOf(err) == NotFound {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	return geo.Prepare(shape), nil
}

// grounds are the fences of a realm, and what tells which of them watch a simulated
// team and in which it is known to be.
type grounds struct {
	fences        []*Fence          // that stand, by id
	lines         map[string]line   // those asked about, by fence
	jurisdictions map[string]string // by agency
	teams         map[string]*Team
	stays         map[stayOf]bool // that last
}

// grounds reads them for the teams, as the change under way leaves them.
func (w *work) grounds(ctx context.Context, sims []*Sim) (*grounds, error) {
	g := &grounds{lines: map[string]line{}, jurisdictions: map[string]string{}, teams: map[string]*Team{}, stays: map[stayOf]bool{}}
	if len(sims) == 0 {
		return g, nil
	}
	realm := w.actor.Realm
	fences, err := foundNow[*Fence](ctx, w, Query{Realm: realm, Kind: KindFence, States: []string{string(FenceActive)}, Limit: -1})
	if err != nil {
		return nil, err
	}
	g.fences = slices.DeleteFunc(fences, func(f *Fence) bool { return f.State != FenceActive })
	if len(g.fences) == 0 {
		return g, nil
	}
	slices.SortFunc(g.fences, func(a, b *Fence) int { return compare(a.ID, b.ID) })
	var agencies, teams []string
	for _, f := range g.fences {
		agencies = append(agencies, f.Scope.Agency)
	}
	for _, s := range sims {
		teams = append(teams, s.ID)
	}
	owners, err := foundNow[*Agency](ctx, w, Query{Realm: realm, Kind: KindAgency, IDs: agencies, Archived: true, Limit: -1})
	if err != nil {
		return nil, err
	}
	for _, a := range owners {
		g.jurisdictions[a.ID] = a.Jurisdiction
	}
	all, err := foundNow[*Team](ctx, w, Query{Realm: realm, Kind: KindTeam, IDs: teams, Archived: true, Limit: -1})
	if err != nil {
		return nil, err
	}
	for _, t := range all {
		g.teams[t.ID] = t
	}
	q := Query{Realm: realm, Kind: KindStay, States: []string{string(StayInside)}, Limit: -1}
	if len(teams) == 1 {
		q.Team = teams[0]
	}
	stays, err := foundNow[*Stay](ctx, w, q)
	for _, s := range stays {
		if s.State == StayInside {
			g.stays[stayOf{s.Fence, s.Team}] = true
		}
	}
	return g, err
}

// foundNow are the records that the query finds, as the change under way leaves them,
// and those of the kind that it makes.
func foundNow[R Record](ctx context.Context, w *work, q Query) ([]R, error) {
	recs, err := w.tx.Find(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []R
	for _, r := range recs {
		out = append(out, w.current(r).(R))
	}
	for _, p := range w.change.Puts {
		if r, ok := p.Record.(R); ok && p.Before == nil {
			out = append(out, r)
		}
	}
	return out, nil
}
