package dispatch

import (
	"context"
	"encoding/json"
	"strings"
)

func saveImprovement(ctx context.Context, w *work, in *ImprovementSave) error {
	if s := w.drill.State; !s.Begun() || s == DrillClosed {
		return illegal(KindDrill, string(s), w.cmd.Name, words(drillMoves[s]))
	}
	i := &Improvement{}
	if in.ID != "" {
		old, err := lockOne[*Improvement](ctx, w, KindImprovement, in.ID)
		if err != nil {
			return err
		}
		if old.State.Ended() {
			return illegal(KindImprovement, string(old.State), "edit", words(improvementMoves[old.State]))
		}
		i = old
	}
	i.Text, i.Aspect, i.Objective, i.Observations = strings.TrimSpace(in.Text), in.Aspect, in.Objective, in.Observations
	i.Due, i.Measures, i.Resources = in.Due, in.Measures, in.Resources
	if err := firstError(w.ownImprovement(ctx, i, in), w.improvementAbout(ctx, i)); err != nil {
		return err
	}
	if in.ID != "" {
		return w.put(i)
	}
	recs, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindImprovement, Archived: true, Limit: -1})
	if err != nil {
		return err
	}
	if len(recs) >= mostImprovements {
		return refuse(TooLarge, "一场演练最多 %d 个改进项", "a drill has at most %d improvements", mostImprovements)
	}
	i.Number = len(recs) + 1
	i.enter(ImprovementOpen, w.onWall())
	return w.create(KindImprovement, "", Scope{Agency: w.drill.Scope.Agency, Area: w.drill.Scope.Area}, i)
}

// ownImprovement says who does it: an agency and a person of the realm live.
func (w *work) ownImprovement(ctx context.Context, i *Improvement, in *ImprovementSave) error {
	if in.Owner == "" {
		return invalid("owner", "", "请指定责任单位", "the agency that does it is missing", "an id")
	}
	rec, err := w.tx.Get(ctx, Live, Ref{KindAgency, in.Owner}, nil)
	if err != nil {
		return err
	}
	i.Owner, i.OwnerName, i.Person, i.PersonName = in.Owner, rec.(*Agency).Name, "", ""
	if in.Person == "" {
		return nil
	}
	if rec, err = w.tx.Get(ctx, Live, Ref{KindPerson, in.Person}, nil); err != nil {
		return err
	}
	p := rec.(*Person)
	if p.Scope.Agency != in.Owner {
		return invalid("person", in.Person, p.Name+"不属于责任单位", p.Name+" is not of the agency that does it")
	}
	i.Person, i.PersonName = p.ID, p.Name
	return nil
}

// improvementAbout checks what it follows from.
func (w *work) improvementAbout(ctx context.Context, i *Improvement) error {
	if i.Objective != "" {
		rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindObjective, i.Objective}, nil)
		if err != nil {
			return err
		}
		if i.Aspect == "" {
			i.Aspect = rec.(*Objective).Aspect
		}
	}
	if len(i.Observations) > 20 {
		return i.check()
	}
	for _, id := range i.Observations {
		rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindObservation, id}, nil)
		if err != nil {
			return err
		}
		if o := rec.(*Observation); i.Aspect == "" {
			i.Aspect = o.Aspect
		}
	}
	if i.Aspect == "" {
		i.Aspect = AspectOther
	}
	return nil
}

// onWall is a stamp on the wall: what is improved is real.
func (w *work) onWall() Stamp { return Stamp{At: w.change.Wall, By: w.actor.Name} }

// moveImprovement moves an improvement to a state.
func (w *work) moveImprovement(ctx context.Context, in *ImprovementMove, to ImprovementState) error {
	if w.drill.State == DrillClosed {
		return illegal(KindDrill, string(w.drill.State), w.cmd.Name, nil)
	}
	i, err := lockOne[*Improvement](ctx, w, KindImprovement, in.Improvement)
	if err != nil {
		return err
	}
	if err := i.reach(to, w.onWall()); err != nil {
		return err
	}
	i.Reason, w.change.Note = in.Reason, in.Reason
	return w.put(i)
}

func doneImprovement(ctx context.Context, w *work, in *ImprovementMove) error {
	if err := checkText("reason", in.Reason, 0, 300); err != nil {
		return err
	}
	if in.owner {
		return w.byOwner(ctx, in, func(i *Improvement) error {
			i.Reason = in.Reason
			return i.reach(ImprovementDone, w.onWall())
		})
	}
	return w.moveImprovement(ctx, in, ImprovementDone)
}

// progressImprovement tells how far it is, and leaves it open.
func progressImprovement(ctx context.Context, w *work, in *ImprovementMove) error {
	if err := needReason(in.Reason); err != nil {
		return err
	}
	tell := func(i *Improvement) error {
		if i.State != ImprovementOpen {
			return illegal(KindImprovement, string(i.State), "progress", words(improvementMoves[i.State]))
		}
		told := w.onWall()
		i.Progress, i.Told = strings.TrimSpace(in.Reason), &told
		return nil
	}
	if in.owner {
		return w.byOwner(ctx, in, tell)
	}
	if w.drill.State == DrillClosed {
		return illegal(KindDrill, string(w.drill.State), w.cmd.Name, nil)
	}
	i, err := lockOne[*Improvement](ctx, w, KindImprovement, in.Improvement)
	if err != nil {
		return err
	}
	w.change.Note = in.Reason
	if err := tell(i); err != nil {
		return err
	}
	return w.put(i)
}

func verifyImprovement(ctx context.Context, w *work, in *ImprovementMove) error {
	if err := checkText("reason", in.Reason, 0, 300); err != nil {
		return err
	}
	return w.moveImprovement(ctx, in, ImprovementVerified)
}

func dropImprovement(ctx context.Context, w *work, in *ImprovementMove) error {
	if err := needReason(in.Reason); err != nil {
		return err
	}
	return w.moveImprovement(ctx, in, ImprovementDropped)
}

// reopenImprovement says that what was done is not enough, or that it is to be
// done after all.
func reopenImprovement(ctx context.Context, w *work, in *ImprovementMove) error {
	if err := needReason(in.Reason); err != nil {
		return err
	}
	return w.moveImprovement(ctx, in, ImprovementOpen)
}

// Owns tells whether an actor in the realm live sees to an improvement: as the
// person named, or at the desk or as a planner of the agency that does it.
func Owns(a Actor, i *Improvement) bool {
	return a.ID == i.Person || a.Agency == i.Owner && (oneOf(a.Role, desk) || a.Role == RolePlanner)
}

// Follows tells whether one who may join a drill in the role follows what is
// improved after it: who directs it, and the planners of the agency that holds it.
func Follows(r Role) bool { return oneOf(r, directors) }

// published tells whether what came of the drill has been told.
func (s DrillState) published() bool {
	return s == DrillEvaluated || s == DrillImproving || s == DrillClosed
}

// byOwner books what the owner says from outside the drill. The plan of a drill is
// not theirs to see, this one record is.
func (w *work) byOwner(ctx context.Context, in *ImprovementMove, say func(*Improvement) error) error {
	recs, err := w.lock(ctx, Ref{KindImprovement, in.Improvement})
	if err != nil {
		return err
	}
	i := recs[0].(*Improvement)
	if !w.drill.State.published() || !Owns(w.actor, i) {
		return NotFoundError(RefOf(i))
	}
	if w.drill.State == DrillClosed {
		return illegal(KindDrill, string(w.drill.State), w.cmd.Name, nil)
	}
	if err := say(i); err != nil {
		return err
	}
	w.change.Note = in.Reason
	return w.put(i)
}

// OwnerAnswers are the commands by which an agency answers to what it owes after a
// drill, without joining it.
var OwnerAnswers = []string{"improvement.progress", "improvement.done"}

// AnswerImprovement gives one of [OwnerAnswers]. This, and the list of what an agency
// owes, are the only ways into a drill for those who do not join it: an improvement
// is done in reality, but it has one record, in the drill that stays open until it
// is verified. The actor is of the realm live; the change is one of the drill's
// journal.
func (s *Service) AnswerImprovement(ctx context.Context, actor Actor, drill, name, key string, body []byte) (Result, error) {
	cmd, ok := CommandByName(name)
	if !ok || !oneOf(name, OwnerAnswers) {
		return Result{}, invalid("command", name, "只能登记进展或完成整改", "the owner tells the progress, or that it is done", OwnerAnswers...)
	}
	if actor.Realm != Live {
		return Result{}, refuse(Forbidden, "请先退出演练", "leave the drill first")
	}
	in, err := cmd.decode(body)
	if err != nil {
		return Result{}, err
	}
	move := in.(*ImprovementMove)
	move.owner = true
	actor.Realm = DrillRealm(drill)
	if actor.Realm.Drill() == "" {
		return Result{}, NotFoundError(Ref{KindDrill, drill})
	}
	told, err := json.Marshal(move)
	if err != nil {
		return Result{}, err
	}
	return s.carry(ctx, actor, cmd, key, move, told, turn{})
}

// ImprovementOf is an improvement with the drill that it follows from, as somebody
// outside of the drill sees it.
type ImprovementOf struct {
	Drill       string       `json:"drill"`
	DrillName   string       `json:"drill_name"`
	DrillState  DrillState   `json:"drill_state" enum:"evaluated,improvements_open,closed"`
	Owes        bool         `json:"owes" doc:"you, or the agency at whose desk you are, see to it"`
	Follows     bool         `json:"follows" doc:"you verify it, in the drill"`
	Improvement *Improvement `json:"improvement"`
}
