package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
	"liandong/realtime"
)

// Machine is what the program knows of the machine it runs on.
type Machine struct {
	Pool   Pool       `json:"pool"`
	Disk   *Disk      `json:"disk,omitempty"`
	Sealed *time.Time `json:"sealed,omitempty" doc:"when the heads of the journals were last signed"`
	Backup *time.Time `json:"backup,omitempty" doc:"when the last backup of this folder was made"`
}

// Pool is the connections to the database.
type Pool struct {
	Used   int     `json:"used"`
	Idle   int     `json:"idle"`
	Most   int     `json:"most"`
	Waits  int64   `json:"waits" doc:"questions that had to wait for a free connection, since the start"`
	Waited float64 `json:"waited" doc:"seconds that they waited"`
}

// Disk is the one under the data folder, in bytes.
type Disk struct {
	Free int64 `json:"free"`
	Size int64 `json:"size"`
	Low  bool  `json:"low" doc:"under a tenth is free"`
}

// DeviceDoor is one of the doors through which devices come over a protocol of their own. Counts are
// since the start; the words in them are the server's own, and few.
type DeviceDoor struct {
	Protocol    string           `json:"protocol" enum:"cot,jt808"`
	Connections int              `json:"connections" doc:"of devices that said who they are"`
	Frames      map[string]int64 `json:"frames" doc:"frames or events that could be read, by what they say"`
	Refused     map[string]int64 `json:"refused" doc:"connections, frames and messages, by reason"`
	Last        *time.Time       `json:"last,omitempty" doc:"when the last frame came"`
}

// Status is how the house does, for its administrators.
type Status struct {
	At        time.Time        `json:"at"`
	Version   string           `json:"version"`
	Started   time.Time        `json:"started"`
	Epoch     string           `json:"epoch"`
	Checks    []CheckLine      `json:"checks"`
	Feeds     []Feed           `json:"feeds"`
	Sockets   Sockets          `json:"sockets"`
	Positions PositionStatus   `json:"positions"`
	Sources   []Source         `json:"sources"`
	Doors     []DeviceDoor     `json:"doors" doc:"the open doors for devices"`
	Commands  map[string]int64 `json:"commands" doc:"commands of users since the start by outcome: done, replayed, or the code of the refusal"`
	Refused   map[string]int64 `json:"refused" doc:"what the door turned away before it was looked at, by reason"`
	Machine   *Machine         `json:"machine,omitempty"`
}

// CheckLine is one thing that has to be in order.
type CheckLine struct {
	Name string `json:"name" enum:"database,schema,journal,positions,cluster"`
	OK   bool   `json:"ok"`
}

// Feed is one realm's feed; drills are counted together.
type Feed struct {
	Realm    string  `json:"realm" enum:"live,drill"`
	Head     int64   `json:"head" doc:"newest change read"`
	Lag      float64 `json:"lag" doc:"seconds since the journal was last read"`
	Unread   int64   `json:"unread" doc:"changes in the journal that were not read yet; -1 while the database is away"`
	Consoles int     `json:"consoles"`
	Queued   int     `json:"queued" doc:"bytes that wait for consoles"`
	Behind   int64   `json:"behind" doc:"changes that the slowest console has not been sent yet"`
}

// Sockets is the connections of consoles.
type Sockets struct {
	Open     int              `json:"open"`
	Sessions int              `json:"sessions"`
	Closed   map[string]int64 `json:"closed" doc:"closed by the server since the start, by close code"`
	Ticks    int64            `json:"ticks"`
	TickMean float64          `json:"tick_mean" doc:"seconds that a tick took in the mean, since the start"`
	TickSlow int64            `json:"tick_slow" doc:"ticks that took longer than a quarter of a second"`
	Ticked   *time.Time       `json:"ticked,omitempty"`
}

// PositionStatus is how positions come in and are stored.
type PositionStatus struct {
	Teams     int            `json:"teams"`
	Waiting   int            `json:"waiting" doc:"not stored yet"`
	Shown     int            `json:"shown"`
	Held      map[string]int `json:"held" doc:"stored only or refused, by reason"`
	Stored    int64          `json:"stored"`
	Lost      int64          `json:"lost" doc:"could not be stored; their sources were told to send again"`
	Batches   int64          `json:"batches"`
	BatchMean float64        `json:"batch_mean" doc:"seconds that storing a batch took in the mean"`
	StoredAt  *time.Time     `json:"stored_at,omitempty"`
	FailedAt  *time.Time     `json:"failed_at,omitempty"`
}

// Source is one protocol over which positions come.
type Source struct {
	Source   string         `json:"source"`
	Received time.Time      `json:"received"`
	Fixed    *time.Time     `json:"fixed,omitempty" doc:"newest fix that was shown"`
	Shown    int64          `json:"shown"`
	Held     map[string]int `json:"held"`
}

func (s *Server) statusRoutes() {
	read(s, huma.Operation{OperationID: "status", Method: http.MethodGet, Path: "/api/v1/admin/status", Tags: []string{"admin"},
		Summary: "how the server does; for administrators of a coordinating agency"}, s.status)
}

// overseersOnly passes administrators of a coordinating agency: the house as a whole is their concern.
func overseersOnly(me *signedIn) error {
	if err := adminsOnly(me); err != nil {
		return err
	}
	if me.actor.Jurisdiction == "" {
		return refusal(dispatch.Forbidden, "运行状态涉及整个系统，仅供统筹单位的管理员查看", "the status covers the whole server: it is for administrators of a coordinating agency")
	}
	return nil
}

func (s *Server) status(ctx context.Context, me *signedIn, _ *struct{}) (*struct{ Body Status }, error) {
	if err := overseersOnly(me); err != nil {
		return nil, err
	}
	st := Status{At: s.cfg.Now().UTC(), Version: s.cfg.Version, Started: s.meter.started.UTC(), Checks: s.health.look(ctx).lines(), Feeds: []Feed{}, Sources: []Source{}, Doors: s.doors()}
	st.Sockets.Closed, st.Positions.Held = map[string]int64{}, map[string]int{}
	st.Commands, st.Refused = s.meter.totals()
	if s.cfg.Hub != nil {
		s.feedStatus(ctx, &st)
	}
	if s.cfg.Lane != nil {
		s.laneStatus(&st)
	}
	if s.cfg.Machine != nil {
		m := s.cfg.Machine()
		st.Machine = &m
	}
	return &struct{ Body Status }{st}, nil
}

func (s *Server) doors() []DeviceDoor {
	if s.cfg.Doors == nil {
		return []DeviceDoor{}
	}
	return append([]DeviceDoor{}, s.cfg.Doors()...) // none are an empty list, not null
}

func (s *Server) feedStatus(ctx context.Context, st *Status) {
	hub := s.cfg.Hub.Stats()
	st.Epoch = hub.Epoch
	for _, f := range s.lags(ctx, hub) {
		st.Feeds = append(st.Feeds, f)
	}
	slices.SortFunc(st.Feeds, func(a, b Feed) int { return cmp.Compare(b.Realm, a.Realm) })
	quick := int64(0)
	for i, bound := range realtime.SpanBounds {
		if bound <= 0.25 {
			quick += hub.Ticks.Classes[i]
		}
	}
	st.Sockets = Sockets{Open: hub.Connections, Sessions: hub.Sessions, Closed: hub.Closed, Ticks: hub.Ticks.Count,
		TickMean: mean(hub.Ticks), TickSlow: hub.Ticks.Count - quick, Ticked: known(hub.Ticked)}
	if st.Sockets.Closed == nil {
		st.Sockets.Closed = map[string]int64{}
	}
}

func (s *Server) laneStatus(st *Status) {
	lane := s.cfg.Lane.Stats()
	st.Positions = PositionStatus{Teams: lane.Teams, Waiting: lane.Waiting, Shown: lane.Shown, Held: lane.Held, Stored: lane.Storage.Positions, Lost: lane.Storage.Lost,
		Batches: lane.Storage.Batches.Count, BatchMean: mean(lane.Storage.Batches), StoredAt: known(lane.Storage.Stored), FailedAt: known(lane.Storage.Failed)}
	for name, src := range lane.Sources {
		held := src.Held
		if held == nil {
			held = map[string]int{}
		}
		st.Sources = append(st.Sources, Source{name, src.Received.UTC(), known(src.Fixed), src.Shown, held})
	}
	slices.SortFunc(st.Sources, func(a, b Source) int { return cmp.Compare(a.Source, b.Source) })
}

// lags are the feeds by the name of their realm, with how far each is behind its journal.
func (s *Server) lags(ctx context.Context, hub realtime.Stats) map[string]Feed {
	ctx, stop := context.WithTimeout(ctx, time.Second)
	defer stop()
	now, out := time.Now(), map[string]Feed{}
	for realm, one := range hub.Streams {
		name := realmName(realm)
		f, more := out[name]
		f.Realm = name
		f.Head, f.Behind = max(f.Head, one.Head), max(f.Behind, one.Behind)
		f.Consoles, f.Queued = f.Consoles+one.Consoles, f.Queued+one.Queued
		f.Lag = max(f.Lag, now.Sub(one.ReadAt).Seconds())
		head, err := s.cfg.Store.Head(ctx, realm)
		switch {
		case err != nil, more && f.Unread < 0:
			f.Unread = -1
		default:
			f.Unread = max(f.Unread, head-one.Head)
		}
		out[name] = f
	}
	return out
}

func mean(s realtime.Spans) float64 {
	if s.Count == 0 {
		return 0
	}
	return s.Seconds / float64(s.Count)
}

func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
