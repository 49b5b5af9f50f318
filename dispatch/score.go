package dispatch

import (
	"cmp"
	"slices"
	"time"
)

// DrillGrade is the overall grade of a drill after AQ/T 9009-2015.
type DrillGrade string

// The grades. The standard names them in words (优: no error; 良: goals met, few
// errors; 中: clear defects; 差: major errors, or broken off); gradeOf says what the
// words mean in numbers.
const (
	GradeExcellent DrillGrade = "excellent" // 优
	GradeGood      DrillGrade = "good"      // 良
	GradeFair      DrillGrade = "fair"      // 中
	GradePoor      DrillGrade = "poor"      // 差
)

// Shares of an expected action and of a grade in the full score. An action that
// came late counts half; the grades 0, 1, 3 and 5 count as fifths.
const lateShare = 0.5

// share is how much of the full score it is, 0 to 1; false where a quantity has no
// target and so says nothing of good or bad.
func (s Score) share() (float64, bool) {
	switch s.Scale {
	case ScaleYesNo:
		return s.Value, true
	case ScaleGrade:
		return s.Value / 5, true
	}
	switch {
	case s.Target == nil:
		return 0, false
	case s.Less && s.Value <= *s.Target, !s.Less && s.Value >= *s.Target:
		return 1, true
	case s.Less:
		return *s.Target / s.Value, true
	}
	return s.Value / *s.Target, true
}

// Tally is what an objective, an agency or a head of evaluation came to.
//
//	actions  = Σ weight × share ÷ Σ weight over the expected actions that are judged;
//	           share 1 in time, ½ late, 0 missed
//	ratings  = mean share of the scores that evaluators gave
//	score    = 100 × the mean of those two that there are
type Tally struct {
	Done   int `json:"done"`
	Late   int `json:"late"`
	Missed int `json:"missed"`
	Open   int `json:"open" doc:"expected actions not judged; they count nothing"`
	// Ratings is how many scores were given; Low how many of them are at 0 or 1 of 5.
	Ratings int `json:"ratings"`
	Low     int `json:"low"`
	// Score is 0 to 100; -1 where nothing was judged.
	Score float64 `json:"score" doc:"0 to 100; -1 where nothing was judged"`

	weight, got, rated float64
}

func (t *Tally) action(v Verdict, weight int) {
	switch v {
	case VerdictDone:
		t.Done, t.got = t.Done+1, t.got+float64(weight)
	case VerdictLate:
		t.Late, t.got = t.Late+1, t.got+lateShare*float64(weight)
	case VerdictMissed:
		t.Missed++
	case VerdictOpen:
		t.Open++
		return
	default:
		return
	}
	t.weight += float64(weight)
}

func (t *Tally) rating(s Score) {
	if share, ok := s.share(); ok {
		t.Ratings, t.rated = t.Ratings+1, t.rated+share
		if share <= 0.2 {
			t.Low++
		}
	}
}

func (t *Tally) finish() {
	sum, parts := 0.0, 0.0
	if t.weight > 0 {
		sum, parts = sum+t.got/t.weight, parts+1
	}
	if t.Ratings > 0 {
		sum, parts = sum+t.rated/float64(t.Ratings), parts+1
	}
	t.Score = -1
	if parts > 0 {
		t.Score = 100 * sum / parts
	}
}

// ObjectiveScore is what an objective came to.
type ObjectiveScore struct {
	Objective string `json:"objective"`
	Number    int    `json:"number"`
	Name      string `json:"name"`
	Aspect    Aspect `json:"aspect"`
	Weight    int    `json:"weight"`
	Tally
}

// AspectScore is what a head of AQ/T 9009 came to: the mean of its objectives by
// their weights and, as one more of weight 1 each, of scores given to the head
// itself.
type AspectScore struct {
	Aspect Aspect  `json:"aspect"`
	Score  float64 `json:"score" doc:"0 to 100; -1 where nothing was judged"`
}

// AgencyScore is what an agency came to.
type AgencyScore struct {
	Agency string `json:"agency"`
	Name   string `json:"name"`
	Tally
	Strengths  int `json:"strengths"`
	Weaknesses int `json:"weaknesses"`
}

// DrillScore is how a drill is judged: the mean of its objectives by their weights,
// of those of which anything was judged, and the grade.
type DrillScore struct {
	Score      float64          `json:"score" doc:"0 to 100; -1 where nothing was judged"`
	Grade      DrillGrade       `json:"grade,omitempty" enum:"excellent,good,fair,poor"`
	Objectives []ObjectiveScore `json:"objectives"`
	Aspects    []AspectScore    `json:"aspects" doc:"the thirteen heads of AQ/T 9009-2015, in order"`
	Agencies   []AgencyScore    `json:"agencies"`
	Total      Tally            `json:"total"`
}

// ScoreDrill judges a drill by its objectives, injects and observations, at a moment
// on its clock.
func ScoreDrill(d *Drill, objectives []*Objective, injects []*Inject, observations []*Observation, at time.Time) DrillScore {
	out := DrillScore{Objectives: []ObjectiveScore{}, Aspects: []AspectScore{}, Agencies: []AgencyScore{}}
	slices.SortFunc(objectives, func(a, b *Objective) int { return cmp.Compare(a.Number, b.Number) })
	byObjective, byAgency, byAspect := map[string]*Tally{}, map[string]*AgencyScore{}, map[Aspect]*Tally{}
	agency := func(id string) *AgencyScore {
		if byAgency[id] == nil {
			byAgency[id] = &AgencyScore{Agency: id}
		}
		return byAgency[id]
	}
	for _, o := range objectives {
		byObjective[o.ID] = &Tally{}
	}
	for _, i := range injects {
		for n, e := range i.Expected {
			v := i.Verdict(n, at, d.State.Over())
			if v == VerdictNone {
				continue
			}
			out.Total.action(v, e.Weight)
			if t := byObjective[i.Objective]; t != nil {
				t.action(v, e.Weight)
			}
			if e.Agency != "" {
				agency(e.Agency).action(v, e.Weight)
			}
		}
	}
	for _, o := range observations {
		if o.Agency != "" {
			switch o.Type {
			case ObservationStrength:
				agency(o.Agency).Strengths++
			case ObservationWeakness:
				agency(o.Agency).Weaknesses++
			}
		}
		if o.Type != ObservationScore {
			continue
		}
		out.Total.rating(*o.Score)
		if o.Agency != "" {
			agency(o.Agency).rating(*o.Score)
		}
		if t := byObjective[o.Objective]; t != nil {
			t.rating(*o.Score)
		} else if o.Aspect != "" {
			if byAspect[o.Aspect] == nil {
				byAspect[o.Aspect] = &Tally{}
			}
			byAspect[o.Aspect].rating(*o.Score)
		}
	}
	out.Total.finish()
	var all weighed
	aspects := map[Aspect]*weighed{}
	of := func(a Aspect) *weighed {
		if aspects[a] == nil {
			aspects[a] = &weighed{}
		}
		return aspects[a]
	}
	for _, o := range objectives {
		t := byObjective[o.ID]
		t.finish()
		out.Objectives = append(out.Objectives, ObjectiveScore{o.ID, o.Number, o.Name, o.Aspect, o.Weight, *t})
		all.add(t.Score, o.Weight)
		of(o.Aspect).add(t.Score, o.Weight)
	}
	for a, t := range byAspect {
		t.finish()
		of(a).add(t.Score, 1)
	}
	for _, a := range Aspects {
		out.Aspects = append(out.Aspects, AspectScore{a, of(a).mean()})
	}
	for _, a := range byAgency {
		a.finish()
		out.Agencies = append(out.Agencies, *a)
	}
	slices.SortFunc(out.Agencies, func(a, b AgencyScore) int { return cmp.Compare(a.Agency, b.Agency) })
	if out.Score = all.mean(); out.Score < 0 {
		out.Score = out.Total.Score // no objective was judged: what was seen stands for itself
	}
	out.Grade = gradeOf(d, &out)
	return out
}

// gradeOf is the overall grade.
//
//	差 poor       broken off; or below 60; or an objective below 30 (a major error)
//	优 excellent  90 and above, no action missed or late, no score of 0 or 1 of 5
//	良 good       75 and above, every judged objective 60 and above
//	中 fair       all others
func gradeOf(d *Drill, s *DrillScore) DrillGrade {
	least := 100.0
	for _, o := range s.Objectives {
		if o.Score >= 0 {
			least = min(least, o.Score)
		}
	}
	switch {
	case d.State == DrillCancelled:
		return GradePoor
	case s.Score < 0:
		return ""
	case s.Score < 60, least < 30:
		return GradePoor
	case s.Score >= 90 && s.Total.Missed+s.Total.Late+s.Total.Low == 0:
		return GradeExcellent
	case s.Score >= 75 && least >= 60:
		return GradeGood
	}
	return GradeFair
}

// weighed is a mean by weights.
type weighed struct{ sum, weight float64 }

func (w *weighed) add(score float64, weight int) {
	if score >= 0 {
		w.sum, w.weight = w.sum+score*float64(weight), w.weight+float64(weight)
	}
}

func (w *weighed) mean() float64 {
	if w.weight == 0 {
		return -1
	}
	return w.sum / w.weight
}
