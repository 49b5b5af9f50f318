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
	// Name makes the IDs unique among all senders: for good.
	Name string
	// Agency names an agency.
	Agency func(id string) string
	// Zone is the local time that the messages are written in.
	Zone *time.Location
}

// Told is a thread with the records as they are at its end.
type Told struct {
	Said    []*Said
	Request *dispatch.Request
	Offers  map[string]*dispatch.Offer
	Loans   map[string]*dispatch.Loan
}

// Thread is the messages of one request, in the order of the changes. seen is the
// journal of the request's incident, whole: what a reader may not see is left out
// of the messages afterwards, by what they are about, so that a message has the
// same ID for all its readers.
func Thread(h House, request string, seen []dispatch.Seen) (*Told, error) {
	t := &thread{House: h, request: request, Told: Told{Offers: map[string]*dispatch.Offer{}, Loans: map[string]*dispatch.Loan{}},
		answers: map[string]*Said{}, orders: map[string]*Said{}, commits: map[string]*Said{}, last: map[string]*Said{}, letters: map[string]*Said{}}
	for _, c := range seen {
		if err := t.take(c); err != nil {
			return nil, err
		}
	}
	return &t.Told, nil
}

// thread is what is known while the changes are read.
type thread struct {
	House
	Told
	request string
	heard   *Said // the message from outside that made this change

	first   *Said            // the request
	answers map[string]*Said // by offer
	orders  map[string]*Said // by offer
	commits map[string]*Said // by loan
	last    map[string]*Said // the last question about a loan
	letters map[string]*Said // by letter
}

func (t *thread) take(c dispatch.Seen) error {
	t.heard = nil
	for _, r := range c.Put {
		if l, ok := r.(*dispatch.Letter); ok && l.Request == t.request && l.Received && t.letters[l.ID] == nil {
			if err := t.hear(c, l); err != nil {
				return err
			}
		}
	}
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
			was := t.Loans[l.ID]
			if t.Loans[l.ID] = l; was == nil {
				lent = append(lent, l)
			} else {
				t.tookLoan(c, was, l)
			}
		}
	}
	if len(lent) > 0 {
		t.committed(c, lent)
	}
	for _, r := range c.Put {
		if l, ok := r.(*dispatch.Letter); ok && l.Request == t.request && !l.Received && t.letters[l.ID] == nil {
			t.wrote(c, l)
		}
	}
	return nil
}

// hear takes what came in, word for word.
func (t *thread) hear(c dispatch.Seen, l *dispatch.Letter) error {
	m, err := unpack(l.Body)
	if err != nil {
		return fmt.Errorf("letter %s: %w", l.ID, err)
	}
	s := &Said{Letter: edxl.Letter{Sender: l.Sender, Message: m}, Seq: c.Seq, About: dispatch.RefOf(l), Names: map[string]string{}, Received: true}
	for _, line := range l.Lines {
		if line.Of != "" {
			s.Names[line.ID] = line.Of
		}
	}
	if m.Kind == edxl.RequestResource && t.first != nil {
		for id, of := range s.Names { // a line that was added later is named by the request from then on
			t.first.Names[id] = of
		}
	}
	t.heard, t.letters[l.ID], t.Said = s, s, append(t.Said, s)
	return nil
}

// say adds a message of the agency about a record. It answers prev, where there is
// one. fresh is false where the change was made by a message from outside: that
// one is the message then.
func (t *thread) say(c dispatch.Seen, agency string, kind edxl.Kind, prev *Said, about dispatch.Record, lines ...edxl.ResourceInfo) (said *Said, fresh bool) {
	if t.heard != nil {
		return t.heard, false
	}
	ref := dispatch.RefOf(about)
	m := &edxl.Message{Kind: kind, ID: fmt.Sprintf("%s.%d.%s", t.Name, c.Seq, ref.ID), Sent: c.At.In(t.Zone).Truncate(time.Second),
		Contacts: []edxl.Contact{{Description: t.Agency(agency), Role: edxl.Sender}}, Resources: lines}
	m.Originating = m.ID
	if t.first != nil {
		m.Originating = t.first.Originating
	}
	if prev != nil {
		m.Preceding = prev.ID
	}
	switch {
	case t.first != nil && t.first.Received:
		m.Incidents = t.first.Incidents // it is theirs: they know it by their own number
	case t.Request != nil:
		m.Incidents = []edxl.Incident{{ID: t.Request.Incident, Description: t.Request.Title}}
	}
	s := &Said{Letter: edxl.Letter{Sender: agency, Message: m}, Seq: c.Seq, About: ref, Names: map[string]string{}}
	t.Said = append(t.Said, s)
	return s, true
}

// names says what the elements name.
func (s *Said) names(of ...string) {
	if s.Received {
		return
	}
	for i, what := range of {
		s.Names[s.Resources[i].ID] = what
	}
}

// cancel tells the message once more, taken back: those of its lines that name
// one of these, or all.
func (t *thread) cancel(c dispatch.Seen, agency string, of *Said, about dispatch.Record, why string, only ...string) {
	if of == nil {
		return
	}
	var lines []edxl.ResourceInfo
	for _, x := range of.Resources {
		if len(only) == 0 || slices.Contains(only, of.Names[x.ID]) {
			lines = append(lines, x)
		}
	}
	if len(lines) == 0 {
		return
	}
	m, fresh := t.say(c, agency, of.Kind, nil, about, lines...)
	if !fresh {
		return
	}
	m.Preceding, m.Funding, m.Description = of.Preceding, of.Funding, why
	m.Recall = &edxl.Recall{MessageID: of.ID, Type: edxl.RecallCancel}
	for _, x := range lines {
		m.Names[x.ID] = of.Names[x.ID]
	}
}

func (t *thread) tookRequest(c dispatch.Seen, r *dispatch.Request) {
	was := t.Request
	t.Request = r
	switch {
	case t.first == nil && r.State == dispatch.RequestOpen:
		t.first = t.asks(c, r)
	case t.first == nil || was == nil:
	case r.State == dispatch.RequestCancelled && was.State != r.State:
		t.cancel(c, r.Scope.Agency, t.first, r, c.Note)
	case r.State == dispatch.RequestClosed && was.State != r.State, c.Kind == "request.edit":
		if s := t.asks(c, r); s != t.heard {
			s.Recall = &edxl.Recall{MessageID: t.first.ID, Type: edxl.RecallUpdate}
			s.Originating = t.first.Originating
		}
	}
}

// asks is the request as it stands.
func (t *thread) asks(c dispatch.Seen, r *dispatch.Request) *Said {
	var lines []edxl.ResourceInfo
	var of []string
	for _, l := range r.Lines {
		x := edxl.ResourceInfo{ID: t.first.element(l.ID), Resource: kindOf(l), Assignment: &edxl.Assignment{Quantity: quantity(l.Max, l.Unit)},
			Schedule: []edxl.Schedule{{Type: edxl.ReportTo, Location: place(r.ReportTo)}}}
		if l.Min < l.Max {
			x.Assignment.Restrictions = fmt.Sprintf("at least %d", l.Min)
		}
		x.Resource.Description = l.Text
		x.Resource.Keywords = words(urnPriority, fmt.Sprint(r.Priority))
		if r.State == dispatch.RequestClosed {
			x.Resource.Keywords = append(x.Resource.Keywords, words(urnRequest, string(r.State))...)
		}
		x.Schedule = t.when(x.Schedule, edxl.RequestedArrival, l.NeededBy)
		x.Schedule = t.when(x.Schedule, edxl.EstimatedReturnDeparture, r.Back)
		lines, of = append(lines, x), append(of, l.ID)
	}
	s, fresh := t.say(c, r.Scope.Agency, edxl.RequestResource, nil, r, lines...)
	if !fresh {
		return s
	}
	s.names(of...)
	s.Description = r.Number + " " + r.Title
	if r.Text != "" {
		s.Description += "\n" + r.Text
	}
	if r.Contact != "" {
		s.Contacts = append(s.Contacts, edxl.Contact{Description: r.Contact, Role: edxl.Requester})
	}
	return s
}

func (t *thread) tookOffer(c dispatch.Seen, o *dispatch.Offer) {
	was := t.Offers[o.ID]
	t.Offers[o.ID] = o
	if t.Request == nil || t.first == nil {
		return
	}
	l := line(t.Request, o.Line)
	switch {
	case was == nil:
		t.answers[o.ID] = t.offered(c, o, l)
	case was.State == o.State:
	case o.State == dispatch.OfferOrdered:
		x := edxl.ResourceInfo{ID: t.answers[o.ID].element(o.ID), Resource: kindOf(l), Assignment: &edxl.Assignment{Quantity: quantity(o.Ordered, l.Unit)},
			Schedule: []edxl.Schedule{{Type: edxl.ReportTo, Location: place(t.Request.ReportTo)}}}
		m, fresh := t.say(c, t.Request.Scope.Agency, edxl.RequisitionResource, t.answers[o.ID], o, x)
		if t.orders[o.ID] = m; fresh {
			m.names(o.ID)
			m.Funding = []edxl.Fund{{Info: "borne by the responsible party, else by the government of the place"}}
		}
	case o.State == dispatch.OfferRefused:
		order := t.orders[o.ID]
		x := edxl.ResourceInfo{ID: order.element(o.ID), Response: &edxl.Response{Preceding: order.element(o.ID), Type: edxl.Decline, Reason: o.Reason},
			Assignment: &edxl.Assignment{Quantity: quantity(0, l.Unit)}}
		m, _ := t.say(c, o.Scope.Agency, edxl.CommitResource, order, o, x)
		m.names(o.ID)
	case o.State == dispatch.OfferWithdrawn:
		t.cancel(c, o.Scope.Agency, t.answers[o.ID], o, o.Reason, o.ID)
	case o.State == dispatch.OfferCancelled && t.orders[o.ID] != nil:
		t.cancel(c, t.Request.Scope.Agency, t.orders[o.ID], o, o.Reason, o.ID)
	}
}

func (t *thread) offered(c dispatch.Seen, o *dispatch.Offer, l dispatch.Line) *Said {
	answer := &edxl.Response{Preceding: t.first.element(o.Line), Type: edxl.Accept, Reason: o.Text}
	switch o.Type {
	case dispatch.OfferDecline:
		answer.Type, answer.Reason = edxl.Decline, o.Reason
	case dispatch.OfferProvisional:
		answer.Type, answer.Reason = edxl.Provisional, o.Conditions
	}
	x := edxl.ResourceInfo{ID: o.ID, Response: answer, Resource: kindOf(l)}
	if o.Type == dispatch.OfferProvisional {
		x.Resource.Description = o.Text
	}
	if o.Quantity > 0 {
		x.Assignment = &edxl.Assignment{Quantity: quantity(o.Quantity, l.Unit)}
	}
	x.Schedule = t.when(x.Schedule, edxl.BeginAvailable, o.Ready)
	x.Schedule = t.when(x.Schedule, edxl.EndAvailable, o.Back)
	m, _ := t.say(c, o.Scope.Agency, edxl.ResponseToRequestResource, t.first, o, x)
	m.names(o.ID)
	return m
}

// committed tells what was lent with one change, an offer at a time.
func (t *thread) committed(c dispatch.Seen, lent []*dispatch.Loan) {
	for len(lent) > 0 {
		offer := lent[0].Offer
		var lines []edxl.ResourceInfo
		var these []*dispatch.Loan
		var of []string
		for _, l := range lent {
			if l.Offer == offer {
				x := t.line(l, &edxl.Response{Preceding: t.orders[offer].element(offer), Type: edxl.Accept})
				x.Schedule = t.when(x.Schedule, edxl.EstimatedArrival, l.ETA)
				lines, these, of = append(lines, x), append(these, l), append(of, l.ID)
			}
		}
		lent = slices.DeleteFunc(lent, func(l *dispatch.Loan) bool { return l.Offer == offer })
		// One offer may be committed in several changes, so the loan gives the ID.
		m, _ := t.say(c, these[0].Owner, edxl.CommitResource, t.orders[offer], these[0], lines...)
		m.names(of...)
		for _, l := range these {
			t.commits[l.ID] = m
		}
	}
}
