package web

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"liandong/dispatch"
)

// How many requests with a session or token that nobody holds one address may send: each costs a
// question to the database.
const (
	strangerEvery = 100 * time.Millisecond
	strangerBurst = 200
	// acquaintedFor is how long one who was let in is not slowed by strangers behind the same address.
	acquaintedFor   = time.Hour
	mostStrangers   = 20_000
	mostAcquainted  = 200_000
	strangersRetire = time.Hour
)

// strangers bounds guessing at sessions and device tokens, per address. A whole command centre may
// stand behind one address: whoever was let in lately passes, whatever a neighbour does.
type strangers struct {
	mu    sync.Mutex
	known map[[32]byte]time.Time // by hash of the secret: when it was last right
	slow  map[string]*stranger   // by address
}

type stranger struct {
	*rate.Limiter
	last time.Time
}

func newStrangers() *strangers {
	return &strangers{known: map[[32]byte]time.Time{}, slow: map[string]*stranger{}}
}

// pass tells whether the secret, by its hash, may be looked up.
func (g *strangers) pass(secret [32]byte, from string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if at, ok := g.known[secret]; ok && now.Sub(at) < acquaintedFor {
		return true
	}
	s := g.slow[from]
	return s == nil || s.TokensAt(now) >= 1
}

// right notes that the secret was somebody's.
func (g *strangers) right(secret [32]byte, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if at, ok := g.known[secret]; ok && now.Sub(at) < acquaintedFor/2 {
		return
	}
	if len(g.known) >= mostAcquainted {
		for k, at := range g.known {
			if now.Sub(at) >= acquaintedFor || len(g.known) >= mostAcquainted {
				delete(g.known, k)
			}
		}
	}
	g.known[secret] = now
}

// wrong notes that it was nobody's.
func (g *strangers) wrong(secret [32]byte, from string, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.known, secret)
	s := g.slow[from]
	if s == nil {
		if len(g.slow) >= mostStrangers {
			for address, old := range g.slow {
				if now.Sub(old.last) > strangersRetire || len(g.slow) >= mostStrangers {
					delete(g.slow, address)
				}
			}
		}
		s = &stranger{Limiter: rate.NewLimiter(rate.Every(strangerEvery), strangerBurst)}
		g.slow[from] = s
	}
	s.last = now
	s.AllowN(now, 1)
}

func tooStrange() *Problem {
	p := refusal(dispatch.Throttled, "该地址提交的无效登录或令牌过多，请稍后再试", "too many unknown sessions or tokens from this address; wait a moment")
	p.RetryAfter = 1
	return p
}
