package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"liandong/cmd/liandong/certs"
	"liandong/dispatch"
	"liandong/realtime/link"
	"liandong/web"
)

// linkFlags open the door for neighbouring regions; it is closed by default.
type linkFlags struct {
	Link   string `help:"Address for the servers of neighbouring regions over mutual TLS, such as :8444. Only those come in whose certificate an administrator accepted. Off by default, and then nothing is told to neighbours and nothing heard of them." env:"LIANDONG_LINK"`
	LinkAt string `name:"link-at" help:"How neighbours reach that address, host:port, where it differs." env:"LIANDONG_LINK_AT"`
}

// linkDoor is the links and the open door; without an address there are none.
type linkDoor struct {
	links   *link.Links
	card    *web.LinkCard
	server  *http.Server
	stop    context.CancelFunc
	serving sync.WaitGroup
}

func (f linkFlags) open(h *house, folder string) (*linkDoor, error) {
	d := &linkDoor{}
	if f.Link == "" {
		return d, nil
	}
	pair, text, err := certs.Neighbour(folder)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", f.Link)
	if err != nil {
		return nil, fmt.Errorf("the address %s for neighbouring regions cannot be used (--link chooses another): %w", f.Link, err)
	}
	d.links = link.New(link.Config{Service: h.service, Real: dispatch.RealOf(h.store, h.lane), Lane: h.lane, Pair: *pair, Log: h.log})
	at := f.LinkAt
	if at == "" {
		at = reachable(l.Addr().(*net.TCPAddr))
	}
	d.card = web.NewLinkCard(at, string(text))
	d.server = server(d.links, log.New(handshakes{h.log}, "", 0))
	d.server.WriteTimeout = 2 * time.Minute
	h.log.Info().Stringer("address", l.Addr()).Msg("neighbouring regions over mutual TLS")
	ctx, stop := context.WithCancel(context.Background())
	d.stop = stop
	d.server.BaseContext = func(net.Listener) context.Context { return ctx }
	d.serving.Go(func() { _ = d.server.Serve(tls.NewListener(newCrowd(l, crowded, nil), d.links.Config())) })
	d.serving.Go(func() { d.links.Run(ctx) })
	return d, nil
}

// reachable is the address as others reach it, as far as the machine knows.
func reachable(a *net.TCPAddr) string {
	host := a.IP.String()
	if a.IP.IsUnspecified() {
		host = "localhost"
		if all, err := net.InterfaceAddrs(); err == nil {
			for _, one := range all {
				if n, ok := one.(*net.IPNet); ok && n.IP.IsGlobalUnicast() && n.IP.To4() != nil {
					host = n.IP.String()
					break
				}
			}
		}
	}
	return net.JoinHostPort(host, fmt.Sprint(a.Port))
}

// close ends what is told to neighbours and heard of them.
func (d *linkDoor) close() {
	if d.server == nil {
		return
	}
	d.stop()
	_ = d.server.Close()
	d.serving.Wait()
}
