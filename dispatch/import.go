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
// get one; those without an agency get the actor's. It returns every row that
// would be refused; with any, or dry, nothing is written.
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
		now := s.cfg.Now().UTC()
		w := &work{svc: s, tx: tx, actor: actor, cmd: cmd, at: now, change: &Change{At: now, Wall: now, Realm: actor.Realm,
			Actor: actor.Ref(), Kind: "import." + string(kind), Command: key, Reset: []Kind{kind}, Note: fmt.Sprintf("%d", len(rows))}}
		records := make([]Record, 0, len(rows))
		for _, row := range rows {
			err := w.imported(ctx, kind, row)
			var e *Error
			if errors.As(err, &e) {
				bad = append(bad, RowError{row.Row, e})
				continue
			}
			if err != nil {
				return nil, err
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
	case !replayed && s.cfg.Committed != nil:
		s.cfg.Committed(c.Realm, c.Seq)
	}
	return nil, nil
}

// imported completes and checks one record.
func (w *work) imported(ctx context.Context, kind Kind, row Imported) error {
	h := row.Record.head()
	if h.ID == "" {
		h.ID = w.svc.cfg.NewID()
		if a, ok := row.Record.(*Area); ok {
			h.ID = a.Code
		}
	}
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
	if t, ok := row.Record.(*Team); ok {
		t.derive(nil)
	}
	if err := row.Record.check(); err != nil {
		return err
	}
	if w.actor.Role == RoleSystem {
		return nil
	}
	return May(w.actor, w.cmd, RefOf(row.Record), h.Scope)
}
