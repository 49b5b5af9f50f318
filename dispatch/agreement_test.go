package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"liandong/dispatch"
)

// pact is a town whose fire service and clinic agree on something.
type pact struct {
	*aidTown
	clinicChief, clinicAdmin dispatch.Actor
}

func newPact(t testing.TB) *pact {
	t.Helper()
	c := &pact{aidTown: newAidTown(t)}
	c.clinicChief, c.clinicAdmin = c.clinicDesk, c.clinicDesk
	c.clinicChief.ID, c.clinicChief.Role = "急救值班长", dispatch.RoleChief
	c.clinicAdmin.ID, c.clinicAdmin.Role = "急救管理员", dispatch.RoleAdmin
	return c
}

// chiefOf is a duty chief of the agency.
func chiefOf(desk dispatch.Actor) dispatch.Actor {
	desk.ID, desk.Role = desk.ID+"值班长", dispatch.RoleChief
	return desk
}

func (c *pact) propose(by dispatch.Actor, terms dispatch.AgreementTerms, others ...string) *dispatch.Agreement {
	c.t.Helper()
	if terms.Tier == "" {
		terms.Tier = dispatch.TierView
	}
	return put[*dispatch.Agreement](c.town, c.do(by, "agreement.save", dispatch.AgreementSave{Name: "联防协议", Parties: others, AgreementTerms: terms}))
}

func (c *pact) consent(by dispatch.Actor, a *dispatch.Agreement) *dispatch.Agreement {
	c.t.Helper()
	return put[*dispatch.Agreement](c.town, c.do(by, "agreement.consent", dispatch.AgreementConsent{Agreement: a.ID, Terms: c.agreement(a.ID).Terms}))
}

func (c *pact) agreement(id string) *dispatch.Agreement {
	return get[*dispatch.Agreement](c.town, dispatch.KindAgreement, id)
}

// due carries out what is due and returns the changes that made.
func (c *pact) due() []*dispatch.Change {
	c.t.Helper()
	head, err := c.store.Head(context.Background(), dispatch.Live)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.svc.FireDue(context.Background(), dispatch.Live); err != nil {
		c.t.Fatal(err)
	}
	cs, err := c.store.Changes(context.Background(), dispatch.Live, head, 1000)
	if err != nil {
		c.t.Fatal(err)
	}
	return cs
}

// dropped tells whether the actor's console is told to drop the record by one of the changes.
func (c *pact) dropped(a dispatch.Actor, ref dispatch.Ref, cs ...*dispatch.Change) bool {
	for _, change := range cs {
		if seen, ok := change.See(a.Audience().At(c.clock())); ok && slices.Contains(seen.Drop, ref) {
			return true
		}
	}
	return false
}

func incidentRef(i *dispatch.Incident) dispatch.Ref {
	return dispatch.Ref{Kind: dispatch.KindIncident, ID: i.ID}
}

func (c *pact) fireIncident(typ string, grade dispatch.Grade, area string) *dispatch.Incident {
	c.t.Helper()
	return put[*dispatch.Incident](c.town, c.do(c.fireDesk, "incident.open", dispatch.IncidentOpen{Type: typ, Grade: grade, Title: "事件", Area: area,
		Verified: true, Caller: "热心市民", Place: dispatch.Place{Text: "某处", Point: &scene}}))
}

// Each side consents by its own officer; what matches is seen from then on, with all that hangs on it,
// and no longer than until one side takes its consent back.
func TestAgreementByConsent(t *testing.T) {
	t.Parallel()
	c := newPact(t)
	terms := dispatch.AgreementTerms{Subjects: []dispatch.AgreementSubject{dispatch.SubjectIncidents}, Types: []string{"12D"}, Grade: 3, Area: "411002", Redacted: true, Tier: dispatch.TierAssist}
	before := c.fireIncident("12D02", 2, "411002003")
	c.refused(c.fireDesk, dispatch.Forbidden, "agreement.save", dispatch.AgreementSave{Name: "x", Parties: []string{c.clinic}, AgreementTerms: terms})
	a := c.propose(c.fireChief, terms, c.clinic)
	if a.State != dispatch.AgreementProposed || a.Number != "A20261123-0001" || a.Terms != 1 || a.Parties[0].Consented == nil || a.Parties[1].Consented != nil {
		t.Fatalf("proposed %+v", a)
	}
	if !c.sees(c.clinicDesk, dispatch.KindAgreement, a.ID) || !c.sees(c.clinicAdmin, dispatch.KindAgreement, a.ID) || c.sees(c.plantDesk, dispatch.KindAgreement, a.ID) {
		t.Error("an agreement is seen by its parties, and by them alone")
	}
	if c.sees(c.clinicDesk, dispatch.KindIncident, before.ID) {
		t.Fatal("one side alone shares nothing")
	}
	// Nobody consents for another: not who coordinates, not a dispatcher, not the proposer.
	yes := dispatch.AgreementConsent{Agreement: a.ID, Terms: 1}
	c.refused(c.chief, dispatch.Forbidden, "agreement.consent", yes)
	c.refused(c.clinicDesk, dispatch.Forbidden, "agreement.consent", yes)
	c.refused(c.fireChief, dispatch.IllegalMove, "agreement.consent", yes)
	c.refused(c.clinicChief, dispatch.Stale, "agreement.consent", dispatch.AgreementConsent{Agreement: a.ID, Terms: 2})
	done := c.do(c.clinicAdmin, "agreement.consent", yes)
	if a = c.agreement(a.ID); a.State != dispatch.AgreementInForce {
		t.Fatalf("consented %+v", a)
	}
	if seen, _ := done.Change.See(c.clinicDesk.Audience().At(c.clock())); !slices.ContainsFunc(seen.Put, func(r dispatch.Record) bool { return dispatch.RefOf(r) == incidentRef(before) }) {
		t.Error("the consent does not put what is shared by it")
	}
	view, err := c.svc.Get(context.Background(), c.clinicDesk, incidentRef(before))
	if err != nil || view.(*dispatch.Incident).Caller != "" {
		t.Fatalf("the clinic sees %+v, %v: want it redacted", view, err)
	}
	after, other, low, elsewhere := c.fireIncident("12D05", 3, "411002003"), c.fireIncident("12G03", 2, "411002003"), c.fireIncident("12D02", 4, "411002003"), c.fireIncident("12D02", 2, "411003001")
	for i, want := range map[*dispatch.Incident]bool{before: true, after: true, other: false, low: false, elsewhere: false} {
		if c.sees(c.clinicDesk, dispatch.KindIncident, i.ID) != want {
			t.Errorf("incident %s grade %d in %s: seen is not %v", i.Type, i.Grade, i.Scope.Area, want)
		}
	}
	// What is asked of an incident is asked anew when it changes.
	grade, typ := dispatch.Grade(1), "12D01"
	c.do(c.fireDesk, "incident.edit", dispatch.IncidentEdit{Incident: low.ID, Grade: &grade})
	c.do(c.fireDesk, "incident.edit", dispatch.IncidentEdit{Incident: other.ID, Type: &typ})
	c.do(c.fireDesk, "incident.place", dispatch.IncidentPlace{Incident: elsewhere.ID, Area: "411002001", Place: elsewhere.Place, Reason: "报错"})
	note := put[*dispatch.Note](c.town, c.do(c.fireDesk, "note.add", dispatch.NoteAdd{Incident: low.ID, Text: "已到场"}))
	for _, i := range []*dispatch.Incident{low, other, elsewhere} {
		if !c.sees(c.clinicDesk, dispatch.KindIncident, i.ID) {
			t.Errorf("incident %s matches now and is not seen", i.ID)
		}
	}
	if !c.sees(c.clinicDesk, dispatch.KindNote, note.ID) {
		t.Error("what hangs on a shared incident is not seen")
	}
	typ = "12G03"
	left := c.do(c.fireDesk, "incident.edit", dispatch.IncidentEdit{Incident: other.ID, Type: &typ})
	if c.sees(c.clinicDesk, dispatch.KindIncident, other.ID) || !c.dropped(c.clinicDesk, incidentRef(other), left.Change) {
		t.Error("an incident that matches no longer is still seen")
	}
	// An assist share lets them help; the tier is not the profile.
	c.do(c.clinicDesk, "note.add", dispatch.NoteAdd{Incident: before.ID, Text: "救护车待命"})
	c.do(c.clinicDesk, "task.assign", dispatch.TaskAssign{Incident: before.ID, Team: c.teams["jj1"]})
	c.refused(c.clinicDesk, dispatch.Forbidden, "incident.share", dispatch.IncidentShare{Incident: after.ID, Agency: c.plant, Tier: dispatch.TierView})

	c.refused(c.clinicChief, dispatch.Invalid, "agreement.withdraw", dispatch.AgreementMove{Agreement: a.ID})
	c.refused(c.clinicChief, dispatch.Forbidden, "agreement.end", dispatch.AgreementMove{Agreement: a.ID, Reason: "不再需要"})
	out := c.do(c.clinicChief, "agreement.withdraw", dispatch.AgreementMove{Agreement: a.ID, Reason: "重新商议"})
	if a = c.agreement(a.ID); a.State != dispatch.AgreementWithdrawn || a.Parties[1].Withdrawn == nil {
		t.Fatalf("withdrawn %+v", a)
	}
	for _, i := range []*dispatch.Incident{after, low, elsewhere} {
		if c.sees(c.clinicDesk, dispatch.KindIncident, i.ID) || !c.dropped(c.clinicDesk, incidentRef(i), out.Change) {
			t.Errorf("after the withdrawal %s is still seen", i.ID)
		}
	}
	if !c.dropped(c.clinicDesk, dispatch.RefOf(note), out.Change) {
		t.Error("a note stays on the console after the withdrawal")
	}
	// The ambulance is still on it: that is a reason of its own.
	if !c.sees(c.clinicDesk, dispatch.KindIncident, before.ID) {
		t.Error("the withdrawal took more than the agreement gave")
	}
	c.consent(c.clinicChief, a)
	if !c.sees(c.clinicDesk, dispatch.KindIncident, after.ID) {
		t.Error("consented again, nothing is seen")
	}
	// New terms take the consents away; a new name does not.
	save := dispatch.AgreementSave{ID: a.ID, Name: "新名", Parties: []string{c.clinic}, AgreementTerms: terms}
	c.do(c.fireChief, "agreement.save", save)
	if a = c.agreement(a.ID); a.State != dispatch.AgreementInForce || a.Name != "新名" || a.Terms != 1 {
		t.Fatalf("renamed %+v", a)
	}
	theirs := save
	theirs.Parties = []string{c.fire}
	c.refused(c.clinicChief, dispatch.Forbidden, "agreement.save", theirs)
	save.Redacted = false
	c.do(c.fireChief, "agreement.save", save)
	if a = c.agreement(a.ID); a.State != dispatch.AgreementProposed || a.Terms != 2 || a.Parties[1].Consented != nil || c.sees(c.clinicDesk, dispatch.KindIncident, after.ID) {
		t.Fatalf("changed %+v", a)
	}
	c.refused(c.clinicChief, dispatch.Stale, "agreement.consent", yes)
	c.consent(c.clinicChief, a)
	end := c.do(c.fireChief, "agreement.end", dispatch.AgreementMove{Agreement: a.ID, Reason: "年度到期"})
	if c.sees(c.clinicDesk, dispatch.KindIncident, after.ID) || !c.dropped(c.clinicDesk, incidentRef(after), end.Change) || !c.dropped(c.clinicDesk, dispatch.RefOf(a), end.Change) {
		t.Error("the end of an agreement leaves something")
	}
	c.refused(c.fireChief, dispatch.IllegalMove, "agreement.save", save)
}

// What an agreement must not be.
func TestAgreementRefusals(t *testing.T) {
	t.Parallel()
	c := newPact(t)
	good := func() dispatch.AgreementSave {
		return dispatch.AgreementSave{Name: "协议", Parties: []string{c.clinic}, AgreementTerms: dispatch.AgreementTerms{
			Subjects: []dispatch.AgreementSubject{dispatch.SubjectIncidents}, Tier: dispatch.TierView}}
	}
	past := c.clock().Add(-time.Minute)
	for field, spoil := range map[string]func(*dispatch.AgreementSave){
		"parties":     func(in *dispatch.AgreementSave) { in.Parties = []string{c.fire} },
		"parties[1]":  func(in *dispatch.AgreementSave) { in.Parties = []string{c.clinic, c.clinic} },
		"name":        func(in *dispatch.AgreementSave) { in.Name = "" },
		"subjects":    func(in *dispatch.AgreementSave) { in.Subjects = nil },
		"subjects[0]": func(in *dispatch.AgreementSave) { in.Subjects[0] = "secrets" },
		"types[0]":    func(in *dispatch.AgreementSave) { in.Types = []string{"fire"} },
		"grade":       func(in *dispatch.AgreementSave) { in.Grade = 5 },
		"area":        func(in *dispatch.AgreementSave) { in.Area = "许昌" },
		"tier":        func(in *dispatch.AgreementSave) { in.Tier = "own" },
		"longest":     func(in *dispatch.AgreementSave) { in.NeedsActivation = true },
		"until":       func(in *dispatch.AgreementSave) { in.Until = &past },
	} {
		in := good()
		spoil(&in)
		if e := c.refused(c.fireChief, dispatch.Invalid, "agreement.save", in); e.Field != field {
			t.Errorf("%s: refused for %s: %s", field, e.Field, e.Message)
		}
	}
	in := good()
	in.Parties = []string{"nobody"}
	c.refused(c.fireChief, dispatch.NotFound, "agreement.save", in)
	a := c.propose(c.fireChief, good().AgreementTerms, c.clinic)
	until := c.clock().Add(time.Hour)
	c.refused(c.fireChief, dispatch.IllegalMove, "agreement.activate", dispatch.AgreementActivate{Agreement: a.ID, Reason: "x", Until: until})
	c.consent(c.clinicChief, a)
	c.refused(c.fireChief, dispatch.IllegalMove, "agreement.activate", dispatch.AgreementActivate{Agreement: a.ID, Reason: "x", Until: until})
	c.refused(c.fireChief, dispatch.IllegalMove, "agreement.deactivate", dispatch.AgreementMove{Agreement: a.ID, Reason: "x"})
	c.refused(chiefOf(c.plantDesk), dispatch.NotFound, "agreement.withdraw", dispatch.AgreementMove{Agreement: a.ID, Reason: "x"})
}

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

// What one was shown by a partner is never shown to another partner.
func TestNoSharingOn(t *testing.T) {
	t.Parallel()
	c := newPact(t)
	everything := dispatch.AgreementTerms{Subjects: dispatch.AgreementSubjects, Tier: dispatch.TierAssist}
	c.consent(c.clinicChief, c.propose(c.fireChief, everything, c.clinic)) // A and B
	c.consent(chiefOf(c.plantDesk), c.propose(c.clinicChief, everything, c.plant))
	c.do(c.fireDesk, "hazard.save", dispatch.HazardSave{Name: "油库", Level: 2, Operator: "某厂", Place: dispatch.Place{Point: &scene}})
	c.do(c.fireDesk, "equipment.save", dispatch.EquipmentSave{Name: "水泵", Type: "pump", Condition: dispatch.ConditionReady, Place: dispatch.Place{Point: &scene}})
	i := c.fireIncident("12D02", 2, "411002003")
	c.do(c.clinicDesk, "task.assign", dispatch.TaskAssign{Incident: i.ID, Team: c.teams["jj1"]})
	c.do(c.clinicDesk, "note.add", dispatch.NoteAdd{Incident: i.ID, Text: "伤员 3 人"})
	own := put[*dispatch.Incident](c.town, c.do(c.clinicDesk, "incident.open", dispatch.IncidentOpen{Type: "12D02", Title: "B 的事件", Area: "411003001"}))
	for _, give := range []string{"incident.share", "incident.unshare"} {
		c.refused(c.clinicChief, dispatch.Forbidden, give, dispatch.IncidentShare{Incident: i.ID, Agency: c.plant, Tier: dispatch.TierView})
	}
	c.refused(c.clinicChief, dispatch.Forbidden, "incident.transfer", dispatch.IncidentTransfer{Incident: i.ID, Agency: c.plant, Reason: "x"})
	c.refused(c.clinicChief, dispatch.Forbidden, "incident.merge", dispatch.IncidentMerge{Incident: i.ID, Into: own.ID})
	kinds := 0
	for _, k := range dispatch.Kinds {
		for _, r := range c.all(k) {
			ref, s := dispatch.RefOf(r), dispatch.HeadOf(r).Scope
			if s.Agency != c.fire || s.Admin {
				continue
			}
			kinds++
			for _, role := range dispatch.Roles {
				third := c.plantDesk
				third.Role = role
				if v := dispatch.See(third.Audience().At(c.clock()), ref, s); v != dispatch.Hidden && !(s.Open && v == dispatch.Redacted) {
					t.Errorf("C's %s sees %v of A: %s", role, ref, v)
				}
			}
		}
	}
	if kinds < 8 || !c.sees(c.plantDesk, dispatch.KindIncident, own.ID) || !c.sees(c.clinicDesk, dispatch.KindIncident, i.ID) {
		t.Errorf("%d records of A were looked at: the test proves too little", kinds)
	}
	// Taken over by B it is B's own, and from then on B's agreements count and A's do not.
	c.do(c.fireChief, "incident.transfer", dispatch.IncidentTransfer{Incident: i.ID, Agency: c.clinic, Reason: "伤员为主"})
	c.do(c.clinicChief, "incident.accept", dispatch.IncidentMove{Incident: i.ID})
	if !c.sees(c.plantDesk, dispatch.KindIncident, i.ID) || !c.sees(c.fireDesk, dispatch.KindIncident, i.ID) {
		t.Error("after a transfer the new owner's agreements do not count")
	}
}

// Many records are written at once, and their readers fetch the kinds anew.
func TestAgreementOverManyRecords(t *testing.T) {
	t.Parallel()
	c := newPact(t)
	items := func(from, n int) (rows []dispatch.Imported) {
		for i := range n {
			rows = append(rows, dispatch.Imported{Row: i + 2, Record: &dispatch.Equipment{Head: dispatch.Head{ID: fmt.Sprint("item", from+i)}, Name: "水泵", Type: "pump", Condition: dispatch.ConditionReady, Holder: c.fire,
				Place: dispatch.Place{Point: &scene}}})
		}
		return rows
	}
	load := func(key string, rows []dispatch.Imported) {
		t.Helper()
		if bad, err := c.svc.Import(t.Context(), c.fireChief, dispatch.KindEquipment, key, rows, false); err != nil || len(bad) > 0 {
			t.Fatal(bad, err)
		}
	}
	load("import-one", items(0, 600))
	seen := func() int {
		t.Helper()
		n := 0
		for _, r := range c.all(dispatch.KindEquipment) {
			if dispatch.SeeRecord(c.clinicDesk.Audience().At(c.clock()), r) != nil {
				n++
			}
		}
		return n
	}
	a := c.propose(c.fireChief, dispatch.AgreementTerms{Subjects: []dispatch.AgreementSubject{dispatch.SubjectResources}, Tier: dispatch.TierView}, c.clinic)
	done := c.do(c.clinicChief, "agreement.consent", dispatch.AgreementConsent{Agreement: a.ID, Terms: 1})
	if !slices.Contains(done.Change.Reset, dispatch.KindEquipment) || len(done.Change.Puts) != 1 || seen() != 600 {
		t.Errorf("reset %v, %d puts, %d seen", done.Change.Reset, len(done.Change.Puts), seen())
	}
	load("import-two", items(590, 20))
	if n := seen(); n != 610 {
		t.Errorf("%d seen after an import of 10 more, want 610", n)
	}
	c.do(c.clinicChief, "agreement.withdraw", dispatch.AgreementMove{Agreement: a.ID, Reason: "停止"})
	if n := seen(); n != 0 {
		t.Errorf("%d seen after the withdrawal", n)
	}
}

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
