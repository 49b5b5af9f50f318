// Command tally reads what the tests report and counts it.
//
//	go test -json ./... | tally show    prints a line for each package and the output of failed tests
//	tally sum DIR                       adds up DIR/{go,vitest,browser}.json, last line "N passed, N failed"
//
// A test with subtests is not counted itself, its subtests are. A package that does not build, and
// a part that broke off without a result (a line in DIR/broken), count as one failure each.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	var err error
	switch {
	case len(os.Args) == 2 && os.Args[1] == "show":
		err = show(os.Stdin, os.Stdout)
	case len(os.Args) == 3 && os.Args[1] == "sum":
		err = sum(os.Args[2], os.Stdout)
	default:
		err = errors.New("usage: tally show < go.json, or tally sum DIR")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// event is one line of go test -json.
type event struct {
	Action, Package, Test, Output string
	ImportPath                    string // of a build's output
	Elapsed                       float64
}

func events(r io.Reader, each func(event)) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) == nil {
			each(e)
		}
	}
	return lines.Err()
}

func show(r io.Reader, w io.Writer) error {
	output := map[string][]string{}
	return events(r, func(e event) {
		key := e.Package + " " + e.Test
		switch e.Action {
		case "build-output":
			fmt.Fprint(w, e.Output)
		case "output":
			if e.Test != "" || !strings.HasPrefix(e.Output, "ok ") && !strings.HasPrefix(e.Output, "PASS") {
				output[key] = append(output[key], e.Output)
			}
		case "fail", "pass", "skip":
			if e.Action == "fail" || e.Action == "skip" && e.Test != "" {
				fmt.Fprint(w, strings.Join(output[key], ""))
			}
			delete(output, key)
			if e.Test == "" && e.Action != "skip" {
				fmt.Fprintf(w, "%-4s %s %.1fs\n", e.Action, e.Package, e.Elapsed)
			}
		}
	})
}

type count struct{ passed, failed, skipped int }

func (c *count) add(o count) {
	c.passed += o.passed
	c.failed += o.failed
	c.skipped += o.skipped
}

func sum(dir string, w io.Writer) error {
	var total count
	for _, part := range []struct {
		file string
		read func(io.Reader) (count, error)
	}{{"go.json", countGo}, {"vitest.json", countVitest}, {"browser.json", countBrowser}, {"broken", countBroken}} {
		f, err := os.Open(filepath.Join(dir, part.file))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		c, err := part.read(f)
		f.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", part.file, err)
		}
		fmt.Fprintf(w, "%-16s %5d passed %3d failed %3d skipped\n", part.file, c.passed, c.failed, c.skipped)
		total.add(c)
	}
	fmt.Fprintf(w, "%d passed, %d failed\n", total.passed, total.failed)
	if total.failed > 0 || total.passed == 0 {
		return errors.New("tests failed")
	}
	return nil
}

func countGo(r io.Reader) (count, error) {
	type result struct{ pkg, test, action string }
	var results []result
	parents := map[string]bool{} // tests that have subtests
	broken := map[string]bool{}  // packages that failed, until one of their tests explains it
	err := events(r, func(e event) {
		if e.Action != "pass" && e.Action != "fail" && e.Action != "skip" {
			return
		}
		if e.Test == "" {
			if e.Action == "fail" {
				broken[e.Package] = true
			}
			return
		}
		results = append(results, result{e.Package, e.Test, e.Action})
		for i := range e.Test {
			if e.Test[i] == '/' {
				parents[e.Package+" "+e.Test[:i]] = true
			}
		}
	})
	var c count
	explained := map[string]bool{}
	for _, t := range results {
		if t.action == "fail" {
			explained[t.pkg] = true
		}
		// A parent may fail on its own, after its subtests passed.
		if parents[t.pkg+" "+t.test] && t.action != "fail" {
			continue
		}
		switch t.action {
		case "pass":
			c.passed++
		case "fail":
			c.failed++
		case "skip":
			c.skipped++
		}
	}
	for pkg := range broken {
		if !explained[pkg] {
			c.failed++
		}
	}
	return c, err
}

func countVitest(r io.Reader) (count, error) {
	var v struct {
		NumPassedTests, NumFailedTests, NumPendingTests, NumFailedTestSuites int
		Success                                                              bool
	}
	if err := json.NewDecoder(r).Decode(&v); err != nil {
		return count{}, err
	}
	c := count{v.NumPassedTests, v.NumFailedTests, v.NumPendingTests}
	if !v.Success && c.failed == 0 { // a file that does not load has no test to fail
		c.failed = max(1, v.NumFailedTestSuites)
	}
	return c, nil
}

// countBrowser reads Playwright's report, or the plain counts of a runner of our own.
func countBrowser(r io.Reader) (count, error) {
	var v struct {
		Passed, Failed, Skipped int
		Stats                   struct{ Expected, Unexpected, Flaky, Skipped int }
		Errors                  []json.RawMessage
	}
	if err := json.NewDecoder(r).Decode(&v); err != nil {
		return count{}, err
	}
	// A test that passed only when repeated counts as failed.
	return count{
		v.Passed + v.Stats.Expected,
		v.Failed + v.Stats.Unexpected + v.Stats.Flaky + len(v.Errors),
		v.Skipped + v.Stats.Skipped,
	}, nil
}

func countBroken(r io.Reader) (count, error) {
	var c count
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		c.failed++
	}
	return c, lines.Err()
}
