package geo

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// SwappedError is returned where longitude and latitude were given in the
// wrong order. Suggest is the point as it was probably meant.
type SwappedError struct {
	Given, Suggest Point
}

func (e *SwappedError) Error() string {
	return fmt.Sprintf("longitude %v, latitude %v looks swapped: did you mean longitude %v, latitude %v?",
		e.Given[0], e.Given[1], e.Suggest[0], e.Suggest[1])
}

// OutsideError is returned for a point that is on the earth but not in the
// region that the caller works in.
type OutsideError struct {
	Given  Point
	Region Bound
}

func (e *OutsideError) Error() string {
	return fmt.Sprintf("longitude %v, latitude %v is outside of the region (longitude %.3f..%.3f, latitude %.3f..%.3f)",
		e.Given[0], e.Given[1], e.Region[0], e.Region[2], e.Region[1], e.Region[3])
}

// CheckIn returns an error unless the point is on the earth and in the region:
// a *SwappedError when it would be in the region with its numbers exchanged, an
// *OutsideError when not even that.
func (p Point) CheckIn(region Bound) error {
	if p.Check() == nil && region.Contains(p) {
		return nil
	}
	if swapped := (Point{p[1], p[0]}); swapped.Check() == nil && region.Contains(swapped) {
		return &SwappedError{Given: p, Suggest: swapped}
	}
	if err := p.Check(); err != nil {
		return err
	}
	return &OutsideError{Given: p, Region: region}
}

// maxCoordinateText bounds what ParsePoint looks at; the longest sensible text
// (degrees, minutes, seconds in Chinese) has about 60 characters.
const maxCoordinateText = 120

// ParsePoint reads a place as a caller says it or a message carries it:
//
//	113.85, 34.03                      two decimals, longitude first
//	34.03N 113.85E                     hemispheres before or after, any order
//	34°02'08.8"N 113°51'09.5"E         degrees, minutes, seconds
//	北纬34度2分8.8秒,东经113度51分9.5秒
//	lat 34.03 lon 113.85; 纬度34.03 经度113.85
//
// Full-width digits and punctuation are read too. Plain numbers that only make
// sense as latitude, longitude (34.03, 113.85) give a *SwappedError with the
// suggestion; so do plain numbers that lie in the region only when swapped.
// With named axes nothing is guessed. The result lies in the region, or the
// error says so; pass World to accept any place.
func ParsePoint(text string, region Bound) (Point, error) {
	if len(text) > 4*maxCoordinateText {
		return Point{}, errors.New("coordinates: the text is too long")
	}
	axes, err := readAxes(normalise(text))
	if err != nil {
		return Point{}, fmt.Errorf("coordinates %.80q: %w", text, err)
	}
	p := Point{axes[0].degrees, axes[1].degrees}
	if axes[0].axis == 'y' || axes[1].axis == 'x' {
		p[0], p[1] = p[1], p[0]
	}
	return p, p.CheckIn(region)
}

// World is the bound of every place on the earth.
var World = Bound{-180, -90, 180, 90}

type angle struct {
	degrees float64
	axis    byte // 'x' longitude, 'y' latitude, 0 not said
}

// replacements bring the many ways of writing to one: letters for the
// hemispheres and axes, d m s for the units.
var replacements = strings.NewReplacer(
	"东经", "E", "西经", "W", "北纬", "N", "南纬", "S",
	"经度", "X", "纬度", "Y", "LONGITUDE", "X", "LATITUDE", "Y", "LNG", "X", "LON", "X", "LAT", "Y",
	"度", "d", "°", "d", "º", "d", "分", "m", "′", "m", "’", "m", "'", "m",
	"秒", "s", "″", "s", "”", "s", "“", "s", "\"", "s",
	"、", ",", ";", ",", "/", ",", ":", "", "=", "", "(", " ", ")", " ", "[", " ", "]", " ",
	"−", "-", "–", "-",
)

func normalise(text string) string {
	text = strings.Map(func(r rune) rune {
		if r >= '\uFF01' && r <= '\uFF5E' { // full-width forms of ASCII
			return r - 0xFEE0
		}
		if unicode.IsSpace(r) {
			return ' '
		}
		return r
	}, text)
	text = replacements.Replace(strings.ToUpper(text))
	return strings.ReplaceAll(text, "mm", "s") // 51'' is seconds too
}

// An angle is a number with optional units, and a letter for the hemisphere or
// axis on one side.
var anglePattern = regexp.MustCompile(
	`^([NSEWXY]?) *([+-]?\d{1,3}(?:\.\d{1,15})?) *d? *(?:(\d{1,2}(?:\.\d{1,15})?) *m *(?:(\d{1,2}(?:\.\d{1,15})?) *s?)?)? *([NSEW]?)[ ,]*`)

func readAxes(s string) ([2]angle, error) {
	var found [2]angle
	rest := strings.TrimSpace(s)
	for i := range found {
		m := anglePattern.FindStringSubmatch(rest)
		if m == nil {
			return found, fmt.Errorf("cannot read %.30q: want for example 113.8526, 34.0358 (longitude first) or 34.0358N 113.8526E", rest)
		}
		// A letter between two numbers is taken by the one it belongs to: the
		// pattern prefers the earlier, so hand it back when the earlier has one.
		if m[1] != "" && m[5] != "" {
			m[0], m[5] = strings.TrimRight(strings.TrimRight(m[0], " ,"), m[5]), ""
		}
		a, err := readAngle(m)
		if err != nil {
			return found, err
		}
		found[i] = a
		rest = strings.TrimLeft(rest[len(m[0]):], " ,")
		if i == 0 && strings.HasPrefix(rest, "-") && unicode.IsDigit(rune(m[0][len(m[0])-1])) {
			return found, errors.New("the dash between the two numbers could be a minus: put a comma between them")
		}
	}
	if rest != "" {
		return found, fmt.Errorf("%.30q is left over after two numbers", rest)
	}
	if (found[0].axis == 0) != (found[1].axis == 0) {
		return found, errors.New("only one of the two numbers says whether it is longitude or latitude")
	}
	if found[0].axis != 0 && found[0].axis == found[1].axis {
		return found, errors.New("both numbers are given for the same axis")
	}
	return found, nil
}

func readAngle(m []string) (angle, error) {
	var a angle
	letter := m[1] + m[5]
	sign := 1.0
	switch letter {
	case "E", "W", "X":
		a.axis = 'x'
	case "N", "S", "Y":
		a.axis = 'y'
	}
	if strings.HasPrefix(m[2], "-") {
		sign = -1
		if letter != "" && letter != "X" && letter != "Y" {
			return a, fmt.Errorf("%s has both a sign and a hemisphere", m[2])
		}
	}
	if letter == "W" || letter == "S" {
		sign = -1
	}
	var part [3]float64
	for i, text := range m[2:5] {
		if text == "" {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimLeft(text, "+-"), 64)
		if err != nil {
			return a, fmt.Errorf("%.20q is no number", text)
		}
		if i > 0 && v >= 60 {
			return a, fmt.Errorf("%v is no number of minutes or seconds: want less than 60", v)
		}
		part[i] = v
	}
	if m[3] != "" && part[0] != math.Trunc(part[0]) {
		return a, fmt.Errorf("%s: with minutes, the degrees must be whole", m[2])
	}
	a.degrees = sign*(part[0]+part[1]/60+part[2]/3600) + 0 // no minus zero
	return a, nil
}
