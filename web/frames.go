package web

import (
	"reflect"
	"time"

	"liandong/dispatch"
	"liandong/geo"
)

var wholeEarth = geo.Bound{-180, -90, 180, 90}

// The frames of the socket, for the document only: package realtime writes and reads them, and a test
// holds the two against each other.

// FrameHello is the first frame.
type FrameHello struct {
	T     string         `json:"t" enum:"hello"`
	Epoch string         `json:"epoch"`
	Realm dispatch.Realm `json:"realm"`
	Seq   int64          `json:"seq"`
	At    time.Time      `json:"at"`
	Beat  int            `json:"beat" doc:"seconds between beats"`
	Nodes string         `json:"nodes,omitempty" enum:"cut" doc:"other nodes cannot be heard: positions told to them are old"`
}

// FrameChanges carries changes; from is the reader's cursor, to the new one.
type FrameChanges struct {
	T       string          `json:"t" enum:"changes"`
	From    int64           `json:"from"`
	To      int64           `json:"to"`
	Changes []dispatch.Seen `json:"changes"`
}

// FrameBeat shows that the link and the journal live.
type FrameBeat struct {
	T         string    `json:"t" enum:"beat"`
	From      int64     `json:"from"`
	To        int64     `json:"to"`
	At        time.Time `json:"at"`
	JournalAt time.Time `json:"journal_at" doc:"when the journal was last read; older than 5 s: the database is away"`
	Nodes     string    `json:"nodes,omitempty" enum:"cut" doc:"other nodes cannot be heard: positions told to them are old"`
}

// FrameTeams tells the numbers of teams in the positions frames of the connection.
type FrameTeams struct {
	T      string   `json:"t" enum:"teams"`
	Number []int    `json:"number"`
	Team   []string `json:"team"`
}

// FramePositions is the head of a binary frame, which goes on with a record of 24 bytes a team; go doc
// liandong/realtime has its form.
type FramePositions struct {
	T      string    `json:"t" enum:"positions"`
	At     time.Time `json:"at"`
	Full   bool      `json:"full" doc:"replaces everything held"`
	Base   int64     `json:"base" doc:"milliseconds since 1970 that the times of the records count from"`
	Source []string  `json:"source" doc:"by the number in the records"`
	Stale  []int     `json:"stale" doc:"of each source, seconds after which its positions are stale"`
}

// FramePositionsGone names teams that are no longer to be seen.
type FramePositionsGone struct {
	T    string   `json:"t" enum:"positions_gone"`
	Team []string `json:"team"`
}

// FramePresence tells who has which incident open.
type FramePresence struct {
	T    string           `json:"t" enum:"presence"`
	Open []FramePresent   `json:"open"`
	Here []FrameAttendant `json:"here,omitempty" doc:"for those who run a drill: who is connected in it, or was"`
}

// FrameAttendant is somebody who is connected in a drill, or was since the server's start.
type FrameAttendant struct {
	Person string     `json:"person"`
	Left   *time.Time `json:"left,omitempty" doc:"on the wall; missing while a connection is open"`
}

// FramePresent is one incident with the people who have it open.
type FramePresent struct {
	Incident string       `json:"incident"`
	People   []FrameOther `json:"people"`
}

// FrameOther is somebody else at a screen.
type FrameOther struct {
	Name   string        `json:"name"`
	Agency string        `json:"agency"`
	Role   dispatch.Role `json:"role"`
}

// FrameDone answers an accepted command.
type FrameDone struct {
	T  string `json:"t" enum:"done"`
	ID string `json:"id"`
	Done
}

// FrameRefused answers a refused command or position.
type FrameRefused struct {
	T       string  `json:"t" enum:"refused"`
	ID      string  `json:"id"`
	Problem Problem `json:"problem"`
}

// FrameLook tells what the map shows.
type FrameLook struct {
	T     string    `json:"t" enum:"look"`
	Bound geo.Bound `json:"bound"`
	Zoom  float64   `json:"zoom"`
}

// FrameOpen tells which incident is on the screen; "" none.
type FrameOpen struct {
	T        string `json:"t" enum:"open"`
	Incident string `json:"incident"`
}

// FrameCommand gives a command; id is its idempotency key.
type FrameCommand struct {
	T    string         `json:"t" enum:"command"`
	ID   string         `json:"id"`
	Name string         `json:"name"`
	Body map[string]any `json:"body"`
}

// FramePosition is the own position of a team's leader.
type FramePosition struct {
	T        string     `json:"t" enum:"position"`
	Lon      float64    `json:"lon"`
	Lat      float64    `json:"lat"`
	Accuracy *float64   `json:"accuracy"`
	Speed    *float64   `json:"speed"`
	Heading  *float64   `json:"heading"`
	At       *time.Time `json:"at"`
}

var frames = []reflect.Type{
	reflect.TypeFor[FrameHello](), reflect.TypeFor[FrameChanges](), reflect.TypeFor[FrameBeat](), reflect.TypeFor[FrameTeams](), reflect.TypeFor[FramePositions](),
	reflect.TypeFor[FramePositionsGone](), reflect.TypeFor[FramePresence](), reflect.TypeFor[FrameDone](), reflect.TypeFor[FrameRefused](),
	reflect.TypeFor[FrameLook](), reflect.TypeFor[FrameOpen](), reflect.TypeFor[FrameCommand](), reflect.TypeFor[FramePosition](),
}
