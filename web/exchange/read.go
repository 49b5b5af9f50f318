package exchange

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"liandong/dispatch"
	"liandong/web/edxl"
)

// Incoming is a message from outside and who brings it in.
type Incoming struct {
	*edxl.Message
	// Sender is the agency that stands for the foreign system.
	Sender *dispatch.Agency
	// To is the agency that it comes to: of a request, the one that is asked.
	To string
	// Incident is where a message is kept that begins a thread and asks for nothing,
	// or the incident of the sender's that a request is for.
	Incident string
	Now      time.Time
}

// Read says what the message amounts to. t is the thread that it belongs to, nil
// for one that begins a thread. An error is a *dispatch.Error; its field is the
// path of the element at fault.
func (t *Told) Read(in Incoming) (*dispatch.LetterApply, error) {
	raw, body, err := pack(in.Message)
	if err != nil {
		return nil, Refusal(err)
	}
	sum := sha256.Sum256(raw)
	r := &reading{Told: t, Incoming: in, root: string(in.Kind), out: &dispatch.LetterApply{Letter: dispatch.Letter{
		Message: in.ID, Type: string(in.Kind), Sender: in.Sender.ID, Received: true, Originating: in.Originating, Preceding: in.Preceding, Sent: in.Sent.UTC(),
		Text: cut(in.Description, 1000), Digest: hex.EncodeToString(sum[:]), Body: body, Incident: in.Incident}}}
	if t != nil {
		r.out.Letter.Request, r.out.Letter.Incident = t.Request.ID, t.Request.Incident
	}
	if err := r.fits(); err != nil {
		return nil, err
	}
	if in.Sent.After(in.Now.Add(skew)) {
		return nil, r.wrong("SentDateTime", in.Sent, "发送时间晚于当前时间，请核对双方时钟", "lies in the future: one of the two clocks is wrong", "a time not later than "+in.Now.Format(time.RFC3339))
	}
	if err := r.read(); err != nil {
		return nil, err
	}
	if t == nil && len(r.out.Acts) == 0 && in.Incident == "" {
		return nil, r.wrong("IncidentInformation", "", "请指明记入哪个事件", "say at which incident it is to be kept", "incident")
	}
	return r.out, nil
}

// skew is how far the clock of another house may be ahead.
const skew = 5 * time.Minute

// Digest is the digest of a message, as letters keep it.
func Digest(m *edxl.Message) (string, error) {
	raw, err := m.Encode()
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), err
}

// Refusal is an error of the codec as one of the domain.
func Refusal(err error) error {
	var e *edxl.Error
	if !errors.As(err, &e) {
		return err
	}
	return &dispatch.Error{Code: dispatch.Code(e.Code), Message: e.Message, MessageZH: e.MessageZH, Field: e.Field, Value: e.Value, Legal: e.Legal}
}

// reading is one message under way.
type reading struct {
	*Told
	Incoming
	root string
	prev *Said
	out  *dispatch.LetterApply
}

func (r *reading) wrong(path string, value any, zh, en string, legal ...string) error {
	at := r.root
	if path != "" {
		at += "/" + path
	}
	return &dispatch.Error{Code: dispatch.Invalid, Field: at, Value: value, Message: en, MessageZH: zh, Legal: legal}
}

// at is the path of a line of the message.
func (r *reading) at(i int) string {
	if len(r.Resources) < 2 {
		return "ResourceInformation"
	}
	return fmt.Sprintf("ResourceInformation[%d]", i+1)
}

// said finds a message of the thread.
func (r *reading) said(id string) *Said {
	for _, s := range r.Said {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// fits asks whether the message may stand where it wants to.
func (r *reading) fits() error {
	if r.Told == nil {
		if r.Preceding != "" {
			return r.wrong("PrecedingMessageID", r.Preceding, "没有这条前置报文", "there is no such message here")
		}
		return Refusal(edxl.MayStart(r.Message))
	}
	next := edxl.Letter{Sender: r.Sender.ID, Message: r.Message}
	if c := r.Recall; c != nil {
		if r.prev = r.said(c.MessageID); r.prev == nil {
			return r.wrong("MessageRecall/RecallMessageID", c.MessageID, "没有这条报文可撤回", "there is no such message here to recall")
		}
		if err := edxl.MayFollow(r.prev.Letter, next); err != nil {
			return Refusal(err)
		}
		return r.side()
	}
	if r.Kind == edxl.OfferUnsolicited {
		return r.side()
	}
	if r.Preceding != "" {
		if r.prev = r.said(r.Preceding); r.prev == nil {
			return r.wrong("PrecedingMessageID", r.Preceding, "没有这条前置报文，请先导入它", "there is no such message here: take in first what it follows")
		}
		if err := edxl.MayFollow(r.prev.Letter, next); err != nil {
			return Refusal(err)
		}
		return r.side()
	}
	// It follows no message by name: any of the thread will do, the last first.
	var first error
	for _, s := range slices.Backward(r.Said) {
		err := edxl.MayFollow(s.Letter, next)
		if err == nil {
			r.prev = s
			return r.side()
		}
		if first == nil {
			first = err
		}
	}
	return Refusal(first)
}

// The kinds that only one of the two sides sends.
var (
	consumers = []edxl.Kind{edxl.RequestResource, edxl.RequisitionResource, edxl.ReleaseResource, edxl.ResponseToReturn, edxl.RequestQuote, edxl.RequestExtension}
	suppliers = []edxl.Kind{edxl.ResponseToRequestResource, edxl.CommitResource, edxl.OfferUnsolicited, edxl.RequestReturn, edxl.ResponseToQuote, edxl.ResponseToExtension}
)

// side refuses what the other side alone says.
func (r *reading) side() error {
	asks := r.Request.Scope.Agency == r.Sender.ID
	if asks && slices.Contains(suppliers, r.Kind) || !asks && slices.Contains(consumers, r.Kind) {
		return r.wrong("MessageContentType", r.Kind, r.Sender.Name+"在此往来中不能发送"+r.Kind.NameZH(), "a "+string(r.Kind)+" is not for "+r.Sender.Name+" to send in this thread")
	}
	return nil
}

func (r *reading) read() error {
	if r.Recall != nil {
		return r.recalls()
	}
	switch r.Kind {
	case edxl.RequestResource:
		return r.requests()
	case edxl.ResponseToRequestResource:
		return r.lines(r.offers)
	case edxl.RequisitionResource:
		return r.lines(r.orders)
	case edxl.CommitResource:
		return r.commits()
	case edxl.ReportStatus:
		return r.lines(r.reports)
	case edxl.ReleaseResource:
		return r.lines(r.releases)
	case edxl.RequestReturn, edxl.RequestExtension:
		return r.lines(r.asks)
	case edxl.ResponseToReturn, edxl.ResponseToExtension:
		return r.lines(r.responds)
	}
	return nil // questions, quotes and offers that nobody asked for are kept
}

func (r *reading) lines(each func(i int, x edxl.ResourceInfo) error) error {
	if len(r.Resources) > 50 {
		return r.wrong("ResourceInformation", len(r.Resources), "一条报文最多 50 项资源", "a message has at most 50 resources")
	}
	for i, x := range r.Resources {
		if err := each(i, x); err != nil {
			return err
		}
	}
	return nil
}

// act adds a command that comes of a line of the message.
func (r *reading) act(i int, command string, input any, of string, fields map[string]string) {
	at := r.root
	if i >= 0 {
		at += "/" + r.at(i)
	}
	paths := map[string]string{}
	for name, path := range fields {
		paths[name] = at + "/" + path
	}
	a := dispatch.Act{Command: command, Input: input, Of: of, At: at, Fields: paths}
	if i >= 0 {
		id := r.Resources[i].ID
		a.Elements = []string{id}
		r.out.Letter.Lines = append(r.out.Letter.Lines, dispatch.LetterLine{ID: id, Of: of})
	}
	r.out.Acts = append(r.out.Acts, a)
}

// note remembers what the element names, where it does nothing.
func (r *reading) note(i int, of string) {
	r.out.Letter.Lines = append(r.out.Letter.Lines, dispatch.LetterLine{ID: r.Resources[i].ID, Of: of})
}

// recalls reads what takes a message back or puts another in its place.
func (r *reading) recalls() error {
	why := firstOf(r.Description, "对方撤回")
	if r.Recall.Type == edxl.RecallUpdate {
		if r.Kind != edxl.RequestResource {
			return r.wrong("MessageRecall/RecallType", r.Recall.Type, "只有请求可以变更，其他报文请撤回后重发", "only a request is changed in place: take others back and send them anew", string(edxl.RecallCancel))
		}
		return r.updates()
	}
	if r.Kind == edxl.RequestResource {
		r.act(-1, "request.cancel", &dispatch.RequestMove{Request: r.Request.ID, Reason: why}, "", nil)
		return nil
	}
	return r.lines(func(i int, x edxl.ResourceInfo) error {
		of := r.prev.Names[x.ID]
		if of == "" {
			return r.wrong(r.at(i)+"/ResourceInfoElementID", x.ID, "被撤回的报文没有此编号", "the message that is recalled has no such element")
		}
		offer, loan := r.Offers[of], r.Loans[of]
		switch {
		case r.Kind == edxl.ResponseToRequestResource && offer != nil && offer.State == dispatch.OfferMade:
			r.act(i, "offer.withdraw", &dispatch.OfferMove{Offer: of, Reason: why}, of, nil)
		case r.Kind == edxl.RequisitionResource && offer != nil && offer.State == dispatch.OfferOrdered:
			r.act(i, "offer.cancel", &dispatch.OfferMove{Offer: of, Reason: why}, of, nil)
		case r.Kind == edxl.CommitResource && loan != nil && loan.State != dispatch.LoanCancelled:
			r.act(i, "loan.cancel", &dispatch.LoanEnd{Loan: of, Reason: why}, of, nil)
		case offer != nil && offer.State != dispatch.OfferCancelled && offer.State != dispatch.OfferWithdrawn && slices.Contains([]edxl.Kind{edxl.ResponseToRequestResource, edxl.RequisitionResource}, r.Kind):
			return r.wrong("MessageRecall/RecallMessageID", r.Recall.MessageID, "已进入下一步，不能撤回", "it has gone on since and cannot be taken back", string(offer.State))
		default:
			r.note(i, of) // it is so already
		}
		return nil
	})
}

// offer finds the offer that a line of the message is about.
func (r *reading) offer(i int, x edxl.ResourceInfo) (*dispatch.Offer, error) {
	return find(r, i, x, r.Offers, edxl.ResponseToRequestResource, edxl.RequisitionResource)
}

// loan finds the loan that a line of the message is about.
func (r *reading) loan(i int, x edxl.ResourceInfo) (*dispatch.Loan, error) {
	return find(r, i, x, r.Loans, edxl.CommitResource)
}

// find looks for what a line names: by the element that it answers, by its own ID
// in the message before and in the messages that named such things, and, where
// the message before names one only, that.
func find[T any](r *reading, i int, x edxl.ResourceInfo, all map[string]*T, named ...edxl.Kind) (*T, error) {
	ids := []string{x.ID}
	if x.Response != nil {
		ids = []string{x.Response.Preceding, x.ID}
	}
	for _, id := range ids {
		if r.prev != nil {
			if found := all[r.prev.Names[id]]; found != nil {
				return found, nil
			}
		}
		for _, s := range slices.Backward(r.Said) {
			if found := all[s.Names[id]]; found != nil && slices.Contains(named, s.Kind) {
				return found, nil
			}
		}
	}
	if r.prev != nil && len(r.prev.Names) == 1 && len(r.Resources) == 1 {
		for _, of := range r.prev.Names {
			if found := all[of]; found != nil {
				return found, nil
			}
		}
	}
	var legal []string
	for _, s := range r.Said {
		if slices.Contains(named, s.Kind) {
			for id, of := range s.Names {
				if all[of] != nil {
					legal = append(legal, id)
				}
			}
		}
	}
	slices.Sort(legal)
	return nil, r.wrong(r.at(i)+"/ResourceInfoElementID", x.ID, "此往来中没有此编号的资源", "nothing in this thread has this ID", slices.Compact(legal)...)
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t = strings.TrimSpace(t); t != "" {
			return cut(t, 300)
		}
	}
	return ""
}

// cut bounds a text, in characters.
func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}
