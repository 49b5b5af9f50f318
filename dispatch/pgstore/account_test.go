package pgstore

import (
	"context"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"liandong/dispatch"
)

func (f *fixture) account(person, login string) error {
	_, err := f.command(f.t.Context(), dispatch.Live, func(ctx context.Context, tx dispatch.Tx, c *dispatch.Change) error {
		p := &dispatch.Person{Head: newHead(dispatch.KindPerson, person, dispatch.Scope{Agency: "a1", Admin: true}), Name: person, Roles: []dispatch.Role{dispatch.RoleChief}}
		c.Puts = append(c.Puts, dispatch.Put{Record: p, After: p.Scope})
		if err := tx.SetLogin(ctx, person, login, false); err != nil {
			return err
		}
		return tx.SetPassword(ctx, person, "hash of "+person, true)
	})
	return err
}

func session(person, token string) dispatch.Session {
	return dispatch.Session{Token: sha256.Sum256([]byte(token)), ID: "id " + token, Person: person, Role: dispatch.RoleChief, Realm: dispatch.Live,
		CSRF: "csrf", Created: moment, Seen: moment, Idle: time.Hour, Expires: moment.Add(24 * time.Hour)}
}

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	ctx := t.Context()
	f.put(dispatch.Live, testAgency("a1"))
	if err := f.account("p1", "zhang.san"); err != nil {
		t.Fatal(err)
	}
	a, err := f.AccountByLogin(ctx, "zhang.san")
	if err != nil || a.Person != "p1" || a.Hash != "hash of p1" || !a.MustChange || a.LastSignIn != nil {
		t.Fatalf("account %+v, %v", a, err)
	}
	_, err = f.AccountByLogin(ctx, "li.si")
	wantCode(t, err, dispatch.NotFound, "")
	wantCode(t, f.account("p2", "zhang.san"), dispatch.Invalid, "login")

	until := moment.Add(time.Hour)
	for n := 1; n <= 3; n++ {
		if failed, err := f.CountFailure(ctx, "p1", 3, until); err != nil || failed != n {
			t.Errorf("failure %d counted %d, %v", n, failed, err)
		}
		a, err := f.Account(ctx, "p1")
		if locked := a.LockedUntil != nil && a.LockedUntil.Equal(until); err != nil || locked != (n == 3) {
			t.Errorf("after %d failures: %+v, %v", n, a, err)
		}
	}
	one, two := session("p1", "one"), session("p1", "two")
	for _, s := range []dispatch.Session{one, two} {
		if err := f.StartSession(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	if a, err := f.Account(ctx, "p1"); err != nil || a.Failed != 0 || a.LockedUntil != nil || !a.LastSignIn.Equal(moment) {
		t.Errorf("after signing in: %+v, %v", a, err)
	}
	in, err := f.SignedIn(ctx, one.Token)
	if err != nil || in.Person.Name != "p1" || in.Agency == nil || in.Agency.ID != "a1" || !in.MustChange || asJSON(t, in.Session) != asJSON(t, one) {
		t.Errorf("signed in as %+v, %v", in, err)
	}
	_, err = f.SignedIn(ctx, sha256.Sum256([]byte("guessed")))
	wantCode(t, err, dispatch.NotFound, "")

	later := moment.Add(time.Minute)
	if err := f.TouchSession(ctx, one.Token, later); err != nil {
		t.Fatal(err)
	}
	if err := f.SetSessionRole(ctx, one.Token, dispatch.RoleObserver); err != nil {
		t.Fatal(err)
	}
	if in, err := f.SignedIn(ctx, one.Token); err != nil || !in.Seen.Equal(later) || in.Role != dispatch.RoleObserver {
		t.Errorf("after use: %+v, %v", in, err)
	}
	if err := f.ChangePassword(ctx, "p1", "new hash", one.Token); err != nil {
		t.Fatal(err)
	}
	if in, err := f.SignedIn(ctx, one.Token); err != nil || in.MustChange {
		t.Errorf("after the change of the password: %+v, %v", in, err)
	}
	_, err = f.SignedIn(ctx, two.Token)
	wantCode(t, err, dispatch.NotFound, "")
	if err := f.EndSession(ctx, one.Token); err != nil {
		t.Fatal(err)
	}
	_, err = f.SignedIn(ctx, one.Token)
	wantCode(t, err, dispatch.NotFound, "")
	wantCode(t, f.StartSession(ctx, session("nobody", "three")), dispatch.NotFound, "")
}

// TestAdministratorEndsSessions: a reset password signs out everywhere; a rollback resets nothing.
func TestAdministratorEndsSessions(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	ctx := t.Context()
	if err := f.account("p1", "zhang.san"); err != nil {
		t.Fatal(err)
	}
	s := session("p1", "one")
	if err := f.StartSession(ctx, s); err != nil {
		t.Fatal(err)
	}
	reset := func(fail error) {
		_, _ = f.command(ctx, dispatch.Live, func(ctx context.Context, tx dispatch.Tx, _ *dispatch.Change) error {
			if err := tx.SetPassword(ctx, "p1", "reset hash", true); err != nil {
				t.Error(err)
			}
			return fail
		})
	}
	reset(errAbandoned)
	if a, err := f.Account(ctx, "p1"); err != nil || a.Hash != "hash of p1" {
		t.Errorf("a command that was refused set the password: %+v, %v", a, err)
	}
	if _, err := f.SignedIn(ctx, s.Token); err != nil {
		t.Errorf("a command that was refused signed out: %v", err)
	}
	reset(nil)
	_, err := f.SignedIn(ctx, s.Token)
	wantCode(t, err, dispatch.NotFound, "")
	all, err := f.Accounts(ctx)
	if err != nil || len(all) != 1 || all[0].Hash != "" || all[0].Login != "zhang.san" {
		t.Errorf("accounts %+v, %v", all, err)
	}
}

// TestFenceAroundAccounts: a query that says nothing of whose rows it wants gets none, and one that
// does gets no more than it said.
func TestFenceAroundAccounts(t *testing.T) {
	t.Parallel()
	f := open(t, Options{MaxConns: 1}) // one connection: what a transaction left behind would show
	ctx := t.Context()
	for _, p := range []string{"p1", "p2"} {
		if err := f.account(p, "login."+p); err != nil {
			t.Fatal(err)
		}
		if err := f.StartSession(ctx, session(p, p)); err != nil {
			t.Fatal(err)
		}
		if err := f.SaveAudit(ctx, dispatch.Audit{At: moment, Person: p, Event: "sign_in"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.AccountByLogin(ctx, "login.p1"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.SignedIn(ctx, session("p1", "p1").Token); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"account", "session", "audit"} {
		var n int
		if err := f.pool.QueryRow(ctx, "select count(*) from "+table).Scan(&n); err != nil || n != 0 {
			t.Errorf("without a fence %d rows of %s are seen, %v", n, table, err)
		}
		for name, c := range map[string]struct {
			f    fence
			want int
		}{"person": {ofPerson("p1"), 1}, "house": {house, 2}, "foreign": {ofPerson("p9"), 0}} {
			got, err := fencedRows(ctx, f.Store, c.f, pgx.RowTo[int], "select count(*) from "+table)
			if err != nil || got[0] != c.want {
				t.Errorf("as %s %v rows of %s are seen, want %d, %v", name, got, table, c.want, err)
			}
		}
	}
	n, err := f.fenced(ctx, ofSession(session("p1", "p1").Token), "update session set role = 'admin'")
	if err != nil || n != 1 {
		t.Errorf("a token moved %d sessions, %v", n, err)
	}
	// The owner of the tables is fenced as well: a backup has to open it on purpose.
	var seen int
	if err := f.owner().QueryRow(ctx, "select count(*) from account").Scan(&seen); err != nil || seen != 0 {
		t.Errorf("the owner sees %d accounts, %v", seen, err)
	}
	book, err := f.Audits(ctx, moment.Add(time.Second), 10)
	if err != nil || len(book) != 2 {
		t.Errorf("the audit has %d lines, %v", len(book), err)
	}
}

func TestDeviceToken(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	ctx := t.Context()
	d := &dispatch.Device{Head: newHead(dispatch.KindDevice, "d1", dispatch.Scope{Agency: "a1", Admin: true}), Name: "终端", Protocol: "osmand", Team: "t1"}
	f.put(dispatch.Live, d)
	old, token := sha256.Sum256([]byte("old")), sha256.Sum256([]byte("token"))
	for _, sum := range [][32]byte{old, token} {
		if _, err := f.command(ctx, dispatch.Live, func(ctx context.Context, tx dispatch.Tx, _ *dispatch.Change) error {
			return tx.SetToken(ctx, dispatch.Live, "d1", sum[:])
		}); err != nil {
			t.Fatal(err)
		}
	}
	got, realm, err := f.DeviceByToken(ctx, token)
	if err != nil || realm != dispatch.Live || asJSON(t, got) != asJSON(t, d) {
		t.Errorf("%+v of %s, %v", got, realm, err)
	}
	_, _, err = f.DeviceByToken(ctx, old)
	wantCode(t, err, dispatch.NotFound, "")
	if err != nil && strings.Contains(err.Error(), "old") {
		t.Error("the refusal tells the token")
	}
}

// A photo that no note took goes after a day; one that a note shows stays.
func TestSweepPhotos(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	ctx := t.Context()
	for _, id := range []string{"taken", "forgotten"} {
		if err := f.SavePhoto(ctx, dispatch.Photo{ID: id, Realm: dispatch.Live, Owner: "p1", Type: "image/png", Bytes: []byte("picture"), Created: moment}); err != nil {
			t.Fatal(err)
		}
	}
	f.put(dispatch.Live, &dispatch.Note{Head: newHead(dispatch.KindNote, "n1", dispatch.Scope{Agency: "a1"}), Incident: "i1", Type: dispatch.NotePhoto, Photo: "taken"})
	if n, err := f.Sweep(ctx, moment.Add(23*time.Hour)); err != nil || n != 0 {
		t.Errorf("after 23 hours %d went, %v", n, err)
	}
	if n, err := f.Sweep(ctx, moment.Add(25*time.Hour)); err != nil || n != 1 {
		t.Errorf("after 25 hours %d went, %v", n, err)
	}
	if _, err := f.Photo(ctx, dispatch.Live, "taken"); err != nil {
		t.Errorf("a photo of a note: %v", err)
	}
	_, err := f.Photo(ctx, dispatch.Live, "forgotten")
	wantCode(t, err, dispatch.NotFound, "")
}

func TestPhotoIsSeenThroughItsNote(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	ctx := t.Context()
	photo := dispatch.Photo{ID: "ph1", Realm: dispatch.Live, Owner: "p1", Type: "image/png", Bytes: []byte("picture"), Created: moment}
	if err := f.SavePhoto(ctx, photo); err != nil {
		t.Fatal(err)
	}
	got, err := f.Photo(ctx, dispatch.Live, "ph1")
	if err != nil || string(got.Bytes) != "picture" || got.Owner != "p1" {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = f.Photo(ctx, "drill:1", "ph1")
	wantCode(t, err, dispatch.NotFound, "")
	see := func(want bool, au dispatch.Audience) {
		t.Helper()
		au.Realm = dispatch.Live
		if seen, err := f.PhotoSeen(ctx, au.At(time.Now()), "ph1"); err != nil || seen != want {
			t.Errorf("%+v: seen %v, want %v, %v", au, seen, want, err)
		}
	}
	own := dispatch.Audience{Role: dispatch.RoleDispatcher, Agency: "a1"}
	see(false, own)
	n := &dispatch.Note{Head: newHead(dispatch.KindNote, "n1", dispatch.Scope{Agency: "a1"}), Incident: "i1", Type: dispatch.NotePhoto, Photo: "ph1", Internal: true}
	f.put(dispatch.Live, n)
	see(true, own)
	see(false, dispatch.Audience{Role: dispatch.RoleDispatcher, Agency: "a2"})
	see(false, dispatch.Audience{Role: dispatch.RoleObserver, Agency: "a1"}) // sees the note without its photo
	if err := f.SavePhoto(ctx, dispatch.Photo{ID: "ph2", Realm: dispatch.Live, Bytes: nil}); err == nil {
		t.Error("an empty photo was kept")
	}
}
