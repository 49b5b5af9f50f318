package dispatch

import (
	"encoding/json"
	"reflect"
	"strings"
)

// locate finds the field in which JSON that is well formed cannot be read into
// the type, as a path: a type that reads itself (a point, a time) tells what is
// wrong, but not where it stands. It is empty when no single field is at fault.
func locate(t reflect.Type, raw []byte) (string, error) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var err error
	if err = json.Unmarshal(raw, reflect.New(t).Interface()); err == nil || t.Kind() != reflect.Struct {
		return "", err
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return "", err
	}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		value, given := fields[name]
		if name == "" || name == "-" || !given {
			continue
		}
		if inner, fault := locate(f.Type, value); fault != nil {
			if inner != "" {
				name += "." + inner
			}
			return name, fault
		}
	}
	return "", err
}
