package web

import (
	"context"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"liandong/dispatch"
	"liandong/realtime"
)

// metricsRoutes tell Prometheus how the house does. On this door only an administrator of a
// coordinating agency reads them, or who has the scrape token; a listener of its own on the machine
// itself (Metrics) asks for neither. There are no names, ids or secrets in them.
func (s *Server) metricsRoutes() {
	s.registry = prometheus.NewRegistry()
	s.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		s.meter.requests, s.meter.took, s.meter.commands, s.meter.command, gauges{s})
	s.document(&huma.Operation{OperationID: "metrics", Method: http.MethodGet, Path: "/metrics", Tags: []string{"health"},
		Summary: "figures for Prometheus; for administrators of a coordinating agency, or with the operator's scrape token as bearer"}, asBytes("text/plain"))
	page := s.Metrics()
	s.mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		if !s.scraper(r) {
			me, err := s.identify(r)
			if err == nil {
				err = me.mayWork()
			}
			if err == nil {
				err = overseersOnly(me)
			}
			if err != nil {
				s.fail(w, r, err)
				return
			}
		}
		w.Header().Set("Cache-Control", "no-store")
		page.ServeHTTP(w, r)
	})
}

func (s *Server) scraper(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && s.cfg.ScrapeToken != "" && subtle.ConstantTimeCompare([]byte(token), []byte(s.cfg.ScrapeToken)) == 1
}

// Metrics is the page without a guard, for a listener that only the machine itself reaches.
func (s *Server) Metrics() http.Handler {
	return promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second, DisableCompression: true})
}

// gauges tells what stands in the house at the moment of asking.
type gauges struct{ s *Server }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("liandong_"+name, help, labels, nil)
}

var (
	descBuild       = desc("build_info", "Always 1; the version of the program.", "version")
	descEpoch       = desc("epoch_info", "Always 1; which life of the journal this is.", "epoch")
	descConnections = desc("connections", "Open sockets of consoles.")
	descSessions    = desc("connected_sessions", "Sign-ins with an open socket.")
	descFeeds       = desc("feeds", "Feeds that run, one a realm: live, and drills that somebody listens to or that are not over.")
	descClosed      = desc("connections_closed_total", "Sockets closed by the server, by close code.", "code")
	descQueued      = desc("queue_bytes", "Bytes of changes and answers that wait for consoles.", "realm")
	descBehind      = desc("queue_changes_max", "Changes that the slowest console has not been sent yet.", "realm")
	descLag         = desc("journal_lag_seconds", "Time since the journal was last read.", "realm")
	descLagChanges  = desc("journal_lag_changes", "Changes in the journal that the feed has not read yet; absent while the database is away.", "realm")
	descHead        = desc("journal_seq", "Newest change that the feed has read.", "realm")
	descTicks       = desc("tick_seconds", "Ticks of the hub, which send positions and presence, with the time each took.")
	descTeams       = desc("position_teams", "Teams with a known position.")
	descWaiting     = desc("positions_waiting", "Positions that wait to be stored.")
	descPositions   = desc("positions_total", "Reports by source and outcome: shown, or why it was held.", "source", "outcome")
	descRefused     = desc("positions_refused_total", "Reports held or refused by reason, those of unknown senders included.", "reason")
	descFix         = desc("source_last_fix_timestamp_seconds", "Newest fix of a source that was shown, by the source's clock.", "source")
	descBatches     = desc("position_batch_seconds", "Batches of positions, with the time that storing each took.")
	descStored      = desc("positions_stored_total", "Positions that are safe in the database.")
	descLost        = desc("positions_unstored_total", "Positions that could not be stored and whose sources were told so.")
	descFences      = desc("fences", "Fences that stand.")
	descStays       = desc("fence_stays", "Stays of teams in fences that last.")
	descCrossed     = desc("fence_booked_total", "Crossings of fences and arrivals that were booked by this node.")
	descUnbooked    = desc("fence_waiting", "Crossings and arrivals that wait to be booked.")
	descUnroomed    = desc("fence_lost_total", "Crossings that found no room to wait and were made good from where the teams are.")
	descTurned      = desc("refused_total", "What the door turned away before it was looked at, by reason.", "reason")
	descDevices     = desc("device_connections", "Connections of devices that said who they are, by protocol.", "protocol")
	descFrames      = desc("device_frames_total", "Frames or events of devices that could be read, by what they say.", "protocol", "kind")
	descSentAway    = desc("device_refused_total", "Connections, frames and messages of devices that were refused, by reason.", "protocol", "reason")
	descPool        = desc("database_connections", "Connections to the database by state: used, idle, most.", "state")
	descPoolWaits   = desc("database_waits_total", "Questions that had to wait for a free connection.")
	descPoolWaited  = desc("database_waited_seconds_total", "Time that they waited.")
	descAnswers     = desc("database_up", "1 while the database answers.")
	descFree        = desc("disk_free_bytes", "Free under the data folder.")
	descSize        = desc("disk_size_bytes", "Size of the disk of the data folder.")
	descSealed      = desc("sealed_timestamp_seconds", "When the heads of the journals were last signed.")
	descBackup      = desc("backup_timestamp_seconds", "When the last backup was made.")
)

// Describe says that what is told depends on the moment.
func (gauges) Describe(chan<- *prometheus.Desc) {}

// Collect is asked at each scrape.
func (g gauges) Collect(out chan<- prometheus.Metric) {
	ctx, stop := context.WithTimeout(context.Background(), 3*time.Second)
	defer stop()
	tell := func(kind prometheus.ValueType, d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, kind, v, labels...)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) { tell(prometheus.GaugeValue, d, v, labels...) }
	count := func(d *prometheus.Desc, v float64, labels ...string) {
		tell(prometheus.CounterValue, d, v, labels...)
	}
	spans := func(d *prometheus.Desc, s realtime.Spans) {
		classes, n := map[float64]uint64{}, uint64(0)
		for i, bound := range realtime.SpanBounds {
			n += uint64(s.Classes[i])
			classes[bound] = n
		}
		out <- prometheus.MustNewConstHistogram(d, uint64(s.Count), s.Seconds, classes)
	}
	gauge(descBuild, 1, g.s.cfg.Version)
	_, refused := g.s.meter.totals()
	for reason, n := range refused {
		count(descTurned, float64(n), reason)
	}
	g.feed(ctx, gauge, count, spans)
	g.lane(gauge, count, spans)
	for _, door := range g.s.doors() {
		gauge(descDevices, float64(door.Connections), door.Protocol)
		for kind, n := range door.Frames {
			count(descFrames, float64(n), door.Protocol, kind)
		}
		for reason, n := range door.Refused {
			count(descSentAway, float64(n), door.Protocol, reason)
		}
	}
	g.machine(ctx, gauge, count)
}

type teller func(d *prometheus.Desc, v float64, labels ...string)

// realmName is a realm as a label: one name for all drills, whose number has no bound.
func realmName(r dispatch.Realm) string {
	if r == dispatch.Live {
		return string(r)
	}
	return "drill"
}

func (g gauges) feed(ctx context.Context, gauge, count teller, spans func(*prometheus.Desc, realtime.Spans)) {
	if g.s.cfg.Hub == nil {
		return
	}
	st := g.s.cfg.Hub.Stats()
	if st.Epoch != "" {
		gauge(descEpoch, 1, st.Epoch)
	}
	gauge(descConnections, float64(st.Connections))
	gauge(descSessions, float64(st.Sessions))
	gauge(descFeeds, float64(len(st.Streams)))
	for code, n := range st.Closed {
		count(descClosed, float64(n), code)
	}
	spans(descTicks, st.Ticks)
	for realm, f := range g.s.lags(ctx, st) {
		gauge(descQueued, float64(f.Queued), realm)
		gauge(descBehind, float64(f.Behind), realm)
		gauge(descLag, f.Lag, realm)
		gauge(descHead, float64(f.Head), realm)
		if f.Unread >= 0 {
			gauge(descLagChanges, float64(f.Unread), realm)
		}
	}
}

func (g gauges) lane(gauge, count teller, spans func(*prometheus.Desc, realtime.Spans)) {
	if g.s.cfg.Lane == nil {
		return
	}
	st := g.s.cfg.Lane.Stats()
	gauge(descTeams, float64(st.Teams))
	gauge(descWaiting, float64(st.Waiting))
	for reason, n := range st.Held {
		count(descRefused, float64(n), reason)
	}
	for name, src := range st.Sources {
		count(descPositions, float64(src.Shown), name, "shown")
		for reason, n := range src.Held {
			count(descPositions, float64(n), name, reason)
		}
		if !src.Fixed.IsZero() {
			gauge(descFix, float64(src.Fixed.UnixMilli())/1000, name)
		}
	}
	spans(descBatches, st.Storage.Batches)
	count(descStored, float64(st.Storage.Positions))
	count(descLost, float64(st.Storage.Lost))
	gauge(descFences, float64(st.Fences.Fences))
	gauge(descStays, float64(st.Fences.Inside))
	gauge(descUnbooked, float64(st.Fences.Waiting))
	count(descCrossed, float64(st.Fences.Booked))
	count(descUnroomed, float64(st.Fences.Lost))
}

func (g gauges) machine(ctx context.Context, gauge, count teller) {
	up := 0.0
	if g.s.cfg.Store.Ping(ctx) == nil {
		up = 1
	}
	gauge(descAnswers, up)
	if g.s.cfg.Machine == nil {
		return
	}
	m := g.s.cfg.Machine()
	gauge(descPool, float64(m.Pool.Used), "used")
	gauge(descPool, float64(m.Pool.Idle), "idle")
	gauge(descPool, float64(m.Pool.Most), "most")
	count(descPoolWaits, float64(m.Pool.Waits))
	count(descPoolWaited, m.Pool.Waited)
	if m.Disk != nil {
		gauge(descFree, float64(m.Disk.Free))
		gauge(descSize, float64(m.Disk.Size))
	}
	for d, at := range map[*prometheus.Desc]*time.Time{descSealed: m.Sealed, descBackup: m.Backup} {
		if at != nil {
			gauge(d, float64(at.Unix()))
		}
	}
}
