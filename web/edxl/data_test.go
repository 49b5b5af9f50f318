package edxl

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// data names the folder with the public schemas and samples, where there is
// one. They are not part of this repository.
func data(t *testing.T) string {
	dir := os.Getenv("LIANDONG_DATA")
	if dir == "" {
		t.Skip("LIANDONG_DATA does not name the folder with edxl-rm/ and edxl-de/, the public schemas and samples")
	}
	return dir
}

// validate holds documents against a schema, all at once: reading the schema
// takes longer than reading them.
func validate(t *testing.T, schema string, docs ...[]byte) {
	t.Helper()
	if _, err := exec.LookPath("xmllint"); err != nil {
		t.Skip("xmllint (libxml2-utils) is not installed, so nothing can be held against the schemas")
	}
	args := []string{"--noout", "--nonet", "--schema", schema}
	dir := t.TempDir()
	for i, doc := range docs {
		name := filepath.Join(dir, fmt.Sprintf("%03d.xml", i))
		if err := os.WriteFile(name, doc, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	out, err := exec.CommandContext(t.Context(), "xmllint", args...).CombinedOutput()
	if err == nil {
		return
	}
	for line := range strings.Lines(string(out)) {
		if name, _, found := strings.Cut(line, ":"); found && strings.HasPrefix(name, dir) && strings.Contains(line, "error") {
			doc, _ := os.ReadFile(name)
			t.Fatalf("not valid: %s\n%s", line, doc)
		}
	}
	t.Fatalf("xmllint: %v\n%s", err, out)
}

func rmSchema(dir string, k Kind) string {
	return filepath.Join(dir, "edxl-rm", "xsd", "EDXL-RM"+string(k)+".xsd")
}

func deSchema(dir string) string { return filepath.Join(dir, "edxl-de", "EDXL-DE_Schema_v1.0.xsd") }

// TestSamples reads a sample of each kind; written again it is still valid,
// alone and in an envelope.
func TestSamples(t *testing.T) {
	dir := data(t)
	for _, k := range Kinds {
		raw, err := os.ReadFile(filepath.Join(dir, "edxl-rm", "samples-minimal", string(k)+".xml"))
		if err != nil {
			t.Fatal(err)
		}
		m, err := Decode(raw)
		if err != nil {
			t.Errorf("%s: %v", k, err)
			continue
		}
		if m.Kind != k || m.Contacts[0].Description != "许昌市应急指挥中心" {
			t.Errorf("%s: %+v", k, m)
		}
		validate(t, rmSchema(dir, k), backMessage(t, m))
		validate(t, deSchema(dir), backDistribution(t, envelope(wrapped(m))))
	}
	names, err := filepath.Glob(filepath.Join(dir, "edxl-de", "*.xml"))
	if err != nil || len(names) == 0 {
		t.Fatal("no envelope", err)
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		d, err := DecodeDistribution(raw)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		validate(t, deSchema(dir), backDistribution(t, d))
	}
}

// TestValid holds random messages and envelopes against the schemas.
func TestValid(t *testing.T) {
	dir := data(t)
	const each = 15
	for _, k := range Kinds {
		t.Run(string(k), func(t *testing.T) {
			docs := [][]byte{}
			for seed := range each {
				docs = append(docs, mustEncode(t, randomMessage(k).Example(seed)))
			}
			validate(t, rmSchema(dir, k), docs...)
		})
	}
	docs := [][]byte{}
	for seed := range each {
		docs = append(docs, mustEncode(t, randomDistribution().Example(seed)))
	}
	validate(t, deSchema(dir), docs...)
}

// xsd is an element, or what is around elements, of a schema.
type xsd struct {
	XMLName xml.Name
	Name    string `xml:"name,attr"`
	Value   string `xml:"value,attr"`
	Min     string `xml:"minOccurs,attr"`
	Max     string `xml:"maxOccurs,attr"`
	In      []xsd  `xml:",any"`
}

func (x *xsd) times() byte {
	switch {
	case x.Max == "unbounded" && x.Min == "0":
		return '*'
	case x.Max == "unbounded":
		return '+'
	case x.Min == "0":
		return '?'
	}
	return '1'
}

// children finds the elements below x, through types and sequences, in their order.
func (x *xsd) children(each func(*xsd)) {
	for i := range x.In {
		if in := &x.In[i]; in.XMLName.Local == "element" {
			each(in)
		} else {
			in.children(each)
		}
	}
}

func (x *xsd) words() (all []string) {
	for i := range x.In {
		if x.In[i].XMLName.Local == "enumeration" {
			all = append(all, x.In[i].Value)
		}
		all = append(all, x.In[i].words()...)
	}
	return all
}

// TestTables holds kindRules and scheduleWords against the sixteen schemas:
// every element of each, its order and how often, and nothing beside.
func TestTables(t *testing.T) {
	dir := data(t)
	for _, k := range Kinds {
		raw, err := os.ReadFile(rmSchema(dir, k))
		if err != nil {
			t.Fatal(err)
		}
		var schema xsd
		if err := xml.NewDecoder(bytes.NewReader(raw)).Decode(&schema); err != nil {
			t.Fatal(err)
		}
		schema.children(func(root *xsd) { compare(t, k, root, planOf(reflect.TypeFor[Message]()), "") })
	}
}

func compare(t *testing.T, k Kind, x *xsd, p *plan, static string) {
	s := scopes[k]
	var want, got []string
	x.children(func(c *xsd) {
		path := below(static, c.Name)
		want = append(want, fmt.Sprintf("%s %c", path, c.times()))
		for i := range p.elems {
			f := &p.elems[i]
			if f.local != c.Name {
				continue
			}
			words, legal := c.words(), slices.Clone(s.legal(f, path))
			slices.Sort(words)
			slices.Sort(legal)
			if len(words) > 0 && c.Name == "ScheduleType" && !slices.Equal(words, legal) {
				t.Errorf("%s: %s is %v, the schema says %v", k, path, legal, words)
			}
			if len(words) == 0 && c.Name == "ScheduleType" && len(legal) != len(scheduleWords) {
				t.Errorf("%s: %s is %v, the schema says all", k, path, legal)
			}
			if !isLeaf(f.typ) && f.space == spaceMsg && !f.isFixed() && len(c.In) > 0 {
				compare(t, k, c, planOf(f.typ), path)
			}
		}
	})
	for i := range p.elems {
		if times := s.times(&p.elems[i], below(static, p.elems[i].local)); times != '-' {
			got = append(got, fmt.Sprintf("%s %c", below(static, p.elems[i].local), times))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %v\nwant %v", k, got, want)
	}
}
