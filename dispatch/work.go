package dispatch

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// errMoved makes the service start the command over in a new transaction: a
// task moved between the look that told which rows to lock and the lock.
var errMoved = errors.New("a task moved while its rows were being locked")

// work is one command under way: what it loaded and the change it builds.
type work struct {
	svc    *Service
	tx     Tx
	actor  Actor
	cmd    *Command
	at     time.Time
	change *Change
	expect map[string]int64
	met    map[string]bool
	held   map[Ref]*pending
	secret string
	// foreign are the neighbour's records that the rule edited.
	foreign []Record
	// drill is the drill in whose realm the command is carried out, locked; last
	// is its last change, made counts the ids that came of its seed. A command that
	// fell due is carried out at its own moment.
	drill *Drill
	last  int64
	made  int
	fell  bool
}

// lock loads the records for update and checks the versions that the command
// expects.
func (w *work) lock(ctx context.Context, refs ...Ref) ([]Record, error) {
	recs, err := w.tx.Lock(ctx, w.actor.Realm, refs...)
	if err != nil {
		return nil, err
	}
	for i, r := range recs {
		// A record that this change already holds is not read again: the
		// rows are written only at the end.
		if p, ok := w.held[refs[i]]; ok {
			recs[i] = w.change.Puts[p.index].Record
			continue
		}
		name := string(refs[i].Kind) + "/" + refs[i].ID
		want, ok := w.expect[name]
		if !ok {
			continue
		}
		if w.met == nil {
			w.met = map[string]bool{}
		}
		w.met[name] = true
		if have := r.head().Version; have != want {
			return nil, &Error{Code: Stale, Field: "expect." + name, Value: want, Current: r,
				Message:   fmt.Sprintf("%s was changed since: version %d, you had %d", name, have, want),
				MessageZH: fmt.Sprintf("%s已被他人修改：现为第 %d 版，您看到的是第 %d 版", KindNameZH(refs[i].Kind), have, want)}
		}
	}
	return recs, nil
}

// unmet refuses an expectation about a record that the command never locked:
// it would be a guard that guards nothing.
func (w *work) unmet() error {
	for name := range w.expect {
		if !w.met[name] {
			return invalid("expect."+name, name, "此命令不涉及该记录", "this command does not touch that record")
		}
	}
	return nil
}

// lockOne loads one record for update.
func lockOne[R Record](ctx context.Context, w *work, kind Kind, id string) (R, error) {
	var none R
	if id == "" {
		return none, invalid(string(kind), id, "缺少"+KindNameZH(kind), "the "+string(kind)+" is missing", "an id")
	}
	recs, err := w.lock(ctx, Ref{kind, id})
	if err != nil {
		return none, err
	}
	r, ok := recs[0].(R)
	if !ok {
		return none, fmt.Errorf("%s/%s is a %T", kind, id, recs[0])
	}
	// What the actor may not see does not exist for it.
	if w.sees(r) == Hidden {
		return none, NotFoundError(Ref{kind, id})
	}
	return r, nil
}

// create gives a new record its head and puts it.
func (w *work) create(kind Kind, id string, scope Scope, r Record) error {
	if id == "" {
		id = w.newID()
	}
	*r.head() = Head{Kind: kind, ID: id, Version: 1, Scope: scope, Created: w.at, Updated: w.at}
	setInitials(r)
	if err := r.check(); err != nil {
		return err
	}
	w.change.Puts = append(w.change.Puts, Put{Record: r, After: scope})
	w.pending(RefOf(r)).edited = true
	return nil
}

// pending is a record that the change already holds.
type pending struct {
	index  int
	edited bool // its version has moved
}

func (w *work) pending(ref Ref) *pending {
	if p, ok := w.held[ref]; ok {
		return p
	}
	if w.held == nil {
		w.held = map[Ref]*pending{}
	}
	p := &pending{index: len(w.change.Puts) - 1}
	w.held[ref] = p
	return p
}

// hold adds the record to the change once, with the scope it has now as the
// scope before.
func (w *work) hold(r Record) *pending {
	ref := RefOf(r)
	if _, ok := w.held[ref]; !ok {
		before := r.head().Scope
		w.change.Puts = append(w.change.Puts, Put{Record: r, Before: &before, After: before})
		if o := r.head().Origin; o != nil && o.Gone {
			w.drop(r) // what hangs on it may move; it does not come back by that
		}
	}
	return w.pending(ref)
}

// put adds an edited record to the change: a new version, one per change.
func (w *work) put(r Record) error {
	setInitials(r)
	if err := r.check(); err != nil {
		return err
	}
	p := w.hold(r)
	if r.head().Origin != nil {
		w.foreign = append(w.foreign, r) // its home counts the versions
		return nil
	}
	if !p.edited {
		p.edited = true
		r.head().Version++
	}
	r.head().Updated = w.at
	return nil
}

// derive adds a record whose derived fields moved: the version stays, so
// nobody's edit becomes stale.
func (w *work) derive(r Record) {
	w.hold(r)
	if r.head().Origin == nil {
		r.head().Updated = w.at
	}
}

// rescope changes who sees a loaded record, without a new version. Never write
// to Head.Scope directly: the change has to know the scope before.
func (w *work) rescope(r Record, to Scope) {
	if r.head().Scope.Equal(to) {
		return
	}
	p := w.hold(r)
	r.head().Scope = to
	if r.head().Origin == nil {
		r.head().Updated = w.at
	}
	w.change.Puts[p.index].After = to
}

// drop takes a record off the board.
func (w *work) drop(r Record) {
	w.change.Drops = append(w.change.Drops, Drop{RefOf(r), r.head().Scope})
}

func (w *work) stamp() Stamp { return Stamp{At: w.at, By: w.actor.Name} }

// stampAt is a stamp with the event time that the device told.
func (w *work) stampAt(event *time.Time) (Stamp, error) {
	s := w.stamp()
	if event == nil {
		return s, nil
	}
	e := event.UTC().Truncate(time.Microsecond)
	if e.After(w.at.Add(time.Minute)) {
		return s, invalid("event_time", e, "事件时间晚于当前时间", "the event time lies in the future", "a time not later than "+w.at.Format(time.RFC3339))
	}
	s.Event = &e
	return s, nil
}
