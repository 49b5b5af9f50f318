package web

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
	"liandong/realtime"
)

// Why sockets are closed from here.
const (
	closeAuth  = realtime.CloseAuth
	closeScope = realtime.CloseScope
)

func (s *Server) socketRoutes() {
	if s.cfg.Hub == nil {
		return
	}
	s.document(&huma.Operation{OperationID: "socket", Method: http.MethodGet, Path: "/api/v1/socket", Tags: []string{"socket"},
		Summary: "the feed, positions and commands over a WebSocket; go doc liandong/realtime has the protocol, the schemas Frame… its frames",
		Parameters: []*huma.Param{parameter("query", "since", "seq of the snapshot or of the last change seen", false),
			parameter("query", "epoch", "epoch that since belongs to", false),
			parameter("query", "watch", "alarms: in a drill, the alarms of what is real and nothing else", false)},
		DefaultStatus: http.StatusSwitchingProtocols}, nil)
	s.mux.HandleFunc("GET /api/v1/socket", s.signed(s.socket))
}

func (s *Server) socket(w http.ResponseWriter, r *http.Request, me *signedIn) error {
	actor, err := me.watching(r)
	if err != nil {
		return err
	}
	client := realtime.Client{Actor: actor, Epoch: r.URL.Query().Get("epoch")}
	if text := r.URL.Query().Get("since"); text != "" {
		since, err := strconv.ParseInt(text, 10, 64)
		if err != nil || since < 0 {
			return invalid("since", text, "应为不小于 0 的序号", "since is a seq, 0 or more", "120")
		}
		client.Since = &since
	}
	// A cross-site page could open a socket with the user's cookie; the upgrade compares Origin with
	// the host, and browsers always send it.
	from := s.addressOf(r)
	if !s.sockets.enter(from) {
		s.meter.refuse(refusedSockets)
		p := refusal(dispatch.Throttled, "同一地址打开的连接过多", "too many sockets are open from one address")
		p.RetryAfter = 5
		return p
	}
	life := s.watchSession(me)
	ended := sync.OnceFunc(func() { life.end(); s.sockets.leave(from) })
	err = s.cfg.Hub.Serve(w, r, client, realtime.Handlers{
		Command: func(ctx context.Context, actor dispatch.Actor, id, name string, body []byte) (answer, problem json.RawMessage) {
			life.used(ctx)
			return s.socketCommand(ctx, actor, id, name, body)
		},
		Ended: ended,
		Valid: func(ctx context.Context) bool {
			again, err := s.identify(r.WithContext(ctx))
			if err != nil {
				return false
			}
			still, err := again.watching(r)
			return err == nil && still == actor
		},
	})
	if err != nil {
		ended()
	}
	return err
}

// socketCommand is the other door to the same commands: the answer and the refusal are those of HTTP.
func (s *Server) socketCommand(ctx context.Context, actor dispatch.Actor, id, name string, body []byte) (answer, refused json.RawMessage) {
	done, err := s.do(ctx, actor, name, id, body)
	if err == nil {
		if answer, err = json.Marshal(done); err == nil {
			return answer, nil
		}
	}
	refused, err = json.Marshal(s.problemOf(ctx, err))
	if err != nil {
		s.cfg.Log.Error().Err(err).Str("command", name).Msg("a refusal could not be encoded")
		refused = json.RawMessage(`{"type":"urn:liandong:problem:internal","title":"Internal Server Error","status":500,"code":"internal","detail":"internal error","detail_zh":"服务器内部错误"}`)
	}
	return nil, refused
}

func (s *Server) closeSockets(match func(dispatch.Actor) bool, code realtime.CloseCode) {
	if s.cfg.Hub != nil {
		s.cfg.Hub.Close(match, code)
	}
}

// endSignIns is closeSockets for sign-ins, on all nodes.
func (s *Server) endSignIns(who realtime.SignIns, code realtime.CloseCode) {
	if s.cfg.Hub != nil {
		s.cfg.Hub.End(who, code)
	}
}

// fixes are where the realm's teams were last seen, for ranking who could go.
func (s *Server) fixes(realm dispatch.Realm) map[string]dispatch.Fix {
	out := map[string]dispatch.Fix{}
	if s.cfg.Lane == nil {
		return out
	}
	now := s.cfg.Service.Now(realm)
	for _, p := range s.cfg.Lane.Inside(realm, wholeEarth, func(string) bool { return true }) {
		out[p.Team] = dispatch.Fix{Point: p.Point, Fresh: now.Sub(p.Fixed) <= s.cfg.Lane.Stale(p.Source)}
	}
	return out
}
