package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"liandong/cmd/liandong/remote"
	"liandong/dispatch"
)

// desks give commands at an even pace together, as dispatchers do: they take reports, open incidents,
// send teams and move them on, add to the record, and close.
type desks struct {
	given atomic.Int64
	late  atomic.Int64 // turns nobody was free for
}

// run has each of the people work with a team of their own until ctx ends.
func (d *desks) run(ctx context.Context, people []*remote.Person, teams []string, perSecond float64) error {
	turns := make(chan struct{})
	group, in := errgroup.WithContext(ctx)
	for i, p := range people {
		group.Go(func() error {
			k := &desk{Person: p, team: teams[i], rng: rand.New(rand.NewPCG(uint64(i), 11)), turns: turns, given: &d.given}
			for in.Err() == nil {
				k.story(in)
				if k.err != nil && in.Err() == nil {
					return k.err
				}
			}
			return nil
		})
	}
	tick := time.NewTicker(time.Duration(float64(time.Second) / perSecond))
	defer tick.Stop()
	for {
		select {
		case <-in.Done():
			return group.Wait()
		case <-tick.C:
		}
		select {
		case turns <- struct{}{}:
		case <-in.Done():
		default:
			d.late.Add(1)
		}
	}
}

// desk is one dispatcher at work.
type desk struct {
	*remote.Person
	team  string
	rng   *rand.Rand
	turns <-chan struct{}
	given *atomic.Int64
	err   error
}

// do gives a command at the next turn; after an error nothing more is given. What was begun is ended
// even where ctx ends meanwhile, so that it is known what was decided.
func (k *desk) do(ctx context.Context, name string, in any) (done remote.Done) {
	if k.err != nil {
		return done
	}
	select {
	case <-ctx.Done():
		k.err = ctx.Err()
		return done
	case <-k.turns:
	}
	within, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer stop()
	if done, k.err = k.Insist(within, remote.Random(8), name, in); k.err == nil {
		k.given.Add(1)
	}
	return done
}

// story is an incident from the first call to its end, now and then with a call that came to nothing.
func (k *desk) story(ctx context.Context) {
	for range k.rng.IntN(3) {
		k.nothing(ctx)
	}
	done := k.do(ctx, "incident.open", dispatch.IncidentOpen{Type: "12G03", Title: "measurement", Place: k.place()})
	if k.err != nil {
		return
	}
	incident, err := remote.First[dispatch.Incident](done, dispatch.KindIncident)
	if err != nil {
		k.err = err
		return
	}
	if k.rng.IntN(2) == 0 {
		k.do(ctx, "incident.verify", dispatch.IncidentMove{Incident: incident.ID})
	}
	if k.rng.IntN(2) == 0 {
		priority := 1 + k.rng.IntN(3)
		k.do(ctx, "incident.edit", dispatch.IncidentEdit{Incident: incident.ID, Priority: &priority})
	}
	done = k.do(ctx, "task.assign", dispatch.TaskAssign{Incident: incident.ID, Team: k.team})
	if k.err != nil {
		return
	}
	task, err := remote.First[dispatch.Task](done, dispatch.KindTask)
	if err != nil {
		k.err = err
		return
	}
	from := dispatch.TaskAssigned
	for _, to := range []dispatch.TaskState{dispatch.TaskAcknowledged, dispatch.TaskEnRoute, dispatch.TaskOnScene, dispatch.TaskDone} {
		k.do(ctx, "task.advance", dispatch.TaskAdvance{Task: task.ID, From: from, To: to, Radio: true})
		from = to
		for n := range k.rng.IntN(3) {
			k.do(ctx, "note.add", dispatch.NoteAdd{Incident: incident.ID, Text: fmt.Sprintf("entry %d after %s", n+1, to)})
		}
	}
	k.do(ctx, "incident.close", dispatch.IncidentMove{Incident: incident.ID, Outcome: "measured"})
	if k.Role == dispatch.RoleChief {
		k.do(ctx, "incident.archive", dispatch.IncidentMove{Incident: incident.ID})
	}
}

// nothing is a call that came to nothing.
func (k *desk) nothing(ctx context.Context) {
	done := k.do(ctx, "report.take", dispatch.ReportTake{Channel: "hotline", Text: "smoke over the roofs, somebody calls from a window", Place: k.place()})
	if k.err != nil {
		return
	}
	report, err := remote.First[dispatch.Report](done, dispatch.KindReport)
	if err != nil {
		k.err = err
		return
	}
	k.do(ctx, "report.dismiss", dispatch.ReportRef{Report: report.ID, Reason: "steam"})
}

func (k *desk) place() dispatch.Place {
	p := inCity(k.rng)
	return dispatch.Place{Point: &p}
}
