package client

import (
	"strings"
	"testing"

	"liandong/dispatch"
)

const snapshot = `{"epoch":"e","seq":7,"realm":"live","at":"2026-05-12T04:00:00Z"}
{"kind":"agency","id":"a","version":1}
{"kind":"team","id":"t","version":2}
{"end":true,"count":2}
`

func TestReadPicture(t *testing.T) {
	p, err := ReadPicture(strings.NewReader(snapshot))
	if err != nil || p.Epoch != "e" || p.Seq != 7 || p.Realm != "live" || len(p.Records) != 2 {
		t.Fatalf("got %+v, %v", p, err)
	}
	for name, text := range map[string]string{
		"empty":       "",
		"no head":     "{\"kind\":\"agency\",\"id\":\"a\"}\n",
		"cut short":   snapshot[:strings.Index(snapshot, `{"end"`)],
		"wrong count": strings.Replace(snapshot, `"count":2`, `"count":3`, 1),
		"no JSON":     strings.Replace(snapshot, `"version":2}`, ``, 1),
	} {
		if _, err := ReadPicture(strings.NewReader(text)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestDiff(t *testing.T) {
	read := func(text string) *Picture {
		p, err := ReadPicture(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	a := read(snapshot)
	if d := a.Diff(read(snapshot)); len(d) != 0 {
		t.Errorf("equal pictures differ: %v", d)
	}
	b := read(strings.Replace(snapshot, `"version":2`, `"version":3`, 1))
	delete(b.Records, dispatch.Ref{Kind: "agency", ID: "a"})
	b.Records[dispatch.Ref{Kind: "task", ID: "x"}] = nil
	b.Seq = 8
	if d := a.Diff(b); len(d) != 4 {
		t.Errorf("want four differences, got %q", d)
	}
}

func TestBreachesAreCounted(t *testing.T) {
	for frame, want := range map[string]Stats{
		`{"t":"beat","from":6,"to":8}`:                                               {Gaps: 1},
		`{"t":"changes","from":8,"to":9,"changes":[]}`:                               {Gaps: 1},
		`{"t":"changes","from":7,"to":9,"changes":[{"seq":7}]}`:                      {Doubles: 1},
		`{"t":"changes","from":7,"to":9,"changes":[{"seq":9},{"seq":8}]}`:            {Doubles: 1},
		`{"t":"changes","from":7,"to":9,"changes":[{"seq":10}]}`:                     {Doubles: 1},
		`{"t":"changes","from":7,"to":9,"changes":[{"seq":8,"put":[{"kind":"x"}]}]}`: {},
		`{"t":"hello","epoch":"other"}`:                                              {},
	} {
		p, _ := ReadPicture(strings.NewReader(snapshot))
		c := New(Config{})
		c.picture = p
		if err := c.hear([]byte(frame), Numbers{}); err == nil {
			t.Errorf("%s: accepted", frame)
		}
		if s := c.Stats(); s.Gaps != want.Gaps || s.Doubles != want.Doubles || len(s.Faults) != 1 {
			t.Errorf("%s: counted %+v", frame, s)
		}
	}
}
