package dispatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// DeadlineFire names a record that fell due. Only the server itself gives this
// command.
type DeadlineFire struct {
	Record Ref `json:"record"`
	// Refused is what the action of an inject, or the step of a simulated team, was
	// refused with.
	Refused string `json:"refused,omitempty"`
}

// errNothing tells that another node was faster.
var errNothing = errors.New("nothing is due")

// FireDue carries out what has fallen due in the realm: unanswered
// assignments, overdue check-ins, claims that ran out, incidents to archive,
// shares and agreements whose time is over.
// Each is an ordinary command with an id made from the record and its moment,
// so of several nodes one wins. It returns how many it carried out, and the
// errors of those that failed; they are due again the next time.
//
// In a drill each is carried out at the moment on the drill's clock at which it
// was due, one after the other, and what comes of one may be due before the next:
// so a drill goes the same way however often somebody looks.
func (s *Service) FireDue(ctx context.Context, realm Realm) (int, error) {
	if realm.Drill() != "" {
		if !s.runs(realm) {
			return 0, nil
		}
		done, _, err := s.fireDrill(ctx, realm)
		return done, err
	}
	due, err := s.store.Due(ctx, realm, s.cfg.Now(), mostDue)
	if err != nil {
		return 0, err
	}
	done := 0
	var failed []error
	for _, d := range due {
		_, err := s.fire(ctx, realm, d, nil)
		switch {
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

// mostDue bounds what is read at a time, mostFired what one look at a drill
// carries out.
const (
	mostDue   = 100
	mostFired = 10_000
	// An inject that falls due is released, its action is given, and that is noted.
	injectParts = 3
)

// fireDrill carries out what is due in a drill; while its clock stands, what a jump
// went over. looked is the moment until which nothing more was found.
func (s *Service) fireDrill(ctx context.Context, realm Realm) (done int, looked time.Time, err error) {
	var failed []error
	stuck := map[Due]bool{} // cannot be carried out, or is nothing to do
	// Somebody else who looks may have been faster, with what comes of it at the same
	// moment still to be done.
	again := map[Due]int{}
	for done < mostFired {
		looked = s.Now(realm)
		due, err := s.store.Due(ctx, realm, looked, mostDue)
		if err != nil {
			return done, looked, err
		}
		i := slices.IndexFunc(due, func(d Due) bool { return !stuck[d] })
		if i < 0 {
			break
		}
		d := due[i]
		replayed, err := s.fire(ctx, realm, d, &d.At)
		switch {
		case err == nil && !replayed:
			done++
			continue
		case CodeOf(err) == Unavailable:
			return done, looked, err
		case errors.Is(err, errStands):
			return done, looked, errors.Join(failed...)
		case err == nil || errors.Is(err, errNothing):
			if again[d]++; again[d] <= injectParts {
				continue
			}
		default:
			failed = append(failed, fmt.Errorf("due %s/%s: %w", d.Ref.Kind, d.Ref.ID, err))
		}
		stuck[d] = true
	}
	return done, looked, errors.Join(failed...)
}

// fire carries out what is due about one record; at is the moment on a drill's clock.
func (s *Service) fire(ctx context.Context, realm Realm, d Due, at *time.Time) (replayed bool, err error) {
	in, key := &DeadlineFire{Record: d.Ref}, fmt.Sprintf("due:%s:%x", d.Ref.ID, d.At.UnixMicro())
	if d.Ref.Kind == KindInject {
		acted, refused, err := s.act(ctx, realm, d)
		if err != nil {
			return false, err
		}
		if in.Refused = refused; acted {
			key = "acted:" + d.Ref.ID
		}
	}
	res, err := s.carryDue(ctx, realm, key, in, at)
	var refusal *Error
	if d.Ref.Kind == KindSim && errors.As(err, &refusal) && refusal.Code != Unavailable && refusal != errStands {
		// What a simulated team may not do is no fault of the server: a controller
		// takes it by hand.
		in.Refused = refusal.MessageZH
		res, err = s.carryDue(ctx, realm, key, in, at)
	}
	return res.Replayed, err
}

func (s *Service) carryDue(ctx context.Context, realm Realm, key string, in *DeadlineFire, at *time.Time) (Result, error) {
	cmd, _ := CommandByName("deadline.fire")
	body, err := json.Marshal(in)
	if err != nil {
		return Result{}, err
	}
	return s.carry(ctx, System(realm), cmd, key, in, body, turn{due: at})
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
	case KindInject:
		return w.fireInject(ctx, in.Record.ID, in.Refused)
	case KindSim:
		return w.fireSim(ctx, in)
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
		if err := w.raise(AlarmNoAnswer, tier, o.team.called()+" 未应答："+o.incident.Title, o.incident, t, nil); err != nil {
			return err
		}
	}
	if passed(t.CheckDue, w.at) {
		fired, t.CheckDue = true, nil
		if err := w.raise(AlarmCheckin, 1, o.team.called()+" 人员清点超时："+o.incident.Title, o.incident, t, nil); err != nil {
			return err
		}
	}
	if !fired {
		return errNothing
	}
	w.derive(t)
	return nil
}
