package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/jackc/pgx/v5"

	"liandong/cmd/liandong/demo"
	"liandong/migrations/pgtest"
)

// served is the real command at work on a database of its own.
type served struct {
	t    *testing.T
	dir  string
	base string
	http *http.Client
	csrf string
	stop func() error
	out  *talk
}

// talk is what a command prints; ready is closed with the last line of its banner.
type talk struct {
	mu    sync.Mutex
	text  bytes.Buffer
	ready chan struct{}
	once  sync.Once
}

func (b *talk) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, err := b.text.Write(p)
	if strings.Contains(b.text.String(), "Ctrl-C") {
		b.once.Do(func() { close(b.ready) })
	}
	return n, err
}

func (b *talk) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// start runs the serve command as the command line would.
func start(t *testing.T, dir, dsn, admin string, args ...string) *served {
	t.Helper()
	var c commands
	parser, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	args = append([]string{"serve", "--dir", dir, "--addr", "127.0.0.1:0", "--database-url", dsn, "--database-admin-url", admin}, args...)
	if _, err := parser.Parse(args); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	out := &talk{ready: make(chan struct{})}
	ended := make(chan error, 1)
	go func() { ended <- c.Serve.Run(ctx, console{out, out}) }()
	s := &served{t: t, dir: dir, out: out, stop: sync.OnceValue(func() error { cancel(); return <-ended })}
	t.Cleanup(func() { _ = s.stop() }) // the test itself asks how it ended
	select {
	case <-out.ready:
	case err := <-ended:
		ended <- err // the clean-up asks again
		cancel()
		t.Fatalf("the server did not start: %v\n%s", err, out)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "address"))
	if err != nil {
		t.Fatal(err)
	}
	s.base = strings.TrimSpace(string(raw))
	s.trust()
	return s
}

// trust is what a phone does with the page /ca: from then on the certificate is checked.
func (s *served) trust() {
	s.t.Helper()
	blind := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	res, err := blind.Get(s.base + "/ca.pem")
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	authority, err := io.ReadAll(res.Body)
	blind.CloseIdleConnections()
	pool := x509.NewCertPool()
	if err != nil || !pool.AppendCertsFromPEM(authority) {
		s.t.Fatalf("no authority: %v %s", err, authority)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	s.http = &http.Client{Jar: jar, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	s.t.Cleanup(s.http.CloseIdleConnections)
}

func (s *served) call(method, path, body string) (int, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.base+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-CSRF", s.csrf)
	req.Header.Set("Idempotency-Key", "key-of-this-test")
	res, err := s.http.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	all, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, string(all)
}

func (s *served) signIn(login string) {
	s.t.Helper()
	status, body := s.call(http.MethodPost, "/api/v1/session", `{"login":"`+login+`","password":"`+demo.Password+`"}`)
	var in struct{ CSRF string }
	if err := json.Unmarshal([]byte(body), &in); err != nil || status != 200 {
		s.t.Fatalf("sign in: %d %s", status, body)
	}
	s.csrf = in.CSRF
}

func TestServeBackupRestore(t *testing.T) {
	t.Parallel()
	app := pgtest.Empty(t)
	owner := pgtest.Admin(t, app)
	dir := t.TempDir()
	s := start(t, dir, app, owner, "--demo")
	if !strings.Contains(s.out.String(), demo.Password) {
		t.Error("the demo accounts are not printed")
	}
	s.signIn("dispatcher")
	if status, body := s.call(http.MethodPost, "/api/v1/commands/report.take", `{"channel":"hotline","text":"留在备份里"}`); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	epoch := func(s *served) string {
		_, body := s.call(http.MethodGet, "/api/v1/snapshot", "")
		head, _, _ := strings.Cut(body, "\n")
		var h struct{ Epoch string }
		if err := json.Unmarshal([]byte(head), &h); err != nil || h.Epoch == "" {
			t.Fatalf("%v %s", err, head)
		}
		return h.Epoch
	}
	before := epoch(s)

	// A backup while the server works.
	file := filepath.Join(t.TempDir(), "backup.tar")
	var said bytes.Buffer
	b := backupCmd{databaseFlags{Dir: dir, DatabaseURL: app, AdminURL: owner}, file}
	if err := b.Run(t.Context(), console{&said, &said}); err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup is for its owner alone: %v %v", info, err)
	}

	// Onto a database in use: refused. Onto one with records: refused without force.
	r := restoreCmd{databaseFlags{Dir: dir, DatabaseURL: app, AdminURL: owner}, file, true}
	if err := r.Run(t.Context(), console{&said, &said}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a restore under a running server: %v", err)
	}
	if err := s.stop(); err != nil {
		t.Fatalf("stop: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "address")); err == nil {
		t.Error("the address is still there after the end")
	}
	r.Force = false
	if err := r.Run(t.Context(), console{&said, &said}); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("a restore over records: %v", err)
	}

	// Onto an empty machine.
	app2 := pgtest.Empty(t)
	owner2 := pgtest.Admin(t, app2)
	dir2 := t.TempDir()
	r2 := restoreCmd{databaseFlags{Dir: dir2, DatabaseURL: app2, AdminURL: owner2}, file, false}
	said.Reset()
	if err := r2.Run(t.Context(), console{&said, &said}); err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	if !strings.Contains(said.String(), "good  live") {
		t.Errorf("no verdict: %s", said.String())
	}
	one, err := os.ReadFile(filepath.Join(dir, "certs", "authority.pem"))
	if err != nil {
		t.Fatal(err)
	}
	if two, err := os.ReadFile(filepath.Join(dir2, "certs", "authority.pem")); err != nil || !bytes.Equal(one, two) {
		t.Errorf("phones would have to install another authority: %v", err)
	}
	s2 := start(t, dir2, app2, owner2)
	if status, body := s2.call(http.MethodGet, "/api/v1/session", ""); status != 401 {
		t.Errorf("a session came out of the backup: %d %s", status, body)
	}
	s2.signIn("dispatcher")
	if _, body := s2.call(http.MethodGet, "/api/v1/records/report", ""); !strings.Contains(body, "留在备份里") {
		t.Errorf("the report is not there: %s", body)
	}
	if after := epoch(s2); after == before {
		t.Errorf("the epoch is still %s after a restore", after)
	}
	if err := s2.stop(); err != nil {
		t.Fatalf("stop: %v", err)
	}
}

// A journal that was tampered with is found out.
func TestVerifyJournal(t *testing.T) {
	t.Parallel()
	app := pgtest.New(t)
	owner := pgtest.Admin(t, app)
	flags := databaseFlags{Dir: t.TempDir(), DatabaseURL: app, AdminURL: owner}
	var said bytes.Buffer
	a := adminCmd{databaseFlags: flags, Login: "admin", Name: "管理员", Agency: "应急管理局", Area: "411000"}
	if err := a.Run(t.Context(), console{&said, &said}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said.String(), "password") {
		t.Errorf("%s", said.String())
	}
	if err := a.Run(t.Context(), console{&said, &said}); err == nil {
		t.Error("a second first administrator")
	}
	said.Reset()
	v := verifyJournalCmd{databaseFlags: flags, Tables: true}
	if err := v.Run(t.Context(), console{&said, &said}); err != nil || !strings.Contains(said.String(), "good  live: 3 rows") {
		t.Fatalf("%v %s", err, said.String())
	}
	conn, err := pgx.Connect(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), "update journal set at = at + interval '1 second' where seq = 2"); err != nil {
		t.Fatal(err)
	}
	said.Reset()
	if err := v.Run(t.Context(), console{&said, &said}); err == nil || !strings.Contains(said.String(), "BAD   live: row 2") {
		t.Errorf("%v %s", err, said.String())
	}
}

// Demo accounts have a known password: they must not come into a database of the operator's by
// themselves, nor over real records at all.
func TestDemoStaysAway(t *testing.T) {
	t.Parallel()
	app := pgtest.New(t)
	owner := pgtest.Admin(t, app)
	s := start(t, t.TempDir(), app, owner)
	if status, body := s.call(http.MethodPost, "/api/v1/session", `{"login":"dispatcher","password":"`+demo.Password+`"}`); status != 401 {
		t.Errorf("%d %s", status, body)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	a := adminCmd{databaseFlags: databaseFlags{Dir: t.TempDir(), DatabaseURL: app, AdminURL: owner}, Login: "admin", Name: "管理员", Agency: "应急管理局", Area: "411000"}
	if err := a.Run(t.Context(), console{io.Discard, io.Discard}); err != nil {
		t.Fatal(err)
	}
	var c commands
	parser, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"serve", "--dir", t.TempDir(), "--addr", "127.0.0.1:0", "--database-url", app, "--database-admin-url", owner, "--demo"}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if err := c.Serve.Run(ctx, console{io.Discard, io.Discard}); err == nil || !strings.Contains(err.Error(), "--demo") {
		t.Errorf("--demo over real records: %v", err)
	}
}
