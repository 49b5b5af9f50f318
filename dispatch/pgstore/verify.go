package pgstore

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"liandong/dispatch"
)

// picture is what a replay of the journal leaves of one record.
type picture struct {
	doc      []byte
	archived bool
}

// VerifyTables checks the chain as VerifyJournal does, and then that a replay of the journal from its
// first row gives the tables: every record byte by byte in the program's encoding, and whether it is on
// the board. A record that came by an import is compared only once a later change carried it. Commands
// may go on meanwhile only in other realms: it reads the tables after the journal.
func (s *Store) VerifyTables(ctx context.Context, realm dispatch.Realm, progress func(rows int64)) (VerifyReport, error) {
	told := map[dispatch.Ref]picture{}
	report, err := s.walk(ctx, realm, progress, func(l link) error { return replayInto(told, l) })
	if err != nil || report.Bad != 0 {
		return report, err
	}
	for _, k := range dispatch.Kinds {
		if err := s.compare(ctx, realm, k, told, &report); err != nil {
			return report, err
		}
	}
	for ref := range told { // what the journal knows and the tables do not
		report.differ(ref)
	}
	return report, nil
}

func replayInto(told map[dispatch.Ref]picture, l link) error {
	if l.Payload == nil {
		return fmt.Errorf("journal %s/%d: its content is no longer kept; a replay is not possible", l.Realm, l.Seq)
	}
	c := dispatch.Change{Realm: dispatch.Realm(l.Realm), Seq: l.Seq}
	if err := c.ReadPayload(l.Payload); err != nil {
		return err
	}
	for _, k := range c.Reset {
		for ref := range told {
			if ref.Kind == k {
				delete(told, ref)
			}
		}
	}
	for _, p := range c.Puts {
		doc, err := json.Marshal(p.Record)
		if err != nil {
			return err
		}
		told[dispatch.RefOf(p.Record)] = picture{doc, false}
	}
	for _, d := range c.Drops {
		p := told[d.Ref]
		p.archived = true
		told[d.Ref] = p
	}
	return nil
}

// compare takes the records of one kind out of told as it finds them.
func (s *Store) compare(ctx context.Context, realm dispatch.Realm, k dispatch.Kind, told map[dispatch.Ref]picture, report *VerifyReport) error {
	rows, err := s.pool.Query(ctx, fmt.Sprintf("select id, doc, archived from %s where realm = $1 order by id", k), realm)
	if err != nil {
		return fault(err)
	}
	var id string
	var doc []byte
	var archived bool
	_, err = pgx.ForEachRow(rows, []any{&id, &doc, &archived}, func() error {
		ref := dispatch.Ref{Kind: k, ID: id}
		want, ok := told[ref]
		if !ok {
			report.Skipped++
			return nil
		}
		delete(told, ref)
		rec, err := decode(k, doc)
		if err != nil {
			return err
		}
		have, err := json.Marshal(rec)
		if err != nil {
			return err
		}
		report.Records++
		// A record whose import the journal does not hold, but its drop, has no document to compare.
		if want.doc != nil && !bytes.Equal(have, want.doc) || archived != want.archived {
			report.differ(ref)
		}
		return nil
	})
	return fault(err)
}

func (r *VerifyReport) differ(ref dispatch.Ref) {
	if len(r.Differ) < 100 {
		r.Differ = append(r.Differ, ref)
	}
}
