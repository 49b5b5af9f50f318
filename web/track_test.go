package web_test

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/geo"
	"liandong/web"
)

// drove stores where the team was: straight east with a report each ten seconds and a wobble of less
// than five metres, then north; a jump that was not shown; and after a quarter of an hour one more.
func (h *house) drove(team string, from time.Time) {
	h.t.Helper()
	var batch []dispatch.Position
	add := func(after time.Duration, p geo.Point, flag dispatch.PositionFlag) {
		at := from.Add(after)
		batch = append(batch, dispatch.Position{Realm: dispatch.Live, Team: team, Device: "phone1", Source: "osmand", Point: p, Speed: 10, Heading: -1, Accuracy: 5, Fixed: at, Received: at, Flag: flag})
	}
	for n := range 7 {
		add(time.Duration(n)*10*time.Second, geo.At(113.85+float64(n)*0.001, 34.03+float64(n%2)*0.00004), "")
	}
	add(65*time.Second, geo.At(120, 20), dispatch.PositionJump)
	add(70*time.Second, geo.At(113.856, 34.034), "")
	add(15*time.Minute+70*time.Second, geo.At(113.9, 34.1), "")
	if err := h.store.SavePositions(h.t.Context(), batch); err != nil {
		h.t.Fatal(err)
	}
}

func trackAt(h *house, call, more string) string {
	return "/api/v1/tracks?from=2026-11-23T08:00:00Z&to=2026-11-23T10:00:00Z&team=" + h.teams[call] + more
}

func TestTrack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.drove(h.teams["xf1"], h.clock())
	desk := h.as("firedesk")
	read := func(more string) web.Track {
		t.Helper()
		var tr web.Track
		path := more
		if !strings.HasPrefix(more, "/") {
			path = trackAt(h, "xf1", more)
		}
		a := desk.get(path)
		if err := json.Unmarshal(a.body, &tr); err != nil || a.StatusCode != http.StatusOK {
			t.Fatalf("%q: %d %v %s", more, a.StatusCode, err, a.body)
		}
		for n, line := range tr.Geometry.Coordinates {
			if times := tr.Properties.Times[n]; len(times) != len(line) || len(tr.Properties.Speed[n]) != len(line) || !slices.IsSortedFunc(times, time.Time.Compare) {
				t.Errorf("%q: line %d has %d points, times %v", more, n, len(line), times)
			}
		}
		return tr
	}
	lengths := func(tr web.Track) (out []int) {
		for _, line := range tr.Geometry.Coordinates {
			out = append(out, len(line))
		}
		return out
	}
	for more, want := range map[string][]int{
		"":         {8, 2}, // the lone one is told twice
		"&gap=20":  {9},
		"&zoom=22": {8, 2}, // every wobble
		"&zoom=13": {3, 2}, // start, bend, end
		"&zoom=1":  {2, 2},
	} {
		if got := lengths(read(more)); !slices.Equal(got, want) {
			t.Errorf("%q: lines of %v points, want %v", more, got, want)
		}
	}
	tr := read("&zoom=13")
	line, times := tr.Geometry.Coordinates[0], tr.Properties.Times[0]
	if want := []geo.Point{{113.85, 34.03}, {113.856, 34.03}, {113.856, 34.034}}; !slices.Equal(line, want) || times[1] != h.clock().Add(time.Minute) || times[2] != h.clock().Add(70*time.Second) {
		t.Errorf("%v at %v", line, times)
	}
	later := "/api/v1/tracks?from=2026-11-23T09:00:00Z&to=2026-11-23T10:00:00Z&team=" + h.teams["xf1"]
	if tr := read(later); tr.Geometry.Coordinates == nil || len(tr.Geometry.Coordinates) != 0 {
		t.Errorf("an hour without a position: %+v", tr)
	}
}

func TestTrackFiles(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.drove(h.teams["xf1"], h.clock())
	desk := h.as("firedesk")
	for format, kind := range map[string]string{"gpx": "application/gpx+xml", "geojson": "application/geo+json"} {
		a := desk.get(trackAt(h, "xf1", "&zoom=13&format="+format))
		if a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != kind {
			t.Fatalf("%s: %d %s %s", format, a.StatusCode, a.Header.Get("Content-Type"), a.body)
		}
		how, values, err := mime.ParseMediaType(a.Header.Get("Content-Disposition"))
		if want := "xf1 20261123T0800Z." + format; err != nil || how != "attachment" || values["filename"] != want {
			t.Errorf("%s: %s %v %v, want the name %s", format, how, values, err, want)
		}
		body, file := string(a.body), filepath.Join("testdata", "track."+format)
		if *update {
			if err := os.WriteFile(file, a.body, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if body != string(want) {
			t.Errorf("%s has changed (go test ./web -run TestTrackFiles -update writes it anew):\n got %s\nwant %s", file, body, want)
		}
	}
	wantProblem(t, h.as("clinicdesk").get(trackAt(h, "xf1", "&format=gpx")), 403, "forbidden", "")
	wantProblem(t, h.as("stranger").get(trackAt(h, "xf1", "&format=geojson")), 403, "forbidden", "")
	book, err := h.store.Audits(t.Context(), h.clock().Add(time.Hour), 100)
	if err != nil {
		t.Fatal(err)
	}
	said := 0
	for _, line := range book {
		if line.Event == "export" && line.Detail == "track "+h.teams["xf1"] && line.Person == h.people["firedesk"] {
			said++
		}
	}
	if said != 2 {
		t.Errorf("the audit tells of %d files, want 2: %+v", said, book)
	}
}

func TestTrackBounds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	desk := h.as("firedesk")
	for more, field := range map[string]string{"&zoom=23": "zoom", "&gap=0": "gap", "&format=kml": "format", "&to=2026-11-26T08:00:00Z": "to"} {
		path := trackAt(h, "xf1", "")
		if field == "to" {
			path = "/api/v1/tracks?from=2026-11-23T08:00:00Z&team=" + h.teams["xf1"]
		}
		wantProblem(t, desk.get(path+more), 422, "invalid", field)
	}
	batch := make([]dispatch.Position, 50_001)
	for n := range batch {
		at := h.clock().Add(time.Duration(n) * 100 * time.Millisecond)
		batch[n] = dispatch.Position{Realm: dispatch.Live, Team: h.teams["xf1"], Device: "phone1", Source: "osmand", Point: scene, Speed: -1, Heading: -1, Accuracy: -1, Fixed: at, Received: at}
	}
	if err := h.store.SavePositions(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	last := batch[len(batch)-1].Fixed
	path := fmt.Sprintf("/api/v1/tracks?team=%s&zoom=12&from=%s&to=", h.teams["xf1"], h.clock().Format(time.RFC3339))
	p := wantProblem(t, desk.get(path+last.Add(time.Second).Format(time.RFC3339Nano)), 422, "invalid", "to")
	if want := []string{"at most 2026-11-23T09:23:19Z"}; !slices.Equal(p.Legal, want) {
		t.Errorf("legal is %v, want %v", p.Legal, want)
	}
	if a := desk.get(path + last.Format(time.RFC3339Nano)); a.StatusCode != http.StatusOK {
		t.Errorf("50,000 positions: %d %s", a.StatusCode, a.body)
	}
}
