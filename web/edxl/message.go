package edxl

import (
	"fmt"
	"reflect"
	"time"
)

// Message is one EDXL-RM message. Which parts must and which must not stand
// depends on its kind; Encode says what is missing. Each list holds at most
// MaxList, and a text that is empty is not sent.
type Message struct {
	Kind        Kind
	ID          string         `edxl:"rmsg:MessageID,must"`            // unique among all messages of all senders
	Sent        time.Time      `edxl:"rmsg:SentDateTime,must"`         // with its zone
	_           struct{}       `edxl:"rmsg:MessageContentType,kind"`   // written from Kind, compared with it
	Description string         `edxl:"rmsg:MessageDescription"`        // the question of a RequestInformation stands here
	Originating string         `edxl:"rmsg:OriginatingMessageID,must"` // first message of the thread; its own ID where it is the first
	Preceding   string         `edxl:"rmsg:PrecedingMessageID"`        // the message that this one follows
	Incidents   []Incident     `edxl:"rmsg:IncidentInformation"`
	Recall      *Recall        `edxl:"rmsg:MessageRecall"` // this message changes or takes back an earlier one
	Funding     []Fund         `edxl:"rmsg:Funding"`
	Contacts    []Contact      `edxl:"rmsg:ContactInformation,must"` // one at least
	Resources   []ResourceInfo `edxl:"rmsg:ResourceInformation"`
}

// Incident names what the resources are for. One of the two is there at least.
type Incident struct {
	ID          string `edxl:"rm:IncidentID"`
	Description string `edxl:"rm:IncidentDescription"`
}

// Recall says that the message takes the place of an earlier one, or takes it
// back.
type Recall struct {
	MessageID string     `edxl:"rm:RecallMessageID,must"`
	Type      RecallType `edxl:"rm:RecallType,must" legal:"Update Cancel"`
}

// RecallType is what becomes of the earlier message.
type RecallType string

// The ways of recalling.
const (
	RecallUpdate RecallType = "Update" // this message stands in its place
	RecallCancel RecallType = "Cancel" // it no longer holds
)

// Fund says who pays. One of the two is there at least.
type Fund struct {
	Code string `edxl:"rm:FundCode"`
	Info string `edxl:"rm:FundingInfo"`
}

// Contact is a person or an office. Description or Role is there at least.
type Contact struct {
	Description string      `edxl:"rm:ContactDescription"`
	Role        ContactRole `edxl:"rm:ContactRole" legal:"Sender Requester SubjectMatterExpert Approver RespondingOrg Owner"`
	Radios      []Radio     `edxl:"rm:Radio"`
	Location    *Location   `edxl:"rm:ContactLocation"`
	Party       *Party      `edxl:"rm:AdditionalContactInformation"`
}

// ContactRole is what a contact has to do with the message.
type ContactRole string

// The roles.
const (
	Sender              ContactRole = "Sender"
	Requester           ContactRole = "Requester"
	SubjectMatterExpert ContactRole = "SubjectMatterExpert"
	Approver            ContactRole = "Approver"
	RespondingOrg       ContactRole = "RespondingOrg"
	Owner               ContactRole = "Owner"
)

// Radio is a way to be called.
type Radio struct {
	Type    ValueList `edxl:"rm:RadioType,must"`
	Channel string    `edxl:"rm:RadioChannel,must"`
}

// ValueList is one or more words of a list that both sides know.
type ValueList struct {
	URN    string   `edxl:"rm:ValueListURN,must,uri"`
	Values []string `edxl:"rm:Value,must"`
}

// Location is a place: in words, as an address or drawn. One of the three is
// there at least.
type Location struct {
	Description string   `edxl:"rm:LocationDescription"`
	Address     *Address `edxl:"rm:Address"`
	Area        *Area    `edxl:"rm:TargetArea"`
}

// ResourceInfo is one line of the message: what is asked for, offered, ordered
// or told of, and the answer to such a line.
type ResourceInfo struct {
	ID         string      `edxl:"rmsg:ResourceInfoElementID,must"` // unique in the message
	Response   *Response   `edxl:"rmsg:ResponseInformation"`
	Resource   *Resource   `edxl:"rmsg:Resource"`
	Assignment *Assignment `edxl:"rmsg:AssignmentInformation"`
	Schedule   []Schedule  `edxl:"rmsg:ScheduleInformation"`
}

// Response answers one line of the preceding message.
type Response struct {
	Preceding  string       `edxl:"rm:PrecedingResourceInfoElementID,must"` // ID of that line
	Type       ResponseType `edxl:"rm:ResponseType,must" legal:"Accept Decline Provisional"`
	ReasonCode *ValueList   `edxl:"rm:ReasonCode"`     // this or Reason is there when Provisional
	Reason     string       `edxl:"rm:ResponseReason"` // in words
}

// ResponseType is the answer to one line.
type ResponseType string

// The answers.
const (
	Accept      ResponseType = "Accept"
	Decline     ResponseType = "Decline"
	Provisional ResponseType = "Provisional" // neither yet; the reason says what is missing
)

// Resource is a thing, a person or a team. ID, Name or Type is there at least.
type Resource struct {
	ID                  string      `edxl:"rmsg:ResourceID"`
	Name                string      `edxl:"rmsg:Name"`
	Type                *ValueList  `edxl:"rmsg:TypeStructure"`
	TypeInfo            *TypeInfo   `edxl:"rmsg:TypeInfo"`
	Keywords            []ValueList `edxl:"rmsg:Keyword"`
	Description         string      `edxl:"rmsg:Description"`
	Credentials         string      `edxl:"rmsg:Credentials"`
	Certifications      string      `edxl:"rmsg:Certifications"`
	SpecialRequirements string      `edxl:"rmsg:SpecialRequirements"`
	Responsible         *Contact    `edxl:"rmsg:ResponsibleParty"`
	Ownership           *Ownership  `edxl:"rmsg:OwnershipInformation"`
	Status              *Status     `edxl:"rmsg:ResourceStatus"`
}

// TypeInfo holds what a catalogue of resources says of the type, in XML of its
// own.
type TypeInfo struct {
	Elements []Element `edxl:"*,must"`
}

// Ownership says whose the resource is. Owner or Jurisdiction is there at
// least.
type Ownership struct {
	Owner        string `edxl:"rm:Owner"`
	Jurisdiction string `edxl:"rm:OwningJurisdiction"`
	HomeDispatch string `edxl:"rm:HomeDispatch"`
	HomeUnit     string `edxl:"rm:HomeUnit"`
}

// Status says how the resource stands.
type Status struct {
	Refreshed    time.Time  `edxl:"rmsg:InventoryRefreshDateTime"` // when the inventory was right
	Deployment   *ValueList `edxl:"rmsg:DeploymentStatus"`
	Availability string     `edxl:"rmsg:Availability"`
}

// Assignment says how much, for what and how.
type Assignment struct {
	Quantity     *Quantity     `edxl:"rmsg:Quantity"`
	Restrictions string        `edxl:"rmsg:Restrictions"`
	Function     string        `edxl:"rmsg:AnticipatedFunction"`
	Price        *Price        `edxl:"rmsg:PriceQuote"`
	OrderID      string        `edxl:"rmsg:OrderID"` // the supplier's number for the order
	Instructions *Instructions `edxl:"rmsg:AssignmentInstructions"`
}

// MaxQuantity and MaxPrice bound amounts: what is above is a slip of the
// finger, and an order for it would be worse than a refusal.
const (
	MaxQuantity = 1e9
	MaxPrice    = 1e12
)

// Quantity is how much: in words, one or more, or measured, not both.
type Quantity struct {
	Texts    []string  `edxl:"rm:QuantityText"`
	Measured *Measured `edxl:"rm:MeasuredQuantity"`
}

// Price is what it costs, in the form of a quantity; the unit is a currency, or
// one for some time.
type Price struct {
	Texts    []string  `edxl:"rm:QuantityText"`
	Measured *Measured `edxl:"rm:MeasuredQuantity"`
}

// Measured is a number of units; pieces where no unit is said.
type Measured struct {
	Amount float64    `edxl:"rm:Amount,must"` // not negative
	Unit   *ValueList `edxl:"rm:UnitOfMeasure"`
}

// Instructions say how the resource travels and whom it tells.
type Instructions struct {
	Transport  string `edxl:"rm:ModeOfTransportation"`
	Navigation string `edxl:"rm:NavigationInstructions"`
	Reporting  string `edxl:"rm:ReportingInstructions"`
}

// Schedule is one moment or place in the life of the loan.
type Schedule struct {
	Type     ScheduleType `edxl:"rmsg:ScheduleType,must"` // each kind of message has its own list
	At       time.Time    `edxl:"rmsg:DateTime"`          // with its zone; zero where no time is said
	Location *Location    `edxl:"rmsg:Location"`
}

// ScheduleType says which moment.
type ScheduleType string

// The moments.
const (
	RequestedArrival         ScheduleType = "RequestedArrival"
	EstimatedArrival         ScheduleType = "EstimatedArrival"
	ActualArrival            ScheduleType = "ActualArrival"
	RequestedDeparture       ScheduleType = "RequestedDeparture"
	EstimatedDeparture       ScheduleType = "EstimatedDeparture"
	ActualDeparture          ScheduleType = "ActualDeparture"
	EstimatedReturnDeparture ScheduleType = "EstimatedReturnDeparture"
	EstimatedReturnArrival   ScheduleType = "EstimatedReturnArrival"
	ActualReturnArrival      ScheduleType = "ActualReturnArrival"
	RequestedReturnDeparture ScheduleType = "RequestedReturnDeparture"
	RequestedReturnArrival   ScheduleType = "RequestedReturnArrival"
	ActualReturnDeparture    ScheduleType = "ActualReturnDeparture"
	BeginAvailable           ScheduleType = "BeginAvailable"
	EndAvailable             ScheduleType = "EndAvailable"
	Committed                ScheduleType = "Committed" // when, or until when, it is committed
	Current                  ScheduleType = "Current"   // where it is now
	ReportTo                 ScheduleType = "ReportTo"  // where it reports
	Route                    ScheduleType = "Route"
)

// Decode reads one message. An error is an *Error.
func Decode(b []byte) (*Message, error) {
	n, err := parse(b)
	if err != nil {
		return nil, err
	}
	return messageOf(n)
}

func messageOf(n *node) (*Message, error) {
	kind := Kind(n.local)
	s, ok := scopes[kind]
	if !ok {
		words, joined := kindList()
		b := wrong(n.local, "不是 EDXL-RM 报文，根元素应为 16 种报文之一", "is no EDXL-RM message, the root must be one of: "+joined)
		b.legal = words
		return nil, b.at(n.path())
	}
	if n.space != spaceMsg {
		b := wrong(n.space, "命名空间错误，应为 "+spaceMsg, "wrong namespace: it must be "+spaceMsg)
		b.legal = []string{spaceMsg}
		return nil, b.at(n.path())
	}
	m := &Message{Kind: kind}
	if err := (&reader{s}).structure(n, reflect.ValueOf(m).Elem(), ""); err != nil {
		return nil, err
	}
	return m, nil
}

// Encode writes the message as a document that the schema of its kind takes.
// Equal messages give equal bytes. An error is an *Error.
func (m *Message) Encode() ([]byte, error) {
	w := &writer{buf: []byte(xmlHead)}
	if err := m.encode(w, &place{name: string(m.Kind), index: -1}); err != nil {
		return nil, err
	}
	return w.buf, nil
}

func (m *Message) encode(w *writer, p *place) error {
	s, ok := scopes[m.Kind]
	if !ok {
		words, joined := kindList()
		return &Error{Code: Invalid, Field: p.path(), Value: m.Kind, Legal: words, Message: fmt.Sprintf("%q is no kind of message: it must be one of %s", m.Kind, joined), MessageZH: "报文类型必须是 16 种之一"}
	}
	inner := &writer{scope: s, buf: w.buf, depth: w.depth, elements: w.elements}
	if err := inner.root(reflect.ValueOf(m).Elem(), spaceMsg, string(m.Kind), p); err != nil {
		return err
	}
	w.buf, w.elements = inner.buf, inner.elements
	return nil
}
