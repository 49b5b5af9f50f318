package dispatch

import (
	"slices"
	"time"
)

// Account (账户) is what a person signs in with. It is no record: it is never
// journalled, never in a snapshot and its hash never leaves the server.
type Account struct {
	Person      string
	Login       string
	Hash        string // argon2id, in PHC form
	MustChange  bool   // a new password is asked for before anything else
	Failed      int    // wrong passwords since the last sign-in
	LockedUntil *time.Time
	LastSignIn  *time.Time
}

// Session (会话) is one sign-in of one person in one role.
type Session struct {
	Token   [32]byte // SHA-256 of what the cookie holds; the cookie itself is not kept
	ID      string   // names the sign-in in the audit and to the hub
	Person  string
	Role    Role
	Realm   Realm
	CSRF    string // what every command of the session must carry
	Created time.Time
	Seen    time.Time     // last use, to the minute
	Idle    time.Duration // ends when unused for longer
	Expires time.Time     // ends then in any case
}

// Over tells whether the session has ended by itself.
func (s Session) Over(at time.Time) bool {
	return !at.Before(s.Expires) || at.Sub(s.Seen) > s.Idle
}

// SignedIn is a session with what decides its rights, as it is now.
type SignedIn struct {
	Session
	Person     *Person
	Agency     *Agency // nil when the person's agency is not there
	MustChange bool
}

// Actor is who the session acts as; false when the person may no longer act
// in the session's role at all.
func (s SignedIn) Actor() (Actor, bool) {
	p := s.Person
	if p.Locked || !slices.Contains(p.Roles, s.Role) {
		return Actor{}, false
	}
	a := Actor{ID: p.ID, Name: p.Name, Realm: s.Realm, Role: s.Role, Agency: p.Scope.Agency, Session: s.ID}
	if s.Role == RoleLeader {
		a.Team = p.Team
	}
	if s.Agency != nil {
		a.Jurisdiction, a.Home = s.Agency.Jurisdiction, s.Agency.Scope.Area
	}
	return a, true
}

// Audit is one line of the book of who did what with accounts and personal
// data. The journal holds the rest.
type Audit struct {
	At      time.Time
	Person  string // "" when the login is unknown
	Session string
	Address string // of the peer, without port
	Event   string // sign_in, sign_in_failed, locked, sign_out, role, password, export, photo
	Detail  string // login, role or kind; never a password, never a token
}

// Photo (照片) is a picture that was uploaded. A note refers to it by ID.
type Photo struct {
	ID      string
	Realm   Realm
	Owner   string // person who uploaded it
	Type    string // image/jpeg, image/png or image/webp
	Bytes   []byte
	Created time.Time
}
