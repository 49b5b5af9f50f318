package edxl

import (
	"fmt"
	"reflect"
	"strings"
)

// structure writes the struct v as an element of the name.
func (w *writer) structure(v reflect.Value, name string, p *place, static string) error {
	if err := w.enter(p); err != nil {
		return err
	}
	defer w.leave()
	if o, ok := v.Addr().Interface().(own); ok {
		w.raw("<", name, ">")
		if err := o.write(w, p); err != nil {
			return err
		}
		w.raw("</", name, ">")
		return nil
	}
	if ruled, ok := v.Addr().Interface().(ruled); ok {
		if b := ruled.rule(); b != nil {
			return b.at(p.path())
		}
	}
	plan := planOf(v.Type())
	w.raw("<", name)
	for i := range plan.attrs {
		if err := w.attr(&plan.attrs[i], v, p); err != nil {
			return err
		}
	}
	w.raw(">")
	if err := w.content(plan, v, p, static); err != nil {
		return err
	}
	w.raw("</", name, ">")
	return nil
}

func (w *writer) content(plan *plan, v reflect.Value, p *place, static string) error {
	if plan.text != nil {
		return w.leaf(plan.text, v.Field(plan.text.index), p, static)
	}
	for i := range plan.elems {
		f := &plan.elems[i]
		values := present(f, v)
		if err := w.counted(f, len(values), p, static); err != nil {
			return err
		}
		if f.role == anyRole {
			if err := w.any(f, values, p); err != nil {
				return err
			}
			continue
		}
		for j, value := range values {
			at := p.child(f.name(), -1)
			if len(values) > 1 {
				at.index = j
			}
			if err := w.item(f, value, at, static); err != nil {
				return err
			}
		}
	}
	return nil
}

// present are the values that v has for the field.
func present(f *field, v reflect.Value) []reflect.Value {
	if f.isFixed() {
		return []reflect.Value{{}}
	}
	value := v.Field(f.index)
	switch {
	case f.many:
		all := make([]reflect.Value, value.Len())
		for i := range all {
			all[i] = value.Index(i)
		}
		return all
	case value.Kind() == reflect.Pointer && !value.IsNil():
		return []reflect.Value{value.Elem()}
	case value.Kind() == reflect.Pointer:
		return nil
	case silent(value):
		return nil
	}
	return []reflect.Value{value}
}

// silent says whether the value stands for nothing. A number and a position do
// not: nought is a number, and there is a place where both coordinates are 0.
func silent(v reflect.Value) bool {
	switch {
	case v.Kind() == reflect.Slice:
		return v.Len() == 0
	case v.Kind() == reflect.String, v.Kind() == reflect.Int64, v.Type() == timeType:
		return v.IsZero()
	}
	return false
}

func (w *writer) counted(f *field, n int, p *place, static string) error {
	switch t := w.times(f, below(static, f.local)); {
	case n == 0 && (t == '1' || t == '+'):
		return f.missing().at(p.path())
	case n > 0 && t == '-':
		return (&breach{field: f.name(), zh: fmt.Sprintf("%s（%s）报文不允许出现此元素", w.kind, w.kind.NameZH()),
			en: fmt.Sprintf("this element must not stand in a %s", w.kind)}).at(p.path())
	case n > MaxList:
		return tooLarge(p.path()+"/"+f.name(), "此元素", "this element", MaxList, "个", "occurrences")
	}
	return nil
}

func (w *writer) any(f *field, values []reflect.Value, p *place) error {
	for i, value := range values {
		e := value.Addr().Interface().(*Element)
		at := p.child(e.Name, -1)
		if len(values) > 1 {
			at.index = i
		}
		if !f.takes(e.Space, e.Name) {
			return wrong(e.Space, "此处的元素必须属于其他命名空间", "an element here must be in another namespace").at(at.path())
		}
		if e.Tail != "" {
			return wrong(e.Tail, "此处元素之间不能有文字", "no text may stand between elements here").at(at.path())
		}
		// "\x00" is no namespace, so the element always declares its own.
		if err := w.element(e, "\x00", at); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) item(f *field, value reflect.Value, p *place, static string) error {
	static = below(static, f.local)
	if f.role == choiceRole {
		return w.chosen(f, value, p, static)
	}
	name := w.named(f.space, f.local)
	if !f.isFixed() && !isLeaf(f.typ) {
		return w.structure(value, name, p, static)
	}
	if err := w.enter(p); err != nil {
		return err
	}
	defer w.leave()
	w.raw("<", name, ">")
	if f.isFixed() {
		w.raw(w.constant(f))
	} else if err := w.leaf(f, value, p, static); err != nil {
		return err
	}
	w.raw("</", name, ">")
	return nil
}

// chosen writes the one element that an item of a choice holds.
func (w *writer) chosen(f *field, value reflect.Value, p *place, static string) error {
	var only *field
	var held reflect.Value
	for i := range f.choice.elems {
		c := &f.choice.elems[i]
		if values := present(c, value); len(values) > 0 {
			if only != nil {
				return wrong("", "只能选择其中一个元素", "one of the elements may stand here, not several").at(p.path())
			}
			only, held = c, values[0]
		}
	}
	if only == nil {
		return required(f.name()).at(p.parent.path())
	}
	return w.item(only, held, &place{p.parent, only.local, p.index}, static)
}

func (w *writer) leaf(f *field, value reflect.Value, p *place, static string) error {
	text, b := leafText(f, w.legal(f, static), value)
	if b == nil && strings.TrimSpace(text) == "" && (f.must || f.many || w.times(f, static) == '1') {
		b = wrong("", "此元素不能为空", "this element must not be empty")
	}
	if b != nil {
		return b.at(p.path())
	}
	return w.text(text, p)
}

func (w *writer) attr(f *field, v reflect.Value, p *place) error {
	p = p.child("@"+f.local, -1)
	values := present(f, v)
	if len(values) == 0 {
		if f.must {
			return required("@" + f.local).at(p.parent.path())
		}
		return nil
	}
	text := w.constant(f)
	if !f.isFixed() {
		var b *breach
		if text, b = leafText(f, f.legal, values[0]); b != nil {
			return b.at(p.path())
		}
	}
	w.raw(" ", w.named(f.space, f.local), `="`)
	if err := w.text(text, p); err != nil {
		return err
	}
	w.raw(`"`)
	return nil
}
