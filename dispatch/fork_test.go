package dispatch_test

import (
	"context"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/dispatch/pgstore"
	"liandong/geo/route"
)

// A clock that is told where to stand stands there, however late somebody comes, takes the players'
// commands at that moment, and goes on only when it is let.
func TestClockStandsWhereItIsTold(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	begins := time.Date(2027, 3, 1, 1, 0, 0, 0, time.UTC)
	s := c.stage(dispatch.DrillOpen{Picture: dispatch.PictureResources, Begins: &begins})
	for _, name := range []string{"drill.approve", "drill.check", "drill.ready"} {
		s.move(name, "单人策划")
	}
	s.do(s.director, "drill.rate", dispatch.DrillRate{Drill: s.drill, Rate: 60})
	s.refused(s.director, dispatch.Invalid, "drill.start", dispatch.DrillGo{Drill: s.drill, Until: &begins})
	first, second := begins.Add(10*time.Minute), begins.Add(15*time.Minute)
	s.do(s.director, "drill.start", dispatch.DrillGo{Drill: s.drill, Until: &first})
	c.pass(5 * time.Second)
	if at := c.svc.Now(s.realm); !at.Equal(begins.Add(5 * time.Minute)) {
		t.Errorf("on its way the clock shows %s", at)
	}
	s.refused(s.director, dispatch.IllegalMove, "drill.resume", dispatch.DrillGo{Drill: s.drill})
	c.pass(time.Hour)
	if at := c.svc.Now(s.realm); !at.Equal(first) {
		t.Errorf("the clock stands at %s", at)
	}
	s.do(s.director, "drill.rate", dispatch.DrillRate{Drill: s.drill, Rate: 30}) // it goes no further by that
	r := s.do(s.player, "incident.open", dispatch.IncidentOpen{Type: "12G03", Title: "火情", Area: "411002"})
	if !r.Change.At.Equal(first) {
		t.Errorf("decided at %s", r.Change.At)
	}
	s.refused(s.director, dispatch.Invalid, "drill.resume", dispatch.DrillGo{Drill: s.drill, Until: &first})
	s.do(s.director, "drill.resume", dispatch.DrillGo{Drill: s.drill, Until: &second})
	c.pass(time.Hour)
	if at := c.svc.Now(s.realm); !at.Equal(second) {
		t.Errorf("the clock stands at %s", at)
	}
	s.do(s.director, "drill.jump", dispatch.DrillJump{Drill: s.drill, To: second.Add(time.Minute)})
	c.pass(2 * time.Second)
	if at := c.svc.Now(s.realm); !at.Equal(second.Add(2 * time.Minute)) {
		t.Errorf("a clock that was set on shows %s", at)
	}
}

// A drill and its fork are measured from where they parted, whichever is put beside the other.
func TestForkIsMeasuredFromWhereItParted(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	s := c.stage(dispatch.DrillOpen{Picture: dispatch.PictureResources, Seed: 5})
	s.begin()
	send := func(s *stage, title, team string, after time.Duration) {
		i := put[*dispatch.Incident](c, s.do(s.player, "incident.open", dispatch.IncidentOpen{Type: "12G03", Title: title, Area: "411002"}))
		c.pass(after)
		s.do(s.player, "task.assign", dispatch.TaskAssign{Incident: i.ID, Team: c.teams[team]})
	}
	send(s, "分岔之前", "xf1", 30*time.Second)
	parted := c.svc.Now(s.realm)
	r := s.do(s.director, "drill.open", dispatch.DrillOpen{Name: "分岔", Content: dispatch.DrillSingle, Form: dispatch.DrillTabletop, Purpose: dispatch.DrillResearch,
		Picture: dispatch.PictureWhole, Seed: 5})
	fork := &stage{town: c, realm: r.Change.Realm, drill: r.Change.Realm.Drill(), director: s.director, player: s.player}
	fork.director.Realm, fork.player.Realm = fork.realm, fork.realm
	fork.begin()
	send(s, "分岔之后", "xf2", 60*time.Second)
	send(fork, "分岔之后", "xf2", 120*time.Second)
	s.move("drill.end", "")
	c.pass(time.Minute)
	fork.move("drill.end", "")

	first := func(ms []dispatch.Measure) (n int, median float64) {
		for _, m := range ms {
			if m.Type == dispatch.MeasureFirstAssignment {
				return m.Count, m.Median
			}
		}
		return 0, 0
	}
	for _, tt := range []struct {
		of, beside *stage
		own, other float64
	}{{fork, s, 120, 60}, {s, fork, 60, 120}} {
		r, err := c.svc.DrillReport(t.Context(), tt.of.director)
		if err != nil {
			t.Fatal(err)
		}
		if n, _ := first(r.Measures.All.Measures); tt.of == s && n != 2 {
			t.Errorf("by itself the drill has %d first assignments", n)
		}
		if err := c.svc.CompareDrill(t.Context(), r, tt.beside.director); err != nil {
			t.Fatal(err)
		}
		if n, m := first(r.Measures.All.Measures); n != 1 || m != tt.own {
			t.Errorf("own: %d first assignments, %v s; want one of %v s", n, m, tt.own)
		}
		if n, m := first(r.Compared.Measures); n != 1 || m != tt.other {
			t.Errorf("the other: %d first assignments, %v s; want one of %v s", n, m, tt.other)
		}
		if !r.Compared.Kin || !r.Compared.From.Equal(parted) || !r.Compared.From.Equal(r.Measures.From) || !r.Compared.To.Equal(r.Measures.To) {
			t.Errorf("kin: %v; from %s to %s, own %s to %s", r.Compared.Kin, r.Compared.From, r.Compared.To, r.Measures.From, r.Measures.To)
		}
	}
	// One that has another past is measured whole.
	other := c.stage(dispatch.DrillOpen{Picture: dispatch.PictureResources})
	other.begin()
	rep, err := c.svc.DrillReport(t.Context(), s.director)
	if err == nil {
		err = c.svc.CompareDrill(t.Context(), rep, other.director)
	}
	if n, _ := first(rep.Measures.All.Measures); err != nil || n != 2 || rep.Compared.Kin {
		t.Errorf("%d first assignments, kin %v, %v", n, rep.Compared.Kin, err)
	}
}

// interrupted is a store at which something happens right after a record was read.
type interrupted struct {
	*pgstore.Store
	read func(dispatch.Ref)
}

func (s *interrupted) Get(ctx context.Context, realm dispatch.Realm, ref dispatch.Ref, o *dispatch.Onlooker) (dispatch.Record, error) {
	r, err := s.Store.Get(ctx, realm, ref, o)
	if s.read != nil {
		s.read(ref)
	}
	return r, err
}

// An inject that another server has just released, and whose call that one has still to make, is made
// before the next command: a player who looks after it finds it.
func TestWhatFellDueIsDoneWhoeverBeganIt(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	s := c.stage(dispatch.DrillOpen{Picture: dispatch.PictureResources})
	l := line("001", dispatch.InjectPhone, at(60))
	l.Type, l.Action = dispatch.InjectActing, &dispatch.InjectAction{Command: "report.take", Agency: c.bureau, Input: []byte(`{"channel":"hotline","text":"火情"}`)}
	s.save(l)
	s.begin()
	c.pass(time.Minute)

	store := &interrupted{Store: c.store}
	config := dispatch.Config{Now: c.clock, NewID: func() string { return "unused" }, Router: route.Default(), Settings: dispatch.DefaultSettings()}
	here := dispatch.NewService(store, config)
	// The other one is gone as soon as it has released the inject.
	ctx, gone := context.WithCancel(t.Context())
	config.Committed = func(dispatch.Realm, int64) { gone() }
	there := dispatch.NewService(c.store, config)
	store.read = func(ref dispatch.Ref) {
		if ref.Kind == dispatch.KindInject && ctx.Err() == nil {
			_, _ = there.FireDue(ctx, s.realm)
		}
	}
	if _, err := here.Do(t.Context(), s.director, "drill.rate", "the-rate", []byte(`{"drill":"`+s.drill+`","rate":2}`)); err != nil {
		t.Fatal(err)
	}
	if ctx.Err() == nil {
		t.Fatal("the other server released nothing")
	}
	reports, err := c.store.Find(t.Context(), dispatch.Query{Realm: s.realm, Kind: dispatch.KindReport, Limit: -1})
	if err != nil || len(reports) != 1 {
		t.Errorf("%d reports, %v", len(reports), err)
	}
}
