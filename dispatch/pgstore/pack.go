package pgstore

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"liandong/dispatch"
)

// packer packs documents, one a line, and sums the lines up. The zero value is ready.
type packer struct {
	n   int
	out bytes.Buffer
	zip *gzip.Writer
	sum hash.Hash
}

func (p *packer) start() {
	if p.zip == nil {
		p.zip, _ = gzip.NewWriterLevel(&p.out, gzip.BestSpeed) // the level is one of its own
		p.sum = sha256.New()
	}
}

// add takes a document of one line.
func (p *packer) add(doc []byte) {
	p.start()
	p.n++
	for _, b := range [][]byte{doc, {'\n'}} {
		_, _ = p.zip.Write(b) // into memory; what fails is kept for close
		p.sum.Write(b)
	}
}

// close returns the packed lines.
func (p *packer) close() ([]byte, error) {
	p.start()
	err := p.zip.Close()
	return p.out.Bytes(), err
}

// digest is the SHA-256 of the lines before packing.
func (p *packer) digest() []byte { return p.sum.Sum(nil) }

// unpack reads packed records, and the SHA-256 of their lines.
func unpack(body []byte) ([]dispatch.Record, []byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	sum := sha256.New()
	lines := bufio.NewReader(io.TeeReader(z, sum))
	var out []dispatch.Record
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return out, sum.Sum(nil), nil
		}
		if err != nil {
			return nil, nil, fmt.Errorf("record %d: %w", len(out)+1, err)
		}
		r, err := dispatch.DecodeRecord(line)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, r)
	}
}
