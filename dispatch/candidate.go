package dispatch

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"liandong/dispatch/vocabulary"
	"liandong/geo"
	"liandong/geo/route"
)

// Ranking answers "who could go" for one incident.
type Ranking struct {
	Incident   string      `json:"incident"`
	At         time.Time   `json:"at"`
	Candidates []Candidate `json:"candidates"`
	Excluded   []Candidate `json:"excluded"`
	Shortfalls []Need      `json:"shortfalls" doc:"needs that all candidates together cannot meet, with the number missing"`
}

// Candidate is one team with its place in the order and why.
type Candidate struct {
	Team    string   `json:"team"`
	Rank    int      `json:"rank" doc:"1 is the first choice; 0 when excluded"`
	Meets   []string `json:"meets,omitempty" doc:"capability codes of open needs that it meets"`
	Seconds int      `json:"seconds,omitempty" doc:"estimated travel time"`
	Meters  int      `json:"meters,omitempty" doc:"estimated length of the way"`
	// Estimate is always true: there is no road network behind it.
	Estimate bool     `json:"estimate"`
	From     string   `json:"from" enum:"position,base,unknown" doc:"where the way starts"`
	May      string   `json:"may" enum:"assign,propose"`
	Reasons  []Reason `json:"reasons"`
}

// Reason is one ground for a rank or an exclusion, in both languages.
type Reason struct {
	Code string `json:"code"`
	ZH   string `json:"zh"`
	EN   string `json:"en"`
}

// Travel is what an estimate says.
type Travel struct {
	Seconds, Meters int
	Known           bool
}

// Fix is where a team was seen last.
type Fix struct {
	Point geo.Point
	Fresh bool // not older than its source's limit
}

// estimate is the travel time of a team to a place: from its last fresh
// position, else from its base.
func (s *Service) estimate(team *Team, fix *Fix, to *geo.Point) Travel {
	from := team.Base.Point
	if fix != nil && fix.Fresh {
		from = &fix.Point
	}
	if from == nil || to == nil || s.cfg.Router == nil {
		return Travel{}
	}
	mode := route.Urgent
	if team.Type == TeamPower || team.Type == TeamOther {
		mode = route.Drive
	}
	e := s.cfg.Router.Travel(*from, *to, mode)
	sec := e.Duration.Seconds()
	if team.Speed > 0 {
		sec = e.Metres / (float64(team.Speed) / 3.6)
	}
	return Travel{int(math.Round(sec)), int(math.Round(e.Metres)), true}
}

// Candidates ranks the teams that the actor may send to the incident, or ask
// for. fixes holds the last positions by team; it may be nil.
func (s *Service) Candidates(ctx context.Context, actor Actor, incident string, fixes map[string]Fix) (Ranking, error) {
	r, err := s.Get(ctx, actor, Ref{KindIncident, incident})
	if err != nil {
		return Ranking{}, err
	}
	i := r.(*Incident)
	au := s.onlooker(actor)
	q := func(k Kind) Query { return Query{Realm: actor.Realm, Kind: k, Limit: -1} }
	teamsQ := q(KindTeam)
	teamsQ.Audience = &au
	teams, err := s.store.Find(ctx, teamsQ)
	if err != nil {
		return Ranking{}, err
	}
	tq := q(KindTask)
	tq.Incident = incident
	tasks, err := s.store.Find(ctx, tq)
	if err != nil {
		return Ranking{}, err
	}
	in := rankInput{incident: i, at: s.Now(actor.Realm), assign: map[string]bool{}, on: map[string]*Task{}, lent: map[string]bool{}, travel: map[string]Travel{}, from: map[string]string{}}
	assign, _ := CommandByName("task.assign")
	for _, rec := range teams {
		t := rec.(*Team)
		in.teams = append(in.teams, t)
		in.assign[t.ID] = May(actor, in.at, assign, RefOf(t), t.Scope) == nil
		in.lent[t.ID] = t.Holder != "" && t.Holder != actor.Agency && t.Holder != i.Scope.Agency
		in.from[t.ID] = "base"
		var fix *Fix
		if f, ok := fixes[t.ID]; ok && f.Fresh {
			fix, in.from[t.ID] = &f, "position"
		}
		in.travel[t.ID] = s.estimate(t, fix, i.Place.Point)
	}
	for _, rec := range tasks {
		if t := rec.(*Task); t.Open() {
			in.on[t.Team] = t
		}
	}
	return rank(in), nil
}

// rankInput is all that the order depends on.
type rankInput struct {
	incident *Incident
	teams    []*Team
	at       time.Time
	assign   map[string]bool  // may be sent outright, else proposed
	on       map[string]*Task // open tasks of this incident, by team
	lent     map[string]bool  // on loan to others: not the actor's to send
	travel   map[string]Travel
	from     map[string]string
}

// rank is the order of "who could go", a pure function. Lexicographic:
//
//  1. more of the incident's open needs met (an incident without needs: all alike)
//  2. available before delayed (on break)
//  3. fully staffed before staffed at the minimum
//  4. may be sent outright before must be asked of its owner
//  5. shorter estimated travel time; unknown last
//  6. call sign, so that the order is total
func rank(in rankInput) Ranking {
	out := Ranking{Incident: in.incident.ID, At: in.at, Candidates: []Candidate{}, Excluded: []Candidate{}, Shortfalls: []Need{}}
	open := openNeeds(in)
	type scored struct {
		c    Candidate
		t    *Team
		keys [4]int
	}
	var list []scored
	for _, t := range in.teams {
		c := Candidate{Team: t.ID, Estimate: true, May: "propose", From: in.from[t.ID]}
		if in.assign[t.ID] {
			c.May = "assign"
		}
		tr := in.travel[t.ID]
		if tr.Known {
			c.Seconds, c.Meters = tr.Seconds, tr.Meters
		} else {
			c.From = "unknown"
		}
		for _, n := range open {
			if t.Has(n.Capability, in.at) {
				c.Meets = append(c.Meets, n.Capability)
			}
		}
		if why, no := excluded(in, t, len(open) > 0 && len(c.Meets) == 0); no {
			c.Reasons = []Reason{why}
			out.Excluded = append(out.Excluded, c)
			continue
		}
		c.Reasons = reasons(in, t, c, tr)
		list = append(list, scored{c, t, [4]int{-len(c.Meets), oneIf(t.Status != StatusAvailable), oneIf(t.Crew < t.SeatsFull), oneIf(c.May != "assign")}})
	}
	slices.SortFunc(list, func(a, b scored) int {
		if c := slices.Compare(a.keys[:], b.keys[:]); c != 0 {
			return c
		}
		ta, tb := in.travel[a.t.ID], in.travel[b.t.ID]
		if ta.Known != tb.Known {
			return oneIf(!ta.Known)*2 - 1
		}
		if ta.Seconds != tb.Seconds {
			return ta.Seconds - tb.Seconds
		}
		return compare(a.t.CallSign+a.t.ID, b.t.CallSign+b.t.ID)
	})
	met := map[string]int{}
	for n, s := range list {
		s.c.Rank = n + 1
		out.Candidates = append(out.Candidates, s.c)
		for _, m := range s.c.Meets {
			met[m]++
		}
	}
	slices.SortFunc(out.Excluded, func(a, b Candidate) int { return compare(a.Team, b.Team) })
	for _, n := range open {
		if short := n.Count - met[n.Capability]; short > 0 {
			out.Shortfalls = append(out.Shortfalls, Need{n.Capability, short})
		}
	}
	return out
}

// openNeeds is what the incident asks for less what its teams bring.
func openNeeds(in rankInput) []Need {
	var out []Need
	for _, n := range in.incident.Needs {
		left := n.Count
		for _, t := range in.teams {
			if in.on[t.ID] != nil && t.Has(n.Capability, in.at) {
				left--
			}
		}
		if left > 0 {
			out = append(out, Need{n.Capability, left})
		}
	}
	return out
}

func oneIf(b bool) int {
	if b {
		return 1
	}
	return 0
}

// excluded tells why a team cannot go at all.
func excluded(in rankInput, t *Team, useless bool) (Reason, bool) {
	switch {
	case t.Retired:
		return Reason{"retired", "已撤编", "retired"}, true
	case in.on[t.ID] != nil:
		return Reason{"on_incident", "已在本事件中", "already on this incident"}, true
	case in.lent[t.ID]:
		return Reason{"lent", "已借调给其他单位", "on loan to another agency"}, true
	case t.Distress != nil:
		return Reason{"distress", "正在遇险", "in distress"}, true
	case t.Duty == DutyOff:
		return Reason{"off_duty", "下勤", "off duty"}, true
	case t.Duty == DutyOutOfService:
		return Reason{"out_of_service", "停用 " + t.DutyReason, "out of service " + t.DutyReason}, true
	case t.Status == StatusCommitted:
		return Reason{"committed", "执行其他任务", "on another task"}, true
	case t.Crew < t.SeatsMin:
		return Reason{"understaffed", fmt.Sprintf("在队 %d 人，少于最低编制 %d 人", t.Crew, t.SeatsMin),
			fmt.Sprintf("%d aboard, fewer than the minimum of %d", t.Crew, t.SeatsMin)}, true
	case useless:
		return Reason{"no_capability", "不具备所需能力", "has none of the capabilities asked for"}, true
	}
	return Reason{}, false
}

func reasons(in rankInput, t *Team, c Candidate, tr Travel) []Reason {
	var out []Reason
	for _, m := range c.Meets {
		c := vocabulary.CapabilityByCode(m)
		out = append(out, Reason{"meets", "具备" + c.ZH + "能力", "has " + c.EN})
	}
	if t.Status == StatusDelayed {
		out = append(out, Reason{"delayed", "休整中，应答较慢", "on break, answers late"})
	} else {
		out = append(out, Reason{"available", "待命", "available"})
	}
	if t.Task != "" {
		out = append(out, Reason{"interruptible", "现有任务可中断", "its present task can be interrupted"})
	}
	out = append(out, Reason{"crew", fmt.Sprintf("在队 %d/%d 人", t.Crew, t.SeatsFull), fmt.Sprintf("%d of %d aboard", t.Crew, t.SeatsFull)})
	if c.May == "propose" {
		out = append(out, Reason{"propose", "须所属单位同意", "its owner must agree"})
	}
	if tr.Known {
		out = append(out, Reason{"travel", fmt.Sprintf("约 %d 分钟（%.1f 公里，估算）", (tr.Seconds+59)/60, float64(tr.Meters)/1000),
			fmt.Sprintf("about %d min (%.1f km, estimate)", (tr.Seconds+59)/60, float64(tr.Meters)/1000)})
	} else {
		out = append(out, Reason{"travel_unknown", "行程未知", "travel time unknown"})
	}
	return out
}
