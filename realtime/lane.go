package realtime

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"liandong/dispatch"
	"liandong/geo"
	"liandong/geo/index"
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

// Fences is told of every position that is shown. Moved is called in order per
// team, under the lane's lock: it must not block and must not call the lane.
type Fences interface {
	Moved(p dispatch.Position)
}

// LaneConfig is what a lane needs from outside.
type LaneConfig struct {
	Store PositionStore
	Log   zerolog.Logger
	Now   func() time.Time // nil: time.Now
	// Fences hears of what is shown; nil: nobody does.
	Fences Fences
	// Stale is after how long a position of the source is stale; sources that
	// are not named take StaleAfter.
	Stale map[string]time.Duration
	// Batch bounds what is stored at once; 1,000. Queue what may wait; 20,000.
	Batch, Queue int
	// Within is how long a source waits for its answer; 2 s.
	Within time.Duration
}

// StaleAfter is the default limit of sources without one of their own.
const StaleAfter = 60 * time.Second

// Limits of plausibility.
const (
	maxAhead = 60 * time.Second // a source's clock may be ahead by this much
	maxSpeed = 70.0             // m/s between two fixes; about 250 km/h, faster than any vehicle or helicopter of a rescue
	// trusted is how much of a source's own inaccuracy is granted, in metres; a
	// device that claims to be kilometres wrong must not switch the check off.
	trusted = 500.0
	// insist is how many fixes in a row must agree among themselves before the
	// lane believes them against the one shown, which then was the wrong one.
	insist = 3
)

// Lane is where positions come in, are judged, remembered, stored and taken to
// the consoles. The newest plausible one of each team wins.
type Lane struct {
	cfg   LaneConfig
	batch *batcher
	gauge gauge

	mu     sync.Mutex
	fleets map[dispatch.Realm]*fleet
	tally  tally
}

// fleet is where the teams of one realm are.
type fleet struct {
	teams map[string]*mover
	index index.Index[string]
	moved map[string]cell // since the last tick: the cell each was in before
}

// mover is one team.
type mover struct {
	dispatch.Position
	stored bool // what is shown is safe in the store
	doubt  dispatch.Position
	doubts int // fixes in a row that jumped and agree with doubt
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
	l := &Lane{cfg: cfg, fleets: map[dispatch.Realm]*fleet{}, tally: tally{devices: map[string]*DeviceStats{}, refused: map[string]int{}}}
	l.batch = newBatcher(cfg, l.saved, &l.gauge)
	return l
}

// Close stores what was accepted and ends the lane. Later reports are refused.
func (l *Lane) Close() { l.batch.close() }

// Report judges, shows and stores a position, and returns when it is safe in
// the store: only then may the source be answered. Received and Flag are set
// here; a zero Fixed becomes the time of receipt. Errors are *dispatch.Error:
// Invalid where the position is none, Throttled or Unavailable where it could
// not be stored and the source must send it again.
func (l *Lane) Report(ctx context.Context, p dispatch.Position) (Outcome, error) {
	p, out, err := l.take(ctx, p)
	if err != nil || out.Repeat {
		return out, err
	}
	done := make(chan error, 1)
	if err := l.batch.add(item{p, done}); err != nil {
		return out, err
	}
	timer := time.NewTimer(l.cfg.Within)
	defer timer.Stop()
	select {
	case err := <-done:
		if err != nil {
			return out, unstored()
		}
		return out, nil
	case <-timer.C:
		return out, unstored()
	case <-ctx.Done():
		return out, unstored()
	}
}

// Submit is Report for sources that get no answer: it does not wait for the
// store.
func (l *Lane) Submit(ctx context.Context, p dispatch.Position) error {
	p, out, err := l.take(ctx, p)
	if err != nil || out.Repeat {
		return err
	}
	return l.batch.add(item{p, nil})
}

// take judges the position and, when it is to be shown, makes it the team's.
func (l *Lane) take(ctx context.Context, p dispatch.Position) (dispatch.Position, Outcome, error) {
	p.Received = l.cfg.Now().UTC()
	if p.Fixed.IsZero() {
		p.Fixed = p.Received
	}
	p.Fixed = p.Fixed.UTC().Truncate(time.Microsecond)
	if err := check(p); err != nil {
		l.mu.Lock()
		l.tally.refuse(p.Device, err.Field, p.Received)
		l.mu.Unlock()
		l.gauge.source(p.Source, err.Field, p.Received, p.Fixed)
		return p, Outcome{}, err
	}
	p = tidy(p)
	if err := l.load(ctx, p.Realm); err != nil {
		return p, Outcome{}, unstored()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.fleets[p.Realm]
	m := f.teams[p.Team]
	if m != nil && m.stored && p.Fixed.Equal(m.Fixed) && p.Point == m.Point && p.Source == m.Source {
		l.tally.note(p, "repeat")
		l.gauge.source(p.Source, "repeat", p.Received, p.Fixed)
		return p, Outcome{Repeat: true}, nil
	}
	p.Flag = m.judge(p)
	if p.Flag == "" {
		f.show(p)
		if l.cfg.Fences != nil {
			l.cfg.Fences.Moved(p)
		}
	}
	l.tally.note(p, string(p.Flag))
	l.gauge.source(p.Source, string(p.Flag), p.Received, p.Fixed)
	return p, Outcome{Shown: p.Flag == "", Flag: p.Flag}, nil
}

// check refuses what is no place on the earth.
func check(p dispatch.Position) *dispatch.Error {
	bad := func(field string, value any, en, zh string) *dispatch.Error {
		return &dispatch.Error{Code: dispatch.Invalid, Field: field, Value: value, Message: en, MessageZH: zh}
	}
	if err := p.Point.Check(); err != nil {
		return bad("point", fmt.Sprint(p.Point), err.Error(), "坐标应为 WGS-84 经度、纬度（度），经度在前")
	}
	if p.Point == (geo.Point{}) {
		return bad("zero", "0,0", "0,0 is what a receiver without a fix tells", "坐标 0,0 表示设备尚未定位")
	}
	if p.Realm == "" || p.Team == "" {
		return bad("team", p.Team, "the position belongs to no team", "该定位不属于任何队伍")
	}
	return nil
}

// tidy makes unknown what cannot be: not-a-number, negative, beyond all sense.
func tidy(p dispatch.Position) dispatch.Position {
	for _, v := range []struct {
		at   *float64
		most float64
	}{{&p.Speed, 1000}, {&p.Heading, 360}, {&p.Accuracy, 1e6}} {
		if !(*v.at >= 0 && *v.at <= v.most) {
			*v.at = -1
		}
	}
	if p.Heading == 360 {
		p.Heading = 0
	}
	return p
}

// judge says why the position is not to be shown, or nothing. The lane is
// locked.
func (m *mover) judge(p dispatch.Position) dispatch.PositionFlag {
	switch {
	case p.Fixed.Sub(p.Received) > maxAhead:
		return dispatch.PositionFuture
	case m == nil:
		return ""
	case p.Fixed.Before(m.Fixed), p.Fixed.Equal(m.Fixed) && p.Point == m.Point && m.stored:
		return dispatch.PositionLate
	case !reachable(m.Position, p):
		if m.doubts > 0 && !p.Fixed.Before(m.doubt.Fixed) && reachable(m.doubt, p) {
			m.doubts++
		} else {
			m.doubts = 1
		}
		m.doubt = p
		if m.doubts < insist {
			return dispatch.PositionJump
		}
	}
	return ""
}

// reachable tells whether a team can have come from a to b in the time between
// them; a second is granted, the resolution of most devices' clocks.
func reachable(a, b dispatch.Position) bool {
	slack := min(max(a.Accuracy, 0), trusted) + min(max(b.Accuracy, 0), trusted)
	return geo.Distance(a.Point, b.Point)-slack <= maxSpeed*max(b.Fixed.Sub(a.Fixed).Seconds(), 1)
}

// show makes the position the team's newest. The lane is locked.
func (f *fleet) show(p dispatch.Position) {
	m := f.teams[p.Team]
	if m == nil {
		m = &mover{}
		f.teams[p.Team] = m
		m.Position = p
	}
	if _, ok := f.moved[p.Team]; !ok {
		f.moved[p.Team] = cellOf(m.Point)
	}
	m.Position, m.stored, m.doubts = p, false, 0
	_ = f.index.Move(p.Team, p.Point) // the point was checked
}

// saved notes that positions are in the store.
func (l *Lane) saved(ps []dispatch.Position) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range ps {
		if m := l.fleets[p.Realm].teams[p.Team]; p.Flag == "" && m.Fixed.Equal(p.Fixed) && m.Point == p.Point {
			m.stored = true
		}
	}
}

// load reads where the realm's teams were last, once.
func (l *Lane) load(ctx context.Context, realm dispatch.Realm) error {
	l.mu.Lock()
	known := l.fleets[realm] != nil
	l.mu.Unlock()
	if known {
		return nil
	}
	ps, err := l.cfg.Store.LatestPositions(ctx, realm)
	if err != nil {
		return fmt.Errorf("latest positions of %s: %w", realm, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fleets[realm] != nil {
		return nil
	}
	f := &fleet{teams: map[string]*mover{}, moved: map[string]cell{}}
	for _, p := range ps {
		if p.Point.Check() == nil {
			f.show(p)
			f.teams[p.Team].stored = true
		}
	}
	clear(f.moved)
	l.fleets[realm] = f
	return nil
}

// touch has the team sent again with the next tick: somebody sees it now who
// did not before.
func (l *Lane) touch(realm dispatch.Realm, team string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f := l.fleets[realm]; f != nil {
		if m := f.teams[team]; m != nil {
			f.moved[team] = cellOf(m.Point)
		}
	}
}

// motion is a team that moved, and the cell it was in before.
type motion struct {
	dispatch.Position
	was cell
}

// collect returns what moved since the last call, by team id.
func (l *Lane) collect(realm dispatch.Realm) []motion {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.fleets[realm]
	if f == nil || len(f.moved) == 0 {
		return nil
	}
	ms := make([]motion, 0, len(f.moved))
	for team, was := range f.moved {
		ms = append(ms, motion{f.teams[team].Position, was})
	}
	clear(f.moved)
	slices.SortFunc(ms, func(a, b motion) int { return cmp.Compare(a.Team, b.Team) })
	return ms
}

// Inside returns the newest position of every team of the realm in the box
// that keep accepts, by team id.
func (l *Lane) Inside(realm dispatch.Realm, box geo.Bound, keep func(team string) bool) []dispatch.Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.fleets[realm]
	if f == nil {
		return nil
	}
	var ps []dispatch.Position
	f.index.In(box, func(team string, _ geo.Point) bool {
		if keep(team) {
			ps = append(ps, f.teams[team].Position)
		}
		return true
	})
	slices.SortFunc(ps, func(a, b dispatch.Position) int { return cmp.Compare(a.Team, b.Team) })
	return ps
}

// Latest is the team's newest position shown.
func (l *Lane) Latest(realm dispatch.Realm, team string) (dispatch.Position, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f := l.fleets[realm]; f != nil {
		if m := f.teams[team]; m != nil {
			return m.Position, true
		}
	}
	return dispatch.Position{}, false
}

// Stale is after how long a position of the source is stale.
func (l *Lane) Stale(source string) time.Duration {
	if d, ok := l.cfg.Stale[source]; ok {
		return d
	}
	return StaleAfter
}

func unstored() *dispatch.Error {
	return &dispatch.Error{Code: dispatch.Unavailable, Message: "the position could not be stored; send it again", MessageZH: "定位暂时无法保存，请重新发送"}
}
