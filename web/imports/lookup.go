package imports

import (
	"context"

	"liandong/dispatch"
	"liandong/geo"
)

// Service is what an import asks of dispatch.
type Service interface {
	Import(ctx context.Context, actor dispatch.Actor, kind dispatch.Kind, key string, rows []dispatch.Imported, dry bool) ([]dispatch.RowError, error)
	ImportScript(ctx context.Context, actor dispatch.Actor, key string, lines []dispatch.ScriptLine, dry bool) (dispatch.ScriptReport, error)
	Find(ctx context.Context, actor dispatch.Actor, q dispatch.Query) ([]dispatch.Record, error)
}

// lookup is what rows refer to, as far as the actor sees it.
type lookup struct {
	own      string            // the actor's agency
	agencies map[string]string // folded name, short name or id: id
	depots   map[string]string
	places   map[string]dispatch.Place // of depots
	there    map[string]string         // key of kind.same: id of the record that is there
	region   geo.Bound                 // where points may lie
}

// farAway is how far outside of its areas a city's records may lie, in metres:
// neighbouring regions' teams are in its lists too.
const farAway = 300_000

func look(ctx context.Context, svc Service, actor dispatch.Actor, kind dispatch.Kind) (*lookup, error) {
	l := &lookup{own: actor.Agency, agencies: map[string]string{}, depots: map[string]string{}, places: map[string]dispatch.Place{}, there: map[string]string{}}
	bound := geo.Empty
	for _, step := range []struct {
		kind dispatch.Kind
		each func(dispatch.Record)
	}{
		{dispatch.KindAgency, func(r dispatch.Record) {
			a := r.(*dispatch.Agency)
			for _, n := range []string{a.ID, a.Name, a.Short} {
				l.agencies[folded(n)] = a.ID
			}
		}},
		{dispatch.KindDepot, func(r dispatch.Record) {
			d := r.(*dispatch.Depot)
			l.depots[folded(d.ID)], l.depots[folded(d.Name)], l.places[d.ID] = d.ID, d.ID, d.Place
		}},
		{dispatch.KindArea, func(r dispatch.Record) {
			if a := r.(*dispatch.Area); a.Bound != nil && len(a.Code) <= 6 {
				bound = bound.Union(*a.Bound)
			}
		}},
		{kind, func(r dispatch.Record) {
			if key := kinds[kind].same(r); key != "" {
				l.there[key] = dispatch.HeadOf(r).ID
			}
		}},
	} {
		if err := all(ctx, svc, actor, step.kind, step.each); err != nil {
			return nil, err
		}
	}
	delete(l.agencies, "")
	l.region = geo.World
	if !bound.IsEmpty() {
		l.region = bound.Pad(farAway)
	}
	return l, nil
}

// all pages through the records of a kind.
func all(ctx context.Context, svc Service, actor dispatch.Actor, kind dispatch.Kind, each func(dispatch.Record)) error {
	const page = 1000
	after := ""
	for {
		list, err := svc.Find(ctx, actor, dispatch.Query{Kind: kind, After: after, Limit: page})
		if err != nil {
			return err
		}
		for _, r := range list {
			each(r)
			after = dispatch.HeadOf(r).ID
		}
		if len(list) < page {
			return nil
		}
	}
}
