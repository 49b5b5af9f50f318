package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"liandong/dispatch"
	"liandong/dispatch/pgstore"
	"liandong/geo/route"
	"liandong/realtime"
	"liandong/realtime/bus"
	"liandong/web"
)

// thresholds are the settings of the house that a city chooses.
type thresholds struct {
	Zone         string                   `help:"Time zone of the local day, for incident numbers." default:"Asia/Shanghai" env:"LIANDONG_ZONE"`
	AckWithin    time.Duration            `help:"An assignment unanswered for longer raises an alarm." default:"2m" env:"LIANDONG_ACK_WITHIN"`
	ClaimFor     time.Duration            `help:"A claimed report goes back to the queue after this." default:"5m" env:"LIANDONG_CLAIM_FOR"`
	ArchiveAfter time.Duration            `help:"A finished incident leaves the board after this; 0 never." default:"24h" env:"LIANDONG_ARCHIVE_AFTER"`
	CheckEvery   time.Duration            `help:"Safety check-in of teams on scene; 0 off." default:"20m" env:"LIANDONG_CHECK_EVERY"`
	RingWait     map[string]time.Duration `help:"How long a request for help waits in a ring before it reaches further by itself: own, county, city, partners, range. The first named is where it begins." default:"county=10m;city=10m;partners=5m;range=5m" env:"LIANDONG_RING_WAIT" placeholder:"RING=SPAN;…"`
	RingRange    int                      `help:"Kilometres that the ring range reaches around the place; 0: nobody by distance." default:"50" env:"LIANDONG_RING_RANGE"`
	ArriveWithin int                      `help:"Metres from the incident at which a team seems to have arrived; 0 never." default:"150" env:"LIANDONG_ARRIVE_WITHIN"`
	Stale        map[string]time.Duration `help:"After how long a position of a source is stale." default:"osmand=90s;owntracks=5m;phone=60s;cot=90s;jt808=90s;demo=30s" env:"LIANDONG_STALE" placeholder:"SOURCE=SPAN;…"`
}

func (t thresholds) settings() (dispatch.Settings, error) {
	zone, err := time.LoadLocation(t.Zone)
	if err != nil {
		return dispatch.Settings{}, fmt.Errorf("zone %q: use an IANA name such as Asia/Shanghai: %w", t.Zone, err)
	}
	rings := map[dispatch.Ring]time.Duration{}
	for name, wait := range t.RingWait {
		if r := dispatch.Ring(name); !slices.Contains(dispatch.Rings, r) || r == dispatch.RingProvince || wait < 0 {
			return dispatch.Settings{}, fmt.Errorf("ring-wait %s=%s: name own, county, city, partners or range with a span such as 10m", name, wait)
		}
		rings[dispatch.Ring(name)] = wait
	}
	if t.RingRange < 0 || t.RingRange > 500 {
		return dispatch.Settings{}, fmt.Errorf("ring-range %d: name 0 to 500 kilometres", t.RingRange)
	}
	return dispatch.Settings{Zone: zone, AckWithin: t.AckWithin, ClaimFor: t.ClaimFor, ArchiveAfter: t.ArchiveAfter, CheckEvery: t.CheckEvery, ArriveWithin: t.ArriveWithin, RingWait: rings, RingRange: t.RingRange,
		Targets: dispatch.DefaultTargets()}, nil
}

// screen is the same for the console, in seconds.
func (t thresholds) screen() web.Settings {
	stale := map[string]int{}
	for source, d := range t.Stale {
		stale[source] = int(d.Seconds())
	}
	return web.Settings{Zone: t.Zone, Stale: stale, Targets: dispatch.DefaultTargets(), Languages: []string{"zh", "en"}, Thresholds: web.Thresholds{
		AckWithin: int(t.AckWithin.Seconds()), ClaimFor: int(t.ClaimFor.Seconds()), CheckEvery: int(t.CheckEvery.Seconds()), Link: []int{5, 15, 60}}}
}

// house is everything wired together, without a listener.
type house struct {
	store     *pgstore.Store
	service   *dispatch.Service
	hub       *realtime.Hub
	lane      *realtime.Lane
	fences    *realtime.Fences
	bus       *bus.Bus // nil: no way to other nodes
	passwords *web.Passwords
	settings  dispatch.Settings
	log       zerolog.Logger
}

// build wires the rooms over an open store. way leads to other nodes; nil: there is none.
func build(store *pgstore.Store, t thresholds, way *bus.Bus, log zerolog.Logger) (*house, error) {
	settings, err := t.settings()
	if err != nil {
		return nil, err
	}
	h := &house{store: store, bus: way, passwords: web.NewPasswords(), settings: settings, log: log}
	var nodes realtime.Nodes // a nil *bus.Bus is no nil interface
	if way != nil {
		nodes = way
	}
	h.fences = realtime.NewFences(realtime.FencesConfig{Records: store, Shapes: store, Log: log, Arrive: t.ArriveWithin})
	h.lane = realtime.NewLane(realtime.LaneConfig{Store: store, Fences: h.fences, Nodes: nodes, Log: log, Stale: t.Stale})
	h.hub = realtime.New(realtime.Config{Journal: store, Records: store, Lane: h.lane, Fences: h.fences, Nodes: nodes, Log: log,
		Clock: func(realm dispatch.Realm) time.Time { return h.service.Now(realm) }})
	h.service = h.serviceAt(time.Now)
	return h, nil
}

// serviceAt decides on the clock's time.
func (h *house) serviceAt(now func() time.Time) *dispatch.Service {
	return dispatch.NewService(h.store, dispatch.Config{Now: now, NewID: newID, Hash: h.passwords.Hash,
		Committed: h.hub.Committed, Router: router(), Settings: h.settings})
}

// router estimates travel until a road network is there.
func router() route.Router { return route.Default() }

// newID makes ids that sort by time and cannot be guessed: 48 bits of milliseconds, 80 random bits.
func newID() string {
	var b [16]byte
	rand.Read(b[6:]) // never fails; it ends the program instead
	ms := time.Now().UnixMilli()
	for i := range 6 {
		b[i] = byte(ms >> (8 * (5 - i)))
	}
	return hex.EncodeToString(b[:])
}

// deadlines carries out each second what has fallen due, in the realm live and in every drill whose
// clock runs, until ctx ends, and makes sure that their feeds run.
func (h *house) deadlines(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := h.fireDue(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			h.log.Error().Err(err).Msg("what is due could not be carried out; it is tried again each second")
		case err == nil && failing:
			h.log.Info().Msg("what is due is carried out again")
		}
		failing = err != nil
	}
}

func (h *house) fireDue(ctx context.Context) error {
	realms, err := h.store.Running(ctx)
	if err != nil {
		return err
	}
	var all []error
	for _, realm := range realms {
		// Fences are watched where nobody looks, too, and after a restore.
		if err := h.hub.Open(ctx, realm); err != nil {
			all = append(all, err)
			continue
		}
		if _, err := h.service.FireDue(ctx, realm); err != nil {
			all = append(all, err)
		}
	}
	return errors.Join(all...)
}

// upkeep sweeps what has expired and makes room for tracks, hourly.
func (h *house) upkeep(ctx context.Context) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		if _, err := h.store.Sweep(ctx, time.Now()); err != nil && ctx.Err() == nil {
			h.log.Error().Err(err).Msg("sweep")
		}
		if _, err := h.store.KeepTrack(ctx, time.Now()); err != nil && ctx.Err() == nil {
			h.log.Error().Err(err).Msg("tracks")
		}
		if err := h.store.IndexTrack(ctx, time.Now()); err != nil && ctx.Err() == nil {
			h.log.Error().Err(err).Msg("indexes of tracks")
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// lookKeyframes is how often it is looked whether a keyframe is due.
const lookKeyframes = 10 * time.Second

// keyframes keeps the pictures that replay begins from, of every realm.
func (h *house) keyframes(ctx context.Context) {
	tick := time.NewTicker(lookKeyframes)
	defer tick.Stop()
	for {
		if err := h.keepKeyframes(ctx); err != nil && ctx.Err() == nil {
			h.log.Error().Err(err).Msg("keyframes")
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (h *house) keepKeyframes(ctx context.Context) error {
	realms, err := h.store.Realms(ctx)
	for _, realm := range realms {
		k, failed := h.store.KeepKeyframes(ctx, realm, pgstore.KeyframeEvery)
		if err = errors.Join(err, failed); k.Seq > 0 {
			h.log.Debug().Str("realm", string(realm)).Int64("seq", k.Seq).Int("records", k.Records).Msg("keyframe")
		}
	}
	return err
}

// latest brings the last known positions up every two minutes; what came since is looked up in the
// track at the next start.
func (h *house) latest(ctx context.Context) {
	tick := time.NewTicker(2 * time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := h.store.KeepLatest(ctx, time.Now()); err != nil && ctx.Err() == nil {
			h.log.Error().Err(err).Msg("last known positions")
		}
	}
}
