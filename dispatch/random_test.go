package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"liandong/dispatch"
)

// Whatever many hands do at once, the invariants of the house hold: nobody is
// in two places, what hangs on an incident has its audience, the status of a
// team follows from its tasks, and the journal tells the tables byte by byte.
func TestRandomCommandsHoldInvariants(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	for _, call := range []string{"xf3", "xf4"} {
		c.team(call, c.fire, "411002", "fire")
	}
	for range 4 {
		c.open("起始")
	}
	const hands, steps = 4, 60
	var wg sync.WaitGroup
	accepted := make([]int, hands)
	for h := range hands {
		rng := rand.New(rand.NewPCG(uint64(h), 20261123))
		wg.Go(func() {
			for range steps {
				err := c.randomCommand(rng)
				var refusal *dispatch.Error
				switch {
				case err == nil:
					accepted[h]++
				case !errors.As(err, &refusal):
					t.Errorf("hand %d: %v", h, err)
				}
			}
		})
	}
	wg.Wait()
	for h, n := range accepted {
		if n < steps/10 {
			t.Errorf("hand %d had only %d of %d commands accepted: the run proves little", h, n, steps)
		}
	}
	c.checkInvariants()
}

// The same with hands that ask, offer, lend and send what they have on loan.
func TestRandomLendingHoldsInvariants(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	for n := range 6 {
		c.team(fmt.Sprint("hz", n), []string{c.fire, c.clinic}[n%2], []string{"411002", "411003"}[n%2], "fire")
	}
	for range 3 {
		c.open("起始")
	}
	hands, steps := 4, 260
	if os.Getenv("PROVE") != "" {
		steps = 2000
	}
	var wg sync.WaitGroup
	for h := range hands {
		rng := rand.New(rand.NewPCG(uint64(h), 4))
		wg.Go(func() {
			for range steps {
				incidents, teams, tasks := c.all(dispatch.KindIncident), c.all(dispatch.KindTeam), c.all(dispatch.KindTask)
				a := pick(rng, []dispatch.Actor{c.desk, c.desk, c.chief, c.chief, c.fireDesk, c.clinicDesk})
				try := func(name string, in any) error { _, err := c.try(a, name, in); return err }
				i, team := pick(rng, incidents).(*dispatch.Incident), pick(rng, teams).(*dispatch.Team)
				var err error
				switch n := rng.IntN(10); {
				case n == 0:
					err = try("task.assign", dispatch.TaskAssign{Incident: i.ID, Team: team.ID})
				case n == 1 && len(tasks) > 0:
					err = try("task.release", dispatch.TaskEnd{Task: dispatch.RefOf(pick(rng, tasks)).ID, Reason: "随机"})
				default:
					err = c.randomAid(rng, i, team, try)
				}
				var refusal *dispatch.Error
				if err != nil && !errors.As(err, &refusal) {
					t.Errorf("hand %d: %v", h, err)
				}
			}
		})
	}
	wg.Wait()
	if n, q := len(c.all(dispatch.KindLoan)), len(c.all(dispatch.KindRequisition)); n < 2 || q < 2 {
		t.Errorf("only %d loans and %d requisitions: the run proves little", n, q)
	}
	c.checkInvariants()
}

func (c *town) all(k dispatch.Kind) []dispatch.Record {
	recs, err := c.store.Find(context.Background(), dispatch.Query{Realm: dispatch.Live, Kind: k, Archived: true, Limit: -1})
	if err != nil {
		c.t.Error(err)
	}
	return recs
}

func pick[T any](rng *rand.Rand, all []T) T { return all[rng.IntN(len(all))] }

func (c *town) randomCommand(rng *rand.Rand) error {
	incidents, tasks := c.all(dispatch.KindIncident), c.all(dispatch.KindTask)
	teams := c.all(dispatch.KindTeam)
	actors := []dispatch.Actor{c.desk, c.chief, c.fireDesk, c.clinicDesk}
	i, team := pick(rng, incidents).(*dispatch.Incident), pick(rng, teams).(*dispatch.Team)
	a := pick(rng, actors)
	try := func(name string, in any) error { _, err := c.try(a, name, in); return err }
	if len(tasks) > 0 && rng.IntN(10) < 6 {
		return c.randomTaskCommand(rng, pick(rng, tasks).(*dispatch.Task), i, try)
	}
	if rng.IntN(10) < 3 {
		return c.randomAid(rng, i, team, try)
	}
	fences := c.all(dispatch.KindFence)
	if len(fences) > 0 && rng.IntN(10) < 3 {
		return c.randomFenceCommand(rng, pick(rng, fences).(*dispatch.Fence), team, try)
	}
	switch rng.IntN(15) {
	case 10:
		return try("fence.draw", dispatch.FenceDraw{Type: dispatch.FenceRing, Incident: i.ID, Center: &scene, Radius: 200, Warn: dispatch.FenceWarns[:2]})
	case 0:
		return try("incident.open", dispatch.IncidentOpen{Type: "12G03", Title: "随机", Area: "411002003"})
	case 1:
		return try("incident.control", dispatch.IncidentMove{Incident: i.ID})
	case 2:
		return try("incident.close", dispatch.IncidentMove{Incident: i.ID, Outcome: "完"})
	case 3:
		return try("incident.merge", dispatch.IncidentMerge{Incident: i.ID, Into: pick(rng, incidents).(*dispatch.Incident).ID})
	case 4:
		return try("incident.share", dispatch.IncidentShare{Incident: i.ID, Agency: pick(rng, []string{c.fire, c.clinic}), Tier: dispatch.TierView, Redacted: true})
	case 5:
		return try("incident.unshare", dispatch.IncidentShare{Incident: i.ID, Agency: pick(rng, []string{c.fire, c.clinic})})
	case 6:
		return try("incident.archive", dispatch.IncidentMove{Incident: i.ID})
	case 7:
		return try("note.add", dispatch.NoteAdd{Incident: i.ID, Text: "随机"})
	case 8:
		return try("team.duty", dispatch.TeamDuty{Team: team.ID, Duty: pick(rng, dispatch.Duties), Reason: "随机"})
	case 9:
		if team.Distress != nil {
			return try("team.relieve", dispatch.TeamRelieve{Team: team.ID, Reason: "安全"})
		}
		return try("team.distress", dispatch.TeamDistress{Team: team.ID})
	}
	return try("task.assign", dispatch.TaskAssign{Incident: i.ID, Team: team.ID, Type: pick(rng, dispatch.TaskTypes)})
}

// randomAid asks, offers, lends and gives back, by whoever's hand it is; mostly
// what is next.
func (c *town) randomAid(rng *rand.Rand, i *dispatch.Incident, team *dispatch.Team, try func(string, any) error) error {
	requests, offers, loans := c.all(dispatch.KindRequest), c.all(dispatch.KindOffer), c.all(dispatch.KindLoan)
	if taken := c.all(dispatch.KindRequisition); rng.IntN(7) == 0 {
		if len(taken) == 0 || rng.IntN(3) == 0 {
			_, err := c.try(c.chief, "requisition.order", dispatch.RequisitionOrder{Decision: "征 1 号", Purpose: "随机", Incident: i.ID, Team: team.ID, Receiver: pick(rng, []string{"", c.bureau, c.fire})})
			return err
		}
		q := pick(rng, taken).(*dispatch.Requisition)
		switch q.State {
		case dispatch.RequisitionTakenOver:
			return try("requisition.return", dispatch.RequisitionReturn{Requisition: q.ID, TakenBy: "随机"})
		case dispatch.RequisitionOrdered:
			if rng.IntN(2) == 0 {
				return try("requisition.cancel", dispatch.RequisitionEnd{Requisition: q.ID, Reason: "随机"})
			}
		}
		return try("requisition.take", dispatch.RequisitionTake{Requisition: q.ID, GivenBy: "随机"})
	}
	if len(requests) == 0 || rng.IntN(12) == 0 {
		return try("request.raise", dispatch.RequestRaise{Incident: i.ID, Lines: []dispatch.LineAsk{{Capability: "fire", Max: 3}}})
	}
	switch n := rng.IntN(10); {
	case n < 3 && len(loans) > 0:
		l := pick(rng, loans).(*dispatch.Loan)
		if !l.Open() {
			return c.randomClaim(rng, l, try)
		}
		switch rng.IntN(10) {
		case 0:
			return try("loan.cancel", dispatch.LoanEnd{Loan: l.ID, Reason: "随机"})
		case 1:
			return try("loan.ask", dispatch.LoanAsk{Loan: l.ID, Type: dispatch.AskRecall, Reason: "随机"})
		case 2:
			return try("loan.answer", dispatch.LoanAnswer{Loan: l.ID, Agree: true})
		case 3:
			return try("loan.advance", dispatch.LoanAdvance{Loan: l.ID, From: l.State, To: pick(rng, dispatch.LoanStates)})
		}
		return try("loan.advance", dispatch.LoanAdvance{Loan: l.ID, From: l.State, To: l.Next})
	case n < 7 && len(offers) > 0:
		o := pick(rng, offers).(*dispatch.Offer)
		switch rng.IntN(12) {
		case 0:
			return try("offer.withdraw", dispatch.OfferMove{Offer: o.ID, Reason: "随机"})
		case 1:
			return try("offer.refuse", dispatch.OfferMove{Offer: o.ID, Reason: "随机"})
		}
		if o.State == dispatch.OfferMade {
			return try("offer.order", dispatch.OfferOrder{Offer: o.ID})
		}
		for n := 0; n < 8 && team.Scope.Agency != o.Scope.Agency; n++ {
			team = pick(rng, c.all(dispatch.KindTeam)).(*dispatch.Team)
		}
		return try("offer.commit", dispatch.OfferCommit{Offer: o.ID, Teams: []string{team.ID}})
	}
	r := pick(rng, requests).(*dispatch.Request)
	switch n := rng.IntN(30); {
	case n == 0:
		return try("request.cancel", dispatch.RequestMove{Request: r.ID, Reason: "随机"})
	case n == 1:
		return try("request.close", dispatch.RequestMove{Request: r.ID})
	case n == 2:
		return try("request.widen", dispatch.RequestWiden{Request: r.ID})
	case r.State == dispatch.RequestSubmitted:
		return try("request.approve", dispatch.RequestMove{Request: r.ID})
	}
	return try("offer.make", dispatch.OfferMake{Request: r.ID, Line: "1", Agency: pick(rng, []string{c.fire, c.clinic, ""}), Type: dispatch.OfferAccept, Quantity: 1 + rng.IntN(2)})
}

// randomClaim claims what is back, or moves a claim.
func (c *town) randomClaim(rng *rand.Rand, l *dispatch.Loan, try func(string, any) error) error {
	claims := c.all(dispatch.KindClaim)
	if len(claims) == 0 || rng.IntN(3) == 0 {
		return try("claim.collect", dispatch.ClaimCollect{Loan: l.ID})
	}
	m := dispatch.ClaimMove{Claim: dispatch.RefOf(pick(rng, claims)).ID, Reason: "随机"}
	switch fen := rng.Int64N(100_000) - 1000; rng.IntN(6) {
	case 0:
		return try("claim.edit", dispatch.ClaimEdit{Claim: m.Claim, Line: fmt.Sprint(1 + rng.IntN(2)), Amount: &fen, Reason: "随机"})
	case 1:
		return try("claim.submit", dispatch.ClaimSubmit{Claim: m.Claim})
	case 2:
		return try("claim.assign_payer", dispatch.ClaimPayer{Claim: m.Claim})
	}
	return try(pick(rng, []string{"claim.recompute", "claim.check", "claim.approve", "claim.return", "claim.close"}), m)
}

func (c *town) randomFenceCommand(rng *rand.Rand, f *dispatch.Fence, team *dispatch.Team, try func(string, any) error) error {
	switch rng.IntN(12) {
	case 0:
		return try("fence.end", dispatch.FenceEnd{Fence: f.ID})
	case 1:
		radius := 100 + rng.IntN(100)
		return try("fence.edit", dispatch.FenceEdit{Fence: f.ID, Radius: &radius})
	}
	at := c.clock().Add(time.Duration(rng.IntN(1e6)) * time.Microsecond)
	_, err := c.svc.Cross(context.Background(), dispatch.Live, []dispatch.Crossing{{Fence: f.ID, Team: team.ID, Inside: rng.IntN(2) == 0, Point: scene, Fixed: at}})
	return err
}

func (c *town) randomTaskCommand(rng *rand.Rand, t *dispatch.Task, i *dispatch.Incident, try func(string, any) error) error {
	end := dispatch.TaskEnd{Task: t.ID, Reason: "随机"}
	switch rng.IntN(12) {
	case 0:
		return try("task.refuse", end)
	case 1:
		return try("task.cancel", end)
	case 2:
		return try("task.release", end)
	case 3:
		return try("task.divert", dispatch.TaskDivert{Task: t.ID, Incident: i.ID, Reason: "随机"})
	case 4:
		return try("task.checkin", dispatch.TaskRef{Task: t.ID})
	case 5:
		return try("incident.split", dispatch.IncidentSplit{Incident: t.Incident, Title: "分", Tasks: []string{t.ID}})
	case 6:
		return try("task.accept", dispatch.TaskAccept{Task: t.ID})
	}
	if t.Next == "" {
		return try("task.advance", dispatch.TaskAdvance{Task: t.ID, From: t.State, To: dispatch.TaskDone})
	}
	return try("task.advance", dispatch.TaskAdvance{Task: t.ID, From: t.State, To: t.Next})
}

// checkFellows: a team lists the teams that are at work on the same incidents, and nobody else.
func (c *town) checkFellows() {
	c.t.Helper()
	on, fellows := map[string][]string{}, map[string]map[string]bool{}
	for _, r := range c.all(dispatch.KindTask) {
		if t := r.(*dispatch.Task); t.Open() && t.State != dispatch.TaskProposed {
			on[t.Incident] = append(on[t.Incident], t.Team)
		}
	}
	for _, teams := range on {
		for _, a := range teams {
			for _, b := range teams {
				if fellows[a] == nil {
					fellows[a] = map[string]bool{}
				}
				if a != b {
					fellows[a][b] = true
				}
			}
		}
	}
	for _, r := range c.all(dispatch.KindTeam) {
		h := dispatch.HeadOf(r)
		if want := slices.Sorted(maps.Keys(fellows[h.ID])); !slices.Equal(h.Scope.Teams, want) {
			c.t.Errorf("team %s lists the fellows %v, want %v", h.ID, h.Scope.Teams, want)
		}
	}
}

func (c *town) checkInvariants() {
	c.t.Helper()
	incidents := map[string]*dispatch.Incident{}
	for _, r := range c.all(dispatch.KindIncident) {
		incidents[dispatch.RefOf(r).ID] = r.(*dispatch.Incident)
	}
	bound := map[string][]string{}
	for _, r := range c.all(dispatch.KindTask) {
		t := r.(*dispatch.Task)
		if t.Open() && !t.Interruptible && t.State != dispatch.TaskProposed {
			bound[t.Team] = append(bound[t.Team], t.ID)
		}
		if i := incidents[t.Incident]; !t.Scope.Equal(i.Scope) {
			c.t.Errorf("task %s is seen by %+v, its incident by %+v", t.ID, t.Scope, i.Scope)
		}
		if t.Open() && incidents[t.Incident].State.Ended() {
			c.t.Errorf("task %s is open on an incident that is %s", t.ID, incidents[t.Incident].State)
		}
	}
	fences := map[string]*dispatch.Fence{}
	for _, r := range c.all(dispatch.KindFence) {
		f := r.(*dispatch.Fence)
		fences[f.ID] = f
		if i := incidents[f.Incident]; f.State == dispatch.FenceActive && i.State.Ended() {
			c.t.Errorf("fence %s stands at an incident that is %s", f.ID, i.State)
		}
	}
	for _, r := range c.all(dispatch.KindStay) {
		s := r.(*dispatch.Stay)
		f := fences[s.Fence]
		if s.State == dispatch.StayInside && (f.State != dispatch.FenceActive || s.Incident != f.Incident || s.Scope.Agency != f.Scope.Agency || s.Scope.Area != f.Scope.Area) {
			c.t.Errorf("stay %+v is not as its fence %+v", s, f)
		}
	}
	for _, k := range []dispatch.Kind{dispatch.KindFence, dispatch.KindNote, dispatch.KindAlarm, dispatch.KindReport} {
		for _, r := range c.all(k) {
			if i := incidents[dispatch.Indexed(r).Incident]; i != nil && !dispatch.HeadOf(r).Scope.Equal(i.Scope) {
				c.t.Errorf("%v is seen by %+v, its incident by %+v", dispatch.RefOf(r), dispatch.HeadOf(r).Scope, i.Scope)
			}
		}
	}
	for _, r := range c.all(dispatch.KindTeam) {
		t := r.(*dispatch.Team)
		if len(bound[t.ID]) > 1 {
			c.t.Errorf("team %s is bound by %v", t.CallSign, bound[t.ID])
		}
		if busy := len(bound[t.ID]) == 1; busy != (t.Status == dispatch.StatusCommitted) && t.Status != dispatch.StatusDistress {
			c.t.Errorf("team %s is %s and bound by %v", t.CallSign, t.Status, bound[t.ID])
		}
		if t.Status == dispatch.StatusDistress != (t.Distress != nil) {
			c.t.Errorf("team %s is %s with distress %v", t.CallSign, t.Status, t.Distress)
		}
	}
	c.checkFellows()
	c.checkAid(incidents)
	c.checkShares()
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	report, err := c.store.VerifyTables(ctx, dispatch.Live, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if !report.OK() {
		c.t.Errorf("the journal does not tell the tables: %+v", report)
	}
}

// checkAid: what is lent is lent once and to the one who holds it, what a line
// tells follows from offers and loans, and no ended incident has anything out.
func (c *town) checkAid(incidents map[string]*dispatch.Incident) {
	c.t.Helper()
	c.t.Logf("%d requests, %d offers, %d loans", len(c.all(dispatch.KindRequest)), len(c.all(dispatch.KindOffer)), len(c.all(dispatch.KindLoan)))
	c.checkClaims()
	out := map[dispatch.Ref]*dispatch.Loan{}
	committed := map[string]int{}
	for _, rec := range c.all(dispatch.KindLoan) {
		l := rec.(*dispatch.Loan)
		if l.State != dispatch.LoanCancelled {
			committed[l.Request+l.Line] += l.Quantity
		}
		if !l.Open() {
			continue
		}
		if l.Resource.Kind != dispatch.KindStock && out[l.Resource] != nil {
			c.t.Errorf("%v is lent twice: %s and %s", l.Resource, l.ID, out[l.Resource].ID)
		}
		out[l.Resource] = l
		if incidents[l.Incident].State.Ended() {
			c.t.Errorf("loan %s is %s, its incident %s", l.ID, l.State, incidents[l.Incident].State)
		}
	}
	taken := map[dispatch.Ref]*dispatch.Requisition{}
	for _, rec := range c.all(dispatch.KindRequisition) {
		q := rec.(*dispatch.Requisition)
		if !q.Open() || q.Resource == nil || q.Resource.Kind == dispatch.KindStock {
			continue
		}
		if taken[*q.Resource] != nil || out[*q.Resource] != nil {
			c.t.Errorf("%v is out twice: %s, %+v, %+v", *q.Resource, q.ID, taken[*q.Resource], out[*q.Resource])
		}
		taken[*q.Resource] = q
		if incidents[q.Incident].State.Ended() {
			c.t.Errorf("requisition %s is %s, its incident %s", q.ID, q.State, incidents[q.Incident].State)
		}
	}
	for _, rec := range c.all(dispatch.KindEquipment) {
		e, want := rec.(*dispatch.Equipment), dispatch.HeadOf(rec).Scope.Agency
		if l := out[dispatch.RefOf(e)]; l != nil {
			want = l.Receiver
		}
		if q := taken[dispatch.RefOf(e)]; q != nil {
			want = q.Receiver
		}
		if e.Holder != want {
			c.t.Errorf("item %s is held by %s, want %s", e.Name, e.Holder, want)
		}
	}
	for _, rec := range c.all(dispatch.KindTeam) {
		t := rec.(*dispatch.Team)
		l := out[dispatch.RefOf(t)]
		if q := taken[dispatch.RefOf(t)]; q != nil || t.Requisition != "" {
			if q == nil || t.Holder != q.Receiver || t.Requisition != q.ID || t.Loan != "" {
				c.t.Errorf("team %s is held by %q, its requisition is %+v", t.CallSign, t.Holder, q)
			}
			continue
		}
		if (l != nil) != (t.Holder != "") || l != nil && (t.Holder != l.Receiver || t.Loan != l.ID) {
			c.t.Errorf("team %s is held by %q, its loan is %+v", t.CallSign, t.Holder, l)
		}
		share := false
		for _, sh := range t.Scope.Shares {
			share = share || sh.Source == dispatch.ShareLoan && sh.Agency == t.Holder
		}
		if share != (l != nil) {
			c.t.Errorf("team %s is seen by %+v, its loan is %+v", t.CallSign, t.Scope.Shares, l)
		}
	}
	for _, rec := range c.all(dispatch.KindRequest) {
		for _, line := range rec.(*dispatch.Request).Lines {
			if line.Max < line.Ordered || line.Ordered < line.Committed || line.Committed < line.Moving || line.Moving < line.Arrived ||
				line.Committed != committed[dispatch.RefOf(rec).ID+line.ID] {
				c.t.Errorf("line %+v, committed are %d", line, committed[dispatch.RefOf(rec).ID+line.ID])
			}
		}
	}
}

// checkClaims: a loan is claimed once, and the sums are those of the lines.
func (c *town) checkClaims() {
	c.t.Helper()
	claimed, claims := map[string]string{}, c.all(dispatch.KindClaim)
	c.t.Logf("%d claims", len(claims))
	for _, rec := range claims {
		x := rec.(*dispatch.Claim)
		var computed, amount int64
		for _, l := range x.Lines {
			computed += l.Computed
			amount += l.Amount()
			if len(l.Seqs) == 0 || l.Amount() < 0 {
				c.t.Errorf("claim %s: line %+v", x.Number, l)
			}
		}
		if computed != x.Computed || amount != x.Amount {
			c.t.Errorf("claim %s tells %d of %d fen, its lines %d of %d", x.Number, x.Amount, x.Computed, amount, computed)
		}
		if x.Waived {
			continue
		}
		for _, l := range x.Loans {
			if other := claimed[l]; other != "" {
				c.t.Errorf("loan %s is in the claims %s and %s", l, other, x.Number)
			}
			claimed[l] = x.Number
		}
	}
}
