package web_test

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"liandong/dispatch"
	"liandong/web"
)

// picture is records by kind/id, each in the bytes in which it came.
type picture map[string]string

func (p picture) put(t *testing.T, raw []byte) {
	t.Helper()
	var ref dispatch.Ref
	if err := json.Unmarshal(raw, &ref); err != nil || ref.ID == "" {
		t.Fatalf("no record: %v %s", err, raw)
	}
	p[string(ref.Kind)+"/"+ref.ID] = string(raw)
}

func (p picture) of(kind dispatch.Kind) []string {
	var ids []string
	for key := range p {
		if id, ok := strings.CutPrefix(key, string(kind)+"/"); ok {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (g *guest) snapshot() picture {
	g.t.Helper()
	a := g.get("/api/v1/snapshot")
	if a.StatusCode != http.StatusOK {
		g.t.Fatalf("snapshot: %d %s", a.StatusCode, a.body)
	}
	p := picture{}
	lines := bufio.NewScanner(bytes.NewReader(a.body))
	lines.Buffer(nil, 1<<20)
	lines.Scan() // the head
	ended := false
	for lines.Scan() {
		var end web.SnapshotEnd
		if json.Unmarshal(lines.Bytes(), &end) == nil && end.End {
			if ended = true; end.Count != len(p) {
				g.t.Errorf("the snapshot says it has %d records, it has %d", end.Count, len(p))
			}
			continue
		}
		p.put(g.t, lines.Bytes())
	}
	if !ended {
		g.t.Error("the snapshot has no end")
	}
	return p
}

// journalFold applies the whole journal, as a console applies its feed.
func (g *guest) journalFold() picture {
	g.t.Helper()
	p := picture{}
	for after, more := int64(0), true; more; {
		a := g.get(fmt.Sprintf("/api/v1/journal?after=%d&limit=7", after))
		var page struct {
			Changes []struct {
				Seq  int64
				Put  []json.RawMessage
				Drop []dispatch.Ref
			}
			Next int64
			More bool
		}
		if err := json.Unmarshal(a.body, &page); err != nil {
			g.t.Fatalf("journal: %v %s", err, a.body)
		}
		for _, c := range page.Changes {
			if c.Seq <= after {
				g.t.Fatalf("seq %d comes after %d", c.Seq, after)
			}
			after = c.Seq
			for _, d := range c.Drop {
				delete(p, string(d.Kind)+"/"+d.ID)
			}
			for _, raw := range c.Put {
				p.put(g.t, raw)
			}
		}
		after, more = page.Next, page.More
	}
	return p
}

// busy makes some of everything: an open incident with a team on it, one that is shared and unshared,
// notes open and internal, reports, a hazard, items, a device, an alarm.
func (h *house) busy() (incident string) {
	desk, fire, admin := h.as("desk"), h.as("firedesk"), h.as("admin")
	incident = desk.incident()
	desk.done("task.assign", dispatch.TaskAssign{Incident: incident, Team: h.teams["xf1"]})
	desk.done("note.add", dispatch.NoteAdd{Incident: incident, Text: "现场有浓烟"})
	desk.done("note.add", dispatch.NoteAdd{Incident: incident, Text: "内部：" + caller, Internal: true})
	second := desk.incident()
	desk.done("incident.share", dispatch.IncidentShare{Incident: second, Agency: h.clinic, Tier: dispatch.TierView, Redacted: true})
	third := desk.incident()
	desk.done("incident.share", dispatch.IncidentShare{Incident: third, Agency: h.fire, Tier: dispatch.TierView})
	desk.done("incident.unshare", dispatch.IncidentShare{Incident: third, Agency: h.fire})
	desk.done("report.take", dispatch.ReportTake{Channel: "hotline", Text: "听到爆炸声", Area: "411003", Caller: caller})
	fire.done("team.distress", dispatch.TeamDistress{Team: h.teams["xf1"]})
	fire.done("equipment.save", dispatch.EquipmentSave{Name: "水泵", Type: "pump", Condition: dispatch.ConditionReady, Serial: "SN-1", Place: dispatch.Place{Text: "库房", Point: &scene}})
	fire.done("stock.save", dispatch.StockSave{Name: "泡沫", Type: "foam", Unit: "升", Place: dispatch.Place{Text: "库房", Point: &scene}})
	fire.done("depot.save", dispatch.DepotSave{Name: "中队仓库", Type: "station", Keeper: "保管员", Place: dispatch.Place{Text: "库房", Point: &scene}})
	desk.done("hazard.save", dispatch.HazardSave{Name: "液氨储罐", Level: 2, Operator: "某厂", Place: dispatch.Place{Point: &scene}, Duty: []dispatch.DutyLine{{Name: "责任人", Phone: "13800000001"}}})
	admin.done("agreement.save", dispatch.AgreementSave{Name: "联动协议", Text: "协议原文", Parties: []string{h.fire}, AgreementTerms: dispatch.AgreementTerms{
		Subjects: dispatch.AgreementSubjects, Tier: dispatch.TierView}})
	admin.done("device.save", dispatch.DeviceSave{Name: "车载终端", Protocol: "osmand", Team: h.teams["xf1"]})
	var crossings []dispatch.Crossing
	draw := func(g *guest, in dispatch.FenceDraw) {
		fence := g.done("fence.draw", in)
		for _, team := range h.teams {
			crossings = append(crossings, dispatch.Crossing{Fence: fence, Team: team, Inside: true, Point: scene, Fixed: h.clock()})
		}
	}
	draw(desk, dispatch.FenceDraw{Type: dispatch.FenceRing, Incident: incident, Radius: 300, Warn: dispatch.FenceWarns[:1]})
	draw(desk, dispatch.FenceDraw{Type: dispatch.FenceRing, Incident: second, Radius: 300})
	draw(fire, dispatch.FenceDraw{Type: dispatch.FenceRing, Center: &scene, Radius: 500})
	if n, err := h.svc.Cross(h.t.Context(), dispatch.Live, crossings); err != nil || n == 0 {
		h.t.Fatal(n, err)
	}
	h.claimed()
	return incident
}

// The text of an internal note is hidden from a wall, and so it must not be found by it either.
func TestSearchTellsNothingHidden(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.busy()
	a := h.as("wall").get("/api/v1/records/note?text=" + url.QueryEscape(caller))
	if !strings.Contains(string(a.body), `"records":[]`) {
		t.Errorf("%s", a.body)
	}
}

// Snapshot, lists, single reads, export, search and journal show the same set, in the same bytes, to
// each kind of person.
func TestSameSetOnEveryPath(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.busy()
	sizes := map[int]bool{}
	for _, login := range slices.Sorted(maps.Keys(h.people)) {
		t.Run(login, func(t *testing.T) {
			g := h.in(t, login)
			want := g.snapshot()
			sizes[len(want)] = true
			if got := g.journalFold(); !maps.Equal(got, want) {
				diff(t, "the journal", got, want)
			}
			listed := picture{}
			for _, kind := range dispatch.Kinds {
				for after := ""; ; {
					a := g.get(fmt.Sprintf("/api/v1/records/%s?limit=2&after=%s", kind, url.QueryEscape(after)))
					var page struct {
						Records []json.RawMessage
						Next    string
					}
					if err := json.Unmarshal(a.body, &page); err != nil || a.StatusCode != 200 {
						t.Fatalf("%s: %v %s", kind, err, a.body)
					}
					for _, raw := range page.Records {
						listed.put(t, raw)
					}
					if after = page.Next; after == "" {
						break
					}
				}
				if got := exported(t, g.get("/api/v1/export/"+string(kind)+".csv").body); !slices.Equal(got, want.of(kind)) {
					t.Errorf("export of %s: %v, want %v", kind, got, want.of(kind))
				}
			}
			if !maps.Equal(listed, want) {
				diff(t, "the lists", listed, want)
			}
			for key, raw := range want {
				if a := g.get("/api/v1/records/" + key); string(a.body) != raw && string(bytes.TrimSpace(a.body)) != raw {
					t.Errorf("%s alone:\n%s\nin the snapshot:\n%s", key, a.body, raw)
				}
			}
			for _, word := range []string{"五女店", "中队", "水泵", "氨", "局"} {
				var hits web.Hits
				if err := json.Unmarshal(g.get("/api/v1/search?limit=50&text="+url.QueryEscape(word)).body, &hits); err != nil {
					t.Fatal(err)
				}
				for _, hit := range hits.Hits {
					if _, ok := want[string(hit.Ref.Kind)+"/"+hit.Ref.ID]; !ok {
						t.Errorf("search finds %v, which is not to be seen", hit)
					}
				}
			}
		})
	}
	if len(sizes) < 4 {
		t.Errorf("only %d different pictures: the test shows too little", len(sizes))
	}
}

func diff(t *testing.T, what string, got, want picture) {
	t.Helper()
	for key := range want {
		if got[key] != want[key] {
			t.Errorf("%s: %s is\n%s\nwant\n%s", what, key, got[key], want[key])
		}
	}
	for key := range got {
		if _, ok := want[key]; !ok {
			t.Errorf("%s also shows %s", what, key)
		}
	}
}

func exported(t *testing.T, body []byte) []string {
	t.Helper()
	body, ok := bytes.CutPrefix(body, []byte("\ufeff"))
	if !ok {
		t.Error("no byte order mark")
	}
	rows, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	id := slices.Index(rows[0], "id")
	var out []string
	for _, row := range rows[1:] {
		out = append(out, row[id])
	}
	slices.Sort(out)
	return out
}

// A stranger walks every door: no answer holds a word of the incident, and no command changes anything.
func TestForeignUser(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	incident := h.busy()
	task, claim := h.taskOf(incident), dispatch.RefOf(h.find(dispatch.KindClaim)[0]).ID
	number := func() string {
		r, err := h.store.Get(t.Context(), dispatch.Live, dispatch.Ref{Kind: dispatch.KindIncident, ID: incident}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r.(*dispatch.Incident).Number
	}()
	before := h.state()
	head, err := h.store.Head(t.Context(), dispatch.Live)
	if err != nil {
		t.Fatal(err)
	}
	secrets := []string{caller, number, "五女店", "13700000001", "13800000000", "听到爆炸声", "保管员", "SN-1", "协议原文"}
	paths := []string{"/api/v1/snapshot", "/api/v1/journal", "/api/v1/vocabulary", "/api/v1/settings", "/api/v1/search?text=" + url.QueryEscape("五女店"), "/api/v1/search?text=" + number,
		"/api/v1/incidents/" + incident + "/candidates", "/api/v1/incidents/" + incident + "/access", "/api/v1/journal?incident=" + incident, "/api/v1/admin/accounts", "/api/v1/admin/devices",
		"/api/v1/tracks?from=2026-11-23T00:00:00Z&to=2026-11-24T00:00:00Z&team=" + h.teams["xf1"], "/api/v1/report?from=2026-11-23T00:00:00Z&to=2026-11-24T00:00:00Z",
		"/api/v1/tiles/areas/8/208/102.mvt", "/api/v1/replay/span", "/api/v1/replay/picture?seq=" + fmt.Sprint(head), "/api/v1/replay/picture?at=2026-11-23T08:00:00Z", "/api/v1/replay/changes",
		"/api/v1/replay/picture?seq=" + fmt.Sprint(head) + "&as=" + h.bureau + ":chief", "/api/v1/replay/changes?as=" + h.bureau + ":chief",
		"/api/v1/replay/positions?from=2026-11-23T08:00:00Z&until=2026-11-23T09:00:00Z", "/api/v1/claims/totals", "/api/v1/claims/" + claim + "/journal", "/api/v1/claims/" + claim + "/statement.html", "/api/v1/claims/" + claim + "/statement.xlsx"}
	for _, k := range dispatch.Kinds {
		paths = append(paths, "/api/v1/records/"+string(k)+"?archived=true&limit=1000", "/api/v1/records/"+string(k)+"?incident="+incident,
			"/api/v1/records/"+string(k)+"?near=113.85,34.03,50000", "/api/v1/export/"+string(k)+".csv?archived=true", "/api/v1/records/"+string(k)+"/"+incident)
	}
	// Bodies that name what is not the stranger's.
	body := fmt.Sprintf(`{"incident":%q,"task":%q,"team":%q}`, incident, task, h.teams["xf1"])
	theirs, met := h.theirs(), map[string]int{}
	for _, login := range []string{"stranger", "farwall", "faradmin"} {
		g := h.as(login)
		for _, path := range paths {
			a := g.get(path)
			for _, secret := range secrets {
				if strings.Contains(string(a.body), secret) && !strings.Contains(path, url.QueryEscape(secret)) {
					t.Errorf("%s reads %q at %s: %d\n%.600s", login, secret, path, a.StatusCode, a.body)
				}
			}
		}
		for _, c := range dispatch.Commands() {
			for _, text := range []string{body, fit(t, c, theirs)} {
				a := g.send(http.MethodPost, "/api/v1/commands/"+c.Name, strings.NewReader(text), "Idempotency-Key", g.key())
				if a.StatusCode < 400 {
					t.Errorf("%s may %s: %s -> %d %s", login, c.Name, text, a.StatusCode, a.body)
				}
				if a.StatusCode >= 400 {
					met[a.problem(t).Code]++
				}
				for _, secret := range secrets {
					if strings.Contains(string(a.body), secret) {
						t.Errorf("the refusal of %s tells %s %q: %s", c.Name, login, secret, a.body)
					}
				}
			}
		}
	}
	if after := h.state(); after != before {
		t.Errorf("before %s\nafter  %s", before, after)
	}
	// Most commands got as far as the record; else they were refused for their form and show nothing.
	if met["not_found"] < 25 || met["forbidden"] < 50 {
		t.Errorf("refusals by code: %v", met)
	}
}

// theirs is one record of each kind that is not the stranger's.
func (h *house) theirs() map[string]any {
	h.t.Helper()
	out := map[string]any{"reason": "试探", "outcome": "完", "text": "试探", "from": "assigned", "to": "acknowledged", "duty": "off_duty",
		"state": "assigned", "time": "2026-11-23T08:00:00Z", "seconds": 600, "title": "试探", "quantity": 1, "place": map[string]any{"text": "别处"}}
	for _, k := range dispatch.Kinds {
		all, err := h.store.Find(h.t.Context(), dispatch.Query{Realm: dispatch.Live, Kind: k, Limit: -1})
		if err != nil {
			h.t.Fatal(err)
		}
		for _, r := range all {
			if dispatch.HeadOf(r).Scope.Agency != h.far {
				out[string(k)] = dispatch.RefOf(r).ID
			}
		}
	}
	out["into"] = out["incident"]
	return out
}

// fit fills the fields of a command that name a record with the ids of what is not the stranger's.
func fit(t *testing.T, c *dispatch.Command, theirs map[string]any) string {
	t.Helper()
	out := map[string]any{}
	noun, verb, _ := strings.Cut(c.Name, ".")
	for _, f := range dispatch.Fields(c.Input) {
		if v, ok := theirs[f]; ok {
			out[f] = v
		}
		if f == "id" { // an edit of somebody else's
			out[f] = theirs[noun]
		}
	}
	if noun == "area" && verb == "duty" {
		out["duty"] = []any{}
	}
	raw, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// The record of one incident is what the whole record says of it, however it is paged.
func TestIncidentJournal(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	incident := h.busy()
	g := h.as("desk")
	type page struct {
		Changes []struct {
			Seq  int64
			Put  []struct{ Kind, ID, Incident string }
			Drop []dispatch.Ref
		}
		Next int64
		More bool
	}
	read := func(query string) (seqs []int64) {
		for after, more := int64(0), true; more; {
			var p page
			if err := json.Unmarshal(g.get(fmt.Sprintf("/api/v1/journal?after=%d&%s", after, query)).body, &p); err != nil {
				t.Fatal(err)
			}
			for _, c := range p.Changes {
				seqs = append(seqs, c.Seq)
			}
			after, more = p.Next, p.More
		}
		return seqs
	}
	var want []int64
	var all page
	if err := json.Unmarshal(g.get("/api/v1/journal?limit=1000").body, &all); err != nil || all.More {
		t.Fatal(err, all.More)
	}
	for _, c := range all.Changes {
		touches := slices.ContainsFunc(c.Drop, func(r dispatch.Ref) bool { return r.Kind == dispatch.KindIncident && r.ID == incident })
		for _, p := range c.Put {
			touches = touches || p.Incident == incident || p.Kind == "incident" && p.ID == incident
		}
		if touches {
			want = append(want, c.Seq)
		}
	}
	if len(want) < 5 || len(want) == len(all.Changes) {
		t.Fatalf("%d of %d changes touch the incident: no test", len(want), len(all.Changes))
	}
	for _, query := range []string{"incident=" + incident, "limit=1&incident=" + incident, "limit=3&incident=" + incident} {
		if got := read(query); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
}
