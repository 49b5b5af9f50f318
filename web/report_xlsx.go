package web

import (
	"fmt"

	"github.com/xuri/excelize/v2"

	"liandong/dispatch"
)

// xlsx writes the report as a workbook: the summary and the scores, then a sheet each for measures,
// expected actions, observations and improvements. Every sheet says that it is practice.
func (p *reportPaper) xlsx() ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	b := &book{File: f}
	b.sheet(p, p.W("summary"))
	for _, h := range p.Head {
		b.row(h[0], h[1])
	}
	b.row(p.W("score"), judgedCell(p.Score.Score))
	b.row(p.W("grade"), p.W("grade."+string(p.Score.Grade)))
	b.at++
	b.heads(p, "number", "objective", "aspect", "weight", "score", "done", "late", "missed", "open", "ratings")
	for _, o := range p.Score.Objectives {
		b.row(o.Number, o.Name, p.W("aspect."+string(o.Aspect)), o.Weight, judgedCell(o.Score), o.Done, o.Late, o.Missed, o.Open, o.Ratings)
	}
	b.at++
	b.heads(p, "agency", "score", "done", "late", "missed", "open", "ratings", "strengths", "weaknesses")
	for _, a := range p.Score.Agencies {
		b.row(a.Name, judgedCell(a.Score), a.Done, a.Late, a.Missed, a.Open, a.Ratings, a.Strengths, a.Weaknesses)
	}
	b.at++
	b.heads(p, "aspect", "score")
	for _, a := range p.Score.Aspects {
		b.row(p.W("aspect."+string(a.Aspect)), judgedCell(a.Score))
	}

	b.sheet(p, p.W("measures"))
	heads := []string{"agency", "incident", "measure", "formula", "count", "median", "p90", "worst", "target", "share", "still", "wrong"}
	if c := p.Compared; c != nil {
		b.row(p.W("compared"), p.With())
		if c.Kin {
			b.row("", p.Parted())
		}
		heads = append(heads, "beside.count", "beside.median", "beside.p90", "beside.share")
	}
	b.heads(p, heads...)
	group := func(agency, incident string, ms []dispatch.Measure) {
		for _, m := range ms {
			cells := []any{agency, incident, p.W("measure." + string(m.Type)), p.W("formula." + string(m.Type)), m.Count}
			if p.Timed(m) && m.Count > 0 {
				cells = append(cells, m.Median, m.P90, m.Worst)
			} else {
				cells = append(cells, nil, nil, nil)
			}
			var target, share any
			if m.Target > 0 {
				target = m.Target
			}
			if m.Share >= 0 {
				share = m.Share
			}
			cells = append(cells, target, share, m.Open, m.Wrong)
			if x := p.Beside(m); x != nil && agency == p.W("all") {
				cells = append(cells, besideCells(p, x)...)
			}
			b.row(cells...)
		}
	}
	group(p.W("all"), "", p.Measures.All.Measures)
	for _, g := range p.Measures.Agencies {
		group(p.Name(g.Agency), "", g.Measures)
	}
	for _, g := range p.Measures.Incidents {
		group("", g.Name, g.Measures)
	}

	b.sheet(p, p.W("injects"))
	b.heads(p, "number", "text", "released", "expected", "agency", "within", "weight", "verdict", "when")
	for _, i := range p.Injects {
		for _, e := range i.Expected {
			b.row(i.Number, i.Text, p.Clock(i.Released), e.Text, p.Name(e.Agency), e.Within, e.Weight, p.W("verdict."+string(e.Verdict)), p.Clock(e.At))
		}
	}

	b.sheet(p, p.W("lessons"))
	b.heads(p, "when", "seq", "type", "agency", "aspect", "text", "evaluator", "edited")
	for _, t := range []dispatch.ObservationType{dispatch.ObservationStrength, dispatch.ObservationWeakness, dispatch.ObservationLesson} {
		word := map[dispatch.ObservationType]string{dispatch.ObservationStrength: "strengths", dispatch.ObservationWeakness: "weaknesses", dispatch.ObservationLesson: "lessons"}[t]
		for _, o := range p.Of(t) {
			b.row(p.Moment(o), o.Seq, p.W(word), p.Name(o.Agency), p.W("aspect."+string(o.Aspect)), o.Text, o.Name, p.Edited(o))
		}
	}

	b.sheet(p, p.W("improvements"))
	b.heads(p, "number", "text", "aspect", "owner", "person", "due", "done.measures", "resources", "source", "state", "progress")
	for _, i := range p.Improvements {
		b.row(i.Number, i.Text, p.W("aspect."+string(i.Aspect)), i.OwnerName, i.PersonName, p.Day(i.Due), i.Measures, i.Resources, p.SourceWords(i), p.W("improvement."+string(i.State)), i.Progress)
	}
	if len(p.Remarks) > 0 {
		b.sheet(p, p.W("remarks"))
		b.heads(p, "when", "seq", "number", "text", "by", "edited")
		for _, o := range p.Remarks {
			b.row(p.Moment(o), o.Seq, p.Inject(o.Inject), o.Text, o.Name, p.Edited(o))
		}
	}
	if b.err != nil {
		return nil, b.err
	}
	out, err := f.WriteToBuffer()
	if err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// judgedCell is a score as a number, and nothing where nothing was judged.
func judgedCell(score float64) any {
	if score < 0 {
		return nil
	}
	return score
}

// book writes sheets row by row; the first error stays.
type book struct {
	*excelize.File
	name  string
	at    int
	heavy int
	err   error
}

// besideCells are the count, median, ninth tenth and share of a measure that is compared.
func besideCells(p *reportPaper, m *dispatch.Measure) []any {
	cells := []any{m.Count, nil, nil, nil}
	if p.Timed(*m) && m.Count > 0 {
		cells[1], cells[2] = m.Median, m.P90
	}
	if m.Share >= 0 {
		cells[3] = m.Share
	}
	return cells
}

func (b *book) do(err error) {
	if b.err == nil {
		b.err = err
	}
}

// sheet begins a sheet, whose first line says that it is practice.
func (b *book) sheet(p *reportPaper, name string) {
	if b.name == "" {
		b.do(b.SetSheetName("Sheet1", name))
		heavy, err := b.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
		b.heavy = heavy
		b.do(err)
	} else {
		_, err := b.NewSheet(name)
		b.do(err)
	}
	b.name, b.at = name, 1
	b.do(b.SetColWidth(name, "A", "P", 16))
	b.row(p.W("practice"), p.W("title"), p.Drill.Name, p.W("practice.note"))
	b.do(b.SetCellStyle(name, "A1", "D1", b.heavy))
	b.at++
}

func (b *book) row(cells ...any) {
	b.do(b.SetSheetRow(b.name, fmt.Sprintf("A%d", b.at), &cells))
	b.at++
}

func (b *book) heads(p *reportPaper, words ...string) {
	cells := make([]any, len(words))
	for n, w := range words {
		cells[n] = p.W(w)
	}
	last, err := excelize.CoordinatesToCellName(len(words), b.at)
	b.do(err)
	b.do(b.SetCellStyle(b.name, fmt.Sprintf("A%d", b.at), last, b.heavy))
	b.row(cells...)
}
