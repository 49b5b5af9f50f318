package web

import (
	"context"
	"net/http"
	"time"
)

// healthRoutes are for whoever watches the machine: livez says that the process answers, readyz that
// it can do its work. Neither tells a stranger more than that.
func (s *Server) healthRoutes() {
	s.mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write([]byte("ok\n"))
	})
	s.mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, stop := context.WithTimeout(r.Context(), 3*time.Second)
		defer stop()
		err := s.cfg.Store.Ping(ctx)
		if err == nil && s.cfg.Ready != nil {
			err = s.cfg.Ready(ctx)
		}
		w.Header().Set("Cache-Control", "no-store")
		if err != nil {
			s.cfg.Log.Warn().Err(err).Msg("not ready")
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ready\n"))
	})
}
