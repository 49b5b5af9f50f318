package dispatch

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"
)

// DrillReport is what came of a drill: scores, measures, what was seen, what is to
// be better (AQ/T 9007-2019: 基本概要, 问题与经验教训, 建议).
type DrillReport struct {
	Drill *Drill    `json:"drill"`
	At    time.Time `json:"at" doc:"the drill's clock, at its end where that has come"`
	// Names are the agencies that are named, by id.
	Names        map[string]string `json:"names"`
	Score        DrillScore        `json:"score"`
	Injects      []InjectResult    `json:"injects"`
	Measures     MeasureSet        `json:"measures"`
	Observations []*Observation    `json:"observations"`
	// Remarks are the private notes of those who ran it, for the director only.
	Remarks      []*Observation `json:"remarks,omitempty" doc:"for the director only"`
	Improvements []*Improvement `json:"improvements"`
	Compared     *Comparison    `json:"compared,omitempty"`
}

// InjectResult is what came of one inject.
type InjectResult struct {
	Inject    string           `json:"inject"`
	Number    string           `json:"number"`
	Text      string           `json:"text"`
	Objective string           `json:"objective,omitempty"`
	State     InjectState      `json:"state" enum:"waiting,due,held,released,skipped,acted,missed"`
	Released  *time.Time       `json:"released,omitempty" doc:"on the drill's clock"`
	Expected  []ExpectedResult `json:"expected"`
}

// ExpectedResult is what came of one expected action.
type ExpectedResult struct {
	Text    string     `json:"text"`
	Agency  string     `json:"agency,omitempty"`
	Within  int        `json:"within" doc:"seconds from the release"`
	Weight  int        `json:"weight"`
	Command string     `json:"command,omitempty" doc:"told by this command; else by the evaluator"`
	Verdict Verdict    `json:"verdict" enum:",open,done,late,missed"`
	Due     *time.Time `json:"due,omitempty"`
	At      *time.Time `json:"at,omitempty" doc:"when it was done, or seen to be missed"`
}

// Comparison is another drill, or a period of real work, beside this one. Its
// measures are held against the same targets.
type Comparison struct {
	Drill string    `json:"drill,omitempty"`
	Name  string    `json:"name,omitempty"`
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	// Kin drills parted from one another at From; both are measured from then on.
	Kin      bool          `json:"kin,omitempty" doc:"forked, one from the other or both from a third; both measured from and to"`
	Score    float64       `json:"score" doc:"-1 where there is none"`
	Grade    DrillGrade    `json:"grade,omitempty" enum:"excellent,good,fair,poor"`
	Aspects  []AspectScore `json:"aspects,omitempty"`
	Measures []Measure     `json:"measures"`
}

// Reports tells whether the actor may read what came of the drill: who runs it
// always, everybody in it as soon as it is evaluated (AQ/T 9009-2015: the results
// are told to all participants).
func Reports(a Actor, d *Drill) bool {
	return a.Realm == DrillRealm(d.ID) && (a.Role == RoleSystem || a.Audience().runs() || d.State.published())
}

// DrillReport computes the report of the drill in whose realm the actor is.
func (s *Service) DrillReport(ctx context.Context, a Actor) (*DrillReport, error) {
	d, err := s.drillOf(ctx, a.Realm)
	if err != nil {
		return nil, err
	}
	if !Reports(a, d) {
		return nil, refuse(Forbidden, "演练评估后才能查看报告", "the report is told when the drill is evaluated")
	}
	find := func(k Kind) []Record {
		if err != nil {
			return nil
		}
		var recs []Record
		recs, err = s.store.Find(ctx, Query{Realm: a.Realm, Kind: k, Limit: -1})
		return recs
	}
	objectives, injects := recordsOf[*Objective](find(KindObjective)), recordsOf[*Inject](find(KindInject))
	observations, improvements := recordsOf[*Observation](find(KindObservation)), recordsOf[*Improvement](find(KindImprovement))
	agencies := recordsOf[*Agency](find(KindAgency))
	if err != nil {
		return nil, err
	}
	var remarks []*Observation
	if a.Role == RoleDirector {
		remarks = slices.DeleteFunc(slices.Clone(observations), func(o *Observation) bool { return o.Type != ObservationRemark })
	}
	observations = slices.DeleteFunc(observations, func(o *Observation) bool { return o.Type == ObservationRemark })
	end := s.Now(a.Realm)
	if st, ok := d.Stamps[DrillEnded]; ok {
		end = st.At
	}
	r := &DrillReport{Drill: SeeRecord(s.onlooker(a), d).(*Drill), At: end, Names: map[string]string{}, Injects: []InjectResult{},
		Observations: slices.Concat([]*Observation{}, observations), Remarks: remarks, Improvements: slices.Concat([]*Improvement{}, improvements)}
	for _, ag := range agencies {
		r.Names[ag.ID] = ag.Name
	}
	r.Score = ScoreDrill(d, objectives, injects, observations, end)
	for n, ag := range r.Score.Agencies {
		r.Score.Agencies[n].Name = r.Names[ag.Agency]
	}
	byMoment := func(a, b *Observation) int {
		return cmp.Or(a.Moment.When().Compare(b.Moment.When()), cmp.Compare(a.ID, b.ID))
	}
	slices.SortFunc(r.Observations, byMoment)
	slices.SortFunc(r.Remarks, byMoment)
	slices.SortFunc(r.Improvements, func(a, b *Improvement) int { return cmp.Compare(a.Number, b.Number) })
	for _, i := range injects {
		r.Injects = append(r.Injects, resultOf(i, end, d.State.Over()))
	}
	slices.SortFunc(r.Injects, func(a, b InjectResult) int {
		if (a.Released == nil) != (b.Released == nil) {
			return map[bool]int{true: 1, false: -1}[a.Released == nil]
		}
		if a.Released != nil {
			return cmp.Or(a.Released.Compare(*b.Released), cmp.Compare(a.Number, b.Number))
		}
		return cmp.Compare(a.Number, b.Number)
	})
	r.Measures, err = s.Measured(ctx, System(a.Realm), d.Begins, end.Add(time.Microsecond), s.targets(d))
	r.nameMeasured()
	return r, err
}

func (r *DrillReport) nameMeasured() {
	for n, g := range r.Measures.Agencies {
		r.Measures.Agencies[n].Name = r.Names[g.Agency]
	}
}

// parted is when two drills that share a past parted, on the clock of both: one goes
// on from a moment of the other, or both from a moment of a third.
func parted(a, b *Drill) (at time.Time, ok bool) {
	from := func(d *Drill) Realm {
		if d.Start.Type != PictureWhole || d.Start.Realm.Drill() == "" {
			return ""
		}
		return d.Start.Realm
	}
	switch {
	case from(a) == DrillRealm(b.ID):
		return a.Begins, true
	case from(b) == DrillRealm(a.ID):
		return b.Begins, true
	case from(a) != "" && from(a) == from(b):
		if a.Begins.After(b.Begins) {
			return a.Begins, true
		}
		return b.Begins, true
	}
	return at, false
}

func (s *Service) drillOf(ctx context.Context, realm Realm) (*Drill, error) {
	id := realm.Drill()
	if id == "" {
		return nil, refuse(IllegalMove, "请先进入演练", "join a drill first")
	}
	rec, err := s.store.Get(ctx, realm, Ref{KindDrill, id}, nil)
	if err != nil {
		return nil, err
	}
	return rec.(*Drill), nil
}

// targets are the house's, and in their place the drill's.
func (s *Service) targets(d *Drill) map[MeasureType]int {
	out := maps.Clone(s.cfg.Settings.Targets)
	if out == nil {
		out = map[MeasureType]int{}
	}
	maps.Copy(out, d.Targets)
	return out
}

func resultOf(i *Inject, at time.Time, over bool) InjectResult {
	r := InjectResult{Inject: i.ID, Number: i.Number, Text: i.Text, Objective: i.Objective, State: i.State, Expected: []ExpectedResult{}}
	if st, ok := i.Stamps[InjectReleased]; ok {
		r.Released = moment(&st)
	}
	for n, e := range i.Expected {
		x := ExpectedResult{Text: e.Text, Agency: e.Agency, Within: e.Within, Weight: e.Weight, Command: e.Command, Verdict: i.Verdict(n, at, over)}
		if r.Released != nil {
			due := r.Released.Add(time.Duration(e.Within) * time.Second)
			if e.Within > 0 {
				x.Due = &due
			}
		}
		if x.At = moment(e.Done); x.At == nil {
			x.At = moment(e.Missed)
		}
		r.Expected = append(r.Expected, x)
	}
	return r
}

// The bounds of what is measured at once.
const (
	mostPeriod   = 92 * 24 * time.Hour
	mostMeasures = 200_000 // records of one kind
)

// Measured computes the measures of a period in the actor's realm, out of what the
// actor sees.
func (s *Service) Measured(ctx context.Context, a Actor, from, to time.Time, targets map[MeasureType]int) (MeasureSet, error) {
	switch {
	case !to.After(from):
		return MeasureSet{}, invalid("to", to, "结束时间应晚于开始时间", "to must be after from", "a time after "+from.Format(time.RFC3339))
	case a.Realm.Drill() == "" && to.Sub(from) > mostPeriod:
		return MeasureSet{}, invalid("to", to, "一次最多统计 92 天", "a period has at most 92 days", from.Add(mostPeriod).Format(time.RFC3339))
	}
	o := s.onlooker(a)
	var all []Record
	for _, k := range []Kind{KindReport, KindIncident, KindRequest, KindLoan, KindTask, KindAlarm} {
		after, read := "", 0
		for {
			page, err := s.store.Find(ctx, Query{Realm: a.Realm, Kind: k, Audience: &o, Since: from, Archived: true, After: after, Limit: 1000})
			if err != nil {
				return MeasureSet{}, err
			}
			all = append(all, page...)
			if read += len(page); read > mostMeasures {
				return MeasureSet{}, refuse(TooLarge, "该时段记录过多，请缩短时段", "the period has too many records; choose a shorter one")
			}
			if len(page) < 1000 {
				break
			}
			after = RefOf(page[len(page)-1]).ID
		}
	}
	return Measures(all, from, to, targets), nil
}

// CompareDrill puts another drill, in whose realm the other actor may read the
// report, beside the report. A drill and its fork are measured over the time that
// both went through after they parted: the same calls, one decided otherwise.
func (s *Service) CompareDrill(ctx context.Context, r *DrillReport, other Actor) error {
	with, err := s.DrillReport(ctx, other)
	if err != nil {
		return err
	}
	one, err := s.drillOf(ctx, DrillRealm(r.Drill.ID)) // whole: the report's own may be redacted
	if err != nil {
		return err
	}
	two, err := s.drillOf(ctx, other.Realm)
	if err != nil {
		return err
	}
	from, to, kin := with.Measures.From, with.Measures.To, false
	if begins, ok := parted(one, two); ok && begins.Before(r.Measures.To) && begins.Before(to) {
		from, kin = begins, true
		if r.Measures.To.Before(to) {
			to = r.Measures.To
		}
		if r.Measures, err = s.Measured(ctx, System(DrillRealm(one.ID)), from, to, s.targets(one)); err != nil {
			return err
		}
		r.nameMeasured()
	}
	set, err := s.Measured(ctx, System(other.Realm), from, to, s.targets(one))
	if err != nil {
		return err
	}
	r.Compared = &Comparison{Drill: with.Drill.ID, Name: with.Drill.Name, From: set.From, To: set.To, Kin: kin, Score: with.Score.Score, Grade: with.Score.Grade,
		Aspects: with.Score.Aspects, Measures: set.All.Measures}
	return nil
}

// ComparePeriod puts a period of real work, as the actor of the realm live sees it,
// beside the report.
func (s *Service) ComparePeriod(ctx context.Context, r *DrillReport, live Actor, from, to time.Time) error {
	set, err := s.Measured(ctx, live, from, to, s.targets(r.Drill))
	if err != nil {
		return err
	}
	r.Compared = &Comparison{From: from, To: to, Score: -1, Measures: set.All.Measures}
	return nil
}
