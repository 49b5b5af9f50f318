// Package certs gives the server its HTTPS certificate.
//
// A phone page works offline and knows its place only over HTTPS that the phone trusts. Where the
// operator has no certificate, the server keeps an authority of its own: made once, valid for ten
// years, put on each phone and console once. With it the server signs its own certificate for every
// name and address of the machine, anew when one is added or a month before it ends, also while it
// runs. The operator's own files win; they are read again when they change.
//
// The folder holds authority.pem and server.pem, each with certificate and private key, mode 0600.
// Whoever has authority.pem can pretend to be this server to every phone that trusts it: it belongs
// in the backup and nowhere else.
package certs

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
)

const (
	authorityYears = 10
	// Apple refuses server certificates of more than 398 days; one day goes to clocks that are slow.
	serverDays = 396
	renewDays  = 30
	// recheck bounds how long a new address of the machine stays without a certificate.
	recheck = time.Minute
)

// Load returns the configuration for the HTTPS listener.
//
// With certFile and keyFile (PEM, the certificate with its chain) those are served, and authority
// is nil. Without them the authority in dir signs, and authority is its certificate (PEM) to be put
// on phones. names are further names and addresses under which the server is reached, beside those
// the machine knows. Errors name the file and what is wrong with it.
func Load(dir, certFile, keyFile string, names ...string) (config *tls.Config, authority []byte, err error) {
	config = &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	if (certFile == "") != (keyFile == "") {
		return nil, nil, fmt.Errorf("certs: certificate file %q and key file %q: give both, or neither for the server's own authority", certFile, keyFile)
	}
	if certFile != "" {
		f := &files{cert: certFile, key: keyFile}
		if err := f.read(); err != nil {
			return nil, nil, err
		}
		config.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return f.current(), nil }
		return config, nil, nil
	}
	o := &own{dir: dir, names: func() []string { return slices.Concat(machineNames(), names) }, now: time.Now}
	if err := o.open(); err != nil {
		return nil, nil, err
	}
	if _, err := o.current(); err != nil {
		return nil, nil, err
	}
	config.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return o.current() }
	return config, o.authority.certPEM(), nil
}

// files is the operator's pair.
type files struct {
	cert, key string

	mu    sync.Mutex
	stamp [2]stamp
	pair  *tls.Certificate
}

type stamp struct {
	at   time.Time
	size int64
}

func (f *files) stamps() (s [2]stamp, err error) {
	for i, name := range []string{f.cert, f.key} {
		info, err := os.Stat(name)
		if err != nil {
			return s, err
		}
		s[i] = stamp{info.ModTime(), info.Size()}
	}
	return s, nil
}

// read loads the pair. An expired one is served all the same: a warning in the browser is better
// than no server.
func (f *files) read() error {
	now, err := f.stamps()
	if err != nil {
		return fmt.Errorf("certs: %w", err)
	}
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return fmt.Errorf("certs: certificate %s with key %s: %w", f.cert, f.key, err)
	}
	f.stamp, f.pair = now, &pair
	return nil
}

// current returns the pair, read again if a file changed. Between the writing of the two files they
// do not match: then the old pair serves on.
func (f *files) current() *tls.Certificate {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now, err := f.stamps(); err == nil && now != f.stamp {
		if err := f.read(); err != nil {
			return f.pair
		}
	}
	return f.pair
}

// own is the server's own authority and the certificate it signed.
type own struct {
	dir   string
	names func() []string
	now   func() time.Time

	mu        sync.Mutex
	authority *pair
	server    *tls.Certificate
	leaf      *x509.Certificate
	checked   time.Time
}

// current returns a certificate that covers today and all names of the machine.
func (o *own) current() (*tls.Certificate, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.now()
	if o.server != nil && now.Sub(o.checked) < recheck {
		return o.server, nil
	}
	err := o.renew(now)
	o.checked = now
	if err != nil && o.server != nil {
		return o.server, nil // a full disk must not close the door
	}
	return o.server, err
}
