package geo

import (
	"math"
	"testing"
)

// The vectors were computed with npm gcoord and coordtransform, which agree.
var shiftVectors = []struct {
	name          string
	wgs, gcj, bd9 Point
}{
	{"Xuchang", Point{113.852640, 34.035771}, Point{113.858511430, 34.034212462}, Point{113.864954438, 34.040355819}},
	{"Yuzhou", Point{113.488478, 34.140701}, Point{113.494756681, 34.139336879}, Point{}},
	{"Beijing", Point{116.397470, 39.908823}, Point{116.403713582, 39.910226498}, Point{}},
	{"Tokyo, outside of the shift", Point{139.767, 35.681}, Point{139.767, 35.681}, Point{}},
}

func near(t *testing.T, what string, got, want Point, tolerance float64) {
	t.Helper()
	if math.Abs(got[0]-want[0]) > tolerance || math.Abs(got[1]-want[1]) > tolerance || math.IsNaN(got[0]+got[1]) {
		t.Errorf("%s: got %.9f, %.9f; want %.9f, %.9f", what, got[0], got[1], want[0], want[1])
	}
}

func TestShift(t *testing.T) {
	for _, v := range shiftVectors {
		t.Run(v.name, func(t *testing.T) {
			near(t, "WGS-84 to GCJ-02", GCJ02.FromWGS84(v.wgs), v.gcj, 1e-8)
			if d := Distance(GCJ02.ToWGS84(v.gcj), v.wgs); d > 0.01 {
				t.Errorf("GCJ-02 back to WGS-84 is %.4f m off", d)
			}
			if v.bd9 == (Point{}) {
				return
			}
			near(t, "WGS-84 to BD-09", BD09.FromWGS84(v.wgs), v.bd9, 1e-8)
			if d := Distance(BD09.ToWGS84(v.bd9), v.wgs); d > 0.01 {
				t.Errorf("BD-09 back to WGS-84 is %.4f m off", d)
			}
		})
	}
}

func TestShiftRoundTripOverChina(t *testing.T) {
	for lon := 74.0; lon < 135; lon += 0.73 {
		for lat := 18.0; lat < 54; lat += 0.61 {
			p := Point{lon, lat}
			for _, s := range Systems {
				if d := Distance(s.ToWGS84(s.FromWGS84(p)), p); d > 0.001 {
					t.Fatalf("%s at %v: the way there and back is %.5f m off", s, p, d)
				}
			}
		}
	}
}

func TestNationalSystemIsWGS84(t *testing.T) {
	p := Point{113.85, 34.03}
	if got := CGCS2000.ToWGS84(p); got != p {
		t.Errorf("CGCS2000: got %v, want it unchanged", got)
	}
}

func TestParseSystem(t *testing.T) {
	for name, want := range map[string]System{
		"WGS-84": WGS84, "EPSG:4326": WGS84, "urn:ogc:def:crs:OGC:1.3:CRS84": WGS84,
		"urn:ogc:def:crs:EPSG::4490": CGCS2000, "CGCS 2000": CGCS2000, "http://www.opengis.net/def/crs/EPSG/0/4490": CGCS2000,
		"GCJ-02": GCJ02, "火星坐标": GCJ02, "高德": GCJ02, "bd09ll": BD09, "百度": BD09,
	} {
		if got, err := ParseSystem(name); err != nil || got != want {
			t.Errorf("ParseSystem(%q) = %q, %v; want %q", name, got, err, want)
		}
	}
	for _, bad := range []string{"", "EPSG:3857", "西安80"} {
		if got, err := ParseSystem(bad); err == nil {
			t.Errorf("ParseSystem(%q) = %q; want an error", bad, got)
		}
	}
}
