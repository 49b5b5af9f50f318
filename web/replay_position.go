package web

import (
	"context"
	"math"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
)

// PastPositions is where teams were: columns, a row a position, by team and time. The first row of a
// team may be of before from: where it was last heard of.
type PastPositions struct {
	From    time.Time `json:"from"`
	Until   time.Time `json:"until" doc:"the positions are of before it; earlier than asked for where that would be too much"`
	Step    int       `json:"step" doc:"seconds: in each so long there is at most one position of a team, the last"`
	Teams   []string  `json:"teams"`
	Sources []string  `json:"sources"`
	Team    []int     `json:"team" doc:"place in teams"`
	Source  []int     `json:"source" doc:"place in sources"`
	Fixed   []int64   `json:"fixed" doc:"ms after from by the source's clock; negative before it"`
	Lon     []int     `json:"lon" doc:"WGS-84 degrees × 1,000,000"`
	Lat     []int     `json:"lat" doc:"WGS-84 degrees × 1,000,000"`
	Speed   []float64 `json:"speed" doc:"m/s; -1 unknown"`
	Heading []int     `json:"heading" doc:"degrees from north; -1 unknown"`
}

type pastPositionsInput struct {
	From  time.Time `query:"from" required:"true" doc:"the realm's clock"`
	Until time.Time `query:"until" required:"true"`
	Step  int       `query:"step" minimum:"1" maximum:"600" default:"1" doc:"seconds; more is taken where this would be too much"`
	EyesInput
}

// Bounds of one question about where all teams were.
const (
	longestPositions = 2 * time.Hour
	mostSteps        = 720
	mostFixes        = 200_000
	mostChanges      = 20_000 // of the teams' scopes within it
)

func (s *Server) replayPositionRoutes() {
	read(s, huma.Operation{OperationID: "replay-positions", Method: http.MethodGet, Path: "/api/v1/replay/positions", Tags: []string{"replay"},
		Summary: "where the teams were whose positions you would have seen then and may see today, at most two hours"},
		func(ctx context.Context, me *signedIn, in *pastPositionsInput) (*struct{ Body PastPositions }, error) {
			out, err := s.pastPositions(ctx, me, in)
			return &struct{ Body PastPositions }{out}, err
		})
}

func (s *Server) pastPositions(ctx context.Context, me *signedIn, in *pastPositionsInput) (PastPositions, error) {
	var none PastPositions
	replay, err := s.replaySpan(ctx, me)
	if err != nil {
		return none, err
	}
	if err := span(in.From, in.Until, longestPositions); err != nil {
		return none, err
	}
	past, err := s.eyes(ctx, me, in.As)
	if err != nil {
		return none, err
	}
	m, err := s.moment(ctx, replay, &momentInput{At: in.From})
	if err != nil {
		return none, err
	}
	seen, until, err := s.sights(ctx, replay, past, m, in.Until)
	if err != nil {
		return none, err
	}
	q := dispatch.TracksQuery{Realm: replay.Realm, From: m.At, To: until, Teams: seen.teams(), Limit: mostFixes}
	least := int(math.Ceil(until.Sub(m.At).Seconds() / mostSteps))
	for step := max(in.Step, least); ; step *= 2 {
		q.Step = time.Duration(step) * time.Second
		found, err := s.cfg.Store.Tracks(ctx, q)
		if err != nil {
			return none, err
		}
		if len(found) >= mostFixes && step < 3600 {
			continue // too many: thinner
		}
		return columnsOf(found, seen, m.At, until, step), nil
	}
}

// sights tells when which teams' positions are seen.
type sights map[string][]sight

// sight holds from a moment on.
type sight struct {
	from time.Time
	past dispatch.Past
	// scope is the team's; nil: the team was not on the board.
	scope *dispatch.Scope
}

func (s sights) teams() []string {
	var ids []string
	for id, all := range s {
		for _, x := range all {
			if x.sees(id, x.from) {
				ids = append(ids, id)
				break
			}
		}
	}
	return ids
}

func (x sight) sees(team string, at time.Time) bool {
	return x.scope != nil && x.past.SeePosition(at, team, *x.scope)
}

// at tells whether the position of the moment is seen. What was before the first moment is seen as at it.
func (s sights) at(team string, at time.Time) bool {
	all := s[team]
	for i := len(all) - 1; i >= 0; i-- {
		if i == 0 || !at.Before(all[i].from) {
			if at.Before(all[i].from) {
				at = all[i].from
			}
			return all[i].sees(team, at)
		}
	}
	return false
}

// sights reads the teams of the moment and what changes about them until then; the time that comes back
// is earlier where very much happened.
func (s *Server) sights(ctx context.Context, span dispatch.ReplaySpan, past dispatch.Past, m dispatch.Moment, until time.Time) (sights, time.Time, error) {
	picture, err := s.past.get(ctx, span.Epoch, span.Realm, m.Seq)
	if err != nil {
		return nil, until, err
	}
	last, err := s.cfg.Store.SeqAt(ctx, span.Realm, until)
	if err != nil {
		return nil, until, err
	}
	out := sights{}
	put := func(id string, at time.Time, scope *dispatch.Scope) {
		if n := len(out[id]); n > 0 && scope != nil && out[id][n-1].scope != nil && out[id][n-1].scope.Equal(*scope) {
			return
		}
		out[id] = append(out[id], sight{from: at, scope: scope})
	}
	for ref, r := range picture {
		if ref.Kind == dispatch.KindTeam {
			put(ref.ID, m.At, &dispatch.HeadOf(r).Scope)
		}
	}
	for seq := m.Seq; seq < last; {
		changes, err := s.cfg.Store.Changes(ctx, span.Realm, seq, int(min(readAtOnce, last-seq)))
		if err != nil {
			return nil, until, err
		}
		for _, c := range changes {
			seq = c.Seq
			if len(c.Reset) > 0 || seq-m.Seq >= mostChanges {
				// What an import says of the teams, the next question is told.
				last, until = seq, c.At
				break
			}
			for _, p := range c.Puts {
				if ref := dispatch.RefOf(p.Record); ref.Kind == dispatch.KindTeam {
					put(ref.ID, c.At, &p.After)
				}
			}
			for _, d := range c.Drops {
				if d.Ref.Kind == dispatch.KindTeam {
					put(d.Ref.ID, c.At, nil)
				}
			}
		}
	}
	if !until.After(m.At) {
		until = m.At.Add(time.Second)
	}
	refs := make([]dispatch.Ref, 0, len(out))
	for id := range out {
		refs = append(refs, dispatch.Ref{Kind: dispatch.KindTeam, ID: id})
	}
	if past.Today, err = s.cfg.Store.Scopes(ctx, span.Realm, refs); err != nil {
		return nil, until, err
	}
	for _, all := range out {
		for i := range all {
			all[i].past = past
		}
	}
	return out, until, nil
}

// columnsOf lays out what is seen of the positions.
func columnsOf(found []dispatch.Position, seen sights, from, until time.Time, step int) PastPositions {
	out := PastPositions{From: from, Until: until, Step: step, Teams: []string{}, Sources: []string{}, Team: []int{}, Source: []int{}, Fixed: []int64{},
		Lon: []int{}, Lat: []int{}, Speed: []float64{}, Heading: []int{}}
	sources := map[string]int{}
	for _, p := range found {
		if !seen.at(p.Team, p.Fixed) {
			continue
		}
		if n := len(out.Teams); n == 0 || out.Teams[n-1] != p.Team {
			out.Teams = append(out.Teams, p.Team)
		}
		source, ok := sources[p.Source]
		if !ok {
			source = len(out.Sources)
			sources[p.Source] = source
			out.Sources = append(out.Sources, p.Source)
		}
		out.Team, out.Source = append(out.Team, len(out.Teams)-1), append(out.Source, source)
		out.Fixed = append(out.Fixed, p.Fixed.Sub(from).Milliseconds())
		out.Lon, out.Lat = append(out.Lon, micro(p.Point.Lon())), append(out.Lat, micro(p.Point.Lat()))
		out.Speed, out.Heading = append(out.Speed, math.Round(max(p.Speed, -1)*10)/10), append(out.Heading, int(math.Round(max(p.Heading, -1))))
	}
	return out
}

// micro is a degree times a million.
func micro(degrees float64) int { return int(math.Round(degrees * 1e6)) }
