package dispatch_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"liandong/dispatch"
)

// requisitionTown has an enterprise with a team, an item and a supply.
type requisitionTown struct {
	*aidTown
	team, pump, sand string
}

func newRequisitionTown(t *testing.T) *requisitionTown {
	c := &requisitionTown{aidTown: newAidTown(t)}
	sys := dispatch.System(dispatch.Live)
	c.team = c.aidTown.team("qy1", c.plant, "411003", "hazmat")
	c.pump = c.id(c.do(sys, "equipment.save", dispatch.EquipmentSave{Agency: c.plant, Area: "411003", Name: "大流量泵", Type: "pump", Condition: dispatch.ConditionReady}))
	c.sand = c.id(c.do(sys, "stock.save", dispatch.StockSave{Agency: c.plant, Area: "411003", Name: "沙袋", Type: "sandbag", Unit: "袋"}))
	c.do(sys, "stock.receive", dispatch.StockMove{Stock: c.sand, Quantity: 100})
	return c
}

func (c *requisitionTown) order(in dispatch.RequisitionOrder) dispatch.RequisitionOrder {
	in.Decision, in.Incident, in.Purpose = "许政征〔2026〕3号", c.incident.ID, "堵漏排险"
	return in
}

func (c *requisitionTown) requisition(id string) *dispatch.Requisition {
	return get[*dispatch.Requisition](c.town, dispatch.KindRequisition, id)
}

// An item, a team, a quantity and a thing in no register: decided, taken over,
// used and given back, worn, whole, in part and not at all.
func TestStoryOfARequisition(t *testing.T) {
	t.Parallel()
	c := newRequisitionTown(t)
	until := c.clock().Add(48 * time.Hour)
	pump := put[*dispatch.Requisition](c.town, c.do(c.chief, "requisition.order", c.order(dispatch.RequisitionOrder{Equipment: c.pump, Until: &until, Value: 12_000_00})))
	if pump.State != dispatch.RequisitionOrdered || pump.Owner != c.plant || pump.Authority != c.bureau || pump.Receiver != c.fire || pump.Name != "大流量泵" ||
		pump.Next != dispatch.RequisitionTakenOver || pump.Type != dispatch.TakeEquipment || !pump.From.Equal(c.clock()) || pump.Place.Text != "氯碱厂" {
		t.Fatalf("ordered %+v", pump)
	}
	if !c.sees(c.plantDesk, dispatch.KindRequisition, pump.ID) || !c.sees(c.fireDesk, dispatch.KindRequisition, pump.ID) || c.sees(c.clinicDesk, dispatch.KindRequisition, pump.ID) {
		t.Error("owner and receiver see it at once, and nobody else")
	}
	if e := get[*dispatch.Equipment](c.town, dispatch.KindEquipment, c.pump); e.Holder != c.fire {
		t.Errorf("item %+v", e)
	}
	// It is out of its owner's hands: it can be neither lent nor used nor taken again.
	r := c.raise(dispatch.LineAsk{Item: "pump", Max: 1})
	c.do(c.fireDesk, "request.widen", dispatch.RequestWiden{Request: r.ID, Ring: dispatch.RingCity})
	o := c.offer(c.plantDesk, r, "1", 1)
	c.do(c.fireDesk, "offer.order", dispatch.OfferOrder{Offer: o.ID})
	c.refused(c.plantDesk, dispatch.Conflict, "offer.commit", dispatch.OfferCommit{Offer: o.ID, Equipment: []string{c.pump}})
	c.refused(c.chief, dispatch.Conflict, "requisition.order", c.order(dispatch.RequisitionOrder{Equipment: c.pump}))
	c.do(c.fireDesk, "request.cancel", dispatch.RequestMove{Request: r.ID, Reason: "已征用"})

	c.refused(c.plantDesk, dispatch.Forbidden, "requisition.take", dispatch.RequisitionTake{Requisition: pump.ID, GivenBy: "周某", Condition: dispatch.ConditionReady})
	if e := c.refused(c.fireDesk, dispatch.Invalid, "requisition.take", dispatch.RequisitionTake{Requisition: pump.ID, GivenBy: "周某"}); e.Field != "condition" {
		t.Errorf("refusal %+v", e)
	}
	if e := c.refused(c.fireDesk, dispatch.Invalid, "requisition.take", dispatch.RequisitionTake{Requisition: pump.ID, Condition: dispatch.ConditionReady}); e.Field != "given_by" {
		t.Errorf("refusal %+v", e)
	}
	c.refused(c.fireDesk, dispatch.IllegalMove, "requisition.return", dispatch.RequisitionReturn{Requisition: pump.ID, TakenBy: "周某", Condition: dispatch.ConditionReady})
	c.do(c.fireDesk, "requisition.take", dispatch.RequisitionTake{Requisition: pump.ID, GivenBy: "周某", Condition: dispatch.ConditionReady, Note: "滤网已洗", Value: 11_500_00})
	if q := c.requisition(pump.ID); q.TakenOver.TakenBy != "李四" || q.TakenOver.Condition != dispatch.ConditionReady || q.Value != 11_500_00 || q.Stamps[dispatch.RequisitionTakenOver].By != "李四" {
		t.Errorf("taken over %+v", q)
	}
	c.refused(c.chief, dispatch.IllegalMove, "requisition.cancel", dispatch.RequisitionEnd{Requisition: pump.ID, Reason: "不需要"})
	c.do(c.fireDesk, "equipment.commit", dispatch.EquipmentCommit{Equipment: c.pump, Incident: c.incident.ID})
	if e := c.refused(c.fireDesk, dispatch.Blocked, "incident.close", dispatch.IncidentMove{Incident: c.incident.ID, Outcome: "堵漏"}); len(e.Blockers) != 2 {
		t.Errorf("blockers %v: want the item and the requisition", e.Blockers)
	}
	back := dispatch.RequisitionReturn{Requisition: pump.ID, TakenBy: "周某", Condition: dispatch.ConditionBroken}
	if e := c.refused(c.fireDesk, dispatch.Invalid, "requisition.return", back); e.Field != "loss" {
		t.Errorf("refusal %+v", e)
	}
	back.Loss = "叶轮损坏"
	c.refused(c.fireDesk, dispatch.Blocked, "requisition.return", back)
	c.do(c.fireDesk, "equipment.return", dispatch.EquipmentReturn{Equipment: c.pump})
	later := until.Add(24 * time.Hour)
	c.refused(c.fireDesk, dispatch.Forbidden, "requisition.extend", dispatch.RequisitionExtend{Requisition: pump.ID, Until: &later, Reason: "未完"})
	c.do(c.chief, "requisition.extend", dispatch.RequisitionExtend{Requisition: pump.ID, Until: &later, Reason: "未完"})
	c.pass(3 * time.Hour)
	c.do(c.fireDesk, "requisition.return", back)
	q := c.requisition(pump.ID)
	if q.State != dispatch.RequisitionReturned || q.Open() || q.CameBack.GivenBy != "李四" || q.Loss != "叶轮损坏" || !q.Until.Equal(later) ||
		q.Stamps[dispatch.RequisitionReturned].At.Sub(q.Stamps[dispatch.RequisitionTakenOver].At) != 3*time.Hour {
		t.Errorf("returned %+v", q)
	}
	if e := get[*dispatch.Equipment](c.town, dispatch.KindEquipment, c.pump); e.Holder != c.plant || e.Condition != dispatch.ConditionBroken || len(e.Scope.Shares) != 0 {
		t.Errorf("item %+v is not its owner's again", e)
	}

	// A team: its receiver sends it, its leader sees the order.
	team := put[*dispatch.Requisition](c.town, c.do(c.chief, "requisition.order", c.order(dispatch.RequisitionOrder{Team: c.team})))
	if x := get[*dispatch.Team](c.town, dispatch.KindTeam, c.team); x.Holder != c.fire || x.Requisition != team.ID || x.Loan != "" {
		t.Errorf("team %+v", x)
	}
	if !c.sees(c.leader("qy1"), dispatch.KindRequisition, team.ID) {
		t.Error("the leader does not see the order")
	}
	theirs := put[*dispatch.Incident](c.town, c.do(c.plantDesk, "incident.open", dispatch.IncidentOpen{Type: "12G03", Title: "厂内火灾", Area: "411003", Verified: true}))
	if e := c.refused(c.plantDesk, dispatch.Conflict, "task.assign", dispatch.TaskAssign{Incident: theirs.ID, Team: c.team}); !strings.Contains(e.MessageZH, "已被征用") ||
		len(e.Blockers) != 1 || e.Blockers[0] != dispatch.RefOf(team) {
		t.Errorf("refusal %+v", e)
	}
	c.do(c.fireDesk, "requisition.take", dispatch.RequisitionTake{Requisition: team.ID, GivenBy: "周某"})
	task := c.assign(c.fireDesk, c.incident.ID, "qy1")
	c.refused(c.fireDesk, dispatch.Blocked, "requisition.return", dispatch.RequisitionReturn{Requisition: team.ID, TakenBy: "周某"})
	c.advance("qy1", task.ID, "en_route", "on_scene", "returning", "done")
	c.do(c.fireDesk, "requisition.return", dispatch.RequisitionReturn{Requisition: team.ID, TakenBy: "周某"})
	if x := get[*dispatch.Team](c.town, dispatch.KindTeam, c.team); x.Holder != "" || x.Requisition != "" || len(x.Scope.Shares) != 0 {
		t.Errorf("team %+v is not its owner's again", x)
	}

	// A quantity comes back in part; what was never fetched is let go.
	sand := c.id(c.do(c.chief, "requisition.order", c.order(dispatch.RequisitionOrder{Stock: c.sand, Quantity: 60})))
	c.refused(c.chief, dispatch.Conflict, "requisition.order", c.order(dispatch.RequisitionOrder{Stock: c.sand, Quantity: 41}))
	rest := c.id(c.do(c.chief, "requisition.order", c.order(dispatch.RequisitionOrder{Stock: c.sand, Quantity: 40})))
	c.do(c.chief, "requisition.cancel", dispatch.RequisitionEnd{Requisition: rest, Reason: "不再需要"})
	c.do(c.fireDesk, "requisition.take", dispatch.RequisitionTake{Requisition: sand, GivenBy: "周某"})
	few, more := 5, 61
	c.refused(c.fireDesk, dispatch.Invalid, "requisition.return", dispatch.RequisitionReturn{Requisition: sand, TakenBy: "周某", Returned: &more})
	c.refused(c.fireDesk, dispatch.Invalid, "requisition.return", dispatch.RequisitionReturn{Requisition: sand, TakenBy: "周某", Returned: &few})
	c.do(c.fireDesk, "requisition.return", dispatch.RequisitionReturn{Requisition: sand, TakenBy: "周某", Returned: &few, Loss: "用于围堰"})
	if s := get[*dispatch.Stock](c.town, dispatch.KindStock, c.sand); s.Available != 45 {
		t.Errorf("stock %+v", s)
	}

	// A thing in no register, of somebody who is no agency here.
	digger := dispatch.RequisitionOrder{Type: dispatch.TakeMachine, Name: "挖掘机", Description: "豫K-12345", OwnerContact: "13700000001"}
	if e := c.refused(c.chief, dispatch.Invalid, "requisition.order", c.order(digger)); e.Field != "owner" {
		t.Errorf("refusal %+v", e)
	}
	digger.OwnerName = "孙某"
	id := c.id(c.do(c.chief, "requisition.order", c.order(digger)))
	c.do(c.desk, "requisition.take", dispatch.RequisitionTake{Requisition: id, GivenBy: "孙某", Condition: dispatch.ConditionWorn})
	zero := 0
	c.do(c.desk, "requisition.return", dispatch.RequisitionReturn{Requisition: id, TakenBy: "孙某", Condition: dispatch.ConditionScrapped, Returned: &zero, Loss: "塌方掩埋"})
	for _, r := range c.all(dispatch.KindRequisition) {
		if v := dispatch.View(r, dispatch.Redacted).(*dispatch.Requisition); v.OwnerName+v.OwnerContact != "" || v.TakenOver != nil && v.TakenOver.GivenBy+v.TakenOver.TakenBy != "" {
			t.Errorf("redacted, it still names people: %+v", v)
		}
	}
	c.do(c.fireDesk, "incident.close", dispatch.IncidentMove{Incident: c.incident.ID, Outcome: "堵漏成功"})
	c.do(c.fireChief, "incident.archive", dispatch.IncidentMove{Incident: c.incident.ID})
	if n := len(c.onBoard(dispatch.KindRequisition)); n != 0 {
		t.Errorf("%d requisitions are left on the board", n)
	}
	c.checkInvariants()
}

// Who may not, and of what not.
func TestRequisitionRefused(t *testing.T) {
	t.Parallel()
	c := newRequisitionTown(t)
	plantChief, township := c.plantDesk, c.chief
	plantChief.Role = dispatch.RoleChief
	hall := c.id(c.do(dispatch.System(dispatch.Live), "agency.save", dispatch.AgencySave{Name: "镇政府", Area: "411002003", Type: dispatch.AgencyGovernment, Jurisdiction: "411002003"}))
	township.Agency, township.Jurisdiction, township.Home = hall, "411002003", "411002003"
	away := c.aidTown.team("hz9", c.neighbour, "410400", "hazmat")
	lent := c.aidTown.team("jj9", c.clinic, "411003", "hazmat")
	r := c.raise(dispatch.LineAsk{Capability: "hazmat", Max: 1})
	c.do(c.fireDesk, "request.widen", dispatch.RequestWiden{Request: r.ID, Ring: dispatch.RingCity})
	o := c.offer(c.clinicDesk, r, "1", 1)
	c.do(c.fireDesk, "offer.order", dispatch.OfferOrder{Offer: o.ID})
	c.do(c.clinicDesk, "offer.commit", dispatch.OfferCommit{Offer: o.ID, Teams: []string{lent}})
	past := c.clock().Add(-time.Hour)
	thing := dispatch.RequisitionOrder{Type: dispatch.TakeVehicle, Name: "槽车", OwnerName: "孙某"}
	for _, x := range []struct {
		name  string
		by    dispatch.Actor
		code  dispatch.Code
		field string
		in    dispatch.RequisitionOrder
		spoil func(*dispatch.RequisitionOrder)
	}{
		{"a dispatcher", c.desk, dispatch.Forbidden, "", thing, nil},
		{"a department without jurisdiction", c.fireChief, dispatch.Forbidden, "", thing, nil},
		{"an enterprise", plantChief, dispatch.Forbidden, "", thing, nil},
		{"a township", township, dispatch.Forbidden, "", thing, nil},
		{"a neighbour's team", c.chief, dispatch.Forbidden, "team", dispatch.RequisitionOrder{Team: away}, nil},
		{"a team on loan", c.chief, dispatch.Conflict, "team", dispatch.RequisitionOrder{Team: lent}, nil},
		{"a team whose owner receives it", c.chief, dispatch.Invalid, "receiver", dispatch.RequisitionOrder{Team: c.team, Receiver: c.plant}, nil},
		{"two things at once", c.chief, dispatch.Invalid, "equipment", dispatch.RequisitionOrder{Team: c.team, Equipment: c.pump}, nil},
		{"two of one item", c.chief, dispatch.Invalid, "quantity", dispatch.RequisitionOrder{Equipment: c.pump, Quantity: 2}, nil},
		{"a negative quantity", c.chief, dispatch.Invalid, "quantity", dispatch.RequisitionOrder{Stock: c.sand, Quantity: -1}, nil},
		{"more than there is", c.chief, dispatch.Conflict, "quantity", dispatch.RequisitionOrder{Stock: c.sand, Quantity: 101}, nil},
		{"an absurd quantity", c.chief, dispatch.Invalid, "quantity", thing, func(in *dispatch.RequisitionOrder) { in.Quantity = 2_000_000 }},
		{"another name for an item", c.chief, dispatch.Invalid, "name", dispatch.RequisitionOrder{Equipment: c.pump, Name: "别的"}, nil},
		{"a team that is not named", c.chief, dispatch.Invalid, "type", thing, func(in *dispatch.RequisitionOrder) { in.Type = dispatch.TakeTeam }},
		{"no type", c.chief, dispatch.Invalid, "type", thing, func(in *dispatch.RequisitionOrder) { in.Type = "" }},
		{"no decision", c.chief, dispatch.Invalid, "decision", thing, func(in *dispatch.RequisitionOrder) { in.Decision = "" }},
		{"no purpose", c.chief, dispatch.Invalid, "purpose", thing, func(in *dispatch.RequisitionOrder) { in.Purpose = "" }},
		{"an end that is over", c.chief, dispatch.Invalid, "until", thing, func(in *dispatch.RequisitionOrder) { in.Until = &past }},
		{"a negative value", c.chief, dispatch.Invalid, "value", thing, func(in *dispatch.RequisitionOrder) { in.Value = -1 }},
		{"an unknown incident", c.chief, dispatch.NotFound, "", thing, func(in *dispatch.RequisitionOrder) { in.Incident = "x" }},
		{"a strange owner", c.chief, dispatch.Forbidden, "owner", thing, func(in *dispatch.RequisitionOrder) { in.Owner = c.neighbour }},
		{"one's own", c.chief, dispatch.Invalid, "owner", thing, func(in *dispatch.RequisitionOrder) { in.Owner = c.bureau }},
	} {
		in := c.order(x.in)
		if x.spoil != nil {
			x.spoil(&in)
		}
		_, err := c.try(x.by, "requisition.order", in)
		if e, ok := err.(*dispatch.Error); !ok || e.Code != x.code || e.Field != x.field && x.code != dispatch.NotFound {
			t.Errorf("%s: %v, want %s at %q", x.name, err, x.code, x.field)
		}
	}
	if n := len(c.all(dispatch.KindRequisition)); n != 0 {
		t.Errorf("%d requisitions came of refusals", n)
	}
	c.checkInvariants()
}

// An owner who lends and a government that takes, many hands at once: each thing
// has one holder.
func TestNothingIsTakenTwice(t *testing.T) {
	t.Parallel()
	c := newRequisitionTown(t)
	var offers []string
	for range 3 {
		r := c.raise(dispatch.LineAsk{Capability: "hazmat", Max: 1}, dispatch.LineAsk{Item: "sandbag", Unit: "袋", Max: 40})
		c.do(c.fireDesk, "request.widen", dispatch.RequestWiden{Request: r.ID, Ring: dispatch.RingCity})
		for line, n := range map[string]int{"1": 1, "2": 40} {
			o := c.offer(c.plantDesk, r, line, n)
			c.do(c.fireDesk, "offer.order", dispatch.OfferOrder{Offer: o.ID})
			offers = append(offers, line+o.ID)
		}
	}
	var wg sync.WaitGroup
	try := func(by dispatch.Actor, name string, in any) {
		wg.Go(func() {
			if _, err := c.try(by, name, in); err != nil && dispatch.CodeOf(err) != dispatch.Conflict {
				t.Error(err)
			}
		})
	}
	for _, o := range offers {
		in := dispatch.OfferCommit{Offer: o[1:], Teams: []string{c.team}}
		if o[0] == '2' {
			in = dispatch.OfferCommit{Offer: o[1:], Stock: c.sand, Quantity: 40}
		}
		try(c.plantDesk, "offer.commit", in)
		try(c.chief, "requisition.order", c.order(dispatch.RequisitionOrder{Team: c.team}))
		try(c.chief, "requisition.order", c.order(dispatch.RequisitionOrder{Stock: c.sand, Quantity: 40}))
	}
	wg.Wait()
	teams, sand := 0, 0
	count := func(ref dispatch.Ref, n int) {
		if ref.Kind == dispatch.KindTeam {
			teams++
		} else {
			sand += n
		}
	}
	for _, r := range c.all(dispatch.KindLoan) {
		count(r.(*dispatch.Loan).Resource, r.(*dispatch.Loan).Quantity)
	}
	for _, r := range c.all(dispatch.KindRequisition) {
		count(*r.(*dispatch.Requisition).Resource, r.(*dispatch.Requisition).Quantity)
	}
	if left := get[*dispatch.Stock](c.town, dispatch.KindStock, c.sand).Available; teams != 1 || sand != 80 || left != 20 {
		t.Errorf("one team went %d times; %d of 100 went, %d are left", teams, sand, left)
	}
	c.checkInvariants()
}
