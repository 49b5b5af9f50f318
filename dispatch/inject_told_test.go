package dispatch_test

import (
	"slices"
	"testing"

	"liandong/dispatch"
)

// What the script tells reaches the desks of an agency and each of its leaders as
// alarms of their own; who acknowledges one takes it from nobody else.
func TestLeadersAreTold(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	s := rest(c)
	s.hire("desk", c.fire, dispatch.PartSave{Role: dispatch.RoleDispatcher})
	leads := func(name, team string) dispatch.Actor {
		id := s.hire(name, c.fire, dispatch.PartSave{Role: dispatch.RoleLeader, Team: c.teams[team]})
		return dispatch.Actor{ID: id, Name: name, Realm: s.realm, Role: dispatch.RoleLeader, Agency: c.fire, Team: c.teams[team]}
	}
	one, two := leads("leader1", "xf1"), leads("leader2", "xf2")
	desk := c.fireDesk
	desk.Realm = s.realm
	all := s.save(line("001", dispatch.InjectSystem, byHand))
	l := line("002", dispatch.InjectSystem, byHand)
	l.Parts = []string{two.ID}
	only := s.save(l)
	l.Number, l.Method = "003", dispatch.InjectRadio
	radio := s.save(l)
	s.begin()
	told := func(a dispatch.Actor) (texts []string, alarms []string) {
		t.Helper()
		recs, err := c.svc.Find(t.Context(), a, dispatch.Query{Kind: dispatch.KindAlarm})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range recs {
			texts, alarms = append(texts, r.(*dispatch.Alarm).Text), append(alarms, dispatch.RefOf(r).ID)
		}
		return texts, alarms
	}
	for _, id := range []string{all.ID, only.ID, radio.ID} {
		s.do(s.director, "inject.release", dispatch.InjectMove{Inject: id})
	}
	deskTexts, _ := told(desk)
	oneTexts, ones := told(one)
	twoTexts, twos := told(two)
	slices.Sort(twoTexts)
	if len(deskTexts) != 1 || len(oneTexts) != 1 || oneTexts[0] != "情况 001" || !slices.Equal(twoTexts, []string{"情况 001", "情况 002"}) {
		t.Fatalf("the desk is told %v, the leaders %v and %v", deskTexts, oneTexts, twoTexts)
	}
	if texts, _ := told(s.director); len(texts) != 4 {
		t.Errorf("the director sees %v", texts)
	}
	other := one
	other.ID, other.Team = "leader3", c.teams["jj1"]
	if texts, _ := told(other); len(texts) != 0 {
		t.Errorf("the leader of a team that is not played is told %v", texts)
	}
	s.refused(one, dispatch.NotFound, "alarm.acknowledge", dispatch.AlarmAck{Alarm: twos[0]})
	got := put[*dispatch.Alarm](c, s.do(one, "alarm.acknowledge", dispatch.AlarmAck{Alarm: ones[0]}))
	if got.Acked == nil || got.Acked.By != "leader1" || got.Team != c.teams["xf1"] {
		t.Errorf("acknowledged %+v", got)
	}
	if texts, _ := told(one); len(texts) != 0 {
		t.Errorf("what was acknowledged stays: %v", texts)
	}
	if texts, _ := told(desk); len(texts) != 1 {
		t.Errorf("a leader took it from the desk: %v", texts)
	}
	if texts, _ := told(two); len(texts) != 2 {
		t.Errorf("a leader took it from another: %v", texts)
	}
	past, err := c.svc.Find(t.Context(), one, dispatch.Query{Kind: dispatch.KindAlarm, Team: one.Team, Archived: true})
	if err != nil || len(past) != 1 {
		t.Errorf("a leader reads again %d, %v", len(past), err)
	}
	// Distress is the desk's to acknowledge, also that of the own team.
	raised := put[*dispatch.Alarm](c, s.do(one, "team.distress", dispatch.TeamDistress{Team: one.Team}))
	s.refused(one, dispatch.Forbidden, "alarm.acknowledge", dispatch.AlarmAck{Alarm: raised.ID})
	s.do(desk, "alarm.acknowledge", dispatch.AlarmAck{Alarm: raised.ID})
}
