package certs

import (
	"archive/zip"
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"net/url"
	"slices"
	"time"

	pkcs12 "software.sslmate.com/src/go-pkcs12"
)

// clientYears is how long a client's certificate lasts when nothing ends it before.
const clientYears = 2

// Authority signs the certificates of clients, and the server's own for doors that only they use: a
// client knows the server by this authority, whatever certificate browsers are shown.
type Authority struct{ own *own }

// Clients opens the authority in dir, or makes it. names are as for Load.
func Clients(dir string, names ...string) (*Authority, error) {
	o := &own{dir: dir, names: func() []string { return slices.Concat(machineNames(), names) }, now: time.Now}
	if err := o.open(); err != nil {
		return nil, err
	}
	_, err := o.current()
	return &Authority{o}, err
}

// Config is for a listener that asks its clients for a certificate of the authority.
func (a *Authority) Config() *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(a.own.authority.cert)
	return &tls.Config{MinVersion: tls.VersionTLS12, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return a.own.current() }}
}

// Package makes a key and a certificate that names identity and is good until the time given (zero:
// two years), and wraps them for a TAK client: a data package (zip) with the connection to address
// (host:port), the authority as trust store and the certificate. Whoever has it is that client.
func (a *Authority) Package(name, device, address string, identity *url.URL, until time.Time) ([]byte, error) {
	now := a.own.now()
	template := &x509.Certificate{
		Subject:     pkix.Name{Organization: []string{"Liandong 联动"}, CommonName: device},
		NotBefore:   now.Add(-24 * time.Hour),
		NotAfter:    now.AddDate(clientYears, 0, 0),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		URIs:        []*url.URL{identity},
	}
	for _, end := range []time.Time{until, a.own.authority.cert.NotAfter} {
		if !end.IsZero() && template.NotAfter.After(end) {
			template.NotAfter = end
		}
	}
	p, err := sign(template, a.own.authority)
	if err != nil {
		return nil, err
	}
	var secret [12]byte
	rand.Read(secret[:]) // never fails; it ends the program instead
	password := base64.RawURLEncoding.EncodeToString(secret[:])
	// The old ciphers of PKCS #12 are what every client reads; the password lies beside the file, so
	// that they protect nothing anyway.
	client, err := pkcs12.LegacyDES.Encode(p.key, p.cert, []*x509.Certificate{a.own.authority.cert}, password)
	if err != nil {
		return nil, fmt.Errorf("certs: %w", err)
	}
	trust, err := pkcs12.LegacyDES.EncodeTrustStore([]*x509.Certificate{a.own.authority.cert}, password)
	if err != nil {
		return nil, fmt.Errorf("certs: %w", err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range []struct {
		name string
		body []byte
	}{
		{"MANIFEST/manifest.xml", fmt.Appendf(nil, manifest, text(device), text(name))},
		{"certs/server.pref", fmt.Appendf(nil, preferences, text(name), text(address), password)},
		{"certs/truststore.p12", trust},
		{"certs/client.p12", client},
	} {
		w, err := z.Create(f.name)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(f.body); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func text(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a buffer takes everything
	return b.String()
}

const manifest = `<MissionPackageManifest version="2">
  <Configuration>
    <Parameter name="uid" value="liandong-%s"/>
    <Parameter name="name" value="%s"/>
    <Parameter name="onReceiveDelete" value="true"/>
  </Configuration>
  <Contents>
    <Content ignore="false" zipEntry="certs/server.pref"/>
    <Content ignore="false" zipEntry="certs/truststore.p12"/>
    <Content ignore="false" zipEntry="certs/client.p12"/>
  </Contents>
</MissionPackageManifest>
`

// preferences set up the connection. Clients copy what lies in certs to their folder cert.
const preferences = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<preferences>
  <preference version="1" name="cot_streams">
    <entry key="count" class="class java.lang.Integer">1</entry>
    <entry key="description0" class="class java.lang.String">%[1]s</entry>
    <entry key="enabled0" class="class java.lang.Boolean">true</entry>
    <entry key="connectString0" class="class java.lang.String">%[2]s:ssl</entry>
  </preference>
  <preference version="1" name="com.atakmap.app_preferences">
    <entry key="caLocation" class="class java.lang.String">cert/truststore.p12</entry>
    <entry key="caPassword" class="class java.lang.String">%[3]s</entry>
    <entry key="certificateLocation" class="class java.lang.String">cert/client.p12</entry>
    <entry key="clientPassword" class="class java.lang.String">%[3]s</entry>
  </preference>
</preferences>
`
