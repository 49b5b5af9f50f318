package link

import (
	"context"
	"crypto/tls"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"liandong/dispatch"
	"liandong/realtime"
)

// Config is what links need. Pair is the certificate that this server shows.
type Config struct {
	Service *dispatch.Service
	Real    dispatch.Real
	Lane    *realtime.Lane
	Pair    tls.Certificate
	Log     zerolog.Logger
	// Now is the clock on the wall.
	Now func() time.Time
	// Skew is by how much two servers' clocks may differ; 0 means two minutes.
	Skew time.Duration
	// Retry is the first pause after a failure; it doubles up to five seconds. 0
	// means half a second.
	Retry time.Duration
}

// Links are all links of this server: the door for neighbours, and the workers
// that go to theirs.
type Links struct {
	cfg Config

	mu      sync.Mutex
	tallies map[string]*tally // by link
}

// tally is how a link does.
type tally struct {
	epoch   string // of the neighbour's journal
	reached int64  // how far it is known
	heard   time.Time
	asked   time.Time // when the neighbour last asked here
	fault   dispatch.Code
	why     string
	whyZH   string
}

// Status is how a link does, for the screens.
type Status struct {
	Link  string             `json:"link"`
	Name  string             `json:"name"`
	State dispatch.LinkState `json:"state" enum:"active,revoked"`
	// Heard is when the neighbour last answered, Asked when it last asked here.
	Heard *time.Time `json:"heard,omitempty"`
	Asked *time.Time `json:"asked,omitempty"`
	// Waiting counts commands that it has not answered, Since is how old the
	// oldest of them is.
	Waiting int        `json:"waiting"`
	Since   *time.Time `json:"since,omitempty"`
	// Fault says why nothing passes, where nothing does.
	Fault   string `json:"fault,omitempty" doc:"cut, unlinked, clock, or the code of a refusal"`
	Message string `json:"message,omitempty"`
	// MessageZH is the same in Chinese.
	MessageZH string `json:"message_zh,omitempty"`
}

// New returns links that Run brings to life.
func New(cfg Config) *Links {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Skew == 0 {
		cfg.Skew = 2 * time.Minute
	}
	if cfg.Retry == 0 {
		cfg.Retry = 500 * time.Millisecond
	}
	return &Links{cfg: cfg, tallies: map[string]*tally{}}
}

// Run keeps a worker for each active link until ctx ends.
func (l *Links) Run(ctx context.Context) {
	running := map[string]func(){}
	var work sync.WaitGroup
	defer work.Wait()
	for ctx.Err() == nil {
		active, err := l.active(ctx)
		if err != nil && ctx.Err() == nil {
			l.cfg.Log.Warn().Err(err).Msg("the links cannot be read")
		}
		if err == nil {
			for key, stop := range running {
				if !slices.ContainsFunc(active, func(k *dispatch.Link) bool { return key == workerKey(k) }) {
					stop()
					delete(running, key)
				}
			}
			for _, k := range active {
				if running[workerKey(k)] == nil {
					within, stop := context.WithCancel(ctx)
					running[workerKey(k)] = stop
					w := newWorker(l, k)
					work.Go(func() { w.run(within) })
				}
			}
		}
		_ = sleep(ctx, time.Second)
	}
	for _, stop := range running {
		stop()
	}
}

// workerKey changes with what a worker has to know of its link.
func workerKey(k *dispatch.Link) string { return k.ID + " " + k.Address + " " + k.Fingerprint }

// active are the links that were accepted here.
func (l *Links) active(ctx context.Context) ([]*dispatch.Link, error) {
	recs, err := l.cfg.Real.Find(ctx, dispatch.Query{Kind: dispatch.KindLink, States: []string{string(dispatch.LinkActive)}, Limit: -1})
	out := make([]*dispatch.Link, len(recs))
	for n, r := range recs {
		out[n] = r.(*dispatch.Link)
	}
	return out, err
}

// Status tells how each link does, by name.
func (l *Links) Status(ctx context.Context) ([]Status, error) {
	recs, err := l.cfg.Real.Find(ctx, dispatch.Query{Kind: dispatch.KindLink, Limit: -1})
	if err != nil {
		return nil, err
	}
	out := []Status{}
	for _, r := range recs {
		k := r.(*dispatch.Link)
		s := Status{Link: k.ID, Name: k.Name, State: k.State}
		parcels, err := l.waiting(ctx, k.ID)
		if err != nil {
			return nil, err
		}
		if s.Waiting = len(parcels); s.Waiting > 0 {
			s.Since = &parcels[0].Sent.At
		}
		l.mark(func(t *tally) {
			if !t.heard.IsZero() {
				s.Heard = new(t.heard)
			}
			if !t.asked.IsZero() {
				s.Asked = new(t.asked)
			}
			s.Fault, s.Message, s.MessageZH = string(t.fault), t.why, t.whyZH
		}, k.ID)
		out = append(out, s)
	}
	return out, nil
}

// waiting are the parcels of a link that its neighbour has not answered, oldest
// first.
func (l *Links) waiting(ctx context.Context, link string) ([]*dispatch.Parcel, error) {
	recs, err := l.cfg.Real.Find(ctx, dispatch.Query{Kind: dispatch.KindParcel, Text: link, States: []string{string(dispatch.ParcelWaiting)}, Limit: -1})
	if err != nil {
		return nil, err
	}
	var out []*dispatch.Parcel
	for _, r := range recs {
		if p := r.(*dispatch.Parcel); p.Link == link {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b *dispatch.Parcel) int { return a.Sent.At.Compare(b.Sent.At) })
	return out, nil
}

// mark changes or reads the tally of a link.
func (l *Links) mark(do func(*tally), link string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.tallies[link]
	if t == nil {
		t = &tally{}
		l.tallies[link] = t
	}
	do(t)
}

// reached is how far the neighbour's journal is known here.
func (l *Links) reached(link string) (epoch string, seq int64) {
	l.mark(func(t *tally) { epoch, seq = t.epoch, t.reached }, link)
	return epoch, seq
}

// Names travel in a header, which is no place for Chinese as it is.
func escape(s string) string            { return url.QueryEscape(s) }
func unescape(s string) (string, error) { return url.QueryUnescape(s) }
