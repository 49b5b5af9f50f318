package web_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/web/edxl"
)

// aidStory asks, offers, lends, extends, calls back and gives back, over HTTP, and
// returns the request.
func (h *house) aidStory() (request string) {
	desk, chief, clinic := h.as("desk"), h.as("chief"), h.as("clinicdesk")
	at := func(d time.Duration) *time.Time { t := h.clock().Add(d); return &t }
	incident := desk.incident()
	stock := h.made("stock.save", dispatch.StockSave{Agency: h.clinic, Area: "411003", Name: "担架", Type: "stretcher", Unit: "副"})
	h.made("stock.receive", dispatch.StockMove{Stock: stock, Quantity: 8})
	request = desk.done("request.raise", dispatch.RequestRaise{Incident: incident, Contact: "王队 频道 3", Lines: []dispatch.LineAsk{
		{Capability: "fire", Max: 2, NeededBy: at(time.Hour)}, {Item: "stretcher", Unit: "副", Max: 6}}})
	chief.done("request.approve", dispatch.RequestMove{Request: request})
	desk.done("request.widen", dispatch.RequestWiden{Request: request, Ring: dispatch.RingCity})
	h.pass(time.Minute)
	decline := dispatch.OfferMake{Request: request, Line: "2", Type: dispatch.OfferDecline, Reason: "没有"}
	h.as("firedesk").done("offer.make", decline)
	offer := func(line string, n int) string {
		o := clinic.done("offer.make", dispatch.OfferMake{Request: request, Line: line, Type: dispatch.OfferProvisional, Quantity: n, Conditions: "值班医生同意后", Ready: at(time.Minute), Back: at(8 * time.Hour)})
		desk.done("offer.order", dispatch.OfferOrder{Offer: o})
		h.pass(time.Minute)
		return o
	}
	withdrawn := clinic.done("offer.make", dispatch.OfferMake{Request: request, Line: "1", Type: dispatch.OfferAccept, Quantity: 1})
	clinic.done("offer.withdraw", dispatch.OfferMove{Offer: withdrawn, Reason: "另有任务"})
	team := offer("1", 1)
	goods := offer("2", 5)
	refused := func(name string, in any) { clinic.command(name, in) } // its answer is the domain's to test
	clinic.done("offer.commit", dispatch.OfferCommit{Offer: team, Teams: []string{h.teams["jj1"]}, ETA: at(30 * time.Minute)})
	clinic.done("offer.commit", dispatch.OfferCommit{Offer: goods, Stock: stock, Quantity: 5})
	refused("offer.refuse", dispatch.OfferMove{Offer: goods, Reason: "晚了"})
	loans := map[string]string{}
	for _, rec := range h.find(dispatch.KindLoan) {
		loans[rec.(*dispatch.Loan).Offer] = dispatch.RefOf(rec).ID
	}
	move := func(g *guest, loan string, states ...dispatch.LoanState) {
		for i := 1; i < len(states); i++ {
			g.done("loan.advance", dispatch.LoanAdvance{Loan: loan, From: states[i-1], To: states[i]})
			h.pass(time.Minute)
		}
	}
	lent := loans[team]
	move(clinic, lent, dispatch.LoanCommitted, dispatch.LoanMobilising, dispatch.LoanInTransit)
	move(desk, lent, dispatch.LoanInTransit, dispatch.LoanOnLoan)
	desk.done("loan.ask", dispatch.LoanAsk{Loan: lent, Type: dispatch.AskExtend, Until: at(12 * time.Hour), Reason: "未完"})
	clinic.done("loan.answer", dispatch.LoanAnswer{Loan: lent, Agree: true})
	clinic.done("loan.ask", dispatch.LoanAsk{Loan: lent, Type: dispatch.AskRecall, Reason: "本单位急需"})
	desk.done("loan.answer", dispatch.LoanAnswer{Loan: lent, Agree: false, Reason: "正在转运伤员"})
	move(desk, lent, dispatch.LoanOnLoan, dispatch.LoanReleasing)
	move(clinic, lent, dispatch.LoanReleasing, dispatch.LoanReturned)
	clinic.done("loan.cancel", dispatch.LoanEnd{Loan: loans[goods], Reason: "运输中断"})
	return request
}

func (h *house) find(k dispatch.Kind) []dispatch.Record {
	recs, err := h.store.Find(h.t.Context(), dispatch.Query{Realm: dispatch.Live, Kind: k, Limit: -1})
	if err != nil {
		h.t.Fatal(err)
	}
	return recs
}

// The record of a loan leaves as EDXL-RM messages that may follow each other, are
// valid, and tell each reader what that reader may see.
func TestAidAsMessages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.made("team.save", dispatch.TeamSave{ID: h.teams["jj1"], Name: "救护一组", CallSign: "jj1", Type: dispatch.TeamMedical, SeatsMin: 1, SeatsFull: 6,
		Capabilities: []dispatch.Capability{{Code: "fire"}}})
	request := h.aidStory()
	path := "/api/v1/requests/" + request + "/edxl"
	want := []edxl.Kind{edxl.RequestResource, edxl.ResponseToRequestResource, edxl.ResponseToRequestResource, edxl.ResponseToRequestResource,
		edxl.ResponseToRequestResource, edxl.RequisitionResource, edxl.ResponseToRequestResource, edxl.RequisitionResource,
		edxl.CommitResource, edxl.CommitResource, edxl.ReportStatus, edxl.ReportStatus, edxl.ReportStatus, edxl.RequestExtension, edxl.ResponseToExtension,
		edxl.RequestReturn, edxl.ResponseToReturn, edxl.ReleaseResource, edxl.ReportStatus, edxl.CommitResource}
	a := h.as("desk").get(path)
	d, err := edxl.DecodeDistribution(a.body)
	if err != nil || a.StatusCode != 200 || d.Status != edxl.Actual {
		t.Fatalf("%d %v\n%s", a.StatusCode, err, a.body)
	}
	var kinds []edxl.Kind
	byID := map[string]*edxl.Message{}
	for _, m := range d.Messages() {
		kinds = append(kinds, m.Kind)
		before := byID[m.Preceding]
		if m.Recall != nil {
			before = byID[m.Recall.MessageID]
		}
		byID[m.ID] = m
		if m.Preceding == "" && m.Recall == nil {
			if err := edxl.MayStart(m); err != nil {
				t.Errorf("%s cannot begin: %v", m.Kind, err)
			}
			continue
		}
		if before == nil {
			t.Errorf("%s follows %q, which is not there", m.Kind, m.Preceding)
			continue
		}
		sender := func(m *edxl.Message) string { return m.Contacts[0].Description }
		if err := edxl.MayFollow(edxl.Letter{Sender: sender(before), Message: before}, edxl.Letter{Sender: sender(m), Message: m}); err != nil {
			t.Errorf("%s of %s after %s of %s: %v", m.Kind, sender(m), before.Kind, sender(before), err)
		}
	}
	if !slices.Equal(kinds, want) {
		t.Errorf("messages\n%v, want\n%v", kinds, want)
	}
	if text := string(a.body); strings.Contains(text, caller) || !strings.Contains(text, "急救中心") || !strings.Contains(text, "34.03") {
		t.Errorf("the messages tell too much or too little:\n%s", text)
	}
	// The same changes give the same messages.
	if b := h.as("desk").get(path); !bytes.Equal(messagesOf(a.body), messagesOf(b.body)) {
		t.Error("the messages are others the second time")
	}
	// The fire service sees what it was asked and said, and nothing of the loans of others.
	d, err = edxl.DecodeDistribution(h.as("firedesk").get(path).body)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range d.Messages() {
		if m.Kind != edxl.RequestResource && m.Contacts[0].Description != "消防支队" {
			t.Errorf("the fire service reads a %s of %s", m.Kind, m.Contacts[0].Description)
		}
	}
	wantProblem(t, h.as("stranger").get(path), 404, "not_found", "")
	wantProblem(t, h.as("leader").get(path), 404, "not_found", "")
	draft := h.as("desk").done("request.raise", dispatch.RequestRaise{Incident: h.as("desk").incident(), Draft: true, Lines: []dispatch.LineAsk{{Capability: "fire", Max: 1}}})
	wantProblem(t, h.as("desk").get("/api/v1/requests/"+draft+"/edxl"), 422, "invalid", "id")
	h.valid(a.body)
}

// messagesOf leaves out the envelope's own id and time.
func messagesOf(envelope []byte) []byte {
	_, rest, _ := bytes.Cut(envelope, []byte("contentObject"))
	return rest
}

// valid holds the envelope against the schema, where that lies at hand.
func (h *house) valid(envelope []byte) {
	h.t.Helper()
	dir := os.Getenv("LIANDONG_DATA")
	if _, err := exec.LookPath("xmllint"); dir == "" || err != nil {
		h.t.Log("set LIANDONG_DATA to the folder with edxl-de and install xmllint to hold the envelope against its schema")
		return
	}
	d, err := edxl.DecodeDistribution(envelope)
	if err != nil {
		h.t.Fatal(err)
	}
	name := filepath.Join(h.t.TempDir(), "message.xml")
	check := func(doc []byte, schema string) {
		h.t.Helper()
		if err := os.WriteFile(name, doc, 0o600); err != nil {
			h.t.Fatal(err)
		}
		if out, err := exec.CommandContext(h.t.Context(), "xmllint", "--noout", "--nonet", "--schema", filepath.Join(dir, schema), name).CombinedOutput(); err != nil {
			h.t.Errorf("%v: %s\n%s", err, out, doc)
		}
	}
	check(envelope, "edxl-de/EDXL-DE_Schema_v1.0.xsd")
	for _, m := range d.Messages() {
		doc, err := m.Encode()
		if err != nil {
			h.t.Fatal(err)
		}
		check(doc, fmt.Sprintf("edxl-rm/xsd/EDXL-RM%s.xsd", m.Kind))
	}
}
