package jt808_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// terminal is a vehicle terminal, written from the standard's tables alone: it
// shares no line with the server and writes its frames in hexadecimal.
type terminal struct {
	t      *testing.T
	nc     net.Conn
	in     *bufio.Reader
	year   int    // 2013 or 2019
	phone  string // 12 digits, in 2019 20
	serial int
}

// dial connects a terminal with that card.
func dial(t *testing.T, address string, year int, number string) *terminal {
	t.Helper()
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	// A deadline for the whole test, so that a wait that never ends fails it.
	_ = nc.SetDeadline(time.Now().Add(time.Minute))
	return &terminal{t: t, nc: nc, in: bufio.NewReader(nc), year: year, phone: fmt.Sprintf("%0*s", map[int]int{2013: 12, 2019: 20}[year], number)}
}

// frame puts a frame together; part is "" or total and number in hexadecimal.
func (m *terminal) frame(id, body, part string) []byte {
	props, version := len(body)/2, ""
	if m.year == 2019 {
		props, version = props+0x4000, "01"
	}
	if part != "" {
		props += 0x2000
	}
	b, err := hex.DecodeString(fmt.Sprintf("%s%04x%s%s%04x%s%s", id, props, version, m.phone, m.serial, part, body))
	if err != nil {
		m.t.Fatal(err)
	}
	m.serial++
	check := byte(0)
	for _, x := range b {
		check ^= x
	}
	b = append(b, check)
	b = bytes.ReplaceAll(b, []byte{0x7d}, []byte{0x7d, 0x01})
	b = bytes.ReplaceAll(b, []byte{0x7e}, []byte{0x7d, 0x02})
	return append(append([]byte{0x7e}, b...), 0x7e)
}

func (m *terminal) write(b []byte) {
	m.t.Helper()
	if _, err := m.nc.Write(b); err != nil {
		m.t.Fatalf("write: %v", err)
	}
}

// send sends a message and returns its serial.
func (m *terminal) send(id, body string) int {
	m.t.Helper()
	n := m.serial
	m.write(m.frame(id, body, ""))
	return n
}

// read returns id, serial and body of the next frame, the latter two in
// hexadecimal; an error when the server hung up.
func (m *terminal) read() (id, serial, body string, err error) {
	m.t.Helper()
	var raw []byte
	for len(raw) < 2 {
		if raw, err = m.in.ReadBytes(0x7e); err != nil {
			return "", "", "", err
		}
	}
	raw = raw[:len(raw)-1]
	raw = bytes.ReplaceAll(raw, []byte{0x7d, 0x02}, []byte{0x7e})
	raw = bytes.ReplaceAll(raw, []byte{0x7d, 0x01}, []byte{0x7d})
	check := byte(0)
	for _, x := range raw {
		check ^= x
	}
	text := hex.EncodeToString(raw[:len(raw)-1])
	head := 24
	if m.year == 2019 {
		head = 34
	}
	if check != 0 || len(text) < head || !strings.HasSuffix(text[:head-4], m.phone) {
		m.t.Fatalf("the server sent %x", raw)
	}
	return text[:4], text[head-4 : head], text[head:], nil
}

// want reads the next frame, which must have the id, and returns serial and body.
func (m *terminal) want(id string) (serial, body string) {
	m.t.Helper()
	got, serial, body, err := m.read()
	if err != nil || got != id {
		m.t.Fatalf("the server sent %s %s (%v), want %s", got, body, err, id)
	}
	return serial, body
}

// ask sends and wants the general answer with that result.
func (m *terminal) ask(id, body string, result int) {
	m.t.Helper()
	n := m.send(id, body)
	if _, got := m.want("8001"); got != fmt.Sprintf("%04x%s%02x", n, id, result) {
		m.t.Fatalf("%s is answered %s, want the result %d to serial %04x", id, got, result, n)
	}
}

// register asks for the code; the outcome as the server tells it.
func (m *terminal) register(terminalID string) (outcome, code string) {
	m.t.Helper()
	maker, model, number := 5, 20, 7
	if m.year == 2019 {
		maker, model, number = 11, 30, 30
	}
	n := m.send("0100", "0029"+"03ea"+padded("LD001", maker)+padded("T-90", model)+padded(terminalID, number)+"01"+"d4a54b3132333435")
	_, body := m.want("8100")
	if body[:4] != fmt.Sprintf("%04x", n) {
		m.t.Fatalf("the answer %s is to another registration", body)
	}
	b, _ := hex.DecodeString(body[6:])
	return body[4:6], string(b)
}

// show shows the code and wants the result.
func (m *terminal) show(code string, result int) {
	m.t.Helper()
	body := hex.EncodeToString([]byte(code))
	if m.year == 2019 {
		body = fmt.Sprintf("%02x%s%s%s", len(code), body, padded("123456789012345", 15), padded("v1", 20))
	}
	m.ask("0102", body, result)
}

// gone waits until the server hangs up, and fails when it says anything.
func (m *terminal) gone() {
	m.t.Helper()
	id, _, body, err := m.read()
	if err == nil {
		m.t.Fatalf("the server sent %s %s, want the end", id, body)
	}
	if e, ok := err.(net.Error); ok && e.Timeout() {
		m.t.Fatal("the server does not hang up")
	}
}

func padded(s string, n int) string {
	return hex.EncodeToString(append([]byte(s), make([]byte, n-len(s))...))
}

// place is the body of a location; kmh and course are 53.2 and 271.
func place(alarm, status uint32, lon, lat float64, at time.Time) string {
	return fmt.Sprintf("%08x%08x%08x%08x%04x%04x%04x%s", alarm, status, uint32(lat*1e6+0.5), uint32(lon*1e6+0.5), 73, 532, 271,
		at.In(time.FixedZone("Beijing", 8*3600)).Format("060102150405"))
}

// several is the body of a batch.
func several(past int, bodies ...string) string {
	out := fmt.Sprintf("%04x%02x", len(bodies), past)
	for _, b := range bodies {
		out += fmt.Sprintf("%04x%s", len(b)/2, b)
	}
	return out
}
