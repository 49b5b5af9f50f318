package dispatch_test

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"liandong/dispatch"
)

// Agreements that come and go, shares for a time, and time that passes, under many hands: what is
// shared by agreement is what the agreements in force say of the records of their parties, no more
// and no less; what has run out gives nothing; nothing passes on.
func TestRandomSharingHoldsInvariants(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	var officers []dispatch.Actor
	for _, a := range []dispatch.Actor{c.chief, c.fireDesk, c.clinicDesk} {
		a.Role, a.ID = dispatch.RoleChief, a.ID+"官"
		officers = append(officers, a)
	}
	agencies := []string{c.bureau, c.fire, c.clinic}
	hands, steps := 4, 120
	if os.Getenv("PROVE") != "" {
		steps = 600
	}
	var wg sync.WaitGroup
	for h := range hands {
		rng := rand.New(rand.NewPCG(uint64(h), 13))
		wg.Go(func() {
			for range steps {
				a := pick(rng, officers)
				err := c.randomSharing(rng, a, agencies)
				var refusal *dispatch.Error
				if err != nil && !errors.As(err, &refusal) {
					t.Errorf("hand %d: %v", h, err)
				}
			}
		})
	}
	wg.Wait()
	in := 0
	for _, r := range c.all(dispatch.KindAgreement) {
		if _, ever := r.(*dispatch.Agreement).Stamps[dispatch.AgreementInForce]; ever {
			in++
		}
	}
	if in < 3 {
		t.Errorf("only %d agreements came in force: the run proves little", in)
	}
	c.checkInvariants()
	// With all that is due carried out nothing is left that has run out.
	c.pass(400 * time.Hour)
	for {
		n, err := c.svc.FireDue(context.Background(), dispatch.Live)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	for _, k := range dispatch.Kinds {
		for _, r := range c.board(k) {
			for _, sh := range dispatch.HeadOf(r).Scope.Shares {
				if sh.Until != nil && !sh.Until.After(c.clock()) {
					t.Errorf("%v still lists %+v", dispatch.RefOf(r), sh)
				}
			}
		}
	}
	c.checkInvariants()
}

func (c *town) board(k dispatch.Kind) []dispatch.Record {
	recs, err := c.store.Find(context.Background(), dispatch.Query{Realm: dispatch.Live, Kind: k, Limit: -1})
	if err != nil {
		c.t.Error(err)
	}
	return recs
}

func (c *town) randomSharing(rng *rand.Rand, a dispatch.Actor, agencies []string) error {
	try := func(name string, in any) error { _, err := c.try(a, name, in); return err }
	agreements, incidents := c.board(dispatch.KindAgreement), c.board(dispatch.KindIncident)
	if len(agreements) > 0 && rng.IntN(10) < 5 {
		x := pick(rng, agreements).(*dispatch.Agreement)
		switch rng.IntN(12) {
		case 0:
			return try("agreement.withdraw", dispatch.AgreementMove{Agreement: x.ID, Reason: "随机"})
		case 1:
			return try("agreement.end", dispatch.AgreementMove{Agreement: x.ID, Reason: "随机"})
		case 2:
			return try("agreement.deactivate", dispatch.AgreementMove{Agreement: x.ID, Reason: "随机"})
		case 3, 4, 5:
			return try("agreement.activate", dispatch.AgreementActivate{Agreement: x.ID, Reason: "随机", Until: c.clock().Add(time.Duration(1+rng.IntN(120)) * time.Minute)})
		case 6:
			return try("agreement.save", dispatch.AgreementSave{ID: x.ID, Name: "改", Parties: agencies[1:], AgreementTerms: dispatch.AgreementTerms{
				Subjects: dispatch.AgreementSubjects[:1+rng.IntN(3)], Tier: dispatch.TierView}})
		}
		return try("agreement.consent", dispatch.AgreementConsent{Agreement: x.ID, Terms: x.Terms})
	}
	switch n := rng.IntN(10); {
	case len(incidents) < 3 || n == 0:
		return try("incident.open", dispatch.IncidentOpen{Type: pick(rng, []string{"12D02", "12G03"}), Title: "随机", Area: pick(rng, []string{"411002003", "411003001"})})
	case n == 1:
		soon := c.clock().Add(time.Duration(1+rng.IntN(90)) * time.Minute)
		return try("incident.share", dispatch.IncidentShare{Incident: pick(rng, incidents).(*dispatch.Incident).ID, Agency: pick(rng, agencies), Tier: dispatch.TierAssist, Until: &soon})
	case n == 2:
		typ := pick(rng, []string{"12D02", "12G03"})
		return try("incident.edit", dispatch.IncidentEdit{Incident: pick(rng, incidents).(*dispatch.Incident).ID, Type: &typ})
	case n == 3:
		i := pick(rng, incidents).(*dispatch.Incident)
		if i.TransferTo != "" {
			return try("incident.accept", dispatch.IncidentMove{Incident: i.ID})
		}
		return try("incident.transfer", dispatch.IncidentTransfer{Incident: i.ID, Agency: pick(rng, agencies), Reason: "随机"})
	case n == 4:
		return try("note.add", dispatch.NoteAdd{Incident: pick(rng, incidents).(*dispatch.Incident).ID, Text: "随机"})
	case n == 5:
		return try("equipment.save", dispatch.EquipmentSave{Name: "水泵", Type: "pump", Condition: dispatch.ConditionReady, Place: dispatch.Place{Point: &scene}})
	case n == 6:
		return try("task.assign", dispatch.TaskAssign{Incident: pick(rng, incidents).(*dispatch.Incident).ID, Team: pick(rng, c.board(dispatch.KindTeam)).(*dispatch.Team).ID})
	case n == 7:
		c.pass(time.Duration(rng.IntN(40)) * time.Minute)
		_, err := c.svc.FireDue(context.Background(), dispatch.Live)
		return err
	case n == 8:
		return try("incident.merge", dispatch.IncidentMerge{Incident: pick(rng, incidents).(*dispatch.Incident).ID, Into: pick(rng, incidents).(*dispatch.Incident).ID})
	}
	until := c.clock().Add(time.Duration(30+rng.IntN(300)) * time.Minute)
	terms := dispatch.AgreementTerms{Subjects: dispatch.AgreementSubjects[:1+rng.IntN(3)], Tier: pick(rng, []dispatch.Tier{dispatch.TierView, dispatch.TierAssist}), Redacted: rng.IntN(2) == 0}
	if rng.IntN(2) == 0 {
		terms.NeedsActivation, terms.Longest = true, 2
	} else {
		terms.Until, terms.Types = &until, []string{"12D"}
	}
	return try("agreement.save", dispatch.AgreementSave{Name: "随机", Parties: []string{pick(rng, agencies), a.Agency}, AgreementTerms: terms})
}

// checkShares: each share by agreement is of an agreement in force to which the owner and the receiver
// are parties and which speaks of the record; and each agreement is in what it speaks of.
func (c *town) checkShares() {
	c.t.Helper()
	now := c.clock()
	agreements := map[string]*dispatch.Agreement{}
	for _, r := range c.board(dispatch.KindAgreement) {
		agreements[dispatch.RefOf(r).ID] = r.(*dispatch.Agreement)
	}
	party := func(a *dispatch.Agreement, agency string) bool {
		return slices.ContainsFunc(a.Parties, func(p dispatch.Party) bool { return p.Agency == agency })
	}
	subject := map[dispatch.Kind]dispatch.AgreementSubject{dispatch.KindIncident: dispatch.SubjectIncidents, dispatch.KindTeam: dispatch.SubjectResources,
		dispatch.KindEquipment: dispatch.SubjectResources, dispatch.KindStock: dispatch.SubjectResources, dispatch.KindHazard: dispatch.SubjectHazards}
	for k, subject := range subject {
		for _, r := range c.board(k) {
			s := dispatch.HeadOf(r).Scope
			want := map[string]bool{}
			for _, a := range agreements {
				open := a.State == dispatch.AgreementInForce && (a.Until == nil || a.Until.After(now)) && (!a.NeedsActivation || a.ActiveUntil != nil && a.ActiveUntil.After(now))
				i, isIncident := r.(*dispatch.Incident)
				if !open || !party(a, s.Agency) || !slices.Contains(a.Subjects, subject) || isIncident && a.Types != nil && i.Type != "12D02" {
					continue
				}
				for _, p := range a.Parties {
					if p.Agency != s.Agency {
						want[a.ID+" "+p.Agency] = true
					}
				}
			}
			have := map[string]bool{}
			for _, sh := range s.Shares {
				if sh.Source == dispatch.ShareAgreement && (sh.Until == nil || sh.Until.After(now)) {
					have[sh.By+" "+sh.Agency] = true
				}
			}
			if !maps.Equal(have, want) {
				c.t.Errorf("%v of %s is shared by agreement with %v, want %v", dispatch.RefOf(r), s.Agency, have, want)
			}
		}
	}
}
