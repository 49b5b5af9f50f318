package web

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
)

type exportInput struct {
	Filter
	File string `path:"file" pattern:"^[a-z]+\\.csv$" patternDescription:"the noun and .csv" doc:"the noun and .csv: team.csv"`
}

func (s *Server) exportRoutes() {
	op := huma.Operation{OperationID: "export", Method: http.MethodGet, Path: "/api/v1/export/{file}", Tags: []string{"reads"},
		Summary:   "the same records as a list shows, as CSV for a spreadsheet (UTF-8 with byte order mark)",
		Responses: map[string]*huma.Response{"200": {Description: "CSV", Content: asBytes("text/csv")}}}
	read(s, op, func(ctx context.Context, me *signedIn, in *exportInput) (*huma.StreamResponse, error) {
		kind, ok := strings.CutSuffix(in.File, ".csv")
		rec, known := dispatch.New(dispatch.Kind(kind))
		if !ok || !known {
			var legal []string
			for _, k := range dispatch.Kinds {
				legal = append(legal, string(k)+".csv")
			}
			return nil, invalid("file", in.File, "没有这一类数据", "there is no such kind", legal...)
		}
		q, err := in.query(kind)
		if err != nil {
			return nil, err
		}
		q.Limit = 1000
		first, err := s.cfg.Service.Find(ctx, me.actor, q)
		if err != nil {
			return nil, err
		}
		if err := s.audit(ctx, me, "export", kind); err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			hc.SetHeader("Content-Type", "text/csv; charset=utf-8")
			hc.SetHeader("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": practised(me.actor.Realm, kind+".csv")}))
			hc.SetHeader("Cache-Control", "no-store")
			if err := s.export(ctx, hc, me.actor, q, first, reflect.TypeOf(rec).Elem()); err != nil {
				s.cfg.Log.Error().Err(err).Str("kind", kind).Msg("export broke off")
				// The status is out already: a cut connection is the only way left to say that this is not all.
				panic(http.ErrAbortHandler)
			}
		}}, nil
	})
}

// export writes the records page by page.
func (s *Server) export(ctx context.Context, hc huma.Context, actor dispatch.Actor, q dispatch.Query, page []dispatch.Record, t reflect.Type) error {
	out := hc.BodyWriter()
	if _, err := out.Write([]byte("\ufeff")); err != nil { // so that spreadsheets know it is UTF-8
		return nil // the reader has left
	}
	rows := csv.NewWriter(out)
	fields := columns(t)
	if err := rows.Write(heading(fields)); err != nil {
		return nil
	}
	for {
		for _, r := range page {
			row, err := exportRow(r, fields)
			if err != nil {
				return err
			}
			if err := rows.Write(row); err != nil {
				return nil
			}
		}
		rows.Flush()
		if len(page) < q.Limit || q.Near != nil || rows.Error() != nil {
			return nil
		}
		q.After = dispatch.RefOf(page[len(page)-1]).ID
		var err error
		if page, err = s.cfg.Service.Find(ctx, actor, q); err != nil {
			return err
		}
	}
}

// points are the fields that hold a place and become three columns.
var points = []string{"place", "base", "destination"}

// columns are the record's own fields, after those that every record has.
func columns(t reflect.Type) []string {
	head := dispatch.Fields(reflect.TypeFor[dispatch.Head]())
	out := []string{"id", "version", "created", "updated"}
	for _, f := range dispatch.Fields(t) {
		if !slices.Contains(head, f) {
			out = append(out, f)
		}
	}
	return out
}

func heading(fields []string) []string {
	out := []string{"agency", "area"}
	for _, f := range fields {
		if slices.Contains(points, f) {
			out = append(out, f, f+"_lon", f+"_lat")
			continue
		}
		out = append(out, f)
	}
	return out
}

func exportRow(r dispatch.Record, fields []string) ([]string, error) {
	raw, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(raw, &values); err != nil {
		return nil, err
	}
	h := dispatch.HeadOf(r)
	out := []string{cell(h.Scope.Agency), cell(h.Scope.Area)}
	for _, f := range fields {
		if !slices.Contains(points, f) {
			out = append(out, exportCell(values[f]))
			continue
		}
		var place struct {
			Text  string
			Point []json.Number
		}
		if v := values[f]; v != nil {
			if err := json.Unmarshal(v, &place); err != nil {
				return nil, err
			}
		}
		out = append(out, cell(place.Text))
		if len(place.Point) == 2 {
			out = append(out, place.Point[0].String(), place.Point[1].String())
		} else {
			out = append(out, "", "")
		}
	}
	return out, nil
}

// exportCell is a field's value: text bare, words of a list joined, anything deeper as JSON.
func exportCell(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return cell(text)
	}
	var words []string
	if json.Unmarshal(raw, &words) == nil {
		return cell(strings.Join(words, "; "))
	}
	return string(raw)
}

// cell defuses text that a spreadsheet would run as a formula.
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
