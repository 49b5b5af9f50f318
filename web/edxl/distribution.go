package edxl

import (
	"reflect"
	"strings"
	"time"
)

// Distribution is one EDXL-DE 1.0 envelope: who sends what to whom. Each list
// holds at most MaxList, and a text that is empty is not sent.
type Distribution struct {
	ID              string             `edxl:"de:distributionID,must"` // unique for the sender
	Sender          string             `edxl:"de:senderID,must"`       // such as "eoc@xuchang.example.cn"
	Sent            time.Time          `edxl:"de:dateTimeSent,must"`   // with its zone
	Status          DistributionStatus `edxl:"de:distributionStatus,must" legal:"Actual Exercise System Test"`
	Type            DistributionType   `edxl:"de:distributionType,must" legal:"Report Update Cancel Request Response Dispatch Ack Error SensorConfiguration SensorControl SensorStatus SensorDetection"`
	Confidentiality string             `edxl:"de:combinedConfidentiality,must"` // the highest of what is inside
	Language        string             `edxl:"de:language"`                     // such as "zh-CN"
	SenderRoles     []Words            `edxl:"de:senderRole"`
	RecipientRoles  []Words            `edxl:"de:recipientRole"`
	Keywords        []Words            `edxl:"de:keyword"`
	References      []Reference        `edxl:"de:distributionReference"` // earlier envelopes
	Addresses       []Recipients       `edxl:"de:explicitAddress"`
	Areas           []TargetArea       `edxl:"de:targetArea"`
	Contents        []Content          `edxl:"de:contentObject"`
}

// DistributionStatus says whether the contents are real.
type DistributionStatus string

// The statuses. Everything but Actual must never move a real resource.
const (
	Actual       DistributionStatus = "Actual"
	Exercise     DistributionStatus = "Exercise"
	SystemStatus DistributionStatus = "System" // between programs, for no person
	TestStatus   DistributionStatus = "Test"   // to be thrown away
)

// DistributionType says what the envelope is for.
type DistributionType string

// The types.
const (
	TypeReport              DistributionType = "Report"
	TypeUpdate              DistributionType = "Update"
	TypeCancel              DistributionType = "Cancel"
	TypeRequest             DistributionType = "Request"
	TypeResponse            DistributionType = "Response"
	TypeDispatch            DistributionType = "Dispatch"
	TypeAck                 DistributionType = "Ack"
	TypeError               DistributionType = "Error"
	TypeSensorConfiguration DistributionType = "SensorConfiguration"
	TypeSensorControl       DistributionType = "SensorControl"
	TypeSensorStatus        DistributionType = "SensorStatus"
	TypeSensorDetection     DistributionType = "SensorDetection"
)

// Words are one or more words of a list that both sides know.
type Words struct {
	URN    string   `edxl:"de:valueListUrn,must"`
	Values []string `edxl:"de:value,must"`
}

// Recipients are one or more addresses of one scheme.
type Recipients struct {
	Scheme string   `edxl:"de:explicitAddressScheme,must"` // such as "urn:gb2260" or "e-mail"
	Values []string `edxl:"de:explicitAddressValue,must"`
}

// TargetArea is where the message matters.
type TargetArea struct {
	Circles      []Circle `edxl:"de:circle"`
	Polygons     []Loop   `edxl:"de:polygon"`
	Countries    []string `edxl:"de:country"`     // ISO 3166-1, such as "CN"
	Subdivisions []string `edxl:"de:subdivision"` // ISO 3166-2, such as "CN-HA"
	Places       []string `edxl:"de:locCodeUN"`   // UN/LOCODE
}

// Content is one thing in the envelope: of XML or of something else, not both.
type Content struct {
	Description         string      `edxl:"de:contentDescription"`
	Keywords            []Words     `edxl:"de:contentKeyword"`
	IncidentID          string      `edxl:"de:incidentID"`
	IncidentDescription string      `edxl:"de:incidentDescription"`
	OriginatorRoles     []Words     `edxl:"de:originatorRole"`
	ConsumerRoles       []Words     `edxl:"de:consumerRole"`
	Confidentiality     string      `edxl:"de:confidentiality"`
	Other               *OtherData  `edxl:"de:nonXMLContent"`
	XML                 *XMLContent `edxl:"de:xmlContent"`
	Extensions          []Element   `edxl:"*other"` // such as a signature; not verified
}

func (c *Content) rule() *breach {
	if (c.Other == nil) == (c.XML == nil) {
		return &breach{zh: "必须且只能有 xmlContent 或 nonXMLContent 之一", en: "holds either xmlContent or nonXMLContent"}
	}
	return nil
}

// OtherData is a picture, a document …
type OtherData struct {
	MIME   string `edxl:"de:mimeType,must"`
	Size   int64  `edxl:"de:size"`   // bytes; 0 where it is not said
	Digest string `edxl:"de:digest"` // SHA-1 in hexadecimal
	URI    string `edxl:"de:uri,uri"`
	Data   []byte `edxl:"de:contentData"`
}

// XMLContent is what is sent as XML, with parts of it that tell what it is.
type XMLContent struct {
	Keys     []Key      `edxl:"de:keyXMLContent"`
	Payloads []Embedded `edxl:"de:embeddedXMLContent"`
}

// Key is a part of a payload that says what it is.
type Key struct {
	Elements []Element `edxl:"*other,must"`
}

// Embedded is a payload: one resource message, or elements that this package
// does not know, such as a CAP alert.
type Embedded struct {
	Message  *Message
	Elements []Element
}

// unknown is the payload that holds no message.
type unknown struct {
	Elements []Element `edxl:"*other,must"`
}

func (e *Embedded) read(n *node) error {
	for _, k := range n.kids {
		if k.space != spaceMsg {
			continue
		}
		if len(n.kids) > 1 {
			return wrong(k.local, "一个 embeddedXMLContent 只能有一条资源报文", "an embeddedXMLContent holds one resource message and nothing beside it").at(k.path())
		}
		if text := strings.TrimSpace(n.text()); text != "" {
			return wrong(text, "此处只能有子元素，不能有文字", "only elements may stand here, no text").at(n.path())
		}
		m, err := messageOf(k)
		e.Message = m
		return err
	}
	// The schema lets foreign attributes stand here. They say how to read the
	// payload to who agreed on them, and nothing to us.
	n.attrs = nil
	var u unknown
	err := new(reader).structure(n, reflect.ValueOf(&u).Elem(), "")
	e.Elements = u.Elements
	return err
}

func (e *Embedded) write(w *writer, p *place) error {
	if e.Message == nil {
		u := unknown{e.Elements}
		for i, x := range u.Elements {
			if x.Space == spaceMsg {
				return wrong(x.Name, "资源报文应放在 Message 中", "a resource message belongs in Message").at(p.child(x.Name, i).path())
			}
		}
		return w.content(planOf(reflect.TypeFor[unknown]()), reflect.ValueOf(&u).Elem(), p, "")
	}
	if len(e.Elements) > 0 {
		return wrong("", "资源报文旁边不能有其他元素", "nothing stands beside a resource message").at(p.path())
	}
	return e.Message.encode(w, p.child(string(e.Message.Kind), -1))
}

// Messages are the resource messages in the envelope, in their order.
func (d *Distribution) Messages() []*Message {
	var all []*Message
	for _, c := range d.Contents {
		if c.XML == nil {
			continue
		}
		for _, e := range c.XML.Payloads {
			if e.Message != nil {
				all = append(all, e.Message)
			}
		}
	}
	return all
}

// DecodeDistribution reads one envelope with what is inside. A resource message
// in it is checked as Decode does. An error is an *Error.
func DecodeDistribution(b []byte) (*Distribution, error) {
	n, err := parse(b)
	if err != nil {
		return nil, err
	}
	if n.local != "EDXLDistribution" || n.space != spaceDE {
		b := wrong(n.space+" "+n.local, "不是 EDXL-DE 1.0 信封，根元素应为 EDXLDistribution（"+spaceDE+"）",
			"is no EDXL-DE 1.0 envelope: the root must be EDXLDistribution in "+spaceDE)
		b.legal = []string{"EDXLDistribution"}
		return nil, b.at(n.path())
	}
	d := &Distribution{}
	if err := new(reader).structure(n, reflect.ValueOf(d).Elem(), ""); err != nil {
		return nil, err
	}
	return d, nil
}

// Encode writes the envelope as a document that the schema takes. Equal values
// give equal bytes. An error is an *Error.
func (d *Distribution) Encode() ([]byte, error) {
	w := &writer{buf: []byte(xmlHead)}
	const root = "EDXLDistribution"
	if err := w.root(reflect.ValueOf(d).Elem(), spaceDE, root, &place{name: root, index: -1}); err != nil {
		return nil, err
	}
	return w.buf, nil
}
