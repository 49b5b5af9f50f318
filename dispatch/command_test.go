package dispatch

import (
	"errors"
	"strings"
	"testing"
)

// Bad input is refused by name, with what would be right.
func TestDecodeRefusesByName(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, body, field, says string
	}{
		{"no JSON", `{"task":`, "body", "ends too early"},
		{"empty", ``, "body", "empty"},
		{"broken JSON", `{"task" "x"}`, "body", "no valid JSON"},
		{"unknown field", `{"task":"t","state":"done"}`, "state", "unknown field"},
		{"wrong type", `{"task":7}`, "task", "must be string"},
		{"wrong type inside", `{"task":"t","from":{"a":1}}`, "from", "must be"},
		{"trailing text", `{"task":"t"} {"task":"u"}`, "body", "after the JSON"},
		{"array for object", `[]`, "", "must be"},
		{"bad time", `{"task":"t","event_time":"yesterday"}`, "event_time", "parsing time"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, _ := CommandByName("task.advance")
			_, err := c.decode([]byte(tt.body))
			var e *Error
			if !errors.As(err, &e) || e.Code != Invalid {
				t.Fatalf("got %v, want an invalid error", err)
			}
			if e.Field != tt.field || !strings.Contains(e.Message, tt.says) || e.MessageZH == "" {
				t.Errorf("field %q message %q (%q); want field %q, message with %q", e.Field, e.Message, e.MessageZH, tt.field, tt.says)
			}
		})
	}
	c, _ := CommandByName("note.add")
	if _, err := c.decode([]byte(`{"text":"` + strings.Repeat("x", MaxBody) + `"}`)); CodeOf(err) != TooLarge {
		t.Errorf("oversize: %v, want too_large", err)
	}
}

// Every command has words in both languages and a named input.
func TestCommandsAreDescribed(t *testing.T) {
	t.Parallel()
	for _, c := range Commands() {
		if c.Summary == "" || c.Chinese == "" || c.Input.Name() == "" || !strings.Contains(c.Name, ".") {
			t.Errorf("%+v lacks a description", c)
		}
	}
}
