package demo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"liandong/dispatch"
)

// runDesk takes calls, sends teams, declares control and clears the board.
func (l *Live) runDesk(ctx context.Context, now time.Time) error {
	open := 0
	for _, id := range sorted(l.board.incidents) {
		i := l.board.incidents[id]
		if !i.State.Ended() {
			open++
		}
		if l.mine(i) {
			if err := l.desk(ctx, i, now); err != nil {
				return err
			}
		}
	}
	if open >= most || now.Before(l.next) {
		return nil
	}
	if open < fewest {
		l.next = now.Add(l.span(3, 7))
	} else {
		l.next = now.Add(l.span(20, 40)) // whoever looks on for a minute sees one come in
	}
	return l.call(ctx, now)
}

// call is a new one: a report comes in, and the desk opens the incident from it.
func (l *Live) call(ctx context.Context, now time.Time) error {
	s := l.stories[l.rng.IntN(len(l.stories))]
	for _, i := range l.board.incidents {
		if i.Title == s["title"] && !i.State.Ended() {
			l.next = now.Add(l.span(1, 3))
			return nil // not the same twice at once; another comes in a moment
		}
	}
	bases := l.bases(s["capability"], now)
	if len(bases) == 0 {
		l.next = now.Add(l.span(1, 3))
		return nil
	}
	at := l.somewhereNear(bases[l.rng.IntN(len(bases))])
	res, ok, err := l.do(ctx, deskActor(), "report.take", dispatch.ReportTake{Channel: "hotline", Type: s["type"], Text: s["call"], Place: at,
		Caller: name(at.Text), Phone: phone(at.Text)})
	if err != nil || !ok {
		return err
	}
	report := dispatch.RefOf(res.Change.Puts[0].Record).ID
	_, _, err = l.do(ctx, deskActor(), "incident.open", dispatch.IncidentOpen{Report: report, Type: s["type"], Title: s["title"],
		Grade: dispatch.Grade(s.int("grade")), Place: at, Needs: []dispatch.Need{{Capability: s["capability"], Count: s.int("teams")}}})
	return err
}

// story is the one that the incident tells; none when it is another's.
func (l *Live) story(i *dispatch.Incident) (row, bool) {
	for _, s := range l.stories {
		if s["type"] == i.Type && s["title"] == i.Title {
			return s, true
		}
	}
	return nil, false
}

func (l *Live) desk(ctx context.Context, i *dispatch.Incident, now time.Time) error {
	s, ok := l.story(i)
	if !ok {
		return nil
	}
	var working, arrived int
	for _, t := range l.board.tasks {
		if t.Incident == i.ID {
			working++
			if _, ok := t.Stamps[dispatch.TaskOnScene]; ok {
				arrived++
			}
		}
	}
	nothing := s["outcome"] == "误报"
	switch {
	case i.State == dispatch.IncidentReported || i.State == dispatch.IncidentVerified:
		if l.sooner("assign "+i.ID, now, 3, 6) {
			delete(l.due, "assign "+i.ID) // tried again in a moment when nobody was free
			return l.send(ctx, i, s.int("teams"))
		}
	case i.State == dispatch.IncidentActive && working == 0 && nothing && l.sooner("dismiss "+i.ID, now, 3, 8):
		_, _, err := l.do(ctx, deskActor(), "incident.dismiss", dispatch.IncidentMove{Incident: i.ID, Reason: "现场检查未见异常，误报"})
		return err
	case i.State == dispatch.IncidentActive && arrived > 0 && !nothing && l.sooner("control "+i.ID, now, 60, 120):
		_, _, err := l.do(ctx, deskActor(), "incident.control", dispatch.IncidentMove{Incident: i.ID, Reason: s["noted"]})
		return err
	case !i.State.Ended() && i.State != dispatch.IncidentReported && working == 0 && !nothing && l.sooner("close "+i.ID, now, 5, 15):
		_, _, err := l.do(ctx, deskActor(), "incident.close", dispatch.IncidentMove{Incident: i.ID, Outcome: s["outcome"]})
		return err
	case i.State.Ended() && now.Sub(i.Updated) > archiveWhen:
		_, _, err := l.do(ctx, chiefActor(), "incident.archive", dispatch.IncidentMove{Incident: i.ID})
		return err
	}
	return nil
}

// send assigns the nearest of the candidates that meet the need and that the
// desk may send by itself.
func (l *Live) send(ctx context.Context, i *dispatch.Incident, count int) error {
	fixes := map[string]dispatch.Fix{}
	for id, w := range l.ways {
		fixes[id] = dispatch.Fix{Point: w.at, Fresh: true}
	}
	ranking, err := l.cfg.Service.Candidates(ctx, deskActor(), i.ID, fixes)
	if err != nil {
		return err
	}
	nearest := slices.Clone(ranking.Candidates)
	slices.SortStableFunc(nearest, func(a, b dispatch.Candidate) int { return cmp.Compare(a.Seconds, b.Seconds) })
	for _, c := range nearest {
		if count == 0 {
			return nil
		}
		team := l.board.teams[c.Team]
		if c.May != "assign" || len(c.Meets) == 0 || team == nil || team.Task != "" || l.held(team) {
			continue
		}
		_, ok, err := l.do(ctx, deskActor(), "task.assign", dispatch.TaskAssign{Incident: i.ID, Team: c.Team, Choice: fmt.Sprintf("推荐第 %d 位，路程最短", c.Rank)})
		if err != nil {
			return err
		}
		if ok {
			count--
		}
	}
	return nil
}

// runDistress lets a team call for help, rarely, and clears it as the desk
// would. A team or an incident that a person has to do with is left alone.
func (l *Live) runDistress(ctx context.Context, now time.Time) error {
	for _, id := range sorted(l.board.teams) {
		t := l.board.teams[id]
		if t.Distress == nil || t.Distress.Text != distressText || l.held(t) || now.Sub(t.Distress.Since) < distressFor {
			continue
		}
		if _, _, err := l.do(ctx, deskActor(), "team.relieve", dispatch.TeamRelieve{Team: t.ID, Reason: "电台核实：队员已脱险，全员安全"}); err != nil {
			return err
		}
	}
	if now.Before(l.alarm) {
		return nil
	}
	for _, task := range l.board.tasks {
		team, i := l.board.teams[task.Team], l.board.incidents[task.Incident]
		if task.State != dispatch.TaskOnScene || team == nil || i == nil || !l.mine(i) || l.held(team) || team.Distress != nil {
			continue
		}
		l.alarm = now.Add(distressMin + l.span(0, 300))
		_, _, err := l.do(ctx, leaderActor(team), "team.distress", dispatch.TeamDistress{Team: team.ID, Place: &i.Place, Text: distressText})
		return err
	}
	return nil
}

const distressText = "一名队员失联，请求支援"
