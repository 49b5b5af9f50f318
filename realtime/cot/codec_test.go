package cot

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// walker is a client's own position, written by hand.
const walker = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<event version="2.0" uid="ANDROID-77" type="a-f-G-U-C" how="m-g" time="2026-11-23T08:00:00Z" start="2026-11-23T08:00:00.5Z" stale="2026-11-23T08:01:15Z">
 <point lat="34.03" lon="113.85" hae="71.5" ce="4.2" le="NaN"/>
 <detail><takv os="34" version="5.3" device="PIXEL" platform="ATAK-CIV"/><contact callsign="许昌&#10;一号" endpoint="*:-1:stcp" phone="1"/>
  <__group role="Team Member" name="Red"/><status battery="88"/><track course="271.5" speed="1.25"/><remarks>救援 &amp; &lt;中&gt;</remarks></detail>
</event>`

func decode(t testing.TB, text string) *Event {
	t.Helper()
	e, err := Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestDecode(t *testing.T) {
	t.Parallel()
	e := decode(t, walker)
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	if e.UID != "ANDROID-77" || e.Type != "a-f-G-U-C" || e.How != "m-g" || !e.Time.Equal(at) || !e.Start.Equal(at.Add(500*time.Millisecond)) || !e.Stale.Equal(at.Add(75*time.Second)) {
		t.Errorf("read %+v", e)
	}
	if e.Point != (Point{34.03, 113.85, 71.5, 4.2, unknown}) {
		t.Errorf("the point is %+v", e.Point)
	}
	if got := e.detail("contact").attr("callsign"); got != "许昌\n一号" {
		t.Errorf("the call sign is %q", got)
	}
	if got := e.detail("remarks").Text; got != "救援 & <中>" {
		t.Errorf("the remarks are %q", got)
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	change := func(old, new string) string { return strings.Replace(walker, old, new, 1) }
	for name, c := range map[string]struct{ text, want string }{
		"no uid":    {change(`uid="ANDROID-77"`, ``), "uid"},
		"no time":   {change(`time="2026-11-23T08:00:00Z"`, `time="today"`), `time is "today"`},
		"no point":  {change(`<point lat="34.03" lon="113.85" hae="71.5" ce="4.2" le="NaN"/>`, ``), "point is missing"},
		"off earth": {change(`lat="34.03"`, `lat="134.03"`), "WGS-84"},
		"no number": {change(`lon="113.85"`, `lon="NaN"`), "WGS-84"},
		"version":   {change(`<event version="2.0"`, `<event version="3.0"`), "version"},
		"doctype":   {change("<event", `<!DOCTYPE event [<!ENTITY a "aaaa">]><event`), "document type"},
		"entity":    {change("救援", "&a;"), "entity"},
		"deep":      {change("救援", strings.Repeat("<a>", 40)+strings.Repeat("</a>", 40)), "deeper"},
		"crossed":   {change("<remarks>", "<remarks><b>"), "closes nothing"},
		"half":      {walker[:300], "EOF"},
		"another":   {"<auth><cot/></auth>", "no <event>"},
		"too large": {change("救援", strings.Repeat("x", MaxEvent)), "bytes"},
	} {
		if _, err := Decode([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", name, err, c.want)
		}
	}
}

// TestProtobufGolden compares with bytes put together by hand from the public
// field numbers.
func TestProtobufGolden(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1).UTC()
	e := &Event{UID: "u", Type: "t", How: "h", Time: at, Start: at, Stale: at, Point: Point{0, 0, 0, 0, 0},
		Detail: []Element{el("status", "battery", "7"), el("contact", "callsign", "c"), el("usericon")}}
	double := func(tag byte) []byte { return append([]byte{tag}, make([]byte, 8)...) }
	event := slices.Concat([]byte{0x0A, 1, 't', 0x2A, 1, 'u', 0x30, 1, 0x38, 1, 0x40, 1, 0x4A, 1, 'h'},
		double(0x51), double(0x59), double(0x61), double(0x69), double(0x71),
		[]byte{0x7A, 22, 0x0A, 11}, []byte("<usericon/>"), []byte{0x2A, 2, 0x08, 7, 0x12, 3, 0x12, 1, 'c'})
	want := append([]byte{0x12, byte(len(event))}, event...)
	if got := e.Marshal(nil); !bytes.Equal(got, want) {
		t.Errorf("wrote\n%x, want\n%x", got, want)
	}
	back, err := Unmarshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if want := canonical(*e); !reflect.DeepEqual(canonical(*back), want) {
		t.Errorf("read %+v, want %+v", canonical(*back), want)
	}
}

// TestXMLHolds: where the XML of a protobuf detail and its message differ, the
// XML is right.
func TestXMLHolds(t *testing.T) {
	t.Parallel()
	e := decode(t, walker)
	var d []byte
	d = appendString(d, detailXML, `<contact callsign="from XML"/>`)
	d = append(d, 0x12, 3, 0x12, 1, 'c')
	e.Detail = nil
	if err := e.unmarshalDetail(d); err != nil {
		t.Fatal(err)
	}
	if len(e.Detail) != 1 || e.detail("contact").attr("callsign") != "from XML" {
		t.Errorf("read %+v", e.Detail)
	}
}

// canonical is the event with what the two forms may write differently made
// equal: the order of the detail's elements and of attributes, and numbers.
func canonical(e Event) Event {
	detail := []Element{}
	for _, x := range e.Detail {
		x.Attrs = slices.Clone(x.Attrs)
		for i := range x.Attrs {
			if f, ok := numberOf(x.Attrs[i].Value); ok && (x.Name == "track" || x.Name == "status") {
				x.Attrs[i].Value = decimal(f)
			}
		}
		if x.Name == "status" || x.Name == "track" { // proto3 cannot tell zero from none
			x.Attrs = slices.DeleteFunc(x.Attrs, func(a Attr) bool { return a.Value == "0" || a.Value == "-0" })
		}
		if len(x.Attrs) == 0 {
			x.Attrs = nil
		}
		slices.SortFunc(x.Attrs, func(a, b Attr) int { return strings.Compare(a.Name, b.Name) })
		detail = append(detail, x)
	}
	slices.SortStableFunc(detail, func(a, b Element) int { return strings.Compare(a.Name, b.Name) })
	e.Detail = detail
	return e
}

// both writes the event in both forms, reads them back and wants it unchanged.
func both(t testing.TB, e *Event) {
	t.Helper()
	text := e.Encode(nil)
	if len(text) <= MaxEvent {
		back, err := Decode(text)
		if err != nil {
			t.Fatalf("what was written as XML cannot be read: %v\n%s", err, text)
		}
		if !reflect.DeepEqual(canonical(*back), canonical(*e)) {
			t.Fatalf("as XML: %+v came back as %+v", e, back)
		}
	}
	message := e.Marshal(nil)
	if len(message) <= MaxEvent {
		back, err := Unmarshal(message)
		if err != nil {
			t.Fatalf("what was written as protobuf cannot be read: %v\n%x", err, message)
		}
		if !reflect.DeepEqual(canonical(*back), canonical(*e)) {
			t.Fatalf("as protobuf: %+v came back as %+v", e, back)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, text := range seeds() {
		both(t, decode(t, text))
	}
}

func seeds() []string {
	return []string{walker,
		`<event version="2" uid="x" type="b-m-r" how="" time="2026-11-23T08:00:00Z" start="2026-11-23T08:00:00Z" stale="2026-11-24T08:00:00Z"><detail><a:b c='"'>x<d/>y</a:b><status readiness="true"/><track course="NaN"/><contact callsign=""/></detail><point lat="0" lon="-180"/></event>`,
		`<event uid="y" type="u-d-f" time="2026-11-23T08:00:00Z" start="2026-11-23T08:00:00Z" stale="2026-11-24T08:00:00Z"><point lat="1" lon="2" hae="1e3" ce="-1" le=""/><detail><link point="1,2"/><link point="3,4"/><takv os="1"/><takv os="2"/></detail></event>`}
}

func FuzzXML(f *testing.F) {
	for _, s := range seeds() {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if e, err := Decode(b); err == nil {
			both(t, e)
		}
		r := newReader(bytes.NewReader(b))
		for range len(b) + 1 {
			if _, err := r.next(); err != nil {
				if _, ok := err.(errUnreadable); !ok {
					return
				}
			}
		}
		t.Fatal("the stream does not end")
	})
}

func FuzzProto(f *testing.F) {
	for _, s := range seeds() {
		f.Add(decode(f, s).Marshal(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if e, err := Unmarshal(b); err == nil && e != nil && !math.IsNaN(e.Point.Lat) {
			e.Encode(nil)
			again, err := Unmarshal(e.Marshal(nil))
			if err == nil && len(again.Detail) > 0 {
				again.Marshal(nil)
			}
		}
		r := newReader(bytes.NewReader(b))
		r.proto = true
		for range len(b) + 1 {
			if _, err := r.next(); err != nil {
				if _, ok := err.(errUnreadable); !ok {
					return
				}
			}
		}
		t.Fatal("the stream does not end")
	})
}

// TestSamples reads events of real clients, where the data is there.
func TestSamples(t *testing.T) {
	dir := os.Getenv("LIANDONG_DATA")
	if dir == "" {
		t.Skip("LIANDONG_DATA does not name the folder of real data")
	}
	files, err := filepath.Glob(filepath.Join(dir, "cot", "samples", "*.xml"))
	if err != nil || len(files) < 17 {
		t.Fatalf("%d samples, %v", len(files), err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		e, err := Decode(raw)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(name), err)
			continue
		}
		both(t, e)
	}
}
