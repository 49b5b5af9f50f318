package edxl

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// The Go types of this package are its schema: fields stand in the order of
// the sequence, and their tags say the rest.
//
//	edxl:"rm:ContactRole"    an element; rm and the other prefixes are those of [prefixes]
//	edxl:"@xal:Type"         an attribute
//	edxl:"."                 the text of the element itself
//	edxl:"|"                 a list of any of the elements that the item's type names, in any order
//	edxl:"*", edxl:"*other"  any elements; other than the envelope's
//	edxl:"...,must"          one at least; without it none at least
//	edxl:"...,collapse"      runs of white space count as one space, as the CIQ types have it
//	edxl:"...,uri"           a URI
//	edxl:"...,kind"          the name of the message, which its Kind tells
//	edxl:"...,fixed=1"       always this text; no Go value
//	legal:"Accept Decline"   the words of the enumeration
//
// A slice may stand MaxList times, everything else once. Texts that must be
// there, and those in lists, must say something; others that are empty count as
// absent.

type role byte

const (
	elemRole role = iota
	attrRole
	textRole
	choiceRole
	anyRole
)

// field is one place of a sequence, or one attribute.
type field struct {
	index        int
	role         role
	space, local string
	must, many   bool
	collapse     bool
	uri          bool
	kind         bool
	fixed        string
	legal        []string
	typ          reflect.Type // of one value, without slice or pointer
	choice       *plan        // what a choice's items hold
}

// plan is what a struct type says of its element.
type plan struct {
	attrs, elems []field
	text         *field
}

var plans sync.Map // reflect.Type to *plan

func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	p := &plan{}
	for i := range t.NumField() {
		tag, ok := t.Field(i).Tag.Lookup("edxl")
		if !ok {
			continue
		}
		f := fieldOf(t.Field(i), i, tag)
		switch f.role {
		case attrRole:
			p.attrs = append(p.attrs, f)
		case textRole:
			p.text = &f
		default:
			p.elems = append(p.elems, f)
		}
	}
	plans.Store(t, p)
	return p
}

func fieldOf(s reflect.StructField, i int, tag string) field {
	words := strings.Split(tag, ",")
	f := field{index: i, legal: strings.Fields(s.Tag.Get("legal")), typ: s.Type}
	name := words[0]
	switch {
	case name == ".":
		f.role, f.must = textRole, true
	case name == "|":
		f.role = choiceRole
	case strings.HasPrefix(name, "*"):
		f.role, f.local = anyRole, name
	default:
		if strings.HasPrefix(name, "@") {
			f.role, name = attrRole, name[1:]
		}
		f.space, f.local = resolveTag(name)
	}
	for _, w := range words[1:] {
		switch {
		case w == "must":
			f.must = true
		case w == "collapse":
			f.collapse = true
		case w == "uri":
			f.uri = true
		case w == "kind":
			f.kind, f.must = true, true
		case strings.HasPrefix(w, "fixed="):
			f.fixed, f.must = w[len("fixed="):], true
		default:
			panic(fmt.Sprintf("edxl: unknown word %q in tag %q", w, tag))
		}
	}
	if f.typ.Kind() == reflect.Slice && !isLeaf(f.typ) {
		f.many, f.typ = true, f.typ.Elem()
	} else if f.typ.Kind() == reflect.Pointer {
		f.typ = f.typ.Elem()
	}
	if f.role == choiceRole {
		f.choice = planOf(f.typ)
	}
	return f
}

func resolveTag(name string) (space, local string) {
	prefix, local, found := strings.Cut(name, ":")
	if !found {
		return "", name
	}
	for _, p := range prefixes {
		if p.prefix == prefix {
			return p.space, local
		}
	}
	panic("edxl: unknown prefix in tag " + name)
}

// takes says whether an element of the name may stand at the field.
func (f *field) takes(space, local string) bool {
	switch f.role {
	case choiceRole:
		return slices.ContainsFunc(f.choice.elems, func(c field) bool { return c.takes(space, local) })
	case anyRole:
		return f.local == "*" || space != spaceDE && space != ""
	default:
		return f.space == space && f.local == local
	}
}

// name is how errors name the field.
func (f *field) name() string {
	if f.role == choiceRole {
		return f.choice.elems[0].local
	}
	return f.local
}

func (f *field) isFixed() bool { return f.kind || f.fixed != "" }

// many and must as one letter: "-" never, "?" at most once, "1" once, "*" any
// number, "+" once at least.
func (f *field) times() byte {
	switch {
	case f.must && f.many:
		return '+'
	case f.many:
		return '*'
	case f.must:
		return '1'
	}
	return '?'
}

// scope is what differs between the kinds of message, for one message.
type scope struct {
	kind  Kind
	rules map[string]byte // by path below the root, where the types' own answer does not hold
	words map[string][]string
}

func (s *scope) times(f *field, static string) byte {
	if t, ok := s.rules[static]; ok {
		return t
	}
	return f.times()
}

func (s *scope) legal(f *field, static string) []string {
	if w, ok := s.words[static]; ok {
		return w
	}
	return f.legal
}

// constant is the text of a field without a Go value.
func (s *scope) constant(f *field) string {
	if f.kind {
		return string(s.kind)
	}
	return f.fixed
}

// below is the path of a field in the tables of the kinds.
func below(static, local string) string {
	if static == "" {
		return local
	}
	return static + "/" + local
}

// ruled is a type whose parts must fit each other in a way that no schema
// says, other than in words.
type ruled interface{ rule() *breach }

// own is a type that reads and writes itself.
type own interface {
	read(n *node) error
	write(w *writer, p *place) error
}
