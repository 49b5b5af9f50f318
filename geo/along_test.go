package geo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// spans writes spans with six decimals.
func spans(ss []Span) string {
	var out []string
	for _, s := range ss {
		out = append(out, fmt.Sprintf("%.6f-%.6f", s.From, s.To))
	}
	return strings.Join(out, " ")
}

// What of a way lies in an area: a square of four degrees with a hole of two in its
// middle, and a square beside it; and a wedge whose edge is not drawn along an axis.
func TestAlongAnArea(t *testing.T) {
	t.Parallel()
	square := func(west, south, side float64) Ring {
		return Ring{{west, south}, {west + side, south}, {west + side, south + side}, {west, south + side}, {west, south}}
	}
	area := MultiPolygon{{square(100, 30, 4), square(101, 31, 2)}, {square(106, 30, 2)}}
	wedge := MultiPolygon{{{{113.1, 34.07}, {113.9, 34.61}, {113.1, 34.61}, {113.1, 34.07}}}}
	for name, test := range map[string]struct {
		area MultiPolygon
		a, b Point
		want string
	}{
		"past it":                      {area, At(98, 40), At(110, 41), ""},
		"past it, within its box":      {area, At(104.5, 29), At(105.5, 33), ""},
		"through":                      {area, At(98, 30.5), At(108, 30.5), "0.200000-0.600000 0.800000-1.000000"},
		"through the hole":             {area, At(99, 32), At(105, 32), "0.166667-0.333333 0.666667-0.833333"},
		"back":                         {area, At(105, 32), At(99, 32), "0.166667-0.333333 0.666667-0.833333"},
		"begins inside":                {area, At(100.5, 30.5), At(98.5, 30.5), "0.000000-0.250000"},
		"ends inside":                  {area, At(98.5, 30.5), At(100.5, 30.5), "0.750000-1.000000"},
		"begins in the hole":           {area, At(102, 32), At(102, 36), "0.250000-0.500000"},
		"all inside":                   {area, At(100.2, 30.2), At(103.8, 30.4), "0.000000-1.000000"},
		"ends on the line, outside":    {area, At(98, 31), At(100, 31), "1.000000-1.000000"},
		"ends on the line, inside":     {area, At(100.5, 31), At(100, 31), "0.000000-1.000000"},
		"begins on the line, outside":  {area, At(100, 31), At(98, 31), "0.000000-0.000000"},
		"touches a corner":             {area, At(99, 31), At(101, 29), "0.500000-0.500000"},
		"touches a corner of the hole": {area, At(102.5, 33.5), At(103.5, 32.5), "0.000000-1.000000"},
		"corner to corner":             {area, At(99, 29), At(105, 35), "0.166667-0.333333 0.666667-0.833333"},
		"along an edge":                {area, At(98, 30), At(108, 30), "0.200000-0.600000 0.800000-1.000000"},
		"along an edge of the hole":    {area, At(99, 31), At(105, 31), "0.166667-0.833333"},
		"along a slanted edge":         {wedge, At(113.1, 34.07), At(113.9, 34.61), "0.000000-1.000000"},
		"along a part of it":           {wedge, Between(At(113.1, 34.07), At(113.9, 34.61), -0.5), Between(At(113.1, 34.07), At(113.9, 34.61), 1.5), "0.250000-0.750000"},
		"no way, inside":               {area, At(100.5, 30.5), At(100.5, 30.5), "0.000000-1.000000"},
		"no way, on the line":          {area, At(100, 30.5), At(100, 30.5), "0.000000-1.000000"},
		"no way, in the hole":          {area, At(102, 32), At(102, 32), ""},
		"no way, outside":              {area, At(99, 32), At(99, 32), ""},
		"no area":                      {nil, At(99, 32), At(105, 32), ""},
		"a metre, across the line":     {area, At(99.999995, 30.5), At(100.000005, 30.5), "0.500000-1.000000"},
		"half a millimetre outside":    {area, At(98, 29.999999995), At(108, 29.999999995), ""},
		"across all, from very far":    {area, At(10, 31.5), At(170, 31.5), "0.562500-0.568750 0.581250-0.587500 0.600000-0.612500"},
		"into the second from above":   {area, At(107, 34), At(107, 31), "0.666667-1.000000"},
	} {
		if got := spans(Prepare(test.area).Along(test.a, test.b)); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// What of a way lies within a kilometre of a place.
func TestAlongADisc(t *testing.T) {
	t.Parallel()
	c := At(113.85, 34.03)
	d := Around(c, 1000)
	lon := func(m float64) float64 { return c[0] + m/(metresPerDegree*cosDeg(c[1])) }
	lat := func(m float64) float64 { return c[1] + m/metresPerDegree }
	for name, test := range map[string]struct {
		a, b Point
		want string
	}{
		"through the middle":       {At(lon(-2000), c[1]), At(lon(2000), c[1]), "0.250000-0.750000"},
		"through, north":           {At(c[0], lat(-2000)), At(c[0], lat(2000)), "0.250000-0.750000"},
		"a chord":                  {At(lon(-2000), lat(600)), At(lon(2000), lat(600)), "0.299994-0.700006"},
		"grazes":                   {At(lon(-2000), lat(999)), At(lon(2000), lat(999)), "0.488822-0.511178"},
		"passes by":                {At(lon(-2000), lat(1001)), At(lon(2000), lat(1001)), ""},
		"passes by a corner":       {At(lon(-1950), c[1]), At(c[0], lat(1950)), ""},
		"far away":                 {At(115, 34), At(116, 35), ""},
		"in its column, far north": {At(c[0], 35), At(c[0], 36), ""},
		"begins inside":            {c, At(lon(4000), c[1]), "0.000000-0.250000"},
		"ends inside":              {At(lon(4000), c[1]), c, "0.750000-1.000000"},
		"all inside":               {At(lon(-500), c[1]), At(lon(500), lat(100)), "0.000000-1.000000"},
		"stops before it":          {At(lon(-3000), c[1]), At(lon(-1001), c[1]), ""},
		"goes away from it":        {At(lon(1001), c[1]), At(lon(3000), c[1]), ""},
		"no way, inside":           {c, c, "0.000000-1.000000"},
		"no way, outside":          {At(115, 34), At(115, 34), ""},
		"from very far":            {At(lon(-1e6), c[1]), At(lon(1e6), c[1]), "0.499500-0.500500"},
	} {
		if got := spans(d.Along(test.a, test.b)); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	// On the line to the last bit: what the disc covers, the way ends in.
	for _, bearing := range []float64{0, 37, 90, 200, 311} {
		edge, far := Toward(c, bearing, 1000), Toward(c, bearing, 3000)
		in := d.Along(far, edge)
		if got := len(in) == 1 && in[0].To == 1; got != d.Covers(edge) {
			t.Errorf("ends on the line at %v: %v, covered %v", bearing, in, d.Covers(edge))
		}
	}
}

// Along says of each point of a way what Covers says, on random areas and discs, for
// ways that begin, end, run and turn anywhere, corners and edges too.
func TestAlongSaysWhatCoversSays(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(3, 4))
	c := Point{113.75, 34.0}
	inside, outside, ways := 0, 0, 0
	check := func(shape interface {
		Covers(Point) bool
		Along(a, b Point) []Span
		EdgeWithin(Point, float64) bool
	}, a, b Point) {
		t.Helper()
		ways++
		got := shape.Along(a, b)
		for i, s := range got {
			if s.From < 0 || s.To > 1 || s.From > s.To || i > 0 && got[i-1].To >= s.From {
				t.Fatalf("spans %v", got)
			}
		}
		if begins := len(got) > 0 && got[0].From == 0; begins != shape.Covers(a) {
			t.Fatalf("%v to %v: %v, but the begin is covered: %v", a, b, got, shape.Covers(a))
		}
		if ends := len(got) > 0 && got[len(got)-1].To == 1; ends != shape.Covers(b) {
			t.Fatalf("%v to %v: %v, but the end is covered: %v", a, b, got, shape.Covers(b))
		}
		for k := range 200 {
			u := (float64(k) + rnd.Float64()) / 200
			q := Between(a, b, u)
			if shape.EdgeWithin(q, 0.01) {
				continue // rounding decides
			}
			in := false
			for _, s := range got {
				in = in || s.From <= u && u <= s.To
			}
			if in != shape.Covers(q) {
				t.Fatalf("%v to %v: %v, but at %.6f it is covered: %v", a, b, got, u, shape.Covers(q))
			}
			if in {
				inside++
			} else {
				outside++
			}
		}
	}
	for range 60 {
		m := MultiPolygon{{star(rnd, c, 0.5, 3+rnd.IntN(60)), star(rnd, c, 0.12, 3+rnd.IntN(30))}}
		if m.Check() != nil {
			continue
		}
		p := Prepare(m)
		somewhere := func() Point {
			ring := m[0][rnd.IntN(2)]
			i := 1 + rnd.IntN(len(ring)-1)
			switch rnd.IntN(5) {
			case 0:
				return ring[i]
			case 1:
				return Between(ring[i-1], ring[i], rnd.Float64())
			default:
				return Point{c[0] + rnd.Float64()*1.4 - 0.7, c[1] + rnd.Float64()*1.4 - 0.7}
			}
		}
		for range 40 {
			check(p, somewhere(), somewhere())
		}
		ring := m[0][0]
		i := 1 + rnd.IntN(len(ring)-1)
		check(p, ring[i-1], ring[i]) // along an edge
		check(p, Between(ring[i-1], ring[i], -0.5), Between(ring[i-1], ring[i], 1.5))
	}
	for range 400 {
		d := Around(Point{c[0] + rnd.Float64(), c[1] + 20*rnd.Float64() - 10}, math.Pow(10, 1.5+3.8*rnd.Float64()))
		reach := func() Point { return Toward(d.Center, rnd.Float64()*360, d.Metres*3*rnd.Float64()) }
		check(d, reach(), reach())
	}
	if inside < 20000 || outside < 20000 || ways < 2000 {
		t.Errorf("%d points inside and %d outside on %d ways show too little", inside, outside, ways)
	}
}
