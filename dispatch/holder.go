package dispatch

import "context"

// A resource comes to somebody who is not its owner in one way only, whether it
// is lent or requisitioned: its holder moves, the ledger books the use, and the
// holder sees it. It goes back in one way, too.

// custody says to whom a resource comes and by what.
type custody struct {
	to       string // agency
	by       Ref    // a loan or a requisition
	incident string
}

// handOver moves the resource to its holder: a team or an item as a whole, a
// stock by the quantity. It is refused while anything else has it.
func (w *work) handOver(ctx context.Context, rec Record, quantity int, c custody) error {
	switch x := rec.(type) {
	case *Team:
		return w.handTeam(ctx, x, c)
	case *Equipment:
		return w.handItem(x, c)
	case *Stock:
		return w.handStock(x, quantity, c)
	}
	return invalid("resource", RefOf(rec), "只能是队伍、装备或物资", "is a team, an item of equipment or a stock", string(KindTeam), string(KindEquipment), string(KindStock))
}

// handTeam puts a free team into the holder's pool.
func (w *work) handTeam(ctx context.Context, t *Team, c custody) error {
	if t.Holder != "" {
		return w.lent(ctx, t)
	}
	if err := w.fit(ctx, t, &Task{State: TaskAssigned}, ""); err != nil {
		return err
	}
	if open, err := w.openTasks(ctx, t.ID); err != nil || len(open) > 0 {
		if err == nil {
			err = w.taken(ctx, t, open[0])
		}
		return err
	}
	t.Holder = c.to
	if c.by.Kind == KindRequisition {
		t.Requisition = c.by.ID
	} else {
		t.Loan = c.by.ID
	}
	w.change.Take = append(w.change.Take, Use{RefOf(t), c.by})
	w.rescope(t, t.Scope.with(Share{Agency: c.to, Tier: TierAssist, Source: ShareLoan}))
	w.derive(t)
	return nil
}

// handItem hands an item over.
func (w *work) handItem(e *Equipment, c custody) error {
	if e.Condition != ConditionReady && e.Condition != ConditionWorn || e.Incident != "" || e.Holder != e.Scope.Agency {
		x := refuse(Conflict, "%s已在使用、在外或不可用", "%s is in use, with somebody else or not fit", e.Name)
		x.Field, x.Value, x.Current = "equipment", e.ID, e
		return x
	}
	e.Holder = c.to
	w.change.Take = append(w.change.Take, Use{RefOf(e), c.by})
	w.rescope(e, e.Scope.with(Share{Agency: c.to, Tier: TierAssist, Source: ShareLoan}))
	return w.put(e)
}

// handStock takes the quantity from the stock; the database refuses what is not
// there.
func (w *work) handStock(s *Stock, quantity int, c custody) error {
	if s.Available < quantity {
		e := refuse(Conflict, "%[1]s仅剩 %[2]d %[3]s", "only %[2]d %[3]s of %[1]s are left", s.Name, s.Available, s.Unit)
		e.Field, e.Value, e.Current = "quantity", quantity, s
		return e
	}
	s.Available -= quantity
	w.change.Moves = append(w.change.Moves, Move{s.ID, -quantity, c.incident})
	return w.put(s)
}

// lent is the refusal that names who has the team.
func (w *work) lent(ctx context.Context, t *Team) error {
	name := t.Holder
	if r, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindAgency, t.Holder}, nil); err == nil {
		name = r.(*Agency).Name
	}
	e := refuse(Conflict, "%s已借调给%s", "%s is on loan to %s", t.Name, name)
	e.Blockers = []Ref{{KindLoan, t.Loan}}
	if t.Requisition != "" {
		e = refuse(Conflict, "%s已被征用，由%s使用", "%s is requisitioned for %s", t.Name, name)
		e.Blockers = []Ref{{KindRequisition, t.Requisition}}
	}
	e.Field, e.Value, e.Current = "team", t.ID, t
	return e
}

// atWork refuses while the holder still has the resource at work.
func (w *work) atWork(ctx context.Context, rec Record) error {
	switch r := rec.(type) {
	case *Team:
		open, err := w.openTasks(ctx, r.ID)
		if err != nil || len(open) == 0 {
			return err
		}
		e := refuse(Blocked, "%s还有 %d 项未完成的任务", "%s has %d open tasks", r.Name, len(open))
		for _, t := range open {
			e.Blockers = append(e.Blockers, RefOf(t))
		}
		return e
	case *Equipment:
		if r.Incident != "" {
			e := refuse(Blocked, "%s仍在事件中使用", "%s is still in use", r.Name)
			e.Blockers = []Ref{{KindIncident, r.Incident}}
			return e
		}
	}
	return nil
}

// takeBack makes the resource its owner's again: an item in its condition, where
// that is told, and of a supply what is left of it.
func (w *work) takeBack(ctx context.Context, rec Record, left int, condition Condition, c custody) error {
	if err := w.atWork(ctx, rec); err != nil {
		return err
	}
	switch r := rec.(type) {
	case *Team:
		r.Holder, r.Loan, r.Requisition = "", "", ""
		w.change.Free = append(w.change.Free, Use{RefOf(r), c.by})
		w.rescope(r, r.Scope.without(c.to, ShareLoan))
		return w.settle(ctx, r)
	case *Equipment:
		r.Holder = r.Scope.Agency
		if condition != "" {
			r.Condition = condition
		}
		w.change.Free = append(w.change.Free, Use{RefOf(r), c.by})
		w.rescope(r, r.Scope.without(c.to, ShareLoan))
		return w.put(r)
	case *Stock:
		if left == 0 {
			return nil
		}
		r.Available += left
		w.change.Moves = append(w.change.Moves, Move{r.ID, left, c.incident})
		return w.put(r)
	}
	return nil
}
