package dispatch

import (
	"context"
)

func takeReport(ctx context.Context, w *work, in *ReportTake) error {
	received, err := w.stampAt(in.EventTime)
	if err != nil {
		return err
	}
	if in.Type != "" && !eventCode.MatchString(in.Type) {
		return invalid("type", in.Type, "事件类型代码应为五位", "an event code has five characters", "12G01")
	}
	scope, err := w.newScope(ctx, "", in.Area, in.Place)
	if err != nil {
		return err
	}
	return w.create(KindReport, "", scope, &Report{Channel: in.Channel, State: ReportWaiting, Type: in.Type, Text: in.Text,
		Place: in.Place, Caller: in.Caller, Phone: in.Phone, Received: received})
}

// report loads a report for update and checks that the move is legal.
func (w *work) report(ctx context.Context, id string, to ReportState) (*Report, error) {
	r, err := lockOne[*Report](ctx, w, KindReport, id)
	if err != nil {
		return nil, err
	}
	if err := w.may(r); err != nil {
		return nil, err
	}
	if !oneOf(to, reportMoves[r.State]) {
		return nil, illegal(KindReport, string(r.State), string(to), words(reportMoves[r.State]))
	}
	return r, nil
}

func claimReport(ctx context.Context, w *work, in *ReportRef) error {
	r, err := w.report(ctx, in.Report, ReportClaimed)
	if err != nil {
		return err
	}
	mine := r.ClaimBy == w.actor.ID
	if r.State == ReportClaimed && !mine && r.Until != nil && r.Until.After(w.at) && w.actor.Role != RoleChief {
		e := refuse(Conflict, "%s正在处理这条接报", "%s is at this report", r.Claimed)
		e.Current = r
		return e
	}
	until := w.at.Add(w.svc.cfg.Settings.ClaimFor)
	r.State, r.Claimed, r.ClaimBy, r.Until = ReportClaimed, w.actor.Name, w.actor.ID, &until
	return w.put(r)
}

func releaseReport(ctx context.Context, w *work, in *ReportRef) error {
	r, err := w.report(ctx, in.Report, ReportWaiting)
	if err != nil {
		return err
	}
	w.change.Note = in.Reason
	r.State, r.Claimed, r.ClaimBy, r.Until, r.Reason = ReportWaiting, "", "", nil, ""
	return w.put(r)
}

func dismissReport(ctx context.Context, w *work, in *ReportRef) error {
	r, err := w.report(ctx, in.Report, ReportDismissed)
	if err != nil {
		return err
	}
	if err := needReason(in.Reason); err != nil {
		return err
	}
	r.State, r.Until, r.Reason, w.change.Note = ReportDismissed, nil, in.Reason, in.Reason
	return w.put(r)
}

func linkReport(ctx context.Context, w *work, in *ReportLink) error {
	recs, err := w.lock(ctx, Ref{KindReport, in.Report}, Ref{KindIncident, in.Incident})
	if err != nil {
		return err
	}
	r, i := recs[0].(*Report), recs[1].(*Incident)
	if err := firstError(w.may(r), w.may(i)); err != nil {
		return err
	}
	if !oneOf(ReportLinked, reportMoves[r.State]) {
		return illegal(KindReport, string(r.State), string(ReportLinked), words(reportMoves[r.State]))
	}
	if err := i.mustRun(); err != nil {
		return err
	}
	return w.linkReport(r, i)
}

// linkReport ties a report to its incident; from now on who sees the incident
// sees the report.
func (w *work) linkReport(r *Report, i *Incident) error {
	r.State, r.Incident, r.Until = ReportLinked, i.ID, nil
	w.rescope(r, i.Scope)
	return w.put(r)
}
