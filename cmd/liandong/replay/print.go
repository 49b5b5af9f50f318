package replay

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"liandong/dispatch"
)

// Print writes the result for a person.
func (r *Result) Print(w io.Writer) {
	say := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	rows, calls := 0, 0
	say("Reported, not loaded:")
	refused := slices.Clone(r.Refused)
	slices.SortFunc(refused, func(a, b Refusal) int { return strings.Compare(a.What+a.ID, b.What+b.ID) })
	for _, x := range refused {
		say("  %-4s %-16s %s", x.What, x.ID, x.Reason)
		if x.What == "row" {
			rows++
		} else {
			calls++
		}
	}
	if len(refused) == 0 {
		say("  nothing")
	}
	say("\ncalls      %6d in the file = %6d incidents + %4d reported", r.Calls, r.LoadedCalls, calls)
	say("unit rows  %6d in the file = %6d tasks     + %4d reported (%.2f %%)", r.Rows, r.LoadedRows, rows, 100*float64(rows)/float64(max(r.Rows, 1)))
	say("units      %6d teams, each with a leader and a device; signed in within %.1f s", r.Teams, r.Setup.Seconds())
	seconds := max(r.Elapsed.Seconds(), 1e-3)
	say("commands   %6d in %.1f s = %.0f/s;  positions %d (%d not taken)", r.Commands, seconds, float64(r.Commands)/seconds, r.Fixes, r.FixesRefused)
	say("\nResponse times in seconds      server's report            straight from the rows")
	say("                           n       p50       p90        n       p50       p90")
	for _, l := range []struct {
		name string
		a, b dispatch.Percentiles
	}{{"call taking", r.Server.CallTaking, r.Straight.CallTaking}, {"queue", r.Server.Queue, r.Straight.Queue},
		{"turnout", r.Server.Turnout, r.Straight.Turnout}, {"travel", r.Server.Travel, r.Straight.Travel}} {
		say("  %-14s %10d %9.1f %9.1f %8d %9.1f %9.1f  %s", l.name, l.a.Count, l.a.P50, l.a.P90, l.b.Count, l.b.P50, l.b.P90, same(l.a == l.b))
	}
	if r.Server != r.Straight {
		say("  DIFFER: server %d incidents, %d tasks, %d backwards; rows %d, %d, %d", r.Server.Incidents, r.Server.Tasks, r.Server.Backwards,
			r.Straight.Incidents, r.Straight.Tasks, r.Straight.Backwards)
	}
	say("\nFinal states that are not as the table says: %d", len(r.Wrong))
	for _, line := range r.Wrong[:min(20, len(r.Wrong))] {
		say("  %s", line)
	}
	verdict := "all accounted for"
	if !r.Whole() {
		verdict = "NOT ALL ACCOUNTED FOR"
	}
	say("\n%s", verdict)
}

func same(equal bool) string {
	if equal {
		return "equal"
	}
	return "DIFFER"
}
