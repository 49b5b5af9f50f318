// Package vocabulary holds the code tables that the nouns refer to: event
// types and capabilities. They are data with a source and a version, so a city
// can carry its own; nothing in the rules depends on a particular code.
package vocabulary

import (
	_ "embed"
	"encoding/csv"
	"strings"
	"sync"
)

// EventsVersion names the event table: class 1 of the national emergency
// platform's classification as printed, which the 12379 warning feed and GB/T
// 35561 use, with five later weather codes (11B19–22, 11B25) seen in that feed.
// English names are ours; where one is missing the family's is shown.
const EventsVersion = "national emergency platform, class 1; 2018 with weather additions"

//go:embed events.csv
var eventsCSV string

// Event is one type of incident.
type Event struct {
	Code   string `json:"code" doc:"five characters; a prefix match is the category"`
	Parent string `json:"parent,omitempty"`
	ZH     string `json:"zh"`
	EN     string `json:"en,omitempty"`
}

// Events lists the types of incident, by code.
var Events = sync.OnceValue(func() []Event {
	rows, err := csv.NewReader(strings.NewReader(eventsCSV)).ReadAll()
	if err != nil {
		panic("vocabulary: events.csv: " + err.Error()) // a broken build, found by the first test
	}
	out := make([]Event, 0, len(rows)-1)
	for _, r := range rows[1:] {
		out = append(out, Event{r[0], r[1], r[2], r[3]})
	}
	return out
})

// Capability is one thing that a team or an item can do. A dot narrows:
// "rescue.water" also meets a need for "rescue".
type Capability struct {
	Code string `json:"code"`
	ZH   string `json:"zh"`
	EN   string `json:"en"`
}

// Capabilities lists what teams and items can do. The list is ours, after the
// kinds of team in the national platform's class 42E and the typing of ICS.
var Capabilities = []Capability{
	{"fire", "灭火", "Fire fighting"},
	{"fire.foam", "泡沫灭火", "Foam"},
	{"fire.highrise", "高层灭火", "High-rise fire"},
	{"fire.forest", "森林灭火", "Forest fire"},
	{"fire.water_supply", "远程供水", "Water supply"},
	{"rescue", "抢险救援", "Rescue"},
	{"rescue.vehicle", "车辆破拆", "Vehicle extrication"},
	{"rescue.collapse", "建筑坍塌救援", "Collapse rescue"},
	{"rescue.height", "高空救援", "High-angle rescue"},
	{"rescue.confined", "有限空间救援", "Confined space"},
	{"rescue.water", "水域救援", "Water rescue"},
	{"rescue.diving", "潜水打捞", "Diving"},
	{"rescue.mine", "矿山救护", "Mine rescue"},
	{"rescue.search", "搜救犬与生命探测", "Search"},
	{"hazmat", "危化品处置", "Hazardous materials"},
	{"hazmat.detect", "侦检", "Detection"},
	{"hazmat.decon", "洗消", "Decontamination"},
	{"hazmat.plug", "堵漏", "Leak sealing"},
	{"hazmat.transfer", "倒罐转运", "Product transfer"},
	{"medical", "医疗救护", "Medical"},
	{"medical.ambulance", "急救转运", "Ambulance"},
	{"medical.doctor", "现场医疗", "Doctor on scene"},
	{"medical.epidemic", "卫生防疫", "Epidemic control"},
	{"traffic", "交通管制", "Traffic control"},
	{"traffic.tow", "清障拖车", "Recovery vehicle"},
	{"order", "警戒秩序", "Cordon and public order"},
	{"flood", "防汛", "Flood control"},
	{"flood.pump", "排涝", "Pumping"},
	{"flood.levee", "堤防抢险", "Levee repair"},
	{"power", "电力抢修", "Power repair"},
	{"power.generator", "应急发电", "Generators"},
	{"gas", "燃气抢修", "Gas repair"},
	{"water_supply", "供水抢修", "Water repair"},
	{"telecom", "应急通信", "Communications"},
	{"road", "道路桥梁抢修", "Road and bridge repair"},
	{"machinery", "工程机械", "Heavy machinery"},
	{"environment", "环境监测", "Environmental monitoring"},
	{"shelter", "安置保障", "Shelter and relief"},
	{"drone", "无人机侦察", "Drone reconnaissance"},
	{"command", "现场指挥", "Command post"},
}

// CapabilityByCode finds a capability; one that a city added itself is called
// by its code.
func CapabilityByCode(code string) Capability {
	for _, c := range Capabilities {
		if c.Code == code {
			return c
		}
	}
	return Capability{code, code, code}
}
