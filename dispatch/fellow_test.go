package dispatch_test

import (
	"fmt"
	"slices"
	"testing"

	"liandong/dispatch"
)

// Teams at work on the same incident see where the others are, from the change that sends the second
// to the change that ends a task, and through merging and splitting.
func TestFellowsSeeEachOther(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	sees := func(who, whom string) bool {
		s := get[*dispatch.Team](c, dispatch.KindTeam, c.teams[whom]).Scope
		return dispatch.SeePosition(c.leader(who).Audience().At(c.clock()), c.teams[whom], s)
	}
	check := func(step string, together ...string) {
		t.Helper()
		for _, a := range []string{"xf1", "xf2", "jj1"} {
			for _, b := range []string{"xf1", "xf2", "jj1"} {
				if want := a == b || slices.Contains(together, a) && slices.Contains(together, b); sees(a, b) != want {
					t.Errorf("%s: %s sees where %s is: %v, want %v", step, a, b, !want, want)
				}
			}
		}
	}
	x, y := c.open("甲"), c.open("乙")
	first := c.assign(c.desk, x.ID, "xf1")
	check("one alone")
	res := c.do(c.desk, "task.assign", dispatch.TaskAssign{Incident: x.ID, Team: c.teams["jj1"]})
	check("two", "xf1", "jj1")
	// The first one's leader is told in the same change, without what is the other's own.
	seen, ok := res.Change.See(c.leader("xf1").Audience().At(c.clock()))
	if !ok {
		t.Fatal("the leader of the first is not told")
	}
	told := false
	for _, r := range seen.Put {
		if team, ok := r.(*dispatch.Team); ok && team.ID == c.teams["jj1"] {
			told = true
			if team.CallSign != "jj1" || team.Phone != "" || team.Leader != "" || team.Task != "" || team.Scope.Teams != nil {
				t.Errorf("a fellow is told as %+v", team)
			}
		}
	}
	if !told {
		t.Errorf("the change tells of no fellow: %+v", seen.Put)
	}
	c.refused(c.leader("xf1"), dispatch.Forbidden, "team.distress", dispatch.TeamDistress{Team: c.teams["jj1"]})
	other := c.assign(c.desk, y.ID, "xf2")
	check("the third elsewhere", "xf1", "jj1")
	c.do(c.desk, "incident.merge", dispatch.IncidentMerge{Incident: y.ID, Into: x.ID})
	check("merged", "xf1", "jj1", "xf2")
	split := put[*dispatch.Incident](c, c.do(c.desk, "incident.split", dispatch.IncidentSplit{Incident: x.ID, Title: "丙", Tasks: []string{first.ID, other.ID}}))
	check("split", "xf1", "xf2")
	c.do(c.chief, "task.divert", dispatch.TaskDivert{Task: get[*dispatch.Team](c, dispatch.KindTeam, c.teams["jj1"]).Task, Incident: split.ID, Reason: "火势扩大"})
	check("diverted", "xf1", "xf2", "jj1")
	c.do(c.desk, "task.release", dispatch.TaskEnd{Task: first.ID, Reason: "撤回"})
	check("released", "xf2", "jj1")
	c.advance("xf2", other.ID, "acknowledged", "en_route", "done")
	check("done")
}

// A very large incident: the lists of fellows stay short.
func TestFellowsAreBounded(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	i := c.open("洪水")
	var last dispatch.Result
	for n := range 30 {
		id := c.team(fmt.Sprint("zy", n), c.fire, "411002", "fire")
		last = c.do(c.desk, "task.assign", dispatch.TaskAssign{Incident: i.ID, Team: id})
	}
	if n := len(last.Change.Puts); n > 40 { // the incident, its tasks, whose scope tells of the team, and the team
		t.Errorf("the thirtieth team's assignment writes %d records", n)
	}
	for n := range 30 {
		fellows := get[*dispatch.Team](c, dispatch.KindTeam, c.teams[fmt.Sprint("zy", n)]).Scope.Teams
		if want := map[bool]int{true: 23, false: 0}[n < 24]; len(fellows) != want {
			t.Errorf("team %d has %d fellows, want %d", n+1, len(fellows), want)
		}
	}
}
