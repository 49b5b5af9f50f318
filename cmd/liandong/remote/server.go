package remote

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"time"

	"liandong/dispatch"
	"liandong/geo"
	"liandong/realtime/client"
)

// Server is a server to talk to. It is safe for use by many at once.
type Server struct {
	Base      string // https://host:8443
	transport *http.Transport
	plain     *http.Client
}

// Dial prepares to talk to the server at base. authority is what it is trusted
// by, in PEM; nil means the machine's own authorities. Nothing is sent yet.
func Dial(base string, authority []byte) (*Server, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return nil, fmt.Errorf("server %q: give its address as https://host:8443", base)
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if authority != nil {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(authority) {
			return nil, errors.New("the certificate authority is no PEM certificate")
		}
	}
	t := &http.Transport{TLSClientConfig: config, MaxIdleConnsPerHost: 256, IdleConnTimeout: 90 * time.Second,
		DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext, TLSHandshakeTimeout: 10 * time.Second}
	return &Server{Base: strings.TrimSuffix(base, "/"), transport: t, plain: &http.Client{Transport: t, Timeout: time.Minute}}, nil
}

// Close drops the connections that are kept open.
func (s *Server) Close() { s.transport.CloseIdleConnections() }

// Refusal is the server's answer to what it did not do: a problem document.
type Refusal struct {
	Status   int             `json:"status"`
	Code     dispatch.Code   `json:"code"`
	Detail   string          `json:"detail"`
	Field    string          `json:"field"`
	Legal    []string        `json:"legal"`
	Blockers []dispatch.Ref  `json:"blockers"`
	Current  json.RawMessage `json:"current"`
}

func (r *Refusal) Error() string {
	if r.Field != "" {
		return fmt.Sprintf("%s: %s: %s", r.Code, r.Field, r.Detail)
	}
	return fmt.Sprintf("%s: %s", r.Code, r.Detail)
}

// Passing tells whether it is worth asking again with the same key: the server
// or its database is away, or busy.
func Passing(err error) bool {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Code == dispatch.Unavailable || r.Code == dispatch.Throttled || r.Status >= 500
	}
	return err != nil && !errors.Is(err, context.Canceled)
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 16 << 20

func (s *Server) ask(c *http.Client, req *http.Request, out any) error {
	body, err := s.read(c, req)
	if err != nil || out == nil || len(body) == 0 {
		return err
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("%s %s: answer: %w", req.Method, req.URL.Path, err)
	}
	return nil
}

func (s *Server) read(c *http.Client, req *http.Request) ([]byte, error) {
	resp, err := c.Do(req)
	if err != nil {
		// The error of net/http names the address and its query; ours must not.
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return nil, fmt.Errorf("%s %s: %w", req.Method, req.URL.Path, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", req.Method, req.URL.Path, err)
	}
	if resp.StatusCode >= 300 {
		r := &Refusal{}
		if json.Unmarshal(body, r) != nil || r.Code == "" {
			r.Detail = fmt.Sprintf("%s: %.200s", resp.Status, body)
		}
		r.Status = resp.StatusCode
		return nil, r
	}
	return body, nil
}

// Ready tells whether the server can work: nil, or what is in the way.
func (s *Server) Ready(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Base+"/readyz", nil)
	if err != nil {
		return err
	}
	return s.ask(s.plain, req, nil)
}

// Fix is one position as a device tells it.
type Fix struct {
	Point geo.Point // WGS-84, longitude first
	At    time.Time // by the device's clock
	Speed float64   // m/s, negative unknown
}

// Locate tells a position as the device with that token, in the form of
// Traccar Client.
func (s *Server) Locate(ctx context.Context, token string, f Fix) error {
	v := url.Values{"id": {token}, "timestamp": {strconv.FormatInt(f.At.Unix(), 10)},
		"lat": {strconv.FormatFloat(f.Point.Lat(), 'f', 7, 64)}, "lon": {strconv.FormatFloat(f.Point.Lon(), 'f', 7, 64)}}
	if f.Speed >= 0 {
		v.Set("speed", strconv.FormatFloat(f.Speed*3600/1852, 'f', 2, 64)) // knots, as Traccar Client has it
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Base+"/devices/osmand", strings.NewReader(v.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.ask(s.plain, req, nil)
}

// Person is somebody who is signed in. It is safe for use by many at once.
type Person struct {
	server *Server
	http   *http.Client
	csrf   string
	ID     string
	Name   string
	Role   dispatch.Role
	Agency string
	Area   string // division code of the agency's home area
	// MustChange tells that a new password comes first.
	MustChange bool

	login, password string
}

// SignIn signs in; role "" is the person's first.
func (s *Server) SignIn(ctx context.Context, login, password string, role dispatch.Role) (*Person, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	p := &Person{server: s, login: login, password: password, http: &http.Client{Transport: s.transport, Timeout: time.Minute, Jar: jar}}
	var body struct {
		Person     dispatch.Person  `json:"person"`
		Agency     *dispatch.Agency `json:"agency"`
		Role       dispatch.Role    `json:"role"`
		CSRF       string           `json:"csrf"`
		MustChange bool             `json:"must_change"`
	}
	in := map[string]string{"login": login, "password": password}
	if role != "" {
		in["role"] = string(role)
	}
	if err := p.send(ctx, http.MethodPost, "/api/v1/session", "", in, &body); err != nil {
		return nil, fmt.Errorf("sign in as %s: %w", login, err)
	}
	p.csrf, p.ID, p.Name, p.Role, p.MustChange = body.CSRF, body.Person.ID, body.Person.Name, body.Role, body.MustChange
	if body.Agency != nil {
		p.Agency, p.Area = body.Agency.ID, body.Agency.Scope.Area
	}
	return p, nil
}

// At is the same sign-in at another server on the same database.
func (p *Person) At(s *Server) *Person {
	there := *p
	there.server, there.http = s, &http.Client{Transport: s.transport, Timeout: p.http.Timeout, Jar: p.http.Jar}
	return &there
}

// Rest drops the connections that are kept open, for the person and all others of the same server.
func (p *Person) Rest() { p.server.Close() }

// Join takes the sign-in into the drill; "" leaves it.
func (p *Person) Join(ctx context.Context, drill string) error {
	return p.send(ctx, http.MethodPut, "/api/v1/session/realm", "", map[string]string{"drill": drill}, nil)
}

// SignOut ends the sign-in.
func (p *Person) SignOut(ctx context.Context) error {
	return p.send(ctx, http.MethodDelete, "/api/v1/session", "", struct{}{}, nil)
}

// NewPassword changes the own password.
func (p *Person) NewPassword(ctx context.Context, old, password string) error {
	err := p.send(ctx, http.MethodPut, "/api/v1/session/password", "", map[string]string{"old": old, "new": password}, nil)
	if err == nil {
		p.MustChange, p.password = false, password
	}
	return err
}

// Again signs the same person in once more: a session of its own, in a realm of its own.
func (p *Person) Again(ctx context.Context) (*Person, error) {
	return p.server.SignIn(ctx, p.login, p.password, p.Role)
}

func (p *Person) send(ctx context.Context, method, path, key string, in, out any) error {
	raw, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, p.server.Base+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-CSRF", p.csrf)
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	return p.server.ask(p.http, req, out)
}

// Done is the answer to a command that was carried out.
type Done struct {
	Seq      int64             `json:"seq"`
	Replayed bool              `json:"replayed"`
	Put      []json.RawMessage `json:"put"`
	Secret   string            `json:"secret"`
}

// First decodes the first record of the kind among those that were put. A
// command may put others of the kind too, where it changes who sees them: Find
// tells them apart.
func First[R any](d Done, kind dispatch.Kind) (*R, error) {
	return Find(d, kind, func(*R) bool { return true })
}

// Find decodes the first record of the kind that is the one meant.
func Find[R any](d Done, kind dispatch.Kind, meant func(*R) bool) (*R, error) {
	for _, raw := range d.Put {
		var ref dispatch.Ref
		if err := json.Unmarshal(raw, &ref); err != nil {
			return nil, err
		}
		if ref.Kind != kind {
			continue
		}
		r := new(R)
		if err := json.Unmarshal(raw, r); err != nil {
			return nil, err
		}
		if meant(r) {
			return r, nil
		}
	}
	return nil, fmt.Errorf("the answer holds no such %s", kind)
}

// Do gives one command, once. key is its idempotency key, 8 to 64 characters.
func (p *Person) Do(ctx context.Context, key, name string, in any) (Done, error) {
	var d Done
	err := p.send(ctx, http.MethodPost, "/api/v1/commands/"+name, key, in, &d)
	if err != nil {
		return d, fmt.Errorf("%s: %w", name, err)
	}
	return d, nil
}

// Insist is Do for as long as the server is away or busy, with the same key:
// whatever the cut hid, the command is carried out once.
func (p *Person) Insist(ctx context.Context, key, name string, in any) (Done, error) {
	wait := 50 * time.Millisecond
	for {
		d, err := p.Do(ctx, key, name, in)
		if err == nil || !Passing(err) || ctx.Err() != nil {
			return d, err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return d, err
		}
		wait = min(2*wait, time.Second)
	}
}

// Get reads a path below the server's address.
func (p *Person) Get(ctx context.Context, path string, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.server.Base+path, nil)
	if err != nil {
		return err
	}
	return p.server.ask(p.http, req, out)
}

// Read gets what is no JSON.
func (p *Person) Read(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.server.Base+path, nil)
	if err != nil {
		return nil, err
	}
	return p.server.read(p.http, req)
}

// Import takes a file of the kind, with coordinates of the system, all or
// nothing.
func (p *Person) Import(ctx context.Context, kind, system string, file []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.server.Base+"/api/v1/imports/"+kind+"?crs="+system, bytes.NewReader(file))
	if err != nil {
		return err
	}
	req.Header.Set("X-CSRF", p.csrf)
	req.Header.Set("Idempotency-Key", Random(8))
	body, err := p.server.read(p.http, req)
	if err != nil {
		return err
	}
	lines := bytes.Split(bytes.TrimSpace(body), []byte("\n"))
	var last struct {
		Report struct {
			Imported int `json:"imported"`
		} `json:"report"`
	}
	if err := json.Unmarshal(lines[len(lines)-1], &last); err != nil {
		return fmt.Errorf("import of %s: %w", kind, err)
	}
	if last.Report.Imported == 0 {
		return fmt.Errorf("nothing was imported of %s: %.600s", kind, lines[len(lines)-1])
	}
	return nil
}

// Console is the person's console. cfg needs neither address nor session.
func (p *Person) Console(cfg client.Config) *client.Console {
	cfg.Base = p.server.Base
	cfg.HTTP = &http.Client{Transport: p.server.transport, Jar: p.http.Jar}
	return client.New(cfg)
}
