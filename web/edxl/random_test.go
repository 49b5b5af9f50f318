package edxl

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"liandong/geo"
	"pgregory.net/rapid"
)

// random draws values of any type of this package by its plan, so that a field
// that is added is tested without a word here.
type random struct {
	*rapid.T
	scope
}

func randomMessage(kind Kind) *rapid.Generator[*Message] {
	return rapid.Custom(func(t *rapid.T) *Message {
		if kind == "" {
			kind = rapid.SampledFrom(Kinds).Draw(t, "kind")
		}
		return message(t, kind)
	})
}

func message(t *rapid.T, kind Kind) *Message {
	r := random{t, scopes[kind]}
	m := r.value(reflect.TypeFor[Message](), &field{}, "").Interface().(Message)
	m.Kind, m.ID = kind, "urn:m:"+m.ID
	for i := range m.Resources {
		m.Resources[i].ID += fmt.Sprintf(" %d", i)
	}
	return &m
}

func randomDistribution() *rapid.Generator[*Distribution] {
	return rapid.Custom(func(t *rapid.T) *Distribution {
		d := random{T: t}.value(reflect.TypeFor[Distribution](), &field{}, "").Interface().(Distribution)
		return &d
	})
}

func (r random) yes() bool                  { return rapid.Bool().Draw(r.T, "yes") }
func (r random) number(a, b int) int        { return rapid.IntRange(a, b).Draw(r.T, "number") }
func (r random) float(a, b float64) float64 { return rapid.Float64Range(a, b).Draw(r.T, "float") + 0 }

// runes has what is hard to write: marks of XML, white space, Chinese, a rune
// beyond 16 bits.
var runes = []rune("ab1 \t\n\r<>&\"']许昌危化\u00e9\U00020000\ufffd")

func (r random) text(f *field, legal []string, must bool) string {
	switch {
	case len(legal) > 0:
		return rapid.SampledFrom(legal).Draw(r.T, "word")
	case f.uri:
		return rapid.SampledFrom([]string{"urn:gb:38565-2020", "http://a.example/b?c=d#e", "urn:许昌:单位", "x%20y"}).Draw(r.T, "uri")
	}
	s := rapid.StringOfN(rapid.RuneFrom(runes), 0, 8, -1).Draw(r.T, "text")
	if f.collapse {
		s = strings.Join(strings.Fields(s), " ")
	}
	if must && strings.TrimSpace(s) == "" {
		s = "中" + strings.TrimSpace(s)
	}
	return s
}

func (r random) time() time.Time {
	zone := time.FixedZone("", 60*r.number(-840, 840))
	t := time.Unix(int64(r.number(-600_000_000, 4_000_000_000)), 0).In(zone)
	if r.yes() {
		t = t.Add(time.Duration(r.number(0, 999_999_999)))
	}
	return t
}

func (r random) point() geo.Point { return geo.At(r.float(-180, 180), r.float(-90, 90)) }

func (r random) ring() []geo.Point {
	all := []geo.Point{r.point(), r.point(), r.point()}
	return append(all, all[0])
}

func (r random) element(depth int, spaces ...string) Element {
	name := rapid.SampledFrom([]string{"a", "b-1", "型号"})
	e := Element{Space: rapid.SampledFrom(spaces).Draw(r.T, "space"), Name: name.Draw(r.T, "name"), Text: r.text(&field{}, nil, false)}
	for i, space := range []string{"", "urn:x", "urn:y", spaceXML} {
		if r.yes() {
			local := map[bool]string{true: "lang", false: fmt.Sprintf("n%d", i)}[space == spaceXML]
			e.Attrs = append(e.Attrs, Attr{space, local, map[bool]string{true: "zh", false: r.text(&field{}, nil, false)}[space == spaceXML]})
		}
	}
	for range r.number(0, depth) {
		c := r.element(depth-1, "", "urn:x", "urn:y", spaceRM)
		c.Tail = r.text(&field{}, nil, false)
		e.Children = append(e.Children, c)
	}
	return e
}

// special are the types that a plan alone does not describe.
func (r random) special(t reflect.Type) (any, bool) {
	switch t {
	case reflect.TypeFor[Element]():
		return r.element(2, "urn:x", "urn:y"), true
	case reflect.TypeFor[time.Time]():
		return r.time(), true
	case reflect.TypeFor[[]byte]():
		return rapid.SliceOfN(rapid.Byte(), 1, 9).Draw(r.T, "bytes"), true
	case reflect.TypeFor[Clock]():
		return rapid.SampledFrom([]Clock{"08:00:00", "23:59:59.5+08:00", "00:00:00Z"}).Draw(r.T, "clock"), true
	case reflect.TypeFor[Position]():
		return Position(r.point()), true
	case reflect.TypeFor[Positions]():
		return Positions(r.ring()), true
	case reflect.TypeFor[Loop]():
		return Loop(r.ring()), true
	case reflect.TypeFor[Circle]():
		return Circle{r.point(), r.float(0, 20_000)}, true
	case reflect.TypeFor[Reference]():
		return Reference{"XC-1", "eoc@xuchang.example.cn", r.time()}, true
	case reflect.TypeFor[Embedded]():
		if r.yes() {
			return Embedded{Message: message(r.T, rapid.SampledFrom(Kinds).Draw(r.T, "kind"))}, true
		}
		return Embedded{Elements: []Element{r.element(2, "urn:x"), r.element(0, "urn:y")}}, true
	}
	return nil, false
}

func (r random) value(t reflect.Type, f *field, static string) reflect.Value {
	v := reflect.New(t).Elem()
	if x, ok := r.special(t); ok {
		v.Set(reflect.ValueOf(x))
		return v
	}
	switch t.Kind() {
	case reflect.String:
		v.SetString(r.text(f, r.legal(f, static), f.must || f.many || r.times(f, static) == '1'))
	case reflect.Float64:
		v.SetFloat(r.float(0, 1e6))
	case reflect.Int64:
		v.SetInt(int64(r.number(0, 9)))
	default:
		r.structure(v, static)
	}
	return v
}

func (r random) structure(v reflect.Value, static string) {
	p := planOf(v.Type())
	for i := range p.attrs {
		r.attribute(&p.attrs[i], v)
	}
	if p.text != nil {
		v.Field(p.text.index).Set(r.value(p.text.typ, p.text, static))
		return
	}
	for i := range p.elems {
		r.field(&p.elems[i], v, below(static, p.elems[i].local))
	}
	r.mend(v)
}

func (r random) attribute(f *field, v reflect.Value) {
	switch {
	case f.isFixed() || !f.must && r.yes():
	case strings.HasSuffix(f.local, "tag"):
		v.Field(f.index).SetString("location")
	default:
		r.set(v.Field(f.index), r.value(f.typ, f, ""))
	}
}

func (r random) field(f *field, v reflect.Value, static string) {
	n := map[byte]int{'1': 1, '?': r.number(0, 1), '*': r.number(0, 2), '+': r.number(1, 2)}[r.times(f, static)]
	if f.isFixed() {
		return
	}
	for range n {
		item := reflect.New(f.typ).Elem()
		if f.role == choiceRole {
			c := &f.choice.elems[r.number(0, len(f.choice.elems)-1)]
			r.set(item.Field(c.index), r.value(c.typ, c, static))
		} else {
			item.Set(r.value(f.typ, f, static))
		}
		if target := v.Field(f.index); f.many {
			target.Set(reflect.Append(target, item))
		} else {
			r.set(target, item)
		}
	}
}

func (r random) set(target, value reflect.Value) {
	if target.Kind() == reflect.Pointer {
		target.Set(reflect.New(value.Type()))
		target = target.Elem()
	}
	target.Set(value)
}

// mend makes the parts fit each other where they do not.
func (r random) mend(v reflect.Value) {
	switch x := v.Addr().Interface().(type) {
	case *Quantity:
		*x = Quantity{Measured: x.Measured, Texts: x.Texts}
		if x.rule() != nil {
			*x = Quantity{Texts: []string{"两辆"}}
		}
	case *Price:
		if x.rule() != nil {
			*x = Price{Measured: &Measured{Amount: r.float(0, MaxPrice)}}
		}
	case *Area:
		if x.rule() == nil {
			return
		}
		x.Line, x.Circle, x.Polygon, x.Envelope, x.Point = nil, nil, nil, nil, nil
		p := planOf(v.Type())
		f := &p.elems[r.number(0, len(p.elems)-1)]
		r.set(v.Field(f.index), r.value(f.typ, f, ""))
	case *Content:
		if x.rule() != nil {
			x.Other, x.XML = nil, &XMLContent{Payloads: []Embedded{{Message: message(r.T, RequestResource)}}}
		}
	case *Response:
		if x.rule() != nil {
			x.Reason = "等待批准"
		}
	case ruled:
		if _, whole := x.(*Message); whole || x.rule() == nil {
			return
		}
		for i := range v.NumField() {
			if v.Field(i).Kind() == reflect.String {
				v.Field(i).SetString("许昌")
				return
			}
		}
	}
}
