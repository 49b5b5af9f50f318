package replay

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"liandong/cmd/liandong/remote"
	"liandong/dispatch"
)

// aboard is a unit as the server has it: a team, its leader signed in, and the
// token of its device.
type aboard struct {
	team   string
	leader *remote.Person
	token  string
}

// crew makes everybody whom the log needs, through the commands that an
// administrator would use.
type crew struct {
	admin *remote.Person
	desk  []*remote.Person // dispatchers
	teams map[string]*aboard
	// private is the agency of the companies' ambulances.
	private string
	mark    string // makes the logins of one replay its own
}

// desks is how many dispatchers share the calls of a replay.
const desks = 8

// signing is how many people are made and signed in at once: each sign-in costs
// the server some 20 MB and 50 ms on purpose.
const signing = 4

// newCrew makes so many dispatchers and all units, each with its leader and its device where they are
// to be boarded.
func newCrew(ctx context.Context, admin *remote.Person, units []*crewed, desks int, boarded bool) (*crew, error) {
	c := &crew{admin: admin, mark: remote.Random(3), desk: make([]*remote.Person, desks), teams: map[string]*aboard{}}
	done, err := admin.Insist(ctx, remote.Random(12), "agency.save", dispatch.AgencySave{Name: "Private ambulance companies " + c.mark,
		Type: dispatch.AgencyEnterprise, Area: admin.Area})
	if err != nil {
		return nil, err
	}
	agency, err := remote.First[dispatch.Agency](done, dispatch.KindAgency)
	if err != nil {
		return nil, err
	}
	c.private = agency.ID
	group, in := errgroup.WithContext(ctx)
	group.SetLimit(signing)
	for i := range c.desk {
		group.Go(func() (err error) {
			c.desk[i], err = c.admin.Hire(in, dispatch.PersonSave{Agency: admin.Agency, Name: fmt.Sprintf("Dispatcher %d", i+1),
				Login: fmt.Sprintf("desk%d.%s", i+1, c.mark), Roles: []dispatch.Role{dispatch.RoleDispatcher}})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	group, in = errgroup.WithContext(ctx)
	group.SetLimit(signing)
	for _, u := range units {
		a := &aboard{}
		c.teams[u.id] = a
		group.Go(func() error {
			if err := c.found(in, u, a); err != nil || !boarded {
				return err
			}
			return c.board(in, u, a)
		})
	}
	return c, group.Wait()
}

var notLogin = regexp.MustCompile(`[^a-z0-9]+`)

func (c *crew) agency(u *crewed) string {
	if u.private {
		return c.private
	}
	return c.admin.Agency
}

// found makes the unit's team, and puts it on duty unless it was off.
func (c *crew) found(ctx context.Context, u *crewed, a *aboard) error {
	kind := unitOf(u.kind)
	done, err := c.admin.Insist(ctx, remote.Random(12), "team.save", dispatch.TeamSave{Agency: c.agency(u), Name: u.kind + " " + u.id, CallSign: u.id,
		Type: kind.team, Capabilities: []dispatch.Capability{{Code: kind.capability}}, SeatsMin: kind.crew, SeatsFull: kind.crew,
		Base: dispatch.Place{Point: u.base, Text: "estimated from the calls of its area", Source: "estimated"}})
	if err != nil {
		return fmt.Errorf("unit %s: %w", u.id, err)
	}
	team, err := remote.First[dispatch.Team](done, dispatch.KindTeam)
	if err != nil {
		return err
	}
	if a.team = team.ID; u.off {
		return nil
	}
	if _, err := c.desk[0].Insist(ctx, remote.Random(12), "team.duty", dispatch.TeamDuty{Team: a.team, Duty: dispatch.DutyAvailable, Crew: &kind.crew, Radio: true}); err != nil {
		return fmt.Errorf("unit %s: %w", u.id, err)
	}
	return nil
}

// board makes the unit's leader, who signs in, and its device.
func (c *crew) board(ctx context.Context, u *crewed, a *aboard) error {
	login := "unit." + notLogin.ReplaceAllString(strings.ToLower(u.id), "-") + "." + c.mark
	var err error
	if a.leader, err = c.admin.Hire(ctx, dispatch.PersonSave{Agency: c.agency(u), Name: u.id, Login: login, Roles: []dispatch.Role{dispatch.RoleLeader}, Team: a.team}); err != nil {
		return fmt.Errorf("unit %s: %w", u.id, err)
	}
	done, err := c.admin.Insist(ctx, remote.Random(12), "device.save", dispatch.DeviceSave{Name: u.id, Protocol: "osmand", Team: a.team})
	a.token = done.Secret
	return err
}

// people are all who are signed in: dispatchers first, then leaders by call sign.
func (c *crew) people() []*remote.Person {
	out := slices.Clone(c.desk)
	for _, call := range slices.Sorted(maps.Keys(c.teams)) {
		out = append(out, c.teams[call].leader)
	}
	return out
}
