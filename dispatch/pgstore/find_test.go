package pgstore

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/geo"
)

func idsOf(records []dispatch.Record) string {
	var out []string
	for _, r := range records {
		out = append(out, dispatch.HeadOf(r).ID)
	}
	return strings.Join(out, " ")
}

func TestFind(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	base := geo.At(113.85, 34.03)
	for n := range 6 {
		team := testTeam(fmt.Sprint("t", n))
		p := geo.Toward(base, 90, float64(1000*(6-n)))
		team.Base.Point, team.Updated = &p, moment.Add(time.Duration(n)*time.Minute)
		team.Initials = fmt.Sprint("xf", n)
		if n%2 == 1 {
			team.Scope.Agency, team.Scope.Area, team.Status = "a2", "411003", dispatch.TeamStatus("committed")
		}
		if n == 5 {
			team.Name = "100%_队"
		}
		f.put(dispatch.Live, team)
	}
	off := testTeam("t9")
	f.put(dispatch.Live, off)
	if _, err := f.command(t.Context(), dispatch.Live, dropping(off)); err != nil {
		t.Fatal(err)
	}
	bound := geo.BoundOf(geo.Toward(base, 90, 1500), geo.Toward(base, 90, 3500)).Pad(10)
	near := &dispatch.Near{Point: base, Meters: 4500}
	for name, c := range map[string]struct {
		q    dispatch.Query
		want string
	}{
		"all on the board":       {dispatch.Query{}, "t0 t1 t2 t3 t4 t5"},
		"also what has left it":  {dispatch.Query{Archived: true}, "t0 t1 t2 t3 t4 t5 t9"},
		"ids":                    {dispatch.Query{IDs: []string{"t4", "t1", "no"}}, "t1 t4"},
		"no ids":                 {dispatch.Query{IDs: []string{}}, ""},
		"agency":                 {dispatch.Query{Agency: "a2"}, "t1 t3 t5"},
		"state":                  {dispatch.Query{States: []string{"committed"}}, "t1 t3 t5"},
		"inside":                 {dispatch.Query{Inside: "411002"}, "t0 t2 t4"},
		"inside is a prefix":     {dispatch.Query{Inside: "4110"}, "t0 t1 t2 t3 t4 t5"},
		"since":                  {dispatch.Query{Since: moment.Add(4 * time.Minute)}, "t4 t5"},
		"text":                   {dispatch.Query{Text: "XF3"}, "t3"},
		"text, two words":        {dispatch.Query{Text: "队伍 t2"}, "t2"},
		"text is no pattern":     {dispatch.Query{Text: "100%_"}, "t5"},
		"text: % is a character": {dispatch.Query{Text: "%3"}, ""},
		"bound":                  {dispatch.Query{Bound: &bound}, "t3 t4"},
		"near, nearest first":    {dispatch.Query{Near: near}, "t5 t4 t3 t2"},
		"near, next page":        {dispatch.Query{Near: near, After: "t4", Limit: 1}, "t3"},
		"page":                   {dispatch.Query{Limit: 2}, "t0 t1"},
		"next page":              {dispatch.Query{After: "t1", Limit: 2}, "t2 t3"},
		"team":                   {dispatch.Query{Team: "t4"}, "t4"},
	} {
		c.q.Realm, c.q.Kind = dispatch.Live, dispatch.KindTeam
		found, err := f.Find(t.Context(), c.q)
		if got := idsOf(found); err != nil || got != c.want {
			t.Errorf("%s: %s, want %s, %v", name, got, c.want, err)
		}
	}
	if _, err := f.Find(t.Context(), dispatch.Query{Realm: dispatch.Live, Kind: "team; drop table team"}); err == nil {
		t.Error("a kind that is none was asked for")
	}
	_, err := f.Get(t.Context(), dispatch.Live, dispatch.Ref{Kind: "session", ID: "x"}, nil)
	wantCode(t, err, dispatch.NotFound, "")
}

func TestDue(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	due := func(minutes int) *time.Time { at := moment.Add(time.Duration(minutes) * time.Minute); return &at }
	ack, check, later, gone := testTask("k1", "i1", "t1"), testTask("k2", "i1", "t2"), testTask("k3", "i1", "t3"), testTask("k4", "i1", "t4")
	ack.AckDue, check.CheckDue, later.AckDue, gone.AckDue = due(2), due(1), due(9), due(1)
	report := &dispatch.Report{Head: newHead(dispatch.KindReport, "r1", dispatch.Scope{Agency: "a1"}), State: dispatch.ReportClaimed, Until: due(0)}
	f.put(dispatch.Live, ack, check, later, report, gone)
	if _, err := f.command(t.Context(), dispatch.Live, dropping(gone)); err != nil {
		t.Fatal(err)
	}
	list, err := f.Due(t.Context(), dispatch.Live, moment.Add(3*time.Minute), 10)
	want := []dispatch.Due{{Ref: dispatch.RefOf(report), At: *due(0)}, {Ref: dispatch.RefOf(check), At: *due(1)}, {Ref: dispatch.RefOf(ack), At: *due(2)}}
	if err != nil || asJSON(t, list) != asJSON(t, want) {
		t.Errorf("due are %s, want %s, %v", asJSON(t, list), asJSON(t, want), err)
	}
	if list, err := f.Due(t.Context(), dispatch.Live, moment.Add(time.Hour), 2); err != nil || len(list) != 2 || list[0].Ref != want[0].Ref {
		t.Errorf("two of them: %v, %v", list, err)
	}
}

// TestReport takes three incidents with known spans; one span runs backwards, one incident lies outside.
func TestReport(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	stamp := func(seconds int) dispatch.Stamp {
		e := moment.Add(time.Duration(seconds) * time.Second)
		return dispatch.Stamp{At: moment.Add(time.Hour), Event: &e}
	}
	call := func(id string, received, opened int) []dispatch.Record {
		i := testIncident(id)
		i.Stamps = map[dispatch.IncidentState]dispatch.Stamp{dispatch.IncidentReported: stamp(opened)}
		r := &dispatch.Report{Head: newHead(dispatch.KindReport, "r"+id, i.Scope), State: dispatch.ReportLinked, Incident: id, Received: stamp(received)}
		return []dispatch.Record{i, r}
	}
	job := func(id, incident string, assigned, enRoute, onScene int) dispatch.Record {
		k := testTask(id, incident, "t"+id)
		k.Stamps = map[dispatch.TaskState]dispatch.Stamp{dispatch.TaskAssigned: stamp(assigned)}
		if enRoute > 0 {
			k.Stamps[dispatch.TaskEnRoute] = stamp(enRoute)
		}
		if onScene > 0 {
			k.Stamps[dispatch.TaskOnScene] = stamp(onScene)
		}
		return k
	}
	f.put(dispatch.Live, call("i1", 0, 60)...)
	f.put(dispatch.Live, call("i2", 100, 220)...)
	f.put(dispatch.Live, call("i3", -9000, -8000)...)
	f.put(dispatch.Live, job("k1", "i1", 90, 150, 450), job("k2", "i1", 95, 190, 0), job("k3", "i2", 230, 220, 520), job("k4", "i3", -7000, -6000, -5000))
	got, err := f.Report(t.Context(), dispatch.Live, moment, moment.Add(time.Hour))
	want := dispatch.ResponseReport{Realm: dispatch.Live, From: moment, To: moment.Add(time.Hour), Incidents: 2, Tasks: 3, Backwards: 1,
		CallTaking: dispatch.Percentiles{Count: 2, P50: 90, P90: 114},
		Queue:      dispatch.Percentiles{Count: 2, P50: 20, P90: 28},
		Turnout:    dispatch.Percentiles{Count: 2, P50: 77.5, P90: 91.5},
		Travel:     dispatch.Percentiles{Count: 2, P50: 300, P90: 300}}
	if err != nil || got != want {
		t.Errorf("report\n%+v, want\n%+v, %v", got, want, err)
	}
	if none, err := f.Report(t.Context(), "drill:1", moment, moment.Add(time.Hour)); err != nil || none.Incidents != 0 || none.Travel.Count != 0 {
		t.Errorf("an empty realm reports %+v, %v", none, err)
	}
}

func TestSettingsAndDemo(t *testing.T) {
	t.Parallel()
	f := open(t, Options{})
	ctx := t.Context()
	var city struct{ Name string }
	if there, err := f.Setting(ctx, "city", &city); err != nil || there {
		t.Errorf("a setting nobody made is there: %v, %v", there, err)
	}
	for _, name := range []string{"许昌", "开封"} {
		city.Name = name
		if err := f.SetSetting(ctx, "city", city); err != nil {
			t.Fatal(err)
		}
	}
	city.Name = ""
	if there, err := f.Setting(ctx, "city", &city); err != nil || !there || city.Name != "开封" {
		t.Errorf("the setting is %+v, %v", city, err)
	}
	if _, demo, err := f.Demo(ctx); err != nil || demo {
		t.Errorf("an unmarked database is a demo: %v, %v", demo, err)
	}
	for range 2 {
		if err := f.MarkDemo(ctx, 1); err != nil {
			t.Fatal(err)
		}
	}
	if seed, demo, err := f.Demo(ctx); err != nil || !demo || seed != 1 {
		t.Errorf("demo %v with seed %d, %v", demo, seed, err)
	}
	real := open(t, Options{})
	real.put(dispatch.Live, testTeam("t1"))
	if err := real.MarkDemo(ctx, 1); err != ErrNotEmpty {
		t.Errorf("real data was marked as a demo: %v", err)
	}
}
