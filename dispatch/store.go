package dispatch

import (
	"context"
	"time"

	"liandong/geo"
)

// Store keeps the records and the journal. dispatch/pgstore is the one there
// is.
type Store interface {
	Reader

	// Command runs do in one transaction and then, in this order, writes the
	// rows of the change do returned (puts, drops), its ledger moves, the
	// idempotency key and, last of all, the journal row, which travels with
	// COMMIT. It fills Seq.
	//
	// When the same actor used the key before for a command with the same
	// hash, do is not run and the change of that time comes back, replayed
	// true; with another hash the error is Reused. When do returns an error
	// nothing is written.
	Command(ctx context.Context, key Key, do func(ctx context.Context, tx Tx) (*Change, error)) (c *Change, replayed bool, err error)

	// Snapshot reads all that the onlooker sees on the board, in one state of the
	// journal: first where it stands, then the records kind by kind. It returns
	// when the first share ends by which something is seen; the zero time is never.
	Snapshot(ctx context.Context, by Onlooker, head func(SnapshotHead) error, each func(Record) error) (ends time.Time, err error)

	// PictureAt reads what was on the realm's board right after the change: every
	// record whole. Invalid or NotFound, field seq, where that cannot be told.
	PictureAt(ctx context.Context, realm Realm, seq int64) ([]Record, error)
	// Changes returns the changes after seq, in order, at most limit of them.
	Changes(ctx context.Context, realm Realm, after int64, limit int) ([]*Change, error)

	// Due lists unarchived records whose Index.Due has come, earliest first.
	Due(ctx context.Context, realm Realm, at time.Time, limit int) ([]Due, error)
}

// Due is a record that the server must look at by itself.
type Due struct {
	Ref Ref
	At  time.Time
}

// Key is a command's idempotency key.
type Key struct {
	Realm Realm
	ID    string
	Actor string
	Hash  [32]byte // SHA-256 of the command's name and body
}

// Reader reads records as they are now. A nil Query.Audience reads all.
type Reader interface {
	// Get returns NotFound when there is no such record or the audience (nil:
	// all) does not see it. What comes back is already redacted.
	Get(ctx context.Context, realm Realm, ref Ref, by *Onlooker) (Record, error)
	// Find returns the records of one kind that match, already redacted, in
	// the order that the query says.
	Find(ctx context.Context, q Query) ([]Record, error)
	// AreaAt returns the code of the smallest division that holds the point,
	// "" when none does.
	AreaAt(ctx context.Context, realm Realm, p geo.Point) (string, error)
	// Shape is an area's polygon as it is stored; NotFound where it has none.
	Shape(ctx context.Context, realm Realm, area string) (geo.MultiPolygon, error)
	// SeqAt is the realm's last change at or before the moment on its clock; 0
	// where there is none.
	SeqAt(ctx context.Context, realm Realm, at time.Time) (int64, error)
}

// Tx is what a command may do inside its transaction.
type Tx interface {
	Reader
	// Lock loads the records FOR UPDATE, whatever the order asked for always
	// in lock order (Kinds, then ID), and returns them in the order asked for.
	// NotFound when one is missing.
	Lock(ctx context.Context, realm Realm, refs ...Ref) ([]Record, error)
	// Trail returns the changes that touch the incident and hold one of the
	// texts, in order, at most limit of them: those of one loan or task are few
	// among the many of an incident.
	Trail(ctx context.Context, realm Realm, incident string, texts []string, limit int) ([]*Change, error)
	// Last is the realm's last change and its moment on the realm's clock; 0 and
	// the zero time where there is none.
	Last(ctx context.Context, realm Realm) (int64, time.Time, error)
	// Due tells whether anything of the realm falls due after the one moment and at
	// or before the other.
	Due(ctx context.Context, after, until time.Time) (bool, error)
	// CopyBeside copies what another realm keeps beside its records: the polygons
	// of the areas that are here too, how far numbers are counted, and where the
	// teams named were last at the moment on that realm's clock.
	CopyBeside(ctx context.Context, from Realm, at time.Time, teams []string) error
	// Stood is where the team was last kept to have been; nil where nobody knows.
	Stood(ctx context.Context, realm Realm, team string) (*geo.Point, error)
	// NextNumber counts incidents per realm and local day.
	NextNumber(ctx context.Context, realm Realm, day string) (int, error)
	// PutBulk writes many records at once (an import). They are not in the
	// change, which carries Reset, and names them in Bulk for those who replay it.
	PutBulk(ctx context.Context, records []Record) error
	// SetLogin keeps the account of a person: the name to sign in with (""
	// takes it away) and whether it may sign in. Invalid, field login, when
	// the name is taken.
	SetLogin(ctx context.Context, person, login string, locked bool) error
	// Unlock forgets failed sign-ins.
	Unlock(ctx context.Context, person string) error
	// SetPassword stores the hash of a person's password; must asks for a new
	// one at the next sign-in. It unlocks the account and ends its sessions.
	SetPassword(ctx context.Context, person, hash string, must bool) error
	// EndSessions signs the person out everywhere.
	EndSessions(ctx context.Context, person string) error
	// SetToken stores the SHA-256 of a device's token.
	SetToken(ctx context.Context, realm Realm, device string, sha256 []byte) error
	// SetShape stores an area's polygon.
	SetShape(ctx context.Context, realm Realm, area string, shape geo.MultiPolygon) error
}

// Query asks for records of one kind.
type Query struct {
	Realm    Realm
	Kind     Kind
	Audience *Onlooker
	IDs      []string
	Incident string
	Team     string
	Agency   string
	States   []string
	// Text matches names, numbers, call signs and pinyin initials.
	Text string
	// Near sorts by distance and keeps what lies within Meters of Point.
	Near *Near
	// Inside is a division-code prefix.
	Inside string
	Bound  *geo.Bound
	// Since keeps what was updated at or after it.
	Since time.Time
	// Archived also reads what has left the board.
	Archived bool
	// After is the last id of the page before; Limit is 1 to 1000, 0 means
	// 100; negative means no limit and is for the house itself.
	After string
	Limit int
}

// Near is a place and how far around it, in metres.
type Near struct {
	Point  geo.Point
	Meters float64
}

// Index is what SQL has to know of a record to find, fence and order it; the
// rest is the document.
type Index struct {
	State    string
	Incident string
	Team     string
	Text     string // what search looks through
	Point    *geo.Point
	Due      *time.Time // when the server must look at it again by itself
	Unique   string     // unique within realm and kind when not empty
	Quantity *int       // never below zero
}

// Indexed returns the record's index.
//
// What is due about a neighbour's record is its home's to do, and its numbers and
// call signs are unique there.
func Indexed(r Record) Index {
	x := r.index()
	if r.head().Origin != nil {
		x.Due, x.Unique = nil, ""
	}
	return x
}

// Use is one entry of the ledger: a resource promised to one use from now, on
// the database's clock, until it is ended. The database refuses two exclusive
// uses that overlap.
type Use struct {
	Resource Ref // team or equipment
	For      Ref // task or incident
}

// Move is a quantity taken from (negative) or added to a stock.
type Move struct {
	Stock    string
	Delta    int
	Incident string
}
