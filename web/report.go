package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
)

type reportInput struct {
	With string `query:"with" maxLength:"128" doc:"put beside it: the id of a drill that you may join, or live:FROM/TO, a period of real work in RFC 3339"`
}

type reportFileInput struct {
	With string `query:"with" maxLength:"128" doc:"as of the report"`
	Lang string `query:"lang" enum:"zh,en" default:"zh"`
}

type reportOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         *dispatch.DrillReport
}

// ImprovementList are the improvements that the person sees to or follows.
type ImprovementList struct {
	Improvements []dispatch.ImprovementOf `json:"improvements"`
}

type improvementsOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         ImprovementList
}

type improvementInput struct {
	Drill string `path:"drill" maxLength:"64"`
	ID    string `path:"id" maxLength:"64"`
	Step  string `path:"step" enum:"progress,done"`
	Key   string `header:"Idempotency-Key" doc:"8 to 64 characters; the same key again answers the same and does nothing"`
	Body  struct {
		Reason string `json:"reason,omitempty" maxLength:"300" doc:"how far it is, or what was done"`
	}
}

// ObservationVersions is what an observation said, each time that it was written down.
type ObservationVersions struct {
	Versions []*dispatch.Observation `json:"versions" doc:"the oldest first; the last is what it says now"`
}

type versionsOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         ObservationVersions
}

// drillReportRoutes are the reads about what came of a drill, and of what is to be better after it.
func (s *Server) drillReportRoutes() {
	read(s, huma.Operation{OperationID: "drill-report", Method: http.MethodGet, Path: "/api/v1/drills/report", Tags: []string{"drills"},
		Summary: "what came of the drill that you are in; for players as soon as it is evaluated"},
		func(ctx context.Context, me *signedIn, in *reportInput) (*reportOutput, error) {
			r, err := s.drillReport(ctx, me, in.With)
			return &reportOutput{"no-store", r}, err
		})
	file := func(name, kind, summary string, write func(*reportPaper) ([]byte, error), attached bool) {
		op := huma.Operation{OperationID: "drill-report-" + name, Method: http.MethodGet, Path: "/api/v1/drills/report." + name, Tags: []string{"drills"},
			Summary: summary, Responses: map[string]*huma.Response{"200": {Description: "the report", Content: asBytes(kind)}}}
		read(s, op, func(ctx context.Context, me *signedIn, in *reportFileInput) (*huma.StreamResponse, error) {
			r, err := s.drillReport(ctx, me, in.With)
			if err != nil {
				return nil, err
			}
			body, err := write(newReportPaper(r, in.Lang, s.zone(), s.cfg.Now()))
			if err != nil {
				return nil, fmt.Errorf("report of drill %s: %w", r.Drill.ID, err)
			}
			if err := s.audit(ctx, me, "export", "drill report "+r.Drill.ID); err != nil {
				return nil, err
			}
			return &huma.StreamResponse{Body: func(hc huma.Context) {
				hc.SetHeader("Content-Type", kind)
				hc.SetHeader("Cache-Control", "no-store")
				if attached {
					hc.SetHeader("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "演练评估报告 " + r.Drill.Name + "." + name}))
				}
				_, _ = hc.BodyWriter().Write(body) // the reader may have left
			}}, nil
		})
	}
	file("xlsx", xlsxType, "the report as a spreadsheet", (*reportPaper).xlsx, true)
	file("html", "text/html; charset=utf-8", "the report as a page to print", func(p *reportPaper) ([]byte, error) {
		var b bytes.Buffer
		err := reportPage.Execute(&b, p)
		return b.Bytes(), err
	}, false)
	read(s, huma.Operation{OperationID: "observation-versions", Method: http.MethodGet, Path: "/api/v1/drills/observations/{id}/versions", Tags: []string{"drills"},
		Summary: "what an observation of the drill that you are in said before it was edited"},
		func(ctx context.Context, me *signedIn, in *struct {
			ID string `path:"id" maxLength:"64"`
		}) (*versionsOutput, error) {
			list, err := s.observationVersions(ctx, me.actor, in.ID)
			return &versionsOutput{"no-store", ObservationVersions{list}}, err
		})
	read(s, huma.Operation{OperationID: "improvements", Method: http.MethodGet, Path: "/api/v1/drills/improvements", Tags: []string{"drills"},
		Summary: "what you, or the agency at whose desk you are, have to improve after drills, and what is improved after those that you direct; at most 500, the open ones first"},
		func(ctx context.Context, me *signedIn, _ *struct{}) (*improvementsOutput, error) {
			return s.improvements(ctx, me)
		})
	read(s, huma.Operation{OperationID: "answer-improvement", Method: http.MethodPost, Path: "/api/v1/drills/{drill}/improvements/{id}/{step}", Tags: []string{"drills"},
		Summary: "tell how far what you have to improve after a drill has come, or that it is done"}, s.answerImprovement)
}

// drillReport is the report with what is put beside it.
func (s *Server) drillReport(ctx context.Context, me *signedIn, with string) (*dispatch.DrillReport, error) {
	r, err := s.cfg.Service.DrillReport(ctx, me.actor)
	if err != nil || with == "" {
		return r, err
	}
	if period, ok := strings.CutPrefix(with, "live:"); ok {
		from, to, err := periodOf(period)
		if err != nil {
			return nil, err
		}
		return r, s.cfg.Service.ComparePeriod(ctx, r, me.realSelf(), from, to)
	}
	found, err := s.joinable(ctx, me)
	if err != nil {
		return nil, err
	}
	for _, of := range found {
		if of.Drill.ID == with {
			return r, s.cfg.Service.CompareDrill(ctx, r, dispatch.Actor{ID: me.Person.ID, Realm: of.Realm, Role: of.Role})
		}
	}
	return nil, dispatch.NotFoundError(dispatch.Ref{Kind: dispatch.KindDrill, ID: with})
}

// observationVersions reads from the journal what the observation said; who does not see it now reads
// nothing of its past either.
func (s *Server) observationVersions(ctx context.Context, actor dispatch.Actor, id string) ([]*dispatch.Observation, error) {
	now, err := s.cfg.Service.Get(ctx, actor, dispatch.Ref{Kind: dispatch.KindObservation, ID: id})
	if err != nil {
		return nil, err
	}
	head, err := s.cfg.Store.Head(ctx, actor.Realm)
	if err != nil {
		return nil, err
	}
	by, written := s.onlooker(actor), []string{"observation.add", "observation.edit"}
	out := []*dispatch.Observation{}
	// Nothing of it is older than the change at which it was seen.
	for after := now.(*dispatch.Observation).Seq; ; {
		changes, err := s.cfg.Store.ChangesOf(ctx, actor.Realm, after, head, written, readAtOnce)
		if err != nil {
			return nil, err
		}
		for _, c := range changes {
			after = c.Seq
			seen, _ := c.See(by)
			for _, r := range seen.Put {
				if o, ok := r.(*dispatch.Observation); ok && o.ID == id {
					out = append(out, o)
				}
			}
		}
		if len(changes) < readAtOnce {
			return out, nil
		}
	}
}

func periodOf(text string) (from, to time.Time, err error) {
	a, b, ok := strings.Cut(text, "/")
	if from, err = time.Parse(time.RFC3339, a); ok && err == nil {
		to, err = time.Parse(time.RFC3339, b)
	}
	if !ok || err != nil {
		return from, to, invalid("with", text, "时段应写作 live:开始/结束（RFC 3339）", "a period is live:FROM/TO in RFC 3339", "live:2027-03-01T00:00:00Z/2027-03-08T00:00:00Z")
	}
	return from, to, nil
}

func (s *Server) improvements(ctx context.Context, me *signedIn) (*improvementsOutput, error) {
	found, err := s.joinable(ctx, me)
	if err != nil {
		return nil, err
	}
	follows := []dispatch.Realm{}
	for _, of := range found {
		if dispatch.Follows(of.Role) {
			follows = append(follows, of.Realm)
		}
	}
	list, err := s.cfg.Store.Improvements(ctx, me.realSelf(), follows)
	return &improvementsOutput{"no-store", ImprovementList{list}}, err
}

func (s *Server) answerImprovement(ctx context.Context, me *signedIn, in *improvementInput) (*improvementsOutput, error) {
	body, err := json.Marshal(dispatch.ImprovementMove{Improvement: in.ID, Reason: in.Body.Reason})
	if err != nil {
		return nil, err
	}
	if _, err := s.cfg.Service.AnswerImprovement(ctx, me.realSelf(), in.Drill, "improvement."+in.Step, in.Key, body); err != nil {
		return nil, err
	}
	return s.improvements(ctx, me)
}

// realSelf is who the person is outside drills, with all that this one sees: a report is put beside
// real work, and what is improved is real, also for somebody who is in a drill just now.
func (me *signedIn) realSelf() dispatch.Actor {
	a := me.liveActor()
	a.Alarms = false
	return a
}
