package replay

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"time"

	"liandong/cmd/liandong/remote"
	"liandong/dispatch"
)

// account counts what was loaded and what was not, and computes the response
// times straight from the loaded rows.
func (r *run) account(res *Result) {
	res.Refused = slices.Clone(r.plan.refused)
	for _, c := range r.plan.calls {
		if why := r.failed[c]; why != "" {
			res.Refused = append(res.Refused, Refusal{"call", c.Number, why})
		} else {
			res.LoadedCalls++
		}
	}
	loaded := map[*Call][]*Row{}
	for _, row := range r.plan.rows {
		switch {
		case r.lost[row] != "":
			res.Refused = append(res.Refused, Refusal{"row", row.ID, r.lost[row]})
		case r.tasks[row] == "":
			res.Refused = append(res.Refused, Refusal{"row", row.ID, "its call could not be loaded"})
		default:
			res.LoadedRows++
			loaded[r.rowCall(row)] = append(loaded[r.rowCall(row)], row)
		}
	}
	res.Straight = straight(r.plan.calls, loaded, func(c *Call) bool { return r.opened[c] != "" })
}

func (r *run) rowCall(row *Row) *Call {
	if r.calls == nil {
		r.calls = map[*Row]*Call{}
		for _, c := range r.plan.calls {
			for _, x := range c.Rows {
				r.calls[x] = c
			}
		}
	}
	return r.calls[row]
}

// straight is the response-time report of the rows, computed without a server.
func straight(calls []*Call, rows map[*Call][]*Row, opened func(*Call) bool) dispatch.ResponseReport {
	var out dispatch.ResponseReport
	var taking, queue, turnout, travel []float64
	add := func(to *[]float64, from, until time.Time) {
		switch {
		case from.IsZero() || until.IsZero():
		case until.Before(from):
			out.Backwards++
		default:
			*to = append(*to, until.Sub(from).Seconds())
		}
	}
	for _, c := range calls {
		if !opened(c) {
			continue
		}
		out.Incidents++
		add(&taking, c.Received, c.Entry)
		var first time.Time
		for _, row := range rows[c] {
			out.Tasks++
			if first.IsZero() || row.Dispatch.Before(first) {
				first = row.Dispatch
			}
			add(&turnout, row.Dispatch, row.Response)
			add(&travel, row.Response, row.OnScene)
		}
		add(&queue, c.Entry, first)
	}
	out.CallTaking, out.Queue, out.Turnout, out.Travel = percentiles(taking), percentiles(queue), percentiles(turnout), percentiles(travel)
	return out
}

func percentiles(seconds []float64) dispatch.Percentiles {
	slices.Sort(seconds)
	return dispatch.Percentiles{Count: len(seconds), P50: percentile(seconds, 0.5), P90: percentile(seconds, 0.9)}
}

// percentile interpolates between the two nearest of the sorted values, as
// percentile_cont of SQL:2003 does; 0 of none.
func percentile(sorted []float64, p float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	at := p * float64(len(sorted)-1)
	low, high := math.Floor(at), math.Ceil(at)
	a, b := sorted[int(low)], sorted[int(high)]
	return a + (at-low)*(b-a)
}

// check asks the server what it has: its report, and the final state of every
// incident and task.
func (r *run) check(ctx context.Context, res *Result) error {
	if len(r.plan.calls) == 0 {
		return nil
	}
	from, to := r.plan.calls[0].Entry, r.plan.calls[0].Entry
	for _, c := range r.plan.calls {
		if c.Entry.Before(from) {
			from = c.Entry
		}
		if c.Entry.After(to) {
			to = c.Entry
		}
	}
	q := url.Values{"from": {from.Format(time.RFC3339)}, "to": {to.Add(time.Second).Format(time.RFC3339)}}
	if err := r.crew.desk[0].Get(ctx, "/api/v1/report?"+q.Encode(), &res.Server); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	res.Server.Realm, res.Server.From, res.Server.To = "", time.Time{}, time.Time{}
	res.Server.CallTaking, res.Server.Queue = micro(res.Server.CallTaking), micro(res.Server.Queue)
	res.Server.Turnout, res.Server.Travel = micro(res.Server.Turnout), micro(res.Server.Travel)
	s := &res.Straight
	s.CallTaking, s.Queue, s.Turnout, s.Travel = micro(s.CallTaking), micro(s.Queue), micro(s.Turnout), micro(s.Travel)
	return r.endings(ctx, res)
}

// micro rounds to microseconds, the precision of the database's times: the two
// reports add their floating-point numbers in different ways.
func micro(p dispatch.Percentiles) dispatch.Percentiles {
	p.P50, p.P90 = math.Round(p.P50*1e6)/1e6, math.Round(p.P90*1e6)/1e6
	return p
}

// endings compares every final state with the table.
func (r *run) endings(ctx context.Context, res *Result) error {
	incidents, err := all[dispatch.Incident](ctx, r.crew.desk[0], dispatch.KindIncident, url.Values{"archived": {"1"}})
	if err != nil {
		return err
	}
	tasks, err := all[dispatch.Task](ctx, r.crew.desk[0], dispatch.KindTask, url.Values{"archived": {"1"}})
	if err != nil {
		return err
	}
	for _, c := range r.plan.calls {
		if r.failed[c] != "" {
			continue
		}
		want, got := c.Ending(), incidents[r.opened[c]]
		if got == nil || got.State != want.State || got.Outcome != want.Outcome || got.Number != c.Number {
			res.Wrong = append(res.Wrong, fmt.Sprintf("call %s should be %s (%s) and is %s", c.Number, want.State, want.Outcome, describe(got)))
		}
		reached := slices.ContainsFunc(c.Rows, func(row *Row) bool { return row.fault(c) == "" && !row.OnScene.IsZero() })
		for _, row := range c.Rows {
			if r.lost[row] != "" || r.tasks[row] == "" {
				continue
			}
			got := tasks[r.tasks[row]]
			if want := row.Ending(reached); got == nil || got.State != want {
				res.Wrong = append(res.Wrong, fmt.Sprintf("row %s should be %s", row.ID, want))
			} else if bad := times(row, got, reached); bad != "" {
				res.Wrong = append(res.Wrong, "row "+row.ID+": "+bad)
			}
		}
	}
	return nil
}

// times compares the milestones with the row: the log's time is kept as the
// event's, and the server's own beside it.
func times(row *Row, t *dispatch.Task, reached bool) string {
	marks := row.milestones(reached)
	if len(marks) != len(t.Stamps) {
		return fmt.Sprintf("has %d milestones, should have %d", len(t.Stamps), len(marks))
	}
	for _, m := range marks {
		s, ok := t.Stamps[m.state]
		if !ok || s.Event == nil || !s.Event.Equal(m.at) || s.At.Equal(m.at) {
			return fmt.Sprintf("the time of %s is not the log's, beside the time of receipt", m.state)
		}
	}
	return ""
}

func describe(i *dispatch.Incident) string {
	if i == nil {
		return "missing"
	}
	return fmt.Sprintf("%s (%s)", i.State, i.Outcome)
}

// all reads every record of a kind that the person sees and the query keeps, page by page.
func all[R any](ctx context.Context, p *remote.Person, kind dispatch.Kind, q url.Values) (map[string]*R, error) {
	out := map[string]*R{}
	q.Set("limit", strconv.Itoa(pageSize))
	for {
		var page struct {
			Records []*R   `json:"records"`
			Next    string `json:"next"`
		}
		if err := p.Get(ctx, "/api/v1/records/"+string(kind)+"?"+q.Encode(), &page); err != nil {
			return nil, fmt.Errorf("records of %s: %w", kind, err)
		}
		for _, x := range page.Records {
			out[dispatch.HeadOf(any(x).(dispatch.Record)).ID] = x
		}
		if page.Next == "" {
			return out, nil
		}
		q.Set("after", page.Next)
	}
}

const pageSize = 500
