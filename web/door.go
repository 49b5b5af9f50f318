package web

import (
	"net/http"

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
		return h(w, r, me.actor)
	}))
}
