package pgstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"liandong/dispatch"
)

// link is one row of the journal as it is stored.
type link struct {
	Seq                           int64
	At, Wall                      time.Time
	Realm, Actor, Kind, Command   string
	Payload, Digest, Before, Hash []byte
}

// chainHash is the hash of a row, computed from its bytes as journal_hash does in SQL
// (migrations/0002_journal.sql says which bytes). The two were written apart so that one checks the
// other.
func (l link) chainHash() [32]byte {
	b := append([]byte{}, l.Before...)
	b = binary.BigEndian.AppendUint64(b, uint64(l.Seq))
	b = binary.BigEndian.AppendUint64(b, uint64(l.At.UnixMicro()))
	b = binary.BigEndian.AppendUint64(b, uint64(l.Wall.UnixMicro()))
	for _, text := range []string{l.Realm, l.Actor, l.Kind, l.Command} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(text)))
		b = append(b, text...)
	}
	return sha256.Sum256(append(b, l.Digest...))
}

// wrong says what is wrong with the row, "" when nothing is. before is the hash of the row before it.
func (l link) wrong(seq int64, before []byte) string {
	switch sum, chain := sha256.Sum256(l.Payload), l.chainHash(); {
	case l.Seq != seq:
		return fmt.Sprintf("seq %d is missing", seq)
	case !bytes.Equal(l.Before, before):
		return "it does not follow on the row before it"
	case l.Payload != nil && !bytes.Equal(sum[:], l.Digest):
		return "its content was changed"
	case !bytes.Equal(chain[:], l.Hash):
		return "its time, actor, kind or key was changed"
	}
	return ""
}

// VerifyReport is what a check of a realm's journal found.
type VerifyReport struct {
	Realm   dispatch.Realm `json:"realm"`
	Rows    int64          `json:"rows"`          // rows that were checked and are good
	Head    int64          `json:"head"`          // seq of the last good row
	Hash    []byte         `json:"hash"`          // its hash: what to compare with a head kept elsewhere
	Emptied int64          `json:"emptied"`       // rows whose payload retention took; their digest holds
	Bad     int64          `json:"bad,omitempty"` // first bad seq, 0 when there is none
	Reason  string         `json:"reason,omitempty"`
	// What a replay of the journal says other than the tables; set by VerifyTables only.
	Records int64          `json:"records,omitempty"` // compared
	Skipped int64          `json:"skipped,omitempty"` // imported in bulk and not changed since: the journal has no copy
	Differ  []dispatch.Ref `json:"differ,omitempty"`  // at most 100
}

// OK tells whether nothing is wrong.
func (r VerifyReport) OK() bool { return r.Bad == 0 && len(r.Differ) == 0 }

// VerifyJournal walks the realm's chain from its beginning to the head of this moment and computes
// every hash again. It stops at the first bad row. progress may be nil; it is told the rows so far.
func (s *Store) VerifyJournal(ctx context.Context, realm dispatch.Realm, progress func(rows int64)) (VerifyReport, error) {
	return s.walk(ctx, realm, progress, func(link) error { return nil })
}

func (s *Store) walk(ctx context.Context, realm dispatch.Realm, progress func(int64), each func(link) error) (VerifyReport, error) {
	r := VerifyReport{Realm: realm, Hash: make([]byte, 32)}
	const page = 1000
	for {
		links, err := s.links(ctx, realm, r.Head, page)
		if err != nil {
			return r, err
		}
		for _, l := range links {
			if r.Reason = l.wrong(r.Head+1, r.Hash); r.Reason != "" {
				r.Bad = r.Head + 1
				return r, nil
			}
			r.Head, r.Hash = l.Seq, l.Hash
			r.Rows++
			if l.Payload == nil {
				r.Emptied++
			}
			if err := each(l); err != nil {
				return r, err
			}
		}
		if progress != nil {
			progress(r.Rows)
		}
		if len(links) < page {
			return r, nil
		}
	}
}

func (s *Store) links(ctx context.Context, realm dispatch.Realm, after int64, limit int) ([]link, error) {
	rows, err := s.pool.Query(ctx, `select seq, at, wall, realm, actor, kind, command, payload, digest, prev, hash
		from journal where realm = $1 and seq > $2 order by seq limit $3`, realm, after, limit)
	if err != nil {
		return nil, fault(err)
	}
	defer rows.Close()
	var out []link
	for rows.Next() {
		var l link
		if err := rows.Scan(&l.Seq, &l.At, &l.Wall, &l.Realm, &l.Actor, &l.Kind, &l.Command, &l.Payload, &l.Digest, &l.Before, &l.Hash); err != nil {
			return nil, fault(err)
		}
		out = append(out, l)
	}
	return out, fault(rows.Err())
}

// JournalHash is the hash of one row, to compare with a head that was signed
// then; nil when there is no such row.
func (s *Store) JournalHash(ctx context.Context, realm dispatch.Realm, seq int64) ([]byte, error) {
	var hash []byte
	err := s.pool.QueryRow(ctx, "select hash from journal where realm = $1 and seq = $2", realm, seq).Scan(&hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return hash, fault(err)
}
