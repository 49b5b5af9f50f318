package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
	"liandong/geo"
)

// Filter is the part of a read's parameters that the list and the export share.
type Filter struct {
	IDs      string    `query:"id" maxLength:"6500" doc:"only these, separated by commas; at most 100"`
	Incident string    `query:"incident" maxLength:"64" doc:"of this incident"`
	Team     string    `query:"team" maxLength:"64" doc:"of this team"`
	Agency   string    `query:"agency" maxLength:"64" doc:"owned by this agency"`
	State    string    `query:"state" maxLength:"400" doc:"states, separated by commas"`
	Text     string    `query:"text" maxLength:"100" doc:"name, number, call sign or pinyin initials"`
	Near     string    `query:"near" maxLength:"100" doc:"lon,lat,metres: within that distance, nearest first"`
	Inside   string    `query:"inside" pattern:"^[0-9]{2,12}$" patternDescription:"2 to 12 digits" doc:"in the division with this code or prefix"`
	Bound    string    `query:"bound" maxLength:"120" doc:"west,south,east,north"`
	Since    time.Time `query:"since" doc:"updated at or after"`
	Archived bool      `query:"archived" doc:"also what has left the board"`
}

type listInput struct {
	Kind string `path:"kind" enum:"drill,part,objective,inject,sim,agency,area,person,depot,hazard,report,incident,fence,request,offer,loan,requisition,letter,rate,claim,agreement,activation,team,task,equipment,stock,device,note,stay,alarm,link,parcel,observation,improvement" doc:"the noun"`
	Filter
	After string `query:"after" maxLength:"200" doc:"next of the page before"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

// Page is one page of a list.
type Page struct {
	Records []dispatch.Record `json:"records"`
	Next    string            `json:"next" doc:"give it as after for the next page; empty at the end"`
}

type pageOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         Page
}

type recordInput struct {
	Kind string `path:"kind" enum:"drill,part,objective,inject,sim,agency,area,person,depot,hazard,report,incident,fence,request,offer,loan,requisition,letter,rate,claim,agreement,activation,team,task,equipment,stock,device,note,stay,alarm,link,parcel,observation,improvement"`
	ID   string `path:"id" maxLength:"64"`
}

type recordOutput struct {
	ETag         string `header:"ETag" doc:"the version, quoted; give it as If-Match"`
	CacheControl string `header:"Cache-Control"`
	Body         dispatch.Record
}

type accessOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         dispatch.Access
}

func (s *Server) recordRoutes() {
	read(s, huma.Operation{OperationID: "list", Method: http.MethodGet, Path: "/api/v1/records/{kind}", Summary: "records of one kind", Tags: []string{"reads"}},
		func(ctx context.Context, me *signedIn, in *listInput) (*pageOutput, error) {
			q, err := in.query(in.Kind)
			if err != nil {
				return nil, err
			}
			q.After, q.Limit = in.After, in.Limit
			page, err := s.page(ctx, me.actor, q)
			return &pageOutput{CacheControl: "no-store", Body: page}, err
		})
	read(s, huma.Operation{OperationID: "record", Method: http.MethodGet, Path: "/api/v1/records/{kind}/{id}", Summary: "one record", Tags: []string{"reads"}},
		func(ctx context.Context, me *signedIn, in *recordInput) (*recordOutput, error) {
			r, err := s.cfg.Service.Get(ctx, me.actor, dispatch.Ref{Kind: dispatch.Kind(in.Kind), ID: in.ID})
			if err != nil {
				return nil, err
			}
			return &recordOutput{ETag: fmt.Sprintf(`"%d"`, dispatch.HeadOf(r).Version), CacheControl: "no-store", Body: r}, nil
		})
	read(s, huma.Operation{OperationID: "candidates", Method: http.MethodGet, Path: "/api/v1/incidents/{id}/candidates", Summary: "who could go, with reasons", Tags: []string{"reads"}},
		func(ctx context.Context, me *signedIn, in *struct {
			ID string `path:"id" maxLength:"64"`
		}) (*struct{ Body dispatch.Ranking }, error) {
			ranking, err := s.cfg.Service.Candidates(ctx, me.actor, in.ID, s.fixes(me.actor.Realm))
			return &struct{ Body dispatch.Ranking }{ranking}, err
		})
	read(s, huma.Operation{OperationID: "access", Method: http.MethodGet, Path: "/api/v1/incidents/{id}/access", Tags: []string{"reads"},
		Summary: "who sees an incident, how much of it, and why; for those who own or coordinate it"},
		func(ctx context.Context, me *signedIn, in *struct {
			ID string `path:"id" maxLength:"64"`
		}) (*accessOutput, error) {
			access, err := s.cfg.Service.Access(ctx, me.actor, in.ID)
			return &accessOutput{"no-store", access}, err
		})
}

// page reads one page; a full one may have another behind it.
func (s *Server) page(ctx context.Context, actor dispatch.Actor, q dispatch.Query) (Page, error) {
	records, err := s.cfg.Service.Find(ctx, actor, q)
	if err != nil {
		return Page{}, err
	}
	page := Page{Records: append([]dispatch.Record{}, records...)}
	// A list that is ordered by distance is one page: ids say nothing about what comes next.
	if len(records) == q.Limit && q.Near == nil {
		page.Next = dispatch.RefOf(records[len(records)-1]).ID
	}
	return page, nil
}

// query turns the parameters into the domain's question.
func (f *Filter) query(kind string) (dispatch.Query, error) {
	q := dispatch.Query{Kind: dispatch.Kind(kind), IDs: list(f.IDs), Incident: f.Incident, Team: f.Team, Agency: f.Agency,
		States: list(f.State), Text: strings.TrimSpace(f.Text), Inside: f.Inside, Since: f.Since, Archived: f.Archived}
	if len(q.IDs) > 100 {
		return q, invalid("id", len(q.IDs), "一次最多查询 100 个编号", "at most 100 ids at once", "1 to 100 ids")
	}
	if f.Bound != "" {
		b, err := geo.ParseBound(f.Bound)
		if err != nil {
			return q, invalid("bound", f.Bound, "范围应为 西,南,东,北（WGS-84 经纬度）", "a bound is west,south,east,north in WGS-84 degrees: "+err.Error(), "113.0,33.7,114.3,34.6")
		}
		q.Bound = &b
	}
	if f.Near != "" {
		near, err := parseNear(f.Near)
		if err != nil {
			return q, err
		}
		q.Near = near
	}
	return q, nil
}

// maxNear is how far around a place a read may look, in metres.
const maxNear = 500_000

func parseNear(text string) (*dispatch.Near, error) {
	wrong := func(en string) error {
		return invalid("near", text, "应为 经度,纬度,米（WGS-84，经度在前）", "near is lon,lat,metres in WGS-84, longitude first: "+en, "113.85,34.03,5000")
	}
	parts := strings.Split(text, ",")
	if len(parts) != 3 {
		return nil, wrong("it has three numbers")
	}
	var n [3]float64
	for i, part := range parts {
		v, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil {
			return nil, wrong(fmt.Sprintf("%q is no number", part))
		}
		n[i] = v
	}
	point := geo.At(n[0], n[1])
	if err := point.Check(); err != nil {
		return nil, wrong(err.Error())
	}
	if !(n[2] > 0 && n[2] <= maxNear) {
		return nil, wrong(fmt.Sprintf("the distance is more than 0 and at most %d m", maxNear))
	}
	return &dispatch.Near{Point: point, Meters: n[2]}, nil
}

func list(text string) []string {
	var out []string
	for _, part := range strings.Split(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}
