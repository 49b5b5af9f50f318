package feedcheck

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"liandong/cmd/liandong/remote"
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
			return fmt.Errorf("%s: %w", w.who, err)
		}
		v.Head = max(v.Head, fresh.Seq)
		if expected[w.who] == nil {
			if expected[w.who], err = journal(ctx, w.person); err != nil {
				return fmt.Errorf("%s: journal: %w", w.who, err)
			}
		}
		out.sequence(w, expected[w.who], fresh.Seq)
		v.Consoles = append(v.Consoles, out)
	}
	return nil
}

// picture waits until the console stands where a fresh snapshot stands and
// compares the two. While the server still works by itself (an alarm falls
// due), they may miss each other; then it tries again.
func (w *watcher) picture(ctx context.Context) (Console, *client.Picture, error) {
	ctx, stop := context.WithTimeout(ctx, settle)
	defer stop()
	for {
		fresh, err := w.console.Snapshot(ctx)
		if err != nil {
			return Console{}, nil, err
		}
		if err := w.console.Wait(ctx, fresh.Seq); err != nil {
			return Console{}, nil, fmt.Errorf("never caught up with seq %d: %w", fresh.Seq, err)
		}
		held := w.console.Picture()
		if held.Seq != fresh.Seq {
			continue
		}
		s := w.console.Stats()
		out := Console{Who: w.who, Changes: s.Changes, Records: len(held.Records), Connects: s.Connects, Cuts: s.Cuts, Snapshots: s.Snapshots}
		for _, d := range first(held.Diff(fresh), 5) {
			out.Faults = append(out.Faults, "picture: "+d)
		}
		if s.Gaps > 0 || s.Doubles > 0 {
			out.Faults = append(out.Faults, fmt.Sprintf("%d gaps and %d doubles", s.Gaps, s.Doubles))
		}
		out.Faults = append(out.Faults, s.Faults...)
		return out, fresh, nil
	}
}

// sequence compares the changes received with what the journal shows.
func (out *Console) sequence(w *watcher, want []int64, head int64) {
	w.mu.Lock()
	got := slices.Clone(w.seqs)
	w.mu.Unlock()
	if out.Snapshots != 1 {
		out.Faults = append(out.Faults, fmt.Sprintf("took %d snapshots: it should have resumed each time", out.Snapshots))
		return
	}
	if len(got) == 0 {
		out.Faults = append(out.Faults, "received no change at all")
		return
	}
	// Before the first one received lies what the snapshot held already.
	from, _ := slices.BinarySearch(want, got[0])
	want = slices.DeleteFunc(slices.Clone(want[from:]), func(seq int64) bool { return seq > head })
	got = slices.DeleteFunc(got, func(seq int64) bool { return seq > head })
	out.Expected = len(want)
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			out.Faults = append(out.Faults, fmt.Sprintf("missing: seq %d and what follows", want[i]))
		case i >= len(want):
			out.Faults = append(out.Faults, fmt.Sprintf("too many: seq %d and what follows", got[i]))
		case got[i] != want[i]:
			out.Faults = append(out.Faults, fmt.Sprintf("seq %d received where the journal has %d", got[i], want[i]))
		default:
			continue
		}
		return
	}
}

// journal lists the seqs of all changes that the person may see, read over
// HTTP: another way than the socket's.
func journal(ctx context.Context, p *remote.Person) ([]int64, error) {
	var out []int64
	for after := int64(0); ; {
		var page struct {
			Changes []struct {
				Seq int64 `json:"seq"`
			} `json:"changes"`
			Next int64 `json:"next"`
			More bool  `json:"more"`
		}
		if err := p.Get(ctx, fmt.Sprintf("/api/v1/journal?limit=500&after=%d", after), &page); err != nil {
			return nil, err
		}
		for _, ch := range page.Changes {
			out = append(out, ch.Seq)
		}
		if after = page.Next; !page.More {
			return out, nil
		}
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
