package pgstore

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"liandong/dispatch"
)

var (
	someAgency = rapid.SampledFrom([]string{"", "a1", "a2", "a3"})
	someArea   = rapid.SampledFrom([]string{"", "41", "4110", "411002", "411002001", "411003", "4111", "42"})
	someTeam   = rapid.SampledFrom([]string{"", "t1", "t2", "r3"})
	someMoment = rapid.Map(rapid.IntRange(0, 3), func(n int) time.Time { return time.Date(2026, 11, 27, 8, n, 0, 0, time.UTC) })
	someUntil  = rapid.OneOf(rapid.Just[*time.Time](nil), rapid.Map(someMoment, func(t time.Time) *time.Time { return &t }))
	someRole   = rapid.SampledFrom(append([]dispatch.Role{dispatch.RoleSystem}, dispatch.Roles...))
)

func drawScope(t *rapid.T) dispatch.Scope {
	s := dispatch.Scope{Agency: someAgency.Draw(t, "agency"), Area: someArea.Draw(t, "area"),
		Reach: someArea.Draw(t, "reach"), Open: rapid.Bool().Draw(t, "open"), Admin: rapid.Bool().Draw(t, "admin")}
	// One agency may be there several times, some of them for a limited time.
	for _, a := range rapid.SliceOfN(someAgency, 0, 3).Draw(t, "shares") {
		s.Shares = append(s.Shares, dispatch.Share{Agency: a, Tier: dispatch.TierView, Redacted: rapid.Bool().Draw(t, "redacted"),
			Source: dispatch.ShareManual, Until: someUntil.Draw(t, "until")})
	}
	s.Teams = rapid.SliceOfNDistinct(someTeam, 0, 2, rapid.ID).Draw(t, "teams")
	slices.Sort(s.Teams)
	return s
}

func drawOnlooker(t *rapid.T, realm dispatch.Realm) dispatch.Onlooker {
	at := someMoment.Draw(t, "moment")
	if rapid.IntRange(0, 9).Draw(t, "forgotten") == 0 {
		at = time.Time{} // who says no time sees nothing that is limited
	}
	return dispatch.Onlooker{At: at, Audience: dispatch.Audience{Realm: realm, Role: someRole.Draw(t, "role"), Agency: someAgency.Draw(t, "own agency"),
		Jurisdiction: someArea.Draw(t, "jurisdiction"), Home: someArea.Draw(t, "home"), Team: someTeam.Draw(t, "own team")}}
}

// TestScopeTwin: the condition in SQL lets through what dispatch.See shows, and nothing else, for any
// audience, kind and scope.
func TestScopeTwin(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	var n atomic.Int64
	shown, hidden := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		realm := dispatch.Realm(fmt.Sprintf("drill:%d", n.Add(1)))
		k := rapid.SampledFrom(dispatch.Kinds).Draw(rt, "kind")
		var records []dispatch.Record
		for i := range rapid.IntRange(1, 12).Draw(rt, "records") {
			r, _ := dispatch.New(k)
			// Ids cover the names of teams: a leader sees the own team by its id.
			*dispatch.HeadOf(r) = newHead(k, fmt.Sprintf("%s%d", string("tr"[i%2]), i), drawScope(rt))
			records = append(records, r)
		}
		_, err := f.command(t.Context(), realm, func(_ context.Context, tx dispatch.Tx, _ *dispatch.Change) error {
			return tx.PutBulk(t.Context(), records)
		})
		if err != nil {
			rt.Fatal(err)
		}
		for range 6 {
			au := drawOnlooker(rt, realm)
			var want []string
			for _, r := range records {
				if seen := dispatch.SeeRecord(au, r); seen != nil {
					want = append(want, asJSON(rt, seen))
					shown++
				} else {
					hidden++
				}
			}
			slices.Sort(want)
			w := &where{}
			visible(w, k, au)
			found, err := f.Find(t.Context(), dispatch.Query{Realm: realm, Kind: k, Audience: &au, Limit: -1})
			if err != nil {
				rt.Fatalf("%+v: %s: %v", au, w, err)
			}
			var have []string
			for _, r := range found {
				have = append(have, asJSON(rt, r))
			}
			slices.Sort(have)
			if !slices.Equal(have, want) {
				rt.Fatalf("%+v sees %d of kind %s, want %d, by %s", au, len(have), k, len(want), w)
			}
			// The condition alone, without the rule behind it in Go, is as strict.
			sql := fmt.Sprintf("select count(*) from %s where realm = $%d and %s", k, len(w.args)+1, w)
			var rows int
			if err := f.pool.QueryRow(t.Context(), sql, append(w.args, realm)...).Scan(&rows); err != nil || rows != len(want) {
				rt.Fatalf("%+v: SQL alone shows %d of kind %s, want %d, by %s: %v", au, rows, k, len(want), w, err)
			}
		}
	})
	if shown < 100 || hidden < 100 {
		t.Errorf("the test showed %d and hid %d: it proves too little", shown, hidden)
	}
}
