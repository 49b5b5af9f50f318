package replay

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"liandong/dispatch"
)

// script is what is drilled: the calls of some hours, and the units that there are.
type script struct {
	from, to time.Time
	calls    []*Call // by the moment of receipt, with the rows that can be played
	rows     int     // sent before to
	units    []*crewed
	byID     map[string]*crewed
	refused  []Refusal
	log      *Log
}

// mostScript is how many injects a drill has at most.
const mostScript = 500

// onDuty is how long before or after the hours a unit must be seen at work to be on duty: the log
// does not tell shifts, and those of San Francisco last a day.
const onDuty = 12 * time.Hour

func newScript(l *Log, opt DrillOptions) (*script, error) {
	p := newPlan(l)
	s := &script{from: opt.From, units: p.units, byID: map[string]*crewed{}, log: l}
	if s.from.IsZero() {
		s.from = busiestHours(p.calls, opt.Length)
	}
	s.to = s.from.Add(opt.Length)
	fine := map[*Row]bool{}
	for _, r := range p.rows {
		fine[r] = true
	}
	for _, u := range p.units {
		u.off = true
		s.byID[u.id] = u
	}
	for _, c := range p.calls {
		for _, r := range c.Rows {
			if fine[r] && r.Dispatch.Before(s.to.Add(onDuty)) && r.Available.After(s.from.Add(-onDuty)) {
				s.byID[r.Unit].off = false
			}
		}
		if c.Received.Before(s.from) || !c.Received.Before(s.to) {
			continue
		}
		played := *c
		played.Rows = slices.DeleteFunc(slices.Clone(c.Rows), func(r *Row) bool {
			if !fine[r] {
				s.refused = append(s.refused, Refusal{"row", r.ID, r.fault(c)})
			}
			return !fine[r]
		})
		slices.SortStableFunc(played.Rows, func(a, b *Row) int { return a.Dispatch.Compare(b.Dispatch) })
		for _, r := range played.Rows {
			if r.Dispatch.Before(s.to) {
				s.rows++
			}
		}
		s.calls = append(s.calls, &played)
	}
	slices.SortStableFunc(s.calls, func(a, b *Call) int { return a.Received.Compare(b.Received) })
	switch {
	case len(s.calls) == 0:
		return nil, errors.New("the log has no calls in these hours")
	case len(s.calls) > mostScript:
		return nil, fmt.Errorf("the log has %d calls in these hours, and a drill has at most %d injects: choose fewer hours", len(s.calls), mostScript)
	}
	return s, nil
}

// busiestHours is when the span begins in which most calls are received, at a full minute.
func busiestHours(calls []*Call, span time.Duration) time.Time {
	at := make([]time.Time, len(calls))
	for i, c := range calls {
		at[i] = c.Received
	}
	slices.SortFunc(at, time.Time.Compare)
	var best time.Time
	most, end := 0, 0
	for i, t := range at {
		begins := t.Truncate(time.Minute)
		for end < len(at) && at[end].Before(begins.Add(span)) {
			end++
		}
		if end-i > most {
			best, most = begins, end-i
		}
	}
	return best
}

// kinds are the unit types, sorted.
func (s *script) kinds() []string {
	var out []string
	for _, u := range s.units {
		out = append(out, u.kind)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// leastRows is from how many rows on a unit type behaves as its own rows tell.
const leastRows = 20

// traits are how units of the type behaved, in the whole log: the span from dispatch to response, of
// which a quarter lies before the answer, and the one from the scene to being available, with the way
// to a hospital in it. What the log does not tell is as usual.
func (s *script) traits(kind string) dispatch.SimTraits {
	out := dispatch.DefaultTraits()
	var turnout, work []float64
	for _, c := range s.log.Calls {
		for _, r := range c.Rows {
			if r.UnitType != kind || r.fault(c) != "" {
				continue
			}
			if !r.Response.IsZero() {
				turnout = append(turnout, r.Response.Sub(r.Dispatch).Seconds())
			}
			if !r.OnScene.IsZero() {
				work = append(work, r.Available.Sub(r.OnScene).Seconds())
			}
		}
	}
	spread := func(seconds []float64, share float64) dispatch.Spread {
		p := percentiles(seconds)
		median := min(max(int(p.P50*share), 1), 86400)
		return dispatch.Spread{Median: median, P90: min(max(int(p.P90*share), median), 172800)}
	}
	if len(turnout) >= leastRows {
		out.Acknowledge, out.Turnout = spread(turnout, 0.25), spread(turnout, 0.75)
	}
	if len(work) >= leastRows {
		out.Work = spread(work, 1)
	}
	return out
}

// inject is the line of the script by which a simulated caller makes the call.
func (s *script) inject(n int, c *Call, agency string) (dispatch.InjectSave, error) {
	input, err := json.Marshal(dispatch.ReportTake{Channel: "hotline", Type: eventType(c.Type), Text: c.Type, Place: c.place(), Caller: c.caller()})
	return dispatch.InjectSave{Number: fmt.Sprintf("%03d", n+1), Type: dispatch.InjectActing, Method: dispatch.InjectPhone, From: c.caller(), Text: shorten(c.Type + ", " + c.Address),
		Trigger: dispatch.Trigger{Type: dispatch.TriggerTimed, Offset: int(c.Received.Sub(s.from) / time.Second)},
		Action:  &dispatch.InjectAction{Command: "report.take", Agency: agency, Input: input}}, err
}

// caller is who makes the call: nobody is named, but each is another.
func (c *Call) caller() string { return "caller of " + c.Number }
