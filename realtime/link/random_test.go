package link_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"sync"
	"testing"

	"liandong/dispatch"
)

// Thousands of commands from both sides at once, mostly what is next and often what is not: at the end
// nothing waits, both show the same, and what was lent holds together on either side.
func TestRandomLendingOverALink(t *testing.T) {
	t.Parallel()
	a, b := newHouse(t, "aaaa", "410100"), newHouse(t, "bbbb", "411000")
	join(a, b)
	for _, h := range []*house{a, b} {
		for n := range 4 {
			h.team(fmt.Sprint(h.name, n))
		}
		for range 2 {
			h.ask(h.open("起始"), 3)
		}
	}
	steps := 250
	if os.Getenv("PROVE") != "" {
		steps = 800
	}
	var work sync.WaitGroup
	for n := range 4 {
		h := []*house{a, b}[n%2]
		dice := rand.New(rand.NewPCG(uint64(n), 7))
		work.Go(func() {
			for n := 0; n < steps || n < 6*steps && len(h.board(dispatch.KindLoan)) < 6; n++ {
				var refusal *dispatch.Error
				if err := h.random(dice); err != nil && !errors.As(err, &refusal) {
					t.Errorf("%s: %v", h.name, err)
				}
			}
		})
	}
	work.Wait()
	var differ []string
	t.Cleanup(func() {
		if t.Failed() {
			for _, h := range []*house{a, b} {
				st, err := h.links.Status(context.Background())
				t.Logf("%s: %+v %v", h.name, st, err)
				for _, p := range h.board(dispatch.KindParcel) {
					body, _ := json.Marshal(p)
					t.Logf("waits: %s", body)
				}
			}
			for _, d := range differ[:min(len(differ), 4)] {
				t.Log(d)
			}
		}
	})
	a.await("the same as its neighbour", func() bool {
		if len(a.board(dispatch.KindParcel))+len(b.board(dispatch.KindParcel)) > 0 {
			return false
		}
		differ = append(differences(a, b), differences(b, a)...)
		return len(differ) == 0
	})
	lent := 0
	for _, h := range []*house{a, b} {
		lent += h.check()
	}
	t.Logf("%d loans", lent)
	if lent < 4 {
		t.Errorf("only %d loans: the run proves little", lent)
	}
}

func pick[T any](dice *rand.Rand, all []T) T { return all[dice.IntN(len(all))] }

func (h *house) random(dice *rand.Rand) error {
	try := func(name string, in any) error {
		_, err := h.try(pick(dice, []dispatch.Actor{h.desk, h.chief}), name, in)
		return err
	}
	requests, offers, loans := h.all(dispatch.KindRequest), h.all(dispatch.KindOffer), h.all(dispatch.KindLoan)
	teams, tasks, incidents := h.all(dispatch.KindTeam), h.all(dispatch.KindTask), h.all(dispatch.KindIncident)
	switch n := dice.IntN(20); {
	case n == 0:
		i := pick(dice, incidents).(*dispatch.Incident)
		_, err := h.try(h.chief, "request.raise", dispatch.RequestRaise{Incident: i.ID, Lines: []dispatch.LineAsk{{Capability: "hazmat", Max: 1 + dice.IntN(3)}}})
		return err
	case n == 1:
		return try("request.widen", dispatch.RequestWiden{Request: dispatch.RefOf(pick(dice, requests)).ID, Ring: dispatch.RingProvince})
	case n == 2 && dice.IntN(3) == 0:
		return try(pick(dice, []string{"request.close", "request.cancel"}), dispatch.RequestMove{Request: dispatch.RefOf(pick(dice, requests)).ID, Reason: "随机"})
	case n < 5:
		return try("offer.make", dispatch.OfferMake{Request: dispatch.RefOf(pick(dice, requests)).ID, Line: "1", Type: dispatch.OfferAccept, Quantity: 1 + dice.IntN(2)})
	case n < 10 && len(offers) > 0:
		o := pick(dice, offers).(*dispatch.Offer)
		switch {
		case dice.IntN(10) == 0:
			return try(pick(dice, []string{"offer.withdraw", "offer.refuse", "offer.cancel"}), dispatch.OfferMove{Offer: o.ID, Reason: "随机"})
		case o.State == dispatch.OfferMade:
			return try("offer.order", dispatch.OfferOrder{Offer: o.ID})
		}
		team := pick(dice, teams)
		for n := 0; n < 8 && dispatch.HeadOf(team).Scope.Agency != o.Scope.Agency; n++ {
			team = pick(dice, teams)
		}
		return try("offer.commit", dispatch.OfferCommit{Offer: o.ID, Teams: []string{dispatch.RefOf(team).ID}})
	case n < 15 && len(loans) > 0:
		l := pick(dice, loans).(*dispatch.Loan)
		switch dice.IntN(10) {
		case 0:
			return try("loan.cancel", dispatch.LoanEnd{Loan: l.ID, Reason: "随机"})
		case 1:
			return try("loan.ask", dispatch.LoanAsk{Loan: l.ID, Type: dispatch.AskRecall, Reason: "随机"})
		case 2:
			return try("loan.answer", dispatch.LoanAnswer{Loan: l.ID, Agree: dice.IntN(2) == 0, Reason: "随机"})
		}
		return try("loan.advance", dispatch.LoanAdvance{Loan: l.ID, From: l.State, To: l.Next})
	case n < 18 && len(tasks) > 0:
		k := pick(dice, tasks).(*dispatch.Task)
		if moves := dispatch.TaskMoves(k); len(moves) > 0 && dice.IntN(4) > 0 {
			return try("task.advance", dispatch.TaskAdvance{Task: k.ID, From: k.State, To: pick(dice, moves)})
		}
		return try("task.release", dispatch.TaskEnd{Task: k.ID, Reason: "随机"})
	}
	return try("task.assign", dispatch.TaskAssign{Incident: dispatch.RefOf(pick(dice, incidents)).ID, Team: dispatch.RefOf(pick(dice, teams)).ID})
}

// differences compares what is at home in one with what the other shows of it, but for whose it is there.
func differences(home, away *house) (out []string) {
	plain := func(r dispatch.Record) map[string]any {
		body, err := json.Marshal(r)
		if err != nil {
			home.t.Error(err)
		}
		m := map[string]any{}
		if err := json.Unmarshal(body, &m); err != nil {
			home.t.Error(err)
		}
		for _, f := range []string{"scope", "origin", "owner", "receiver", "agency", "ack_due", "check_due", "flagged"} {
			delete(m, f)
		}
		return m
	}
	for _, k := range []dispatch.Kind{dispatch.KindIncident, dispatch.KindRequest, dispatch.KindOffer, dispatch.KindLoan, dispatch.KindTask} {
		there := map[string]map[string]any{}
		for _, r := range home.all(k) {
			if dispatch.Tells(r) {
				there[dispatch.RefOf(r).ID] = plain(r)
			}
		}
		for _, r := range away.board(k) {
			if dispatch.HeadOf(r).Origin == nil {
				continue
			}
			if got, want := plain(r), there[dispatch.RefOf(r).ID]; !reflect.DeepEqual(got, want) {
				out = append(out, fmt.Sprintf("%s %s: %v, at home %v", k, dispatch.RefOf(r).ID, got, want))
			}
		}
	}
	return out
}

// check holds the invariants of lending and returns how many loans there are.
func (h *house) check() int {
	h.t.Helper()
	loans := h.board(dispatch.KindLoan)
	out := map[dispatch.Ref]string{}
	committed := map[string]int{}
	for _, r := range loans {
		l := r.(*dispatch.Loan)
		if l.State != dispatch.LoanCancelled {
			committed[l.Request+" "+l.Line] += l.Quantity
		}
		if !l.Open() {
			continue
		}
		if other, twice := out[l.Resource]; twice {
			h.t.Errorf("%s: %v is lent twice: %s and %s", h.name, l.Resource, other, l.ID)
		}
		out[l.Resource] = l.ID
	}
	for _, r := range h.board(dispatch.KindRequest) {
		q := r.(*dispatch.Request)
		for _, l := range q.Lines {
			if q.Origin == nil && (l.Committed > l.Ordered || l.Ordered > l.Max || l.Committed != committed[q.ID+" "+l.ID]) {
				h.t.Errorf("%s: request %s counts %+v, lent for it are %d", h.name, q.ID, l, committed[q.ID+" "+l.ID])
			}
		}
	}
	open := map[string]int{}
	known := map[string]bool{}
	for _, r := range h.board(dispatch.KindTeam) {
		known[dispatch.RefOf(r).ID] = true
	}
	for _, r := range h.board(dispatch.KindTask) {
		if k := r.(*dispatch.Task); k.Open() && k.Origin == nil && !known[k.Team] {
			h.t.Errorf("%s: task %s goes on without its team %s", h.name, k.ID, k.Team)
		}
		if k := r.(*dispatch.Task); k.Open() && !k.Interruptible && k.State != dispatch.TaskProposed {
			open[k.Team]++
		}
	}
	for _, r := range h.board(dispatch.KindTeam) {
		team := r.(*dispatch.Team)
		if open[team.ID] > 1 {
			h.t.Errorf("%s: team %s is at %d tasks at once", h.name, team.ID, open[team.ID])
		}
		if (team.Holder != "") != (out[dispatch.RefOf(team)] != "") || team.Holder != "" && team.Loan != out[dispatch.RefOf(team)] {
			h.t.Errorf("%s: team %s is held by %q for the loan %q, which is open: %q", h.name, team.ID, team.Holder, team.Loan, out[dispatch.RefOf(team)])
		}
	}
	return len(loans)
}
