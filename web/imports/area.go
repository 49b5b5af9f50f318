package imports

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"liandong/dispatch"
	"liandong/geo"
)

// divisionCode brings a code to the length of its level: 411000 is the city
// 4110, 411002001000 the township 411002001.
func divisionCode(code string) string {
	code = strings.TrimSpace(code)
	for _, cut := range []struct {
		length int
		zeros  string
	}{{12, "000"}, {9, "000"}, {6, "00"}, {4, "00"}} {
		if len(code) == cut.length {
			code = strings.TrimSuffix(code, cut.zeros)
		}
	}
	return code
}

var levels = map[int]dispatch.AreaLevel{2: dispatch.LevelProvince, 4: dispatch.LevelCity, 6: dispatch.LevelCounty, 9: dispatch.LevelTownship, 12: dispatch.LevelVillage}

// parent is the code one level up.
func parent(code string) string {
	for _, n := range []int{9, 6, 4, 2} {
		if len(code) > n {
			return code[:n]
		}
	}
	return ""
}

func newArea(code, name string) *dispatch.Area {
	code = divisionCode(code)
	a := &dispatch.Area{Code: code, Level: levels[len(code)], Parent: parent(code), Name: name}
	a.ID, a.Scope.Area = code, code
	return a
}

func buildArea(f *fields) dispatch.Record {
	a := newArea(f.text("code"), f.text("name"))
	if a.Level == "" {
		f.fault("code", "行政区划代码应为 2、4、6、9 或 12 位数字", "a division code has 2, 4, 6, 9 or 12 digits")
	}
	a.Center = f.place("address").Point
	names, phones := list(f.text("duty")), list(f.text("phone"))
	for i, n := range names {
		line := dispatch.DutyLine{Name: n}
		if i < len(phones) {
			line.Phone = phones[i]
		}
		a.Duty = append(a.Duty, line)
	}
	return a
}

// readAreas reads a GeoJSON FeatureCollection of areas. Rows are features, from 1.
func readAreas(data []byte, req Request, region geo.Bound) ([]dispatch.Imported, []Fault, []Fault, error) {
	limits := geo.DefaultLimits
	limits.Bytes = MaxBytes
	features, _, err := geo.ReadFeatures(bytes.NewReader(data), req.System, limits)
	var bad *geo.FeatureError
	switch {
	case errors.Is(err, geo.ErrNoSystem):
		return nil, nil, nil, &dispatch.Error{Code: dispatch.Invalid, Field: "crs", Message: err.Error(), MessageZH: "文件没有说明坐标系，请选择：" + systems, Legal: strings.Split(systems, ", ")}
	case errors.Is(err, geo.ErrTooLarge):
		return nil, nil, nil, tooLarge("文件过大："+err.Error(), err.Error())
	case errors.As(err, &bad):
		return nil, []Fault{{Row: bad.Index + 1, Column: "geometry", ZH: "该要素无法读取：" + bad.Err.Error(), EN: bad.Err.Error()}}, nil, nil
	case err != nil:
		return nil, nil, nil, refuse("无法读取 GeoJSON："+err.Error(), err.Error(), "GeoJSON FeatureCollection")
	}
	var out []dispatch.Imported
	var faults, notes []Fault
	for i, f := range features {
		a, shape, fault, note := readArea(f, req.Repair, region)
		if fault != nil {
			fault.Row = i + 1
			faults = append(faults, *fault)
			continue
		}
		if note != nil {
			note.Row = i + 1
			notes = append(notes, *note)
		}
		out = append(out, dispatch.Imported{Row: i + 1, Record: a, Shape: shape})
	}
	return out, faults, notes, nil
}

func readArea(f geo.Feature, repair bool, region geo.Bound) (a *dispatch.Area, shape geo.MultiPolygon, fault, note *Fault) {
	code := f.Text("code", "adcode", "代码", "区划代码", "行政区划代码", "dm")
	if code == "" {
		code = f.ID
	}
	name := f.Text("name", "名称", "NAME", "mc", "区划名称")
	if code == "" || name == "" {
		return nil, nil, &Fault{Column: "properties", ZH: "缺少 code（行政区划代码）或 name（名称）属性", EN: "the properties code (division code) and name are needed"}, nil
	}
	a = newArea(code, name)
	if a.Level == "" {
		return nil, nil, &Fault{Column: "code", Value: code, ZH: "行政区划代码应为 2、4、6、9 或 12 位数字", EN: "a division code has 2, 4, 6, 9 or 12 digits"}, nil
	}
	if f.Point != nil {
		if err := f.Point.CheckIn(region); err != nil {
			zh, en := pointFault(err)
			return nil, nil, &Fault{Column: "geometry", Value: name, ZH: zh, EN: en}, nil
		}
		a.Center = f.Point
		return a, nil, nil, nil
	}
	shape = f.Area
	if err := shape.Check(); err != nil {
		var what *geo.Fault
		errors.As(err, &what)
		if shape, note, fault = mend(shape, what, name, repair); fault != nil {
			return nil, nil, fault, nil
		}
	}
	if err := shape.LabelPoint().CheckIn(region); err != nil {
		zh, en := pointFault(err)
		return nil, nil, &Fault{Column: "geometry", Value: name, ZH: zh, EN: en}, nil
	}
	return a, shape, nil, note
}

var faultsZH = map[geo.FaultKind]string{
	geo.FaultEmpty: "边界缺少足够的点", geo.FaultOpen: "边界没有闭合", geo.FaultPosition: "坐标不在地球上，经纬度可能填反（经度在前）",
	geo.FaultCrossing: "边界自相交", geo.FaultNesting: "空洞在边界之外", geo.FaultOverlap: "各部分相互重叠或共用边界",
}

// mend repairs a faulty outline where the user agreed, and says what it did.
func mend(shape geo.MultiPolygon, what *geo.Fault, name string, repair bool) (geo.MultiPolygon, *Fault, *Fault) {
	where := fmt.Sprintf("（经度 %.6f，纬度 %.6f）", what.At.Lon(), what.At.Lat())
	zh := faultsZH[what.Kind] + where
	if !what.Repairable() {
		return nil, nil, &Fault{Column: "geometry", Value: name, ZH: zh, EN: what.Error()}
	}
	if !repair {
		return nil, nil, &Fault{Column: "geometry", Value: name, ZH: zh + "；勾选“自动修复”可由系统修复", EN: what.Error() + "; agree to repair, or correct the file"}
	}
	fixed, err := geo.Repair(shape)
	if err != nil {
		return nil, nil, &Fault{Column: "geometry", Value: name, ZH: zh + "，无法自动修复", EN: err.Error()}
	}
	return fixed, &Fault{Column: "geometry", Value: name,
		ZH: fmt.Sprintf("%s，已修复，面积 %.3f 平方公里", zh, fixed.Area()/1e6),
		EN: fmt.Sprintf("%s; repaired, %.3f km²", what.Error(), fixed.Area()/1e6)}, nil
}
