package realtime

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"liandong/dispatch"
	"liandong/realtime/client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// book is a journal and its records in memory: what the store is to the feed.
type book struct {
	mu      sync.Mutex
	epoch   string
	changes []*dispatch.Change
	records map[dispatch.Ref]dispatch.Record
	broken  error
	reads   int
}

var noon = time.Date(2026, 5, 12, 4, 0, 0, 0, time.UTC)

func newBook() *book {
	return &book{epoch: "e1", records: map[dispatch.Ref]dispatch.Record{}}
}

func (b *book) Changes(_ context.Context, realm dispatch.Realm, after int64, limit int) ([]*dispatch.Change, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reads++
	if b.broken != nil {
		return nil, b.broken
	}
	if realm != dispatch.Live || after >= int64(len(b.changes)) {
		return nil, nil
	}
	cs := b.changes[after:]
	return slices.Clone(cs[:min(limit, len(cs))]), nil
}

func (b *book) Head(context.Context, dispatch.Realm) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return int64(len(b.changes)), b.broken
}

func (b *book) Epoch(context.Context) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.epoch, b.broken
}

func (b *book) Find(_ context.Context, q dispatch.Query) ([]dispatch.Record, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []dispatch.Record
	for ref, r := range b.records {
		if ref.Kind == q.Kind {
			out = append(out, r)
		}
	}
	return out, b.broken
}

// put commits one change that puts the records, and returns its seq.
func (b *book) put(rs ...dispatch.Record) int64 { return b.commit(rs, nil) }

func (b *book) commit(puts []dispatch.Record, drops []dispatch.Ref) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := &dispatch.Change{Seq: int64(len(b.changes)) + 1, Realm: dispatch.Live, Kind: "test.put",
		Actor: dispatch.ActorRef{ID: "p1", Name: "张三", Role: dispatch.RoleDispatcher, Agency: "fire"}, Note: "原因"}
	c.At = noon.Add(time.Duration(c.Seq) * time.Second)
	c.Wall = c.At
	for _, r := range puts {
		h := dispatch.HeadOf(r)
		h.Version, h.Updated = c.Seq, c.At
		p := dispatch.Put{Record: r, After: h.Scope}
		if old := b.records[dispatch.RefOf(r)]; old != nil {
			s := dispatch.HeadOf(old).Scope
			p.Before = &s
		}
		c.Puts = append(c.Puts, p)
		b.records[dispatch.RefOf(r)] = r
	}
	for _, ref := range drops {
		c.Drops = append(c.Drops, dispatch.Drop{Ref: ref, Before: dispatch.HeadOf(b.records[ref]).Scope})
		delete(b.records, ref)
	}
	b.changes = append(b.changes, c)
	return c.Seq
}

// snapshot writes what the audience sees now, as the HTTP door does.
func (b *book) snapshot(w http.ResponseWriter, au dispatch.Audience) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var seen []dispatch.Record
	for _, r := range b.records {
		if v := dispatch.SeeRecord(au.At(time.Now()), r); v != nil {
			seen = append(seen, v)
		}
	}
	slices.SortFunc(seen, func(a, b dispatch.Record) int {
		x, y := dispatch.RefOf(a), dispatch.RefOf(b)
		return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.ID, y.ID))
	})
	e := json.NewEncoder(w)
	_ = e.Encode(map[string]any{"epoch": b.epoch, "seq": len(b.changes), "realm": dispatch.Live})
	for _, r := range seen {
		_ = e.Encode(r)
	}
	_ = e.Encode(map[string]any{"end": true, "count": len(seen)})
}

func incident(id, agency string, shares ...dispatch.Share) *dispatch.Incident {
	return &dispatch.Incident{Head: dispatch.Head{Kind: dispatch.KindIncident, ID: id,
		Scope: dispatch.Scope{Agency: agency, Area: "411002", Shares: shares}}, Type: "12G01", Title: "<火灾> & 浓烟", Phone: "13800000000"}
}

func team(id, agency string, shares ...dispatch.Share) *dispatch.Team {
	return &dispatch.Team{Head: dispatch.Head{Kind: dispatch.KindTeam, ID: id,
		Scope: dispatch.Scope{Agency: agency, Area: "411002", Shares: shares, Open: true}}, Name: id, CallSign: id, Leader: "李四"}
}

// town is a hub behind a real HTTP server.
type town struct {
	*book
	t      *testing.T
	hub    *Hub
	lane   *Lane
	ticks  chan time.Time
	server *httptest.Server

	mu      sync.Mutex
	actors  map[string]dispatch.Actor // by the word in the header Who
	valid   bool
	command func(ctx context.Context, actor dispatch.Actor, id, name string, body []byte) (json.RawMessage, json.RawMessage)
}

// found founds a town; adjust may change the hub's configuration.
func found(t *testing.T, b *book, adjust func(*Config)) *town {
	w := &town{book: b, t: t, ticks: make(chan time.Time), valid: true, actors: map[string]dispatch.Actor{}}
	for _, a := range []dispatch.Actor{
		{ID: "p1", Name: "张三", Role: dispatch.RoleDispatcher, Agency: "fire", Session: "s1"},
		{ID: "p2", Name: "李四", Role: dispatch.RoleDispatcher, Agency: "water", Session: "s2"},
		{ID: "p3", Name: "王五", Role: dispatch.RoleObserver, Agency: "fire", Session: "s3"},
		{ID: "p4", Name: "赵六", Role: dispatch.RoleLeader, Agency: "fire", Team: "t1", Session: "s4"},
		{ID: "p5", Name: "孙七", Role: dispatch.RoleChief, Agency: "city", Jurisdiction: "4110", Session: "s5"},
	} {
		a.Realm = dispatch.Live
		w.actors[a.ID] = a
	}
	cfg := Config{Journal: b, Records: b, ticks: w.ticks, Limits: Limits{PerSession: 100}}
	if adjust != nil {
		adjust(&cfg)
	}
	w.lane = cfg.Lane
	w.hub = New(cfg)
	mux := http.NewServeMux()
	mux.HandleFunc("/api/v1/snapshot", func(rw http.ResponseWriter, r *http.Request) {
		b.snapshot(rw, w.actor(r).Audience())
	})
	mux.HandleFunc("/api/v1/socket", w.socket)
	w.server = httptest.NewUnstartedServer(mux)
	w.server.Listener = smallBuffers{w.server.Listener}
	w.server.Start()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := w.hub.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		w.server.Close()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	return w
}

// smallBuffers makes the kernel hold little, so that a reader that stops is
// felt soon.
type smallBuffers struct{ net.Listener }

func (l smallBuffers) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetWriteBuffer(64 << 10)
	}
	return c, err
}

func (w *town) actor(r *http.Request) dispatch.Actor {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.actors[r.Header.Get("Who")]
}

func (w *town) socket(rw http.ResponseWriter, r *http.Request) {
	c := Client{Actor: w.actor(r), Epoch: r.URL.Query().Get("epoch")}
	if text := r.URL.Query().Get("since"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			http.Error(rw, err.Error(), http.StatusBadRequest)
			return
		}
		c.Since = &n
	}
	w.mu.Lock()
	command, valid := w.command, w.valid
	w.mu.Unlock()
	if err := w.hub.Serve(rw, r, c, Handlers{Command: command, Valid: func(context.Context) bool { return valid }}); err != nil {
		var e *dispatch.Error
		if !errors.As(err, &e) {
			w.t.Errorf("Serve: %v is no *dispatch.Error", err)
		}
		http.Error(rw, err.Error(), http.StatusServiceUnavailable)
	}
}

// console starts a console of the actor and waits until it is connected.
func (w *town) console(who string, adjust ...func(*client.Config)) *client.Console {
	w.t.Helper()
	jar, _ := cookiejar.New(nil)
	cfg := client.Config{Base: w.server.URL, HTTP: &http.Client{Jar: jar}, Header: http.Header{"Who": {who}}, Retry: time.Millisecond}
	for _, f := range adjust {
		f(&cfg)
	}
	c := client.New(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = c.Run(ctx)
	}()
	w.t.Cleanup(func() { cancel(); <-ended })
	w.wait(c, 0)
	return c
}

func (w *town) wait(c *client.Console, seq int64) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := c.Wait(ctx, seq); err != nil {
		w.t.Fatalf("console did not reach %d: %v; %+v", seq, err, c.Stats())
	}
}

// agree ticks once until the console stands at the head, and compares its
// picture with a fresh snapshot.
func (w *town) agree(c *client.Console) {
	w.t.Helper()
	head, _ := w.Head(context.Background(), dispatch.Live)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	stop := make(chan struct{})
	var ticking sync.WaitGroup
	ticking.Go(func() { // beats bring those forward who saw nothing
		for {
			select {
			case w.ticks <- time.Time{}:
			case <-stop:
				return
			}
		}
	})
	err := c.Wait(ctx, head)
	close(stop)
	ticking.Wait()
	if err != nil {
		w.t.Fatalf("console did not reach %d: %v; %+v", head, err, c.Stats())
	}
	fresh, err := c.Snapshot(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	if diff := fresh.Diff(c.Picture()); len(diff) > 0 {
		w.t.Errorf("the picture differs from a fresh snapshot:\n%s", diff)
	}
	if s := c.Stats(); s.Gaps+s.Doubles+len(s.Faults) > 0 {
		w.t.Errorf("the contract was broken: %+v", s)
	}
}

// commitAll rings the bell after a put.
func (w *town) say(rs ...dispatch.Record) int64 {
	seq := w.put(rs...)
	w.hub.Poke(dispatch.Live, seq)
	return seq
}

// raw is a socket read by hand.
type raw struct {
	t       *testing.T
	ws      *websocket.Conn
	numbers client.Numbers
}

func (w *town) raw(who, query string) *raw {
	w.t.Helper()
	d := websocket.Dialer{ReadBufferSize: 1 << 10, NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if t, ok := c.(*net.TCPConn); ok {
			_ = t.SetReadBuffer(64 << 10)
		}
		return c, err
	}}
	ws, resp, err := d.Dial("ws"+w.server.URL[4:]+"/api/v1/socket?"+query, http.Header{"Who": {who}})
	if err != nil {
		w.t.Fatalf("dial: %v %v", err, resp)
	}
	w.t.Cleanup(func() { _ = ws.Close() })
	return &raw{w.t, ws, client.Numbers{}}
}

type heard struct {
	T         string    `json:"t"`
	Epoch     string    `json:"epoch"`
	Seq       int64     `json:"seq"`
	Beat      int       `json:"beat"`
	From      int64     `json:"from"`
	To        int64     `json:"to"`
	At        time.Time `json:"at"`
	JournalAt time.Time `json:"journal_at"`
	Nodes     string    `json:"nodes"`
	Changes   []struct {
		Seq int64 `json:"seq"`
		Put []struct {
			ID    string `json:"id"`
			Phone string `json:"phone"`
		} `json:"put"`
		Drop []dispatch.Ref `json:"drop"`
		Note string         `json:"note"`
	} `json:"changes"`
	Open    []openIncident `json:"open"`
	Here    []attendant    `json:"here"`
	ID      string         `json:"id"`
	Problem *problem       `json:"problem"`
	Gone    []string       `json:"team"` // those of positions_gone
	Moved   client.Positions
	Answer  json.RawMessage `json:"answer"`
	Shown   bool            `json:"shown"`
}

// next reads frames until one of the type comes.
func (r *raw) next(typ string) heard {
	r.t.Helper()
	for {
		if h := r.any(); h.T == typ {
			return h
		}
	}
}

// any reads the next frame but for those that name teams.
func (r *raw) any() heard {
	r.t.Helper()
	for {
		_ = r.ws.SetReadDeadline(time.Now().Add(20 * time.Second))
		kind, b, err := r.ws.ReadMessage()
		if err != nil {
			r.t.Fatalf("waiting: %v", err)
		}
		var h heard
		if kind == websocket.BinaryMessage {
			h.T = "positions"
			if h.Moved, err = r.numbers.Read(b); err != nil {
				r.t.Fatal(err)
			}
			return h
		}
		if err := json.Unmarshal(b, &h); err != nil {
			r.t.Fatalf("%s: %v", b, err)
		}
		if h.T == "teams" {
			if err := r.numbers.Learn(b); err != nil {
				r.t.Fatal(err)
			}
			continue
		}
		return h
	}
}

func (r *raw) say(format string, args ...any) {
	r.t.Helper()
	if err := r.ws.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, format, args...)); err != nil {
		r.t.Fatal(err)
	}
}

// closed reads to the end and returns the close code and reason.
func (r *raw) closed() (int, string) {
	r.t.Helper()
	for {
		_ = r.ws.SetReadDeadline(time.Now().Add(20 * time.Second))
		if _, _, err := r.ws.ReadMessage(); err != nil {
			var e *websocket.CloseError
			if !errors.As(err, &e) {
				r.t.Fatalf("ended without a close code: %v", err)
			}
			return e.Code, e.Text
		}
	}
}
