package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"liandong/dispatch"
	"liandong/realtime/client"
)

// console opens a socket for the guest. ended gives what Run returned.
func (g *guest) console(ctx context.Context) (*client.Console, <-chan error) {
	g.t.Helper()
	c := client.New(client.Config{Base: g.url, HTTP: g.http, Header: http.Header{"X-CSRF": {g.csrf}}})
	ended := make(chan error, 1)
	opening, over := context.WithCancel(ctx)
	go func() {
		ended <- c.Run(ctx)
		over()
	}()
	if err := c.Wait(opening, 0); err != nil {
		g.t.Fatalf("no socket: %v", <-ended)
	}
	return c, ended
}

// What the feed told each kind of person is in the end what a fresh snapshot shows.
func TestFeedEqualsSnapshot(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	consoles := map[string]*client.Console{}
	for login := range h.people {
		consoles[login], _ = h.as(login).console(ctx)
	}
	h.busy()
	head, err := h.store.Head(ctx, dispatch.Live)
	if err != nil {
		t.Fatal(err)
	}
	for login, c := range consoles {
		if err := c.Wait(ctx, head); err != nil {
			t.Fatalf("%s: %v", login, err)
		}
		fresh, err := c.Snapshot(ctx)
		if err != nil {
			t.Fatalf("%s: %v", login, err)
		}
		for _, d := range c.Picture().Diff(fresh) {
			t.Errorf("%s: %s", login, d)
		}
		if s := c.Stats(); s.Gaps != 0 || s.Doubles != 0 || s.Connects != 1 {
			t.Errorf("%s: %+v", login, s)
		}
	}
}

// Both doors carry out the same commands and refuse in the same words.
func TestSocketAndHTTPAgree(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.as("desk")
	c, _ := g.console(t.Context())
	report := dispatch.ReportTake{Channel: "hotline", Text: "起火"}
	key := h.key()
	first, err := c.Command(t.Context(), key, "report.take", report)
	if err != nil || first.Problem != nil {
		t.Fatalf("%v %s", err, first.Problem)
	}
	var again client.Answer
	a := g.command("report.take", report, "Idempotency-Key", key)
	if err := json.Unmarshal(a.body, &again); err != nil || !again.Replayed || again.Seq != first.Seq || string(again.Put[0]) != string(first.Put[0]) {
		t.Errorf("the same key over HTTP: %v %s", err, a.body)
	}
	for name, body := range map[string]any{"report.take": map[string]any{"txet": 1}, "incident.edit": map[string]any{"incident": "nope"}, "incident.explode": map[string]any{}, "person.save": map[string]any{}} {
		here, err := c.Command(t.Context(), h.key(), name, body)
		if err != nil {
			t.Fatal(err)
		}
		there := g.command(name, body)
		if there.StatusCode < 400 || string(here.Problem)+"\n" != string(there.body) {
			t.Errorf("%s is refused over the socket with\n%s\nover HTTP with %d\n%s", name, here.Problem, there.StatusCode, there.body)
		}
	}
}

// Who signs out, is locked out or loses a right loses the socket at once.
func TestSocketsEndWithTheirRights(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin := h.as("admin")
	for name, end := range map[string]func(g *guest){
		"sign out": func(g *guest) {
			if a := g.send(http.MethodDelete, "/api/v1/session", nil); a.StatusCode != http.StatusNoContent {
				t.Errorf("%d %s", a.StatusCode, a.body)
			}
		},
		"locked": func(*guest) {
			admin.done("person.save", dispatch.PersonSave{ID: h.people["desk"], Agency: h.bureau, Name: "人员desk", Login: "desk", Roles: []dispatch.Role{dispatch.RoleDispatcher}, Locked: true})
			admin.done("person.save", dispatch.PersonSave{ID: h.people["desk"], Agency: h.bureau, Name: "人员desk", Login: "desk", Roles: []dispatch.Role{dispatch.RoleDispatcher}})
		},
		"another role": func(*guest) {
			admin.done("person.save", dispatch.PersonSave{ID: h.people["desk"], Agency: h.bureau, Name: "人员desk", Login: "desk", Roles: []dispatch.Role{dispatch.RolePlanner}})
			admin.done("person.save", dispatch.PersonSave{ID: h.people["desk"], Agency: h.bureau, Name: "人员desk", Login: "desk", Roles: []dispatch.Role{dispatch.RoleDispatcher}})
		},
		"password": func(*guest) {
			admin.done("person.password", dispatch.PersonPassword{Person: h.people["chief"], Password: password + "?"})
		},
	} {
		login := "desk"
		if name == "password" {
			login = "chief"
		}
		g := h.as(login)
		_, ended := g.console(t.Context())
		end(g)
		if err := <-ended; !errors.Is(err, client.ErrSignIn) {
			t.Errorf("%s: the console ended with %v", name, err)
		}
	}
}

// An agency that gets a jurisdiction sees more from the next moment on, without signing in again.
func TestJurisdictionTakesEffect(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.busy()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	c, _ := h.as("clinicdesk").console(ctx)
	before := len(h.as("clinicdesk").snapshot().of(dispatch.KindIncident))
	h.as("admin").done("agency.save", dispatch.AgencySave{ID: h.clinic, Name: "急救中心", Area: "411003", Type: dispatch.AgencyGovernment, Jurisdiction: "411003"})
	head, err := h.store.Head(ctx, dispatch.Live)
	if err != nil {
		t.Fatal(err)
	}
	for c.Stats().Closes[4004] == 0 || c.Stats().Connects < 2 {
		if err := c.Wait(ctx, head); err != nil {
			t.Fatal(err)
		}
	}
	fresh, err := c.Snapshot(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range c.Picture().Diff(fresh) {
		t.Errorf("%s", d)
	}
	if after := len(h.as("clinicdesk").snapshot().of(dispatch.KindIncident)); after <= before {
		t.Errorf("%d incidents before, %d after", before, after)
	}
}
