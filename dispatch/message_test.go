package dispatch_test

import (
	"strings"
	"testing"
	"time"

	"liandong/dispatch"
)

// A vehicle terminal gets its code once; the same terminal again, another never, until the
// administrator opens registration anew.
func TestTerminalRegisters(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	sys := dispatch.System(dispatch.Live)
	save := func(number string) dispatch.DeviceSave {
		return dispatch.DeviceSave{Name: "车载终端", Protocol: dispatch.ProtocolJT808, Team: c.teams["xf1"], Identifier: number}
	}
	for _, bad := range []string{"", "000", "1380000000a", "123456789012345678901"} {
		if e := c.refused(c.admin, dispatch.Invalid, "device.save", save(bad)); e.Field != "identifier" {
			t.Errorf("%q: the refusal names %q", bad, e.Field)
		}
	}
	done := c.do(c.admin, "device.save", save("013800000001"))
	if d := put[*dispatch.Device](c, done); d.Identifier != "13800000001" || done.Secret != "" {
		t.Errorf("saved as %q; a terminal's code is for the terminal alone, got %q", d.Identifier, done.Secret)
	}
	id := c.id(done)
	if e := c.refused(c.admin, dispatch.Invalid, "device.save", save("13800000001")); e.Field != "identifier" {
		t.Errorf("a number used twice: the refusal names %q", e.Field)
	}
	c.refused(c.admin, dispatch.Forbidden, "device.register", dispatch.DeviceRegister{Device: id, Terminal: "A"})
	one := c.do(sys, "device.register", dispatch.DeviceRegister{Device: id, Terminal: "A"}).Secret
	two := c.do(sys, "device.register", dispatch.DeviceRegister{Device: id, Terminal: "A"}).Secret
	if len(one) != 16 || len(two) != 16 || one == two {
		t.Errorf("codes %q and %q", one, two)
	}
	c.refused(sys, dispatch.Conflict, "device.register", dispatch.DeviceRegister{Device: id, Terminal: "B"})
	if again := c.do(c.admin, "device.token", dispatch.DeviceRef{Device: id}); again.Secret != "" {
		t.Errorf("a token for nobody: %q", again.Secret)
	}
	c.do(sys, "device.register", dispatch.DeviceRegister{Device: id, Terminal: "B"})
	c.do(c.admin, "device.revoke", dispatch.DeviceRef{Device: id, Reason: "拆除"})
	c.refused(sys, dispatch.Forbidden, "device.register", dispatch.DeviceRegister{Device: id, Terminal: "B"})
	// Another card in the same vehicle: who has the old code is out.
	c.do(c.admin, "device.token", dispatch.DeviceRef{Device: id})
	c.do(sys, "device.register", dispatch.DeviceRegister{Device: id, Terminal: "B"})
	in := save("13800000002")
	in.ID = id
	if d := put[*dispatch.Device](c, c.do(c.admin, "device.save", in)); d.Registered != nil || d.Terminal != "" {
		t.Errorf("after a new card still registered: %+v", d)
	}
}

// A text goes to a team that has a terminal; what the terminal says is noted once.
func TestMessageToTeam(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	sys := dispatch.System(dispatch.Live)
	team := c.teams["xf1"]
	say := dispatch.TeamMessage{Team: team, Text: "前方道路封闭，请改走东二环"}
	c.refused(c.fireDesk, dispatch.Conflict, "team.message", say)
	device := c.id(c.do(c.admin, "device.save", dispatch.DeviceSave{Name: "车载终端", Protocol: dispatch.ProtocolJT808, Team: team, Identifier: "13800000001"}))
	for _, text := range []string{"", strings.Repeat("字", dispatch.MaxMessage+1)} {
		c.refused(c.fireDesk, dispatch.Invalid, "team.message", dispatch.TeamMessage{Team: team, Text: text})
	}
	c.refused(c.clinicDesk, dispatch.Forbidden, "team.message", say)
	c.refused(c.leader("xf1"), dispatch.Forbidden, "team.message", say)
	first := put[*dispatch.Team](c, c.do(c.fireDesk, "team.message", say)).Message
	if first == nil || first.Text != say.Text || first.State != dispatch.MessageSent || first.Sent.By != c.fireDesk.Name {
		t.Fatalf("the message is %+v", first)
	}
	second := put[*dispatch.Team](c, c.do(c.desk, "team.message", say)).Message
	// The answer to the first comes late and is not that to the second.
	answer := func(id string, s dispatch.MessageState) *dispatch.Message {
		c.pass(time.Minute)
		return put[*dispatch.Team](c, c.do(sys, "team.answer", dispatch.TeamAnswer{Team: team, Message: id, State: s})).Message
	}
	if m := answer(first.ID, dispatch.MessageDelivered); m.ID != second.ID || m.State != dispatch.MessageSent {
		t.Errorf("after the answer to the first: %+v", m)
	}
	if m := answer(second.ID, dispatch.MessageFailed); m.State != dispatch.MessageFailed || m.Answered == nil {
		t.Errorf("after a refusal: %+v", m)
	}
	if m := answer(second.ID, dispatch.MessageDelivered); m.State != dispatch.MessageDelivered {
		t.Errorf("delivered at the second try: %+v", m)
	}
	if m := answer(second.ID, dispatch.MessageFailed); m.State != dispatch.MessageDelivered {
		t.Errorf("what was delivered stays so: %+v", m)
	}
	c.refused(sys, dispatch.Invalid, "team.answer", dispatch.TeamAnswer{Team: team, Message: second.ID, State: dispatch.MessageSent})
	c.refused(c.fireDesk, dispatch.Forbidden, "team.answer", dispatch.TeamAnswer{Team: team, Message: second.ID, State: dispatch.MessageDelivered})
	c.do(c.admin, "device.revoke", dispatch.DeviceRef{Device: device, Reason: "拆除"})
	c.refused(c.fireDesk, dispatch.Conflict, "team.message", say)
}
