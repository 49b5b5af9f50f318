package realtime

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"liandong/dispatch"
)

func TestCommandsInOrder(t *testing.T) {
	w := found(t, newBook(), nil)
	gate, begun := make(chan struct{}), make(chan string, 20)
	w.command = func(_ context.Context, a dispatch.Actor, id, name string, body []byte) (json.RawMessage, json.RawMessage) {
		begun <- id
		<-gate
		if name == "bad.one" {
			return nil, json.RawMessage(`{"code":"forbidden"}`)
		}
		return fmt.Appendf(nil, `{"seq":7,"by":%q,"body":%s}`, a.ID, body), nil
	}
	r := w.raw("p1", "")
	r.say(`{"t":"command","id":"key-0","name":"bad.one"}`)
	if id := <-begun; id != "key-0" { // now one is carried out, and eight may wait
		t.Fatal(id)
	}
	for i := 1; i <= 9; i++ {
		r.say(`{"t":"command","id":"key-%d","name":"good.one","body":{"n":%d}}`, i, i)
	}
	if h := r.next("refused"); h.ID != "key-9" || h.Problem.Code != dispatch.Throttled || h.Problem.Status != http.StatusTooManyRequests {
		t.Errorf("the ninth that waits: got %+v", h)
	}
	close(gate)
	if h := r.next("refused"); h.ID != "key-0" || h.Problem.Code != dispatch.Forbidden {
		t.Errorf("got %+v", h)
	}
	for i := 1; i <= 8; i++ {
		if h := r.next("done"); h.ID != fmt.Sprint("key-", i) || h.Seq != 7 {
			t.Errorf("answer %d is %+v", i, h)
		}
	}
}

func TestConsoleCommands(t *testing.T) {
	w := found(t, newBook(), nil)
	w.command = func(_ context.Context, _ dispatch.Actor, id, name string, _ []byte) (json.RawMessage, json.RawMessage) {
		if name == "no.way" {
			return nil, json.RawMessage(`{"code":"forbidden"}`)
		}
		return json.RawMessage(`{"seq":3,"replayed":true,"secret":"s"}`), nil
	}
	c := w.console("p1")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if a, err := c.Command(ctx, "key-00001", "a.b", map[string]int{"n": 1}); err != nil || a.Seq != 3 || !a.Replayed || a.Secret != "s" {
		t.Errorf("got %+v, %v", a, err)
	}
	if a, err := c.Command(ctx, "key-00002", "no.way", nil); err != nil || string(a.Problem) != `{"code":"forbidden"}` {
		t.Errorf("got %+v, %v", a, err)
	}
}

func TestShutdownAnswersWhatIsUnderWay(t *testing.T) {
	w := found(t, newBook(), nil)
	begun, gate := make(chan struct{}), make(chan struct{})
	w.command = func(context.Context, dispatch.Actor, string, string, []byte) (json.RawMessage, json.RawMessage) {
		close(begun)
		<-gate
		return json.RawMessage(`{"seq":1}`), nil
	}
	r := w.raw("p1", "")
	r.say(`{"t":"command","id":"key-0","name":"a.b"}`)
	<-begun
	ended := make(chan error)
	go func() { ended <- w.hub.Shutdown(context.Background()) }()
	for stopping := false; !stopping; runtime.Gosched() {
		w.hub.mu.Lock()
		stopping = w.hub.stopping
		w.hub.mu.Unlock()
	}
	if err := w.hub.Serve(nil, (&http.Request{}).WithContext(context.Background()), Client{Actor: w.actors["p1"]}, Handlers{}); dispatch.CodeOf(err) != dispatch.Unavailable {
		t.Errorf("a hub that stops answered a connection with %v", err)
	}
	r.say(`{"t":"command","id":"key-1","name":"a.b"}`) // waits, and is not begun
	close(gate)
	if h := r.next("done"); h.ID != "key-0" {
		t.Errorf("got %+v", h)
	}
	if code, _ := r.closed(); code != int(CloseGoingAway) {
		t.Errorf("closed with %d, want going-away", code)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestWhatAClientMustNotSend(t *testing.T) {
	for name, test := range map[string]struct {
		kind int
		text string
		want int
	}{
		"no JSON":     {websocket.TextMessage, `{`, int(CloseProtocol)},
		"wrong type":  {websocket.TextMessage, `{"t":"look","bound":"all"}`, int(CloseProtocol)},
		"unknown":     {websocket.TextMessage, `{"t":"subscribe"}`, int(CloseProtocol)},
		"binary":      {websocket.BinaryMessage, `{"t":"open","incident":""}`, int(CloseProtocol)},
		"over 64 KiB": {websocket.TextMessage, `{"t":"command","body":"` + strings.Repeat("x", 64<<10) + `"}`, websocket.CloseMessageTooBig},
	} {
		t.Run(name, func(t *testing.T) {
			r := found(t, newBook(), nil).raw("p1", "")
			r.next("hello")
			if err := r.ws.WriteMessage(test.kind, []byte(test.text)); err != nil {
				t.Fatal(err)
			}
			if code, reason := r.closed(); code != test.want {
				t.Errorf("closed with %d %s, want %d", code, reason, test.want)
			}
		})
	}
}

func TestWhatIsRefused(t *testing.T) {
	w := found(t, newBook(), nil)
	for frame, field := range map[string]string{
		`{"t":"look"}`:                          "bound",
		`{"t":"look","bound":[1,2,3]}`:          "bound",
		`{"t":"look","bound":[114,34,113,35]}`:  "bound", // west is east of east
		`{"t":"open"}`:                          "incident",
		`{"t":"position","lon":113.8,"lat":34}`: "", // no leader
	} {
		r := w.raw("p1", "")
		r.say("%s", frame)
		if h := r.next("refused"); h.ID != "" || h.Problem.Field != field || h.Problem.Detail == "" || h.Problem.DetailZH == "" {
			t.Errorf("%s: got %+v", frame, h.Problem)
		}
	}
}

func TestTooManyFrames(t *testing.T) {
	w := found(t, newBook(), func(c *Config) {
		c.Now = func() time.Time { return noon } // time stands still
		c.Limits.Burst = 5
	})
	r := w.raw("p1", "")
	for range 6 {
		r.say(`{"t":"open","incident":""}`)
	}
	if code, reason := r.closed(); code != int(CloseProtocol) || !strings.Contains(reason, "frames a second") {
		t.Errorf("closed with %d %s", code, reason)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	w := found(t, newBook(), func(c *Config) { c.Limits.PerSession, c.Limits.Connections = 2, 3 })
	a, b := w.raw("p1", ""), w.raw("p1", "")
	a.next("hello") // the handshake is answered before the hub knows the connection
	b.next("hello")
	dial := func(who string) int {
		ws, resp, err := websocket.DefaultDialer.Dial("ws"+w.server.URL[4:]+"/api/v1/socket", http.Header{"Who": {who}})
		if err == nil {
			_ = ws.Close()
			return 0
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	if got := dial("p1"); got != http.StatusServiceUnavailable {
		t.Errorf("a third screen of one session: %d", got)
	}
	w.raw("p2", "")
	if got := dial("p3"); got != http.StatusServiceUnavailable {
		t.Errorf("a fourth connection: %d", got)
	}
	w.hub.Close(func(x dispatch.Actor) bool { return x.ID == "p1" }, CloseAuth)
	if code, _ := a.closed(); code != int(CloseAuth) {
		t.Error(code)
	}
}

func TestForeignOriginIsRefused(t *testing.T) {
	w := found(t, newBook(), nil)
	_, resp, err := websocket.DefaultDialer.Dial("ws"+w.server.URL[4:]+"/api/v1/socket", http.Header{"Who": {"p1"}, "Origin": {"https://evil.example"}})
	if err == nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("got %v, %v", resp, err)
	}
	if n := w.hub.Stats().Sessions; n != 0 {
		t.Errorf("%d sessions are still counted", n)
	}
}

func TestSilentPeerIsCut(t *testing.T) {
	now := make(chan time.Time, 1)
	now <- noon
	w := found(t, newBook(), func(c *Config) {
		c.Now = func() time.Time { at := <-now; now <- at; return at }
	})
	r := w.raw("p1", "")
	r.next("hello")
	<-now
	now <- noon.Add(61 * time.Second)
	for range 4 {
		w.ticks <- time.Time{}
	}
	if _, _, err := r.ws.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseAbnormalClosure) {
		t.Errorf("ended with %v, want a cut", err)
	}
}

func TestPresence(t *testing.T) {
	b := newBook()
	b.put(incident("i1", "fire", dispatch.Share{Agency: "water", Tier: dispatch.TierView, Redacted: true}), incident("i2", "fire"))
	w := found(t, b, nil)
	fire, water, third := w.raw("p1", ""), w.raw("p2", ""), w.raw("p1", "")
	for _, r := range []*raw{fire, water, third} {
		r.next("hello")
	}
	fire.say(`{"t":"open","incident":"i1"}`)
	third.say(`{"t":"open","incident":"i2"}`)
	water.say(`{"t":"open","incident":"i2"}`) // not to be seen: taken as none
	water.say(`{"t":"look"}`)
	water.next("refused") // so its open has been heard
	eventually(t, w, func() bool {
		h := third.next("presence")
		return len(h.Open) == 2 && fmt.Sprint(h.Open) == "[{i1 [{张三 fire dispatcher}]} {i2 [{张三 fire dispatcher}]}]"
	})
	eventually(t, w, func() bool {
		h := water.next("presence")
		return fmt.Sprint(h.Open) == "[{i1 [{ fire dispatcher}]}]" // redacted: no name
	})
	w.say(incident("i1", "fire")) // no longer shared
	water.next("changes")
	eventually(t, w, func() bool { return len(water.next("presence").Open) == 0 })
	_ = third.ws.Close()
	eventually(t, w, func() bool {
		h := fire.next("presence")
		return len(h.Open) == 1 && h.Open[0].Incident == "i1"
	})
}

// eventually ticks until the condition, which reads the next frame, holds. What
// it waits for arrives with some tick; frames before it may be older.
func eventually(t *testing.T, w *town, holds func() bool) {
	t.Helper()
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case w.ticks <- time.Time{}:
			case <-stop:
				return
			}
		}
	}()
	for !holds() { // next fails after its deadline
	}
	close(stop)
	<-ended
}
