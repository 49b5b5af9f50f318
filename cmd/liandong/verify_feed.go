package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"liandong/cmd/liandong/feedcheck"
	"liandong/cmd/liandong/remote"
	"liandong/cmd/liandong/replay"
)

type verifyFeedCmd struct {
	File     string `help:"San Francisco Fire log to play; without one a log is made up." type:"existingfile" placeholder:"CSV"`
	Calls    int    `help:"Calls of the log that is made up." default:"400"`
	Consoles int    `help:"Consoles that listen." default:"50"`
	Kills    int    `help:"How often the server is killed with -9." default:"3"`
	Nodes    int    `help:"Servers on one database: consoles listen on each, each is killed in turn." default:"1"`
	Cuts     int    `help:"How often each of half of the consoles is cut, about." default:"4"`
	Seed     uint64 `help:"Seed of the made-up log and of the cuts." default:"1"`
	Zone     string `help:"Time zone of the log's clock." default:"America/Los_Angeles"`
	JSON     bool   `name:"json" help:"Print the verdict as JSON."`
}

// quiet keeps the server from changing anything by itself while the pictures are compared.
var quiet = []string{"--ack-within", "24h", "--check-every", "0s", "--archive-after", "0s"}

// privateNodes prepares servers of our own on one database. stop ends that database, once they have
// ended.
func privateNodes(ctx context.Context, log io.Writer, dir string, n int) (launches []remote.Launch, password string, stop func() error, err error) {
	if n < 1 || n > 8 {
		return nil, "", nil, fmt.Errorf("--nodes is %d: it is 1 to 8", n)
	}
	if n == 1 {
		l, password, err := privateServer(ctx, log, databaseFlags{Dir: dir}, quiet)
		return []remote.Launch{l}, password, func() error { return nil }, err
	}
	db, err := (&databaseFlags{Dir: filepath.Join(dir, "database")}).start(ctx, func(string) {})
	if err != nil {
		return nil, "", nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, db.stop())
		}
	}()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte(remote.Random(32)+"\n"), 0o600); err != nil {
		return nil, "", nil, err
	}
	addresses := make([]string, n)
	for i := range addresses {
		if addresses[i], err = freeAddress(); err != nil {
			return nil, "", nil, err
		}
	}
	for i := range n {
		flags := databaseFlags{Dir: filepath.Join(dir, fmt.Sprint("node", i+1)), DatabaseURL: db.URL, AdminURL: db.AdminURL}
		args := append(slices.Clone(quiet), "--node-listen", addresses[i], "--node-secret-file", secret)
		for k, peer := range addresses {
			if k != i {
				args = append(args, "--node-peers", peer)
			}
		}
		var l remote.Launch
		if i == 0 {
			if l, password, err = privateServer(ctx, log, flags, args); err != nil {
				return nil, "", nil, err
			}
		} else {
			l = launches[0]
			if l.Addr, err = freeAddress(); err != nil {
				return nil, "", nil, err
			}
			l.Dir, l.Args = flags.Dir, append([]string{"--log", "warn"}, args...)
			if err := os.MkdirAll(flags.Dir, 0o755); err != nil {
				return nil, "", nil, err
			}
		}
		launches = append(launches, l)
	}
	return launches, password, db.stop, nil
}

// freeAddress is a loopback address that nobody listens at now. Its port lies below those that the
// system gives out by itself (from 32768 on Linux): no other connection takes it before a server
// listens there, or while that server is down.
func freeAddress() (string, error) {
	var refused error
	for range 100 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(12000)))
		if err == nil {
			return l.Addr().String(), l.Close()
		}
		refused = err
	}
	return "", refused
}

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
	launches, password, stop, err := privateNodes(ctx, c.err, dir, v.Nodes)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	verdict, err := feedcheck.Run(ctx, feedcheck.Options{Launch: launches[0], Others: launches[1:], Login: firstLogin, Password: password, Log: l, Consoles: v.Consoles,
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
