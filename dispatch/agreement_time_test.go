package dispatch_test

import (
	"context"
	"testing"
	"time"

	"liandong/dispatch"
)

// An activation opens an agreement for a time. When the time is over nothing is seen any more, whether
// or not the server has carried out what is due; and then the consoles are told.
func TestActivationRunsOut(t *testing.T) {
	t.Parallel()
	c := newPact(t)
	pump := c.id(c.do(c.fireDesk, "equipment.save", dispatch.EquipmentSave{Name: "水泵", Type: "pump", Condition: dispatch.ConditionReady, Place: dispatch.Place{Point: &scene}}))
	a := c.propose(c.fireChief, dispatch.AgreementTerms{Subjects: dispatch.AgreementSubjects, Tier: dispatch.TierAssist, NeedsActivation: true, Longest: 3}, c.clinic)
	c.consent(c.clinicChief, a)
	i := c.fireIncident("12D02", 2, "411002003")
	tank := c.id(c.do(c.fireDesk, "hazard.save", dispatch.HazardSave{Name: "液氯储罐", Level: 1, Operator: "某厂", Place: dispatch.Place{Point: &scene}}))
	shared := []dispatch.Ref{{Kind: dispatch.KindEquipment, ID: pump}, incidentRef(i), {Kind: dispatch.KindHazard, ID: tank}}
	all := func(want bool, when string) {
		t.Helper()
		for _, ref := range shared {
			if c.sees(c.clinicDesk, ref.Kind, ref.ID) != want {
				t.Errorf("%s %s: seen is not %v", when, ref.Kind, want)
			}
			found, err := c.svc.Find(context.Background(), c.clinicDesk, dispatch.Query{Kind: ref.Kind, IDs: []string{ref.ID}})
			if err != nil || len(found) == 1 != want {
				t.Errorf("%s %s: found %d, %v", when, ref.Kind, len(found), err)
			}
		}
		team := get[*dispatch.Team](c.town, dispatch.KindTeam, c.teams["xf1"])
		if dispatch.SeePosition(c.clinicDesk.Audience().At(c.clock()), team.ID, team.Scope) != want {
			t.Errorf("%s: the position of a team is not %v", when, want)
		}
	}
	all(false, "before")
	for _, until := range []time.Duration{0, 4 * time.Hour} {
		if e := c.refused(c.clinicChief, dispatch.Invalid, "agreement.activate", dispatch.AgreementActivate{Agreement: a.ID, Reason: "氯气泄漏", Until: c.clock().Add(until)}); e.Field != "until" {
			t.Errorf("refused for %s", e.Field)
		}
	}
	c.refused(c.clinicDesk, dispatch.Forbidden, "agreement.activate", dispatch.AgreementActivate{Agreement: a.ID, Reason: "氯气泄漏", Until: c.clock().Add(time.Hour)})
	c.do(c.clinicChief, "agreement.activate", dispatch.AgreementActivate{Agreement: a.ID, Reason: "氯气泄漏", Until: c.clock().Add(time.Hour)})
	all(true, "activated")
	// Resources are seen, and asked for; they are not taken.
	c.refused(c.clinicDesk, dispatch.Forbidden, "equipment.commit", dispatch.EquipmentCommit{Equipment: pump, Incident: i.ID})
	c.pass(50 * time.Minute)
	// It goes on without a gap.
	c.do(c.fireChief, "agreement.activate", dispatch.AgreementActivate{Agreement: a.ID, Reason: "仍在处置", Until: c.clock().Add(time.Hour)})
	c.pass(50 * time.Minute)
	all(true, "extended")
	c.pass(10 * time.Minute)
	all(false, "run out, nothing carried out")
	c.refused(c.clinicDesk, dispatch.NotFound, "note.add", dispatch.NoteAdd{Incident: i.ID, Text: "补记"})
	// A change that comes before the server has taken the share away tells them nothing.
	note := c.do(c.fireDesk, "note.add", dispatch.NoteAdd{Incident: i.ID, Text: "控制住了"})
	if seen, ok := note.Change.See(c.clinicDesk.Audience().At(c.clock())); ok {
		t.Errorf("a note after the end is told: %+v", seen)
	}
	cs := c.due()
	for _, ref := range append(shared, dispatch.RefOf(put[*dispatch.Note](c.town, note))) {
		if !c.dropped(c.clinicDesk, ref, cs...) {
			t.Errorf("the consoles are not told to drop %v", ref)
		}
	}
	all(false, "run out, carried out")
	if a = c.agreement(a.ID); a.Activation != "" || a.ActiveUntil != nil || a.State != dispatch.AgreementInForce {
		t.Errorf("after the activation %+v", a)
	}
	if len(c.due()) != 0 {
		t.Error("it runs out twice")
	}
	c.do(c.clinicChief, "agreement.activate", dispatch.AgreementActivate{Agreement: a.ID, Reason: "复燃", Until: c.clock().Add(time.Hour)})
	all(true, "activated again")
	c.do(c.fireChief, "agreement.deactivate", dispatch.AgreementMove{Agreement: a.ID, Reason: "处置完毕"})
	all(false, "stopped by hand")
}

// An agreement is valid until a time, and what it shares ends with it.
func TestAgreementExpires(t *testing.T) {
	t.Parallel()
	c := newPact(t)
	until := c.clock().Add(24 * time.Hour)
	terms := dispatch.AgreementTerms{Subjects: []dispatch.AgreementSubject{dispatch.SubjectIncidents}, Tier: dispatch.TierView, Until: &until}
	a := c.propose(c.fireChief, terms, c.clinic)
	c.consent(c.clinicChief, a)
	i := c.fireIncident("12D02", 2, "411002003")
	if !c.sees(c.clinicDesk, dispatch.KindIncident, i.ID) {
		t.Fatal("nothing is shared")
	}
	c.pass(24 * time.Hour)
	if c.sees(c.clinicDesk, dispatch.KindIncident, i.ID) {
		t.Error("an agreement that is over shares on")
	}
	if late := c.fireIncident("12D02", 2, "411002003"); len(late.Scope.Shares) != 0 {
		t.Errorf("a new incident is shared by an agreement that is over: %+v", late.Scope.Shares)
	}
	if !c.dropped(c.clinicDesk, incidentRef(i), c.due()...) {
		t.Error("the consoles are not told")
	}
	if a = c.agreement(a.ID); a.State != dispatch.AgreementExpired {
		t.Fatalf("expired %+v", a)
	}
	c.refused(c.clinicChief, dispatch.IllegalMove, "agreement.consent", dispatch.AgreementConsent{Agreement: a.ID, Terms: 1})
	until = c.clock().Add(24 * time.Hour)
	c.do(c.fireChief, "agreement.save", dispatch.AgreementSave{ID: a.ID, Name: "续签", Parties: []string{c.clinic}, AgreementTerms: terms})
	c.consent(c.clinicChief, a)
	if !c.sees(c.clinicDesk, dispatch.KindIncident, i.ID) {
		t.Error("renewed, nothing is shared")
	}
}

// A share by hand may be given for a time; another reason to see stays what it is.
func TestShareByHandRunsOut(t *testing.T) {
	t.Parallel()
	c := newPact(t)
	i := c.incident
	past, until := c.clock(), c.clock().Add(30*time.Minute)
	if e := c.refused(c.fireDesk, dispatch.Invalid, "incident.share", dispatch.IncidentShare{Incident: i.ID, Agency: c.clinic, Tier: dispatch.TierView, Until: &past}); e.Field != "until" {
		t.Errorf("refused for %s", e.Field)
	}
	for _, agency := range []string{c.clinic, c.plant} {
		c.do(c.fireDesk, "incident.share", dispatch.IncidentShare{Incident: i.ID, Agency: agency, Tier: dispatch.TierAssist, Until: &until})
	}
	c.do(c.clinicDesk, "task.assign", dispatch.TaskAssign{Incident: i.ID, Team: c.teams["jj1"]})
	note := put[*dispatch.Note](c.town, c.do(c.plantDesk, "note.add", dispatch.NoteAdd{Incident: i.ID, Text: "装置已停车"}))
	c.pass(30 * time.Minute)
	if c.sees(c.plantDesk, dispatch.KindIncident, i.ID) || c.sees(c.plantDesk, dispatch.KindNote, note.ID) || !c.sees(c.clinicDesk, dispatch.KindIncident, i.ID) {
		t.Error("after its time a share by hand gives something, or takes what a task gives")
	}
	c.refused(c.plantDesk, dispatch.NotFound, "note.add", dispatch.NoteAdd{Incident: i.ID, Text: "再记"})
	cs := c.due()
	if !c.dropped(c.plantDesk, incidentRef(i), cs...) || !c.dropped(c.plantDesk, dispatch.RefOf(note), cs...) || c.dropped(c.clinicDesk, incidentRef(i), cs...) {
		t.Error("the consoles of those it ends for, and only they, are told")
	}
	if s := get[*dispatch.Incident](c.town, dispatch.KindIncident, i.ID).Scope; len(s.Shares) != 1 || s.Shares[0].Source != dispatch.ShareTask {
		t.Errorf("shares left: %+v", s.Shares)
	}
}
