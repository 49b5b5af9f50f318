package dispatch

// MoveTables are all legal moves as data, for screens that offer only what is
// legal: a screen holds no copy of its own.
type MoveTables struct {
	Incident map[IncidentState][]IncidentState `json:"incident"`
	// Task is by type of task, for one without a destination; the record's own
	// next and the refusal's legal have the last word.
	Task   map[TaskType]map[TaskState][]TaskState `json:"task"`
	Report map[ReportState][]ReportState          `json:"report"`
	Note   map[NoteState][]NoteState              `json:"note"`
	Duty   map[Duty][]Duty                        `json:"duty"`
}

// Moves returns the tables. They are the ones the rules use: do not write to
// them.
func Moves() MoveTables {
	m := MoveTables{Incident: incidentMoves, Task: map[TaskType]map[TaskState][]TaskState{}, Report: reportMoves, Note: noteMoves, Duty: dutyMoves}
	for _, t := range TaskTypes {
		m.Task[t] = map[TaskState][]TaskState{}
		for _, s := range TaskStates {
			m.Task[t][s] = append([]TaskState{}, TaskMoves(&Task{Type: t, State: s})...)
		}
	}
	return m
}
