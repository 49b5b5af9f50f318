package dispatch

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"time"
)

// openDrill opens a drill in a realm of its own. The picture is read before, as
// the actor sees it where it is real: a drill shows nobody more than was shown.
func (s *Service) openDrill(ctx context.Context, actor Actor, cmd *Command, key string, in *DrillOpen, body []byte) (res Result, err error) {
	if err := cmd.mayAtAll(actor); err != nil {
		return Result{}, err
	}
	if actor.Realm.Drill() != "" && !actor.Audience().runs() {
		return Result{}, refuse(Forbidden, "只有导调人员可以由演练另开演练", "only those who run a drill open another one from it")
	}
	if !oneOf(in.Picture, PictureTypes) {
		return Result{}, invalid("picture", in.Picture, "未知的起始态势", "unknown picture to start from", words(PictureTypes)...)
	}
	// The id comes of the actor and the key, so that a command sent again finds the
	// drill that it opened.
	sum := sha256.Sum256([]byte("drill\n" + string(actor.Realm) + "\n" + actor.ID + "\n" + key))
	id := hex.EncodeToString(sum[:10])
	if in.Seed == 0 {
		in.Seed = int64(binary.BigEndian.Uint64(sum[16:]) >> 11) // as a JSON number is read without loss
	}
	if in.start, err = s.pictureFor(ctx, actor, in); err != nil {
		return Result{}, err
	}
	opener := actor
	opener.Realm = DrillRealm(id)
	return s.carry(ctx, opener, cmd, key, in, body, turn{})
}

// pictureFor reads the picture of the actor's realm that the drill starts from.
func (s *Service) pictureFor(ctx context.Context, actor Actor, in *DrillOpen) (p picture, err error) {
	o := s.onlooker(actor)
	p.from = DrillPicture{Type: in.Picture, Realm: actor.Realm, Seq: in.Seq, At: o.At.UTC().Truncate(time.Microsecond)}
	p.opener, p.by = actor.ID, o
	if id := actor.Realm.Drill(); id != "" {
		rec, err := s.store.Get(ctx, actor.Realm, Ref{KindDrill, id}, nil)
		if err != nil {
			return p, err
		}
		d := rec.(*Drill)
		p.begins = d.Begins
		if in.Picture == PicturePlan {
			in.Begins, p.from.Seq = &d.Begins, d.Plan // 0 where it is being planned: as it is now
		}
	} else if in.Picture == PicturePlan {
		return p, invalid("picture", in.Picture, "只能沿用另一场演练的方案，请先进入该演练", "only a drill's plan is taken over: join the drill first", string(PictureResources), string(PictureWhole))
	}
	if in.At != nil {
		if in.Seq != 0 {
			return p, invalid("at", in.At, "seq 与 at 只能给其一", "is left out where seq is given")
		}
		if in.At.After(o.At) {
			return p, invalid("at", in.At, "不能晚于现在", "lies in the future", "not later than "+o.At.UTC().Format(time.RFC3339))
		}
		if p.from.Seq, err = s.store.SeqAt(ctx, actor.Realm, *in.At); err != nil {
			return p, err
		}
		if p.from.Seq == 0 {
			return p, invalid("at", in.At, "该时刻尚无任何记录", "nothing was recorded before that moment")
		}
	}
	if p.from.Seq == 0 {
		_, err := s.store.Snapshot(ctx, o, func(h SnapshotHead) error {
			p.from.Seq = h.Seq
			return nil
		}, func(r Record) error {
			p.records = append(p.records, r)
			return nil
		})
		return p, err
	}
	return p, s.past(ctx, o, in.At, &p)
}

// past reads the picture of a moment that is over, as the onlooker saw it then and
// would see it now: looking back shows nobody more. The moment is that of the change
// where none is named; a quiet night may have passed since.
func (s *Service) past(ctx context.Context, o Onlooker, at *time.Time, p *picture) error {
	all, err := s.store.PictureAt(ctx, p.from.Realm, p.from.Seq)
	if err != nil {
		return err
	}
	if at != nil {
		p.from.At = at.UTC().Truncate(time.Microsecond)
	} else if cs, err := s.store.Changes(ctx, p.from.Realm, p.from.Seq-1, 1); err != nil {
		return err
	} else if len(cs) == 1 {
		p.from.At = cs[0].At
	}
	then := o.Audience.At(p.from.At)
	for _, r := range all {
		ref, scope := RefOf(r), r.head().Scope
		if r = View(r, min(See(o, ref, scope), See(then, ref, scope))); r != nil {
			p.records = append(p.records, r)
		}
	}
	return nil
}

// picture is what a drill starts from.
type picture struct {
	from    DrillPicture
	opener  string    // person
	begins  time.Time // of the drill that it is of
	by      Onlooker
	records []Record
	placed  []string // teams whose places the opener sees; none where they are at rest
}

// rebase makes the offsets of a script that goes on from a moment of its drill those
// from that moment, which is where the new drill begins.
func (p *picture) rebase(i *Inject) {
	if p.from.Type != PictureWhole || i.State != InjectWaiting {
		return
	}
	gone := int(p.from.At.Sub(p.begins) / time.Second)
	less := func(n *int) {
		if *n > 0 {
			*n = max(*n-gone, 1)
		}
	}
	less(&i.Trigger.Offset)
	less(&i.Trigger.Until)
	if i.Trigger.When != nil {
		for k := range i.Trigger.When.Clauses {
			less(&i.Trigger.When.Clauses[k].Within)
		}
	}
	i.look(p.from.At, p.from.At)
}

// adapt makes the records those of the drill: what is real and never practised
// stays behind, and so does what was judged of another drill.
func (p *picture) adapt() {
	rest := p.from.Type == PictureResources
	var kept []Record
	for _, r := range p.records {
		switch x := r.(type) {
		case *Drill, *Person, *Device, *Link, *Parcel, *Letter, *Observation, *Improvement:
			continue
		case *Part:
			if rest || x.Person == p.opener {
				continue
			}
			if x.Role == RoleDirector {
				x.Role = RoleController
			}
			x.Confirmed = nil
		case *Objective:
			if rest {
				continue
			}
		case *Inject:
			if rest {
				continue
			}
			p.rebase(x)
		case *Report, *Incident, *Task, *Fence, *Stay, *Alarm, *Request, *Offer, *Loan, *Requisition, *Claim:
			if rest {
				continue
			}
		case *Note:
			if rest {
				continue
			}
			x.Photo = "" // a picture of what is real
		case *Team:
			x.Message = nil
			if rest {
				restTeam(x)
			}
		case *Sim:
			if rest {
				*x = Sim{Head: x.Head, Mode: x.Mode, Traits: x.Traits}
			}
		case *Equipment:
			if rest {
				x.Incident, x.Team, x.Holder = "", "", x.Scope.Agency
			}
		}
		h := r.head()
		h.Origin = nil // a neighbour's server has no part in a drill
		if rest {
			h.Scope = h.Scope.less(func(sh Share) bool { return sh.Source != ShareAgreement })
			h.Scope.Teams = nil
		}
		kept = append(kept, r)
	}
	p.records = kept
}

// restTeam takes all that is under way off a team.
func restTeam(t *Team) {
	t.Task, t.Distress, t.Holder, t.Loan, t.Requisition = "", nil, "", "", ""
	t.derive(nil)
}

// uses are the ledger's entries that the records stand for.
func uses(records []Record) []Use {
	multi := map[string]bool{}
	for _, r := range records {
		if t, ok := r.(*Team); ok {
			multi[t.ID] = t.MultiAssign
		}
	}
	var out []Use
	for _, r := range records {
		switch x := r.(type) {
		case *Task:
			if x.State != TaskProposed && !x.State.Ended() && !x.Interruptible && !multi[x.Team] {
				out = append(out, Use{Ref{KindTeam, x.Team}, RefOf(x)})
			}
		case *Equipment:
			if x.Incident != "" {
				out = append(out, Use{RefOf(x), Ref{KindIncident, x.Incident}})
			}
		case *Loan:
			if x.Resource.Kind != KindStock && x.Open() {
				out = append(out, Use{x.Resource, RefOf(x)})
			}
		case *Requisition:
			if x.Resource != nil && x.Resource.Kind != KindStock && x.Open() {
				out = append(out, Use{*x.Resource, RefOf(x)})
			}
		}
	}
	return out
}

func openDrill(ctx context.Context, w *work, in *DrillOpen) error {
	p := in.start
	begins := p.from.At
	if in.Begins != nil {
		begins = in.Begins.UTC().Truncate(time.Microsecond)
		if in.Picture == PictureWhole && !begins.Equal(p.from.At) {
			return invalid("begins", begins, "只有从资源底图开始的演练才能另定开始时刻", "only a drill that starts from resources at rest begins at another moment", p.from.At.Format(time.RFC3339))
		}
	}
	if y := begins.Year(); y < 1970 || y > 2200 {
		return invalid("begins", begins, "开始时刻应在 1970 至 2200 年之间", "is between the years 1970 and 2200")
	}
	if p.from.Type != PictureResources {
		for _, r := range p.records {
			if t, ok := r.(*Team); ok && SeePosition(p.by, t.ID, t.Scope) {
				p.placed = append(p.placed, t.ID)
			}
		}
	}
	p.adapt()
	w.at, w.change.At = begins, begins
	if err := w.tx.PutBulk(ctx, p.records); err != nil {
		return err
	}
	if err := w.tx.CopyBeside(ctx, p.from.Realm, p.from.At, p.placed); err != nil {
		return err
	}
	for _, r := range p.records {
		if k := r.head().Kind; !slices.Contains(w.change.Reset, k) {
			w.change.Reset = append(w.change.Reset, k)
		}
	}
	w.change.Take = uses(p.records)
	home, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindAgency, w.actor.Agency}, nil)
	if err != nil {
		return err
	}
	scope := Scope{Agency: w.actor.Agency, Area: home.head().Scope.Area, Open: true}
	d := &Drill{Name: in.Name, Content: in.Content, Form: in.Form, Purpose: in.Purpose, NoNotice: in.NoNotice, Situation: in.Situation, Planned: in.Planned,
		State: DrillPlanned, Seed: in.Seed, Begins: begins, Clock: Clock{At: begins, Wall: w.change.Wall, Rate: 1}, Start: p.from,
		Stamps: map[DrillState]Stamp{DrillPlanned: w.stamp()}}
	if err := w.create(KindDrill, w.actor.Realm.Drill(), scope, d); err != nil {
		return err
	}
	return w.create(KindPart, w.actor.ID, scope, &Part{Person: w.actor.ID, Name: w.actor.Name, Role: RoleDirector, Agency: w.actor.Agency})
}
