package dispatch_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"liandong/dispatch"
	"liandong/dispatch/vocabulary"
)

func TestDutyToDrill(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 6, 15, 8, 0, 0, 0, time.UTC)
	unit := func(id string, typ dispatch.AgencyType) *dispatch.Agency {
		return &dispatch.Agency{Head: dispatch.Head{ID: id}, Type: typ}
	}
	held := []dispatch.HeldDrill{
		{Drill: "old", Content: dispatch.DrillComprehensive, At: now.AddDate(0, -25, 0), Agencies: []string{"city", "works"}},
		{Drill: "single", Content: dispatch.DrillSingle, At: now.AddDate(0, -5, 0), Agencies: []string{"plant"}},
		{Drill: "full", Content: dispatch.DrillComprehensive, At: now.AddDate(0, -1, 0), Agencies: []string{"plant"}},
	}
	for _, c := range []struct {
		agency    *dispatch.Agency
		dangerous bool
		want      string
	}{
		{unit("city", dispatch.AgencyGovernment), false, "government overdue old, government_plan met old"},
		{unit("plant", dispatch.AgencyEnterprise), false, "enterprise met full, enterprise_site soon single"},
		{unit("works", dispatch.AgencyEnterprise), true, "dangerous overdue old"},
		{unit("new", dispatch.AgencyEnterprise), true, "dangerous never "},
		{unit("club", dispatch.AgencySocial), false, ""},
	} {
		var got []string
		for _, d := range dispatch.DutiesOf(c.agency, dispatch.DrillUnit(c.agency, c.dangerous), held, now) {
			last := ""
			if d.Last != nil {
				last = d.Last.Drill
			}
			got = append(got, fmt.Sprintf("%s %s %s", d.Rule.Code, d.State, last))
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: %v, want %s", c.agency.ID, got, c.want)
		}
	}
	if at, ok := dispatch.Held(&dispatch.Drill{State: dispatch.DrillClosed, Clock: dispatch.Clock{Wall: now}}); !ok || !at.Equal(now) {
		t.Error("a drill that is closed was not held")
	}
	for _, s := range []dispatch.DrillState{dispatch.DrillCancelled, dispatch.DrillRunning, dispatch.DrillPlanned} {
		if _, ok := dispatch.Held(&dispatch.Drill{State: s}); ok {
			t.Errorf("a drill that is %s was held", s)
		}
	}
	for _, r := range vocabulary.DrillRules() {
		if r.Months < 1 || r.ZH == "" || r.EN == "" || r.SourceZH == "" || r.SourceEN == "" {
			t.Errorf("rule %+v", r)
		}
	}
}
