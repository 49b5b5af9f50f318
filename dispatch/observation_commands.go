package dispatch

import (
	"context"
	"slices"
	"strings"
)

// mostObservations and mostImprovements bound what is written down of one drill.
const (
	mostObservations = 5000
	mostImprovements = 500
)

// judging refuses to write down what was seen before a drill begins, and, but for
// lessons, after its evaluation: what was told to all participants stays. Remarks
// judge nothing: they are written from the planning on, by who directs or controls.
func (w *work) judging(t ObservationType) error {
	s := w.drill.State
	if t == ObservationRemark {
		switch {
		case !oneOf(w.actor.Role, controllers):
			return &Error{Code: Forbidden, Legal: words(controllers), Field: "type", Value: t,
				Message: "remarks are the director's and the controllers'", MessageZH: "导调记事只由总导调和导调员书写"}
		case s == DrillClosed:
			return illegal(KindDrill, string(s), w.cmd.Name, nil)
		}
		return nil
	}
	if !s.Begun() || s == DrillClosed || t != ObservationLesson && (s == DrillEvaluated || s == DrillImproving) {
		e := illegal(KindDrill, string(s), w.cmd.Name, words([]DrillState{DrillRunning, DrillPaused, DrillEnded}))
		e.Message = "nothing is written down about a drill that is " + string(s)
		e.MessageZH = "演练“" + stateZH(KindDrill, string(s)) + "”，不能再记评估"
		return e
	}
	return nil
}

// observations are all of the drill, with what the change already holds.
func (w *work) observations(ctx context.Context) ([]*Observation, error) {
	recs, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindObservation, Limit: -1})
	if err != nil {
		return nil, err
	}
	return recordsOf[*Observation](recs), nil
}

// recordsOf picks the records of one type.
func recordsOf[R Record](recs []Record) []R {
	var out []R
	for _, r := range recs {
		if x, ok := r.(R); ok {
			out = append(out, x)
		}
	}
	return out
}

func addObservation(ctx context.Context, w *work, in *ObservationAdd) error {
	if err := w.judging(in.Type); err != nil {
		return err
	}
	moment, err := w.stampAt(in.EventTime)
	if err != nil {
		return err
	}
	if moment.When().Before(w.drill.Begins) {
		return invalid("event_time", moment.When(), "早于演练开始", "lies before the drill began", "not before "+w.drill.Begins.Format("2006-01-02T15:04:05Z07:00"))
	}
	o := &Observation{Type: in.Type, By: w.actor.ID, Name: w.actor.Name, Moment: moment, Objective: in.Objective, Aspect: in.Aspect, Inject: in.Inject,
		Expected: in.Expected, Seen: in.Seen, Agency: in.Agency, Text: strings.TrimSpace(in.Text), Score: in.Score}
	if o.Seq, err = w.tx.SeqAt(ctx, w.actor.Realm, moment.When()); err != nil {
		return err
	}
	i, err := w.about(ctx, o)
	if err != nil {
		return err
	}
	all, err := w.observations(ctx)
	if err != nil {
		return err
	}
	if len(all) >= mostObservations {
		return refuse(TooLarge, "一场演练最多 %d 条评估记录", "a drill has at most %d observations", mostObservations)
	}
	if err := w.create(KindObservation, "", Scope{Agency: w.drill.Scope.Agency, Area: w.drill.Scope.Area}, o); err != nil {
		return err
	}
	return w.judgeInject(i, append(all, o))
}

// about checks what an observation is about and fills in what follows from it; it
// returns the inject whose expected action it judges, nil where it judges none.
func (w *work) about(ctx context.Context, o *Observation) (*Inject, error) {
	var judged *Inject
	if o.Inject != "" {
		i, err := lockOne[*Inject](ctx, w, KindInject, o.Inject)
		if err != nil {
			return nil, err
		}
		if o.Type == ObservationRemark {
			return nil, nil
		}
		if o.Objective == "" {
			o.Objective = i.Objective
		}
		if n := o.Expected; n != nil {
			switch {
			case *n < 0 || *n >= len(i.Expected):
				return nil, invalid("expected", *n, "该情景注入没有这一项预期行动", "the inject has no such expected action")
			case o.Type == ObservationAction && i.Expected[*n].Command != "":
				return nil, invalid("expected", *n, "该项由系统按命令“"+i.Expected[*n].Command+"”自动判定", "is judged by the command "+i.Expected[*n].Command+", not by hand")
			case o.Type == ObservationAction && !i.State.Out():
				return nil, illegal(KindInject, string(i.State), string(InjectActed), words([]InjectState{InjectReleased, InjectActed, InjectMissed}))
			}
			if o.Agency == "" {
				o.Agency = i.Expected[*n].Agency
			}
			if o.Type == ObservationAction {
				judged = i
			}
		}
	}
	if o.Objective != "" {
		rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindObjective, o.Objective}, nil)
		if err != nil {
			return nil, err
		}
		o.Aspect = rec.(*Objective).Aspect
	}
	if o.Agency != "" {
		if _, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindAgency, o.Agency}, nil); err != nil {
			return nil, err
		}
	}
	return judged, nil
}

// ownObservation loads an observation for update that the actor may change.
func (w *work) ownObservation(ctx context.Context, id, reason string) (*Observation, error) {
	o, err := lockOne[*Observation](ctx, w, KindObservation, id)
	if err != nil {
		return nil, err
	}
	if err := w.judging(o.Type); err != nil {
		return nil, err
	}
	if o.By != w.actor.ID {
		if w.actor.Role != RoleDirector || w.cmd.Name != "observation.remove" {
			return nil, refuse(Forbidden, "这条评估记录是%[1]s的，只能由本人修改", "this observation is %[1]s's, who alone changes it", o.Name)
		}
		if err := needReason(reason); err != nil {
			return nil, err
		}
	}
	return o, nil
}

func editObservation(ctx context.Context, w *work, in *ObservationEdit) error {
	o, err := w.ownObservation(ctx, in.Observation, "")
	if err != nil {
		return err
	}
	o.Text, o.Score, o.Seen, o.Agency = strings.TrimSpace(in.Text), in.Score, in.Seen, in.Agency
	i, err := w.about(ctx, o)
	if err != nil {
		return err
	}
	s := w.stamp()
	o.Edited = &s
	all, err := w.observations(ctx)
	if err != nil {
		return err
	}
	if err := w.put(o); err != nil {
		return err
	}
	return w.judgeInject(i, append(slices.DeleteFunc(all, func(x *Observation) bool { return x.ID == o.ID }), o))
}

func removeObservation(ctx context.Context, w *work, in *ObservationRemove) error {
	if err := checkText("reason", in.Reason, 0, 300); err != nil {
		return err
	}
	o, err := w.ownObservation(ctx, in.Observation, in.Reason)
	if err != nil {
		return err
	}
	w.change.Note = in.Reason
	i, err := w.about(ctx, o)
	if err != nil {
		return err
	}
	all, err := w.observations(ctx)
	if err != nil {
		return err
	}
	w.drop(o)
	return w.judgeInject(i, slices.DeleteFunc(all, func(x *Observation) bool { return x.ID == o.ID }))
}

// judgeInject puts the inject as the observations judge it.
func (w *work) judgeInject(i *Inject, all []*Observation) error {
	if i == nil {
		return nil
	}
	i.judge(all, w.stamp())
	i.look(w.drill.Begins, w.at)
	return w.put(i)
}
