package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"liandong/dispatch"
	"liandong/dispatch/pgstore"
	"liandong/migrations/pgtest"
)

// A signed head that was copied away tells a rewritten journal, and a forged
// head is told from a signed one.
func TestSealedHeads(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store, err := pgstore.Open(ctx, pgtest.New(t), pgstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	h, err := build(store, thresholds{Zone: "Asia/Shanghai"}, nil, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.close(); err != nil {
			t.Error(err)
		}
	})
	dir := t.TempDir()
	s, err := newSealer(store, dir)
	if err != nil {
		t.Fatal(err)
	}
	agency := func(name string) {
		t.Helper()
		body, err := json.Marshal(dispatch.AgencySave{Name: name, Area: "4110", Type: dispatch.AgencyGovernment})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.service.Do(ctx, dispatch.System(dispatch.Live), "agency.save", "seal-test-"+name, body); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"one", "two"} {
		agency(name)
		if err := s.seal(ctx, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.seal(ctx, time.Now()); err != nil { // nothing moved: no third line
		t.Fatal(err)
	}
	heads, pub := filepath.Join(dir, "heads.jsonl"), filepath.Join(dir, "seal.pub")
	live := []dispatch.Realm{dispatch.Live}
	if n, wrong, err := checkSealed(ctx, store, heads, pub, live); n != 2 || wrong != "" || err != nil {
		t.Fatalf("checked %d, wrong %q, %v; want 2 good ones", n, wrong, err)
	}
	if again, err := newSealer(store, dir); err != nil || !again.key.Equal(s.key) {
		t.Errorf("the key did not survive a restart: %v", err)
	}
	good, err := os.ReadFile(heads)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, from, to, says string }{
		{"another row", `"seq":2`, `"seq":1`, "not signed"},
		{"no JSON", `{"epoch"`, `epoch`, "not signed"},
	} {
		if err := os.WriteFile(heads, []byte(strings.Replace(string(good), tt.from, tt.to, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, wrong, err := checkSealed(ctx, store, heads, pub, live); !strings.Contains(wrong, tt.says) || err != nil {
			t.Errorf("%s: wrong %q, %v", tt.name, wrong, err)
		}
	}
	// A journal other than the one that was signed.
	other, err := pgstore.Open(ctx, pgtest.New(t), pgstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.Close)
	if err := os.WriteFile(heads, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, wrong, err := checkSealed(ctx, other, heads, pub, live); !strings.Contains(wrong, "is not the one that was signed") || err != nil {
		t.Errorf("another journal: wrong %q, %v", wrong, err)
	}
}
