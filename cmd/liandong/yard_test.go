package main

import (
	"context"
	"testing"
	"time"

	"liandong/cmd/liandong/remote"
	"liandong/dispatch"
	"liandong/realtime/client"
)

// yard is where people, teams and consoles of a test come from.
type yard struct {
	t     *testing.T
	admin *remote.Person
}

// desk makes a dispatcher with an account, who is signed in and works at the server.
func (y *yard) desk(at *remote.Server, login string) *remote.Person {
	y.t.Helper()
	p, err := y.admin.Hire(y.t.Context(), dispatch.PersonSave{Agency: y.admin.Agency, Name: login, Login: login, Roles: []dispatch.Role{dispatch.RoleDispatcher}})
	if err != nil {
		y.t.Fatal(err)
	}
	return p.At(at)
}

// watch runs the console until the test ends.
func (y *yard) watch(p *remote.Person, cfg client.Config) *client.Console {
	y.t.Helper()
	cfg.Retry = 50 * time.Millisecond
	c := p.Console(cfg)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	y.t.Cleanup(func() { stop(); <-ended })
	if err := c.Wait(y.t.Context(), 0); err != nil {
		y.t.Fatal(err)
	}
	return c
}

func (y *yard) take(p *remote.Person, text string) int64 {
	y.t.Helper()
	done, err := p.Insist(y.t.Context(), remote.Random(8), "report.take", dispatch.ReportTake{Channel: "hotline", Text: text})
	if err != nil {
		y.t.Fatal(err)
	}
	return done.Seq
}

// equal waits until the console has the seq and compares it with what a fresh snapshot shows.
func (y *yard) equal(c *client.Console, seq int64) client.Stats {
	y.t.Helper()
	ctx, stop := context.WithTimeout(y.t.Context(), time.Minute)
	defer stop()
	if err := c.Wait(ctx, seq); err != nil {
		y.t.Fatalf("seq %d: %v: %+v", seq, err, c.Stats())
	}
	for cut := 0; ; {
		fresh, err := c.Snapshot(ctx)
		if err != nil && cut < 3 && ctx.Err() == nil {
			cut++ // a connection that was kept led to a server that is gone
			continue
		}
		if err != nil {
			y.t.Fatal(err)
		}
		if err := c.Wait(ctx, fresh.Seq); err != nil {
			y.t.Fatal(err)
		}
		seen := c.Picture()
		if seen.Seq > fresh.Seq { // something was decided after the snapshot: that one is no measure
			continue
		}
		for _, d := range seen.Diff(fresh) {
			y.t.Error(d)
		}
		break
	}
	st := c.Stats()
	if st.Gaps != 0 || st.Doubles != 0 || len(st.Faults) > 0 {
		y.t.Errorf("the contract was broken: %+v", st)
	}
	return st
}

// device makes a team with a device, and returns the team and the device's token.
func (y *yard) device(callSign string) (id, token string) {
	y.t.Helper()
	ctx := y.t.Context()
	done, err := y.admin.Do(ctx, remote.Random(8), "team.save", dispatch.TeamSave{Name: callSign, CallSign: callSign, Type: dispatch.TeamFire, SeatsMin: 1, SeatsFull: 1})
	if err != nil {
		y.t.Fatal(err)
	}
	team, err := remote.First[dispatch.Team](done, dispatch.KindTeam)
	if err != nil {
		y.t.Fatal(err)
	}
	if done, err = y.admin.Do(ctx, remote.Random(8), "device.save", dispatch.DeviceSave{Team: team.ID, Name: "Radio", Protocol: "osmand"}); err != nil {
		y.t.Fatal(err)
	}
	device, err := remote.First[dispatch.Device](done, dispatch.KindDevice)
	if err != nil {
		y.t.Fatal(err)
	}
	token = done.Secret
	if token == "" {
		if done, err = y.admin.Do(ctx, remote.Random(8), "device.token", dispatch.DeviceRef{Device: device.ID}); err != nil {
			y.t.Fatal(err)
		}
		token = done.Secret
	}
	return team.ID, token
}
