package dispatch

// kindNamesZH are the words on the screen; the glossary in the package doc has
// them with their meaning.
var kindNamesZH = map[Kind]string{
	KindAgency: "单位", KindArea: "网格区域", KindPerson: "人员", KindDepot: "仓库", KindHazard: "重大危险源",
	KindReport: "接报", KindIncident: "事件", KindTeam: "队伍", KindTask: "任务", KindEquipment: "装备",
	KindStock: "物资", KindDevice: "设备", KindNote: "记录", KindAlarm: "告警",
	KindFence: "围栏", KindStay: "围栏内停留", KindRequest: "支援请求", KindOffer: "响应", KindLoan: "借调", KindRequisition: "征用", KindLetter: "来往报文", KindLink: "联网", KindParcel: "待发命令",
	KindAgreement: "共享协议", KindActivation: "启用",
	KindRate: "费率", KindClaim: "补偿申请",
	KindDrill: "演练", KindPart: "演练角色", KindObjective: "演练目标", KindInject: "情景注入", KindSim: "模拟体", KindObservation: "评估记录", KindImprovement: "改进项",
}

// KindNameZH is the noun as the screen says it.
func KindNameZH(k Kind) string {
	if s, ok := kindNamesZH[k]; ok {
		return s
	}
	return string(k)
}

// stateNamesZH are the states as the screen says them.
var stateNamesZH = map[Kind]map[string]string{
	KindIncident: {
		"reported": "已接报", "verified": "已核实", "active": "处置中", "controlled": "已控制", "closed": "已结束", "archived": "已归档", "duplicate": "重复", "false_alarm": "误报",
	},
	KindTask: {
		"proposed": "建议", "assigned": "已派", "acknowledged": "已接令", "en_route": "出动", "staging": "集结", "on_scene": "到场", "to_destination": "转运", "at_destination": "送达", "returning": "返程", "done": "完成", "cancelled": "取消", "refused": "拒绝", "released": "解除", "diverted": "改派",
	},
	KindReport: {
		"waiting": "待处理", "claimed": "处理中", "linked": "已立案", "dismissed": "已排除",
	},
	KindNote: {
		"drafted": "拟稿", "checked": "审核", "signed": "签发", "sent": "报送", "received": "批示",
	},
	KindDrill: {
		"planned": "策划中", "approved": "已批准", "comms_checked": "通联已检查", "ready": "就绪", "running": "进行中", "paused": "暂停", "ended": "已结束", "evaluated": "已评估", "improvements_open": "整改中", "closed": "已归档", "cancelled": "已取消",
	},
	KindInject: {
		"waiting": "待触发", "due": "到点", "held": "暂缓", "released": "已发", "skipped": "跳过", "acted": "已响应", "missed": "未响应",
	},
	KindSim: {
		"auto": "自动", "hand": "手动", "off": "停用",
	},
	KindImprovement: {
		"open": "待整改", "done": "已整改", "verified": "已验证", "dropped": "不再整改",
	},
	KindRequest: {
		"draft": "草稿", "submitted": "待批", "returned": "退回", "open": "征集中", "closed": "已满足", "cancelled": "取消", "expired": "逾期",
	},
	KindOffer: {
		"made": "已响应", "ordered": "已订", "committed": "已承诺", "declined": "无法支援", "refused": "拒绝订单", "withdrawn": "撤回", "cancelled": "取消",
	},
	KindLoan: {
		"committed": "已承诺", "mobilising": "集结", "in_transit": "在途", "on_loan": "借用中", "releasing": "归还途中", "returned": "已归还", "cancelled": "取消",
	},
	KindLink: {
		"active": "已接受", "revoked": "已撤销",
	},
	KindParcel: {
		"waiting": "等待对方", "done": "已执行", "refused": "被拒绝",
	},
	KindAgreement: {
		"proposed": "待同意", "in_force": "生效", "withdrawn": "有方撤回", "expired": "到期", "ended": "终止",
	},
	KindActivation: {
		"open": "启用中", "ended": "已结束",
	},
	KindRequisition: {
		"ordered": "已决定", "taken_over": "已接收", "returned": "已返还", "cancelled": "已撤销",
	},
	KindClaim: {
		"collected": "已归集", "submitted": "已申报", "checked": "已审核", "payer_assigned": "已定支付方", "returned": "退回", "approved": "已批准", "paid": "已支付", "closed": "已结清",
	},
	KindFence: {
		"active": "有效", "ended": "已撤销",
	},
	KindStay: {
		"inside": "在内", "left": "已离开",
	},
	KindTeam: {
		"off_duty": "下勤", "available": "在勤", "on_break": "休整", "out_of_service": "停用",
	},
}

// StateNameZH is a state as the screen says it.
func StateNameZH(k Kind, state string) string { return stateZH(k, state) }

// stateZH is a state as the screen says it; a word that is no state stays.
func stateZH(k Kind, state string) string {
	if s, ok := stateNamesZH[k][state]; ok {
		return s
	}
	return state
}
