package dispatch

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"reflect"
)

// ScriptLine is one line of a script that was written outside. Its number tells
// which line of the drill it is; Inject is left empty, and a clause about another
// inject names it by number.
type ScriptLine struct {
	Row  int // in the file, the header is row 1
	Line InjectSave
}

// ScriptReport says what a script amounts to.
type ScriptReport struct {
	Created, Changed, Same int
	Refused                []RowError
}

// ImportScript keeps the lines of a script in one change, all or nothing. A line
// that says what is there already makes no new version, so that a file that was
// only read changes nothing; lines of the drill that the file does not name stay.
// With any line refused, or dry, nothing is written.
func (s *Service) ImportScript(ctx context.Context, actor Actor, key string, lines []ScriptLine, dry bool) (ScriptReport, error) {
	cmd, _ := CommandByName("inject.save")
	if err := cmd.mayAtAll(actor); err != nil {
		return ScriptReport{}, err
	}
	hash, err := json.Marshal(lines)
	if err != nil {
		return ScriptReport{}, invalid("action.input", "", "不是有效的 JSON", "is no valid JSON")
	}
	var rep ScriptReport
	k := Key{actor.Realm, key, actor.ID, sha256.Sum256(append([]byte("import inject\n"), hash...))}
	c, replayed, err := s.store.Command(ctx, k, func(ctx context.Context, tx Tx) (*Change, error) {
		rep = ScriptReport{} // the store may try again
		w, err := s.begin(ctx, tx, actor, cmd, key, turn{})
		if err != nil {
			return nil, err
		}
		w.change.Kind = "import.inject"
		if err := w.importScript(ctx, lines, &rep); err != nil {
			return nil, err
		}
		if len(rep.Refused) > 0 || dry || rep.Created+rep.Changed == 0 {
			return nil, errDry
		}
		return w.change, w.react(ctx)
	})
	switch {
	case errors.Is(err, errDry):
		return rep, nil
	case err != nil:
		return ScriptReport{}, err
	}
	s.committed(c, replayed)
	if replayed {
		for _, p := range c.Puts {
			if p.Before == nil {
				rep.Created++
			} else {
				rep.Changed++
			}
		}
	}
	return rep, nil
}

func (w *work) importScript(ctx context.Context, lines []ScriptLine, rep *ScriptReport) error {
	all, err := w.injects(ctx)
	if err != nil {
		return err
	}
	p, err := w.loadPlan(ctx, all)
	if err != nil {
		return err
	}
	refused := func(row int, err error) error {
		var e *Error
		if !errors.As(err, &e) {
			return err
		}
		rep.Refused = append(rep.Refused, RowError{row, e})
		return nil
	}
	type pair struct {
		row      int
		now, old *Inject
	}
	var pairs []pair
	byNumber := map[string]string{}
	for _, i := range all {
		byNumber[i.Number] = i.ID
	}
	for _, l := range lines {
		in := l.Line
		in.Inject = byNumber[in.Number]
		now, old, err := w.asLine(ctx, p, &in)
		if err != nil {
			if err = refused(l.Row, err); err != nil {
				return err
			}
			continue
		}
		byNumber[now.Number] = now.ID
		pairs = append(pairs, pair{l.Row, now, old})
		p.replace(now)
	}
	if len(p.injects) > mostInjects {
		return tooManyInjects()
	}
	// Every line is there now, so that one may depend on any other.
	lost := map[int]bool{}
	for _, x := range pairs {
		if err := x.now.resolve(byNumber); err != nil {
			lost[x.row] = true
			if err = refused(x.row, err); err != nil {
				return err
			}
		}
	}
	for _, x := range pairs {
		if lost[x.row] {
			continue
		}
		if x.old != nil && x.now.says(x.old) {
			rep.Same++
			continue
		}
		err := w.admit(p, x.now)
		if err == nil {
			err = w.keepLine(x.now, x.old)
		}
		if err != nil {
			if err = refused(x.row, err); err != nil {
				return err
			}
			continue
		}
		if x.old == nil {
			rep.Created++
		} else {
			rep.Changed++
		}
	}
	return nil
}

// resolve finds the injects that the clauses name by number.
func (i *Inject) resolve(byNumber map[string]string) error {
	if i.Trigger.When == nil {
		return nil
	}
	for k := range i.Trigger.When.Clauses {
		c := &i.Trigger.When.Clauses[k]
		if c.Inject == "" {
			continue
		}
		id, ok := byNumber[c.Inject]
		if !ok {
			return invalid(field("trigger.when.clauses", k)+".inject", c.Inject, "条件所指的注入不存在", "the inject that it depends on is not there")
		}
		c.Inject = id
	}
	return nil
}

// replace puts the line into the plan in the place of the one with its id.
func (p *plan) replace(i *Inject) {
	for n, o := range p.injects {
		if o.ID == i.ID {
			p.injects[n] = i
			return
		}
	}
	p.injects = append(p.injects, i)
}

// says tells whether the line says what the other says, whatever has come of that.
func (i *Inject) says(o *Inject) bool {
	bare := func(x *Inject) Inject {
		c := *x
		c.Head, c.State, c.Met, c.Due, c.Stamps, c.Reason = Head{}, "", nil, nil, nil, ""
		if len(c.Parts) == 0 {
			c.Parts = nil
		}
		if err := c.plain(nil); err != nil {
			return Inject{}
		}
		if len(c.Expected) == 0 {
			c.Expected = nil
		}
		return c
	}
	return reflect.DeepEqual(bare(i), bare(o))
}
