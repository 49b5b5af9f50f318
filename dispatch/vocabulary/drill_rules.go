package vocabulary

import (
	_ "embed"
	"encoding/csv"
	"strconv"
	"strings"
	"sync"
)

//go:embed drill_rules.csv
var drillRulesCSV string

// DrillRule says how often units of a kind have to hold drills, and by what law.
type DrillRule struct {
	Code string `json:"code"`
	// Unit is the kind of unit: government; dangerous, one with a major hazard
	// source or a mine rescue team; enterprise, any other.
	Unit    string `json:"unit" enum:"government,dangerous,enterprise"`
	Months  int    `json:"months" doc:"at least one in so many months"`
	Content string `json:"content,omitempty" doc:"only drills of this content count"`
	Report  bool   `json:"report,omitempty" doc:"the drill is reported to the authority"`
	ZH      string `json:"zh"`
	EN      string `json:"en"`
	// SourceZH and SourceEN name the law.
	SourceZH string `json:"source_zh"`
	SourceEN string `json:"source_en"`
}

// DrillRules lists the duties to drill: standards of 2024. A city with rules of its
// own changes the table.
var DrillRules = sync.OnceValue(func() []DrillRule {
	rows, err := csv.NewReader(strings.NewReader(drillRulesCSV)).ReadAll()
	if err != nil {
		panic("vocabulary: drill_rules.csv: " + err.Error()) // a broken build, found by the first test
	}
	var out []DrillRule
	for _, r := range rows[1:] {
		months, err := strconv.Atoi(r[2])
		if err != nil {
			panic("vocabulary: drill_rules.csv: " + err.Error())
		}
		out = append(out, DrillRule{r[0], r[1], months, r[3], r[4] == "yes", r[5], r[6], r[7], r[8]})
	}
	return out
})
