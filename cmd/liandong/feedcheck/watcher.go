package feedcheck

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"liandong/cmd/liandong/remote"
	"liandong/realtime/client"
)

// Watcher is a console under test, which remembers what changes it received.
type Watcher struct {
	Who     string
	Person  *remote.Person
	Console *client.Console

	cut   bool
	light bool
	from  int64 // what it began with; 0: a snapshot of its own
	mu    sync.Mutex
	seqs  []int64 // of the changes received, in order
}

// Watch makes a console of the person; Console.Run brings it to life.
func Watch(who string, p *remote.Person, cfg client.Config) *Watcher {
	w := &Watcher{Who: who, Person: p, light: cfg.Light}
	if cfg.Start != nil {
		w.from = cfg.Start.Seq
	}
	tell := cfg.Changed
	cfg.Changed = func(seq int64, kind string, at time.Time) {
		w.mu.Lock()
		w.seqs = append(w.seqs, seq)
		w.mu.Unlock()
		if tell != nil {
			tell(seq, kind, at)
		}
	}
	w.Console = p.Console(cfg)
	return w
}

// Judge compares the console with the journal as it was read over HTTP and, unless it keeps no
// records, with a fresh snapshot. Nothing may be decided meanwhile.
func (w *Watcher) Judge(ctx context.Context, journal []int64) (Console, error) {
	var out Console
	head := int64(0)
	if len(journal) > 0 {
		head = journal[len(journal)-1]
	}
	if w.light {
		within, stop := context.WithTimeout(ctx, settle)
		defer stop()
		if err := w.Console.Wait(within, head); err != nil && ctx.Err() != nil {
			return out, err
		} else if err != nil {
			out.Faults = append(out.Faults, fmt.Sprintf("never caught up with seq %d", head))
		}
		out.count(w)
	} else {
		var fresh *client.Picture
		var err error
		if out, fresh, err = w.picture(ctx); errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			out.Who, out.Faults = w.Who, append(out.Faults, err.Error())
			return out, nil
		} else if err != nil {
			return out, err
		}
		head = fresh.Seq
	}
	out.sequence(w, journal, head)
	return out, nil
}

// sequence compares the changes received with what the journal shows.
func (out *Console) sequence(w *Watcher, want []int64, head int64) {
	w.mu.Lock()
	got := slices.Clone(w.seqs)
	w.mu.Unlock()
	most := 1
	if w.from > 0 {
		most = 0
	}
	if out.Snapshots > most {
		out.Faults = append(out.Faults, fmt.Sprintf("took %d snapshots: it should have resumed each time", out.Snapshots))
		return
	}
	after := w.from
	if after == 0 {
		if len(got) == 0 {
			out.Faults = append(out.Faults, "received no change at all")
			return
		}
		after = got[0] - 1 // before the first one received lies what the snapshot held already
	}
	from, _ := slices.BinarySearch(want, after+1)
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

// count takes over what the console counted.
func (out *Console) count(w *Watcher) {
	s := w.Console.Stats()
	out.Who, out.Changes, out.Connects, out.Cuts, out.Snapshots = w.Who, s.Changes, s.Connects, s.Cuts, s.Snapshots
	if s.Gaps > 0 || s.Doubles > 0 {
		out.Faults = append(out.Faults, fmt.Sprintf("%d gaps and %d doubles", s.Gaps, s.Doubles))
	}
	out.Faults = append(out.Faults, s.Faults...)
}

// Journal lists the seqs of all changes after the one that the person may see, read over HTTP: another
// way than the socket's.
func Journal(ctx context.Context, p *remote.Person, after int64) ([]int64, error) {
	var out []int64
	for {
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
