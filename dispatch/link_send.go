package dispatch

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
)

// What is done about a neighbour's record. The rule is carried out here as well,
// so that what it would refuse is refused at once and the screen shows what is
// meant; the neighbour's server then decides, and its record comes back.

// sendOn makes a parcel of a command whose rule edited a neighbour's records.
// What else the rule would have begun is begun there.
func (w *work) sendOn(ctx context.Context, in any) error {
	if len(w.foreign) == 0 || w.actor.Role == RoleSystem {
		return nil
	}
	first := w.foreign[0].head().Origin
	if w.actor.Role == RolePeer || !Abroad(w.cmd.Name) || slices.ContainsFunc(w.foreign, func(r Record) bool { return r.head().Origin.Link != first.Link }) {
		rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindLink, first.Link}, nil)
		if err != nil {
			return err
		}
		e := refuse(Forbidden, "该%[1]s由%[2]s的服务器决定", "the server of %[4]s alone decides about this %[3]s", KindNameZH(w.foreign[0].head().Kind), rec.(*Link).Name, w.foreign[0].head().Kind, rec.(*Link).Name)
		e.Current = w.foreign[0]
		return e
	}
	if a, ok := in.(*TaskAdvance); ok && w.actor.Role != RoleLeader {
		a.Radio = true // the desk said it
	}
	w.change.Take, w.change.Free, w.change.Moves, w.change.Drops = nil, nil, nil, nil
	w.change.Puts = slices.DeleteFunc(w.change.Puts, func(p Put) bool { return p.Before == nil && RefOf(p.Record).Kind != KindParcel })
	w.held = nil // its numbers are no longer true; nothing is edited after this
	scope := Scope{Agency: w.actor.Agency}
	var records []Record
	for _, p := range w.change.Puts {
		if o := p.Record.head().Origin; o != nil && o.Link == first.Link {
			records = append(records, p.Record)
		}
	}
	return w.send(in, w.cmd.Name, scope, records...)
}

// touch marks a record that the command is about and the rule itself leaves as it
// is: where it is a neighbour's, the command goes there.
func (w *work) touch(r Record) {
	if r.head().Origin != nil {
		w.hold(r)
		w.foreign = append(w.foreign, r)
	}
}

// send makes a parcel about the records, all of one neighbour's and all of them
// in this change or to be held in it.
func (w *work) send(in any, name string, scope Scope, records ...Record) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	if len(body) > mostParcel {
		return &Error{Code: TooLarge, Field: "body", Value: len(body), Message: "a command to a neighbour has at most 6 KiB", MessageZH: "发往相邻地区的命令最多 6 KiB"}
	}
	p := &Parcel{Command: name, Body: body, By: w.actor.Name, State: ParcelWaiting, Sent: w.stamp(), Link: records[0].head().Origin.Link}
	for _, r := range records {
		r.head().Origin.Waiting++
		if !slices.ContainsFunc(w.change.Puts, func(p Put) bool { return p.Record == r }) {
			w.derive(r)
		}
		p.Records = append(p.Records, RefOf(r))
		if id := Indexed(r).Incident; id != "" {
			p.Incident = id
		}
	}
	return w.create(KindParcel, "", Scope{Agency: scope.Agency, Area: scope.Area, Shares: scope.Shares}, p)
}

func nothing(err error) error {
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}
