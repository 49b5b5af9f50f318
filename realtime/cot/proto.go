package cot

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of the public TAK protocol, version 1.
const (
	takCotEvent = 2 // of TakMessage

	evType, evAccess, evQoS, evOpex, evUID = 1, 2, 3, 4, 5
	evSent, evStart, evStale, evHow        = 6, 7, 8, 9
	evLat, evLon, evHAE, evCE, evLE        = 10, 11, 12, 13, 14
	evDetail                               = 15

	detailXML = 1 // of Detail; the other fields are in typed
)

// field is one member of a message of the detail that has its own form.
type field struct {
	attr string
	kind protowire.Type // BytesType: string, VarintType: uint32, Fixed64Type: double
}

// typed are the elements with a message of their own: field number in Detail,
// then the members by their number from 1 on.
var typed = []struct {
	number protowire.Number
	name   string
	fields []field
}{
	{2, "contact", []field{{"endpoint", protowire.BytesType}, {"callsign", protowire.BytesType}}},
	{3, "__group", []field{{"name", protowire.BytesType}, {"role", protowire.BytesType}}},
	{4, "precisionlocation", []field{{"geopointsrc", protowire.BytesType}, {"altsrc", protowire.BytesType}}},
	{5, "status", []field{{"battery", protowire.VarintType}}},
	{6, "takv", []field{{"device", protowire.BytesType}, {"platform", protowire.BytesType}, {"os", protowire.BytesType}, {"version", protowire.BytesType}}},
	{7, "track", []field{{"speed", protowire.Fixed64Type}, {"course", protowire.Fixed64Type}}},
}

// Marshal appends the event as a TakMessage. Elements that a message of their
// own holds whole go there, once each; all others stay XML.
func (e *Event) Marshal(b []byte) []byte {
	var v, d []byte
	for _, s := range []struct {
		number protowire.Number
		value  string
	}{{evType, e.Type}, {evAccess, e.Access}, {evQoS, e.QoS}, {evOpex, e.Opex}, {evUID, e.UID}} {
		v = appendString(v, s.number, s.value)
	}
	for n, at := range []time.Time{e.Time, e.Start, e.Stale} {
		v = protowire.AppendTag(v, evSent+protowire.Number(n), protowire.VarintType)
		v = protowire.AppendVarint(v, uint64(max(at.UnixMilli(), 0)))
	}
	v = appendString(v, evHow, e.How)
	for n, f := range []float64{e.Point.Lat, e.Point.Lon, e.Point.HAE, e.Point.CE, e.Point.LE} {
		v = appendDouble(v, evLat+protowire.Number(n), f)
	}
	var rest []byte
	used := map[string]bool{}
	for i := range e.Detail {
		x := &e.Detail[i]
		number, body, ok := x.message()
		// Of an element that comes twice, the XML would hide the message.
		if ok && !used[x.Name] && only(e.Detail, x.Name) {
			d = protowire.AppendTag(d, number, protowire.BytesType)
			d = protowire.AppendBytes(d, body)
			used[x.Name] = true
			continue
		}
		rest = x.append(rest)
	}
	d = append(appendString(nil, detailXML, string(rest)), d...)
	v = protowire.AppendTag(v, evDetail, protowire.BytesType)
	v = protowire.AppendBytes(v, d)
	b = protowire.AppendTag(b, takCotEvent, protowire.BytesType)
	return protowire.AppendBytes(b, v)
}

func only(in []Element, name string) bool {
	n := 0
	for i := range in {
		if in[i].Name == name {
			n++
		}
	}
	return n == 1
}

// message is the element in the form of its message; false where that form
// would lose something of it.
func (e *Element) message() (protowire.Number, []byte, bool) {
	for _, t := range typed {
		if t.name != e.Name {
			continue
		}
		if e.Text != "" || len(e.Children) > 0 || len(e.Attrs) > len(t.fields) {
			return 0, nil, false
		}
		var b []byte
		found := 0
		for n, f := range t.fields {
			for _, a := range e.Attrs {
				if a.Name != f.attr {
					continue
				}
				var ok bool
				if b, ok = f.append(b, protowire.Number(n+1), a.Value); !ok {
					return 0, nil, false
				}
				found++
			}
		}
		return t.number, b, found == len(e.Attrs)
	}
	return 0, nil, false
}

func (f field) append(b []byte, number protowire.Number, value string) ([]byte, bool) {
	switch f.kind {
	case protowire.VarintType:
		n, err := strconv.ParseUint(value, 10, 32)
		b = protowire.AppendTag(b, number, protowire.VarintType)
		return protowire.AppendVarint(b, n), err == nil
	case protowire.Fixed64Type:
		v, ok := numberOf(value)
		b = protowire.AppendTag(b, number, protowire.Fixed64Type)
		return protowire.AppendFixed64(b, math.Float64bits(v)), ok
	}
	if value == "" { // an empty string is not sent: it would come back as none
		return b, false
	}
	return appendString(b, number, value), true
}

func appendString(b []byte, number protowire.Number, s string) []byte {
	if s == "" {
		return b
	}
	return protowire.AppendString(protowire.AppendTag(b, number, protowire.BytesType), s)
}

func appendDouble(b []byte, number protowire.Number, f float64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(b, number, protowire.Fixed64Type), math.Float64bits(f))
}

// Unmarshal reads the event of a TakMessage; nil without an error when the
// message holds none (a control message).
func Unmarshal(b []byte) (*Event, error) {
	if len(b) > MaxEvent {
		return nil, fmt.Errorf("a message has at most %d bytes", MaxEvent)
	}
	var body []byte
	err := fields(b, func(n protowire.Number, t protowire.Type, v value) error {
		if n == takCotEvent && t == protowire.BytesType {
			body = v.bytes
		}
		return nil
	})
	if err != nil || body == nil {
		return nil, err
	}
	return unmarshalEvent(body)
}

func unmarshalEvent(b []byte) (*Event, error) {
	e := &Event{}
	texts := map[protowire.Number]*string{evType: &e.Type, evAccess: &e.Access, evQoS: &e.QoS, evOpex: &e.Opex, evUID: &e.UID, evHow: &e.How}
	times := map[protowire.Number]*time.Time{evSent: &e.Time, evStart: &e.Start, evStale: &e.Stale}
	doubles := map[protowire.Number]*float64{evLat: &e.Point.Lat, evLon: &e.Point.Lon, evHAE: &e.Point.HAE, evCE: &e.Point.CE, evLE: &e.Point.LE}
	for _, at := range times {
		*at = time.UnixMilli(0).UTC()
	}
	var detail []byte
	err := fields(b, func(n protowire.Number, t protowire.Type, v value) error {
		switch {
		case texts[n] != nil && t == protowire.BytesType:
			*texts[n] = string(v.bytes)
		case times[n] != nil && t == protowire.VarintType:
			if v.number > 253402300799_999 { // the end of the year 9999
				return fmt.Errorf("field %d is no time", n)
			}
			*times[n] = time.UnixMilli(int64(v.number)).UTC()
		case doubles[n] != nil && t == protowire.Fixed64Type:
			*doubles[n] = math.Float64frombits(v.number)
		case n == evDetail && t == protowire.BytesType:
			detail = v.bytes
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if e.UID == "" || len(e.UID) > 250 {
		return nil, errors.New("uid is missing or over 250 bytes")
	}
	p := &e.Point
	if !(math.Abs(p.Lat) <= 90 && math.Abs(p.Lon) <= 180) {
		return nil, fmt.Errorf("the point is lat %v lon %v, must be WGS-84 degrees", p.Lat, p.Lon)
	}
	for _, f := range []*float64{&p.HAE, &p.CE, &p.LE} {
		if math.IsNaN(*f) || math.IsInf(*f, 0) {
			*f = unknown
		}
	}
	return e, e.unmarshalDetail(detail)
}

// unmarshalDetail puts the messages of the detail back into elements. Where
// the XML has an element of the same name, the XML holds.
func (e *Event) unmarshalDetail(b []byte) error {
	var raw []byte
	var messages []Element
	err := fields(b, func(n protowire.Number, t protowire.Type, v value) error {
		if t != protowire.BytesType {
			return nil
		}
		if n == detailXML {
			raw = v.bytes
			return nil
		}
		x, err := elementOf(n, v.bytes)
		if err == nil && x != nil {
			messages = append(messages, *x)
		}
		return err
	})
	if err != nil {
		return err
	}
	inXML, err := parse(raw)
	if err != nil {
		return fmt.Errorf("detail: %w", err)
	}
	// Some clients wrap the detail, which the protocol says is left out.
	if len(inXML) == 1 && inXML[0].Name == "detail" {
		inXML = inXML[0].Children
	}
	for _, m := range messages {
		if find(inXML, m.Name) == nil && find(e.Detail, m.Name) == nil {
			e.Detail = append(e.Detail, m)
		}
	}
	e.Detail = append(e.Detail, inXML...)
	return nil
}

// elementOf is a message of the detail as an element, nil for one that is not
// known.
func elementOf(number protowire.Number, b []byte) (*Element, error) {
	for _, t := range typed {
		if t.number != number {
			continue
		}
		values := make([]string, len(t.fields))
		err := fields(b, func(n protowire.Number, kind protowire.Type, v value) error {
			if n < 1 || int(n) > len(t.fields) || t.fields[n-1].kind != kind {
				return nil
			}
			switch kind {
			case protowire.VarintType:
				values[n-1] = strconv.FormatUint(v.number, 10)
			case protowire.Fixed64Type:
				values[n-1] = decimal(math.Float64frombits(v.number))
			default:
				values[n-1] = string(v.bytes)
			}
			return nil
		})
		x := Element{Name: t.name}
		for i, f := range t.fields {
			if values[i] == "" && f.kind != protowire.BytesType {
				values[i] = "0" // proto3 leaves out zero
			}
			if values[i] != "" {
				x.Attrs = append(x.Attrs, Attr{f.attr, values[i]})
			}
		}
		return &x, err
	}
	return nil, nil
}

// value is one field's value: bytes, or a number's bits.
type value struct {
	bytes  []byte
	number uint64
}

// fields walks over a message's fields.
func fields(b []byte, each func(protowire.Number, protowire.Type, value) error) error {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		var v value
		switch kind {
		case protowire.VarintType:
			v.number, n = protowire.ConsumeVarint(b)
		case protowire.Fixed64Type:
			v.number, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			v.bytes, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(number, kind, b)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		if err := each(number, kind, v); err != nil {
			return err
		}
	}
	return nil
}
