package dispatch

// kindNamesZH are the words on the screen; the glossary in the package doc has
// them with their meaning.
var kindNamesZH = map[Kind]string{
	KindAgency: "单位", KindArea: "网格区域", KindPerson: "人员", KindDepot: "仓库", KindHazard: "重大危险源",
	KindReport: "接报", KindIncident: "事件", KindTeam: "队伍", KindTask: "任务", KindEquipment: "装备",
	KindStock: "物资", KindDevice: "设备", KindNote: "记录", KindAlarm: "告警",
}

// KindNameZH is the noun as the screen says it.
func KindNameZH(k Kind) string {
	if s, ok := kindNamesZH[k]; ok {
		return s
	}
	return string(k)
}
