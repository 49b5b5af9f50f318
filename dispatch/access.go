package dispatch

import (
	"context"
	"slices"
	"time"
)

// Access tells who sees an incident now, how much of it, and why.
type Access struct {
	Incident string         `json:"incident"`
	At       time.Time      `json:"at"`
	Agencies []AgencyAccess `json:"agencies" doc:"those that see anything, the owner first"`
	Leaders  []LeaderAccess `json:"leaders,omitempty" doc:"of the teams that are on it"`
}

// AgencyAccess is what one agency's people see.
type AgencyAccess struct {
	Agency string `json:"agency"`
	// Sees holds what each role sees; a role that sees nothing is missing.
	Sees     map[Role]string `json:"sees" doc:"role: redacted or full"`
	Relation Relation        `json:"relation" enum:"viewer,assistant,over,own" doc:"how its desk stands to the incident, which says what it may do"`
	Reasons  []AccessReason  `json:"reasons" doc:"each of them is enough"`
}

// LeaderAccess is a team whose leader sees the incident.
type LeaderAccess struct {
	Team   string `json:"team"`
	Name   string `json:"name"`
	Agency string `json:"agency"`
	Sees   string `json:"sees" enum:"redacted,full"`
}

// AccessReason is one reason to see the incident.
type AccessReason struct {
	Type string `json:"type" enum:"own,jurisdiction,reach,manual,task,loan,agreement,range"`
	// By is the name of who shared by hand, or the agreement's id; Name that of
	// the agreement.
	By       string     `json:"by,omitempty"`
	Name     string     `json:"name,omitempty"`
	Tier     Tier       `json:"tier,omitempty" enum:"view,assist"`
	Redacted bool       `json:"redacted,omitempty"`
	Until    *time.Time `json:"until,omitempty"`
}

// Access answers who sees the incident, to those who own it or coordinate it.
// What is seen is asked of See, and of See alone.
func (s *Service) Access(ctx context.Context, actor Actor, incident string) (Access, error) {
	ref, at := Ref{KindIncident, incident}, s.Now(actor.Realm)
	rec, err := s.Get(ctx, actor, ref)
	if err != nil {
		return Access{}, err
	}
	if See(actor.Audience().At(at), ref, rec.head().Scope) != Full || !oneOf(Relate(actor, at, ref, rec.head().Scope), []Relation{Own, Over}) {
		return Access{}, refuse(Forbidden, "仅主责单位和统筹单位可查看知情范围", "who sees an incident is told to those who own or coordinate it")
	}
	scope := rec.head().Scope
	out := Access{Incident: incident, At: at, Agencies: []AgencyAccess{}}
	agencies, err := s.store.Find(ctx, Query{Realm: actor.Realm, Kind: KindAgency, Limit: -1})
	if err != nil {
		return Access{}, err
	}
	names, err := s.agreementNames(ctx, actor.Realm, scope)
	if err != nil {
		return Access{}, err
	}
	for _, r := range agencies {
		if a, ok := accessOf(r.(*Agency), actor.Realm, at, ref, scope, names); ok {
			out.Agencies = append(out.Agencies, a)
		}
	}
	slices.SortFunc(out.Agencies, func(a, b AgencyAccess) int {
		if n := slices.Index(Relations, b.Relation) - slices.Index(Relations, a.Relation); n != 0 {
			return n
		}
		return compare(a.Agency, b.Agency)
	})
	if len(scope.Teams) == 0 {
		return out, nil
	}
	teams, err := s.store.Find(ctx, Query{Realm: actor.Realm, Kind: KindTeam, IDs: scope.Teams, Archived: true, Limit: -1})
	for _, r := range teams {
		t := r.(*Team)
		leader := Actor{Realm: actor.Realm, Role: RoleLeader, Agency: t.Scope.Agency, Team: t.ID}
		if v := See(leader.Audience().At(at), ref, scope); v != Hidden {
			out.Leaders = append(out.Leaders, LeaderAccess{t.ID, t.Name, t.Scope.Agency, v.String()})
		}
	}
	return out, err
}

// accessOf is what the agency's people see of the record, if anything.
func accessOf(g *Agency, realm Realm, at time.Time, ref Ref, scope Scope, names map[string]string) (AgencyAccess, bool) {
	out := AgencyAccess{Agency: g.ID, Sees: map[Role]string{}}
	of := func(role Role) Actor {
		return Actor{Realm: realm, Role: role, Agency: g.ID, Jurisdiction: g.Jurisdiction, Home: g.Scope.Area}
	}
	for _, role := range Roles {
		if v := See(of(role).Audience().At(at), ref, scope); v != Hidden {
			out.Sees[role] = v.String()
		}
	}
	if len(out.Sees) == 0 {
		return out, false
	}
	desk := of(RoleDispatcher)
	out.Relation = Relate(desk, at, ref, scope)
	// Each reason alone, as if there were no other.
	alone := func(s Scope) bool { return See(desk.Audience().At(at), ref, s) != Hidden }
	add := func(r AccessReason, s Scope) {
		if alone(s) {
			out.Reasons = append(out.Reasons, r)
		}
	}
	add(AccessReason{Type: "own"}, Scope{Agency: scope.Agency})
	add(AccessReason{Type: "jurisdiction"}, Scope{Area: scope.Area})
	add(AccessReason{Type: "reach", Tier: TierAssist}, Scope{Reach: scope.Reach})
	for _, sh := range scope.Shares {
		add(AccessReason{Type: string(sh.Source), By: sh.By, Name: names[sh.By], Tier: sh.Tier, Redacted: sh.Redacted, Until: sh.Until}, Scope{Shares: []Share{sh}})
	}
	return out, true
}

// agreementNames are those of the agreements that the scope's shares come from.
func (s *Service) agreementNames(ctx context.Context, realm Realm, scope Scope) (map[string]string, error) {
	var ids []string
	for _, sh := range scope.Shares {
		if sh.Source == ShareAgreement && !slices.Contains(ids, sh.By) {
			ids = append(ids, sh.By)
		}
	}
	out := map[string]string{}
	if len(ids) == 0 {
		return out, nil
	}
	found, err := s.store.Find(ctx, Query{Realm: realm, Kind: KindAgreement, IDs: ids, Archived: true, Limit: -1})
	for _, r := range found {
		out[r.head().ID] = r.(*Agreement).Name
	}
	return out, err
}
