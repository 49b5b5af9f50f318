package realtime

import (
	"context"
	"fmt"
	"slices"
	"time"

	"liandong/dispatch"
)

// scopes is what the hub knows of visibility beside the changes themselves:
// whose position and whose presence may be shown is asked between changes, too.
// It is read once from the store and kept by the feed.
type scopes map[dispatch.Ref]dispatch.Scope

// scopeKinds are the kinds whose scopes are kept.
var scopeKinds = []dispatch.Kind{dispatch.KindIncident, dispatch.KindTeam}

// readScopes reads all scopes of one kind from the store and replaces those
// held.
func (s *stream) readScopes(ctx context.Context, kind dispatch.Kind) error {
	rs, err := s.records.Find(ctx, dispatch.Query{Realm: s.realm, Kind: kind, Limit: -1})
	if err != nil {
		return fmt.Errorf("scopes of %s in %s: %w", kind, s.realm, err)
	}
	fresh := make(map[dispatch.Ref]dispatch.Scope, len(rs))
	for _, r := range rs {
		fresh[dispatch.RefOf(r)] = dispatch.HeadOf(r).Scope
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.scopes == nil {
		s.scopes = scopes{}
	}
	for ref := range s.scopes {
		if _, ok := fresh[ref]; ref.Kind == kind && !ok {
			s.setScope(ref, nil)
		}
	}
	for ref, scope := range fresh {
		s.setScope(ref, &scope)
	}
	return nil
}

// reloadScopes reads the kinds that a change told to fetch anew. What could not
// be read is tried again with the next look.
func (s *stream) reloadScopes(ctx context.Context) error {
	s.mu.Lock()
	kinds := s.reload
	s.reload = nil
	s.mu.Unlock()
	for i, kind := range kinds {
		if err := s.readScopes(ctx, kind); err != nil {
			s.mu.Lock()
			s.reload = append(s.reload, kinds[i:]...)
			s.mu.Unlock()
			return err
		}
	}
	return nil
}

// applyScopes keeps the scopes in step with a change. The stream is locked.
func (s *stream) applyScopes(c *dispatch.Change) {
	for _, p := range c.Puts {
		s.noteOver(p.Record)
		if ref := dispatch.RefOf(p.Record); slices.Contains(scopeKinds, ref.Kind) {
			s.setScope(ref, &p.After)
		}
	}
	for _, d := range c.Drops {
		if slices.Contains(scopeKinds, d.Ref.Kind) {
			s.setScope(d.Ref, nil)
		}
	}
	for _, kind := range c.Reset {
		if slices.Contains(scopeKinds, kind) && !slices.Contains(s.reload, kind) {
			s.reload = append(s.reload, kind)
		}
	}
}

// setScope puts a scope, or forgets it (nil), and makes what hangs on it follow:
// a team that leaves an audience's view is taken off its maps at once, one that
// enters comes with the next tick. The stream is locked.
func (s *stream) setScope(ref dispatch.Ref, scope *dispatch.Scope) {
	old, had := s.scopes[ref]
	if scope == nil {
		if !had {
			return
		}
		delete(s.scopes, ref)
	} else {
		if had && old.Equal(*scope) {
			return
		}
		s.scopes[ref] = *scope
		s.ends = sooner(s.ends, scope.Ends(s.seenAt))
	}
	var before *dispatch.Scope
	if had {
		before = &old
	}
	s.moveSight(ref, before, s.seenAt, scope, s.seenAt)
}

// lapse lets the shares that have ended by now give nothing any more, whether or
// not the journal tells yet that they are gone.
func (s *stream) lapse() {
	s.mu.Lock()
	defer s.mu.Unlock()
	was, now := s.seenAt, s.clock()
	s.seenAt = now
	if !over(s.ends, now) {
		return
	}
	s.ends = time.Time{}
	for ref, scope := range s.scopes {
		if over(scope.Ends(was), now) {
			s.moveSight(ref, &scope, was, &scope, now)
		}
		s.ends = sooner(s.ends, scope.Ends(now))
	}
}

// moveSight makes what hangs on a scope follow from one at a moment to another at
// another; nil is none. The stream is locked.
func (s *stream) moveSight(ref dispatch.Ref, old *dispatch.Scope, was time.Time, scope *dispatch.Scope, now time.Time) {
	s.presence = true
	if ref.Kind != dispatch.KindTeam {
		return
	}
	entered, placed, h := false, false, uint32(0)
	if s.lane != nil {
		h, placed = s.lane.handle(s.realm, ref.ID)
	}
	for _, g := range s.groups {
		before := old != nil && dispatch.SeePosition(g.au.At(was), ref.ID, *old)
		after := scope != nil && dispatch.SeePosition(g.au.At(now), ref.ID, *scope)
		if placed {
			g.sees.forget(h)
		}
		entered = entered || after && !before
		if before && !after {
			for c := range g.conns {
				c.unseen(ref.ID)
			}
		}
	}
	if entered && placed {
		s.lane.touch(s.realm, ref.ID)
	}
}

// seesTeam tells whether the group may see where the team with the handle is.
// The stream is locked.
func (s *stream) seesTeam(g *group, h uint32, team string) bool {
	if !g.sees.known.has(h) {
		scope, ok := s.scopes[dispatch.Ref{Kind: dispatch.KindTeam, ID: team}]
		g.sees.learn(h, team, ok && dispatch.SeePosition(g.au.At(s.seenAt), team, scope))
	}
	return g.sees.yes.has(h)
}
