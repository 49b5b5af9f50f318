package edxl

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"liandong/geo"
	"pgregory.net/rapid"
)

// there and back: the same value, and the same bytes again.
func backMessage(t rapid.TB, m *Message) []byte {
	t.Helper()
	b, err := m.Encode()
	if err != nil {
		t.Fatalf("cannot be written: %v\n%+v", err, m)
	}
	back, err := Decode(b)
	if err != nil {
		t.Fatalf("what was written cannot be read: %v\n%s", err, b)
	}
	if !reflect.DeepEqual(m, back) {
		t.Fatalf("came back changed:\n%+v\n%+v\n%s", m, back, b)
	}
	again, err := back.Encode()
	if err != nil || !bytes.Equal(b, again) {
		t.Fatalf("written again differs (%v):\n%s\n%s", err, b, again)
	}
	return b
}

func backDistribution(t rapid.TB, d *Distribution) []byte {
	t.Helper()
	b, err := d.Encode()
	if err != nil {
		t.Fatalf("cannot be written: %v\n%+v", err, d)
	}
	back, err := DecodeDistribution(b)
	if err != nil {
		t.Fatalf("what was written cannot be read: %v\n%s", err, b)
	}
	if !reflect.DeepEqual(d, back) {
		t.Fatalf("came back changed:\n%+v\n%+v\n%s", d, back, b)
	}
	again, err := back.Encode()
	if err != nil || !bytes.Equal(b, again) {
		t.Fatalf("written again differs (%v):\n%s\n%s", err, b, again)
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, k := range Kinds {
		t.Run(string(k), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) { backMessage(t, randomMessage(k).Draw(t, "message")) })
		})
	}
}

func TestRoundTripDistribution(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { backDistribution(t, randomDistribution().Draw(t, "distribution")) })
}

var beijing = time.FixedZone("", 8*3600)

// commitment is a CommitResource with two lines and most of what can be said.
func commitment() *Message {
	unit := &ValueList{URN: "urn:xuchang:unit", Values: []string{"辆"}}
	return &Message{
		Kind: CommitResource, ID: "urn:xc:rm:0004", Sent: time.Date(2026, 11, 23, 10, 4, 0, 0, beijing), Description: "两辆 & 一组",
		Originating: "urn:xc:rm:0001", Preceding: "urn:xc:rm:0003",
		Incidents: []Incident{{ID: "XC-20261123-001"}}, Funding: []Fund{{Code: "XC-2026-0001"}},
		Contacts: []Contact{{Description: "许昌市应急指挥中心", Role: Sender, Radios: []Radio{{ValueList{URN: "urn:radio", Values: []string{"PDT"}}, "3"}},
			Location: &Location{Area: &Area{Point: &Spot{At: Position(geo.At(113.82, 34.03))}}}}},
		Resources: []ResourceInfo{{
			ID: "R1", Response: &Response{Preceding: "R1", Type: Accept},
			Resource: &Resource{ID: "XC-HAZ-01", Name: "危化救援车1号", Type: &ValueList{URN: "urn:gb:38565-2020", Values: []string{"2010000"}},
				Status: &Status{Deployment: &ValueList{URN: "urn:xuchang:status", Values: []string{"Ready"}}}},
			Assignment: &Assignment{Quantity: &Quantity{Measured: &Measured{1, unit}}, OrderID: "O-1"},
			Schedule:   []Schedule{{Type: Committed}, {Type: EstimatedArrival, At: time.Date(2026, 11, 23, 11, 30, 0, 0, beijing), Location: &Location{Description: "长葛市大周镇"}}},
		}, {
			ID: "R2", Response: &Response{Preceding: "R2", Type: Provisional, Reason: "等待批准"},
			Assignment: &Assignment{Quantity: &Quantity{Texts: []string{"一队"}}},
			Schedule:   []Schedule{{Type: Committed}},
		}},
	}
}

func envelope(contents ...Content) *Distribution {
	return &Distribution{ID: "XC-DE-1", Sender: "eoc@xuchang.example.cn", Sent: time.Date(2026, 11, 23, 10, 16, 0, 0, beijing), Status: Exercise, Type: TypeResponse,
		Confidentiality: "UNCLASSIFIED", References: []Reference{{"LH-DE-9", "eoc@luohe.example.cn", time.Date(2026, 11, 23, 10, 0, 0, 0, beijing)}},
		Addresses: []Recipients{{"urn:gb2260", []string{"411100"}}}, Areas: []TargetArea{{Circles: []Circle{{geo.At(113.82, 34.115), 5}}}}, Contents: contents}
}

func wrapped(m *Message) Content {
	return Content{Description: "支援", XML: &XMLContent{Payloads: []Embedded{{Message: m}}}}
}

// TestWritten holds the form of what is written: the bytes are signed and
// compared by others, so they do not change by chance.
func TestWritten(t *testing.T) {
	t.Parallel()
	m := &Message{Kind: RequestInformation, ID: "m<1>", Sent: time.Date(2026, 11, 23, 2, 1, 0, 500_000_000, time.UTC), Description: "几辆\r\n可用？", Originating: "m<1>",
		Contacts: []Contact{{Role: Requester}}}
	const head = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	const want = `<rmsg:RequestInformation xmlns:rmsg="urn:oasis:names:tc:emergency:EDXL:RM:1.0:msg" xmlns:rm="urn:oasis:names:tc:emergency:EDXL:RM:1.0">` +
		`<rmsg:MessageID>m&lt;1&gt;</rmsg:MessageID><rmsg:SentDateTime>2026-11-23T02:01:00.5+00:00</rmsg:SentDateTime>` +
		`<rmsg:MessageContentType>RequestInformation</rmsg:MessageContentType><rmsg:MessageDescription>几辆&#13;&#10;可用？</rmsg:MessageDescription>` +
		`<rmsg:OriginatingMessageID>m&lt;1&gt;</rmsg:OriginatingMessageID><rmsg:ContactInformation><rm:ContactRole>Requester</rm:ContactRole></rmsg:ContactInformation></rmsg:RequestInformation>`
	if b, err := m.Encode(); err != nil || string(b) != head+want {
		t.Fatalf("%v\n%s\nwant\n%s", err, b, head+want)
	}
	d := envelope(wrapped(m))
	b, err := d.Encode()
	if err != nil || !bytes.Contains(b, []byte("<embeddedXMLContent>"+want+"</embeddedXMLContent>")) || !bytes.Contains(b, []byte("<circle>34.115,113.82 5</circle>")) {
		t.Fatalf("%v\n%s", err, b)
	}
	back, err := DecodeDistribution(b)
	if err != nil || len(back.Messages()) != 1 || back.Messages()[0].ID != "m<1>" {
		t.Fatal(err, back)
	}
}

// TestRead: what others write in other ways means the same.
func TestRead(t *testing.T) {
	t.Parallel()
	const text = "\ufeff" + `<?xml version='1.0' encoding='utf-8' standalone="yes"?>
<!-- other prefixes, a default namespace, comments, CDATA, white space, Z -->
<?xml-stylesheet href="http://evil.example/x.xsl"?>
<RequestInformation xmlns="urn:oasis:names:tc:emergency:EDXL:RM:1.0:msg" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="urn:oasis:names:tc:emergency:EDXL:RM:1.0:msg http://evil.example/x.xsd">
  <MessageID>1</MessageID>
  <SentDateTime> 2026-11-23T02:01:00Z </SentDateTime>
  <MessageContentType>RequestInformation</MessageContentType>
  <MessageDescription><![CDATA[a<b]]>&amp;<!-- x -->&#x8bb8;</MessageDescription>
  <OriginatingMessageID>1</OriginatingMessageID>
  <PrecedingMessageID></PrecedingMessageID>
  <c:ContactInformation xmlns:c="urn:oasis:names:tc:emergency:EDXL:RM:1.0:msg"><ContactRole xmlns="urn:oasis:names:tc:emergency:EDXL:RM:1.0">Owner</ContactRole></c:ContactInformation>
</RequestInformation>
`
	want := &Message{Kind: RequestInformation, ID: "1", Sent: time.Date(2026, 11, 23, 2, 1, 0, 0, time.FixedZone("", 0)), Description: "a<b&许", Originating: "1",
		Contacts: []Contact{{Role: Owner}}}
	if m, err := Decode([]byte(text)); err != nil || !reflect.DeepEqual(m, want) {
		t.Fatalf("%v\n%+v\n%+v", err, m, want)
	}
}

// TestForeign carries what it does not know, with the type that an xsi:type
// names.
func TestForeign(t *testing.T) {
	t.Parallel()
	const payload = `<s:sitRep xmlns:s="urn:s" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xl="urn:xl" xl:href="x">t<s:report xsi:type="s:Field"><o/></s:report>u</s:sitRep>`
	text := bytes.Replace(mustEncode(t, envelope(wrapped(commitment()))), embedded(t, commitment()), []byte(payload), 1)
	d, err := DecodeDistribution(text)
	if err != nil {
		t.Fatal(err)
	}
	e := d.Contents[0].XML.Payloads[0].Elements[0]
	want := Element{Space: "urn:s", Name: "sitRep", Attrs: []Attr{{"urn:xl", "href", "x"}}, Text: "t", Children: []Element{{Space: "urn:s", Name: "report",
		Attrs: []Attr{{spaceXSI, "type", "{urn:s}Field"}}, Tail: "u", Children: []Element{{Space: spaceDE, Name: "o"}}}}}
	if !reflect.DeepEqual(e, want) {
		t.Fatalf("%+v\nwant\n%+v", e, want)
	}
	backDistribution(t, d)
}

func mustEncode(t testing.TB, x interface{ Encode() ([]byte, error) }) []byte {
	t.Helper()
	b, err := x.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func embedded(t testing.TB, m *Message) []byte {
	return bytes.TrimPrefix(mustEncode(t, m), []byte(xmlHead))
}
