package dispatch

import "time"

// ClaimQuery asks for sums of claims; what is empty does not narrow.
type ClaimQuery struct {
	Audience Onlooker
	From, To time.Time // collected from, and before
	Incident string
	Agency   string // the claimant
	Zone     string // local time of the months, an IANA name
}

// ClaimTotals are sums of the claims that a reader may see, in fen. A claim that
// was given up counts nowhere.
type ClaimTotals struct {
	Count    int          `json:"count"`
	Computed int64        `json:"computed" doc:"fen, as the record says"`
	Amount   int64        `json:"amount" doc:"fen, as claimed"`
	Groups   []ClaimTotal `json:"groups"`
}

// ClaimTotal is the sum of one agency's claims for one incident, collected in one
// month and in one state now.
type ClaimTotal struct {
	Incident string     `json:"incident"`
	Title    string     `json:"title" doc:"of a request for it"`
	Agency   string     `json:"agency" doc:"the claimant"`
	Month    string     `json:"month" doc:"2026-11, in local time"`
	State    ClaimState `json:"state" enum:"collected,submitted,checked,payer_assigned,returned,approved,paid,closed"`
	Count    int        `json:"count"`
	Computed int64      `json:"computed" doc:"fen"`
	Amount   int64      `json:"amount" doc:"fen"`
}

// MostClaimTotals bounds the groups of one answer.
const MostClaimTotals = 2000
