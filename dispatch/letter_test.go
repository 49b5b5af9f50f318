package dispatch_test

import (
	"slices"
	"testing"

	"liandong/dispatch"
)

// A request that is addressed reaches those whom it names, wherever they are, and
// nobody else; an order can be taken back; a neighbour brings what is in no
// register, again and again.
func TestAddressedAndBrought(t *testing.T) {
	t.Parallel()
	c := newAidTown(t)
	raise := func(to ...string) *dispatch.Request {
		return put[*dispatch.Request](c.town, c.do(c.fireChief, "request.raise", dispatch.RequestRaise{Incident: c.incident.ID, To: to,
			Lines: []dispatch.LineAsk{{Capability: "hazmat", Max: 2}, {Item: "sandbag", Unit: "袋", Max: 100}}}))
	}
	c.refused(c.fireChief, dispatch.Invalid, "request.raise", dispatch.RequestRaise{Incident: c.incident.ID, To: []string{c.fire}, Lines: []dispatch.LineAsk{{Capability: "hazmat", Max: 1}}})
	r := raise(c.neighbour)
	if r.Ring != dispatch.RingOwn || r.WidenDue != nil || !c.sees(c.neighbourDesk, dispatch.KindRequest, r.ID) || c.sees(c.clinicDesk, dispatch.KindRequest, r.ID) {
		t.Fatalf("request %+v", r)
	}
	c.refused(c.neighbourDesk, dispatch.Forbidden, "request.address", dispatch.RequestAddress{Request: r.ID, Agency: c.clinic})
	c.refused(c.fireDesk, dispatch.Invalid, "request.address", dispatch.RequestAddress{Request: r.ID, Agency: c.neighbour})
	c.do(c.fireDesk, "request.address", dispatch.RequestAddress{Request: r.ID, Agency: c.clinic})
	c.do(c.fireDesk, "request.widen", dispatch.RequestWiden{Request: r.ID})
	if r = c.request(r.ID); !c.sees(c.clinicDesk, dispatch.KindRequest, r.ID) || !c.sees(c.neighbourDesk, dispatch.KindRequest, r.ID) || r.Ring != dispatch.RingCounty {
		t.Errorf("request %+v", r)
	}
	order := func(line string, n int) string {
		o := c.offer(c.neighbourDesk, r, line, n)
		c.do(c.fireDesk, "offer.order", dispatch.OfferOrder{Offer: o.ID})
		return o.ID
	}
	o := order("1", 2)
	c.refused(c.neighbourDesk, dispatch.Forbidden, "offer.cancel", dispatch.OfferMove{Offer: o, Reason: "x"})
	c.do(c.fireDesk, "offer.cancel", dispatch.OfferMove{Offer: o, Reason: "不需要"})
	c.refused(c.fireDesk, dispatch.IllegalMove, "offer.cancel", dispatch.OfferMove{Offer: o, Reason: "不需要"})
	if l := c.request(r.ID).Lines[0]; l.Offered != 0 || l.Ordered != 0 {
		t.Errorf("line %+v", l)
	}
	clinics := c.offer(c.clinicDesk, r, "1", 1)
	c.do(c.fireDesk, "offer.order", dispatch.OfferOrder{Offer: clinics.ID})
	if e := c.refused(c.clinicDesk, dispatch.Invalid, "offer.commit", dispatch.OfferCommit{Offer: clinics.ID, Bring: []dispatch.Brought{{Type: dispatch.KindTeam, Name: "临时队"}}}); e.Field != "bring" {
		t.Errorf("refusal %+v", e)
	}
	for n := range 3 { // the same team and the same sacks, three times
		team, sand := order("1", 1), order("2", 40)
		c.refused(c.neighbourDesk, dispatch.Invalid, "offer.commit", dispatch.OfferCommit{Offer: team, Bring: []dispatch.Brought{{Type: dispatch.KindTeam, Name: "危化一队", Quantity: 2}}})
		c.refused(c.neighbourDesk, dispatch.Invalid, "offer.commit", dispatch.OfferCommit{Offer: team, Bring: []dispatch.Brought{{Type: dispatch.KindArea, Name: "危化一队"}}})
		lent := loansOf(c.do(c.neighbourDesk, "offer.commit", dispatch.OfferCommit{Offer: team, Bring: []dispatch.Brought{{Type: dispatch.KindTeam, Name: "危化一队"}}}))[0]
		goods := loansOf(c.do(c.neighbourDesk, "offer.commit", dispatch.OfferCommit{Offer: sand, Bring: []dispatch.Brought{{Type: dispatch.KindStock, Name: "沙袋", Quantity: 40}}}))[0]
		if x := get[*dispatch.Team](c.town, dispatch.KindTeam, lent.Resource.ID); x.Holder != c.fire || x.Type != dispatch.TeamHazmat || x.Scope.Agency != c.neighbour {
			t.Errorf("team %+v", x)
		}
		if s := get[*dispatch.Stock](c.town, dispatch.KindStock, goods.Resource.ID); s.Available != 0 || goods.Quantity != 40 || goods.Unit != "袋" {
			t.Errorf("stock %+v, loan %+v", s, goods)
		}
		for _, l := range []*dispatch.Loan{lent, goods} {
			c.do(c.fireDesk, "loan.advance", dispatch.LoanAdvance{Loan: l.ID, From: dispatch.LoanCommitted, To: dispatch.LoanOnLoan})
			c.do(c.fireDesk, "loan.advance", dispatch.LoanAdvance{Loan: l.ID, From: dispatch.LoanOnLoan, To: dispatch.LoanReleasing})
			c.do(c.neighbourDesk, "loan.advance", dispatch.LoanAdvance{Loan: l.ID, From: dispatch.LoanReleasing, To: dispatch.LoanReturned})
		}
		teams := slices.DeleteFunc(c.all(dispatch.KindTeam), func(r dispatch.Record) bool { return r.(*dispatch.Team).Name != "危化一队" })
		if stocks := c.all(dispatch.KindStock); len(teams) != 1 || len(stocks) != 1 {
			t.Errorf("after %d times there are %d teams and %d stocks", n+1, len(teams), len(stocks))
		}
		r = raise(c.neighbour)
	}
	c.checkInvariants()
}

// Letters are written by those whom the request concerns, each of what is theirs
// to say.
func TestLettersWritten(t *testing.T) {
	t.Parallel()
	c := newAidTown(t)
	draft := put[*dispatch.Request](c.town, c.do(c.fireDesk, "request.raise", dispatch.RequestRaise{Incident: c.incident.ID, Lines: []dispatch.LineAsk{{Capability: "hazmat", Max: 2}}}))
	write := dispatch.LetterWrite{Request: draft.ID, Type: dispatch.LetterQuestion, Text: "能来几支？"}
	c.refused(c.fireDesk, dispatch.IllegalMove, "letter.write", write)
	c.do(c.fireDesk, "request.address", dispatch.RequestAddress{Request: draft.ID, Agency: c.neighbour})
	c.do(c.fireChief, "request.approve", dispatch.RequestMove{Request: draft.ID})
	question := c.id(c.do(c.fireDesk, "letter.write", write))
	if c.sees(c.clinicDesk, dispatch.KindLetter, question) || !c.sees(c.neighbourDesk, dispatch.KindLetter, question) {
		t.Error("a letter is seen by those whom the request concerns")
	}
	quote := c.id(c.do(c.fireDesk, "letter.write", dispatch.LetterWrite{Request: draft.ID, Type: dispatch.LetterQuoteAsked, Line: "1"}))
	for _, x := range []struct {
		by    dispatch.Actor
		code  dispatch.Code
		field string
		in    dispatch.LetterWrite
	}{
		{c.fireDesk, dispatch.Invalid, "text", dispatch.LetterWrite{Type: dispatch.LetterQuestion}},
		{c.fireDesk, dispatch.Invalid, "type", dispatch.LetterWrite{Type: "RequestResource"}},
		{c.fireDesk, dispatch.Invalid, "line", dispatch.LetterWrite{Type: dispatch.LetterQuoteAsked, Line: "9"}},
		{c.fireDesk, dispatch.Invalid, "answers", dispatch.LetterWrite{Type: dispatch.LetterAnswer, Text: "x", Answers: question}},
		{c.fireDesk, dispatch.Forbidden, "", dispatch.LetterWrite{Type: dispatch.LetterOffer, Item: "x", Quantity: 1}},
		{c.neighbourDesk, dispatch.Forbidden, "", dispatch.LetterWrite{Type: dispatch.LetterQuoteAsked, Line: "1"}},
		{c.neighbourDesk, dispatch.Invalid, "answers", dispatch.LetterWrite{Type: dispatch.LetterAnswer, Text: "x"}},
		{c.neighbourDesk, dispatch.Invalid, "answers", dispatch.LetterWrite{Type: dispatch.LetterAnswer, Text: "x", Answers: quote}},
		{c.neighbourDesk, dispatch.Invalid, "price", dispatch.LetterWrite{Type: dispatch.LetterQuote, Line: "1", Answers: quote, Price: -1}},
		{c.neighbourDesk, dispatch.Invalid, "quantity", dispatch.LetterWrite{Type: dispatch.LetterOffer, Item: "x", Quantity: -1}},
		{c.clinicDesk, dispatch.NotFound, "", dispatch.LetterWrite{Type: dispatch.LetterQuestion, Text: "x"}},
	} {
		in := x.in
		in.Request = draft.ID
		_, err := c.try(x.by, "letter.write", in)
		if e, ok := err.(*dispatch.Error); !ok || e.Code != x.code || e.Field != x.field {
			t.Errorf("%+v: %v, want %s at %q", in, err, x.code, x.field)
		}
	}
	answer := put[*dispatch.Letter](c.town, c.do(c.neighbourDesk, "letter.write", dispatch.LetterWrite{Request: draft.ID, Type: dispatch.LetterQuote, Line: "1", Answers: quote, Price: 300_00}))
	if answer.Sender != c.neighbour || answer.Lines[0].Quantity != 2 || answer.Lines[0].Unit != "支" || answer.Received {
		t.Errorf("letter %+v", answer)
	}
}
