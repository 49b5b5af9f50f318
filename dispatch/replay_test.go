package dispatch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"liandong/dispatch"
)

// recorded is a snapshot as it was read at its moment, one record a line.
type recorded struct {
	seq   int64
	lines []string
}

// record reads everything on the board now.
func (c *town) record() (recorded, error) {
	r := recorded{}
	_, err := c.store.Snapshot(context.Background(), dispatch.System(dispatch.Live).Audience().At(c.clock()),
		func(h dispatch.SnapshotHead) error { r.seq = h.Seq; return nil },
		func(rec dispatch.Record) error {
			line, err := json.Marshal(rec)
			r.lines = append(r.lines, string(line))
			return err
		})
	return r, err
}

// Replay equals truth: while many hands work, import and archive, snapshots are recorded at random
// moments; afterwards the picture of each of those moments is told from keyframes and the journal, and
// is the recorded one record by record, byte by byte.
func TestReplayEqualsTruth(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	for n := range 4 {
		c.team(fmt.Sprint("hz", n), []string{c.fire, c.clinic}[n%2], []string{"411002", "411003"}[n%2], "fire")
	}
	for range 3 {
		c.open("起始")
	}
	hands, moments := 3, 240
	if os.Getenv("PROVE") != "" {
		moments = 1000
	}
	var wg sync.WaitGroup
	all := make([][]recorded, hands)
	for h := range hands {
		rng := rand.New(rand.NewPCG(uint64(h), 20261124))
		wg.Go(func() {
			for len(all[h]) < (moments+hands-1)/hands {
				for accepted, tries := 0, 0; accepted < 1 && tries < 60; tries++ {
					c.pass(time.Duration(rng.IntN(3)) * time.Second)
					err := c.randomStep(rng)
					var refusal *dispatch.Error
					if err == nil {
						accepted++
					} else if !errors.As(err, &refusal) {
						t.Errorf("hand %d: %v", h, err)
					}
				}
				r, err := c.record()
				if err != nil {
					t.Errorf("hand %d: %v", h, err)
					return
				}
				all[h] = append(all[h], r)
				if _, err := c.store.KeepKeyframes(context.Background(), dispatch.Live, 40); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	imports, archived := 0, 0
	for _, ch := range c.changes() {
		if len(ch.Reset) > 0 {
			imports++
		}
		if ch.Kind == "incident.archive" || ch.Kind == "incident.merge" {
			archived++
		}
	}
	seqs := map[int64]bool{}
	for _, r := range slices.Concat(all...) {
		seqs[r.seq] = true
		c.sameAsThen(r)
	}
	t.Logf("%d moments, %d of them different, %d imports, %d archived or merged", len(slices.Concat(all...)), len(seqs), imports, archived)
	if len(seqs) < moments/2 || imports < 2 || archived < 1 {
		t.Error("the run proves little")
	}
}

// randomStep imports now and then, keeps the town busy with new incidents, and else gives any command.
func (c *town) randomStep(rng *rand.Rand) error {
	switch rng.IntN(60) {
	case 0:
		return c.importTeams(rng)
	case 1, 2, 3, 4, 5:
		_, err := c.try(c.desk, "incident.open", dispatch.IncidentOpen{Type: "12G03", Title: "新", Area: "411002003"})
		return err
	}
	return c.randomCommand(rng)
}

// importTeams imports a new team and one that is there, by the administrator.
func (c *town) importTeams(rng *rand.Rand) error {
	n, p := c.keys.Add(1), scene
	known := pick(rng, c.all(dispatch.KindTeam)).(*dispatch.Team)
	again := *known
	again.Head = dispatch.Head{ID: known.ID, Scope: dispatch.Scope{Agency: known.Scope.Agency, Area: known.Scope.Area}}
	again.Name = fmt.Sprint("导入", n)
	fresh := &dispatch.Team{Name: "新队", CallSign: fmt.Sprint("dr", n), Type: dispatch.TeamFire, SeatsMin: 4, SeatsFull: 6, Base: dispatch.Place{Point: &p}}
	fresh.Scope = dispatch.Scope{Agency: c.fire, Area: "411002"}
	bad, err := c.svc.Import(context.Background(), dispatch.System(dispatch.Live), dispatch.KindTeam, fmt.Sprintf("import-%06d", n),
		[]dispatch.Imported{{Row: 2, Record: fresh}, {Row: 3, Record: &again}}, false)
	if len(bad) > 0 {
		return bad[0].Err
	}
	return err
}

// changes reads the whole journal.
func (c *town) changes() []*dispatch.Change {
	c.t.Helper()
	var out []*dispatch.Change
	for {
		cs, err := c.store.Changes(c.t.Context(), dispatch.Live, int64(len(out)), 1000)
		if err != nil {
			c.t.Fatal(err)
		}
		if out = append(out, cs...); len(cs) == 0 {
			return out
		}
	}
}

// sameAsThen compares the picture told of the moment with the one recorded at it.
func (c *town) sameAsThen(r recorded) {
	c.t.Helper()
	told, err := c.store.PictureAt(c.t.Context(), dispatch.Live, r.seq)
	if err != nil {
		c.t.Errorf("the picture after %d: %v", r.seq, err)
		return
	}
	if len(told) != len(r.lines) {
		c.t.Errorf("after %d there are %d records, %d were recorded", r.seq, len(told), len(r.lines))
		return
	}
	for i, rec := range told {
		line, err := json.Marshal(rec)
		if err != nil || string(line) != r.lines[i] {
			c.t.Errorf("after %d:\n told     %s\n recorded %s\n%v", r.seq, line, r.lines[i], err)
			return
		}
	}
}
