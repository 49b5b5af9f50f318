package imports

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"liandong/dispatch"
	"liandong/dispatch/vocabulary"
	"liandong/geo"
)

// Fault is one thing wrong with a file, in the user's words.
type Fault struct {
	Row    int    `json:"row" doc:"in the file, from 1; for GeoJSON the feature; 0 for the whole file"`
	Column string `json:"column,omitempty"`
	Value  string `json:"value,omitempty"`
	ZH     string `json:"zh"`
	EN     string `json:"en"`
}

// fields is one row under the names of its columns. Its methods read a value and
// note what is wrong with it, so that one pass finds every fault of a row.
type fields struct {
	row    int
	values map[string]string
	labels map[string]string
	faults []Fault
	lookup *lookup
	system geo.System
}

func (f *fields) fault(field, zh, en string) {
	f.faults = append(f.faults, Fault{f.row, f.labels[field], f.values[field], zh, en})
}

func (f *fields) text(field string) string { return f.values[field] }

// word reads one of a closed set; both the code and the words for it are known.
// Empty gives the fallback.
func word[T ~string](f *fields, field string, words map[string]T, fallback T) T {
	v := folded(f.values[field])
	if v == "" {
		return fallback
	}
	if code, ok := words[v]; ok {
		return code
	}
	for _, code := range words {
		if v == folded(string(code)) {
			return code
		}
	}
	var legal []string
	for w := range words {
		legal = append(legal, w)
	}
	slices.Sort(legal)
	f.fault(field, "应为："+strings.Join(legal, "、"), "want one of: "+strings.Join(legal, ", "))
	return fallback
}

// whole reads a whole number; units behind it are let pass ("6人").
func (f *fields) whole(field string, fallback int) int {
	v, ok := f.decimal(field)
	if !ok {
		return fallback
	}
	if v != math.Trunc(v) || math.Abs(v) > 1e9 {
		f.fault(field, "应为整数", "want a whole number")
		return fallback
	}
	return int(v)
}

func (f *fields) decimal(field string) (float64, bool) {
	if f.values[field] == "" {
		return 0, false
	}
	v, err := number(f.values[field])
	if err != nil {
		f.fault(field, "应为数字", "want a number")
		return 0, false
	}
	return v, true
}

func number(s string) (float64, error) {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= '\uFF10' && r <= '\uFF19':
			return r - '\uFF10' + '0'
		case r == '\uFF0E':
			return '.'
		case r == ',', r == '\uFF0C', unicode.IsSpace(r):
			return -1
		}
		return r
	}, s)
	s = strings.TrimRightFunc(s, func(r rune) bool { return unicode.IsLetter(r) || r == '/' })
	v, err := strconv.ParseFloat(s, 64)
	if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
		err = strconv.ErrSyntax
	}
	return v, err
}

var dateForms = []string{"2006-1-2", "2006/1/2", "2006.1.2", "2006年1月2日", "20060102", "2006-1-2 15:04:05", "2006/1/2 15:04:05", time.RFC3339}

// date reads a day as people write it or as Excel stores it (days since 1899-12-30).
func (f *fields) date(field string) *time.Time {
	v := f.values[field]
	if v == "" {
		return nil
	}
	for _, form := range dateForms {
		if t, err := time.Parse(form, v); err == nil && t.Year() > 1950 && t.Year() < 2200 {
			return &t
		}
	}
	if days, err := strconv.ParseFloat(v, 64); err == nil && days > 20_000 && days < 100_000 {
		t := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).Add(time.Duration(days * float64(24*time.Hour))).Round(time.Second)
		return &t
	}
	f.fault(field, "应为日期，如 2027-06-30", "want a date such as 2027-06-30")
	return nil
}

// list splits 灭火、破拆；侦检 into its parts.
func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("、，,;；|/ \t\n", r) })
}

func (f *fields) capabilities(field string) []dispatch.Capability {
	var out []dispatch.Capability
	for _, part := range list(f.values[field]) {
		i := slices.IndexFunc(vocabulary.Capabilities, func(c vocabulary.Capability) bool {
			return strings.EqualFold(part, c.Code) || part == c.ZH || strings.EqualFold(part, c.EN)
		})
		if i < 0 {
			var zh, en []string
			for _, c := range vocabulary.Capabilities {
				zh, en = append(zh, c.ZH), append(en, c.Code)
			}
			f.fault(field, fmt.Sprintf("未知的能力“%s”，应为：%s", part, strings.Join(zh, "、")), fmt.Sprintf("unknown capability %q; want %s", part, strings.Join(en, ", ")))
			continue
		}
		out = append(out, dispatch.Capability{Code: vocabulary.Capabilities[i].Code})
	}
	return out
}

// place reads address and coordinates; the coordinates are converted from the
// declared system.
func (f *fields) place(address string) dispatch.Place {
	p := dispatch.Place{Text: f.values[address]}
	var at geo.Point
	switch {
	case f.values["point"] != "":
		parsed, err := geo.ParsePoint(f.values["point"], geo.World)
		if err != nil {
			zh, en := pointFault(err)
			f.fault("point", zh, en)
			return p
		}
		at = parsed
	case f.values["lon"] != "" || f.values["lat"] != "":
		before := len(f.faults)
		lon, okLon := f.decimal("lon")
		lat, okLat := f.decimal("lat")
		if okLon != okLat && len(f.faults) == before {
			f.fault("lon", "经度和纬度应同时填写", "longitude and latitude go together")
		}
		if !okLon || !okLat {
			return p
		}
		at = geo.At(lon, lat)
	default:
		return p
	}
	if f.system == "" {
		f.fault(f.pointColumn(), "文件含有坐标，请先选择坐标系："+systems, "the file has coordinates: choose their system: "+systems)
		return p
	}
	at = f.system.ToWGS84(at)
	if err := at.CheckIn(f.lookup.region); err != nil {
		zh, en := pointFault(err)
		f.fault(f.pointColumn(), zh, en)
		return p
	}
	p.Point, p.Source = &at, "import"
	return p
}

const systems = "wgs84, cgcs2000, gcj02, bd09"

func (f *fields) pointColumn() string {
	if f.values["point"] != "" {
		return "point"
	}
	return "lon"
}

// agency finds the unit by name, short name or id; empty means the actor's own.
func (f *fields) agency(field string) string {
	v := f.values[field]
	if v == "" {
		if f.lookup.own == "" {
			f.fault(field, "应填写所属单位", "the agency is missing")
		}
		return f.lookup.own
	}
	if id, ok := f.lookup.agencies[folded(v)]; ok {
		return id
	}
	f.fault(field, "没有这个单位，请先登记单位或核对名称", "there is no such agency that you may see: register it first or check the name")
	return ""
}

// depot finds the depot by name or id; empty means none.
func (f *fields) depot(field string) string {
	v := f.values[field]
	if v == "" {
		return ""
	}
	if id, ok := f.lookup.depots[folded(v)]; ok {
		return id
	}
	f.fault(field, "没有这个仓库或站点，请先登记或核对名称", "there is no such depot that you may see: register it first or check the name")
	return ""
}
