package dispatch

import (
	"context"
	"slices"
)

// Fellows are teams with an open task on the same incident. Each lists the
// others in its Scope.Teams, so that their leaders see where it is while they
// work together (SeePosition). It is written in the change that begins or ends
// the task, under the locks of both teams. Of more than mostFellows teams on one
// incident those who come later are fellows of nobody: the lists of two hundred
// teams would fill the journal, and their leaders are led by the desk.
const mostFellows = 24

// crew lists the teams with an open task on the incident that is more than
// proposed, as this change has them.
func (w *work) crew(ctx context.Context, incident string) ([]string, error) {
	recs, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindTask, Incident: incident, States: openStates, Limit: -1})
	if err != nil {
		return nil, err
	}
	for _, p := range w.change.Puts { // what this change created or brought from another incident
		recs = append(recs, p.Record)
	}
	var out []string
	for _, r := range recs {
		if t, ok := w.current(r).(*Task); ok && t.Incident == incident && t.Open() && t.State != TaskProposed && !t.elsewhere() {
			out = append(out, t.Team)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// elsewhere tells whether task and team are a neighbour's: that team may be
// unknown here.
func (t *Task) elsewhere() bool { return t.Origin != nil && t.Agency == t.Scope.Agency }

// lockCrew locks the team named, "" for none, and all that are on the incidents,
// which are locked. It returns the team.
func (w *work) lockCrew(ctx context.Context, team string, incidents ...string) (*Team, error) {
	var refs []Ref
	if team != "" {
		refs = append(refs, Ref{KindTeam, team})
	}
	for _, i := range incidents {
		crew, err := w.crew(ctx, i)
		if err != nil {
			return nil, err
		}
		for _, id := range crew {
			refs = append(refs, Ref{KindTeam, id})
		}
	}
	recs, err := w.lock(ctx, refs...)
	if err != nil || team == "" {
		return nil, err
	}
	return recs[0].(*Team), nil
}

// meet brings the team's fellows in step with its open tasks, on both sides,
// and returns them, sorted.
func (w *work) meet(ctx context.Context, team *Team, open []*Task) ([]string, error) {
	var now []string
	for _, t := range open {
		if t.State == TaskProposed {
			continue
		}
		crew, err := w.crew(ctx, t.Incident)
		if err != nil {
			return nil, err
		}
		if len(crew) > mostFellows {
			crew = slices.DeleteFunc(crew, func(id string) bool { return !slices.Contains(team.Scope.Teams, id) })
		}
		now = append(now, crew...)
	}
	now = slices.DeleteFunc(now, func(id string) bool { return id == team.ID })
	slices.Sort(now)
	now = slices.Compact(now)
	var refs []Ref
	for _, id := range slices.Concat(now, team.Scope.Teams) {
		if slices.Contains(now, id) != slices.Contains(team.Scope.Teams, id) {
			refs = append(refs, Ref{KindTeam, id})
		}
	}
	recs, err := w.lock(ctx, refs...)
	if err != nil {
		return nil, err
	}
	for _, r := range recs {
		to := r.head().Scope.withoutTeam(team.ID)
		if slices.Contains(now, RefOf(r).ID) {
			to = to.withTeam(team.ID)
		}
		w.rescope(r, to)
	}
	return now, nil
}
