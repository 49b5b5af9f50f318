package dispatch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"sort"
	"strings"
)

// Command is one thing that an actor can ask for: a name "noun.verb", the type
// of its input and the rule that carries it out. The table of them is the
// contract of both doors, HTTP and the socket.
type Command struct {
	Name    string
	Summary string // English, one line
	Chinese string // as on the screen
	Input   reflect.Type
	// Roles may use the command at all; which records, the rule asks May.
	Roles []Role

	run func(ctx context.Context, w *work, in any) error
}

func command[In any](name, chinese, summary string, roles []Role, run func(context.Context, *work, *In) error) *Command {
	return &Command{Name: name, Chinese: chinese, Summary: summary, Input: reflect.TypeFor[In](), Roles: roles,
		run: func(ctx context.Context, w *work, in any) error { return run(ctx, w, in.(*In)) }}
}

var byName = map[string]*Command{}

func init() {
	for _, c := range commands() {
		if byName[c.Name] != nil {
			panic("two commands are called " + c.Name)
		}
		byName[c.Name] = c
	}
}

// CommandByName returns the command called name.
func CommandByName(name string) (*Command, bool) {
	c, ok := byName[name]
	return c, ok
}

// Commands returns all commands, by name.
func Commands() []*Command {
	out := make([]*Command, 0, len(byName))
	for _, c := range byName {
		out = append(out, c)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// MaxBody bounds a command's JSON, in bytes.
const MaxBody = 64 << 10

// decode reads the input strictly: unknown fields, wrong types and trailing
// text are refused, each by name.
func (c *Command) decode(body []byte) (any, error) {
	if len(body) > MaxBody {
		return nil, &Error{Code: TooLarge, Field: "body", Value: len(body), Message: fmt.Sprintf("a command has at most %d bytes", MaxBody),
			MessageZH: fmt.Sprintf("命令内容最多 %d 字节", MaxBody)}
	}
	in := reflect.New(c.Input).Interface()
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(in); err != nil {
		return nil, decodeError(c, body, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, invalid("body", "", "JSON 之后还有多余内容", "there is text after the JSON object")
	}
	return in, nil
}

func decodeError(c *Command, body []byte, err error) error {
	var typ *json.UnmarshalTypeError
	var syn *json.SyntaxError
	switch {
	case errors.As(err, &typ):
		return invalid(typ.Field, typ.Value, "类型不对，应为 "+typ.Type.String(), "is a "+typ.Value+", must be "+typ.Type.String(), typ.Type.String())
	case errors.As(err, &syn):
		return invalid("body", syn.Offset, "不是有效的 JSON", fmt.Sprintf("is no valid JSON: %v at byte %d", syn, syn.Offset))
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return invalid("body", "", "内容为空或不完整", "is empty or ends too early")
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return invalid(strings.Trim(name, `"`), "", "未知的字段", "unknown field", Fields(c.Input)...)
	}
	if name, fault := locate(c.Input, body); name != "" {
		return invalid(name, "", "无法读取："+fault.Error(), fault.Error())
	}
	return invalid("body", "", "无法读取："+err.Error(), err.Error())
}

// Fields lists the JSON names of a struct type's fields.
func Fields(t reflect.Type) []string {
	var out []string
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			out = append(out, Fields(f.Type)...)
			continue
		}
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			out = append(out, name)
		}
	}
	return out
}

// Expect guards a command against records that changed meanwhile.
type Expect struct {
	Expect map[string]int64 `json:"expect,omitempty" doc:"\"kind/id\": the version you saw; refused as stale when it moved on"`
}

func (e *Expect) expected() map[string]int64 { return e.Expect }
