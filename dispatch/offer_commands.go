package dispatch

import (
	"context"
	"fmt"
	"time"
)

func makeOffer(ctx context.Context, w *work, in *OfferMake) error {
	r, err := lockOne[*Request](ctx, w, KindRequest, in.Request)
	if err != nil {
		return err
	}
	if err := w.may(r); err != nil {
		return err
	}
	if r.State != RequestOpen {
		return illegal(KindRequest, string(r.State), "offer", words(requestMoves[r.State]))
	}
	l := r.line(in.Line)
	if l == nil {
		return invalid("line", in.Line, "没有这一行", "there is no such line", lineIDs(r)...)
	}
	supplier, err := w.supplier(ctx, in.Agency)
	if err != nil {
		return err
	}
	if supplier.ID == r.Scope.Agency {
		return invalid("agency", supplier.ID, "本单位的力量直接派遣即可", "an agency sends its own without an offer")
	}
	if err := firstError(w.later("ready", in.Ready), w.later("back", in.Back)); err != nil {
		return err
	}
	o := &Offer{Request: r.ID, Line: l.ID, Incident: r.Incident, Type: in.Type, Quantity: in.Quantity, Conditions: in.Conditions, Ready: in.Ready,
		Back: in.Back, Text: in.Text, Reason: in.Reason, Stamps: map[OfferState]Stamp{}}
	switch {
	case in.Type == OfferDecline:
		o.Quantity = 0
		o.enter(OfferDeclined, w.stamp())
	case in.Quantity < 1:
		return invalid("quantity", in.Quantity, "请填写可支援的数量", "the quantity is missing", fmt.Sprint("1 to ", l.Max-l.Ordered))
	case in.Quantity > l.Max-l.Ordered:
		return invalid("quantity", in.Quantity, fmt.Sprintf("尚需 %d %s", l.Max-l.Ordered, l.Unit), fmt.Sprintf("only %d more are wanted", l.Max-l.Ordered), fmt.Sprint("1 to ", l.Max-l.Ordered))
	default:
		o.enter(OfferMade, w.stamp())
	}
	standing, err := w.offers(ctx, r.ID)
	if err != nil {
		return err
	}
	for _, x := range standing {
		if x.Line == l.ID && x.Scope.Agency == supplier.ID && x.Standing() {
			e := refuse(Conflict, "%s对该行已有响应，请先撤回", "%s has answered this line already; withdraw that first", supplier.Name)
			e.Field, e.Value, e.Current, e.Blockers = "line", l.ID, x, []Ref{RefOf(x)}
			return e
		}
	}
	scope := Scope{Agency: supplier.ID, Area: supplier.Scope.Area}.with(Share{Agency: r.Scope.Agency, Tier: TierView, Source: ShareLoan})
	if err := w.create(KindOffer, "", scope, o); err != nil {
		return err
	}
	return w.tally(ctx, r)
}

func lineIDs(r *Request) []string {
	out := make([]string, len(r.Lines))
	for n, l := range r.Lines {
		out[n] = l.ID
	}
	return out
}

// supplier is the agency that offers: the actor's own, or one whose home lies in
// the actor's jurisdiction.
func (w *work) supplier(ctx context.Context, id string) (*Agency, error) {
	if id == "" {
		id = w.actor.Agency
	}
	rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindAgency, id}, w.audience())
	if err != nil {
		return nil, err
	}
	a := rec.(*Agency)
	if id != w.actor.Agency && w.actor.Role != RoleSystem && !within(a.Scope.Area, w.actor.Jurisdiction) {
		e := refuse(Forbidden, "不能代表其他单位响应", "you do not answer for another agency")
		e.Field, e.Value = "agency", id
		return nil, e
	}
	return a, nil
}

// enter moves the offer to a state and stamps it, once.
func (o *Offer) enter(to OfferState, s Stamp) {
	o.State = to
	stampOnce(&o.Stamps, to, s)
}

// lockOffer loads an offer with its request for update, and checks that the move
// is legal.
func (w *work) lockOffer(ctx context.Context, id string, to OfferState, more ...Ref) (*Request, *Offer, []Record, error) {
	if id == "" {
		return nil, nil, nil, invalid("offer", id, "缺少响应", "the offer is missing", "an id")
	}
	rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindOffer, id}, w.audience())
	if err != nil {
		return nil, nil, nil, err
	}
	recs, err := w.lock(ctx, append([]Ref{{KindRequest, rec.(*Offer).Request}, {KindOffer, id}}, more...)...)
	if err != nil {
		return nil, nil, nil, err
	}
	r, o := recs[0].(*Request), recs[1].(*Offer)
	if !oneOf(to, offerMoves[o.State]) {
		e := illegal(KindOffer, string(o.State), string(to), words(offerMoves[o.State]))
		e.Current = o
		return nil, nil, nil, e
	}
	return r, o, recs[2:], nil
}

// withdrawOffer takes back what is not ordered yet.
func withdrawOffer(ctx context.Context, w *work, in *OfferMove) error {
	return w.dropOffer(ctx, in, OfferWithdrawn, func(_ *Request, o *Offer) error { return w.may(o) })
}

// refuseOffer is the supplier's no to an order.
func refuseOffer(ctx context.Context, w *work, in *OfferMove) error {
	return w.dropOffer(ctx, in, OfferRefused, func(_ *Request, o *Offer) error {
		if o.Committed > 0 {
			return refuse(IllegalMove, "已承诺 %d，余下部分请用“承诺完毕”结束", "%d are committed already; end the rest with offer.commit", o.Committed)
		}
		return w.may(o)
	})
}

// cancelOffer is the requester's no to what was offered, or to what it ordered
// and is not committed yet; what is committed goes on.
func cancelOffer(ctx context.Context, w *work, in *OfferMove) error {
	return w.dropOffer(ctx, in, OfferCancelled, func(r *Request, _ *Offer) error { return w.mayOrder(r) })
}

func (w *work) dropOffer(ctx context.Context, in *OfferMove, to OfferState, may func(*Request, *Offer) error) error {
	if err := needReason(in.Reason); err != nil {
		return err
	}
	r, o, _, err := w.lockOffer(ctx, in.Offer, to)
	if err != nil {
		return err
	}
	if err := may(r, o); err != nil {
		return err
	}
	o.enter(to, w.stamp())
	o.Reason, w.change.Note = in.Reason, in.Reason
	if err := w.put(o); err != nil {
		return err
	}
	return w.tally(ctx, r)
}

// mayOrder passes for those who act for the requester.
func (w *work) mayOrder(r *Request) error {
	if err := w.may(r); err != nil {
		return err
	}
	if w.relate(r) == Assistant || r.Origin != nil && w.actor.Role != RolePeer {
		return refuse(Forbidden, "由请求单位订用或取消", "the requester orders and cancels")
	}
	return nil
}

// orderOffer takes an offer up, and with it the conditions of a provisional one.
func orderOffer(ctx context.Context, w *work, in *OfferOrder) error {
	r, o, _, err := w.lockOffer(ctx, in.Offer, OfferOrdered)
	if err != nil {
		return err
	}
	if err := w.mayOrder(r); err != nil {
		return err
	}
	l := r.line(o.Line)
	most := o.Quantity
	if r.Origin == nil { // else its home has looked at it, and has counted this order already
		if r.State != RequestOpen {
			return illegal(KindRequest, string(r.State), "order", words(requestMoves[r.State]))
		}
		most = min(most, l.Max-l.Ordered)
	}
	want := in.Quantity
	if want == 0 {
		want = most
	}
	if want < 1 || want > most {
		return invalid("quantity", in.Quantity, fmt.Sprintf("最多可订 %d %s", most, l.Unit), fmt.Sprintf("at most %d can be ordered", most), fmt.Sprint("1 to ", most))
	}
	o.Ordered = want
	o.enter(OfferOrdered, w.stamp())
	if err := w.put(o); err != nil {
		return err
	}
	return w.tally(ctx, r)
}

// commitOffer names what is lent. All of it is the receiver's from then on, or
// none of it.
func commitOffer(ctx context.Context, w *work, in *OfferCommit) error {
	if len(in.Bring) > 50 {
		return invalid("bring", len(in.Bring), "一次最多 50 项外来资源", "at most 50 resources from abroad at once")
	}
	if len(in.Teams) > 50 || len(in.Equipment) > 200 {
		return invalid("teams", len(in.Teams), "一次最多 50 支队伍、200 件装备", "at most 50 teams and 200 items at once")
	}
	var refs []Ref
	for _, t := range in.Teams {
		refs = append(refs, Ref{KindTeam, t})
	}
	for _, e := range in.Equipment {
		refs = append(refs, Ref{KindEquipment, e})
	}
	if in.Stock != "" {
		refs = append(refs, Ref{KindStock, in.Stock})
	}
	r, o, lent, err := w.lockOffer(ctx, in.Offer, OfferCommitted, refs...)
	if err != nil {
		return err
	}
	if err := firstError(w.may(o), w.later("eta", in.ETA)); err != nil {
		return err
	}
	l := r.line(o.Line)
	n := len(in.Teams) + len(in.Equipment)
	if in.Stock != "" {
		if in.Quantity < 1 {
			return invalid("quantity", in.Quantity, "请填写数量", "the quantity is missing", fmt.Sprint("1 to ", o.Ordered-o.Committed))
		}
		n += in.Quantity
	}
	for k := range in.Bring {
		b := &in.Bring[k]
		if b.Quantity == 0 {
			b.Quantity = 1
		}
		if b.Quantity < 1 || b.Type != KindStock && b.Quantity != 1 {
			return invalid(field("bring", k)+".quantity", b.Quantity, "队伍和装备逐项写明，物资写明数量", "teams and items are named one by one, a supply by its quantity", "1")
		}
		n += b.Quantity
	}
	if left := o.Ordered - o.Committed; n < 1 || n > left {
		return invalid("quantity", n, fmt.Sprintf("已订未承诺 %d %s", left, l.Unit), fmt.Sprintf("%d are ordered and not committed", left), fmt.Sprint("1 to ", left))
	}
	for k, rec := range lent {
		if err := w.lend(ctx, r, o, l, rec, in, field("resource", k)); err != nil {
			return err
		}
	}
	for k, b := range in.Bring {
		owner, err := w.region(ctx, o.Scope.Agency)
		if err != nil {
			return err
		}
		rec, err := w.bring(ctx, b, l, owner)
		if err != nil {
			return err
		}
		one := *in
		one.Quantity = b.Quantity
		if err := w.lend(ctx, r, o, l, rec, &one, field("bring", k)); err != nil {
			return err
		}
	}
	if o.Committed += n; o.Committed == o.Ordered {
		o.enter(OfferCommitted, w.stamp())
	}
	if err := w.put(o); err != nil {
		return err
	}
	return w.tally(ctx, r)
}

// region is the neighbouring region that the agency is: it alone has what is in no
// register here.
func (w *work) region(ctx context.Context, id string) (*Agency, error) {
	rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindAgency, id}, nil)
	if err != nil {
		return nil, err
	}
	a := rec.(*Agency)
	if a.Type != AgencyNeighbour {
		return nil, invalid("bring", id, "只有相邻地区的资源可以不经登记带入", "only a neighbouring region brings what is in no register", string(AgencyNeighbour))
	}
	return a, nil
}

// lend makes the loan of one resource, and the resource the receiver's.
func (w *work) lend(ctx context.Context, r *Request, o *Offer, line *Line, rec Record, in *OfferCommit, name string) error {
	if w.sees(rec) == Hidden {
		return NotFoundError(RefOf(rec))
	}
	if rec.head().Scope.Agency != o.Scope.Agency {
		return invalid(name, rec.head().ID, "不属于响应单位", "does not belong to the agency that offers")
	}
	l := &Loan{Request: r.ID, Line: line.ID, Offer: o.ID, Incident: r.Incident, Owner: o.Scope.Agency, Receiver: r.Scope.Agency, Resource: RefOf(rec),
		Quantity: 1, Unit: line.Unit, ReportTo: r.ReportTo, Contact: r.Contact, ETA: in.ETA, Back: firstTime(o.Back, r.Back), Stamps: map[LoanState]Stamp{}}
	scope := Scope{Agency: l.Owner, Area: o.Scope.Area}.with(Share{Agency: l.Receiver, Tier: TierAssist, Source: ShareLoan})
	id := w.newID()
	switch x := rec.(type) {
	case *Team:
		l.Name, scope = x.Name, scope.withTeam(x.ID)
	case *Equipment:
		l.Name, l.HandedOver = x.Name, x.Condition
	case *Stock:
		l.Name, l.Quantity, l.Unit = x.Name, in.Quantity, x.Unit
	}
	if err := line.suits(rec, w.at); err != nil {
		return err
	}
	if err := w.handOver(ctx, rec, l.Quantity, custody{l.Receiver, Ref{KindLoan, id}, l.Incident}); err != nil {
		return err
	}
	l.enter(LoanCommitted, w.stamp())
	return w.create(KindLoan, id, scope, l)
}

// suits refuses a resource that is not what the line asks for.
func (l *Line) suits(rec Record, at time.Time) error {
	switch x := rec.(type) {
	case *Team:
		if l.Capability == "" || !x.Has(l.Capability, at) {
			return invalid("teams", x.ID, x.Name+"不具备所需能力", x.Name+" cannot do what is asked for", l.Capability+l.Item)
		}
	case *Equipment:
		if l.Item != x.Type && !(l.Capability != "" && hasCapability(x.Capabilities, l.Capability, at)) {
			return invalid("equipment", x.ID, x.Name+"不是所需的装备", x.Name+" is not what is asked for", l.Item+l.Capability)
		}
	case *Stock:
		switch {
		case l.Item != x.Type:
			return invalid("stock", x.ID, x.Name+"不是所需的物资", x.Name+" is not what is asked for", l.Item)
		case l.Unit != x.Unit:
			return invalid("stock", x.ID, "计量单位不同："+x.Unit, "it is counted in "+x.Unit, l.Unit)
		}
	}
	return nil
}
