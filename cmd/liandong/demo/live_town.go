package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"liandong/dispatch"
	"liandong/geo"
)

func deskActor() dispatch.Actor {
	return dispatch.Actor{ID: robot + "desk", Name: deskName, Realm: dispatch.Live, Role: dispatch.RoleDispatcher, Agency: "em-4110", Jurisdiction: "4110"}
}

func chiefActor() dispatch.Actor {
	a := deskActor()
	a.ID, a.Name, a.Role = robot+"chief", "演示值班长", dispatch.RoleChief
	return a
}

// ownerActor is the desk of a team's own agency.
func ownerActor(agency string) dispatch.Actor {
	return dispatch.Actor{ID: robot + "desk:" + agency, Name: deskName, Realm: dispatch.Live, Role: dispatch.RoleDispatcher, Agency: agency}
}

func leaderActor(t *dispatch.Team) dispatch.Actor {
	return dispatch.Actor{ID: robot + "leader:" + t.ID, Name: t.Leader, Realm: dispatch.Live, Role: dispatch.RoleLeader, Agency: t.Scope.Agency, Team: t.ID}
}

// sorted are the ids in order: a map's own order would make each run another.
func sorted[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for id := range m {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// bases are teams that are free at their base and whose place is known.
func (l *Live) bases(capability string, now time.Time) []*dispatch.Team {
	var out []*dispatch.Team
	for _, id := range sorted(l.board.teams) {
		t := l.board.teams[id]
		if t.Status == dispatch.StatusAvailable && t.Base.Point != nil && t.Task == "" && strings.HasPrefix(t.Scope.Area, "4110") && t.Has(capability, now) {
			out = append(out, t)
		}
	}
	return out
}

var compass = []string{"北", "东北", "东", "东南", "南", "西南", "西", "西北"}

// somewhereNear is a place some hundred metres to a few kilometres from the team's base.
func (l *Live) somewhereNear(t *dispatch.Team) dispatch.Place {
	bearing, metres := l.rng.Float64()*360, 700+l.rng.Float64()*2300
	p := geo.Toward(*t.Base.Point, bearing, metres)
	where := compass[int(bearing/45+0.5)%len(compass)]
	return dispatch.Place{Point: &p, Source: source, Text: fmt.Sprintf("%s以%s约%.1f公里", t.Base.Text, where, metres/1000)}
}
