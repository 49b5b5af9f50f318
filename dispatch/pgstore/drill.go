package pgstore

import (
	"context"

	"github.com/jackc/pgx/v5"

	"liandong/dispatch"
)

// mostDrills bounds how many drills are listed, the newest first.
const mostDrills = 1000

// Drills lists the drills, the newest first, each with the part of the person in it where there is
// one. It is the one read across realms: who may know of a drill, dispatch.Joins tells.
func (s *Store) Drills(ctx context.Context, person string) ([]dispatch.DrillOf, error) {
	rows, err := s.pool.Query(ctx, `select d.doc, p.doc from drill d
		left join part p on p.realm = d.realm and p.id = $1 and not p.archived
		where not d.archived order by d.created desc, d.id limit $2`, person, mostDrills)
	if err != nil {
		return nil, fault(err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (of dispatch.DrillOf, err error) {
		var drill, part []byte
		if err := r.Scan(&drill, &part); err != nil {
			return of, err
		}
		if err := into(&of.Drill, dispatch.KindDrill, drill); err != nil {
			return of, err
		}
		return of, into(&of.Part, dispatch.KindPart, part)
	})
	return out, fault(err)
}

// Running lists the realms in which something can fall due: live, and the drills whose clock runs.
func (s *Store) Running(ctx context.Context) ([]dispatch.Realm, error) {
	rows, err := s.pool.Query(ctx, "select realm from drill where state = $1 and not archived order by realm", dispatch.DrillRunning)
	if err != nil {
		return nil, fault(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[dispatch.Realm])
	return append([]dispatch.Realm{dispatch.Live}, out...), fault(err)
}

// mostImprovements bounds how many improvements are listed at once.
const mostImprovements = 500

// Improvements lists what the actor, who is of the realm live, sees to after drills that are evaluated,
// and what is improved after those that the actor follows: the open ones first, by their due dates. Whose
// they are, dispatch.Owns tells.
func (s *Store) Improvements(ctx context.Context, a dispatch.Actor, follows []dispatch.Realm) ([]dispatch.ImprovementOf, error) {
	rows, err := s.pool.Query(ctx, `select d.doc, i.doc, coalesce(i.realm = any($3), false) from improvement i
		join drill d on d.realm = i.realm and not d.archived
		where not i.archived and d.doc->>'state' in ('evaluated', 'improvements_open', 'closed')
			and (i.doc->>'owner' = $1 or i.doc->>'person' = $2 or i.realm = any($3))
		order by i.doc->>'state' not in ('open', 'done'), (i.doc->>'due')::timestamptz nulls last, i.updated desc, i.id limit $4`,
		a.Agency, a.ID, follows, mostImprovements)
	if err != nil {
		return nil, fault(err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (of dispatch.ImprovementOf, err error) {
		var drill, doc []byte
		if err := r.Scan(&drill, &doc, &of.Follows); err != nil {
			return of, err
		}
		var d *dispatch.Drill
		if err := into(&d, dispatch.KindDrill, drill); err != nil {
			return of, err
		}
		of.Drill, of.DrillName, of.DrillState = d.ID, d.Name, d.State
		return of, into(&of.Improvement, dispatch.KindImprovement, doc)
	})
	out := []dispatch.ImprovementOf{}
	for _, of := range all {
		if of.Owes = dispatch.Owns(a, of.Improvement); of.Owes || of.Follows {
			out = append(out, of)
		}
	}
	return out, fault(err)
}
