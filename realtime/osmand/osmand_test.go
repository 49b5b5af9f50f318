package osmand

import (
	"bufio"
	"encoding/json"
	"errors"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/geo"
)

func TestForm(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	none := time.Time{}
	for query, want := range map[string]Report{
		"id=t&lat=60.0&lon=30.0&timestamp=1377177267":                  placed("t", geo.At(30, 60), -1, -1, -1, at("2013-08-22T13:14:27Z")),
		"id=t&lat=60&lon=30&timestamp=1377177267123":                   placed("t", geo.At(30, 60), -1, -1, -1, at("2013-08-22T13:14:27.123Z")),
		"id=t&lat=60&lon=30&timestamp=2014-06-04+09%3A10%3A11":         placed("t", geo.At(30, 60), -1, -1, -1, at("2014-06-04T09:10:11Z")),
		"id=t&lat=60&lon=30&timestamp=2016-01-27T18%3A55%3A47%2B08:00": placed("t", geo.At(30, 60), -1, -1, -1, at("2016-01-27T10:55:47Z")),
		"deviceid=t&location=34.03,113.85&speed=10&heading=90":         placed("t", geo.At(113.85, 34.03), 5.144444444444445, 90, -1, none),
		"id=t&lat=1&lon=2&bearing=7.5&accuracy=12.5&speed=-1":          placed("t", geo.At(2, 1), -1, 7.5, 12.5, none),
		"id=t&lat=1&lon=2&speed=NaN&accuracy=Inf":                      placed("t", geo.At(2, 1), -1, -1, -1, none),
	} {
		got, err := Form(values(t, query))
		if err != nil || got != want {
			t.Errorf("%s: got %+v, %v; want %+v", query, got, err, want)
		}
	}
}

func placed(device string, p geo.Point, speed, heading, accuracy float64, at time.Time) Report {
	return Report{Device: device, Placed: true, Battery: -1,
		Position: dispatch.Position{Point: p, Speed: speed, Heading: heading, Accuracy: accuracy, Fixed: at, Source: Source}}
}

func TestFormWithoutPlace(t *testing.T) {
	for _, query := range []string{"id=t&cell=257,02,16,2224&batt=50", "id=t&lat=1&lon=2&valid=false"} {
		r, err := Form(values(t, query))
		if err != nil || r.Placed || r.Device != "t" {
			t.Errorf("%s: got %+v, %v; want a report without a place", query, r, err)
		}
	}
}

func TestFormRefused(t *testing.T) {
	for query, field := range map[string]string{
		"lat=1&lon=2":                      "id",
		"id=t&lat=x&lon=2":                 "lat",
		"id=t&lat=1":                       "lon",
		"id=t&lat=113.8&lon=34":            "lat", // the two are swapped
		"id=t&lat=NaN&lon=2":               "lat",
		"id=t&location=12":                 "location",
		"id=t&lat=1&lon=2&speed=fast":      "speed",
		"id=t&lat=1&lon=2&timestamp=x":     "timestamp",
		"id=t&lat=1&lon=2&timestamp=-5":    "timestamp",
		"id=t&lat=1&lon=2&timestamp=9e300": "timestamp",
	} {
		_, err := Form(values(t, query))
		var e *dispatch.Error
		if !errors.As(err, &e) || e.Code != dispatch.Invalid || e.Field != field {
			t.Errorf("%s: got %v, want %s to be named as invalid", query, err, field)
		}
	}
}

func TestJSON(t *testing.T) {
	r, err := JSON([]byte(`{"device_id":"d","location":{"timestamp":"2021-07-21T08:06:34.444Z","coords":{"latitude":-6.1,"longitude":106.6,"accuracy":3.8,"speed":18.67,"heading":-1},"battery":{"level":0.79},"alarm":"sos"}}`))
	want := placed("d", geo.At(106.6, -6.1), 18.67, -1, 3.8, time.Date(2021, 7, 21, 8, 6, 34, 444e6, time.UTC))
	want.Battery, want.Alarm = 0.79, "sos"
	if err != nil || r != want {
		t.Errorf("got %+v, %v; want %+v", r, err, want)
	}
	for text, field := range map[string]string{
		`{`:                 "body",
		`{"location":{}}`:   "device_id",
		`{"device_id":"d"}`: "location",
		`{"device_id":"d","location":{"coords":{"latitude":1}}}`:                               "location.coords",
		`{"device_id":"d","location":{"coords":{"latitude":100,"longitude":1}}}`:               "location.coords",
		`{"device_id":"d","location":{"timestamp":"x","coords":{"latitude":1,"longitude":1}}}`: "timestamp",
	} {
		_, err := JSON([]byte(text))
		var e *dispatch.Error
		if !errors.As(err, &e) || e.Field != field {
			t.Errorf("%s: got %v, want %s to be named", text, err, field)
		}
	}
}

// TestRealRequests reads requests that real clients sent, each with its
// expected outcome.
func TestRealRequests(t *testing.T) {
	dir := os.Getenv("LIANDONG_DATA")
	if dir == "" {
		t.Skip("LIANDONG_DATA does not name the folder with real data")
	}
	f, err := os.Open(filepath.Join(dir, "osmand-owntracks", "osmand_requests.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for lines := bufio.NewScanner(f); lines.Scan(); n++ {
		var in struct{ Expect, Method, URI, Body string }
		if err := json.Unmarshal(lines.Bytes(), &in); err != nil {
			t.Fatal(err)
		}
		var r Report
		if in.Body != "" {
			r, err = JSON([]byte(in.Body))
		} else {
			u, perr := url.Parse(in.URI)
			if perr != nil {
				t.Fatal(perr)
			}
			r, err = Form(u.Query())
		}
		if err != nil || r.Device == "" || r.Placed != (in.Expect != "NotNull") {
			t.Errorf("line %d, %s expected: got %+v, %v", n+1, in.Expect, r, err)
		}
	}
	if n == 0 {
		t.Error("the file holds no request")
	}
}

func FuzzForm(f *testing.F) {
	f.Add("id=t&lat=60.0&lon=30.0&timestamp=1377177267&speed=1&bearing=2&accuracy=3&batt=4")
	f.Add("deviceid=t&location=34.03,113.85&valid=0")
	f.Fuzz(func(t *testing.T, query string) {
		v, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		r, err := Form(v)
		sound(t, r, err)
	})
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"device_id":"d","location":{"timestamp":"2021-07-21T08:06:34.444Z","coords":{"latitude":-6.1,"longitude":106.6,"speed":-1},"battery":{"level":1}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := JSON(b)
		sound(t, r, err)
	})
}

// sound checks what must hold of anything that was read.
func sound(t *testing.T, r Report, err error) {
	var e *dispatch.Error
	if err != nil {
		if !errors.As(err, &e) || e.Field == "" {
			t.Fatalf("%v is no refusal that names a field", err)
		}
		return
	}
	p := r.Position
	if r.Device == "" || r.Placed && p.Point.Check() != nil {
		t.Fatalf("accepted %+v", r)
	}
	for _, n := range []float64{p.Speed, p.Heading, p.Accuracy} {
		if n < 0 && n != -1 || math.IsNaN(n) || math.IsInf(n, 0) {
			t.Fatalf("accepted %+v", r)
		}
	}
	if !p.Fixed.IsZero() {
		if _, err := json.Marshal(p.Fixed); err != nil {
			t.Fatal(err)
		}
	}
}

func values(t *testing.T, query string) url.Values {
	v, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
