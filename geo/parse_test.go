package geo

import (
	"errors"
	"strings"
	"testing"
)

var henan = Bound{110.2, 31.2, 116.8, 36.5}

func TestParsePoint(t *testing.T) {
	want := Point{113.8526388889, 34.0357777778}
	for _, text := range []string{
		"113.8526388889,34.0357777778",
		" 113.8526388889  34.0357777778 ",
		"[113.8526388889, 34.0357777778]",
		"113.8526388889\uFF0C34.0357777778",           // full-width comma
		"\uFF11\uFF11\uFF13.8526388889,34.0357777778", // full-width digits
		"34.0357777778N 113.8526388889E",
		"N34.0357777778 E113.8526388889",
		"N 34.0357777778, E 113.8526388889",
		"113.8526388889°E 34.0357777778°N",
		`34°02'08.8"N 113°51'09.5"E`,
		"34° 2′ 8.8″ N, 113° 51′ 9.5″ E",
		"34°2'8.8''N 113°51'9.5''E",
		"北纬34度2分8.8秒,东经113度51分9.5秒",
		"东经113度51分9.5秒 北纬34度2分8.8秒",
		"北纬34.0357777778度 东经113.8526388889度",
		"北纬:34.0357777778 东经:113.8526388889",
		"lat 34.0357777778 lon 113.8526388889",
		"纬度34.0357777778,经度113.8526388889",
		"经度=113.8526388889;纬度=34.0357777778",
		"113°51'9.5\" 34°2'8.8\"",
	} {
		got, err := ParsePoint(text, henan)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		near(t, text, got, want, 1e-9)
	}
	got, err := ParsePoint("33.5S 70.25W", World)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "southern and western", got, Point{-70.25, -33.5}, 1e-12)
}

func TestParsePointRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "want for example",
		"许昌市政府":                        "want for example",
		"113.85":                       "want for example",
		"113.85,34.03,5":               "left over",
		"113.85E 34.03":                "only one",
		"34N 35N":                      "same axis",
		"-34.03S 113.85E":              "both a sign",
		"34°61'N 113°51'E":             "less than 60",
		"34.5°30'N 113°51'E":           "whole",
		"113.85-34.03":                 "minus",
		"NaN,34":                       "want for example",
		"200.5,34.03":                  "longitude 200.5",
		"118.2,34.03":                  "outside of the region",
		"北纬34度 东经118度":                 "outside of the region",
		strings.Repeat("1", 2000):      "too long",
		"113.85,34.03 DROP TABLE team": "left over",
	} {
		got, err := ParsePoint(text, henan)
		if err == nil {
			t.Errorf("%q: got %v, want an error with %q", text, got, want)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q in it", text, err, want)
		}
	}
}

func TestSwappedAxesAreNamed(t *testing.T) {
	for _, text := range []string{"34.03,113.85", "34.03 113.85"} {
		_, err := ParsePoint(text, henan)
		var swapped *SwappedError
		if !errors.As(err, &swapped) {
			t.Fatalf("%q: %v; want a SwappedError", text, err)
		}
		if swapped.Suggest != (Point{113.85, 34.03}) {
			t.Errorf("%q: suggests %v", text, swapped.Suggest)
		}
	}
	// Both orders are on the earth: only the region tells.
	small := Bound{30, 20, 31, 21}
	if err := (Point{20.5, 30.5}).CheckIn(small); err == nil || !strings.Contains(err.Error(), "swapped") {
		t.Errorf("20.5, 30.5: %v; want swapped", err)
	}
	// Both orders are in the region: nothing to say.
	if err := (Point{40.5, 41.5}).CheckIn(Bound{40, 40, 42, 42}); err != nil {
		t.Error(err)
	}
}

func FuzzParsePoint(f *testing.F) {
	for _, seed := range []string{"113.85,34.03", "34.03N 113.85E", `34°02'08"N 113°51'09"E`, "北纬34度2分,东经113度51分", "lat 1 lon 2", "1e5,3", "--1,2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePoint(text, World)
		if err == nil && p.Check() != nil {
			t.Errorf("%q gave %v, which is not on the earth", text, p)
		}
		// What we print we read.
		if err == nil {
			again, err := ParsePoint(p.String(), World)
			if err != nil {
				t.Fatalf("%q printed as %q: %v", text, p.String(), err)
			}
			near(t, "printed and read", again, p, 1e-5)
		}
	})
}
