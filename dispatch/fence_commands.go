package dispatch

import (
	"context"
	"fmt"

	"liandong/geo"
)

func drawFence(ctx context.Context, w *work, in *FenceDraw) error {
	f := &Fence{Name: in.Name, Type: in.Type, Purpose: in.Purpose, State: FenceActive, Incident: in.Incident, Hazard: in.Hazard,
		Center: in.Center, Radius: in.Radius, Shape: in.Shape, Division: in.Division, Warn: in.Warn, Dwell: in.Dwell, Until: in.Until, Drawn: w.at}
	if f.Purpose == "" {
		f.Purpose = FenceWatch
	}
	if err := w.later("until", in.Until); err != nil {
		return err
	}
	around, place, err := w.fenceAround(ctx, in)
	if err != nil {
		return err
	}
	if f.Type == FenceRing && f.Center == nil {
		f.Center, f.Follows = place.Point, place.Point != nil
	}
	if f.Type == FencePerimeter {
		if err := checkShape("shape", f.Shape); err != nil {
			return err
		}
		label := geo.MultiPolygon{f.Shape}.LabelPoint()
		f.Center = &label
	}
	area := ""
	if f.Type == FenceDivision && f.Division != "" {
		a, err := w.division(ctx, f.Division)
		if err != nil {
			return err
		}
		f.Center, area, place.Text = a.Center, a.Code, a.Name
	}
	if f.Name == "" {
		f.Name = firstWords(fencePurposesZH[f.Purpose] + " " + firstWords(place.Text, f.lineZH()))
	}
	if err := f.check(); err != nil {
		return err
	}
	if i, ok := around.(*Incident); ok {
		// The scope of what hangs on an incident is the incident's.
		return w.create(KindFence, "", i.Scope, f)
	}
	scope, err := w.newScope(ctx, "", area, Place{Point: f.Center})
	if err != nil {
		return err
	}
	if err := May(w.actor, w.at, w.cmd, Ref{Kind: KindFence}, scope); err != nil {
		return err
	}
	return w.create(KindFence, "", scope, f)
}

var fencePurposesZH = map[FencePurpose]string{FenceHot: "热区", FenceWarm: "温区", FenceCold: "冷区", FenceStaging: "集结区", FenceWatch: "关注区"}

func (f *Fence) lineZH() string {
	if f.Type == FenceRing {
		return fmt.Sprintf("半径 %d 米", f.Radius)
	}
	return "手绘"
}

// fenceAround loads what the fence is drawn around: an incident, under lock, or
// a hazard source; nil where it stands for itself.
func (w *work) fenceAround(ctx context.Context, in *FenceDraw) (Record, Place, error) {
	switch {
	case in.Incident != "" && in.Hazard != "":
		return nil, Place{}, invalid("hazard", in.Hazard, "围栏只能属于事件或危险源之一", "a fence is an incident's or around a hazard source, not both")
	case in.Incident != "":
		i, err := w.incident(ctx, in.Incident, "")
		if err != nil {
			return nil, Place{}, err
		}
		return i, i.Place, nil
	case in.Hazard != "":
		r, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindHazard, in.Hazard}, w.audience())
		if err != nil {
			return nil, Place{}, err
		}
		h := r.(*Hazard)
		return h, Place{Text: h.Name, Point: h.Place.Point}, nil
	}
	return nil, Place{}, nil
}

// division is a division that has a border.
func (w *work) division(ctx context.Context, code string) (*Area, error) {
	found, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindArea, IDs: []string{code}})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 || found[0].(*Area).Shape == 0 {
		return nil, invalid("division", code, "没有该区划的边界", "there is no border of that division", "the code of an area that has a shape")
	}
	return found[0].(*Area), nil
}

// lockFence loads a fence for update, under its incident's lock where it has
// one.
func (w *work) lockFence(ctx context.Context, id string) (*Fence, error) {
	if id == "" {
		return nil, invalid("fence", id, "缺少围栏", "the fence is missing", "an id")
	}
	r, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindFence, id}, w.audience())
	if err != nil {
		return nil, err
	}
	seen := r.(*Fence).Incident
	refs := []Ref{{KindFence, id}}
	if seen != "" {
		refs = append(refs, Ref{KindIncident, seen})
	}
	recs, err := w.lock(ctx, refs...)
	if err != nil {
		return nil, err
	}
	f := recs[0].(*Fence)
	if f.Incident != seen {
		return nil, errMoved
	}
	return f, nil
}

// standing is lockFence for who may change it, and only while it stands.
func (w *work) standing(ctx context.Context, id string) (*Fence, error) {
	f, err := w.lockFence(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := w.may(f); err != nil {
		return nil, err
	}
	if f.State == FenceEnded {
		e := illegal(KindFence, string(f.State), string(FenceActive), nil)
		e.Current = f
		return nil, e
	}
	return f, nil
}

func editFence(ctx context.Context, w *work, in *FenceEdit) error {
	f, err := w.standing(ctx, in.Fence)
	if err != nil {
		return err
	}
	assign(&f.Name, in.Name)
	assign(&f.Purpose, in.Purpose)
	assign(&f.Radius, in.Radius)
	assign(&f.Shape, in.Shape)
	assign(&f.Warn, in.Warn)
	assign(&f.Dwell, in.Dwell)
	if in.Until != nil {
		if err := w.later("until", in.Until); err != nil {
			return err
		}
		f.Until = in.Until
	}
	if in.Endless {
		f.Until = nil
	}
	if in.Center != nil {
		if f.Type != FenceRing {
			return invalid("center", *in.Center, "只有圆形围栏能移动圆心", "only a ring has a middle")
		}
		f.Center, f.Follows = in.Center, false
	}
	if in.Shape != nil {
		if f.Type != FencePerimeter {
			return invalid("shape", "", "只有手绘围栏有边界点", "only a perimeter has a shape")
		}
		if err := checkShape("shape", f.Shape); err != nil {
			return err
		}
		label := geo.MultiPolygon{f.Shape}.LabelPoint()
		f.Center = &label
	}
	if in.Center != nil || in.Radius != nil || in.Shape != nil {
		f.Drawn = w.at
	}
	return w.put(f)
}

func endFence(ctx context.Context, w *work, in *FenceEnd) error {
	f, err := w.standing(ctx, in.Fence)
	if err != nil {
		return err
	}
	w.change.Note = in.Reason
	return w.endFence(ctx, f, firstWords(in.Reason, "围栏撤销"))
}

// endFence ends the fence and the stays in it. One of an incident stays with
// the incident's record. Called under the fence's lock.
func (w *work) endFence(ctx context.Context, f *Fence, reason string) error {
	stays, err := w.stays(ctx, f)
	if err != nil {
		return err
	}
	for _, s := range stays {
		s.Reason = reason
		if err := w.endStay(ctx, s, w.stamp()); err != nil {
			return err
		}
	}
	f.State, f.Reason = FenceEnded, reason
	if err := w.put(f); err != nil {
		return err
	}
	if f.Incident == "" {
		w.drop(f)
	}
	return nil
}

// stays are those in the fence now. Called under the fence's lock.
func (w *work) stays(ctx context.Context, f *Fence) ([]*Stay, error) {
	recs, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindStay, Text: f.ID, States: []string{string(StayInside)}, Limit: -1})
	if err != nil {
		return nil, err
	}
	out := make([]*Stay, 0, len(recs))
	for _, r := range recs {
		if s := w.current(r).(*Stay); s.Fence == f.ID && s.State == StayInside {
			out = append(out, s)
		}
	}
	return out, nil
}

// endStay ends a stay and the alarms about it.
func (w *work) endStay(ctx context.Context, s *Stay, at Stamp) error {
	alarms, err := w.stayAlarms(ctx, s)
	if err != nil {
		return err
	}
	for _, a := range alarms {
		if err := w.endAlarm(a); err != nil {
			return err
		}
	}
	s.State, s.Left, s.DwellDue = StayLeft, &at, nil
	if err := w.put(s); err != nil {
		return err
	}
	w.drop(s)
	return nil
}

// stayAlarms are those about the stay that are not over.
func (w *work) stayAlarms(ctx context.Context, s *Stay) ([]*Alarm, error) {
	recs, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindAlarm, Team: s.Team, States: []string{string(AlarmFence)}, Limit: -1})
	if err != nil {
		return nil, err
	}
	var out []*Alarm
	for _, r := range recs {
		if a := w.current(r).(*Alarm); a.Stay == s.ID && a.Ended == nil {
			out = append(out, a)
		}
	}
	return out, nil
}

// endFences ends those of an incident that has ended. Called under the
// incident's lock.
func (w *work) endFences(ctx context.Context, i *Incident, reason string) error {
	fences, err := w.fences(ctx, func(f *Fence) bool { return f.Incident == i.ID })
	if err != nil {
		return err
	}
	for _, f := range fences {
		if err := w.endFence(ctx, f, reason); err != nil {
			return err
		}
	}
	return nil
}

// rescopeStays makes the stays in the fences among the records, and the alarms
// about them, those of the agency and area that the fences are to have: who owns
// a fence sees who is in it.
func (w *work) rescopeStays(ctx context.Context, deps []Record, to Scope) error {
	for _, r := range deps {
		f, ok := r.(*Fence)
		if !ok || f.Scope.Agency == to.Agency && f.Scope.Area == to.Area {
			continue
		}
		if _, err := w.lock(ctx, RefOf(f)); err != nil { // no team enters or leaves meanwhile
			return err
		}
		stays, err := w.stays(ctx, f)
		if err != nil {
			return err
		}
		for _, s := range stays {
			team, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindTeam, s.Team}, nil)
			if err != nil {
				return err
			}
			next := stayScope(to, team.(*Team))
			alarms, err := w.stayAlarms(ctx, s)
			if err != nil {
				return err
			}
			for _, a := range alarms {
				w.rescope(a, next)
			}
			w.rescope(s, next)
		}
	}
	return nil
}

// adoptFence makes a fence another incident's. Called under the fence's lock.
func (w *work) adoptFence(ctx context.Context, f *Fence, into *Incident) error {
	if err := w.rescopeStays(ctx, []Record{f}, into.Scope); err != nil {
		return err
	}
	stays, err := w.stays(ctx, f)
	if err != nil {
		return err
	}
	for _, s := range stays {
		s.Incident = into.ID
		w.derive(s)
	}
	f.Incident, f.Follows = into.ID, false
	return nil
}

// follow moves the rings that are around an incident or a hazard source to where
// that was placed. Called under its lock.
func (w *work) follow(ctx context.Context, around Ref, to *geo.Point) error {
	if to == nil {
		return nil
	}
	fences, err := w.fences(ctx, func(f *Fence) bool {
		return f.Follows && (around == Ref{KindIncident, f.Incident} || around == Ref{KindHazard, f.Hazard}) && *f.Center != *to
	})
	if err != nil {
		return err
	}
	for _, f := range fences {
		f.Center, f.Drawn = to, w.at
		if err := w.put(f); err != nil {
			return err
		}
	}
	return nil
}

// fences locks those that stand and that keep accepts. What it asks about must not
// change without a lock that the caller holds.
func (w *work) fences(ctx context.Context, keep func(*Fence) bool) ([]*Fence, error) {
	recs, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindFence, States: []string{string(FenceActive)}, Limit: -1})
	if err != nil {
		return nil, err
	}
	var refs []Ref
	for _, r := range recs {
		if keep(w.current(r).(*Fence)) {
			refs = append(refs, RefOf(r))
		}
	}
	if len(refs) == 0 {
		return nil, nil
	}
	if recs, err = w.lock(ctx, refs...); err != nil {
		return nil, err
	}
	out := make([]*Fence, len(recs))
	for n, r := range recs {
		out[n] = r.(*Fence)
	}
	return out, nil
}

// fireFence ends a fence whose time is over.
func (w *work) fireFence(ctx context.Context, id string) error {
	f, err := w.lockFence(ctx, id)
	if err != nil {
		return err
	}
	if f.State != FenceActive || !passed(f.Until, w.at) {
		return errNothing
	}
	return w.endFence(ctx, f, "到期")
}
