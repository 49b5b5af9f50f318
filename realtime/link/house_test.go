package link_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"liandong/dispatch"
	"liandong/dispatch/pgstore"
	"liandong/geo/route"
	"liandong/migrations/pgtest"
	"liandong/realtime"
	"liandong/realtime/link"
)

// house is one region's server in this process, on a database of its own.
type house struct {
	t     testing.TB
	name  string
	area  string
	store *pgstore.Store
	svc   *dispatch.Service
	lane  *realtime.Lane
	links *link.Links
	pair  tls.Certificate
	addr  string

	mu    sync.Mutex
	ahead time.Duration // of its clock
	keys  atomic.Int64

	agency             string
	admin, chief, desk dispatch.Actor
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Now().Add(h.ahead)
}

func (h *house) set(ahead time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ahead = ahead
}

func newHouse(t testing.TB, name, area string) *house {
	t.Helper()
	store, err := pgstore.Open(t.Context(), pgtest.New(t), pgstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	h := &house{t: t, name: name, area: area, store: store, pair: certificate(t)}
	var ids atomic.Int64
	h.svc = dispatch.NewService(store, dispatch.Config{Now: h.now, NewID: func() string { return fmt.Sprintf("%s-%08d", name, ids.Add(1)) },
		Hash: func(string) (string, error) { return "hash", nil }, Router: route.Default(), Settings: dispatch.DefaultSettings()})
	h.lane = realtime.NewLane(realtime.LaneConfig{Store: store, Log: zerolog.Nop(), Now: h.now})
	t.Cleanup(h.lane.Close)
	h.agency = h.id(h.do(dispatch.System(dispatch.Live), "agency.save", dispatch.AgencySave{Name: name, Area: area, Type: dispatch.AgencyGovernment, Jurisdiction: area[:4]}))
	h.admin, h.chief, h.desk = h.actor(h.agency, dispatch.RoleAdmin), h.actor(h.agency, dispatch.RoleChief), h.actor(h.agency, dispatch.RoleDispatcher)
	h.links = link.New(link.Config{Service: h.svc, Real: dispatch.RealOf(store, h.lane), Lane: h.lane, Pair: h.pair, Log: zerolog.Nop(), Now: h.now, Retry: 20 * time.Millisecond})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.addr = l.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	server := &http.Server{Handler: h.links, BaseContext: func(net.Listener) context.Context { return ctx }}
	var work sync.WaitGroup
	work.Go(func() { _ = server.Serve(tls.NewListener(l, h.links.Config())) })
	work.Go(func() { h.links.Run(ctx) })
	t.Cleanup(func() { stop(); _ = server.Close(); work.Wait() })
	return h
}

func certificate(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func (h *house) card() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: h.pair.Certificate[0]}))
}

func (h *house) actor(agency string, role dispatch.Role) dispatch.Actor {
	a := dispatch.Actor{ID: fmt.Sprint(h.name, agency, role), Name: h.name + string(role), Realm: dispatch.Live, Role: role, Agency: agency, Home: h.area}
	if agency == h.agency {
		a.Jurisdiction = h.area[:4]
	}
	return a
}

// accept makes the link to the other house and returns it.
func (h *house) accept(other *house) *dispatch.Link {
	h.t.Helper()
	region := h.id(h.do(h.admin, "agency.save", dispatch.AgencySave{Name: other.name, Area: other.area, Type: dispatch.AgencyNeighbour}))
	return put[*dispatch.Link](h, h.do(h.admin, "link.save", dispatch.LinkSave{Name: other.name, Region: region, Address: other.addr, Certificate: other.card()}))
}

func join(a, b *house) (ab, ba *dispatch.Link) { return a.accept(b), b.accept(a) }

func (h *house) try(a dispatch.Actor, name string, in any) (dispatch.Result, error) {
	body, err := json.Marshal(in)
	if err != nil {
		h.t.Error(err)
	}
	return h.svc.Do(context.Background(), a, name, fmt.Sprintf("key-%08d", h.keys.Add(1)), body)
}

func (h *house) do(a dispatch.Actor, name string, in any) dispatch.Result {
	h.t.Helper()
	r, err := h.try(a, name, in)
	if err != nil {
		h.t.Fatalf("%s: %v", name, err)
	}
	return r
}

func (h *house) refused(a dispatch.Actor, code dispatch.Code, name string, in any) *dispatch.Error {
	h.t.Helper()
	_, err := h.try(a, name, in)
	var e *dispatch.Error
	if !errors.As(err, &e) || e.Code != code {
		h.t.Fatalf("%s: %v, want %s", name, err, code)
	}
	return e
}

func (h *house) id(r dispatch.Result) string { return dispatch.RefOf(r.Change.Puts[0].Record).ID }

func put[R dispatch.Record](h *house, r dispatch.Result) R {
	h.t.Helper()
	for _, p := range r.Change.Puts {
		if x, ok := p.Record.(R); ok {
			return x
		}
	}
	h.t.Fatalf("the change put no %T", *new(R))
	panic("unreachable")
}

// until waits until the house holds the record as asked.
func until[R dispatch.Record](h *house, id string, ok func(R) bool) R {
	h.t.Helper()
	kind := kindOf[R]()
	var last dispatch.Record
	h.await(fmt.Sprint(kind, " ", id), func() bool {
		r, err := h.store.Get(context.Background(), dispatch.Live, dispatch.Ref{Kind: kind, ID: id}, nil)
		last = r
		return err == nil && ok(r.(R))
	})
	return last.(R)
}

func kindOf[R dispatch.Record]() dispatch.Kind {
	for _, k := range dispatch.Kinds {
		if r, ok := dispatch.New(k); ok && reflect.TypeOf(r) == reflect.TypeFor[R]() {
			return k
		}
	}
	panic("no noun")
}

func (h *house) await(what string, ok func() bool) {
	h.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	end := time.After(time.Minute)
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			h.t.Fatalf("%s: %s never came to be as awaited", h.name, what)
		}
	}
}

// fault waits until the house says this of its link.
func (h *house) fault(code string) link.Status {
	h.t.Helper()
	var s link.Status
	h.await("fault "+code, func() bool {
		all, err := h.links.Status(context.Background())
		if err != nil || len(all) != 1 {
			return false
		}
		s = all[0]
		return s.Fault == code && (code != "" || s.Heard != nil)
	})
	return s
}

func (h *house) all(k dispatch.Kind) []dispatch.Record {
	recs, err := h.store.Find(context.Background(), dispatch.Query{Realm: dispatch.Live, Kind: k, Archived: true, Limit: -1})
	if err != nil {
		h.t.Error(err)
	}
	return recs
}

func (h *house) board(k dispatch.Kind) []dispatch.Record {
	recs, err := h.store.Find(context.Background(), dispatch.Query{Realm: dispatch.Live, Kind: k, Limit: -1})
	if err != nil {
		h.t.Error(err)
	}
	return recs
}

func (h *house) team(callSign string) string {
	id := h.id(h.do(h.admin, "team.save", dispatch.TeamSave{Name: callSign, CallSign: callSign, Type: dispatch.TeamHazmat, SeatsMin: 1, SeatsFull: 4,
		Capabilities: []dispatch.Capability{{Code: "hazmat"}}}))
	crew := 3
	h.do(h.desk, "team.duty", dispatch.TeamDuty{Team: id, Duty: dispatch.DutyAvailable, Crew: &crew})
	return id
}

func (h *house) open(title string) *dispatch.Incident {
	return put[*dispatch.Incident](h, h.do(h.desk, "incident.open", dispatch.IncidentOpen{Type: "12D02", Title: title, Verified: true, Area: h.area}))
}

// ask opens a request that reaches the province.
func (h *house) ask(i *dispatch.Incident, most int) *dispatch.Request {
	r := put[*dispatch.Request](h, h.do(h.chief, "request.raise", dispatch.RequestRaise{Incident: i.ID, Lines: []dispatch.LineAsk{{Capability: "hazmat", Max: most}}}))
	h.do(h.desk, "request.widen", dispatch.RequestWiden{Request: r.ID, Ring: dispatch.RingProvince})
	return r
}

// lend has the other house lend the team for a request, up to the state in transit.
func lend(a, b *house, request, team string) *dispatch.Loan {
	until(b, request, func(r *dispatch.Request) bool { return r.State == dispatch.RequestOpen })
	o := put[*dispatch.Offer](b, b.do(b.desk, "offer.make", dispatch.OfferMake{Request: request, Line: "1", Type: dispatch.OfferAccept, Quantity: 1}))
	until(a, o.ID, func(o *dispatch.Offer) bool { return o.State == dispatch.OfferMade })
	a.do(a.desk, "offer.order", dispatch.OfferOrder{Offer: o.ID})
	until(b, o.ID, func(o *dispatch.Offer) bool { return o.State == dispatch.OfferOrdered })
	l := put[*dispatch.Loan](b, b.do(b.desk, "offer.commit", dispatch.OfferCommit{Offer: o.ID, Teams: []string{team}}))
	b.do(b.desk, "loan.advance", dispatch.LoanAdvance{Loan: l.ID, From: dispatch.LoanCommitted, To: dispatch.LoanInTransit})
	return until(a, l.ID, func(l *dispatch.Loan) bool { return l.State == dispatch.LoanInTransit })
}
