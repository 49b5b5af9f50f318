package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gorilla/websocket"
)

// silence is how long the server may say nothing: a few beats.
const silence = 20 * time.Second

// errResync asks for a new snapshot.
var errResync = errors.New("a new snapshot is needed")

// listen reads frames and applies them until the socket ends.
func (c *Console) listen(ws *websocket.Conn) error {
	numbers := Numbers{}
	var whole bytes.Buffer // of the frame under way; nobody keeps it
	for {
		if err := ws.SetReadDeadline(time.Now().Add(silence)); err != nil {
			return err
		}
		kind, r, err := ws.NextReader()
		if err != nil {
			return err
		}
		whole.Reset()
		if _, err := whole.ReadFrom(r); err != nil {
			return err
		}
		if kind == websocket.BinaryMessage {
			err = c.see(whole.Bytes(), numbers)
		} else {
			err = c.hear(whole.Bytes(), numbers)
		}
		if err != nil {
			if errors.Is(err, errResync) {
				c.mu.Lock()
				c.picture = nil
				c.mu.Unlock()
			}
			return err
		}
	}
}

// see reads what moved.
func (c *Console) see(b []byte, numbers Numbers) error {
	c.mu.Lock()
	c.stats.Frames++
	c.stats.Bytes += len(b)
	c.mu.Unlock()
	if c.cfg.Moves != nil {
		m, err := readMoves(b)
		if err != nil {
			return c.fault("positions: %v", err)
		}
		c.cfg.Moves(m)
	}
	if c.cfg.Positions != nil {
		p, err := numbers.Read(b)
		if err != nil {
			return c.fault("positions: %v", err)
		}
		c.cfg.Positions(p)
	}
	return nil
}

// heard is a text frame; which members count depends on T.
type heard struct {
	T       string          `json:"t"`
	ID      string          `json:"id"`
	Epoch   string          `json:"epoch"`
	From    int64           `json:"from"`
	To      int64           `json:"to"`
	Changes []change        `json:"changes"`
	Problem json.RawMessage `json:"problem"`

	At        time.Time `json:"at"`
	JournalAt time.Time `json:"journal_at"`
	Nodes     string    `json:"nodes"`
}

func (c *Console) hear(b []byte, numbers Numbers) error {
	f, err := c.cfg.Frames.decode(b)
	if err != nil {
		return c.fault("frame %.100q: %v", b, err)
	}
	c.mu.Lock()
	c.stats.Frames++
	c.stats.Bytes += len(b)
	c.mu.Unlock()
	switch f.T {
	case "hello":
		if f.Epoch != c.picture.Epoch { // the picture is changed by this goroutine alone
			return c.fault("hello tells epoch %q, the snapshot %q", f.Epoch, c.picture.Epoch)
		}
	case "changes":
		return c.advance(f.From, f.To, f.Changes)
	case "beat":
		if c.cfg.Beat != nil {
			c.cfg.Beat(f.At.Sub(f.JournalAt))
		}
		if c.cfg.Nodes != nil {
			c.cfg.Nodes(f.Nodes == "cut")
		}
		return c.advance(f.From, f.To, nil)
	case "teams":
		if c.cfg.Positions == nil {
			break // nobody asks for names
		}
		if err := numbers.Learn(b); err != nil {
			return c.fault("%v", err)
		}
	case "done", "refused":
		var a Answer
		if err := json.Unmarshal(b, &a); err != nil {
			return c.fault("answer %.100q: %v", b, err)
		}
		c.mu.Lock()
		if ch := c.link.answers[f.ID]; ch != nil {
			delete(c.link.answers, f.ID)
			ch <- a
		}
		c.mu.Unlock()
	}
	return nil
}

// advance checks the contract, applies the changes and moves the cursor.
func (c *Console) advance(from, to int64, changes []change) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.picture
	if from != p.Seq || to < from {
		c.stats.Gaps++
		return c.broken("a frame goes from %d to %d, the cursor is %d", from, to, p.Seq)
	}
	last := from
	for i := range changes {
		ch := &changes[i]
		if ch.Seq <= last || ch.Seq > to {
			c.stats.Doubles++
			return c.broken("change %d follows %d in a frame to %d", ch.Seq, last, to)
		}
		last = ch.Seq
		if !c.cfg.Light {
			if err := p.apply(ch); err != nil {
				return c.broken("%v", err)
			}
		}
		c.stats.Changes++
		if c.cfg.Changed != nil {
			c.cfg.Changed(ch.Seq, ch.Kind, ch.At)
		}
		if len(ch.Reset) > 0 {
			return errResync // the simplest right answer; a screen may fetch the kinds alone
		}
	}
	if to > p.Seq {
		p.Seq = to
		c.signal()
	}
	return nil
}

func (c *Console) fault(format string, args ...any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.broken(format, args...)
}

// broken notes a breach of the contract. The console is locked.
func (c *Console) broken(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if len(c.stats.Faults) < 10 {
		c.stats.Faults = append(c.stats.Faults, text)
	}
	return fmt.Errorf("%w: %s", errResync, text)
}
