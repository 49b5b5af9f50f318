package demo

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"liandong/dispatch"
	"liandong/dispatch/vocabulary"
	"liandong/geo"
)

// The tests look at one city; nobody changes it.
var ground = sync.OnceValues(func() (*land, error) { return survey(nil) })

func city(t *testing.T) (*land, *means) {
	t.Helper()
	l, err := ground()
	if err != nil {
		t.Fatal(err)
	}
	return l, muster(l)
}

func TestCityIsPlentiful(t *testing.T) {
	l, m := city(t)
	count := map[dispatch.AreaLevel]int{}
	for _, r := range l.areas {
		count[r.Record.(*dispatch.Area).Level]++
	}
	if count[dispatch.LevelCity] != 1 || count[dispatch.LevelCounty] != 7 || count[dispatch.LevelTownship] != 105 || count[dispatch.LevelVillage] != 2505 {
		t.Errorf("areas: %v, want 1 city, 7 counties, 105 townships, 2505 villages", count)
	}
	if len(m.teams) < 60 || len(m.equipment)+len(m.stocks) < 400 || len(m.hazards) != 80 || len(m.depots) < 40 || len(m.agencies) < 24 {
		t.Errorf("%d teams, %d items, %d hazard sources, %d depots, %d agencies", len(m.teams), len(m.equipment)+len(m.stocks), len(m.hazards), len(m.depots), len(m.agencies))
	}
}

// Whatever is made up says so; what has an ID has it once.
func TestInventedIsMarked(t *testing.T) {
	l, m := city(t)
	for _, list := range append(m.all(), l.areas) {
		seen := map[string]bool{}
		for _, r := range list {
			raw, err := json.Marshal(r.Record)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(raw), `"invented":true`) {
				t.Errorf("not marked: %s", raw)
			}
			id := dispatch.HeadOf(r.Record).ID
			if id == "" || seen[id] {
				t.Errorf("id %q is empty or there twice", id)
			}
			seen[id] = true
		}
	}
}

func (m *means) all() [][]dispatch.Imported {
	return [][]dispatch.Imported{m.agencies, m.depots, m.teams, m.equipment, m.stocks, m.hazards}
}

func TestSameCityEachTime(t *testing.T) {
	l1, m1 := city(t)
	l2, err := survey(nil)
	if err != nil {
		t.Fatal(err)
	}
	one, err := json.Marshal([]any{l1.areas, m1.all()})
	if err != nil {
		t.Fatal(err)
	}
	two, err := json.Marshal([]any{l2.areas, muster(l2).all()})
	if err != nil {
		t.Fatal(err)
	}
	if string(one) != string(two) {
		t.Error("two runs made two cities")
	}
}

func TestTownshipsShareTheirCounty(t *testing.T) {
	l, _ := city(t)
	for _, town := range table("townships") {
		shape := l.shapes[town["code"]]
		if err := shape.Check(); err != nil {
			t.Errorf("%s: %v", town["name"], err)
		}
		if size := shape.Area() / 1e6; size < 0.05 {
			t.Errorf("%s has %.2f km²", town["name"], size)
		}
		if !l.shapes[town["borders"]].Contains(shape.LabelPoint()) {
			t.Errorf("%s lies outside of its county", town["name"])
		}
	}
	for _, r := range l.areas {
		a := r.Record.(*dispatch.Area)
		if a.Level == dispatch.LevelVillage && !l.shapes[a.Parent].Contains(*a.Center) {
			t.Errorf("village %s lies outside of its township", a.Name)
		}
	}
}

func TestReferencesMeet(t *testing.T) {
	_, m := city(t)
	ids := map[string]bool{}
	for _, list := range [][]dispatch.Imported{m.agencies, m.depots, m.teams} {
		for _, r := range list {
			ids[dispatch.HeadOf(r.Record).ID] = true
		}
	}
	known := func(cs []dispatch.Capability) {
		for _, c := range cs {
			if !slices.ContainsFunc(vocabulary.Capabilities, func(v vocabulary.Capability) bool { return v.Code == c.Code }) {
				t.Errorf("unknown capability %q", c.Code)
			}
		}
	}
	for _, list := range m.all() {
		for _, r := range list {
			h := dispatch.HeadOf(r.Record)
			if !ids[h.Scope.Agency] {
				t.Errorf("%s: no agency %q", h.ID, h.Scope.Agency)
			}
			switch r := r.Record.(type) {
			case *dispatch.Team:
				known(r.Capabilities)
				if r.Base.Point == nil || r.Depot != "" && !ids[r.Depot] {
					t.Errorf("team %s: base %+v, depot %q", r.ID, r.Base, r.Depot)
				}
			case *dispatch.Equipment:
				known(r.Capabilities)
			}
		}
	}
	for _, a := range table("accounts") {
		if !ids[a["agency"]] || a["team"] != "" && !ids[a["team"]] {
			t.Errorf("account %s: agency %q, team %q", a["login"], a["agency"], a["team"])
		}
	}
	for _, role := range dispatch.Roles {
		if !slices.ContainsFunc(Accounts(), func(a Account) bool { return slices.Contains(a.Roles, role) }) {
			t.Errorf("no account has the role %s", role)
		}
	}
	if err := dispatch.CheckPassword(Password); err != nil {
		t.Error(err)
	}
}

// The cases follow from GB 18218-2018 tables 1 and 3 to 6.
func TestLevel(t *testing.T) {
	for _, c := range []struct {
		name                     string
		quantity, critical, beta float64
		people, want             int
	}{
		{"liquid ammonia 20 t", 20, 10, 2, 120, 4},
		{"chlorine 50 t", 50, 5, 4, 120, 2},
		{"chlorine 62.5 t, R = 100 exactly", 62.5, 5, 4, 150, 1},
		{"LPG 200 t", 200, 50, 1.5, 60, 4},
		{"petrol 150 t is no major source", 150, 200, 1, 100, 0},
		{"phosgene 0.75 t", 0.75, 0.3, 20, 49, 2},
		{"hydrogen sulphide 10 t, 50 people", 10, 5, 5, 50, 3},
		{"nobody near, S = 1 exactly", 10, 10, 2, 0, 4},
	} {
		if got := level(c.quantity, c.critical, c.beta, c.people); got != c.want {
			t.Errorf("%s: level %d, want %d", c.name, got, c.want)
		}
	}
	_, m := city(t)
	seen := map[int]int{}
	for _, r := range m.hazards {
		seen[r.Record.(*dispatch.Hazard).Level]++
	}
	for l := 1; l <= 4; l++ {
		if seen[l] == 0 {
			t.Errorf("no hazard source of level %d: %v", l, seen)
		}
	}
}

func TestBordersOfTheBuildAreConverted(t *testing.T) {
	// Six squares in GCJ-02, as the console's build writes the counties.
	var features []string
	for i, code := range []string{"411002", "411003", "411024", "411025", "411081", "411082"} {
		x := 113.0 + float64(i)*0.25
		square := geo.Bound{x, 33.5, x + 0.25, 34.5}.Box()
		coordinates, err := json.Marshal(square)
		if err != nil {
			t.Fatal(err)
		}
		features = append(features, `{"type":"Feature","properties":{"code":"`+code+`"},"geometry":{"type":"MultiPolygon","coordinates":`+string(coordinates)+`}}`)
	}
	file := func(n int) *strings.Reader {
		return strings.NewReader(`{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"gcj02"}},"features":[` + strings.Join(features[:n], ",") + `]}`)
	}
	l, err := survey(file(6))
	if err != nil {
		t.Fatal(err)
	}
	corner := l.shapes["411002"][0][0][0]
	if d := geo.Distance(corner, geo.At(113, 33.5)); d < 400 || d > 700 {
		t.Errorf("the corner moved by %.0f m, want some 570", d)
	}
	for _, r := range l.areas {
		if a := r.Record.(*dispatch.Area); a.Level == dispatch.LevelCounty && a.Shape > 0 && a.Invented {
			t.Errorf("%s has real borders but is marked invented", a.Name)
		}
	}
	if _, err := survey(file(5)); err == nil || !strings.Contains(err.Error(), "411082") {
		t.Errorf("a county is missing: %v", err)
	}
}
