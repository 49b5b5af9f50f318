package dispatch

import (
	"context"
	"strings"
	"time"
)

// lockDrill locks the drill of the realm, which the input names.
func (w *work) lockDrill(ctx context.Context, id string) (*Drill, error) {
	d, err := lockOne[*Drill](ctx, w, KindDrill, id)
	if err != nil {
		return nil, err
	}
	if err := w.may(d); err != nil {
		return nil, err
	}
	return d, nil
}

// moveDrill moves the drill to a state.
func (w *work) moveDrill(ctx context.Context, in *DrillMove, to DrillState) (*Drill, error) {
	d, err := w.lockDrill(ctx, in.Drill)
	if err != nil {
		return nil, err
	}
	if err := d.reach(to, w.stamp()); err != nil {
		return nil, err
	}
	d.Reason, w.change.Note = in.Reason, in.Reason
	return d, nil
}

func editDrill(ctx context.Context, w *work, in *DrillEdit) error {
	d, err := w.lockDrill(ctx, in.Drill)
	if err != nil {
		return err
	}
	if d.State.Begun() {
		return illegal(KindDrill, string(d.State), "edit", words(drillMoves[d.State]))
	}
	if in.Seed == 0 {
		return invalid("seed", in.Seed, "随机种子不能为 0", "the seed is not 0")
	}
	d.Name, d.Content, d.Form, d.Purpose, d.NoNotice = in.Name, in.Content, in.Form, in.Purpose, in.NoNotice
	d.Situation, d.Planned, d.Length, d.Seed = in.Situation, in.Planned, in.Length, in.Seed
	return w.put(d)
}

func approveDrill(ctx context.Context, w *work, in *DrillMove) error {
	d, err := w.moveDrill(ctx, in, DrillApproved)
	if err != nil {
		return err
	}
	return w.put(d)
}

// reviseDrill takes a drill that has not begun back to its planning.
func reviseDrill(ctx context.Context, w *work, in *DrillMove) error {
	if err := needReason(in.Reason); err != nil {
		return err
	}
	d, err := w.moveDrill(ctx, in, DrillPlanned)
	if err != nil {
		return err
	}
	d.Stamps = map[DrillState]Stamp{}
	return w.put(d)
}

// checkDrill closes the communications check: everybody has answered, or the
// reason is given for going on without.
func checkDrill(ctx context.Context, w *work, in *DrillMove) error {
	parts, err := w.parts(ctx)
	if err != nil {
		return err
	}
	var silent []Ref
	var names []string
	for _, p := range parts {
		player := !Audience{Realm: w.actor.Realm, Role: p.Role}.runs()
		if p.Confirmed == nil && !(player && w.drill.NoNotice) {
			silent, names = append(silent, RefOf(p)), append(names, p.Name)
		}
	}
	if len(silent) > 0 && strings.TrimSpace(in.Reason) == "" {
		e := refuse(Blocked, "尚有 %[1]d 人未应答通联检查：%[2]s；如需继续请填写原因", "%[1]d have not answered the communications check: %[2]s; give the reason to go on without them", len(names), strings.Join(names[:min(len(names), 10)], ", "))
		e.Field, e.Blockers = "reason", silent
		return e
	}
	d, err := w.moveDrill(ctx, in, DrillCommsChecked)
	if err != nil {
		return err
	}
	return w.put(d)
}

// readyDrill refuses a plan that cannot be played, with all that is in the way.
func readyDrill(ctx context.Context, w *work, in *DrillMove) error {
	faults, err := w.planFaults(ctx)
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		return faultsError(faults)
	}
	d, err := w.moveDrill(ctx, in, DrillReady)
	if err != nil {
		return err
	}
	return w.put(d)
}

func startDrill(ctx context.Context, w *work, in *DrillGo) error {
	d, err := w.lockDrill(ctx, in.Drill)
	if err != nil {
		return err
	}
	if d.State == DrillPaused {
		return illegal(KindDrill, string(d.State), string(DrillRunning), []string{"drill.resume"})
	}
	d.Plan = w.last
	return w.letGo(d, in)
}

// letGo lets the drill's clock run.
func (w *work) letGo(d *Drill, in *DrillGo) error {
	clock := d.Clock.set(w.at, w.change.Wall, d.Clock.Rate, true)
	if clock.Until = toMicros(in.Until); clock.Until != nil && !clock.Until.After(w.at) {
		return invalid("until", in.Until, "应晚于演练时钟的当前时刻", "is later than what the drill's clock shows", "later than "+w.at.Format(time.RFC3339))
	}
	if d.State != DrillRunning {
		if err := d.reach(DrillRunning, w.stamp()); err != nil {
			return err
		}
	}
	d.Clock, d.Reason, w.change.Note = clock, in.Reason, in.Reason
	return w.put(d)
}

func pauseDrill(ctx context.Context, w *work, in *DrillMove) error {
	d, err := w.moveDrill(ctx, in, DrillPaused)
	if err != nil {
		return err
	}
	d.Clock = d.Clock.set(w.at, w.change.Wall, d.Clock.Rate, false)
	return w.put(d)
}

func resumeDrill(ctx context.Context, w *work, in *DrillGo) error {
	d, err := w.lockDrill(ctx, in.Drill)
	if err != nil {
		return err
	}
	if d.State != DrillPaused && !d.Clock.stands(w.at) {
		return illegal(KindDrill, string(d.State), string(DrillRunning), words(drillMoves[d.State]))
	}
	return w.letGo(d, in)
}

func rateDrill(ctx context.Context, w *work, in *DrillRate) error {
	d, err := w.lockDrill(ctx, in.Drill)
	if err != nil {
		return err
	}
	if in.Rate < 1 || in.Rate > MaxRate {
		return invalid("rate", in.Rate, "倍速应为 1 至 60", "the rate is 1 to 60", "1", "60")
	}
	if d.State.Over() {
		return illegal(KindDrill, string(d.State), "rate", nil)
	}
	until := d.Clock.Until
	d.Clock = d.Clock.set(w.at, w.change.Wall, in.Rate, d.Clock.Running)
	d.Clock.Until = until
	return w.put(d)
}

// mostJump bounds how far a clock is set on at once.
const mostJump = 7 * 24 * time.Hour

func jumpDrill(ctx context.Context, w *work, in *DrillJump) error {
	d, err := w.lockDrill(ctx, in.Drill)
	if err != nil {
		return err
	}
	to := in.To.UTC().Truncate(time.Microsecond)
	switch {
	case d.State != DrillRunning && d.State != DrillPaused:
		return illegal(KindDrill, string(d.State), "jump", words(drillMoves[d.State]))
	case !to.After(w.at):
		return invalid("to", to, "演练时钟只能向前拨", "a drill's clock is never set back", "later than "+w.at.Format(time.RFC3339))
	case to.Sub(w.at) > mostJump:
		return invalid("to", to, "一次最多向前拨 7 天", "the clock is set on by at most 7 days at once", "not later than "+w.at.Add(mostJump).Format(time.RFC3339))
	}
	d.Clock = d.Clock.set(to, w.change.Wall, d.Clock.Rate, d.Clock.Running)
	return w.put(d)
}

func endDrill(ctx context.Context, w *work, in *DrillMove) error {
	d, err := w.moveDrill(ctx, in, DrillEnded)
	if err != nil {
		return err
	}
	d.Clock = d.Clock.set(w.at, w.change.Wall, d.Clock.Rate, false)
	return w.put(d)
}

func cancelDrill(ctx context.Context, w *work, in *DrillMove) error {
	if err := needReason(in.Reason); err != nil {
		return err
	}
	d, err := w.moveDrill(ctx, in, DrillCancelled)
	if err != nil {
		return err
	}
	d.Clock = d.Clock.set(w.at, w.change.Wall, d.Clock.Rate, false)
	return w.put(d)
}

// parts are all parts of the drill.
func (w *work) parts(ctx context.Context) ([]*Part, error) {
	recs, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindPart, Limit: -1})
	if err != nil {
		return nil, err
	}
	out := make([]*Part, len(recs))
	for i, r := range recs {
		out[i] = r.(*Part)
	}
	return out, nil
}

// mostParts bounds who takes part in one drill.
const mostParts = 500

func savePart(ctx context.Context, w *work, in *PartSave) error {
	if w.drill.State.Over() {
		return illegal(KindDrill, string(w.drill.State), "part.save", nil)
	}
	// The person stays in the realm live; its name is all that is taken over.
	rec, err := w.tx.Get(ctx, Live, Ref{KindPerson, in.Person}, nil)
	if err != nil {
		return err
	}
	person := rec.(*Person)
	if in.Agency == "" {
		in.Agency = person.Scope.Agency
	}
	if in.Role == RoleLeader {
		rec, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindTeam, in.Team}, nil)
		if err != nil {
			return invalid("team", in.Team, "请指定队长所带的队伍", "a leader has a team in the drill")
		}
		in.Agency = rec.head().Scope.Agency
	} else {
		in.Team = ""
	}
	if _, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindAgency, in.Agency}, nil); err != nil {
		return err
	}
	if _, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindAgency, person.Scope.Agency}, nil); err != nil {
		return invalid("person", in.Person, "该人员所属单位不在演练范围内", "the person's agency is not in the drill")
	}
	others, err := w.parts(ctx)
	if err != nil {
		return err
	}
	if len(others) >= mostParts {
		return refuse(TooLarge, "一场演练最多 %d 人", "at most %d take part in a drill", mostParts)
	}
	for _, p := range others {
		switch {
		case p.Person == in.Person:
		case in.Role == RoleLeader && p.Team == in.Team:
			return invalid("team", in.Team, "该队伍已由"+p.Name+"带领", p.Name+" leads this team already")
		case in.Role == RoleDirector && p.Role == RoleDirector:
			if err := w.handDrill(ctx, p); err != nil {
				return err
			}
		}
	}
	if in.Role == RoleLeader { // whom somebody plays is simulated no more
		if err := w.endSim(ctx, in.Team); err != nil {
			return err
		}
	}
	part := &Part{Person: person.ID, Name: person.Name, Role: in.Role, Agency: in.Agency, Team: in.Team, Text: in.Text}
	scope := Scope{Agency: in.Agency, Area: w.drill.Scope.Area, Open: true}
	if _, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindPart, person.ID}, nil); CodeOf(err) == NotFound {
		return w.create(KindPart, person.ID, scope, part)
	}
	old, err := lockOne[*Part](ctx, w, KindPart, person.ID)
	if err != nil {
		return err
	}
	if old.Role == RoleDirector && in.Role != RoleDirector {
		return refuse(Blocked, "请先指定新的总导调", "name another director first")
	}
	if old.Role == part.Role && old.Agency == part.Agency && old.Team == part.Team {
		part.Confirmed = old.Confirmed
	}
	w.rescope(old, scope)
	part.Head = old.Head
	*old = *part
	return w.put(old)
}

// handDrill makes the director who gives the drill away a controller. A drill
// has one director, and nobody takes it from another.
func (w *work) handDrill(ctx context.Context, p *Part) error {
	if w.actor.ID != p.Person {
		return invalid("role", RoleDirector, "总导调是"+p.Name+"，只能由其本人移交", p.Name+" is the director, who alone can hand the drill over", string(RoleController))
	}
	old, err := lockOne[*Part](ctx, w, KindPart, p.ID)
	if err != nil {
		return err
	}
	old.Role, old.Confirmed = RoleController, nil
	return w.put(old)
}

func removePart(ctx context.Context, w *work, in *PartMove) error {
	p, err := lockOne[*Part](ctx, w, KindPart, in.Part)
	if err != nil {
		return err
	}
	if p.Role == RoleDirector {
		return refuse(Blocked, "请先指定新的总导调", "name another director first")
	}
	w.drop(p)
	return nil
}

// confirmPart answers the communications check for oneself.
func confirmPart(ctx context.Context, w *work, in *PartMove) error {
	if in.Part != w.actor.ID {
		return refuse(Forbidden, "通联检查须由本人应答", "everybody answers the communications check for themselves")
	}
	p, err := lockOne[*Part](ctx, w, KindPart, in.Part)
	if err != nil {
		return err
	}
	if w.drill.State == DrillPlanned || w.drill.State.Over() {
		return illegal(KindDrill, string(w.drill.State), "part.confirm", nil)
	}
	if p.Confirmed == nil {
		p.Confirmed = &Stamp{At: w.change.Wall, By: w.actor.Name}
	}
	return w.put(p)
}
