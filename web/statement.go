package web

import (
	"context"
	_ "embed"
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"liandong/dispatch"
)

//go:embed statement.html
var statementText string

var statementPage = template.Must(template.New("statement").Parse(statementText))

// statement is a claim ready to be printed or written to a file, in one language.
type statement struct {
	Lang     string
	Claim    *dispatch.Claim
	Title    string
	Practice string // of a drill: which; it is nobody's money
	Head     [][2]string
	Columns  []string
	Rows     []statementRow
	Computed string
	Amount   string
	Steps    [][3]string // state, when, who
	Entries  []statementEntry
	w        map[string]string
}

type statementRow struct {
	ID, Type, Name, From, To, Quantity, Unit, Price, Computed, Amount, Reason, Seqs string
	Edited, Missing                                                                 bool
	quantity                                                                        float64
	price, computed, amount                                                         int64
}

type statementEntry struct {
	Seq           int64
	At, What, Who string
}

// W is a word in the language of the statement.
func (st *statement) W(word string) string { return st.w[word] }

// statement gathers what a claim's papers show, as the actor sees it.
func (s *Server) statement(ctx context.Context, a dispatch.Actor, in *claimInput) (*statement, error) {
	c, err := s.claim(ctx, a, in.ID)
	if err != nil {
		return nil, err
	}
	changes, err := s.claimChanges(ctx, a, c)
	if err != nil {
		return nil, err
	}
	agencies, err := s.cfg.Service.Find(ctx, a, dispatch.Query{Kind: dispatch.KindAgency, Archived: true, Limit: 1000})
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, r := range agencies {
		names[dispatch.RefOf(r).ID] = r.(*dispatch.Agency).Name
	}
	zone := s.zone()
	st := &statement{Lang: in.Lang, Claim: c, w: statementWords[in.Lang], Computed: yuan(c.Computed), Amount: yuan(c.Amount)}
	if st.Title = practised(a.Realm, st.W("title")); a.Realm != dispatch.Live {
		st.Practice = string(a.Realm)
	}
	name := func(id string) string {
		if n := names[id]; n != "" {
			return n
		}
		return id
	}
	incident := c.Title
	if rec, err := s.cfg.Service.Get(ctx, a, dispatch.Ref{Kind: dispatch.KindIncident, ID: c.Incident}); err == nil {
		i := rec.(*dispatch.Incident)
		incident = i.Number + " " + i.Title
	} else if dispatch.CodeOf(err) != dispatch.NotFound {
		return nil, err
	}
	var receivers []string
	for _, id := range c.Receivers {
		receivers = append(receivers, name(id))
	}
	st.Head = [][2]string{{st.W("number"), c.Number}, {st.W("claimant"), name(dispatch.HeadOf(c).Scope.Agency)}, {st.W("receivers"), strings.Join(receivers, "、")},
		{st.W("incident"), incident}, {st.W("state"), st.W("state." + string(c.State))}}
	if c.Responsible != nil {
		st.Head = append(st.Head, [2]string{st.W("responsible"), c.Responsible.Name})
	}
	if c.Payer != nil {
		st.Head = append(st.Head, [2]string{st.W("payer"), fmt.Sprintf("%s（%s）", c.Payer.Name, st.W("rule."+string(c.Payer.Rule)))})
	}
	if c.Payment != "" {
		st.Head = append(st.Head, [2]string{st.W("payment"), c.Payment})
	}
	for _, k := range []string{"line", "type", "name", "from", "to", "quantity", "unit", "price", "computed", "amount", "reason", "seqs"} {
		st.Columns = append(st.Columns, st.W(k))
	}
	for _, l := range c.Lines {
		st.Rows = append(st.Rows, st.row(l, zone))
	}
	for _, state := range dispatch.ClaimStates {
		if stamp, ok := c.Stamps[state]; ok {
			st.Steps = append(st.Steps, [3]string{st.W("state." + string(state)), moment(stamp.When(), zone), stamp.By})
		}
	}
	for _, x := range changes {
		what := x.Kind
		if cmd, ok := dispatch.CommandByName(x.Kind); ok {
			if what = cmd.Chinese; in.Lang == "en" {
				what = cmd.Name
			}
		}
		if to := became(x, in.Lang, zone); to != "" {
			what += " → " + to
		}
		who := name(x.Actor.Agency)
		if x.Actor.Name != "" {
			who = x.Actor.Name + " · " + who
		}
		st.Entries = append(st.Entries, statementEntry{x.Seq, moment(x.At, zone), what, who})
	}
	return st, nil
}

// became is the state into which a change brought the loan or the task that it is
// about, and when that was where it was told for another time.
func became(x dispatch.Seen, lang string, zone *time.Location) string {
	for _, r := range x.Put {
		state, told := "", (*time.Time)(nil)
		switch r := r.(type) {
		case *dispatch.Loan:
			state, told = string(r.State), r.Stamps[r.State].Event
		case *dispatch.Task:
			state, told = string(r.State), r.Stamps[r.State].Event
		}
		if state != "" && lang == "zh" {
			state = dispatch.StateNameZH(dispatch.RefOf(r).Kind, state)
		}
		if told != nil {
			state += " (" + moment(*told, zone) + ")"
		}
		if state != "" {
			return state
		}
	}
	return ""
}

func moment(t time.Time, zone *time.Location) string { return t.In(zone).Format("2006-01-02 15:04:05") }

func (st *statement) row(l dispatch.ClaimLine, zone *time.Location) statementRow {
	per := map[string]float64{"hour": 3600, "km": 1000}[l.Unit]
	if per == 0 {
		per = 1
	}
	r := statementRow{ID: l.ID, Type: st.W("type." + string(l.Type)), Name: l.Name, Unit: l.Unit, Reason: l.Reason, Edited: l.Edited != nil, Missing: l.Rate == "",
		quantity: float64(l.Quantity) / per, price: l.Price, computed: l.Computed, amount: l.Amount()}
	if u := st.W("unit." + unitOf(l)); u != "" {
		r.Unit = u
	}
	if l.From != nil {
		r.From, r.To = moment(*l.From, zone), moment(*l.To, zone)
	}
	r.Quantity = quantityOf(l)
	r.Price, r.Computed, r.Amount = yuan(l.Price), yuan(l.Computed), yuan(l.Amount())
	if r.Missing {
		r.Price = st.W("norate")
	}
	if l.Estimate {
		r.Type += st.W("estimate")
	}
	for n, seq := range l.Seqs {
		if n > 0 {
			r.Seqs += " "
		}
		r.Seqs += fmt.Sprintf("#%d", seq)
	}
	return r
}

// yuan writes fen as yuan for a reader: 12,345.60.
func yuan(fen int64) string {
	text := fmt.Sprintf("%d.%02d", fen/100, fen%100)
	for at := len(text) - 6; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// unitOf is the unit with whose hours and days they are.
func unitOf(l dispatch.ClaimLine) string {
	if l.Type == dispatch.RateCrew || l.Type == dispatch.RateMeal {
		return "person_" + l.Unit
	}
	return l.Unit
}

// quantityOf writes hours as h:mm:ss, kilometres with three decimals and anything
// else as it is.
func quantityOf(l dispatch.ClaimLine) string {
	switch l.Unit {
	case "hour":
		return fmt.Sprintf("%d:%02d:%02d", l.Quantity/3600, l.Quantity/60%60, l.Quantity%60)
	case "km":
		return fmt.Sprintf("%d.%03d", l.Quantity/1000, l.Quantity%1000)
	}
	return fmt.Sprint(l.Quantity)
}

// xlsx writes the statement as a workbook: the claim on the first sheet, the
// entries of the record that it rests on upon the second.
func (st *statement) xlsx() ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	sheet := st.Title
	err := f.SetSheetName("Sheet1", sheet)
	at := 1
	put := func(sheet string, values ...any) {
		if err == nil {
			err = f.SetSheetRow(sheet, fmt.Sprintf("A%d", at), &values)
		}
		at++
	}
	put(sheet, st.Title)
	if st.Practice != "" {
		put(sheet, st.W("practice"), st.Practice)
	}
	for _, h := range st.Head {
		put(sheet, h[0], h[1])
	}
	at++
	first := at
	columns := make([]any, len(st.Columns))
	for n, c := range st.Columns {
		columns[n] = c
	}
	put(sheet, columns...)
	// Money is a number of yuan with two decimals: the figure as it is, for a spreadsheet to reckon with.
	yuan := func(fen int64) float64 { return float64(fen) / 100 }
	for _, r := range st.Rows {
		put(sheet, r.ID, r.Type, r.Name, r.From, r.To, r.quantity, r.Unit, yuan(r.price), yuan(r.computed), yuan(r.amount), r.Reason, r.Seqs)
	}
	put(sheet, st.W("sum"), "", "", "", "", "", "", "", yuan(st.Claim.Computed), yuan(st.Claim.Amount))
	last := at - 1
	at++
	for _, x := range st.Steps {
		put(sheet, x[0], x[1], x[2])
	}
	if err == nil {
		err = st.dress(f, sheet, first, last)
	}
	entries := st.W("entries")
	if _, e := f.NewSheet(entries); err == nil {
		err = e
	}
	at = 1
	put(entries, st.W("seq"), st.W("when"), st.W("what"), st.W("who"))
	for _, e := range st.Entries {
		put(entries, e.Seq, e.At, e.What, e.Who)
	}
	if err == nil {
		err = f.SetColWidth(entries, "B", "D", 24)
	}
	if err != nil {
		return nil, err
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// dress gives the sheet widths, heavy headings and money with two decimals.
func (st *statement) dress(f *excelize.File, sheet string, first, last int) error {
	heavy, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	format := "#,##0.00"
	money, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
	if err != nil {
		return err
	}
	cell := func(column string, row int) string { return fmt.Sprintf("%s%d", column, row) }
	for _, do := range []func() error{
		func() error { return f.SetCellStyle(sheet, "A1", "A1", heavy) },
		func() error { return f.SetCellStyle(sheet, cell("A", first), cell("L", first), heavy) },
		func() error { return f.SetCellStyle(sheet, cell("H", first+1), cell("J", last), money) },
		func() error { return f.SetColWidth(sheet, "A", "A", 14) },
		func() error { return f.SetColWidth(sheet, "B", "E", 22) },
		func() error { return f.SetColWidth(sheet, "F", "J", 13) },
		func() error { return f.SetColWidth(sheet, "K", "L", 30) },
	} {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}
