package cot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// MaxEvent bounds one event, in bytes of XML or of protobuf.
const MaxEvent = 64 << 10

// maxDepth bounds how deep elements nest; real clients stay below ten.
const maxDepth = 32

// Decode reads one event from XML. Errors say what is wrong and where.
func Decode(b []byte) (*Event, error) {
	if len(b) > MaxEvent {
		return nil, fmt.Errorf("an event has at most %d bytes", MaxEvent)
	}
	root, err := parse(b)
	if err != nil {
		return nil, err
	}
	if len(root) != 1 || root[0].Name != "event" {
		return nil, errors.New("is no <event>")
	}
	return eventOf(&root[0])
}

// eventOf reads the attributes and the point. The order of point and detail is
// free: real clients differ.
func eventOf(r *Element) (*Event, error) {
	e := &Event{UID: r.attr("uid"), Type: r.attr("type"), How: r.attr("how"), Access: r.attr("access"), QoS: r.attr("qos"), Opex: r.attr("opex")}
	if v := r.attr("version"); v != "" {
		if f, ok := numberOf(v); !ok || f < 2 || f >= 3 {
			return nil, fmt.Errorf("version is %.20q, must be 2.0", v)
		}
	}
	if e.UID == "" || len(e.UID) > 250 {
		return nil, errors.New("uid is missing or over 250 bytes")
	}
	for _, t := range []struct {
		name string
		to   *time.Time
	}{{"time", &e.Time}, {"start", &e.Start}, {"stale", &e.Stale}} {
		at, err := time.Parse(time.RFC3339Nano, r.attr(t.name))
		if err != nil || at.Year() < 1970 || at.Year() > 9999 {
			return nil, fmt.Errorf("%s is %.40q, must be a time as 2026-11-23T08:00:00Z", t.name, r.attr(t.name))
		}
		*t.to = at.UTC().Truncate(time.Millisecond)
	}
	p := r.child("point")
	if p == nil {
		return nil, errors.New("the point is missing")
	}
	var err error
	if e.Point, err = pointOf(p); err != nil {
		return nil, err
	}
	if d := r.child("detail"); d != nil && len(d.Children) > 0 {
		e.Detail = d.Children
	}
	return e, nil
}

func pointOf(p *Element) (Point, error) {
	lat, ok1 := numberOf(p.attr("lat"))
	lon, ok2 := numberOf(p.attr("lon"))
	if !ok1 || !ok2 || math.Abs(lat) > 90 || math.Abs(lon) > 180 {
		return Point{}, fmt.Errorf("the point is lat %.20q lon %.20q, must be WGS-84 degrees", p.attr("lat"), p.attr("lon"))
	}
	out := Point{lat, lon, unknown, unknown, unknown}
	for _, f := range []struct {
		name string
		to   *float64
	}{{"hae", &out.HAE}, {"ce", &out.CE}, {"le", &out.LE}} {
		// Clients write NaN, 999999 or nothing for what they do not know.
		if v, ok := numberOf(p.attr(f.name)); ok {
			*f.to = v
		}
	}
	return out, nil
}

// parse reads elements with attributes and text. There are no namespaces in
// CoT: a prefix is part of the name. A document type is refused, so that no
// entity can be defined.
func parse(b []byte) ([]Element, error) {
	d := xml.NewDecoder(bytes.NewReader(b))
	root := Element{}
	open := []*Element{&root}
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			if len(open) > 1 {
				return nil, fmt.Errorf("<%s> is not closed", open[len(open)-1].Name)
			}
			return root.Children, nil
		}
		if err != nil {
			return nil, err
		}
		top := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			if len(open) > maxDepth {
				return nil, fmt.Errorf("elements nest deeper than %d", maxDepth)
			}
			top.Children = append(top.Children, Element{Name: rawName(t.Name)})
			e := &top.Children[len(top.Children)-1]
			for _, a := range t.Attr {
				e.Attrs = append(e.Attrs, Attr{rawName(a.Name), a.Value})
			}
			open = append(open, e)
		case xml.EndElement:
			if len(open) == 1 || rawName(t.Name) != top.Name {
				return nil, fmt.Errorf("</%s> closes nothing", rawName(t.Name))
			}
			if len(top.Children) > 0 || strings.TrimSpace(top.Text) == "" {
				top.Text = strings.TrimSpace(top.Text)
			}
			open = open[:len(open)-1]
		case xml.CharData:
			top.Text += string(t)
		case xml.Directive:
			return nil, errors.New("a document type is not taken")
		}
	}
}

func rawName(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}

// Encode appends the event as XML with its declaration, as clients expect it in
// a stream. Nothing follows the end tag: the next byte may be a protobuf frame.
func (e *Event) Encode(b []byte) []byte {
	b = append(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<event version=\"2.0\""...)
	for _, a := range []Attr{{"uid", e.UID}, {"type", e.Type}, {"how", e.How}, {"time", stamp(e.Time)}, {"start", stamp(e.Start)}, {"stale", stamp(e.Stale)},
		{"access", e.Access}, {"qos", e.QoS}, {"opex", e.Opex}} {
		if a.Value != "" || a.Name == "how" {
			b = appendAttr(b, a)
		}
	}
	b = append(b, "><point"...)
	for _, f := range []struct {
		name  string
		value float64
	}{{"lat", e.Point.Lat}, {"lon", e.Point.Lon}, {"hae", e.Point.HAE}, {"ce", e.Point.CE}, {"le", e.Point.LE}} {
		b = append(append(append(b, ' '), f.name...), '=', '"')
		b = append(strconv.AppendFloat(b, f.value, 'f', -1, 64), '"')
	}
	b = append(b, "/>"...)
	b = append(b, "<detail>"...)
	for i := range e.Detail {
		b = e.Detail[i].append(b)
	}
	return append(b, "</detail></event>"...)
}

func (e *Element) append(b []byte) []byte {
	b = append(append(b, '<'), e.Name...)
	for _, a := range e.Attrs {
		b = appendAttr(b, a)
	}
	if e.Text == "" && len(e.Children) == 0 {
		return append(b, "/>"...)
	}
	b = append(b, '>')
	b = appendText(b, e.Text)
	for i := range e.Children {
		b = e.Children[i].append(b)
	}
	b = append(append(b, "</"...), e.Name...)
	return append(b, '>')
}

func appendAttr(b []byte, a Attr) []byte {
	b = append(append(append(b, ' '), a.Name...), '=', '"')
	return append(appendText(b, a.Value), '"')
}

// appendText escapes; runes that XML cannot hold become the replacement mark.
func appendText(b []byte, s string) []byte {
	var out bytes.Buffer
	_ = xml.EscapeText(&out, []byte(s)) // a buffer takes everything
	return append(b, out.Bytes()...)
}
