package dispatch

import "time"

// RequestRaise asks for help for an incident. Unless it is a draft it is
// submitted; a duty chief's own is approved with it.
type RequestRaise struct {
	Incident string `json:"incident"`
	// Open opens an incident with the request, in place of one that is there.
	Open *IncidentOpen `json:"open,omitempty"`
	// To names agencies that it is addressed to, wherever they are: it then reaches
	// nobody else until it is widened.
	To       []string   `json:"to,omitempty" doc:"agencies, at most 20"`
	Title    string     `json:"title,omitempty" doc:"made from the incident when left out"`
	Text     string     `json:"text,omitempty"`
	Priority int        `json:"priority,omitempty" doc:"1 … 3; the incident's when left out"`
	Lines    []LineAsk  `json:"lines" doc:"1 to 20"`
	ReportTo *Place     `json:"report_to,omitempty" doc:"the incident's place when left out"`
	Contact  string     `json:"contact,omitempty" doc:"whom to report to, with telephone or channel"`
	Until    *time.Time `json:"until,omitempty" doc:"when the request runs out"`
	Back     *time.Time `json:"back,omitempty" doc:"until when the help is wanted"`
	Draft    bool       `json:"draft,omitempty" doc:"keep it to oneself for now"`
}

// LineAsk is one line of a request as it is asked.
type LineAsk struct {
	Capability string     `json:"capability,omitempty" doc:"capability code; or"`
	Item       string     `json:"item,omitempty" doc:"type of equipment or supply"`
	Unit       string     `json:"unit,omitempty" doc:"支 for teams and 件 for items when left out"`
	Min        int        `json:"min,omitempty" doc:"1 when left out"`
	Max        int        `json:"max"`
	NeededBy   *time.Time `json:"needed_by,omitempty"`
	Text       string     `json:"text,omitempty"`
}

// RequestEdit changes the fields that are given. Of an open request the lines
// stay, in their order: their numbers may change down to what is ordered, and
// more may follow them.
type RequestEdit struct {
	Expect
	Request  string     `json:"request"`
	Title    *string    `json:"title,omitempty"`
	Text     *string    `json:"text,omitempty"`
	Priority *int       `json:"priority,omitempty"`
	Lines    *[]LineAsk `json:"lines,omitempty"`
	ReportTo *Place     `json:"report_to,omitempty"`
	Contact  *string    `json:"contact,omitempty"`
	Until    *time.Time `json:"until,omitempty"`
	Back     *time.Time `json:"back,omitempty"`
}

// RequestMove names a request, with the reason where one is needed.
type RequestMove struct {
	Expect
	Request string `json:"request"`
	Reason  string `json:"reason,omitempty"`
}

// RequestWiden lets a request reach further at once.
type RequestWiden struct {
	Request string `json:"request"`
	Ring    Ring   `json:"ring,omitempty" enum:"own,county,city,partners,range,province" doc:"the next in which somebody more is found when left out"`
	Range   int    `json:"range,omitempty" doc:"km around where help reports, for the ring range and wider; 1 to 500, the house's when left out"`
}

// RequestAddress addresses a request to an agency.
type RequestAddress struct {
	Request string `json:"request"`
	Agency  string `json:"agency"`
}

// OfferMake answers a line of a request.
type OfferMake struct {
	Request    string     `json:"request"`
	Line       string     `json:"line"`
	Agency     string     `json:"agency,omitempty" doc:"who offers; the own agency when left out"`
	Type       OfferType  `json:"type" enum:"accept,provisional,decline"`
	Quantity   int        `json:"quantity,omitempty"`
	Conditions string     `json:"conditions,omitempty" doc:"of a provisional offer"`
	Ready      *time.Time `json:"ready,omitempty"`
	Back       *time.Time `json:"back,omitempty"`
	Text       string     `json:"text,omitempty"`
	Reason     string     `json:"reason,omitempty" doc:"of a decline"`
}

// OfferMove names an offer, with the reason.
type OfferMove struct {
	Expect
	Offer  string `json:"offer"`
	Reason string `json:"reason,omitempty"`
}

// OfferOrder orders what was offered, or a part of it.
type OfferOrder struct {
	Expect
	Offer    string `json:"offer"`
	Quantity int    `json:"quantity,omitempty" doc:"all that is offered when left out"`
}

// OfferCommit names what is lent: from then on it is the receiver's to use.
type OfferCommit struct {
	Expect
	Offer     string   `json:"offer"`
	Teams     []string `json:"teams,omitempty"`
	Equipment []string `json:"equipment,omitempty"`
	Stock     string   `json:"stock,omitempty"`
	Quantity  int      `json:"quantity,omitempty" doc:"of the stock"`
	// Bring names resources of a neighbouring region that are in no register here:
	// they are registered and lent at once.
	Bring []Brought  `json:"bring,omitempty" doc:"at most 50"`
	ETA   *time.Time `json:"eta,omitempty"`
}

// LoanAdvance moves a loan on.
type LoanAdvance struct {
	Loan string    `json:"loan"`
	From LoanState `json:"from" enum:"committed,mobilising,in_transit,on_loan,releasing"`
	To   LoanState `json:"to" enum:"mobilising,in_transit,on_loan,releasing,returned"`
	// ETA goes with mobilising and in_transit.
	ETA *time.Time `json:"eta,omitempty"`
	// Condition is that of an item at the handover and at the return; Returned
	// is what comes back of a supply.
	Condition Condition  `json:"condition,omitempty" enum:"ready,worn,broken,scrapped"`
	Returned  int        `json:"returned,omitempty"`
	Reason    string     `json:"reason,omitempty"`
	EventTime *time.Time `json:"event_time,omitempty"`
}

// LoanAsk asks the other side: for more time, or to have it back.
type LoanAsk struct {
	Loan   string     `json:"loan"`
	Type   AskType    `json:"type" enum:"extend,recall"`
	Until  *time.Time `json:"until,omitempty" doc:"of an extension"`
	Reason string     `json:"reason"`
}

// LoanAnswer answers what is asked.
type LoanAnswer struct {
	Loan   string     `json:"loan"`
	Agree  bool       `json:"agree"`
	Until  *time.Time `json:"until,omitempty" doc:"of an extension: until when, where it differs from what was asked"`
	Reason string     `json:"reason,omitempty" doc:"of a refusal"`
}

// LoanEnd cancels a loan that has not begun.
type LoanEnd struct {
	Loan   string `json:"loan"`
	Reason string `json:"reason"`
}
