package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"liandong/geo"
)

// The city of the night: in degrees, a middling Chinese one of 150 by 100 km, somewhere with no land.
var nightCity = geo.Bound{0.1, 0.1, 1.7, 1.0}

// convoy moves teams at 1 Hz, over HTTPS as their trackers do.
type convoy struct {
	tokens []string
	at     []atomic.Pointer[geo.Point] // where each was told to be last
	fixed  []atomic.Int64              // when, Unix milliseconds; 0: never. Both once it was answered
	taken  atomic.Int64
	missed atomic.Int64 // moves dropped because the one before was not answered yet
	failed atomic.Int64
	reason atomic.Pointer[string] // of the last failure
}

func newConvoy(tokens []string) *convoy {
	return &convoy{tokens: tokens, at: make([]atomic.Pointer[geo.Point], len(tokens)), fixed: make([]atomic.Int64, len(tokens))}
}

// run moves all over so many connections until ctx ends.
func (v *convoy) run(ctx context.Context, b *bench, connections int) error {
	group := errgroup.Group{}
	for first := range min(connections, len(v.tokens)) {
		group.Go(func() error { return v.drive(ctx, b, first, min(connections, len(v.tokens))) })
	}
	return group.Wait()
}

// drive moves every step-th team once a second, evenly over the second. Who is late drops moves.
func (v *convoy) drive(ctx context.Context, b *bench, first, step int) error {
	rng := rand.New(rand.NewPCG(uint64(first), 7))
	var at []geo.Point
	var heading []float64
	for i := first; i < len(v.tokens); i += step {
		at = append(at, inCity(rng))
		heading = append(heading, rng.Float64()*2*math.Pi)
	}
	var d *device
	defer func() {
		if d != nil {
			_ = d.Close()
		}
	}()
	begun := time.Now().Add(time.Duration(rng.Float64() * float64(time.Second) / float64(len(at)))) // not all connections at once
	for n := 0; ; n++ {
		due := begun.Add(time.Duration(n) * time.Second / time.Duration(len(at)))
		if late := time.Since(due); late > time.Second {
			skip := int(late * time.Duration(len(at)) / time.Second)
			v.missed.Add(int64(skip))
			n += skip
		} else if err := pause(ctx, -late); err != nil {
			return nil
		}
		if ctx.Err() != nil {
			return nil
		}
		k := n % len(at)
		p := wander(&at[k], &heading[k], rng)
		if d == nil {
			var err error
			if d, err = b.dial(); err != nil {
				v.fail(err)
				continue
			}
		}
		if err := v.tell(d, first+k*step, p, heading[k]); err != nil {
			v.fail(err)
			_ = d.Close()
			d = nil
		}
	}
}

// wander goes on by 14 m, turns a little, and turns round at the edge of the city.
func wander(at *geo.Point, heading *float64, rng *rand.Rand) geo.Point {
	*heading += (rng.Float64() - 0.5) * 0.4
	const degrees = 14 / 111_000.0
	next := geo.At(at.Lon()+degrees*math.Sin(*heading), at.Lat()+degrees*math.Cos(*heading))
	if !nightCity.Contains(next) {
		*heading += math.Pi
		return *at
	}
	*at = next
	return next
}

// tell reports as the i-th team; an error means that the connection is of no more use.
func (v *convoy) tell(d *device, i int, p geo.Point, heading float64) error {
	now := time.Now()
	d.out = fmt.Appendf(d.out[:0], "POST /devices/osmand?id=%s&lat=%.7f&lon=%.7f&timestamp=%d&speed=27.2&bearing=%.1f&accuracy=5 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
		v.tokens[i], p.Lat(), p.Lon(), now.UnixMilli(), math.Mod(heading*180/math.Pi+3600, 360))
	if err := d.SetDeadline(now.Add(10 * time.Second)); err != nil {
		return err
	}
	if _, err := d.Write(d.out); err != nil {
		return err
	}
	ok, err := d.answer()
	if err != nil {
		return err
	}
	if !ok {
		v.fail(errRefused)
		return nil
	}
	v.at[i].Store(&p)
	v.fixed[i].Store(now.UnixMilli())
	v.taken.Add(1)
	return nil
}

var errRefused = errors.New("a position was refused")

func (v *convoy) fail(err error) {
	v.failed.Add(1)
	text := strings.TrimSpace(err.Error())
	v.reason.Store(&text)
}
