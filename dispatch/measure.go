package dispatch

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// MeasureType names an automatic measure of response (自动指标).
type MeasureType string

// The measures. Each is the time between two stamps that the records hold, or a
// count; a stamp was written once, by one change of the journal, and the moment
// that the device told counts before the moment of receipt ([Stamp.When]).
//
//	call_taking       incident opened − report received
//	first_assignment  first team assigned − incident opened
//	acknowledge       first answer of the team (接令, or the first milestone after it) − assigned
//	turnout           en_route − assigned
//	travel            on_scene − en_route
//	arrival           first team on scene − incident opened
//	commit            first loan committed − request open
//	ring_wait         request in the next ring − request in the ring before
//	distress          acknowledged − raised
//	unanswered        tasks with an alarm of an unanswered assignment, of the tasks assigned
//	checkin           alarms of a missed check-in, of the tasks that reached the scene
//
// An incident is opened at the event time told, but where that is only taken over
// from its report, when the desk opened it.
const (
	MeasureCallTaking      MeasureType = "call_taking"      // 接警受理
	MeasureFirstAssignment MeasureType = "first_assignment" // 首次派遣
	MeasureAcknowledge     MeasureType = "acknowledge"      // 接令
	MeasureTurnout         MeasureType = "turnout"          // 出动
	MeasureTravel          MeasureType = "travel"           // 行驶
	MeasureArrival         MeasureType = "arrival"          // 首队到场
	MeasureCommit          MeasureType = "commit"           // 支援承诺
	MeasureRingWait        MeasureType = "ring_wait"        // 征集扩圈
	MeasureDistress        MeasureType = "distress"         // 遇险确认
	MeasureUnanswered      MeasureType = "unanswered"       // 派遣未应答
	MeasureCheckin         MeasureType = "checkin"          // 清点超时
)

// TimedMeasures are those counted in seconds, MeasureTypes all, in order.
var (
	TimedMeasures = []MeasureType{MeasureCallTaking, MeasureFirstAssignment, MeasureAcknowledge, MeasureTurnout, MeasureTravel, MeasureArrival,
		MeasureCommit, MeasureRingWait, MeasureDistress}
	MeasureTypes = append(slices.Clone(TimedMeasures), MeasureUnanswered, MeasureCheckin)
)

// DefaultTargets are the house's targets, in seconds. Two are those of a standard:
//
//	turnout  80   NFPA 1710, to a fire (60 to a medical emergency), of 90 % of the cases
//	travel  240   the same, the first engine to a fire
//
// Two are common targets that no standard sets for this very span:
//
//	call_taking  60   the processing of an alarm, until the units are told, had 60 in
//	                  NFPA 1221, and is said to have 64 since, of 90 % of the cases
//	arrival     300   a station reaches the edge of its area within 5 minutes of the
//	                  order to turn out (GB 51080-2015, 4.1.3; 建标 152-2011, article
//	                  12): that span begins later than this one
//
// The others are this house's own. The standards want a target met in nine of ten
// cases; what is told here is the share of cases, and the 90th percentile beside it.
func DefaultTargets() map[MeasureType]int {
	return map[MeasureType]int{MeasureCallTaking: 60, MeasureFirstAssignment: 60, MeasureAcknowledge: 120, MeasureTurnout: 80, MeasureTravel: 240,
		MeasureArrival: 300, MeasureCommit: 1800, MeasureRingWait: 600, MeasureDistress: 30}
}

// Sample is one measured case: from when, and, once it has happened, for how long.
type Sample struct {
	Type     MeasureType
	Incident string
	Agency   string // whose doing it is
	From     time.Time
	To       *time.Time // nil: still to come
}

// seconds is how long it took; negative where clocks disagree.
func (s Sample) seconds() float64 { return s.To.Sub(s.From).Seconds() }

// Measure is what came of one measure over many cases. Median and P90 are by
// nearest rank: the smallest value that at least half, or nine tenths, of the cases
// do not exceed, so each is a value that occurred.
type Measure struct {
	Type   MeasureType `json:"type" enum:"call_taking,first_assignment,acknowledge,turnout,travel,arrival,commit,ring_wait,distress,unanswered,checkin"`
	Count  int         `json:"count" doc:"cases measured; of a count, how many there were"`
	Of     int         `json:"of,omitempty" doc:"of a count: out of how many"`
	Median float64     `json:"median,omitempty" doc:"seconds"`
	P90    float64     `json:"p90,omitempty" doc:"seconds"`
	Worst  float64     `json:"worst,omitempty" doc:"seconds"`
	Target int         `json:"target,omitempty" doc:"seconds"`
	Met    int         `json:"met" doc:"cases within the target"`
	// Open cases have not come to their end; Overdue of them are past the target.
	Open    int `json:"open,omitempty"`
	Overdue int `json:"overdue,omitempty"`
	// Wrong cases end before they begin, by the clocks of different devices; they
	// are counted here and nowhere else.
	Wrong int `json:"wrong,omitempty"`
	// Share is how many were within the target: of the cases measured and those
	// overdue; of a count, how many cases had none. -1: nothing to tell.
	Share float64 `json:"share" doc:"0 to 1; -1 where there is nothing to tell"`
}

// MeasureGroup are the measures of an incident or an agency; of all where both are
// empty.
type MeasureGroup struct {
	Incident string    `json:"incident,omitempty"`
	Agency   string    `json:"agency,omitempty"`
	Name     string    `json:"name,omitempty"`
	Measures []Measure `json:"measures"`
}

// MeasureSet are the measures of a period in a realm.
type MeasureSet struct {
	From      time.Time      `json:"from"`
	To        time.Time      `json:"to"`
	All       MeasureGroup   `json:"all"`
	Agencies  []MeasureGroup `json:"agencies"`
	Incidents []MeasureGroup `json:"incidents" doc:"at most 200, the latest first"`
}

// mostMeasured bounds how many incidents are told one by one.
const mostMeasured = 200

// Measures computes the measures of what began in a period, from included and to
// not, out of a realm's records: incidents, reports, tasks, alarms, requests and
// loans, archived ones too. What has not come to its end by then is open.
func Measures(records []Record, from, to time.Time, targets map[MeasureType]int) MeasureSet {
	samples := Samples(records, from, to)
	counts := countSamples(records, from, to)
	set := MeasureSet{From: from, To: to, Agencies: []MeasureGroup{}, Incidents: []MeasureGroup{}}
	group := func(mine func(Sample) bool) []Measure {
		out := []Measure{}
		for _, m := range TimedMeasures {
			if x := summarise(m, samples, mine, to, targets[m]); x.Count+x.Open+x.Wrong > 0 {
				out = append(out, x)
			}
		}
		for _, m := range []MeasureType{MeasureUnanswered, MeasureCheckin} {
			x := Measure{Type: m, Share: -1}
			for _, c := range counts {
				if c.Type == m && mine(c.Sample) {
					x.Of++
					x.Count += c.n
					if c.n == 0 {
						x.Met++
					}
				}
			}
			if x.Of > 0 {
				x.Share = float64(x.Met) / float64(x.Of)
				out = append(out, x)
			}
		}
		return out
	}
	set.All.Measures = group(func(Sample) bool { return true })
	agencies, incidents := map[string]bool{}, map[string]bool{}
	for _, s := range samples {
		agencies[s.Agency], incidents[s.Incident] = true, true
	}
	for _, a := range sortedKeys(agencies) {
		set.Agencies = append(set.Agencies, MeasureGroup{Agency: a, Measures: group(func(s Sample) bool { return s.Agency == a })})
	}
	known := recordsOf[*Incident](records)
	slices.SortFunc(known, func(a, b *Incident) int { return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(a.ID, b.ID)) })
	for _, i := range known {
		if incidents[i.ID] && len(set.Incidents) < mostMeasured {
			set.Incidents = append(set.Incidents, MeasureGroup{Incident: i.ID, Name: join(i.Number, i.Title), Measures: group(func(s Sample) bool { return s.Incident == i.ID })})
		}
	}
	return set
}

func sortedKeys(m map[string]bool) []string {
	var out []string
	for k := range m {
		if k != "" {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

// summarise gathers the cases of one measure.
func summarise(m MeasureType, samples []Sample, mine func(Sample) bool, to time.Time, target int) Measure {
	x := Measure{Type: m, Target: target, Share: -1}
	var took []float64
	for _, s := range samples {
		switch {
		case s.Type != m || !mine(s):
		case s.To == nil:
			x.Open++
			if target > 0 && to.Sub(s.From) > time.Duration(target)*time.Second {
				x.Overdue++
			}
		case s.seconds() < 0:
			x.Wrong++
		default:
			took = append(took, s.seconds())
			if target > 0 && s.seconds() <= float64(target) {
				x.Met++
			}
		}
	}
	x.Count = len(took)
	if x.Count > 0 {
		slices.Sort(took)
		x.Median, x.P90, x.Worst = nearestRank(took, 0.5), nearestRank(took, 0.9), took[len(took)-1]
	}
	if n := x.Count + x.Overdue; target > 0 && n > 0 {
		x.Share = float64(x.Met) / float64(n)
	}
	return x
}

// nearestRank is the nearest-rank percentile of sorted values.
func nearestRank(sorted []float64, p float64) float64 {
	return sorted[max(int(math.Ceil(p*float64(len(sorted))-1e-9)), 1)-1]
}
