package dispatch

import (
	"context"
	"slices"
)

// The commands that keep base data: depots, equipment, stocks, hazard sources,
// grid duty, agencies.

// save creates or edits a record of base data: the common shape.
func save[R Record](ctx context.Context, w *work, kind Kind, id string, fresh R, scope func() (Scope, error), apply func(R)) error {
	if id == "" {
		s, err := scope()
		if err != nil {
			return err
		}
		apply(fresh)
		if slices.Contains(agreedKinds, kind) {
			if s, err = w.agreedNew(ctx, fresh, s); err != nil {
				return err
			}
		}
		return w.create(kind, "", s, fresh)
	}
	r, err := lockOne[R](ctx, w, kind, id)
	if err != nil {
		return err
	}
	if err := w.may(r); err != nil {
		return err
	}
	apply(r)
	return w.put(r)
}

func saveDepot(ctx context.Context, w *work, in *DepotSave) error {
	return save(ctx, w, KindDepot, in.ID, &Depot{}, func() (Scope, error) {
		return w.baseScope(ctx, in.Agency, in.Area, in.Place, true)
	}, func(d *Depot) {
		d.Name, d.Type, d.Place, d.Keeper, d.Phone = in.Name, in.Type, in.Place, in.Keeper, in.Phone
	})
}

func saveHazard(ctx context.Context, w *work, in *HazardSave) error {
	err := save(ctx, w, KindHazard, in.ID, &Hazard{}, func() (Scope, error) {
		return w.baseScope(ctx, in.Agency, in.Area, in.Place, false)
	}, func(h *Hazard) {
		h.Name, h.Level, h.Operator, h.Substances, h.Population = in.Name, in.Level, in.Operator, in.Substances, in.Population
		h.Place, h.Duty, h.External = in.Place, in.Duty, in.External
	})
	if err != nil || in.ID == "" {
		return err
	}
	return w.follow(ctx, Ref{KindHazard, in.ID}, in.Place.Point)
}

func saveEquipment(ctx context.Context, w *work, in *EquipmentSave) error {
	agency := in.Agency
	if agency == "" {
		agency = w.actor.Agency
	}
	return save(ctx, w, KindEquipment, in.ID, &Equipment{Holder: agency}, func() (Scope, error) {
		return w.baseScope(ctx, in.Agency, in.Area, in.Place, false)
	}, func(e *Equipment) {
		e.Name, e.Type, e.Serial, e.Capabilities = in.Name, in.Type, in.Serial, in.Capabilities
		e.Condition, e.Depot, e.Place = in.Condition, in.Depot, in.Place
	})
}

func commitEquipment(ctx context.Context, w *work, in *EquipmentCommit) error {
	i, err := w.useFor(ctx, in.Incident)
	if err != nil {
		return err
	}
	e, err := lockOne[*Equipment](ctx, w, KindEquipment, in.Equipment)
	if err != nil {
		return err
	}
	if err := w.may(e); err != nil {
		return err
	}
	if e.Holder != e.Scope.Agency && e.Holder != w.actor.Agency && w.relate(e) != Over {
		return refuse(Forbidden, "装备现由其他单位保管", "another agency holds the item")
	}
	if e.Condition != ConditionReady && e.Condition != ConditionWorn {
		x := refuse(Conflict, "%s不可用", "%s is not fit for use", e.Name)
		x.Current = e
		return x
	}
	if e.Incident != "" {
		number := e.Incident
		if r, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindIncident, e.Incident}, nil); err == nil {
			number = r.(*Incident).Number
		}
		x := refuse(Conflict, "%s已用于事件 %s", "%s is in use at incident %s", e.Name, number)
		x.Field, x.Value, x.Current, x.Blockers = "equipment", e.ID, e, []Ref{{KindIncident, e.Incident}}
		return x
	}
	if in.Team != "" {
		if _, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindTeam, in.Team}, w.audience()); err != nil && (w.actor.Role != RolePeer || CodeOf(err) != NotFound) {
			return err
		}
	}
	if e.Origin != nil {
		delete(in.Expect.Expect, "incident/"+in.Incident) // it was met here, and may not be known there
	}
	e.Incident, e.Team = in.Incident, in.Team
	w.change.Take = append(w.change.Take, Use{RefOf(e), Ref{KindIncident, in.Incident}})
	if i != nil {
		// Those who run the incident see what was sent to it.
		w.rescope(e, e.Scope.with(Share{Agency: i.Scope.Agency, Tier: TierView, Source: ShareTask}))
	}
	return w.put(e)
}

// useFor is the incident that an item is to be used for, locked; nil where it is a
// neighbour's that was not told here, and whose rule has looked at it there.
func (w *work) useFor(ctx context.Context, id string) (*Incident, error) {
	if w.actor.Role == RolePeer {
		if _, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindIncident, id}, nil); CodeOf(err) == NotFound {
			return nil, nil
		}
	}
	i, err := lockOne[*Incident](ctx, w, KindIncident, id)
	if err != nil {
		return nil, err
	}
	return i, firstError(w.may(i), i.mustRun())
}

func returnEquipment(ctx context.Context, w *work, in *EquipmentReturn) error {
	e, err := lockOne[*Equipment](ctx, w, KindEquipment, in.Equipment)
	if err != nil {
		return err
	}
	if err := w.may(e); err != nil {
		return err
	}
	if e.Incident == "" {
		return refuse(IllegalMove, "%s未被调用", "%s is not in use", e.Name)
	}
	if in.Condition != "" {
		e.Condition = in.Condition
	}
	w.change.Free = append(w.change.Free, Use{RefOf(e), Ref{KindIncident, e.Incident}})
	w.change.Note, e.Incident, e.Team = in.Reason, "", ""
	to := e.Scope
	for _, sh := range e.Scope.Shares {
		to = to.without(sh.Agency, ShareTask)
	}
	w.rescope(e, to)
	return w.put(e)
}

func saveStock(ctx context.Context, w *work, in *StockSave) error {
	agency := in.Agency
	if agency == "" {
		agency = w.actor.Agency
	}
	return save(ctx, w, KindStock, in.ID, &Stock{Holder: agency}, func() (Scope, error) {
		return w.baseScope(ctx, in.Agency, in.Area, in.Place, false)
	}, func(s *Stock) {
		s.Name, s.Type, s.Unit, s.Least, s.Depot, s.Place, s.Expires = in.Name, in.Type, in.Unit, in.Least, in.Depot, in.Place, in.Expires
	})
}

func receiveStock(ctx context.Context, w *work, in *StockMove) error {
	return w.moveStock(ctx, in, in.Quantity)
}

func issueStock(ctx context.Context, w *work, in *StockMove) error {
	if in.Incident != "" {
		r, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindIncident, in.Incident}, w.audience())
		if err != nil {
			return err
		}
		if err := r.(*Incident).mustRun(); err != nil {
			return err
		}
	}
	return w.moveStock(ctx, in, -in.Quantity)
}

func (w *work) moveStock(ctx context.Context, in *StockMove, delta int) error {
	if in.Quantity < 1 || in.Quantity > 1_000_000 {
		return invalid("quantity", in.Quantity, "数量应为 1 至一百万", "the quantity is 1 to 1,000,000")
	}
	s, err := lockOne[*Stock](ctx, w, KindStock, in.Stock)
	if err != nil {
		return err
	}
	if err := w.may(s); err != nil {
		return err
	}
	if s.Available+delta < 0 {
		e := refuse(Conflict, "%[1]s仅剩 %[2]d %[3]s", "only %[2]d %[3]s of %[1]s are left", s.Name, s.Available, s.Unit)
		e.Field, e.Value, e.Current = "quantity", in.Quantity, s
		return e
	}
	s.Available += delta
	w.change.Note = in.Reason
	w.change.Moves = append(w.change.Moves, Move{s.ID, delta, in.Incident})
	return w.put(s)
}

func dutyArea(ctx context.Context, w *work, in *AreaDuty) error {
	a, err := lockOne[*Area](ctx, w, KindArea, in.Area)
	if err != nil {
		return err
	}
	if err := w.may(a); err != nil {
		return err
	}
	for n, d := range in.Duty {
		if err := firstError(checkText(field("duty", n)+".name", d.Name, 1, 60), checkText(field("duty", n)+".phone", d.Phone, 0, 40)); err != nil {
			return err
		}
	}
	a.Duty = in.Duty
	return w.put(a)
}

func saveAgency(ctx context.Context, w *work, in *AgencySave) error {
	if in.Jurisdiction != "" && w.actor.Role != RoleSystem && !within(in.Jurisdiction, w.actor.Jurisdiction) {
		// Nobody gives away more than they have.
		e := refuse(Forbidden, "管辖范围不能超出您自己的管辖范围", "the jurisdiction is wider than your own")
		e.Field, e.Value = "jurisdiction", in.Jurisdiction
		return e
	}
	return save(ctx, w, KindAgency, in.ID, &Agency{}, func() (Scope, error) {
		if in.Area == "" {
			return Scope{}, invalid("area", "", "请填写所在区划", "the home area is missing", "a division code")
		}
		s := Scope{Area: in.Area, Open: true}
		if in.Type == AgencyNeighbour {
			// It lies outside, and somebody has to keep what is known of it.
			s.Agency = w.actor.Agency
		}
		return s, May(w.actor, w.at, w.cmd, Ref{Kind: KindAgency}, s)
	}, func(a *Agency) {
		a.Name, a.Short, a.Type, a.Jurisdiction, a.Place, a.Phone = in.Name, in.Short, in.Type, in.Jurisdiction, in.Place, in.Phone
	})
}
