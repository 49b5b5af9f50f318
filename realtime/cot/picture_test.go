package cot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/geo"
)

// book is a journal with its records, in memory.
type book struct {
	dispatch.RealSource // nil: what is not asked for here
	epoch               string
	changes             []*dispatch.Change
	records             map[dispatch.Ref]dispatch.Record
	broken              error
}

func (b *book) Epoch(context.Context) (string, error) { return b.epoch, b.broken }
func (b *book) Head(context.Context, dispatch.Realm) (int64, error) {
	return int64(len(b.changes)), b.broken
}
func (b *book) Changes(_ context.Context, realm dispatch.Realm, after int64, limit int) ([]*dispatch.Change, error) {
	if realm != dispatch.Live {
		return nil, errors.New("a drill was asked for")
	}
	cs := b.changes[after:]
	return cs[:min(limit, len(cs))], b.broken
}
func (b *book) Find(_ context.Context, q dispatch.Query) ([]dispatch.Record, error) {
	var out []dispatch.Record
	for ref, r := range b.records {
		if ref.Kind == q.Kind && q.Realm == dispatch.Live {
			out = append(out, r)
		}
	}
	return out, b.broken
}

func (b *book) put(r dispatch.Record) {
	b.records[dispatch.RefOf(r)] = r
	b.changes = append(b.changes, &dispatch.Change{Realm: dispatch.Live, Seq: int64(len(b.changes)) + 1, Puts: []dispatch.Put{{Record: r, After: dispatch.HeadOf(r).Scope}}})
}

type lane map[string]dispatch.Position

func (l lane) Submit(context.Context, dispatch.Position) error { return nil }
func (l lane) Stale(string) time.Duration                      { return time.Minute }
func (l lane) Latest(realm dispatch.Realm, team string) (dispatch.Position, bool) {
	p, ok := l[team]
	return p, ok && realm == dispatch.Live
}

func newTeam(id string, with ...string) *dispatch.Team {
	return &dispatch.Team{Head: dispatch.Head{Kind: dispatch.KindTeam, ID: id, Scope: dispatch.Scope{Agency: "a", Open: true, Teams: with}},
		Name: "队" + id, CallSign: "呼" + id, Type: dispatch.TeamFire, Status: dispatch.StatusAvailable}
}

func newIncident(id string, state dispatch.IncidentState, with ...string) *dispatch.Incident {
	p := geo.At(113.8, 34.1)
	return &dispatch.Incident{Head: dispatch.Head{Kind: dispatch.KindIncident, ID: id, Scope: dispatch.Scope{Agency: "a", Teams: with}},
		Number: "N" + id, Title: "火灾", Type: "12G01", State: state, Priority: 1, Place: dispatch.Place{Point: &p}}
}

func newFence(id string, typ dispatch.FenceType, with ...string) *dispatch.Fence {
	p := geo.At(113.8, 34.1)
	f := &dispatch.Fence{Head: dispatch.Head{Kind: dispatch.KindFence, ID: id, Scope: dispatch.Scope{Agency: "a", Teams: with}},
		Name: "围栏" + id, Type: typ, Purpose: dispatch.FenceHot, State: dispatch.FenceActive, Center: &p}
	switch typ {
	case dispatch.FenceRing:
		f.Radius = 500
	case dispatch.FencePerimeter:
		f.Shape = geo.Polygon{{p, geo.At(113.9, 34.1), geo.At(113.9, 34.2), p}}
	}
	return f
}

// TestPicture: a client is told what its team's leader sees, once, and again
// when it changes; what leaves the view is deleted.
func TestPicture(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	b := &book{epoch: "e1", records: map[dispatch.Ref]dispatch.Record{}}
	at := lane{}
	s := &Server{cfg: Config{Lane: at, Real: dispatch.RealOf(b, at), Now: func() time.Time { return now }}, board: newBoard(dispatch.RealOf(b, at), func() time.Time { return now })}
	c := &conn{s: s, sent: map[string]shown{}, actor: dispatch.Actor{Realm: dispatch.Live, Role: dispatch.RoleLeader, Agency: "a", Team: "own"}}
	expect := func(step string, want ...string) []*Event {
		t.Helper()
		if _, err := s.board.follow(t.Context()); err != nil {
			t.Fatal(err)
		}
		es := c.picture(now)
		var got []string
		for _, e := range es {
			uid := e.UID
			if e.Type == "t-x-d-d" {
				uid = e.detail("link").attr("uid")
			}
			got = append(got, e.Type+" "+uid)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%s: told %q, want %q", step, got, want)
		}
		return es
	}
	if c.picture(now) != nil {
		t.Fatal("something is told before the board is known")
	}
	for _, id := range []string{"fellow", "own", "stranger"} {
		at[id] = dispatch.Position{Team: id, Point: geo.At(113.85, 34.03), Speed: 3, Heading: 90, Accuracy: 8, Fixed: now}
	}
	b.put(newTeam("own"))
	b.put(newTeam("stranger"))
	b.put(newTeam("fellow", "own"))
	b.put(newIncident("1", dispatch.IncidentActive, "own"))
	b.put(newIncident("2", dispatch.IncidentActive, "stranger"))
	es := expect("first", "a-f-G-U-C liandong.team.fellow", "b-m-p-s-m liandong.incident.1")
	if e := es[0]; e.Point.Lat != 34.03 || e.Point.Lon != 113.85 || e.Point.CE != 8 || e.detail("track").attr("course") != "90" ||
		e.detail("contact").attr("callsign") != "呼fellow" || !e.Stale.Equal(now.Add(time.Minute)) || e.detail("__group").attr("name") != "Red" {
		t.Errorf("the contact is %s", e.Encode(nil))
	}
	ring := newFence("1", dispatch.FenceRing, "own")
	b.put(ring)
	b.put(newFence("2", dispatch.FencePerimeter, "own"))
	b.put(newFence("3", dispatch.FenceDivision, "own")) // on every map already
	b.put(newFence("4", dispatch.FenceRing, "stranger"))
	es = expect("fences", "u-d-c-c liandong.fence.1", "u-d-f liandong.fence.2")
	if e := es[0]; e.Point.Lat != 34.1 || e.detail("shape").child("ellipse").attr("major") != "500" || e.detail("strokeColor").attr("value") != "-65536" ||
		e.detail("fillColor").attr("value") != "872349696" || e.detail("contact").attr("callsign") != "围栏1" {
		t.Errorf("the circle is %s", e.Encode(nil))
	}
	if e := es[1]; len(e.Detail) < 5 || e.Detail[0].attr("point") != "34.1,113.8" || e.Detail[3].attr("point") != e.Detail[0].attr("point") {
		t.Errorf("the line is %s", e.Encode(nil))
	}
	over := *ring
	over.State = dispatch.FenceEnded
	b.put(&over)
	expect("a fence ended", "t-x-d-d liandong.fence.1")
	over.State = dispatch.FenceActive
	b.put(&over)
	expect("drawn again", "u-d-c-c liandong.fence.1")
	expect("nothing new")
	now = now.Add(5 * time.Second)
	p := at["fellow"]
	p.Fixed = now
	at["fellow"] = p
	expect("moved", "a-f-G-U-C liandong.team.fellow")
	now = now.Add(time.Minute)
	expect("renewed", "b-m-p-s-m liandong.incident.1", "u-d-c-c liandong.fence.1", "u-d-f liandong.fence.2")
	b.broken = errors.New("the database is away")
	now = now.Add(time.Minute)
	if _, err := s.board.follow(t.Context()); err == nil || len(c.picture(now)) != 0 {
		t.Error("markers are written as fresh though the journal cannot be read")
	}
	b.broken = nil
	alarmed := newTeam("stranger")
	place := geo.At(113.9, 34)
	alarmed.Distress = &dispatch.Distress{Since: now, Place: &dispatch.Place{Point: &place}, Text: "个人信息"}
	b.put(alarmed)
	es = expect("distress", "b-a-o-tbl liandong.team.stranger-9-1-1", "b-m-p-s-m liandong.incident.1", "u-d-c-c liandong.fence.1", "u-d-f liandong.fence.2")
	if text := string(es[0].Encode(nil)); strings.Contains(text, "个人信息") || es[0].Point.Lon != 113.9 {
		t.Errorf("a stranger's distress is told whole, or elsewhere: %s", text)
	}
	b.put(newTeam("stranger"))
	expect("relieved", "b-a-o-can liandong.team.stranger-9-1-1", "t-x-d-d liandong.team.stranger-9-1-1")
	b.put(newIncident("1", dispatch.IncidentClosed, "own"))
	expect("closed", "t-x-d-d liandong.incident.1")
	b.put(newTeam("fellow"))
	expect("out of view", "t-x-d-d liandong.team.fellow")
	b.put(newIncident("2", dispatch.IncidentActive, "own"))
	expect("into view", "b-m-p-s-m liandong.incident.2")
}
