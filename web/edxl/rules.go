package edxl

import (
	"fmt"
	"strconv"
)

// What the schemas say only in their comments and in the words of the
// standard: parts of which one must be there, and numbers that make sense.

func either(ok bool, names, namesZH string) *breach {
	if ok {
		return nil
	}
	return &breach{zh: "至少需要其中之一：" + namesZH, en: "needs at least one of " + names}
}

func (i *Incident) rule() *breach {
	const names = "IncidentID, IncidentDescription"
	return either(i.ID != "" || i.Description != "", names, names)
}

func (f *Fund) rule() *breach {
	const names = "FundCode, FundingInfo"
	return either(f.Code != "" || f.Info != "", names, names)
}

func (c *Contact) rule() *breach {
	const names = "ContactDescription, ContactRole"
	return either(c.Description != "" || c.Role != "", names, names)
}

func (l *Location) rule() *breach {
	const names = "LocationDescription, Address, TargetArea"
	return either(l.Description != "" || l.Address != nil || l.Area != nil, names, names)
}

func (r *Resource) rule() *breach {
	const names = "ResourceID, Name, TypeStructure"
	return either(r.ID != "" || r.Name != "" || r.Type != nil, names, names)
}

func (o *Ownership) rule() *breach {
	const names = "Owner, OwningJurisdiction"
	return either(o.Owner != "" || o.Jurisdiction != "", names, names)
}

func (r *Response) rule() *breach {
	if r.Type == Provisional && r.ReasonCode == nil && r.Reason == "" {
		return &breach{zh: "暂定答复（Provisional）必须给出 ReasonCode 或 ResponseReason", en: "a Provisional response needs ReasonCode or ResponseReason"}
	}
	return nil
}

func (q *Quantity) rule() *breach { return oneQuantity(q.Texts, q.Measured, MaxQuantity) }
func (p *Price) rule() *breach    { return oneQuantity(p.Texts, p.Measured, MaxPrice) }

func oneQuantity(texts []string, m *Measured, most float64) *breach {
	if (len(texts) > 0) == (m != nil) {
		return &breach{zh: "必须且只能有 QuantityText 或 MeasuredQuantity 之一", en: "holds either QuantityText or one MeasuredQuantity"}
	}
	if m != nil && !(m.Amount >= 0 && m.Amount <= most) {
		return &breach{field: "MeasuredQuantity/Amount", value: m.Amount,
			zh: fmt.Sprintf("数量必须在 0 到 %.0f 之间", most), en: fmt.Sprintf("must be from 0 to %.0f", most)}
	}
	return nil
}

// The message: its lines can be told apart, and it neither follows nor recalls
// itself.
func (m *Message) rule() *breach {
	if m.Preceding != "" && m.Preceding == m.ID {
		return &breach{field: "PrecedingMessageID", value: cut(m.Preceding), zh: "报文不能跟随自己", en: "a message cannot follow itself"}
	}
	if m.Recall != nil && m.Recall.MessageID == m.ID {
		return &breach{field: "MessageRecall/RecallMessageID", value: cut(m.ID), zh: "报文不能撤回自己", en: "a message cannot recall itself"}
	}
	seen := map[string]bool{}
	for i, r := range m.Resources {
		if r.ID != "" && seen[r.ID] {
			return &breach{field: indexed("ResourceInformation", i, len(m.Resources)) + "/ResourceInfoElementID", value: cut(r.ID),
				zh: "此编号在报文内重复", en: "this ID stands twice in the message"}
		}
		seen[r.ID] = true
	}
	return nil
}

// indexed counts the name where it stands several times, as paths do.
func indexed(name string, i, of int) string {
	if of < 2 {
		return name
	}
	return name + "[" + strconv.Itoa(i+1) + "]"
}
