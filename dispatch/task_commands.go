package dispatch

import (
	"context"
	"fmt"
	"slices"
)

// Everything that hangs on an incident is changed only under the incident's
// row lock, then the team's, then the task's: one fixed order, no deadlock,
// and a share never misses a task that is being written.

// onTask is a task with its incident and team, all locked.
type onTask struct {
	task     *Task
	incident *Incident
	team     *Team
}

// lockTask locks the task with its incident and team, and the incidents of
// whatever else the team is on. The task names them, so it is read first
// without a lock and checked again under it: a merge may have moved it.
func (w *work) lockTask(ctx context.Context, id string) (*onTask, error) {
	if id == "" {
		return nil, invalid("task", id, "缺少任务", "the task is missing", "an id")
	}
	r, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindTask, id}, w.audience())
	if err != nil {
		return nil, err
	}
	seen := r.(*Task)
	team, incidents, err := w.lockTeam(ctx, seen.Team, seen.Incident)
	if err != nil {
		return nil, err
	}
	t, err := lockOne[*Task](ctx, w, KindTask, id)
	if err != nil {
		return nil, err
	}
	if t.Incident != seen.Incident {
		return nil, errMoved
	}
	return &onTask{t, incidents[t.Incident], team}, nil
}

// lockTeam locks the incidents named, those of the team's open tasks, and then
// the team with all that are on these incidents: whoever ends or flags a task must hold its incident, or a share
// given at the same moment would write the task back as it was.
func (w *work) lockTeam(ctx context.Context, id string, incidents ...string) (*Team, map[string]*Incident, error) {
	if id == "" {
		return nil, nil, invalid("team", id, "缺少队伍", "the team is missing", "an id")
	}
	open, err := w.openTasks(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	want := slices.Clone(incidents)
	for _, t := range open {
		want = append(want, t.Incident)
	}
	slices.Sort(want)
	want = slices.Compact(want)
	refs := make([]Ref, 0, len(want))
	for _, i := range want {
		refs = append(refs, Ref{KindIncident, i})
	}
	recs, err := w.lock(ctx, refs...)
	if err != nil {
		return nil, nil, err
	}
	team, err := w.lockCrew(ctx, id, want...)
	if err != nil {
		return nil, nil, err
	}
	held := make(map[string]*Incident, len(want))
	for n := range want {
		held[want[n]] = recs[n].(*Incident)
	}
	if open, err = w.openTasks(ctx, id); err != nil {
		return nil, nil, err
	}
	if slices.ContainsFunc(open, func(t *Task) bool { return held[t.Incident] == nil }) {
		// To lock an incident after a team would be against the order.
		return nil, nil, errMoved
	}
	return team, held, nil
}

// mayMove passes for those who run the incident, own the team or lead it.
func (w *work) mayMove(o *onTask) error {
	if w.actor.Role == RoleLeader {
		return w.may(o.team)
	}
	return w.mayAny(o.incident, o.team)
}

func assignTask(ctx context.Context, w *work, in *TaskAssign) error {
	if in.Type == "" {
		in.Type = TaskRescue
	}
	if !oneOf(in.Type, TaskTypes) {
		return invalid("type", in.Type, "未知的任务类型", "unknown type of task", words(TaskTypes)...)
	}
	if in.Incident == "" || in.Team == "" {
		return invalid("incident", in.Incident, "缺少事件或队伍", "the incident or the team is missing", "an id")
	}
	team, incidents, err := w.lockTeam(ctx, in.Team, in.Incident)
	if err != nil {
		return err
	}
	i := incidents[in.Incident]
	if w.sees(i) == Hidden {
		return NotFoundError(RefOf(i))
	}
	if err := firstError(w.may(i), i.mustRun()); err != nil {
		return err
	}
	if err := w.mayUse(ctx, team); err != nil {
		return err
	}
	stamp, err := w.stampAt(in.EventTime)
	if err != nil {
		return err
	}
	t := &Task{Incident: i.ID, Team: team.ID, Agency: team.Scope.Agency, Type: in.Type, State: TaskAssigned, Stamps: map[TaskState]Stamp{},
		Choice: in.Choice, Destination: in.Destination, Interruptible: in.Type == TaskStandby || in.Type == TaskReturn}
	t.Estimate = w.svc.estimate(team, nil, i.Place.Point).Seconds
	switch w.may(team) {
	case nil:
		// Assist shares open the incident for own teams only; owning the
		// incident opens the teams of one's jurisdiction.
	default:
		if w.relate(i) == Assistant {
			return refuse(Forbidden, "协助单位只能派遣本单位队伍", "an assisting agency sends its own teams only")
		}
		if w.sees(team) == Hidden {
			return NotFoundError(RefOf(team))
		}
		t.State = TaskProposed
	}
	t.Stamps[t.State] = stamp
	if err := w.fit(ctx, team, t, in.Understaffed); err != nil {
		return err
	}
	if err := w.join(ctx, i, team); err != nil {
		return err
	}
	due := w.at.Add(w.svc.cfg.Settings.AckWithin)
	t.AckDue = &due
	if err := w.create(KindTask, "", i.Scope, t); err != nil {
		return err
	}
	t.setNext()
	if t.State == TaskProposed {
		return nil
	}
	return w.bind(ctx, i, team, t)
}

// join lets the team's agency and its leader see the incident.
func (w *work) join(ctx context.Context, i *Incident, team *Team) error {
	return w.shareAll(ctx, i, i.Scope.with(Share{Agency: team.Scope.Agency, Tier: TierAssist, Source: ShareTask}).withTeam(team.ID))
}

// bind makes the assignment real: ledger, team, incident; an interruptible
// task that the team had gives way.
func (w *work) bind(ctx context.Context, i *Incident, team *Team, t *Task) error {
	open, err := w.openTasks(ctx, team.ID)
	if err != nil {
		return err
	}
	for _, o := range open {
		if o.ID != t.ID && o.Interruptible && !team.MultiAssign {
			old, err := w.lock(ctx, RefOf(o))
			if err != nil {
				return err
			}
			o = old[0].(*Task)
			o.DivertedTo, o.Reason = t.ID, "改派至更紧急的任务"
			if err := w.end(o, TaskDiverted, w.stamp()); err != nil {
				return err
			}
		}
	}
	if !t.Interruptible && !team.MultiAssign {
		w.change.Take = append(w.change.Take, Use{RefOf(team), RefOf(t)})
	}
	if err := w.settle(ctx, team, t); err != nil {
		return err
	}
	if i.State == IncidentReported || i.State == IncidentVerified {
		return w.activate(i)
	}
	return nil
}

// activate is the first team on its way: the clock "time to first team" stops.
func (w *work) activate(i *Incident) error {
	i.enter(IncidentVerified, w.stamp())
	i.enter(IncidentActive, w.stamp())
	return w.put(i)
}

// settle derives the team's task, status and audience from its open tasks.
func (w *work) settle(ctx context.Context, team *Team, also ...*Task) error {
	open, err := w.openTasks(ctx, team.ID)
	if err != nil {
		return err
	}
	for _, t := range also {
		if t.Open() && !slices.ContainsFunc(open, func(o *Task) bool { return o.ID == t.ID }) {
			open = append(open, t)
		}
	}
	// While it is out, those who run its incidents see the team whole.
	scope := team.Scope
	for _, sh := range team.Scope.Shares {
		scope = scope.without(sh.Agency, ShareTask)
	}
	for _, t := range open {
		if t.State != TaskProposed {
			scope = scope.with(Share{Agency: t.Scope.Agency, Tier: TierView, Source: ShareTask})
		}
	}
	if scope.Teams, err = w.meet(ctx, team, open); err != nil {
		return err
	}
	w.rescope(team, scope)
	team.derive(open)
	w.derive(team)
	return nil
}

// derive sets Task and Status from duty, distress and the open tasks: the
// availability of a team is derived, never typed.
func (t *Team) derive(open []*Task) {
	t.Task = ""
	bound := false
	for _, o := range open {
		if o.State == TaskProposed {
			continue
		}
		if t.Task == "" || !o.Interruptible {
			t.Task = o.ID
		}
		bound = bound || !o.Interruptible
	}
	switch {
	case t.Distress != nil:
		t.Status = StatusDistress
	case bound:
		t.Status = StatusCommitted
	case t.Duty == DutyAvailable:
		t.Status = StatusAvailable
	case t.Duty == DutyBreak:
		t.Status = StatusDelayed
	default:
		t.Status = StatusUnavailable
	}
}

func (t *Task) setNext() {
	t.Next = ""
	if next := TaskMoves(t); len(next) > 0 {
		t.Next = next[0]
	}
}

func acceptTask(ctx context.Context, w *work, in *TaskAccept) error {
	o, err := w.lockTask(ctx, in.Task)
	if err != nil {
		return err
	}
	if err := firstError(w.may(o.team), o.incident.mustRun()); err != nil {
		return err
	}
	if o.task.State != TaskProposed {
		return illegalTask(o.task, TaskAssigned)
	}
	s, err := w.stampAt(in.EventTime)
	if err != nil {
		return err
	}
	o.task.State = TaskAssigned
	if err := w.fit(ctx, o.team, o.task, in.Understaffed); err != nil {
		return err
	}
	due := w.at.Add(w.svc.cfg.Settings.AckWithin)
	o.task.AckDue = &due
	stampOnce(&o.task.Stamps, TaskAssigned, s)
	o.task.setNext()
	if err := w.put(o.task); err != nil {
		return err
	}
	return w.bind(ctx, o.incident, o.team, o.task)
}

func advanceTask(ctx context.Context, w *work, in *TaskAdvance) error {
	o, err := w.lockTask(ctx, in.Task)
	if err != nil {
		return err
	}
	if err := w.mayMove(o); err != nil {
		return err
	}
	t := o.task
	if in.From != t.State {
		e := illegalTask(t, in.To)
		e.Field, e.Value = "from", in.From
		return e
	}
	if in.Destination != nil {
		if in.To != TaskToDestination {
			return invalid("destination", in.To, "只有转运时才填写目的地", "a destination goes with the move to_destination only")
		}
		t.Destination = in.Destination
	}
	if in.To == TaskAssigned || in.To != TaskDone && in.To.Ended() || !oneOf(in.To, TaskMoves(t)) {
		return illegalTask(t, in.To)
	}
	s, err := w.stampAt(in.EventTime)
	if err != nil {
		return err
	}
	if in.Radio || w.actor.Role != RoleLeader && w.actor.Role != RolePeer { // a neighbour says itself whose word it was
		s.Via = "desk"
	}
	if err := w.endAlarms(ctx, t, AlarmNoAnswer); err != nil {
		return err
	}
	if in.To == TaskDone {
		return w.finish(ctx, o, TaskDone, s)
	}
	t.State, t.AckDue = in.To, nil
	stampOnce(&t.Stamps, in.To, s)
	w.startTimer(t)
	if in.To == TaskReturning && !t.Interruptible && !o.team.MultiAssign {
		// On the way home a team may already be sent elsewhere.
		w.change.Free = append(w.change.Free, Use{RefOf(o.team), RefOf(t)})
	}
	t.Interruptible = t.Interruptible || in.To == TaskReturning
	t.setNext()
	if err := w.put(t); err != nil {
		return err
	}
	return w.settle(ctx, o.team)
}

// startTimer runs the safety check-in while the crew is at the scene.
func (w *work) startTimer(t *Task) {
	every := t.CheckEvery
	if every == 0 && t.State == TaskOnScene {
		every = int(w.svc.cfg.Settings.CheckEvery.Seconds())
		t.CheckEvery = every
	}
	t.CheckDue = nil
	if every > 0 && (t.State == TaskOnScene || t.State == TaskStaging) {
		due := w.at.Add(seconds(every))
		t.CheckDue = &due
	}
}

// end closes a task: the ledger is freed, the timers stop.
func (w *work) end(t *Task, to TaskState, s Stamp) error {
	if t.State != TaskProposed && !t.Interruptible {
		w.change.Free = append(w.change.Free, Use{Ref{KindTeam, t.Team}, RefOf(t)})
	}
	t.State, t.Next, t.AckDue, t.CheckDue, t.Flagged = to, "", nil, nil, false
	stampOnce(&t.Stamps, to, s)
	return w.put(t)
}

// finish ends a task and settles team and incident.
func (w *work) finish(ctx context.Context, o *onTask, to TaskState, s Stamp) error {
	reached := o.task.State
	if err := w.endAlarms(ctx, o.task, AlarmNoAnswer, AlarmCheckin); err != nil {
		return err
	}
	if err := w.end(o.task, to, s); err != nil {
		return err
	}
	if err := w.settle(ctx, o.team); err != nil {
		return err
	}
	if to != TaskDone && (reached == TaskProposed || reached == TaskAssigned || reached == TaskAcknowledged) {
		if err := w.leave(ctx, o.incident, o.task); err != nil {
			return err
		}
	}
	return w.autoClose(ctx, o.incident)
}

// leave ends what the agency saw only because of a task that never started.
func (w *work) leave(ctx context.Context, i *Incident, ended *Task) error {
	tasks, err := w.tasks(ctx, i.ID)
	if err != nil {
		return err
	}
	for _, t := range tasks {
		if t.ID != ended.ID && t.Agency == ended.Agency && (t.Open() || t.State == TaskDone) {
			return nil
		}
	}
	return w.shareAll(ctx, i, i.Scope.without(ended.Agency, ShareTask))
}

// autoClose closes a controlled incident with its last task, where nothing is
// open and no report is missing; never right after a reopening.
func (w *work) autoClose(ctx context.Context, i *Incident) error {
	if !i.AutoClose || i.State != IncidentControlled {
		return nil
	}
	if err := w.mayClose(ctx, i); err != nil {
		if CodeOf(err) == Blocked {
			return nil
		}
		return err
	}
	return w.close(ctx, i, fmt.Sprintf("处置完毕，最后一支队伍 %s 撤离", w.at.In(w.svc.cfg.Settings.Zone).Format("15:04")), w.stamp())
}
