package edxl

import (
	"encoding"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	timeType        = reflect.TypeFor[time.Time]()
	bytesType       = reflect.TypeFor[[]byte]()
	unmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// isLeaf says whether values of the type are the text of an element or of an
// attribute.
func isLeaf(t reflect.Type) bool {
	switch {
	case t == timeType, t == bytesType, reflect.PointerTo(t).Implements(unmarshalerType):
		return true
	}
	switch t.Kind() {
	case reflect.String, reflect.Float64, reflect.Int64:
		return true
	}
	return false
}

// parseLeaf sets v from the text.
func parseLeaf(f *field, legal []string, text string, v reflect.Value) *breach {
	text = f.collapsed(text)
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok && v.Type() != timeType {
		return asBreach(text, u.UnmarshalText([]byte(text)))
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
		return checkText(f, legal, text)
	case reflect.Float64:
		n, b := parseNumber(text)
		v.SetFloat(n)
		return b
	case reflect.Int64:
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil || n < 0 {
			return wrong(text, "必须是非负整数", "must be a whole number that is not negative")
		}
		v.SetInt(n)
		return nil
	}
	if v.Type() == timeType {
		at, b := parseTime(text)
		v.Set(reflect.ValueOf(at))
		return b
	}
	if v.Type() == bytesType {
		raw, err := base64.StdEncoding.Strict().DecodeString(strings.Join(strings.Fields(text), ""))
		if err != nil {
			return wrong("", "必须是 base64 编码", "must be base64")
		}
		if len(raw) > 0 {
			v.SetBytes(raw)
		}
		return nil
	}
	panic("edxl: no text of a " + v.Type().String())
}

// leafText is the text of v as it is written.
func leafText(f *field, legal []string, v reflect.Value) (string, *breach) {
	if m, ok := v.Interface().(encoding.TextMarshaler); ok && v.Type() != timeType {
		text, err := m.MarshalText()
		return string(text), asBreach("", err)
	}
	switch v.Kind() {
	case reflect.String:
		text := f.collapsed(v.String())
		return text, checkText(f, legal, text)
	case reflect.Float64:
		text := numberText(v.Float())
		_, b := parseNumber(text)
		return text, b
	case reflect.Int64:
		if v.Int() < 0 {
			return "", wrong("", "必须是非负整数", "must be a whole number that is not negative")
		}
		return strconv.FormatInt(v.Int(), 10), nil
	}
	if v.Type() == timeType {
		text := v.Interface().(time.Time).Format("2006-01-02T15:04:05.999999999-07:00")
		_, b := parseTime(text)
		return text, b
	}
	if v.Type() == bytesType {
		return base64.StdEncoding.EncodeToString(v.Bytes()), nil
	}
	panic("edxl: no text of a " + v.Type().String())
}

// collapsed is the text without the white space that does not count.
func (f *field) collapsed(text string) string {
	switch {
	case f.collapse:
		return strings.Join(strings.Fields(text), " ")
	case f.uri:
		return strings.TrimSpace(text)
	}
	return text
}

// checkText looks at words of a list and at addresses of resources.
func checkText(f *field, legal []string, text string) *breach {
	if len(legal) > 0 && !slices.Contains(legal, text) {
		b := wrong(text, "取值必须是以下之一："+strings.Join(legal, "、"), "must be one of: "+strings.Join(legal, ", "))
		b.legal = legal
		return b
	}
	if f.uri && !validURI(text) {
		return wrong(text, "必须是 URI，例如 urn:xuchang:unit", "must be a URI, such as urn:xuchang:unit")
	}
	return nil
}

func validURI(s string) bool {
	if strings.ContainsAny(s, " \t\r\n<>\"{}|\\^`[]") || strings.Count(s, "#") > 1 {
		return false
	}
	_, err := url.Parse(s)
	return err == nil
}

// fault is a breach as an error, for what the standard library's interfaces
// must return.
type fault struct{ *breach }

func (f fault) Error() string { return f.en }

func asBreach(text string, err error) *breach {
	if err == nil {
		return nil
	}
	var f fault
	if !errors.As(err, &f) {
		return wrong(text, "内容无效", err.Error())
	}
	if f.value == nil || f.value == "" {
		f.value = cut(text)
	}
	return f.breach
}

var dateTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?$`)

// parseTime reads xsd:dateTime. A zone is asked for, which the schema does
// not: a time without one is eight hours wrong at the other end. The letter Z,
// which the standard tells senders not to write, is read: it is not ambiguous.
func parseTime(s string) (time.Time, *breach) {
	s = strings.TrimSpace(s)
	m := dateTime.FindStringSubmatch(s)
	if m != nil && m[2] == "" {
		return time.Time{}, wrong(s, "时间必须带时区，例如 2026-11-23T10:01:00+08:00", "a time needs its zone, such as 2026-11-23T10:01:00+08:00")
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	_, offset := t.Zone()
	if m == nil || err != nil || offset > 14*3600 || offset < -14*3600 || t.Year() < 1900 || t.Year() > 9999 {
		return time.Time{}, wrong(s, "必须是 1900 年以后的日期时间，例如 2026-11-23T10:01:00+08:00", "must be a date and time since 1900, such as 2026-11-23T10:01:00+08:00")
	}
	return t.In(time.FixedZone("", offset)), nil
}

var number = regexp.MustCompile(`^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$`)

// parseNumber reads xsd:double without its NaN and INF: no amount of anything.
func parseNumber(s string) (float64, *breach) {
	s = strings.TrimSpace(s)
	n, err := strconv.ParseFloat(s, 64)
	if len(s) > 400 || !number.MatchString(s) || err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return 0, wrong(s, "必须是数字", "must be a number")
	}
	return n + 0, nil // minus zero becomes zero
}

// numberText writes what a person would write, wherever it is short.
func numberText(n float64) string {
	if a := math.Abs(n); a >= 1e-6 && a < 1e15 || n == 0 {
		return strconv.FormatFloat(n+0, 'f', -1, 64)
	}
	return strconv.FormatFloat(n, 'g', -1, 64)
}

func required(name string) *breach {
	return &breach{field: name, zh: fmt.Sprintf("缺少必填元素 %s", name), en: fmt.Sprintf("%s is required here", name)}
}

// missing says that nothing stands at a field where something must.
func (f *field) missing() *breach {
	if f.role == anyRole {
		return &breach{zh: "此处至少需要一个元素", en: "one element at least is required here"}
	}
	return required(f.name())
}
