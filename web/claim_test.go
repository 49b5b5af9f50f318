package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"liandong/dispatch"
)

// claimed lends the clinic's team and collects what that cost: 100 minutes away at
// 300.05 yuan an hour. It returns the claim and its incident.
func (h *house) claimed() (claim, incident string) {
	desk, clinic := h.as("desk"), h.as("clinicdesk")
	h.as("admin").done("rate.save", dispatch.RateSave{Type: dispatch.RateTeam, Amount: 300_05, From: "2026-01-01", Source: "许财〔2026〕1号"})
	h.made("rate.save", dispatch.RateSave{Agency: h.clinic, Type: dispatch.RateMeal, Amount: 50_00, From: "2026-01-01", Source: "本单位价目"})
	incident = desk.incident()
	request := desk.done("request.raise", dispatch.RequestRaise{Incident: incident, Lines: []dispatch.LineAsk{{Capability: "fire", Max: 1}}})
	h.as("chief").done("request.approve", dispatch.RequestMove{Request: request})
	desk.done("request.widen", dispatch.RequestWiden{Request: request, Ring: dispatch.RingCity})
	offer := clinic.done("offer.make", dispatch.OfferMake{Request: request, Line: "1", Type: dispatch.OfferAccept, Quantity: 1})
	desk.done("offer.order", dispatch.OfferOrder{Offer: offer})
	clinic.done("offer.commit", dispatch.OfferCommit{Offer: offer, Teams: []string{h.teams["jj1"]}})
	loan := ""
	for _, r := range h.find(dispatch.KindLoan) {
		if l := r.(*dispatch.Loan); l.Offer == offer {
			loan = l.ID
		}
	}
	clinic.done("loan.advance", dispatch.LoanAdvance{Loan: loan, From: dispatch.LoanCommitted, To: dispatch.LoanInTransit})
	h.pass(40 * time.Minute)
	desk.done("loan.advance", dispatch.LoanAdvance{Loan: loan, From: dispatch.LoanInTransit, To: dispatch.LoanOnLoan})
	h.pass(time.Hour)
	desk.done("loan.advance", dispatch.LoanAdvance{Loan: loan, From: dispatch.LoanOnLoan, To: dispatch.LoanReleasing})
	clinic.done("loan.advance", dispatch.LoanAdvance{Loan: loan, From: dispatch.LoanReleasing, To: dispatch.LoanReturned})
	return clinic.done("claim.collect", dispatch.ClaimCollect{Loan: loan}), incident
}

// What a claim is on the screen it is on paper, in the spreadsheet and in the sums:
// to the fen, and for those who may see it.
func TestClaimOnPaper(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	claim, incident := h.claimed()
	clinic, desk := h.as("clinicdesk"), h.as("desk")
	rise := int64(360_00) // of the meals, for a formula that a spreadsheet must not run
	clinic.done("claim.edit", dispatch.ClaimEdit{Claim: claim, Line: "2", Amount: &rise, Reason: "=1+1 按发票 <b>"})
	at := "/api/v1/claims/" + claim

	// 6,000 s × 30,005 / 3600 = 50,008.33; one day of six at 50.00, changed to 360.00.
	file := desk.get(at + "/statement.xlsx?lang=en")
	if file.StatusCode != http.StatusOK || !strings.Contains(file.Header.Get("Content-Disposition"), "C20261123-0001.xlsx") {
		t.Fatalf("xlsx: %d %v %s", file.StatusCode, file.Header, file.body)
	}
	book, err := excelize.OpenReader(bytes.NewReader(file.body), excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	sheets := book.GetSheetList()
	rows, err := book.GetRows(sheets[0])
	if err != nil || len(sheets) != 2 {
		t.Fatal(sheets, err)
	}
	row := func(rows [][]string, first string) []string {
		for _, r := range rows {
			if len(r) > 0 && r[0] == first {
				return r
			}
		}
		t.Errorf("no row begins with %q: %v", first, rows)
		return make([]string, 12)
	}
	if got := row(rows, "1"); got[1] != "Team" || got[6] != "h" || got[7] != "300.05" || got[8] != "500.08" || got[9] != "500.08" || !strings.HasPrefix(got[5], "1.6666") {
		t.Errorf("line 1: %q", got)
	}
	if got := row(rows, "2"); got[1] != "Meals" || got[5] != "6" || got[8] != "300" || got[9] != "360" || got[10] != "=1+1 按发票 <b>" {
		t.Errorf("line 2: %q", got)
	}
	if got := row(rows, "Sum"); got[8] != "800.08" || got[9] != "860.08" {
		t.Errorf("sum: %q", got)
	}
	for r := range rows {
		if f, err := book.GetCellFormula(sheets[0], fmt.Sprintf("K%d", r+1)); err != nil || f != "" {
			t.Errorf("row %d runs %q, %v", r+1, f, err)
		}
	}
	entries, err := book.GetRows(sheets[1])
	if err != nil || len(entries) < 6 {
		t.Errorf("entries %v, %v", entries, err)
	}
	if got := row(entries, strings.Fields(strings.ReplaceAll(row(rows, "1")[11], "#", ""))[0]); got[2] != "offer.order" {
		t.Errorf("the first entry of line 1 is %q", got)
	}

	page := desk.get(at + "/statement.html")
	for _, want := range []string{"应急救援补偿结算单", "C20261123-0001", "急救中心", "1:40:00 小时", "500.08", "<del>300.00</del>", "推进借调 → 已归还", "860.08", "=1&#43;1 按发票 &lt;b&gt;", "订用"} {
		if !strings.Contains(string(page.body), want) {
			t.Errorf("the page lacks %q: %s", want, page.body)
		}
	}
	if kind := page.Header.Get("Content-Type"); kind != "text/html; charset=utf-8" {
		t.Errorf("content type %q", kind)
	}
	wantProblem(t, desk.get(at+"/statement.html?lang=fr"), http.StatusUnprocessableEntity, "invalid", "lang")

	var journal struct {
		Changes []struct {
			Seq  int64
			Kind string
		}
	}
	var rec struct{ Lines []struct{ Seqs []int64 } }
	if err := json.Unmarshal(clinic.get(at+"/journal").body, &journal); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(clinic.get("/api/v1/records/claim/"+claim).body, &rec); err != nil {
		t.Fatal(err)
	}
	var got []int64
	for _, c := range journal.Changes {
		got = append(got, c.Seq)
	}
	if !slices.Equal(got, rec.Lines[0].Seqs) || len(got) != 6 {
		t.Errorf("the journal has %v, the line rests on %v", got, rec.Lines[0].Seqs)
	}

	totals := func(g *guest, query string) dispatch.ClaimTotals {
		t.Helper()
		var sums dispatch.ClaimTotals
		a := g.get("/api/v1/claims/totals?" + query)
		if err := json.Unmarshal(a.body, &sums); err != nil || a.StatusCode != http.StatusOK {
			t.Fatalf("totals: %d %v %s", a.StatusCode, err, a.body)
		}
		return sums
	}
	want := []dispatch.ClaimTotal{{Incident: incident, Title: "支援：五女店民房起火", Agency: h.clinic, Month: "2026-11", State: dispatch.ClaimCollected, Count: 1, Computed: 800_08, Amount: 860_08}}
	for _, query := range []string{"", "incident=" + incident, "agency=" + h.clinic, "from=2026-11-23T00:00:00Z&to=2026-11-24T00:00:00Z"} {
		if sums := totals(desk, query); !slices.Equal(sums.Groups, want) || sums.Amount != 860_08 || sums.Count != 1 {
			t.Errorf("totals of %q: %+v", query, sums)
		}
	}
	for _, query := range []string{"incident=other", "agency=" + h.fire, "to=2026-11-23T00:00:00Z", "from=2026-11-24T00:00:00Z"} {
		if sums := totals(desk, query); len(sums.Groups) != 0 || sums.Amount != 0 {
			t.Errorf("totals of %q: %+v", query, sums)
		}
	}
	wantProblem(t, desk.get("/api/v1/claims/totals?from=2026-11-24T00:00:00Z&to=2026-11-23T00:00:00Z"), http.StatusUnprocessableEntity, "invalid", "to")
	for _, login := range []string{"stranger", "firedesk", "faradmin"} {
		g := h.as(login)
		for _, path := range []string{"/statement.xlsx", "/statement.html", "/journal"} {
			wantProblem(t, g.get(at+path), http.StatusNotFound, "not_found", "")
		}
		if sums := totals(g, ""); sums.Count != 0 {
			t.Errorf("%s sums %+v", login, sums)
		}
	}
	clinic.done("claim.close", dispatch.ClaimMove{Claim: claim, Reason: "不申请"})
	if sums := totals(desk, ""); sums.Count != 0 {
		t.Errorf("a claim that was given up counts: %+v", sums)
	}
}
