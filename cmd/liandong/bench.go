package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"liandong/cmd/liandong/bench"
	"liandong/cmd/liandong/remote"
)

type benchCmd struct {
	Parts    []string      `help:"Which parts to measure; without it all that are short. --list tells them."`
	List     bool          `help:"Tell what can be measured and stop."`
	Span     time.Duration `help:"Length of each measurement." default:"5s"`
	Rounds   int           `help:"Rounds of the parts that compare with a floor; the medians are told." default:"3"`
	Teams    int           `help:"Teams that move at 1 Hz; 2,000 where it is left out, 10,000 in the night, 1,000 in the soak." placeholder:"N"`
	Consoles int           `help:"Consoles of the long parts; 1,000 in the night and 100 in the soak where it is left out." placeholder:"N"`
	Minutes  float64       `help:"Length of a long part; 5 of the night and 30 of the soak where it is left out." placeholder:"N"`
	Most     int           `help:"Consoles of the whole server at most." default:"320"`
	Profile  string        `help:"Folder to write CPU and heap profiles of the hub to." type:"path" placeholder:"FOLDER"`
	JSON     bool          `name:"json" help:"Print the figures as JSON."`
}

// Run measures private servers and throws them away.
func (b *benchCmd) Run(ctx context.Context, c console) (err error) {
	if b.List {
		c.say("%s", strings.Join(bench.Parts(), "\n"))
		return nil
	}
	dir, err := os.MkdirTemp("", "liandong-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	program, err := os.Executable()
	if err != nil {
		return err
	}
	figures, err := bench.Run(ctx, bench.Options{Consoles: b.Consoles, Parts: b.Parts, Program: program, Login: firstLogin,
		Prepare: func(ctx context.Context) (remote.Launch, string, error) {
			return privateServer(ctx, c.err, databaseFlags{Dir: dir}, quiet)
		},
		Span: b.Span, Rounds: b.Rounds, Teams: b.Teams, Most: b.Most, Minutes: b.Minutes, Profile: b.Profile,
		Tell: func(line string) { fmt.Fprintln(c.err, line) }})
	if err != nil {
		return err
	}
	if b.JSON {
		return json.NewEncoder(c.out).Encode(figures)
	}
	figures.Print(c.out)
	return nil
}

// benchServerCmd is the server under test of a part that measures the hub alone.
type benchServerCmd struct {
	Kind string `arg:"" enum:"hub,floor" help:"The real hub, or the least that writes the same frames."`
}

// Run serves until its standard input ends.
func (b *benchServerCmd) Run(ctx context.Context, c console) error {
	return bench.Serve(ctx, b.Kind, os.Stdin, c.out)
}
