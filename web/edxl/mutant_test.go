package edxl

import (
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mutants change a right document in one place: what is taken of them must be
// valid by the schema too, and must come back.
type mutants struct{ *rand.Rand }

// place picks an element anywhere below e.
func (r mutants) place(e *Element) *Element {
	for len(e.Children) > 0 && r.IntN(5) > 0 {
		e = &e.Children[r.IntN(len(e.Children))]
	}
	return e
}

var (
	mutantNames = []string{"MessageID", "PrecedingMessageID", "Funding", "IncidentID", "ResourceStatus", "Availability", "OrderID", "ScheduleType", "NameElement", "Number", "pos", "Value", "x", "keyword", "language", "circle", "value", "size"}
	mutantTexts = []string{"2026-11-23T10:00:00Z", "", " ", "x", "-1", "1e400", "2026-11-23T10:00:00", "2026-11-23T24:00:00Z", "Accept", "Current", "Committed", "ActualReturnArrival", "91 181", "34 113", "a b", "%", "::", "EPSG:4326", "1,2 3", "1,2 3,4 5,6 1,2"}
	mutantAttrs = []Attr{{"", "version", "1"}, {spaceXAL, "Type", "Number"}, {spaceCT, "Abbreviation", "true"}, {"", "srsName", "EPSG:4326"}, {"", "srsDimension", "2"}, {spaceGML, "id", "i"}, {"", "numArc", "2"}, {spaceXML, "lang", "zh"}}
)

func (r mutants) change(root *Element) {
	e := r.place(root)
	n := len(e.Children)
	switch what := r.IntN(7); {
	case what == 0:
		e.Text = mutantTexts[r.IntN(len(mutantTexts))]
	case what == 1:
		e.Attrs = append(e.Attrs[:len(e.Attrs):len(e.Attrs)], mutantAttrs[r.IntN(len(mutantAttrs))])
	case what == 2:
		e.Name = mutantNames[r.IntN(len(mutantNames))]
	case what == 3:
		e.Space = []string{spaceMsg, spaceRM, spaceXAL, spaceXPIL, spaceGML, spaceDE, "urn:x"}[r.IntN(7)]
	case n == 0:
		e.Children = []Element{{Space: spaceRM, Name: mutantNames[r.IntN(len(mutantNames))]}}
	case what == 4:
		i := r.IntN(n)
		e.Children = append(e.Children[:i:i], e.Children[i+1:]...)
	case what == 5:
		e.Children = append(e.Children[:n:n], e.Children[r.IntN(n)])
	default:
		i, j := r.IntN(n), r.IntN(n)
		e.Children[i], e.Children[j] = e.Children[j], e.Children[i]
	}
}

// TestMutants holds our judgement of broken documents against the schemas'.
// Ours may only be the stricter one.
func TestMutants(t *testing.T) {
	dir := data(t)
	if _, err := exec.LookPath("xmllint"); err != nil {
		t.Skip("xmllint (libxml2-utils) is not installed, so nothing can be held against the schemas")
	}
	each := 30
	if os.Getenv("PROVE") != "" {
		each = 2000
	}
	for i, k := range append(slices.Clone(Kinds), "EDXLDistribution") {
		t.Run(string(k), func(t *testing.T) {
			t.Parallel()
			r := mutants{rand.New(rand.NewPCG(1, uint64(i)))}
			tmp := t.TempDir()
			schema := rmSchema(dir, k)
			if i == len(Kinds) {
				schema = deSchema(dir)
			}
			args, ours := []string{"--noout", "--nonet", "--schema", schema}, map[string]error{}
			for seed := range each {
				doc, err := r.mutant(t, k, seed)
				if doc == nil {
					continue
				}
				name := filepath.Join(tmp, strconv.Itoa(seed)+".xml")
				if err := os.WriteFile(name, doc, 0o600); err != nil {
					t.Fatal(err)
				}
				args, ours[name] = append(args, name), err
			}
			out, _ := exec.CommandContext(t.Context(), "xmllint", args...).CombinedOutput() // fails when a document does
			judge(t, string(out), ours)
		})
	}
}

// mutant is a changed document and what we say of it; nothing where the change
// cannot be written.
func (r mutants) mutant(t *testing.T, k Kind, seed int) (doc []byte, refusal error) {
	var right []byte
	if k.number() >= 0 {
		right = mustEncode(t, randomMessage(k).Example(seed))
	} else {
		right = mustEncode(t, randomDistribution().Example(seed))
	}
	n, err := parse(right)
	if err != nil {
		t.Fatal(err)
	}
	e := elementOf(n)
	r.change(&e)
	w := &writer{buf: []byte(xmlHead)}
	if w.element(&e, "", &place{name: e.Name, index: -1}) != nil {
		return nil, nil // such as an attribute that now stands twice
	}
	if k.number() < 0 {
		d, err := DecodeDistribution(w.buf)
		if err == nil {
			backDistribution(t, d)
		}
		return w.buf, err
	}
	m, err := Decode(w.buf)
	if err == nil {
		backMessage(t, m)
	}
	return w.buf, err
}

func judge(t *testing.T, out string, ours map[string]error) {
	both, stricter := 0, map[string]int{}
	for name, err := range ours {
		valid := strings.Contains(out, name+" validates")
		switch {
		case err == nil && !valid:
			doc, _ := os.ReadFile(name)
			for line := range strings.Lines(out) {
				if strings.HasPrefix(line, name+":") {
					t.Error(line)
				}
			}
			t.Errorf("taken, and not valid by the schema:\n%s", doc)
		case err != nil && valid:
			var e *Error
			errors.As(err, &e)
			stricter[e.Message]++
		default:
			both++
		}
	}
	t.Logf("%d judged alike, stricter: %v", both, stricter)
}
