package dispatch

import "time"

// SnapshotHead says where the journal stood when a snapshot was read.
type SnapshotHead struct {
	Epoch string    `json:"epoch"`
	Seq   int64     `json:"seq"`
	Realm Realm     `json:"realm"`
	At    time.Time `json:"at"`
}

// ResponseReport tells how fast help came to the incidents opened in a span.
// Each span is taken between two stamps by their When: the event time where one
// was told, else the receive time. A span with a stamp missing or ending before
// it began is left out; the latter are counted in Backwards.
type ResponseReport struct {
	Realm     Realm     `json:"realm"`
	From      time.Time `json:"from"`
	To        time.Time `json:"to" doc:"exclusive"`
	Incidents int       `json:"incidents"`
	Tasks     int       `json:"tasks"`
	Backwards int       `json:"backwards" doc:"spans left out because they end before they begin"`
	// CallTaking is from the first report linked to an incident to the incident.
	CallTaking Percentiles `json:"call_taking"`
	// Queue is from the incident to the first team assigned to it.
	Queue Percentiles `json:"queue"`
	// Turnout is, per task, from assigned to en route.
	Turnout Percentiles `json:"turnout"`
	// Travel is, per task, from en route to on scene.
	Travel Percentiles `json:"travel"`
}

// Percentiles of a span in seconds, interpolated linearly between the two
// nearest values (percentile_cont of SQL:2003). All zero when Count is.
type Percentiles struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
}
