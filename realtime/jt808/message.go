package jt808

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// Result is the server's general answer.
type Result uint8

// What the server answers.
const (
	OK          Result = 0
	Failed      Result = 1 // not now: send it again
	Wrong       Result = 2 // the message can never be right
	Unsupported Result = 3
)

// Outcome is the answer to a registration.
type Outcome uint8

// What became of a registration.
const (
	Welcome       Outcome = 0
	OtherTerminal Outcome = 3 // another terminal holds the number
	NoTerminal    Outcome = 4 // no such device
)

// errBody says that a body is not what its id says.
var errBody = errors.New("body")

// Registration is what a terminal tells of itself.
type Registration struct {
	Province, City         uint16 // the last digits of division codes
	Maker, Model, Terminal string
	Colour                 uint8 // of the plate; 0: none yet, Plate is the chassis number
	Plate                  string
}

// Name is the terminal itself, whatever vehicle it sits in.
func (r Registration) Name() string {
	return strings.Join(strings.Fields(r.Maker+" "+r.Model+" "+r.Terminal), " ")
}

// DecodeRegistration reads the body of a registration. The version of 2011 is
// told from that of 2013 by its length: its model has 8 bytes, not 20.
func DecodeRegistration(f Frame) (Registration, error) {
	maker, model, terminal := 5, 20, 7
	switch {
	case f.V2019:
		maker, model, terminal = 11, 30, 30
	case len(f.Body) < 4+5+20+7+1:
		model = 8
	}
	b := f.Body
	if len(b) < 4+maker+model+terminal+1 {
		return Registration{}, errBody
	}
	r := Registration{Province: binary.BigEndian.Uint16(b), City: binary.BigEndian.Uint16(b[2:])}
	b = b[4:]
	r.Maker, b = text(b[:maker]), b[maker:]
	r.Model, b = text(b[:model]), b[model:]
	r.Terminal, b = text(b[:terminal]), b[terminal:]
	r.Colour, r.Plate = b[0], text(b[1:])
	return r, nil
}

// DecodeCode reads the code of an authentication.
func DecodeCode(f Frame) (string, error) {
	b := f.Body
	if f.V2019 {
		if len(b) < 1 || len(b) < 1+int(b[0]) {
			return "", errBody
		}
		b = b[1 : 1+int(b[0])]
	}
	b = bytes.TrimRight(b, "\x00")
	if len(b) == 0 {
		return "", errBody
	}
	return string(b), nil
}

// Location is where a vehicle was and how it was.
type Location struct {
	Alarm, Status uint32
	// Lat and Lon are degrees, WGS-84, south and west negative; as sent, which
	// need not be a place on the earth.
	Lat, Lon  float64
	Altitude  int       // metres
	Speed     float64   // km/h
	Direction int       // degrees from north, clockwise
	Time      time.Time // zero where it cannot be read
	Items     []Item
	// Cut tells that the last item was shorter than it said; it is left out.
	Cut bool
}

// Item is one additional item of a location.
type Item struct {
	ID    uint8
	Value []byte
}

// The bits that matter here.
const (
	statusACC       = 1 << 0
	statusFixed     = 1 << 1
	statusSouth     = 1 << 2
	statusWest      = 1 << 3
	statusEncrypted = 1 << 5

	alarmSOS = 1 << 0
)

// alarmNames are the alarms that are counted, by bit.
var alarmNames = map[int]string{
	0: "sos", 1: "overspeed", 2: "fatigue", 3: "danger", 4: "gnss_fault", 5: "antenna_cut", 6: "antenna_short", 7: "low_power", 8: "power_lost",
	19: "over_parking", 20: "area", 21: "route", 23: "off_route", 26: "stolen", 28: "illegal_move", 29: "collision", 30: "rollover",
}

// Fixed tells that the receiver knew where it was.
func (l Location) Fixed() bool { return l.Status&statusFixed != 0 }

// ACC tells that the ignition is on.
func (l Location) ACC() bool { return l.Status&statusACC != 0 }

// Encrypted tells that the place was made unreadable by a plug-in.
func (l Location) Encrypted() bool { return l.Status&statusEncrypted != 0 }

// SOS tells that the emergency switch was thrown.
func (l Location) SOS() bool { return l.Alarm&alarmSOS != 0 }

// Mileage is what the vehicle has driven, in km.
func (l Location) Mileage() (float64, bool) {
	v, ok := l.item(0x01, 4)
	if !ok {
		return 0, false
	}
	return float64(binary.BigEndian.Uint32(v)) / 10, true
}

// Signal is the strength of the mobile network as the terminal sees it.
func (l Location) Signal() (int, bool) { return l.small(0x30) }

// Satellites is how many the fix was made of.
func (l Location) Satellites() (int, bool) { return l.small(0x31) }

func (l Location) small(id uint8) (int, bool) {
	v, ok := l.item(id, 1)
	if !ok {
		return 0, false
	}
	return int(v[0]), true
}

func (l Location) item(id uint8, size int) ([]byte, bool) {
	for _, i := range l.Items {
		if i.ID == id && len(i.Value) == size {
			return i.Value, true
		}
	}
	return nil, false
}

// basic is the length of a location without items.
const basic = 28

// beijing is the zone of all times on the wire.
var beijing = time.FixedZone("UTC+8", 8*3600)

// DecodeLocation reads the body of a location.
func DecodeLocation(b []byte) (Location, error) {
	if len(b) < basic {
		return Location{}, errBody
	}
	u32 := binary.BigEndian.Uint32
	l := Location{Alarm: u32(b), Status: u32(b[4:]), Lat: float64(u32(b[8:])) / 1e6, Lon: float64(u32(b[12:])) / 1e6,
		Altitude: int(binary.BigEndian.Uint16(b[16:])), Speed: float64(binary.BigEndian.Uint16(b[18:])) / 10,
		Direction: int(binary.BigEndian.Uint16(b[20:]))}
	if l.Status&statusSouth != 0 {
		l.Lat = -l.Lat
	}
	if l.Status&statusWest != 0 {
		l.Lon = -l.Lon
	}
	// A clock that was never set tells zeros; month 00 is no time.
	if digits, ok := fromBCD(b[22:basic]); ok {
		if at, err := time.ParseInLocation("060102150405", digits, beijing); err == nil {
			l.Time = at
		}
	}
	for b = b[basic:]; len(b) >= 2; { // one byte more fills up
		if len(b) < 2+int(b[1]) {
			l.Cut = true
			break
		}
		l.Items = append(l.Items, Item{b[0], b[2 : 2+int(b[1])]})
		b = b[2+int(b[1]):]
	}
	return l, nil
}

// DecodeBatch reads a batch of locations; past tells that they were kept while
// there was no network. With an error it returns those that can be read.
func DecodeBatch(b []byte) (ls []Location, past bool, err error) {
	if len(b) < 3 {
		return nil, false, errBody
	}
	count, past := int(binary.BigEndian.Uint16(b)), b[2] == 1
	b = b[3:]
	for range count {
		if len(b) < 2 || len(b) < 2+int(binary.BigEndian.Uint16(b)) {
			return ls, past, errBody
		}
		n := int(binary.BigEndian.Uint16(b))
		l, err := DecodeLocation(b[2 : 2+n])
		if err != nil {
			return ls, past, err
		}
		ls, b = append(ls, l), b[2+n:]
	}
	if len(b) > 0 {
		return ls, past, errBody
	}
	return ls, past, nil
}

// Answer is what a terminal says to a message of the server.
type Answer struct {
	Serial uint16
	ID     ID
	Result Result
}

// DecodeAnswer reads the terminal's general answer.
func DecodeAnswer(b []byte) (Answer, error) {
	if len(b) != 5 {
		return Answer{}, errBody
	}
	return Answer{binary.BigEndian.Uint16(b), ID(binary.BigEndian.Uint16(b[2:])), Result(b[4])}, nil
}

// answerBody is the server's general answer to f.
func answerBody(id ID, serial uint16, r Result) []byte {
	b := binary.BigEndian.AppendUint16(nil, serial)
	return append(binary.BigEndian.AppendUint16(b, uint16(id)), byte(r))
}

// registeredBody answers a registration; the code is there when it succeeded.
func registeredBody(serial uint16, o Outcome, code string) []byte {
	return append(append(binary.BigEndian.AppendUint16(nil, serial), byte(o)), code...)
}

// textBody is a text for the terminal's screen and voice, marked urgent. What
// GBK does not have becomes a question mark.
func textBody(v2019 bool, s string) []byte {
	b := []byte{0b1101} // urgent, screen, voice
	if v2019 {
		b = []byte{0b1110, 1} // urgent, screen, voice; a notice
	}
	for _, r := range s {
		one, err := simplifiedchinese.GBK.NewEncoder().String(string(r))
		if err != nil {
			one = "?"
		}
		b = append(b, one...)
	}
	return b[:min(len(b), maxBody)]
}

// confirmBody says that a person knows of the SOS; serial 0 means every one.
func confirmBody() []byte { return []byte{0, 0, 0, 0, 0, alarmSOS} }

// text reads a field in GBK that is filled up with zeros or blanks. What is no
// text in it is dropped.
func text(b []byte) string {
	b = bytes.Trim(b, "\x00 ")
	s, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b)
	if err != nil {
		s = b
	}
	return strings.Map(func(r rune) rune {
		if r == encoding.ASCIISub || r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, string(s))
}
