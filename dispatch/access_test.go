package dispatch_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"liandong/dispatch"
)

// A request comes to the partners, wherever they are, and then to those who are near.
func TestRingsOfPartnersAndRange(t *testing.T) {
	t.Parallel()
	c := newPact(t)
	far, farDesk := c.agency("邻省救援队", "420100")
	near, nearDesk := c.agency("邻省消防", "420900")
	c.do(dispatch.System(dispatch.Live), "depot.save", dispatch.DepotSave{Agency: near, Area: "420900", Name: "站", Type: "station", Place: dispatch.Place{Point: &scene}})
	c.team("hz1", c.neighbour, "410400", "hazmat")
	a := c.propose(c.fireChief, dispatch.AgreementTerms{Subjects: []dispatch.AgreementSubject{dispatch.SubjectResources}, Tier: dispatch.TierView, NeedsActivation: true, Longest: 8}, far)
	c.consent(chiefOf(farDesk), a)
	r := c.raise(dispatch.LineAsk{Capability: "fire", Max: 2})
	widen := func(in dispatch.RequestWiden) *dispatch.Request {
		t.Helper()
		in.Request = r.ID
		return put[*dispatch.Request](c.town, c.do(c.fireDesk, "request.widen", in))
	}
	reached := func(partner, neighbour bool) {
		t.Helper()
		if c.sees(farDesk, dispatch.KindRequest, r.ID) != partner || c.sees(nearDesk, dispatch.KindRequest, r.ID) != neighbour {
			t.Errorf("in the ring %s: partner seen is not %v, or neighbour not %v", c.request(r.ID).Ring, partner, neighbour)
		}
	}
	widen(dispatch.RequestWiden{Ring: dispatch.RingCity})
	reached(false, false)
	if r := widen(dispatch.RequestWiden{}); r.Ring != dispatch.RingPartners || r.Rings[2].Agencies != 1 || r.Scope.Reach != "4110" {
		t.Errorf("widened %+v", r)
	}
	reached(true, false)
	c.do(farDesk, "offer.make", dispatch.OfferMake{Request: r.ID, Line: "1", Type: dispatch.OfferAccept, Quantity: 1})
	c.refused(c.fireDesk, dispatch.Invalid, "request.widen", dispatch.RequestWiden{Request: r.ID, Ring: dispatch.RingRange, Range: 501})
	if r := widen(dispatch.RequestWiden{Ring: dispatch.RingRange, Range: 1}); r.Range != 1 || r.Rings[3].Agencies != 1 {
		t.Errorf("widened %+v", r)
	}
	reached(true, true)
	if n := c.request(r.ID).Scope.Shares; slices.ContainsFunc(n, func(sh dispatch.Share) bool { return sh.Agency == c.neighbour }) {
		t.Error("one whose base is 6 km away is within one kilometre")
	}
	if r := widen(dispatch.RequestWiden{Ring: dispatch.RingRange, Range: 20}); !slices.ContainsFunc(r.Scope.Shares, func(sh dispatch.Share) bool { return sh.Agency == c.neighbour && sh.Source == dispatch.ShareRange }) {
		t.Errorf("the range did not grow: %+v", r.Scope.Shares)
	}
	// A partner that withdraws is no partner; what it offered stands.
	c.do(chiefOf(farDesk), "agreement.withdraw", dispatch.AgreementMove{Agreement: a.ID, Reason: "停止"})
	reached(false, true)
	c.consent(chiefOf(farDesk), a)
	reached(true, true)
	if r := widen(dispatch.RequestWiden{}); r.Ring != dispatch.RingProvince || r.Scope.Reach != "41" {
		t.Errorf("widened %+v", r)
	}
	reached(true, true)
}

// Who sees an incident, as it is told, is what every agency's people in every role really see.
func TestAccessIsTheTruth(t *testing.T) {
	t.Parallel()
	c := newPact(t)
	a := c.propose(c.fireChief, dispatch.AgreementTerms{Subjects: dispatch.AgreementSubjects, Tier: dispatch.TierAssist, Redacted: true}, c.clinic, c.neighbour)
	c.consent(c.clinicChief, a)
	c.consent(chiefOf(c.neighbourDesk), a)
	soon := c.clock().Add(time.Hour)
	c.do(c.fireDesk, "incident.share", dispatch.IncidentShare{Incident: c.incident.ID, Agency: c.plant, Tier: dispatch.TierView, Until: &soon})
	c.do(c.clinicDesk, "task.assign", dispatch.TaskAssign{Incident: c.incident.ID, Team: c.teams["jj1"]})
	jurisdictions, homes := map[string]string{}, map[string]string{}
	for _, r := range c.all(dispatch.KindAgency) {
		g := r.(*dispatch.Agency)
		jurisdictions[g.ID], homes[g.ID] = g.Jurisdiction, g.Scope.Area
	}
	check := func() dispatch.Access {
		t.Helper()
		access, err := c.svc.Access(context.Background(), c.fireDesk, c.incident.ID)
		if err != nil {
			t.Fatal(err)
		}
		told := map[string]dispatch.AgencyAccess{}
		for _, x := range access.Agencies {
			told[x.Agency] = x
		}
		for agency := range jurisdictions {
			for _, role := range dispatch.Roles {
				who := dispatch.Actor{ID: "p", Realm: dispatch.Live, Role: role, Agency: agency, Jurisdiction: jurisdictions[agency], Home: homes[agency]}
				want := ""
				switch r, err := c.svc.Get(context.Background(), who, incidentRef(c.incident)); {
				case err != nil && dispatch.CodeOf(err) != dispatch.NotFound:
					t.Fatal(err)
				case err == nil && dispatch.HeadOf(r).Scope.Shares == nil:
					want = "redacted"
				case err == nil:
					want = "full"
				}
				if got := told[agency].Sees[role]; got != want {
					t.Errorf("%s of %s: told %q, sees %q", role, agency, got, want)
				}
			}
			if x, ok := told[agency]; ok && len(x.Reasons) == 0 {
				t.Errorf("%s sees it without a reason", agency)
			}
		}
		return access
	}
	access := check()
	want := map[string][]string{c.fire: {"own"}, c.bureau: {"jurisdiction"}, c.clinic: {"agreement", "task"}, c.neighbour: {"agreement"}, c.plant: {"manual"}}
	if len(access.Agencies) != len(want) || len(access.Leaders) != 1 || access.Leaders[0].Sees != "full" {
		t.Errorf("access %+v", access)
	}
	for _, x := range access.Agencies {
		var have []string
		for _, r := range x.Reasons {
			have = append(have, r.Type)
			if r.Type == "agreement" && (r.By != a.ID || r.Name != a.Name) || r.Type == "manual" && (r.By != c.fireDesk.Name || !r.Until.Equal(soon)) {
				t.Errorf("reason %+v", r)
			}
		}
		if !slices.Equal(have, want[x.Agency]) {
			t.Errorf("%s sees it for %v, want %v", x.Agency, have, want[x.Agency])
		}
	}
	c.pass(time.Hour)
	if access = check(); len(access.Agencies) != len(want)-1 {
		t.Errorf("after the share by hand %+v", access.Agencies)
	}
	var e *dispatch.Error
	if _, err := c.svc.Access(context.Background(), c.clinicDesk, c.incident.ID); !errors.As(err, &e) || e.Code != dispatch.Forbidden {
		t.Errorf("who sees it is told to one it is shared with: %v", err)
	}
	if _, err := c.svc.Access(context.Background(), c.plantDesk, c.incident.ID); dispatch.CodeOf(err) != dispatch.NotFound {
		t.Errorf("who sees it is told to one who does not: %v", err)
	}
	if _, err := c.svc.Access(context.Background(), c.desk, c.incident.ID); err != nil {
		t.Error(err)
	}
}
