package dispatch

import (
	"strings"

	"liandong/geo/gazetteer"
)

// named records are found by the pinyin initials of their names: xf21 for
// 消防21. The initials are derived whenever the record is put.
type named interface {
	// named returns where the initials are kept and what they are made of.
	named() (initials *string, names []string)
}

func (a *Area) named() (*string, []string)      { return &a.Initials, []string{a.Name} }
func (a *Agency) named() (*string, []string)    { return &a.Initials, []string{a.Short, a.Name} }
func (d *Depot) named() (*string, []string)     { return &d.Initials, []string{d.Name} }
func (e *Equipment) named() (*string, []string) { return &e.Initials, []string{e.Name} }
func (h *Hazard) named() (*string, []string)    { return &h.Initials, []string{h.Name} }
func (s *Stock) named() (*string, []string)     { return &s.Initials, []string{s.Name} }
func (t *Team) named() (*string, []string)      { return &t.Initials, []string{t.CallSign, t.Name} }

func setInitials(r Record) {
	n, ok := r.(named)
	if !ok {
		return
	}
	to, names := n.named()
	var all []string
	for _, name := range names {
		all = append(all, gazetteer.Initials(name, 4)...)
	}
	*to = strings.Join(all, " ")
}
