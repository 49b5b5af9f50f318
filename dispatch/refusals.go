package dispatch

import (
	"context"
	"fmt"
	"strings"
)

// illegal is the refusal of a move that the state does not allow.
func illegal(k Kind, from, to string, legal []string) *Error {
	return &Error{Code: IllegalMove, Legal: legal,
		Message:   fmt.Sprintf("a %s that is %s cannot become %s", k, from, to),
		MessageZH: fmt.Sprintf("%s现为“%s”，不能变为“%s”", KindNameZH(k), stateZH(k, from), stateZH(k, to))}
}

func illegalTask(t *Task, to TaskState) *Error {
	e := illegal(KindTask, string(t.State), string(to), words(TaskMoves(t)))
	e.Current = t
	return e
}

func needReason(reason string) error {
	if strings.TrimSpace(reason) == "" {
		return invalid("reason", "", "请填写原因", "the reason is missing", "why, in a few words")
	}
	return checkText("reason", reason, 1, 300)
}

// newScope is the scope of a record that the actor makes: its agency's, in the
// division that was named, else the one that holds the point, else the
// agency's home area.
func (w *work) newScope(ctx context.Context, agency, area string, place Place) (Scope, error) {
	if agency == "" {
		agency = w.actor.Agency
	}
	if err := place.check("place"); err != nil {
		return Scope{}, err
	}
	if area != "" {
		if !divisionCode.MatchString(area) {
			return Scope{}, invalid("area", area, "行政区划代码应为 2、4、6、9 或 12 位数字", "a division code has 2, 4, 6, 9 or 12 digits", "411002")
		}
		return Scope{Agency: agency, Area: area}, nil
	}
	if place.Point != nil {
		code, err := w.tx.AreaAt(ctx, w.actor.Realm, *place.Point)
		if err != nil {
			return Scope{}, err
		}
		if code != "" {
			return Scope{Agency: agency, Area: code}, nil
		}
	}
	r, err := w.tx.Get(ctx, w.actor.Realm, Ref{KindAgency, agency}, nil)
	if err != nil {
		return Scope{}, err
	}
	return Scope{Agency: agency, Area: r.head().Scope.Area}, nil
}
