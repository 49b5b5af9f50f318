package dispatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Cross books crossings of fences, at most 100, as one change, and tells how many
// there were to book: who is known to be inside does not enter again, and what a
// fence does not watch is not told. The same crossings twice, from whatever node,
// are booked once.
func (s *Service) Cross(ctx context.Context, realm Realm, crossings []Crossing) (booked int, err error) {
	return s.observe(ctx, realm, "fence.cross", KindStay, &FenceCross{crossings})
}

// Arrive notes on the task that its team seems to have arrived; 0 where that was
// no news.
func (s *Service) Arrive(ctx context.Context, realm Realm, in TaskArrive) (booked int, err error) {
	return s.observe(ctx, realm, "task.arrive", KindTask, &in)
}

// observe carries out what the server saw by itself, and counts the records of
// the kind that it moved. Each try has a key of its
// own: the same crossing may come again rightly, after a line was moved over a
// team that stands still, and what was booked already is no news by the records.
func (s *Service) observe(ctx context.Context, realm Realm, name string, k Kind, in any) (n int, err error) {
	body, err := json.Marshal(in)
	if err != nil {
		return 0, err
	}
	cmd, _ := CommandByName(name)
	r, err := s.run(ctx, System(realm), cmd, "saw:"+s.cfg.NewID(), in, body)
	if errors.Is(err, errNothing) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	for _, p := range r.Change.Puts {
		if RefOf(p.Record).Kind == k {
			n++
		}
	}
	return n, nil
}

func crossFences(ctx context.Context, w *work, in *FenceCross) error {
	if n := len(in.Crossings); n < 1 || n > mostCrossings {
		return invalid("crossings", n, "一次 1 至 100 项", "1 to 100 at a time")
	}
	b, err := w.border(ctx, in.Crossings)
	if err != nil {
		return err
	}
	for n, c := range in.Crossings {
		at, err := w.stampAt(&c.Fixed)
		if err != nil {
			return err
		}
		at.By = "" // nobody: a position
		f, team := b.fences[c.Fence], b.teams[c.Team]
		if team == nil {
			return invalid(field("crossings", n)+".team", c.Team, "没有这支队伍", "there is no such team")
		}
		s := b.stays[stayOf{c.Fence, c.Team}]
		switch {
		case c.Inside && s == nil && f.State == FenceActive && !c.Fixed.Before(b.left[stayOf{c.Fence, c.Team}]) && f.Watches(b.jurisdictions[f.Scope.Agency], w.at, team.ID, team.Scope):
			if s, err = w.enter(f, team, c, at); err != nil {
				return err
			}
			b.stays[stayOf{c.Fence, c.Team}] = s
		case !c.Inside && s != nil && !c.Fixed.Before(s.Entered.When()):
			if !c.Fixed.After(f.Drawn) {
				s.Reason = "围栏移动"
			}
			if err := w.endStay(ctx, s, at); err != nil {
				return err
			}
			delete(b.stays, stayOf{c.Fence, c.Team})
			if err := w.warnExit(f, team, s); err != nil {
				return err
			}
		}
	}
	if len(w.change.Puts) == 0 {
		return errNothing
	}
	return nil
}

// border is what a batch of crossings needs to know.
type border struct {
	fences        map[string]*Fence
	teams         map[string]*Team
	jurisdictions map[string]string // by agency
	stays         map[stayOf]*Stay  // that last
	left          map[stayOf]time.Time
}

// recent bounds how far back ended stays are looked at. A node tells of a fix
// within seconds.
const recent = 10 * time.Minute

type stayOf struct{ fence, team string }

// border locks the fences, which makes crossings of one fence wait for each
// other, and reads the rest.
func (w *work) border(ctx context.Context, crossings []Crossing) (*border, error) {
	var fences []Ref
	var teams []string
	for _, c := range crossings {
		if ref := (Ref{KindFence, c.Fence}); !slices.Contains(fences, ref) {
			fences = append(fences, ref)
		}
		if !slices.Contains(teams, c.Team) {
			teams = append(teams, c.Team)
		}
	}
	recs, err := w.lock(ctx, fences...)
	if err != nil {
		return nil, err
	}
	b := &border{map[string]*Fence{}, map[string]*Team{}, map[string]string{}, map[stayOf]*Stay{}, map[stayOf]time.Time{}}
	var agencies []string
	for _, r := range recs {
		f := r.(*Fence)
		b.fences[f.ID] = f
		agencies = append(agencies, f.Scope.Agency)
	}
	realm := w.actor.Realm
	for _, q := range []Query{
		{Realm: realm, Kind: KindAgency, IDs: agencies, Archived: true, Limit: -1},
		{Realm: realm, Kind: KindTeam, IDs: teams, Archived: true, Limit: -1},
	} {
		found, err := w.tx.Find(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			switch r := r.(type) {
			case *Agency:
				b.jurisdictions[r.ID] = r.Jurisdiction
			case *Team:
				b.teams[r.ID] = r
			}
		}
	}
	for _, team := range teams {
		found, err := w.tx.Find(ctx, Query{Realm: realm, Kind: KindStay, Team: team, States: []string{string(StayInside)}, Limit: -1})
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			s := r.(*Stay)
			b.stays[stayOf{s.Fence, s.Team}] = s
		}
	}
	return b, w.lately(ctx, b, crossings)
}

// lately notes when teams left fences lately: a node that is slow must not have
// a team enter by a fix from before it left.
func (w *work) lately(ctx context.Context, b *border, crossings []Crossing) error {
	since, any := w.at, false
	for _, c := range crossings {
		if c.Inside {
			since, any = earlier(since, c.Fixed), true
		}
	}
	if !any {
		return nil
	}
	since = since.Add(-time.Minute) // clocks of devices may be ahead by that much
	if least := w.at.Add(-recent); since.Before(least) {
		since = least
	}
	found, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindStay, States: []string{string(StayLeft)}, Since: since, Archived: true, Limit: -1})
	if err != nil {
		return err
	}
	for _, r := range found {
		s := r.(*Stay)
		if at := s.Left.When(); s.Reason == "" && at.After(b.left[stayOf{s.Fence, s.Team}]) {
			b.left[stayOf{s.Fence, s.Team}] = at
		}
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// enter begins a stay.
func (w *work) enter(f *Fence, team *Team, c Crossing, at Stamp) (*Stay, error) {
	s := &Stay{Fence: f.ID, Team: team.ID, Incident: f.Incident, State: StayInside, Found: !c.Fixed.After(f.Drawn), Entered: at, Point: c.Point}
	if f.warns(WarnDwell) {
		due := c.Fixed.Add(seconds(f.Dwell))
		s.DwellDue = &due
	}
	if err := w.create(KindStay, "", stayScope(f.Scope, team), s); err != nil {
		return nil, err
	}
	if !f.warns(WarnEnter) || s.Found {
		return s, nil
	}
	return s, w.warnFence(s, team.called()+" 进入 "+f.Name, nil)
}

// warnExit warns of a team that left. Nothing lasts that the alarm would be
// about: it waits only to be acknowledged.
func (w *work) warnExit(f *Fence, team *Team, s *Stay) error {
	if !f.warns(WarnExit) || s.Reason != "" {
		return nil
	}
	over := w.stamp()
	return w.warnFence(s, team.called()+" 离开 "+f.Name, &over)
}

// warnFence raises an alarm about a stay, for those who see the stay.
func (w *work) warnFence(s *Stay, text string, ended *Stamp) error {
	return w.create(KindAlarm, "", s.Scope, &Alarm{Type: AlarmFence, Tier: 2, Text: text, Team: s.Team, Stay: s.ID, Raised: w.stamp(), Ended: ended})
}

// fireStay warns of a stay that lasts too long.
func (w *work) fireStay(ctx context.Context, id string) error {
	r, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindStay, id}, nil)
	if err != nil {
		return err
	}
	recs, err := w.lock(ctx, Ref{KindFence, r.(*Stay).Fence}, Ref{KindStay, id})
	if err != nil {
		return err
	}
	f, s := recs[0].(*Fence), recs[1].(*Stay)
	if s.State != StayInside || !passed(s.DwellDue, w.at) {
		return errNothing
	}
	team, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindTeam, s.Team}, nil)
	if err != nil {
		return err
	}
	at := w.stamp()
	s.DwellDue, s.Dwelt = nil, &at
	w.derive(s)
	return w.warnFence(s, fmt.Sprintf("%s 在 %s 停留超过 %s", team.(*Team).called(), f.Name, spanZH(f.Dwell)), nil)
}

// spanZH is a time in seconds as the screen says it.
func spanZH(s int) string {
	switch {
	case s%3600 == 0:
		return fmt.Sprintf("%d 小时", s/3600)
	case s%60 == 0:
		return fmt.Sprintf("%d 分钟", s/60)
	}
	return fmt.Sprintf("%d 秒", s)
}

// arriveTask notes the suggestion, once, while the team is on its way.
func arriveTask(ctx context.Context, w *work, in *TaskArrive) error {
	o, err := w.lockTask(ctx, in.Task)
	if err != nil {
		return err
	}
	if o.task.Arrival != nil || !o.task.UnderWay() {
		return errNothing
	}
	at, err := w.stampAt(&in.Fixed)
	if err != nil {
		return err
	}
	at.By = ""
	o.task.Arrival = &at
	w.derive(o.task)
	return nil
}

// UnderWay tells whether the team may yet arrive at the incident.
func (t *Task) UnderWay() bool {
	switch t.State {
	case TaskAssigned, TaskAcknowledged, TaskEnRoute, TaskStaging:
		return oneOf(TaskOnScene, typeStates[t.Type])
	}
	return false
}
