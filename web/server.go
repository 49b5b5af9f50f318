package web

import (
	"crypto/rand"
	"encoding/hex"
	"io/fs"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"liandong/dispatch"
	"liandong/geo"
	"liandong/realtime"
)

// Config is what the door needs. Service, Store and Settings have no default.
type Config struct {
	Service *dispatch.Service
	Store   Store
	Hub     *realtime.Hub  // nil: no socket
	Lane    *realtime.Lane // nil: no positions
	// Passwords is shared with the domain, which hashes those that an administrator sets; nil makes one.
	Passwords *Passwords
	Settings  Settings
	Tianditu  Tianditu // an online base map; off without a key
	// Console holds the built console; nil shows a page that says how to build it.
	Console fs.FS
	// Authority is the server's own certificate authority in PEM; nil when the operator brought a
	// certificate, and then there is nothing to install on a phone.
	Authority []byte
	Log       zerolog.Logger
	Now       func() time.Time
	// PerAddress bounds the requests under way from one address; 0 means 512. A whole command centre
	// may stand behind one address.
	PerAddress int
	// SocketsPerAddress bounds the open sockets of one address; 0 means 2,048.
	SocketsPerAddress int
	// Proxies are the operator's own, whose word on where a request comes from is believed.
	Proxies []netip.Prefix
	// Checks are looked at for /readyz beside database, feed and positions.
	Checks []Check
	// Links tells of the links with neighbouring regions, and LinkCard what their administrators need;
	// nil: there is no door for them.
	Links    Links
	LinkCard *LinkCard
	// Machine tells of pool, disk, seal and backup; nil: nobody knows.
	Machine func() Machine
	// Doors tells of the doors for devices that are open; nil: there are none.
	Doors func() []DeviceDoor
	// ScrapeToken opens /metrics to a program; empty: only administrators read it here.
	ScrapeToken string
	// Version is the program's.
	Version string
	// Routes lets cmd hang further doors on the API: imports, for one.
	Routes func(Door)
}

// Settings are what a screen has to know of the house.
type Settings struct {
	City       City           `json:"city"`
	Zone       string         `json:"zone" doc:"IANA time zone of the local day"`
	Thresholds Thresholds     `json:"thresholds"`
	Tianditu   bool           `json:"tianditu" doc:"an online base map is set up"`
	Demo       bool           `json:"demo" doc:"the demo city: invented data"`
	Languages  []string       `json:"languages"`
	Accounts   []DemoAccount  `json:"accounts,omitempty" doc:"of the demo city only"`
	Stale      map[string]int `json:"stale" doc:"source of a position: seconds after which it is stale"`
	// Targets are what the measures of response are held against where a drill has none of its own.
	Targets map[dispatch.MeasureType]int `json:"targets" doc:"seconds, by measure"`
}

// City is the division the house works for.
type City struct {
	Name   string     `json:"name"`
	Code   string     `json:"code" doc:"division code"`
	Center *geo.Point `json:"center,omitempty"`
	Bound  *geo.Bound `json:"bound,omitempty"`
}

// Thresholds are spans in seconds.
type Thresholds struct {
	AckWithin  int   `json:"ack_within" doc:"an assignment unanswered for longer is an alarm"`
	ClaimFor   int   `json:"claim_for" doc:"a claimed report goes back to the queue"`
	CheckEvery int   `json:"check_every" doc:"safety check-in of teams on scene; 0 off"`
	Link       []int `json:"link" doc:"data older than this: amber dot, amber bar, red frame"`
}

// DemoAccount is shown on the sign-in page of a demo city.
type DemoAccount struct {
	Login    string        `json:"login"`
	Password string        `json:"password"`
	Name     string        `json:"name"`
	Role     dispatch.Role `json:"role"`
}

// Server is the door. Make it with New; it is an http.Handler.
type Server struct {
	cfg       Config
	api       huma.API
	mux       *http.ServeMux
	handler   http.Handler
	passwords *Passwords
	throttle  *throttle
	snapshots *snapshots
	past      *pastPictures
	gazetteer *gazetteer
	photos    *uploads
	meter     *meter
	registry  *prometheus.Registry
	health    *health
	strangers *strangers
	known     knownDevices
	sockets   *addresses // of open sockets
}

// New builds the door and registers every route.
func New(cfg Config) *Server {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Passwords == nil {
		cfg.Passwords = NewPasswords()
	}
	if cfg.PerAddress == 0 {
		cfg.PerAddress = 512
	}
	if cfg.SocketsPerAddress == 0 {
		cfg.SocketsPerAddress = 2048
	}
	s := &Server{cfg: cfg, mux: http.NewServeMux(), passwords: cfg.Passwords, throttle: newThrottle(), photos: newUploads(),
		meter: newMeter(cfg.Now()), strangers: newStrangers(), sockets: newAddresses(cfg.SocketsPerAddress)}
	s.snapshots = newSnapshots(cfg.Store, cfg.Service.Now)
	s.past = newPastPictures(cfg.Store)
	s.gazetteer = newGazetteer(cfg.Store, cfg.Service.Now)
	s.api = newAPI(s.mux)
	s.routes()
	s.handler = s.wrap(s.mux)
	return s
}

func (s *Server) routes() {
	s.sessionRoutes()
	s.commandRoutes()
	s.snapshotRoutes()
	s.recordRoutes()
	s.exportRoutes()
	s.searchRoutes()
	s.journalRoutes()
	s.replayRoutes()
	s.trackRoutes()
	s.aidRoutes()
	s.linkRoutes()
	s.drillRoutes()
	s.drillPlanRoutes()
	s.drillReportRoutes()
	s.claimRoutes()
	s.handoverRoutes()
	s.letterRoutes()
	s.reportRoutes()
	s.settingsRoutes()
	s.vocabularyRoutes()
	s.photoRoutes()
	s.adminRoutes()
	s.tileRoutes()
	s.tiandituRoutes()
	s.socketRoutes()
	s.deviceRoutes()
	s.healthRoutes()
	s.metricsRoutes()
	s.statusRoutes()
	s.authorityRoutes()
	s.consoleRoutes()
	if s.cfg.Routes != nil {
		s.cfg.Routes(Door{s})
	}
	s.components()
	s.mux.HandleFunc("GET /api/v1/openapi.json", s.openapi)
	s.mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, refusal(dispatch.NotFound, "没有这个接口："+r.Method+" "+r.URL.Path, "there is no such endpoint: "+r.Method+" "+r.URL.Path))
	})
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

func (s *Server) newID() string { return randomText(8) }

// randomText is 2n hexadecimal digits from the system's generator.
func randomText(n int) string {
	b := make([]byte, n)
	rand.Read(b) // never fails; it ends the program instead
	return hex.EncodeToString(b)
}
