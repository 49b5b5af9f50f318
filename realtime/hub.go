package realtime

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"liandong/dispatch"
)

// Config is what a hub needs from outside.
type Config struct {
	Journal Journal
	Records Records
	Lane    *Lane   // nil: no positions
	Nodes   Nodes   // nil: no way to other nodes
	Fences  *Fences // nil: no fences
	Log     zerolog.Logger
	Now     func() time.Time // nil: time.Now
	// Clock is what a realm's clock shows: what is shared for a time ends by it.
	// nil: Now in every realm.
	Clock  func(dispatch.Realm) time.Time
	Limits Limits

	ticks <-chan time.Time // tests tick by hand
	look  time.Duration    // between looks at the journal without a bell; 1 s
}

// Limits bounds what connections may cost. A zero field takes its default.
type Limits struct {
	Window      int           // changes of a realm kept in memory; 2,000
	TooOld      int64         // changes that a resume may go back; 20,000
	Queue       int           // bytes that may wait for one connection; 1 MiB
	Connections int           // in all; 20,000
	PerSession  int           // of one sign-in; 8
	Commands    int           // of one connection that may wait; 8
	Rate, Burst float64       // inbound frames a second, and at once; 20, 100
	Write       time.Duration // for one write to the socket; 10 s
	Beat        time.Duration // whole seconds; 4 s
	Silence     time.Duration // until a peer that is not heard of is cut; 60 s
}

func (l Limits) orDefault() Limits {
	set(&l.Window, 2000)
	set(&l.TooOld, 20_000)
	set(&l.Queue, 1<<20)
	set(&l.Connections, 20_000)
	set(&l.PerSession, 8)
	set(&l.Commands, 8)
	set(&l.Rate, 20)
	set(&l.Burst, 100)
	set(&l.Write, 10*time.Second)
	set(&l.Beat, 4*time.Second)
	set(&l.Silence, time.Minute)
	return l
}

func set[T comparable](v *T, byDefault T) {
	var zero T
	if *v == zero {
		*v = byDefault
	}
}

// Hub keeps the consoles' connections and the feeds they listen to.
type Hub struct {
	cfg    Config
	limits Limits
	log    zerolog.Logger
	now    func() time.Time

	ctx     context.Context // ends when the hub has shut down
	cancel  context.CancelFunc
	tails   sync.WaitGroup // tailers and the ticker
	live    sync.WaitGroup // readers and writers of connections
	work    sync.WaitGroup // commands being carried out
	readers chan struct{}  // bounds how many connections read old changes at once
	devices atomic.Uint64  // see Devices
	loading sync.Mutex     // one stream is loaded at a time
	crew    *crew
	gauge   gauge
	peers   peers
	deaf    []func() // ends the hearing of other nodes

	mu       sync.Mutex
	epoch    string
	streams  map[dispatch.Realm]*tailed
	conns    map[*conn]struct{}
	taken    int // places, also of connections whose handshake is under way
	sessions map[string]int
	stopping bool
}

// tailed is a stream with the end of its tailer.
type tailed struct {
	*stream
	stop context.CancelFunc
}

// New starts a hub. Shutdown ends it.
func New(cfg Config) *Hub {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	set(&cfg.look, time.Second)
	if cfg.Clock == nil {
		cfg.Clock = func(dispatch.Realm) time.Time { return cfg.Now() }
	}
	ctx, cancel := context.WithCancel(context.Background())
	h := &Hub{cfg: cfg, limits: cfg.Limits.orDefault(), log: cfg.Log, now: cfg.Now, ctx: ctx, cancel: cancel,
		readers: make(chan struct{}, 4), crew: newCrew(), streams: map[dispatch.Realm]*tailed{}, conns: map[*conn]struct{}{}, sessions: map[string]int{}, peers: peers{heard: map[string]time.Time{}}}
	h.hearNodes()
	h.tails.Add(1)
	go h.tick(cfg.ticks)
	for _, w := range h.crew.writers {
		h.tails.Go(func() { w.run(ctx) })
	}
	return h
}

// Open makes sure that the realm's feed runs, so that the first console need
// not wait for it.
func (h *Hub) Open(ctx context.Context, realm dispatch.Realm) error {
	_, err := h.stream(ctx, realm)
	return err
}

// Poke is the bell: the realm's journal has grown to seq. It never blocks. A
// lost poke costs a second, never a change.
func (h *Hub) Poke(realm dispatch.Realm, _ int64) {
	h.mu.Lock()
	s := h.streams[realm]
	h.mu.Unlock()
	if s != nil {
		s.poke()
	}
}

// Close ends every connection whose actor the filter picks, with the code, and
// tells how many those are. Nothing more is sent to them and no further command
// of theirs is carried out.
func (h *Hub) Close(filter func(dispatch.Actor) bool, code CloseCode) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for c := range h.conns {
		if filter(c.actor) {
			c.close(code, "")
			n++
		}
	}
	return n
}

// stream returns the realm's feed and starts it where it does not run yet.
func (h *Hub) stream(ctx context.Context, realm dispatch.Realm) (*stream, error) {
	if s := h.running(realm); s != nil {
		return s, nil
	}
	h.loading.Lock()
	defer h.loading.Unlock()
	if s := h.running(realm); s != nil {
		return s, nil
	}
	epoch, err := h.cfg.Journal.Epoch(ctx)
	if err != nil {
		return nil, h.unavailable(err)
	}
	s := &stream{realm: realm, epoch: epoch, crew: h.crew, journal: h.cfg.Journal, records: h.cfg.Records, lane: h.cfg.Lane,
		nodes: h.cfg.Nodes, cut: h.cut, look: h.cfg.look, limits: h.limits, log: h.log, now: h.now, clock: func() time.Time { return h.cfg.Clock(realm) }, bell: make(chan struct{}, 1), delivered: h.delivered, lost: h.renew, fences: h.cfg.Fences,
		groups: map[dispatch.Audience]*group{}, window: window{most: h.limits.Window}}
	if err := s.load(ctx); err != nil {
		return nil, h.unavailable(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopping {
		return nil, stopped()
	}
	if h.epoch != "" && h.epoch != epoch {
		// Another stream has not noticed yet; it will within a second.
		return nil, h.unavailable(fmt.Errorf("the epoch moved from %s to %s", h.epoch, epoch))
	}
	ctx, stop := context.WithCancel(h.ctx)
	h.epoch, h.streams[realm] = epoch, &tailed{s, stop}
	h.tails.Add(1)
	go func() {
		defer h.tails.Done()
		s.tail(ctx)
	}()
	s.poke()
	return s, nil
}

func (h *Hub) running(realm dispatch.Realm) *stream {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t := h.streams[realm]; t != nil {
		return t.stream
	}
	return nil
}

// renew ends all that belongs to the old epoch.
func (h *Hub) renew() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.log.Warn().Str("epoch", h.epoch).Msg("the journal is another one now: all consoles take a new snapshot")
	for _, t := range h.streams {
		t.stop()
	}
	h.epoch, h.streams = "", map[dispatch.Realm]*tailed{}
	for c := range h.conns {
		c.close(CloseEpoch, "")
	}
}

// older reads for a connection that is behind the window. Only a few do at a
// time, so that a mass reconnect does not drown the database.
func (h *Hub) older(c *conn) (step, error) {
	select {
	case h.readers <- struct{}{}:
		defer func() { <-h.readers }()
	case <-h.ctx.Done():
		return step{}, h.ctx.Err()
	}
	ctx, cancel := context.WithTimeout(h.ctx, 10*time.Second)
	defer cancel()
	return c.stream.older(ctx, c.au, c.cursor, c.seen)
}

// delivered looks at changes that are out.
func (h *Hub) delivered(cs []*dispatch.Change) {
	h.rights(cs)
	if h.cfg.Fences != nil {
		h.cfg.Fences.follow(cs)
	}
}

// Scope is the scope of a team or incident as the feed has it.
func (h *Hub) Scope(realm dispatch.Realm, ref dispatch.Ref) (dispatch.Scope, bool) {
	s := h.running(realm)
	if s == nil {
		return dispatch.Scope{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	scope, ok := s.scopes[ref]
	return scope, ok
}

// rights closes connections whose rights a change moved: the person's roles,
// agency or team, or the jurisdiction of the agency.
func (h *Hub) rights(cs []*dispatch.Change) {
	for _, c := range cs {
		for _, put := range c.Puts {
			switch r := put.Record.(type) {
			case *dispatch.Device:
				h.devices.Add(1)
			case *dispatch.Part:
				h.closeMoved(func(a dispatch.Actor) CloseCode {
					if a.Realm == c.Realm && a.ID == r.Person && (a.Role != r.Role || a.Agency != r.Agency || a.Team != r.Team) {
						return CloseScope
					}
					return 0
				})
			case *dispatch.Person:
				h.closeMoved(func(a dispatch.Actor) CloseCode { return personMoved(a, r) })
			case *dispatch.Agency:
				h.closeMoved(func(a dispatch.Actor) CloseCode {
					if a.Realm == c.Realm && a.Agency == r.ID && (a.Jurisdiction != r.Jurisdiction || a.Home != r.Scope.Area) {
						return CloseScope
					}
					return 0
				})
			}
		}
		for _, d := range c.Drops {
			switch d.Ref.Kind {
			case dispatch.KindDevice:
				h.devices.Add(1)
			case dispatch.KindPart:
				h.Close(func(a dispatch.Actor) bool { return a.Realm == c.Realm && a.ID == d.Ref.ID }, CloseScope)
			case dispatch.KindPerson:
				h.Close(func(a dispatch.Actor) bool { return a.ID == d.Ref.ID }, CloseAuth)
			}
		}
		if slices.Contains(c.Reset, dispatch.KindDevice) {
			h.devices.Add(1)
		}
		if slices.Contains(c.Reset, dispatch.KindAgency) {
			h.rescope(c.Realm)
		}
	}
}

// rescope closes connections whose agency has another jurisdiction after an
// import: the change names no records.
func (h *Hub) rescope(realm dispatch.Realm) {
	ctx, stop := context.WithTimeout(h.ctx, 10*time.Second)
	defer stop()
	rs, err := h.cfg.Records.Find(ctx, dispatch.Query{Realm: realm, Kind: dispatch.KindAgency, Archived: true, Limit: -1})
	if err != nil { // nothing may be sent on the strength of rights that cannot be read
		h.log.Error().Err(err).Msg("agencies cannot be read after an import: all consoles connect again")
		h.Close(func(a dispatch.Actor) bool { return a.Realm == realm }, CloseScope)
		return
	}
	type rights struct{ jurisdiction, home string }
	now := map[string]rights{}
	for _, r := range rs {
		if a, ok := r.(*dispatch.Agency); ok {
			now[a.ID] = rights{a.Jurisdiction, a.Scope.Area}
		}
	}
	h.Close(func(a dispatch.Actor) bool {
		return a.Realm == realm && rights{a.Jurisdiction, a.Home} != now[a.Agency]
	}, CloseScope)
}

// Devices is a number that changes with any device: what was read of one before
// may be remembered for as long as it stays the same.
func (h *Hub) Devices() uint64 { return h.devices.Load() }

func personMoved(a dispatch.Actor, p *dispatch.Person) CloseCode {
	switch {
	case a.ID != p.ID:
		return 0
	case p.Locked:
		return CloseAuth
	case a.Realm != dispatch.Live: // the part in the drill decides
	case a.Agency != p.Scope.Agency, !slices.Contains(p.Roles, a.Role), a.Role == dispatch.RoleLeader && a.Team != p.Team:
		return CloseScope
	}
	return 0
}

func (h *Hub) closeMoved(code func(dispatch.Actor) CloseCode) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.conns {
		if k := code(c.actor); k != 0 {
			c.close(k, "")
		}
	}
}

// tick is the hub's one clock: positions and presence each second, beats, pings.
func (h *Hub) tick(ticks <-chan time.Time) {
	defer h.tails.Done()
	if ticks == nil {
		t := time.NewTicker(time.Second)
		defer t.Stop()
		ticks = t.C
	}
	every := max(1, int(h.limits.Beat/time.Second))
	for n := 1; ; n++ {
		select {
		case <-h.ctx.Done():
			return
		case <-ticks:
		}
		began := time.Now()
		h.tellNodes(topicHere, nil)
		h.mu.Lock()
		streams := make([]*stream, 0, len(h.streams))
		for _, t := range h.streams {
			streams = append(streams, t.stream)
		}
		h.mu.Unlock()
		for _, s := range streams {
			s.lapse()
			s.sendMoved()
			s.sendPresence()
			s.tellOpened(n)
			h.catchUp(s)
			if turned := s.turned(); n%every == 0 || turned {
				s.pulse(n%(5*every) == 0, h.now().Add(-h.limits.Silence))
			}
			h.letGo(s)
		}
		h.gauge.tick(h.now(), time.Since(began))
	}
}

// workOn counts a worker, unless the hub stops.
func (h *Hub) workOn() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopping {
		return false
	}
	h.work.Add(1)
	return true
}

func (h *Hub) stops() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.stopping
}

// Shutdown takes no new connections and commands, lets the commands under way
// end and be answered, sends what waits and closes all connections as
// going-away. When ctx ends first the sockets are cut.
func (h *Hub) Shutdown(ctx context.Context) error {
	h.mu.Lock()
	h.stopping = true
	h.mu.Unlock()
	for _, stop := range h.deaf {
		stop()
	}
	err := wait(ctx, &h.work)
	h.mu.Lock()
	for _, t := range h.streams {
		t.stop()
		h.tellNodes(topicPresence, opened{Realm: t.realm})
	}
	for c := range h.conns {
		c.close(CloseGoingAway, "")
	}
	h.mu.Unlock()
	if e := wait(ctx, &h.live); e != nil {
		err = e
		h.mu.Lock()
		for c := range h.conns {
			c.cut()
		}
		h.mu.Unlock()
	}
	h.cancel()
	h.live.Wait()
	h.tails.Wait()
	return err
}

func wait(ctx context.Context, wg *sync.WaitGroup) error {
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *Hub) unavailable(err error) error {
	h.log.Error().Err(err).Msg("the feed cannot be read")
	return &dispatch.Error{Code: dispatch.Unavailable, Message: "the database cannot be reached; try again", MessageZH: "暂时无法连接数据库，请稍后再试"}
}

func stopped() error {
	return &dispatch.Error{Code: dispatch.Unavailable, Message: "the server is stopping; connect again", MessageZH: "服务器正在停止，请重新连接"}
}
