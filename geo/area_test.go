package geo

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

// ell is an L, two squares high and wide, 0.1° each; its centre of mass lies in
// the bend, its label point must not leave it.
var ell = MultiPolygon{{{{113, 34}, {113.3, 34}, {113.3, 34.05}, {113.05, 34.05}, {113.05, 34.3}, {113, 34.3}, {113, 34}}}}

func TestDistanceAndBearing(t *testing.T) {
	// One degree of latitude on the mean sphere is 111,195 m.
	if d := Distance(Point{113, 34}, Point{113, 35}); math.Abs(d-111195.08) > 0.5 {
		t.Errorf("a degree of latitude: %.2f m", d)
	}
	// Vincenty on WGS-84 (Xuchang to Zhengzhou) is within 0.56 % of the sphere.
	if d := Distance(Point{113.852640, 34.035771}, Point{113.625, 34.746}); math.Abs(d-81700) > 81700*0.0056+100 {
		t.Errorf("Xuchang to Zhengzhou: %.0f m", d)
	}
	for want, to := range map[float64]Point{0: {113, 35}, 90: {114, 34}, 180: {113, 33}, 270: {112, 34}} {
		if got := Bearing(Point{113, 34}, to); math.Abs(math.Remainder(got-want, 360)) > 0.6 {
			t.Errorf("bearing to %v: %.2f, want %.0f", to, got, want)
		}
	}
}

func TestTowardGoesTheDistance(t *testing.T) {
	from := Point{113.85, 34.03}
	for bearing := 0.0; bearing < 360; bearing += 17 {
		to := Toward(from, bearing, 5000)
		if d := Distance(from, to); math.Abs(d-5000) > 0.01 {
			t.Errorf("bearing %v: went %.3f m", bearing, d)
		}
		if b := Bearing(from, to); math.Abs(math.Remainder(b-bearing, 360)) > 0.01 {
			t.Errorf("bearing %v: came out %.3f", bearing, b)
		}
	}
}

func TestArea(t *testing.T) {
	// 0.1° by 0.1° at 34° north: cos(34.05°) × 11,119.5² m².
	square := Bound{113, 34, 113.1, 34.1}.Box()
	want := 11119.5 * 11119.5 * math.Cos(34.05*math.Pi/180)
	if got := square.Area(); math.Abs(got-want) > want*1e-4 {
		t.Errorf("area %.0f m², want %.0f", got, want)
	}
	hole := MultiPolygon{{square[0][0], {{113.02, 34.02}, {113.02, 34.08}, {113.08, 34.08}, {113.08, 34.02}, {113.02, 34.02}}}}
	if got := hole.Area(); math.Abs(got-want*0.64) > want*1e-4 {
		t.Errorf("area with hole %.0f m², want %.0f", got, want*0.64)
	}
	if hole.Contains(Point{113.05, 34.05}) || !hole.Contains(Point{113.01, 34.01}) || !hole.Contains(Point{113, 34}) {
		t.Error("the hole is not out, or the rim or corner is not in")
	}
	if circle := Circle(Point{113, 34}, 1000, 64); math.Abs(circle.Area()-math.Pi*1e6) > math.Pi*1e6*0.003 {
		t.Errorf("circle of 1 km: %.0f m²", circle.Area())
	} else if err := circle.Check(); err != nil {
		t.Error(err)
	}
}

func TestLabelPointStaysInside(t *testing.T) {
	if ell.Contains(ell.Centroid()) {
		t.Fatal("the L is not bent enough to test anything")
	}
	p := ell.LabelPoint()
	if !ell.Contains(p) {
		t.Fatalf("label point %v lies outside", p)
	}
	// The widest place is the corner of the L.
	if d := Distance(p, Point{113.03, 34.025}); d > 1500 {
		t.Errorf("label point %v is %.0f m from the widest place", p, d)
	}
	if got := (Bound{113, 34, 113.1, 34.1}).Box().LabelPoint(); Distance(got, Point{113.05, 34.05}) > 120 {
		t.Errorf("label point of a square: %v", got)
	}
}

func TestSimplify(t *testing.T) {
	circle := Circle(Point{113, 34}, 1000, 360)
	slim := circle.Simplify(20)
	if slim.Vertices() >= 60 || slim.Vertices() < 8 {
		t.Errorf("360 corners became %d", slim.Vertices())
	}
	if r := slim.Area() / circle.Area(); r < 0.95 || r > 1.05 {
		t.Errorf("area became %.3f of itself", r)
	}
	if tiny := Circle(Point{113, 34}, 1, 8).Simplify(1000); len(tiny[0][0]) < 4 {
		t.Errorf("an outer ring fell to %d points", len(tiny[0][0]))
	}
}

func ring(xy ...float64) Ring {
	var r Ring
	for i := 0; i < len(xy); i += 2 {
		r = append(r, Point{113 + xy[i], 34 + xy[i+1]})
	}
	return r
}

var shapes = []struct {
	name string
	area MultiPolygon
	want FaultKind // "" when sound
	at   Point     // where it must point to, relative to 113, 34
	// size is the repaired size in square degrees; 0 when it cannot be repaired.
	size float64
}{
	{"square", MultiPolygon{{ring(0, 0, 1, 0, 1, 1, 0, 1, 0, 0)}}, "", Point{}, 1},
	{"bow tie", MultiPolygon{{ring(0, 0, 1, 1, 1, 0, 0, 1, 0, 0)}}, FaultCrossing, Point{.5, .5}, .5},
	{"touches itself", MultiPolygon{{ring(0, 0, 2, 0, 1, 1, 2, 2, 0, 2, 1, 1, 0, 0)}}, FaultCrossing, Point{1, 1}, 2},
	{"spike", MultiPolygon{{ring(0, 0, 1, 0, 1, 1, 2, 2, 1, 1, 0, 1, 0, 0)}}, FaultCrossing, Point{2, 2}, 1},
	{"spike at the start", MultiPolygon{{ring(-1, 0, 1, 0, 1, 1, 0, 1, 0, 0, -1, 0)}}, FaultCrossing, Point{0, 0}, 1},
	{"runs along itself", MultiPolygon{{ring(0, 0, 3, 0, 3, 1, 2, 1, 2, 0, 1, 0, 1, 1, 0, 1, 0, 0)}}, FaultCrossing, Point{2, 0}, 2},
	{"wound twice", MultiPolygon{{ring(0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0, 0)}}, FaultCrossing, Point{}, 1},
	{"repeated point", MultiPolygon{{ring(0, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 0)}}, "", Point{}, 1},
	{"open", MultiPolygon{{ring(0, 0, 1, 0, 1, 1, 0, 1)}}, FaultOpen, Point{0, 1}, 1},
	{"a line", MultiPolygon{{ring(0, 0, 1, 1, 0, 0)}}, FaultEmpty, Point{}, 0},
	{"a line there and back", MultiPolygon{{ring(0, 0, 1, 1, 2, 2, 0, 0)}}, FaultCrossing, Point{0, 0}, 0},
	{"nothing", nil, FaultEmpty, Point{-113, -34}, 0},
	{"hole", MultiPolygon{{ring(0, 0, 3, 0, 3, 3, 0, 3, 0, 0), ring(1, 1, 1, 2, 2, 2, 2, 1, 1, 1)}}, "", Point{}, 8},
	{"hole touches the outline", MultiPolygon{{ring(0, 0, 3, 0, 3, 3, 0, 3, 0, 0), ring(0, 1.5, 1, 2, 1, 1, 0, 1.5)}}, "", Point{}, 8.5},
	{"hole crosses the outline", MultiPolygon{{ring(0, 0, 3, 0, 3, 3, 0, 3, 0, 0), ring(2, 1, 2, 2, 4, 2, 4, 1, 2, 1)}}, FaultCrossing, Point{3, 2}, 8},
	{"hole outside", MultiPolygon{{ring(0, 0, 3, 0, 3, 3, 0, 3, 0, 0), ring(5, 1, 5, 2, 6, 2, 6, 1, 5, 1)}}, FaultNesting, Point{5, 1}, 9},
	{"two pieces", MultiPolygon{{ring(0, 0, 1, 0, 1, 1, 0, 1, 0, 0)}, {ring(3, 0, 4, 0, 4, 1, 3, 1, 3, 0)}}, "", Point{}, 2},
	{"two pieces touch at a corner", MultiPolygon{{ring(0, 0, 1, 0, 1, 1, 0, 1, 0, 0)}, {ring(1, 1, 2, 1, 2, 2, 1, 2, 1, 1)}}, "", Point{}, 2},
	{"two pieces share a border", MultiPolygon{{ring(0, 0, 1, 0, 1, 1, 0, 1, 0, 0)}, {ring(1, 0, 2, 0, 2, 1, 1, 1, 1, 0)}}, FaultOverlap, Point{1, 0}, 2},
	{"two pieces overlap", MultiPolygon{{ring(0, 0, 2, 0, 2, 2, 0, 2, 0, 0)}, {ring(1, 1, 3, 1, 3, 3, 1, 3, 1, 1)}}, FaultOverlap, Point{1, 1}, 7},
	{"one piece within the other", MultiPolygon{{ring(0, 0, 3, 0, 3, 3, 0, 3, 0, 0)}, {ring(1, 1, 2, 1, 2, 2, 1, 2, 1, 1)}}, FaultOverlap, Point{1, 1}, 9},
	{"a piece in the hole of another", MultiPolygon{{ring(0, 0, 5, 0, 5, 5, 0, 5, 0, 0), ring(1, 1, 1, 4, 4, 4, 4, 1, 1, 1)}, {ring(2, 2, 3, 2, 3, 3, 2, 3, 2, 2)}}, "", Point{}, 17},
	{"not on the earth", MultiPolygon{{ring(0, 0, 1, 0, 1, 70, 0, 0)}}, FaultPosition, Point{1, 70}, 0},
}

func TestCheckNamesTheFault(t *testing.T) {
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			err := s.area.Check()
			if s.want == "" {
				if err != nil {
					t.Errorf("sound, but: %v", err)
				}
				return
			}
			var f *Fault
			if !errors.As(err, &f) {
				t.Fatalf("got %v, want a fault", err)
			}
			if f.Kind != s.want || s.want != FaultEmpty && planarSquared(f.At, Point{113 + s.at[0], 34 + s.at[1]}) > 1e-12 {
				t.Errorf("got %v (%s), want %s at +%v", err, f.Kind, s.want, s.at)
			}
		})
	}
}

func TestRepair(t *testing.T) {
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			got, err := Repair(s.area)
			if s.size == 0 {
				if err == nil {
					t.Errorf("got %v, want an error", got)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := got.Check(); err != nil {
				t.Errorf("still faulty: %v", err)
			}
			size := 0.0
			for _, p := range got {
				size += planarSize(p[0])
				for _, h := range p[1:] {
					size -= planarSize(h)
				}
			}
			if math.Abs(size-s.size) > 1e-9 {
				t.Errorf("size %.6f, want %.6f", size, s.size)
			}
		})
	}
}

// Random scribbles: whatever a hand draws, the repair is an area without fault,
// no larger than the box around the drawing.
func TestRepairScribbles(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for n := range 400 {
		scribble := make(Ring, 5+rnd.IntN(25))
		for i := range scribble {
			scribble[i] = Point{113 + math.Round(rnd.Float64()*1e4)/1e4, 34 + math.Round(rnd.Float64()*1e4)/1e4}
		}
		got, err := Repair(MultiPolygon{{scribble}})
		if err != nil {
			t.Fatalf("scribble %d: %v\n%v", n, err, scribble)
		}
		if box := BoundOf(scribble...).Box(); got.Area() > box.Area()*1.0001 || got.Area() <= 0 {
			t.Fatalf("scribble %d: area %.0f of %.0f m²", n, got.Area(), box.Area())
		}
	}
}

func TestOverlay(t *testing.T) {
	a, b := MultiPolygon{{ring(0, 0, 2, 0, 2, 2, 0, 2, 0, 0)}}, MultiPolygon{{ring(1, 1, 3, 1, 3, 3, 1, 3, 1, 1)}}
	both, err := Intersection(a, b)
	if err != nil || len(both) != 1 || math.Abs(planarSize(both[0][0])-1) > 1e-9 {
		t.Errorf("intersection %v, %v", both, err)
	}
	all, err := Union(a, b)
	if err != nil || len(all) != 1 || math.Abs(planarSize(all[0][0])-7) > 1e-9 {
		t.Errorf("union %v, %v", all, err)
	}
	touching := MultiPolygon{{ring(2, 0, 3, 0, 3, 2, 2, 2, 2, 0)}}
	if none, err := Intersection(a, touching); err != nil || len(none) != 0 {
		t.Errorf("areas that only touch: %v, %v", none, err)
	}
}
