package web

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"liandong/dispatch"
)

//go:embed drill_paper.html
var paperText string

var paperTemplate = template.Must(template.New("paper").Parse(paperText))

// paperRoutes serve the documents that AQ/T 9007-2019 asks for, made of what the
// drill holds. What it does not hold, its section says.
func (s *Server) paperRoutes() {
	read(s, huma.Operation{OperationID: "drill-paper", Method: http.MethodGet, Path: "/api/v1/drills/papers/{name}", Tags: []string{"drills"},
		Summary:   "a document of the drill that you are in, for printing: plan 工作方案, script 脚本, evaluation 评估方案, safety 保障方案, observers 观摩手册",
		Responses: map[string]*huma.Response{"200": {Description: "HTML", Content: asBytes("text/html")}}}, s.drillPaper)
}

func (s *Server) drillPaper(ctx context.Context, me *signedIn, in *struct {
	Name string `path:"name" enum:"plan,script,evaluation,safety,observers"`
	Lang string `query:"lang" enum:"zh,en" default:"zh"`
}) (*huma.StreamResponse, error) {
	if err := me.runs(); err != nil {
		return nil, err
	}
	p, err := s.drillPlan(ctx, me.actor, in.Lang)
	if err != nil {
		return nil, err
	}
	p.Title, p.Wide = p.W(in.Name), in.Name == "script"
	switch in.Name {
	case "plan":
		p.workPlan()
	case "script":
		p.script()
	case "evaluation":
		p.evaluation()
	case "safety":
		p.safety()
	case "observers":
		p.observers()
	}
	if err := s.audit(ctx, me, "export", "drill paper "+in.Name); err != nil {
		return nil, err
	}
	var page bytes.Buffer
	if err := paperTemplate.Execute(&page, p); err != nil {
		return nil, fmt.Errorf("drill paper %s: %w", in.Name, err)
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", "text/html; charset=utf-8")
		hc.SetHeader("Cache-Control", "no-store")
		_, _ = hc.BodyWriter().Write(page.Bytes()) // the reader may have left
	}}, nil
}

// paper is a document under way.
type paper struct {
	Lang, Title, Name, Printed, State, ID string
	Version                               int64
	Wide                                  bool
	Sections                              []paperSection

	d          *dispatch.Drill
	parts      []*dispatch.Part
	objectives []*dispatch.Objective
	injects    []*dispatch.Inject
	agency     func(string) string
	zone       *time.Location
}

type paperSection struct {
	Title string
	Text  []string
	Head  []string
	Rows  [][]string
}

// Empty tells that the drill holds nothing for the section.
func (s paperSection) Empty() bool { return len(s.Text)+len(s.Rows) == 0 }

func (s *Server) drillPlan(ctx context.Context, a dispatch.Actor, lang string) (*paper, error) {
	p := &paper{Lang: lang, zone: s.zone()}
	for _, k := range []dispatch.Kind{dispatch.KindDrill, dispatch.KindPart, dispatch.KindObjective, dispatch.KindInject} {
		recs, err := s.cfg.Service.Find(ctx, a, dispatch.Query{Kind: k, Limit: 1000})
		if err != nil {
			return nil, err
		}
		for _, r := range recs {
			switch r := r.(type) {
			case *dispatch.Drill:
				p.d = r
			case *dispatch.Part:
				p.parts = append(p.parts, r)
			case *dispatch.Objective:
				p.objectives = append(p.objectives, r)
			case *dispatch.Inject:
				p.injects = append(p.injects, r)
			}
		}
	}
	if p.d == nil {
		return nil, dispatch.NotFoundError(dispatch.Ref{Kind: dispatch.KindDrill, ID: a.Realm.Drill()})
	}
	var err error
	if p.agency, err = s.agencyNames(ctx, a); err != nil {
		return nil, err
	}
	rank := func(r dispatch.Role) int { return slices.Index(dispatch.PartRoles, r) }
	slices.SortStableFunc(p.parts, func(a, b *dispatch.Part) int { return rank(a.Role) - rank(b.Role) })
	slices.SortFunc(p.objectives, func(a, b *dispatch.Objective) int { return a.Number - b.Number })
	slices.SortFunc(p.injects, dispatch.ByNumber)
	p.Name, p.ID, p.Version, p.Printed = p.d.Name, p.d.ID, p.d.Version, p.wall(s.cfg.Now())
	p.State = p.W("state." + string(p.d.State))
	return p, nil
}

// HTMLLang is the language of the page.
func (p *paper) HTMLLang() string {
	if p.Lang == "en" {
		return "en"
	}
	return "zh-CN"
}

// W is a word of the papers.
func (p *paper) W(word string) string { return paperWords[p.Lang][word] }

// Number is the number of a section: 一、 or 1.
func (p *paper) Number(n int) string {
	if p.Lang == "en" {
		return fmt.Sprintf("%d. ", n+1)
	}
	return string([]rune("一二三四五六七八九十")[n]) + "、"
}

func (p *paper) wall(t time.Time) string { return t.In(p.zone).Format("2006-01-02 15:04") }

// after is an offset from the start: +1:05:00.
func after(seconds int) string {
	return fmt.Sprintf("+%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
}

func (p *paper) add(title string, text []string, head []string, rows [][]string) {
	var said []string
	for _, t := range text {
		if strings.TrimSpace(t) != "" {
			said = append(said, t)
		}
	}
	var heads []string
	for _, h := range head {
		heads = append(heads, p.W(h))
	}
	p.Sections = append(p.Sections, paperSection{p.W(title), said, heads, rows})
}

func (p *paper) partName(id string) string {
	for _, x := range p.parts {
		if x.ID == id {
			return x.Name
		}
	}
	return ""
}

// kind says what kind of drill it is.
func (p *paper) kind() string {
	out := strings.Join([]string{p.W("content." + string(p.d.Content)), p.W("form." + string(p.d.Form)), p.W("purpose." + string(p.d.Purpose))}, " · ")
	if p.d.NoNotice {
		out += " · " + p.W("no_notice")
	}
	return out
}

func (p *paper) when() []string {
	var out []string
	if p.d.Planned != nil {
		out = append(out, p.W("planned")+p.wall(*p.d.Planned))
	}
	out = append(out, p.W("begins")+p.wall(p.d.Begins))
	if p.d.Length > 0 {
		out = append(out, p.W("length")+strings.TrimPrefix(after(p.d.Length), "+"))
	}
	return out
}

func (p *paper) start() string {
	return p.W("start") + p.W("picture."+string(p.d.Start.Type)) + " " + p.wall(p.d.Start.At)
}

func (p *paper) objectiveRows() [][]string {
	var rows [][]string
	for _, o := range p.objectives {
		rows = append(rows, []string{fmt.Sprint(o.Number), o.Name, o.Text, p.W("aspect." + string(o.Aspect)), fmt.Sprint(o.Weight)})
	}
	return rows
}

// people are the parts of the roles; none: all.
func (p *paper) people(roles ...dispatch.Role) [][]string {
	var rows [][]string
	for _, x := range p.parts {
		if len(roles) == 0 || slices.Contains(roles, x.Role) {
			rows = append(rows, []string{p.W("role." + string(x.Role)), x.Name, p.agency(x.Agency), x.Text})
		}
	}
	return rows
}

var peopleHead = []string{"role", "person", "agency", "task"}

// moves are the stages of the script, each with its span and its injects.
func (p *paper) moves() [][]string {
	type stage struct{ first, last, count int }
	stages := map[int]*stage{}
	var numbers []int
	for _, i := range p.injects {
		m := stages[i.Move]
		if m == nil {
			m = &stage{first: -1}
			stages[i.Move] = m
			numbers = append(numbers, i.Move)
		}
		m.count++
		if i.Trigger.Type == dispatch.TriggerTimed {
			if m.first < 0 || i.Trigger.Offset < m.first {
				m.first = i.Trigger.Offset
			}
			m.last = max(m.last, i.Trigger.Offset)
		}
	}
	slices.Sort(numbers)
	var rows [][]string
	for _, n := range numbers {
		m, name, span := stages[n], p.W("no_move"), ""
		if n > 0 {
			name = fmt.Sprint(n)
		}
		if m.first >= 0 {
			span = after(m.first) + " – " + after(m.last)
		}
		rows = append(rows, []string{name, span, fmt.Sprint(m.count)})
	}
	return rows
}

// workPlan is the 工作方案 in its nine items.
func (p *paper) workPlan() {
	p.add("plan.aims", []string{p.kind()}, []string{"number", "objective", "good", "aspect", "weight"}, p.objectiveRows())
	p.add("plan.scenario", []string{p.d.Situation, p.start()}, nil, nil)
	p.add("plan.people", nil, peopleHead, p.people())
	p.add("plan.time", p.when(), nil, nil)
	var agencies [][]string
	seen := map[string]bool{}
	for _, x := range p.parts {
		if seen[x.Agency] {
			continue
		}
		seen[x.Agency] = true
		var tasks []string
		for _, i := range p.injects {
			for _, e := range i.Expected {
				if e.Agency == x.Agency && !slices.Contains(tasks, e.Text) {
					tasks = append(tasks, e.Text)
				}
			}
		}
		if len(tasks) > 0 {
			agencies = append(agencies, []string{p.agency(x.Agency), strings.Join(tasks, "\n")})
		}
	}
	p.add("plan.tasks", nil, []string{"agency", "expected"}, agencies)
	confirmed := 0
	for _, x := range p.parts {
		if x.Confirmed != nil {
			confirmed++
		}
	}
	var steps [][]string
	for _, st := range dispatch.DrillStates {
		if s, ok := p.d.Stamps[st]; ok && !st.Begun() {
			steps = append(steps, []string{p.W("state." + string(st)), s.By})
		}
	}
	p.add("plan.preparation", []string{fmt.Sprintf(p.W("confirmed"), confirmed, len(p.parts))}, []string{"state", "by"}, steps)
	p.add("plan.steps", nil, []string{"move", "span", "injects"}, p.moves())
	p.add("plan.support", nil, nil, nil)
	p.add("plan.review", []string{p.W("scale")}, peopleHead, p.people(dispatch.RoleEvaluator))
}

func (p *paper) trigger(i *dispatch.Inject) string {
	switch t := i.Trigger; t.Type {
	case dispatch.TriggerTimed:
		return after(t.Offset)
	case dispatch.TriggerManual:
		return p.W("manual")
	default:
		var cs []string
		for _, c := range t.When.Clauses {
			switch {
			case c.Inject != "":
				number := c.Inject
				for _, o := range p.injects {
					if o.ID == c.Inject {
						number = o.Number
					}
				}
				cs = append(cs, "#"+number+" "+p.W("inject."+string(c.State)))
			case c.Not:
				cs = append(cs, fmt.Sprintf(p.W("not_by"), p.command(c.Command, c.Agency), after(c.Within)))
			default:
				cs = append(cs, p.command(c.Command, c.Agency))
			}
		}
		out := strings.Join(cs, p.W(map[bool]string{true: "or", false: "and"}[t.When.Any]))
		if t.Delay > 0 {
			out += "\n" + after(t.Delay)
		}
		return out
	}
}

func (p *paper) command(name, agency string) string {
	if c, ok := dispatch.CommandByName(name); ok && p.Lang == "zh" {
		name = c.Chinese
	}
	if agency != "" {
		name += " (" + p.agency(agency) + ")"
	}
	return name
}

func (p *paper) script() {
	p.add("script.scenario", []string{p.d.Situation, p.start()}, nil, nil)
	var rows [][]string
	for _, i := range p.injects {
		var expected []string
		for _, e := range i.Expected {
			line := e.Text
			if e.Agency != "" {
				line += "（" + p.agency(e.Agency) + "）"
			}
			if e.Within > 0 {
				line += " ≤ " + strings.TrimPrefix(after(e.Within), "+")
			}
			expected = append(expected, line)
		}
		move := ""
		if i.Move > 0 {
			move = fmt.Sprint(i.Move)
		}
		who := i.From
		if i.To != "" {
			who += " → " + i.To
		}
		rows = append(rows, []string{i.Number, p.trigger(i), move, p.W("method." + string(i.Method)), who, i.Text, strings.Join(expected, "\n"), p.partName(i.Controller)})
	}
	p.add("script.lines", nil, []string{"number", "time", "move", "method", "who", "text", "expected", "controller"}, rows)
	p.add("script.captions", nil, nil, nil)
	p.add("script.commentary", nil, nil, nil)
}

func (p *paper) evaluation() {
	p.add("evaluation.aims", []string{p.kind()}, []string{"number", "objective", "good", "aspect", "weight"}, p.objectiveRows())
	p.add("evaluation.people", nil, peopleHead, p.people(dispatch.RoleEvaluator))
	var rows [][]string
	for _, i := range p.injects {
		for _, e := range i.Expected {
			objective, within := "", ""
			for _, o := range p.objectives {
				if o.ID == i.Objective {
					objective = fmt.Sprint(o.Number)
				}
			}
			if e.Within > 0 {
				within = "≤ " + strings.TrimPrefix(after(e.Within), "+")
			}
			how := p.W("seen")
			if e.Command != "" {
				how = p.command(e.Command, "")
			}
			rows = append(rows, []string{i.Number, objective, e.Text, p.agency(e.Agency), within, fmt.Sprint(e.Weight), how, p.partName(i.Evaluator)})
		}
	}
	p.add("evaluation.actions", nil, []string{"number", "objective", "expected", "agency", "within", "weight", "shown", "evaluator"}, rows)
	p.add("evaluation.scale", []string{p.W("scale"), p.W("overall")}, nil, nil)
}

func (p *paper) safety() {
	p.add("safety.people", nil, peopleHead, p.people(dispatch.RoleDirector, dispatch.RoleController))
	p.add("safety.comms", nil, peopleHead, p.withText())
	p.add("safety.abort", []string{p.W("abort")}, nil, nil)
	p.add("safety.real", []string{p.W("real")}, nil, nil)
	p.add("safety.supplies", nil, nil, nil)
	p.add("safety.site", nil, nil, nil)
}

func (p *paper) withText() [][]string {
	return slices.DeleteFunc(p.people(), func(row []string) bool { return row[3] == "" })
}

// observers is the 观摩手册. It tells the stages and not the script: it may be in
// the hands of those who sit beside the players.
func (p *paper) observers() {
	p.add("observers.about", append([]string{p.kind()}, p.when()...), nil, nil)
	p.add("observers.scenario", []string{p.d.Situation}, nil, nil)
	p.add("observers.aims", nil, []string{"number", "objective", "good"}, firstColumns(p.objectiveRows(), 3))
	p.add("observers.people", nil, peopleHead[:3], firstColumns(p.people(), 3))
	p.add("observers.steps", nil, []string{"move", "span"}, firstColumns(p.moves(), 2))
	p.add("observers.rules", []string{p.W("rules")}, nil, nil)
}

func firstColumns(rows [][]string, n int) [][]string {
	var out [][]string
	for _, r := range rows {
		out = append(out, r[:n])
	}
	return out
}
