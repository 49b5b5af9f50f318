package cot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"liandong/dispatch"
	"liandong/geo"
)

// desk is the uid under which the server itself speaks; deskName how it is
// called on the client's screen.
const (
	desk     = "liandong.desk"
	deskName = "指挥台"
	everyone = "All Chat Rooms"
)

// within is how long one decision may take.
const within = 5 * time.Second

// hear acts on one event and tells of what kind it was.
func (c *conn) hear(e *Event) string {
	switch {
	case e.Type == "t-x-takp-q":
		c.negotiate(e)
		return "protocol"
	case e.Type == "t-x-c-t":
		c.post(c.event("takPong", "t-x-c-t-r", "h-g-i-g-o"), false)
		return "ping"
	case e.Type == "b-a-o-can", strings.HasPrefix(e.Type, "b-a-o") && e.detail("emergency").attr("cancel") == "true":
		c.cancelled(e)
		return "cancel"
	case e.Type == "b-a-o" || strings.HasPrefix(e.Type, "b-a-o-"):
		c.distress(e)
		return "distress"
	case e.Type == "b-t-f":
		c.chat(e)
		return "chat"
	case e.Type == "b-r-f-h-c":
		text := strings.TrimSpace("请求伤员后送 CASEVAC " + e.detail("_medevac_").attr("title") + " " + remarks(e))
		c.noted(e, text+" @ "+decimal(e.Point.Lat)+", "+decimal(e.Point.Lon))
		return "casevac"
	case strings.HasPrefix(e.Type, "a-") && c.self(e):
		c.position(e)
		return "position"
	}
	c.s.tally.ignore(e.Type)
	return "other"
}

// event is one of the server's own, about no place.
func (c *conn) event(uid, kind, how string, detail ...Element) *Event {
	now := c.s.cfg.Now()
	return &Event{UID: uid, Type: kind, How: how, Time: now, Start: now, Stale: now.Add(20 * time.Second), Point: nowhere(), Detail: detail}
}

// offer tells that version 1 is known.
func (c *conn) offer() *Event {
	return c.event("protouid", "t-x-takp-v", "m-g", el("TakControl").with(el("TakProtocolSupport", "version", "1")))
}

// negotiate answers which version the stream goes on in. The client sends
// nothing between its question and the answer.
func (c *conn) negotiate(e *Event) {
	yes := e.detail("TakControl").child("TakRequest").attr("version") == "1" && !c.in.proto
	status := "false"
	if yes {
		status = "true"
	}
	c.post(c.event(e.UID, "t-x-takp-r", "m-g", el("TakControl").with(el("TakResponse", "status", status))), yes)
	c.in.proto = c.in.proto || yes
}

// self tells whether the event is the client itself, and no marker it set. A
// client's own report names its program or its group; the first one's uid
// holds from then on.
func (c *conn) self(e *Event) bool {
	if c.own == "" && (e.detail("takv") != nil || e.detail("__group") != nil) {
		c.own = e.UID
	}
	return e.UID == c.own
}

// position takes where the client is. CoT has no answer to it: what could not
// be taken is counted and comes again with the next report.
func (c *conn) position(e *Event) {
	p := dispatch.Position{Realm: dispatch.Live, Team: c.device.Team, Device: c.device.ID, Source: Source,
		Point: geo.At(e.Point.Lon, e.Point.Lat), Speed: -1, Heading: -1, Accuracy: -1, Fixed: e.Time}
	if e.Point.CE >= 0 && e.Point.CE < 999999 {
		p.Accuracy = e.Point.CE
	}
	track := e.detail("track")
	if v, ok := numberOf(track.attr("speed")); ok {
		p.Speed = v
	}
	if v, ok := numberOf(track.attr("course")); ok {
		p.Heading = v
	}
	if err := c.s.cfg.Lane.Submit(c.s.ctx, p); err != nil {
		c.s.tally.refuse("position_" + string(dispatch.CodeOf(err)))
	}
}

// raised remembers which device's alert is on: a client repeats it every few
// seconds, and after the desk has ended the distress a repetition is no new one.
type raised struct {
	mu sync.Mutex
	on map[string]time.Time // when the device's alert was last heard
}

// silence ends an alert that was neither repeated nor cancelled.
const silence = 10 * time.Minute

// hear tells whether the alert is on already, and remembers that it was heard.
func (r *raised) hear(device string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	last, on := r.on[device]
	if !on || now.Sub(last) > silence {
		return false
	}
	r.on[device] = now
	return true
}

func (r *raised) set(device string, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.on == nil {
		r.on = map[string]time.Time{}
	}
	r.on[device] = now
}

func (r *raised) clear(device string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, on := r.on[device]
	delete(r.on, device)
	return on
}

// distress calls for help for the team, once an activation. What could not be
// stored is tried again with the client's next repetition.
func (c *conn) distress(e *Event) {
	now := c.s.cfg.Now()
	if c.s.raised.hear(c.device.ID, now) {
		return
	}
	in := dispatch.TeamDistress{Team: c.device.Team, Text: cut(strings.TrimSpace("[TAK] "+e.detail("emergency").attr("type")+" "+remarks(e)), 280), EventTime: &e.Time}
	if e.Point.Lat != 0 || e.Point.Lon != 0 {
		p := geo.At(e.Point.Lon, e.Point.Lat)
		in.Place = &dispatch.Place{Point: &p, Source: Source}
	}
	err := c.do("team.distress", in, e.UID, e.Type, stamp(e.Time))
	if dispatch.CodeOf(err) == dispatch.Invalid { // a clock that is wrong must not silence it
		in.EventTime = nil
		err = c.do("team.distress", in, e.UID, e.Type, stamp(e.Time), "now")
	}
	switch {
	case err == nil, dispatch.CodeOf(err) == dispatch.IllegalMove: // the latter: it is known already
		c.s.raised.set(c.device.ID, now)
	default:
		c.s.tally.refuse("distress_" + string(dispatch.CodeOf(err)))
		c.say("求助暂时无法登记，正在重试。请同时用电台呼叫。" + inWords(err))
	}
}

// cancelled notes that the alert was cancelled there. The distress stays: a
// person ends it.
func (c *conn) cancelled(e *Event) {
	if !c.s.raised.clear(c.device.ID) {
		return // clients repeat this, too
	}
	err := c.note(e, "求助在设备上被取消，请核实后由值班席解除")
	if err != nil && !errors.Is(err, errNoTask) {
		c.s.tally.refuse("note_" + string(dispatch.CodeOf(err)))
	}
	c.say("已收到取消；遇险状态由值班席核实后解除。")
}

// chat takes a message to the desk.
func (c *conn) chat(e *Event) {
	room := e.detail("__chat")
	to := room.attr("id")
	if to == "" {
		to = room.attr("chatroom")
	}
	if to != everyone && !strings.HasPrefix(to, "liandong.") {
		c.s.tally.refuse("chat_direct")
		c.say("消息未送达：这里只转送发往“" + everyone + "”或" + deskName + "的消息。")
		return
	}
	c.noted(e, remarks(e))
}

// noted writes the message into the record of the team's incident and tells
// the client what became of it.
func (c *conn) noted(e *Event, text string) {
	err := c.note(e, text)
	switch {
	case err == nil:
		c.post(c.receipt(e), false)
	case errors.Is(err, errNoTask):
		c.s.tally.refuse("chat_no_task")
		c.say("消息未登记：本队目前没有任务，请用电台或电话联系值班席。")
	default:
		c.s.tally.refuse("note_" + string(dispatch.CodeOf(err)))
		c.say("消息未登记：" + inWords(err))
	}
}

var errNoTask = errors.New("the team has no open task")

// note adds an entry to the record of the incident that the team is at work on.
func (c *conn) note(e *Event, text string) error {
	ctx, cancel := context.WithTimeout(c.s.ctx, within)
	defer cancel()
	r, err := c.s.cfg.Commands.Get(ctx, c.actor, dispatch.Ref{Kind: dispatch.KindTeam, ID: c.device.Team})
	if err != nil {
		return err
	}
	task := r.(*dispatch.Team).Task
	if task == "" {
		return errNoTask
	}
	if r, err = c.s.cfg.Commands.Get(ctx, c.actor, dispatch.Ref{Kind: dispatch.KindTask, ID: task}); err != nil {
		return err
	}
	in := dispatch.NoteAdd{Incident: r.(*dispatch.Task).Incident, Task: task, Text: cut("[TAK] "+text, 1900), EventTime: &e.Time}
	err = c.do("note.add", in, e.UID, e.Type, stamp(e.Time))
	if dispatch.CodeOf(err) == dispatch.Invalid {
		in.EventTime = nil
		err = c.do("note.add", in, e.UID, e.Type, stamp(e.Time), "now")
	}
	return err
}

// do carries out a command as the team's leader. The key is made of what the
// event is: an event that comes twice is carried out once.
func (c *conn) do(name string, in any, event ...string) error {
	ctx, cancel := context.WithTimeout(c.s.ctx, within)
	defer cancel()
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(c.device.ID + "\n" + name + "\n" + strings.Join(event, "\n")))
	_, err = c.s.cfg.Commands.Do(ctx, c.actor, name, "cot-"+hex.EncodeToString(sum[:16]), body)
	if err != nil && dispatch.CodeOf(err) == "" {
		c.s.cfg.Log.Error().Err(err).Str("command", name).Str("device", c.device.ID).Msg("a TAK client's event could not be carried out")
	}
	return err
}

// say writes to the client in its chat.
func (c *conn) say(text string) {
	now := c.s.cfg.Now()
	to := c.own
	if to == "" {
		to = everyone
	}
	sum := sha256.Sum256([]byte(stamp(now) + c.device.ID + text))
	id := hex.EncodeToString(sum[:16])
	e := c.event("GeoChat."+desk+"."+to+"."+id, "b-t-f", "h-g-i-g-o",
		el("__chat", "parent", "RootContactGroup", "groupOwner", "false", "messageId", id, "chatroom", deskName, "id", to, "senderCallsign", deskName).
			with(el("chatgrp", "uid0", desk, "uid1", to, "id", to)),
		el("link", "uid", desk, "type", "a-f-G-U-C", "relation", "p-p"),
		el("remarks", "source", "BAO.F.ATAK."+desk, "to", to, "time", stamp(now)).text(text))
	e.Stale = now.Add(24 * time.Hour)
	c.post(e, false)
}

// receipt tells the client that its message is in the record.
func (c *conn) receipt(e *Event) *Event {
	from := e.detail("__chat")
	id := from.attr("messageId")
	if id == "" {
		id = e.UID
	}
	return c.event(id, "b-t-f-d", "h-g-i-g-o",
		el("__chatreceipt", "parent", "RootContactGroup", "groupOwner", "false", "messageId", id, "chatroom", from.attr("chatroom"), "id", from.attr("id"), "senderCallsign", deskName),
		el("link", "uid", desk, "type", "a-f-G-U-C", "relation", "p-p"))
}

// inWords is a refusal for a person to read.
func inWords(err error) string {
	var e *dispatch.Error
	if errors.As(err, &e) {
		return e.MessageZH
	}
	return "服务器内部错误，请用电台联系值班席。"
}

func remarks(e *Event) string {
	if r := e.detail("remarks"); r != nil {
		return strings.TrimSpace(r.Text)
	}
	return ""
}

// cut bounds a text, in runes.
func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}
