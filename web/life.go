package web

import (
	"context"
	"sync"
	"time"

	"liandong/dispatch"
	"liandong/realtime"
)

// life ends a socket with its session: a request would be refused from that moment on, and a socket
// that has been open since before must not go on. What is sent over the socket keeps the session in
// use, as requests do.
type life struct {
	s     *Server
	token [32]byte
	id    string // the session's

	mu    sync.Mutex
	timer *time.Timer
	seen  time.Time
	over  bool
}

// lookAgain is after how long a session that could not be read is read again.
const lookAgain = 5 * time.Second

func (s *Server) watchSession(me *signedIn) *life {
	l := &life{s: s, token: me.Token, id: me.actor.Session, seen: me.Seen}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.timer = time.AfterFunc(l.until(me.Session), l.look)
	return l
}

// until is when the session can be over at the earliest, from now.
func (l *life) until(se dispatch.Session) time.Duration {
	end := se.Expires
	if idle := se.Seen.Add(se.Idle); idle.Before(end) {
		end = idle
	}
	return max(end.Sub(l.s.cfg.Now()), 0) + 10*time.Millisecond
}

// look closes what hangs on the session if that is over, and otherwise comes back.
func (l *life) look() {
	ctx, stop := context.WithTimeout(context.Background(), lookAgain)
	defer stop()
	si, err := l.s.cfg.Store.SignedIn(ctx, l.token)
	next := lookAgain
	switch {
	case dispatch.CodeOf(err) == dispatch.NotFound, err == nil && si.Over(l.s.cfg.Now()):
		l.s.closeSockets(func(a dispatch.Actor) bool { return a.Session == l.id }, realtime.CloseAuth)
		return
	case err == nil:
		next = l.until(si.Session)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.over {
		l.timer.Reset(next)
	}
}

// used notes that the session is in use, to the minute.
func (l *life) used(ctx context.Context) {
	now := l.s.cfg.Now()
	l.mu.Lock()
	late := now.Sub(l.seen) > time.Minute
	if late {
		l.seen = now
	}
	l.mu.Unlock()
	if !late {
		return
	}
	if err := l.s.cfg.Store.TouchSession(ctx, l.token, now); err != nil {
		l.s.cfg.Log.Warn().Err(err).Msg("the use of a session could not be noted")
	}
}

// end is called when the socket is gone.
func (l *life) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	l.timer.Stop()
}
