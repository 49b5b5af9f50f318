package web_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"liandong/dispatch"
)

var update = flag.Bool("update", false, "write the golden files anew")

// What differs from run to run is written as a word.
var varying = []struct {
	what *regexp.Regexp
	as   string
}{
	{regexp.MustCompile(`"csrf":"[0-9a-f]{32}"`), `"csrf":"0123456789abcdef0123456789abcdef"`},
	{regexp.MustCompile(`"epoch":"[0-9-]+"`), `"epoch":"7000000000000000000-1-1"`},
	{regexp.MustCompile(`("epoch":"[^"]+","seq":\d+,"realm":"live","at":)"[^"]+"`), `$1"2026-11-23T08:00:00Z"`},
}

// TestWire holds the answers against files that the console's tests read, too: a change of the wire
// shows in a diff, and both ends are tested on the same bytes.
func TestWire(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.guest()
	got := map[string]string{"session.json": string(g.signIn("desk", password).body), "auth.json": string(h.guest().get("/api/v1/session").body)}
	incident := g.incident()
	got["candidates.json"] = string(g.get("/api/v1/incidents/" + incident + "/candidates").body)
	got["done.json"] = string(g.command("task.assign", dispatch.TaskAssign{Incident: incident, Team: h.teams["xf1"]}).body)
	task := h.taskOf(incident)
	got["illegal_move.json"] = string(g.command("task.advance", dispatch.TaskAdvance{Task: task, From: dispatch.TaskAssigned, To: dispatch.TaskDone}).body)
	got["conflict.json"] = string(g.command("task.assign", dispatch.TaskAssign{Incident: g.incident(), Team: h.teams["xf1"]}).body)
	got["invalid.json"] = string(g.send("POST", "/api/v1/commands/incident.open", strings.NewReader(`{"titel":1}`), "Idempotency-Key", g.key()).body)
	got["records.json"] = string(g.get("/api/v1/records/incident").body)
	got["journal.json"] = string(g.get("/api/v1/journal?incident=" + incident).body)
	got["search.json"] = string(g.get("/api/v1/search?text=xf").body)
	got["settings.json"] = string(g.get("/api/v1/settings").body)
	got["snapshot.ndjson"] = string(g.get("/api/v1/snapshot").body)
	got["snapshot_wall.ndjson"] = string(h.as("wall").get("/api/v1/snapshot").body)
	for name, text := range got {
		for _, v := range varying {
			text = v.what.ReplaceAllString(text, v.as)
		}
		text = strings.TrimRight(text, "\n") + "\n"
		file := filepath.Join("testdata", "wire", name)
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if text != string(want) {
			t.Errorf("%s has changed (go test ./web -run TestWire -update writes it anew):\n got %s\nwant %s", name, text, want)
		}
	}
}
