package dispatch

import (
	"context"
	"fmt"
	"slices"
	"time"

	"liandong/dispatch/vocabulary"
)

func raiseRequest(ctx context.Context, w *work, in *RequestRaise) error {
	if _, err := w.agreements(ctx, w.actor.Agency); err != nil {
		return err
	}
	i, err := w.askedFor(ctx, in)
	if err != nil {
		return err
	}
	r := &Request{Incident: i.ID, State: RequestDraft, Title: in.Title, Text: in.Text, Priority: in.Priority, Contact: in.Contact,
		Until: in.Until, Back: in.Back, Stamps: map[RequestState]Stamp{}, ReportTo: i.Place}
	for _, a := range in.To {
		if err := w.name(ctx, r, w.actor.Agency, a); err != nil {
			return err
		}
	}
	if in.ReportTo != nil {
		r.ReportTo = *in.ReportTo
	}
	if r.Priority == 0 {
		r.Priority = i.Priority
	}
	if r.Title == "" {
		r.Title = firstWords("支援：" + i.Title)
	}
	if err := w.later("until", in.Until); err != nil {
		return err
	}
	for n, a := range in.Lines {
		r.Lines = append(r.Lines, a.line(n+1))
	}
	if err := firstError(r.check(), r.known()); err != nil {
		return err
	}
	day := w.at.In(w.svc.cfg.Settings.Zone).Format("20060102")
	n, err := w.tx.NextNumber(ctx, w.actor.Realm, "Q"+day)
	if err != nil {
		return err
	}
	r.Number = fmt.Sprintf("Q%s-%04d", day, n)
	scope := Scope{Agency: w.actor.Agency, Area: i.Scope.Area}.with(Share{Agency: i.Scope.Agency, Tier: TierView, Source: ShareLoan})
	r.enter(RequestDraft, w.stamp())
	if !in.Draft {
		r.enter(RequestSubmitted, w.stamp())
	}
	if err := w.create(KindRequest, "", scope, r); err != nil {
		return err
	}
	if !in.Draft && w.actor.Role == RoleChief {
		return w.open(ctx, r)
	}
	return nil
}

// askedFor is the incident that the request is for: one that is there, or one
// that is opened with it.
func (w *work) askedFor(ctx context.Context, in *RequestRaise) (*Incident, error) {
	if in.Open == nil {
		return w.incident(ctx, in.Incident, "")
	}
	if in.Incident != "" {
		return nil, invalid("incident", in.Incident, "只能指定已有事件或新建事件之一", "an incident that is there or one to open, not both", "incident", "open")
	}
	if err := openIncident(ctx, w, in.Open); err != nil {
		return nil, err
	}
	for n := len(w.change.Puts) - 1; ; n-- {
		if i, ok := w.change.Puts[n].Record.(*Incident); ok {
			return i, nil
		}
	}
}

// line is the line as it is kept.
func (a LineAsk) line(n int) Line {
	l := Line{ID: fmt.Sprint(n), Capability: a.Capability, Item: a.Item, Unit: a.Unit, Min: a.Min, Max: a.Max, NeededBy: a.NeededBy, Text: a.Text}
	if l.Min == 0 {
		l.Min = 1
	}
	if l.Unit == "" {
		l.Unit = map[bool]string{true: "支", false: "件"}[l.Capability != ""]
	}
	return l
}

// known refuses a capability that is in no table: nobody could offer it.
func (r *Request) known() error {
	for n, l := range r.Lines {
		if l.Capability != "" && !slices.ContainsFunc(vocabulary.Capabilities, func(c vocabulary.Capability) bool { return c.Code == l.Capability }) {
			return invalid(field("lines", n)+".capability", l.Capability, "未知的能力代码", "unknown capability", "a code of the capability table")
		}
	}
	return nil
}

// later refuses a time that is over.
func (w *work) later(name string, t *time.Time) error {
	if t != nil && !t.After(w.at) {
		return invalid(name, t, "时间应晚于现在", "lies in the past", "a time later than "+w.at.Format(time.RFC3339))
	}
	return nil
}

// enter moves the request to a state and stamps it, once.
func (r *Request) enter(to RequestState, s Stamp) {
	r.State = to
	stampOnce(&r.Stamps, to, s)
}

// open lets others see the request, from the nearest ring on. The requester's
// row is locked.
func (w *work) open(ctx context.Context, r *Request) error {
	r.enter(RequestOpen, w.stamp())
	r.Reason = ""
	if len(r.Rings) == 0 && len(r.To) > 0 {
		return w.widenTo(ctx, r, RingOwn, w.actor.Name)
	}
	if len(r.Rings) == 0 {
		return w.widen(ctx, r, w.svc.cfg.Settings.firstRing(), w.actor.Name)
	}
	return w.widenTo(ctx, r, r.Ring, w.actor.Name)
}

// request loads a request for update and, where to is not empty, checks that
// the move is legal.
func (w *work) request(ctx context.Context, id string, to RequestState) (*Request, error) {
	r, err := lockOne[*Request](ctx, w, KindRequest, id)
	if err != nil {
		return nil, err
	}
	if err := w.may(r); err != nil {
		return nil, err
	}
	if to != "" && !oneOf(to, requestMoves[r.State]) {
		e := illegal(KindRequest, string(r.State), string(to), words(requestMoves[r.State]))
		e.Current = r
		return nil, e
	}
	return r, nil
}

func submitRequest(ctx context.Context, w *work, in *RequestMove) error {
	r, err := w.request(ctx, in.Request, RequestSubmitted)
	if err != nil {
		return err
	}
	r.enter(RequestSubmitted, w.stamp())
	return w.put(r)
}

func approveRequest(ctx context.Context, w *work, in *RequestMove) error {
	r, err := w.ownRequest(ctx, in.Request, RequestOpen)
	if err != nil {
		return err
	}
	if r.Until != nil && passed(r.Until, w.at) {
		return invalid("until", r.Until, "请求已逾期，请先修改期限", "the request has run out; give it more time first", "request.edit until")
	}
	return w.open(ctx, r)
}

func returnRequest(ctx context.Context, w *work, in *RequestMove) error {
	if err := needReason(in.Reason); err != nil {
		return err
	}
	r, err := w.request(ctx, in.Request, RequestReturned)
	if err != nil {
		return err
	}
	r.enter(RequestReturned, w.stamp())
	r.Reason, w.change.Note = in.Reason, in.Reason
	return w.put(r)
}

// closeRequest ends the search: what is committed goes on.
func closeRequest(ctx context.Context, w *work, in *RequestMove) error {
	return w.endRequest(ctx, in, RequestClosed)
}

// cancelRequest is refused while anything is lent for it.
func cancelRequest(ctx context.Context, w *work, in *RequestMove) error {
	if err := needReason(in.Reason); err != nil {
		return err
	}
	return w.endRequest(ctx, in, RequestCancelled)
}

func (w *work) endRequest(ctx context.Context, in *RequestMove, to RequestState) error {
	r, err := w.request(ctx, in.Request, to)
	if err != nil {
		return err
	}
	loans, err := w.loans(ctx, r.ID)
	if err != nil {
		return err
	}
	if to == RequestCancelled {
		var open []Ref
		for _, l := range loans {
			if l.Open() {
				open = append(open, RefOf(l))
			}
		}
		if len(open) > 0 {
			e := refuse(Blocked, "还有 %d 项借调未归还", "%d loans are not back yet", len(open))
			e.Blockers = open
			return e
		}
	}
	standing, err := w.offers(ctx, r.ID)
	if err != nil {
		return err
	}
	for _, o := range standing {
		if !o.Standing() || o.Origin != nil && o.Origin.Waiting > 0 {
			continue
		}
		if o.Origin != nil {
			if err := w.send(&OfferMove{Offer: o.ID, Reason: firstWords(in.Reason, "请求已结束")}, "offer.cancel", r.Scope, o); err != nil {
				return err
			}
			continue
		}
		o.Reason = firstWords(in.Reason, "请求已结束")
		o.enter(OfferCancelled, w.stamp())
		if err := w.put(o); err != nil {
			return err
		}
	}
	r.enter(to, w.stamp())
	r.Reason, r.WidenDue, r.Until, w.change.Note = in.Reason, nil, nil, in.Reason
	return w.tally(ctx, r)
}

func editRequest(ctx context.Context, w *work, in *RequestEdit) error {
	r, err := w.request(ctx, in.Request, "")
	if err != nil {
		return err
	}
	if r.State.Ended() {
		return illegal(KindRequest, string(r.State), "edit", nil)
	}
	assign(&r.Title, in.Title)
	assign(&r.Text, in.Text)
	assign(&r.Priority, in.Priority)
	assign(&r.Contact, in.Contact)
	assign(&r.ReportTo, in.ReportTo)
	if err := firstError(w.later("until", in.Until), w.later("back", in.Back)); err != nil {
		return err
	}
	if in.Until != nil {
		r.Until = in.Until
	}
	if in.Back != nil {
		r.Back = in.Back
	}
	if in.Lines != nil {
		if err := r.amend(*in.Lines); err != nil {
			return err
		}
	}
	if err := firstError(r.check(), r.known()); err != nil {
		return err
	}
	return w.put(r)
}

// amend gives the request other lines. What others have seen stays what it is.
func (r *Request) amend(asks []LineAsk) error {
	seen := r.State == RequestOpen || r.State == RequestExpired
	if seen && len(asks) < len(r.Lines) {
		return invalid("lines", len(asks), "已公布的行不能删除", "a line that others have seen is not taken away", fmt.Sprint(len(r.Lines), " lines or more"))
	}
	var lines []Line
	for n, a := range asks {
		l := a.line(n + 1)
		if seen && n < len(r.Lines) {
			was := r.Lines[n]
			if l.Capability != was.Capability || l.Item != was.Item || l.Unit != was.Unit {
				return invalid(field("lines", n), a, "已公布的行不能改为其他内容", "a line that others have seen asks for the same thing on")
			}
			if l.Max < was.Ordered {
				return invalid(field("lines", n)+".max", a.Max, fmt.Sprintf("已订 %d %s", was.Ordered, was.Unit), fmt.Sprintf("%d are ordered already", was.Ordered), fmt.Sprint(was.Ordered, " or more"))
			}
			l.Offered, l.Ordered, l.Committed, l.Moving, l.Arrived = was.Offered, was.Ordered, was.Committed, was.Moving, was.Arrived
		}
		lines = append(lines, l)
	}
	r.Lines = lines
	return nil
}

// offers are all of a request, as this change has them. Called under the
// request's lock.
func (w *work) offers(ctx context.Context, request string) ([]*Offer, error) {
	var out []*Offer
	err := w.each(ctx, KindOffer, request, func(r Record) {
		if o := r.(*Offer); o.Request == request {
			out = append(out, o)
		}
	})
	return out, err
}

// loans are all of a request, as this change has them. Called under the
// request's lock.
func (w *work) loans(ctx context.Context, request string) ([]*Loan, error) {
	var out []*Loan
	err := w.each(ctx, KindLoan, request, func(r Record) {
		if l := r.(*Loan); l.Request == request {
			out = append(out, l)
		}
	})
	return out, err
}

// each calls yield with the records of the kind that name the request, those of
// this change among them.
func (w *work) each(ctx context.Context, k Kind, request string, yield func(Record)) error {
	recs, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: k, Text: request, Limit: -1})
	if err != nil {
		return err
	}
	for _, r := range recs {
		yield(w.current(r))
	}
	for _, p := range w.change.Puts {
		if p.Before == nil && RefOf(p.Record).Kind == k {
			yield(p.Record)
		}
	}
	return nil
}

// tally derives what has become of each line from offers and loans.
func (w *work) tally(ctx context.Context, r *Request) error {
	if r.Origin != nil {
		return nil // its home counts
	}
	offers, err := w.offers(ctx, r.ID)
	if err != nil {
		return err
	}
	loans, err := w.loans(ctx, r.ID)
	if err != nil {
		return err
	}
	for n := range r.Lines {
		l := &r.Lines[n]
		l.Offered, l.Ordered, l.Committed, l.Moving, l.Arrived = 0, 0, 0, 0, 0
		for _, o := range offers {
			if o.Line != l.ID {
				continue
			}
			switch o.State {
			case OfferMade, OfferOrdered:
				l.Offered += o.Quantity
			case OfferCommitted:
				l.Offered += o.Committed
			}
			if o.State == OfferOrdered {
				l.Ordered += o.Ordered
			} else {
				l.Ordered += o.Committed
			}
		}
		for _, x := range loans {
			if x.Line != l.ID || x.State == LoanCancelled {
				continue
			}
			l.Committed += x.Quantity
			if x.reached(LoanInTransit) || x.reached(LoanOnLoan) {
				l.Moving += x.Quantity
			}
			if x.reached(LoanOnLoan) {
				l.Arrived += x.Quantity
			}
		}
	}
	w.derive(r)
	return r.check()
}

// missing tells whether the request still looks for anything.
func (r *Request) missing() bool {
	for _, l := range r.Lines {
		if l.Missing() > 0 {
			return true
		}
	}
	return false
}
