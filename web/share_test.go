package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"liandong/dispatch"
)

// into reads a JSON answer.
func into(t *testing.T, a answer, v any) {
	t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil || a.StatusCode != http.StatusOK {
		t.Fatalf("%d %s: %v", a.StatusCode, a.body, err)
	}
}

// A share that has ended gives nothing at any door, though nothing has carried out what is due: not from
// the snapshot that is kept, not from the list, the record, the search, the journal, the export, and no
// command.
func TestEndedShareAtEveryDoor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	desk, clinic := h.as("desk"), h.as("clinicdesk")
	incident := desk.incident()
	note := desk.done("note.add", dispatch.NoteAdd{Incident: incident, Text: "现场有浓烟"})
	until := h.clock().Add(time.Hour)
	desk.done("incident.share", dispatch.IncidentShare{Incident: incident, Agency: h.clinic, Tier: dispatch.TierAssist, Until: &until})
	record := "/api/v1/records/incident/" + incident
	var title struct{ Title string }
	into(t, clinic.get(record), &title)
	search := "/api/v1/search?text=" + url.QueryEscape(title.Title)
	look := func(want bool, when string) {
		t.Helper()
		for name, seen := range map[string]bool{
			"snapshot": slices.Contains(clinic.snapshot().of(dispatch.KindIncident), incident),
			"note":     slices.Contains(clinic.snapshot().of(dispatch.KindNote), note),
			"feed":     slices.Contains(clinic.journalFold().of(dispatch.KindIncident), incident),
			"record":   clinic.get(record).StatusCode == http.StatusOK,
			"list":     strings.Contains(string(clinic.get("/api/v1/records/incident").body), incident),
			"search":   strings.Contains(string(clinic.get(search).body), incident),
			"journal":  clinic.get("/api/v1/journal?incident="+incident).StatusCode == http.StatusOK,
			"export":   strings.Contains(string(clinic.get("/api/v1/export/incident.csv").body), title.Title),
		} {
			if seen != want {
				t.Errorf("%s: %s shows it: %v", when, name, seen)
			}
		}
	}
	look(true, "while it lasts")
	h.pass(time.Hour)
	look(false, "after its end")
	wantProblem(t, clinic.command("note.add", dispatch.NoteAdd{Incident: incident, Text: "再记"}), http.StatusNotFound, "not_found", "")
	if desk.get("/api/v1/records/incident/"+incident).StatusCode != http.StatusOK {
		t.Error("its owner sees it no more")
	}
	// What is due takes the share away, and the journal tells it once.
	before := len(desk.journalFold())
	if n, err := h.svc.FireDue(t.Context(), dispatch.Live); err != nil || n == 0 {
		t.Fatal(n, err)
	}
	look(false, "after it was carried out")
	if len(desk.journalFold()) != before {
		t.Error("the owner's picture is another one")
	}
}

// Who sees an incident is told to those who own or coordinate it.
func TestWhoSees(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	desk, clinic, fire := h.as("desk"), h.as("clinicdesk"), h.as("firedesk")
	incident := desk.incident()
	until := h.clock().Add(time.Hour)
	desk.done("incident.share", dispatch.IncidentShare{Incident: incident, Agency: h.clinic, Tier: dispatch.TierView, Redacted: true, Until: &until})
	path := fmt.Sprintf("/api/v1/incidents/%s/access", incident)
	var access dispatch.Access
	into(t, desk.get(path), &access)
	i := slices.IndexFunc(access.Agencies, func(a dispatch.AgencyAccess) bool { return a.Agency == h.clinic })
	if i < 0 || access.Agencies[i].Sees[dispatch.RoleDispatcher] != "redacted" || access.Agencies[i].Relation != dispatch.Viewer || !access.Agencies[i].Reasons[0].Until.Equal(until) {
		t.Errorf("access %+v", access.Agencies)
	}
	wantProblem(t, clinic.get(path), http.StatusForbidden, "forbidden", "")
	wantProblem(t, fire.get(path), http.StatusNotFound, "not_found", "")
}
