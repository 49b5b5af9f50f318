package replay

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"liandong/geo"
)

// Log is a dispatch log as it was read: nothing in it has been judged yet.
type Log struct {
	Calls []*Call // in the order of the file
	Rows  int     // rows read, also those that are refused
	// Refused are rows and calls that cannot be read.
	Refused []Refusal
}

// Call is one call for help and the units that were sent.
type Call struct {
	Number, Type, Disposition string
	Priority                  string
	Address                   string
	Point                     *geo.Point // block level; WGS-84
	StationArea               string
	Received, Entry           time.Time // UTC
	Rows                      []*Row
}

// Row is one unit on one call. A moment that the log does not have is zero.
type Row struct {
	ID       string
	Unit     string
	UnitType string
	Private  bool // a company's ambulance, not the city's
	// In the order in which they should come.
	Dispatch, Response, OnScene, Transport, Hospital, Available time.Time
}

// Refusal is a row or a call that could not be loaded, and why.
type Refusal struct {
	What   string `json:"what"` // "row" or "call"
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

// columns that a San Francisco Fire log must have; others are not read. The
// names are those of the city's open data (data.sfgov.org, nuek-vuh3).
var columns = []string{"Call Number", "Unit ID", "Call Type", "Received DtTm", "Entry DtTm", "Dispatch DtTm", "Response DtTm",
	"On Scene DtTm", "Transport DtTm", "Hospital DtTm", "Call Final Disposition", "Available DtTm", "Address", "Station Area",
	"Final Priority", "Unit Type", "Location", "RowID"}

// Limits of a log. They bound memory, not what a city may have in a month.
const (
	maxRows = 1_000_000
	layout  = "01/02/2006 03:04:05 PM"
)

// Read reads a log whose clock is that of the zone. An error means that the
// file is no such log; a single row that cannot be read is in Refused.
func Read(r io.Reader, zone *time.Location) (*Log, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord = -1
	header, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("the log has no header: %w", err)
	}
	at := map[string]int{}
	for i, name := range header {
		at[strings.TrimPrefix(name, "\ufeff")] = i
	}
	for _, name := range columns {
		if _, ok := at[name]; !ok {
			return nil, fmt.Errorf("column %q is missing: this is no San Francisco Fire log of calls for service", name)
		}
	}
	l := &Log{}
	calls := map[string]*Call{}
	seen := map[string]bool{}
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err // broken quoting: what follows cannot be trusted
		}
		if l.Rows++; l.Rows > maxRows {
			return nil, fmt.Errorf("the log has more than %d rows: split it", maxRows)
		}
		row := reader{record: record, at: at, zone: zone}
		l.add(&row, calls, seen)
	}
	if l.Rows == 0 {
		return nil, errors.New("the log has a header and no rows")
	}
	return l, nil
}

func (l *Log) add(in *reader, calls map[string]*Call, seen map[string]bool) {
	call, row := in.call(), in.row()
	if row.ID == "" {
		line := fmt.Sprintf("line %d", l.Rows+1)
		l.Refused = append(l.Refused, Refusal{"row", line, "it has no RowID"})
		return
	}
	known := calls[call.Number]
	switch {
	case in.err != nil:
	case call.Number == "" || row.Unit == "":
		in.err = errors.New("it names no call or no unit")
	case seen[row.ID]:
		in.err = errors.New("the same RowID came before")
	case known != nil && !known.same(call):
		in.err = errors.New("it tells another story of its call than the rows before")
	}
	if in.err != nil {
		l.Refused = append(l.Refused, Refusal{"row", row.ID, in.err.Error()})
		return
	}
	seen[row.ID] = true
	if known == nil {
		known = call
		calls[call.Number] = call
		l.Calls = append(l.Calls, call)
	}
	known.Rows = append(known.Rows, row)
}

func (c *Call) same(o *Call) bool {
	return c.Type == o.Type && c.Disposition == o.Disposition && c.Received.Equal(o.Received) && c.Entry.Equal(o.Entry)
}

// reader takes one record apart and keeps the first error.
type reader struct {
	record []string
	at     map[string]int
	zone   *time.Location
	err    error
}

func (r *reader) text(name string) string {
	if i := r.at[name]; i < len(r.record) {
		return strings.TrimSpace(r.record[i])
	}
	return ""
}

func (r *reader) time(name string) time.Time {
	s := r.text(name)
	if s == "" {
		return time.Time{}
	}
	t, err := time.ParseInLocation(layout, s, r.zone)
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("%s %q is no time such as 04/07/2020 11:53:08 PM", name, s)
	}
	return t.UTC()
}

func (r *reader) call() *Call {
	return &Call{Number: r.text("Call Number"), Type: r.text("Call Type"), Disposition: r.text("Call Final Disposition"),
		Priority: r.text("Final Priority"), Address: r.text("Address"), StationArea: r.text("Station Area"), Point: r.point(),
		Received: r.time("Received DtTm"), Entry: r.time("Entry DtTm")}
}

func (r *reader) row() *Row {
	kind := r.text("Unit Type")
	return &Row{ID: r.text("RowID"), Unit: r.text("Unit ID"), UnitType: kind, Private: kind == "PRIVATE",
		Dispatch: r.time("Dispatch DtTm"), Response: r.time("Response DtTm"), OnScene: r.time("On Scene DtTm"),
		Transport: r.time("Transport DtTm"), Hospital: r.time("Hospital DtTm"), Available: r.time("Available DtTm")}
}

// point reads "(37.73, -122.42)": latitude first, as the city writes it.
func (r *reader) point() *geo.Point {
	s := r.text("Location")
	if s == "" {
		return nil
	}
	lat, lon, ok := strings.Cut(strings.Trim(s, "()"), ",")
	y, errY := strconv.ParseFloat(strings.TrimSpace(lat), 64)
	x, errX := strconv.ParseFloat(strings.TrimSpace(lon), 64)
	p := geo.At(x, y)
	if (!ok || errY != nil || errX != nil || p.Check() != nil) && r.err == nil {
		r.err = fmt.Errorf("location %q is no place such as (37.77, -122.42)", s)
	}
	return &p
}
