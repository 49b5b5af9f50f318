package dispatch

import (
	"reflect"
	"testing"
	"time"
)

func sec(n int) time.Time { return noon.Add(time.Duration(n) * time.Second) }

func stampsAt[S ~string](pairs map[S]int) map[S]Stamp {
	out := map[S]Stamp{}
	for k, n := range pairs {
		out[k] = Stamp{At: sec(n)}
	}
	return out
}

// measured is a small night, in seconds from noon, reckoned by hand below.
func measured() []Record {
	head := func(k Kind, id, agency string, created int) Head {
		return Head{Kind: k, ID: id, Scope: Scope{Agency: agency}, Created: sec(created)}
	}
	received := sec(0)
	task := func(id, incident, agency string, state TaskState, st map[TaskState]int) *Task {
		return &Task{Head: head(KindTask, id, "bureau", 0), Incident: incident, Team: "t" + id, Agency: agency, Type: TaskRescue, State: state, Stamps: stampsAt(st)}
	}
	acked := Stamp{At: sec(920)}
	backward := task("5", "i2", "clinic", TaskEnRoute, map[TaskState]int{TaskAssigned: 500, TaskAcknowledged: 510})
	early := sec(495) // the phone's clock is slow
	backward.Stamps[TaskEnRoute] = Stamp{At: sec(530), Event: &early}
	return []Record{
		&Report{Head: head(KindReport, "r1", "bureau", 0), Incident: "i1", Received: Stamp{At: sec(0)}},
		&Report{Head: head(KindReport, "r2", "bureau", 90), Incident: "i1", Received: Stamp{At: sec(90)}}, // a second caller
		// Opened from its report, whose moment it took over.
		&Incident{Head: head(KindIncident, "i1", "bureau", 45), State: IncidentActive, Number: "1", Title: "火情",
			Stamps: map[IncidentState]Stamp{IncidentReported: {At: sec(45), Event: &received}}},
		&Incident{Head: head(KindIncident, "i2", "bureau", 400), State: IncidentActive, Number: "2", Title: "泄漏", Stamps: stampsAt(map[IncidentState]int{IncidentReported: 400})},
		// From before, and one that came to nothing.
		&Incident{Head: head(KindIncident, "i0", "bureau", -900), State: IncidentActive, Stamps: stampsAt(map[IncidentState]int{IncidentReported: -900})},
		&Incident{Head: head(KindIncident, "i3", "bureau", 600), State: IncidentFalseAlarm, Stamps: stampsAt(map[IncidentState]int{IncidentReported: 600})},
		task("1", "i1", "fire", TaskOnScene, map[TaskState]int{TaskAssigned: 75, TaskAcknowledged: 95, TaskEnRoute: 150, TaskOnScene: 350}),
		task("2", "i1", "fire", TaskOnScene, map[TaskState]int{TaskAssigned: 80, TaskEnRoute: 170, TaskOnScene: 500}),
		task("3", "i1", "clinic", TaskCancelled, map[TaskState]int{TaskAssigned: 100}),
		task("4", "i2", "fire", TaskAssigned, map[TaskState]int{TaskAssigned: 700}),
		backward,
		&Alarm{Head: head(KindAlarm, "a1", "bureau", 820), Type: AlarmNoAnswer, Task: "4", Incident: "i2", Raised: Stamp{At: sec(820)}, Ended: &Stamp{At: sec(940)}},
		&Alarm{Head: head(KindAlarm, "a2", "bureau", 940), Type: AlarmNoAnswer, Task: "4", Incident: "i2", Raised: Stamp{At: sec(940)}},
		&Alarm{Head: head(KindAlarm, "a3", "bureau", 900), Type: AlarmCheckin, Task: "1", Incident: "i1", Raised: Stamp{At: sec(900)}},
		&Alarm{Head: head(KindAlarm, "a4", "fire", 900), Type: AlarmDistress, Incident: "i1", Raised: Stamp{At: sec(900)}, Acked: &acked},
		&Request{Head: head(KindRequest, "q1", "bureau", 600), Incident: "i1", State: RequestOpen, Stamps: stampsAt(map[RequestState]int{RequestOpen: 600}),
			Rings: []RingPassed{{Ring: RingCounty, At: sec(600)}, {Ring: RingCity, At: sec(900)}}},
		&Loan{Head: head(KindLoan, "l1", "clinic", 800), Request: "q1", Incident: "i1", Stamps: stampsAt(map[LoanState]int{LoanCommitted: 960})},
		&Loan{Head: head(KindLoan, "l2", "clinic", 700), Request: "q1", Incident: "i1", Stamps: stampsAt(map[LoanState]int{LoanCommitted: 840})},
	}
}

// Golden numbers, each computed by hand from the stamps above.
func TestMeasures(t *testing.T) {
	t.Parallel()
	targets := map[MeasureType]int{MeasureCallTaking: 60, MeasureFirstAssignment: 60, MeasureAcknowledge: 30, MeasureTurnout: 80, MeasureTravel: 240,
		MeasureArrival: 300, MeasureCommit: 300, MeasureRingWait: 200, MeasureDistress: 30}
	got := Measures(measured(), sec(0), sec(1000), targets)
	want := []Measure{
		{Type: MeasureCallTaking, Count: 1, Median: 45, P90: 45, Worst: 45, Target: 60, Met: 1, Share: 1},
		// 75−45 and 500−400.
		{Type: MeasureFirstAssignment, Count: 2, Median: 30, P90: 100, Worst: 100, Target: 60, Met: 1, Share: 0.5},
		// 20; 90, the first milestone after; 10; task 4 open since 700 and overdue; task 3 is no case.
		{Type: MeasureAcknowledge, Count: 3, Median: 20, P90: 90, Worst: 90, Target: 30, Met: 2, Open: 1, Overdue: 1, Share: 0.5},
		// 75, 90; one backwards; task 4 open and overdue.
		{Type: MeasureTurnout, Count: 2, Median: 75, P90: 90, Worst: 90, Target: 80, Met: 1, Open: 1, Overdue: 1, Wrong: 1, Share: 1.0 / 3},
		// 200, 330; task 5 is on its way since 495.
		{Type: MeasureTravel, Count: 2, Median: 200, P90: 330, Worst: 330, Target: 240, Met: 1, Open: 1, Overdue: 1, Share: 1.0 / 3},
		// 350−45; i2 open since 400.
		{Type: MeasureArrival, Count: 1, Median: 305, P90: 305, Worst: 305, Target: 300, Open: 1, Overdue: 1, Share: 0},
		{Type: MeasureCommit, Count: 1, Median: 240, P90: 240, Worst: 240, Target: 300, Met: 1, Share: 1},
		{Type: MeasureRingWait, Count: 1, Median: 300, P90: 300, Worst: 300, Target: 200, Share: 0},
		{Type: MeasureDistress, Count: 1, Median: 20, P90: 20, Worst: 20, Target: 30, Met: 1, Share: 1},
		{Type: MeasureUnanswered, Count: 1, Of: 5, Met: 4, Share: 0.8},
		{Type: MeasureCheckin, Count: 1, Of: 2, Met: 1, Share: 0.5},
	}
	if !reflect.DeepEqual(got.All.Measures, want) {
		for n := range max(len(want), len(got.All.Measures)) {
			if n >= len(want) || n >= len(got.All.Measures) || got.All.Measures[n] != want[n] {
				t.Errorf("measure %d of\n%+v\nwant\n%+v", n, got.All.Measures, want)
				break
			}
		}
	}
	var agencies, incidents []string
	for _, g := range got.Agencies {
		agencies = append(agencies, g.Agency)
	}
	for _, g := range got.Incidents {
		incidents = append(incidents, g.Incident)
	}
	if !reflect.DeepEqual(agencies, []string{"bureau", "clinic", "fire"}) || !reflect.DeepEqual(incidents, []string{"i2", "i1"}) {
		t.Errorf("agencies %v, incidents %v", agencies, incidents)
	}
	fire := got.Agencies[2].Measures
	if fire[1].Type != MeasureTurnout || fire[1].Count != 2 || fire[1].Wrong != 0 {
		t.Errorf("the turnout of fire is %+v", fire)
	}
	// What happened after the period is still to come at its end.
	part := Measures(measured(), sec(0), sec(400), targets)
	for _, m := range part.All.Measures {
		if m.Type == MeasureTravel && (m.Count != 1 || m.Open != 1) {
			t.Errorf("at 400 s travel is %+v", m)
		}
	}
	if none := Measures(nil, sec(0), sec(1), targets); len(none.All.Measures) != 0 {
		t.Errorf("nothing measures %+v", none.All)
	}
}

func TestNearestRank(t *testing.T) {
	t.Parallel()
	ten := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for _, c := range []struct {
		of   []float64
		p, v float64
	}{{ten, 0.5, 5}, {ten, 0.9, 9}, {ten[:1], 0.9, 1}, {ten[:3], 0.5, 2}, {ten[:9], 0.9, 9}} {
		if got := nearestRank(c.of, c.p); got != c.v {
			t.Errorf("%v of %d values is %v, want %v", c.p, len(c.of), got, c.v)
		}
	}
}
