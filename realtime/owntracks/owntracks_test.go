package owntracks

import (
	"bufio"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/geo"
)

func TestRead(t *testing.T) {
	r, err := Read([]byte(`{"cog":271,"lon":2.29513,"acc":5,"vel":72,"lat":48.85833,"tst":1497349316,"_type":"location","tid":"JJ","topic":"owntracks/a/b","batt":67}`))
	want := Report{Type: "location", Topic: "owntracks/a/b", Initials: "JJ", Placed: true, Battery: 0.67,
		Position: dispatch.Position{Point: geo.At(2.29513, 48.85833), Speed: 20, Heading: 271, Accuracy: 5, Fixed: time.Unix(1497349316, 0).UTC(), Source: Source}}
	if err != nil || math.Abs(r.Battery-want.Battery) > 1e-12 || math.Abs(r.Position.Speed-20) > 1e-12 {
		t.Fatalf("got %+v, %v; want %+v", r, err, want)
	}
	r.Battery, r.Position.Speed = want.Battery, want.Position.Speed
	if r != want {
		t.Errorf("got %+v, want %+v", r, want)
	}
}

func TestReadWithoutPlace(t *testing.T) {
	for _, typ := range []string{"transition", "waypoint", "lwt", "status", "cmd", "card", "encrypted"} {
		r, err := Read([]byte(`{"_type":"` + typ + `","lat":1,"lon":2,"tst":3}`))
		if err != nil || r.Placed || r.Type != typ {
			t.Errorf("%s: got %+v, %v; want it to be in order and to move nothing", typ, r, err)
		}
	}
}

func TestReadRefused(t *testing.T) {
	for text, field := range map[string]string{
		`[]`:                                   "body",
		`{}`:                                   "_type",
		`{"_type":"location","lat":1,"tst":5}`: "lat",
		`{"_type":"location","lat":1,"lon":2}`: "tst",
		`{"_type":"location","lat":1,"lon":2,"tst":-1}`:      "tst",
		`{"_type":"location","lat":1,"lon":2,"tst":1e300}`:   "tst",
		`{"_type":"location","lat":113.8,"lon":34,"tst":99}`: "lat",
	} {
		_, err := Read([]byte(text))
		var e *dispatch.Error
		if !errors.As(err, &e) || e.Code != dispatch.Invalid || e.Field != field {
			t.Errorf("%s: got %v, want %s to be named as invalid", text, err, field)
		}
	}
	if _, err := Read(make([]byte, MaxBody+1)); dispatch.CodeOf(err) != dispatch.TooLarge {
		t.Errorf("a body over the bound: got %v", err)
	}
}

// TestRealMessages reads messages that real apps sent.
func TestRealMessages(t *testing.T) {
	dir := os.Getenv("LIANDONG_DATA")
	if dir == "" {
		t.Skip("LIANDONG_DATA does not name the folder with real data")
	}
	f, err := os.Open(filepath.Join(dir, "osmand-owntracks", "owntracks_requests.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for lines := bufio.NewScanner(f); lines.Scan(); n++ {
		var in struct{ Expect, Body string }
		if err := json.Unmarshal(lines.Bytes(), &in); err != nil {
			t.Fatal(err)
		}
		if r, err := Read([]byte(in.Body)); err != nil || r.Placed != (in.Expect == "Position") {
			t.Errorf("line %d, %s expected: got %+v, %v", n+1, in.Expect, r, err)
		}
	}
	if n == 0 {
		t.Error("the file holds no message")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"_type":"location","lat":1,"lon":2,"tst":1497349316,"vel":1,"cog":2,"acc":3,"batt":4}`))
	f.Add([]byte(`{"_type":"lwt","tst":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Read(b)
		if err != nil {
			var e *dispatch.Error
			if !errors.As(err, &e) || e.Field == "" {
				t.Fatalf("%v is no refusal that names a field", err)
			}
			return
		}
		p := r.Position
		if r.Type == "" || r.Placed && (p.Point.Check() != nil || p.Fixed.Unix() < 0 || p.Fixed.Year() > 9999) {
			t.Fatalf("accepted %+v", r)
		}
	})
}
