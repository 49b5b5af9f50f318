package dispatch

import (
	"cmp"
	"iter"
	"slices"
	"time"
)

// Kind names a noun. It is the same word in Go, SQL, TypeScript and addresses.
type Kind string

// The nouns, in the fixed order in which a transaction locks them.
const (
	// A drill is locked before all that is done in it.
	KindDrill     Kind = "drill"
	KindPart      Kind = "part"
	KindObjective Kind = "objective"
	KindInject    Kind = "inject"
	KindSim       Kind = "sim"

	KindAgency Kind = "agency"
	KindArea   Kind = "area"
	KindPerson Kind = "person"
	KindLink   Kind = "link"
	// An agreement is locked before all that it lets others see.
	KindAgreement  Kind = "agreement"
	KindActivation Kind = "activation"
	KindDepot      Kind = "depot"
	KindHazard     Kind = "hazard"
	KindReport     Kind = "report"
	KindIncident   Kind = "incident"
	KindFence      Kind = "fence"
	KindRequest    Kind = "request"
	KindOffer      Kind = "offer"
	KindLoan       Kind = "loan"
	// A requisition is locked before the resource that it takes.
	KindRequisition Kind = "requisition"
	KindLetter      Kind = "letter"
	KindRate        Kind = "rate"
	KindClaim       Kind = "claim"
	KindTeam        Kind = "team"
	KindTask        Kind = "task"
	KindEquipment   Kind = "equipment"
	KindStock       Kind = "stock"
	KindDevice      Kind = "device"
	KindNote        Kind = "note"
	KindStay        Kind = "stay"
	KindAlarm       Kind = "alarm"
	KindParcel      Kind = "parcel"

	KindObservation Kind = "observation"
	KindImprovement Kind = "improvement"
)

// Kinds lists every noun in lock order.
var Kinds = []Kind{
	KindDrill, KindPart, KindObjective, KindInject, KindSim,
	KindAgency, KindArea, KindPerson, KindLink, KindAgreement, KindActivation, KindDepot, KindHazard, KindReport, KindIncident, KindFence, KindRequest, KindOffer, KindLoan, KindRequisition, KindLetter, KindRate, KindClaim,
	KindTeam, KindTask, KindEquipment, KindStock, KindDevice, KindNote, KindStay, KindAlarm, KindParcel,
	KindObservation, KindImprovement,
}

// Realm separates what is real from what is practised: "live", or
// "drill:<id>". It is part of every record's identity.
type Realm string

// Live is the realm of real work.
const Live Realm = "live"

// Ref names one record within a realm.
type Ref struct {
	Kind Kind   `json:"kind"`
	ID   string `json:"id"`
}

// Head is what every record carries.
type Head struct {
	Kind Kind   `json:"kind" doc:"the noun"`
	ID   string `json:"id" doc:"unique within the realm"`
	// Version counts edits of the content, from 1. Derived fields and sharing
	// move without it, so that a tap in the field never makes an edit at the
	// desk stale.
	Version int64     `json:"version"`
	Scope   Scope     `json:"scope"`
	Created time.Time `json:"created"`
	Updated time.Time `json:"updated"`
	// Origin is set where the record is at home on a neighbour's server.
	Origin *Origin `json:"origin,omitempty"`
}

// Record is one noun's row, whole.
type Record interface {
	head() *Head
	// check returns an Invalid error that names the first bad field.
	check() error
	// redacted returns a copy without what an actor of a redacted view must not read.
	redacted() Record
	index() Index
}

func (h *Head) head() *Head { return h }

// HeadOf gives access to a record's head.
func HeadOf(r Record) *Head { return r.head() }

// RefOf names the record.
func RefOf(r Record) Ref { h := r.head(); return Ref{h.Kind, h.ID} }

// Scope says whose a record is, where it is and with whom it is shared: all
// that visibility needs, and nothing else.
type Scope struct {
	// Agency owns the record. Empty means the whole house (areas).
	Agency string `json:"agency,omitempty"`
	// Area is the administrative division code (GB/T 2260 and its extension,
	// 2 to 12 digits) in which the record lies; a prefix match is the
	// jurisdiction test.
	Area string `json:"area,omitempty"`
	// Shares lists the agencies that may see it beside the owner, sorted; one
	// agency may have several, each for a reason of its own.
	Shares []Share `json:"shares,omitempty"`
	// Reach is a division-code prefix: the desks of all agencies that are at home
	// in that division see the record and may help, as with an assist share. A
	// request for help reaches a whole county by it, and not by a list of agencies.
	Reach string `json:"reach,omitempty"`
	// Teams lists the teams that are on it, sorted: their leaders see it. On a
	// team it lists its fellows, whose leaders see where it is.
	Teams []string `json:"teams,omitempty"`
	// Open records are reference data that every signed-in person sees, at
	// least redacted (areas, agencies, depots, teams of the common pool).
	Open bool `json:"open,omitempty"`
	// Admin records are seen by administrators of the scope only (devices).
	Admin bool `json:"admin,omitempty"`
}

// Tier is how much a share allows.
type Tier string

// The tiers of a share.
const (
	TierView   Tier = "view"   // read
	TierAssist Tier = "assist" // read, add notes, send own teams
)

// Share lets one agency see a record that is not its own. A share never lets
// the receiver share onward.
type Share struct {
	Agency string `json:"agency"`
	Tier   Tier   `json:"tier" enum:"view,assist"`
	// Redacted shares hide personal data and internal notes.
	Redacted bool `json:"redacted,omitempty"`
	// Source says why the share exists, By what made it: the agreement's id, or
	// the name of the person who shared by hand.
	Source ShareSource `json:"source" enum:"manual,task,loan,link,agreement,range"`
	By     string      `json:"by,omitempty"`
	// Until is when it ends by itself; from then on it gives nothing, whether or
	// not it has been taken away yet.
	Until *time.Time `json:"until,omitempty"`
}

// holds tells whether the share gives anything at the moment. Nobody is shown
// anything for a limited time who does not say what time it is.
func (sh Share) holds(at time.Time) bool {
	return sh.Until == nil || !at.IsZero() && at.Before(*sh.Until)
}

func (sh Share) equal(o Share) bool {
	a, b := sh.Until, o.Until
	sh.Until, o.Until = nil, nil
	return sh == o && (a == nil) == (b == nil) && (a == nil || a.Equal(*b))
}

// reason orders shares, and tells which is replaced by another.
func (sh Share) reason(o Share) int {
	by := func(s Share) string {
		if s.Source == ShareAgreement {
			return s.By
		}
		return ""
	}
	return cmp.Or(compare(sh.Agency, o.Agency), compare(string(sh.Source), string(o.Source)), compare(by(sh), by(o)))
}

// ShareSource says how a share came about.
type ShareSource string

// Where shares come from.
const (
	ShareManual    ShareSource = "manual"    // a person shared it by hand
	ShareTask      ShareSource = "task"      // one of the agency's teams is on it, or in it
	ShareLoan      ShareSource = "loan"      // the agency asks for it, offers it, has it on loan or by requisition, or lost it by one
	ShareLink      ShareSource = "link"      // the agency keeps the link over which it came
	ShareAgreement ShareSource = "agreement" // an agreement of its owner with the agency says so
	ShareRange     ShareSource = "range"     // a request reaches the agency, which is near
)

// held yields the agency's shares that give something at the moment.
func (s Scope) held(agency string, at time.Time) iter.Seq[Share] {
	return func(yield func(Share) bool) {
		for _, sh := range s.Shares {
			if sh.Agency == agency && sh.holds(at) && !yield(sh) {
				return
			}
		}
	}
}

// shows tells whether a share shows the agency anything at the moment.
func (s Scope) shows(agency string, at time.Time) bool {
	for range s.held(agency, at) {
		return true
	}
	return false
}

// with returns a copy of s that also lists the share, in the place of one for
// the same reason. Shares for several reasons stand beside each other: the end
// of one takes nothing that another gives.
func (s Scope) with(sh Share) Scope {
	if sh.Agency == s.Agency {
		return s
	}
	out := s
	out.Shares = slices.Clone(s.Shares)
	i, found := slices.BinarySearchFunc(out.Shares, sh, Share.reason)
	if found {
		out.Shares[i] = sh
	} else {
		out.Shares = slices.Insert(out.Shares, i, sh)
	}
	return out
}

func (s Scope) without(agency string, source ShareSource) Scope {
	return s.less(func(sh Share) bool { return sh.Agency == agency && sh.Source == source })
}

// less returns a copy of s without the shares that are picked.
func (s Scope) less(gone func(Share) bool) Scope {
	out := s
	out.Shares = slices.DeleteFunc(slices.Clone(s.Shares), gone)
	if len(out.Shares) == 0 {
		out.Shares = nil
	}
	return out
}

// Lasts is until when the agency sees what it sees now, where it does so for a
// time only; nil where some reason has no end. home is the agency's home area.
func (s Scope) Lasts(agency, home string, at time.Time) *time.Time {
	if s.Agency == agency || within(home, s.Reach) {
		return nil
	}
	var last *time.Time
	for sh := range s.held(agency, at) {
		if sh.Until == nil {
			return nil
		}
		if last == nil || sh.Until.After(*last) {
			last = sh.Until
		}
	}
	return last
}

// Ends is when the first of the shares that hold at the moment ends by itself:
// until then the scope means the same. The zero time is never.
func (s Scope) Ends(at time.Time) time.Time {
	var first time.Time
	for _, sh := range s.Shares {
		if sh.Until != nil && sh.holds(at) && (first.IsZero() || sh.Until.Before(first)) {
			first = *sh.Until
		}
	}
	return first
}

// due is when the server has to take a share by hand away; those by agreement
// go with their agreement.
func (s Scope) due() *time.Time {
	var first *time.Time
	for _, sh := range s.Shares {
		if sh.Source == ShareManual {
			first = earliest(first, sh.Until)
		}
	}
	return first
}

func (s Scope) withTeam(team string) Scope {
	out := s
	if !slices.Contains(s.Teams, team) {
		out.Teams = append(slices.Clone(s.Teams), team)
		slices.Sort(out.Teams)
	}
	return out
}

func (s Scope) withoutTeam(team string) Scope {
	out := s
	out.Teams = slices.DeleteFunc(slices.Clone(s.Teams), func(t string) bool { return t == team })
	if len(out.Teams) == 0 {
		out.Teams = nil
	}
	return out
}

// Equal tells whether the two scopes mean the same audience.
func (s Scope) Equal(o Scope) bool {
	return s.Agency == o.Agency && s.Area == o.Area && s.Reach == o.Reach && s.Open == o.Open && s.Admin == o.Admin &&
		slices.EqualFunc(s.Shares, o.Shares, Share.equal) && slices.Equal(s.Teams, o.Teams)
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Stamp is a moment of a milestone. It is write-once: a correction is a new
// note, never a rewrite.
type Stamp struct {
	// At is when the server received it, on the realm's clock.
	At time.Time `json:"at"`
	// Event is when it happened by the device's or the log's own clock, where
	// that was told; it is kept beside At and never replaces it.
	Event *time.Time `json:"event,omitempty"`
	By    string     `json:"by,omitempty" doc:"name of the person, device or process"`
	// Via is "desk" when the desk entered it on behalf of a team on the radio.
	Via string `json:"via,omitempty"`
}

// stampOnce notes that the state was reached, where it never was before. A
// neighbour may have told a record without any stamps.
func stampOnce[S comparable](stamps *map[S]Stamp, state S, s Stamp) {
	if *stamps == nil {
		*stamps = map[S]Stamp{}
	}
	if _, have := (*stamps)[state]; !have {
		(*stamps)[state] = s
	}
}

// When is the event time where told, else the receive time.
func (s Stamp) When() time.Time {
	if s.Event != nil {
		return *s.Event
	}
	return s.At
}

// unsigned is the stamp without its name; nil stays nil.
func (s *Stamp) unsigned() *Stamp {
	if s == nil {
		return nil
	}
	c := *s
	c.By = ""
	return &c
}

// unsigned copies stamps without their names.
func unsigned[S ~string](stamps map[S]Stamp) map[S]Stamp {
	if stamps == nil {
		return nil
	}
	out := make(map[S]Stamp, len(stamps))
	for k, s := range stamps {
		out[k] = *s.unsigned()
	}
	return out
}

// New returns an empty record of the kind, to decode into.
func New(k Kind) (Record, bool) {
	switch k {
	case KindDrill:
		return new(Drill), true
	case KindPart:
		return new(Part), true
	case KindObjective:
		return new(Objective), true
	case KindInject:
		return new(Inject), true
	case KindSim:
		return new(Sim), true
	case KindAgency:
		return new(Agency), true
	case KindArea:
		return new(Area), true
	case KindPerson:
		return new(Person), true
	case KindDepot:
		return new(Depot), true
	case KindHazard:
		return new(Hazard), true
	case KindReport:
		return new(Report), true
	case KindIncident:
		return new(Incident), true
	case KindTeam:
		return new(Team), true
	case KindTask:
		return new(Task), true
	case KindEquipment:
		return new(Equipment), true
	case KindStock:
		return new(Stock), true
	case KindDevice:
		return new(Device), true
	case KindNote:
		return new(Note), true
	case KindFence:
		return new(Fence), true
	case KindRequest:
		return new(Request), true
	case KindOffer:
		return new(Offer), true
	case KindLoan:
		return new(Loan), true
	case KindAgreement:
		return new(Agreement), true
	case KindActivation:
		return new(Activation), true
	case KindRequisition:
		return new(Requisition), true
	case KindLetter:
		return new(Letter), true
	case KindRate:
		return new(Rate), true
	case KindClaim:
		return new(Claim), true
	case KindStay:
		return new(Stay), true
	case KindAlarm:
		return new(Alarm), true
	case KindLink:
		return new(Link), true
	case KindParcel:
		return new(Parcel), true
	case KindObservation:
		return new(Observation), true
	case KindImprovement:
		return new(Improvement), true
	}
	return nil, false
}

// public is what a redacted view tells of a scope: whose and where.
func (s Scope) public() Scope { return Scope{Agency: s.Agency, Area: s.Area, Open: s.Open} }
