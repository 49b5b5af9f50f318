package dispatch

import "slices"

// Part (演练角色) says who takes part in a drill, and as what. Its id is that of
// the person, who stays in the realm live.
type Part struct {
	Head
	Person string `json:"person"`
	Name   string `json:"name"`
	// Role is what the person does in the drill: a director, controller or
	// evaluator runs it; every other role plays.
	Role Role `json:"role" enum:"director,controller,evaluator,dispatcher,chief,leader,observer"`
	// Agency and Team are whose player the person is; they need not be its own.
	Agency string `json:"agency,omitempty"`
	Team   string `json:"team,omitempty" doc:"of a leader"`
	// Confirmed is when the person answered the communications check, on the wall.
	Confirmed *Stamp `json:"confirmed,omitempty"`
	Text      string `json:"text,omitempty" doc:"what the person has to know: channel, place"`
}

// The roles that run a drill. A person has them in a drill and nowhere else.
const (
	RoleDirector   Role = "director"   // 总导调
	RoleController Role = "controller" // 导调员
	RoleEvaluator  Role = "evaluator"  // 评估员
)

// PartRoles lists the roles a person can have in a drill.
var PartRoles = []Role{RoleDirector, RoleController, RoleEvaluator, RoleDispatcher, RoleChief, RoleLeader, RoleObserver}

// plans tells whether somebody with the roles prepares drills.
func plans(roles []Role) bool {
	return slices.Contains(roles, RolePlanner) || slices.Contains(roles, RoleChief)
}

// Joins tells as what a person, who is the actor in the realm live, may join the
// drill: as the part says, and the planners of the agency that holds it as such.
// Players come in when it is approved; to one without notice, when it has begun.
func Joins(a Actor, d *Drill, p *Part) (Role, bool) {
	if p == nil {
		return RolePlanner, plans([]Role{a.Role}) && (d.Scope.Agency == a.Agency || within(d.Scope.Area, a.Jurisdiction))
	}
	au := Audience{Realm: DrillRealm(d.ID), Role: p.Role}
	return p.Role, au.runs() || d.State.Begun() || !d.NoNotice && d.State != DrillPlanned && d.State != DrillCancelled
}

// runs tells whether the audience runs the drill rather than playing in it: it
// sees all of its realm. A planner in a drill does.
func (au Audience) runs() bool {
	switch au.Role {
	case RoleDirector, RoleController, RoleEvaluator, RolePlanner:
		return au.Realm.Drill() != ""
	}
	return false
}

// RunsDrill tells whether the actor runs the drill it is in rather than playing in it.
func RunsDrill(a Actor) bool { return a.Audience().runs() }

// SeeAttendance tells whether the audience is told which participants of its drill are
// connected: those who run it.
func SeeAttendance(au Audience) bool { return au.runs() }

// isPlan tells the records of a drill that its players must not see.
func isPlan(k Kind) bool {
	switch k {
	case KindObjective, KindInject, KindSim, KindObservation, KindImprovement:
		return true
	}
	return false
}

func (p *Part) check() error {
	if !oneOf(p.Role, PartRoles) {
		return invalid("role", p.Role, "未知的演练角色", "unknown role in a drill", words(PartRoles)...)
	}
	return firstError(checkText("name", p.Name, 1, 60), checkText("text", p.Text, 0, 500))
}

// redacted is what other players see of a part: who it is.
func (p *Part) redacted() Record {
	r := *p
	r.Text, r.Confirmed, r.Scope = "", p.Confirmed.unsigned(), p.Scope.public()
	return &r
}

func (p *Part) index() Index {
	return Index{State: string(p.Role), Team: p.Team, Text: join(p.Name)}
}

// DrillOf is a drill with the part that a person has in it, nil where it has none.
type DrillOf struct {
	Drill *Drill
	Part  *Part
}
