package edxl

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// place is where the writer stands: the path of an error.
type place struct {
	parent *place
	name   string
	index  int // from 0; -1 where it stands alone
}

func (p *place) child(name string, index int) *place { return &place{p, name, index} }

func (p *place) path() string {
	name := p.name
	if p.index >= 0 {
		name += "[" + strconv.Itoa(p.index+1) + "]"
	}
	if p.parent == nil {
		return name
	}
	return p.parent.path() + "/" + name
}

// writer writes Go values by their plan, and refuses what a reader would
// refuse: what this package sends, it can read.
type writer struct {
	scope
	buf             []byte
	used            map[string]bool // prefixes
	depth, elements int
}

func (w *writer) raw(parts ...string) {
	for _, s := range parts {
		w.buf = append(w.buf, s...)
	}
}

// text escapes s. What XML cannot hold is refused, not replaced: an identifier
// that changes on its way answers to nobody.
func (w *writer) text(s string, p *place) error {
	for i, r := range s {
		switch {
		case r == '&':
			w.raw("&amp;")
		case r == '<':
			w.raw("&lt;")
		case r == '>':
			w.raw("&gt;")
		case r == '"':
			w.raw("&quot;")
		case r == '\t', r == '\n', r == '\r':
			w.raw("&#", strconv.Itoa(int(r)), ";")
		case r < ' ', r == 0xFFFE, r == 0xFFFF, r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
			return wrong("", "含有 XML 不能表示的字符", fmt.Sprintf("holds the character %U, which XML cannot", r)).at(p.path())
		default:
			w.buf = utf8.AppendRune(w.buf, r)
		}
	}
	if len(w.buf) > MaxBytes {
		return tooLarge(p.path(), "文件", "a document", MaxBytes, "字节", "bytes")
	}
	return nil
}

func (w *writer) enter(p *place) error {
	w.depth++
	w.elements++
	if w.depth > MaxDepth {
		return tooLarge(p.path(), "嵌套", "nesting", MaxDepth, "层", "levels")
	}
	if w.elements > MaxElements {
		return tooLarge(p.path(), "文件", "a document", MaxElements, "个元素", "elements")
	}
	return nil
}

func (w *writer) leave() { w.depth-- }

// named is the element's or attribute's name with its prefix.
func (w *writer) named(space, local string) string {
	if space == "" || space == spaceDE {
		return local
	}
	for _, p := range prefixes {
		if p.space == space {
			w.used[p.prefix] = true
			return p.prefix + ":" + local
		}
	}
	panic("edxl: no prefix for " + space)
}

const xmlHead = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// root writes v as the outermost element of a document of its own, or of a
// message inside of an envelope, with the namespaces that it uses.
func (w *writer) root(v reflect.Value, space, local string, p *place) error {
	start := len(w.buf)
	w.used = map[string]bool{}
	name := w.named(space, local)
	if err := w.structure(v, name, p, ""); err != nil {
		return err
	}
	var declared strings.Builder
	if space == spaceDE {
		fmt.Fprintf(&declared, ` xmlns="%s"`, spaceDE)
	}
	for _, p := range prefixes {
		if w.used[p.prefix] {
			fmt.Fprintf(&declared, ` xmlns:%s="%s"`, p.prefix, p.space)
		}
	}
	w.buf = slices.Insert(w.buf, start+1+len(name), []byte(declared.String())...)
	if len(w.buf) > MaxBytes {
		return tooLarge(p.path(), "文件", "a document", MaxBytes, "字节", "bytes")
	}
	return nil
}
