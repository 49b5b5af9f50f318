package dispatch

import (
	"cmp"
	"slices"
	"time"
)

// Samples are the cases of the timed measures that began in the period, in order.
func Samples(records []Record, from, to time.Time) []Sample {
	s := &sampler{from: from, to: to, reports: map[string][]*Report{}, tasks: map[string][]*Task{}, loans: map[string][]*Loan{}}
	for _, r := range records {
		switch x := r.(type) {
		case *Report:
			s.reports[x.Incident] = append(s.reports[x.Incident], x)
		case *Task:
			s.tasks[x.Incident] = append(s.tasks[x.Incident], x)
		case *Loan:
			s.loans[x.Request] = append(s.loans[x.Request], x)
		}
	}
	for _, r := range records {
		switch x := r.(type) {
		case *Incident:
			s.incident(x)
		case *Task:
			s.task(x)
		case *Request:
			s.request(x)
		case *Alarm:
			if x.Type == AlarmDistress {
				s.add(MeasureDistress, x.Incident, x.Scope.Agency, x.Raised.When(), moment(x.Acked), x.Ended != nil)
			}
		}
	}
	slices.SortStableFunc(s.out, func(a, b Sample) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Incident, b.Incident)) })
	return s.out
}

type sampler struct {
	from, to time.Time
	reports  map[string][]*Report // by incident
	tasks    map[string][]*Task   // by incident
	loans    map[string][]*Loan   // by request
	out      []Sample
}

func moment(s *Stamp) *time.Time {
	if s == nil {
		return nil
	}
	t := s.When()
	return &t
}

// add takes a case that began in the period. What happened after it is still to
// come; what can no longer happen is no case.
func (s *sampler) add(m MeasureType, incident, agency string, from time.Time, to *time.Time, over bool) {
	if from.IsZero() || from.Before(s.from) || !from.Before(s.to) || to == nil && over {
		return
	}
	if to != nil && to.After(s.to) {
		to = nil
	}
	s.out = append(s.out, Sample{m, incident, agency, from, to})
}

// opened is when the desk opened the incident.
func (s *sampler) opened(i *Incident) time.Time {
	stamp, ok := i.Stamps[IncidentReported]
	if !ok {
		return i.Created
	}
	for _, r := range s.reports[i.ID] {
		if stamp.Event != nil && stamp.Event.Equal(r.Received.When()) {
			return stamp.At
		}
	}
	return stamp.When()
}

func (s *sampler) incident(i *Incident) {
	opened := s.opened(i)
	var first *time.Time // the report that it was opened from, not those linked later
	for _, r := range s.reports[i.ID] {
		if at := r.Received.When(); !at.After(opened) {
			first = earliest(first, &at)
		}
	}
	if first != nil {
		s.add(MeasureCallTaking, i.ID, i.Scope.Agency, *first, &opened, false)
	}
	var sent, there *time.Time
	for _, t := range s.tasks[i.ID] {
		if st, ok := t.Stamps[TaskAssigned]; ok {
			sent = earliest(sent, moment(&st))
		}
		if st, ok := t.Stamps[TaskOnScene]; ok {
			there = earliest(there, moment(&st))
		}
	}
	over := i.State.Ended()
	s.add(MeasureFirstAssignment, i.ID, i.Scope.Agency, opened, sent, over)
	s.add(MeasureArrival, i.ID, i.Scope.Agency, opened, there, over)
}

func (s *sampler) task(t *Task) {
	assigned, ok := t.Stamps[TaskAssigned]
	if !ok {
		return
	}
	at := func(states ...TaskState) *time.Time {
		for _, state := range states {
			if st, ok := t.Stamps[state]; ok {
				return moment(&st)
			}
		}
		return nil
	}
	over := t.State.Ended()
	s.add(MeasureAcknowledge, t.Incident, t.Agency, assigned.When(), at(TaskAcknowledged, TaskEnRoute, TaskStaging, TaskOnScene), over)
	if t.Type == TaskStandby || t.Type == TaskRelocation {
		return
	}
	out := at(TaskEnRoute)
	s.add(MeasureTurnout, t.Incident, t.Agency, assigned.When(), out, over || at(TaskOnScene) != nil)
	if out != nil {
		s.add(MeasureTravel, t.Incident, t.Agency, *out, at(TaskOnScene), over || at(TaskToDestination, TaskReturning) != nil)
	}
}

func (s *sampler) request(r *Request) {
	if open, ok := r.Stamps[RequestOpen]; ok {
		var first *time.Time
		for _, l := range s.loans[r.ID] {
			if st, ok := l.Stamps[LoanCommitted]; ok {
				first = earliest(first, moment(&st))
			}
		}
		s.add(MeasureCommit, r.Incident, r.Scope.Agency, open.When(), first, r.State.Ended() || r.State == RequestExpired)
	}
	for n := 1; n < len(r.Rings); n++ {
		s.add(MeasureRingWait, r.Incident, r.Scope.Agency, r.Rings[n-1].At, &r.Rings[n].At, false)
	}
}

// counted is one case of a count, with how often it happened.
type counted struct {
	Sample
	n int
}

// countSamples are the cases of the counts: each task that was assigned, with
// whether nobody answered in time, and each that reached the scene, with the
// check-ins that it missed.
func countSamples(records []Record, from, to time.Time) []counted {
	unanswered, missed := map[string]int{}, map[string]int{}
	for _, r := range records {
		a, ok := r.(*Alarm)
		if !ok || !a.Raised.When().Before(to) {
			continue
		}
		switch a.Type {
		case AlarmNoAnswer:
			unanswered[a.Task] = 1 // the second alarm only says it louder
		case AlarmCheckin:
			missed[a.Task]++
		}
	}
	var out []counted
	for _, r := range records {
		t, ok := r.(*Task)
		if !ok {
			continue
		}
		for m, state := range map[MeasureType]TaskState{MeasureUnanswered: TaskAssigned, MeasureCheckin: TaskOnScene} {
			st, ok := t.Stamps[state]
			if at := st.When(); !ok || at.Before(from) || !at.Before(to) {
				continue
			}
			n := unanswered[t.ID]
			if m == MeasureCheckin {
				n = missed[t.ID]
			}
			out = append(out, counted{Sample{Type: m, Incident: t.Incident, Agency: t.Agency, From: st.When()}, n})
		}
	}
	return out
}
