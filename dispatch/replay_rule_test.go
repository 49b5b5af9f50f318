package dispatch

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// scopeOf is the scope of a record to which an actor of agency "me" in 4110 (jurisdiction 41, where over
// is told of) stands so.
func scopeOf(rel Relation) Scope {
	s := Scope{Agency: "other", Area: "500000"}
	switch rel {
	case Viewer:
		s.Shares = []Share{{Agency: "me", Tier: TierView, Redacted: true, Source: ShareManual}}
	case Assistant:
		s.Shares = []Share{{Agency: "me", Tier: TierAssist, Source: ShareTask}}
	case Over:
		s.Area = "411002"
	case Own:
		s.Agency = "me"
	}
	return s
}

// Who may replay, and what is seen of a record that stood to them so then and stands so today.
func TestReplayMatrix(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	county := &Agency{Head: Head{ID: "county", Scope: Scope{Agency: "county", Area: "411002"}}}
	foreign := &Agency{Head: Head{ID: "foreign", Scope: Scope{Agency: "foreign", Area: "420100"}}}
	yes := map[bool]string{true: "yes", false: "no"}
	for _, role := range append(slices.Clone(Roles), RoleDirector, RoleController, RoleEvaluator, RolePeer) {
		a := Actor{ID: "p", Role: role, Realm: Live, Agency: "me", Jurisdiction: "41", Home: "411000"}
		own := &Agency{Head: Head{ID: "me", Scope: Scope{Agency: "me", Area: "500000"}}}
		fmt.Fprintf(&b, "%-10s replays %-3s, as own agency %-3s, as one in the jurisdiction %-3s, as another %s\n", role, yes[MayReplay(a) == nil],
			yes[MayReplayAs(a, own) == nil], yes[MayReplayAs(a, county) == nil], yes[MayReplayAs(a, foreign) == nil])
	}
	ref := Ref{KindIncident, "i"}
	for _, role := range ReplayRoles {
		for _, then := range Relations {
			for _, today := range Relations {
				if then == Aboard || today == Aboard { // leaders' own
					continue
				}
				realm := Live
				if slices.Contains(judges, role) {
					realm = "drill:d"
				}
				a := Actor{ID: "p", Role: role, Realm: realm, Agency: "me", Jurisdiction: "41", Home: "411000"}
				p := Past{Now: a.Audience().At(noon), Today: map[Ref]Scope{ref: scopeOf(today)}}
				v := p.See(noon.Add(-time.Hour), ref, scopeOf(then))
				fmt.Fprintf(&b, "%-10s then %-9s today %-9s %s\n", role, then, today, v)
				if now := See(a.Audience().At(noon), ref, scopeOf(today)); v > now {
					t.Errorf("%s gains by replay: %s of what is %s today", role, v, now)
				}
			}
		}
	}
	golden(t, "replay.txt", b.String())
}

// Other eyes never widen, whatever they are and whatever was shared with them.
func TestReplayAsIsNeverWider(t *testing.T) {
	t.Parallel()
	ref := Ref{KindTeam, "t1"}
	chief := Actor{ID: "p", Role: RoleChief, Realm: Live, Agency: "me", Jurisdiction: "4110", Home: "411000"}
	then := noon.Add(-time.Hour)
	for _, rel := range Relations {
		for _, scope := range []Scope{scopeOf(rel), scopeFor(KindTeam), {Agency: "x", Open: true}} {
			for _, role := range Roles {
				for _, agency := range []string{"me", "other", "fire", "helpers", "viewers"} {
					eyes := Actor{Realm: Live, Role: role, Agency: agency, Team: "t1"}.Audience()
					p := Past{Now: chief.Audience().At(noon), Today: map[Ref]Scope{ref: scope}}
					alone, q := p.See(then, ref, scope), p
					q.As = &eyes
					want := min(alone, See(eyes.At(then), ref, scope))
					if got := q.See(then, ref, scope); got != want {
						t.Errorf("%s of %s, %+v: %s, want %s", role, agency, scope, got, want)
					}
					if q.SeePosition(then, "t1", scope) && !(p.SeePosition(then, "t1", scope) && SeePosition(eyes.At(then), "t1", scope)) {
						t.Errorf("%s of %s sees a position that one of the two does not", role, agency)
					}
				}
			}
		}
	}
}

// A share of then is looked at as of then, and today as of today.
func TestReplayShares(t *testing.T) {
	t.Parallel()
	ref := Ref{KindIncident, "i"}
	desk := Actor{ID: "p", Role: RoleDispatcher, Realm: Live, Agency: "me"}
	timed := func(until time.Duration) Scope {
		end := noon.Add(until)
		return Scope{Agency: "other", Shares: []Share{{Agency: "me", Tier: TierView, Source: ShareManual, Until: &end}}}
	}
	lasting := Scope{Agency: "other", Shares: []Share{{Agency: "me", Tier: TierView, Source: ShareManual}}}
	for name, c := range map[string]struct {
		then  Scope
		today *Scope
		want  Vision
	}{
		"shared then and now":               {lasting, &lasting, Full},
		"over by now":                       {timed(-time.Minute), &Scope{Agency: "other"}, Hidden},
		"over by now and not yet taken":     {timed(-time.Minute), ptr(timed(-time.Minute)), Hidden},
		"held then, and another holds now":  {timed(-time.Minute), &lasting, Full},
		"over then, and another holds now":  {timed(-3 * time.Hour), &lasting, Hidden},
		"not shared then, shared today":     {Scope{Agency: "other"}, &lasting, Hidden},
		"gone without a trace":              {lasting, nil, Hidden},
		"open today, and it was shared":     {lasting, &Scope{Agency: "other", Open: true}, Redacted},
		"whole today, and it was only open": {Scope{Agency: "other", Open: true}, &lasting, Redacted},
	} {
		p := Past{Now: desk.Audience().At(noon), Today: map[Ref]Scope{}}
		if c.today != nil {
			p.Today[ref] = *c.today
		}
		if got := p.See(noon.Add(-time.Hour), ref, c.then); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func ptr[T any](v T) *T { return &v }
