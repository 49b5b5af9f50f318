package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

	"liandong/cmd/liandong/feedcheck"
	"liandong/cmd/liandong/remote"
	"liandong/dispatch"
	"liandong/realtime/client"
)

const (
	drillRuns  = 45 * time.Second // each at most, at sixty times the rate
	drillRests = 15 * time.Second // between two
	drillSims  = 200              // teams that are simulated
	drillOut   = 12               // of them are sent
	// A feed goes a minute after its drill is over and left: with one a minute no more than these run.
	drillFeeds = 4
)

// drills lets one drill follow another, with a director and a player in each, until ctx ends.
func (b *bench) drills(ctx context.Context, s *Soak) error {
	director, err := b.admin.Hire(ctx, dispatch.PersonSave{Agency: b.admin.Agency, Name: "Director", Login: "director", Roles: []dispatch.Role{dispatch.RolePlanner}})
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		// What is begun is ended, so that nothing of it is left but what is to be judged.
		within, stop := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Minute)
		err := b.drill(within, s, director)
		stop()
		if err != nil {
			return fmt.Errorf("drill %d: %w", s.Drills+1, err)
		}
		s.Drills++
		if err := pause(ctx, drillRests); err != nil {
			return nil
		}
	}
	return nil
}

// drill is one from its opening to its end.
func (b *bench) drill(ctx context.Context, s *Soak, planner *remote.Person) error {
	done, err := planner.Do(ctx, remote.Random(8), "drill.open", dispatch.DrillOpen{Name: fmt.Sprint("soak ", s.Drills+1), Content: dispatch.DrillSingle,
		Form: dispatch.DrillTabletop, Purpose: dispatch.DrillResearch, Picture: dispatch.PictureResources, Seed: int64(s.Drills + 1)})
	if err != nil {
		return err
	}
	d, err := remote.First[dispatch.Drill](done, dispatch.KindDrill)
	if err != nil {
		return err
	}
	give := func(p *remote.Person, name string, in any) (done remote.Done) {
		if err == nil {
			done, err = p.Insist(ctx, remote.Random(8), name, in)
		}
		return done
	}
	join := func(p *remote.Person) (in *remote.Person) { // in a session of its own
		if err == nil {
			in, err = p.Again(ctx)
		}
		if err == nil {
			err = in.Join(ctx, d.ID)
		}
		return in
	}
	move := dispatch.DrillMove{Drill: d.ID, Reason: "soak"}
	director := join(planner)
	give(director, "part.save", dispatch.PartSave{Person: b.people[soakDesks].ID, Role: dispatch.RoleDispatcher})
	give(director, "sim.save", dispatch.SimSave{Teams: b.teams[:min(drillSims, len(b.teams))], Mode: dispatch.SimAuto})
	give(director, "drill.approve", move)
	player := join(b.people[soakDesks])
	for _, name := range []string{"drill.check", "drill.ready"} {
		give(director, name, move)
	}
	give(director, "drill.rate", dispatch.DrillRate{Drill: d.ID, Rate: dispatch.MaxRate})
	give(director, "drill.start", dispatch.DrillGo{Drill: d.ID})
	if err != nil {
		return err
	}
	listening, hangUp := context.WithCancel(ctx)
	defer hangUp()
	group, listening := errgroup.WithContext(listening)
	watchers := make([]*feedcheck.Watcher, 2)
	for i, p := range []*remote.Person{director, player} {
		start, err := p.Console(client.Config{}).Snapshot(ctx)
		if err != nil {
			hangUp()
			return errors.Join(err, group.Wait())
		}
		watchers[i] = feedcheck.Watch(fmt.Sprintf("console %d of drill %d", i, s.Drills+1), p, client.Config{Start: start})
		group.Go(func() error { return watchers[i].Console.Run(listening) })
	}
	rng := rand.New(rand.NewPCG(uint64(s.Drills), 7))
	for i := range drillOut {
		at := inCity(rng)
		done := give(player, "incident.open", dispatch.IncidentOpen{Type: "12G03", Title: "measurement", Place: dispatch.Place{Point: &at}})
		if err != nil {
			break
		}
		var incident *dispatch.Incident
		if incident, err = remote.First[dispatch.Incident](done, dispatch.KindIncident); err == nil {
			give(player, "task.assign", dispatch.TaskAssign{Incident: incident.ID, Team: b.teams[i]})
		}
		if err == nil {
			err = pause(ctx, s.drillRuns()/drillOut)
		}
	}
	give(director, "drill.end", move)
	for _, w := range watchers {
		if err != nil {
			break
		}
		err = s.watched(ctx, w)
	}
	hangUp()
	return errors.Join(err, group.Wait(), player.SignOut(ctx), director.SignOut(ctx))
}

// drillRuns is how long each runs: of a short day a third.
func (s *Soak) drillRuns() time.Duration {
	return min(drillRuns, time.Duration(s.Minutes*float64(time.Minute))/3)
}

// watched judges a console of a drill that has ended.
func (s *Soak) watched(ctx context.Context, w *feedcheck.Watcher) error {
	journal, err := feedcheck.Journal(ctx, w.Person, 0)
	if err != nil {
		return err
	}
	out, err := w.Judge(ctx, journal)
	for _, fault := range out.Faults {
		s.fault("%s: %s", w.Who, fault)
	}
	return err
}
