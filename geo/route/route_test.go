package route_test

import (
	"fmt"
	"strings"
	"testing"

	"liandong/geo"
	"liandong/geo/route"
)

var _ route.Router = route.Straight{}

func Example() {
	//  station ───── 10.0 km as the crow flies ───── incident
	station := geo.At(113.85, 34.03)
	incident := geo.Toward(station, 90, 10_000)
	way := route.Default().Travel(station, incident, route.Urgent)
	fmt.Printf("about %.1f km, %v (%s)\n", way.Metres/1000, way.Duration, way.Method)
	// Output: about 13.5 km, 16m53s (straight_line)
}

func TestTravel(t *testing.T) {
	s := route.Default()
	a, b := geo.At(113.85, 34.03), geo.At(113.48, 34.14)
	if e := s.Travel(a, a, route.Urgent); e.Metres != 0 || e.Duration != 0 {
		t.Errorf("no way at all: %+v", e)
	}
	if there, back := s.Travel(a, b, route.Foot), s.Travel(b, a, route.Foot); there != back {
		t.Errorf("there %+v, back %+v", there, back)
	}
	if urgent, foot := s.Travel(a, b, route.Urgent), s.Travel(a, b, route.Foot); urgent.Duration >= foot.Duration || urgent.Metres != foot.Metres {
		t.Errorf("urgent %+v, on foot %+v", urgent, foot)
	}
	if got, want := s.Travel(a, b, "glider"), s.Travel(a, b, route.Drive); got != want {
		t.Errorf("unknown mode: %+v, want %+v", got, want)
	}
}

func TestCheck(t *testing.T) {
	if err := route.Default().Check(); err != nil {
		t.Error(err)
	}
	bad := route.Default()
	bad.Detour = 0.9
	if err := bad.Check(); err == nil || !strings.Contains(err.Error(), "detour") {
		t.Errorf("a way shorter than the straight line: %v", err)
	}
	slow := route.Straight{Detour: 1.3, KmPerHour: map[route.Mode]float64{route.Urgent: 40}}
	if err := slow.Check(); err == nil || !strings.Contains(err.Error(), "km_per_hour.heavy") {
		t.Errorf("a mode without speed: %v", err)
	}
}
