package dispatch

import (
	"errors"
	"fmt"
)

// Code is one of the few reasons for which a command is refused.
type Code string

// The codes. One table in web maps them to HTTP.
const (
	Invalid     Code = "invalid"      // the input is wrong: Field and Legal say where and what would be right
	NotFound    Code = "not_found"    // no such record, or none that the actor may see
	Forbidden   Code = "forbidden"    // the actor may not do this
	IllegalMove Code = "illegal_move" // the state does not allow it; Legal lists what it allows now
	Stale       Code = "stale"        // the record changed since it was read; Current holds it
	Conflict    Code = "conflict"     // another use is in the way; Message names it
	Blocked     Code = "blocked"      // something must end first; Blockers lists all of it
	Reused      Code = "key_reused"   // the idempotency key was used for another command
	Unavailable Code = "unavailable"  // the database cannot be reached; try again
	TooLarge    Code = "too_large"    // the input is over its bound
	Throttled   Code = "throttled"    // too many tries
)

// Error is a refusal, written for the user. Everything that is not an *Error
// is a bug or a broken machine and is logged, not shown.
type Error struct {
	Code    Code
	Message string // one sentence: what is in the way
	// MessageZH is the same sentence in Chinese.
	MessageZH string
	Field     string   // the input field at fault, as a path: "place.point"
	Value     any      // what was given
	Legal     []string // what would be legal now
	Blockers  []Ref    // what must end first
	Current   Record   // the record as it is now, where the actor may see it
}

func (e *Error) Error() string {
	if e.Field != "" {
		return fmt.Sprintf("%s: %s: %s", e.Code, e.Field, e.Message)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

// CodeOf returns the refusal's code, or "" for any other error.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func invalid(field string, value any, zh, en string, legal ...string) error {
	return &Error{Code: Invalid, Field: field, Value: value, Message: en, MessageZH: zh, Legal: legal}
}

func refuse(code Code, zh, en string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(en, args...), MessageZH: fmt.Sprintf(zh, args...)}
}

// NotFoundError is what a read answers for a record that does not exist or
// that the actor may not see: the two are not told apart.
func NotFoundError(ref Ref) error {
	return &Error{Code: NotFound, Value: ref.ID,
		Message:   fmt.Sprintf("there is no %s %q that you may see", ref.Kind, ref.ID),
		MessageZH: fmt.Sprintf("没有您可查看的%s“%s”", KindNameZH(ref.Kind), ref.ID)}
}
