package pgstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"liandong/dispatch"
)

// fence says on whose behalf a statement asks for accounts, sessions or the audit. The database shows
// no row of them without one (migrations/0004_account.sql).
type fence struct{ setting, value string }

var house = fence{"liandong.house", "on"}

func ofPerson(id string) fence       { return fence{"liandong.person", id} }
func ofSession(token [32]byte) fence { return fence{"liandong.session", fmt.Sprintf("%x", token)} }

const raise = "select set_config($1, $2, true)"

// fenced runs one statement behind the fence, in one round trip and one transaction of its own, and
// returns how many rows it touched.
func (s *Store) fenced(ctx context.Context, f fence, sql string, args ...any) (int64, error) {
	b := &pgx.Batch{}
	b.Queue(raise, f.setting, f.value)
	b.Queue(sql, args...)
	br := s.pool.SendBatch(ctx, b)
	defer br.Close()
	if _, err := br.Exec(); err != nil {
		return 0, fault(err)
	}
	tag, err := br.Exec()
	if closed := br.Close(); err == nil {
		err = closed
	}
	return tag.RowsAffected(), fault(err)
}

// fencedRows reads rows behind the fence.
func fencedRows[T any](ctx context.Context, s *Store, f fence, each pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	b := &pgx.Batch{}
	b.Queue(raise, f.setting, f.value)
	b.Queue(sql, args...)
	br := s.pool.SendBatch(ctx, b)
	defer br.Close()
	if _, err := br.Exec(); err != nil {
		return nil, fault(err)
	}
	rows, err := br.Query()
	if err != nil {
		return nil, fault(err)
	}
	out, err := pgx.CollectRows(rows, each)
	return out, fault(err)
}

const accountColumns = "person, coalesce(login, ''), coalesce(hash, ''), must_change, failed, locked_until, last_sign_in"

func scanAccount(r pgx.CollectableRow) (dispatch.Account, error) {
	var a dispatch.Account
	err := r.Scan(&a.Person, &a.Login, &a.Hash, &a.MustChange, &a.Failed, &a.LockedUntil, &a.LastSignIn)
	return a, err
}

func one[T any](all []T, err error, missing dispatch.Ref) (T, error) {
	var none T
	if err != nil {
		return none, err
	}
	if len(all) == 0 {
		return none, dispatch.NotFoundError(missing)
	}
	return all[0], nil
}

// AccountByLogin finds the account that one signs in to by the name; NotFound when there is none, or
// none that may be signed in to.
func (s *Store) AccountByLogin(ctx context.Context, login string) (dispatch.Account, error) {
	var person *string
	if err := s.pool.QueryRow(ctx, "select account_of($1)", login).Scan(&person); err != nil {
		return dispatch.Account{}, fault(err)
	}
	if person == nil {
		return dispatch.Account{}, dispatch.NotFoundError(dispatch.Ref{Kind: dispatch.KindPerson, ID: login})
	}
	return s.Account(ctx, *person)
}

// Account reads a person's account.
func (s *Store) Account(ctx context.Context, person string) (dispatch.Account, error) {
	all, err := fencedRows(ctx, s, ofPerson(person), scanAccount,
		"select "+accountColumns+" from account where person = $1", person)
	return one(all, err, dispatch.Ref{Kind: dispatch.KindPerson, ID: person})
}

// Accounts lists all accounts by login, without their hashes.
func (s *Store) Accounts(ctx context.Context) ([]dispatch.Account, error) {
	all, err := fencedRows(ctx, s, house, scanAccount,
		"select "+accountColumns+" from account order by login nulls last, person")
	for i := range all {
		all[i].Hash = ""
	}
	return all, err
}

// CountFailure counts a wrong password, and locks the account until the moment given when there have
// been most of them.
func (s *Store) CountFailure(ctx context.Context, person string, most int, until time.Time) (int, error) {
	all, err := fencedRows(ctx, s, ofPerson(person), pgx.RowTo[int], `update account set failed = failed + 1,
		locked_until = case when failed + 1 >= $2 then $3 else locked_until end where person = $1 returning failed`, person, most, until)
	return one(all, err, dispatch.Ref{Kind: dispatch.KindPerson, ID: person})
}

// StartSession signs a person in. It forgets the failures and the lock.
func (s *Store) StartSession(ctx context.Context, x dispatch.Session) error {
	n, err := s.fenced(ctx, ofPerson(x.Person), `with signed as (
			update account set failed = 0, locked_until = null, last_sign_in = $7 where person = $3 and not locked returning person)
		insert into session (token, id, person, role, realm, csrf, created, seen, idle, expires)
		select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 from signed`,
		x.Token[:], x.ID, x.Person, x.Role, x.Realm, x.CSRF, x.Created, x.Seen, int64(x.Idle/time.Second), x.Expires)
	if err == nil && n == 0 {
		return dispatch.NotFoundError(dispatch.Ref{Kind: dispatch.KindPerson, ID: x.Person})
	}
	return err
}

// SignedIn reads the session of a token with the person, the agency and the rights as they are now.
func (s *Store) SignedIn(ctx context.Context, token [32]byte) (dispatch.SignedIn, error) {
	all, err := fencedRows(ctx, s, ofSession(token), scanSignedIn, `select s.id, s.person, s.role, s.realm, s.live_role, s.csrf, s.created, s.seen,
			s.idle, s.expires, p.doc, g.doc, x.doc, h.doc, coalesce(a.must_change, false)
		from session s
		join person p on p.realm = 'live' and p.id = s.person
		left join part x on x.realm = s.realm and x.id = s.person and not x.archived
		left join agency g on g.realm = s.realm and g.id = coalesce(x.agency, p.agency)
		left join agency h on h.realm = 'live' and h.id = p.agency and s.realm <> 'live'
		left join account a on a.person = s.person
		where s.token = $1`, token[:])
	in, err := one(all, err, dispatch.Ref{Kind: "session"})
	in.Token = token
	return in, err
}

func scanSignedIn(r pgx.CollectableRow) (dispatch.SignedIn, error) {
	var in dispatch.SignedIn
	var person, agency, part, home []byte
	var idle int64
	x := &in.Session
	err := r.Scan(&x.ID, &x.Person, &x.Role, &x.Realm, &x.LiveRole, &x.CSRF, &x.Created, &x.Seen, &idle, &x.Expires, &person, &agency, &part, &home, &in.MustChange)
	if err != nil {
		return in, err
	}
	x.Idle = time.Duration(idle) * time.Second
	return in, errors.Join(into(&in.Person, dispatch.KindPerson, person), into(&in.Agency, dispatch.KindAgency, agency),
		into(&in.Part, dispatch.KindPart, part), into(&in.LiveAgency, dispatch.KindAgency, home))
}

// into decodes a record that may not be there.
func into[R dispatch.Record](out *R, k dispatch.Kind, doc []byte) error {
	if doc == nil {
		return nil
	}
	rec, err := decode(k, doc)
	if err == nil {
		*out = rec.(R)
	}
	return err
}

// TouchSession notes that the session was used.
func (s *Store) TouchSession(ctx context.Context, token [32]byte, at time.Time) error {
	_, err := s.fenced(ctx, ofSession(token), "update session set seen = greatest(seen, $2) where token = $1", token[:], at)
	return err
}

// SetSessionRole changes the role in which the session acts.
func (s *Store) SetSessionRole(ctx context.Context, token [32]byte, role dispatch.Role) error {
	_, err := s.fenced(ctx, ofSession(token), "update session set role = $2 where token = $1", token[:], role)
	return err
}

// SetSessionRealm takes the session into a drill, or back: then liveRole is "".
func (s *Store) SetSessionRealm(ctx context.Context, token [32]byte, realm dispatch.Realm, role, liveRole dispatch.Role) error {
	_, err := s.fenced(ctx, ofSession(token), "update session set realm = $2, role = $3, live_role = $4 where token = $1", token[:], realm, role, liveRole)
	return err
}

// EndSession signs out.
func (s *Store) EndSession(ctx context.Context, token [32]byte) error {
	_, err := s.fenced(ctx, ofSession(token), "delete from session where token = $1", token[:])
	return err
}

// ChangePassword stores a password that the person chose, and ends the other sessions.
func (s *Store) ChangePassword(ctx context.Context, person, hash string, keep [32]byte) error {
	n, err := s.fenced(ctx, ofPerson(person), `with others as (delete from session where person = $1 and token <> $3)
		update account set hash = $2, must_change = false, failed = 0, locked_until = null where person = $1`, person, hash, keep[:])
	if err == nil && n == 0 {
		return dispatch.NotFoundError(dispatch.Ref{Kind: dispatch.KindPerson, ID: person})
	}
	return err
}

// SaveAudit writes a line into the book. Nobody can change or delete it.
func (s *Store) SaveAudit(ctx context.Context, a dispatch.Audit) error {
	return s.exec(ctx, "insert into audit (at, person, session, address, event, detail) values ($1, $2, $3, $4, $5, $6)",
		a.At, a.Person, a.Session, a.Address, a.Event, a.Detail)
}

// Audits reads the book backwards from before a moment, at most limit lines.
func (s *Store) Audits(ctx context.Context, before time.Time, limit int) ([]dispatch.Audit, error) {
	return fencedRows(ctx, s, house, pgx.RowToStructByPos[dispatch.Audit],
		"select at, person, session, address, event, detail from audit where at < $1 order by at desc limit $2", before, limit)
}

// The account commands of an administrator, inside the command's transaction.

func (t *tx) asHouse(ctx context.Context, at step, sql string, args ...any) error {
	b := &pgx.Batch{}
	b.Queue(raise, house.setting, house.value)
	b.Queue(sql, args...)
	b.Queue(raise, house.setting, "")
	br := t.conn.SendBatch(ctx, b)
	var err error
	for range b.Len() {
		if _, e := br.Exec(); e != nil && err == nil {
			err = e
		}
	}
	if closed := br.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return inTx(err, at)
	}
	return nil
}

// SetLogin keeps the name to sign in with and whether that is possible.
func (t *tx) SetLogin(ctx context.Context, person, login string, locked bool) error {
	return t.asHouse(ctx, step{unique: login}, `insert into account (person, login, locked) values ($1, nullif($2, ''), $3)
		on conflict (person) do update set login = excluded.login, locked = excluded.locked`, person, login, locked)
}

// Unlock forgets failed sign-ins.
func (t *tx) Unlock(ctx context.Context, person string) error {
	return t.asHouse(ctx, step{}, "update account set failed = 0, locked_until = null where person = $1", person)
}

// SetPassword stores the hash of a password, unlocks the account and ends the person's sessions.
func (t *tx) SetPassword(ctx context.Context, person, hash string, must bool) error {
	err := t.asHouse(ctx, step{}, `insert into account (person, hash, must_change) values ($1, $2, $3) on conflict (person)
		do update set hash = excluded.hash, must_change = excluded.must_change, failed = 0, locked_until = null`, person, hash, must)
	if err != nil {
		return err
	}
	return t.EndSessions(ctx, person)
}

// EndSessions signs the person out everywhere.
func (t *tx) EndSessions(ctx context.Context, person string) error {
	return t.asHouse(ctx, step{}, "delete from session where person = $1", person)
}
