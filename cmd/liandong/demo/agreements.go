package demo

import (
	"context"
	"fmt"
	"slices"

	"liandong/dispatch"
)

// pact is an agreement of the demo city. Its first party proposes it; the others
// consent, but for those in waits.
type pact struct {
	dispatch.AgreementSave
	parties, waits []string
}

// pacts are made up, and say so in their names and their texts.
var pacts = []pact{
	{parties: []string{"em-4110", "power-4110", "gas-4110", "tap-4110", "telecom-4110"}, AgreementSave: dispatch.AgreementSave{
		Name: "城市生命线险情互通协议（演示）", Text: "虚构协议，仅供演示：城市生命线险情即时通报供电、供气、供水、通信企业，个人信息除外。",
		AgreementTerms: dispatch.AgreementTerms{Subjects: []dispatch.AgreementSubject{dispatch.SubjectIncidents}, Types: []string{"12P"}, Area: "4110",
			Tier: dispatch.TierView, Redacted: true}}},
	{parties: []string{"fire-4110", "em-4110"}, waits: []string{"em-4110"}, AgreementSave: dispatch.AgreementSave{
		Name: "较大以上火灾联合处置协议（演示）", Text: "虚构协议，仅供演示：启用后双方互看较大以上火灾和可用力量，可协助处置。",
		AgreementTerms: dispatch.AgreementTerms{Subjects: []dispatch.AgreementSubject{dispatch.SubjectIncidents, dispatch.SubjectResources}, Types: []string{"12G"}, Grade: 3,
			Area: "4110", Tier: dispatch.TierAssist, NeedsActivation: true, Longest: 24}}},
}

// agreements proposes them and consents, each side by an officer of its own.
func agreements(ctx context.Context, svc Service, tell func(string)) error {
	for n, p := range pacts {
		key := fmt.Sprintf("demo-agreement-%d", n+1)
		in := p.AgreementSave
		in.Parties = p.parties[1:]
		res, err := do(ctx, svc, officer(p.parties[0]), "agreement.save", key, in)
		if err != nil {
			return fmt.Errorf("demo agreement %s: %w", in.Name, err)
		}
		var made *dispatch.Agreement
		for _, put := range res.Change.Puts {
			if a, ok := put.Record.(*dispatch.Agreement); ok {
				made = a
			}
		}
		if made == nil {
			return fmt.Errorf("demo agreement %s: agreement.save put none", in.Name)
		}
		for _, party := range in.Parties {
			if slices.Contains(p.waits, party) {
				continue
			}
			if _, err := do(ctx, svc, officer(party), "agreement.consent", key+"-"+party, dispatch.AgreementConsent{Agreement: made.ID, Terms: made.Terms}); err != nil {
				return fmt.Errorf("demo agreement %s: %s: %w", in.Name, party, err)
			}
		}
	}
	tell(fmt.Sprintf("%s %d", dispatch.KindNameZH(dispatch.KindAgreement), len(pacts)))
	return nil
}

// officer speaks for an agency: by the name of its chief's account, else by one
// that is made up.
func officer(agency string) dispatch.Actor {
	a := dispatch.Actor{ID: "demo-" + agency, Name: name("officer " + agency), Realm: dispatch.Live, Role: dispatch.RoleChief, Agency: agency}
	for _, r := range table("accounts") {
		if r["agency"] == agency && slices.Contains(r.roles(), dispatch.RoleChief) {
			a.Name = r["name"]
		}
	}
	return a
}
