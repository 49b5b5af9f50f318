package dispatch

import "time"

// AgreementSave proposes an agreement (empty ID), or changes one that the own
// agency proposed. New terms take all consents away; who saves them consents to
// them.
type AgreementSave struct {
	Expect
	ID      string   `json:"id,omitempty"`
	Name    string   `json:"name"`
	Text    string   `json:"text,omitempty"`
	Parties []string `json:"parties" doc:"the other agencies; 1 to 19"`
	AgreementTerms
}

// AgreementConsent consents for the own agency to the terms as they were read.
type AgreementConsent struct {
	Agreement string `json:"agreement"`
	Terms     int    `json:"terms" doc:"the version of the terms that was read"`
}

// AgreementMove names an agreement, with the reason.
type AgreementMove struct {
	Expect
	Agreement string `json:"agreement"`
	Reason    string `json:"reason"`
}

// AgreementActivate activates an agreement until a time.
type AgreementActivate struct {
	Agreement string    `json:"agreement"`
	Reason    string    `json:"reason"`
	Until     time.Time `json:"until"`
}
