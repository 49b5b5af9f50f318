package dispatch

import (
	"slices"
	"time"
)

// span is a stretch of time, to the second.
type span struct{ from, to time.Time }

// secs cuts a time to the second, so that pieces add up to the whole.
func secs(t time.Time) time.Time { return t.Truncate(time.Second) }

// service is one loan as its record tells it: all that a claim counts.
type service struct {
	loan    *Loan
	subject string // the type of the team, the item or the supply
	away    span
	order   []int64 // the changes that ordered, committed, moved and returned it
	ends    []int64 // those of the hand-over and the return alone
	crew    int     // aboard when the team was committed
	metres  int64   // there, by estimate; 0 unknown or not counted here
	scenes  []sceneWork
}

// sceneWork is the time of one task on scene.
type sceneWork struct {
	task   string
	during span
	seqs   []int64
}

// piece is a part of a span in which one rate counts.
type piece struct {
	span
	rate     *Rate // nil: none is kept
	quantity int64
}

// bill computes the lines of one loan.
func (s *service) bill(t tariff, zone *time.Location) []ClaimLine {
	var out []ClaimLine
	add := func(typ RateType, unit string, p piece, seqs []int64) *ClaimLine {
		if p.quantity == 0 {
			return nil
		}
		l := ClaimLine{Type: typ, Loan: s.loan.ID, Name: s.loan.Name, Unit: unit, Quantity: p.quantity, Seqs: seqs}
		if !p.from.IsZero() {
			from, to := p.from.UTC(), p.to.UTC()
			l.From, l.To = &from, &to
		}
		if typ == RateCrew || typ == RateMeal {
			l.Persons = s.crew
		}
		if p.rate != nil {
			l.Rate, l.Price, l.Unit = p.rate.ID, p.rate.Amount, p.rate.Unit
			l.Computed = amount(l.Quantity, l.Price, perUnit(l.Unit))
		}
		out = append(out, l)
		return &out[len(out)-1]
	}
	once := func(typ RateType, unit string, n int64, on time.Time, seqs []int64) {
		want := ""
		if typ == RateSupply {
			want = unit
		}
		add(typ, unit, piece{rate: t.at(typ, s.subject, want, dayOf(on, zone)), quantity: n}, seqs)
	}
	switch s.loan.Resource.Kind {
	case KindTeam:
		s.billTeam(t, zone, add)
	case KindEquipment:
		for _, p := range blocks(s.away, zone, func(d Day) *Rate { return t.at(RateEquipment, s.subject, "", d) }) {
			add(RateEquipment, "hour", p, s.order)
		}
		if typ := damage(s.loan.HandedOver, s.loan.CameBack); typ != "" {
			once(typ, "item", 1, s.away.to, s.ends)
		}
	case KindStock:
		if used := s.loan.Quantity - s.loan.Returned; used > 0 && s.loan.State == LoanReturned {
			once(RateSupply, s.loan.Unit, int64(used), s.away.from, s.ends)
		}
	}
	// The way is paid where a rate for it is kept, at that of the day of departure.
	if r := t.at(RateTransport, s.subject, "", dayOf(s.away.from, zone)); r != nil && s.metres > 0 {
		add(RateTransport, "km", piece{rate: r, quantity: 2 * s.metres}, s.order).Estimate = true
	}
	return out
}

// billTeam computes what a team's time costs. That a team has no rate for its
// hours is told only where none of the crew or the work on scene counts either:
// a tariff need not know all of them.
func (s *service) billTeam(t tariff, zone *time.Location, add func(RateType, string, piece, []int64) *ClaimLine) {
	rate := func(typ RateType) func(Day) *Rate { return func(d Day) *Rate { return t.at(typ, s.subject, "", d) } }
	for _, p := range hours(s.away, zone, rate(RateTeam)) {
		known := func(typ RateType) bool { return rate(typ)(dayOf(p.from, zone)) != nil }
		if p.rate != nil || !known(RateCrew) && !known(RateScene) {
			add(RateTeam, "hour", p, s.order)
		}
	}
	for _, p := range hours(s.away, zone, rate(RateCrew)) {
		if p.rate != nil {
			p.quantity *= int64(s.crew)
			add(RateCrew, "hour", p, s.order)
		}
	}
	for _, w := range s.scenes {
		for _, p := range hours(w.during, zone, rate(RateScene)) {
			if p.rate == nil {
				continue
			}
			if l := add(RateScene, "hour", p, w.seqs); l != nil {
				l.Task = w.task
			}
		}
	}
	for _, p := range days(s.away, zone, rate(RateMeal)) {
		if p.rate != nil {
			p.quantity *= int64(s.crew)
			add(RateMeal, "day", p, s.order)
		}
	}
}

// damage is what a change of condition is paid as; "" where nothing is.
func damage(before, after Condition) RateType {
	switch {
	case after == before || before == ConditionScrapped:
		return ""
	case after == ConditionWorn && before == ConditionReady:
		return RateWear
	case after == ConditionBroken:
		return RateRepair
	case after == ConditionScrapped:
		return RateLoss
	}
	return ""
}

// hours cuts a span at the local midnights on which the rate changes, and counts
// the seconds of each piece.
func hours(s span, zone *time.Location, rate func(Day) *Rate) []piece {
	return cut(s, func(from time.Time) (time.Time, *Rate, int64) {
		to := sooner(midnight(from, zone), s.to)
		return to, rate(dayOf(from, zone)), int64(to.Sub(from) / time.Second)
	})
}

// days counts the local calendar days of a span, begun days too, each at its own
// day's rate.
func days(s span, zone *time.Location, rate func(Day) *Rate) []piece {
	return cut(s, func(from time.Time) (time.Time, *Rate, int64) {
		return sooner(midnight(from, zone), s.to), rate(dayOf(from, zone)), 1
	})
}

// blocks counts by the hour, or by 24 hours begun where the rate is one per day:
// each at the rate of the day on which it begins.
func blocks(s span, zone *time.Location, rate func(Day) *Rate) []piece {
	return cut(s, func(from time.Time) (time.Time, *Rate, int64) {
		r := rate(dayOf(from, zone))
		if r != nil && r.Unit == "day" {
			return sooner(from.Add(24*time.Hour), s.to), r, 1
		}
		to := sooner(midnight(from, zone), s.to)
		return to, r, int64(to.Sub(from) / time.Second)
	})
}

// cut walks through a span step by step and joins steps of one rate.
func cut(s span, step func(time.Time) (time.Time, *Rate, int64)) []piece {
	var out []piece
	for from := s.from; from.Before(s.to); {
		to, r, n := step(from)
		if k := len(out) - 1; k >= 0 && out[k].rate == r {
			out[k].to, out[k].quantity = to, out[k].quantity+n
		} else {
			out = append(out, piece{span{from, to}, r, n})
		}
		from = to
	}
	return out
}

// midnight is the end of the local day.
func midnight(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, zone)
}

func sooner(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// keepEdits gives computed lines the edits of the lines that they replace. It
// tells how many found no line again.
func keepEdits(lines, before []ClaimLine) (lost int) {
	for _, old := range before {
		if old.Edited == nil {
			continue
		}
		n := slices.IndexFunc(lines, func(l ClaimLine) bool {
			return l.Type == old.Type && l.Loan == old.Loan && l.Task == old.Task && sameTime(l.From, old.From) && l.Edited == nil
		})
		if n < 0 {
			lost++
			continue
		}
		lines[n].Edited, lines[n].Reason, lines[n].Editor = old.Edited, old.Reason, old.Editor
	}
	return lost
}

func sameTime(a, b *time.Time) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}
