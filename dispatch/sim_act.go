package dispatch

import (
	"context"
	"fmt"
)

// simLeader is the leader of a simulated team.
func simLeader(realm Realm, t *Team) Actor {
	return Actor{ID: "sim:" + t.ID, Name: t.CallSign + "（模拟）", Realm: realm, Role: RoleLeader, Agency: t.Scope.Agency, Team: t.ID}
}

// as carries out another command within the one under way, in the actor's name:
// the change tells of it as if the actor had given it.
func as[In any](ctx context.Context, w *work, actor Actor, name string, in *In) error {
	cmd, ok := CommandByName(name)
	if !ok {
		return fmt.Errorf("there is no command %s", name)
	}
	if err := cmd.mayAtAll(actor); err != nil {
		return err
	}
	was, wasCmd := w.actor, w.cmd
	w.actor, w.cmd, w.change.Actor, w.change.Kind = actor, cmd, actor.Ref(), name
	defer func() { w.actor, w.cmd = was, wasCmd }()
	return cmd.run(ctx, w, in)
}

// fireSim carries out the step of a simulated team that has fallen due, or books that
// it crossed a line, which never is planned for the moment of a step. A step that is
// refused makes a controller take the team by hand.
func (w *work) fireSim(ctx context.Context, in *DeadlineFire) error {
	s, err := lockOne[*Sim](ctx, w, KindSim, in.Record.ID)
	if err != nil {
		return err
	}
	switch {
	case s.Mode != SimOff && passed(s.Cross, w.at):
		return w.crossSim(ctx, s)
	case s.Mode != SimAuto || !passed(s.Due, w.at):
		return errNothing
	}
	step := s.Next
	s.Next, s.Due = "", nil
	w.derive(s)
	if in.Refused != "" {
		s.Mode, s.Reason = SimHand, clip(in.Refused, 300)
		return nil
	}
	return w.actSim(ctx, s, step, "")
}

// actSim does one step of a simulated team, as its leader would.
func (w *work) actSim(ctx context.Context, s *Sim, step SimStep, text string) error {
	rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindTeam, s.ID}, nil)
	if err != nil {
		return err
	}
	team := rec.(*Team)
	leader := simLeader(w.actor.Realm, team)
	switch step {
	case SimRest:
		return as(ctx, w, leader, "team.duty", &TeamDuty{Team: team.ID, Duty: DutyBreak, Reason: "连续作业后休整"})
	case SimResume:
		s.Worked = 0
		return as(ctx, w, leader, "team.duty", &TeamDuty{Team: team.ID, Duty: DutyAvailable, Reason: "休整完毕"})
	case SimBreakDown:
		w.halt(s)
		return as(ctx, w, leader, "team.duty", &TeamDuty{Team: team.ID, Duty: DutyOutOfService, Reason: or(text, "车辆故障，无法继续行驶")})
	}
	if s.Task == "" {
		return refuse(IllegalMove, "该模拟队伍没有任务", "the simulated team has no task")
	}
	rec, err = w.tx.Get(ctx, w.actor.Realm, Ref{KindTask, s.Task}, nil)
	if err != nil {
		return err
	}
	t := rec.(*Task)
	advance := func(to TaskState) error {
		return as(ctx, w, leader, "task.advance", &TaskAdvance{Task: t.ID, From: t.State, To: to})
	}
	note := func(text string) error {
		return as(ctx, w, leader, "note.add", &NoteAdd{Incident: t.Incident, Task: t.ID, Text: text})
	}
	switch step {
	case SimAccept:
		owner := Actor{ID: "sim:" + t.Agency, Name: "模拟席", Realm: w.actor.Realm, Role: RoleDispatcher, Agency: t.Agency}
		return as(ctx, w, owner, "task.accept", &TaskAccept{Task: t.ID})
	case SimAcknowledge:
		return advance(TaskAcknowledged)
	case SimRefuse:
		return as(ctx, w, leader, "task.refuse", &TaskEnd{Task: t.ID, Reason: or(text, "队伍暂时无法出动")})
	case SimTurnOut:
		return advance(t.Next)
	case SimArrive:
		if s.Leg != nil {
			p := s.Leg.To
			s.At, s.Leg = &p, nil
		}
		return advance(t.Next)
	case SimReport:
		s.Report = nil
		return note(or(text, "到达现场，正在处置"))
	case SimTire:
		s.Tired = nil
		return note(or(text, fmt.Sprintf("已连续作业约 %.1f 小时，请求轮换", (float64(s.Worked)+w.at.Sub(*s.Began).Seconds())/3600)))
	case SimCheckin:
		return as(ctx, w, leader, "task.checkin", &TaskRef{Task: t.ID})
	case SimLeave:
		return advance(leaves(t))
	case SimHome:
		if s.Leg != nil {
			p := s.Leg.To
			s.At, s.Leg = &p, nil
		}
		return advance(TaskDone)
	}
	return errNothing
}

// leaves is where a team goes that is done at a place: on to its destination, home,
// or nowhere.
func leaves(t *Task) TaskState {
	moves := TaskMoves(t)
	switch {
	case t.State == TaskOnScene && t.Destination != nil && oneOf(TaskToDestination, moves):
		return TaskToDestination
	case t.Next != TaskDone && oneOf(TaskReturning, moves):
		return TaskReturning
	}
	return TaskDone
}

func or(s, other string) string {
	if s != "" {
		return s
	}
	return other
}
