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
	Token  [32]byte // SHA-256 of what the cookie holds; the cookie itself is not kept
	ID     string   // names the sign-in in the audit and to the hub
	Person string
	Role   Role
	Realm  Realm
	// LiveRole is what the person goes back to from a drill; "" outside one.
	LiveRole Role
	CSRF     string // what every command of the session must carry
	Created  time.Time
	Seen     time.Time     // last use, to the minute
	Idle     time.Duration // ends when unused for longer
	Expires  time.Time     // ends then in any case
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
	Part       *Part   // in the drill that the session is in; nil for a planner who has none
	LiveAgency *Agency // where Agency is that of a drill
	MustChange bool
}

// Actor is who the session acts as; false when the person may no longer act
// in the session's role at all.
func (s SignedIn) Actor() (Actor, bool) {
	if s.Realm.Drill() == "" {
		return s.live(s.Role, s.Agency)
	}
	if s.Person.Locked {
		return Actor{}, false
	}
	a := Actor{ID: s.Person.ID, Name: s.Person.Name, Realm: s.Realm, Role: s.Role, Agency: s.Person.Scope.Agency, Session: s.ID}
	switch {
	case s.Part != nil:
		a.Agency = s.Part.Agency
		if s.Part.Role != s.Role {
			return Actor{}, false
		}
		if s.Role == RoleLeader {
			a.Team = s.Part.Team
		}
	case s.Role != RolePlanner || !plans(s.Person.Roles):
		return Actor{}, false
	}
	a.of(s.Agency)
	return a, true
}

// live is who the session acts as in the realm live.
func (s SignedIn) live(role Role, agency *Agency) (Actor, bool) {
	p := s.Person
	if p.Locked || !slices.Contains(p.Roles, role) {
		return Actor{}, false
	}
	a := Actor{ID: p.ID, Name: p.Name, Realm: Live, Role: role, Agency: p.Scope.Agency, Session: s.ID}
	if role == RoleLeader {
		a.Team = p.Team
	}
	a.of(agency)
	return a, true
}

// Watch is the look of somebody in a drill at what is real: alarms, as the person
// sees them outside it, and nothing else. False outside a drill.
func (s SignedIn) Watch() (Actor, bool) {
	if s.Realm.Drill() == "" {
		return Actor{}, false
	}
	a, ok := s.live(s.LiveRole, s.LiveAgency)
	a.Alarms = true
	return a, ok
}

// of gives the actor the reach of its agency.
func (a *Actor) of(agency *Agency) {
	if agency != nil {
		a.Jurisdiction, a.Home = agency.Jurisdiction, agency.Scope.Area
	}
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
