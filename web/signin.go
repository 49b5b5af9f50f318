package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
	"liandong/realtime"
)

// Lives of a session. A wall is signed in once and then left alone for months; it sees and does
// least of all.
const (
	idleLife  = 12 * time.Hour
	wholeLife = 7 * 24 * time.Hour
	wallLife  = 90 * 24 * time.Hour
)

// An account is locked for lockFor after lockAfter wrong passwords, from wherever they came. It is
// many, because a lock is also a way to keep a dispatcher out; the throttle per address (throttle.go)
// stops a guesser long before.
const (
	lockAfter = 30
	lockFor   = 15 * time.Minute
)

// SessionBody tells a screen who is signed in.
type SessionBody struct {
	Person     *dispatch.Person `json:"person"`
	Role       dispatch.Role    `json:"role" enum:"dispatcher,chief,leader,planner,observer,admin,director,controller,evaluator"`
	Roles      []dispatch.Role  `json:"roles" doc:"the roles this person can take"`
	Agency     *dispatch.Agency `json:"agency,omitempty"`
	Realm      dispatch.Realm   `json:"realm"`
	Part       *dispatch.Part   `json:"part,omitempty" doc:"in the drill that the session is in"`
	CSRF       string           `json:"csrf" doc:"goes into the X-CSRF header of everything that is no GET"`
	MustChange bool             `json:"must_change" doc:"a new password comes first: PUT /api/v1/session/password"`
	Expires    time.Time        `json:"expires"`
}

type signInInput struct {
	Body struct {
		Login    string        `json:"login" minLength:"1" maxLength:"40"`
		Password string        `json:"password" minLength:"1" maxLength:"200"`
		Role     dispatch.Role `json:"role,omitempty" doc:"one of the person's; the first when left out" enum:"dispatcher,chief,leader,planner,observer,admin"`
	}
}

type sessionOutput struct {
	SetCookie    []*http.Cookie `header:"Set-Cookie"`
	CacheControl string         `header:"Cache-Control"`
	Body         SessionBody
}

func (s *Server) sessionRoutes() {
	huma.Register(s.api, huma.Operation{OperationID: "sign-in", Method: http.MethodPost, Path: "/api/v1/session", Summary: "sign in",
		Tags: []string{"session"}, Metadata: public, MaxBodyBytes: 4096, Middlewares: huma.Middlewares{s.withRequest}},
		func(ctx context.Context, in *signInInput) (*sessionOutput, error) {
			out, err := s.signInBody(ctx, in)
			return out, s.refused(ctx, err)
		})
	read(s, huma.Operation{OperationID: "session", Method: http.MethodGet, Path: "/api/v1/session", Summary: "who is signed in", Tags: []string{"session"}, Metadata: early},
		func(ctx context.Context, me *signedIn, _ *struct{}) (*sessionOutput, error) {
			return &sessionOutput{CacheControl: "no-store", Body: sessionBody(me.SignedIn)}, nil
		})
	read(s, huma.Operation{OperationID: "sign-out", Method: http.MethodDelete, Path: "/api/v1/session", Summary: "sign out", Tags: []string{"session"}, Metadata: early, DefaultStatus: http.StatusNoContent}, s.signOut)
	read(s, huma.Operation{OperationID: "set-role", Method: http.MethodPut, Path: "/api/v1/session/role", Summary: "act in another of one's roles", Tags: []string{"session"}}, s.setRole)
	read(s, huma.Operation{OperationID: "set-realm", Method: http.MethodPut, Path: "/api/v1/session/realm", Summary: "join a drill, or leave it for what is real", Tags: []string{"session"}}, s.setRealm)
	read(s, huma.Operation{OperationID: "set-password", Method: http.MethodPut, Path: "/api/v1/session/password", Summary: "change the own password", Tags: []string{"session"}, Metadata: early, DefaultStatus: http.StatusNoContent}, s.setPassword)
}

func sessionBody(si dispatch.SignedIn) SessionBody {
	return SessionBody{Person: si.Person, Role: si.Role, Roles: si.Person.Roles, Agency: si.Agency, Realm: si.Realm, Part: si.Part,
		CSRF: si.CSRF, MustChange: si.MustChange, Expires: si.Expires}
}

// wrongPassword is the one answer for an unknown login and a wrong password.
func wrongPassword() *Problem {
	return refusal(codeAuth, "登录名或密码不正确", "the login or the password is wrong")
}

func (s *Server) signInBody(ctx context.Context, in *signInInput) (*sessionOutput, error) {
	r := requestOf(ctx)
	now, login, from := s.cfg.Now(), strings.ToLower(strings.TrimSpace(in.Body.Login)), s.addressOf(r)
	if wait := s.throttle.begin(login, from, now); wait > 0 {
		s.meter.refuse(refusedSignIn)
		return nil, throttled(wait)
	}
	acc, err := s.cfg.Store.AccountByLogin(ctx, login)
	if err != nil && dispatch.CodeOf(err) != dispatch.NotFound {
		return nil, err
	}
	ok, err := s.passwords.Match(ctx, in.Body.Password, acc.Hash)
	if err != nil {
		return nil, err
	}
	if acc.LockedUntil != nil && acc.LockedUntil.After(now) {
		// The right password does not open a locked account, and the answer does not tell which it was.
		return nil, throttled(acc.LockedUntil.Sub(now))
	}
	if !ok {
		return nil, s.wrong(ctx, acc, login, from, now)
	}
	out, err := s.startSession(ctx, acc, in.Body.Role, from, now)
	if err == nil {
		s.throttle.forget(login, from)
	}
	return out, err
}

func throttled(wait time.Duration) *Problem {
	p := refusal(dispatch.Throttled, "登录失败次数过多，请稍后再试或联系管理员", "too many failed sign-ins; wait, or ask an administrator")
	p.RetryAfter = max(1, int(wait.Seconds())+1)
	return p
}

func (s *Server) wrong(ctx context.Context, acc dispatch.Account, login, from string, now time.Time) error {
	event := "sign_in_failed"
	if acc.Person != "" {
		failed, err := s.cfg.Store.CountFailure(ctx, acc.Person, lockAfter, now.Add(lockFor))
		if err != nil {
			return err
		}
		if failed >= lockAfter {
			event = "locked"
		}
	}
	if err := s.cfg.Store.SaveAudit(ctx, dispatch.Audit{At: now, Person: acc.Person, Address: from, Event: event, Detail: login}); err != nil {
		return err
	}
	return wrongPassword()
}

func (s *Server) startSession(ctx context.Context, acc dispatch.Account, role dispatch.Role, from string, now time.Time) (*sessionOutput, error) {
	rec, err := s.cfg.Service.Get(ctx, dispatch.System(dispatch.Live), dispatch.Ref{Kind: dispatch.KindPerson, ID: acc.Person})
	if dispatch.CodeOf(err) == dispatch.NotFound {
		return nil, wrongPassword()
	}
	if err != nil {
		return nil, err
	}
	person := rec.(*dispatch.Person)
	if person.Locked {
		return nil, refusal(dispatch.Forbidden, "该账户已停用，请联系管理员", "this account is closed; ask an administrator")
	}
	if role == "" && len(person.Roles) > 0 {
		role = person.Roles[0]
	}
	if !slices.Contains(person.Roles, role) {
		p := refusal(dispatch.Forbidden, "您没有该角色", "you do not have that role")
		p.Field, p.Value = "role", role
		for _, r := range person.Roles {
			p.Legal = append(p.Legal, string(r))
		}
		return nil, p
	}
	token := randomText(32)
	se := dispatch.Session{Token: tokenHash(token), ID: randomText(8), Person: person.ID, Role: role, Realm: dispatch.Live,
		CSRF: randomText(16), Created: now, Seen: now, Idle: idleLife, Expires: now.Add(wholeLife)}
	if role == dispatch.RoleObserver {
		se.Idle, se.Expires = wallLife, now.Add(wallLife)
	}
	if err := s.cfg.Store.StartSession(ctx, se); err != nil {
		return nil, err
	}
	if err := s.cfg.Store.SaveAudit(ctx, dispatch.Audit{At: now, Person: person.ID, Session: se.ID, Address: from, Event: "sign_in", Detail: string(role)}); err != nil {
		return nil, err
	}
	si, err := s.cfg.Store.SignedIn(ctx, se.Token)
	if err != nil {
		return nil, err
	}
	return &sessionOutput{SetCookie: []*http.Cookie{cookie(token, se.Expires.Sub(now))}, CacheControl: "no-store", Body: sessionBody(si)}, nil
}

func (s *Server) signOut(ctx context.Context, me *signedIn, _ *struct{}) (*struct {
	SetCookie []*http.Cookie `header:"Set-Cookie"`
}, error) {
	if err := s.cfg.Store.EndSession(ctx, me.Token); err != nil {
		return nil, err
	}
	s.endSignIns(realtime.SignIns{Session: me.ID}, closeAuth)
	if err := s.audit(ctx, me, "sign_out", ""); err != nil {
		return nil, err
	}
	return &struct {
		SetCookie []*http.Cookie `header:"Set-Cookie"`
	}{[]*http.Cookie{cookie("", -time.Second)}}, nil
}

type roleInput struct {
	Body struct {
		Role dispatch.Role `json:"role" enum:"dispatcher,chief,leader,planner,observer,admin"`
	}
}

func (s *Server) setRole(ctx context.Context, me *signedIn, in *roleInput) (*sessionOutput, error) {
	if me.Realm.Drill() != "" {
		return nil, refusal(dispatch.IllegalMove, "演练中的角色由演练安排，请先退出演练", "in a drill the role is the drill's; leave it first")
	}
	if !slices.Contains(me.Person.Roles, in.Body.Role) {
		p := refusal(dispatch.Forbidden, "您没有该角色", "you do not have that role")
		p.Field, p.Value = "role", in.Body.Role
		for _, r := range me.Person.Roles {
			p.Legal = append(p.Legal, string(r))
		}
		return nil, p
	}
	if err := s.cfg.Store.SetSessionRole(ctx, me.Token, in.Body.Role); err != nil {
		return nil, err
	}
	s.endSignIns(realtime.SignIns{Session: me.ID}, closeScope)
	if err := s.audit(ctx, me, "role", string(in.Body.Role)); err != nil {
		return nil, err
	}
	si := me.SignedIn
	si.Role = in.Body.Role
	return &sessionOutput{CacheControl: "no-store", Body: sessionBody(si)}, nil
}

type passwordInput struct {
	Body struct {
		Old string `json:"old" minLength:"1" maxLength:"200"`
		New string `json:"new" minLength:"1" maxLength:"200" doc:"10 to 200 characters, without the login in it"`
	}
}

func (s *Server) setPassword(ctx context.Context, me *signedIn, in *passwordInput) (*struct{}, error) {
	now, from := s.cfg.Now(), s.addressOf(requestOf(ctx))
	if wait := s.throttle.begin(me.Person.Login, from, now); wait > 0 {
		return nil, throttled(wait)
	}
	acc, err := s.cfg.Store.Account(ctx, me.Person.ID)
	if err != nil {
		return nil, err
	}
	ok, err := s.passwords.Match(ctx, in.Body.Old, acc.Hash)
	if err != nil {
		return nil, err
	}
	if !ok {
		p := refusal(dispatch.Forbidden, "原密码不正确", "the old password is wrong")
		p.Field = "old"
		return nil, p
	}
	s.throttle.forget(me.Person.Login, from)
	if err := checkPassword(acc.Login, in.Body.New); err != nil {
		return nil, err
	}
	if in.Body.New == in.Body.Old {
		return nil, secretInvalid("新密码不能与原密码相同", "the new password is the old one", "another password")
	}
	hash, err := s.passwords.Hash(in.Body.New)
	if err != nil {
		return nil, err
	}
	if err := s.cfg.Store.ChangePassword(ctx, me.Person.ID, hash, me.Token); err != nil {
		return nil, err
	}
	s.endSignIns(realtime.SignIns{Person: me.Person.ID, Except: me.ID}, closeAuth)
	return nil, s.audit(ctx, me, "password", "")
}

func (s *Server) audit(ctx context.Context, me *signedIn, event, detail string) error {
	return s.cfg.Store.SaveAudit(ctx, dispatch.Audit{At: s.cfg.Now(), Person: me.Person.ID, Session: me.ID,
		Address: s.addressOf(requestOf(ctx)), Event: event, Detail: detail})
}
