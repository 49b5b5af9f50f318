package dispatch

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// plan is what the lines of a script refer to.
type plan struct {
	drill      *Drill
	parts      map[string]*Part
	objectives map[string]*Objective
	agencies   map[string]bool
	teams      map[string]bool
	injects    []*Inject
}

// PlanFault is something in a drill's plan that keeps it from being played.
type PlanFault struct {
	Ref   Ref    `json:"ref" doc:"drill, part or inject"`
	Field string `json:"field"`
	ZH    string `json:"zh"`
	EN    string `json:"en"`
}

// loadPlan reads what the lines refer to.
func (w *work) loadPlan(ctx context.Context, injects []*Inject) (*plan, error) {
	return readPlan(ctx, w.tx, w.drill, injects)
}

func readPlan(ctx context.Context, from Reader, d *Drill, injects []*Inject) (*plan, error) {
	p := &plan{drill: d, parts: map[string]*Part{}, objectives: map[string]*Objective{}, agencies: map[string]bool{}, teams: map[string]bool{}, injects: injects}
	for _, k := range []Kind{KindPart, KindObjective, KindAgency, KindTeam} {
		recs, err := from.Find(ctx, Query{Realm: DrillRealm(d.ID), Kind: k, Limit: -1})
		if err != nil {
			return nil, err
		}
		for _, r := range recs {
			switch r := r.(type) {
			case *Part:
				p.parts[r.ID] = r
			case *Objective:
				p.objectives[r.ID] = r
			case *Agency:
				p.agencies[r.ID] = true
			case *Team:
				p.teams[r.ID] = true
			}
		}
	}
	return p, nil
}

// admit refuses a line that refers to what is not there, or closes a circle.
func (p *plan) admit(i *Inject) error {
	if faults := p.refers(i); len(faults) > 0 {
		f := faults[0]
		return invalid(f.Field, "", f.ZH, f.EN)
	}
	if loop := p.circle(i); len(loop) > 0 {
		return invalid("trigger.when", strings.Join(loop, " → "), "条件成环："+strings.Join(loop, " → "), "the conditions run in a circle: "+strings.Join(loop, " → "))
	}
	return nil
}

// refers lists what the line names that is not in the drill.
func (p *plan) refers(i *Inject) []PlanFault {
	var out []PlanFault
	fault := func(field, zh, en string) { out = append(out, PlanFault{RefOf(i), field, zh, en}) }
	for k, id := range i.Parts {
		if part := p.parts[id]; part == nil || p.runs(part) {
			fault(field("parts", k), "指定的接收人不是参演人员", "who it is for is no player of the drill")
		}
	}
	if i.Controller != "" {
		if part := p.parts[i.Controller]; part == nil || part.Role != RoleDirector && part.Role != RoleController {
			fault("controller", "负责人不是本演练的导调人员", "the controller has no such part in the drill")
		}
	}
	if i.Evaluator != "" {
		if part := p.parts[i.Evaluator]; part == nil || part.Role != RoleEvaluator {
			fault("evaluator", "评估人不是本演练的评估员", "the evaluator has no such part in the drill")
		}
	}
	if i.Objective != "" && p.objectives[i.Objective] == nil {
		fault("objective", "没有这个演练目标", "there is no such objective")
	}
	agency := func(name, id string) {
		if id != "" && !p.agencies[id] {
			fault(name, "该单位不在演练范围内", "the agency is not in the drill")
		}
	}
	if i.Action != nil {
		if i.Action.Agency == "" {
			fault("action.agency", "请指定以哪个单位的名义执行", "an action names the agency that gives it")
		}
		agency("action.agency", i.Action.Agency)
	}
	for k, e := range i.Expected {
		agency(field("expected", k)+".agency", e.Agency)
	}
	if i.Trigger.When == nil {
		return out
	}
	for k, c := range i.Trigger.When.Clauses {
		name := field("trigger.when.clauses", k)
		agency(name+".agency", c.Agency)
		if c.Inject != "" && c.Inject != i.ID && p.inject(c.Inject) == nil {
			fault(name+".inject", "条件所指的注入不存在", "the inject that it depends on is not there")
		}
	}
	return out
}

func (p *plan) runs(part *Part) bool {
	return (Audience{Realm: DrillRealm(p.drill.ID), Role: part.Role}).runs()
}

func (p *plan) inject(id string) *Inject {
	for _, i := range p.injects {
		if i.ID == id {
			return i
		}
	}
	return nil
}

// circle is a way along conditions from the line back to itself, by numbers; i
// stands for the line of its id.
func (p *plan) circle(i *Inject) []string {
	seen := map[string]bool{}
	var walk func(o *Inject) []string
	walk = func(o *Inject) []string {
		if o.Trigger.When == nil {
			return nil
		}
		for _, c := range o.Trigger.When.Clauses {
			switch next := p.inject(c.Inject); {
			case c.Inject == "":
			case c.Inject == i.ID:
				return []string{o.Number, i.Number}
			case next == nil || seen[c.Inject]:
			default:
				seen[c.Inject] = true
				if rest := walk(next); rest != nil {
					return append([]string{o.Number}, rest...)
				}
			}
		}
		return nil
	}
	return walk(i)
}

// planFaults lists all that keeps the plan from being played.
func (w *work) planFaults(ctx context.Context) ([]PlanFault, error) {
	injects, err := w.injects(ctx)
	if err != nil {
		return nil, err
	}
	p, err := w.loadPlan(ctx, injects)
	if err != nil {
		return nil, err
	}
	return p.faults(), nil
}

// PlanFaults lists what keeps the plan of the actor's drill from being played, for
// those who run it.
func (s *Service) PlanFaults(ctx context.Context, actor Actor) ([]PlanFault, error) {
	if !actor.Audience().runs() {
		return nil, refuse(Forbidden, "仅导调人员可查看演练方案", "the plan is for those who run the drill")
	}
	rec, err := s.store.Get(ctx, actor.Realm, Ref{KindDrill, actor.Realm.Drill()}, nil)
	if err != nil {
		return nil, err
	}
	recs, err := s.store.Find(ctx, Query{Realm: actor.Realm, Kind: KindInject, Limit: -1})
	if err != nil {
		return nil, err
	}
	injects := make([]*Inject, len(recs))
	for n, r := range recs {
		injects[n] = r.(*Inject)
	}
	slices.SortFunc(injects, ByNumber)
	p, err := readPlan(ctx, s.store, rec.(*Drill), injects)
	if err != nil {
		return nil, err
	}
	return p.faults(), nil
}

func (p *plan) faults() []PlanFault {
	out := p.roleFaults()
	for _, i := range p.injects {
		if i.State != InjectWaiting && i.State != InjectDue && i.State != InjectHeld {
			continue
		}
		for _, f := range p.lineFaults(i) {
			f.ZH, f.EN = "#"+i.Number+" "+f.ZH, "#"+i.Number+" "+f.EN
			out = append(out, f)
		}
	}
	return out
}

// roleFaults lists the roles that nobody fills.
func (p *plan) roleFaults() []PlanFault {
	var out []PlanFault
	directed := false
	var ids []string
	for id := range p.parts {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		part := p.parts[id]
		directed = directed || part.Role == RoleDirector
		switch {
		case part.Role == RoleLeader && !p.teams[part.Team]:
			out = append(out, PlanFault{RefOf(part), "team", part.Name + "所带的队伍不在演练中", "the team that " + part.Name + " leads is not in the drill"})
		case part.Agency != "" && !p.agencies[part.Agency]:
			out = append(out, PlanFault{RefOf(part), "agency", part.Name + "代表的单位不在演练中", "the agency of " + part.Name + " is not in the drill"})
		}
	}
	if !directed {
		out = append(out, PlanFault{RefOf(p.drill), "role", "没有总导调", "nobody is the director"})
	}
	return out
}

// lineFaults lists why an inject cannot fire.
func (p *plan) lineFaults(i *Inject) []PlanFault {
	out := p.refers(i)
	fault := func(field, zh, en string) { out = append(out, PlanFault{RefOf(i), field, zh, en}) }
	if err := i.check(); err != nil {
		if e, ok := err.(*Error); ok {
			fault(e.Field, e.MessageZH, e.Message)
		}
	}
	t := i.Trigger
	if p.drill.Length > 0 && t.Type != TriggerManual && t.Offset > p.drill.Length {
		fault("trigger.offset", "晚于演练计划结束时刻", "is after the planned end of the drill")
	}
	if t.Type == TriggerCondition && t.When != nil {
		if loop := p.circle(i); len(loop) > 0 {
			fault("trigger.when", "条件成环："+strings.Join(loop, " → "), "the conditions run in a circle: "+strings.Join(loop, " → "))
		}
		var never []PlanFault
		for k, c := range t.When.Clauses {
			if zh, en := p.never(c); zh != "" {
				never = append(never, PlanFault{RefOf(i), field("trigger.when.clauses", k), zh, en})
			}
		}
		// Where one clause is enough, one that never holds keeps nothing back.
		if !t.When.Any || len(never) == len(t.When.Clauses) {
			out = append(out, never...)
		}
	}
	if i.Method != InjectSystem && i.Action == nil && i.Controller == "" && !p.staffed() {
		fault("controller", "须由人员发出，但没有导调员", "a person has to give it, and there is no controller")
	}
	return out
}

// staffed tells whether somebody can give an inject by hand.
func (p *plan) staffed() bool {
	for _, part := range p.parts {
		if part.Role == RoleDirector || part.Role == RoleController {
			return true
		}
	}
	return false
}

// never says why a clause about another inject cannot come to hold, "" where it can.
func (p *plan) never(c Clause) (zh, en string) {
	o := p.inject(c.Inject)
	if c.Inject == "" || o == nil {
		if p.drill.Length > 0 && c.Not && c.Within > p.drill.Length {
			return "时限晚于演练计划结束时刻", "its moment is after the planned end of the drill"
		}
		return "", ""
	}
	byCommand := slices.ContainsFunc(o.Expected, func(e Expected) bool { return e.Command != "" && e.Within > 0 })
	switch {
	case o.State == InjectSkipped && c.State != InjectSkipped:
		return fmt.Sprintf("所依赖的注入 #%s 已跳过", o.Number), fmt.Sprintf("inject #%s, on which it depends, was skipped", o.Number)
	case c.State == InjectActed && len(o.Expected) == 0:
		return fmt.Sprintf("注入 #%s 没有期望行动，不会变为已响应", o.Number), fmt.Sprintf("inject #%s expects nothing, so it is never acted on", o.Number)
	case c.State == InjectMissed && !byCommand && o.Trigger.Until == 0:
		return fmt.Sprintf("注入 #%s 没有限时的期望命令，不会变为未响应", o.Number), fmt.Sprintf("inject #%s expects no command within a time, so it is never missed", o.Number)
	}
	return "", ""
}

// faultsError is the refusal that tells them all, each by its number or name.
func faultsError(faults []PlanFault) error {
	var zh, en []string
	var refs []Ref
	for _, f := range faults {
		zh, en = append(zh, f.ZH), append(en, f.EN)
		if !slices.Contains(refs, f.Ref) {
			refs = append(refs, f.Ref)
		}
	}
	e := refuse(Blocked, "方案有 %[1]d 处问题：%[2]s", "%[1]d things are in the way of the plan: %[3]s", len(faults), strings.Join(zh, "；"), strings.Join(en, "; "))
	e.Blockers = refs
	return e
}
