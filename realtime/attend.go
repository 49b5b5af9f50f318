package realtime

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// attendance is who is connected in a drill, by their persons' ids, for those who
// run it: a communications check begins with it. Outside drills nobody is counted.
type attendance struct {
	Here []string `json:"here,omitempty"` // in order, each once
	// Left is when those who were here, and are no longer, went: on the wall.
	Left map[string]time.Time `json:"left,omitempty"`
}

func (a attendance) equal(b attendance) bool {
	return slices.Equal(a.Here, b.Here) && maps.EqualFunc(a.Left, b.Left, time.Time.Equal)
}

// attendant is somebody who is connected in a drill, or was.
type attendant struct {
	Person string     `json:"person"`
	Left   *time.Time `json:"left,omitempty"`
}

// came notes a connection of the person. The stream is locked.
func (s *stream) came(person string) {
	if s.realm.Drill() != "" {
		delete(s.left, person)
		s.presence = true
	}
}

// went notes that a connection of the person is gone. The stream is locked.
func (s *stream) went(person string) {
	if s.realm.Drill() != "" && !slices.Contains(s.here(), person) {
		s.leftAt(person, s.now().UTC())
	}
}

func (s *stream) leftAt(person string, at time.Time) {
	if s.left == nil {
		s.left = map[string]time.Time{}
	}
	s.left[person], s.presence = at, true
}

// keepLeft remembers who was on a node, as it told, where it tells so no longer: it
// has ended, or begun anew. The stream is locked.
func (s *stream) keepLeft(was, is attendance, at time.Time) {
	gone := maps.Clone(was.Left)
	for _, p := range was.Here {
		if gone == nil {
			gone = map[string]time.Time{}
		}
		gone[p] = at.UTC()
	}
	for p, at := range gone {
		if _, known := is.Left[p]; !known && !slices.Contains(is.Here, p) && at.After(s.left[p]) {
			s.leftAt(p, at)
		}
	}
}

// here is who is connected to this node in a drill. The stream is locked.
func (s *stream) here() []string {
	if s.realm.Drill() == "" {
		return nil
	}
	var out []string
	for _, g := range s.groups {
		for c := range g.conns {
			out = append(out, c.actor.ID)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// attendants are those of all nodes, by person. The stream is locked.
func (s *stream) attendants(own attendance) []attendant {
	here, left := map[string]bool{}, map[string]time.Time{}
	take := func(a attendance) {
		for _, p := range a.Here {
			here[p] = true
		}
		for p, at := range a.Left {
			if at.After(left[p]) {
				left[p] = at
			}
		}
	}
	take(own)
	for _, e := range s.elsewhere {
		take(e.attendance)
	}
	out := make([]attendant, 0, len(here)+len(left))
	for p := range here {
		out = append(out, attendant{Person: p})
	}
	for p, at := range left {
		if !here[p] {
			out = append(out, attendant{p, &at})
		}
	}
	slices.SortFunc(out, func(a, b attendant) int { return cmp.Compare(a.Person, b.Person) })
	return out
}
