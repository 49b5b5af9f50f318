package realtime

import (
	"context"
	"fmt"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/geo"
)

// audiences of a city: dispatchers, observers, chiefs and leaders of agencies.
func benchAudiences() []dispatch.Audience {
	var out []dispatch.Audience
	for i := range 12 {
		agency := fmt.Sprint("agency", i)
		for _, role := range []dispatch.Role{dispatch.RoleDispatcher, dispatch.RoleObserver, dispatch.RoleChief} {
			au := dispatch.Audience{Realm: dispatch.Live, Role: role, Agency: agency}
			if i < 3 {
				au.Jurisdiction = "4110" // a coordinating agency
			}
			out = append(out, au)
		}
	}
	return out
}

// BenchmarkEncode is one change reduced to and encoded for one audience.
func BenchmarkEncode(b *testing.B) {
	book := newBook()
	book.put(incident("i1", "fire"))
	c := book.changes[0]
	for name, au := range map[string]dispatch.Audience{
		"full":     {Realm: dispatch.Live, Role: dispatch.RoleChief, Jurisdiction: "4110"},
		"redacted": {Realm: dispatch.Live, Role: dispatch.RoleObserver, Agency: "fire"},
		"hidden":   {Realm: dispatch.Live, Role: dispatch.RoleLeader, Team: "t9"},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := encode(c, au.At(c.At)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDeliver is one change to 1,000 connections of 36 audiences, without
// the sockets: encoding, window, waking.
func BenchmarkDeliver(b *testing.B) {
	book := newBook()
	s := still(b, book)
	h := &Hub{limits: Limits{}.orDefault()}
	aus := benchAudiences()
	for i := range 1000 {
		au := aus[i%len(aus)]
		g := s.groups[au]
		if g == nil {
			g = &group{au: au, conns: map[*conn]struct{}{}}
			s.groups[au] = g
		}
		c := &conn{hub: h, stream: s, group: g}
		c.closed = true // no writer starts
		g.conns[c] = struct{}{}
	}
	in := incident("i1", "agency1")
	seq := int64(0)
	b.ReportAllocs()
	for b.Loop() {
		seq++
		c := &dispatch.Change{Seq: seq, Realm: dispatch.Live, Kind: "incident.edit", Puts: []dispatch.Put{{Record: in, After: in.Scope}}}
		if err := s.deliver([]*dispatch.Change{c}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTick is one tick of 10,000 teams, all of which moved, to 1,000
// connections of 36 audiences with windows of their own, without the sockets.
func BenchmarkTick(b *testing.B) {
	const teams, consoles = 10_000, 1_000
	l := NewLane(LaneConfig{Store: &tracks{}, Stale: stale})
	defer l.Close()
	s := still(b, newBook())
	s.lane = l
	if err := l.load(context.Background(), dispatch.Live); err != nil {
		b.Fatal(err)
	}
	place := func(i int) geo.Point { return geo.At(113+float64(i%100)*0.016, 33.5+float64(i/100)*0.009) }
	f := l.fleets[dispatch.Live]
	for i := range teams {
		id := fmt.Sprint("team", i)
		p := fix(id, 0, 0, noon)
		p.Point = place(i)
		f.show(&p, 0, 0)
		s.scopes[dispatch.Ref{Kind: dispatch.KindTeam, ID: id}] = dispatch.Scope{Agency: fmt.Sprint("agency", i%12), Area: "411002"}
	}
	aus := benchAudiences()
	for i := range consoles {
		au := aus[i%len(aus)]
		g := s.groups[au]
		if g == nil {
			g = &group{au: au, conns: map[*conn]struct{}{}}
			s.groups[au] = g
		}
		west, south := 113+float64(i%37)*0.03, 33.5+float64(i%23)*0.03
		r := look{cells: cellsOf(geo.Bound{west, south, west + 0.4, south + 0.25})}
		c := &conn{stream: s, group: g, looks: &r}
		c.closed = true // no writer starts
		g.conns[c] = struct{}{}
	}
	s.sendMoved()
	round := 0
	b.ReportAllocs()
	for b.Loop() {
		round++
		l.mu.Lock()
		for i := range teams {
			p := fix(f.teams.id(uint32(i)), 0, 0, noon)
			p.Point = place(i)
			p.Point[0] += 0.0001 * float64(round)
			f.show(&p, 0, 0)
		}
		l.mu.Unlock()
		s.sendMoved()
		for _, g := range s.groups {
			for c := range g.conns {
				c.moved, c.place = nil, false
			}
		}
	}
}

// BenchmarkReport is one position judged, indexed and queued.
func BenchmarkReport(b *testing.B) {
	l := NewLane(LaneConfig{Store: &nowhere{}, Queue: 1 << 20, Burst: 1e9})
	defer l.Close()
	at, i := time.Now().Add(-time.Hour), 0
	teams := make([]string, 1000)
	for i := range teams {
		teams[i] = fmt.Sprint("team", i)
	}
	b.ReportAllocs()
	for b.Loop() {
		i++
		p := fix(teams[i%1000], 113+float64(i%1000)*0.001+float64(i/1000)*1e-5, 34, at.Add(time.Duration(i/1000)*time.Second))
		if err := l.Submit(context.Background(), p); err != nil {
			b.Fatal(err)
		}
	}
}

type nowhere struct{}

func (*nowhere) SavePositions(context.Context, []dispatch.Position) error { return nil }
func (*nowhere) LatestPositions(context.Context, dispatch.Realm) ([]dispatch.Position, error) {
	return nil, nil
}

// BenchmarkChangesFrame prepares a frame of one change, as a caught-up
// audience gets it.
func BenchmarkChangesFrame(b *testing.B) {
	book := newBook()
	book.put(incident("i1", "fire"))
	piece, err := encode(book.changes[0], dispatch.Audience{Realm: dispatch.Live, Role: dispatch.RoleSystem}.At(time.Now()))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		changesFrame(0, 1, [][]byte{piece})
	}
}
