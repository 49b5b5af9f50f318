package imports

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
	"liandong/geo"
	"liandong/web"
)

// Progress is a line of the answer while the file is read.
type Progress struct {
	Rows int `json:"rows"`
	Of   int `json:"of"`
}

// Routes hangs the import on the API.
//
//	POST /api/v1/imports/{kind}?crs=gcj02&dry_run=1&repair=1   file as the body or as the field file of a form
//	GET  /api/v1/imports/{kind}/template.csv
//
// The answer is NDJSON: {"rows","of"} lines and then one {"report"} line. Header
// Idempotency-Key as with commands: the same key again imports nothing twice.
func Routes(svc Service) func(web.Door) {
	// A file of 20,000 rows takes a hundred megabytes while it is read: one at a time.
	busy := make(chan struct{}, 1)
	return func(d web.Door) {
		d.Handle(&huma.Operation{OperationID: "import", Method: http.MethodPost, Path: "/api/v1/imports/{kind}", Tags: []string{"imports"},
			Summary: "import a list (CSV, XLSX) or areas (GeoJSON); crs names its coordinate system, dry_run=1 only reports, repair=1 mends outlines",
			Parameters: []*huma.Param{
				text("path", "kind", "area, agency, depot, team, equipment, stock or hazard", true),
				text("query", "crs", "wgs84, cgcs2000, gcj02 or bd09; needed where the file has coordinates", false),
				text("query", "dry_run", "1: the report only", false),
				text("query", "repair", "1: outlines that cross themselves are repaired", false),
				text("header", "Idempotency-Key", "8 to 64 characters", true),
				text("header", "X-CSRF", "the session's csrf", true),
			}}, func(w http.ResponseWriter, r *http.Request, actor dispatch.Actor) error {
			select {
			case busy <- struct{}{}:
				defer func() { <-busy }()
			default:
				return &dispatch.Error{Code: dispatch.Throttled, Message: "another file is being imported; try again in a moment", MessageZH: "正在导入其他文件，请稍后再试"}
			}
			return answer(w, r, actor, svc)
		})
		d.Handle(&huma.Operation{OperationID: "import-template", Method: http.MethodGet, Path: "/api/v1/imports/{kind}/template.csv", Tags: []string{"imports"},
			Summary: "an empty list with its header and an example row", Parameters: []*huma.Param{text("path", "kind", "as for the import", true)}},
			func(w http.ResponseWriter, r *http.Request, _ dispatch.Actor) error {
				k := dispatch.Kind(r.PathValue("kind"))
				data, err := Template(k)
				if err != nil {
					return err
				}
				w.Header().Set("Content-Type", "text/csv; charset=utf-8")
				w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s-template.csv"`, k))
				_, err = w.Write(data)
				return err
			})
		scriptRoutes(d, svc)
	}
}

// scriptRoutes hang the script of the drill that the session is in on the API.
//
//	GET  /api/v1/drills/msel.xlsx?lang=zh
//	POST /api/v1/drills/msel?dry_run=1     the same sheet back, as the body or as the field file of a form
func scriptRoutes(d web.Door, svc Service) {
	d.Handle(&huma.Operation{OperationID: "drill-script", Method: http.MethodGet, Path: "/api/v1/drills/msel.xlsx", Tags: []string{"drills"},
		Summary: "the script (MSEL) of the drill that you are in, as a workbook", Parameters: []*huma.Param{text("query", "lang", "zh or en: the language of the headings and words", false)}},
		func(w http.ResponseWriter, r *http.Request, actor dispatch.Actor) error {
			lang, err := langOf(r)
			if err != nil {
				return err
			}
			if !dispatch.RunsDrill(actor) {
				return &dispatch.Error{Code: dispatch.Forbidden, Message: "the script is for those who run the drill", MessageZH: "仅导调人员可查看演练脚本"}
			}
			data, err := Script(r.Context(), svc, actor, lang)
			if err != nil {
				return err
			}
			w.Header().Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
			w.Header().Set("Content-Disposition", `attachment; filename="drill-msel.xlsx"`)
			w.Header().Set("Cache-Control", "no-store")
			_, err = w.Write(data)
			return err
		})
	d.Handle(&huma.Operation{OperationID: "import-drill-script", Method: http.MethodPost, Path: "/api/v1/drills/msel", Tags: []string{"drills"},
		Summary: "take the script (MSEL) back from a sheet: all or nothing; dry_run=1 only reports",
		Parameters: []*huma.Param{text("query", "dry_run", "1: the report only", false), text("header", "Idempotency-Key", "8 to 64 characters", true),
			text("header", "X-CSRF", "the session's csrf", true)}},
		func(w http.ResponseWriter, r *http.Request, actor dispatch.Actor) error {
			req, err := request(w, r)
			if err != nil {
				return err
			}
			rep, err := RunScript(r.Context(), svc, actor, req)
			if err != nil {
				return err
			}
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Cache-Control", "no-store")
			return json.NewEncoder(w).Encode(rep)
		})
}

func langOf(r *http.Request) (string, error) {
	switch lang := r.URL.Query().Get("lang"); lang {
	case "", "zh":
		return "zh", nil
	case "en":
		return "en", nil
	default:
		return "", &dispatch.Error{Code: dispatch.Invalid, Field: "lang", Value: lang, Message: "is zh or en", MessageZH: "应为 zh 或 en", Legal: []string{"zh", "en"}}
	}
}

func text(in, name, doc string, required bool) *huma.Param {
	return &huma.Param{Name: name, In: in, Description: doc, Required: required, Schema: &huma.Schema{Type: "string"}}
}

func answer(w http.ResponseWriter, r *http.Request, actor dispatch.Actor, svc Service) error {
	if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(5 * time.Minute)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	req, err := request(w, r)
	if err != nil {
		return err
	}
	out := lines{w: w, enc: json.NewEncoder(w)}
	rep, err := Run(r.Context(), svc, actor, req, func(n, of int) { out.write(Progress{n, of}) })
	if err != nil {
		return err
	}
	out.write(map[string]Report{"report": rep})
	return out.err
}

// lines writes one JSON object a line and sends each at once. A console that has
// gone away is noted, not an end: the import is decided by the file alone.
type lines struct {
	w   http.ResponseWriter
	enc *json.Encoder
	err error
}

func (l *lines) write(v any) {
	if l.err != nil {
		return
	}
	l.w.Header().Set("Content-Type", "application/x-ndjson")
	if l.err = l.enc.Encode(v); l.err == nil {
		if err := http.NewResponseController(l.w).Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
			l.err = err
		}
	}
}

func request(w http.ResponseWriter, r *http.Request) (Request, error) {
	q := r.URL.Query()
	req := Request{Kind: dispatch.Kind(r.PathValue("kind")), Dry: q.Get("dry_run") == "1", Repair: q.Get("repair") == "1", Key: r.Header.Get("Idempotency-Key")}
	for name := range q {
		if !slices.Contains([]string{"crs", "dry_run", "repair"}, name) {
			return req, &dispatch.Error{Code: dispatch.Invalid, Field: name, Message: "unknown parameter", MessageZH: "未知的参数", Legal: []string{"crs", "dry_run", "repair"}}
		}
	}
	if len(req.Key) < 8 || len(req.Key) > 64 {
		return req, &dispatch.Error{Code: dispatch.Invalid, Field: "Idempotency-Key", Value: req.Key, Message: "the idempotency key has 8 to 64 characters", MessageZH: "幂等键应为 8 至 64 个字符"}
	}
	if crs := q.Get("crs"); crs != "" {
		system, err := geo.ParseSystem(crs)
		if err != nil {
			return req, &dispatch.Error{Code: dispatch.Invalid, Field: "crs", Value: crs, Message: err.Error(), MessageZH: "未知的坐标系", Legal: []string{"wgs84", "cgcs2000", "gcj02", "bd09"}}
		}
		req.System = system
	}
	var err error
	req.Data, err = body(w, r)
	return req, err
}

func body(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	in := io.Reader(http.MaxBytesReader(w, r.Body, MaxBytes+64<<10))
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && kind == "multipart/form-data" {
		r.Body = io.NopCloser(in)
		form, err := r.MultipartReader()
		if err != nil {
			return nil, refuse("表单无法读取", "the form cannot be read")
		}
		for {
			part, err := form.NextPart()
			if errors.Is(err, io.EOF) {
				return nil, refuse("表单中没有 file 字段", "the form has no field file")
			}
			if err != nil {
				return nil, readFault(err)
			}
			if part.FormName() == "file" {
				in = part
				break
			}
		}
	}
	data, err := io.ReadAll(io.LimitReader(in, MaxBytes+1))
	if err != nil {
		return nil, readFault(err)
	}
	if len(data) > MaxBytes {
		return nil, tooLarge(fmt.Sprintf("文件最大 %d MB", MaxBytes>>20), fmt.Sprintf("a file has at most %d MB", MaxBytes>>20))
	}
	return data, nil
}

func readFault(err error) error {
	var limit *http.MaxBytesError
	if errors.As(err, &limit) {
		return tooLarge(fmt.Sprintf("文件最大 %d MB", MaxBytes>>20), fmt.Sprintf("a file has at most %d MB", MaxBytes>>20))
	}
	return refuse("文件未能完整接收", "the file did not arrive whole")
}
