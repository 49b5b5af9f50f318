package imports

import (
	"strconv"
	"strings"

	"liandong/dispatch"
)

// kind is what a list can hold: its columns, how a row becomes a record, and
// what tells that a record is there already.
type kind struct {
	columns []column
	build   func(f *fields) dispatch.Record
	// same is a key that two records share when they are the same thing; "" when
	// nothing tells.
	same func(r dispatch.Record) string
}

var (
	colAgency  = column{"agency", []string{"所属单位", "agency", "单位", "主管单位", "管理单位", "单位名称"}, false, ""}
	colDepot   = column{"depot", []string{"驻地仓库", "depot", "仓库", "存放地点", "站点", "所属仓库", "存放仓库"}, false, ""}
	colAddress = column{"address", []string{"地址", "address", "详细地址", "位置", "驻地", "驻地地址", "地点"}, false, "魏武大道 1 号"}
	colPoint   = column{"point", []string{"坐标", "coordinates", "经纬度"}, false, ""}
	colLon     = column{"lon", []string{"经度", "longitude", "lng", "东经", "x"}, false, "113.8526"}
	colLat     = column{"lat", []string{"纬度", "latitude", "北纬", "y"}, false, "34.0358"}
	colArea    = column{"area", []string{"行政区划代码", "division code", "区划代码", "所在区划"}, false, ""}
	colKeeper  = column{"keeper", []string{"负责人", "keeper", "保管人", "管理员", "联系人"}, false, "张三"}
	colPhone   = column{"phone", []string{"联系电话", "phone", "电话", "手机", "手机号", "联系方式"}, false, "0374-1234567"}
)

func name(zh, en, example string, more ...string) column {
	return column{"name", append([]string{zh, en, "名称"}, more...), true, example}
}

var kinds = map[dispatch.Kind]kind{
	dispatch.KindTeam: {
		columns: []column{name("队伍名称", "name", "消防一中队", "队名"),
			{"call_sign", []string{"呼号", "call sign", "电台呼号", "代号"}, true, "消防11"},
			{"type", []string{"队伍类型", "type", "类型", "类别"}, true, "消防"},
			{"seats_min", []string{"最低编制", "least crew", "最少人数", "出动最低人数"}, true, "5"},
			{"seats_full", []string{"满编人数", "full crew", "编制人数", "人数", "总人数", "队员人数"}, true, "7"},
			{"capabilities", []string{"能力", "capabilities", "专长", "救援能力"}, false, "灭火、车辆破拆"},
			colAgency, colDepot, colAddress, colLon, colLat, colPoint, colArea,
			{"leader", []string{"队长", "leader", "负责人", "带队人", "联系人"}, false, "张三"}, colPhone,
			{"speed", []string{"行进速度", "speed", "时速"}, false, "50"}},
		build: buildTeam,
		same:  func(r dispatch.Record) string { return r.(*dispatch.Team).CallSign },
	},
	dispatch.KindEquipment: {
		columns: []column{name("装备名称", "name", "手抬机动泵", "设备名称"),
			{"type", []string{"装备类型", "type", "类型", "类别", "物资编码"}, true, "pump"},
			{"serial", []string{"编号", "serial", "序列号", "出厂编号", "资产编号"}, false, "XF-0001"},
			{"condition", []string{"状态", "condition", "完好情况"}, false, "完好"},
			{"capabilities", []string{"能力", "capabilities", "用途"}, false, "排涝"},
			colAgency, colDepot, colAddress, colLon, colLat, colPoint, colArea},
		build: buildEquipment,
		same: func(r dispatch.Record) string {
			if e := r.(*dispatch.Equipment); e.Serial != "" {
				return e.Scope.Agency + "\n" + e.Serial
			}
			return ""
		},
	},
	dispatch.KindStock: {
		columns: []column{name("物资名称", "name", "编织袋", "品名"),
			{"type", []string{"物资类型", "type", "类型", "类别", "物资编码"}, true, "sandbag"},
			{"unit", []string{"计量单位", "unit"}, true, "条"},
			{"available", []string{"数量", "quantity", "库存", "库存数量"}, true, "2000"},
			{"least", []string{"最低库存", "least", "警戒数量", "最低储备"}, false, "500"},
			{"expires", []string{"有效期", "expires", "有效期至", "过期日期"}, false, "2028-12-31"},
			colAgency, colDepot, colAddress, colLon, colLat, colPoint, colArea},
		build: buildStock,
		same: func(r dispatch.Record) string {
			s := r.(*dispatch.Stock)
			return s.Scope.Agency + "\n" + s.Depot + "\n" + s.Name
		},
	},
	dispatch.KindDepot: {
		columns: []column{name("仓库名称", "name", "防汛物资库", "站点名称"),
			{"type", []string{"仓库类型", "type", "类型", "类别"}, true, "仓库"},
			colAgency, colAddress, colLon, colLat, colPoint, colArea, colKeeper, colPhone},
		build: buildDepot,
		same: func(r dispatch.Record) string {
			d := r.(*dispatch.Depot)
			return d.Scope.Agency + "\n" + d.Name
		},
	},
	dispatch.KindHazard: {
		columns: []column{name("危险源名称", "name", "液氨储罐", "重大危险源名称"),
			{"level", []string{"危险源级别", "level", "级别", "等级"}, true, "三级"},
			{"operator", []string{"企业名称", "operator", "企业", "经营单位", "所属企业"}, true, "某某化工有限公司"},
			{"substances", []string{"物质", "substances", "危险化学品", "化学品名称", "物质名称"}, false, "氨"},
			{"quantity", []string{"设计最大量", "quantity", "数量", "储量", "最大存量", "最大储量"}, false, "40"},
			{"critical", []string{"临界量", "critical quantity"}, false, "10"},
			{"un", []string{"UN编号", "un number", "un", "联合国编号"}, false, "1005"},
			{"cas", []string{"CAS号", "cas"}, false, "7664-41-7"},
			{"population", []string{"周边人数", "population", "500米内人数", "常住人口"}, false, "120"},
			{"external", []string{"备案编号", "register number", "备案号", "危险源编码"}, false, ""},
			colAgency, colAddress, colLon, colLat, colPoint, colArea,
			{"duty", []string{"责任人", "responsible", "主要负责人", "负责人"}, false, "张三"}, colPhone},
		build: buildHazard,
		same: func(r dispatch.Record) string {
			h := r.(*dispatch.Hazard)
			if h.External != "" {
				return h.External
			}
			return h.Operator + "\n" + h.Name
		},
	},
	dispatch.KindAgency: {
		columns: []column{name("单位名称", "name", "某某区应急管理局", "单位"),
			{"type", []string{"单位类型", "type", "类型", "类别"}, true, "政府部门"},
			{"short", []string{"简称", "short name"}, false, "某某应急"},
			{"jurisdiction", []string{"管辖区划", "jurisdiction", "管辖范围"}, false, ""},
			colAddress, colLon, colLat, colPoint, colArea, colPhone},
		build: buildAgency,
		same:  func(r dispatch.Record) string { return r.(*dispatch.Agency).Name },
	},
	dispatch.KindArea: {
		columns: []column{name("区划名称", "name", "某某街道", "网格名称"),
			{"code", []string{"行政区划代码", "code", "区划代码", "代码", "adcode"}, true, "411002001"},
			colLon, colLat, colPoint,
			{"duty", []string{"值守人员", "on duty", "网格员", "值班人员", "负责人"}, false, "张三"}, colPhone},
		build: buildArea,
		same:  func(r dispatch.Record) string { return r.(*dispatch.Area).Code },
	},
}

func buildTeam(f *fields) dispatch.Record {
	t := &dispatch.Team{Name: f.text("name"), CallSign: f.text("call_sign"), Type: word(f, "type", teamTypes, ""), Capabilities: f.capabilities("capabilities"),
		Base: f.place("address"), Depot: f.depot("depot"), SeatsMin: f.whole("seats_min", 0), SeatsFull: f.whole("seats_full", 0),
		Leader: f.text("leader"), Phone: f.text("phone"), Speed: f.whole("speed", 0), Duty: dispatch.DutyOff}
	t.Scope.Agency, t.Scope.Area = f.agency("agency"), f.text("area")
	f.atDepot(&t.Base, t.Depot)
	return t
}

func buildEquipment(f *fields) dispatch.Record {
	e := &dispatch.Equipment{Name: f.text("name"), Type: f.text("type"), Serial: f.text("serial"), Condition: word(f, "condition", conditions, dispatch.ConditionReady),
		Capabilities: f.capabilities("capabilities"), Depot: f.depot("depot"), Place: f.place("address")}
	e.Scope.Agency, e.Scope.Area = f.agency("agency"), f.text("area")
	e.Holder = e.Scope.Agency
	f.atDepot(&e.Place, e.Depot)
	return e
}

func buildStock(f *fields) dispatch.Record {
	s := &dispatch.Stock{Name: f.text("name"), Type: f.text("type"), Unit: f.text("unit"), Available: f.whole("available", 0), Least: f.whole("least", 0),
		Depot: f.depot("depot"), Place: f.place("address"), Expires: f.date("expires")}
	s.Scope.Agency, s.Scope.Area = f.agency("agency"), f.text("area")
	s.Holder = s.Scope.Agency
	f.atDepot(&s.Place, s.Depot)
	return s
}

func buildDepot(f *fields) dispatch.Record {
	d := &dispatch.Depot{Name: f.text("name"), Type: word(f, "type", depotTypes, ""), Place: f.place("address"),
		Keeper: f.text("keeper"), Phone: f.text("phone")}
	d.Scope.Agency, d.Scope.Area = f.agency("agency"), f.text("area")
	return d
}

func buildAgency(f *fields) dispatch.Record {
	a := &dispatch.Agency{Name: f.text("name"), Short: f.text("short"), Type: word(f, "type", agencyTypes, ""),
		Jurisdiction: f.text("jurisdiction"), Place: f.place("address"), Phone: f.text("phone")}
	a.Scope.Area = f.text("area")
	return a
}

func buildHazard(f *fields) dispatch.Record {
	h := &dispatch.Hazard{Name: f.text("name"), Operator: f.text("operator"), Population: f.whole("population", 0),
		Place: f.place("address"), External: f.text("external"), Substances: f.substances()}
	h.Level, _ = strconv.Atoi(word(f, "level", hazardLevels, ""))
	if f.text("duty") != "" || f.text("phone") != "" {
		h.Duty = []dispatch.DutyLine{{Name: f.text("duty"), Post: "责任人", Phone: f.text("phone")}}
	}
	h.Scope.Agency, h.Scope.Area = f.agency("agency"), f.text("area")
	return h
}

// substances reads one or several: names, quantities, limits and numbers each
// as a list of the same length.
func (f *fields) substances() []dispatch.Substance {
	split := func(field string) []string {
		return strings.FieldsFunc(f.text(field), func(r rune) bool { return strings.ContainsRune("、；;|\n", r) })
	}
	names := split("substances")
	out := make([]dispatch.Substance, len(names))
	for i, n := range names {
		out[i].Name = strings.TrimSpace(n)
	}
	each := func(field string, set func(s *dispatch.Substance, text string) error) {
		parts := split(field)
		if len(parts) == 0 {
			return
		}
		if len(parts) != len(names) {
			f.fault(field, "应与物质一一对应，用“；”分隔", "want one for each substance, with semicolons between")
			return
		}
		for i, part := range parts {
			if err := set(&out[i], strings.TrimSpace(part)); err != nil {
				f.fault(field, "应为吨数", "want tonnes")
			}
		}
	}
	each("quantity", func(s *dispatch.Substance, text string) (err error) { s.Quantity, err = number(text); return })
	each("critical", func(s *dispatch.Substance, text string) (err error) { s.Critical, err = number(text); return })
	each("un", func(s *dispatch.Substance, text string) error {
		s.UN = strings.TrimPrefix(strings.ToUpper(text), "UN")
		return nil
	})
	each("cas", func(s *dispatch.Substance, text string) error { s.CAS = text; return nil })
	return out
}

// atDepot puts a thing without coordinates where its depot is.
func (f *fields) atDepot(p *dispatch.Place, depot string) {
	if d := f.lookup.places[depot]; p.Point == nil && depot != "" && d.Point != nil {
		p.Point, p.Source = d.Point, "depot"
		if p.Text == "" {
			p.Text = d.Text
		}
	}
}
