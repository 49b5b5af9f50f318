package dispatch_test

import (
	"context"
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
