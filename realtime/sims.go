package realtime

import (
	"context"
	"errors"
	"time"

	"liandong/dispatch"
	"liandong/geo"
	"liandong/geo/index"
)

// SimStale is after how long, on the drill's clock, the position of a simulated
// team is stale: so long that at the highest rate a console that hears of it most
// seldom (due) does not see it stale. One that stands is told again in half of it.
const SimStale = 4 * slowest * dispatch.MaxRate * time.Second

// SimRecords is what the runner reads; pgstore.Store is one.
type SimRecords interface {
	Head(ctx context.Context, realm dispatch.Realm) (int64, error)
	Find(ctx context.Context, q dispatch.Query) ([]dispatch.Record, error)
}

// Sims tell the lane where the simulated teams of drills are: a function of their
// legs and of the drill's clock, so that it remembers nothing that matters and may
// run on any node, on one at a time. It is not safe for use by several goroutines.
type Sims struct {
	Records SimRecords
	Lane    *Lane
	// Clock is what a realm's clock shows.
	Clock func(dispatch.Realm) time.Time

	seen map[dispatch.Realm]*simsSeen
}

// simsSeen is what was seen of a drill the last time.
type simsSeen struct {
	head int64
	at   time.Time
	sims []*dispatch.Sim
}

// Step tells where the simulated teams of the realms are now. Those of a drill
// whose clock stands, and in which nothing was decided, are left alone.
func (s *Sims) Step(ctx context.Context, realms []dispatch.Realm) error {
	next := make(map[dispatch.Realm]*simsSeen, len(realms))
	var failed []error
	for _, realm := range realms {
		if realm.Drill() == "" {
			continue
		}
		was := s.seen[realm]
		seen, err := s.step(ctx, realm, was)
		if err != nil {
			failed = append(failed, err)
			continue // looked at anew the next time
		}
		next[realm] = seen
	}
	s.seen = next
	return errors.Join(failed...)
}

func (s *Sims) step(ctx context.Context, realm dispatch.Realm, was *simsSeen) (*simsSeen, error) {
	head, err := s.Records.Head(ctx, realm)
	if err != nil {
		return nil, err
	}
	now := s.Clock(realm).UTC().Truncate(time.Microsecond)
	seen := &simsSeen{head: head, at: now}
	switch {
	case was != nil && was.head == head && was.at.Equal(now):
		return was, nil
	case was != nil && was.head == head:
		seen.sims = was.sims
	default:
		recs, err := s.Records.Find(ctx, dispatch.Query{Realm: realm, Kind: dispatch.KindSim, States: []string{string(dispatch.SimAuto), string(dispatch.SimHand)}, Limit: -1})
		if err != nil {
			return nil, err
		}
		for _, r := range recs {
			seen.sims = append(seen.sims, r.(*dispatch.Sim))
		}
	}
	if len(seen.sims) == 0 {
		return seen, nil
	}
	if err := s.Lane.load(ctx, realm); err != nil {
		return nil, err
	}
	for _, sim := range seen.sims {
		p, speed, ok := sim.Where(now)
		if !ok {
			continue
		}
		p = index.Round(p)
		last, told := s.Lane.Latest(realm, sim.ID)
		if told && last.Source == dispatch.SourceSim && last.Point == p && now.Sub(last.Fixed) < SimStale/2 {
			continue
		}
		heading := -1.0
		if speed > 0 {
			heading = geo.Bearing(sim.Leg.From, sim.Leg.To)
		}
		// One that is refused, because the store is away, is told with the next look.
		if err := s.Lane.Submit(ctx, dispatch.Position{Realm: realm, Team: sim.ID, Device: "sim:" + sim.ID, Point: p, Speed: speed, Heading: heading,
			Accuracy: -1, Fixed: now, Source: dispatch.SourceSim}); err != nil {
			return nil, err
		}
	}
	return seen, nil
}
