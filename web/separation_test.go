package web_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/geo"
	"liandong/realtime"
	"liandong/realtime/client"
)

// The marks of the two sides: no word of the program holds them.
const realMark, drillMark = "真〓", "演〓"

func other(mark string) string {
	if mark == realMark {
		return drillMark
	}
	return realMark
}

// holds tells whether the body, or what is packed in it, has the mark.
func holds(body []byte, mark string) bool {
	escaped, _ := json.Marshal(mark)
	if bytes.Contains(body, []byte(mark)) || bytes.Contains(body, bytes.Trim(escaped, `"`)) || bytes.Contains(body, []byte(url.QueryEscape(mark))) {
		return true
	}
	z, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return false
	}
	for _, f := range z.File {
		if in, err := f.Open(); err == nil {
			part, _ := io.ReadAll(in)
			_ = in.Close()
			if bytes.Contains(part, []byte(mark)) {
				return true
			}
		}
	}
	return false
}

// ways are all addresses that somebody of a side can read, with the ids of both sides.
func ways(t *testing.T, h *house, ids map[dispatch.Kind][]string, from, to time.Time) []string {
	t.Helper()
	raw, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	span := "from=" + url.QueryEscape(from.Format(time.RFC3339)) + "&to=" + url.QueryEscape(to.Format(time.RFC3339))
	var out []string
	for path, methods := range doc.Paths {
		if methods["get"] == nil || strings.HasPrefix(path, "/devices") || strings.HasSuffix(path, "/socket") || path == "/metrics" {
			continue
		}
		of := map[string]dispatch.Kind{"incidents": dispatch.KindIncident, "requests": dispatch.KindRequest, "claims": dispatch.KindClaim, "requisitions": dispatch.KindRequisition}
		switch parts := strings.Split(path, "/"); {
		case path == "/api/v1/records/{kind}":
			for _, k := range dispatch.Kinds {
				out = append(out, "/api/v1/records/"+string(k)+"?archived=true&limit=1000")
			}
		case path == "/api/v1/records/{kind}/{id}":
			for k, all := range ids {
				for _, id := range all[:min(len(all), 12)] {
					out = append(out, "/api/v1/records/"+string(k)+"/"+url.PathEscape(id))
				}
			}
		case path == "/api/v1/export/{file}":
			for _, k := range dispatch.Kinds {
				out = append(out, "/api/v1/export/"+string(k)+".csv?archived=true")
			}
		case path == "/api/v1/tracks":
			for _, id := range ids[dispatch.KindTeam] {
				for _, format := range []string{"geojson", "gpx"} {
					out = append(out, path+"?team="+url.QueryEscape(id)+"&"+span+"&format="+format)
				}
			}
		case path == "/api/v1/search":
			for _, q := range []string{realMark, drillMark, "xf", "起火"} {
				out = append(out, path+"?limit=50&text="+url.QueryEscape(q))
			}
		case path == "/api/v1/journal":
			for _, id := range ids[dispatch.KindIncident] {
				out = append(out, path+"?limit=1000&incident="+url.QueryEscape(id))
			}
			out = append(out, path+"?limit=1000")
		case path == "/api/v1/report":
			out = append(out, path+"?"+span)
		case strings.Contains(path, "/tiles/"):
			out = append(out, "/api/v1/tiles/areas/6/52/25.mvt", "/api/v1/tiles/areas/10/836/406.mvt")
		case strings.Contains(path, "{id}") && of[parts[3]] != "":
			for _, id := range ids[of[parts[3]]] {
				out = append(out, strings.Replace(path, "{id}", url.PathEscape(id), 1))
			}
		case !strings.Contains(path, "{"):
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return out
}

// Nothing crosses between what is real and a drill with the same identifiers, whatever is decided on
// either side and whoever looks, by whichever way: proven by marks in every text. 800 random commands;
// with PROVE set, 10,000.
func TestDrillAndRealityAreApart(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	desk := h.as("desk")
	for range 3 {
		desk.done("report.take", dispatch.ReportTake{Channel: "hotline", Text: "起火"})
		i := desk.incident()
		r := desk.done("request.raise", dispatch.RequestRaise{Incident: i, Lines: []dispatch.LineAsk{{Capability: "fire", Max: 2}}})
		h.as("chief").done("request.approve", dispatch.RequestMove{Request: r})
	}
	began := h.clock()
	director, id := h.openDrill(dispatch.DrillOpen{Picture: dispatch.PictureWhole, Seed: 1})
	realm := dispatch.DrillRealm(id)
	for login, role := range map[string]dispatch.Role{"chief": dispatch.RoleChief, "firedesk": dispatch.RoleDispatcher, "wall": dispatch.RoleObserver, "clinicdesk": dispatch.RoleEvaluator} {
		director.done("part.save", dispatch.PartSave{Person: h.people[login], Role: role})
	}
	director.done("part.save", dispatch.PartSave{Person: h.people["leader"], Role: dispatch.RoleLeader, Team: h.teams["xf1"]})
	director.done("sim.save", dispatch.SimSave{Mode: dispatch.SimAuto})
	director.begin(id)
	director.done("drill.rate", dispatch.DrillRate{Drill: id, Rate: 60})

	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	actor := func(login string, realm dispatch.Realm, role dispatch.Role, agency, jurisdiction, team string) dispatch.Actor {
		return dispatch.Actor{ID: h.people[login], Name: "人员" + login, Realm: realm, Role: role, Agency: agency, Jurisdiction: jurisdiction, Home: "411000", Team: team}
	}
	side := func(n uint64, realm dispatch.Realm, mark string, lon float64, first dispatch.Actor) *world {
		w := &world{h: h, rng: rand.New(rand.NewPCG(seed, n)), realm: realm, mark: mark, near: geo.At(lon, 34.03), ids: map[dispatch.Kind][]string{}, legal: map[string][]string{}, accepted: map[string]int{},
			actors: []dispatch.Actor{first, actor("chief", realm, dispatch.RoleChief, h.bureau, "4110", ""), actor("chief", realm, dispatch.RoleChief, h.bureau, "4110", ""),
				actor("firedesk", realm, dispatch.RoleDispatcher, h.fire, "", ""), actor("leader", realm, dispatch.RoleLeader, h.fire, "", h.teams["xf1"])}}
		for _, k := range dispatch.Kinds {
			recs, err := h.store.Find(t.Context(), dispatch.Query{Realm: realm, Kind: k, Limit: -1})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range recs {
				w.ids[k] = append(w.ids[k], dispatch.RefOf(r).ID)
			}
		}
		return w
	}
	sides := []*world{
		side(1, dispatch.Live, realMark, 113.60, actor("admin", dispatch.Live, dispatch.RoleAdmin, h.bureau, "4110", "")),
		side(2, realm, drillMark, 114.20, actor("planner", realm, dispatch.RoleDirector, h.bureau, "4110", "")),
	}

	// Consoles of every role on both sides, open all the while.
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	type watcher struct {
		*guest
		console *client.Console
		side    *world
		name    string
	}
	var watchers []watcher
	watch := func(login string, w *world) {
		g := h.as(login)
		if w.realm != dispatch.Live {
			if a, _ := g.join(id); a.StatusCode != http.StatusOK {
				t.Fatalf("%s joins: %d %s", login, a.StatusCode, a.body)
			}
		}
		c, _ := g.console(ctx)
		_ = c.LookAt(geo.Bound{110, 30, 118, 38}, 10)
		watchers = append(watchers, watcher{g, c, w, login})
	}
	for _, login := range []string{"desk", "chief", "admin", "wall", "leader", "firedesk", "clinicdesk", "stranger"} {
		watch(login, sides[0])
	}
	for _, login := range []string{"planner", "chief", "wall", "leader", "firedesk", "clinicdesk"} {
		watch(login, sides[1])
	}

	sims := &realtime.Sims{Records: h.store, Lane: h.lane, Clock: h.svc.Now}
	commands := 800
	if os.Getenv("PROVE") != "" {
		commands = 10_000
	}
	for n := 0; sides[0].given+sides[1].given < commands; n++ {
		w := sides[n%2]
		w.give()
		if n%20 == 0 {
			h.pass(time.Second)
			if err := sims.Step(t.Context(), []dispatch.Realm{dispatch.Live, realm}); err != nil {
				t.Fatal(err)
			}
			for _, team := range h.teams {
				p := dispatch.Position{Realm: dispatch.Live, Team: team, Device: "d", Point: geo.At(113.60+float64(n%100)/1e5, 34.03), Fixed: h.clock(), Source: "osmand", Speed: -1, Heading: -1, Accuracy: -1}
				if _, err := h.lane.Report(t.Context(), p); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for _, w := range sides {
		total := 0
		for _, n := range w.accepted {
			total += n
		}
		t.Logf("%s: %d given, %d accepted of %d kinds", w.realm, w.given, total, len(w.accepted))
		if total < w.given/10 || len(w.accepted) < 12 {
			t.Errorf("%s: only %d of %d commands were accepted, of %d kinds: %v", w.realm, total, w.given, len(w.accepted), w.accepted)
		}
	}

	// The records and the journal themselves.
	for _, w := range sides {
		own := 0
		for after := int64(0); ; {
			all, err := h.store.Changes(t.Context(), w.realm, after, 1000)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range all {
				after = c.Seq
				body, err := c.Payload()
				if err != nil {
					t.Fatal(err)
				}
				if holds(body, other(w.mark)) {
					t.Fatalf("change %d of %s holds the other's mark: %s", c.Seq, w.realm, body)
				}
				if holds(body, w.mark) {
					own++
				}
			}
			if len(all) < 1000 {
				break
			}
		}
		if own < w.given/20 {
			t.Errorf("only %d changes of %s hold its own mark", own, w.realm)
		}
	}

	// Everything that somebody can read.
	ids := map[dispatch.Kind][]string{}
	for _, k := range dispatch.Kinds {
		for _, w := range sides {
			all := w.ids[k]
			ids[k] = append(ids[k], all[max(0, len(all)-8):]...)
		}
	}
	addresses := ways(t, h, ids, began.Add(-time.Hour), began.Add(20*time.Hour))
	for _, w := range watchers {
		seq, err := h.store.Head(ctx, w.side.realm)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.console.Wait(ctx, seq); err != nil {
			t.Fatalf("%s on %s: %v", w.name, w.side.realm, err)
		}
		for ref, raw := range w.console.Picture().Records {
			if holds(raw, other(w.side.mark)) {
				t.Errorf("the console of %s on %s holds the other side's %v: %s", w.name, w.side.realm, ref, raw)
			}
		}
		own, answered := 0, 0
		for _, path := range addresses {
			a := w.get(path)
			if holds(a.body, other(w.side.mark)) && !strings.HasPrefix(path, "/api/v1/search") {
				t.Fatalf("%s on %s reads the other side at %s: %s", w.name, w.side.realm, path, a.body)
			}
			if strings.HasPrefix(path, "/api/v1/search") && strings.Contains(string(a.body), `"title":"`+other(w.side.mark)) {
				t.Fatalf("%s on %s finds the other side at %s: %s", w.name, w.side.realm, path, a.body)
			}
			if a.StatusCode == http.StatusOK {
				answered++
				checkPlaces(t, w.side, w.name, path, a)
			}
			if holds(a.body, w.side.mark) {
				own++
			}
		}
		if answered < 30 || own == 0 && w.name != "admin" && w.name != "stranger" {
			t.Errorf("%s on %s was answered %d of %d, and saw the own mark %d times", w.name, w.side.realm, answered, len(addresses), own)
		}
	}

	// All that links, gateways and terminals can read at all.
	real := dispatch.RealOf(h.store, h.lane)
	for after := int64(0); ; {
		all, err := real.Changes(t.Context(), after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			after = c.Seq
		}
		if len(all) < 1000 {
			break
		}
	}
	for _, k := range dispatch.Kinds {
		recs, err := real.Find(t.Context(), dispatch.Query{Realm: realm, Kind: k, Archived: true, Limit: -1})
		if err != nil {
			t.Fatal(err)
		}
		body, err := json.Marshal(recs)
		if err != nil {
			t.Fatal(err)
		}
		if holds(body, drillMark) {
			t.Errorf("a %s of the drill can leave the house", k)
		}
	}
	if _, err := real.Get(t.Context(), dispatch.Ref{Kind: dispatch.KindDrill, ID: id}, nil); dispatch.CodeOf(err) != dispatch.NotFound {
		t.Errorf("the drill itself can leave the house: %v", err)
	}
	for _, team := range h.teams {
		if p, ok := real.Latest(team); ok && p.Realm != dispatch.Live {
			t.Errorf("a position of %s can leave the house", p.Realm)
		}
	}
}

// checkPlaces looks at the places in a track, and at the word that what may leave a drill bears.
func checkPlaces(t *testing.T, w *world, who, path string, a answer) {
	t.Helper()
	if strings.HasPrefix(path, "/api/v1/tracks") {
		if w.realm != dispatch.Live && bytes.Contains(a.body, []byte("113.60")) {
			t.Fatalf("%s in the drill sees where teams really are: %s: %.400s", who, path, a.body)
		}
		if w.realm == dispatch.Live && bytes.Contains(a.body, []byte("114.2")) {
			t.Fatalf("%s sees where teams are in the drill: %s: %.400s", who, path, a.body)
		}
	}
	name, err := url.QueryUnescape(a.Header.Get("Content-Disposition"))
	if err != nil {
		name = a.Header.Get("Content-Disposition")
	}
	if name != "" && strings.HasPrefix(name, "attachment") && !strings.Contains(path, "template") && strings.Contains(name, "演练") != (w.realm != dispatch.Live) {
		t.Errorf("%s of %s is called %s", path, w.realm, name)
	}
	if strings.HasSuffix(path, "/edxl") && bytes.Contains(a.body, []byte(">Exercise<")) != (w.realm != dispatch.Live) {
		t.Errorf("%s of %s: %.300s", path, w.realm, a.body)
	}
}
