package realtime

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"liandong/dispatch"
	"liandong/geo"
)

// Every node knows where all teams are, not only those that its consoles look
// at: who could go to an incident is ranked on any node, devices change from
// one to another, and Cursor on Target tells its clients of all. Ten thousand
// teams a second are less than a megabyte.

// wire takes what one node's lane shows to the lanes of the others.
type wire struct {
	nodes Nodes
	log   zerolog.Logger
	bell  chan struct{}
	ends  chan struct{}
	done  sync.WaitGroup
	deaf  func()
	once  sync.Once

	mu     sync.Mutex
	gather []dispatch.Position
}

// Bounds of what travels at once.
const (
	gatherFor  = 50 * time.Millisecond
	maxGather  = 50_000 // more are lost: the next fix tells all that counts
	maxMessage = 2000   // positions in one message
	maxText    = 200    // bytes of an id in it
)

func newWire(nodes Nodes, log zerolog.Logger, take func([]dispatch.Position)) *wire {
	w := &wire{nodes: nodes, log: log, bell: make(chan struct{}, 1), ends: make(chan struct{}), deaf: func() {}}
	stop, err := nodes.Hear(topicMoved, func(node string, body []byte) {
		ps, err := readMoved(body)
		if err != nil {
			log.Warn().Err(err).Str("node", node).Msg("positions of another node cannot be read")
			return
		}
		take(ps)
	})
	if err != nil {
		log.Error().Err(err).Msg("positions of other nodes are not heard")
	} else {
		w.deaf = stop
	}
	w.done.Go(w.run)
	return w
}

// add has the position told. The lane is locked; nothing here waits.
func (w *wire) add(p *dispatch.Position) {
	w.mu.Lock()
	if len(w.gather) < maxGather {
		w.gather = append(w.gather, *p)
	}
	w.mu.Unlock()
	select {
	case w.bell <- struct{}{}:
	default: // it rings already
	}
}

func (w *wire) run() {
	pause := time.NewTimer(gatherFor)
	pause.Stop()
	for {
		select {
		case <-w.ends:
			w.tell()
			return
		case <-w.bell:
		}
		w.tell()
		pause.Reset(gatherFor)
		select {
		case <-w.ends:
		case <-pause.C:
		}
	}
}

func (w *wire) tell() {
	w.mu.Lock()
	ps := w.gather
	w.gather = nil
	w.mu.Unlock()
	for len(ps) > 0 {
		n := min(len(ps), maxMessage)
		w.nodes.Tell(topicMoved, writeMoved(ps[:n]))
		ps = ps[n:]
	}
}

func (w *wire) close() {
	w.once.Do(func() {
		w.deaf()
		close(w.ends)
	})
	w.done.Wait()
}

// adopt shows what other nodes have shown. It is judged already, and stored by
// the node that got it; until that is known here it is not answered as a repeat.
func (l *Lane) adopt(ps []dispatch.Position) { l.merge(ps, false) }

// refresh reads from the store what other nodes have shown and was not heard.
func (l *Lane) refresh(ctx context.Context, realm dispatch.Realm) error {
	ps, err := l.cfg.Store.LatestPositions(ctx, realm)
	if err != nil {
		return fmt.Errorf("latest positions of %s: %w", realm, err)
	}
	l.merge(ps, true)
	return nil
}

// merge takes over what is newer than what is shown.
func (l *Lane) merge(ps []dispatch.Position, stored bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range ps {
		p := &ps[i]
		f := l.fleets[p.Realm]
		if f == nil || check(*p) != nil {
			continue // a realm that nobody here looks at is read from the store when somebody does
		}
		if m, _ := f.mover(p.Team); m != nil && p.Fixed.UnixMicro() <= m.fixed {
			continue
		}
		d, s := l.numbers(p)
		f.movers.at(f.show(p, d, s)).stored = stored
	}
}

// moveVersion is the first byte of a message.
const moveVersion = 1

// writeMoved encodes positions for other nodes.
func writeMoved(ps []dispatch.Position) []byte {
	b := make([]byte, 1, 16+128*len(ps))
	b[0] = moveVersion
	for i := range ps {
		p := &ps[i]
		for _, text := range []string{string(p.Realm), p.Team, p.Device, p.Source} {
			b = binary.AppendUvarint(b, uint64(len(text)))
			b = append(b, text...)
		}
		for _, v := range []float64{p.Point.Lon(), p.Point.Lat(), p.Speed, p.Heading, p.Accuracy} {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
		b = binary.LittleEndian.AppendUint64(b, uint64(p.Fixed.UnixMicro()))
		b = binary.LittleEndian.AppendUint64(b, uint64(p.Received.UnixMicro()))
	}
	return b
}

var errMoved = errors.New("positions of another node are cut short or of another version")

// readMoved is its reverse.
func readMoved(b []byte) ([]dispatch.Position, error) {
	if len(b) == 0 || b[0] != moveVersion {
		return nil, errMoved
	}
	b = b[1:]
	var ps []dispatch.Position
	for len(b) > 0 {
		var text [4]string
		for i := range text {
			n, size := binary.Uvarint(b)
			if size <= 0 || n > maxText || uint64(len(b)-size) < n {
				return nil, errMoved
			}
			text[i] = string(b[size : size+int(n)])
			b = b[size+int(n):]
		}
		if len(b) < 7*8 {
			return nil, errMoved
		}
		var v [7]uint64
		for i := range v {
			v[i] = binary.LittleEndian.Uint64(b[8*i:])
		}
		b = b[7*8:]
		ps = append(ps, dispatch.Position{Realm: dispatch.Realm(text[0]), Team: text[1], Device: text[2], Source: text[3],
			Point: geo.At(math.Float64frombits(v[0]), math.Float64frombits(v[1])), Speed: math.Float64frombits(v[2]),
			Heading: math.Float64frombits(v[3]), Accuracy: math.Float64frombits(v[4]),
			Fixed: time.UnixMicro(int64(v[5])).UTC(), Received: time.UnixMicro(int64(v[6])).UTC()})
	}
	return ps, nil
}
