package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	pkcs12 "software.sslmate.com/src/go-pkcs12"

	"liandong/cmd/liandong/demo"
	"liandong/dispatch"
	"liandong/geo"
	"liandong/migrations/pgtest"
)

// takClient is a TAK client written from the public frames alone.
type takClient struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

// takPackage reads a data package as a client does, and connects with what is in it.
func takPackage(t *testing.T, raw []byte) (address string, config *tls.Config) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	entry := func(key string) string {
		m := regexp.MustCompile(`key="` + key + `"[^>]*>([^<]*)<`).FindSubmatch(files["certs/server.pref"])
		if m == nil {
			t.Fatalf("the preferences tell no %s", key)
		}
		return string(m[1])
	}
	key, cert, err := pkcs12.Decode(files["certs/client.p12"], entry("clientPassword"))
	if err != nil && !strings.Contains(err.Error(), "expected exactly two") {
		t.Fatal(err)
	}
	if err != nil {
		if key, cert, _, err = pkcs12.DecodeChain(files["certs/client.p12"], entry("clientPassword")); err != nil {
			t.Fatal(err)
		}
	}
	trusted, err := pkcs12.DecodeTrustStore(files["certs/truststore.p12"], entry("caPassword"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	for _, c := range trusted {
		pool.AddCert(c)
	}
	host, ok := strings.CutSuffix(entry("connectString0"), ":ssl")
	if !ok {
		t.Fatalf("the connection is %s, want host:port:ssl", entry("connectString0"))
	}
	return host, &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key.(*ecdsa.PrivateKey)}}}
}

func dialTAK(t *testing.T, address string, config *tls.Config) *takClient {
	t.Helper()
	conn, err := tls.Dial("tcp", address, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	return &takClient{t, conn, bufio.NewReader(conn)}
}

func (c *takClient) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.conn, text); err != nil {
		c.t.Fatal(err)
	}
}

// until reads XML up to an event that holds the words.
func (c *takClient) until(words ...string) string {
	c.t.Helper()
	var event strings.Builder
	for {
		part, err := c.in.ReadString('>')
		if err != nil {
			c.t.Fatalf("no event with %q: %v", words, err)
		}
		event.WriteString(part)
		if !strings.HasSuffix(part, "</event>") {
			continue
		}
		if hasAll(event.String(), words) {
			return event.String()
		}
		event.Reset()
	}
}

// untilFrame reads protobuf frames up to one whose bytes hold the words.
func (c *takClient) untilFrame(words ...string) {
	c.t.Helper()
	for {
		magic, err := c.in.ReadByte()
		if err != nil || magic != 0xBF {
			c.t.Fatalf("a frame begins with %x (%v), want bf; looking for %q", magic, err, words)
		}
		n, err := binary.ReadUvarint(c.in)
		if err != nil {
			c.t.Fatal(err)
		}
		b := make([]byte, n)
		if _, err := io.ReadFull(c.in, b); err != nil {
			c.t.Fatal(err)
		}
		if hasAll(string(b), words) {
			return
		}
	}
}

func hasAll(s string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(s, w) {
			return false
		}
	}
	return true
}

// takEvent is an event of the client's, at 113.85 E 34.03 N.
func takEvent(uid, kind, detail string) string {
	at := time.Now().UTC()
	return fmt.Sprintf(`<?xml version="1.0"?>`+"\n"+`<event version="2.0" uid=%q type=%q how="m-g" time=%q start=%[3]q stale=%q><point lat="34.03" lon="113.85" hae="70" ce="5" le="9999999.0"/><detail>%s</detail></event>`,
		uid, kind, at.Format(time.RFC3339Nano), at.Add(time.Minute).Format(time.RFC3339Nano), detail)
}

const takSelf = `<takv device="PIXEL" platform="ATAK-CIV" os="34" version="5"/><contact callsign="X" endpoint="*:-1:stcp"/><track speed="2.5" course="90"/>`

// TestTAKClient: a client imports the data package that an administrator made, reports where it is,
// calls for help, changes to protobuf, writes to the desk, and is cut when its device is revoked.
func TestTAKClient(t *testing.T) {
	dsn := pgtest.New(t)
	s := start(t, t.TempDir(), dsn, pgtest.Admin(t, dsn), "--demo", "--no-live", "--cot-tls", "127.0.0.1:0")
	admin := s.roleOf(dispatch.RoleAdmin)
	s.signIn(admin)
	team := s.firstTeam()
	device := s.command("device.save", dispatch.DeviceSave{Name: "平板一", Protocol: "cot", Team: team})
	status, pack := s.send("/api/v1/devices/"+device+"/package", nil)
	if status != http.StatusOK {
		t.Fatalf("no data package: %d %s", status, pack)
	}
	address, config := takPackage(t, pack)

	c := dialTAK(t, address, config)
	c.until("t-x-takp-v", `version="1"`)
	c.send(takEvent("ANDROID-1", "a-f-G-U-C", takSelf))
	c.send(takEvent("ping", "t-x-c-t", ""))
	c.until("t-x-c-t-r")
	c.send(takEvent("GeoChat.ANDROID-1.All Chat Rooms.1", "b-t-f", `<__chat chatroom="All Chat Rooms" id="All Chat Rooms" messageId="1"/><remarks>到了</remarks>`))
	c.until("b-t-f", "本队目前没有任务")
	c.send(takEvent("GeoChat.ANDROID-1.ANDROID-2.2", "b-t-f", `<__chat chatroom="Y" id="ANDROID-2" messageId="2"/><remarks>私聊</remarks>`))
	c.until("b-t-f", "消息未送达")
	for range 3 { // clients repeat it
		c.send(takEvent("ANDROID-1-9-1-1", "b-a-o-tbl", `<emergency type="911 Alert">X</emergency>`))
	}
	c.send(takEvent("protouid", "t-x-takp-q", `<TakControl><TakRequest version="1"/></TakControl>`))
	c.until("t-x-takp-r", `status="true"`)
	c.send("\xBF\x40" + "\x12\x3E\x0A\x07t-x-c-t\x2A\x04ping\x30\x01\x38\x01\x40\x01\x4A\x01h" + strings.Join([]string{"Q", "Y", "a", "i"}, "\x00\x00\x00\x00\x00\x00\x00\x00") + "\x00\x00\x00\x00\x00\x00\x00\x00" + "\x7A\x00")
	c.untilFrame("t-x-c-t-r")

	var got dispatch.Team
	s.read("/api/v1/records/team/"+team, &got)
	if got.Distress == nil || got.Distress.By != "平板一" || got.Distress.Place == nil || got.Distress.Place.Point.Lon() != 113.85 {
		t.Errorf("the distress is %+v, want one of 平板一 at 113.85", got.Distress)
	}
	var told struct {
		Devices []struct {
			Device string `json:"device"`
			Shown  int    `json:"shown"`
		} `json:"devices"`
	}
	s.read("/api/v1/admin/devices", &told)
	if !slices.ContainsFunc(told.Devices, func(d struct {
		Device string `json:"device"`
		Shown  int    `json:"shown"`
	}) bool {
		return d.Device == device && d.Shown == 1
	}) {
		t.Errorf("the lane was not told the position once: %+v", told)
	}

	_, page := s.call(http.MethodGet, "/metrics", "")
	for _, want := range []string{`liandong_device_connections{protocol="cot"} 1`, `liandong_device_frames_total{kind="position",protocol="cot"} 1`, `liandong_device_frames_total{kind="distress",protocol="cot"} 3`,
		`liandong_device_frames_total{kind="chat",protocol="cot"} 2`, `liandong_device_refused_total{protocol="cot",reason="chat_direct"} 1`} {
		if !strings.Contains(page, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}

	s.command("device.revoke", dispatch.DeviceRef{Device: device, Reason: "丢失"})
	if _, err := io.Copy(io.Discard, c.in); err != nil && strings.Contains(err.Error(), "timeout") {
		t.Error("a revoked device's connection stays open")
	}
	again, err := tls.Dial("tcp", address, config)
	if err == nil {
		_ = again.SetDeadline(time.Now().Add(30 * time.Second))
		if n, err := again.Read(make([]byte, 1)); n != 0 || err == nil {
			t.Error("a revoked device is served again")
		}
		again.Close()
	}
}

// TestTAKClientSeesFellows: a client sees another team as a contact while both are at work on one
// incident, and loses it when the other's task ends.
func TestTAKClientSeesFellows(t *testing.T) {
	dsn := pgtest.New(t)
	s := start(t, t.TempDir(), dsn, pgtest.Admin(t, dsn), "--demo", "--no-live", "--cot-tls", "127.0.0.1:0")
	s.signIn(s.roleOf(dispatch.RoleAdmin))
	teams := s.availableTeams()
	own, other := teams[0], teams[1]
	device := s.command("device.save", dispatch.DeviceSave{Name: "平板一", Protocol: "cot", Team: own})
	_, pack := s.send("/api/v1/devices/"+device+"/package", nil)
	address, config := takPackage(t, pack)
	phone := s.command("device.save", dispatch.DeviceSave{Name: "手机二", Protocol: "osmand", Team: other})
	token := s.token(phone)

	s.signIn(s.roleOf(dispatch.RoleDispatcher))
	p := geo.At(113.85, 34.03)
	incident := s.command("incident.open", dispatch.IncidentOpen{Type: "12G03", Title: "民房起火", Place: dispatch.Place{Point: &p}, Verified: true})
	assign := func(team string) {
		s.command("task.assign", dispatch.TaskAssign{Incident: incident, Team: team})
	}
	if status, body := s.call(http.MethodGet, fmt.Sprintf("/devices/osmand?id=%s&lat=34.031&lon=113.852&timestamp=%d", token, time.Now().Unix()), ""); status != http.StatusOK {
		t.Fatalf("the other's position: %d %s", status, body)
	}
	assign(own)
	c := dialTAK(t, address, config)
	c.until("t-x-takp-v", `version="1"`)
	c.until("b-m-p-s-m", "liandong.incident."+incident) // its picture is there, without the other
	assign(other)
	var fellow dispatch.Team
	s.read("/api/v1/records/team/"+other, &fellow)
	contact := c.until("a-f-G", "liandong.team."+other, fellow.CallSign, `lat="34.031"`)
	if fellow.Phone == "" || strings.Contains(contact, fellow.Phone) || strings.Contains(contact, fellow.Leader) {
		t.Errorf("of %q and %q the contact tells %s", fellow.Leader, fellow.Phone, contact)
	}
	s.command("task.cancel", dispatch.TaskEnd{Task: fellow.Task, Reason: "不需要了"})
	c.until("t-x-d-d", "liandong.team."+other)
}

// roleOf is a demo account with the role.
func (s *served) roleOf(role dispatch.Role) string {
	s.t.Helper()
	for _, a := range demo.Accounts() {
		if len(a.Roles) > 0 && a.Roles[0] == role {
			return a.Login
		}
	}
	s.t.Fatalf("no demo account is a %s", role)
	return ""
}

// firstTeam is a team that the signed-in account keeps.
func (s *served) firstTeam() string {
	s.t.Helper()
	return s.availableTeams()[0]
}

// availableTeams are two or more of them.
func (s *served) availableTeams() []string {
	s.t.Helper()
	var out []string
	_, body := s.call(http.MethodGet, "/api/v1/snapshot", "")
	for line := range strings.Lines(body) {
		var r struct{ Kind, ID, Status string }
		if json.Unmarshal([]byte(line), &r) == nil && r.Kind == "team" && r.Status == "available" {
			out = append(out, r.ID)
		}
	}
	if len(out) < 2 {
		s.t.Fatal("no two teams are available")
	}
	return out
}

// command carries out a command and returns the id of the record it is about, else of the last it put.
func (s *served) command(name string, in any) string {
	s.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		s.t.Fatal(err)
	}
	status, answer := s.send("/api/v1/commands/"+name, body)
	var done struct{ Put []struct{ Kind, ID string } }
	if err := json.Unmarshal(answer, &done); err != nil || status != http.StatusOK || len(done.Put) == 0 {
		s.t.Fatalf("%s: %d %s", name, status, answer)
	}
	for _, p := range done.Put {
		if strings.HasPrefix(name, p.Kind+".") {
			return p.ID
		}
	}
	return done.Put[len(done.Put)-1].ID
}

// token makes a device's token anew.
func (s *served) token(device string) string {
	s.t.Helper()
	status, answer := s.send("/api/v1/commands/device.token", []byte(`{"device":"`+device+`"}`))
	var done struct{ Secret string }
	if err := json.Unmarshal(answer, &done); err != nil || status != http.StatusOK || done.Secret == "" {
		s.t.Fatalf("no token: %d %s", status, answer)
	}
	return done.Secret
}

// send posts with a key of its own.
func (s *served) send(path string, body []byte) (int, []byte) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.base+path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-CSRF", s.csrf)
	req.Header.Set("Idempotency-Key", newID())
	res, err := s.http.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	all, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, all
}

func (s *served) read(path string, to any) {
	s.t.Helper()
	status, body := s.call(http.MethodGet, path, "")
	if err := json.Unmarshal([]byte(body), to); err != nil || status != http.StatusOK {
		s.t.Fatalf("%s: %d %.300s", path, status, body)
	}
}
