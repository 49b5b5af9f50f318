package dispatch

import (
	"strings"
	"time"
)

func join(parts ...string) string { return strings.ToLower(strings.Join(parts, " ")) }

func earliest(ts ...*time.Time) *time.Time {
	var out *time.Time
	for _, t := range ts {
		if t != nil && (out == nil || t.Before(*out)) {
			out = t
		}
	}
	return out
}

func (a *Area) index() Index {
	return Index{State: string(a.Level), Text: join(a.Name, a.Initials, a.Code), Point: a.Center, Unique: a.Code}
}

func (a *Agency) index() Index {
	return Index{State: string(a.Type), Text: join(a.Name, a.Short, a.Initials), Point: a.Place.Point, Unique: a.Name}
}

func (p *Person) index() Index {
	return Index{Team: p.Team, Text: join(p.Name, p.Login), Unique: p.Login}
}

func (d *Depot) index() Index {
	return Index{State: d.Type, Text: join(d.Name, d.Initials, d.Place.Text), Point: d.Place.Point}
}

func (h *Hazard) index() Index {
	return Index{Text: join(h.Name, h.Initials, h.Operator, h.Place.Text), Point: h.Place.Point, Unique: h.External}
}

func (r *Report) index() Index {
	return Index{State: string(r.State), Incident: r.Incident, Text: join(r.Text, r.Place.Text), Point: r.Place.Point, Due: r.Until}
}

func (i *Incident) index() Index {
	return Index{State: string(i.State), Incident: i.ID, Text: join(i.Number, i.Title, i.Place.Text), Point: i.Place.Point,
		Due: i.ArchiveDue, Unique: i.Number}
}

func (t *Team) index() Index {
	x := Index{State: string(t.Status), Team: t.ID, Text: join(t.Name, t.CallSign, t.Initials), Point: t.Base.Point}
	if !t.Retired {
		x.Unique = t.CallSign
	}
	return x
}

func (t *Task) index() Index {
	return Index{State: string(t.State), Incident: t.Incident, Team: t.Team, Due: earliest(t.AckDue, t.CheckDue)}
}

func (e *Equipment) index() Index {
	return Index{State: string(e.Condition), Incident: e.Incident, Team: e.Team, Text: join(e.Name, e.Initials, e.Type, e.Serial), Point: e.Place.Point}
}

func (s *Stock) index() Index {
	n := s.Available
	return Index{Text: join(s.Name, s.Initials, s.Type), Point: s.Place.Point, Quantity: &n}
}

func (d *Device) index() Index {
	x := Index{State: d.Protocol, Team: d.Team, Text: join(d.Name, d.Identifier)}
	if d.Identifier != "" {
		x.Unique = d.Protocol + ":" + d.Identifier
	}
	return x
}

func (n *Note) index() Index {
	x := Index{State: string(n.Type), Incident: n.Incident}
	if !n.Internal {
		// An internal note is not searched: that it is found would tell those
		// from whom its text is hidden what stands in it.
		x.Text = join(n.Text)
	}
	return x
}

func (a *Alarm) index() Index {
	return Index{State: string(a.Type), Incident: a.Incident, Team: a.Team}
}
