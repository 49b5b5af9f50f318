package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"liandong/dispatch"
)

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.guest()
	wantProblem(t, g.get("/api/v1/session"), 401, "auth", "")
	a := g.signIn("Desk ", password) // as a phone's keyboard writes it
	if a.StatusCode != 200 {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	c := a.Cookies()[0]
	if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || len(c.Value) != 64 {
		t.Errorf("cookie %+v", c)
	}
	if a := g.get("/api/v1/snapshot"); a.StatusCode != 200 {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	if a := g.send(http.MethodDelete, "/api/v1/session", nil); a.StatusCode != http.StatusNoContent {
		t.Fatalf("sign out: %d %s", a.StatusCode, a.body)
	}
	wantProblem(t, g.get("/api/v1/session"), 401, "auth", "")
}

func TestWrongPasswordTellsNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	one, two := h.guest().signIn("desk", "wrong wrong wrong"), h.guest().signIn("nobody", "wrong wrong wrong")
	wantProblem(t, one, 401, "auth", "")
	if one.StatusCode != two.StatusCode || string(one.body) != string(two.body) {
		t.Errorf("a known login answers\n%s\nan unknown one\n%s", one.body, two.body)
	}
	if strings.Contains(h.log.String(), "wrong wrong") {
		t.Error("the log holds a password")
	}
}

func TestThrottle(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for n := range 5 {
		wantProblem(t, h.guest().signIn("desk", fmt.Sprint("guess ", n)), 401, "auth", "")
	}
	a := h.guest().signIn("desk", password)
	wantProblem(t, a, 429, "throttled", "")
	if a.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	if a := h.guest().signIn("chief", password); a.StatusCode != 200 {
		t.Errorf("somebody else at the same address is shut out: %d", a.StatusCode)
	}
	h.pass(31 * time.Second)
	if a := h.guest().signIn("desk", password); a.StatusCode != 200 {
		t.Errorf("after the wait: %d %s", a.StatusCode, a.body)
	}
}

func TestAccountLock(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for n := range 30 {
		h.pass(20 * time.Minute) // a patient guesser
		wantProblem(t, h.guest().signIn("desk", fmt.Sprint("guess ", n)), 401, "auth", "")
	}
	h.pass(time.Second)
	wantProblem(t, h.guest().signIn("desk", password), 429, "throttled", "")
	admin := h.as("admin")
	a := admin.get("/api/v1/admin/accounts")
	if !strings.Contains(string(a.body), `"locked_until":"`) {
		t.Errorf("the administrator does not see the lock: %s", a.body)
	}
	admin.done("person.unlock", map[string]string{"person": h.people["desk"]})
	h.pass(time.Hour)
	if a := h.guest().signIn("desk", password); a.StatusCode != 200 {
		t.Errorf("unlocked, but %d %s", a.StatusCode, a.body)
	}
}

func TestCSRF(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.as("desk")
	body := dispatch.ReportTake{Channel: "hotline", Text: "起火"}
	wantProblem(t, g.command("report.take", body, "X-CSRF", ""), 403, "csrf", "")
	wantProblem(t, g.command("report.take", body, "X-CSRF", "guess"), 403, "csrf", "")
	wantProblem(t, g.command("report.take", body, "Origin", "https://evil.example"), 403, "csrf", "")
	wantProblem(t, g.command("report.take", body, "Sec-Fetch-Site", "cross-site"), 403, "csrf", "")
	evil := h.guest().send(http.MethodPost, "/api/v1/session", strings.NewReader(fmt.Sprintf(`{"login":"desk","password":%q}`, password)),
		"Content-Type", "application/json", "Sec-Fetch-Site", "cross-site")
	wantProblem(t, evil, 403, "csrf", "")
	g.done("report.take", body)
}

func TestRoleAndRights(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.as("desk")
	put := func(role string) answer {
		return g.send(http.MethodPut, "/api/v1/session/role", strings.NewReader(`{"role":"`+role+`"}`), "Content-Type", "application/json")
	}
	p := wantProblem(t, put("chief"), 403, "forbidden", "role")
	if len(p.Legal) != 2 {
		t.Errorf("legal %v, want the person's roles", p.Legal)
	}
	if a := put("planner"); a.StatusCode != 200 {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	wantProblem(t, g.command("report.take", dispatch.ReportTake{Channel: "hotline", Text: "起火"}), 403, "forbidden", "")

	// What an administrator changes holds from the next request on.
	admin := h.as("admin")
	admin.done("person.save", dispatch.PersonSave{ID: h.people["desk"], Agency: h.bureau, Name: "人员desk", Login: "desk", Roles: []dispatch.Role{dispatch.RoleChief}})
	wantProblem(t, g.get("/api/v1/session"), 401, "auth", "")
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g, wall := h.as("desk"), h.as("wall")
	h.pass(11 * time.Hour)
	if a := g.get("/api/v1/session"); a.StatusCode != 200 {
		t.Fatalf("after 11 h: %d", a.StatusCode)
	}
	h.pass(11 * time.Hour)
	if a := g.get("/api/v1/session"); a.StatusCode != 200 {
		t.Fatalf("used within 12 h: %d", a.StatusCode)
	}
	h.pass(13 * time.Hour)
	wantProblem(t, g.get("/api/v1/session"), 401, "auth", "")
	h.pass(60 * 24 * time.Hour)
	if a := wall.get("/api/v1/session"); a.StatusCode != 200 {
		t.Errorf("the wall after two months: %d", a.StatusCode)
	}
	gone := wall.send(http.MethodDelete, "/api/v1/session", nil)
	if gone.StatusCode != http.StatusNoContent {
		t.Fatalf("sign out: %d %s", gone.StatusCode, gone.body)
	}
	wantProblem(t, wall.get("/api/v1/session"), 401, "auth", "")
}

func TestFirstPassword(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin := h.as("admin")
	a := admin.command("person.password", dispatch.PersonPassword{Person: h.people["desk"]})
	var made struct{ Secret string }
	if err := json.Unmarshal(a.body, &made); err != nil || len(made.Secret) < 10 {
		t.Fatalf("no password was made: %v %s", err, a.body)
	}
	if strings.Contains(h.log.String(), made.Secret) {
		t.Error("the log holds the password")
	}
	g := h.guest()
	if a := g.signIn("desk", made.Secret); a.StatusCode != 200 || !strings.Contains(string(a.body), `"must_change":true`) {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	wantProblem(t, g.get("/api/v1/snapshot"), 403, "forbidden", "password")
	wantProblem(t, g.command("report.take", dispatch.ReportTake{Channel: "hotline", Text: "起火"}), 403, "forbidden", "password")
	change := func(old, word string) answer {
		body, err := json.Marshal(map[string]string{"old": old, "new": word})
		if err != nil {
			t.Fatal(err)
		}
		return g.send(http.MethodPut, "/api/v1/session/password", bytes.NewReader(body), "Content-Type", "application/json")
	}
	wantProblem(t, change("guess", "another long word"), 403, "forbidden", "old")
	wantProblem(t, change(made.Secret, "short"), 422, "invalid", "new")
	wantProblem(t, change(made.Secret, "my login is desk"), 422, "invalid", "new")
	wantProblem(t, change(made.Secret, made.Secret), 422, "invalid", "new")
	if a := change(made.Secret, "another long word"); a.StatusCode != http.StatusNoContent {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	if a := g.get("/api/v1/snapshot"); a.StatusCode != 200 {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
}
