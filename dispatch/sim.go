package dispatch

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"liandong/geo"
)

// Sim (模拟体) is a team of a drill that nobody plays: it answers, turns out,
// drives, works, tires and goes home by itself, as a crew would, or moves as a
// controller says. Its id is the team's.
//
// All that it leaves to chance comes of the drill's seed, the team and how often
// it drew before: the same decisions give the same drill, whichever server looks.
type Sim struct {
	Head
	Mode   SimMode   `json:"mode" enum:"auto,hand,off"`
	Traits SimTraits `json:"traits"`

	// Task is what it is on, On the state for which its next step was planned.
	Task string    `json:"task,omitempty"`
	On   TaskState `json:"on,omitempty"`
	// Next is what it does by itself, at Due on the drill's clock.
	Next SimStep    `json:"next,omitempty" enum:"accept,acknowledge,refuse,turn_out,arrive,break_down,report,checkin,tire,leave,home,rest,resume"`
	Due  *time.Time `json:"due,omitempty"`
	// At is where it stands, unless it is on a leg; nil where that is not known.
	At  *geo.Point `json:"at,omitempty"`
	Leg *Leg       `json:"leg,omitempty"`
	// Began is when it began to work at the scene, Until when it will be done there,
	// Report when it tells what it found.
	Began  *time.Time `json:"began,omitempty"`
	Until  *time.Time `json:"until,omitempty"`
	Report *time.Time `json:"report,omitempty"`
	// Tired is when it asks to be relieved; nil once it did.
	Tired  *time.Time `json:"tired,omitempty"`
	Worked int        `json:"worked,omitempty" doc:"seconds at work since its last rest"`
	Draws  int        `json:"draws" doc:"how often it drew from chance"`
	// Cross is when it is next to be looked at because it crosses the line of a fence,
	// on the drill's clock; nil where its next step comes before.
	Cross  *time.Time `json:"cross,omitempty"`
	Reason string     `json:"reason,omitempty" doc:"why it wants a hand: its step was refused"`
}

// Leg is a way that a simulated team is on.
type Leg struct {
	From     geo.Point `json:"from"`
	To       geo.Point `json:"to"`
	Departed time.Time `json:"departed"`
	Arrives  time.Time `json:"arrives"`
}

// SimMode is who moves a simulated team.
type SimMode string

// The modes.
const (
	SimAuto SimMode = "auto" // 自动
	SimHand SimMode = "hand" // 手动：a controller moves it
	SimOff  SimMode = "off"  // 停用：somebody plays the team, or nobody does
)

// SimModes lists the modes.
var SimModes = []SimMode{SimAuto, SimHand, SimOff}

// SimStep is what a simulated team does next.
type SimStep string

// The steps.
const (
	SimAccept      SimStep = "accept"      // 同意派遣：its agency has no desk in the drill
	SimAcknowledge SimStep = "acknowledge" // 接令
	SimRefuse      SimStep = "refuse"      // 拒绝
	SimTurnOut     SimStep = "turn_out"    // 出动
	SimArrive      SimStep = "arrive"      // 到达
	SimBreakDown   SimStep = "break_down"  // 故障
	SimReport      SimStep = "report"      // 报告现场
	SimCheckin     SimStep = "checkin"     // 清点
	SimTire        SimStep = "tire"        // 请求轮换
	SimLeave       SimStep = "leave"       // 撤离
	SimHome        SimStep = "home"        // 归队
	SimRest        SimStep = "rest"        // 休整
	SimResume      SimStep = "resume"      // 恢复
)

// SimTraits are how a team behaves.
type SimTraits struct {
	Acknowledge Spread `json:"acknowledge" doc:"from the assignment to its answer"`
	Turnout     Spread `json:"turnout" doc:"from the answer to the departure"`
	// Travel is for ways whose end nobody knows; else the estimate of the way counts.
	Travel Spread `json:"travel"`
	Report Spread `json:"report" doc:"from the arrival to the first word"`
	Work   Spread `json:"work" doc:"at the scene"`
	Rest   Spread `json:"rest"`
	Tire   int    `json:"tire,omitempty" doc:"seconds of work after which it asks to be relieved; 0 never"`
	Speed  int    `json:"speed" doc:"percent of the usual speed, 10 to 300"`
	Refuse int    `json:"refuse,omitempty" doc:"percent of the assignments that it refuses"`
	Break  int    `json:"break,omitempty" doc:"percent of its ways out on which it breaks down"`
}

// Spread is a lognormal distribution of a span, by two of its quantiles.
type Spread struct {
	Median int `json:"median" doc:"seconds, 1 to 86400"`
	P90    int `json:"p90" doc:"seconds that nine of ten do not exceed; at least the median"`
}

// DefaultTraits are those of the fire department of San Francisco, computed from
// its dispatch log of 2016-12-31 to 2017-01-07 (seconds, median and 90th
// percentile of the rows of units): from dispatch to en route 49 and 124, from en
// route to on scene 227 and 759, from on scene to available 1190 and 4769. The log
// has no moment of acknowledgement: that a quarter of the first span lies before
// it is judgement, and so are the report, and relief after two hours. A rest of
// twenty minutes is the least of NFPA 1584.
func DefaultTraits() SimTraits {
	return SimTraits{Acknowledge: Spread{12, 31}, Turnout: Spread{37, 93}, Travel: Spread{227, 759}, Report: Spread{60, 180},
		Work: Spread{1190, 4769}, Rest: Spread{1200, 1800}, Tire: 7200, Speed: 100}
}

func (s Spread) check(name string) error {
	return firstError(checkRange(name+".median", s.Median, 1, 86400), checkRange(name+".p90", s.P90, s.Median, 172800))
}

func (t SimTraits) check() error {
	return firstError(t.Acknowledge.check("traits.acknowledge"), t.Turnout.check("traits.turnout"), t.Travel.check("traits.travel"),
		t.Report.check("traits.report"), t.Work.check("traits.work"), t.Rest.check("traits.rest"),
		checkRange("traits.tire", t.Tire, 0, 172800), checkRange("traits.speed", t.Speed, 10, 300),
		checkRange("traits.refuse", t.Refuse, 0, 100), checkRange("traits.break", t.Break, 0, 100))
}

func (s *Sim) check() error {
	if !oneOf(s.Mode, SimModes) {
		return invalid("mode", s.Mode, "未知的模拟方式", "unknown mode of a simulated team", words(SimModes)...)
	}
	return firstError(s.Traits.check(), checkText("reason", s.Reason, 0, 300))
}

func (s *Sim) redacted() Record { return nil } // those who see it see it whole

func (s *Sim) index() Index {
	return Index{State: string(s.Mode), Team: s.ID, Due: earliest(s.Due, s.Cross)}
}

// Where is where the team is at the moment on the drill's clock, how fast it goes
// in m/s, and whether that is known. A leg is a straight line.
func (s *Sim) Where(at time.Time) (p geo.Point, speed float64, ok bool) {
	l := s.Leg
	switch {
	case l == nil && s.At == nil:
		return p, 0, false
	case l == nil:
		return *s.At, 0, true
	case !at.After(l.Departed):
		return l.From, 0, true
	case !at.Before(l.Arrives):
		return l.To, 0, true
	}
	all := l.Arrives.Sub(l.Departed).Seconds()
	share := at.Sub(l.Departed).Seconds() / all
	return geo.At(l.From.Lon()+share*(l.To.Lon()-l.From.Lon()), l.From.Lat()+share*(l.To.Lat()-l.From.Lat())), geo.Distance(l.From, l.To) / all, true
}

// dice are the next chances of the team.
func (s *Sim) dice(seed int64) *rand.Rand {
	s.Draws++
	sum := sha256.Sum256(fmt.Appendf(nil, "sim\n%d\n%s\n%d", seed, s.ID, s.Draws))
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])))
}

// The 90th percentile of the normal distribution, and how far from its middle is
// drawn at most: chance makes no team that never comes.
const (
	normal90 = 1.2815515655446004
	farthest = 2.5
)

// draw is a span of the distribution, in whole seconds, 1 at least.
func (s *Sim) draw(seed int64, d Spread) time.Duration {
	z := min(max(s.dice(seed).NormFloat64(), -farthest), farthest)
	sigma := math.Log(float64(d.P90)/float64(d.Median)) / normal90
	return time.Duration(max(1, math.Round(float64(d.Median)*math.Exp(sigma*z)))) * time.Second
}

// chance tells whether what happens in so many of a hundred cases does.
func (s *Sim) chance(seed int64, percent int) bool {
	return percent > 0 && s.dice(seed).IntN(100) < percent
}
