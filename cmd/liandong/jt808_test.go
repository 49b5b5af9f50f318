package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"liandong/migrations/pgtest"
)

// The door for vehicle terminals opens where it was asked for, answers a number that nobody
// registered with the standard's refusal, and closes with the server.
func TestVehicleDoor(t *testing.T) {
	t.Parallel()
	dsn := pgtest.New(t)
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("a-token-that-scrapes-the-metrics"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, t.TempDir(), dsn, pgtest.Admin(t, dsn), "--jt808", "127.0.0.1:0", "--metrics-token-file", token)
	plain := regexp.MustCompile(`\x1b\[\d+m`).ReplaceAllString(s.out.String(), "")
	m := regexp.MustCompile(`JT/T 808\) address=(\S+)`).FindStringSubmatch(plain)
	if m == nil {
		t.Fatalf("the log does not tell the address:\n%s", plain)
	}
	c, err := net.Dial("tcp", m[1])
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	// Register 013800000001, serial 2: terminal 0000042 of LD001 in 豫K12345.
	ask, _ := hex.DecodeString("7e0100002d0138000000010002002903ea4c44303031542d3930000000000000000000000000000000003030303030343201d4a54b3132333435a37e")
	want, _ := hex.DecodeString("7e810000030138000000010000000204bc7e")
	if _, err := c.Write(ask); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, want) {
		t.Errorf("answered %x (%v), want %x", got, err, want)
	}

	page := s.scrape("a-token-that-scrapes-the-metrics")
	for _, want := range []string{`liandong_device_connections{protocol="jt808"} 0`, `liandong_device_frames_total{kind="register",protocol="jt808"} 1`,
		`liandong_device_refused_total{protocol="jt808",reason="unknown_device"} 1`} {
		if !strings.Contains(page, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}

	// The address is taken: said with the flag that chooses another.
	var two commands
	parser, err := kong.New(&two)
	if err != nil {
		t.Fatal(err)
	}
	other := pgtest.New(t)
	if _, err := parser.Parse([]string{"serve", "--dir", t.TempDir(), "--addr", "127.0.0.1:0", "--database-url", other, "--database-admin-url", pgtest.Admin(t, other), "--jt808", m[1]}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if err := two.Serve.Run(ctx, console{io.Discard, io.Discard}); err == nil || !strings.Contains(err.Error(), "--jt808") {
		t.Errorf("a taken address: %v", err)
	}

	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(make([]byte, 1)); err == nil {
		t.Errorf("%d bytes after the end", n)
	}
}

// scrape reads the metrics as Prometheus does.
func (s *served) scrape(token string) string {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.base+"/metrics", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := s.http.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		s.t.Fatalf("metrics: %d %v %s", res.StatusCode, err, body)
	}
	return string(body)
}
