package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"liandong/cmd/liandong/certs"
	"liandong/cmd/liandong/demo"
	"liandong/dispatch"
	"liandong/dispatch/pgstore"
	"liandong/web"
	"liandong/web/imports"
)

type serveCmd struct {
	databaseFlags `embed:""`
	thresholds    `embed:""`
	cotFlags      `embed:""`
	watchFlags    `embed:""`
	jt808Flags    `embed:""`
	linkFlags     `embed:""`
	nodeFlags     `embed:""`
	// All addresses by default: walls and phones are other machines. Everything but the sign-in page
	// asks for an account.
	Addr     string   `help:"Address of the console and the API (HTTPS). All of the machine's addresses by default, because walls and phones are other machines; 127.0.0.1:8443 keeps it to this one." default:":8443" env:"LIANDONG_ADDR"`
	HTTPAddr string   `name:"http-addr" help:"Address that leads plain HTTP to HTTPS; off for none. Port 8080 when HTTPS has 8443." env:"LIANDONG_HTTP_ADDR"`
	Cert     string   `help:"The operator's own certificate with its chain (PEM); with --key." env:"LIANDONG_CERT" type:"path"`
	Key      string   `help:"Its private key (PEM)." env:"LIANDONG_KEY" type:"path"`
	Names    []string `help:"Further names and addresses under which the server is reached, for its own certificate." env:"LIANDONG_NAMES"`
	Demo     *bool    `help:"Load the demo city into an empty database and show its accounts. On by default for the private database, off with DATABASE_URL." negatable:"" env:"LIANDONG_DEMO"`
	Live     bool     `help:"Keep the demo city alive: calls come in, teams answer and drive. Only where the demo city was loaded." default:"true" negatable:"" env:"LIANDONG_LIVE"`
	// What is replayed needs a past.
	DemoPast time.Duration `help:"Make the demo city as one that has been at work for so long already, such as 2h: there is something to replay at once. It takes some seconds an hour, once; 72h at most." default:"0s" env:"LIANDONG_DEMO_PAST"`
	Tianditu string        `help:"Key for the online base map of Tianditu; without one the map is offline." env:"LIANDONG_TIANDITU_KEY"`
	Log      string        `help:"What is logged: debug, info, warn, error." enum:"debug,info,warn,error" default:"info" env:"LIANDONG_LOG"`
}

// Run serves until it is told to stop.
func (s *serveCmd) Run(ctx context.Context, c console) (err error) {
	level, err := zerolog.ParseLevel(s.Log)
	if err != nil {
		return err
	}
	log := zerolog.New(zerolog.ConsoleWriter{Out: c.err, TimeFormat: time.DateTime}).Level(level).With().Timestamp().Logger()
	if err := s.nodeFlags.check(s.DatabaseURL); err != nil {
		return err
	}
	db, err := s.start(ctx, func(msg string) { log.Info().Msg(msg) })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.stop()) }()
	id, err := nodeID(s.Dir)
	if err != nil {
		return err
	}
	store, err := db.open(ctx, pgstore.NodeName(id))
	if err != nil {
		return err
	}
	defer store.Close()
	w := witness{store: store, path: filepath.Join(s.Dir, "witness.json")}
	if err := w.check(ctx, log); err != nil {
		return err
	}
	way, err := s.nodeFlags.open(ctx, store, id, log)
	if err != nil {
		return err
	}
	h, err := build(store, s.thresholds, way, log)
	if err != nil {
		if way != nil {
			way.Close()
		}
		return err
	}
	var made bool
	if !store.Alone(ctx, "demo city", func(ctx context.Context) { made, err = s.demoCity(ctx, h, db, log) }) {
		err = ctx.Err()
	}
	if err != nil {
		return errors.Join(err, h.close())
	}
	return s.serve(ctx, c, db, h, w, made)
}

// serve opens the doors and runs until ctx ends, then closes everything in order: no new requests,
// the sockets with their answers, positions that wait, and last the database.
func (s *serveCmd) serve(ctx context.Context, c console, db *database, h *house, w witness, made bool) error {
	token, err := s.watchFlags.check()
	if err != nil {
		return errors.Join(err, h.close())
	}
	config, authority, err := certs.Load(db.certificates(), s.Cert, s.Key, s.Names...)
	if err != nil {
		return errors.Join(err, h.close())
	}
	settings := s.screen()
	settings.Demo = made
	if made {
		settings.Accounts = demoAccounts()
	}
	tak, err := s.cotFlags.open(h, db.certificates(), s.Names)
	if err != nil {
		return errors.Join(err, h.close())
	}
	defer tak.close() // again, where a start fails below
	vehicles, err := s.jt808Flags.open(h)
	if err != nil {
		return errors.Join(err, h.close())
	}
	defer vehicles.close()
	neighbours, err := s.linkFlags.open(h, db.certificates())
	if err != nil {
		return errors.Join(err, h.close())
	}
	defer neighbours.close()
	var links web.Links // a nil *link.Links is no nil interface
	if neighbours.links != nil {
		links = neighbours.links
	}
	door := web.New(web.Config{Service: h.service, Store: h.store, Hub: h.hub, Lane: h.lane, Passwords: h.passwords, Settings: settings, Tianditu: web.Tianditu{Key: s.Tianditu},
		Console: web.Console(), Authority: authority, Log: h.log,
		Checks: []web.Check{{Name: "cluster", Ask: func(context.Context) error { return db.ready() }}, {Name: "schema", Ask: db.migrated()}},
		Links:  links, LinkCard: neighbours.card,
		Doors:   func() []web.DeviceDoor { return append(tak.tell(), vehicles.tell()...) },
		Machine: machine(h.store, s.Dir), ScrapeToken: token, Version: buildVersion(), Proxies: s.TrustedProxy, SocketsPerAddress: s.SocketsPerAddress,
		Routes: func(d web.Door) { imports.Routes(h.service)(d); tak.routes(d) }})
	l, err := listen(s.Addr, s.HTTPAddr, config, door, limits{headerWithin, bodyWithin, crowded, s.TrustedProxy}, h.log)
	if err != nil {
		return errors.Join(err, h.close())
	}
	_, unwatched, err := s.watchFlags.open(door.Metrics(), func(err error) { l.failed <- err })
	if err != nil {
		return errors.Join(err, l.close(), h.close())
	}
	defer unwatched()
	// The feed runs before the first console comes, so that none waits for it and readiness is told truly.
	h.fences.Start(h.service, h.hub.Scope)
	if err := h.hub.Open(ctx, dispatch.Live); err != nil {
		h.log.Warn().Err(err).Msg("the feed cannot be read yet; it is tried again each second")
	}
	addressFile := filepath.Join(s.Dir, "address")
	if err := os.WriteFile(addressFile, []byte(l.base()+"\n"), 0o644); err != nil {
		return errors.Join(err, l.close(), h.close())
	}
	defer os.Remove(addressFile)

	seals, err := newSealer(h.store, filepath.Join(s.Dir, "seal"))
	if err != nil {
		return errors.Join(err, l.close(), h.close())
	}
	background, stop := context.WithCancel(context.Background())
	defer stop()
	var work sync.WaitGroup
	jobs := []func(context.Context){h.deadlines, h.alone("upkeep", h.upkeep), h.alone("keyframes", h.keyframes), h.latest, h.watchNodes, h.endSessions, h.alone("sims", h.simulate), func(ctx context.Context) { w.keep(ctx, h.log) },
		func(ctx context.Context) { seals.keep(ctx, h.log) }}
	if made && s.Live {
		jobs = append(jobs, h.alone("live", h.live))
	}
	for _, job := range jobs {
		work.Go(func() { job(background) })
	}
	banner(c, l, authority, settings, s.Addr)
	var failed error
	select {
	case <-ctx.Done():
		c.say("\n正在停止… stopping…")
	case failed = <-l.failed:
	}
	tak.close()
	vehicles.close()
	neighbours.close()
	closing := l.close()
	stop()
	work.Wait()
	return errors.Join(failed, closing, h.close(), w.note(context.Background()))
}

// close ends the sockets and stores the positions that wait.
func (h *house) close() error {
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
	defer stop()
	err := h.hub.Shutdown(ctx)
	h.lane.Close()
	h.fences.Close(ctx)
	if h.bus != nil {
		h.bus.Close()
	}
	return err
}

func (d *database) ready() error {
	if d.cluster == nil {
		return nil
	}
	return d.cluster.Ready()
}

// demoCity makes the demo city on the first start of a private database, or where it was asked for,
// and tells whether this is one. Accounts with a known password exist only under the mark of made-up
// data, and that mark is never put on a database with real data in it.
func (s *serveCmd) demoCity(ctx context.Context, h *house, db *database, log zerolog.Logger) (bool, error) {
	_, marked, err := h.store.Demo(ctx)
	if err != nil {
		return false, err
	}
	wanted := db.cluster != nil
	if s.Demo != nil {
		wanted = *s.Demo
	}
	if !wanted {
		return marked, nil
	}
	if !marked {
		err := h.store.MarkDemo(ctx, 1)
		if errors.Is(err, pgstore.ErrNotEmpty) {
			if s.Demo != nil {
				return false, fmt.Errorf("--demo: %w", err)
			}
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
	done, err := h.store.Setting(ctx, demoLoaded, new(bool))
	if err != nil || done {
		return true, err
	}
	log.Info().Msg("loading the demo city 正在载入演示城市")
	counties, err := countyBorders()
	if err != nil {
		return true, err
	}
	if counties != nil {
		defer counties.Close()
	}
	if s.DemoPast < 0 || s.DemoPast > longestPast {
		return true, fmt.Errorf("--demo-past %s: name 0s to %s", s.DemoPast, longestPast)
	}
	now := time.Now()
	// After a start that was cut off it goes on where it was.
	lived, err := h.store.ReplaySpan(ctx, dispatch.Live)
	if err != nil {
		return true, err
	}
	begin := now.Add(-s.DemoPast)
	if lived.Last.At.After(begin) {
		begin = lived.Last.At
	}
	clock := demo.NewClock(begin)
	service := h.serviceAt(clock.Now)
	if err := demo.Load(ctx, service, reader(counties), func(step string) { log.Info().Msg("demo city: " + step) }); err != nil {
		return true, err
	}
	if s.DemoPast > 0 {
		past := demo.Past{Service: service, Journal: h.store, Clock: clock, Save: h.store.SavePositions, Seed: 1}
		if err := past.Run(ctx, now, func(done time.Time) { log.Info().Msg("demo city: its past, up to " + done.Format(time.DateTime)) }); err != nil {
			return true, err
		}
	}
	return true, h.store.SetSetting(ctx, demoLoaded, true)
}

// longestPast bounds the past of a demo city.
const longestPast = 72 * time.Hour

// demoLoaded is set once the whole demo city is there; until then loading starts again, and skips
// what it did.
const demoLoaded = "demo_loaded"

func demoAccounts() []web.DemoAccount {
	var out []web.DemoAccount
	for _, a := range demo.Accounts() {
		for _, role := range a.Roles[:min(1, len(a.Roles))] {
			out = append(out, web.DemoAccount{Login: a.Login, Password: demo.Password, Name: a.Name, Role: role})
		}
	}
	return out
}
