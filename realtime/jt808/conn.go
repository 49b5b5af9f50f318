package jt808

import (
	"context"
	"crypto/sha256"
	"errors"
	"net"
	"strings"
	"sync"
	"time"

	"liandong/dispatch"
	"liandong/geo"
)

// conn is one connection. Its goroutine reads and answers; the follower of the
// journal writes texts, too.
type conn struct {
	s  *Server
	nc net.Conn

	// device is set once, when the code was right, before admitted.
	device *dispatch.Device
	phone  string // whose terminal speaks, without leading zeros
	parts  assembly
	alarm  uint32 // of the last location
	last   Header

	mu     sync.Mutex // for writing, and what follows
	as     Header     // version and phone of what the server says by itself
	serial uint16
	texts  map[uint16]string // by serial of the frame: the message

	outbox outbox
}

// errGone ends a connection that has said enough.
var errGone = errors.New("gone")

// Close ends the connection; safe to call again.
func (c *conn) Close() { _ = c.nc.Close() }

// serve reads until the terminal leaves or is sent away.
func (c *conn) serve() {
	begun := time.Now()
	until := begun.Add(c.s.limits.First)
	in := newScanner(c.nc)
	for unreadable := 0; unreadable < c.s.limits.Unreadable; {
		if err := c.nc.SetReadDeadline(until); err != nil {
			return
		}
		raw, err := in.next()
		if err != nil && !errors.Is(err, errOversize) {
			c.ended(err)
			return
		}
		var f Frame
		if err == nil {
			f, err = Decode(raw)
		}
		if err != nil {
			c.s.tally.refuse(err.Error())
			unreadable++
			continue
		}
		unreadable = 0
		c.s.tally.frame(f.ID)
		if err := c.hear(f); err != nil {
			return
		}
		// A deadline is moved by whole frames alone: a byte a minute is no life.
		if until = begun.Add(c.s.limits.Identify); c.device != nil {
			until = time.Now().Add(c.s.limits.Idle)
		}
	}
	c.s.tally.refuse("garbage")
}

// ended counts why a connection ended by itself.
func (c *conn) ended(err error) {
	var timeout net.Error
	switch {
	case c.s.ctx.Err() != nil:
	case errors.As(err, &timeout) && timeout.Timeout() && c.device == nil:
		c.s.tally.refuse("silent")
	case errors.As(err, &timeout) && timeout.Timeout():
		c.s.tally.refuse("idle")
	case errors.Is(err, errHalf):
		c.s.tally.refuse(errHalf.Error())
	}
}

// hear carries out one frame and answers it; an error ends the connection.
func (c *conn) hear(f Frame) error {
	phone := strings.TrimLeft(f.Phone, "0")
	if f.ID == c.last.ID && f.Serial == c.last.Serial && phone == c.phone && f.Part == c.last.Part && f.ID != Heartbeat {
		c.s.tally.refuse("duplicate") // and answered again: its answer was lost
	}
	c.last = f.Header
	switch {
	case f.Encryption != 0:
		return c.refuse(f, "encrypted", Unsupported)
	case c.device != nil && phone != c.phone:
		return c.refuse(f, "phone", Wrong)
	case c.device == nil && f.ID != Register && f.ID != Authenticate:
		return c.refuse(f, "unauthenticated", Failed)
	case f.Parts > 0 && f.ID != Report && f.ID != Batch:
		return c.refuse(f, "unsupported", Unsupported)
	case f.Parts > 0:
		return c.part(f)
	}
	switch f.ID {
	case Register:
		return c.register(f, phone)
	case Authenticate:
		return c.authenticate(f, phone)
	}
	r := c.carryOut(f)
	if f.ID == TerminalAnswer {
		return nil // an answer is not answered
	}
	if err := c.answer(f, r); err != nil {
		return err
	}
	if f.ID == Logout {
		// The terminal is switched off or taken out; who may be it stays settled.
		return errGone
	}
	return nil
}

// part takes a part; each is answered when the whole is carried out.
func (c *conn) part(f Frame) error {
	whole, done, lost, err := c.parts.add(f)
	if lost {
		c.s.tally.refuse("parts_lost")
	}
	if err != nil {
		return c.refuse(f, err.Error(), Wrong)
	}
	if !done {
		return nil
	}
	r := c.carryOut(whole)
	for n := range f.Parts {
		one := whole
		one.Serial += n
		if err := c.answer(one, r); err != nil {
			return err
		}
	}
	return nil
}

func (c *conn) carryOut(f Frame) Result {
	ctx, cancel := context.WithTimeout(c.s.ctx, time.Minute)
	defer cancel()
	switch f.ID {
	case Heartbeat, Logout:
		return OK
	case TerminalAnswer:
		return c.answered(ctx, f)
	case Report:
		l, err := DecodeLocation(f.Body)
		if err != nil {
			c.s.tally.refuse("location")
			return Wrong
		}
		return c.locate(ctx, l)
	case Batch:
		ls, _, err := DecodeBatch(f.Body)
		worst := OK
		for _, l := range ls {
			switch r := c.locate(ctx, l); {
			case r == Failed: // all of it must come again; no need to wait for the rest
				return Failed
			case worst == OK:
				worst = r
			}
		}
		if err != nil {
			c.s.tally.refuse("batch")
			if worst == OK {
				worst = Wrong
			}
		}
		return worst
	}
	c.s.tally.refuse("unsupported")
	return Unsupported
}

// refuse counts and answers; further refusals follow where the terminal goes on.
func (c *conn) refuse(f Frame, reason string, r Result) error {
	c.s.tally.refuse(reason)
	if f.ID == TerminalAnswer {
		return nil
	}
	return c.answer(f, r)
}

// answer is the general answer to f.
func (c *conn) answer(f Frame, r Result) error {
	return c.write(f.Header, ServerAnswer, answerBody(f.ID, f.Serial, r))
}

// write sends a frame in the version and to the phone of h.
func (c *conn) write(h Header, id ID, body []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := c.send(h, id, body)
	return err
}

// send writes and returns the frame's serial; c is locked.
func (c *conn) send(h Header, id ID, body []byte) (uint16, error) {
	serial := c.serial
	c.serial++
	b := Encode(Frame{Header{ID: id, V2019: h.V2019, Version: h.Version, Phone: h.Phone, Serial: serial}, body})
	if err := c.nc.SetWriteDeadline(time.Now().Add(c.s.limits.Write)); err != nil {
		return serial, err
	}
	if _, err := c.nc.Write(b); err != nil {
		return serial, err
	}
	return serial, nil
}

// reject counts what keeps a terminal out, also where an administrator sees
// all sources together.
func (c *conn) reject(reason string) {
	c.s.tally.refuse(reason)
	c.s.cfg.Lane.Refuse(reason)
}

// usable says why a device is not served, or nothing.
func (c *conn) usable(d *dispatch.Device) string {
	switch {
	case d.Revoked:
		return "revoked"
	case d.Expires != nil && !d.Expires.After(c.s.cfg.Now()):
		return "expired"
	}
	return ""
}

// register gives the terminal its code.
func (c *conn) register(f Frame, phone string) error {
	r, err := DecodeRegistration(f)
	if err != nil {
		return c.refuse(f, "registration", Wrong)
	}
	no := func(reason string, o Outcome) error {
		c.reject(reason)
		return c.write(f.Header, Registered, registeredBody(f.Serial, o, ""))
	}
	if c.s.guessing(phone) {
		return no("guessing", NoTerminal)
	}
	ctx, cancel := context.WithTimeout(c.s.ctx, 10*time.Second)
	defer cancel()
	d, err := c.s.cfg.Devices.DeviceByIdentifier(ctx, Source, phone)
	switch {
	case dispatch.CodeOf(err) == dispatch.NotFound:
		return no("unknown_device", NoTerminal)
	case err != nil:
		return c.away(err)
	case c.usable(d) != "":
		return no(c.usable(d), NoTerminal)
	}
	res, err := c.s.do(ctx, dispatch.System(dispatch.Live), "device.register", dispatch.DeviceRegister{Device: d.ID, Terminal: r.Name()})
	switch dispatch.CodeOf(err) {
	case "":
	case dispatch.Conflict:
		c.s.guessed(phone)
		return no("other_terminal", OtherTerminal)
	case dispatch.Forbidden: // revoked just now
		return no("revoked", NoTerminal)
	default:
		return c.away(err)
	}
	if err != nil {
		return c.away(err)
	}
	c.s.guessed(phone) // until the code is shown: each registration is a decision in the journal
	return c.write(f.Header, Registered, registeredBody(f.Serial, Welcome, res.Secret))
}

// away ends the connection without an answer: there is none that says "later",
// and a terminal that is told no may never come again.
func (c *conn) away(err error) error {
	c.s.tally.refuse("unavailable")
	c.s.cfg.Log.Warn().Err(err).Msg("a vehicle terminal could not be looked up; it will come again")
	return errGone
}

// authenticate makes the connection that of the device which has the code.
func (c *conn) authenticate(f Frame, phone string) error {
	code, err := DecodeCode(f)
	if err != nil {
		return c.refuse(f, "code", Wrong)
	}
	no := func(reason string) error {
		c.reject(reason)
		return c.answer(f, Failed) // upon which the terminal registers
	}
	if c.s.guessing(phone) {
		return no("guessing")
	}
	ctx, cancel := context.WithTimeout(c.s.ctx, 10*time.Second)
	defer cancel()
	d, reason, err := c.holder(ctx, code, phone)
	switch {
	case err != nil:
		return c.away(err)
	case reason == "wrong_code":
		c.s.guessed(phone)
		return no(reason)
	case reason != "":
		return no(reason)
	}
	if c.device == nil {
		c.device, c.phone = d, phone
		c.mu.Lock()
		c.as = f.Header
		c.mu.Unlock()
		c.s.admitted(c)
		// Whoever revokes a device sends known connections away: look again,
		// now that this one is known.
		if _, reason, err = c.holder(ctx, code, phone); err != nil || reason != "" {
			c.s.tally.refuse("changed")
			return errGone
		}
	}
	c.pending(ctx) // before the answer: what is said from then on comes after it
	if err := c.answer(f, OK); err != nil {
		return err
	}
	c.open()
	return nil
}

// holder is the device that has the code, or why it is not served.
func (c *conn) holder(ctx context.Context, code, phone string) (*dispatch.Device, string, error) {
	d, realm, err := c.s.cfg.Devices.DeviceByToken(ctx, sha256.Sum256([]byte(code)))
	switch {
	case dispatch.CodeOf(err) == dispatch.NotFound:
		return nil, "wrong_code", nil
	case err != nil:
		return nil, "", err
	case realm != dispatch.Live || d.Protocol != Source || d.Identifier != phone:
		return nil, "wrong_code", nil
	}
	return d, c.usable(d), nil
}

// locate takes one location: its alarm, then its position.
func (c *conn) locate(ctx context.Context, l Location) Result {
	if reason := c.usable(c.device); reason != "" { // its time may run out while it is connected
		c.reject(reason)
		return Wrong
	}
	c.s.tally.alarm(l.Alarm &^ c.alarm)
	c.alarm = l.Alarm
	heard := c.distress(ctx, l)
	stored := c.position(ctx, l)
	if heard != OK {
		return heard
	}
	return stored
}

// position hands the place to the lane and waits until it is safe.
func (c *conn) position(ctx context.Context, l Location) Result {
	switch {
	case l.Encrypted():
		c.reject("encrypted_place")
		return OK // sent again it would be no better
	case !l.Fixed():
		c.reject("unlocated")
		return OK
	case l.Time.IsZero():
		c.reject("time")
		return Wrong
	}
	_, err := c.s.cfg.Lane.Report(ctx, dispatch.Position{Realm: dispatch.Live, Team: c.device.Team, Device: c.device.ID, Point: geo.At(l.Lon, l.Lat),
		Speed: l.Speed / 3.6, Heading: float64(l.Direction), Accuracy: -1, Fixed: l.Time, Source: Source})
	switch {
	case dispatch.CodeOf(err) == dispatch.Invalid:
		c.s.tally.refuse("place")
		return Wrong
	case err != nil:
		c.s.tally.refuse("unstored")
		return Failed
	}
	c.s.tally.position()
	return OK
}
