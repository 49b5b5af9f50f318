package dispatch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"liandong/dispatch"
)

// rate keeps a rate of the bureau, whose jurisdiction is the city.
func (c *aidTown) rate(typ dispatch.RateType, subject, unit string, fen int64, from, to dispatch.Day) *dispatch.Rate {
	c.t.Helper()
	return put[*dispatch.Rate](c.town, c.do(c.admin, "rate.save", dispatch.RateSave{Type: typ, Subject: subject, Unit: unit, Amount: fen, From: from, To: to, Source: "测试标准〔2026〕1号"}))
}

// lent walks one loan from the request to the arrival and returns it.
func (c *aidTown) lent(by dispatch.Actor, line dispatch.LineAsk, quantity int, what dispatch.OfferCommit) *dispatch.Loan {
	c.t.Helper()
	r := c.raise(line)
	c.do(c.fireDesk, "request.widen", dispatch.RequestWiden{Request: r.ID, Ring: dispatch.RingProvince})
	o := c.offer(by, r, "1", quantity)
	c.do(c.fireDesk, "offer.order", dispatch.OfferOrder{Offer: o.ID})
	what.Offer = o.ID
	return loansOf(c.do(by, "offer.commit", what))[0]
}

func (c *aidTown) move(by dispatch.Actor, id string, to dispatch.LoanState, more dispatch.LoanAdvance) {
	c.t.Helper()
	more.Loan, more.From, more.To = id, c.loan(id).State, to
	c.do(by, "loan.advance", more)
}

// until sets the clock.
func (c *town) until(clock string) {
	c.t.Helper()
	at, err := time.Parse("2006-01-02 15:04:05", clock)
	if err != nil || at.Before(c.clock()) {
		c.t.Fatalf("the clock does not go to %s: %v", clock, err)
	}
	c.pass(at.Sub(c.clock()))
}

func (c *aidTown) claim(id string) *dispatch.Claim {
	return get[*dispatch.Claim](c.town, dispatch.KindClaim, id)
}

// A hazmat team is away over a midnight on which its rate changes, breathing
// sets are used up, a fan comes back broken: what each of them costs was
// recomputed by hand, line by line.
func TestStoryOfAClaim(t *testing.T) {
	t.Parallel()
	c := newAidTown(t)
	sys := dispatch.System(dispatch.Live)
	c.rate(dispatch.RateTeam, "fire", "", 300_00, "2026-01-01", "2026-11-23")
	next := c.rate(dispatch.RateTeam, "fire", "", 360_00, "2026-11-24", "")
	c.rate(dispatch.RateTeam, "", "", 999_00, "2026-01-01", "") // for all others
	c.rate(dispatch.RateCrew, "fire", "", 45_50, "2026-01-01", "2026-12-31")
	c.rate(dispatch.RateScene, "fire", "", 120_05, "2026-01-01", "")
	c.rate(dispatch.RateMeal, "", "", 80_00, "2026-01-01", "")
	c.rate(dispatch.RateTransport, "fire", "", 6_30, "2026-01-01", "")
	c.rate(dispatch.RateSupply, "scba", "套", 1_234_56, "2026-01-01", "")
	c.rate(dispatch.RateEquipment, "fan", "day", 150_00, "2026-01-01", "")
	c.rate(dispatch.RateRepair, "fan", "", 850_00, "2026-01-01", "")
	c.rate(dispatch.RateWear, "fan", "", 200_00, "2026-01-01", "")

	team := c.team("hz1", c.neighbour, "410400", "hazmat")
	sets := c.id(c.do(sys, "stock.save", dispatch.StockSave{Agency: c.neighbour, Area: "410400", Name: "空气呼吸器", Type: "scba", Unit: "套"}))
	c.do(sys, "stock.receive", dispatch.StockMove{Stock: sets, Quantity: 20})
	fan := c.id(c.do(sys, "equipment.save", dispatch.EquipmentSave{Agency: c.neighbour, Area: "410400", Name: "排烟机", Type: "fan", Condition: dispatch.ConditionReady}))
	// 16:00 local time, Shanghai; the midnight is at 16:00 UTC.
	a := c.lent(c.neighbourDesk, dispatch.LineAsk{Capability: "hazmat", Max: 1}, 1, dispatch.OfferCommit{Teams: []string{team}})
	b := c.lent(c.neighbourDesk, dispatch.LineAsk{Item: "scba", Unit: "套", Max: 15}, 15, dispatch.OfferCommit{Stock: sets, Quantity: 15})
	f := c.lent(c.neighbourDesk, dispatch.LineAsk{Item: "fan", Max: 1}, 1, dispatch.OfferCommit{Equipment: []string{fan}})
	c.until("2026-11-23 14:20:10")
	c.move(c.neighbourDesk, a.ID, dispatch.LoanInTransit, dispatch.LoanAdvance{})
	c.until("2026-11-23 15:05:10")
	for _, l := range []*dispatch.Loan{a, b, f} {
		c.move(c.fireDesk, l.ID, dispatch.LoanOnLoan, dispatch.LoanAdvance{})
	}
	task := c.assign(c.fireDesk, c.incident.ID, "hz1")
	c.advance("hz1", task.ID, "en_route", "on_scene") // on scene from 15:06:10
	if e := c.refused(c.neighbourDesk, dispatch.IllegalMove, "claim.collect", dispatch.ClaimCollect{Loan: a.ID}); e.Field != "loan" {
		t.Errorf("a loan that is not back was claimed: %+v", e)
	}
	c.until("2026-11-23 17:37:10")
	c.advance("hz1", task.ID, "returning", "done")
	for _, l := range []*dispatch.Loan{a, b, f} {
		c.move(c.fireDesk, l.ID, dispatch.LoanReleasing, dispatch.LoanAdvance{})
	}
	c.until("2026-11-23 18:40:00")
	c.move(c.neighbourDesk, a.ID, dispatch.LoanReturned, dispatch.LoanAdvance{})
	c.move(c.neighbourDesk, b.ID, dispatch.LoanReturned, dispatch.LoanAdvance{Returned: 9})
	c.move(c.neighbourDesk, f.ID, dispatch.LoanReturned, dispatch.LoanAdvance{Condition: dispatch.ConditionBroken})

	claim := put[*dispatch.Claim](c.town, c.do(c.neighbourDesk, "claim.collect", dispatch.ClaimCollect{Incident: c.incident.ID}))
	// By hand. Away 14:20:10 to 18:40:00 UTC, 15,590 s: 5,990 s before the midnight
	// and 9,600 s after it. On scene 15:06:10 to 17:37:10, 9,060 s. A crew of six.
	// Two calendar days. The way: 5,689 m in a straight line × 1.35 = 7,680 m, twice.
	want := []struct {
		loan     string
		typ      dispatch.RateType
		quantity int64
		price    int64
		fen      int64
	}{
		{a.ID, "team", 5_990, 300_00, 499_17},       // 5990 × 30000 / 3600 = 49,916.67
		{a.ID, "team", 9_600, 360_00, 960_00},       // 9600 × 36000 / 3600 = 96,000
		{a.ID, "crew", 93_540, 45_50, 1_182_24},     // 6 × 15590 × 4550 / 3600 = 118,224.17
		{a.ID, "scene", 9_060, 120_05, 302_13},      // 9060 × 12005 / 3600 = 30,212.58
		{a.ID, "meal", 12, 80_00, 960_00},           // 2 days × 6
		{a.ID, "transport", 2 * 7_680, 6_30, 96_77}, // 15.360 km × 630 = 9,676.8
		{b.ID, "supply", 6, 1_234_56, 7_407_36},     // 15 lent, 9 back
		{f.ID, "equipment", 1, 150_00, 150_00},      // one day begun
		{f.ID, "repair", 1, 850_00, 850_00},         // ready, came back broken
	}
	got := map[string][]dispatch.ClaimLine{}
	for _, l := range claim.Lines {
		got[l.Loan] = append(got[l.Loan], l)
	}
	sum, seen := int64(0), map[string]int{}
	for _, w := range want {
		n := seen[w.loan]
		seen[w.loan]++
		if n >= len(got[w.loan]) {
			t.Fatalf("no line for %s of %s", w.typ, w.loan)
		}
		l := got[w.loan][n]
		if l.Type != w.typ || l.Quantity != w.quantity || l.Price != w.price || l.Computed != w.fen || l.Rate == "" {
			t.Errorf("%s: quantity %d at %d is %d fen; by hand %s %d at %d, %d fen", l.Type, l.Quantity, l.Price, l.Computed, w.typ, w.quantity, w.price, w.fen)
		}
		sum += w.fen
	}
	if len(claim.Lines) != len(want) || claim.Computed != sum || claim.Amount != sum || sum != 12_407_67 {
		t.Errorf("%d lines, %d fen, %d claimed; by hand %d lines, %d fen", len(claim.Lines), claim.Computed, claim.Amount, len(want), sum)
	}
	if claim.Number != "C20261124-0001" || claim.State != dispatch.ClaimCollected || !slices.Equal(claim.Receivers, []string{c.fire}) {
		t.Errorf("claim %+v", claim)
	}
	c.restsOnJournal(claim)

	// Nothing is claimed twice, one by one or by the incident.
	if e := c.refused(c.neighbourDesk, dispatch.Conflict, "claim.collect", dispatch.ClaimCollect{Loan: b.ID}); e.Field != "loan" || !strings.Contains(e.MessageZH, claim.Number) {
		t.Errorf("refusal %+v", e)
	}
	c.refused(c.neighbourDesk, dispatch.Invalid, "claim.collect", dispatch.ClaimCollect{Incident: c.incident.ID})
	c.refused(c.fireDesk, dispatch.Forbidden, "claim.collect", dispatch.ClaimCollect{Loan: b.ID})

	// An edit keeps the computed amount; computing anew keeps the edit.
	fee, line := int64(100_00), got[a.ID][5].ID
	if e := c.refused(c.neighbourDesk, dispatch.Invalid, "claim.edit", dispatch.ClaimEdit{Claim: claim.ID, Line: line, Amount: &fee}); e.Field != "reason" {
		t.Errorf("an edit without a reason: %+v", e)
	}
	for _, absurd := range []int64{-1, dispatch.MostClaim + 1} {
		if e := c.refused(c.neighbourDesk, dispatch.Invalid, "claim.edit", dispatch.ClaimEdit{Claim: claim.ID, Line: line, Amount: &absurd, Reason: "误"}); e.Field != "amount" {
			t.Errorf("%d fen: %+v", absurd, e)
		}
	}
	if e := c.refused(c.neighbourDesk, dispatch.Invalid, "claim.edit", dispatch.ClaimEdit{Claim: claim.ID, Line: "99", Amount: &fee, Reason: "误"}); e.Field != "line" {
		t.Errorf("an edit of no line: %+v", e)
	}
	c.refused(c.fireDesk, dispatch.Forbidden, "claim.edit", dispatch.ClaimEdit{Claim: claim.ID, Line: line, Amount: &fee, Reason: "改"})
	c.do(c.neighbourDesk, "claim.edit", dispatch.ClaimEdit{Claim: claim.ID, Line: line, Amount: &fee, Reason: "绕行，按里程表 15.9 公里"})
	c.do(c.neighbourDesk, "claim.recompute", dispatch.ClaimMove{Claim: claim.ID})
	claim = c.claim(claim.ID)
	if l := claim.Lines[slices.IndexFunc(claim.Lines, func(l dispatch.ClaimLine) bool { return l.Type == "transport" })]; l.Edited == nil || *l.Edited != fee ||
		l.Computed != 96_77 || l.Editor.By != c.neighbourDesk.Name || l.Reason == "" || claim.Computed != sum || claim.Amount != sum+3_23 {
		t.Errorf("after an edit: %+v, %d of %d fen", l, claim.Amount, claim.Computed)
	}
	// A rate that a claim rests on stays what it was.
	if e := c.refused(c.admin, dispatch.Conflict, "rate.save", dispatch.RateSave{ID: next.ID, Type: next.Type, Subject: next.Subject, Amount: 1, From: next.From, Source: "改"}); e.Field != "id" {
		t.Errorf("refusal %+v", e)
	}

	c.settleClaim(claim.ID)
	c.checkInvariants()
}

// settleClaim walks a claim of the neighbour from submission to the end: handed
// in, returned once, checked, approved by the bureau, paid and closed.
func (c *aidTown) settleClaim(id string) {
	t := c.t
	t.Helper()
	m := dispatch.ClaimMove{Claim: id}
	c.refused(c.fireDesk, dispatch.Forbidden, "claim.submit", dispatch.ClaimSubmit{Claim: id})
	c.do(c.neighbourDesk, "claim.submit", dispatch.ClaimSubmit{Claim: id})
	c.refused(c.neighbourDesk, dispatch.IllegalMove, "claim.recompute", m)
	own := c.neighbourDesk
	own.ID, own.Role = "平顶山值班长", dispatch.RoleChief
	for _, name := range []string{"claim.check", "claim.approve", "claim.return"} {
		in := m
		in.Reason = "自行处理"
		if e := c.refused(own, dispatch.Forbidden, name, in); e.Field != "claim" {
			t.Errorf("%s of the own claim: %+v", name, e)
		}
	}
	if c.sees(c.clinicDesk, dispatch.KindClaim, id) || !c.sees(c.fireDesk, dispatch.KindClaim, id) || !c.sees(c.desk, dispatch.KindClaim, id) {
		t.Error("a claim is for its claimant, for who had the loan, for who coordinates there, and for nobody else")
	}
	if e := c.refused(c.fireDesk, dispatch.Invalid, "claim.return", m); e.Field != "reason" {
		t.Errorf("returned without a reason: %+v", e)
	}
	c.do(c.fireDesk, "claim.return", dispatch.ClaimMove{Claim: id, Reason: "请附里程表照片"})
	if got := c.claim(id); got.State != dispatch.ClaimReturned || got.Reason == "" {
		t.Errorf("returned %+v", got)
	}
	c.do(c.neighbourDesk, "claim.submit", dispatch.ClaimSubmit{Claim: id})
	c.refused(c.chief, dispatch.IllegalMove, "claim.approve", m)
	c.do(c.fireDesk, "claim.check", m)
	for field, in := range map[string]dispatch.ClaimPayer{
		"rule":     {Rule: "lottery"},
		"agency":   {Agency: c.neighbour},
		"agency ":  {Agency: "nowhere"},
		"agency  ": {Rule: dispatch.PayerGovernment, Agency: c.plant},
		"name":     {Rule: dispatch.PayerResponsible},
		"reason":   {Rule: dispatch.PayerAgreement, Agency: c.plant},
	} {
		in.Claim = id
		if e := c.refused(c.fireDesk, dispatch.Invalid, "claim.assign_payer", in); e.Field != strings.TrimSpace(field) {
			t.Errorf("payer %+v: %+v", in, e)
		}
	}
	c.do(c.fireDesk, "claim.assign_payer", dispatch.ClaimPayer{Claim: id, Agency: c.plant})
	if p := c.claim(id).Payer; p.Rule != dispatch.PayerResponsible || p.Name != "氯碱公司" || !c.sees(c.plantDesk, dispatch.KindClaim, id) {
		t.Errorf("payer %+v", p)
	}
	// The enterprise cannot: the government of the place pays.
	c.do(c.desk, "claim.assign_payer", dispatch.ClaimPayer{Claim: id, Rule: dispatch.PayerGovernment, Reason: "企业已停产"})
	if p := c.claim(id).Payer; p.Agency != c.bureau || p.Rule != dispatch.PayerGovernment || c.sees(c.plantDesk, dispatch.KindClaim, id) {
		t.Errorf("payer %+v", p)
	}
	c.refused(c.desk, dispatch.Forbidden, "claim.approve", m) // for a duty chief
	if e := c.refused(c.fireChief, dispatch.Forbidden, "claim.approve", m); e.Field != "claim" {
		t.Errorf("approved by who does not pay: %+v", e)
	}
	c.do(c.chief, "claim.approve", m)
	if e := c.refused(c.desk, dispatch.Invalid, "claim.pay", dispatch.ClaimPay{Claim: id, Reference: " "}); e.Field != "reference" {
		t.Errorf("paid without a reference: %+v", e)
	}
	c.do(c.desk, "claim.pay", dispatch.ClaimPay{Claim: id, Reference: "财支〔2026〕77号"})
	c.do(c.neighbourDesk, "claim.close", m)
	if got := c.claim(id); got.State != dispatch.ClaimClosed || got.Waived || len(c.onBoard(dispatch.KindClaim)) != 0 {
		t.Errorf("closed %+v", got)
	}
}

// restsOnJournal checks that every line names changes of the journal, and that
// these say something about the loan, its offer or the task.
func (c *aidTown) restsOnJournal(claim *dispatch.Claim) {
	c.t.Helper()
	changes, err := c.store.Changes(context.Background(), dispatch.Live, 0, 5000)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, l := range claim.Lines {
		about := []string{l.Loan, c.loan(l.Loan).Offer}
		if l.Task != "" {
			about = []string{l.Task}
		}
		if len(l.Seqs) < 2 || !slices.IsSorted(l.Seqs) {
			c.t.Errorf("%s rests on %v", l.Type, l.Seqs)
		}
		for _, seq := range l.Seqs {
			if !slices.ContainsFunc(changes[seq-1].Puts, func(p dispatch.Put) bool { return slices.Contains(about, dispatch.RefOf(p.Record).ID) }) {
				c.t.Errorf("%s rests on change %d, %s, which says nothing of %v", l.Type, seq, changes[seq-1].Kind, about)
			}
		}
	}
}

// hire lends the clinic's fan and gives it back after the time.
func (c *aidTown) hire(name string, lasts time.Duration, back dispatch.Condition) *dispatch.Loan {
	c.t.Helper()
	id := c.id(c.do(dispatch.System(dispatch.Live), "equipment.save", dispatch.EquipmentSave{Agency: c.clinic, Area: "411003", Name: name, Type: "fan", Condition: dispatch.ConditionReady}))
	l := c.lent(c.clinicDesk, dispatch.LineAsk{Item: "fan", Max: 1}, 1, dispatch.OfferCommit{Equipment: []string{id}})
	c.move(c.fireDesk, l.ID, dispatch.LoanOnLoan, dispatch.LoanAdvance{})
	c.pass(lasts)
	c.move(c.fireDesk, l.ID, dispatch.LoanReleasing, dispatch.LoanAdvance{})
	c.move(c.clinicDesk, l.ID, dispatch.LoanReturned, dispatch.LoanAdvance{Condition: back})
	return l
}

// Without a rate a line says so, and holds the claim up until there is one or an
// amount was set; given up, the loan may be claimed anew.
func TestClaimWithoutRate(t *testing.T) {
	t.Parallel()
	c := newAidTown(t)
	l := c.hire("排烟机一", 25*time.Hour, dispatch.ConditionWorn)
	claim := put[*dispatch.Claim](c.town, c.do(c.clinicDesk, "claim.collect", dispatch.ClaimCollect{Loan: l.ID, Responsible: &dispatch.Bearer{Name: "某化工厂"}}))
	if len(claim.Lines) != 2 || claim.Lines[0].Rate != "" || claim.Lines[0].Quantity != 25*3600 || claim.Lines[1].Type != dispatch.RateWear || claim.Amount != 0 {
		t.Fatalf("lines %+v", claim.Lines)
	}
	if e := c.refused(c.clinicDesk, dispatch.Invalid, "claim.submit", dispatch.ClaimSubmit{Claim: claim.ID}); e.Field != "lines[0].rate" {
		t.Errorf("refusal %+v", e)
	}
	c.rate(dispatch.RateEquipment, "fan", "day", 150_00, "2026-01-01", "")
	c.do(c.clinicDesk, "claim.recompute", dispatch.ClaimMove{Claim: claim.ID})
	if got := c.claim(claim.ID).Lines[0]; got.Quantity != 2 || got.Computed != 300_00 { // 25 hours: two days begun
		t.Errorf("line %+v", got)
	}
	set := int64(80_00)
	c.do(c.clinicDesk, "claim.edit", dispatch.ClaimEdit{Claim: claim.ID, Line: "2", Amount: &set, Reason: "按维修发票"})
	if got := c.claim(claim.ID); got.Amount != 380_00 || got.Computed != 300_00 {
		t.Errorf("claim %+v", got)
	}
	if e := c.refused(c.clinicDesk, dispatch.Invalid, "claim.close", dispatch.ClaimMove{Claim: claim.ID}); e.Field != "reason" {
		t.Errorf("refusal %+v", e)
	}
	c.do(c.clinicDesk, "claim.close", dispatch.ClaimMove{Claim: claim.ID, Reason: "归集有误"})
	again := put[*dispatch.Claim](c.town, c.do(c.clinicDesk, "claim.collect", dispatch.ClaimCollect{Loan: l.ID, Responsible: &dispatch.Bearer{Name: "某化工厂"}}))
	c.do(c.clinicDesk, "claim.edit", dispatch.ClaimEdit{Claim: again.ID, Line: "2", Amount: &set, Reason: "按维修发票"})
	c.do(c.clinicDesk, "claim.submit", dispatch.ClaimSubmit{Claim: again.ID})
	c.do(c.desk, "claim.check", dispatch.ClaimMove{Claim: again.ID})
	c.do(c.desk, "claim.assign_payer", dispatch.ClaimPayer{Claim: again.ID})
	if p := c.claim(again.ID).Payer; p.Name != "某化工厂" || p.Rule != dispatch.PayerResponsible {
		t.Errorf("payer %+v: the responsible party pays first", p)
	}
	// A payer from outside: who had the loan says that it was approved.
	c.do(c.fireChief, "claim.approve", dispatch.ClaimMove{Claim: again.ID})
}

// Whatever many hands do at once, a loan is in one claim.
func TestNothingIsClaimedTwice(t *testing.T) {
	t.Parallel()
	c := newAidTown(t)
	var loans []*dispatch.Loan
	for n := range 3 {
		loans = append(loans, c.hire(fmt.Sprint("排烟机", n), time.Hour, dispatch.ConditionReady))
	}
	var wg sync.WaitGroup
	for n := range 12 {
		wg.Go(func() {
			in := dispatch.ClaimCollect{Incident: c.incident.ID}
			if n%4 != 0 {
				in = dispatch.ClaimCollect{Loan: loans[n%3].ID}
			}
			if _, err := c.try(c.clinicDesk, "claim.collect", in); err != nil && dispatch.CodeOf(err) != dispatch.Conflict && dispatch.CodeOf(err) != dispatch.Invalid {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	in := map[string]int{}
	for _, r := range c.all(dispatch.KindClaim) {
		for _, l := range r.(*dispatch.Claim).Loans {
			in[l]++
		}
	}
	for _, l := range loans {
		if in[l.ID] != 1 {
			t.Errorf("loan %s is in %d claims", l.ID, in[l.ID])
		}
	}
	c.checkInvariants()
}

func TestBadRates(t *testing.T) {
	t.Parallel()
	c := newAidTown(t)
	good := dispatch.RateSave{Type: dispatch.RateTeam, Subject: "hazmat", Amount: 300_00, From: "2026-01-01", To: "2026-06-30", Source: "标准"}
	saved := put[*dispatch.Rate](c.town, c.do(c.admin, "rate.save", good))
	if saved.Unit != "hour" || saved.Within != "4110" || !c.sees(c.neighbourDesk, dispatch.KindRate, saved.ID) {
		t.Errorf("rate %+v", saved)
	}
	with := func(change func(*dispatch.RateSave)) dispatch.RateSave {
		in := good
		in.From, in.To = "2026-07-01", ""
		change(&in)
		return in
	}
	for name, in := range map[string]dispatch.RateSave{
		"from":     with(func(in *dispatch.RateSave) { in.From = "2026-06-30" }), // overlaps
		"from ":    with(func(in *dispatch.RateSave) { in.From, in.To = "2025-01-01", "2027-01-01" }),
		"from  ":   with(func(in *dispatch.RateSave) { in.From = "2026-02-30" }),
		"to":       with(func(in *dispatch.RateSave) { in.To = "2026-06-30" }),
		"to ":      with(func(in *dispatch.RateSave) { in.To = "soon" }),
		"amount":   with(func(in *dispatch.RateSave) { in.Amount = -1 }),
		"amount ":  with(func(in *dispatch.RateSave) { in.Amount = dispatch.MostRate + 1 }),
		"type":     with(func(in *dispatch.RateSave) { in.Type = "luck" }),
		"unit":     with(func(in *dispatch.RateSave) { in.Unit = "km" }),
		"subject":  with(func(in *dispatch.RateSave) { in.Subject = "unicorn" }),
		"subject ": with(func(in *dispatch.RateSave) { in.Type, in.Subject, in.Unit = dispatch.RateSupply, "", "套" }),
		"source":   with(func(in *dispatch.RateSave) { in.Source = "" }),
		"agency":   with(func(in *dispatch.RateSave) { in.Agency = "nowhere" }),
	} {
		if e := c.refused(c.admin, dispatch.Invalid, "rate.save", in); e.Field != strings.TrimSpace(name) {
			t.Errorf("%+v: field %q, %v", in, e.Field, e)
		}
	}
	c.refused(c.desk, dispatch.Forbidden, "rate.save", with(func(*dispatch.RateSave) {}))
	c.refused(c.fireChief, dispatch.Forbidden, "rate.save", with(func(in *dispatch.RateSave) { in.Agency = c.clinic }))
	c.refused(c.fireChief, dispatch.Forbidden, "rate.end", dispatch.RateEnd{Rate: saved.ID, To: "2026-03-31"})
	if e := c.refused(c.admin, dispatch.Invalid, "rate.end", dispatch.RateEnd{Rate: saved.ID, To: "2025-03-31"}); e.Field != "to" {
		t.Errorf("ended before it began: %+v", e)
	}
	c.do(c.admin, "rate.end", dispatch.RateEnd{Rate: saved.ID, To: "2026-03-31"})
	c.do(c.admin, "rate.save", with(func(in *dispatch.RateSave) { in.From = "2026-04-01" }))
	// Of two who save at once one wins, and it is the database that says so.
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			in := with(func(in *dispatch.RateSave) { in.Subject, in.Amount = "mine", int64(n) })
			if _, err := c.try(c.admin, "rate.save", in); err != nil && dispatch.CodeOf(err) != dispatch.Invalid {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := len(c.all(dispatch.KindRate)); n != 3 {
		t.Errorf("%d rates, want 3", n)
	}
	// A price list is its agency's own, until it is claimed by.
	own := put[*dispatch.Rate](c.town, c.do(c.fireChief, "rate.save", good))
	if c.sees(c.clinicDesk, dispatch.KindRate, own.ID) || !c.sees(c.desk, dispatch.KindRate, own.ID) {
		t.Error("a price list is seen by others")
	}
}

// What a claim shows to those of a redacted view is what was lent and what it
// costs, not who said what about it.
func TestRedactedClaim(t *testing.T) {
	t.Parallel()
	c := newAidTown(t)
	l := c.hire("排烟机", time.Hour, dispatch.ConditionReady)
	claim := put[*dispatch.Claim](c.town, c.do(c.clinicDesk, "claim.collect", dispatch.ClaimCollect{Loan: l.ID}))
	set := int64(1)
	c.do(c.clinicDesk, "claim.edit", dispatch.ClaimEdit{Claim: claim.ID, Line: "1", Amount: &set, Reason: "内部原因"})
	rec, err := c.svc.Get(context.Background(), c.wall, dispatch.Ref{Kind: dispatch.KindClaim, ID: claim.ID})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(rec)
	if err != nil || strings.Contains(string(raw), "内部原因") || strings.Contains(string(raw), c.clinicDesk.Name) || !strings.Contains(string(raw), `"amount":1`) {
		t.Errorf("the wall reads %s, %v", raw, err)
	}
}
