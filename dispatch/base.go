package dispatch

import (
	"time"

	"liandong/geo"
)

// Area (网格区域) is one division of the four-level grid: city, county,
// township, village. Its ID is its division code. The polygon is kept by the
// store and drawn from tiles; the record holds where to look.
type Area struct {
	Head
	Code     string     `json:"code" doc:"division code, GB/T 2260 and its extension"`
	Level    AreaLevel  `json:"level" enum:"province,city,county,township,village"`
	Parent   string     `json:"parent,omitempty"`
	Name     string     `json:"name"`
	Initials string     `json:"initials,omitempty"`
	Center   *geo.Point `json:"center,omitempty" doc:"label point, WGS-84, longitude first"`
	Bound    *geo.Bound `json:"bound,omitempty" doc:"west, south, east, north"`
	// Shape counts the versions of the polygon; 0 when there is none.
	Shape    int        `json:"shape,omitempty"`
	Duty     []DutyLine `json:"duty,omitempty" doc:"persons on duty, first called first; at most 10"`
	Invented bool       `json:"invented,omitempty"`
}

// AreaLevel is a level of the grid.
type AreaLevel string

// The levels of the grid.
const (
	LevelProvince AreaLevel = "province"
	LevelCity     AreaLevel = "city"
	LevelCounty   AreaLevel = "county"
	LevelTownship AreaLevel = "township"
	LevelVillage  AreaLevel = "village"
)

// AreaLevels lists the levels from the top.
var AreaLevels = []AreaLevel{LevelProvince, LevelCity, LevelCounty, LevelTownship, LevelVillage}

// DutyLine is a person on duty, with a telephone: personal data.
type DutyLine struct {
	Name  string `json:"name"`
	Post  string `json:"post,omitempty"`
	Phone string `json:"phone,omitempty"`
}

func (a *Area) check() error {
	if !divisionCode.MatchString(a.Code) {
		return invalid("code", a.Code, "行政区划代码应为 2、4、6、9 或 12 位数字", "a division code has 2, 4, 6, 9 or 12 digits", "411002", "411002001")
	}
	if !oneOf(a.Level, AreaLevels) {
		return invalid("level", a.Level, "未知的区划级别", "unknown level", words(AreaLevels)...)
	}
	if len(a.Duty) > 10 {
		return invalid("duty", len(a.Duty), "值守人员最多 10 人", "at most 10 persons on duty")
	}
	return checkText("name", a.Name, 1, 60)
}

func (a *Area) redacted() Record {
	r := *a
	r.Duty = make([]DutyLine, len(a.Duty))
	for i, d := range a.Duty {
		r.Duty[i] = DutyLine{Post: d.Post}
	}
	r.Scope = a.Scope.public()
	return &r
}

// Agency (单位) is a government department, an enterprise, a social force or a
// neighbouring region.
type Agency struct {
	Head
	Name     string     `json:"name"`
	Short    string     `json:"short,omitempty" doc:"as shown on the map and in lists"`
	Initials string     `json:"initials,omitempty"`
	Type     AgencyType `json:"type" enum:"government,enterprise,social,neighbour"`
	// Jurisdiction is set for a coordinating agency only: the division-code
	// prefix within which its people see and direct everything.
	Jurisdiction string `json:"jurisdiction,omitempty"`
	Place        Place  `json:"place"`
	Phone        string `json:"phone,omitempty" doc:"duty desk, day and night"`
	Invented     bool   `json:"invented,omitempty"`
}

// AgencyType says what an agency is.
type AgencyType string

// The types of agency.
const (
	AgencyGovernment AgencyType = "government" // 政府部门
	AgencyEnterprise AgencyType = "enterprise" // 企业
	AgencySocial     AgencyType = "social"     // 社会力量
	AgencyNeighbour  AgencyType = "neighbour"  // 相邻地区
)

// AgencyTypes lists the types of agency.
var AgencyTypes = []AgencyType{AgencyGovernment, AgencyEnterprise, AgencySocial, AgencyNeighbour}

func (a *Agency) check() error {
	if !oneOf(a.Type, AgencyTypes) {
		return invalid("type", a.Type, "未知的单位类型", "unknown type of agency", words(AgencyTypes)...)
	}
	if a.Jurisdiction != "" && !divisionPrefix.MatchString(a.Jurisdiction) {
		return invalid("jurisdiction", a.Jurisdiction, "管辖范围应为 2 至 12 位区划代码前缀", "a jurisdiction is a prefix of 2 to 12 digits of a division code", "4110")
	}
	return firstError(checkText("name", a.Name, 1, 80), checkText("short", a.Short, 0, 20),
		checkText("phone", a.Phone, 0, 40), a.Place.check("place"))
}

func (a *Agency) redacted() Record {
	r := *a
	r.Scope = a.Scope.public()
	return &r
}

// Person (人员) is somebody with an account. The account itself (name to sign
// in with, password) is no record and never leaves the store.
type Person struct {
	Head
	Name   string `json:"name"`
	Login  string `json:"login,omitempty" doc:"name to sign in with"`
	Roles  []Role `json:"roles" doc:"a session has one of them"`
	Team   string `json:"team,omitempty" doc:"the team a leader leads"`
	Phone  string `json:"phone,omitempty"`
	Post   string `json:"post,omitempty"`
	Locked bool   `json:"locked,omitempty" doc:"may not sign in"`
}

func (p *Person) check() error {
	if len(p.Roles) == 0 {
		return invalid("roles", p.Roles, "至少需要一个角色", "a person has at least one role", words(Roles)...)
	}
	for i, r := range p.Roles {
		if !oneOf(r, Roles) {
			return invalid(field("roles", i), r, "未知的角色", "unknown role", words(Roles)...)
		}
	}
	if p.Login != "" && !loginName.MatchString(p.Login) {
		return invalid("login", p.Login, "登录名应为 2 至 40 位小写字母、数字、点、横线或下划线", "a login has 2 to 40 lower-case letters, digits, dots, hyphens or underscores", "zhang.san")
	}
	return firstError(checkText("name", p.Name, 1, 60), checkText("phone", p.Phone, 0, 40), checkText("post", p.Post, 0, 60))
}

func (p *Person) redacted() Record {
	r := *p
	r.Login, r.Phone, r.Scope = "", "", p.Scope.public()
	return &r
}

// Device (设备) sends positions for a team. Its token is kept hashed by the
// store and shown once.
type Device struct {
	Head
	Name     string     `json:"name"`
	Protocol string     `json:"protocol" enum:"osmand,owntracks,phone,cot,jt808"`
	Team     string     `json:"team" doc:"whose position it tells"`
	Revoked  bool       `json:"revoked,omitempty"`
	Expires  *time.Time `json:"expires,omitempty"`
	// Identifier is what the device calls itself where its protocol says so:
	// of a vehicle terminal the phone number of its card, without leading
	// zeros. Unique within the realm and protocol.
	Identifier string `json:"identifier,omitempty" doc:"jt808: phone number of the terminal's card"`
	// Terminal is the maker, model and number of the vehicle terminal that
	// holds the code, and Registered when it fetched it; without them the next
	// terminal that calls itself by the identifier gets the code.
	Terminal   string     `json:"terminal,omitempty"`
	Registered *time.Time `json:"registered,omitempty"`
}

// DeviceProtocols lists how a device may speak.
var DeviceProtocols = []string{"osmand", "owntracks", "phone", "cot", ProtocolJT808}

// ProtocolJT808 is that of vehicle terminals, JT/T 808. The terminal fetches
// its token itself when it registers, and nobody sees it.
const ProtocolJT808 = "jt808"

func (d *Device) check() error {
	if !oneOf(d.Protocol, DeviceProtocols) {
		return invalid("protocol", d.Protocol, "未知的设备协议", "unknown protocol", DeviceProtocols...)
	}
	if d.Team == "" {
		return invalid("team", d.Team, "设备应属于一支队伍", "a device belongs to a team")
	}
	if d.Protocol == ProtocolJT808 && !phoneNumber.MatchString(d.Identifier) {
		return invalid("identifier", d.Identifier, "请填写终端卡的手机号：1 至 20 位数字", "is the phone number of the terminal's card: 1 to 20 digits", "13800000000")
	}
	return firstError(checkText("name", d.Name, 1, 60), checkText("identifier", d.Identifier, 0, 80), checkText("terminal", d.Terminal, 0, 120))
}

func (d *Device) redacted() Record { r := *d; return &r }
