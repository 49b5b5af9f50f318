package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSum(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string // last line
		fails bool
	}{
		{"leaves count, parents do not", map[string]string{"go.json": `
{"Action":"pass","Package":"a","Test":"TestOne"}
{"Action":"pass","Package":"a","Test":"TestTwo/x"}
{"Action":"pass","Package":"a","Test":"TestTwo/y"}
{"Action":"pass","Package":"a","Test":"TestTwo"}
{"Action":"skip","Package":"a","Test":"TestThree"}
{"Action":"pass","Package":"a"}`}, "3 passed, 0 failed", false},
		{"a package that does not build", map[string]string{"go.json": `
{"Action":"pass","Package":"a","Test":"TestOne"}
{"Action":"fail","Package":"b"}`}, "1 passed, 1 failed", true},
		{"a failed test explains its package", map[string]string{"go.json": `
{"Action":"fail","Package":"a","Test":"TestOne"}
{"Action":"fail","Package":"a"}`}, "0 passed, 1 failed", true},
		{"all three", map[string]string{
			"go.json":      `{"Action":"pass","Package":"a","Test":"TestOne"}`,
			"vitest.json":  `{"numPassedTests":5,"numFailedTests":0,"success":true}`,
			"browser.json": `{"stats":{"expected":2,"unexpected":0,"flaky":1,"skipped":0},"errors":[]}`,
		}, "8 passed, 1 failed", true},
		{"a console test file that does not load", map[string]string{
			"vitest.json": `{"numPassedTests":5,"numFailedTests":0,"numFailedTestSuites":2,"success":false}`,
		}, "5 passed, 2 failed", true},
		{"a part that broke off", map[string]string{
			"go.json": `{"Action":"pass","Package":"a","Test":"TestOne"}`, "broken": "vet\n",
		}, "1 passed, 1 failed", true},
		{"a browser runner of our own", map[string]string{"browser.json": `{"passed":3,"failed":1}`}, "3 passed, 1 failed", true},
		{"nothing ran", map[string]string{"go.json": ""}, "0 passed, 0 failed", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, body := range c.files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var out strings.Builder
			err := sum(dir, &out)
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			if got := lines[len(lines)-1]; got != c.want || (err != nil) != c.fails {
				t.Errorf("last line %q, error %v; want %q, error %v", got, err, c.want, c.fails)
			}
		})
	}
}

func TestShow(t *testing.T) {
	in := `{"Action":"output","Package":"a","Test":"TestGood","Output":"quiet\n"}
{"Action":"pass","Package":"a","Test":"TestGood"}
{"Action":"output","Package":"a","Test":"TestBad","Output":"why it failed\n"}
{"Action":"fail","Package":"a","Test":"TestBad"}
{"Action":"fail","Package":"a","Elapsed":1}
`
	var out strings.Builder
	if err := show(strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	if want := "why it failed\nfail a 1.0s\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
