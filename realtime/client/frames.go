package client

import (
	"bytes"
	"encoding/json"
	"hash/maphash"
	"sync"
)

// Frames decodes each text frame once for all consoles of a process that get the same one. A thousand
// consoles in one load would otherwise spend most of it on decoding.
type Frames struct {
	seed maphash.Seed
	mu   sync.Mutex
	seen map[uint64]decoded
}

type decoded struct {
	text  []byte
	frame *heard
}

// NewFrames returns an empty one.
func NewFrames() *Frames { return &Frames{seed: maphash.MakeSeed(), seen: map[uint64]decoded{}} }

// mostFrames bounds what is remembered. What is told to all is told to all within moments.
const mostFrames = 2048

// decode returns the frame, which is shared and must be left as it is. A nil Frames remembers nothing.
func (s *Frames) decode(b []byte) (*heard, error) {
	if s == nil {
		f := &heard{}
		return f, json.Unmarshal(b, f)
	}
	key := maphash.Bytes(s.seed, b)
	s.mu.Lock()
	d, ok := s.seen[key]
	s.mu.Unlock()
	if ok && bytes.Equal(d.text, b) {
		return d.frame, nil
	}
	f := &heard{}
	if err := json.Unmarshal(b, f); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.seen) >= mostFrames {
		clear(s.seen)
	}
	s.seen[key] = decoded{bytes.Clone(b), f}
	return f, nil
}
