package realtime

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"liandong/dispatch"
	"liandong/geo"
)

// PositionStore keeps positions: all of them as tracks, and the newest shown
// one of each team.
type PositionStore interface {
	// SavePositions stores the batch, all or nothing. Those with a flag belong
	// to the track alone.
	SavePositions(ctx context.Context, ps []dispatch.Position) error
	// LatestPositions reads where every team of the realm was last shown.
	LatestPositions(ctx context.Context, realm dispatch.Realm) ([]dispatch.Position, error)
}

// LaneConfig is what a lane needs from outside.
type LaneConfig struct {
	Store PositionStore
	Log   zerolog.Logger
	Now   func() time.Time // nil: time.Now
	// Fences see who crosses them; nil: nobody is looked at.
	Fences *Fences
	// Nodes is the way to other nodes; nil: there are none.
	Nodes Nodes
	// Stale is after how long a position of the source is stale; sources that
	// are not named take StaleAfter.
	Stale map[string]time.Duration
	// Batch bounds what is stored at once; 1,000. Queue what may wait; 20,000.
	Batch, Queue int
	// Within is how long a source waits for its answer; 2 s.
	Within time.Duration
	// Rate bounds the reports of one device a second, in the mean; 100. Burst is
	// how many may come at once, as they do from a phone that was out of reach;
	// 2,000.
	Rate, Burst float64
}

// StaleAfter is the default limit of sources without one of their own.
const StaleAfter = 60 * time.Second

// Lane is where positions come in, are judged, remembered, stored and taken to
// the consoles. The newest plausible one of each team wins.
type Lane struct {
	cfg   LaneConfig
	batch *batcher
	gauge gauge
	wire  *wire // nil: no other nodes

	mu     sync.Mutex
	fleets map[dispatch.Realm]*fleet
	tally  tally
}

// Outcome is what became of a report.
type Outcome struct {
	// Shown tells that the consoles get it.
	Shown bool
	// Flag says why it was stored only.
	Flag dispatch.PositionFlag
	// Repeat tells that it was known already.
	Repeat bool
}

// NewLane starts a lane. Close ends it.
func NewLane(cfg LaneConfig) *Lane {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	set(&cfg.Batch, 1000)
	set(&cfg.Queue, 20_000)
	set(&cfg.Within, 2*time.Second)
	set(&cfg.Rate, 100)
	set(&cfg.Burst, 2000)
	l := &Lane{cfg: cfg, fleets: map[dispatch.Realm]*fleet{}, tally: newTally()}
	l.batch = newBatcher(cfg, l.saved, &l.gauge)
	if cfg.Nodes != nil {
		l.wire = newWire(cfg.Nodes, cfg.Log, l.adopt)
	}
	if cfg.Fences != nil {
		cfg.Fences.lane = l
	}
	return l
}

// Close stores what was accepted and ends the lane. Later reports are refused.
func (l *Lane) Close() {
	l.batch.close()
	if l.wire != nil {
		l.wire.close()
	}
}

// Report judges, shows and stores a position, and returns when it is safe in
// the store: only then may the source be answered. Received and Flag are set
// here; a zero Fixed becomes the time of receipt. Errors are *dispatch.Error:
// Invalid where the position is none, Throttled or Unavailable where it could
// not be stored and the source must send it again.
func (l *Lane) Report(ctx context.Context, p dispatch.Position) (Outcome, error) {
	out, h, err := l.take(ctx, &p)
	if err != nil || out.Repeat {
		return out, err
	}
	b, err := l.batch.add(&p, note{handle: h})
	if err != nil {
		return out, err
	}
	select {
	case <-b.done:
		if b.err != nil {
			return out, unstored()
		}
		return out, nil
	case <-ctx.Done():
		return out, unstored()
	}
}

// Submit is Report for sources that get no answer: it does not wait for the
// store. Where the store is away what was submitted waits for its return, as
// long as the queue has room.
func (l *Lane) Submit(ctx context.Context, p dispatch.Position) error {
	out, h, err := l.take(ctx, &p)
	if err != nil || out.Repeat {
		return err
	}
	_, err = l.batch.add(&p, note{h, true})
	return err
}

// take judges the position and, when it is to be shown, makes it the team's,
// whose handle it returns.
func (l *Lane) take(ctx context.Context, p *dispatch.Position) (Outcome, uint32, error) {
	p.Received = l.cfg.Now().UTC()
	if p.Fixed.IsZero() {
		p.Fixed = p.Received
	}
	p.Fixed = p.Fixed.UTC().Truncate(time.Microsecond)
	bad := check(*p)
	l.mu.Lock()
	defer l.mu.Unlock()
	d, s := l.numbers(p)
	if !l.tally.pay(d, p.Received, l.cfg.Rate, l.cfg.Burst) {
		l.tally.hold(d, s, p, "rate")
		return Outcome{}, 0, tooMany()
	}
	if bad != nil {
		l.tally.hold(d, s, p, bad.Field)
		return Outcome{}, 0, bad
	}
	tidy(p)
	f := l.fleets[p.Realm]
	if f == nil {
		var err error
		if f, err = l.fleet(ctx, p.Realm); err != nil {
			return Outcome{}, 0, unstored()
		}
	}
	m, h := f.mover(p.Team)
	if m != nil && m.stored && f.shows(m, h, p) && m.source == s {
		l.tally.hold(d, s, p, "repeat")
		return Outcome{Repeat: true}, h, nil
	}
	p.Flag = f.judge(m, h, p)
	if p.Flag != "" {
		l.tally.hold(d, s, p, string(p.Flag))
		return Outcome{Flag: p.Flag}, h, nil
	}
	h = f.show(p, d, s)
	if l.cfg.Fences != nil {
		l.cfg.Fences.moved(p)
	}
	l.tally.show(d, s, p)
	if l.wire != nil {
		l.wire.add(p)
	}
	return Outcome{Shown: true}, h, nil
}

// numbers are those of the report's device and protocol. The lane is locked.
func (l *Lane) numbers(p *dispatch.Position) (device uint32, source uint8) {
	return l.tally.deviceOf(p.Device, l.cfg.Burst), l.tally.sourceOf(p.Source, l.Stale(p.Source))
}

// saved notes that positions are in the store.
func (l *Lane) saved(b *batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range b.ps {
		if p := &b.ps[i]; p.Flag == "" {
			f, h := l.fleets[p.Realm], b.notes[i].handle
			if f == nil || int(h) >= f.movers.len() {
				continue // the realm was let go meanwhile
			}
			if m := f.movers.at(h); f.shows(m, h, p) {
				m.stored = true
			}
		}
	}
}

// fleet reads where the realm's teams were last, once. The lane is locked; the
// lock is let go while the store is read.
func (l *Lane) fleet(ctx context.Context, realm dispatch.Realm) (*fleet, error) {
	if f := l.fleets[realm]; f != nil {
		return f, nil
	}
	l.mu.Unlock()
	ps, err := l.cfg.Store.LatestPositions(ctx, realm)
	l.mu.Lock()
	if err != nil {
		return nil, fmt.Errorf("latest positions of %s: %w", realm, err)
	}
	if f := l.fleets[realm]; f != nil { // somebody else was faster
		return f, nil
	}
	f := newFleet()
	for i := range ps {
		if p := &ps[i]; p.Point.Check() == nil {
			d, s := l.numbers(p)
			m := f.movers.at(f.show(p, d, s))
			m.stored, m.moved, m.recent = true, false, false
		}
	}
	f.recent = nil
	l.fleets[realm] = f
	return f, nil
}

// load makes sure that the realm's teams are known.
func (l *Lane) load(ctx context.Context, realm dispatch.Realm) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := l.fleet(ctx, realm)
	return err
}

// Inside returns the newest position of every team of the realm in the box
// that keep accepts, in no order.
func (l *Lane) Inside(realm dispatch.Realm, box geo.Bound, keep func(team string) bool) []dispatch.Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.fleets[realm]
	if f == nil {
		return nil
	}
	var ps []dispatch.Position
	f.grid.In(box, func(h uint32, _ geo.Point) bool {
		if keep(f.teams.id(h)) {
			ps = append(ps, l.position(realm, f, h))
		}
		return true
	})
	return ps
}

// Nearest returns the newest positions of the n teams of the realm nearest to
// the point, nearest first, of those that keep accepts (nil accepts all).
func (l *Lane) Nearest(realm dispatch.Realm, to geo.Point, n int, keep func(team string) bool) []dispatch.Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.fleets[realm]
	if f == nil {
		return nil
	}
	var wanted func(h uint32) bool
	if keep != nil {
		wanted = func(h uint32) bool { return keep(f.teams.id(h)) }
	}
	hits := f.grid.Nearest(to, n, wanted)
	ps := make([]dispatch.Position, 0, len(hits))
	for _, hit := range hits {
		ps = append(ps, l.position(realm, f, hit.ID))
	}
	return ps
}

// Latest is the team's newest position shown.
func (l *Lane) Latest(realm dispatch.Realm, team string) (dispatch.Position, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f := l.fleets[realm]; f != nil {
		if m, h := f.mover(team); m != nil {
			return l.position(realm, f, h), true
		}
	}
	return dispatch.Position{}, false
}

// again shows the fences anew where the realm's teams in the box are, and where
// those named are.
func (l *Lane) again(realm dispatch.Realm, box geo.Bound, teams ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.fleets[realm]
	if f == nil {
		return
	}
	look := func(h uint32) {
		p := l.position(realm, f, h)
		l.cfg.Fences.moved(&p)
	}
	f.grid.In(box, func(h uint32, _ geo.Point) bool { look(h); return true })
	for _, team := range teams {
		if m, h := f.mover(team); m != nil {
			look(h)
		}
	}
}

// Stale is after how long a position of the source is stale.
func (l *Lane) Stale(source string) time.Duration {
	if d, ok := l.cfg.Stale[source]; ok {
		return d
	}
	if source == dispatch.SourceSim {
		return SimStale
	}
	return StaleAfter
}

func unstored() *dispatch.Error {
	return &dispatch.Error{Code: dispatch.Unavailable, Message: "the position could not be stored; send it again", MessageZH: "定位暂时无法保存，请重新发送"}
}

func tooMany() *dispatch.Error {
	return &dispatch.Error{Code: dispatch.Throttled, Message: "this device reports too often; send it again later", MessageZH: "该设备上报过于频繁，请稍后重新发送"}
}
