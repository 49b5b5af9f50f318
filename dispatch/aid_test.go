package dispatch_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/geo"
)

// aidTown is a town with agencies that can help: the fire service with the
// incident, the clinic in the next county, an enterprise in the city and a
// neighbour from another city of the province.
type aidTown struct {
	*town
	plant, neighbour                    string
	fireChief, plantDesk, neighbourDesk dispatch.Actor
	incident                            *dispatch.Incident
}

func newAidTown(t testing.TB) *aidTown {
	t.Helper()
	c := &aidTown{town: newTown(t)}
	c.plant, c.plantDesk = c.agency("氯碱公司", "411003")
	c.neighbour, c.neighbourDesk = c.agency("平顶山消防", "410400")
	c.fireDesk.Home, c.clinicDesk.Home, c.desk.Home, c.chief.Home = "411002", "411003", "411000", "411000"
	c.fireChief = c.fireDesk
	c.fireChief.ID, c.fireChief.Role = "消防值班长", dispatch.RoleChief
	c.incident = put[*dispatch.Incident](c.town, c.do(c.fireDesk, "incident.open", dispatch.IncidentOpen{Type: "12D02", Title: "液氯泄漏", Verified: true,
		Area: "411002003", Place: dispatch.Place{Text: "氯碱厂", Point: &scene}}))
	return c
}

// agency makes an agency at home in the area, with a dispatcher.
func (c *aidTown) agency(name, area string) (string, dispatch.Actor) {
	c.t.Helper()
	id := c.id(c.do(dispatch.System(dispatch.Live), "agency.save", dispatch.AgencySave{Name: name, Area: area, Type: dispatch.AgencyNeighbour}))
	return id, dispatch.Actor{ID: name, Name: name, Realm: dispatch.Live, Role: dispatch.RoleDispatcher, Agency: id, Home: area}
}

func (c *aidTown) raise(lines ...dispatch.LineAsk) *dispatch.Request {
	c.t.Helper()
	r := put[*dispatch.Request](c.town, c.do(c.fireDesk, "request.raise", dispatch.RequestRaise{Incident: c.incident.ID, Lines: lines, Contact: "现场指挥 王队 频道 3"}))
	return put[*dispatch.Request](c.town, c.do(c.fireChief, "request.approve", dispatch.RequestMove{Request: r.ID}))
}

func (c *aidTown) request(id string) *dispatch.Request {
	return get[*dispatch.Request](c.town, dispatch.KindRequest, id)
}

func (c *aidTown) offer(by dispatch.Actor, r *dispatch.Request, line string, quantity int) *dispatch.Offer {
	c.t.Helper()
	return put[*dispatch.Offer](c.town, c.do(by, "offer.make", dispatch.OfferMake{Request: r.ID, Line: line, Type: dispatch.OfferAccept, Quantity: quantity}))
}

func (c *aidTown) loan(id string) *dispatch.Loan {
	return get[*dispatch.Loan](c.town, dispatch.KindLoan, id)
}

func loansOf(r dispatch.Result) (out []*dispatch.Loan) {
	for _, p := range r.Change.Puts {
		if l, ok := p.Record.(*dispatch.Loan); ok {
			out = append(out, l)
		}
	}
	return out
}

// A chlorine leak needs two hazmat teams and forty breathing sets; the fire
// service has neither. The ring widens, one neighbour helps with a condition, an
// enterprise lends sets; arrival, work, extension, recall, release and return.
func TestStoryOfALoan(t *testing.T) {
	t.Parallel()
	c := newAidTown(t)
	h1, h2 := c.team("hz1", c.neighbour, "410400", "hazmat"), c.team("hz2", c.neighbour, "410400", "hazmat")
	sets := c.id(c.do(dispatch.System(dispatch.Live), "stock.save", dispatch.StockSave{Agency: c.plant, Area: "411003", Name: "空气呼吸器", Type: "scba", Unit: "套"}))
	c.do(dispatch.System(dispatch.Live), "stock.receive", dispatch.StockMove{Stock: sets, Quantity: 25})

	r := put[*dispatch.Request](c.town, c.do(c.fireDesk, "request.raise", dispatch.RequestRaise{Incident: c.incident.ID, Lines: []dispatch.LineAsk{
		{Capability: "hazmat", Max: 2}, {Item: "scba", Unit: "套", Min: 10, Max: 40}}}))
	if r.State != dispatch.RequestSubmitted || r.Number != "Q20261123-0001" || r.Title != "支援：液氯泄漏" || r.ReportTo.Text != "氯碱厂" {
		t.Fatalf("raised %+v", r)
	}
	if c.sees(c.clinicDesk, dispatch.KindRequest, r.ID) {
		t.Error("others see a request that nobody has approved")
	}
	c.refused(c.fireDesk, dispatch.Forbidden, "request.approve", dispatch.RequestMove{Request: r.ID})
	r = put[*dispatch.Request](c.town, c.do(c.fireChief, "request.approve", dispatch.RequestMove{Request: r.ID}))
	if r.State != dispatch.RequestOpen || r.Ring != dispatch.RingCounty || r.Scope.Reach != "411002" || r.WidenDue == nil {
		t.Fatalf("approved %+v", r)
	}
	// Ring by ring: the county, the city, past the partners of whom there are none
	// to those within 50 km, the province.
	for _, step := range []struct {
		clinic, neighbour bool
		wait              time.Duration
	}{{false, false, 10 * time.Minute}, {true, false, 10 * time.Minute}, {true, true, 5 * time.Minute}} {
		if c.sees(c.clinicDesk, dispatch.KindRequest, r.ID) != step.clinic || c.sees(c.neighbourDesk, dispatch.KindRequest, r.ID) != step.neighbour {
			t.Fatalf("in the ring %s others see too much or too little", c.request(r.ID).Ring)
		}
		c.pass(step.wait)
		if _, err := c.svc.FireDue(context.Background(), dispatch.Live); err != nil {
			t.Fatal(err)
		}
	}
	r = c.request(r.ID)
	if r.Ring != dispatch.RingProvince || len(r.Rings) != 5 || r.Rings[1].Waited != 600 || r.WidenDue != nil || r.Range != 50 {
		t.Fatalf("widened %+v", r)
	}
	for n, want := range []dispatch.RingPassed{{Ring: dispatch.RingPartners, Waited: 600}, {Ring: dispatch.RingRange, Agencies: 1}, {Ring: dispatch.RingProvince, Waited: 300}} {
		have := r.Rings[n+2]
		if have.At = (time.Time{}); have != want {
			t.Errorf("passed %+v, want %+v", have, want)
		}
	}
	who, err := c.svc.Suppliers(context.Background(), c.fireDesk, r.ID, "1")
	if err != nil || len(who.Suppliers) != 1 || who.Suppliers[0] != (dispatch.Supplier{Agency: c.neighbour, Reached: true, Able: 2, Seconds: who.Suppliers[0].Seconds}) || who.Suppliers[0].Seconds < 60 {
		t.Fatalf("suppliers %+v, %v", who.Suppliers, err)
	}
	c.do(c.clinicDesk, "offer.make", dispatch.OfferMake{Request: r.ID, Line: "1", Type: dispatch.OfferDecline, Reason: "没有防化队"})
	c.refused(c.neighbourDesk, dispatch.Invalid, "offer.make", dispatch.OfferMake{Request: r.ID, Line: "1", Type: dispatch.OfferProvisional, Quantity: 1})
	c.refused(c.neighbourDesk, dispatch.Invalid, "offer.make", dispatch.OfferMake{Request: r.ID, Line: "1", Type: dispatch.OfferAccept, Quantity: 3})
	teams := put[*dispatch.Offer](c.town, c.do(c.neighbourDesk, "offer.make", dispatch.OfferMake{Request: r.ID, Line: "1", Type: dispatch.OfferProvisional, Quantity: 2, Conditions: "本市警戒解除后"}))
	c.refused(c.neighbourDesk, dispatch.Conflict, "offer.make", dispatch.OfferMake{Request: r.ID, Line: "1", Type: dispatch.OfferAccept, Quantity: 1})
	goods := c.offer(c.plantDesk, r, "2", 20)
	if r = c.request(r.ID); r.Lines[0].Offered != 2 || r.Lines[1].Offered != 20 || r.Version != c.request(r.ID).Version {
		t.Errorf("lines %+v", r.Lines)
	}
	if !c.sees(c.fireDesk, dispatch.KindOffer, teams.ID) || c.sees(c.clinicDesk, dispatch.KindOffer, teams.ID) {
		t.Error("an offer is between two")
	}
	c.refused(c.neighbourDesk, dispatch.IllegalMove, "offer.commit", dispatch.OfferCommit{Offer: teams.ID, Teams: []string{h1}})
	c.do(c.fireDesk, "offer.order", dispatch.OfferOrder{Offer: teams.ID})
	c.do(c.fireDesk, "offer.order", dispatch.OfferOrder{Offer: goods.ID, Quantity: 15})

	// The commitment moves the teams from one pool into the other.
	eta := c.clock().Add(50 * time.Minute)
	done := c.do(c.neighbourDesk, "offer.commit", dispatch.OfferCommit{Offer: teams.ID, Teams: []string{h1, h2}, ETA: &eta})
	loans := loansOf(done)
	if len(loans) != 2 || loans[0].State != dispatch.LoanCommitted || loans[0].Receiver != c.fire || loans[0].Next != dispatch.LoanMobilising || loans[0].Unit != "支" {
		t.Fatalf("loans %+v", loans)
	}
	lent := loans[0].ID
	if team := get[*dispatch.Team](c.town, dispatch.KindTeam, h1); team.Holder != c.fire || team.Loan == "" {
		t.Fatalf("team %+v", team)
	}
	c.team("hz3", c.neighbour, "410400", "hazmat")
	if who, err = c.svc.Suppliers(context.Background(), c.fireDesk, r.ID, "1"); err != nil || who.Suppliers[0].Able != 1 ||
		who.Suppliers[0].Answers != (dispatch.Answers{Count: 1, Accepted: 1, Minutes: 25}) {
		t.Errorf("suppliers %+v, %v", who.Suppliers, err)
	}
	theirs := put[*dispatch.Incident](c.town, c.do(c.neighbourDesk, "incident.open", dispatch.IncidentOpen{Type: "12G03", Title: "本市火灾", Area: "410400", Verified: true}))
	if e := c.refused(c.neighbourDesk, dispatch.Conflict, "task.assign", dispatch.TaskAssign{Incident: theirs.ID, Team: h1}); !strings.Contains(e.MessageZH, "已借调给消防支队") {
		t.Errorf("refusal %q", e.MessageZH)
	}
	ranking, err := c.svc.Candidates(context.Background(), c.neighbourDesk, theirs.ID, nil)
	for _, x := range ranking.Candidates {
		if x.Team == h1 || x.Team == h2 {
			t.Errorf("the owner may still send %+v", x)
		}
	}
	if err != nil || len(ranking.Excluded) != 2 || ranking.Excluded[0].Reasons[0].Code != "lent" {
		t.Errorf("excluded %+v, %v", ranking.Excluded, err)
	}
	ranking, err = c.svc.Candidates(context.Background(), c.fireDesk, c.incident.ID, nil)
	may := map[string]string{}
	for _, x := range ranking.Candidates {
		may[x.Team] = x.May
	}
	if err != nil || may[h1] != "assign" || may[h2] != "assign" {
		t.Errorf("the receiver may send %v, %v", may, err)
	}
	stock := loansOf(c.do(c.plantDesk, "offer.commit", dispatch.OfferCommit{Offer: goods.ID, Stock: sets, Quantity: 15}))[0].ID
	if s := get[*dispatch.Stock](c.town, dispatch.KindStock, sets); s.Available != 10 {
		t.Errorf("stock %+v", s)
	}
	if r = c.request(r.ID); r.Lines[0].Committed != 2 || r.Lines[0].Missing() != 0 || r.Lines[1].Committed != 15 || r.Lines[1].Missing() != 25 {
		t.Errorf("lines %+v", r.Lines)
	}

	// On the way, and there: the receiver says so. The leader sees whom to report to.
	leader := c.leader("hz1")
	move := func(by dispatch.Actor, id string, to dispatch.LoanState) {
		t.Helper()
		c.do(by, "loan.advance", dispatch.LoanAdvance{Loan: id, From: c.loan(id).State, To: to})
		c.pass(time.Minute)
	}
	if !c.sees(leader, dispatch.KindLoan, lent) {
		t.Error("the leader does not see the loan")
	}
	move(c.neighbourDesk, lent, dispatch.LoanMobilising)
	move(leader, lent, dispatch.LoanInTransit)
	c.refused(c.neighbourDesk, dispatch.Forbidden, "loan.advance", dispatch.LoanAdvance{Loan: lent, From: dispatch.LoanInTransit, To: dispatch.LoanOnLoan})
	move(c.fireDesk, lent, dispatch.LoanOnLoan)
	move(c.fireDesk, stock, dispatch.LoanOnLoan)
	task := c.assign(c.fireDesk, c.incident.ID, "hz1")
	if r = c.request(r.ID); r.Lines[0].Moving != 1 || r.Lines[0].Arrived != 1 || r.Lines[1].Arrived != 15 {
		t.Errorf("lines %+v", r.Lines)
	}
	if e := c.refused(c.fireDesk, dispatch.Blocked, "incident.close", dispatch.IncidentMove{Incident: c.incident.ID, Outcome: "堵漏"}); len(e.Blockers) != 5 {
		t.Errorf("blockers %v: want the task, the request and three loans", e.Blockers)
	}

	// More time is asked and granted; then its owner needs it back.
	until := c.clock().Add(12 * time.Hour)
	c.do(c.fireDesk, "loan.ask", dispatch.LoanAsk{Loan: lent, Type: dispatch.AskExtend, Until: &until, Reason: "堵漏未完"})
	c.refused(c.fireDesk, dispatch.Forbidden, "loan.answer", dispatch.LoanAnswer{Loan: lent, Agree: true})
	c.do(c.neighbourDesk, "loan.answer", dispatch.LoanAnswer{Loan: lent, Agree: true})
	if l := c.loan(lent); l.Back == nil || !l.Back.Equal(until) || l.Ask != nil {
		t.Errorf("loan %+v was not extended", l)
	}
	c.do(c.neighbourDesk, "loan.ask", dispatch.LoanAsk{Loan: lent, Type: dispatch.AskRecall, Reason: "本市火灾"})
	if e := c.refused(c.fireDesk, dispatch.Blocked, "loan.answer", dispatch.LoanAnswer{Loan: lent, Agree: true}); len(e.Blockers) != 1 {
		t.Errorf("blockers %v", e.Blockers)
	}
	c.advance("hz1", task.ID, "en_route", "on_scene", "returning", "done")
	c.do(c.fireDesk, "loan.answer", dispatch.LoanAnswer{Loan: lent, Agree: true})
	if l := c.loan(lent); l.State != dispatch.LoanReleasing {
		t.Errorf("loan %+v", l)
	}
	c.refused(c.fireDesk, dispatch.Forbidden, "loan.advance", dispatch.LoanAdvance{Loan: lent, From: dispatch.LoanReleasing, To: dispatch.LoanReturned})
	move(c.neighbourDesk, lent, dispatch.LoanReturned)
	if team := get[*dispatch.Team](c.town, dispatch.KindTeam, h1); team.Holder != "" || team.Loan != "" || len(team.Scope.Shares) != 0 {
		t.Errorf("team %+v is not its owner's again", team)
	}
	c.do(c.neighbourDesk, "task.assign", dispatch.TaskAssign{Incident: theirs.ID, Team: h1})

	// What was used up does not come back; what never went is cancelled.
	move(c.fireDesk, stock, dispatch.LoanReleasing)
	c.refused(c.plantDesk, dispatch.Invalid, "loan.advance", dispatch.LoanAdvance{Loan: stock, From: dispatch.LoanReleasing, To: dispatch.LoanReturned, Returned: 16})
	c.do(c.plantDesk, "loan.advance", dispatch.LoanAdvance{Loan: stock, From: dispatch.LoanReleasing, To: dispatch.LoanReturned, Returned: 11})
	if s := get[*dispatch.Stock](c.town, dispatch.KindStock, sets); s.Available != 21 {
		t.Errorf("stock %+v", s)
	}
	c.do(c.fireDesk, "loan.cancel", dispatch.LoanEnd{Loan: loans[1].ID, Reason: "不再需要"})
	if r = c.request(r.ID); r.Lines[0].Committed != 1 || r.Lines[0].Ordered != 1 {
		t.Errorf("lines %+v after one was cancelled", r.Lines)
	}
	c.do(c.fireDesk, "request.close", dispatch.RequestMove{Request: r.ID})
	c.do(c.fireDesk, "incident.close", dispatch.IncidentMove{Incident: c.incident.ID, Outcome: "堵漏成功"})
	c.do(c.fireChief, "incident.archive", dispatch.IncidentMove{Incident: c.incident.ID})
	if n := len(c.onBoard(dispatch.KindRequest)) + len(c.onBoard(dispatch.KindOffer)) + len(c.onBoard(dispatch.KindLoan)); n != 0 {
		t.Errorf("%d requests, offers and loans are left on the board", n)
	}
}

// Two suppliers, one team: whatever many hands do at once, it is lent once, and
// no more than is there.
func TestNothingIsLentTwice(t *testing.T) {
	t.Parallel()
	c := newAidTown(t)
	team := c.team("hz1", c.clinic, "411003", "hazmat")
	stock := c.id(c.do(dispatch.System(dispatch.Live), "stock.save", dispatch.StockSave{Agency: c.clinic, Area: "411003", Name: "沙袋", Type: "sandbag", Unit: "件"}))
	c.do(dispatch.System(dispatch.Live), "stock.receive", dispatch.StockMove{Stock: stock, Quantity: 50})
	var offers []*dispatch.Offer
	for range 6 {
		r := c.raise(dispatch.LineAsk{Capability: "hazmat", Max: 1}, dispatch.LineAsk{Item: "sandbag", Max: 20})
		c.do(c.fireDesk, "request.widen", dispatch.RequestWiden{Request: r.ID})
		for n, quantity := range []int{1, 20} {
			o := c.offer(c.clinicDesk, r, fmt.Sprint(n+1), quantity)
			c.do(c.fireDesk, "offer.order", dispatch.OfferOrder{Offer: o.ID})
			offers = append(offers, o)
		}
	}
	var wg sync.WaitGroup
	for n, o := range offers {
		wg.Go(func() {
			in := dispatch.OfferCommit{Offer: o.ID, Teams: []string{team}}
			if n%2 == 1 {
				in = dispatch.OfferCommit{Offer: o.ID, Stock: stock, Quantity: 20}
			}
			if _, err := c.try(c.clinicDesk, "offer.commit", in); err != nil && dispatch.CodeOf(err) != dispatch.Conflict {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	teams, quantity := 0, 0
	for _, rec := range c.all(dispatch.KindLoan) {
		if l := rec.(*dispatch.Loan); l.Resource.Kind == dispatch.KindTeam {
			teams++
		} else {
			quantity += l.Quantity
		}
	}
	if left := get[*dispatch.Stock](c.town, dispatch.KindStock, stock).Available; teams != 1 || quantity != 40 || left != 10 {
		t.Errorf("%d loans of one team; %d lent of 50, %d left", teams, quantity, left)
	}
	c.checkInvariants()
}

// An item is handed over and comes back broken.
func TestLoanOfAnItem(t *testing.T) {
	t.Parallel()
	c := newAidTown(t)
	pump := c.id(c.do(dispatch.System(dispatch.Live), "equipment.save", dispatch.EquipmentSave{Agency: c.clinic, Area: "411003", Name: "排烟机", Type: "fan", Condition: dispatch.ConditionReady}))
	r := c.raise(dispatch.LineAsk{Item: "fan", Max: 1})
	c.do(c.fireDesk, "request.widen", dispatch.RequestWiden{Request: r.ID, Ring: dispatch.RingCity})
	for _, ring := range []dispatch.Ring{dispatch.RingCity, dispatch.RingCounty, dispatch.RingOwn, "moon"} {
		if e := c.refused(c.fireDesk, dispatch.Invalid, "request.widen", dispatch.RequestWiden{Request: r.ID, Ring: ring}); e.Field != "ring" {
			t.Errorf("widened from the city to %q: %+v", ring, e)
		}
	}
	o := c.offer(c.clinicDesk, r, "1", 1)
	c.do(c.fireDesk, "offer.order", dispatch.OfferOrder{Offer: o.ID})
	l := loansOf(c.do(c.clinicDesk, "offer.commit", dispatch.OfferCommit{Offer: o.ID, Equipment: []string{pump}}))[0]
	if e := get[*dispatch.Equipment](c.town, dispatch.KindEquipment, pump); e.Holder != c.fire {
		t.Fatalf("item %+v", e)
	}
	c.do(c.fireDesk, "loan.advance", dispatch.LoanAdvance{Loan: l.ID, From: dispatch.LoanCommitted, To: dispatch.LoanOnLoan})
	c.do(c.fireDesk, "equipment.commit", dispatch.EquipmentCommit{Equipment: pump, Incident: c.incident.ID})
	// Its owner has no use of it meanwhile, and no business with the incident.
	c.refused(c.clinicDesk, dispatch.NotFound, "equipment.commit", dispatch.EquipmentCommit{Equipment: pump, Incident: c.incident.ID})
	own := c.id(c.do(c.clinicDesk, "incident.open", dispatch.IncidentOpen{Type: "12G03", Title: "院内火灾", Verified: true, Area: "411003"}))
	c.refused(c.clinicDesk, dispatch.Forbidden, "equipment.commit", dispatch.EquipmentCommit{Equipment: pump, Incident: own})
	release := dispatch.LoanAdvance{Loan: l.ID, From: dispatch.LoanOnLoan, To: dispatch.LoanReleasing}
	c.refused(c.fireDesk, dispatch.Blocked, "loan.advance", release)
	c.do(c.fireDesk, "equipment.return", dispatch.EquipmentReturn{Equipment: pump})
	c.do(c.fireDesk, "loan.advance", release)
	c.do(c.clinicDesk, "loan.advance", dispatch.LoanAdvance{Loan: l.ID, From: dispatch.LoanReleasing, To: dispatch.LoanReturned, Condition: dispatch.ConditionBroken})
	if e := get[*dispatch.Equipment](c.town, dispatch.KindEquipment, pump); e.Holder != c.clinic || e.Condition != dispatch.ConditionBroken || len(e.Scope.Shares) != 0 {
		t.Errorf("item %+v", e)
	}
	if got := c.loan(l.ID); got.HandedOver != dispatch.ConditionReady || got.CameBack != dispatch.ConditionBroken {
		t.Errorf("loan %+v", got)
	}
}

func TestBadAid(t *testing.T) {
	t.Parallel()
	c := newAidTown(t)
	past := c.clock().Add(-time.Minute)
	far := geo.At(200, 34)
	ask := func(l dispatch.LineAsk) dispatch.RequestRaise {
		return dispatch.RequestRaise{Incident: c.incident.ID, Lines: []dispatch.LineAsk{l}}
	}
	with := func(change func(*dispatch.RequestRaise)) dispatch.RequestRaise {
		in := ask(dispatch.LineAsk{Capability: "hazmat", Max: 1})
		change(&in)
		return in
	}
	many := make([]dispatch.LineAsk, 21)
	for n := range many {
		many[n] = dispatch.LineAsk{Capability: "hazmat", Max: 1}
	}
	for name, in := range map[string]dispatch.RequestRaise{
		"lines":                ask(dispatch.LineAsk{}),
		"lines ":               {Incident: c.incident.ID},
		"lines  ":              {Incident: c.incident.ID, Lines: many},
		"lines[0].max":         ask(dispatch.LineAsk{Capability: "hazmat", Max: -3}),
		"lines[0].max ":        ask(dispatch.LineAsk{Item: "scba", Max: 2_000_000}),
		"lines[0].min":         ask(dispatch.LineAsk{Item: "scba", Max: 2, Min: 3}),
		"lines[0].capability":  ask(dispatch.LineAsk{Max: 1}),
		"lines[0].capability ": ask(dispatch.LineAsk{Capability: "telepathy", Max: 1}),
		"lines[0].unit":        ask(dispatch.LineAsk{Item: "scba", Max: 1, Unit: "一个非常非常长的计量单位"}),
		"priority":             with(func(in *dispatch.RequestRaise) { in.Priority = 9 }),
		"until":                with(func(in *dispatch.RequestRaise) { in.Until = &past }),
		"report_to.point":      with(func(in *dispatch.RequestRaise) { in.ReportTo = &dispatch.Place{Point: &far} }),
	} {
		want := strings.TrimSpace(name)
		if want == "lines" && len(in.Lines) == 1 {
			want = "lines[0].capability"
		}
		if e := c.refused(c.fireDesk, dispatch.Invalid, "request.raise", in); e.Field != want {
			t.Errorf("%q: field %q, %v", name, e.Field, e)
		}
	}
	if n := len(c.all(dispatch.KindRequest)); n != 0 {
		t.Fatalf("%d requests were left behind", n)
	}
	r := c.raise(dispatch.LineAsk{Capability: "hazmat", Max: 2})
	c.do(c.fireDesk, "request.widen", dispatch.RequestWiden{Request: r.ID})
	c.refused(c.fireDesk, dispatch.Invalid, "offer.make", dispatch.OfferMake{Request: r.ID, Line: "1", Type: dispatch.OfferAccept, Quantity: 1})
	c.refused(c.clinicDesk, dispatch.Invalid, "offer.make", dispatch.OfferMake{Request: r.ID, Line: "7", Type: dispatch.OfferAccept, Quantity: 1})
	c.refused(c.clinicDesk, dispatch.Invalid, "offer.make", dispatch.OfferMake{Request: r.ID, Line: "1", Type: "maybe", Quantity: 1})
	c.refused(c.clinicDesk, dispatch.Forbidden, "offer.make", dispatch.OfferMake{Request: r.ID, Line: "1", Agency: c.neighbour, Type: dispatch.OfferAccept, Quantity: 1})
	o := c.offer(c.clinicDesk, r, "1", 1)
	c.refused(c.clinicDesk, dispatch.Forbidden, "offer.order", dispatch.OfferOrder{Offer: o.ID})
	c.refused(c.fireDesk, dispatch.Invalid, "offer.order", dispatch.OfferOrder{Offer: o.ID, Quantity: 2})
	c.do(c.fireDesk, "offer.order", dispatch.OfferOrder{Offer: o.ID})
	c.refused(c.fireDesk, dispatch.Forbidden, "offer.commit", dispatch.OfferCommit{Offer: o.ID, Teams: []string{c.teams["jj1"]}})
	c.refused(c.clinicDesk, dispatch.Invalid, "offer.commit", dispatch.OfferCommit{Offer: o.ID, Teams: []string{c.teams["jj1"]}}) // cannot do it
	c.refused(c.clinicDesk, dispatch.Invalid, "offer.commit", dispatch.OfferCommit{Offer: o.ID, Teams: []string{c.teams["xf1"]}}) // is not theirs
	c.refused(c.clinicDesk, dispatch.Invalid, "offer.commit", dispatch.OfferCommit{Offer: o.ID})
	c.refused(c.fireDesk, dispatch.Invalid, "request.edit", dispatch.RequestEdit{Request: r.ID, Lines: &[]dispatch.LineAsk{}})
	c.refused(c.fireDesk, dispatch.Invalid, "request.edit", dispatch.RequestEdit{Request: r.ID, Lines: &[]dispatch.LineAsk{{Capability: "fire", Max: 3}}})
	c.do(c.fireDesk, "request.edit", dispatch.RequestEdit{Request: r.ID, Lines: &[]dispatch.LineAsk{{Capability: "hazmat", Max: 1}, {Item: "scba", Max: 5}}})
	c.do(c.clinicDesk, "offer.refuse", dispatch.OfferMove{Offer: o.ID, Reason: "刚接警"})
	if r = c.request(r.ID); r.Lines[0].Ordered != 0 || r.Lines[0].Offered != 0 || len(r.Lines) != 2 {
		t.Errorf("lines %+v", r.Lines)
	}
	c.do(c.fireDesk, "request.cancel", dispatch.RequestMove{Request: r.ID, Reason: "误报"})
	c.refused(c.clinicDesk, dispatch.IllegalMove, "offer.make", dispatch.OfferMake{Request: r.ID, Line: "1", Type: dispatch.OfferAccept, Quantity: 1})
}
