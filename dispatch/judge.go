package dispatch

import (
	"context"
	"strings"
	"time"
)

// Out tells whether the inject has reached the players, so that its expected
// actions are looked for.
func (s InjectState) Out() bool {
	return s == InjectReleased || s == InjectActed || s == InjectMissed
}

// judge marks the expected actions of the inject as the evaluators saw them. An
// action with a Command is left to the journal, which shows it; of any other the
// observation that was written last decides. The inject is acted (已响应) when all
// were done, missed (未响应) as soon as one was not, and released until then.
func (i *Inject) judge(all []*Observation, now Stamp) {
	for n := range i.Expected {
		e := &i.Expected[n]
		if e.Command != "" {
			continue
		}
		e.Done, e.Missed = nil, nil
		var last *Observation
		for _, o := range all {
			if o.Type == ObservationAction && o.Inject == i.ID && o.Expected != nil && *o.Expected == n && o.Seen != nil && (last == nil || !o.Updated.Before(last.Updated)) {
				last = o
			}
		}
		if last != nil {
			s := last.Moment
			if *last.Seen {
				e.Done = &s
			} else {
				e.Missed = &s
			}
		}
	}
	i.settle(now)
}

// settle moves an inject that is out to the state that follows from its expected
// actions.
func (i *Inject) settle(now Stamp) {
	if !i.State.Out() || len(i.Expected) == 0 || i.pending() || i.released().IsZero() {
		return
	}
	to := InjectActed
	for n := range i.Expected {
		switch i.Verdict(n, now.At, false) {
		case VerdictMissed:
			to = InjectMissed
		case VerdictOpen:
			if to == InjectActed {
				to = InjectReleased
			}
		}
	}
	i.State = to
	if i.Stamps == nil {
		i.Stamps = map[InjectState]Stamp{}
	}
	if _, ok := i.Stamps[to]; !ok {
		i.Stamps[to] = now
	}
}

// Verdict is what is known of an expected action.
type Verdict string

// The verdicts.
const (
	VerdictNone   Verdict = ""       // 未发出: the inject never reached the players
	VerdictOpen   Verdict = "open"   // 待评: nobody has said yet
	VerdictDone   Verdict = "done"   // 做到: in time
	VerdictLate   Verdict = "late"   // 迟到: done, but later than it should have been
	VerdictMissed Verdict = "missed" // 未做
)

// Verdict tells what is known of the inject's n-th expected action at a moment on
// the drill's clock. One that a command would show is missed as soon as its time
// is over, or with the drill where it has none; one that a person looks for is open
// until that person says.
func (i *Inject) Verdict(n int, at time.Time, over bool) Verdict {
	e := i.Expected[n]
	out, ok := i.Stamps[InjectReleased]
	due := out.When().Add(time.Duration(e.Within) * time.Second)
	timed := e.Within > 0
	switch {
	case !ok || !i.State.Out():
		return VerdictNone
	case e.Done != nil && timed && e.Done.When().After(due):
		return VerdictLate
	case e.Done != nil:
		return VerdictDone
	case e.Missed != nil, e.Command != "" && (over || timed && at.After(due)):
		return VerdictMissed
	}
	return VerdictOpen
}

// evaluateDrill closes the judging: what came of it is told to all participants.
func evaluateDrill(ctx context.Context, w *work, in *DrillMove) error {
	if err := checkText("reason", in.Reason, 0, 300); err != nil {
		return err
	}
	if w.drill.State == DrillEnded {
		if err := w.allJudged(ctx, in.Reason); err != nil {
			return err
		}
	}
	d, err := w.moveDrill(ctx, in, DrillEvaluated)
	if err != nil {
		return err
	}
	return w.put(d)
}

// allJudged refuses while expected actions are open, and lists their injects.
func (w *work) allJudged(ctx context.Context, reason string) error {
	recs, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindInject, Limit: -1})
	if err != nil {
		return err
	}
	var open []Ref
	var names []string
	left := 0
	for _, i := range recordsOf[*Inject](recs) {
		some := false
		for n := range i.Expected {
			if i.Verdict(n, w.at, true) == VerdictOpen {
				left, some = left+1, true
			}
		}
		if some {
			open, names = append(open, RefOf(i)), append(names, i.Number)
		}
	}
	if left == 0 || strings.TrimSpace(reason) != "" {
		return nil
	}
	e := refuse(Blocked, "尚有 %[1]d 项预期行动未评，见情景注入 %[2]s；如需继续请填写原因", "%[1]d expected actions are not judged, of the injects %[2]s; give the reason to go on without", left, strings.Join(names[:min(len(names), 20)], ", "))
	e.Field, e.Blockers = "reason", open
	return e
}

// improveDrill opens the follow-up of the improvements.
func improveDrill(ctx context.Context, w *work, in *DrillMove) error {
	open, err := w.openImprovements(ctx)
	if err != nil {
		return err
	}
	if w.drill.State == DrillEvaluated && len(open) == 0 {
		return refuse(IllegalMove, "没有待整改的改进项，可直接归档", "no improvement is open: the drill can be closed")
	}
	d, err := w.moveDrill(ctx, in, DrillImproving)
	if err != nil {
		return err
	}
	return w.put(d)
}

// closeDrill files the drill; refused, with the list, while improvements are open.
func closeDrill(ctx context.Context, w *work, in *DrillMove) error {
	open, err := w.openImprovements(ctx)
	if err != nil {
		return err
	}
	if oneOf(DrillClosed, drillMoves[w.drill.State]) && len(open) > 0 {
		var names []string
		var refs []Ref
		for _, i := range open {
			names, refs = append(names, firstWords(i.Text)+" ("+i.OwnerName+")"), append(refs, RefOf(i))
		}
		e := refuse(Blocked, "尚有 %[1]d 个改进项未完成或未验证：%[2]s", "%[1]d improvements are not done or not verified: %[2]s", len(open), strings.Join(names[:min(len(names), 10)], ", "))
		e.Blockers = refs
		return e
	}
	d, err := w.moveDrill(ctx, in, DrillClosed)
	if err != nil {
		return err
	}
	return w.put(d)
}

func (w *work) openImprovements(ctx context.Context) ([]*Improvement, error) {
	recs, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindImprovement, States: words([]ImprovementState{ImprovementOpen, ImprovementDone}), Limit: -1})
	return recordsOf[*Improvement](recs), err
}

func targetDrill(ctx context.Context, w *work, in *DrillTarget) error {
	d, err := w.lockDrill(ctx, in.Drill)
	if err != nil {
		return err
	}
	if d.State == DrillEvaluated || d.State == DrillImproving || d.State == DrillClosed || d.State == DrillCancelled {
		return illegal(KindDrill, string(d.State), "target", nil)
	}
	for m, seconds := range in.Targets {
		if !oneOf(m, TimedMeasures) {
			return invalid("targets."+string(m), m, "没有这个计时指标", "there is no such measure of time", words(TimedMeasures)...)
		}
		if err := checkRange("targets."+string(m), seconds, 1, 7*86400); err != nil {
			return err
		}
	}
	d.Targets = in.Targets
	return w.put(d)
}
