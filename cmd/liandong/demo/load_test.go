package demo_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"liandong/cmd/liandong/demo"
	"liandong/dispatch"
	"liandong/dispatch/pgstore"
	"liandong/geo"
	"liandong/geo/route"
	"liandong/migrations/pgtest"
)

func open(t *testing.T) (*pgstore.Store, *dispatch.Service) {
	t.Helper()
	store, err := pgstore.Open(t.Context(), pgtest.New(t), pgstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	n := 0
	svc := dispatch.NewService(store, dispatch.Config{
		Now:      time.Now,
		NewID:    func() string { n++; return "id-" + time.Unix(int64(n), 0).UTC().Format("150405") },
		Hash:     func(string) (string, error) { return "$argon2id$test", nil },
		Router:   route.Default(),
		Settings: dispatch.DefaultSettings(),
	})
	return store, svc
}

// The whole city goes through the service into a real database; loading it a
// second time changes nothing.
func TestLoad(t *testing.T) {
	store, svc := open(t)
	ctx := t.Context()
	for range 2 {
		if err := demo.Load(ctx, svc, nil, func(s string) { t.Log(s) }); err != nil {
			t.Fatal(err)
		}
	}
	for kind, least := range map[dispatch.Kind]int{
		dispatch.KindArea: 2618, dispatch.KindAgency: 31, dispatch.KindDepot: 48, dispatch.KindTeam: 63,
		dispatch.KindEquipment: 280, dispatch.KindStock: 174, dispatch.KindHazard: 80, dispatch.KindPerson: 20, dispatch.KindRate: 27, dispatch.KindAgreement: 2,
	} {
		if got := len(find(ctx, t, store, kind)); got != least {
			t.Errorf("%s: %d, want %d", kind, got, least)
		}
	}
	checkGround(ctx, t, store)
	checkAccounts(ctx, t, store)
	// One agreement is in force, one waits for the city's chief; both say that they are made up.
	states := map[dispatch.AgreementState]string{}
	for _, r := range find(ctx, t, store, dispatch.KindAgreement) {
		a := r.(*dispatch.Agreement)
		for _, p := range a.Parties {
			if p.Consented == nil {
				states[a.State] += p.Agency
			}
		}
		states[a.State] += "."
		if !strings.Contains(a.Name, "演示") || !strings.Contains(a.Text, "虚构") {
			t.Errorf("not marked as made up: %s: %s", a.Name, a.Text)
		}
	}
	if len(states) != 2 || states[dispatch.AgreementInForce] != "." || states[dispatch.AgreementProposed] != "em-4110." {
		t.Errorf("agreements: %v", states)
	}
}

// The borders that the console's build writes load too. They are not there
// until it was built.
func TestLoadRealBorders(t *testing.T) {
	borders, err := os.Open("../../../web/console/dist/demo/counties.geojson")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the console is not built: no county borders to load")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer borders.Close()
	store, svc := open(t)
	if err := demo.Load(t.Context(), svc, borders, func(s string) { t.Log(s) }); err != nil {
		t.Fatal(err)
	}
	checkGround(t.Context(), t, store)
	shape, err := store.Shape(t.Context(), dispatch.Live, demo.CityCode)
	if err != nil {
		t.Fatal(err)
	}
	// The city is commonly given as 4,979 to 4,996 km².
	if size := shape.Area() / 1e6; len(shape) != 1 || size < 4950 || size > 5010 {
		t.Errorf("the city has %d pieces and %.0f km²", len(shape), size)
	}
}

func find(ctx context.Context, t *testing.T, store *pgstore.Store, kind dispatch.Kind) []dispatch.Record {
	t.Helper()
	list, err := store.Find(ctx, dispatch.Query{Realm: dispatch.Live, Kind: kind, Limit: -1})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Each team and hazard source lies in the township that its scope says.
func checkGround(ctx context.Context, t *testing.T, store *pgstore.Store) {
	t.Helper()
	check := func(id, area string, p *geo.Point) {
		if p == nil {
			t.Errorf("%s is nowhere", id)
			return
		}
		code, err := store.AreaAt(ctx, dispatch.Live, *p)
		if err != nil {
			t.Fatal(err)
		}
		if len(area) == 9 && code != area {
			t.Errorf("%s lies in %q, its scope says %q", id, code, area)
		}
	}
	for _, r := range find(ctx, t, store, dispatch.KindTeam) {
		team := r.(*dispatch.Team)
		check(team.ID, team.Scope.Area, team.Base.Point)
		if !team.Scope.Open {
			t.Errorf("team %s is not in the common pool", team.ID)
		}
	}
	for _, r := range find(ctx, t, store, dispatch.KindHazard) {
		h := r.(*dispatch.Hazard)
		check(h.ID, h.Scope.Area, h.Place.Point)
	}
}

func checkAccounts(ctx context.Context, t *testing.T, store *pgstore.Store) {
	t.Helper()
	for _, a := range demo.Accounts() {
		account, err := store.AccountByLogin(ctx, a.Login)
		if err != nil {
			t.Errorf("account %s: %v", a.Login, err)
			continue
		}
		if account.MustChange {
			t.Errorf("account %s must change its password at once", a.Login)
		}
	}
}
