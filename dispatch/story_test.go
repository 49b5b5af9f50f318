package dispatch_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/geo"
)

// From the first call to the last unit home.
func TestStoryOfOneFire(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	report := put[*dispatch.Report](c, c.do(c.desk, "report.take", dispatch.ReportTake{Channel: "hotline", Text: "三楼冒烟", Area: "411002003",
		Place: dispatch.Place{Text: "文峰路 1 号", Point: &scene}, Caller: "热心市民", Phone: "13900000000"}))
	c.do(c.desk, "report.claim", dispatch.ReportRef{Report: report.ID})
	opened := c.do(c.desk, "incident.open", dispatch.IncidentOpen{Report: report.ID, Type: "12G03", Needs: []dispatch.Need{{Capability: "fire", Count: 1}}})
	i := put[*dispatch.Incident](c, opened)
	if i.Number != "20261123-0001" || i.State != dispatch.IncidentReported || i.Caller != "热心市民" || i.Title != "文峰路 1 号" {
		t.Fatalf("opened %+v", i)
	}
	if got := get[*dispatch.Report](c, dispatch.KindReport, report.ID); got.State != dispatch.ReportLinked || got.Incident != i.ID {
		t.Errorf("report %+v is not linked", got)
	}

	ranking, err := c.svc.Candidates(context.Background(), c.desk, i.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(ranking.Candidates) != 2 || ranking.Candidates[0].Team != c.teams["xf1"] || ranking.Candidates[0].Seconds <= 0 {
		t.Fatalf("candidates %+v", ranking.Candidates)
	}
	task := c.assign(c.desk, i.ID, "xf1")
	if task.Next != dispatch.TaskAcknowledged {
		t.Errorf("next %q", task.Next)
	}
	i = get[*dispatch.Incident](c, dispatch.KindIncident, i.ID)
	if i.State != dispatch.IncidentActive || i.Stamps[dispatch.IncidentVerified].At.IsZero() {
		t.Errorf("incident %s after the first team, stamps %v", i.State, i.Stamps)
	}
	if team := get[*dispatch.Team](c, dispatch.KindTeam, c.teams["xf1"]); team.Status != dispatch.StatusCommitted || team.Task != task.ID || team.Version != 2 {
		t.Errorf("team %+v; status must move without a new version", team)
	}
	c.advance("xf1", task.ID, "acknowledged", "en_route", "on_scene")
	c.do(c.leader("xf1"), "note.add", dispatch.NoteAdd{Incident: i.ID, Text: "明火已扑灭"})

	blocked := c.refused(c.desk, dispatch.Blocked, "incident.close", dispatch.IncidentMove{Incident: i.ID, Outcome: "扑灭"})
	if len(blocked.Blockers) != 1 || blocked.Blockers[0].ID != task.ID {
		t.Errorf("blockers %v", blocked.Blockers)
	}
	c.advance("xf1", task.ID, "returning", "done")
	c.do(c.desk, "incident.close", dispatch.IncidentMove{Incident: i.ID, Outcome: "扑灭"})
	c.do(c.chief, "incident.archive", dispatch.IncidentMove{Incident: i.ID})
	task = get[*dispatch.Task](c, dispatch.KindTask, task.ID)
	for _, s := range []dispatch.TaskState{"assigned", "acknowledged", "en_route", "on_scene", "returning", "done"} {
		if task.Stamps[s].At.IsZero() {
			t.Errorf("no stamp for %s", s)
		}
	}
	if team := get[*dispatch.Team](c, dispatch.KindTeam, c.teams["xf1"]); team.Status != dispatch.StatusAvailable || team.Task != "" {
		t.Errorf("team %+v is not free again", team)
	}
}

// Two hundred hands on the same team: one wins, and the others learn who.
func TestOneTeamIsNeverBookedTwice(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	var incidents []*dispatch.Incident
	for range 10 {
		incidents = append(incidents, c.open("同时"))
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	won, lost := 0, 0
	for n := range 200 {
		wg.Go(func() {
			_, err := c.try(c.desk, "task.assign", dispatch.TaskAssign{Incident: incidents[n%10].ID, Team: c.teams["xf1"]})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case dispatch.CodeOf(err) == dispatch.Conflict && strings.Contains(err.Error(), "20261123-"),
				dispatch.CodeOf(err) == dispatch.Conflict && strings.Contains(err.Error(), "on this incident already"):
				lost++
			default:
				t.Errorf("refused with %v, want a conflict that names the winner", err)
			}
		})
	}
	wg.Wait()
	if won != 1 || lost != 199 {
		t.Errorf("%d won and %d were refused, want 1 and 199", won, lost)
	}
}

// A neighbour's team is proposed, agreed to, and seen whole while it is out.
func TestProposedTeamOfAnotherAgency(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	i := put[*dispatch.Incident](c, c.do(c.fireDesk, "incident.open", dispatch.IncidentOpen{Type: "12H02", Title: "两车相撞", Area: "411002003",
		Place: dispatch.Place{Point: &scene}}))
	if c.sees(c.clinicDesk, dispatch.KindIncident, i.ID) {
		t.Fatal("the clinic sees an incident that is not theirs")
	}
	note := put[*dispatch.Note](c, c.do(c.fireDesk, "note.add", dispatch.NoteAdd{Incident: i.ID, Text: "一人被困"}))
	task := c.assign(c.fireDesk, i.ID, "jj1")
	if task.State != dispatch.TaskProposed {
		t.Fatalf("a team of another agency is %s, want proposed", task.State)
	}
	for k, id := range map[dispatch.Kind]string{dispatch.KindIncident: i.ID, dispatch.KindTask: task.ID, dispatch.KindNote: note.ID} {
		if !c.sees(c.clinicDesk, k, id) {
			t.Errorf("the clinic was asked but does not see the %s", k)
		}
	}
	c.refused(c.fireDesk, dispatch.Forbidden, "task.accept", dispatch.TaskAccept{Task: task.ID})
	three := 3
	c.do(c.clinicDesk, "team.duty", dispatch.TeamDuty{Team: c.teams["jj1"], Duty: dispatch.DutyAvailable, Crew: &three, Reason: "一人请假"})
	c.refused(c.clinicDesk, dispatch.Conflict, "task.accept", dispatch.TaskAccept{Task: task.ID})
	agreed := put[*dispatch.Task](c, c.do(c.clinicDesk, "task.accept", dispatch.TaskAccept{Task: task.ID, Understaffed: "只有三人在队"}))
	if !strings.Contains(agreed.Choice, "只有三人在队") {
		t.Errorf("why it goes with too few aboard is not kept: %q", agreed.Choice)
	}
	au := c.fireDesk.Audience()
	team := get[*dispatch.Team](c, dispatch.KindTeam, c.teams["jj1"])
	if got := dispatch.See(au.At(c.clock()), dispatch.RefOf(team), team.Scope); got != dispatch.Full {
		t.Errorf("who runs the incident sees the team %s, want full", got)
	}
	c.refused(c.clinicDesk, dispatch.Forbidden, "incident.edit", dispatch.IncidentEdit{Incident: i.ID})
	// The clinic sends only its own.
	c.refused(c.clinicDesk, dispatch.Forbidden, "task.assign", dispatch.TaskAssign{Incident: i.ID, Team: c.teams["xf1"]})
	c.advance("jj1", task.ID, "en_route", "on_scene", "done")
	team = get[*dispatch.Team](c, dispatch.KindTeam, c.teams["jj1"])
	if got := dispatch.See(au.At(c.clock()), dispatch.RefOf(team), team.Scope); got != dispatch.Redacted {
		t.Errorf("after the task the team is seen %s, want redacted", got)
	}
	// A refusal closes what was open only for it.
	j := put[*dispatch.Incident](c, c.do(c.fireDesk, "incident.open", dispatch.IncidentOpen{Type: "12H02", Title: "另一起", Area: "411002003"}))
	asked := c.assign(c.fireDesk, j.ID, "jj1")
	c.do(c.clinicDesk, "task.refuse", dispatch.TaskEnd{Task: asked.ID, Reason: "车辆检修"})
	if c.sees(c.clinicDesk, dispatch.KindIncident, j.ID) {
		t.Error("the clinic refused and still sees the incident")
	}
}

// Three taps made without a network arrive late, in order, and all count.
func TestThreeTapsOffline(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	i := c.open("离线")
	task := c.assign(c.desk, i.ID, "xf1")
	start := c.clock()
	c.pass(20 * time.Minute)
	for n, step := range [][2]dispatch.TaskState{{"assigned", "acknowledged"}, {"acknowledged", "en_route"}, {"en_route", "on_scene"}} {
		at := start.Add(time.Duration(n+1) * time.Minute)
		c.do(c.leader("xf1"), "task.advance", dispatch.TaskAdvance{Task: task.ID, From: step[0], To: step[1], EventTime: &at})
	}
	task = get[*dispatch.Task](c, dispatch.KindTask, task.ID)
	s := task.Stamps[dispatch.TaskOnScene]
	if !s.When().Equal(start.Add(3*time.Minute)) || !s.At.Equal(c.clock()) {
		t.Errorf("on scene event %v received %v; both must be kept", s.Event, s.At)
	}
	e := c.refused(c.leader("xf1"), dispatch.IllegalMove, "task.advance", dispatch.TaskAdvance{Task: task.ID, From: "en_route", To: "on_scene"})
	if len(e.Legal) == 0 || e.Current == nil {
		t.Errorf("the refusal says neither what is legal nor what is: %+v", e)
	}
	future := c.clock().Add(time.Hour)
	if e := c.refused(c.leader("xf1"), dispatch.Invalid, "task.advance", dispatch.TaskAdvance{Task: task.ID, From: "on_scene", To: "done", EventTime: &future}); e.Field != "event_time" {
		t.Errorf("field %q, want event_time", e.Field)
	}
}

// Teams go before anybody knows: what turns out to be nothing is a false alarm,
// but only when the last team has left.
func TestFalseAlarmAfterTeamsWent(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	i := c.open("自动报警")
	task := c.assign(c.desk, i.ID, "xf1")
	c.advance("xf1", task.ID, "en_route", "on_scene")
	move := dispatch.IncidentMove{Incident: i.ID, Reason: "误触"}
	if e := c.refused(c.desk, dispatch.Blocked, "incident.dismiss", move); len(e.Blockers) != 1 || e.Blockers[0].ID != task.ID {
		t.Errorf("blockers %v, want the open task", e.Blockers)
	}
	c.advance("xf1", task.ID, "done")
	c.do(c.desk, "incident.dismiss", move)
	if got := get[*dispatch.Incident](c, dispatch.KindIncident, i.ID); got.State != dispatch.IncidentFalseAlarm {
		t.Errorf("incident is %s, want false_alarm", got.State)
	}
}

// Where a patient goes is often known at the scene only.
func TestDestinationToldAtTheScene(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	i := c.open("伤者")
	task := c.assign(c.desk, i.ID, "xf1")
	c.advance("xf1", task.ID, "en_route", "on_scene")
	on := dispatch.TaskAdvance{Task: task.ID, From: "on_scene", To: "to_destination"}
	c.refused(c.leader("xf1"), dispatch.IllegalMove, "task.advance", on)
	far := geo.At(213, 34)
	on.Destination = &dispatch.Place{Text: "中心医院", Point: &far}
	if e := c.refused(c.leader("xf1"), dispatch.Invalid, "task.advance", on); e.Field != "destination.point" {
		t.Errorf("field %q, want destination.point", e.Field)
	}
	on.Destination = &dispatch.Place{Text: "中心医院"}
	c.do(c.leader("xf1"), "task.advance", on)
	c.advance("xf1", task.ID, "at_destination", "done")
	if got := get[*dispatch.Task](c, dispatch.KindTask, task.ID); got.State != dispatch.TaskDone || got.Destination.Text != "中心医院" {
		t.Errorf("task %s to %v", got.State, got.Destination)
	}
}

// A retried command is answered, not carried out twice.
func TestRetryIsAnsweredFromItsKey(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	i := c.open("重试")
	body, err := json.Marshal(dispatch.NoteAdd{Incident: i.ID, Text: "一次"})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	first, err := c.svc.Do(ctx, c.desk, "note.add", "same-key-1", body)
	if err != nil {
		t.Fatal(err)
	}
	again, err := c.svc.Do(ctx, c.desk, "note.add", "same-key-1", body)
	if err != nil {
		t.Fatal(err)
	}
	if !again.Replayed || again.Change.Seq != first.Change.Seq || c.id(again) != c.id(first) {
		t.Errorf("the retry answered %+v, want change %d", again.Change, first.Change.Seq)
	}
	if _, err := c.svc.Do(ctx, c.desk, "note.add", "same-key-1", []byte(`{"incident":"`+i.ID+`","text":"另一条"}`)); dispatch.CodeOf(err) != dispatch.Reused {
		t.Errorf("another body under the same key: %v, want key_reused", err)
	}
}

// An edit that saw an older version is refused, with what is there now; a tap
// in the field never makes it stale.
func TestStaleEdit(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	i := c.open("并发")
	task := c.assign(c.desk, i.ID, "xf1")
	i = get[*dispatch.Incident](c, dispatch.KindIncident, i.ID)
	c.advance("xf1", task.ID, "acknowledged", "en_route")
	title := "新标题"
	expect := dispatch.Expect{Expect: map[string]int64{"incident/" + i.ID: i.Version}}
	c.do(c.desk, "incident.edit", dispatch.IncidentEdit{Expect: expect, Incident: i.ID, Title: &title})
	e := c.refused(c.chief, dispatch.Stale, "incident.edit", dispatch.IncidentEdit{Expect: expect, Incident: i.ID, Title: &title})
	if cur, ok := e.Current.(*dispatch.Incident); !ok || cur.Title != title {
		t.Errorf("current %+v", e.Current)
	}
	c.refused(c.desk, dispatch.Invalid, "incident.edit", dispatch.IncidentEdit{Expect: dispatch.Expect{Expect: map[string]int64{"team/x": 1}}, Incident: i.ID})
}

// Merged, split, moved: everything keeps its trace.
func TestMergeSplitAndPlace(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	a, b := c.open("甲"), c.open("乙")
	onB := c.assign(c.desk, b.ID, "xf1")
	c.do(c.desk, "incident.merge", dispatch.IncidentMerge{Incident: b.ID, Into: a.ID})
	if got := get[*dispatch.Task](c, dispatch.KindTask, onB.ID); got.Incident != a.ID {
		t.Errorf("the task stayed with the duplicate")
	}
	if got := get[*dispatch.Incident](c, dispatch.KindIncident, a.ID); got.State != dispatch.IncidentActive {
		t.Errorf("the incident with a team is %s", got.State)
	}
	c.advance("xf1", onB.ID, "acknowledged", "en_route")
	second := c.assign(c.desk, a.ID, "xf2")
	split := put[*dispatch.Incident](c, c.do(c.desk, "incident.split", dispatch.IncidentSplit{Incident: a.ID, Title: "丙", Tasks: []string{second.ID},
		Place: dispatch.Place{Text: "西侧仓库"}}))
	if got := get[*dispatch.Task](c, dispatch.KindTask, second.ID); got.Incident != split.ID || split.SplitFrom != a.ID {
		t.Errorf("task on %s, split from %s", got.Incident, split.SplitFrom)
	}
	c.do(c.desk, "incident.place", dispatch.IncidentPlace{Incident: a.ID, Area: "411003001", Place: dispatch.Place{Text: "东城区"}, Reason: "听错"})
	notes, err := c.svc.Find(context.Background(), c.desk, dispatch.Query{Kind: dispatch.KindNote, Incident: a.ID})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, n := range notes {
		all = append(all, n.(*dispatch.Note).Text)
		if n.(*dispatch.Note).Scope.Area != "411003001" {
			t.Errorf("note kept area %s", n.(*dispatch.Note).Scope.Area)
		}
	}
	for _, want := range []string{"并入", "拆分", "地点更正"} {
		if !strings.Contains(strings.Join(all, "\n"), want) {
			t.Errorf("no trace of %s in %q", want, all)
		}
	}
}

// What nobody answers becomes an alarm, first soft, then loud; the answer ends it.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	ctx := context.Background()
	i := c.open("无人应答")
	task := c.assign(c.desk, i.ID, "xf1")
	fire := func(want int) {
		t.Helper()
		n, err := c.svc.FireDue(ctx, dispatch.Live)
		if err != nil || n != want {
			t.Fatalf("fired %d, %v; want %d", n, err, want)
		}
	}
	alarms := func() (out []*dispatch.Alarm) {
		t.Helper()
		recs, err := c.svc.Find(ctx, c.desk, dispatch.Query{Kind: dispatch.KindAlarm, Incident: i.ID})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range recs {
			if a := r.(*dispatch.Alarm); a.Ended == nil {
				out = append(out, a)
			}
		}
		return out
	}
	fire(0)
	c.pass(3 * time.Minute)
	fire(1)
	if a := alarms(); len(a) != 1 || a[0].Tier != 2 {
		t.Fatalf("alarms %+v, want one of tier 2", a)
	}
	fire(0)
	c.pass(3 * time.Minute)
	fire(1)
	a := alarms()
	if len(a) != 1 || a[0].Tier != 1 {
		t.Fatalf("alarms %+v, want one of tier 1", a)
	}
	c.do(c.desk, "alarm.acknowledge", dispatch.AlarmAck{Alarm: a[0].ID})
	c.refused(c.chief, dispatch.IllegalMove, "alarm.acknowledge", dispatch.AlarmAck{Alarm: a[0].ID})
	c.advance("xf1", task.ID, "acknowledged", "en_route", "on_scene")
	if a := alarms(); len(a) != 0 {
		t.Errorf("answered and still %+v", a)
	}
	c.pass(21 * time.Minute)
	fire(1)
	if a := alarms(); len(a) != 1 || a[0].Type != dispatch.AlarmCheckin {
		t.Fatalf("alarms %+v, want an overdue check-in", a)
	}
	c.do(c.leader("xf1"), "task.checkin", dispatch.TaskRef{Task: task.ID})
	if a := alarms(); len(a) != 0 {
		t.Errorf("checked in and still %+v", a)
	}
	c.advance("xf1", task.ID, "done")
	c.do(c.desk, "incident.close", dispatch.IncidentMove{Incident: i.ID, Outcome: "完"})
	c.pass(25 * time.Hour)
	fire(1)
	if c.sees(c.desk, dispatch.KindIncident, i.ID) && get[*dispatch.Incident](c, dispatch.KindIncident, i.ID).State != dispatch.IncidentArchived {
		t.Error("a day after closing it is still on the board")
	}
}

// Distress goes above everything and is cleared by the desk alone.
func TestDistress(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	i := c.open("遇险")
	task := c.assign(c.desk, i.ID, "xf1")
	c.advance("xf1", task.ID, "acknowledged", "en_route", "on_scene")
	c.do(c.leader("xf1"), "team.distress", dispatch.TeamDistress{Team: c.teams["xf1"], Text: "有人被埋"})
	if team := get[*dispatch.Team](c, dispatch.KindTeam, c.teams["xf1"]); team.Status != dispatch.StatusDistress {
		t.Errorf("status %s", team.Status)
	}
	c.refused(c.leader("xf1"), dispatch.Forbidden, "team.relieve", dispatch.TeamRelieve{Team: c.teams["xf1"], Reason: "没事"})
	c.refused(c.fireDesk, dispatch.IllegalMove, "team.distress", dispatch.TeamDistress{Team: c.teams["xf1"]})
	c.do(c.desk, "team.relieve", dispatch.TeamRelieve{Team: c.teams["xf1"], Reason: "电台确认安全"})
	if team := get[*dispatch.Team](c, dispatch.KindTeam, c.teams["xf1"]); team.Status != dispatch.StatusCommitted {
		t.Errorf("status %s after relief, want committed", team.Status)
	}
}

// An item has one use at a time and a stock never goes below nothing.
func TestLedgerOfThings(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	i, j := c.open("甲"), c.open("乙")
	pump := c.id(c.do(c.fireDesk, "equipment.save", dispatch.EquipmentSave{Name: "排水泵", Type: "pump", Condition: dispatch.ConditionReady}))
	c.do(c.desk, "equipment.commit", dispatch.EquipmentCommit{Equipment: pump, Incident: i.ID})
	if e := c.refused(c.desk, dispatch.Conflict, "equipment.commit", dispatch.EquipmentCommit{Equipment: pump, Incident: j.ID}); !strings.Contains(e.Message, i.Number) {
		t.Errorf("%q does not name the incident that has it", e.Message)
	}
	c.do(c.fireDesk, "equipment.return", dispatch.EquipmentReturn{Equipment: pump})
	c.do(c.desk, "equipment.commit", dispatch.EquipmentCommit{Equipment: pump, Incident: j.ID})

	foam := c.id(c.do(c.fireDesk, "stock.save", dispatch.StockSave{Name: "泡沫液", Type: "foam", Unit: "桶"}))
	c.do(c.fireDesk, "stock.receive", dispatch.StockMove{Stock: foam, Quantity: 10})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			_, err := c.try(c.fireDesk, "stock.issue", dispatch.StockMove{Stock: foam, Quantity: 1})
			if err != nil && dispatch.CodeOf(err) != dispatch.Conflict {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := get[*dispatch.Stock](c, dispatch.KindStock, foam).Available; got != 0 {
		t.Errorf("%d left of 10 after 20 hands took one each, want 0", got)
	}
}

// A deadline that cannot be carried out must not silence those after it: a
// check-in that nobody hears of may be somebody's life.
func TestOneBadDeadlineDoesNotSilenceTheOthers(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	first := c.assign(c.desk, c.open("甲").ID, "xf1")
	second := c.assign(c.desk, c.open("乙").ID, "xf2")
	c.pass(3 * time.Minute)
	broken := errors.New("this one cannot be written")
	svc := dispatch.NewService(&stubborn{c.store, first.ID, broken}, dispatch.Config{Now: c.clock,
		NewID: func() string { return "id-of-the-other-alarm" }, Settings: dispatch.DefaultSettings()})
	n, err := svc.FireDue(context.Background(), dispatch.Live)
	if n != 1 || !errors.Is(err, broken) {
		t.Errorf("fired %d, %v; want the other one and the error of the first", n, err)
	}
	alarm := get[*dispatch.Alarm](c, dispatch.KindAlarm, "id-of-the-other-alarm")
	if alarm.Task != second.ID {
		t.Errorf("the alarm is about task %s, want %s", alarm.Task, second.ID)
	}
}

// stubborn refuses to write what is due on one record.
type stubborn struct {
	dispatch.Store
	id  string
	err error
}

func (s *stubborn) Command(ctx context.Context, key dispatch.Key, do func(context.Context, dispatch.Tx) (*dispatch.Change, error)) (*dispatch.Change, bool, error) {
	if strings.Contains(key.ID, s.id) {
		return nil, false, s.err
	}
	return s.Store.Command(ctx, key, do)
}

// A breakdown asks for a replacement until the team is fit again.
func TestBreakdownFlagsItsTask(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	task := c.assign(c.desk, c.open("故障").ID, "xf1")
	for _, step := range []struct {
		duty    dispatch.Duty
		flagged bool
	}{{dispatch.DutyOutOfService, true}, {dispatch.DutyAvailable, false}} {
		c.do(c.leader("xf1"), "team.duty", dispatch.TeamDuty{Team: c.teams["xf1"], Duty: step.duty, Reason: "水泵"})
		if got := get[*dispatch.Task](c, dispatch.KindTask, task.ID); got.Flagged != step.flagged || !got.Open() {
			t.Errorf("%s: flagged %v, state %s", step.duty, got.Flagged, got.State)
		}
	}
}

// The refusal to close names what is in the way, and only that.
func TestClosingNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	i := c.open("较大")
	grade := dispatch.Grade(3)
	c.do(c.desk, "incident.edit", dispatch.IncidentEdit{Incident: i.ID, Grade: &grade})
	e := c.refused(c.desk, dispatch.Blocked, "incident.close", dispatch.IncidentMove{Incident: i.ID, Outcome: "完"})
	if e.MessageZH != "不能结束：终报尚未报送" || e.Message != "it cannot be closed: the final report has not been sent" {
		t.Errorf("%q, %q", e.MessageZH, e.Message)
	}
	c.assign(c.desk, i.ID, "xf1")
	e = c.refused(c.desk, dispatch.Blocked, "incident.close", dispatch.IncidentMove{Incident: i.ID, Outcome: "完"})
	if e.MessageZH != "不能结束：还有 1 项未完成；终报尚未报送" {
		t.Errorf("%q", e.MessageZH)
	}
}
