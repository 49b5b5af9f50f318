package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"liandong/cmd/liandong/feedcheck"
	"liandong/cmd/liandong/replay"
)

type verifyFeedCmd struct {
	File     string `help:"San Francisco Fire log to play; without one a log is made up." type:"existingfile" placeholder:"CSV"`
	Calls    int    `help:"Calls of the log that is made up." default:"400"`
	Consoles int    `help:"Consoles that listen." default:"50"`
	Kills    int    `help:"How often the server is killed with -9." default:"3"`
	Cuts     int    `help:"How often each of half of the consoles is cut, about." default:"4"`
	Seed     uint64 `help:"Seed of the made-up log and of the cuts." default:"1"`
	Zone     string `help:"Time zone of the log's clock." default:"America/Los_Angeles"`
	JSON     bool   `name:"json" help:"Print the verdict as JSON."`
}

// quiet keeps the server from changing anything by itself while the pictures are compared.
var quiet = []string{"--ack-within", "24h", "--check-every", "0s", "--archive-after", "0s"}

// Run makes a private server, proves its feed and throws it away.
func (v *verifyFeedCmd) Run(ctx context.Context, c console) (err error) {
	l := replay.Invent(v.Seed, v.Calls, min(40, 6+v.Calls/10))
	if v.File != "" {
		zone, err := time.LoadLocation(v.Zone)
		if err != nil {
			return fmt.Errorf("zone %q: %w", v.Zone, err)
		}
		f, err := os.Open(v.File)
		if err != nil {
			return err
		}
		defer f.Close()
		if l, err = replay.Read(f, zone); err != nil {
			return fmt.Errorf("%s: %w", v.File, err)
		}
	}
	dir, err := os.MkdirTemp("", "liandong-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	launch, password, err := privateServer(ctx, c.err, dir, quiet)
	if err != nil {
		return err
	}
	verdict, err := feedcheck.Run(ctx, feedcheck.Options{Launch: launch, Login: firstLogin, Password: password, Log: l, Consoles: v.Consoles,
		Kills: v.Kills, Cuts: v.Cuts, Seed: v.Seed, Tell: func(line string) { fmt.Fprintln(c.err, line) }})
	if err != nil {
		return err
	}
	if v.JSON {
		if err := json.NewEncoder(c.out).Encode(verdict); err != nil {
			return err
		}
	} else {
		verdict.Print(c.out)
	}
	if !verdict.Good() {
		return failedVerdict{}
	}
	return nil
}
