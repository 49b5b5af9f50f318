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
	r := rec.(*dispatch.Request)
	page, err := s.journalPage(ctx, me.actor, &journalInput{Incident: r.Incident, Limit: mostRead})
	if err != nil {
		return nil, err
	}
	names, err := s.agencyNames(ctx, me.actor)
	if err != nil {
		return nil, err
	}
	epoch, err := s.cfg.Store.Epoch(ctx)
	if err != nil {
		return nil, err
	}
	house := exchange.House{Name: epoch, Zone: s.zone(), Agency: names}
	letters := exchange.Thread(house, r.ID, page.Changes)
	if len(letters) == 0 {
		return nil, invalid("id", in.ID, "请求尚未公布，没有可导出的报文", "nobody else has seen the request yet: there are no messages", "a request that was approved")
	}
	body, err := envelope(me.actor, epoch, s.cfg.Now().In(house.Zone), r, letters).Encode()
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
		hc.SetHeader("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": r.Number + ".xml"}))
		_, _ = hc.BodyWriter().Write(body) // the reader may have left
	}}, nil
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
func envelope(a dispatch.Actor, epoch string, now time.Time, r *dispatch.Request, letters []edxl.Letter) *edxl.Distribution {
	d := &edxl.Distribution{ID: fmt.Sprintf("%s.%s.%d", epoch, r.ID, now.UnixMilli()), Sender: a.Agency + "@" + epoch, Sent: now.Truncate(time.Second),
		Status: edxl.Exercise, Type: edxl.TypeReport, Confidentiality: "UNCLASSIFIED AND NOT SENSITIVE", Language: "zh-CN"}
	if a.Realm == dispatch.Live {
		d.Status = edxl.Actual
	}
	for _, l := range letters {
		d.Contents = append(d.Contents, edxl.Content{Description: l.Kind.NameZH(), IncidentID: r.Incident, XML: &edxl.XMLContent{Payloads: []edxl.Embedded{{Message: l.Message}}}})
	}
	return d
}
