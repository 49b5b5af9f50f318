package dispatch_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/geo/route"
)

// line is a line of a script as short as it can be.
func line(number string, method dispatch.InjectMethod, t dispatch.Trigger) dispatch.InjectSave {
	return dispatch.InjectSave{Number: number, Type: dispatch.InjectInformation, Method: method, Text: "情况 " + number, Trigger: t}
}

func at(offset int) dispatch.Trigger {
	return dispatch.Trigger{Type: dispatch.TriggerTimed, Offset: offset}
}

var byHand = dispatch.Trigger{Type: dispatch.TriggerManual}

func when(any bool, clauses ...dispatch.Clause) dispatch.Trigger {
	return dispatch.Trigger{Type: dispatch.TriggerCondition, When: &dispatch.When{Any: any, Clauses: clauses}}
}

func (s *stage) save(in dispatch.InjectSave) *dispatch.Inject {
	s.t.Helper()
	return put[*dispatch.Inject](s.town, s.do(s.director, "inject.save", in))
}

func (s *stage) inject(id string) *dispatch.Inject {
	s.t.Helper()
	return in[*dispatch.Inject](s, dispatch.KindInject, id)
}

func (s *stage) look() {
	s.t.Helper()
	if _, err := s.svc.FireDue(s.t.Context(), s.realm); err != nil {
		s.t.Fatal(err)
	}
}

// hire makes a person of the agency, who then has a part in the drill.
func (s *stage) hire(name, agency string, p dispatch.PartSave) string {
	s.t.Helper()
	p.Person = s.id(s.do(dispatch.System(dispatch.Live), "person.save", dispatch.PersonSave{Agency: agency, Name: name, Login: name, Roles: []dispatch.Role{dispatch.RoleDispatcher}}))
	s.do(s.director, "part.save", p)
	return p.Person
}

func rest(c *town) *stage {
	begins := time.Date(2027, 3, 1, 1, 0, 0, 0, time.UTC)
	return c.stage(dispatch.DrillOpen{Picture: dispatch.PictureResources, Begins: &begins, Seed: 5})
}

// A script is played: timed, by hand, by what players did and did not do, with an
// action in the name of an agency, and what was expected is seen done or missed.
func TestScriptIsPlayed(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	s := rest(c)
	desk := s.hire("desk", c.fire, dispatch.PartSave{Role: dispatch.RoleDispatcher})
	s.hire("clinicdesk", c.clinic, dispatch.PartSave{Role: dispatch.RoleDispatcher})
	objective := s.id(s.do(s.director, "objective.save", dispatch.ObjectiveSave{Name: "及时派遣", Aspect: dispatch.AspectCommand, Weight: 60}))

	call := line("001", dispatch.InjectPhone, at(60))
	call.Type, call.Objective = dispatch.InjectActing, objective
	call.Action = &dispatch.InjectAction{Command: "report.take", Agency: c.fire, Input: json.RawMessage(`{"channel":"hotline","text":"厂区有异味","place":{},"area":"411002"}`)}
	call.Expected = []dispatch.Expected{{Text: "立案", Within: 120, Weight: 3, Command: "incident.open", Agency: c.fire}}
	first := s.save(call)
	told := line("002", dispatch.InjectSystem, when(false, dispatch.Clause{Inject: first.ID, State: dispatch.InjectActed}))
	told.Trigger.Delay, told.From, told.Parts = 30, "指挥中心", []string{desk}
	second := s.save(told)
	radio := s.save(line("003", dispatch.InjectRadio, when(true, dispatch.Clause{Command: "request.raise", Not: true, Within: 600}, dispatch.Clause{Inject: first.ID, State: dispatch.InjectMissed})))
	hand := s.save(line("004", dispatch.InjectActor, byHand))
	late := line("005", dispatch.InjectSystem, when(false, dispatch.Clause{Command: "request.raise"}))
	late.Trigger.Until = 700
	fifth := s.save(late)
	bad := line("006", dispatch.InjectPhone, at(1200))
	bad.Action = &dispatch.InjectAction{Command: "team.distress", Agency: c.fire, Input: json.RawMessage(`{"team":"nobody"}`)}
	sixth := s.save(bad)
	missed := line("007", dispatch.InjectSystem, at(1300))
	missed.Expected = []dispatch.Expected{{Text: "请求支援", Within: 60, Weight: 1, Command: "request.raise"}}
	seventh := s.save(missed)
	if first.Number != "001" || first.State != dispatch.InjectWaiting || !first.Due.Equal(time.Date(2027, 3, 1, 1, 1, 0, 0, time.UTC)) {
		t.Fatalf("saved %+v", first)
	}
	player := c.fireDesk
	player.Realm = s.realm
	if c.sees(player, dispatch.KindInject, first.ID) || !c.sees(s.director, dispatch.KindInject, first.ID) {
		t.Error("players see the script, or its director does not")
	}
	s.begin()
	start := in[*dispatch.Drill](s, dispatch.KindDrill, s.drill).Begins
	c.pass(59 * time.Second)
	s.look()
	if got := s.inject(first.ID); got.State != dispatch.InjectWaiting {
		t.Fatalf("it is %s a second early", got.State)
	}
	c.pass(21 * time.Second)
	s.look()
	got := s.inject(first.ID)
	if got.State != dispatch.InjectReleased || !got.Stamps[dispatch.InjectReleased].At.Equal(start.Add(time.Minute)) || got.Action.Done == nil || got.Reason != "" {
		t.Fatalf("released %+v, action %+v", got, got.Action)
	}
	reports, err := c.store.Find(t.Context(), dispatch.Query{Realm: s.realm, Kind: dispatch.KindReport})
	if err != nil || len(reports) != 1 || reports[0].(*dispatch.Report).Text != "厂区有异味" || dispatch.HeadOf(reports[0]).Scope.Agency != c.fire || !dispatch.HeadOf(reports[0]).Created.Equal(start.Add(time.Minute)) {
		t.Fatalf("the action took down %+v, %v", reports, err)
	}

	s.do(player, "incident.open", dispatch.IncidentOpen{Type: "12G03", Title: "泄漏", Area: "411002"})
	if got := s.inject(first.ID); got.State != dispatch.InjectActed || got.Expected[0].Done == nil || got.Due != nil {
		t.Errorf("after what was expected it is %s, due %v", got.State, got.Due)
	}
	if got := s.inject(second.ID); got.State != dispatch.InjectWaiting || got.Met == nil {
		t.Errorf("with its delay it is %s", got.State)
	}
	c.pass(30 * time.Second)
	s.look()
	if got := s.inject(second.ID); got.State != dispatch.InjectReleased {
		t.Errorf("after its delay it is %s", got.State)
	}
	alarms, err := c.svc.Find(t.Context(), player, dispatch.Query{Kind: dispatch.KindAlarm})
	if err != nil || len(alarms) != 1 || alarms[0].(*dispatch.Alarm).Text != "情况 002" || alarms[0].(*dispatch.Alarm).From != "指挥中心" {
		t.Fatalf("the players are told %+v, %v", alarms, err)
	}
	other := c.clinicDesk
	other.Realm = s.realm
	if c.sees(other, dispatch.KindAlarm, dispatch.RefOf(alarms[0]).ID) {
		t.Error("one for whom it is not is told")
	}
	s.do(player, "alarm.acknowledge", dispatch.AlarmAck{Alarm: dispatch.RefOf(alarms[0]).ID})

	// Nobody asked for help: a line that a person has to give is due at that moment.
	s.do(s.director, "drill.jump", dispatch.DrillJump{Drill: s.drill, To: start.Add(11 * time.Minute)})
	s.look()
	if got := s.inject(radio.ID); got.State != dispatch.InjectDue || !got.Stamps[dispatch.InjectDue].At.Equal(start.Add(10*time.Minute)) {
		t.Errorf("what was not done makes it %s, %v", got.State, got.Stamps)
	}
	e := s.refused(s.director, dispatch.Invalid, "inject.hold", dispatch.InjectMove{Inject: radio.ID})
	if e.Field != "reason" {
		t.Errorf("refused by %q", e.Field)
	}
	s.do(s.director, "inject.hold", dispatch.InjectMove{Inject: radio.ID, Reason: "再等等"})
	s.do(s.director, "inject.release", dispatch.InjectMove{Inject: radio.ID})
	s.refused(s.director, dispatch.IllegalMove, "inject.release", dispatch.InjectMove{Inject: radio.ID})
	// What depends on one that is moved while the clock stands comes of its start.
	after := s.save(line("004a", dispatch.InjectRadio, when(false, dispatch.Clause{Inject: hand.ID, State: dispatch.InjectSkipped})))
	s.move("drill.pause", "")
	s.do(s.director, "inject.skip", dispatch.InjectMove{Inject: hand.ID, Reason: "不需要"})
	if got := s.inject(after.ID); got.State != dispatch.InjectWaiting {
		t.Errorf("while the clock stands it becomes %s", got.State)
	}
	s.move("drill.resume", "")
	if got := s.inject(after.ID); got.State != dispatch.InjectDue {
		t.Errorf("when the clock runs on it is %s", got.State)
	}
	s.refused(player, dispatch.Forbidden, "inject.release", dispatch.InjectMove{Inject: hand.ID})
	s.refused(s.director, dispatch.IllegalMove, "inject.save", func() dispatch.InjectSave {
		l := line("004", dispatch.InjectActor, byHand)
		l.Inject = hand.ID
		return l
	}())

	s.do(s.director, "drill.jump", dispatch.DrillJump{Drill: s.drill, To: start.Add(25 * time.Minute)})
	s.look()
	if got := s.inject(fifth.ID); got.State != dispatch.InjectMissed || !got.Stamps[dispatch.InjectMissed].At.Equal(start.Add(700*time.Second)) {
		t.Errorf("its time ran out and it is %s, %v", got.State, got.Stamps)
	}
	if got := s.inject(sixth.ID); got.State != dispatch.InjectReleased || got.Reason == "" || got.Action.Done == nil {
		t.Errorf("an action that is refused leaves %s, reason %q", got.State, got.Reason)
	}
	if got := s.inject(seventh.ID); got.State != dispatch.InjectMissed || !got.Stamps[dispatch.InjectMissed].At.Equal(start.Add(1360*time.Second)) {
		t.Errorf("what was expected did not come and it is %s, %v", got.State, got.Stamps)
	}
	// A line written during the drill is not before the moment.
	e = s.refused(s.director, dispatch.Invalid, "inject.save", line("008", dispatch.InjectSystem, at(60)))
	if e.Field != "trigger.offset" {
		t.Errorf("refused by %q", e.Field)
	}
	if n := s.save(line("", dispatch.InjectSystem, at(1600))); n.Number != "008" {
		t.Errorf("the next number is %s", n.Number)
	}
	s.move("drill.end", "")
	s.refused(s.director, dispatch.IllegalMove, "inject.save", line("009", dispatch.InjectSystem, byHand))
	s.refused(s.director, dispatch.IllegalMove, "objective.save", dispatch.ObjectiveSave{Name: "x", Aspect: dispatch.AspectOther, Weight: 1})
}

func TestScriptRefusesBadLines(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	s := rest(c)
	player := s.hire("desk", c.fire, dispatch.PartSave{Role: dispatch.RoleDispatcher})
	one := s.save(line("001", dispatch.InjectSystem, at(60)))
	two := s.save(line("002", dispatch.InjectSystem, when(false, dispatch.Clause{Inject: one.ID, State: dispatch.InjectReleased})))
	if two.Due != nil {
		t.Errorf("one that depends on another inject alone is looked at by itself at %s", two.Due)
	}
	act := func(a dispatch.InjectAction) dispatch.InjectSave {
		l := line("x", dispatch.InjectPhone, byHand)
		l.Action = &a
		return l
	}
	change := func(f func(*dispatch.InjectSave)) dispatch.InjectSave {
		l := line("x", dispatch.InjectSystem, byHand)
		f(&l)
		return l
	}
	circle := line("001", dispatch.InjectSystem, when(false, dispatch.Clause{Inject: two.ID, State: dispatch.InjectReleased}))
	circle.Inject = one.ID
	itself := line("001", dispatch.InjectSystem, when(true, dispatch.Clause{Inject: one.ID, State: dispatch.InjectReleased}))
	itself.Inject = one.ID
	for name, bad := range map[string]struct {
		in    dispatch.InjectSave
		field string
	}{
		"circle":             {circle, "trigger.when"},
		"itself":             {itself, "trigger.when"},
		"before the start":   {line("x", dispatch.InjectSystem, at(-1)), "trigger.offset"},
		"beyond any drill":   {line("x", dispatch.InjectSystem, at(1<<30)), "trigger.offset"},
		"number taken":       {line("001", dispatch.InjectSystem, byHand), "number"},
		"no trigger":         {line("x", dispatch.InjectSystem, dispatch.Trigger{}), "trigger.type"},
		"no clause":          {line("x", dispatch.InjectSystem, when(false)), "trigger.when"},
		"timed with when":    {line("x", dispatch.InjectSystem, dispatch.Trigger{Type: dispatch.TriggerTimed, When: &dispatch.When{}}), "trigger.when"},
		"unknown inject":     {line("x", dispatch.InjectSystem, when(false, dispatch.Clause{Inject: "nope", State: dispatch.InjectReleased})), "trigger.when.clauses[0].inject"},
		"unknown state":      {line("x", dispatch.InjectSystem, when(false, dispatch.Clause{Inject: one.ID, State: "gone"})), "trigger.when.clauses[0].state"},
		"unknown command":    {line("x", dispatch.InjectSystem, when(false, dispatch.Clause{Command: "task.fly"})), "trigger.when.clauses[0].command"},
		"not without within": {line("x", dispatch.InjectSystem, when(false, dispatch.Clause{Command: "task.assign", Not: true})), "trigger.when.clauses[0].within"},
		"both":               {line("x", dispatch.InjectSystem, when(false, dispatch.Clause{Command: "task.assign", Inject: one.ID})), "trigger.when.clauses[0]"},
		"until too early":    {line("x", dispatch.InjectSystem, dispatch.Trigger{Type: dispatch.TriggerCondition, Offset: 60, Until: 60, When: &dispatch.When{Clauses: []dispatch.Clause{{Command: "task.assign"}}}}), "trigger.until"},
		"system command":     {act(dispatch.InjectAction{Command: "deadline.fire", Agency: c.fire, Input: []byte(`{}`)}), "action.command"},
		"drill command":      {act(dispatch.InjectAction{Command: "drill.end", Agency: c.fire, Input: []byte(`{}`)}), "action.command"},
		"live command":       {act(dispatch.InjectAction{Command: "person.save", Agency: c.fire, Input: []byte(`{}`)}), "action.command"},
		"action's field":     {act(dispatch.InjectAction{Command: "report.take", Agency: c.fire, Input: []byte(`{"colour":"red"}`)}), "action.input.colour"},
		"action's type":      {act(dispatch.InjectAction{Command: "report.take", Agency: c.fire, Input: []byte(`{"text":5}`)}), "action.input.text"},
		"action of nobody":   {act(dispatch.InjectAction{Command: "report.take", Input: []byte(`{"text":"x"}`)}), "action.agency"},
		"unknown agency":     {act(dispatch.InjectAction{Command: "report.take", Agency: "nope", Input: []byte(`{"text":"x"}`)}), "action.agency"},
		"unknown part":       {change(func(l *dispatch.InjectSave) { l.Parts = []string{"nope"} }), "parts[0]"},
		"director as player": {change(func(l *dispatch.InjectSave) { l.Parts = []string{player, s.director.ID} }), "parts[1]"},
		"unknown controller": {change(func(l *dispatch.InjectSave) { l.Controller = player }), "controller"},
		"unknown evaluator":  {change(func(l *dispatch.InjectSave) { l.Evaluator = player }), "evaluator"},
		"unknown objective":  {change(func(l *dispatch.InjectSave) { l.Objective = "nope" }), "objective"},
		"unknown method":     {change(func(l *dispatch.InjectSave) { l.Method = "pigeon" }), "method"},
		"unknown type":       {change(func(l *dispatch.InjectSave) { l.Type = "joke" }), "type"},
		"no text":            {change(func(l *dispatch.InjectSave) { l.Text = " " }), "text"},
		"weight":             {change(func(l *dispatch.InjectSave) { l.Expected = []dispatch.Expected{{Text: "x", Weight: 11}} }), "expected[0].weight"},
	} {
		if e := s.refused(s.director, dispatch.Invalid, "inject.save", bad.in); e.Field != bad.field || e.MessageZH == "" {
			t.Errorf("%s is refused by %q: %s", name, e.Field, e.MessageZH)
		}
	}
	e := s.refused(s.director, dispatch.Blocked, "inject.remove", dispatch.InjectMove{Inject: one.ID})
	if len(e.Blockers) != 1 || e.Blockers[0].ID != two.ID {
		t.Errorf("what depends on it: %v", e.Blockers)
	}
	s.do(s.director, "inject.remove", dispatch.InjectMove{Inject: two.ID})
	s.do(s.director, "inject.remove", dispatch.InjectMove{Inject: one.ID})
	s.save(line("001", dispatch.InjectSystem, at(60))) // its number is free again
	o := s.id(s.do(s.director, "objective.save", dispatch.ObjectiveSave{Name: "报告", Aspect: dispatch.AspectWarning, Weight: 40}))
	s.save(change(func(l *dispatch.InjectSave) { l.Objective = o }))
	s.refused(s.director, dispatch.Blocked, "objective.remove", dispatch.ObjectiveMove{Objective: o})
	for field, in := range map[string]dispatch.ObjectiveSave{
		"number": {Number: 1, Name: "x", Aspect: dispatch.AspectOther, Weight: 1},
		"aspect": {Name: "x", Aspect: "luck", Weight: 1},
		"weight": {Name: "x", Aspect: dispatch.AspectOther},
	} {
		if e := s.refused(s.director, dispatch.Invalid, "objective.save", in); e.Field != field {
			t.Errorf("refused by %q, want %s", e.Field, field)
		}
	}
}

// What keeps a plan from being played is told all at once, each by its number.
func TestReadyListsAllFaults(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	s := rest(c)
	judge := s.hire("judge", c.bureau, dispatch.PartSave{Role: dispatch.RoleEvaluator})
	one := s.save(line("001", dispatch.InjectSystem, at(60)))
	s.save(line("002", dispatch.InjectSystem, when(false, dispatch.Clause{Inject: one.ID, State: dispatch.InjectActed})))
	s.save(line("003", dispatch.InjectSystem, at(7200)))
	watched := line("004", dispatch.InjectPhone, byHand)
	watched.Evaluator = judge
	s.save(watched)
	skipped := s.save(line("005", dispatch.InjectPhone, byHand))
	s.save(line("006", dispatch.InjectSystem, when(false, dispatch.Clause{Inject: skipped.ID, State: dispatch.InjectReleased})))
	s.save(line("007", dispatch.InjectSystem, when(true, dispatch.Clause{Inject: skipped.ID, State: dispatch.InjectReleased}, dispatch.Clause{Inject: one.ID, State: dispatch.InjectReleased})))
	s.do(s.director, "inject.skip", dispatch.InjectMove{Inject: skipped.ID, Reason: "不用了"})
	s.do(s.director, "part.remove", dispatch.PartMove{Part: judge})
	d := in[*dispatch.Drill](s, dispatch.KindDrill, s.drill)
	s.do(s.director, "drill.edit", dispatch.DrillEdit{Drill: s.drill, Name: d.Name, Content: d.Content, Form: d.Form, Purpose: d.Purpose, Seed: d.Seed, Length: 3600})
	s.move("drill.approve", "")
	s.move("drill.check", "单人策划")
	e := s.refused(s.director, dispatch.Blocked, "drill.ready", dispatch.DrillMove{Drill: s.drill})
	for _, number := range []string{"#002", "#003", "#004", "#006"} {
		if strings.Count(e.MessageZH, number+" ") != 1 || strings.Count(e.Message, number+" ") != 1 {
			t.Errorf("%s is not told once: %s\n%s", number, e.MessageZH, e.Message)
		}
	}
	if len(e.Blockers) != 4 || strings.Contains(e.MessageZH, "#007") {
		t.Errorf("%d things are in the way: %s", len(e.Blockers), e.MessageZH)
	}
	faults, err := c.svc.PlanFaults(t.Context(), s.director)
	if err != nil || len(faults) != 4 {
		t.Errorf("the checks list %v, %v", faults, err)
	}
	if _, err := c.svc.PlanFaults(t.Context(), s.player); dispatch.CodeOf(err) != dispatch.Forbidden {
		t.Errorf("a player reads the checks: %v", err)
	}
}

// A clock that stands and is set on goes over the script as one that ran: each line
// comes at its own moment, conditions and what follows of them, too.
func TestScriptIsPlayedOverAJump(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	s := rest(c)
	idle := s.save(line("001", dispatch.InjectSystem, when(false, dispatch.Clause{Command: "request.raise", Not: true, Within: 600})))
	after := line("002", dispatch.InjectSystem, when(false, dispatch.Clause{Inject: idle.ID, State: dispatch.InjectReleased}))
	after.Trigger.Delay = 90
	second := s.save(after)
	s.begin()
	s.do(s.director, "drill.pause", dispatch.DrillMove{Drill: s.drill})
	start := in[*dispatch.Drill](s, dispatch.KindDrill, s.drill).Begins
	s.do(s.director, "drill.jump", dispatch.DrillJump{Drill: s.drill, To: start.Add(20 * time.Minute)})
	s.look()
	for id, want := range map[string]time.Time{idle.ID: start.Add(600 * time.Second), second.ID: start.Add(690 * time.Second)} {
		if got := s.inject(id); !got.Stamps[dispatch.InjectReleased].At.Equal(want) {
			t.Errorf("inject %s is %s, released at %v; want %v", got.Number, got.State, got.Stamps[dispatch.InjectReleased].At, want)
		}
	}
}

// The same seed and decisions make the same journal, scripts and all, however often
// somebody looks.
func TestScriptsWithOneSeedAreEqual(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	play := func(n int) []string {
		s := rest(c)
		var keys atomic.Int64
		give := func(a dispatch.Actor, name string, in any) dispatch.Result {
			t.Helper()
			body, err := json.Marshal(in)
			if err != nil {
				t.Fatal(err)
			}
			r, err := c.svc.Do(t.Context(), a, name, fmt.Sprintf("decision-%d", keys.Add(1)), body)
			if err != nil {
				t.Fatal(name, err)
			}
			return r
		}
		call := line("001", dispatch.InjectPhone, at(60))
		call.Action = &dispatch.InjectAction{Command: "incident.open", Agency: c.fire, Input: json.RawMessage(`{"type":"12D02","title":"泄漏","area":"411002","place":{}}`)}
		call.Expected = []dispatch.Expected{{Text: "派遣", Within: 240, Weight: 1, Command: "task.assign"}}
		one := put[*dispatch.Inject](c, give(s.director, "inject.save", call))
		give(s.director, "inject.save", line("002", dispatch.InjectSystem, when(false, dispatch.Clause{Inject: one.ID, State: dispatch.InjectMissed}, dispatch.Clause{Command: "note.add", Not: true, Within: 200})))
		give(s.director, "inject.save", line("003", dispatch.InjectRadio, when(false, dispatch.Clause{Command: "incident.open"})))
		for _, name := range []string{"drill.approve", "drill.check", "drill.ready", "drill.start"} {
			give(s.director, name, dispatch.DrillMove{Drill: s.drill, Reason: "单人策划"})
		}
		for range n {
			c.pass(8 * time.Minute / time.Duration(n))
			s.look()
		}
		give(s.player, "incident.open", dispatch.IncidentOpen{Type: "12G03", Title: "火情", Area: "411002"})
		all, err := c.store.Changes(t.Context(), s.realm, 1, 1000)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, ch := range all {
			for _, p := range ch.Puts {
				if d, ok := p.Record.(*dispatch.Drill); ok {
					d.Clock.Wall, d.Start.At, d.ID = time.Time{}, time.Time{}, ""
				}
			}
			body, err := ch.Payload()
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, ch.At.String()+" "+ch.Kind+" "+ch.Actor.ID+" "+string(body))
		}
		return out
	}
	one, two := play(1), play(48)
	for k := range min(len(one), len(two)) {
		if one[k] != two[k] {
			t.Fatalf("change %d differs:\n%s\n%s", k+2, one[k], two[k])
		}
	}
	if len(one) != len(two) || len(one) < 12 {
		t.Errorf("%d and %d changes", len(one), len(two))
	}
}

// However many servers look, an inject is given once, and so is its action.
func TestInjectIsGivenOnceByTwoServers(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	s := rest(c)
	for n := range 20 {
		l := line(fmt.Sprintf("%03d", n+1), dispatch.InjectPhone, at(60+n/4))
		l.Action = &dispatch.InjectAction{Command: "report.take", Agency: c.fire, Input: json.RawMessage(`{"channel":"hotline","text":"来电","place":{},"area":"411002"}`)}
		s.save(l)
	}
	s.begin()
	c.pass(2 * time.Minute)
	settings := dispatch.DefaultSettings()
	var wg sync.WaitGroup
	for n := range 4 {
		svc := dispatch.NewService(c.store, dispatch.Config{Now: c.clock, NewID: func() string { return fmt.Sprintf("other%d", n) }, Router: route.Default(), Settings: settings})
		wg.Go(func() {
			if _, err := svc.FireDue(t.Context(), s.realm); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	reports, err := c.store.Find(t.Context(), dispatch.Query{Realm: s.realm, Kind: dispatch.KindReport, Limit: -1})
	if err != nil || len(reports) != 20 {
		t.Errorf("%d reports were taken down, %v", len(reports), err)
	}
	all, err := c.store.Find(t.Context(), dispatch.Query{Realm: s.realm, Kind: dispatch.KindInject, Limit: -1})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if i := r.(*dispatch.Inject); i.State != dispatch.InjectReleased || i.Action.Done == nil || i.Reason != "" {
			t.Errorf("#%s is %s, %q", i.Number, i.State, i.Reason)
		}
	}
}

// A drill that goes on from a moment of another has what was still to come, counted
// from that moment; one that takes over its plan has the script as it was planned.
func TestScriptIsForked(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	s := rest(c)
	s.save(line("001", dispatch.InjectSystem, at(60)))
	s.save(line("002", dispatch.InjectSystem, at(600)))
	s.do(s.director, "objective.save", dispatch.ObjectiveSave{Name: "报告", Aspect: dispatch.AspectWarning, Weight: 40})
	s.begin()
	c.pass(2 * time.Minute)
	s.look()
	for picture, want := range map[dispatch.PictureType]string{
		dispatch.PictureWhole: "001 released 60, 002 waiting 480", dispatch.PicturePlan: "001 waiting 60, 002 waiting 600", dispatch.PictureResources: "",
	} {
		r := c.do(s.director, "drill.open", dispatch.DrillOpen{Name: "另一场", Content: dispatch.DrillSingle, Form: dispatch.DrillTabletop, Purpose: dispatch.DrillResearch, Picture: picture})
		recs, err := c.store.Find(t.Context(), dispatch.Query{Realm: r.Change.Realm, Kind: dispatch.KindInject})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range recs {
			i := r.(*dispatch.Inject)
			got = append(got, fmt.Sprintf("%s %s %d", i.Number, i.State, i.Trigger.Offset))
		}
		if len(got) == 2 && got[0] > got[1] {
			got[0], got[1] = got[1], got[0]
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s has %v, want %s", picture, got, want)
		}
	}
}
