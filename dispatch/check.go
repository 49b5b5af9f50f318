package dispatch

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

var (
	eventCode      = regexp.MustCompile(`^[1-7][0-9A-Z]{4}$`)
	eventPrefix    = regexp.MustCompile(`^[1-7][0-9A-Z]{0,4}$`)
	divisionCode   = regexp.MustCompile(`^(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$`)
	divisionPrefix = regexp.MustCompile(`^\d{2,12}$`)
	phoneNumber    = regexp.MustCompile(`^[1-9]\d{0,19}$`)
	loginName      = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,39}$`)
)

// checkText bounds a text in characters and refuses control characters.
func checkText(name, s string, least, most int) error {
	n := utf8.RuneCountInString(s)
	switch {
	case n < least:
		return invalid(name, s, "不能为空", "must not be empty")
	case n > most:
		return invalid(name, n, fmt.Sprintf("最多 %d 字", most), fmt.Sprintf("has %d characters, at most %d are allowed", n, most))
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' }):
		return invalid(name, s, "含有不可用的控制字符", "contains control characters or is not UTF-8")
	}
	return nil
}

func checkRange(name string, n, least, most int) error {
	if n < least || n > most {
		return invalid(name, n, fmt.Sprintf("应为 %d 至 %d", least, most), fmt.Sprintf("is %d to %d", least, most))
	}
	return nil
}

func checkCapabilities(name string, cs []Capability) error {
	if len(cs) > 20 {
		return invalid(name, len(cs), "能力最多 20 项", "at most 20 capabilities")
	}
	for i, c := range cs {
		if err := firstError(checkText(field(name, i)+".code", c.Code, 1, 40), checkRange(field(name, i)+".level", c.Level, 0, 4)); err != nil {
			return err
		}
	}
	return nil
}

func hasCapability(cs []Capability, code string, at time.Time) bool {
	for _, c := range cs {
		if (c.Code == code || strings.HasPrefix(c.Code, code+".")) && (c.Expires == nil || c.Expires.After(at)) {
			return true
		}
	}
	return false
}

func field(name string, i int) string { return fmt.Sprintf("%s[%d]", name, i) }

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func oneOf[T comparable](v T, all []T) bool {
	for _, x := range all {
		if x == v {
			return true
		}
	}
	return false
}

func words[T ~string](all []T) []string {
	out := make([]string, len(all))
	for i, x := range all {
		out[i] = string(x)
	}
	return out
}
