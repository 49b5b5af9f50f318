package dispatch

import (
	"slices"
	"time"
)

// Relation is how an actor stands to a record.
type Relation string

// The relations, from none to all.
const (
	Stranger  Relation = "stranger"  // the record is nothing of theirs
	Viewer    Relation = "viewer"    // a view share
	Assistant Relation = "assistant" // an assist share: their team is on it, or they were asked to help
	Aboard    Relation = "aboard"    // the leader of a team that is on it, or of the team itself
	Over      Relation = "over"      // a coordinating agency, the record lies in its jurisdiction
	Own       Relation = "own"       // the actor's agency owns it
)

// Relations lists the relations.
var Relations = []Relation{Stranger, Viewer, Assistant, Aboard, Over, Own}

// Relate tells how the actor stands to a record of that scope at the moment.
func Relate(a Actor, at time.Time, ref Ref, s Scope) Relation {
	if a.Role == RoleLeader {
		// A fellow is seen, and no more.
		if a.Team != "" && (ref.Kind == KindTeam && ref.ID == a.Team || ref.Kind != KindTeam && slices.Contains(s.Teams, a.Team)) {
			return Aboard
		}
		return Stranger
	}
	if s.Agency != "" && s.Agency == a.Agency {
		return Own
	}
	if within(s.Area, a.Jurisdiction) {
		return Over
	}
	if within(a.Home, s.Reach) {
		return Assistant
	}
	rel := Stranger
	for sh := range s.held(a.Agency, at) {
		if sh.Tier == TierAssist {
			return Assistant
		}
		rel = Viewer
	}
	return rel
}

// Roles that use commands, in the groups the table below needs.
var (
	desk    = []Role{RoleDispatcher, RoleChief}
	chief   = []Role{RoleChief}
	aboard_ = []Role{RoleDispatcher, RoleChief, RoleLeader}
	keeper  = []Role{RoleDispatcher, RoleChief, RoleAdmin}
	account = []Role{RoleAdmin}
	officer = []Role{RoleChief, RoleAdmin} // speaks for the agency
	tariffs = []Role{RoleChief, RoleAdmin}
	system  = []Role{}

	drillers  = []Role{RolePlanner, RoleDirector, RoleController} // prepare a drill
	directors = []Role{RolePlanner, RoleDirector}
	director  = []Role{RoleDirector}
	judges    = []Role{RoleDirector, RoleController, RoleEvaluator}
	improvers = []Role{RolePlanner, RoleDirector, RoleController, RoleEvaluator}

	controllers = []Role{RoleDirector, RoleController} // run it
)

// mayAtAll refuses a role that has no use for the command whatever the record.
func (c *Command) mayAtAll(a Actor) error {
	if err := c.fits(a.Realm); err != nil {
		return err
	}
	if a.Alarms {
		return refuse(Forbidden, "演练中不能处置真实事务，请先退出演练", "leave the drill before you act on what is real")
	}
	if a.Role == RoleSystem || slices.Contains(c.Roles, a.Role) || a.Role == RolePeer && Abroad(c.Name) || a.directs() && len(c.Roles) > 0 && !c.planning() {
		return nil
	}
	return &Error{Code: Forbidden, Legal: words(c.Roles),
		Message: "your role may not use " + c.Name, MessageZH: "您的角色不能执行“" + c.Chinese + "”"}
}

// May decides whether the actor may use the command on a record of that scope at
// the moment. It is a pure function; the test walks role × relation × command.
//
//	stranger, viewer   nothing
//	assistant          notes, and moving its own teams (asked of the team's scope)
//	aboard             what the field page offers: advance, refuse, check-in, note, distress
//	over, own          everything its role may do, but that over is not asked
//	                   about agreements: nobody consents for another
//	who runs a drill   everything its role may do, on every record of the drill;
//	                   directors and controllers may also act for any agency in it
func May(a Actor, at time.Time, c *Command, ref Ref, s Scope) error {
	if err := c.mayAtAll(a); err != nil {
		return err
	}
	if a.Role == RoleSystem || a.Audience().runs() {
		return nil
	}
	rel := Relate(a, at, ref, s)
	if rel == Over && slices.Contains(partiesOnly, c.Name) {
		a.Jurisdiction = ""
		rel = Relate(a, at, ref, s)
	}
	switch {
	case rel == Own || rel == Over || rel == Aboard:
		return nil
	case rel == Assistant && slices.Contains(assistants, c.Name):
		return nil
	}
	return &Error{Code: Forbidden,
		Message:   "you may not use " + c.Name + " on this " + string(ref.Kind),
		MessageZH: "您无权对该" + KindNameZH(ref.Kind) + "执行“" + c.Chinese + "”"}
}

// assistants are the commands an assist share opens on the shared record.
var assistants = []string{"note.add", "task.assign", "alarm.acknowledge", "equipment.commit", "equipment.return", "stock.issue", "offer.make",
	"agreement.consent", "agreement.withdraw", "agreement.activate", "agreement.deactivate",
	"claim.check", "claim.assign_payer", "claim.approve", "claim.return", "claim.pay", "claim.close",
	"requisition.take", "requisition.return", "letter.write"}

// partiesOnly are the commands for which a jurisdiction counts nothing.
var partiesOnly = []string{"agreement.save", "agreement.consent", "agreement.withdraw", "agreement.end", "agreement.activate", "agreement.deactivate"}

// may asks May for the running command on the record.
func (w *work) may(r Record) error {
	err := May(w.actor, w.at, w.cmd, RefOf(r), r.head().Scope)
	if o := r.head().Origin; o != nil && o.Gone && w.actor.Role != RoleSystem {
		return refuse(IllegalMove, "相邻地区已不再共享该%[1]s", "the neighbouring region shows this %[2]s no longer", KindNameZH(r.head().Kind), r.head().Kind)
	} else if err != nil && o != nil && w.cmd.mayAtAll(w.actor) == nil {
		return refuse(Forbidden, "该%[1]s属于相邻地区的%[2]s，由其决定", "this %[3]s is %[2]s's in a neighbouring region, who decides about it", KindNameZH(r.head().Kind), o.Agency, r.head().Kind)
	}
	return err
}

// relate tells how the actor stands to the record.
func (w *work) relate(r Record) Relation { return Relate(w.actor, w.at, RefOf(r), r.head().Scope) }

// sees tells how much of the record the actor sees.
func (w *work) sees(r Record) Vision { return See(*w.audience(), RefOf(r), r.head().Scope) }

// mayAny passes when one of the records allows it, and else tells the first
// refusal: a task is moved by who runs the incident or who owns the team.
func (w *work) mayAny(records ...Record) error {
	var first error
	for _, r := range records {
		err := w.may(r)
		if err == nil {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	return first
}
