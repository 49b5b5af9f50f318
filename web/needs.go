package web

import (
	"context"
	"time"

	"liandong/dispatch"
)

// Store is all that the door asks of the database beside dispatch.Service, in parts.
type Store interface {
	dispatch.Reader
	Accounts
	Devices
	Snapshots
	Journal
	Pictures
	Tiles
	Photos
	Tracks
	Reports
	Claims
	Keeper
}

// Accounts knows who may sign in and who is signed in. What is missing is a *dispatch.Error with
// the code NotFound. Every time is the caller's.
type Accounts interface {
	AccountByLogin(ctx context.Context, login string) (dispatch.Account, error)
	Account(ctx context.Context, person string) (dispatch.Account, error)
	// Accounts lists all, without their hashes.
	Accounts(ctx context.Context) ([]dispatch.Account, error)
	// CountFailure counts a wrong password and locks the account until the time given when there
	// have been most of them.
	CountFailure(ctx context.Context, person string, most int, until time.Time) (failed int, err error)
	// StartSession also forgets the failures and the lock.
	StartSession(ctx context.Context, s dispatch.Session) error
	SignedIn(ctx context.Context, token [32]byte) (dispatch.SignedIn, error)
	TouchSession(ctx context.Context, token [32]byte, at time.Time) error
	SetSessionRole(ctx context.Context, token [32]byte, role dispatch.Role) error
	// SetSessionRealm takes the session into a drill, or back: then liveRole is "".
	SetSessionRealm(ctx context.Context, token [32]byte, realm dispatch.Realm, role, liveRole dispatch.Role) error
	// Drills lists the drills, the newest first, each with the person's part in it; who may know of
	// one, dispatch.Joins tells.
	Drills(ctx context.Context, person string) ([]dispatch.DrillOf, error)
	// Improvements lists what the actor of the realm live has to improve after drills, and what is
	// improved after those that it follows.
	Improvements(ctx context.Context, a dispatch.Actor, follows []dispatch.Realm) ([]dispatch.ImprovementOf, error)
	EndSession(ctx context.Context, token [32]byte) error
	// ChangePassword ends the person's other sessions.
	ChangePassword(ctx context.Context, person, hash string, keep [32]byte) error
	SaveAudit(ctx context.Context, a dispatch.Audit) error
}

// Devices knows the devices by the SHA-256 of their tokens.
type Devices interface {
	DeviceByToken(ctx context.Context, sha256 [32]byte) (*dispatch.Device, dispatch.Realm, error)
}

// Snapshots reads everything an audience sees, in one transaction: first where the journal stands,
// then every record on the board, by kind and id. It returns when the first share ends by which
// something is seen; the zero time is never.
type Snapshots interface {
	Snapshot(ctx context.Context, au dispatch.Onlooker, head func(dispatch.SnapshotHead) error, each func(dispatch.Record) error) (ends time.Time, err error)
}

// Journal reads the record of the process.
type Journal interface {
	Head(ctx context.Context, realm dispatch.Realm) (int64, error)
	Epoch(ctx context.Context) (string, error)
	// Sender is a name of this house that no other has and that outlives restores: it makes the IDs of
	// messages unique among all senders.
	Sender(ctx context.Context) (string, error)
	Changes(ctx context.Context, realm dispatch.Realm, after int64, limit int) ([]*dispatch.Change, error)
	// IncidentChanges is Changes for those that touch the incident: its record, tasks, notes, reports, alarms.
	IncidentChanges(ctx context.Context, realm dispatch.Realm, incident string, after int64, limit int) ([]*dispatch.Change, error)
}

// Pictures tells past moments of a realm.
type Pictures interface {
	// ReplaySpan tells from which change to which; Now is the caller's.
	ReplaySpan(ctx context.Context, realm dispatch.Realm) (dispatch.ReplaySpan, error)
	// Moment is when the change was; NotFound, field seq.
	Moment(ctx context.Context, realm dispatch.Realm, seq int64) (dispatch.Moment, error)
	// SeqAt is the last change at or before a moment of the realm's clock, 0 where there is none.
	SeqAt(ctx context.Context, realm dispatch.Realm, at time.Time) (int64, error)
	// Picture is all that was on the board right after the change. NotFound, field seq, where that is
	// no longer told.
	Picture(ctx context.Context, realm dispatch.Realm, seq int64) (dispatch.Picture, error)
	// Fold brings a picture from one change to a later one.
	Fold(ctx context.Context, realm dispatch.Realm, p dispatch.Picture, from, seq int64) error
	// ChangesOf is Changes for those made by one of the commands, up to the change until.
	ChangesOf(ctx context.Context, realm dispatch.Realm, after, until int64, commands []string, limit int) ([]*dispatch.Change, error)
	// Scopes are those of today, of records archived or not; what is not there is missing.
	Scopes(ctx context.Context, realm dispatch.Realm, refs []dispatch.Ref) (map[dispatch.Ref]dispatch.Scope, error)
	// Tracks is where teams were, by team and time.
	Tracks(ctx context.Context, q dispatch.TracksQuery) ([]dispatch.Position, error)
}

// Tiles draws the grid areas as vector tiles; the version changes with the polygons.
type Tiles interface {
	AreaTile(ctx context.Context, z, x, y int) ([]byte, error)
	AreasVersion(ctx context.Context) (int64, error)
}

// Photos keeps uploaded pictures.
type Photos interface {
	SavePhoto(ctx context.Context, p dispatch.Photo) error
	Photo(ctx context.Context, realm dispatch.Realm, id string) (dispatch.Photo, error)
	// PhotoSeen tells whether the onlooker sees a note that shows the photo.
	PhotoSeen(ctx context.Context, by dispatch.Onlooker, id string) (bool, error)
}

// Tracks reads where teams have been.
type Tracks interface {
	Track(ctx context.Context, q dispatch.TrackQuery) ([]dispatch.Position, error)
}

// Reports computes the response times of a span.
type Reports interface {
	Report(ctx context.Context, realm dispatch.Realm, from, to time.Time) (dispatch.ResponseReport, error)
}

// Claims sums what is claimed.
type Claims interface {
	ClaimTotals(ctx context.Context, q dispatch.ClaimQuery) (dispatch.ClaimTotals, error)
}

// Keeper tells whether the database answers.
type Keeper interface {
	Ping(ctx context.Context) error
}
