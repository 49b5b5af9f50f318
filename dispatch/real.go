package dispatch

import (
	"context"
	"fmt"
	"time"
)

// Real reads what is real, and has no way to read anything else: none of its
// methods names a realm. Whatever tells others of what is here (links with
// neighbouring regions, gateways to foreign clients and to vehicle terminals) is
// given one and no store, so that nothing of a drill can leave the house by it.
type Real struct {
	from RealSource
	lane RealLane
}

// RealSource is what it reads from.
type RealSource interface {
	Epoch(ctx context.Context) (string, error)
	Head(ctx context.Context, realm Realm) (int64, error)
	Changes(ctx context.Context, realm Realm, after int64, limit int) ([]*Change, error)
	Get(ctx context.Context, realm Realm, ref Ref, by *Onlooker) (Record, error)
	Find(ctx context.Context, q Query) ([]Record, error)
	Snapshot(ctx context.Context, by Onlooker, head func(SnapshotHead) error, each func(Record) error) (ends time.Time, err error)
}

// RealLane is where the newest positions are.
type RealLane interface {
	Latest(realm Realm, team string) (Position, bool)
}

// RealOf reads what is real from the source and the lane, which may be nil.
func RealOf(from RealSource, lane RealLane) Real { return Real{from, lane} }

// Epoch names the journal itself: another after a restore or a promotion.
func (r Real) Epoch(ctx context.Context) (string, error) { return r.from.Epoch(ctx) }

// Head is the newest seq, 0 when there is none.
func (r Real) Head(ctx context.Context) (int64, error) { return r.from.Head(ctx, Live) }

// Changes returns the changes with seq > after, in order and without gaps, at most
// limit.
func (r Real) Changes(ctx context.Context, after int64, limit int) ([]*Change, error) {
	cs, err := r.from.Changes(ctx, Live, after, limit)
	for _, c := range cs {
		if c.Realm != Live {
			return nil, fmt.Errorf("change %d is of realm %q, not of what is real", c.Seq, c.Realm)
		}
	}
	return cs, err
}

// Get reads one record as the onlooker sees it, or whole; see Reader.
func (r Real) Get(ctx context.Context, ref Ref, by *Onlooker) (Record, error) {
	if by != nil && by.Realm != Live {
		return nil, NotFoundError(ref)
	}
	return r.from.Get(ctx, Live, ref, by)
}

// Find reads records; whatever realm the query names, of what is real.
func (r Real) Find(ctx context.Context, q Query) ([]Record, error) {
	if q.Audience != nil && q.Audience.Realm != Live {
		return nil, nil
	}
	q.Realm = Live
	return r.from.Find(ctx, q)
}

// Snapshot reads all that the onlooker sees on the board; see Store.
func (r Real) Snapshot(ctx context.Context, by Onlooker, head func(SnapshotHead) error, each func(Record) error) (time.Time, error) {
	by.Realm = Live
	return r.from.Snapshot(ctx, by, head, each)
}

// Latest is the team's newest position shown.
func (r Real) Latest(team string) (Position, bool) {
	if r.lane == nil {
		return Position{}, false
	}
	return r.lane.Latest(Live, team)
}
