package vocabulary

import (
	"strings"
	"testing"
)

func TestEventsHaveParents(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{"": true}
	for _, e := range Events() {
		if e.ZH == "" || len(e.Code) != 5 {
			t.Errorf("%+v has no name or no five characters", e)
		}
		seen[e.Code] = true
	}
	for _, e := range Events() {
		if !seen[e.Parent] {
			t.Errorf("%s: parent %s is missing", e.Code, e.Parent)
		}
		if strings.HasSuffix(e.Code, "00") && e.EN == "" {
			t.Errorf("family %s has no English name to fall back on", e.Code)
		}
	}
}

// Codes and names that other systems agree on.
func TestKnownCodes(t *testing.T) {
	t.Parallel()
	names := map[string]string{}
	for _, e := range Events() {
		names[e.Code] = e.ZH
	}
	for code, zh := range map[string]string{"12D02": "危险化学品泄漏事故", "11A01": "洪水", "11B03": "暴雨事件", "11B19": "霾", "19000": "其它突发事件"} {
		if names[code] != zh {
			t.Errorf("%s is %q, want %q", code, names[code], zh)
		}
	}
}

func TestCapabilitiesNarrow(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range Capabilities {
		if seen[c.Code] || c.ZH == "" || c.EN == "" {
			t.Errorf("%+v is doubled or has no words", c)
		}
		seen[c.Code] = true
	}
	for code := range seen {
		if wide, _, narrower := strings.Cut(code, "."); narrower && !seen[wide] {
			t.Errorf("%s narrows %s, which is not listed", code, wide)
		}
	}
}
