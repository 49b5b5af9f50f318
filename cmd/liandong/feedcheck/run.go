package feedcheck

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"liandong/cmd/liandong/remote"
	"liandong/cmd/liandong/replay"
	"liandong/dispatch"
	"liandong/realtime/client"
)

// Options say how hard to try.
type Options struct {
	Launch   remote.Launch
	Others   []remote.Launch // further nodes on the same database, and with the same certificates as the first
	Login    string          // an administrator of the server's coordinating agency
	Password string          // and the password that must be changed first
	Log      *replay.Log
	Consoles int
	Kills    int
	Cuts     int // how often each console of the half that is cut loses its socket, about
	Seed     uint64
	Workers  int
	Tell     func(string)
}

// Verdict is what came out.
type Verdict struct {
	Replay   *replay.Result `json:"replay"`
	Head     int64          `json:"head"` // seq of the journal
	Kills    int            `json:"kills"`
	Consoles []Console      `json:"consoles"`
	Elapsed  time.Duration  `json:"elapsed"`
}

// Console is the verdict on one console.
type Console struct {
	Who       string   `json:"who"`
	Changes   int      `json:"changes"` // received over the socket
	Expected  int      `json:"expected"`
	Records   int      `json:"records"`
	Connects  int      `json:"connects"`
	Cuts      int      `json:"cuts"`
	Snapshots int      `json:"snapshots"`
	Faults    []string `json:"faults,omitempty"`
}

// Good tells whether nothing at all was wrong.
func (v *Verdict) Good() bool {
	for _, c := range v.Consoles {
		if len(c.Faults) > 0 {
			return false
		}
	}
	return v.Replay.Whole()
}

// check is one run under way.
type check struct {
	opt      Options
	launches []remote.Launch
	nodes    []*remote.Process
	watchers []*Watcher
	done     atomic.Int64 // commands given
	moved    chan struct{}
	total    atomic.Int64
}

// Run plays the log, does its worst, and judges.
func Run(ctx context.Context, opt Options) (v *Verdict, err error) {
	if opt.Tell == nil {
		opt.Tell = func(string) {}
	}
	begun := time.Now()
	c := &check{opt: opt, moved: make(chan struct{}, 1)}
	defer func() {
		for _, p := range c.nodes {
			err = errors.Join(err, p.Stop())
		}
	}()
	for _, l := range append([]remote.Launch{opt.Launch}, opt.Others...) {
		if err := c.start(ctx, l); err != nil {
			return nil, err
		}
	}
	admin, err := c.nodes[0].FirstSignIn(ctx, opt.Login, opt.Password, dispatch.RoleAdmin)
	if err != nil {
		return nil, err
	}
	listening, hangUp := context.WithCancel(ctx)
	defer hangUp()
	group, in := errgroup.WithContext(listening)
	over := make(chan struct{})
	v = &Verdict{}
	res, err := replay.Play(ctx, opt.Log, replay.Options{Server: c.nodes[0].Server, Admin: admin, Workers: opt.Workers, Tell: opt.Tell,
		Started: func(people []*remote.Person) error {
			if err := c.seat(in, group, admin, people); err != nil {
				return err
			}
			group.Go(func() error { return c.attack(in, over) })
			return nil
		},
		Progress: c.progress})
	close(over)
	if err != nil {
		hangUp()
		return nil, errors.Join(err, group.Wait())
	}
	v.Replay, v.Kills = res, c.opt.Kills
	err = c.judge(ctx, v)
	hangUp()
	v.Elapsed = time.Since(begun)
	return v, errors.Join(err, group.Wait())
}

// start starts a node, which has the first one's certificates.
func (c *check) start(ctx context.Context, l remote.Launch) error {
	if len(c.nodes) > 0 {
		if err := os.CopyFS(filepath.Join(l.Dir, "certs"), os.DirFS(filepath.Join(c.nodes[0].Dir, "certs"))); err != nil {
			return err
		}
	}
	p, err := l.Start(ctx)
	if err != nil {
		return err
	}
	// Where it came up first it comes up again: consoles know no other address.
	l.Addr = p.Addr()
	c.launches, c.nodes = append(c.launches, l), append(c.nodes, p)
	return nil
}

func (c *check) progress(done, of int64) {
	c.total.Store(of)
	c.done.Store(done)
	select {
	case c.moved <- struct{}{}:
	default:
	}
}

// seat opens the consoles: of every role, of the agency that sees everything,
// of the one that sees its own, and of leaders, who see what they are on.
func (c *check) seat(ctx context.Context, group *errgroup.Group, admin *remote.Person, people []*remote.Person) error {
	var leaders, private = []*remote.Person{}, ""
	for _, p := range people {
		if p.Role == dispatch.RoleLeader {
			leaders = append(leaders, p)
			if p.Agency != admin.Agency {
				private = p.Agency
			}
		}
	}
	roles := []dispatch.Role{dispatch.RoleDispatcher, dispatch.RoleObserver, dispatch.RoleChief, dispatch.RolePlanner, dispatch.RoleAdmin}
	agencies := []string{admin.Agency}
	if private != "" {
		agencies = append(agencies, private)
	}
	for n := range c.opt.Consoles {
		var who string
		var person *remote.Person
		switch {
		case n%3 == 2 && len(leaders) > 0:
			i := n / 3 % len(leaders)
			who, person = "leader "+leaders[i].Name, leaders[i]
		default:
			k := n - n/3
			role, agency := roles[k%len(roles)], agencies[k/len(roles)%len(agencies)]
			who = fmt.Sprintf("%s of agency %d", role, 1+k/len(roles)%len(agencies))
			p, err := admin.Hire(ctx, dispatch.PersonSave{Agency: agency, Name: who, Login: fmt.Sprintf("console%d.%s", n, remote.Random(3)), Roles: []dispatch.Role{role}})
			if err != nil {
				return err
			}
			person = p
		}
		if at := n % len(c.nodes); at > 0 {
			who += fmt.Sprint(" at node ", at+1)
			person = person.At(c.nodes[at].Server)
		}
		w := Watch(who, person, client.Config{Retry: 100 * time.Millisecond})
		w.cut = n%2 == 0
		c.watchers = append(c.watchers, w)
		group.Go(func() error { return w.Console.Run(ctx) })
	}
	// All of them see the log from its first change.
	for _, w := range c.watchers {
		if err := w.Console.Wait(ctx, 1); err != nil {
			return err
		}
	}
	c.opt.Tell(fmt.Sprintf("%d consoles connected", len(c.watchers)))
	return nil
}

// attack kills the server when its share of the commands is done, and cuts
// consoles all the while, until over.
func (c *check) attack(ctx context.Context, over <-chan struct{}) error {
	rng := rand.New(rand.NewPCG(c.opt.Seed, 1))
	kills, cuts := 0, 0
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-over:
			if kills < c.opt.Kills {
				return fmt.Errorf("the log was over after %d of %d kills: play a longer one", kills, c.opt.Kills)
			}
			return nil
		case <-c.moved:
		}
		part := float64(c.done.Load()) / float64(max(c.total.Load(), 1))
		if rounds := 2 * c.opt.Cuts; cuts < rounds && part >= float64(cuts+1)/float64(rounds+1) {
			cuts++
			for _, w := range c.watchers {
				if w.cut && rng.IntN(2) == 0 {
					w.Console.Cut()
				}
			}
		}
		if kills < c.opt.Kills && part >= float64(kills+1)/float64(c.opt.Kills+1) {
			kills++
			k := (kills - 1) % len(c.nodes)
			c.opt.Tell(fmt.Sprintf("kill -9 number %d, node %d, after %d commands", kills, k+1, c.done.Load()))
			c.nodes[k].Kill()
			p, err := c.launches[k].Start(ctx)
			if err != nil {
				return fmt.Errorf("the server did not come up after kill %d: %w", kills, err)
			}
			c.nodes[k] = p
		}
	}
}
