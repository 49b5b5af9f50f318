package dispatch

import (
	"context"
	"strings"
)

// mostObjectives bounds the objectives of one drill.
const mostObjectives = 99

// planScope is that of the drill's plan, which nobody sees but those who run it.
func (w *work) planScope() Scope {
	return Scope{Agency: w.drill.Scope.Agency, Area: w.drill.Scope.Area}
}

func (w *work) objectives(ctx context.Context) ([]*Objective, error) {
	recs, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindObjective, Limit: -1})
	out := make([]*Objective, len(recs))
	for i, r := range recs {
		out[i] = w.current(r).(*Objective)
	}
	return out, err
}

func (w *work) planObjectives() error {
	if w.drill.State.Begun() || w.drill.State.Over() {
		return illegal(KindDrill, string(w.drill.State), w.cmd.Name, []string{string(DrillPlanned), string(DrillApproved), string(DrillCommsChecked), string(DrillReady)})
	}
	return nil
}

func saveObjective(ctx context.Context, w *work, in *ObjectiveSave) error {
	if err := w.planObjectives(); err != nil {
		return err
	}
	all, err := w.objectives(ctx)
	if err != nil {
		return err
	}
	last := 0
	for _, o := range all {
		last = max(last, o.Number)
		if o.Number == in.Number && o.ID != in.Objective {
			return invalid("number", in.Number, "编号已用于目标“"+o.Name+"”", "is that of the objective "+o.Name)
		}
	}
	if in.Number == 0 {
		in.Number = last + 1
	}
	o := &Objective{Number: in.Number, Name: strings.TrimSpace(in.Name), Text: tidy(in.Text), Aspect: in.Aspect, Weight: in.Weight}
	if in.Objective == "" {
		if len(all) >= mostObjectives {
			return refuse(TooLarge, "一场演练最多 %d 个目标", "a drill has at most %d objectives", mostObjectives)
		}
		return w.create(KindObjective, "", w.planScope(), o)
	}
	old, err := lockOne[*Objective](ctx, w, KindObjective, in.Objective)
	if err != nil {
		return err
	}
	o.Head = old.Head
	*old = *o
	return w.put(old)
}

func removeObjective(ctx context.Context, w *work, in *ObjectiveMove) error {
	if err := w.planObjectives(); err != nil {
		return err
	}
	o, err := lockOne[*Objective](ctx, w, KindObjective, in.Objective)
	if err != nil {
		return err
	}
	all, err := w.injects(ctx)
	if err != nil {
		return err
	}
	var using []*Inject
	for _, i := range all {
		if i.Objective == o.ID {
			using = append(using, i)
		}
	}
	if len(using) > 0 {
		return namedBy(using, "注入 %s 属于该目标", "the injects %s serve it")
	}
	w.drop(o)
	return nil
}

// tidy takes off what a sheet or a form adds around a text.
func tidy(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }
