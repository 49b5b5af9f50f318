package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
	"liandong/geo"
)

// JournalPage is a piece of the record of the process.
type JournalPage struct {
	Changes []dispatch.Seen `json:"changes"`
	Next    int64           `json:"next" doc:"give it as after; the seq that was read up to"`
	More    bool            `json:"more" doc:"there is more behind next"`
}

type journalInput struct {
	Incident string `query:"incident" maxLength:"64" doc:"only what touches this incident, its tasks, notes and alarms"`
	After    int64  `query:"after" minimum:"0" doc:"after this seq"`
	Limit    int    `query:"limit" minimum:"1" maximum:"1000" default:"200"`
}

// mostRead is how many changes one request looks through for those it may show.
const mostRead = 20_000

func (s *Server) journalRoutes() {
	read(s, huma.Operation{OperationID: "journal", Method: http.MethodGet, Path: "/api/v1/journal", Summary: "the record of the process, as you may see it", Tags: []string{"reads"}},
		func(ctx context.Context, me *signedIn, in *journalInput) (*struct{ Body JournalPage }, error) {
			if in.Incident != "" {
				// Who does not see the incident now reads nothing of its past either.
				if _, err := s.cfg.Service.Get(ctx, me.actor, dispatch.Ref{Kind: dispatch.KindIncident, ID: in.Incident}); err != nil {
					return nil, err
				}
			}
			page, err := s.journalPage(ctx, me.actor, in)
			return &struct{ Body JournalPage }{page}, err
		})
}

func (s *Server) journalPage(ctx context.Context, actor dispatch.Actor, in *journalInput) (JournalPage, error) {
	page := JournalPage{Changes: []dispatch.Seen{}, Next: in.After}
	au := actor.Audience()
	for looked := 0; looked < mostRead; {
		changes, err := s.nextChanges(ctx, actor.Realm, in.Incident, page.Next)
		if err != nil {
			return page, err
		}
		for _, c := range changes {
			page.Next, looked = c.Seq, looked+1
			if seen, ok := c.See(au); ok {
				page.Changes = append(page.Changes, seen)
			}
			if len(page.Changes) == in.Limit {
				page.More = true
				return page, nil
			}
		}
		if len(changes) < readAtOnce {
			return page, nil
		}
	}
	page.More = true
	return page, nil
}

// readAtOnce is how many changes are read with one question.
const readAtOnce = 1000

func (s *Server) nextChanges(ctx context.Context, realm dispatch.Realm, incident string, after int64) ([]*dispatch.Change, error) {
	if incident == "" {
		return s.cfg.Store.Changes(ctx, realm, after, readAtOnce)
	}
	return s.cfg.Store.IncidentChanges(ctx, realm, incident, after, readAtOnce)
}

// Track is where a team has been: a GeoJSON feature with a time for each point.
type Track struct {
	Type     string `json:"type" enum:"Feature"`
	Geometry struct {
		Type        string      `json:"type" enum:"LineString"`
		Coordinates []geo.Point `json:"coordinates" doc:"WGS-84, longitude first"`
	} `json:"geometry"`
	Properties struct {
		Team  string      `json:"team"`
		Times []time.Time `json:"times" doc:"of each point, by the source's clock"`
		Speed []float64   `json:"speed" doc:"m/s; -1 unknown"`
	} `json:"properties"`
}

type trackInput struct {
	Team string    `query:"team" required:"true" minLength:"1" maxLength:"64"`
	From time.Time `query:"from" required:"true"`
	To   time.Time `query:"to" required:"true"`
}

// longestSpan bounds what one question may ask of tracks and reports.
const (
	longestTrack  = 48 * time.Hour
	longestReport = 400 * 24 * time.Hour
)

func (s *Server) trackRoutes() {
	read(s, huma.Operation{OperationID: "track", Method: http.MethodGet, Path: "/api/v1/tracks", Summary: "where a team has been, at most 48 hours", Tags: []string{"reads"}},
		func(ctx context.Context, me *signedIn, in *trackInput) (*struct{ Body Track }, error) {
			if err := span(in.From, in.To, longestTrack); err != nil {
				return nil, err
			}
			if err := s.mayFollow(ctx, me.actor, in.Team); err != nil {
				return nil, err
			}
			positions, err := s.cfg.Store.Track(ctx, dispatch.TrackQuery{Realm: me.actor.Realm, Team: in.Team, From: in.From, To: in.To})
			if err != nil {
				return nil, err
			}
			return &struct{ Body Track }{trackOf(in.Team, positions)}, nil
		})
}

// mayFollow passes for those who see the team whole. Where a team has been is more than where it is:
// that a team is open to all does not open its past. An observer counts as a dispatcher of its agency.
func (s *Server) mayFollow(ctx context.Context, actor dispatch.Actor, team string) error {
	ref := dispatch.Ref{Kind: dispatch.KindTeam, ID: team}
	if _, err := s.cfg.Service.Get(ctx, actor, ref); err != nil {
		return err
	}
	r, err := s.cfg.Service.Get(ctx, dispatch.System(actor.Realm), ref)
	if err != nil {
		return err
	}
	au := actor.Audience()
	if au.Role == dispatch.RoleObserver {
		au.Role = dispatch.RoleDispatcher
	}
	if dispatch.See(au, ref, dispatch.HeadOf(r).Scope) != dispatch.Full {
		return refusal(dispatch.Forbidden, "您无权查看该队伍的轨迹", "you may not see where this team has been")
	}
	return nil
}

func trackOf(team string, positions []dispatch.Position) Track {
	t := Track{Type: "Feature"}
	t.Geometry.Type, t.Geometry.Coordinates = "LineString", []geo.Point{}
	t.Properties.Team, t.Properties.Times, t.Properties.Speed = team, []time.Time{}, []float64{}
	for _, p := range positions {
		if p.Flag != "" {
			continue
		}
		t.Geometry.Coordinates = append(t.Geometry.Coordinates, p.Point)
		t.Properties.Times = append(t.Properties.Times, p.Fixed)
		t.Properties.Speed = append(t.Properties.Speed, p.Speed)
	}
	return t
}

func (s *Server) reportRoutes() {
	read(s, huma.Operation{OperationID: "report", Method: http.MethodGet, Path: "/api/v1/report", Tags: []string{"reads"},
		Summary: "response times: call taking, queue, turnout, travel; for dispatchers, duty chiefs and planners of a coordinating agency"},
		func(ctx context.Context, me *signedIn, in *struct {
			From time.Time `query:"from" required:"true"`
			To   time.Time `query:"to" required:"true"`
		}) (*struct{ Body dispatch.ResponseReport }, error) {
			if err := span(in.From, in.To, longestReport); err != nil {
				return nil, err
			}
			if me.actor.Jurisdiction == "" || me.actor.Role == dispatch.RoleLeader || me.actor.Role == dispatch.RoleAdmin {
				return nil, refusal(dispatch.Forbidden, "响应时间统计涉及全部单位，仅供统筹单位查看", "the report covers every agency: it is for those of a coordinating agency")
			}
			rep, err := s.cfg.Store.Report(ctx, me.actor.Realm, in.From, in.To)
			return &struct{ Body dispatch.ResponseReport }{rep}, err
		})
}

func span(from, to time.Time, longest time.Duration) error {
	switch {
	case !to.After(from):
		return invalid("to", to, "结束时间应晚于开始时间", "to must be after from", "a time after "+from.Format(time.RFC3339))
	case to.Sub(from) > longest:
		return invalid("to", to, "时间跨度过长", "the span is too long", "at most "+longest.String())
	}
	return nil
}
