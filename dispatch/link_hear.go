package dispatch

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// What a neighbour tells, and how it is shown here.

// LinkHear is one change of a neighbour's journal, or the whole of what it shows
// (Whole), and how far the journal is known with it.
type LinkHear struct {
	Link  string `json:"link"`
	Epoch string `json:"epoch"`
	From  int64  `json:"from"`
	To    int64  `json:"to"`
	Whole bool   `json:"whole,omitempty"`
	// You is the agency that stands for us there.
	You  string `json:"you"`
	Told Told   `json:"told"`
}

// mostTold bounds the records of one change that are taken in.
const mostTold = 5000

// Hear takes in what a neighbour tells. What begins elsewhere than at the cursor
// is Stale: the link has to be begun anew from there. The same twice is nothing.
func (s *Service) Hear(ctx context.Context, realm Realm, in LinkHear) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	cmd, _ := CommandByName("link.hear")
	_, err = s.run(ctx, System(realm), cmd, "told:"+s.cfg.NewID(), &in, body)
	return nothing(err)
}

// ParcelSettle is the home's answer to a parcel, and the records that it was
// about as they are there now.
type ParcelSettle struct {
	Parcel    string       `json:"parcel"`
	Refusal   string       `json:"refusal,omitempty" doc:"empty: it was carried out"`
	RefusalZH string       `json:"refusal_zh,omitempty"`
	Seq       int64        `json:"seq" doc:"of the home's journal, as of which the records are told"`
	You       string       `json:"you"`
	Put       []ToldRecord `json:"put,omitempty"`
	Gone      []Ref        `json:"gone,omitempty"`
}

// Settle ends a parcel that the home has answered.
func (s *Service) Settle(ctx context.Context, realm Realm, in ParcelSettle) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	cmd, _ := CommandByName("parcel.settle")
	_, err = s.run(ctx, System(realm), cmd, "told:"+s.cfg.NewID(), &in, body)
	return nothing(err)
}

func hearLink(ctx context.Context, w *work, in *LinkHear) error {
	l, err := w.activeLink(ctx, in.Link)
	if err != nil {
		return err
	}
	c := &l.Cursor
	switch {
	case c.Epoch == in.Epoch && in.To <= c.Seq && !in.Whole:
		return errNothing
	case !in.Whole && (c.Epoch != in.Epoch || c.Seq != in.From):
		e := refuse(Stale, "联网日志不连续：应从第 %d 条开始", "the neighbour's journal goes on at %d", c.Seq)
		e.Current = l
		return e
	}
	w.change.Actor = ActorRef{ID: "link:" + l.ID, Name: firstWords(in.Told.By) + "（" + l.Name + "）", Role: RolePeer, Agency: l.Region}
	if _, known := CommandByName(in.Told.Kind); known {
		w.change.Kind = in.Told.Kind
	}
	w.change.Note = in.Told.Note
	h := &hearing{work: w, link: l, you: in.You, seq: in.To, whole: in.Whole}
	if err := h.take(ctx, in.Told.Put, in.Told.Drop); err != nil {
		return err
	}
	if in.Whole {
		if err := h.compare(ctx, c.Epoch != "" && c.Epoch != in.Epoch); err != nil {
			return err
		}
	}
	*c = Cursor{in.Epoch, in.To, w.at}
	w.derive(l)
	return nil
}

func (w *work) activeLink(ctx context.Context, id string) (*Link, error) {
	l, err := lockOne[*Link](ctx, w, KindLink, id)
	if err == nil && l.State != LinkActive {
		err = refuse(Forbidden, "与%s的联网已撤销", "the link with %s was revoked", l.Name)
	}
	return l, err
}

// settleParcel shows the records as they are at home, unless another parcel
// about them still waits.
func settleParcel(ctx context.Context, w *work, in *ParcelSettle) error {
	rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindParcel, in.Parcel}, nil)
	if err != nil {
		return err
	}
	l, err := w.activeLink(ctx, rec.(*Parcel).Link)
	if err != nil {
		return err
	}
	p, err := lockOne[*Parcel](ctx, w, KindParcel, in.Parcel)
	if err != nil {
		return err
	}
	if p.State != ParcelWaiting {
		return errNothing
	}
	s := w.stamp()
	p.State, p.Settled, p.Refusal, p.RefusalZH = ParcelDone, &s, in.Refusal, in.RefusalZH
	if in.Refusal != "" {
		p.State = ParcelRefused
	}
	if err := w.put(p); err != nil {
		return err
	}
	w.drop(p)
	h := &hearing{work: w, link: l, you: in.You, seq: in.Seq, settles: p}
	if err := h.take(ctx, in.Put, in.Gone); err != nil {
		return err
	}
	if p.State == ParcelRefused {
		cmd, _ := CommandByName(p.Command)
		a := &Alarm{Type: AlarmLink, Tier: 2, Text: clip(l.Name+"未执行“"+cmd.Chinese+"”："+p.RefusalZH, 300), Incident: p.Incident, Raised: s}
		return w.create(KindAlarm, "", p.Scope, a)
	}
	return nil
}

// hearing is what a neighbour tells, being taken in.
type hearing struct {
	*work
	link  *Link
	you   string
	seq   int64
	whole bool // all that it shows: what was known counts no longer
	// settles is the parcel whose end is told with it.
	settles *Parcel

	told  map[Ref]bool
	asked []string         // requests of ours whose lines have to be counted anew
	crews []string         // teams whose state has to be derived anew
	calls map[string]*Team // teams that are newly in distress, or no longer
	older int              // records that are told as an older version than was known
}

// take shows the records as told and takes off the board what is gone.
func (h *hearing) take(ctx context.Context, puts []ToldRecord, gone []Ref) error {
	if len(puts)+len(gone) > mostTold {
		return invalid("told", len(puts)+len(gone), "一次最多 5000 条记录", "at most 5000 records at once")
	}
	recs := make([]Record, len(puts))
	h.told = map[Ref]bool{}
	for n, t := range puts {
		r, err := DecodeRecord(t.Record)
		if err != nil {
			return invalid(field("put", n), "", "记录无法读取："+err.Error(), err.Error())
		}
		ref := RefOf(r)
		if !slices.Contains(Linked, ref.Kind) || len(ref.ID) < 8 || len(ref.ID) > 64 || r.head().Version < 1 {
			return invalid(field("put", n), ref, "此类记录不经联网传递", "does not pass a link", words(Linked)...)
		}
		if err := r.check(); err != nil {
			return fmt.Errorf("%s %s: %w", ref.Kind, ref.ID, err)
		}
		recs[n] = r
		h.told[ref] = true
	}
	order := make([]int, len(recs))
	for n := range order {
		order[n] = n
	}
	slices.SortFunc(order, func(a, b int) int {
		return slices.Index(Kinds, recs[a].head().Kind) - slices.Index(Kinds, recs[b].head().Kind)
	})
	for _, n := range order {
		if err := h.show(ctx, recs[n], puts[n]); err != nil {
			return err
		}
	}
	for _, ref := range gone {
		if err := h.lose(ctx, ref); err != nil {
			return err
		}
	}
	return h.follow(ctx)
}

// known is the record as it is shown here, locked; nil where there is none. One
// that is not the neighbour's is refused.
func (h *hearing) known(ctx context.Context, ref Ref) (Record, error) {
	_, err := h.tx.Get(ctx, h.actor.Realm, ref, nil)
	if CodeOf(err) == NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	was, err := h.lock(ctx, ref)
	if err != nil {
		return nil, err
	}
	if o := was[0].head().Origin; o == nil || o.Link != h.link.ID {
		return nil, refuse(Forbidden, "%s的%s不属于%s", "%[1]s %[4]s does not belong to %[3]s", KindNameZH(ref.Kind), ref.ID, h.link.Name, ref.ID)
	}
	return was[0], nil
}

// show puts the record on the board as it is at home.
func (h *hearing) show(ctx context.Context, r Record, t ToldRecord) error {
	head := r.head()
	was, err := h.known(ctx, RefOf(r))
	if err != nil {
		return err
	}
	head.Origin = &Origin{Link: h.link.ID, Agency: clip(t.Agency, 80), Seq: h.seq}
	if was != nil {
		if head.Version < was.head().Version {
			h.older++
		}
		o := was.head().Origin
		head.Origin.Waiting = o.Waiting
		if h.settles != nil && slices.Contains(h.settles.Records, RefOf(r)) {
			head.Origin.Waiting--
		}
		if head.Origin.Waiting > 0 || h.settles == nil && !h.whole && o.Seq > h.seq {
			// What is on its way there is not in what it tells; it is asked for
			// once the answer is here.
			if o.Waiting > 0 {
				h.pass(was, head.Origin.Waiting)
			}
			return nil
		}
		if err := h.late(was); err != nil {
			return err
		}
	}
	sent := head.Scope
	tier := t.Tier
	if tier != TierAssist {
		tier = TierView
	}
	head.Scope = Scope{Agency: h.link.Region, Area: sent.Area}.with(Share{Agency: h.link.Scope.Agency, Tier: tier, Source: ShareLink, Until: t.Until})
	if err := h.adapt(ctx, r, sent, was); err != nil {
		return err
	}
	if was == nil {
		h.change.Puts = append(h.change.Puts, Put{Record: r, After: head.Scope})
		h.pending(RefOf(r)).edited = true
		return nil
	}
	was.head().Origin.Gone = false
	p := h.hold(was)
	p.edited = true
	h.change.Puts[p.index].Record, h.change.Puts[p.index].After = r, head.Scope
	return nil
}

// pass leaves the record as it is shown, for which that many parcels wait now.
func (h *hearing) pass(r Record, waiting int) {
	o := r.head().Origin
	if o.Waiting = waiting; h.settles == nil {
		o.Passed = h.seq
	}
	h.derive(r)
}

// late refuses the answer to a parcel whose record was read before a change of it
// that was heard first and passed over: it would stay as it was. The home is asked
// again.
func (h *hearing) late(r Record) error {
	if o := r.head().Origin; h.settles != nil && o.Passed > h.seq {
		return refuse(Stale, "对方的记录已更新到第 %d 条", "the record was heard of at %d already, and is asked for anew", o.Passed)
	}
	return nil
}

// lose takes a record off the board that its home no longer shows. A team that
// is taken back leaves what it was on here, and the desk is told.
func (h *hearing) lose(ctx context.Context, ref Ref) error {
	if !slices.Contains(Linked, ref.Kind) {
		return nil
	}
	rec, err := h.tx.Get(ctx, h.actor.Realm, ref, nil)
	if CodeOf(err) == NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if o := rec.head().Origin; o == nil || o.Link != h.link.ID || h.settles == nil && !h.whole && o.Seq > h.seq {
		return nil // nothing of the neighbour's, or known as of later
	}
	if ref.Kind == KindTeam {
		if err := h.leave(ctx, ref.ID); err != nil {
			return err
		}
	}
	r, err := h.known(ctx, ref)
	if err != nil {
		return err
	}
	o := r.head().Origin
	waiting := o.Waiting
	if h.settles != nil && slices.Contains(h.settles.Records, ref) {
		waiting = max(waiting-1, 0)
	}
	if waiting > 0 && h.link.State == LinkActive {
		h.pass(r, waiting) // its last answer asks for it
		return nil
	}
	if err := h.late(r); err != nil {
		return err
	}
	if o.Waiting != waiting {
		o.Waiting = waiting
		h.derive(r)
	}
	o.Seq, o.Passed = h.seq, 0
	if q, ok := r.(*Request); ok {
		if err := h.bury(ctx, q.ID); err != nil {
			return err
		}
	}
	if team, ok := r.(*Team); ok {
		// Who has it no longer cannot send it either, not even by its number.
		team.Holder, team.Loan = "", ""
		h.rescope(team, Scope{Agency: h.link.Region, Area: team.Scope.Area})
	}
	if !o.Gone {
		h.hold(r)
		h.drop(r)
		o.Gone = true
	}
	return nil
}

// compare takes off the board what the neighbour's whole picture does not show.
// After a restore there, a person is told of what differs from what was known.
func (h *hearing) compare(ctx context.Context, restored bool) error {
	gone := 0
	lost, err := h.shown(ctx)
	if err != nil {
		return err
	}
	for _, r := range lost {
		if h.told[RefOf(r)] {
			continue
		}
		gone++
		if err := h.lose(ctx, RefOf(r)); err != nil {
			return err
		}
	}
	if restored {
		text := fmt.Sprintf("%s的服务器换了日志（恢复备份或切换）：%d 条记录对方不再有，%d 条比此前所见更旧，请与对方核对", h.link.Name, gone, h.older)
		return h.create(KindAlarm, "", Scope{Agency: h.link.Scope.Agency}, &Alarm{Type: AlarmLink, Tier: 2, Text: text, Raised: h.stamp()})
	}
	return nil
}

// shown is all that the neighbour told and is on the board.
func (h *hearing) shown(ctx context.Context) ([]Record, error) {
	var out []Record
	for _, k := range Linked {
		recs, err := h.tx.Find(ctx, Query{Realm: h.actor.Realm, Kind: k, Agency: h.link.Region, Limit: -1})
		if err != nil {
			return nil, err
		}
		for _, r := range recs {
			if o := r.head().Origin; o != nil && o.Link == h.link.ID {
				out = append(out, r)
			}
		}
	}
	return out, nil
}

// forget takes all that the neighbour told off the board.
func (w *work) forget(ctx context.Context, l *Link) error {
	h := &hearing{work: w, link: l, whole: true, told: map[Ref]bool{}}
	all, err := h.shown(ctx)
	if err != nil {
		return err
	}
	for _, r := range all {
		if err := h.lose(ctx, RefOf(r)); err != nil {
			return err
		}
	}
	return h.follow(ctx)
}

func clip(s string, most int) string {
	r := []rune(s)
	return string(r[:min(len(r), most)])
}
