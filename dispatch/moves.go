package dispatch

// IncidentState is where an incident is in its life.
type IncidentState string

// The states of an incident.
const (
	IncidentReported   IncidentState = "reported"    // 已接报
	IncidentVerified   IncidentState = "verified"    // 已核实
	IncidentActive     IncidentState = "active"      // 处置中
	IncidentControlled IncidentState = "controlled"  // 已控制
	IncidentClosed     IncidentState = "closed"      // 已结束
	IncidentArchived   IncidentState = "archived"    // 已归档
	IncidentDuplicate  IncidentState = "duplicate"   // 重复
	IncidentFalseAlarm IncidentState = "false_alarm" // 误报
)

// incidentMoves is every legal move of an incident; see the package doc for
// the picture.
var incidentMoves = map[IncidentState][]IncidentState{
	IncidentReported:   {IncidentVerified, IncidentActive, IncidentFalseAlarm, IncidentDuplicate},
	IncidentVerified:   {IncidentActive, IncidentClosed, IncidentFalseAlarm, IncidentDuplicate},
	IncidentActive:     {IncidentControlled, IncidentClosed, IncidentFalseAlarm, IncidentDuplicate},
	IncidentControlled: {IncidentActive, IncidentClosed, IncidentFalseAlarm},
	IncidentClosed:     {IncidentActive, IncidentArchived},
	IncidentFalseAlarm: {IncidentVerified, IncidentArchived},
	IncidentDuplicate:  {IncidentArchived},
	IncidentArchived:   {},
}

// Ended tells whether nothing more can be done for the incident short of
// reopening it.
func (s IncidentState) Ended() bool {
	switch s {
	case IncidentClosed, IncidentArchived, IncidentDuplicate, IncidentFalseAlarm:
		return true
	}
	return false
}

// TaskState is where a task is.
type TaskState string

// The states of a task.
const (
	TaskProposed      TaskState = "proposed"       // 建议
	TaskAssigned      TaskState = "assigned"       // 已派
	TaskAcknowledged  TaskState = "acknowledged"   // 已接令
	TaskEnRoute       TaskState = "en_route"       // 出动
	TaskStaging       TaskState = "staging"        // 集结
	TaskOnScene       TaskState = "on_scene"       // 到场
	TaskToDestination TaskState = "to_destination" // 转运
	TaskAtDestination TaskState = "at_destination" // 送达
	TaskReturning     TaskState = "returning"      // 返程
	TaskDone          TaskState = "done"           // 完成
	TaskCancelled     TaskState = "cancelled"      // 取消
	TaskRefused       TaskState = "refused"        // 拒绝
	TaskReleased      TaskState = "released"       // 解除
	TaskDiverted      TaskState = "diverted"       // 改派
)

// TaskStates lists the states in order of progress, the side ends last.
var TaskStates = []TaskState{TaskProposed, TaskAssigned, TaskAcknowledged, TaskEnRoute, TaskStaging, TaskOnScene,
	TaskToDestination, TaskAtDestination, TaskReturning, TaskDone, TaskCancelled, TaskRefused, TaskReleased, TaskDiverted}

// Ended tells whether the task no longer binds its team.
func (s TaskState) Ended() bool { return len(taskMoves[s]) == 0 }

// taskMoves is every legal move of a task whatever its type. The first entry
// is the next step that the field page offers large. From en_route on, any
// state may go to done: not every task has every milestone.
var taskMoves = map[TaskState][]TaskState{
	TaskProposed:      {TaskAssigned, TaskRefused, TaskCancelled},
	TaskAssigned:      {TaskAcknowledged, TaskEnRoute, TaskOnScene, TaskToDestination, TaskRefused, TaskCancelled, TaskReleased, TaskDiverted},
	TaskAcknowledged:  {TaskEnRoute, TaskOnScene, TaskToDestination, TaskRefused, TaskCancelled, TaskReleased, TaskDiverted},
	TaskEnRoute:       {TaskOnScene, TaskStaging, TaskReturning, TaskDone, TaskRefused, TaskCancelled, TaskReleased, TaskDiverted},
	TaskStaging:       {TaskOnScene, TaskReturning, TaskDone, TaskCancelled, TaskReleased, TaskDiverted},
	TaskOnScene:       {TaskReturning, TaskToDestination, TaskDone, TaskCancelled, TaskReleased, TaskDiverted},
	TaskToDestination: {TaskAtDestination, TaskReturning, TaskDone, TaskCancelled, TaskReleased, TaskDiverted},
	TaskAtDestination: {TaskReturning, TaskDone, TaskCancelled, TaskReleased, TaskDiverted},
	TaskReturning:     {TaskDone, TaskCancelled, TaskReleased, TaskDiverted},
	TaskDone:          {}, TaskCancelled: {}, TaskRefused: {}, TaskReleased: {}, TaskDiverted: {},
}

// typeStates limits the states of the types that have fewer; a type that is
// missing here has them all.
var typeStates = map[TaskType][]TaskState{
	TaskRescue:     {TaskProposed, TaskAssigned, TaskAcknowledged, TaskEnRoute, TaskStaging, TaskOnScene, TaskToDestination, TaskAtDestination, TaskReturning, TaskDone},
	TaskStandby:    {TaskProposed, TaskAssigned, TaskAcknowledged, TaskOnScene, TaskDone},
	TaskRelocation: {TaskProposed, TaskAssigned, TaskAcknowledged, TaskToDestination, TaskAtDestination, TaskDone},
	TaskTransport:  {TaskProposed, TaskAssigned, TaskAcknowledged, TaskEnRoute, TaskOnScene, TaskToDestination, TaskAtDestination, TaskReturning, TaskDone},
	TaskReturn:     {TaskProposed, TaskAssigned, TaskAcknowledged, TaskEnRoute, TaskReturning, TaskDone},
}

// TaskTypes lists the types of task.
var TaskTypes = []TaskType{TaskRescue, TaskStandby, TaskRelocation, TaskTransport, TaskReturn}

// TaskMoves returns the legal next states of a task, the usual next step first.
// A destination opens to_destination for a rescue.
func TaskMoves(t *Task) []TaskState {
	var out []TaskState
	for _, to := range taskMoves[t.State] {
		switch {
		case to.Ended() && to != TaskDone:
			out = append(out, to)
		case !oneOf(to, typeStates[t.Type]):
		case to == TaskToDestination && t.Type == TaskRescue && t.Destination == nil:
		case to == TaskToDestination && (t.State == TaskAssigned || t.State == TaskAcknowledged) && t.Type != TaskRelocation:
		case to == TaskOnScene && (t.State == TaskAssigned || t.State == TaskAcknowledged) && t.Type != TaskStandby:
		default:
			out = append(out, to)
		}
	}
	if t.Type == TaskTransport && t.State == TaskOnScene {
		// A transport goes on to its destination before it goes home.
		out = moveFirst(out, TaskToDestination)
	}
	if (t.State == TaskOnScene || t.State == TaskAtDestination) && (t.Type == TaskStandby || t.Type == TaskRelocation) {
		out = moveFirst(out, TaskDone)
	}
	return out
}

func moveFirst(all []TaskState, s TaskState) []TaskState {
	for i, x := range all {
		if x == s {
			copy(all[1:i+1], all[:i])
			all[0] = s
		}
	}
	return all
}

// ReportState is where an intake report is.
type ReportState string

// The states of an intake report.
const (
	ReportWaiting   ReportState = "waiting"   // 待处理
	ReportClaimed   ReportState = "claimed"   // 处理中
	ReportLinked    ReportState = "linked"    // 已立案
	ReportDismissed ReportState = "dismissed" // 已排除
)

var reportMoves = map[ReportState][]ReportState{
	ReportWaiting:   {ReportClaimed, ReportLinked, ReportDismissed},
	ReportClaimed:   {ReportLinked, ReportDismissed, ReportWaiting, ReportClaimed},
	ReportLinked:    {},
	ReportDismissed: {ReportWaiting},
}

// NoteState is where a report upward is.
type NoteState string

// The states of a report upward.
const (
	NoteDrafted  NoteState = "drafted"  // 拟稿
	NoteChecked  NoteState = "checked"  // 审核
	NoteSigned   NoteState = "signed"   // 签发
	NoteSent     NoteState = "sent"     // 报送
	NoteReceived NoteState = "received" // 批示
)

var noteMoves = map[NoteState][]NoteState{
	NoteDrafted: {NoteChecked}, NoteChecked: {NoteSigned, NoteDrafted}, NoteSigned: {NoteSent}, NoteSent: {NoteReceived}, NoteReceived: {},
}

// Duty is what a person sets of a team.
type Duty string

// The duty states of a team.
const (
	DutyOff          Duty = "off_duty"       // 下勤
	DutyAvailable    Duty = "available"      // 在勤
	DutyBreak        Duty = "on_break"       // 休整
	DutyOutOfService Duty = "out_of_service" // 停用
)

var dutyMoves = map[Duty][]Duty{
	DutyOff:          {DutyAvailable, DutyOutOfService},
	DutyAvailable:    {DutyOff, DutyBreak, DutyOutOfService},
	DutyBreak:        {DutyAvailable, DutyOff, DutyOutOfService},
	DutyOutOfService: {DutyAvailable, DutyOff},
}

// Duties lists the duty states.
var Duties = []Duty{DutyOff, DutyAvailable, DutyBreak, DutyOutOfService}

// TeamStatus is the derived availability of a team.
type TeamStatus string

// The statuses of a team, after the ICS classes.
const (
	StatusAvailable   TeamStatus = "available"   // 待命
	StatusDelayed     TeamStatus = "delayed"     // 迟应
	StatusCommitted   TeamStatus = "committed"   // 任务中
	StatusUnavailable TeamStatus = "unavailable" // 不可用
	StatusDistress    TeamStatus = "distress"    // 遇险
)
