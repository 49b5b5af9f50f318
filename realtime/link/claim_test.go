package link_test

import (
	"testing"
	"time"

	"liandong/dispatch"
)

// A claim of what was lent is decided on by the neighbour that had it, whose payer is a name at its
// home; what is settled leaves both boards.
func TestClaimOverALink(t *testing.T) {
	t.Parallel()
	a, b := newHouse(t, "aaaa", "410100"), newHouse(t, "bbbb", "411000")
	join(a, b)
	l := lend(a, b, a.ask(a.open("液氯泄漏"), 1).ID, b.team("B1"))
	move := func(on *house, from, to dispatch.LoanState) {
		on.do(on.desk, "loan.advance", dispatch.LoanAdvance{Loan: l.ID, From: from, To: to})
		for _, h := range []*house{a, b} {
			until(h, l.ID, func(l *dispatch.Loan) bool { return l.State == to && (l.Origin == nil || l.Origin.Waiting == 0) })
		}
	}
	move(a, dispatch.LoanInTransit, dispatch.LoanOnLoan)
	move(a, dispatch.LoanOnLoan, dispatch.LoanReleasing)
	later := b.now().Add(30 * time.Second) // a loan that lasted for less than a second costs nothing
	b.do(b.desk, "loan.advance", dispatch.LoanAdvance{Loan: l.ID, From: dispatch.LoanReleasing, To: dispatch.LoanReturned, EventTime: &later})
	until(a, l.ID, func(l *dispatch.Loan) bool { return l.State == dispatch.LoanReturned })
	a.refused(a.desk, dispatch.Forbidden, "claim.collect", dispatch.ClaimCollect{Loan: l.ID})
	id := put[*dispatch.Claim](b, b.do(b.desk, "claim.collect", dispatch.ClaimCollect{Loan: l.ID})).ID
	fen := int64(1_234_56)
	b.do(b.desk, "claim.edit", dispatch.ClaimEdit{Claim: id, Line: "1", Amount: &fen, Reason: "按合同"})
	b.do(b.desk, "claim.submit", dispatch.ClaimSubmit{Claim: id})
	both := func(state dispatch.ClaimState) {
		t.Helper()
		for _, h := range []*house{a, b} {
			until(h, id, func(c *dispatch.Claim) bool { return c.State == state && (c.Origin == nil || c.Origin.Waiting == 0) })
		}
	}
	both(dispatch.ClaimSubmitted)
	m := dispatch.ClaimMove{Claim: id}
	b.refused(b.desk, dispatch.Forbidden, "claim.check", m)
	a.refused(a.desk, dispatch.Forbidden, "claim.recompute", m)
	a.do(a.desk, "claim.check", m)
	both(dispatch.ClaimChecked)
	a.do(a.desk, "claim.assign_payer", dispatch.ClaimPayer{Claim: id})
	both(dispatch.ClaimAssigned)
	for _, h := range []*house{a, b} {
		if c := until(h, id, func(*dispatch.Claim) bool { return true }); c.Payer.Name != "aaaa" || c.Payer.Rule != dispatch.PayerGovernment || c.Amount != fen {
			t.Errorf("%s: payer %+v, %d fen", h.name, c.Payer, c.Amount)
		}
	}
	a.refused(a.desk, dispatch.Forbidden, "claim.approve", m)
	a.do(a.chief, "claim.approve", m)
	both(dispatch.ClaimApproved)
	a.do(a.desk, "claim.pay", dispatch.ClaimPay{Claim: id, Reference: "财支 77"})
	both(dispatch.ClaimPaid)
	b.do(b.desk, "claim.close", m)
	a.await("the settled claim off the board", func() bool { return len(a.board(dispatch.KindClaim)) == 0 })
	if n := len(b.board(dispatch.KindClaim)) + len(a.board(dispatch.KindParcel)); n != 0 {
		t.Errorf("%d claims and parcels are left", n)
	}
}
