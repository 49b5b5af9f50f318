package edxl

import (
	"bytes"
	"errors"
	"testing"
)

// FuzzDecode: whatever comes is read or refused in words, and what is read can
// be written so that it is read as the same again.
func FuzzDecode(f *testing.F) {
	for i, k := range Kinds {
		// A small one, in which a changed byte is likely to matter, and one with much in it.
		f.Add(mustEncode(f, &Message{Kind: RequestInformation, ID: "1", Sent: commitment().Sent, Description: string(k), Originating: "1", Contacts: []Contact{{Role: Owner}}}))
		f.Add(mustEncode(f, randomMessage(k).Example(i)))
	}
	f.Add(mustEncode(f, randomDistribution().Example(1)))
	f.Add(mustEncode(f, commitment()))
	right := string(mustEncode(f, envelope(wrapped(commitment()))))
	for _, b := range broken {
		if len(b.new) < 1000 {
			f.Add([]byte(b.in(right)))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Decode(b)
		settled(t, m != nil && err == nil, err, func() ([]byte, error) { return m.Encode() },
			func(b []byte) ([]byte, error) {
				again, err := Decode(b)
				if err != nil {
					return nil, err
				}
				return again.Encode()
			})
		d, err := DecodeDistribution(b)
		settled(t, d != nil && err == nil, err, func() ([]byte, error) { return d.Encode() },
			func(b []byte) ([]byte, error) {
				again, err := DecodeDistribution(b)
				if err != nil {
					return nil, err
				}
				return again.Encode()
			})
	})
}

func settled(t *testing.T, read bool, err error, write func() ([]byte, error), again func([]byte) ([]byte, error)) {
	t.Helper()
	if !read {
		if e := new(Error); !errors.As(err, &e) || e.Message == "" || e.MessageZH == "" {
			t.Fatalf("refused without words: %v", err)
		}
		return
	}
	first, err := write()
	if e := new(Error); errors.As(err, &e) && e.Code == TooLarge {
		return // escaped and with prefixes a document may grow over the bound
	}
	if err != nil {
		t.Fatalf("what was read cannot be written: %v", err)
	}
	second, err := again(first)
	if err != nil || !bytes.Equal(first, second) {
		t.Fatalf("written again differs (%v):\n%s\n%s", err, first, second)
	}
}
