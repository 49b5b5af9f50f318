package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"liandong/cmd/liandong/replay"
	"liandong/dispatch"
)

// A made-up log is drilled at 60 times the rate and forked at its busiest moment. The fork that decides
// as before goes as before, change by change; the one that sends the nearest engines is there sooner,
// and the report says so.
func TestLogAsADrill(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	l, zone, err := readLog("replay/testdata/drilled.csv", "America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	res, err := replay.Drill(t.Context(), l, replay.DrillOptions{Admin: p.admin, From: time.Date(2020, 4, 8, 15, 0, 0, 0, time.UTC), Length: 16 * time.Minute,
		Speed: 60, Seed: 7, Rule: replay.RuleLog, Instead: []replay.Rule{replay.RuleLog, replay.RuleNearest, replay.RuleLean}, Zone: zone})
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	res.Print(&text, zone)
	t.Log(text.String())
	if res.Calls != 24 || res.Rows != 32 || res.Teams != 51 || len(res.Refused) != 0 || res.Away < 8 || !res.Good() {
		t.Errorf("%d calls, %d rows, %d teams, %d under way; not played: %v; good: %v", res.Calls, res.Rows, res.Teams, res.Away, res.Refused, res.Good())
	}
	if n := count(res.Base.Measures, dispatch.MeasureCallTaking); n != 24 {
		t.Errorf("%d calls were taken", n)
	}
	same, nearest, lean := res.Forks[0], res.Forks[1], res.Forks[2]
	if !reflect.DeepEqual(same.Measures, same.Beside) {
		t.Errorf("the same decisions measure\n%+v, before\n%+v", same.Measures, same.Beside)
	}
	before, after := p.decisions(res.Base.Drill, res.Parted), p.decisions(same.Drill, res.Parted)
	for n := range min(len(before), len(after)) {
		if before[n] != after[n] {
			t.Fatalf("change %d after the fork differs:\n%s\n%s", n, before[n], after[n])
		}
	}
	if len(before) != len(after) || len(before) < 50 {
		t.Errorf("%d changes after the fork, and %d in it", len(before), len(after))
	}
	if own, other := median(nearest.Measures, dispatch.MeasureTravel), median(nearest.Beside, dispatch.MeasureTravel); own >= other || own == 0 {
		t.Errorf("the nearest engines travel %v s, those of the log %v s", own, other)
	}
	if lean.Skipped == 0 || lean.Sent+lean.Skipped+lean.Waiting != same.Sent+same.Waiting {
		t.Errorf("without engines for ambulances %d were sent, %d not and %d waited for; else %d and %d", lean.Sent, lean.Skipped, lean.Waiting, same.Sent, same.Waiting)
	}
	if !strings.Contains(text.String(), "nearest unit") {
		t.Errorf("%s", text.String())
	}
}

func median(ms []dispatch.Measure, m dispatch.MeasureType) float64 { return measured(ms, m).Median }
func count(ms []dispatch.Measure, m dispatch.MeasureType) int      { return measured(ms, m).Count }

func measured(ms []dispatch.Measure, m dispatch.MeasureType) dispatch.Measure {
	if n := slices.IndexFunc(ms, func(x dispatch.Measure) bool { return x.Type == m }); n >= 0 {
		return ms[n]
	}
	return dispatch.Measure{}
}

// decisions are the changes of a drill after the moment, without what was done to its clock and to who
// takes part. The script's own lines are left out, too: their offsets count from where a drill begins.
func (p *practice) decisions(drill string, parted time.Time) []string {
	p.t.Helper()
	var out []string
	for after := int64(1); ; {
		all, err := p.store.Changes(p.t.Context(), dispatch.DrillRealm(drill), after, 1000)
		if err != nil {
			p.t.Fatal(err)
		}
		for _, c := range all {
			after = c.Seq
			if !c.At.After(parted) || strings.HasPrefix(c.Kind, "drill.") {
				continue
			}
			if slices.ContainsFunc(c.Puts, func(x dispatch.Put) bool { return dispatch.RefOf(x.Record).Kind == dispatch.KindInject }) {
				continue
			}
			body, err := c.Payload()
			if err != nil {
				p.t.Fatal(err)
			}
			out = append(out, strings.ReplaceAll(fmt.Sprintln(c.At, c.Kind, c.Actor.ID, c.Command, string(body)), drill, "DRILL"))
		}
		if len(all) < 1000 {
			return out
		}
	}
}

// Two hours of the real log: with LIANDONG_DATA and, because it takes minutes, PROVE.
func TestRealLogAsADrill(t *testing.T) {
	data := os.Getenv(testVariable)
	if data == "" || os.Getenv("PROVE") == "" {
		t.Skip("set LIANDONG_DATA to the folder with dispatch_logs/ and PROVE=1")
	}
	res := report[replay.DrillResult](t, "replay", "sf-drill", filepath.Join(data, "dispatch_logs", "sf_fire_calls_2020-04.csv"), "--instead", "log,nearest", "--json")
	if res.Calls != 80 || res.Rows != 128 || res.Teams != 199 || !res.Good() {
		t.Errorf("%d calls, %d rows, %d teams; good: %v", res.Calls, res.Rows, res.Teams, res.Good())
	}
	if same := res.Forks[0]; !reflect.DeepEqual(same.Measures, same.Beside) {
		t.Errorf("the same decisions measure\n%+v, before\n%+v", same.Measures, same.Beside)
	}
	if other := res.Forks[1]; reflect.DeepEqual(other.Measures, other.Beside) || other.AsLogged == other.Sent {
		t.Errorf("the nearest units are those of the log: %+v", other)
	}
}

func TestDrillOfALogIsRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ args, says string }{
		{"--speed 0", "1 to 60"}, {"--speed 61", "1 to 60"}, {"--hours 0", "--hours"}, {"--hours 25", "--hours"}, {"--seed 0", "--seed"},
		{"--rule fastest", "fastest"}, {"--instead log,slowest", "slowest"},
	} {
		args := append([]string{"replay", "sf-drill", "replay/testdata/drilled.csv"}, strings.Fields(tt.args)...)
		if code, _, errs := program(t, args...); code != 2 || !strings.Contains(errs, tt.says) {
			t.Errorf("%s: %d %q", tt.args, code, errs)
		}
	}
	l, zone, err := readLog("replay/testdata/drilled.csv", "America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	opt := replay.DrillOptions{From: time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC), Length: time.Hour, Speed: 60, Seed: 1, Rule: replay.RuleLog, Zone: zone}
	if _, err := replay.Drill(t.Context(), l, opt); err == nil || !strings.Contains(err.Error(), "no calls in these hours") {
		t.Errorf("hours without calls: %v", err)
	}
}
