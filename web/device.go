package web

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
	"liandong/realtime/osmand"
	"liandong/realtime/owntracks"
)

// deviceRoutes take positions from trackers. A device shows its token and nothing else; what it sends
// moves the team it was registered for. Tokens are never logged: the log has paths, no queries.
func (s *Server) deviceRoutes() {
	if s.cfg.Lane == nil {
		return
	}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		s.document(&huma.Operation{OperationID: "osmand-" + method, Method: method, Path: "/devices/osmand", Tags: []string{"devices"},
			Summary: "a position from Traccar Client or OsmAnd: query, form or JSON; id is the device's token"}, nil)
		s.mux.HandleFunc(method+" /devices/osmand", s.plain(s.osmand))
	}
	s.document(&huma.Operation{OperationID: "owntracks", Method: http.MethodPost, Path: "/devices/owntracks", Tags: []string{"devices"},
		Summary: "a position from OwnTracks in HTTP mode; basic authentication, user the device's id, password its token"}, asJSON(&huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{}}))
	s.mux.HandleFunc("POST /devices/owntracks", s.plain(s.owntracks))
}

// plain is a route without a session.
func (s *Server) plain(h func(w http.ResponseWriter, r *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	}
}

func (s *Server) osmand(w http.ResponseWriter, r *http.Request) error {
	report, err := readOsmand(w, r)
	if err != nil {
		s.cfg.Lane.Refuse("unreadable")
		return hideToken(err)
	}
	d, realm, err := s.device(r, report.Device)
	if err != nil {
		return err
	}
	if report.Placed {
		if err := s.located(r, d, realm, report.Position); err != nil {
			return err
		}
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

func readOsmand(w http.ResponseWriter, r *http.Request) (osmand.Report, error) {
	if r.Method == http.MethodGet {
		return osmand.Form(r.URL.Query())
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, osmand.MaxBody))
	if err != nil {
		return osmand.Report{}, bodyError(err)
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err == nil && kind == "application/json" {
		return osmand.JSON(body)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return osmand.Report{}, invalid("body", nil, "表单无法读取", "the form cannot be read")
	}
	// Traccar Client posts an empty body with everything in the query.
	for name, values := range r.URL.Query() {
		form[name] = append(form[name], values...)
	}
	return osmand.Form(form)
}

// hideToken takes what was given out of a refusal that is about the token.
func hideToken(err error) error {
	var e *dispatch.Error
	if errors.As(err, &e) && (e.Field == "id" || e.Field == "device_id") {
		c := *e
		c.Value = nil
		return &c
	}
	return err
}

func (s *Server) owntracks(w http.ResponseWriter, r *http.Request) error {
	user, token, ok := r.BasicAuth()
	if !ok {
		w.Header().Set("WWW-Authenticate", `Basic realm="liandong"`)
		return refusal(codeAuth, "请在 OwnTracks 中填写设备编号和令牌", "set the device's id and token as user and password in OwnTracks")
	}
	d, realm, err := s.device(r, token)
	if err != nil {
		return err
	}
	if user != d.ID {
		s.cfg.Lane.Refuse("unknown_device")
		return unknownDevice()
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, owntracks.MaxBody))
	if err != nil {
		return bodyError(err)
	}
	report, err := owntracks.Read(body)
	if err != nil {
		s.cfg.Lane.Refuse("unreadable")
		return err
	}
	if report.Placed {
		if err := s.located(r, d, realm, report.Position); err != nil {
			return err
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte("[]")) // the device may have left
	return nil
}

func unknownDevice() *Problem { return refusal(dispatch.NotFound, "未知的设备", "unknown device") }

// device finds the device that holds the token.
func (s *Server) device(r *http.Request, token string) (*dispatch.Device, dispatch.Realm, error) {
	secret, from, now := tokenHash(token), s.addressOf(r), s.cfg.Now()
	if !s.strangers.pass(secret, from, now) {
		s.meter.refuse(refusedStrange)
		return nil, "", tooStrange()
	}
	d, realm, err := s.deviceOf(r.Context(), secret, now)
	if err == nil {
		s.strangers.right(secret, now)
	}
	switch {
	case dispatch.CodeOf(err) == dispatch.NotFound:
		s.strangers.wrong(secret, from, now)
		s.cfg.Lane.Refuse("unknown_device")
		return nil, "", unknownDevice()
	case err != nil:
		return nil, "", err
	case d.Revoked:
		s.cfg.Lane.Refuse("revoked")
		return nil, "", refusal(dispatch.Forbidden, "该设备已停用", "this device was revoked")
	case d.Expires != nil && !d.Expires.After(now):
		s.cfg.Lane.Refuse("expired")
		return nil, "", refusal(dispatch.Forbidden, "该设备的令牌已过期", "this device's token has expired")
	}
	return d, realm, nil
}

// located hands the position to the lane and waits until it is stored: a device that gets an error
// sends it again.
func (s *Server) located(r *http.Request, d *dispatch.Device, realm dispatch.Realm, p dispatch.Position) error {
	p.Realm, p.Team, p.Device = realm, d.Team, d.ID
	_, err := s.cfg.Lane.Report(r.Context(), p)
	return err
}
