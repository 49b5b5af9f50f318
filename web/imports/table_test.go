package imports

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"liandong/dispatch"
)

const teamsCSV = "队伍名称,呼号,队伍类型,最低编制,满编人数\n消防一中队,消防11,消防,5,7\n"

func xlsx(t *testing.T, rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	for i, r := range rows {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.SetSheetRow("Sheet1", cell, &r); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestReadTableKnowsTheEncodings(t *testing.T) {
	gbk, err := simplifiedchinese.GB18030.NewEncoder().String(teamsCSV)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{
		"UTF-8": teamsCSV, "with a byte order mark": "\uFEFF" + teamsCSV, "GBK": gbk,
		"tabs": strings.ReplaceAll(teamsCSV, ",", "\t"), "semicolons": strings.ReplaceAll(teamsCSV, ",", ";"),
		"CRLF and empty lines": strings.ReplaceAll(teamsCSV, "\n", "\r\n,,,\r\n"),
		"XLSX":                 string(xlsx(t, []any{"队伍名称", "呼号", "队伍类型", "最低编制", "满编人数"}, []any{"消防一中队", "消防11", "消防", 5, 7})),
	} {
		lines, err := readTable([]byte(data))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(lines) != 2 || !slices.Equal(lines[1].cells, []string{"消防一中队", "消防11", "消防", "5", "7"}) {
			t.Errorf("%s: %v", name, lines)
		}
	}
}

func TestReadTableRefuses(t *testing.T) {
	for name, c := range map[string]struct{ data, want string }{
		"empty":          {"", "空"},
		"only commas":    {",,\n,,\n", "空"},
		"old Excel":      {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "旧版 Excel"},
		"broken zip":     {"PK\x03\x04 and then nothing", "无法打开"},
		"UTF-16":         {"\xFF\xFEa\x00", "UTF-16"},
		"a picture":      {"\x89PNG\x00\x01", "不是文本表格"},
		"no encoding":    {"\xFF\xFF\xFFabc", "编码"},
		"a huge cell":    {strings.Repeat("啊", maxCell+1), "单元格"},
		"too many lines": {strings.Repeat("a\n", maxRows+100), "行"},
		"too wide":       {strings.Repeat("a,", maxColumns+1) + "a", "列"},
	} {
		_, err := readTable([]byte(c.data))
		var e *dispatch.Error
		if !errors.As(err, &e) || !strings.Contains(e.MessageZH, c.want) || e.Message == "" {
			t.Errorf("%s: %v; want a refusal with %q", name, err, c.want)
		}
	}
}

func TestFindHeader(t *testing.T) {
	columns := kinds[dispatch.KindTeam].columns
	lines := func(rows ...string) []line {
		var out []line
		for i, r := range rows {
			out = append(out, line{i + 1, strings.Split(r, ",")})
		}
		return out
	}
	for name, rows := range map[string][]string{
		"plain":             {"队伍名称,呼号,队伍类型,最低编制,满编人数", "x"},
		"below a title":     {"2026年度救援队伍统计表", "单位：人", "序号,队伍名称*,电台呼号,类 型（必填）,最少人数,编制人数,备注", "x"},
		"in English":        {"Name,Call Sign,TYPE,least crew,full_crew", "x"},
		"the fields' names": {"name,call_sign,type,seats_min,seats_full", "x"},
	} {
		h, body, err := findHeader(lines(rows...), columns)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(body) != 1 || len(h.at) != 5 {
			t.Errorf("%s: columns %v, %d rows below", name, h.at, len(body))
		}
	}
	_, _, err := findHeader(lines("队伍名称,呼号,人数", "x,y,5"), columns)
	var e *dispatch.Error
	if !errors.As(err, &e) || e.Field != "header" || !strings.Contains(e.MessageZH, "缺少必填列：队伍类型、最低编制") || !slices.Contains(e.Legal, "队伍类型*") {
		t.Errorf("columns are missing: %v", err)
	}
	if _, _, err := findHeader(lines("甲,乙", "1,2"), columns); !errors.As(err, &e) || !strings.Contains(e.MessageZH, "没有找到表头") {
		t.Errorf("no header at all: %v", err)
	}
}

func TestEachColumnHasOneMeaning(t *testing.T) {
	for k, spec := range kinds {
		seen := map[string]string{}
		for _, c := range spec.columns {
			for _, n := range append([]string{c.field}, c.names...) {
				if other, twice := seen[folded(n)]; twice && other != c.field {
					t.Errorf("%s: %q means %s and %s", k, n, other, c.field)
				}
				seen[folded(n)] = c.field
			}
		}
	}
	if len(kinds) != len(dispatch.ImportKinds) {
		t.Errorf("%d kinds of list, the domain imports %d", len(kinds), len(dispatch.ImportKinds))
	}
}

func TestDates(t *testing.T) {
	want := time.Date(2027, 6, 30, 0, 0, 0, 0, time.UTC)
	for _, text := range []string{"2027-06-30", "2027/6/30", "2027.6.30", "2027年6月30日", "20270630", "46568"} {
		f := &fields{values: map[string]string{"expires": text}}
		if got := f.date("expires"); got == nil || !got.Equal(want) {
			t.Errorf("%q: %v %v", text, got, f.faults)
		}
	}
	f := &fields{values: map[string]string{"expires": "明年"}}
	if f.date("expires") != nil || len(f.faults) != 1 {
		t.Errorf("明年: %v", f.faults)
	}
}

func TestNumbers(t *testing.T) {
	for text, want := range map[string]int{"7": 7, "7.0": 7, "7人": 7, "1,200": 1200, "\uFF11\uFF12": 12} {
		f := &fields{values: map[string]string{"n": text}}
		if got := f.whole("n", -1); got != want || len(f.faults) > 0 {
			t.Errorf("%q: %d, %v", text, got, f.faults)
		}
	}
	for _, text := range []string{"七", "7.5", "NaN", "1e300", "人"} {
		f := &fields{values: map[string]string{"n": text}}
		if got := f.whole("n", -1); got != -1 || len(f.faults) != 1 {
			t.Errorf("%q: %d, %v", text, got, f.faults)
		}
	}
}

func TestDivisionCodes(t *testing.T) {
	for text, want := range map[string]string{
		"411000": "4110", "410000": "41", "411002": "411002", "411002000000": "411002", "411002001000": "411002001", "411002001001": "411002001001", "411000000000": "4110",
	} {
		if got := divisionCode(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func FuzzReadTable(f *testing.F) {
	f.Add([]byte(teamsCSV))
	f.Add([]byte("\xb6\xd3\xce\xe9,a\n\"x"))
	f.Fuzz(func(t *testing.T, data []byte) {
		lines, err := readTable(data)
		if err != nil {
			var e *dispatch.Error
			if !errors.As(err, &e) || e.MessageZH == "" {
				t.Errorf("not for the user: %v", err)
			}
			return
		}
		for k, spec := range kinds {
			if _, body, err := findHeader(lines, spec.columns); err == nil && len(body) >= len(lines) {
				t.Errorf("%s: no header was taken off", k)
			}
		}
	})
}
