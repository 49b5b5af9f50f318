package dispatch_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"liandong/dispatch"
)

// plant writes records of a plan into the drill, in a change of its own.
func (s *stage) plant(records ...dispatch.Record) {
	s.t.Helper()
	key := fmt.Sprintf("plant-%08d", s.keys.Add(1))
	_, _, err := s.store.Command(s.t.Context(), dispatch.Key{Realm: s.realm, ID: key, Actor: "策划", Hash: sha256.Sum256([]byte(key))},
		func(ctx context.Context, tx dispatch.Tx) (*dispatch.Change, error) {
			at := s.svc.Now(s.realm)
			c := &dispatch.Change{At: at, Wall: s.clock(), Realm: s.realm, Kind: "deadline.fire", Command: key}
			for _, r := range records {
				h := dispatch.HeadOf(r)
				h.Version, h.Created, h.Updated, h.Scope = 1, at, at, dispatch.Scope{Agency: s.bureau, Area: "411000"}
				c.Puts = append(c.Puts, dispatch.Put{Record: r, After: h.Scope})
			}
			return c, nil
		})
	if err != nil {
		s.t.Fatal(err)
	}
}

func head(k dispatch.Kind, id string) dispatch.Head { return dispatch.Head{Kind: k, ID: id} }

func ptr[T any](v T) *T { return &v }

// judged is a drill that runs, with two objectives and one inject that is out.
func (c *town) judged() (*stage, dispatch.Actor) {
	s := c.stage(dispatch.DrillOpen{Picture: dispatch.PictureResources, Seed: 5})
	evaluator := s.director
	evaluator.ID, evaluator.Name, evaluator.Role = "评估", "评估甲", dispatch.RoleEvaluator
	s.plant(
		&dispatch.Objective{Head: head(dispatch.KindObjective, "o1"), Number: 1, Name: "及时出动", Aspect: dispatch.AspectResponse, Weight: 60},
		&dispatch.Objective{Head: head(dispatch.KindObjective, "o2"), Number: 2, Name: "疏散群众", Aspect: dispatch.AspectProtection, Weight: 40})
	s.begin()
	s.plant(&dispatch.Inject{Head: head(dispatch.KindInject, "j1"), Number: "001", Type: dispatch.InjectInformation, Method: dispatch.InjectPhone, Text: "氯气泄漏",
		Trigger: dispatch.Trigger{Type: dispatch.TriggerManual}, Objective: "o2", State: dispatch.InjectReleased,
		Stamps: map[dispatch.InjectState]dispatch.Stamp{dispatch.InjectReleased: {At: c.svc.Now(s.realm)}},
		Expected: []dispatch.Expected{{Text: "通知下风向群众", Within: 300, Weight: 3, Agency: c.bureau}, {Text: "设警戒线", Within: 600, Weight: 1, Agency: c.fire},
			{Text: "发起支援请求", Within: 600, Weight: 2, Command: "request.raise"}}})
	return s, evaluator
}

// A drill from its start to its closing, its report equal to what is reckoned by
// hand.
func TestDrillIsJudgedAndClosed(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	s, evaluator := c.judged()
	wait := func(d time.Duration) { c.pass(d) }
	begins := c.svc.Now(s.realm)

	report := put[*dispatch.Report](c, s.do(s.player, "report.take", dispatch.ReportTake{Channel: "hotline", Text: "有刺鼻气味", Area: "411002"}))
	wait(50 * time.Second)
	i := put[*dispatch.Incident](c, s.do(s.player, "incident.open", dispatch.IncidentOpen{Report: report.ID, Type: "12G03", Title: "泄漏"}))
	wait(30 * time.Second)
	task := put[*dispatch.Task](c, s.do(s.player, "task.assign", dispatch.TaskAssign{Incident: i.ID, Team: c.teams["xf1"]}))
	leader := c.leader("xf1")
	leader.Realm = s.realm
	for _, step := range []struct {
		after time.Duration
		to    dispatch.TaskState
	}{{20 * time.Second, "acknowledged"}, {70 * time.Second, "en_route"}, {200 * time.Second, "on_scene"}} {
		wait(step.after)
		from := in[*dispatch.Task](s, dispatch.KindTask, task.ID).State
		s.do(leader, "task.advance", dispatch.TaskAdvance{Task: task.ID, From: from, To: step.to})
	}
	// 370 s after the start. What was seen 120 s ago, before the last step, is told now.
	seenAt := begins.Add(250 * time.Second)
	first := put[*dispatch.Observation](c, s.do(evaluator, "observation.add",
		dispatch.ObservationAdd{Type: dispatch.ObservationAction, Inject: "j1", Expected: ptr(0), Seen: ptr(true), EventTime: &seenAt}))
	if head, err := c.store.Head(t.Context(), s.realm); err != nil || first.Seq != head-2 || first.Objective != "o2" || first.Agency != c.bureau || first.Aspect != dispatch.AspectProtection {
		t.Errorf("seen %+v, at change %d of %d", first, first.Seq, head)
	}
	wait(30 * time.Second)
	e := s.refused(evaluator, dispatch.Invalid, "observation.add", dispatch.ObservationAdd{Type: dispatch.ObservationAction, Inject: "j1", Expected: ptr(2), Seen: ptr(true)})
	if e.Field != "expected" {
		t.Errorf("judged by hand what a command shows: %v", e)
	}
	for _, o := range []dispatch.ObservationAdd{
		{Type: dispatch.ObservationScore, Objective: "o1", Agency: c.fire, Score: &dispatch.Score{Scale: dispatch.ScaleGrade, Value: 5}},
		{Type: dispatch.ObservationScore, Objective: "o2", Score: &dispatch.Score{Scale: dispatch.ScaleQuantity, Value: 45, Unit: "人", Target: ptr(60.0)}},
		{Type: dispatch.ObservationWeakness, Objective: "o2", Agency: c.fire, Text: "警戒线设得太近"},
		{Type: dispatch.ObservationStrength, Objective: "o1", Text: "出动很快"},
	} {
		s.do(evaluator, "observation.add", o)
	}
	wait(10 * time.Minute)
	s.move("drill.end", "")
	if _, err := c.svc.DrillReport(t.Context(), s.player); dispatch.CodeOf(err) != dispatch.Forbidden {
		t.Errorf("a player reads the report before it is told: %v", err)
	}
	blocked := s.refused(s.director, dispatch.Blocked, "drill.evaluate", dispatch.DrillMove{Drill: s.drill})
	if len(blocked.Blockers) != 1 || blocked.Blockers[0].ID != "j1" {
		t.Errorf("blocked by %v", blocked.Blockers)
	}
	weak := put[*dispatch.Observation](c, s.do(evaluator, "observation.add", dispatch.ObservationAdd{Type: dispatch.ObservationAction, Inject: "j1", Expected: ptr(1), Seen: ptr(false), Text: "没有设"}))
	if j := in[*dispatch.Inject](s, dispatch.KindInject, "j1"); j.State != dispatch.InjectMissed || j.Expected[0].Done == nil || j.Expected[1].Missed == nil {
		t.Errorf("the inject is %s: %+v", j.State, j.Expected)
	}
	s.refused(evaluator, dispatch.Forbidden, "drill.evaluate", dispatch.DrillMove{Drill: s.drill})
	s.move("drill.evaluate", "")
	s.refused(evaluator, dispatch.IllegalMove, "observation.add", dispatch.ObservationAdd{Type: dispatch.ObservationWeakness, Text: "晚了"})
	s.do(evaluator, "observation.add", dispatch.ObservationAdd{Type: dispatch.ObservationLesson, Text: "先测风向"})

	player := c.fireDesk
	player.Realm = s.realm
	r, err := c.svc.DrillReport(t.Context(), player)
	if err != nil {
		t.Fatal(err)
	}
	// o1: one score of 5. o2: actions 3 of 3+1+2, and 45 of 60: (0.5 + 0.75) ÷ 2.
	// Overall 0.6 × 100 + 0.4 × 62.5.
	if got := r.Score; math.Abs(got.Score-85) > 1e-9 || got.Objectives[0].Score != 100 || got.Objectives[1].Score != 62.5 || got.Grade != dispatch.GradeGood ||
		got.Total.Done != 1 || got.Total.Missed != 2 || got.Total.Open != 0 {
		t.Errorf("scored %+v", got)
	}
	want := map[dispatch.MeasureType]float64{dispatch.MeasureCallTaking: 50, dispatch.MeasureFirstAssignment: 30, dispatch.MeasureAcknowledge: 20,
		dispatch.MeasureTurnout: 90, dispatch.MeasureTravel: 200, dispatch.MeasureArrival: 320}
	for _, m := range r.Measures.All.Measures {
		if w, ok := want[m.Type]; ok && (m.Count != 1 || m.Median != w || (m.Met == 1) != (w <= float64(m.Target))) {
			t.Errorf("%s: %+v, want %v", m.Type, m, w)
		}
		delete(want, m.Type)
	}
	if len(want) > 0 || r.Drill.Seed != 0 || len(r.Observations) != 7 || r.Names[c.fire] != "消防支队" {
		t.Errorf("not measured: %v; drill %+v, %d observations", want, r.Drill, len(r.Observations))
	}
	exp := r.Injects[0].Expected
	if exp[0].Verdict != dispatch.VerdictDone || exp[1].Verdict != dispatch.VerdictMissed || exp[2].Verdict != dispatch.VerdictMissed || !exp[0].At.Equal(seenAt) {
		t.Errorf("the inject came to %+v", exp)
	}

	// What is to be better, until it is.
	s.refused(s.director, dispatch.IllegalMove, "drill.improve", dispatch.DrillMove{Drill: s.drill})
	due := c.clock().AddDate(0, 1, 0)
	item := put[*dispatch.Improvement](c, s.do(evaluator, "improvement.save", dispatch.ImprovementSave{Text: "警戒线按风向设", Observations: []string{weak.ID}, Owner: c.fire, Due: &due, Measures: "补训一次"}))
	if item.Number != 1 || item.Aspect != dispatch.AspectProtection || item.OwnerName != "消防支队" || item.State != dispatch.ImprovementOpen {
		t.Errorf("to be better: %+v", item)
	}
	s.refused(s.director, dispatch.Invalid, "improvement.save", dispatch.ImprovementSave{Text: "无人负责"})
	if b := s.refused(s.director, dispatch.Blocked, "drill.close", dispatch.DrillMove{Drill: s.drill}); len(b.Blockers) != 1 || b.Blockers[0].ID != item.ID {
		t.Errorf("blocked by %v", b.Blockers)
	}
	s.move("drill.improve", "")
	say := func(a dispatch.Actor, command, reason string) error {
		body, err := json.Marshal(dispatch.ImprovementMove{Improvement: item.ID, Reason: reason})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.svc.AnswerImprovement(t.Context(), a, s.drill, command, fmt.Sprintf("answer-%06d", c.keys.Add(1)), body)
		return err
	}
	done := func(a dispatch.Actor, reason string) error { return say(a, "improvement.done", reason) }
	finds := func(a dispatch.Actor, follows ...dispatch.Realm) []dispatch.ImprovementOf {
		t.Helper()
		found, err := c.store.Improvements(t.Context(), a, follows)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	as := func(role dispatch.Role, id string) dispatch.Actor {
		a := c.fireDesk
		a.Role, a.ID = role, id
		return a
	}
	for _, a := range []dispatch.Actor{c.fireDesk, as(dispatch.RoleChief, "值班长"), as(dispatch.RolePlanner, "策划员")} {
		if mine := finds(a); len(mine) != 1 || mine[0].DrillName != "液氯泄漏演练" || mine[0].Improvement.ID != item.ID || !mine[0].Owes || mine[0].Follows {
			t.Errorf("its owner, %s, finds %+v", a.Role, mine)
		}
	}
	for _, a := range []dispatch.Actor{c.clinicDesk, as(dispatch.RoleLeader, "队长"), as(dispatch.RoleObserver, "大屏")} {
		if others := finds(a); len(others) != 0 {
			t.Errorf("%s of %s finds %+v", a.Role, a.Agency, others)
		}
	}
	if followed := finds(c.clinicDesk, s.realm); len(followed) != 1 || followed[0].Owes || !followed[0].Follows {
		t.Errorf("who directs the drill finds %+v", followed)
	}
	for command, code := range map[string]dispatch.Code{"improvement.verify": dispatch.Invalid, "improvement.drop": dispatch.Invalid, "drill.close": dispatch.Invalid, "nothing": dispatch.Invalid} {
		if err := say(c.fireDesk, command, "x"); dispatch.CodeOf(err) != code {
			t.Errorf("%s from outside the drill: %v", command, err)
		}
	}
	if err := say(c.fireDesk, "improvement.progress", " "); dispatch.CodeOf(err) != dispatch.Invalid {
		t.Errorf("a progress without a word: %v", err)
	}
	if err := say(c.clinicDesk, "improvement.progress", "不是我们的"); dispatch.CodeOf(err) != dispatch.NotFound {
		t.Errorf("another agency tells the progress: %v", err)
	}
	if err := say(c.fireDesk, "improvement.progress", "已订教材"); err != nil {
		t.Fatal(err)
	}
	if i := in[*dispatch.Improvement](s, dispatch.KindImprovement, item.ID); i.State != dispatch.ImprovementOpen || i.Progress != "已订教材" || i.Told == nil || !i.Told.At.Equal(c.clock()) || i.Told.By != "李四" {
		t.Errorf("told %+v", i)
	}
	s.do(evaluator, "improvement.progress", dispatch.ImprovementMove{Improvement: item.ID, Reason: "代为登记：已开课"})
	if err := done(c.clinicDesk, "不是我们的"); dispatch.CodeOf(err) != dispatch.NotFound {
		t.Errorf("another agency says it is done: %v", err)
	}
	if err := done(s.player, ""); dispatch.CodeOf(err) != dispatch.Forbidden {
		t.Errorf("from inside a drill: %v", err)
	}
	if err := done(c.fireDesk, "已补训 32 人"); err != nil {
		t.Fatal(err)
	}
	var illegal *dispatch.Error
	if err := done(c.fireDesk, "再报一次"); !errors.As(err, &illegal) || illegal.Code != dispatch.IllegalMove {
		t.Errorf("done twice: %v", err)
	}
	move := dispatch.ImprovementMove{Improvement: item.ID}
	if err := say(c.fireDesk, "improvement.progress", "再报进展"); dispatch.CodeOf(err) != dispatch.IllegalMove {
		t.Errorf("progress of what is done: %v", err)
	}
	s.refused(s.director, dispatch.Invalid, "improvement.reopen", move)
	s.refused(s.director, dispatch.Blocked, "drill.close", dispatch.DrillMove{Drill: s.drill})
	s.refused(evaluator, dispatch.Forbidden, "improvement.verify", move)
	verified := put[*dispatch.Improvement](c, s.do(s.director, "improvement.verify", move))
	if verified.Stamps[dispatch.ImprovementDone].By != "李四" || !verified.Stamps[dispatch.ImprovementVerified].At.Equal(c.clock()) {
		t.Errorf("verified %+v", verified.Stamps)
	}
	s.move("drill.close", "")
	s.refused(s.director, dispatch.IllegalMove, "improvement.save", dispatch.ImprovementSave{Text: "太晚", Owner: c.fire})
	if err := done(c.fireDesk, "太晚"); dispatch.CodeOf(err) != dispatch.IllegalMove {
		t.Errorf("after the drill is filed: %v", err)
	}
	// The players never saw the plan.
	for _, k := range []dispatch.Kind{dispatch.KindObservation, dispatch.KindImprovement} {
		if recs, err := c.svc.Find(t.Context(), s.player, dispatch.Query{Kind: k}); err != nil || len(recs) != 0 {
			t.Errorf("a player sees %d of %s, %v", len(recs), k, err)
		}
	}
}

// An observation is its writer's; what it decides goes with it.
func TestObservationIsOnesOwn(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	s, evaluator := c.judged()
	other := evaluator
	other.ID, other.Name = "评估乙", "评估乙"
	add := func(a dispatch.Actor, seen bool) *dispatch.Observation {
		return put[*dispatch.Observation](c, s.do(a, "observation.add", dispatch.ObservationAdd{Type: dispatch.ObservationAction, Inject: "j1", Expected: ptr(0), Seen: &seen}))
	}
	state := func(n int) (done, missed bool) {
		e := in[*dispatch.Inject](s, dispatch.KindInject, "j1").Expected[n]
		return e.Done != nil, e.Missed != nil
	}
	one := add(evaluator, true)
	c.pass(time.Minute)
	two := add(other, false) // written last
	if done, missed := state(0); done || !missed {
		t.Errorf("done %v, missed %v", done, missed)
	}
	s.refused(other, dispatch.Forbidden, "observation.edit", dispatch.ObservationEdit{Observation: one.ID, Seen: ptr(false)})
	s.refused(other, dispatch.Forbidden, "observation.remove", dispatch.ObservationRemove{Observation: one.ID})
	s.refused(s.director, dispatch.Invalid, "observation.remove", dispatch.ObservationRemove{Observation: two.ID})
	c.pass(time.Minute)
	edited := put[*dispatch.Observation](c, s.do(evaluator, "observation.edit", dispatch.ObservationEdit{Observation: one.ID, Seen: ptr(true), Text: "确实通知了"}))
	if edited.Edited == nil || !edited.Moment.At.Equal(one.Moment.At) || edited.Seq != one.Seq {
		t.Errorf("edited %+v", edited)
	}
	if done, _ := state(0); !done {
		t.Error("what was written last does not decide")
	}
	s.do(evaluator, "observation.remove", dispatch.ObservationRemove{Observation: one.ID})
	if done, missed := state(0); done || !missed {
		t.Errorf("after it was taken back: done %v, missed %v", done, missed)
	}
	s.do(s.director, "observation.remove", dispatch.ObservationRemove{Observation: two.ID, Reason: "写错了对象"})
	if done, missed := state(0); done || missed {
		t.Errorf("after both were taken back: done %v, missed %v", done, missed)
	}
	early := in[*dispatch.Drill](s, dispatch.KindDrill, s.drill).Begins.Add(-time.Second)
	late := c.svc.Now(s.realm).Add(2 * time.Minute)
	for name, bad := range map[string]dispatch.ObservationAdd{
		"type":        {Type: "opinion", Text: "x"},
		"text":        {Type: dispatch.ObservationStrength},
		"expected":    {Type: dispatch.ObservationAction, Inject: "j1"},
		"inject":      {Type: dispatch.ObservationAction, Expected: ptr(0), Seen: ptr(true)},
		"score":       {Type: dispatch.ObservationScore, Objective: "o1"},
		"objective":   {Type: dispatch.ObservationScore, Score: &dispatch.Score{Scale: dispatch.ScaleYesNo}},
		"score.value": {Type: dispatch.ObservationScore, Objective: "o1", Score: &dispatch.Score{Scale: dispatch.ScaleGrade, Value: 2}},
		"score.unit":  {Type: dispatch.ObservationScore, Objective: "o1", Score: &dispatch.Score{Scale: dispatch.ScaleQuantity, Value: 2}},
		"aspect":      {Type: dispatch.ObservationLesson, Text: "x", Aspect: "mood"},
		"event_time":  {Type: dispatch.ObservationLesson, Text: "x", EventTime: &early},
	} {
		if e := s.refused(evaluator, dispatch.Invalid, "observation.add", bad); e.Field != name {
			t.Errorf("%s: refused for %q", name, e.Field)
		}
	}
	s.refused(evaluator, dispatch.Invalid, "observation.add", dispatch.ObservationAdd{Type: dispatch.ObservationLesson, Text: "x", EventTime: &late})
	s.refused(evaluator, dispatch.Invalid, "observation.add", dispatch.ObservationAdd{Type: dispatch.ObservationAction, Inject: "j1", Expected: ptr(3), Seen: ptr(true)})
	s.refused(evaluator, dispatch.NotFound, "observation.add", dispatch.ObservationAdd{Type: dispatch.ObservationLesson, Text: "x", Objective: "none"})
	s.refused(s.player, dispatch.Forbidden, "observation.add", dispatch.ObservationAdd{Type: dispatch.ObservationLesson, Text: "x"})
	s.refused(s.director, dispatch.Invalid, "drill.target", dispatch.DrillTarget{Drill: s.drill, Targets: map[dispatch.MeasureType]int{"mood": 3}})
	s.refused(s.director, dispatch.Invalid, "drill.target", dispatch.DrillTarget{Drill: s.drill, Targets: map[dispatch.MeasureType]int{dispatch.MeasureTurnout: 0}})
	s.do(s.director, "drill.target", dispatch.DrillTarget{Drill: s.drill, Targets: map[dispatch.MeasureType]int{dispatch.MeasureTurnout: 45}})
	// A fork takes nothing over of what was judged.
	f := s.do(s.director, "drill.open", dispatch.DrillOpen{Name: "再来", Content: dispatch.DrillSingle, Form: dispatch.DrillField, Purpose: dispatch.DrillTest, Picture: dispatch.PicturePlan})
	s.do(evaluator, "observation.add", dispatch.ObservationAdd{Type: dispatch.ObservationLesson, Text: "x"})
	if recs, err := c.store.Find(t.Context(), dispatch.Query{Realm: f.Change.Realm, Kind: dispatch.KindObservation}); err != nil || len(recs) != 0 {
		t.Errorf("the fork holds %d observations, %v", len(recs), err)
	}
}

// A remark is written by who directs or controls, from the planning on, and judges
// nothing; nobody who plays sees it, then or later, and of the report it is the
// director's alone.
func TestRemarksArePrivate(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	s := c.stage(dispatch.DrillOpen{Picture: dispatch.PictureResources, Seed: 5})
	early := put[*dispatch.Observation](c, s.do(s.director, "observation.add", dispatch.ObservationAdd{Type: dispatch.ObservationRemark, Text: "电台先试一遍"}))
	s.plant(&dispatch.Objective{Head: head(dispatch.KindObjective, "o1"), Number: 1, Name: "及时出动", Aspect: dispatch.AspectResponse, Weight: 60})
	i := s.save(line("001", dispatch.InjectPhone, byHand))
	s.begin()
	as := func(role dispatch.Role, agency, team string) dispatch.Actor {
		return dispatch.Actor{ID: "p-" + string(role), Name: string(role), Realm: s.realm, Role: role, Agency: agency, Team: team, Jurisdiction: "4110", Home: "411000"}
	}
	controller, evaluator := as(dispatch.RoleController, c.bureau, ""), as(dispatch.RoleEvaluator, c.bureau, "")
	remark := dispatch.ObservationAdd{Type: dispatch.ObservationRemark, Inject: i.ID, Text: "暂缓，等现场"}
	c.pass(time.Minute)
	of := put[*dispatch.Observation](c, s.do(controller, "observation.add", remark))
	if of.Inject != i.ID || of.Objective != "" || of.Moment.At.IsZero() || of.Name != "controller" {
		t.Errorf("written %+v", of)
	}
	for _, a := range []dispatch.Actor{evaluator, as(dispatch.RoleDispatcher, c.fire, ""), as(dispatch.RoleLeader, c.fire, c.teams["xf1"]), as(dispatch.RolePlanner, c.bureau, "")} {
		s.refused(a, dispatch.Forbidden, "observation.add", remark)
	}
	for name, bad := range map[string]dispatch.ObservationAdd{
		"text": {Type: dispatch.ObservationRemark},
		"type": {Type: dispatch.ObservationRemark, Text: "x", Objective: "o1"},
	} {
		if e := s.refused(s.director, dispatch.Invalid, "observation.add", bad); e.Field != name {
			t.Errorf("%s: refused for %q", name, e.Field)
		}
	}
	s.refused(s.director, dispatch.Invalid, "observation.add", dispatch.ObservationAdd{Type: dispatch.ObservationRemark, Text: "x", Agency: c.fire})
	s.refused(s.director, dispatch.NotFound, "observation.add", dispatch.ObservationAdd{Type: dispatch.ObservationRemark, Text: "x", Inject: "none"})
	s.refused(evaluator, dispatch.Forbidden, "observation.edit", dispatch.ObservationEdit{Observation: of.ID, Text: "x"})
	s.do(controller, "observation.edit", dispatch.ObservationEdit{Observation: of.ID, Text: "暂缓，等现场到位"})

	for _, role := range slices.Concat(dispatch.Roles, dispatch.PartRoles, []dispatch.Role{dispatch.RolePeer}) {
		a := as(role, c.fire, "")
		if role == dispatch.RoleLeader {
			a.Team = c.teams["xf1"]
		}
		want := slices.Contains([]dispatch.Role{dispatch.RoleDirector, dispatch.RoleController, dispatch.RoleEvaluator, dispatch.RolePlanner}, role)
		if got := c.sees(a, dispatch.KindObservation, of.ID); got != want {
			t.Errorf("%s sees a remark: %v", role, got)
		}
	}
	c.pass(time.Minute)
	s.move("drill.end", "")
	s.move("drill.evaluate", "")
	s.do(s.director, "observation.add", dispatch.ObservationAdd{Type: dispatch.ObservationRemark, Text: "下次提前试电台"})
	for _, a := range []dispatch.Actor{s.director, controller, evaluator, as(dispatch.RoleDispatcher, c.fire, ""), as(dispatch.RolePlanner, c.bureau, "")} {
		r, err := c.svc.DrillReport(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		if a.Role == dispatch.RoleDirector && (len(r.Remarks) != 3 || r.Remarks[0].ID != early.ID || r.Remarks[1].Text != "暂缓，等现场到位") {
			t.Errorf("the director's report holds %+v", r.Remarks)
		}
		if a.Role != dispatch.RoleDirector && r.Remarks != nil || len(r.Observations) != 0 || r.Score.Score != -1 {
			t.Errorf("the report for a %s holds %d remarks, %d observations, a score of %v", a.Role, len(r.Remarks), len(r.Observations), r.Score.Score)
		}
	}
}

// A drill beside another, and beside what was real.
func TestDrillIsCompared(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	i := c.open("真实火情")
	c.pass(40 * time.Second)
	task := c.assign(c.desk, i.ID, "xf1")
	c.pass(25 * time.Second)
	c.advance("xf1", task.ID, "acknowledged", "en_route")
	from, to := c.clock().Add(-time.Hour), c.clock().Add(time.Hour)
	s, _ := c.judged()
	r, err := c.svc.DrillReport(t.Context(), s.director)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.svc.ComparePeriod(t.Context(), r, c.desk, from, to); err != nil {
		t.Fatal(err)
	}
	got := map[dispatch.MeasureType]dispatch.Measure{}
	for _, m := range r.Compared.Measures {
		got[m.Type] = m
	}
	if got[dispatch.MeasureFirstAssignment].Median != 40 || got[dispatch.MeasureAcknowledge].Median != 25 || got[dispatch.MeasureTurnout].Median != 85 || r.Compared.Score != -1 {
		t.Errorf("what was real came to %+v", r.Compared)
	}
	// Who does not see the incident measures nothing of it.
	if err := c.svc.ComparePeriod(t.Context(), r, c.clinicDesk, from, to); err != nil || len(r.Compared.Measures) != 0 {
		t.Errorf("others measure %+v, %v", r.Compared, err)
	}
	if err := c.svc.ComparePeriod(t.Context(), r, c.desk, to, from); dispatch.CodeOf(err) != dispatch.Invalid {
		t.Errorf("backwards: %v", err)
	}
	if err := c.svc.ComparePeriod(t.Context(), r, c.desk, from, from.AddDate(1, 0, 0)); dispatch.CodeOf(err) != dispatch.Invalid {
		t.Errorf("a year: %v", err)
	}
	two, evaluator := c.judged()
	two.do(evaluator, "observation.add", dispatch.ObservationAdd{Type: dispatch.ObservationScore, Objective: "o1", Score: &dispatch.Score{Scale: dispatch.ScaleGrade, Value: 3}})
	if err := c.svc.CompareDrill(t.Context(), r, two.director); err != nil || r.Compared.Score != 60 || r.Compared.Drill != two.drill {
		t.Errorf("the other drill came to %+v, %v", r.Compared, err)
	}
	if err := c.svc.CompareDrill(t.Context(), r, two.player); dispatch.CodeOf(err) != dispatch.Forbidden {
		t.Errorf("with a drill that is not told: %v", err)
	}
	if _, err := c.svc.DrillReport(t.Context(), c.desk); dispatch.CodeOf(err) != dispatch.IllegalMove {
		t.Errorf("outside a drill: %v", err)
	}
}
