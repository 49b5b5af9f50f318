package dispatch

import (
	"slices"
	"strings"
	"time"
)

// Drill (演练) is an exercise. It has a realm of its own, which holds all of it:
// the record of the drill, its plan, the copied picture that it starts from and
// whatever is done in it. Nothing of a drill is ever in the realm live.
type Drill struct {
	Head
	Name    string       `json:"name"`
	Content DrillContent `json:"content" enum:"comprehensive,single" doc:"AQ/T 9007-2019: 综合 or 单项"`
	Form    DrillForm    `json:"form" enum:"field,tabletop" doc:"AQ/T 9007-2019: 实战 or 桌面"`
	Purpose DrillPurpose `json:"purpose" enum:"test,demonstration,research" doc:"AQ/T 9007-2019: 检验性, 示范性 or 研究性"`
	// NoNotice drills (双盲) are known to nobody but those who run them, until they
	// begin.
	NoNotice bool `json:"no_notice,omitempty"`
	// Situation is what the players are told when it begins.
	Situation string `json:"situation,omitempty"`
	// Planned is when it is to begin, on the wall.
	Planned *time.Time `json:"planned,omitempty"`
	// Length is how long it is planned to last on its clock; the director ends it.
	Length int        `json:"length,omitempty" doc:"seconds; 0 not set"`
	State  DrillState `json:"state" enum:"planned,approved,comms_checked,ready,running,paused,ended,evaluated,improvements_open,closed,cancelled"`
	Clock  Clock      `json:"clock"`
	// Begins is what the drill's clock shows at the start (STARTEX).
	Begins time.Time `json:"begins"`
	// Seed makes ids and the chances of the simulation: the same seed and the same
	// decisions give the same journal.
	Seed  int64        `json:"seed"`
	Start DrillPicture `json:"start"`
	// Targets are what the measures are held against, in the place of the house's.
	Targets map[MeasureType]int `json:"targets,omitempty" doc:"seconds, by measure"`
	// Plan is the last change of the planning, once it has begun.
	Plan int64 `json:"plan,omitempty"`
	// Stamps holds when each state was first reached, on the drill's clock.
	Stamps map[DrillState]Stamp `json:"stamps,omitempty"`
	Reason string               `json:"reason,omitempty" doc:"why it was paused, cancelled, or went on with a check unmet"`
}

// DrillPicture says what the drill starts from: a realm right after a change.
type DrillPicture struct {
	Type  PictureType `json:"type" enum:"resources,picture,plan"`
	Realm Realm       `json:"realm"`
	Seq   int64       `json:"seq"`
	At    time.Time   `json:"at" doc:"that realm's clock at the moment"`
}

// PictureType is how much of a moment a drill takes over.
type PictureType string

// What a drill starts from.
const (
	PictureResources PictureType = "resources" // 资源底图: resources at rest, nothing under way
	PictureWhole     PictureType = "picture"   // 全态势: all as it was at the moment
	PicturePlan      PictureType = "plan"      // 沿用方案: another drill as it was planned
)

// PictureTypes lists what a drill can start from.
var PictureTypes = []PictureType{PictureResources, PictureWhole, PicturePlan}

// DrillContent is what a drill covers.
type DrillContent string

// DrillForm is how a drill is done.
type DrillForm string

// DrillPurpose is what a drill is for.
type DrillPurpose string

// The kinds of drill of AQ/T 9007-2019.
const (
	DrillComprehensive DrillContent = "comprehensive" // 综合演练
	DrillSingle        DrillContent = "single"        // 单项演练
	DrillField         DrillForm    = "field"         // 实战演练
	DrillTabletop      DrillForm    = "tabletop"      // 桌面演练
	DrillTest          DrillPurpose = "test"          // 检验性演练
	DrillDemonstration DrillPurpose = "demonstration" // 示范性演练
	DrillResearch      DrillPurpose = "research"      // 研究性演练
)

// DrillState is where a drill is.
type DrillState string

// The states of a drill.
const (
	DrillPlanned      DrillState = "planned"           // 策划中
	DrillApproved     DrillState = "approved"          // 已批准
	DrillCommsChecked DrillState = "comms_checked"     // 通联已检查
	DrillReady        DrillState = "ready"             // 就绪
	DrillRunning      DrillState = "running"           // 进行中
	DrillPaused       DrillState = "paused"            // 暂停
	DrillEnded        DrillState = "ended"             // 已结束
	DrillEvaluated    DrillState = "evaluated"         // 已评估
	DrillImproving    DrillState = "improvements_open" // 整改中
	DrillClosed       DrillState = "closed"            // 已归档
	DrillCancelled    DrillState = "cancelled"         // 已取消
)

// drillMoves is every legal move of a drill. Before it begins it may go back to
// be planned anew.
var drillMoves = map[DrillState][]DrillState{
	DrillPlanned:      {DrillApproved, DrillCancelled},
	DrillApproved:     {DrillCommsChecked, DrillPlanned, DrillCancelled},
	DrillCommsChecked: {DrillReady, DrillPlanned, DrillCancelled},
	DrillReady:        {DrillRunning, DrillPlanned, DrillCancelled},
	DrillRunning:      {DrillPaused, DrillEnded, DrillCancelled},
	DrillPaused:       {DrillRunning, DrillEnded, DrillCancelled},
	DrillEnded:        {DrillEvaluated},
	DrillEvaluated:    {DrillImproving, DrillClosed},
	DrillImproving:    {DrillClosed},
	DrillClosed:       {}, DrillCancelled: {},
}

// DrillStates lists the states in order.
var DrillStates = []DrillState{DrillPlanned, DrillApproved, DrillCommsChecked, DrillReady, DrillRunning, DrillPaused, DrillEnded,
	DrillEvaluated, DrillImproving, DrillClosed, DrillCancelled}

// Begun tells whether the players have begun.
func (s DrillState) Begun() bool {
	return slices.Index(DrillStates, s) >= slices.Index(DrillStates, DrillRunning) && s != DrillCancelled
}

// Over tells whether nothing is played any more.
func (s DrillState) Over() bool {
	return s == DrillCancelled || slices.Index(DrillStates, s) >= slices.Index(DrillStates, DrillEnded)
}

const drillPrefix = "drill:"

// DrillRealm is the realm of a drill.
func DrillRealm(id string) Realm { return Realm(drillPrefix + id) }

// Drill is the id of the realm's drill, "" in the realm live.
func (r Realm) Drill() string {
	id, _ := strings.CutPrefix(string(r), drillPrefix)
	if Realm(id) == r {
		return ""
	}
	return id
}

func (d *Drill) check() error {
	switch {
	case !oneOf(d.Content, []DrillContent{DrillComprehensive, DrillSingle}):
		return invalid("content", d.Content, "未知的演练内容", "unknown content of a drill", string(DrillComprehensive), string(DrillSingle))
	case !oneOf(d.Form, []DrillForm{DrillField, DrillTabletop}):
		return invalid("form", d.Form, "未知的演练形式", "unknown form of a drill", string(DrillField), string(DrillTabletop))
	case !oneOf(d.Purpose, []DrillPurpose{DrillTest, DrillDemonstration, DrillResearch}):
		return invalid("purpose", d.Purpose, "未知的演练目的", "unknown purpose of a drill", string(DrillTest), string(DrillDemonstration), string(DrillResearch))
	}
	return firstError(
		checkText("name", d.Name, 1, 120),
		checkText("situation", d.Situation, 0, 4000),
		checkRange("length", d.Length, 0, mostOffset),
		checkText("reason", d.Reason, 0, 300))
}

// redacted is what the players see.
func (d *Drill) redacted() Record {
	r := *d
	r.Seed, r.Plan, r.Reason, r.Start, r.Scope = 0, 0, "", DrillPicture{}, d.Scope.public()
	r.Stamps = unsigned(d.Stamps)
	if !d.State.Begun() {
		r.Situation = ""
	}
	return &r
}

func (d *Drill) index() Index {
	return Index{State: string(d.State), Text: join(d.Name)}
}

// reach moves the drill to the state, at the moment on its clock.
func (d *Drill) reach(to DrillState, s Stamp) error {
	if !oneOf(to, drillMoves[d.State]) {
		return illegal(KindDrill, string(d.State), string(to), words(drillMoves[d.State]))
	}
	d.State = to
	if d.Stamps == nil {
		d.Stamps = map[DrillState]Stamp{}
	}
	if _, ok := d.Stamps[to]; !ok {
		d.Stamps[to] = s
	}
	return nil
}
