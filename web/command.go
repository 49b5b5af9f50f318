package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
	"liandong/realtime"
)

// Done is what an accepted command answers, over HTTP and over the socket.
type Done struct {
	Seq      int64             `json:"seq" doc:"of the change in the journal"`
	At       time.Time         `json:"at"`
	Replayed bool              `json:"replayed" doc:"the key was used before; this is what it did then"`
	Put      []dispatch.Record `json:"put" doc:"the records as you see them now"`
	Drop     []dispatch.Ref    `json:"drop"`
	Secret   string            `json:"secret,omitempty" doc:"a new token or password, shown this once"`
}

// commandRoutes registers every command of the domain under its own name. The body is decoded and
// judged by dispatch itself, so that both doors refuse alike.
func (s *Server) commandRoutes() {
	for _, c := range dispatch.Commands() {
		if len(c.Roles) == 0 {
			continue // the server's own: no door leads to it
		}
		op := &huma.Operation{OperationID: operationID(c.Name), Method: http.MethodPost, Path: "/api/v1/commands/" + c.Name,
			Summary: c.Summary, Description: c.Chinese, Tags: []string{"commands"}, Security: []map[string][]string{{"session": {}}},
			Parameters: []*huma.Param{
				parameter("header", "Idempotency-Key", "8 to 64 characters; the same key again answers the same and does nothing", true),
				parameter("header", "X-CSRF", "the session's csrf", true),
				parameter("header", "If-Match", `the version you saw, quoted; the same as "expect" for the one record that is edited`, false),
			},
			RequestBody: &huma.RequestBody{Required: true, Content: asJSON(s.schema(c.Input))},
		}
		s.document(op, asJSON(s.schema(reflect.TypeFor[Done]())))
		s.mux.HandleFunc("POST "+op.Path, s.signed(s.command(c.Name)))
	}
	s.mux.HandleFunc("POST /api/v1/commands/{name}", s.signed(s.command("")))
}

// command answers one command; with an empty name it takes it from the path, so that an unknown one
// is refused like any other bad input.
func (s *Server) command(name string) func(http.ResponseWriter, *http.Request, *signedIn) error {
	return func(w http.ResponseWriter, r *http.Request, me *signedIn) error {
		name := name
		if name == "" {
			name = r.PathValue("name")
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, dispatch.MaxBody))
		if err != nil {
			return bodyError(err)
		}
		if body, err = withVersion(name, body, r.Header.Get("If-Match")); err != nil {
			return err
		}
		done, err := s.do(r.Context(), me.actor, name, r.Header.Get("Idempotency-Key"), body)
		if err != nil {
			return err
		}
		return writeJSON(w, done)
	}
}

func bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return tooLargeProblem(tooLarge.Limit)
	}
	return invalid("body", nil, "请求内容未能完整读取", "the body could not be read to its end")
}

// do carries out one command for whichever door it came through.
func (s *Server) do(ctx context.Context, actor dispatch.Actor, name, key string, body []byte) (*Done, error) {
	start := time.Now()
	done, err := s.carryOut(ctx, actor, name, key, body)
	code := ""
	if err != nil {
		code = codeOf(err)
	}
	s.meter.did(name, err == nil && done.Replayed, code, time.Since(start))
	return done, err
}

// codeOf is the code that the refusal will show.
func codeOf(err error) string {
	var p *Problem
	switch code := dispatch.CodeOf(err); {
	case errors.As(err, &p):
		return p.Code
	case code != "":
		return string(code)
	}
	return string(codeInternal)
}

func (s *Server) carryOut(ctx context.Context, actor dispatch.Actor, name, key string, body []byte) (*Done, error) {
	if c, ok := dispatch.CommandByName(name); ok && len(c.Roles) == 0 {
		return nil, refusal(dispatch.Forbidden, "此命令仅供系统使用", "only the server itself uses this command")
	}
	res, err := s.cfg.Service.Do(ctx, actor, name, key, body)
	if err != nil {
		return nil, err
	}
	s.rescope(res.Change)
	actor.Realm = res.Change.Realm // a drill that was just opened
	if strings.HasPrefix(name, "device.") {
		s.known.forget()
	}
	done := &Done{Seq: res.Change.Seq, At: res.Change.At, Replayed: res.Replayed, Put: []dispatch.Record{}, Drop: []dispatch.Ref{}, Secret: res.Secret}
	if seen, ok := res.Change.See(s.onlooker(actor)); ok {
		done.Put, done.Drop = append(done.Put, seen.Put...), append(done.Drop, seen.Drop...)
	}
	return done, nil
}

// rescope closes the sockets whose rights a change has touched: they come back with what holds now.
func (s *Server) rescope(c *dispatch.Change) {
	for _, p := range c.Puts {
		switch r := p.Record.(type) {
		case *dispatch.Person:
			code := closeScope
			if r.Locked || c.Kind == "person.password" {
				code = closeAuth
			}
			s.endSignIns(realtime.SignIns{Person: r.ID}, code)
		case *dispatch.Agency:
			s.closeSockets(func(a dispatch.Actor) bool {
				return a.Agency == r.ID && (a.Jurisdiction != r.Jurisdiction || a.Home != r.Scope.Area)
			}, closeScope)
		}
	}
}

// withVersion writes the version of an If-Match header into the body's expect.
func withVersion(name string, body []byte, match string) ([]byte, error) {
	if match == "" {
		return body, nil
	}
	version, err := strconv.ParseInt(strings.Trim(strings.TrimPrefix(match, "W/"), `"`), 10, 64)
	if err != nil || version < 1 {
		return nil, invalid("If-Match", match, "If-Match 应为带引号的版本号", "If-Match is a version in quotes", `"7"`)
	}
	c, ok := dispatch.CommandByName(name)
	if !ok {
		return body, nil // refused where every unknown command is
	}
	noun, _, _ := strings.Cut(name, ".")
	_, guarded := c.Input.FieldByName("Expect")
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(body, &fields); err != nil {
		return body, nil // refused where every broken body is
	}
	var id string
	for _, field := range []string{noun, "id"} {
		if raw, ok := fields[field]; ok && id == "" && json.Unmarshal(raw, &id) != nil {
			return body, nil
		}
	}
	if _, both := fields["expect"]; !guarded || id == "" || both {
		return nil, invalid("If-Match", match, "此命令不支持 If-Match（或已有 expect）", "this command takes no If-Match, or has an expect already")
	}
	if fields["expect"], err = json.Marshal(map[string]int64{noun + "/" + id: version}); err != nil {
		return nil, err
	}
	return json.Marshal(fields)
}

// writeJSON answers with v; records are never kept by a cache.
func writeJSON(w http.ResponseWriter, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	if w.Header().Get("Cache-Control") == "" {
		w.Header().Set("Cache-Control", "no-store")
	}
	_, _ = w.Write(raw) // the reader may have left
	return nil
}
