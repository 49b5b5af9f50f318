package dispatch

import (
	"context"
	"slices"
)

// What a neighbour tells, fitted into what is here: whose it is, who sees it,
// and what hangs on it.

// adapt turns what names agencies and teams of the neighbour's into ours.
func (h *hearing) adapt(ctx context.Context, r Record, sent Scope, was Record) error {
	head := r.head()
	switch r := r.(type) {
	case *Incident:
		r.TransferTo, r.ArchiveDue = "", nil
		return h.leaders(ctx, head, sent)
	case *Note:
		r.Photo = "" // the picture stays at home
		return h.leaders(ctx, head, sent)
	case *Offer:
		q, err := h.request(ctx, r.Request)
		if err != nil || q == nil {
			return err
		}
		r.Incident = q.Incident
		head.Scope = head.Scope.with(Share{Agency: q.Scope.Agency, Tier: TierView, Source: ShareLoan})
	case *Loan:
		r.Owner, r.Receiver = h.link.Region, h.link.Scope.Agency
		q, err := h.request(ctx, r.Request)
		if err != nil || q == nil {
			return err
		}
		r.Incident, r.Receiver = q.Incident, q.Scope.Agency
		head.Scope = head.Scope.with(Share{Agency: q.Scope.Agency, Tier: TierAssist, Source: ShareLoan})
	case *Claim:
		return h.claim(ctx, r)
	case *Team:
		r.Depot, r.Message = "", nil
		if had, _ := was.(*Team); (r.Distress != nil) != (had != nil && had.Distress != nil) {
			if h.calls == nil {
				h.calls = map[string]*Team{}
			}
			h.calls[r.ID] = r
		}
		holder, err := h.holder(ctx, RefOf(r), r.Holder == h.you && r.Holder != "", r.Loan)
		if err != nil {
			return err
		}
		if r.Holder = holder; holder == "" {
			r.Loan, r.Task = "", ""
			return nil
		}
		head.Scope = head.Scope.with(Share{Agency: holder, Tier: TierAssist, Source: ShareLoan})
		h.crews = append(h.crews, r.ID)
	case *Equipment:
		r.Depot = ""
		holder, err := h.holder(ctx, RefOf(r), r.Holder == h.you, "")
		if err != nil {
			return err
		}
		var runs string // the agency of ours that it is at work for
		if i, err := h.tx.Get(ctx, h.actor.Realm, Ref{KindIncident, r.Incident}, nil); err == nil && i.head().Origin == nil {
			runs = i.head().Scope.Agency
		} else if err != nil && CodeOf(err) != NotFound {
			return err
		}
		switch r.Holder = holder; {
		case holder == "":
			if r.Holder = h.link.Region; runs != "" {
				r.Incident, r.Team = "", "" // nothing that is not on loan here is at work here
			}
		default:
			head.Scope = head.Scope.with(Share{Agency: holder, Tier: TierAssist, Source: ShareLoan})
			if runs != "" {
				head.Scope = head.Scope.with(Share{Agency: runs, Tier: TierView, Source: ShareTask})
			}
		}
	case *Stock:
		r.Depot, r.Holder = "", h.link.Region
	case *Task:
		r.Agency, r.AckDue, r.CheckDue = h.link.Region, nil, nil
		rec, err := h.tx.Get(ctx, h.actor.Realm, Ref{KindTeam, r.Team}, nil)
		if CodeOf(err) == NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		if team := rec.(*Team); team.Origin == nil {
			r.Agency = team.Scope.Agency
			head.Scope = head.Scope.with(Share{Agency: r.Agency, Tier: TierAssist, Source: ShareTask}).withTeam(team.ID)
			h.crews = append(h.crews, team.ID)
		}
	}
	return nil
}

// leaders lets our own teams that are on the record see it.
func (h *hearing) leaders(ctx context.Context, head *Head, sent Scope) error {
	for _, id := range sent.Teams[:min(len(sent.Teams), 50)] {
		rec, err := h.tx.Get(ctx, h.actor.Realm, Ref{KindTeam, id}, nil)
		if CodeOf(err) == NotFound {
			continue
		}
		if err != nil {
			return err
		}
		if team := rec.(*Team); team.Origin == nil {
			head.Scope = head.Scope.with(Share{Agency: team.Scope.Agency, Tier: TierAssist, Source: ShareTask}).withTeam(id)
		}
	}
	return nil
}

// request is the request of ours that an offer or loan answers, whose lines are
// counted anew; nil where it is the neighbour's.
func (h *hearing) request(ctx context.Context, id string) (*Request, error) {
	rec, err := h.tx.Get(ctx, h.actor.Realm, Ref{KindRequest, id}, nil)
	if CodeOf(err) == NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	q := rec.(*Request)
	if q.Origin != nil {
		return nil, nil
	}
	h.asked = append(h.asked, id)
	return q, nil
}

// holder is which agency of ours has the thing on loan; "" where none has.
func (h *hearing) holder(ctx context.Context, ref Ref, ours bool, loan string) (string, error) {
	if !ours {
		return "", nil
	}
	for _, p := range h.change.Puts {
		if l, ok := p.Record.(*Loan); ok && l.Resource == ref && l.Open() {
			return l.Receiver, nil
		}
	}
	var found []Record
	var err error
	if loan != "" {
		var rec Record
		if rec, err = h.tx.Get(ctx, h.actor.Realm, Ref{KindLoan, loan}, nil); err == nil {
			found = []Record{rec}
		} else if CodeOf(err) == NotFound {
			err = nil
		}
	} else {
		found, err = h.tx.Find(ctx, Query{Realm: h.actor.Realm, Kind: KindLoan, Agency: h.link.Region, Limit: -1})
	}
	for _, r := range found {
		if l := r.(*Loan); l.Resource == ref && l.Open() && l.Origin != nil && l.Origin.Link == h.link.ID {
			return l.Receiver, nil
		}
	}
	return h.link.Scope.Agency, err
}

// leave ends what the team is on here.
func (h *hearing) leave(ctx context.Context, id string) error {
	team, incidents, err := h.lockTeam(ctx, id)
	if err != nil {
		return err
	}
	open, err := h.openTasks(ctx, id)
	if err != nil {
		return err
	}
	for _, t := range open {
		if t.Origin != nil {
			continue
		}
		locked, err := lockOne[*Task](ctx, h.work, KindTask, t.ID)
		if err != nil {
			return err
		}
		i := incidents[t.Incident]
		locked.Reason = h.link.Name + "收回队伍"
		if err := h.finish(ctx, &onTask{locked, i, team}, TaskReleased, h.stamp()); err != nil {
			return err
		}
		if err := h.raise(AlarmLink, 1, team.called()+" 已被"+h.link.Name+"收回："+i.Title, i, locked, nil); err != nil {
			return err
		}
	}
	return nil
}

// bury takes our own answers to a request that has left the board with it, as
// far as they have ended.
func (h *hearing) bury(ctx context.Context, request string) error {
	offers, err := h.offers(ctx, request)
	if err != nil {
		return err
	}
	loans, err := h.loans(ctx, request)
	if err != nil {
		return err
	}
	for _, l := range loans {
		if l.Open() {
			return nil
		}
	}
	for _, l := range loans {
		h.hold(l)
		h.drop(l)
	}
	for _, o := range offers {
		h.hold(o)
		h.drop(o)
	}
	return nil
}

// follow brings in step what hangs on what was told: the lines of our requests,
// the state of teams.
func (h *hearing) follow(ctx context.Context) error {
	slices.Sort(h.asked)
	for _, id := range slices.Compact(h.asked) {
		q, err := lockOne[*Request](ctx, h.work, KindRequest, id)
		if err != nil {
			return err
		}
		if q.State.Ended() && h.settles == nil { // once is enough: an answer is no reason to ask again
			if err := h.decline(ctx, q); err != nil {
				return err
			}
		}
		if err := h.tally(ctx, q); err != nil {
			return err
		}
	}
	slices.Sort(h.crews)
	for _, id := range slices.Compact(h.crews) {
		if team := h.fresh(id); team != nil { // not in the store yet, and on nothing
			team.derive(nil)
			if err := h.heed(ctx, team, nil); err != nil {
				return err
			}
			continue
		}
		team, incidents, err := h.lockTeam(ctx, id)
		if err != nil {
			return err
		}
		var also []*Task
		for _, p := range h.change.Puts {
			if t, ok := p.Record.(*Task); ok && t.Team == id {
				also = append(also, t)
			}
		}
		if err := h.work.settle(ctx, team, also...); err != nil {
			return err
		}
		if team.Origin != nil {
			if err := h.heed(ctx, team, incidents); err != nil {
				return err
			}
		}
	}
	return nil
}

// fresh is the team where this change shows it for the first time.
func (h *hearing) fresh(id string) *Team {
	for _, p := range h.change.Puts {
		if t, ok := p.Record.(*Team); ok && t.ID == id && p.Before == nil {
			return t
		}
	}
	return nil
}

// heed does here what a breakdown or a distress does at a team's home: the tasks
// are flagged for replacement, and the desk that has the team hears the alarm.
func (h *hearing) heed(ctx context.Context, team *Team, incidents map[string]*Incident) error {
	open, err := h.openTasks(ctx, team.ID)
	if err != nil {
		return err
	}
	if err := h.flag(ctx, open, team.Duty == DutyOutOfService); err != nil {
		return err
	}
	switch called := h.calls[team.ID]; {
	case called == nil:
	case team.Distress != nil:
		i, err := h.whereabouts(ctx, team, incidents)
		if err != nil {
			return err
		}
		at := *team
		at.Scope = Scope{Agency: team.Holder}
		return h.raise(AlarmDistress, 1, team.called()+" 遇险求助 "+team.Distress.Text, i, nil, &at)
	default:
		alarms, err := h.distressAlarms(ctx, team.ID)
		if err != nil {
			return err
		}
		for _, a := range alarms {
			recs, err := h.lock(ctx, RefOf(a))
			if err != nil {
				return err
			}
			if err := h.endAlarm(recs[0].(*Alarm)); err != nil {
				return err
			}
		}
	}
	return nil
}

// decline tells the neighbour that an offer came too late.
func (h *hearing) decline(ctx context.Context, q *Request) error {
	offers, err := h.offers(ctx, q.ID)
	if err != nil {
		return err
	}
	for _, o := range offers {
		if o.Origin != nil && o.Origin.Link == h.link.ID && o.Origin.Waiting == 0 && o.Standing() {
			if err := h.send(&OfferMove{Offer: o.ID, Reason: "请求已结束"}, "offer.cancel", q.Scope, o); err != nil {
				return err
			}
		}
	}
	return nil
}
