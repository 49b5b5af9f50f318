package dispatch

import (
	"time"

	"liandong/geo"
)

// Fence (电子围栏) is a line on the map. When a team crosses it, that is a
// decision of record: a Stay begins or ends. It watches the teams whose
// position a dispatcher of its agency sees, and no others.
//
// A fence of an incident is seen with the incident and ends with it.
type Fence struct {
	Head
	Name    string       `json:"name"`
	Type    FenceType    `json:"type" enum:"ring,perimeter,division"`
	Purpose FencePurpose `json:"purpose" enum:"hot,warm,cold,staging,watch"`
	State   FenceState   `json:"state" enum:"active,ended"`

	Incident string `json:"incident,omitempty" doc:"the incident it belongs to"`
	Hazard   string `json:"hazard,omitempty" doc:"the hazard source that a ring is around"`
	// Center is the middle of a ring; of the other types where the name is
	// written.
	Center *geo.Point `json:"center,omitempty" doc:"WGS-84, longitude first"`
	Radius int        `json:"radius,omitempty" doc:"of a ring, metres"`
	// Follows: the ring is around its incident or hazard source and goes where
	// that is placed.
	Follows  bool        `json:"follows,omitempty"`
	Shape    geo.Polygon `json:"shape,omitempty" doc:"of a perimeter: rings of WGS-84 points, longitude first, the outer one and then its holes"`
	Division string      `json:"division,omitempty" doc:"of a division: its code"`

	Warn  []FenceWarn `json:"warn,omitempty" doc:"which crossings raise an alarm"`
	Dwell int         `json:"dwell,omitempty" doc:"seconds of a stay after which dwell warns"`
	Until *time.Time  `json:"until,omitempty" doc:"when it ends by itself"`
	// Drawn is when the line was last moved. Who was inside before did not
	// enter: it was found there.
	Drawn  time.Time `json:"drawn"`
	Reason string    `json:"reason,omitempty" doc:"why it ended"`
}

// FenceType says what the line is.
type FenceType string

// The types of fence.
const (
	FenceRing      FenceType = "ring"      // 圆形
	FencePerimeter FenceType = "perimeter" // 手绘
	FenceDivision  FenceType = "division"  // 区划
)

// FenceTypes lists the types.
var FenceTypes = []FenceType{FenceRing, FencePerimeter, FenceDivision}

// FencePurpose says what the fence is for; the screens colour it by that. The
// first three are the control zones of incidents with hazardous materials.
type FencePurpose string

// The purposes of a fence.
const (
	FenceHot     FencePurpose = "hot"     // 热区（危险区）
	FenceWarm    FencePurpose = "warm"    // 温区（缓冲区）
	FenceCold    FencePurpose = "cold"    // 冷区（警戒区）
	FenceStaging FencePurpose = "staging" // 集结区
	FenceWatch   FencePurpose = "watch"   // 关注区
)

// FencePurposes lists the purposes.
var FencePurposes = []FencePurpose{FenceHot, FenceWarm, FenceCold, FenceStaging, FenceWatch}

// FenceState is whether it stands.
type FenceState string

// The states of a fence.
const (
	FenceActive FenceState = "active"
	FenceEnded  FenceState = "ended"
)

// FenceWarn is what a fence warns of.
type FenceWarn string

// What a fence can warn of.
const (
	WarnEnter FenceWarn = "enter" // 进入
	WarnExit  FenceWarn = "exit"  // 离开
	WarnDwell FenceWarn = "dwell" // 停留超时
)

// FenceWarns lists them.
var FenceWarns = []FenceWarn{WarnEnter, WarnExit, WarnDwell}

// Bounds of a fence.
const (
	leastRadius   = 30 // metres: below it the noise of receivers is larger than the ring
	mostRadius    = 200_000
	mostVertices  = 300 // so that the record stays below 8 KiB
	leastDwell    = 60
	mostDwell     = 7 * 86400
	mostCrossings = 100
)

func (f *Fence) check() error {
	switch {
	case !oneOf(f.Type, FenceTypes):
		return invalid("type", f.Type, "未知的围栏类型", "unknown type of fence", words(FenceTypes)...)
	case !oneOf(f.Purpose, FencePurposes):
		return invalid("purpose", f.Purpose, "未知的围栏用途", "unknown purpose of a fence", words(FencePurposes)...)
	case len(f.Warn) > 0 && !f.warns(WarnDwell) && f.Dwell != 0, len(f.Warn) == 0 && f.Dwell != 0:
		return invalid("dwell", f.Dwell, "设定了停留时限，但未选择停留告警", "a time is set, but no alarm for a stay is asked for", `warn: ["dwell"]`)
	case f.warns(WarnDwell) && (f.Dwell < leastDwell || f.Dwell > mostDwell):
		return invalid("dwell", f.Dwell, "停留时限应为 60 秒至 7 天", "the time of a stay that warns is 60 to 604800 seconds", "60 to 604800")
	}
	for i, warn := range f.Warn {
		if !oneOf(warn, FenceWarns) {
			return invalid(field("warn", i), warn, "未知的告警条件", "unknown kind of crossing", words(FenceWarns)...)
		}
	}
	if len(f.Warn) > len(FenceWarns) {
		return invalid("warn", len(f.Warn), "告警条件重复", "an alarm is asked for twice", words(FenceWarns)...)
	}
	return firstError(checkText("name", f.Name, 1, 60), checkText("reason", f.Reason, 0, 300), f.checkLine())
}

// checkLine makes sure that there is the line of the type and no other.
func (f *Fence) checkLine() error {
	if f.Center != nil {
		if err := f.Center.Check(); err != nil {
			return invalid("center", *f.Center, "坐标超出范围："+err.Error(), err.Error(), "[lon, lat] in WGS-84 degrees")
		}
	}
	if f.Type != FenceRing && f.Radius != 0 {
		return invalid("radius", f.Radius, "只有圆形围栏有半径", "only a ring has a radius")
	}
	if f.Type != FencePerimeter && len(f.Shape) > 0 {
		return invalid("shape", "", "只有手绘围栏有边界点", "only a perimeter has a shape")
	}
	if f.Type != FenceDivision && f.Division != "" {
		return invalid("division", f.Division, "只有区划围栏有区划代码", "only a fence along a division has its code")
	}
	switch f.Type {
	case FenceRing:
		if f.Center == nil {
			return invalid("center", nil, "请给出圆心，或选择有坐标的事件、危险源", "the middle is missing, or an incident or hazard source that has a point", "[lon, lat] in WGS-84 degrees")
		}
		return checkRange("radius", f.Radius, leastRadius, mostRadius)
	case FencePerimeter:
		return checkShape("shape", f.Shape)
	default:
		if f.Division == "" {
			return invalid("division", f.Division, "请选择区划", "the division is missing", "a division code")
		}
	}
	return nil
}

// checkShape refuses a drawn polygon that does not bound an area.
func checkShape(name string, p geo.Polygon) error {
	m := geo.MultiPolygon{p}
	if n := m.Vertices(); n < 4 || n > mostVertices {
		return invalid(name, n, "边界应为 3 至 299 个点", "a shape has 3 to 299 corners, and its first point again as the last", "[[[lon, lat], …]]")
	}
	if err := m.Check(); err != nil {
		return invalid(name, "", "边界有误："+err.Error(), err.Error(), "a ring that does not cross itself")
	}
	return nil
}

func (f *Fence) warns(w FenceWarn) bool { return oneOf(w, f.Warn) }

func (f *Fence) redacted() Record {
	r := *f
	r.Reason, r.Scope = "", f.Scope.public()
	return &r
}

// Stay (围栏内停留) is one stay of a team in a fence. It is seen by those who
// see the team through the fence: the fence's agency and the coordinating
// agencies above it, the team's agency and its leader; not by those with whom
// the incident is shared, for a share never passes on.
type Stay struct {
	Head
	Fence    string    `json:"fence"`
	Team     string    `json:"team"`
	Incident string    `json:"incident,omitempty" doc:"the fence's"`
	State    StayState `json:"state" enum:"inside,left"`
	// Found: the team was inside when the line was drawn.
	Found bool `json:"found,omitempty"`
	// Entered and Left hold when the server knew and, as the event time, when
	// the position that told it was measured.
	Entered Stamp     `json:"entered"`
	Point   geo.Point `json:"point" doc:"where it was first seen inside, WGS-84, longitude first"`
	Left    *Stamp    `json:"left,omitempty"`
	// DwellDue is when the stay becomes an alarm, Dwelt when it did.
	DwellDue *time.Time `json:"dwell_due,omitempty"`
	Dwelt    *Stamp     `json:"dwelt,omitempty"`
	Reason   string     `json:"reason,omitempty" doc:"why it ended, where the team did not leave: the fence ended or moved"`
}

// StayState is whether it lasts.
type StayState string

// The states of a stay.
const (
	StayInside StayState = "inside" // 在内
	StayLeft   StayState = "left"   // 已离开
)

func (s *Stay) check() error {
	if err := s.Point.Check(); err != nil {
		return invalid("point", s.Point, "坐标超出范围："+err.Error(), err.Error(), "[lon, lat] in WGS-84 degrees")
	}
	return checkText("reason", s.Reason, 0, 300)
}

func (s *Stay) redacted() Record {
	r := *s
	r.Scope = s.Scope.public()
	r.Entered, r.Left, r.Dwelt = *s.Entered.unsigned(), s.Left.unsigned(), s.Dwelt.unsigned()
	return &r
}

// Watches tells whether the fence is told of the team of the scope: its agency's
// dispatchers, with the agency's jurisdiction, see at the moment where the team
// is.
func (f *Fence) Watches(jurisdiction string, at time.Time, team string, s Scope) bool {
	return SeePosition(Audience{Role: RoleDispatcher, Agency: f.Scope.Agency, Jurisdiction: jurisdiction}.At(at), team, s)
}

// stayScope is whose a stay of the team is in a fence of the scope.
func stayScope(fence Scope, team *Team) Scope {
	return Scope{Agency: fence.Agency, Area: fence.Area, Teams: []string{team.ID}}.
		with(Share{Agency: team.Scope.Agency, Tier: TierView, Source: ShareTask})
}
