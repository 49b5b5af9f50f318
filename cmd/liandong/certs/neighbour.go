package certs

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Neighbour opens the certificate by which linked regions know this server, or makes it the first
// time (neighbour.pem in dir). They accept exactly this one, by its fingerprint: it is signed by
// nobody else, and another one has to be accepted anew. It returns the certificate in PEM, too.
func Neighbour(dir string) (*tls.Certificate, []byte, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, fmt.Errorf("certs: %w", err)
	}
	path := filepath.Join(dir, "neighbour.pem")
	p, err := readPair(path)
	if errors.Is(err, os.ErrNotExist) {
		now := time.Now()
		p, err = sign(&x509.Certificate{
			Subject:     pkix.Name{Organization: []string{"Liandong 联动"}, CommonName: "link"},
			NotBefore:   now.Add(-24 * time.Hour),
			NotAfter:    now.AddDate(authorityYears, 0, 0),
			KeyUsage:    x509.KeyUsageDigitalSignature,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		}, nil)
		if err == nil {
			p, err = keep(path, p)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{p.cert.Raw}, PrivateKey: p.key, Leaf: p.cert}, p.certPEM(), nil
}
