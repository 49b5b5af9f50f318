package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
)

// Door lets another package hang a route on the API that is authenticated, guarded and refused like
// all others.
type Door struct{ s *Server }

// Handle registers a documented route for those who are signed in.
func (d Door) Handle(op *huma.Operation, h func(w http.ResponseWriter, r *http.Request, actor dispatch.Actor) error) {
	d.s.document(op, nil)
	d.s.mux.HandleFunc(op.Method+" "+op.Path, d.s.signed(func(w http.ResponseWriter, r *http.Request, me *signedIn) error {
		// Long files take their time; how much of it to read, the route bounds itself.
		if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(10 * time.Minute)); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
		if err := h(w, r, me.actor); err != nil || r.Method == http.MethodGet {
			return err
		}
		return d.s.rescopeAll(r.Context())
	}))
}

// rescopeAll closes the sockets of those whose agency has another jurisdiction than when they
// connected: an import may have changed many.
func (s *Server) rescopeAll(ctx context.Context) error {
	agencies, err := s.cfg.Store.Find(ctx, dispatch.Query{Realm: dispatch.Live, Kind: dispatch.KindAgency, Archived: true, Limit: -1})
	if err != nil {
		return err
	}
	type rights struct{ jurisdiction, home string }
	now := map[string]rights{}
	for _, r := range agencies {
		a := r.(*dispatch.Agency)
		now[a.ID] = rights{a.Jurisdiction, a.Scope.Area}
	}
	s.closeSockets(func(a dispatch.Actor) bool { return rights{a.Jurisdiction, a.Home} != now[a.Agency] }, closeScope)
	return nil
}
