package edxl

import (
	"fmt"
	"unicode/utf8"
)

// Code says why bytes or values are refused.
type Code string

// The codes.
const (
	Invalid  Code = "invalid"   // wrong: Field says where, Message and Legal what would be right
	TooLarge Code = "too_large" // over a bound of this package
)

// Error refuses a message, written for the person who sent it. Its fields have
// the names and the meaning of the domain's own error, so that the caller can
// copy them.
type Error struct {
	Code    Code
	Message string // one sentence: what is wrong and what would be right
	// MessageZH is the same sentence in Chinese.
	MessageZH string
	// Field is the element at fault, as a path from the root. Where several of
	// one name stand side by side it is counted from 1:
	// "CommitResource/ResourceInformation[2]/ScheduleInformation/ScheduleType".
	// An attribute ends it as "@Type".
	Field string
	Value any      // what was given, where that helps; a text is cut
	Legal []string // what would be legal there
}

func (e *Error) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("%s: %s", e.Code, e.Message)
	}
	return fmt.Sprintf("%s: %s: %s", e.Code, e.Field, e.Message)
}

// breach is a rule that a value breaks, before it is known where the value
// stands.
type breach struct {
	field  string // below the value; "" when it is the value itself
	zh, en string
	value  any
	legal  []string
}

// at turns the breach into an error at the path.
func (b *breach) at(path string) error {
	if b == nil {
		return nil
	}
	if b.field != "" {
		path += "/" + b.field
	}
	return &Error{Code: Invalid, Field: path, Message: b.en, MessageZH: b.zh, Value: b.value, Legal: b.legal}
}

func wrong(value, zh, en string) *breach {
	return &breach{zh: zh, en: en, value: cut(value)}
}

// cut bounds what of the sender's text goes into an error.
func cut(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	n := most
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
