package replay

import (
	_ "embed"
	"encoding/csv"
	"strconv"
	"strings"

	"liandong/dispatch"
)

// The tables of this package, as data. None of it is known to the server.

//go:embed types.csv
var typesCSV string

//go:embed units.csv
var unitsCSV string

// types maps a call type to a code of the national event table; one that is
// not listed is 10000, an emergency of any kind.
var types = func() map[string]string {
	out := map[string]string{}
	for _, r := range table(typesCSV) {
		out[r[0]] = r[1]
	}
	return out
}()

// unit says what kind of team a unit type is.
type unit struct {
	team       dispatch.TeamType
	capability string
	crew       int // usual crew; the log does not tell it
}

var units = func() map[string]unit {
	out := map[string]unit{}
	for _, r := range table(unitsCSV) {
		crew, err := strconv.Atoi(r[3])
		if err != nil {
			panic("replay: units.csv: " + err.Error())
		}
		out[r[0]] = unit{dispatch.TeamType(r[1]), r[2], crew}
	}
	return out
}()

func table(text string) [][]string {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		panic("replay: table: " + err.Error()) // a broken build, found by the first test
	}
	return rows[1:]
}

func eventType(callType string) string {
	if code, ok := types[callType]; ok {
		return code
	}
	return "10000"
}

func unitOf(unitType string) unit {
	if u, ok := units[unitType]; ok {
		return u
	}
	return unit{dispatch.TeamOther, "rescue", 2}
}

// priority is the city's final priority: 3 is an emergency, 2 is not.
func priority(final string) int {
	if final == "3" {
		return 1
	}
	return 2
}

// falseAlarm is the disposition that means: there was nothing. Every other one
// closes the incident, with the disposition as its outcome.
const falseAlarm = "No Merit"

// Ending is how a call must stand in the end.
type Ending struct {
	State   dispatch.IncidentState
	Outcome string
}

// Ending of the call by its disposition.
func (c *Call) Ending() Ending {
	if c.Disposition == falseAlarm {
		return Ending{State: dispatch.IncidentFalseAlarm}
	}
	outcome := c.Disposition
	if outcome == "" {
		outcome = "not told"
	}
	return Ending{dispatch.IncidentClosed, outcome}
}

// Ending is how the unit's task must stand in the end. reached tells whether
// any unit of the call reached the scene.
func (r *Row) Ending(reached bool) dispatch.TaskState {
	switch {
	case !r.OnScene.IsZero():
		return dispatch.TaskDone
	case reached:
		return dispatch.TaskReleased
	}
	return dispatch.TaskCancelled
}
