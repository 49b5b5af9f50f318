package pgstore

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"liandong/dispatch"
)

// DeviceByToken finds a device by the SHA-256 of its token, also one that is revoked or has expired;
// NotFound when no device has it.
func (s *Store) DeviceByToken(ctx context.Context, sha256 [32]byte) (*dispatch.Device, dispatch.Realm, error) {
	var realm dispatch.Realm
	var doc []byte
	err := s.pool.QueryRow(ctx, `select d.realm, d.doc from device_token t
		join device d on d.realm = t.realm and d.id = t.device where t.token = $1 and not d.archived`, sha256[:]).Scan(&realm, &doc)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, "", dispatch.NotFoundError(dispatch.Ref{Kind: dispatch.KindDevice})
	}
	if err != nil {
		return nil, "", fault(err)
	}
	r, err := decode(dispatch.KindDevice, doc)
	if err != nil {
		return nil, "", err
	}
	return r.(*dispatch.Device), realm, nil
}

// SetToken stores the SHA-256 of a device's token; the one before is void.
func (t *tx) SetToken(ctx context.Context, realm dispatch.Realm, device string, sha256 []byte) error {
	_, err := t.q.Exec(ctx, `insert into device_token (realm, device, token) values ($1, $2, $3)
		on conflict (realm, device) do update set token = excluded.token, issued = now()`, realm, device, sha256)
	return fault(err)
}

// DeviceByIdentifier finds the live device that calls itself so in its protocol, also one that is
// revoked or has expired; NotFound when there is none. Real devices write nowhere but in live.
func (s *Store) DeviceByIdentifier(ctx context.Context, protocol, identifier string) (*dispatch.Device, error) {
	var doc []byte
	err := s.pool.QueryRow(ctx, "select doc from device where realm = $1 and uniq = $2 and not archived", dispatch.Live, protocol+":"+identifier).Scan(&doc)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, dispatch.NotFoundError(dispatch.Ref{Kind: dispatch.KindDevice})
	}
	if err != nil {
		return nil, fault(err)
	}
	r, err := decode(dispatch.KindDevice, doc)
	if err != nil {
		return nil, err
	}
	return r.(*dispatch.Device), nil
}
