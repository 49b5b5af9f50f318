package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"liandong/cmd/liandong/feedcheck"
	"liandong/cmd/liandong/remote"
	"liandong/cmd/liandong/replay"
	"liandong/dispatch"
)

// The test binary is the program, too, where a test starts a server in a process of its own.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// messages takes what the command and its servers say at once.
type messages struct {
	mu   sync.Mutex
	text bytes.Buffer // not embedded: its ReadFrom would go round the lock
}

func (l *messages) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// report runs a command that prints JSON and decodes it.
func report[T any](t *testing.T, args ...string) T {
	t.Helper()
	var out bytes.Buffer
	var errs messages
	code := run(args, &out, &errs)
	var v T
	if err := json.Unmarshal(out.Bytes(), &v); err != nil {
		t.Fatalf("exit %d: %v\n%s\n%s", code, err, out.String(), errs.text.String())
	}
	if code != 0 {
		t.Errorf("exit %d\n%.4000s\n%s", code, out.String(), errs.text.String())
	}
	return v
}

// A made-up log of 20 calls: what can be loaded is loaded and ends as the table says, the rest is
// reported with its reason.
func TestReplayOfAMadeUpLog(t *testing.T) {
	t.Parallel()
	res := report[replay.Result](t, "replay", "sf-fire", "replay/testdata/invented.csv", "--json")
	if res.Calls != 20 || res.Rows != 35 || res.LoadedCalls != 19 || res.LoadedRows != 30 || !res.Whole() {
		t.Errorf("%d calls, %d loaded; %d rows, %d loaded; whole: %v; wrong: %v", res.Calls, res.LoadedCalls, res.Rows, res.LoadedRows, res.Whole(), res.Wrong)
	}
	want := map[string]string{
		"990000008-51":  "falling times: at hospital 1m40s before transporting",
		"990000009-T08": "no end",
		"990000011-E07": "was sent to incident 990000010",
		"990000013-51":  "no legal path: from en_route to to_destination",
		"990000020":     "entered before it was received",
		"990000020-52":  "its call cannot be loaded",
	}
	for _, x := range res.Refused {
		if reason, ok := want[x.ID]; !ok || !strings.Contains(x.Reason, reason) {
			t.Errorf("%s %s is reported: %s; want %q", x.What, x.ID, x.Reason, reason)
		}
		delete(want, x.ID)
	}
	if len(want) > 0 {
		t.Errorf("not reported: %v", want)
	}
	if res.FixesRefused > 0 || res.Fixes == 0 {
		t.Errorf("%d positions taken, %d not", res.Fixes, res.FixesRefused)
	}
}

// The real log, whole: with LIANDONG_DATA and, because it takes minutes, PROVE.
func TestReplayOfTheRealLog(t *testing.T) {
	data := os.Getenv(testVariable)
	if data == "" || os.Getenv("PROVE") == "" {
		t.Skip("set LIANDONG_DATA to the folder with dispatch_logs/ and PROVE=1")
	}
	res := report[replay.Result](t, "replay", "sf-fire", filepath.Join(data, "dispatch_logs", "sf_fire_calls_2020-04.csv"), "--json")
	if res.Calls != 5292 || res.Rows != 10410 || !res.Whole() || len(res.Refused)*100 >= res.Rows {
		t.Errorf("%d calls, %d rows, %d reported, whole: %v; wrong: %.5v", res.Calls, res.Rows, len(res.Refused), res.Whole(), res.Wrong)
	}
}

// Consoles of every role hold the right picture after kills and cuts.
func TestFeedSurvivesKillsAndCuts(t *testing.T) {
	t.Parallel()
	args := []string{"verify-feed", "--calls", "24", "--consoles", "8", "--kills", "3", "--json"}
	if os.Getenv("PROVE") != "" {
		args = []string{"verify-feed", "--calls", "2000", "--consoles", "50", "--kills", "3", "--json"}
		if data := os.Getenv(testVariable); data != "" {
			args = append(args, "--file", filepath.Join(data, "dispatch_logs", "sf_fire_calls_2020-04.csv"))
		}
	}
	v := report[feedcheck.Verdict](t, args...)
	if v.Kills != 3 || !v.Good() {
		t.Errorf("killed %d times; good: %v", v.Kills, v.Good())
	}
	for _, c := range v.Consoles {
		if len(c.Faults) > 0 || c.Changes == 0 || c.Connects < 2 {
			t.Errorf("%s: %d changes over %d connections: %v", c.Who, c.Changes, c.Connects, c.Faults)
		}
	}
}

// The same with two nodes on one database: consoles on either, kills of either.
func TestFeedOfTwoNodesSurvivesKills(t *testing.T) {
	t.Parallel()
	args := []string{"verify-feed", "--nodes", "2", "--calls", "80", "--consoles", "8", "--kills", "3", "--json"}
	if os.Getenv("PROVE") != "" {
		args = []string{"verify-feed", "--nodes", "2", "--calls", "1000", "--consoles", "50", "--kills", "6", "--json"}
	}
	v := report[feedcheck.Verdict](t, args...)
	if !v.Good() {
		t.Error("the verdict is bad")
	}
	for _, c := range v.Consoles {
		if len(c.Faults) > 0 || c.Changes == 0 || c.Connects < 2 {
			t.Errorf("%s: %d changes over %d connections: %v", c.Who, c.Changes, c.Connects, c.Faults)
		}
	}
}

// Two hundred clients send the same team at the same moment: one wins, the others learn who.
func TestTwoHundredClientsOneTeam(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dir := t.TempDir()
	launch, password, err := privateServer(ctx, io.Discard, databaseFlags{Dir: dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := launch.Start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	})
	admin, err := p.FirstSignIn(ctx, firstLogin, password, dispatch.RoleAdmin)
	if err != nil {
		t.Fatal(err)
	}
	desks := make([]*remote.Person, 10)
	incidents := make([]*dispatch.Incident, len(desks))
	for i := range desks {
		if desks[i], err = admin.Hire(ctx, dispatch.PersonSave{Agency: admin.Agency, Name: fmt.Sprintf("Desk %d", i), Login: fmt.Sprintf("desk%d", i), Roles: []dispatch.Role{dispatch.RoleDispatcher}}); err != nil {
			t.Fatal(err)
		}
		done, err := desks[i].Do(ctx, remote.Random(8), "incident.open", dispatch.IncidentOpen{Type: "12G03", Title: "at once"})
		if err != nil {
			t.Fatal(err)
		}
		if incidents[i], err = remote.First[dispatch.Incident](done, dispatch.KindIncident); err != nil {
			t.Fatal(err)
		}
	}
	done, err := admin.Do(ctx, remote.Random(8), "team.save", dispatch.TeamSave{Name: "The one", CallSign: "X1", Type: dispatch.TeamFire, SeatsMin: 1, SeatsFull: 1})
	if err != nil {
		t.Fatal(err)
	}
	team, err := remote.First[dispatch.Team](done, dispatch.KindTeam)
	if err != nil {
		t.Fatal(err)
	}
	crew := 1
	if _, err := desks[0].Do(ctx, remote.Random(8), "team.duty", dispatch.TeamDuty{Team: team.ID, Duty: dispatch.DutyAvailable, Crew: &crew}); err != nil {
		t.Fatal(err)
	}

	const clients = 200
	start := make(chan struct{})
	answers := make([]error, clients)
	var all sync.WaitGroup
	for n := range clients {
		all.Go(func() {
			<-start
			_, answers[n] = desks[n%len(desks)].Do(ctx, remote.Random(8), "task.assign", dispatch.TaskAssign{Incident: incidents[n%len(desks)].ID, Team: team.ID})
		})
	}
	close(start)
	all.Wait()
	winner := -1
	for n, err := range answers {
		if err == nil {
			if winner >= 0 {
				t.Fatalf("clients %d and %d both won", winner, n)
			}
			winner = n
		}
	}
	if winner < 0 {
		t.Fatalf("nobody won; the first answer: %v", answers[0])
	}
	for n, err := range answers {
		var refusal *remote.Refusal
		if n == winner {
			continue
		}
		// Whoever asks for the winner's own incident is told that the team is there already.
		named := errors.As(err, &refusal) && (strings.Contains(refusal.Detail, incidents[winner%len(desks)].Number) ||
			n%len(desks) == winner%len(desks) && strings.Contains(refusal.Detail, "on this incident already"))
		if !named || refusal.Code != dispatch.Conflict {
			t.Errorf("client %d: %v; want a conflict that names incident %s", n, err, incidents[winner%len(desks)].Number)
		}
	}
	var page struct {
		Records []dispatch.Task `json:"records"`
	}
	if err := desks[0].Get(ctx, "/api/v1/records/task?team="+team.ID, &page); err != nil {
		t.Fatal(err)
	}
	if len(page.Records) != 1 {
		t.Errorf("%d tasks of the team, want 1", len(page.Records))
	}
}
