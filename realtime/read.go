package realtime

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"liandong/dispatch"
	"liandong/geo"
)

// bucket is a token bucket for what a client sends.
type bucket struct {
	tokens float64
	filled time.Time
}

// take pays for one frame, at rate frames a second with burst in hand.
func (b *bucket) take(now time.Time, rate, burst float64) bool {
	if b.filled.IsZero() {
		b.tokens = burst
	} else {
		b.tokens = min(burst, b.tokens+rate*now.Sub(b.filled).Seconds())
	}
	b.filled = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// read is the connection's goroutine: it reads until the socket ends.
func (c *conn) read() {
	defer c.hub.live.Done()
	defer c.hub.remove(c)
	c.ws.SetReadLimit(dispatch.MaxBody)
	c.ws.SetPongHandler(func(string) error { c.hear(); return nil })
	ping := c.ws.PingHandler()
	c.ws.SetPingHandler(func(data string) error {
		if !c.pay() {
			return nil
		}
		return ping(data)
	})
	for {
		kind, b, err := c.ws.ReadMessage()
		if err != nil {
			return
		}
		if !c.pay() || c.over() {
			continue // until the peer has read why
		}
		if kind != websocket.TextMessage {
			c.close(CloseProtocol, "frames are text")
			continue
		}
		var in inbound
		if err := json.Unmarshal(b, &in); err != nil {
			c.close(CloseProtocol, "frame cannot be read: "+err.Error())
			continue
		}
		c.handle(in)
	}
}

func (c *conn) hear() { c.heard.Store(c.hub.now().Unix()) }

// pay counts a frame of the peer, and closes where there are too many.
func (c *conn) pay() bool {
	c.hear()
	l := c.hub.limits
	if !c.budget.take(c.hub.now(), l.Rate, l.Burst) {
		c.close(CloseProtocol, fmt.Sprintf("more than %v frames a second", l.Rate))
		return false
	}
	return true
}

func (c *conn) handle(in inbound) {
	switch in.T {
	case "look":
		c.look(in)
	case "open":
		if in.Incident == nil {
			c.refuse("", problem{Field: "incident", Detail: "is missing; \"\" closes it", DetailZH: "缺少事件编号；空字符串表示关闭"})
			return
		}
		c.stream.setOpen(c, *in.Incident)
	case "command":
		c.command(in)
	case "position":
		if in.ID != "" {
			c.command(in) // in its turn, for the answer waits for the store
			return
		}
		c.position(in)
	default:
		c.close(CloseProtocol, fmt.Sprintf("unknown frame %.20q; look, open, command and position are known", in.T))
	}
}

// look sets what the console looks at and asks for all that is there.
func (c *conn) look(in inbound) {
	if len(in.Bound) != 4 {
		c.refuse("", problem{Field: "bound", Value: in.Bound, Detail: "must be [west, south, east, north]", DetailZH: "范围应为 [西, 南, 东, 北]"})
		return
	}
	b := geo.Bound(in.Bound)
	b = geo.Bound{max(b[0], -180), max(b[1], -90), min(b[2], 180), min(b[3], 90)} // a map may show more than the earth
	if err := b.Check(); err != nil {
		c.refuse("", problem{Field: "bound", Detail: err.Error(), DetailZH: "范围应为 [西, 南, 东, 北]，WGS-84 度", Value: in.Bound})
		return
	}
	at := look{cells: cellsOf(b)}
	if in.Zoom != nil {
		at.class = classOf(*in.Zoom)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.looks, c.moved, c.place = &at, nil, true
	c.wake()
}

// command queues a command behind those of the same connection that wait.
func (c *conn) command(in inbound) {
	if len(in.Body) == 0 {
		in.Body = json.RawMessage("{}")
	}
	c.mu.Lock()
	full := len(c.todo) >= c.hub.limits.Commands
	start := !full && !c.working
	if !full {
		c.todo, c.working = append(c.todo, in), true
	}
	c.mu.Unlock()
	switch {
	case full:
		c.refuse(in.ID, problem{Code: dispatch.Throttled, Status: http.StatusTooManyRequests,
			Detail:   fmt.Sprintf("%d commands of this connection wait; send the next when one is answered", c.hub.limits.Commands),
			DetailZH: fmt.Sprintf("已有 %d 条命令在等待，请收到答复后再发", c.hub.limits.Commands)})
	case start && c.hub.workOn():
		go c.work()
	case start: // working stays set, so nothing is begun any more
		c.refuse(in.ID, problemOf(stopped()))
	}
}

// work carries out the commands that wait, one after another, and ends.
func (c *conn) work() {
	defer c.hub.work.Done()
	for {
		c.mu.Lock()
		if len(c.todo) == 0 || c.closed {
			c.todo, c.working = nil, false
			c.mu.Unlock()
			return
		}
		in := c.todo[0]
		c.todo = c.todo[1:]
		c.mu.Unlock()
		if c.hub.stops() {
			c.refuse(in.ID, problemOf(stopped()))
			continue
		}
		if in.T == "position" {
			c.position(in)
			continue
		}
		c.carryOut(in)
	}
}

// carryOut does one command. It is not cut short when the connection ends: the
// idempotency key answers whoever asks again.
func (c *conn) carryOut(in inbound) {
	ctx, cancel := context.WithTimeout(c.hub.ctx, 30*time.Second)
	defer cancel()
	answer, refusal := c.handlers.Command(ctx, c.actor, in.ID, in.Name, in.Body)
	if refusal != nil {
		c.tell(refusedFrame(in.ID, refusal))
		return
	}
	c.tell(doneFrame(in.ID, answer))
}

// position takes the own position of a team's leader. One with an id is
// answered when it is stored.
func (c *conn) position(in inbound) {
	if c.actor.Role != dispatch.RoleLeader || c.actor.Team == "" {
		c.refuse(in.ID, problem{Code: dispatch.Forbidden, Status: http.StatusForbidden,
			Detail: "only the leader of a team reports the team's position", DetailZH: "只有队长可以上报本队位置"})
		return
	}
	if in.Lon == nil || in.Lat == nil {
		c.refuse(in.ID, problem{Field: "lon", Detail: "lon and lat are needed, in degrees", DetailZH: "需要经度 lon 与纬度 lat（度）"})
		return
	}
	lane := c.stream.lane
	if lane == nil {
		return
	}
	p := dispatch.Position{Realm: c.actor.Realm, Team: c.actor.Team, Device: c.actor.ID, Source: "phone",
		Point: geo.At(*in.Lon, *in.Lat), Speed: known(in.Speed), Heading: known(in.Heading), Accuracy: known(in.Accuracy)}
	if in.At != nil {
		p.Fixed = *in.At
	}
	if in.ID == "" {
		if err := lane.Submit(c.hub.ctx, p); err != nil {
			c.refuse("", problemOf(err))
		}
		return
	}
	out, err := lane.Report(c.hub.ctx, p)
	if err != nil {
		c.refuse(in.ID, problemOf(err))
		return
	}
	c.tell(placedFrame(in.ID, out.Shown))
}

func known(v *float64) float64 {
	if v == nil {
		return -1
	}
	return *v
}

func (c *conn) refuse(id string, p problem) { c.tell(refusedFrame(id, mustJSON(p.whole()))) }
