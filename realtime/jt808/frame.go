package jt808

import (
	"bufio"
	"encoding/binary"
	"errors"
)

// ID says what a message is.
type ID uint16

// The messages that this server speaks.
const (
	TerminalAnswer ID = 0x0001 // 终端通用应答
	Heartbeat      ID = 0x0002 // 终端心跳
	Logout         ID = 0x0003 // 终端注销
	Register       ID = 0x0100 // 终端注册
	Authenticate   ID = 0x0102 // 终端鉴权
	Report         ID = 0x0200 // 位置信息汇报
	Batch          ID = 0x0704 // 定位数据批量上传
	ServerAnswer   ID = 0x8001 // 平台通用应答
	Registered     ID = 0x8100 // 终端注册应答
	ConfirmAlarm   ID = 0x8203 // 人工确认报警消息
	Text           ID = 0x8300 // 文本信息下发
)

// Header is what stands before each body.
type Header struct {
	ID         ID
	Encryption uint8 // 0 none, 1 RSA
	V2019      bool
	Version    uint8  // of the protocol, in 2019 alone
	Phone      string // as sent, filled up with zeros: 12 digits, in 2019 20
	Serial     uint16
	// Parts is how many frames the message has and Part which one this is, from
	// 1; both are 0 where it is one frame.
	Parts, Part uint16
}

// Frame is one frame, without marks and escapes.
type Frame struct {
	Header
	Body []byte
}

const (
	mark    = 0x7e
	escape  = 0x7d
	maxBody = 1023
	// maxFrame is the longest frame between its marks, unescaped: the header of
	// 2019 with parts, the body, the checksum; every byte of it may be escaped.
	maxFrame = 21 + maxBody + 1
	maxRaw   = 2 * maxFrame

	bodyBits   = 0x3ff
	partsFlag  = 1 << 13
	flagOf2019 = 1 << 14
)

// Why bytes are no frame. The texts are the reasons that are counted.
var (
	errHalf     = errors.New("half")      // ended within
	errOversize = errors.New("oversize")  // longer than any frame
	errShort    = errors.New("short")     // too short for its header
	errChecksum = errors.New("checksum")  // damaged on the way
	errLength   = errors.New("length")    // not as long as it says
	errPhone    = errors.New("bad_phone") // no digits
	errParts    = errors.New("parts")     // impossible part
)

// Decode reads what lies between two marks. The frame shares no memory with
// raw.
func Decode(raw []byte) (Frame, error) {
	var f Frame
	b := unescape(raw)
	if len(b) < 5 {
		return f, errShort
	}
	var sum byte
	for _, x := range b {
		sum ^= x
	}
	if sum != 0 { // the checksum itself makes it zero
		return f, errChecksum
	}
	b = b[:len(b)-1]
	props := binary.BigEndian.Uint16(b[2:])
	f.ID, f.Encryption, f.V2019 = ID(binary.BigEndian.Uint16(b)), uint8(props>>10&7), props&flagOf2019 != 0
	b = b[4:]
	digits := 6
	if f.V2019 {
		digits = 10
		if len(b) < 1 {
			return f, errShort
		}
		f.Version, b = b[0], b[1:]
	}
	if len(b) < digits+2 {
		return f, errShort
	}
	var ok bool
	if f.Phone, ok = fromBCD(b[:digits]); !ok {
		return f, errPhone
	}
	f.Serial, b = binary.BigEndian.Uint16(b[digits:]), b[digits+2:]
	if props&partsFlag != 0 {
		if len(b) < 4 {
			return f, errShort
		}
		f.Parts, f.Part, b = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]), b[4:]
		if f.Part < 1 || f.Part > f.Parts {
			return f, errParts
		}
	}
	if len(b) != int(props&bodyBits) {
		return f, errLength
	}
	f.Body = b
	return f, nil
}

// Encode writes the frame with its marks. The body is at most 1,023 bytes long
// and the phone has 12 digits, in 2019 20.
func Encode(f Frame) []byte {
	props := uint16(len(f.Body)) | uint16(f.Encryption)<<10
	if f.Parts > 0 {
		props |= partsFlag
	}
	if f.V2019 {
		props |= flagOf2019
	}
	b := make([]byte, 0, maxFrame)
	b = binary.BigEndian.AppendUint16(b, uint16(f.ID))
	b = binary.BigEndian.AppendUint16(b, props)
	if f.V2019 {
		b = append(b, f.Version)
	}
	b = appendBCD(b, f.Phone)
	b = binary.BigEndian.AppendUint16(b, f.Serial)
	if f.Parts > 0 {
		b = binary.BigEndian.AppendUint16(b, f.Parts)
		b = binary.BigEndian.AppendUint16(b, f.Part)
	}
	b = append(b, f.Body...)
	var sum byte
	for _, x := range b {
		sum ^= x
	}
	b = append(b, sum)
	out := make([]byte, 0, len(b)+8)
	out = append(out, mark)
	for _, x := range b {
		switch x {
		case mark:
			out = append(out, escape, 2)
		case escape:
			out = append(out, escape, 1)
		default:
			out = append(out, x)
		}
	}
	return append(out, mark)
}

// unescape also takes a 7D that some terminals forget to escape: the checksum
// tells whether that was right.
func unescape(raw []byte) []byte {
	b := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		x := raw[i]
		if x == escape && i+1 < len(raw) && (raw[i+1] == 1 || raw[i+1] == 2) {
			i++
			x = escape - 1 + raw[i]
		}
		b = append(b, x)
	}
	return b
}

func fromBCD(b []byte) (string, bool) {
	out := make([]byte, 0, 2*len(b))
	for _, x := range b {
		if x>>4 > 9 || x&15 > 9 {
			return "", false
		}
		out = append(out, '0'+(x>>4), '0'+(x&15))
	}
	return string(out), true
}

func appendBCD(b []byte, digits string) []byte {
	for i := 0; i+1 < len(digits); i += 2 {
		b = append(b, (digits[i]-'0')<<4|(digits[i+1]-'0'))
	}
	return b
}

// scanner splits a stream at its marks.
type scanner struct{ r *bufio.Reader }

func newScanner(r interface{ Read([]byte) (int, error) }) scanner {
	return scanner{bufio.NewReaderSize(r, maxRaw+1)}
}

// next returns what lies before the next mark, which is not empty and is valid
// until the next call; errOversize where that is longer than any frame, and
// errHalf where the stream ended within.
func (s scanner) next() ([]byte, error) {
	for {
		raw, err := s.r.ReadSlice(mark)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = s.r.ReadSlice(mark)
			}
			if err == nil {
				err = errOversize
			}
			return nil, err
		case err != nil && len(raw) > 0:
			return nil, errors.Join(errHalf, err)
		case err != nil:
			return nil, err
		case len(raw) > 1:
			return raw[:len(raw)-1], nil
		}
	}
}
