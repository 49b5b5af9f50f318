package realtime

import (
	"bytes"
	"cmp"
	"slices"

	"liandong/dispatch"
)

// person is somebody who has an incident open.
type person struct {
	Name   string        `json:"name,omitempty"`
	Agency string        `json:"agency,omitempty"`
	Role   dispatch.Role `json:"role"`
}

func order(a, b person) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Agency, b.Agency), cmp.Compare(a.Role, b.Role))
}

type openIncident struct {
	Incident string   `json:"incident"`
	People   []person `json:"people"`
}

// setOpen notes which incident is on the connection's screen. One that the
// actor may not see is taken as none.
func (s *stream) setOpen(c *conn, incident string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if incident != "" && s.sees(c.au, incident) == dispatch.Hidden {
		incident = ""
	}
	if c.open != incident {
		c.open, s.presence = incident, true
	}
}

// sees tells how much of the incident the audience sees. The stream is locked.
func (s *stream) sees(au dispatch.Audience, incident string) dispatch.Vision {
	ref := dispatch.Ref{Kind: dispatch.KindIncident, ID: incident}
	scope, ok := s.scopes[ref]
	if !ok {
		return dispatch.Hidden
	}
	return dispatch.See(au.At(s.seenAt), ref, scope)
}

// sendPresence tells every audience who has what open, and those who run a drill
// who is in it, where that changed since the last tick.
func (s *stream) sendPresence() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forgetSilent()
	if !s.presence {
		return
	}
	s.presence = false
	open := map[string][]person{}
	for _, g := range s.groups {
		for c := range g.conns {
			if c.open != "" {
				open[c.open] = append(open[c.open], person{c.actor.Name, c.actor.Agency, c.actor.Role})
			}
		}
	}
	for _, people := range open {
		slices.SortFunc(people, order)
	}
	own := attendance{s.here(), s.left}
	s.setOpened(open, own)
	attendants := s.attendants(own)
	for _, e := range s.elsewhere {
		for id, people := range e.people {
			open[id] = append(open[id], people...)
		}
	}
	for _, g := range s.groups {
		told := []attendant(nil)
		if dispatch.SeeAttendance(g.au) {
			told = attendants
		}
		b := s.presenceFor(g.au, open, told)
		if g.openTo == nil && len(open)+len(told) == 0 || bytes.Equal(b, g.open) {
			continue
		}
		g.open, g.openTo = b, prepare(b)
		for c := range g.conns {
			c.present(g.openTo)
		}
	}
}

func (s *stream) presenceFor(au dispatch.Audience, open map[string][]person, here []attendant) []byte {
	list := []openIncident{}
	for id, people := range open {
		v := s.sees(au, id)
		if v == dispatch.Hidden {
			continue
		}
		people = slices.Clone(people)
		if v == dispatch.Redacted {
			for i := range people {
				people[i].Name = ""
			}
		}
		slices.SortFunc(people, order)
		list = append(list, openIncident{id, slices.Compact(people)})
	}
	slices.SortFunc(list, func(a, b openIncident) int { return cmp.Compare(a.Incident, b.Incident) })
	return mustJSON(struct {
		T    string         `json:"t"`
		Open []openIncident `json:"open"`
		Here []attendant    `json:"here,omitempty"`
	}{"presence", list, here})
}
