package dispatch

import (
	"strings"
	"time"
)

// Role is what a person does in a session.
type Role string

// The roles.
const (
	RoleDispatcher Role = "dispatcher" // 调度员
	RoleChief      Role = "chief"      // 值班长
	RoleLeader     Role = "leader"     // 队长
	RolePlanner    Role = "planner"    // 演练策划
	RoleObserver   Role = "observer"   // 观察员 / 大屏
	RoleAdmin      Role = "admin"      // 管理员
	RoleSystem     Role = "system"     // the server itself: deadlines, imports
	RolePeer       Role = "peer"       // 相邻地区: a neighbouring region's server, over a link
)

// Roles lists the roles a person can have.
var Roles = []Role{RoleDispatcher, RoleChief, RoleLeader, RolePlanner, RoleObserver, RoleAdmin}

// Actor is who reads or commands: a person in a session, a device, or the
// server itself.
type Actor struct {
	ID     string // person or device
	Name   string
	Realm  Realm
	Role   Role
	Agency string
	// Jurisdiction is a division-code prefix ("4110"). Only a coordinating
	// agency has one: its people see every record whose area lies within it.
	Jurisdiction string
	// Home is the division code of the agency's home area.
	Home string
	// Team is the leader's own team.
	Team string
	// Session names the sign-in, for audit.
	Session string
	// Alarms is the look of somebody in a drill at what is real: alarms, and
	// nothing else.
	Alarms bool
}

// System is the server acting on its own behalf in the realm.
func System(realm Realm) Actor {
	return Actor{ID: "system", Name: "系统", Realm: realm, Role: RoleSystem}
}

// Audience is all of an actor that decides what it sees. Two actors with equal
// audiences see byte-equal pictures, so a frame is encoded once per audience.
type Audience struct {
	Realm        Realm
	Role         Role
	Agency       string
	Jurisdiction string
	Home         string
	Team         string
	Alarms       bool // sees alarms only
}

// Onlooker is an audience at a moment: what is shared for a limited time is
// seen while the time lasts. Without a moment it sees none of that.
type Onlooker struct {
	Audience
	At time.Time // the realm's clock
}

// At is the audience at the moment.
func (au Audience) At(t time.Time) Onlooker { return Onlooker{au, t} }

// Audience returns the actor's audience. Only a leader's view depends on the
// team; a leader without a team sees what an observer of the agency sees less
// everything operational.
func (a Actor) Audience() Audience {
	au := Audience{a.Realm, a.Role, a.Agency, a.Jurisdiction, a.Home, "", a.Alarms}
	if a.Role == RoleLeader {
		au.Team, au.Jurisdiction, au.Home = a.Team, "", ""
	}
	return au
}

// ActorRef is how a change names its actor.
type ActorRef struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Role   Role   `json:"role"`
	Agency string `json:"agency,omitempty"`
}

// Ref names the actor in a change.
func (a Actor) Ref() ActorRef { return ActorRef{a.ID, a.Name, a.Role, a.Agency} }

func within(area, jurisdiction string) bool {
	return jurisdiction != "" && strings.HasPrefix(area, jurisdiction)
}
