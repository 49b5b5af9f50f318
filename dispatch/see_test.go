package dispatch

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"liandong/geo"
)

// noon is when the tests look.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares got with testdata/name; run with -update to accept it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s differs; read the difference and, if it is meant, run go test ./dispatch -update\n%s", path, firstDifference(string(want), got))
	}
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf("line %d\nwant %s\ngot  %s", i+1, w[i], g[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

// actors stands for every role in every relation to a record of agency "fire"
// in 411002.
func actors() map[Relation][]Actor {
	out := map[Relation][]Actor{}
	for _, role := range Roles {
		a := Actor{ID: "p", Role: role, Realm: Live, Agency: "other"}
		stranger := a
		out[Stranger] = append(out[Stranger], stranger)
		viewer, assistant := a, a
		viewer.Agency, assistant.Agency = "viewers", "helpers"
		out[Viewer] = append(out[Viewer], viewer)
		out[Assistant] = append(out[Assistant], assistant)
		over := a
		over.Agency, over.Jurisdiction = "bureau", "4110"
		out[Over] = append(out[Over], over)
		own := a
		own.Agency = "fire"
		out[Own] = append(out[Own], own)
		aboard := a
		aboard.Agency, aboard.Team = "fire", "t1"
		if role == RoleLeader {
			out[Aboard] = append(out[Aboard], aboard)
		}
	}
	return out
}

func scopeFor(k Kind) Scope {
	s := Scope{Agency: "fire", Area: "411002003", Teams: []string{"t1"}, Shares: []Share{
		{Agency: "helpers", Tier: TierAssist, Source: ShareTask}, {Agency: "viewers", Tier: TierView, Redacted: true, Source: ShareManual}}}
	switch k {
	case KindAgency, KindArea, KindDepot, KindTeam:
		s.Open = true
	case KindPerson, KindDevice:
		s.Admin, s.Shares, s.Teams = true, nil, nil
	}
	return s
}

// idFor is the leader's own team where the kind is team, else another record.
func idFor(k Kind) string {
	if k == KindTeam {
		return "t1"
	}
	return "x"
}

// A leader sees a fellow's name and where it is, not its record, and may do nothing with it; nobody
// else sees more for it.
func TestFellow(t *testing.T) {
	t.Parallel()
	ref, s := Ref{KindTeam, "t2"}, Scope{Agency: "fire", Area: "411002", Teams: []string{"t1"}}
	leader := func(team string) Actor {
		return Actor{ID: "p", Role: RoleLeader, Realm: Live, Agency: "clinic", Team: team}
	}
	for _, c := range []struct {
		team  string
		want  Vision
		where bool
	}{{"t1", Redacted, true}, {"t2", Full, true}, {"t3", Hidden, false}, {"", Hidden, false}} {
		a := leader(c.team)
		if v, where := See(a.Audience().At(noon), ref, s), SeePosition(a.Audience().At(noon), ref.ID, s); v != c.want || where != c.where {
			t.Errorf("the leader of %q sees %s, position %v; want %s, %v", c.team, v, where, c.want, c.where)
		}
	}
	open := s
	open.Open, open.Teams = true, nil
	if a := leader("t1"); See(a.Audience().At(noon), ref, open) != Redacted || SeePosition(a.Audience().At(noon), ref.ID, open) {
		t.Error("a team of the common pool that is no fellow: its name only")
	}
	for _, c := range Commands() {
		if a := leader("t1"); May(a, noon, c, ref, s) == nil {
			t.Errorf("a fellow's leader may %s", c.Name)
		}
	}
	for _, role := range Roles {
		if a := (Actor{ID: "p", Role: role, Realm: Live, Agency: "clinic", Team: "t1"}); role != RoleLeader && (See(a.Audience().At(noon), ref, s) != Hidden || SeePosition(a.Audience().At(noon), ref.ID, s)) {
			t.Errorf("%s sees a team of others for its fellows", role)
		}
	}
}

// What each role sees of each kind, in every relation: the whole matrix.
func TestSeeMatrix(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, k := range Kinds {
		for _, rel := range Relations {
			for _, a := range actors()[rel] {
				fmt.Fprintf(&b, "%-9s %-9s %-10s %s\n", k, rel, a.Role, See(a.Audience().At(noon), Ref{k, idFor(k)}, scopeFor(k)))
			}
		}
	}
	golden(t, "see.txt", b.String())
}

// What each role may do with each command, in every relation.
func TestMayMatrix(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, c := range Commands() {
		kind := Kind(strings.SplitN(c.Name, ".", 2)[0])
		for _, rel := range Relations {
			var may []string
			for _, a := range actors()[rel] {
				if got := Relate(a, noon, Ref{kind, idFor(kind)}, scopeFor(kind)); got != rel && a.Role != RoleLeader && !scopeFor(kind).Admin {
					t.Fatalf("%s of %s relates as %s, want %s", a.Role, a.Agency, got, rel)
				}
				if May(a, noon, c, Ref{kind, idFor(kind)}, scopeFor(kind)) == nil {
					may = append(may, string(a.Role))
				}
			}
			fmt.Fprintf(&b, "%-18s %-9s %s\n", c.Name, rel, strings.Join(may, " "))
		}
	}
	golden(t, "may.txt", b.String())
}

// Nobody but the server itself may use a command without roles.
func TestSystemCommandIsTheServersOwn(t *testing.T) {
	t.Parallel()
	c, _ := CommandByName("deadline.fire")
	for _, role := range Roles {
		if err := May(Actor{Role: role, Agency: "fire", Jurisdiction: "41"}, noon, c, Ref{KindTask, "x"}, scopeFor(KindTask)); CodeOf(err) != Forbidden {
			t.Errorf("%s: %v, want forbidden", role, err)
		}
	}
}

// A redacted record tells no personal data, whatever the kind: every field
// that could hold some is filled with a marker that must not come back.
func TestRedactionLeavesNoPersonalData(t *testing.T) {
	t.Parallel()
	const mark = "PERSONAL"
	p := geo.At(113.8, 34)
	place := Place{Text: "street", Point: &p}
	stamp := Stamp{By: mark}
	scope := Scope{Agency: "a", Area: "4110", Shares: []Share{{Agency: mark}}, Teams: []string{mark}}
	head := func(k Kind) Head { return Head{Kind: k, ID: "1", Scope: scope} }
	duty := []DutyLine{{Name: mark, Post: "post", Phone: mark}}
	for _, r := range []Record{
		&Area{Head: head(KindArea), Duty: duty},
		&Agency{Head: head(KindAgency)},
		&Person{Head: head(KindPerson), Name: "name", Login: mark, Phone: mark},
		&Depot{Head: head(KindDepot), Keeper: mark, Phone: mark, Place: place},
		&Hazard{Head: head(KindHazard), Duty: duty},
		&Report{Head: head(KindReport), Caller: mark, Phone: mark, Claimed: mark, ClaimBy: mark, Received: stamp},
		&Incident{Head: head(KindIncident), Caller: mark, Phone: mark, Commander: mark, Stamps: map[IncidentState]Stamp{IncidentReported: stamp}},
		&Team{Head: head(KindTeam), Leader: mark, Phone: mark, DutyReason: mark, Task: mark, Distress: &Distress{By: mark, Text: mark}, Message: &Message{Text: mark, Sent: stamp}},
		&Task{Head: head(KindTask), Choice: mark, Reason: mark, Stamps: map[TaskState]Stamp{TaskAssigned: stamp}},
		&Equipment{Head: head(KindEquipment), Serial: mark},
		&Stock{Head: head(KindStock)},
		&Device{Head: Head{Kind: KindDevice, ID: "1"}},
		&Note{Head: head(KindNote), Internal: true, Text: mark, Photo: mark, Instruction: mark, Author: mark, Stamp: stamp, Signed: []Stamp{stamp}},
		&Rate{Head: head(KindRate)},
		&Claim{Head: head(KindClaim), Reason: mark, Payment: mark, Stamps: map[ClaimState]Stamp{ClaimCollected: stamp}, Payer: &Payer{Text: mark},
			Lines: []ClaimLine{{Reason: mark, Editor: &stamp}}},
		&Requisition{Head: head(KindRequisition), OwnerName: mark, OwnerContact: mark, Reason: mark, Stamps: map[RequisitionState]Stamp{RequisitionOrdered: stamp},
			TakenOver: &Handover{Note: mark, GivenBy: mark, TakenBy: mark}, CameBack: &Handover{Note: mark, GivenBy: mark, TakenBy: mark}},
		&Letter{Head: head(KindLetter), Text: mark, Body: []byte(mark), Stamp: stamp},
		&Alarm{Head: head(KindAlarm), Raised: stamp, Acked: &stamp, Ended: &stamp},
		&Agreement{Head: head(KindAgreement), Text: mark, Reason: mark, Parties: []Party{{Agency: "a", Consented: &stamp}, {Agency: "b", Withdrawn: &stamp}}, Stamps: map[AgreementState]Stamp{AgreementInForce: stamp}},
		&Activation{Head: head(KindActivation), Reason: mark, EndReason: mark, Opened: stamp, Ended: &stamp},
	} {
		before, _ := json.Marshal(r)
		raw, err := json.Marshal(View(r, Redacted))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), mark) {
			t.Errorf("%s: redacted view still tells %s", RefOf(r).Kind, raw)
		}
		if after, _ := json.Marshal(r); string(after) != string(before) {
			t.Errorf("%s: redaction changed the record itself", RefOf(r).Kind)
		}
	}
}

// A record that leaves a view arrives as a drop, one that enters as a put.
func TestChangeEntersAndLeavesView(t *testing.T) {
	t.Parallel()
	shared := Scope{Agency: "fire", Area: "411002", Shares: []Share{{Agency: "helpers", Tier: TierView, Source: ShareManual}}}
	alone := Scope{Agency: "fire", Area: "411002"}
	helper := Audience{Realm: Live, Role: RoleDispatcher, Agency: "helpers"}
	put := func(before *Scope, after Scope) *Change {
		return &Change{Seq: 7, Actor: ActorRef{Name: "张三"}, Note: "why", Puts: []Put{{
			Record: &Incident{Head: Head{Kind: KindIncident, ID: "i1", Scope: after}}, Before: before, After: after}}}
	}
	last := func(before, after Scope) *Change { // the last state is written, and it leaves the board
		c := put(&before, after)
		c.Drops = []Drop{{Ref{KindIncident, "i1"}, after}}
		return c
	}
	for _, tt := range []struct {
		name        string
		change      *Change
		puts, drops int
		seen        bool
	}{
		{"enters", put(&alone, shared), 1, 0, true},
		{"stays", put(&shared, shared), 1, 0, true},
		{"leaves", put(&shared, alone), 0, 1, true},
		{"never was", put(&alone, alone), 0, 0, false},
		{"new, not theirs", put(nil, alone), 0, 0, false},
		{"new, theirs", put(nil, shared), 1, 0, true},
		{"archived", &Change{Drops: []Drop{{Ref{KindIncident, "i1"}, shared}}}, 0, 1, true},
		{"archived, never seen", &Change{Drops: []Drop{{Ref{KindIncident, "i1"}, alone}}}, 0, 0, false},
		{"put and archived", last(shared, shared), 0, 1, true},
		{"taken back and archived", last(shared, alone), 0, 1, true},
		{"shared and archived", last(alone, shared), 0, 1, true},
		{"put and archived, never seen", last(alone, alone), 0, 0, false},
		{"import", &Change{Reset: []Kind{KindTeam}}, 0, 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, seen := tt.change.See(helper.At(noon))
			if len(s.Put) != tt.puts || len(s.Drop) != tt.drops || seen != tt.seen {
				t.Errorf("put %d drop %d seen %v; want %d %d %v", len(s.Put), len(s.Drop), seen, tt.puts, tt.drops, tt.seen)
			}
			// Who sees the record whole may know who put it away, and why.
			if last := len(tt.change.Puts)+len(tt.change.Drops) > 1; !last && len(s.Put) == 0 && (s.Note != "" || s.Actor.Name != "") {
				t.Errorf("a view without the record still tells who and why: %+v", s)
			}
		})
	}
}

// The journal's bytes give back the same change.
func TestPayloadRoundTrip(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 1, 2, 3, 456000, time.UTC)
	p := geo.At(113.85264, 34.035771)
	before := Scope{Agency: "fire", Area: "411002"}
	after := Scope{Agency: "fire", Area: "411002", Teams: []string{"t1"}}
	c := &Change{Note: "原因", Reset: []Kind{KindTeam}, Drops: []Drop{{Ref{KindNote, "n"}, before}}, Puts: []Put{{
		Record: &Incident{Head: Head{Kind: KindIncident, ID: "i", Version: 3, Scope: after, Created: at, Updated: at}, Title: "火灾",
			Place: Place{Point: &p}, Stamps: map[IncidentState]Stamp{IncidentReported: {At: at, Event: &at, By: "张三"}}},
		Before: &before, After: after}}}
	raw, err := c.Payload()
	if err != nil {
		t.Fatal(err)
	}
	var back Change
	if err := back.ReadPayload(raw); err != nil {
		t.Fatal(err)
	}
	again, err := back.Payload()
	if err != nil {
		t.Fatal(err)
	}
	if string(raw) != string(again) {
		t.Errorf("\n%s\n%s", raw, again)
	}
	if !back.Puts[0].After.Equal(after) || !back.Puts[0].Before.Equal(before) {
		t.Errorf("scopes %+v %+v", back.Puts[0].Before, back.Puts[0].After)
	}
}

// A share gives what it says until its end, and nothing from then on; to who says no time it gives
// nothing. Of several each stands alone: what may be seen and what may be done may come from two.
func TestShareForATime(t *testing.T) {
	t.Parallel()
	ref, end, late := Ref{KindTeam, "t1"}, noon, noon.Add(time.Hour)
	helper := Actor{ID: "p", Role: RoleDispatcher, Realm: Live, Agency: "helpers"}
	share := func(tier Tier, redacted bool, source ShareSource, until *time.Time) Share {
		return Share{Agency: "helpers", Tier: tier, Redacted: redacted, Source: source, Until: until}
	}
	assign, _ := CommandByName("task.assign")
	for name, c := range map[string]struct {
		shares   []Share
		at       time.Time
		sees     Vision
		relation Relation
	}{
		"before its end":           {[]Share{share(TierAssist, false, ShareManual, &end)}, end.Add(-time.Microsecond), Full, Assistant},
		"at its end":               {[]Share{share(TierAssist, false, ShareManual, &end)}, end, Hidden, Stranger},
		"at no time":               {[]Share{share(TierAssist, false, ShareManual, &end)}, time.Time{}, Hidden, Stranger},
		"without an end":           {[]Share{share(TierView, true, ShareTask, nil)}, time.Time{}, Redacted, Viewer},
		"full sight, other's help": {[]Share{share(TierView, false, ShareAgreement, &late), share(TierAssist, true, ShareManual, nil)}, end, Full, Assistant},
		"one of two has ended":     {[]Share{share(TierView, false, ShareAgreement, &end), share(TierAssist, true, ShareManual, nil)}, end, Redacted, Assistant},
		"the help has ended":       {[]Share{share(TierAssist, false, ShareAgreement, &end), share(TierView, false, ShareManual, &late)}, end, Full, Viewer},
	} {
		s := Scope{Agency: "fire", Area: "411002"}
		for _, sh := range c.shares {
			s = s.with(sh)
		}
		o := helper.Audience().At(c.at)
		if v, rel := See(o, ref, s), Relate(helper, c.at, ref, s); v != c.sees || rel != c.relation || SeePosition(o, ref.ID, s) != (v == Full) {
			t.Errorf("%s: sees %s, position %v, as %s; want %s as %s", name, v, SeePosition(o, ref.ID, s), rel, c.sees, c.relation)
		}
		if may := May(helper, c.at, assign, ref, s) == nil; may != (c.relation == Assistant) {
			t.Errorf("%s: may assign: %v", name, may)
		}
	}
	// The end of one takes nothing of another for another reason.
	s := Scope{Agency: "fire"}.with(share(TierView, false, ShareManual, nil)).with(share(TierAssist, false, ShareTask, nil)).with(share(TierAssist, true, ShareManual, &late))
	if len(s.Shares) != 2 || !s.Ends(noon).Equal(late) || !s.Ends(late).IsZero() {
		t.Errorf("shares %+v", s.Shares)
	}
	if s = s.without("helpers", ShareManual); len(s.Shares) != 1 || s.Shares[0].Source != ShareTask {
		t.Errorf("after the end of one %+v", s.Shares)
	}
}
