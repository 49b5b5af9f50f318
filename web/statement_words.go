package web

// statementWords are the words of a claim's papers, as on the screens.
var statementWords = map[string]map[string]string{
	"zh": {
		"title": "应急救援补偿结算单", "number": "编号", "claimant": "申请单位", "receivers": "使用单位", "incident": "事件", "state": "状态", "responsible": "责任单位",
		"payer": "支付方", "payment": "支付凭证", "line": "行", "type": "项目", "name": "对象", "from": "自", "to": "至", "quantity": "数量", "unit": "单位",
		"price": "费率（元）", "computed": "核算（元）", "amount": "申请（元）", "reason": "调整原因", "seqs": "日志", "sum": "合计", "norate": "无费率", "estimate": "（估算里程）",
		"entries": "依据的日志", "seq": "序号", "when": "时间", "what": "事项", "who": "经办", "steps": "办理过程", "practice": "演练数据，不作支付依据",
		"sign.claimant": "申请单位（盖章）", "sign.check": "审核", "sign.approve": "批准", "note": "金额以分为单位逐行计算，四舍五入一次。调整过的行同时保留核算金额。", "edited": "已调整", "print": "打印",
		"state.collected": "已归集", "state.submitted": "已申报", "state.checked": "已审核", "state.payer_assigned": "已定支付方", "state.returned": "退回",
		"state.approved": "已批准", "state.paid": "已支付", "state.closed": "已结清",
		"rule.responsible": "责任单位", "rule.government": "事发地政府", "rule.agreement": "协议约定",
		"type.team": "队伍台班", "type.crew": "人工", "type.scene": "现场作业", "type.meal": "伙食", "type.transport": "交通", "type.equipment": "装备使用",
		"type.wear": "磨损", "type.repair": "维修", "type.loss": "报废", "type.supply": "物资消耗",
		"unit.hour": "小时", "unit.day": "天", "unit.km": "公里", "unit.item": "件", "unit.person_hour": "人·小时", "unit.person_day": "人·天",
	},
	"en": {
		"title": "Statement of rescue costs", "number": "Number", "claimant": "Claimant", "receivers": "Lent to", "incident": "Incident", "state": "State", "responsible": "Responsible party",
		"payer": "Payer", "payment": "Payment", "line": "Line", "type": "Item", "name": "Of what", "from": "From", "to": "To", "quantity": "Quantity", "unit": "Unit",
		"price": "Rate (CNY)", "computed": "Computed (CNY)", "amount": "Claimed (CNY)", "reason": "Why changed", "seqs": "Journal", "sum": "Sum", "norate": "no rate", "estimate": " (distance estimated)",
		"entries": "Journal entries", "seq": "No.", "when": "When", "what": "What", "who": "Who", "steps": "Steps", "practice": "Practice data: not to be paid",
		"sign.claimant": "Claimant (seal)", "sign.check": "Checked", "sign.approve": "Approved", "note": "Each line is reckoned in fen and rounded half up, once. A changed line keeps the computed amount beside it.", "edited": "changed", "print": "Print",
		"state.collected": "collected", "state.submitted": "submitted", "state.checked": "checked", "state.payer_assigned": "payer named", "state.returned": "returned",
		"state.approved": "approved", "state.paid": "paid", "state.closed": "settled",
		"rule.responsible": "responsible party", "rule.government": "government of the place", "rule.agreement": "by agreement",
		"type.team": "Team", "type.crew": "Crew", "type.scene": "Work on scene", "type.meal": "Meals", "type.transport": "Transport", "type.equipment": "Use of equipment",
		"type.wear": "Wear", "type.repair": "Repair", "type.loss": "Loss", "type.supply": "Supplies used",
		"unit.hour": "h", "unit.day": "d", "unit.km": "km", "unit.item": "item", "unit.person_hour": "person h", "unit.person_day": "person d",
	},
}
