package web_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/web"
)

// png is a picture of one pixel.
var png, _ = base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")

func (g *guest) upload(data []byte) answer {
	g.t.Helper()
	return g.send(http.MethodPost, "/api/v1/photos", bytes.NewReader(data), "Content-Type", "image/png")
}

func TestPhotos(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	desk := h.as("desk")
	incident := desk.incident()
	before := h.state()
	wantProblem(t, desk.upload([]byte("<svg onload=alert(1)>")), 422, "invalid", "photo")
	wantProblem(t, desk.upload(append(png, make([]byte, 9<<20)...)), 413, "too_large", "body")
	wantProblem(t, h.as("wall").upload(png), 403, "forbidden", "")
	if after := h.state(); after != before {
		t.Errorf("before %s\nafter  %s", before, after)
	}
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	part, err := m.CreateFormFile("photo", "x.png")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(png); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	a := desk.send(http.MethodPost, "/api/v1/photos", &form, "Content-Type", m.FormDataContentType())
	var id web.PhotoID
	if err := json.Unmarshal(a.body, &id); err != nil || a.StatusCode != 200 {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	path := "/api/v1/photos/" + id.ID
	chief := h.as("chief")
	wantProblem(t, chief.get(path), 404, "not_found", "") // no note shows it yet
	note := dispatch.NoteAdd{Incident: incident, Type: dispatch.NotePhoto, Photo: id.ID, Internal: true}
	desk.done("note.add", note)
	for login, sees := range map[string]bool{"desk": true, "chief": true, "wall": false, "firedesk": false, "stranger": false, "admin": false} {
		a := h.as(login).get(path)
		if sees && (a.StatusCode != 200 || !bytes.Equal(a.body, png) || a.Header.Get("Content-Type") != "image/png") {
			t.Errorf("%s: %d %q", login, a.StatusCode, a.body)
		}
		if !sees {
			wantProblem(t, a, 404, "not_found", "")
		}
	}
}

func TestDevices(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin := h.as("admin")
	a := admin.command("device.save", dispatch.DeviceSave{Name: "车载终端", Protocol: "osmand", Team: h.teams["xf1"]})
	var made struct {
		Secret string
		Put    []dispatch.Head
	}
	if err := json.Unmarshal(a.body, &made); err != nil || made.Secret == "" {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	device := made.Put[0].ID
	g := h.guest()
	at := h.clock().Unix()
	send := func(token string) answer {
		return g.get(fmt.Sprintf("/devices/osmand?id=%s&lat=34.03&lon=113.85&speed=10&timestamp=%d", token, at))
	}
	wantProblem(t, send("guess"), 404, "not_found", "")
	wantProblem(t, g.get("/devices/osmand?id="+made.Secret+"&lat=134.03&lon=113.85"), 422, "invalid", "lat")
	if a := send(made.Secret); a.StatusCode != 200 {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	p, ok := h.lane.Latest(dispatch.Live, h.teams["xf1"])
	if !ok || p.Point.Lat() != 34.03 || p.Speed < 5.14 || p.Speed > 5.15 {
		t.Errorf("position %+v, %v: want 34.03 north at 10 knots", p, ok)
	}
	auth := "Basic " + base64.StdEncoding.EncodeToString([]byte(device+":"+made.Secret))
	own := func(auth, body string) answer {
		return g.send(http.MethodPost, "/devices/owntracks", strings.NewReader(body), "Authorization", auth, "Content-Type", "application/json")
	}
	body := fmt.Sprintf(`{"_type":"location","lat":34.04,"lon":113.85,"tst":%d,"acc":5}`, at+30)
	wantProblem(t, own("", body), 401, "auth", "")
	wantProblem(t, own("Basic "+base64.StdEncoding.EncodeToString([]byte("other:"+made.Secret)), body), 404, "not_found", "")
	h.pass(30 * time.Second)
	if a := own(auth, body); a.StatusCode != 200 || string(a.body) != "[]" {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	var list web.DeviceList
	if err := json.Unmarshal(admin.get("/api/v1/admin/devices").body, &list); err != nil || len(list.Devices) != 1 || list.Devices[0].Shown != 2 || list.Refused["unknown_device"] != 2 {
		t.Errorf("devices %+v, %v", list, err)
	}
	track := h.as("firedesk").get("/api/v1/tracks?from=2026-11-23T00:00:00Z&to=2026-11-24T00:00:00Z&team=" + h.teams["xf1"])
	if !strings.Contains(string(track.body), "[[113.85,34.03],[113.85,34.04]]") {
		t.Errorf("track %s", track.body)
	}
	wantProblem(t, h.as("clinicdesk").get("/api/v1/tracks?from=2026-11-23T00:00:00Z&to=2026-11-24T00:00:00Z&team="+h.teams["xf1"]), 403, "forbidden", "")
	admin.done("device.revoke", dispatch.DeviceRef{Device: device, Reason: "遗失"})
	wantProblem(t, send(made.Secret), 403, "forbidden", "")
	if strings.Contains(h.log.String(), made.Secret) {
		t.Error("the log holds the device's token")
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.guest()
	for _, path := range []string{"/", "/healthz", "/api/v1/settings", "/api/v1/snapshot", "/nope"} {
		a := g.get(path)
		for name, want := range map[string]string{"Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff",
			"Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin"} {
			if !strings.Contains(a.Header.Get(name), want) {
				t.Errorf("%s: %s is %q", path, name, a.Header.Get(name))
			}
		}
	}
	wantProblem(t, g.get("/api/v1/nope"), 404, "not_found", "")
	if a := g.get("/readyz"); a.StatusCode != 200 {
		t.Errorf("readyz %d", a.StatusCode)
	}
	if a := g.get("/ca"); a.StatusCode != 200 || !strings.Contains(string(a.body), "无需安装") {
		t.Errorf("ca %d %.200s", a.StatusCode, a.body)
	}
}

// Reads refuse what they cannot answer, and name the parameter.
func TestBadParameters(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.as("desk")
	for path, field := range map[string]string{
		"records/team?limit=0": "limit", "records/team?limit=2000": "limit", "records/team?limit=x": "limit", "records/dragon": "kind",
		"records/team?near=113.8,34": "near", "records/team?near=34,113.8,500": "near", "records/team?near=113.8,34,-5": "near", "records/team?near=113.8,NaN,5": "near",
		"records/team?bound=1,2,3": "bound", "records/team?inside=xx": "inside", "records/team?since=yesterday": "since", "records/team?colour=red": "colour",
		"search": "text", "tracks?team=x&from=2026-11-23T00:00:00Z&to=2026-11-22T00:00:00Z": "to", "report?from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z": "to",
		"journal?after=-1": "after", "tiles/areas/3/9/1.mvt": "x", "tiles/areas/3/1/1.png": "y", "export/dragon.csv": "file", "socket?since=x": "since",
	} {
		a := g.get("/api/v1/" + path)
		if a.StatusCode != http.StatusUnprocessableEntity || a.problem(t).Field != field {
			t.Errorf("%s: %d %s, want 422 with field %s", path, a.StatusCode, a.body, field)
		}
	}
}

// Readers who come at once share a snapshot, and nobody gets one older than what was decided before
// they asked.
func TestSnapshotIsNeverOld(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	desk := h.as("desk")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 5 {
				a := desk.command("report.take", dispatch.ReportTake{Channel: "hotline", Text: "起火"})
				var done web.Done
				var head dispatch.SnapshotHead
				if err := json.Unmarshal(a.body, &struct{ Seq *int64 }{&done.Seq}); err != nil {
					t.Errorf("%v %s", err, a.body)
					return
				}
				line, _, _ := bytes.Cut(desk.get("/api/v1/snapshot").body, []byte("\n"))
				if err := json.Unmarshal(line, &head); err != nil || head.Seq < done.Seq {
					t.Errorf("a snapshot of %d after %d was decided: %v", head.Seq, done.Seq, err)
				}
			}
		})
	}
	all.Wait()
	if got, want := len(desk.snapshot().of(dispatch.KindReport)), 40; got != want {
		t.Errorf("%d reports, want %d", got, want)
	}
}
