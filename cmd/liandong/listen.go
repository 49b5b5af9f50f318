package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"liandong/realtime"
	"liandong/web"
)

// listeners are the open doors.
type listeners struct {
	https, http *http.Server
	addr, plain net.Addr
	failed      chan error
}

// Limits of one connection. They cut whoever sends a byte a minute; a socket, once upgraded, has its
// own, and an upload sets its own.
const (
	headerWithin = 10 * time.Second
	bodyWithin   = 30 * time.Second
	answerWithin = 2 * time.Minute
	idleFor      = 2 * time.Minute
	headerBytes  = 16 << 10
)

// limits are what one connection and one address may take.
type limits struct {
	header, body time.Duration // to send them in
	crowd        int           // connections of one address
	apart        []netip.Prefix
}

func (m limits) on(s *http.Server) *http.Server {
	s.ReadHeaderTimeout, s.ReadTimeout = m.header, m.body
	return s
}

// listen opens HTTPS and, where wanted, the door that leads plain HTTP to it.
func listen(addr, plain string, config *tls.Config, door http.Handler, most limits, zlog zerolog.Logger) (*listeners, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("the address %s cannot be used (--addr chooses another): %w", addr, err)
	}
	l := &listeners{addr: ln.Addr(), failed: make(chan error, 3)}
	quiet := log.New(handshakes{zlog}, "", 0)
	l.https = most.on(server(door, quiet))
	l.https.TLSConfig = config
	go l.serve(func() error { return l.https.ServeTLS(newCrowd(realtime.Doors(ln), most.crowd, most.apart), "", "") })
	if plain == "" && l.addr.(*net.TCPAddr).Port == 8443 {
		host, _, _ := net.SplitHostPort(addr)
		plain = net.JoinHostPort(host, "8080")
	}
	if plain == "" || plain == "off" {
		return l, nil
	}
	second, err := net.Listen("tcp", plain)
	if err != nil {
		zlog.Warn().Err(err).Msg("plain HTTP is not led to HTTPS")
		return l, nil
	}
	l.plain = second.Addr()
	l.http = most.on(server(secure(l.addr.(*net.TCPAddr).Port), quiet))
	go l.serve(func() error { return l.http.Serve(newCrowd(second, most.crowd, most.apart)) })
	return l, nil
}

func server(h http.Handler, errs *log.Logger) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: headerWithin, ReadTimeout: bodyWithin, WriteTimeout: answerWithin,
		IdleTimeout: idleFor, MaxHeaderBytes: headerBytes, ErrorLog: errs}
}

func (l *listeners) serve(run func() error) {
	if err := run(); !errors.Is(err, http.ErrServerClosed) {
		l.failed <- err
	}
}

// close takes no new requests and lets those under way end.
func (l *listeners) close() error {
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
	defer stop()
	var err error
	for _, s := range []*http.Server{l.http, l.https} {
		if s != nil {
			err = errors.Join(err, s.Shutdown(ctx))
		}
	}
	return err
}

// base is the address for a browser on this machine.
func (l *listeners) base() string {
	a := l.addr.(*net.TCPAddr)
	host := a.IP.String()
	if a.IP.IsUnspecified() {
		host = "localhost"
	}
	return fmt.Sprintf("https://%s", net.JoinHostPort(host, fmt.Sprint(a.Port)))
}

// others are the addresses under which other machines reach the server.
func (l *listeners) others() []string {
	a := l.addr.(*net.TCPAddr)
	if !a.IP.IsUnspecified() {
		return nil
	}
	var out []string
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, one := range all {
		n, ok := one.(*net.IPNet)
		if ok && n.IP.IsGlobalUnicast() && n.IP.To4() != nil {
			out = append(out, fmt.Sprintf("https://%s", net.JoinHostPort(n.IP.String(), fmt.Sprint(a.Port))))
		}
	}
	return out
}

// secure leads to the same page over HTTPS. Only pages: a device or a program that sends its token in
// the clear must learn of it, not be led on quietly.
func secure(port int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = strings.Trim(r.Host, "[]")
		}
		if host == "" || strings.ContainsAny(host, "/\\@?# ") || strings.HasPrefix(r.URL.Path, "/api/") || strings.HasPrefix(r.URL.Path, "/devices/") {
			http.Error(w, "HTTPS only", http.StatusForbidden)
			return
		}
		w.Header().Set("Connection", "close")
		http.Redirect(w, r, "https://"+net.JoinHostPort(host, fmt.Sprint(port))+r.URL.RequestURI(), http.StatusTemporaryRedirect)
	})
}

// handshakes takes the HTTP server's own messages. That somebody's browser does not trust the
// certificate is no news at the level of info.
type handshakes struct{ log zerolog.Logger }

func (h handshakes) Write(b []byte) (int, error) {
	level := zerolog.WarnLevel
	if bytes.Contains(b, []byte("TLS handshake error")) {
		level = zerolog.DebugLevel
	}
	h.log.WithLevel(level).Msg(strings.TrimSpace(string(b)))
	return len(b), nil
}

// countyBorders are the borders of the demo city, which the console's build made; nil without them.
func countyBorders() (fs.File, error) {
	built := web.Console()
	if built == nil {
		return nil, nil
	}
	f, err := built.Open("demo/counties.geojson")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return f, err
}
