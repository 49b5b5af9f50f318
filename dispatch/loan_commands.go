package dispatch

import (
	"context"
	"time"
)

// lending is a loan with all that moves with it, locked.
type lending struct {
	request  *Request
	offer    *Offer
	loan     *Loan
	resource Record
}

// lockLoan loads a loan for update with its request, offer and resource.
func (w *work) lockLoan(ctx context.Context, id string) (*lending, error) {
	if id == "" {
		return nil, invalid("loan", id, "缺少借调", "the loan is missing", "an id")
	}
	rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindLoan, id}, w.audience())
	if err != nil {
		return nil, err
	}
	l := rec.(*Loan) // these four never change
	recs, err := w.lock(ctx, Ref{KindRequest, l.Request}, Ref{KindOffer, l.Offer}, Ref{KindLoan, id}, l.Resource)
	if err != nil {
		return nil, err
	}
	return &lending{recs[0].(*Request), recs[1].(*Offer), recs[2].(*Loan), recs[3]}, nil
}

// mayOwn passes for those who act for the owner, and for the leader of the team.
func (w *work) mayOwn(x *lending) error {
	if w.relate(x.loan) == Assistant {
		return refuse(Forbidden, "由出借单位操作", "this is the owner's to say")
	}
	return w.may(x.loan)
}

// mayReceive passes for those who act for the receiver.
func (w *work) mayReceive(x *lending) error {
	if w.actor.Role == RoleSystem {
		return nil
	}
	if rel := w.relate(x.request); rel != Own && rel != Over || x.request.Origin != nil && w.actor.Role != RolePeer {
		return refuse(Forbidden, "由借用单位操作", "this is the receiver's to say")
	}
	return w.cmd.mayAtAll(w.actor)
}

func (x *lending) illegal(to LoanState) error {
	e := illegal(KindLoan, string(x.loan.State), string(to), words(loanMoves[x.loan.State]))
	e.Current = x.loan
	return e
}

func advanceLoan(ctx context.Context, w *work, in *LoanAdvance) error {
	x, err := w.lockLoan(ctx, in.Loan)
	if err != nil {
		return err
	}
	l := x.loan
	may := w.mayOwn
	if in.To == LoanOnLoan || in.To == LoanReleasing {
		may = w.mayReceive
	}
	if err := may(x); err != nil {
		return err
	}
	if in.From != l.State || in.To == LoanCancelled || !oneOf(in.To, loanMoves[l.State]) {
		return x.illegal(in.To)
	}
	s, err := w.stampAt(in.EventTime)
	if err != nil {
		return err
	}
	w.change.Note = in.Reason
	switch in.To {
	case LoanMobilising, LoanInTransit:
		if err := w.later("eta", in.ETA); err != nil {
			return err
		}
		if in.ETA != nil {
			l.ETA = in.ETA
		}
	case LoanOnLoan:
		if in.Condition != "" {
			l.HandedOver = in.Condition
		}
	case LoanReleasing:
		if err := w.atWork(ctx, x.resource); err != nil {
			return err
		}
		l.Ask, l.Reason = nil, firstWords(in.Reason, l.Reason)
	case LoanReturned:
		if err := w.giveBack(ctx, x, in); err != nil {
			return err
		}
	}
	if in.Condition != "" && !oneOf(in.Condition, Conditions) {
		return invalid("condition", in.Condition, "未知的状态", "unknown condition", words(Conditions)...)
	}
	l.enter(in.To, s)
	if err := w.put(l); err != nil {
		return err
	}
	return w.tally(ctx, x.request)
}

// giveBack makes the resource its owner's again.
func (w *work) giveBack(ctx context.Context, x *lending, in *LoanAdvance) error {
	l := x.loan
	switch l.Resource.Kind {
	case KindStock:
		if in.Returned < 0 || in.Returned > l.Quantity {
			return invalid("returned", in.Returned, "归还数量应为 0 至借出数量", "what comes back is 0 to what was lent", "0 to what was lent")
		}
		l.Returned = in.Returned
	case KindEquipment:
		if in.Condition != "" {
			l.CameBack = in.Condition
		}
	}
	return w.takeBack(ctx, x.resource, in.Returned, in.Condition, custody{l.Receiver, RefOf(l), l.Incident})
}

// cancelLoan takes back a loan that has not arrived, by either side.
func cancelLoan(ctx context.Context, w *work, in *LoanEnd) error {
	if err := needReason(in.Reason); err != nil {
		return err
	}
	x, err := w.lockLoan(ctx, in.Loan)
	if err != nil {
		return err
	}
	l := x.loan
	if w.mayOwn(x) != nil {
		if err := w.mayReceive(x); err != nil {
			return err
		}
	}
	if !oneOf(LoanCancelled, loanMoves[l.State]) {
		return x.illegal(LoanCancelled)
	}
	if err := w.giveBack(ctx, x, &LoanAdvance{Returned: l.Quantity}); err != nil {
		return err
	}
	l.Returned, l.Reason, w.change.Note = 0, in.Reason, in.Reason
	l.enter(LoanCancelled, w.stamp())
	if err := w.put(l); err != nil {
		return err
	}
	x.offer.Committed -= l.Quantity
	x.offer.Ordered -= l.Quantity
	if err := w.put(x.offer); err != nil {
		return err
	}
	return w.tally(ctx, x.request)
}

func askLoan(ctx context.Context, w *work, in *LoanAsk) error {
	if err := needReason(in.Reason); err != nil {
		return err
	}
	x, err := w.lockLoan(ctx, in.Loan)
	if err != nil {
		return err
	}
	switch in.Type {
	case AskExtend:
		err = firstError(w.mayReceive(x), w.later("until", in.Until))
		if err == nil && in.Until == nil {
			err = invalid("until", nil, "请填写续借至何时", "until when is missing", "a time")
		}
	case AskRecall:
		err = w.mayOwn(x)
	default:
		err = invalid("type", in.Type, "应为续借或召回", "is extend or recall", string(AskExtend), string(AskRecall))
	}
	if err != nil {
		return err
	}
	l := x.loan
	if l.State != LoanOnLoan {
		return x.illegal(LoanReleasing)
	}
	if l.Ask != nil && in.Type == AskExtend {
		e := refuse(Conflict, "还有一项询问待答复", "there is a question already that waits for its answer")
		e.Current = l
		return e
	}
	// A recall outweighs an extension that was asked: who needs their own back
	// has answered it.
	l.Ask = &Ask{Type: in.Type, Until: in.Until, Reason: in.Reason, Stamp: w.stamp()}
	if in.Type == AskRecall {
		l.Ask.Until = nil
	}
	w.change.Note = in.Reason
	return w.put(l)
}

func answerLoan(ctx context.Context, w *work, in *LoanAnswer) error {
	x, err := w.lockLoan(ctx, in.Loan)
	if err != nil {
		return err
	}
	l := x.loan
	if l.Ask == nil {
		return refuse(IllegalMove, "没有待答复的询问", "nothing is asked")
	}
	if !in.Agree {
		if err := needReason(in.Reason); err != nil {
			return err
		}
	}
	ask := *l.Ask
	w.change.Note = in.Reason
	if ask.Type == AskExtend {
		if err := firstError(w.mayOwn(x), w.later("until", in.Until)); err != nil {
			return err
		}
		if in.Agree {
			l.Back = firstTime(in.Until, ask.Until)
		}
		l.Ask = nil
		return w.put(l)
	}
	if err := w.mayReceive(x); err != nil {
		return err
	}
	l.Ask = nil
	if in.Agree {
		if err := w.atWork(ctx, x.resource); err != nil {
			return err
		}
		l.Reason = ask.Reason
		l.enter(LoanReleasing, w.stamp())
	}
	if err := w.put(l); err != nil {
		return err
	}
	return w.tally(ctx, x.request)
}

func firstTime(ts ...*time.Time) *time.Time {
	for _, t := range ts {
		if t != nil {
			return t
		}
	}
	return nil
}
