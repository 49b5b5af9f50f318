package gate

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// guest says its device's name with its first line, and lives until its peer leaves or it is ended.
type guest struct{ nc net.Conn }

func (g *guest) Close() { _ = g.nc.Close() }

// hall is a gate with a door, and what it refused.
type hall struct {
	*Gate[*guest]
	t    *testing.T
	addr string

	mu      sync.Mutex
	refused map[string]int
	near    bool // connections are let in
}

func open(t *testing.T, limits Limits) *hall {
	h := &hall{t: t, refused: map[string]int{}, near: true}
	h.Gate = New[*guest](limits, func(reason string) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.refused[reason]++
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.addr = l.Addr().String()
	done := make(chan error, 1)
	go func() { done <- h.Serve(l, h.enter) }()
	t.Cleanup(func() {
		h.Close()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return h
}

func (h *hall) enter(nc net.Conn, from netip.Addr) (*guest, func(), string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.near || !from.IsLoopback() {
		return nil, nil, "far"
	}
	g := &guest{nc}
	return g, func() {
		in := bufio.NewScanner(nc)
		for in.Scan() {
			h.Known(g, in.Text())
			_, _ = fmt.Fprintln(nc, "welcome")
		}
	}, ""
}

// come connects; with a name it waits until it is known.
func (h *hall) come(name string) net.Conn {
	h.t.Helper()
	nc, err := net.Dial("tcp", h.addr)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(20 * time.Second))
	if name != "" {
		if _, err := fmt.Fprintln(nc, name); err != nil {
			h.t.Fatal(err)
		}
		if line, err := bufio.NewReader(nc).ReadString('\n'); line != "welcome\n" {
			h.t.Fatalf("%s was told %q, %v", name, line, err)
		}
	}
	return nc
}

// ended waits until the gate has ended the connection.
func (h *hall) ended(nc net.Conn) {
	h.t.Helper()
	if n, err := nc.Read(make([]byte, 1)); n > 0 || err == nil {
		h.t.Error("the connection goes on")
	} else if e, ok := err.(net.Error); ok && e.Timeout() {
		h.t.Error("the connection was not ended")
	}
}

func (h *hall) said(reason string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.refused[reason]
}

func TestUnknownOfOneAddress(t *testing.T) {
	h := open(t, Limits{Connections: 10, Unknown: 2})
	h.come("")
	second := h.come("")
	h.ended(h.come("")) // two may be unknown
	if n := h.said("too_many_of_address"); n != 1 {
		t.Errorf("refused %d", n)
	}
	if _, err := fmt.Fprintln(second, "t1"); err != nil {
		t.Fatal(err)
	}
	if line, _ := bufio.NewReader(second).ReadString('\n'); line != "welcome\n" {
		t.Fatal("the second is not known")
	}
	h.come("t2") // one is known now, so there is room for one to say who it is
	if h.Len() != 2 || len(h.Guests()) != 2 {
		t.Errorf("%d known", h.Len())
	}
}

func TestNoMoreThanInAll(t *testing.T) {
	h := open(t, Limits{Connections: 2, Unknown: 10})
	h.come("t1")
	h.come("t2")
	h.ended(h.come(""))
	if n := h.said("too_many"); n != 1 {
		t.Errorf("refused %d", n)
	}
}

func TestOneOfEachDevice(t *testing.T) {
	h := open(t, Limits{Connections: 10, Unknown: 10})
	old := h.come("t1")
	was, _ := h.Of("t1")
	back := h.come("t1")
	h.ended(old)
	now, ok := h.Of("t1")
	if !ok || now == was || h.Len() != 1 || h.said("replaced") != 1 {
		t.Errorf("known %v, the same %v, %d in all, %d replaced", ok, now == was, h.Len(), h.said("replaced"))
	}
	if _, err := fmt.Fprintln(back, "t1"); err != nil { // it says it again: it replaces nobody
		t.Fatal(err)
	}
	if line, _ := bufio.NewReader(back).ReadString('\n'); line != "welcome\n" || h.said("replaced") != 1 {
		t.Errorf("told %q, %d replaced", line, h.said("replaced"))
	}
}

func TestRefusedByItsProtocol(t *testing.T) {
	h := open(t, Limits{Connections: 10, Unknown: 10})
	h.mu.Lock()
	h.near = false
	h.mu.Unlock()
	h.ended(h.come(""))
	if h.said("far") != 1 || h.Len() != 0 {
		t.Errorf("refused %d, known %d", h.said("far"), h.Len())
	}
}

func TestCloseEndsAll(t *testing.T) {
	h := open(t, Limits{Connections: 10, Unknown: 10})
	known, unknown := h.come("t1"), h.come("")
	over := make(chan struct{})
	h.Go(func() {
		defer close(over)
		if h.Pause(time.Hour) {
			t.Error("the pause went on")
		}
	})
	h.Close()
	<-over
	h.ended(known)
	h.ended(unknown)
	if h.Len() != 0 || len(h.all) != 0 || len(h.unknown) != 0 {
		t.Errorf("left: %d known, %d in all, %d addresses", h.Len(), len(h.all), len(h.unknown))
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Serve(l, h.enter); err != nil {
		t.Errorf("a door after the end: %v", err)
	}
}
