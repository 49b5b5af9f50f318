package pgstore

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"liandong/dispatch"
)

// when is the moment of a stamp: dispatch.Stamp.When.
func when(stamp string) string {
	return fmt.Sprintf("coalesce(%[1]s ->> 'event', %[1]s ->> 'at')::timestamptz", stamp)
}

// reportSQL answers one row per span and one per count. Incidents are taken by when they were opened;
// their tasks go with them.
var reportSQL = strings.NewReplacer(
	"{opened}", when("i.doc -> 'stamps' -> 'reported'"),
	"{received}", when("r.doc -> 'received'"),
	"{assigned}", when("t.doc -> 'stamps' -> 'assigned'"),
	"{en_route}", when("t.doc -> 'stamps' -> 'en_route'"),
	"{on_scene}", when("t.doc -> 'stamps' -> 'on_scene'"),
).Replace(`with
	opened as (
		select id, {opened} as at from incident i where realm = $1 and {opened} >= $2 and {opened} < $3),
	job as (
		select t.incident, {assigned} as assigned, {en_route} as en_route, {on_scene} as on_scene
		from task t join opened o on o.id = t.incident where t.realm = $1),
	span as (
		select 'call_taking' as name, min({received}) as a, o.at as b
			from report r join opened o on o.id = r.incident where r.realm = $1 group by o.id, o.at
		union all
		select 'queue', o.at, min(assigned) from job join opened o on o.id = job.incident group by o.id, o.at
		union all
		select 'turnout', assigned, en_route from job
		union all
		select 'travel', en_route, on_scene from job)
	select name, count(*) filter (where b >= a), count(*) filter (where b < a),
		coalesce(percentile_cont(0.5) within group (order by extract(epoch from b - a)) filter (where b >= a), 0),
		coalesce(percentile_cont(0.9) within group (order by extract(epoch from b - a)) filter (where b >= a), 0)
		from span group by name
	union all
	select 'incidents', count(*), 0, 0, 0 from opened
	union all
	select 'tasks', count(*), 0, 0, 0 from job`)

// Report computes the response times of the incidents that were opened from one moment to before
// another.
func (s *Store) Report(ctx context.Context, realm dispatch.Realm, from, to time.Time) (dispatch.ResponseReport, error) {
	out := dispatch.ResponseReport{Realm: realm, From: from, To: to}
	rows, err := s.pool.Query(ctx, reportSQL, realm, from, to)
	if err != nil {
		return out, fault(err)
	}
	var name string
	var count, backwards int
	var p50, p90 float64
	_, err = pgx.ForEachRow(rows, []any{&name, &count, &backwards, &p50, &p90}, func() error {
		out.Backwards += backwards
		p := dispatch.Percentiles{Count: count, P50: p50, P90: p90}
		switch name {
		case "call_taking":
			out.CallTaking = p
		case "queue":
			out.Queue = p
		case "turnout":
			out.Turnout = p
		case "travel":
			out.Travel = p
		case "incidents":
			out.Incidents = count
		case "tasks":
			out.Tasks = count
		}
		return nil
	})
	return out, fault(err)
}
