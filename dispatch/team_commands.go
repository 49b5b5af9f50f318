package dispatch

import (
	"context"
)

func saveTeam(ctx context.Context, w *work, in *TeamSave) error {
	apply := func(t *Team) {
		t.Name, t.CallSign, t.Type, t.Capabilities, t.Base, t.Depot = in.Name, in.CallSign, in.Type, in.Capabilities, in.Base, in.Depot
		t.SeatsMin, t.SeatsFull, t.Leader, t.Phone, t.Speed = in.SeatsMin, in.SeatsFull, in.Leader, in.Phone, in.Speed
		t.MultiAssign, t.Retired = in.MultiAssign, in.Retired
	}
	if in.ID == "" {
		scope, err := w.baseScope(ctx, in.Agency, in.Area, in.Base, true)
		if err != nil {
			return err
		}
		t := &Team{Duty: DutyOff, Status: StatusUnavailable}
		apply(t)
		if scope, err = w.agreedNew(ctx, t, scope); err != nil {
			return err
		}
		return w.create(KindTeam, "", scope, t)
	}
	t, err := lockOne[*Team](ctx, w, KindTeam, in.ID)
	if err != nil {
		return err
	}
	if err := w.may(t); err != nil {
		return err
	}
	open, err := w.openTasks(ctx, t.ID)
	if err != nil {
		return err
	}
	if len(open) > 0 && (in.Retired || in.MultiAssign != t.MultiAssign) {
		e := refuse(Blocked, "队伍还有未完成的任务", "the team still has open tasks")
		for _, o := range open {
			e.Blockers = append(e.Blockers, RefOf(o))
		}
		return e
	}
	apply(t)
	return w.put(t)
}

// baseScope is the scope of base data that the actor keeps: of its own agency,
// or of one in its jurisdiction.
func (w *work) baseScope(ctx context.Context, agency, area string, place Place, open bool) (Scope, error) {
	s, err := w.newScope(ctx, agency, area, place)
	if err != nil {
		return s, err
	}
	if agency != "" && agency != w.actor.Agency {
		r, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindAgency, agency}, nil)
		if err != nil {
			return s, err
		}
		// Whose data one may keep is asked of the agency, not of the new record.
		if err := May(w.actor, w.at, w.cmd, RefOf(r), r.head().Scope); err != nil {
			return s, err
		}
	}
	s.Open = open
	return s, nil
}

func dutyTeam(ctx context.Context, w *work, in *TeamDuty) error {
	t, _, err := w.lockTeam(ctx, in.Team)
	if err != nil {
		return err
	}
	if err := w.may(t); err != nil {
		return err
	}
	if in.Duty != t.Duty && !oneOf(in.Duty, dutyMoves[t.Duty]) {
		e := illegal(KindTeam, string(t.Duty), string(in.Duty), words(dutyMoves[t.Duty]))
		e.Current = t
		return e
	}
	if in.Crew != nil {
		t.Crew = *in.Crew
	}
	if in.Duty == DutyOutOfService || in.Duty == DutyAvailable && t.Crew < t.SeatsMin {
		if err := needReason(in.Reason); err != nil {
			return err
		}
	}
	open, err := w.openTasks(ctx, t.ID)
	if err != nil {
		return err
	}
	if len(open) > 0 && in.Duty != DutyOutOfService && in.Duty != DutyAvailable {
		e := refuse(Blocked, "队伍还有未完成的任务", "the team still has open tasks")
		for _, o := range open {
			e.Blockers = append(e.Blockers, RefOf(o))
		}
		return e
	}
	// A breakdown flags the open tasks for replacement, it never drops them
	// silently; a team that is fit again needs none.
	if err := w.flag(ctx, open, in.Duty == DutyOutOfService); err != nil {
		return err
	}
	t.Duty, t.DutyReason, w.change.Note = in.Duty, in.Reason, in.Reason
	if err := w.put(t); err != nil {
		return err
	}
	t.derive(open)
	return nil
}

// flag marks tasks whose team cannot go on; their incidents are locked.
func (w *work) flag(ctx context.Context, open []*Task, flagged bool) error {
	for _, o := range open {
		if o.Flagged == flagged {
			continue
		}
		recs, err := w.lock(ctx, RefOf(o))
		if err != nil {
			return err
		}
		t := recs[0].(*Task)
		t.Flagged = flagged
		w.derive(t)
	}
	return nil
}

func distressTeam(ctx context.Context, w *work, in *TeamDistress) error {
	t, incidents, err := w.lockTeam(ctx, in.Team)
	if err != nil {
		return err
	}
	if err := w.may(t); err != nil {
		return err
	}
	if in.Place != nil {
		if err := in.Place.check("place"); err != nil {
			return err
		}
	}
	if err := checkText("text", in.Text, 0, 300); err != nil {
		return err
	}
	if t.Distress != nil {
		return refuse(IllegalMove, "%s的求助已在处理", "the distress of %s is known already", t.Name)
	}
	s, err := w.stampAt(in.EventTime)
	if err != nil {
		return err
	}
	t.Distress = &Distress{Since: s.When(), By: w.actor.Name, Place: in.Place, Text: in.Text}
	t.Status = StatusDistress
	if err := w.put(t); err != nil {
		return err
	}
	i, err := w.whereabouts(ctx, t, incidents)
	if err != nil {
		return err
	}
	return w.raise(AlarmDistress, 1, t.called()+" 遇险求助 "+in.Text, i, nil, t)
}

// whereabouts is the incident that the team is at work on, or nil.
func (w *work) whereabouts(ctx context.Context, t *Team, incidents map[string]*Incident) (*Incident, error) {
	open, err := w.openTasks(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	for _, o := range open {
		if o.ID == t.Task {
			return incidents[o.Incident], nil
		}
	}
	return nil, nil
}

// distressAlarms lists the team's distress alarms that are not over.
func (w *work) distressAlarms(ctx context.Context, team string) ([]*Alarm, error) {
	recs, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindAlarm, Team: team, States: []string{string(AlarmDistress)}, Limit: -1})
	if err != nil {
		return nil, err
	}
	var out []*Alarm
	for _, r := range recs {
		if a := r.(*Alarm); a.Ended == nil {
			out = append(out, a)
		}
	}
	return out, nil
}

func relieveTeam(ctx context.Context, w *work, in *TeamRelieve) error {
	if err := needReason(in.Reason); err != nil {
		return err
	}
	// The alarm may hang on an incident that the team has left since.
	alarms, err := w.distressAlarms(ctx, in.Team)
	if err != nil {
		return err
	}
	var incidents []string
	for _, a := range alarms {
		if a.Incident != "" {
			incidents = append(incidents, a.Incident)
		}
	}
	t, _, err := w.lockTeam(ctx, in.Team, incidents...)
	if err != nil {
		return err
	}
	if err := w.may(t); err != nil {
		return err
	}
	if t.Distress == nil {
		return refuse(IllegalMove, "%s没有遇险求助", "%s is not in distress", t.Name)
	}
	t.Distress, w.change.Note = nil, in.Reason
	if err := w.put(t); err != nil {
		return err
	}
	open, err := w.openTasks(ctx, t.ID)
	if err != nil {
		return err
	}
	t.derive(open)
	for _, a := range alarms {
		// Locked whoever may see it: the incident may not be theirs any more.
		recs, err := w.lock(ctx, RefOf(a))
		if err != nil {
			return err
		}
		if locked := recs[0].(*Alarm); locked.Ended == nil {
			if err := w.endAlarm(locked); err != nil {
				return err
			}
		}
	}
	return nil
}
