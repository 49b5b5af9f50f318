package dispatch

import (
	"context"
	"slices"
	"strings"
)

// claim loads a claim for update and, where to is not empty, checks that the move
// is legal; who may, says side.
func (w *work) claim(ctx context.Context, id string, to ClaimState, side func(*Claim) error) (*Claim, error) {
	c, err := lockOne[*Claim](ctx, w, KindClaim, id)
	if err != nil {
		return nil, err
	}
	if err := side(c); err != nil {
		return nil, err
	}
	if to != "" && !oneOf(to, claimMoves[c.State]) {
		e := illegal(KindClaim, string(c.State), string(to), words(claimMoves[c.State]))
		e.Current = c
		return nil, e
	}
	return c, nil
}

// claimant passes for the agency that claims.
func (w *work) claimant(c *Claim) error {
	if w.actor.Role != RoleSystem && w.actor.Agency != c.Scope.Agency {
		e := refuse(Forbidden, "由申请单位操作", "this is the claimant's to do")
		e.Field, e.Value = "claim", c.ID
		return e
	}
	return w.may(c)
}

// judge passes for the other side: those who had the loan, who pay, or who
// coordinate where it happened. Nobody judges their own agency's claim.
func (w *work) judge(c *Claim) error {
	if w.actor.Agency == c.Scope.Agency {
		e := refuse(Forbidden, "不能审批本单位的补偿申请", "nobody decides on a claim of their own agency")
		e.Field, e.Value = "claim", c.ID
		return e
	}
	return w.may(c)
}

// pays passes for the payer, and for those who coordinate where it happened; where
// the payer is no agency of the house, for those who had the loan.
func (w *work) pays(c *Claim) error {
	if err := w.judge(c); err != nil {
		return err
	}
	if c.Payer != nil && c.Payer.Agency != "" && c.Payer.Agency != w.actor.Agency && w.relate(c) == Assistant {
		e := refuse(Forbidden, "由支付方%s办理", "this is for the payer, %s", c.Payer.Name)
		e.Field, e.Value = "claim", c.ID
		return e
	}
	return nil
}

// openClaim loads a claim that its claimant may still change.
func (w *work) openClaim(ctx context.Context, id string) (*Claim, error) {
	c, err := w.claim(ctx, id, "", w.claimant)
	if err == nil && !c.mine() {
		e := illegal(KindClaim, string(c.State), string(ClaimCollected), words(claimMoves[c.State]))
		e.Current, e.Message, e.MessageZH = c, "a claim that was handed in is changed only after it was returned", "已申报的补偿申请须退回后才能修改"
		return nil, e
	}
	return c, err
}

func recomputeClaim(ctx context.Context, w *work, in *ClaimMove) error {
	c, err := w.openClaim(ctx, in.Claim)
	if err != nil {
		return err
	}
	var loans []*Loan
	for _, id := range c.Loans {
		rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindLoan, id}, nil)
		if err != nil {
			return err
		}
		loans = append(loans, rec.(*Loan))
	}
	if err := w.compute(ctx, c, loans, c.Scope); err != nil {
		return err
	}
	return w.put(c)
}

func editClaim(ctx context.Context, w *work, in *ClaimEdit) error {
	c, err := w.openClaim(ctx, in.Claim)
	if err != nil {
		return err
	}
	n, err := c.line(in.Line)
	if err != nil {
		return err
	}
	l := &c.Lines[n]
	l.Edited, l.Reason, l.Editor = nil, "", nil
	if in.Amount != nil {
		if err := firstError(checkAmount("amount", *in.Amount), needReason(in.Reason)); err != nil {
			return err
		}
		s := w.stamp()
		l.Edited, l.Reason, l.Editor = in.Amount, strings.TrimSpace(in.Reason), &s
	}
	w.change.Note = in.Reason
	c.sum()
	return w.put(c)
}

func submitClaim(ctx context.Context, w *work, in *ClaimSubmit) error {
	c, err := w.claim(ctx, in.Claim, ClaimSubmitted, w.claimant)
	if err != nil {
		return err
	}
	if len(c.Lines) == 0 {
		return invalid("lines", 0, "没有可申请的金额", "there is nothing to be paid for", "claim.recompute once there are rates")
	}
	for n, l := range c.Lines {
		if l.Rate == "" && l.Edited == nil {
			return invalid(field("lines", n)+".rate", l.Name, l.Name+"没有适用的费率，请登记费率后重新计算，或填写金额", l.Name+" has no rate: keep one and compute anew, or set the amount", "rate.save and claim.recompute, or claim.edit")
		}
	}
	if in.Responsible != nil {
		c.Responsible = in.Responsible
		if err := w.known(ctx, "responsible.agency", c.Responsible); err != nil {
			return err
		}
	}
	c.Reason = ""
	c.enter(ClaimSubmitted, w.stamp())
	return w.put(c)
}

func checkClaim(ctx context.Context, w *work, in *ClaimMove) error {
	c, err := w.claim(ctx, in.Claim, ClaimChecked, w.judge)
	if err != nil {
		return err
	}
	c.enter(ClaimChecked, w.stamp())
	w.change.Note = in.Reason
	return w.put(c)
}

// payerClaim lets the payer see the claim, and the one that was named before no
// more.
func payerClaim(ctx context.Context, w *work, in *ClaimPayer) error {
	c, err := w.claim(ctx, in.Claim, ClaimAssigned, w.judge)
	if err != nil {
		return err
	}
	p, err := w.payer(ctx, c, in)
	if err != nil {
		return err
	}
	to := c.Scope
	if old := c.Payer; old != nil && old.Agency != "" && !slices.Contains(c.Receivers, old.Agency) {
		to = to.without(old.Agency, ShareLoan)
	}
	if p.Agency != "" {
		to = to.with(Share{Agency: p.Agency, Tier: TierAssist, Source: ShareLoan})
	}
	c.Payer, w.change.Note = p, in.Reason
	c.enter(ClaimAssigned, w.stamp())
	if err := w.put(c); err != nil {
		return err
	}
	if c.Origin != nil {
		// There the payer is a name.
		in.Rule, in.Agency, in.Name = p.Rule, "", p.Name
		return nil
	}
	w.rescope(c, to)
	return nil
}

func approveClaim(ctx context.Context, w *work, in *ClaimMove) error {
	c, err := w.claim(ctx, in.Claim, ClaimApproved, w.pays)
	if err != nil {
		return err
	}
	c.enter(ClaimApproved, w.stamp())
	w.change.Note = in.Reason
	return w.put(c)
}

func returnClaim(ctx context.Context, w *work, in *ClaimMove) error {
	if err := needReason(in.Reason); err != nil {
		return err
	}
	c, err := w.claim(ctx, in.Claim, ClaimReturned, w.judge)
	if err != nil {
		return err
	}
	c.enter(ClaimReturned, w.stamp())
	c.Reason, w.change.Note = in.Reason, in.Reason
	return w.put(c)
}

func payClaim(ctx context.Context, w *work, in *ClaimPay) error {
	if err := checkText("reference", strings.TrimSpace(in.Reference), 1, 80); err != nil {
		return err
	}
	c, err := w.claim(ctx, in.Claim, ClaimPaid, w.pays)
	if err != nil {
		return err
	}
	c.Payment = strings.TrimSpace(in.Reference)
	c.enter(ClaimPaid, w.stamp())
	return w.put(c)
}

// closeClaim ends a claim: either side once it is paid, and the claimant, who
// gives it up, before it is decided. What was given up may be claimed anew.
func closeClaim(ctx context.Context, w *work, in *ClaimMove) error {
	c, err := w.claim(ctx, in.Claim, ClaimClosed, func(c *Claim) error {
		if c.mine() {
			return w.claimant(c)
		}
		return w.may(c)
	})
	if err != nil {
		return err
	}
	if c.mine() {
		if err := needReason(in.Reason); err != nil {
			return err
		}
		c.Waived = true
		for _, id := range c.Loans {
			w.change.Free = append(w.change.Free, Use{Ref{KindLoan, id}, Ref{KindClaim, c.ID}})
		}
	}
	c.Reason, w.change.Note = in.Reason, in.Reason
	c.enter(ClaimClosed, w.stamp())
	if err := w.put(c); err != nil {
		return err
	}
	w.drop(c)
	return nil
}
