package dispatch

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Change is one accepted decision: a row of the journal. It carries whole
// records, so a reader needs no reducer: the last put wins.
type Change struct {
	Seq     int64     // 1, 2, 3 … within the realm, without gaps, in commit order
	At      time.Time // the realm's clock
	Wall    time.Time // the clock on the wall
	Realm   Realm
	Actor   ActorRef
	Kind    string // the command that made it: "task.assign"
	Command string // its idempotency key
	Note    string // the reason a person gave
	Puts    []Put
	Drops   []Drop
	Reset   []Kind // kinds to be fetched anew (after an import)
	// Bulk names what the change wrote at once (Tx.PutBulk), in the order
	// written: SHA-256 of the records' lines, hexadecimal. The store fills it.
	Bulk []string

	// What the store books in the same transaction; not part of the payload.
	Take  []Use  // resources promised
	Free  []Use  // uses that end now
	Moves []Move // quantities
}

// Put is one record as it is after the change, with who could see it before
// and who can see it after.
type Put struct {
	Record Record
	Before *Scope // nil when the record is new
	After  Scope
}

// Drop is a record that left the board (archived or deleted).
type Drop struct {
	Ref    Ref
	Before Scope
}

type payload struct {
	Puts  []payloadPut  `json:"put,omitempty"`
	Drops []payloadDrop `json:"drop,omitempty"`
	Reset []Kind        `json:"reset,omitempty"`
	Bulk  []string      `json:"bulk,omitempty"`
	Note  string        `json:"note,omitempty"`
}

type payloadPut struct {
	Before *Scope          `json:"before,omitempty"`
	Record json.RawMessage `json:"record"`
}

type payloadDrop struct {
	Ref    Ref   `json:"ref"`
	Before Scope `json:"before"`
}

// Payload encodes what the journal stores as bytes: the canonical form over
// which the hash chain runs.
func (c *Change) Payload() ([]byte, error) {
	p := payload{Reset: c.Reset, Bulk: c.Bulk, Note: c.Note}
	for _, put := range c.Puts {
		raw, err := json.Marshal(put.Record)
		if err != nil {
			return nil, fmt.Errorf("encode %v: %w", RefOf(put.Record), err)
		}
		p.Puts = append(p.Puts, payloadPut{put.Before, raw})
	}
	for _, d := range c.Drops {
		p.Drops = append(p.Drops, payloadDrop(d))
	}
	return json.Marshal(p)
}

// ReadPayload fills Puts, Drops, Reset, Bulk and Note from the journal's bytes.
func (c *Change) ReadPayload(b []byte) error {
	var p payload
	if err := json.Unmarshal(b, &p); err != nil {
		return fmt.Errorf("journal %s/%d: %w", c.Realm, c.Seq, err)
	}
	c.Reset, c.Bulk, c.Note = p.Reset, p.Bulk, p.Note
	for _, put := range p.Puts {
		r, err := DecodeRecord(put.Record)
		if err != nil {
			return fmt.Errorf("journal %s/%d: %w", c.Realm, c.Seq, err)
		}
		c.Puts = append(c.Puts, Put{r, put.Before, r.head().Scope})
	}
	for _, d := range p.Drops {
		c.Drops = append(c.Drops, Drop(d))
	}
	return nil
}

// DecodeRecord reads a record of any kind from its JSON form.
func DecodeRecord(b []byte) (Record, error) {
	var k struct {
		Kind Kind `json:"kind"`
	}
	if err := json.Unmarshal(b, &k); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	r, ok := New(k.Kind)
	if !ok {
		return nil, fmt.Errorf("record of unknown kind %q", k.Kind)
	}
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("%s: %w", k.Kind, err)
	}
	return r, nil
}

// Seen is a change as one audience sees it: what goes over the wire.
type Seen struct {
	Seq   int64     `json:"seq"`
	At    time.Time `json:"at"`
	Wall  time.Time `json:"wall"`
	Actor ActorRef  `json:"actor"`
	Kind  string    `json:"kind"`
	Note  string    `json:"note,omitempty"`
	Put   []Record  `json:"put,omitempty"`
	Drop  []Ref     `json:"drop,omitempty"`
	Reset []Kind    `json:"reset,omitempty"`
}

// See reduces the change to what the audience may see at a moment, which is now
// and not that of the change: what was shared until then is not told after it;
// false when that is nothing. Whether the audience had a record before is asked
// without the clock: one that it may still hold is dropped.
func (c *Change) See(o Onlooker) (Seen, bool) {
	return c.seen(func(ref Ref, s Scope) Vision { return See(o, ref, s) }, func(ref Ref, s Scope) bool { return ever(o, ref, s) })
}

// seen is what is left of the change for one who sees a record as view says and
// may hold it where had says so. A record that leaves the view arrives as a drop,
// one that enters as a put. What is put for the last time and dropped in the same
// change, as an incident that is archived, arrives as a drop alone: a reader that
// takes drops before puts would keep it for ever.
func (c *Change) seen(view func(Ref, Scope) Vision, had func(Ref, Scope) bool) (Seen, bool) {
	s := Seen{Seq: c.Seq, At: c.At, Wall: c.Wall, Actor: c.Actor, Kind: c.Kind, Note: c.Note, Reset: c.Reset}
	full := false
	for _, p := range c.Puts {
		ref := RefOf(p.Record)
		v := view(ref, p.After)
		full = full || v == Full
		held := p.Before != nil && had(ref, *p.Before)
		switch gone := c.drops(ref); {
		case gone && held, v == Hidden && held:
			s.Drop = append(s.Drop, ref)
		case !gone && v != Hidden:
			s.Put = append(s.Put, View(p.Record, v))
		}
	}
	for _, d := range c.Drops {
		if had(d.Ref, d.Before) && !slices.Contains(s.Drop, d.Ref) {
			s.Drop = append(s.Drop, d.Ref)
		}
	}
	if !full {
		// The reason and the person behind a change belong to those who see
		// the record whole.
		s.Note, s.Actor = "", ActorRef{Role: s.Actor.Role, Agency: s.Actor.Agency}
	}
	return s, len(s.Put)+len(s.Drop)+len(s.Reset) > 0
}

// ever tells whether the audience sees anything of the record, were no share of
// its scope to end.
func ever(o Onlooker, ref Ref, s Scope) bool {
	if slices.ContainsFunc(s.Shares, func(sh Share) bool { return sh.Until != nil }) {
		s.Shares = slices.Clone(s.Shares)
		for i := range s.Shares {
			s.Shares[i].Until = nil
		}
	}
	return See(o, ref, s) != Hidden
}

// Ends is when the change first tells some audience less than at the moment; the
// zero time is never.
func (c *Change) Ends(at time.Time) time.Time {
	var first time.Time
	for _, p := range c.Puts {
		if t := p.After.Ends(at); !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// drops tells whether the record leaves the board with this change.
func (c *Change) drops(ref Ref) bool {
	return slices.ContainsFunc(c.Drops, func(d Drop) bool { return d.Ref == ref })
}
