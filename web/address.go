package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
)

// addressOf is the address that a request comes from, without its port: the one rule for limits, the
// log and the audit. It is the peer's; what a header claims is believed only where the peer is one of
// the operator's own proxies, and then the last address in X-Forwarded-For that is none of them: what
// stands before it, the sender may have written.
func (s *Server) addressOf(r *http.Request) string {
	peer := host(r.RemoteAddr)
	if len(s.cfg.Proxies) == 0 || !s.proxied(peer) {
		return peer
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return peer // what a proxy of ours cannot have written
		}
		if claimed := hop.Unmap().WithZone("").String(); !s.proxied(claimed) {
			return claimed
		}
		peer = hop.Unmap().WithZone("").String()
	}
	return peer
}

func (s *Server) proxied(address string) bool {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	for _, p := range s.cfg.Proxies {
		if p.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

func host(remote string) string {
	h, _, err := net.SplitHostPort(remote)
	if err != nil {
		return remote
	}
	return h
}

// addresses counts what is under way from each address.
type addresses struct {
	mu    sync.Mutex
	count map[string]int
	most  int
}

func newAddresses(most int) *addresses { return &addresses{count: map[string]int{}, most: most} }

func (a *addresses) enter(from string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.count[from] >= a.most {
		return false
	}
	a.count[from]++
	return true
}

func (a *addresses) leave(from string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.count[from]--; a.count[from] == 0 {
		delete(a.count, from)
	}
}
