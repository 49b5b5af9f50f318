package pgstore

import (
	"fmt"
	"strings"
	"time"

	"liandong/dispatch"
)

// where is a condition under construction: text with numbered arguments.
type where struct {
	conds []string
	args  []any
}

// add appends a condition; each ? in it takes the next argument.
func (w *where) add(cond string, args ...any) { w.conds = append(w.conds, w.bind(cond, args...)) }

// bind numbers the arguments of a piece of SQL.
func (w *where) bind(sql string, args ...any) string {
	for _, a := range args {
		w.args = append(w.args, a)
		sql = strings.Replace(sql, "?", fmt.Sprintf("$%d", len(w.args)), 1)
	}
	return sql
}

// String is the whole condition.
func (w *where) String() string {
	if len(w.conds) == 0 {
		return "true"
	}
	return strings.Join(w.conds, " and ")
}

// ground is one reason to see a record: the scope that has this reason and no other, and the same
// in SQL.
type ground struct {
	id    string
	scope dispatch.Scope
	sql   string
	args  []any
}

// nobody is an agency and a record id that no audience has.
const nobody = "\x00nobody"

// visible adds the condition under which the onlooker sees something of a record of the kind: the twin
// of dispatch.See. It holds no rule of its own. It takes each reason that a scope can give alone, asks
// See whether the audience sees a record for that reason, and joins those for which it does: a record
// is seen when any one of its reasons is enough. A property test compares the two.
func visible(w *where, k dispatch.Kind, au dispatch.Onlooker) {
	if au.Role == dispatch.RoleSystem {
		return
	}
	grounds := []ground{
		{nobody, dispatch.Scope{Agency: nobody}, "true", nil}, // whatever its scope: who runs a drill sees all of it
		{nobody, dispatch.Scope{Agency: au.Agency}, "agency = ?", []any{au.Agency}},
		{nobody, dispatch.Scope{Agency: nobody, Shares: []dispatch.Share{{Agency: au.Agency}}}, "shares @> array[?::text]", []any{au.Agency}},
		{nobody, dispatch.Scope{Agency: nobody, Teams: []string{au.Team}}, "teams @> array[?::text]", []any{au.Team}},
		{au.Team, dispatch.Scope{Agency: nobody}, "id = ?", []any{au.Team}},
		{nobody, dispatch.Scope{Agency: nobody, Open: true}, "open", nil},
	}
	if au.Jurisdiction != "" {
		grounds = append(grounds, ground{nobody, dispatch.Scope{Agency: nobody, Area: au.Jurisdiction}, "area ^@ ?", []any{au.Jurisdiction}})
	}
	if au.Home != "" {
		grounds = append(grounds, ground{nobody, dispatch.Scope{Agency: nobody, Reach: au.Home}, "reach <> '' and ? ^@ reach", []any{au.Home}})
	}
	if later := au.At.Add(time.Hour); !au.At.IsZero() {
		grounds = append(grounds, ground{nobody, dispatch.Scope{Agency: nobody, Shares: []dispatch.Share{{Agency: au.Agency, Until: &later}}},
			"timed @> array[?::text] and exists (select from unnest(timed, timed_until) as s (a, t) where s.a = ? and s.t > ?)", []any{au.Agency, au.Agency, au.At}})
	}
	side := func(admin bool) string {
		var any []string
		for _, g := range grounds {
			g.scope.Admin = admin
			if dispatch.See(au, dispatch.Ref{Kind: k, ID: g.id}, g.scope) == dispatch.Hidden {
				continue
			}
			any = append(any, w.bind(g.sql, g.args...))
		}
		if len(any) == 0 {
			return "false"
		}
		return strings.Join(any, " or ")
	}
	w.add(fmt.Sprintf("(admin and (%s) or not admin and (%s))", side(true), side(false)))
}
