package dispatch

import (
	"time"

	"liandong/geo"
)

// Incident (事件) is something that needs rescue, from the first report to the
// archive. How bad it is, is its Grade.
type Incident struct {
	Head
	Number string        `json:"number" doc:"per realm and local day: 20261123-0007, or the number of an imported log"`
	State  IncidentState `json:"state" enum:"reported,verified,active,controlled,closed,archived,duplicate,false_alarm"`
	// Type is a code of the national event code table; an unknown leaf falls
	// back to its family on the screen.
	Type        string `json:"type" doc:"event code, five characters: 12D02"`
	Grade       Grade  `json:"grade" doc:"1 特别重大 … 4 一般; 0 not yet graded"`
	Priority    int    `json:"priority" doc:"1 life at risk now … 3 can wait"`
	AlarmLevel  int    `json:"alarm_level" doc:"number of alarms struck, 1 to 5"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Place       Place  `json:"place"`
	Caller      string `json:"caller,omitempty" doc:"personal data: hidden in redacted views"`
	Phone       string `json:"phone,omitempty" doc:"personal data: hidden in redacted views"`
	Casualties  Count  `json:"casualties"`
	Needs       []Need `json:"needs,omitempty" doc:"what the incident needs; at most 12"`
	Commander   string `json:"commander,omitempty" doc:"on-scene commander"`
	// Parent is the major incident this one belongs to; Duplicate is the
	// incident it was merged into; SplitFrom the one it was split from.
	Parent     string `json:"parent,omitempty"`
	Duplicate  string `json:"duplicate,omitempty"`
	SplitFrom  string `json:"split_from,omitempty"`
	TransferTo string `json:"transfer_to,omitempty" doc:"agency asked to take the incident over"`
	Outcome    string `json:"outcome,omitempty" doc:"disposition, set at closing"`
	// Stamps holds when each state was first reached. Write-once.
	Stamps map[IncidentState]Stamp `json:"stamps,omitempty"`
	// ArchiveDue is when a finished incident leaves the board by itself.
	ArchiveDue *time.Time `json:"archive_due,omitempty"`
	// AutoClose is off after a reopening, so that the last team's end does not
	// close the incident again at once.
	AutoClose bool `json:"auto_close"`
}

// Grade says how bad an incident is: 1 特别重大 (worst) to 4 一般, after State
// Council Order 493, article 3; 0 means not yet graded.
type Grade int

// Place is where something is: a description, and a point where one is known.
type Place struct {
	Text  string     `json:"text,omitempty"`
	Point *geo.Point `json:"point,omitempty" doc:"WGS-84, longitude first"`
	// Source says how the point came about: picked on the map, from the
	// gazetteer, from the caller's phone, imported.
	Source string `json:"source,omitempty"`
}

// Count is the number of people, as last reported.
type Count struct {
	Dead    int `json:"dead,omitempty"`
	Injured int `json:"injured,omitempty"`
	Trapped int `json:"trapped,omitempty"`
	Missing int `json:"missing,omitempty"`
	Moved   int `json:"moved,omitempty" doc:"evacuated"`
}

// Need is one line of what an incident asks for.
type Need struct {
	Capability string `json:"capability" doc:"capability code"`
	Count      int    `json:"count" doc:"teams asked for, 1 to 99"`
}

func (i *Incident) check() error {
	switch {
	case i.Type == "":
		return invalid("type", i.Type, "缺少事件类型", "the event type is missing", "a code of the event code table, such as 12G01")
	case !eventCode.MatchString(i.Type):
		return invalid("type", i.Type, "事件类型代码应为五位", "an event code has five characters", "12G01")
	case i.Grade < 0 || i.Grade > 4:
		return invalid("grade", i.Grade, "等级应为 1 至 4", "the grade is 1 (worst) to 4", "1", "2", "3", "4")
	case i.Priority < 1 || i.Priority > 3:
		return invalid("priority", i.Priority, "优先级应为 1 至 3", "the priority is 1 (most urgent) to 3", "1", "2", "3")
	case i.AlarmLevel < 1 || i.AlarmLevel > 5:
		return invalid("alarm_level", i.AlarmLevel, "出动等级应为 1 至 5", "the alarm level is 1 to 5", "1 to 5")
	case len(i.Needs) > 12:
		return invalid("needs", len(i.Needs), "需求最多 12 行", "an incident has at most 12 needs")
	}
	if err := checkText("title", i.Title, 1, 120); err != nil {
		return err
	}
	for n, need := range i.Needs {
		if need.Capability == "" || need.Count < 1 || need.Count > 99 {
			return invalid(field("needs", n), need, "需求应写明能力，数量 1 至 99", "a need names a capability and a count of 1 to 99")
		}
	}
	for name, n := range map[string]int{"dead": i.Casualties.Dead, "injured": i.Casualties.Injured, "trapped": i.Casualties.Trapped,
		"missing": i.Casualties.Missing, "moved": i.Casualties.Moved} {
		if n < 0 || n > 10_000_000 {
			return invalid("casualties."+name, n, "人数应为 0 至一千万", "a count of people is 0 to 10,000,000")
		}
	}
	return firstError(
		checkText("description", i.Description, 0, 2000),
		checkText("caller", i.Caller, 0, 60),
		checkText("phone", i.Phone, 0, 40),
		checkText("commander", i.Commander, 0, 60),
		checkText("outcome", i.Outcome, 0, 200),
		i.Place.check("place"))
}

func (i *Incident) redacted() Record {
	r := *i
	r.Caller, r.Phone, r.Commander, r.Scope = "", "", "", i.Scope.public()
	r.Stamps = unsigned(i.Stamps)
	return &r
}

func (p Place) check(name string) error {
	if p.Point != nil {
		if err := p.Point.Check(); err != nil {
			return invalid(name+".point", *p.Point, "坐标超出范围："+err.Error(), err.Error(), "[lon, lat] in WGS-84 degrees")
		}
	}
	return firstError(checkText(name+".text", p.Text, 0, 300), checkText(name+".source", p.Source, 0, 40))
}
