package realtime

import (
	"context"
	"fmt"
	"slices"
	"time"

	"liandong/dispatch"
	"liandong/geo"
	"liandong/realtime/fence"
)

// yard is what the fences know of one realm.
type yard struct {
	field         fence.Field
	fences        map[string]*dispatch.Fence // that stand
	stays         map[visit]string           // that last: their ids
	jurisdictions map[string]string          // by agency
	scenes        map[string]geo.Point       // of incidents
	tasks         map[string][]onWay         // by team
	blank         map[string]bool            // fences whose division's border is still to be read
	anew          bool                       // sightings were lost
}

type visit struct{ fence, team string }

// onWay is a task whose team may yet arrive.
type onWay struct{ task, incident string }

// The kinds that fences follow.
var fenceKinds = []dispatch.Kind{dispatch.KindFence, dispatch.KindStay, dispatch.KindAgency, dispatch.KindIncident, dispatch.KindTask, dispatch.KindTeam}

// concerns tells whether the fences have something to learn from the change.
func concerns(c *dispatch.Change) bool {
	return len(c.Reset) > 0 || slices.ContainsFunc(c.Puts, func(p dispatch.Put) bool {
		return slices.Contains(fenceKinds, dispatch.RefOf(p.Record).Kind)
	})
}

// Watch begins to watch the realm, or begins anew: it reads all that the fences have to know of the realm, and looks where the
// teams are.
func (f *Fences) Watch(ctx context.Context, realm dispatch.Realm) error {
	y := &yard{fences: map[string]*dispatch.Fence{}, stays: map[visit]string{}, jurisdictions: map[string]string{}, scenes: map[string]geo.Point{},
		tasks: map[string][]onWay{}, blank: map[string]bool{}}
	// Fences come before stays: who is inside is kept with the line.
	for _, kind := range fenceKinds[:5] {
		recs, err := f.cfg.Records.Find(ctx, dispatch.Query{Realm: realm, Kind: kind, Archived: kind == dispatch.KindAgency, Limit: -1})
		if err != nil {
			return fmt.Errorf("%s for the fences of %s: %w", kind, realm, err)
		}
		for _, r := range recs {
			y.put(r)
		}
		if kind != dispatch.KindFence {
			continue
		}
		for id := range y.blank {
			shape, err := f.border(ctx, realm, y.fences[id])
			if err != nil {
				return err
			}
			y.draw(id, shape)
		}
	}
	f.mu.Lock()
	f.yards[realm] = y
	f.mu.Unlock()
	f.lane.again(realm, geo.Bound{-180, -90, 180, 90})
	return nil
}

// border reads the border along which the fence is; nothing where its division
// has none any more.
func (f *Fences) border(ctx context.Context, realm dispatch.Realm, at *dispatch.Fence) (geo.MultiPolygon, error) {
	shape, err := f.cfg.Shapes.Shape(ctx, realm, at.Division)
	switch {
	case dispatch.CodeOf(err) == dispatch.NotFound:
		f.cfg.Log.Warn().Str("fence", at.ID).Str("division", at.Division).Msg("the division has no border: its fence sees nobody")
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("border of %s: %w", at.Division, err)
	}
	return shape, nil
}

// draw draws the border of a division as the fence's line.
func (y *yard) draw(id string, shape geo.MultiPolygon) geo.Bound {
	delete(y.blank, id)
	if len(shape) == 0 || y.fences[id] == nil {
		return geo.Empty
	}
	y.field.Put(id, geo.Prepare(shape))
	return shape.Bound()
}

// put takes a record as it is now. It returns the box in which the teams have to
// be looked at anew, if any.
func (y *yard) put(r dispatch.Record) (box geo.Bound) {
	box = geo.Empty
	switch r := r.(type) {
	case *dispatch.Agency:
		y.jurisdictions[r.ID] = r.Jurisdiction
	case *dispatch.Incident:
		delete(y.scenes, r.ID)
		if r.Place.Point != nil && !r.State.Ended() {
			y.scenes[r.ID] = *r.Place.Point
		}
	case *dispatch.Task:
		y.putTask(r)
	case *dispatch.Stay:
		y.putStay(r)
	case *dispatch.Fence:
		box = y.putFence(r)
	}
	return box
}

func (y *yard) putTask(t *dispatch.Task) {
	tasks := slices.DeleteFunc(y.tasks[t.Team], func(o onWay) bool { return o.task == t.ID })
	if t.UnderWay() && t.Arrival == nil {
		tasks = append(tasks, onWay{t.ID, t.Incident})
	}
	if len(tasks) == 0 {
		delete(y.tasks, t.Team)
		return
	}
	y.tasks[t.Team] = tasks
}

func (y *yard) putStay(s *dispatch.Stay) {
	at := visit{s.Fence, s.Team}
	switch {
	case s.State == dispatch.StayInside:
		y.stays[at] = s.ID
		y.field.Set(s.Fence, s.Team, true)
	case y.stays[at] == s.ID: // and no later one has begun
		delete(y.stays, at)
		y.field.Set(s.Fence, s.Team, false)
	}
}

func (y *yard) putFence(r *dispatch.Fence) geo.Bound {
	was := y.fences[r.ID]
	if r.State != dispatch.FenceActive {
		delete(y.fences, r.ID)
		delete(y.blank, r.ID)
		y.field.Drop(r.ID)
		return geo.Empty
	}
	y.fences[r.ID] = r
	if was != nil && was.Drawn.Equal(r.Drawn) && was.Scope.Agency == r.Scope.Agency {
		return geo.Empty
	}
	box, _ := y.field.Bound(r.ID)
	switch r.Type {
	case dispatch.FenceRing:
		y.field.Put(r.ID, geo.Around(*r.Center, float64(r.Radius)))
	case dispatch.FencePerimeter:
		y.field.Put(r.ID, geo.Prepare(geo.MultiPolygon{r.Shape}))
	case dispatch.FenceDivision:
		y.blank[r.ID] = true
	}
	now, _ := y.field.Bound(r.ID)
	return box.Union(now)
}

// arrived returns the task that the team has arrived at, to its first sight; ""
// where it has not.
func (y *yard) arrived(p *dispatch.Position, within int) string {
	tasks := y.tasks[p.Team]
	for i, o := range tasks {
		scene, ok := y.scenes[o.incident]
		if ok && within > 0 && p.Accuracy <= float64(within) && geo.Distance(scene, p.Point) <= float64(within) {
			y.tasks[p.Team] = slices.Delete(tasks, i, i+1)
			return o.task
		}
	}
	return ""
}

// learn takes what the feed has told; false where that was nothing.
func (f *Fences) learn(ctx context.Context) bool {
	f.mu.Lock()
	cs := f.inbox
	f.inbox = nil
	f.mu.Unlock()
	for i, c := range cs {
		if err := f.take(ctx, c); err != nil {
			f.cfg.Log.Error().Err(err).Msg("the fences cannot learn of a change")
			f.mu.Lock()
			f.inbox = append(slices.Clone(cs[i:]), f.inbox...)
			f.mu.Unlock()
			return false
		}
	}
	return len(cs) > 0
}

// take learns of one change and looks anew at the teams that it concerns.
func (f *Fences) take(ctx context.Context, c *dispatch.Change) error {
	ctx, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	if slices.ContainsFunc(c.Reset, func(k dispatch.Kind) bool { return k == dispatch.KindArea || slices.Contains(fenceKinds, k) }) {
		return f.Watch(ctx, c.Realm)
	}
	f.mu.Lock()
	y := f.yards[c.Realm]
	if y == nil {
		f.mu.Unlock()
		return nil
	}
	box := geo.Empty
	var teams []string
	for _, p := range c.Puts {
		box = box.Union(y.put(p.Record))
		switch r := p.Record.(type) {
		case *dispatch.Task:
			teams = append(teams, r.Team) // it may be there already
		case *dispatch.Team:
			if p.Before != nil && !p.Before.Equal(p.After) {
				// Other fences may watch it now: it enters them as if it came.
				y.field.Forget(r.ID, func(id string) bool { return y.stays[visit{id, r.ID}] != "" })
				teams = append(teams, r.ID)
			}
		}
	}
	var blank []*dispatch.Fence
	for id := range y.blank {
		blank = append(blank, y.fences[id])
	}
	f.mu.Unlock()
	for _, at := range blank {
		shape, err := f.border(ctx, c.Realm, at)
		if err != nil {
			return err
		}
		f.mu.Lock()
		box = box.Union(y.draw(at.ID, shape))
		f.mu.Unlock()
	}
	if !box.IsEmpty() || len(teams) > 0 {
		f.lane.again(c.Realm, box, teams...)
	}
	return nil
}
