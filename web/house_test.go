package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"liandong/dispatch"
	"liandong/dispatch/pgstore"
	"liandong/geo"
	"liandong/geo/route"
	"liandong/migrations/pgtest"
	"liandong/realtime"
	"liandong/web"
)

// house is the real thing on a real database, behind a real TLS listener, with a small made-up city.
type house struct {
	t     *testing.T
	dsn   string
	store *pgstore.Store
	svc   *dispatch.Service
	lane  *realtime.Lane
	url   string
	tls   *http.Client
	log   *lockedBuffer
	keys  atomic.Int64

	mu  sync.Mutex
	now time.Time

	bureau, fire, clinic, far string            // agencies
	teams                     map[string]string // by call sign
	people                    map[string]string // by login
}

type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

const password = "a long enough word"

var scene = geo.At(113.85, 34.03)

// newHouse opens the door; tune may change how.
func newHouse(t *testing.T, tune ...func(*web.Config)) *house {
	t.Helper()
	dsn := pgtest.New(t)
	store, err := pgstore.Open(t.Context(), dsn, pgstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	h := &house{t: t, dsn: dsn, store: store, now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), log: &lockedBuffer{}, teams: map[string]string{}, people: map[string]string{}}
	log := zerolog.New(h.log)
	h.lane = realtime.NewLane(realtime.LaneConfig{Store: store, Log: log, Now: h.clock})
	hub := realtime.New(realtime.Config{Journal: store, Records: store, Lane: h.lane, Log: log, Clock: func(r dispatch.Realm) time.Time { return h.svc.Now(r) }})
	passwords := web.NewPasswords()
	var ids atomic.Int64
	h.svc = dispatch.NewService(store, dispatch.Config{Now: h.clock, NewID: func() string { return fmt.Sprintf("id%06d", ids.Add(1)) },
		Hash: passwords.Hash, Committed: hub.Poke, Router: route.Default(), Settings: dispatch.DefaultSettings()})
	cfg := web.Config{Service: h.svc, Store: store, Hub: hub, Lane: h.lane, Passwords: passwords, Log: log, Now: h.clock}
	for _, change := range tune {
		change(&cfg)
	}
	door := web.New(cfg)
	server := httptest.NewTLSServer(door)
	h.url, h.tls = server.URL, server.Client()
	t.Cleanup(func() {
		server.Close()
		if err := hub.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		h.lane.Close()
	})
	h.furnish()
	return h
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// furnish makes agencies, teams and one person of each role.
func (h *house) furnish() {
	agency := func(name, area, jurisdiction string) string {
		return h.made("agency.save", dispatch.AgencySave{Name: name, Area: area, Type: dispatch.AgencyGovernment, Jurisdiction: jurisdiction})
	}
	h.bureau, h.fire = agency("应急管理局", "411000", "4110"), agency("消防支队", "411002", "")
	h.clinic, h.far = agency("急救中心", "411003", ""), agency("外市单位", "420100", "")
	team := func(call, agency, area string) {
		p := geo.At(113.80, 34.00)
		id := h.made("team.save", dispatch.TeamSave{Agency: agency, Area: area, Name: "中队" + call, CallSign: call, Type: dispatch.TeamFire,
			Capabilities: []dispatch.Capability{{Code: "fire"}}, Base: dispatch.Place{Point: &p}, SeatsMin: 1, SeatsFull: 6, Leader: "队长姓名", Phone: "13800000000"})
		crew := 6
		h.made("team.duty", dispatch.TeamDuty{Team: id, Duty: dispatch.DutyAvailable, Crew: &crew})
		h.teams[call] = id
	}
	team("xf1", h.fire, "411002")
	team("xf2", h.fire, "411002")
	team("jj1", h.clinic, "411003")
	person := func(login, agency, team string, roles ...dispatch.Role) {
		id := h.made("person.save", dispatch.PersonSave{Agency: agency, Name: "人员" + login, Login: login, Roles: roles, Team: team, Phone: "13900000000"})
		h.made("person.password", dispatch.PersonPassword{Person: id, Password: password})
		h.people[login] = id
	}
	person("desk", h.bureau, "", dispatch.RoleDispatcher, dispatch.RolePlanner)
	person("chief", h.bureau, "", dispatch.RoleChief)
	person("planner", h.bureau, "", dispatch.RolePlanner)
	person("wall", h.bureau, "", dispatch.RoleObserver)
	person("admin", h.bureau, "", dispatch.RoleAdmin)
	person("firedesk", h.fire, "", dispatch.RoleDispatcher)
	person("firewall", h.fire, "", dispatch.RoleObserver)
	person("clinicdesk", h.clinic, "", dispatch.RoleDispatcher)
	person("leader", h.fire, h.teams["xf1"], dispatch.RoleLeader)
	person("stranger", h.far, "", dispatch.RoleDispatcher)
	person("farwall", h.far, "", dispatch.RoleObserver)
	person("faradmin", h.far, "", dispatch.RoleAdmin)
}

func (h *house) key() string { return fmt.Sprintf("test-key-%06d", h.keys.Add(1)) }

// made carries out a command as the server itself and returns the id of the first record it put.
func (h *house) made(name string, in any) string {
	h.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		h.t.Fatal(err)
	}
	res, err := h.svc.Do(h.t.Context(), dispatch.System(dispatch.Live), name, h.key(), body)
	if err != nil {
		h.t.Fatalf("%s: %v", name, err)
	}
	if len(res.Change.Puts) == 0 {
		return ""
	}
	return dispatch.RefOf(res.Change.Puts[0].Record).ID
}

// guest is a browser.
type guest struct {
	*house
	t    *testing.T
	http *http.Client
	csrf string
}

func (h *house) guest() *guest {
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return &guest{house: h, t: h.t, http: &http.Client{Transport: h.tls.Transport, Jar: jar}}
}

// answer is a response that was read to its end.
type answer struct {
	*http.Response
	body []byte
}

func (a answer) problem(t *testing.T) web.Problem {
	t.Helper()
	var p struct {
		web.Problem
		Current json.RawMessage `json:"current"` // any noun
	}
	if err := json.Unmarshal(a.body, &p); err != nil {
		t.Fatalf("%d is no problem document: %v\n%s", a.StatusCode, err, a.body)
	}
	return p.Problem
}

func (g *guest) send(method, path string, body io.Reader, header ...string) answer {
	g.t.Helper()
	req, err := http.NewRequestWithContext(g.t.Context(), method, g.url+path, body)
	if err != nil {
		g.t.Fatal(err)
	}
	if method != http.MethodGet && g.csrf != "" {
		req.Header.Set("X-CSRF", g.csrf)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
		if header[i+1] == "" {
			req.Header.Del(header[i])
		}
	}
	res, err := g.http.Do(req)
	if err != nil {
		g.t.Fatal(err)
	}
	defer res.Body.Close()
	all, err := io.ReadAll(res.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return answer{res, all}
}

func (g *guest) get(path string, header ...string) answer {
	g.t.Helper()
	return g.send(http.MethodGet, path, nil, header...)
}

func (g *guest) signIn(login, word string) answer {
	g.t.Helper()
	body, err := json.Marshal(map[string]string{"login": login, "password": word})
	if err != nil {
		g.t.Fatal(err)
	}
	a := g.send(http.MethodPost, "/api/v1/session", bytes.NewReader(body), "Content-Type", "application/json")
	if a.StatusCode == http.StatusOK {
		var s web.SessionBody
		if err := json.Unmarshal(a.body, &s); err != nil {
			g.t.Fatal(err)
		}
		g.csrf = s.CSRF
	}
	return a
}

// as signs somebody in.
func (h *house) as(login string) *guest { return h.in(h.t, login) }

// in is as for a test within the test.
func (h *house) in(t *testing.T, login string) *guest {
	t.Helper()
	g := h.guest()
	g.t = t
	if a := g.signIn(login, password); a.StatusCode != http.StatusOK {
		t.Fatalf("sign in as %s: %d %s", login, a.StatusCode, a.body)
	}
	return g
}

func (g *guest) command(name string, in any, header ...string) answer {
	g.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		g.t.Fatal(err)
	}
	return g.send(http.MethodPost, "/api/v1/commands/"+name, bytes.NewReader(body), append([]string{"Idempotency-Key", g.key()}, header...)...)
}

// done is a command that must be accepted; it returns the id of the first record put.
func (g *guest) done(name string, in any) string {
	g.t.Helper()
	a := g.command(name, in)
	if a.StatusCode != http.StatusOK {
		g.t.Fatalf("%s: %d %s", name, a.StatusCode, a.body)
	}
	var d struct{ Put []dispatch.Head }
	if err := json.Unmarshal(a.body, &d); err != nil {
		g.t.Fatal(err)
	}
	if len(d.Put) == 0 {
		return ""
	}
	return d.Put[0].ID
}

const caller = "不可外传的来电人"

// incident opens one as the bureau's desk.
func (g *guest) incident() string {
	g.t.Helper()
	return g.done("incident.open", dispatch.IncidentOpen{Type: "12G03", Title: "五女店民房起火", Place: dispatch.Place{Text: "五女店镇", Point: &scene},
		Area: "411003", Caller: caller, Phone: "13700000001", Verified: true, Needs: []dispatch.Need{{Capability: "fire", Count: 1}}})
}

func wantProblem(t *testing.T, a answer, status int, code, field string) web.Problem {
	t.Helper()
	if a.StatusCode != status {
		t.Errorf("status %d, want %d: %s", a.StatusCode, status, a.body)
		return web.Problem{}
	}
	p := a.problem(t)
	if p.Code != code || p.Field != field || p.Detail == "" || p.DetailZH == "" {
		t.Errorf("code %q field %q, want %q %q, with a sentence in both languages: %s", p.Code, p.Field, code, field, a.body)
	}
	if kind := a.Header.Get("Content-Type"); kind != "application/problem+json" {
		t.Errorf("content type %q", kind)
	}
	return p
}
