package cot

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"liandong/dispatch"
	"liandong/geo"
)

// How long a marker holds without news, and after how long it is written again:
// a client whose link is dead sees it grey within the first.
const (
	markerHolds  = 3 * time.Minute
	markerRenews = time.Minute
	// readHolds is how old the last look at the journal may be for markers to be
	// written again as fresh.
	readHolds = 10 * time.Second
)

// shown is what a client has of one uid.
type shown struct {
	what  string // all of it but the times
	fixed time.Time
	at    time.Time // when it was written
}

// picture is what the client does not have yet, or has and must lose.
func (c *conn) picture(now time.Time) []*Event {
	s := c.s.board.sight(c.actor.Audience())
	if s == nil {
		return nil
	}
	var out []*Event
	seen := map[string]bool{}
	offer := func(e *Event, fixed time.Time) {
		seen[e.UID] = true
		what, had := describe(e), c.sent[e.UID]
		renew := fixed.IsZero() && now.Sub(had.at) >= markerRenews && now.Sub(s.read) < readHolds
		if had.what != what || had.fixed != fixed || renew {
			out = append(out, e)
			c.sent[e.UID] = shown{what, fixed, now}
		}
	}
	for _, t := range s.teams {
		p, placed := c.s.cfg.Real.Latest(t.ID)
		placed = placed && s.placed[t.ID]
		if placed && t.ID != c.actor.Team { // the client draws itself
			offer(contact(t, p, c.s.cfg.Lane.Stale(p.Source)), p.Fixed)
		}
		if t.Distress == nil || t.ID == c.actor.Team {
			continue
		}
		switch {
		case placed:
			offer(emergency(t, p.Point, now), time.Time{})
		case t.Distress.Place != nil && t.Distress.Place.Point != nil:
			offer(emergency(t, *t.Distress.Place.Point, now), time.Time{})
		}
	}
	for _, i := range s.incidents {
		if i.Place.Point != nil && onBoard(i.State) {
			offer(marker(i, now), time.Time{})
		}
	}
	for _, f := range s.fences {
		if drawn(f) {
			offer(zone(f, now), time.Time{})
		}
	}
	var gone []string
	for uid := range c.sent {
		if !seen[uid] {
			gone = append(gone, uid)
		}
	}
	slices.Sort(gone)
	for _, uid := range gone {
		delete(c.sent, uid)
		if team, ok := strings.CutSuffix(uid, alertSuffix); ok {
			out = append(out, cancelled(uid, team, now))
		}
		out = append(out, removed(uid, now))
	}
	return out
}

// describe is the event less its times.
func describe(e *Event) string {
	c := *e
	c.Time, c.Start, c.Stale = time.Time{}, time.Time{}, time.Time{}
	return string(c.Encode(nil))
}

func onBoard(s dispatch.IncidentState) bool {
	switch s {
	case dispatch.IncidentReported, dispatch.IncidentVerified, dispatch.IncidentActive, dispatch.IncidentControlled:
		return true
	}
	return false
}

func teamUID(id string) string { return "liandong.team." + id }

// groups are the colours in which clients draw teams; the names are TAK's own.
var groups = map[dispatch.TeamType]string{
	dispatch.TeamFire: "Red", dispatch.TeamMedical: "Green", dispatch.TeamHazmat: "Orange", dispatch.TeamMine: "Brown", dispatch.TeamWater: "Blue",
	dispatch.TeamTraffic: "Yellow", dispatch.TeamPower: "Purple", dispatch.TeamSocial: "Teal", dispatch.TeamCommand: "White", dispatch.TeamOther: "Cyan",
}

// contact is a team where it is.
func contact(t *dispatch.Team, p dispatch.Position, stale time.Duration) *Event {
	kind, role := "a-f-G-U-C", "Team Member"
	switch t.Type {
	case dispatch.TeamMedical:
		kind = "a-f-G-E-V-m"
	case dispatch.TeamCommand:
		role = "HQ"
	}
	group := groups[t.Type]
	if group == "" {
		group = groups[dispatch.TeamOther]
	}
	e := &Event{UID: teamUID(t.ID), Type: kind, How: "m-g", Time: p.Fixed, Start: p.Fixed, Stale: p.Fixed.Add(stale), Point: at(p.Point),
		Detail: []Element{el("contact", "callsign", t.CallSign, "endpoint", "*:-1:stcp"), el("__group", "name", group, "role", role)}}
	if p.Accuracy >= 0 {
		e.Point.CE = p.Accuracy
	}
	if p.Speed >= 0 || p.Heading >= 0 {
		e.Detail = append(e.Detail, el("track", "speed", decimal(max(p.Speed, 0)), "course", decimal(max(p.Heading, 0))))
	}
	e.Detail = append(e.Detail, el("remarks").text(t.Name+" · "+statusZH[t.Status]))
	return e
}

var statusZH = map[dispatch.TeamStatus]string{
	dispatch.StatusAvailable: "可用", dispatch.StatusDelayed: "休整", dispatch.StatusCommitted: "执行任务", dispatch.StatusUnavailable: "不可用", dispatch.StatusDistress: "遇险",
}

// marker is an incident on the map.
func marker(i *dispatch.Incident, now time.Time) *Event {
	colour := map[int]int32{1: argbRed, 2: argbOrange}[i.Priority]
	if colour == 0 {
		colour = argbYellow
	}
	value := strconv.Itoa(int(colour))
	text := fmt.Sprintf("%s\n%s %s", i.Title, i.Type, i.Place.Text)
	if i.Description != "" {
		text += "\n" + i.Description
	}
	return &Event{UID: "liandong.incident." + i.ID, Type: "b-m-p-s-m", How: "h-g-i-g-o", Time: now, Start: now, Stale: now.Add(markerHolds), Point: at(*i.Place.Point),
		Detail: []Element{el("contact", "callsign", i.Number+" "+i.Title), el("color", "argb", value),
			el("usericon", "iconsetpath", "COT_MAPPING_SPOTMAP/b-m-p-s-m/"+value), el("remarks").text(text)}}
}

// Colours as clients write them: a signed 32-bit ARGB.
const (
	argbRed    int32 = -65536
	argbOrange int32 = -35072
	argbYellow int32 = -256
)

// alertSuffix makes the uid of an emergency from that of who is in need.
const alertSuffix = "-9-1-1"

// emergency is a team in distress.
func emergency(t *dispatch.Team, p geo.Point, now time.Time) *Event {
	return &Event{UID: teamUID(t.ID) + alertSuffix, Type: "b-a-o-tbl", How: "h-e", Time: now, Start: t.Distress.Since, Stale: now.Add(markerHolds), Point: at(p),
		Detail: []Element{el("contact", "callsign", t.CallSign+"-Alert"), el("emergency", "type", "911 Alert").text(t.CallSign),
			el("link", "uid", teamUID(t.ID), "type", "a-f-G-U-C", "relation", "p-p"), el("remarks").text(t.Name + " 遇险求助 " + t.Distress.Text)}}
}

// cancelled ends an emergency on the clients.
func cancelled(uid, team string, now time.Time) *Event {
	return &Event{UID: uid, Type: "b-a-o-can", How: "h-e", Time: now, Start: now, Stale: now.Add(20 * time.Second), Point: nowhere(),
		Detail: []Element{el("emergency", "cancel", "true"), el("link", "uid", team, "type", "a-f-G-U-C", "relation", "p-p")}}
}

// removed takes an object off the client's map.
func removed(uid string, now time.Time) *Event {
	return &Event{UID: "liandong.delete." + uid, Type: "t-x-d-d", How: "m-g", Time: now, Start: now, Stale: now.Add(20 * time.Second), Point: nowhere(),
		Detail: []Element{el("link", "uid", uid, "relation", "none", "type", "none"), el("__forcedelete")}}
}

func at(p geo.Point) Point { return Point{p.Lat(), p.Lon(), unknown, unknown, unknown} }

// nowhere is the point of events that are about no place: CoT asks for one.
func nowhere() Point { return Point{0, 0, unknown, unknown, unknown} }
