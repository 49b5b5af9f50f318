package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"liandong/dispatch"
	"liandong/geo"
	"liandong/web"
)

// metrics reads the page as an administrator.
func metrics(t *testing.T, h *house) string {
	t.Helper()
	a := h.in(t, "admin").get("/metrics")
	if a.StatusCode != http.StatusOK {
		t.Fatalf("metrics: %d %s", a.StatusCode, a.body)
	}
	return string(a.body)
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *web.Config) {
		c.ScrapeToken, c.Version = "a token for Prometheus", "v1.2.3"
		c.Machine = func() web.Machine {
			return web.Machine{Pool: web.Pool{Used: 1, Idle: 2, Most: 24}, Disk: &web.Disk{Free: 5, Size: 100, Low: true}}
		}
		c.Doors = func() []web.DeviceDoor {
			return []web.DeviceDoor{{Protocol: "jt808", Connections: 3, Frames: map[string]int64{"report": 7}, Refused: map[string]int64{"garbage": 2}}}
		}
	})
	desk := h.as("desk")
	incident := desk.incident()
	wantProblem(t, desk.command("incident.explode", map[string]any{}), 422, "invalid", "command")
	desk.console(t.Context())
	for _, p := range []dispatch.Position{
		{Realm: dispatch.Live, Team: h.teams["xf1"], Device: "phone1", Source: "osmand", Point: scene, Speed: -1, Heading: -1, Accuracy: -1},
		{Realm: dispatch.Live, Team: h.teams["xf1"], Device: "phone1", Source: "osmand", Point: geo.At(120, 20), Speed: -1, Heading: -1, Accuracy: -1},
	} {
		if _, err := h.lane.Report(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	page := metrics(t, h)
	for _, want := range []string{
		`liandong_build_info{version="v1.2.3"} 1`, `liandong_connections 1`, `liandong_commands_total{command="incident.open",outcome="done"} 1`,
		`liandong_commands_total{command="unknown",outcome="invalid"} 1`, `liandong_command_seconds_count{command="incident.open"} 1`,
		`liandong_http_requests_total{method="POST",route="POST /api/v1/commands/incident.open",status="200"} 1`,
		`liandong_positions_total{outcome="shown",source="osmand"} 1`, `liandong_positions_total{outcome="jump",source="osmand"} 1`,
		`liandong_positions_stored_total 2`, `liandong_journal_lag_changes{realm="live"} 0`, `liandong_queue_bytes{realm="live"} 0`, `liandong_tick_seconds_count`,
		`liandong_database_up 1`, `liandong_database_connections{state="most"} 24`, `liandong_disk_free_bytes 5`, `liandong_device_connections{protocol="jt808"} 3`,
		`liandong_device_frames_total{kind="report",protocol="jt808"} 7`, `liandong_device_refused_total{protocol="jt808",reason="garbage"} 2`, `go_goroutines`, `liandong_epoch_info{epoch=`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for what, secret := range map[string]string{"a name": "人员", "a team": h.teams["xf1"], "a device": "phone1", "an incident": incident, "a session": desk.csrf, "a caller": caller} {
		if strings.Contains(page, secret) {
			t.Errorf("the page tells %s", what)
		}
	}
	for login, status := range map[string]int{"desk": 403, "wall": 403, "faradmin": 403} {
		if a := h.as(login).get("/metrics"); a.StatusCode != status {
			t.Errorf("%s: %d", login, a.StatusCode)
		}
	}
	for token, status := range map[string]int{"": 401, "Bearer nonsense": 401, "Bearer ": 401, "Bearer a token for Prometheus": 200} {
		if a := h.guest().get("/metrics", "Authorization", token); a.StatusCode != status {
			t.Errorf("%q: %d, want %d", token, a.StatusCode, status)
		}
	}
}

// A server without a scrape token has no empty one.
func TestNoScrapeToken(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if a := h.guest().get("/metrics", "Authorization", "Bearer "); a.StatusCode != 401 {
		t.Errorf("%d", a.StatusCode)
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *web.Config) {
		c.Version = "v1.2.3"
		c.Doors = func() []web.DeviceDoor {
			return []web.DeviceDoor{{Protocol: "cot", Frames: map[string]int64{"chat": 1}, Refused: map[string]int64{}}}
		}
	})
	h.as("desk").incident()
	h.as("desk").console(t.Context())
	var st web.Status
	a := h.as("admin").get("/api/v1/admin/status")
	if err := json.Unmarshal(a.body, &st); err != nil || a.StatusCode != 200 {
		t.Fatalf("%d %v %s", a.StatusCode, err, a.body)
	}
	if st.Version != "v1.2.3" || st.Sockets.Open != 1 || len(st.Feeds) != 1 || st.Feeds[0].Consoles != 1 || st.Feeds[0].Head == 0 || st.Commands["done"] != 1 {
		t.Errorf("%s", a.body)
	}
	if !strings.Contains(string(a.body), `"doors":[{"protocol":"cot","connections":0,"frames":{"chat":1},"refused":{}}]`) {
		t.Errorf("the doors are not told as they are: %s", a.body)
	}
	for _, c := range st.Checks {
		if !c.OK {
			t.Errorf("%s is not in order", c.Name)
		}
	}
	if len(st.Checks) != 3 {
		t.Errorf("checks %v", st.Checks)
	}
	for _, login := range []string{"desk", "faradmin", "wall"} {
		wantProblem(t, h.as(login).get("/api/v1/admin/status"), 403, "forbidden", "")
	}
}

// What is amiss is named, in words that help no stranger.
func TestReadiness(t *testing.T) {
	t.Parallel()
	broken := errors.New("password authentication failed for user liandong")
	h := newHouse(t, func(c *web.Config) {
		c.Checks = []web.Check{{Name: "schema", Ask: func(context.Context) error { return broken }}}
	})
	a := h.guest().get("/readyz")
	if want := `{"ready":false,"checks":{"database":"ok","journal":"ok","positions":"ok","schema":"failing"}}`; a.StatusCode != 503 || string(a.body) != want {
		t.Errorf("%d %s, want %s", a.StatusCode, a.body, want)
	}
	if !strings.Contains(h.log.String(), broken.Error()) {
		t.Error("the log does not say why")
	}
	if a := h.guest().get("/healthz"); a.StatusCode != 200 || string(a.body) != `{"alive":true}` {
		t.Errorf("healthz %d %s", a.StatusCode, a.body)
	}
}

// A house without doors for devices lists none: null would break the page.
func TestStatusWithoutDoors(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *web.Config) { c.Doors = func() []web.DeviceDoor { return nil } })
	if a := h.as("admin").get("/api/v1/admin/status"); a.StatusCode != 200 || !strings.Contains(string(a.body), `"doors":[]`) {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
}
