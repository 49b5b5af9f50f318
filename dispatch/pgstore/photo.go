package pgstore

import (
	"context"
	"crypto/sha256"
	"errors"

	"github.com/jackc/pgx/v5"

	"liandong/dispatch"
)

// SavePhoto keeps an uploaded picture, at most 8 MiB.
func (s *Store) SavePhoto(ctx context.Context, p dispatch.Photo) error {
	sum := sha256.Sum256(p.Bytes)
	return s.exec(ctx, "insert into photo (realm, id, owner, type, bytes, sha256, created) values ($1, $2, $3, $4, $5, $6, $7)",
		p.Realm, p.ID, p.Owner, p.Type, p.Bytes, sum[:], p.Created)
}

// Photo reads a picture; who may see it is for the caller to find out (PhotoSeen).
func (s *Store) Photo(ctx context.Context, realm dispatch.Realm, id string) (dispatch.Photo, error) {
	p := dispatch.Photo{ID: id, Realm: realm}
	err := s.pool.QueryRow(ctx, "select owner, type, bytes, created from photo where realm = $1 and id = $2", realm, id).
		Scan(&p.Owner, &p.Type, &p.Bytes, &p.Created)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, dispatch.NotFoundError(dispatch.Ref{Kind: "photo", ID: id})
	}
	return p, fault(err)
}

// PhotoSeen tells whether the audience sees a note that refers to the photo; a note whose view is
// redacted of its photo does not count.
func (s *Store) PhotoSeen(ctx context.Context, au dispatch.Onlooker, id string) (bool, error) {
	w := &where{}
	w.add("realm = ?", au.Realm)
	w.add("doc ->> 'photo' = ?", id)
	visible(w, dispatch.KindNote, au)
	rows, err := s.pool.Query(ctx, "select doc, '' from note where "+w.String(), w.args...)
	if err != nil {
		return false, fault(err)
	}
	seen := false
	err = eachRow(rows, dispatch.KindNote, &au, func(r dispatch.Record, _ string) error {
		seen = seen || r.(*dispatch.Note).Photo == id
		return nil
	})
	return seen, err
}
