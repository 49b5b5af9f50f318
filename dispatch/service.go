package dispatch

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"time"

	"liandong/geo/route"
)

// Service carries out commands: it loads, asks the rule, puts the records and
// hands the change to the store, in one transaction each.
type Service struct {
	store  Store
	cfg    Config
	clocks clocks
}

// Config is what a service needs from outside.
type Config struct {
	// Now is the clock on the wall.
	Now func() time.Time
	// NewID makes record ids; in a drill they come of its seed.
	NewID func() string
	// Hash hashes a password (argon2id); it is slow on purpose.
	Hash func(password string) (string, error)
	// Committed is called after COMMIT with the realm and seq: the bell.
	Committed func(Realm, int64)
	Router    route.Router
	Settings  Settings
}

// Settings are the thresholds of the house: data, not code.
type Settings struct {
	Zone         *time.Location // local day of incident numbers
	AckWithin    time.Duration  // an assignment unanswered for longer is an alarm
	ClaimFor     time.Duration  // a claimed intake report goes back to the queue
	ArchiveAfter time.Duration  // a closed incident leaves the board; 0 never
	CheckEvery   time.Duration  // safety check-in of teams on scene; 0 off
	// RingWait is how long a request waits in a ring before it reaches further by
	// itself; a ring that is not named does not widen. The first ring named is
	// where a request begins.
	RingWait     map[Ring]time.Duration
	RingRange    int // km that the ring of the range reaches around the place; 0: nobody by distance
	ArriveWithin int // metres from the incident at which a team seems to have arrived; 0 never
	// Targets are what the measures of response are held against, in seconds; see
	// [Measures].
	Targets map[MeasureType]int
}

// DefaultSettings are what a city starts with.
func DefaultSettings() Settings {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		zone = time.FixedZone("UTC+8", 8*3600)
	}
	return Settings{Zone: zone, AckWithin: 2 * time.Minute, ClaimFor: 5 * time.Minute,
		ArchiveAfter: 24 * time.Hour, CheckEvery: 20 * time.Minute, ArriveWithin: 150,
		RingWait:  map[Ring]time.Duration{RingCounty: 10 * time.Minute, RingCity: 10 * time.Minute, RingPartners: 5 * time.Minute, RingRange: 5 * time.Minute},
		RingRange: 50, Targets: DefaultTargets()}
}

// firstRing is where a request begins.
func (s Settings) firstRing() Ring {
	for _, r := range Rings {
		if s.RingWait[r] > 0 {
			return r
		}
	}
	return RingCity
}

// NewService returns a service over the store.
func NewService(store Store, cfg Config) *Service { return &Service{store: store, cfg: cfg} }

// Result is what an accepted command answers.
type Result struct {
	Change   *Change
	Replayed bool
	// Secret is shown once: a new device token or a generated password. A
	// replay has none.
	Secret string
}

// Do decodes and carries out one command for the actor. key is the idempotency
// key, 8 to 64 characters; body the command's JSON. Refusals are *Error.
func (s *Service) Do(ctx context.Context, actor Actor, name, key string, body []byte) (Result, error) {
	cmd, ok := CommandByName(name)
	if !ok {
		return Result{}, invalid("command", name, "没有这个命令", "there is no such command")
	}
	in, err := cmd.decode(body)
	if err != nil {
		return Result{}, err
	}
	if name == "drill.open" {
		return s.openDrill(ctx, actor, cmd, key, in.(*DrillOpen), body)
	}
	return s.run(ctx, actor, cmd, key, in, body)
}

func (s *Service) run(ctx context.Context, actor Actor, cmd *Command, key string, in any, body []byte) (Result, error) {
	if err := cmd.mayAtAll(actor); err != nil {
		return Result{}, err
	}
	res, err := s.inTurn(ctx, actor, cmd, key, in, body)
	if err == nil && (cmd.Name == "drill.jump" || owes(res.Change)) {
		// What a jump went over, and the action of an inject that was released, happen
		// now. The command stands whatever comes of them; what fails is due again.
		_, _, _ = s.fireDrill(ctx, actor.Realm)
	}
	return res, err
}

// inTurn carries a command out; in a drill after all that fell due before it.
func (s *Service) inTurn(ctx context.Context, actor Actor, cmd *Command, key string, in any, body []byte) (Result, error) {
	if actor.Role == RoleSystem || actor.Realm.Drill() == "" {
		return s.carry(ctx, actor, cmd, key, in, body, turn{})
	}
	for {
		_, looked, err := s.fireDrill(ctx, actor.Realm)
		if CodeOf(err) == Unavailable {
			return Result{}, err
		}
		res, err := s.carry(ctx, actor, cmd, key, in, body, turn{looked: looked})
		if !errors.Is(err, errLate) || ctx.Err() != nil {
			return res, err
		}
	}
}

// turn is when a command in a drill is carried out: at the one at which it was
// due, or, after all that is due, now. Until looked that is done.
type turn struct {
	due    *time.Time
	looked time.Time
}

// owes tells that an inject was released whose action is to be given at once.
func owes(c *Change) bool {
	return slices.ContainsFunc(c.Puts, func(p Put) bool {
		i, ok := p.Record.(*Inject)
		return ok && i.pending()
	})
}

// carry carries a command out for an actor who may use it; in a drill at the
// moment on its clock at which it was due, where that is given.
func (s *Service) carry(ctx context.Context, actor Actor, cmd *Command, key string, in any, body []byte, when turn) (Result, error) {
	if len(key) < 8 || len(key) > 64 {
		return Result{}, invalid("Idempotency-Key", key, "幂等键应为 8 至 64 个字符", "the idempotency key has 8 to 64 characters")
	}
	k := Key{actor.Realm, key, actor.ID, sha256.Sum256(append([]byte(cmd.Name+"\n"), body...))}
	var secret string
	once := func(ctx context.Context, tx Tx) (*Change, error) {
		w, err := s.begin(ctx, tx, actor, cmd, key, when)
		if err != nil {
			return nil, err
		}
		if e, ok := in.(interface{ expected() map[string]int64 }); ok {
			w.expect = e.expected()
		}
		if err := cmd.run(ctx, w, in); err != nil {
			return nil, err
		}
		if err := w.react(ctx); err != nil {
			return nil, err
		}
		if err := w.sendOn(ctx, in); err != nil {
			return nil, err
		}
		if err := w.simulate(ctx); err != nil {
			return nil, err
		}
		secret = w.secret
		return w.change, w.unmet()
	}
	c, replayed, err := s.store.Command(ctx, k, once)
	for try := 0; errors.Is(err, errMoved) && try < 5; try++ {
		c, replayed, err = s.store.Command(ctx, k, once)
	}
	if errors.Is(err, errMoved) {
		err = refuse(Stale, "所涉记录刚被他人变动，请重试", "what it needs was moved just now, try again")
	}
	if err != nil {
		return Result{}, s.explain(actor, err)
	}
	s.committed(c, replayed)
	return Result{c, replayed, secret}, nil
}

// begin makes the work of one command, at the moment that its realm's clock shows.
func (s *Service) begin(ctx context.Context, tx Tx, actor Actor, cmd *Command, key string, when turn) (*work, error) {
	now := s.cfg.Now().UTC().Truncate(time.Microsecond)
	w := &work{svc: s, tx: tx, actor: actor, cmd: cmd, at: now, change: &Change{
		At: now, Wall: now, Realm: actor.Realm, Actor: actor.Ref(), Kind: cmd.Name, Command: key,
	}}
	if actor.Realm.Drill() == "" || cmd.Name == "drill.open" {
		return w, nil
	}
	return w, w.inDrill(ctx, when)
}

// committed tells what came of a command: the clock of a drill to those who look
// at it, and the bell.
func (s *Service) committed(c *Change, replayed bool) {
	for _, p := range c.Puts {
		if d, ok := p.Record.(*Drill); ok && !replayed {
			s.clocks.keep(c.Realm, d.Clock, s.cfg.Now())
		}
	}
	if !replayed && s.cfg.Committed != nil {
		s.cfg.Committed(c.Realm, c.Seq)
	}
}

// explain makes sure that a refusal shows no more than the actor may see.
func (s *Service) explain(actor Actor, err error) error {
	var e *Error
	if errors.As(err, &e) && e.Current != nil {
		c := *e
		c.Current = SeeRecord(s.onlooker(actor), e.Current)
		return &c
	}
	return err
}

// onlooker is the actor's audience now.
func (s *Service) onlooker(a Actor) Onlooker { return a.Audience().At(s.Now(a.Realm)) }

// Get reads one record as the actor sees it.
func (s *Service) Get(ctx context.Context, actor Actor, ref Ref) (Record, error) {
	o := s.onlooker(actor)
	return s.store.Get(ctx, actor.Realm, ref, &o)
}

// Find reads records as the actor sees them; the query's realm and audience
// are set from the actor.
func (s *Service) Find(ctx context.Context, actor Actor, q Query) ([]Record, error) {
	o := s.onlooker(actor)
	q.Realm, q.Audience = actor.Realm, &o
	if q.Limit < 0 || q.Limit > 1000 {
		return nil, invalid("limit", q.Limit, "每页 1 至 1000 条", "a page has 1 to 1000 records")
	}
	return s.store.Find(ctx, q)
}
