package replay

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"liandong/cmd/liandong/remote"
	"liandong/dispatch"
	"liandong/geo"
)

// Rule is how the scripted dispatcher of a drill chooses whom to send.
type Rule string

// The rules. Each sends as many units of the same types as the log did, at the moments of the log.
const (
	RuleLog     Rule = "log"     // the unit that the log sent where it is free, else the nearest of its type
	RuleNearest Rule = "nearest" // the nearest free unit of the type
	RuleLean    Rule = "lean"    // as the log, but no engine to a medical incident to which an ambulance goes
)

func (r Rule) words() string {
	return map[Rule]string{RuleLog: "as in the log", RuleNearest: "nearest unit", RuleLean: "no engine where an ambulance goes"}[r]
}

// lookAgain is after how long a dispatcher who found nobody free looks again, on the drill's clock.
const lookAgain = 30 * time.Second

// desk is the scripted dispatcher of a drill: it reads the records as any console does, and gives the
// commands that a dispatcher gives. It knows nothing of the simulation.
type desk struct {
	*stage
	person  *remote.Person
	rule    Rule
	moments []time.Time // at which it decided
	opened  map[*Call]decided
	done    map[*Row]decided // sent, skipped or given up

	sent, asLogged, skipped int
	refused                 []Refusal
}

// decided is what was decided about a call or a row: the incident of the one, the team of the other.
type decided struct {
	at  time.Time
	ref string
}

func newDesk(s *stage, rule Rule) *desk {
	return &desk{stage: s, rule: rule, opened: map[*Call]decided{}, done: map[*Row]decided{}}
}

// fork is the dispatcher of a fork: it has decided what this one had until the moment, and decides by
// another rule from then on.
func (d *desk) fork(at time.Time, rule Rule) *desk {
	later := func(x decided) bool { return x.at.After(at) }
	f := newDesk(d.stage, rule)
	f.opened, f.done = maps.Clone(d.opened), maps.Clone(d.done)
	maps.DeleteFunc(f.opened, func(_ *Call, x decided) bool { return later(x) })
	maps.DeleteFunc(f.done, func(_ *Row, x decided) bool { return later(x) })
	return f
}

// next is the next moment after now at which there is something to decide: a call is entered or a unit
// sent in the log, or somebody waits for a unit; at the latest the end.
func (d *desk) next(now time.Time) time.Time {
	next := d.script.to
	see := func(t time.Time) {
		if t.After(now) && t.Before(next) {
			next = t
		}
	}
	for _, c := range d.script.calls {
		see(c.Entry)
		for _, r := range c.Rows {
			see(r.Dispatch)
		}
	}
	if len(d.due(now)) > 0 {
		see(now.Add(lookAgain))
	}
	return next
}

// want is a unit that is to be sent.
type want struct {
	call *Call
	row  *Row
}

// due are the units that should have been sent by the moment and were not, in the order of the log.
func (d *desk) due(at time.Time) []want {
	var out []want
	for _, c := range d.script.calls {
		for _, r := range c.Rows {
			if _, ok := d.done[r]; !ok && !r.Dispatch.After(at) && r.Dispatch.Before(d.script.to) {
				out = append(out, want{c, r})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b want) int { return a.row.Dispatch.Compare(b.row.Dispatch) })
	return out
}

// board is what the dispatcher sees.
type board struct {
	reports   map[string]*dispatch.Report
	teams     map[string]*dispatch.Team
	incidents map[string]*dispatch.Incident
	tasks     map[string]*dispatch.Task
}

func (d *desk) look(ctx context.Context) (b board, err error) {
	group, in := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		b.reports, err = all[dispatch.Report](in, d.person, dispatch.KindReport, url.Values{"state": {string(dispatch.ReportWaiting)}})
		return err
	})
	group.Go(func() (err error) {
		b.teams, err = all[dispatch.Team](in, d.person, dispatch.KindTeam, url.Values{})
		return err
	})
	group.Go(func() (err error) {
		b.incidents, err = all[dispatch.Incident](in, d.person, dispatch.KindIncident, url.Values{})
		return err
	})
	group.Go(func() (err error) {
		b.tasks, err = all[dispatch.Task](in, d.person, dispatch.KindTask, url.Values{})
		return err
	})
	return b, group.Wait()
}

// decide does all that is to be done at the moment: opens incidents, sends units, closes what is over.
func (d *desk) decide(ctx context.Context, at time.Time) error {
	d.moments = append(d.moments, at)
	b, err := d.look(ctx)
	if err != nil {
		return err
	}
	for _, c := range d.script.calls {
		if _, ok := d.opened[c]; !ok && !c.Entry.After(at) {
			if err := d.open(ctx, at, c, b); err != nil {
				return err
			}
		}
	}
	for _, w := range d.due(at) {
		if err := d.send(ctx, at, w, b); err != nil {
			return err
		}
	}
	for _, c := range d.script.calls {
		if err := d.finish(ctx, c, b); err != nil {
			return err
		}
	}
	return nil
}

// give gives a command; it tells false where it was refused, which is part of the result.
func (d *desk) give(ctx context.Context, what, id, verb, name string, in any) (done remote.Done, ok bool, err error) {
	done, err = d.person.Insist(ctx, "sf-"+id+"-"+verb, name, in)
	var refusal *remote.Refusal
	if errors.As(err, &refusal) && !remote.Passing(err) && refusal.Code != "auth" && refusal.Code != "csrf" {
		d.refused = append(d.refused, Refusal{what, id, err.Error()})
		return done, false, nil
	}
	return done, err == nil, err
}

func (d *desk) open(ctx context.Context, at time.Time, c *Call, b board) error {
	var report *dispatch.Report
	for _, r := range b.reports {
		if r.Caller == c.caller() {
			report = r
		}
	}
	d.opened[c] = decided{at: at}
	if report == nil {
		d.refused = append(d.refused, Refusal{"call", c.Number, "nobody reported it"})
		return nil
	}
	done, ok, err := d.give(ctx, "call", c.Number, "open", "incident.open", dispatch.IncidentOpen{Report: report.ID, Type: eventType(c.Type), Number: c.Number,
		Title: shorten(c.Type + ", " + c.Address), Priority: priority(c.Priority), Place: c.place()})
	if err != nil || !ok {
		return err
	}
	i, err := remote.First[dispatch.Incident](done, dispatch.KindIncident)
	if err != nil {
		return err
	}
	d.opened[c] = decided{at, i.ID}
	b.incidents[i.ID] = i
	return nil
}

// send sends the unit that the rule chooses; where none is free the call waits for one.
func (d *desk) send(ctx context.Context, at time.Time, w want, b board) error {
	incident := d.opened[w.call].ref
	if incident == "" || d.rule == RuleLean && spare(w) {
		d.skipped++
		d.done[w.row] = decided{at: at}
		return nil
	}
	unit := d.choose(w, b)
	if unit == "" {
		return nil
	}
	team := d.crew.teams[unit].team
	choice := "as in the log"
	if unit != w.row.Unit {
		choice = "in the place of " + w.row.Unit
	}
	done, ok, err := d.give(ctx, "row", w.row.ID, "assign", "task.assign", dispatch.TaskAssign{Incident: incident, Team: team, Choice: choice})
	if err != nil {
		return err
	}
	d.done[w.row] = decided{at, team}
	if !ok {
		return nil
	}
	d.sent++
	if unit == w.row.Unit {
		d.asLogged++
	}
	t, err := remote.Find(done, dispatch.KindTask, func(t *dispatch.Task) bool { return t.Team == team && t.Incident == incident && t.Open() })
	if err != nil {
		return err
	}
	b.tasks[t.ID] = t
	b.teams[team].Status = dispatch.StatusCommitted
	return nil
}

// spare tells an engine that goes to a medical incident beside an ambulance.
func spare(w want) bool {
	return w.call.Type == "Medical Incident" && w.row.UnitType == "ENGINE" &&
		slices.ContainsFunc(w.call.Rows, func(r *Row) bool { return unitOf(r.UnitType).capability == "medical.ambulance" })
}

// choose is the unit that goes; "" where none of the type is free.
func (d *desk) choose(w want, b board) string {
	free := func(u *crewed) bool {
		t := b.teams[d.crew.teams[u.id].team]
		return t != nil && t.Status == dispatch.StatusAvailable
	}
	if own := d.script.byID[w.row.Unit]; d.rule != RuleNearest && free(own) {
		return own.id
	}
	away := d.awayFrom(b)
	best, least := "", 0.0
	for _, u := range d.script.units {
		if u.kind != w.row.UnitType || !free(u) {
			continue
		}
		far := 1e9 // nobody knows where one of the two is: only when there is no other
		if from := cmp.Or(away[u.id], u.base); from != nil && w.call.Point != nil {
			far = geo.Distance(*from, *w.call.Point)
		}
		if best == "" || far < least {
			best, least = u.id, far
		}
	}
	return best
}

// awayFrom tells where a unit on its way home was last: at the scene that it left.
func (d *desk) awayFrom(b board) map[string]*geo.Point {
	byTeam := make(map[string]string, len(d.script.units))
	for id, a := range d.crew.teams {
		byTeam[a.team] = id
	}
	out := map[string]*geo.Point{}
	for _, t := range b.tasks {
		if i := b.incidents[t.Incident]; t.State == dispatch.TaskReturning && i != nil {
			out[byTeam[t.Team]] = i.Place.Point
		}
	}
	return out
}

// finish ends the incident of a call from which all have left.
func (d *desk) finish(ctx context.Context, c *Call, b board) error {
	i := b.incidents[d.opened[c].ref]
	if i == nil || i.State.Ended() || slices.ContainsFunc(c.Rows, func(r *Row) bool { _, ok := d.done[r]; return !ok && r.Dispatch.Before(d.script.to) }) {
		return nil
	}
	ever := false
	for _, t := range b.tasks {
		if t.Incident == i.ID {
			if ever = true; t.Open() {
				return nil
			}
		}
	}
	in := dispatch.IncidentMove{Incident: i.ID, Reason: c.Disposition}
	if end := c.Ending(); end.State == dispatch.IncidentFalseAlarm {
		_, _, err := d.give(ctx, "call", c.Number, "finish", "incident.dismiss", in)
		return err
	} else if in.Outcome = end.Outcome; !ever { // to which nobody was sent is still unverified
		if _, ok, err := d.give(ctx, "call", c.Number, "verify", "incident.verify", dispatch.IncidentMove{Incident: i.ID}); err != nil || !ok {
			return err
		}
	}
	_, _, err := d.give(ctx, "call", c.Number, "finish", "incident.close", in)
	return err
}
