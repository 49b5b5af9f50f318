package bus

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// embed starts a NATS server in this process. Other nodes reach it at the
// address to listen at, over TLS in which both sides prove that they know the
// secret; clients do not reach it but from within.
func embed(cfg Config) (*server.Server, []nats.Option, error) {
	if len(cfg.Secret) < 32 {
		return nil, nil, errSecret
	}
	host, port, err := split(cfg.Listen)
	if err != nil {
		return nil, nil, fmt.Errorf("the address for other nodes %q: %w", cfg.Listen, err)
	}
	var routes []*url.URL
	for _, p := range cfg.Peers {
		if _, n, err := split(p); err != nil || n <= 0 {
			return nil, nil, fmt.Errorf("the address of a node %q: it is host:port, as that node listens at", p)
		}
		routes = append(routes, &url.URL{Scheme: "nats-route", Host: p})
	}
	secured, err := mutual(cfg.Secret)
	if err != nil {
		return nil, nil, err
	}
	password := rand.Text()
	s, err := server.NewServer(&server.Options{ServerName: cfg.Node, NoSigs: true, NoLog: true, MaxPayload: 1 << 20,
		// Routes come up only where the server also listens for clients. It does
		// so on a loopback port that takes nobody without the password.
		Host: "127.0.0.1", Port: -1, Username: "node", Password: password,
		Cluster: server.ClusterOpts{Name: "liandong", Host: host, Port: port, TLSConfig: secured, TLSTimeout: 5,
			PingInterval: time.Second, MaxPingsOut: 2, ConnectRetries: 1 << 30, NoAdvertise: true},
		Routes: routes})
	if err != nil {
		return nil, nil, fmt.Errorf("messages between nodes: %w", err)
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		s.Shutdown()
		return nil, nil, fmt.Errorf("the address %s cannot be used for other nodes (--node-listen chooses another)", cfg.Listen)
	}
	return s, []nats.Option{nats.InProcessServer(s), nats.UserInfo("node", password)}, nil
}

// split reads host:port; port 0 stands for a free one, which NATS calls -1.
func split(address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, errors.New("it is host:port, such as 10.0.0.11:7443")
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return "", 0, errors.New("its port is a number up to 65535")
	}
	if n == 0 {
		return host, -1, nil
	}
	return host, int(n), nil
}

// mutual is TLS between nodes that know the secret: all of them have the one
// key that is made from it, and take nobody who has another.
func mutual(secret string) (*tls.Config, error) {
	seed := sha256.Sum256([]byte("liandong nodes 1\n" + secret))
	key := ed25519.NewKeyFromSeed(seed[:])
	public := key.Public().(ed25519.PublicKey)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "liandong node"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, key)
	if err != nil {
		return nil, fmt.Errorf("the certificate of the nodes: %w", err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		ClientAuth: tls.RequireAnyClientCert,
		// No authority signs and no name counts: the key itself is compared, in
		// every handshake, on both sides.
		InsecureSkipVerify: true,
		VerifyConnection: func(c tls.ConnectionState) error {
			if len(c.PeerCertificates) > 0 {
				if theirs, ok := c.PeerCertificates[0].PublicKey.(ed25519.PublicKey); ok && theirs.Equal(public) {
					return nil
				}
			}
			return errors.New("the other node has another secret")
		}}, nil
}
