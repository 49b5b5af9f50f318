package gazetteer_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"liandong/geo/gazetteer"
)

func Example() {
	var book gazetteer.Book[string]
	for _, name := range []string{"魏都区消防一中队", "消防二中队", "城关镇卫生院", "长葛市", "襄城县消防救援大队"} {
		book.Add(name, 0, name)
	}
	fmt.Println(book.Find("xf2", 3))
	fmt.Println(book.Find("xf", 9))
	fmt.Println(book.Find("zhangge", 1), book.Find("cg", 1))
	// Output:
	// [消防二中队]
	// [消防二中队 魏都区消防一中队 襄城县消防救援大队]
	// [长葛市] [长葛市]
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
	var book gazetteer.Book[string]
	for _, n := range names {
		book.Add(n, 0, n)
	}
	if got, want := book.Find("许昌", 9), []string{"许昌", "许昌市", "许昌市东城区许昌路", "新许昌大厦"}; !slices.Equal(got, want) {
		t.Errorf("许昌: %v, want %v", got, want)
	}
	if got := book.Find("xc", 1); !slices.Equal(got, []string{"许昌"}) {
		t.Errorf("xc: %v", got)
	}
	if got := book.Find("许昌", 2); len(got) != 2 {
		t.Errorf("limit 2: %v", got)
	}
}

func TestWeightPrefersAmongEquals(t *testing.T) {
	var book gazetteer.Book[string]
	book.Add("张潘村", 0, "village")
	book.Add("张潘镇", 20, "town")
	if got := book.Find("张潘", 1); got[0] != "town" {
		t.Errorf("got %v", got)
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

func BenchmarkFind(b *testing.B) {
	var book gazetteer.Book[int]
	for i := range 4000 {
		book.Add(fmt.Sprintf("襄城县第%d号社区居委会", i), 0, i)
	}
	for b.Loop() {
		book.Find("xcsq9", 20)
	}
}
