package dispatch

import (
	"context"
	"fmt"
	"time"
)

// The commands that end a task before it is done, and those about its clock.

func (w *work) endTask(ctx context.Context, in *TaskEnd, to TaskState, may func(*onTask) error) error {
	if err := needReason(in.Reason); err != nil {
		return err
	}
	o, err := w.lockTask(ctx, in.Task)
	if err != nil {
		return err
	}
	if err := may(o); err != nil {
		return err
	}
	if !oneOf(to, TaskMoves(o.task)) {
		return illegalTask(o.task, to)
	}
	s, err := w.stampAt(in.EventTime)
	if err != nil {
		return err
	}
	o.task.Reason, w.change.Note = in.Reason, in.Reason
	return w.finish(ctx, o, to, s)
}

func refuseTask(ctx context.Context, w *work, in *TaskEnd) error {
	return w.endTask(ctx, in, TaskRefused, func(o *onTask) error { return w.may(o.team) })
}

func cancelTask(ctx context.Context, w *work, in *TaskEnd) error {
	return w.endTask(ctx, in, TaskCancelled, func(o *onTask) error { return w.may(o.incident) })
}

func releaseTask(ctx context.Context, w *work, in *TaskEnd) error {
	return w.endTask(ctx, in, TaskReleased, w.mayMove)
}

// divertTask needs a more urgent target, or a task that may be interrupted, or
// the duty chief.
func divertTask(ctx context.Context, w *work, in *TaskDivert) error {
	if err := needReason(in.Reason); err != nil {
		return err
	}
	r, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindTask, in.Task}, w.audience())
	if err != nil {
		return err
	}
	seen := r.(*Task)
	if in.Incident == seen.Incident {
		return invalid("incident", in.Incident, "队伍已在该事件中", "the team is on that incident already")
	}
	team, incidents, err := w.lockTeam(ctx, seen.Team, seen.Incident, in.Incident)
	if err != nil {
		return err
	}
	t, err := lockOne[*Task](ctx, w, KindTask, in.Task)
	if err != nil {
		return err
	}
	from, to := incidents[seen.Incident], incidents[in.Incident]
	if t.Incident != from.ID {
		return errMoved
	}
	if err := firstError(w.may(to), w.mayAny(from, team), to.mustRun()); err != nil {
		return err
	}
	if !oneOf(TaskDiverted, TaskMoves(t)) {
		return illegalTask(t, TaskDiverted)
	}
	if !t.Interruptible && !moreUrgent(to, from) && w.actor.Role != RoleChief {
		e := refuse(Forbidden, "目标事件并不更紧急，改派需值班长决定", "the target is not more urgent; only the duty chief may divert to it")
		e.Legal = []string{string(RoleChief)}
		return e
	}
	if err := w.join(ctx, to, team); err != nil {
		return err
	}
	due := w.at.Add(w.svc.cfg.Settings.AckWithin)
	n := &Task{Incident: to.ID, Team: team.ID, Agency: team.Scope.Agency, Type: TaskRescue, State: TaskAssigned, AckDue: &due,
		Stamps: map[TaskState]Stamp{TaskAssigned: w.stamp()}, Choice: "改派：" + in.Reason,
		Estimate: w.svc.estimate(team, nil, to.Place.Point).Seconds}
	n.setNext()
	if err := w.create(KindTask, "", to.Scope, n); err != nil {
		return err
	}
	t.Reason, t.DivertedTo, w.change.Note = in.Reason, n.ID, in.Reason
	if err := w.endAlarms(ctx, t, AlarmNoAnswer, AlarmCheckin); err != nil {
		return err
	}
	if err := w.end(t, TaskDiverted, w.stamp()); err != nil {
		return err
	}
	return w.bind(ctx, to, team, n)
}

// moreUrgent compares priority first, then grade; an ungraded incident counts
// as the mildest.
func moreUrgent(a, b *Incident) bool {
	if a.Priority != b.Priority {
		return a.Priority < b.Priority
	}
	return a.Grade.rank() < b.Grade.rank()
}

func (g Grade) rank() int {
	if g == 0 {
		return 5
	}
	return int(g)
}

func checkinTask(ctx context.Context, w *work, in *TaskRef) error {
	o, err := w.lockTask(ctx, in.Task)
	if err != nil {
		return err
	}
	if err := w.mayMove(o); err != nil {
		return err
	}
	if !o.task.Open() {
		return illegalTask(o.task, "check-in")
	}
	s, err := w.stampAt(in.EventTime)
	if err != nil {
		return err
	}
	w.startTimer(o.task)
	w.derive(o.task)
	w.touch(o.task)
	if err := w.endAlarms(ctx, o.task, AlarmCheckin); err != nil {
		return err
	}
	return w.create(KindNote, "", o.incident.Scope, &Note{Incident: o.incident.ID, Task: o.task.ID, Type: NoteRemark,
		Text: o.team.Name + " 人员清点：安全", Author: w.actor.Name, Stamp: s})
}

func timerTask(ctx context.Context, w *work, in *TaskTimer) error {
	if in.Seconds != 0 && (in.Seconds < 60 || in.Seconds > 86400) {
		return invalid("seconds", in.Seconds, "清点间隔应为 60 至 86400 秒，0 为关闭", "the interval is 60 to 86400 seconds, 0 turns it off")
	}
	o, err := w.lockTask(ctx, in.Task)
	if err != nil {
		return err
	}
	if err := w.mayMove(o); err != nil {
		return err
	}
	if !o.task.Open() {
		return illegalTask(o.task, "timer")
	}
	o.task.CheckEvery, o.task.CheckDue = in.Seconds, nil
	if in.Seconds > 0 {
		due := w.at.Add(seconds(in.Seconds))
		o.task.CheckDue = &due
	}
	if err := w.endAlarms(ctx, o.task, AlarmCheckin); err != nil {
		return err
	}
	return w.put(o.task)
}

func correctTask(ctx context.Context, w *work, in *TaskCorrect) error {
	if err := needReason(in.Reason); err != nil {
		return err
	}
	o, err := w.lockTask(ctx, in.Task)
	if err != nil {
		return err
	}
	if err := w.mayMove(o); err != nil {
		return err
	}
	old, ok := o.task.Stamps[in.State]
	if !ok {
		return invalid("state", in.State, "任务没有经过这一状态", "the task never was in that state", stampNames(o.task)...)
	}
	if in.Time.After(w.at.Add(time.Minute)) {
		return invalid("time", in.Time, "时间晚于当前时间", "the time lies in the future")
	}
	zone := w.svc.cfg.Settings.Zone
	text := fmt.Sprintf("%s “%s”时间更正：%s → %s（%s）", o.team.Name, stateZH(KindTask, string(in.State)), old.When().In(zone).Format(time.DateTime),
		in.Time.In(zone).Format(time.DateTime), in.Reason)
	w.change.Note = in.Reason
	w.touch(o.task)
	event := in.Time.UTC()
	s := w.stamp()
	s.Event = &event
	return w.create(KindNote, "", o.incident.Scope, &Note{Incident: o.incident.ID, Task: o.task.ID, Type: NoteCorrection, Text: text,
		Author: w.actor.Name, Stamp: s})
}

func stampNames(t *Task) []string {
	var out []string
	for _, s := range TaskStates {
		if _, ok := t.Stamps[s]; ok {
			out = append(out, string(s))
		}
	}
	return out
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }
