package bench

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
)

// part measures one group of figures and prints it.
type part struct {
	name, about string
	// city tells that it needs the whole server with its database and people.
	city bool
	run  func(*bench, context.Context, *Figures) error
	// print writes the part's figures for a person; nil where rows of a common
	// table are all there is.
	print func(*Figures, func(format string, args ...any))
	// long parts take minutes: they are measured where they are named.
	long bool
}

// parts is everything that can be measured, in the order of the report. A new
// group of figures is one more line here.
var parts = []part{
	{"idle", "what an idle console costs the hub in memory", false, (*bench).idle, nil, false},
	{"hub", "changes through the hub: cost, rate, delay, and catching up after a cut", false, (*bench).hub, nil, false},
	{"lane", "the lane of positions by itself: memory, CPU, nearest", false, (*bench).lane, printLane, false},
	{"memory", "what an idle console of the whole server costs", true, (*bench).memory, printMemory, false},
	{"commands", "commands carried out and kept, per second", true, (*bench).commands, printCommands, false},
	{"latency", "from a command to the consoles", true, (*bench).latency, printLatency, false},
	{"positions", "positions over HTTPS, each answered after its commit", true, (*bench).reported, printReported, false},
	{"tiles", "vector tiles of areas, each drawn anew", true, (*bench).tiles, printTiles, false},
	{"moving", "consoles that see all teams move", true, (*bench).moving, printMoving, false},
	{"replay", "a day of the demo city, looked at in random moments", false, (*bench).replay, printReplay, true},
	{"night", "the worst night: 1,000 consoles, 10,000 teams, 20 decisions a second, for 5 minutes", true, (*bench).night, printNight, true},
	{"soak", "consoles come and go, teams move, incidents begin and end, one drill follows the other, for 30 minutes: is memory flat", true, (*bench).soak, printSoak, true},
}

// Parts lists what can be measured, as "name: what it is".
func Parts() []string {
	var out []string
	for _, p := range parts {
		about := p.name + ": " + p.about
		if p.long {
			about += " (only where it is named)"
		}
		out = append(out, about)
	}
	return out
}

// choose returns the named parts in the order of the report; for none all that are not long.
func choose(names []string) ([]part, error) {
	if len(names) == 0 {
		return slices.DeleteFunc(slices.Clone(parts), func(p part) bool { return p.long }), nil
	}
	wanted := map[string]bool{}
	for _, n := range names {
		wanted[n] = true
	}
	var out []part
	for _, p := range parts {
		if wanted[p.name] {
			out = append(out, p)
			delete(wanted, p.name)
		}
	}
	for n := range wanted {
		return nil, fmt.Errorf("there is no part %q; there are\n  %s", n, strings.Join(Parts(), "\n  "))
	}
	return out, nil
}

// Print writes the figures for a person.
func (f *Figures) Print(w io.Writer) {
	say := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	m := f.Machine
	say("%d processors (%s), %.0f GB, %s, %s; server, database and load on this one machine", m.Processors, m.Model, float64(m.Memory)/(1<<30), m.System, m.Go)
	if len(f.Feed) > 0 {
		printFeed(f, say)
	}
	for _, p := range f.parts {
		if p.print != nil {
			p.print(f, say)
		}
	}
	say("took %.0f s", f.Took)
}

func printCommands(f *Figures, say func(string, ...any)) {
	say("commands, durable (fsync), over HTTPS: whole stories of open, assign, 4 × advance, close")
	for _, r := range f.Commands {
		say("  %3d writers  %7.0f commands/s   p50 %6.1f ms   p99 %6.1f ms", r.Writers, r.PerSecond, r.P50, r.P99)
	}
}

func printLatency(f *Figures, say func(string, ...any)) {
	l := f.Latency
	say("insert to console: %d consoles, %.0f commands/s, %d samples", l.Consoles, l.PerSecond, l.Samples)
	say("               p50 %6.1f ms   p99 %6.1f ms", l.P50, l.P99)
}

func printMoving(f *Figures, say func(string, ...any)) {
	say("consoles that see all teams move")
	for _, x := range f.Moving {
		say("  %3d consoles  %5.2f Hz   %6.0f reports/s in   %6.1f MB/s out", x.Consoles, x.Hz, x.Reports, x.Bytes/1e6)
	}
	say("  served at 0.9 Hz or more: %d consoles", f.Served)
}

func printMemory(f *Figures, say func(string, ...any)) {
	m := f.Memory
	say("memory of the whole server, over TLS: %.0f kB per idle console (%d consoles, %.0f → %.0f MB)", m.PerConsole/1e3, m.Consoles, float64(m.Before)/1e6, float64(m.After)/1e6)
}

// printFeed prints the rows beside their floor.
func printFeed(f *Figures, say func(string, ...any)) {
	say("the hub alone, 300-byte changes over plain TCP, one audience; CPU and memory are the server's, from the operating system")
	say("  %-62s %10s %10s %7s   quoted, other run: Centrifugo, plain gorilla", "", "this", "floor", "ratio")
	for _, r := range f.Feed {
		line := fmt.Sprintf("  %-62s %10.4g", r.Name+", "+r.Unit, r.Ours)
		if r.Floor != 0 {
			line += fmt.Sprintf(" %10.4g %6.2f×", r.Floor, r.Ours/r.Floor)
		}
		for i, q := range r.Quoted {
			if i == 0 {
				line += "  "
			}
			line += fmt.Sprintf(" %.4g", q.Value)
		}
		say("%s", line)
	}
}

// Row is one figure of this server beside its floor, in the same run.
type Row struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`
	Ours  float64 `json:"ours"`
	Floor float64 `json:"floor,omitempty"`
	// Quoted are figures of other products from another run, for reading only.
	Quoted []Quoted `json:"quoted_other_run,omitempty"`
}

// Quoted is a figure of another product, measured in another run on another
// machine of the same size.
type Quoted struct {
	Product string  `json:"product"`
	Value   float64 `json:"value"`
}
