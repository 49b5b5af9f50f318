package link_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/geo"
)

// at is a place in the house's area.
func (h *house) at(lon, lat float64) dispatch.Place {
	p := geo.At(lon, lat)
	return dispatch.Place{Text: "厂区", Point: &p}
}

// Hazard sources and resources that an agreement lets the neighbour see are told it, and what changes
// of them; redacted where the terms say so; and they leave its board as soon as a consent is taken back.
// It looks at them and does nothing with them.
func TestAgreedOverALink(t *testing.T) {
	t.Parallel()
	a, b := newHouse(t, "aaaa", "410100"), newHouse(t, "bbbb", "411000")
	ab, ba := join(a, b)
	hazard := dispatch.HazardSave{Area: a.area, Name: "氯碱厂液氯罐区", Level: 1, Operator: "氯碱公司", Place: a.at(113.65, 34.75), External: "4101-001",
		Substances: []dispatch.Substance{{Name: "氯", UN: "1017", Quantity: 60, Critical: 5}}, Duty: []dispatch.DutyLine{{Post: "主要负责人", Name: "李四", Phone: "13800000000"}}}
	hazard.ID = a.id(a.do(a.admin, "hazard.save", hazard))
	// One of the same register number lies at the neighbour's: each region counts its own.
	b.do(b.admin, "hazard.save", dispatch.HazardSave{Area: b.area, Name: "化工园", Level: 2, Operator: "化工公司", Place: b.at(113.85, 34.03), External: "4101-001"})
	team := a.team("A1")
	pump := a.id(a.do(a.admin, "equipment.save", dispatch.EquipmentSave{Area: a.area, Name: "排涝泵", Type: "pump", Serial: "P-7", Condition: dispatch.ConditionReady, Place: a.at(113.6, 34.7)}))
	foam := a.id(a.do(a.admin, "stock.save", dispatch.StockSave{Area: a.area, Name: "泡沫", Type: "foam", Unit: "升"}))
	a.do(a.admin, "stock.receive", dispatch.StockMove{Stock: foam, Quantity: 500})
	outside := a.id(a.do(a.admin, "hazard.save", dispatch.HazardSave{Area: "410200", Name: "范围之外", Level: 4, Operator: "他处", Place: a.at(114.3, 34.8)}))

	terms := dispatch.AgreementTerms{Subjects: []dispatch.AgreementSubject{dispatch.SubjectHazards, dispatch.SubjectResources}, Area: "4101", Tier: dispatch.TierView}
	save := dispatch.AgreementSave{Name: "毗邻互看", Parties: []string{ab.Region}, AgreementTerms: terms}
	pact := put[*dispatch.Agreement](a, a.do(a.chief, "agreement.save", save))
	if n := len(b.all(dispatch.KindTeam)); n != 0 {
		t.Fatalf("%d teams were told before the neighbour consented", n)
	}
	officer := a.actor(ab.Region, dispatch.RoleChief) // the neighbour's, with an account here
	a.do(officer, "agreement.consent", dispatch.AgreementConsent{Agreement: pact.ID, Terms: pact.Terms})
	got := until(b, hazard.ID, func(*dispatch.Hazard) bool { return true })
	if len(got.Duty) != 1 || len(got.Substances) != 1 || got.Scope.Agency != ba.Region || got.Origin.Agency != "aaaa" {
		t.Errorf("the hazard source: %+v", got)
	}
	until(b, team, func(x *dispatch.Team) bool { return x.Holder == "" && x.Scope.Agency == ba.Region })
	until(b, pump, func(x *dispatch.Equipment) bool { return x.Holder == ba.Region && x.Serial == "P-7" })
	until(b, foam, func(x *dispatch.Stock) bool { return x.Holder == ba.Region && x.Available == 500 })
	if _, err := b.store.Get(t.Context(), dispatch.Live, dispatch.Ref{Kind: dispatch.KindHazard, ID: outside}, nil); dispatch.CodeOf(err) != dispatch.NotFound {
		t.Errorf("a hazard source outside of the agreed area: %v", err)
	}

	// What changes is told; what the neighbour does with it is refused there, by name.
	hazard.Level = 2
	a.do(a.admin, "hazard.save", hazard)
	until(b, hazard.ID, func(x *dispatch.Hazard) bool { return x.Level == 2 })
	i, own := a.open("液氯泄漏"), b.open("本市火灾")
	a.do(a.desk, "equipment.commit", dispatch.EquipmentCommit{Equipment: pump, Incident: i.ID})
	until(b, pump, func(x *dispatch.Equipment) bool { return x.Incident == i.ID })
	a.do(a.desk, "equipment.return", dispatch.EquipmentReturn{Equipment: pump, Condition: dispatch.ConditionWorn})
	until(b, pump, func(x *dispatch.Equipment) bool { return x.Incident == "" && x.Condition == dispatch.ConditionWorn })
	a.do(a.desk, "stock.issue", dispatch.StockMove{Stock: foam, Quantity: 120, Incident: i.ID})
	until(b, foam, func(x *dispatch.Stock) bool { return x.Available == 380 })
	for name, in := range map[string]any{
		"hazard.save":      hazard,
		"equipment.commit": dispatch.EquipmentCommit{Equipment: pump, Incident: own.ID},
		"stock.issue":      dispatch.StockMove{Stock: foam, Quantity: 1, Incident: own.ID},
		"team.duty":        dispatch.TeamDuty{Team: team, Duty: dispatch.DutyOff},
	} {
		who := b.desk
		if name == "hazard.save" {
			who = b.admin
		}
		if e := b.refused(who, dispatch.Forbidden, name, in); !strings.Contains(e.MessageZH, "aaaa") {
			t.Errorf("%s: the refusal does not say whose it is: %s", name, e.MessageZH)
		}
	}
	if waits := b.board(dispatch.KindParcel); len(waits) != 0 {
		t.Errorf("%d commands went to the neighbour", len(waits))
	}

	// New terms take the consents back, and with them everything; then it comes redacted, for a time.
	end := a.now().Add(time.Hour).UTC().Truncate(time.Second)
	save.ID, save.AgreementTerms.Redacted, save.AgreementTerms.Until = pact.ID, true, &end
	pact = put[*dispatch.Agreement](a, a.do(a.chief, "agreement.save", save))
	empty := func(when string) {
		t.Helper()
		b.await("nothing of the neighbour's "+when, func() bool {
			for _, k := range []dispatch.Kind{dispatch.KindHazard, dispatch.KindTeam, dispatch.KindEquipment, dispatch.KindStock} {
				for _, r := range b.board(k) {
					if dispatch.HeadOf(r).Origin != nil {
						return false
					}
				}
			}
			return true
		})
	}
	empty("without a consent")
	a.do(officer, "agreement.consent", dispatch.AgreementConsent{Agreement: pact.ID, Terms: pact.Terms})
	until(b, hazard.ID, func(x *dispatch.Hazard) bool { return !x.Origin.Gone && len(x.Duty) == 0 && len(x.Substances) == 1 })
	until(b, pump, func(x *dispatch.Equipment) bool { return !x.Origin.Gone && x.Serial == "" })
	shared := until(b, team, func(x *dispatch.Team) bool { return !x.Origin.Gone }).Scope.Shares
	if len(shared) != 1 || shared[0].Until == nil || !shared[0].Until.Equal(end) || shared[0].Tier != dispatch.TierView {
		t.Errorf("how long and how it is shared: %+v", shared)
	}
	a.do(officer, "agreement.withdraw", dispatch.AgreementMove{Agreement: pact.ID, Reason: "期满不续"})
	empty("after it was withdrawn from")
}

// An item on loan is used for an incident as a team is. Its home books it, and knows that it is at
// work; the holder gives it back before the loan ends.
func TestItemOnLoan(t *testing.T) {
	t.Parallel()
	a, b := newHouse(t, "aaaa", "410100"), newHouse(t, "bbbb", "411000")
	ab, ba := join(a, b)
	i, other := a.open("内涝"), a.open("另一处内涝")
	boat := b.id(b.do(b.admin, "equipment.save", dispatch.EquipmentSave{Area: b.area, Name: "冲锋舟", Type: "boat", Condition: dispatch.ConditionReady}))
	r := put[*dispatch.Request](a, a.do(a.chief, "request.raise", dispatch.RequestRaise{Incident: i.ID, Lines: []dispatch.LineAsk{{Item: "boat", Unit: "艘", Max: 1}}}))
	a.do(a.desk, "request.widen", dispatch.RequestWiden{Request: r.ID, Ring: dispatch.RingProvince})
	until(b, r.ID, func(r *dispatch.Request) bool { return r.State == dispatch.RequestOpen })
	o := put[*dispatch.Offer](b, b.do(b.desk, "offer.make", dispatch.OfferMake{Request: r.ID, Line: "1", Type: dispatch.OfferAccept, Quantity: 1}))
	until(a, o.ID, func(o *dispatch.Offer) bool { return o.State == dispatch.OfferMade })
	a.do(a.desk, "offer.order", dispatch.OfferOrder{Offer: o.ID})
	until(b, o.ID, func(o *dispatch.Offer) bool { return o.State == dispatch.OfferOrdered })
	l := put[*dispatch.Loan](b, b.do(b.desk, "offer.commit", dispatch.OfferCommit{Offer: o.ID, Equipment: []string{boat}}))
	until(a, boat, func(e *dispatch.Equipment) bool { return e.Holder == a.agency })
	step := func(h *house, from, to dispatch.LoanState) {
		t.Helper()
		h.do(h.desk, "loan.advance", dispatch.LoanAdvance{Loan: l.ID, From: from, To: to})
		for _, x := range []*house{a, b} {
			until(x, l.ID, func(l *dispatch.Loan) bool { return l.State == to && (l.Origin == nil || l.Origin.Waiting == 0) })
		}
	}
	// The neighbour cannot book it to what its owner does not show it.
	own := b.open("本市火灾")
	region, err := b.store.Get(t.Context(), dispatch.Live, dispatch.Ref{Kind: dispatch.KindAgency, ID: ba.Region}, nil)
	if err != nil {
		t.Fatal(err)
	}
	neighbour := dispatch.Peer(dispatch.Live, ba, region.(*dispatch.Agency), "")
	b.refused(neighbour, dispatch.NotFound, "equipment.commit", dispatch.EquipmentCommit{Equipment: boat, Incident: own.ID})
	team := a.team("A1")
	a.do(a.desk, "equipment.commit", dispatch.EquipmentCommit{Expect: dispatch.Expect{Expect: map[string]int64{"incident/" + i.ID: i.Version}}, Equipment: boat, Incident: i.ID, Team: team})
	if e := until(a, boat, func(*dispatch.Equipment) bool { return true }); e.Incident != i.ID || e.Origin.Waiting != 1 {
		t.Errorf("shown as it is meant: %+v %+v", e, e.Origin)
	}
	a.refused(a.desk, dispatch.Conflict, "equipment.commit", dispatch.EquipmentCommit{Equipment: boat, Incident: other.ID})
	if e := until(b, boat, func(e *dispatch.Equipment) bool { return e.Incident != "" }); e.Incident != i.ID || e.Team != team || e.Holder != ba.Region {
		t.Errorf("at home: %+v", e)
	}
	e := until(a, boat, func(e *dispatch.Equipment) bool { return e.Origin.Waiting == 0 })
	if e.Incident != i.ID || e.Team != team || e.Holder != a.agency || e.Scope.Agency != ab.Region {
		t.Errorf("as its home tells it: %+v", e)
	}
	b.refused(b.desk, dispatch.Blocked, "loan.cancel", dispatch.LoanEnd{Loan: l.ID, Reason: "本市有汛情"})
	if e := a.refused(a.chief, dispatch.Blocked, "incident.close", dispatch.IncidentMove{Incident: i.ID, Outcome: "处置完毕"}); !slices.Contains(e.Blockers, dispatch.Ref{Kind: dispatch.KindEquipment, ID: boat}) {
		t.Errorf("the item is not among what keeps the incident open: %+v", e)
	}
	step(a, dispatch.LoanCommitted, dispatch.LoanOnLoan)
	a.refused(a.desk, dispatch.Blocked, "loan.advance", dispatch.LoanAdvance{Loan: l.ID, From: dispatch.LoanOnLoan, To: dispatch.LoanReleasing})

	a.do(a.desk, "equipment.return", dispatch.EquipmentReturn{Equipment: boat, Condition: dispatch.ConditionWorn})
	until(b, boat, func(e *dispatch.Equipment) bool { return e.Incident == "" && e.Condition == dispatch.ConditionWorn })
	until(a, boat, func(e *dispatch.Equipment) bool {
		return e.Incident == "" && e.Team == "" && e.Condition == dispatch.ConditionWorn && e.Origin.Waiting == 0
	})
	step(a, dispatch.LoanOnLoan, dispatch.LoanReleasing)
	step(b, dispatch.LoanReleasing, dispatch.LoanReturned)
	until(a, boat, func(e *dispatch.Equipment) bool { return e.Origin.Gone })
	b.do(b.desk, "equipment.commit", dispatch.EquipmentCommit{Equipment: boat, Incident: own.ID})
	for _, h := range []*house{a, b} {
		for _, r := range h.all(dispatch.KindAlarm) {
			if x := r.(*dispatch.Alarm); x.Type == dispatch.AlarmLink {
				t.Errorf("%s: %s", h.name, x.Text)
			}
		}
	}
}

// An incident that is shared by hand is told as far as the share goes, with what is edited; with the
// share it leaves the neighbour's board, and so does what hangs on it.
func TestSharedByHand(t *testing.T) {
	t.Parallel()
	a, b := newHouse(t, "aaaa", "410100"), newHouse(t, "bbbb", "411000")
	ab, _ := join(a, b)
	i := put[*dispatch.Incident](a, a.do(a.desk, "incident.open", dispatch.IncidentOpen{Type: "12D02", Title: "液氯泄漏", Verified: true, Area: a.area, Caller: "王五", Phone: "13900000000"}))
	share := dispatch.IncidentShare{Incident: i.ID, Agency: ab.Region, Tier: dispatch.TierView, Redacted: true}
	a.do(a.desk, "incident.share", share)
	until(b, i.ID, func(x *dispatch.Incident) bool { return x.Title == "液氯泄漏" && x.Phone == "" && x.Caller == "" })
	a.do(a.desk, "incident.edit", map[string]any{"incident": i.ID, "title": "液氯泄漏（罐区）"})
	note := put[*dispatch.Note](a, a.do(a.desk, "note.add", dispatch.NoteAdd{Incident: i.ID, Text: "风向转北"}))
	until(b, i.ID, func(x *dispatch.Incident) bool { return x.Title == "液氯泄漏（罐区）" })
	until(b, note.ID, func(*dispatch.Note) bool { return true })
	share.Redacted = false
	a.do(a.desk, "incident.share", share)
	until(b, i.ID, func(x *dispatch.Incident) bool { return x.Phone == "13900000000" })
	a.do(a.desk, "incident.unshare", dispatch.IncidentShare{Incident: i.ID, Agency: ab.Region})
	until(b, i.ID, func(x *dispatch.Incident) bool { return x.Origin.Gone })
	b.await("nothing of it on the board", func() bool { return len(b.board(dispatch.KindIncident))+len(b.board(dispatch.KindNote)) == 0 })
	b.refused(b.desk, dispatch.IllegalMove, "note.add", dispatch.NoteAdd{Incident: i.ID, Text: "已收回"})
}
