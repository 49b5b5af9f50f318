package dispatch_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/geo"
	"liandong/geo/route"
)

// Whatever the lines, and however they are grazed: on its way a team is booked on the
// side on which it is, second by second.
func TestSimulatedTeamAmongManyFences(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	s, i := c.driven()
	type drawn struct {
		*dispatch.Fence
		covers func(geo.Point) bool
	}
	var all []drawn
	rnd := rand.New(rand.NewPCG(5, 6))
	way := geo.Bearing(base, scene)
	for n := range 24 {
		// Beside the way, so near that some are grazed by centimetres.
		radius := 200 + rnd.IntN(300)
		center := geo.Toward(geo.Between(base, scene, rnd.Float64()), way+90, float64(radius)-math.Pow(10, 2.5-float64(n)/3))
		all = append(all, drawn{s.fence(dispatch.FenceDraw{Center: &center, Radius: radius}), geo.Around(center, float64(radius)).Covers})
		middle := geo.Between(base, scene, rnd.Float64())
		star := geo.Circle(middle, 600, 40)
		for k, corner := range star[0][0] {
			star[0][0][k] = geo.Between(corner, middle, 0.9*rnd.Float64())
		}
		star[0][0][40] = star[0][0][0]
		all = append(all, drawn{s.fence(dispatch.FenceDraw{Type: dispatch.FencePerimeter, Shape: star[0]}), geo.Prepare(star).Covers})
	}
	// A slit of a metre across the way, through which it is in a tenth of a second.
	slit := geo.Between(base, scene, 0.3)
	box := func(along, aside float64) (r geo.Ring) {
		for _, d := range [][2]float64{{1, 1}, {1, -1}, {-1, -1}, {-1, 1}, {1, 1}} {
			r = append(r, geo.Toward(geo.Toward(slit, way, d[0]*along), way+90, d[1]*aside))
		}
		return r
	}
	shape := geo.Polygon{box(300, 300), box(0.5, 100)}
	all = append(all, drawn{s.fence(dispatch.FenceDraw{Type: dispatch.FencePerimeter, Shape: shape}), geo.Prepare(geo.MultiPolygon{shape}).Covers})
	// Its way is the edge of this one; it is on the line from the beginning to the end.
	edge := s.fence(dispatch.FenceDraw{Type: dispatch.FencePerimeter, Shape: geo.Polygon{{base, geo.At(scene.Lon(), base.Lat()), scene, base}}})
	s.send(i, "xf1")
	s.run(time.Minute)
	leg := s.sim("xf1").Leg
	s.run(leg.Arrives.Sub(leg.Departed))
	crossed, missed := 0, 0
	for _, f := range all {
		var got []time.Time
		for _, stay := range s.stays(f.Fence, "xf1") {
			if !stay.Found {
				got = append(got, stay.Entered.At)
			}
			if stay.Left != nil {
				got = append(got, stay.Left.At)
			}
		}
		want := turns(leg, f.covers)
		if !slices.EqualFunc(got, want, time.Time.Equal) {
			t.Errorf("%s of %d m: crossed at %v, want %v", f.Type, f.Radius, got, want)
		}
		if crossed += len(want); len(want) == 0 {
			missed++
		}
	}
	if crossed < 40 || missed < 3 {
		t.Errorf("%d crossings of %d lines and %d passed by show too little", crossed, len(all), missed)
	}
	s.run(time.Hour)
	if stay := s.one(edge, "xf1", dispatch.StayInside); !stay.Found {
		t.Errorf("along a line: %+v", stay)
	}
	for _, line := range s.journal() {
		if strings.Contains(line, " deadline.fire ") {
			t.Errorf("looked at for nothing: %.100s", line)
		}
	}
}

// Crossings are the same, to the byte of the journal, whether somebody looks every two
// seconds, from two servers, once, or after the clock was set on over all of them.
func TestCrossingsAreOneHoweverOftenSeen(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	other := dispatch.NewService(c.store, dispatch.Config{Now: c.clock, NewID: func() string { return "never" }, Router: route.Default(), Settings: dispatch.DefaultSettings()})
	play := func(looks int, jump bool) []string {
		s, i := c.driven()
		half, corner := geo.Between(base, scene, 0.5), geo.Between(base, scene, 0.25)
		keys := 0
		give := func(name string, in any) dispatch.Result {
			t.Helper()
			keys++
			return s.give(fmt.Sprintf("given-%04d", keys), name, in)
		}
		wait := func(d time.Duration) {
			if jump {
				s.move("drill.pause", "")
				s.do(s.director, "drill.jump", dispatch.DrillJump{Drill: s.drill, To: s.svc.Now(s.realm).Add(d)})
				s.move("drill.resume", "")
				return
			}
			for range looks {
				c.pass(d / 60 / time.Duration(looks))
				var wg sync.WaitGroup
				if looks > 1 {
					wg.Go(func() { _, _ = other.FireDue(t.Context(), s.realm) })
				}
				s.look()
				wg.Wait()
			}
		}
		f := put[*dispatch.Fence](c, give("fence.draw", dispatch.FenceDraw{Type: dispatch.FenceRing, Incident: i, Radius: 800,
			Warn: []dispatch.FenceWarn{dispatch.WarnEnter, dispatch.WarnExit, dispatch.WarnDwell}, Dwell: 300}))
		give("fence.draw", dispatch.FenceDraw{Type: dispatch.FenceRing, Center: &half, Radius: 400, Warn: []dispatch.FenceWarn{dispatch.WarnEnter}})
		give("fence.draw", dispatch.FenceDraw{Type: dispatch.FencePerimeter, Shape: geo.Circle(corner, 500, 8)[0]})
		for _, call := range []string{"xf1", "xf2", "jj1"} {
			give("task.assign", dispatch.TaskAssign{Incident: i, Team: c.teams[call]})
			wait(time.Minute)
		}
		wait(4 * time.Minute)
		give("fence.edit", dispatch.FenceEdit{Fence: f.ID, Center: &half})
		wait(6 * time.Minute)
		give("fence.draw", dispatch.FenceDraw{Type: dispatch.FenceRing, Center: &scene, Radius: 200})
		wait(30 * time.Minute)
		give("fence.end", dispatch.FenceEnd{Fence: f.ID})
		wait(20 * time.Minute)
		give("note.add", dispatch.NoteAdd{Incident: i, Text: "记"})
		return s.journal()
	}
	decided := func(journal []string) (out []string) {
		for _, line := range keyless(journal) {
			if !strings.Contains(line, " drill.") {
				out = append(out, line)
			}
		}
		return out
	}
	one := play(1, false)
	same(t, keyless(one), keyless(play(100, false)))
	same(t, decided(one), decided(play(1, true)))
	booked := 0
	for _, line := range one {
		if strings.Contains(line, " fence.cross ") {
			booked++
		}
	}
	if booked < 15 {
		t.Errorf("only %d crossings", booked)
	}
}
