package dispatch

import (
	"context"
	"slices"
)

// mostInRange bounds how many agencies the ring of the range names one by one.
const mostInRange = 200

// ownRequest is request after the row of the agency that asks: its agreements
// stay as they are while the request comes to its partners.
func (w *work) ownRequest(ctx context.Context, id string, to RequestState) (*Request, error) {
	if id == "" {
		return nil, invalid("request", id, "缺少支援请求", "the request is missing", "an id")
	}
	if _, _, err := w.lockOwner(ctx, Ref{KindRequest, id}); err != nil {
		return nil, err
	}
	return w.request(ctx, id, to) // its agency never changes
}

func widenRequest(ctx context.Context, w *work, in *RequestWiden) error {
	r, err := w.ownRequest(ctx, in.Request, "")
	if err != nil {
		return err
	}
	if r.State != RequestOpen {
		return illegal(KindRequest, string(r.State), "widen", words(requestMoves[r.State]))
	}
	was := r.Range
	if in.Range != 0 {
		if err := checkRange("range", in.Range, 1, mostRange); err != nil {
			return err
		}
		r.Range = in.Range
	}
	switch {
	case in.Ring == "" && r.Ring.wider() != "":
		return w.widen(ctx, r, r.Ring.wider(), w.actor.Name)
	case in.Ring == RingRange && r.Ring == RingRange && in.Range > was:
		return w.widenTo(ctx, r, RingRange, w.actor.Name) // the same ring, further
	case slices.Index(Rings, in.Ring) <= slices.Index(Rings, r.Ring):
		return invalid("ring", in.Ring, "没有更大的征集范围", "there is no such wider ring", words(Rings[slices.Index(Rings, r.Ring)+1:])...)
	}
	return w.widenTo(ctx, r, in.Ring, w.actor.Name)
}

// widen lets the request reach as far as the ring. It goes on at once from a ring
// of partners or of range in which nobody more is found: nobody waits for an
// empty one. One that the house gives no time is left out; what is wider holds
// its agencies all the same.
func (w *work) widen(ctx context.Context, r *Request, to Ring, by string) error {
	for {
		for to.named() && w.svc.cfg.Settings.RingWait[to] == 0 {
			to = to.wider()
		}
		if err := w.widenTo(ctx, r, to, by); err != nil {
			return err
		}
		if !to.named() || r.Rings[len(r.Rings)-1].Agencies > 0 {
			return nil
		}
		to = to.wider()
	}
}

// widenTo lets the request reach as far as the ring, and no further.
func (w *work) widenTo(ctx context.Context, r *Request, to Ring, by string) error {
	passed := RingPassed{Ring: to, At: w.at, By: by}
	if n := len(r.Rings); n > 0 {
		passed.Waited = int(w.at.Sub(r.Rings[n-1].At).Seconds())
	}
	r.Ring, r.WidenDue = to, nil
	if wait := w.svc.cfg.Settings.RingWait[to]; wait > 0 && to.wider() != "" {
		due := w.at.Add(wait)
		r.WidenDue = &due
	}
	scope, more, err := w.reach(ctx, r)
	if err != nil {
		return err
	}
	passed.Agencies = more
	if n := len(r.Rings); n == 0 || r.Rings[n-1].Ring != to || more > 0 {
		if len(r.Rings) >= 40 {
			return refuse(Conflict, "征集范围变动过多", "the request was widened too often")
		}
		r.Rings = append(r.Rings, passed)
	}
	if err := w.put(r); err != nil {
		return err
	}
	w.rescope(r, scope)
	return nil
}

// reach is the scope of the request in its ring, and how many agencies see it
// now that did not before, of those that are reached one by one.
func (w *work) reach(ctx context.Context, r *Request) (Scope, int, error) {
	scope := r.Scope
	scope.Reach = r.Ring.reach(scope.Area)
	for _, a := range r.To {
		scope = scope.with(Share{Agency: a, Tier: TierAssist, Source: ShareLoan})
	}
	if r.Ring.holds(RingPartners) {
		all, err := w.agreements(ctx, scope.Agency)
		if err != nil {
			return scope, 0, err
		}
		scope = agreed(r, scope, all, w.at)
	}
	if r.Ring.holds(RingRange) && r.ReportTo.Point != nil {
		if r.Range == 0 {
			r.Range = w.svc.cfg.Settings.RingRange
		}
		near, err := w.near(ctx, r)
		if err != nil {
			return scope, 0, err
		}
		for _, agency := range near {
			if !scope.shows(agency, w.at) {
				scope = scope.with(Share{Agency: agency, Tier: TierAssist, Source: ShareRange})
			}
		}
	}
	var fresh []string
	for _, sh := range scope.Shares {
		if !r.Scope.shows(sh.Agency, w.at) && !slices.Contains(fresh, sh.Agency) {
			fresh = append(fresh, sh.Agency)
		}
	}
	if len(fresh) == 0 {
		return scope, 0, nil
	}
	homes, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindAgency, IDs: fresh, Limit: -1})
	more := 0
	for _, a := range homes {
		if within(a.head().Scope.Area, scope.Reach) {
			// The division shows it already: no share needs to.
			scope = scope.without(RefOf(a).ID, ShareRange)
			continue
		}
		more++
	}
	return scope, more, err
}

// near lists the agencies that have their seat, a depot or the base of a team
// within the request's range of where help is to report, the nearest first.
func (w *work) near(ctx context.Context, r *Request) ([]string, error) {
	if r.Range == 0 {
		return nil, nil
	}
	var out []string
	for _, k := range []Kind{KindTeam, KindDepot, KindAgency} {
		recs, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: k, Near: &Near{*r.ReportTo.Point, float64(r.Range) * 1000}, Limit: 5000})
		if err != nil {
			return nil, err
		}
		for _, rec := range recs {
			agency := rec.head().Scope.Agency
			switch x := rec.(type) {
			case *Agency:
				agency = x.ID
			case *Team:
				if x.Retired {
					continue
				}
			}
			if agency != "" && agency != r.Scope.Agency && !slices.Contains(out, agency) && len(out) < mostInRange {
				out = append(out, agency)
			}
		}
	}
	return out, nil
}

// fireRequest lets a request that ran out expire, and one that still looks for
// something reach further.
func (w *work) fireRequest(ctx context.Context, id string) error {
	r, err := w.ownRequest(ctx, id, "")
	if err != nil {
		return err
	}
	switch {
	case r.State == RequestOpen && passed(r.Until, w.at):
		r.enter(RequestExpired, w.stamp())
		r.WidenDue, r.Until = nil, nil
		return w.put(r)
	case r.State == RequestOpen && passed(r.WidenDue, w.at) && r.missing():
		return w.widen(ctx, r, r.Ring.wider(), "")
	case passed(r.WidenDue, w.at) || passed(r.Until, w.at):
		r.WidenDue = nil
		if passed(r.Until, w.at) {
			r.Until = nil
		}
		w.derive(r)
		return nil
	}
	return errNothing
}
