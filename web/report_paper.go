package web

import (
	_ "embed"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
	"time"

	"liandong/dispatch"
)

//go:embed report.html
var reportText string

var reportPage = template.Must(template.New("report").Parse(reportText))

// reportPaper is a drill's report ready to be printed or written to a file, in one language.
type reportPaper struct {
	*dispatch.DrillReport
	Lang    string
	Head    [][2]string
	Printed string
	zone    *time.Location
	w       map[string]string
}

func newReportPaper(r *dispatch.DrillReport, lang string, zone *time.Location, now time.Time) *reportPaper {
	p := &reportPaper{DrillReport: r, Lang: lang, zone: zone, w: reportWords[lang], Printed: now.In(zone).Format("2006-01-02 15:04")}
	d := r.Drill
	state := string(d.State)
	if lang == "zh" {
		state = dispatch.StateNameZH(dispatch.KindDrill, state)
	}
	sep := " · "
	p.Head = [][2]string{{p.W("name"), d.Name}, {p.W("type"), p.W("content."+string(d.Content)) + sep + p.W("form."+string(d.Form)) + sep + p.W("purpose."+string(d.Purpose))},
		{p.W("began"), moment(d.Begins, zone)}, {p.W("ended"), moment(r.At, zone)}, {p.W("state"), strings.ReplaceAll(state, "_", " ")}, {p.W("printed"), p.Printed}}
	return p
}

// W is a word in the language of the report.
func (p *reportPaper) W(word string) string { return p.w[word] }

// Name is an agency's.
func (p *reportPaper) Name(id string) string {
	if n := p.Names[id]; n != "" {
		return n
	}
	return id
}

// Points writes a score of 0 to 100, or a dash where nothing was judged.
func (p *reportPaper) Points(score float64) string {
	if score < 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f", score)
}

// Share writes a share as percent.
func (p *reportPaper) Share(share float64) string {
	if share < 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}

// Span writes seconds as h:mm:ss or m:ss.
func (p *reportPaper) Span(seconds any) string {
	n := 0
	switch v := seconds.(type) {
	case int:
		n = v
	case float64:
		n = int(v) // as on the screen, where no time is rounded up to a target
	}
	if n >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", n/3600, n/60%60, n%60)
	}
	return fmt.Sprintf("%d:%02d", n/60, n%60)
}

// Clock writes a moment on the drill's clock.
func (p *reportPaper) Clock(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.In(p.zone).Format("15:04:05")
}

// Day writes a due date.
func (p *reportPaper) Day(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.In(p.zone).Format("2006-01-02")
}

// Moment is when an observation was made.
func (p *reportPaper) Moment(o *dispatch.Observation) string {
	t := o.Moment.When()
	return p.Clock(&t)
}

// Replay is where the moment is shown again on the desk, for whoever is in the drill.
func (p *reportPaper) Replay(t *time.Time) string {
	if t == nil {
		return ""
	}
	return "/?replay=" + t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// When is the moment of an expected action: when it was done or seen to be missed, else when it was
// due and not done.
func (p *reportPaper) When(e dispatch.ExpectedResult) *time.Time {
	if e.At == nil && e.Verdict == dispatch.VerdictMissed {
		return e.Due
	}
	return e.At
}

// Seen is the moment of an observation.
func (p *reportPaper) Seen(o *dispatch.Observation) *time.Time {
	t := o.Moment.When()
	return &t
}

// Sources are the observations that an improvement follows from.
func (p *reportPaper) Sources(i *dispatch.Improvement) []*dispatch.Observation {
	var out []*dispatch.Observation
	for _, o := range p.Observations {
		if slices.Contains(i.Observations, o.ID) {
			out = append(out, o)
		}
	}
	return out
}

// SourceWords are those observations in words.
func (p *reportPaper) SourceWords(i *dispatch.Improvement) string {
	var out []string
	for _, o := range p.Sources(i) {
		out = append(out, strings.TrimSpace(p.Moment(o)+" "+p.What(o)))
	}
	return strings.Join(out, "; ")
}

// What an observation says: its text, else the expected action that it is about.
func (p *reportPaper) What(o *dispatch.Observation) string {
	if o.Text != "" || o.Expected == nil {
		return o.Text
	}
	for _, i := range p.Injects {
		if i.Inject == o.Inject && *o.Expected < len(i.Expected) {
			return i.Expected[*o.Expected].Text
		}
	}
	return ""
}

// Edited is when an observation was last changed, "" where it never was.
func (p *reportPaper) Edited(o *dispatch.Observation) string {
	if o.Edited == nil {
		return ""
	}
	return p.Clock(&o.Edited.At)
}

// Inject is the number of an inject, as #14; "" of none, or of one that was removed.
func (p *reportPaper) Inject(id string) string {
	for _, i := range p.Injects {
		if i.Inject == id {
			return "#" + i.Number
		}
	}
	return ""
}

// Timed tells a measure of time from a count.
func (p *reportPaper) Timed(m dispatch.Measure) bool { return m.Of == 0 }

// Expects tells whether anything was expected of the players.
func (p *reportPaper) Expects() bool {
	return slices.ContainsFunc(p.Injects, func(i dispatch.InjectResult) bool { return len(i.Expected) > 0 })
}

// Of are the observations of a type.
func (p *reportPaper) Of(t dispatch.ObservationType) []*dispatch.Observation {
	var out []*dispatch.Observation
	for _, o := range p.Observations {
		if o.Type == t {
			out = append(out, o)
		}
	}
	return out
}

// Beside is the same measure in what the report is compared with.
func (p *reportPaper) Beside(m dispatch.Measure) *dispatch.Measure {
	if p.Compared != nil {
		for n := range p.Compared.Measures {
			if p.Compared.Measures[n].Type == m.Type {
				return &p.Compared.Measures[n]
			}
		}
	}
	return nil
}

// Difference is how much longer the measure's median is than that of the other.
func (p *reportPaper) Difference(m dispatch.Measure, other *dispatch.Measure) string {
	if !p.Timed(m) || m.Count == 0 || other.Count == 0 {
		return ""
	}
	switch d := math.Trunc(m.Median - other.Median); {
	case d < 0:
		return "−" + p.Span(-d)
	case d > 0:
		return "+" + p.Span(d)
	}
	return "±0"
}

// Parted says since when two drills that share a past are measured.
func (p *reportPaper) Parted() string {
	return fmt.Sprintf(p.W("parted"), p.Clock(&p.Compared.From), p.Clock(&p.Compared.To))
}

// With names what the report is compared with.
func (p *reportPaper) With() string {
	c := p.Compared
	if c.Drill != "" {
		return c.Name
	}
	return p.W("real") + " " + c.From.In(p.zone).Format("2006-01-02") + " – " + c.To.In(p.zone).Format("2006-01-02")
}
