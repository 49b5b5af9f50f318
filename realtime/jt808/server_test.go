package jt808_test

import (
	"encoding/hex"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"liandong/dispatch"
	"liandong/realtime/jt808"
)

// The life of a terminal, in both versions: registration, code, heartbeat,
// locations alone and in a batch, an answer only when they are safe.
func TestPositions(t *testing.T) {
	t.Parallel()
	for _, year := range []int{2013, 2019} {
		t.Run(fmt.Sprint(year), func(t *testing.T) {
			t.Parallel()
			w := build(t, jt808.Limits{})
			m, code := w.aboard(t, year)
			m.ask("0002", "", 0)
			now := time.Now().Truncate(time.Second)
			m.ask("0200", place(0, 3, 113.852640, 34.035771, now)+"0104000000cc"+"300108"+"310109", 0)
			ps := w.track()
			if len(ps) != 1 || ps[0].Point.Lon() != 113.852640 || ps[0].Point.Lat() != 34.035771 || !ps[0].Fixed.Equal(now) || ps[0].Flag != "" ||
				ps[0].Device != w.device || ps[0].Source != "jt808" || ps[0].Heading != 271 || ps[0].Speed < 14.77 || ps[0].Speed > 14.78 {
				t.Fatalf("in the store is %+v", ps)
			}
			if p, ok := w.lane.Latest(dispatch.Live, w.team); !ok || !p.Fixed.Equal(now) {
				t.Errorf("shown is %+v", p)
			}
			// What was kept while there was no network, and what is new.
			m.ask("0704", several(1, place(0, 2, 113.85, 34.03, now.Add(-2*time.Minute)), place(0, 2, 113.853, 34.036, now.Add(10*time.Second))), 0)
			if ps := w.track(); len(ps) != 3 || ps[0].Flag != dispatch.PositionLate || ps[2].Flag != "" {
				t.Errorf("after the batch: %+v", ps)
			}
			// The same frame once more, because its answer was lost.
			m.serial--
			m.ask("0704", several(1, place(0, 2, 113.85, 34.03, now.Add(-2*time.Minute)), place(0, 2, 113.853, 34.036, now.Add(10*time.Second))), 0)
			w.refused("duplicate", 1)
			// What is no position moves nothing.
			m.ask("0200", place(0, 1, 0, 0, now.Add(time.Minute)), 0)
			m.ask("0200", place(0, 0x22, 113.9, 34.1, now.Add(time.Minute)), 0)
			m.ask("0200", place(0, 2, 113.9, 91, now.Add(time.Minute)), 2)
			m.ask("0200", place(0, 2, 113.9, 34.1, now)[:44]+"000000000000", 2)
			m.ask("0200", "00", 2)
			m.ask("0704", several(0, place(0, 2, 113.854, 34.037, now.Add(20*time.Second)))+"00", 2)
			m.ask("0900", "f0", 3)
			for _, reason := range []string{"unlocated", "encrypted_place", "place", "time", "location", "batch", "unsupported"} {
				w.refused(reason, 1)
			}
			if p, _ := w.lane.Latest(dispatch.Live, w.team); p.Point.Lon() != 113.854 {
				t.Errorf("shown is %+v", p)
			}
			m.ask("0003", "", 0)
			m.gone()
			// Back with the code it kept.
			m = dial(t, w.address, year, card)
			m.show(code, 0)
			m.ask("0002", "", 0)
			if st := w.server.Stats(); st.Connections != 1 || st.Frames["report"] < 3 || st.Frames["heartbeat"] < 1 || st.Frames["logout"] != 1 || st.Positions < 4 || st.Last.IsZero() {
				t.Errorf("%+v", st)
			}
		})
	}
}

// A message in parts is carried out when it is whole, and each part answered then.
func TestMessageInParts(t *testing.T) {
	t.Parallel()
	w := build(t, jt808.Limits{})
	m, _ := w.aboard(t, 2013)
	now := time.Now().Truncate(time.Second)
	var bodies []string
	for n := range 60 {
		bodies = append(bodies, place(0, 2, 113.85+float64(n)*1e-5, 34.03, now.Add(time.Duration(n-60)*time.Second)))
	}
	body := several(1, bodies...)
	first := m.serial
	var frames [][]byte
	for n, cut := 0, 1000; n < 4; n++ {
		frames = append(frames, m.frame("0704", body[n*cut:min((n+1)*cut, len(body))], fmt.Sprintf("0004%04x", n+1)))
	}
	for _, n := range []int{2, 0, 3, 1} {
		m.write(frames[n])
	}
	for n := range 4 {
		if _, got := m.want("8001"); got != fmt.Sprintf("%04x070400", first+n) {
			t.Errorf("part %d is answered %s", n+1, got)
		}
	}
	if ps := w.track(); len(ps) != 60 {
		t.Errorf("%d positions are stored, want 60", len(ps))
	}
	m.write(m.frame("0704", "00", "00040001")) // and never the rest
	m.write(m.frame("0704", "00", "00040001"))
	m.write(m.frame("0704", "00", "ffff0001"))
	m.want("8001")
	m.ask("0002", "", 0)
	w.refused("parts_lost", 1)
	w.refused("parts", 1)
}

// The store is away: nothing is answered as safe that is not, an SOS neither.
func TestStoreAway(t *testing.T) {
	t.Parallel()
	w := build(t, jt808.Limits{})
	m, _ := w.aboard(t, 2019)
	now := time.Now().Truncate(time.Second)
	w.cut.Store(true)
	m.ask("0200", place(1, 2, 113.85, 34.03, now), 1)
	m.ask("0704", several(0, place(1, 2, 113.85, 34.03, now)), 1)
	if w.teamNow().Distress != nil || len(w.track()) != 0 {
		t.Fatal("the store was not away")
	}
	w.refused("unstored", 2)
	w.cut.Store(false)
	m.ask("0200", place(1, 2, 113.85, 34.03, now), 0)
	if w.teamNow().Distress == nil || len(w.track()) != 1 {
		t.Errorf("distress %+v, track %+v", w.teamNow().Distress, w.track())
	}
	// A registration that cannot be written down is not answered at all.
	w.cut.Store(true)
	other := dial(t, w.address, 2019, card)
	other.send("0100", "0029"+"03ea"+padded("LD001", 11)+padded("T-90", 30)+padded("0000042", 30)+"01")
	other.gone()
}

// SOS is a distress, once from its being set to its being cleared; only the
// desk ends it, and the driver learns that the desk knows.
func TestSOS(t *testing.T) {
	t.Parallel()
	w := build(t, jt808.Limits{})
	m, code := w.aboard(t, 2013)
	now := time.Now().Truncate(time.Second)
	step := 0
	tell := func(alarm uint32) {
		t.Helper()
		step++
		m.ask("0200", place(alarm, 2, 113.85, 34.03, now.Add(time.Duration(step-30)*time.Second)), 0)
	}
	alarms := func(want int) {
		t.Helper()
		if got := len(w.alarms()); got != want {
			t.Fatalf("step %d: %d alarms, want %d", step, got, want)
		}
	}
	tell(1<<1 | 1<<7)
	alarms(0)
	tell(1)
	alarms(1)
	d := w.teamNow().Distress
	if d == nil || d.By != "一号车终端" || d.Place == nil || d.Place.Point.Lon() != 113.85 || !d.Since.Equal(now.Add(-28*time.Second)) {
		t.Fatalf("the distress is %+v", d)
	}
	tell(1)
	m = dial(t, w.address, 2013, card) // the line broke
	m.show(code, 0)
	tell(1)
	alarms(1)
	tell(0)
	if w.teamNow().Distress == nil {
		t.Fatal("the terminal ended the distress")
	}
	tell(1) // pressed again while the desk is at it
	alarms(1)
	w.do(w.desk, "alarm.acknowledge", dispatch.AlarmAck{Alarm: w.alarms()[0].ID})
	if _, body := m.want("8203"); body != "000000000001" {
		t.Errorf("the desk's knowing is told as %s", body)
	}
	w.do(w.desk, "team.relieve", dispatch.TeamRelieve{Team: w.team, Reason: "误触，人员安全"})
	tell(1)
	alarms(1)
	tell(0)
	// Pressed in a dead spot, without a fix, and told later.
	m.ask("0704", several(1, place(1, 0, 0, 0, now.Add(-10*time.Minute)), place(0, 2, 113.85, 34.03, now)), 0)
	alarms(2)
	if d := w.teamNow().Distress; d == nil || d.Place != nil || !d.Since.Equal(now.Add(-10*time.Minute)) {
		t.Errorf("the distress is %+v", d)
	}
	// Set four times, once of them told over a new connection.
	if st := w.server.Stats(); st.Alarms["sos"] != 4 || st.Alarms["overspeed"] != 1 || st.Alarms["low_power"] != 1 {
		t.Errorf("alarms %v", st.Alarms)
	}
}

// Texts go to the vehicle in order, wait for it, and what it says is recorded.
func TestTexts(t *testing.T) {
	t.Parallel()
	for _, year := range []int{2013, 2019} {
		t.Run(fmt.Sprint(year), func(t *testing.T) {
			t.Parallel()
			w := build(t, jt808.Limits{})
			m, code := w.aboard(t, year)
			say := func(text string) { w.do(w.desk, "team.message", dispatch.TeamMessage{Team: w.team, Text: text}) }
			hear := func(want string) (serial string) {
				t.Helper()
				serial, body := m.want("8300")
				b, err := hex.DecodeString(strings.TrimPrefix(strings.TrimPrefix(body, "0d"), "0e01"))
				if err != nil {
					t.Fatal(err)
				}
				if got, err := simplifiedchinese.GBK.NewDecoder().String(string(b)); err != nil || got != want {
					t.Fatalf("the screen says %q (%v), want %q", got, err, want)
				}
				return serial
			}
			reply := func(serial string, result int) *dispatch.Message {
				t.Helper()
				m.send("0001", fmt.Sprintf("%s8300%02x", serial, result))
				m.ask("0002", "", 0) // carried out after the reply
				return w.teamNow().Message
			}
			say("前方道路封闭")
			say("改走东二环")
			first, second := hear("前方道路封闭"), hear("改走东二环")
			if got := reply(first, 0); got.Text != "改走东二环" || got.State != dispatch.MessageSent {
				t.Errorf("after the answer to the first: %+v", got)
			}
			if got := reply(second, 0); got.State != dispatch.MessageDelivered || got.Answered == nil {
				t.Errorf("after the answer to the second: %+v", got)
			}
			say("x")
			if got := reply(hear("x"), 3); got.State != dispatch.MessageFailed {
				t.Errorf("after a refusal: %+v", got)
			}
			if got := reply("7777", 0); got.State != dispatch.MessageFailed {
				t.Errorf("an answer to nothing: %+v", got)
			}
			w.refused("answer", 1)
			// Said while the vehicle is in a tunnel.
			m.ask("0003", "", 0)
			m.gone()
			say("到了请回话")
			m = dial(t, w.address, year, card)
			m.show(code, 0)
			if got := reply(hear("到了请回话"), 0); got.State != dispatch.MessageDelivered {
				t.Errorf("said in the tunnel: %+v", got)
			}
		})
	}
}

// Only registered devices, only their own terminal, only with its code.
func TestStrangers(t *testing.T) {
	t.Parallel()
	w := build(t, jt808.Limits{Guesses: 3})
	now := time.Now()
	m := dial(t, w.address, 2013, "13999999999")
	if outcome, code := m.register("0000042"); outcome != "04" || code != "" {
		t.Errorf("an unknown number is answered %s %q", outcome, code)
	}
	m.ask("0200", place(1, 2, 113.85, 34.03, now), 1)
	m.ask("0002", "", 1)
	m.show("no-such-code", 1)
	w.refused("unknown_device", 1)
	w.refused("unauthenticated", 2)
	w.refused("wrong_code", 1)
	if w.lane.Stats().Held["unknown_device"] != 1 {
		t.Errorf("the lane counts %v", w.lane.Stats().Held)
	}
	// The right terminal, another one, the right one again.
	mine, code := w.aboard(t, 2013)
	thief := dial(t, w.address, 2013, card)
	if outcome, _ := thief.register("6666666"); outcome != "03" {
		t.Errorf("another terminal is answered %s", outcome)
	}
	thief.show("guessed", 1)
	mine.ask("0002", "", 0)
	// The code is that of its number alone.
	stranger := dial(t, w.address, 2013, "13999999999")
	stranger.show(code, 1)
	// One that knows the number speaks for it no more after three tries …
	thief.show("guessed", 1)
	thief.show(code, 1)
	w.refused("guessing", 1)
	// … while who is in, is in; it cannot speak for others.
	mine.ask("0200", place(0, 2, 113.85, 34.03, now), 0)
	mine.phone = "013999999999"
	mine.ask("0002", "", 2)
	mine.phone = fmt.Sprintf("%012s", card)
	w.refused("phone", 1)
	if ps := w.track(); len(ps) != 1 || w.teamNow().Distress != nil {
		t.Errorf("strangers reached the lane: %+v", ps)
	}
	// Revoked: cut at once, and not let in again.
	w.do(w.admin, "device.revoke", dispatch.DeviceRef{Device: w.device, Reason: "遗失"})
	mine.gone()
	again := dial(t, w.address, 2013, card)
	if outcome, _ := again.register("0000042"); outcome != "04" {
		t.Errorf("a revoked device is answered %s", outcome)
	}
}

// A device whose time runs out while its terminal is connected moves nothing any more.
func TestExpiresWhileConnected(t *testing.T) {
	t.Parallel()
	w := build(t, jt808.Limits{})
	now := time.Now().Truncate(time.Second)
	until := now.Add(time.Hour)
	w.do(w.admin, "device.save", dispatch.DeviceSave{ID: w.device, Name: "一号车终端", Protocol: jt808.Source, Team: w.team, Identifier: card, Expires: &until})
	m, _ := w.aboard(t, 2019)
	m.ask("0200", place(0, 2, 113.85, 34.03, now), 0)
	w.ahead.Store(int64(2 * time.Hour))
	m.ask("0200", place(1, 2, 113.85, 34.03, now.Add(time.Second)), 2)
	w.refused("expired", 1)
	if ps := w.track(); len(ps) != 1 || w.teamNow().Distress != nil {
		t.Errorf("an expired device reached the lane: %+v", ps)
	}
}

// A device is the terminal that is there now: a new connection ends the old
// one, a new team or registration opened anew ends it, too.
func TestOneConnectionOfADevice(t *testing.T) {
	t.Parallel()
	w := build(t, jt808.Limits{})
	old, code := w.aboard(t, 2013)
	m := dial(t, w.address, 2013, card)
	m.show(code, 0)
	old.gone()
	w.refused("replaced", 1)
	other := w.newTeam("二号车")
	save := dispatch.DeviceSave{ID: w.device, Name: "一号车终端", Protocol: jt808.Source, Team: other, Identifier: card}
	w.do(w.admin, "device.save", save)
	m.gone()
	m = dial(t, w.address, 2013, card)
	m.show(code, 0)
	m.ask("0200", place(0, 2, 113.85, 34.03, time.Now()), 0)
	if p, ok := w.lane.Latest(dispatch.Live, other); !ok || p.Device != w.device {
		t.Errorf("the other team is at %+v", p)
	}
	w.do(w.admin, "device.token", dispatch.DeviceRef{Device: w.device})
	m.gone()
	m = dial(t, w.address, 2013, card)
	m.show(code, 1)
	if outcome, fresh := m.register("0000099"); outcome != "00" || fresh == code {
		t.Errorf("registered anew: %s %q", outcome, fresh)
	}
}

// Noise, slow and crowding connections are bounded and counted.
func TestBounds(t *testing.T) {
	t.Parallel()
	w := build(t, jt808.Limits{Unreadable: 4, Unknown: 3, First: 300 * time.Millisecond, Identify: time.Second, Idle: time.Second})
	m, _ := w.aboard(t, 2013)
	beat := m.frame("0002", "", "")
	noise := append([]byte("GET / HTTP/1.1\r\n\r\n"), beat...)
	noise = append(noise, beat[1:]...)                            // one mark between two frames
	noise = append(noise, 0x7e, 0x7e, 0x7e, 0x02, 0x7e)           // empty, short
	noise = append(noise, []byte(strings.Repeat("x", 10_000))...) // oversize
	noise = append(noise, beat...)
	beat[5] ^= 1
	noise = append(noise, beat...) // damaged
	m.write(noise)
	for range 3 {
		m.want("8001")
	}
	m.ask("0002", "", 0)
	w.refused("oversize", 1)
	w.refused("checksum", 2) // the words, and the damaged one
	w.refused("short", 1)
	for range 4 {
		m.write([]byte("noise\x7e"))
	}
	m.gone()
	w.refused("garbage", 1)

	half := dial(t, w.address, 2013, card)
	half.write(m.frame("0002", "", "")[:9])
	if err := half.nc.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	half.gone()
	// A byte now and then keeps no connection open.
	slow := dial(t, w.address, 2013, card)
	go func() {
		for _, x := range m.frame("0100", strings.Repeat("41", 500), "") {
			if _, err := slow.nc.Write([]byte{x}); err != nil {
				return
			}
			select {
			case <-t.Context().Done():
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	silent := dial(t, w.address, 2013, card)
	slow.gone()
	silent.gone()
	// Neither does asking without ever showing a code.
	asks := dial(t, w.address, 2013, card)
	for {
		asks.nc.Write(asks.frame("0002", "", ""))
		if _, _, _, err := asks.read(); err != nil {
			break
		}
	}
	// A fourth of one address is sent away; who has shown its code does not count.
	in, _ := w.aboard(t, 2013)
	var waiting []*terminal
	for range 3 {
		one := dial(t, w.address, 2013, "13999999999")
		one.ask("0002", "", 1)
		waiting = append(waiting, one)
	}
	dial(t, w.address, 2013, card).gone()
	w.refused("too_many_of_address", 1)
	for _, one := range waiting {
		one.gone()
	}
	in.gone()
	if st := w.server.Stats(); st.Refused["idle"] != 1 || st.Refused["silent"] < 2 || st.Refused["half"] != 1 || st.Connections != 0 {
		t.Errorf("%+v", st)
	}
}
