package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"liandong/cmd/liandong/demo"
	"liandong/cmd/liandong/remote"
	"liandong/dispatch"
)

// Replay is what the past costs the server: a day of the demo city, looked at in random moments.
type Replay struct {
	Hours   float64 `json:"hours"`
	Changes int64   `json:"changes"`
	Records int     `json:"records" doc:"in a picture"`
	Bytes   float64 `json:"picture_bytes" doc:"of one, not compressed"`
	Open    float64 `json:"open_ms" doc:"what a screen reads first: span, a picture, changes, positions; the first time"`
	Far     Spread  `json:"random_moments_ms" doc:"a picture of a moment that nobody looked at"`
	Near    Spread  `json:"near_moments_ms" doc:"a picture of a moment some minutes from one that was looked at"`
	Page    Spread  `json:"changes_ms" doc:"400 changes"`
	Tracks  Spread  `json:"positions_ms" doc:"17 minutes of positions, each two seconds"`
}

// Spread is of a measured time, in milliseconds.
type Spread struct {
	N   int     `json:"n"`
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	Max float64 `json:"max"`
}

func printReplay(f *Figures, say func(string, ...any)) {
	r := f.Replay
	if r == nil {
		return
	}
	say("replay of %.0f hours of the demo city: %d changes, %d records in a picture (%.1f MB), over HTTPS", r.Hours, r.Changes, r.Records, r.Bytes/1e6)
	say("  opened for the first time in %.0f ms", r.Open)
	for _, x := range []struct {
		name string
		s    Spread
	}{{"picture of a random moment", r.Far}, {"picture of a moment near one", r.Near}, {"400 changes", r.Page}, {"17 minutes of positions", r.Tracks}} {
		say("  %-30s p50 %6.1f ms   p95 %6.1f ms   most %6.1f ms   of %d", x.name, x.s.P50, x.s.P95, x.s.Max, x.s.N)
	}
}

// replayHours is how long a past the demo city gets.
const replayHours = 24

// replay measures it on a server of its own, whose demo city has lived through a day.
func (b *bench) replay(ctx context.Context, f *Figures) (err error) {
	dir, err := os.MkdirTemp("", "liandong-replay-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Chmod(dir, 0o755); err != nil { // the user who runs PostgreSQL has to enter it
		return err
	}
	b.opt.Tell(fmt.Sprintf("  the demo city lives through %d hours; this takes minutes", replayHours))
	p, err := remote.Launch{Program: b.opt.Program, Dir: filepath.Join(dir, "var"), Addr: "127.0.0.1:0", Log: io.Discard,
		Args: []string{"--demo", "--demo-past", fmt.Sprint(replayHours, "h"), "--no-live", "--log", "warn"}}.Start(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Stop()) }()
	chief, err := p.SignIn(ctx, "chief", demo.Password, dispatch.RoleChief)
	if err != nil {
		return err
	}
	f.Replay = &Replay{}
	return f.Replay.measure(ctx, chief)
}

// timed reads and tells how long that took.
func timed(ctx context.Context, p *remote.Person, path string) ([]byte, time.Duration, error) {
	at := time.Now()
	body, err := p.Read(ctx, path)
	return body, time.Since(at), err
}

func (r *Replay) measure(ctx context.Context, p *remote.Person) error {
	begun := time.Now()
	raw, err := p.Read(ctx, "/api/v1/replay/span")
	if err != nil {
		return err
	}
	var span dispatch.ReplaySpan
	if err := json.Unmarshal(raw, &span); err != nil {
		return err
	}
	long := span.Last.At.Sub(span.First.At)
	r.Hours, r.Changes = long.Hours(), span.Last.Seq
	at := func(t time.Time) string { return url.QueryEscape(t.UTC().Format(time.RFC3339Nano)) }
	picture := func(t time.Time) string { return "/api/v1/replay/picture?at=" + at(t) }
	positions := func(t time.Time) string {
		return "/api/v1/replay/positions?step=2&from=" + at(t) + "&until=" + at(t.Add(17*time.Minute))
	}
	middle := span.First.At.Add(long / 2)
	for _, path := range []string{picture(middle), fmt.Sprintf("/api/v1/replay/changes?limit=400&from=%s", at(middle)), positions(middle)} {
		if _, err := p.Read(ctx, path); err != nil {
			return err
		}
	}
	r.Open = float64(time.Since(begun).Microseconds()) / 1000
	rnd := rand.New(rand.NewPCG(1, 24))
	var far, near, pages, tracks []time.Duration
	read := func(into *[]time.Duration, path string) ([]byte, error) {
		body, took, err := timed(ctx, p, path)
		*into = append(*into, took)
		return body, err
	}
	for range 150 {
		t := span.First.At.Add(time.Duration(rnd.Int64N(int64(long))))
		body, err := read(&far, picture(t))
		if err != nil {
			return err
		}
		r.Records, r.Bytes = bytes.Count(body, []byte("\n"))-2, float64(len(body))
		if t = t.Add(time.Duration(rnd.IntN(600)) * time.Second); t.After(span.Last.At) {
			t = span.Last.At
		}
		if _, err := read(&near, picture(t)); err != nil {
			return err
		}
		if _, err := read(&pages, fmt.Sprintf("/api/v1/replay/changes?limit=400&after=%d", 1+rnd.Int64N(span.Last.Seq-1))); err != nil {
			return err
		}
		if _, err := read(&tracks, positions(t)); err != nil {
			return err
		}
	}
	for _, x := range []struct {
		to  *Spread
		all []time.Duration
	}{{&r.Far, far}, {&r.Near, near}, {&r.Page, pages}, {&r.Tracks, tracks}} {
		*x.to = Spread{len(x.all), millis(x.all, 0.5), millis(x.all, 0.95), millis(x.all, 1)}
	}
	return nil
}
