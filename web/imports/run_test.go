package imports_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"liandong/dispatch"
	"liandong/dispatch/pgstore"
	"liandong/geo"
	"liandong/geo/route"
	"liandong/migrations/pgtest"
	"liandong/web"
	"liandong/web/imports"
)

type house struct {
	*testing.T
	store *pgstore.Store
	svc   *dispatch.Service
	desk  dispatch.Actor
	admin dispatch.Actor
	n     int
}

// open makes a house with one city, two agencies and a depot in it.
func open(t *testing.T) *house {
	t.Helper()
	store, err := pgstore.Open(t.Context(), pgtest.New(t), pgstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	h := &house{T: t, store: store}
	ids := 0
	h.svc = dispatch.NewService(store, dispatch.Config{Now: time.Now, NewID: func() string { ids++; return fmt.Sprintf("id-%04d", ids) },
		Hash: web.NewPasswords().Hash, Router: route.Default(), Settings: dispatch.DefaultSettings()})
	city := geo.Bound{113, 33.7, 114.4, 34.5}.Box()
	h.load(dispatch.KindArea, dispatch.Imported{Row: 2, Record: &dispatch.Area{Code: "4110", Level: dispatch.LevelCity, Name: "许昌市"}, Shape: city})
	bureau := &dispatch.Agency{Name: "市应急管理局", Short: "市局", Type: dispatch.AgencyGovernment, Jurisdiction: "4110"}
	bureau.ID, bureau.Scope.Agency, bureau.Scope.Area = "bureau", "bureau", "4110"
	mine := &dispatch.Agency{Name: "矿山救护大队", Type: dispatch.AgencyEnterprise}
	mine.ID, mine.Scope.Agency, mine.Scope.Area = "mine", "mine", "4110"
	h.load(dispatch.KindAgency, dispatch.Imported{Row: 2, Record: bureau}, dispatch.Imported{Row: 3, Record: mine})
	at := geo.At(113.85, 34.03)
	depot := &dispatch.Depot{Name: "一号站", Type: "station", Place: dispatch.Place{Text: "魏武大道", Point: &at}}
	depot.ID, depot.Scope.Agency = "depot", "bureau"
	h.load(dispatch.KindDepot, dispatch.Imported{Row: 2, Record: depot})
	h.desk = dispatch.Actor{ID: "desk", Name: "调度员", Realm: dispatch.Live, Role: dispatch.RoleDispatcher, Agency: "bureau", Jurisdiction: "4110"}
	h.admin = dispatch.Actor{ID: "admin", Name: "管理员", Realm: dispatch.Live, Role: dispatch.RoleAdmin, Agency: "bureau", Jurisdiction: "4110"}
	return h
}

func (h *house) load(k dispatch.Kind, rows ...dispatch.Imported) {
	h.Helper()
	h.n++
	bad, err := h.svc.Import(h.Context(), dispatch.System(dispatch.Live), k, fmt.Sprintf("setting-up-%d", h.n), rows, false)
	if err != nil || len(bad) > 0 {
		h.Fatal(err, bad)
	}
}

func (h *house) run(actor dispatch.Actor, req imports.Request) (imports.Report, error) {
	h.n++
	req.Key = fmt.Sprintf("import-%04d", h.n)
	return imports.Run(h.Context(), h.svc, actor, req, func(int, int) {})
}

// state is what an import that fails must not change.
func (h *house) state() string {
	h.Helper()
	head, err := h.store.Head(h.Context(), dispatch.Live)
	if err != nil {
		h.Fatal(err)
	}
	out := fmt.Sprintf("head %d", head)
	for _, k := range dispatch.ImportKinds {
		list, err := h.store.Find(h.Context(), dispatch.Query{Realm: dispatch.Live, Kind: k, Limit: -1})
		if err != nil {
			h.Fatal(err)
		}
		out += fmt.Sprintf(", %s %d", k, len(list))
	}
	return out
}

func (h *house) teams() map[string]*dispatch.Team {
	h.Helper()
	list, err := h.store.Find(h.Context(), dispatch.Query{Realm: dispatch.Live, Kind: dispatch.KindTeam, Limit: -1})
	if err != nil {
		h.Fatal(err)
	}
	out := map[string]*dispatch.Team{}
	for _, r := range list {
		out[r.(*dispatch.Team).CallSign] = r.(*dispatch.Team)
	}
	return out
}

const teams = `救援队伍统计表,,,,,,,,,
队伍名称,电台呼号,类型,最少人数,编制人数,能力,单位,站点,经度,纬度,备注
消防一中队,消防11,消防,5,7人,灭火、车辆破拆,,一号站,,,好
矿救一小队,矿救01,矿山救护,6,9,矿山救护,矿山救护大队,,113.858511430,34.034212462,
`

func TestTeamsFromGBK(t *testing.T) {
	h := open(t)
	data, err := simplifiedchinese.GB18030.NewEncoder().String(teams)
	if err != nil {
		t.Fatal(err)
	}
	before := h.state()
	dry, err := h.run(h.desk, imports.Request{Kind: dispatch.KindTeam, Data: []byte(data), System: geo.GCJ02, Dry: true})
	if err != nil || !dry.OK || dry.Created != 2 || dry.Imported != 0 {
		t.Fatalf("dry run: %+v, %v", dry, err)
	}
	if after := h.state(); after != before {
		t.Errorf("the dry run changed %s into %s", before, after)
	}
	rep, err := h.run(h.desk, imports.Request{Kind: dispatch.KindTeam, Data: []byte(data), System: geo.GCJ02})
	if err != nil || !rep.OK || rep.Imported != 2 || rep.Rows != 2 || len(rep.Ignored) != 1 || rep.Ignored[0] != "备注" {
		t.Fatalf("%+v, %v", rep, err)
	}
	all := h.teams()
	fire, mine := all["消防11"], all["矿救01"]
	if fire == nil || mine == nil {
		t.Fatal(all)
	}
	if fire.Scope.Agency != "bureau" || fire.Depot != "depot" || *fire.Base.Point != geo.At(113.85, 34.03) || fire.SeatsFull != 7 || len(fire.Capabilities) != 2 || fire.Scope.Area != "4110" {
		t.Errorf("fire: %+v", fire)
	}
	if mine.Scope.Agency != "mine" || geo.Distance(*mine.Base.Point, geo.At(113.852640, 34.035771)) > 0.01 || mine.Type != dispatch.TeamMine {
		t.Errorf("mine: %+v", mine)
	}
}

// A list that comes again with corrections edits what is there, and leaves alone
// what the work of the day has made of it.
func TestTheSameListAgainEdits(t *testing.T) {
	h := open(t)
	req := imports.Request{Kind: dispatch.KindTeam, Data: []byte(teams), System: geo.WGS84}
	if rep, err := h.run(h.desk, req); err != nil || !rep.OK {
		t.Fatal(rep, err)
	}
	was := h.teams()["消防11"]
	if _, err := h.svc.Do(h.Context(), h.desk, "team.duty", "duty-key-1", []byte(`{"team":"`+was.ID+`","duty":"available","crew":6}`)); err != nil {
		t.Fatal(err)
	}
	req.Data = []byte(strings.Replace(teams, "5,7人", "4,8", 1))
	rep, err := h.run(h.desk, req)
	if err != nil || !rep.OK || rep.Updated != 2 || rep.Created != 0 {
		t.Fatalf("%+v, %v", rep, err)
	}
	now := h.teams()["消防11"]
	if now.ID != was.ID || now.SeatsMin != 4 || now.SeatsFull != 8 || now.Duty != dispatch.DutyAvailable || now.Crew != 6 || now.Status != dispatch.StatusAvailable || now.Version <= was.Version+1 {
		t.Errorf("%+v", now)
	}
}

// Whatever is wrong is named by row, column and value, and nothing is written.
func TestFaultsAreNamedAndNothingIsWritten(t *testing.T) {
	head := "队伍名称,呼号,队伍类型,最低编制,满编人数,能力,单位,经度,纬度\n"
	good := "好队,好01,消防,5,7,,,,\n"
	for name, c := range map[string]struct {
		rows   string
		system geo.System
		row    int
		column string
		value  string
		in     string
	}{
		"no name":                {",呼1,消防,5,7,,,,", "", 3, "队伍名称", "", "不能为空"},
		"unknown type":           {"甲,呼1,飞行,5,7,,,,", "", 3, "队伍类型", "飞行", "消防"},
		"no number":              {"甲,呼1,消防,五,7,,,,", "", 3, "最低编制", "五", "数字"},
		"least above full":       {"甲,呼1,消防,9,7,,,,", "", 3, "满编人数", "7", "不小于最低编制"},
		"unknown capability":     {"甲,呼1,消防,5,7,飞天,,,", "", 3, "能力", "飞天", "灭火"},
		"unknown agency":         {"甲,呼1,消防,5,7,,无名局,,", "", 3, "单位", "无名局", "没有这个单位"},
		"no coordinate system":   {"甲,呼1,消防,5,7,,,113.85,34.03", "", 3, "经度", "113.85", "坐标系"},
		"swapped":                {"甲,呼1,消防,5,7,,,34.03,113.85", geo.WGS84, 3, "经度", "34.03", "填反"},
		"far away":               {"甲,呼1,消防,5,7,,,87.6,43.8", geo.WGS84, 3, "经度", "87.6", "范围"},
		"half a place":           {"甲,呼1,消防,5,7,,,113.85,", geo.WGS84, 3, "经度", "113.85", "同时"},
		"the same call sign":     {"甲,好01,消防,5,7,,,,", "", 3, "队伍名称", "好01", "第 2 行重复"},
		"fault of two rows down": {"甲,呼1,消防,5,7,,,,\n乙,呼2,消防,0,7,,,,", "", 4, "最低编制", "0", "1 至 500"},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			before := h.state()
			rep, err := h.run(h.desk, imports.Request{Kind: dispatch.KindTeam, Data: []byte(head + good + c.rows + "\n"), System: c.system})
			if err != nil {
				t.Fatal(err)
			}
			if rep.OK || rep.Imported != 0 || len(rep.Errors) != 1 {
				t.Fatalf("%+v", rep)
			}
			f := rep.Errors[0]
			if f.Row != c.row || f.Column != c.column || f.Value != c.value || !strings.Contains(f.ZH, c.in) || f.EN == "" {
				t.Errorf("%+v", f)
			}
			if after := h.state(); after != before {
				t.Errorf("%s became %s", before, after)
			}
		})
	}
}

func TestWhoMayImport(t *testing.T) {
	h := open(t)
	wall := dispatch.Actor{ID: "wall", Realm: dispatch.Live, Role: dispatch.RoleObserver, Agency: "bureau", Jurisdiction: "4110"}
	if _, err := h.run(wall, imports.Request{Kind: dispatch.KindTeam, Data: []byte(teams)}); dispatch.CodeOf(err) != dispatch.Forbidden {
		t.Errorf("a wall imports teams: %v", err)
	}
	if _, err := h.run(h.desk, imports.Request{Kind: dispatch.KindArea, Data: []byte("名称,代码\n甲,411002\n")}); dispatch.CodeOf(err) != dispatch.Forbidden {
		t.Errorf("a dispatcher imports areas: %v", err)
	}
	// A neighbour without jurisdiction cannot write over the bureau's team.
	if rep, err := h.run(h.desk, imports.Request{Kind: dispatch.KindTeam, Data: []byte(teams), System: geo.WGS84}); err != nil || !rep.OK {
		t.Fatal(rep, err)
	}
	stranger := dispatch.Actor{ID: "stranger", Realm: dispatch.Live, Role: dispatch.RoleDispatcher, Agency: "mine"}
	before := h.teams()["消防11"].Version
	rep, err := h.run(stranger, imports.Request{Kind: dispatch.KindTeam, Data: []byte("队伍名称,呼号,类型,最低编制,满编人数\n夺队,消防11,消防,1,1\n")})
	if err != nil || rep.OK || len(rep.Errors) != 1 || !strings.Contains(rep.Errors[0].ZH, "无权") {
		t.Errorf("%+v, %v", rep, err)
	}
	if got := h.teams()["消防11"]; got.Version != before || got.Name != "消防一中队" {
		t.Errorf("%+v", got)
	}
	if _, err := h.run(h.desk, imports.Request{Kind: "incident", Data: []byte(teams)}); dispatch.CodeOf(err) != dispatch.Invalid {
		t.Errorf("incidents: %v", err)
	}
}

func TestXLSXOfHazardsEquipmentAndStock(t *testing.T) {
	h := open(t)
	for _, c := range []struct {
		kind dispatch.Kind
		rows [][]any
	}{
		{dispatch.KindHazard, [][]any{{"危险源名称", "级别", "企业名称", "物质", "设计最大量", "临界量", "经度", "纬度", "责任人", "电话"},
			{"液氨罐区", "三级", "鑫泽化工", "氨；氯", "40；5", "10；5", 113.9, 34.1, "张三", "0374-1"}}},
		{dispatch.KindEquipment, [][]any{{"装备名称", "类型", "编号", "状态", "仓库"}, {"机动泵", "pump", "P-1", "完好", "一号站"}}},
		{dispatch.KindStock, [][]any{{"物资名称", "类型", "计量单位", "数量", "有效期", "仓库"}, {"编织袋", "sandbag", "条", 2000, 46568, "一号站"}}},
	} {
		f := excelize.NewFile()
		for i, r := range c.rows {
			if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &r); err != nil {
				t.Fatal(err)
			}
		}
		var data bytes.Buffer
		if err := f.Write(&data); err != nil {
			t.Fatal(err)
		}
		if rep, err := h.run(h.desk, imports.Request{Kind: c.kind, Data: data.Bytes(), System: geo.WGS84}); err != nil || !rep.OK || rep.Imported != 1 {
			t.Fatalf("%s: %+v, %v", c.kind, rep, err)
		}
	}
	list, err := h.store.Find(t.Context(), dispatch.Query{Realm: dispatch.Live, Kind: dispatch.KindHazard, Limit: -1})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	hazard := list[0].(*dispatch.Hazard)
	if hazard.Level != 3 || len(hazard.Substances) != 2 || hazard.Substances[1] != (dispatch.Substance{Name: "氯", Quantity: 5, Critical: 5}) || hazard.Duty[0].Name != "张三" {
		t.Errorf("%+v", hazard)
	}
	stocks, err := h.store.Find(t.Context(), dispatch.Query{Realm: dispatch.Live, Kind: dispatch.KindStock, Limit: -1})
	if err != nil || len(stocks) != 1 {
		t.Fatal(stocks, err)
	}
	if s := stocks[0].(*dispatch.Stock); s.Available != 2000 || s.Expires == nil || s.Expires.Year() != 2027 || s.Place.Point == nil {
		t.Errorf("%+v", s)
	}
}

func geojson(features ...string) []byte {
	return []byte(`{"type":"FeatureCollection","features":[` + strings.Join(features, ",") + `]}`)
}

func feature(code, ring string) string {
	return `{"type":"Feature","properties":{"adcode":"` + code + `","name":"某区"},"geometry":{"type":"Polygon","coordinates":[[` + ring + `]]}}`
}

func TestAreasFromGeoJSON(t *testing.T) {
	h := open(t)
	bow := feature("411002000000", "[113.8,34],[113.9,34.1],[113.9,34],[113.8,34.1],[113.8,34]")
	before := h.state()
	var e *dispatch.Error
	if _, err := h.run(h.admin, imports.Request{Kind: dispatch.KindArea, Data: geojson(bow)}); !errors.As(err, &e) || e.Field != "crs" {
		t.Errorf("nobody said the coordinate system: %v", err)
	}
	rep, err := h.run(h.admin, imports.Request{Kind: dispatch.KindArea, Data: geojson(bow), System: geo.WGS84})
	if err != nil || rep.OK || len(rep.Errors) != 1 || !strings.Contains(rep.Errors[0].ZH, "边界自相交（经度 113.850000，纬度 34.050000）") {
		t.Fatalf("%+v, %v", rep, err)
	}
	swapped := feature("411003", "[34,113.8],[34.1,113.8],[34.1,113.9],[34,113.8]")
	rep, err = h.run(h.admin, imports.Request{Kind: dispatch.KindArea, Data: geojson(swapped), System: geo.WGS84, Repair: true})
	if err != nil || rep.OK || !strings.Contains(rep.Errors[0].ZH, "填反") {
		t.Fatalf("swapped: %+v, %v", rep, err)
	}
	if after := h.state(); after != before {
		t.Errorf("%s became %s", before, after)
	}
	rep, err = h.run(h.admin, imports.Request{Kind: dispatch.KindArea, Data: geojson(bow), System: geo.GCJ02, Repair: true})
	if err != nil || !rep.OK || rep.Imported != 1 || len(rep.Notes) != 1 || !strings.Contains(rep.Notes[0].ZH, "已修复") {
		t.Fatalf("repaired: %+v, %v", rep, err)
	}
	shape, err := h.store.Shape(t.Context(), dispatch.Live, "411002")
	if err != nil || len(shape) != 2 || shape.Check() != nil {
		t.Fatal(shape, err)
	}
	r, err := h.store.Get(t.Context(), dispatch.Live, dispatch.Ref{Kind: dispatch.KindArea, ID: "411002"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if a := r.(*dispatch.Area); a.Level != dispatch.LevelCounty || a.Parent != "4110" || a.Shape != 1 || !shape.Contains(*a.Center) {
		t.Errorf("%+v", a)
	}
	// The same area again, with another border and no word of the duty: the duty stays.
	if _, err := h.svc.Do(t.Context(), h.desk, "area.duty", "area-duty-1", []byte(`{"area":"411002","duty":[{"name":"张三"}]}`)); err != nil {
		t.Fatal(err)
	}
	square := feature("411002", "[113.8,34],[113.9,34],[113.9,34.1],[113.8,34.1],[113.8,34]")
	if rep, err = h.run(h.admin, imports.Request{Kind: dispatch.KindArea, Data: geojson(square), System: geo.GCJ02}); err != nil || !rep.OK || rep.Updated != 1 {
		t.Fatalf("again: %+v, %v", rep, err)
	}
	r, err = h.store.Get(t.Context(), dispatch.Live, dispatch.Ref{Kind: dispatch.KindArea, ID: "411002"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if a := r.(*dispatch.Area); a.Shape != 2 || len(a.Duty) != 1 || a.Version != 3 {
		t.Errorf("%+v", a)
	}
}

func TestTemplatesImport(t *testing.T) {
	h := open(t)
	for _, k := range dispatch.ImportKinds {
		data, err := imports.Template(k)
		if err != nil {
			t.Fatal(err)
		}
		rep, err := h.run(h.admin, imports.Request{Kind: k, Data: data, System: geo.WGS84, Dry: true})
		if err != nil || !rep.OK || rep.Rows != 1 || len(rep.Ignored) > 0 {
			t.Errorf("%s: %+v, %v", k, rep, err)
		}
	}
}

func TestProgressOfALongFile(t *testing.T) {
	h := open(t)
	var data strings.Builder
	data.WriteString("装备名称,类型,编号\n")
	for i := range 3000 {
		fmt.Fprintf(&data, "泵%d,pump,N-%d\n", i, i)
	}
	var steps [][2]int
	rep, err := imports.Run(t.Context(), h.svc, h.desk, imports.Request{Kind: dispatch.KindEquipment, Data: []byte(data.String()), Key: "a-long-file"},
		func(n, of int) { steps = append(steps, [2]int{n, of}) })
	if err != nil || !rep.OK || rep.Imported != 3000 {
		t.Fatalf("%+v, %v", rep, err)
	}
	if len(steps) < 6 || steps[0] != [2]int{500, 3000} || steps[len(steps)-1] != [2]int{3000, 3000} {
		t.Errorf("%v", steps)
	}
}
