package realtime

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"liandong/dispatch"
)

// Nodes is the way to the other servers (nodes) that work on the same database.
// What it carries may be lost.
type Nodes interface {
	// Tell sends all others a message. It never waits.
	Tell(topic string, body []byte)
	// Hear has take called with every message of the topic from another node,
	// one after another, until stop is called.
	Hear(topic string, take func(node string, body []byte)) (stop func(), err error)
	// Cut tells that this node itself is cut off from all others.
	Cut() bool
}

// What nodes tell each other.
const (
	topicBell     = "bell"     // a journal has grown
	topicEnd      = "end"      // sign-ins have ended, or have other rights
	topicPresence = "presence" // who has what open, all of the node's
	topicHere     = "here"     // each second: the node can be heard
	topicMoved    = "moved"    // where teams are
)

// Limits of silence between nodes.
const (
	silent    = 3 * time.Second  // from then on a node that works cannot be heard
	forgotten = 12 * time.Second // from then on nobody of a silent node is at a screen
	repeat    = 4                // ticks after which presence is told again, should it have been lost
)

type bell struct {
	Realm dispatch.Realm `json:"realm"`
	Seq   int64          `json:"seq"`
}

// SignIns names sign-ins: the one with the id, or all of a person but one.
type SignIns struct {
	Session string `json:"session,omitempty"`
	Person  string `json:"person,omitempty"`
	Except  string `json:"except,omitempty"` // a session
}

func (s SignIns) has(a dispatch.Actor) bool {
	return s.Session != "" && a.Session == s.Session || s.Person != "" && a.ID == s.Person && (s.Except == "" || a.Session != s.Except)
}

type ending struct {
	SignIns
	Code CloseCode `json:"code"`
}

// peers is what a node knows of the others.
type peers struct {
	mu     sync.Mutex
	heard  map[string]time.Time // by node
	listed []string             // those that work, as the database has it
}

// Committed tells this node and all others that the realm's journal has grown
// to seq. It never blocks.
func (h *Hub) Committed(realm dispatch.Realm, seq int64) {
	h.Poke(realm, seq)
	h.tellNodes(topicBell, bell{realm, seq})
}

// End closes the connections of the sign-ins with the code, here and on all
// other nodes, and tells how many those are here.
func (h *Hub) End(who SignIns, code CloseCode) int {
	h.tellNodes(topicEnd, ending{who, code})
	return h.Close(who.has, code)
}

// SignedIn is the sign-ins of this node's connections, with the role in which
// they act.
func (h *Hub) SignedIn() map[string]dispatch.Role {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make(map[string]dispatch.Role, len(h.sessions))
	for c := range h.conns {
		if c.actor.Session != "" {
			out[c.actor.Session] = c.actor.Role
		}
	}
	return out
}

// Peers tells the hub which other nodes work now, as the database has it: one
// of them that is not heard is cut off.
func (h *Hub) Peers(nodes []string) {
	now := h.now()
	h.peers.mu.Lock()
	defer h.peers.mu.Unlock()
	for _, n := range nodes {
		if !slices.Contains(h.peers.listed, n) && h.peers.heard[n].IsZero() {
			h.peers.heard[n] = now // it has not had the time to say anything
		}
	}
	h.peers.listed = slices.Clone(nodes)
	maps.DeleteFunc(h.peers.heard, func(n string, at time.Time) bool {
		return !slices.Contains(nodes, n) && now.Sub(at) > forgotten
	})
}

// cut tells whether a node that works cannot be heard, or this one by others:
// positions told there are not known here.
func (h *Hub) cut() bool {
	h.peers.mu.Lock()
	defer h.peers.mu.Unlock()
	if len(h.peers.listed) == 0 {
		return false // it is alone: nothing is missing
	}
	if h.cfg.Nodes == nil || h.cfg.Nodes.Cut() {
		return true
	}
	now := h.now()
	return slices.ContainsFunc(h.peers.listed, func(n string) bool { return now.Sub(h.peers.heard[n]) > silent })
}

func (h *Hub) tellNodes(topic string, body any) {
	if h.cfg.Nodes != nil {
		h.cfg.Nodes.Tell(topic, mustJSON(body))
	}
}

// hearNodes listens to the others until the hub has shut down.
func (h *Hub) hearNodes() {
	if h.cfg.Nodes == nil {
		return
	}
	hear := func(topic string, take func(node string, body []byte)) {
		stop, err := h.cfg.Nodes.Hear(topic, take)
		if err != nil {
			h.log.Error().Err(err).Msg("the other nodes are not heard")
			return
		}
		h.deaf = append(h.deaf, stop)
	}
	hear(topicBell, listen(h, func(_ string, b bell) { h.Poke(b.Realm, b.Seq) }))
	hear(topicEnd, listen(h, func(_ string, e ending) { h.Close(e.has, e.Code) }))
	hear(topicPresence, listen(h, func(node string, o opened) {
		if s := h.running(o.Realm); s != nil {
			s.setElsewhere(node, o)
		}
	}))
	hear(topicHere, func(node string, _ []byte) {
		h.peers.mu.Lock()
		defer h.peers.mu.Unlock()
		h.peers.heard[node] = h.now()
	})
}

// listen decodes messages. One that cannot be is of another version: it is
// told and left out.
func listen[T any](h *Hub, take func(node string, in T)) func(string, []byte) {
	return func(node string, body []byte) {
		var in T
		if err := json.Unmarshal(body, &in); err != nil {
			h.log.Warn().Err(err).Str("node", node).Msg("a message of another node cannot be read")
			return
		}
		take(node, in)
	}
}

// opened is who has which incident open on one node, all of them, and in a drill
// who is there.
type opened struct {
	Realm  dispatch.Realm      `json:"realm"`
	People map[string][]person `json:"people"` // by incident
	attendance
}

// elsewhere is the same of another node, as it told last.
type elsewhere struct {
	at     time.Time
	people map[string][]person
	attendance
}

func (s *stream) setElsewhere(node string, o opened) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.elsewhere == nil {
		s.elsewhere = map[string]elsewhere{}
	}
	old := s.elsewhere[node]
	s.keepLeft(old.attendance, o.attendance, s.now())
	s.elsewhere[node] = elsewhere{s.now(), o.People, o.attendance}
	if !maps.EqualFunc(old.people, o.People, slices.Equal) || !old.equal(o.attendance) {
		s.presence = true
	}
}

// forgetSilent takes the people of nodes that fell silent off the screens. The
// stream is locked.
func (s *stream) forgetSilent() {
	for node, e := range s.elsewhere {
		if s.now().Sub(e.at) > forgotten {
			delete(s.elsewhere, node)
			s.presence = s.presence || len(e.people) > 0
			s.keepLeft(e.attendance, attendance{}, e.at)
		}
	}
}

// tellOpened tells the other nodes who has what open here, where that changed,
// and again from time to time.
func (s *stream) tellOpened(n int) {
	s.mu.Lock()
	b, fresh := s.opened, s.openedFresh
	s.openedFresh = false
	s.mu.Unlock()
	if b != nil && (fresh || n%repeat == 0 && !bytes.Equal(b, mustJSON(opened{Realm: s.realm}))) {
		s.nodes.Tell(topicPresence, b)
	}
}

// setOpened notes what is to be told to other nodes. The stream is locked.
func (s *stream) setOpened(open map[string][]person, own attendance) {
	if s.nodes == nil {
		return
	}
	if len(open) == 0 {
		open = nil
	}
	if b := mustJSON(opened{s.realm, open, own}); !bytes.Equal(b, s.opened) {
		s.opened, s.openedFresh = b, s.opened != nil || open != nil || !own.equal(attendance{})
	}
}

// young is the ticks after which a stream makes sure that it has what other
// nodes were told while it was made.
const young = 3

// catchUp reads from the store where teams are once other nodes are heard
// again: what they told meanwhile was lost.
func (h *Hub) catchUp(s *stream) {
	if s.nodes == nil || s.lane == nil {
		return
	}
	s.mu.Lock()
	apart := s.apart
	s.mu.Unlock()
	back := s.wasApart && !apart
	s.wasApart = apart
	if s.age++; s.age != young && !back {
		return
	}
	h.tails.Go(func() {
		ctx, stop := context.WithTimeout(h.ctx, 10*time.Second)
		defer stop()
		if err := s.lane.refresh(ctx, s.realm); err != nil && h.ctx.Err() == nil {
			h.log.Error().Err(err).Msg("positions of other nodes could not be caught up with")
		}
	})
}
