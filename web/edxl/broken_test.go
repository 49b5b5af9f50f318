package edxl

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"liandong/geo"
)

// A change of a document that is right, and what the refusal says: the path of
// the element at fault and a part of the words.
type breaking struct {
	name, old, new string
	field, says    string
}

const (
	line1    = "CommitResource/ResourceInformation[1]/"
	line2    = "CommitResource/ResourceInformation[2]/"
	status   = `<rmsg:ResourceStatus>`
	asSender = `<rm:ContactRole>Sender</rm:ContactRole>`
	sent     = `<rmsg:SentDateTime>2026-11-23T10:04:00+08:00</rmsg:SentDateTime>`
	amount   = `<rm:Amount>1</rm:Amount>`
	begin    = `<rmsg:CommitResource `
	pos      = `<gml:pos>34.03 113.82</gml:pos>`
	point    = `<gml:Point>` + pos + `</gml:Point>`
	sched2   = `<rmsg:ScheduleInformation><rmsg:ScheduleType>Committed</rmsg:ScheduleType></rmsg:ScheduleInformation></rmsg:ResourceInformation></rmsg:CommitResource>`
)

var broken = []breaking{
	// What must be there.
	{"no ID", `<rmsg:MessageID>urn:xc:rm:0004</rmsg:MessageID>`, ``, "CommitResource/MessageID", "required"},
	{"no preceding", `<rmsg:PrecedingMessageID>urn:xc:rm:0003</rmsg:PrecedingMessageID>`, ``, "CommitResource/PrecedingMessageID", "required"},
	{"no quantity", `<rmsg:Quantity><rm:QuantityText>一队</rm:QuantityText></rmsg:Quantity>`, ``, line2 + "AssignmentInformation/Quantity", "required"},
	{"empty ID", `>urn:xc:rm:0004<`, `> <`, "CommitResource/MessageID", "empty"},
	{"empty quantity text", `一队`, ``, line2 + "AssignmentInformation/Quantity/QuantityText", "empty"},
	{"contact says nothing", `<rm:ContactDescription>许昌市应急指挥中心</rm:ContactDescription>` + asSender, ``, "CommitResource/ContactInformation", "at least one of ContactDescription"},
	{"incident says nothing", `<rm:IncidentID>XC-20261123-001</rm:IncidentID>`, ``, "CommitResource/IncidentInformation", "at least one of IncidentID"},
	{"provisional without reason", `<rm:ResponseReason>等待批准</rm:ResponseReason>`, ``, line2 + "ResponseInformation", "needs ReasonCode"},
	// What must not.
	{"availability in a commitment", `</rmsg:ResourceStatus>`, `<rmsg:Availability>x</rmsg:Availability></rmsg:ResourceStatus>`, line1 + "Resource/ResourceStatus/Availability", "must not stand in a CommitResource"},
	{"twice the ID", sent, `<rmsg:MessageID>2</rmsg:MessageID>` + sent, "CommitResource/MessageID[2]", "once only"},
	{"twice, apart", asSender, asSender + `</rmsg:ContactInformation><rmsg:SentDateTime>2026-11-23T10:04:00+08:00</rmsg:SentDateTime><rmsg:ContactInformation>` + asSender, "CommitResource/SentDateTime[2]", "once only"},
	{"two statuses", status, `<rmsg:ResourceStatus/>` + status, line1 + "Resource/ResourceStatus[2]", "once only"},
	{"unknown element", sched2, `<rmsg:Extra/>` + sched2, line2 + "Extra", "not known"},
	{"extension of another namespace", sent, sent + `<x:ext xmlns:x="urn:x"/>`, "CommitResource/ext", "not known"},
	{"unknown attribute", begin, begin + `version="2" `, "CommitResource/@version", "attribute is not known"},
	{"attribute on a text", `<rm:ContactRole>`, `<rm:ContactRole lang="zh">`, "CommitResource/ContactInformation/ContactRole/@lang", "attribute is not known"},
	{"text between elements", asSender, asSender + `urgent`, "CommitResource/ContactInformation", "no text"},
	{"element inside a text", `>urn:xc:rm:0004<`, `><b>x</b><`, "CommitResource/MessageID/b", "text only"},
	{"same line twice", `>R2</rmsg:ResourceInfoElementID>`, `>R1</rmsg:ResourceInfoElementID>`, line2 + "ResourceInfoElementID", "stands twice"},
	{"follows itself", `>urn:xc:rm:0003<`, `>urn:xc:rm:0004<`, "CommitResource/PrecedingMessageID", "itself"},
	// Order.
	{"wrong order", `<rmsg:Name>危化救援车1号</rmsg:Name>`, `<rmsg:Description>x</rmsg:Description><rmsg:Name>危化救援车1号</rmsg:Name>`, line1 + "Resource/Name", "must stand before Description"},
	// Words.
	{"unknown word", `EstimatedArrival`, `SometimeSoon`, line1 + "ScheduleInformation[2]/ScheduleType", "must be one of"},
	{"word of another kind", `EstimatedArrival`, `ActualReturnArrival`, line1 + "ScheduleInformation[2]/ScheduleType", "must be one of"},
	{"word with space", `>Accept<`, `> Accept<`, line1 + "ResponseInformation/ResponseType", "must be one of"},
	{"empty word", `>Sender<`, `><`, "CommitResource/ContactInformation/ContactRole", "must be one of"},
	{"type is not the root's", `>CommitResource<`, `>RequestResource<`, "CommitResource/MessageContentType", "must be CommitResource"},
	{"no URI", `urn:gb:38565-2020`, `GB 38565`, line1 + "Resource/TypeStructure/ValueListURN", "must be a URI"},
	// Times.
	{"no zone", `10:04:00+08:00`, `10:04:00`, "CommitResource/SentDateTime", "zone"},
	{"no time of day", `2026-11-23T10:04:00+08:00`, `2026-11-23`, "CommitResource/SentDateTime", "date and time"},
	{"no such day", `2026-11-23T10:04:00`, `2026-02-30T10:04:00`, "CommitResource/SentDateTime", "date and time"},
	{"no such zone", `10:04:00+08:00`, `10:04:00+15:00`, "CommitResource/SentDateTime", "date and time"},
	{"the year one", `2026-11-23T10:04:00`, `0001-01-01T00:00:00`, "CommitResource/SentDateTime", "date and time"},
	{"empty time", `2026-11-23T11:30:00+08:00`, ``, line1 + "ScheduleInformation[2]/DateTime", "date and time"},
	// Numbers and places.
	{"negative", amount, `<rm:Amount>-1</rm:Amount>`, line1 + "AssignmentInformation/Quantity/MeasuredQuantity/Amount", "from 0 to"},
	{"absurd", amount, `<rm:Amount>1e30</rm:Amount>`, line1 + "AssignmentInformation/Quantity/MeasuredQuantity/Amount", "from 0 to"},
	{"infinite", amount, `<rm:Amount>INF</rm:Amount>`, line1 + "AssignmentInformation/Quantity/MeasuredQuantity/Amount", "must be a number"},
	{"not a number", amount, `<rm:Amount>NaN</rm:Amount>`, line1 + "AssignmentInformation/Quantity/MeasuredQuantity/Amount", "must be a number"},
	{"hexadecimal", amount, `<rm:Amount>0x10</rm:Amount>`, line1 + "AssignmentInformation/Quantity/MeasuredQuantity/Amount", "must be a number"},
	{"in words and measured", `<rm:MeasuredQuantity>`, `<rm:QuantityText>一</rm:QuantityText><rm:MeasuredQuantity>`, line1 + "AssignmentInformation/Quantity", "either QuantityText"},
	{"longitude first", pos, `<gml:pos>113.82 34.03</gml:pos>`, "CommitResource/ContactInformation/ContactLocation/TargetArea/Point/pos", "latitude"},
	{"no longitude", pos, `<gml:pos>34.03</gml:pos>`, "CommitResource/ContactInformation/ContactLocation/TargetArea/Point/pos", "pairs"},
	{"Beijing 1954", `<gml:Point>`, `<gml:Point srsName="EPSG:4214">`, "CommitResource/ContactInformation/ContactLocation/TargetArea/Point/@srsName", "WGS-84"},
	{"open ring", point, polygon("1 2 3 4 5 6 1 3"), "CommitResource/ContactInformation/ContactLocation/TargetArea/Polygon/exterior/LinearRing/posList", "ends where it begins"},
	{"short line", point, `<gml:LineString><gml:posList>1 2</gml:posList></gml:LineString>`, "CommitResource/ContactInformation/ContactLocation/TargetArea/LineString/posList", "two points"},
	{"two points", pos, `<gml:pos>1 2 3 4</gml:pos>`, "CommitResource/ContactInformation/ContactLocation/TargetArea/Point/pos", "one point"},
	{"height", pos, `<gml:pos srsDimension="3">1 2 3</gml:pos>`, "CommitResource/ContactInformation/ContactLocation/TargetArea/Point/pos/@srsDimension", "two dimensions"},
	{"identifier", `<gml:Point>`, `<gml:Point gml:id="1">`, "CommitResource/ContactInformation/ContactLocation/TargetArea/Point/@id", "name of XML"},
	{"negative radius", point, circle(1, -5), "CommitResource/ContactInformation/ContactLocation/TargetArea/CircleByCenterPoint/radius", "not negative"},
	{"two arcs", point, circle(2, 5), "CommitResource/ContactInformation/ContactLocation/TargetArea/CircleByCenterPoint/@numArc", "must be 1"},
	{"no arcs", point, strings.Replace(circle(1, 5), ` numArc="1"`, ``, 1), "CommitResource/ContactInformation/ContactLocation/TargetArea/CircleByCenterPoint/@numArc", "required"},
	{"no clock", `</rm:ContactLocation>`, `</rm:ContactLocation><rm:AdditionalContactInformation><p:OrganisationInfo xmlns:p="urn:oasis:names:tc:ciq:xpil:3" p:OperatingHourStartTime="8"/></rm:AdditionalContactInformation>`, "CommitResource/ContactInformation/AdditionalContactInformation/OrganisationInfo/@OperatingHourStartTime", "time of day"},
	{"two shapes", `</gml:Point>`, `</gml:Point><gml:LineString><gml:posList>1 2 3 4</gml:posList></gml:LineString>`, "CommitResource/ContactInformation/ContactLocation/TargetArea", "exactly one"},
	// Namespaces and roots.
	{"wrong namespace below", asSender, `<rmsg:ContactRole>Sender</rmsg:ContactRole>`, "CommitResource/ContactInformation/ContactRole", "wrong namespace"},
	{"wrong namespace", `RM:1.0:msg"`, `RM:2.0:msg"`, "CommitResource", "wrong namespace"},
	{"no namespace declared", ` xmlns:rm="urn:oasis:names:tc:emergency:EDXL:RM:1.0"`, ``, "CommitResource/IncidentInformation/IncidentID", "bound to no namespace"},
	{"renamed root", `rmsg:CommitResource`, `rmsg:CommitResources`, "CommitResources", "is no EDXL-RM message"},
	{"two roots", `</rmsg:CommitResource>`, `</rmsg:CommitResource><rmsg:RequestResource xmlns:rmsg="urn:oasis:names:tc:emergency:EDXL:RM:1.0:msg"/>`, "RequestResource", "one root element"},
	{"a prefix bound to nothing", begin, begin + `xmlns:a="" `, "CommitResource/@xmlns:a", "not valid"},
	{"a reserved namespace", begin, begin + `xmlns:a="http://www.w3.org/2000/xmlns/" `, "CommitResource/@xmlns:a", "not valid"},
	{"a prefix twice", begin, begin + `xmlns:a="urn:a" xmlns:a="urn:b" `, "CommitResource", "declared twice"},
	{"a type without namespace", begin, begin + `xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="x" `, "CommitResource/@type", "must name a type"},
	// Not well-formed, or dangerous.
	{"a declaration inside", asSender, asSender + `<?xml version="1.0"?>`, "CommitResource/ContactInformation", "only at the start"},
	{"a document type", xmlHead, xmlHead + `<!DOCTYPE a SYSTEM "file:///etc/passwd">`, "", "document type"},
	{"billion laughs", xmlHead, xmlHead + `<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>`, "", "document type"},
	{"an entity", `一队`, `&队;`, line2 + "AssignmentInformation/Quantity/QuantityText", "entities are not taken"},
	{"cut off", sched2, ``, "CommitResource/ResourceInformation[2]", "not closed"},
	{"closed wrongly", `</rmsg:CommitResource>`, `</rmsg:RequestResource>`, "CommitResource", "closes nothing"},
	{"control character", `一队`, "一\x01队", line2 + "AssignmentInformation/Quantity/QuantityText", "not well-formed"},
	{"text behind", `</rmsg:CommitResource>`, `</rmsg:CommitResource>x`, "", "outside of the root"},
	{"the same attribute twice", `<gml:Point>`, `<gml:Point srsName="EPSG:4326" srsName="EPSG:4326">`, "CommitResource/ContactInformation/ContactLocation/TargetArea/Point", "stands twice"},
	{"another encoding", `encoding="UTF-8"`, `encoding="GBK"`, "", "only UTF-8"},
	{"not UTF-8", `一队`, "\xd2\xbb\xb6\xd3", "", "only UTF-8"},
	{"UTF-16", xmlHead, "\xff\xfe<\x00", "", "only UTF-8"},
	{"nested deeply", `一队`, strings.Repeat("<a>", 40) + strings.Repeat("</a>", 40), "", "at most 32 levels"},
	{"many elements", `<rmsg:Funding>`, strings.Repeat("<rmsg:Funding/>", MaxElements) + `<rmsg:Funding>`, "", "at most 20000 elements"},
	{"a long list", `<rmsg:Funding>`, strings.Repeat("<rmsg:Funding><rm:FundCode>1</rm:FundCode></rmsg:Funding>", MaxList) + `<rmsg:Funding>`, "CommitResource/Funding", "at most 1000"},
	{"many attributes", begin, begin + manyAttributes(), "CommitResource", "at most 64 attributes"},
	{"ten megabytes", `两辆`, strings.Repeat("辆", 10<<20/3), "", "at most 1048576 bytes"},
}

func polygon(ring string) string {
	return `<gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>` + ring + `</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>`
}

func circle(arcs, radius int) string {
	return fmt.Sprintf(`<gml:CircleByCenterPoint numArc="%d"><gml:pos>34 113</gml:pos><gml:radius uom="m">%d</gml:radius></gml:CircleByCenterPoint>`, arcs, radius)
}

func manyAttributes() string {
	var b strings.Builder
	for i := range MaxAttrs {
		fmt.Fprintf(&b, `a%d="" `, i)
	}
	return b.String()
}

func TestBroken(t *testing.T) {
	t.Parallel()
	right := string(mustEncode(t, commitment()))
	if _, err := Decode([]byte(right)); err != nil {
		t.Fatal(err)
	}
	_, err := Decode(nil)
	refused(t, "nothing", err, "", "empty")
	for _, b := range broken {
		if !strings.Contains(right, b.old) {
			t.Errorf("%s: the document has no %s", b.name, b.old)
			continue
		}
		_, err := Decode([]byte(b.in(right)))
		refused(t, b.name, err, b.field, b.says)
	}
}

// in is the document with the change; a root is renamed at both ends.
func (b breaking) in(text string) string {
	if strings.HasPrefix(b.name, "renamed") {
		return strings.ReplaceAll(text, b.old, b.new)
	}
	return strings.Replace(text, b.old, b.new, 1)
}

func refused(t *testing.T, name string, err error, field, says string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Errorf("%s: %v", name, err)
		return
	}
	large := e.Code == TooLarge
	if field != "" && e.Field != field || !strings.Contains(e.Message, says) || e.MessageZH == "" || large != strings.HasPrefix(says, "at most") {
		t.Errorf("%s: %s at %q, %q (%s)\nwant %q, %q", name, e.Code, e.Field, e.Message, e.MessageZH, field, says)
	}
	if !strings.ContainsFunc(e.MessageZH, func(r rune) bool { return r >= 0x4e00 && r < 0xa000 }) {
		t.Errorf("%s: the Chinese sentence is %q", name, e.MessageZH)
	}
	if len(e.Error()) > 1500 {
		t.Errorf("%s: %d bytes of words", name, len(e.Error()))
	}
}

// TestForbidden takes each kind and puts into it each part that another kind
// may have and it may not.
func TestForbidden(t *testing.T) {
	t.Parallel()
	tried := 0
	for _, k := range Kinds {
		for path, letters := range kindRules {
			if letters[k.number()] != '-' || strings.Count(path, "/") > 1 {
				continue
			}
			m := randomMessage(k).Example(1)
			m.Resources = []ResourceInfo{{ID: "R", Resource: &Resource{ID: "x"}, Assignment: &Assignment{Quantity: &Quantity{Texts: []string{"1"}}}}}
			r := &m.Resources[0]
			switch path {
			case "PrecedingMessageID":
				m.Preceding = "p"
			case "Funding":
				m.Funding = []Fund{{Code: "f"}}
			case "ResourceInformation/ResponseInformation":
				r.Response = &Response{Preceding: "p", Type: Accept}
			case "ResourceInformation/AssignmentInformation/PriceQuote":
				r.Assignment.Price = &Price{Texts: []string{"1"}}
			case "ResourceInformation/AssignmentInformation/OrderID":
				r.Assignment.OrderID = "o"
			default:
				continue
			}
			tried++
			_, err := m.Encode()
			if e := new(Error); !errors.As(err, &e) || !strings.HasSuffix(e.Field, path[strings.LastIndex(path, "/")+1:]) {
				t.Errorf("%s took %s: %v", k, path, err)
			}
		}
	}
	if tried < 10 {
		t.Errorf("only %d were tried", tried)
	}
}

var brokenEnvelope = []breaking{
	{"renamed root", `EDXLDistribution`, `EDXLDistributions`, "EDXLDistributions", "is no EDXL-DE"},
	{"renamed namespace", `EDXL:DE:1.0`, `EDXL:DE:2.0`, "EDXLDistribution", "is no EDXL-DE"},
	{"unknown status", `>Exercise<`, `>Drill<`, "EDXLDistribution/distributionStatus", "Actual, Exercise, System, Test"},
	{"unknown type", `>Response<`, `>Answer<`, "EDXLDistribution/distributionType", "must be one of"},
	{"no sender", `<senderID>eoc@xuchang.example.cn</senderID>`, ``, "EDXLDistribution/senderID", "required"},
	{"half a reference", `LH-DE-9,eoc`, `eoc`, "EDXLDistribution/distributionReference", "distributionID,senderID,dateTimeSent"},
	{"no radius", `113.82 5`, `113.82`, "EDXLDistribution/targetArea/circle", "radius"},
	{"open polygon", `</circle>`, `</circle><polygon>34,113 34,114 35,114</polygon>`, "EDXLDistribution/targetArea/polygon", "ends where it begins"},
	{"no content", `<xmlContent>`, `<nonXMLContent><mimeType>a/b</mimeType></nonXMLContent><xmlContent>`, "EDXLDistribution/contentObject", "either xmlContent"},
	{"not base64", `<xmlContent>`, `<nonXMLContent><mimeType>a/b</mimeType><contentData>?</contentData></nonXMLContent><xmlContent>`, "EDXLDistribution/contentObject/nonXMLContent/contentData", "base64"},
	{"negative size", `<xmlContent>`, `<nonXMLContent><mimeType>a/b</mimeType><size>-1</size></nonXMLContent><xmlContent>`, "EDXLDistribution/contentObject/nonXMLContent/size", "not negative"},
	{"two messages", `</rmsg:CommitResource>`, `</rmsg:CommitResource><x xmlns="urn:x"/>`, "EDXLDistribution/contentObject/xmlContent/embeddedXMLContent/CommitResource", "one resource message"},
	{"a broken message", `>Accept<`, `>Maybe<`, "EDXLDistribution/contentObject/xmlContent/embeddedXMLContent/CommitResource/ResourceInformation[1]/ResponseInformation/ResponseType", "must be one of"},
	{"renamed message", `rmsg:CommitResource`, `rmsg:Commit`, "EDXLDistribution/contentObject/xmlContent/embeddedXMLContent/Commit", "is no EDXL-RM message"},
	{"no payload", `<embeddedXMLContent>`, `<embeddedXMLContent/><embeddedXMLContent>`, "EDXLDistribution/contentObject/xmlContent/embeddedXMLContent[1]", "one element at least"},
	{"text beside a message", `<embeddedXMLContent>`, `<embeddedXMLContent>x`, "EDXLDistribution/contentObject/xmlContent/embeddedXMLContent", "no text"},
	{"no key", `<embeddedXMLContent>`, `<keyXMLContent/><embeddedXMLContent>`, "EDXLDistribution/contentObject/xmlContent/keyXMLContent", "one element at least"},
	{"payload without namespace", `<embeddedXMLContent>`, `<embeddedXMLContent><x xmlns=""/></embeddedXMLContent><embeddedXMLContent>`, "EDXLDistribution/contentObject/xmlContent/embeddedXMLContent[1]/x", "not known"},
}

func TestBrokenEnvelope(t *testing.T) {
	t.Parallel()
	right := string(mustEncode(t, envelope(wrapped(commitment()))))
	for _, b := range brokenEnvelope {
		text := b.in(right)
		if text == right {
			t.Errorf("%s: nothing is changed", b.name)
		}
		_, err := DecodeDistribution([]byte(text))
		refused(t, b.name, err, b.field, b.says)
	}
}

// TestNotWritten: what could not be read is not sent.
func TestNotWritten(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change      func(m *Message)
		field, says string
	}{
		"no kind":        {func(m *Message) { m.Kind = "Commit" }, "Commit", "is no kind"},
		"no ID":          {func(m *Message) { m.ID = "" }, "CommitResource/MessageID", "required"},
		"no time":        {func(m *Message) { m.Sent = time.Time{} }, "CommitResource/SentDateTime", "required"},
		"seconds' zone":  {func(m *Message) { m.Sent = m.Sent.In(time.FixedZone("", 15*3600)) }, "CommitResource/SentDateTime", "date and time"},
		"no contact":     {func(m *Message) { m.Contacts = nil }, "CommitResource/ContactInformation", "required"},
		"no response":    {func(m *Message) { m.Resources[1].Response = nil }, line2 + "ResponseInformation", "required"},
		"wrong word":     {func(m *Message) { m.Resources[0].Schedule[1].Type = ActualReturnArrival }, line1 + "ScheduleInformation[2]/ScheduleType", "must be one of"},
		"not a number":   {func(m *Message) { m.Resources[0].Assignment.Quantity.Measured.Amount = math.NaN() }, line1 + "AssignmentInformation/Quantity/MeasuredQuantity/Amount", "from 0 to"},
		"not on earth":   {func(m *Message) { m.Contacts[0].Location.Area.Point.At = Position(geo.At(34, 113)) }, "CommitResource/ContactInformation/ContactLocation/TargetArea/Point/pos", "latitude"},
		"no XML":         {func(m *Message) { m.Description = "a\x00" }, "CommitResource/MessageDescription", "U+0000"},
		"no UTF-8":       {func(m *Message) { m.Description = "a\xff" }, "CommitResource/MessageDescription", "U+FFFD"},
		"too much":       {func(m *Message) { m.Description = strings.Repeat("x", MaxBytes) }, "CommitResource/MessageDescription", "at most 1048576 bytes"},
		"a long list":    {func(m *Message) { m.Funding = make([]Fund, MaxList+1) }, "CommitResource/Funding", "at most 1000"},
		"name of no XML": {func(m *Message) { m.Resources[0].Resource.TypeInfo = &TypeInfo{[]Element{{Name: "a b"}}} }, line1 + "Resource/TypeInfo/a b", "not a name"},
		"attribute twice": {func(m *Message) {
			m.Resources[0].Resource.TypeInfo = &TypeInfo{[]Element{{Name: "a", Attrs: []Attr{{Name: "b"}, {Name: "b"}}}}}
		}, line1 + "Resource/TypeInfo/a/@b", "stands twice"},
		"deep": {func(m *Message) {
			e := Element{Name: "a"}
			for range MaxDepth {
				e = Element{Name: "a", Children: []Element{e}}
			}
			m.Resources[0].Resource.TypeInfo = &TypeInfo{[]Element{e}}
		}, "", "at most 32 levels"},
	} {
		m := commitment()
		c.change(m)
		_, err := m.Encode()
		refused(t, name, err, c.field, c.says)
	}
	d := envelope(Content{XML: &XMLContent{Payloads: []Embedded{{Message: commitment(), Elements: []Element{{Space: "urn:x", Name: "x"}}}}}})
	_, err := d.Encode()
	refused(t, "beside a message", err, "EDXLDistribution/contentObject/xmlContent/embeddedXMLContent", "beside")
}
