package dispatch

import (
	"slices"
	"testing"
)

func TestTaskMoves(t *testing.T) {
	t.Parallel()
	dest := &Place{Text: "市中心医院"}
	for _, tt := range []struct {
		name string
		task Task
		next TaskState
		want []TaskState // moves that go forward; the side ends are checked apart
	}{
		{"proposed waits for its owner", Task{Type: TaskRescue, State: TaskProposed}, TaskAssigned, []TaskState{TaskAssigned}},
		{"assigned may skip the answer", Task{Type: TaskRescue, State: TaskAssigned}, TaskAcknowledged, []TaskState{TaskAcknowledged, TaskEnRoute}},
		{"acknowledged", Task{Type: TaskRescue, State: TaskAcknowledged}, TaskEnRoute, []TaskState{TaskEnRoute}},
		{"en route may stage, turn back or end", Task{Type: TaskRescue, State: TaskEnRoute}, TaskOnScene,
			[]TaskState{TaskOnScene, TaskStaging, TaskReturning, TaskDone}},
		{"on scene without destination", Task{Type: TaskRescue, State: TaskOnScene}, TaskReturning, []TaskState{TaskReturning, TaskDone}},
		{"on scene with destination", Task{Type: TaskRescue, State: TaskOnScene, Destination: dest}, TaskReturning,
			[]TaskState{TaskReturning, TaskToDestination, TaskDone}},
		{"a transport goes to its destination first", Task{Type: TaskTransport, State: TaskOnScene}, TaskToDestination,
			[]TaskState{TaskToDestination, TaskReturning, TaskDone}},
		{"standby has no road", Task{Type: TaskStandby, State: TaskAcknowledged}, TaskOnScene, []TaskState{TaskOnScene}},
		{"standby ends where it stands", Task{Type: TaskStandby, State: TaskOnScene}, TaskDone, []TaskState{TaskDone}},
		{"relocation goes straight to its place", Task{Type: TaskRelocation, State: TaskAssigned}, TaskAcknowledged,
			[]TaskState{TaskAcknowledged, TaskToDestination}},
		{"relocation arrived", Task{Type: TaskRelocation, State: TaskAtDestination}, TaskDone, []TaskState{TaskDone}},
		{"done is done", Task{Type: TaskRescue, State: TaskDone}, "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := TaskMoves(&tt.task)
			var forward []TaskState
			for _, s := range got {
				if !s.Ended() || s == TaskDone {
					forward = append(forward, s)
				}
			}
			if !slices.Equal(forward, tt.want) {
				t.Errorf("moves forward = %v, want %v", forward, tt.want)
			}
			tt.task.setNext()
			if tt.task.Next != tt.next {
				t.Errorf("next = %q, want %q", tt.task.Next, tt.next)
			}
			if open := !tt.task.State.Ended(); open != slices.Contains(got, TaskCancelled) {
				t.Errorf("cancelled offered = %v for a task in %s", !open, tt.task.State)
			}
		})
	}
}

// Every state of the tables can be reached and, unless it is an end, left; no
// table names a state that the list lacks.
func TestTablesAreWhole(t *testing.T) {
	t.Parallel()
	reached := map[TaskState]bool{TaskProposed: true}
	for from, tos := range taskMoves {
		if !slices.Contains(TaskStates, from) {
			t.Errorf("%q is not in TaskStates", from)
		}
		for _, to := range tos {
			reached[to] = true
		}
	}
	for _, s := range TaskStates {
		if !reached[s] {
			t.Errorf("no move leads to task state %q", s)
		}
	}
	into := map[IncidentState]bool{IncidentReported: true}
	for _, tos := range incidentMoves {
		for _, to := range tos {
			into[to] = true
		}
	}
	for from := range incidentMoves {
		if !into[from] {
			t.Errorf("no move leads to incident state %q", from)
		}
		if len(incidentMoves[from]) == 0 && from != IncidentArchived {
			t.Errorf("incident state %q cannot be left", from)
		}
	}
}

func TestTeamStatusIsDerived(t *testing.T) {
	t.Parallel()
	open := &Task{Head: Head{ID: "t1"}, State: TaskEnRoute}
	standby := &Task{Head: Head{ID: "t2"}, State: TaskOnScene, Interruptible: true}
	proposed := &Task{Head: Head{ID: "t3"}, State: TaskProposed}
	for _, tt := range []struct {
		name   string
		team   Team
		open   []*Task
		status TeamStatus
		task   string
	}{
		{"on duty, nothing to do", Team{Duty: DutyAvailable}, nil, StatusAvailable, ""},
		{"off duty", Team{Duty: DutyOff}, nil, StatusUnavailable, ""},
		{"on break answers late", Team{Duty: DutyBreak}, nil, StatusDelayed, ""},
		{"a task binds", Team{Duty: DutyAvailable}, []*Task{open}, StatusCommitted, "t1"},
		{"standby can be interrupted", Team{Duty: DutyAvailable}, []*Task{standby}, StatusAvailable, "t2"},
		{"the binding task wins over standby", Team{Duty: DutyAvailable}, []*Task{open, standby}, StatusCommitted, "t1"},
		{"a proposal binds nobody", Team{Duty: DutyAvailable}, []*Task{proposed}, StatusAvailable, ""},
		{"broken down with an open task stays committed", Team{Duty: DutyOutOfService}, []*Task{open}, StatusCommitted, "t1"},
		{"distress above all", Team{Duty: DutyAvailable, Distress: &Distress{}}, []*Task{open}, StatusDistress, "t1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.team.derive(tt.open)
			if tt.team.Status != tt.status || tt.team.Task != tt.task {
				t.Errorf("got %s, task %q; want %s, %q", tt.team.Status, tt.team.Task, tt.status, tt.task)
			}
		})
	}
}

// A refusal in Chinese names states in Chinese.
func TestStatesHaveChineseNames(t *testing.T) {
	t.Parallel()
	for _, s := range TaskStates {
		if stateZH(KindTask, string(s)) == string(s) {
			t.Errorf("task state %s has no Chinese name", s)
		}
	}
	for s := range incidentMoves {
		if stateZH(KindIncident, string(s)) == string(s) {
			t.Errorf("incident state %s has no Chinese name", s)
		}
	}
	for _, d := range Duties {
		if stateZH(KindTeam, string(d)) == string(d) {
			t.Errorf("duty %s has no Chinese name", d)
		}
	}
}
