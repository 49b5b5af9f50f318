package bench

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"sync"

	"liandong/dispatch"
)

// floor writes the same frames to the same sockets with nothing around it: no
// audiences, no queues, no deadlines, no contract. One loop joins what is
// waiting and writes it to one socket after the other. Nothing that does
// everything the hub does can cost less.
type floor struct {
	news chan struct{}

	mu    sync.Mutex
	bytes []byte // all frames, one after the other
	ends  []int  // where each ends
	conns []net.Conn
	done  int // frames that the loop has written to all conns
}

func (f *floor) say(n int) {
	f.mu.Lock()
	for range n {
		seq := int64(len(f.ends)) + 1
		c := changeOf(seq)
		seen, _ := c.See(dispatch.Audience{Realm: dispatch.Live, Role: dispatch.RoleDispatcher, Agency: "fire"}.At(c.At))
		body, err := json.Marshal(seen)
		if err != nil {
			panic(err) // our own record
		}
		f.bytes = append(f.bytes, wireFrame(fmt.Appendf(nil, `{"t":"changes","from":%d,"to":%d,"changes":[%s]}`, seq-1, seq, body))...)
		f.ends = append(f.ends, len(f.bytes))
	}
	f.mu.Unlock()
	select {
	case f.news <- struct{}{}:
	default:
	}
}

func (f *floor) start(n int) int {
	if n == 0 {
		return 0
	}
	return f.ends[n-1]
}

func (f *floor) write() {
	for range f.news {
		f.mu.Lock()
		b := f.bytes[f.start(f.done):len(f.bytes):len(f.bytes)]
		f.done = len(f.ends)
		conns := f.conns
		f.mu.Unlock()
		if len(b) == 0 {
			continue
		}
		for _, c := range conns {
			_, _ = c.Write(b) // one that has left costs little
		}
	}
}

var sinceOf = regexp.MustCompile(`since=(\d+)`)

func (f *floor) accept(ln net.Listener) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		go f.serve(c)
	}
}

// serve answers the handshake, sends what was missed and waits for the end.
func (f *floor) serve(c net.Conn) {
	defer c.Close()
	b := make([]byte, 512)
	n := 0
	for !bytes.HasSuffix(b[:n], []byte("\r\n\r\n")) {
		m, err := c.Read(b[n:])
		if err != nil {
			return
		}
		n += m
	}
	f.mu.Lock()
	since := f.done
	if m := sinceOf.FindSubmatch(b[:n]); m != nil {
		since, _ = strconv.Atoi(string(m[1]))
	}
	missed := f.bytes[f.start(since):f.start(f.done):f.start(f.done)]
	if _, err := c.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")); err == nil && len(missed) > 0 {
		_, _ = c.Write(missed)
	}
	f.conns = append(f.conns, c)
	f.mu.Unlock()
	for {
		if _, err := c.Read(b); err != nil {
			break
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	kept := make([]net.Conn, 0, len(f.conns))
	for _, other := range f.conns {
		if other != c {
			kept = append(kept, other)
		}
	}
	f.conns = kept
}

// wireFrame is a text frame of a server.
func wireFrame(b []byte) []byte {
	out := []byte{0x81}
	switch n := len(b); {
	case n < 126:
		out = append(out, byte(n))
	case n < 1<<16:
		out = binary.BigEndian.AppendUint16(append(out, 126), uint16(n))
	default:
		out = binary.BigEndian.AppendUint64(append(out, 127), uint64(n))
	}
	return append(out, b...)
}
