package imports

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"liandong/dispatch"
	"liandong/geo"
)

// Request is a file with what the user chose.
type Request struct {
	Kind dispatch.Kind
	Data []byte
	// System is the coordinate system of the file; "" where it has no
	// coordinates or (GeoJSON) says it itself.
	System geo.System
	// Repair agrees that outlines which cross themselves are repaired.
	Repair bool
	// Dry asks for the report only.
	Dry bool
	// Key is the idempotency key, 8 to 64 characters.
	Key string
}

// Report says what became of a file.
type Report struct {
	OK       bool     `json:"ok" doc:"nothing is in the way"`
	Dry      bool     `json:"dry_run,omitempty"`
	Rows     int      `json:"rows" doc:"rows or features read"`
	Created  int      `json:"created" doc:"not there before; nothing is written unless ok and not a dry run"`
	Updated  int      `json:"updated" doc:"there already, edited"`
	Imported int      `json:"imported" doc:"written: all or nothing"`
	Ignored  []string `json:"ignored,omitempty" doc:"columns that are not read"`
	Errors   []Fault  `json:"errors" doc:"at most 200; more says how many more"`
	More     int      `json:"more,omitempty"`
	Notes    []Fault  `json:"notes,omitempty" doc:"what was repaired"`
}

// maxFaults bounds a report: whoever uploaded the wrong list does not read 20,000.
const maxFaults = 200

// Run imports a file for the actor. It calls progress now and then with the rows
// done and their number. Faults of rows are in the report; an error is a file
// that cannot be read at all, a missing right, or a broken machine.
func Run(ctx context.Context, svc Service, actor dispatch.Actor, req Request, progress func(n, of int)) (Report, error) {
	k, ok := kinds[req.Kind]
	if !ok {
		return Report{}, unknownKind(req.Kind)
	}
	// Who may not import at all is told before the file is read.
	if _, err := svc.Import(ctx, actor, req.Kind, req.Key, nil, true); err != nil {
		return Report{}, err
	}
	l, err := look(ctx, svc, actor, req.Kind)
	if err != nil {
		return Report{}, err
	}
	rep := Report{Dry: req.Dry, Errors: []Fault{}}
	var rows []dispatch.Imported
	labels := map[string]string{}
	if req.Kind == dispatch.KindArea && strings.HasPrefix(strings.TrimLeft(strings.TrimPrefix(string(req.Data[:min(64, len(req.Data))]), "\uFEFF"), " \t\r\n"), "{") {
		rows, rep.Errors, rep.Notes, err = readAreas([]byte(strings.TrimPrefix(string(req.Data), "\uFEFF")), req, l.region)
		rep.Rows = len(rows) + len(rep.Errors)
	} else {
		rows, labels, err = readRows(req, k, l, &rep, progress)
	}
	if err != nil {
		return Report{}, err
	}
	rows = identify(&rep, rows, k, l, labels)
	if len(rows) > 0 {
		// The domain looks at every row too, and finds what only it can know; with
		// faults of our own it is asked for the report alone.
		bad, err := svc.Import(ctx, actor, req.Kind, req.Key, rows, req.Dry || len(rep.Errors) > 0)
		if err != nil && len(bad) == 0 {
			if bad = refusedByAll(err, rows, k); bad == nil {
				return Report{}, err
			}
		}
		for _, b := range bad {
			rep.Errors = append(rep.Errors, refusedRow(b, labels))
		}
	}
	progress(rep.Rows, rep.Rows)
	if req.Kind == dispatch.KindStock && rep.Updated > 0 {
		rep.Notes = append(rep.Notes, Fault{Column: labels["available"],
			ZH: "已登记物资的数量不随导入改变，请用入库、出库登记", EN: "the quantity of stock that is there already does not change by an import: use receive and issue"})
	}
	rep.OK = len(rep.Errors) == 0
	if rep.OK && !req.Dry {
		rep.Imported = len(rows)
	}
	slices.SortStableFunc(rep.Errors, func(a, b Fault) int { return a.Row - b.Row })
	if n := len(rep.Errors); n > maxFaults {
		rep.Errors, rep.More = rep.Errors[:maxFaults], n-maxFaults
	}
	return rep, nil
}

func unknownKind(k dispatch.Kind) error {
	var legal []string
	for _, known := range dispatch.ImportKinds {
		legal = append(legal, string(known))
	}
	return &dispatch.Error{Code: dispatch.Invalid, Field: "kind", Value: k, Message: "this kind cannot be imported", MessageZH: "不能导入这一类数据", Legal: legal}
}

// readRows reads a table into records; rows with faults are left out.
func readRows(req Request, k kind, l *lookup, rep *Report, progress func(n, of int)) ([]dispatch.Imported, map[string]string, error) {
	lines, err := readTable(req.Data)
	if err != nil {
		return nil, nil, err
	}
	head, body, err := findHeader(lines, k.columns)
	if err != nil {
		return nil, nil, err
	}
	if len(body) > maxRows {
		return nil, nil, tooLarge(fmt.Sprintf("超过 %d 行，请分成几个文件", maxRows), fmt.Sprintf("more than %d rows: split the file", maxRows))
	}
	if len(body) == 0 {
		return nil, nil, refuse("表头下面没有数据", "there is no row below the header")
	}
	rep.Rows, rep.Ignored = len(body), head.ignored
	labels := map[string]string{}
	for _, c := range k.columns {
		labels[c.field] = c.label()
	}
	for field, i := range head.at {
		labels[field] = heading(lines, body, i, labels[field])
	}
	var rows []dispatch.Imported
	for i, ln := range body {
		f := &fields{row: ln.number, values: map[string]string{}, labels: labels, lookup: l, system: req.System}
		for field, at := range head.at {
			if at < len(ln.cells) {
				f.values[field] = ln.cells[at]
			}
		}
		for _, c := range k.columns {
			if c.required && f.values[c.field] == "" {
				f.fault(c.field, "不能为空", "must not be empty")
			}
		}
		r := k.build(f)
		if rep.Errors = append(rep.Errors, f.faults...); len(f.faults) == 0 {
			rows = append(rows, dispatch.Imported{Row: ln.number, Record: r})
		}
		if i%500 == 499 {
			progress(i+1, len(body))
		}
	}
	return rows, labels, nil
}

// heading is how the file itself calls a column.
func heading(lines, body []line, i int, fallback string) string {
	if h := lines[len(lines)-len(body)-1]; i < len(h.cells) && h.cells[i] != "" {
		return h.cells[i]
	}
	return fallback
}

// refusedByAll finds the row that a refusal of the whole names by its value: a
// call sign, say, of a team that the actor does not see. nil when it names none.
func refusedByAll(err error, rows []dispatch.Imported, k kind) []dispatch.RowError {
	var e *dispatch.Error
	if !errors.As(err, &e) || e.Value == nil {
		return nil
	}
	for _, row := range rows {
		if k.same(row.Record) == fmt.Sprint(e.Value) {
			return []dispatch.RowError{{Row: row.Row, Err: e}}
		}
	}
	return nil
}

// identify gives the records that are there already their ids, and leaves out
// rows that mean the same thing as one before.
func identify(rep *Report, rows []dispatch.Imported, k kind, l *lookup, labels map[string]string) []dispatch.Imported {
	first := map[string]int{}
	once := rows[:0]
	for _, row := range rows {
		key := k.same(row.Record)
		if key == "" {
			rep.Created++
			once = append(once, row)
			continue
		}
		if earlier, twice := first[key]; twice {
			rep.Errors = append(rep.Errors, Fault{Row: row.Row, Column: labels["name"], Value: strings.ReplaceAll(key, "\n", " "),
				ZH: fmt.Sprintf("与第 %d 行重复", earlier), EN: fmt.Sprintf("the same as row %d", earlier)})
			continue
		}
		first[key] = row.Row
		once = append(once, row)
		if id, there := l.there[key]; there {
			dispatch.HeadOf(row.Record).ID = id
			rep.Updated++
		} else {
			rep.Created++
		}
	}
	return once
}

// refusedRow puts a refusal of the domain under the column it is about.
func refusedRow(b dispatch.RowError, labels map[string]string) Fault {
	field, _, _ := strings.Cut(b.Err.Field, ".")
	field, _, _ = strings.Cut(field, "[")
	switch field {
	case "base", "place":
		field = "address"
	}
	column := labels[field]
	if column == "" {
		column = b.Err.Field
	}
	value := ""
	if b.Err.Value != nil {
		value = fmt.Sprint(b.Err.Value)
	}
	zh, en := b.Err.MessageZH, b.Err.Message
	if len(b.Err.Legal) > 0 {
		zh, en = zh+"（"+strings.Join(b.Err.Legal, "、")+"）", en+" ("+strings.Join(b.Err.Legal, ", ")+")"
	}
	return Fault{b.Row, column, value, zh, en}
}
