package dispatch

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// Fifteen situations and who should go, by hand. Teams are written as
// "name seats/crew minutes words", the expected order as names; excluded as
// "name:reason".
func TestWhoCouldGo(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name       string
		needs      string
		teams      []string
		order      string
		excluded   string
		shortfalls string
	}{
		{name: "1 nearest of equals", needs: "fire:1", teams: []string{"a 4/6 9 fire", "b 4/6 4 fire"}, order: "b a"},
		{name: "2 capability before distance", needs: "fire:1 hazmat:1", teams: []string{"near 4/6 2 fire", "far 4/6 20 fire,hazmat"}, order: "far near"},
		{name: "3 without the capability: not at all", needs: "hazmat:1", teams: []string{"a 4/6 2 fire", "b 4/6 30 hazmat"},
			order: "b", excluded: "a:no_capability"},
		{name: "4 a certificate that ran out is none", needs: "hazmat:1", teams: []string{"old 4/6 2 hazmat!", "new 4/6 30 hazmat"},
			order: "new", excluded: "old:no_capability"},
		{name: "5 a wider need is met by a narrower skill", needs: "rescue:1", teams: []string{"a 4/6 5 rescue.vehicle"}, order: "a"},
		{name: "6 available before on break, though farther", needs: "fire:1", teams: []string{"break 4/6 2 fire on_break", "ready 4/6 15 fire"},
			order: "ready break"},
		{name: "7 full crew before minimum", needs: "fire:1", teams: []string{"thin 4/4 2 fire", "full 4/6 9 fire"}, order: "full thin"},
		{name: "8 too few aboard", needs: "fire:1", teams: []string{"a 4/3 2 fire", "b 4/6 9 fire"}, order: "b", excluded: "a:understaffed"},
		{name: "9 own before asked for", needs: "fire:1", teams: []string{"theirs 4/6 2 fire propose", "ours 4/6 9 fire"}, order: "ours theirs"},
		{name: "10 off duty, broken, busy, in distress, retired", needs: "fire:1",
			teams: []string{"a 4/6 1 fire off_duty", "b 4/6 1 fire out_of_service", "c 4/6 1 fire committed", "d 4/6 1 fire distress", "e 4/6 1 fire retired", "f 4/6 50 fire"},
			order: "f", excluded: "a:off_duty b:out_of_service c:committed d:distress e:retired"},
		{name: "11 already there", needs: "fire:2", teams: []string{"a 4/6 1 fire here", "b 4/6 9 fire"}, order: "b", excluded: "a:on_incident"},
		{name: "12 what is there counts: need met, any team may still go", needs: "fire:1", teams: []string{"a 4/6 1 fire here", "b 4/6 9 medical"},
			order: "b", excluded: "a:on_incident"},
		{name: "13 no needs written: nearest first, whatever they can", needs: "", teams: []string{"a 4/6 9 fire", "b 4/6 3 medical"}, order: "b a"},
		{name: "14 unknown place goes last of its equals", needs: "fire:1", teams: []string{"lost 4/6 ? fire", "a 4/6 90 fire"}, order: "a lost"},
		{name: "15 not enough for all: the shortfall is said, ties by call sign", needs: "fire:3 medical:1",
			teams: []string{"z 4/6 5 fire", "y 4/6 5 fire"}, order: "y z", shortfalls: "fire:1 medical:1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := rankInput{incident: &Incident{Head: Head{ID: "i"}, Needs: parseNeeds(t, tt.needs)}, at: at,
				assign: map[string]bool{}, on: map[string]*Task{}, travel: map[string]Travel{}, from: map[string]string{}}
			for _, s := range tt.teams {
				addTeam(t, &in, s)
			}
			// The order must not depend on the order the store answers in.
			for range 5 {
				got := rank(in)
				var order, out []string
				for n, c := range got.Candidates {
					order = append(order, c.Team)
					if c.Rank != n+1 || !c.Estimate || len(c.Reasons) == 0 {
						t.Errorf("candidate %+v has no rank, no reasons or hides that it is an estimate", c)
					}
				}
				for _, c := range got.Excluded {
					out = append(out, c.Team+":"+c.Reasons[0].Code)
				}
				if s := strings.Join(order, " "); s != tt.order {
					t.Errorf("order %q, want %q", s, tt.order)
				}
				if s := strings.Join(out, " "); s != tt.excluded {
					t.Errorf("excluded %q, want %q", s, tt.excluded)
				}
				var short []string
				for _, n := range got.Shortfalls {
					short = append(short, fmt.Sprintf("%s:%d", n.Capability, n.Count))
				}
				if s := strings.Join(short, " "); s != tt.shortfalls {
					t.Errorf("shortfalls %q, want %q", s, tt.shortfalls)
				}
				slices.Reverse(in.teams)
			}
		})
	}
}

func parseNeeds(t *testing.T, s string) []Need {
	t.Helper()
	var out []Need
	for _, f := range strings.Fields(s) {
		code, count, _ := strings.Cut(f, ":")
		n := Need{Capability: code}
		if _, err := fmt.Sscan(count, &n.Count); err != nil {
			t.Fatal(err)
		}
		out = append(out, n)
	}
	return out
}

func addTeam(t *testing.T, in *rankInput, s string) {
	t.Helper()
	f := strings.Fields(s)
	team := &Team{Head: Head{ID: f[0]}, CallSign: f[0], Duty: DutyAvailable, SeatsFull: 6}
	if _, err := fmt.Sscanf(f[1], "%d/%d", &team.SeatsMin, &team.Crew); err != nil {
		t.Fatal(err)
	}
	in.assign[team.ID] = true
	if f[2] != "?" {
		var minutes int
		if _, err := fmt.Sscan(f[2], &minutes); err != nil {
			t.Fatal(err)
		}
		in.travel[team.ID] = Travel{Seconds: minutes * 60, Meters: minutes * 800, Known: true}
	}
	for _, c := range strings.Split(f[3], ",") {
		past := in.at.Add(-time.Hour)
		if code, old := strings.CutSuffix(c, "!"); old {
			team.Capabilities = append(team.Capabilities, Capability{Code: code, Expires: &past})
		} else {
			team.Capabilities = append(team.Capabilities, Capability{Code: c})
		}
	}
	var open []*Task
	for _, word := range f[4:] {
		switch word {
		case "propose":
			in.assign[team.ID] = false
		case "committed":
			open = append(open, &Task{State: TaskEnRoute})
		case "here":
			in.on[team.ID] = &Task{State: TaskOnScene}
			open = append(open, in.on[team.ID])
		case "distress":
			team.Distress = &Distress{}
		case "retired":
			team.Retired = true
		default:
			team.Duty = Duty(word)
		}
	}
	team.derive(open)
	in.teams = append(in.teams, team)
}
