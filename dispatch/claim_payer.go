package dispatch

import (
	"context"
)

// divisionOf is how many digits of the division code name the government that
// leads at a grade: 特别重大 and 重大 the province, 较大 the city, 一般 the county
// (国家突发事件总体应急预案 3.3.3; Emergency Response Law articles 17 and 18).
func divisionOf(g Grade) int {
	switch g {
	case 1, 2:
		return 2
	case 3:
		return 4
	}
	return 6
}

// governmentOf is the coordinating agency that pays for help in the area where
// nobody responsible does: the one of the division that leads at the grade, else
// the next one above it, else the next one below; never the claimant itself. nil
// where there is none.
func governmentOf(area string, g Grade, claimant string, agencies []*Agency) *Agency {
	var best *Agency
	want := divisionOf(g)
	// away orders by how far a division is from the one wanted, those above first.
	away := func(a *Agency) int {
		if d := want - len(a.Jurisdiction); d >= 0 {
			return d
		} else {
			return 100 - d
		}
	}
	for _, a := range agencies {
		if a.Type != AgencyGovernment || a.ID == claimant || !within(area, a.Jurisdiction) {
			continue
		}
		if best == nil || away(a) < away(best) || away(a) == away(best) && a.ID < best.ID {
			best = a
		}
	}
	return best
}

// payer is who pays by the input, and where that names nobody, by the rule.
func (w *work) payer(ctx context.Context, c *Claim, in *ClaimPayer) (*Payer, error) {
	p := &Payer{Bearer: Bearer{Agency: in.Agency, Name: in.Name}, Rule: in.Rule, Text: in.Reason}
	named := in.Agency != "" || in.Name != ""
	if p.Rule == "" {
		p.Rule = PayerGovernment
		if named || c.Responsible != nil {
			p.Rule = PayerResponsible
		}
	}
	switch {
	case !oneOf(p.Rule, PayerRules):
		return nil, invalid("rule", p.Rule, "未知的支付规则", "unknown rule", words(PayerRules)...)
	case p.Rule == PayerAgreement && !named:
		return nil, invalid("agency", "", "请写明协议约定的支付方", "the payer after the agreement is missing", "an agency or a name")
	case p.Rule == PayerAgreement:
		if err := needReason(in.Reason); err != nil {
			return nil, invalid("reason", in.Reason, "请写明依据哪份协议", "say which agreement", "its name and number")
		}
	case p.Rule == PayerResponsible && !named:
		if c.Responsible == nil {
			return nil, invalid("name", "", "未写明责任单位", "no responsible party is named", "an agency or a name, or the rule government")
		}
		p.Bearer = *c.Responsible
	case p.Rule == PayerGovernment && !named:
		g, err := w.government(ctx, c)
		if err != nil {
			return nil, err
		}
		p.Agency = g.ID
	}
	if p.Agency == "" {
		if p.Rule == PayerGovernment && w.actor.Role != RolePeer { // a neighbour's agencies are no agencies here
			return nil, invalid("agency", "", "政府支付须指明单位", "a government payer is an agency of this house", "an agency")
		}
		return p, nil
	}
	a, err := w.agency(ctx, "agency", p.Agency)
	if err != nil {
		return nil, err
	}
	switch {
	case a.ID == c.Scope.Agency:
		return nil, invalid("agency", a.ID, "申请单位不能向自己支付", "the claimant does not pay itself")
	case p.Rule == PayerGovernment && a.Type != AgencyGovernment:
		return nil, invalid("agency", a.ID, a.Name+"不是政府部门", a.Name+" is no government agency")
	}
	p.Name = a.Name
	return p, nil
}

// government is the payer by the place and the grade of the incident.
func (w *work) government(ctx context.Context, c *Claim) (*Agency, error) {
	area, grade, err := w.happened(ctx, c.Incident, c.Scope.Area)
	if err != nil {
		return nil, err
	}
	recs, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindAgency, Limit: -1})
	if err != nil {
		return nil, err
	}
	agencies := make([]*Agency, len(recs))
	for n, r := range recs {
		agencies[n] = r.(*Agency)
	}
	g := governmentOf(area, grade, c.Scope.Agency, agencies)
	if g == nil {
		return nil, invalid("agency", area, "事发地没有可支付的统筹单位，请指明支付方", "no coordinating agency other than the claimant covers the place: name the payer", "an agency or a name")
	}
	return g, nil
}

// agency reads an agency that the actor names in a field.
func (w *work) agency(ctx context.Context, name, id string) (*Agency, error) {
	rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindAgency, id}, w.audience())
	if CodeOf(err) == NotFound {
		return nil, invalid(name, id, "没有这个单位", "there is no such agency", "the id of an agency")
	}
	if err != nil {
		return nil, err
	}
	return rec.(*Agency), nil
}

// claim fits a neighbour's claim in: who had its loans here decides on it. Its
// agencies are known here by their names only, and its journal not at all.
func (h *hearing) claim(ctx context.Context, c *Claim) error {
	c.Receivers = nil
	for _, id := range c.Loans[:min(len(c.Loans), mostClaimLoans)] {
		to := h.link.Scope.Agency
		rec, err := h.tx.Get(ctx, h.actor.Realm, Ref{KindLoan, id}, nil)
		if err != nil && CodeOf(err) != NotFound {
			return err
		}
		if l, ok := rec.(*Loan); ok && l.Origin != nil && l.Origin.Link == h.link.ID {
			to = l.Receiver
		}
		if !oneOf(to, c.Receivers) {
			c.Receivers = append(c.Receivers, to)
			c.Scope = c.Scope.with(Share{Agency: to, Tier: TierAssist, Source: ShareLoan})
		}
	}
	if c.Payer != nil {
		c.Payer.Agency = ""
	}
	if c.Responsible != nil {
		c.Responsible.Agency = ""
	}
	return nil
}
