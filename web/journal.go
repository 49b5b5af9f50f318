package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
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
	by := s.onlooker(actor)
	for looked := 0; looked < mostRead; {
		changes, err := s.nextChanges(ctx, actor.Realm, in.Incident, page.Next)
		if err != nil {
			return page, err
		}
		for _, c := range changes {
			page.Next, looked = c.Seq, looked+1
			if seen, ok := c.See(by); ok {
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

// longestReport bounds what one question may ask of the report.
const longestReport = 400 * 24 * time.Hour

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
