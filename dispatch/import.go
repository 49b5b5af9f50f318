package dispatch

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"liandong/geo"
)

// Imported is one record of an import, with the row it came from.
type Imported struct {
	Row    int // in the file, the header is row 1
	Record Record
	// Shape is an area's polygon, WGS-84, longitude first.
	Shape geo.MultiPolygon
}

// RowError is a refusal of one row, in the user's words.
type RowError struct {
	Row int `json:"row"`
	Err *Error
}

// importCommand is what an import counts as for permission and the journal.
var importCommand = map[Kind]string{
	KindArea: "area.duty", KindTeam: "team.save", KindEquipment: "equipment.save", KindStock: "stock.save",
	KindHazard: "hazard.save", KindDepot: "depot.save", KindAgency: "agency.save",
}

// ImportKinds lists what can be imported.
var ImportKinds = []Kind{KindArea, KindAgency, KindDepot, KindTeam, KindEquipment, KindStock, KindHazard}

// errDry rolls a dry run back after everything was tried for real.
var errDry = errors.New("dry run")

// Import puts many records of one kind in one change, all or nothing. The
// change carries Reset, so readers fetch the kind anew. Records without an ID
// get one; those without an agency get the actor's. A record that is there
// already is edited: the actor must have the right to, and what the work of the
// day has made of it (duty, tasks, quantities, shares) stays. It returns every
// row that would be refused; with any, or dry, nothing is written.
func (s *Service) Import(ctx context.Context, actor Actor, kind Kind, key string, rows []Imported, dry bool) ([]RowError, error) {
	name, ok := importCommand[kind]
	if !ok {
		return nil, invalid("kind", kind, "不能导入这一类数据", "this kind cannot be imported", words(ImportKinds)...)
	}
	cmd, _ := CommandByName(name)
	if err := cmd.mayAtAll(actor); err != nil {
		return nil, err
	}
	if actor.Role != RoleSystem && (kind == KindArea || kind == KindAgency) && actor.Role != RoleAdmin {
		return nil, refuse(Forbidden, "导入该类数据须由管理员完成", "importing this kind is the administrator's")
	}
	var bad []RowError
	k := Key{actor.Realm, key, actor.ID, sha256.Sum256([]byte("import " + string(kind) + key))}
	c, replayed, err := s.store.Command(ctx, k, func(ctx context.Context, tx Tx) (*Change, error) {
		bad = nil // the store may try again
		w, err := s.begin(ctx, tx, actor, cmd, key, turn{})
		if err != nil {
			return nil, err
		}
		w.change.Kind, w.change.Reset, w.change.Note = "import."+string(kind), []Kind{kind}, fmt.Sprintf("%d", len(rows))
		records := make([]Record, 0, len(rows))
		all, err := w.agreementsOf(ctx, kind, rows)
		if err != nil {
			return nil, err
		}
		there, err := w.there(ctx, kind, rows)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			err := w.imported(ctx, kind, row, there)
			var e *Error
			if errors.As(err, &e) {
				bad = append(bad, RowError{row.Row, e})
				continue
			}
			if err != nil {
				return nil, err
			}
			if h := row.Record.head(); len(all) > 0 {
				h.Scope = agreed(row.Record, h.Scope, all[h.Scope.Agency], w.at)
			}
			records = append(records, row.Record)
		}
		if len(bad) > 0 {
			return nil, errDry
		}
		if err := tx.PutBulk(ctx, records); err != nil {
			return nil, err
		}
		for _, row := range rows {
			if len(row.Shape) > 0 {
				if err := tx.SetShape(ctx, actor.Realm, row.Record.head().ID, row.Shape); err != nil {
					return nil, err
				}
			}
		}
		if dry {
			return nil, errDry
		}
		return w.change, nil
	})
	switch {
	case errors.Is(err, errDry):
		return bad, nil
	case err != nil:
		return nil, err
	}
	s.committed(c, replayed)
	return nil, nil
}

// agreementsOf are the agreements of the agencies that the rows belong to, by
// agency, with the agencies' rows locked; none for a kind that no agreement
// covers.
func (w *work) agreementsOf(ctx context.Context, kind Kind, rows []Imported) (map[string][]*Agreement, error) {
	if !slices.Contains(agreedKinds, kind) {
		return nil, nil
	}
	ids := []string{w.actor.Agency}
	for _, row := range rows {
		ids = append(ids, row.Record.head().Scope.Agency)
	}
	slices.Sort(ids)
	out := map[string][]*Agreement{}
	for _, id := range slices.Compact(ids) {
		var err error
		if out[id], err = w.agreements(ctx, id); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// there locks the records that the rows name and that exist already, so that
// nobody's edit or assignment is lost under an import.
func (w *work) there(ctx context.Context, kind Kind, rows []Imported) (map[string]Record, error) {
	var ids []string
	for _, row := range rows {
		h := row.Record.head()
		if a, ok := row.Record.(*Area); ok {
			h.ID = a.Code
		}
		if h.ID != "" {
			ids = append(ids, h.ID)
		}
	}
	out := map[string]Record{}
	if len(ids) == 0 {
		return out, nil
	}
	found, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: kind, IDs: ids, Archived: true, Limit: -1})
	if err != nil || len(found) == 0 {
		return out, err
	}
	refs := make([]Ref, len(found))
	for i, r := range found {
		refs[i] = RefOf(r)
	}
	locked, err := w.tx.Lock(ctx, w.actor.Realm, refs...)
	for _, r := range locked {
		out[r.head().ID] = r
	}
	return out, err
}

// imported completes and checks one record; there holds what exists already.
func (w *work) imported(ctx context.Context, kind Kind, row Imported, there map[string]Record) error {
	h := row.Record.head()
	if a, ok := row.Record.(*Area); ok && len(row.Shape) > 0 {
		a.outline(row.Shape)
	}
	if h.ID == "" {
		h.ID = w.newID()
	}
	old := there[h.ID]
	if h.Scope.Agency == "" && kind != KindArea && kind != KindAgency {
		h.Scope.Agency = w.actor.Agency
	}
	if h.Scope.Area == "" {
		if p := row.Record.index().Point; p != nil {
			code, err := w.tx.AreaAt(ctx, w.actor.Realm, *p)
			if err != nil {
				return err
			}
			h.Scope.Area = code
		}
	}
	h.Scope.Open = slices.Contains([]Kind{KindArea, KindAgency, KindDepot, KindTeam}, kind)
	h.Kind, h.Version, h.Created, h.Updated = kind, 1, w.at, w.at
	if old != nil {
		if err := May(w.actor, w.at, w.cmd, RefOf(old), old.head().Scope); err != nil {
			return err
		}
		keep(row.Record, old)
	} else if t, ok := row.Record.(*Team); ok {
		t.derive(nil)
	}
	setInitials(row.Record)
	if err := row.Record.check(); err != nil {
		return err
	}
	if w.actor.Role == RoleSystem {
		return nil
	}
	return May(w.actor, w.at, w.cmd, RefOf(row.Record), h.Scope)
}

// keep carries over from the record that is there what an import does not say.
func keep(r, old Record) {
	h, was := r.head(), old.head()
	h.Version, h.Created = was.Version+1, was.Created
	h.Scope.Shares, h.Scope.Teams = was.Scope.Shares, was.Scope.Teams
	switch r := r.(type) {
	case *Area:
		o := old.(*Area)
		r.Shape += o.Shape
		if r.Shape == o.Shape {
			r.Bound = o.Bound
		}
		if r.Center == nil {
			r.Center = o.Center
		}
		if len(r.Duty) == 0 {
			r.Duty = o.Duty
		}
	case *Team:
		o := old.(*Team)
		r.Duty, r.DutyReason, r.Crew, r.Status, r.Task, r.Distress, r.Message = o.Duty, o.DutyReason, o.Crew, o.Status, o.Task, o.Distress, o.Message
	case *Equipment:
		o := old.(*Equipment)
		r.Holder, r.Incident, r.Team = o.Holder, o.Incident, o.Team
	case *Stock:
		o := old.(*Stock)
		r.Holder, r.Available = o.Holder, o.Available
	}
}

// outline notes on the record where its polygon is.
func (a *Area) outline(shape geo.MultiPolygon) {
	center, bound := shape.LabelPoint(), shape.Bound()
	a.Shape, a.Bound = 1, &bound
	if a.Center == nil {
		a.Center = &center
	}
}
