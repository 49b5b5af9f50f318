package dispatch

import (
	"context"
	"fmt"
	"time"
)

// orderRequisition takes something by a government's decision. From then on it is
// its owner's to give to nobody else.
func orderRequisition(ctx context.Context, w *work, in *RequisitionOrder) error {
	authority, err := w.authority(ctx)
	if err != nil {
		return err
	}
	refs := []Ref{{KindIncident, in.Incident}}
	what, err := in.resource()
	if err != nil {
		return err
	}
	if what != nil {
		refs = append(refs, *what)
	}
	recs, err := w.lock(ctx, refs...)
	if err != nil {
		return err
	}
	i := recs[0].(*Incident)
	if err := firstError(w.may(i), i.mustRun()); err != nil {
		return err
	}
	if !within(i.Scope.Area, w.actor.Jurisdiction) {
		return outside("incident", i.ID, w.actor.Jurisdiction)
	}
	q := &Requisition{Decision: in.Decision, Incident: i.ID, Authority: authority.ID, Type: in.Type, Resource: what, Name: in.Name, Description: in.Description,
		Quantity: max(in.Quantity, 1), Unit: firstWords(in.Unit, "件"), Owner: in.Owner, OwnerName: in.OwnerName, OwnerContact: in.OwnerContact,
		Receiver: in.Receiver, Purpose: in.Purpose, Place: i.Place, From: w.at, Until: in.Until, Value: in.Value, Stamps: map[RequisitionState]Stamp{}}
	if in.Quantity < 0 {
		return invalid("quantity", in.Quantity, "数量不能为负", "a quantity is not negative", "1 or more")
	}
	if in.Place != nil {
		q.Place = *in.Place
	}
	if in.From != nil {
		q.From = in.From.UTC().Truncate(time.Microsecond)
	}
	if err := w.later("until", in.Until); err != nil {
		return err
	}
	if what != nil {
		if err := w.describe(q, recs[1], in); err != nil {
			return err
		}
	} else if oneOf(in.Type, []RequisitionType{TakeTeam, TakeEquipment, TakeStock}) {
		return invalid("type", in.Type, "登记在册的请指明队伍、装备或物资", "name the team, the item or the stock itself", "team", "equipment", "stock")
	}
	if err := w.sides(ctx, q, i); err != nil {
		return err
	}
	id := w.newID()
	scope := Scope{Agency: q.Authority, Area: i.Scope.Area}.with(Share{Agency: q.Receiver, Tier: TierAssist, Source: ShareLoan})
	if q.Owner != "" {
		scope = scope.with(Share{Agency: q.Owner, Tier: TierView, Source: ShareLoan})
	}
	if what != nil && what.Kind == KindTeam {
		scope = scope.withTeam(what.ID)
	}
	w.change.Note = fmt.Sprintf("%s %s", q.Decision, q.Purpose)
	q.enter(RequisitionOrdered, w.stamp())
	if err := w.create(KindRequisition, id, scope, q); err != nil || what == nil {
		return err
	}
	return w.handOver(ctx, recs[1], q.Quantity, q.custody(id))
}

// authority is the actor's agency, where it may requisition: a government of a
// county or above (Emergency Response Law, article 12) with a jurisdiction.
func (w *work) authority(ctx context.Context) (*Agency, error) {
	rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindAgency, w.actor.Agency}, nil)
	if err != nil {
		return nil, err
	}
	a := rec.(*Agency)
	if a.Type != AgencyGovernment || a.Jurisdiction == "" || len(a.Jurisdiction) > 6 {
		return nil, refuse(Forbidden, "只有县级以上人民政府的主管单位可以决定征用", "only an agency of a government of a county or above, with its jurisdiction, decides a requisition")
	}
	return a, nil
}

func outside(name, value, jurisdiction string) error {
	e := refuse(Forbidden, "不在本级政府管辖范围（%s）内", "lies outside the jurisdiction %s", jurisdiction)
	e.Field, e.Value = name, value
	return e
}

// resource names what is in the register; nil for a described thing.
func (in *RequisitionOrder) resource() (*Ref, error) {
	var out []Ref
	for _, r := range []Ref{{KindTeam, in.Team}, {KindEquipment, in.Equipment}, {KindStock, in.Stock}} {
		if r.ID != "" {
			out = append(out, r)
		}
	}
	switch {
	case len(out) > 1:
		return nil, invalid(string(out[1].Kind), out[1].ID, "一次只能征用一项", "one thing at a time is requisitioned", "one of team, equipment, stock")
	case len(out) == 1:
		return &out[0], nil
	}
	return nil, nil
}

// describe tells of the registered resource what the register tells.
func (w *work) describe(q *Requisition, rec Record, in *RequisitionOrder) error {
	h := rec.head()
	if See(*w.audience(), RefOf(rec), h.Scope) == Hidden {
		return NotFoundError(RefOf(rec))
	}
	if !within(h.Scope.Area, w.actor.Jurisdiction) {
		return outside(string(h.Kind), h.ID, w.actor.Jurisdiction)
	}
	for name, given := range map[string]string{"type": string(in.Type), "name": in.Name, "unit": in.Unit, "owner": in.Owner, "owner_name": in.OwnerName} {
		if given != "" {
			return invalid(name, given, "登记在册的资源以登记为准，不需填写", "of a registered resource the register tells this: leave it out")
		}
	}
	q.Owner = h.Scope.Agency
	switch r := rec.(type) {
	case *Team:
		q.Type, q.Name, q.Unit = TakeTeam, r.Name, "支"
	case *Equipment:
		q.Type, q.Name, q.Unit = TakeEquipment, r.Name, "件"
	case *Stock:
		q.Type, q.Name, q.Unit = TakeStock, r.Name, r.Unit
	}
	if q.Type != TakeStock && q.Quantity != 1 {
		return invalid("quantity", in.Quantity, "队伍和装备逐项征用", "teams and items are taken one by one", "1")
	}
	return nil
}

// sides looks at owner and receiver: nobody requisitions from themselves.
func (w *work) sides(ctx context.Context, q *Requisition, i *Incident) error {
	if q.Receiver == "" {
		if q.Receiver = i.Scope.Agency; q.Receiver == q.Owner {
			q.Receiver = q.Authority
		}
	}
	if q.Owner == q.Authority {
		return invalid("owner", q.Owner, "本单位的资源直接调用即可", "an agency uses its own without an order")
	}
	if q.Owner == q.Receiver {
		return invalid("receiver", q.Receiver, "使用单位不能是被征用单位", "whose it is does not receive it")
	}
	for _, a := range []struct{ name, id string }{{"owner", q.Owner}, {"receiver", q.Receiver}} {
		if a.id == "" {
			continue
		}
		rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindAgency, a.id}, w.audience())
		if err != nil {
			return err
		}
		if a.id != q.Authority && a.id != i.Scope.Agency && !within(rec.head().Scope.Area, w.actor.Jurisdiction) {
			return outside(a.name, a.id, w.actor.Jurisdiction)
		}
	}
	return nil
}

func (q *Requisition) custody(id string) custody {
	return custody{q.Receiver, Ref{KindRequisition, id}, q.Incident}
}

// lockRequisition loads a requisition for update with what it took, nil for a
// thing in no register, and checks that the move is legal.
func (w *work) lockRequisition(ctx context.Context, id string, to RequisitionState) (*Requisition, Record, error) {
	if id == "" {
		return nil, nil, invalid("requisition", id, "缺少征用", "the requisition is missing", "an id")
	}
	rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindRequisition, id}, w.audience())
	if err != nil {
		return nil, nil, err
	}
	refs := []Ref{{KindRequisition, id}}
	if r := rec.(*Requisition).Resource; r != nil { // it never changes
		refs = append(refs, *r)
	}
	recs, err := w.lock(ctx, refs...)
	if err != nil {
		return nil, nil, err
	}
	q := recs[0].(*Requisition)
	if err := w.may(q); err != nil {
		return nil, nil, err
	}
	if to != "" && !oneOf(to, requisitionMoves[q.State]) {
		e := illegal(KindRequisition, string(q.State), string(to), words(requisitionMoves[q.State]))
		e.Current = q
		return nil, nil, e
	}
	if len(recs) == 1 {
		return q, nil, nil
	}
	return q, recs[1], nil
}

// needCondition asks for the condition of what can be worn: not of people, not
// of what is used up.
func (q *Requisition) needCondition(c Condition) error {
	if c == "" && q.Type != TakeTeam && q.Type != TakeStock && q.Type != TakeMaterial {
		return invalid("condition", c, "请写明状况", "the condition is missing", words(Conditions)...)
	}
	return nil
}

func takeRequisition(ctx context.Context, w *work, in *RequisitionTake) error {
	q, _, err := w.lockRequisition(ctx, in.Requisition, RequisitionTakenOver)
	if err != nil {
		return err
	}
	s, err := w.stampAt(in.EventTime)
	if err != nil {
		return err
	}
	if err := q.needCondition(in.Condition); err != nil {
		return err
	}
	q.TakenOver = &Handover{in.Condition, in.Note, in.GivenBy, firstWords(in.TakenBy, w.actor.Name)}
	if in.Value != 0 {
		q.Value = in.Value
	}
	q.enter(RequisitionTakenOver, s)
	return w.put(q)
}

func returnRequisition(ctx context.Context, w *work, in *RequisitionReturn) error {
	q, rec, err := w.lockRequisition(ctx, in.Requisition, RequisitionReturned)
	if err != nil {
		return err
	}
	s, err := w.stampAt(in.EventTime)
	if err != nil {
		return err
	}
	if err := q.needCondition(in.Condition); err != nil {
		return err
	}
	q.Returned = q.Quantity
	if in.Returned != nil {
		q.Returned = *in.Returned
	}
	if q.Returned < 0 || q.Returned > q.Quantity {
		return invalid("returned", q.Returned, fmt.Sprintf("返还数量应为 0 至 %d", q.Quantity), "what comes back is 0 to what was taken", fmt.Sprint("0 to ", q.Quantity))
	}
	if rec != nil && q.Type != TakeStock && q.Returned != q.Quantity {
		return invalid("returned", q.Returned, "灭失的装备按报废返还", "of an item that is lost, say that it is scrapped", "1")
	}
	if in.Loss == "" && (q.Returned < q.Quantity || in.Condition == ConditionBroken || in.Condition == ConditionScrapped) {
		return invalid("loss", "", "请写明耗用、损坏或灭失情况", "what was used up, damaged or lost is missing", "in a few words")
	}
	q.CameBack, q.Loss = &Handover{in.Condition, in.Note, firstWords(in.GivenBy, w.actor.Name), in.TakenBy}, in.Loss
	if rec != nil {
		if err := w.takeBack(ctx, rec, q.Returned, in.Condition, q.custody(q.ID)); err != nil {
			return err
		}
	}
	w.change.Note = in.Loss
	q.enter(RequisitionReturned, s)
	return w.put(q)
}

// cancelRequisition lets go what was not taken over.
func cancelRequisition(ctx context.Context, w *work, in *RequisitionEnd) error {
	if err := needReason(in.Reason); err != nil {
		return err
	}
	q, rec, err := w.lockRequisition(ctx, in.Requisition, RequisitionCancelled)
	if err != nil {
		return err
	}
	if err := w.decides(q); err != nil {
		return err
	}
	if rec != nil {
		if err := w.takeBack(ctx, rec, q.Quantity, "", q.custody(q.ID)); err != nil {
			return err
		}
	}
	q.Reason, w.change.Note = in.Reason, in.Reason
	q.enter(RequisitionCancelled, w.stamp())
	return w.put(q)
}

func extendRequisition(ctx context.Context, w *work, in *RequisitionExtend) error {
	if err := firstError(needReason(in.Reason), w.later("until", in.Until)); err != nil {
		return err
	}
	if in.Until == nil {
		return invalid("until", nil, "请填写延长至何时", "until when is missing", "a time")
	}
	q, _, err := w.lockRequisition(ctx, in.Requisition, "")
	if err != nil {
		return err
	}
	if err := w.decides(q); err != nil {
		return err
	}
	if !q.Open() {
		return illegal(KindRequisition, string(q.State), "extend", words(requisitionMoves[q.State]))
	}
	q.Until, w.change.Note = in.Until, in.Reason
	return w.put(q)
}

// decides passes for the government that ordered it, and those over it.
func (w *work) decides(q *Requisition) error {
	if rel := Relate(w.actor, w.at, RefOf(q), q.Scope); rel != Own && rel != Over && w.actor.Role != RoleSystem {
		return refuse(Forbidden, "由作出决定的机关操作", "this is for the authority that decided it to say")
	}
	return nil
}
