package client

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"
)

// Positions is a frame of the position lane, in columns. What the source did
// not tell is negative.
type Positions struct {
	At       time.Time
	Full     bool
	Team     []string
	Lon      []float64 // WGS-84 degrees
	Lat      []float64
	Speed    []float64 // m/s
	Heading  []float64 // degrees from north, clockwise
	Accuracy []float64 // metres
	Fixed    []time.Time
	Stale    []int // seconds
	Source   []string
}

// Numbers are the teams' numbers that one connection was told.
type Numbers map[uint32]string

// teamsFrame names teams.
type teamsFrame struct {
	Number []uint32 `json:"number"`
	Team   []string `json:"team"`
}

// Learn reads a teams frame.
func (n Numbers) Learn(b []byte) error {
	var f teamsFrame
	if err := json.Unmarshal(b, &f); err != nil || len(f.Number) != len(f.Team) {
		return fmt.Errorf("teams %.100q: %v", b, err)
	}
	for i, number := range f.Number {
		n[number] = f.Team[i]
	}
	return nil
}

const recordSize = 24

// Moves is a positions frame with its records as they came. They hold until the call that was given
// them returns.
type Moves struct {
	At      time.Time // of the tick, by the server's clock
	Full    bool      // all in view, not only what moved
	Base    int64     // of the times in records, milliseconds since 1970
	Source  []string
	Stale   []int
	Records []byte
}

// Len is how many teams are told of.
func (m Moves) Len() int { return len(m.Records) / recordSize }

// Fixed is when the source measured the i-th, to 10 ms.
func (m Moves) Fixed(i int) time.Time {
	return time.UnixMilli(m.Base + 10*int64(int32(binary.LittleEndian.Uint32(m.Records[i*recordSize+12:])))).UTC()
}

// readMoves reads a positions frame, which is binary; package realtime says how it is made.
func readMoves(b []byte) (Moves, error) {
	var head struct {
		T      string    `json:"t"`
		At     time.Time `json:"at"`
		Full   bool      `json:"full"`
		Base   int64     `json:"base"`
		Source []string  `json:"source"`
		Stale  []int     `json:"stale"`
	}
	if len(b) < 4 {
		return Moves{}, fmt.Errorf("a binary frame of %d bytes", len(b))
	}
	size := int64(binary.LittleEndian.Uint32(b))
	if b = b[4:]; size > int64(len(b)) {
		return Moves{}, fmt.Errorf("a head of %d bytes in %d", size, len(b))
	}
	if err := json.Unmarshal(b[:size], &head); err != nil || head.T != "positions" || len(head.Source) != len(head.Stale) {
		return Moves{}, fmt.Errorf("head %.100q: %v", b[:size], err)
	}
	if b = b[size:]; len(b)%recordSize != 0 {
		return Moves{}, fmt.Errorf("%d bytes of records", len(b))
	}
	return Moves{head.At, head.Full, head.Base, head.Source, head.Stale, b}, nil
}

// Read reads a positions frame with the teams' names.
func (n Numbers) Read(b []byte) (Positions, error) {
	head, err := readMoves(b)
	if err != nil {
		return Positions{}, err
	}
	p := Positions{At: head.At, Full: head.Full}
	for i := range head.Len() {
		b := head.Records[i*recordSize:]
		le := binary.LittleEndian
		team, ok := n[le.Uint32(b)]
		source := int(b[22])
		if !ok || source >= len(head.Source) {
			return p, fmt.Errorf("team %d or source %d was not told", le.Uint32(b), source)
		}
		p.Team = append(p.Team, team)
		p.Lon, p.Lat = append(p.Lon, float64(int32(le.Uint32(b[4:])))/1e7), append(p.Lat, float64(int32(le.Uint32(b[8:])))/1e7)
		p.Fixed = append(p.Fixed, head.Fixed(i))
		p.Speed, p.Heading = append(p.Speed, told(le.Uint16(b[16:]), 100)), append(p.Heading, told(le.Uint16(b[18:]), 100))
		p.Accuracy = append(p.Accuracy, told(le.Uint16(b[20:]), 1))
		p.Source, p.Stale = append(p.Source, head.Source[source]), append(p.Stale, head.Stale[source])
	}
	return p, nil
}

func told(v uint16, parts float64) float64 {
	if v == 1<<16-1 {
		return -1
	}
	return float64(v) / parts
}
