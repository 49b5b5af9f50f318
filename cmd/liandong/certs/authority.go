package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// pair is a certificate with its key.
type pair struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func (p *pair) certPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.cert.Raw})
}

// encode puts certificate and key into one file, so that no crash can part them.
func (p *pair) encode() ([]byte, error) {
	key, err := x509.MarshalPKCS8PrivateKey(p.key)
	if err != nil {
		return nil, err
	}
	return append(p.certPEM(), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...), nil
}

func readPair(path string) (*pair, error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("certs: %w", err)
	}
	both, err := tls.X509KeyPair(body, body)
	if err != nil {
		return nil, fmt.Errorf("certs: %s: %w", path, err)
	}
	key, ok := both.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("certs: %s: the key is a %T, want ECDSA", path, both.PrivateKey)
	}
	return &pair{both.Leaf, key}, nil
}

// open reads the authority, or makes it the first time. A file that cannot be read is an error and
// never replaced: every phone would have to be visited again.
func (o *own) open() error {
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return fmt.Errorf("certs: %w", err)
	}
	path := filepath.Join(o.dir, "authority.pem")
	p, err := readPair(path)
	if errors.Is(err, os.ErrNotExist) {
		p, err = o.found(path)
	}
	if err != nil {
		return err
	}
	if !p.cert.IsCA {
		return fmt.Errorf("certs: %s is no authority's certificate: put your own certificate elsewhere and name it in the configuration", path)
	}
	if !o.now().Before(p.cert.NotAfter) {
		return fmt.Errorf("certs: the authority in %s ended on %s: move the file away, start again, and put the new authority on every phone", path, p.cert.NotAfter.Format(time.DateOnly))
	}
	o.authority = p
	return nil
}

// found makes the authority. Of several processes that do so at once the first one's stays.
func (o *own) found(path string) (*pair, error) {
	host, err := os.Hostname()
	if err != nil {
		host = "server"
	}
	now := o.now()
	template := &x509.Certificate{
		// The date tells two authorities of the same machine apart in a phone's list.
		Subject:               pkix.Name{Organization: []string{"Liandong 联动"}, CommonName: fmt.Sprintf("Liandong %s %s", host, now.Format(time.DateOnly))},
		NotBefore:             now.Add(-24 * time.Hour),
		NotAfter:              now.AddDate(authorityYears, 0, 0),
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true, // it signs servers, no further authorities
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	p, err := sign(template, nil)
	if err != nil {
		return nil, err
	}
	return keep(path, p)
}

// keep writes the pair unless another process was first, and returns the one that is there.
func keep(path string, p *pair) (*pair, error) {
	temp, err := writeTemp(path, p)
	if err != nil {
		return nil, err
	}
	defer os.Remove(temp)
	// A link, not a rename: it fails when another process was first.
	if err := os.Link(temp, path); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("certs: %w", err)
	}
	return readPair(path)
}

// renew sets a server certificate that fits: the one on disk, or a new one. The lock is held.
func (o *own) renew(now time.Time) error {
	names := o.names()
	if o.leaf != nil && o.fits(o.leaf, names, now) {
		return nil
	}
	path := filepath.Join(o.dir, "server.pem")
	p, err := readPair(path)
	if err != nil || !o.fits(p.cert, names, now) {
		if p, err = o.issue(path, names, now); err != nil {
			return err
		}
	}
	o.leaf = p.cert
	o.server = &tls.Certificate{Certificate: [][]byte{p.cert.Raw, o.authority.cert.Raw}, PrivateKey: p.key, Leaf: p.cert}
	return nil
}

func (o *own) issue(path string, names []string, now time.Time) (*pair, error) {
	template := &x509.Certificate{
		Subject:     pkix.Name{Organization: []string{"Liandong 联动"}, CommonName: names[0]},
		NotBefore:   now.Add(-24 * time.Hour),
		NotAfter:    now.AddDate(0, 0, serverDays),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if end := o.authority.cert.NotAfter; template.NotAfter.After(end) {
		template.NotAfter = end
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	p, err := sign(template, o.authority)
	if err != nil {
		return nil, err
	}
	temp, err := writeTemp(path, p)
	if err != nil {
		return nil, err
	}
	if err := os.Rename(temp, path); err != nil {
		return nil, fmt.Errorf("certs: %w", err)
	}
	return p, nil
}

// fits says whether a certificate is from today's authority, lasts, and covers every name. One
// that covers an address the machine has lost still fits.
func (o *own) fits(cert *x509.Certificate, names []string, now time.Time) bool {
	// In the authority's own last month nothing lasts longer, and a new one would not either.
	lasts := cert.NotAfter.Sub(now) >= renewDays*24*time.Hour || cert.NotAfter.Equal(o.authority.cert.NotAfter)
	if cert.CheckSignatureFrom(o.authority.cert) != nil || now.Before(cert.NotBefore) || !lasts {
		return false
	}
	for _, name := range names {
		if cert.VerifyHostname(name) != nil {
			return false
		}
	}
	return true
}

// sign makes a key and a certificate for it, signed by parent, or by itself.
func sign(template *x509.Certificate, parent *pair) (*pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("certs: %w", err)
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)); err != nil {
		return nil, fmt.Errorf("certs: %w", err)
	}
	if parent == nil {
		parent = &pair{template, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent.cert, &key.PublicKey, parent.key)
	if err != nil {
		return nil, fmt.Errorf("certs: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("certs: %w", err)
	}
	return &pair{cert, key}, nil
}

// writeTemp writes the pair beside path, mode 0600 from the first byte, and flushes it.
func writeTemp(path string, p *pair) (string, error) {
	body, err := p.encode()
	if err != nil {
		return "", fmt.Errorf("certs: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // 0600
	if err != nil {
		return "", fmt.Errorf("certs: %w", err)
	}
	_, err = f.Write(body)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		os.Remove(f.Name())
		return "", fmt.Errorf("certs: %w", err)
	}
	return f.Name(), nil
}

// mostAddresses keeps the certificate small on machines with hundreds of container networks.
const mostAddresses = 64

// machineNames are the names and addresses by which this machine is reached: localhost, its name,
// every address of its interfaces but those that only mean something on one wire (fe80::, 169.254).
func machineNames() []string {
	names := []string{"localhost", "127.0.0.1", "::1"}
	if host, err := os.Hostname(); err == nil && host != "" && !slices.Contains(names, host) {
		names = append(names, host)
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return names
	}
	for _, a := range addresses {
		ip, ok := a.(*net.IPNet)
		if !ok || ip.IP.IsLoopback() || ip.IP.IsLinkLocalUnicast() || len(names) >= mostAddresses {
			continue
		}
		if name := ip.IP.String(); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
