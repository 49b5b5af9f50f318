package dispatch

import (
	"context"
	"reflect"
	"slices"
	"time"

	"liandong/geo"
	"liandong/geo/route"
)

// simulate plans what the simulated teams do that the change is about: the one
// place where a drill's tasks, its fences and its simulation meet. It runs in the same
// transaction, so that a team is never left without its next step.
func (w *work) simulate(ctx context.Context) error {
	if w.drill == nil {
		return nil
	}
	var teams []string
	lines := len(w.change.Reset) > 0 // what may move a line, or make others watch
	for _, p := range w.change.Puts {
		id := ""
		switch r := p.Record.(type) {
		case *Task:
			id = r.Team
		case *Sim:
			id = r.ID
		case *Team:
			id = r.ID
		case *Fence, *Agency:
			lines = true
		}
		if id != "" && !slices.Contains(teams, id) {
			teams = append(teams, id)
		}
	}
	var sims []*Sim
	for _, id := range teams {
		s, err := w.sim(ctx, id)
		if err != nil || s == nil {
			if err != nil {
				return err
			}
			continue
		}
		if err := w.planSim(ctx, s); err != nil {
			return err
		}
		sims = append(sims, s)
	}
	if lines {
		var err error
		if sims, err = foundNow[*Sim](ctx, w, Query{Realm: w.actor.Realm, Kind: KindSim, Limit: -1}); err != nil {
			return err
		}
	}
	return w.planCrossings(ctx, sims)
}

// sim is the simulation of the team, locked; nil where it has none.
func (w *work) sim(ctx context.Context, team string) (*Sim, error) {
	ref := Ref{KindSim, team}
	if p, ok := w.held[ref]; ok {
		return w.change.Puts[p.index].Record.(*Sim), nil
	}
	recs, err := w.tx.Lock(ctx, w.actor.Realm, ref)
	if CodeOf(err) == NotFound {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	return recs[0].(*Sim), nil
}

// planSim plans the team's next step anew where its work moved on.
func (w *work) planSim(ctx context.Context, s *Sim) error {
	if s.Mode == SimOff {
		return nil
	}
	rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindTeam, s.ID}, nil)
	if err != nil {
		return err
	}
	team := w.current(rec).(*Team)
	open, err := w.openTasks(ctx, s.ID)
	if err != nil {
		return err
	}
	for _, p := range w.change.Puts {
		if t, ok := p.Record.(*Task); ok && t.Team == s.ID && t.Open() && !slices.ContainsFunc(open, func(o *Task) bool { return o.ID == t.ID }) {
			open = append(open, t)
		}
	}
	was := *s
	if t := onNow(team, open); t == nil {
		w.planIdle(s, team)
	} else if err := w.planTask(ctx, s, team, t); err != nil {
		return err
	}
	if s.Mode != SimAuto {
		s.Next, s.Due = "", nil
	}
	if !reflect.DeepEqual(&was, s) {
		w.derive(s)
	}
	return nil
}

// onNow is the task that the team works on: the one that binds it, else the
// first that was proposed.
func onNow(team *Team, open []*Task) *Task {
	var first *Task
	for _, t := range open {
		if t.ID == team.Task {
			return t
		}
		if first == nil || t.Created.Before(first.Created) || t.Created.Equal(first.Created) && t.ID < first.ID {
			first = t
		}
	}
	return first
}

// planIdle: a team without a task goes home, and rests there when it worked long.
func (w *work) planIdle(s *Sim, team *Team) {
	if s.Task != "" || s.On != "" {
		w.stopWork(s)
		s.Task, s.On, s.Next, s.Due, s.Reason = "", "", "", nil, ""
		if team.Base.Point != nil && team.Duty != DutyOutOfService {
			w.drive(s, team, *team.Base.Point, 0)
		} else {
			w.halt(s)
		}
	}
	at := w.at
	if s.Leg != nil && s.Leg.Arrives.After(at) {
		at = s.Leg.Arrives
	}
	switch {
	case team.Duty == DutyAvailable && s.Traits.Tire > 0 && s.Worked >= s.Traits.Tire:
		if s.Next != SimRest {
			s.set(SimRest, at.Add(time.Second))
		}
	case team.Duty == DutyBreak && s.Worked > 0:
		if s.Next != SimResume {
			s.set(SimResume, at.Add(s.draw(w.drill.Seed, s.Traits.Rest)))
		}
	case s.Next != "" && s.Next != SimRest && s.Next != SimResume, s.Next == SimRest && team.Duty != DutyAvailable, s.Next == SimResume && team.Duty != DutyBreak:
		s.Next, s.Due = "", nil
	}
}

func (w *work) planTask(ctx context.Context, s *Sim, team *Team, t *Task) error {
	same := s.Task == t.ID && s.On == t.State
	atWork := t.State == TaskOnScene || t.State == TaskAtDestination
	if same && atWork {
		s.plan(team, t, w.at)
	}
	if same && (s.Mode != SimAuto || s.Due != nil || s.Next != "" || atWork) {
		return nil
	}
	if team.Duty == DutyOutOfService {
		w.halt(s) // broken down: it waits for a hand
		s.Task, s.On, s.Next, s.Due = t.ID, t.State, "", nil
		return nil
	}
	again := same // taken by hand and given back, or mended: what it was at goes on
	if s.Task != t.ID || !atWork {
		w.stopWork(s)
	}
	s.Task, s.On, s.Next, s.Due, s.Reason = t.ID, t.State, "", nil, ""
	soon := func(step SimStep, d Spread) { s.set(step, w.at.Add(s.draw(w.drill.Seed, d))) }
	switch t.State {
	case TaskProposed:
		if played, err := w.played(ctx, t.Agency); err != nil || played {
			return err
		}
		soon(SimAccept, s.Traits.Acknowledge)
	case TaskAssigned:
		step := SimAcknowledge
		if !again && s.chance(w.drill.Seed, s.Traits.Refuse) {
			step = SimRefuse
		}
		soon(step, s.Traits.Acknowledge)
	case TaskAcknowledged:
		if t.Next != TaskOnScene {
			soon(SimTurnOut, s.Traits.Turnout)
			break
		}
		return w.driveTo(ctx, s, team, t, s.draw(w.drill.Seed, s.Traits.Turnout), again) // on standby there is no word of the departure
	case TaskEnRoute, TaskToDestination:
		if t.Next == TaskReturning { // a return leads nowhere but home
			soon(SimArrive, s.Traits.Acknowledge)
			break
		}
		return w.driveTo(ctx, s, team, t, 0, again)
	case TaskStaging:
		w.halt(s) // it waits to be called
	case TaskOnScene, TaskAtDestination:
		to, err := w.goal(ctx, t)
		if err != nil {
			return err
		}
		if to != nil {
			p := *to
			s.At, s.Leg = &p, nil
		}
		w.halt(s)
		began, report, until := w.at, w.at.Add(s.draw(w.drill.Seed, s.Traits.Report)), w.at.Add(s.draw(w.drill.Seed, s.Traits.Work))
		s.Began, s.Report, s.Until = &began, &report, &until
		if left := s.Traits.Tire - s.Worked; s.Traits.Tire > 0 && left > 0 {
			tired := w.at.Add(seconds(left))
			s.Tired = &tired
		}
		s.plan(team, t, w.at)
	case TaskReturning:
		if team.Base.Point == nil {
			soon(SimHome, s.Traits.Travel)
			break
		}
		if !again || s.Leg == nil || s.Leg.To != *team.Base.Point {
			w.drive(s, team, *team.Base.Point, 0)
		}
		s.arrive(SimHome, w.at)
	}
	return nil
}

// played tells whether somebody in the drill is a desk of the agency.
func (w *work) played(ctx context.Context, agency string) (bool, error) {
	parts, err := w.parts(ctx)
	return slices.ContainsFunc(parts, func(p *Part) bool {
		return p.Agency == agency && (p.Role == RoleDispatcher || p.Role == RoleChief)
	}), err
}

// goal is where the task leads; nil where nobody told.
func (w *work) goal(ctx context.Context, t *Task) (*geo.Point, error) {
	if t.Destination != nil && (t.State == TaskToDestination || t.State == TaskAtDestination) {
		return t.Destination.Point, nil
	}
	rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindIncident, t.Incident}, nil)
	if err != nil {
		return nil, err
	}
	return w.current(rec).(*Incident).Place.Point, nil
}

// driveTo sends the team on its way to where the task leads.
func (w *work) driveTo(ctx context.Context, s *Sim, team *Team, t *Task, wait time.Duration, again bool) error {
	to, err := w.goal(ctx, t)
	if err != nil {
		return err
	}
	if to == nil {
		s.set(SimArrive, w.at.Add(wait+s.draw(w.drill.Seed, s.Traits.Travel)))
		return nil
	}
	if !again || s.Leg == nil || s.Leg.To != *to {
		w.drive(s, team, *to, wait)
	}
	if s.Leg == nil { // nobody knows from where
		s.set(SimArrive, w.at.Add(wait+s.draw(w.drill.Seed, s.Traits.Travel)))
		return nil
	}
	if !again && t.State == TaskEnRoute && s.chance(w.drill.Seed, s.Traits.Break) {
		share := 0.1 + 0.8*s.dice(w.drill.Seed).Float64()
		s.set(SimBreakDown, s.Leg.Departed.Add(time.Duration(share*s.Leg.Arrives.Sub(s.Leg.Departed).Seconds())*time.Second).Add(time.Second))
		return nil
	}
	s.arrive(SimArrive, w.at)
	return nil
}

// drive puts the team on a leg from where it is, or from its base.
func (w *work) drive(s *Sim, team *Team, to geo.Point, wait time.Duration) {
	w.halt(s)
	from := s.At
	if from == nil {
		from = team.Base.Point
	}
	if from == nil || w.svc.cfg.Router == nil {
		s.Leg = nil
		return
	}
	mode := route.Urgent
	if team.Type == TeamPower || team.Type == TeamOther {
		mode = route.Drive
	}
	e := w.svc.cfg.Router.Travel(*from, to, mode)
	span := e.Duration.Seconds()
	if team.Speed > 0 {
		span = e.Metres / (float64(team.Speed) / 3.6)
	}
	departed := w.at.Add(wait)
	s.Leg = &Leg{From: *from, To: to, Departed: departed, Arrives: departed.Add(seconds(max(1, int(span*100/float64(s.Traits.Speed)+0.5))))}
}

// halt makes the team stand where it is.
func (w *work) halt(s *Sim) {
	if s.Leg == nil {
		return
	}
	p, _, _ := s.Where(w.at)
	s.At, s.Leg = &p, nil
}

// stopWork counts the work that is over.
func (w *work) stopWork(s *Sim) {
	if s.Began != nil {
		s.Worked += int(w.at.Sub(*s.Began).Seconds())
	}
	s.Began, s.Until, s.Report, s.Tired = nil, nil, nil, nil
}

// set plans a step.
func (s *Sim) set(step SimStep, due time.Time) { s.Next, s.Due = step, &due }

// arrive plans a step at the end of the leg, or a second from now where it is over.
func (s *Sim) arrive(step SimStep, at time.Time) {
	due := at.Add(time.Second)
	if s.Leg != nil && s.Leg.Arrives.After(due) {
		due = s.Leg.Arrives
	}
	s.set(step, due)
}

// plan is the next of what a crew does at the scene: it reports, answers the
// safety check-in before it is missed, tires and leaves.
func (s *Sim) plan(team *Team, t *Task, now time.Time) {
	s.Next, s.Due = "", nil
	next := func(step SimStep, at *time.Time) {
		if at == nil {
			return
		}
		due := *at
		if !due.After(now) {
			due = now.Add(time.Second)
		}
		if s.Due == nil || due.Before(*s.Due) {
			s.set(step, due)
		}
	}
	if t.CheckDue != nil {
		before := t.CheckDue.Add(-checkBefore)
		next(SimCheckin, &before)
	}
	next(SimReport, s.Report)
	next(SimTire, s.Tired)
	if team.Distress == nil {
		next(SimLeave, s.Until)
	}
}

// checkBefore is how long before it is missed a crew answers the safety check-in;
// judgement.
const checkBefore = 30 * time.Second
