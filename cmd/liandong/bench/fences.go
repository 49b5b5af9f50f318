package bench

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"liandong/cmd/liandong/remote"
	"liandong/dispatch"
	"liandong/geo"
	"liandong/realtime"
)

// manyFences is how many stand in the night, and in the lane that is measured with fences.
const manyFences = 500

// someFences are rings and perimeters of 300 m to 2.5 km all over the box, every one of their kind in
// turn.
func someFences(in geo.Bound, n int) []dispatch.FenceDraw {
	rng := rand.New(rand.NewPCG(500, 1))
	out := make([]dispatch.FenceDraw, n)
	for i := range out {
		at := geo.At(in[0]+(in[2]-in[0])*rng.Float64(), in[1]+(in[3]-in[1])*rng.Float64())
		radius := 300 + 2200*rng.Float64()
		out[i] = dispatch.FenceDraw{Name: fmt.Sprint("fence ", i), Type: dispatch.FenceRing, Center: &at, Radius: int(radius)}
		if i%2 == 0 {
			out[i] = dispatch.FenceDraw{Name: fmt.Sprint("fence ", i), Type: dispatch.FencePerimeter, Shape: geo.Circle(at, radius, 40)[0]}
		}
	}
	return out
}

// standing are such fences as records, for a lane without a database.
type standing []dispatch.FenceDraw

func (s standing) Find(_ context.Context, q dispatch.Query) ([]dispatch.Record, error) {
	var out []dispatch.Record
	if q.Kind == dispatch.KindFence {
		for i, d := range s {
			out = append(out, &dispatch.Fence{Head: dispatch.Head{Kind: dispatch.KindFence, ID: fmt.Sprint(i)}, Type: d.Type, State: dispatch.FenceActive,
				Center: d.Center, Radius: d.Radius, Shape: d.Shape})
		}
	}
	return out, nil
}

func (standing) Shape(context.Context, dispatch.Realm, string) (geo.MultiPolygon, error) {
	return nil, nil
}

func (standing) Cross(context.Context, dispatch.Realm, []dispatch.Crossing) (int, error) {
	return 0, nil
}

func (standing) Arrive(context.Context, dispatch.Realm, dispatch.TaskArrive) (int, error) {
	return 0, nil
}

// fencesFor are fences for a lane that is measured by itself. What they see is booked nowhere.
func fencesFor(in geo.Bound) *realtime.Fences {
	s := standing(someFences(in, manyFences))
	f := realtime.NewFences(realtime.FencesConfig{Records: s, Shapes: s, Log: zerolog.Nop()})
	f.Start(s, func(dispatch.Realm, dispatch.Ref) (dispatch.Scope, bool) { return dispatch.Scope{}, false })
	return f
}

// fenced is a fence of the night, as drawn and as kept.
type fenced struct {
	id    string
	bound geo.Bound
	in    func(geo.Point) bool
	near  func(geo.Point) bool // too near to the line to say
}

// drawFences draws so many before the consoles come.
func (b *bench) drawFences(ctx context.Context, n int) ([]fenced, error) {
	draws := someFences(nightCity, n)
	out := make([]fenced, len(draws))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i, d := range draws {
		group.Go(func() error {
			done, err := b.people[i%nightDesks].Do(ctx, remote.Random(8), "fence.draw", d)
			if err != nil {
				return err
			}
			f, err := remote.First[dispatch.Fence](done, dispatch.KindFence)
			if err != nil {
				return err
			}
			shape := geo.MultiPolygon{d.Shape}
			if d.Type == dispatch.FenceRing {
				shape = geo.Circle(*d.Center, float64(d.Radius), 360)
			}
			p := geo.Prepare(shape)
			out[i] = fenced{f.ID, p.Bound(), p.Covers, func(q geo.Point) bool { return p.EdgeWithin(q, 30) }}
			return nil
		})
	}
	return out, group.Wait()
}

// booked is how many crossings the server has booked.
func (b *bench) booked(ctx context.Context) (float64, error) {
	m, err := b.admin.Metrics(ctx)
	return m["liandong_fence_booked_total"], err
}

// guarded judges the stays that the server has booked by where the teams told last that they are, but
// for those that are too near to a line.
func (b *bench) guarded(ctx context.Context, n *Night, fences []fenced, v *convoy) error {
	inside := map[string]bool{}
	for after := ""; ; {
		var page struct {
			Records []dispatch.Stay `json:"records"`
		}
		if err := b.people[0].Get(ctx, "/api/v1/records/stay?limit=1000&after="+after, &page); err != nil {
			return err
		}
		for _, s := range page.Records {
			if inside[s.Fence+" "+s.Team] {
				n.Faults = append(n.Faults, fmt.Sprintf("team %s is in fence %s twice", s.Team, s.Fence))
			}
			inside[s.Fence+" "+s.Team] = true
			after = s.ID
		}
		if len(page.Records) < 1000 {
			break
		}
	}
	n.Inside = len(inside)
	for i, team := range b.teams {
		p := v.at[i].Load()
		if p == nil {
			continue
		}
		for _, f := range fences {
			if want, is := f.bound.Contains(*p) && f.in(*p), inside[f.id+" "+team]; want != is && !f.near(*p) {
				n.Faults = append(n.Faults, fmt.Sprintf("team %s is inside of fence %s: %v, booked %v", team, f.id, want, is))
			}
		}
	}
	return nil
}
