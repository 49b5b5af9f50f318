package dispatch

import (
	"context"
	"math"
	"slices"
	"time"
)

// Suppliers answers "who could help" with one line of a request.
type Suppliers struct {
	Request   string     `json:"request"`
	Line      string     `json:"line"`
	At        time.Time  `json:"at"`
	Suppliers []Supplier `json:"suppliers"`
}

// Supplier is one agency that has what the line asks for, as far as the actor
// may know.
type Supplier struct {
	Agency string `json:"agency"`
	// Reached: the request's ring lets the agency see it now.
	Reached bool `json:"reached"`
	// Able is what it could send now, Left what it would have left of that after
	// giving what the line still misses.
	Able int `json:"able"`
	Left int `json:"left"`
	// Seconds is the estimated travel time of the nearest that it could send, from
	// its base; 0 unknown.
	Seconds int     `json:"seconds,omitempty"`
	Answers Answers `json:"answers"`
}

// Answers is how an agency has answered requests so far.
type Answers struct {
	Count    int     `json:"count"`
	Accepted float64 `json:"accepted" doc:"share of them that were not declined, 0 to 1"`
	Minutes  float64 `json:"minutes" doc:"median time from the opening of the request to the answer"`
}

// Suppliers ranks the agencies that could help with the line: those that miss
// least of it first, then the nearest, then those that answer sooner, then by
// id. A line that asks for an item has no ranking: what others keep in store is
// theirs to tell.
func (s *Service) Suppliers(ctx context.Context, actor Actor, request, line string) (Suppliers, error) {
	rec, err := s.Get(ctx, actor, Ref{KindRequest, request})
	if err != nil {
		return Suppliers{}, err
	}
	r := rec.(*Request)
	l := r.line(line)
	if l == nil {
		return Suppliers{}, invalid("line", line, "没有这一行", "there is no such line", lineIDs(r)...)
	}
	out := Suppliers{Request: r.ID, Line: l.ID, At: s.Now(actor.Realm), Suppliers: []Supplier{}}
	if l.Capability == "" {
		return out, nil
	}
	au := s.onlooker(actor)
	teams, err := s.store.Find(ctx, Query{Realm: actor.Realm, Kind: KindTeam, Audience: &au, Limit: -1})
	if err != nil {
		return Suppliers{}, err
	}
	agencies, err := s.store.Find(ctx, Query{Realm: actor.Realm, Kind: KindAgency, Audience: &au, Limit: -1})
	if err != nil {
		return Suppliers{}, err
	}
	answers, err := s.answers(ctx, actor.Realm)
	if err != nil {
		return Suppliers{}, err
	}
	by := map[string]*Supplier{}
	for _, rec := range teams {
		t := rec.(*Team)
		if t.Scope.Agency == r.Scope.Agency || t.Holder != "" || t.Retired || t.Status != StatusAvailable && t.Status != StatusDelayed || !t.Has(l.Capability, out.At) {
			continue
		}
		x := by[t.Scope.Agency]
		if x == nil {
			x = &Supplier{Agency: t.Scope.Agency, Answers: answers[t.Scope.Agency]}
			by[x.Agency] = x
		}
		x.Able++
		if tr := s.estimate(t, nil, r.ReportTo.Point); tr.Known && (x.Seconds == 0 || tr.Seconds < x.Seconds) {
			x.Seconds = max(tr.Seconds, 1)
		}
	}
	missing := l.Missing()
	for _, rec := range agencies {
		a := rec.(*Agency)
		x := by[a.ID]
		if x == nil {
			continue
		}
		x.Reached = r.State == RequestOpen && (within(a.Scope.Area, r.Scope.Reach) || r.Scope.shows(a.ID, out.At))
		x.Left = max(x.Able-missing, 0)
		out.Suppliers = append(out.Suppliers, *x)
	}
	slices.SortFunc(out.Suppliers, func(a, b Supplier) int { return orderSuppliers(a, b, missing) })
	return out, nil
}

func orderSuppliers(a, b Supplier, missing int) int {
	far := func(x Supplier) int {
		if x.Seconds == 0 {
			return math.MaxInt
		}
		return x.Seconds
	}
	slow := func(x Supplier) float64 {
		if x.Answers.Count == 0 {
			return math.Inf(1)
		}
		return x.Answers.Minutes
	}
	switch ga, gb := min(a.Able, missing), min(b.Able, missing); {
	case ga != gb:
		return gb - ga
	case far(a) != far(b):
		if far(a) < far(b) {
			return -1
		}
		return 1
	case slow(a) != slow(b):
		if slow(a) < slow(b) {
			return -1
		}
		return 1
	}
	return compare(a.Agency, b.Agency)
}

// answers counts how agencies have answered, by agency.
func (s *Service) answers(ctx context.Context, realm Realm) (map[string]Answers, error) {
	offers, err := s.store.Find(ctx, Query{Realm: realm, Kind: KindOffer, Archived: true, Limit: -1})
	if err != nil || len(offers) == 0 {
		return nil, err
	}
	requests, err := s.store.Find(ctx, Query{Realm: realm, Kind: KindRequest, Archived: true, Limit: -1})
	if err != nil {
		return nil, err
	}
	opened := map[string]time.Time{}
	for _, rec := range requests {
		r := rec.(*Request)
		opened[r.ID] = r.Stamps[RequestOpen].At
	}
	out, minutes := map[string]Answers{}, map[string][]float64{}
	for _, rec := range offers {
		o := rec.(*Offer)
		a := out[o.Scope.Agency]
		a.Count++
		if o.Type != OfferDecline {
			a.Accepted++ // the number, for now
		}
		out[o.Scope.Agency] = a
		minutes[o.Scope.Agency] = append(minutes[o.Scope.Agency], o.Created.Sub(opened[o.Request]).Minutes())
	}
	for agency, a := range out {
		a.Accepted /= float64(a.Count)
		a.Minutes = median(minutes[agency])
		out[agency] = a
	}
	return out, nil
}

func median(v []float64) float64 {
	slices.Sort(v)
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}
