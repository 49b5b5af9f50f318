package gazetteer_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"liandong/geo/gazetteer"
)

// find orders the names that fit the query as a search does.
func find(query string, names ...string) []string {
	score := func(name string) int { n := gazetteer.Prepare(name); return n.Score(query) }
	fit := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return score(n) == 0 })
	slices.SortStableFunc(fit, func(a, b string) int { return score(b) - score(a) })
	return fit
}

func ExampleName_Score() {
	name := gazetteer.Prepare("消防二中队")
	for _, query := range []string{"消防二中队", "xf2", "xiaofang", "yl"} {
		fmt.Println(query, name.Score(query) > 0)
	}
	// Output:
	// 消防二中队 true
	// xf2 true
	// xiaofang true
	// yl false
}

func TestInitials(t *testing.T) {
	for name, want := range map[string][]string{
		"消防二中队":   {"xfezd", "xf2zd"},
		"重庆路":     {"zql", "cql"},
		"3号泵站":    {"3hbz"},
		"A区(东)":   {"aqd"},
		"许昌AB12线": {"xcab12x"},
		"——":      nil,
		"":        nil,
	} {
		got := gazetteer.Initials(name, 16)
		for _, w := range want {
			if !slices.Contains(got, w) {
				t.Errorf("Initials(%q) = %v, want %q among them", name, got, w)
			}
		}
		if want == nil && got != nil {
			t.Errorf("Initials(%q) = %v, want none", name, got)
		}
	}
	if got := gazetteer.Initials(strings.Repeat("重长行", 20), 8); len(got) > 8 {
		t.Errorf("%d ways, want at most 8", len(got))
	}
}

func TestEachWayOfTypingFinds(t *testing.T) {
	name := gazetteer.Prepare("消防二中队")
	for _, query := range []string{"消防二中队", "消防", "防二", "xf", "xfe", "xf2", "XF2", "2zd", "xiaofang", "xiaof2", "消防2", "消f2", "x2", "x f 2", "\uFF58\uFF46\uFF12", "zhd"} {
		if name.Score(query) == 0 {
			t.Errorf("%q does not find 消防二中队", query)
		}
	}
	for _, query := range []string{"", " ", "fx", "xf3", "消火", "xfezdd", "2fx", strings.Repeat("x", 100)} {
		if s := name.Score(query); s != 0 {
			t.Errorf("%q finds 消防二中队 with %d", query, s)
		}
	}
}

func TestOrder(t *testing.T) {
	names := []string{"许昌市东城区许昌路", "新许昌大厦", "许昌", "许昌市", "西城区"}
	if got, want := find("许昌", names...), []string{"许昌", "许昌市", "许昌市东城区许昌路", "新许昌大厦"}; !slices.Equal(got, want) {
		t.Errorf("许昌: %v, want %v", got, want)
	}
	if got := find("xc", names...); got[0] != "许昌" {
		t.Errorf("xc: %v", got)
	}
	// Polyphones: 长葛 is read zhang and chang.
	for _, query := range []string{"zhangge", "cg"} {
		if got := find(query, "城关镇卫生院", "长葛市"); len(got) == 0 || got[0] != "长葛市" {
			t.Errorf("%s: %v, want 长葛市 first", query, got)
		}
	}
}

func FuzzScore(f *testing.F) {
	f.Add("消防二中队", "xf2")
	f.Add("\xff许", "\xff")
	f.Fuzz(func(t *testing.T, name, query string) {
		n := gazetteer.Prepare(name)
		if s := n.Score(query); s < 0 || s > 1100 {
			t.Errorf("Score(%q, %q) = %d", name, query, s)
		}
		gazetteer.Initials(name, 8)
	})
}

func BenchmarkScore(b *testing.B) {
	names := make([]gazetteer.Name, 4000)
	for i := range names {
		names[i] = gazetteer.Prepare(fmt.Sprintf("襄城县第%d号社区居委会", i))
	}
	for b.Loop() {
		for _, n := range names {
			n.Score("xcsq9")
		}
	}
}
