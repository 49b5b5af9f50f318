package web_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/web/edxl"
)

// told is a message of a system that knows none of this program's own lists.
func told(kind edxl.Kind, id, preceding string, lines ...edxl.ResourceInfo) *edxl.Message {
	m := &edxl.Message{Kind: kind, ID: id, Sent: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), Originating: "urn:xc:1", Preceding: preceding,
		Incidents: []edxl.Incident{{ID: "XC-7", Description: "XC 化工园区泄漏"}}, Contacts: []edxl.Contact{{Description: "乙市", Role: edxl.Sender}}, Resources: lines}
	return m
}

func lineOf(id, name string, amount float64, unit string) edxl.ResourceInfo {
	x := edxl.ResourceInfo{ID: id, Resource: &edxl.Resource{Name: name}}
	if amount != 0 {
		x.Assignment = &edxl.Assignment{Quantity: &edxl.Quantity{Measured: &edxl.Measured{Amount: amount, Unit: &edxl.ValueList{URN: "urn:x:unit", Values: []string{unit}}}}}
	}
	return x
}

// A system that was written by others asks, orders, reports and lets go in the
// standard's own words, and its own IDs.
func TestForeignSystemAsks(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	desk := p.a.as("desk")
	p.a.made("equipment.save", dispatch.EquipmentSave{Agency: p.a.clinic, Area: "411003", Name: "侦检车 1 号", Type: "危化侦检车", Condition: dispatch.ConditionReady})
	item := dispatch.RefOf(p.a.find(dispatch.KindEquipment)[0]).ID
	in := func(m *edxl.Message, outcome string) string {
		t.Helper()
		// The sender is found by its name.
		a := takenOf(t, desk.send("POST", "/api/v1/edxl", bytes.NewReader(encoded(t, m)), "Content-Type", "text/xml"))[0]
		if a.Outcome != outcome {
			t.Errorf("%s: %+v", m.Kind, a)
		}
		return a.Request
	}
	request := in(told(edxl.RequestResource, "urn:xc:1", "", lineOf("R1", "危化侦检车", 1, "vehicle"), lineOf("R2", "空气呼吸器", 40, "sets")), "applied")
	r := p.a.find(dispatch.KindRequest)[0].(*dispatch.Request)
	if r.ID != request || r.Title != "XC 化工园区泄漏" || r.Lines[0].Item != "危化侦检车" || r.Lines[0].Unit != "辆" || r.Lines[1].Unit != "套" || r.Lines[1].Max != 40 {
		t.Fatalf("request %+v", r)
	}
	i := dispatch.HeadOf(p.a.find(dispatch.KindIncident)[0])
	if incident := p.a.find(dispatch.KindIncident)[0].(*dispatch.Incident); i.Scope.Agency != p.inA || incident.Number != "乙市-XC-7" {
		t.Errorf("incident %+v", incident)
	}
	desk.done("offer.make", dispatch.OfferMake{Request: request, Line: "1", Agency: p.a.clinic, Type: dispatch.OfferAccept, Quantity: 1})
	last := func() *edxl.Message {
		all := desk.edxl("/api/v1/requests/" + request + "/edxl")
		return all[len(all)-1]
	}
	answer := last()
	if answer.Kind != edxl.ResponseToRequestResource || answer.Preceding != "urn:xc:1" || answer.Resources[0].Response.Preceding != "R1" {
		t.Fatalf("answer %+v", answer)
	}
	order := lineOf("X9", "危化侦检车", 1, "vehicle")
	order.Assignment.Instructions = &edxl.Instructions{Transport: "自行"}
	ordered := told(edxl.RequisitionResource, "urn:xc:2", answer.ID, order)
	ordered.Funding = []edxl.Fund{{Code: "A1"}}
	in(ordered, "applied")
	desk.done("offer.commit", dispatch.OfferCommit{Offer: dispatch.RefOf(p.a.find(dispatch.KindOffer)[0]).ID, Equipment: []string{item}})
	commit := last()
	if commit.Kind != edxl.CommitResource || commit.Preceding != "urn:xc:2" || commit.Resources[0].Response.Preceding != "X9" {
		t.Fatalf("commit %+v", commit)
	}
	arrived := lineOf("Z", "侦检车 1 号", 0, "")
	arrived.Schedule = []edxl.Schedule{{Type: edxl.ActualArrival, At: p.a.clock()}}
	in(told(edxl.ReportStatus, "urn:xc:3", commit.ID, arrived), "applied")
	again := lineOf("Z", "侦检车 1 号", 0, "")
	again.Schedule = arrived.Schedule
	in(told(edxl.ReportStatus, "urn:xc:4", commit.ID, again), "kept")
	in(told(edxl.ReleaseResource, "urn:xc:5", commit.ID, lineOf("Z", "侦检车 1 号", 1, "each")), "applied")
	l := p.a.find(dispatch.KindLoan)[0].(*dispatch.Loan)
	if l.State != dispatch.LoanReleasing || l.Receiver != p.inA {
		t.Errorf("loan %+v", l)
	}
	desk.done("loan.advance", dispatch.LoanAdvance{Loan: l.ID, From: l.State, To: dispatch.LoanReturned, Condition: dispatch.ConditionWorn})
	// A second request for the same incident finds it again.
	second := told(edxl.RequestResource, "urn:xc:8", "", lineOf("1", "hazmat", 2, "team"))
	second.Originating = second.ID
	in(second, "applied")
	if n := len(p.a.find(dispatch.KindIncident)); n != 1 {
		t.Errorf("%d incidents for one abroad", n)
	}
	gone := told(edxl.RequestResource, "urn:xc:9", "", second.Resources...)
	gone.Originating, gone.Recall = "urn:xc:8", &edxl.Recall{MessageID: "urn:xc:8", Type: edxl.RecallCancel}
	in(gone, "applied")
	for _, rec := range p.a.find(dispatch.KindRequest) {
		if r := rec.(*dispatch.Request); r.Lines[0].Capability == "hazmat" && (r.State != dispatch.RequestCancelled || r.Lines[0].Unit != "支") {
			t.Errorf("request %+v", r)
		}
	}
}

// What is broken, strange, out of order, too much or nobody's business is refused
// at the element at fault, and nothing of it takes effect.
func TestMessagesRefused(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	desk, other := p.a.as("desk"), p.b.as("desk")
	request := desk.done("request.raise", dispatch.RequestRaise{Incident: desk.incident(), To: []string{p.inA}, Lines: []dispatch.LineAsk{{Capability: "fire", Max: 2}, {Item: "stretcher", Unit: "副", Max: 6}}})
	p.a.as("chief").done("request.approve", dispatch.RequestMove{Request: request})
	_, theirs := p.carry(p.a, p.b, request, p.inB)
	other.done("offer.make", dispatch.OfferMake{Request: theirs, Line: "1", Agency: p.b.fire, Type: dispatch.OfferAccept, Quantity: 2})
	said := other.edxl("/api/v1/requests/" + theirs + "/edxl")
	first, reply := said[0], said[1]
	spoiled := func(spoil func(m *edxl.Message)) []byte {
		m, err := edxl.Decode(encoded(t, reply))
		if err != nil {
			t.Fatal(err)
		}
		spoil(m)
		return encoded(t, m)
	}
	text := func(old, new string) []byte {
		raw := string(encoded(t, reply))
		if !strings.Contains(raw, old) {
			t.Fatalf("no %q in %s", old, raw)
		}
		return []byte(strings.Replace(raw, old, new, 1))
	}
	second := func(m *edxl.Message, n float64) {
		x := m.Resources[0]
		x.ID, x.Response = "second", &edxl.Response{Preceding: "2", Type: edxl.Accept}
		x.Assignment = &edxl.Assignment{Quantity: &edxl.Quantity{Measured: &edxl.Measured{Amount: n, Unit: &edxl.ValueList{URN: "urn:x", Values: []string{"副"}}}}}
		m.Resources = append(m.Resources, x)
	}
	const in = "ResponseToRequestResource"
	envelope := func(status edxl.DistributionStatus, messages ...*edxl.Message) []byte {
		d := &edxl.Distribution{ID: "d", Sender: "b@x", Sent: time.Now(), Status: status, Type: edxl.TypeReport, Confidentiality: "-"}
		for _, m := range messages {
			d.Contents = append(d.Contents, edxl.Content{XML: &edxl.XMLContent{Payloads: []edxl.Embedded{{Message: m}}}})
		}
		raw, err := d.Encode()
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	before := fmt.Sprint(len(p.a.find(dispatch.KindOffer)), len(p.a.find(dispatch.KindLetter)), len(p.a.find(dispatch.KindTeam)))
	nothing := func(what string) {
		t.Helper()
		if now := fmt.Sprint(len(p.a.find(dispatch.KindOffer)), len(p.a.find(dispatch.KindLetter)), len(p.a.find(dispatch.KindTeam))); now != before {
			t.Fatalf("%s: it left something behind: %s, before %s", what, now, before)
		}
	}
	for _, c := range []struct {
		what   string
		body   []byte
		status int
		code   string
		field  string
	}{
		{"nothing", nil, 422, "invalid", ""},
		{"no XML", []byte("hello"), 422, "invalid", ""},
		{"half a message", encoded(t, reply)[:400], 422, "invalid", in + "/OriginatingMessageID"},
		{"another document", []byte(`<html xmlns="http://www.w3.org/1999/xhtml"/>`), 422, "invalid", "html"},
		{"an entity", []byte(`<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>`), 422, "invalid", ""},
		{"too much", bytes.Repeat([]byte(" "), 2<<20), 413, "too_large", "body"},
		{"practice", envelope(edxl.Exercise, reply), 422, "invalid", "EDXLDistribution/distributionStatus"},
		{"an empty envelope", envelope(edxl.Actual), 422, "invalid", "EDXLDistribution/contentObject"},
		{"our own", encoded(t, first), 422, "invalid", "RequestResource/MessageID"},
		{"unknown preceding", spoiled(func(m *edxl.Message) { m.Preceding = "urn:none" }), 422, "invalid", in + "/PrecedingMessageID"},
		{"unknown thread", spoiled(func(m *edxl.Message) { m.Originating = "urn:none" }), 422, "invalid", in + "/OriginatingMessageID"},
		{"no such request", spoiled(func(m *edxl.Message) { m.Originating = "house-a.1.none" }), 422, "invalid", in + "/OriginatingMessageID"},
		{"unknown line", spoiled(func(m *edxl.Message) { m.Resources[0].Response.Preceding = "9" }), 422, "invalid", in + "/ResourceInformation/ResponseInformation/PrecedingResourceInfoElementID"},
		{"from the future", spoiled(func(m *edxl.Message) { m.Sent = m.Sent.Add(3 * time.Hour) }), 422, "invalid", in + "/SentDateTime"},
		{"a negative quantity", text("<rm:Amount>2<", "<rm:Amount>-2<"), 422, "invalid", in + "/ResourceInformation/AssignmentInformation/Quantity/MeasuredQuantity/Amount"},
		{"half a team", text("<rm:Amount>2<", "<rm:Amount>1.5<"), 422, "invalid", in + "/ResourceInformation/AssignmentInformation/Quantity/MeasuredQuantity/Amount"},
		{"none", text("<rm:Amount>2<", "<rm:Amount>0<"), 422, "invalid", in + "/ResourceInformation/AssignmentInformation/Quantity/MeasuredQuantity/Amount"},
		{"absurdly many", text("<rm:Amount>2<", "<rm:Amount>2000000<"), 422, "invalid", in + "/ResourceInformation/AssignmentInformation/Quantity/MeasuredQuantity/Amount"},
		{"more than is asked for", text("<rm:Amount>2<", "<rm:Amount>3<"), 422, "invalid", in + "/ResourceInformation/AssignmentInformation/Quantity"},
		{"another unit", text(">支<", ">打<"), 422, "invalid", in + "/ResourceInformation/AssignmentInformation/Quantity/MeasuredQuantity/UnitOfMeasure/Value"},
		{"a second line that is too much", spoiled(func(m *edxl.Message) { second(m, 7) }), 422, "invalid", in + "/ResourceInformation[2]/AssignmentInformation/Quantity"},
		{"out of order", encoded(t, &edxl.Message{Kind: edxl.CommitResource, ID: "urn:b:9", Sent: reply.Sent, Originating: reply.Originating, Preceding: reply.ID, Contacts: reply.Contacts,
			Resources: []edxl.ResourceInfo{{ID: "1", Response: &edxl.Response{Preceding: "1", Type: edxl.Accept}, Assignment: reply.Resources[0].Assignment}}}), 422, "invalid", "CommitResource/PrecedingMessageID"},
		{"not its turn", encoded(t, &edxl.Message{Kind: edxl.RequestExtension, ID: "urn:b:9", Sent: reply.Sent, Originating: reply.Originating, Preceding: first.ID, Contacts: reply.Contacts,
			Resources: []edxl.ResourceInfo{{ID: "1", Resource: &edxl.Resource{Name: "x"}}}}), 422, "invalid", "RequestExtendedDeploymentDuration"},
	} {
		a := desk.takeIn(p.inA, c.body)
		wantProblem(t, a, c.status, c.code, c.field)
		if t.Failed() {
			t.Fatal(c.what)
		}
		nothing(c.what)
	}
	// Not everybody's to take in, and not in everybody's name.
	person := p.a.made("agency.save", dispatch.AgencySave{Name: "丙市应急管理局", Area: "410600", Type: dispatch.AgencyNeighbour})
	p.a.made("person.save", dispatch.PersonSave{Agency: person, Name: "某人", Login: "other.one", Roles: []dispatch.Role{dispatch.RoleDispatcher}})
	good := encoded(t, reply)
	wantProblem(t, desk.takeIn(p.a.fire, good), 422, "invalid", "agency")
	wantProblem(t, desk.takeIn(person, good), 403, "forbidden", "agency")
	wantProblem(t, desk.takeIn("none", good), 404, "not_found", "")
	wantProblem(t, p.a.as("leader").takeIn(p.inA, good), 403, "forbidden", "")
	wantProblem(t, p.a.as("wall").takeIn(p.inA, good), 403, "forbidden", "")
	wantProblem(t, p.a.as("stranger").takeIn(p.inA, good), 422, "invalid", in+"/OriginatingMessageID")
	wantProblem(t, desk.send("POST", "/api/v1/edxl?x=1", bytes.NewReader(good)), 422, "invalid", "x")
	wantProblem(t, desk.send("POST", "/api/v1/edxl", bytes.NewReader(encoded(t, told(edxl.RequestResource, "urn:xc:1", "", lineOf("1", "hazmat", 1, "打"))))), 422, "invalid",
		"RequestResource/ResourceInformation/AssignmentInformation/Quantity/MeasuredQuantity/UnitOfMeasure/Value")
	nothing("whoever sends it")
	// The whole thread in an envelope, as a form: what is known is passed over.
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", "thread.xml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(envelope(edxl.Actual, said...)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	a := takenOf(t, desk.send("POST", "/api/v1/edxl?agency="+p.inA, &form, "Content-Type", w.FormDataContentType()))
	if len(a) != 2 || a[0].Outcome != "ours" || a[1].Outcome != "applied" || len(a[1].Put) != 3 {
		t.Errorf("taken %+v", a)
	}
	// Two answers at once by two persons: each takes effect once.
	other.done("offer.make", dispatch.OfferMake{Request: theirs, Line: "2", Agency: p.b.clinic, Type: dispatch.OfferAccept, Quantity: 4})
	news := other.edxl("/api/v1/requests/" + theirs + "/edxl")
	goods := encoded(t, news[len(news)-1])
	people := []*guest{desk, p.a.as("chief"), desk, p.a.as("desk")}
	outcomes := make([]answer, len(people))
	var wg sync.WaitGroup
	for i, g := range people {
		wg.Go(func() { outcomes[i] = g.takeIn(p.inA, goods) })
	}
	wg.Wait()
	applied := 0
	for _, o := range outcomes {
		if takenOf(t, o)[0].Outcome == "applied" {
			applied++
		}
	}
	if applied != 1 || len(p.a.find(dispatch.KindOffer)) != 2 {
		t.Errorf("%d of %d took effect, there are %d offers", applied, len(people), len(p.a.find(dispatch.KindOffer)))
	}
	// Somebody else brings the same again; another under its ID is refused.
	if a := takenOf(t, p.a.as("chief").takeIn(p.inA, good)); a[0].Outcome != "known" || len(p.a.find(dispatch.KindOffer)) != 2 {
		t.Errorf("again %+v", a)
	}
	wantProblem(t, desk.takeIn(p.inA, text("<rm:Amount>2<", "<rm:Amount>1<")), 409, "conflict", in+"/MessageID")
	// Two answers to one line, and an answer to a request that is closed.
	wantProblem(t, desk.takeIn(p.inA, spoiled(func(m *edxl.Message) { m.ID = "urn:b:1" })), 409, "conflict", in+"/ResourceInformation/ResponseInformation/PrecedingResourceInfoElementID")
	desk.done("request.close", dispatch.RequestMove{Request: request})
	wantProblem(t, desk.takeIn(p.inA, spoiled(func(m *edxl.Message) { m.ID = "urn:b:1" })), 409, "illegal_move", in+"/ResourceInformation")
}

// Every sample of the standard's kinds is read, and is taken in or refused with an
// element, never with a fault of ours.
func TestSamplesAreAnswered(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("LIANDONG_DATA")
	if dir == "" {
		t.Skip("LIANDONG_DATA does not name the folder with edxl-rm, the public samples")
	}
	h := newHouse(t)
	abroad := h.made("agency.save", dispatch.AgencySave{Name: "许昌市应急指挥中心", Area: "420000", Type: dispatch.AgencyNeighbour})
	desk := h.as("desk")
	h.pass(12 * time.Hour)
	taken := 0
	for _, k := range edxl.Kinds {
		raw, err := os.ReadFile(filepath.Join(dir, "edxl-rm", "samples-minimal", string(k)+".xml"))
		if err != nil {
			t.Fatal(err)
		}
		a := desk.takeIn(abroad, raw)
		if a.StatusCode == 200 {
			taken++
			continue
		}
		if p := a.problem(t); a.StatusCode >= 500 || !strings.HasPrefix(p.Field, string(k)) {
			t.Errorf("%s: %d %s", k, a.StatusCode, a.body)
		}
	}
	if taken == 0 {
		t.Error("not even the request was taken in")
	}
}
