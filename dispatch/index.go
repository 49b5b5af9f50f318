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
		Due: earliest(i.ArchiveDue, i.Scope.due()), Unique: i.Number}
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

func (r *Request) index() Index {
	return Index{State: string(r.State), Incident: r.Incident, Text: join(r.Number, r.Title), Point: r.ReportTo.Point, Unique: r.Number,
		Due: earliest(r.WidenDue, r.Until)}
}

// Offers and loans are found by their request as by a text. One agency has one
// standing answer to a line.
func (o *Offer) index() Index {
	x := Index{State: string(o.State), Incident: o.Incident, Text: join(o.Request)}
	if o.Standing() {
		x.Unique = o.Request + " " + o.Line + " " + o.Scope.Agency
	}
	return x
}

func (l *Loan) index() Index {
	x := Index{State: string(l.State), Incident: l.Incident, Text: join(l.Request, l.Name), Point: l.ReportTo.Point}
	if l.Resource.Kind == KindTeam {
		x.Team = l.Resource.ID
	}
	return x
}

// An agreement is found by its parties as by a text.
func (a *Agreement) index() Index {
	x := Index{State: string(a.State), Text: join(append(a.agencies(), a.Number, a.Name)...), Unique: a.Number}
	if oneOf(AgreementExpired, agreementMoves[a.State]) {
		x.Due = a.Until
	}
	return x
}

func (a *Activation) index() Index {
	x := Index{State: string(a.State), Text: join(a.Agreement)}
	if a.State == ActivationOpen {
		x.Due = &a.Until
	}
	return x
}

func (q *Requisition) index() Index {
	x := Index{State: string(q.State), Incident: q.Incident, Text: join(q.Decision, q.Name), Point: q.Place.Point}
	if q.Resource != nil && q.Resource.Kind == KindTeam {
		x.Team = q.Resource.ID
	}
	return x
}

func (r *Rate) index() Index {
	return Index{State: string(r.Type), Text: join(r.Subject, r.Source)}
}

// A claim is found by its rates as by a text.
func (c *Claim) index() Index {
	words := []string{c.Number, c.Title}
	for _, l := range c.Lines {
		if l.Rate != "" && !oneOf(l.Rate, words) {
			words = append(words, l.Rate)
		}
	}
	return Index{State: string(c.State), Incident: c.Incident, Text: join(words...), Unique: c.Number}
}

func (f *Fence) index() Index {
	x := Index{State: string(f.State), Incident: f.Incident, Text: join(f.Name), Point: f.Center}
	if f.State == FenceActive {
		x.Due = f.Until
	}
	return x
}

func (l *Link) index() Index {
	x := Index{State: string(l.State), Text: join(l.Name)}
	if l.State == LinkActive {
		x.Unique = l.Fingerprint
	}
	return x
}

// Parcels are found by their link as by a text.
func (p *Parcel) index() Index {
	return Index{State: string(p.State), Incident: p.Incident, Text: join(p.Link, p.Command)}
}

// A stay is found by its fence as by a text, and the database refuses a second
// one of the same team as long as it lasts.
func (s *Stay) index() Index {
	x := Index{State: string(s.State), Incident: s.Incident, Team: s.Team, Text: join(s.Fence), Point: &s.Point}
	if s.State == StayInside {
		x.Unique, x.Due = s.Fence+" "+s.Team, s.DwellDue
	}
	return x
}
