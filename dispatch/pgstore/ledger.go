package pgstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"liandong/dispatch"
)

// ledger queues what the change books: what ends first, then what begins, then quantities. The times
// are the database's own (migrations/0003_ledger.sql), so that the clocks of two nodes cannot make an
// overlap; Use.From is not written.
func ledger(c *dispatch.Change, queue func(at step, sql string, args ...any)) {
	for _, u := range c.Free {
		queue(step{ref: u.Resource}, "select free_use($1, $2, $3, $4, $5)",
			c.Realm, u.Resource.Kind, u.Resource.ID, u.For.Kind, u.For.ID)
	}
	for _, u := range c.Take {
		queue(step{ref: u.Resource}, "select take_use($1, $2, $3, $4, $5, $6, $7)",
			c.Realm, u.Resource.Kind, u.Resource.ID, u.For.Kind, u.For.ID, c.Actor.Name, c.Command)
	}
	for _, m := range c.Moves {
		queue(step{ref: dispatch.Ref{Kind: dispatch.KindStock, ID: m.Stock}},
			`insert into stock_move (realm, stock, delta, balance, incident, by_name, command)
			select realm, id, $3, quantity, $4, $5, $6 from stock where realm = $1 and id = $2`,
			c.Realm, m.Stock, m.Delta, m.Incident, c.Actor.Name, c.Command)
	}
}

// takenError says that the ledger refused a use.
type takenError struct {
	resource dispatch.Ref
	cause    error
}

func (t *takenError) Error() string { return "already in use: " + t.cause.Error() }
func (t *takenError) Unwrap() error { return t.cause }

// winner makes the refusal that names who holds the resource and for what. When nobody does any more,
// the command is to be done again.
func winner(ctx context.Context, conn *pgxpool.Conn, c *dispatch.Change, lost *takenError) error {
	var held dispatch.Ref
	var by string
	err := conn.QueryRow(ctx, `select for_kind, for_id, by_name from use
		where realm = $1 and resource_kind = $2 and resource = $3 and upper_inf(during)`,
		c.Realm, lost.resource.Kind, lost.resource.ID).Scan(&held.Kind, &held.ID, &by)
	if errors.Is(err, pgx.ErrNoRows) {
		return errMoved
	}
	if err != nil {
		return err
	}
	r := reader{q: conn}
	refusal := &dispatch.Error{Code: dispatch.Conflict, Field: string(lost.resource.Kind), Value: lost.resource.ID, Blockers: []dispatch.Ref{held}}
	what, whatZH, err := describe(ctx, r, c.Realm, held)
	if err != nil {
		return err
	}
	name, err := title(ctx, r, c.Realm, lost.resource)
	if err != nil {
		return err
	}
	if now, err := r.Get(ctx, c.Realm, lost.resource, nil); err == nil {
		refusal.Current = now
	}
	refusal.Message = fmt.Sprintf("%s was just taken by %s for %s", name, by, what)
	refusal.MessageZH = fmt.Sprintf("%s刚被%s用于%s", name, by, whatZH)
	return refusal
}

// describe tells in words what a use is for: the incident, also where the use is a task of it.
func describe(ctx context.Context, r reader, realm dispatch.Realm, ref dispatch.Ref) (en, zh string, err error) {
	rec, err := r.Get(ctx, realm, ref, nil)
	if err != nil {
		return "", "", err
	}
	if t, ok := rec.(*dispatch.Task); ok {
		return describe(ctx, r, realm, dispatch.Ref{Kind: dispatch.KindIncident, ID: t.Incident})
	}
	if i, ok := rec.(*dispatch.Incident); ok {
		return fmt.Sprintf("incident %s (%s)", i.Number, i.Title), fmt.Sprintf("事件 %s（%s）", i.Number, i.Title), nil
	}
	if c, ok := rec.(*dispatch.Claim); ok {
		return "claim " + c.Number, "补偿申请 " + c.Number, nil
	}
	return fmt.Sprintf("%s %s", ref.Kind, ref.ID), dispatch.KindNameZH(ref.Kind) + " " + ref.ID, nil
}

func title(ctx context.Context, r reader, realm dispatch.Realm, ref dispatch.Ref) (string, error) {
	rec, err := r.Get(ctx, realm, ref, nil)
	if err != nil {
		return "", err
	}
	switch rec := rec.(type) {
	case *dispatch.Team:
		return rec.Name, nil
	case *dispatch.Equipment:
		return rec.Name, nil
	case *dispatch.Loan:
		return rec.Name, nil
	}
	return ref.ID, nil
}
