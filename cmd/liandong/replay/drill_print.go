package replay

import (
	"fmt"
	"io"
	"time"

	"liandong/dispatch"
)

// Print writes the result for a person, with the times of the zone.
func (r *DrillResult) Print(w io.Writer, zone *time.Location) {
	say := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	clock := func(t time.Time) string { return t.In(zone).Format(time.TimeOnly) }
	say("%s, %s to %s: %d calls, %d units sent in the log; %d teams, %d on duty; seed %d; ready after %.1f s", r.From.In(zone).Format(time.DateOnly),
		clock(r.From), clock(r.To), r.Calls, r.Rows, r.Teams, r.Duty, r.Seed, r.Setup.Seconds())
	for _, x := range r.Refused {
		say("  not played: %s %s: %s", x.What, x.ID, x.Reason)
	}
	tell := func(d DrillRun, span time.Duration) {
		say("\n%s (drill %s)", d.Name, d.Drill)
		ran := span / time.Duration(r.Speed)
		say("  played in %.1f s: the clock ran %s at %d× in %.1f s, and stood %.1f s in all at %d decisions", d.Took.Seconds(), span, r.Speed, ran.Seconds(), (d.Took - ran).Seconds(), d.Stops)
		say("  %d units sent, %d of them as in the log; %d done without, %d waited for to the end, %d decisions refused", d.Sent, d.AsLogged, d.Skipped, d.Waiting, len(d.Refused))
		for _, x := range d.Refused[:min(20, len(d.Refused))] {
			say("    %s %s: %s", x.What, x.ID, x.Reason)
		}
	}
	tell(r.Base, r.To.Sub(r.From))
	measures(w, "whole drill", r.Base.Measures, nil)
	for _, f := range r.Forks {
		tell(f, r.To.Sub(r.Parted))
		say("  forked at %s, with %d units under way; both from then on:", clock(r.Parted), r.Away)
		measures(w, f.Rule.words(), f.Measures, f.Beside)
	}
}

// measures writes measures, in seconds, and beside them those of another.
func measures(w io.Writer, name string, ms, beside []dispatch.Measure) {
	line := fmt.Sprintf("  %-18s %34s", "seconds", name)
	head := fmt.Sprintf("  %-18s %7s %8s %8s %8s", "", "n", "median", "90 %", "met")
	if beside != nil {
		line += fmt.Sprintf(" | %34s | %8s %8s", "the drill that it left", "median", "90 %")
		head += fmt.Sprintf(" | %7s %8s %8s %8s | %17s", "n", "median", "90 %", "met", "difference")
	}
	fmt.Fprintln(w, line)
	fmt.Fprintln(w, head)
	cells := func(m dispatch.Measure) string {
		met := "–"
		if m.Share >= 0 {
			met = fmt.Sprintf("%.0f %%", 100*m.Share)
		}
		if m.Of > 0 {
			return fmt.Sprintf("%7s %8s %8s %8s", fmt.Sprintf("%d/%d", m.Count, m.Of), "–", "–", met)
		}
		return fmt.Sprintf("%7d %8.1f %8.1f %8s", m.Count, m.Median, m.P90, met)
	}
	for _, m := range ms {
		row := fmt.Sprintf("  %-18s %s", m.Type, cells(m))
		for _, o := range beside {
			if o.Type != m.Type {
				continue
			}
			row += " | " + cells(o)
			if m.Of == 0 {
				row += fmt.Sprintf(" | %+8.1f %+8.1f", m.Median-o.Median, m.P90-o.P90)
			}
		}
		fmt.Fprintln(w, row)
	}
}
