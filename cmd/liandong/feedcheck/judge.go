package feedcheck

import (
	"context"
	"fmt"
	"io"
	"time"

	"liandong/realtime/client"
)

// settle bounds how long a console may take to catch up in the end.
const settle = time.Minute

// judge compares every console with a fresh snapshot and with the journal.
func (c *check) judge(ctx context.Context, v *Verdict) error {
	ctx, stop := context.WithTimeout(ctx, time.Hour) // each console reads the whole journal; on a slow machine with the race detector that takes long
	defer stop()
	expected := map[string][]int64{}
	for _, w := range c.watchers {
		out, fresh, err := w.picture(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", w.Who, err)
		}
		v.Head = max(v.Head, fresh.Seq)
		if expected[w.Who] == nil {
			if expected[w.Who], err = Journal(ctx, w.Person, 0); err != nil {
				return fmt.Errorf("%s: journal: %w", w.Who, err)
			}
		}
		out.sequence(w, expected[w.Who], fresh.Seq)
		v.Consoles = append(v.Consoles, out)
	}
	return nil
}

// picture waits until the console stands where a fresh snapshot stands and
// compares the two. While the server still works by itself (an alarm falls
// due), they may miss each other; then it tries again.
func (w *Watcher) picture(ctx context.Context) (Console, *client.Picture, error) {
	ctx, stop := context.WithTimeout(ctx, settle)
	defer stop()
	for {
		fresh, err := w.Console.Snapshot(ctx)
		if err != nil {
			return Console{}, nil, err
		}
		if err := w.Console.Wait(ctx, fresh.Seq); err != nil {
			return Console{}, nil, fmt.Errorf("never caught up with seq %d: %w", fresh.Seq, err)
		}
		held := w.Console.Picture()
		if held.Seq != fresh.Seq {
			continue
		}
		out := Console{Records: len(held.Records)}
		for _, d := range first(held.Diff(fresh), 5) {
			out.Faults = append(out.Faults, "picture: "+d)
		}
		out.count(w)
		return out, fresh, nil
	}
}

func first(lines []string, n int) []string {
	if len(lines) > n {
		return append(lines[:n:n], fmt.Sprintf("and %d more", len(lines)-n))
	}
	return lines
}

// Print writes the verdict for a person.
func (v *Verdict) Print(w io.Writer) {
	say := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	say("%-28s %8s %8s %8s %8s %5s %9s  %s", "console", "changes", "journal", "records", "connects", "cuts", "snapshots", "verdict")
	bad := 0
	for _, c := range v.Consoles {
		verdict := "byte-equal, none missing, none twice"
		if len(c.Faults) > 0 {
			bad++
			verdict = c.Faults[0]
		}
		say("%-28s %8d %8d %8d %8d %5d %9d  %s", c.Who, c.Changes, c.Expected, c.Records, c.Connects, c.Cuts, c.Snapshots, verdict)
		for _, f := range c.Faults[min(1, len(c.Faults)):] {
			say("%82s  %s", "", f)
		}
	}
	say("\njournal %d changes; %d commands in %.1f s; server killed with -9 %d times; %d of %d rows loaded, %d reported",
		v.Head, v.Replay.Commands, v.Replay.Elapsed.Seconds(), v.Kills, v.Replay.LoadedRows, v.Replay.Rows, len(v.Replay.Refused))
	for _, x := range v.Replay.Wrong[:min(10, len(v.Replay.Wrong))] {
		say("  %s", x)
	}
	if v.Good() {
		say("VERDICT: good. %d consoles, each byte-equal to a fresh snapshot; no seq missing or doubled.", len(v.Consoles))
	} else {
		say("VERDICT: BAD. %d of %d consoles differ; replay whole: %v", bad, len(v.Consoles), v.Replay.Whole())
	}
}
