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
	return s.carry(ctx, opener, cmd, key, in, body, nil)
}

// picture is what a drill starts from.
type picture struct {
	from    DrillPicture
	records []Record
	drill   *Drill // the drill that it is of, where it is of one
}

// pictureFor reads the picture of the actor's realm that the drill starts from.
func (s *Service) pictureFor(ctx context.Context, actor Actor, in *DrillOpen) (p picture, err error) {
	o := s.onlooker(actor)
	p.from = DrillPicture{Type: in.Picture, Realm: actor.Realm, At: o.At.UTC().Truncate(time.Millisecond)}
	if id := actor.Realm.Drill(); id != "" {
		rec, err := s.store.Get(ctx, actor.Realm, Ref{KindDrill, id}, nil)
		if err != nil {
			return p, err
		}
		p.drill = rec.(*Drill)
	}
	if in.Picture == PicturePlan && p.drill == nil {
		return p, invalid("picture", in.Picture, "只能沿用另一场演练的方案，请先进入该演练", "only a drill's plan is taken over: join the drill first", string(PictureResources), string(PictureWhole))
	}
	return p, s.readPicture(ctx, o, in, &p)
}

// readPicture reads the records on the board at the moment that is asked for, as
// the onlooker sees them.
func (s *Service) readPicture(ctx context.Context, o Onlooker, in *DrillOpen, p *picture) error {
	if in.Seq == 0 && in.At == nil {
		_, err := s.store.Snapshot(ctx, o, func(h SnapshotHead) error {
			p.from.Seq = h.Seq
			return nil
		}, func(r Record) error {
			p.records = append(p.records, r)
			return nil
		})
		return err
	}
	return invalid("seq", in.Seq, "", "")
}

// adapt makes the records those of the drill: what is real and never practised
// stays behind.
func (p *picture) adapt(in *DrillOpen) {
	rest := in.Picture == PictureResources
	var kept []Record
	for _, r := range p.records {
		switch x := r.(type) {
		case *Drill, *Person, *Device, *Link, *Parcel, *Letter:
			continue
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
		if in.Picture != PictureResources && !begins.Equal(p.from.At) {
			return invalid("begins", begins, "只有从资源底图开始的演练才能另定开始时刻", "only a drill that starts from resources at rest begins at another moment", p.from.At.Format(time.RFC3339))
		}
	}
	if y := begins.Year(); y < 1970 || y > 2200 {
		return invalid("begins", begins, "开始时刻应在 1970 至 2200 年之间", "is between the years 1970 and 2200")
	}
	p.adapt(in)
	w.at, w.change.At = begins, begins
	if err := w.tx.PutBulk(ctx, p.records); err != nil {
		return err
	}
	if err := w.tx.CopyBeside(ctx, p.from.Realm); err != nil {
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
