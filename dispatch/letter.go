package dispatch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"
)

// Letter (来往报文) is one message of EDXL-RM 1.0 between this house and a
// foreign system: one that came in, with what it did, or one that was written
// here because no other record says it (a question, a quote, an offer that
// nobody asked for). What else goes out is told by the records themselves.
type Letter struct {
	Head
	Message  string `json:"message,omitempty" doc:"MessageID of one that came in"`
	Type     string `json:"type" doc:"MessageContentType: RequestResource …"`
	Request  string `json:"request,omitempty"`
	Incident string `json:"incident"`
	// Sender is the agency that says it. Received letters came in from outside.
	Sender      string    `json:"sender" doc:"agency"`
	Received    bool      `json:"received,omitempty"`
	Originating string    `json:"originating,omitempty" doc:"MessageID of the first message of the thread"`
	Preceding   string    `json:"preceding,omitempty" doc:"MessageID of the message that it follows"`
	Answers     string    `json:"answers,omitempty" doc:"the letter that one written here answers"`
	Sent        time.Time `json:"sent"`
	Text        string    `json:"text,omitempty"`
	// Lines tells which element of the message names which record.
	Lines []LetterLine `json:"lines,omitempty" doc:"at most 100"`
	// Effect says what it did: the command, or nothing but being kept.
	Effect string `json:"effect,omitempty" doc:"the command that it amounted to; empty: kept as a note"`
	Digest string `json:"digest,omitempty" doc:"SHA-256 of the message, hex"`
	Body   []byte `json:"body,omitempty" doc:"the message as XML, gzip"`
	Stamp  Stamp  `json:"stamp" doc:"who brought it in or wrote it"`
}

// LetterLine says what an element of the message names.
type LetterLine struct {
	ID string `json:"id" doc:"ResourceInfoElementID"`
	Of string `json:"of,omitempty" doc:"the line of the request, the offer or the loan"`
	// What is quoted or offered, of a letter that was written here.
	Item     string `json:"item,omitempty"`
	Quantity int    `json:"quantity,omitempty"`
	Unit     string `json:"unit,omitempty"`
	Price    int    `json:"price,omitempty" doc:"in fen"`
}

// MostLetter bounds the body of a letter, in bytes, so that a record stays small.
const MostLetter = 5 << 10

func (l *Letter) check() error {
	switch {
	case len(l.Body) > MostLetter:
		return &Error{Code: TooLarge, Field: l.Type, Value: len(l.Body), Message: "the message is larger than one may be; send its resources in several", MessageZH: "报文过大，请分成多条发送"}
	case len(l.Lines) > 100:
		return invalid(l.Type+"/ResourceInformation", len(l.Lines), "一条报文最多 100 项资源", "a message has at most 100 resources")
	}
	least := 0
	if l.Received {
		least = 1
	}
	return firstError(checkText("message", l.Message, least, 200), checkText("type", l.Type, 1, 60), checkText("originating", l.Originating, least, 200),
		checkText("preceding", l.Preceding, 0, 200), checkText("text", l.Text, 0, 1000))
}

func (l *Letter) redacted() Record {
	c := *l
	c.Text, c.Body, c.Scope, c.Stamp = "", nil, l.Scope.public(), *l.Stamp.unsigned()
	return &c
}

func (l *Letter) index() Index {
	return Index{State: l.Type, Incident: l.Incident, Text: join(l.Message, l.Request), Unique: l.Message}
}

// LetterApply is a message that came in, read: who sends it, and the commands
// that it amounts to. All of them take effect, or none.
type LetterApply struct {
	Letter Letter
	Acts   []Act
}

// Act is one command of a message.
type Act struct {
	Command string
	Input   any // a pointer to the command's input
	// Elements are the IDs of the elements that stand for what it makes, in their
	// order; Of is what they name where that is known before.
	Elements []string
	Of       string
	// At is the path of the element that it comes from, and Fields of those that
	// its inputs come from: a refusal names them.
	At     string
	Fields map[string]string
}

// acts are the commands that a message of another house may amount to.
var acts = []string{"request.raise", "request.edit", "request.close", "request.cancel", "offer.make", "offer.withdraw", "offer.order", "offer.cancel",
	"offer.refuse", "offer.commit", "loan.advance", "loan.ask", "loan.answer", "loan.cancel", "team.duty"}

// Apply carries out what a message of a foreign system says, on behalf of the
// agency that stands for it, and keeps the letter. A message that was applied
// before takes no effect again. Refusals name the element at fault.
func (s *Service) Apply(ctx context.Context, by Actor, m LetterApply) (Result, error) {
	cmd, _ := CommandByName("letter.apply")
	if !oneOf(by.Role, desk) {
		return Result{}, &Error{Code: Forbidden, Legal: words(desk), Message: "messages are taken in at the desk", MessageZH: "报文由值班席接收"}
	}
	sender, err := s.Foreign(ctx, by, m.Letter.Sender)
	if err != nil {
		return Result{}, err
	}
	if err := s.party(ctx, by, sender, m.Letter.Request); err != nil {
		return Result{}, err
	}
	sum := sha256.Sum256([]byte(m.Letter.Message))
	key := "edxl:" + hex.EncodeToString(sum[:])[:40]
	as := Actor{ID: by.ID, Name: sender.Name + " / " + by.Name, Realm: by.Realm, Role: RoleChief, Agency: sender.ID, Home: sender.Scope.Area, Session: by.Session}
	return s.carry(ctx, as, cmd, key, &m, []byte(sender.ID+"\n"+m.Letter.Digest), turn{})
}

// Foreign is the agency that stands for a foreign system: a neighbouring region
// which has no people here. One that has speaks for itself.
func (s *Service) Foreign(ctx context.Context, by Actor, id string) (*Agency, error) {
	rec, err := s.Get(ctx, by, Ref{KindAgency, id})
	if err != nil {
		return nil, err
	}
	a := rec.(*Agency)
	if a.Type != AgencyNeighbour {
		return nil, invalid("agency", id, a.Name+"不是相邻地区，不能代表外部系统", a.Name+" is no neighbouring region: it stands for no foreign system", string(AgencyNeighbour))
	}
	links, err := s.store.Find(ctx, Query{Realm: by.Realm, Kind: KindLink, Limit: -1})
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(links, func(r Record) bool { l := r.(*Link); return l.Region == id && l.State == LinkActive }) {
		e := refuse(Forbidden, "%s已联网，由其服务器直接往来，不接收报文", "%s is linked: its server speaks for itself", a.Name)
		e.Field, e.Value = "agency", id
		return nil, e
	}
	people, err := s.store.Find(ctx, Query{Realm: by.Realm, Kind: KindPerson, Agency: id, Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(people) > 0 {
		e := refuse(Forbidden, "%s在本系统有人员，由其本人操作，不接收其报文", "%s has people here, who speak for it themselves", a.Name)
		e.Field, e.Value = "agency", id
		return nil, e
	}
	return a, nil
}

// party passes for those to whom the message comes: who asks, where the sender
// answers; whoever was asked, where the sender asks.
func (s *Service) party(ctx context.Context, by Actor, sender *Agency, request string) error {
	if request == "" {
		return nil
	}
	rec, err := s.Get(ctx, by, Ref{KindRequest, request})
	if err != nil {
		return err
	}
	rel := Relate(by, s.Now(by.Realm), RefOf(rec), rec.head().Scope)
	if rel == Own || rel == Over || rec.head().Scope.Agency == sender.ID && rel == Assistant {
		return nil
	}
	return refuse(Forbidden, "对方的报文由请求单位接收", "what comes to the requester is taken in by the requester")
}

// applyLetter carries out the acts of a message and keeps it.
func applyLetter(ctx context.Context, w *work, in *LetterApply) error {
	l := in.Letter
	made := map[string]string{}
	for n, a := range in.Acts {
		cmd, ok := CommandByName(a.Command)
		if !ok || !slices.Contains(acts, a.Command) {
			return invalid("command", a.Command, "报文不能执行此命令", "no message does this", acts...)
		}
		before := len(w.change.Puts)
		w.cmd = cmd
		err := cmd.mayAtAll(w.actor)
		if err == nil {
			err = cmd.run(ctx, w, a.Input)
		}
		if err != nil {
			return a.explain(err)
		}
		if n == 0 {
			w.change.Kind, l.Effect = a.Command, a.Command
		}
		for _, e := range a.Elements {
			made[e] = a.Of
		}
		if a.Of == "" {
			fresh := w.named(before, a.Command)
			for k, e := range a.Elements[:min(len(a.Elements), len(fresh))] {
				made[e] = fresh[k]
			}
		}
		for k := before; k < len(w.change.Puts); k++ {
			if r, ok := w.change.Puts[k].Record.(*Request); ok && l.Request == "" {
				l.Request, l.Incident = r.ID, r.Incident
			}
		}
	}
	for n, line := range l.Lines {
		if line.Of == "" {
			l.Lines[n].Of = made[line.ID]
		}
	}
	if len(w.foreign) > 0 {
		return refuse(Forbidden, "涉及相邻地区的记录，由其服务器决定", "it touches records of a linked neighbour, whose server alone decides about them")
	}
	l.Stamp = w.stamp()
	if w.change.Kind == "letter.apply" && l.Text != "" {
		w.change.Note = firstWords(l.Text)
	}
	return w.keep(ctx, &l)
}

// named are the records, in their order, that the act made and that a message
// names: offers and loans.
func (w *work) named(from int, command string) []string {
	kind := KindOffer
	if command == "offer.commit" {
		kind = KindLoan
	}
	var out []string
	for _, p := range w.change.Puts[from:] {
		if p.Before == nil && RefOf(p.Record).Kind == kind {
			out = append(out, RefOf(p.Record).ID)
		}
	}
	return out
}

// explain says where in the message the refusal comes from.
func (a Act) explain(err error) error {
	e, ok := err.(*Error)
	if !ok || e.Code == Unavailable {
		return err
	}
	c := *e
	c.Field = a.At
	for name, path := range a.Fields {
		if name == e.Field {
			c.Field = path
		}
	}
	return &c
}

// keep puts the letter where those see it whom it concerns: the one who asks and
// the one who is asked.
func (w *work) keep(ctx context.Context, l *Letter) error {
	scope := Scope{Agency: l.Sender}
	if l.Request != "" {
		rec, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindRequest, IDs: []string{l.Request}, Archived: true, Limit: 1})
		if err != nil {
			return err
		}
		for _, p := range w.change.Puts {
			if RefOf(p.Record) == (Ref{KindRequest, l.Request}) {
				rec = []Record{p.Record}
			}
		}
		if len(rec) == 0 {
			return NotFoundError(Ref{KindRequest, l.Request})
		}
		scope = rec[0].head().Scope.with(Share{Agency: l.Sender, Tier: TierView, Source: ShareLoan})
		scope.Reach, scope.Teams = "", nil
	} else {
		rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindIncident, l.Incident}, nil)
		if err != nil {
			return err
		}
		scope = rec.head().Scope
	}
	return w.create(KindLetter, "", scope, l)
}
