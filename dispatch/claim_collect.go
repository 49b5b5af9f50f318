package dispatch

import (
	"context"
	"fmt"
	"slices"
)

// collectClaim makes a claim of what is back and not claimed yet.
func collectClaim(ctx context.Context, w *work, in *ClaimCollect) error {
	loans, err := w.claimable(ctx, in)
	if err != nil {
		return err
	}
	first := loans[0]
	asked, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindRequest, first.Request}, nil)
	if err != nil {
		return err
	}
	area, _, err := w.happened(ctx, first.Incident, asked.head().Scope.Area)
	if err != nil {
		return err
	}
	c := &Claim{Incident: first.Incident, Title: asked.(*Request).Title, Responsible: in.Responsible, Stamps: map[ClaimState]Stamp{}}
	// It lies where the incident does: those who coordinate there check it.
	scope := Scope{Agency: first.Owner, Area: area}
	id := w.newID()
	for _, l := range loans {
		c.Loans = append(c.Loans, l.ID)
		if !slices.Contains(c.Receivers, l.Receiver) {
			c.Receivers = append(c.Receivers, l.Receiver)
			scope = scope.with(Share{Agency: l.Receiver, Tier: TierAssist, Source: ShareLoan})
		}
		w.change.Take = append(w.change.Take, Use{RefOf(l), Ref{KindClaim, id}})
	}
	slices.Sort(c.Receivers)
	if err := firstError(w.known(ctx, "responsible.agency", c.Responsible), w.compute(ctx, c, loans, scope)); err != nil {
		return err
	}
	day := w.at.In(w.svc.cfg.Settings.Zone).Format("20060102")
	n, err := w.tx.NextNumber(ctx, w.actor.Realm, "C"+day)
	if err != nil {
		return err
	}
	c.Number = fmt.Sprintf("C%s-%04d", day, n)
	c.enter(ClaimCollected, w.stamp())
	return w.create(KindClaim, id, scope, c)
}

// happened is where the incident is and its grade. A neighbour's may not be known
// here: then it is where its request is.
func (w *work) happened(ctx context.Context, incident, area string) (string, Grade, error) {
	rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindIncident, incident}, nil)
	if CodeOf(err) == NotFound {
		return area, 0, nil
	}
	if err != nil {
		return "", 0, err
	}
	i := rec.(*Incident)
	return i.Scope.Area, i.Grade, nil
}

// known fills in the name of a party that is an agency of the house.
func (w *work) known(ctx context.Context, name string, p *Bearer) error {
	if p == nil || p.Agency == "" {
		return nil
	}
	a, err := w.agency(ctx, name, p.Agency)
	if err == nil {
		p.Name = a.Name
	}
	return err
}

// claimable are the loans that the input names, in order: ended, of one owner
// and one incident, and in no claim yet.
func (w *work) claimable(ctx context.Context, in *ClaimCollect) ([]*Loan, error) {
	if (in.Loan == "") == (in.Incident == "") {
		return nil, invalid("loan", in.Loan, "请指明一项借调或一个事件", "a claim is made of a loan or of an incident, one of the two", "an id")
	}
	if in.Loan != "" {
		rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindLoan, in.Loan}, w.audience())
		if err != nil {
			return nil, err
		}
		l := rec.(*Loan)
		if err := w.claims(l); err != nil {
			return nil, err
		}
		if !l.claimable() {
			e := illegal(KindLoan, string(l.State), string(LoanReturned), words(loanMoves[l.State]))
			e.Field, e.Value, e.Current = "loan", l.ID, l
			e.Message, e.MessageZH = "a loan is claimed when it is back, or was called off under way", "借调归还后（或途中取消后）才能申请补偿"
			return nil, e
		}
		claimed, err := w.claimed(ctx, l)
		if err == nil && claimed != nil {
			e := refuse(Conflict, "%s已列入补偿申请 %s", "%s is in claim %s already", l.Name, claimed.Number)
			e.Field, e.Value, e.Current, e.Blockers = "loan", l.ID, claimed, []Ref{RefOf(claimed)}
			return nil, e
		}
		return []*Loan{l}, err
	}
	recs, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindLoan, Incident: in.Incident, Agency: w.actor.Agency, Archived: true, Limit: -1})
	if err != nil {
		return nil, err
	}
	var out []*Loan
	for _, rec := range recs {
		l := rec.(*Loan)
		if !l.claimable() || len(out) == mostClaimLoans {
			continue
		}
		if claimed, err := w.claimed(ctx, l); err != nil {
			return nil, err
		} else if claimed == nil {
			out = append(out, l)
		}
	}
	if len(out) == 0 {
		return nil, invalid("incident", in.Incident, "该事件没有本单位可申请补偿的借调", "no loan of your agency for this incident is back and not claimed yet")
	}
	return out, nil
}

// claims passes for those who act for the owner of the loan.
func (w *work) claims(l *Loan) error {
	if err := w.cmd.mayAtAll(w.actor); err != nil {
		return err
	}
	if w.actor.Role != RoleSystem && w.actor.Agency != l.Owner {
		e := refuse(Forbidden, "由出借单位申请补偿", "the owner claims what it lent")
		e.Field, e.Value = "loan", l.ID
		return e
	}
	return nil
}

// claimable tells whether the loan is over and cost anything.
func (l *Loan) claimable() bool {
	return l.State == LoanReturned || l.State == LoanCancelled && l.reached(LoanInTransit)
}

// claimed is the claim that the loan is in; nil for none. The ledger keeps it so
// that it is in one only.
func (w *work) claimed(ctx context.Context, l *Loan) (*Claim, error) {
	recs, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindClaim, Incident: l.Incident, Agency: l.Owner, Archived: true, Limit: -1})
	for _, rec := range recs {
		if c := rec.(*Claim); !c.Waived && slices.Contains(c.Loans, l.ID) {
			return c, err
		}
	}
	return nil, err
}

// compute makes the lines from the record.
func (w *work) compute(ctx context.Context, c *Claim, loans []*Loan, scope Scope) error {
	services, err := w.services(ctx, loans)
	if err != nil {
		return err
	}
	rates, err := w.tariff(ctx, scope.Agency, scope.Area)
	if err != nil {
		return err
	}
	before := c.Lines
	c.Lines = []ClaimLine{}
	for _, s := range services {
		c.Lines = append(c.Lines, s.bill(rates, w.svc.cfg.Settings.Zone)...)
	}
	for n := range c.Lines {
		c.Lines[n].ID = fmt.Sprint(n + 1)
	}
	if lost := keepEdits(c.Lines, before); lost > 0 {
		w.change.Note = fmt.Sprintf("%d 行调整因对应行不再存在而取消", lost)
	}
	c.sum()
	return nil
}
