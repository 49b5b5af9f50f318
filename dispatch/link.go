package dispatch

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"slices"
	"time"
)

// Link (联网) joins this server with a neighbouring region's. Each of the two
// administrators accepts the other's certificate; until both have, nothing
// passes. The neighbour is a client of the same journal and the same commands:
// it sees what the agency that stands for it here sees, and commands as that
// agency.
type Link struct {
	Head
	Name string `json:"name" doc:"of the neighbour, as people say it"`
	// Region is the agency, of type neighbour, that stands for the neighbour
	// here: what is shared with it is told, and what it owns is the neighbour's.
	Region string `json:"region" doc:"agency"`
	// Address is where the neighbour's door for links is, Certificate how it is
	// known: exactly this one, whoever signed it. Neither is a secret.
	Address     string    `json:"address,omitempty" doc:"host:port"`
	Certificate string    `json:"certificate,omitempty" doc:"PEM"`
	Fingerprint string    `json:"fingerprint" doc:"SHA-256 of the certificate, hexadecimal"`
	State       LinkState `json:"state" enum:"active,revoked"`
	// Cursor is how far the neighbour's journal has been heard. It is written
	// with what was heard, in one transaction, so a cut link resumes without loss
	// and nothing takes effect twice.
	Cursor Cursor `json:"cursor"`
	Reason string `json:"reason,omitempty" doc:"why it was revoked"`
}

// LinkState is where a link is on this side.
type LinkState string

// The states of a link.
const (
	LinkActive  LinkState = "active"  // 已接受
	LinkRevoked LinkState = "revoked" // 已撤销
)

// Cursor is a place in another server's journal.
type Cursor struct {
	Epoch string    `json:"epoch,omitempty" doc:"the life of that journal: another one after a restore"`
	Seq   int64     `json:"seq"`
	At    time.Time `json:"at,omitzero"`
}

// Origin says where a record is at home that a neighbour told of. Its home
// alone decides about it; here it is read, and what is done about it is sent
// there as a parcel.
type Origin struct {
	Link   string `json:"link"`
	Agency string `json:"agency,omitempty" doc:"name of the agency that owns it there"`
	Seq    int64  `json:"seq" doc:"of its home's journal, as of which it is shown"`
	// Waiting counts parcels about it that its home has not answered. Until then
	// it is shown as they would have it.
	Waiting int `json:"waiting,omitempty"`
	// Passed is the change of its home's journal that told of it last while a
	// parcel waited. It was not shown, so an answer that is older is asked for anew.
	Passed int64 `json:"passed,omitempty"`
	// Gone: its home shows it no longer. Nothing is done about it any more.
	Gone bool `json:"gone,omitempty"`
}

// Parcel (待发命令) is a command about a record of the neighbour's that waits
// until its home has carried it out or refused it.
type Parcel struct {
	Head
	Link     string          `json:"link"`
	Command  string          `json:"command"`
	Body     json.RawMessage `json:"body" doc:"the command's input"`
	Incident string          `json:"incident,omitempty"`
	Records  []Ref           `json:"records" doc:"the neighbour's records that it would change"`
	By       string          `json:"by" doc:"who gave it"`
	State    ParcelState     `json:"state" enum:"waiting,done,refused"`
	Refusal  string          `json:"refusal,omitempty" doc:"the home's reason"`
	// RefusalZH is the same in Chinese.
	RefusalZH string `json:"refusal_zh,omitempty"`
	Sent      Stamp  `json:"sent"`
	Settled   *Stamp `json:"settled,omitempty"`
}

// ParcelState is what has become of a parcel.
type ParcelState string

// The states of a parcel.
const (
	ParcelWaiting ParcelState = "waiting" // 等待对方
	ParcelDone    ParcelState = "done"    // 已执行
	ParcelRefused ParcelState = "refused" // 被拒绝
)

// Told is what a neighbour tells of one change of its journal.
type Told struct {
	Seq  int64        `json:"seq"`
	Kind string       `json:"kind"` // the command that made it
	By   string       `json:"by,omitempty"`
	Note string       `json:"note,omitempty"`
	Put  []ToldRecord `json:"put,omitempty"`
	Drop []Ref        `json:"drop,omitempty"`
}

// ToldRecord is a record as its home shows it to the neighbour.
type ToldRecord struct {
	Record json.RawMessage `json:"record"`
	Agency string          `json:"agency,omitempty"` // name of its owner there
	Tier   Tier            `json:"tier,omitempty"`
	Until  *time.Time      `json:"until,omitempty"` // when it ends by itself
}

// Linked lists the nouns that pass a link. People, devices, alarms and what is
// not yet an incident stay at home.
var Linked = []Kind{KindHazard, KindIncident, KindRequest, KindOffer, KindLoan, KindClaim, KindTeam, KindTask, KindEquipment, KindStock, KindNote}

// Tells tells whether the record passes a link: it is at home here, and no
// internal note. What a neighbour told never goes on to another.
func Tells(r Record) bool {
	if n, ok := r.(*Note); ok && n.Internal {
		return false
	}
	return slices.Contains(Linked, r.head().Kind) && r.head().Origin == nil
}

// abroad lists the commands that may be about a neighbour's record: they are
// sent to its home, which decides. What a neighbour may command here is the same
// list.
var abroad = []string{"offer.order", "offer.cancel", "loan.advance", "loan.ask", "loan.answer", "loan.cancel",
	"task.accept", "task.advance", "task.refuse", "task.checkin", "note.add", "equipment.commit", "equipment.return",
	"claim.check", "claim.assign_payer", "claim.approve", "claim.return", "claim.pay", "claim.close"}

// Abroad tells whether a neighbour may give the command.
func Abroad(name string) bool { return slices.Contains(abroad, name) }

// Peer is the neighbour at the other end of the link, acting for the person
// named; region is the agency that stands for it.
func Peer(realm Realm, l *Link, region *Agency, person string) Actor {
	name := l.Name
	if person != "" {
		name = firstWords(person) + "（" + l.Name + "）"
	}
	return Actor{ID: "link:" + l.ID, Name: name, Realm: realm, Role: RolePeer, Agency: region.ID, Home: region.Scope.Area}
}

// ReadCertificate reads one certificate in PEM and returns its fingerprint, the
// SHA-256 of its DER form in hexadecimal.
func ReadCertificate(text string) (*x509.Certificate, string, error) {
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" || len(rest) > 1 {
		return nil, "", invalid("certificate", "", "应为一份 PEM 格式的证书", "is one certificate in PEM", "-----BEGIN CERTIFICATE----- …")
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, "", invalid("certificate", "", "证书无法读取："+err.Error(), "cannot be read: "+err.Error())
	}
	return c, Fingerprint(c.Raw), nil
}

// Fingerprint is the SHA-256 of a certificate in DER form, in hexadecimal.
func Fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

func (l *Link) check() error {
	return firstError(checkText("name", l.Name, 1, 60), checkText("address", l.Address, 1, 120), checkText("reason", l.Reason, 0, 300))
}

func (l *Link) redacted() Record {
	c := *l
	c.Address, c.Certificate, c.Scope = "", "", l.Scope.public()
	return &c
}

func (p *Parcel) check() error {
	return firstError(checkText("by", p.By, 1, 80), checkRange("body", len(p.Body), 2, mostParcel))
}

func (p *Parcel) redacted() Record {
	c := *p
	c.Body, c.By, c.Scope = nil, "", p.Scope.public()
	c.Sent, c.Settled = *p.Sent.unsigned(), p.Settled.unsigned()
	return &c
}

// mostParcel bounds the body of a parcel, in bytes: a record has at most 8 KiB.
const mostParcel = 6 << 10
