package dispatch

import (
	"context"
)

// Whether a team can go: who may send it, whether it is fit to be sent, and what
// binds it.

// mayUse refuses a team on loan to all but those who hold it and those over
// them.
func (w *work) mayUse(ctx context.Context, team *Team) error {
	if team.Holder == "" || team.Holder == w.actor.Agency || w.actor.Role == RoleSystem {
		return nil
	}
	holder, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindAgency, team.Holder}, nil)
	if err != nil {
		return err
	}
	if within(holder.head().Scope.Area, w.actor.Jurisdiction) {
		return nil
	}
	return w.lent(ctx, team)
}

// fit refuses a team that cannot go now, and says why.
func (w *work) fit(ctx context.Context, team *Team, t *Task, understaffed string) error {
	e := func(zh, en string, args ...any) error {
		x := refuse(Conflict, zh, en, args...)
		x.Field, x.Value, x.Current = "team", team.ID, team
		return x
	}
	switch {
	case team.Retired:
		return e("%s已撤编", "%s is retired", team.Name)
	case team.Distress != nil:
		return e("%s正在遇险，不能派遣", "%s is in distress", team.Name)
	case team.Duty == DutyOff || team.Duty == DutyOutOfService:
		return e("%[1]s未在勤（%[3]s）", "%[1]s is %[2]s", team.Name, team.Duty, stateZH(KindTeam, string(team.Duty)))
	case team.Crew < team.SeatsMin && understaffed == "" && t.State != TaskProposed:
		x := e("%s在队 %d 人，少于最低编制 %d 人；确需派遣请说明理由", "%s has %d aboard, fewer than its minimum of %d; give a reason to send it all the same",
			team.Name, team.Crew, team.SeatsMin)
		x.(*Error).Legal = []string{"understaffed: reason"}
		return x
	}
	if understaffed != "" {
		t.Choice = firstWords(t.Choice+" 缺员派遣："+understaffed, understaffed)
		w.change.Note = understaffed
	}
	open, err := w.openTasks(ctx, team.ID)
	if err != nil {
		return err
	}
	for _, o := range open {
		if o.Incident == t.Incident && o.ID != t.ID {
			return e("%s已在该事件中", "%s is on this incident already", team.Name)
		}
		if !o.Interruptible && !team.MultiAssign && o.State != TaskProposed {
			return w.taken(ctx, team, o)
		}
	}
	return nil
}

// taken is the refusal that names who has the team.
func (w *work) taken(ctx context.Context, team *Team, by *Task) error {
	number, who := by.Incident, by.Stamps[TaskAssigned].By
	if r, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindIncident, by.Incident}, nil); err == nil {
		number = r.(*Incident).Number
	}
	e := refuse(Conflict, "%s已由%s派往事件 %s", "%s was sent to incident %[3]s by %[2]s", team.Name, who, number)
	e.Field, e.Value, e.Current = "team", team.ID, team
	e.Blockers = []Ref{RefOf(by)}
	return e
}

// openTasks lists the tasks that bind the team, as this change has them.
func (w *work) openTasks(ctx context.Context, team string) ([]*Task, error) {
	recs, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindTask, Team: team, States: openStates, Limit: -1})
	if err != nil {
		return nil, err
	}
	var out []*Task
	for _, r := range recs {
		if t := w.current(r).(*Task); t.Open() {
			out = append(out, t)
		}
	}
	return out, nil
}

var openStates = func() []string {
	var out []string
	for _, s := range TaskStates {
		if !s.Ended() {
			out = append(out, string(s))
		}
	}
	return out
}()
