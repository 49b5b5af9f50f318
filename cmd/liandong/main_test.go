package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func program(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(args, &o, &e)
	return code, o.String(), e.String()
}

func TestEnvironmentIsChecked(t *testing.T) {
	t.Setenv("LIANDONG_ADRR", ":1")
	if code, _, errs := program(t, "version"); code != 2 || !strings.Contains(errs, "LIANDONG_ADRR") {
		t.Errorf("a misspelt setting: %d %q", code, errs)
	}
}

func TestSettingFromFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "url")
	if err := os.WriteFile(file, []byte("postgres://nobody@127.0.0.1:1/none?connect_timeout=1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DATABASE_URL_FILE", file)
	t.Setenv("DATABASE_URL", "") // so that the test's end puts it back
	if err := os.Unsetenv("DATABASE_URL"); err != nil {
		t.Fatal(err)
	}
	t.Setenv("LIANDONG_DIR", t.TempDir())
	if code, _, errs := program(t, "migrate"); code != 1 || !strings.Contains(errs, "127.0.0.1:1") && !strings.Contains(errs, "port 1") {
		t.Errorf("the address in the file was not used: %d %q", code, errs)
	}
	t.Setenv("DATABASE_URL", "postgres://x")
	if code, _, errs := program(t, "migrate"); code != 2 || !strings.Contains(errs, "keep one") {
		t.Errorf("both given: %d %q", code, errs)
	}
}

func TestWrongUse(t *testing.T) {
	if code, _, _ := program(t, "explode"); code != 2 {
		t.Errorf("an unknown command ends with %d", code)
	}
	if code, out, _ := program(t, "serve", "--help"); code != 0 || !strings.Contains(out, "LIANDONG_ADDR") {
		t.Errorf("help: %d %q", code, out)
	}
}

func TestJurisdiction(t *testing.T) {
	for code, want := range map[string]string{"411000": "4110", "411002": "411002", "410000": "41", "411002001": "411002001", "411081000000": "411081"} {
		if got := jurisdiction(code); got != want {
			t.Errorf("%s: %s, want %s", code, got, want)
		}
	}
}
