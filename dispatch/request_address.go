package dispatch

import (
	"context"
	"slices"
)

// Whom a request is addressed to by name, beside the ring that it reaches.

// name addresses the request of an agency to another.
func (w *work) name(ctx context.Context, r *Request, from, to string) error {
	switch {
	case to == from:
		return invalid("to", to, "不必向本单位请求", "nobody asks themselves")
	case slices.Contains(r.To, to):
		return invalid("to", to, "已点名该单位", "is named already")
	case len(r.To) == 20:
		return invalid("to", len(r.To)+1, "最多点名 20 个单位", "at most 20 agencies are named")
	}
	if _, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindAgency, to}, w.audience()); err != nil {
		return err
	}
	r.To = append(r.To, to)
	return nil
}

// addressRequest names an agency; of an open request it sees and may answer it
// from then on.
func addressRequest(ctx context.Context, w *work, in *RequestAddress) error {
	r, err := w.request(ctx, in.Request, "")
	if err != nil {
		return err
	}
	if r.State.Ended() || r.State == RequestExpired {
		return illegal(KindRequest, string(r.State), "address", words(requestMoves[r.State]))
	}
	if err := w.name(ctx, r, r.Scope.Agency, in.Agency); err != nil {
		return err
	}
	if err := w.put(r); err != nil {
		return err
	}
	if r.State == RequestOpen {
		scope, _, err := w.reach(ctx, r)
		if err != nil {
			return err
		}
		w.rescope(r, scope)
	}
	return nil
}
