package dispatch

// RateSave keeps a rate. Of a rate on which a claim rests, only its source and
// its last day may still change: save another one for the days that follow.
type RateSave struct {
	Expect
	ID      string   `json:"id,omitempty" doc:"empty: a new one"`
	Agency  string   `json:"agency,omitempty" doc:"whose it is; the own agency when left out"`
	Type    RateType `json:"type" enum:"team,crew,scene,meal,transport,equipment,wear,repair,loss,supply"`
	Subject string   `json:"subject,omitempty" doc:"type of team, equipment or supply; empty: all that have none of their own"`
	Unit    string   `json:"unit,omitempty" doc:"hour, day, km, item, or the unit of the supply; the usual one when left out"`
	Amount  int64    `json:"amount" doc:"fen per unit, 0 to 100000000"`
	From    Day      `json:"from" doc:"first day, 2026-01-01"`
	To      Day      `json:"to,omitempty" doc:"last day"`
	Source  string   `json:"source" doc:"the document that sets it"`
}

// RateEnd says on which day a rate counts for the last time.
type RateEnd struct {
	Expect
	Rate string `json:"rate"`
	To   Day    `json:"to" doc:"last day, 2026-12-31"`
}

// ClaimCollect makes a claim of one loan, or of all loans of the own agency for
// an incident that are back and not claimed yet.
type ClaimCollect struct {
	Loan        string  `json:"loan,omitempty"`
	Incident    string  `json:"incident,omitempty"`
	Responsible *Bearer `json:"responsible,omitempty" doc:"who caused it, where that is known"`
}

// ClaimMove names a claim, with the reason where one is needed.
type ClaimMove struct {
	Expect
	Claim  string `json:"claim"`
	Reason string `json:"reason,omitempty"`
}

// ClaimEdit sets what a line claims; without an amount the computed one counts
// again.
type ClaimEdit struct {
	Expect
	Claim  string `json:"claim"`
	Line   string `json:"line"`
	Amount *int64 `json:"amount,omitempty" doc:"fen, 0 to 10000000000"`
	Reason string `json:"reason,omitempty"`
}

// ClaimSubmit hands a claim in.
type ClaimSubmit struct {
	Expect
	Claim       string  `json:"claim"`
	Responsible *Bearer `json:"responsible,omitempty" doc:"who caused it, where that is known"`
}

// ClaimPayer says who pays: by the rule when left out.
type ClaimPayer struct {
	Expect
	Claim  string    `json:"claim"`
	Rule   PayerRule `json:"rule,omitempty" enum:"responsible,government,agreement"`
	Agency string    `json:"agency,omitempty"`
	Name   string    `json:"name,omitempty" doc:"of a party that is no agency here"`
	Reason string    `json:"reason,omitempty" doc:"which agreement, or why another payer"`
}

// ClaimPay tells that a claim was paid.
type ClaimPay struct {
	Expect
	Claim     string `json:"claim"`
	Reference string `json:"reference" doc:"of the bank or the treasury"`
}
