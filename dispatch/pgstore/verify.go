package pgstore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

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
// the board. A record that came by an import of which nothing was kept is compared only once a later
// change carried it. Commands may go on meanwhile only in other realms: it reads the tables after the
// journal.
func (s *Store) VerifyTables(ctx context.Context, realm dispatch.Realm, progress func(rows int64)) (VerifyReport, error) {
	told := map[dispatch.Ref]picture{}
	report, err := s.walk(ctx, realm, progress, func(l link) error { return s.replayInto(ctx, told, l) })
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

func (s *Store) replayInto(ctx context.Context, told map[dispatch.Ref]picture, l link) error {
	if l.Payload == nil {
		return fmt.Errorf("journal %s/%d: its content is no longer kept; a replay is not possible", l.Realm, l.Seq)
	}
	c := dispatch.Change{Realm: dispatch.Realm(l.Realm), Seq: l.Seq}
	if err := c.ReadPayload(l.Payload); err != nil {
		return err
	}
	put := func(r dispatch.Record) error {
		doc, err := json.Marshal(r)
		told[dispatch.RefOf(r)] = picture{doc, false}
		return err
	}
	bulk, err := s.bulkOf(ctx, &c)
	if errors.Is(err, errNoBulk) {
		maps.DeleteFunc(told, func(ref dispatch.Ref, _ picture) bool { return slices.Contains(c.Reset, ref.Kind) })
	} else if err != nil {
		return err
	}
	for _, r := range bulk {
		if err := put(r); err != nil {
			return err
		}
	}
	for _, p := range c.Puts {
		if err := put(p.Record); err != nil {
			return err
		}
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
