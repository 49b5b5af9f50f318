package realtime

import (
	"encoding/binary"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"liandong/dispatch"
)

// frame is what goes over the wire, made once for all who get it: header and
// payload of RFC 6455, section 5.2, as a server sends them, without a mask.
type frame struct{ wire []byte }

const (
	textFrame  = 0x80 | websocket.TextMessage // the whole message in one frame
	closeOp    = 0x80 | websocket.CloseMessage
	pingOp     = 0x80 | websocket.PingMessage
	headerMost = 10 // bytes of a header without a mask
)

// prepare makes a text frame of the payload.
func prepare(b []byte) *frame { return &frame{seal(append(room(len(b)), b...))} }

// room is a buffer for a payload of about n bytes, with room for its header.
func room(n int) []byte { return make([]byte, headerMost, headerMost+n) }

// seal puts the header before a payload that was appended to room.
func seal(b []byte) []byte {
	switch n := len(b) - headerMost; {
	case n < 126:
		b = b[8:]
		b[1] = byte(n)
	case n < 1<<16:
		b = b[6:]
		b[1] = 126
		binary.BigEndian.PutUint16(b[2:], uint16(n))
	default:
		b[1] = 127
		binary.BigEndian.PutUint64(b[2:], uint64(n))
	}
	b[0] = textFrame
	return b
}

var pingFrame = []byte{pingOp, 0}

// closeFrame tells the peer why; a reason that does not fit is cut.
func closeFrame(code CloseCode, reason string) *frame {
	msg := websocket.FormatCloseMessage(int(code), strings.ToValidUTF8(reason[:min(len(reason), 120)], ""))
	return &frame{append([]byte{closeOp, byte(len(msg))}, msg...)}
}

type hello struct {
	T     string         `json:"t"`
	Epoch string         `json:"epoch"`
	Realm dispatch.Realm `json:"realm"`
	Seq   int64          `json:"seq"`
	At    time.Time      `json:"at"`
	Beat  int            `json:"beat"`
	Nodes string         `json:"nodes,omitempty"` // "cut"
}

type beat struct {
	T         string    `json:"t"`
	From      int64     `json:"from"`
	To        int64     `json:"to"`
	At        time.Time `json:"at"`
	JournalAt time.Time `json:"journal_at"`
	Nodes     string    `json:"nodes,omitempty"` // "cut"
}

// changesFrame joins encoded changes into one frame.
func changesFrame(from, to int64, pieces [][]byte) *frame {
	n := 64
	for _, p := range pieces {
		n += len(p) + 1
	}
	b := append(room(n), `{"t":"changes","from":`...)
	b = strconv.AppendInt(b, from, 10)
	b = append(b, `,"to":`...)
	b = strconv.AppendInt(b, to, 10)
	b = append(b, `,"changes":[`...)
	for i, p := range pieces {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, p...)
	}
	return &frame{seal(append(b, ']', '}'))}
}

// doneFrame wraps the answer of an accepted command, a JSON object.
func doneFrame(id string, answer json.RawMessage) []byte {
	b := append([]byte(`{"t":"done","id":`), quote(id)...)
	if len(answer) > 2 {
		b = append(append(b, ','), answer[1:]...)
		return b
	}
	return append(b, '}')
}

// refusedFrame wraps the problem document of a refused one.
func refusedFrame(id string, problem json.RawMessage) []byte {
	b := append([]byte(`{"t":"refused","id":`), quote(id)...)
	b = append(append(b, `,"problem":`...), problem...)
	return append(b, '}')
}

// placedFrame answers a position that asked for it.
func placedFrame(id string, shown bool) []byte {
	b := append([]byte(`{"t":"placed","id":`), quote(id)...)
	return append(strconv.AppendBool(append(b, `,"shown":`...), shown), '}')
}

func goneFrame(teams []string) []byte {
	b, _ := json.Marshal(struct {
		T    string   `json:"t"`
		Team []string `json:"team"`
	}{"positions_gone", teams})
	return b
}

func quote(s string) []byte {
	b, _ := json.Marshal(s) // a string always encodes
	return b
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own frames hold nothing that cannot be encoded
	}
	return b
}

// inbound is any frame of a client.
type inbound struct {
	T        string          `json:"t"`
	Bound    []float64       `json:"bound"`
	Zoom     *float64        `json:"zoom"`
	Incident *string         `json:"incident"`
	ID       string          `json:"id"`
	Name     string          `json:"name"`
	Body     json.RawMessage `json:"body"`
	Lon      *float64        `json:"lon"`
	Lat      *float64        `json:"lat"`
	Accuracy *float64        `json:"accuracy"`
	Speed    *float64        `json:"speed"`
	Heading  *float64        `json:"heading"`
	At       *time.Time      `json:"at"`
}
