package jt808

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// one decodes what is one frame with its marks.
func one(t testing.TB, s string) Frame {
	t.Helper()
	b := unhex(t, s)
	f, err := Decode(b[1 : len(b)-1])
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	if got := hex.EncodeToString(Encode(f)); got != s {
		t.Errorf("written again it is\n%s, want\n%s", got, s)
	}
	return f
}

// The frames were put together from the standard's tables, outside this code.
func TestHeaders(t *testing.T) {
	for frame, want := range map[string]Header{
		"7e0002000001380000000100013b7e":               {ID: Heartbeat, Phone: "013800000001", Serial: 1},
		"7e0002400001000000000138000000017d017d02787e": {ID: Heartbeat, V2019: true, Version: 1, Phone: "00000000013800000001", Serial: 0x7d7e},
		"7e070420030138000000010007000300010001001c7e": {ID: Batch, Phone: "013800000001", Serial: 7, Parts: 3, Part: 1},
	} {
		if got := one(t, frame).Header; got != want {
			t.Errorf("%s: %+v, want %+v", frame, got, want)
		}
	}
}

func TestRegistrations(t *testing.T) {
	want := Registration{Province: 41, City: 1002, Maker: "LD001", Model: "T-90", Terminal: "0000042", Colour: 1, Plate: "豫K12345"}
	for version, frame := range map[string]string{
		"2011": "7e010000210138000000010002002903ea4c44303031542d3930202020203030303030343201d4a54b3132333435af7e",
		"2013": "7e0100002d0138000000010002002903ea4c44303031542d3930000000000000000000000000000000003030303030343201d4a54b3132333435a37e",
		"2019": "7e0100405401000000000138000000010002002903ea4c44303031000000000000542d3930000000000000000000000000000000000000000000000000000030303030303432000000000000000000000000000000000000000000000001d4a54b31323334359b7e",
	} {
		f := one(t, frame)
		if got, err := DecodeRegistration(f); err != nil || got != want || got.Name() != "LD001 T-90 0000042" {
			t.Errorf("%s: %+v %v, want %+v", version, got, err, want)
		}
		f.Body = f.Body[:20]
		if _, err := DecodeRegistration(f); err == nil {
			t.Errorf("%s: a registration cut short is taken", version)
		}
	}
	for version, frame := range map[string]string{
		"2013": "7e010200100138000000010003636f64652d6f662d31362d62797465737f7e",
		"2019": "7e010240340100000000013800000001000310636f64652d6f662d31362d627974657331323334353637383930313233343576312e3000000000000000000000000000000000637e",
	} {
		if got, err := DecodeCode(one(t, frame)); err != nil || got != "code-of-16-bytes" {
			t.Errorf("%s: code %q %v", version, got, err)
		}
	}
	for _, bad := range []Frame{{}, {Header: Header{V2019: true}}, {Header: Header{V2019: true}, Body: []byte{5, 'a'}}, {Body: []byte{0, 0}}} {
		if got, err := DecodeCode(bad); err == nil {
			t.Errorf("%+v has the code %q", bad, got)
		}
	}
}

func TestLocations(t *testing.T) {
	l, err := DecodeLocation(one(t, "7e02000028013800000001000400000000000400030207583b06c940e000490214010f26112320301501040001e24030011f31010cec7e").Body)
	if err != nil {
		t.Fatal(err)
	}
	km, ok1 := l.Mileage()
	signal, ok2 := l.Signal()
	satellites, ok3 := l.Satellites()
	if l.Lat != 34.035771 || l.Lon != 113.852640 || l.Altitude != 73 || l.Speed != 53.2 || l.Direction != 271 ||
		!l.Time.Equal(time.Date(2026, 11, 23, 12, 30, 15, 0, time.UTC)) || !l.Fixed() || !l.ACC() || l.Encrypted() || l.SOS() || l.Cut ||
		!ok1 || !ok2 || !ok3 || km != 12345.6 || signal != 31 || satellites != 12 {
		t.Errorf("%+v, %v km, signal %d, %d satellites", l, km, signal, satellites)
	}
	l, err = DecodeLocation(one(t, "7e0200001c0138000000010005200000010000000e0204cc1404360890020800000000260101000000547e").Body)
	if err != nil || l.Lat != -33.868820 || l.Lon != -70.65 || !l.SOS() || !l.Fixed() || l.ACC() {
		t.Errorf("south-west: %+v %v", l, err)
	}
	body := one(t, "7e02000028013800000001000400000000000400030207583b06c940e000490214010f26112320301501040001e24030011f31010cec7e").Body
	for _, bcd := range []string{"000000000000", "2611232a3015", "261323203015", "261123243015", "260230000000"} {
		b := append(bytes.Clone(body[:22]), unhex(t, bcd)...)
		if l, err := DecodeLocation(b); err != nil || !l.Time.IsZero() {
			t.Errorf("the time %s is read as %v %v", bcd, l.Time, err)
		}
	}
	for n := range len(body) {
		l, err := DecodeLocation(body[:n])
		whole := n == 28 || n == 29 || n == 34 || n == 35 || n == 37 || n == 38
		if n < 28 && err == nil || n >= 28 && (err != nil || l.Cut == whole || l.Lat != 34.035771) {
			t.Errorf("cut to %d bytes: %+v %v", n, l, err)
		}
	}
}

func TestBatches(t *testing.T) {
	body := one(t, "7e0704003f0138000000010006000201001c00000000000000020206cc8006c87340004600000000261123200000001c00000000000000020206cc8006c87340004600000000261123200000017e").Body
	ls, past, err := DecodeBatch(body)
	if err != nil || !past || len(ls) != 2 || ls[1].Lon != 113.8 || ls[1].Lat != 34 {
		t.Errorf("%+v, past: %v, %v", ls, past, err)
	}
	for n := range len(body) {
		if ls, _, err := DecodeBatch(body[:n]); err == nil || len(ls) != max(0, n-3)/30 {
			t.Errorf("cut to %d bytes: %d locations, %v", n, len(ls), err)
		}
	}
	if _, _, err := DecodeBatch(append(bytes.Clone(body), 0)); err == nil {
		t.Error("a batch with more than it says is taken")
	}
}

func TestAnswers(t *testing.T) {
	say := func(id ID, serial uint16, v2019 bool, body []byte) string {
		h := Header{ID: id, Phone: "013800000001", Serial: serial}
		if v2019 {
			h.V2019, h.Version, h.Phone = true, 1, "00000000013800000001"
		}
		return hex.EncodeToString(Encode(Frame{h, body}))
	}
	for got, want := range map[string]string{
		say(ServerAnswer, 0, false, answerBody(Report, 4, OK)):             "7e8001000501380000000100000004020000ba7e",
		say(Registered, 1, false, registeredBody(2, Welcome, "abc")):       "7e810000060138000000010001000200616263dc7e",
		say(Text, 2, false, textBody(false, "改走东二环")):                      "7e8300000b01380000000100020db8c4d7dfb6abb6febbb7927e",
		say(Text, 2, true, textBody(true, "改走东二环")):                        "7e8300400c010000000001380000000100020e01b8c4d7dfb6abb6febbb7d67e",
		say(ConfirmAlarm, 3, false, confirmBody()):                         "7e820300060138000000010003000000000001bd7e",
		hex.EncodeToString(textBody(false, "a\U0001F692b")):                "0d613f62",
		hex.EncodeToString(textBody(false, strings.Repeat("长", 2000))[:3]): "0db3a4",
	} {
		if got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	}
	if n := len(textBody(true, strings.Repeat("长", 2000))); n > maxBody {
		t.Errorf("a text of %d bytes", n)
	}
	a, err := DecodeAnswer(one(t, "7e0001000501380000000100080009830000be7e").Body)
	if want := (Answer{9, Text, OK}); err != nil || a != want {
		t.Errorf("%+v %v, want %+v", a, err, want)
	}
}

// What is no frame says why.
func TestNoFrames(t *testing.T) {
	if f, err := Decode(unhex(t, "0002000000000000067900007d")); err != nil || f.Phone != "000000000679" {
		t.Errorf("a checksum 7D that was not escaped: %+v %v", f, err)
	}
	for raw, want := range map[string]error{
		"00":                                        errShort,
		"0002000001380000":                          errChecksum,
		"000200000138000000010001":                  errChecksum,
		"0002000001380000000100013c":                errChecksum,
		"0002000001380000000100017d":                errChecksum,
		"000200000138000000010001 7d033b":           errChecksum,
		"0002000101380000000100013a":                errLength,
		"0002000001380000000a000130":                errPhone,
		"07042003013800000001000700000001000100 1f": errParts,
		"0704200301380000000100070003000400010019":  errParts,
		"000240000123":                              errChecksum,
		"0000000000":                                errShort,
		"00024000420000":                            errShort,
	} {
		if _, err := Decode(unhex(t, strings.ReplaceAll(raw, " ", ""))); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", raw, err, want)
		}
	}
}

// A stream is split at its marks however it arrives; what is too long is
// skipped, half a frame at its end is told.
func TestScanner(t *testing.T) {
	beat := "7e0002000001380000000100013b7e"
	stream := unhex(t, "00ff"+beat+beat[2:]+"7e7e"+beat)
	stream = append(stream, bytes.Repeat([]byte{0x41}, maxRaw+1)...)
	stream = append(stream, unhex(t, beat+"0002")...)
	for name, r := range map[string]io.Reader{"at once": bytes.NewReader(stream), "by bytes": iotest.OneByteReader(bytes.NewReader(stream))} {
		var frames, noise, long int
		in := newScanner(r)
		for {
			raw, err := in.next()
			if errors.Is(err, errOversize) {
				long++
				continue
			}
			if err != nil {
				if !errors.Is(err, errHalf) || !errors.Is(err, io.EOF) {
					t.Errorf("%s: ended with %v", name, err)
				}
				break
			}
			if _, err := Decode(raw); err != nil {
				noise++
			} else {
				frames++
			}
		}
		if frames != 4 || noise != 1 || long != 1 {
			t.Errorf("%s: %d frames, %d pieces of noise, %d too long; want 4, 1, 1", name, frames, noise, long)
		}
	}
}

func TestParts(t *testing.T) {
	part := func(first, total, n uint16, body string) Frame {
		return Frame{Header{ID: Batch, Serial: first + n - 1, Parts: total, Part: n}, []byte(body)}
	}
	var a assembly
	for i, f := range []Frame{part(0xffff, 3, 3, "c"), part(0xffff, 3, 1, "a"), part(0xffff, 3, 1, "x")} {
		if _, done, lost, err := a.add(f); done || lost || err != nil {
			t.Fatalf("part %d: done %v, lost %v, %v", i, done, lost, err)
		}
	}
	whole, done, _, err := a.add(part(0xffff, 3, 2, "b"))
	if err != nil || !done || string(whole.Body) != "abc" || whole.Serial != 0xffff || whole.Parts != 0 {
		t.Errorf("%+v done %v %v", whole, done, err)
	}
	a.add(part(5, 2, 1, "a"))
	if _, done, lost, _ := a.add(part(9, 2, 2, "b")); done || !lost {
		t.Errorf("parts of two messages: done %v, lost %v", done, lost)
	}
	if _, _, _, err := a.add(part(5, maxParts+1, 1, "a")); err == nil {
		t.Error("a message of too many parts is begun")
	}
}

// Whatever frame is written is read back.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := Frame{Header{ID: ID(rapid.Uint16().Draw(t, "id")), Encryption: rapid.Uint8Range(0, 7).Draw(t, "encryption"),
			V2019: rapid.Bool().Draw(t, "2019"), Serial: rapid.Uint16().Draw(t, "serial")}, rapid.SliceOfN(rapid.Byte(), 0, maxBody).Draw(t, "body")}
		f.Phone = rapid.StringMatching(`\d{12}`).Draw(t, "phone")
		if f.V2019 {
			f.Version, f.Phone = rapid.Byte().Draw(t, "version"), f.Phone+"00000000"
		}
		if rapid.Bool().Draw(t, "in parts") {
			f.Parts = rapid.Uint16Range(1, 500).Draw(t, "parts")
			f.Part = rapid.Uint16Range(1, f.Parts).Draw(t, "part")
		}
		b := Encode(f)
		raw, err := newScanner(bytes.NewReader(b)).next()
		if err != nil || len(raw) != len(b)-2 {
			t.Fatalf("%x: %v", b, err)
		}
		got, err := Decode(raw)
		if err != nil || !reflect.DeepEqual(got.Header, f.Header) || !bytes.Equal(got.Body, f.Body) {
			t.Fatalf("%+v %v, want %+v", got, err, f)
		}
	})
}

// FuzzJT808: no stream of bytes makes the codec fail, and what it takes for a
// frame is one.
func FuzzJT808(f *testing.F) {
	for _, s := range []string{
		"7e0002000001380000000100013b7e",
		"7e0002400001000000000138000000017d017d02787e",
		"7e010000210138000000010002002903ea4c44303031542d3930202020203030303030343201d4a54b3132333435af7e",
		"7e0100405401000000000138000000010002002903ea4c44303031000000000000542d3930000000000000000000000000000000000000000000000000000030303030303432000000000000000000000000000000000000000000000001d4a54b31323334359b7e",
		"7e010240340100000000013800000001000310636f64652d6f662d31362d627974657331323334353637383930313233343576312e3000000000000000000000000000000000637e",
		"7e02000028013800000001000400000000000400030207583b06c940e000490214010f26112320301501040001e24030011f31010cec7e",
		"7e0704003f0138000000010006000201001c00000000000000020206cc8006c87340004600000000261123200000001c00000000000000020206cc8006c87340004600000000261123200000017e",
		"7e070420030138000000010007000300010001001c7e", "7e0001000501380000000100080009830000be7e", "ff7e7e7d7e",
	} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		// As a body, too: a checksum keeps most of what is tried from getting there.
		for _, h := range []Header{{}, {V2019: true}} {
			fuzzBody(t, Frame{h, stream})
		}
		in := newScanner(bytes.NewReader(stream))
		var parts assembly
		for {
			raw, err := in.next()
			if errors.Is(err, errOversize) {
				continue
			}
			if err != nil {
				return
			}
			fr, err := Decode(raw)
			if err != nil {
				continue
			}
			b := Encode(fr)
			again, err := Decode(b[1 : len(b)-1])
			if err != nil || again.Header.ID != fr.Header.ID || again.Phone != fr.Phone || !bytes.Equal(again.Body, fr.Body) || len(b) > 2+maxRaw {
				t.Fatalf("%+v is read back as %+v %v", fr, again, err)
			}
			if fr.Parts > 0 {
				if whole, done, _, err := parts.add(fr); err == nil && done {
					fr = whole
				}
			}
			fuzzBody(t, fr)
		}
	})
}

func fuzzBody(t *testing.T, f Frame) {
	if r, err := DecodeRegistration(f); err == nil && strings.ContainsAny(r.Name()+r.Plate, "\x00\n\x1b") {
		t.Fatalf("control characters in %+v", r)
	}
	_, _ = DecodeCode(f)
	_, _ = DecodeAnswer(f.Body)
	ls, _, _ := DecodeBatch(f.Body)
	if l, err := DecodeLocation(f.Body); err == nil {
		ls = append(ls, l)
	}
	for _, l := range ls {
		l.Mileage()
		l.Signal()
		l.Satellites()
		if math.IsNaN(l.Lat+l.Lon) || !l.Time.IsZero() && (l.Time.Year() < 1969 || l.Time.Year() > 2069) {
			t.Fatalf("%+v", l)
		}
	}
}
