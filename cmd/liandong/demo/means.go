package demo

import (
	"fmt"
	"slices"
	"strings"

	"liandong/dispatch"
	"liandong/geo"
)

// means are the agencies and what they have.
type means struct {
	agencies, depots, teams, equipment, stocks, hazards []dispatch.Imported
}

func collect(list *[]dispatch.Imported, r dispatch.Record) {
	*list = append(*list, dispatch.Imported{Row: len(*list) + 2, Record: r})
}

// outside are the seats of the neighbouring regions, which have no area here.
var outside = map[string]geo.Point{"4104": geo.At(113.193, 33.766), "4111": geo.At(114.017, 33.582)}

func muster(l *land) *means {
	m := &means{}
	home := map[string]row{}
	for _, a := range table("agencies") {
		home[a["id"]] = a
		r := &dispatch.Agency{Name: a["name"], Short: a["short"], Type: dispatch.AgencyType(a["type"]),
			Jurisdiction: a["jurisdiction"], Phone: a["phone"], Invented: true, Place: l.place(a["town"], a["id"], a["name"])}
		if p, ok := outside[a["area"]]; ok {
			r.Place.Point = &p
		}
		r.ID, r.Scope.Agency, r.Scope.Area = a["id"], a["id"], a["area"]
		collect(&m.agencies, r)
	}
	sites := map[string]site{}
	for _, d := range table("depots") {
		s := site{id: d["id"], agency: d["agency"], town: d["town"], kind: d["type"], place: l.place(d["town"], d["id"], d["name"])}
		sites[d["id"]] = s
		r := &dispatch.Depot{Name: d["name"], Type: d["type"], Place: s.place, Keeper: name(d["id"]), Phone: phone(d["id"]), Invented: true}
		r.ID, r.Scope.Agency, r.Scope.Area = s.id, s.agency, s.town
		collect(&m.depots, r)
	}
	m.crews(home, sites)
	m.shelves(sites)
	m.hazards = hazards(l)
	return m
}

// site is a depot with what its items inherit.
type site struct {
	id, agency, town, kind string
	place                  dispatch.Place
}

func (l *land) place(town, key, text string) dispatch.Place {
	if town == "" {
		return dispatch.Place{Text: text}
	}
	p := somewhere(l.shapes[town], "place "+key)
	return dispatch.Place{Text: text, Point: &p, Source: "demo"}
}

// crews makes the teams, most of them on duty with a full crew, so that the
// board has something of each kind.
func (m *means) crews(home map[string]row, sites map[string]site) {
	for i, t := range table("teams") {
		r := &dispatch.Team{Name: t["name"], CallSign: t["call_sign"],
			Type: dispatch.TeamType(t["type"]), Capabilities: t.capabilities(), Depot: t["depot"],
			SeatsMin: t.int("seats_min"), SeatsFull: t.int("seats_full"), Crew: t.int("seats_full"), Speed: t.int("speed"),
			Leader: name(t["id"]), Phone: phone(t["id"]), Duty: dispatch.DutyAvailable, MultiAssign: t["type"] == "command", Invented: true}
		switch {
		case i%13 == 12:
			r.Duty, r.Crew = dispatch.DutyOff, 0
		case i%17 == 16:
			r.Duty, r.DutyReason = dispatch.DutyOutOfService, "车辆检修"
		case i%5 == 4:
			r.Crew = r.SeatsMin
		}
		r.ID, r.Scope.Agency = t["id"], t["agency"]
		if s, ok := sites[t["depot"]]; ok {
			r.Base, r.Scope.Area = s.place, s.town
		} else {
			p := outside[home[t["agency"]]["area"]]
			r.Base = dispatch.Place{Text: home[t["agency"]]["name"], Point: &p, Source: "demo"}
			r.Scope.Area = home[t["agency"]]["area"]
		}
		collect(&m.teams, r)
	}
}

// shelves fills each depot with the kit of its type.
func (m *means) shelves(sites map[string]site) {
	kit := table("kit")
	for _, id := range sortedKeys(sites) {
		s := sites[id]
		for _, k := range kit {
			if k["depots"] != s.kind {
				continue
			}
			if k["record"] == "stock" {
				m.stock(s, k)
				continue
			}
			for n := range k.int("count") {
				m.item(s, k, n)
			}
		}
	}
}

func (m *means) item(s site, k row, n int) {
	id := fmt.Sprintf("e-%s-%s-%d", strings.TrimPrefix(s.id, "d-"), k["type"], n+1)
	rnd := dice(id)
	condition := dispatch.ConditionReady
	switch rnd.IntN(20) {
	case 0:
		condition = dispatch.ConditionBroken
	case 1, 2:
		condition = dispatch.ConditionWorn
	}
	e := &dispatch.Equipment{Name: k["name"], Type: k["type"], Serial: fmt.Sprintf("XC%06d", rnd.IntN(1_000_000)),
		Capabilities: k.capabilities(), Condition: condition, Holder: s.agency, Depot: s.id, Place: s.place, Invented: true}
	e.ID, e.Scope.Agency, e.Scope.Area = id, s.agency, s.town
	collect(&m.equipment, e)
}

func (m *means) stock(s site, k row) {
	id := fmt.Sprintf("s-%s-%s", strings.TrimPrefix(s.id, "d-"), k["type"])
	full := k.int("count")
	r := &dispatch.Stock{Name: k["name"], Type: k["type"], Unit: k["unit"], Available: full/2 + dice(id).IntN(full),
		Least: full / 2, Holder: s.agency, Depot: s.id, Place: s.place, Invented: true}
	if slices.Contains([]int{0, 1}, dice(id+" short").IntN(12)) {
		r.Available = full / 3 // some shelves are low
	}
	r.ID, r.Scope.Agency, r.Scope.Area = id, s.agency, s.town
	collect(&m.stocks, r)
}
