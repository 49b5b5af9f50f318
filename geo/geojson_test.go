package geo

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

const square = `{"type":"Feature","id":"411002","properties":{"name":"魏都区","pop":5},` +
	`"geometry":{"type":"Polygon","coordinates":[[[113.8,34],[113.9,34,55],[113.9,34.1],[113.8,34]]]}}`

func collection(members string, features ...string) string {
	return `{"type":"FeatureCollection",` + members + `"features":[` + strings.Join(features, ",") + `]}`
}

func TestReadFeatures(t *testing.T) {
	point := `{"type":"Feature","id":7,"properties":null,"geometry":{"type":"Point","coordinates":[113.858511430,34.034212462]}}`
	fs, system, err := ReadFeatures(strings.NewReader(collection("", square, point)), GCJ02, DefaultLimits)
	if err != nil || len(fs) != 2 || system != GCJ02 {
		t.Fatal(fs, system, err)
	}
	if fs[0].ID != "411002" || fs[0].Text("title", "name") != "魏都区" || fs[0].Text("pop") != "5" || fs[1].ID != "7" {
		t.Errorf("%+v", fs)
	}
	near(t, "converted", *fs[1].Point, Point{113.852640, 34.035771}, 1e-8)
	if d := Distance(fs[0].Area[0][0][0], Point{113.8, 34}); d < 500 || d > 650 {
		t.Errorf("the polygon moved by %.0f m, want about 580 m", d)
	}
}

func TestReadFeaturesAsksForTheSystem(t *testing.T) {
	crs := func(name string) string {
		return `"crs":{"type":"name","properties":{"name":"` + name + `"}},`
	}
	if _, _, err := ReadFeatures(strings.NewReader(collection("", square)), "", DefaultLimits); !errors.Is(err, ErrNoSystem) {
		t.Errorf("nobody said the system: %v", err)
	}
	if _, s, err := ReadFeatures(strings.NewReader(collection(crs("urn:ogc:def:crs:EPSG::4490"), square)), "", DefaultLimits); err != nil || s != CGCS2000 {
		t.Errorf("the file says CGCS2000: %v, %v", s, err)
	}
	if _, _, err := ReadFeatures(strings.NewReader(collection(crs("GCJ-02"), square)), WGS84, DefaultLimits); err == nil || !strings.Contains(err.Error(), "gcj02") {
		t.Errorf("file and person disagree: %v", err)
	}
	if _, _, err := ReadFeatures(strings.NewReader(collection(crs("EPSG:3857"), square)), "", DefaultLimits); err == nil || !strings.Contains(err.Error(), "unknown") {
		t.Errorf("unknown system: %v", err)
	}
}

func TestReadFeaturesRefuses(t *testing.T) {
	geometry := func(g string) string {
		return collection("", square, `{"type":"Feature","id":"x","geometry":`+g+`}`)
	}
	tight := Limits{Bytes: 1000, Features: 3, Vertices: 10}
	for name, c := range map[string]struct{ text, want string }{
		"empty":             {"", "ends too early"},
		"cut off":           {collection("", square)[:100], "ends too early"},
		"no JSON":           {"name,code\n", "no JSON"},
		"a list":            {"[]", `want "{"`},
		"other type":        {`{"type":"Feature"}`, "want a GeoJSON FeatureCollection"},
		"no list":           {`{"type":"FeatureCollection","features":{}}`, `want "["`},
		"line":              {geometry(`{"type":"LineString","coordinates":[[1,2],[3,4]]}`), "feature 2 (x): geometry type"},
		"no geometry":       {geometry(`null`), "no geometry"},
		"no coordinates":    {geometry(`{"type":"Polygon","coordinates":null}`), "no coordinates"},
		"half a position":   {geometry(`{"type":"Point","coordinates":[113]}`), "1 numbers"},
		"words":             {geometry(`{"type":"Point","coordinates":["a","b"]}`), "want [longitude, latitude]"},
		"too few nestings":  {geometry(`{"type":"Polygon","coordinates":[[1,2],[3,4]]}`), "feature 2"},
		"too many bytes":    {collection(`"x":"` + strings.Repeat("a", 1000) + `",`), "too large"},
		"too many features": {collection("", `{"type":"Feature","geometry":{"type":"Point","coordinates":[1,1]}}`, `{"type":"Feature","geometry":{"type":"Point","coordinates":[1,1]}}`, `{"type":"Feature","geometry":{"type":"Point","coordinates":[1,1]}}`, `{"type":"Feature","geometry":{"type":"Point","coordinates":[1,1]}}`), "more than 3 features"},
		"too many vertices": {collection("", square, square, square), "more than 10 vertices"},
	} {
		if _, _, err := ReadFeatures(strings.NewReader(c.text), WGS84, tight); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q in it", name, err, c.want)
		}
	}
}

func TestJSONForms(t *testing.T) {
	m := MultiPolygon{{{{1, 2}, {3, 4}, {5, 6}, {1, 2}}}}
	b, err := json.Marshal(m)
	if err != nil || string(b) != `[[[[1,2],[3,4],[5,6],[1,2]]]]` {
		t.Errorf("%s, %v", b, err)
	}
	for _, bad := range []string{`[]`, `[1]`, `null`, `[1,2,3,4]`, `"1,2"`, `{"lon":1,"lat":2}`} {
		var p Point
		if err := json.Unmarshal([]byte(bad), &p); err == nil && bad != "null" {
			t.Errorf("position %s was read as %v", bad, p)
		}
	}
	var box Bound
	if err := json.Unmarshal([]byte(`[113,34,112,35]`), &box); err == nil {
		t.Errorf("box with west east of east was read as %v", box)
	}
}

func TestParseBound(t *testing.T) {
	if b, err := ParseBound("113, 34,114.5,35"); err != nil || b != (Bound{113, 34, 114.5, 35}) {
		t.Error(b, err)
	}
	for text, want := range map[string]string{
		"113,34,114": "four numbers", "a,34,114,35": "no number", "114,34,113,35": "east of", "113,36,114,35": "north of",
		"34,113,35,114": "latitude 113", "NaN,34,114,35": "longitude NaN",
	} {
		if b, err := ParseBound(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseBound(%q) = %v, %v; want %q", text, b, err, want)
		}
	}
}

func FuzzReadFeatures(f *testing.F) {
	f.Add(collection("", square))
	f.Add(`{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"MultiPolygon","coordinates":[[[[0,0],[1,1]]]]}}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		fs, _, err := ReadFeatures(strings.NewReader(text), GCJ02, Limits{Bytes: 10_000, Features: 50, Vertices: 500})
		if err != nil {
			return
		}
		for _, feature := range fs {
			if feature.Point == nil && feature.Area == nil {
				t.Errorf("a feature without place from %q", text)
			}
			if feature.Area.Check() != nil && len(feature.Area) > 0 {
				_, _ = Repair(feature.Area) // must not panic
			}
		}
	})
}
