package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"liandong/dispatch"
)

// state is what bad input must not change: the journal's head and the number of rows of every table
// that commands write.
func (h *house) state() string {
	h.t.Helper()
	head, err := h.store.Head(h.t.Context(), dispatch.Live)
	if err != nil {
		h.t.Fatal(err)
	}
	conn, err := pgx.Connect(h.t.Context(), h.dsn)
	if err != nil {
		h.t.Fatal(err)
	}
	defer conn.Close(h.t.Context())
	out := fmt.Sprint("head ", head)
	tables := []string{"journal", "command", "device_token", "photo"}
	for _, k := range dispatch.Kinds {
		tables = append(tables, string(k))
	}
	for _, table := range tables {
		var n int
		if err := conn.QueryRow(h.t.Context(), "select count(*) from "+pgx.Identifier{table}.Sanitize()).Scan(&n); err != nil {
			h.t.Fatal(err)
		}
		out += fmt.Sprint(" ", table, " ", n)
	}
	return out
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.as("desk")
	incident := g.incident()
	g.done("task.assign", dispatch.TaskAssign{Incident: incident, Team: h.teams["xf1"]})
	task := h.taskOf(incident)
	before := h.state()
	const open = `{"type":"12G03","title":"起火","place":{"text":"某地"%s}}`
	for _, c := range []struct {
		name, command, body string
		status              int
		code, field         string
	}{
		{"no JSON", "incident.open", `{"type":`, 400, "invalid", "body"},
		{"empty", "incident.open", ``, 400, "invalid", "body"},
		{"text behind", "incident.open", fmt.Sprintf(open, "") + "x", 400, "invalid", "body"},
		{"unknown field", "incident.open", `{"type":"12G03","titel":"起火"}`, 422, "invalid", "titel"},
		{"wrong type", "incident.open", `{"type":"12G03","title":7}`, 422, "invalid", "title"},
		{"unknown code", "incident.open", `{"type":"1","title":"起火","place":{}}`, 422, "invalid", "type"},
		{"longitude out of range", "incident.open", fmt.Sprintf(open, `,"point":[190,34]`), 422, "invalid", "place.point"},
		{"latitude and longitude swapped", "incident.open", fmt.Sprintf(open, `,"point":[34.03,113.85]`), 422, "invalid", "place.point"},
		{"a point of one number", "incident.open", fmt.Sprintf(open, `,"point":[34.03]`), 422, "invalid", "place.point"},
		{"a time in the future", "incident.open", `{"type":"12G03","title":"起火","place":{"text":"某地"},"event_time":"2040-01-01T00:00:00Z"}`, 422, "invalid", "event_time"},
		{"no time", "incident.open", `{"type":"12G03","title":"起火","place":{"text":"某地"},"event_time":"tomorrow"}`, 422, "invalid", "event_time"},
		{"too long", "report.take", `{"channel":"hotline","text":"` + strings.Repeat("长", 2001) + `"}`, 422, "invalid", "text"},
		{"oversize", "report.take", `{"channel":"hotline","text":"` + strings.Repeat("x", 70<<10) + `"}`, 413, "too_large", "body"},
		{"control character", "report.take", `{"channel":"hotline","text":"a` + "\\u0000" + `b"}`, 422, "invalid", "text"},
		{"stale version", "incident.edit", `{"incident":"` + incident + `","title":"新","expect":{"incident/` + incident + `":99}}`, 412, "stale", "expect.incident/" + incident},
		{"a guard on nothing", "incident.edit", `{"incident":"` + incident + `","title":"新","expect":{"team/x":1}}`, 422, "invalid", "expect.team/x"},
		{"illegal move", "task.advance", `{"task":"` + task + `","from":"assigned","to":"done"}`, 409, "illegal_move", ""},
		{"no such record", "incident.edit", `{"incident":"nope","title":"新"}`, 404, "not_found", ""},
		{"the team is taken", "task.assign", `{"incident":"` + incident + `","team":"` + h.teams["xf1"] + `"}`, 409, "conflict", ""},
		{"unknown command", "incident.explode", `{}`, 422, "invalid", "command"},
		{"the server's own", "deadline.fire", `{"record":{"kind":"task","id":"x"}}`, 403, "forbidden", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := g.send(http.MethodPost, "/api/v1/commands/"+c.command, strings.NewReader(c.body), "Idempotency-Key", g.key())
			if c.field == "" && a.StatusCode == c.status {
				c.field = a.problem(t).Field
			}
			p := wantProblem(t, a, c.status, c.code, c.field)
			if c.code == "illegal_move" && len(p.Legal) == 0 {
				t.Errorf("an illegal move is refused without what is legal: %s", a.body)
			}
			if after := h.state(); after != before {
				t.Errorf("before %s\nafter  %s", before, after)
			}
		})
	}
	t.Run("keys", func(t *testing.T) {
		for _, key := range []string{"", "short", strings.Repeat("k", 65)} {
			a := g.send(http.MethodPost, "/api/v1/commands/report.take", strings.NewReader(`{"channel":"hotline","text":"起火"}`), "Idempotency-Key", key)
			wantProblem(t, a, 422, "invalid", "Idempotency-Key")
		}
		if after := h.state(); after != before {
			t.Errorf("before %s\nafter  %s", before, after)
		}
	})
}

func (h *house) taskOf(incident string) string {
	h.t.Helper()
	tasks, err := h.store.Find(h.t.Context(), dispatch.Query{Realm: dispatch.Live, Kind: dispatch.KindTask, Incident: incident})
	if err != nil || len(tasks) == 0 {
		h.t.Fatalf("no task of %s: %v", incident, err)
	}
	return dispatch.RefOf(tasks[0]).ID
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.as("desk")
	send := func(text string) answer {
		body, err := json.Marshal(dispatch.ReportTake{Channel: "hotline", Text: text})
		if err != nil {
			t.Fatal(err)
		}
		return g.send(http.MethodPost, "/api/v1/commands/report.take", bytes.NewReader(body), "Idempotency-Key", "the-same-key")
	}
	first, second := send("起火"), send("起火")
	if first.StatusCode != 200 || second.StatusCode != 200 {
		t.Fatalf("%d %d", first.StatusCode, second.StatusCode)
	}
	if want := strings.Replace(string(first.body), `"replayed":false`, `"replayed":true`, 1); string(second.body) != want {
		t.Errorf("the repeated command answers\n%s\nwant\n%s", second.body, want)
	}
	wantProblem(t, send("另一处起火"), 422, "key_reused", "Idempotency-Key")
}

func TestIfMatch(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.as("desk")
	incident := g.incident()
	etag := g.get("/api/v1/records/incident/" + incident).Header.Get("ETag")
	if etag == "" {
		t.Fatal("no ETag")
	}
	title := "新标题"
	edit := dispatch.IncidentEdit{Incident: incident, Title: &title}
	if a := g.command("incident.edit", edit, "If-Match", etag); a.StatusCode != 200 {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	a := g.command("incident.edit", edit, "If-Match", etag)
	wantProblem(t, a, 412, "stale", "expect.incident/"+incident)
	if !strings.Contains(string(a.body), `"current":{"kind":"incident"`) {
		t.Errorf("a stale edit is refused without the record as it is now: %s", a.body)
	}
	wantProblem(t, g.command("incident.edit", edit, "If-Match", `"latest"`), 422, "invalid", "If-Match")
	wantProblem(t, g.command("task.assign", dispatch.TaskAssign{Incident: incident, Team: h.teams["xf1"]}, "If-Match", `"1"`), 422, "invalid", "If-Match")
}

// Two hundred clients want one team at the same moment: one gets it, and each of the others is told who.
func TestTwoHundredAssign(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.as("desk")
	const clients = 200
	incidents := make([]string, clients)
	for i := range incidents {
		incidents[i] = g.incident()
	}
	answers := make([]answer, clients)
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i := range clients {
		body, err := json.Marshal(dispatch.TaskAssign{Incident: incidents[i], Team: h.teams["xf1"]})
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.url+"/api/v1/commands/task.assign", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-CSRF", g.csrf)
		req.Header.Set("Idempotency-Key", g.key())
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			res, err := g.http.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			defer res.Body.Close()
			var all bytes.Buffer
			if _, err := all.ReadFrom(res.Body); err != nil {
				t.Error(err)
			}
			answers[i] = answer{res, all.Bytes()}
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	if t.Failed() {
		t.FailNow()
	}
	won := -1
	for i, a := range answers {
		if a.StatusCode == http.StatusOK {
			if won >= 0 {
				t.Fatalf("both %d and %d got the team", won, i)
			}
			won = i
		}
	}
	if won < 0 {
		t.Fatalf("nobody got the team: %s", answers[0].body)
	}
	r, err := h.store.Get(t.Context(), dispatch.Live, dispatch.Ref{Kind: dispatch.KindIncident, ID: incidents[won]}, nil)
	if err != nil {
		t.Fatal(err)
	}
	number := r.(*dispatch.Incident).Number
	for i, a := range answers {
		if i == won {
			continue
		}
		p := wantProblem(t, a, http.StatusConflict, "conflict", a.problem(t).Field)
		if !strings.Contains(p.Detail, number) || !strings.Contains(p.DetailZH, number) {
			t.Errorf("the refusal does not name the winner %s: %s / %s", number, p.Detail, p.DetailZH)
		}
	}
}
