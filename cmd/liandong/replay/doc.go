// Package replay plays a real dispatch log into a server through its public
// commands, as the people of that time did: dispatchers take down the call,
// open the incident and send units; the unit's leader moves the task on; the
// unit's device tells where it is. The log's times go along as event times; the
// server keeps its own time of receipt beside them.
//
// The log is the San Francisco Fire Department's calls for service as the city
// publishes them (data.sfgov.org, nuek-vuh3): one row per unit and call.
//
// # What becomes of a row
//
//	in the log                              command                          task state
//	Dispatch                                task.assign                      assigned
//	Response                                task.advance (leader)            en_route
//	On Scene                                task.advance (leader)            on_scene
//	Transport                               task.advance, with destination   to_destination
//	Hospital                                task.advance (leader)            at_destination
//	Available, the unit was on scene        task.advance (leader)            done
//	Available, only others reached scene    task.release (desk)              released
//	Available, nobody reached scene         task.cancel (desk)               cancelled
//
// # What becomes of a call
//
//	Received       report.take
//	Entry          incident.open, number = call number
//	first unit     verified and active
//	last unit free, by disposition:
//
//	disposition                             command            incident state   outcome
//	No Merit                                incident.dismiss   false_alarm      –
//	Fire, Code 2 Transport, Code 3
//	Transport, Patient Declined Transport,
//	Against Medical Advice, Medical
//	Examiner, Unable to Locate, Gone on
//	Arrival, Cancelled, SFPD, CHP, Other    incident.close     closed           the disposition, as written
//
// A milestone that is missing is left out: not every unit has every one. A call
// to which no unit could be loaded is verified before it is closed.
//
// # What is reported instead of loaded
//
// Nothing is bent. A row is reported with its id and the reason when
//
//   - its times fall (at hospital before transporting),
//   - it has no start or no end,
//   - the domain's table of moves has no path through its milestones
//     (transporting without ever having been on scene),
//   - the server's ledger refuses it, because the unit is bound elsewhere: the
//     log has it in two places at once. The claim that came first holds.
//
// Loaded and reported rows together are all rows; the same holds for calls.
//
// # Order
//
// Within a unit everything happens in the order of the log, and what ends at
// the same second as something else begins, ends first. Across units at most an
// hour of the log is under way at once. So the ledger, which counts from the
// time of receipt, refuses what it would have refused then.
//
// # The log as a drill
//
// [Drill] has hours of the log decided anew: its calls are the script of a drill,
// its units are simulated, and a scripted dispatcher sends them by a rule. It forks
// the drill at its busiest moment, with another rule, and compares. docs/replay.md
// tells it whole.
//
// # What the log does not tell
//
// A unit's base is estimated (the middle of its station's calls, else of its
// own); its crew is the usual one of its kind (units.csv); call types are mapped
// to event codes by types.csv. The hospital is not named. All of that is marked
// in the records' texts.
package replay
