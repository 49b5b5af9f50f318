package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"liandong/cmd/liandong/remote"
	"liandong/dispatch"
	"liandong/dispatch/pgstore"
	"liandong/geo"
)

// practice is a server on which drills are played by one director.
type practice struct {
	yard
	launch   remote.Launch
	proc     *remote.Process
	store    *pgstore.Store
	director *remote.Person
	teams    []string
	drill    string
	began    time.Time
}

func newPractice(t *testing.T) *practice {
	t.Helper()
	ctx := t.Context()
	dsn, owner, password := freshHouse(t, "Department of Emergency Management", "411000")
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &practice{yard: yard{t: t}}
	var log messages
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%.4000s", log.text.String())
		}
	})
	p.launch = remote.Launch{Program: program, Dir: t.TempDir(), Addr: freePort(t), Log: &log, Args: append([]string{"--log", "warn"}, quiet...),
		Env: []string{"DATABASE_URL=" + dsn, "DATABASE_ADMIN_URL=" + owner}}
	if p.proc, err = p.launch.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.proc.Stop() }) // it may have been killed
	if p.store, err = pgstore.Open(ctx, dsn, pgstore.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.store.Close)
	if p.admin, err = p.proc.FirstSignIn(ctx, firstLogin, password, dispatch.RoleAdmin); err != nil {
		t.Fatal(err)
	}
	if p.director, err = p.admin.Hire(ctx, dispatch.PersonSave{Agency: p.admin.Agency, Name: "策划", Login: "planner", Roles: []dispatch.Role{dispatch.RolePlanner}}); err != nil {
		t.Fatal(err)
	}
	desk := p.desk(p.proc.Server, "desk")
	for n := range 4 {
		base := geo.At(113.80+float64(n)/100, 34)
		team := p.give(p.admin, remote.Random(8), "team.save", dispatch.TeamSave{Name: fmt.Sprint("消防", n), CallSign: fmt.Sprint("消防", n), Type: dispatch.TeamFire,
			SeatsMin: 1, SeatsFull: 4, Base: dispatch.Place{Point: &base}})
		saved, err := remote.First[dispatch.Team](team, dispatch.KindTeam)
		if err != nil {
			t.Fatal(err)
		}
		crew := 3
		p.give(desk, remote.Random(8), "team.duty", dispatch.TeamDuty{Team: saved.ID, Duty: dispatch.DutyAvailable, Crew: &crew})
		p.teams = append(p.teams, saved.ID)
	}
	return p
}

func (p *practice) give(by *remote.Person, key, name string, in any) remote.Done {
	p.t.Helper()
	d, err := by.Insist(p.t.Context(), key, name, in)
	if err != nil {
		p.t.Fatal(err)
	}
	return d
}

// kill ends the server as a power cut does, and starts it again at the same address.
func (p *practice) kill() {
	p.t.Helper()
	p.proc.Kill()
	proc, err := p.launch.Start(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	p.proc = proc
}

func (p *practice) move(name string) {
	p.t.Helper()
	p.give(p.director, remote.Random(8), name, dispatch.DrillMove{Drill: p.drill, Reason: "试演"})
}

// jump sets the clock on to so long after the start.
func (p *practice) jump(d time.Duration) {
	p.t.Helper()
	p.give(p.director, remote.Random(8), "drill.jump", dispatch.DrillJump{Drill: p.drill, To: p.began.Add(d)})
}

// reach waits until the drill's clock shows so long after the start.
func (p *practice) reach(d time.Duration) {
	p.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		rec, err := p.store.Get(p.t.Context(), dispatch.DrillRealm(p.drill), dispatch.Ref{Kind: dispatch.KindDrill, ID: p.drill}, nil)
		if err != nil {
			p.t.Fatal(err)
		}
		if !rec.(*dispatch.Drill).Clock.Time(time.Now()).Before(p.began.Add(d)) {
			return
		}
		<-tick.C
	}
}

// begin opens a drill with four simulated teams and stops its clock right after the start.
func (p *practice) begin() {
	p.t.Helper()
	ctx := p.t.Context()
	p.began = time.Date(2027, 3, 1, 1, 0, 0, 0, time.UTC)
	if err := p.director.Join(ctx, ""); err != nil {
		p.t.Fatal(err)
	}
	opened, err := remote.First[dispatch.Drill](p.give(p.director, remote.Random(8), "drill.open", dispatch.DrillOpen{Name: "演练", Content: dispatch.DrillSingle, Form: dispatch.DrillTabletop,
		Purpose: dispatch.DrillTest, Picture: dispatch.PictureResources, Begins: &p.began, Seed: 42}), dispatch.KindDrill)
	if err != nil {
		p.t.Fatal(err)
	}
	p.drill = opened.ID
	if err := p.director.Join(ctx, p.drill); err != nil {
		p.t.Fatal(err)
	}
	traits := dispatch.DefaultTraits()
	traits.Refuse, traits.Break, traits.Tire = 10, 10, 1800
	p.give(p.director, "decision-sims", "sim.save", dispatch.SimSave{Mode: dispatch.SimAuto, Traits: &traits})
	for _, name := range []string{"drill.approve", "drill.check", "drill.ready", "drill.start", "drill.pause"} {
		p.move(name)
	}
	p.give(p.director, remote.Random(8), "drill.rate", dispatch.DrillRate{Drill: p.drill, Rate: 60})
}

// open opens an incident with a fence around it and sends the teams, all at one moment on the drill's
// clock, which stands.
func (p *practice) open(key string, teams ...string) {
	p.t.Helper()
	place := geo.At(113.9, 34.06)
	i, err := remote.First[dispatch.Incident](p.give(p.director, "decision-"+key, "incident.open", dispatch.IncidentOpen{Type: "12G03", Title: key, Area: "411002", Place: dispatch.Place{Point: &place}}), dispatch.KindIncident)
	if err != nil {
		p.t.Fatal(err)
	}
	p.give(p.director, fmt.Sprint("decision-", key, "-fence"), "fence.draw", dispatch.FenceDraw{Type: dispatch.FenceRing, Incident: i.ID, Radius: 800, Warn: []dispatch.FenceWarn{dispatch.WarnEnter}})
	for n, team := range teams {
		p.give(p.director, fmt.Sprint("decision-", key, n), "task.assign", dispatch.TaskAssign{Incident: i.ID, Team: team})
	}
}

// journal is what was decided in the drill, without what was done to its clock, the wall's times and
// the drill's own id.
func (p *practice) journal() []string {
	p.t.Helper()
	var out []string
	for after := int64(1); ; {
		all, err := p.store.Changes(p.t.Context(), dispatch.DrillRealm(p.drill), after, 1000)
		if err != nil {
			p.t.Fatal(err)
		}
		for _, c := range all {
			after = c.Seq
			if strings.HasPrefix(c.Kind, "drill.") {
				continue
			}
			body, err := c.Payload()
			if err != nil {
				p.t.Fatal(err)
			}
			out = append(out, strings.ReplaceAll(fmt.Sprintln(c.At, c.Kind, c.Actor.ID, c.Command, string(body)), p.drill, "DRILL"))
		}
		if len(all) < 1000 {
			return out
		}
	}
}

// A drill goes on at the right moment of its clock when its server was killed, again and again, and
// comes to the same end as one that was never disturbed, and whose clock was only set on.
func TestDrillSurvivesAKilledServer(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.begin()
	p.jump(time.Minute)
	p.open("first", p.teams[:3]...)
	p.jump(2 * time.Hour)
	p.open("second", p.teams[3])
	p.jump(5 * time.Hour)
	p.move("drill.end")
	quietly := p.journal()

	p.begin()
	p.jump(time.Minute)
	p.open("first", p.teams[:3]...)
	p.move("drill.resume")
	p.reach(4 * time.Minute)
	p.kill()
	p.reach(9 * time.Minute)
	p.kill()
	p.reach(14 * time.Minute)
	p.move("drill.pause")
	p.jump(2 * time.Hour)
	p.kill()
	p.open("second", p.teams[3])
	p.move("drill.resume")
	p.reach(2*time.Hour + 2*time.Minute)
	p.kill()
	p.move("drill.pause")
	p.jump(5 * time.Hour)
	p.move("drill.end")
	killed := p.journal()
	for n := range min(len(quietly), len(killed)) {
		if quietly[n] != killed[n] {
			t.Fatalf("change %d differs:\n%s\n%s", n, quietly[n], killed[n])
		}
	}
	if !strings.Contains(strings.Join(quietly, ""), " fence.cross ") {
		t.Error("nobody crossed a fence")
	}
	if len(quietly) != len(killed) || len(quietly) < 10 { // how many there are is up to the chances of the teams, whose ids are made up
		t.Errorf("%d and %d changes", len(quietly), len(killed))
	}
}
