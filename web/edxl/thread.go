package edxl

import (
	"slices"
	"strings"
)

// Letter is a message and who sent it. The message does not name its sender:
// the envelope does, or the connection it came by.
type Letter struct {
	Sender string
	*Message
}

// by says who may write the next message.
type by byte

const (
	never  by = '.'
	other  by = 'o' // the one who did not write the preceding message
	same   by = 's' // the one who wrote it
	anyone by = 'b' // both
)

// follow is a line of the table: which messages one kind may follow.
type follow struct {
	next   Kind
	source string // where the line comes from
	on     []turn
}

type turn struct {
	by    by
	prevs []Kind
}

// The sources. "Definition" is what EDXL-RM 1.0 says of each kind in its data
// dictionary, at MessageContentType; "PrecedingMessageID" is the condition of
// that element there, which the schemas repeat. Where the standard leaves the
// order open, the line is a reading: it allows what makes sense in a loan,
// because a message that must not follow cannot be understood either.
const (
	srcFirst    = "PrecedingMessageID: not applicable"
	srcAnswer   = "PrecedingMessageID: required; Definition: the response to that request"
	srcOrder    = "Definition: orders a resource, or confirms an order that relates to responses to a RequestResource; the offer and the list of a RequestInformation as a reading"
	srcCommit   = "PrecedingMessageID: required; Definition: agrees in response to a RequestResource or RequisitionResource"
	srcQuestion = "Definition: asks questions on resources; PrecedingMessageID: optional, so on any message"
	srcReading  = "PrecedingMessageID: optional; a reading: once the resource is committed"
	srcQuote    = "Definition: asks a seller or supplier for a price; a reading: while nothing is ordered"
)

var follows = []follow{
	{RequestResource, srcFirst, nil},
	{ResponseToRequestResource, srcAnswer, []turn{{other, []Kind{RequestResource}}}},
	{RequisitionResource, srcOrder, []turn{
		{same, []Kind{RequestResource}},
		{other, []Kind{ResponseToRequestResource, ResponseToInformation, OfferUnsolicited, ResponseToQuote}},
	}},
	{CommitResource, srcCommit, []turn{{other, []Kind{RequestResource, RequisitionResource}}}},
	{RequestInformation, srcQuestion, []turn{{anyone, Kinds}}},
	{ResponseToInformation, srcAnswer, []turn{{other, []Kind{RequestInformation}}}},
	{OfferUnsolicited, srcFirst, nil},
	{ReleaseResource, srcReading, []turn{
		{same, []Kind{ResponseToReturn}},
		{other, []Kind{CommitResource, RequestReturn, ResponseToExtension}},
		{anyone, []Kind{ReportStatus}},
	}},
	{RequestReturn, srcReading, []turn{
		{same, []Kind{CommitResource, ResponseToExtension}},
		{other, []Kind{ResponseToReturn, RequestExtension}},
		{anyone, []Kind{ReportStatus}},
	}},
	{ResponseToReturn, srcAnswer, []turn{{other, []Kind{RequestReturn}}}},
	{RequestQuote, srcQuote, []turn{
		{same, []Kind{RequestResource}},
		{other, []Kind{ResponseToRequestResource, ResponseToInformation, OfferUnsolicited, ResponseToQuote}},
	}},
	{ResponseToQuote, srcAnswer, []turn{{other, []Kind{RequestQuote}}}},
	{RequestStatus, srcReading, []turn{{anyone, []Kind{
		RequisitionResource, CommitResource, ReleaseResource, RequestReturn, ResponseToReturn, ReportStatus, RequestExtension, ResponseToExtension,
	}}}},
	{ReportStatus, srcReading, []turn{
		{other, []Kind{RequestStatus}},
		{anyone, []Kind{CommitResource, ReleaseResource, RequestReturn, ResponseToReturn, ReportStatus, RequestExtension, ResponseToExtension}},
	}},
	{RequestExtension, srcReading, []turn{
		{other, []Kind{CommitResource, RequestReturn, ResponseToExtension}},
		{anyone, []Kind{ReportStatus}},
	}},
	{ResponseToExtension, srcAnswer, []turn{{other, []Kind{RequestExtension}}}},
}

// turnOf says who may write next after prev.
func turnOf(prev, next Kind) by {
	for _, f := range follows {
		if f.next != next {
			continue
		}
		for _, t := range f.on {
			if slices.Contains(t.prevs, prev) {
				return t.by
			}
		}
	}
	return never
}

// Answers are the kinds that may follow prev, in the order of Kinds, whoever
// writes them.
func Answers(prev Kind) []Kind {
	var all []Kind
	for _, k := range Kinds {
		if turnOf(prev, k) != never {
			all = append(all, k)
		}
	}
	return all
}

// MayStart says whether the message may be the first of a thread. Besides
// requests and offers that is every kind whose PrecedingMessageID is optional:
// what was agreed by telephone goes on in writing.
func MayStart(m *Message) error {
	at := root(m)
	switch {
	case kindRules["PrecedingMessageID"][max(m.Kind.number(), 0)] == '1' || m.Kind.number() < 0:
		return (&breach{value: m.Kind, zh: m.Kind.NameZH() + "不能是一个往来的第一条报文", en: "a " + string(m.Kind) + " cannot be the first of a thread"}).at(at)
	case m.Preceding != "":
		return (&breach{field: "PrecedingMessageID", value: cut(m.Preceding), zh: "第一条报文没有前一条", en: "the first message of a thread follows none"}).at(at)
	case m.Originating != m.ID:
		return (&breach{field: "OriginatingMessageID", value: cut(m.Originating), legal: []string{m.ID},
			zh: "第一条报文的 OriginatingMessageID 必须等于它自己的 MessageID", en: "the first message of a thread has its own MessageID as OriginatingMessageID"}).at(at)
	case m.Recall != nil:
		return (&breach{field: "MessageRecall", zh: "第一条报文没有可撤回的报文", en: "the first message of a thread has nothing to recall"}).at(at)
	}
	return nil
}

// MayFollow says whether next may follow prev: the message that its
// PrecedingMessageID names, any of the thread where it names none, or the one
// that it recalls; a message that recalls one and follows another is asked about
// twice. It looks at nothing but the two: what was answered already is the
// caller's to know.
func MayFollow(prev, next Letter) error {
	at := root(next.Message)
	if next.Kind.number() < 0 || prev.Kind.number() < 0 {
		return (&breach{zh: "不是 EDXL-RM 报文", en: "is no EDXL-RM message"}).at(at)
	}
	if next.ID == prev.ID {
		return (&breach{field: "MessageID", value: cut(next.ID), zh: "此编号已用于前一条报文", en: "this ID is that of the message before"}).at(at)
	}
	if r := next.Recall; r != nil && r.MessageID == prev.ID {
		return mayRecall(prev, next).at(at)
	}
	if next.Originating != prev.Originating {
		return (&breach{field: "OriginatingMessageID", value: cut(next.Originating), legal: []string{prev.Originating},
			zh: "不属于同一往来", en: "belongs to another thread than the message that it follows"}).at(at)
	}
	who := turnOf(prev.Kind, next.Kind)
	if who == never {
		return notAfter(prev.Kind, next.Kind).at(at)
	}
	rule := kindRules["PrecedingMessageID"][next.Kind.number()]
	if next.Preceding != prev.ID && (next.Preceding != "" || rule == '1') {
		return (&breach{field: "PrecedingMessageID", value: cut(next.Preceding), legal: []string{prev.ID},
			zh: "PrecedingMessageID 不是前一条报文的编号", en: "does not name the message that it follows"}).at(at)
	}
	if mine := next.Sender == prev.Sender; who == other && mine || who == same && !mine {
		return sides(who, prev.Kind, next.Kind).at(at)
	}
	return linesFit(prev.Message, next.Message).at(at)
}

func root(m *Message) string { return string(m.Kind) }

func notAfter(prev, next Kind) *breach {
	var words []string
	for _, k := range Answers(prev) {
		words = append(words, string(k))
	}
	return &breach{value: next, legal: words,
		zh: next.NameZH() + "不能跟随" + prev.NameZH(),
		en: "a " + string(next) + " cannot follow a " + string(prev) + "; what can: " + strings.Join(words, ", ")}
}

func sides(who by, prev, next Kind) *breach {
	if who == other {
		return &breach{value: next, zh: next.NameZH() + "必须由对方发出，不能答复自己的" + prev.NameZH(),
			en: "a " + string(next) + " comes from the other side, nobody answers an own " + string(prev)}
	}
	return &breach{value: next, zh: next.NameZH() + "必须由发出" + prev.NameZH() + "的一方发出",
		en: "a " + string(next) + " comes from the side that sent the " + string(prev)}
}

// mayRecall: one recalls what one sent oneself, by a message of the same kind
// in the same thread. The kinds without a PrecedingMessageID begin a thread, and
// what replaces them may begin it anew.
func mayRecall(prev, next Letter) *breach {
	anew := next.Originating == next.ID && kindRules["PrecedingMessageID"][next.Kind.number()] == '-'
	switch {
	case next.Sender != prev.Sender:
		return &breach{field: "MessageRecall/RecallMessageID", value: cut(prev.ID), zh: "只能撤回自己发出的报文", en: "one recalls only what one sent oneself"}
	case next.Kind != prev.Kind:
		return &breach{field: "MessageRecall/RecallMessageID", value: cut(prev.ID), legal: []string{string(prev.Kind)},
			zh: "撤回报文必须与被撤回的报文同类：" + prev.Kind.NameZH(), en: "a message is recalled by one of the same kind: " + string(prev.Kind)}
	case next.Originating != prev.Originating && !anew:
		return &breach{field: "OriginatingMessageID", value: cut(next.Originating), legal: []string{prev.Originating},
			zh: "不属于同一往来", en: "belongs to another thread than the message that it recalls"}
	}
	return nil
}

// linesFit: a line that answers names a line that was asked.
func linesFit(prev, next *Message) *breach {
	var asked []string
	for _, r := range prev.Resources {
		asked = append(asked, r.ID)
	}
	for i, r := range next.Resources {
		if r.Response == nil || len(asked) == 0 || next.Preceding == "" || slices.Contains(asked, r.Response.Preceding) {
			continue
		}
		return &breach{field: indexed("ResourceInformation", i, len(next.Resources)) + "/ResponseInformation/PrecedingResourceInfoElementID",
			value: cut(r.Response.Preceding), legal: asked, zh: "前一条报文没有此编号的资源", en: "the message before has no resource of this ID"}
	}
	return nil
}
