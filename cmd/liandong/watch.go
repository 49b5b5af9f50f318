package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"liandong/dispatch/pgstore"
	"liandong/migrations"
	"liandong/web"
)

// watchFlags say who may watch the server, and how much of it one address may take.
type watchFlags struct {
	Metrics           string         `help:"Address for Prometheus, of this machine alone, such as 127.0.0.1:9464: /metrics without sign-in. Off by default; the main door has it for administrators and for --metrics-token-file." env:"LIANDONG_METRICS"`
	MetricsTokenFile  string         `help:"File with the token that opens /metrics on the main door to Prometheus, as bearer." type:"path" env:"LIANDONG_METRICS_TOKEN_FILE"`
	TrustedProxy      []netip.Prefix `help:"Networks of the operator's own proxies (CIDR), whose X-Forwarded-For is believed." env:"LIANDONG_TRUSTED_PROXY" placeholder:"CIDR"`
	SocketsPerAddress int            `help:"Consoles' sockets that one address may hold open." default:"2048" env:"LIANDONG_SOCKETS_PER_ADDRESS"`
}

// check reads the token and refuses what would open more than was meant.
func (f watchFlags) check() (token string, err error) {
	if f.SocketsPerAddress < 1 {
		return "", fmt.Errorf("--sockets-per-address is %d: it is 1 or more", f.SocketsPerAddress)
	}
	if f.Metrics != "" {
		host, _, err := net.SplitHostPort(f.Metrics)
		ip := net.ParseIP(host)
		if err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return "", fmt.Errorf("--metrics %s: it asks for no sign-in, so it takes a loopback address with a port, such as 127.0.0.1:9464; for other machines use --metrics-token-file", f.Metrics)
		}
	}
	if f.MetricsTokenFile == "" {
		return "", nil
	}
	raw, err := os.ReadFile(f.MetricsTokenFile)
	if err != nil {
		return "", fmt.Errorf("--metrics-token-file: %w", err)
	}
	token = strings.TrimSpace(string(raw))
	if len(token) < 16 || strings.ContainsAny(token, " \t\r\n") {
		return "", fmt.Errorf("--metrics-token-file %s: the token is one word of 16 characters or more; openssl rand -hex 32 makes one", f.MetricsTokenFile)
	}
	return token, nil
}

// open listens for Prometheus, where that is wanted; close ends it.
func (f watchFlags) open(page http.Handler, failed func(error)) (at net.Addr, close func() error, err error) {
	if f.Metrics == "" {
		return nil, func() error { return nil }, nil
	}
	ln, err := net.Listen("tcp", f.Metrics)
	if err != nil {
		return nil, nil, fmt.Errorf("the address %s cannot be used (--metrics chooses another): %w", f.Metrics, err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", page)
	s := server(mux, nil)
	go func() {
		if err := s.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			failed(err)
		}
	}()
	return ln.Addr(), s.Close, nil
}

// lastBackup is the file in the data folder whose time is that of the last backup.
const lastBackup = "last-backup"

// machine tells of the machine under the data folder.
func machine(store *pgstore.Store, dir string) func() web.Machine {
	return func() web.Machine {
		p := store.PoolStats()
		return web.Machine{Pool: web.Pool{Used: p.Used, Idle: p.Idle, Most: p.Most, Waits: p.Waits, Waited: p.Waited.Seconds()}, Disk: disk(dir),
			Sealed: written(filepath.Join(dir, "seal", "heads.jsonl")), Backup: written(filepath.Join(dir, lastBackup))}
	}
}

// written is when the file was last written; nil when there is none.
func written(file string) *time.Time {
	info, err := os.Stat(file)
	if err != nil {
		return nil
	}
	at := info.ModTime().UTC()
	return &at
}

// migrated tells whether the database has the shape that this program needs. A shape that was right
// is asked for again after half a minute, because each question takes a connection of its own.
func (d *database) migrated() func(context.Context) error {
	var mu sync.Mutex
	var right time.Time
	return func(ctx context.Context) error {
		mu.Lock()
		defer mu.Unlock()
		if time.Since(right) < 30*time.Second {
			return nil
		}
		needed, err := migrations.Latest()
		if err != nil {
			return err
		}
		version, err := migrations.Version(ctx, d.AdminURL)
		if err != nil {
			return err
		}
		if version < needed {
			return fmt.Errorf("the database is at version %d, this program needs %d", version, needed)
		}
		right = time.Now()
		return nil
	}
}
