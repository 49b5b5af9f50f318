package dispatch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// What makes a command one in a drill: it is carried out at the moment that the
// drill's clock shows, one command at a time, and its ids come of the seed.

// drillNouns are the nouns whose commands exist in drills only, liveNouns those
// whose commands exist outside them only: who may sign in, which devices and
// neighbours there are is never practised.
var (
	drillNouns = []string{"drill", "part", "objective", "inject", "sim", "observation", "improvement"}
	liveNouns  = []string{"person", "device", "link", "parcel", "letter"}
)

func (c *Command) noun() string {
	noun, _, _ := strings.Cut(c.Name, ".")
	return noun
}

// planning tells the commands by which a drill is prepared, run and judged.
func (c *Command) planning() bool { return slices.Contains(drillNouns, c.noun()) }

// played tells the commands that somebody can give in a drill by playing.
func (c *Command) played() bool {
	return len(c.Roles) > 0 && !c.planning() && !slices.Contains(liveNouns, c.noun())
}

// simulated begins the id of an actor who is played by the system.
const simulated = "sim:"

// plays tells a player of a drill from those who run it and from who is simulated.
func (a Actor) plays() bool {
	return a.Realm.Drill() != "" && a.Role != RoleSystem && !a.Audience().runs() && !strings.HasPrefix(a.ID, simulated)
}

// fits refuses a command in a realm in which it makes no sense.
func (c *Command) fits(realm Realm) error {
	switch drill := realm.Drill() != ""; {
	case !drill && c.planning() && c.Name != "drill.open":
		return refuse(Forbidden, "“%[2]s”只能在演练中执行，请先进入演练", "%[1]s is a command of a drill; join one first", c.Name, c.Chinese)
	case drill && slices.Contains(liveNouns, c.noun()):
		return refuse(Forbidden, "演练中不能执行“%[2]s”", "%[1]s is not a command of a drill; leave it first", c.Name, c.Chinese)
	}
	return nil
}

// directs tells who may act for any agency of a drill: for the simulated ones,
// and where a player needs a hand.
func (a Actor) directs() bool {
	return a.Realm.Drill() != "" && (a.Role == RoleDirector || a.Role == RoleController)
}

// errStands tells that a drill's clock stands, so that nothing falls due.
var errStands = refuse(IllegalMove, "演练未在进行", "the drill is not running")

// errLate tells that something fell due between the last look and the command.
var errLate = errors.New("something fell due before the command")

// inDrill locks the drill, so that its commands come one after the other, and
// takes the time from its clock: not before that of the last change, and where
// the command was due earlier than now, at that moment. It returns errLate where
// something fell due since the last look.
func (w *work) inDrill(ctx context.Context, when turn) error {
	realm := w.actor.Realm
	recs, err := w.tx.Lock(ctx, realm, Ref{KindDrill, realm.Drill()})
	if err != nil {
		return err
	}
	w.drill, w.fell = recs[0].(*Drill), when.due != nil
	due, at := when.due, w.drill.Clock.Time(w.change.Wall)
	if due != nil && due.Before(at) {
		at = *due
	}
	if !when.looked.IsZero() && at.After(when.looked) {
		// The clock went on since; at sixty times the rate that is a while.
		if missed, err := w.tx.Due(ctx, when.looked, at); err != nil {
			return err
		} else if missed {
			return errLate
		}
	}
	seq, last, err := w.tx.Last(ctx, realm)
	if err != nil {
		return err
	}
	if w.last = seq; last.After(at) {
		at = last
	}
	w.at, w.change.At = at.UTC(), at.UTC()
	switch d := w.drill; {
	case w.cmd.planning(), d.State == DrillRunning:
		return nil
	case d.State == DrillPaused && due != nil:
		return nil // a jump went over it
	case w.actor.Role == RoleSystem:
		return errStands
	case w.actor.Audience().runs() && !d.State.Over():
		return nil
	default:
		e := refuse(IllegalMove, "演练未在进行，现为“%[1]s”", "the drill is not running, it is %[2]s", stateZH(KindDrill, string(d.State)), d.State)
		e.Current = d
		return e
	}
}

// runs tells whether the realm's clock runs, as far as is known.
func (s *Service) runs(realm Realm) bool {
	s.Now(realm)
	s.clocks.mu.Lock()
	defer s.clocks.mu.Unlock()
	return s.clocks.held[realm].clock.Running
}

// newID makes an id. In a drill it comes of the seed, the actor and the command's
// key: the same decisions have the same ids, also after a restart.
func (w *work) newID() string {
	if w.drill == nil {
		return w.svc.cfg.NewID()
	}
	w.made++
	sum := sha256.Sum256(fmt.Appendf(nil, "%d\n%s\n%s\n%d", w.drill.Seed, w.actor.ID, w.change.Command, w.made))
	return hex.EncodeToString(sum[:16])
}
