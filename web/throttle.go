package web

import (
	"sync"
	"time"
)

// A guesser is slowed down per login and address, and per address whatever the login. The first
// few tries are free; from then on each failure doubles the wait.
const (
	freeTries    = 5
	freeAddress  = 200 // a whole command centre stands behind one address, and signs in at the change of shift
	firstWait    = 30 * time.Second
	longestWait  = 15 * time.Minute
	forgetAfter  = time.Hour
	mostWatched  = 20_000
	addressAlone = "\x00"
)

// throttle counts failed sign-ins in memory. The count of a restart is lost; the account's own lock
// in the database is not.
type throttle struct {
	mu    sync.Mutex
	tries map[string]*tries
}

type tries struct {
	failed int
	until  time.Time
	last   time.Time
}

func newThrottle() *throttle { return &throttle{tries: map[string]*tries{}} }

// begin counts a try before its outcome is known, so that a hundred at once gain nothing, and tells
// how long to wait instead when there were too many.
func (t *throttle) begin(login, address string, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	pair, alone := t.entry(login+addressAlone+address, now), t.entry(addressAlone+address, now)
	if wait := max(pair.until.Sub(now), alone.until.Sub(now)); wait > 0 {
		return wait
	}
	pair.count(now, freeTries)
	alone.count(now, freeAddress)
	return 0
}

func (e *tries) count(now time.Time, free int) {
	e.failed, e.last = e.failed+1, now
	if over := e.failed - free; over >= 0 {
		e.until = now.Add(min(longestWait, firstWait<<min(over, 10)))
	}
}

// forget is called after a right password.
func (t *throttle) forget(login, address string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.tries, login+addressAlone+address)
	if e := t.tries[addressAlone+address]; e != nil {
		if e.failed--; e.failed < freeAddress {
			e.until = time.Time{}
		}
	}
}

func (t *throttle) entry(key string, now time.Time) *tries {
	e := t.tries[key]
	if e != nil && now.Sub(e.last) > forgetAfter && now.After(e.until) {
		e = nil
	}
	if e == nil {
		t.sweep(now)
		e = &tries{last: now}
		t.tries[key] = e
	}
	return e
}

// sweep keeps the table bounded: first what is over, then, under a flood of invented logins, any.
func (t *throttle) sweep(now time.Time) {
	if len(t.tries) < mostWatched {
		return
	}
	for key, e := range t.tries {
		if now.After(e.until) && (now.Sub(e.last) > forgetAfter || e.failed < freeTries) {
			delete(t.tries, key)
		}
	}
	for key := range t.tries {
		if len(t.tries) < mostWatched {
			return
		}
		delete(t.tries, key)
	}
}
