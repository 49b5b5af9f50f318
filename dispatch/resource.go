package dispatch

import "time"

// Depot (仓库、站点) is where things are kept and teams are based.
type Depot struct {
	Head
	Name     string `json:"name"`
	Initials string `json:"initials,omitempty"`
	Type     string `json:"type" enum:"station,warehouse,hospital,post"`
	Place    Place  `json:"place"`
	Keeper   string `json:"keeper,omitempty" doc:"personal data"`
	Phone    string `json:"phone,omitempty" doc:"personal data"`
	Invented bool   `json:"invented,omitempty"`
}

// DepotTypes lists the types of depot.
var DepotTypes = []string{"station", "warehouse", "hospital", "post"}

func (d *Depot) check() error {
	if !oneOf(d.Type, DepotTypes) {
		return invalid("type", d.Type, "未知的仓库类型", "unknown type of depot", DepotTypes...)
	}
	return firstError(checkText("name", d.Name, 1, 80), checkText("keeper", d.Keeper, 0, 60),
		checkText("phone", d.Phone, 0, 40), d.Place.check("place"))
}

func (d *Depot) redacted() Record {
	r := *d
	r.Keeper, r.Phone, r.Scope = "", "", d.Scope.public()
	return &r
}

// Equipment (装备) is one item that is used and given back: a pump, a boat.
type Equipment struct {
	Head
	Name         string       `json:"name"`
	Initials     string       `json:"initials,omitempty"`
	Type         string       `json:"type" doc:"material code or word: pump, boat, detector …"`
	Serial       string       `json:"serial,omitempty"`
	Capabilities []Capability `json:"capabilities,omitempty"`
	Condition    Condition    `json:"condition" enum:"ready,worn,broken,scrapped"`
	// Holder is who has it now; a loan moves the holder, not the owner.
	Holder string `json:"holder" doc:"agency"`
	Depot  string `json:"depot,omitempty"`
	Place  Place  `json:"place"`
	// Incident and Team say what it is committed to; both empty when free.
	Incident string `json:"incident,omitempty"`
	Team     string `json:"team,omitempty"`
	Invented bool   `json:"invented,omitempty"`
}

// Condition is how fit for use an item is.
type Condition string

// The conditions of an item.
const (
	ConditionReady    Condition = "ready"
	ConditionWorn     Condition = "worn"
	ConditionBroken   Condition = "broken"
	ConditionScrapped Condition = "scrapped"
)

// Conditions lists the conditions of an item.
var Conditions = []Condition{ConditionReady, ConditionWorn, ConditionBroken, ConditionScrapped}

func (e *Equipment) check() error {
	if !oneOf(e.Condition, Conditions) {
		return invalid("condition", e.Condition, "未知的状态", "unknown condition", words(Conditions)...)
	}
	return firstError(checkText("name", e.Name, 1, 80), checkText("type", e.Type, 1, 40), checkText("serial", e.Serial, 0, 60),
		checkText("incident", e.Incident, 0, 64), checkText("team", e.Team, 0, 64), e.Place.check("place"), checkCapabilities("capabilities", e.Capabilities))
}

func (e *Equipment) redacted() Record {
	r := *e
	r.Serial, r.Scope = "", e.Scope.public()
	return &r
}

// Stock (物资) is a quantity of something that is used up.
type Stock struct {
	Head
	Name     string `json:"name"`
	Initials string `json:"initials,omitempty"`
	Type     string `json:"type" doc:"material code or word: foam, sandbag …"`
	Unit     string `json:"unit" doc:"件, 套, 升 …"`
	// Available is what may still be promised. The database refuses a move
	// that would bring it below zero.
	Available int        `json:"available"`
	Least     int        `json:"least,omitempty" doc:"below this the depot is short"`
	Holder    string     `json:"holder" doc:"agency"`
	Depot     string     `json:"depot,omitempty"`
	Place     Place      `json:"place"`
	Expires   *time.Time `json:"expires,omitempty"`
	Invented  bool       `json:"invented,omitempty"`
}

func (s *Stock) check() error {
	if s.Available < 0 || s.Available > 1_000_000_000 {
		return invalid("available", s.Available, "数量应为 0 至十亿", "a quantity is 0 to 1,000,000,000")
	}
	return firstError(checkText("name", s.Name, 1, 80), checkText("type", s.Type, 1, 40), checkText("unit", s.Unit, 1, 10),
		checkRange("least", s.Least, 0, 1_000_000_000), s.Place.check("place"))
}

func (s *Stock) redacted() Record {
	r := *s
	r.Scope = s.Scope.public()
	return &r
}

// Hazard (重大危险源) is a major hazard source, registered after GB 18218-2018.
type Hazard struct {
	Head
	Name       string      `json:"name"`
	Initials   string      `json:"initials,omitempty"`
	Level      int         `json:"level" doc:"1 (worst) to 4, GB 18218-2018 4.3"`
	Operator   string      `json:"operator" doc:"the enterprise"`
	Substances []Substance `json:"substances,omitempty" doc:"at most 20"`
	Population int         `json:"population,omitempty" doc:"residents within 500 m outside the boundary"`
	Place      Place       `json:"place"`
	Duty       []DutyLine  `json:"duty,omitempty" doc:"responsible persons: personal data"`
	External   string      `json:"external,omitempty" doc:"number in the national register"`
	Invented   bool        `json:"invented,omitempty"`
}

// Substance is what a hazard source holds.
type Substance struct {
	Name     string  `json:"name"`
	UN       string  `json:"un,omitempty" doc:"UN number, four digits"`
	CAS      string  `json:"cas,omitempty"`
	Quantity float64 `json:"quantity" doc:"design maximum, tonnes"`
	Critical float64 `json:"critical,omitempty" doc:"critical quantity Q, tonnes (GB 18218-2018 tables 1 and 2)"`
}

func (h *Hazard) check() error {
	if h.Level < 1 || h.Level > 4 {
		return invalid("level", h.Level, "重大危险源级别应为 1 至 4", "the level is 1 (worst) to 4", "1", "2", "3", "4")
	}
	if len(h.Substances) > 20 || len(h.Duty) > 10 {
		return invalid("substances", len(h.Substances), "物质最多 20 种，责任人最多 10 人", "at most 20 substances and 10 responsible persons")
	}
	for i, s := range h.Substances {
		if !(s.Quantity >= 0 && s.Quantity < 1e9) || !(s.Critical >= 0 && s.Critical < 1e9) {
			return invalid(field("substances", i), s, "数量应为非负吨数", "quantities are tonnes, not negative")
		}
	}
	return firstError(checkText("name", h.Name, 1, 80), checkText("operator", h.Operator, 1, 80),
		checkRange("population", h.Population, 0, 100_000_000), h.Place.check("place"))
}

func (h *Hazard) redacted() Record {
	r := *h
	r.Duty, r.Scope = nil, h.Scope.public()
	return &r
}
