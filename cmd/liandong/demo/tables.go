package demo

import (
	"embed"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"liandong/dispatch"
)

//go:embed *.csv
var files embed.FS

// row is one line of a table by the names in its header.
type row map[string]string

// table reads one of the package's own files. They are part of the program: a
// fault in one is a broken build, which the first test finds.
func table(name string) []row {
	f, err := files.Open(name + ".csv")
	if err != nil {
		panic(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		panic(fmt.Sprintf("%s.csv: %v", name, err))
	}
	out := make([]row, 0, len(lines)-1)
	for _, line := range lines[1:] {
		r := row{}
		for i, head := range lines[0] {
			r[head] = line[i]
		}
		out = append(out, r)
	}
	return out
}

func (r row) int(name string) int {
	v, err := strconv.Atoi(r[name])
	if err != nil {
		panic(fmt.Sprintf("%v: %s: %v", r, name, err))
	}
	return v
}

func (r row) float(name string) float64 {
	v, err := strconv.ParseFloat(r[name], 64)
	if err != nil {
		panic(fmt.Sprintf("%v: %s: %v", r, name, err))
	}
	return v
}

func (r row) capabilities() []dispatch.Capability {
	var out []dispatch.Capability
	for _, code := range strings.Fields(r["capabilities"]) {
		out = append(out, dispatch.Capability{Code: code})
	}
	return out
}
