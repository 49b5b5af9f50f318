package dispatch

import (
	"time"

	"liandong/geo"
)

// Position (定位) is where a team was, as one source told it. Positions are no
// decisions: they never touch the journal.
type Position struct {
	Realm  Realm     `json:"realm"`
	Team   string    `json:"team"`
	Device string    `json:"device,omitempty"` // the device or person that told it
	Point  geo.Point `json:"point"`            // WGS-84, longitude first
	// Speed in m/s, Heading in degrees from north clockwise, Accuracy in metres
	// (radius); each is negative when the source did not tell it.
	Speed    float64      `json:"speed"`
	Heading  float64      `json:"heading"`
	Accuracy float64      `json:"accuracy"`
	Fixed    time.Time    `json:"fixed"`    // by the source's own clock
	Received time.Time    `json:"received"` // by the server's clock
	Source   string       `json:"source"`   // osmand, owntracks, phone, demo …
	Flag     PositionFlag `json:"flag,omitempty"`
}

// SourceSim is the source of positions of a drill's simulated teams.
const SourceSim = "sim"

// PositionFlag says why a stored position was not shown; empty when it was.
type PositionFlag string

// Why a position is stored but not shown.
const (
	PositionFuture PositionFlag = "future" // the source's clock is more than 60 s ahead
	PositionJump   PositionFlag = "jump"   // faster than 70 m/s from the last one shown
	PositionLate   PositionFlag = "late"   // older than the one shown
)

// TrackQuery asks where a team was, by the source's clock: from the first moment
// to before the second.
type TrackQuery struct {
	Realm    Realm
	Team     string
	From, To time.Time
	// After is where the page before ended; its zero value is the beginning.
	After TrackCursor
	Limit int // 0: as many as the store gives at once
}

// TrackCursor is a place in a track: positions come by Fixed and, where two have
// the same, by Received.
type TrackCursor struct{ Fixed, Received time.Time }
