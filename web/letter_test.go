package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/web"
	"liandong/web/edxl"
)

// pair is two houses, each of which knows the other as a neighbouring region.
type pair struct {
	t    *testing.T
	a, b *house
	// inA stands for B in A, inB for A in B.
	inA, inB string
}

func newPair(t *testing.T) *pair {
	p := &pair{t: t, a: newHouse(t), b: newHouse(t)}
	// Test databases are copies of one: their names have to be made different.
	for name, h := range map[string]*house{"house-a": p.a, "house-b": p.b} {
		if err := h.store.SetSetting(t.Context(), "sender", name); err != nil {
			t.Fatal(err)
		}
	}
	p.inA = p.a.made("agency.save", dispatch.AgencySave{Name: "乙市应急管理局", Short: "乙市", Area: "410400", Type: dispatch.AgencyNeighbour})
	p.inB = p.b.made("agency.save", dispatch.AgencySave{Name: "甲市应急管理局", Short: "甲市", Area: "410500", Type: dispatch.AgencyNeighbour})
	return p
}

func (p *pair) pass(d time.Duration) {
	p.a.pass(d)
	p.b.pass(d)
}

func (g *guest) edxl(path string) []*edxl.Message {
	g.t.Helper()
	a := g.get(path)
	d, err := edxl.DecodeDistribution(a.body)
	if a.StatusCode != 200 || err != nil {
		g.t.Fatalf("%d %v\n%s\n%s", a.StatusCode, err, a.body, g.log.String())
	}
	return d.Messages()
}

func (g *guest) takeIn(agency string, body []byte) answer {
	g.t.Helper()
	return g.send("POST", "/api/v1/edxl?agency="+agency, bytes.NewReader(body), "Content-Type", "application/xml")
}

func encoded(t *testing.T, m *edxl.Message) []byte {
	t.Helper()
	raw, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func takenOf(t *testing.T, a answer) []web.LetterTaken {
	t.Helper()
	var in web.TakenIn
	if err := json.Unmarshal(a.body, &in); err != nil || a.StatusCode != 200 {
		t.Fatalf("%d %v %s", a.StatusCode, err, a.body)
	}
	return in.Messages
}

// carry carries what is new in the thread from one house to the other, message by
// message, each of them twice: it takes effect once. It returns what became of the
// new ones and the other house's request.
func (p *pair) carry(from, to *house, request, agency string) (outcomes []string, other string) {
	p.t.Helper()
	desk := to.as("desk")
	for _, m := range from.as("desk").edxl("/api/v1/requests/" + request + "/edxl") {
		a := desk.takeIn(agency, encoded(p.t, m))
		if a.StatusCode == 500 {
			p.t.Fatal(to.log.String())
		}
		if a.StatusCode == 422 && a.problem(p.t).Field == string(m.Kind)+"/MessageID" {
			continue // it came from there
		}
		one := takenOf(p.t, a)[0]
		if other = one.Request; one.Outcome == "known" {
			continue
		}
		outcomes = append(outcomes, one.Outcome+" "+one.Type)
		before := len(to.find(dispatch.KindLetter))
		if again := takenOf(p.t, desk.takeIn(agency, encoded(p.t, m)))[0]; again.Outcome != "known" || len(to.find(dispatch.KindLetter)) != before {
			p.t.Errorf("%s a second time: %+v", m.Kind, again)
		}
	}
	return outcomes, other
}

// side is a request with its offers and loans as they are compared: without ids,
// names of people and what is of one house.
func (h *house) side(request string) string {
	h.t.Helper()
	var out []string
	sec := func(t *time.Time) string {
		if t == nil {
			return "-"
		}
		return t.UTC().Truncate(time.Second).Format(time.RFC3339)
	}
	stamps := func(all any) string {
		var keys []string
		v := reflect.ValueOf(all)
		for _, k := range v.MapKeys() {
			keys = append(keys, k.String())
		}
		slices.Sort(keys)
		return strings.Join(keys, ",")
	}
	for _, rec := range h.find(dispatch.KindRequest) {
		if r := rec.(*dispatch.Request); r.ID == request {
			out = append(out, fmt.Sprintf("request %s %q %q %d %q %v %s %v", r.State, r.Text, r.Contact, r.Priority, r.ReportTo.Text, r.ReportTo.Point, sec(r.Back), r.Reason == ""))
			for _, l := range r.Lines {
				l.NeededBy, l.Text = nil, strings.TrimSpace(l.Text)
				out = append(out, fmt.Sprintf("line %+v", l))
			}
		}
	}
	for _, rec := range h.find(dispatch.KindOffer) {
		if o := rec.(*dispatch.Offer); o.Request == request {
			out = append(out, fmt.Sprintf("offer %s %s %s %d %q %q ordered %d committed %d %s %s %s", o.Line, o.Type, o.State, o.Quantity, o.Conditions, o.Text, o.Ordered, o.Committed, sec(o.Ready), sec(o.Back), stamps(o.Stamps)))
		}
	}
	for _, rec := range h.find(dispatch.KindLoan) {
		if l := rec.(*dispatch.Loan); l.Request == request {
			ask := "-"
			if l.Ask != nil {
				ask = string(l.Ask.Type) + sec(l.Ask.Until) + l.Ask.Reason
			}
			var when []string
			for _, s := range []dispatch.LoanState{dispatch.LoanMobilising, dispatch.LoanInTransit, dispatch.LoanOnLoan, dispatch.LoanReturned} {
				if at, ok := l.Stamps[s]; ok {
					w := at.When()
					when = append(when, sec(&w))
				}
			}
			out = append(out, fmt.Sprintf("loan %s %q %s %d %s eta %s back %s ask %s %s→%s returned %d contact %q %s %s", l.Line, l.Name, l.State, l.Quantity, l.Unit, sec(l.ETA), sec(l.Back), ask,
				l.HandedOver, l.CameBack, l.Returned, l.Contact, stamps(l.Stamps), strings.Join(when, " ")))
		}
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

func (p *pair) agree(inA, inB, after string) {
	p.t.Helper()
	if a, b := p.a.side(inA), p.b.side(inB); a != b {
		p.t.Errorf("after %s the two do not agree:\n%s\n\n%s", after, a, b)
	}
}

// Two houses that know each other by messages alone: one asks, the other offers,
// lends, extends, wants it back and gets it back, in part, with everything that
// can be taken back taken back once; after each step the records agree.
func TestTwoHousesByMessages(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	desk, chief, other := p.a.as("desk"), p.a.as("chief"), p.b.as("desk")
	at := func(d time.Duration) *time.Time { x := p.a.clock().Add(d); return &x }
	p.b.made("team.save", dispatch.TeamSave{ID: p.b.teams["jj1"], Name: "救护一组", CallSign: "jj1", Type: dispatch.TeamMedical, SeatsMin: 1, SeatsFull: 6, Capabilities: []dispatch.Capability{{Code: "fire"}}})
	stock := p.b.made("stock.save", dispatch.StockSave{Agency: p.b.clinic, Area: "411003", Name: "担架", Type: "stretcher", Unit: "副"})
	p.b.made("stock.receive", dispatch.StockMove{Stock: stock, Quantity: 8})
	p.b.made("equipment.save", dispatch.EquipmentSave{Agency: p.b.clinic, Area: "411003", Name: "移动泵车", Type: "pump", Condition: dispatch.ConditionReady})
	incident := desk.incident()
	request := desk.done("request.raise", dispatch.RequestRaise{Incident: incident, Title: "民房火灾求援", Text: "注意高压线", Contact: "王队 频道 3", Priority: 1, Back: at(24 * time.Hour), To: []string{p.inA},
		Lines: []dispatch.LineAsk{{Capability: "fire", Max: 3, Min: 1, NeededBy: at(time.Hour), Text: "带破拆工具"}, {Item: "stretcher", Unit: "副", Max: 6, Min: 2}, {Item: "pump", Unit: "台", Max: 1}}})
	chief.done("request.approve", dispatch.RequestMove{Request: request})
	var theirs string
	step := func(from, to *house, agency, what string, want ...string) {
		t.Helper()
		of := request
		if from == p.b {
			of = theirs
		}
		got, in := p.carry(from, to, of, agency)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
		if to == p.b {
			theirs = in
		}
		p.agree(request, theirs, what)
	}
	forth := func(what string, want ...string) { t.Helper(); step(p.a, p.b, p.inB, what, want...) }
	back := func(what string, want ...string) { t.Helper(); step(p.b, p.a, p.inA, what, want...) }
	offer := func(in dispatch.OfferMake) string {
		t.Helper()
		in.Request = theirs
		return other.done("offer.make", in)
	}
	// The records of A that stand for those of B: the last of their kind and line.
	mine := func(line string) string {
		t.Helper()
		id := ""
		for _, rec := range p.a.find(dispatch.KindOffer) {
			if o := rec.(*dispatch.Offer); o.Line == line && o.Standing() {
				id = o.ID
			}
		}
		return id
	}
	loan := func(h *house, name string) *dispatch.Loan {
		t.Helper()
		for _, rec := range h.find(dispatch.KindLoan) {
			if l := rec.(*dispatch.Loan); l.Name == name {
				return l
			}
		}
		t.Fatalf("no loan of %s", name)
		return nil
	}
	move := func(g *guest, name string, to dispatch.LoanState, in dispatch.LoanAdvance) {
		t.Helper()
		l := loan(g.house, name)
		in.Loan, in.From, in.To = l.ID, l.State, to
		g.done("loan.advance", in)
		p.pass(time.Minute)
	}

	forth("the request", "applied RequestResource")
	if r := p.b.find(dispatch.KindRequest)[0].(*dispatch.Request); r.Scope.Agency != p.inB || r.Ring != dispatch.RingOwn || r.WidenDue != nil || r.Stamps[dispatch.RequestOpen].By != "甲市应急管理局 / 人员desk" {
		t.Errorf("request %+v", r)
	}
	if a := p.b.as("firedesk").get("/api/v1/records/request/" + theirs); a.StatusCode != 404 {
		t.Error("the request reaches more than whom it was addressed to")
	}
	desk.done("letter.write", dispatch.LetterWrite{Request: request, Type: dispatch.LetterQuestion, Text: "贵市有无泡沫车？"})
	desk.done("letter.write", dispatch.LetterWrite{Request: request, Type: dispatch.LetterQuoteAsked, Line: "2"})
	forth("questions", "kept RequestInformation", "kept RequestQuote")
	letters := map[string]string{}
	for _, rec := range p.b.find(dispatch.KindLetter) {
		letters[rec.(*dispatch.Letter).Type] = dispatch.RefOf(rec).ID
	}
	other.done("letter.write", dispatch.LetterWrite{Request: theirs, Type: dispatch.LetterAnswer, Answers: letters[dispatch.LetterQuestion], Text: "有两辆"})
	other.done("letter.write", dispatch.LetterWrite{Request: theirs, Type: dispatch.LetterQuote, Answers: letters[dispatch.LetterQuoteAsked], Line: "2", Quantity: 5, Price: 120_50})
	other.done("letter.write", dispatch.LetterWrite{Request: theirs, Type: dispatch.LetterOffer, Item: "无人机", Quantity: 1, Unit: "架", Text: "带热成像"})
	back("answers", "kept ResponseToRequestInformation", "kept ResponseToRequestQuote", "kept OfferUnsolicitedResource")

	// One neighbour stands for all of B, and has one standing answer to a line.
	offer(dispatch.OfferMake{Line: "2", Type: dispatch.OfferDecline, Agency: p.b.fire, Reason: "没有"})
	gone := offer(dispatch.OfferMake{Line: "1", Type: dispatch.OfferAccept, Quantity: 1, Text: "先答应一支"})
	back("offers", "applied ResponseToRequestResource", "applied ResponseToRequestResource")
	other.done("offer.withdraw", dispatch.OfferMove{Offer: gone, Reason: "另有任务"})
	team := offer(dispatch.OfferMake{Line: "1", Type: dispatch.OfferProvisional, Agency: p.b.fire, Quantity: 3, Conditions: "值班长同意后", Ready: at(10 * time.Minute), Back: at(8 * time.Hour), Text: "含破拆"})
	goods := offer(dispatch.OfferMake{Line: "2", Type: dispatch.OfferAccept, Agency: p.b.clinic, Quantity: 5, Text: "在库"})
	offer(dispatch.OfferMake{Line: "3", Type: dispatch.OfferAccept, Agency: p.b.clinic, Quantity: 1})
	back("an offer taken back, and others", "applied ResponseToRequestResource", "applied ResponseToRequestResource", "applied ResponseToRequestResource", "applied ResponseToRequestResource")

	desk.done("offer.order", dispatch.OfferOrder{Offer: mine("1"), Quantity: 2})
	desk.done("offer.order", dispatch.OfferOrder{Offer: mine("2")})
	desk.done("offer.order", dispatch.OfferOrder{Offer: mine("3")})
	forth("orders", "applied RequisitionResource", "applied RequisitionResource", "applied RequisitionResource")
	desk.done("offer.cancel", dispatch.OfferMove{Offer: mine("3"), Reason: "本市已找到"})
	forth("an order taken back", "applied RequisitionResource")
	item := offer(dispatch.OfferMake{Line: "3", Type: dispatch.OfferAccept, Agency: p.b.clinic, Quantity: 1})
	back("offered again", "applied ResponseToRequestResource")
	desk.done("offer.order", dispatch.OfferOrder{Offer: mine("3")})
	max7 := []dispatch.LineAsk{{Capability: "fire", Max: 3, Min: 1, NeededBy: at(time.Hour), Text: "带破拆工具"}, {Item: "stretcher", Unit: "副", Max: 7, Min: 2}, {Item: "pump", Unit: "台", Max: 1}, {Item: "foam", Unit: "升", Max: 500}}
	desk.done("request.edit", dispatch.RequestEdit{Request: request, Lines: &max7})
	forth("ordered anew, and the request changed", "applied RequisitionResource", "applied RequestResource")

	other.done("offer.commit", dispatch.OfferCommit{Offer: team, Teams: []string{p.b.teams["xf1"], p.b.teams["xf2"]}, ETA: at(50 * time.Minute)})
	other.done("offer.commit", dispatch.OfferCommit{Offer: goods, Stock: stock, Quantity: 5})
	other.done("offer.refuse", dispatch.OfferMove{Offer: item, Reason: "泵车故障"})
	back("commitments", "applied CommitResource", "applied CommitResource", "applied CommitResource")
	// What came is A's to send, and no line of a foreign register is guessed.
	lent := loan(p.a, "中队xf1")
	if x := lent.Resource; x.Kind != dispatch.KindTeam || lent.Owner != p.inA || lent.Receiver != p.a.bureau {
		t.Errorf("loan %+v", lent)
	}
	desk.done("task.assign", dispatch.TaskAssign{Incident: incident, Team: lent.Resource.ID})
	move(other, "中队xf1", dispatch.LoanMobilising, dispatch.LoanAdvance{})
	move(other, "中队xf1", dispatch.LoanInTransit, dispatch.LoanAdvance{ETA: at(40 * time.Minute)})
	move(other, "担架", dispatch.LoanInTransit, dispatch.LoanAdvance{})
	back("departures", "applied ReportResourceDeploymentStatus", "applied ReportResourceDeploymentStatus", "applied ReportResourceDeploymentStatus")
	desk.done("loan.cancel", dispatch.LoanEnd{Loan: loan(p.a, "中队xf2").ID, Reason: "一支够用"})
	move(desk, "中队xf1", dispatch.LoanOnLoan, dispatch.LoanAdvance{})
	move(desk, "担架", dispatch.LoanOnLoan, dispatch.LoanAdvance{})
	other.done("letter.write", dispatch.LetterWrite{Request: theirs, Type: dispatch.LetterStatusAsked, Loan: loan(p.b, "中队xf1").ID})
	forth("arrivals and one too many", "applied ReleaseResource", "applied ReportResourceDeploymentStatus", "applied ReportResourceDeploymentStatus")
	back("a question for the status", "kept RequestResourceDeploymentStatus")

	desk.done("loan.ask", dispatch.LoanAsk{Loan: loan(p.a, "中队xf1").ID, Type: dispatch.AskExtend, Until: at(12 * time.Hour), Reason: "未完"})
	forth("more time asked", "applied RequestExtendedDeploymentDuration")
	other.done("loan.answer", dispatch.LoanAnswer{Loan: loan(p.b, "中队xf1").ID, Agree: true, Until: at(10 * time.Hour)})
	back("more time given", "applied ResponseToRequestExtendedDeploymentDuration")
	desk.done("loan.ask", dispatch.LoanAsk{Loan: loan(p.a, "中队xf1").ID, Type: dispatch.AskExtend, Until: at(20 * time.Hour), Reason: "仍未完"})
	forth("more time asked again", "applied RequestExtendedDeploymentDuration")
	other.done("loan.answer", dispatch.LoanAnswer{Loan: loan(p.b, "中队xf1").ID, Reason: "本市也紧张"})
	other.done("loan.ask", dispatch.LoanAsk{Loan: loan(p.b, "中队xf1").ID, Type: dispatch.AskRecall, Reason: "本市火灾"})
	back("no, and it is wanted back", "applied ResponseToRequestExtendedDeploymentDuration", "applied RequestReturn")
	desk.done("loan.answer", dispatch.LoanAnswer{Loan: loan(p.a, "中队xf1").ID, Reason: "正在内攻"})
	forth("not now", "applied ResponseToRequestReturn")
	other.done("loan.ask", dispatch.LoanAsk{Loan: loan(p.b, "中队xf1").ID, Type: dispatch.AskRecall, Reason: "必须归还"})
	back("wanted back again", "applied RequestReturn")
	desk.done("task.release", dispatch.TaskEnd{Task: dispatch.RefOf(p.a.find(dispatch.KindTask)[0]).ID, Reason: "归还"})
	desk.done("loan.answer", dispatch.LoanAnswer{Loan: loan(p.a, "中队xf1").ID, Agree: true})
	move(desk, "担架", dispatch.LoanReleasing, dispatch.LoanAdvance{})
	forth("let go", "applied ResponseToRequestReturn", "applied ReleaseResource")
	move(other, "中队xf1", dispatch.LoanReturned, dispatch.LoanAdvance{})
	move(other, "担架", dispatch.LoanReturned, dispatch.LoanAdvance{Returned: 3})
	back("home", "applied ReportResourceDeploymentStatus", "applied ReportResourceDeploymentStatus")
	desk.done("request.close", dispatch.RequestMove{Request: request})
	forth("closed", "applied RequestResource")

	// Both tell the same thread, valid, with every kind there is, and each message
	// may follow the one that it names.
	told := map[edxl.Kind]bool{}
	ids := [2][]string{}
	for i, path := range []struct {
		g  *guest
		of string
	}{{desk, request}, {other, theirs}} {
		path.g.valid(path.g.get("/api/v1/requests/" + path.of + "/edxl").body)
		for _, m := range path.g.edxl("/api/v1/requests/" + path.of + "/edxl") {
			told[m.Kind] = true
			ids[i] = append(ids[i], m.ID)
		}
		slices.Sort(ids[i])
	}
	if !slices.Equal(ids[0], ids[1]) {
		t.Errorf("the two tell other messages:\n%q\n%q", ids[0], ids[1])
	}
	for _, k := range edxl.Kinds {
		if !told[k] {
			t.Errorf("no %s was told", k)
		}
	}
	for _, h := range []*house{p.a, p.b} {
		report, err := h.store.VerifyTables(t.Context(), dispatch.Live, nil)
		if err != nil || !report.OK() {
			t.Errorf("the journal does not tell the tables: %+v %v", report, err)
		}
	}
}
