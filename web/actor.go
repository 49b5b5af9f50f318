package web

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"liandong/dispatch"
)

// cookieName is the session cookie. It holds 256 random bits; the database holds their SHA-256.
const cookieName = "liandong_session"

// signedIn is who asks, as of this request: the session and the person are read anew each time, so
// that a changed role or a closed account holds from the next request on.
type signedIn struct {
	dispatch.SignedIn
	actor dispatch.Actor
}

func tokenHash(token string) [32]byte { return sha256.Sum256([]byte(token)) }

func cookie(token string, life time.Duration) *http.Cookie {
	return &http.Cookie{Name: cookieName, Value: token, Path: "/", MaxAge: int(life.Seconds()), HttpOnly: true, Secure: true, SameSite: http.SameSiteStrictMode}
}

func notSignedIn() *Problem {
	return refusal(codeAuth, "请先登录", "sign in first")
}

// identify tells who sends the request. Whatever is no GET must carry the session's CSRF word.
func (s *Server) identify(r *http.Request) (*signedIn, error) {
	c, err := r.Cookie(cookieName)
	if err != nil || c.Value == "" || len(c.Value) > 100 {
		return nil, notSignedIn()
	}
	ctx, now := r.Context(), s.cfg.Now()
	secret, from := tokenHash(c.Value), s.addressOf(r)
	if !s.strangers.pass(secret, from, now) {
		s.meter.refuse(refusedStrange)
		return nil, tooStrange()
	}
	si, err := s.cfg.Store.SignedIn(ctx, secret)
	if dispatch.CodeOf(err) == dispatch.NotFound {
		s.strangers.wrong(secret, from, now)
		return nil, notSignedIn()
	}
	if err != nil {
		return nil, err
	}
	s.strangers.right(secret, now)
	if si.Over(now) {
		if err := s.cfg.Store.EndSession(ctx, si.Token); err != nil {
			return nil, err
		}
		return nil, notSignedIn()
	}
	actor, ok := si.Actor()
	if !ok {
		return nil, refusal(codeAuth, "您的账户或角色已变更，请重新登录", "your account or role has changed; sign in again")
	}
	if realm := r.Header.Get("Realm"); realm != "" && realm != string(actor.Realm) {
		return nil, elsewhere(actor.Realm)
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead &&
		subtle.ConstantTimeCompare([]byte(r.Header.Get("X-CSRF")), []byte(si.CSRF)) != 1 {
		return nil, refusal(codeCSRF, "缺少或错误的 X-CSRF 请求头", "the X-CSRF header is missing or wrong; it is in the answer of GET /api/v1/session")
	}
	if now.Sub(si.Seen) > time.Minute {
		if err := s.cfg.Store.TouchSession(ctx, si.Token, now); err != nil {
			return nil, err
		}
	}
	return &signedIn{si, actor}, nil
}

// elsewhere refuses what was meant for another realm than the session is in now: what a screen or a
// phone kept from a drill is never done in earnest, nor the other way round.
func elsewhere(realm dispatch.Realm) *Problem {
	p := refusal(dispatch.IllegalMove, "此操作属于另一场合（演练或实战），您已离开，未执行", "this was meant for a drill, or for what is real, that you have left: it was not done")
	p.Field, p.Legal = "Realm", []string{string(realm)}
	return p
}

// mayWork refuses those who have to choose a password first.
func (me *signedIn) mayWork() error {
	if !me.MustChange {
		return nil
	}
	p := refusal(dispatch.Forbidden, "请先修改密码", "change your password first")
	p.Field, p.Legal = "password", []string{"PUT /api/v1/session/password"}
	return p
}

// watching is who looks: with ?watch=alarms, somebody in a drill at what is real.
func (me *signedIn) watching(r *http.Request) (dispatch.Actor, error) {
	switch what := r.URL.Query().Get("watch"); what {
	case "":
		return me.actor, nil
	case "alarms":
		if a, ok := me.Watch(); ok {
			return a, nil
		}
		return dispatch.Actor{}, refusal(dispatch.IllegalMove, "仅供演练中的人员关注真实告警", "this is for those in a drill")
	default:
		return dispatch.Actor{}, invalid("watch", what, "应为 alarms", "is alarms, or left out", "alarms")
	}
}

// signed is a plain route for those who are signed in.
func (s *Server) signed(h func(w http.ResponseWriter, r *http.Request, me *signedIn) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		me, err := s.identify(r)
		if err == nil {
			err = me.mayWork()
		}
		if err == nil {
			err = h(w, r, me)
		}
		if err != nil {
			s.fail(w, r, err)
		}
	}
}

type requestKey struct{}

func requestOf(ctx context.Context) *http.Request { return ctx.Value(requestKey{}).(*http.Request) }

// withRequest gives a handler of huma the request itself.
func (s *Server) withRequest(ctx huma.Context, next func(huma.Context)) {
	r, _ := humago.Unwrap(ctx)
	next(huma.WithValue(ctx, requestKey{}, r))
}

// What an operation says of who may call it; without a word, whoever is signed in.
var (
	public = map[string]any{"public": true} // nobody needs to be signed in
	early  = map[string]any{"early": true}  // also before a first password is changed
)

// read registers a documented route for those who are signed in. The handler gets who asks.
func read[I, O any](s *Server, op huma.Operation, h func(ctx context.Context, me *signedIn, in *I) (*O, error)) {
	op.Middlewares = append(op.Middlewares, s.withRequest)
	op.RejectUnknownQueryParameters = true
	op.Security = []map[string][]string{{"session": {}}}
	if op.MaxBodyBytes == 0 {
		op.MaxBodyBytes = dispatch.MaxBody
	}
	op.Middlewares = append(op.Middlewares, func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		me, err := s.identify(r)
		if err == nil && op.Metadata["early"] != true {
			err = me.mayWork()
		}
		if err != nil {
			s.fail(w, r, err)
			return
		}
		next(huma.WithValue(ctx, signedInKey{}, me))
	})
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := h(ctx, ctx.Value(signedInKey{}).(*signedIn), in)
		return out, s.refused(ctx, err)
	})
}

type signedInKey struct{}

// refused is err as a problem, and nil for nil (an interface that holds a nil pointer is not nil).
func (s *Server) refused(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	return s.problemOf(ctx, err)
}

// onlooker is the actor's audience now.
func (s *Server) onlooker(a dispatch.Actor) dispatch.Onlooker {
	return a.Audience().At(s.cfg.Service.Now(a.Realm))
}
