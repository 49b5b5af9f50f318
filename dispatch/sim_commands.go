package dispatch

import (
	"context"
	"slices"
)

// SimSave makes teams simulated ones, or changes how they behave.
type SimSave struct {
	Expect
	// Teams are those meant; none: every team of the drill that nobody leads.
	Teams  []string   `json:"teams,omitempty" doc:"at most 500"`
	Mode   SimMode    `json:"mode"`
	Traits *SimTraits `json:"traits,omitempty" doc:"left out: as they were, or the usual ones"`
}

// SimMove names a simulated team.
type SimMove struct {
	Expect
	Sim string `json:"sim"`
}

// SimAct moves a simulated team by hand.
type SimAct struct {
	Expect
	Sim  string  `json:"sim"`
	Act  SimDeed `json:"act"`
	Text string  `json:"text,omitempty" doc:"what it says, or why"`
}

// SimDeed is what a controller has a simulated team do.
type SimDeed string

// The deeds.
const (
	SimDoAdvance  SimDeed = "advance"    // 推进：its next step at once
	SimDoStop     SimDeed = "stop"       // 停下
	SimDoGo       SimDeed = "go"         // 继续
	SimDoReport   SimDeed = "report"     // 报告
	SimDoRefuse   SimDeed = "refuse"     // 拒绝
	SimDoBreak    SimDeed = "break_down" // 故障
	SimDoDistress SimDeed = "distress"   // 遇险
)

// SimDeeds lists the deeds.
var SimDeeds = []SimDeed{SimDoAdvance, SimDoStop, SimDoGo, SimDoReport, SimDoRefuse, SimDoBreak, SimDoDistress}

// mostSims bounds the simulated teams of a drill.
const mostSims = 500

func saveSim(ctx context.Context, w *work, in *SimSave) error {
	if w.drill.State.Over() {
		return illegal(KindDrill, string(w.drill.State), "sim.save", nil)
	}
	if !oneOf(in.Mode, SimModes) {
		return invalid("mode", in.Mode, "未知的模拟方式", "unknown mode of a simulated team", words(SimModes)...)
	}
	if len(in.Teams) > mostSims {
		return invalid("teams", len(in.Teams), "最多 500 支模拟队伍", "at most 500 simulated teams")
	}
	parts, err := w.parts(ctx)
	if err != nil {
		return err
	}
	led := map[string]*Part{}
	for _, p := range parts {
		if p.Role == RoleLeader {
			led[p.Team] = p
		}
	}
	q := Query{Realm: w.actor.Realm, Kind: KindTeam, Limit: -1, IDs: slices.Compact(slices.Sorted(slices.Values(in.Teams)))}
	teams, err := w.tx.Find(ctx, q)
	if err != nil {
		return err
	}
	if len(q.IDs) > 0 && len(teams) != len(q.IDs) {
		return invalid("teams", in.Teams, "演练中没有其中的队伍", "names a team that is not in the drill")
	}
	slices.SortFunc(teams, func(a, b Record) int { return compare(a.head().ID, b.head().ID) })
	made := 0
	for _, rec := range teams {
		team := rec.(*Team)
		switch p := led[team.ID]; {
		case team.Retired:
			continue
		case p != nil && len(in.Teams) == 0:
			continue
		case p != nil && in.Mode != SimOff:
			return invalid("teams", team.ID, team.Name+"由"+p.Name+"带领，不能模拟", team.Name+" is led by "+p.Name+" and cannot be simulated")
		}
		if made++; made > mostSims {
			return refuse(TooLarge, "最多 %[1]d 支模拟队伍，请指定队伍", "at most %[1]d simulated teams: name them", mostSims)
		}
		if err := w.saveSim(ctx, in, team); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) saveSim(ctx context.Context, in *SimSave, team *Team) error {
	s, err := w.sim(ctx, team.ID)
	if err != nil {
		return err
	}
	if s == nil {
		s = &Sim{Mode: in.Mode, Traits: DefaultTraits()}
		if in.Traits != nil {
			s.Traits = *in.Traits
		}
		if s.At, err = w.tx.Stood(ctx, w.actor.Realm, team.ID); err != nil {
			return err
		}
		if s.At == nil && team.Base.Point != nil {
			p := *team.Base.Point
			s.At = &p
		}
		return w.create(KindSim, team.ID, Scope{Agency: team.Scope.Agency, Area: team.Scope.Area}, s)
	}
	w.setMode(s, in.Mode)
	if in.Traits != nil {
		s.Traits = *in.Traits
	}
	return w.put(s)
}

// setMode says who moves the team. One that is off forgets what it was at.
func (w *work) setMode(s *Sim, mode SimMode) {
	s.Mode, s.Reason = mode, ""
	if mode == SimOff {
		w.halt(s)
		w.stopWork(s)
		s.Task, s.On, s.Next, s.Due = "", "", "", nil
	}
}

// endSim ends the simulation of a team that somebody plays.
func (w *work) endSim(ctx context.Context, team string) error {
	s, err := w.sim(ctx, team)
	if err != nil || s == nil || s.Mode == SimOff {
		return err
	}
	w.setMode(s, SimOff)
	return w.put(s)
}

func takeSim(ctx context.Context, w *work, in *SimMove) error { return w.moveSim(ctx, in, SimHand) }
func giveSim(ctx context.Context, w *work, in *SimMove) error { return w.moveSim(ctx, in, SimAuto) }

func (w *work) moveSim(ctx context.Context, in *SimMove, to SimMode) error {
	s, err := lockOne[*Sim](ctx, w, KindSim, in.Sim)
	if err != nil {
		return err
	}
	if s.Mode == SimOff || s.Mode == to {
		return illegal(KindSim, string(s.Mode), string(to), nil)
	}
	w.setMode(s, to)
	return w.put(s)
}

// actSim has a team that was taken by hand do something. The change is the
// controller's; what the team says is said by its leader.
func actSim(ctx context.Context, w *work, in *SimAct) error {
	s, err := lockOne[*Sim](ctx, w, KindSim, in.Sim)
	if err != nil {
		return err
	}
	if err := checkText("text", in.Text, 0, 300); err != nil {
		return err
	}
	if s.Mode != SimHand {
		e := illegal(KindSim, string(s.Mode), "act", []string{"sim.take"})
		return e
	}
	if w.drill.State != DrillRunning {
		return illegal(KindDrill, string(w.drill.State), "sim.act", words(drillMoves[w.drill.State]))
	}
	director := w.change.Actor
	defer func() { w.change.Actor, w.change.Kind = director, "sim.act" }()
	w.derive(s)
	switch in.Act {
	case SimDoAdvance:
		return w.advanceSim(ctx, s)
	case SimDoStop:
		w.halt(s)
		return nil
	case SimDoGo:
		rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindTeam, s.ID}, nil)
		if err != nil {
			return err
		}
		return w.goOn(ctx, s, rec.(*Team))
	case SimDoReport:
		if in.Text == "" {
			return invalid("text", "", "请填写报告内容", "say what the team reports")
		}
		return w.actSim(ctx, s, SimReport, in.Text)
	case SimDoRefuse:
		return w.actSim(ctx, s, SimRefuse, in.Text)
	case SimDoBreak:
		return w.actSim(ctx, s, SimBreakDown, in.Text)
	case SimDoDistress:
		rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindTeam, s.ID}, nil)
		if err != nil {
			return err
		}
		d := &TeamDistress{Team: s.ID, Text: in.Text}
		if p, _, ok := s.Where(w.at); ok {
			d.Place = &Place{Point: &p, Source: "sim"}
		}
		return as(ctx, w, simLeader(w.actor.Realm, rec.(*Team)), "team.distress", d)
	}
	return invalid("act", in.Act, "未知的操作", "unknown deed", words(SimDeeds)...)
}

// advanceSim does the step that comes next by the task's state, at once.
func (w *work) advanceSim(ctx context.Context, s *Sim) error {
	step, ok := map[TaskState]SimStep{TaskProposed: SimAccept, TaskAssigned: SimAcknowledge, TaskAcknowledged: SimTurnOut, TaskEnRoute: SimArrive,
		TaskStaging: SimArrive, TaskToDestination: SimArrive, TaskOnScene: SimLeave, TaskAtDestination: SimLeave, TaskReturning: SimHome}[s.On]
	if !ok {
		return refuse(IllegalMove, "该模拟队伍没有任务", "the simulated team has no task")
	}
	return w.actSim(ctx, s, step, "")
}

// goOn sends a team that stopped on its way again.
func (w *work) goOn(ctx context.Context, s *Sim, team *Team) error {
	if s.Leg != nil {
		return nil
	}
	switch {
	case s.Task == "" || s.On == TaskReturning:
		if team.Base.Point == nil {
			return refuse(IllegalMove, "不知道该队伍的驻地", "nobody knows where the team's base is")
		}
		w.drive(s, team, *team.Base.Point, 0)
		return nil
	case s.On != TaskEnRoute && s.On != TaskToDestination:
		return illegal(KindTask, string(s.On), "go", nil)
	}
	rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindTask, s.Task}, nil)
	if err != nil {
		return err
	}
	to, err := w.goal(ctx, rec.(*Task))
	if err != nil || to == nil {
		return err
	}
	w.drive(s, team, *to, 0)
	return nil
}
