package dispatch

import (
	"context"
	"slices"
)

// What an agency owns and what its agreements say are kept in step under the
// lock of the agency's row. Who makes a record that agreements cover, or changes
// what they ask of one, holds it; so does who changes an agreement, for all its
// parties. So an agreement that ends leaves no share behind that was being
// written at the same moment.

// agreedKinds are covered by agreements.
var agreedKinds = []Kind{KindHazard, KindIncident, KindRequest, KindTeam, KindEquipment, KindStock}

// mostAgreedPuts is how many records a change of an agreement carries itself;
// where more are touched they are written at once and the kinds are fetched anew.
const mostAgreedPuts = 500

// agreements are those of the agency that are on the board, as this change has
// them. It locks the agency's row.
func (w *work) agreements(ctx context.Context, agency string) ([]*Agreement, error) {
	if agency == "" {
		return nil, nil
	}
	if _, err := w.lock(ctx, Ref{KindAgency, agency}); err != nil {
		if CodeOf(err) == NotFound {
			return nil, nil
		}
		return nil, err
	}
	recs, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindAgreement, Text: agency, Limit: -1})
	if err != nil {
		return nil, err
	}
	var out []*Agreement
	for _, r := range recs {
		if a := w.current(r).(*Agreement); a.party(agency) != nil {
			out = append(out, a)
		}
	}
	return out, nil
}

// lockOwner locks the row of the agency that owns the record, which is locked
// after it. Its agency must still be the same then: see sameOwner.
func (w *work) lockOwner(ctx context.Context, ref Ref) ([]*Agreement, string, error) {
	rec, err := w.tx.Get(ctx, w.actor.Realm, ref, nil)
	if err != nil {
		return nil, "", err
	}
	agency := rec.head().Scope.Agency
	all, err := w.agreements(ctx, agency)
	return all, agency, err
}

// agreedNew is the scope of a record that is about to be made.
func (w *work) agreedNew(ctx context.Context, r Record, s Scope) (Scope, error) {
	all, err := w.agreements(ctx, s.Agency)
	return agreed(r, s, all, w.at), err
}

// agree brings all that the agencies own in step with their agreements. Their
// rows are locked.
func (w *work) agree(ctx context.Context, agencies []string) error {
	slices.Sort(agencies)
	all := map[string][]*Agreement{}
	var roots []Ref
	for _, agency := range slices.Compact(agencies) {
		var err error
		if all[agency], err = w.agreements(ctx, agency); err != nil {
			return err
		}
		for _, k := range agreedKinds {
			recs, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: k, Agency: agency, Limit: -1})
			if err != nil {
				return err
			}
			for _, r := range recs {
				r = w.current(r)
				if s := r.head().Scope; !agreed(r, s, all[agency], w.at).Equal(s) {
					roots = append(roots, RefOf(r))
				}
			}
		}
	}
	if len(roots) == 0 {
		return nil
	}
	recs, err := w.lock(ctx, roots...)
	if err != nil {
		return err
	}
	deps, many := map[string][]Record{}, len(recs)
	for _, r := range recs {
		if i, ok := r.(*Incident); ok {
			if deps[i.ID], err = w.dependents(ctx, i.ID); err != nil {
				return err
			}
			many += len(deps[i.ID])
		}
	}
	if many > mostAgreedPuts {
		return w.agreeInBulk(ctx, recs, deps, all)
	}
	for _, r := range recs {
		to := agreed(r, r.head().Scope, all[r.head().Scope.Agency], w.at)
		if i, ok := r.(*Incident); ok {
			if err := w.shareAll(ctx, i, to); err != nil {
				return err
			}
			continue
		}
		w.rescope(r, to)
	}
	return nil
}

// agreeInBulk writes the records at once; their readers fetch the kinds anew.
func (w *work) agreeInBulk(ctx context.Context, recs []Record, deps map[string][]Record, all map[string][]*Agreement) error {
	var hang []Ref
	for _, ds := range deps {
		for _, d := range ds {
			hang = append(hang, RefOf(d))
		}
	}
	locked, err := w.lock(ctx, hang...)
	if err != nil {
		return err
	}
	scopes := map[string]Scope{} // of the incidents
	var bulk []Record
	for _, r := range recs {
		h := r.head()
		h.Scope, h.Updated = agreed(r, h.Scope, all[h.Scope.Agency], w.at), w.at
		if h.Kind == KindIncident {
			scopes[h.ID] = h.Scope
		}
		bulk = append(bulk, r)
	}
	for _, r := range locked {
		h := r.head()
		to, ok := scopes[r.index().Incident]
		if !ok {
			return errMoved // it went to another incident
		}
		h.Scope, h.Updated = to, w.at
		bulk = append(bulk, r)
	}
	for _, r := range bulk {
		if k := RefOf(r).Kind; !slices.Contains(w.change.Reset, k) {
			w.change.Reset = append(w.change.Reset, k)
		}
	}
	slices.SortFunc(w.change.Reset, func(a, b Kind) int { return slices.Index(Kinds, a) - slices.Index(Kinds, b) })
	return w.tx.PutBulk(ctx, bulk)
}
