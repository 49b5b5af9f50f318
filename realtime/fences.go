package realtime

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"liandong/dispatch"
	"liandong/geo"
	"liandong/realtime/fence"
)

// Booker books what the fences see; *dispatch.Service is one.
type Booker interface {
	Cross(ctx context.Context, realm dispatch.Realm, crossings []dispatch.Crossing) (booked int, err error)
	Arrive(ctx context.Context, realm dispatch.Realm, in dispatch.TaskArrive) (booked int, err error)
}

// Shapes reads the borders of divisions.
type Shapes interface {
	Shape(ctx context.Context, realm dispatch.Realm, area string) (geo.MultiPolygon, error)
}

// FencesConfig is what fences need from outside.
type FencesConfig struct {
	Records Records
	Shapes  Shapes
	Log     zerolog.Logger
	// Arrive is within how many metres of its incident a team seems to have
	// arrived; 0: never.
	Arrive int
	// Queue bounds what waits to be booked; 50,000.
	Queue int
	Now   func() time.Time // nil: time.Now
}

// Fences see who crosses a fence and who arrives at an incident, and have it
// booked. What they know of fences and stays comes from the feed, so that all
// nodes know the same; which side of a line a team is on, the node knows to
// which its positions come.
//
// Nothing is forgotten in an outage: crossings wait in order until they can be
// booked. What did not wait, because the program was ended or the queue was
// full, is made good by comparing the stays that are booked with where the
// teams are. So a stay may then begin or end late, or be missed where a team
// went in and out meanwhile, but none is wrong for longer.
type Fences struct {
	cfg  FencesConfig
	lane *Lane // set by NewLane
	book Booker
	see  func(dispatch.Realm, dispatch.Ref) (dispatch.Scope, bool)

	bell  chan struct{}
	stop  context.CancelFunc
	grace context.Context // of Close
	done  sync.WaitGroup

	// mu is taken after the lane's lock, and never the other way around.
	mu    sync.Mutex
	yards map[dispatch.Realm]*yard
	queue []sighting
	inbox []*dispatch.Change
	stats FenceStats
}

// FenceStats is what an administrator sees of the fences.
type FenceStats struct {
	Fences  int `json:"fences"`
	Inside  int `json:"inside"`  // stays that last
	Waiting int `json:"waiting"` // to be booked
	Booked  int `json:"booked"`  // crossings and arrivals, since the server started
	Lost    int `json:"lost"`    // did not find room to wait, and were made good
}

// sighting is one thing that was seen: a crossing, or an arrival.
type sighting struct {
	realm    dispatch.Realm
	crossing dispatch.Crossing
	arrival  *dispatch.TaskArrive
}

// most is how many crossings are booked at once.
const most = 100

// NewFences makes fences for the lane and the hub that are given them. They book
// from Start to Close.
func NewFences(cfg FencesConfig) *Fences {
	set(&cfg.Queue, 50_000)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Fences{cfg: cfg, bell: make(chan struct{}, 1), yards: map[dispatch.Realm]*yard{}}
}

// Start begins to book. see tells the scope of a team, as Hub.Scope does.
func (f *Fences) Start(book Booker, see func(dispatch.Realm, dispatch.Ref) (dispatch.Scope, bool)) {
	ctx, stop := context.WithCancel(context.Background())
	f.book, f.see, f.stop = book, see, stop
	f.done.Go(func() { f.run(ctx) })
}

// Close books what waits, as far as that can be done until ctx ends, and ends
// the fences. Nothing may move any more.
func (f *Fences) Close(ctx context.Context) {
	if f.stop == nil {
		return
	}
	f.grace = ctx
	f.stop()
	f.done.Wait()
}

// Stats counts since the server started.
func (f *Fences) Stats() FenceStats {
	f.mu.Lock()
	defer f.mu.Unlock()
	st := f.stats
	st.Waiting = len(f.queue)
	for _, y := range f.yards {
		st.Fences += y.field.Len()
		st.Inside += len(y.stays)
	}
	return st
}

// moved looks at a position that is shown. The lane is locked; nothing here
// waits.
func (f *Fences) moved(p *dispatch.Position) {
	if p.Source == dispatch.SourceSim {
		// When a simulated team is looked at must not decide what is booked: which
		// lines it crosses follows from its leg, and dispatch books it.
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	y := f.yards[p.Realm]
	if y == nil {
		return
	}
	y.field.Move(p.Team, fence.Fix{Point: p.Point, Accuracy: p.Accuracy, Micros: p.Fixed.UnixMicro()}, func(id string, inside bool) {
		f.wait(sighting{realm: p.Realm, crossing: dispatch.Crossing{Fence: id, Team: p.Team, Inside: inside, Point: p.Point, Fixed: p.Fixed}})
	})
	if task := y.arrived(p, f.cfg.Arrive); task != "" {
		f.wait(sighting{realm: p.Realm, arrival: &dispatch.TaskArrive{Task: task, Fixed: p.Fixed}})
	}
}

// wait has a sighting booked. Where there is no room the realm is looked at anew
// once there is.
func (f *Fences) wait(s sighting) {
	if len(f.queue) >= f.cfg.Queue {
		f.stats.Lost++
		f.yards[s.realm].anew = true
		return
	}
	f.queue = append(f.queue, s)
	f.ring()
}

func (f *Fences) ring() {
	select {
	case f.bell <- struct{}{}:
	default: // it rings already
	}
}

// follow takes changes of the feed.
func (f *Fences) follow(cs []*dispatch.Change) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range cs {
		if f.yards[c.Realm] != nil && concerns(c) {
			f.inbox = append(f.inbox, c)
			f.ring()
		}
	}
}

// run follows the feed and books, in turn, until ctx ends.
func (f *Fences) run(ctx context.Context) {
	look := time.NewTicker(time.Second) // what could not be read or booked is tried again
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			for f.bookNext(f.grace) {
			}
			return
		case <-f.bell:
		case <-look.C:
		}
		for ctx.Err() == nil && (f.learn(ctx) || f.bookNext(ctx)) {
		}
	}
}

// bookNext books what has waited longest; false where nothing waits, or it has
// to wait on.
func (f *Fences) bookNext(ctx context.Context) bool {
	next := f.next()
	if len(next) == 0 {
		return f.renew(ctx)
	}
	ctx, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	booked, err := f.bookAll(ctx, next)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stats.Booked += booked
	switch {
	case err == nil:
	case dispatch.CodeOf(err) == dispatch.Unavailable || ctx.Err() != nil:
		return false
	default:
		f.cfg.Log.Error().Err(err).Int("sightings", len(next)).Msg("what the fences saw cannot be booked")
	}
	if f.queue = f.queue[len(next):]; len(f.queue) == 0 {
		f.queue = nil
	}
	return true
}

// next are the sightings that can be booked at once: an arrival, or crossings of
// one realm.
func (f *Fences) next() []sighting {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for n < len(f.queue) && n < most && f.queue[n].realm == f.queue[0].realm {
		if f.queue[n].arrival != nil {
			n = max(n, 1)
			break
		}
		n++
	}
	return slices.Clone(f.queue[:n])
}

// bookAll books sightings and counts those that were news.
func (f *Fences) bookAll(ctx context.Context, next []sighting) (booked int, err error) {
	realm := next[0].realm
	if a := next[0].arrival; a != nil {
		return f.book.Arrive(ctx, realm, *a)
	}
	crossings := make([]dispatch.Crossing, 0, len(next))
	for _, s := range next {
		if f.tells(realm, s.crossing) {
			crossings = append(crossings, s.crossing)
		}
	}
	if len(crossings) == 0 {
		return 0, nil
	}
	booked, err = f.book.Cross(ctx, realm, crossings)
	if err == nil || len(crossings) == 1 || dispatch.CodeOf(err) == dispatch.Unavailable || ctx.Err() != nil {
		return booked, err
	}
	// One of them is at fault: the others are booked.
	var failed []error
	for _, c := range crossings {
		n, err := f.book.Cross(ctx, realm, []dispatch.Crossing{c})
		if dispatch.CodeOf(err) == dispatch.Unavailable {
			return booked, err
		}
		booked += n
		if err != nil {
			failed = append(failed, fmt.Errorf("%s, %s: %w", c.Fence, c.Team, err))
		}
	}
	return booked, errors.Join(failed...)
}

// tells tells whether the crossing is to be booked: that a team left, always,
// for the stay may be there; that it entered, where the fence watches it.
func (f *Fences) tells(realm dispatch.Realm, c dispatch.Crossing) bool {
	f.mu.Lock()
	y := f.yards[realm]
	var at *dispatch.Fence
	jurisdiction := ""
	if y != nil && y.fences[c.Fence] != nil {
		at = y.fences[c.Fence]
		jurisdiction = y.jurisdictions[at.Scope.Agency]
	}
	f.mu.Unlock()
	if at == nil || !c.Inside {
		return at != nil
	}
	scope, ok := f.see(realm, dispatch.Ref{Kind: dispatch.KindTeam, ID: c.Team})
	return ok && at.Watches(jurisdiction, f.cfg.Now(), c.Team, scope)
}

// renew looks at a realm anew, where sightings were lost; false where none is to
// be.
func (f *Fences) renew(ctx context.Context) bool {
	f.mu.Lock()
	var realm dispatch.Realm
	for r, y := range f.yards {
		if y.anew {
			realm = r
		}
	}
	f.mu.Unlock()
	if realm == "" {
		return false
	}
	if err := f.Watch(ctx, realm); err != nil {
		f.cfg.Log.Error().Err(err).Msg("fences cannot be read anew")
		return false
	}
	return true
}
