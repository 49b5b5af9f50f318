package exchange

import (
	"time"

	"liandong/dispatch"
	"liandong/web/edxl"
)

// moments are how a report tells what a loan has come to.
var moments = map[dispatch.LoanState]edxl.ScheduleType{
	dispatch.LoanMobilising: edxl.EstimatedDeparture, dispatch.LoanInTransit: edxl.ActualDeparture,
	dispatch.LoanOnLoan: edxl.ActualArrival, dispatch.LoanReturned: edxl.ActualReturnArrival,
}

func (t *thread) tookLoan(c dispatch.Seen, was, l *dispatch.Loan) {
	commit := t.commits[l.ID]
	moved := was.State != l.State
	switch {
	case moved && (l.State == dispatch.LoanMobilising || l.State == dispatch.LoanInTransit || l.State == dispatch.LoanReturned):
		t.reported(c, l, l.Owner)
	case moved && l.State == dispatch.LoanOnLoan:
		t.reported(c, l, l.Receiver)
	case moved && l.State == dispatch.LoanCancelled && c.Actor.Agency == l.Receiver:
		if m, fresh := t.say(c, l.Receiver, edxl.ReleaseResource, commit, l, t.line(l, nil)); fresh {
			m.names(l.ID)
			m.Description = l.Reason
		}
	case moved && l.State == dispatch.LoanCancelled:
		t.cancel(c, l.Owner, commit, l, l.Reason, l.ID)
	case was.Ask != nil && l.Ask == nil && c.Kind == "loan.answer":
		t.answered(c, was, l)
	case moved && l.State == dispatch.LoanReleasing:
		if m, fresh := t.say(c, l.Receiver, edxl.ReleaseResource, commit, l, t.line(l, nil)); fresh {
			m.names(l.ID)
			m.Description = l.Reason
		}
	case l.Ask != nil && (was.Ask == nil || was.Ask.Type != l.Ask.Type):
		x, from, kind := t.line(l, nil), l.Receiver, edxl.RequestExtension
		if l.Ask.Type == dispatch.AskRecall {
			from, kind = l.Owner, edxl.RequestReturn
		}
		x.Schedule = t.when(x.Schedule, edxl.EstimatedReturnDeparture, l.Ask.Until)
		m, fresh := t.say(c, from, kind, commit, l, x)
		if t.last[l.ID] = m; fresh {
			m.names(l.ID)
			m.Description = l.Ask.Reason
		}
	}
}

// reported tells that the loan has come to its state.
func (t *thread) reported(c dispatch.Seen, l *dispatch.Loan, agency string) {
	x := t.line(l, nil)
	x.Resource.Status = &edxl.Status{Deployment: &edxl.ValueList{URN: urnState, Values: []string{string(l.State)}}}
	if s, ok := l.Stamps[l.State]; ok {
		at := s.When()
		x.Schedule = t.when(x.Schedule, moments[l.State], &at)
	}
	switch l.State {
	case dispatch.LoanMobilising, dispatch.LoanInTransit:
		x.Schedule = t.when(x.Schedule, edxl.EstimatedArrival, l.ETA)
	case dispatch.LoanOnLoan:
		x.Resource.Keywords = words(urnCondition, string(l.HandedOver))
	case dispatch.LoanReturned:
		x.Resource.Keywords = words(urnCondition, string(l.CameBack))
		if l.Resource.Kind == dispatch.KindStock {
			x.Assignment.Quantity = quantity(l.Returned, l.Unit)
		}
	}
	m, _ := t.say(c, agency, edxl.ReportStatus, t.commits[l.ID], l, x)
	m.names(l.ID)
}

// answered tells the answer to what was asked about the loan.
func (t *thread) answered(c dispatch.Seen, was, l *dispatch.Loan) {
	asked := t.last[l.ID]
	if asked == nil {
		return
	}
	answer := &edxl.Response{Preceding: asked.element(l.ID), Type: edxl.Decline, Reason: c.Note}
	x := edxl.ResourceInfo{ID: t.commits[l.ID].element(l.ID), Response: answer}
	from, kind := l.Owner, edxl.ResponseToExtension
	agreed := l.Back != nil && (was.Back == nil || !was.Back.Equal(*l.Back))
	if was.Ask.Type == dispatch.AskRecall {
		from, kind = l.Receiver, edxl.ResponseToReturn
		agreed = l.State == dispatch.LoanReleasing
	} else if agreed {
		x.Schedule = t.when(x.Schedule, edxl.EstimatedReturnDeparture, l.Back)
	}
	if agreed {
		answer.Type = edxl.Accept
	}
	m, _ := t.say(c, from, kind, asked, l, x)
	m.names(l.ID)
	t.last[l.ID] = nil
}

// line is one concrete resource, called what the commitment called it.
func (t *thread) line(l *dispatch.Loan, answer *edxl.Response) edxl.ResourceInfo {
	return edxl.ResourceInfo{ID: t.commits[l.ID].element(l.ID), Response: answer,
		Resource:   &edxl.Resource{ID: string(l.Resource.Kind) + "/" + l.Resource.ID, Name: l.Name, Ownership: &edxl.Ownership{Owner: t.Agency(l.Owner)}},
		Assignment: &edxl.Assignment{Quantity: quantity(l.Quantity, l.Unit)}}
}

// wrote tells a letter that a person wrote here.
func (t *thread) wrote(c dispatch.Seen, l *dispatch.Letter) {
	if t.first == nil {
		return
	}
	kind, prev := edxl.Kind(l.Type), t.first
	var lines []edxl.ResourceInfo
	var of []string
	if len(l.Lines) > 0 {
		of = append(of, l.Lines[0].Of)
	}
	switch kind {
	case edxl.ResponseToInformation:
		prev = t.letters[l.Answers]
	case edxl.RequestQuote, edxl.ResponseToQuote:
		x := l.Lines[0]
		info := edxl.ResourceInfo{ID: t.first.element(x.Of), Resource: kindOf(line(t.Request, x.Of)), Assignment: &edxl.Assignment{Quantity: quantity(x.Quantity, x.Unit)}}
		if kind == edxl.ResponseToQuote {
			prev = t.letters[l.Answers]
			info.Response = &edxl.Response{Preceding: prev.element(x.Of), Type: edxl.Accept}
			info.Assignment.Price = &edxl.Price{Measured: &edxl.Measured{Amount: float64(x.Price) / 100, Unit: &edxl.ValueList{URN: urnCurrency, Values: []string{"CNY"}}}}
		}
		lines = append(lines, info)
	case edxl.OfferUnsolicited:
		x := l.Lines[0]
		prev = nil
		lines = append(lines, edxl.ResourceInfo{ID: l.ID, Resource: &edxl.Resource{Name: x.Item, Type: &edxl.ValueList{URN: urnItem, Values: []string{x.Item}}},
			Assignment: &edxl.Assignment{Quantity: quantity(x.Quantity, x.Unit)}})
	case edxl.RequestStatus:
		loan := t.Loans[l.Lines[0].Of]
		if loan == nil {
			return
		}
		prev, lines = t.commits[loan.ID], append(lines, t.line(loan, nil))
	}
	m, fresh := t.say(c, l.Sender, kind, prev, l, lines...)
	if t.letters[l.ID] = m; !fresh {
		return
	}
	if kind == edxl.OfferUnsolicited {
		m.Originating = m.ID // it begins a thread of its own
	} else if len(lines) > 0 {
		m.names(of...)
	}
	m.Description = l.Text
}

// when adds a moment, where it is known.
func (t *thread) when(s []edxl.Schedule, typ edxl.ScheduleType, at *time.Time) []edxl.Schedule {
	if at == nil {
		return s
	}
	return append(s, edxl.Schedule{Type: typ, At: at.In(t.Zone).Truncate(time.Second)})
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
		return &edxl.Resource{Name: l.Capability, Type: &edxl.ValueList{URN: urnCapability, Values: []string{l.Capability}}}
	}
	return &edxl.Resource{Name: l.Item, Type: &edxl.ValueList{URN: urnItem, Values: []string{l.Item}}}
}

// words is a keyword of a list of this program's own; none for "".
func words(urn, word string) []edxl.ValueList {
	if word == "" {
		return nil
	}
	return []edxl.ValueList{{URN: urn, Values: []string{word}}}
}

func quantity(n int, unit string) *edxl.Quantity {
	m := &edxl.Measured{Amount: float64(n)}
	if unit != "" {
		m.Unit = &edxl.ValueList{URN: urnUnit, Values: []string{unit}}
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
