package web

import (
	"bytes"
	"context"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
)

type claimInput struct {
	ID   string `path:"id" maxLength:"64"`
	Lang string `query:"lang" enum:"zh,en" default:"zh"`
}

type claimTotalsInput struct {
	From     time.Time `query:"from" doc:"collected at or after"`
	To       time.Time `query:"to" doc:"collected before"`
	Incident string    `query:"incident" maxLength:"64"`
	Agency   string    `query:"agency" maxLength:"64" doc:"the claimant"`
}

const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// claimRoutes are the reads about compensation.
func (s *Server) claimRoutes() {
	read(s, huma.Operation{OperationID: "claim-totals", Method: http.MethodGet, Path: "/api/v1/claims/totals", Tags: []string{"reads"},
		Summary: "sums of the claims that you may see, by incident, agency, month and state"}, s.claimTotals)
	read(s, huma.Operation{OperationID: "claim-journal", Method: http.MethodGet, Path: "/api/v1/claims/{id}/journal", Tags: []string{"reads"},
		Summary: "the changes that a claim rests on, as you may see them"},
		func(ctx context.Context, me *signedIn, in *struct {
			ID string `path:"id" maxLength:"64"`
		}) (*struct{ Body JournalPage }, error) {
			c, err := s.claim(ctx, me.actor, in.ID)
			if err != nil {
				return nil, err
			}
			changes, err := s.claimChanges(ctx, me.actor, c)
			return &struct{ Body JournalPage }{JournalPage{Changes: changes}}, err
		})
	file := func(name, kind, summary string, write func(*statement) ([]byte, error), attached bool) {
		op := huma.Operation{OperationID: "claim-" + name, Method: http.MethodGet, Path: "/api/v1/claims/{id}/statement." + name, Tags: []string{"reads"},
			Summary: summary, Responses: map[string]*huma.Response{"200": {Description: "the statement", Content: asBytes(kind)}}}
		read(s, op, func(ctx context.Context, me *signedIn, in *claimInput) (*huma.StreamResponse, error) {
			st, err := s.statement(ctx, me.actor, in)
			if err != nil {
				return nil, err
			}
			body, err := write(st)
			if err != nil {
				return nil, fmt.Errorf("statement of claim %s: %w", in.ID, err)
			}
			if err := s.audit(ctx, me, "export", "claim "+in.ID); err != nil {
				return nil, err
			}
			return &huma.StreamResponse{Body: func(hc huma.Context) {
				hc.SetHeader("Content-Type", kind)
				hc.SetHeader("Cache-Control", "no-store")
				if attached {
					hc.SetHeader("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": practised(me.actor.Realm, st.Claim.Number+"."+name)}))
				}
				_, _ = hc.BodyWriter().Write(body) // the reader may have left
			}}, nil
		})
	}
	file("xlsx", xlsxType, "the claim as a spreadsheet", (*statement).xlsx, true)
	file("html", "text/html; charset=utf-8", "the claim as a page to print", func(st *statement) ([]byte, error) {
		var b bytes.Buffer
		err := statementPage.Execute(&b, st)
		return b.Bytes(), err
	}, false)
}

func (s *Server) claimTotals(ctx context.Context, me *signedIn, in *claimTotalsInput) (*struct{ Body dispatch.ClaimTotals }, error) {
	if !in.From.IsZero() && !in.To.IsZero() && !in.To.After(in.From) {
		return nil, invalid("to", in.To, "结束时间应晚于开始时间", "to must be after from", "a time after "+in.From.Format(time.RFC3339))
	}
	totals, err := s.cfg.Store.ClaimTotals(ctx, dispatch.ClaimQuery{Audience: s.onlooker(me.actor), From: in.From, To: in.To,
		Incident: in.Incident, Agency: in.Agency, Zone: s.zone().String()})
	return &struct{ Body dispatch.ClaimTotals }{totals}, err
}

func (s *Server) claim(ctx context.Context, a dispatch.Actor, id string) (*dispatch.Claim, error) {
	rec, err := s.cfg.Service.Get(ctx, a, dispatch.Ref{Kind: dispatch.KindClaim, ID: id})
	if err != nil {
		return nil, err
	}
	return rec.(*dispatch.Claim), nil
}

// claimChanges are the changes that the lines rest on, in order. They are few, and
// each is read by its number.
func (s *Server) claimChanges(ctx context.Context, a dispatch.Actor, c *dispatch.Claim) ([]dispatch.Seen, error) {
	var seqs []int64
	for _, l := range c.Lines {
		if dispatch.HeadOf(c).Origin != nil {
			break // they are of its home's journal
		}
		seqs = append(seqs, l.Seqs...)
	}
	slices.Sort(seqs)
	out, by := []dispatch.Seen{}, s.onlooker(a)
	for _, seq := range slices.Compact(seqs) {
		found, err := s.cfg.Store.Changes(ctx, a.Realm, seq-1, 1)
		if dispatch.CodeOf(err) == dispatch.NotFound {
			continue // its content is no longer kept
		}
		if err != nil {
			return nil, err
		}
		for _, change := range found {
			if seen, ok := change.See(by); ok && change.Seq == seq {
				out = append(out, seen)
			}
		}
	}
	return out, nil
}
