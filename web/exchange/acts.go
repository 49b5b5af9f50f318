package exchange

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"liandong/dispatch"
	"liandong/geo"
	"liandong/web/edxl"
)

// Where the values of an act stand in a line of the message.
var (
	pathQuantity = "AssignmentInformation/Quantity"
	offerPaths   = map[string]string{"quantity": pathQuantity, "line": "ResponseInformation/PrecedingResourceInfoElementID", "conditions": "ResponseInformation/ResponseReason",
		"reason": "ResponseInformation/ResponseReason", "type": "ResponseInformation/ResponseType", "ready": "ScheduleInformation", "back": "ScheduleInformation", "text": "ResponseInformation/ResponseReason"}
	loanPaths = map[string]string{"event_time": "ScheduleInformation/DateTime", "eta": "ScheduleInformation/DateTime", "until": "ScheduleInformation/DateTime",
		"returned": pathQuantity, "condition": "Resource/Keyword", "reason": "ResponseInformation/ResponseReason"}
)

// requests reads a request from abroad: it is raised on behalf of who asks, for an
// incident of theirs, and addressed to the agency that it came to.
func (r *reading) requests() error {
	title, text, _ := strings.Cut(r.Description, "\n")
	var incident edxl.Incident
	if len(r.Incidents) > 0 {
		incident = r.Incidents[0]
	}
	in := &dispatch.RequestRaise{To: []string{r.To}, Title: cut(firstOf(title, incident.Description, "外部支援请求"), 120), Text: cut(text, 1000), Contact: r.contact(edxl.Requester), Incident: r.Incident}
	asks, err := r.asked()
	if err != nil {
		return err
	}
	in.Lines, in.Priority = asks, r.priority()
	if back := r.moment(edxl.EstimatedReturnDeparture); back != nil && back.After(r.Now) {
		in.Back = back
	}
	reportTo := r.reportTo()
	in.ReportTo = &reportTo
	if r.Incident == "" {
		in.Open = &dispatch.IncidentOpen{Type: "12Y00", Title: cut(firstOf(incident.Description, title, "外部事件"), 60), Place: reportTo, Area: r.Sender.Scope.Area, Verified: true,
			Number: Number(r.Sender, incident.ID), Description: cut(firstOf("外部系统事件 "+incident.ID), 300)}
	}
	fields := map[string]string{"title": "MessageDescription", "text": "MessageDescription", "contact": "ContactInformation/ContactDescription"}
	for i := range r.Resources {
		for name, path := range map[string]string{"unit": pathQuantity + "/MeasuredQuantity/UnitOfMeasure", "max": pathQuantity, "min": "AssignmentInformation/Restrictions",
			"capability": "Resource/TypeStructure", "item": "Resource/TypeStructure", "text": "Resource/Description"} {
			fields[fmt.Sprintf("lines[%d].%s", i, name)] = r.at(i) + "/" + path
		}
		r.out.Letter.Lines = append(r.out.Letter.Lines, dispatch.LetterLine{ID: r.Resources[i].ID, Of: strconv.Itoa(i + 1)})
	}
	r.act(-1, "request.raise", in, "", fields)
	return nil
}

// Number is the number of a foreign incident here: its own behind its region's
// name, so that it is found again and no number of ours is in its way.
func Number(sender *dispatch.Agency, id string) string {
	if id == "" {
		return ""
	}
	name := sender.Short
	if name == "" {
		name = sender.Name
	}
	return cut(cut(name, 12)+"-"+id, 40)
}

// updates reads the request once more: its numbers, lines that follow, and
// whether it still looks for anything.
func (r *reading) updates() error {
	asks, err := r.asked()
	if err != nil {
		return err
	}
	lines := make([]dispatch.LineAsk, len(r.Request.Lines))
	for n, l := range r.Request.Lines {
		lines[n] = dispatch.LineAsk{Capability: l.Capability, Item: l.Item, Unit: l.Unit, Min: l.Min, Max: l.Max, NeededBy: l.NeededBy, Text: l.Text}
	}
	first := r.prev
	closed := false
	for i, x := range r.Resources {
		of := first.Names[x.ID]
		n := slices.IndexFunc(r.Request.Lines, func(l dispatch.Line) bool { return l.ID == of })
		if n < 0 {
			lines, of = append(lines, asks[i]), strconv.Itoa(len(lines)+1)
		} else {
			lines[n] = asks[i]
		}
		r.out.Letter.Lines = append(r.out.Letter.Lines, dispatch.LetterLine{ID: x.ID, Of: of})
		closed = closed || keyword(x, urnRequest) == string(dispatch.RequestClosed)
	}
	if closed {
		r.act(-1, "request.close", &dispatch.RequestMove{Request: r.Request.ID}, "", nil)
		return nil
	}
	fields := map[string]string{"title": "MessageDescription", "text": "MessageDescription"}
	for i := range r.Resources {
		fields[fmt.Sprintf("lines[%d]", i)] = r.at(i) + "/Resource"
		fields[fmt.Sprintf("lines[%d].max", i)] = r.at(i) + "/" + pathQuantity
		fields[fmt.Sprintf("lines[%d].min", i)] = r.at(i) + "/AssignmentInformation/Restrictions"
	}
	edit := &dispatch.RequestEdit{Request: r.Request.ID, Lines: &lines}
	title, text, _ := strings.Cut(r.Description, "\n")
	if title = firstOf(title); title != "" {
		title = cut(title, 120)
		text = cut(text, 1000)
		edit.Title, edit.Text = &title, &text
	}
	if p := r.priority(); p > 0 {
		edit.Priority = &p
	}
	place := r.reportTo()
	edit.ReportTo = &place
	if back := r.moment(edxl.EstimatedReturnDeparture); back != nil && back.After(r.Now) {
		edit.Back = back
	}
	if contact := r.contact(edxl.Requester); contact != "" {
		edit.Contact = &contact
	}
	r.act(-1, "request.edit", edit, "", fields)
	return nil
}

var atLeast = regexp.MustCompile(`^at least (\d{1,7})$`)

// asked are the lines of a request.
func (r *reading) asked() ([]dispatch.LineAsk, error) {
	var out []dispatch.LineAsk
	err := r.lines(func(i int, x edxl.ResourceInfo) error {
		a := dispatch.LineAsk{Text: cut(x.Resource.Description, 60)}
		var err error
		if a.Capability, a.Item, err = r.kind(i, x.Resource); err != nil {
			return err
		}
		if a.Max, a.Unit, err = r.amount(i, x, ""); err != nil {
			return err
		}
		if a.Capability != "" && a.Unit == "件" {
			a.Unit = ""
		}
		if x.Assignment != nil {
			if m := atLeast.FindStringSubmatch(strings.TrimSpace(x.Assignment.Restrictions)); m != nil {
				a.Min, _ = strconv.Atoi(m[1]) // seven digits
			} else {
				a.Text = cut(firstOf(a.Text+" "+x.Assignment.Restrictions), 60)
			}
		}
		if a.Min == 0 && atLeast.FindString(restrictions(x)) == "" {
			a.Min = a.Max
		}
		a.NeededBy = schedule(x, edxl.RequestedArrival)
		out = append(out, a)
		return nil
	})
	return out, err
}

func restrictions(x edxl.ResourceInfo) string {
	if x.Assignment == nil {
		return ""
	}
	return strings.TrimSpace(x.Assignment.Restrictions)
}

// offers reads an answer to a line of our request.
func (r *reading) offers(i int, x edxl.ResourceInfo) error {
	l := line(r.Request, r.prev.Names[x.Response.Preceding])
	if l.ID == "" {
		return r.wrong(r.at(i)+"/ResponseInformation/PrecedingResourceInfoElementID", x.Response.Preceding, "请求中没有此编号的资源", "the request has no line of this ID")
	}
	in := &dispatch.OfferMake{Request: r.Request.ID, Line: l.ID, Agency: r.Sender.ID, Type: dispatch.OfferAccept, Text: cut(x.Response.Reason, 300)}
	reason := x.Response.Reason
	if c := x.Response.ReasonCode; c != nil && reason == "" {
		reason = strings.Join(c.Values, " ")
	}
	switch x.Response.Type {
	case edxl.Decline:
		in.Type, in.Reason, in.Text = dispatch.OfferDecline, cut(reason, 300), ""
		r.act(i, "offer.make", in, "", offerPaths)
		return nil
	case edxl.Provisional:
		in.Type, in.Conditions, in.Text = dispatch.OfferProvisional, cut(reason, 300), ""
		if x.Resource != nil {
			in.Text = cut(x.Resource.Description, 300)
		}
	}
	var err error
	if in.Quantity, _, err = r.amount(i, x, l.Unit); err != nil {
		return err
	}
	in.Ready, in.Back = schedule(x, edxl.BeginAvailable), schedule(x, edxl.EndAvailable)
	if in.Ready != nil && !in.Ready.After(r.Now) {
		in.Ready = nil // it could set out already
	}
	r.act(i, "offer.make", in, "", offerPaths)
	return nil
}

// orders reads an order for what we offered.
func (r *reading) orders(i int, x edxl.ResourceInfo) error {
	o, err := r.offer(i, x)
	if err != nil {
		return err
	}
	n, _, err := r.amount(i, x, line(r.Request, o.Line).Unit)
	if err != nil {
		return err
	}
	r.act(i, "offer.order", &dispatch.OfferOrder{Offer: o.ID, Quantity: n}, o.ID, map[string]string{"quantity": pathQuantity})
	return nil
}

// commits reads what the other side lends: offer by offer, all of it or none.
func (r *reading) commits() error {
	byOffer := map[string]int{} // the act of the offer
	return r.lines(func(i int, x edxl.ResourceInfo) error {
		o, err := r.offer(i, x)
		if err != nil {
			return err
		}
		if x.Response.Type != edxl.Accept {
			r.act(i, "offer.refuse", &dispatch.OfferMove{Offer: o.ID, Reason: firstOf(x.Response.Reason, "对方拒绝订单")}, o.ID, offerPaths)
			return nil
		}
		l := line(r.Request, o.Line)
		n, _, err := r.amount(i, x, l.Unit)
		if err != nil {
			return err
		}
		b := dispatch.Brought{Type: broughtAs(l, x, n), Name: cut(nameOf(x, l), 80), Quantity: n}
		if b.Type != dispatch.KindStock && n != 1 {
			return r.wrong(r.at(i)+"/"+pathQuantity, n, "队伍和装备请逐项写明", "teams and items are named one by one", "1")
		}
		eta := schedule(x, edxl.EstimatedArrival)
		if eta != nil && !eta.After(r.Now) {
			eta = nil
		}
		if k, ok := byOffer[o.ID]; ok {
			a := &r.out.Acts[k]
			in := a.Input.(*dispatch.OfferCommit)
			in.Bring = append(in.Bring, b)
			if in.ETA == nil {
				in.ETA = eta
			}
			a.Elements = append(a.Elements, x.ID)
			r.note(i, "")
			return nil
		}
		byOffer[o.ID] = len(r.out.Acts)
		r.act(i, "offer.commit", &dispatch.OfferCommit{Offer: o.ID, Bring: []dispatch.Brought{b}, ETA: eta}, "", map[string]string{"quantity": pathQuantity, "eta": "ScheduleInformation/DateTime"})
		return nil
	})
}

// broughtAs says what a resource from abroad is here.
func broughtAs(l dispatch.Line, x edxl.ResourceInfo, n int) dispatch.Kind {
	if x.Resource != nil {
		if k, _, ok := strings.Cut(x.Resource.ID, "/"); ok && l.Item != "" && (k == string(dispatch.KindEquipment) || k == string(dispatch.KindStock)) {
			return dispatch.Kind(k)
		}
	}
	switch {
	case l.Capability != "":
		return dispatch.KindTeam
	case n == 1:
		return dispatch.KindEquipment
	}
	return dispatch.KindStock
}

func nameOf(x edxl.ResourceInfo, l dispatch.Line) string {
	if x.Resource != nil {
		return firstOf(x.Resource.Name, x.Resource.ID, l.Item, l.Capability)
	}
	return firstOf(l.Item, l.Capability)
}

// reports reads how a loan stands.
func (r *reading) reports(i int, x edxl.ResourceInfo) error {
	l, err := r.loan(i, x)
	if err != nil {
		return err
	}
	to, at := r.reached(x, l)
	if to == "" || to == l.State {
		r.note(i, l.ID)
		return nil
	}
	if at != nil && at.After(r.Now.Add(time.Minute)) {
		return r.wrong(r.at(i)+"/ScheduleInformation/DateTime", *at, "时间晚于当前时间，请核对双方时钟", "lies in the future: one of the two clocks is wrong", "a time not later than "+r.Now.Format(time.RFC3339))
	}
	in := &dispatch.LoanAdvance{Loan: l.ID, From: l.State, To: to, EventTime: at}
	if eta := schedule(x, edxl.EstimatedArrival); eta != nil && eta.After(r.Now) && to != dispatch.LoanOnLoan {
		in.ETA = eta
	}
	if c := dispatch.Condition(keyword(x, urnCondition)); c != "" && l.Resource.Kind == dispatch.KindEquipment {
		in.Condition = c
	}
	if to == dispatch.LoanReturned && l.Resource.Kind == dispatch.KindStock {
		in.Returned = l.Quantity
		if x.Assignment != nil && x.Assignment.Quantity != nil {
			if in.Returned, _, err = r.amountFrom(i, x, l.Unit, 0); err != nil {
				return err
			}
		}
	}
	r.act(i, "loan.advance", in, l.ID, loanPaths)
	if to == dispatch.LoanReturned && l.Resource.Kind == dispatch.KindTeam {
		// It is at home, and no team that stands ready here.
		r.out.Acts = append(r.out.Acts, dispatch.Act{Command: "team.duty", Input: &dispatch.TeamDuty{Team: l.Resource.ID, Duty: dispatch.DutyOff}, At: r.root + "/" + r.at(i)})
	}
	return nil
}

// reached is the state that the report tells of, and when that was: by the word of
// this program's own list, else by the moments. Each side tells of its own moves.
func (r *reading) reached(x edxl.ResourceInfo, l *dispatch.Loan) (dispatch.LoanState, *time.Time) {
	states := []dispatch.LoanState{dispatch.LoanReturned, dispatch.LoanInTransit, dispatch.LoanMobilising}
	if l.Receiver == r.Sender.ID {
		states = []dispatch.LoanState{dispatch.LoanOnLoan}
	}
	said := ""
	if x.Resource != nil && x.Resource.Status != nil {
		if d := x.Resource.Status.Deployment; d != nil && d.URN == urnState && len(d.Values) > 0 {
			said = d.Values[0]
		}
	}
	for _, s := range states {
		at := schedule(x, moments[s])
		if said == string(s) || said == "" && at != nil {
			return s, at
		}
	}
	return "", nil
}

// releases reads that the receiver lets a loan go, or wants it no more before it
// arrived.
func (r *reading) releases(i int, x edxl.ResourceInfo) error {
	l, err := r.loan(i, x)
	if err != nil {
		return err
	}
	if l.State == dispatch.LoanOnLoan || !l.Open() {
		r.act(i, "loan.advance", &dispatch.LoanAdvance{Loan: l.ID, From: l.State, To: dispatch.LoanReleasing, Reason: cut(r.Description, 300)}, l.ID, loanPaths)
		return nil
	}
	r.act(i, "loan.cancel", &dispatch.LoanEnd{Loan: l.ID, Reason: firstOf(r.Description, "对方不再需要")}, l.ID, loanPaths)
	return nil
}

// asks reads a question for more time, or to have it back.
func (r *reading) asks(i int, x edxl.ResourceInfo) error {
	l, err := r.loan(i, x)
	if err != nil {
		return err
	}
	in := &dispatch.LoanAsk{Loan: l.ID, Type: dispatch.AskRecall, Reason: firstOf(r.Description, "对方请求归还")}
	if r.Kind == edxl.RequestExtension {
		in.Type, in.Until, in.Reason = dispatch.AskExtend, schedule(x, edxl.EstimatedReturnDeparture, edxl.RequestedReturnDeparture, edxl.EndAvailable), firstOf(r.Description, "对方请求续借")
		if in.Until == nil {
			return r.wrong(r.at(i)+"/ScheduleInformation", "", "请写明续借至何时（EstimatedReturnDeparture）", "until when is missing", string(edxl.EstimatedReturnDeparture))
		}
	}
	r.act(i, "loan.ask", in, l.ID, loanPaths)
	return nil
}

// responds reads the answer to what we asked about a loan.
func (r *reading) responds(i int, x edxl.ResourceInfo) error {
	l, err := r.loan(i, x)
	if err != nil {
		return err
	}
	want := dispatch.AskRecall
	if r.Kind == edxl.ResponseToExtension {
		want = dispatch.AskExtend
	}
	if l.Ask == nil || l.Ask.Type != want {
		return r.wrong("PrecedingMessageID", r.Preceding, "此询问已答复或已撤销", "what it answers is asked no more")
	}
	in := &dispatch.LoanAnswer{Loan: l.ID, Agree: x.Response.Type == edxl.Accept, Reason: firstOf(x.Response.Reason)}
	switch {
	case x.Response.Type == edxl.Provisional:
		r.note(i, l.ID) // neither yes nor no: the question stays open
		return nil
	case !in.Agree && in.Reason == "":
		in.Reason = "对方不同意"
	case in.Agree && want == dispatch.AskExtend:
		in.Until = schedule(x, edxl.EstimatedReturnDeparture)
	}
	r.act(i, "loan.answer", in, l.ID, loanPaths)
	return nil
}

// contact is the contact of the role, in words.
func (r *reading) contact(role edxl.ContactRole) string {
	for _, c := range r.Contacts {
		if c.Role == role {
			return cut(c.Description, 120)
		}
	}
	return ""
}

func (r *reading) priority() int {
	for _, x := range r.Resources {
		if n, err := strconv.Atoi(keyword(x, urnPriority)); err == nil && n >= 1 && n <= 3 {
			return n
		}
	}
	return 0
}

func (r *reading) moment(typ edxl.ScheduleType) *time.Time {
	for _, x := range r.Resources {
		if at := schedule(x, typ); at != nil {
			return at
		}
	}
	return nil
}

// reportTo is the place where the resources report.
func (r *reading) reportTo() dispatch.Place {
	for _, x := range r.Resources {
		for _, s := range x.Schedule {
			if s.Type != edxl.ReportTo || s.Location == nil {
				continue
			}
			p := dispatch.Place{Text: cut(s.Location.Description, 100), Source: "edxl"}
			if a := s.Location.Area; a != nil && a.Point != nil {
				at := geo.Point(a.Point.At)
				p.Point = &at
			}
			if p.Text == "—" {
				p.Text = ""
			}
			return p
		}
	}
	return dispatch.Place{}
}

// schedule is the time of the first of the moments that the line tells.
func schedule(x edxl.ResourceInfo, types ...edxl.ScheduleType) *time.Time {
	for _, typ := range types {
		for _, s := range x.Schedule {
			if s.Type == typ && !s.At.IsZero() {
				at := s.At.UTC()
				return &at
			}
		}
	}
	return nil
}

// keyword is the word of one of this program's own lists; "" where there is none.
func keyword(x edxl.ResourceInfo, urn string) string {
	if x.Resource != nil {
		for _, k := range x.Resource.Keywords {
			if k.URN == urn && len(k.Values) > 0 {
				return k.Values[0]
			}
		}
	}
	return ""
}
