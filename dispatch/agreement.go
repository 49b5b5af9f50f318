package dispatch

import (
	"slices"
	"strings"
	"time"
)

// Agreement (共享协议) is what two or more agencies agreed to let each other
// see. It is in force while every party consents, each by its own officer, and
// as long as it is valid; what it lets others see then carries a share of the
// source agreement. It covers what the parties own and nothing else, so that
// what one was shown by one partner is never shown to another.
type Agreement struct {
	Head
	Number  string         `json:"number" doc:"per realm and local day: A20261127-0001"`
	Name    string         `json:"name"`
	Text    string         `json:"text,omitempty" doc:"the wording, or where it is kept"`
	State   AgreementState `json:"state" enum:"proposed,in_force,withdrawn,expired,ended"`
	Parties []Party        `json:"parties" doc:"2 to 20; the first proposed it"`
	AgreementTerms
	// Terms counts the versions of the terms: who consents names the one it read.
	Terms int `json:"terms"`
	// Activation is the one that is open, ActiveUntil when it ends by itself.
	Activation  string     `json:"activation,omitempty"`
	ActiveUntil *time.Time `json:"active_until,omitempty"`
	// Stamps holds when each state was first reached. Write-once.
	Stamps map[AgreementState]Stamp `json:"stamps,omitempty"`
	Reason string                   `json:"reason,omitempty" doc:"why it was withdrawn from or ended"`
}

// AgreementTerms are what the parties consent to.
type AgreementTerms struct {
	Subjects []AgreementSubject `json:"subjects" enum:"incidents,resources,hazards" doc:"what is shared"`
	// Types, Grade and Area say which incidents; Area also which resources and
	// hazard sources. What is empty leaves all in.
	Types []string `json:"types,omitempty" doc:"event codes or the beginnings of some: 12D; at most 20"`
	Grade Grade    `json:"grade,omitempty" doc:"of this grade and worse; 0 all"`
	Area  string   `json:"area,omitempty" doc:"division-code prefix"`
	// Tier is what the partners may do with an incident. Resources and hazard
	// sources are only ever seen: whoever wants them asks their owner.
	Tier Tier `json:"tier" enum:"view,assist"`
	// Redacted keeps personal data and internal notes back, whatever the tier.
	Redacted bool `json:"redacted,omitempty"`
	// NeedsActivation shares nothing until a party activates it, for at most
	// Longest at a time.
	NeedsActivation bool `json:"needs_activation,omitempty"`
	Longest         int  `json:"longest,omitempty" doc:"hours, 1 to 720"`
	// Until is how long the agreement is valid.
	Until *time.Time `json:"until,omitempty"`
}

// Party is one side of an agreement.
type Party struct {
	Agency string `json:"agency"`
	// Consented is when its officer consented to the terms as they are now,
	// Withdrawn when one took the consent back.
	Consented *Stamp `json:"consented,omitempty"`
	Withdrawn *Stamp `json:"withdrawn,omitempty"`
}

// AgreementSubject is what an agreement shares.
type AgreementSubject string

// What can be shared.
const (
	SubjectIncidents AgreementSubject = "incidents" // 事件
	SubjectResources AgreementSubject = "resources" // 队伍、装备、物资
	SubjectHazards   AgreementSubject = "hazards"   // 重大危险源
)

// AgreementSubjects lists what can be shared.
var AgreementSubjects = []AgreementSubject{SubjectIncidents, SubjectResources, SubjectHazards}

// AgreementState is where an agreement is.
type AgreementState string

// The states of an agreement.
const (
	AgreementProposed  AgreementState = "proposed"  // 待同意
	AgreementInForce   AgreementState = "in_force"  // 生效
	AgreementWithdrawn AgreementState = "withdrawn" // 有方撤回
	AgreementExpired   AgreementState = "expired"   // 到期
	AgreementEnded     AgreementState = "ended"     // 终止
)

// agreementMoves is every legal move of an agreement. New terms lead back to
// proposed.
var agreementMoves = map[AgreementState][]AgreementState{
	AgreementProposed:  {AgreementInForce, AgreementWithdrawn, AgreementExpired, AgreementEnded},
	AgreementInForce:   {AgreementWithdrawn, AgreementExpired, AgreementEnded, AgreementProposed},
	AgreementWithdrawn: {AgreementInForce, AgreementProposed, AgreementExpired, AgreementEnded},
	AgreementExpired:   {AgreementProposed, AgreementEnded},
	AgreementEnded:     {},
}

// Activation (启用) opens an agreement that needs it, for a limited time.
type Activation struct {
	Head
	Agreement string          `json:"agreement"`
	State     ActivationState `json:"state" enum:"open,ended"`
	Agency    string          `json:"agency" doc:"who activated it"`
	Reason    string          `json:"reason"`
	Until     time.Time       `json:"until"`
	Opened    Stamp           `json:"opened"`
	Ended     *Stamp          `json:"ended,omitempty"`
	EndReason string          `json:"end_reason,omitempty"`
}

// ActivationState is whether an activation lasts.
type ActivationState string

// The states of an activation.
const (
	ActivationOpen  ActivationState = "open"  // 启用中
	ActivationEnded ActivationState = "ended" // 已结束
)

const (
	mostParties = 20
	mostLongest = 720 // hours
)

func (a *Agreement) check() error {
	if n := len(a.Parties); n < 2 || n > mostParties {
		return invalid("parties", n, "协议应有 2 至 20 方", "an agreement has 2 to 20 parties")
	}
	return firstError(checkText("name", a.Name, 1, 80), checkText("text", a.Text, 0, 2000), checkText("reason", a.Reason, 0, 300),
		a.AgreementTerms.check())
}

func (t *AgreementTerms) check() error {
	switch {
	case len(t.Subjects) == 0:
		return invalid("subjects", t.Subjects, "请选择共享内容", "what is shared is missing", words(AgreementSubjects)...)
	case len(t.Types) > 20:
		return invalid("types", len(t.Types), "事件类型最多 20 项", "at most 20 types of incident")
	case t.Grade < 0 || t.Grade > 4:
		return invalid("grade", t.Grade, "等级应为 0 至 4", "the grade is 0 (all), or 1 (worst) to 4", "0", "1", "2", "3", "4")
	case t.Area != "" && !divisionPrefix.MatchString(t.Area):
		return invalid("area", t.Area, "区划范围应为 2 至 12 位区划代码前缀", "is a prefix of 2 to 12 digits of a division code", "4110")
	case t.Tier != TierView && t.Tier != TierAssist:
		return invalid("tier", t.Tier, "共享级别应为查看或协助", "the tier is view or assist", string(TierView), string(TierAssist))
	case t.NeedsActivation && (t.Longest < 1 || t.Longest > mostLongest):
		return invalid("longest", t.Longest, "一次启用最长 1 至 720 小时", "an activation lasts 1 to 720 hours at most", "1 to 720")
	}
	for n, s := range t.Subjects {
		if !oneOf(s, AgreementSubjects) || slices.Contains(t.Subjects[:n], s) {
			return invalid(field("subjects", n), s, "未知或重复的共享内容", "is unknown, or there twice", words(AgreementSubjects)...)
		}
	}
	for n, x := range t.Types {
		if !eventPrefix.MatchString(x) {
			return invalid(field("types", n), x, "事件类型应为代码或其开头", "is an event code or the beginning of one", "12D", "12D02")
		}
	}
	return nil
}

func (t *AgreementTerms) equal(o *AgreementTerms) bool {
	return slices.Equal(t.Subjects, o.Subjects) && slices.Equal(t.Types, o.Types) && t.Grade == o.Grade && t.Area == o.Area && t.Tier == o.Tier &&
		t.Redacted == o.Redacted && t.NeedsActivation == o.NeedsActivation && t.Longest == o.Longest &&
		Share{Until: t.Until}.equal(Share{Until: o.Until})
}

func (a *Agreement) redacted() Record {
	c := *a
	c.Scope, c.Stamps, c.Text, c.Reason = a.Scope.public(), unsigned(a.Stamps), "", ""
	c.Parties = slices.Clone(a.Parties)
	for i, p := range c.Parties {
		c.Parties[i].Consented, c.Parties[i].Withdrawn = p.Consented.unsigned(), p.Withdrawn.unsigned()
	}
	return &c
}

func (a *Activation) check() error {
	return firstError(checkText("reason", a.Reason, 1, 300), checkText("end_reason", a.EndReason, 0, 300))
}

func (a *Activation) redacted() Record {
	c := *a
	c.Scope, c.Reason, c.EndReason, c.Opened, c.Ended = a.Scope.public(), "", "", *a.Opened.unsigned(), a.Ended.unsigned()
	return &c
}

// party finds a side of the agreement; nil when the agency is none.
func (a *Agreement) party(agency string) *Party {
	for n := range a.Parties {
		if a.Parties[n].Agency == agency {
			return &a.Parties[n]
		}
	}
	return nil
}

func (a *Agreement) agencies() []string {
	out := make([]string, len(a.Parties))
	for n, p := range a.Parties {
		out[n] = p.Agency
	}
	return out
}

// enter moves the agreement to a state and stamps it, once.
func (a *Agreement) enter(to AgreementState, s Stamp) {
	a.State = to
	stampOnce(&a.Stamps, to, s)
}

// opens tells whether the agreement shows anything at the moment, and until when;
// nil is without end.
func (a *Agreement) opens(at time.Time) (until *time.Time, open bool) {
	until = a.Until
	if a.NeedsActivation {
		until = earliest(until, a.ActiveUntil)
		open = a.ActiveUntil != nil
	} else {
		open = true
	}
	return until, open && a.State == AgreementInForce && !passed(until, at)
}

// covers tells whether the agreement speaks of the record of the scope, and what
// the partners may do with it.
func (a *Agreement) covers(r Record, s Scope) (Tier, bool) {
	here := strings.HasPrefix(s.Area, a.Area)
	switch r := r.(type) {
	case *Incident:
		return a.Tier, here && slices.Contains(a.Subjects, SubjectIncidents) && a.means(r)
	case *Team, *Equipment, *Stock:
		return TierView, here && slices.Contains(a.Subjects, SubjectResources)
	case *Hazard:
		return TierView, here && slices.Contains(a.Subjects, SubjectHazards)
	}
	return "", false
}

func (a *Agreement) means(i *Incident) bool {
	if a.Grade != 0 && (i.Grade == 0 || i.Grade > a.Grade) {
		return false
	}
	return len(a.Types) == 0 || slices.ContainsFunc(a.Types, func(t string) bool { return strings.HasPrefix(i.Type, t) })
}

// partners tells whether the agreement makes its parties ask each other for help.
func (a *Agreement) partners() bool {
	return slices.Contains(a.Subjects, SubjectIncidents) || slices.Contains(a.Subjects, SubjectResources)
}

// agreed is the scope with what the agreements of its owner, and they alone, give
// others of the record at the moment. A request that reaches the partners is
// shown to those of every agreement in force, activated or not: it is the
// requester that shows it.
func agreed(r Record, s Scope, all []*Agreement, at time.Time) Scope {
	if r.head().Origin != nil {
		return s // a neighbour's: it is its home that agrees
	}
	out := s.less(func(sh Share) bool { return sh.Source == ShareAgreement })
	for _, a := range all {
		if a.party(s.Agency) == nil {
			continue
		}
		until, open := a.opens(at)
		tier, covered := a.covers(r, s)
		redacted := a.Redacted
		if q, ok := r.(*Request); ok {
			until, open = a.Until, a.State == AgreementInForce && !passed(a.Until, at)
			tier, covered, redacted = TierAssist, a.partners() && q.Ring.holds(RingPartners), false
		}
		if !open || !covered {
			continue
		}
		for _, p := range a.Parties {
			out = out.with(Share{Agency: p.Agency, Tier: tier, Redacted: redacted, Source: ShareAgreement, By: a.ID, Until: until})
		}
	}
	return out
}
