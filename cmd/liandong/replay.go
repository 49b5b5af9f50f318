package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"liandong/cmd/liandong/remote"
	"liandong/cmd/liandong/replay"
	"liandong/dispatch"
	"liandong/dispatch/pgstore"

	"github.com/rs/zerolog"
)

type replayCmd struct {
	SFFire  sfFireCmd  `cmd:"" name:"sf-fire" help:"Play a San Francisco Fire log of calls for service (data.sfgov.org nuek-vuh3, CSV)."`
	SFDrill sfDrillCmd `cmd:"" name:"sf-drill" help:"Play hours of such a log as a drill with simulated teams, fork it at its busiest moment with another rule of dispatching, and compare."`
}

type sfFireCmd struct {
	File    string `arg:"" help:"The log." type:"existingfile"`
	Speed   speed  `help:"How many seconds of the log pass in one second, or max." default:"max" placeholder:"N"`
	Zone    string `help:"Time zone of the log's clock." default:"America/Los_Angeles"`
	Workers int    `help:"Commands under way at once." default:"24"`
	JSON    bool   `name:"json" help:"Print the result as JSON."`

	atFlags `embed:""`
}

// atFlags say which server to play to: one that runs, or a private one that is made for the purpose
// and thrown away.
type atFlags struct {
	Server   string `help:"Server to play to, with an empty database; without one a private server is started and thrown away." placeholder:"https://HOST:8443"`
	CA       string `name:"ca" help:"Its certificate authority (its page /ca has the file)." type:"existingfile" placeholder:"FILE"`
	Login    string `help:"An administrator of the agency that coordinates." default:"admin"`
	Password string `help:"The administrator's password." env:"LIANDONG_ADMIN_PASSWORD" placeholder:"…"`
	Keep     string `help:"Keep the private server's data in this folder." type:"path" placeholder:"DIR"`
}

// speed is a factor; 0 means as fast as the server takes it.
type speed float64

// UnmarshalText reads "60" or "max".
func (s *speed) UnmarshalText(b []byte) error {
	if string(b) == "max" {
		*s = 0
		return nil
	}
	n, err := strconv.ParseFloat(string(b), 64)
	if err != nil || !(n > 0) || n > 1e6 {
		return errors.New("the speed is a number above 0, or max")
	}
	*s = speed(n)
	return nil
}

// readLog reads the log, whose clock is that of the zone.
func readLog(file, zone string) (*replay.Log, *time.Location, error) {
	place, err := time.LoadLocation(zone)
	if err != nil {
		return nil, nil, fmt.Errorf("zone %q: use an IANA name such as America/Los_Angeles: %w", zone, err)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	l, err := replay.Read(f, place)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", file, err)
	}
	return l, place, nil
}

// Run plays the log and prints what became of it.
func (s *sfFireCmd) Run(ctx context.Context, c console) error {
	l, _, err := readLog(s.File, s.Zone)
	if err != nil {
		return err
	}
	return s.with(ctx, c, func(server *remote.Server, admin *remote.Person) error {
		res, err := replay.Play(ctx, l, replay.Options{Server: server, Admin: admin, Speed: float64(s.Speed), Workers: s.Workers,
			Tell: func(line string) { fmt.Fprintln(c.err, line) }})
		if err != nil {
			return err
		}
		if s.JSON {
			if err := json.NewEncoder(c.out).Encode(res); err != nil {
				return err
			}
		} else {
			res.Print(c.out)
		}
		if !res.Whole() {
			return failedVerdict{}
		}
		return nil
	})
}

// with runs do against the server that the flags name, signed in as its administrator.
func (a *atFlags) with(ctx context.Context, c console, do func(s *remote.Server, admin *remote.Person) error) (err error) {
	if a.Server != "" {
		var authority []byte
		if a.CA != "" {
			if authority, err = os.ReadFile(a.CA); err != nil {
				return err
			}
		}
		server, err := remote.Dial(a.Server, authority)
		if err != nil {
			return err
		}
		defer server.Close()
		admin, err := signInAdmin(ctx, server, a.Login, a.Password)
		if err != nil {
			return err
		}
		return do(server, admin)
	}
	dir := a.Keep
	if dir == "" {
		if dir, err = os.MkdirTemp("", "liandong-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	l, password, err := privateServer(ctx, c.err, databaseFlags{Dir: dir}, nil)
	if err != nil {
		return err
	}
	p, err := l.Start(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Stop()) }()
	admin, err := p.FirstSignIn(ctx, firstLogin, password, dispatch.RoleAdmin)
	if err != nil {
		return err
	}
	return do(p.Server, admin)
}

// firstLogin is the administrator of a private server.
const firstLogin = "admin"

// privateServer prepares a server of our own with that database: an empty database with one agency and its
// administrator, whose password is returned. The area is a code that no division has.
func privateServer(ctx context.Context, log io.Writer, db databaseFlags, args []string) (remote.Launch, string, error) {
	program, err := os.Executable()
	if err != nil {
		return remote.Launch{}, "", err
	}
	at, err := freeAddress() // it may be killed, and started there again
	if err != nil {
		return remote.Launch{}, "", err
	}
	fmt.Fprintln(log, "starting a private server in", db.Dir)
	var password string
	a := adminCmd{databaseFlags: db, Login: firstLogin, Name: "Administrator", Agency: "Department of Emergency Management", Area: "990000"}
	err = a.with(ctx, console{io.Discard, io.Discard}, func(_ *database, store *pgstore.Store) error {
		h, err := build(store, thresholds{Zone: "UTC"}, nil, zerolog.Nop())
		if err != nil {
			return err
		}
		password, err = a.make(ctx, h.service)
		return errors.Join(err, h.close())
	})
	args = append([]string{"--log", "warn"}, args...)
	return remote.Launch{Program: program, Dir: db.Dir, Env: db.env(), Addr: at, Args: args, Log: log}, password, err
}

// signInAdmin signs in as an administrator of somebody's server. A first password is theirs to change.
func signInAdmin(ctx context.Context, s *remote.Server, login, password string) (*remote.Person, error) {
	if password == "" {
		return nil, errors.New("the administrator's password is missing: set LIANDONG_ADMIN_PASSWORD")
	}
	p, err := s.SignIn(ctx, login, password, dispatch.RoleAdmin)
	if err == nil && p.MustChange {
		err = errors.New("the administrator still has a first password: sign in on " + s.Base + " and change it")
	}
	return p, err
}
