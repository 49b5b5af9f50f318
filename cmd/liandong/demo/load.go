package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"liandong/dispatch"
)

// Password is the word of every demo account. It is no secret: the accounts are
// made only in a database that carries the demo marker.
const Password = "liandong-demo"

// Service is what the loader asks of dispatch.
type Service interface {
	Import(ctx context.Context, actor dispatch.Actor, kind dispatch.Kind, key string, rows []dispatch.Imported, dry bool) ([]dispatch.RowError, error)
	Do(ctx context.Context, actor dispatch.Actor, name, key string, body []byte) (dispatch.Result, error)
}

// Account is one account of the demo city, as the sign-in page offers it.
type Account struct {
	Login string
	Name  string
	Post  string
	Roles []dispatch.Role
}

// Accounts lists the demo accounts.
func Accounts() []Account {
	var out []Account
	for _, a := range table("accounts") {
		out = append(out, Account{a["login"], a["name"], a["post"], a.roles()})
	}
	return out
}

func (r row) roles() []dispatch.Role {
	var out []dispatch.Role
	for _, role := range strings.Fields(r["roles"]) {
		out = append(out, dispatch.Role(role))
	}
	return out
}

// Load fills the live realm of an empty database with the demo city, in an
// order in which everything that is referred to is there before. counties is
// demo/counties.geojson of the console's build, or nil. Loading again changes
// nothing: each step has a fixed idempotency key. tell is told each step.
func Load(ctx context.Context, svc Service, counties io.Reader, tell func(string)) error {
	l, err := survey(counties)
	if err != nil {
		return err
	}
	m := muster(l)
	system := dispatch.System(dispatch.Live)
	for _, step := range []struct {
		kind dispatch.Kind
		rows []dispatch.Imported
	}{
		{dispatch.KindArea, l.areas}, {dispatch.KindAgency, m.agencies}, {dispatch.KindDepot, m.depots}, {dispatch.KindTeam, m.teams},
		{dispatch.KindEquipment, m.equipment}, {dispatch.KindStock, m.stocks}, {dispatch.KindHazard, m.hazards},
	} {
		bad, err := svc.Import(ctx, system, step.kind, "demo-city-"+string(step.kind), step.rows, false)
		if err != nil {
			return fmt.Errorf("demo city: %s: %w", step.kind, err)
		}
		if len(bad) > 0 {
			return fmt.Errorf("demo city: %s: row %d of %d refused: %w", step.kind, bad[0].Row, len(bad), bad[0].Err)
		}
		tell(fmt.Sprintf("%s %d", dispatch.KindNameZH(step.kind), len(step.rows)))
	}
	if err := rates(ctx, svc, system, tell); err != nil {
		return err
	}
	if err := agreements(ctx, svc, tell); err != nil {
		return err
	}
	return accounts(ctx, svc, system, tell)
}

// rates are the city's tariff. It is made up and says so where it is read.
func rates(ctx context.Context, svc Service, system dispatch.Actor, tell func(string)) error {
	list := table("rates")
	for n, r := range list {
		in := dispatch.RateSave{Agency: "em-4110", Type: dispatch.RateType(r["type"]), Subject: r["subject"], Unit: r["unit"], From: "2026-01-01", Source: "演示费率（虚构，不作依据）"}
		fen, err := strconv.ParseInt(strings.Replace(r["yuan"], ".", "", 1), 10, 64)
		if err == nil {
			in.Amount = fen
			_, err = do(ctx, svc, system, "rate.save", fmt.Sprintf("demo-rate-%02d", n), in)
		}
		if err != nil {
			return fmt.Errorf("demo rate %d: %w", n+1, err)
		}
	}
	tell(fmt.Sprintf("%s %d", dispatch.KindNameZH(dispatch.KindRate), len(list)))
	return nil
}

func accounts(ctx context.Context, svc Service, system dispatch.Actor, tell func(string)) error {
	list := table("accounts")
	for _, a := range list {
		res, err := do(ctx, svc, system, "person.save", "demo-person-"+a["login"], dispatch.PersonSave{
			Agency: a["agency"], Name: a["name"], Login: a["login"], Roles: a.roles(), Team: a["team"], Phone: phone(a["login"]), Post: a["post"]})
		if err != nil {
			return fmt.Errorf("demo account %s: %w", a["login"], err)
		}
		person := ""
		for _, put := range res.Change.Puts {
			if ref := dispatch.RefOf(put.Record); ref.Kind == dispatch.KindPerson {
				person = ref.ID
			}
		}
		if person == "" {
			return errors.New("demo account " + a["login"] + ": person.save put no person")
		}
		if res.Replayed {
			continue
		}
		if _, err := do(ctx, svc, system, "person.password", "demo-password-"+a["login"], dispatch.PersonPassword{Person: person, Password: Password}); err != nil {
			return fmt.Errorf("demo account %s: %w", a["login"], err)
		}
	}
	tell(fmt.Sprintf("%s %d", dispatch.KindNameZH(dispatch.KindPerson), len(list)))
	return nil
}

func do(ctx context.Context, svc Service, actor dispatch.Actor, name, key string, in any) (dispatch.Result, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return dispatch.Result{}, err
	}
	return svc.Do(ctx, actor, name, key, body)
}
