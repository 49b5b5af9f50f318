package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"path"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"liandong/dispatch"
)

// newAPI returns the documented part of the door. Documentation pages of other hosts are off; the
// document itself is served at /api/v1/openapi.json.
func newAPI(mux *http.ServeMux) huma.API {
	cfg := huma.DefaultConfig("Liandong", "1")
	cfg.Info.Description = "Emergency rescue command and resource coordination. Times are RFC 3339 in UTC, points [lon, lat] in WGS-84. " +
		"Every refusal is an RFC 9457 problem document. The socket at /api/v1/socket speaks the same records; its frames are the schemas Frame…."
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", ""
	cfg.CreateHooks = nil
	cfg.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: cookieName, Description: "and, on everything that is no GET, the header X-CSRF"},
	}
	cfg.Components.Schemas.RegisterTypeAlias(reflect.TypeFor[dispatch.Record](), reflect.TypeFor[Record]())
	cfg.Components.Schemas.Map()["Record"] = union(cfg.Components.Schemas)
	return humago.New(mux, cfg)
}

// schemaName is the type's own name; those of rooms beside the domain carry the room's, so that no two
// are called the same.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch room := path.Base(t.PkgPath()); room {
	case "vocabulary", "realtime", "link":
		return strings.ToUpper(room[:1]) + room[1:] + name
	}
	return name
}

// Record documents any of the nouns; on the wire it is the record itself.
type Record struct{}

const recordRef = "#/components/schemas/Record"

// Schema points to the union, which newAPI puts among the components.
func (Record) Schema(huma.Registry) *huma.Schema { return &huma.Schema{Ref: recordRef} }

// union is one of the nouns, told apart by kind.
func union(r huma.Registry) *huma.Schema {
	one := &huma.Schema{Discriminator: &huma.Discriminator{PropertyName: "kind", Mapping: map[string]string{}}}
	for _, k := range dispatch.Kinds {
		rec, _ := dispatch.New(k)
		ref := r.Schema(reflect.TypeOf(rec).Elem(), true, "")
		one.OneOf = append(one.OneOf, &huma.Schema{Ref: ref.Ref})
		one.Discriminator.Mapping[string(k)] = ref.Ref
		r.SchemaFromRef(ref.Ref).Properties["kind"].Enum = []any{string(k)}
	}
	return one
}

// document adds a plain route to the document. What it answers is described by type, or by schema
// where it is no JSON.
func (s *Server) document(op *huma.Operation, answer map[string]*huma.MediaType) {
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	status := "200"
	if op.DefaultStatus == http.StatusNoContent {
		status = "204"
	}
	op.Responses[status] = &huma.Response{Description: op.Summary, Content: answer}
	op.Responses["default"] = &huma.Response{Description: "refused", Content: map[string]*huma.MediaType{
		"application/problem+json": {Schema: s.schema(reflect.TypeFor[Problem]())}}}
	s.api.OpenAPI().AddOperation(op)
}

func (s *Server) schema(t reflect.Type) *huma.Schema {
	return s.api.OpenAPI().Components.Schemas.Schema(t, true, "")
}

func (s *Server) schemaOf(v any) *huma.Schema { return s.schema(reflect.TypeOf(v)) }

func asJSON(schema *huma.Schema) map[string]*huma.MediaType {
	return map[string]*huma.MediaType{"application/json": {Schema: schema}}
}

func asBytes(kinds ...string) map[string]*huma.MediaType {
	m := map[string]*huma.MediaType{}
	for _, kind := range kinds {
		m[kind] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	return m
}

func parameter(in, name, doc string, required bool) *huma.Param {
	return &huma.Param{Name: name, In: in, Description: doc, Required: required || in == "path", Schema: &huma.Schema{Type: huma.TypeString}}
}

// Document returns the OpenAPI document, indented. It is the same for the same program.
func (s *Server) Document() ([]byte, error) {
	raw, err := json.Marshal(s.api.OpenAPI())
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", "  "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

func (s *Server) openapi(w http.ResponseWriter, r *http.Request) {
	doc, err := s.Document()
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/openapi+json")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(doc) // the reader may have left
}

// components adds what no route mentions by itself: the frames of the socket.
func (s *Server) components() {
	s.schema(reflect.TypeFor[dispatch.Seen]())
	for _, frame := range frames {
		s.schema(frame)
	}
}

// operationID makes "task.assign" into a name that code generators like.
func operationID(name string) string { return strings.ReplaceAll(name, ".", "-") }
