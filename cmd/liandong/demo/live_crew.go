package demo

import (
	"context"
	"time"

	"liandong/dispatch"
	"liandong/geo"
)

// way is where a team is and where it goes.
type way struct {
	at      geo.Point
	legs    []geo.Point   // still to come; empty when it stands
	goal    geo.Point     // the last of the legs
	told    time.Time     // when its position was told last
	heading float64       // degrees from north
	speed   float64       // m/s, now
	offset  time.Duration // spreads the reports of those that stand
	arrived bool
}

// runCrews answers for every team: the next step of each open task.
func (l *Live) runCrews(ctx context.Context, now time.Time) error {
	for _, t := range l.board.tasks {
		team, i := l.board.teams[t.Team], l.board.incidents[t.Incident]
		if team == nil || i == nil || l.held(t) {
			continue
		}
		if err := l.crew(ctx, t, team, i, now); err != nil {
			return err
		}
	}
	return nil
}

func (l *Live) crew(ctx context.Context, t *dispatch.Task, team *dispatch.Team, i *dispatch.Incident, now time.Time) error {
	step := func(to dispatch.TaskState) error {
		_, _, err := l.do(ctx, leaderActor(team), "task.advance", dispatch.TaskAdvance{Task: t.ID, From: t.State, To: to})
		return err
	}
	w := l.way(team)
	plan := string(t.State) + " " + t.ID
	switch t.State {
	case dispatch.TaskProposed:
		if l.sooner(plan, now, 6, 12) {
			_, _, err := l.do(ctx, ownerActor(t.Agency), "task.accept", dispatch.TaskAccept{Task: t.ID})
			return err
		}
	case dispatch.TaskAssigned:
		if l.sooner(plan, now, 4, 9) {
			return step(dispatch.TaskAcknowledged)
		}
	case dispatch.TaskAcknowledged:
		if l.sooner(plan, now, 5, 12) && t.Next != "" {
			return step(t.Next)
		}
	case dispatch.TaskEnRoute, dispatch.TaskToDestination:
		to := i.Place.Point
		if t.State == dispatch.TaskToDestination && t.Destination != nil {
			to = t.Destination.Point
		}
		if to == nil {
			// Nobody told where: it is there after a while all the same.
			if l.sooner(plan, now, 60, 90) && t.Next != "" {
				return step(t.Next)
			}
			return nil
		}
		if w.drive(*to); w.arrived && t.Next != "" {
			return step(t.Next)
		}
	case dispatch.TaskStaging:
		if l.sooner(plan, now, 20, 40) {
			return step(dispatch.TaskOnScene)
		}
	case dispatch.TaskOnScene, dispatch.TaskAtDestination:
		return l.work(ctx, t, team, i, now, step)
	case dispatch.TaskReturning:
		if team.Base.Point == nil {
			return step(dispatch.TaskDone)
		}
		if w.drive(*team.Base.Point); w.arrived {
			return step(dispatch.TaskDone)
		}
	}
	return nil
}

// work is what a crew does at the scene: it reports, answers the safety
// check-in, and leaves when its work is done; later where a person runs the
// incident, who may want to look on.
func (l *Live) work(ctx context.Context, t *dispatch.Task, team *dispatch.Team, i *dispatch.Incident, now time.Time, step func(dispatch.TaskState) error) error {
	if t.CheckDue != nil && t.CheckDue.Sub(now) < 20*time.Second {
		_, _, err := l.do(ctx, leaderActor(team), "task.checkin", dispatch.TaskRef{Task: t.ID})
		return err
	}
	if noted := "noted " + t.ID; l.sooner(noted, now, 10, 20) && l.due[noted].Before(forever) {
		l.due[noted] = forever
		text := "到达现场，正在处置"
		if s, ok := l.story(i); ok {
			text = s["noted"]
		}
		_, _, err := l.do(ctx, leaderActor(team), "note.add", dispatch.NoteAdd{Incident: i.ID, Task: t.ID, Text: text})
		return err
	}
	least, most := 120, 240
	if !l.mine(i) {
		least, most = 360, 600
	}
	if team.Distress != nil || !l.sooner("leave "+t.ID, now, least, most) {
		return nil
	}
	if t.Type == dispatch.TaskStandby || t.Type == dispatch.TaskRelocation {
		return step(dispatch.TaskDone)
	}
	return step(dispatch.TaskReturning)
}

// forever marks a plan that was carried out.
var forever = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

func (l *Live) way(team *dispatch.Team) *way {
	if w := l.ways[team.ID]; w != nil {
		return w
	}
	w := &way{offset: time.Duration(len(l.ways)%10) * time.Second, heading: -1}
	switch p, ok := l.cfg.Lane.Latest(dispatch.Live, team.ID); {
	case ok:
		w.at = p.Point
	case team.Base.Point != nil:
		w.at = *team.Base.Point
	}
	w.goal = w.at
	l.ways[team.ID] = w
	return w
}

// drive sets out for a place: along a street to the corner, then along the next.
// Asking again for the same place changes nothing.
func (w *way) drive(to geo.Point) {
	if w.goal == to {
		w.arrived = len(w.legs) == 0
		return
	}
	w.goal, w.arrived = to, false
	w.legs = []geo.Point{geo.At(to.Lon(), w.at.Lat()), to}
}

// move brings everybody on by what has passed and tells where they are.
func (l *Live) move(ctx context.Context, now time.Time, elapsed time.Duration) error {
	for _, id := range sorted(l.board.teams) {
		team := l.board.teams[id]
		if team.Base.Point == nil || team.Duty == dispatch.DutyOff || team.Duty == dispatch.DutyOutOfService {
			continue
		}
		w := l.way(team)
		if p, ok := l.cfg.Lane.Latest(dispatch.Live, id); ok && p.Source != source && now.Sub(p.Fixed) < time.Minute {
			w.at, w.legs, w.goal = p.Point, nil, p.Point // somebody carries a real device
			continue
		}
		if team.Task == "" {
			w.drive(*team.Base.Point)
		}
		moving := w.advance(kmh(team)/3.6, elapsed)
		every := 11*time.Second + w.offset
		if moving {
			every = 2 * time.Second
		}
		if now.Sub(w.told) < every {
			continue
		}
		w.told = now
		if err := l.cfg.Lane.Submit(ctx, dispatch.Position{Realm: dispatch.Live, Team: id, Device: robot + "device", Point: w.at,
			Speed: w.speed, Heading: w.heading, Accuracy: 8, Fixed: now, Source: source}); err != nil {
			return err
		}
	}
	return nil
}

// kmh is the speed of a team on the road.
func kmh(t *dispatch.Team) float64 {
	if t.Speed > 0 {
		return float64(t.Speed)
	}
	return 45
}

// advance moves along the legs and tells whether the team moves.
func (w *way) advance(metresPerSecond float64, elapsed time.Duration) bool {
	left := metresPerSecond * elapsed.Seconds()
	w.speed = 0
	for len(w.legs) > 0 && left > 0 {
		w.speed = metresPerSecond
		far := geo.Distance(w.at, w.legs[0])
		if far > 0 {
			w.heading = geo.Bearing(w.at, w.legs[0])
		}
		if far > left {
			w.at = geo.Toward(w.at, w.heading, left)
			return true
		}
		left -= far
		w.at, w.legs = w.legs[0], w.legs[1:]
	}
	return w.speed > 0
}
