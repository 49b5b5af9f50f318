package dispatch

import (
	"math"
	"testing"
	"time"
)

func given(within, weight int, agency string, done, missed int) Expected {
	e := Expected{Text: "x", Within: within, Weight: weight, Agency: agency}
	if done > 0 {
		e.Done = &Stamp{At: sec(done)}
	}
	if missed > 0 {
		e.Missed = &Stamp{At: sec(missed)}
	}
	return e
}

func out(id, objective string, expected ...Expected) *Inject {
	return &Inject{Head: Head{Kind: KindInject, ID: id}, Number: id, Objective: objective, State: InjectReleased,
		Stamps: map[InjectState]Stamp{InjectReleased: {At: sec(0)}}, Expected: expected}
}

func scored(objective, agency string, s Score) *Observation {
	return &Observation{Type: ObservationScore, Objective: objective, Agency: agency, Score: &s}
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

// A table reckoned by hand.
func TestScoreDrill(t *testing.T) {
	t.Parallel()
	objectives := []*Objective{
		{Head: Head{ID: "o2"}, Number: 2, Name: "疏散", Aspect: AspectProtection, Weight: 30},
		{Head: Head{ID: "o1"}, Number: 1, Name: "报告", Aspect: AspectWarning, Weight: 70},
		{Head: Head{ID: "o3"}, Number: 3, Name: "恢复", Aspect: AspectRecovery, Weight: 50},
	}
	auto := given(60, 2, "fire", 0, 0)
	auto.Command = "request.raise" // nobody gave it in time
	injects := []*Inject{
		// o1: 3 of 4 in time, 1 late: (3 + 0.5) ÷ 4 = 0.875
		out("1", "o1", given(100, 3, "fire", 90, 0), given(100, 1, "bureau", 130, 0)),
		// o2: 1 done, 2 missed, one nobody judged: 1 ÷ 3
		out("2", "o2", given(0, 1, "bureau", 999, 0), auto, given(60, 5, "", 0, 0)),
		{Head: Head{ID: "3"}, Number: "3", Objective: "o3", State: InjectSkipped, Expected: []Expected{given(60, 9, "fire", 0, 0)}},
	}
	ten := 10.0
	observations := []*Observation{
		scored("o1", "", Score{Scale: ScaleGrade, Value: 5}),
		scored("o1", "fire", Score{Scale: ScaleGrade, Value: 3}), // mean of the two: 0.8
		scored("o2", "", Score{Scale: ScaleQuantity, Value: 20, Unit: "秒", Target: &ten, Less: true}),
		scored("o2", "", Score{Scale: ScaleQuantity, Value: 7, Unit: "人"}), // says nothing of good or bad
		{Type: ObservationScore, Aspect: AspectMedical, Score: &Score{Scale: ScaleYesNo, Value: 1}},
		{Type: ObservationWeakness, Agency: "fire", Text: "慢"},
		{Type: ObservationStrength, Agency: "clinic", Text: "快"},
	}
	d := &Drill{State: DrillEnded}
	s := ScoreDrill(d, objectives, injects, observations, sec(1000))
	o1, o2 := 100*(0.875+0.8)/2, 100*(1.0/3+0.5)/2
	if len(s.Objectives) != 3 || s.Objectives[0].Objective != "o1" || !near(s.Objectives[0].Score, o1) || !near(s.Objectives[1].Score, o2) || s.Objectives[2].Score != -1 {
		t.Errorf("objectives %+v, want %v %v -1", s.Objectives, o1, o2)
	}
	if want := (70*o1 + 30*o2) / 100; !near(s.Score, want) || !near(want, 71.125) {
		t.Errorf("overall %v, want %v", s.Score, want)
	}
	if s.Grade != GradeFair {
		t.Errorf("the grade is %s", s.Grade)
	}
	if tot := s.Total; tot.Done != 2 || tot.Late != 1 || tot.Missed != 1 || tot.Open != 1 || tot.Ratings != 4 || tot.Low != 0 {
		t.Errorf("in all %+v", tot)
	}
	aspects := map[Aspect]float64{}
	for _, a := range s.Aspects {
		aspects[a.Aspect] = a.Score
	}
	if len(s.Aspects) != 13 || !near(aspects[AspectWarning], o1) || !near(aspects[AspectMedical], 100) || aspects[AspectRecovery] != -1 {
		t.Errorf("aspects %v", aspects)
	}
	// fire: actions 3 of 5; ratings 0.6. bureau: (0.5 + 1) of 2. clinic: nothing but praise.
	if len(s.Agencies) != 3 || !near(s.Agencies[0].Score, 75) || s.Agencies[1].Score != -1 || s.Agencies[1].Strengths != 1 ||
		!near(s.Agencies[2].Score, 60) || s.Agencies[2].Weaknesses != 1 {
		t.Errorf("agencies %+v", s.Agencies)
	}
}

// The grade in words of AQ/T 9009, in numbers.
func TestDrillGrade(t *testing.T) {
	t.Parallel()
	one := func(score float64, total Tally, objectives ...float64) DrillScore {
		s := DrillScore{Score: score, Total: total}
		for _, o := range objectives {
			s.Objectives = append(s.Objectives, ObjectiveScore{Tally: Tally{Score: o}})
		}
		return s
	}
	for _, c := range []struct {
		s     DrillScore
		state DrillState
		want  DrillGrade
	}{
		{one(-1, Tally{}), DrillEnded, ""},
		{one(90, Tally{}, 90), DrillEnded, GradeExcellent},
		{one(95, Tally{Late: 1}, 95), DrillEnded, GradeGood},
		{one(95, Tally{Missed: 1}, 95), DrillEnded, GradeGood},
		{one(95, Tally{Low: 1}, 95), DrillEnded, GradeGood},
		{one(75, Tally{}, 90, 60, -1), DrillEnded, GradeGood},
		{one(80, Tally{}, 90, 59), DrillEnded, GradeFair},
		{one(74, Tally{}, 74), DrillEnded, GradeFair},
		{one(59, Tally{}, 70), DrillEnded, GradePoor},
		{one(80, Tally{}, 90, 29), DrillEnded, GradePoor},
		{one(99, Tally{}, 99), DrillCancelled, GradePoor},
	} {
		if got := gradeOf(&Drill{State: c.state}, &c.s); got != c.want {
			t.Errorf("%+v: %q, want %q", c.s, got, c.want)
		}
	}
}

func TestVerdictAndJudge(t *testing.T) {
	t.Parallel()
	i := out("1", "", given(60, 1, "", 0, 0), given(60, 1, "", 0, 0))
	said := func(n int, seen bool, at, written int) *Observation {
		return &Observation{Head: Head{Updated: sec(written)}, Type: ObservationAction, Inject: "1", Expected: &n, Seen: &seen, Moment: Stamp{At: sec(at)}}
	}
	verdicts := func(want InjectState, v ...Verdict) {
		t.Helper()
		if i.State != want || i.Verdict(0, sec(999), false) != v[0] || i.Verdict(1, sec(999), false) != v[1] {
			t.Errorf("%s %s %s, want %s %v", i.State, i.Verdict(0, sec(999), false), i.Verdict(1, sec(999), false), want, v)
		}
	}
	verdicts(InjectReleased, VerdictOpen, VerdictOpen)
	i.judge([]*Observation{said(0, true, 61, 61)}, Stamp{At: sec(61)})
	verdicts(InjectReleased, VerdictLate, VerdictOpen)
	i.judge([]*Observation{said(0, true, 61, 61), said(1, true, 60, 62)}, Stamp{At: sec(62)})
	verdicts(InjectActed, VerdictLate, VerdictDone)
	i.judge([]*Observation{said(0, true, 61, 61), said(1, true, 60, 62), said(1, false, 50, 70)}, Stamp{At: sec(70)})
	verdicts(InjectMissed, VerdictLate, VerdictMissed)
	i.judge(nil, Stamp{At: sec(80)})
	verdicts(InjectReleased, VerdictOpen, VerdictOpen)
	i.Expected[1].Command = "request.raise"
	for _, c := range []struct {
		at   time.Time
		over bool
		want Verdict
	}{{sec(60), false, VerdictOpen}, {sec(61), false, VerdictMissed}, {sec(10), true, VerdictMissed}} {
		if got := i.Verdict(1, c.at, c.over); got != c.want {
			t.Errorf("at %s: %s, want %s", c.at, got, c.want)
		}
	}
	i.State = InjectSkipped
	if i.Verdict(0, sec(1), true) != VerdictNone {
		t.Error("what was skipped is judged")
	}
}
