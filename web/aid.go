package web

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
	"liandong/web/edxl"
	"liandong/web/exchange"
)

// aidRoutes are the reads about help between agencies.
func (s *Server) aidRoutes() {
	read(s, huma.Operation{OperationID: "suppliers", Method: http.MethodGet, Path: "/api/v1/requests/{id}/suppliers", Summary: "which agencies could help with a line of a request", Tags: []string{"reads"}},
		func(ctx context.Context, me *signedIn, in *struct {
			ID   string `path:"id" maxLength:"64"`
			Line string `query:"line" required:"true" maxLength:"8" doc:"the line's id"`
		}) (*struct{ Body dispatch.Suppliers }, error) {
			found, err := s.cfg.Service.Suppliers(ctx, me.actor, in.ID, in.Line)
			return &struct{ Body dispatch.Suppliers }{found}, err
		})
	read(s, huma.Operation{OperationID: "messages", Method: http.MethodGet, Path: "/api/v1/requests/{id}/edxl", Tags: []string{"reads"},
		Summary:   "what was asked, offered and lent, as EDXL-RM 1.0 messages in one EDXL-DE 1.0 envelope",
		Responses: map[string]*huma.Response{"200": {Description: "the envelope", Content: asBytes("application/xml")}}}, s.messages)
}

func (s *Server) messages(ctx context.Context, me *signedIn, in *struct {
	ID string `path:"id" maxLength:"64"`
}) (*huma.StreamResponse, error) {
	rec, err := s.cfg.Service.Get(ctx, me.actor, dispatch.Ref{Kind: dispatch.KindRequest, ID: in.ID})
	if err != nil {
		return nil, err
	}
	if me.actor.Role == dispatch.RoleObserver {
		// The messages name people and reasons that a wall does not show.
		return nil, refusal(dispatch.Forbidden, "报文由值班席导出", "messages are for the desk")
	}
	r := rec.(*dispatch.Request)
	house, err := s.house(ctx, me.actor)
	if err != nil {
		return nil, err
	}
	told, err := s.thread(ctx, me.actor.Realm, house, r)
	if err != nil {
		return nil, err
	}
	letters, err := s.seenOf(ctx, me.actor, told)
	if err != nil {
		return nil, err
	}
	if len(letters) == 0 {
		return nil, invalid("id", in.ID, "请求尚未公布，没有可导出的报文", "nobody else has seen the request yet: there are no messages", "a request that was approved")
	}
	body, err := envelope(me.actor, house.Name, s.cfg.Now().In(house.Zone), r, letters).Encode()
	var bad *edxl.Error
	switch {
	case errors.As(err, &bad) && bad.Code == edxl.TooLarge:
		return nil, &dispatch.Error{Code: dispatch.TooLarge, Field: "id", Message: "the thread is larger than one envelope may be", MessageZH: "往来报文超出单个信封的上限"}
	case err != nil:
		return nil, fmt.Errorf("messages of request %s: %w", r.ID, err)
	}
	if err := s.audit(ctx, me, "export", "request "+r.ID); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", "application/xml; charset=utf-8")
		hc.SetHeader("Cache-Control", "no-store")
		hc.SetHeader("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": practised(me.actor.Realm, r.Number+".xml")}))
		_, _ = hc.BodyWriter().Write(body) // the reader may have left
	}}, nil
}

// house is what the messages say of this one.
func (s *Server) house(ctx context.Context, actor dispatch.Actor) (exchange.House, error) {
	names, err := s.agencyNames(ctx, actor)
	if err != nil {
		return exchange.House{}, err
	}
	name, err := s.cfg.Store.Sender(ctx)
	return exchange.House{Name: name, Zone: s.zone(), Agency: names}, err
}

// mostThread is how many changes of an incident a thread is read from.
const mostThread = 50_000

// thread is all that was said of the request. It is read as the house itself sees
// it, so that a message has the same ID for all; what each reader may not see is
// left out afterwards.
func (s *Server) thread(ctx context.Context, realm dispatch.Realm, house exchange.House, r *dispatch.Request) (*exchange.Told, error) {
	all := dispatch.System(realm).Audience()
	var seen []dispatch.Seen
	for after := int64(0); ; {
		changes, err := s.cfg.Store.IncidentChanges(ctx, realm, r.Incident, after, readAtOnce)
		if err != nil {
			return nil, err
		}
		for _, c := range changes {
			after = c.Seq
			if one, ok := c.See(all.At(s.cfg.Now())); ok {
				seen = append(seen, one)
			}
		}
		if len(changes) < readAtOnce {
			return exchange.Thread(house, r.ID, seen)
		}
		if len(seen) > mostThread {
			return nil, &dispatch.Error{Code: dispatch.TooLarge, Field: "id", Value: r.ID, Message: "the record of the incident is too long for its messages", MessageZH: "事件记录过长，无法生成报文"}
		}
	}
}

// seenOf are the messages about what the actor sees.
func (s *Server) seenOf(ctx context.Context, actor dispatch.Actor, told *exchange.Told) ([]edxl.Letter, error) {
	if told.Request == nil {
		return nil, nil
	}
	sees := map[dispatch.Ref]bool{dispatch.RefOf(told.Request): true}
	for _, k := range []dispatch.Kind{dispatch.KindOffer, dispatch.KindLoan, dispatch.KindLetter} {
		for after := ""; ; {
			recs, err := s.cfg.Service.Find(ctx, actor, dispatch.Query{Kind: k, Text: told.Request.ID, Archived: true, Limit: 1000, After: after})
			if err != nil {
				return nil, err
			}
			for _, rec := range recs {
				sees[dispatch.RefOf(rec)], after = true, dispatch.RefOf(rec).ID
			}
			if len(recs) < 1000 {
				break
			}
		}
	}
	var out []edxl.Letter
	for _, m := range told.Said {
		if sees[m.About] {
			out = append(out, m.Letter)
		}
	}
	return out, nil
}

// zone is the city's local time.
func (s *Server) zone() *time.Location {
	if z, err := time.LoadLocation(s.cfg.Settings.Zone); err == nil {
		return z
	}
	return time.UTC
}

// envelope puts the messages into one. What is practised says so in its first
// lines, for whoever takes it.
func envelope(a dispatch.Actor, house string, now time.Time, r *dispatch.Request, letters []edxl.Letter) *edxl.Distribution {
	d := &edxl.Distribution{ID: fmt.Sprintf("%s.%s.%d", house, r.ID, now.UnixMilli()), Sender: a.Agency + "@" + house, Sent: now.Truncate(time.Second),
		Status: edxl.Exercise, Type: edxl.TypeReport, Confidentiality: "UNCLASSIFIED AND NOT SENSITIVE", Language: "zh-CN"}
	if a.Realm == dispatch.Live {
		d.Status = edxl.Actual
	}
	for _, l := range letters {
		d.Contents = append(d.Contents, edxl.Content{Description: l.Kind.NameZH(), IncidentID: r.Incident, XML: &edxl.XMLContent{Payloads: []edxl.Embedded{{Message: l.Message}}}})
	}
	return d
}
