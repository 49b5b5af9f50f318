package exchange

import (
	"fmt"
	"slices"
	"time"

	"liandong/dispatch"
	"liandong/web/edxl"
)

// House is what the messages say of the sender.
type House struct {
	// Name makes the IDs unique among all senders: the journal's epoch.
	Name string
	// Agency names an agency.
	Agency func(id string) string
	// Zone is the local time that the messages are written in.
	Zone *time.Location
}

// Thread is the messages of one request, in the order of the changes, each with
// the agency that sent it. seen is the journal of the request's incident as the
// reader sees it.
func Thread(h House, request string, seen []dispatch.Seen) []edxl.Letter {
	t := &thread{House: h, request: request, offers: map[string]*dispatch.Offer{}, loans: map[string]*dispatch.Loan{},
		answers: map[string]*edxl.Message{}, orders: map[string]*edxl.Message{}, commits: map[string]*edxl.Message{}, last: map[string]*edxl.Message{}}
	for _, c := range seen {
		t.take(c)
	}
	return t.out
}

// thread is what is known while the changes are read.
type thread struct {
	House
	request string
	asked   *dispatch.Request
	offers  map[string]*dispatch.Offer
	loans   map[string]*dispatch.Loan

	first   *edxl.Message            // the request
	answers map[string]*edxl.Message // by offer
	orders  map[string]*edxl.Message // by offer
	commits map[string]*edxl.Message // by loan
	last    map[string]*edxl.Message // the last question about a loan
	out     []edxl.Letter
}

func (t *thread) take(c dispatch.Seen) {
	for _, r := range c.Put {
		if q, ok := r.(*dispatch.Request); ok && q.ID == t.request {
			t.tookRequest(c, q)
		}
	}
	for _, r := range c.Put {
		if o, ok := r.(*dispatch.Offer); ok && o.Request == t.request {
			t.tookOffer(c, o)
		}
	}
	var lent []*dispatch.Loan
	for _, r := range c.Put {
		if l, ok := r.(*dispatch.Loan); ok && l.Request == t.request {
			if t.loans[l.ID] == nil {
				lent = append(lent, l)
				t.loans[l.ID] = l
				continue
			}
			t.tookLoan(c, t.loans[l.ID], l)
			t.loans[l.ID] = l
		}
	}
	if len(lent) > 0 {
		t.committed(c, lent)
	}
}

// say adds a message of the agency. It answers prev, where there is one.
func (t *thread) say(c dispatch.Seen, agency string, kind edxl.Kind, prev *edxl.Message, lines ...edxl.ResourceInfo) *edxl.Message {
	m := &edxl.Message{Kind: kind, ID: fmt.Sprintf("%s.%d.%d", t.Name, c.Seq, len(t.out)), Sent: c.At.In(t.Zone).Truncate(time.Second),
		Contacts: []edxl.Contact{{Description: t.Agency(agency), Role: edxl.Sender}}, Resources: lines}
	m.Originating = m.ID
	if t.first != nil {
		m.Originating = t.first.ID
	}
	if prev != nil {
		m.Preceding = prev.ID
	}
	if t.asked != nil {
		m.Incidents = []edxl.Incident{{ID: t.asked.Incident, Description: t.asked.Title}}
	}
	t.out = append(t.out, edxl.Letter{Sender: agency, Message: m})
	return m
}

// cancel tells the message once more, taken back.
func (t *thread) cancel(c dispatch.Seen, agency string, of *edxl.Message, why string) {
	if of == nil {
		return
	}
	m := t.say(c, agency, of.Kind, nil, of.Resources...)
	m.Preceding, m.Funding, m.Description = of.Preceding, of.Funding, why
	m.Recall = &edxl.Recall{MessageID: of.ID, Type: edxl.RecallCancel}
}

func (t *thread) tookRequest(c dispatch.Seen, r *dispatch.Request) {
	was := t.asked
	t.asked = r
	switch {
	case t.first == nil && r.State == dispatch.RequestOpen:
		var lines []edxl.ResourceInfo
		for _, l := range r.Lines {
			x := edxl.ResourceInfo{ID: l.ID, Resource: kindOf(l), Assignment: &edxl.Assignment{Quantity: quantity(l.Max, l.Unit)},
				Schedule: []edxl.Schedule{{Type: edxl.ReportTo, Location: place(r.ReportTo)}}}
			if l.Min < l.Max {
				x.Assignment.Restrictions = fmt.Sprintf("at least %d", l.Min)
			}
			x.Schedule = t.when(x.Schedule, edxl.RequestedArrival, l.NeededBy)
			lines = append(lines, x)
		}
		t.first = t.say(c, r.Scope.Agency, edxl.RequestResource, nil, lines...)
		t.first.Originating, t.first.Description = t.first.ID, r.Number+" "+r.Title
	case t.first != nil && r.State == dispatch.RequestCancelled && was != nil && was.State != r.State:
		t.cancel(c, r.Scope.Agency, t.first, c.Note)
	}
}

func (t *thread) tookOffer(c dispatch.Seen, o *dispatch.Offer) {
	was := t.offers[o.ID]
	t.offers[o.ID] = o
	if t.asked == nil || t.first == nil {
		return
	}
	l := line(t.asked, o.Line)
	switch {
	case was == nil:
		answer := &edxl.Response{Preceding: o.Line, Type: edxl.Accept, Reason: o.Text}
		switch o.Type {
		case dispatch.OfferDecline:
			answer.Type, answer.Reason = edxl.Decline, o.Reason
		case dispatch.OfferProvisional:
			answer.Type, answer.Reason = edxl.Provisional, o.Conditions
		}
		x := edxl.ResourceInfo{ID: o.ID, Response: answer, Resource: kindOf(l)}
		if o.Quantity > 0 {
			x.Assignment = &edxl.Assignment{Quantity: quantity(o.Quantity, l.Unit)}
		}
		x.Schedule = t.when(x.Schedule, edxl.BeginAvailable, o.Ready)
		x.Schedule = t.when(x.Schedule, edxl.EndAvailable, o.Back)
		t.answers[o.ID] = t.say(c, o.Scope.Agency, edxl.ResponseToRequestResource, t.first, x)
	case was.State == o.State:
	case o.State == dispatch.OfferOrdered:
		x := edxl.ResourceInfo{ID: o.ID, Resource: kindOf(l), Assignment: &edxl.Assignment{Quantity: quantity(o.Ordered, l.Unit)},
			Schedule: []edxl.Schedule{{Type: edxl.ReportTo, Location: place(t.asked.ReportTo)}}}
		m := t.say(c, t.asked.Scope.Agency, edxl.RequisitionResource, t.answers[o.ID], x)
		m.Funding = []edxl.Fund{{Info: "borne by the responsible party, else by the government of the place"}}
		t.orders[o.ID] = m
	case o.State == dispatch.OfferRefused:
		x := edxl.ResourceInfo{ID: o.ID, Response: &edxl.Response{Preceding: o.ID, Type: edxl.Decline, Reason: o.Reason},
			Assignment: &edxl.Assignment{Quantity: quantity(0, l.Unit)}}
		t.say(c, o.Scope.Agency, edxl.CommitResource, t.orders[o.ID], x)
	case o.State == dispatch.OfferWithdrawn:
		t.cancel(c, o.Scope.Agency, t.answers[o.ID], o.Reason)
	case o.State == dispatch.OfferCancelled && t.orders[o.ID] != nil:
		t.cancel(c, t.asked.Scope.Agency, t.orders[o.ID], o.Reason)
	}
}

// committed tells what was lent with one change, an offer at a time.
func (t *thread) committed(c dispatch.Seen, lent []*dispatch.Loan) {
	for len(lent) > 0 {
		offer := lent[0].Offer
		var lines []edxl.ResourceInfo
		var these []*dispatch.Loan
		for _, l := range lent {
			if l.Offer == offer {
				x := t.line(l, &edxl.Response{Preceding: offer, Type: edxl.Accept})
				x.Schedule = t.when(x.Schedule, edxl.EstimatedArrival, l.ETA)
				lines, these = append(lines, x), append(these, l)
			}
		}
		lent = slices.DeleteFunc(lent, func(l *dispatch.Loan) bool { return l.Offer == offer })
		m := t.say(c, these[0].Owner, edxl.CommitResource, t.orders[offer], lines...)
		for _, l := range these {
			t.commits[l.ID] = m
		}
	}
}

func (t *thread) tookLoan(c dispatch.Seen, was, l *dispatch.Loan) {
	commit := t.commits[l.ID]
	report := func(agency string, moment edxl.ScheduleType) {
		x := t.line(l, nil)
		if s, ok := l.Stamps[l.State]; ok {
			at := s.When()
			x.Schedule = t.when(x.Schedule, moment, &at)
		}
		x.Schedule = t.when(x.Schedule, edxl.EstimatedArrival, unless(l.State == dispatch.LoanInTransit, l.ETA))
		t.say(c, agency, edxl.ReportStatus, commit, x)
	}
	switch {
	case was.State != l.State && l.State == dispatch.LoanInTransit:
		report(l.Owner, edxl.ActualDeparture)
	case was.State != l.State && l.State == dispatch.LoanOnLoan:
		report(l.Receiver, edxl.ActualArrival)
	case was.State != l.State && l.State == dispatch.LoanReturned:
		report(l.Owner, edxl.ActualReturnArrival)
	case was.State != l.State && l.State == dispatch.LoanCancelled:
		t.cancel(c, l.Owner, commit, l.Reason)
	case was.Ask != nil && l.Ask == nil && c.Kind == "loan.answer":
		t.answered(c, was, l)
	case was.State != l.State && l.State == dispatch.LoanReleasing:
		t.say(c, l.Receiver, edxl.ReleaseResource, commit, t.line(l, nil))
	case l.Ask != nil && (was.Ask == nil || was.Ask.Type != l.Ask.Type):
		x, from, kind := t.line(l, nil), l.Receiver, edxl.RequestExtension
		if l.Ask.Type == dispatch.AskRecall {
			from, kind = l.Owner, edxl.RequestReturn
		}
		x.Schedule = t.when(x.Schedule, edxl.EstimatedReturnDeparture, l.Ask.Until)
		m := t.say(c, from, kind, commit, x)
		m.Description = l.Ask.Reason
		t.last[l.ID] = m
	}
}

// answered tells the answer to what was asked about the loan.
func (t *thread) answered(c dispatch.Seen, was, l *dispatch.Loan) {
	asked := t.last[l.ID]
	if asked == nil {
		return
	}
	answer := &edxl.Response{Preceding: l.ID, Type: edxl.Decline, Reason: c.Note}
	x := edxl.ResourceInfo{ID: l.ID, Response: answer}
	from, kind := l.Owner, edxl.ResponseToExtension
	agreed := l.Back != nil && (was.Back == nil || !was.Back.Equal(*l.Back))
	if was.Ask.Type == dispatch.AskRecall {
		from, kind = l.Receiver, edxl.ResponseToReturn
		agreed = l.State == dispatch.LoanReleasing
	} else {
		x.Schedule = t.when(x.Schedule, edxl.EstimatedReturnDeparture, l.Back)
	}
	if agreed {
		answer.Type = edxl.Accept
	}
	t.say(c, from, kind, asked, x)
	t.last[l.ID] = nil
}

// line is one concrete resource.
func (t *thread) line(l *dispatch.Loan, answer *edxl.Response) edxl.ResourceInfo {
	return edxl.ResourceInfo{ID: l.ID, Response: answer,
		Resource:   &edxl.Resource{ID: string(l.Resource.Kind) + "/" + l.Resource.ID, Name: l.Name, Ownership: &edxl.Ownership{Owner: t.Agency(l.Owner)}},
		Assignment: &edxl.Assignment{Quantity: quantity(l.Quantity, l.Unit)}}
}

// when adds a moment, where it is known.
func (t *thread) when(s []edxl.Schedule, typ edxl.ScheduleType, at *time.Time) []edxl.Schedule {
	if at == nil {
		return s
	}
	return append(s, edxl.Schedule{Type: typ, At: at.In(t.Zone).Truncate(time.Second)})
}

func unless(keep bool, at *time.Time) *time.Time {
	if keep {
		return at
	}
	return nil
}

func line(r *dispatch.Request, id string) dispatch.Line {
	for _, l := range r.Lines {
		if l.ID == id {
			return l
		}
	}
	return dispatch.Line{}
}

// kindOf names what a line asks for, in the house's own lists.
func kindOf(l dispatch.Line) *edxl.Resource {
	if l.Capability != "" {
		return &edxl.Resource{Name: l.Capability, Type: &edxl.ValueList{URN: "urn:liandong:capability", Values: []string{l.Capability}}}
	}
	return &edxl.Resource{Name: l.Item, Type: &edxl.ValueList{URN: "urn:liandong:item", Values: []string{l.Item}}}
}

func quantity(n int, unit string) *edxl.Quantity {
	m := &edxl.Measured{Amount: float64(n)}
	if unit != "" {
		m.Unit = &edxl.ValueList{URN: "urn:liandong:unit", Values: []string{unit}}
	}
	return &edxl.Quantity{Measured: m}
}

func place(p dispatch.Place) *edxl.Location {
	l := &edxl.Location{Description: p.Text}
	if p.Point != nil {
		l.Area = &edxl.Area{Point: &edxl.Spot{At: edxl.Position(*p.Point)}}
	}
	if l.Description == "" && l.Area == nil {
		l.Description = "—"
	}
	return l
}
