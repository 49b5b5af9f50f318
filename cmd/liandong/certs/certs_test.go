package certs

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// serve answers "ok" over HTTPS with the configuration; the result is its address.
func serve(t *testing.T, config *tls.Config) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	// Not httptest: it serves a certificate of its own to whoever asks by address.
	s := &http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") }),
		ReadHeaderTimeout: time.Minute,
		TLSConfig:         config,
		ErrorLog:          log.New(io.Discard, "", 0), // refused handshakes are part of the test
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.ServeTLS(listener, "", "") }()
	t.Cleanup(func() { s.Close(); <-done })
	return listener.Addr().String()
}

// dial connects as a phone that trusts the authority, and returns the certificate it was shown.
func dial(address, name string, authority []byte) (*x509.Certificate, error) {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	conn, err := tls.Dial("tcp", address, &tls.Config{RootCAs: roots, ServerName: name})
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0], nil
}

func TestOwnAuthority(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "certs")
	config, authority, err := Load(dir, "", "", "rescue.example", "192.0.2.7")
	if err != nil {
		t.Fatal(err)
	}
	address := serve(t, config)
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"localhost", "127.0.0.1", "::1", host, "rescue.example", "192.0.2.7"} {
		leaf, err := dial(address, name, authority)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if days := leaf.NotAfter.Sub(leaf.NotBefore).Hours() / 24; days > 398 {
			t.Errorf("the certificate lasts %.0f days, phones take 398 at most", days)
		}
	}
	if _, err := dial(address, "elsewhere.example", authority); err == nil {
		t.Error("the certificate holds for a name that was not given")
	}
	for _, name := range []string{"authority.pem", "server.pem"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o, want 600", name, info.Mode().Perm())
		}
	}
	if bytes.Contains(authority, []byte("PRIVATE")) {
		t.Error("what is put on phones holds the private key")
	}
	_, again, err := Load(dir, "", "", "rescue.example", "192.0.2.7")
	if err != nil || !bytes.Equal(again, authority) {
		t.Errorf("the second start has another authority (%v): every phone would refuse it", err)
	}
}

// TestManyFounders: several processes start at once in an empty folder and agree on one authority.
func TestManyFounders(t *testing.T) {
	dir := t.TempDir()
	found := make([][]byte, 8)
	var wg sync.WaitGroup
	for i := range found {
		wg.Go(func() {
			var err error
			if _, found[i], err = Load(dir, "", ""); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i := range found {
		if !bytes.Equal(found[i], found[0]) {
			t.Errorf("process %d has another authority than process 0", i)
		}
	}
}

func TestRenewal(t *testing.T) {
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	names := []string{"localhost"}
	o := &own{dir: t.TempDir(), names: func() []string { return names }, now: func() time.Time { return now }}
	if err := o.open(); err != nil {
		t.Fatal(err)
	}
	serial := func() string {
		t.Helper()
		c, err := o.current()
		if err != nil {
			t.Fatal(err)
		}
		return c.Leaf.SerialNumber.String()
	}
	first := serial()
	now = now.AddDate(0, 0, serverDays-renewDays-1)
	if serial() != first {
		t.Error("renewed earlier than 30 days before its end")
	}
	now = now.AddDate(0, 0, 2)
	second := serial()
	if second == first {
		t.Error("not renewed in its last 30 days")
	}
	names = []string{"localhost", "192.0.2.7"}
	now = now.Add(recheck)
	third := serial()
	if third == second {
		t.Error("not renewed for a new address")
	}
	names = []string{"localhost"}
	now = now.Add(recheck)
	if serial() != third {
		t.Error("renewed for an address that went away")
	}
	now = o.authority.cert.NotAfter.Add(-24 * time.Hour)
	if c, err := o.current(); err != nil || !c.Leaf.NotAfter.Equal(o.authority.cert.NotAfter) {
		t.Errorf("in the authority's last days: %v", err)
	}
	now = o.authority.cert.NotAfter.Add(time.Hour)
	if err := o.open(); err == nil || !strings.Contains(err.Error(), "ended on 2036") {
		t.Errorf("an authority that ended: %v, want a sentence with the date", err)
	}
}

func TestBrokenAuthorityIsKept(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "authority.pem")
	if err := os.WriteFile(path, []byte("spoilt"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Load(dir, "", ""); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want an error that names %s", err, path)
	}
	if body, _ := os.ReadFile(path); string(body) != "spoilt" {
		t.Error("the file was overwritten")
	}
}

func TestOperatorsFiles(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	// write puts a pair of another authority in place and returns that authority.
	write := func() []byte {
		t.Helper()
		o := &own{dir: t.TempDir(), names: func() []string { return []string{"desk.example"} }, now: time.Now}
		if err := o.open(); err != nil {
			t.Fatal(err)
		}
		if _, err := o.current(); err != nil {
			t.Fatal(err)
		}
		body, err := os.ReadFile(filepath.Join(o.dir, "server.pem"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{cert, key} {
			if err := os.WriteFile(path, body, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return o.authority.certPEM()
	}
	old := write()
	config, authority, err := Load(filepath.Join(dir, "unused"), cert, key)
	if err != nil {
		t.Fatal(err)
	}
	if authority != nil {
		t.Error("an authority of ours is offered beside the operator's certificate")
	}
	address := serve(t, config)
	if _, err := dial(address, "desk.example", old); err != nil {
		t.Fatal(err)
	}
	fresh := write()
	for _, path := range []string{cert, key} { // file times can be coarse
		at := time.Now().Add(time.Hour)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := dial(address, "desk.example", fresh); err != nil {
		t.Errorf("changed files are not served: %v", err)
	}
	if err := os.WriteFile(key, []byte("half written"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := dial(address, "desk.example", fresh); err != nil {
		t.Errorf("a half-written key closed the door: %v", err)
	}

	for _, c := range []struct{ name, cert, key, want string }{
		{"only one", cert, "", "give both"},
		{"not there", filepath.Join(dir, "none.pem"), key, "none.pem"},
		{"no key in it", cert, key, key},
	} {
		if _, _, err := Load(dir, c.cert, c.key); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", c.name, err, c.want)
		}
	}
}
