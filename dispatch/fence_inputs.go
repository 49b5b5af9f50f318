package dispatch

import (
	"time"

	"liandong/geo"
)

// FenceDraw draws a fence. A ring without a middle is around its incident or
// hazard source, and goes where that is placed.
type FenceDraw struct {
	Name     string       `json:"name,omitempty" doc:"made from purpose and place when left out"`
	Type     FenceType    `json:"type" enum:"ring,perimeter,division"`
	Purpose  FencePurpose `json:"purpose,omitempty" enum:"hot,warm,cold,staging,watch" doc:"watch when left out"`
	Incident string       `json:"incident,omitempty"`
	Hazard   string       `json:"hazard,omitempty"`
	Center   *geo.Point   `json:"center,omitempty" doc:"of a ring, WGS-84, longitude first"`
	Radius   int          `json:"radius,omitempty" doc:"of a ring, 30 to 200000 metres"`
	Shape    geo.Polygon  `json:"shape,omitempty" doc:"of a perimeter: rings of [lon, lat] in WGS-84, at most 300 points"`
	Division string       `json:"division,omitempty" doc:"of a division: its code"`
	Warn     []FenceWarn  `json:"warn,omitempty" doc:"which crossings raise an alarm: enter, exit, dwell"`
	Dwell    int          `json:"dwell,omitempty" doc:"seconds of a stay after which dwell warns, 60 to 604800"`
	Until    *time.Time   `json:"until,omitempty" doc:"when it ends by itself"`
}

// FenceEdit changes the fields that are given; null and absent leave a field as
// it is.
type FenceEdit struct {
	Expect
	Fence   string        `json:"fence"`
	Name    *string       `json:"name,omitempty"`
	Purpose *FencePurpose `json:"purpose,omitempty" enum:"hot,warm,cold,staging,watch"`
	Center  *geo.Point    `json:"center,omitempty"`
	Radius  *int          `json:"radius,omitempty"`
	Shape   *geo.Polygon  `json:"shape,omitempty"`
	Warn    *[]FenceWarn  `json:"warn,omitempty"`
	Dwell   *int          `json:"dwell,omitempty"`
	Until   *time.Time    `json:"until,omitempty"`
	// Endless takes the time away at which the fence ends by itself.
	Endless bool `json:"endless,omitempty"`
}

// FenceEnd takes a fence away.
type FenceEnd struct {
	Expect
	Fence  string `json:"fence"`
	Reason string `json:"reason,omitempty"`
}

// FenceCross tells of teams that entered or left fences, in the order in which
// they did. Only the server itself gives this command.
type FenceCross struct {
	Crossings []Crossing `json:"crossings" doc:"at most 100"`
}

// Crossing is one team that is on the other side of a fence now.
type Crossing struct {
	Fence  string    `json:"fence"`
	Team   string    `json:"team"`
	Inside bool      `json:"inside"`
	Point  geo.Point `json:"point" doc:"of the position that tells it, WGS-84, longitude first"`
	Fixed  time.Time `json:"fixed" doc:"when that was measured"`
}

// TaskArrive tells that the team of a task seems to have arrived. Only the
// server itself gives this command.
type TaskArrive struct {
	Task  string    `json:"task"`
	Fixed time.Time `json:"fixed" doc:"when the position that tells it was measured"`
}
