package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"liandong/cmd/liandong/bench"
)

type benchCmd struct {
	Span  time.Duration `help:"Length of each measurement." default:"5s"`
	Teams int           `help:"Teams that move at 1 Hz." default:"2000"`
	Most  int           `help:"Consoles at most." default:"320"`
	JSON  bool          `name:"json" help:"Print the figures as JSON."`
}

// Run measures a private server and throws it away.
func (b *benchCmd) Run(ctx context.Context, c console) (err error) {
	dir, err := os.MkdirTemp("", "liandong-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	launch, password, err := privateServer(ctx, c.err, dir, quiet)
	if err != nil {
		return err
	}
	figures, err := bench.Run(ctx, bench.Options{Launch: launch, Login: firstLogin, Password: password, Span: b.Span, Teams: b.Teams, Most: b.Most,
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
