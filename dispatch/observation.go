package dispatch

import (
	"math"
	"time"
)

// Observation (评估记录) is what somebody who runs a drill saw in it, tied to the
// exact moment: an evaluator to judge it, or the director or a controller as a
// remark (导调记事) for those who run it.
type Observation struct {
	Head
	Type ObservationType `json:"type" enum:"action,strength,weakness,score,lesson,remark"`
	// By is the part of the person who saw it.
	By   string `json:"by" doc:"part"`
	Name string `json:"name"`
	// Moment is when it was seen, on the drill's clock; Seq is the last change of
	// the drill's journal at that moment, so that the whole picture of it can be
	// shown again.
	Moment Stamp `json:"moment"`
	Seq    int64 `json:"seq" doc:"the drill's last change at the moment"`
	// What it is about: an objective, an expected action of an inject, an agency.
	Objective string `json:"objective,omitempty"`
	Aspect    Aspect `json:"aspect,omitempty" enum:"warning,mobilisation,assessment,command,response,resources,communication,information,protection,cordon,medical,recovery,other" doc:"the objective's where one is named"`
	Inject    string `json:"inject,omitempty"`
	Expected  *int   `json:"expected,omitempty" doc:"which of the inject's expected actions, from 0"`
	Seen      *bool  `json:"seen,omitempty" doc:"of an action: it was seen, or it was missed"`
	Agency    string `json:"agency,omitempty"`
	Text      string `json:"text,omitempty"`
	Score     *Score `json:"score,omitempty"`
	// Edited is when it was last changed; what it said before is in the journal.
	Edited *Stamp `json:"edited,omitempty"`
}

// ObservationType says what an observation is.
type ObservationType string

// The types of observation.
const (
	ObservationAction   ObservationType = "action"   // 预期行动: seen or missed
	ObservationStrength ObservationType = "strength" // 优点
	ObservationWeakness ObservationType = "weakness" // 不足
	ObservationScore    ObservationType = "score"    // 评分
	ObservationLesson   ObservationType = "lesson"   // 经验教训
	// ObservationRemark is a private note of the director or a controller, of an
	// inject or of the drill. It judges nobody and counts in no score. Those who run
	// the drill see it, evaluators among them: in the MSEL (HSEEP) one column of notes
	// serves controller and evaluator, and who does not know why an inject was held
	// back judges the players wrongly. Of what is told to all participants it is no
	// part: the report holds it for the director alone.
	ObservationRemark ObservationType = "remark" // 导调记事
)

// ObservationTypes lists the types.
var ObservationTypes = []ObservationType{ObservationAction, ObservationStrength, ObservationWeakness, ObservationScore, ObservationLesson, ObservationRemark}

// Score (评分) is a judgement on one of the scales of AQ/T 9009-2015.
type Score struct {
	Scale ScoreScale `json:"scale" enum:"yes_no,grade,quantity"`
	// Value is 1 or 0 for yes and no; 0, 1, 3 or 5 of a grade; a measured number of a quantity.
	Value float64 `json:"value"`
	Unit  string  `json:"unit,omitempty" doc:"of a quantity: 秒, 人"`
	// Target is what a quantity should reach; with Less, what it should not be above.
	Target *float64 `json:"target,omitempty"`
	Less   bool     `json:"less,omitempty" doc:"less is better, as of a time"`
}

// ScoreScale is how a score is given.
type ScoreScale string

// The scales of AQ/T 9009-2015.
const (
	ScaleYesNo    ScoreScale = "yes_no"   // 是/否
	ScaleGrade    ScoreScale = "grade"    // 0 缺项, 1 较差, 3 一般, 5 优秀
	ScaleQuantity ScoreScale = "quantity" // 定量
)

// ScoreScales lists the scales, ScoreGrades the values of the grades.
var (
	ScoreScales = []ScoreScale{ScaleYesNo, ScaleGrade, ScaleQuantity}
	ScoreGrades = []float64{0, 1, 3, 5}
)

func (s *Score) check() error {
	switch {
	case !oneOf(s.Scale, ScoreScales):
		return invalid("score.scale", s.Scale, "未知的评分方式", "unknown scale", words(ScoreScales)...)
	case s.Scale == ScaleYesNo && s.Value != 0 && s.Value != 1:
		return invalid("score.value", s.Value, "应为 1（是）或 0（否）", "is 1 (yes) or 0 (no)", "0", "1")
	case s.Scale == ScaleGrade && !oneOf(s.Value, ScoreGrades):
		return invalid("score.value", s.Value, "应为 0 缺项、1 较差、3 一般或 5 优秀", "is 0 missing, 1 poor, 3 fair or 5 good", "0", "1", "3", "5")
	case s.Scale != ScaleQuantity:
		if s.Unit != "" || s.Target != nil || s.Less {
			return invalid("score.unit", s.Unit, "只有定量评分才有单位和目标", "only a quantity has a unit and a target")
		}
		return nil
	case !bounded(s.Value):
		return invalid("score.value", s.Value, "数值应为 0 至十亿", "a quantity is 0 to 1,000,000,000")
	case s.Target != nil && (!bounded(*s.Target) || *s.Target == 0):
		return invalid("score.target", *s.Target, "目标应大于 0，至多十亿", "a target is more than 0, at most 1,000,000,000")
	}
	return checkText("score.unit", s.Unit, 1, 12)
}

func bounded(v float64) bool { return !math.IsNaN(v) && v >= 0 && v <= 1e9 }

func (o *Observation) check() error {
	switch {
	case !oneOf(o.Type, ObservationTypes):
		return invalid("type", o.Type, "未知的评估记录类型", "unknown type of observation", words(ObservationTypes)...)
	case o.Aspect != "" && !oneOf(o.Aspect, Aspects):
		return invalid("aspect", o.Aspect, "未知的评估项", "unknown head of evaluation", words(Aspects)...)
	case o.Expected != nil && o.Inject == "":
		return invalid("inject", "", "请指明是哪条情景注入的预期行动", "the inject of the expected action is missing", "an id")
	case (o.Type == ObservationAction) != (o.Expected != nil && o.Seen != nil):
		return invalid("expected", o.Expected, "预期行动须写明是哪一项、是否看到；其他类型不填", "an action, and nothing else, tells which expected action it is and whether it was seen")
	case (o.Type == ObservationScore) != (o.Score != nil):
		return invalid("score", o.Score, "评分须写明分值；其他类型不填", "a score, and nothing else, has a value")
	case o.Type == ObservationRemark && (o.Objective != "" || o.Aspect != "" || o.Agency != ""):
		return invalid("type", o.Type, "导调记事只可指明情景注入，不评目标、评估项和单位", "a remark is about an inject or about nothing; it judges no objective, head or agency", string(ObservationWeakness), string(ObservationLesson))
	case o.Type == ObservationScore && o.Objective == "" && o.Agency == "" && o.Aspect == "":
		return invalid("objective", "", "评分须针对目标、评估项或单位", "a score is about an objective, a head of evaluation or an agency", "an id")
	}
	least := 1
	if o.Type == ObservationAction || o.Type == ObservationScore {
		least = 0
	}
	if err := checkText("text", o.Text, least, 2000); err != nil {
		return err
	}
	if o.Score != nil {
		return o.Score.check()
	}
	return nil
}

func (o *Observation) redacted() Record { return nil } // those who see it see it whole

func (o *Observation) index() Index { return Index{State: string(o.Type), Text: join(o.Text)} }

// Improvement (改进项) is what is to be done after a drill, by whom and until when
// (AQ/T 9007-2019: 整改计划, 目标, 措施, 资金, 跟踪督查; the improvement plan of HSEEP).
// It is done in reality: its due date and stamps are on the wall, its owner is
// of the realm live.
type Improvement struct {
	Head
	Number    int    `json:"number" doc:"unique in the drill, from 1"`
	Text      string `json:"text" doc:"what is wrong, and what is to be better"`
	Aspect    Aspect `json:"aspect" enum:"warning,mobilisation,assessment,command,response,resources,communication,information,protection,cordon,medical,recovery,other"`
	Objective string `json:"objective,omitempty"`
	// Observations are those that it follows from.
	Observations []string   `json:"observations,omitempty" doc:"at most 20"`
	Owner        string     `json:"owner" doc:"the agency, of the realm live, that does it"`
	OwnerName    string     `json:"owner_name"`
	Person       string     `json:"person,omitempty" doc:"who sees to it, of the realm live"`
	PersonName   string     `json:"person_name,omitempty"`
	Due          *time.Time `json:"due,omitempty" doc:"on the wall"`
	Measures     string     `json:"measures,omitempty" doc:"what is done about it"`
	Resources    string     `json:"resources,omitempty" doc:"people, things and money that it takes"`
	// Progress is how far it is, as it was told last.
	Progress string           `json:"progress,omitempty"`
	Told     *Stamp           `json:"told,omitempty" doc:"when the progress was told, on the wall"`
	State    ImprovementState `json:"state" enum:"open,done,verified,dropped"`
	// Stamps holds when each state was last reached, on the wall.
	Stamps map[ImprovementState]Stamp `json:"stamps,omitempty"`
	Reason string                     `json:"reason,omitempty" doc:"what was done, or why it was dropped or opened again"`
}

// ImprovementState is where an improvement is.
type ImprovementState string

// The states of an improvement.
const (
	ImprovementOpen     ImprovementState = "open"     // 待整改
	ImprovementDone     ImprovementState = "done"     // 已整改
	ImprovementVerified ImprovementState = "verified" // 已验证
	ImprovementDropped  ImprovementState = "dropped"  // 不再整改
)

// ImprovementStates lists the states.
var ImprovementStates = []ImprovementState{ImprovementOpen, ImprovementDone, ImprovementVerified, ImprovementDropped}

// improvementMoves is every legal move: what was done is verified, or found
// wanting and open again.
var improvementMoves = map[ImprovementState][]ImprovementState{
	ImprovementOpen:     {ImprovementDone, ImprovementDropped},
	ImprovementDone:     {ImprovementVerified, ImprovementOpen, ImprovementDropped},
	ImprovementVerified: {},
	ImprovementDropped:  {ImprovementOpen},
}

// Ended tells whether nothing is left to do about it.
func (s ImprovementState) Ended() bool { return s == ImprovementVerified || s == ImprovementDropped }

// reach moves the improvement to the state.
func (i *Improvement) reach(to ImprovementState, s Stamp) error {
	if !oneOf(to, improvementMoves[i.State]) {
		return illegal(KindImprovement, string(i.State), string(to), words(improvementMoves[i.State]))
	}
	i.enter(to, s)
	return nil
}

func (i *Improvement) enter(to ImprovementState, s Stamp) {
	if i.Stamps == nil {
		i.Stamps = map[ImprovementState]Stamp{}
	}
	i.State, i.Stamps[to] = to, s
}

func (i *Improvement) check() error {
	switch {
	case !oneOf(i.Aspect, Aspects):
		return invalid("aspect", i.Aspect, "未知的评估项", "unknown head of evaluation", words(Aspects)...)
	case len(i.Observations) > 20:
		return invalid("observations", len(i.Observations), "最多依据 20 条评估记录", "follows from at most 20 observations")
	case i.Due != nil && (i.Due.Year() < 2000 || i.Due.Year() > 2200):
		return invalid("due", i.Due, "期限应在 2000 至 2200 年之间", "is between the years 2000 and 2200")
	}
	return firstError(
		checkText("text", i.Text, 1, 1000),
		checkText("measures", i.Measures, 0, 2000),
		checkText("resources", i.Resources, 0, 500),
		checkText("progress", i.Progress, 0, 300),
		checkText("reason", i.Reason, 0, 300))
}

func (i *Improvement) redacted() Record { return nil } // those who see it see it whole

func (i *Improvement) index() Index {
	return Index{State: string(i.State), Text: join(i.Text, i.OwnerName, i.PersonName)}
}
