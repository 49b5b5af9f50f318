package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"liandong/dispatch"
	"liandong/dispatch/pgstore"
	"liandong/realtime"
	"liandong/realtime/bus"
)

// nodeFlags join several servers (nodes) on one database. One alone needs none of them and opens no
// port.
type nodeFlags struct {
	NodeListen      string   `help:"Address for the other servers (nodes) on the same database, such as 10.0.0.11:7443. With --node-secret-file." env:"LIANDONG_NODE_LISTEN" placeholder:"HOST:PORT"`
	NodePeers       []string `help:"Addresses at which the other nodes listen." env:"LIANDONG_NODE_PEERS" placeholder:"HOST:PORT,…"`
	NodeSecretFile  string   `help:"File with the secret that all nodes share, 32 characters or more; openssl rand -hex 32 makes one." type:"path" env:"LIANDONG_NODE_SECRET_FILE"`
	NATS            string   `name:"nats" help:"An external NATS between the nodes instead: nats://host:4222, or tls://host:4222." env:"LIANDONG_NATS" placeholder:"URL"`
	NATSCredentials string   `name:"nats-credentials" help:"File with what NATS knows this program by." type:"path" env:"LIANDONG_NATS_CREDENTIALS"`
	NATSAuthority   string   `name:"nats-authority" help:"File (PEM) with the authority that NATS is trusted by." type:"path" env:"LIANDONG_NATS_AUTHORITY"`
}

// wanted tells whether there is to be a way to other nodes.
func (f nodeFlags) wanted() bool {
	return f.NodeListen != "" || len(f.NodePeers) > 0 || f.NodeSecretFile != "" || f.NATS != ""
}

// check refuses what cannot work, before anything is started.
func (f nodeFlags) check(databaseURL string) error {
	embedded := f.NodeListen != "" || len(f.NodePeers) > 0 || f.NodeSecretFile != ""
	switch {
	case f.NATS == "" && (f.NATSCredentials != "" || f.NATSAuthority != ""):
		return errors.New("--nats-credentials and --nats-authority belong to --nats, which is missing")
	case !f.wanted():
		return nil
	case databaseURL == "":
		return errors.New("the private database serves one node alone: several need DATABASE_URL, the same for all of them")
	case embedded && f.NATS != "":
		return errors.New("--nats stands instead of --node-listen, --node-peers and --node-secret-file: keep one way")
	case embedded && (f.NodeListen == "" || f.NodeSecretFile == ""):
		return errors.New("nodes that talk to each other need --node-listen and --node-secret-file")
	}
	return nil
}

// open opens the way to the other nodes; nil where none is wanted.
func (f nodeFlags) open(ctx context.Context, store *pgstore.Store, id string, log zerolog.Logger) (*bus.Bus, error) {
	if !f.wanted() {
		return nil, nil
	}
	house, err := store.House(ctx)
	if err != nil {
		return nil, err
	}
	cfg := bus.Config{House: house, Node: id, Listen: f.NodeListen, Peers: f.NodePeers,
		URL: f.NATS, Credentials: f.NATSCredentials, Authority: f.NATSAuthority, Log: log}
	if f.NodeSecretFile != "" {
		raw, err := os.ReadFile(f.NodeSecretFile)
		if err != nil {
			return nil, fmt.Errorf("--node-secret-file: %w", err)
		}
		cfg.Secret = strings.TrimSpace(string(raw))
	}
	return bus.Open(cfg)
}

// nodeID is the name of this node, made once and kept in its folder.
func nodeID(dir string) (string, error) {
	path := filepath.Join(dir, "node")
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		id := newID()
		return id, os.WriteFile(path, []byte(id+"\n"), 0o644)
	}
	if err != nil {
		return "", err
	}
	id := strings.TrimSpace(string(raw))
	if len(id) != 32 || strings.Trim(id, "0123456789abcdef") != "" {
		return "", fmt.Errorf("%s holds no name of a node (32 hexadecimal digits): remove it and start again", path)
	}
	return id, nil
}

// alone has a job run on one node at a time.
func (h *house) alone(name string, job func(context.Context)) func(context.Context) {
	return func(ctx context.Context) { h.store.Alone(ctx, name, job) }
}

// Spans between looks.
const (
	lookNodes    = time.Second
	lookSessions = 5 * time.Second
)

// watchNodes tells the hub which other nodes work, so that it notices when one of them is not heard.
// While the database is away the last answer stands.
func (h *house) watchNodes(ctx context.Context) {
	tick := time.NewTicker(lookNodes)
	defer tick.Stop()
	var known []string
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		nodes, err := h.store.Nodes(ctx)
		if err != nil {
			continue
		}
		if !slices.Equal(nodes, known) {
			h.log.Info().Int("others", len(nodes)).Msg("nodes on this database")
			if h.bus == nil && len(nodes) > 0 {
				h.log.Warn().Msg("another server works on this database, and there is no way to it: its positions are not shown here (--node-listen, or --nats)")
			}
			known = nodes
		}
		h.hub.Peers(nodes)
	}
}

// endSessions closes the sockets of sign-ins that have ended, or act in another role, on another node,
// should its word have been lost.
func (h *house) endSessions(ctx context.Context) {
	tick := time.NewTicker(lookSessions)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := h.endLost(ctx); err != nil && ctx.Err() == nil {
			h.log.Debug().Err(err).Msg("sign-ins could not be looked at; it is tried again")
		}
	}
}

func (h *house) endLost(ctx context.Context) error {
	here := h.hub.SignedIn()
	if len(here) == 0 {
		return nil
	}
	ids := make([]string, 0, len(here))
	for id := range here {
		ids = append(ids, id)
	}
	now, err := h.store.SessionRoles(ctx, ids)
	if err != nil {
		return err
	}
	for id, role := range here {
		code := realtime.CloseScope
		if is, ok := now[id]; ok && is == role {
			continue
		} else if !ok {
			code = realtime.CloseAuth
		}
		h.hub.Close(func(a dispatch.Actor) bool { return a.Session == id && a.Role == role }, code)
	}
	return nil
}
