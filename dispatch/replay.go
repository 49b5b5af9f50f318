package dispatch

import (
	"slices"
	"strings"
	"time"
)

// Replay (回放) shows past moments of a realm on the screens of today.

// ReplayRoles may look at past moments; those who run and judge a drill, of it.
// Leaders have their own record on the phone, and administrators do not see
// operational records at all.
var ReplayRoles = []Role{RoleDispatcher, RoleChief, RolePlanner, RoleObserver, RoleDirector, RoleController, RoleEvaluator}

// replayAs may look at them with the eyes of another agency.
var replayAs = []Role{RoleChief, RolePlanner, RoleDirector, RoleController, RoleEvaluator}

// eyeRoles are the roles whose eyes may be meant, beside a leader's.
var eyeRoles = []Role{RoleDispatcher, RoleChief, RolePlanner, RoleObserver}

// MayReplay decides whether the actor may look at past moments at all.
func MayReplay(a Actor) error {
	if a.Role == RoleSystem || slices.Contains(ReplayRoles, a.Role) {
		return nil
	}
	return &Error{Code: Forbidden, Legal: words(ReplayRoles), Message: "your role may not replay the past", MessageZH: "您的角色不能使用回放"}
}

// MayReplayAs decides whether the actor may see a past moment as another role of
// the agency saw it: a duty chief or planner, of an agency of the own
// jurisdiction or the own; those who run and judge a drill, of any in it. What
// comes is never more than the actor sees.
func MayReplayAs(a Actor, agency *Agency) error {
	if err := MayReplay(a); err != nil {
		return err
	}
	if a.Role != RoleSystem && !slices.Contains(replayAs, a.Role) {
		return &Error{Code: Forbidden, Field: "as", Legal: words(replayAs),
			Message: "your role may not replay what others saw", MessageZH: "您的角色不能以其他单位的视角回放"}
	}
	if a.Role != RoleSystem && !slices.Contains(judges, a.Role) && agency.ID != a.Agency && !within(agency.Scope.Area, a.Jurisdiction) {
		return &Error{Code: Forbidden, Field: "as", Value: agency.ID,
			Message: "what this agency saw is told to those who coordinate it", MessageZH: "仅统筹该单位的单位可以其视角回放"}
	}
	return nil
}

// Eyes reads whose eyes are meant: "agency:role", for a leader
// "agency:leader:team".
type Eyes struct {
	Agency string
	Role   Role
	Team   string
}

// ReadEyes parses the text; Invalid, field as.
func ReadEyes(text string) (Eyes, error) {
	part := strings.Split(text, ":")
	bad := func() (Eyes, error) {
		return Eyes{}, invalid("as", text, "视角应写作“单位:角色”，队长写作“单位:leader:队伍”", "write agency:role, or agency:leader:team for a leader",
			"agency:dispatcher", "agency:chief", "agency:planner", "agency:observer", "agency:leader:team")
	}
	if len(part) < 2 || len(part) > 3 || part[0] == "" {
		return bad()
	}
	e := Eyes{Agency: part[0], Role: Role(part[1])}
	if len(part) == 3 {
		e.Team = part[2]
	}
	if leads := e.Role == RoleLeader; leads != (e.Team != "") || !leads && !slices.Contains(eyeRoles, e.Role) {
		return bad()
	}
	return e, nil
}

// Of is the audience of those eyes in the realm, by the agency as it is today.
func (e Eyes) Of(realm Realm, agency *Agency) Audience {
	return Actor{Realm: realm, Role: e.Role, Agency: agency.ID, Jurisdiction: agency.Jurisdiction, Home: agency.Scope.Area, Team: e.Team}.Audience()
}

// Past is how an audience looks at past moments of its realm. What it sees of a
// record is the least of
//
//	what it would have seen then, as it is today: by the scope of then, with the
//	shares that held then;
//	what it sees of the record now: who may not see it today gains nothing by
//	replay, whatever was shared once;
//	what the other eyes saw then, where the moment is looked at with them.
type Past struct {
	Now Onlooker
	// As are the other eyes; nil: none.
	As *Audience
	// Today holds the scopes of today of all records that are asked about; one
	// that is missing is not seen.
	Today map[Ref]Scope
}

// See tells how much is seen of a record that had the scope at the moment.
func (p Past) See(at time.Time, ref Ref, s Scope) Vision {
	today, ok := p.Today[ref]
	if !ok {
		return Hidden
	}
	v := min(See(p.Now.Audience.At(at), ref, s), See(p.Now, ref, today))
	if p.As != nil {
		v = min(v, See(p.As.At(at), ref, s))
	}
	return v
}

// SeeRecord returns the record as it is seen, or nil.
func (p Past) SeeRecord(at time.Time, r Record) Record {
	return View(r, p.See(at, RefOf(r), r.head().Scope))
}

// SeeChange is what is seen of a change at its own moment; false when that is
// nothing. Applied to the picture of the change before, it gives the picture of
// this one, but for shares that end by themselves: those leave the fold with the
// change that takes them away, and the picture at once.
func (p Past) SeeChange(c *Change) (Seen, bool) {
	return c.seen(func(ref Ref, s Scope) Vision { return p.See(c.At, ref, s) }, func(ref Ref, s Scope) bool {
		today, ok := p.Today[ref]
		return ok && ever(p.Now, ref, s) && See(p.Now, ref, today) != Hidden && (p.As == nil || ever(p.As.At(c.At), ref, s))
	})
}

// SeePosition tells whether the moment's position of a team that had the scope is
// seen. Where a team has been is told to those who see it whole today: an
// observer counts as a dispatcher of its agency.
func (p Past) SeePosition(at time.Time, team string, s Scope) bool {
	ref := Ref{KindTeam, team}
	today, ok := p.Today[ref]
	now := p.Now
	if now.Role == RoleObserver {
		now.Role = RoleDispatcher
	}
	return ok && See(now, ref, today) == Full && SeePosition(p.Now.Audience.At(at), team, s) && (p.As == nil || SeePosition(p.As.At(at), team, s))
}

// ReplaySpan says which moments of a realm can be shown.
type ReplaySpan struct {
	Realm Realm     `json:"realm"`
	Epoch string    `json:"epoch"`
	First Moment    `json:"first"`
	Last  Moment    `json:"last"`
	Now   time.Time `json:"now" doc:"the realm's clock"`
	// Whole is a moment up to which nothing can come any more. A command that is
	// under way took its time before it is numbered.
	Whole time.Time `json:"-"`
}

// Moment is one change and when it was, by the realm's clock.
type Moment struct {
	Seq int64     `json:"seq"`
	At  time.Time `json:"at"`
}

// TracksQuery asks where the teams of a realm were, by the sources' clocks: the
// last position of each before From, and from then to before To one in every
// step, the last of it. What was stored but not shown is left out.
type TracksQuery struct {
	Realm    Realm
	From, To time.Time
	Step     time.Duration
	Teams    []string
	Limit    int // of positions in all
}
