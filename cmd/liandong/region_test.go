package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"liandong/cmd/liandong/remote"
	"liandong/dispatch"
	"liandong/web"
)

// weather is the network between two regions: connections pass through it, and it cuts them, holds
// them back, or lets a request pass and loses the answer.
type weather struct {
	net.Listener
	to string

	mu    sync.Mutex
	dice  *rand.Rand
	rough bool // some connections end early, some parts come late
	cut   bool
	open  map[net.Conn]bool
}

func newWeather(t *testing.T, to string, seed uint64) *weather {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &weather{Listener: l, to: to, dice: rand.New(rand.NewPCG(seed, 1)), open: map[net.Conn]bool{}}
	t.Cleanup(func() { _ = l.Close(); w.set(true) })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go w.join(in) // ends with the servers, which end before the test
		}
	}()
	return w
}

// set cuts all connections and takes no new ones, or lets them pass again.
func (w *weather) set(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut = cut; cut {
		for c := range w.open {
			_ = c.Close()
		}
	}
}

func (w *weather) join(in net.Conn) {
	defer in.Close()
	out, err := net.Dial("tcp", w.to)
	if err != nil {
		return
	}
	defer out.Close()
	w.mu.Lock()
	if w.cut {
		w.mu.Unlock()
		return
	}
	w.open[in] = true
	w.mu.Unlock()
	defer func() { w.mu.Lock(); delete(w.open, in); w.mu.Unlock() }()
	ended := make(chan struct{}, 2)
	pass := func(from, to net.Conn, answers bool) {
		defer func() { ended <- struct{}{} }()
		part := make([]byte, 8<<10)
		for {
			n, err := from.Read(part)
			if err != nil {
				return
			}
			w.mu.Lock()
			rough, fate, late := w.rough, w.dice.IntN(100), time.Duration(w.dice.IntN(60))*time.Millisecond
			w.mu.Unlock()
			switch {
			case rough && answers && fate < 6: // carried out, and the answer is lost: it comes again
				return
			case rough && fate < 25:
				held := time.NewTimer(late)
				<-held.C
			}
			if _, err := to.Write(part[:n]); err != nil {
				return
			}
		}
	}
	go pass(in, out, false)
	go pass(out, in, true)
	<-ended
}

// region is a server of one region with its own database.
type region struct {
	yard
	dsn       string
	db        *pgx.Conn
	launch    remote.Launch
	proc      *remote.Process
	way       *weather // to its door
	chief     *remote.Person
	desk      *remote.Person
	neighbour string // the agency that stands for the other one
}

func startRegion(t *testing.T, name, area string, seed uint64) *region {
	t.Helper()
	ctx := t.Context()
	dsn, owner, password := freshHouse(t, name, area)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	door := freePort(t)
	r := &region{yard: yard{t: t}, dsn: dsn, way: newWeather(t, door, seed)}
	if r.db, err = pgx.Connect(ctx, dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.db.Close(t.Context()) })
	var log messages
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s: %.4000s", name, log.text.String())
		}
	})
	r.launch = remote.Launch{Program: program, Dir: t.TempDir(), Addr: freePort(t), Log: &log,
		Args: append([]string{"--log", "warn", "--link", door, "--link-at", r.way.Addr().String()}, quiet...),
		Env:  []string{"DATABASE_URL=" + dsn, "DATABASE_ADMIN_URL=" + owner}}
	if r.proc, err = r.launch.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.proc.Stop() }) // it may have been killed
	if r.admin, err = r.proc.FirstSignIn(ctx, firstLogin, password, dispatch.RoleAdmin); err != nil {
		t.Fatal(err)
	}
	hire := func(login string, role dispatch.Role) *remote.Person {
		p, err := r.admin.Hire(ctx, dispatch.PersonSave{Agency: r.admin.Agency, Name: name + string(role), Login: login, Roles: []dispatch.Role{role}})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	r.chief, r.desk = hire("chief", dispatch.RoleChief), hire("desk", dispatch.RoleDispatcher)
	return r
}

// kill ends the server as a power cut does, and starts it again at the same address.
func (r *region) kill() {
	r.t.Helper()
	r.proc.Kill()
	p, err := r.launch.Start(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	r.proc = p
}

// accept makes the link to the other region, as its administrator does with the other one's card.
func (r *region) accept(name, area string, other *region) *dispatch.Link {
	r.t.Helper()
	ctx := r.t.Context()
	var card web.LinkCard
	if err := other.admin.Get(ctx, "/api/v1/links/card", &card); err != nil {
		r.t.Fatal(err)
	}
	r.neighbour = save[dispatch.Agency](r, r.admin, "agency.save", dispatch.AgencySave{Name: name, Area: area, Type: dispatch.AgencyNeighbour}).ID
	return save[dispatch.Link](r, r.admin, "link.save", dispatch.LinkSave{Name: name, Region: r.neighbour, Address: card.Address, Certificate: card.Certificate})
}

// save gives a command, as often as it takes, and returns the first record of the kind that it put.
func save[R any](r *region, p *remote.Person, name string, in any) *R {
	r.t.Helper()
	done, err := p.Insist(r.t.Context(), remote.Random(12), name, in)
	if err != nil {
		r.t.Fatal(err)
	}
	rec, err := remote.First[R](done, kindOf[R]())
	if err != nil {
		r.t.Fatal(err)
	}
	return rec
}

// give gives a command, as often as it takes, whatever comes of it.
func (r *region) give(p *remote.Person, name string, in any) {
	r.t.Helper()
	if _, err := p.Insist(r.t.Context(), remote.Random(12), name, in); err != nil {
		r.t.Fatal(err)
	}
}

func kindOf[R any]() dispatch.Kind {
	for _, k := range dispatch.Kinds {
		if rec, ok := dispatch.New(k); ok && reflect.TypeOf(rec).Elem() == reflect.TypeFor[R]() {
			return k
		}
	}
	panic("no noun")
}

// until waits until the region shows the record as asked.
func until[R any](r *region, id string, ok func(*R) bool) *R {
	r.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	end := time.After(90 * time.Second)
	var last string
	for {
		rec := new(R)
		var doc []byte
		err := r.db.QueryRow(r.t.Context(), fmt.Sprintf("select doc from %s where id = $1", kindOf[R]()), id).Scan(&doc)
		if err == nil {
			if last = string(doc); json.Unmarshal(doc, rec) == nil && ok(rec) {
				return rec
			}
		}
		select {
		case <-tick.C:
		case <-end:
			r.t.Fatalf("%s %s never came to be as awaited: %v %.1500s", kindOf[R](), id, err, last)
		}
	}
}

// found waits until the region shows a record that is meant.
func found[R any](r *region, meant func(*R) bool) *R {
	r.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	end := time.After(90 * time.Second)
	for {
		rows, err := r.db.Query(r.t.Context(), fmt.Sprintf("select doc from %s where not archived order by id", kindOf[R]()))
		if err != nil {
			r.t.Fatal(err)
		}
		docs, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
		if err != nil {
			r.t.Fatal(err)
		}
		for _, doc := range docs {
			rec := new(R)
			if err := json.Unmarshal(doc, rec); err != nil {
				r.t.Fatal(err)
			}
			if meant(rec) {
				return rec
			}
		}
		select {
		case <-tick.C:
		case <-end:
			r.t.Fatalf("no %s is as awaited among %d", kindOf[R](), len(docs))
		}
	}
}

func (r *region) team(callSign string, capabilities ...string) *dispatch.Team {
	in := dispatch.TeamSave{Name: callSign, CallSign: callSign, Type: dispatch.TeamHazmat, SeatsMin: 1, SeatsFull: 4}
	for _, c := range capabilities {
		in.Capabilities = append(in.Capabilities, dispatch.Capability{Code: c})
	}
	team := save[dispatch.Team](r, r.admin, "team.save", in)
	crew := 3
	r.give(r.desk, "team.duty", dispatch.TeamDuty{Team: team.ID, Duty: dispatch.DutyAvailable, Crew: &crew})
	return team
}
