package replay

import (
	"fmt"
	"math/rand/v2"
	"time"

	"liandong/geo"
)

// Invent makes a log up: the same for the same seed, plausible in its times,
// with no unit in two places. Everything in it is made up.
func Invent(seed uint64, calls, units int) *Log {
	rng := rand.New(rand.NewPCG(seed, 0))
	l := &Log{}
	free := make([]time.Time, units)
	at := time.Date(2020, 1, 6, 0, 0, 0, 0, time.UTC)
	span := func(least, most int) time.Duration { return time.Duration(least+rng.IntN(most-least)) * time.Second }
	kinds := []string{"ENGINE", "MEDIC", "TRUCK", "PRIVATE", "CHIEF"}
	types := []string{"Medical Incident", "Structure Fire", "Alarms", "Traffic Collision"}
	endings := []string{"Code 2 Transport", "Fire", falseAlarm, "Cancelled"}
	for n := range calls {
		at = at.Add(span(20, 240))
		p := geo.At(-122.5+rng.Float64()*0.1, 37.7+rng.Float64()*0.1)
		kind := rng.IntN(len(types))
		c := &Call{Number: fmt.Sprintf("99%07d", n), Type: types[kind], Disposition: endings[kind], Priority: "3", Address: "invented",
			Point: &p, StationArea: "1", Received: at, Entry: at.Add(span(20, 200))}
		for i := range units {
			u := (n + i) % units
			if len(c.Rows) > rng.IntN(4) {
				break
			}
			sent := c.Entry.Add(span(5, 60))
			if free[u].After(sent) {
				continue
			}
			r := &Row{Unit: fmt.Sprintf("X%d", u), UnitType: kinds[u%len(kinds)], Dispatch: sent, Response: sent.Add(span(20, 120))}
			r.Private = r.UnitType == "PRIVATE"
			last := r.Response
			if rng.IntN(6) > 0 {
				r.OnScene = last.Add(span(100, 700))
				last = r.OnScene
			}
			if !r.OnScene.IsZero() && r.UnitType == "MEDIC" {
				r.Transport = last.Add(span(300, 900))
				r.Hospital = r.Transport.Add(span(300, 900))
				last = r.Hospital
			}
			r.Available = last.Add(span(60, 1500))
			r.ID, free[u] = c.Number+"-"+r.Unit, r.Available
			c.Rows = append(c.Rows, r)
			l.Rows++
		}
		l.Calls = append(l.Calls, c)
	}
	return l
}
