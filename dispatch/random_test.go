package dispatch_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"liandong/dispatch"
)

// Whatever many hands do at once, the invariants of the house hold: nobody is
// in two places, what hangs on an incident has its audience, the status of a
// team follows from its tasks, and the journal tells the tables byte by byte.
func TestRandomCommandsHoldInvariants(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	for _, call := range []string{"xf3", "xf4"} {
		c.team(call, c.fire, "411002", "fire")
	}
	for range 4 {
		c.open("起始")
	}
	const hands, steps = 4, 60
	var wg sync.WaitGroup
	accepted := make([]int, hands)
	for h := range hands {
		rng := rand.New(rand.NewPCG(uint64(h), 20261123))
		wg.Go(func() {
			for range steps {
				err := c.randomCommand(rng)
				var refusal *dispatch.Error
				switch {
				case err == nil:
					accepted[h]++
				case !errors.As(err, &refusal):
					t.Errorf("hand %d: %v", h, err)
				}
			}
		})
	}
	wg.Wait()
	for h, n := range accepted {
		if n < steps/10 {
			t.Errorf("hand %d had only %d of %d commands accepted: the run proves little", h, n, steps)
		}
	}
	c.checkInvariants()
}

func (c *town) all(k dispatch.Kind) []dispatch.Record {
	recs, err := c.store.Find(context.Background(), dispatch.Query{Realm: dispatch.Live, Kind: k, Archived: true, Limit: -1})
	if err != nil {
		c.t.Error(err)
	}
	return recs
}

func pick[T any](rng *rand.Rand, all []T) T { return all[rng.IntN(len(all))] }

func (c *town) randomCommand(rng *rand.Rand) error {
	incidents, tasks := c.all(dispatch.KindIncident), c.all(dispatch.KindTask)
	teams := c.all(dispatch.KindTeam)
	actors := []dispatch.Actor{c.desk, c.chief, c.fireDesk, c.clinicDesk}
	i, team := pick(rng, incidents).(*dispatch.Incident), pick(rng, teams).(*dispatch.Team)
	a := pick(rng, actors)
	try := func(name string, in any) error { _, err := c.try(a, name, in); return err }
	if len(tasks) > 0 && rng.IntN(10) < 6 {
		return c.randomTaskCommand(rng, pick(rng, tasks).(*dispatch.Task), i, try)
	}
	switch rng.IntN(14) {
	case 0:
		return try("incident.open", dispatch.IncidentOpen{Type: "12G03", Title: "随机", Area: "411002003"})
	case 1:
		return try("incident.control", dispatch.IncidentMove{Incident: i.ID})
	case 2:
		return try("incident.close", dispatch.IncidentMove{Incident: i.ID, Outcome: "完"})
	case 3:
		return try("incident.merge", dispatch.IncidentMerge{Incident: i.ID, Into: pick(rng, incidents).(*dispatch.Incident).ID})
	case 4:
		return try("incident.share", dispatch.IncidentShare{Incident: i.ID, Agency: pick(rng, []string{c.fire, c.clinic}), Tier: dispatch.TierView, Redacted: true})
	case 5:
		return try("incident.unshare", dispatch.IncidentShare{Incident: i.ID, Agency: pick(rng, []string{c.fire, c.clinic})})
	case 6:
		return try("incident.archive", dispatch.IncidentMove{Incident: i.ID})
	case 7:
		return try("note.add", dispatch.NoteAdd{Incident: i.ID, Text: "随机"})
	case 8:
		return try("team.duty", dispatch.TeamDuty{Team: team.ID, Duty: pick(rng, dispatch.Duties), Reason: "随机"})
	case 9:
		if team.Distress != nil {
			return try("team.relieve", dispatch.TeamRelieve{Team: team.ID, Reason: "安全"})
		}
		return try("team.distress", dispatch.TeamDistress{Team: team.ID})
	}
	return try("task.assign", dispatch.TaskAssign{Incident: i.ID, Team: team.ID, Type: pick(rng, dispatch.TaskTypes)})
}

func (c *town) randomTaskCommand(rng *rand.Rand, t *dispatch.Task, i *dispatch.Incident, try func(string, any) error) error {
	end := dispatch.TaskEnd{Task: t.ID, Reason: "随机"}
	switch rng.IntN(12) {
	case 0:
		return try("task.refuse", end)
	case 1:
		return try("task.cancel", end)
	case 2:
		return try("task.release", end)
	case 3:
		return try("task.divert", dispatch.TaskDivert{Task: t.ID, Incident: i.ID, Reason: "随机"})
	case 4:
		return try("task.checkin", dispatch.TaskRef{Task: t.ID})
	case 5:
		return try("incident.split", dispatch.IncidentSplit{Incident: t.Incident, Title: "分", Tasks: []string{t.ID}})
	case 6:
		return try("task.accept", dispatch.TaskAccept{Task: t.ID})
	}
	if t.Next == "" {
		return try("task.advance", dispatch.TaskAdvance{Task: t.ID, From: t.State, To: dispatch.TaskDone})
	}
	return try("task.advance", dispatch.TaskAdvance{Task: t.ID, From: t.State, To: t.Next})
}

func (c *town) checkInvariants() {
	c.t.Helper()
	incidents := map[string]*dispatch.Incident{}
	for _, r := range c.all(dispatch.KindIncident) {
		incidents[dispatch.RefOf(r).ID] = r.(*dispatch.Incident)
	}
	bound := map[string][]string{}
	for _, r := range c.all(dispatch.KindTask) {
		t := r.(*dispatch.Task)
		if t.Open() && !t.Interruptible && t.State != dispatch.TaskProposed {
			bound[t.Team] = append(bound[t.Team], t.ID)
		}
		if i := incidents[t.Incident]; !t.Scope.Equal(i.Scope) {
			c.t.Errorf("task %s is seen by %+v, its incident by %+v", t.ID, t.Scope, i.Scope)
		}
		if t.Open() && incidents[t.Incident].State.Ended() {
			c.t.Errorf("task %s is open on an incident that is %s", t.ID, incidents[t.Incident].State)
		}
	}
	for _, k := range []dispatch.Kind{dispatch.KindNote, dispatch.KindAlarm, dispatch.KindReport} {
		for _, r := range c.all(k) {
			if i := incidents[dispatch.Indexed(r).Incident]; i != nil && !dispatch.HeadOf(r).Scope.Equal(i.Scope) {
				c.t.Errorf("%v is seen by %+v, its incident by %+v", dispatch.RefOf(r), dispatch.HeadOf(r).Scope, i.Scope)
			}
		}
	}
	for _, r := range c.all(dispatch.KindTeam) {
		t := r.(*dispatch.Team)
		if len(bound[t.ID]) > 1 {
			c.t.Errorf("team %s is bound by %v", t.CallSign, bound[t.ID])
		}
		if busy := len(bound[t.ID]) == 1; busy != (t.Status == dispatch.StatusCommitted) && t.Status != dispatch.StatusDistress {
			c.t.Errorf("team %s is %s and bound by %v", t.CallSign, t.Status, bound[t.ID])
		}
		if t.Status == dispatch.StatusDistress != (t.Distress != nil) {
			c.t.Errorf("team %s is %s with distress %v", t.CallSign, t.Status, t.Distress)
		}
	}
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	report, err := c.store.VerifyTables(ctx, dispatch.Live, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if !report.OK() {
		c.t.Errorf("the journal does not tell the tables: %+v", report)
	}
}
