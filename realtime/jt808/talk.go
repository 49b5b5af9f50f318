package jt808

import (
	"context"
	"errors"
	"sync"
	"time"

	"liandong/dispatch"
	"liandong/geo"
)

// pastSOS is how old an SOS may be to be told with its own time; a clock that
// is further off says nothing.
const pastSOS = 24 * time.Hour

// distress raises the team's distress when the switch is thrown, once until it
// is cleared. Failed where it is not in the journal yet.
func (c *conn) distress(ctx context.Context, l Location) Result {
	s, d := c.s, c.device
	s.mu.Lock()
	thrown := d.ID + "/" + d.Team
	known := s.sos[thrown]
	if !l.SOS() {
		delete(s.sos, thrown)
	}
	s.mu.Unlock()
	if known || !l.SOS() {
		return OK
	}
	in := dispatch.TeamDistress{Team: d.Team, Text: "车载终端紧急报警"}
	if now := s.cfg.Now(); !l.Time.IsZero() && l.Time.Before(now) && now.Sub(l.Time) < pastSOS {
		in.EventTime = &l.Time
	}
	if p := geo.At(l.Lon, l.Lat); l.Fixed() && !l.Encrypted() && p != (geo.Point{}) && p.Check() == nil {
		in.Place = &dispatch.Place{Point: &p}
	}
	actor := dispatch.Actor{ID: d.ID, Name: d.Name, Realm: dispatch.Live, Role: dispatch.RoleLeader, Agency: d.Scope.Agency, Team: d.Team}
	_, err := s.do(ctx, actor, "team.distress", in)
	if err != nil && dispatch.CodeOf(err) != dispatch.IllegalMove { // the desk knows already
		s.tally.refuse("distress")
		s.cfg.Log.Error().Err(err).Str("device", d.ID).Str("team", d.Team).Msg("an SOS could not be raised; the terminal is told to send it again")
		return Failed
	}
	s.mu.Lock()
	s.sos[thrown] = true
	s.mu.Unlock()
	return OK
}

// keepTexts is for how long a text waits for its terminal; later it may be
// wrong.
const keepTexts = time.Hour

// maxTexts bounds what waits to be written, and what waits for an answer.
const maxTexts = 16

// outbox is what the server says by itself, in order. Its goroutine exists
// only while there is something to say, so that a terminal that does not read
// holds up nobody else.
type outbox struct {
	mu      sync.Mutex
	waiting []saying
	open    bool // the terminal knows that it is in
	busy    bool
	said    saying // the last text: at the start the journal may tell it once more, and those before it
}

// saying is one of them; message names the text it carries.
type saying struct {
	id      ID
	text    string
	message string
	sent    time.Time
}

// say has something written to the terminal.
func (c *conn) say(x saying) {
	o := &c.outbox
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case len(o.waiting) >= maxTexts:
		c.Close()
		return
	case x.id == Text && (x.message == o.said.message || x.sent.Before(o.said.sent)):
		return
	case x.id == Text:
		o.said = x
	}
	o.waiting = append(o.waiting, x)
	c.start()
}

// open lets out what waits and what will.
func (c *conn) open() {
	c.outbox.mu.Lock()
	defer c.outbox.mu.Unlock()
	c.outbox.open = true
	c.start()
}

// start sees that what waits is written; the outbox is locked.
func (c *conn) start() {
	if o := &c.outbox; o.open && !o.busy && len(o.waiting) > 0 {
		o.busy = true
		c.s.gate.Go(c.empty)
	}
}

// empty writes what waits.
func (c *conn) empty() {
	o := &c.outbox
	for {
		o.mu.Lock()
		if len(o.waiting) == 0 {
			o.busy, o.waiting = false, nil
			o.mu.Unlock()
			return
		}
		x := o.waiting[0]
		o.waiting = o.waiting[1:]
		o.mu.Unlock()
		if err := c.speak(x); err != nil {
			c.Close() // a text waits for the terminal's return
		}
	}
}

func (c *conn) speak(x saying) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	body := confirmBody()
	if x.id == Text {
		body = textBody(c.as.V2019, x.text)
	}
	serial, err := c.send(c.as, x.id, body)
	if err != nil || x.id != Text {
		return err
	}
	if c.texts == nil || len(c.texts) >= maxTexts {
		c.texts = map[uint16]string{}
	}
	c.texts[serial] = x.message
	return nil
}

// pending sends a text that could not be delivered before.
func (c *conn) pending(ctx context.Context) {
	r, err := c.s.cfg.Commands.Get(ctx, dispatch.System(dispatch.Live), dispatch.Ref{Kind: dispatch.KindTeam, ID: c.device.Team})
	if err != nil {
		c.s.cfg.Log.Warn().Err(err).Str("team", c.device.Team).Msg("whether a text waits for the team's terminal could not be read")
		return
	}
	if m := r.(*dispatch.Team).Message; m != nil && m.State == dispatch.MessageSent && c.s.cfg.Now().Sub(m.Sent.At) < keepTexts {
		c.say(saying{Text, m.Text, m.ID, m.Sent.At})
	}
}

// answered notes what the terminal said to a text; its other answers are
// nothing to anybody.
func (c *conn) answered(ctx context.Context, f Frame) Result {
	a, err := DecodeAnswer(f.Body)
	if err != nil {
		c.s.tally.refuse("answer")
		return Wrong
	}
	if a.ID != Text {
		return OK
	}
	c.mu.Lock()
	message, ok := c.texts[a.Serial]
	c.mu.Unlock()
	if !ok {
		c.s.tally.refuse("answer")
		return OK
	}
	state := dispatch.MessageDelivered
	if a.Result != OK {
		state = dispatch.MessageFailed
	}
	if _, err := c.s.do(ctx, dispatch.System(dispatch.Live), "team.answer", dispatch.TeamAnswer{Team: c.device.Team, Message: message, State: state}); err != nil {
		// It stays "sent", which is the careful side; the text comes again when
		// the terminal does.
		c.s.tally.refuse("unavailable")
		c.s.cfg.Log.Warn().Err(err).Str("team", c.device.Team).Msg("a terminal's answer to a text could not be noted")
		return Failed
	}
	c.mu.Lock()
	delete(c.texts, a.Serial)
	c.mu.Unlock()
	return OK
}

// follow reads the journal: texts go out, acknowledged distress is told, and
// terminals whose device changed are sent away to show their code again.
func (s *Server) follow() {
	var seq int64
	started, failing := false, false
	for {
		err := func() error {
			ctx, cancel := context.WithTimeout(s.ctx, 5*time.Second)
			defer cancel()
			if !started {
				head, err := s.cfg.Real.Head(ctx)
				seq, started = head, err == nil
				return err
			}
			for {
				changes, err := s.cfg.Real.Changes(ctx, seq, 500)
				if err != nil || len(changes) == 0 {
					return err
				}
				for _, ch := range changes {
					s.learn(ch)
					seq = ch.Seq
				}
			}
		}()
		if err != nil && !failing && !errors.Is(s.ctx.Err(), context.Canceled) {
			s.cfg.Log.Error().Err(err).Msg("vehicle terminals get no texts: the journal cannot be read; it is tried again each second")
		}
		failing = err != nil
		if !s.gate.Pause(s.limits.Look) {
			return
		}
	}
}

// learn draws the consequences of a change.
func (s *Server) learn(ch *dispatch.Change) {
	for _, p := range ch.Puts {
		switch r := p.Record.(type) {
		case *dispatch.Device:
			c, _ := s.gate.Of(r.ID)
			if c != nil && r.Version > c.device.Version { // one read late tells of what the terminal came in with
				s.tally.refuse("changed")
				c.Close()
			}
		case *dispatch.Team:
			if ch.Kind == "team.message" && r.Message != nil {
				for _, c := range s.of(r.ID) {
					c.say(saying{Text, r.Message.Text, r.Message.ID, r.Message.Sent.At})
				}
			}
		case *dispatch.Alarm:
			if ch.Kind == "alarm.acknowledge" && r.Type == dispatch.AlarmDistress {
				for _, c := range s.of(r.Team) {
					c.say(saying{id: ConfirmAlarm})
				}
			}
		}
	}
}
