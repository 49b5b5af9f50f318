package cot

import (
	"math"
	"strconv"
	"time"
)

// unknown is how CoT writes a height or an error that is not known, in metres.
const unknown = 9999999.0

// Event is one event of Base-Event 2.0.
type Event struct {
	UID  string
	Type string // "a-f-G-U-C": affiliation, dimension, function
	How  string // "m-g": by GPS; "h-g-i-g-o": by hand
	// Access, QoS and Opex are carried along.
	Access, QoS, Opex  string
	Time, Start, Stale time.Time
	Point              Point
	Detail             []Element
}

// Point is a place: WGS-84 degrees, height above the ellipsoid and errors in
// metres (CE circular, LE linear); what is not known is 9999999.
type Point struct {
	Lat, Lon, HAE, CE, LE float64
}

// Element is one element of an event's detail. An element has text or
// children; where XML mixes both, the text is joined.
type Element struct {
	Name     string
	Attrs    []Attr
	Text     string
	Children []Element
}

// Attr is one attribute.
type Attr struct{ Name, Value string }

// el makes an element of pairs of attribute name and value.
func el(name string, pairs ...string) Element {
	e := Element{Name: name}
	for i := 0; i+1 < len(pairs); i += 2 {
		e.Attrs = append(e.Attrs, Attr{pairs[i], pairs[i+1]})
	}
	return e
}

// with is the element with children.
func (e Element) with(children ...Element) Element {
	e.Children = append(e.Children, children...)
	return e
}

// text is the element with text.
func (e Element) text(s string) Element {
	e.Text = s
	return e
}

// attr is the attribute's value, "" when there is none.
func (e *Element) attr(name string) string {
	if e == nil {
		return ""
	}
	for _, a := range e.Attrs {
		if a.Name == name {
			return a.Value
		}
	}
	return ""
}

// child is the first child of the name, or nil.
func (e *Element) child(name string) *Element {
	if e == nil {
		return nil
	}
	return find(e.Children, name)
}

// detail is the first element of the name in the event's detail, or nil.
func (e *Event) detail(name string) *Element { return find(e.Detail, name) }

func find(in []Element, name string) *Element {
	for i := range in {
		if in[i].Name == name {
			return &in[i]
		}
	}
	return nil
}

// numberOf reads a measurement; false when it is none.
func numberOf(s string) (float64, bool) {
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}

// decimal writes a number the shortest way that reads back the same.
func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// stamp writes a time as CoT does.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
