package dispatch

import (
	"context"
	"slices"
)

// Brought is a resource that comes from abroad and is in no register here.
type Brought struct {
	Type     Kind   `json:"type" enum:"team,equipment,stock"`
	Name     string `json:"name"`
	Quantity int    `json:"quantity,omitempty" doc:"of a stock; 1 when left out"`
}

// bring registers a resource of a neighbouring region, so that it can be lent:
// the one of that name that was here before and has gone home, else a new one.
func (w *work) bring(ctx context.Context, b Brought, line *Line, owner *Agency) (Record, error) {
	known, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: b.Type, Agency: owner.ID, Text: join(b.Name), Limit: 100})
	if err != nil {
		return nil, err
	}
	scope := Scope{Agency: owner.ID, Area: owner.Scope.Area}
	for _, r := range known {
		if nameOf(r) != b.Name {
			continue
		}
		locked, err := w.lock(ctx, RefOf(r))
		if err != nil {
			return nil, err
		}
		if again, err := w.bringAgain(locked[0], b, line); again || err != nil {
			return locked[0], err
		}
	}
	switch b.Type {
	case KindTeam:
		scope.Open = true
		call, err := w.freeCallSign(ctx, b.Name, owner)
		if err != nil {
			return nil, err
		}
		t := &Team{Name: b.Name, CallSign: call, Type: teamTypeOf(line.Capability), Capabilities: []Capability{{Code: line.Capability}}, Base: owner.Place,
			SeatsMin: 1, SeatsFull: 1, Crew: 1, Duty: DutyAvailable}
		t.derive(nil)
		return t, w.create(KindTeam, "", scope, t)
	case KindEquipment:
		e := &Equipment{Name: b.Name, Type: firstWords(line.Item, line.Capability), Condition: ConditionReady, Holder: owner.ID, Place: owner.Place}
		if line.Capability != "" {
			e.Capabilities = []Capability{{Code: line.Capability}}
		}
		return e, w.create(KindEquipment, "", scope, e)
	case KindStock:
		s := &Stock{Name: b.Name, Type: line.Item, Unit: line.Unit, Available: b.Quantity, Holder: owner.ID, Place: owner.Place}
		if err := w.create(KindStock, "", scope, s); err != nil {
			return nil, err
		}
		w.change.Moves = append(w.change.Moves, Move{s.ID, b.Quantity, ""})
		return s, nil
	}
	return nil, invalid("bring", b.Type, "只能是队伍、装备或物资", "is a team, an item of equipment or a stock", string(KindTeam), string(KindEquipment), string(KindStock))
}

// bringAgain makes what was here before ready to be lent once more.
func (w *work) bringAgain(rec Record, b Brought, line *Line) (bool, error) {
	switch r := rec.(type) {
	case *Team:
		if r.Retired || r.Holder != "" || !r.Has(line.Capability, w.at) {
			return false, nil
		}
		r.Duty = DutyAvailable
		r.derive(nil)
		return true, w.put(r)
	case *Equipment:
		return r.Holder == r.Scope.Agency && line.suits(r, w.at) == nil, nil
	case *Stock:
		if line.suits(r, w.at) != nil {
			return false, nil
		}
		if more := b.Quantity - r.Available; more > 0 {
			r.Available += more
			w.change.Moves = append(w.change.Moves, Move{r.ID, more, ""})
			return true, w.put(r)
		}
		return true, nil
	}
	return false, nil
}

func nameOf(rec Record) string {
	switch r := rec.(type) {
	case *Team:
		return r.Name
	case *Equipment:
		return r.Name
	case *Stock:
		return r.Name
	}
	return ""
}

// freeCallSign is the name, made longer by its owner's where another team is
// called so.
func (w *work) freeCallSign(ctx context.Context, name string, owner *Agency) (string, error) {
	for n, call := range []string{name, name + "·" + firstWords(owner.Short, owner.Name), name + "·" + w.newID()} {
		call = cutTo(call, 40)
		taken, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindTeam, Text: join(call), Archived: true, Limit: 1000})
		if err != nil {
			return "", err
		}
		same := func(r Record) bool { return r.(*Team).CallSign == call }
		mine := slices.ContainsFunc(w.change.Puts, func(p Put) bool { t, ok := p.Record.(*Team); return ok && t.CallSign == call })
		if n == 2 || !mine && !slices.ContainsFunc(taken, same) {
			return call, nil
		}
	}
	return "", nil
}

func cutTo(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[len(r)-most:])
	}
	return s
}

// teamTypeOf is the shape that a team of the capability is drawn with.
func teamTypeOf(capability string) TeamType {
	for _, t := range TeamTypes {
		if capability == string(t) || len(capability) > len(t) && capability[:len(t)+1] == string(t)+"." {
			return t
		}
	}
	return TeamOther
}
