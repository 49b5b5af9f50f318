package web

import (
	"maps"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"liandong/dispatch"
)

// meter counts what passes the door. Labels are names of ours alone, such as routes, commands and
// codes, never what a sender wrote: their number is bounded and nothing personal is in them.
type meter struct {
	started  time.Time
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	commands *prometheus.CounterVec
	command  *prometheus.HistogramVec

	mu       sync.Mutex
	outcomes map[string]int64 // of commands, by outcome
	refused  map[string]int64 // what was turned away before it was looked at, by reason
}

// Why the door turns something away without looking at it.
const (
	refusedBusy      = "busy_address"
	refusedSockets   = "sockets_of_address"
	refusedStrange   = "unknown_secrets"
	refusedEncoding  = "encoded_body"
	refusedTooLarge  = "too_large"
	refusedCrossSite = "cross_site"
	refusedSignIn    = "sign_in"
)

func newMeter(started time.Time) *meter {
	spans := []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	return &meter{started: started, outcomes: map[string]int64{}, refused: map[string]int64{},
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "liandong_http_requests_total", Help: "Requests by route, method and status."}, []string{"route", "method", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "liandong_http_request_seconds", Help: "Time until a request was answered, by route; sockets are not in it.", Buckets: spans},
			[]string{"route"}),
		commands: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "liandong_commands_total", Help: "Commands of users by name and outcome: done, replayed, or the code of the refusal."}, []string{"command", "outcome"}),
		command: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "liandong_command_seconds", Help: "Time until a command was answered, by name.", Buckets: spans},
			[]string{"command"}),
	}
}

// request counts one that was answered.
func (m *meter) request(r *http.Request, status int, took time.Duration) {
	route := r.Pattern
	if route == "" {
		route = "none"
	}
	method := r.Method
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions:
	default:
		method = "other"
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	if status != http.StatusSwitchingProtocols {
		m.took.WithLabelValues(route).Observe(took.Seconds())
	}
	if status == http.StatusRequestEntityTooLarge {
		m.refuse(refusedTooLarge)
	}
}

// did counts a command with its outcome.
func (m *meter) did(name string, replayed bool, code string, took time.Duration) {
	if _, ok := dispatch.CommandByName(name); !ok {
		name = "unknown"
	}
	outcome := code
	switch {
	case code != "":
	case replayed:
		outcome = "replayed"
	default:
		outcome = "done"
	}
	m.commands.WithLabelValues(name, outcome).Inc()
	m.command.WithLabelValues(name).Observe(took.Seconds())
	m.mu.Lock()
	defer m.mu.Unlock()
	m.outcomes[outcome]++
}

func (m *meter) refuse(reason string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refused[reason]++
}

func (m *meter) totals() (outcomes, refused map[string]int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.outcomes), maps.Clone(m.refused)
}

// answered remembers the status that was sent. Whatever else a writer can do is found through Unwrap;
// those who look for Flush by itself find it, too.
type answered struct {
	http.ResponseWriter
	status int
}

func (a *answered) WriteHeader(status int) {
	if a.status == 0 && status != http.StatusEarlyHints && status != http.StatusContinue {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answered) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(b)
}

// Flush sends what was written; a writer that cannot sends it when it likes.
func (a *answered) Flush() { _ = http.NewResponseController(a.ResponseWriter).Flush() }

// Unwrap is what http.ResponseController asks for.
func (a *answered) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// sent is the status as far as it is known: a connection that was taken over says nothing more.
func (a *answered) sent(r *http.Request) int {
	switch {
	case a.status != 0:
		return a.status
	case r.Header.Get("Upgrade") != "":
		return http.StatusSwitchingProtocols
	}
	return http.StatusOK
}
