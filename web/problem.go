package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/rs/zerolog"

	"liandong/dispatch"
)

// Problem is a refusal on the wire: an RFC 9457 problem document (application/problem+json). The
// socket sends the same object.
type Problem struct {
	Type     string          `json:"type" doc:"urn:liandong:problem:<code>"`
	Title    string          `json:"title" doc:"the HTTP status in words"`
	Status   int             `json:"status"`
	Code     string          `json:"code" enum:"invalid,not_found,forbidden,illegal_move,stale,conflict,blocked,key_reused,unavailable,too_large,throttled,auth,csrf,internal"`
	Detail   string          `json:"detail" doc:"one sentence: what is in the way"`
	DetailZH string          `json:"detail_zh"`
	Field    string          `json:"field,omitempty" doc:"the input at fault, as a path: place.point"`
	Value    any             `json:"value,omitempty" doc:"what was given"`
	Legal    []string        `json:"legal,omitempty" doc:"what would be legal now"`
	Blockers []dispatch.Ref  `json:"blockers,omitempty" doc:"what must end first"`
	Current  dispatch.Record `json:"current,omitempty" doc:"the record as it is now, as you may see it"`
	ID       string          `json:"id,omitempty" doc:"names an internal error in the server's log"`

	// RetryAfter is sent as a header, in seconds.
	RetryAfter int `json:"-"`
}

// Codes that the door adds to those of package dispatch.
const (
	codeAuth     dispatch.Code = "auth"     // nobody is signed in
	codeCSRF     dispatch.Code = "csrf"     // the request does not prove that it comes from our page
	codeInternal dispatch.Code = "internal" // a bug or a broken machine; the id finds it in the log
)

// statuses is the one table from a refusal's code to the HTTP status.
var statuses = map[dispatch.Code]int{
	dispatch.Invalid:     http.StatusUnprocessableEntity,
	dispatch.NotFound:    http.StatusNotFound,
	dispatch.Forbidden:   http.StatusForbidden,
	dispatch.IllegalMove: http.StatusConflict,
	dispatch.Stale:       http.StatusPreconditionFailed,
	dispatch.Conflict:    http.StatusConflict,
	dispatch.Blocked:     http.StatusConflict,
	dispatch.Reused:      http.StatusUnprocessableEntity,
	dispatch.Unavailable: http.StatusServiceUnavailable,
	dispatch.TooLarge:    http.StatusRequestEntityTooLarge,
	dispatch.Throttled:   http.StatusTooManyRequests,
	codeAuth:             http.StatusUnauthorized,
	codeCSRF:             http.StatusForbidden,
	codeInternal:         http.StatusInternalServerError,
}

// Error makes a problem an error, so that it can be returned like one.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus is what huma asks of an error.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is what huma asks of an error's body.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders is what huma asks of an error that has some.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{"Cache-Control": {"no-store"}}
	if p.RetryAfter > 0 {
		h.Set("Retry-After", fmt.Sprint(p.RetryAfter))
	}
	return h
}

func problem(e *dispatch.Error) *Problem {
	status := statuses[e.Code]
	// A body that is no JSON at all is a fault of the request, not of its content.
	if e.Code == dispatch.Invalid && e.Field == "body" {
		status = http.StatusBadRequest
	}
	p := &Problem{Type: "urn:liandong:problem:" + string(e.Code), Title: http.StatusText(status), Status: status,
		Code: string(e.Code), Detail: e.Message, DetailZH: e.MessageZH, Field: e.Field, Value: e.Value,
		Legal: e.Legal, Blockers: e.Blockers, Current: e.Current}
	if e.Code == dispatch.Unavailable {
		p.RetryAfter = 2
	}
	return p
}

func refusal(code dispatch.Code, zh, en string) *Problem {
	return problem(&dispatch.Error{Code: code, Message: en, MessageZH: zh})
}

func invalid(field string, value any, zh, en string, legal ...string) *Problem {
	return problem(&dispatch.Error{Code: dispatch.Invalid, Field: field, Value: value, Message: en, MessageZH: zh, Legal: legal})
}

// problemOf turns any error into what is shown. What is no refusal is a bug or a broken machine: it
// is logged whole, and its id is all that leaves the server.
func (s *Server) problemOf(ctx context.Context, err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	var e *dispatch.Error
	if errors.As(err, &e) {
		return problem(e)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return refusal(dispatch.Unavailable, "请求超时或已取消，请重试", "the request was cancelled or took too long; try again")
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return tooLargeProblem(tooLarge.Limit)
	}
	p = refusal(codeInternal, "服务器内部错误", "internal error")
	p.ID = s.newID()
	s.cfg.Log.Error().Err(err).Str("id", p.ID).Msg("internal error")
	p.Detail = "internal error " + p.ID + "; tell the operator this number"
	p.DetailZH = "服务器内部错误，请将编号 " + p.ID + " 告知管理员"
	return p
}

func tooLargeProblem(limit int64) *Problem {
	p := refusal(dispatch.TooLarge, fmt.Sprintf("内容最多 %d 字节", limit), fmt.Sprintf("the body has at most %d bytes", limit))
	p.Field = "body"
	return p
}

// fail writes the refusal.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	writeProblem(w, s.problemOf(r.Context(), err), s.cfg.Log)
}

func writeProblem(w http.ResponseWriter, p *Problem, log zerolog.Logger) {
	h := w.Header()
	h.Del("Content-Length")
	h.Del("ETag")
	h.Set("Content-Type", "application/problem+json")
	for name, values := range p.GetHeaders() {
		h[name] = values
	}
	w.WriteHeader(p.Status)
	if err := json.NewEncoder(w).Encode(p); err != nil {
		log.Debug().Err(err).Msg("a refusal could not be written")
	}
}

// huma checks the parameters of reads; what it refuses becomes the same problem document. The
// variables are the library's only way to say so.
func init() {
	huma.DefaultArrayNullable = false
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return paramProblem(status, msg, errs)
	}
}

func paramProblem(status int, msg string, errs []error) *Problem {
	code := codeInternal
	switch {
	case status == http.StatusNotAcceptable, status == http.StatusUnsupportedMediaType, status == http.StatusBadRequest, status == http.StatusUnprocessableEntity:
		code = dispatch.Invalid
	default:
		for c, s := range statuses {
			if s == status && c != dispatch.Reused && c != dispatch.Blocked && c != dispatch.IllegalMove && c != codeCSRF {
				code = c
			}
		}
	}
	p := refusal(code, "请求有误："+msg, msg)
	if status != 0 && code != codeInternal {
		p.Status, p.Title = status, http.StatusText(status)
	}
	for _, err := range errs {
		var d huma.ErrorDetailer
		if !errors.As(err, &d) {
			continue
		}
		detail := d.ErrorDetail()
		p.Field = strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(detail.Location, "query."), "path."), "body.")
		p.Detail, p.DetailZH = p.Field+": "+detail.Message, p.Field+" 有误："+detail.Message
		if v := reflect.ValueOf(detail.Value); v.IsValid() && v.Kind() != reflect.Pointer && v.Kind() != reflect.Struct {
			p.Value = detail.Value
		}
		break
	}
	return p
}
