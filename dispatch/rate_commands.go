package dispatch

import (
	"context"
)

func saveRate(ctx context.Context, w *work, in *RateSave) error {
	unit := in.Unit
	if usual := rateUnits[in.Type]; unit == "" && len(usual) > 0 {
		unit = usual[0]
	}
	if in.ID == "" {
		a, err := w.rateKeeper(ctx, in.Agency)
		if err != nil {
			return err
		}
		r := &Rate{Type: in.Type, Subject: in.Subject, Unit: unit, Amount: in.Amount, From: in.From, To: in.To, Source: in.Source, Within: a.Jurisdiction}
		scope := Scope{Agency: a.ID, Area: a.Scope.Area, Open: a.Jurisdiction != ""}
		if err := firstError(r.check(), w.alone(ctx, r, scope.Agency)); err != nil {
			return err
		}
		return w.create(KindRate, "", scope, r)
	}
	r, err := lockOne[*Rate](ctx, w, KindRate, in.ID)
	if err != nil {
		return err
	}
	if err := w.may(r); err != nil {
		return err
	}
	if in.Agency != "" && in.Agency != r.Scope.Agency {
		return invalid("agency", in.Agency, "费率不能改属其他单位", "a rate stays its agency's")
	}
	if in.Type != r.Type || in.Subject != r.Subject || unit != r.Unit || in.Amount != r.Amount || in.From != r.From {
		if err := w.unused(ctx, r); err != nil {
			return err
		}
	}
	r.Type, r.Subject, r.Unit, r.Amount, r.From, r.To, r.Source = in.Type, in.Subject, unit, in.Amount, in.From, in.To, in.Source
	if err := firstError(r.check(), w.alone(ctx, r, r.Scope.Agency)); err != nil {
		return err
	}
	return w.put(r)
}

// rateKeeper is the agency whose rate it is to be, where the actor may keep it.
func (w *work) rateKeeper(ctx context.Context, id string) (*Agency, error) {
	if id == "" {
		id = w.actor.Agency
	}
	a, err := w.agency(ctx, "agency", id)
	if err != nil || id == w.actor.Agency {
		return a, err
	}
	return a, May(w.actor, w.at, w.cmd, RefOf(a), a.Scope)
}

// alone refuses a rate beside which another is valid on some day. Two people who
// save at once are told by the database.
func (w *work) alone(ctx context.Context, r *Rate, agency string) error {
	recs, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindRate, Agency: agency, States: []string{string(r.Type)}, Archived: true, Limit: -1})
	if err != nil {
		return err
	}
	for _, rec := range recs {
		if o := rec.(*Rate); r.overlaps(o) {
			e := &Error{Code: Invalid, Field: "from", Value: r.From, Blockers: []Ref{RefOf(o)},
				Message:   "another rate for it is valid from " + string(o.From) + orOpen(o.To, " to ", " on") + "; end that one first",
				MessageZH: "同一对象自 " + string(o.From) + orOpen(o.To, " 至 ", " 起") + "已有费率，请先终止该费率"}
			return e
		}
	}
	return nil
}

func orOpen(d Day, before, open string) string {
	if d == "" {
		return open
	}
	return before + string(d)
}

// unused refuses to change what a claim rests on.
func (w *work) unused(ctx context.Context, r *Rate) error {
	recs, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindClaim, Text: r.ID, Archived: true, Limit: 1})
	if err != nil || len(recs) == 0 {
		return err
	}
	c := recs[0].(*Claim)
	e := refuse(Conflict, "补偿申请 %s 已使用该费率，请终止后另行登记", "claim %s rests on this rate: end it and save another", c.Number)
	e.Field, e.Value, e.Blockers = "id", r.ID, []Ref{RefOf(c)}
	return e
}

func endRate(ctx context.Context, w *work, in *RateEnd) error {
	r, err := lockOne[*Rate](ctx, w, KindRate, in.Rate)
	if err != nil {
		return err
	}
	if err := firstError(w.may(r), in.To.check("to")); err != nil {
		return err
	}
	r.To = in.To
	if err := firstError(r.check(), w.alone(ctx, r, r.Scope.Agency)); err != nil {
		return err
	}
	return w.put(r)
}
