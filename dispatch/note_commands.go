package dispatch

import (
	"context"
)

func addNote(ctx context.Context, w *work, in *NoteAdd) error {
	if in.Type == "" {
		in.Type = NoteRemark
	}
	if in.Type == NoteCorrection {
		return invalid("type", in.Type, "更正由“更正时间”“更正地点”产生", "corrections come from task.correct and incident.place",
			string(NoteRemark), string(NotePhoto), string(NoteInitial), string(NoteContinued), string(NoteFinal))
	}
	i, err := lockOne[*Incident](ctx, w, KindIncident, in.Incident)
	if err != nil {
		return err
	}
	if err := w.may(i); err != nil {
		return err
	}
	if in.Type.Upward() && w.actor.Role == RoleLeader {
		return refuse(Forbidden, "信息报告由值班席起草", "reports upward are drafted at the desk")
	}
	s, err := w.stampAt(in.EventTime)
	if err != nil {
		return err
	}
	if in.Task != "" {
		r, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindTask, in.Task}, w.audience())
		if err != nil {
			return err
		}
		if r.(*Task).Incident != i.ID {
			return invalid("task", in.Task, "该任务不属于此事件", "the task belongs to another incident")
		}
	}
	n := &Note{Incident: i.ID, Task: in.Task, Type: in.Type, Text: in.Text, Photo: in.Photo, Internal: in.Internal, To: in.To,
		Author: w.actor.Name, Stamp: s}
	if in.Type.Upward() {
		n.State = NoteDrafted
	}
	w.touch(i)
	return w.create(KindNote, "", i.Scope, n)
}

// advanceNote moves a report upward on. Signing and sending are the duty
// chief's.
func advanceNote(ctx context.Context, w *work, in *NoteAdvance) error {
	r, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindNote, in.Note}, w.audience())
	if err != nil {
		return err
	}
	recs, err := w.lock(ctx, Ref{KindIncident, r.(*Note).Incident}, Ref{KindNote, in.Note})
	if err != nil {
		return err
	}
	n := recs[1].(*Note)
	if err := w.may(recs[0]); err != nil {
		return err
	}
	if !n.Type.Upward() {
		return invalid("note", in.Note, "不是信息报告", "is no report upward")
	}
	if !oneOf(in.To, noteMoves[n.State]) {
		return illegal(KindNote, string(n.State), string(in.To), words(noteMoves[n.State]))
	}
	if in.To == NoteSigned && w.actor.Role != RoleChief {
		e := refuse(Forbidden, "签发须由值班长完成", "signing is the duty chief's")
		e.Legal = []string{string(RoleChief)}
		return e
	}
	if in.Text != nil {
		if in.To != NoteDrafted && in.To != NoteChecked {
			return invalid("text", *in.Text, "签发后不能改动文字", "the text cannot change any more")
		}
		n.Text = *in.Text
	}
	n.State, n.Instruction = in.To, firstWords(in.Instruction, n.Instruction)
	s := w.stamp()
	s.Via = string(in.To)
	n.Signed = append(n.Signed, s)
	if len(n.Signed) > 40 {
		return refuse(Conflict, "流转次数过多，请另起一份报告", "it went round too often; start another report")
	}
	return w.put(n)
}

// raise makes an alarm. Its audience is the incident's, or the team's where
// there is none.
func (w *work) raise(typ AlarmType, tier int, text string, i *Incident, t *Task, team *Team) error {
	a := &Alarm{Type: typ, Tier: tier, Text: firstWords(text), Raised: w.stamp()}
	var scope Scope
	if team != nil {
		a.Team = team.ID
		scope = Scope{Agency: team.Scope.Agency, Area: team.Scope.Area, Teams: []string{team.ID}}
	}
	if t != nil {
		a.Task, a.Team = t.ID, t.Team
	}
	if i != nil {
		a.Incident, scope = i.ID, i.Scope
	}
	return w.create(KindAlarm, "", scope, a)
}

// endAlarms marks the task's alarms of the types as over. Called under the
// incident's lock.
func (w *work) endAlarms(ctx context.Context, t *Task, types ...AlarmType) error {
	recs, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindAlarm, Team: t.Team, States: words(types), Limit: -1})
	if err != nil {
		return err
	}
	for _, r := range recs {
		if a := r.(*Alarm); a.Task == t.ID && a.Ended == nil {
			if err := w.endAlarm(a); err != nil {
				return err
			}
		}
	}
	return nil
}

// endAlarm marks an alarm as over. One without an incident leaves the board
// once it is both over and acknowledged; others go with their incident.
func (w *work) endAlarm(a *Alarm) error {
	s := w.stamp()
	a.Ended = &s
	if err := w.put(a); err != nil {
		return err
	}
	if a.Incident == "" && a.Acked != nil {
		w.drop(a)
	}
	return nil
}

func ackAlarm(ctx context.Context, w *work, in *AlarmAck) error {
	r, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindAlarm, in.Alarm}, w.audience())
	if err != nil {
		return err
	}
	refs := []Ref{{KindAlarm, in.Alarm}}
	if id := r.(*Alarm).Incident; id != "" {
		refs = append(refs, Ref{KindIncident, id})
	}
	recs, err := w.lock(ctx, refs...)
	if err != nil {
		return err
	}
	a := recs[0].(*Alarm)
	if err := w.may(a); err != nil {
		return err
	}
	// What is really alarming is the desk's, which acts on it; a leader who has read what a drill tells says so.
	if w.actor.Role == RoleLeader && a.Type != AlarmInject {
		return refuse(Forbidden, "队长只确认演练中发给本队的情况，其他告警由调度台确认", "a leader acknowledges what a drill tells the team; other alarms are acknowledged by the desk")
	}
	if a.Acked != nil {
		return refuse(IllegalMove, "%s已确认该告警", "%s acknowledged it already", a.Acked.By)
	}
	s := w.stamp()
	a.Acked = &s
	if err := w.put(a); err != nil {
		return err
	}
	if a.Incident == "" && a.Ended != nil {
		w.drop(a)
	}
	return nil
}
