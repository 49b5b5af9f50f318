package demo

import (
	"fmt"
	"math"
	"strings"

	"liandong/dispatch"
)

// sources is how many hazard sources the city has.
const sources = 80

// hazards makes up major hazard sources in the townships, each at least at its
// critical quantity, graded after GB 18218-2018.
func hazards(l *land) []dispatch.Imported {
	substances, towns := table("substances"), table("townships")
	var out []dispatch.Imported
	for i := range sources {
		id := fmt.Sprintf("h-%03d", i+1)
		rnd := dice(id)
		s := substances[i%len(substances)]
		town := towns[rnd.IntN(len(towns))]
		kinds := strings.Split(s["kinds"], ";")
		kind := kinds[rnd.IntN(len(kinds))]
		least, most := s.float("least"), s.float("most")
		// Small sites are more common than large ones.
		quantity := math.Round((least+(most-least)*math.Pow(rnd.Float64(), 2))*10) / 10
		people := []int{0, 12, 38, 75, 160, 420}[rnd.IntN(6)]
		operator := strings.TrimSuffix(strings.TrimSuffix(town["name"], "街道"), "镇") + []string{"恒源", "中鑫", "金辉", "瑞丰", "华泰", "豫能"}[rnd.IntN(6)] + "公司"
		at := somewhere(l.shapes[town["code"]], id)
		h := &dispatch.Hazard{
			Name: operator + kind, Operator: operator, Population: people,
			Level:      level(quantity, s.float("critical"), s.float("beta"), people),
			Substances: []dispatch.Substance{{Name: s["name"], UN: s["un"], CAS: s["cas"], Quantity: quantity, Critical: s.float("critical")}},
			Place:      dispatch.Place{Text: town["name"] + operator, Point: &at, Source: "demo"},
			Duty: []dispatch.DutyLine{
				{Name: name(id + " head"), Post: "主要负责人", Phone: phone(id + " head")},
				{Name: name(id + " shift"), Post: "值班调度", Phone: phone(id + " shift")},
			},
			External: fmt.Sprintf("BA豫4110-2026-%03d", i+1), Invented: true,
		}
		h.ID, h.Scope.Agency, h.Scope.Area = id, "em-"+town["borders"], town["code"]
		collect(&out, h)
	}
	return out
}

// level grades a source of one substance after GB 18218-2018 4.3: R = α·β·q/Q,
// where α counts the residents within 500 m. 0 means no major hazard source.
func level(quantity, critical, beta float64, people int) int {
	const eps = 1e-9 // quantities are decimals: S = 1 and R = 10, 50, 100 must not fall to rounding
	s := quantity / critical
	alpha := 0.5
	switch {
	case people >= 100:
		alpha = 2
	case people >= 50:
		alpha = 1.5
	case people >= 30:
		alpha = 1.2
	case people >= 1:
		alpha = 1
	}
	r := alpha * beta * s
	switch {
	case s < 1-eps:
		return 0
	case r >= 100-eps:
		return 1
	case r >= 50-eps:
		return 2
	case r >= 10-eps:
		return 3
	}
	return 4
}
