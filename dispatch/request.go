package dispatch

import (
	"slices"
	"time"
)

// Request (支援请求) asks other agencies for teams, items or supplies for an
// incident. Its lines say what; its ring says who may see it and answer.
type Request struct {
	Head
	Number   string       `json:"number" doc:"per realm and local day: Q20261127-0001"`
	Incident string       `json:"incident"`
	State    RequestState `json:"state" enum:"draft,submitted,returned,open,closed,cancelled,expired"`
	Title    string       `json:"title"`
	Text     string       `json:"text,omitempty"`
	Priority int          `json:"priority" doc:"1 life at risk now … 3 can wait"`
	Lines    []Line       `json:"lines" doc:"1 to 20"`
	ReportTo Place        `json:"report_to" doc:"where to report on arrival"`
	Contact  string       `json:"contact,omitempty" doc:"whom to report to, with telephone or channel"`
	// To names agencies that it is addressed to, wherever they are.
	To []string `json:"to,omitempty" doc:"agencies, at most 20"`
	// Ring is how far the request reaches now, Rings how it came there.
	Ring  Ring         `json:"ring,omitempty" enum:"own,county,city,partners,range,province"`
	Rings []RingPassed `json:"rings,omitempty"`
	// Range is how far the ring of that name reaches around the place.
	Range int `json:"range,omitempty" doc:"km"`
	// WidenDue is when it reaches further by itself, while anything is missing.
	WidenDue *time.Time `json:"widen_due,omitempty"`
	// Until is when the request runs out.
	Until *time.Time `json:"until,omitempty"`
	// Back is until when the help is wanted, as far as that is known.
	Back   *time.Time             `json:"back,omitempty"`
	Reason string                 `json:"reason,omitempty" doc:"why it was returned or cancelled"`
	Stamps map[RequestState]Stamp `json:"stamps,omitempty"`
}

// Line is one thing asked for, in a number or quantity.
type Line struct {
	ID string `json:"id" doc:"1, 2, 3 … within the request"`
	// Capability asks for teams, Item for equipment or supplies: one of the two.
	Capability string     `json:"capability,omitempty" doc:"capability code"`
	Item       string     `json:"item,omitempty" doc:"type of equipment or supply"`
	Unit       string     `json:"unit" doc:"支, 件, 套, 升 …"`
	Min        int        `json:"min" doc:"what helps at all"`
	Max        int        `json:"max" doc:"what is asked for: no more can be ordered"`
	NeededBy   *time.Time `json:"needed_by,omitempty"`
	Text       string     `json:"text,omitempty"`
	// What has become of it, derived: offered >= ordered >= committed >= moving
	// >= arrived, each holding what came after it. What went home stays counted.
	Offered   int `json:"offered,omitempty"`
	Ordered   int `json:"ordered,omitempty"`
	Committed int `json:"committed,omitempty"`
	Moving    int `json:"moving,omitempty"`
	Arrived   int `json:"arrived,omitempty"`
}

// Missing is what is still to be committed.
func (l Line) Missing() int { return max(l.Max-l.Committed, 0) }

// RequestState is where a request is.
type RequestState string

// The states of a request.
const (
	RequestDraft     RequestState = "draft"     // 草稿
	RequestSubmitted RequestState = "submitted" // 待批
	RequestReturned  RequestState = "returned"  // 退回
	RequestOpen      RequestState = "open"      // 征集中
	RequestClosed    RequestState = "closed"    // 已满足
	RequestCancelled RequestState = "cancelled" // 取消
	RequestExpired   RequestState = "expired"   // 逾期
)

// requestMoves is every legal move of a request.
var requestMoves = map[RequestState][]RequestState{
	RequestDraft:     {RequestSubmitted, RequestOpen, RequestCancelled},
	RequestSubmitted: {RequestOpen, RequestReturned, RequestCancelled},
	RequestReturned:  {RequestSubmitted, RequestOpen, RequestCancelled},
	RequestOpen:      {RequestClosed, RequestCancelled, RequestExpired},
	RequestClosed:    {},
	RequestCancelled: {},
	RequestExpired:   {RequestOpen, RequestClosed, RequestCancelled},
}

// Ended tells whether nothing more can be offered for the request.
func (s RequestState) Ended() bool {
	return s == RequestClosed || s == RequestCancelled
}

// Ring is how far a request reaches. The rings widen around the place of the
// incident: the county that it lies in, its city, those with whom the requester
// has an agreement wherever they are, those who are near whatever division they
// belong to, the province. Each holds the ones before it.
type Ring string

// The rings, from the nearest.
const (
	RingOwn      Ring = "own"      // 本单位
	RingCounty   Ring = "county"   // 本县（市、区）
	RingCity     Ring = "city"     // 本市
	RingPartners Ring = "partners" // 协议单位
	RingRange    Ring = "range"    // 周边范围
	RingProvince Ring = "province" // 本省
)

// Rings lists the rings from the nearest.
var Rings = []Ring{RingOwn, RingCounty, RingCity, RingPartners, RingRange, RingProvince}

// RingPassed is one step of a request's reach.
type RingPassed struct {
	Ring Ring      `json:"ring"`
	At   time.Time `json:"at"`
	By   string    `json:"by,omitempty" doc:"empty: by itself"`
	// Waited is how long the request had waited in the ring before it.
	Waited int `json:"waited,omitempty" doc:"seconds"`
	// Agencies is how many more the step reached, of partners and range.
	Agencies int `json:"agencies,omitempty"`
}

// named rings reach agencies one by one, by shares; the others a whole division.
func (r Ring) named() bool { return r == RingPartners || r == RingRange }

// holds tells whether the ring reaches as far as the other.
func (r Ring) holds(o Ring) bool { return r != "" && slices.Index(Rings, r) >= slices.Index(Rings, o) }

// reach is the division that the ring covers around a place; "" for none.
func (r Ring) reach(area string) string {
	digits := map[Ring]int{RingCounty: 6, RingCity: 4, RingPartners: 4, RingRange: 4, RingProvince: 2}[r]
	if len(area) < digits {
		return area
	}
	return area[:digits]
}

// wider is the next ring; "" after the last.
func (r Ring) wider() Ring {
	for i, x := range Rings {
		if x == r && i+1 < len(Rings) {
			return Rings[i+1]
		}
	}
	return ""
}

const (
	mostQuantity = 1_000_000
	mostRange    = 500 // km
)

func (r *Request) check() error {
	switch {
	case len(r.Lines) < 1 || len(r.Lines) > 20:
		return invalid("lines", len(r.Lines), "请求应有 1 至 20 行", "a request has 1 to 20 lines")
	case r.Priority < 1 || r.Priority > 3:
		return invalid("priority", r.Priority, "优先级应为 1 至 3", "the priority is 1 (most urgent) to 3", "1", "2", "3")
	}
	for n, l := range r.Lines {
		if err := l.check(field("lines", n)); err != nil {
			return err
		}
	}
	return firstError(checkText("title", r.Title, 1, 120), checkText("text", r.Text, 0, 1000), checkText("contact", r.Contact, 0, 120),
		checkText("reason", r.Reason, 0, 300), r.ReportTo.check("report_to"))
}

func (l Line) check(name string) error {
	switch {
	case (l.Capability == "") == (l.Item == ""):
		return invalid(name+".capability", l.Capability, "每行写明一种能力或一种装备、物资", "a line asks for a capability or for an item, one of the two")
	case l.Max < 1 || l.Max > mostQuantity:
		return invalid(name+".max", l.Max, "数量应为 1 至一百万", "the quantity is 1 to 1,000,000", "1 to 1000000")
	case l.Min < 1 || l.Min > l.Max:
		return invalid(name+".min", l.Min, "最少数量应为 1 至所需数量", "the least is 1 to what is asked for", "1 to max")
	}
	return firstError(checkText(name+".unit", l.Unit, 1, 10), checkText(name+".text", l.Text, 0, 60),
		checkText(name+".capability", l.Capability, 0, 40), checkText(name+".item", l.Item, 0, 40))
}

// line finds a line; nil when there is none.
func (r *Request) line(id string) *Line {
	for n := range r.Lines {
		if r.Lines[n].ID == id {
			return &r.Lines[n]
		}
	}
	return nil
}

func (r *Request) redacted() Record {
	c := *r
	c.Contact, c.Scope, c.Stamps = "", r.Scope.public(), unsigned(r.Stamps)
	return &c
}

// Offer (响应) is what one agency answers to one line of a request.
type Offer struct {
	Head
	Request  string     `json:"request"`
	Line     string     `json:"line"`
	Incident string     `json:"incident"`
	Type     OfferType  `json:"type" enum:"accept,provisional,decline"`
	State    OfferState `json:"state" enum:"made,ordered,committed,declined,refused,withdrawn,cancelled"`
	Quantity int        `json:"quantity,omitempty"`
	// Conditions bind a provisional offer (待定): it becomes real when they are
	// met, which ordering accepts.
	Conditions string     `json:"conditions,omitempty"`
	Ready      *time.Time `json:"ready,omitempty" doc:"when it could set out"`
	Back       *time.Time `json:"back,omitempty" doc:"until when it can stay"`
	Text       string     `json:"text,omitempty"`
	Ordered    int        `json:"ordered,omitempty"`
	Committed  int        `json:"committed,omitempty"`
	Reason     string     `json:"reason,omitempty" doc:"why it was declined, withdrawn or cancelled"`
	// Stamps holds when each state was first reached. Write-once.
	Stamps map[OfferState]Stamp `json:"stamps,omitempty"`
}

// OfferType is how the agency answers (EDXL-RM 1.0, ResponseType).
type OfferType string

// The types of answer.
const (
	OfferAccept      OfferType = "accept"      // 同意
	OfferProvisional OfferType = "provisional" // 有条件同意
	OfferDecline     OfferType = "decline"     // 无法支援
)

// OfferTypes lists the types.
var OfferTypes = []OfferType{OfferAccept, OfferProvisional, OfferDecline}

// OfferState is where an offer is.
type OfferState string

// The states of an offer.
const (
	OfferMade      OfferState = "made"      // 已响应
	OfferOrdered   OfferState = "ordered"   // 已订
	OfferCommitted OfferState = "committed" // 已承诺
	OfferDeclined  OfferState = "declined"  // 无法支援
	OfferRefused   OfferState = "refused"   // 拒绝订单
	OfferWithdrawn OfferState = "withdrawn" // 撤回
	OfferCancelled OfferState = "cancelled" // 取消
)

// offerMoves is every legal move of an offer.
var offerMoves = map[OfferState][]OfferState{
	OfferMade:      {OfferOrdered, OfferWithdrawn, OfferCancelled},
	OfferOrdered:   {OfferCommitted, OfferRefused, OfferCancelled},
	OfferCommitted: {},
	OfferDeclined:  {}, OfferRefused: {}, OfferWithdrawn: {}, OfferCancelled: {},
}

// Standing tells whether the offer can still be ordered or committed.
func (o *Offer) Standing() bool { return o.State == OfferMade || o.State == OfferOrdered }

func (o *Offer) check() error {
	if !oneOf(o.Type, OfferTypes) {
		return invalid("type", o.Type, "未知的响应类型", "unknown type of answer", words(OfferTypes)...)
	}
	if o.Type == OfferProvisional && o.Conditions == "" {
		return invalid("conditions", "", "有条件同意须写明条件", "a provisional offer names its conditions")
	}
	return firstError(checkText("conditions", o.Conditions, 0, 300), checkText("text", o.Text, 0, 300), checkText("reason", o.Reason, 0, 300),
		checkRange("quantity", o.Quantity, 0, mostQuantity))
}

func (o *Offer) redacted() Record {
	c := *o
	c.Scope, c.Stamps, c.Text, c.Reason = o.Scope.public(), unsigned(o.Stamps), "", ""
	return &c
}
