// Package gazetteer finds places and things by name the way a dispatcher types
// under stress: a few Chinese characters, the initials of their pinyin, whole
// syllables, or a mixture. "xf2", "xiaofang2", "消防2" and "消防二" all find
// 消防二中队. No network and no database: it is an index over names.
package gazetteer

import (
	"slices"
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
)

// maxName and maxQuery bound the characters that are looked at.
const (
	maxName  = 60
	maxQuery = 30
)

// numerals are typed as digits. 〇 and 零 both stand for 0.
var numerals = map[rune]string{
	'〇': "0", '零': "0", '一': "1", '二': "2", '三': "3", '四': "4", '五': "5",
	'六': "6", '七': "7", '八': "8", '九': "9", '十': "10",
}

// syllable is one character of a name with all the ways to type it: itself,
// its digit, its readings (a 多音字 has several; the usual one comes first).
type syllable []string

var readings = pinyin.Args{Style: pinyin.Normal, Heteronym: true}

func syllables(name string) []syllable {
	var out []syllable
	for _, r := range fold(name) {
		if len(out) == maxName {
			break
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			continue
		}
		s := syllable{string(r)}
		if digit, ok := numerals[r]; ok {
			s = append(s, digit)
		}
		for _, reading := range pinyin.SinglePinyin(r, readings) {
			if !slices.Contains(s, reading) {
				s = append(s, reading)
			}
		}
		out = append(out, s)
	}
	return out
}

// fold brings full-width letters and digits to their plain form and all letters
// to lower case.
func fold(s string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if r >= '\uFF01' && r <= '\uFF5E' {
			return r - 0xFEE0
		}
		return r
	}, s))
}

// Initials lists the ways to write the name by the first letters of its pinyin,
// the usual reading first, digits kept and Chinese numerals also as digits; at
// most limit of them. 消防二中队 gives xfezd and xf2zd.
func Initials(name string, limit int) []string {
	out := []string{""}
	for _, s := range syllables(name) {
		var next []string
		for _, letter := range s.initials() {
			for _, head := range out {
				if len(next) < limit {
					next = append(next, head+letter)
				}
			}
		}
		out = next
	}
	if len(out) == 1 && out[0] == "" {
		return nil
	}
	return out
}

func (s syllable) initials() []string {
	var readingsFirst, digits []string
	for i, way := range s {
		r := []rune(way)[0]
		switch {
		case i > 0 && unicode.IsDigit(r):
			digits = append(digits, way)
		case i == 0 && len(s) > 1 && !isASCII(r):
			// the character itself; its readings follow
		case !slices.Contains(readingsFirst, string(r)):
			readingsFirst = append(readingsFirst, string(r))
		}
	}
	return append(readingsFirst, digits...)
}

func isASCII(r rune) bool { return r < unicode.MaxASCII }

// Name is a name prepared for matching.
type Name struct {
	text      string // folded
	syllables []syllable
}

// Prepare reads the name once, so that it can be matched often.
func Prepare(name string) Name { return Name{fold(name), syllables(name)} }

// Score tells how well the query fits the name: 0 not at all, else more is
// better. In falling order: the whole name, its start, a piece of it, its
// characters in order with gaps; characters before pinyin; short before long.
func (n Name) Score(query string) int {
	q := []rune(strings.Join(strings.Fields(fold(query)), ""))
	if len(q) == 0 || len(q) > maxQuery {
		return 0
	}
	text := string(q)
	rest := max(0, maxName-len(n.syllables))
	switch {
	case n.text == text:
		return 1000 + rest
	case strings.HasPrefix(n.text, text):
		return 900 + rest
	case strings.Contains(n.text, text):
		return 700 + rest
	}
	m := matcher{n.syllables, text, nil}
	if len(n.syllables) > 0 && m.run(0, 0) {
		return 800 + rest
	}
	for i := 1; i < len(n.syllables); i++ {
		if m.run(i, 0) {
			return 600 + rest
		}
	}
	if i := m.gaps(); i >= 0 {
		return 300 + rest - min(i, 59)
	}
	return 0
}

type matcher struct {
	s      []syllable
	query  string
	failed map[[2]int]bool // (syllable, byte of the query) that led nowhere
}

// run matches the query from byte q on against the characters from i on, one
// after the other; each may be typed as the start of any of its ways.
func (m *matcher) run(i, q int) bool {
	if q == len(m.query) {
		return true
	}
	if i == len(m.s) || m.failed[[2]int{i, q}] {
		return false
	}
	tried := false
	for _, way := range m.s[i] {
		for n := common(way, m.query[q:]); n > 0; n-- {
			if m.run(i+1, q+n) {
				return true
			}
			tried = true
		}
	}
	if tried {
		if m.failed == nil {
			m.failed = map[[2]int]bool{}
		}
		m.failed[[2]int{i, q}] = true
	}
	return false
}

// gaps matches the query against the characters in order, with others between;
// it returns the first character matched, or -1. Each character stands for one
// sign of the query, so that "xc" finds 许昌 but a long word finds no hodgepodge.
func (m *matcher) gaps() int {
	first, i := -1, 0
	for _, r := range m.query {
		for ; i < len(m.s); i++ {
			if slices.ContainsFunc(m.s[i], func(way string) bool { return strings.HasPrefix(way, string(r)) }) {
				break
			}
		}
		if i == len(m.s) {
			return -1
		}
		if first < 0 {
			first = i
		}
		i++
	}
	return first
}

func common(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
