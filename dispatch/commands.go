package dispatch

// commands is the whole table: the contract of HTTP and of the socket.
func commands() []*Command {
	return []*Command{
		command("report.take", "登记接报", "take down a report that came in", desk, takeReport),
		command("report.claim", "认领接报", "claim a report; takes it over when the claim ran out or a chief asks", desk, claimReport),
		command("report.release", "退回接报", "give a claimed report back to the queue", desk, releaseReport),
		command("report.dismiss", "排除接报", "dismiss a report with its reason", desk, dismissReport),
		command("report.link", "并入事件", "link a report to an incident that is there already", desk, linkReport),

		command("incident.open", "新建事件", "open an incident from a call or a report", desk, openIncident),
		command("incident.verify", "核实事件", "confirm that the incident is real", desk, verifyIncident),
		command("incident.edit", "修改事件", "change fields of an incident", desk, editIncident),
		command("incident.place", "更正地点", "correct a wrong place; the old one stays in the record", desk, placeIncident),
		command("incident.control", "宣布控制", "the incident is under control", desk, controlIncident),
		command("incident.resume", "恢复处置", "a controlled incident flares up, or a false alarm was none", desk, resumeIncident),
		command("incident.close", "结束事件", "close it; refused with the list of what is still open", desk, closeIncident),
		command("incident.reopen", "重新启动", "reopen a closed incident with the reason", desk, reopenIncident),
		command("incident.archive", "归档事件", "take a finished incident off the board", chief, archiveIncident),
		command("incident.dismiss", "认定误报", "it was a false alarm", desk, dismissIncident),
		command("incident.merge", "合并事件", "merge a duplicate into the incident that stays", desk, mergeIncident),
		command("incident.split", "拆分事件", "open a second incident out of one", desk, splitIncident),
		command("incident.share", "共享事件", "share the incident with an agency", desk, shareIncident),
		command("incident.unshare", "停止共享", "end a share made by hand", desk, unshareIncident),
		command("incident.transfer", "移交事件", "ask another agency to take the incident over", chief, transferIncident),
		command("incident.accept", "接受移交", "take over an incident that was offered", chief, acceptIncident),

		command("task.assign", "派遣队伍", "send a team to an incident, or propose one of another agency", desk, assignTask),
		command("task.accept", "同意派遣", "agree that an own team goes where it was proposed", desk, acceptTask),
		command("task.advance", "推进任务", "move a task on", aboard_, advanceTask),
		command("task.refuse", "拒绝任务", "refuse a task with the reason; the need is open again", aboard_, refuseTask),
		command("task.cancel", "取消任务", "cancel a task", desk, cancelTask),
		command("task.release", "解除任务", "release a team from a task", desk, releaseTask),
		command("task.divert", "改派队伍", "send the team of a task to a more urgent incident", desk, divertTask),
		command("task.checkin", "安全清点", "the crew is safe; starts the check-in timer anew", aboard_, checkinTask),
		command("task.timer", "设定清点", "set the interval of the safety check-in", desk, timerTask),
		command("task.correct", "更正时间", "correct a milestone by a new entry", aboard_, correctTask),

		command("note.add", "添加记录", "add an entry to an incident's record", aboard_, addNote),
		command("note.advance", "推进报告", "check, sign, send a report upward, or note the instruction", desk, advanceNote),
		command("alarm.acknowledge", "确认告警", "acknowledge an alarm by name", desk, ackAlarm),

		command("team.save", "登记队伍", "create or edit a team", keeper, saveTeam),
		command("team.duty", "设定值勤", "set a team's duty and crew", aboard_, dutyTeam),
		command("team.distress", "遇险求助", "call for help for the team itself", aboard_, distressTeam),
		command("team.message", "发送消息", "send a text to the team's vehicle terminal", desk, messageTeam),
		command("team.answer", "终端应答", "what the team's terminal said to a text", system, answerTeam),
		command("team.relieve", "解除遇险", "clear a distress; the desk confirms how it ended", desk, relieveTeam),

		command("depot.save", "登记仓库", "create or edit a depot", keeper, saveDepot),
		command("equipment.save", "登记装备", "create or edit an item", keeper, saveEquipment),
		command("equipment.commit", "调用装备", "promise an item to an incident", desk, commitEquipment),
		command("equipment.return", "归还装备", "take an item back", desk, returnEquipment),
		command("stock.save", "登记物资", "create or edit a stock", keeper, saveStock),
		command("stock.receive", "物资入库", "add to a stock", keeper, receiveStock),
		command("stock.issue", "物资出库", "take from a stock", desk, issueStock),
		command("hazard.save", "登记危险源", "register or edit a major hazard source", keeper, saveHazard),
		command("area.duty", "设定值守", "set the persons on duty of a grid area", keeper, dutyArea),

		command("agency.save", "登记单位", "create or edit an agency", account, saveAgency),
		command("person.save", "登记人员", "create or edit a person and the roles", account, savePerson),
		command("person.password", "重置密码", "set a person's password", account, passwordPerson),
		command("person.unlock", "解锁账户", "unlock an account that was locked by failed sign-ins", account, unlockPerson),
		command("device.save", "登记设备", "register or edit a device; a new one answers its token once", account, saveDevice),
		command("device.token", "更换令牌", "give a device a new token", account, tokenDevice),
		command("device.register", "终端注册", "a vehicle terminal fetches its code", system, registerDevice),
		command("device.revoke", "停用设备", "refuse a device from now on", account, revokeDevice),

		command("deadline.fire", "到期处理", "what falls due by itself: check-ins, claims, archives", system, fireDeadline),
	}
}
