package exchange

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"

	"liandong/dispatch"
	"liandong/web/edxl"
)

// The lists of this program's own.
const (
	urnCapability = "urn:liandong:capability"
	urnItem       = "urn:liandong:item"
	urnUnit       = "urn:liandong:unit"
	urnState      = "urn:liandong:loan-state"
	urnCondition  = "urn:liandong:condition"
	urnPriority   = "urn:liandong:priority"
	urnRequest    = "urn:liandong:request-state"
	urnCurrency   = "urn:iso:std:iso:4217"
)

// Said is one message of a thread, and what is known of it beside its text.
type Said struct {
	edxl.Letter
	// Seq is the change that it tells of, or that it made.
	Seq int64
	// About is the record that it is about: who sees that, reads the message.
	About dispatch.Ref
	// Names tells what each element (ResourceInfoElementID) names: a line of the
	// request, an offer or a loan.
	Names map[string]string
	// Received came in from outside.
	Received bool
}

// element is the ID of the element that names it in this message; what this
// house calls it where there is none.
func (s *Said) element(of string) string {
	if s != nil {
		for id, what := range s.Names {
			if what == of {
				return id
			}
		}
	}
	return of
}

// pack is the message as a letter keeps it.
func pack(m *edxl.Message) ([]byte, []byte, error) {
	raw, err := m.Encode()
	if err != nil {
		return nil, nil, err
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, nil, err
	}
	if _, err := z.Write(raw); err != nil {
		return nil, nil, err
	}
	if err := z.Close(); err != nil {
		return nil, nil, err
	}
	return raw, b.Bytes(), nil
}

// unpack reads what a letter keeps.
func unpack(body []byte) (*edxl.Message, error) {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("body of a letter: %w", err)
	}
	raw, err := io.ReadAll(io.LimitReader(z, edxl.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("body of a letter: %w", err)
	}
	return edxl.Decode(raw)
}
