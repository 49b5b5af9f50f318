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
		if err := May(w.actor, w.cmd, RefOf(r), r.head().Scope); err != nil {
			return s, err
		}
	}
	s.Open = open
	return s, nil
}

func dutyTeam(ctx context.Context, w *work, in *TeamDuty) error {
	t, err := lockOne[*Team](ctx, w, KindTeam, in.Team)
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
	if in.Duty == DutyOutOfService {
		// A breakdown flags the open tasks for replacement; it never drops
		// them silently.
		if err := w.flag(ctx, open); err != nil {
			return err
		}
	}
	t.Duty, t.DutyReason, w.change.Note = in.Duty, in.Reason, in.Reason
	if err := w.put(t); err != nil {
		return err
	}
	t.derive(open)
	return nil
}

// flag marks tasks whose team cannot go on. Each is locked after its incident
// would be; only the flag, a derived field, is written.
func (w *work) flag(ctx context.Context, open []*Task) error {
	for _, o := range open {
		recs, err := w.lock(ctx, RefOf(o))
		if err != nil {
			return err
		}
		t := recs[0].(*Task)
		t.Flagged = true
		w.derive(t)
	}
	return nil
}

func distressTeam(ctx context.Context, w *work, in *TeamDistress) error {
	t, i, err := w.lockTeamAndIncident(ctx, in.Team)
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
	return w.raise(AlarmDistress, 1, t.Name+" 遇险求助 "+in.Text, i, nil, t)
}

// lockTeamAndIncident locks the incident of the team's open task, where there
// is one, and then the team.
func (w *work) lockTeamAndIncident(ctx context.Context, id string) (*Team, *Incident, error) {
	r, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindTeam, id}, w.audience())
	if err != nil {
		return nil, nil, err
	}
	refs := []Ref{{KindTeam, id}}
	seen, err := w.tx.Get(ctx, w.actor.Realm, RefOf(r), nil)
	if err != nil {
		return nil, nil, err
	}
	if task := seen.(*Team).Task; task != "" {
		t, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindTask, task}, nil)
		if err != nil {
			return nil, nil, err
		}
		refs = append(refs, Ref{KindIncident, t.(*Task).Incident})
	}
	recs, err := w.lock(ctx, refs...)
	if err != nil {
		return nil, nil, err
	}
	team := recs[0].(*Team)
	if len(recs) == 1 {
		return team, nil, nil
	}
	return team, recs[1].(*Incident), nil
}

func relieveTeam(ctx context.Context, w *work, in *TeamRelieve) error {
	if err := needReason(in.Reason); err != nil {
		return err
	}
	t, _, err := w.lockTeamAndIncident(ctx, in.Team)
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
	recs, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindAlarm, Team: t.ID, States: []string{string(AlarmDistress)}, Limit: -1})
	if err != nil {
		return err
	}
	for _, r := range recs {
		if a := r.(*Alarm); a.Ended == nil {
			locked, err := w.lock(ctx, RefOf(a))
			if err != nil {
				return err
			}
			if err := w.endAlarm(locked[0].(*Alarm)); err != nil {
				return err
			}
		}
	}
	return nil
}
