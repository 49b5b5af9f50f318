package dispatch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// mostInjects bounds the script of one drill.
const mostInjects = 500

// injects are the drill's, as this change holds them, in the order of their numbers.
func (w *work) injects(ctx context.Context) ([]*Inject, error) {
	recs, err := w.tx.Find(ctx, Query{Realm: w.actor.Realm, Kind: KindInject, Limit: -1})
	if err != nil {
		return nil, err
	}
	out := make([]*Inject, 0, len(recs))
	for _, r := range recs {
		out = append(out, w.current(r).(*Inject))
	}
	for _, p := range w.change.Puts {
		if i, ok := p.Record.(*Inject); ok && p.Before == nil {
			out = append(out, i)
		}
	}
	slices.SortFunc(out, ByNumber)
	return out, nil
}

// ByNumber orders injects as their numbers count: 2, 14, 14a, 14b, 100.
func ByNumber(a, b *Inject) int {
	count := func(s string) (int, string) {
		digits := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
		if digits < 0 {
			digits = len(s)
		}
		n, err := strconv.Atoi(s[:digits])
		if err != nil {
			return 1 << 40, s
		}
		return n, s[digits:]
	}
	na, ra := count(a.Number)
	nb, rb := count(b.Number)
	if na != nb {
		return na - nb
	}
	if n := compare(ra, rb); n != 0 {
		return n
	}
	return compare(a.ID, b.ID)
}

// nextNumber is the number after the last: 001, 002 …
func nextNumber(all []*Inject) string {
	last := 0
	for _, i := range all {
		digits := strings.TrimRightFunc(i.Number, func(r rune) bool { return r < '0' || r > '9' })
		if n, err := strconv.Atoi(digits); err == nil {
			last = max(last, n)
		}
	}
	return fmt.Sprintf("%03d", last+1)
}

// namedBy refuses to take away what injects name.
func namedBy(using []*Inject, zh, en string) error {
	slices.SortFunc(using, ByNumber)
	var numbers []string
	var refs []Ref
	for _, i := range using {
		numbers, refs = append(numbers, "#"+i.Number), append(refs, RefOf(i))
	}
	list := strings.Join(numbers, ", ")
	e := refuse(Blocked, zh, en, list)
	e.Blockers = refs
	return e
}

func saveInject(ctx context.Context, w *work, in *InjectSave) error {
	all, err := w.injects(ctx)
	if err != nil {
		return err
	}
	p, err := w.loadPlan(ctx, all)
	if err != nil {
		return err
	}
	return w.saveLine(ctx, p, in)
}

// saveLine keeps one line of the script beside all the others of the plan.
func (w *work) saveLine(ctx context.Context, p *plan, in *InjectSave) error {
	if in.Inject == "" && len(p.injects) >= mostInjects {
		return tooManyInjects()
	}
	i, old, err := w.asLine(ctx, p, in)
	if err != nil {
		return err
	}
	if err := w.admit(p, i); err != nil {
		return err
	}
	return w.keepLine(i, old)
}

func tooManyInjects() error {
	return refuse(TooLarge, "一场演练最多 %d 条注入", "a drill has at most %d injects", mostInjects)
}

// asLine is the input as a line of the script, with what there was before; nil where
// it is a new one.
func (w *work) asLine(ctx context.Context, p *plan, in *InjectSave) (i, old *Inject, err error) {
	if w.drill.State.Over() {
		return nil, nil, illegal(KindDrill, string(w.drill.State), w.cmd.Name, nil)
	}
	number := strings.TrimSpace(in.Number)
	if number == "" {
		number = nextNumber(p.injects)
	}
	i = &Inject{Number: number, Move: in.Move, Type: in.Type, Method: in.Method, From: tidy(in.From), To: tidy(in.To), Parts: in.Parts, Text: tidy(in.Text),
		Trigger: in.Trigger, Action: in.Action, Objective: in.Objective, Expected: in.Expected, Controller: in.Controller, Evaluator: in.Evaluator,
		Note: tidy(in.Note), State: InjectWaiting}
	if in.Inject == "" {
		i.Kind, i.ID = KindInject, w.newID()
	} else {
		if old, err = lockOne[*Inject](ctx, w, KindInject, in.Inject); err != nil {
			return nil, nil, err
		}
		i.Head = old.Head
	}
	return i, old, i.plain(old)
}

// admit refuses a line that cannot stand in the plan.
func (w *work) admit(p *plan, i *Inject) error {
	for _, o := range p.injects {
		if o.Number == i.Number && o.ID != i.ID {
			return invalid("number", i.Number, "编号已被使用", "is the number of another inject", nextNumber(p.injects))
		}
	}
	if err := firstError(i.check(), p.admit(i)); err != nil {
		return err
	}
	if at := w.drill.Begins.Add(seconds(i.Trigger.Offset)); i.Trigger.Type == TriggerTimed && w.drill.State.Begun() && at.Before(w.at) {
		return invalid("trigger.offset", i.Trigger.Offset, "该时刻已过", "that moment is over", fmt.Sprintf("%d or more", int(w.at.Sub(w.drill.Begins)/time.Second)+1))
	}
	return nil
}

// keepLine puts an admitted line into the change. One that has been given, or is
// about to be, is changed no more.
func (w *work) keepLine(i, old *Inject) error {
	i.look(w.drill.Begins, w.at)
	if old == nil {
		return w.create(KindInject, i.ID, w.planScope(), i)
	}
	if old.State != InjectWaiting {
		e := refuse(IllegalMove, "该注入%[1]s，不能再改", "this inject is %[2]s and is changed no more", stateZH(KindInject, string(old.State)), old.State)
		e.Current = old
		return e
	}
	*old = *i
	return w.put(old)
}

// plain leaves out of a line what only the drill itself writes, and keeps what it
// wrote in the line before: a command that was given stays given.
func (i *Inject) plain(old *Inject) error {
	if i.Trigger.When != nil {
		when := *i.Trigger.When
		when.Clauses = slices.Clone(when.Clauses)
		for k := range when.Clauses {
			c := &when.Clauses[k]
			c.Given = nil
			if old == nil || old.Trigger.When == nil {
				continue
			}
			for _, o := range old.Trigger.When.Clauses {
				if o.Command == c.Command && o.Agency == c.Agency {
					c.Given = o.Given
				}
			}
		}
		i.Trigger.When = &when
	}
	if i.Action != nil {
		action := *i.Action
		action.Done = nil
		if len(action.Input) == 0 {
			action.Input = []byte("{}")
		}
		var err error
		if action.Input, err = canonical(action.Input); err != nil {
			return invalid("action.input", "", "不是有效的 JSON", "is no valid JSON")
		}
		i.Action = &action
	}
	i.Expected = slices.Clone(i.Expected)
	for k := range i.Expected {
		i.Expected[k].Text, i.Expected[k].Done, i.Expected[k].Missed = tidy(i.Expected[k].Text), nil, nil
		if i.Expected[k].Weight == 0 {
			i.Expected[k].Weight = 1
		}
	}
	return nil
}

// canonical is the JSON with sorted keys and without spaces: the same input is the
// same text, whoever wrote it.
func canonical(raw json.RawMessage) (json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the JSON")
	}
	return json.Marshal(v)
}

func removeInject(ctx context.Context, w *work, in *InjectMove) error {
	i, err := lockOne[*Inject](ctx, w, KindInject, in.Inject)
	if err != nil {
		return err
	}
	if w.drill.State.Over() {
		return illegal(KindDrill, string(w.drill.State), w.cmd.Name, nil)
	}
	if i.State != InjectWaiting {
		return illegal(KindInject, string(i.State), "removed", []string{string(InjectWaiting)})
	}
	all, err := w.injects(ctx)
	if err != nil {
		return err
	}
	var using []*Inject
	for _, o := range all {
		if o.Trigger.names(i.ID) {
			using = append(using, o)
		}
	}
	if len(using) > 0 {
		return namedBy(using, "注入 %s 以其为条件", "the injects %s depend on it")
	}
	w.drop(i)
	return nil
}

// names tells whether the trigger depends on the inject.
func (t *Trigger) names(inject string) bool {
	return t.When != nil && slices.ContainsFunc(t.When.Clauses, func(c Clause) bool { return c.Inject == inject })
}

func releaseInject(ctx context.Context, w *work, in *InjectMove) error {
	i, err := lockOne[*Inject](ctx, w, KindInject, in.Inject)
	if err != nil {
		return err
	}
	if w.drill.State != DrillRunning && w.drill.State != DrillPaused {
		return illegal(KindDrill, string(w.drill.State), w.cmd.Name, []string{string(DrillRunning), string(DrillPaused)})
	}
	if err := checkText("reason", in.Reason, 0, 300); err != nil {
		return err
	}
	w.change.Note = in.Reason
	return w.release(ctx, i)
}

func holdInject(ctx context.Context, w *work, in *InjectMove) error {
	return w.putOff(ctx, in, InjectHeld)
}
func skipInject(ctx context.Context, w *work, in *InjectMove) error {
	return w.putOff(ctx, in, InjectSkipped)
}

// putOff keeps an inject back, or does without it.
func (w *work) putOff(ctx context.Context, in *InjectMove, to InjectState) error {
	if err := needReason(in.Reason); err != nil {
		return err
	}
	i, err := lockOne[*Inject](ctx, w, KindInject, in.Inject)
	if err != nil {
		return err
	}
	if w.drill.State.Over() {
		return illegal(KindDrill, string(w.drill.State), w.cmd.Name, nil)
	}
	if err := i.reach(to, w.stamp()); err != nil {
		return err
	}
	i.Due, i.Reason, w.change.Note = nil, in.Reason, in.Reason
	return w.put(i)
}
