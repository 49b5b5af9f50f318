package dispatch

import "time"

// Loan (借调) is one team, one item or a quantity of one supply that its owner
// lends to a receiver, from the commitment to the return. Both sides see the
// same record. A team on loan is sent by its receiver and by nobody else.
type Loan struct {
	Head
	Request  string    `json:"request"`
	Line     string    `json:"line"`
	Offer    string    `json:"offer"`
	Incident string    `json:"incident"`
	Owner    string    `json:"owner" doc:"agency"`
	Receiver string    `json:"receiver" doc:"agency"`
	Resource Ref       `json:"resource" doc:"a team, an item of equipment or a stock"`
	Name     string    `json:"name" doc:"of the resource"`
	Quantity int       `json:"quantity" doc:"1 but for supplies"`
	Unit     string    `json:"unit"`
	State    LoanState `json:"state" enum:"committed,mobilising,in_transit,on_loan,releasing,returned,cancelled"`
	Next     LoanState `json:"next,omitempty" doc:"the usual next step"`
	ReportTo Place     `json:"report_to" doc:"where to report on arrival"`
	Contact  string    `json:"contact,omitempty" doc:"whom to report to"`
	// ETA is when the owner expects it to arrive, Back until when it may stay.
	ETA  *time.Time `json:"eta,omitempty"`
	Back *time.Time `json:"back,omitempty"`
	// Ask is a question of one side that waits for the other's answer.
	Ask *Ask `json:"ask,omitempty"`
	// Condition is how an item was handed over and came back; Returned how much
	// of a supply came back.
	HandedOver Condition           `json:"handed_over,omitempty" enum:"ready,worn,broken,scrapped"`
	CameBack   Condition           `json:"came_back,omitempty" enum:"ready,worn,broken,scrapped"`
	Returned   int                 `json:"returned,omitempty"`
	Reason     string              `json:"reason,omitempty" doc:"why it was cancelled, released or called back"`
	Stamps     map[LoanState]Stamp `json:"stamps"`
}

// Ask is a question about a loan.
type Ask struct {
	Type   AskType    `json:"type" enum:"extend,recall"`
	Until  *time.Time `json:"until,omitempty" doc:"of an extension"`
	Reason string     `json:"reason"`
	Stamp  Stamp      `json:"stamp"`
}

// AskType is what is asked.
type AskType string

// What can be asked.
const (
	AskExtend AskType = "extend" // 续借：the receiver asks the owner
	AskRecall AskType = "recall" // 召回：the owner asks the receiver
)

// LoanState is where a loan is.
type LoanState string

// The states of a loan.
const (
	LoanCommitted  LoanState = "committed"  // 已承诺
	LoanMobilising LoanState = "mobilising" // 集结
	LoanInTransit  LoanState = "in_transit" // 在途
	LoanOnLoan     LoanState = "on_loan"    // 借用中
	LoanReleasing  LoanState = "releasing"  // 归还途中
	LoanReturned   LoanState = "returned"   // 已归还
	LoanCancelled  LoanState = "cancelled"  // 取消
)

// LoanStates lists the states.
var LoanStates = []LoanState{LoanCommitted, LoanMobilising, LoanInTransit, LoanOnLoan, LoanReleasing, LoanReturned, LoanCancelled}

// loanMoves is every legal move, the usual next step first. The owner moves a
// loan up to in_transit, the receiver confirms that it arrived and lets it go,
// the owner confirms that it is back.
var loanMoves = map[LoanState][]LoanState{
	LoanCommitted:  {LoanMobilising, LoanInTransit, LoanOnLoan, LoanCancelled},
	LoanMobilising: {LoanInTransit, LoanOnLoan, LoanCancelled},
	LoanInTransit:  {LoanOnLoan, LoanCancelled},
	LoanOnLoan:     {LoanReleasing},
	LoanReleasing:  {LoanReturned},
	LoanReturned:   {}, LoanCancelled: {},
}

// Open tells whether the owner is without what was lent.
func (l *Loan) Open() bool { return l.State != LoanReturned && l.State != LoanCancelled }

func (l *Loan) check() error {
	return firstError(checkText("contact", l.Contact, 0, 120), checkText("reason", l.Reason, 0, 300), l.ReportTo.check("report_to"))
}

func (l *Loan) redacted() Record {
	c := *l
	c.Contact, c.Reason, c.Scope, c.Stamps = "", "", l.Scope.public(), unsigned(l.Stamps)
	if l.Ask != nil {
		a := *l.Ask
		a.Stamp = *a.Stamp.unsigned()
		c.Ask = &a
	}
	return &c
}

// enter moves the loan to a state and stamps it, once.
func (l *Loan) enter(to LoanState, s Stamp) {
	l.State, l.Next = to, ""
	if next := loanMoves[to]; len(next) > 0 {
		l.Next = next[0]
	}
	stampOnce(&l.Stamps, to, s)
}

// reached tells whether the loan has come as far as the state, whatever became
// of it since.
func (l *Loan) reached(s LoanState) bool {
	_, ok := l.Stamps[s]
	return ok
}
