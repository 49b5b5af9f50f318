package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"liandong/dispatch"
	"liandong/realtime"
)

// Serve is the server under test of the parts that measure the feed alone, in a
// process of its own. kind "hub" is the real hub behind net/http, on a journal
// in memory; "floor" is the least that writes the same frames to the same
// sockets. It prints its address, then obeys lines: "say N" commits N changes;
// "cpu FILE" and "heap FILE" write profiles, the first until the input ends.
func Serve(ctx context.Context, kind string, in io.Reader, out io.Writer) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintln(out, ln.Addr())
	var say func(int)
	var end func()
	switch kind {
	case "hub":
		say, end = serveHub(ctx, ln)
	case "floor":
		f := &floor{news: make(chan struct{}, 1)}
		go f.accept(ln)
		go f.write()
		say, end = f.say, func() { _ = ln.Close() }
	default:
		return fmt.Errorf("there is no server %q to test; there are hub and floor", kind)
	}
	defer end()
	defer pprof.StopCPUProfile()
	for lines := bufio.NewScanner(in); lines.Scan(); {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		switch word {
		case "say":
			n, err := strconv.Atoi(rest)
			if err != nil {
				return err
			}
			say(n)
		case "cpu", "heap":
			if err := profile(word, rest); err != nil {
				return err
			}
		}
	}
	return nil
}

func profile(kind, path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if kind == "cpu" {
		return pprof.StartCPUProfile(f)
	}
	return errors.Join(pprof.Lookup("heap").WriteTo(f, 0), f.Close())
}

// payload is how large a change is, in bytes of JSON.
const payload = 300

var actor = dispatch.ActorRef{ID: "p1", Name: "Dispatcher", Role: dispatch.RoleDispatcher, Agency: "fire"}

// changeOf is a small but whole change: a team's drop with a reason that makes
// it as long as the other products' messages were.
func changeOf(seq int64) *dispatch.Change {
	at := time.Date(2026, 5, 12, 4, 0, 0, 0, time.UTC)
	return &dispatch.Change{Seq: seq, At: at, Wall: at, Realm: dispatch.Live, Actor: actor, Kind: "incident.close", Note: note,
		Drops: []dispatch.Drop{{Ref: dispatch.Ref{Kind: dispatch.KindIncident, ID: "i1"}, Before: dispatch.Scope{Agency: "fire"}},
			{Ref: dispatch.Ref{Kind: dispatch.KindTeam, ID: "t1"}, Before: dispatch.Scope{Agency: "fire"}}}}
}

var note = strings.Repeat("x", payload-200)

// memo is a journal in memory.
type memo struct {
	mu      sync.Mutex
	changes []*dispatch.Change
}

func (m *memo) Changes(_ context.Context, realm dispatch.Realm, after int64, limit int) ([]*dispatch.Change, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if realm != dispatch.Live || after >= int64(len(m.changes)) {
		return nil, nil
	}
	cs := m.changes[after:]
	return cs[:min(limit, len(cs)):min(limit, len(cs))], nil
}

func (m *memo) Head(context.Context, dispatch.Realm) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return int64(len(m.changes)), nil
}

func (m *memo) Epoch(context.Context) (string, error) { return "e1", nil }

func (m *memo) Find(context.Context, dispatch.Query) ([]dispatch.Record, error) { return nil, nil }

func serveHub(ctx context.Context, ln net.Listener) (say func(int), end func()) {
	book := &memo{}
	hub := realtime.New(realtime.Config{Journal: book, Records: book, Log: zerolog.Nop()})
	var persons atomic.Int64
	s := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := realtime.Client{Actor: dispatch.Actor{ID: "p1", Name: "Dispatcher", Role: dispatch.RoleDispatcher, Agency: "fire", Realm: dispatch.Live,
			Session: fmt.Sprint("s", persons.Add(1))}}
		if text := r.URL.Query().Get("since"); text != "" {
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			c.Since = &n
		}
		if err := hub.Serve(w, r, c, realtime.Handlers{}); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})}
	go func() { _ = s.Serve(ln) }() // until it is closed
	say = func(n int) {
		book.mu.Lock()
		for range n {
			book.changes = append(book.changes, changeOf(int64(len(book.changes))+1))
		}
		head := int64(len(book.changes))
		book.mu.Unlock()
		hub.Poke(dispatch.Live, head)
	}
	return say, func() {
		within, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer stop()
		_ = hub.Shutdown(within) // the process ends either way
		_ = s.Close()
	}
}
