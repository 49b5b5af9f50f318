package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
	"liandong/realtime"
)

// AccountLine is an account as an administrator sees it; the person is a record.
type AccountLine struct {
	Person      string     `json:"person"`
	Login       string     `json:"login"`
	MustChange  bool       `json:"must_change"`
	Failed      int        `json:"failed" doc:"wrong passwords since the last sign-in"`
	LockedUntil *time.Time `json:"locked_until,omitempty"`
	LastSignIn  *time.Time `json:"last_sign_in,omitempty"`
}

// AccountList is the accounts of the persons one sees.
type AccountList struct {
	Accounts []AccountLine `json:"accounts"`
}

// DeviceLine is what a device sent since the server started.
type DeviceLine struct {
	Device string `json:"device"`
	realtime.DeviceStats
}

// DeviceList is the devices one sees, and the reports that came to nothing before a device was known.
type DeviceList struct {
	Devices []DeviceLine   `json:"devices"`
	Refused map[string]int `json:"refused" doc:"reports refused or held, by reason, of all devices; for administrators of a coordinating agency"`
}

func (s *Server) adminRoutes() {
	read(s, huma.Operation{OperationID: "accounts", Method: http.MethodGet, Path: "/api/v1/admin/accounts", Summary: "sign-ins and locks of the accounts you run", Tags: []string{"admin"}}, s.accounts)
	read(s, huma.Operation{OperationID: "devices", Method: http.MethodGet, Path: "/api/v1/admin/devices", Summary: "what the devices sent", Tags: []string{"admin"}}, s.devices)
}

func adminsOnly(me *signedIn) error {
	if me.actor.Role == dispatch.RoleAdmin {
		return nil
	}
	p := refusal(dispatch.Forbidden, "仅供管理员查看", "only administrators see this")
	p.Legal = []string{string(dispatch.RoleAdmin)}
	return p
}

// visible are the ids of the records of a kind that the actor sees.
func (s *Server) visible(ctx context.Context, actor dispatch.Actor, kind dispatch.Kind) (map[string]bool, error) {
	out := map[string]bool{}
	q := dispatch.Query{Kind: kind, Limit: 1000}
	for {
		records, err := s.cfg.Service.Find(ctx, actor, q)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			q.After = dispatch.RefOf(r).ID
			out[q.After] = true
		}
		if len(records) < q.Limit {
			return out, nil
		}
	}
}

func (s *Server) accounts(ctx context.Context, me *signedIn, _ *struct{}) (*struct{ Body AccountList }, error) {
	if err := adminsOnly(me); err != nil {
		return nil, err
	}
	mine, err := s.visible(ctx, me.actor, dispatch.KindPerson)
	if err != nil {
		return nil, err
	}
	all, err := s.cfg.Store.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	list := AccountList{[]AccountLine{}}
	for _, a := range all {
		if mine[a.Person] {
			list.Accounts = append(list.Accounts, AccountLine{a.Person, a.Login, a.MustChange, a.Failed, a.LockedUntil, a.LastSignIn})
		}
	}
	slices.SortFunc(list.Accounts, func(a, b AccountLine) int { return strings.Compare(a.Login, b.Login) })
	return &struct{ Body AccountList }{list}, nil
}

func (s *Server) devices(ctx context.Context, me *signedIn, _ *struct{}) (*struct{ Body DeviceList }, error) {
	if err := adminsOnly(me); err != nil {
		return nil, err
	}
	mine, err := s.visible(ctx, me.actor, dispatch.KindDevice)
	if err != nil {
		return nil, err
	}
	list := DeviceList{Devices: []DeviceLine{}, Refused: map[string]int{}}
	if s.cfg.Lane == nil {
		return &struct{ Body DeviceList }{list}, nil
	}
	stats := s.cfg.Lane.Stats()
	for id, d := range stats.Devices {
		if mine[id] {
			list.Devices = append(list.Devices, DeviceLine{id, d})
		}
	}
	if me.actor.Jurisdiction != "" {
		list.Refused = stats.Held
	}
	slices.SortFunc(list.Devices, func(a, b DeviceLine) int { return strings.Compare(a.Device, b.Device) })
	return &struct{ Body DeviceList }{list}, nil
}
