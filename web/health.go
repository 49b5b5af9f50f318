package web

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"liandong/dispatch"
)

// Check is one thing that has to be in order for the house to do its work, beside those that the door
// looks at itself.
type Check struct {
	Name string
	Ask  func(ctx context.Context) error
}

const (
	// journalOld is when consoles call the database away; see package realtime.
	journalOld = 5 * time.Second
	// storingWithin is how long a batch of positions that could not be stored counts.
	storingWithin = 10 * time.Second
	// lookEvery bounds what strangers who ask for the health may cost.
	lookEvery = time.Second
)

// ready is the answer of /readyz. It names what is amiss in fixed words and tells a stranger nothing
// more; the log has the reason.
type ready struct {
	Ready  bool              `json:"ready"`
	Checks map[string]string `json:"checks"` // "ok" or "failing"
}

func (r ready) lines() []CheckLine {
	out := []CheckLine{}
	for _, name := range []string{"database", "schema", "cluster", "journal", "positions"} {
		if said, ok := r.Checks[name]; ok {
			out = append(out, CheckLine{name, said == "ok"})
		}
	}
	return out
}

// health looks after the house, at most once a second however many ask.
type health struct {
	s  *Server
	mu sync.Mutex
	at time.Time
	ready
}

// healthRoutes are for whoever watches the machine: healthz says that the process lives, readyz that
// it can do its work. Positions that cannot be stored are told but do not make it unready: decisions
// go on without them, and a balancer that took the server out for them would end those, too.
func (s *Server) healthRoutes() {
	s.health = &health{s: s}
	s.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		_ = writeJSON(w, map[string]bool{"alive": true}) // a constant
	})
	s.mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		now := s.health.look(r.Context())
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Type", "application/json")
		if !now.Ready {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = writeJSON(w, now) // texts of ours
	})
}

func (h *health) look(ctx context.Context) ready {
	h.mu.Lock()
	defer h.mu.Unlock()
	if time.Since(h.at) < lookEvery {
		return h.ready
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer stop()
	was := h.ready
	h.ready = ready{true, map[string]string{}}
	for _, c := range append([]Check{{"database", h.s.cfg.Store.Ping}, {"journal", h.s.journalRead}, {"positions", h.s.positionsStored}}, h.s.cfg.Checks...) {
		err := c.Ask(ctx)
		said := "ok"
		if err != nil {
			said = "failing"
			h.Ready = h.Ready && c.Name == "positions"
		}
		h.Checks[c.Name] = said
		if before := was.Checks[c.Name]; before != said && (before != "" || err != nil) {
			h.s.cfg.Log.Warn().Err(err).Str("check", c.Name).Str("is", said).Msg("health")
		}
	}
	h.at = time.Now()
	return h.ready
}

// journalRead is in order while the live feed was read within five seconds. Nobody may be connected:
// then the feed is opened here.
func (s *Server) journalRead(ctx context.Context) error {
	if s.cfg.Hub == nil {
		return nil
	}
	if err := s.cfg.Hub.Open(ctx, dispatch.Live); err != nil {
		return err
	}
	if at := s.cfg.Hub.ReadAt(dispatch.Live); time.Since(at) > journalOld {
		return errors.New("the journal was last read at " + at.Format(time.RFC3339))
	}
	return nil
}

func (s *Server) positionsStored(context.Context) error {
	if s.cfg.Lane == nil {
		return nil
	}
	if st := s.cfg.Lane.Storage(); st.Failing(s.cfg.Now(), storingWithin) {
		return errors.New("positions could not be stored at " + st.Failed.Format(time.RFC3339))
	}
	return nil
}
