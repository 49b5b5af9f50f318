package dispatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// DeadlineFire names a record that fell due. Only the server itself gives this
// command.
type DeadlineFire struct {
	Record Ref `json:"record"`
}

// errNothing tells that another node was faster.
var errNothing = errors.New("nothing is due")

// FireDue carries out what has fallen due in the realm: unanswered
// assignments, overdue check-ins, claims that ran out, incidents to archive,
// shares and agreements whose time is over.
// Each is an ordinary command with an id made from the record and its moment,
// so of several nodes one wins. It returns how many it carried out, and the
// errors of those that failed; they are due again the next time.
func (s *Service) FireDue(ctx context.Context, realm Realm) (int, error) {
	due, err := s.store.Due(ctx, realm, s.cfg.Now(), 100)
	if err != nil {
		return 0, err
	}
	cmd, _ := CommandByName("deadline.fire")
	done := 0
	var failed []error
	for _, d := range due {
		in := &DeadlineFire{d.Ref}
		body, err := json.Marshal(in)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		key := fmt.Sprintf("due:%s:%x", d.Ref.ID, d.At.UnixMicro())
		switch _, err := s.run(ctx, System(realm), cmd, key, in, body); {
		case err == nil:
			done++
		case errors.Is(err, errNothing):
		default:
			// One that cannot be carried out must not silence the check-ins
			// of all the others.
			failed = append(failed, fmt.Errorf("due %s/%s: %w", d.Ref.Kind, d.Ref.ID, err))
		}
	}
	return done, errors.Join(failed...)
}

func fireDeadline(ctx context.Context, w *work, in *DeadlineFire) error {
	switch in.Record.Kind {
	case KindTask:
		return w.fireTask(ctx, in.Record.ID)
	case KindReport:
		r, err := lockOne[*Report](ctx, w, KindReport, in.Record.ID)
		if err != nil {
			return err
		}
		if r.State != ReportClaimed || !passed(r.Until, w.at) {
			return errNothing
		}
		r.State, r.Claimed, r.ClaimBy, r.Until = ReportWaiting, "", "", nil
		return w.put(r)
	case KindIncident:
		i, err := lockOne[*Incident](ctx, w, KindIncident, in.Record.ID)
		if err != nil {
			return err
		}
		if passed(i.Scope.due(), w.at) {
			// The scope before still has the share, so that those it ends for are
			// told to drop what they hold.
			return w.shareAll(ctx, i, i.Scope.less(func(sh Share) bool { return sh.Source == ShareManual && passed(sh.Until, w.at) }))
		}
		if !passed(i.ArchiveDue, w.at) || !oneOf(IncidentArchived, incidentMoves[i.State]) {
			return errNothing
		}
		return w.archive(ctx, i)
	case KindAgreement:
		return w.fireAgreement(ctx, in.Record.ID)
	case KindActivation:
		return w.fireActivation(ctx, in.Record.ID)
	case KindRequest:
		return w.fireRequest(ctx, in.Record.ID)
	case KindFence:
		return w.fireFence(ctx, in.Record.ID)
	case KindStay:
		return w.fireStay(ctx, in.Record.ID)
	}
	return errNothing
}

func passed(t *time.Time, at time.Time) bool { return t != nil && !t.After(at) }

// fireTask warns first and escalates once: an assignment nobody answered is a
// tier 2 alarm, and tier 1 after the same time again.
func (w *work) fireTask(ctx context.Context, id string) error {
	o, err := w.lockTask(ctx, id)
	if err != nil {
		return err
	}
	t, fired := o.task, false
	if passed(t.AckDue, w.at) {
		fired = true
		tier := 2
		known, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindAlarm, Team: t.Team, States: []string{string(AlarmNoAnswer)}, Limit: -1})
		if err != nil {
			return err
		}
		for _, r := range known {
			if a := r.(*Alarm); a.Task == t.ID && a.Ended == nil {
				tier = 1
				if err := w.endAlarm(a); err != nil {
					return err
				}
			}
		}
		t.AckDue = nil
		if tier == 2 {
			again := w.at.Add(w.svc.cfg.Settings.AckWithin)
			t.AckDue = &again
		}
		if err := w.raise(AlarmNoAnswer, tier, o.team.Name+" 未应答："+o.incident.Title, o.incident, t, nil); err != nil {
			return err
		}
	}
	if passed(t.CheckDue, w.at) {
		fired, t.CheckDue = true, nil
		if err := w.raise(AlarmCheckin, 1, o.team.Name+" 人员清点超时："+o.incident.Title, o.incident, t, nil); err != nil {
			return err
		}
	}
	if !fired {
		return errNothing
	}
	w.derive(t)
	return nil
}
