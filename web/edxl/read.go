package edxl

import (
	"fmt"
	"reflect"
	"strings"
)

// reader fills Go values from nodes and refuses what does not fit their plan.
type reader struct{ scope }

// structure fills the struct v from n.
func (r *reader) structure(n *node, v reflect.Value, static string) error {
	if o, ok := v.Addr().Interface().(own); ok {
		return o.read(n)
	}
	p := planOf(v.Type())
	if err := r.attributes(n, p, v); err != nil {
		return err
	}
	if p.text != nil {
		if err := r.leaf(n, p.text, v.Field(p.text.index), static); err != nil {
			return err
		}
	} else {
		if strings.TrimSpace(n.text()) != "" {
			return wrong(strings.TrimSpace(n.text()), "此处只能有子元素，不能有文字", "only elements may stand here, no text").at(n.path())
		}
		if err := r.sequence(n, p, v, static); err != nil {
			return err
		}
	}
	if ruled, ok := v.Addr().Interface().(ruled); ok {
		if b := ruled.rule(); b != nil {
			return b.at(n.path())
		}
	}
	return nil
}

func (r *reader) attributes(n *node, p *plan, v reflect.Value) error {
	seen := map[string]bool{}
	var known []string
	for i := range p.attrs {
		f := &p.attrs[i]
		known = append(known, f.local)
		for _, a := range n.attrs {
			if a.Space != f.space || a.Name != f.local {
				continue
			}
			seen[a.Name+" "+a.Space] = true
			if b := r.value(f, a.Value, v, ""); b != nil {
				return b.at(n.path() + "/@" + f.local)
			}
		}
		if f.must && !seen[f.local+" "+f.space] {
			return required("@" + f.local).at(n.path())
		}
	}
	for _, a := range n.attrs {
		if !seen[a.Name+" "+a.Space] {
			if b := unplanned(n, a, known); b != nil {
				return b.at(n.path() + "/@" + cut(a.Name))
			}
		}
	}
	return nil
}

// unplanned looks at an attribute that no plan names.
func unplanned(n *node, a Attr, legal []string) *breach {
	if n.space == spaceGML {
		if known, b := gmlAttribute(n, a); known {
			return b
		}
	}
	b := wrong(a.Name, "不认识的属性", "this attribute is not known here")
	b.legal = legal
	return b
}

// value sets the field's value in v from text; fixed texts are compared.
func (r *reader) value(f *field, text string, v reflect.Value, static string) *breach {
	if f.isFixed() {
		if want := r.constant(f); text != want {
			b := wrong(text, "此处必须是 "+want, "must be "+want+" here")
			b.legal = []string{want}
			return b
		}
		return nil
	}
	target := v.Field(f.index)
	if target.Kind() == reflect.Pointer {
		target.Set(reflect.New(f.typ))
		target = target.Elem()
	}
	return parseLeaf(f, r.legal(f, static), text, target)
}

func (r *reader) leaf(n *node, f *field, v reflect.Value, static string) error {
	if len(n.kids) > 0 {
		return wrong(n.kids[0].local, "此元素只能有文字", "this element holds text only").at(n.kids[0].path())
	}
	text := n.text()
	if (f.must || f.many) && strings.TrimSpace(text) == "" {
		return wrong("", "此元素不能为空", "this element must not be empty").at(n.path())
	}
	if plain := v.Kind() == reflect.String && len(f.legal) == 0; text == "" && plain {
		return nil // says nothing, and so counts as absent
	}
	if b := parseLeaf(f, r.legal(f, static), text, v); b != nil {
		return b.at(n.path())
	}
	return nil
}

// sequence checks which elements stand in n, in which order and how often, and
// then reads them.
func (r *reader) sequence(n *node, p *plan, v reflect.Value, static string) error {
	counts := make([]int, len(p.elems))
	last := 0
	for _, k := range n.kids {
		i, err := r.find(k, p, static)
		if err != nil {
			return err
		}
		if counts[i]++; counts[i] > 1 && !p.elems[i].many {
			return wrong("", "此元素只能出现一次", "this element may stand once only").at(k.path())
		}
		if counts[i] > MaxList {
			return tooLarge(n.path()+"/"+k.local, "此元素", "this element", MaxList, "个", "occurrences")
		}
		if i < last {
			return wrong("", fmt.Sprintf("顺序错误：%s 应在 %s 之前", k.local, p.elems[last].name()),
				fmt.Sprintf("wrong order: %s must stand before %s", k.local, p.elems[last].name())).at(k.path())
		}
		last = i
	}
	for i := range p.elems {
		f := &p.elems[i]
		if t := r.times(f, below(static, f.local)); counts[i] == 0 && (t == '1' || t == '+') {
			return f.missing().at(n.path())
		}
	}
	kids := n.kids
	for i := range p.elems {
		if err := r.field(kids[:counts[i]], &p.elems[i], v, static); err != nil {
			return err
		}
		kids = kids[counts[i]:]
	}
	return nil
}

// find says at which field of the plan the element stands.
func (r *reader) find(k *node, p *plan, static string) (int, error) {
	for i := range p.elems {
		f := &p.elems[i]
		if f.takes(k.space, k.local) {
			if r.times(f, below(static, f.local)) == '-' {
				return 0, wrong("", fmt.Sprintf("%s（%s）报文不允许出现此元素，请删除", r.kind, r.kind.NameZH()),
					fmt.Sprintf("this element must not stand in a %s: leave it out", r.kind)).at(k.path())
			}
			return i, nil
		}
		if f.role == elemRole && f.local == k.local {
			b := wrong(k.space, "命名空间错误，应为 "+f.space, "wrong namespace: it must be "+f.space)
			b.legal = []string{f.space}
			return 0, b.at(k.path())
		}
	}
	b := wrong(k.local, "不认识的元素", "this element is not known here")
	for i := range p.elems {
		if f := &p.elems[i]; r.times(f, below(static, f.local)) != '-' && f.role != anyRole {
			b.legal = append(b.legal, f.name())
		}
	}
	return 0, b.at(k.path())
}

func (r *reader) field(kids []*node, f *field, v reflect.Value, static string) error {
	static = below(static, f.local)
	for _, k := range kids {
		if f.isFixed() {
			if err := r.constantLeaf(k, f, v); err != nil {
				return err
			}
			continue
		}
		item := reflect.New(f.typ).Elem()
		if err := r.item(k, f, item, static); err != nil {
			return err
		}
		switch target := v.Field(f.index); {
		case f.many:
			target.Set(reflect.Append(target, item))
		case target.Kind() == reflect.Pointer:
			target.Set(item.Addr())
		default:
			target.Set(item)
		}
	}
	return nil
}

func (r *reader) constantLeaf(k *node, f *field, v reflect.Value) error {
	if len(k.kids) > 0 || len(k.attrs) > 0 {
		return wrong("", "此元素只能有文字", "this element holds text only").at(k.path())
	}
	if b := r.value(f, k.text(), v, ""); b != nil {
		return b.at(k.path())
	}
	return nil
}

func (r *reader) item(k *node, f *field, item reflect.Value, static string) error {
	switch {
	case f.role == anyRole:
		item.Set(reflect.ValueOf(elementOf(k)))
		return nil
	case f.role == choiceRole:
		for i := range f.choice.elems {
			if c := &f.choice.elems[i]; c.takes(k.space, k.local) {
				return r.field([]*node{k}, c, item, static)
			}
		}
		return nil
	case isLeaf(f.typ):
		for _, a := range k.attrs {
			if b := unplanned(k, a, nil); b != nil {
				return b.at(k.path() + "/@" + cut(a.Name))
			}
		}
		must := *f
		must.must = f.must || r.times(f, static) == '1'
		return r.leaf(k, &must, item, static)
	default:
		return r.structure(k, item, static)
	}
}
