package web

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
	"liandong/web/edxl"
	"liandong/web/exchange"
)

// TakenIn is what became of the messages of a foreign system.
type TakenIn struct {
	Messages []LetterTaken `json:"messages"`
}

// LetterTaken is what became of one message.
type LetterTaken struct {
	Message string `json:"message" doc:"MessageID"`
	Type    string `json:"type" doc:"MessageContentType"`
	TypeZH  string `json:"type_zh"`
	// Outcome: applied, kept as a note without any effect, known already (it was
	// taken in before), or ours (it came from this house).
	Outcome string         `json:"outcome" enum:"applied,kept,known,ours"`
	Effect  string         `json:"effect,omitempty" doc:"the command that it amounted to"`
	Put     []dispatch.Ref `json:"put,omitempty" doc:"the records that came of it, as far as you see them"`
	Request string         `json:"request,omitempty" doc:"the request that it belongs to"`
}

// letterRoutes is the door for messages of foreign systems.
func (s *Server) letterRoutes() {
	op := &huma.Operation{OperationID: "edxl", Method: http.MethodPost, Path: "/api/v1/edxl", Tags: []string{"commands"}, Security: []map[string][]string{{"session": {}}},
		Summary: "take in an EDXL-RM 1.0 message, alone or in an EDXL-DE 1.0 envelope, as XML or as the field file of a form: each message takes effect once and whole, or is refused with the element at fault; of an envelope with several, those before the one at fault have been taken in",
		Parameters: []*huma.Param{
			parameter("query", "agency", "the agency that stands for the foreign system; found by the sender's name when left out", false),
			parameter("query", "incident", "where a message is kept that begins a thread and asks for nothing", false),
			parameter("header", "X-CSRF", "the session's csrf", true),
		},
		RequestBody: &huma.RequestBody{Required: true, Content: asBytes("application/xml", "multipart/form-data")},
	}
	s.document(op, asJSON(s.schema(reflect.TypeFor[TakenIn]())))
	s.mux.HandleFunc("POST "+op.Path, s.signed(s.takeIn))
}

func (s *Server) takeIn(w http.ResponseWriter, r *http.Request, me *signedIn) error {
	q := r.URL.Query()
	for name := range q {
		if name != "agency" && name != "incident" {
			return invalid(name, nil, "未知的参数", "unknown parameter", "agency", "incident")
		}
	}
	if me.actor.Role != dispatch.RoleDispatcher && me.actor.Role != dispatch.RoleChief {
		return refusal(dispatch.Forbidden, "报文由值班席接收", "messages are taken in at the desk")
	}
	body, err := xmlBody(w, r)
	if err != nil {
		return err
	}
	messages, err := decode(me.actor.Realm, body)
	if err != nil {
		return exchange.Refusal(err)
	}
	out := TakenIn{Messages: []LetterTaken{}}
	for _, m := range messages {
		one, err := s.take(r.Context(), me.actor, m, q.Get("agency"), q.Get("incident"))
		if err != nil {
			return err
		}
		out.Messages = append(out.Messages, *one)
	}
	if len(messages) == 1 && out.Messages[0].Outcome == "ours" {
		return invalid(string(messages[0].Kind)+"/MessageID", messages[0].ID, "这是本系统发出的报文", "this message is ours")
	}
	if err := s.audit(context.WithValue(r.Context(), requestKey{}, r), me, "import", "edxl "+messages[len(messages)-1].ID); err != nil {
		return err
	}
	return writeJSON(w, out)
}

// xmlBody is the document: the body itself, or the field file of a form.
func xmlBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	in := io.Reader(http.MaxBytesReader(w, r.Body, edxl.MaxBytes+8<<10))
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && kind == "multipart/form-data" {
		r.Body = io.NopCloser(in)
		form, err := r.MultipartReader()
		if err != nil {
			return nil, invalid("body", nil, "表单无法读取", "the form cannot be read")
		}
		for {
			part, err := form.NextPart()
			if errors.Is(err, io.EOF) {
				return nil, invalid("file", nil, "表单中没有 file 字段", "the form has no field file")
			}
			if err != nil {
				return nil, bodyError(err)
			}
			if part.FormName() == "file" {
				in = part
				break
			}
		}
	}
	body, err := io.ReadAll(in)
	if err != nil {
		return nil, bodyError(err)
	}
	if len(body) > edxl.MaxBytes {
		return nil, tooLargeProblem(edxl.MaxBytes)
	}
	return body, nil
}

// decode reads a message or an envelope. What is practice must never move a real
// resource, and the other way round.
func decode(realm dispatch.Realm, body []byte) ([]*edxl.Message, error) {
	if !isEnvelope(body) {
		m, err := edxl.Decode(body)
		return []*edxl.Message{m}, err
	}
	d, err := edxl.DecodeDistribution(body)
	if err != nil {
		return nil, err
	}
	want := edxl.Exercise
	if realm == dispatch.Live {
		want = edxl.Actual
	}
	if d.Status != want {
		return nil, invalid("EDXLDistribution/distributionStatus", d.Status, "实战与演练不能混用，应为 "+string(want), "practice and reality never mix: it must be "+string(want), string(want))
	}
	all := d.Messages()
	switch {
	case len(all) == 0:
		return nil, invalid("EDXLDistribution/contentObject", nil, "信封中没有资源报文", "the envelope holds no resource message")
	case len(all) > 500:
		return nil, invalid("EDXLDistribution/contentObject", len(all), "一个信封最多 500 条报文", "an envelope has at most 500 messages")
	}
	return all, nil
}

// isEnvelope looks at the name of the first element: what is no XML the codec
// refuses, whichever it takes it for.
func isEnvelope(body []byte) bool {
	d := xml.NewDecoder(bytes.NewReader(body))
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.ErrUnsupported }
	for range 100 {
		t, err := d.RawToken()
		if err != nil {
			return false
		}
		if start, ok := t.(xml.StartElement); ok {
			return start.Name.Local == "EDXLDistribution"
		}
	}
	return false
}

// take takes in one message.
func (s *Server) take(ctx context.Context, actor dispatch.Actor, m *edxl.Message, agency, incident string) (*LetterTaken, error) {
	out := &LetterTaken{Message: m.ID, Type: string(m.Kind), TypeZH: m.Kind.NameZH()}
	house, err := s.house(ctx, actor)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(m.ID, house.Name+".") {
		out.Outcome = "ours"
		return out, nil
	}
	if known, err := s.knownLetter(ctx, actor, m); err != nil || known != nil {
		if err == nil {
			out.Outcome, out.Request, out.Effect = "known", known.Request, known.Effect
		}
		return out, err
	}
	request, err := s.begun(ctx, actor, house, m)
	if err != nil {
		return nil, err
	}
	sender, err := s.sender(ctx, actor, m, agency, request)
	if err != nil {
		return nil, err
	}
	if request == nil && m.Kind == edxl.OfferUnsolicited {
		if request, err = s.offeredFor(ctx, actor, sender, m); err != nil {
			return nil, err
		}
	}
	in := exchange.Incoming{Message: m, Sender: sender, To: actor.Agency, Incident: incident, Now: s.cfg.Now()}
	var told *exchange.Told
	if request != nil {
		if told, err = s.thread(ctx, actor.Realm, house, request); err != nil {
			return nil, err
		}
	} else if in.Incident, err = s.placed(ctx, actor, sender, m, incident); err != nil {
		return nil, err
	}
	read, err := told.Read(in)
	if err != nil {
		return nil, err
	}
	res, err := s.cfg.Service.Apply(ctx, actor, *read)
	if err != nil {
		// Somebody else may have brought it in meanwhile.
		if known, e := s.knownLetter(ctx, actor, m); e == nil && known != nil {
			out.Outcome, out.Request, out.Effect = "known", known.Request, known.Effect
			return out, nil
		}
		return nil, err
	}
	out.Outcome = "kept"
	if seen, ok := res.Change.See(s.onlooker(actor)); ok {
		for _, rec := range seen.Put {
			out.Put = append(out.Put, dispatch.RefOf(rec))
		}
	}
	for _, p := range res.Change.Puts {
		if l, ok := p.Record.(*dispatch.Letter); ok {
			if out.Request = l.Request; l.Effect != "" {
				out.Outcome, out.Effect = "applied", l.Effect
			}
		}
	}
	if res.Replayed {
		out.Outcome = "known"
	}
	return out, nil
}

// knownLetter is the letter of a message that was taken in before; nil for a new one.
// Another message under the same ID is refused.
func (s *Server) knownLetter(ctx context.Context, actor dispatch.Actor, m *edxl.Message) (*dispatch.Letter, error) {
	l, err := s.letter(ctx, actor.Realm, m.ID)
	if err != nil || l == nil {
		return nil, err
	}
	digest, err := exchange.Digest(m)
	if err != nil {
		return nil, exchange.Refusal(err)
	}
	if digest != l.Digest {
		return nil, &dispatch.Error{Code: dispatch.Conflict, Field: string(m.Kind) + "/MessageID", Value: m.ID,
			Message: "another message came in under this ID before", MessageZH: "此编号已收到过另一条内容不同的报文"}
	}
	return l, nil
}

// letter is what came in under the ID, whoever sees it; nil for none.
func (s *Server) letter(ctx context.Context, realm dispatch.Realm, id string) (*dispatch.Letter, error) {
	recs, err := s.cfg.Store.Find(ctx, dispatch.Query{Realm: realm, Kind: dispatch.KindLetter, Text: id, Archived: true, Limit: 1000})
	if err != nil {
		return nil, err
	}
	for _, r := range recs {
		if l := r.(*dispatch.Letter); l.Message == id {
			return l, nil
		}
	}
	return nil, nil
}

// begun is the request whose thread the message belongs to, nil where it begins
// one. Only those take it in who act for the side that it comes to.
func (s *Server) begun(ctx context.Context, actor dispatch.Actor, house exchange.House, m *edxl.Message) (*dispatch.Request, error) {
	id := ""
	if own, ok := strings.CutPrefix(m.Originating, house.Name+"."); ok {
		_, id, _ = strings.Cut(own, ".")
	} else if m.Originating != m.ID {
		first, err := s.letter(ctx, actor.Realm, m.Originating)
		if err != nil {
			return nil, err
		}
		if first != nil {
			id = first.Request
		}
	} else {
		return nil, nil
	}
	unknown := invalid(string(m.Kind)+"/OriginatingMessageID", m.Originating, "没有您可办理的此往来，请先导入其第一条报文", "there is no such thread that is yours to go on with: take in its first message first")
	if id == "" {
		return nil, unknown
	}
	rec, err := s.cfg.Service.Get(ctx, actor, dispatch.Ref{Kind: dispatch.KindRequest, ID: id})
	if dispatch.CodeOf(err) == dispatch.NotFound {
		return nil, unknown
	}
	if err != nil {
		return nil, err
	}
	return rec.(*dispatch.Request), nil
}

// sender is the agency that stands for the foreign system: the one that is named,
// the one that asks in the thread, or the one of the sender's name.
func (s *Server) sender(ctx context.Context, actor dispatch.Actor, m *edxl.Message, agency string, request *dispatch.Request) (*dispatch.Agency, error) {
	if agency != "" {
		return s.cfg.Service.Foreign(ctx, actor, agency)
	}
	if request != nil {
		if a, err := s.cfg.Service.Foreign(ctx, actor, request.Scope.Agency); err == nil {
			return a, nil
		}
	}
	var legal []string
	for _, c := range m.Contacts {
		if c.Role != edxl.Sender || c.Description == "" {
			continue
		}
		recs, err := s.cfg.Service.Find(ctx, actor, dispatch.Query{Kind: dispatch.KindAgency, States: []string{string(dispatch.AgencyNeighbour)}, Limit: 1000})
		if err != nil {
			return nil, err
		}
		for _, r := range recs {
			if a := r.(*dispatch.Agency); a.Name == c.Description || a.Short == c.Description {
				return s.cfg.Service.Foreign(ctx, actor, a.ID)
			}
			legal = append(legal, r.(*dispatch.Agency).Name)
		}
	}
	return nil, invalid("agency", nil, "请指明由哪个相邻地区单位代表对方", "say which neighbouring region stands for the sender", legal...)
}

// offeredFor is the request about the incident that the message names, of which
// the sender was asked; nil for none.
func (s *Server) offeredFor(ctx context.Context, actor dispatch.Actor, sender *dispatch.Agency, m *edxl.Message) (*dispatch.Request, error) {
	for _, i := range m.Incidents {
		if i.ID == "" {
			continue
		}
		recs, err := s.cfg.Service.Find(ctx, actor, dispatch.Query{Kind: dispatch.KindRequest, Incident: i.ID, Limit: 100})
		if err != nil {
			return nil, err
		}
		for _, r := range slices.Backward(recs) {
			if r := r.(*dispatch.Request); slices.Contains(r.To, sender.ID) {
				return r, nil
			}
		}
	}
	return nil, nil
}

// placed is the incident that a message belongs to which begins a thread: of a
// request, the one that an earlier request of the same sender opened; of others,
// the one that is named.
func (s *Server) placed(ctx context.Context, actor dispatch.Actor, sender *dispatch.Agency, m *edxl.Message, incident string) (string, error) {
	if m.Kind != edxl.RequestResource {
		if incident != "" {
			if _, err := s.cfg.Service.Get(ctx, actor, dispatch.Ref{Kind: dispatch.KindIncident, ID: incident}); err != nil {
				return "", err
			}
		}
		return incident, nil
	}
	if len(m.Incidents) == 0 || m.Incidents[0].ID == "" {
		return "", nil
	}
	number := exchange.Number(sender, m.Incidents[0].ID)
	recs, err := s.cfg.Store.Find(ctx, dispatch.Query{Realm: actor.Realm, Kind: dispatch.KindIncident, Agency: sender.ID, Text: strings.ToLower(number), Limit: 100})
	if err != nil {
		return "", err
	}
	for _, r := range recs {
		if i := r.(*dispatch.Incident); i.Number == number {
			return i.ID, nil
		}
	}
	return "", nil
}
