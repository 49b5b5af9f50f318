package link_test

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/geo"
	"liandong/realtime/link"
)

// peer is somebody at the door with a certificate.
type peer struct {
	t    testing.TB
	at   string
	http *http.Client
}

func (h *house) knock(pair tls.Certificate) *peer {
	t := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13, InsecureSkipVerify: true, Certificates: []tls.Certificate{pair}}}
	h.t.Cleanup(t.CloseIdleConnections)
	return &peer{h.t, "https://" + h.addr, &http.Client{Transport: t, Timeout: 30 * time.Second}}
}

// say sends a request and returns the status and the code of a refusal.
func (p *peer) say(method, path string, header map[string]string, body string) (int, string) {
	p.t.Helper()
	req, err := http.NewRequest(method, p.at+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("X-Now", time.Now().UTC().Format(time.RFC3339Nano))
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := p.http.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	var answer struct {
		Code string `json:"code"`
		Seq  int64  `json:"seq"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		p.t.Fatalf("%s %s: %s: %.200s", method, path, resp.Status, raw)
	}
	if answer.Seq > 0 {
		answer.Code = fmt.Sprint(answer.Seq)
	}
	return resp.StatusCode, answer.Code
}

// Whoever is not linked learns nothing; a revoked link ends at once, also on a request that waits, and
// what the neighbour told leaves the board.
func TestStrangersAndRevoked(t *testing.T) {
	t.Parallel()
	a, b := newHouse(t, "aaaa", "410100"), newHouse(t, "bbbb", "411000")
	if status, code := a.knock(certificate(t)).say("GET", "/link/v1/feed?since=0", nil, ""); status != 403 || code != "unlinked" {
		t.Errorf("a stranger: %d %s", status, code)
	}
	ab := a.accept(b)
	if s := a.fault("unlinked"); s.MessageZH == "" || s.Heard != nil {
		t.Errorf("one that has not accepted yet: %+v", s)
	}
	b.accept(a)
	a.fault("")
	b.fault("")
	r := a.ask(a.open("液氯泄漏"), 2)
	until(b, r.ID, func(r *dispatch.Request) bool { return r.Origin != nil && r.Origin.Agency == "aaaa" })

	a.do(a.admin, "link.revoke", dispatch.LinkRevoke{Link: ab.ID, Reason: "对方服务器失窃"})
	began := time.Now()
	b.fault("unlinked")
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the revoked link went on for %s", took)
	}
	if status, code := a.knock(b.pair).say("POST", "/link/v1/commands/offer.order", map[string]string{"Idempotency-Key": "12345678", "X-After": "0"}, `{}`); status != 403 || code != "unlinked" {
		t.Errorf("a command over a revoked link: %d %s", status, code)
	}
	links := b.board(dispatch.KindLink)
	b.do(b.admin, "link.revoke", dispatch.LinkRevoke{Link: dispatch.RefOf(links[0]).ID, Reason: "对方撤销"})
	if left := b.board(dispatch.KindRequest); len(left) != 0 {
		t.Errorf("%d requests of the neighbour stayed on the board", len(left))
	}
	b.refused(b.admin, dispatch.IllegalMove, "link.revoke", dispatch.LinkRevoke{Link: dispatch.RefOf(links[0]).ID, Reason: "再次"})
}

// A certificate other than the accepted one is refused by the side that goes there, too.
func TestAnotherCertificate(t *testing.T) {
	t.Parallel()
	a, b := newHouse(t, "aaaa", "410100"), newHouse(t, "bbbb", "411000")
	b.accept(a)
	region := a.id(a.do(a.admin, "agency.save", dispatch.AgencySave{Name: "bbbb", Area: "411000", Type: dispatch.AgencyNeighbour}))
	other := &house{pair: certificate(t)}
	save := dispatch.LinkSave{Name: "bbbb", Region: region, Address: b.addr, Certificate: other.card()}
	l := put[*dispatch.Link](a, a.do(a.admin, "link.save", save))
	if s := a.fault("unlinked"); !strings.Contains(s.Message, "certificate") {
		t.Errorf("%+v", s)
	}
	save.ID, save.Certificate = l.ID, b.card()
	a.do(a.admin, "link.save", save)
	a.fault("")
	for field, in := range map[string]dispatch.LinkSave{
		"certificate": {Name: "x", Region: region, Address: b.addr, Certificate: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"},
		"address":     {Name: "x", Region: region, Address: "nowhere", Certificate: b.card()},
		"region":      {Name: "x", Region: a.agency, Address: b.addr, Certificate: b.card()},
	} {
		if e := a.refused(a.admin, dispatch.Invalid, "link.save", in); e.Field != field {
			t.Errorf("%s: %v", field, e)
		}
	}
	a.refused(a.desk, dispatch.Forbidden, "link.save", save)
}

// Clocks that differ by hours are told, and nothing is exchanged before they are set.
func TestClocks(t *testing.T) {
	t.Parallel()
	a, b := newHouse(t, "aaaa", "410100"), newHouse(t, "bbbb", "411000")
	b.set(3 * time.Hour)
	join(a, b)
	if s := a.fault("clock"); !strings.Contains(s.Message, "3h0m") {
		t.Errorf("%+v", s)
	}
	b.fault("clock")
	r := a.ask(a.open("液氯泄漏"), 1)
	b.set(0)
	until(b, r.ID, func(r *dispatch.Request) bool { return r.Origin != nil })
	a.fault("")
}

// What a linked neighbour sends twice, out of order, too early, or has no business with.
func TestBadMessages(t *testing.T) {
	t.Parallel()
	a, b := newHouse(t, "aaaa", "410100"), newHouse(t, "bbbb", "411000")
	join(a, b)
	team := b.team("B1")
	r := a.ask(a.open("液氯泄漏"), 2)
	l := lend(a, b, r.ID, team)
	epoch, err := a.store.Epoch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	door := b.knock(a.pair)
	send := func(key, name string, in any) (int, string) {
		body, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		return door.say("POST", "/link/v1/commands/"+name, map[string]string{"Idempotency-Key": key, "X-Epoch": epoch, "X-After": "1", "X-On-Behalf": "%E5%BC%A0%E4%B8%89"}, string(body))
	}
	arrive := dispatch.LoanAdvance{Loan: l.ID, From: dispatch.LoanInTransit, To: dispatch.LoanOnLoan}
	if status, code := send("release-early", "loan.advance", dispatch.LoanAdvance{Loan: l.ID, From: dispatch.LoanOnLoan, To: dispatch.LoanReleasing}); status != 409 || code != "illegal_move" {
		t.Errorf("a release before the arrival: %d %s", status, code)
	}
	status, seq := send("arrive-0001", "loan.advance", arrive)
	if status != 200 {
		t.Fatalf("the arrival: %d %s", status, seq)
	}
	if status, again := send("arrive-0001", "loan.advance", arrive); status != 200 || again != seq {
		t.Errorf("the same again: %d %s, the first was %s", status, again, seq)
	}
	if status, code := send("arrive-0001", "loan.advance", dispatch.LoanAdvance{Loan: l.ID, From: dispatch.LoanOnLoan, To: dispatch.LoanReleasing}); status != 409 || code != "key_reused" {
		t.Errorf("another command under the same key: %d %s", status, code)
	}
	if got := until(b, l.ID, func(l *dispatch.Loan) bool { return true }); got.State != dispatch.LoanOnLoan || got.Stamps[dispatch.LoanOnLoan].By != "张三（aaaa）" {
		t.Errorf("the loan: %+v", got)
	}
	before, err := b.store.Head(t.Context(), dispatch.Live)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name   string
		in     any
		status int
		code   string
	}{
		{"team.duty", dispatch.TeamDuty{Team: team, Duty: dispatch.DutyOff}, 403, "forbidden"},
		{"link.hear", dispatch.LinkHear{}, 403, "forbidden"},
		{"offer.commit", dispatch.OfferCommit{Offer: l.Offer, Teams: []string{team}}, 403, "forbidden"},
		{"loan.advance", dispatch.LoanAdvance{Loan: l.ID, From: dispatch.LoanOnLoan, To: dispatch.LoanReturned}, 403, "forbidden"},
		{"loan.ask", dispatch.LoanAsk{Loan: l.ID, Type: dispatch.AskRecall, Reason: "不是出借方"}, 403, "forbidden"},
		{"loan.ask", map[string]any{"loan": l.ID, "type": "extend", "more": 1}, 422, "invalid"},
		{"offer.order", dispatch.OfferOrder{Offer: l.Offer, Quantity: -4}, 409, "illegal_move"},
		{"loan.cancel", dispatch.LoanEnd{Loan: "nothing-there", Reason: "无"}, 404, "not_found"},
		{"nonsense", map[string]int{}, 403, "forbidden"},
	} {
		if status, code := send("bad-"+x.name+x.code, x.name, x.in); status != x.status || code != x.code {
			t.Errorf("%s: %d %s, want %d %s", x.name, status, code, x.status, x.code)
		}
	}
	if status, code := door.say("POST", "/link/v1/commands/loan.cancel", map[string]string{"Idempotency-Key": "too-early", "X-Epoch": epoch, "X-After": "999999"}, `{}`); status != 503 || code != "behind" {
		t.Errorf("a command ahead of what was heard: %d %s", status, code)
	}
	if status, code := door.say("GET", "/link/v1/records?ref=person/x", nil, ""); status != 422 || code != "invalid" {
		t.Errorf("people: %d %s", status, code)
	}
	if status, code := door.say("GET", "/link/v1/feed?since=-1", nil, ""); status != 422 || code != "invalid" {
		t.Errorf("a cursor below zero: %d %s", status, code)
	}
	since, err := b.store.Changes(t.Context(), dispatch.Live, before, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range since {
		if !strings.HasPrefix(c.Command, "told:") {
			t.Errorf("a refused command made the change %d: %s", c.Seq, c.Kind)
		}
	}
}

// What a neighbour tells of what is not its own, or of nothing at all, is refused whole.
func TestFalseTidings(t *testing.T) {
	t.Parallel()
	a, b := newHouse(t, "aaaa", "410100"), newHouse(t, "bbbb", "411000")
	l := a.accept(b) // b does not accept: all that is heard is told here
	ours := a.open("我方事件")
	raw := func(r dispatch.Record) dispatch.ToldRecord {
		body, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return dispatch.ToldRecord{Record: body, Agency: "邻市应急局"}
	}
	head := func(k dispatch.Kind, id string) dispatch.Head {
		return dispatch.Head{Kind: k, ID: id, Version: 1, Scope: dispatch.Scope{Agency: "x", Open: true}}
	}
	good := &dispatch.Incident{Head: head(dispatch.KindIncident, "incident-01"), Number: "1", State: dispatch.IncidentActive, Type: "12D02", Priority: 1, AlarmLevel: 1, Title: "邻市事件"}
	hear := func(whole bool, from, to int64, puts ...dispatch.ToldRecord) error {
		return a.svc.Hear(t.Context(), dispatch.Live, dispatch.LinkHear{Link: l.ID, Epoch: "e1", From: from, To: to, Whole: whole, Told: dispatch.Told{Seq: to, Kind: "incident.edit", Put: puts}})
	}
	if err := hear(false, 0, 5, raw(good)); dispatch.CodeOf(err) != dispatch.Stale {
		t.Errorf("the middle before the whole: %v", err)
	}
	stolen := *ours
	stolen.Title = "改名"
	negative := &dispatch.Request{Head: head(dispatch.KindRequest, "request-01"), Number: "Q1", State: dispatch.RequestOpen, Title: "支援", Priority: 1,
		Lines: []dispatch.Line{{ID: "1", Capability: "hazmat", Unit: "支", Min: 1, Max: -3}}}
	for what, bad := range map[string]struct {
		record dispatch.ToldRecord
		code   dispatch.Code
	}{
		"ours":     {raw(&stolen), dispatch.Forbidden},
		"an alarm": {raw(&dispatch.Alarm{Head: head(dispatch.KindAlarm, "alarm-0001"), Text: "x"}), dispatch.Invalid},
		"a person": {raw(&dispatch.Person{Head: head(dispatch.KindPerson, "person-001"), Name: "x", Roles: []dispatch.Role{dispatch.RoleAdmin}}), dispatch.Invalid},
		"negative": {raw(negative), dispatch.Invalid},
		"nonsense": {dispatch.ToldRecord{Record: json.RawMessage(`{"kind":"incident"`)}, ""},
		"no id":    {raw(&dispatch.Incident{Head: head(dispatch.KindIncident, "")}), dispatch.Invalid},
	} {
		if err := hear(true, 0, 5, raw(good), bad.record); err == nil || dispatch.CodeOf(err) != bad.code {
			t.Errorf("%s: %v", what, err)
		}
	}
	if n := len(a.board(dispatch.KindIncident)); n != 1 {
		t.Fatalf("%d incidents: something half-done stayed", n)
	}
	if err := hear(true, 0, 5, raw(good)); err != nil {
		t.Fatal(err)
	}
	got := until(a, "incident-01", func(*dispatch.Incident) bool { return true })
	if got.Scope.Agency != l.Region || got.Scope.Open || got.Origin == nil {
		t.Errorf("its scope here is ours to set: %+v", got.Scope)
	}
	seq, _ := a.store.Head(t.Context(), dispatch.Live)
	if err := hear(false, 0, 4, raw(good)); err != nil {
		t.Errorf("what was heard already is nothing: %v", err)
	}
	if err := hear(false, 3, 9, raw(good)); dispatch.CodeOf(err) != dispatch.Stale {
		t.Errorf("a gap: %v", err)
	}
	if now, _ := a.store.Head(t.Context(), dispatch.Live); now != seq {
		t.Errorf("repeated tidings made %d changes", now-seq)
	}
	e := a.refused(a.desk, dispatch.Forbidden, "incident.edit", map[string]any{"incident": "incident-01", "title": "不归我管"})
	if !strings.Contains(e.MessageZH, "邻市应急局") {
		t.Errorf("the refusal does not say whose it is: %v", e.MessageZH)
	}
}

// What a neighbour told is never told on, and internal notes stay at home.
func TestNothingIsToldOn(t *testing.T) {
	t.Parallel()
	a, b, c := newHouse(t, "aaaa", "410100"), newHouse(t, "bbbb", "411000"), newHouse(t, "cccc", "410400")
	ab, _ := join(a, b)
	_, _ = join(b, c)
	i := a.open("液氯泄漏")
	a.do(a.desk, "incident.share", dispatch.IncidentShare{Incident: i.ID, Agency: ab.Region, Tier: dispatch.TierAssist})
	a.do(a.desk, "note.add", dispatch.NoteAdd{Incident: i.ID, Text: "内部口径", Internal: true})
	said := put[*dispatch.Note](a, a.do(a.desk, "note.add", dispatch.NoteAdd{Incident: i.ID, Text: "风向转北"}))
	until(b, said.ID, func(n *dispatch.Note) bool { return n.Text == "风向转北" })
	for _, n := range b.all(dispatch.KindNote) {
		if n.(*dispatch.Note).Internal {
			t.Error("an internal note passed the link")
		}
	}
	// B may help; its word goes to A, and comes back as A's record.
	b.do(b.desk, "note.add", dispatch.NoteAdd{Incident: i.ID, Text: "已通知下游"})
	a.await("a note from the neighbour", func() bool {
		for _, n := range a.board(dispatch.KindNote) {
			if x := n.(*dispatch.Note); x.Text == "已通知下游" && x.Author == "bbbbdispatcher（bbbb）" && x.Origin == nil {
				return true
			}
		}
		return false
	})
	// C hears B, and of A nothing; nor what is open to those who are signed in at B.
	b.team("B1")
	own := b.ask(b.open("本市火灾"), 1)
	until(c, own.ID, func(r *dispatch.Request) bool { return r.Origin != nil })
	if open := c.all(dispatch.KindTeam); len(open) != 0 {
		t.Errorf("a team of the common pool was told: %v", dispatch.RefOf(open[0]))
	}
	for _, k := range dispatch.Linked {
		for _, r := range c.all(k) {
			if dispatch.RefOf(r).ID[:4] == "aaaa" {
				t.Errorf("%v was told on", dispatch.RefOf(r))
			}
		}
	}
}

// A team on loan that calls for help is heard where it works; its position is seen there, as old as it
// is; and when its owner takes it back before it arrived, what it was on there is ended.
func TestTeamOnLoan(t *testing.T) {
	t.Parallel()
	a, b := newHouse(t, "aaaa", "410100"), newHouse(t, "bbbb", "411000")
	join(a, b)
	team := b.team("B1")
	i := a.open("液氯泄漏")
	l := lend(a, b, a.ask(i, 1).ID, team)
	fixed := time.Now().Add(-40 * time.Second).UTC().Truncate(time.Second)
	if _, err := b.lane.Report(t.Context(), dispatch.Position{Realm: dispatch.Live, Team: team, Device: "d1", Point: geo.At(113.9, 34.1), Speed: -1, Heading: -1, Accuracy: -1, Fixed: fixed, Source: "osmand"}); err != nil {
		t.Fatal(err)
	}
	a.await("the position", func() bool {
		p, ok := a.lane.Latest(dispatch.Live, team)
		return ok && p.Point == geo.At(113.9, 34.1) && p.Fixed.Equal(fixed) && p.Source == link.Source
	})
	a.do(a.desk, "task.assign", dispatch.TaskAssign{Incident: i.ID, Team: team})
	until(b, team, func(x *dispatch.Team) bool { return x.Status == dispatch.StatusCommitted })
	a.refused(a.desk, dispatch.Forbidden, "team.duty", dispatch.TeamDuty{Team: team, Duty: dispatch.DutyOutOfService, Reason: "不归我管"})

	leader := dispatch.Actor{ID: "leader", Name: "队长", Realm: dispatch.Live, Role: dispatch.RoleLeader, Agency: b.agency, Team: team}
	b.do(leader, "team.distress", dispatch.TeamDistress{Team: team, Text: "被困"})
	until(a, team, func(x *dispatch.Team) bool { return x.Status == dispatch.StatusDistress })
	alarm := func(ended bool) bool {
		for _, r := range a.all(dispatch.KindAlarm) {
			if x := r.(*dispatch.Alarm); x.Type == dispatch.AlarmDistress && x.Team == team && (x.Ended != nil) == ended {
				return true
			}
		}
		return false
	}
	if !alarm(false) {
		t.Error("the desk that has the team did not hear its distress")
	}
	b.do(b.desk, "team.relieve", dispatch.TeamRelieve{Team: team, Reason: "脱险"})
	until(a, team, func(x *dispatch.Team) bool { return x.Status == dispatch.StatusCommitted })
	if !alarm(true) {
		t.Error("the alarm is not over")
	}
	// Its leader's steps go to the task's home, and the screen does not wait for it.
	task := a.board(dispatch.KindTask)[0].(*dispatch.Task)
	b.do(leader, "task.advance", dispatch.TaskAdvance{Task: task.ID, From: dispatch.TaskAssigned, To: dispatch.TaskAcknowledged})
	b.do(leader, "task.advance", dispatch.TaskAdvance{Task: task.ID, From: dispatch.TaskAcknowledged, To: dispatch.TaskEnRoute})
	got := until(a, task.ID, func(x *dispatch.Task) bool { return x.State == dispatch.TaskEnRoute })
	if got.Stamps[dispatch.TaskEnRoute].Via == "desk" {
		t.Errorf("the leader's own step: %+v", got.Stamps)
	}
	b.refused(b.desk, dispatch.Blocked, "loan.cancel", dispatch.LoanEnd{Loan: l.ID, Reason: "本市有火情"})
}

// What is shared for a time ends at the neighbour's by itself, also where nothing passes any more, and
// with it nobody can act on it there. A redacted share stays redacted, and a view is no more than that.
func TestSharedForATime(t *testing.T) {
	t.Parallel()
	a, b := newHouse(t, "aaaa", "410100"), newHouse(t, "bbbb", "411000")
	ab, _ := join(a, b)
	short, long := a.open("短时"), a.open("长期")
	until3 := a.now().Add(3 * time.Minute).Truncate(time.Second)
	a.do(a.desk, "incident.share", dispatch.IncidentShare{Incident: short.ID, Agency: ab.Region, Tier: dispatch.TierAssist, Redacted: true, Until: &until3})
	a.do(a.desk, "incident.share", dispatch.IncidentShare{Incident: long.ID, Agency: ab.Region, Tier: dispatch.TierView})
	ref := dispatch.Ref{Kind: dispatch.KindIncident, ID: short.ID}
	got := until(b, short.ID, func(*dispatch.Incident) bool { return true })
	if sh := got.Scope.Shares; len(sh) != 1 || sh[0].Until == nil || !sh[0].Until.Equal(until3) || sh[0].Tier != dispatch.TierAssist {
		t.Errorf("the share here: %+v", sh)
	}
	until(b, long.ID, func(*dispatch.Incident) bool { return true })
	b.refused(b.desk, dispatch.Forbidden, "note.add", dispatch.NoteAdd{Incident: long.ID, Text: "只能查看"})
	if _, err := b.svc.Get(t.Context(), b.desk, ref); err != nil {
		t.Fatal(err)
	}
	b.set(4 * time.Minute) // and nothing passes: the clocks differ
	if _, err := b.svc.Get(t.Context(), b.desk, ref); dispatch.CodeOf(err) != dispatch.NotFound {
		t.Errorf("after its end: %v", err)
	}
	b.refused(b.desk, dispatch.NotFound, "note.add", dispatch.NoteAdd{Incident: short.ID, Text: "已过期"})
}

// After a restore of the neighbour's server what it lost is gone here, and a person is told.
func TestRestored(t *testing.T) {
	t.Parallel()
	a, b := newHouse(t, "aaaa", "410100"), newHouse(t, "bbbb", "411000")
	join(a, b)
	kept, lost := a.ask(a.open("先"), 1), a.ask(a.open("后"), 1)
	until(b, kept.ID, func(*dispatch.Request) bool { return true })
	until(b, lost.ID, func(*dispatch.Request) bool { return true })
	// As an older backup would have it: the second request was never approved.
	a.do(a.chief, "request.cancel", dispatch.RequestMove{Request: lost.ID, Reason: "整理"})
	until(b, lost.ID, func(r *dispatch.Request) bool { return r.State == dispatch.RequestCancelled })
	if _, err := a.store.NewEpoch(t.Context(), "restored"); err != nil {
		t.Fatal(err)
	}
	b.await("an alarm", func() bool {
		for _, r := range b.all(dispatch.KindAlarm) {
			if x := r.(*dispatch.Alarm); x.Type == dispatch.AlarmLink && strings.Contains(x.Text, "换了日志") {
				return true
			}
		}
		return false
	})
	next := a.ask(a.open("恢复之后"), 1)
	until(b, next.ID, func(r *dispatch.Request) bool { return r.State == dispatch.RequestOpen })
}

// An order that comes when the offer was withdrawn at home is refused there, and the sender's screen
// and desk learn of it.
func TestRefusedAtHome(t *testing.T) {
	t.Parallel()
	a, b := newHouse(t, "aaaa", "410100"), newHouse(t, "bbbb", "411000")
	_, ba := join(a, b)
	r := a.ask(a.open("液氯泄漏"), 2)
	until(b, r.ID, func(r *dispatch.Request) bool { return r.State == dispatch.RequestOpen })
	o := put[*dispatch.Offer](b, b.do(b.desk, "offer.make", dispatch.OfferMake{Request: r.ID, Line: "1", Type: dispatch.OfferAccept, Quantity: 1}))
	until(a, o.ID, func(o *dispatch.Offer) bool { return o.State == dispatch.OfferMade })
	b.set(time.Hour) // nothing passes now
	a.fault("clock")
	b.do(b.desk, "offer.withdraw", dispatch.OfferMove{Offer: o.ID, Reason: "另有任务"})
	a.do(a.desk, "offer.order", dispatch.OfferOrder{Offer: o.ID})
	shown := until(a, o.ID, func(o *dispatch.Offer) bool { return o.State == dispatch.OfferOrdered })
	if shown.Origin.Waiting != 1 || shown.Version != 1 {
		t.Errorf("shown as it is meant, and as waiting: %+v", shown)
	}
	if q := until(a, r.ID, func(*dispatch.Request) bool { return true }); q.Lines[0].Ordered != 1 {
		t.Errorf("what is on its way counts: %+v", q.Lines)
	}
	b.set(0)
	until(a, o.ID, func(o *dispatch.Offer) bool { return o.State == dispatch.OfferWithdrawn && o.Origin.Waiting == 0 })
	if q := until(a, r.ID, func(*dispatch.Request) bool { return true }); q.Lines[0].Ordered != 0 {
		t.Errorf("what was refused counts no more: %+v", q.Lines)
	}
	told := false
	for _, x := range a.all(dispatch.KindAlarm) {
		told = told || x.(*dispatch.Alarm).Type == dispatch.AlarmLink
	}
	if !told {
		t.Error("the desk was not told")
	}
	if len(a.board(dispatch.KindParcel)) != 0 {
		t.Error("an answered parcel is still on the board")
	}
	if ba.Region == "" {
		t.Fatal("no region")
	}
}
