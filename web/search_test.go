package web

import (
	"context"
	"fmt"
	"testing"
	"time"

	"liandong/dispatch"
)

// shelf is a store in which every realm has one team and one change.
type shelf struct {
	Store
	read map[dispatch.Realm]int
}

func (s *shelf) Find(_ context.Context, q dispatch.Query) ([]dispatch.Record, error) {
	if q.Kind != dispatch.KindTeam {
		return nil, nil
	}
	s.read[q.Realm]++
	return []dispatch.Record{&dispatch.Team{Head: dispatch.Head{Kind: dispatch.KindTeam, ID: "t1", Scope: dispatch.Scope{Open: true}}, Name: string(q.Realm)}}, nil
}

func (*shelf) Head(context.Context, dispatch.Realm) (int64, error) { return 1, nil }
func (*shelf) Epoch(context.Context) (string, error)               { return "e1", nil }

// However many drills are searched, the names of a few are held, and each search finds those of its own.
func TestNamesOfDrillsAreLetGo(t *testing.T) {
	s := &shelf{read: map[dispatch.Realm]int{}}
	g := newGazetteer(s, func(dispatch.Realm) time.Time { return time.Now() })
	search := func(realm dispatch.Realm) {
		t.Helper()
		hits, err := g.find(t.Context(), dispatch.Actor{ID: "p1", Realm: realm, Role: dispatch.RoleDispatcher, Agency: "fire"}, string(realm), 5)
		if err != nil || len(hits) != 1 || hits[0].Title != string(realm) {
			t.Errorf("%s: %+v, %v", realm, hits, err)
		}
	}
	search(dispatch.Live)
	for round := range 2 {
		for n := range 3 * mostIndexed {
			search(dispatch.Realm(fmt.Sprint("drill:d", n)))
		}
		if len(g.realms) != mostIndexed+1 || len(g.drills) != mostIndexed {
			t.Errorf("round %d: %d realms are held, of them %d drills", round, len(g.realms), len(g.drills))
		}
	}
	last := dispatch.Realm(fmt.Sprint("drill:d", 3*mostIndexed-1))
	search(last)
	search(dispatch.Live)
	if s.read[dispatch.Live] != 1 || s.read[last] != 2 || s.read["drill:d0"] != 2 {
		t.Errorf("read %d, %d and %d times, want 1, 2 and 2", s.read[dispatch.Live], s.read[last], s.read["drill:d0"])
	}
}
