package dispatch

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// mostAgreements bounds what one agency has on the board at a time, and with it
// the shares of a record.
const mostAgreements = 50

func saveAgreement(ctx context.Context, w *work, in *AgreementSave) error {
	if err := w.later("until", in.Until); err != nil {
		return err
	}
	in.Until = toMicros(in.Until)
	parties, err := w.parties(in.Parties)
	if err != nil {
		return err
	}
	if in.ID == "" {
		return w.propose(ctx, in, parties)
	}
	a, err := w.agreement(ctx, in.ID, parties...)
	if err != nil {
		return err
	}
	if a.State == AgreementEnded {
		return illegal(KindAgreement, string(a.State), string(AgreementProposed), nil)
	}
	a.Name, a.Text = in.Name, in.Text
	if slices.Equal(parties, a.agencies()) && a.AgreementTerms.equal(&in.AgreementTerms) && a.State != AgreementExpired {
		return w.put(a)
	}
	touched := append(a.agencies(), parties...)
	a.AgreementTerms = in.AgreementTerms
	a.Terms++
	a.Parties = nil
	for _, p := range parties {
		a.Parties = append(a.Parties, Party{Agency: p})
	}
	a.consent(w.actor.Agency, w.stamp())
	if err := firstError(w.endActivation(ctx, a, "条款变更"), w.put(a)); err != nil {
		return err
	}
	w.rescope(a, a.audience(a.Scope))
	return w.agree(ctx, touched)
}

// toMicros is the time in the steps of the store's clock.
func toMicros(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC().Truncate(time.Microsecond)
	return &u
}

// parties are the agencies of the agreement, the own first.
func (w *work) parties(others []string) ([]string, error) {
	out := []string{w.actor.Agency}
	for n, p := range others {
		if p == w.actor.Agency {
			continue
		}
		if slices.Contains(out, p) {
			return nil, invalid(field("parties", n), p, "单位重复", "the agency is there twice")
		}
		out = append(out, p)
	}
	if len(out) < 2 || len(out) > mostParties {
		return nil, invalid("parties", len(others), "请选择 1 至 19 个其他单位", "an agreement is with 1 to 19 other agencies", "1 to 19 agencies")
	}
	return out, nil
}

// propose makes a new agreement; the proposer's side has consented with it.
func (w *work) propose(ctx context.Context, in *AgreementSave, parties []string) error {
	recs, err := w.lock(ctx, refs(KindAgency, parties)...)
	if err != nil {
		return err
	}
	known, err := w.agreements(ctx, w.actor.Agency)
	if err != nil {
		return err
	}
	if len(known) >= mostAgreements {
		return refuse(Conflict, "一个单位最多 %d 份协议，请先终止不用的", "an agency has at most %d agreements; end one first", mostAgreements)
	}
	day := w.at.In(w.svc.cfg.Settings.Zone).Format("20060102")
	n, err := w.tx.NextNumber(ctx, w.actor.Realm, "A"+day)
	if err != nil {
		return err
	}
	a := &Agreement{Number: fmt.Sprintf("A%s-%04d", day, n), Name: in.Name, Text: in.Text, AgreementTerms: in.AgreementTerms, Terms: 1, Stamps: map[AgreementState]Stamp{}}
	for _, p := range parties {
		a.Parties = append(a.Parties, Party{Agency: p})
	}
	a.consent(w.actor.Agency, w.stamp())
	a.ID = w.newID()
	scope := a.audience(Scope{Agency: w.actor.Agency, Area: recs[0].head().Scope.Area})
	return w.create(KindAgreement, a.ID, scope, a)
}

func refs(k Kind, ids []string) []Ref {
	out := make([]Ref, len(ids))
	for n, id := range ids {
		out[n] = Ref{k, id}
	}
	return out
}

// consent gives the agency's consent to the terms as they are.
func (a *Agreement) consent(agency string, s Stamp) {
	p := a.party(agency)
	p.Consented, p.Withdrawn = &s, nil
	to := AgreementInForce
	for _, p := range a.Parties {
		switch {
		case p.Withdrawn != nil:
			to = AgreementWithdrawn
		case p.Consented == nil && to != AgreementWithdrawn:
			to = AgreementProposed
		}
	}
	a.enter(to, s)
}

// audience is the scope with every party in it: each decides for itself.
func (a *Agreement) audience(s Scope) Scope {
	s.Shares = nil
	for _, p := range a.Parties {
		s = s.with(Share{Agency: p.Agency, Tier: TierAssist, Source: ShareAgreement, By: a.ID})
	}
	return s
}

// agreement loads an agreement for update, after the rows of its parties and of
// the agencies named, and makes sure that the actor speaks for one of them.
func (w *work) agreement(ctx context.Context, id string, more ...string) (*Agreement, error) {
	if id == "" {
		return nil, invalid("agreement", id, "缺少共享协议", "the agreement is missing", "an id")
	}
	rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindAgreement, id}, w.audience())
	if err != nil {
		return nil, err
	}
	agencies := append(rec.(*Agreement).agencies(), more...)
	recs, err := w.lock(ctx, append([]Ref{{KindAgreement, id}}, refs(KindAgency, agencies)...)...)
	if err != nil {
		return nil, err
	}
	a := recs[0].(*Agreement)
	if slices.ContainsFunc(a.Parties, func(p Party) bool { return !slices.Contains(agencies, p.Agency) }) {
		return nil, errMoved // it got another party meanwhile
	}
	if err := w.may(a); err != nil {
		return nil, err
	}
	if w.actor.Role != RoleSystem && a.party(w.actor.Agency) == nil {
		return nil, refuse(Forbidden, "您的单位不是协议的一方", "your agency is no party of the agreement")
	}
	return a, nil
}

func (a *Agreement) illegal(to AgreementState) error {
	e := illegal(KindAgreement, string(a.State), string(to), words(agreementMoves[a.State]))
	e.Current = a
	return e
}

func consentAgreement(ctx context.Context, w *work, in *AgreementConsent) error {
	a, err := w.agreement(ctx, in.Agreement)
	if err != nil {
		return err
	}
	switch {
	case a.State != AgreementProposed && a.State != AgreementWithdrawn || passed(a.Until, w.at):
		return a.illegal(AgreementInForce)
	case in.Terms != a.Terms:
		return &Error{Code: Stale, Field: "terms", Value: in.Terms, Current: a, Legal: []string{fmt.Sprint(a.Terms)},
			Message:   fmt.Sprintf("the terms were changed since: they are version %d, you read %d", a.Terms, in.Terms),
			MessageZH: fmt.Sprintf("条款已变更：现为第 %d 版，您看到的是第 %d 版", a.Terms, in.Terms)}
	case a.party(w.actor.Agency).Consented != nil:
		e := refuse(IllegalMove, "您的单位已同意", "your agency has consented already")
		e.Current = a
		return e
	}
	a.consent(w.actor.Agency, w.stamp())
	if err := w.put(a); err != nil {
		return err
	}
	return w.agree(ctx, a.agencies())
}

// withdrawAgreement takes the own consent back; what was shared ends at once.
func withdrawAgreement(ctx context.Context, w *work, in *AgreementMove) error {
	if err := needReason(in.Reason); err != nil {
		return err
	}
	a, err := w.agreement(ctx, in.Agreement)
	if err != nil {
		return err
	}
	p := a.party(w.actor.Agency)
	if !oneOf(AgreementWithdrawn, agreementMoves[a.State]) && a.State != AgreementWithdrawn || p.Withdrawn != nil {
		return a.illegal(AgreementWithdrawn)
	}
	s := w.stamp()
	p.Consented, p.Withdrawn = nil, &s
	return w.stopAgreement(ctx, a, AgreementWithdrawn, in.Reason)
}

// endAgreement ends an agreement for good, by who proposed it; the others
// withdraw.
func endAgreement(ctx context.Context, w *work, in *AgreementMove) error {
	if err := needReason(in.Reason); err != nil {
		return err
	}
	a, err := w.agreement(ctx, in.Agreement)
	if err != nil {
		return err
	}
	if !oneOf(AgreementEnded, agreementMoves[a.State]) {
		return a.illegal(AgreementEnded)
	}
	if err := w.stopAgreement(ctx, a, AgreementEnded, in.Reason); err != nil {
		return err
	}
	w.drop(a)
	return nil
}

// stopAgreement ends what the agreement shares.
func (w *work) stopAgreement(ctx context.Context, a *Agreement, to AgreementState, reason string) error {
	a.Reason, w.change.Note = reason, reason
	a.enter(to, w.stamp())
	if err := firstError(w.endActivation(ctx, a, reason), w.put(a)); err != nil {
		return err
	}
	return w.agree(ctx, a.agencies())
}

// activateAgreement opens the agreement until a time. One that is open goes on
// until the new time.
func activateAgreement(ctx context.Context, w *work, in *AgreementActivate) error {
	if err := needReason(in.Reason); err != nil {
		return err
	}
	a, err := w.agreement(ctx, in.Agreement)
	if err != nil {
		return err
	}
	until := *toMicros(&in.Until)
	switch last := w.at.Add(time.Duration(a.Longest) * time.Hour); {
	case a.State != AgreementInForce || passed(a.Until, w.at):
		e := refuse(IllegalMove, "协议未生效，不能启用", "the agreement is not in force")
		e.Current = a
		return e
	case !a.NeedsActivation:
		return refuse(IllegalMove, "该协议无需启用，一直共享", "the agreement needs no activation: it shares at all times")
	case !until.After(w.at):
		return w.later("until", &until)
	case until.After(last) || a.Until != nil && until.After(*a.Until):
		if a.Until != nil && a.Until.Before(last) {
			last = *a.Until
		}
		return invalid("until", until, fmt.Sprintf("最晚至 %s", last.In(w.svc.cfg.Settings.Zone).Format("01-02 15:04")), "is at most "+last.Format(time.RFC3339), last.Format(time.RFC3339))
	}
	if err := w.endActivation(ctx, a, "续期"); err != nil {
		return err
	}
	x := &Activation{Agreement: a.ID, State: ActivationOpen, Agency: w.actor.Agency, Reason: in.Reason, Until: until, Opened: w.stamp()}
	id := w.newID()
	if err := w.create(KindActivation, id, a.Scope, x); err != nil {
		return err
	}
	a.Activation, a.ActiveUntil, w.change.Note = id, &until, in.Reason
	w.derive(a)
	return w.agree(ctx, a.agencies())
}

func deactivateAgreement(ctx context.Context, w *work, in *AgreementMove) error {
	if err := needReason(in.Reason); err != nil {
		return err
	}
	a, err := w.agreement(ctx, in.Agreement)
	if err != nil {
		return err
	}
	if a.Activation == "" {
		e := refuse(IllegalMove, "协议没有启用", "the agreement is not activated")
		e.Current = a
		return e
	}
	w.change.Note = in.Reason
	if err := w.endActivation(ctx, a, in.Reason); err != nil {
		return err
	}
	w.derive(a)
	return w.agree(ctx, a.agencies())
}

// endActivation closes the agreement's activation, where one is open.
func (w *work) endActivation(ctx context.Context, a *Agreement, reason string) error {
	if a.Activation == "" {
		return nil
	}
	recs, err := w.lock(ctx, Ref{KindActivation, a.Activation})
	if err != nil {
		return err
	}
	x, s := recs[0].(*Activation), w.stamp()
	x.State, x.Ended, x.EndReason = ActivationEnded, &s, reason
	a.Activation, a.ActiveUntil = "", nil
	if err := w.put(x); err != nil {
		return err
	}
	w.drop(x)
	return nil
}

// fireAgreement ends an agreement that is no longer valid.
func (w *work) fireAgreement(ctx context.Context, id string) error {
	a, err := w.agreement(ctx, id)
	if err != nil {
		return err
	}
	if !passed(a.Until, w.at) || !oneOf(AgreementExpired, agreementMoves[a.State]) {
		return errNothing
	}
	return w.stopAgreement(ctx, a, AgreementExpired, "有效期满")
}

// fireActivation ends an activation that has run out: what it showed until then
// leaves the consoles with this change.
func (w *work) fireActivation(ctx context.Context, id string) error {
	rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindActivation, id}, nil)
	if err != nil {
		return err
	}
	a, err := w.agreement(ctx, rec.(*Activation).Agreement)
	if err != nil {
		return err
	}
	if a.Activation != id || !passed(a.ActiveUntil, w.at) {
		return errNothing
	}
	if err := w.endActivation(ctx, a, "启用期满"); err != nil {
		return err
	}
	w.derive(a)
	return w.agree(ctx, a.agencies())
}
