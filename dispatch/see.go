package dispatch

import "slices"

// Vision is how much of a record an audience sees.
type Vision int

// The three degrees of sight.
const (
	Hidden Vision = iota
	Redacted
	Full
)

func (v Vision) String() string { return [...]string{"hidden", "redacted", "full"}[v] }

// See decides what an audience sees of a record at a moment. It is the only such
// rule: the snapshot, the feed, tiles, search and export all ask it, and the
// scope predicate in SQL is its twin (a property test compares the two). Each
// reason to see is enough; a share that has run out is none.
//
//	record            own agency   coordinating,   share      leader on     signed in
//	                               in its area                the record
//	area, agency      full         full            –          –             redacted unless own area/agency
//	depot, team(open) full         full            as shared  full          redacted
//	incident, task,
//	note, report,
//	fence, stay,
//	alarm, hazard,
//	equipment, stock  full         full            as shared  full          –
//	agreement,
//	activation        full         full            full       –             –
//	rate              full         full            as shared  –             tariffs are open, price lists are not
//	claim             full         full            as shared  –             –
//	person, device    admin of own agency or jurisdiction; persons also its dispatcher and chief
//	drill, part       full         full            –          –             redacted
//	objective, inject,
//	sim, observation,
//	improvement       those who run the drill, and nobody else
//
// Those who run a drill see all of its realm.
//
// Observers see what a dispatcher of their agency sees, redacted. Leaders see
// their own team and what it is on; their fellows (the teams at work on the same
// incident) and open records redacted. Planners see as dispatchers.
// Administrators do not see operational records: they run the accounts, not the
// rescues. A neighbour sees what is shared with the agency that stands for it,
// and no open records: being signed in is another thing.
func See(o Onlooker, ref Ref, s Scope) Vision {
	au := o.Audience
	if au.Role == RoleSystem {
		return Full
	}
	if au.Alarms && ref.Kind != KindAlarm {
		return Hidden
	}
	if au.runs() {
		return Full
	}
	if isPlan(ref.Kind) {
		return Hidden
	}
	if s.Admin {
		return seeAdmin(au, ref, s)
	}
	v := seeScope(o, ref, s)
	if v == Full && au.Role == RoleObserver {
		v = Redacted
	}
	if v == Hidden && s.Open && au.Role != RolePeer {
		v = Redacted
	}
	return v
}

func seeAdmin(au Audience, ref Ref, s Scope) Vision {
	own := s.Agency == au.Agency || within(s.Area, au.Jurisdiction)
	switch {
	case !own:
		return Hidden
	case au.Role == RoleAdmin:
		return Full
	case ref.Kind == KindPerson && (au.Role == RoleDispatcher || au.Role == RoleChief):
		return Full
	}
	return Hidden
}

func seeScope(o Onlooker, ref Ref, s Scope) Vision {
	au := o.Audience
	if au.Role == RoleLeader {
		if au.Team == "" {
			return Hidden
		}
		if ref.Kind == KindTeam && ref.ID == au.Team {
			return Full
		}
		switch {
		case !slices.Contains(s.Teams, au.Team):
			return Hidden
		case ref.Kind == KindTeam: // a fellow
			return Redacted
		}
		return Full
	}
	if au.Role == RoleAdmin && !isBase(ref.Kind) {
		return Hidden
	}
	if s.Agency != "" && s.Agency == au.Agency || within(s.Area, au.Jurisdiction) {
		return Full
	}
	if within(au.Home, s.Reach) {
		return Full
	}
	v := Hidden
	for sh := range s.held(au.Agency, o.At) {
		if !sh.Redacted {
			return Full
		}
		v = Redacted
	}
	return v
}

// isBase tells the reference data that administrators keep from the
// operational records that they do not see.
func isBase(k Kind) bool {
	switch k {
	case KindAgency, KindArea, KindAgreement, KindActivation, KindDepot, KindHazard, KindTeam, KindEquipment, KindStock, KindPerson, KindDevice, KindLink, KindRate:
		return true
	}
	return false
}

// View returns the record as seen: itself, a redacted copy, or nil.
func View(r Record, v Vision) Record {
	switch v {
	case Full:
		return r
	case Redacted:
		return r.redacted()
	}
	return nil
}

// SeeRecord returns the record as the audience sees it, or nil.
func SeeRecord(o Onlooker, r Record) Record {
	return View(r, See(o, RefOf(r), r.head().Scope))
}

// SeePosition tells whether the audience sees where a team is. Being in the
// common pool opens a team's name and status, not its track: that takes the
// team in full view, or an observer's view of the own agency or jurisdiction.
// Leaders see where their fellows are: the teams at work on the same incident,
// for as long as both are (Scope.Teams of the team).
func SeePosition(o Onlooker, team string, s Scope) bool {
	if o.Role == RoleSystem {
		return true
	}
	if o.Alarms {
		return false
	}
	if o.runs() {
		return true
	}
	v := seeScope(o, Ref{KindTeam, team}, s)
	return !s.Admin && o.Role != RoleAdmin && (v == Full || v == Redacted && o.Role == RoleLeader)
}
