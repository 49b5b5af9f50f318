package realtime

import (
	"maps"
	"time"

	"liandong/dispatch"
)

// DeviceStats counts what one source sent since the server started.
type DeviceStats struct {
	Received time.Time      `json:"received"`       // its last report
	Fixed    time.Time      `json:"fixed"`          // its last fix that was shown, by its own clock
	Shown    int            `json:"shown"`          // reports that were shown
	Held     map[string]int `json:"held,omitempty"` // reports that were not, by reason
}

// Bounds of the tally. Who reports was authenticated before, so they are never
// reached but by a city of that size; what is beyond is counted under no name.
const (
	maxDevices = 1_000_000
	maxSources = 64 // a source is a protocol, and there are few
)

// tally counts reports by device, by protocol and by reason. The lane is locked.
type tally struct {
	devices names // number 0 is ""
	device  pages[device]
	sources names // ditto
	source  []SourceStats
	stale   []time.Duration // by source
	refused map[string]int
	shown   int
}

// device is one device, in few bytes. Times are microseconds since 1970.
type device struct {
	received, fixed int64
	held            map[string]int
	shown           uint32
	paid            float32 // tokens of its bucket at received
}

func newTally() tally {
	t := tally{refused: map[string]int{}}
	t.deviceOf("", 0)
	t.sourceOf("", StaleAfter)
	return t
}

// deviceOf is the device's number; a new one may send burst reports at once.
func (t *tally) deviceOf(id string, burst float64) uint32 {
	if n, ok := t.devices.find(id); ok {
		return n
	}
	if t.device.len() >= maxDevices {
		return 0
	}
	t.device.add(device{paid: float32(burst)})
	return t.devices.number(id)
}

func (t *tally) sourceOf(name string, stale time.Duration) uint8 {
	if n, ok := t.sources.find(name); ok {
		return uint8(n)
	}
	if len(t.source) >= maxSources {
		return 0
	}
	t.source, t.stale = append(t.source, SourceStats{}), append(t.stale, stale)
	return uint8(t.sources.number(name))
}

// pay counts a report of the device against its rate.
func (t *tally) pay(d uint32, received time.Time, rate, burst float64) bool {
	v := t.device.at(d)
	now := received.UnixMicro()
	have := min(burst, float64(v.paid)+rate*float64(max(now-v.received, 0))/1e6)
	if v.received == 0 {
		have = burst
	}
	v.received = now
	if have < 1 {
		v.paid = float32(have)
		return false
	}
	v.paid = float32(have - 1)
	return true
}

// show counts a report that was shown.
func (t *tally) show(d uint32, s uint8, p *dispatch.Position) {
	t.shown++
	v, w := t.device.at(d), &t.source[s]
	v.shown++
	v.fixed = p.Fixed.UnixMicro()
	w.Shown++
	w.Received = p.Received
	if p.Fixed.After(w.Fixed) {
		w.Fixed = p.Fixed
	}
}

// hold counts a report that was not.
func (t *tally) hold(d uint32, s uint8, p *dispatch.Position, reason string) {
	t.refused[reason]++
	v, w := t.device.at(d), &t.source[s]
	v.received = p.Received.UnixMicro()
	w.Received = p.Received
	if v.held == nil {
		v.held = map[string]int{}
	}
	if w.Held == nil {
		w.Held = map[string]int{}
	}
	v.held[reason]++
	w.Held[reason]++
}

// byDevice lists what the devices sent.
func (t *tally) byDevice() map[string]DeviceStats {
	out := make(map[string]DeviceStats, t.device.len())
	for n := range uint32(t.device.len()) {
		if v := t.device.at(n); v.received != 0 {
			out[t.devices.id(n)] = DeviceStats{Received: moment(v.received), Fixed: moment(v.fixed), Shown: int(v.shown), Held: maps.Clone(v.held)}
		}
	}
	return out
}

// sourceNames lists the protocols by number.
func (t *tally) sourceNames() []string {
	out := make([]string, t.sources.ids.len())
	for n := range out {
		out[n] = t.sources.id(uint32(n))
	}
	return out
}

func (t *tally) bySource() map[string]SourceStats {
	out := make(map[string]SourceStats, len(t.source))
	for n, v := range t.source {
		if !v.Received.IsZero() {
			v.Held = maps.Clone(v.Held)
			out[t.sources.id(uint32(n))] = v
		}
	}
	return out
}

// moment is a time of microseconds since 1970; 0: never.
func moment(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}
