package pgstore

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"liandong/dispatch"
)

// table returns the SQL name of a noun's table: the noun itself. Only nouns get there, so that it is
// safe inside a statement.
func table(k dispatch.Kind) (string, error) {
	if _, ok := dispatch.New(k); !ok {
		return "", fmt.Errorf("there is no noun %q", k)
	}
	return string(k), nil
}

// The columns of every noun's table, in the order in which row writes them. The two coordinates make
// one column.
const columns = "realm, id, version, agency, area, shares, timed, timed_until, teams, open, admin, reach, state, incident, team, search, point, due, uniq, quantity, created, updated, doc"

var placeholders = func() string {
	var out []string
	n := 0
	for _, c := range strings.Split(columns, ", ") {
		if c == "point" {
			out = append(out, fmt.Sprintf("st_setsrid(st_makepoint($%d::float8, $%d::float8), 4326)", n+1, n+2))
			n += 2
			continue
		}
		n++
		out = append(out, fmt.Sprintf("$%d", n))
	}
	return strings.Join(out, ", ")
}()

// The statements that write a record, each with the arguments of row.
type rowSQL struct{ insert, update, upsert string }

var rowStatements = func() map[dispatch.Kind]rowSQL {
	all := map[dispatch.Kind]rowSQL{}
	for _, k := range dispatch.Kinds {
		// What is put is on the board, whatever it was before: the last put wins.
		set := fmt.Sprintf("(%s, archived) = row (%s, false)", columns, placeholders)
		insert := fmt.Sprintf("insert into %s (%s) values (%s)", k, columns, placeholders)
		all[k] = rowSQL{
			insert: insert,
			update: fmt.Sprintf("update %s set %s where realm = $1 and id = $2", k, set),
			upsert: fmt.Sprintf("%s on conflict (realm, id) do update set %s", insert, set),
		}
	}
	return all
}()

// row is the one place that turns a record into columns.
func row(realm dispatch.Realm, r dispatch.Record) ([]any, error) {
	h, x := dispatch.HeadOf(r), dispatch.Indexed(r)
	doc, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode %v: %w", dispatch.RefOf(r), err)
	}
	shares := make([]string, 0, len(h.Scope.Shares))
	timed, until := []string{}, []time.Time{}
	for _, s := range h.Scope.Shares {
		if s.Until == nil {
			shares = append(shares, s.Agency)
		} else {
			timed, until = append(timed, s.Agency), append(until, *s.Until)
		}
	}
	teams := append([]string{}, h.Scope.Teams...)
	var lon, lat *float64
	if x.Point != nil {
		lon, lat = &x.Point[0], &x.Point[1]
	}
	var uniq *string
	if x.Unique != "" {
		uniq = &x.Unique
	}
	return []any{
		realm, h.ID, h.Version, h.Scope.Agency, h.Scope.Area, shares, timed, until, teams, h.Scope.Open, h.Scope.Admin, h.Scope.Reach,
		x.State, x.Incident, x.Team, x.Text, lon, lat, x.Due, uniq, x.Quantity, h.Created, h.Updated, string(doc),
	}, nil
}

// decode reads a record of a known kind from its column doc.
func decode(k dispatch.Kind, doc []byte) (dispatch.Record, error) {
	r, ok := dispatch.New(k)
	if !ok {
		return nil, fmt.Errorf("there is no noun %q", k)
	}
	if err := json.Unmarshal(doc, r); err != nil {
		return nil, fmt.Errorf("%s: %w", k, err)
	}
	return r, nil
}
