package dispatch

import (
	"context"
	"slices"
	"time"

	"liandong/geo"
	"liandong/geo/route"
)

// trail is where in the journal records came into their states: the first change
// of each.
type trail struct {
	at   map[Ref]map[string]int64
	lent map[string]Record // what was lent, as it was when it was committed, by loan
}

// mostTrail bounds the changes that one claim reads of one incident.
const mostTrail = 5000

// take notes what a change says.
func (t *trail) take(c *Change) {
	note := func(r Record, state string) {
		ref := RefOf(r)
		if t.at[ref] == nil {
			t.at[ref] = map[string]int64{}
		}
		if _, have := t.at[ref][state]; !have {
			t.at[ref][state] = c.Seq
		}
	}
	for _, p := range c.Puts {
		switch r := p.Record.(type) {
		case *Offer:
			note(r, string(r.State))
		case *Task:
			note(r, string(r.State))
		case *Loan:
			note(r, string(r.State))
			if p.Before != nil {
				continue
			}
			for _, q := range c.Puts {
				if RefOf(q.Record) == r.Resource {
					t.lent[r.ID] = q.Record
				}
			}
		}
	}
}

// seqs are the changes in which the record came into the states.
func (t *trail) seqs(ref Ref, states ...string) []int64 {
	var out []int64
	for _, s := range states {
		if n := t.at[ref][s]; n > 0 {
			out = append(out, n)
		}
	}
	return out
}

// ordered sorts changes and leaves out those that are there twice.
func ordered(lists ...[]int64) []int64 {
	out := slices.Concat(lists...)
	slices.Sort(out)
	return slices.Compact(out)
}

// readTrail reads the changes of incidents that name one of the ids, and those
// that merged another incident into one of them: a loan that came over with it has
// its past under that one's name.
func (w *work) readTrail(ctx context.Context, incidents, ids []string) (*trail, error) {
	t := &trail{at: map[Ref]map[string]int64{}, lent: map[string]Record{}}
	var all []*Change
	for n := 0; n < len(incidents); n++ {
		changes, err := w.tx.Trail(ctx, w.actor.Realm, incidents[n], append(slices.Clone(ids), `"duplicate":"`+incidents[n]+`"`), mostTrail)
		if err != nil {
			return nil, err
		}
		for _, c := range changes {
			all = append(all, c)
			for _, p := range c.Puts {
				if i, ok := p.Record.(*Incident); ok && i.Duplicate == incidents[n] && !slices.Contains(incidents, i.ID) && len(incidents) < 20 {
					incidents = append(incidents, i.ID)
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b *Change) int { return int(a.Seq - b.Seq) })
	for _, c := range all {
		t.take(c)
	}
	return t, nil
}

// services reads of each loan what a claim counts.
func (w *work) services(ctx context.Context, loans []*Loan) ([]*service, error) {
	tasks := map[string][]*Task{}
	incidents, ids := []string{loans[0].Incident}, []string(nil)
	for _, l := range loans {
		ids = append(ids, l.ID, l.Offer)
		if l.Resource.Kind != KindTeam {
			continue
		}
		recs, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindTask, Team: l.Resource.ID, Since: l.Created, Archived: true, Limit: -1})
		if err != nil {
			return nil, err
		}
		for _, r := range recs {
			k := r.(*Task)
			if on, ok := k.Stamps[TaskOnScene]; !ok || !l.during(on.At) {
				continue
			}
			tasks[l.ID] = append(tasks[l.ID], k)
			if ids = append(ids, k.ID); !slices.Contains(incidents, k.Incident) {
				incidents = append(incidents, k.Incident)
			}
		}
	}
	t, err := w.readTrail(ctx, incidents, ids)
	if err != nil {
		return nil, err
	}
	var out []*service
	for _, l := range loans {
		s, err := w.service(ctx, l, tasks[l.ID], t)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// during tells whether the loan lasted at the moment, by the server's clock.
func (l *Loan) during(at time.Time) bool {
	return !at.Before(l.Stamps[LoanCommitted].At) && !at.After(l.ended().At)
}

// ended is the stamp of the return, or of the cancellation.
func (l *Loan) ended() Stamp {
	if s, ok := l.Stamps[LoanReturned]; ok {
		return s
	}
	return l.Stamps[LoanCancelled]
}

// departed is when it left home: the departure where somebody told it, else the
// commitment.
func (l *Loan) departed() time.Time {
	if s, ok := l.Stamps[LoanInTransit]; ok {
		return s.When()
	}
	return l.Stamps[LoanCommitted].When()
}

func (w *work) service(ctx context.Context, l *Loan, tasks []*Task, t *trail) (*service, error) {
	lent := t.lent[l.ID]
	if lent == nil {
		var err error
		if lent, err = w.tx.Get(ctx, w.actor.Realm, l.Resource, nil); err != nil {
			return nil, err
		}
	}
	s := &service{loan: l, away: span{secs(l.departed()), secs(l.ended().When())}}
	if s.away.to.Sub(s.away.from) > longestLoan {
		return nil, invalid("loan", l.ID, "借调时间超过 400 天，无法归集", "the loan lasted for more than 400 days: too long to be computed")
	}
	ref := RefOf(l)
	s.order = ordered(t.seqs(Ref{KindOffer, l.Offer}, string(OfferOrdered)),
		t.seqs(ref, string(LoanCommitted), string(LoanInTransit), string(LoanOnLoan), string(LoanReleasing), string(LoanReturned), string(LoanCancelled)))
	s.ends = ordered(t.seqs(ref, string(LoanCommitted), string(LoanOnLoan), string(LoanReturned)))
	var home Place
	switch r := lent.(type) {
	case *Team:
		s.subject, s.crew, home = string(r.Type), r.Crew, r.Base
		for _, k := range tasks {
			s.scenes = append(s.scenes, k.onScene(t))
		}
	case *Equipment:
		s.subject, home = r.Type, r.Place
	case *Stock:
		s.subject, home = r.Type, r.Place
	}
	first, err := w.firstOfOffer(ctx, l)
	if err == nil && first && home.Point != nil && l.ReportTo.Point != nil && l.reached(LoanInTransit) {
		s.metres = w.way(*home.Point, *l.ReportTo.Point)
	}
	return s, err
}

// onScene is the time of the task on scene.
func (k *Task) onScene(t *trail) sceneWork {
	on := k.Stamps[TaskOnScene]
	out := sceneWork{task: k.ID, during: span{secs(on.When()), secs(on.When())}}
	end := TaskState("")
	for _, s := range []TaskState{TaskReturning, TaskDone, TaskReleased, TaskDiverted, TaskCancelled} {
		if left, ok := k.Stamps[s]; ok && (end == "" || left.When().Before(k.Stamps[end].When())) {
			end = s
		}
	}
	if end != "" {
		out.during.to = secs(k.Stamps[end].When())
	}
	out.seqs = ordered(t.seqs(RefOf(k), string(TaskAssigned), string(TaskEnRoute), string(TaskOnScene), string(end)))
	return out
}

// firstOfOffer tells whether the way is counted with this loan: a team has its
// own vehicle, and items and supplies of one offer travel together.
func (w *work) firstOfOffer(ctx context.Context, l *Loan) (bool, error) {
	if l.Resource.Kind == KindTeam {
		return true, nil
	}
	recs, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindLoan, Incident: l.Incident, Agency: l.Scope.Agency, Archived: true, Limit: -1})
	for _, r := range recs {
		if o := r.(*Loan); o.Offer == l.Offer && o.reached(LoanInTransit) && o.ID < l.ID {
			return false, err
		}
	}
	return true, err
}

// way is the estimated length of a way by road, in metres.
func (w *work) way(from, to geo.Point) int64 {
	return int64(w.svc.cfg.Router.Travel(from, to, route.Drive).Metres + 0.5)
}

// tariff reads the rates that may count for a claim of the owner in the area:
// the tariff of the narrowest division that holds it first, the owner's own price
// list last. Where no tariff is known of the place, as of one in a neighbouring
// region, that of the owner's home counts.
func (w *work) tariff(ctx context.Context, owner, area string) (tariff, error) {
	recs, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindRate, Archived: true, Limit: -1})
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(recs, func(r Record) bool { return within(area, r.(*Rate).Within) }) {
		home, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindAgency, owner}, nil)
		if err != nil {
			return nil, err
		}
		area = home.head().Scope.Area
	}
	var out tariff
	for _, rec := range recs {
		if r := rec.(*Rate); within(area, r.Within) || r.Within == "" && r.Scope.Agency == owner {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b *Rate) int { return len(b.Within) - len(a.Within) })
	return out, nil
}
