package link_test

import (
	"encoding/json"
	"testing"

	"liandong/dispatch"
)

// The answer to a parcel comes with its records, which may have been read at home before a change that
// is heard first. What was told while the parcel waited is not shown, so such an answer is refused, and
// the home is asked anew: else the record would stay as it was.
func TestAnswerOlderThanWhatWasHeard(t *testing.T) {
	t.Parallel()
	a, b := newHouse(t, "aaaa", "410100"), newHouse(t, "bbbb", "411000")
	l := a.accept(b) // b does not accept: all that is heard is told here
	r := a.ask(a.open("液氯泄漏"), 2)
	offer := func(version int64, state dispatch.OfferState) []dispatch.ToldRecord {
		o := &dispatch.Offer{Head: dispatch.Head{Kind: dispatch.KindOffer, ID: "offer-0001", Version: version, Scope: dispatch.Scope{Agency: "x"}},
			Request: r.ID, Line: "1", Type: dispatch.OfferAccept, Quantity: 1, State: state} // without stamps, as ours never are
		if state != dispatch.OfferMade {
			o.Ordered = 1
		}
		if state == dispatch.OfferCommitted {
			o.Committed = 1
		}
		body, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		return []dispatch.ToldRecord{{Record: body, Agency: "邻市应急局"}}
	}
	ref := dispatch.Ref{Kind: dispatch.KindOffer, ID: "offer-0001"}
	shown := func() *dispatch.Offer {
		t.Helper()
		return until(a, ref.ID, func(*dispatch.Offer) bool { return true })
	}
	at := int64(0)
	hear := func(to int64, told dispatch.Told) {
		t.Helper()
		told.Seq, told.Kind = to, "offer.commit"
		err := a.svc.Hear(t.Context(), dispatch.Live, dispatch.LinkHear{Link: l.ID, Epoch: "e1", From: at, To: to, Whole: at == 0, Told: told})
		if err != nil {
			t.Fatal(err)
		}
		at = to
	}
	settle := func(seq int64, put []dispatch.ToldRecord, gone ...dispatch.Ref) dispatch.Code {
		t.Helper()
		waits := a.board(dispatch.KindParcel)
		if len(waits) != 1 {
			t.Fatalf("%d parcels wait", len(waits))
		}
		return dispatch.CodeOf(a.svc.Settle(t.Context(), dispatch.Live, dispatch.ParcelSettle{Parcel: dispatch.RefOf(waits[0]).ID, Seq: seq, Put: put, Gone: gone}))
	}

	hear(5, dispatch.Told{Put: offer(1, dispatch.OfferMade)})
	a.do(a.desk, "offer.order", dispatch.OfferOrder{Offer: ref.ID})
	hear(7, dispatch.Told{Put: offer(3, dispatch.OfferCommitted)})
	if o := shown(); o.State != dispatch.OfferOrdered || o.Origin.Waiting != 1 {
		t.Errorf("while the parcel waits: %s, %+v", o.State, o.Origin)
	}
	if code := settle(6, offer(2, dispatch.OfferOrdered)); code != dispatch.Stale {
		t.Errorf("an answer from before what was heard: %q", code)
	}
	if code := settle(6, nil, ref); code != dispatch.Stale {
		t.Errorf("the same, and there it was gone: %q", code)
	}
	if o := shown(); o.State != dispatch.OfferOrdered || o.Origin.Waiting != 1 || len(a.board(dispatch.KindParcel)) != 1 {
		t.Errorf("after it: %s, %+v", o.State, o.Origin)
	}
	if code := settle(7, offer(3, dispatch.OfferCommitted)); code != "" {
		t.Fatalf("the answer of the same moment: %q", code)
	}
	if o := shown(); o.State != dispatch.OfferCommitted || o.Origin.Waiting != 0 || o.Origin.Passed != 0 {
		t.Errorf("settled: %s, %+v", o.State, o.Origin)
	}

	// The same where the home took the record back meanwhile.
	hear(8, dispatch.Told{Put: offer(4, dispatch.OfferMade)})
	a.do(a.desk, "offer.order", dispatch.OfferOrder{Offer: ref.ID})
	hear(10, dispatch.Told{Drop: []dispatch.Ref{ref}})
	if code := settle(9, offer(5, dispatch.OfferOrdered)); code != dispatch.Stale {
		t.Errorf("an answer from before it was taken back: %q", code)
	}
	if code := settle(12, offer(6, dispatch.OfferOrdered)); code != "" {
		t.Fatalf("it was given back since: %q", code)
	}
	// What is heard of before the answer is older than it.
	hear(11, dispatch.Told{Drop: []dispatch.Ref{ref}})
	if o := shown(); o.Origin.Gone || o.Version != 6 {
		t.Errorf("an older word took it off the board: %+v", o)
	}
	a.do(a.desk, "offer.cancel", dispatch.OfferMove{Offer: ref.ID, Reason: "不再需要"})
	if code := settle(13, nil, ref); code != "" {
		t.Fatalf("gone: %q", code)
	}
	if o := shown(); !o.Origin.Gone || len(a.board(dispatch.KindOffer)) != 0 {
		t.Errorf("still on the board: %+v", o)
	}
}
