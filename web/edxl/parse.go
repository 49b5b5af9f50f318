package edxl

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	declaration = regexp.MustCompile(`^<\?xml\s[^>]*?encoding\s*=\s*["']([^"']*)["']`)
	byteOrder   = []byte("\xef\xbb\xbf")
)

// utf8Only refuses every other encoding: a wrong guess would turn Chinese text
// into other Chinese text, and nobody would see it.
func utf8Only(b []byte) ([]byte, error) {
	refuse := func(given string) error {
		return wrong(given, "只接受 UTF-8 编码，请转换后重新发送", "only UTF-8 is taken: convert the document and send it again").at("")
	}
	if bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
		return nil, refuse("UTF-16")
	}
	b = bytes.TrimPrefix(b, byteOrder)
	if m := declaration.FindSubmatch(b); m != nil && !strings.EqualFold(string(m[1]), "utf-8") {
		return nil, refuse(string(m[1]))
	}
	if !utf8.Valid(b) {
		return nil, refuse("")
	}
	return b, nil
}

// parser reads a document into nodes. It resolves namespaces itself, because
// the standard decoder takes a prefix that nobody declared for a namespace.
type parser struct {
	*xml.Decoder
	open     []*node
	names    []string  // of the open elements, as written
	marks    []int     // how many bindings each open element found
	bindings []binding // innermost last
	root     *node
	elements int
}

type binding struct{ prefix, space string }

// parse reads one document: bounded, without a document type, and so without
// entities of its own and without anything from outside.
func parse(b []byte) (*node, error) {
	if len(b) > MaxBytes {
		return nil, tooLarge("", "文件", "a document", MaxBytes, "字节", "bytes")
	}
	b, err := utf8Only(b)
	if err != nil {
		return nil, err
	}
	p := &parser{Decoder: xml.NewDecoder(bytes.NewReader(b))}
	// What is not UTF-8 is refused above; the label may be written in any case.
	p.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	for {
		start := p.InputOffset()
		token, err := p.RawToken()
		if errors.Is(err, io.EOF) {
			return p.end()
		}
		if err != nil {
			return nil, p.malformed(err)
		}
		if err := p.take(token, start); err != nil {
			return nil, err
		}
	}
}

func (p *parser) take(token xml.Token, start int64) error {
	switch t := token.(type) {
	case xml.StartElement:
		return p.start(t)
	case xml.EndElement:
		last := len(p.open) - 1
		if last < 0 || p.names[last] != rawName(t.Name) {
			return p.malformed(fmt.Errorf("</%s> closes nothing", cut(rawName(t.Name))))
		}
		p.bindings = p.bindings[:p.marks[last]]
		p.open, p.names, p.marks = p.open[:last], p.names[:last], p.marks[:last]
	case xml.CharData:
		return p.chars(t)
	case xml.Directive:
		return wrong("", "不接受 DTD（<!DOCTYPE>）及其实体，请删除", "a document type (<!DOCTYPE>) and its entities are not taken: leave it out").at(p.top().path())
	case xml.ProcInst:
		if t.Target == "xml" && start != 0 {
			return p.malformed(errors.New("the XML declaration stands only at the start"))
		}
	}
	return nil
}

func (p *parser) top() *node {
	if len(p.open) == 0 {
		return nil
	}
	return p.open[len(p.open)-1]
}

func (p *parser) start(t xml.StartElement) error {
	parent := p.top()
	n := &node{parent: parent, local: t.Name.Local}
	if parent == nil && p.root != nil {
		return wrong(n.local, "一个文件只能有一条报文（一个根元素）", "a document holds one message: one root element").at(cut(n.local))
	}
	if p.elements++; p.elements > MaxElements {
		return tooLarge(parent.path(), "文件", "a document", MaxElements, "个元素", "elements")
	}
	if len(p.open) >= MaxDepth {
		return tooLarge(parent.path(), "嵌套", "nesting", MaxDepth, "层", "levels")
	}
	if parent == nil {
		p.root = n
	} else {
		parent.kids = append(parent.kids, n)
	}
	p.open, p.names, p.marks = append(p.open, n), append(p.names, rawName(t.Name)), append(p.marks, len(p.bindings))
	if len(t.Attr) > MaxAttrs {
		return tooLarge(n.path(), "一个元素", "an element", MaxAttrs, "个属性", "attributes")
	}
	for _, a := range t.Attr {
		if err := p.bind(n, a); err != nil {
			return err
		}
	}
	var err error
	if n.space, err = p.resolve(n, t.Name.Space, true); err != nil {
		return err
	}
	if !validName(n.local) || reserved(n.space) {
		return p.malformed(fmt.Errorf("%q is no name of an element", cut(rawName(t.Name))))
	}
	return p.attributes(n, t.Attr)
}

// bind takes the attribute's namespace declaration, where it is one.
func (p *parser) bind(n *node, a xml.Attr) error {
	var prefix string
	switch {
	case a.Name.Space == "xmlns":
		prefix = a.Name.Local
		if a.Value == "" || a.Value == spaceXMLNS || prefix == "xmlns" || prefix == "xml" != (a.Value == spaceXML) {
			return wrong(a.Value, "命名空间声明无效", "the namespace declaration is not valid").at(n.path() + "/@xmlns:" + cut(prefix))
		}
	case a.Name.Space == "" && a.Name.Local == "xmlns":
		if reserved(a.Value) {
			return wrong(a.Value, "此命名空间是保留的", "this namespace is reserved").at(n.path() + "/@xmlns")
		}
	default:
		return nil
	}
	for _, b := range p.bindings[p.marks[len(p.marks)-1]:] {
		if b.prefix == prefix {
			return p.malformed(errors.New("a prefix is declared twice"))
		}
	}
	p.bindings = append(p.bindings, binding{prefix, a.Value})
	return nil
}

func (p *parser) resolve(n *node, prefix string, element bool) (string, error) {
	if prefix == "xml" {
		return spaceXML, nil
	}
	if prefix == "" && !element {
		return "", nil
	}
	for i := len(p.bindings) - 1; i >= 0; i-- {
		if p.bindings[i].prefix == prefix {
			return p.bindings[i].space, nil
		}
	}
	if prefix == "" {
		return "", nil
	}
	return "", wrong(prefix, "前缀 "+cut(prefix)+" 没有声明命名空间", "the prefix "+cut(prefix)+" is bound to no namespace: declare it with xmlns:"+cut(prefix)).at(n.path())
}

// attributes keeps the attributes that mean something. The place of a schema
// is not kept: no schema is ever fetched.
func (p *parser) attributes(n *node, attrs []xml.Attr) error {
	for _, a := range attrs {
		if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
			continue
		}
		space, err := p.resolve(n, a.Name.Space, false)
		if err != nil {
			return err
		}
		if !validName(a.Name.Local) {
			return p.malformed(fmt.Errorf("%q is no name", cut(a.Name.Local)))
		}
		for _, b := range n.attrs {
			if b.Space == space && b.Name == a.Name.Local {
				return p.malformed(fmt.Errorf("the attribute %s stands twice", cut(b.Name)))
			}
		}
		value := a.Value
		if space == spaceXSI {
			switch a.Name.Local {
			case "schemaLocation", "noNamespaceSchemaLocation":
				continue
			case "type":
				if value, err = p.typeName(n, value); err != nil {
					return err
				}
			}
		}
		n.attrs = append(n.attrs, Attr{space, a.Name.Local, value})
	}
	return nil
}

// typeName resolves the prefix inside an xsi:type, which would otherwise be
// lost with the declaration it refers to.
func (p *parser) typeName(n *node, value string) (string, error) {
	prefix, local, found := strings.Cut(strings.TrimSpace(value), ":")
	if !found {
		prefix, local = "", prefix
	}
	space, err := p.resolve(n, prefix, true)
	if err != nil {
		return "", err
	}
	value = "{" + space + "}" + strings.TrimSpace(local)
	if b := checkTypeName(n.space, value); b != nil {
		return "", b.at(n.path() + "/@type")
	}
	return value, nil
}

func (p *parser) chars(s []byte) error {
	top := p.top()
	switch {
	case top == nil:
		if len(bytes.TrimSpace(s)) > 0 {
			return p.malformed(errors.New("text stands outside of the root element"))
		}
	case len(top.kids) == 0:
		top.head = append(top.head, s...)
	default:
		last := top.kids[len(top.kids)-1]
		last.tail = append(last.tail, s...)
	}
	return nil
}

func (p *parser) end() (*node, error) {
	if p.root == nil {
		return nil, wrong("", "文件是空的", "the document is empty").at("")
	}
	if top := p.top(); top != nil {
		return nil, p.malformed(fmt.Errorf("<%s> is not closed", cut(top.local)))
	}
	return p.root, nil
}

// malformed wraps what the decoder says. An entity is told apart, because the
// decoder's own words do not say that none can be defined here.
func (p *parser) malformed(err error) error {
	path := p.top().path()
	if strings.Contains(err.Error(), "character entity") {
		return wrong("", "不接受自定义实体，只可用 &lt; &gt; &amp; &quot; &apos; 和字符引用", "entities are not taken, other than &lt; &gt; &amp; &quot; &apos; and character references").at(path)
	}
	line, _ := p.InputPos()
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		err = errors.New(cut(syntax.Msg))
	}
	return wrong("", fmt.Sprintf("第 %d 行不是格式良好的 XML", line), fmt.Sprintf("line %d is not well-formed XML: %v", line, err)).at(path)
}

func rawName(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}
