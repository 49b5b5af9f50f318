package dispatch

import "time"

// Rate (费率) is what one unit of help costs, for a kind of team, item or supply,
// from one day to another. A coordinating agency's rates are the tariff of its
// jurisdiction; those of any other agency are its own price list and count where
// no tariff says anything. Money is whole fen (分) everywhere.
//
// Who helps is paid for it: Emergency Response Law (突发事件应对法, 2024) articles
// 12 and 76, State Council Order 708 article 19.
type Rate struct {
	Head
	Type RateType `json:"type" enum:"team,crew,scene,meal,transport,equipment,wear,repair,loss,supply"`
	// Subject is a type of team, of equipment or of supply; "" is every one that
	// has no rate of its own.
	Subject string `json:"subject,omitempty"`
	Unit    string `json:"unit" doc:"hour, day, km, item; of supplies the unit of the stock"`
	Amount  int64  `json:"amount" doc:"fen per unit"`
	From    Day    `json:"from" doc:"first day, in local time"`
	To      Day    `json:"to,omitempty" doc:"last day; empty: until further notice"`
	Source  string `json:"source" doc:"the document that sets it"`
	// Within is the jurisdiction of the agency that keeps it, "" for a price list.
	Within string `json:"within,omitempty" doc:"division-code prefix"`
}

// RateType says what is paid for, and so how it is counted.
type RateType string

// The types of rate. Time away is from the departure (from the commitment where
// nobody told the departure) to the return. Quantities are exact; a line's
// amount is rounded half up to the fen, once.
const (
	RateTeam      RateType = "team"      // 队伍台班: per hour away of the team with its vehicle
	RateCrew      RateType = "crew"      // 人工: per person and hour away
	RateScene     RateType = "scene"     // 现场作业: per hour on scene, beside the hours away
	RateMeal      RateType = "meal"      // 伙食: per person and calendar day away, begun days count
	RateTransport RateType = "transport" // 交通: per kilometre, there and back
	RateEquipment RateType = "equipment" // 装备使用: per hour, or per 24 hours begun
	RateWear      RateType = "wear"      // 磨损: per item handed over ready and returned worn
	RateRepair    RateType = "repair"    // 维修: per item returned broken
	RateLoss      RateType = "loss"      // 报废: per item returned as scrap
	RateSupply    RateType = "supply"    // 物资消耗: per unit lent and not returned
)

// RateTypes lists the types in the order of a statement's lines.
var RateTypes = []RateType{RateTeam, RateCrew, RateScene, RateMeal, RateTransport, RateEquipment, RateWear, RateRepair, RateLoss, RateSupply}

// rateUnits are the units that each type may be counted in; supplies have the
// unit of the stock.
var rateUnits = map[RateType][]string{
	RateTeam: {"hour"}, RateCrew: {"hour"}, RateScene: {"hour"}, RateMeal: {"day"}, RateTransport: {"km"},
	RateEquipment: {"hour", "day"}, RateWear: {"item"}, RateRepair: {"item"}, RateLoss: {"item"},
}

// ofTeams tells the types whose subject is a type of team.
func (t RateType) ofTeams() bool {
	return oneOf(t, []RateType{RateTeam, RateCrew, RateScene, RateMeal})
}

// MostRate is the highest rate: a million yuan per unit, in fen.
const MostRate = 100_000_000

// Day is a calendar day in the city's local time: 2026-11-23. Days compare as
// texts do.
type Day string

func dayOf(t time.Time, zone *time.Location) Day { return Day(t.In(zone).Format(time.DateOnly)) }

func (d Day) check(name string) error {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil || t.Year() < 2000 || t.Year() > 2100 {
		return invalid(name, d, "日期应为 年-月-日，2000 至 2100 年", "a day is year-month-day, from 2000 to 2100", "2026-01-01")
	}
	return nil
}

// on tells whether the rate is valid on the day.
func (r *Rate) on(d Day) bool { return r.From <= d && (r.To == "" || d <= r.To) }

// overlaps tells whether two rates would both be valid on some day.
func (r *Rate) overlaps(o *Rate) bool {
	return r.ID != o.ID && r.Type == o.Type && r.Subject == o.Subject &&
		(r.To == "" || o.From <= r.To) && (o.To == "" || r.From <= o.To)
}

func (r *Rate) check() error {
	switch {
	case !oneOf(r.Type, RateTypes):
		return invalid("type", r.Type, "未知的费率类型", "unknown type of rate", words(RateTypes)...)
	case r.Amount < 0 || r.Amount > MostRate:
		return invalid("amount", r.Amount, "费率应为 0 至一亿分（一百万元）", "a rate is 0 to 100,000,000 fen (a million yuan)", "0 to 100000000")
	case r.Type.ofTeams() && r.Subject != "" && !oneOf(TeamType(r.Subject), TeamTypes):
		return invalid("subject", r.Subject, "未知的队伍类型", "unknown type of team", words(TeamTypes)...)
	case r.Type == RateSupply && r.Subject == "":
		return invalid("subject", "", "请填写物资类型", "the type of supply is missing")
	case r.Type != RateSupply && !oneOf(r.Unit, rateUnits[r.Type]):
		return invalid("unit", r.Unit, "该类费率的计量单位不对", "a rate of this type has another unit", rateUnits[r.Type]...)
	}
	if err := firstError(r.From.check("from"), checkText("unit", r.Unit, 1, 10), checkText("subject", r.Subject, 0, 40),
		checkText("source", r.Source, 1, 200)); err != nil || r.To == "" {
		return err
	}
	if err := r.To.check("to"); err != nil {
		return err
	}
	if r.To < r.From {
		return invalid("to", r.To, "失效日期早于生效日期", "ends before it begins", "a day not before "+string(r.From))
	}
	return nil
}

func (r *Rate) redacted() Record {
	c := *r
	c.Scope = r.Scope.public()
	return &c
}

// tariff is the rates that may count for a claim, those that come first first.
type tariff []*Rate

// at is the rate that counts on the day: one for the subject itself before one
// for all, then in the tariff's order. unit narrows it where it is not empty.
func (t tariff) at(typ RateType, subject, unit string, d Day) *Rate {
	for _, s := range []string{subject, ""} {
		for _, r := range t {
			if r.Type == typ && r.Subject == s && r.on(d) && (unit == "" || r.Unit == unit) {
				return r
			}
		}
	}
	return nil
}

// perUnit is how many of what is counted make one unit: seconds an hour, metres
// a kilometre.
func perUnit(unit string) int64 {
	switch unit {
	case "hour":
		return 3600
	case "km":
		return 1000
	}
	return 1
}

// amount is quantity × rate ÷ per in fen, rounded half up. Bounds keep it from
// overflowing: a quantity is at most 2e10 and a rate 1e8.
func amount(quantity, rate, per int64) int64 { return (2*quantity*rate + per) / (2 * per) }
