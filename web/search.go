package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
	"liandong/geo"
	names "liandong/geo/gazetteer"
)

// Hit is one thing that was found by name.
type Hit struct {
	Ref      dispatch.Ref `json:"ref"`
	Title    string       `json:"title"`
	Subtitle string       `json:"subtitle,omitempty"`
	Point    *geo.Point   `json:"point,omitempty"`
}

// Hits is what a search answers.
type Hits struct {
	Hits []Hit `json:"hits"`
}

func (s *Server) searchRoutes() {
	read(s, huma.Operation{OperationID: "search", Method: http.MethodGet, Path: "/api/v1/search", Tags: []string{"reads"},
		Summary: "places, incidents, teams, depots, hazard sources, agencies and equipment by name, pinyin initials, call sign or number"},
		func(ctx context.Context, me *signedIn, in *struct {
			Text  string `query:"text" required:"true" minLength:"1" maxLength:"100"`
			Limit int    `query:"limit" minimum:"1" maximum:"50" default:"12"`
		}) (*struct{ Body Hits }, error) {
			hits, err := s.gazetteer.find(ctx, me.actor, in.Text, in.Limit)
			return &struct{ Body Hits }{Hits{hits}}, err
		})
}

// searched are the kinds with names worth finding, with a weight that prefers one among equal fits.
var searched = map[dispatch.Kind]int{
	dispatch.KindIncident: 60, dispatch.KindTeam: 50, dispatch.KindArea: 40, dispatch.KindDepot: 30,
	dispatch.KindHazard: 30, dispatch.KindAgency: 25, dispatch.KindEquipment: 10,
}

// gazetteer is the index of names of one realm, kept up with the journal. Who asks finds only what
// dispatch.See lets them see; what stands in an entry is in every view of the record.
type gazetteer struct {
	reader interface {
		Find(ctx context.Context, q dispatch.Query) ([]dispatch.Record, error)
	}
	journal Journal
	now     func(dispatch.Realm) time.Time

	mu     sync.RWMutex
	realms map[dispatch.Realm]*index
	drills []dispatch.Realm // those among them, in the order in which they were read
}

type index struct {
	epoch   string
	seq     int64
	entries map[dispatch.Ref]*entry
}

type entry struct {
	hit    Hit
	names  []names.Name
	scope  dispatch.Scope
	weight int
}

func newGazetteer(store Store, now func(dispatch.Realm) time.Time) *gazetteer {
	return &gazetteer{reader: store, journal: store, now: now, realms: map[dispatch.Realm]*index{}}
}

// mostIndexed is how many drills' names are held; they are read anew where somebody asks
// for those of another again.
const mostIndexed = 8

// mostBehind is how many changes are followed one by one; further back it is read anew.
const mostBehind = 5000

func (g *gazetteer) find(ctx context.Context, actor dispatch.Actor, text string, limit int) ([]Hit, error) {
	x, err := g.follow(ctx, actor.Realm)
	if err != nil {
		return nil, err
	}
	type found struct {
		score int
		*entry
	}
	by := actor.Audience().At(g.now(actor.Realm))
	var all []found
	g.mu.RLock()
	for ref, e := range x.entries {
		if dispatch.See(by, ref, e.scope) == dispatch.Hidden {
			continue
		}
		best := 0
		for _, n := range e.names {
			best = max(best, n.Score(text))
		}
		if best > 0 {
			all = append(all, found{best + e.weight, e})
		}
	}
	g.mu.RUnlock()
	slices.SortFunc(all, func(a, b found) int {
		return cmp.Or(cmp.Compare(b.score, a.score), strings.Compare(a.hit.Title, b.hit.Title), strings.Compare(a.hit.Ref.ID, b.hit.Ref.ID))
	})
	hits := make([]Hit, 0, limit)
	for _, f := range all[:min(limit, len(all))] {
		hits = append(hits, f.hit)
	}
	return hits, nil
}

// follow brings the realm's index to the journal's head.
func (g *gazetteer) follow(ctx context.Context, realm dispatch.Realm) (*index, error) {
	head, err := g.journal.Head(ctx, realm)
	if err != nil {
		return nil, err
	}
	epoch, err := g.journal.Epoch(ctx)
	if err != nil {
		return nil, err
	}
	g.mu.RLock()
	x := g.realms[realm]
	current := x != nil && x.epoch == epoch && x.seq >= head
	g.mu.RUnlock()
	if current {
		return x, nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if x = g.realms[realm]; x == nil || x.epoch != epoch || head-x.seq > mostBehind {
		x = &index{epoch: epoch, seq: head, entries: map[dispatch.Ref]*entry{}}
		// Read after the head was asked for: what is newer than seq is applied again, which changes nothing.
		for kind := range searched {
			if err := g.load(ctx, x, realm, kind); err != nil {
				return nil, err
			}
		}
		g.keep(realm, x)
		return x, nil
	}
	for x.seq < head {
		changes, err := g.journal.Changes(ctx, realm, x.seq, 1000)
		if err != nil {
			return nil, err
		}
		if len(changes) == 0 {
			return x, nil
		}
		for _, c := range changes {
			if err := g.apply(ctx, x, c); err != nil {
				return nil, err
			}
		}
	}
	return x, nil
}

// keep holds the index, and lets go of the drill's that has been held longest where there are too
// many: drills come and go for years. g is locked.
func (g *gazetteer) keep(realm dispatch.Realm, x *index) {
	g.realms[realm] = x
	if realm == dispatch.Live {
		return
	}
	g.drills = append(slices.DeleteFunc(g.drills, func(r dispatch.Realm) bool { return r == realm }), realm)
	if len(g.drills) > mostIndexed {
		delete(g.realms, g.drills[0])
		g.drills = slices.Delete(g.drills, 0, 1)
	}
}

func (g *gazetteer) load(ctx context.Context, x *index, realm dispatch.Realm, kind dispatch.Kind) error {
	records, err := g.reader.Find(ctx, dispatch.Query{Realm: realm, Kind: kind, Limit: -1})
	for _, r := range records {
		x.put(r)
	}
	return err
}

func (g *gazetteer) apply(ctx context.Context, x *index, c *dispatch.Change) error {
	for _, kind := range c.Reset {
		if _, ok := searched[kind]; !ok {
			continue
		}
		for ref := range x.entries {
			if ref.Kind == kind {
				delete(x.entries, ref)
			}
		}
		if err := g.load(ctx, x, c.Realm, kind); err != nil {
			return err
		}
	}
	for _, p := range c.Puts {
		x.put(p.Record)
	}
	for _, d := range c.Drops {
		delete(x.entries, d.Ref)
	}
	x.seq = c.Seq
	return nil
}

func (x *index) put(r dispatch.Record) {
	weight, ok := searched[dispatch.RefOf(r).Kind]
	if !ok {
		return
	}
	e := describe(r)
	e.weight, e.scope = weight, dispatch.HeadOf(r).Scope
	// Most changes of a record leave its names alone, and preparing them is the costly part.
	if old := x.entries[e.hit.Ref]; old != nil && old.hit.Title == e.hit.Title && old.hit.Subtitle == e.hit.Subtitle {
		e.names = old.names
	} else {
		for _, name := range []string{e.hit.Title, e.hit.Subtitle} {
			if name != "" {
				e.names = append(e.names, names.Prepare(name))
			}
		}
	}
	x.entries[e.hit.Ref] = e
}

// describe says how a record is found and shown. It takes only fields that no view hides.
func describe(r dispatch.Record) *entry {
	h := Hit{Ref: dispatch.RefOf(r)}
	switch r := r.(type) {
	case *dispatch.Incident:
		h.Title, h.Subtitle, h.Point = r.Title, r.Number, r.Place.Point
	case *dispatch.Team:
		h.Title, h.Subtitle, h.Point = r.Name, r.CallSign, r.Base.Point
	case *dispatch.Area:
		h.Title, h.Subtitle, h.Point = r.Name, r.Code, r.Center
	case *dispatch.Depot:
		h.Title, h.Subtitle, h.Point = r.Name, r.Place.Text, r.Place.Point
	case *dispatch.Hazard:
		h.Title, h.Subtitle, h.Point = r.Name, r.Operator, r.Place.Point
	case *dispatch.Agency:
		h.Title, h.Subtitle, h.Point = r.Name, r.Short, r.Place.Point
	case *dispatch.Equipment:
		h.Title, h.Subtitle, h.Point = r.Name, r.Type, r.Place.Point
	}
	return &entry{hit: h}
}
