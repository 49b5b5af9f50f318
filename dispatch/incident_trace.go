package dispatch

import (
	"context"
	"fmt"
	"slices"
)

// The commands that change what an incident is or whose: place, merge, split,
// share, transfer. Each leaves its trace as a note.

// ownIncident loads an incident that is still to be worked on, after the row of
// its agency, with what that has agreed.
func (w *work) ownIncident(ctx context.Context, id string) (*Incident, []*Agreement, error) {
	if id == "" {
		return nil, nil, invalid("incident", id, "缺少事件", "the incident is missing", "an id")
	}
	all, agency, err := w.lockOwner(ctx, Ref{KindIncident, id})
	if err != nil {
		return nil, nil, err
	}
	i, err := w.incident(ctx, id, "")
	if err == nil && i.Scope.Agency != agency {
		err = errMoved
	}
	return i, all, err
}

// trace adds a note to the incident's record on behalf of the command.
func (w *work) trace(i *Incident, kind NoteType, text string) error {
	return w.create(KindNote, "", i.Scope, &Note{Incident: i.ID, Type: kind, Text: text, Author: w.actor.Name, Stamp: w.stamp()})
}

func placeIncident(ctx context.Context, w *work, in *IncidentPlace) error {
	if err := needReason(in.Reason); err != nil {
		return err
	}
	i, all, err := w.ownIncident(ctx, in.Incident)
	if err != nil {
		return err
	}
	old := i.Place
	scope, err := w.newScope(ctx, i.Scope.Agency, in.Area, in.Place)
	if err != nil {
		return err
	}
	to := i.Scope
	to.Area = scope.Area
	if err := w.shareAll(ctx, i, agreed(i, to, all, w.at)); err != nil {
		return err
	}
	i.Place, w.change.Note = in.Place, in.Reason
	if err := w.put(i); err != nil {
		return err
	}
	if err := w.follow(ctx, RefOf(i), in.Place.Point); err != nil {
		return err
	}
	return w.trace(i, NoteCorrection, fmt.Sprintf("地点更正：%s → %s（%s）", old.words(), in.Place.words(), in.Reason))
}

func (p Place) words() string {
	switch {
	case p.Text != "" && p.Point != nil:
		return p.Text + " " + p.Point.String()
	case p.Point != nil:
		return p.Point.String()
	case p.Text != "":
		return p.Text
	}
	return "—"
}

// shareAll gives the incident and everything that hangs on it the scope.
func (w *work) shareAll(ctx context.Context, i *Incident, to Scope) error {
	if i.Scope.Equal(to) {
		return nil
	}
	deps, err := w.dependents(ctx, i.ID)
	if err != nil {
		return err
	}
	if err := w.rescopeStays(ctx, deps, to); err != nil {
		return err
	}
	w.rescope(i, to)
	for _, r := range deps {
		w.rescope(r, to)
	}
	// What this same change created for the incident follows as well.
	for n := range w.change.Puts {
		p := &w.change.Puts[n]
		if p.Before == nil && RefOf(p.Record) != RefOf(i) && Indexed(p.Record).Incident == i.ID {
			p.Record.head().Scope, p.After = to, to
		}
	}
	return nil
}

func shareIncident(ctx context.Context, w *work, in *IncidentShare) error {
	if in.Tier != TierView && in.Tier != TierAssist {
		return invalid("tier", in.Tier, "共享级别应为查看或协助", "the tier is view or assist", string(TierView), string(TierAssist))
	}
	recs, err := w.lock(ctx, Ref{KindAgency, in.Agency}, Ref{KindIncident, in.Incident})
	if err != nil {
		return err
	}
	i := recs[1].(*Incident)
	if err := firstError(w.may(i), i.mustRun()); err != nil {
		return err
	}
	if in.Agency == i.Scope.Agency {
		return invalid("agency", in.Agency, "该单位就是事件的主责单位", "the agency leads the incident itself")
	}
	if err := w.later("until", in.Until); err != nil {
		return err
	}
	w.change.Note = in.Reason
	to := i.Scope.with(Share{Agency: in.Agency, Tier: in.Tier, Redacted: in.Redacted, Source: ShareManual, By: w.actor.Name, Until: toMicros(in.Until)})
	if err := w.shareAll(ctx, i, to); err != nil {
		return err
	}
	w.derive(i)
	return nil
}

func unshareIncident(ctx context.Context, w *work, in *IncidentShare) error {
	i, err := w.incident(ctx, in.Incident, "")
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(i.Scope.Shares, func(sh Share) bool { return sh.Agency == in.Agency && sh.Source == ShareManual }) {
		return invalid("agency", in.Agency, "没有与该单位的手动共享", "there is no share by hand with that agency")
	}
	w.change.Note = in.Reason
	to := i.Scope.without(in.Agency, ShareManual)
	// A team of theirs may still be on it: then the share by task stays.
	tasks, err := w.tasks(ctx, i.ID)
	if err != nil {
		return err
	}
	for _, t := range tasks {
		if t.Agency == in.Agency && t.State != TaskRefused {
			to = to.with(Share{Agency: in.Agency, Tier: TierAssist, Source: ShareTask})
		}
	}
	return w.shareAll(ctx, i, to)
}

func mergeIncident(ctx context.Context, w *work, in *IncidentMerge) error {
	if in.Incident == in.Into {
		return invalid("into", in.Into, "不能与自身合并", "an incident is not merged into itself")
	}
	recs, err := w.lock(ctx, Ref{KindIncident, in.Incident}, Ref{KindIncident, in.Into})
	if err != nil {
		return err
	}
	dup, into := recs[0].(*Incident), recs[1].(*Incident)
	if err := firstError(w.may(dup), w.may(into), into.mustRun()); err != nil {
		return err
	}
	if !oneOf(IncidentDuplicate, incidentMoves[dup.State]) {
		return illegal(KindIncident, string(dup.State), string(IncidentDuplicate), words(incidentMoves[dup.State]))
	}
	if _, err := w.lockCrew(ctx, "", dup.ID, into.ID); err != nil {
		return err
	}
	deps, err := w.dependents(ctx, dup.ID)
	if err != nil {
		return err
	}
	// Whoever was on the duplicate now sees the one that stays.
	to := into.Scope
	for _, sh := range dup.Scope.Shares {
		if sh.Source != ShareAgreement { // the agreements of its own owner decide
			to = to.with(sh)
		}
	}
	for _, t := range dup.Scope.Teams {
		to = to.withTeam(t)
	}
	if err := w.shareAll(ctx, into, to); err != nil {
		return err
	}
	if err := firstError(w.adopt(ctx, deps, into), w.adoptAid(ctx, dup.ID, into.ID)); err != nil {
		return err
	}
	dup.Duplicate, dup.ArchiveDue, w.change.Note = into.ID, w.archiveDue(), in.Reason
	dup.enter(IncidentDuplicate, w.stamp())
	if err := w.put(dup); err != nil {
		return err
	}
	return w.trace(into, NoteRemark, fmt.Sprintf("事件 %s（%s）并入本事件", dup.Number, dup.Title))
}

// adopt moves records to another incident. The teams on both are locked.
func (w *work) adopt(ctx context.Context, deps []Record, into *Incident) error {
	open, teams := false, []Ref(nil)
	for _, r := range deps {
		locked, err := w.lock(ctx, RefOf(r))
		if err != nil {
			return err
		}
		switch r := locked[0].(type) {
		case *Task:
			r.Incident = into.ID
			open = open || r.Open()
			if r.Open() && r.State != TaskProposed {
				teams = append(teams, Ref{KindTeam, r.Team})
			}
		case *Note:
			r.Incident = into.ID
		case *Report:
			r.Incident = into.ID
		case *Alarm:
			r.Incident = into.ID
		case *Fence:
			if err := w.adoptFence(ctx, r, into); err != nil {
				return err
			}
		}
		w.rescope(locked[0], into.Scope)
		if err := w.put(locked[0]); err != nil {
			return err
		}
	}
	for _, ref := range teams {
		locked, err := w.lock(ctx, ref)
		if err != nil {
			return err
		}
		if err := w.settle(ctx, locked[0].(*Team)); err != nil {
			return err
		}
	}
	if open && (into.State == IncidentReported || into.State == IncidentVerified) {
		return w.activate(into)
	}
	return nil
}

// adoptAid makes what was asked, offered, lent, requisitioned and claimed for an
// incident another's.
// Whose it is and who sees it stays as it is.
func (w *work) adoptAid(ctx context.Context, from, into string) error {
	aid, err := w.aid(ctx, from)
	if err != nil {
		return err
	}
	for _, r := range aid {
		switch r := r.(type) {
		case *Request:
			r.Incident = into
		case *Offer:
			r.Incident = into
		case *Loan:
			r.Incident = into
		case *Requisition:
			r.Incident = into
		case *Letter:
			r.Incident = into
		}
		w.derive(r)
	}
	claims, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindClaim, Incident: from, Limit: -1})
	for _, r := range claims {
		r.(*Claim).Incident = into
		w.derive(r)
	}
	return err
}

func splitIncident(ctx context.Context, w *work, in *IncidentSplit) error {
	if len(in.Tasks) > 50 {
		return invalid("tasks", len(in.Tasks), "一次最多带走 50 项任务", "at most 50 tasks go along at once")
	}
	i, all, err := w.ownIncident(ctx, in.Incident)
	if err != nil {
		return err
	}
	scope := i.Scope
	area, err := w.newScope(ctx, i.Scope.Agency, in.Area, in.Place)
	if err != nil {
		return err
	}
	scope.Area = area.Area
	number, err := w.number(ctx)
	if err != nil {
		return err
	}
	n := &Incident{Number: number, Type: in.Type, Grade: i.Grade, Priority: i.Priority, AlarmLevel: 1, Title: in.Title, Place: in.Place,
		SplitFrom: i.ID, Parent: i.Parent, AutoClose: true}
	if n.Type == "" {
		n.Type = i.Type
	}
	n.enter(IncidentReported, w.stamp())
	n.enter(IncidentVerified, w.stamp())
	if err := w.create(KindIncident, "", agreed(n, scope, all, w.at), n); err != nil {
		return err
	}
	if _, err := w.lockCrew(ctx, "", i.ID); err != nil {
		return err
	}
	var along []Record
	for k, id := range in.Tasks {
		t, err := lockOne[*Task](ctx, w, KindTask, id)
		if err != nil {
			return err
		}
		if t.Incident != i.ID || !t.Open() {
			return invalid(field("tasks", k), id, "不是该事件的未完成任务", "is no open task of the incident")
		}
		along = append(along, t)
	}
	deps, err := w.dependents(ctx, i.ID)
	if err != nil {
		return err
	}
	for _, r := range deps {
		// A task's alarms go where it goes.
		if a, ok := r.(*Alarm); ok && slices.Contains(in.Tasks, a.Task) {
			along = append(along, a)
		}
	}
	if err := w.adopt(ctx, along, n); err != nil {
		return err
	}
	w.change.Note = in.Reason
	if err := w.trace(i, NoteRemark, fmt.Sprintf("拆分出事件 %s（%s）", n.Number, n.Title)); err != nil {
		return err
	}
	return w.trace(n, NoteRemark, fmt.Sprintf("由事件 %s（%s）拆分", i.Number, i.Title))
}

func transferIncident(ctx context.Context, w *work, in *IncidentTransfer) error {
	if err := needReason(in.Reason); err != nil {
		return err
	}
	recs, err := w.lock(ctx, Ref{KindAgency, in.Agency}, Ref{KindIncident, in.Incident})
	if err != nil {
		return err
	}
	i := recs[1].(*Incident)
	if err := firstError(w.may(i), i.mustRun()); err != nil {
		return err
	}
	if in.Agency == i.Scope.Agency {
		return invalid("agency", in.Agency, "该单位就是事件的主责单位", "the agency leads the incident itself")
	}
	i.TransferTo, w.change.Note = in.Agency, in.Reason
	// To accept it they must see it.
	if err := w.shareAll(ctx, i, i.Scope.with(Share{Agency: in.Agency, Tier: TierAssist, Source: ShareManual, By: w.actor.Name})); err != nil {
		return err
	}
	return w.put(i)
}

// acceptIncident makes the actor's agency the lead; the one before keeps its
// view, with the right to assist.
func acceptIncident(ctx context.Context, w *work, in *IncidentMove) error {
	all, err := w.agreements(ctx, w.actor.Agency)
	if err != nil {
		return err
	}
	i, err := lockOne[*Incident](ctx, w, KindIncident, in.Incident)
	if err != nil {
		return err
	}
	if i.TransferTo == "" || i.TransferTo != w.actor.Agency {
		return refuse(Forbidden, "该事件没有移交给您的单位", "the incident was not offered to your agency")
	}
	before := i.Scope.Agency
	to := i.Scope
	to.Agency = w.actor.Agency
	to = to.less(func(sh Share) bool { return sh.Agency == w.actor.Agency }).
		with(Share{Agency: before, Tier: TierAssist, Source: ShareManual, By: w.actor.Name})
	// From now on its own agreements say who else sees it.
	if err := w.shareAll(ctx, i, agreed(i, to, all, w.at)); err != nil {
		return err
	}
	i.TransferTo, w.change.Note = "", in.Reason
	if err := w.put(i); err != nil {
		return err
	}
	return w.trace(i, NoteRemark, "接受移交，主责单位变更")
}
