package web

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"liandong/dispatch"
)

// The report of a fork beside the drill that it left says since when both are measured, how they differ,
// and shows nothing of the script that came before.
func TestReportOfAFork(t *testing.T) {
	t.Parallel()
	begins := time.Date(2027, 3, 1, 18, 11, 22, 0, time.UTC)
	before, after := begins.Add(-time.Hour), begins.Add(time.Minute)
	measure := func(median float64) []dispatch.Measure {
		return []dispatch.Measure{{Type: dispatch.MeasureTravel, Count: 3, Median: median, P90: 2 * median, Worst: 2 * median, Target: 240, Met: 3, Share: 1},
			{Type: dispatch.MeasureUnanswered, Count: 1, Of: 4, Share: 0.75}, {Type: dispatch.MeasureTurnout, Open: 1, Share: -1}}
	}
	r := &dispatch.DrillReport{Drill: &dispatch.Drill{Name: "分岔", Begins: begins}, At: begins.Add(time.Hour),
		Injects:  []dispatch.InjectResult{{Number: "001", Text: "早先的来电", Released: &before}, {Number: "002", Text: "后来的来电", Released: &after}},
		Measures: dispatch.MeasureSet{All: dispatch.MeasureGroup{Measures: measure(60)}},
		Compared: &dispatch.Comparison{Drill: "left", Name: "原演练", Kin: true, From: begins, To: begins.Add(time.Hour), Score: -1, Measures: measure(90)}}
	for lang, since := range map[string]string{"zh": "自 18:11:22 分岔起计，至 19:11:22", "en": "from 18:11:22, when they parted, to 19:11:22"} {
		p := newReportPaper(r, lang, time.UTC, begins)
		var page bytes.Buffer
		if err := reportPage.Execute(&page, p); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{since, "原演练", "−0:30", "1:30", "3:00", "1 / 4", "002 后来的来电"} {
			if !strings.Contains(page.String(), want) {
				t.Errorf("%s: the page has no %q", lang, want)
			}
		}
		if strings.Contains(page.String(), "001 早先的来电") {
			t.Errorf("%s: the page shows what came before the fork", lang)
		}
		file, err := p.xlsx()
		if err != nil {
			t.Fatal(err)
		}
		book, err := excelize.OpenReader(bytes.NewReader(file), excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := book.GetRows(p.W("measures"))
		if err := book.Close(); err != nil {
			t.Fatal(err)
		}
		column := slices.IndexFunc(rows, func(row []string) bool { return slices.Contains(row, p.W("beside.median")) })
		if err != nil || column < 0 {
			t.Fatalf("%s: no head for the other's median in %v, %v", lang, rows, err)
		}
		if at := slices.Index(rows[column], p.W("beside.median")); rows[column+1][at] != "90" || rows[column+1][at+2] != "1" {
			t.Errorf("%s: the other's travel is %v", lang, rows[column+1])
		}
	}
	longer := newReportPaper(&dispatch.DrillReport{Drill: &dispatch.Drill{}}, "en", time.UTC, begins)
	for _, tt := range []struct {
		own, other float64
		want       string
	}{{90, 60, "+0:30"}, {60, 60.3, "±0"}, {0, 3700, "−1:01:40"}} {
		if got := longer.Difference(dispatch.Measure{Count: 1, Median: tt.own}, &dispatch.Measure{Count: 1, Median: tt.other}); got != tt.want {
			t.Errorf("%v beside %v: %s, want %s", tt.own, tt.other, got, tt.want)
		}
	}
}
