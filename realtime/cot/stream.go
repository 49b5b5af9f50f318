package cot

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// magic begins each message of the protobuf stream.
const magic = 0xBF

// Errors of a stream that cannot be read on: where the next event begins is
// not known any more.
var (
	errOversize = errors.New("an event is over 64 KiB")
	errFraming  = errors.New("a protobuf message must begin with 0xBF")
)

// errUnreadable is an event that is wrong in itself; the next one can be read.
type errUnreadable struct{ error }

// reader takes events off a stream, as XML until upgrade is called.
type reader struct {
	in    *bufio.Reader
	proto bool
	// begun, where set, is called when the first byte of an event is there.
	begun func()
	buf   []byte
}

func newReader(r io.Reader) *reader { return &reader{in: bufio.NewReaderSize(r, 4<<10)} }

// next reads one event. A nil event without an error is a message that holds
// none: a control message, or the <auth> that clients with a password send.
func (r *reader) next() (*Event, error) {
	if r.proto {
		return r.nextProto()
	}
	raw, err := r.chunk()
	if err != nil {
		return nil, err
	}
	if bytes.HasSuffix(raw, []byte("</auth>")) {
		return nil, nil
	}
	e, err := Decode(raw)
	if err != nil {
		return nil, errUnreadable{err}
	}
	return e, nil
}

var (
	endEvent = []byte("</event>")
	endAuth  = []byte("</auth>")
)

// chunk reads up to the end tag of an event: XML in a stream has no length.
func (r *reader) chunk() ([]byte, error) {
	r.buf = r.buf[:0]
	for {
		c, err := r.in.ReadByte()
		if err != nil {
			if errors.Is(err, io.EOF) && len(r.buf) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		if len(r.buf) == 0 {
			if c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == 0 {
				continue
			}
			r.start()
		}
		if r.buf = append(r.buf, c); len(r.buf) > MaxEvent {
			return nil, errOversize
		}
		if c == '>' && (bytes.HasSuffix(r.buf, endEvent) || bytes.HasSuffix(r.buf, endAuth)) {
			return r.buf, nil
		}
	}
}

func (r *reader) start() {
	if r.begun != nil {
		r.begun()
	}
}

func (r *reader) nextProto() (*Event, error) {
	c, err := r.in.ReadByte()
	if err != nil {
		return nil, err
	}
	r.start()
	if c != magic {
		return nil, errFraming
	}
	size, err := binary.ReadUvarint(r.in)
	if err != nil {
		return nil, fmt.Errorf("length: %w", err)
	}
	if size > MaxEvent {
		return nil, errOversize
	}
	if uint64(cap(r.buf)) < size {
		r.buf = make([]byte, size)
	}
	r.buf = r.buf[:size]
	if _, err := io.ReadFull(r.in, r.buf); err != nil {
		return nil, err
	}
	e, err := Unmarshal(r.buf)
	if err != nil {
		return nil, errUnreadable{err}
	}
	return e, nil
}

// appendFrame appends the event as the stream carries it.
func appendFrame(b []byte, e *Event, proto bool) []byte {
	if !proto {
		return e.Encode(b)
	}
	body := e.Marshal(nil)
	b = binary.AppendUvarint(append(b, magic), uint64(len(body)))
	return append(b, body...)
}
