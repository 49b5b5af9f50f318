package dispatch

import (
	"slices"
	"time"

	"liandong/dispatch/vocabulary"
)

// DrillDuty is an agency's duty to drill by one rule, and where it stands.
type DrillDuty struct {
	Agency string               `json:"agency"`
	Name   string               `json:"name"`
	Rule   vocabulary.DrillRule `json:"rule"`
	// Last is the last drill that counts; nil where none was held here.
	Last *HeldDrill `json:"last,omitempty"`
	// Due is until when the next has to be held; nil where none was held.
	Due   *time.Time `json:"due,omitempty"`
	State DutyState  `json:"state" enum:"met,soon,overdue,never"`
}

// DutyState is where a duty to drill stands.
type DutyState string

// The states of a duty to drill.
const (
	DutyMet     DutyState = "met"     // 已完成
	DutySoon    DutyState = "soon"    // 将到期: within 60 days
	DutyOverdue DutyState = "overdue" // 逾期
	DutyNever   DutyState = "never"   // 无记录
)

// HeldDrill is a drill that was held, with who took part in it.
type HeldDrill struct {
	Drill   string       `json:"drill"`
	Name    string       `json:"name"`
	Content DrillContent `json:"content"`
	// At is when it ended, on the wall.
	At       time.Time `json:"at"`
	Agencies []string  `json:"-"`
}

// Held tells whether a drill was held, and when that was, on the wall.
func Held(d *Drill) (time.Time, bool) {
	return d.Clock.Wall, d.State.Over() && d.State != DrillCancelled
}

// DrillUnit is the kind of unit that an agency is in the rules, "" where none is
// about it. A high-risk unit is one that keeps a major hazard source or a mine
// rescue team; other high-risk trades are not told from the records.
func DrillUnit(a *Agency, dangerous bool) string {
	switch {
	case a.Type == AgencyGovernment:
		return "government"
	case a.Type == AgencyEnterprise && dangerous:
		return "dangerous"
	case a.Type == AgencyEnterprise:
		return "enterprise"
	}
	return ""
}

const dutySoon = 60 * 24 * time.Hour

// DutiesOf are the duties to drill of an agency that is a unit of the kind, at the
// moment on the wall. A drill counts for those who took part in it, whoever held it.
func DutiesOf(a *Agency, unit string, held []HeldDrill, now time.Time) []DrillDuty {
	var out []DrillDuty
	for _, rule := range vocabulary.DrillRules() {
		if rule.Unit != unit {
			continue
		}
		d := DrillDuty{Agency: a.ID, Name: a.Name, Rule: rule, State: DutyNever}
		for _, h := range held {
			if slices.Contains(h.Agencies, a.ID) && (rule.Content == "" || rule.Content == string(h.Content)) && (d.Last == nil || h.At.After(d.Last.At)) {
				d.Last = &h
			}
		}
		if d.Last != nil {
			due := d.Last.At.AddDate(0, rule.Months, 0)
			d.Due, d.State = &due, DutyMet
			switch left := due.Sub(now); {
			case left < 0:
				d.State = DutyOverdue
			case left < dutySoon:
				d.State = DutySoon
			}
		}
		out = append(out, d)
	}
	return out
}
