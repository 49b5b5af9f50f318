package dispatch

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// How the script is played. An inject is looked at when its Due comes, and when a
// player's command or another inject may have made its condition hold, in the
// transaction of that change: nothing is polled, and the same decisions make the
// same journal.

// look sets when the server has to look at the inject by itself.
func (i *Inject) look(begins, now time.Time) {
	i.Due = nil
	soonest := func(at time.Time) {
		if at.After(now) {
			i.Due = earliest(i.Due, &at)
		}
	}
	t := i.Trigger
	switch {
	case i.State == InjectReleased:
		i.Due = i.answerBy()
	case i.State != InjectWaiting || t.Type == TriggerManual:
	case t.Type == TriggerTimed:
		at := begins.Add(seconds(t.Offset))
		i.Due = &at
	case i.Met != nil:
		at := i.Met.Add(seconds(t.Delay))
		i.Due = &at
	default:
		soonest(begins.Add(seconds(t.Offset)))
		for _, c := range t.When.Clauses {
			if c.Not {
				soonest(begins.Add(seconds(c.Within)))
			}
		}
		if t.Until > 0 {
			soonest(begins.Add(seconds(t.Until)))
		}
	}
}

// pending tells that the inject's action has still to be given.
func (i *Inject) pending() bool {
	return i.Action != nil && i.Action.Done == nil && !i.released().IsZero()
}

// released is when the inject was given, the zero time where it was not.
func (i *Inject) released() time.Time { return i.Stamps[InjectReleased].At }

// answerBy is when the first expected action that a command would show is late; at
// once where the inject's own action has still to be given.
func (i *Inject) answerBy() *time.Time {
	from := i.released()
	if i.pending() {
		return &from
	}
	var first *time.Time
	for _, e := range i.Expected {
		if e.Command != "" && e.Done == nil && e.Within > 0 {
			at := from.Add(seconds(e.Within))
			first = earliest(first, &at)
		}
	}
	return first
}

// holds tells whether the condition holds at the moment.
func (i *Inject) holds(all map[string]*Inject, begins, now time.Time) bool {
	when := i.Trigger.When
	isTrue := func(c Clause) bool {
		switch {
		case c.Inject != "":
			o := all[c.Inject]
			if o == nil {
				return false
			}
			_, reached := o.Stamps[c.State]
			return reached
		case c.Not:
			by := begins.Add(seconds(c.Within))
			return !now.Before(by) && (c.Given == nil || !c.Given.Before(by))
		}
		return c.Given != nil
	}
	if when.Any {
		return slices.ContainsFunc(when.Clauses, isTrue)
	}
	return !slices.ContainsFunc(when.Clauses, func(c Clause) bool { return !isTrue(c) })
}

// hears notes a player's command where the inject waits for it; false where it
// does not.
func (i *Inject) hears(command, agency string, s Stamp) bool {
	heard := false
	if i.State == InjectWaiting && i.Trigger.When != nil {
		for k := range i.Trigger.When.Clauses {
			c := &i.Trigger.When.Clauses[k]
			if c.Command == command && c.Given == nil && (c.Agency == "" || c.Agency == agency) {
				c.Given, heard = &s.At, true
			}
		}
	}
	if !i.released().IsZero() {
		for k := range i.Expected {
			e := &i.Expected[k]
			if e.Command == command && e.Done == nil && (e.Agency == "" || e.Agency == agency) {
				e.Done, heard = &s, true
			}
		}
	}
	return heard
}

// answered tells that all that was expected has been done.
func (i *Inject) answered() bool {
	return len(i.Expected) > 0 && !slices.ContainsFunc(i.Expected, func(e Expected) bool { return e.Done == nil })
}

// react plays the script on after a command in a running drill: what a player did
// is noted where it was waited for, and each inject whose condition has come to
// hold falls due.
func (w *work) react(ctx context.Context) error {
	if w.drill == nil {
		return nil
	}
	// What is moved while the clock stands comes of its start; what a jump goes over
	// comes at its moment.
	if state := w.current(w.drill).(*Drill).State; state != DrillRunning && !(w.fell && state == DrillPaused) {
		return nil
	}
	played := w.actor.plays() && w.cmd.played()
	if !played && !slices.ContainsFunc(w.change.Puts, func(p Put) bool { return oneOf(p.Record.head().Kind, []Kind{KindDrill, KindInject}) }) {
		return nil
	}
	all, err := w.injects(ctx)
	if err != nil {
		return err
	}
	if played {
		for _, i := range all {
			if i.hears(w.cmd.Name, w.actor.Agency, w.stamp()) {
				w.settleInject(i)
				w.derive(i)
			}
		}
	}
	return w.cascade(ctx, all)
}

// settleInject brings state and due moment in line with what is known of the inject.
func (w *work) settleInject(i *Inject) {
	if i.State == InjectReleased && i.answered() && !i.pending() {
		i.State = InjectActed
		i.Stamps[InjectActed] = w.stamp()
	}
	i.look(w.drill.Begins, w.at)
}

// cascade lets fall due what holds now, until nothing more comes of it. An inject
// only ever moves on, so this ends.
func (w *work) cascade(ctx context.Context, all []*Inject) error {
	byID := make(map[string]*Inject, len(all))
	for _, i := range all {
		byID[i.ID] = i
	}
	for moved := true; moved; {
		moved = false
		for _, i := range all {
			if i.State != InjectWaiting || i.Trigger.Type != TriggerCondition || i.Met != nil || w.at.Before(w.drill.Begins.Add(seconds(i.Trigger.Offset))) || !i.holds(byID, w.drill.Begins, w.at) {
				continue
			}
			moved = true
			at := w.at
			i.Met = &at
			if i.Trigger.Delay > 0 {
				i.look(w.drill.Begins, w.at)
				w.derive(i)
			} else if err := w.fallDue(ctx, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// fallDue releases what the system gives by itself; the rest a controller gives.
func (w *work) fallDue(ctx context.Context, i *Inject) error {
	if i.Method == InjectSystem || i.Action != nil {
		return w.release(ctx, i)
	}
	if err := i.reach(InjectDue, w.stamp()); err != nil {
		return err
	}
	i.Due = nil
	w.derive(i)
	return nil
}

// release gives the inject: what the system pushes appears on the players' screens,
// and its action is given right after, as a command of its own.
func (w *work) release(ctx context.Context, i *Inject) error {
	if err := i.reach(InjectReleased, w.stamp()); err != nil {
		return err
	}
	i.Reason = ""
	i.look(w.drill.Begins, w.at)
	w.derive(i)
	if i.Method != InjectSystem {
		return nil
	}
	return w.tell(ctx, i)
}

// tell shows a system inject to the players whom it is for: one alarm for the desks
// of each agency, and one for each leader, so that each acknowledges its own and
// takes it from nobody else's screen.
func (w *work) tell(ctx context.Context, i *Inject) error {
	parts, err := w.parts(ctx)
	if err != nil {
		return err
	}
	var desks, teams []string
	for _, p := range parts {
		switch {
		case (Audience{Realm: w.actor.Realm, Role: p.Role}).runs(), len(i.Parts) > 0 && !slices.Contains(i.Parts, p.ID):
		case p.Role == RoleLeader:
			teams = append(teams, p.Team)
		case !slices.Contains(desks, p.Agency):
			desks = append(desks, p.Agency)
		}
	}
	slices.Sort(desks)
	slices.Sort(teams)
	// It is over as soon as it is told: once acknowledged it leaves the board.
	s := Stamp{At: w.at}
	tell := func(team string, scope Scope) error {
		return w.create(KindAlarm, "", scope, &Alarm{Type: AlarmInject, Tier: 2, Text: i.Text, From: i.From, Team: team, Raised: s, Ended: &s})
	}
	for _, agency := range desks {
		if err := tell("", Scope{Agency: agency}); err != nil {
			return err
		}
	}
	for _, team := range teams {
		if err := tell(team, Scope{}.withTeam(team)); err != nil {
			return err
		}
	}
	return nil
}

// fireInject looks at an inject whose moment has come. refused is what its action
// was refused with.
func (w *work) fireInject(ctx context.Context, id, refused string) error {
	i, err := lockOne[*Inject](ctx, w, KindInject, id)
	if err != nil {
		return err
	}
	if !passed(i.Due, w.at) {
		return errNothing
	}
	switch t := i.Trigger; {
	case i.pending():
		s := w.stamp()
		i.Action.Done, i.Reason = &s, refused
		w.settleInject(i)
	case i.State == InjectReleased:
		if err := i.reach(InjectMissed, w.stamp()); err != nil {
			return err
		}
		i.Due = nil
	case i.State != InjectWaiting:
		return errNothing
	case t.Type == TriggerTimed, i.Met != nil:
		return w.fallDue(ctx, i)
	default:
		all, err := w.injects(ctx)
		if err != nil {
			return err
		}
		byID := map[string]*Inject{}
		for _, o := range all {
			byID[o.ID] = o
		}
		over := t.Until > 0 && !w.at.Before(w.drill.Begins.Add(seconds(t.Until)))
		if over && !i.holds(byID, w.drill.Begins, w.at) {
			if err := i.reach(InjectMissed, w.stamp()); err != nil {
				return err
			}
		}
		i.look(w.drill.Begins, w.at) // what holds now falls due in the cascade
	}
	w.derive(i)
	return nil
}

// act gives the action of an inject that was released, in the name of the
// simulated agency, at the moment at which the inject was. It is one command with
// a key of its own: however many servers look, it is given once. It returns whether
// there was something to give, and what it was refused with.
func (s *Service) act(ctx context.Context, realm Realm, d Due) (acted bool, refused string, err error) {
	rec, err := s.store.Get(ctx, realm, d.Ref, nil)
	if err != nil {
		return false, "", err
	}
	i := rec.(*Inject)
	if !i.pending() {
		return false, "", nil
	}
	actor, err := s.simulated(ctx, realm, i.Action)
	if err == nil {
		err = s.actAs(ctx, actor, i, d.At)
	}
	var e *Error
	if errors.As(err, &e) && e.Code != Unavailable {
		if _, stands := e.Current.(*Drill); stands {
			return true, "", errStands // it was paused meanwhile
		}
		return true, clip(e.MessageZH, 300), nil
	}
	return true, "", err
}

// simulated is who gives the command of an action: a dispatcher of the agency, or
// its chief where only a chief can.
func (s *Service) simulated(ctx context.Context, realm Realm, a *InjectAction) (Actor, error) {
	rec, err := s.store.Get(ctx, realm, Ref{KindAgency, a.Agency}, nil)
	if err != nil {
		return Actor{}, err
	}
	g := rec.(*Agency)
	actor := Actor{ID: simulated + g.ID, Name: g.Name, Realm: realm, Role: RoleDispatcher, Agency: g.ID, Jurisdiction: g.Jurisdiction, Home: g.Scope.Area}
	if c, ok := CommandByName(a.Command); ok && !slices.Contains(c.Roles, RoleDispatcher) {
		actor.Role = c.Roles[0]
	}
	return actor, nil
}

func (s *Service) actAs(ctx context.Context, actor Actor, i *Inject, at time.Time) error {
	cmd, ok := CommandByName(i.Action.Command)
	if !ok || !cmd.played() {
		return invalid("action.command", i.Action.Command, "没有这个命令", "there is no such command")
	}
	body, err := json.Marshal(i.Action.Input)
	if err != nil {
		return err
	}
	in, err := cmd.decode(body)
	if err != nil {
		return err
	}
	if err := cmd.mayAtAll(actor); err != nil {
		return err
	}
	// Another server may have been faster, and what it was refused then must not be
	// carried out now.
	once := *cmd
	once.run = func(ctx context.Context, w *work, in any) error {
		rec, err := w.tx.Get(ctx, w.actor.Realm, RefOf(i), nil)
		if err != nil {
			return err
		}
		if !rec.(*Inject).pending() {
			return errNothing
		}
		return cmd.run(ctx, w, in)
	}
	_, err = s.carry(ctx, actor, &once, "inject:"+i.ID, in, body, turn{due: &at})
	return err
}
