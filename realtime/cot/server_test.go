package cot

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"liandong/dispatch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// keys is devices by their tokens.
type keys map[string]struct {
	*dispatch.Device
	realm dispatch.Realm
}

func (k keys) DeviceByToken(_ context.Context, sum [32]byte) (*dispatch.Device, dispatch.Realm, error) {
	for token, d := range k {
		if sha256.Sum256([]byte(token)) == sum {
			return d.Device, d.realm, nil
		}
	}
	return nil, "", dispatch.NotFoundError(dispatch.Ref{Kind: dispatch.KindDevice})
}

// heard is a lane that passes on what it is told.
type heard struct {
	lane
	told  chan dispatch.Position
	ticks chan time.Time // of the server's looks at its connections
}

func (h heard) Submit(_ context.Context, p dispatch.Position) error {
	h.told <- p
	return nil
}

// door opens a plain door and returns how to dial it.
func door(t *testing.T, limits Limits, devices keys) (*Server, heard, func(first string) net.Conn) {
	t.Helper()
	b := &book{epoch: "e1", records: map[dispatch.Ref]dispatch.Record{}}
	h := heard{lane{}, make(chan dispatch.Position, 10), make(chan time.Time)}
	s := New(Config{Devices: devices, Lane: h, Real: dispatch.RealOf(b, h), Limits: limits, ticks: h.ticks})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := s.Serve(l, nil); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { s.Close(); serving.Wait() })
	return s, h, func(first string) net.Conn {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		_ = c.SetDeadline(time.Now().Add(20 * time.Second))
		if _, err := io.WriteString(c, first); err != nil {
			t.Fatal(err)
		}
		return c
	}
}

func auth(token string) string {
	return fmt.Sprintf(`<?xml version="1.0"?><auth><cot username="u" password=%q uid="x"/></auth>`, token)
}

// ends wants the server to close the connection.
func ends(t *testing.T, what string, c net.Conn) {
	t.Helper()
	if _, err := io.Copy(io.Discard, c); err != nil && strings.Contains(err.Error(), "timeout") {
		t.Errorf("%s: the connection stays open", what)
	}
}

func TestPlainDoor(t *testing.T) {
	t.Parallel()
	past := time.Now().Add(-time.Hour)
	device := func(id string) *dispatch.Device {
		return &dispatch.Device{Head: dispatch.Head{Kind: dispatch.KindDevice, ID: id}, Name: id, Protocol: "cot", Team: "t1"}
	}
	revoked, expired, other := device("r"), device("e"), device("o")
	revoked.Revoked, expired.Expires, other.Protocol = true, &past, "osmand"
	s, h, dial := door(t, Limits{Identify: 500 * time.Millisecond, Event: 500 * time.Millisecond}, keys{
		"good": {device("d1"), dispatch.Live}, "revoked": {revoked, dispatch.Live}, "expired": {expired, dispatch.Live},
		"other": {other, dispatch.Live}, "drill": {device("d2"), "drill:1"}})

	for reason, first := range map[string]string{
		"unknown_device": auth("guessed"), "revoked": auth("revoked"), "expired": auth("expired"), "other_protocol": auth("other"), "drill": auth("drill"), "unidentified": "<auth>"} {
		ends(t, reason, dial(first))
		if n := s.Stats().Refused[reason]; n != 1 {
			t.Errorf("%s is counted %d times, want once", reason, n)
		}
	}
	ends(t, "an event before the token", dial(walker))

	// Half, wrong and foreign events first, then the client itself.
	c := dial(auth("good") + "<event/></event>" + walker[:40])
	if _, err := io.WriteString(c, walker[40:]); err != nil {
		t.Fatal(err)
	}
	p := <-h.told
	if p.Realm != dispatch.Live || p.Team != "t1" || p.Device != "d1" || p.Point.Lon() != 113.85 || p.Point.Lat() != 34.03 || p.Accuracy != 4.2 || p.Speed != 1.25 ||
		p.Heading != 271.5 || p.Source != "cot" || !p.Fixed.Equal(time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)) {
		t.Errorf("the lane was told %+v", p)
	}
	if n := s.Stats().Refused["unreadable"]; n != 1 {
		t.Errorf("one wrong event is counted %d times", n)
	}
	// Another object of the client's is no position of its team.
	if _, err := io.WriteString(c, strings.Replace(walker, "ANDROID-77", "marker", 1)+strings.Replace(walker, "a-f-G-U-C", "t-x-c-t", 1)); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(c)
	for text := ""; !strings.Contains(text, "t-x-c-t-r"); {
		part, err := in.ReadString('>')
		if err != nil {
			t.Fatal(err)
		}
		text += part
	}
	if n := s.Stats().Ignored["a-f-G-U-C"]; n != 1 || len(h.told) != 0 {
		t.Errorf("a marker is ignored %d times and reported %d times", n, len(h.told))
	}
	// A newer connection of the device ends the older.
	second := dial(auth("good"))
	ends(t, "the older connection", c)
	// Half an event that is never finished, and one without an end.
	if _, err := io.WriteString(second, walker[:100]); err != nil {
		t.Fatal(err)
	}
	ends(t, "half an event", second)
	third := dial(auth("good"))
	go func() { _, _ = io.WriteString(third, "<event "+strings.Repeat("x", 2*MaxEvent)) }()
	ends(t, "an event over 64 KiB", third)
	if st := s.Stats(); st.Refused["silent"] != 1 || st.Refused["oversize"] != 1 || st.Refused["replaced"] < 1 {
		t.Errorf("counted %v", st.Refused)
	}
}

// TestExpiresWhileConnected: a device whose time runs out is sent away, not only kept out.
func TestExpiresWhileConnected(t *testing.T) {
	t.Parallel()
	until := time.Now().Add(2 * time.Second)
	d := &dispatch.Device{Head: dispatch.Head{Kind: dispatch.KindDevice, ID: "d1"}, Name: "d1", Protocol: "cot", Team: "t1", Expires: &until}
	s, h, dial := door(t, Limits{}, keys{"good": {d, dispatch.Live}})
	c := dial(auth("good") + walker)
	if p := <-h.told; p.Device != "d1" {
		t.Fatalf("the lane was told %+v", p)
	}
	gone := make(chan struct{})
	go func() { defer close(gone); ends(t, "an expired device", c) }()
	for over := false; !over; {
		select {
		case h.ticks <- time.Now():
		case <-gone:
			over = true
		}
	}
	if n := s.Stats().Refused["expired"]; n != 1 {
		t.Errorf("counted %d times, want once", n)
	}
}

// TestUnknownOfOneAddress: who does not say who it is cannot fill the house.
func TestUnknownOfOneAddress(t *testing.T) {
	t.Parallel()
	s, _, dial := door(t, Limits{Unknown: 2}, keys{})
	a, b := dial(""), dial("")
	ends(t, "the third", dial(""))
	if n := s.Stats().Refused["too_many_of_address"]; n != 1 {
		t.Errorf("counted %d times, want once", n)
	}
	a.Close()
	b.Close()
}
