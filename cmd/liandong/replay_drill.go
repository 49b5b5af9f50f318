package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"liandong/cmd/liandong/remote"
	"liandong/cmd/liandong/replay"
	"liandong/dispatch"
)

type sfDrillCmd struct {
	File    string        `arg:"" help:"The log." type:"existingfile"`
	From    string        `help:"Where the drill's clock begins, in the log's zone; the busiest hours of the log without it." placeholder:"2020-04-09T16:56"`
	Hours   float64       `help:"How many hours of the log are drilled." default:"2"`
	Speed   int           `help:"Rate of the drills' clocks, 1 to 60." default:"60"`
	Seed    int64         `help:"Makes the ids and the chances of the drills." default:"1"`
	Rule    replay.Rule   `help:"Whom the dispatcher sends: ${enum}. log: the unit of the log where it is free, else the nearest of its type; nearest: the nearest free one of the type; lean: as log, but no engine to a medical incident to which an ambulance goes." enum:"log,nearest,lean" default:"log"`
	Instead []replay.Rule `help:"The same in the fork; several make several forks, which run at once." enum:"log,nearest,lean" default:"nearest"`
	Zone    string        `help:"Time zone of the log's clock." default:"America/Los_Angeles"`
	JSON    bool          `name:"json" help:"Print the result as JSON."`

	atFlags `embed:""`
}

// mostHours bounds a drill of a log: the calls of a day are about as many as a script has lines.
const mostHours = 24

// Validate refuses numbers that make no drill.
func (s *sfDrillCmd) Validate() error {
	switch {
	case s.Speed < 1 || s.Speed > dispatch.MaxRate:
		return fmt.Errorf("--speed: the rate of a drill's clock is 1 to %d", dispatch.MaxRate)
	case !(s.Hours > 0 && s.Hours <= mostHours):
		return fmt.Errorf("--hours: more than 0, at most %d", mostHours)
	case s.Seed == 0:
		return fmt.Errorf("--seed: any number but 0")
	}
	return nil
}

// Run plays the drill and its forks and prints what came of them, side by side.
func (s *sfDrillCmd) Run(ctx context.Context, c console) error {
	l, zone, err := readLog(s.File, s.Zone)
	if err != nil {
		return err
	}
	var from time.Time
	if s.From != "" {
		if from, err = time.ParseInLocation("2006-01-02T15:04", s.From, zone); err != nil {
			return fmt.Errorf("--from %q: a time such as 2020-04-09T16:56", s.From)
		}
	}
	return s.with(ctx, c, func(_ *remote.Server, admin *remote.Person) error {
		res, err := replay.Drill(ctx, l, replay.DrillOptions{Admin: admin, From: from.UTC(), Length: time.Duration(s.Hours * float64(time.Hour)).Truncate(time.Second),
			Speed: s.Speed, Seed: s.Seed, Rule: s.Rule, Instead: s.Instead, Zone: zone, Tell: func(line string) { fmt.Fprintln(c.err, line) }})
		if err != nil {
			return err
		}
		if s.JSON {
			if err := json.NewEncoder(c.out).Encode(res); err != nil {
				return err
			}
		} else {
			res.Print(c.out, zone)
		}
		if !res.Good() {
			return failedVerdict{}
		}
		return nil
	})
}
