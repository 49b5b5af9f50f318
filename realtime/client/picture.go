package client

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"liandong/dispatch"
)

// Picture is what one audience sees at one seq: each record's bytes.
type Picture struct {
	Epoch   string
	Realm   dispatch.Realm
	Seq     int64
	Records map[dispatch.Ref]json.RawMessage
}

// maxLine bounds a line of the snapshot, in bytes; a record has at most 8 KiB
// by design, and room to spare here.
const maxLine = 1 << 20

// ReadPicture reads a snapshot: a head, a record a line, an end with the count.
// A snapshot that was cut short is an error.
func ReadPicture(r io.Reader) (*Picture, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	next := func() ([]byte, error) {
		if lines.Scan() {
			return lines.Bytes(), nil
		}
		if err := lines.Err(); err != nil {
			return nil, fmt.Errorf("snapshot: %w", err)
		}
		return nil, errors.New("snapshot was cut short")
	}
	b, err := next()
	if err != nil {
		return nil, err
	}
	var head struct {
		Epoch string         `json:"epoch"`
		Seq   *int64         `json:"seq"`
		Realm dispatch.Realm `json:"realm"`
	}
	if err := json.Unmarshal(b, &head); err != nil || head.Seq == nil {
		return nil, fmt.Errorf("snapshot begins with %.100q", b)
	}
	p := &Picture{head.Epoch, head.Realm, *head.Seq, map[dispatch.Ref]json.RawMessage{}}
	for {
		b, err := next()
		if err != nil {
			return nil, err
		}
		var end struct {
			End   bool `json:"end"`
			Count int  `json:"count"`
			dispatch.Ref
		}
		if err := json.Unmarshal(b, &end); err != nil {
			return nil, fmt.Errorf("snapshot holds %.100q: %w", b, err)
		}
		if end.End {
			if end.Count != len(p.Records) {
				return nil, fmt.Errorf("snapshot holds %d records and counts %d", len(p.Records), end.Count)
			}
			return p, nil
		}
		p.Records[end.Ref] = bytes.Clone(b)
	}
}

// change is dispatch.Seen with the records left as they came.
type change struct {
	Seq   int64             `json:"seq"`
	At    time.Time         `json:"at"`
	Kind  string            `json:"kind"`
	Put   []json.RawMessage `json:"put"`
	Drop  []dispatch.Ref    `json:"drop"`
	Reset []dispatch.Kind   `json:"reset"`
}

// apply puts a change into the picture.
func (p *Picture) apply(c *change) error {
	for _, ref := range c.Drop {
		delete(p.Records, ref)
	}
	for _, raw := range c.Put {
		var ref dispatch.Ref
		if err := json.Unmarshal(raw, &ref); err != nil || ref.ID == "" {
			return fmt.Errorf("change %d puts %.100q", c.Seq, raw)
		}
		p.Records[ref] = raw
	}
	return nil
}

func (p *Picture) clone() *Picture {
	q := *p
	q.Records = maps.Clone(p.Records)
	return &q
}

// Diff lists, in order, how q differs from p: nothing when both are byte-equal.
func (p *Picture) Diff(q *Picture) []string {
	var out []string
	if p.Epoch != q.Epoch || p.Seq != q.Seq || p.Realm != q.Realm {
		out = append(out, fmt.Sprintf("stands at %s/%s/%d and %s/%s/%d", p.Epoch, p.Realm, p.Seq, q.Epoch, q.Realm, q.Seq))
	}
	for ref, a := range p.Records {
		if b, ok := q.Records[ref]; !ok {
			out = append(out, fmt.Sprintf("%s %s is missing", ref.Kind, ref.ID))
		} else if !bytes.Equal(a, b) {
			out = append(out, fmt.Sprintf("%s %s is %s and %s", ref.Kind, ref.ID, a, b))
		}
	}
	for ref := range q.Records {
		if _, ok := p.Records[ref]; !ok {
			out = append(out, fmt.Sprintf("%s %s is too many", ref.Kind, ref.ID))
		}
	}
	slices.Sort(out)
	return out
}
