package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/rs/zerolog"

	"liandong/dispatch"
	"liandong/dispatch/pgstore"
)

type adminCmd struct {
	databaseFlags `embed:""`
	Login         string `help:"Name to sign in with." default:"admin"`
	Name          string `help:"The administrator's name." default:"管理员"`
	Agency        string `help:"Name of the first agency, the one that coordinates." required:"" placeholder:"市应急管理局"`
	Area          string `help:"Division code of its area; its people direct everything in it." required:"" placeholder:"411000"`
}

// errInhabited says that there are accounts already.
var errInhabited = errors.New("there are accounts already: an administrator makes further ones under /admin")

// Run makes the first agency and its administrator, and prints the password once. It goes through the
// same commands as everything else, as the server itself.
func (a *adminCmd) Run(ctx context.Context, c console) error {
	return a.with(ctx, c, func(_ *database, store *pgstore.Store) error {
		accounts, err := store.Accounts(ctx)
		if err != nil {
			return err
		}
		if len(accounts) > 0 {
			return errInhabited
		}
		h, err := build(store, thresholds{Zone: "UTC"}, nil, zerolog.Nop())
		if err != nil {
			return err
		}
		password, err := a.make(ctx, h.service)
		if err := errors.Join(err, h.close()); err != nil {
			return err
		}
		c.say("login 登录名  %s\npassword 密码  %s\nIt is shown this once. 仅显示这一次。", a.Login, password)
		return nil
	})
}

func (a *adminCmd) make(ctx context.Context, svc *dispatch.Service) (string, error) {
	agency, err := created(ctx, svc, "agency.save", dispatch.KindAgency, dispatch.AgencySave{
		Name: a.Agency, Type: dispatch.AgencyGovernment, Area: a.Area, Jurisdiction: jurisdiction(a.Area)})
	if err != nil {
		return "", err
	}
	person, err := created(ctx, svc, "person.save", dispatch.KindPerson, dispatch.PersonSave{
		Agency: agency.id, Name: a.Name, Login: a.Login, Roles: []dispatch.Role{dispatch.RoleAdmin}})
	if err != nil {
		return "", err
	}
	set, err := created(ctx, svc, "person.password", "", dispatch.PersonPassword{Person: person.id})
	return set.secret, err
}

// jurisdiction is the prefix that a division's code shares with all that lies in it: 411000 is a whole
// city, 4110.
func jurisdiction(code string) string {
	for len(code) > 2 && len(code)%2 == 0 && code[len(code)-2:] == "00" {
		code = code[:len(code)-2]
	}
	return code
}

type made struct{ id, secret string }

// created carries out a command as the server and returns the id of the record of the kind it made.
func created(ctx context.Context, svc *dispatch.Service, name string, kind dispatch.Kind, in any) (made, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return made{}, err
	}
	res, err := svc.Do(ctx, dispatch.System(dispatch.Live), name, newID(), body)
	if err != nil {
		return made{}, fmt.Errorf("%s: %w", name, err)
	}
	for _, p := range res.Change.Puts {
		if ref := dispatch.RefOf(p.Record); ref.Kind == kind {
			return made{ref.ID, res.Secret}, nil
		}
	}
	return made{secret: res.Secret}, nil
}
