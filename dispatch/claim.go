package dispatch

import (
	"fmt"
	"time"
)

// Claim (补偿申请) is what one agency asks to be paid for what it lent to others
// for an incident. It is computed from the record: the amount of each line rests
// on changes of the journal, and an amount that a person changed keeps the
// computed one beside it.
type Claim struct {
	Head
	Number   string     `json:"number" doc:"per realm and local day: C20261127-0001"`
	State    ClaimState `json:"state" enum:"collected,submitted,checked,payer_assigned,returned,approved,paid,closed"`
	Incident string     `json:"incident"`
	Title    string     `json:"title" doc:"of the request that was answered: who lends need not see the incident"`
	// Receivers had the loans; Scope.Agency lent them and claims.
	Receivers []string    `json:"receivers" doc:"agencies"`
	Loans     []string    `json:"loans" doc:"1 to 40"`
	Lines     []ClaimLine `json:"lines" doc:"at most 200"`
	// Computed and Amount are the sums of the lines, derived.
	Computed int64 `json:"computed" doc:"fen, as the record says"`
	Amount   int64 `json:"amount" doc:"fen, as claimed"`
	// Responsible is the party that caused it, where one is named: it pays.
	Responsible *Bearer `json:"responsible,omitempty"`
	Payer       *Payer  `json:"payer,omitempty"`
	// Payment is the bank's or the treasury's reference.
	Payment string               `json:"payment,omitempty"`
	Reason  string               `json:"reason,omitempty" doc:"why it was returned or given up"`
	Waived  bool                 `json:"waived,omitempty" doc:"closed without payment"`
	Stamps  map[ClaimState]Stamp `json:"stamps"`
}

// ClaimLine is one amount of a claim.
type ClaimLine struct {
	ID   string   `json:"id" doc:"1, 2, 3 … within the claim"`
	Type RateType `json:"type" enum:"team,crew,scene,meal,transport,equipment,wear,repair,loss,supply"`
	Loan string   `json:"loan"`
	Name string   `json:"name" doc:"of what was lent"`
	Task string   `json:"task,omitempty" doc:"of work on scene"`
	// From and To are the span that the line counts, where it counts time.
	From *time.Time `json:"from,omitempty"`
	To   *time.Time `json:"to,omitempty"`
	// Quantity is whole and exact: seconds (× persons) of an hour's rate, metres
	// of a kilometre's, else the number of units.
	Quantity int64  `json:"quantity" doc:"seconds, metres or units"`
	Persons  int    `json:"persons,omitempty" doc:"of crew and meals"`
	Unit     string `json:"unit" doc:"hour, day, km, item or the unit of the stock"`
	Rate     string `json:"rate,omitempty" doc:"empty: no rate is kept for it"`
	Price    int64  `json:"price" doc:"fen per unit"`
	Computed int64  `json:"computed" doc:"fen: quantity × price, rounded half up once"`
	// Edited takes the place of Computed, with the reason and who said so.
	Edited   *int64 `json:"edited,omitempty" doc:"fen"`
	Reason   string `json:"reason,omitempty"`
	Editor   *Stamp `json:"editor,omitempty"`
	Estimate bool   `json:"estimate,omitempty" doc:"the distance is an estimate"`
	// Seqs are the changes of the journal that the quantity rests on.
	Seqs []int64 `json:"seqs"`
}

// Amount is what the line claims, in fen.
func (l ClaimLine) Amount() int64 {
	if l.Edited != nil {
		return *l.Edited
	}
	return l.Computed
}

// Bearer is an agency of the house, or anybody else by name.
type Bearer struct {
	Agency string `json:"agency,omitempty"`
	Name   string `json:"name,omitempty" doc:"the agency's when left out"`
}

func (p *Bearer) check(name string) error {
	if p == nil {
		return nil
	}
	if p.Agency == "" && p.Name == "" {
		return invalid(name+".name", "", "请写明单位名称", "the party is missing: an agency or a name")
	}
	return firstError(checkText(name+".agency", p.Agency, 0, 64), checkText(name+".name", p.Name, 0, 120))
}

// Payer is who pays, and by which rule.
type Payer struct {
	Bearer
	Rule PayerRule `json:"rule" enum:"responsible,government,agreement"`
	Text string    `json:"text,omitempty" doc:"which agreement, or why another payer"`
}

// PayerRule is why somebody pays: the unit that is responsible for the accident;
// where none is named or it cannot, the government of the place by the grade of
// the incident (State Council Order 708 articles 19 and 26); an agreement between
// the two sides overrides both.
type PayerRule string

// The rules.
const (
	PayerResponsible PayerRule = "responsible" // 责任单位
	PayerGovernment  PayerRule = "government"  // 事发地政府
	PayerAgreement   PayerRule = "agreement"   // 协议约定
)

// PayerRules lists the rules.
var PayerRules = []PayerRule{PayerResponsible, PayerGovernment, PayerAgreement}

// ClaimState is where a claim is.
type ClaimState string

// The states of a claim.
const (
	ClaimCollected ClaimState = "collected"      // 已归集
	ClaimSubmitted ClaimState = "submitted"      // 已申报
	ClaimChecked   ClaimState = "checked"        // 已审核
	ClaimAssigned  ClaimState = "payer_assigned" // 已定支付方
	ClaimReturned  ClaimState = "returned"       // 退回
	ClaimApproved  ClaimState = "approved"       // 已批准
	ClaimPaid      ClaimState = "paid"           // 已支付
	ClaimClosed    ClaimState = "closed"         // 已结清
)

// ClaimStates lists the states.
var ClaimStates = []ClaimState{ClaimCollected, ClaimSubmitted, ClaimChecked, ClaimAssigned, ClaimReturned, ClaimApproved, ClaimPaid, ClaimClosed}

// claimMoves is every legal move of a claim, the usual one first. Another payer
// may be named until one has approved.
var claimMoves = map[ClaimState][]ClaimState{
	ClaimCollected: {ClaimSubmitted, ClaimClosed},
	ClaimSubmitted: {ClaimChecked, ClaimReturned},
	ClaimChecked:   {ClaimAssigned, ClaimReturned},
	ClaimAssigned:  {ClaimApproved, ClaimAssigned, ClaimReturned},
	ClaimReturned:  {ClaimSubmitted, ClaimClosed},
	ClaimApproved:  {ClaimPaid},
	ClaimPaid:      {ClaimClosed},
	ClaimClosed:    {},
}

// What a claim may hold: one with more is made in several.
const (
	mostClaimLoans = 40
	mostClaimLines = 200
	// MostClaim is the highest amount of a line, in fen: a hundred million yuan.
	MostClaim = 10_000_000_000
	// longestLoan is how long a loan may have lasted to be computed.
	longestLoan = 400 * 24 * time.Hour
)

// mine tells whether the claimant may still change the claim.
func (c *Claim) mine() bool { return c.State == ClaimCollected || c.State == ClaimReturned }

// sum derives the totals.
func (c *Claim) sum() {
	c.Computed, c.Amount = 0, 0
	for _, l := range c.Lines {
		c.Computed += l.Computed
		c.Amount += l.Amount()
	}
}

func (c *Claim) line(id string) (int, error) {
	var ids []string
	for n := range c.Lines {
		if c.Lines[n].ID == id {
			return n, nil
		}
		ids = append(ids, c.Lines[n].ID)
	}
	return 0, invalid("line", id, "没有这一行", "there is no such line", ids...)
}

// enter moves the claim to a state and stamps it, once.
func (c *Claim) enter(to ClaimState, s Stamp) {
	c.State = to
	stampOnce(&c.Stamps, to, s)
}

func (c *Claim) check() error {
	switch {
	case len(c.Loans) < 1 || len(c.Loans) > mostClaimLoans:
		return invalid("loans", len(c.Loans), "一份申请包含 1 至 40 项借调", "a claim is for 1 to 40 loans", "1 to 40")
	case len(c.Lines) > mostClaimLines:
		return invalid("lines", len(c.Lines), "一份申请最多 200 行，请分次申请", "a claim has at most 200 lines; claim loan by loan", "1 to 200")
	case c.Payer != nil && !oneOf(c.Payer.Rule, PayerRules):
		return invalid("rule", c.Payer.Rule, "未知的支付规则", "unknown rule", words(PayerRules)...)
	}
	for n, l := range c.Lines {
		if err := checkAmount(fmt.Sprintf("lines[%d].amount", n), l.Amount()); err != nil {
			return err
		}
		if err := checkText(fmt.Sprintf("lines[%d].reason", n), l.Reason, 0, 300); err != nil {
			return err
		}
	}
	if c.Payer != nil {
		if err := firstError(c.Payer.check("payer"), checkText("reason", c.Payer.Text, 0, 300)); err != nil {
			return err
		}
	}
	return firstError(c.Responsible.check("responsible"), checkText("reference", c.Payment, 0, 80), checkText("reason", c.Reason, 0, 300))
}

func checkAmount(name string, fen int64) error {
	if fen < 0 || fen > MostClaim {
		return invalid(name, fen, "金额应为 0 至一百亿分（一亿元）", "an amount is 0 to 10,000,000,000 fen (a hundred million yuan)", "0 to 10000000000")
	}
	return nil
}

// redacted keeps what was lent and what it costs, and leaves out who said what.
func (c *Claim) redacted() Record {
	r := *c
	r.Scope, r.Reason, r.Payment, r.Stamps = c.Scope.public(), "", "", unsigned(c.Stamps)
	r.Lines = make([]ClaimLine, len(c.Lines))
	for n, l := range c.Lines {
		l.Reason, l.Editor = "", l.Editor.unsigned()
		r.Lines[n] = l
	}
	if c.Payer != nil {
		p := *c.Payer
		p.Text = ""
		r.Payer = &p
	}
	return &r
}
