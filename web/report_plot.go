package web

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"
	"time"

	"liandong/dispatch"
)

// The plots are drawn here as SVG, so that the page is one file which prints as it is. Form and word
// tell what colour tells: a report is copied in black and white.

const (
	plotGood, plotLate, plotBad, plotOpen = "#0b6b3a", "#9a4a00", "#b3261e", "#6b7a88"
	plotInk, plotMuted, plotLine          = "#111", "#555", "#d5dae0"
	plotDrill                             = "#b0308f"
)

type svg struct{ strings.Builder }

func newSVG(width, height int, label string) *svg {
	b := &svg{}
	fmt.Fprintf(b, `<svg viewBox="0 0 %d %d" role="img" aria-label="%s" font-size="11">`, width, height, html.EscapeString(label))
	return b
}

func (b *svg) line(x1, y1, x2, y2 float64, stroke string, width float64) {
	fmt.Fprintf(b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" stroke-width="%.1f"/>`, x1, y1, x2, y2, stroke, width)
}

func (b *svg) bar(x, y, w, h float64, fill string) {
	fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`, x, y, math.Max(w, 0), h, fill)
}

func (b *svg) text(x, y float64, anchor, fill, text string) {
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="%s" fill="%s">%s</text>`, x, y, anchor, fill, html.EscapeString(text))
}

// mark is a verdict: a disc, a diamond, a cross, a ring.
func (b *svg) mark(x, y float64, v dispatch.Verdict) {
	switch v {
	case dispatch.VerdictDone:
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="4" fill="%s"/>`, x, y, plotGood)
	case dispatch.VerdictLate:
		fmt.Fprintf(b, `<path d="M%.1f %.1fl5 5-5 5-5-5z" fill="%s"/>`, x, y-5, plotLate)
	case dispatch.VerdictMissed:
		fmt.Fprintf(b, `<path d="M%.1f %.1fl8 8m0-8l-8 8" stroke="%s" stroke-width="2.4" fill="none"/>`, x-4, y-4, plotBad)
	default:
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="4" fill="none" stroke="%s" stroke-width="1.6"/>`, x, y, plotOpen)
	}
}

func (b *svg) done() template.HTML {
	b.WriteString("</svg>")
	return template.HTML(b.String()) // all text went through html.EscapeString
}

func short(text string, most int) string {
	r := []rune(strings.Join(strings.Fields(text), " "))
	if len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return string(r)
}

// mostPlotted bounds the lines of the timeline; the table below it has all.
const mostPlotted = 40

// Timeline draws each inject that was released as a line from its release, with what was expected of
// it: a tick where it was due, a mark where it was done or found missing.
func (p *reportPaper) Timeline() template.HTML {
	var out []dispatch.InjectResult
	first, last := p.Drill.Begins, time.Time{}
	see := func(t *time.Time) {
		if t != nil && t.After(last) {
			last = *t
		}
	}
	for _, i := range p.Injects {
		if i.Released == nil || i.Released.Before(p.Drill.Begins) || len(out) == mostPlotted {
			continue // what came before a fork is of the drill that it left
		}
		out = append(out, i)
		see(i.Released)
		for _, e := range i.Expected {
			see(e.Due)
			see(e.At)
		}
	}
	if len(out) == 0 {
		return ""
	}
	span := math.Max(last.Sub(first).Seconds(), 60)
	const width, left, right, row = 720, 200, 20, 22
	height := 30 + row*len(out)
	b := newSVG(width, height, p.W("timeline"))
	x := func(t time.Time) float64 { return left + (width-left-right)*t.Sub(first).Seconds()/span }
	for _, t := range ticks(first, span) {
		b.line(x(t), 18, x(t), float64(height), plotLine, 1)
		b.text(x(t), 12, "middle", plotMuted, t.In(p.zone).Format("15:04"))
	}
	for n, i := range out {
		y := float64(30 + row*n + row/2 - 6)
		b.text(0, y+4, "start", plotInk, short(i.Number+" "+i.Text, 17))
		end := *i.Released
		for _, e := range i.Expected {
			for _, t := range []*time.Time{e.Due, e.At} {
				if t != nil && t.After(end) {
					end = *t
				}
			}
		}
		b.line(x(*i.Released), y, x(end), y, plotMuted, 1.2)
		fmt.Fprintf(b, `<path d="M%.1f %.1fl8 5-8 5z" fill="%s"/>`, x(*i.Released)-2, y-5, plotDrill)
		taken := map[int]int{} // marks at one place stand beside each other
		for _, e := range i.Expected {
			if e.Due != nil {
				b.line(x(*e.Due), y-6, x(*e.Due), y+6, plotInk, 1.2)
			}
			at := e.At
			if at == nil {
				at = e.Due
			}
			if at != nil {
				place := int(x(*at) / 10)
				b.mark(x(*at)+float64(11*taken[place]), y, e.Verdict)
				taken[place]++
			}
		}
	}
	return b.done()
}

// ticks are round moments over a span of so many seconds, at most nine.
func ticks(from time.Time, span float64) []time.Time {
	step := 60.0
	for _, s := range []float64{60, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400, 604800, 2592000} {
		if step = s; span/s <= 8 {
			break
		}
	}
	every := time.Duration(step) * time.Second
	var out []time.Time
	end := from.Add(time.Duration(span) * time.Second)
	for t := from.Truncate(every); !t.After(end); t = t.Add(every) {
		if !t.Before(from) {
			out = append(out, t)
		}
	}
	return out
}

// Bars draws the measures of time against their targets: the bar is the median, the whisker the ninth
// tenth, the upright the target, and what is compared a thin bar below.
func (p *reportPaper) Bars() template.HTML {
	var timed []dispatch.Measure
	for _, m := range p.Measures.All.Measures {
		if p.Timed(m) && m.Count > 0 {
			timed = append(timed, m)
		}
	}
	if len(timed) == 0 {
		return ""
	}
	const width, left, right, row = 720, 120, 150, 30
	b := newSVG(width, row*len(timed)+4, p.W("measures"))
	for n, m := range timed {
		y := float64(row*n + 4)
		// Each row has a scale of its own: a call is taken in seconds, help committed in half hours.
		full := math.Max(math.Max(m.P90, float64(m.Target)), 1) * 1.05
		other := p.Beside(m)
		if other != nil {
			full = math.Max(full, other.Median*1.05)
		}
		x := func(s float64) float64 { return left + (width-left-right)*s/full }
		fill, told := plotGood, p.Span(m.Median)
		if m.Target > 0 {
			mark := "✓"
			if m.Median > float64(m.Target) {
				fill, mark = plotBad, "✕"
			}
			told = fmt.Sprintf("%s %s / %s", mark, told, p.Span(m.Target))
		}
		b.text(0, y+15, "start", plotInk, p.W("measure."+string(m.Type)))
		b.bar(left, y+4, x(m.Median)-left, 14, fill)
		b.line(x(m.Median), y+11, x(m.P90), y+11, plotInk, 1.2)
		b.line(x(m.P90), y+6, x(m.P90), y+16, plotInk, 1.2)
		if m.Target > 0 {
			b.line(x(float64(m.Target)), y, x(float64(m.Target)), y+22, plotDrill, 2.4)
		}
		if other != nil && other.Count > 0 {
			b.bar(left, y+20, x(other.Median)-left, 4, plotOpen)
		}
		b.text(width-right+10, y+15, "start", plotInk, told)
	}
	return b.done()
}

// Heads draws the heads of AQ/T 9009 as bars in their order, with what is compared as an upright.
func (p *reportPaper) Heads() template.HTML {
	const width, left, right, row = 720, 170, 60, 20
	b := newSVG(width, row*len(p.Score.Aspects)+18, p.W("aspects"))
	x := func(s float64) float64 { return left + (width-left-right)*s/100 }
	bottom := float64(row * len(p.Score.Aspects))
	for _, s := range []float64{0, 30, 60, 75, 90, 100} {
		b.line(x(s), 0, x(s), bottom, plotLine, 1)
		b.text(x(s), bottom+13, "middle", plotMuted, fmt.Sprintf("%.0f", s))
	}
	for n, a := range p.Score.Aspects {
		y := float64(row * n)
		ink := plotInk
		if a.Score < 0 {
			ink = plotOpen
		}
		b.text(0, y+14, "start", ink, p.W("aspect."+string(a.Aspect)))
		if a.Score >= 0 {
			fill := plotGood
			if a.Score < 60 {
				fill = plotBad
			} else if a.Score < 75 {
				fill = plotLate
			}
			b.bar(left, y+4, x(a.Score)-left, 12, fill)
		}
		if p.Compared != nil && n < len(p.Compared.Aspects) && p.Compared.Aspects[n].Score >= 0 {
			b.line(x(p.Compared.Aspects[n].Score), y+1, x(p.Compared.Aspects[n].Score), y+19, plotInk, 2)
		}
		b.text(width-right+8, y+14, "start", ink, p.Points(a.Score))
	}
	return b.done()
}
