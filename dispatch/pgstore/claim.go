package pgstore

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"liandong/dispatch"
)

// ClaimTotals sums the claims that the audience sees, archived ones too; TooLarge when there are more
// groups than an answer holds.
func (s *Store) ClaimTotals(ctx context.Context, q dispatch.ClaimQuery) (dispatch.ClaimTotals, error) {
	out := dispatch.ClaimTotals{Groups: []dispatch.ClaimTotal{}}
	w := &where{}
	w.add("realm = ?", q.Audience.Realm)
	visible(w, dispatch.KindClaim, q.Audience)
	w.add("doc ->> 'waived' is null")
	filter(w, dispatch.Query{Incident: q.Incident, Agency: q.Agency})
	if !q.From.IsZero() {
		w.add("created >= ?", q.From)
	}
	if !q.To.IsZero() {
		w.add("created < ?", q.To)
	}
	month := w.bind("to_char(created at time zone ?, 'YYYY-MM')", q.Zone)
	rows, err := s.pool.Query(ctx, fmt.Sprintf(`select incident, max(doc ->> 'title'), agency, %s, state, count(*), sum((doc ->> 'computed')::bigint)::bigint, sum((doc ->> 'amount')::bigint)::bigint
		from claim where %s group by 1, 3, 4, 5 order by 4 desc, 1, 3, 5 limit %d`, month, w, dispatch.MostClaimTotals+1), w.args...)
	if err != nil {
		return out, fault(err)
	}
	var g dispatch.ClaimTotal
	_, err = pgx.ForEachRow(rows, []any{&g.Incident, &g.Title, &g.Agency, &g.Month, &g.State, &g.Count, &g.Computed, &g.Amount}, func() error {
		out.Groups = append(out.Groups, g)
		out.Count, out.Computed, out.Amount = out.Count+g.Count, out.Computed+g.Computed, out.Amount+g.Amount
		return nil
	})
	if err == nil && len(out.Groups) > dispatch.MostClaimTotals {
		return out, &dispatch.Error{Code: dispatch.TooLarge, Field: "from", Value: q.From,
			Message:   fmt.Sprintf("these are more than %d sums: ask for a shorter span, an incident or an agency", dispatch.MostClaimTotals),
			MessageZH: fmt.Sprintf("汇总超过 %d 组，请缩短时间范围，或指定事件、单位", dispatch.MostClaimTotals)}
	}
	return out, fault(err)
}
