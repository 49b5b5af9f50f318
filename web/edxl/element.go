package edxl

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The namespaces.
const (
	spaceMsg  = "urn:oasis:names:tc:emergency:EDXL:RM:1.0:msg" // messages and what differs between them
	spaceRM   = "urn:oasis:names:tc:emergency:EDXL:RM:1.0"     // what all messages share
	spaceDE   = "urn:oasis:names:tc:emergency:EDXL:DE:1.0"     // the envelope
	spaceXPIL = "urn:oasis:names:tc:ciq:xpil:3"                // parties
	spaceXNL  = "urn:oasis:names:tc:ciq:xnl:3"                 // names
	spaceXAL  = "urn:oasis:names:tc:ciq:xal:3"                 // addresses
	spaceCT   = "urn:oasis:names:tc:ciq:ct:3"                  // attributes of the three
	spaceGeo  = "urn:oasis:names:tc:emergency:EDXL:HAVE:1.0:geo-oasis"
	spaceGML  = "http://www.opengis.net/gml"
	spaceXML  = "http://www.w3.org/XML/1998/namespace"
	spaceXSI  = "http://www.w3.org/2001/XMLSchema-instance"
)

// prefixes are those that Encode writes, in the order in which it declares
// them, and those that the tags of the types use.
var prefixes = []struct{ prefix, space string }{
	{"rmsg", spaceMsg}, {"rm", spaceRM}, {"xpil", spaceXPIL}, {"xnl", spaceXNL}, {"xal", spaceXAL},
	{"ct", spaceCT}, {"geo-oasis", spaceGeo}, {"gml", spaceGML}, {"de", spaceDE},
}

// Element is XML that this package carries without knowing it: what a
// TypeInfo, a key or an unknown payload holds. Names are kept, prefixes are
// not: a name inside of text loses its namespace. Only xsi:type is told apart,
// its value is "{namespace}local".
type Element struct {
	Space, Name string
	Attrs       []Attr
	Text        string // before the first child
	Children    []Element
	Tail        string // after the end tag; nothing at the outermost element
}

// Attr is an attribute of an Element, without namespace declarations.
type Attr struct{ Space, Name, Value string }

// elementOf copies the node. Depth is bounded by the parser.
func elementOf(n *node) Element {
	e := Element{Space: n.space, Name: n.local, Attrs: n.attrs, Text: string(n.head)}
	for _, k := range n.kids {
		child := elementOf(k)
		child.Tail = string(k.tail)
		e.Children = append(e.Children, child)
	}
	return e
}

// element writes e. What stands around it may be in a default namespace, so
// each change of namespace is declared where it happens.
func (w *writer) element(e *Element, around string, p *place) error {
	if !validName(e.Name) || reserved(e.Space) {
		return wrong(e.Name, "元素名无效", "the element's name is not a name of XML").at(p.path())
	}
	if err := w.enter(p); err != nil {
		return err
	}
	defer w.leave()
	w.raw("<", e.Name)
	if e.Space != around {
		w.raw(` xmlns="`)
		if err := w.text(e.Space, p); err != nil {
			return err
		}
		w.raw(`"`)
	}
	for i := range e.Attrs {
		if err := w.attribute(e, i, p); err != nil {
			return err
		}
	}
	if e.Text == "" && len(e.Children) == 0 {
		w.raw("/>")
		return nil
	}
	w.raw(">")
	if err := w.text(e.Text, p); err != nil {
		return err
	}
	for i := range e.Children {
		c := &e.Children[i]
		if err := w.element(c, e.Space, p.child(c.Name, i)); err != nil {
			return err
		}
		if err := w.text(c.Tail, p); err != nil {
			return err
		}
	}
	w.raw("</", e.Name, ">")
	return nil
}

func (w *writer) attribute(e *Element, i int, p *place) error {
	a := e.Attrs[i]
	p = p.child("@"+a.Name, -1)
	same := func(b Attr) bool { return b.Space == a.Space && b.Name == a.Name }
	if !validName(a.Name) || a.Space == "" && a.Name == "xmlns" || a.Space == spaceXMLNS || slices.ContainsFunc(e.Attrs[:i], same) {
		return wrong(a.Name, "属性名无效或重复", "the attribute's name is not a name of XML or stands twice").at(p.path())
	}
	value, name := a.Value, a.Name
	if a.Space == spaceXML {
		name = "xml:" + name
	} else if a.Space != "" {
		prefix := "a" + strconv.Itoa(i)
		name = prefix + ":" + name
		if err := w.declare(prefix, a.Space, p); err != nil {
			return err
		}
	}
	if a.Space == spaceXSI && a.Name == "type" {
		if b := checkTypeName(e.Space, value); b != nil {
			return b.at(p.path())
		}
		space, local, _ := strings.Cut(value[1:], "}")
		value = local
		if space != "" {
			value = "t:" + local
			if err := w.declare("t", space, p); err != nil {
				return err
			}
		}
	}
	w.raw(" ", name, `="`)
	if err := w.text(value, p); err != nil {
		return err
	}
	w.raw(`"`)
	return nil
}

func (w *writer) declare(prefix, space string, p *place) error {
	w.raw(" xmlns:", prefix, `="`)
	if err := w.text(space, p); err != nil {
		return err
	}
	w.raw(`"`)
	return nil
}

const spaceXMLNS = "http://www.w3.org/2000/xmlns/"

// reserved are the namespaces of XML itself, in which no element stands.
func reserved(space string) bool { return space == spaceXML || space == spaceXMLNS }

// checkTypeName looks at "{namespace}local". A type without a namespace on an
// element with one is refused: written without a prefix it would name a type
// in the element's namespace.
func checkTypeName(space, value string) *breach {
	of, local, found := strings.Cut(strings.TrimPrefix(value, "{"), "}")
	if !found || value[0] != '{' || !validName(local) || of == "" && space != "" || reserved(of) {
		return wrong(value, "xsi:type 必须是带命名空间的类型名", "xsi:type must name a type in a namespace")
	}
	return nil
}

// nameStart and nameRest are the characters of names in XML 1.0, fifth
// edition, without the colon, which namespaces take.
var (
	nameStart = []rune{'A', 'Z', '_', '_', 'a', 'z', 0xC0, 0xD6, 0xD8, 0xF6, 0xF8, 0x2FF, 0x370, 0x37D, 0x37F, 0x1FFF, 0x200C, 0x200D,
		0x2070, 0x218F, 0x2C00, 0x2FEF, 0x3001, 0xD7FF, 0xF900, 0xFDCF, 0xFDF0, 0xFFFD, 0x10000, 0xEFFFF}
	nameRest = []rune{'-', '.', '0', '9', 0xB7, 0xB7, 0x300, 0x36F, 0x203F, 0x2040}
)

func validName(s string) bool {
	in := func(ranges []rune, r rune) bool {
		for i := 0; i < len(ranges); i += 2 {
			if r >= ranges[i] && r <= ranges[i+1] {
				return true
			}
		}
		return false
	}
	for i, r := range s {
		if !in(nameStart, r) && (i == 0 || !in(nameRest, r)) {
			return false
		}
	}
	return s != "" && utf8.ValidString(s)
}
