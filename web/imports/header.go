package imports

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"liandong/dispatch"
)

// column is one thing a row can say.
type column struct {
	field    string   // as in dispatch's refusals: "seats_min"
	names    []string // the first is Chinese and the second English: these make the template
	required bool
	example  string
}

// label is the column as a report names it.
func (c column) label() string { return c.names[0] }

// header says in which column of the file each field is.
type header struct {
	at      map[string]int
	ignored []string // columns that nobody reads
}

// folded makes "联系 电话*（必填）" and "联系电话" the same.
func folded(s string) string {
	if i := strings.IndexAny(s, "(（[【"); i > 0 {
		s = s[:i]
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// findHeader looks for the header among the first lines, since lists often have
// a title above it, and returns the lines below.
func findHeader(lines []line, columns []column) (header, []line, error) {
	best, score := header{}, 0
	bestAt := -1
	for i, l := range lines[:min(10, len(lines))] {
		h, n := match(l.cells, columns)
		if n > score {
			best, score, bestAt = h, n, i
		}
	}
	var missing []column
	for _, c := range columns {
		if _, ok := best.at[c.field]; c.required && !ok {
			missing = append(missing, c)
		}
	}
	if bestAt < 0 || len(missing) > 0 {
		return header{}, nil, headerError(lines[max(bestAt, 0)], columns, missing, bestAt < 0)
	}
	return best, lines[bestAt+1:], nil
}

func headerError(l line, columns []column, missing []column, none bool) error {
	var zh, en []string
	for _, c := range columns {
		mark := ""
		if c.required {
			mark = "*"
		}
		zh, en = append(zh, c.names[0]+mark), append(en, c.names[1]+mark)
	}
	found := strings.Join(l.cells, "、")
	if r := []rune(found); len(r) > 120 {
		found = string(r[:120]) + "…"
	}
	e := &dispatch.Error{Code: dispatch.Invalid, Field: "header", Value: found, Legal: zh}
	if none {
		e.MessageZH = fmt.Sprintf("没有找到表头（第 %d 行是：%s）。应有的列（*必填）：%s。可下载模板填写", l.number, found, strings.Join(zh, "、"))
		e.Message = fmt.Sprintf("there is no header (row %d reads %s). Columns wanted (* required): %s. Take the template", l.number, found, strings.Join(en, ", "))
		return e
	}
	var lackZH, lackEN []string
	for _, c := range missing {
		lackZH, lackEN = append(lackZH, c.names[0]), append(lackEN, c.names[1])
	}
	e.MessageZH = fmt.Sprintf("第 %d 行的表头缺少必填列：%s。可用的列（*必填）：%s。可下载模板填写", l.number, strings.Join(lackZH, "、"), strings.Join(zh, "、"))
	e.Message = fmt.Sprintf("the header in row %d lacks %s. Columns (* required): %s. Take the template", l.number, strings.Join(lackEN, ", "), strings.Join(en, ", "))
	return e
}

func match(cells []string, columns []column) (header, int) {
	h := header{at: map[string]int{}}
	for i, cell := range cells {
		key := folded(cell)
		if key == "" {
			continue
		}
		k := slices.IndexFunc(columns, func(c column) bool {
			return folded(c.field) == key || slices.ContainsFunc(c.names, func(n string) bool { return folded(n) == key })
		})
		if k < 0 {
			h.ignored = append(h.ignored, cell)
			continue
		}
		if _, twice := h.at[columns[k].field]; !twice {
			h.at[columns[k].field] = i
		} else {
			h.ignored = append(h.ignored, cell)
		}
	}
	return h, len(h.at)
}
