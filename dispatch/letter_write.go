package dispatch

import (
	"context"
	"fmt"
)

// What a person writes to a foreign system is what no other record says. The
// words are those of EDXL-RM 1.0.
const (
	LetterQuestion    = "RequestInformation"              // 询问
	LetterAnswer      = "ResponseToRequestInformation"    // 答复询问
	LetterOffer       = "OfferUnsolicitedResource"        // 主动提供
	LetterQuoteAsked  = "RequestQuote"                    // 询价
	LetterQuote       = "ResponseToRequestQuote"          // 报价
	LetterStatusAsked = "RequestResourceDeploymentStatus" // 查询部署状态
)

// LetterTypes lists what can be written.
var LetterTypes = []string{LetterQuestion, LetterAnswer, LetterOffer, LetterQuoteAsked, LetterQuote, LetterStatusAsked}

// LetterWrite writes to the other side of a request.
type LetterWrite struct {
	Request  string `json:"request"`
	Type     string `json:"type" enum:"RequestInformation,ResponseToRequestInformation,OfferUnsolicitedResource,RequestQuote,ResponseToRequestQuote,RequestResourceDeploymentStatus"`
	Text     string `json:"text,omitempty" doc:"the question or the answer"`
	Answers  string `json:"answers,omitempty" doc:"the letter that it answers"`
	Line     string `json:"line,omitempty" doc:"of the request: what a price is asked for"`
	Loan     string `json:"loan,omitempty" doc:"whose status is asked for"`
	Item     string `json:"item,omitempty" doc:"what is offered unasked"`
	Quantity int    `json:"quantity,omitempty"`
	Unit     string `json:"unit,omitempty"`
	Price    int    `json:"price,omitempty" doc:"in fen"`
}

func writeLetter(ctx context.Context, w *work, in *LetterWrite) error {
	r, err := lockOne[*Request](ctx, w, KindRequest, in.Request)
	if err != nil {
		return err
	}
	if err := w.may(r); err != nil {
		return err
	}
	if r.Origin != nil {
		return refuse(Forbidden, "该请求经联网共享，请直接联系对方", "the request came over a link: there are no messages about it")
	}
	if _, published := r.Stamps[RequestOpen]; !published {
		return illegal(KindRequest, string(r.State), "letter", words(requestMoves[r.State]))
	}
	l := &Letter{Type: in.Type, Request: r.ID, Incident: r.Incident, Sender: w.actor.Agency, Answers: in.Answers, Sent: w.at, Text: in.Text, Stamp: w.stamp()}
	line := LetterLine{Of: in.Line, Item: in.Item, Quantity: in.Quantity, Unit: in.Unit, Price: in.Price}
	asks := Relate(w.actor, w.at, RefOf(r), r.Scope) != Assistant
	switch in.Type {
	case LetterQuestion:
		err = needText(in.Text)
	case LetterAnswer:
		err = firstError(needText(in.Text), w.answersLetter(ctx, in, LetterQuestion))
	case LetterQuoteAsked:
		if !asks {
			return refuse(Forbidden, "由请求单位询价", "the requester asks for a price")
		}
		err = r.quoted(&line)
	case LetterQuote:
		err = firstError(r.quoted(&line), w.answersLetter(ctx, in, LetterQuoteAsked), checkRange("price", in.Price, 1, mostValue))
	case LetterOffer:
		if asks {
			return refuse(Forbidden, "由支援单位提供", "who asks does not offer")
		}
		if line.Unit == "" {
			line.Unit = "件"
		}
		err = firstError(checkText("item", in.Item, 1, 40), checkRange("quantity", in.Quantity, 1, mostQuantity), checkText("unit", line.Unit, 1, 10))
	case LetterStatusAsked:
		line.Of = in.Loan
		var rec Record
		if rec, err = w.tx.Get(ctx, w.actor.Realm, Ref{KindLoan, in.Loan}, w.audience()); err == nil && rec.(*Loan).Request != r.ID {
			err = invalid("loan", in.Loan, "不属于该请求", "belongs to another request")
		}
	default:
		err = invalid("type", in.Type, "未知的报文类型", "unknown type of message", LetterTypes...)
	}
	if err != nil {
		return err
	}
	if line != (LetterLine{}) {
		line.ID = "1"
		l.Lines = []LetterLine{line}
	}
	w.change.Note = firstWords(in.Text)
	return w.keep(ctx, l)
}

func needText(text string) error {
	if text == "" {
		return invalid("text", text, "请填写内容", "the text is missing")
	}
	return nil
}

// quoted says of which line the price is, and of how much.
func (r *Request) quoted(line *LetterLine) error {
	l := r.line(line.Of)
	if l == nil {
		return invalid("line", line.Of, "没有这一行", "there is no such line", lineIDs(r)...)
	}
	line.Item, line.Unit = firstWords(l.Item, l.Capability), l.Unit
	if line.Quantity == 0 {
		line.Quantity = l.Max
	}
	return checkRange("quantity", line.Quantity, 1, l.Max)
}

// answersLetter looks at the letter that is answered: the other side's, of the
// type that the answer is for.
func (w *work) answersLetter(ctx context.Context, in *LetterWrite, asked string) error {
	if in.Answers == "" {
		return invalid("answers", "", "请指明所答复的报文", "the letter that is answered is missing", "a letter of the type "+asked)
	}
	rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindLetter, in.Answers}, w.audience())
	if err != nil {
		return err
	}
	if l := rec.(*Letter); l.Type != asked || l.Request != in.Request || l.Sender == w.actor.Agency {
		return invalid("answers", in.Answers, "不是对方在该请求中的"+asked, fmt.Sprintf("is no %s of the other side about this request", asked), "a letter of the type "+asked)
	}
	return nil
}
